"""Walking sessions through flows: hand the engine what it needs, carry out what it orders."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial
from itertools import islice
from typing import assert_never

from core.consent import Source
from core.ids import FlowName, SessionId, TimerId
from core.messages import Author
from core.people import Contact, Json, Order
from dialogues import consenting, texts
from dialogues.away import tell_if_away
from dialogues.changes import Saved
from dialogues.dossier import Dossier
from dialogues.rating import RATED, keep
from flows import effects as fx
from flows.engine import advance, step_aside
from flows.facts import Facts
from flows.happenings import Entered, Happening, Trigger, TurnCame, is_contacts_act
from flows.language import Flow
from flows.session import Session, SessionState
from flows.start import concerned, matching
from storage.timers import Emitted, PendingCall, Timer

_MOST_TURNS = 20
"""Queued questions that may follow each other within one event."""
MOST_SESSIONS = 50
"""Of one address at a time; the oldest that only waits for a time makes room."""


def facts_of(dossier: Dossier, session: Session | None, order: Order | None) -> Facts:
    asks = any(
        other.state is SessionState.ASKING
        for other in dossier.sessions.values()
        if session is None or other.id != session.id
    )
    catalog = dossier.catalog
    site = catalog.sites.get(dossier.contact.site or dossier.account.site)
    return Facts(
        contact=_as_known_here(dossier),
        profile=dossier.address.profile,
        channel=dossier.account.channel,
        locale=dossier.locale,
        topics=catalog.topics,
        subscriptions=dossier.subscriptions,
        flows=catalog.flows,
        versions=catalog.versions,
        order=order,
        orders=dossier.orders,
        is_asked_elsewhere=asks,
        default_language=catalog.languages[0],
        site_name=site.name if site else "",
        links={"site": site.url} if site and site.url else {},
        preferences=_preferences_of(dossier),
    )


def _preferences_of(dossier: Dossier) -> Callable[[datetime], str] | None:
    """Made only where a template names it: it costs a signature."""
    links = dossier.catalog.preferences
    return partial(links.of_address, dossier.id) if links is not None else None


def _as_known_here(dossier: Dossier) -> Contact:
    """The contact, without what other addresses of the person told, until a second proof."""
    contact = dossier.contact
    if dossier.is_shared and not dossier.address.is_proven:
        return replace(contact, name="", attributes={})
    return contact


def enter(
    dossier: Dossier,
    trigger: Trigger,
    now: datetime,
    *,
    order: Order | None = None,
    text: str = "",
    event_name: str = "",
    data: Mapping[str, Json] | None = None,
) -> bool:
    """Start the flow, or for a shop event the flows, that this calls for. False: none does.

    Whoever is stopped still gets what they ask for, from flows that belong to no topic. Whoever is
    not heard starts none; what happens in the shop is not their doing, but is no word to somebody
    who is blocked. An operator's own messenger gets alerts and no more, also where they are the
    shop's customer.
    """
    is_theirs = trigger is not Trigger.EVENT
    if dossier.address.blocked_at is not None or dossier.address.operator is not None:
        return False
    if is_theirs and dossier.is_unheard(now):
        return False
    flows = concerned(dossier.catalog.flows.values(), trigger, text)
    if flows and dossier.is_stopped:
        flows = [flow for flow in flows if flow.topic is None]
    if not flows:
        return False
    data = data or {}
    facts = facts_of(dossier, None, order)
    found = matching(flows, trigger, facts, text=text, event_name=event_name, data=data)
    # What a contact does starts one flow; what happens in the shop may concern several.
    chosen = list(found) if trigger is Trigger.EVENT else list(islice(found, 1))
    if chosen and trigger not in (Trigger.EVENT, Trigger.CLOSED):
        _let_speak_first(dossier, now)
    subject = order.ref if order else ""
    for flow in chosen:
        _begin(dossier, flow, subject, Entered(trigger, data, text, event_name), now)
    return bool(chosen)


def enter_this(
    dossier: Dossier, name: FlowName | None, now: datetime, *, order: Order | None = None
) -> bool:
    """Start the flow that the link itself names, for whoever came by it just now.

    False: it names none, or one that is not there any more, or they may not have it.
    """
    flow = dossier.catalog.flows.get(name) if name is not None else None
    if flow is None or dossier.address.operator is not None or dossier.is_unheard(now):
        return False
    if flow.topic is not None and dossier.is_stopped:
        return False
    _let_speak_first(dossier, now)
    _begin(dossier, flow, order.ref if order else "", Entered(Trigger.SUBSCRIBED), now)
    return True


def begin(dossier: Dossier, flow: Flow, now: datetime) -> None:
    """Start this flow at its first step, about the newest order that the address may see.

    Nobody but us wants it: what it says by itself needs its topic's subscription.
    """
    order = max(dossier.orders, key=lambda one: one.id, default=None)
    _begin(dossier, flow, order.ref if order else "", Entered(Trigger.EVENT), now)


def _begin(dossier: Dossier, flow: Flow, subject: str, entered: Entered, now: datetime) -> None:
    _forget_earlier(dossier, flow, subject)
    session = Session(SessionId(next(dossier.ids)), flow.name, flow.version, subject)
    dossier.sessions[session.id] = session
    dossier.started.append(flow.name)
    walk(dossier, session, entered, now)


def _let_speak_first(dossier: Dossier, now: datetime) -> None:
    """Who asks for something is not told to answer an open question first; it comes again."""
    for id_, session in dossier.sessions.items():
        if session.state is SessionState.ASKING:
            dossier.sessions[id_] = step_aside(session, now=now)


def _forget_earlier(dossier: Dossier, flow: Flow, subject: str) -> None:
    """A flow begun anew about the same subject takes the place of its earlier session."""
    for session in list(dossier.sessions.values()):
        outermost = session.stack[0].flow if session.stack else session.flow
        if outermost == flow.name and session.subject == subject:
            _end(dossier, session)
    waiting = [s for s in dossier.sessions.values() if s.state is SessionState.WAITING]
    if len(dossier.sessions) >= MOST_SESSIONS and waiting:
        _end(dossier, waiting[0])


def _end(dossier: Dossier, session: Session) -> None:
    dossier.changes.ended.add(session.id)
    del dossier.sessions[session.id]


def end(dossier: Dossier, session: Session, now: datetime) -> None:
    """End one; whoever waited for its question asks now."""
    _end(dossier, session)
    ask_next(dossier, now)


def walk(dossier: Dossier, session: Session, happening: Happening, now: datetime) -> bool:
    """One turn, and the turns of those whose question waited for it.

    False: the button that was pressed belongs to an earlier question.
    """
    fits = _turn(dossier, session, happening, now)
    ask_next(dossier, now)
    return fits


def ask_next(dossier: Dossier, now: datetime) -> None:
    """Let those ask whose question waited, unless somebody asks or an operator has taken over."""
    for _ in range(_MOST_TURNS):
        queued = _next_queued(dossier)
        if queued is None or dossier.is_silenced:
            return
        _turn(dossier, queued, TurnCame(), now)


def _next_queued(dossier: Dossier) -> Session | None:
    sessions = dossier.sessions.values()
    if any(session.state is SessionState.ASKING for session in sessions):
        return None
    queued = [session for session in sessions if session.state is SessionState.QUEUED]
    return min(queued, key=lambda s: (s.queued_at is None, s.queued_at, s.id), default=None)


def _turn(dossier: Dossier, session: Session, happening: Happening, now: datetime) -> bool:
    flow = dossier.catalog.versions.get(session.version)
    if flow is None:
        dossier.changes.reports.append((session.flow, session.step, "its version is not kept"))
        _end(dossier, session)
        return False
    order = next((one for one in dossier.orders if one.ref == session.subject), None)
    turn = advance(flow, session, happening, facts_of(dossier, session, order), now=now)
    if turn.session.state is SessionState.ENDED:
        _end(dossier, session)
    else:
        dossier.sessions[session.id] = turn.session
    dossier.changes.saved += [
        Saved(one.flow, one.step, one.name, one.value, session.subject) for one in turn.saved
    ]
    # A mere message is no wish to subscribe, whatever flow it starts.
    is_message = isinstance(happening, Entered) and happening.trigger is Trigger.MESSAGE
    is_act = is_contacts_act(happening) and not is_message
    for effect in turn.effects:
        _carry_out(dossier, turn.session, effect, now, is_act=is_act)
    return not any(isinstance(effect, fx.Stale) for effect in turn.effects)


def _carry_out(
    dossier: Dossier, session: Session, effect: fx.Effect, now: datetime, *, is_act: bool
) -> None:
    match effect:
        case fx.Say(content, cls, topic, step):
            dossier.say(
                content,
                now,
                cls=cls,
                author=Author.FLOW,
                topic=topic,
                session=session.id,
                flow=session.flow,
                step=step,
            )
        case fx.Subscribe(topic, words):
            _subscribe(dossier, session, effect, words, now, is_act=is_act)
        case fx.Unsubscribe(topic):
            evidence: dict[str, Json] = {"flow": session.flow, "step": session.step}
            consenting.leave(dossier, topic, Source.BUTTON, now, evidence)
        case fx.SetAttribute(name, value):
            attributes = {**dossier.contact.attributes, name: value}
            dossier.contact = replace(dossier.contact, attributes=attributes)
        case fx.Tag(name):
            dossier.contact = replace(dossier.contact, tags=dossier.contact.tags | {name})
        case fx.Untag(name):
            dossier.contact = replace(dossier.contact, tags=dossier.contact.tags - {name})
        case fx.HandOver(note):
            dossier.open_conversation(now, note=note, hand_over=True)
            tell_if_away(dossier, now)
        case fx.Call(generation, method, url, headers, body):
            dossier.changes.calls.append(
                PendingCall(
                    next(dossier.ids), dossier.id, session.id, generation, method, url,
                    headers, body, dossier.account.id, dossier.address.user,
                )
            )  # fmt: skip
        case fx.Emit(name, data):
            dossier.changes.emitted.append(
                Emitted(next(dossier.ids), dossier.contact.id, name, data, now)
            )
            if name == RATED:
                keep(dossier.changes, session.id, data, now)
        case fx.WakeAt(at, generation):
            dossier.changes.timers.append(
                Timer(TimerId(next(dossier.ids)), dossier.id, session.id, generation, at)
            )
        case fx.Report(problem, step):
            dossier.changes.reports.append((session.flow, step, problem))
        case fx.Stale():
            pass
        case _:
            assert_never(effect)


def _subscribe(
    dossier: Dossier,
    session: Session,
    effect: fx.Subscribe,
    words: str,
    now: datetime,
    *,
    is_act: bool,
) -> None:
    if not is_act:
        problem = "a subscription needs an act of the contact; a timer or an event is none"
        dossier.changes.reports.append((session.flow, session.step, problem))
        return
    evidence: dict[str, Json] = {"flow": session.flow, "step": session.step, "words": words}
    known = dossier.catalog.topics.get(effect.topic)
    pending = known is not None and known.confirm
    consenting.join(dossier, effect.topic, Source.BUTTON, now, evidence, pending=pending)
    if pending:
        consenting.ask_to_confirm(dossier, effect.topic, now)


def stale_notice(dossier: Dossier) -> str:
    return texts.say("stale", dossier.locale)
