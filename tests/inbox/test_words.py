"""What pages say: in both languages, about everything that can happen."""

import re
import string
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

import inbox
from core.altering import Why
from core.consent import Act, Source
from core.content import Content
from core.ids import AddressId, MessageId, RecordId, TopicId
from core.messages import Author, Direction, Message, MessageClass, Status
from inbox.catalogues import LANGUAGES, read
from inbox.filters import VIEWS
from inbox.language import ago, exact, sayer, size
from inbox.telling import consent_words, status_words
from storage.consents import StoredRecord
from tests.world import NOW

HERE = Path(inbox.__file__).parent
MESSAGE = Message(
    MessageId(1), AddressId(1), Direction.OUT, MessageClass.REPLY, Author.OPERATOR,
    Content("hi"), Status.QUEUED, NOW,
)  # fmt: skip


Texts = tuple[str, ...]


def phrases(language: str) -> dict[str, Texts]:
    """Phrase → its text, or its forms by number."""
    found: dict[str, Texts] = {}
    for subject, catalogue in read(language).items():
        for message in catalogue:
            if not message.id:
                continue
            name = message.id if isinstance(message.id, str) else message.id[0]
            assert name not in found, f"{name} stands in {subject} and in another catalogue"
            assert not message.fuzzy
            text = message.string
            found[name] = (text,) if isinstance(text, str) else tuple(text)
    return found


PHRASES = {language: phrases(language) for language in LANGUAGES}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_catalogue_has_the_same_phrases_with_the_same_values(language: str) -> None:
    def values(texts: Texts) -> list[set[str]]:
        parse = string.Formatter().parse
        return [{field for _, field, _, _ in parse(text) if field} for text in texts]

    assert set(PHRASES[language]) == set(PHRASES["en"])
    for name, texts in PHRASES[language].items():
        assert all(texts), name
        expected = values(PHRASES["en"][name])[-1]
        assert all(found == expected for found in values(texts)), name
        assert not any("!" in text for text in texts), name


def test_no_phrase_is_left_over() -> None:
    sources = [*HERE.glob("**/*.py"), *HERE.glob("templates/**/*.html")]
    text = "".join(path.read_text() for path in sources)
    media = "photo|video|document|voice|audio|sticker"
    made = (
        "none|state|session|order|plot|role|did|kind|invitation|snooze|reason|placeholder|by_itself"
        "|alert|way|alter_why|altering|not_altered"
        "|stands|delivery|resend_since|error|reachable|bulk|left_out|deed|column|counts|topic|source"
        "|funnel"
    )
    made = rf"^({made}|by_itself)_|_title$|^({media})$"
    unused = [
        name for name in PHRASES["en"] if not re.search(made, name) and f'"{name}"' not in text
        and f"'{name}'" not in text
    ]  # fmt: skip
    assert [name for name in unused if name not in VIEWS] == []


@pytest.mark.parametrize("name", re.findall(r'Problem\(\d+, "(\w+)"', "".join(
    path.read_text() for path in HERE.glob("**/*.py")
)))  # fmt: skip
def test_every_problem_has_its_title(name: str) -> None:
    assert f"{name}_title" in PHRASES["en"]


def test_a_phrase_that_does_not_exist_is_a_mistake() -> None:
    with pytest.raises(KeyError, match="no_such_phrase"):
        sayer("en")("no_such_phrase")


@pytest.mark.parametrize("why", Why)
def test_every_reason_why_an_answer_is_not_altered_is_told(why: Why) -> None:
    assert f"alter_why_{why}" in PHRASES["en"]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("status", Status)
def test_every_status_is_told(status: Status, language: str) -> None:
    words, _ = status_words(replace(MESSAGE, status=status), language)
    assert bool(words) == (status is not Status.RECEIVED)
    assert "{" not in words


@pytest.mark.parametrize(
    ("status", "error", "words", "look"),
    [
        (Status.SUPPRESSED, "unsubscribed", "not sent: unsubscribed", "bad"),
        (Status.SUPPRESSED, "blocked_here", "not sent: they are blocked by us", "bad"),
        (Status.SUPPRESSED, "expired", "not sent: it came too late to be of use", "bad"),
        (Status.CANCELLED, "stopped", "not sent: they left before it went out", "waits"),
        (Status.FAILED, "400 Bad Request: WEBPAGE_MEDIA_EMPTY",
         "not sent: 400 Bad Request: WEBPAGE_MEDIA_EMPTY", "bad"),
        (Status.FAILED, "blocked: 901 No", "not sent: they have blocked us", "bad"),
        (Status.FAILED, "gone: 5 receiverNotRegistered",
         "not sent: there is nobody at this address any more", "bad"),
        (Status.FAILED, "", "not sent: the messenger refused it", "bad"),
        (Status.QUEUED, "", "waits to be sent", "waits"),
        (Status.QUEUED, "quiet_hours", "waits: it is night where they are", "waits"),
        (Status.SENT, "", "sent", ""),
    ],
)  # fmt: skip
def test_what_became_of_a_message(status: Status, error: str, words: str, look: str) -> None:
    assert status_words(replace(MESSAGE, status=status, error=error), "en") == (words, look)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("act", Act)
@pytest.mark.parametrize("source", Source)
def test_every_act_of_consent_is_a_sentence(act: Act, source: Source, language: str) -> None:
    record = StoredRecord(
        RecordId(1), AddressId(1), TopicId("promo"), act, source, NOW, "", {"written": "{x} STOP"}
    )
    words = consent_words(record, "{Anna}", "{Offers}", language)
    assert words.strip() == words
    assert "{name}" not in words
    assert "{what}" not in words


def test_who_left_what_and_how() -> None:
    record = StoredRecord(
        RecordId(1), AddressId(1), None, Act.UNSUBSCRIBE, Source.KEYWORD, NOW, "",
        {"written": "СТОП"},
    )  # fmt: skip
    assert consent_words(record, "Anna", None, "en") == "Anna left everything by writing “СТОП”"
    assert consent_words(record, "Анна", None, "ru") == "Анна: отписка от всего, словом «СТОП»"
    erased = replace(record, evidence=None, topic=TopicId("promo"))
    assert consent_words(erased, "Anna", "Offers", "en") == "Anna left Offers with a word"


@pytest.mark.parametrize(
    ("past", "en", "ru"),
    [
        (timedelta(seconds=-5), "now", "сейчас"),
        (timedelta(seconds=59), "now", "сейчас"),
        (timedelta(seconds=60), "1 min", "1 мин"),
        (timedelta(hours=23, minutes=59), "23 h", "23 ч"),
        (timedelta(days=6, hours=23), "6 d", "6 дн."),
        (timedelta(days=8), "14 Nov", "14 нояб."),
        (timedelta(days=400), "18 Oct 2025", "18 окт. 2025"),
    ],
)
def test_times_are_told_by_how_long_ago(past: timedelta, en: str, ru: str) -> None:
    assert (ago(NOW - past, NOW, "en"), ago(NOW - past, NOW, "ru")) == (en, ru)


def test_the_exact_time_says_its_zone() -> None:
    assert exact(NOW, "en") == "22 Nov 2026, 12:00:00 UTC"


@pytest.mark.parametrize(
    ("number", "en", "ru"),
    [(None, "", ""), (0, "0 B", "0 Б"), (1234, "1.2 KB", "1,2 КБ"), (20 * 10**6, "20 MB", "20 МБ")],
)
def test_sizes(number: int | None, en: str, ru: str) -> None:
    assert (size(number, "en"), size(number, "ru")) == (en, ru)


def test_values_in_phrases_are_not_read_as_phrases() -> None:
    assert sayer("en")("has_it", name="{0.__class__}") == "{0.__class__} has it"
