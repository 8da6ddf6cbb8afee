"""Templates: what they can do, and what they cannot be made to do."""

from datetime import UTC, datetime

import pytest

from flows import markup, templates
from flows.problems import Unsound

NAMES = {
    "order": {"items": [{"name": "Cup", "quantity": 2.0}], "keys": "mine"},
    "now": datetime(2026, 11, 22, 9, 5, tzinfo=UTC),
    "n": 3,
    "long": "x" * 30_000,
    "many": list(range(2000)),
    "words": ["b", "a"],
}


def rendered(source: str) -> str:
    return markup.unmarked(templates.run(templates.text(source), NAMES.get))


@pytest.mark.parametrize(
    ("source", "text"),
    [
        pytest.param("{{ order.items[0].name }}", "Cup", id="a key comes before a method"),
        pytest.param("{{ order.keys }}", "mine", id="whatever its name"),
        pytest.param("{{ order.get('x', 'none') }}", "none", id="a method where no key is"),
        pytest.param("{{ order.items[0].quantity }}", "2", id="a whole number has no fraction"),
        pytest.param("{{ nobody.knows.this[4] }}|", "|", id="what is not there is nothing"),
        pytest.param("{{ nobody > 3 or nobody < 3 }}", "False", id="and compares with nothing"),
        pytest.param("{{ nobody | int }} {{ nobody | float }}", "0 0", id="and counts as 0"),
        pytest.param("{{ words }} {{ {'a': [1, none]} }}", "b, a a: 1, ", id="a list reads well"),
        pytest.param("{{ 2.345 | round(2) }} {{ 2.6 | round }}", "2.35 3", id="rounding works"),
        pytest.param("{{ now }}", "2026-11-22 09:05", id="a time reads well"),
        pytest.param("{{ now.hour }} {{ now.weekday() }}", "9 6", id="a time has its parts"),
        pytest.param("{{ now.date() }}", "2026-11-22", id="and its day"),
        pytest.param("{{ words | sort | join('+') }}", "a+b", id="filters work"),
        pytest.param("{% for w in words %}{{ loop.index }}{{ w }}{% endfor %}", "1b2a",
                     id="loops do"),
        pytest.param("{{ 'a' ~ n ~ words[0] }}", "a3b", id="joining does"),
        pytest.param("{{ long | truncate(5) }}", "xxxx…", id="cutting does"),
        pytest.param("{{ None }}{{ none }}", "", id="none is nothing"),
        pytest.param("{{ words.append }}{{ range }}", "", id="a method is nothing"),
        pytest.param("{{ ''.__class__ }}{{ words.__class__.__mro__ }}", "", id="nor is the inside"),
        pytest.param("{{ '{0.__class__}'.format }}", "", id="nor a way there"),
    ],
)  # fmt: skip
def test_templates(source: str, text: str) -> None:
    assert rendered(source) == text


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("{{ 'x' * 100000 }}", id="multiplying a text"),
        pytest.param("{{ words * 100000 }}", id="multiplying a list"),
        pytest.param("{{ '%099999d' % 1 }}", id="formatting"),
        pytest.param("{{ 1.5 | round(1000000000) }}", id="rounding without end"),
        pytest.param(
            "{% set a = ['x'] %}" + "{% set a = [a, a] %}" * 50 + "{{ a }}", id="lists of lists"
        ),
        pytest.param("{{ 10 ** 10 ** 10 }}", id="a tower of powers"),
        pytest.param("{{ range(100000) | list }}", id="a long range"),
        pytest.param("{% for a in many %}{% for b in many %}{{ b }}{% endfor %}{% endfor %}",
                     id="loops in loops"),
        pytest.param("{{ long }}{{ long }}", id="a long text"),
        pytest.param("{{ (long ~ long) | length }}", id="joining long texts"),
        pytest.param("{{ (long + long) | length }}", id="adding long texts"),
        pytest.param("{{ [long, long] | join | length }}", id="joining lists of long texts"),
        pytest.param("{{ long | replace('x', long) | length }}", id="replacing"),
        pytest.param("{{ words.append('c') }}", id="changing a value"),
        pytest.param("{{ nobody + 1 }}", id="counting with nothing"),
        pytest.param("{{ n() }}", id="calling what is no function"),
        pytest.param("{% for a in n %}{% endfor %}", id="looping over a number"),
        pytest.param("{% set a = 2 %}" + "{% set a = a * a %}" * 30 + "{{ a }}",
                     id="growing numbers"),
        pytest.param("{{ '9' * 5000 | int }}", id="a long number"),
    ],
)  # fmt: skip
def test_what_would_run_away_fails(source: str) -> None:
    with pytest.raises(templates.Failed):
        rendered(source)


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("{% include 'x' %}", id="including"),
        pytest.param("{% import 'x' as x %}", id="importing"),
        pytest.param("{% extends 'x' %}", id="extending"),
        pytest.param("{% block x %}{% endblock %}", id="blocks"),
        pytest.param("{% macro x() %}{{ x() }}{% endmacro %}", id="macros"),
        pytest.param("{% filter upper %}x{% endfilter %}", id="filter blocks"),
        pytest.param("{% for a in b recursive %}{{ loop(a) }}{% endfor %}", id="recursive loops"),
        pytest.param("{{ _budget }}", id="hidden names"),
        pytest.param("{{ x | random }}", id="chance"),
        pytest.param("{{ " + "(" * 500 + "1" + ")" * 500 + " }}", id="brackets without end"),
        pytest.param("{{ " + "-" * 200 + "1 }}", id="signs without end"),
        pytest.param("{{ x", id="an open bracket"),
        pytest.param("{% if x %}", id="an open if"),
        pytest.param("x" * 20_001, id="a text without end"),
    ],
)  # fmt: skip
def test_what_flows_do_not_have_is_refused(source: str) -> None:
    with pytest.raises(Unsound):
        templates.parse_text(source)


@pytest.mark.parametrize("name", ["lipsum", "cycler", "joiner", "namespace", "dict"])
def test_jinjas_own_helpers_are_gone(name: str) -> None:
    assert rendered(f"{{{{ {name} }}}}|") == "|"


def test_a_lone_expression_keeps_its_type_and_a_text_does_not() -> None:
    compiled = templates.value(" {{ n + 1 }} ")
    assert compiled is not None
    assert templates.run(compiled, NAMES.get) == 4
    assert templates.value("{{ n }}{{ n }}") is None
    assert templates.value("{{ n }} cups") is None
    assert templates.value("cups") is None


@pytest.mark.parametrize(
    ("source", "value"),
    [
        pytest.param("{{ nobody }}", "", id="nothing is an empty text"),
        pytest.param("{{ now.date() }}", "2026-11-22", id="a day is a text"),
        pytest.param("{{ (1, 'a') }}", [1, "a"], id="a tuple is a list"),
        pytest.param("{{ range(3) }}", [0, 1, 2], id="so is a range"),
        pytest.param("{{ {'a': n > 2} }}", {"a": True}, id="a mapping stays one"),
    ],
)
def test_values_become_json(source: str, value: object) -> None:
    compiled = templates.value(source)
    assert compiled is not None
    assert templates.as_json(templates.run(compiled, NAMES.get)) == value


def test_a_value_that_grows_is_not_kept() -> None:
    grown: list[object] = ["x"]
    for _ in range(10):
        grown = [grown] * 10
    with pytest.raises(templates.Failed):
        templates.as_json(grown)
