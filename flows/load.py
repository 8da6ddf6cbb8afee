"""The text of a flow file → a Flow, or every problem that it has, each with its line."""

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from difflib import get_close_matches
from functools import cache
from typing import Any

from pydantic import TypeAdapter, ValidationError

from core.ids import FlowVersion
from flows import nodes
from flows.entrances import EnterKeyword, words
from flows.language import STEP_KINDS, AskStep, Flow, FlowFile, SayStep, WaitStep
from flows.problems import FlowProblems, Problem, Severity, Unsound, key_of
from flows.reading import targets, texts

__all__ = ["FlowProblems", "Problem", "Severity", "load"]


@cache
def adapter() -> TypeAdapter[FlowFile]:
    """The one definition of the language, as pydantic reads it."""
    return TypeAdapter(FlowFile)


def load(source: str, file: str = "") -> Flow:
    """The flow of one file; `file` is its name, for problems.

    Raises:
        FlowProblems: the file cannot be used; show all of its problems.
    """
    root = nodes.read(source, file)
    if not isinstance(root, nodes.Fields):
        message = "a flow file is a mapping; it begins with `flow: its-name`"
        raise FlowProblems([Problem(file, root.line, "", message)])
    try:
        read = adapter().validate_python(nodes.to_value(root))
    except ValidationError as errors:
        found = errors.errors(include_url=False, include_input=False)
        raise FlowProblems(_explain(error, root, file) for error in found) from None
    flow = _flow(read, source, file, nodes.lines(root))
    problems = list(_beyond_shape(flow))
    if problems:
        raise FlowProblems(problems)
    return flow


def _flow(read: FlowFile, source: str, file: str, lines: dict[str, int]) -> Flow:
    flow = Flow(
        name=read.flow,
        version=FlowVersion(hashlib.sha256(source.encode("utf-8", "surrogatepass")).hexdigest()),
        title=read.title,
        topic=read.topic,
        priority=read.priority,
        enter=read.enter,
        steps=read.steps,
        first=next(iter(read.steps)),
        source=source,
        keywords=frozenset().union(
            *(words(enter) for enter in read.enter if isinstance(enter, EnterKeyword))
        ),
        file=file,
        lines=lines,
    )
    spoken = {language for _, said in texts(flow) for language in said if language}
    return replace(flow, languages=tuple(sorted(spoken)))


def _beyond_shape(flow: Flow) -> Iterator[Problem]:
    """What only the whole file can tell."""
    for key, target in targets(flow):
        if target not in flow.steps:
            close = get_close_matches(target, flow.steps, 1)
            hint = f"; did you mean `{close[0]}`?" if close else ""
            yield problem(flow, key, f"there is no step `{target}`{hint}")
    for name, step in flow.steps.items():
        key = f"steps.{name}"
        if isinstance(step, SayStep | AskStep):
            yield from _of_shown(flow, key, step)
        if isinstance(step, WaitStep) and step.wait.span is None and step.wait.until is None:
            yield problem(flow, f"{key}.wait", "write a span, or `until` a time of day")
        if name == "operator":
            yield problem(flow, key, "`operator` is taken; choose another name for the step")


def _of_shown(flow: Flow, key: str, step: SayStep | AskStep) -> Iterator[Problem]:
    said = step.say if isinstance(step, SayStep) else step.ask
    kind = "say" if isinstance(step, SayStep) else "ask"
    if not any(text.strip() for text in said.values()) and not step.has_media:
        yield problem(flow, f"{key}.{kind}", "nothing is said")
    if isinstance(step, AskStep) and step.is_choice and step.answer is not None:
        yield problem(flow, f"{key}.answer", "`choices` and `answer` exclude each other")


def problem(flow: Flow, key: str, message: str, severity: Severity = Severity.ERROR) -> Problem:
    """A problem of a loaded flow, with the line of the nearest key that stands in the file."""
    at = key
    while at and at not in flow.lines:
        at = at[: max(at.rfind("."), at.rfind("["), 0)]
    return Problem(flow.file, flow.lines.get(at, 1), key, message, severity)


_SAID = {
    "string_type": "a text is expected here",
    "mapping_type": "keys and values are expected here (key: value)",
    "dict_type": "keys and values are expected here (key: value)",
    "dataclass_type": "keys and values are expected here (key: value)",
    "tuple_type": "a list is expected here (- item)",
    "int_type": "a whole number is expected here",
    "int_parsing": "a whole number is expected here",
    "int_from_float": "a whole number is expected here",
    "float_type": "a number is expected here",
    "float_parsing": "a number is expected here",
    "time_delta_type": "a span is expected here, such as 24h",
    "time_type": "a time of day is expected here, such as 10:00",
    "string_too_short": "nothing stands here",
    "too_short": "nothing stands here",
}


def _explain(error: Any, root: nodes.Node, file: str) -> Problem:
    kind, path = error["type"], error["loc"]
    context = error.get("ctx", {})
    node, way, line = nodes.find(root, path)
    cause = context.get("error")
    if isinstance(cause, Unsound):
        inside = cause.line + (1 if isinstance(node, nodes.Text) and node.block else 0)
        return Problem(file, line + inside - 1, key_of(way), str(cause))
    if kind == "missing":
        return Problem(file, line, key_of(way), f"`{path[-1]}` is missing")
    if kind == "unexpected_keyword_argument":
        return _unknown_key(Problem(file, line, key_of(way), ""), str(path[-1]), path)
    if kind.startswith("union_tag"):
        return Problem(file, line, key_of(way), _no_kind(node, way, context))
    if cause is not None:
        return Problem(file, line, key_of(way), str(cause))
    return Problem(file, line, key_of(way), _SAID.get(kind, error["msg"]))


def _unknown_key(place: Problem, name: str, path: tuple[str | int, ...]) -> Problem:
    owner = next((part for part in reversed(path) if str(part).startswith("<")), "")
    known = _known_keys(str(owner).strip("<>"))
    close = get_close_matches(name, known, 1)
    hint = f"; did you mean `{close[0]}`?" if close else ""
    return Problem(place.file, place.line, place.key, f"the key `{name}` has no meaning here{hint}")


def _known_keys(kind: str) -> list[str]:
    owner = STEP_KINDS.get(kind, FlowFile)
    return list(getattr(owner, "__dataclass_fields__", {}))


def _no_kind(node: nodes.Node, way: tuple[str | int, ...], context: dict[str, Any]) -> str:
    expected = _listed(context.get("expected_tags", ""))
    is_step = way[:1] == ("steps",) and len(way) == 2
    if not isinstance(node, nodes.Fields) and (is_step or not expected):
        return "keys and values are expected here (key: value)"
    if is_step and isinstance(node, nodes.Fields):
        found = [kind for kind in STEP_KINDS if kind in node.values]
        if len(found) > 1:
            return f"a step does one thing; this has {' and '.join(map(repr, found))}"
        close = [match for key in node.values for match in get_close_matches(key, STEP_KINDS, 1)]
        if close:
            return f"this step does nothing; did you mean `{close[0]}`?"
        return f"this step does nothing; it needs one of {', '.join(STEP_KINDS)}"
    name = str(context.get("discriminator", "'on'")).strip("'")
    return f"`{name}` must be one of {expected}" if expected else f"`{name}` is missing"


def _listed(tags: str) -> str:
    """pydantic's list of enum members, as the words that a file has."""
    return ", ".join(part.split("'")[1] if "'" in part else part for part in tags.split(", "))
