"""What a messenger would make of an answer, told before it is sent. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from core.channels import Limits
from core.content import Content, Media
from core.parts import fit
from core.text import utf16_length

LONGEST_TEXT = 40_000
MOST_FILES = 10


@dataclass(frozen=True, slots=True)
class Phrase:
    """Something to tell, by its name among the phrases, with its values."""

    name: str
    values: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Foreseen:
    """`refusals` keep it from being sent at all; `hints` only tell how it will arrive."""

    refusals: tuple[Phrase, ...]
    hints: tuple[Phrase, ...] = ()


def foresee(content: Content, limits: Limits, messenger: str, *, why_silent: str = "") -> Foreseen:
    """What becomes of this answer in a messenger of these limits; `messenger` is its title.

    `why_silent` is the phrase that says why nothing can be said there.
    """
    refusals = []
    if why_silent:
        refusals.append(Phrase(why_silent))
    if len(content.text) > LONGEST_TEXT:
        refusals.append(Phrase("too_long_answer"))
    files = [one for one in content.attachments if isinstance(one, Media)]
    if len(files) > MOST_FILES:
        refusals.append(Phrase("too_many_files", {"most": MOST_FILES}))
    refusals += _too_large(files, limits, messenger)
    return Foreseen(tuple(refusals), () if refusals else _hints(content, limits, messenger))


def _too_large(files: Sequence[Media], limits: Limits, messenger: str) -> list[Phrase]:
    most = limits.file_bytes
    if most is None:
        return []
    return [
        Phrase(
            "too_large_there",
            {"file": one.name or one.kind, "most": most // 10**6, "messenger": messenger},
        )
        for one in files
        if one.size is not None and one.size > most
    ]


def _hints(content: Content, limits: Limits, messenger: str) -> tuple[Phrase, ...]:
    if utf16_length(content.text) > limits.text:
        many = len(fit(Content(content.text), limits))
        return (Phrase("in_parts", {"count": many, "messenger": messenger}),)
    first = content.attachments[0] if content.attachments else None
    has_both = isinstance(first, Media) and bool(content.text)
    if has_both and not fit(content, limits)[0].text:
        return (Phrase("apart_from_file", {"messenger": messenger}),)
    return ()
