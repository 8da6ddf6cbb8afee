"""Texts and conditions of a flow, compiled once and rendered with whatever names they use."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from jinja2 import Template, TemplateError, TemplateSyntaxError, nodes
from jinja2.environment import TemplateExpression
from jinja2.meta import find_undeclared_variables
from jinja2.parser import Parser

from core.people import Json
from core.values import clean_json
from flows import sandbox
from flows.problems import Unsound

MAX_LENGTH = 20_000
"""Characters of one template."""


class Failed(Exception):
    """A template failed while it was rendered; the reason is for the flow's author."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """`names` are those it takes from outside. `constant` is its text where it takes none."""

    names: frozenset[str]
    constant: str | None
    run: Callable[[dict[str, Any]], Any]


@lru_cache(maxsize=4096)
def parse_text(source: str) -> nodes.Template:
    """The syntax tree of a text.

    Raises:
        Unsound: it is no template, or uses what flows do not have.
    """
    if len(source) > MAX_LENGTH:
        raise Unsound(f"a text is longer than {MAX_LENGTH} characters")
    return _parsed(source, lambda: sandbox.SANDBOX.parse(source))


@lru_cache(maxsize=4096)
def parse_expression(source: str) -> nodes.Template:
    """The syntax tree of a condition: one assignment to `result`.

    Raises:
        Unsound: as `parse_text`.
    """
    if len(source) > MAX_LENGTH:
        raise Unsound(f"an expression is longer than {MAX_LENGTH} characters")

    def parse() -> nodes.Template:
        parser = Parser(sandbox.SANDBOX, source, state="variable")
        value = parser.parse_expression()
        if not parser.stream.eos:
            raise TemplateSyntaxError(f"`{parser.stream.current.value}` is not expected", 1)
        target = nodes.Name("result", "store", lineno=1)
        return nodes.Template([nodes.Assign(target, value, lineno=1)], lineno=1)

    return _parsed(source, parse)


def _parsed(source: str, parse: Callable[[], nodes.Template]) -> nodes.Template:
    try:
        tree = parse()
        guarded = sandbox.guard(tree)
    except TemplateSyntaxError as error:
        raise Unsound(f"not a template: {error.message}", error.lineno) from None
    except (TemplateError, RecursionError, ValueError) as error:
        if isinstance(error, Unsound):
            raise
        raise Unsound(f"not a template: {error or 'nested too deep'}") from None
    assert isinstance(guarded, nodes.Template)
    return guarded


def is_template(source: str) -> bool:
    """Whether anything in it is to be evaluated."""
    return "{{" in source or "{%" in source or "{#" in source


def names_in(tree: nodes.Template) -> frozenset[str]:
    """The names that a tree takes from outside."""
    tree.set_environment(sandbox.SANDBOX)
    found = find_undeclared_variables(tree)
    return frozenset(found) - set(sandbox.SANDBOX.globals)


def lone_expression(tree: nodes.Template) -> nodes.Expr | None:
    """The expression of a text that is nothing but `{{ … }}`: its value keeps its type."""
    if len(tree.body) == 1 and isinstance(output := tree.body[0], nodes.Output):
        inner = output.nodes
        if len(inner) == 1 and not isinstance(inner[0], nodes.TemplateData):
            return inner[0]
    return None


@lru_cache(maxsize=8192)
def text(source: str) -> Compiled:
    """A text that renders to a string with marked values.

    Raises:
        Unsound: as `parse_text`; never for what `load` let pass.
    """
    if not is_template(source):
        return Compiled(frozenset(), source, lambda names: source)
    tree = parse_text(source)
    template = _template(tree)

    def run(names: dict[str, Any]) -> str:
        parts, total = [], 0
        for part in template.root_render_func(template.new_context(names)):
            total += len(part)
            if total > sandbox.MAX_OUTPUT:
                raise Failed(f"the text is longer than {sandbox.MAX_OUTPUT} characters")
            parts.append(part)
        return "".join(parts)

    return Compiled(names_in(tree), None, run)


@lru_cache(maxsize=8192)
def expression(source: str) -> Compiled:
    """A condition, or any expression, that gives a value.

    Raises:
        Unsound: as `parse_expression`.
    """
    return _value(parse_expression(source))


@lru_cache(maxsize=2048)
def value(source: str) -> Compiled | None:
    """A text that is one lone `{{ … }}` as an expression; None for every other text."""
    if not is_template(source):
        return None
    lone = lone_expression(parse_text(source.strip()))
    if lone is None:
        return None
    target = nodes.Name("result", "store", lineno=1)
    return _value(nodes.Template([nodes.Assign(target, lone, lineno=1)], lineno=1))


def _value(tree: nodes.Template) -> Compiled:
    run = TemplateExpression(_template(tree), undefined_to_none=False)
    return Compiled(names_in(tree), None, lambda names: run(names))


def _template(tree: nodes.Template) -> Template:
    tree.set_environment(sandbox.SANDBOX)
    code = sandbox.SANDBOX.compile(tree)
    return Template.from_code(sandbox.SANDBOX, code, sandbox.SANDBOX.globals)


def run(compiled: Compiled, lookup: Callable[[str], Any]) -> Any:
    """The outcome with the names that it uses; a name that `lookup` gives None for is nothing.

    Raises:
        Failed: the template cannot be rendered with these values; report it to the author.
    """
    if compiled.constant is not None:
        return compiled.constant
    names: dict[str, Any] = {sandbox.BUDGET: [sandbox.MAX_ITERATIONS]}
    for name in compiled.names:
        found = lookup(name)
        if found is not None:
            names[name] = found
    try:
        return compiled.run(names)
    except Failed:
        raise
    except Exception as error:
        # The expressions are somebody's program: it can raise whatever Python can.
        raise Failed(f"{type(error).__name__}: {error}"[:300]) from error


def fill(value_: Json, render: Callable[[str], Json]) -> Json:
    """A JSON value with `render` applied to every text in it, keys apart."""
    if isinstance(value_, str):
        return render(value_)
    if isinstance(value_, list | tuple):
        return [fill(item, render) for item in value_]
    if isinstance(value_, dict):
        return {key: fill(item, render) for key, item in value_.items()}
    return value_


def texts_of(value_: Json) -> Iterator[str]:
    """Every text in a JSON value, keys apart."""
    if isinstance(value_, str):
        yield value_
    elif isinstance(value_, list | tuple):
        for item in value_:
            yield from texts_of(item)
    elif isinstance(value_, dict):
        for item in value_.values():
            yield from texts_of(item)


def as_json(value_: Any) -> Json:
    """What an expression gave, as JSON: nothing for undefined, text for days.

    Raises:
        Failed: it is nested too deep, or too large.
    """
    try:
        if isinstance(value_, sandbox.Empty):
            return ""
        if isinstance(value_, tuple | range):
            value_ = list(value_)
        if not isinstance(value_, list | dict | str | int | float | None):
            value_ = sandbox.plain(value_)
        sandbox.measure(value_, sandbox.MAX_OUTPUT)
        return clean_json(value_)
    except (ValueError, RecursionError, TemplateError) as error:
        raise Failed(str(error)) from error
