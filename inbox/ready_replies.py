"""Replies kept ready under a shortcut: their placeholders checked, and filled for one contact.

They are templates of the same sandbox that flows use. Pure.
"""

import re
from collections.abc import Mapping

from core.languages import Localized
from flows import sandbox, templates
from flows.problems import Unsound

PLACEHOLDERS = ("name", "first_name", "order", "operator")
LONGEST = 4000
_SHORTCUT = re.compile(r"[a-z0-9а-яё][a-z0-9а-яё_-]{0,31}")
_HOLE = "\ufdd3"
_MARKS = dict.fromkeys(map(ord, sandbox.OPEN + sandbox.CLOSE))
# What stands before a hole goes with it: "Hi !" and "Order  is ready" are never sent.
_AT_BEGINNING = re.compile(rf"(?m)^[ \t]*{_HOLE}[ \t]*[,:;–—-]?[ \t]*(\w?)")
_WITHIN = re.compile(rf"[ \t]*,?[ \t]*{_HOLE}(?=[ \t]*[.,!?:;…)]|\s|$)|{_HOLE}")


class Unfit(Exception):
    """A reply cannot be kept; `phrase` with its `values` says why."""

    def __init__(self, phrase: str, **values: object) -> None:
        super().__init__(phrase)
        self.phrase = phrase
        self.values = values


class _Nothing(str):
    """A placeholder without a value: `{{ name or 'there' }}` sees nothing, a text shows a hole."""

    __slots__ = ()

    def __bool__(self) -> bool:
        return False


def shortcut_of(text: str) -> str:
    """As it is kept: without the slash, in small letters. Raises Unfit."""
    shortcut = text.strip().removeprefix("/").lower()
    if _SHORTCUT.fullmatch(shortcut) is None:
        raise Unfit("bad_shortcut")
    return shortcut


def checked(texts: Mapping[str, str]) -> Localized:
    """The texts that say something, by language. Raises Unfit."""
    written = {language: text.strip() for language, text in texts.items() if text.strip()}
    if not written:
        raise Unfit("reply_needs_text")
    for text in written.values():
        _check(text)
    return written


def _check(text: str) -> None:
    if len(text) > LONGEST:
        raise Unfit("reply_too_long", most=LONGEST)
    try:
        names = templates.names_in(templates.parse_text(text))
    except Unsound as error:
        raise Unfit("reply_unsound", reason=str(error)) from error
    unknown = sorted(names - set(PLACEHOLDERS))
    if unknown:
        raise Unfit("unknown_placeholder", name=unknown[0])


def filled(text: str, values: Mapping[str, str]) -> str:
    """The text with its placeholders filled; one without a value leaves no hole behind."""
    given = {name: values.get(name) or _Nothing(_HOLE) for name in PLACEHOLDERS}
    try:
        rendered = str(templates.run(templates.text(text), given.get))
    except (templates.Failed, Unsound):
        # Kept by an earlier version that allowed more: the operator sees it as it is.
        return text
    return _without_holes(rendered.translate(_MARKS)).strip()


def _without_holes(text: str) -> str:
    text = _AT_BEGINNING.sub(lambda found: found[1].upper(), text)
    return _WITHIN.sub("", text)
