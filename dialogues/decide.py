"""One event, one decision: consent words, then links, then flows, then the inbox. Pure."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import assert_never

from core import inbound as ev
from core.acts import ActRecord, By, Did
from core.consent import Source
from core.content import Content
from core.hearing import counted
from core.ids import ActId, SessionId, TimerId, TopicId
from core.inbound import Inbound
from core.people import Json
from core.switching import why_not_on
from core.topics import TopicClass
from core.words import LikelyStop, StartSaid, StopSaid, normalise, read
from dialogues import consenting, flowing, linking, own_messenger, shop_events
from dialogues.away import tell_if_away
from dialogues.changes import Answer
from dialogues.dossier import Dossier
from dialogues.linking import Links
from dialogues.operating import by_operator
from dialogues.our_messages import about_ours
from dialogues.pressing import pressed
from dialogues.reaching import in_bulk
from flows.happenings import Answered, Called, TimedOut, Trigger
from flows.session import Session, SessionState
from storage.timers import Timer

_LATER = timedelta(minutes=15)
"""A timer that rings while an operator has taken over rings again after this."""


def decide(
    dossier: Dossier,
    inbound: Inbound,
    links: Links,
    timers: dict[TimerId, tuple[SessionId, int]],
    now: datetime,
) -> Answer:
    """Change the dossier by one event. Total: any event in any state has an answer."""
    dossier.started, dossier.said, dossier.why_not = [], [], ""
    event, at = inbound.event, min(inbound.at, now)
    status = "taken"
    match event:
        case ev.Started() | ev.Said() | ev.Pressed() | ev.Edited():
            _reachable_again(dossier, inbound, at)
            _count(dossier, at, now)
            _act(dossier, event, links, at, now)
        case ev.Opened(param):
            _opened(dossier, param, inbound, at)
        case ev.Blocked(reason) | ev.SendRefused(_, reason):
            consenting.block(dossier, reason, at)
        case ev.Unblocked():
            dossier.address = replace(dossier.address, is_reachable=True)
        case (
            ev.Delivered()
            | ev.Read()
            | ev.ReadUpTo()
            | ev.Undelivered()
            | ev.Echoed()
            | ev.SaidElsewhere()
        ):
            about_ours(dossier, event, at, now)
        case ev.Removed(external_id):
            dossier.changes.removals.append((dossier.id, external_id, now))
        case ev.Ignored():
            pass
        case ev.TimerFired(timer):
            _timer(dossier, timer, timers, now)
        case ev.CallAnswered(session_id, generation, code, body):
            session = dossier.sessions.get(session_id)
            if session is not None:
                flowing.walk(dossier, session, Called(generation, code, body), now)
        case ev.ShopEvent() | ev.ContactTold():
            shop_events.by_shop(dossier, event, now)
        case (
            ev.OperatorSaid()
            | ev.OperatorActed()
            | ev.OperatorResent()
            | ev.OperatorStarted()
            | ev.OperatorEnded()
            | ev.OperatorEdited()
            | ev.OperatorAltered()
        ):
            status = by_operator(dossier, event, now)
        case ev.OperatorAlerted() | ev.OperatorUnlinked():
            status = own_messenger.by_alerting(dossier, event, now)
        case ev.OptedByPage():
            status = _opted(dossier, event, at, now)
        case ev.Tagged() | ev.AddedToTopic() | ev.TakenFromTopic():
            status = in_bulk(dossier, event, at, now)
        case _:
            assert_never(event)
    return Answer(status, tuple(dossier.started), tuple(dossier.said), dossier.why_not)


def _opened(dossier: Dossier, param: str, inbound: Inbound, at: datetime) -> None:
    """The newest link that was opened waits for an act; opening without one takes none away."""
    address = dossier.address
    is_newest = address.opened_at is None or at >= address.opened_at
    if param and is_newest:
        address = replace(address, opened_with=param, opened_at=at)
    dossier.address = replace(address, profile=inbound.profile or address.profile)


def _reachable_again(dossier: Dossier, inbound: Inbound, at: datetime) -> None:
    """Whoever writes can be written to. It subscribes to nothing."""
    address = dossier.address
    profile = inbound.profile or address.profile
    last = max(at, address.last_inbound_at or at)
    dossier.address = replace(address, is_reachable=True, last_inbound_at=last, profile=profile)


def _count(dossier: Dossier, at: datetime, now: datetime) -> None:
    """Whoever floods us is muted for a while; operators read since when and until when."""
    before = dossier.address
    dossier.address = counted(before, dossier.catalog.flood, at, now)
    until = dossier.address.muted_until
    if until is None or until == before.muted_until:
        return
    about = {"until": until.isoformat(), "many": str(dossier.address.heard)}
    id_, by, contact = ActId(next(dossier.ids)), By(None, ""), dossier.contact.id
    place = dossier.conversation.id if dossier.conversation is not None else None
    dossier.changes.acts.append(ActRecord(id_, by, Did.MUTED, now, about, place, contact))


def _act(
    dossier: Dossier,
    event: ev.Started | ev.Said | ev.Pressed | ev.Edited,
    links: Links,
    at: datetime,
    now: datetime,
) -> None:
    match event:
        case ev.Started(param, external_id):
            dossier.heard(Content(text=f"/start {param}".strip()), external_id, at)
            _started(dossier, param, links, at, now)
        case ev.Said(Content(text=url, attachments=()), external_id) if url in dossier.offered_urls:
            # A button that opens a page was pressed: it stands in the thread, and nobody waits.
            label = dossier.offered_urls[url]
            dossier.heard(Content(text=label), external_id, at)
            if dossier.address.opened_with:
                _started(dossier, "", links, at, now)
        case ev.Said(content, external_id, link):
            dossier.heard(content, external_id, at)
            _said(dossier, content, external_id, link, links, at, now)
        case ev.Pressed():
            pressed(dossier, event, at, now)
            if dossier.address.opened_with:
                _started(dossier, "", links, at, now)
        case ev.Edited(external_id, content):
            dossier.changes.edits.append((dossier.id, external_id, content, now))
            # Whoever rewrites a message into a STOP means it.
            if isinstance(read(content.text, dossier.catalog.vocabulary), StopSaid):
                _word(dossier, content.text, external_id, at, now)
        case _:
            assert_never(event)


def _started(dossier: Dossier, param: str, links: Links, at: datetime, now: datetime) -> None:
    param = param or dossier.address.opened_with
    dossier.address = replace(dossier.address, opened_with="")
    own = own_messenger.own_link(dossier, param, links, at)
    if own is not None:
        own_messenger.link(dossier, own, now)
        return
    if dossier.address.operator is not None:
        own_messenger.explain(dossier, now)
        return
    link = linking.redeem(dossier, param, links, at, now) if param else None
    if link is not None:
        ref = link.claims.order.ref if link.claims.order else ""
        order = next((one for one in dossier.orders if one.ref == ref), None)
        if not flowing.enter_this(dossier, link.claims.flow, now, order=order):
            flowing.enter(dossier, Trigger.SUBSCRIBED, now, order=order)
    elif not consenting.ask_what_to_bring_back(dossier, now):
        flowing.enter(dossier, Trigger.STARTED, now)


def _said(
    dossier: Dossier,
    content: Content,
    external_id: str,
    link: str,
    links: Links,
    at: datetime,
    now: datetime,
) -> None:
    """STOP, then the link, then the text."""
    word = read(content.text, dossier.catalog.vocabulary)
    if dossier.address.operator is not None and not isinstance(word, StopSaid):
        _started(dossier, link, links, at, now)
        return
    if word == StartSaid(None) and (link or dossier.address.opened_with):
        # Whoever comes by a link and writes "Start" has pressed it.
        _started(dossier, link, links, at, now)
        return
    if _word(dossier, content.text, external_id, at, now):
        return
    if link or dossier.address.opened_with:
        _started(dossier, link, links, at, now)
        if not content.text.strip() and not content.attachments:
            return
    if dossier.is_unheard(now):
        return
    if not dossier.is_silenced and _flow_takes(dossier, content, now):
        return
    dossier.open_conversation(now)
    tell_if_away(dossier, now)


def _flow_takes(dossier: Dossier, content: Content, now: datetime) -> bool:
    asking = next((s for s in dossier.sessions.values() if s.state is SessionState.ASKING), None)
    is_choice = asking is not None and _names_an_option(asking, content.text)
    if not is_choice and flowing.enter(dossier, Trigger.KEYWORD, now, text=content.text):
        return True
    if asking is not None:
        flowing.walk(dossier, asking, Answered(content), now)
        return True
    if dossier.is_stopped:
        return False
    return flowing.enter(dossier, Trigger.MESSAGE, now, text=content.text)


def _names_an_option(session: Session, text: str) -> bool:
    if not session.options:
        return False
    said = normalise(text)
    return any(said in (normalise(one.label), normalise(one.key)) for one in session.options)


def _word(dossier: Dossier, text: str, external_id: str, at: datetime, now: datetime) -> bool:
    """Whether the whole message was a word of leaving or coming back; then it is carried out."""
    word = read(text, dossier.catalog.vocabulary)
    evidence: dict[str, Json] = {"written": text[:200], "message": external_id}
    match word:
        case None:
            return False
        case StopSaid(None):
            consenting.stop(dossier, Source.KEYWORD, at, now, evidence)
        case StopSaid(topic) if topic is not None:
            consenting.stop_topic(dossier, topic, Source.KEYWORD, at, now, evidence)
        case StartSaid(None):
            was_stopped = dossier.address.stop is not None
            if consenting.start(dossier, Source.KEYWORD, at, now, evidence):
                trigger = Trigger.RESUBSCRIBED if was_stopped else Trigger.STARTED
                flowing.enter(dossier, trigger, now)
        case StartSaid(topic) if topic is not None:
            consenting.start_topic(dossier, topic, Source.KEYWORD, at, now, evidence)
        case LikelyStop():
            consenting.ask_whether_to_stop(dossier, now)
        case _:
            return False
    return True


def _timer(
    dossier: Dossier,
    timer: TimerId,
    taken: dict[TimerId, tuple[SessionId, int]],
    now: datetime,
) -> None:
    if timer not in taken:
        return
    session_id, generation = taken[timer]
    session = dossier.sessions.get(session_id)
    if session is None or session.generation != generation:
        return
    if dossier.is_silenced:
        dossier.changes.timers.append(
            Timer(TimerId(next(dossier.ids)), dossier.id, session_id, generation, now + _LATER)
        )
        return
    flowing.walk(dossier, session, TimedOut(generation), now)


def _opted(dossier: Dossier, event: ev.OptedByPage, at: datetime, now: datetime) -> str:
    source, evidence = Source(event.source), dict(event.evidence)
    if event.subscribe and dossier.address.operator is not None:
        return "unknown"
    if event.topic is None:
        if event.subscribe and source is Source.OPERATOR:
            # Only the person brings back all that a STOP took, whatever they are said to have said.
            return "stopped"
        act = consenting.start if event.subscribe else consenting.stop
        act(dossier, source, at, now, evidence)
        return "taken"
    topic, status = TopicId(event.topic), "taken"
    if event.subscribe and source is Source.OPERATOR:
        rows, cls = dossier.subscriptions, consenting.class_of(dossier, topic)
        why_not = why_not_on(dossier.address, dossier.contact, rows, cls)
        if why_not is not None:
            return why_not
    if event.subscribe:
        status = _joined(dossier, topic, source, evidence, at, now)
    else:
        consenting.leave(dossier, topic, source, at, evidence)
    if status == "taken" and source is Source.OPERATOR:
        _keep_switching(dossier, event, topic, now)
    return status


def _keep_switching(dossier: Dossier, event: ev.OptedByPage, topic: TopicId, now: datetime) -> None:
    """In the audit log alone: the thread tells of the act of consent itself."""
    did = Did.SWITCHED_ON if event.subscribe else Did.SWITCHED_OFF
    id_, by = ActId(next(dossier.ids)), By(event.operator, "")
    about, contact = {"topic": str(topic)}, dossier.contact.id
    dossier.changes.acts.append(ActRecord(id_, by, did, now, about, contact=contact))
    dossier.changes.told.add(dossier.id)


def _joined(
    dossier: Dossier,
    topic: TopicId,
    source: Source,
    evidence: dict[str, Json],
    at: datetime,
    now: datetime,
) -> str:
    """What an operator heard is no proof: advertising waits for the person's own Yes."""
    known = dossier.catalog.topics.get(topic)
    is_heard = source is Source.OPERATOR
    is_marketing = known is None or known.cls is TopicClass.MARKETING
    pending = known is None or (is_marketing and (is_heard or not evidence))
    is_page = source is Source.PREFERENCES
    if known is not None and is_page:
        # Words were shown beside the box, or there are none and a Yes in the messenger is needed.
        pending = known.confirm or (is_marketing and not known.consent)
    current = dossier.subscriptions.get(topic)
    if not consenting.join(dossier, topic, source, at, evidence, pending=pending):
        return "stopped"
    if pending and (is_heard or is_page) and (current is None or not current.is_active):
        consenting.ask_to_confirm(dossier, topic, now)
    return "taken"
