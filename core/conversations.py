"""The thread that operators see: one per address."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from core.ids import AccountId, AddressId, ConversationId, MessageId, OperatorId


class ConversationState(StrEnum):
    OPEN = "open"
    SNOOZED = "snoozed"
    CLOSED = "closed"
    BLOCKED = "blocked"
    """In no list of work: operators do not want to hear from this address."""


@dataclass(frozen=True, slots=True)
class Conversation:
    """`is_handed_over` silences the bot until the conversation is closed or given back."""

    id: ConversationId
    address: AddressId
    account: AccountId
    state: ConversationState
    opened_at: datetime
    last_message_at: datetime
    assignee: OperatorId | None = None
    unread: int = 0
    is_handed_over: bool = False
    note: str = ""
    """Why it was opened, in the words of the flow that handed it over."""
    waiting_since: datetime | None = None
    """When the contact first wrote after our last answer; None while nobody waits."""
    first_answer_at: datetime | None = None
    """When a person first answered since it was opened."""
    snoozed_until: datetime | None = None
    closed_at: datetime | None = None
    close_reason: str = ""
    away_told_at: datetime | None = None
    """When the contact was last told that nobody is at the desk."""
    answer: MessageId | None = None
    """The last answer of a person, and whose it was: None where it was given elsewhere."""
    answerer: OperatorId | None = None
    escalated_at: datetime | None = None
    """When it last went to those who supervise."""

    @property
    def is_escalated(self) -> bool:
        """Whoever waits now has waited too long: an answer ends that."""
        waits, at = self.waiting_since, self.escalated_at
        return waits is not None and at is not None and at >= waits
