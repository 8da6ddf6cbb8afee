"""The JSON Schema that editors use."""

import json
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]  # its stubs are a package of their own
import pytest

from flows import nodes
from flows.asks import AnswerKind
from flows.language import STEP_KINDS
from flows.library_files import builtin, schema_text
from flows.schema import schema

VALIDATOR = jsonschema.Draft202012Validator(schema())


def values(source: str) -> Any:
    """A file as an editor with YAML 1.2 sees it."""
    return nodes.to_json(nodes.to_value(nodes.read(source)))


def test_the_schema_that_is_shipped_is_the_one_of_today() -> None:
    assert json.loads(schema_text()) == schema(), (
        "write it anew: python -c 'import json; from flows.schema import schema; "
        "print(json.dumps(schema(), indent=1, ensure_ascii=False))' > flows/flow.schema.json"
    )


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(schema())


@pytest.mark.parametrize(("name", "source"), builtin(), ids=[name for name, _ in builtin()])
def test_the_library_satisfies_the_schema(name: str, source: str) -> None:
    VALIDATOR.validate(values(source))


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("flow: a\ntitle: A\nsteps: {s: {say: x, nxt: y}}", id="an unknown key"),
        pytest.param("flow: a\ntitle: A\nsteps: {s: {}}", id="a step that does nothing"),
        pytest.param("flow: a\ntitle: A", id="no steps"),
        pytest.param("flow: a\ntitle: A\nenter: [{on: evnt}]\nsteps: {s: {say: x}}", id="on"),
        pytest.param("flow: a\ntitle: A\nsteps: {s: {wait: soon}}", id="a span"),
    ],
)
def test_the_schema_refuses(source: str) -> None:
    assert not VALIDATOR.is_valid(values(source))


def test_every_step_and_every_answer_is_in_the_schema() -> None:
    text = schema_text()
    assert [kind for kind in STEP_KINDS if f'"{kind}": {{' not in text] == []
    assert [kind for kind in AnswerKind if f'"{kind}"' not in text] == []


def test_every_step_and_every_answer_has_a_case_and_a_paragraph() -> None:
    here = Path(__file__).parent
    cases = "\n".join(
        path.read_text(encoding="utf-8") for path in sorted((here / "cases").glob("*.yaml"))
    )
    docs = (here.parents[1] / "docs" / "flows.md").read_text(encoding="utf-8")
    for where, text in (("cases", cases), ("docs/flows.md", docs)):
        missing = [kind for kind in STEP_KINDS if f"{kind}:" not in text]
        missing += [
            kind
            for kind in AnswerKind
            if f"answer: {kind}" not in text and f"kind: {kind}" not in text and kind != "text"
        ]
        assert missing == [], f"missing in {where}"
    assert [kind for kind in STEP_KINDS if not (here / "cases" / f"{kind}.yaml").exists()] == []
