"""A file that came in is fetched by the way on which its account reaches the messenger."""

import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web

from bots.contract import BotSettings
from core.content import Media, MediaKind
from core.ids import AccountId
from dialogues.egress import Egress
from media.library import NotFetched
from server.fetching import Fetching, ways_of
from tests.certificates import certificate
from tests.proxies import proxy

SHOP, OTHER = AccountId("shop"), AccountId("other")
NAME = "files.messenger.example"
NOWHERE = "http://127.0.0.1:1"


@pytest.fixture
def authority(tmp_path: Path) -> Path:
    return certificate(tmp_path, NAME)


class Store:
    """What a messenger holds: /photo, and at /elsewhere a way to the URL in `location`."""

    def __init__(self) -> None:
        self.location = ""

    async def photo(self, _: web.Request) -> web.Response:
        return web.Response(body=b"photo")

    async def elsewhere(self, _: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": self.location})

    async def serve(self, tls: ssl.SSLContext | None) -> tuple[web.AppRunner, int]:
        app = web.Application()
        app.router.add_get("/photo", self.photo)
        app.router.add_get("/elsewhere", self.elsewhere)
        runner = web.AppRunner(app, shutdown_timeout=1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls).start()
        return runner, runner.addresses[0][1]


@pytest.fixture
def store() -> Store:
    return Store()


@pytest.fixture
async def port(store: Store) -> AsyncIterator[int]:
    runner, port = await store.serve(None)
    yield port
    await runner.cleanup()


@pytest.fixture
async def tls_port(store: Store, authority: Path) -> AsyncIterator[int]:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(authority, authority.with_name("key.pem"))
    runner, port = await store.serve(context)
    yield port
    await runner.cleanup()


async def fetch(
    url: str, account: AccountId = SHOP, *, proxy: str = "", ca: str = "", allowed: str = ""
) -> bytes:
    """With SHOP on a way of its own where there is one; OTHER is reached by everybody's."""
    settings = [BotSettings(SHOP, "t", proxy=proxy, ca_bundle=ca), BotSettings(OTHER, "t")]
    allowing = (allowed,) if allowed else ()
    egress = Egress(allowing)
    fetching = Fetching({}, egress, ways_of(settings, allowing))
    try:
        media = Media(MediaKind.PHOTO, url)
        return b"".join([part async for part in await fetching.fetch(account, media)])
    finally:
        await fetching.close()
        await egress.close()


@pytest.mark.parametrize("kind", ["http", "socks5"])
async def test_a_proxy_brings_the_file_and_resolves_its_name(kind: str, port: int) -> None:
    async with proxy(kind) as way:
        assert await fetch(f"http://{NAME}:{port}/photo", proxy=way.url) == b"photo"
    assert way.hosts == [NAME]


@pytest.mark.parametrize("kind", ["http", "socks5"])
async def test_a_proxy_brings_a_file_under_tls_that_only_the_account_trusts(
    kind: str, tls_port: int, authority: Path
) -> None:
    url = f"https://{NAME}:{tls_port}/photo"
    async with proxy(kind) as way:
        assert await fetch(url, proxy=way.url, ca=str(authority)) == b"photo"
        with pytest.raises(NotFetched):
            await fetch(url, proxy=way.url)


async def test_an_authority_is_trusted_for_its_own_account_alone(
    tls_port: int, authority: Path
) -> None:
    url = f"https://127.0.0.1:{tls_port}/photo"
    about = {"ca": str(authority), "allowed": "127.0.0.1"}
    assert await fetch(url, **about) == b"photo"
    with pytest.raises(NotFetched):
        await fetch(url, OTHER, **about)


@pytest.mark.parametrize(
    "host",
    [
        pytest.param("127.0.0.1", id="the proxy's own machine"),
        pytest.param("127.1", id="the same, as it was written of old"),
        pytest.param("2130706433", id="the same as one number"),
        pytest.param("0x7f.1", id="the same in hexadecimal"),
        pytest.param("127.0.0.1.", id="the same with a dot behind it"),
        pytest.param("[::ffff:127.0.0.1]", id="the same inside IPv6"),
        pytest.param("169.254.169.254", id="a cloud's metadata"),
        pytest.param("localhost", id="localhost"),
        pytest.param("LOCALHOST.", id="localhost with a dot behind it"),
        pytest.param("a.localhost", id="a name below localhost"),
        pytest.param("metadata.google.internal", id="a name below internal"),
        pytest.param("printer.local", id="a name of the local link"),
        pytest.param("nas.home.arpa", id="a name of a home network"),
        pytest.param("intranet", id="a name without a dot"),
    ],
)
@pytest.mark.parametrize("is_redirect", [False, True], ids=["at once", "by a redirect"])
async def test_no_proxy_is_asked_for_what_is_inside(
    host: str, is_redirect: bool, store: Store, port: int
) -> None:
    store.location = inside = f"http://{host}:{port}/photo"
    asked = f"http://{NAME}:{port}/elsewhere" if is_redirect else inside
    async with proxy("http") as way:
        with pytest.raises(NotFetched, match="egress_allow") as caught:
            await fetch(asked, proxy=way.url)
    assert way.hosts == ([NAME] if is_redirect else [])
    assert not caught.value.may_come


async def test_a_proxy_is_asked_for_a_name_inside_that_is_allowed(port: int) -> None:
    url = f"http://files.internal:{port}/photo"
    async with proxy("http") as way:
        assert await fetch(url, proxy=way.url, allowed="files.internal") == b"photo"


async def test_a_redirect_leads_on_through_the_proxy(store: Store, port: int) -> None:
    store.location = f"http://cdn.example:{port}/photo"
    async with proxy("http") as way:
        assert await fetch(f"http://{NAME}:{port}/elsewhere", proxy=way.url) == b"photo"
    assert way.hosts == [NAME, "cdn.example"]


async def test_an_authority_of_ones_own_opens_no_way_inside(tls_port: int, authority: Path) -> None:
    for host in ("127.0.0.1", "localhost"):
        with pytest.raises(NotFetched, match="our own network"):
            await fetch(f"https://{host}:{tls_port}/photo", ca=str(authority))


@pytest.mark.parametrize("dead", [NOWHERE, "socks5://127.0.0.1:1"])
async def test_where_the_proxy_is_away_the_file_may_still_come(dead: str) -> None:
    with pytest.raises(NotFetched) as caught:
        await fetch(f"http://{NAME}/photo", proxy=dead)
    assert caught.value.may_come
