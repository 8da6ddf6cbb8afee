"""Walking through a loaded flow: its texts, its templates, its targets."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import assert_never

from core.languages import Localized
from core.people import Json
from flows.asks import OPERATOR, LinkButton
from flows.entrances import EnterKeyword
from flows.fields import Case
from flows.language import (
    AskStep,
    BranchStep,
    CallStep,
    EmitStep,
    EndStep,
    Flow,
    HandOverStep,
    RunStep,
    SayStep,
    SetStep,
    SplitStep,
    Step,
    SubscribeStep,
    TagStep,
    UnsubscribeStep,
    UntagStep,
    WaitStep,
)


class Use(StrEnum):
    """What becomes of a template."""

    TEXT = "text"
    LABEL = "label"
    URL = "url"
    VALUE = "value"
    CONDITION = "condition"


@dataclass(frozen=True, slots=True)
class Place:
    """One template. `language` "" where it is the same in all; `local` a name only known here."""

    key: str
    use: Use
    source: str
    language: str = ""
    local: str = ""


def targets(flow: Flow) -> Iterator[tuple[str, str]]:
    """Key path and name of every step that the flow goes to."""
    for index, enter in enumerate(flow.enter):
        if enter.to:
            yield f"enter[{index}].to", enter.to
    for name, step in flow.steps.items():
        yield from ((f"steps.{name}.{key}", to) for key, to in edges(step))


def edges(step: Step) -> Iterator[tuple[str, str]]:
    """Key path inside the step, and the step it leads to."""
    if isinstance(step, SplitStep):
        yield from ((f"split.{target}", target) for target in step.split)
        return
    if isinstance(step, EndStep):
        return
    if isinstance(step, BranchStep):
        yield from _of_cases("branch", step.branch)
    yield from _of_cases("next", step.next)
    if isinstance(step, AskStep):
        if step.otherwise.then != OPERATOR:
            yield "otherwise.then", step.otherwise.then
        if step.timeout is not None:
            yield from _of_cases("timeout.next", step.timeout.next)


def _of_cases(key: str, cases: tuple[Case, ...]) -> Iterator[tuple[str, str]]:
    for index, case in enumerate(cases):
        yield f"{key}[{index}].to", case.to


def texts(flow: Flow) -> Iterator[tuple[str, Localized]]:
    """Key path and languages of everything that a person reads."""
    yield "title", flow.title
    for index, enter in enumerate(flow.enter):
        if isinstance(enter, EnterKeyword):
            if enter.menu:
                yield f"enter[{index}].menu", enter.menu
            if enter.words:
                joined = {language: " ".join(words) for language, words in enter.words.items()}
                yield f"enter[{index}].words", joined
    for name, step in flow.steps.items():
        for key, said, _ in _said(step):
            yield f"steps.{name}.{key}", said


def _said(step: Step) -> Iterator[tuple[str, Localized, Use]]:
    if isinstance(step, SayStep):
        yield "say", step.say, Use.TEXT
    if isinstance(step, AskStep):
        yield "ask", step.ask, Use.TEXT
        for key, choice in step.choices.items():
            yield f"choices.{key}", choice.label, Use.LABEL
        if step.each is not None:
            yield "each.label", step.each.label, Use.LABEL
        if step.share:
            yield "share", step.share, Use.LABEL
        if step.otherwise.say:
            yield "otherwise.say", step.otherwise.say, Use.TEXT
    if isinstance(step, SayStep | AskStep):
        for index, button in enumerate(step.buttons):
            yield f"buttons[{index}].label", button.label, Use.LABEL
    if isinstance(step, HandOverStep):
        yield "hand_over.note", step.hand_over.note, Use.TEXT


def places(flow: Flow) -> Iterator[Place]:
    """Every template of the flow, each where it stands."""
    for index, enter in enumerate(flow.enter):
        if enter.condition:
            yield Place(f"enter[{index}].if", Use.CONDITION, enter.condition)
    for name, step in flow.steps.items():
        for place in _in_step(step):
            yield Place(
                f"steps.{name}.{place.key}", place.use, place.source, place.language, place.local
            )


def _in_step(step: Step) -> Iterator[Place]:
    for key, said, use in _said(step):
        each = step.each if isinstance(step, AskStep) and key == "each.label" else None
        local = each.name if each else ""
        for language, source in said.items():
            at = f"{key}.{language}" if language else key
            yield Place(at, use, source, language, local)
    if isinstance(step, SayStep | AskStep):
        yield from _of_shown(step)
    yield from _of_conditions(step)
    yield from _of_values(step)


def _of_shown(step: SayStep | AskStep) -> Iterator[Place]:
    media = {
        "photo": step.photo,
        "video": step.video,
        "document": step.document,
        "voice": step.voice,
    }
    yield from (Place(key, Use.URL, url) for key, url in media.items() if url)
    for index, button in enumerate(step.buttons):
        if isinstance(button, LinkButton):
            yield Place(f"buttons[{index}].url", Use.URL, button.url)


def _of_conditions(step: Step) -> Iterator[Place]:
    cases: dict[str, tuple[Case, ...]] = {}
    if isinstance(step, AskStep):
        for key, choice in step.choices.items():
            if choice.condition:
                yield Place(f"choices.{key}.if", Use.CONDITION, choice.condition)
        if step.each is not None:
            each = step.each
            yield Place("each.of", Use.CONDITION, each.of)
            yield Place("each.value", Use.VALUE, each.value, local=each.name)
            if each.condition:
                yield Place("each.if", Use.CONDITION, each.condition, local=each.name)
        cases |= {"timeout.next": step.timeout.next} if step.timeout else {}
    if isinstance(step, BranchStep):
        cases["branch"] = step.branch
    if not isinstance(step, SplitStep | EndStep):
        cases["next"] = step.next
    for key, listed in cases.items():
        for index, case in enumerate(listed):
            if case.condition:
                yield Place(f"{key}[{index}].if", Use.CONDITION, case.condition)


def _of_values(step: Step) -> Iterator[Place]:
    match step:
        case SetStep():
            yield from _json("set", step.set)
        case TagStep():
            yield Place("tag", Use.VALUE, step.tag)
        case UntagStep():
            yield Place("untag", Use.VALUE, step.untag)
        case SubscribeStep():
            yield Place("subscribe", Use.VALUE, step.subscribe)
        case UnsubscribeStep():
            yield Place("unsubscribe", Use.VALUE, step.unsubscribe)
        case CallStep():
            yield Place("call.url", Use.URL, step.call.url)
            yield from _json("call.headers", step.call.headers)
            yield from _json("call.body", step.call.body)
        case EmitStep():
            yield from _json("emit.data", step.emit.data)
        case SayStep() | AskStep() | BranchStep() | WaitStep() | HandOverStep():
            pass
        case RunStep() | SplitStep() | EndStep():
            pass
        case _:
            assert_never(step)


def _json(key: str, value: Json) -> Iterator[Place]:
    if isinstance(value, str):
        yield Place(key, Use.VALUE, value)
    elif isinstance(value, Mapping):
        for name, item in value.items():
            yield from _json(f"{key}.{name}", item)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _json(f"{key}[{index}]", item)


def saved(flow: Flow) -> frozenset[str]:
    """The names that the flow gives values to."""
    found: set[str] = set()
    for step in flow.steps.values():
        if isinstance(step, AskStep | CallStep | RunStep) and step.save:
            found.add(step.save)
        if isinstance(step, SetStep):
            found |= {name for name in step.set if not name.startswith("contact.")}
    return frozenset(found)
