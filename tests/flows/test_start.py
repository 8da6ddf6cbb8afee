"""Which flow starts, where it begins, and what stands in the menus."""

import pytest

from core.ids import ContactId
from core.people import Contact
from flows.happenings import Trigger
from flows.menu import MenuWord, menu
from flows.names import names_for
from flows.start import choose, entry, matching
from tests.flows.world import facts, flow

SIZES = flow(
    "  a: {say: A}\n  b: {say: B}\n",
    """\
flow: sizes
priority: 1
enter:
  - {on: keyword, command: size, words: {en: [sizes, "What sizes?"], ru: размеры}, to: b,
     menu: {en: Sizes, ru: Размеры}}
  - {on: keyword, command: fit, menu: {en: Fit}}
""",
)
ORDERED = flow(
    "  a: {say: A}\n", "flow: ordered\npriority: 5\nenter: [{on: subscribed, if: order}]"
)
WELCOME = flow(
    "  a: {say: A}\n",
    "flow: welcome\nenter: [{on: subscribed}, {on: started}, {on: keyword, words: [hi]}]",
)
SALE = flow(
    "  a: {say: A}\n",
    "flow: sale\nenter: [{on: event, name: sale, if: event.data.off > 5}]\ntopic: promo",
)
OTHER_SALE = flow(
    "  a: {say: A}\n", "flow: another\nenter: [{on: event, name: sale}]\ntopic: promo"
)
BROKEN = flow("  a: {say: A}\n", "flow: broken\npriority: 9\nenter: [{on: started, if: 1 / 0}]")
LAST = flow("  a: {say: A}\n", "flow: last\nenter: [{on: message}]")
ALL = (WELCOME, SALE, OTHER_SALE, ORDERED, SIZES, BROKEN, LAST)


@pytest.mark.parametrize(
    ("trigger", "said", "name"),
    [
        pytest.param(Trigger.SUBSCRIBED, {}, "ordered", id="the higher priority goes first"),
        pytest.param(Trigger.STARTED, {}, "welcome", id="a condition that fails does not hold"),
        pytest.param(Trigger.RESUBSCRIBED, {}, None, id="nothing starts where nothing fits"),
        pytest.param(Trigger.KEYWORD, {"text": "hi"}, "welcome", id="a keyword"),
        pytest.param(Trigger.KEYWORD, {"text": " SIZES!! "}, "sizes", id="whatever its case"),
        pytest.param(Trigger.KEYWORD, {"text": "Размеры 🙂"}, "sizes", id="in any language"),
        pytest.param(Trigger.KEYWORD, {"text": "what sizes"}, "sizes", id="of several words"),
        pytest.param(Trigger.KEYWORD, {"text": "/size"}, "sizes", id="a command"),
        pytest.param(Trigger.KEYWORD, {"text": "/size@a_bot"}, "sizes", id="with the bot's name"),
        pytest.param(Trigger.KEYWORD, {"text": "size"}, "sizes", id="without its slash"),
        pytest.param(Trigger.KEYWORD, {"text": "hi there"}, None, id="the whole message counts"),
        pytest.param(Trigger.KEYWORD, {"text": ""}, None, id="an empty message is no keyword"),
        pytest.param(Trigger.KEYWORD, {"text": "🙂"}, None, id="nor is one without letters"),
        pytest.param(Trigger.KEYWORD, {"text": "hi" + " " * 300}, None, id="nor is a letter"),
        pytest.param(Trigger.MESSAGE, {"text": "x"}, "last", id="any message"),
        pytest.param(Trigger.EVENT, {"event_name": "sale", "data": {"off": 9}}, "another",
                     id="of equals the name decides"),
        pytest.param(Trigger.EVENT, {"event_name": "other"}, None, id="an event has its name"),
    ],
)  # fmt: skip
def test_which_flow_starts(trigger: Trigger, said: dict[str, str], name: str | None) -> None:
    for order in (ALL, ALL[::-1]):
        found = choose(order, trigger, facts(), **said)  # type: ignore[arg-type]  # rows above
        assert (found.name if found else None) == name


def test_without_an_order_the_greeting_starts() -> None:
    found = choose(ALL, Trigger.SUBSCRIBED, facts(order=None))
    assert found is WELCOME


@pytest.mark.parametrize(("off", "names"), [(9, ["another", "sale"]), (3, ["another"])])
def test_an_event_may_concern_several_flows(off: int, names: list[str]) -> None:
    found = matching(ALL, Trigger.EVENT, facts(), event_name="sale", data={"off": off})
    assert [one.name for one in found] == names


@pytest.mark.parametrize(
    ("text", "step"),
    [
        pytest.param("/size", "b", id="at the step of its way in"),
        pytest.param("/fit", "a", id="at the first without one"),
        pytest.param("", "a", id="at the first where nobody tells the way"),
    ],
)
def test_where_a_flow_begins(text: str, step: str) -> None:
    assert entry(SIZES, Trigger.KEYWORD, text, "", names_for(facts(), {})) == step


def test_a_condition_can_ask_about_the_contact() -> None:
    vip = flow("  a: {say: A}\n", "enter: [{on: started, if: contact.vip and 'x' in contact.tags}]")
    contact = Contact(ContactId(1), attributes={"vip": True}, tags=frozenset({"x"}))
    assert choose([vip], Trigger.STARTED, facts()) is None
    assert choose([vip], Trigger.STARTED, facts(contact=contact)) is vip


def test_commands_with_a_description_are_the_menu() -> None:
    assert menu([WELCOME, SIZES]) == (
        MenuWord("size", {"en": "Sizes", "ru": "Размеры"}),
        MenuWord("fit", {"en": "Fit"}),
    )
