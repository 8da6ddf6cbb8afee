"""Webhooks are believed only when their signature and time are right."""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from parley_client import BadWebhook, Webhooks

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
KEY = b"0123456789abcdef0123456789abcdef"
SECRET = "whsec_" + base64.b64encode(KEY).decode()
BODY = json.dumps(
    {"type": "subscribed", "timestamp": "2026-11-28T11:59:58Z", "data": {"topic": "orders"}}
).encode()


def signature(body: bytes = BODY, key: bytes = KEY, id_: str = "msg_1", at: datetime = NOW) -> str:
    content = f"{id_}.{int(at.timestamp())}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()


def headers(**changes: str) -> Mapping[str, str]:
    usual = {"id": "msg_1", "timestamp": str(int(NOW.timestamp())), "signature": signature()}
    return {f"Webhook-{name.title()}": value for name, value in {**usual, **changes}.items()}


def test_one_that_is_right_is_read() -> None:
    event = Webhooks(SECRET).read(headers(), BODY, NOW)
    assert (event.id, event.type, event.data) == ("msg_1", "subscribed", {"topic": "orders"})
    assert event.at == datetime(2026, 11, 28, 11, 59, 58, tzinfo=UTC)


def test_while_a_secret_is_replaced_both_are_good() -> None:
    both = Webhooks("whsec_" + base64.b64encode(b"x" * 32).decode(), SECRET)
    assert both.read(headers(signature=f"v1,AAAA {signature()}"), BODY, NOW).id == "msg_1"


def test_a_secret_without_the_prefix_is_taken_as_it_is() -> None:
    plain = "a-secret-as-it-is-with-32-bytes-or-more"
    assert Webhooks(plain).read(headers(signature=signature(key=plain.encode())), BODY, NOW)


@pytest.mark.parametrize(
    ("given", "body", "now", "why"),
    [
        (headers(signature=signature(key=b"another")), BODY, NOW, "signature"),
        (headers(signature=signature().replace("v1,", "v2,")), BODY, NOW, "signature"),
        (headers(id="msg_2"), BODY, NOW, "signature"),
        (headers(), BODY + b" ", NOW, "signature"),
        (headers(signature=""), BODY, NOW, "has no"),
        ({}, BODY, NOW, "has no"),
        (headers(timestamp="soon"), BODY, NOW, "no number"),
        (headers(timestamp="9" * 40), BODY, NOW, "no number"),
        (headers(timestamp="\u0663"), BODY, NOW, "no number"),
        (headers(signature="v1,\u0436"), BODY, NOW, "signature"),
        (headers(), BODY, NOW + timedelta(minutes=6), "another time"),
        (headers(), BODY, NOW - timedelta(minutes=6), "another time"),
        (headers(signature=signature(b"[]")), b"[]", NOW, "not an event"),
        (headers(signature=signature(b"\xff")), b"\xff", NOW, "not an event"),
    ],
)
def test_one_that_is_not_is_refused(given: Any, body: bytes, now: datetime, why: str) -> None:
    with pytest.raises(BadWebhook, match=why):
        Webhooks(SECRET).read(given, body, now)


@pytest.mark.parametrize("secrets", [(), ("",), (SECRET, "")])
def test_without_a_secret_nothing_is_checked_at_all(secrets: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="secret is needed"):
        Webhooks(*secrets)
