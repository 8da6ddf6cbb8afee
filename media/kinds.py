"""What a file is, by its bytes: never by its name or by what anybody says."""

import re

from core.content import MediaKind

_MAGIC = (
    (re.compile(rb"\xff\xd8\xff"), "image/jpeg", "jpg"),
    (re.compile(rb"\x89PNG\r\n\x1a\n"), "image/png", "png"),
    (re.compile(rb"GIF8[79]a"), "image/gif", "gif"),
    (re.compile(rb"RIFF.{4}WEBP", re.DOTALL), "image/webp", "webp"),
    (re.compile(rb"RIFF.{4}WAVE", re.DOTALL), "audio/wav", "wav"),
    (re.compile(rb".{4}ftypM4A", re.DOTALL), "audio/mp4", "m4a"),
    (re.compile(rb".{4}ftyp(?:isom|iso\d|mp4|avc1|MSNV|dash|3gp)", re.DOTALL), "video/mp4", "mp4"),
    (re.compile(rb"\x1a\x45\xdf\xa3.{0,60}webm", re.DOTALL), "video/webm", "webm"),
    (re.compile(rb"OggS.{24,30}(?:OpusHead|\x01vorbis|Speex)", re.DOTALL), "audio/ogg", "ogg"),
    (re.compile(rb"ID3|\xff[\xf2\xf3\xfa\xfb]"), "audio/mpeg", "mp3"),
)
_BEGINNING = 128
OTHER = "application/octet-stream"
"""What is never shown in place. SVG is one of these: it can hold scripts."""


def kind_of(beginning: bytes) -> str:
    """The media type by the first bytes; OTHER for what is not known to be harmless."""
    for pattern, kind, _ in _MAGIC:
        if pattern.match(beginning[:_BEGINNING]):
            return kind
    return OTHER


_SENT_AS = {
    "image/jpeg": MediaKind.PHOTO,
    "image/png": MediaKind.PHOTO,
    "image/gif": MediaKind.PHOTO,
    "image/webp": MediaKind.PHOTO,
    "video/mp4": MediaKind.VIDEO,
    # What a recorder of voices makes; music comes as MP3 or M4A.
    "audio/ogg": MediaKind.VOICE,
    "audio/mpeg": MediaKind.AUDIO,
    "audio/mp4": MediaKind.AUDIO,
}
_LARGEST_PHOTO = 10_000_000
"""Beyond it Telegram takes no photo (Bot API, sendPhoto); as a document it arrives whole."""


def sent_as(mime: str, size: int) -> MediaKind:
    """As what a file of this type and so many bytes is best shown in a messenger."""
    kind = _SENT_AS.get(mime, MediaKind.DOCUMENT)
    is_too_large = kind is MediaKind.PHOTO and size > _LARGEST_PHOTO
    return MediaKind.DOCUMENT if is_too_large else kind


def extension_of(mime: str) -> str:
    """Without the dot; "" for OTHER."""
    return next((extension for _, kind, extension in _MAGIC if kind == mime), "")
