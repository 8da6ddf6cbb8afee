"""What a page shows before somebody subscribes, word for word, and what they took of it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from core.ids import TopicId
from core.languages import pick
from core.sites import Site
from core.topics import Topic, TopicClass
from subscriptions.phrases import PHRASES


class WordsChanged(Exception):
    """The page showed other words than it should have; it must show them anew."""

    code = "words_changed"

    def __init__(self, topics: Sequence[TopicId]) -> None:
        super().__init__("the words that were shown are not the words of these topics")
        self.topics = topics


@dataclass(frozen=True, slots=True)
class Box:
    """A topic that is taken only where its box was ticked."""

    topic: TopicId
    title: str
    words: str


@dataclass(frozen=True, slots=True)
class Offer:
    """`service` are the topics that the press of a button itself takes, with `words`."""

    language: str
    service: tuple[TopicId, ...]
    words: str
    boxes: tuple[Box, ...]


@dataclass(frozen=True, slots=True)
class Offers:
    """Of all sites. `languages` are those in which every topic has its words."""

    topics: Mapping[TopicId, Topic]
    languages: tuple[str, ...]

    def language(self, wanted: str) -> str:
        """The nearest of ours."""
        short = wanted.replace("_", "-").partition("-")[0].lower()
        return short if short in self.languages else self.languages[0]

    def of(self, site: Site, wanted: Iterable[str], language: str) -> Offer:
        """What to show of these topics; of none: of the site's default ones."""
        ids = [TopicId(one) for one in dict.fromkeys(wanted)] or list(site.default_topics)
        known = [self.topics[one] for one in ids if one in self.topics]
        service = tuple(one for one in known if one.cls is TopicClass.SERVICE)
        return Offer(
            language,
            tuple(one.id for one in service),
            _service_words(service, language),
            tuple(
                Box(one.id, pick(one.title, language), _words(one, language))
                for one in known
                if one.cls is TopicClass.MARKETING
            ),
        )

    def taken(
        self,
        service: Sequence[str],
        words: str,
        ticked: Mapping[str, str],
        language: str,
    ) -> dict[TopicId, str]:
        """Each topic that was taken, with the words that stood there.

        Raises:
            WordsChanged: these are not the words, or it is no topic of that class.
        """
        known = [self.topics.get(TopicId(one)) for one in service]
        pressed = [one for one in known if one is not None and one.cls is TopicClass.SERVICE]
        if len(pressed) < len(service) or words != _service_words(pressed, language):
            raise WordsChanged([TopicId(one) for one in service])
        wrong = [TopicId(one) for one in ticked if ticked[one] != self._box(one, language)]
        if wrong:
            raise WordsChanged(wrong)
        boxes = {TopicId(one): shown for one, shown in ticked.items()}
        return {**{one.id: words for one in pressed}, **boxes}

    def _box(self, topic: str, language: str) -> str | None:
        known = self.topics.get(TopicId(topic))
        is_box = known is not None and known.cls is TopicClass.MARKETING
        return _words(known, language) if known is not None and is_box else None


def _service_words(topics: Sequence[Topic], language: str) -> str:
    """The line beside the buttons; "" where their press takes no topic."""
    if not topics:
        return ""
    plain = [pick(one.title, language) for one in topics if one.consent is None]
    own = [pick(one.consent, language) for one in topics if one.consent is not None]
    named = pick(PHRASES["press_agrees"], language).format(titles=", ".join(plain))
    return " ".join([*([named] if plain else []), *own, pick(PHRASES["can_leave"], language)])


def _words(topic: Topic, language: str) -> str:
    if topic.consent is not None:
        return pick(topic.consent, language)
    return pick(PHRASES["box_agrees"], language).format(title=pick(topic.title, language))
