"""One attachment of a VK message → Media, or a line that names it."""

from collections.abc import Callable
from typing import Final

from bots.fields import Fields, count, hint, rows
from core.content import Media, MediaKind
from core.text import clean

_MOST_URL = 2048
_MOST_SIZES = 32


def media_of(row: Fields) -> Media | None:
    """The file that this attachment is; None for what is no file or has neither URL nor id."""
    kind = row.get("type")
    if type(kind) is not str or kind not in _READERS:
        return None
    found = row.get(kind)
    media = _READERS[kind](found) if type(found) is dict else None
    return media if media and media.ref else None


def placeholder(row: Fields, said: str) -> str:
    """Like "[market] Tea set": operators see that something came, and what.

    "" for a link that stands in the text already: VK attaches those by itself.
    """
    kind = hint(row, "type", 32) or "attachment"
    found = row.get(kind)
    about = found if type(found) is dict else {}
    url = _url(about, "url")
    if kind == "link" and url and url in said:
        return ""
    detail = hint(about, "title", 256) or hint(about, "question", 512) or hint(about, "text", 256)
    return " ".join(filter(None, (f"[{clean(kind)}]", detail, url or _page(kind, about))))


def _page(kind: str, about: Fields) -> str:
    """Where people find what has no file: posts, products and videos have pages."""
    owner = about.get("owner_id", about.get("from_id"))
    if kind not in ("wall", "market", "video") or type(owner) is not int:
        return ""
    return f"https://vk.com/{kind}{owner}_{count(about, 'id') or 0}"


def _photo(photo: Fields) -> Media:
    return Media(MediaKind.PHOTO, _largest(photo, "sizes") or _id("photo", photo))


def _video(video: Fields) -> Media:
    """VK gives nobody the file of a video."""
    return Media(MediaKind.VIDEO, _id("video", video), hint(video, "title", 256))


def _doc(doc: Fields) -> Media:
    name, extension = hint(doc, "title", 256), hint(doc, "ext", 16)
    if extension and not name.lower().endswith(f".{extension.lower()}"):
        name = f"{name}.{extension}"
    ref = _url(doc, "url") or _id("doc", doc)
    return Media(MediaKind.DOCUMENT, ref, name, size=count(doc, "size"))


def _voice(voice: Fields) -> Media:
    ogg = _url(voice, "link_ogg")
    if ogg:
        return Media(MediaKind.VOICE, ogg, mime="audio/ogg")
    mp3 = _url(voice, "link_mp3")
    mime = "audio/mpeg" if mp3 else ""
    return Media(MediaKind.VOICE, mp3 or _id("audio_message", voice), mime=mime)


def _audio(audio: Fields) -> Media:
    name = " – ".join(filter(None, (hint(audio, "artist", 128), hint(audio, "title", 128))))
    return Media(MediaKind.AUDIO, _url(audio, "url") or _id("audio", audio), name)


def _graffiti(graffiti: Fields) -> Media:
    return Media(MediaKind.PHOTO, _url(graffiti, "url") or _id("graffiti", graffiti))


def _sticker(sticker: Fields) -> Media:
    number = count(sticker, "sticker_id")
    return Media(MediaKind.STICKER, _largest(sticker, "images") or str(number or ""))


_READERS: Final[dict[str, Callable[[Fields], Media]]] = {
    "photo": _photo,
    "video": _video,
    "doc": _doc,
    "audio_message": _voice,
    "audio": _audio,
    "graffiti": _graffiti,
    "sticker": _sticker,
}


def _largest(picture: Fields, name: str) -> str:
    """The URL of the largest of the sizes that VK made of one picture."""
    sizes = rows(picture, name, _MOST_SIZES)
    largest = max(sizes, key=lambda size: count(size, "width") or 0, default={})
    return _url(largest, "url")


def _url(fields: Fields, name: str) -> str:
    url = hint(fields, name, _MOST_URL + 1)
    return url if url.startswith(("http://", "https://")) and len(url) <= _MOST_URL else ""


def _id(kind: str, thing: Fields) -> str:
    """VK's own name of a thing, as messages.send takes it; "" where it has no number."""
    owner, number = thing.get("owner_id"), count(thing, "id")
    if type(owner) is not int or abs(owner) >= 2**53 or number is None:
        return ""
    key = hint(thing, "access_key", 64)
    return "_".join(filter(None, (f"{kind}{owner}", str(number), key)))
