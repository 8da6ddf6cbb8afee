"""A whole town in one process: the server with real HTTP, and the double of Telegram."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

from api.keys import digest, new_key
from core.ids import AccountId, SiteId
from sandbox.app import build as build_sandbox
from sandbox.settings import BotSettings, Settings, ShopSettings
from server.app import build_app
from server.clock import utc_now
from server.commands.flow_reading import read_sound
from server.config import Config
from server.config_read import read_config
from server.polling import poll, polled
from server.timekeeping import Clock
from server.values import secret_of
from server.wiring import Parley, wire
from storage.keys import ApiKey
from storage.open import open_database
from tests.journeys.servers import SITE_SECRET, TOKEN, configure
from tests.ports import free_port

ACCOUNT = "shop-tg"


@dataclass
class Town:
    """`url` is the server's, `sandbox` the double's."""

    url: str
    sandbox: str
    client: aiohttp.ClientSession
    parley: Parley
    keys: dict[str, str] = field(default_factory=dict)

    async def control(self, method: str, path: str, body: Any = None) -> Any:
        async with self.client.request(
            method, f"{self.sandbox}/control{path}", json=body
        ) as answer:
            data = await answer.json()
            assert answer.status < 300, data
            return data

    async def api(
        self, method: str, path: str, body: Any = None, *, key: str = "admin"
    ) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {await self.key(key)}"}
        async with self.client.request(
            method, f"{self.url}{path}", json=body, headers=headers
        ) as answer:
            return answer.status, await answer.json()

    async def key(self, scope: str, site: str | None = None) -> str:
        name = f"{scope} {site}"
        if name not in self.keys:
            self.keys[name] = new_key()
            now = utc_now()
            key = ApiKey(
                self.parley.intake.new_id(now),
                name,
                SiteId(site) if site else None,
                frozenset([scope]),
                digest(self.keys[name]),
                now,
            )
            async with self.parley.database.write() as tx:
                await tx.keys.add(key)
        return self.keys[name]

    async def token(self, **claims: Any) -> str:
        made = await self.control("POST", "/shop/token", claims)
        token: str = made["token"]
        return token

    async def person(self, name: str = "Anna", language: str = "en") -> "Person":
        body = {"first_name": name, "language_code": language}
        made = await self.control("POST", "/people", body)
        return Person(self, made["id"])

    async def go(self, token: str) -> str:
        """What the visitor's browser gets: the code of the deep link."""
        async with self.client.post(
            f"{self.url}/go/{ACCOUNT}", data={"token": token}, allow_redirects=False
        ) as answer:
            assert answer.status == 302, await answer.text()
            return answer.headers["Location"].partition("?start=")[2]


@dataclass
class Person:
    """Somebody with a phone."""

    town: Town
    id: int
    seen: int = 0

    async def act(self, act: str, **body: Any) -> Any:
        return await self.town.control("POST", f"/people/{self.id}/{act}", body)

    async def start(self, code: str = "") -> None:
        await self.act("start", param=code)

    async def say(self, text: str) -> None:
        await self.act("say", text=text)

    async def hears(self, part: str, *, seconds: float = 60) -> dict[str, Any]:
        """The next message of the bot that holds this text; older ones are passed over."""
        async with asyncio.timeout(seconds):
            while True:
                for message in await self.messages():
                    text = message.get("text") or message.get("caption") or ""
                    if message["from"]["is_bot"]:
                        self.seen = message["message_id"]
                        if part in text:
                            return message
                await self.town.control("GET", f"/people/{self.id}/chat?after={self.seen}&wait=5")

    async def messages(self) -> list[dict[str, Any]]:
        chat = await self.town.control("GET", f"/people/{self.id}/chat?after={self.seen}")
        found: list[dict[str, Any]] = chat["messages"]
        return found

    async def press(self, message: dict[str, Any], label: str) -> None:
        rows = message["reply_markup"]["inline_keyboard"]
        for row, buttons in enumerate(rows):
            for column, button in enumerate(buttons):
                if button["text"] == label:
                    await self.act(
                        "press", message_id=message["message_id"], row=row, column=column
                    )
                    return
        raise AssertionError(f"no button {label!r} in {rows}")


@asynccontextmanager
async def town(database_url: str, folder: Path, *, limits: bool = True) -> AsyncIterator[Town]:
    port, double_port = free_port(), free_port()
    double = f"http://127.0.0.1:{double_port}"
    url = f"http://127.0.0.1:{port}"
    config = read_config(configure(folder, database_url, double, port), {})
    settings = Settings(
        base_url=double,
        bots=(BotSettings.of(TOKEN, "shop_bot", "Shop"),),
        limits=limits,
        shop=ShopSettings(
            site="shop",
            kid="k1",
            secret=SITE_SECRET,
            go_url=f"{url}/go",
            go_account_urls={ACCOUNT: f"{url}/go/{ACCOUNT}"},
        ),
    )
    async with built(config, settings) as town:
        yield town


@asynccontextmanager
async def built(config: Config, settings: Settings) -> AsyncIterator[Town]:
    """The server of this configuration beside this sandbox, with every webhook set."""
    database = await open_database(config.database, migrates=False)
    parley = await wire(config, read_sound(config), database, Clock())
    url, double = config.public_url, settings.base_url
    async with (
        _serving(build_sandbox(settings), _port(double)),
        _serving(build_app(parley), _port(url)),
        aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=30)) as client,
        _working(parley),
    ):
        for account in config.accounts:
            if account.receive == "polling":
                continue
            bot = parley.bots[AccountId(account.id)]
            await bot.set_webhook(f"{url}/webhooks/{account.id}", secret_of(account))
        yield Town(url, double, client, parley)


def _port(url: str) -> int:
    return int(url.rpartition(":")[2])


@asynccontextmanager
async def _serving(app: web.Application, port: int) -> AsyncIterator[None]:
    runner = web.AppRunner(
        app, access_log=None, shutdown_timeout=1, max_line_size=32768, max_field_size=32768
    )
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", port).start()
        yield
    finally:
        await runner.cleanup()


@asynccontextmanager
async def _working(parley: Parley) -> AsyncIterator[None]:
    try:
        async with asyncio.TaskGroup() as group:
            senders = [group.create_task(sender.run()) for sender in parley.senders.values()]
            loops = [
                group.create_task(work)
                for work in (
                    parley.intake.run(),
                    parley.acknowledger.run(),
                    parley.timers.run(),
                    parley.calls.run(),
                    parley.collector.run(),
                    *(one.run() for one in parley.deliverers),
                    *(
                        poll(account, parley.bots[account], parley.webhooks, parley.database)
                        for account in polled(parley.config)
                    ),
                )
            ]
            try:
                yield
            finally:
                for sender in parley.senders.values():
                    sender.stop()
                await asyncio.wait(senders, timeout=10)
                for task in (*loops, *senders):
                    task.cancel()
    finally:
        for bot in parley.bots.values():
            await bot.close()
        await parley.egress.close()
        await parley.deliveries_egress.close()
        await parley.database.close()
