"""The thread that operators see: one per address."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from core.ids import AddressId, ConversationId, OperatorId


class ConversationState(StrEnum):
    OPEN = "open"
    SNOOZED = "snoozed"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Conversation:
    """`is_handed_over` silences the bot until the conversation is closed or given back."""

    id: ConversationId
    address: AddressId
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
