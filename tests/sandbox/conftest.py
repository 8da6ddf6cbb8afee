"""A sandbox on a free port of this machine, and a bot's real client library in front of it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace

import aiohttp
import pytest
from aiogram import Bot
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiohttp import web

from sandbox.app import build
from sandbox.settings import (
    BotSettings,
    MaxSettings,
    Settings,
    ShopSettings,
    ViberSettings,
    VkSettings,
)
from sandbox.vk.group import EVENTS
from tests.sandbox.max import BOT, MAX_TOKEN, NICK, Hook, Messenger
from tests.sandbox.viber import URI, VIBER_TOKEN, Listener, ViberBot
from tests.sandbox.vk import GROUP, NAME, VK_TOKEN, Community, Server
from tests.sandbox.world import SECRET, TOKEN, Sandbox, Time


@pytest.fixture
def time() -> Time:
    return Time()


Serve = Callable[[web.Application], Awaitable[str]]


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    """Serves applications on free ports; gives their address."""
    runners: list[web.AppRunner] = []

    async def start(app: web.Application) -> str:
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        runners.append(runner)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        return f"http://127.0.0.1:{runner.addresses[0][1]}"

    yield start
    for runner in reversed(runners):
        await runner.cleanup()


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        yield session


@pytest.fixture
def settings(time: Time) -> Settings:
    return Settings(
        base_url="http://127.0.0.1",
        bots=(
            BotSettings.of(TOKEN, "demo_shop_bot", "Demo shop"),
            BotSettings.of("701:other-token", "other_bot", "Other"),
        ),
        clock=time,
        sleep=time.sleep,
        shop=ShopSettings(
            site="shop",
            kid="2026-11",
            secret=SECRET,
            go_url="http://127.0.0.1:8080/go",
            go_account_urls={"shop-tg": "http://127.0.0.1:8080/go/shop-tg"},
        ),
    )


@pytest.fixture
async def sandbox(
    settings: Settings, serve: Serve, http: aiohttp.ClientSession, time: Time
) -> Sandbox:
    return Sandbox(await serve(build(settings)), http, time)


class _Session(AiohttpSession):
    """Closes without the quarter of a second that aiogram waits for TLS."""

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()


@pytest.fixture
async def bot(sandbox: Sandbox) -> AsyncIterator[Bot]:
    """aiogram's own client, as a real bot would use it."""
    session = _Session(api=TelegramAPIServer.from_base(f"{sandbox.url}/telegram"))
    bot = Bot(TOKEN, session=session)
    yield bot
    await bot.session.close()


@pytest.fixture
async def viber(
    settings: Settings, serve: Serve, http: aiohttp.ClientSession, time: Time
) -> ViberBot:
    """A sandbox that holds one bot of Viber beside the bots of Telegram; it has no webhook."""
    told = replace(settings, viber_bots=(ViberSettings(VIBER_TOKEN, URI, "Tea & Leaf"),))
    return ViberBot(Sandbox(await serve(build(told)), http, time))


@pytest.fixture
async def listener(viber: ViberBot, serve: Serve) -> Listener:
    """The bot's webhook, told of everything."""
    listener = Listener()
    app = web.Application()
    app.router.add_post("/hook", listener.handle)
    listener.url = f"{await serve(app)}/hook"
    await viber.call("set_webhook", url=listener.url, send_name=True, send_photo=True)
    return listener


@pytest.fixture
async def community(
    settings: Settings, serve: Serve, http: aiohttp.ClientSession, time: Time
) -> Community:
    """A sandbox that holds one community of VK beside the bots of Telegram."""
    told = replace(settings, vk_groups=(VkSettings(VK_TOKEN, GROUP, NAME, "Tea & Leaf"),))
    return Community(Sandbox(await serve(build(told)), http, time))


@pytest.fixture
async def server(community: Community, serve: Serve) -> Server:
    """A confirmed callback server with all events switched on."""
    server = Server()
    app = web.Application()
    app.router.add_post("/hook", server.handle)
    server.url = f"{await serve(app)}/hook"
    code = await community.call("groups.getCallbackConfirmationCode", group_id=GROUP)
    server.code = code["code"]
    added = await community.call(
        "groups.addCallbackServer",
        group_id=GROUP,
        url=server.url,
        title="parley",
        secret_key="k3y",
    )
    switched = dict.fromkeys(EVENTS, 1)
    await community.call(
        "groups.setCallbackSettings", group_id=GROUP, server_id=added["server_id"], **switched
    )
    return server


@pytest.fixture
async def messenger(
    settings: Settings, serve: Serve, http: aiohttp.ClientSession, time: Time
) -> Messenger:
    """A sandbox that holds one bot of MAX beside the bots of Telegram."""
    told = replace(settings, max_bots=(MaxSettings(MAX_TOKEN, BOT, NICK, "Tea & Leaf"),))
    return Messenger(Sandbox(await serve(build(told)), http, time))


@pytest.fixture
async def hook(messenger: Messenger, serve: Serve) -> Hook:
    """A webhook that is subscribed to everything."""
    hook = Hook()
    app = web.Application()
    app.router.add_post("/hook", hook.handle)
    hook.url = f"{await serve(app)}/hook"
    await messenger.call("POST", "/subscriptions", {"url": hook.url, "secret": "hook-secret"})
    return hook
