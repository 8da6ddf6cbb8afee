"""What a webhook's body becomes: captured payloads, and everything that is no payload."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bots.contract import BadProof, Gate, Unparsable
from bots.telegram.incoming import parse, verify
from core.content import ContactCard, Content, Location, Media, MediaKind, Span, SpanKind
from core.ids import AccountId, UserId
from core.inbound import (
    Blocked,
    Edited,
    FromMessenger,
    Ignored,
    Inbound,
    Pressed,
    Said,
    Started,
    Unblocked,
)
from core.people import Profile

PAYLOADS = Path(__file__).parent / "payloads"
SHOP = AccountId("shop-tg")
ANNA = UserId("5550001")
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
WRITTEN_AT = datetime.fromtimestamp(1790000000, UTC)
PRESSED = Pressed(
    "v1:yes:17", "4382bfdwdsb323b2d9", "12", made_at=datetime.fromtimestamp(1790000005, UTC)
)


def said(text: str = "", *attachments: Media | Location | ContactCard, **about: Any) -> Said:
    return Said(Content(text, attachments=attachments, **about), external_id="11")


EVENTS: dict[str, FromMessenger] = {
    "start_with_parameter": Started("promo_42", "11"),
    "start_bare": Started("", "11"),
    "start_naming_the_bot": Started("promo_42", "11"),
    "start_with_a_sentence": Started("", "11"),
    "start_with_65_characters": Started("", "11"),
    "start_forwarded": said("/start promo_42"),
    "text": said("Когда привезут заказ?"),
    "text_formatted": said(
        "👍🏽 bold link code",
        spans=(
            Span(SpanKind.BOLD, 3, 4),
            Span(SpanKind.LINK, 8, 4, "https://example.com/a"),
            Span(SpanKind.CODE, 13, 4),
        ),
    ),
    "text_unstorable": said("a\ufffdb\ufffdc"),
    "photo": said(
        "Вот 👍 она",
        Media(MediaKind.PHOTO, "AgAC..x", size=154000),
        spans=(Span(SpanKind.BOLD, 6, 3),),
    ),
    "photo_of_an_album": said("", Media(MediaKind.PHOTO, "AgAC..y", size=154000)),
    "video": said("", Media(MediaKind.VIDEO, "BAAC..", "a.mp4", "video/mp4", 900000)),
    "document": said(
        "", Media(MediaKind.DOCUMENT, "BQAC..", "price.pdf", "application/pdf", 40000)
    ),
    "voice": said("", Media(MediaKind.VOICE, "AwAC..", "", "audio/ogg", 9000)),
    "audio": said("", Media(MediaKind.AUDIO, "CQAC..", "", "audio/mpeg")),
    "video_note": said("", Media(MediaKind.VIDEO, "DQAC..")),
    "sticker": said("", Media(MediaKind.STICKER, "CAAC..", "👍")),
    "animation": said("", Media(MediaKind.VIDEO, "CgAC..", "cat.mp4", "video/mp4", 50000)),
    "location": said("", Location(55.75, 37.61)),
    "venue": said("Café, Arbat 1", Location(55.75, 37.61)),
    "contact_own": said("", ContactCard("+79990000001", "Anna", own=True)),
    "contact_of_another": said("", ContactCard("+79990000002", "Boris B", own=False)),
    "contact_without_an_id": said("", ContactCard("+79990000003", "Vera", own=False)),
    "poll": said("[poll] Tea or coffee?"),
    "dice": said("[dice] 🎲 4"),
    "story": said("[story]"),
    "kind_of_next_year": said("[hologram]"),
    "pinned_message": Ignored("pinned_message"),
    "write_access_allowed": Unblocked(),
    "message_in_a_group": Ignored("message_in_group"),
    "message_of_a_bot": Ignored("message_of_bot"),
    "large_ids": said("hi"),
    "edited_message": Edited("11", Content("Когда привезут мой заказ?")),
    "callback_query": PRESSED,
    "callback_query_on_an_old_message": Pressed("v1:yes:17", "4382bfdwdsb323b2d9", "12"),
    "callback_query_of_inline_mode": Ignored("callback_query_inline"),
    "callback_query_of_a_game": Ignored("callback_query_of_game"),
    "my_chat_member_blocked": Blocked("blocked in Telegram"),
    "my_chat_member_unblocked": Unblocked(),
    "my_chat_member_in_a_group": Ignored("my_chat_member_in_group"),
    "channel_post": Ignored("channel_post"),
    "poll_answer": Ignored("poll_answer"),
    "update_of_next_year": Ignored("telepathy"),
}


def payload(name: str) -> bytes:
    return (PAYLOADS / f"{name}.json").read_bytes()


def parse_one(body: bytes) -> Inbound:
    (inbound,) = parse(SHOP, body, NOW)
    return inbound


def test_every_captured_payload_has_its_expected_event() -> None:
    assert {path.stem for path in PAYLOADS.glob("*.json")} == set(EVENTS)


@pytest.mark.parametrize("name", EVENTS)
def test_a_captured_payload_becomes_its_event(name: str) -> None:
    inbound = parse_one(payload(name))
    assert inbound.event == EVENTS[name]
    assert inbound.key == str(json.loads(payload(name))["update_id"])
    assert inbound.account == SHOP


def test_who_wrote_and_when_is_told() -> None:
    inbound = parse_one(payload("text"))
    assert (inbound.user, inbound.at) == (ANNA, WRITTEN_AT)
    assert inbound.profile == Profile("Anna", "K", "anna_k", "ru")
    assert parse_one(payload("large_ids")).user == "4503599627370495"


def test_a_name_that_no_database_stores_is_cleaned() -> None:
    assert parse_one(payload("text_unstorable")).profile == Profile("An\ufffdna", "K", "anna_k", "")


@pytest.mark.parametrize(
    ("name", "at"),
    [
        pytest.param("callback_query", NOW, id="telegram tells no time of a press: ours stands"),
        pytest.param(
            "edited_message",
            datetime.fromtimestamp(1790000060, UTC),
            id="an edit happens when it is made",
        ),
        pytest.param(
            "my_chat_member_blocked",
            datetime.fromtimestamp(1790000100, UTC),
            id="a block happens when telegram says",
        ),
    ],
)
def test_the_time_of_an_event(name: str, at: datetime) -> None:
    assert parse_one(payload(name)).at == at


@pytest.mark.parametrize("name", [name for name in EVENTS if isinstance(EVENTS[name], Ignored)])
def test_what_is_ignored_makes_no_address(name: str) -> None:
    assert parse_one(payload(name)).user == ""


def changed(name: str, **changes: Any) -> bytes:
    """A captured payload whose message has other fields; None takes a field away."""
    update = json.loads(payload(name))
    kind = next(kind for kind in update if kind != "update_id")
    update[kind] = {
        field: value for field, value in {**update[kind], **changes}.items() if value is not None
    }
    return json.dumps(update).encode()


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(changed("text", text=7), id="a text that is a number"),
        pytest.param(changed("text", chat=None), id="no chat"),
        pytest.param(changed("text", chat=[]), id="a chat that is a list"),
        pytest.param(
            changed("text", chat={"type": "private", "id": "5"}), id="a chat id in quotes"
        ),
        pytest.param(changed("text", chat={"type": "private", "id": True}), id="a chat id of true"),
        pytest.param(
            changed("text", chat={"type": "private", "id": 2**53}), id="a chat id of 54 bits"
        ),
        pytest.param(changed("text", message_id=1.5), id="a message id with a fraction"),
        pytest.param(
            changed("location", location={"latitude": 91, "longitude": 0}), id="north of the pole"
        ),
        pytest.param(
            changed("location", location={"latitude": "1", "longitude": 0}), id="degrees in quotes"
        ),
        pytest.param(changed("photo", photo=[]), id="a photo of no size"),
        pytest.param(changed("voice", voice={"file_id": None}), id="a file without an id"),
        pytest.param(changed("callback_query", data=5), id="a press of a number"),
        pytest.param(changed("callback_query", message=5), id="a press on a number"),
        pytest.param(
            changed("location", location={"latitude": float("nan"), "longitude": 0}), id="NaN"
        ),
        pytest.param(
            b'{"update_id": 5, "message": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
            id="a bomb of nested lists",
        ),
        pytest.param(b'{"update_id": 5, "message": {"date": ' + b"9" * 5000 + b"}}", id="digits"),
        pytest.param(b'{"update_id": 5, "message": {"text": "cut', id="half a body"),
    ],
)
def test_what_makes_no_sense_is_unparsable_and_keeps_its_key(body: bytes) -> None:
    with pytest.raises(Unparsable) as caught:
        parse(SHOP, body, NOW)
    assert caught.value.key == str(json.loads(body[: body.index(b",")] + b"}")["update_id"])


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"[]", id="a list"),
        pytest.param(b"null", id="null"),
        pytest.param(b"\xff\xfe", id="no UTF-8"),
        pytest.param(b'{"message": {}}', id="no update id"),
        pytest.param(b'{"update_id": true}', id="an update id of true"),
        pytest.param(b'{"update_id": 1e3}', id="an update id with an exponent"),
        pytest.param(b'{"update_id": ' + b"1" * 40 + b"}", id="an update id of forty digits"),
    ],
)
def test_a_body_without_a_readable_key_is_unparsable_without_one(body: bytes) -> None:
    with pytest.raises(Unparsable) as caught:
        parse(SHOP, body, NOW)
    assert caught.value.key is None


def test_fields_of_no_weight_may_have_any_type() -> None:
    odd = {"id": 5550001, "first_name": ["x"], "language_code": 7, "username": None}
    body = changed("text", **{"from": odd, "date": "yesterday", "entities": {"a": 1}, "new": [1]})
    inbound = parse_one(body)
    assert inbound.event == EVENTS["text"]
    assert (inbound.profile, inbound.at) == (Profile(), NOW)


def test_a_text_of_any_length_is_bounded() -> None:
    event = parse_one(changed("text", text="я" * 100_000)).event
    assert isinstance(event, Said)
    assert len(event.content.text) == 65_536
    whole = parse_one(changed("text", text="я" * 40_000)).event
    assert isinstance(whole, Said)
    assert len(whole.content.text) == 40_000


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
    headers = {"x-telegram-bot-api-secret-token": given_secret}
    if is_good:
        verify(headers, b"{}", Gate(secret))
    else:
        with pytest.raises(BadProof):
            verify(headers, b"{}", Gate(secret))


def test_no_header_is_no_proof() -> None:
    with pytest.raises(BadProof):
        verify({}, b"{}", Gate("s3cret"))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=12,
)


def parses_or_is_unparsable(body: bytes) -> None:
    try:
        found = parse(SHOP, body, NOW)
    except Unparsable:
        return
    assert all(isinstance(inbound, Inbound) for inbound in found)


@given(st.binary(max_size=200))
@example(b"\xef\xbb\xbf{}")
@settings(max_examples=200)
def test_any_bytes_are_parsed_or_unparsable(body: bytes) -> None:
    parses_or_is_unparsable(body)


@given(JSON)
@settings(max_examples=200)
def test_any_json_is_parsed_or_unparsable(value: Any) -> None:
    parses_or_is_unparsable(json.dumps(value).encode())


@given(st.sampled_from(sorted(EVENTS)), st.lists(st.integers(0, 30), max_size=4), JSON)
@settings(max_examples=500)
def test_a_payload_with_any_value_in_any_place_is_parsed_or_unparsable(
    name: str, path: list[int], value: Any
) -> None:
    update = json.loads(payload(name))
    place: Any = update
    for step in path:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        if not keys:
            break
        key = keys[step % len(keys)]
        if not isinstance(place[key], dict | list):
            place[key] = value
            break
        place = place[key]
    parses_or_is_unparsable(json.dumps(update).encode())
