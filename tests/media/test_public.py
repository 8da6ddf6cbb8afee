"""Files of ours at public URLs: for whoever holds the signed one, for a week."""

from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from media.library import Library
from media.public import PublicFiles
from tests.media.conftest import chunks
from tests.world import World

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 5000
SECRET = "a secret of this server, long enough"
Client = TestClient[web.Request, web.Application]


@pytest.fixture
def public(library: Library, world: World) -> PublicFiles:
    return PublicFiles(library, SECRET, "https://chat.example.com/", lambda: world.now)


@pytest.fixture
async def client(public: PublicFiles) -> AsyncIterator[Client]:
    app = web.Application()
    app.add_routes(public.routes())
    async with TestClient(TestServer(app)) as client:
        yield client


async def path_of(library: Library, public: PublicFiles, content: bytes = PNG) -> str:
    url = public.url(await library.keep(chunks(content)), "прайс 1.png")
    assert url.startswith("https://chat.example.com/media/")
    return url.removeprefix("https://chat.example.com")


async def test_the_messenger_fetches_it(
    client: Client, library: Library, public: PublicFiles
) -> None:
    path = await path_of(library, public)
    async with client.get(path) as answer:
        assert (answer.status, await answer.read()) == (200, PNG)
        assert answer.headers["Content-Type"] == "image/png"
    async with client.head(path) as answer:
        assert (answer.status, answer.headers["Content-Length"]) == (200, str(len(PNG)))


async def test_a_page_is_only_ever_saved(
    client: Client, library: Library, public: PublicFiles
) -> None:
    async with client.get(await path_of(library, public, b"<script>1</script>")) as answer:
        assert answer.headers["Content-Disposition"].startswith("attachment")
        assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"


async def test_a_week_later_it_is_gone(
    client: Client, library: Library, public: PublicFiles, world: World
) -> None:
    path = await path_of(library, public)
    world.wait(days=8)
    async with client.get(path) as answer:
        assert answer.status == 404


@pytest.mark.parametrize(
    "token", ["x", "a.b.c", "eyJhbGciOiJub25lIn0.e30.", "0" * 64, "%00"], ids=str
)
async def test_whatever_we_did_not_sign_is_not_found(client: Client, token: str) -> None:
    async with client.get(f"/media/{token}/a.png") as answer:
        assert answer.status == 404


async def test_a_token_of_another_kind_opens_nothing(
    client: Client, library: Library, world: World
) -> None:
    import jwt

    file = await library.keep(chunks(PNG))
    expires = int(world.now.timestamp()) + 1000
    token = jwt.encode({"sub": file.digest, "exp": expires, "aud": "other"}, SECRET, "HS256")
    async with client.get(f"/media/{token}/a.png") as answer:
        assert answer.status == 404
