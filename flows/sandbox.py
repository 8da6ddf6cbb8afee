"""Jinja2 for flows: expressions, `if`, `for` and `set`, and nothing that can run away."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime
from typing import Any

from jinja2 import ChainableUndefined, Undefined, nodes, pass_context
from jinja2.exceptions import SecurityError
from jinja2.filters import FILTERS
from jinja2.runtime import Context, LoopContext
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.visitor import NodeTransformer

from flows.problems import Unsound

MAX_OUTPUT = 40_000
MAX_RANGE = 1000
MAX_ITERATIONS = 10_000
"""Over all loops of one text."""
MAX_DEPTH = 60
BUDGET = "_budget"

OPEN, CLOSE = "\ufdd0", "\ufdd1"
"""Noncharacters of Unicode around every inserted value, so that markup never reads inside it."""
_WITHOUT_MARKS = dict.fromkeys(map(ord, "\ufdd0\ufdd1\ufdd2"))

_STATEMENTS = (nodes.Output, nodes.If, nodes.For, nodes.Assign, nodes.AssignBlock, nodes.With)
_FILTERS = (
    "abs", "capitalize", "count", "d", "default", "dictsort", "first", "float", "int", "items",
    "last", "length", "list", "lower", "map", "max", "min", "reject", "rejectattr", "reverse",
    "select", "selectattr", "sort", "string", "sum", "title", "trim", "unique", "upper",
    "urlencode", "wordcount",
)  # fmt: skip
_DAY = frozenset({"year", "month", "day", "weekday", "isoweekday", "isoformat"})
_LOOP = {
    "index", "index0", "revindex", "revindex0", "first", "last", "length", "previtem", "nextitem",
    "cycle", "changed",
}  # fmt: skip
_TEXT = {
    "lower", "upper", "title", "capitalize", "strip", "lstrip", "rstrip", "startswith",
    "endswith", "split", "count", "find", "isdigit",
}  # fmt: skip
_ATTRIBUTES: Mapping[type, frozenset[str]] = {
    str: frozenset(_TEXT),
    list: frozenset({"index", "count"}),
    tuple: frozenset({"index", "count"}),
    date: _DAY,
    datetime: _DAY | {"hour", "minute", "date"},
    LoopContext: frozenset(_LOOP),
}
_OF_DICTS = frozenset({"get", "items", "keys", "values"})


class Empty(ChainableUndefined):
    """A name without a value: prints as nothing, counts as 0, is neither less nor greater."""

    __slots__ = ()

    def _compared(self, other: object) -> bool:
        return False

    def __int__(self) -> int:  # type: ignore[override]  # Undefined's never return
        return 0

    def __float__(self) -> float:  # type: ignore[override]  # as above
        return 0.0

    __lt__ = __le__ = __gt__ = __ge__ = _compared  # type: ignore[assignment]  # Undefined's raise


class Sandbox(ImmutableSandboxedEnvironment):
    """Reaches into plain data only; a dict's key comes before its method (`order.items`)."""

    intercepted_binops = frozenset({"+", "*", "**", "%"})

    def getattr(self, obj: Any, attribute: str) -> Any:
        if isinstance(obj, dict):
            if attribute in obj:
                return obj[attribute]
            if attribute in _OF_DICTS:
                return getattr(obj, attribute)
        elif isinstance(obj, Undefined):
            return obj
        elif attribute in _ATTRIBUTES.get(type(obj), ()):
            return getattr(obj, attribute)
        return self.undefined(obj=obj, name=attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        if isinstance(obj, Undefined):
            return obj
        if isinstance(obj, dict | list | tuple | str):
            try:
                return obj[argument]
            except (LookupError, TypeError, ValueError):
                pass
        if isinstance(argument, str):
            return self.getattr(obj, argument)
        return self.undefined(obj=obj, name=str(argument))

    def is_safe_callable(self, obj: Any) -> bool:
        # Only `getattr` above and our own globals hand out anything that can be called.
        return True

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        _refuse_growth(operator, left, right)
        return super().call_binop(context, operator, left, right)


def _refuse_growth(operator: str, left: Any, right: Any) -> None:
    sized = [value for value in (left, right) if isinstance(value, str | list | tuple | dict)]
    if operator == "%" and isinstance(left, str):
        raise SecurityError("% works on numbers only; use ~ to join texts")
    if operator == "*" and sized:
        raise SecurityError("* works on numbers only")
    if operator == "+" and sum(map(len, sized)) > MAX_OUTPUT:
        raise SecurityError(f"a value is longer than {MAX_OUTPUT}")
    bits = [int(value).bit_length() for value in (left, right) if isinstance(value, int)]
    if operator == "**" and (len(bits) < 2 or bits[0] * abs(right) > 64):
        raise SecurityError("a number is too large")
    if sum(bits) > 128:
        raise SecurityError("a number is too large")


def _range(*bounds: int) -> range:
    numbers = range(*bounds)
    if len(numbers) > MAX_RANGE:
        raise SecurityError(f"range gives at most {MAX_RANGE} numbers")
    return numbers


@pass_context
def _counted(context: Context, values: Iterable[Any]) -> Iterator[Any]:
    budget = context.parent.get(BUDGET) or [MAX_ITERATIONS]
    for value in values:
        budget[0] -= 1
        if budget[0] < 0:
            raise SecurityError(f"the loops of a text take at most {MAX_ITERATIONS} turns")
        yield value


@pass_context
def _join(context: Context, values: Iterable[Any], d: Any = "", attribute: Any = None) -> str:
    sign, total, parts = plain(d), 0, []
    for value in values:
        got = value if attribute is None else context.environment.getitem(value, attribute)
        part = plain(got)
        total += len(part) + len(sign)
        if total > MAX_OUTPUT:
            raise SecurityError(f"a text is longer than {MAX_OUTPUT}")
        parts.append(part)
    return sign.join(parts)


def _concat(values: list[Any]) -> str:
    parts = [plain(value) for value in values]
    if sum(map(len, parts)) > MAX_OUTPUT:
        raise SecurityError(f"a text is longer than {MAX_OUTPUT}")
    return "".join(parts)


def _replace(text: Any, old: Any, new: Any) -> str:
    whole, gone, put = plain(text), plain(old), plain(new)
    if len(whole) + whole.count(gone) * len(put) > MAX_OUTPUT:
        raise SecurityError(f"a text is longer than {MAX_OUTPUT}")
    return whole.replace(gone, put)


def _truncate(text: Any, length: int = 100) -> str:
    whole = plain(text)
    return whole if len(whole) <= length else whole[: max(length - 1, 0)].rstrip() + "…"


def _find(values: Iterable[Any], wanted: Any, key: str = "id") -> Any:
    """The first of a list of things whose `id` (or another key) is that."""
    for value in values:
        if isinstance(value, dict) and value.get(key) == wanted:
            return value
    return Empty(name=str(wanted))


def plain(value: Any) -> str:
    """A value as it stands in a text: nothing for None, 1 for 1.0, a list as `a, b`."""
    if isinstance(value, str):
        return value
    if value is None or callable(value):
        return ""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M")
    if isinstance(value, list | tuple | dict):
        measure(value, MAX_OUTPUT)
        if isinstance(value, dict):
            return ", ".join(f"{plain(key)}: {plain(item)}" for key, item in value.items())
        return ", ".join(map(plain, value))
    return str(value)


def measure(value: Any, most: int) -> int:
    """The room a value takes, everything that it holds counted as often as it stands there.

    Raises:
        SecurityError: more than `most`; lists of lists grow faster than anybody reads.
    """
    if isinstance(value, str):
        size = len(value) + 1
    elif isinstance(value, list | tuple | dict):
        size = 1
        held = [*value, *value.values()] if isinstance(value, dict) else value
        for item in held:
            size += measure(item, most - size)
    else:
        size = 1
    if size > most:
        raise SecurityError(f"a value is larger than {MAX_OUTPUT}")
    return size


def _round(number: Any, precision: int = 0) -> Any:
    """Rounded; a whole number where no digits after the point are asked for."""
    if not -9 <= precision <= 9:
        raise SecurityError("round keeps at most 9 digits")
    rounded = round(float(number), precision)
    return rounded if precision > 0 else int(rounded)


def inserted(value: Any) -> str:
    """A value between its marks; Latin letters and digits alone need none, even in a URL."""
    text = plain(value)
    if not text or (text.isalnum() and text.isascii()):
        return text
    return f"{OPEN}{text.translate(_WITHOUT_MARKS)}{CLOSE}"


def _environment() -> Sandbox:
    made = Sandbox(undefined=Empty, finalize=inserted, cache_size=0, keep_trailing_newline=True)
    own: dict[str, Callable[..., Any]] = {
        "join": _join, "replace": _replace, "truncate": _truncate, "round": _round, "find": _find,
        "_concat": _concat, "_counted": _counted,
    }  # fmt: skip
    made.filters = {name: FILTERS[name] for name in _FILTERS} | own
    made.globals = {"range": _range}
    return made


SANDBOX = _environment()


def guard(tree: nodes.Node) -> nodes.Node:
    """The tree with counted loops and bounded joins.

    Raises:
        Unsound: it uses a statement that flows do not have, or is nested too deep.
    """
    _look(tree, 0)
    guarded: nodes.Node = _Bounded().visit(tree)
    guarded.set_environment(SANDBOX)
    return guarded


def _look(node: nodes.Node, depth: int) -> None:
    if depth > MAX_DEPTH:
        raise Unsound("nested too deep", node.lineno)
    if isinstance(node, nodes.Stmt) and not isinstance(node, _STATEMENTS):
        name = type(node).__name__.lower()
        raise Unsound(f"`{name}` has no place in a flow; there are if, for and set", node.lineno)
    if isinstance(node, nodes.For) and node.recursive:
        raise Unsound("a recursive loop has no place in a flow", node.lineno)
    if isinstance(node, nodes.Name) and node.name.startswith("_"):
        raise Unsound(f"a name must not begin with _: `{node.name}`", node.lineno)
    if isinstance(node, nodes.Filter) and node.name not in SANDBOX.filters:
        raise Unsound(f"there is no filter `{node.name}`", node.lineno)
    if isinstance(node, nodes.Test) and node.name not in SANDBOX.tests:
        raise Unsound(f"there is no test `{node.name}`", node.lineno)
    for child in node.iter_child_nodes():
        _look(child, depth + 1)


class _Bounded(NodeTransformer):
    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:  # Jinja's own way
        self.generic_visit(node)
        together = nodes.List(node.nodes, lineno=node.lineno)
        return _filter(together, "_concat", node.lineno)

    def visit_For(self, node: nodes.For) -> nodes.Node:  # Jinja's own way
        self.generic_visit(node)
        node.iter = _filter(node.iter, "_counted", node.lineno)
        return node


def _filter(value: nodes.Node, name: str, line: int) -> nodes.Filter:
    return nodes.Filter(value, name, [], [], None, None, lineno=line)
