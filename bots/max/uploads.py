"""Bringing a file to MAX: ask where, post it there; then it has a name of its own."""

from bots.contract import File, Uploaded
from bots.fields import Fields, hint
from bots.max.api import Api
from bots.max.errors import FAILURES, Stranger, outcome_of
from bots.max.requests import type_for
from bots.transport import NoAnswer
from core.content import MediaKind
from core.outcomes import Outcome, Refused, Transient, Unknown

_MOST_TOKEN = 2048


async def upload(api: Api, kind: MediaKind, file: File) -> Uploaded | Outcome:
    """MAX's name of the file, good for every receiver. Repeating an upload is harmless."""
    as_type = type_for(kind, file.mime)
    try:
        place = await api.call("POST", "/uploads", query={"type": as_type})
        url = hint(place, "url", 8192)
        if not url.startswith(("https://", "http://")):
            raise NoAnswer("MAX tells no address for uploads")
    except FAILURES as failure:
        return _harmless(outcome_of(failure))
    try:
        answer = await api.bring(url, file)
    except Stranger as error:
        refused = 400 <= error.http < 500 and error.http != 429
        reason = f"MAX's upload server answered {error.http}"
        return Refused(reason) if refused else Transient(reason)
    except FAILURES as failure:
        return _harmless(outcome_of(failure))
    # Films and sounds are named before they are brought, the others by the upload server.
    token = hint(place if as_type in ("video", "audio") else _named(answer), "token", _MOST_TOKEN)
    return Uploaded(f"{as_type}:{token}") if token else Refused("MAX gave the file no name")


def _named(answer: Fields) -> Fields:
    """Where the token stands: an image comes back in sizes, each of which has one."""
    photos = answer.get("photos")
    if type(photos) is not dict:
        return answer
    return next((photo for photo in photos.values() if type(photo) is dict), {})


def _harmless(outcome: Outcome) -> Outcome:
    """An upload that perhaps arrived is no message that perhaps arrived."""
    return Transient(outcome.reason) if isinstance(outcome, Unknown) else outcome
