"""advance(): what the cases do not show, since nobody sees it in a talk."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from core.channels import Channel
from core.content import (
    AskContactButton,
    ContactCard,
    Content,
    Media,
    MediaKind,
    PressButton,
    Span,
    SpanKind,
    UrlButton,
)
from core.ids import ContactId, FlowVersion, SessionId
from core.messages import MessageClass
from core.people import Contact
from flows.buttons import FlowButton, decode
from flows.effects import Call, Effect, HandOver, Report, Say, Stale, Subscribe, Turn, WakeAt
from flows.engine import advance, step_aside
from flows.happenings import (
    Answered,
    Called,
    Chosen,
    Entered,
    Happening,
    TimedOut,
    Trigger,
    TurnCame,
)
from flows.language import Flow
from flows.session import SessionState
from flows.steps import split
from tests.flows.world import NOW, ORDERS, PROMO, facts, flow, session

STARTED = Entered(Trigger.STARTED)
RATE = flow(
    """\
  rate:
    ask: How was it?
    choices: {great: Great, bad: Bad}
    buttons: [{label: Site, url: "{{ links.site }}"}]
    save: rating
    timeout: {after: 24h, next: bye}
    next: bye
  bye:
    say: "Bye, {{ rating }}"
""",
    "topic: orders",
)


def begun(of: Flow, happening: Happening = STARTED) -> Turn:
    return advance(of, session(of), happening, facts(of), now=NOW)


def said(turn: Turn) -> list[str]:
    return [effect.content.text for effect in turn.effects if isinstance(effect, Say)]


def test_a_question_rests_with_its_buttons_and_its_timer() -> None:
    turn = begun(RATE)
    say, wake = turn.effects
    assert isinstance(say, Say)
    *presses, link = say.content.buttons
    assert [decode(press.value) for press in presses if isinstance(press, PressButton)] == [
        FlowButton(SessionId(7), 1, 0),
        FlowButton(SessionId(7), 1, 1),
    ]
    assert link == UrlButton("Site", "https://shop.example.com")
    assert wake == WakeAt(NOW + timedelta(hours=24), 1)
    assert turn.session.state is SessionState.ASKING
    assert (turn.session.step, turn.session.generation) == ("rate", 1)
    assert turn.session.due_at == NOW + timedelta(hours=24)


def test_a_press_is_an_answer_and_ends_the_question() -> None:
    turn = advance(RATE, begun(RATE).session, Chosen(1, 1), facts(RATE), now=NOW)
    assert said(turn) == ["Bye, bad"]
    assert turn.session.state is SessionState.ENDED
    assert turn.session.generation == 2
    assert turn.session.variables == {"rating": "bad"}
    assert (turn.session.options, turn.session.due_at) == ((), None)


@pytest.mark.parametrize(
    ("happening", "effects"),
    [
        pytest.param(Chosen(0, 1), (Stale(),), id="a button of an earlier question is stale"),
        pytest.param(Chosen(1, 2), (Stale(),), id="a button that was not shown is stale"),
        pytest.param(Chosen(1, -1), (Stale(),), id="a forged button is stale"),
        pytest.param(TimedOut(0), (), id="an earlier timer means nothing"),
        pytest.param(Called(1, 200, {}), (), id="an answer that nobody asked for means nothing"),
        pytest.param(TurnCame(), (), id="a turn for one who asks already means nothing"),
        pytest.param(STARTED, (), id="a session is entered once"),
    ],
)
def test_what_does_not_belong_to_the_question_changes_nothing(
    happening: Happening, effects: tuple[Effect, ...]
) -> None:
    asking = begun(RATE).session
    assert advance(RATE, asking, happening, facts(RATE), now=NOW) == Turn(asking, effects)


@pytest.mark.parametrize(
    "happening",
    [Answered(Content("Great")), TimedOut(2), Called(2, 200, {}), TurnCame(), STARTED],
    ids=lambda happening: type(happening).__name__,
)
def test_nothing_wakes_a_session_that_has_ended(happening: Happening) -> None:
    ended = advance(RATE, begun(RATE).session, Chosen(1, 0), facts(RATE), now=NOW).session
    assert advance(RATE, ended, happening, facts(RATE), now=NOW) == Turn(ended)


def test_an_answer_that_does_not_fit_keeps_the_buttons_and_the_timer_good() -> None:
    asking = begun(RATE).session
    turn = advance(RATE, asking, Answered(Content("perhaps")), facts(RATE), now=NOW)
    assert turn.session == replace(asking, tries=1)
    assert not any(isinstance(effect, WakeAt) for effect in turn.effects)
    [say] = turn.effects
    assert isinstance(say, Say)
    assert [decode(b.value) for b in say.content.buttons if isinstance(b, PressButton)] == [
        FlowButton(SessionId(7), 1, 0),
        FlowButton(SessionId(7), 1, 1),
    ]


def test_a_question_queues_behind_the_one_of_another_session() -> None:
    busy = facts(RATE, is_asked_elsewhere=True)
    turn = advance(RATE, session(RATE), STARTED, busy, now=NOW)
    assert (turn.session.state, turn.session.queued_at) == (SessionState.QUEUED, NOW)
    assert said(turn) == []
    still = advance(RATE, turn.session, TurnCame(), busy, now=NOW)
    assert still == Turn(turn.session)
    later = NOW + timedelta(hours=1)
    asked = advance(RATE, turn.session, TurnCame(), facts(RATE), now=later)
    assert said(asked) == ["How was it?"]
    assert asked.session.state is SessionState.ASKING
    assert asked.session.due_at == later + timedelta(hours=24)


def test_a_question_that_steps_aside_can_still_be_answered_by_its_button() -> None:
    aside = step_aside(begun(RATE).session, now=NOW)
    assert (aside.state, aside.queued_at) == (SessionState.QUEUED, NOW)
    pressed = advance(RATE, aside, Chosen(1, 0), facts(RATE), now=NOW)
    assert said(pressed) == ["Bye, great"]
    timed_out = advance(RATE, aside, TimedOut(1), facts(RATE), now=NOW)
    assert said(timed_out) == ["Bye,"]
    typed = advance(RATE, aside, Answered(Content("Great")), facts(RATE), now=NOW)
    assert typed == Turn(aside)


@pytest.mark.parametrize(
    ("header", "happening", "voice"),
    [
        pytest.param(
            "topic: promo",
            STARTED,
            (MessageClass.REPLY, PROMO),
            id="what follows an act of the contact is a reply",
        ),
        pytest.param(
            "topic: promo",
            Entered(Trigger.EVENT),
            (MessageClass.MARKETING, PROMO),
            id="what follows an event is marketing where the topic is",
        ),
        pytest.param(
            "topic: orders",
            Entered(Trigger.EVENT),
            (MessageClass.SERVICE, ORDERS),
            id="and service where the topic is",
        ),
        pytest.param("", STARTED, (MessageClass.REPLY, None), id="a flow without a topic replies"),
        pytest.param(
            "", Entered(Trigger.EVENT), None, id="and says nothing where nobody spoke to it"
        ),
        pytest.param(
            "topic: gone",
            Entered(Trigger.EVENT),
            None,
            id="nor does one whose topic is not configured any more",
        ),
    ],
)
def test_the_class_of_what_is_said(
    header: str, happening: Happening, voice: tuple[MessageClass, str] | None
) -> None:
    turn = begun(flow("  hello: {say: Hello}\n", header), happening)
    if voice is None:
        assert [type(effect) for effect in turn.effects] == [Report]
    else:
        [say] = turn.effects
        assert isinstance(say, Say)
        assert (say.cls, say.topic) == voice


def test_what_follows_a_call_is_no_reply() -> None:
    calling = flow(
        "  ask: {call: 'https://shop.example.com/', next: told}\n  told: {say: Hello}\n",
        "topic: orders",
    )
    first = begun(calling)
    [call] = first.effects
    assert isinstance(call, Call)
    assert call.generation == first.session.generation
    turn = advance(calling, first.session, Called(1, 200, None), facts(calling), now=NOW)
    [say] = turn.effects
    assert isinstance(say, Say)
    assert (say.cls, say.topic) == (MessageClass.SERVICE, ORDERS)


def test_a_call_whose_answer_never_came_can_time_out() -> None:
    calling = flow(
        "  ask: {call: 'https://shop.example.com/', save: got, next: told}\n"
        "  told: {say: '{{ got.status }}'}\n"
    )
    turn = advance(calling, begun(calling).session, TimedOut(1), facts(calling), now=NOW)
    assert turn.session.variables["got"] == {"status": 0, "ok": False, "body": None}


OUTER = flow(
    "  in: {run: inner, save: got, next: out}\n  out: {say: '{{ got.size }} {{ event.data.x }}'}\n",
    "flow: outer\ntopic: promo",
)
INNER = flow(
    "  which: {ask: 'Size? {{ event.data.x }}', choices: {s: Small}, save: size}\n", "flow: inner"
)


def test_a_session_is_always_in_the_flow_that_speaks() -> None:
    world = facts(OUTER, INNER)
    entered = Entered(Trigger.EVENT, {"x": "yes"}, name="e")
    inside = advance(OUTER, session(OUTER), entered, world, now=NOW)
    assert (inside.session.flow, inside.session.version) == ("inner", INNER.version)
    assert (inside.session.step, len(inside.session.stack)) == ("which", 1)
    say = inside.effects[0]
    assert isinstance(say, Say)
    assert (say.content.text, say.cls, say.topic) == ("Size? yes", MessageClass.MARKETING, PROMO)
    back = advance(INNER, inside.session, Chosen(1, 0), world, now=NOW)
    assert said(back) == ["s yes"]
    assert (back.session.flow, back.session.version) == ("outer", OUTER.version)
    assert back.session.variables["got"] == {"size": "s"}
    assert back.session.stack == ()


def test_a_session_comes_back_to_the_version_it_began_with() -> None:
    newer = flow("  out: {say: Newer}\n", "flow: outer\ntopic: promo")
    both = facts(OUTER, INNER, versions={f.version: f for f in (OUTER, INNER, newer)})
    inside = advance(OUTER, session(OUTER), STARTED, both, now=NOW)
    now_newer = replace(both, flows={OUTER.name: newer, INNER.name: INNER})
    back = advance(INNER, inside.session, Chosen(1, 0), now_newer, now=NOW)
    assert said(back) == ["s"]


def test_a_session_whose_outer_flow_is_gone_ends_with_a_report() -> None:
    world = facts(OUTER, INNER)
    inside = advance(OUTER, session(OUTER), STARTED, world, now=NOW)
    alone = replace(world, flows={}, versions={})
    back = advance(INNER, inside.session, Chosen(1, 0), alone, now=NOW)
    assert back.session.state is SessionState.ENDED
    assert back.effects == (Report("the flow `outer` to come back to is gone", "in"),)


def test_a_session_whose_step_is_gone_ends_with_a_report() -> None:
    lost = session(RATE, step="gone", state=SessionState.ASKING, generation=3)
    turn = advance(RATE, lost, Answered(Content("hi")), facts(RATE), now=NOW)
    assert turn.session.state is SessionState.ENDED
    assert turn.effects == (Report("the step that the session is at is gone", "gone"),)


@pytest.mark.parametrize(
    ("timezone", "now", "due_at"),
    [
        pytest.param(
            "Europe/Berlin",
            datetime(2026, 3, 28, 12, tzinfo=UTC),
            datetime(2026, 3, 29, 1, 30, tzinfo=UTC),
            id="a time that the clocks skip comes an hour later by the clock",
        ),
        pytest.param(
            "Europe/Berlin",
            datetime(2026, 10, 24, 12, tzinfo=UTC),
            datetime(2026, 10, 25, 0, 30, tzinfo=UTC),
            id="a time that comes twice is taken the first time",
        ),
        pytest.param(
            "Europe/Berlin",
            datetime(2026, 10, 25, 0, 30, tzinfo=UTC),
            datetime(2026, 10, 26, 1, 30, tzinfo=UTC),
            id="and then the next day",
        ),
        pytest.param(
            "Pacific/Auckland",
            datetime(2026, 11, 22, 13, tzinfo=UTC),
            datetime(2026, 11, 22, 13, 30, tzinfo=UTC),
            id="today by the contact's clock is today",
        ),
        pytest.param(
            "No/Such_Zone",
            datetime(2026, 11, 22, 3, tzinfo=UTC),
            datetime(2026, 11, 23, 2, 30, tzinfo=UTC),
            id="an unknown zone is UTC",
        ),
    ],
)
def test_a_time_of_day_on_the_contacts_clock(
    timezone: str, now: datetime, due_at: datetime
) -> None:
    waiting = flow("  rest: {wait: {until: '2:30'}}\n", "topic: orders")
    world = facts(waiting, contact=Contact(ContactId(1), timezone=timezone))
    turn = advance(waiting, session(waiting), STARTED, world, now=now)
    assert turn.effects == (WakeAt(due_at, 1),)
    assert turn.session.due_at == due_at


def test_any_card_answers_where_a_phone_is_asked_for() -> None:
    asks = flow(
        "  who: {ask: Phone?, answer: phone, save: phone, next: told}\n  told: {say: Thanks}\n"
    )
    others = Content(attachments=(ContactCard("447400123456", "Bob", own=False),))
    turn = advance(asks, begun(asks).session, Answered(others), facts(asks), now=NOW)
    assert turn.session.variables == {"phone": "+447400123456"}


def test_only_ones_own_card_is_a_phone_and_its_keyboard_goes_away() -> None:
    asks = flow(
        "  who: {ask: Phone?, answer: contact, save: phone, next: told}\n  told: {say: Thanks}\n"
    )
    first = begun(asks)
    assert isinstance(first.effects[0], Say)
    assert first.effects[0].content.buttons == (AskContactButton("Share my number"),)
    others = Content(attachments=(ContactCard("447700900123", "Bob", own=False),))
    refused = advance(asks, first.session, Answered(others), facts(asks), now=NOW)
    assert refused.session.state is SessionState.ASKING
    own = Content(attachments=(ContactCard("447400123456", "Anna", own=True),))
    taken = advance(asks, first.session, Answered(own), facts(asks), now=NOW)
    assert taken.session.variables == {"phone": "+447400123456"}
    [say] = taken.effects
    assert isinstance(say, Say)
    assert say.content == Content("Thanks", clears_keyboard=True)


def test_a_keyboard_goes_away_when_nobody_answers_in_time() -> None:
    asks = flow(
        "  where: {ask: Where?, answer: location, timeout: {after: 1h, next: told}}\n"
        "  told: {say: Never mind}\n",
        "topic: orders",
    )
    [say] = advance(asks, begun(asks).session, TimedOut(1), facts(asks), now=NOW).effects
    assert isinstance(say, Say)
    assert say.content == Content("Never mind", clears_keyboard=True)


def test_the_words_of_consent_are_those_of_the_contacts_language() -> None:
    join = flow("  join: {subscribe: promo}\n")
    turn = advance(join, session(join), STARTED, facts(join, locale="ru-RU"), now=NOW)
    assert turn.effects == (Subscribe(PROMO, "Согласие получать акции."),)


def test_an_operator_is_told_where_the_flow_gave_up() -> None:
    strict = flow("  rate: {ask: How?, choices: {a: A}, otherwise: {times: 0}}\n", "title: Rating")
    asked = advance(strict, session(strict), STARTED, facts(strict), now=NOW)
    turn = advance(strict, asked.session, Answered(Content("hm")), facts(strict), now=NOW)
    assert turn.effects[-1] == HandOver("Rating: rate")
    assert turn.session.state is SessionState.ENDED


def test_values_are_never_formatting() -> None:
    bold = flow('  hello: {say: "**Dear** {{ contact.name }}"}\n')
    world = facts(bold, contact=Contact(ContactId(1), name="**B** [x](https://evil.example)"))
    [say] = advance(bold, session(bold), STARTED, world, now=NOW).effects
    assert isinstance(say, Say)
    assert say.content.text == "Dear **B** [x](https://evil.example)"
    assert say.content.spans == (Span(SpanKind.BOLD, 0, 4),)


def test_a_split_is_steady_and_even() -> None:
    weights = {"a": 3, "b": 1}
    ways = [split(str(number), "step", weights) for number in range(2000)]
    assert ways == [split(str(number), "step", weights) for number in range(2000)]
    assert 1400 < ways.count("a") < 1600
    assert ways != [split(str(number), "other step", weights) for number in range(2000)]


def test_a_turn_leaves_what_it_was_given_as_it_was() -> None:
    variables = {"list": [1], "kept": "x"}
    change = flow("  keep: {set: {kept: y, list: []}, next: say}\n  say: {ask: Well?}\n")
    before = session(change, variables=variables)
    turn = advance(change, before, STARTED, facts(change), now=NOW)
    assert variables == {"list": [1], "kept": "x"}
    assert turn.session.variables == {"list": [], "kept": "y"}


def test_a_version_that_is_not_kept_does_not_stop_a_session_in_it() -> None:
    turn = advance(RATE, session(RATE, version=FlowVersion("0" * 64)), STARTED, facts(), now=NOW)
    assert turn.session.state is SessionState.ASKING


def test_a_sticker_is_shown_where_its_messenger_has_one() -> None:
    asks = flow(
        "  who: {say: Hi, sticker: {telegram: CAAC, vk: '9'}, next: told}\n  told: {say: Bye}\n"
    )
    for channel, expected in (
        (Channel.TELEGRAM, (Media(MediaKind.STICKER, "CAAC"),)),
        (Channel.VK, (Media(MediaKind.STICKER, "9"),)),
        (Channel.MAX, ()),
    ):
        turn = advance(asks, session(asks), STARTED, replace(facts(asks), channel=channel), now=NOW)
        first = turn.effects[0]
        assert isinstance(first, Say)
        assert first.content.attachments == expected
