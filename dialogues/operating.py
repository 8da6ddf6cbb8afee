"""What operators do to an address: answer, act, say again, start a flow. Pure."""

from dataclasses import replace
from datetime import datetime
from typing import TypeAlias, assert_never

from core import inbound as ev
from core.acts import ActRecord, By, Did
from core.conversations import ConversationState
from core.hearing import is_muted, unmuted
from core.ids import ActId, OperatorId
from core.inbound import ConversationAct
from core.messages import Author
from dialogues import closing, flowing
from dialogues.altering import alter
from dialogues.dossier import Dossier
from dialogues.working import did_by, worked_on

ByOperator: TypeAlias = (
    ev.OperatorSaid
    | ev.OperatorActed
    | ev.OperatorResent
    | ev.OperatorStarted
    | ev.OperatorEnded
    | ev.OperatorEdited
    | ev.OperatorAltered
)


def by_operator(dossier: Dossier, event: ByOperator, now: datetime) -> str:
    """What became of it, as `Answer.status` tells; nothing is changed unless "taken"."""
    match event:
        case ev.OperatorSaid():
            return _said(dossier, event, now)
        case ev.OperatorActed():
            return _acted(dossier, event, now)
        case ev.OperatorResent():
            return _resent(dossier, event, now)
        case ev.OperatorStarted():
            return _started(dossier, event, now)
        case ev.OperatorEnded():
            return _ended(dossier, event, now)
        case ev.OperatorEdited():
            return _edited(dossier, event, now)
        case ev.OperatorAltered():
            return alter(dossier, event, now)
        case _:
            assert_never(event)


def _cannot_say(dossier: Dossier) -> str:
    """Why nothing can be said there; "" where it can."""
    if dossier.address.blocked_at is not None:
        return "blocked"
    return "" if dossier.address.is_reachable else "unreachable"


def _said(dossier: Dossier, event: ev.OperatorSaid, now: datetime) -> str:
    if why_not := _cannot_say(dossier):
        return why_not
    if event.seen is not None and _is_overtaken(dossier, event, event.seen):
        return "overtaken"
    if is_muted(dossier.address, now) and event.author is Author.OPERATOR:
        # Whoever answers wants to hear what comes next.
        dossier.address = unmuted(dossier.address)
        _keep(dossier, event.operator, Did.UNMUTED, {}, now)
    dossier.answered(
        now,
        by_person=event.author is Author.OPERATOR,
        operator=event.operator,
        message=event.message,
    )
    dossier.say(
        event.content,
        now,
        author=event.author,
        operator=event.operator,
        message=event.message,
        key=event.message_key,
    )
    return "taken"


def _is_overtaken(dossier: Dossier, event: ev.OperatorSaid, seen: int) -> bool:
    """Whether somebody else has answered and the writer did not know."""
    current = dossier.conversation
    if current is None or current.answer is None or current.answer <= seen:
        return False
    return current.answerer is None or current.answerer != event.operator


def _acted(dossier: Dossier, event: ev.OperatorActed, now: datetime) -> str:
    current, before = dossier.conversation, dossier.address
    _hear(dossier, event.act, now)
    is_changed = dossier.address is not before
    if current is None:
        return "taken" if is_changed else "unknown"
    dossier.conversation = worked_on(current, event, now)
    did = did_by(event, current, dossier.conversation)
    if event.act is ConversationAct.UNMUTE and is_changed:
        did = Did.UNMUTED, {}
    if did is not None:
        _keep(dossier, event.operator, *did, now)
    if event.act is ConversationAct.CLOSE and current.state is not ConversationState.CLOSED:
        closing.ask(dossier, event, now)
    if event.act is ConversationAct.GIVE_BACK:
        flowing.ask_next(dossier, now)
    return "taken"


def _hear(dossier: Dossier, act: ConversationAct, now: datetime) -> None:
    """Whether this address is listened to from now on."""
    address = dossier.address
    match act:
        case ConversationAct.BLOCK:
            shut_out(dossier, now)
        case ConversationAct.UNBLOCK if address.blocked_at is not None:
            dossier.address = replace(unmuted(address), blocked_at=None)
        case ConversationAct.UNMUTE if address.muted_until is not None:
            dossier.address = unmuted(address)
            dossier.changes.told.add(dossier.id)


def shut_out(dossier: Dossier, now: datetime) -> None:
    """Block this address: also one by which a blocked person comes anew."""
    if dossier.address.blocked_at is not None:
        return
    dossier.address = replace(unmuted(dossier.address), blocked_at=now)
    dossier.end_sessions()
    if dossier.conversation is not None:
        event = ev.OperatorActed(ConversationAct.BLOCK, None)
        dossier.conversation = worked_on(dossier.conversation, event, now)


def _keep(
    dossier: Dossier, operator: OperatorId | None, did: Did, about: dict[str, str], now: datetime
) -> None:
    id_, by = ActId(next(dossier.ids)), By(operator, "")
    place = dossier.conversation.id if dossier.conversation is not None else None
    contact = dossier.contact.id
    record = ActRecord(id_, by, did, now, about, place, contact)
    dossier.changes.acts.append(record)
    dossier.changes.told.add(dossier.id)


def _resent(dossier: Dossier, event: ev.OperatorResent, now: datetime) -> str:
    if why_not := _cannot_say(dossier):
        return why_not
    original = event.original
    is_answer = original.author is Author.OPERATOR
    if is_answer:
        dossier.answered(now, by_person=True, operator=event.operator, message=event.message)
    dossier.say(
        original.content,
        now,
        cls=original.cls,
        author=original.author,
        topic=original.topic,
        session=original.session,
        operator=event.operator if is_answer else original.operator,
        message=event.message,
        key=event.message_key,
        flow=original.flow,
        step=original.step,
    )
    return "taken"


def _started(dossier: Dossier, event: ev.OperatorStarted, now: datetime) -> str:
    """The bot speaks again by this; a flow that the contact has no subscription for is refused."""
    flow = dossier.catalog.flows.get(event.flow)
    if flow is None or flow.topic is None or dossier.address.operator is not None:
        return "unknown"
    if why_not := _cannot_say(dossier):
        return why_not
    subscription = dossier.subscriptions.get(flow.topic)
    if subscription is None or not subscription.is_active:
        return "unsubscribed"
    if dossier.conversation is not None:
        dossier.conversation = replace(dossier.conversation, is_handed_over=False)
    flowing.begin(dossier, flow, now)
    return "taken"


def _ended(dossier: Dossier, event: ev.OperatorEnded, now: datetime) -> str:
    session = dossier.sessions.get(event.session)
    if session is None:
        return "unknown"
    entered = session.stack[0].flow if session.stack else session.flow
    flowing.end(dossier, session, now)
    _keep(dossier, event.operator, Did.SESSION_ENDED, {"flow": str(entered)}, now)
    return "taken"


def _edited(dossier: Dossier, event: ev.OperatorEdited, now: datetime) -> str:
    """The audit log has names of attributes; what operators call people may be about anybody."""
    contact, name = dossier.contact, event.name
    is_there = event.value is not None
    if event.is_tag:
        tags = contact.tags | {name} if is_there else contact.tags - {name}
        changed = replace(contact, tags=tags)
        did = Did.TAG_PUT_ON if is_there else Did.TAG_TAKEN_OFF
    else:
        attributes = {key: value for key, value in contact.attributes.items() if key != name}
        attributes |= {name: event.value} if is_there else {}
        changed = replace(contact, attributes=attributes)
        did = Did.ATTRIBUTE_SET if is_there else Did.ATTRIBUTE_REMOVED
    if changed != contact:
        dossier.contact = changed
        _keep(dossier, event.operator, did, {} if event.is_tag else {"name": name}, now)
    return "taken"
