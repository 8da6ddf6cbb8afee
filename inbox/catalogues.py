"""The words of the operators' pages: gettext catalogues, read as translators leave them.

`locale/<language>/LC_MESSAGES/*.po`, one file a subject. A phrase's id is its name, in every
language, English too; there is no build step: they are compiled in memory when the server starts.
"""

import gettext
import io
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

LANGUAGES: Mapping[str, str] = {"en": "English", "ru": "Русский"}
"""A language is one folder of catalogues and one line here."""

_LOCALE = Path(__file__).parent / "locale"


class _Unknown(gettext.NullTranslations):
    """A phrase that no catalogue has is a mistake, not its own translation."""

    def gettext(self, message: str) -> str:
        raise KeyError(message)

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        raise KeyError(msgid1)


@cache
def translations(language: str) -> gettext.GNUTranslations:
    """All catalogues of one language. Raises KeyError for a language that pages do not speak."""
    return compiled(list(read(language).values()), LANGUAGES[language])


def read(language: str) -> dict[str, Catalog]:
    """Subject → its catalogue, as it stands in the file."""
    found = {}
    for path in sorted((_LOCALE / language / "LC_MESSAGES").glob("*.po")):
        with path.open("rb") as file:
            found[path.stem] = read_po(file, locale=language, abort_invalid=True)
    return found


def compiled(catalogues: list[Catalog], name: str) -> gettext.GNUTranslations:
    """One set of translations out of several catalogues, whose ids must not meet."""
    whole = catalogues[0]
    for other in catalogues[1:]:
        for message in other:
            if message.id and message.id in whole:
                raise ValueError(f"{name}: {message.id} stands in two catalogues")
            if message.id:
                whole[message.id] = message
    file = io.BytesIO()
    write_mo(file, whole)
    file.seek(0)
    found = gettext.GNUTranslations(file)
    found.add_fallback(_Unknown())
    return found
