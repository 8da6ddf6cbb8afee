"""What a program attaches to a message: a file at a URL, or one that it brought before."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeAlias, assert_never

from pydantic import Discriminator, Field, Tag

from api.errors import ApiError
from api.routing import request_body
from core.content import Media, MediaKind, digest_in
from core.text import clean
from media.kinds import sent_as
from media.names import harmless
from storage.files import StoredFile
from storage.tx import Tx


@request_body
@dataclass(frozen=True, slots=True, kw_only=True)
class NewAttachment:
    """A file at a public http(s) URL."""

    kind: Literal["photo", "video", "document", "voice", "audio"]
    url: Annotated[str, Field(pattern=r"^https?://\S+$", max_length=2000)]
    name: Annotated[str, Field(max_length=200)] = ""


@request_body
@dataclass(frozen=True, slots=True, kw_only=True)
class KeptAttachment:
    """A file that `POST /api/v1/files` took: `file` is its `ref`."""

    file: Annotated[str, Field(max_length=200)]
    name: Annotated[str, Field(max_length=200)] = ""


def _which(attachment: Any) -> str:
    is_kept = isinstance(attachment, dict) and "file" in attachment
    return "kept" if is_kept else "elsewhere"


AnyAttachment: TypeAlias = Annotated[
    Annotated[NewAttachment, Tag("elsewhere")] | Annotated[KeptAttachment, Tag("kept")],
    Discriminator(_which),
]


async def media_of(tx: Tx, wanted: Sequence[NewAttachment | KeptAttachment]) -> tuple[Media, ...]:
    """The same for a message of ours. Raises ApiError for a file that is not there."""
    refs = [one.file for one in wanted if isinstance(one, KeptAttachment)]
    digests = [digest for ref in refs if (digest := digest_in(ref)) is not None]
    stored = await tx.files.stored(digests) if digests else {}
    found = []
    for number, one in enumerate(wanted):
        match one:
            case NewAttachment(kind=kind, url=url, name=name):
                found.append(Media(MediaKind(kind), url, clean(name)))
            case KeptAttachment(file=ref):
                file = stored.get(digest_in(ref) or "")
                if file is None:
                    raise _no_such_file(number)
                found.append(_kept(one, file))
            case _:
                assert_never(one)
    return tuple(found)


def _kept(one: KeptAttachment, file: StoredFile) -> Media:
    kind = sent_as(file.mime, file.size)
    return Media(kind, one.file, harmless(one.name), file.mime, file.size)


def _no_such_file(number: int) -> ApiError:
    message = "this file is not there (any more): bring it to /api/v1/files again"
    detail = {"place": f"attachments.{number}.file", "message": message}
    return ApiError(422, "no_such_file", message, [detail])
