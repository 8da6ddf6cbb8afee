"""What a flow emits about a conversation is kept as its rating. Pure."""

from collections.abc import Mapping
from datetime import datetime

from core.ids import SessionId
from core.people import Json
from core.text import clean
from dialogues.changes import Changes
from storage.ratings import BEST, Answered

RATED = "conversation.rated"
"""The event's name. It goes to the shop like any other."""
_LONGEST = 2000


def keep(changes: Changes, session: SessionId, data: Mapping[str, Json], now: datetime) -> None:
    """`data` is {rating: 1 to 5, comment}; anything else is only for the shop."""
    score, comment = data.get("rating"), data.get("comment", "")
    if isinstance(score, int) and not isinstance(score, bool) and 1 <= score <= BEST:
        text = clean(comment)[:_LONGEST] if isinstance(comment, str) else ""
        changes.rated.append(Answered(session, score, text, now))
