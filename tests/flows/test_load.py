"""Loading: every problem of a file at once, each with its line and its key."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flows.language import AskStep, SayStep
from flows.library_files import builtin
from flows.load import FlowProblems, Problem, load

GOOD = """\
flow: case
title: {en: Case, ru: Случай}
steps:
  hello:
    say: Hello
    next: bye
  bye:
    say: Bye
"""


def problems(source: str) -> list[str]:
    """Line, key and message of each problem."""
    with pytest.raises(FlowProblems) as caught:
        load(source, "case.yaml")
    return [f"{one.line} {one.key}: {one.message}" for one in caught.value.problems]


def with_step(step: str) -> str:
    """A flow whose second step, from line 6 on, is this."""
    indented = "".join(f"    {line}\n" for line in step.splitlines())
    return f"flow: case\ntitle: Case\nsteps:\n  hello: {{say: Hi, next: it}}\n  it:\n{indented}"


def test_a_flow_knows_its_source_its_languages_and_its_first_step() -> None:
    flow = load(GOOD, "case.yaml")
    assert (flow.name, flow.first, flow.languages) == ("case", "hello", ("en", "ru"))
    assert flow.source == GOOD
    assert flow.version == load(GOOD, "another.yaml").version
    assert flow.version != load(GOOD + "\n", "case.yaml").version


def test_words_that_old_yaml_takes_for_truth_values_stay_words() -> None:
    flow = load(
        with_step("ask: on\nchoices: {yes: Yes, no: No, off: 1.50}\nsave: on_off\nnext: hello")
    )
    step = flow.steps["it"]
    assert isinstance(step, AskStep)
    assert step.ask == {"": "on"}
    assert {key: choice.label[""] for key, choice in step.choices.items()} == {
        "yes": "Yes",
        "no": "No",
        "off": "1.50",
    }


def test_values_have_the_types_of_todays_yaml() -> None:
    flow = load(with_step("set: {a: 1, b: 1.5, c: true, d: null, e: 'true', f: no, g: [1, x]}"))
    assert flow.steps["it"].set == {  # type: ignore[union-attr]  # a set step by its source
        "a": 1,
        "b": 1.5,
        "c": True,
        "d": None,
        "e": "true",
        "f": "no",
        "g": [1, "x"],
    }


def test_all_problems_are_told_at_once() -> None:
    source = """\
flow: Order Followup
titel: x
topic: orders
enter:
  - on: evnt
  - {on: event, if: "order ="}
steps:
  hello:
    say: "Hi {{ contact.first_name"
    nxt: rate
  rate:
    ask: {english: How?}
    choices: {a: {lable: A}}
    timeout: {after: 24 hours, next: nowhere}
  wait:
    wate: 3h
  both:
    say: x
    ask: y
"""
    assert problems(source) == [
        "1 : `title` is missing",
        "1 flow: a flow's name has a-z, 0-9 and -, as in order-followup",
        "2 titel: the key `titel` has no meaning here; did you mean `title`?",
        "5 enter[0]: `on` must be one of keyword, event, subscribed, started, resubscribed, "
        "message, closed",
        "6 enter[1]: `name` is missing",
        "6 enter[1].if: not a template: `=` is not expected",
        "9 steps.hello.say: not a template: unexpected end of template, expected "
        "'end of print statement'.",
        "10 steps.hello.nxt: the key `nxt` has no meaning here; did you mean `next`?",
        "12 steps.rate.ask: `english` is no language; write en, ru, pt-BR",
        "13 steps.rate.choices.a: `lable` is no language; write en, ru, pt-BR",
        "14 steps.rate.timeout.after: a span is written as 30s, 15m, 24h, 7d, 2w or 1d 12h",
        "15 steps.wait: this step does nothing; did you mean `wait`?",
        "17 steps.both: a step does one thing; this has 'say' and 'ask'",
    ]


@pytest.mark.parametrize(
    ("source", "found"),
    [
        pytest.param("", ["1 : the file is empty"], id="an empty file is told as such"),
        pytest.param(
            "[1]",
            ["1 : a flow file is a mapping; it begins with `flow: its-name`"],
            id="a list is no flow",
        ),
        pytest.param(
            "flow: a\n  b: c",
            ["2 : not YAML: mapping values are not allowed in this context"],
            id="broken YAML has its line",
        ),
        pytest.param(
            "flow: a\n\x07",
            ["2 : not YAML: an unreadable character"],
            id="a control character has its line",
        ),
        pytest.param(
            "flow: a\nflow: b\nflow: c",
            [
                "2 : the key `flow` stands twice (first in line 1)",
                "3 : the key `flow` stands twice (first in line 1)",
            ],
            id="a key stands once",
        ),
        pytest.param(
            "a: &x [1]\nb: *x",
            ["2 : anchors and aliases (& and *) have no place in a flow"],
            id="aliases, hence their bombs, are refused",
        ),
        pytest.param(
            "a: !!python/object:os.system {}",
            ["1 : tags (!name) have no place in a flow"],
            id="tags are refused",
        ),
        pytest.param(
            "a: 1\n---\nb: 1",
            ["2 : one file holds one flow; remove what follows `---`"],
            id="one file holds one flow",
        ),
        pytest.param(
            "[" * 100_000,
            ["1 : nested deeper than 24 levels"],
            id="deep nesting is refused and hurts nobody",
        ),
        pytest.param(
            "x" * (256 * 1024 + 1),
            ["1 : the file is larger than 256 KiB"],
            id="a large file is refused",
        ),
        pytest.param(
            "- a\n" * 30_000,
            ["20000 : more than 20000 values"],
            id="a file of many values is refused",
        ),
    ],
)
def test_a_file_that_is_no_flow(source: str, found: list[str]) -> None:
    assert problems(source)[: len(found)] == found


@pytest.mark.parametrize(
    ("step", "found"),
    [
        pytest.param(
            "say: x\nnext: by",
            "7 steps.it.next[0].to: there is no step `by`",
            id="a target must exist",
        ),
        pytest.param(
            "say: x\nnext: hell",
            "7 steps.it.next[0].to: there is no step `hell`; did you mean `hello`?",
            id="a near miss gets a hint",
        ),
        pytest.param(
            "ask: x\notherwise: {then: person}",
            "7 steps.it.otherwise.then: there is no step `person`",
            id="so must otherwise",
        ),
        pytest.param(
            "split: {hello: 1, b: 2}",
            "6 steps.it.split.b: there is no step `b`",
            id="so must the ways of a split",
        ),
        pytest.param(
            "split: {hello: 0}",
            "6 steps.it.split.hello: Input should be greater than or equal to 1",
            id="a weight is positive",
        ),
        pytest.param(
            "ask: x\nsave: contact",
            "7 steps.it.save: `contact` is taken; choose another name",
            id="a known name cannot be given away",
        ),
        pytest.param(
            "set: {contact.name: x}",
            "6 steps.it.set.contact.name: `contact.name` cannot be set by a flow",
            id="a flow renames nobody",
        ),
        pytest.param(
            "say: x\nphoto: /cup.jpg",
            "7 steps.it.photo: not a URL; it begins with https://",
            id="a URL is absolute",
        ),
        pytest.param(
            "call: 'https://{{ contact.host }}/x'",
            "6 steps.it.call: a contact's value "
            "must not decide where a URL leads; write the host, or use links",
            id="a contact's value is no host",
        ),
        pytest.param(
            "call: {url: 'https://shop.example.com', method: LOAD}",
            "6 steps.it.call.method: Input should be 'GET', 'POST', 'PUT', 'PATCH' or 'DELETE'",
            id="a method is known",
        ),
        pytest.param(
            "wait: {}",
            "6 steps.it.wait: write a span, or `until` a time of day",
            id="a wait says how long",
        ),
        pytest.param(
            "wait: {until: '25:00'}",
            "6 steps.it.wait.until: a time of day is written as 9:00 or 18:30",
            id="a time of day exists",
        ),
        pytest.param(
            "wait: 400d",
            "6 steps.it.wait: a span is between 1s and 366d",
            id="a wait ends within a year",
        ),
        pytest.param(
            "ask: x\nchoices: {a: A}\nanswer: text",
            "8 steps.it.answer: `choices` and `answer` exclude each other",
            id="a question has one kind of answer",
        ),
        pytest.param(
            "ask: x\nanswer: color",
            "7 steps.it.answer: `kind` must be one of number, "
            "text, email, phone, date, location, file, contact",
            id="the kinds of answers are listed",
        ),
        pytest.param("say: ''", "6 steps.it.say: nothing is said", id="a step says something"),
        pytest.param(
            "say: '{% macro x() %}{% endmacro %}'",
            "6 steps.it.say: `macro` has no place in a flow; there are if, for and set",
            id="templates have no macros",
        ),
        pytest.param(
            "say: '{{ x|pprint }}'",
            "6 steps.it.say: there is no filter `pprint`",
            id="an unknown filter is told",
        ),
        pytest.param(
            "say: |\n  one\n  {{ two }\n",
            "8 steps.it.say: not a template: unexpected '}'",
            id="a problem inside a long text has its own line",
        ),
        pytest.param(
            "say: [a]",
            "6 steps.it.say: keys and values are expected here (key: value)",
            id="a list is no text",
        ),
        pytest.param(
            "say: x\nbuttons: {a: b}",
            "7 steps.it.buttons: a list is expected here (- item)",
            id="a mapping is no list",
        ),
    ],
)
def test_a_step_that_is_wrong(step: str, found: str) -> None:
    assert problems(with_step(step)) == [found]


def test_a_step_cannot_have_the_name_of_the_operator() -> None:
    source = "flow: a\ntitle: A\nsteps:\n  operator:\n    say: x\n"
    assert problems(source) == [
        "4 steps.operator: `operator` is taken; choose another name for the step"
    ]


def test_what_marks_inserted_values_cannot_be_written_in_a_file() -> None:
    flow = load('flow: a\ntitle: A\nsteps:\n  x:\n    say: "a\\uFDD0b\\uFDD1\\uFDD2\\0c"\n')
    step = flow.steps["x"]
    assert isinstance(step, SayStep)
    assert step.say[""] == "a\ufffdb\ufffd\ufffd\ufffdc"


SOURCES = [source for _, source in builtin()]


@given(st.text() | st.binary().map(lambda raw: raw.decode("utf-8", "surrogateescape")))
@settings(max_examples=150, deadline=None)
def test_any_text_is_a_flow_or_has_problems(source: str) -> None:
    _loads_or_has_problems(source)


@given(
    st.sampled_from(SOURCES),
    st.lists(
        st.tuples(
            st.floats(0, 1),
            st.integers(0, 40),
            st.sampled_from(
                [
                    "",
                    ":",
                    "\n",
                    " ",
                    "{{",
                    "}}",
                    "{%",
                    "- ",
                    "[",
                    "}",
                    '"',
                    "&a ",
                    "*a",
                    "x",
                    "\ud800",
                ]
            ),
        ),
        min_size=1,
        max_size=4,
    ),
)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_damaged_flow_is_a_flow_or_has_problems(
    source: str, damages: list[tuple[float, int, str]]
) -> None:
    for place, length, put in damages:
        at = int(place * len(source))
        source = source[:at] + put + source[at + length :]
    _loads_or_has_problems(source)


def _loads_or_has_problems(source: str) -> None:
    found: tuple[Problem, ...] = ()
    try:
        load(source, "any.yaml")
    except FlowProblems as problems:
        found = problems.problems or pytest.fail("problems without a problem")
    lines = source.count("\n") + 2
    assert all(1 <= problem.line <= lines and problem.message for problem in found)
