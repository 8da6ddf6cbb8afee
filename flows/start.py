"""Which flow a contact's act or an event starts, and at which of its steps."""

from collections.abc import Iterable, Iterator, Mapping

from core.people import Json
from core.words import LONGEST, normalise
from flows import templates
from flows.entrances import Enter, EnterEvent, EnterKeyword, EnterOther, words
from flows.facts import Facts
from flows.happenings import Trigger
from flows.language import Flow
from flows.names import Names, names_for

_NOTHING: Mapping[str, Json] = {}


def choose(
    flows: Iterable[Flow],
    trigger: Trigger,
    facts: Facts,
    *,
    text: str = "",
    event_name: str = "",
    data: Mapping[str, Json] = _NOTHING,
) -> Flow | None:
    """The flow that starts, None if none does: the highest priority first, then by name.

    `text` is the whole message, for keywords; `event_name` and `data` are the shop's event.
    """
    found = matching(flows, trigger, facts, text=text, event_name=event_name, data=data)
    return next(found, None)


def matching(
    flows: Iterable[Flow],
    trigger: Trigger,
    facts: Facts,
    *,
    text: str = "",
    event_name: str = "",
    data: Mapping[str, Json] = _NOTHING,
) -> Iterator[Flow]:
    """Every flow that would start, in order: an event of the shop may concern several."""
    names = names_for(facts, entered_variables(trigger, event_name, data))
    said = _said(text)
    for flow in sorted(flows, key=lambda flow: (-flow.priority, flow.name)):
        if any(_matches(enter, trigger, said, event_name, names) for enter in flow.enter):
            yield flow


def concerned(flows: Iterable[Flow], trigger: Trigger, text: str) -> list[Flow]:
    """Those that can start by this at all: a message is hardly ever a keyword."""
    if trigger is not Trigger.KEYWORD:
        return [flow for flow in flows if any(enter.on is trigger for enter in flow.enter)]
    said = _said(text)
    return [flow for flow in flows if said in flow.keywords]


def entry(flow: Flow, trigger: Trigger, text: str, event_name: str, names: Names) -> str:
    """The step at which the flow begins."""
    said = _said(text)
    for enter in flow.enter:
        if _matches(enter, trigger, said, event_name, names):
            return enter.to or flow.first
    return flow.first


def entered_variables(
    trigger: Trigger, event_name: str, data: Mapping[str, Json]
) -> dict[str, Json]:
    """What a session knows at its beginning."""
    if trigger is Trigger.EVENT or data:
        return {"event": {"name": event_name, "data": dict(data)}}
    return {}


def _said(text: str) -> str:
    if not text:
        return ""
    # A Telegram command may carry the bot's name: /help@shop_bot.
    bare = text.strip().partition("@")[0] if text.lstrip().startswith("/") else text
    return normalise(bare).removeprefix("/") if len(text) <= LONGEST else ""


def _matches(enter: Enter, trigger: Trigger, said: str, event_name: str, names: Names) -> bool:
    if enter.on is not trigger:
        return False
    match enter:
        case EnterKeyword():
            fits = bool(said) and said in words(enter)
        case EnterEvent(name=name):
            fits = name == event_name
        case EnterOther():
            fits = True
    return fits and _holds(enter.condition, names)


def _holds(condition: str, names: Names) -> bool:
    """A condition that fails does not hold: whoever it was for starts nothing."""
    if not condition:
        return True
    try:
        return bool(templates.run(templates.expression(condition), names))
    except (templates.Failed, ValueError):
        return False
