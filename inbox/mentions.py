"""Whom a note calls: "@Vera" is a name or a login after an @, in any case. Pure."""

from collections.abc import Iterable, Sequence

from core.ids import OperatorId

MOST = 20


def called(text: str, names: Iterable[tuple[OperatorId, Sequence[str]]]) -> tuple[OperatorId, ...]:
    """The operators whom the text calls, each once; `names` are (who, what they are called).

    The longest name that fits is meant: "@Anna Petrova" calls nobody who is only "Anna".
    """
    known = [(name.casefold(), who) for who, some in names for name in some if name]
    known.sort(key=lambda pair: -len(pair[0]))
    lowered = text.casefold()
    found: list[OperatorId] = []
    at = lowered.find("@")
    while at >= 0 and len(found) < MOST:
        before = lowered[at - 1 : at]
        rest = lowered[at + 1 :]
        # anna@vera.example is an address, and nobody is called by it.
        fits = [] if before.isalnum() else [who for name, who in known if _begins(rest, name)][:1]
        found += [who for who in fits if who not in found]
        at = lowered.find("@", at + 1)
    return tuple(found)


def _begins(text: str, name: str) -> bool:
    return text.startswith(name) and not text[len(name) : len(name) + 1].isalnum()
