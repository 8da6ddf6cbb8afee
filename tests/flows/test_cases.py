"""Each case file is a table of flows and of what is said in them, as a person would see it."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from flows.load import load
from flows.simulate import Person, begin
from tests.flows.world import LINKS, NOW, ORDER, TOPICS, flow

CASES = Path(__file__).parent / "cases"


@dataclass(frozen=True, slots=True)
class Case:
    it: str
    file: str
    flow: str
    header: str = ""
    also: tuple[str, ...] = ()
    talk: str = ""
    name: str = "Anna"
    locale: str = "en"
    timezone: str = ""


def all_cases() -> Iterator[Case]:
    for path in sorted(CASES.glob("*.yaml")):
        for found in yaml.safe_load(path.read_text(encoding="utf-8")):
            yield Case(**(found | {"file": path.stem, "also": tuple(found.get("also", ()))}))


def play(case: Case) -> str:
    """The whole talk: the lines of the contact begin with >."""
    indented = "".join(f"  {line}" for line in case.flow.splitlines(keepends=True))
    main = flow(indented, case.header)
    others = [load(source) for source in case.also]
    person = Person(case.name, case.locale, case.timezone, ORDER)
    simulator, lines = begin(main, [main, *others], TOPICS, now=NOW, person=person, links=LINKS)
    heard = [*lines]
    for said in case.talk.splitlines():
        if said.startswith(">"):
            simulator, lines = simulator.hear(said[1:])
            heard += [said, *lines]
    return "\n".join(heard)


@pytest.mark.parametrize(
    "case", [pytest.param(case, id=f"{case.file}: {case.it}") for case in all_cases()]
)
def test_a_talk_goes_as_written(case: Case) -> None:
    assert play(case) == case.talk.rstrip("\n")
