"""The way to a platform: what may be trusted, how much is read."""

from pathlib import Path

import certifi
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bots.contract import SettingUp
from bots.transport import Transport


def test_a_file_of_authorities_is_read_at_once(tmp_path: Path) -> None:
    bundle = tmp_path / "ca.pem"
    bundle.write_bytes(Path(certifi.where()).read_bytes())
    Transport(ca_bundle=str(bundle))


@pytest.mark.parametrize("content", [None, b"", b"no certificate"])
def test_a_file_without_authorities_is_said(tmp_path: Path, content: bytes | None) -> None:
    bundle = tmp_path / "ca.pem"
    if content is not None:
        bundle.write_bytes(content)
    with pytest.raises(SettingUp, match=r"the authorities in .*ca\.pem cannot be read"):
        Transport(ca_bundle=str(bundle))


@pytest.mark.parametrize(
    "proxy",
    [
        "http://host:3128",
        "http://me:pw@host:3128",
        "socks5://host:1080",
        "socks5://me:pw@host:1080",
        "HTTP://host:3128",
    ],
)
def test_a_proxy_is_taken(proxy: str) -> None:
    Transport(proxy)


PROXIES_THAT_ARE_NONE = [
    "https://host:1",
    "socks5://",
    "socks5://host",
    "http://",
    "http://host",
    "http://host:port",
    "http://:3128",
    "host:1",
    "x",
]


@pytest.mark.parametrize("proxy", PROXIES_THAT_ARE_NONE)
def test_a_proxy_that_is_none_is_said_without_quoting_it(proxy: str) -> None:
    with pytest.raises(SettingUp, match="the proxy is no URL") as caught:
        Transport(proxy)
    assert caught.value.__cause__ is None


async def test_a_download_is_sent_nowhere_else() -> None:
    seen: list[str] = []

    async def elsewhere(request: web.Request) -> web.Response:
        seen.append(request.path)
        return web.Response(status=302, headers={"Location": "/inside"})

    app = web.Application()
    app.router.add_get("/{path}", elsewhere)
    transport = Transport()
    async with TestServer(app) as server:
        async with transport.get(str(server.make_url("/file")), 5.0) as answer:
            assert answer.status == 302
        await transport.close()
    assert seen == ["/file"]
