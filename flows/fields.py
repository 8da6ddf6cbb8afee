"""The kinds of values in a flow file: how each is written, checked and described to editors."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import time, timedelta
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from core.ids import FlowName, TopicId
from core.people import Json
from flows import templates, urls
from flows.nodes import to_json
from flows.provided import PROVIDED
from flows.spans import parse_clock, parse_span

RESERVED = PROVIDED | {
    "loop", "range", "result", "true", "false", "none", "True", "False", "None",
    "not", "and", "or", "in", "is", "if", "else",
}  # fmt: skip
"""Names that variables cannot have: templates know them already."""

_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_STEP = re.compile(r"[^\W\d_][\w-]{0,63}")
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_VARIABLE = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")
_COMMAND = re.compile(r"[a-z][a-z0-9_]{0,31}")
_EVENT = re.compile(r"[\w.:-]{1,100}")
_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}")


def _matching(pattern: re.Pattern[str], message: str) -> AfterValidator:
    def check(value: str) -> str:
        if not pattern.fullmatch(value):
            raise ValueError(message)
        return value

    return AfterValidator(check)


def _sound_text(value: str) -> str:
    if templates.is_template(value):
        templates.parse_text(value)
    elif len(value) > templates.MAX_LENGTH:
        raise ValueError(f"a text is longer than {templates.MAX_LENGTH} characters")
    return value


def _sound_condition(value: str) -> str:
    if not value.strip():
        raise ValueError("the condition is empty")
    templates.parse_expression(value)
    return value


def _sound_url(value: str) -> str:
    _sound_text(value)
    problem = urls.problem(value)
    if problem:
        raise ValueError(problem)
    return value


def _localized(value: Any) -> Any:
    """A bare text is the same in every language."""
    return {"": value} if isinstance(value, str) else value


def _languages(value: dict[str, Any]) -> dict[str, Any]:
    if not value:
        raise ValueError("no text in any language")
    for language in value:
        if language and not _LANGUAGE.fullmatch(language):
            raise ValueError(f"`{language}` is no language; write en, ru, pt-BR")
    return value


def _json(value: Any) -> Json:
    made = to_json(value)
    for text in templates.texts_of(made):
        _sound_text(text)
    return made


def _variable(value: str) -> str:
    if value in RESERVED:
        raise ValueError(f"`{value}` is taken; choose another name")
    if not _VARIABLE.fullmatch(value):
        raise ValueError("a name has letters A-Z, digits and _, and begins with a letter")
    return value


def _target(value: str) -> str:
    """A variable of the session, or `contact.` and an attribute of the contact."""
    attribute = value.removeprefix("contact.")
    if attribute == value:
        return _variable(value)
    if attribute in ("name", "first_name", "last_name", "locale", "timezone", "tags"):
        raise ValueError(f"`{value}` cannot be set by a flow")
    if not _VARIABLE.fullmatch(attribute):
        raise ValueError("a name has letters A-Z, digits and _, and begins with a letter")
    return value


Template = Annotated[str, AfterValidator(_sound_text)]
Condition = Annotated[str, AfterValidator(_sound_condition)]
Link = Annotated[str, AfterValidator(_sound_url)]
StepName = Annotated[
    str, _matching(_STEP, "a step's name has letters, digits, - and _, and begins with a letter")
]
Name = Annotated[
    FlowName, _matching(_NAME, "a flow's name has a-z, 0-9 and -, as in order-followup")
]
Topic = Annotated[TopicId, Field(min_length=1, max_length=64)]
EventName = Annotated[
    str, _matching(_EVENT, "an event's name has letters, digits, . _ : -, as in order.delivered")
]
Header = Annotated[str, _matching(_HEADER, "this cannot be the name of an HTTP header")]
Command = Annotated[str, _matching(_COMMAND, "a command has a-z, 0-9 and _, at most 32 of them")]
Variable = Annotated[str, AfterValidator(_variable)]
Target = Annotated[str, AfterValidator(_target)]

Texts = Annotated[
    Mapping[str, Template],
    BeforeValidator(_localized, json_schema_input_type=str | Mapping[str, str]),
    AfterValidator(_languages),
]
"""Language → template. A bare text stands under ""."""


def _words(value: Any) -> Any:
    if isinstance(value, str | list):
        value = {"": value}
    if isinstance(value, dict):
        return {key: [item] if isinstance(item, str) else item for key, item in value.items()}
    return value


Words = Annotated[
    Mapping[str, tuple[Annotated[str, Field(min_length=1, max_length=100)], ...]],
    BeforeValidator(_words, json_schema_input_type=str | list[str] | Mapping[str, str | list[str]]),
    AfterValidator(_languages),
]
"""Language → words. A bare list stands under ""."""

Values = Annotated[Json, BeforeValidator(_json, json_schema_input_type=Any)]
"""Any JSON; texts in it are templates."""


def _span(value: Any) -> Any:
    return parse_span(value) if isinstance(value, str) else value


def _clock(value: Any) -> Any:
    return parse_clock(value) if isinstance(value, str) else value


Span = Annotated[
    timedelta,
    BeforeValidator(_span),
    WithJsonSchema({"type": "string", "pattern": r"^(\d+\s*[smhdw]\s*)+$", "examples": ["24h"]}),
]
Clock = Annotated[
    time,
    BeforeValidator(_clock),
    WithJsonSchema({"type": "string", "pattern": r"^\d{1,2}:\d{2}$", "examples": ["10:00"]}),
]


@dataclass(frozen=True, slots=True)
class Case:
    """`to` is where to go if the condition holds; "" always holds."""

    to: StepName
    condition: Annotated[Condition, Field(alias="if")] = ""


def _cases(value: Any) -> Any:
    return [{"to": value}] if isinstance(value, str) else value


Next = Annotated[
    tuple[Case, ...], BeforeValidator(_cases, json_schema_input_type=StepName | list[Case])
]
"""The first case that holds is taken; if none does, the flow ends."""


def bare(key: str) -> Callable[[Any], Any]:
    """A bare text stands for a mapping with this one key."""

    def widen(value: Any) -> Any:
        return {key: value} if isinstance(value, str) else value

    return widen
