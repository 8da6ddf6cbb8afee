"""What an operator's act makes of a conversation. Pure."""

from dataclasses import replace
from datetime import datetime
from typing import assert_never

from core.acts import Did
from core.conversations import Conversation, ConversationState
from core.inbound import ConversationAct, OperatorActed


def worked_on(current: Conversation, event: OperatorActed, now: datetime) -> Conversation:
    """The conversation after it; the same one where the act came too late to mean anything."""
    if current.state is ConversationState.BLOCKED and event.act not in _WHILE_BLOCKED:
        return current
    match event.act:
        case ConversationAct.CLOSE:
            return _closed(current, event.reason, now)
        case ConversationAct.REOPEN:
            return _reopened(current, now)
        case ConversationAct.ASSIGN:
            return _assigned(current, event)
        case ConversationAct.READ:
            return replace(current, unread=0)
        case ConversationAct.GIVE_BACK:
            return replace(current, is_handed_over=False, waiting_since=None)
        case ConversationAct.TAKE_OVER:
            return replace(_reopened(current, now), is_handed_over=True)
        case ConversationAct.SNOOZE:
            return _snoozed(current, event.until, now)
        case ConversationAct.WAKE:
            return _woken(current, now)
        case ConversationAct.ESCALATE:
            return _escalated(current, now)
        case ConversationAct.BLOCK:
            return replace(_closed(current, "", now), state=ConversationState.BLOCKED)
        case ConversationAct.UNBLOCK:
            return _unblocked(current, now)
        case ConversationAct.UNMUTE:
            return current
        case _:
            assert_never(event.act)


def did_by(
    event: OperatorActed, before: Conversation, after: Conversation
) -> tuple[Did, dict[str, str]] | None:
    """What the audit log tells of it; nothing where it changed nothing, or was only looked at."""
    if after == before or event.act is ConversationAct.READ:
        return None
    match event.act:
        case ConversationAct.ASSIGN if after.assignee is None:
            return Did.LET_GO, {}
        case ConversationAct.ASSIGN:
            return Did.ASSIGNED, {"operator": str(after.assignee)}
        case ConversationAct.CLOSE:
            return Did.CLOSED, {"reason": event.reason} if event.reason else {}
        case ConversationAct.SNOOZE:
            return Did.SNOOZED, {"until": event.until.isoformat()} if event.until else {}
        case act:
            return _DID[act], {}


_DID = {
    ConversationAct.REOPEN: Did.REOPENED,
    ConversationAct.GIVE_BACK: Did.GIVEN_BACK,
    ConversationAct.TAKE_OVER: Did.TAKEN_OVER,
    ConversationAct.WAKE: Did.WOKEN,
    ConversationAct.ESCALATE: Did.ESCALATED,
    ConversationAct.BLOCK: Did.BLOCKED,
    ConversationAct.UNBLOCK: Did.UNBLOCKED,
    ConversationAct.UNMUTE: Did.UNMUTED,
}
_WHILE_BLOCKED = (
    ConversationAct.UNBLOCK,
    ConversationAct.BLOCK,
    ConversationAct.ASSIGN,
    ConversationAct.READ,
)


def _closed(current: Conversation, reason: str, now: datetime) -> Conversation:
    if current.state is ConversationState.CLOSED:
        return current
    return replace(
        current,
        state=ConversationState.CLOSED,
        is_handed_over=False,
        unread=0,
        waiting_since=None,
        snoozed_until=None,
        closed_at=now,
        close_reason=reason,
    )


def _reopened(current: Conversation, now: datetime) -> Conversation:
    if current.state is ConversationState.OPEN:
        return current
    is_new = current.state is ConversationState.CLOSED
    return replace(
        current,
        state=ConversationState.OPEN,
        last_message_at=now,
        opened_at=now if is_new else current.opened_at,
        first_answer_at=None if is_new else current.first_answer_at,
        snoozed_until=None,
        closed_at=None,
        close_reason="",
    )


def _unblocked(current: Conversation, now: datetime) -> Conversation:
    """Back before the operators, whatever it was before."""
    if current.state is not ConversationState.BLOCKED:
        return current
    return _reopened(replace(current, state=ConversationState.CLOSED), now)


def _assigned(current: Conversation, event: OperatorActed) -> Conversation:
    is_late = event.is_automatic and (
        current.assignee is not None or current.state is not ConversationState.OPEN
    )
    return current if is_late else replace(current, assignee=event.assignee)


def _snoozed(current: Conversation, until: datetime | None, now: datetime) -> Conversation:
    if until is None or until <= now:
        return current
    return replace(current, state=ConversationState.SNOOZED, snoozed_until=until, unread=0)


def _woken(current: Conversation, now: datetime) -> Conversation:
    """Back among the open ones, on top and unread; who moved it meanwhile was right."""
    is_due = current.snoozed_until is not None and current.snoozed_until <= now
    if current.state is not ConversationState.SNOOZED or not is_due:
        return current
    return replace(
        current,
        state=ConversationState.OPEN,
        snoozed_until=None,
        last_message_at=now,
        unread=current.unread + 1,
    )


def _escalated(current: Conversation, now: datetime) -> Conversation:
    """Once a wait; whoever answered or put it off meanwhile was right."""
    is_waiting = current.state is ConversationState.OPEN and current.waiting_since is not None
    if not is_waiting or current.is_escalated:
        return current
    return replace(current, escalated_at=now)
