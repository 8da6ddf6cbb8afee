"""What shops sign in Python, PHP and JavaScript is read by the server; what it signs, by them."""

import base64
import hashlib
import hmac
import json
import shutil
import subprocess
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from core.ids import CustomerId, SiteId, TopicId
from parley_client import Claims, Consent, Item, Order, Site
from subscriptions.keyring import Keyring, SiteKey
from subscriptions.tokens import Refusal, TokenRefused, verify
from tests.conftest import LOUD, go_without
from tests.world import NOW

CLIENTS = Path(__file__).parents[2] / "clients"
SECRET = "a-secret-of-the-shop-with-more-than-32-bytes"
KEYRING = Keyring({SiteId("shop"): {"k": SiteKey("k", "HS256", SECRET)}})
SITE = {"id": "shop", "kid": "k", "secret": SECRET}
CLAIMS = {
    "sub": 7,
    "name": "Анна «Чай» / 茶",
    "order": {"id": 1042, "total": "39.90", "items": [{"name": "Чай", "price": "39.90"}]},
    "topics": ["orders"],
    "jti": "t-1",
}
Sign = Callable[[dict[str, Any], int], str]


def of_python(claims: dict[str, Any], now: int) -> str:
    order = Order(id=1042, total="39.90", items=[Item("Чай", price="39.90")])
    whole = Claims(
        customer=claims["sub"], name=claims["name"], order=order, topics=claims["topics"]
    )
    at = NOW.fromtimestamp(now, NOW.tzinfo)
    return Site("shop", "k", SECRET).token(whole, token_id=claims["jti"], now=at)


def of_php(claims: dict[str, Any], now: int) -> str:
    code = "echo parley_token($given['site'], $given['claims'], 3600, $given['now']);"
    return php(code, {"site": SITE, "claims": claims, "now": now})


def of_javascript(claims: dict[str, Any], now: int) -> str:
    code = "console.log(signToken(given.site, given.claims, 3600, given.now * 1000))"
    return node(code, {"site": SITE, "claims": claims, "now": now})


def php(code: str, given: Any) -> str:
    head = f"require '{CLIENTS}/php/parley.php';"
    read = "$given = json_decode(stream_get_contents(STDIN), true);"
    return run("php", ["-r", f"{head} {read} {code}"], given)


def node(code: str, given: Any) -> str:
    head = (
        'import { readFileSync } from "node:fs";'
        f'import {{ signToken, readWebhook }} from "{CLIENTS}/javascript/parley.mjs";'
        "const given = JSON.parse(readFileSync(0));"
    )
    return run("node", ["--input-type=module", "-e", f"{head} {code}"], given)


def run(program: str, arguments: list[str], given: Any) -> str:
    if shutil.which(program) is None:
        package = {"php": "php-cli", "node": "nodejs"}[program]
        reason = f"no {program} on this machine (Debian: apt install {package})"
        go_without("LANGUAGES", f"{LOUD} OF {program.upper()}: {reason}")
    told = subprocess.run(
        [program, *arguments], input=json.dumps(given), capture_output=True, text=True, check=False
    )
    return (told.stdout or told.stderr).strip()


@pytest.mark.parametrize("sign", [of_python, of_php, of_javascript])
def test_a_token_of_each_language_is_read(sign: Sign) -> None:
    claims = verify(sign(CLAIMS, int(NOW.timestamp())), KEYRING, NOW)
    assert claims.customer == CustomerId("7")
    assert claims.name == "Анна «Чай» / 茶"
    assert claims.order is not None
    assert (claims.order.ref, claims.order.total) == ("1042", "39.90")
    assert claims.order.items[0].name == "Чай"
    assert claims.topics == (TopicId("orders"),)


@pytest.mark.parametrize("sign", [of_python, of_php, of_javascript])
def test_a_token_of_each_language_expires(sign: Sign) -> None:
    token = sign(CLAIMS, int((NOW - timedelta(hours=2)).timestamp()))
    with pytest.raises(TokenRefused) as refused:
        verify(token, KEYRING, NOW)
    assert refused.value.refusal is Refusal.EXPIRED


def test_the_words_of_a_consent_arrive() -> None:
    consent = Consent("Хочу узнавать об акциях.", NOW, "203.0.113.7")
    token = Site("shop", "k", SECRET).token(Claims(topics=["promo"], consent=consent), now=NOW)
    read = verify(token, KEYRING, NOW).consent
    assert read is not None
    assert (read.text, read.ip) == ("Хочу узнавать об акциях.", "203.0.113.7")


KEY = b"0123456789abcdef0123456789abcdef"
BODY = json.dumps({"type": "subscribed", "timestamp": "2026-11-28T12:00:00Z", "data": {"a": "é"}})
AT = int(NOW.timestamp())


def signed(body: str = BODY, key: bytes = KEY) -> dict[str, str]:
    mac = hmac.new(key, f"msg_1.{AT}.{body}".encode(), hashlib.sha256)
    signature = base64.b64encode(mac.digest()).decode()
    return {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(AT),
        "webhook-signature": f"v1,{'A' * 43}= v1,{signature}",
    }


def read_in_php(**given: Any) -> str:
    code = """
    try {
        $event = parley_webhook($given['secret'], $given['headers'], $given['body'], $given['now']);
        echo json_encode($event, JSON_UNESCAPED_UNICODE);
    } catch (Exception $error) { echo $error->getMessage(); }
    """
    return php(code, given)


def read_in_javascript(**given: Any) -> str:
    code = """
    try {
        const event = readWebhook(given.secret, given.headers, given.body, given.now * 1000);
        console.log(JSON.stringify(event));
    } catch (error) { console.log(error.message); }
    """
    return node(code, given)


@pytest.mark.parametrize("read", [read_in_php, read_in_javascript])
@pytest.mark.parametrize("secret", ["whsec_" + base64.b64encode(KEY).decode(), KEY.decode()])
def test_a_webhook_is_read_in_each_language(read: Callable[..., str], secret: str) -> None:
    told = read(secret=secret, headers=signed(), body=BODY, now=AT)
    assert json.loads(told) == {"id": "msg_1", **json.loads(BODY)}


@pytest.mark.parametrize("read", [read_in_php, read_in_javascript])
@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"headers": signed(key=b"another")}, "signature"),
        ({"body": BODY.replace("subscribed", "unsubscribed")}, "signature"),
        ({"headers": {}}, "no webhook"),
        ({"now": AT + 301}, "another time"),
    ],
)
def test_a_forged_webhook_is_refused_in_each_language(
    read: Callable[..., str], changes: dict[str, Any], why: str
) -> None:
    given = {"secret": KEY.decode(), "headers": signed(), "body": BODY, "now": AT, **changes}
    assert why in read(**given)
