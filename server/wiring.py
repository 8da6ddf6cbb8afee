"""Everything that runs, put together from a configuration and an open database."""

import logging
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeGuard

from bots.contract import Bot
from bots.table import MESSENGERS
from core.channels import Channel
from core.ids import AccountId, AddressId, SiteId
from dialogues.calls import Calls
from dialogues.catalog import Catalog
from dialogues.clockwork import Timers
from dialogues.delivering import Deliverer
from dialogues.egress import Egress
from dialogues.hook_statuses import status_telling
from dialogues.intake import Intake
from dialogues.receive import Received
from inbox.alerting import Alerting
from inbox.assigning import Desk
from inbox.board import Board
from inbox.bulk_working import BulkWorker
from inbox.indexing import Indexer
from inbox.live import Hub
from inbox.mailing import Mailer, mailbox_of
from inbox.presence import Presence
from inbox.pushing import PushService
from inbox.reaching import Reaching
from inbox.talking import Talking
from media.collecting import Collector
from media.library import Library
from media.public import PublicFiles
from outbox.acknowledging import Acknowledger
from outbox.files import OutgoingFiles
from outbox.sender import Sender, SenderSettings
from outbox.transmitting import Transmitter
from server.config import AccountConfig, Config, VkConfig
from server.fetching import Fetching, ways_of
from server.flow_files import FlowFiles
from server.node import Node, join
from server.timekeeping import Clock
from server.values import (
    alert_settings_of,
    bot_settings_of,
    catalog_of,
    endpoints_of,
    gate_of,
    mail_of,
    quiet_of,
    store_of,
)
from server.watching import Watcher
from storage.database import Database
from storage.notices import Notice
from subscriptions.counting import Counting
from subscriptions.keeping import LinkKeeper
from subscriptions.minting import Door
from subscriptions.waiting import Waiting
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
    deliverers: list[Deliverer]
    deliveries_egress: Egress
    library: Library
    collector: Collector
    indexer: Indexer
    bulk: BulkWorker
    public_files: PublicFiles
    fetching: Fetching
    watcher: Watcher
    hub: Hub
    board: Board
    desk: Desk
    presence: Presence
    talking: Talking
    reaching: Reaching
    alerting: Alerting
    doors: dict[AccountId, Door]
    keeper: LinkKeeper
    counting: Counting
    waiting: Waiting
    clock: Clock
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
        if received.has_files:
            self.collector.wake()
        if received.has_told:
            self.wake_deliverers()
        self.hub.tell(received.touched)
        self.waiting.wake()
        self._report(received)

    def heard(self, notice: Notice) -> None:
        """Another process committed: its sends may be ours to send, its threads open here."""
        if notice.process == self.node.name:
            return
        for account in notice.accounts:
            if sender := self.senders.get(account):
                sender.wake()
        if notice.has_files:
            self.collector.wake()
        self.hub.tell(notice.addresses)
        self.presence.heard(notice.sightings)
        self.waiting.wake()
        if notice.is_more:
            self.hub.tell_much()

    def recorded(self, addresses: Collection[AddressId]) -> None:
        """A sender wrote down what came of sends of these."""
        self.hub.tell(addresses)
        self.wake_deliverers()

    def wake_deliverers(self) -> None:
        for deliverer in self.deliverers:
            deliverer.wake()

    def _report(self, received: Received) -> None:
        for flow, step, problem in received.reports:
            self.reports += 1
            log.warning("flow problem", extra={"flow": flow, "step": step, "problem": problem})


async def wire(config: Config, flows: FlowFiles, database: Database, clock: Clock) -> Parley:
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

    intake = Intake(database, catalog, node.next_id, clock, committed, node.name)
    egress = Egress(config.egress_allow)
    # Of their own: a slow shop must not take the connections that flows call by.
    deliveries_egress = Egress(config.egress_allow)
    hub = Hub()
    within = timedelta(minutes=config.inbox.answer_within)
    presence = Presence(clock, node.name)
    board = Board(database, catalog, hub, clock, answer_within=within, presence=presence)
    talking = Talking(database, intake, clock)
    ways = ways_of([bot_settings_of(one) for one in config.accounts], config.egress_allow)
    fetching = Fetching(bots, egress, ways)
    library = Library(
        database, store_of(config), fetching.download, clock, config.media.most_mb * 2**20
    )
    public_files = PublicFiles(library, config.secret.get_secret_value(), config.public_url, clock)

    titles = {id_: one.title for id_, one in catalog.accounts.items()}
    mail = mail_of(config)
    reaching = Reaching(
        database,
        intake,
        # Whoever may work here names a push service: no host of our own network is one.
        PushService(database, Egress(), clock, config.secret.get_secret_value(), _contact(config)),
        Mailer(mail, clock) if mail is not None else None,
        clock,
        config.public_url,
        titles,
    )

    def recorded(addresses: Collection[AddressId]) -> None:
        parley.recorded(addresses)

    def settled(address: AddressId) -> None:
        hub.tell((address,))

    parley = Parley(
        config=config,
        database=database,
        catalog=catalog,
        node=node,
        intake=intake,
        webhooks=Webhooks(_endpoints(config), intake, clock),
        bots=bots,
        senders=_senders(config, node, bots, intake, recorded, library, public_files),
        acknowledger=Acknowledger(bots),
        timers=Timers(database, intake, clock),
        calls=Calls(database, intake, egress, clock),
        egress=egress,
        deliverers=[
            Deliverer(endpoint, database, deliveries_egress, node.name, clock)
            for endpoint in endpoints_of(config)
        ],
        deliveries_egress=deliveries_egress,
        library=library,
        collector=Collector(database, library, fetching.fetch, clock, settled),
        indexer=Indexer(database, node.name, clock),
        bulk=BulkWorker(database, intake, node.name, clock),
        public_files=public_files,
        fetching=fetching,
        watcher=Watcher(config, bots, database, node.name, clock),
        hub=hub,
        board=board,
        desk=Desk(
            database,
            talking,
            board.looking,
            clock,
            node.name,
            assigns=config.inbox.assign == "evenly",
        ),
        talking=talking,
        presence=presence,
        reaching=reaching,
        alerting=Alerting(
            database, catalog, talking, reaching, alert_settings_of(config), clock, node.name
        ),
        doors={AccountId(one.id): _door(one, catalog) for one in config.accounts},
        keeper=LinkKeeper(database),
        counting=Counting(database, clock),
        waiting=Waiting(database, clock),
        clock=clock,
    )
    return parley


def _contact(config: Config) -> str:
    """By which a push service finds whoever runs this: Apple's takes no http."""
    if config.mail is not None:
        return f"mailto:{mailbox_of(config.mail.sender).addr_spec}"
    url = config.public_url
    return url if url.startswith("https://") else "mailto:nobody@example.com"


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
    intake: Intake,
    recorded: Callable[[Collection[AddressId]], None],
    library: Library,
    public: PublicFiles,
) -> dict[AccountId, Sender]:
    senders = {}
    telling = status_telling(intake.catalog, lambda: node.next_id(intake.clock()))
    for one in config.accounts:
        account, limits = AccountId(one.id), MESSENGERS[Channel(one.channel)].limits
        bot = bots[account]
        files = OutgoingFiles(account, limits, bot, library, public, intake.database, intake.clock)
        settings = SenderSettings(
            account=account,
            owner=node.name,
            limits=limits,
            quiet=quiet_of(config),
            per_second=one.rate,
            telling=telling,
        )
        transmitter = Transmitter(account, bot, files, intake.clock)
        senders[account] = Sender(
            settings, transmitter, intake.database, intake, intake.clock, recorded
        )
    return senders


def _door(account: AccountConfig, catalog: Catalog) -> Door:
    messenger = MESSENGERS[Channel(account.channel)]
    settings = bot_settings_of(account)

    def deep_link(code: str) -> str:
        return messenger.deep_link(settings, code)

    def app_link(code: str) -> str:
        return messenger.app_link(settings, code) if messenger.app_link else ""

    return Door(
        AccountId(account.id),
        Channel(account.channel),
        catalog.accounts[AccountId(account.id)].title,
        deep_link,
        site=SiteId(account.site) if account.site else None,
        app_link=app_link if messenger.app_link else None,
        vk_group=str(account.group_id) if _allows_by_widget(account) else "",
    )


def _allows_by_widget(account: AccountConfig) -> TypeGuard[VkConfig]:
    return isinstance(account, VkConfig) and account.allow_widget
