"""What a landing page shows in one language, and what whoever goes on has agreed to. Pure."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from core.ids import TopicId
from core.landings import LandingPage
from core.languages import pick
from core.topics import Topic, TopicClass
from subscriptions.landing_phrases import PHRASES


@dataclass(frozen=True, slots=True)
class Offer:
    """A topic as the page shows it: its `words` become the evidence."""

    topic: TopicId
    title: str
    words: str


@dataclass(frozen=True, slots=True)
class Shown:
    """`given` are service topics, `asked` boxes that nobody has ticked. `mark` names these words:
    what somebody agreed to is what they saw, whatever the page says by then."""

    title: str
    paragraphs: tuple[str, ...]
    given: tuple[Offer, ...]
    asked: tuple[Offer, ...]
    mark: str


def say(phrase: str, language: str, **values: str) -> str:
    return pick(PHRASES[phrase], language).format(**values)


def can_be_offered(topic: Topic) -> bool:
    """Advertising needs words to agree to."""
    return topic.cls is TopicClass.SERVICE or bool(topic.consent)


def shown_of(page: LandingPage, topics: Mapping[TopicId, Topic], language: str) -> Shown:
    """Topics that are not configured any more are not shown."""
    known = [topics[id_] for id_ in page.topics if id_ in topics and can_be_offered(topics[id_])]
    given = [_given(one, language) for one in known if one.cls is TopicClass.SERVICE]
    asked = [_asked(one, language) for one in known if one.cls is TopicClass.MARKETING]
    words = pick(page.words, language).strip() if page.words else ""
    return Shown(
        title=pick(page.title, language),
        paragraphs=tuple(one.strip() for one in words.split("\n\n") if one.strip()),
        given=tuple(given),
        asked=tuple(asked),
        mark=_mark([*given, *asked]),
    )


def agreed_of(shown: Shown, ticked: Iterable[str]) -> dict[TopicId, str]:
    """Topic → the words that were shown for it, of those that whoever goes on takes."""
    wanted = set(ticked)
    taken = (*shown.given, *(one for one in shown.asked if one.topic in wanted))
    return {one.topic: one.words for one in taken}


def _given(topic: Topic, language: str) -> Offer:
    title = pick(topic.title, language)
    return Offer(topic.id, title, f"{say('you_get', language)}: {title}")


def _asked(topic: Topic, language: str) -> Offer:
    title = pick(topic.title, language)
    assert topic.consent is not None
    return Offer(topic.id, title, pick(topic.consent, language))


def _mark(offers: Iterable[Offer]) -> str:
    told = json.dumps([[one.topic, one.words] for one in offers], ensure_ascii=False)
    return hashlib.sha256(told.encode()).hexdigest()[:32]
