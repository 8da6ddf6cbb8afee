"""What a webhook's body becomes: captured payloads, and everything that is no payload."""

import json
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bots.contract import BadProof, Gate, Unparsable
from bots.max.incoming import EVENT_KINDS, parse, verify
from core.content import ContactCard, Content, Location, Media, MediaKind, Span, SpanKind
from core.ids import AccountId, EventKey, UserId
from core.inbound import (
    Blocked,
    Edited,
    FromMessenger,
    Ignored,
    Inbound,
    Pressed,
    Removed,
    Said,
    Started,
)
from core.people import Profile
from tests.bots.anything import JSON, PATHS, with_value_at

PAYLOADS = Path(__file__).parent / "payloads"
SHOP = AccountId("shop-max")
ANNA = UserId("5550001")
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
PHOTO = Media(MediaKind.PHOTO, "https://i.oneme.ru/i?r=1")
CALLBACK = "f9LHodD0cOJf4_DkJGeq8Bk"
MADE_AT = datetime.fromtimestamp(1790000015, UTC)


def said(text: str = "", *attachments: Media | Location | ContactCard, **about: Any) -> Said:
    return Said(Content(text, attachments=attachments, **about), external_id="mid.0001")


EVENTS: dict[str, FromMessenger] = {
    "bot_started": Started("promo_42"),
    "bot_started_bare": Started(""),
    "bot_started_with_a_sentence": Started(""),
    "bot_started_with_65_characters": Started(""),
    "bot_stopped": Blocked("stopped in MAX"),
    "dialog_removed": Blocked("the dialogue was deleted in MAX"),
    "dialog_cleared": Ignored("dialog_cleared"),
    "dialog_muted": Ignored("dialog_muted"),
    "dialog_unmuted": Ignored("dialog_unmuted"),
    "text": said("Когда привезут заказ?"),
    "text_unstorable": said("a\ufffdb\ufffdc"),
    "text_formatted": said(
        "👍🏽 bold link code head",
        spans=(
            Span(SpanKind.BOLD, 3, 4),
            Span(SpanKind.LINK, 8, 4, "https://example.com/a"),
            Span(SpanKind.CODE, 13, 4),
        ),
    ),
    "image": said("Вот она", PHOTO),
    "images": said("", PHOTO, Media(MediaKind.PHOTO, "https://i.oneme.ru/i?r=2")),
    "image_without_a_url": said("", Media(MediaKind.PHOTO, "t1")),
    "video": said("", Media(MediaKind.VIDEO, "https://vd.oneme.ru/v")),
    "audio": said("", Media(MediaKind.VOICE, "https://ad.oneme.ru/a")),
    "file": said("", Media(MediaKind.DOCUMENT, "https://fd.oneme.ru/f", "price.pdf", size=40000)),
    "sticker": said("", Media(MediaKind.STICKER, "https://st.oneme.ru/s")),
    "contact_own": said("", ContactCard("+79990000001", "Анна К", own=True)),
    "contact_own_not_asked_for": said("", ContactCard("+79990000001", "Анна К", own=False)),
    "contact_of_another": said("", ContactCard("+79990000002", "Борис", own=False)),
    "contact_without_max": said("", ContactCard("+7 999 000-00-03", "Вера", own=False)),
    "contact_without_a_phone": said("", ContactCard("", "Вера", own=False)),
    "location": said("", Location(55.75, 37.61)),
    "share": said("https://example.com/a"),
    "share_of_a_link_in_the_text": said("Смотрите: https://example.com/a"),
    "keyboard": said("Да"),
    "kind_of_next_year": said("[hologram]"),
    "forward": said("[forwarded] Привет от Бориса"),
    "forward_of_a_card": said("[forwarded]", ContactCard("+79990000001", "Анна К", own=False)),
    "forward_with_words": said("Смотрите\n[forwarded] стоп"),
    "reply": said("Да, он"),
    "message_in_a_chat": Ignored("message_in_chat"),
    "message_of_a_bot": Ignored("message_of_bot"),
    "large_ids": said("hi"),
    "message_edited": Edited("mid.0001", Content("Когда привезут мой заказ?")),
    "message_edited_in_a_chat": Ignored("message_in_chat"),
    "message_removed": Removed("mid.0001"),
    "message_callback": Pressed("v1:yes:17", CALLBACK, "mid.0002", MADE_AT),
    "message_callback_on_a_message_that_is_gone": Pressed("v1:yes:17", CALLBACK),
    "message_callback_without_payload": Pressed("", CALLBACK, "mid.0002", MADE_AT),
    "message_callback_in_a_chat": Ignored("message_callback_in_chat"),
    "bot_added": Ignored("bot_added"),
    "update_of_next_year": Ignored("telepathy"),
}


def payload(name: str) -> bytes:
    return (PAYLOADS / f"{name}.json").read_bytes()


def parse_one(body: bytes) -> Inbound:
    (inbound,) = parse(SHOP, body, NOW)
    return inbound


def changed(name: str, *path: str | int, value: Any = None) -> bytes:
    """A captured payload with another value at one place."""
    fields = json.loads(payload(name))
    place = fields
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return json.dumps(fields).encode()


def attached(**fields: Any) -> bytes:
    return changed("text", "message", "body", "attachments", value=[fields])


def test_every_captured_payload_has_its_expected_event() -> None:
    assert {path.stem for path in PAYLOADS.glob("*.json")} == set(EVENTS)


def test_what_is_asked_for_is_what_is_read() -> None:
    assert set(EVENT_KINDS) == {
        json.loads(payload(name))["update_type"]
        for name, event in EVENTS.items()
        if not isinstance(event, Ignored)
    }


@pytest.mark.parametrize("name", EVENTS)
def test_a_captured_payload_becomes_its_event(name: str) -> None:
    inbound = parse_one(payload(name))
    assert inbound.event == EVENTS[name]
    assert inbound.account == SHOP


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("text", "message_created:mid.0001:1790000010123"),
        ("message_edited", "message_edited:mid.0001:1790000060123"),
        ("message_removed", "message_removed:mid.0001"),
        ("message_callback", f"message_callback:{CALLBACK}:1790000020100"),
        ("bot_started", "bot_started:9001:5550001:1790000000123"),
        ("bot_stopped", "bot_stopped:9001:5550001:1790000000123"),
        ("dialog_removed", "dialog_removed:9001:5550001:1790000000123"),
        ("dialog_muted", "dialog_muted:9001:5550001:1790000000123"),
    ],
)
def test_a_key_is_put_together_of_what_tells_events_apart(name: str, key: str) -> None:
    assert parse_one(payload(name)).key == key


def test_an_event_of_no_known_kind_is_known_again_by_its_bytes() -> None:
    body = payload("update_of_next_year")
    assert parse_one(body).key == f"sha256:{sha256(body).hexdigest()}"


def test_a_key_that_is_too_long_is_shortened_to_one_of_its_own() -> None:
    long, other = (
        parse_one(changed("message_callback", "callback", "callback_id", value="c" * 300 + end))
        for end in "ab"
    )
    assert len(long.key) <= 200
    assert long.key != other.key
    assert isinstance(long.event, Pressed)
    assert long.event.press == "c" * 300 + "a"


def test_who_wrote_and_when_is_told() -> None:
    inbound = parse_one(payload("text"))
    assert (inbound.user, inbound.at) == (ANNA, datetime.fromtimestamp(1790000010.123, UTC))
    assert inbound.profile == Profile("Анна", "К", "anna_k", "ru")
    assert parse_one(payload("large_ids")).user == "9007199254740991"


def test_a_press_happens_when_the_button_is_pressed() -> None:
    pressed_at = datetime.fromtimestamp(1790000020.1, UTC)
    assert parse_one(payload("message_callback")).at == pressed_at


def test_who_takes_a_message_away_is_told() -> None:
    assert parse_one(payload("message_removed")).user == ANNA


@pytest.mark.parametrize("name", [name for name in EVENTS if isinstance(EVENTS[name], Ignored)])
def test_what_is_ignored_makes_no_address(name: str) -> None:
    assert parse_one(payload(name)).user == ""


TEXT_KEY = "message_created:mid.0001:1790000010123"


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(changed("text", "message", "body", "text", value=7), id="a number as text"),
        pytest.param(changed("text", "message", "sender", value=[]), id="a sender that is a list"),
        pytest.param(
            changed("text", "message", "sender", "user_id", value="5550001"), id="an id in quotes"
        ),
        pytest.param(
            changed("text", "message", "sender", "user_id", value=2**53), id="an id of 54 bits"
        ),
        pytest.param(changed("text", "message", "recipient", value=None), id="to nobody"),
        pytest.param(attached(type="image"), id="an image without a payload"),
        pytest.param(attached(type="file", payload={"url": "file:///a"}), id="no address"),
        pytest.param(attached(type="location", latitude=91, longitude=0), id="north of the pole"),
        pytest.param(attached(type="contact", payload="BEGIN:VCARD"), id="a card that is a text"),
        pytest.param(
            changed("forward", "message", "link", "message", value=None).replace(
                b'"mid.0000"', b'"mid.0001"'
            ),
            id="a forwarded nothing",
        ),
    ],
)
def test_what_makes_no_sense_is_unparsable_and_keeps_its_key(body: bytes) -> None:
    with pytest.raises(Unparsable) as caught:
        parse(SHOP, body, NOW)
    assert caught.value.key == TEXT_KEY


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"null", id="null"),
        pytest.param(b"\xff\xfe", id="no UTF-8"),
        pytest.param(b'{"update_type": Infinity}', id="infinity"),
        pytest.param(b'{"update_type":"message_created","x":' + b"[" * 100_000, id="a bomb"),
        pytest.param(b'{"timestamp":' + b"9" * 5000 + b"}", id="digits"),
        pytest.param(changed("text", "timestamp", value="now"), id="no time"),
        pytest.param(changed("text", "timestamp", value=1.5), id="a time with a fraction"),
        pytest.param(changed("text", "message", value=None), id="no message"),
        pytest.param(changed("text", "message", "body", "mid", value=""), id="no id"),
        pytest.param(changed("text", "message", "body", "mid", value="m" * 81), id="a long id"),
        pytest.param(changed("message_removed", "message_id", value=None), id="nothing removed"),
        pytest.param(
            changed("message_callback", "callback", "callback_id", value="c" * 513),
            id="a press without end",
        ),
        pytest.param(changed("bot_started", "user", value=None), id="nobody started"),
    ],
)
def test_a_body_without_a_readable_key_is_known_again_by_its_bytes(body: bytes) -> None:
    with pytest.raises(Unparsable) as caught:
        parse(SHOP, body, NOW)
    assert caught.value.key == f"sha256:{sha256(body).hexdigest()}"


def test_fields_of_no_weight_may_have_any_type() -> None:
    odd = {"user_id": 5550001, "first_name": ["x"], "username": 7}
    fields = json.loads(changed("text", "message", "sender", value=odd))
    fields["user_locale"] = {"a": 1}
    fields["message"]["body"] |= {"markup": "x", "attachments": {"a": 1}, "seq": None}
    inbound = parse_one(json.dumps(fields).encode())
    assert inbound.event == EVENTS["text"]
    assert inbound.profile == Profile()


def test_a_text_of_any_length_is_bounded() -> None:
    event = parse_one(changed("text", "message", "body", "text", value="я" * 100_000)).event
    assert isinstance(event, Said)
    assert len(event.content.text) == 65_536


@pytest.mark.parametrize(
    ("given_secret", "secret", "is_good"),
    [
        pytest.param("s3cret", "s3cret", True, id="the secret that we set"),
        pytest.param("s3creT", "s3cret", False, id="another secret"),
        pytest.param("", "s3cret", False, id="none"),
        pytest.param("", "", False, id="none where we have none either"),
        pytest.param("\udcff", "s3cret", False, id="bytes that are no text"),
    ],
)
def test_the_proof(given_secret: str, secret: str, is_good: bool) -> None:
    headers = {"x-max-bot-api-secret": given_secret}
    if is_good:
        verify(headers, b"{}", Gate(secret))
    else:
        with pytest.raises(BadProof):
            verify(headers, b"{}", Gate(secret))


def test_no_header_is_no_proof() -> None:
    with pytest.raises(BadProof):
        verify({}, b"{}", Gate("s3cret"))


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
