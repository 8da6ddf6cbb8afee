"""What a webhook's body becomes: captured payloads, and everything that is no payload."""

import hmac
import json
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bots.contract import BadProof, Gate, Unparsable
from bots.viber.incoming import parse, verify
from core.content import ContactCard, Content, Location, Media, MediaKind
from core.ids import AccountId, EventKey, UserId
from core.inbound import (
    Blocked,
    Delivered,
    FromMessenger,
    Ignored,
    Inbound,
    Opened,
    Pressed,
    Read,
    Said,
    Started,
    Undelivered,
)
from core.people import Profile
from tests.bots.anything import JSON, PATHS, with_value_at

PAYLOADS = Path(__file__).parent / "payloads"
SHOP = AccountId("shop-viber")
ANNA = UserId("01234567890A=")
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
TOKEN = "4912661846655238148"
SENT = "5741311803571721087"
TOKEN_KEY = "4453b6ac12345678-9e02c5f12174805f-daf9cbb5448c5160"


def said(text: str = "", *attachments: Media | Location | ContactCard) -> Said:
    return Said(Content(text, attachments=attachments), external_id=TOKEN)


EVENTS: dict[str, FromMessenger] = {
    "conversation_started": Opened("promo_42"),
    "conversation_started_without_context": Opened(""),
    "conversation_started_with_a_sentence": Opened(""),
    "conversation_started_with_65_characters": Opened(""),
    "conversation_started_again": Started("next_43"),
    "subscribed": Started(),
    "unsubscribed": Blocked("unsubscribed in Viber"),
    "text": said("Когда привезут заказ?"),
    "text_unstorable": said("a\ufffdb"),
    "text_largest_token": Said(Content("hi"), "18446744073709551615"),
    "text_token_in_quotes": Said(Content("hi"), "5741311803571721087"),
    "press": Pressed("f.1z.2.0", press=""),
    "press_of_start": Started(external_id=TOKEN),
    "text_like_a_press": said("parley: yes please"),
    "press_quoted_in_a_caption": said(
        "parley:f.1z.2.0",
        Media(
            MediaKind.PHOTO,
            "https://dl-media.viber.com/1/share/2/long/vibes/icon/image/0x0/5a.jpg",
        ),
    ),
    "picture": said(
        "Вот она", Media(MediaKind.PHOTO, "https://dl-media.viber.com/5a.jpg", "5a.jpg")
    ),
    "video": said("", Media(MediaKind.VIDEO, "https://dl-media.viber.com/5b.mp4", size=900000)),
    "file": said(
        "",
        Media(MediaKind.DOCUMENT, "https://dl-media.viber.com/5c", "price.pdf", size=40000),
    ),
    "sticker": said("", Media(MediaKind.STICKER, "40126")),
    "contact": said("", ContactCard("+79990000001", "Анна К", own=False)),
    "contact_without_a_name": said("", ContactCard("+79990000002", "", own=False)),
    "location": said("", Location(55.75, 37.61)),
    "url": said("https://example.com/a"),
    "kind_of_next_year": said("[hologram]"),
    "delivered": Delivered(SENT),
    "seen": Read(SENT),
    "failed": Undelivered(SENT, "failure description"),
    "failed_without_a_word": Undelivered(SENT, "failed in Viber"),
    "client_status": Ignored("client_status"),
    "event_of_next_year": Ignored("telepathy"),
}


def payload(name: str) -> bytes:
    return (PAYLOADS / f"{name}.json").read_bytes()


def parse_one(body: bytes) -> Inbound:
    (inbound,) = parse(SHOP, body, NOW)
    return inbound


def changed(name: str, **changes: Any) -> bytes:
    """A captured payload with other fields; None takes a field away."""
    fields = {**json.loads(payload(name)), **changes}
    return json.dumps({name: value for name, value in fields.items() if value is not None}).encode()


def message(**fields: Any) -> bytes:
    return changed("text", message=fields)


def test_every_captured_payload_has_its_expected_event() -> None:
    assert {path.stem for path in PAYLOADS.glob("*.json")} == set(EVENTS)


@pytest.mark.parametrize("name", EVENTS)
def test_a_captured_payload_becomes_its_event(name: str) -> None:
    inbound = parse_one(payload(name))
    assert inbound.event == EVENTS[name]
    assert inbound.account == SHOP


@pytest.mark.parametrize(
    ("name", "key"),
    [
        pytest.param("text", f"message:{TOKEN}", id="a message by its token"),
        pytest.param(
            "conversation_started",
            "conversation_started:4912661846655238145",
            id="an opened chat by its token",
        ),
        pytest.param("delivered", f"delivered:{SENT}:{ANNA}", id="a receipt by token and person"),
        pytest.param("seen", f"seen:{SENT}:{ANNA}", id="the same token seen is another event"),
        pytest.param("failed", f"failed:{SENT}:{ANNA}", id="a failure by token and person"),
    ],
)
def test_the_key_of_an_event(name: str, key: str) -> None:
    assert parse_one(payload(name)).key == key


def test_an_event_without_an_id_is_known_again_by_its_bytes() -> None:
    body = payload("event_of_next_year")
    assert parse_one(body).key == f"sha256:{sha256(body).hexdigest()}"


def test_who_wrote_and_when_is_told() -> None:
    inbound = parse_one(payload("text"))
    assert (inbound.user, inbound.at) == (ANNA, datetime.fromtimestamp(1790000003, UTC))
    assert inbound.profile == Profile(first_name="Анна К", locale="ru")


@pytest.mark.parametrize("name", ["unsubscribed", "delivered", "seen", "failed"])
def test_an_event_without_a_profile_tells_whose_it_is(name: str) -> None:
    inbound = parse_one(payload(name))
    assert (inbound.user, inbound.profile) == (ANNA, None)


@pytest.mark.parametrize("name", [name for name in EVENTS if isinstance(EVENTS[name], Ignored)])
def test_what_is_ignored_makes_no_address(name: str) -> None:
    assert parse_one(payload(name)).user == ""


def test_the_call_that_tries_a_webhook_is_no_event() -> None:
    body = b'{"event":"webhook","timestamp":1790000000000,"message_token":5741311803571721087}'
    assert parse(SHOP, body, NOW) == ()


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(message(type="text", text=7), id="a text that is a number"),
        pytest.param(message(type=["text"]), id="a type that is a list"),
        pytest.param(message(type="picture"), id="a picture of nowhere"),
        pytest.param(message(type="file", media="javascript:alert(1)"), id="a file that is no URL"),
        pytest.param(message(type="sticker", sticker_id="x"), id="a sticker without a number"),
        pytest.param(message(type="contact", contact="+7"), id="a card that is a text"),
        pytest.param(
            message(type="location", location={"lat": 91, "lon": 0}), id="north of the pole"
        ),
        pytest.param(message(type="location", location={"lat": "1"}), id="degrees in quotes"),
        pytest.param(changed("text", message=None), id="no message"),
        pytest.param(changed("text", sender=None), id="no sender"),
        pytest.param(changed("text", sender={"id": 7}), id="a sender's id that is a number"),
        pytest.param(changed("text", sender={"id": "a b"}), id="a sender's id with a space"),
        pytest.param(changed("text", sender={"id": "a" * 65}), id="a sender's id without end"),
    ],
)
def test_what_makes_no_sense_is_unparsable_and_keeps_its_key(body: bytes) -> None:
    with pytest.raises(Unparsable) as caught:
        parse(SHOP, body, NOW)
    assert caught.value.key == f"message:{TOKEN}"


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"[]", id="a list"),
        pytest.param(b"\xff\xfe", id="no UTF-8"),
        pytest.param(b'{"event": NaN}', id="NaN"),
        pytest.param(b'{"event":"message","x":' + b"[" * 100_000, id="a bomb of nested lists"),
        pytest.param(b'{"event":"message","message_token":' + b"9" * 5000 + b"}", id="digits"),
        pytest.param(changed("text", message_token=None), id="no token"),
        pytest.param(changed("text", message_token=4.9e18), id="a token rounded to a float"),
        pytest.param(changed("text", message_token=2**64), id="a token of 65 bits"),
        pytest.param(changed("text", message_token="５"), id="a token in foreign digits"),
        pytest.param(changed("text", message_token=True), id="a token of true"),
    ],
)
def test_a_body_without_a_readable_token_is_known_again_by_its_bytes(body: bytes) -> None:
    with pytest.raises(Unparsable) as caught:
        parse(SHOP, body, NOW)
    assert caught.value.key == f"sha256:{sha256(body).hexdigest()}"


def test_fields_of_no_weight_may_have_any_type() -> None:
    odd = {"id": str(ANNA), "name": ["x"], "language": 7}
    inbound = parse_one(changed("text", sender=odd, timestamp="yesterday", silent={"a": 1}))
    assert inbound.event == EVENTS["text"]
    assert (inbound.profile, inbound.at) == (Profile(), NOW)


def test_a_text_of_any_length_is_bounded() -> None:
    event = parse_one(message(type="text", text="я" * 100_000)).event
    assert isinstance(event, Said)
    assert len(event.content.text) == 65_536


def signed(body: bytes, key: str = TOKEN_KEY) -> str:
    return hmac.new(key.encode(), body, sha256).hexdigest()


@pytest.mark.parametrize(
    ("signature", "key", "is_good"),
    [
        pytest.param(signed(b'{"a": 1}'), TOKEN_KEY, True, id="of these bytes with our token"),
        pytest.param(signed(b'{"a":1}'), TOKEN_KEY, False, id="of the same JSON in other bytes"),
        pytest.param(signed(b'{"a": 1}', "other"), TOKEN_KEY, False, id="with another token"),
        pytest.param(signed(b'{"a": 1}').upper(), TOKEN_KEY, False, id="in capitals"),
        pytest.param("", TOKEN_KEY, False, id="none"),
        pytest.param(signed(b'{"a": 1}', ""), "", False, id="with no token where we have none"),
        pytest.param("\udcff", TOKEN_KEY, False, id="bytes that are no text"),
    ],
)
def test_the_proof(signature: str, key: str, is_good: bool) -> None:
    headers = {"x-viber-content-signature": signature}
    if is_good:
        verify(headers, b'{"a": 1}', Gate(key))
    else:
        with pytest.raises(BadProof):
            verify(headers, b'{"a": 1}', Gate(key))


def test_no_header_is_no_proof() -> None:
    with pytest.raises(BadProof):
        verify({}, b"{}", Gate(TOKEN_KEY))


def parses_or_is_unparsable(body: bytes) -> None:
    try:
        keys = [inbound.key for inbound in parse(SHOP, body, NOW)]
    except Unparsable as error:
        keys = [error.key or EventKey("")]
    assert all(0 < len(key) <= 200 for key in keys)


@given(st.binary(max_size=200))
@example(b"\xef\xbb\xbf{}")
@settings(max_examples=200)
def test_any_bytes_are_parsed_or_unparsable(body: bytes) -> None:
    parses_or_is_unparsable(body)


@given(JSON)
@settings(max_examples=200)
def test_any_json_is_parsed_or_unparsable(value: Any) -> None:
    parses_or_is_unparsable(json.dumps(value).encode())


@given(st.sampled_from(sorted(EVENTS)), PATHS, JSON)
@settings(max_examples=500)
def test_a_payload_with_any_value_in_any_place_is_parsed_or_unparsable(
    name: str, path: list[int], value: Any
) -> None:
    parses_or_is_unparsable(with_value_at(payload(name), path, value))


def test_a_subscriber_who_only_looks_in_does_nothing() -> None:
    looked_in = parse_one(changed("conversation_started_again", context=None))
    assert looked_in.event == Ignored("conversation_started")
