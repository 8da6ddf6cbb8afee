"""Bringing a file to VK: ask where, post it there, save it; three requests for one file."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any, Final

from bots.contract import File, Uploaded
from bots.fields import hint
from bots.transport import NoAnswer, form_of
from bots.vk.answers import object_in
from bots.vk.errors import FAILURES, Failure, Refusal, outcome_of
from bots.vk.session import Client
from core.content import MediaKind
from core.ids import UserId
from core.outcomes import Outcome, Refused, Throttled, Transient, Unknown

_SECONDS: Final = 120.0
_QUOTA_IS_USED_UP: Final = 29
_QUOTA_PAUSE: Final = timedelta(hours=1)
_PICTURES = frozenset(("image/jpeg", "image/png", "image/gif"))


class _As(StrEnum):
    PHOTO = "photo"
    DOC = "doc"
    VOICE = "audio_message"


@dataclass(eq=False)
class _NotTaken(Exception):
    """VK's upload server took nothing."""

    outcome: Outcome


async def upload(client: Client, user: UserId, kind: MediaKind, file: File) -> Uploaded | Outcome:
    """VK's name of the file, good for every receiver. Repeating an upload is harmless."""
    way = _way(kind, file)
    told = await _upload(client, user, way, file)
    if way is _As.VOICE and isinstance(told, Refused):
        # VK takes one kind of sound for a voice message; the others are files.
        return await _upload(client, user, _As.DOC, file)
    return told


def _way(kind: MediaKind, file: File) -> _As:
    if kind is MediaKind.PHOTO and file.mime in _PICTURES:
        return _As.PHOTO
    # A community's token brings no videos and no music.
    return _As.VOICE if kind is MediaKind.VOICE else _As.DOC


async def _upload(client: Client, user: UserId, way: _As, file: File) -> Uploaded | Outcome:
    try:
        return Uploaded(
            await (
                _photo(client, user, file) if way is _As.PHOTO else _doc(client, user, way, file)
            )
        )
    except _NotTaken as error:
        return error.outcome
    except FAILURES as failure:
        return _outcome_of(failure)


def _outcome_of(failure: Failure) -> Outcome:
    """What it means where no message is at stake: what perhaps arrived is brought again."""
    outcome = outcome_of(failure)
    if isinstance(outcome, Unknown):
        return Transient(outcome.reason)
    if isinstance(failure, Refusal) and failure.is_vk and failure.code == _QUOTA_IS_USED_UP:
        # It counts methods one by one: texts still leave.
        return Throttled(_QUOTA_PAUSE, only_address=True)
    return outcome


async def _photo(client: Client, user: UserId, file: File) -> str:
    url = await _where(client, "photos.getMessagesUploadServer", {"peer_id": user})
    taken = await _post(client, url, "photo", file)
    if taken.get("photo") in (None, "", "[]"):
        # It happens to good pictures too, and the second try helps.
        raise _NotTaken(Transient("VK's upload server took no photo"))
    fields = {name: taken.get(name) for name in ("server", "photo", "hash")}
    saved = (await client.call("photos.saveMessagesPhoto", fields))["response"]
    return _name("photo", saved[0] if isinstance(saved, list) and saved else None)


async def _doc(client: Client, user: UserId, way: _As, file: File) -> str:
    asked = {"type": way.value, "peer_id": user}
    url = await _where(client, "docs.getMessagesUploadServer", asked)
    taken = await _post(client, url, "file", file)
    if not isinstance(taken.get("file"), str):
        raise _NotTaken(Refused(f"VK does not take this file: {str(taken.get('error', ''))[:100]}"))
    fields = {"file": taken["file"], "title": file.name[:128] or None}
    saved = (await client.call("docs.save", fields))["response"]
    # Some pictures come back as a "graffiti" instead of a "doc".
    kind = hint(saved, "type", 32) if isinstance(saved, dict) else ""
    return _name(kind, saved.get(kind) if kind else None)


async def _where(client: Client, method: str, asked: dict[str, Any]) -> str:
    answer = (await client.call(method, asked))["response"]
    url = answer.get("upload_url") if isinstance(answer, dict) else None
    if not isinstance(url, str) or not url.startswith(("http://", "https://")):
        raise NoAnswer("VK tells no address for uploads")
    return url


async def _post(client: Client, url: str, field: str, file: File) -> dict[str, Any]:
    answer = await client.transport.ask("POST", url, data=form_of(field, file), seconds=_SECONDS)
    found = object_in(answer.body)
    if found is not None and answer.status == 200:
        return found
    if answer.status == 200:
        raise NoAnswer("the answer is not one of VK's upload servers")
    reason = f"VK's upload server answered {answer.status}"
    # It speaks of this one file: the account is not to blame.
    refused = 400 <= answer.status < 500 and answer.status != 429
    raise _NotTaken(Refused(reason) if refused else Transient(reason))


def _name(kind: str, saved: Any) -> str:
    """Like photo-123_456_key: what an `attachment` of messages.send is written as."""
    owner = saved.get("owner_id") if isinstance(saved, dict) else None
    number = saved.get("id") if isinstance(saved, dict) else None
    if type(owner) is not int or type(number) is not int:
        raise NoAnswer("VK saved the file and tells no name for it")
    return "_".join(filter(None, (f"{kind}{owner}", str(number), hint(saved, "access_key", 64))))
