"""What a callback's body becomes: captured shapes, and everything that is none."""

import json
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bots.contract import BadProof, Gate, Malformed, Unparsable, WrongAccount
from bots.vk.incoming import EVENT_KINDS, answer, parse, verify
from core.content import Content, Location, Media, MediaKind, Span, SpanKind
from core.ids import AccountId, UserId
from core.inbound import (
    Blocked,
    Echoed,
    Edited,
    FromMessenger,
    Ignored,
    Inbound,
    Pressed,
    ReadUpTo,
    Said,
    SaidElsewhere,
    Started,
    Unblocked,
)

PAYLOADS = Path(__file__).parent / "payloads"
SHOP = AccountId("shop-vk")
ANNA = UserId("5550001")
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
WRITTEN_AT = datetime.fromtimestamp(1790000000, UTC)
GATE = Gate("k3y", group="123", confirmation="ab12cd34")
HANDSHAKE = b'{"type":"confirmation","group_id":123}'


def said(text: str = "", *attachments: Media | Location, link: str = "", **about: Any) -> Said:
    return Said(Content(text, attachments=attachments, **about), "501", link)


def photo(ref: str) -> Media:
    return Media(MediaKind.PHOTO, ref)


EVENTS: dict[str, FromMessenger] = {
    "text": said("Когда привезут заказ?"),
    "text_with_ref": said("Здравствуйте!", link="promo_42"),
    "text_with_foreign_ref": said("Hi"),
    "text_unstorable": said("a\ufffdb\ufffdc"),
    "text_formatted": said(
        "👍🏽 bold link",
        spans=(Span(SpanKind.BOLD, 3, 4), Span(SpanKind.LINK, 8, 4, "https://example.com/a")),
    ),
    "start_button": Started("promo_42", "501"),
    "start_button_bare": Started("", "501"),
    "text_button": Pressed("v1:yes", ""),
    "text_button_of_another_program": said("Да"),
    "text_with_broken_payload": said("Да"),
    "photo": said("Вот она", photo("https://sun1.example.com/w.jpg")),
    "two_photos": said(
        "", photo("https://sun1.example.com/1.jpg"), photo("https://sun1.example.com/2.jpg")
    ),
    "photo_without_sizes": said("", photo("photo5550001_1_ab")),
    "video": said("", Media(MediaKind.VIDEO, "video5550001_2_cd", "v")),
    "voice": said("", Media(MediaKind.VOICE, "https://psv4.example.com/a.ogg", "", "audio/ogg")),
    "voice_as_mp3": said(
        "", Media(MediaKind.VOICE, "https://psv4.example.com/a.mp3", "", "audio/mpeg")
    ),
    "document": said(
        "",
        Media(
            MediaKind.DOCUMENT, "https://vk.com/doc5550001_4?hash=x&dl=y", "price.pdf", size=40000
        ),
    ),
    "document_named_without_extension": said(
        "", Media(MediaKind.DOCUMENT, "https://vk.com/doc5550001_4", "Прайс.pdf", size=40000)
    ),
    "audio": said("", Media(MediaKind.AUDIO, "audio5550001_6", "Bach – Air")),
    "sticker": said("", Media(MediaKind.STICKER, "https://vk.com/sticker/1-9-512")),
    "graffiti": said("", photo("https://vk.com/graffiti.png")),
    "location": said("", Location(55.75, 37.61)),
    "market": said(
        "Меня заинтересовал этот товар\n[market] Чайный набор https://vk.com/market-123_77"
    ),
    "poll": said("[poll] Чай или кофе?"),
    "wall": said("[wall] Новость https://vk.com/wall-5_10"),
    "link_in_the_text": said("см. https://example.com/a"),
    "link_alone": said("[link] A https://example.com/a"),
    "gift": said("[gift]"),
    "attachment_of_next_year": said("[hologram]"),
    "forwarded": said("Смотрите\n[forwarded] стоп [photo]"),
    "empty": said(""),
    "message_in_a_chat": Ignored("message_in_chat"),
    "message_of_a_community": Ignored("message_of_community"),
    "message_of_version_5_92": said("Привет"),
    "large_ids": said("hi"),
    "callback_button": Pressed("v1:yes", "5550001:5550001:bd42e7a1"),
    "callback_button_with_a_string": Pressed("v1:yes", "5550001:5550001:bd42e7a1"),
    "callback_button_of_another_program": Pressed("", "5550001:5550001:bd42e7a1"),
    "callback_button_in_a_chat": Ignored("message_event_in_chat"),
    "message_allow": Started("promo_42"),
    "message_allow_without_a_key": Unblocked(),
    "message_deny": Blocked("messages forbidden in VK"),
    "message_reply_echo": Echoed(991, "502"),
    "message_reply_negative_random_id": Echoed(-17, "502"),
    "message_reply_of_an_administrator": SaidElsewhere(Content("Здравствуйте"), "502"),
    "message_reply_of_vk_itself": Ignored("message_reply"),
    "message_reply_in_a_chat": Ignored("message_reply_in_chat"),
    "message_edit": Edited("501", Content("Когда привезут мой заказ?")),
    "message_edit_of_ours": Ignored("message_of_community"),
    "message_read": ReadUpTo(502),
    "message_read_without_an_id": Ignored("message_read"),
    "message_typing_state": Ignored("message_typing_state"),
    "message_reaction_event": Ignored("message_reaction_event"),
    "user_block": Blocked("blocked by the community"),
    "user_unblock": Ignored("user_unblock"),
    "group_join": Ignored("group_join"),
    "group_leave": Ignored("group_leave"),
    "wall_post_new": Ignored("wall_post_new"),
    "event_of_next_year": Ignored("telepathy"),
}


def payload(name: str) -> bytes:
    return (PAYLOADS / f"{name}.json").read_bytes()


def parse_one(body: bytes) -> Inbound:
    (inbound,) = parse(SHOP, body, NOW)
    return inbound


def test_every_payload_has_its_expected_event() -> None:
    assert {path.stem for path in PAYLOADS.glob("*.json")} == set(EVENTS)


def test_every_kind_that_vk_is_asked_for_has_a_payload() -> None:
    assert set(EVENT_KINDS) <= {json.loads(payload(name))["type"] for name in EVENTS}


@pytest.mark.parametrize("name", EVENTS)
def test_a_payload_becomes_its_event(name: str) -> None:
    inbound = parse_one(payload(name))
    assert inbound.event == EVENTS[name]
    assert inbound.key == json.loads(payload(name))["event_id"]
    assert inbound.account == SHOP
    assert inbound.profile is None


@pytest.mark.parametrize("name", EVENTS)
def test_an_event_belongs_to_the_contact_and_what_is_ignored_to_nobody(name: str) -> None:
    expected = "4503599627370495" if name == "large_ids" else ANNA
    is_ignored = isinstance(EVENTS[name], Ignored)
    assert parse_one(payload(name)).user == ("" if is_ignored else expected)


@pytest.mark.parametrize(
    ("name", "at"),
    [
        pytest.param("text", WRITTEN_AT, id="a message is as old as VK says"),
        pytest.param("message_reply_echo", WRITTEN_AT, id="an echo too"),
        pytest.param(
            "message_edit",
            datetime.fromtimestamp(1790000300, UTC),
            id="an edit happens when it is made",
        ),
        pytest.param("callback_button", NOW, id="vk tells no time of a press: ours stands"),
        pytest.param("message_deny", NOW, id="nor of a denial"),
    ],
)
def test_the_time_of_an_event(name: str, at: datetime) -> None:
    assert parse_one(payload(name)).at == at


def changed(name: str, **changes: Any) -> bytes:
    """A payload whose message has other fields; None takes a field away."""
    event = json.loads(payload(name))
    message = event["object"].get("message", event["object"])
    for field, value in changes.items():
        message[field] = value
        if value is None:
            del message[field]
    return json.dumps(event).encode()


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(changed("text", text=7), id="a text that is a number"),
        pytest.param(changed("text", peer_id=None), id="no peer"),
        pytest.param(changed("text", peer_id="5550001"), id="a peer in quotes"),
        pytest.param(changed("text", from_id=True), id="a writer of true"),
        pytest.param(changed("text", from_id=2**53), id="a writer of 54 bits"),
        pytest.param(changed("text", id=1.5), id="a message id with a fraction"),
        pytest.param(changed("location", geo=[]), id="a place that is a list"),
        pytest.param(
            changed("location", geo={"coordinates": {"latitude": 91, "longitude": 0}}),
            id="north of the pole",
        ),
        pytest.param(changed("callback_button", user_id=None), id="a press of nobody"),
        pytest.param(changed("callback_button", event_id=7), id="a press with a number for its id"),
        pytest.param(changed("message_deny", user_id="5"), id="a denial of a person in quotes"),
        pytest.param(changed("message_deny", user_id=-5), id="a denial of a community"),
        pytest.param(
            payload("text").replace(b'"object": {', b'"object": 1, "x": {'), id="no object"
        ),
    ],
)
def test_what_makes_no_sense_is_unparsable_and_keeps_its_key(body: bytes) -> None:
    with pytest.raises(Unparsable) as caught:
        parse(SHOP, body, NOW)
    assert caught.value.key == json.loads(body)["event_id"]


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"[]", id="a list"),
        pytest.param(b"\xff\xfe", id="no UTF-8"),
        pytest.param(b'{"a": NaN}', id="NaN"),
        pytest.param(b'{"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", id="a bomb of lists"),
        pytest.param(b'{"a": ' + b"9" * 5000 + b"}", id="digits"),
    ],
)
def test_what_is_no_json_has_no_key_and_no_proof(body: bytes) -> None:
    with pytest.raises(Unparsable) as caught:
        parse(SHOP, body, NOW)
    assert caught.value.key is None
    with pytest.raises(Malformed):
        verify({}, body, GATE)
    assert answer(body, (), GATE) == "ok"


@pytest.mark.parametrize(
    "event_id",
    [
        pytest.param(None, id="none: an old version of the API"),
        pytest.param(7, id="a number"),
        pytest.param("x" * 201, id="longer than we keep"),
    ],
)
def test_an_event_without_a_usable_id_is_known_by_its_bytes(event_id: object) -> None:
    event = json.loads(payload("text")) | {"event_id": event_id}
    body = json.dumps(event).encode()
    first, again = parse_one(body), parse_one(body)
    other = parse_one(json.dumps(event | {"group_id": 5}).encode())
    assert first.key == again.key != other.key
    assert len(first.key) <= 200


def test_fields_of_no_weight_may_have_any_type() -> None:
    body = changed(
        "text",
        date="yesterday",
        ref=["x"],
        payload=7,
        attachments={"a": 1},
        fwd_messages=7,
        format_data=[1],
        random_id="x",
    )
    inbound = parse_one(body)
    assert inbound.event == EVENTS["text"]
    assert inbound.at == NOW


def test_what_is_too_much_is_bounded() -> None:
    attachments = [{"type": "photo", "photo": {"id": 1, "owner_id": 2}}] * 1000
    forwarded = [{"text": "я" * 10_000}] * 50
    event = parse_one(
        changed("text", text="я" * 100_000, attachments=attachments, fwd_messages=forwarded)
    ).event
    assert isinstance(event, Said)
    assert len(event.content.text) < 75_000
    assert len(event.content.attachments) == 16


def with_secret(secret: object, **about: Any) -> bytes:
    event = {"type": "message_deny", "group_id": 123, "object": {"user_id": 5}, "event_id": "1"}
    return json.dumps(event | {"secret": secret} | about).encode()


WITHOUT_SECRET = b'{"type":"message_deny","group_id":123,"object":{"user_id":5},"event_id":"1"}'


@pytest.mark.parametrize(
    ("body", "gate", "error"),
    [
        pytest.param(with_secret("k3y"), GATE, None, id="the secret that we set"),
        pytest.param(with_secret("k3Y"), GATE, BadProof, id="another secret"),
        pytest.param(with_secret(None), GATE, BadProof, id="null"),
        pytest.param(with_secret(["k3y"]), GATE, BadProof, id="a list"),
        pytest.param(WITHOUT_SECRET, GATE, BadProof, id="none"),
        pytest.param(
            with_secret(""), Gate("", group="123"), BadProof, id="none where we have none either"
        ),
        pytest.param(with_secret("\ud83d"), GATE, BadProof, id="half a sign"),
        pytest.param(with_secret("ключ"), Gate("ключ", group="123"), None, id="not only ASCII"),
        pytest.param(with_secret("k3y", group_id=124), GATE, WrongAccount, id="another community"),
        pytest.param(
            with_secret("k3y", group_id="123"), GATE, WrongAccount, id="a group in quotes"
        ),
        pytest.param(
            with_secret("bad", group_id=124), GATE, BadProof, id="the secret is looked at first"
        ),
        pytest.param(HANDSHAKE, GATE, None, id="a handshake without a secret"),
        pytest.param(
            HANDSHAKE[:-1] + b',"secret":"k3y"}', GATE, None, id="a handshake with the secret"
        ),
        pytest.param(
            HANDSHAKE[:-1] + b',"secret":"bad"}', GATE, BadProof, id="a handshake with a wrong one"
        ),
        pytest.param(
            b'{"type":"confirmation","group_id":7}', GATE, WrongAccount, id="a stranger's handshake"
        ),
        pytest.param(b'{"cut', GATE, Malformed, id="half a body"),
    ],
)
def test_the_proof(body: bytes, gate: Gate, error: type[Exception] | None) -> None:
    if error is None:
        verify({}, body, gate)
    else:
        with pytest.raises(error):
            verify({}, body, gate)


def test_a_handshake_is_no_event_and_gets_the_confirmation() -> None:
    assert parse(SHOP, HANDSHAKE, NOW) == ()
    assert answer(HANDSHAKE, (), GATE) == "ab12cd34"


def test_everything_else_gets_ok_and_no_word_of_the_request() -> None:
    body = changed("text", text="remove")
    assert answer(body, parse(SHOP, body, NOW), GATE) == "ok"
    assert answer(body, (), GATE) == "ok", "what could not be understood, too"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=12,
)


def is_taken_or_refused(body: bytes) -> None:
    """Each of the three functions raises only what its contract says."""
    with suppress(BadProof, Malformed, WrongAccount):
        verify({}, body, GATE)
    inbounds: Sequence[Inbound] = ()
    with suppress(Unparsable):
        inbounds = parse(SHOP, body, NOW)
    assert all(isinstance(inbound, Inbound) and inbound.key for inbound in inbounds)
    assert answer(body, inbounds, GATE) in ("ok", "ab12cd34")


@given(st.binary(max_size=200))
@example(b"\xef\xbb\xbf{}")
@settings(max_examples=200)
def test_any_bytes_are_taken_or_refused(body: bytes) -> None:
    is_taken_or_refused(body)


@given(JSON)
@settings(max_examples=200)
def test_any_json_is_taken_or_refused(value: Any) -> None:
    is_taken_or_refused(json.dumps(value).encode())


@given(st.sampled_from(sorted(EVENTS)), st.lists(st.integers(0, 30), max_size=7), JSON)
@settings(max_examples=800)
def test_a_payload_with_any_value_in_any_place_is_taken_or_refused(
    name: str, path: list[int], value: Any
) -> None:
    event = json.loads(payload(name))
    place: Any = event
    for number, step in enumerate(path):
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        if not keys:
            break
        key = keys[step % len(keys)]
        if number == len(path) - 1 or not isinstance(place[key], dict | list):
            place[key] = value
            break
        place = place[key]
    is_taken_or_refused(json.dumps(event).encode())
