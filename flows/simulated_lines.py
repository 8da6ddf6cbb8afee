"""Effects as lines of a terminal."""

import json
from collections.abc import Iterator
from typing import assert_never

from core.content import (
    AskContactButton,
    AskLocationButton,
    Button,
    Content,
    Location,
    Media,
    PressButton,
    SpanKind,
    UrlButton,
)
from core.ids import FlowName
from core.messages import MessageClass
from core.people import Json
from flows.effects import (
    Call,
    Effect,
    Emit,
    HandOver,
    Report,
    Say,
    SetAttribute,
    Stale,
    Subscribe,
    Tag,
    Turn,
    Unsubscribe,
    Untag,
    WakeAt,
)

_INDENT = "  "


def lines_of(turn: Turn, name: FlowName) -> tuple[str, ...]:
    """What the turn said and ordered; `name` is the flow's, for reports."""
    return tuple(line for effect in turn.effects for line in _of_effect(effect, name))


def _of_effect(effect: Effect, name: FlowName) -> Iterator[str]:
    match effect:
        case Say():
            yield from _said(effect)
        case Subscribe(topic, words):
            yield (
                f"(subscribe {topic}; words of consent: {words})"
                if words
                else (f"(subscribe {topic})")
            )
        case Unsubscribe(topic):
            yield f"(unsubscribe {topic})"
        case SetAttribute(attribute, value):
            yield f"(set contact.{attribute} = {_json(value)})"
        case Tag(tag):
            yield f"(tag {tag})"
        case Untag(tag):
            yield f"(untag {tag})"
        case HandOver(note):
            yield f"(hand over: {note})"
        case Call(_, method, url, headers, body):
            sent = f" {_json(body)}" if body is not None else ""
            named = "".join(f" {key}: {value}" for key, value in headers.items())
            yield f"(call {method} {url}{named}{sent})"
        case Emit(event, data):
            yield f"(emit {event} {_json(data)})"
        case Stale():
            yield "(that question is over)"
        case Report(problem, step):
            yield f"(PROBLEM in {name}, step {step}: {problem})"
        case WakeAt():
            return
        case _:
            assert_never(effect)


def _said(say: Say) -> Iterator[str]:
    who = "bot" if say.cls is MessageClass.REPLY else f"bot [{say.cls}, {say.topic}]"
    lines = [*marked(say.content).splitlines(), *_attachments(say.content)]
    buttons = " ".join(_buttons(say.content.buttons))
    if buttons:
        lines.append(buttons)
    for index, line in enumerate(lines):
        yield f"{who}: {line}" if index == 0 else f"{_INDENT}{line}".rstrip()


def marked(content: Content) -> str:
    """The text with its formatting written as in a flow."""
    opens: dict[int, str] = {}
    closes: dict[int, str] = {}
    for span in content.spans:
        before, after = _signs(span.kind, span.url)
        end = span.offset + span.length
        opens[span.offset] = opens.get(span.offset, "") + before
        closes[end] = after + closes.get(end, "")
    text = content.text
    edges = range(len(text) + 1)
    return "".join(closes.get(at, "") + opens.get(at, "") + text[at : at + 1] for at in edges)


def _signs(kind: SpanKind, url: str) -> tuple[str, str]:
    match kind:
        case SpanKind.BOLD:
            return "**", "**"
        case SpanKind.ITALIC | SpanKind.UNDERLINE:
            return "_", "_"
        case SpanKind.STRIKE:
            return "~~", "~~"
        case SpanKind.CODE:
            return "`", "`"
        case SpanKind.LINK:
            return "[", f"]({url})"


def _attachments(content: Content) -> Iterator[str]:
    for attachment in content.attachments:
        match attachment:
            case Media(kind, ref):
                yield f"<{kind} {ref}>"
            case Location(latitude, longitude):
                yield f"<location {latitude} {longitude}>"
            case _:
                yield "<contact>"


def _buttons(buttons: tuple[Button, ...]) -> Iterator[str]:
    for number, button in enumerate(buttons, 1):
        match button:
            case PressButton(label):
                yield f"[{number}: {label}]"
            case UrlButton(label, url):
                yield f"[{label} → {url}]"
            case AskContactButton(label):
                yield f"[{label}: /phone]"
            case AskLocationButton(label):
                yield f"[{label}: /location]"


def _json(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False)
