"""The headers with which a file leaves: it is what its bytes are, and it runs nothing."""

from urllib.parse import quote

from media.kinds import OTHER, extension_of
from media.names import harmless
from storage.files import StoredFile


def headers_of(file: StoredFile, name: str, otherwise: str = "file") -> dict[str, str]:
    """In place for pictures, sounds and films; everything else is to be saved."""
    return headers_for(file.mime, name, otherwise)


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
