"""Everything that runs, put together from a configuration and an open database."""

import logging
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import datetime

from bots.contract import Bot, FileGone
from bots.table import MESSENGERS
from core.channels import Channel
from core.content import Media
from core.ids import AccountId
from dialogues.calls import Calls
from dialogues.catalog import Catalog
from dialogues.clockwork import Timers
from dialogues.egress import Egress
from dialogues.intake import Intake
from dialogues.receive import Received
from inbox.files import FileUnavailable
from inbox.live import Hub
from inbox.talking import Talking
from outbox.acknowledging import Acknowledger
from outbox.sender import Sender, SenderSettings
from server.config import AccountConfig, Config
from server.flow_files import FlowFiles
from server.node import Node, join
from server.values import bot_settings_of, catalog_of, gate_of, quiet_of
from storage.database import Database
from subscriptions.minting import Door
from webhooks.routes import Endpoint, Webhooks

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Parley:
    """The server without its HTTP. `reports` counts problems that flows ran into."""

    config: Config
    database: Database
    catalog: Catalog
    node: Node
    intake: Intake
    webhooks: Webhooks
    bots: dict[AccountId, Bot]
    senders: dict[AccountId, Sender]
    acknowledger: Acknowledger
    timers: Timers
    calls: Calls
    egress: Egress
    hub: Hub
    talking: Talking
    doors: dict[AccountId, Door]
    clock: Callable[[], datetime]
    reports: int = 0
    is_stopping: bool = False

    def committed(self, received: Received) -> None:
        """After each commit: press answers go out, senders and open inboxes wake."""
        for acknowledge in received.acknowledges:
            self.acknowledger.put(acknowledge)
        for account in received.accounts:
            sender = self.senders.get(AccountId(account))
            if sender is not None:
                sender.wake()
        self.hub.tell(received.touched)
        for flow, step, problem in received.reports:
            self.reports += 1
            log.warning("flow problem", extra={"flow": flow, "step": step, "problem": problem})

    async def fetch(self, account: AccountId, media: Media) -> AsyncIterator[bytes]:
        """Open a file that came in. Raises FileUnavailable, here and while reading."""
        bot = self.bots.get(account)
        if bot is None:
            raise FileUnavailable("its account is not configured any more")
        try:
            chunks = await bot.fetch(media)
        except FileGone as error:
            raise FileUnavailable(str(error)) from error
        return _available(chunks)


async def _available(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    try:
        async for chunk in chunks:
            yield chunk
    except FileGone as error:
        raise FileUnavailable(str(error)) from error


async def wire(
    config: Config, flows: FlowFiles, database: Database, clock: Callable[[], datetime]
) -> Parley:
    """Build all of it. Imports the library of each messenger that is configured."""
    catalog = catalog_of(config, flows.flows)
    node = await join(database, clock)
    now = clock()
    async with database.write() as tx:
        sources = [(flow.name, flow.version, flow.source) for flow in flows.flows]
        await tx.flows.keep(sources, now)
    bots = {
        AccountId(one.id): MESSENGERS[Channel(one.channel)].make(bot_settings_of(one))
        for one in config.accounts
    }
    parley: Parley

    def committed(received: Received) -> None:
        parley.committed(received)

    intake = Intake(database, catalog, node.next_id, clock, committed)
    egress = Egress(config.egress_allow)
    hub = Hub()
    parley = Parley(
        config=config,
        database=database,
        catalog=catalog,
        node=node,
        intake=intake,
        webhooks=Webhooks(_endpoints(config), intake, clock),
        bots=bots,
        senders=_senders(config, node, bots, database, intake, hub),
        acknowledger=Acknowledger(bots),
        timers=Timers(database, intake, clock),
        calls=Calls(database, intake, egress, clock),
        egress=egress,
        hub=hub,
        talking=Talking(database, intake, clock),
        doors={AccountId(one.id): _door(one, catalog) for one in config.accounts},
        clock=clock,
    )
    return parley


def _endpoints(config: Config) -> dict[AccountId, Endpoint]:
    return {
        AccountId(one.id): Endpoint(
            AccountId(one.id),
            MESSENGERS[Channel(one.channel)].incoming,
            gate_of(one, config),
        )
        for one in config.accounts
    }


def _senders(
    config: Config,
    node: Node,
    bots: dict[AccountId, Bot],
    database: Database,
    intake: Intake,
    hub: Hub,
) -> dict[AccountId, Sender]:
    senders = {}
    for one in config.accounts:
        settings = SenderSettings(
            account=AccountId(one.id),
            owner=node.name,
            limits=MESSENGERS[Channel(one.channel)].limits,
            quiet=quiet_of(config),
            per_second=one.rate,
        )
        senders[settings.account] = Sender(
            settings, bots[settings.account], database, intake, intake.clock, hub.tell
        )
    return senders


def _door(account: AccountConfig, catalog: Catalog) -> Door:
    messenger = MESSENGERS[Channel(account.channel)]
    settings = bot_settings_of(account)

    def deep_link(code: str) -> str:
        return messenger.deep_link(settings, code)

    title = catalog.accounts[AccountId(account.id)].title
    return Door(AccountId(account.id), Channel(account.channel), title, deep_link)
