"""What follows the end of a conversation: a flow may ask how it was, once in a while. Pure."""

from datetime import datetime, timedelta

from core.ids import SessionId
from core.inbound import OperatorActed
from dialogues import flowing
from dialogues.dossier import Dossier
from flows.happenings import Trigger
from storage.ratings import Asked

FRESH = timedelta(hours=24)
"""Whoever wrote within this is still in the conversation: a question belongs to it."""


def ask(dossier: Dossier, event: OperatorActed, now: datetime) -> None:
    """Begin the flow that a closed conversation calls for, if the person may be asked now."""
    current = dossier.conversation
    if current is None or event.operator is None or not _may_be_asked(dossier, event, now):
        return
    before = _sessions(dossier)
    if not flowing.enter(dossier, Trigger.CLOSED, now):
        return
    # Also where it said something and ended: it counts as having spoken.
    for session in sorted(_sessions(dossier) - before):
        operator = current.assignee or current.answerer or event.operator
        dossier.changes.asked.append(
            Asked(session, current.id, dossier.contact.id, dossier.id, operator, now)
        )


def _sessions(dossier: Dossier) -> set[SessionId]:
    return dossier.sessions.keys() | dossier.changes.ended


def _may_be_asked(dossier: Dossier, event: OperatorActed, now: datetime) -> bool:
    """Only of a conversation that was one, and only whoever is still there and said no No."""
    every, current, address = dossier.catalog.ask_every, dossier.conversation, dossier.address
    if every is None or current is None or current.first_answer_at is None:
        return False
    if event.reason == "spam" or not address.is_reachable or address.blocked_at is not None:
        return False
    if address.operator is not None:
        return False  # An operator's own messenger, where nothing but alerts comes.
    if address.stop is not None or address.held_since is not None:
        return False
    if address.last_inbound_at is None or now - address.last_inbound_at > FRESH:
        return False
    last = dossier.last_asked_at
    return last is None or now - last >= every
