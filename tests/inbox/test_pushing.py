"""Notifications to browsers: only they can read them, and only push services are called."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from core.alerts import PushSubscription
from core.ids import OperatorId
from dialogues.egress import Egress
from inbox.push_keys import push_key
from inbox.pushing import (
    NoSubscription,
    Notification,
    PushGone,
    PushPutOff,
    PushRefused,
    PushService,
    endpoint_digest,
    read_subscription,
)
from storage.database import Database
from tests.push_service import PushBrowser, PushDouble, push_service
from tests.world import NOW, opened

SECRET = "a secret of this server, long enough"
NOTE = Notification("Telegram", "Новое сообщение", "/inbox/7", "c7", "ru")


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[PushDouble]:
    async with push_service(tmp_path) as double:
        yield double


def subscription(browser: PushBrowser) -> PushSubscription:
    endpoint, p256dh, auth = read_subscription(browser.fields, Egress(["127.0.0.1"]))
    digest = endpoint_digest(endpoint)
    return PushSubscription(
        digest, OperatorId(1), "s", endpoint, p256dh, auth, "Firefox", "en", NOW
    )


async def sent(url: str, service: PushDouble, *browsers: PushBrowser) -> None:
    egress = Egress(["127.0.0.1"], tls=service.trusted)
    async with opened(url) as world:
        pushes = PushService(world.database, egress, lambda: NOW, SECRET, "mailto:it@example.com")
        try:
            for browser in browsers:
                await pushes.send(subscription(browser), NOTE)
        finally:
            await egress.close()


async def test_only_the_browser_reads_it(sqlite_url: str, service: PushDouble) -> None:
    browser = service.browser()
    await sent(sqlite_url, service, browser)
    assert browser.shown() == [
        {"title": "Telegram", "body": "Новое сообщение", "url": "/inbox/7", "tag": "c7",
         "lang": "ru"}
    ]  # fmt: skip
    [left] = service.left
    assert "сообщение".encode() not in left.body
    wanted = ("Content-Encoding", "TTL", "Urgency", "Topic")
    assert [left.headers[name] for name in wanted] == ["aes128gcm", "14400", "high", "c7"]


async def test_no_two_are_sealed_alike(sqlite_url: str, service: PushDouble) -> None:
    browser = service.browser()
    await sent(sqlite_url, service, browser, browser)
    first, second = service.left
    assert first.body[:16] != second.body[:16]
    assert first.body[16:] != second.body[16:]


async def test_the_service_knows_who_sends(sqlite_url: str, service: PushDouble) -> None:
    await sent(sqlite_url, service, service.browser())
    claims = service.signed_by(service.left[0])
    assert (claims["aud"], claims["sub"]) == (service.url, "mailto:it@example.com")
    assert 0 < claims["exp"] - NOW.timestamp() <= 24 * 3600


@pytest.mark.parametrize(
    ("status", "error"),
    [
        pytest.param(404, PushGone, id="there was never such a place"),
        pytest.param(410, PushGone, id="the browser has unsubscribed"),
        pytest.param(429, PushPutOff, id="too many"),
        pytest.param(503, PushPutOff, id="out of service"),
        pytest.param(403, PushRefused, id="made for another key"),
        pytest.param(413, PushRefused, id="too large"),
        pytest.param(307, PushRefused, id="a redirect, which is not followed"),
    ],
)
async def test_what_a_push_service_may_answer(
    sqlite_url: str, service: PushDouble, status: int, error: type[Exception]
) -> None:
    service.status = status
    with pytest.raises(error):
        await sent(sqlite_url, service, service.browser())
    assert len(service.left) == 1


async def test_a_service_that_is_not_there_is_tried_later(
    sqlite_url: str, service: PushDouble
) -> None:
    browser = service.browser()
    browser.endpoint = "https://127.0.0.1:9/push/one"
    with pytest.raises(PushPutOff):
        await sent(sqlite_url, service, browser)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        pytest.param("endpoint", "http://push.example.com/1", id="in the clear"),
        pytest.param("endpoint", "https://127.0.0.1/1", id="this machine"),
        pytest.param("endpoint", "https://[fd00::1]/1", id="a private network"),
        pytest.param("endpoint", "https://169.254.169.254/latest", id="a cloud's metadata"),
        pytest.param("endpoint", "https://push.example.com/" + "x" * 2000, id="endless"),
        pytest.param("endpoint", "", id="nothing"),
        pytest.param("p256dh", "AAAA", id="a point that is none"),
        pytest.param("p256dh", "B" * 87, id="a point beside the curve"),
        pytest.param("p256dh", "$$$", id="no base64"),
        pytest.param("auth", "c2hvcnQ", id="a secret that is too short"),
    ],
)
def test_what_is_no_subscription(field: str, value: str) -> None:
    browser = PushBrowser(None, "https://push.example.com/1")  # type: ignore[arg-type]
    with pytest.raises(NoSubscription):
        read_subscription({**browser.fields, field: value}, Egress())


def test_a_name_inside_is_found_out_when_it_is_resolved() -> None:
    """By its look it may be anybody's: the egress judges the address that it leads to."""
    browser = PushBrowser(None, "https://push.example.com/1")  # type: ignore[arg-type]
    assert read_subscription(browser.fields, Egress())[0] == "https://push.example.com/1"


async def test_a_name_that_leads_inside_is_not_called(sqlite_url: str, service: PushDouble) -> None:
    browser = service.browser()
    browser.endpoint = browser.endpoint.replace("127.0.0.1", "localhost")
    with pytest.raises(PushRefused, match="Forbidden"):
        await sent(sqlite_url, service, browser)
    assert service.left == []


async def test_our_key_is_made_once_and_kept_sealed(database_url: str) -> None:
    async with opened(database_url) as world:
        first = await push_key(world.database, SECRET, NOW)
        again = await push_key(world.database, SECRET, NOW)
        assert first.public == again.public
        assert first.private.private_numbers() == again.private.private_numbers()
        kept = await _kept(world.database)
        assert "PRIVATE KEY" not in kept[1]
        other = await push_key(world.database, "another secret, as long as that", NOW)
        assert other.public != first.public
        assert (await _kept(world.database))[0] == other.public


async def _kept(database: Database) -> tuple[str, str]:
    async with database.read() as tx:
        kept = await tx.settings.push_key()
    assert kept is not None
    return kept
