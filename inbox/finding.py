"""Which conversation a path means, and the way back to it."""

import re

from aiohttp import web

from core.ids import ConversationId
from inbox.filters import filter_of
from inbox.rendering import Problem, Refused, answer, wants_json
from inbox.talking import BlockedHere, Talking, Unreachable
from storage.conversations import Listed

KEY = re.compile(r"[A-Za-z0-9_-]{8,64}")
"""What makes a form one of a kind, however often it is sent."""


def number_of(text: str) -> int | None:
    """An id of ours; None for what cannot be one."""
    is_id = text.isascii() and text.isdigit() and len(text) < 20
    return int(text) if is_id and int(text) < 2**63 else None


async def find_listed(talking: Talking, request: web.Request) -> Listed:
    """The conversation of this path. Raises Problem."""
    id_ = number_of(request.match_info["conversation"])
    listed = await talking.find(ConversationId(id_)) if id_ is not None else None
    if listed is None:
        raise Problem(404, "lost")
    return listed


def back(request: web.Request, listed: Listed, place: str = "end") -> web.Response:
    """To the conversation, in the list that one works in; `place` is where on its page."""
    query = filter_of(request.query).query
    location = f"/inbox/{listed.conversation.id}?{query}#{place}"
    return web.Response(status=303, headers={"Location": location, "Cache-Control": "no-store"})


def why_silent(listed: Listed) -> str:
    """The phrase that says why nothing can be said there; "" where it can."""
    if listed.blocked_at is not None:
        return "blocked_here"
    return "" if listed.is_reachable else "unreachable"


def refused_to_say(error: Unreachable, listed: Listed) -> Refused:
    """Why nothing can be said there, in words."""
    phrase = "blocked_here" if isinstance(error, BlockedHere) else "unreachable"
    return Refused(phrase, 409, name=listed.name)


def done(request: web.Request, listed: Listed, place: str = "end") -> web.Response:
    """What changed comes to our script by the stream; a form goes back to its page."""
    return answer({}) if wants_json(request) else back(request, listed, place)
