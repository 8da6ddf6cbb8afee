"""A town where people hold every messenger, seen in the one shape that all phones share."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from core.channels import Channel
from core.ids import AccountId
from sandbox.settings import Settings, ShopSettings
from server.clock import utc_now
from server.commands.demo_messengers import ACCOUNTS, Tokens, accounts, doubles
from server.config_read import parse_config
from tests.journeys.servers import SITE_SECRET
from tests.journeys.town import Town, built
from tests.ports import free_port

TOKENS = Tokens(
    bot="700100200:AAtoken_for_tests_only",
    webhook="webhook-secret-of-the-tests",
    vk="vk1.a.token_for_tests_only",
    vk_secret="secretofthetests",
    viber="4453b6ac12345678-aaaaaaaaaaaaaaaa-bbbbbbbbbbbbbbbb",
    max="token_for_tests_only_of_max",
)


async def until(holds: Callable[[], Awaitable[bool]], seconds: float = 60) -> None:
    """Look again and again: what happens elsewhere tells nobody here."""
    async with asyncio.timeout(seconds):
        while not await holds():  # noqa: ASYNC110
            await asyncio.sleep(0.05)


@dataclass
class Phone:
    """One person's phone, open at one of our accounts."""

    town: Town
    account: str
    name: str
    """Of the bot or group, as the sandbox knows it."""
    channel: Channel
    follows_links: bool
    id: int = 0
    heard: set[str] = field(default_factory=set)

    async def act(self, act: str, **body: Any) -> Any:
        return await self.town.control(
            "POST", f"/people/{self.id}/{act}", {"bot": self.name, **body}
        )

    async def view(self) -> Any:
        return await self.town.control("GET", f"/people/{self.id}/view?bot={self.name}")

    async def bubbles(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = (await self.view())["bubbles"]
        return found

    async def go(self, token: str) -> str:
        """What the visitor's browser is sent to, and the parameter that it holds."""
        town = self.town
        async with town.client.post(
            f"{town.url}/go/{self.account}", data={"token": token}, allow_redirects=False
        ) as answer:
            assert answer.status == 302, await answer.text()
            query = parse_qsl(urlsplit(answer.headers["Location"]).query)
            return query[-1][1]

    async def opens(self) -> None:
        """Be where one can write: some messengers want their Start pressed first."""
        if self.channel is Channel.MAX:
            await self.act("start", param="")

    async def arrive(self, code: str = "") -> None:
        """Open the deep link and press what starts the dialogue."""
        if self.follows_links and code:
            await self.act("follow", param=code)
        if self.channel is Channel.VIBER:
            await self.taps("Start")
        else:
            await self.act("start", param="" if self.follows_links else code)

    async def comes_back(self, code: str) -> None:
        """The same for somebody who has talked before."""
        if self.channel is Channel.VK:
            await self.act("follow", param=code)
            await self.say("Hello again")
        elif self.channel is Channel.VIBER:
            await self.act("follow", param=code)
        else:
            await self.act("start", param=code)

    async def say(self, text: str) -> None:
        await self.act("say", text=text)

    async def hears(self, part: str, *, seconds: float = 60) -> dict[str, Any]:
        """The next message of the bot that holds this text; older ones are passed over."""
        return await self._waits_for(lambda one: part in one["text"], part, seconds)

    async def gets(self, kind: str, *, seconds: float = 60) -> dict[str, Any]:
        """The next message of the bot with a medium of this kind."""

        def holds(one: dict[str, Any]) -> bool:
            return any(medium["kind"] == kind for medium in one["media"])

        return await self._waits_for(holds, kind, seconds)

    async def _waits_for(self, fits: Any, what: str, seconds: float) -> dict[str, Any]:
        said: list[str] = []
        try:
            async with asyncio.timeout(seconds):
                while True:
                    for one in await self.bubbles():
                        if one["is_own"] or one["id"] in self.heard:
                            continue
                        self.heard.add(one["id"])
                        said.append(one["text"])
                        if fits(one):
                            return one
                    await asyncio.sleep(0.05)
        except TimeoutError:
            raise AssertionError(f"nothing with {what!r} came; what came: {said}") from None

    async def taps(self, label: str) -> None:
        """Press the button with this label: under the newest message that has it, or below all."""
        await until(lambda: self._tries_to_tap(label))

    async def _tries_to_tap(self, label: str) -> bool:
        view = await self.view()
        for bubble in reversed(view["bubbles"]):
            if place := _place(bubble["rows"], label):
                await self.act("press", message_id=bubble["id"], row=place[0], column=place[1])
                return True
        if place := _place(view["screen"]["keyboard"], label):
            await self.act("tap", row=place[0], column=place[1])
            return True
        return False


def _place(rows: list[list[dict[str, Any]]], label: str) -> tuple[int, int] | None:
    for row, buttons in enumerate(rows):
        for column, button in enumerate(buttons):
            if button["label"] == label:
                return row, column
    return None


@dataclass
class EveryTown:
    """A town and the account of one messenger in it that a journey is about."""

    town: Town
    channel: Channel

    @property
    def account(self) -> str:
        return f"demo-{self.channel}"

    async def phone(self, name: str = "Anna", channel: Channel | None = None) -> Phone:
        made = await self.town.control(
            "POST", "/people", {"first_name": name, "language_code": "en"}
        )
        return self.phone_of(made["id"], channel or self.channel)

    def phone_of(self, person: int, channel: Channel) -> Phone:
        """The same person's phone, open at another messenger."""
        about = _NAMES[channel]
        follows = channel in (Channel.VK, Channel.VIBER)
        return Phone(self.town, f"demo-{channel}", about, channel, follows, person)

    async def send_event(self, key: str, customer: str = "4711") -> Any:
        event = {
            "site": "shop",
            "name": "order.delivered",
            "customer": customer,
            "order": {"id": 1042, "status": "delivered"},
            "key": key,
        }
        status, taken = await self.town.api("POST", "/api/v1/events", event)
        assert status == 202, taken
        return taken

    async def next_second(self) -> None:
        this = int(utc_now().timestamp())

        async def is_next() -> bool:
            return int(utc_now().timestamp()) != this

        await until(is_next)

    async def faults(self) -> list[Any]:
        """Those that have not befallen anything yet."""
        told = await self.town.control("GET", f"/faults?bot={_NAMES[self.channel]}")
        found: list[Any] = told["items"]
        return found

    async def fault(self, **fault: Any) -> None:
        await self.town.control("POST", "/faults", {"bot": _NAMES[self.channel], **fault})

    async def conversation(self) -> Any:
        """The open one of this account, once there is one."""
        found: list[Any] = []

        async def is_there() -> bool:
            _, page = await self.town.api("GET", "/api/v1/conversations?state=open")
            found.extend(one for one in page["items"] if one["account"] == self.account)
            return bool(found)

        await until(is_there)
        return found[0]

    @property
    def limits(self) -> Any:
        return self.town.parley.catalog.accounts[AccountId(self.account)].limits


_SETTINGS = doubles(TOKENS)
_NAMES = {
    Channel.TELEGRAM: _SETTINGS["bots"][0].username,
    Channel.VK: _SETTINGS["vk_groups"][0].name,
    Channel.VIBER: _SETTINGS["viber_bots"][0].name,
    Channel.MAX: _SETTINGS["max_bots"][0].name,
}


def _flows(folder: Path) -> Path:
    """Those of the library that say nothing to a bare Start."""
    chosen = folder / "flows"
    chosen.mkdir()
    for name in ("order-followup.yaml", "menu.yaml"):
        shutil.copy(Path("flows/library") / name, chosen)
    return chosen


@asynccontextmanager
async def every_town(
    database_url: str, folder: Path, channels: list[Channel], *, receive: str = "webhook"
) -> AsyncIterator[Town]:
    """Accounts on these messengers, and the doubles of all of them."""
    port, double_port = free_port(), free_port()
    url, double = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{double_port}"
    raw: dict[str, Any] = {
        "public_url": url,
        "listen": f"127.0.0.1:{port}",
        "database": database_url,
        "secret": "0123456789abcdef0123456789abcdef",
        "egress_allow": ["127.0.0.1"],
        "flows": str(_flows(folder)),
        "media": {"store": str(folder / "media")},
        "sites": [
            {
                "id": "shop",
                "name": "Shop",
                "origins": ["https://shop.example.com"],
                "default_topics": ["orders"],
                "keys": [{"kid": "k1", "alg": "HS256", "secret": SITE_SECRET}],
            }
        ],
        "topics": [
            {
                "id": "orders",
                "class": "service",
                "title": {"en": "Order updates", "ru": "Статусы заказов"},
            },
            {
                "id": "promo",
                "class": "marketing",
                "title": {"en": "Offers", "ru": "Акции"},
                "consent": {"en": "I agree to get offers.", "ru": "Согласие получать акции."},
            },
        ],
        "accounts": [
            {
                **one,
                "receive": receive,
                **({"allow_widget": True} if one["channel"] == Channel.VK else {}),
            }
            for one in accounts(double, TOKENS)
            if Channel(one["channel"]) in channels
        ],
    }
    settings = Settings(
        base_url=double,
        **_SETTINGS,
        shop=ShopSettings(
            site="shop",
            kid="k1",
            secret=SITE_SECRET,
            go_url=f"{url}/go",
            go_account_urls={account: f"{url}/go/{account}" for account in ACCOUNTS},
        ),
    )
    async with built(parse_config(raw, folder / "parley.toml", {}), settings) as town:
        yield town
