"""STOP, START and everything between: what each act changes, and what the contact is told."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from core import consent
from core.consent import Act, Source
from core.content import Content, PressButton
from core.ids import RecordId, TopicId
from core.languages import pick
from core.messages import MessageClass
from core.people import Json
from core.topics import Subscription, SubscriptionState, TopicClass
from dialogues import texts
from dialogues.buttons import Back, ConfirmTopic, LikelyAnswer, Undo
from dialogues.buttons import encode as button
from dialogues.dossier import Dossier
from dialogues.own_messenger import unlink

_CONFIRM_STOP_AGAIN_AFTER = timedelta(days=1)


def is_out_of_order(dossier: Dossier, at: datetime) -> bool:
    """Whether an act of that time came before the last STOP; on a tie STOP wins."""
    return dossier.address.stopped_at is not None and at <= dossier.address.stopped_at


def stop(
    dossier: Dossier, source: Source, at: datetime, now: datetime, evidence: dict[str, Json]
) -> None:
    """Everything ends here, and marketing on all of the person's addresses."""
    taking = [
        row
        for row in dossier.subscriptions.values()
        if row.state is not SubscriptionState.UNSUBSCRIBED
    ]
    id_ = dossier.record(Act.UNSUBSCRIBE, source, at, None, evidence)
    address = dossier.address
    was_operators = address.operator is not None
    is_first = address.stop is None or bool(taking)
    stopped_at = max(at, address.stopped_at or at)
    dossier.address = replace(
        address,
        stop=id_ if is_first else address.stop,
        stopped_at=stopped_at,
        held_since=None,
        opened_with="",
    )
    _apply(dossier, consent.stop_all(taking, id_, at))
    # Said again, it holds again: another address may have come back in between.
    dossier.contact = replace(
        dossier.contact, marketing_stopped_at=now, marketing_stopped_by=dossier.address.stop
    )
    dossier.end_sessions()
    dossier.changes.cancel(dossier.id, id_)
    if was_operators:
        unlink(dossier, now)
        if not taking:
            dossier.address = replace(dossier.address, stop_confirmed_at=now)
            dossier.say(Content(texts.say("alerts_ended", dossier.locale)), now)
            return
    _confirm_stop(dossier, taking, is_first, now, source)


def _confirm_stop(
    dossier: Dossier, taken: list[Subscription], is_first: bool, now: datetime, source: Source
) -> None:
    address = dossier.address
    said_at = address.stop_confirmed_at
    if not is_first:
        if said_at is not None and now - said_at < _CONFIRM_STOP_AGAIN_AFTER:
            return
        text = texts.say("stopped_again", dossier.locale)
    else:
        topics = ""
        if taken:
            titles = titles_of(dossier, (row.topic for row in taken))
            topics = texts.say("stopped_topics", dossier.locale, titles=titles)
        text = texts.say("stopped", dossier.locale, topics=topics)
        service = [
            f"{dossier.catalog.title(topic, dossier.locale)} ({account})"
            for account, topic in dossier.elsewhere
            if class_of(dossier, topic) is TopicClass.SERVICE
        ]
        if service:
            titles = ", ".join(service)
            text += "\n" + texts.say("elsewhere", dossier.locale, titles=titles)
    buttons: tuple[PressButton, ...] = ()
    if source is Source.BUTTON and is_first and address.stop is not None:
        undo = button(Undo(address.stop, stamp_of(dossier)))
        buttons = (PressButton(texts.say("undo", dossier.locale), undo),)
    dossier.address = replace(address, stop_confirmed_at=now)
    dossier.say(Content(text, buttons=buttons), now)


def stop_topic(
    dossier: Dossier,
    topic: TopicId,
    source: Source,
    at: datetime,
    now: datetime,
    evidence: dict[str, Json],
) -> None:
    """One topic ends, on purpose: no general START brings it back."""
    leave(dossier, topic, source, at, evidence)
    titles = dossier.catalog.title(topic, dossier.locale)
    dossier.say(Content(texts.say("left_topic", dossier.locale, titles=titles, topic=topic)), now)


def leave(
    dossier: Dossier, topic: TopicId, source: Source, at: datetime, evidence: dict[str, Json]
) -> None:
    """The same without a word."""
    current = dossier.subscriptions.get(topic)
    dossier.record(Act.UNSUBSCRIBE, source, at, topic, evidence)
    if current is not None:
        dossier.stand(consent.unsubscribe(current, at))


def start(
    dossier: Dossier, source: Source, at: datetime, now: datetime, evidence: dict[str, Json]
) -> bool:
    """Bring back what the last STOP took. False when it came before that STOP: nothing changes."""
    if is_out_of_order(dossier, at):
        dossier.record(Act.OUT_OF_ORDER, source, at, None, evidence)
        _tell_that_stop_won(dossier, at, now)
        return False
    taken_by = dossier.address.stop
    rows = consent.restore(dossier.subscriptions.values(), taken_by, at) if taken_by else []
    _come_back(dossier, rows, source, at, evidence)
    dossier.address = replace(dossier.address, stop=None, stop_confirmed_at=None, held_since=None)
    is_ours = taken_by is not None and dossier.contact.marketing_stopped_by == taken_by
    if is_ours and not dossier.is_stopped_elsewhere:
        dossier.contact = replace(
            dossier.contact, marketing_stopped_at=None, marketing_stopped_by=None
        )
    for row in rows:
        if row.state is SubscriptionState.PENDING:
            ask_to_confirm(dossier, row.topic, now)
    active = [row.topic for row in dossier.subscriptions.values() if row.is_active]
    if active:
        titles = titles_of(dossier, active)
        dossier.say(Content(texts.say("back", dossier.locale, titles=titles)), now)
    elif taken_by is not None:
        dossier.say(Content(texts.say("back_nothing", dossier.locale)), now)
    return True


def _tell_that_stop_won(dossier: Dossier, at: datetime, now: datetime) -> None:
    """Where the messenger's clock put both into one moment, the contact may think they are back.

    Said once: without the time of a confirmation the next STOP is confirmed anew, and this not.
    """
    address = dossier.address
    if at == address.stopped_at and address.stop_confirmed_at is not None:
        dossier.address = replace(address, stop_confirmed_at=None)
        dossier.say(Content(texts.say("stopped_again", dossier.locale)), now)


def start_class(
    dossier: Dossier,
    stop_id: RecordId,
    cls: TopicClass,
    at: datetime,
    now: datetime,
    evidence: dict[str, Json],
) -> bool:
    """A button under "what shall we send again?": the topics of one class that the STOP took."""
    if dossier.address.stop != stop_id:
        return False
    rows = [
        row
        for row in consent.restore(dossier.subscriptions.values(), stop_id, at)
        if class_of(dossier, row.topic) is cls
    ]
    _come_back(dossier, rows, Source.BUTTON, at, evidence)
    if not any(row.taken_by == stop_id for row in dossier.subscriptions.values()):
        dossier.address = replace(dossier.address, stop=None, stop_confirmed_at=None)
    titles = titles_of(dossier, (row.topic for row in rows))
    if rows:
        dossier.say(Content(texts.say("back", dossier.locale, titles=titles)), now)
    return bool(rows)


def _come_back(
    dossier: Dossier,
    rows: list[Subscription],
    source: Source,
    at: datetime,
    evidence: dict[str, Json],
) -> None:
    _apply(dossier, [_counting(dossier, row) for row in rows], restored=True)
    for row in rows:
        dossier.record(Act.RESUBSCRIBE, source, at, row.topic, evidence)


def _counting(dossier: Dossier, row: Subscription) -> Subscription:
    """A deliberate yes to advertising counts after a STOP elsewhere, whatever the clocks say."""
    mark = dossier.contact.marketing_stopped_at
    if mark is None or row.since > mark or class_of(dossier, row.topic) is TopicClass.SERVICE:
        return row
    return replace(row, since=mark + timedelta(microseconds=1))


def start_topic(
    dossier: Dossier,
    topic: TopicId,
    source: Source,
    at: datetime,
    now: datetime,
    evidence: dict[str, Json],
) -> bool:
    """START PROMO: the contact asks for one topic in so many words."""
    if not join(dossier, topic, source, at, evidence):
        _tell_that_stop_won(dossier, at, now)
        return False
    titles = titles_of(dossier, [topic])
    dossier.say(Content(texts.say("subscribed", dossier.locale, titles=titles)), now)
    return True


def join(
    dossier: Dossier,
    topic: TopicId,
    source: Source,
    at: datetime,
    evidence: dict[str, Json],
    *,
    pending: bool = False,
) -> bool:
    """Subscribe to one topic without a word. False when the act came before the last STOP."""
    if is_out_of_order(dossier, at):
        dossier.record(Act.OUT_OF_ORDER, source, at, topic, evidence)
        return False
    current = dossier.subscriptions.get(topic)
    changed = consent.subscribe(current, topic, at, pending=pending)
    dossier.stand(_counting(dossier, changed))
    dossier.record(Act.SUBSCRIBE, source, at, topic, evidence)
    dossier.address = replace(dossier.address, held_since=None)
    return True


def ask_to_confirm(
    dossier: Dossier, topic: TopicId, now: datetime, cls: MessageClass = MessageClass.REPLY
) -> None:
    """The Yes or No in the messenger that a pending subscription waits for.

    Asked of many at once it is no reply: it waits behind replies, and out the night.
    """
    stamp = stamp_of(dossier)
    known = dossier.catalog.topics.get(topic)
    words = texts.say(
        "confirm", dossier.locale, titles=dossier.catalog.title(topic, dossier.locale)
    )
    if known is not None and known.consent:
        words += "\n" + pick(known.consent, dossier.locale)
    yes, no = (
        PressButton(texts.say(name, dossier.locale), button(ConfirmTopic(topic, answer, stamp)))
        for name, answer in (("yes", True), ("no", False))
    )
    is_reply = cls is MessageClass.REPLY
    dossier.say(Content(words, buttons=(yes, no)), now, cls=cls, topic=None if is_reply else topic)


def confirm(
    dossier: Dossier,
    topic: TopicId,
    answer: bool,
    at: datetime,
    now: datetime,
    evidence: dict[str, Json],
) -> None:
    """The answer to it; a No leaves the topic."""
    if not answer:
        stop_topic(dossier, topic, Source.BUTTON, at, now, evidence)
        return
    row = Subscription(topic, SubscriptionState.SUBSCRIBED, at)
    dossier.stand(_counting(dossier, row))
    dossier.record(Act.CONFIRM, Source.BUTTON, at, topic, evidence)
    titles = titles_of(dossier, [topic])
    dossier.say(Content(texts.say("subscribed", dossier.locale, titles=titles)), now)


def ask_whether_to_stop(dossier: Dossier, now: datetime) -> None:
    """A likely STOP: nothing that we start ourselves goes out until it is answered."""
    if dossier.address.held_since is None:
        dossier.address = replace(dossier.address, held_since=now)
        labels = (("likely_yes", True), ("likely_no", False))
        buttons = tuple(
            PressButton(texts.say(name, dossier.locale), button(LikelyAnswer(answer)))
            for name, answer in labels
        )
        dossier.say(Content(texts.say("likely_stop", dossier.locale), buttons=buttons), now)
    dossier.open_conversation(now)


def ask_what_to_bring_back(dossier: Dossier, now: datetime) -> bool:
    """A bare Start after a STOP or a block: one button per class. False when there is nothing."""
    taken_by = dossier.address.stop
    taken = [row for row in dossier.subscriptions.values() if taken_by and row.taken_by == taken_by]
    if taken_by is None or not taken:
        return False
    buttons = []
    for cls in TopicClass:
        topics = [row.topic for row in taken if class_of(dossier, row.topic) is cls]
        if topics:
            buttons.append(
                PressButton(
                    titles_of(dossier, topics), button(Back(taken_by, cls, stamp_of(dossier)))
                )
            )
    dossier.say(Content(texts.say("ask_back", dossier.locale), buttons=tuple(buttons)), now)
    return True


def block(dossier: Dossier, reason: str, at: datetime) -> None:
    """The messenger says that the person shut us out here: this address only."""
    dossier.address = replace(dossier.address, opened_with="")
    if not dossier.address.is_reachable:
        return
    id_ = dossier.record(Act.BLOCK, Source.PLATFORM, at, None, {"reason": reason})
    taken = consent.stop_all(dossier.subscriptions.values(), id_, at)
    _apply(dossier, taken)
    address = replace(dossier.address, is_reachable=False)
    if taken:
        # A START that was written before it must not undo it, however late it comes.
        address = replace(address, stop=id_, stopped_at=max(at, address.stopped_at or at))
    dossier.address = address
    dossier.end_sessions()
    dossier.changes.cancel(dossier.id, id_)


def stamp_of(dossier: Dossier) -> int:
    """What a button carries to prove that it was made after the last STOP; 0 without one."""
    stopped_at = dossier.address.stopped_at
    return int(stopped_at.timestamp()) if stopped_at else 0


def titles_of(dossier: Dossier, topics: Iterable[TopicId]) -> str:
    return ", ".join(dossier.catalog.title(topic, dossier.locale) for topic in topics)


def class_of(dossier: Dossier, topic: TopicId) -> TopicClass:
    """The class of a topic."""
    known = dossier.catalog.topics.get(topic)
    # What nobody configures any more is never thought harmless.
    return known.cls if known else TopicClass.MARKETING


def _apply(dossier: Dossier, rows: list[Subscription], *, restored: bool = False) -> None:
    for row in rows:
        dossier.stand(row, restored=restored)
