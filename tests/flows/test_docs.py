"""Every example in docs/flows.md works."""

import re
from pathlib import Path

import pytest

from flows import nodes
from flows.check import check
from flows.language import Flow
from flows.load import FlowProblems, load
from flows.simulate import Person, begin
from tests.flows.world import NOW, ORDER, TOPICS, WORLD

DOCS = Path(__file__).parents[2] / "docs" / "flows.md"
BLOCKS = re.findall(r"^```yaml\n(.*?)^```$", DOCS.read_text(encoding="utf-8"), re.M | re.S)
HEAD = "flow: example\ntitle: {en: Example, ru: Пример}\ntopic: orders\n"


def whole(block: str) -> str:
    """A flow around what the example shows."""
    if block.startswith("flow:"):
        return block
    if block.startswith("enter:"):
        return f"{HEAD}{block}steps:\n  hello:\n    end:\n"
    return f"{HEAD}steps:\n" + "".join(f"  {line}\n" for line in block.splitlines())


def loaded(source: str) -> Flow:
    """The flow; steps that the example leads to and does not show are made up."""
    try:
        return load(source)
    except FlowProblems as problems:
        absent = [re.search(r"there is no step `(\w+)`", one.message) for one in problems.problems]
        names = dict.fromkeys(found[1] for found in absent if found)
        if len(names) == 0 or not all(absent):
            raise
        return load(source + "".join(f"  {name}:\n    end:\n" for name in names))


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.partition(":")[0])
def test_an_example_loads_and_runs(block: str) -> None:
    flow = loaded(whole(block))
    simulator, lines = begin(flow, [flow], TOPICS, now=NOW, person=Person(order=ORDER))
    for said in ("Small", "3", "/wait 30d"):
        simulator, heard = simulator.hear(said)
        lines += heard
    problems = [line for line in lines if "PROBLEM" in line]
    assert [line for line in problems if "there is no flow `ask-address`" not in line] == []


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.partition(":")[0])
def test_nothing_is_wrong_with_an_example(block: str) -> None:
    found = [problem.message for problem in check([loaded(whole(block))], WORLD)]
    # A part of a flow gets values from the rest, and its steps are not all led to.
    if not block.startswith("flow:"):
        found = [one for one in found if not re.search("no step leads|gives|no flow", one)]
    assert found == []


def test_the_whole_flow_of_the_page_goes_to_its_end() -> None:
    [source] = [block for block in BLOCKS if block.startswith("flow:")]
    flow = load(source)
    simulator, _ = begin(flow, [flow], TOPICS, now=NOW, person=Person(order=ORDER))
    simulator, lines = simulator.hear("not good")
    assert lines == ("(hand over: Unhappy with order 1042)", "(end)")
    assert simulator.is_over


def test_the_examples_were_found() -> None:
    assert len(BLOCKS) > 15
    assert all(isinstance(nodes.read(block), nodes.Fields) for block in BLOCKS)
