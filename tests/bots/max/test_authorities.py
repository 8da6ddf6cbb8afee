"""MAX's certificate comes from an authority that no machine trusts by itself."""

import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web

from bots.contract import BotSettings, Part
from bots.max.outgoing import make
from core.content import Content
from core.ids import AccountId, UserId
from core.outcomes import Outcome, Sent, Transient
from tests.bots.max.api import MESSAGE, TOKEN
from tests.certificates import certificate


@pytest.fixture
def authority(tmp_path: Path) -> Path:
    """A certificate of an unknown authority for 127.0.0.1, which is the authority itself."""
    return certificate(tmp_path)


@pytest.fixture
async def url(authority: Path) -> AsyncIterator[str]:
    async def answer(_: web.Request) -> web.Response:
        return web.json_response(MESSAGE)

    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(authority, authority.with_name("key.pem"))
    app = web.Application()
    app.router.add_post("/messages", answer)
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
    yield f"https://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


async def send(url: str, ca_bundle: str) -> Outcome:
    bot = make(BotSettings(AccountId("a"), TOKEN, api_url=url, ca_bundle=ca_bundle))
    try:
        return await bot.send(UserId("5550001"), Part(Content("hi"), 1))
    finally:
        await bot.close()


async def test_an_authority_of_the_settings_is_trusted(url: str, authority: Path) -> None:
    assert await send(url, str(authority)) == Sent("mid.0003")


async def test_without_it_nothing_is_sent(url: str) -> None:
    assert isinstance(await send(url, ""), Transient)
