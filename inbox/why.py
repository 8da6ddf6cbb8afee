"""Why a message went, or did not: each decision in its order, in a person's words. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from core.languages import pick
from core.messages import Author, Message, MessageClass, Status
from dialogues.catalog import Catalog
from inbox.language import ago, sayer
from inbox.telling import consent_words, reason_words
from inbox.thread_view import Onlooker, topic_title
from storage.attempts import Attempt
from storage.consents import StoredRecord
from storage.sends import SendStory

_AT_ONCE = timedelta(seconds=3)
"""Nobody would call it waiting."""
_PUT_OFF = {
    "quiet_hours": "put_off_quiet",
    "stop_question_open": "put_off_held",
    "throttled": "put_off_throttled",
}
JUDGED = ("unsubscribed", "marketing_stopped", "unreachable", "expired", "stopped", "answered")
"""Reasons of our own rules; anything else is what the messenger said."""


@dataclass(frozen=True, slots=True)
class Fact:
    """`until` belongs to what was put off; `record` is the act of consent that decided it."""

    at: datetime | None
    text: str
    look: str = ""
    until: datetime | None = None
    record: str = ""
    record_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Story:
    """All that is kept of one message. `decided_at` is when consent was read for it, None where
    it never was. `ground`: the act that allowed it or stood in its way; `later`: what came after.
    """

    message: Message
    name: str
    parts: Sequence[SendStory] = ()
    attempts: Sequence[Attempt] = ()
    ground: StoredRecord | None = None
    later: Sequence[StoredRecord] = ()


def facts(story: Story, catalog: Catalog, onlooker: Onlooker) -> list[Fact]:
    """In the order in which it happened."""
    return [
        *_made(story, catalog, onlooker),
        *_tried(story, catalog, onlooker.language),
        *_ended(story, onlooker.language),
        *_later(story, catalog, onlooker.language),
    ]


def _made(story: Story, catalog: Catalog, onlooker: Onlooker) -> list[Fact]:
    message, say = story.message, sayer(onlooker.language)
    made = [
        Fact(message.created_at, _maker(story, catalog, onlooker)),
        Fact(None, _class_words(message, catalog, onlooker.language)),
    ]
    if message.not_before is not None:
        made.append(Fact(None, say("not_before"), until=message.not_before))
    if message.expires_at is not None:
        made.append(Fact(None, say("worth_sending"), until=message.expires_at))
    return made


def _maker(story: Story, catalog: Catalog, onlooker: Onlooker) -> str:
    message, say = story.message, sayer(onlooker.language)
    match message.author:
        case Author.OPERATOR if not story.parts and message.status is not Status.QUEUED:
            return say("made_elsewhere")
        case Author.OPERATOR:
            return say("made_by_operator", name=onlooker.name(message.operator))
        case Author.API:
            return say("made_by_api")
        case Author.FLOW:
            flow = catalog.flows.get(message.flow) if message.flow is not None else None
            title = pick(flow.title, onlooker.language) if flow and flow.title else message.flow
            if title is None:
                return say("made_by_some_flow")
            if not message.step:
                return say("made_by_flow", flow=title)
            return say("made_by_step", flow=title, step=message.step)
        case _:
            is_question = message.cls is not MessageClass.REPLY
            return say("made_as_question" if is_question else "made_by_system")


def _class_words(message: Message, catalog: Catalog, language: str) -> str:
    title = topic_title(catalog, message.topic, language) or ""
    return sayer(language)(f"counts_{message.cls}", topic=title)


def _tried(story: Story, catalog: Catalog, language: str) -> list[Fact]:
    tried = [_attempt(one, language) for one in story.attempts]
    stopped = [place for place, one in enumerate(story.attempts) if one.status is Status.SUPPRESSED]
    if stopped and story.ground is not None:
        record = _act(story, story.ground, catalog, language)
        stop = tried[stopped[-1]]
        tried[stopped[-1]] = replace(stop, record=record, record_at=story.ground.at)
    claimed = [one.claimed_at for one in story.parts if one.claimed_at is not None]
    if claimed:
        # Of several claims the last one is known, and what came of those before it.
        at = min(claimed)
        place = sum(1 for one in story.attempts if one.at < at)
        tried.insert(place, _claimed(story, at, catalog, language, is_ground=not stopped))
    return tried


def _claimed(
    story: Story, at: datetime, catalog: Catalog, language: str, *, is_ground: bool
) -> Fact:
    say, message = sayer(language), story.message
    waited = [one.due_at for one in story.attempts if one.due_at is not None and one.due_at <= at]
    since = max([message.created_at, *waited])
    text = say("claimed")
    if at - since > _AT_ONCE:
        text = say("claimed_after", span=_span(since, at, language))
    if message.cls is MessageClass.REPLY or message.topic is None:
        return Fact(at, text)
    title = topic_title(catalog, message.topic, language) or ""
    fact = Fact(at, f"{text} {say('subscribed_then', topic=title)}")
    if story.ground is None or not is_ground:
        return fact
    record = _act(story, story.ground, catalog, language)
    return replace(fact, record=record, record_at=story.ground.at)


def _span(since: datetime, at: datetime, language: str) -> str:
    seconds = int((at - since).total_seconds())
    return sayer(language)("seconds", n=seconds) if seconds < 60 else ago(since, at, language)


def _reason(error: str, language: str) -> str:
    """In our words, and the messenger's own where ours stand for them."""
    words = reason_words(error, language)
    said = error.partition(": ")[2]
    return f"{words} ({said})" if said and words != error else words


def _attempt(one: Attempt, language: str) -> Fact:
    say = sayer(language)
    reason = _reason(one.error, language)
    match one.status:
        case Status.QUEUED if one.error in _PUT_OFF:
            return Fact(one.at, say(_PUT_OFF[one.error]), "waits", one.due_at)
        case Status.QUEUED:
            words = say("try_failed", number=one.number, reason=reason)
            return Fact(one.at, words, "waits", one.due_at)
        case Status.UNKNOWN:
            return Fact(one.at, say("try_unknown", number=one.number, reason=reason), "bad")
        case Status.SUPPRESSED if one.error in JUDGED:
            return Fact(one.at, say("rule_stopped_it", reason=reason), "bad")
        case _:
            return Fact(one.at, say("try_ended", number=one.number, reason=reason), "bad")


def _ended(story: Story, language: str) -> list[Fact]:
    message, say, ended = story.message, sayer(language), list[Fact]()
    reason = _reason(message.error, language)
    if message.sent_at is not None:
        many = len(story.parts)
        words = say("was_sent_in_parts", count=many) if many > 1 else say("was_sent")
        ended.append(Fact(message.sent_at, words))
    if message.status is Status.UNDELIVERED:
        ended.append(Fact(None, say("was_not_brought", reason=reason), "bad"))
    if message.delivered_at is not None:
        ended.append(Fact(message.delivered_at, say("was_delivered")))
    if message.read_at is not None:
        ended.append(Fact(message.read_at, say("was_read")))
    if message.status is Status.CANCELLED:
        record = story.ground
        words = say("was_taken_back", reason=reason)
        ended.append(Fact(record.at if record else None, words, "bad"))
    elif message.status in (Status.FAILED, Status.SUPPRESSED) and not story.attempts:
        ended.append(Fact(None, say("rule_stopped_it", reason=reason), "bad"))
    elif message.status is Status.QUEUED:
        due = max((one.due_at for one in story.parts), default=None)
        is_later = due is not None and due > message.created_at
        ended.append(Fact(None, say("still_waits"), "waits", due if is_later else None))
    return ended


def _later(story: Story, catalog: Catalog, language: str) -> list[Fact]:
    say = sayer(language)
    return [
        Fact(None, say("came_later"), record=_act(story, one, catalog, language), record_at=one.at)
        for one in story.later
    ]


def _act(story: Story, record: StoredRecord, catalog: Catalog, language: str) -> str:
    title = topic_title(catalog, record.topic, language)
    return consent_words(record, story.name, title, language)
