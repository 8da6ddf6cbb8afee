"""YAML text → a tree that knows its lines. Every scalar stays a text: `on` and `no` are words.

The tree is built from libyaml's events with a stack of our own, so that no nesting, alias or tag
that a file may hold can hurt.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import yaml

from core.people import Json
from core.text import clean
from flows.problems import FlowProblems, Problem, key_of

MAX_BYTES = 256 * 1024
MAX_DEPTH = 24
MAX_NODES = 20_000

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_NUMBER = re.compile(r"[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?")
_MARKS = re.compile("[\ufdd0-\ufdd2]")


@dataclass(slots=True)
class Text:
    """`plain`: written without quotes. `block`: with | or >, so that it begins a line later."""

    line: int
    value: str
    plain: bool = False
    block: bool = False


@dataclass(slots=True)
class Items:
    line: int
    values: "list[Node]" = field(default_factory=list)


@dataclass(slots=True)
class Fields:
    line: int
    keys: dict[str, int] = field(default_factory=dict)
    """Key → its line."""
    values: "dict[str, Node]" = field(default_factory=dict)
    pending: str | None = None


Node: TypeAlias = Text | Items | Fields


class Scalar(str):
    """A text of the file that remembers whether it was written without quotes."""

    __slots__ = ("plain",)
    plain: bool


def read(source: str, file: str = "") -> Node:
    """The tree of one YAML document.

    Raises:
        FlowProblems: it is no YAML, too large, too deep, or uses what flow files do not.
    """
    if len(source.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise FlowProblems(
            [Problem(file, 1, "", f"the file is larger than {MAX_BYTES // 1024} KiB")]
        )
    reader = _Reader(file)
    try:
        for event in yaml.parse(clean(source), Loader=_LOADER):
            reader.take(event)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise FlowProblems([Problem(file, line, "", f"not YAML: {error.problem}")]) from None
    except (yaml.YAMLError, ValueError) as error:
        if isinstance(error, FlowProblems):
            raise
        line = _line_of_reader_error(error, source)
        raise FlowProblems([Problem(file, line, "", "not YAML: an unreadable character")]) from None
    if reader.problems:
        raise FlowProblems(reader.problems)
    if reader.root is None:
        raise FlowProblems([Problem(file, 1, "", "the file is empty")])
    return reader.root


def _line_of_reader_error(error: Exception, source: str) -> int:
    position = getattr(error, "position", 0)
    return source.count("\n", 0, position) + 1 if isinstance(position, int) else 1


class _Reader:
    def __init__(self, file: str) -> None:
        self.file = file
        self.root: Node | None = None
        self.problems: list[Problem] = []
        self._open: list[Items | Fields] = []
        self._documents = 0
        self._nodes = 0

    def take(self, event: Any) -> None:
        line = event.start_mark.line + 1
        if isinstance(event, yaml.DocumentStartEvent):
            self._documents += 1
            if self._documents > 1:
                self._refuse(line, "one file holds one flow; remove what follows `---`")
        elif isinstance(event, yaml.AliasEvent):
            self._problem(line, "anchors and aliases (& and *) have no place in a flow")
            self._put(Text(line, "", plain=True))
        elif isinstance(event, yaml.ScalarEvent):
            self._look_at_tag(event, line)
            self._put(_text(event, line))
        elif isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
            self._look_at_tag(event, line)
            opened = Fields(line) if isinstance(event, yaml.MappingStartEvent) else Items(line)
            self._put(opened)
            self._open.append(opened)
            if len(self._open) > MAX_DEPTH:
                self._refuse(line, f"nested deeper than {MAX_DEPTH} levels")
        elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            self._open.pop()

    def _put(self, node: Node) -> None:
        self._nodes += 1
        if self._nodes > MAX_NODES:
            self._refuse(node.line, f"more than {MAX_NODES} values")
        if not self._open:
            self.root = node
            return
        parent = self._open[-1]
        if isinstance(parent, Items):
            parent.values.append(node)
        elif parent.pending is None:
            self._begin_field(parent, node)
        else:
            parent.values[parent.pending] = node
            parent.pending = None

    def _begin_field(self, parent: Fields, key: Node) -> None:
        name = key.value if isinstance(key, Text) else ""
        if not isinstance(key, Text):
            self._problem(key.line, "a key must be a word")
        elif name in parent.keys:
            first = parent.keys[name]
            self._problem(key.line, f"the key `{name}` stands twice (first in line {first})")
        parent.keys.setdefault(name, key.line)
        parent.pending = name

    def _look_at_tag(self, event: Any, line: int) -> None:
        if event.tag not in (None, "!"):
            self._problem(line, "tags (!name) have no place in a flow")

    def _problem(self, line: int, message: str) -> None:
        self.problems.append(Problem(self.file, line, "", message))

    def _refuse(self, line: int, message: str) -> None:
        self._problem(line, message)
        raise FlowProblems(self.problems)


def _text(event: Any, line: int) -> Text:
    return Text(
        line,
        # These three mark inserted values while a text is rendered; no file may hold them.
        _MARKS.sub("\ufffd", clean(event.value)),
        plain=event.style is None or event.style == "",
        block=event.style in ("|", ">"),
    )


def to_value(node: Node) -> Any:
    """dicts, lists and `Scalar` texts."""
    if isinstance(node, Text):
        scalar = Scalar(node.value)
        scalar.plain = node.plain
        return scalar
    if isinstance(node, Items):
        return [to_value(value) for value in node.values]
    return {key: to_value(value) for key, value in node.values.items()}


def to_json(value: Any) -> Json:
    """What `to_value` gave, with unquoted scalars read as YAML 1.2 reads them."""
    if isinstance(value, dict):
        return {str(key): to_json(item) for key, item in value.items()}
    if isinstance(value, list):
        return [to_json(item) for item in value]
    if not isinstance(value, Scalar) or not value.plain:
        return str(value) if isinstance(value, str) else value
    return _plain(str(value))


def _plain(text: str) -> Json:
    if text in ("", "~", "null", "Null", "NULL"):
        return None
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    if len(text) <= 20 and _NUMBER.fullmatch(text):
        return int(text) if text.lstrip("+-").isdigit() else float(text)
    return text


def find(root: Node, path: Sequence[str | int]) -> tuple[Node, tuple[str | int, ...], int]:
    """The node that lies furthest on the path, the part of the path that exists, and its line.

    Parts that are no key where they stand (names of union members) are passed over.
    """
    node, way, line = root, [], root.line
    for part in path:
        if isinstance(node, Fields) and isinstance(part, str) and part in node.values:
            line = node.keys[part]
            node = node.values[part]
        elif isinstance(node, Items) and isinstance(part, int) and part < len(node.values):
            node = node.values[part]
            line = node.line
        else:
            continue
        way.append(part)
    return node, tuple(way), line


def lines(root: Node) -> dict[str, int]:
    """The line of every key path of the tree."""
    return {key_of(path): line for path, line in _walk(root, ())}


def _walk(node: Node, path: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], int]]:
    if isinstance(node, Fields):
        for key, value in node.values.items():
            yield (*path, key), node.keys[key]
            yield from _walk(value, (*path, key))
    elif isinstance(node, Items):
        for index, value in enumerate(node.values):
            yield (*path, index), value.line
            yield from _walk(value, (*path, index))
