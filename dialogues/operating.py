"""What operators do to an address: answer, act, say again, start a flow. Pure."""

from dataclasses import replace
from datetime import datetime
from typing import TypeAlias, assert_never

from core import inbound as ev
from core.acts import ActRecord, By
from core.conversations import ConversationState
from core.ids import ActId
from core.inbound import ConversationAct
from core.messages import Author
from dialogues import closing, flowing
from dialogues.dossier import Dossier
from dialogues.working import did_by, worked_on

ByOperator: TypeAlias = ev.OperatorSaid | ev.OperatorActed | ev.OperatorResent | ev.OperatorStarted


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
        case _:
            assert_never(event)


def _said(dossier: Dossier, event: ev.OperatorSaid, now: datetime) -> str:
    if not dossier.address.is_reachable:
        return "unreachable"
    if event.seen is not None and _is_overtaken(dossier, event, event.seen):
        return "overtaken"
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
    current = dossier.conversation
    if current is None:
        return "unknown"
    dossier.conversation = worked_on(current, event, now)
    did = did_by(event, current, dossier.conversation)
    if did is not None:
        act, about = did
        id_, by = ActId(next(dossier.ids)), By(event.operator, "")
        dossier.changes.acts.append(ActRecord(id_, by, act, now, about, current.id))
    if event.act is ConversationAct.CLOSE and current.state is not ConversationState.CLOSED:
        closing.ask(dossier, event, now)
    if event.act is ConversationAct.GIVE_BACK:
        flowing.ask_next(dossier, now)
    return "taken"


def _resent(dossier: Dossier, event: ev.OperatorResent, now: datetime) -> str:
    if not dossier.address.is_reachable:
        return "unreachable"
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
    if flow is None or flow.topic is None:
        return "unknown"
    if not dossier.address.is_reachable:
        return "unreachable"
    subscription = dossier.subscriptions.get(flow.topic)
    if subscription is None or not subscription.is_active:
        return "unsubscribed"
    if dossier.conversation is not None:
        dossier.conversation = replace(dossier.conversation, is_handed_over=False)
    flowing.begin(dossier, flow, now)
    return "taken"
