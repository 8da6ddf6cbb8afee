"""The pure rules of writing: replies filled, names called, times put off, limits foreseen."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from bots.telegram.limits import LIMITS
from core.content import Content, Media, MediaKind
from core.ids import ConversationId, OperatorId
from inbox.foreseeing import LONGEST_TEXT, foresee
from inbox.mentions import called
from inbox.presence import Company, Presence
from inbox.ready_replies import Unfit, checked, filled, shortcut_of
from inbox.snoozing import until
from storage.notices import Notice
from tests.world import NOW

ALL = {"name": "Anna K", "first_name": "Anna", "order": "1042", "operator": "Vera"}


@pytest.mark.parametrize(
    ("text", "missing", "expected"),
    [
        pytest.param("Hi {{ first_name }}!", "", "Hi Anna!", id="a name is put in"),
        pytest.param("Hi {{ first_name }}!", "first_name", "Hi!", id="no space before a sign"),
        pytest.param("Thanks, {{ name }}.", "name", "Thanks.", id="the comma goes too"),
        pytest.param("{{ name }}, hello", "name", "Hello", id="the beginning stays a beginning"),
        pytest.param("{{ name }}\nhello", "name", "hello", id="a line of its own goes"),
        pytest.param("Your order {{ order }} left", "order", "Your order left", id="in between"),
        pytest.param("To {{ first_name or 'you' }}", "first_name", "To you", id="another word"),
        pytest.param(
            "{% if order %}No. {{ order }}{% endif %} ok", "order", "ok", id="a condition"
        ),
        pytest.param("{{ first_name }}", "", "Anna", id="nothing but a name"),
        pytest.param("1 {{ '{{' }} 2", "", "1 {{ 2", id="braces are text"),
        pytest.param("Bye\n\n{{ operator }}", "", "Bye\n\nVera", id="lines stay"),
    ],
)
def test_a_reply_is_filled_and_leaves_no_hole(text: str, missing: str, expected: str) -> None:
    assert filled(text, {**ALL, missing: ""}) == expected


def test_a_name_is_no_template() -> None:
    assert filled("Hi {{ name }}", {"name": "{{ order }} \ufdd0\ufdd3x"}) == "Hi {{ order }} x"


@pytest.mark.parametrize(
    ("text", "phrase"),
    [
        pytest.param("Hi {{ frist_name }}", "unknown_placeholder", id="a name with a slip"),
        pytest.param("Hi {{ name", "reply_unsound", id="braces that are not closed"),
        pytest.param("{% include 'x' %}", "reply_unsound", id="what flows do not have"),
        pytest.param("x" * 4001, "reply_too_long", id="too long"),
        pytest.param("  \n ", "reply_needs_text", id="nothing"),
    ],
)
def test_a_reply_that_cannot_be_filled_is_not_kept(text: str, phrase: str) -> None:
    with pytest.raises(Unfit) as caught:
        checked({"en": text, "ru": ""})
    assert caught.value.phrase == phrase


def test_texts_without_words_are_left_out() -> None:
    assert checked({"en": " Hello ", "ru": " "}) == {"en": "Hello"}


@pytest.mark.parametrize(("text", "kept"), [("/Thanks", "thanks"), (" спасибо2 ", "спасибо2")])
def test_a_shortcut_is_kept_in_small_letters(text: str, kept: str) -> None:
    assert shortcut_of(text) == kept


@pytest.mark.parametrize("text", ["", "/", "two words", "a/b", "x" * 33, "-a"])
def test_what_is_no_shortcut(text: str) -> None:
    with pytest.raises(Unfit):
        shortcut_of(text)


VERA, BORIS, ANNA, ANNA_P = (OperatorId(number) for number in (1, 2, 3, 4))
NAMES = [
    (VERA, ("Vera", "vera")),
    (BORIS, ("Борис", "boris")),
    (ANNA, ("Anna", "anna")),
    (ANNA_P, ("Anna Petrova", "petrova")),
]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("ask @vera, please", (VERA,), id="a login"),
        pytest.param("@БОРИС и @Vera", (BORIS, VERA), id="names in any case, in their order"),
        pytest.param("@Anna Petrova knows", (ANNA_P,), id="the longest name that fits"),
        pytest.param("@Anna and @anna", (ANNA,), id="each once"),
        pytest.param("me@vera.example", (), id="an address calls nobody"),
        pytest.param("@veranda @", (), id="a part of a word calls nobody"),
        pytest.param("vera", (), id="a name alone calls nobody"),
    ],
)
def test_whom_a_note_calls(text: str, expected: tuple[OperatorId, ...]) -> None:
    assert called(text, NAMES) == expected


SUNDAY = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("choice", "at", "zone", "expected"),
    [
        pytest.param("hour", "", "UTC", "2026-11-22T13:00+00:00", id="an hour"),
        pytest.param("evening", "", "Europe/Moscow", "2026-11-22T18:00+03:00", id="this evening"),
        pytest.param("evening", "", "Asia/Tokyo", "2026-11-23T18:00+09:00", id="it is evening"),
        pytest.param("morning", "", "Europe/Moscow", "2026-11-23T09:00+03:00", id="tomorrow"),
        pytest.param("monday", "", "UTC", "2026-11-23T09:00+00:00", id="Sunday's Monday"),
        pytest.param("monday", "", "Pacific/Kiritimati", "2026-11-30T09:00+14:00",
                     id="on a Monday the next one"),
        pytest.param("time", "2026-11-22T15:30", "Europe/Moscow", "2026-11-22T15:30+03:00",
                     id="a time of one's own"),
        pytest.param("time", "2026-11-22T14:30", "Europe/Moscow", None, id="a time that is past"),
        pytest.param("time", "2028-01-01T10:00", "UTC", None, id="a time too far ahead"),
        pytest.param("time", "tomorrow", "UTC", None, id="no time"),
        pytest.param("never", "", "UTC", None, id="no choice"),
    ],
)  # fmt: skip
def test_until_when(choice: str, at: str, zone: str, expected: str | None) -> None:
    wanted = datetime.fromisoformat(expected) if expected else None
    assert until(choice, at, zone, SUNDAY) == wanted


def _file(size: int) -> Media:
    return Media(MediaKind.DOCUMENT, "sha256:x", "list.pdf", size=size)


@pytest.mark.parametrize(
    ("content", "is_reachable", "refusals", "hints"),
    [
        pytest.param(Content("hi"), True, [], [], id="nothing to tell"),
        pytest.param(Content("hi"), False, ["unreachable"], [], id="nobody there"),
        pytest.param(Content("x" * 4097), True, [], ["in_parts"], id="two parts"),
        pytest.param(Content("🫖" * 2049), True, [], ["in_parts"], id="counted in UTF-16"),
        pytest.param(Content("x" * (LONGEST_TEXT + 1)), True, ["too_long_answer"], [],
                     id="more than anybody reads"),
        pytest.param(Content("x" * 1025, attachments=(_file(1),)), True, [], ["apart_from_file"],
                     id="words that do not fit under a file"),
        pytest.param(Content("", attachments=(_file(50 * 10**6 + 1),)), True,
                     ["too_large_there"], [], id="a file that the messenger does not take"),
        pytest.param(Content("", attachments=(_file(1),) * 11), True, ["too_many_files"], [],
                     id="eleven files"),
    ],
)  # fmt: skip
def test_what_is_foreseen(
    content: Content, is_reachable: bool, refusals: list[str], hints: list[str]
) -> None:
    told = foresee(content, LIMITS, "Telegram", why_silent="" if is_reachable else "unreachable")
    assert [one.name for one in told.refusals] == refusals
    assert [one.name for one in told.hints] == hints


HERE = ConversationId(7)


class _Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


def test_whoever_has_it_open_is_seen_until_they_leave() -> None:
    presence, woken = Presence(_Clock()), []
    with presence.reading(HERE, VERA, lambda: woken.append("vera")):
        with presence.reading(HERE, BORIS, lambda: None), presence.reading(HERE, BORIS, list):
            assert presence.company(HERE, VERA) == Company((BORIS,))
            assert presence.company(HERE, BORIS) == Company((VERA,))
        assert presence.company(HERE, VERA) == Company()
    assert len(woken) >= 4


def test_typing_is_forgotten_after_six_seconds() -> None:
    clock = _Clock()
    presence = Presence(clock)
    with presence.reading(HERE, VERA, lambda: None), presence.reading(HERE, BORIS, lambda: None):
        presence.types(HERE, BORIS)
        assert presence.company(HERE, VERA) == Company((BORIS,), (BORIS,))
        clock.now += timedelta(seconds=6)
        assert presence.company(HERE, VERA) == Company((BORIS,))
        presence.types(HERE, BORIS)
        presence.stops(HERE, BORIS)
        assert presence.company(HERE, VERA).typing == ()


def test_people_of_another_process_are_seen_and_forgotten() -> None:
    clock = _Clock()
    presence = Presence(clock)
    heard = Notice.load(Notice("other", sightings=((HERE, BORIS, True),)).dump())
    with presence.reading(HERE, VERA, lambda: None):
        presence.heard(heard.sightings)
        assert presence.company(HERE, VERA) == Company((BORIS,), (BORIS,))
        presence.heard(((HERE, BORIS, False),))
        assert presence.company(HERE, VERA) == Company((BORIS,))
        clock.now += timedelta(seconds=6)
        assert presence.company(HERE, VERA) == Company()


def test_an_older_process_passes_over_sightings_only() -> None:
    assert len(json.loads(Notice("p").dump())) == 5
