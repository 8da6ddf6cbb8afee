"""An office whose operators can be reached while they are away: by browsers, bots and mail."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from email.message import EmailMessage
from itertools import count
from pathlib import Path
from typing import Any

from core.alerts import AlertSettings, Kind, Told, Way
from core.ids import ConversationId, OperatorId, UserId
from core.inbound import Started
from core.roles import Role
from dialogues.egress import Egress
from inbox.alerting import Alerting
from inbox.mailing import MailSettings
from inbox.talking import Talking
from tests.inbox.office import Browser, Office, open_office
from tests.mail_server import MailDouble, mail_server
from tests.push_service import PushBrowser, PushDouble, push_service

HERE = "/me/alerts"
PHONE = UserId("7770001")
"""Vera's own messenger."""


@dataclass
class Away:
    office: Office
    push: PushDouble
    mail: MailDouble
    names: Any = field(default_factory=count)

    def worker(self, owner: str = "one", **settings: Any) -> Alerting:
        """The server's, as one process has it."""
        world, office = self.office.world, self.office
        now = lambda: world.now  # noqa: E731
        talking = Talking(world.database, office.intake, now)
        return Alerting(
            world.database, world.catalog, talking, office.means.reaching,
            AlertSettings(**settings), now, owner,
        )  # fmt: skip

    async def tell(self, worker: Alerting | None = None) -> int:
        return await (worker or self.worker()).tell_due()

    async def with_push(self, login: str = "vera", role: Role = Role.OPERATOR) -> PushBrowser:
        """A new browser of this operator that takes notifications; no page is open there."""
        browser = await self.office.signed_in(login, role)
        taken = self.push.browser(f"{login}-{next(self.names)}")
        answer = await browser.post(f"{HERE}/push", taken.fields)
        assert answer.status == 303, answer.text
        return taken

    async def with_mail(self, email: str = "vera@example.com", login: str = "vera") -> Browser:
        browser = await self.office.signed_in(login)
        assert (await browser.post(f"{HERE}/email", {"email": email})).status == 303
        token = token_in(self.mail.taken.pop()[2])
        assert (await browser.post(f"{HERE}/confirm", {"token": token})).status == 303
        return browser

    async def with_messenger(self, login: str = "vera") -> Browser:
        browser = await self.office.signed_in(login)
        page = await browser.post(f"{HERE}/messenger", {"account": "shop-tg"})
        assert page.status == 200, page.text
        await self.office.tell(Started(code_in(page.text)), user=PHONE)
        return browser

    async def wish(self, browser: Browser, **fields: str) -> None:
        usual = {"after": "10", "way_push": "yes", "way_messenger": "yes", "way_mail": "yes"}
        answer = await browser.post(f"{HERE}/wishes", {**usual, **fields})
        assert answer.status == 303, answer.text

    async def id(self, login: str = "vera") -> OperatorId:
        async with self.office.world.database.read() as tx:
            found = await tx.operators.find(login)
        assert found is not None
        return found.id

    async def told(self, conversation: ConversationId, way: Way, kind: Kind) -> Told:
        async with self.office.world.database.read() as tx:
            return (await tx.alerts.told([conversation]))[conversation, await self.id(), way, kind]

    async def written(self) -> list[str]:
        """What the bot wrote to Vera's own messenger."""
        return await self.office.world.said(PHONE)

    def wait(self, **span: float) -> None:
        self.office.world.now += timedelta(**span)


@asynccontextmanager
async def open_away(database_url: str, folder: Path) -> AsyncIterator[Away]:
    async with push_service(folder) as push, mail_server(folder, "none") as mail:
        egress = Egress(["127.0.0.1"], tls=push.trusted)
        settings = MailSettings("127.0.0.1", "inbox@example.com", "none", mail.port)
        async with open_office(database_url, egress=egress, mail=settings) as office:
            yield Away(office, push, mail)


def token_in(mail: EmailMessage) -> str:
    found = re.search(r"confirm=(\S+)", mail.get_content())
    assert found is not None
    return found[1]


def code_in(page: str) -> str:
    found = re.search(r"https://t\.me/shop\?start=(\w+)", page)
    assert found is not None
    return found[1]
