"""What stands in the messengers' own menus."""

from collections.abc import Iterable
from dataclasses import dataclass

from core.languages import Localized
from flows.entrances import EnterKeyword
from flows.language import Flow


@dataclass(frozen=True, slots=True)
class MenuWord:
    """`command` is Latin, without a slash. A description under "" serves every language."""

    command: str
    description: Localized


def menu(flows: Iterable[Flow]) -> tuple[MenuWord, ...]:
    """The commands with a description, in the order in which their flows would be chosen."""
    found: dict[str, MenuWord] = {}
    for flow in sorted(flows, key=lambda flow: (-flow.priority, flow.name)):
        for enter in flow.enter:
            if isinstance(enter, EnterKeyword) and enter.command and enter.menu:
                found.setdefault(enter.command, MenuWord(enter.command, enter.menu))
    return tuple(found.values())
