"""What a search compares: the same word in its forms, in Russian and in English."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inbox.search_words import Asked, asked, excerpt, words


@pytest.mark.parametrize(
    ("written", "typed"),
    [
        pytest.param("Где мой заказ", "заказы ", id="number in Russian"),
        pytest.param("Когда доставите посылку", "посылка ", id="case in Russian"),
        pytest.param("Зелёный чай", "зеленый ", id="yo is ye"),
        pytest.param("I ordered two cups", "cup ", id="number in English"),
        pytest.param("delivery was delayed", "DELIVERY ", id="capitals"),
        pytest.param("order A-1042/7", "a-1042/7 ", id="an order's number with signs"),
        pytest.param("Где мой заказ", "зак", id="an unfinished word"),
        pytest.param("Где мой заказ", "заказами", id="a finished word without a space"),
        pytest.param("naïve café", "café ", id="accents"),
    ],
)
def test_found(written: str, typed: str) -> None:
    stems = words(written)
    assert all(
        one.stem in stems or (one.begins and any(stem.startswith(one.begins) for stem in stems))
        for one in asked(typed)
    )


def test_only_the_last_word_may_be_unfinished() -> None:
    assert asked("мой зак") == [Asked("мо"), Asked("зак", "зак")]


@pytest.mark.parametrize("typed", ["", "   ", "!?…", "'", '"', "*", "&|:"])
def test_signs_ask_for_nothing(typed: str) -> None:
    assert asked(typed) == []


def test_an_excerpt_shows_where_it_is() -> None:
    text = "word " * 60 + "and here is the заказ that was lost " + "word " * 60
    pieces = excerpt(text, asked("заказы "))
    assert ("заказ", True) in pieces
    assert (pieces[0][0], pieces[-1][0][-1]) == ("… ", "…")
    assert len("".join(piece for piece, _ in pieces)) < 200


@given(st.text(max_size=400), st.text(max_size=40))
def test_any_text_and_question(written: str, typed: str) -> None:
    question = asked(typed)
    pieces = excerpt(written, question)
    whole = " ".join(written.split())
    assert all(piece.strip("… ") in whole for piece, _ in pieces)
    assert all(set("'\"*&|:() ").isdisjoint(one.stem + one.begins) for one in question)
