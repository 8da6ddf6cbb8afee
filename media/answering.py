"""The headers with which a file leaves: it is what its bytes are, and it runs nothing."""

from urllib.parse import quote

from aiohttp import web

from media.kinds import OTHER, extension_of
from media.names import harmless
from storage.files import StoredFile


def headers_of(file: StoredFile, name: str, otherwise: str = "file") -> dict[str, str]:
    """In place for pictures, sounds and films; everything else is to be saved."""
    return headers_for(file.mime, name, otherwise) | {"ETag": etag(file)}


class NoSuchPart(Exception):
    """The file has no such bytes."""

    code = "no_such_part"


def part_of(request: web.Request, file: StoredFile) -> range | None:
    """The part that a player asks for, to jump or to go on; None for the whole file.

    Several parts at once, and a part of what was another file, are answered by the whole, as
    RFC 9110 (14.2, 13.1.5) allows.

    Raises:
        NoSuchPart: answer 416.
    """
    if request.headers.get("If-Range", etag(file)) != etag(file):
        return None
    try:
        asked = request.http_range
    except ValueError:
        return None
    if asked.start is None and asked.stop is None:
        return None
    found = range(*asked.indices(file.size))
    if not found:
        raise NoSuchPart
    return found


def etag(file: StoredFile) -> str:
    return f'"{file.digest}"'


def headers_for(mime: str, name: str, otherwise: str) -> dict[str, str]:
    """The same for bytes that are not stored; `otherwise` is the name of a nameless one."""
    extension = extension_of(mime)
    clean = harmless(name) or (f"{otherwise}.{extension}" if extension else otherwise)
    plain = clean.encode("ascii", "replace").decode().replace("?", "_")
    way = "attachment" if mime == OTHER else "inline"
    return {
        "Content-Type": mime,
        "Content-Disposition": f"{way}; filename=\"{plain}\"; filename*=UTF-8''{quote(clean)}",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cache-Control": "private, max-age=86400, immutable",
    }
