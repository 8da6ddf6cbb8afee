"""Cutting, cleaning, counting text; words of leaving; parts of a message."""

import json
from contextlib import suppress
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bots.telegram.limits import LIMITS
from core.content import Content, Media, MediaKind, PressButton, Span, SpanKind
from core.ids import TopicId
from core.parts import fit
from core.text import clean, cut_points, utf16_length
from core.values import MAX_DEPTH, TooDeep, clean_json
from core.words import LikelyStop, StartSaid, StopSaid, read, vocabulary

WORDS = vocabulary(["en", "ru"], {"promo": TopicId("promo"), "акции": TopicId("promo")})
any_text = st.text(max_size=400)


@given(text=any_text, limit=st.integers(2, 50))
def test_every_piece_fits_and_nothing_is_lost(text: str, limit: int) -> None:
    points = cut_points(text, limit)
    bounds = [0, *points, len(text)]
    pieces = [text[a:b] for a, b in pairwise(bounds)]
    assert "".join(pieces) == text
    assert all(utf16_length(piece) <= limit for piece in pieces)
    assert all(pieces) or not text


def test_a_text_is_cut_between_paragraphs_then_sentences_then_words() -> None:
    text = "One two three. Four five six.\n\nSeven eight nine."
    assert [text[:at] for at in cut_points(text, 35)] == ["One two three. Four five six.\n\n"]
    assert text[: cut_points(text, 22)[0]] == "One two three. "


def test_a_joined_sign_is_not_torn() -> None:
    family = "👩‍👩‍👧‍👦"
    text = "x" * 10 + family
    assert cut_points(text, 14) == [10]


@given(text=st.text(alphabet=st.characters(codec=None), max_size=50))
def test_clean_text_can_be_stored_everywhere(text: str) -> None:
    cleaned = clean(text)
    assert "\x00" not in cleaned
    cleaned.encode("utf-8")


@given(
    value=st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
        max_leaves=20,
    )
)
def test_any_json_value_becomes_storable(value: object) -> None:
    with suppress(TooDeep):
        json.dumps(clean_json(value), allow_nan=False)


def test_deep_nesting_is_refused() -> None:
    value: object = 1
    for _ in range(MAX_DEPTH + 1):
        value = [value]
    with pytest.raises(TooDeep):
        clean_json(value)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("stop", StopSaid()),
        ("  СТОП!!! ", StopSaid()),
        ("стоп, спасибо", StopSaid()),
        ("отпишите меня пожалуйста", StopSaid()),
        ("stop please", StopSaid()),
        ("Stop all", StopSaid()),
        ("opt-out", StopSaid()),
        ("/stop", StopSaid()),
        ("больше не пишите", StopSaid()),
        ("STOP promo", StopSaid(TopicId("promo"))),
        ("СТОП акции", StopSaid(TopicId("promo"))),
        ("START", StartSaid()),
        ("старт акции", StartSaid(TopicId("promo"))),
        ("перестаньте мне писать", LikelyStop()),
        ("хватит", LikelyStop()),
        ("удалите мой номер", LikelyStop()),
        ("don't write to me any more", LikelyStop()),
        ("стоп заказ", None),
        ("чай хватит на месяц", None),
        ("please do not stop replying", None),
        ("/start", None),
        ("hello", None),
        ("", None),
        ("спасибо", None),
        ("stop " * 50, None),
    ],
)
def test_what_a_whole_message_says_about_leaving(text: str, word: object) -> None:
    assert read(text, WORDS) == word


@given(text=any_text)
def test_any_text_can_be_read(text: str) -> None:
    read(text, WORDS)


def test_a_long_text_goes_in_parts_with_the_buttons_on_the_last() -> None:
    buttons = (PressButton("Yes", "v"),)
    parts = fit(Content("word " * 2000, buttons=buttons), LIMITS)
    assert len(parts) == 3
    assert [part.buttons for part in parts] == [(), (), buttons]


@given(text=st.text(min_size=1, max_size=300), start=st.integers(0, 100), length=st.integers(1, 60))
def test_formatting_survives_the_cut(text: str, start: int, length: int) -> None:
    text = text + "x" * 120
    small = replace(LIMITS, text=60)
    span = Span(SpanKind.BOLD, start, length)
    parts = fit(Content(text, spans=(span,)), small)
    for part in parts:
        for one in part.spans:
            assert one.offset >= 0
            assert 0 < one.length <= len(part.text) - one.offset


def test_a_caption_that_is_too_long_follows_its_picture() -> None:
    photo = Media(MediaKind.PHOTO, "https://e.x/a.jpg")
    short, long = Content("hi", attachments=(photo,)), Content("x" * 2000, attachments=(photo,))
    assert len(fit(short, LIMITS)) == 1
    assert [bool(part.attachments) for part in fit(long, LIMITS)] == [True, False]


def test_buttons_beyond_the_limit_become_a_numbered_list() -> None:
    buttons = tuple(PressButton(f"Choice {n}", f"v{n}") for n in range(120))
    (part,) = fit(Content("Choose", buttons=buttons), LIMITS)
    assert part.buttons == ()
    assert "120. Choice 119" in part.text
