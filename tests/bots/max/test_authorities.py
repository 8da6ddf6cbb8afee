"""MAX's certificate comes from an authority that no machine trusts by itself."""

import ssl
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from bots.contract import BotSettings, Part
from bots.max.outgoing import make
from core.content import Content
from core.ids import AccountId, UserId
from core.outcomes import Outcome, Sent, Transient
from tests.bots.max.api import MESSAGE, TOKEN

NAME = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Nobody Knows Root CA")])
SINCE = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.fixture
def authority(tmp_path: Path) -> Path:
    """A certificate of an unknown authority for 127.0.0.1, which is the authority itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    usage = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(NAME)
        .issuer_name(NAME)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(SINCE)
        .not_valid_after(SINCE + timedelta(days=36_500))
        .add_extension(usage, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    (tmp_path / "key.pem").write_bytes(private)
    path = tmp_path / "ca.pem"
    path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    return path


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
