"""What the widget understands stands in its page of the documentation."""

import re
from pathlib import Path

from subscriptions.tokens import Refusal
from subscriptions.widget_phrases import WIDGET_PHRASES

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "widget.md").read_text()
SCRIPT = (ROOT / "subscriptions" / "static" / "widget.js").read_text()


def _missing(names: set[str]) -> set[str]:
    assert names
    return {name for name in names if f"`{name}`" not in PAGE}


def test_every_word_that_a_page_may_replace_is_documented() -> None:
    assert _missing({f"data-{name}" for name in WIDGET_PHRASES}) == set()


def test_every_attribute_is_documented() -> None:
    watched = re.search(r"observedAttributes = \[(.*?)\]", SCRIPT, re.DOTALL)
    assert watched is not None
    names = set(re.findall(r'"([\w-]+)"', watched[1]))
    names |= set(re.findall(r'this\.getAttribute\("([\w-]+)"\)', SCRIPT))
    assert _missing(names) == set()


def test_every_part_colour_and_event_is_documented() -> None:
    parts = set(re.findall(r'part: "(\w+)"', SCRIPT))
    assert _missing(parts) == set()
    assert _missing({f"parley:{name}" for name in re.findall(r'#emit\("(\w+)"', SCRIPT)}) == set()
    colours = set(re.findall(r"--parley-\w+(?:-\w+)?", SCRIPT))
    assert {name for name in colours if f"{name}:" not in PAGE} == set()


def test_every_refusal_of_a_token_is_documented() -> None:
    assert _missing({str(one) for one in Refusal}) == set()


def test_only_words_that_the_server_has_are_said() -> None:
    said = set(re.findall(r'#say\("(\w+)"', SCRIPT)) - {"lead"}
    assert said <= set(WIDGET_PHRASES)
