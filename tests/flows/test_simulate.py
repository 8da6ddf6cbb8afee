"""The simulator: whatever is typed, it goes on."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.simulate import HELP, Person, Simulator, begin
from tests.flows.world import LINKS, NOW, ORDER, TOPICS, flow

ASKS = flow("  rate: {ask: How?, choices: {a: Fine, b: Bad}, next: call}\n"
            "  call: {call: 'https://shop.example.com/', save: got, next: told}\n"
            "  told: {say: '{{ got.body }}', next: rate}\n")  # fmt: skip


def fresh() -> Simulator:
    simulator, _ = begin(ASKS, [ASKS], TOPICS, now=NOW, person=Person(order=ORDER), links=LINKS)
    return simulator


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        pytest.param("", (), id="an empty line is nothing"),
        pytest.param("/wait", ("(write it as /wait 30m, /wait 24h, /wait 7d)",), id="no span"),
        pytest.param("/wait long", ("(write it as /wait 30m, /wait 24h, /wait 7d)",),
                     id="wait for no span"),
        pytest.param("/event", ('(write it as /event order.delivered {"track": "A1"})',),
                     id="an event without a name"),
        pytest.param("/event x {", ('(write it as /event order.delivered {"track": "A1"})',),
                     id="an event with broken data"),
        pytest.param("/event x", ("(no flow waits for the event x)",), id="an event for nobody"),
        pytest.param("/answer 200", ("(no call waits for an answer)",), id="an answer to nothing"),
    ],
)  # fmt: skip
def test_a_line_that_makes_no_sense_is_explained(line: str, answer: tuple[str, ...]) -> None:
    before = fresh()
    after, lines = before.hear(line)
    assert lines == answer
    assert after.session == before.session


def test_a_call_waits_for_its_answer() -> None:
    calling, lines = fresh().hear("Fine")
    assert lines == ("(call POST https://shop.example.com/)", "(waits for /answer STATUS BODY)")
    same, lines = calling.hear("/answer fine")
    assert lines == ('(write it as /answer 200 {"stock": 3}, or /answer 0 for none)',)
    assert same == calling
    _, lines = calling.hear("/answer 200 all good")
    assert lines[0] == "bot: all good"


@given(
    st.lists(
        st.text(max_size=20)
        | st.sampled_from(
            [
                "Fine",
                "2",
                "/answer 200 {}",
                "/answer 99999999",
                "/wait 366d",
                "/event x {}",
                "/phone 1",
                "/location 1",
                "/location 1 2",
                "/location nan nan",
                "/file",
                "/start",
                "/",
            ]
        ),
        max_size=6,
    )
)
@settings(max_examples=100, deadline=None)  # fmt: skip
def test_any_lines_are_heard(lines: list[str]) -> None:
    simulator = fresh()
    for line in lines:
        simulator, told = simulator.hear(line)
        assert all("\n" not in one for one in told)


def test_the_help_names_every_command() -> None:
    text = "\n".join(HELP)
    assert [one for one in ("/wait", "/event", "/answer", "/phone", "/location", "/file")
            if one not in text] == []  # fmt: skip
