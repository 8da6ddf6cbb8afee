"""What holds for every flow, every state and everything that can happen."""

from datetime import UTC, datetime
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.content import ContactCard, Content, Location, Media, MediaKind
from core.ids import ContactId, FlowName, FlowVersion, SessionId
from core.people import Contact, Json
from core.topics import Subscription, SubscriptionState
from flows.effects import Say, Turn, WakeAt
from flows.engine import advance
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
from flows.library_files import builtin
from flows.load import load
from flows.session import Frame, Option, Session, SessionState
from tests.flows.world import NOW, ORDER, TOPICS, facts, flow

ZOO = flow(
    """\
  rate: {ask: "{{ x }}", choices: {a: A, b: {label: "{{ x }}", if: x}}, save: x, next: many,
         timeout: {after: 1h, next: pause}, otherwise: {times: 1, then: way}}
  many: {ask: Which?, each: {of: x, as: one, value: "{{ one }}", label: "{{ one.y }}"}, next: num}
  num: {ask: N?, answer: {kind: number, max: 5}, save: y, next: mail}
  mail: {ask: M?, answer: email, save: x, next: phone}
  phone: {ask: P?, answer: phone, save: x, next: day}
  day: {ask: D?, answer: date, save: x, next: place}
  place: {ask: L?, answer: location, save: y, next: file}
  file: {ask: F?, answer: file, save: x, next: who}
  who: {ask: C?, answer: contact, next: way}
  pause: {wait: {for: 1d, until: "10:00"}, next: way}
  way: {branch: [{if: "x > 3", to: keep}, {if: "y[0].z + 1", to: call}, {to: keep}]}
  keep: {set: {x: "{{ (y or 0) + 1 }}", contact.z: "{{ x }}", y: [1, "{{ x }}"]}, next: mark}
  mark: {tag: "{{ x }}", next: unmark}
  unmark: {untag: "{{ y }}", next: join}
  join: {subscribe: "{{ x }}", next: leave}
  leave: {unsubscribe: promo, next: call}
  call: {call: {url: "https://shop.example.com/{{ x }}", body: "{{ y }}"}, save: x, next: tell}
  tell: {emit: {name: e, data: {x: "{{ x }}"}}, next: inner}
  inner: {run: inner, save: x, next: ways}
  ways: {split: {circle: 1, person: 1, rate: 1, bye: 1}}
  circle: {say: "**{{ x }}** {% for a in y %}{{ a ~ a }}{% endfor %}", next: ways}
  person: {hand_over: "{{ x }}", next: again}
  again: {run: zoo, next: bye}
  bye: {end: }
""",
    "flow: zoo\ntopic: promo",
)
INNER = flow("  which: {ask: 'Size {{ event.data }}', choices: {s: S}, save: s}\n", "flow: inner")
FLOWS = [ZOO, INNER, *(load(source, name) for name, source in builtin())]

json: st.SearchStrategy[Json] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=8) | st.floats(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=6,
)
words = st.text(max_size=30) | st.sampled_from(
    ["a", "1", "A", "3", "5 мая", "anna@example.com", "+447400123456", "2", "tomorrow", "no", "0"]
)
contents = st.builds(
    Content,
    text=words,
    attachments=st.lists(
        st.builds(ContactCard, words, words, st.booleans())
        | st.builds(Location, st.floats(-90, 90), st.floats(-180, 180))
        | st.builds(Media, st.sampled_from(MediaKind), words),
        max_size=1,
    ).map(tuple),
)
generations = st.integers(0, 3)
happenings: st.SearchStrategy[Happening] = st.one_of(
    st.builds(
        Entered,
        st.sampled_from(Trigger),
        st.dictionaries(words, json, max_size=2),
        words,
        words,
    ),
    st.builds(Answered, contents),
    st.builds(Chosen, generations, st.integers(-1, 4)),
    st.builds(TimedOut, generations),
    st.builds(Called, generations, st.integers(0, 599), json),
    st.just(TurnCame()),
)
variables = st.dictionaries(st.sampled_from(["x", "y", "event", "wish", "picked", "rating"]), json)
versions = st.sampled_from([one.version for one in FLOWS] + [FlowVersion("gone")])
steps = st.sampled_from([step for one in FLOWS for step in one.steps] + ["", "gone"])
frames = st.builds(Frame, st.just(FlowName("zoo")), versions, steps, variables)


@st.composite
def sessions(draw: st.DrawFn) -> tuple[Any, Session]:
    """Any flow, and a session that claims to be anywhere in it."""
    of = draw(st.sampled_from(FLOWS))
    return of, Session(
        id=SessionId(draw(st.integers(1, 2**62))),
        flow=of.name,
        version=of.version,
        state=draw(st.sampled_from(SessionState)),
        step=draw(st.sampled_from([*of.steps, "", "gone"])),
        generation=draw(generations),
        tries=draw(st.integers(0, 3)),
        variables=draw(variables),
        options=tuple(draw(st.lists(st.builds(Option, words, words), max_size=3))),
        stack=tuple(draw(st.lists(frames, max_size=9))),
        due_at=draw(st.none() | st.just(NOW)),
        queued_at=draw(st.none() | st.just(NOW)),
    )


worlds = st.builds(
    lambda locale, zone, order, elsewhere, attributes, states, name: facts(
        *FLOWS,
        contact=Contact(ContactId(1), name=name, timezone=zone, attributes=attributes),
        locale=locale,
        order=order,
        orders=(order,) if order else (),
        is_asked_elsewhere=elsewhere,
        subscriptions={
            topic: Subscription(topic, state, NOW)
            for topic, state in zip(TOPICS, states, strict=False)
        },
    ),
    st.sampled_from(["en", "ru", "ru-RU", "", "xx"]) | words,
    st.sampled_from(["", "Europe/Berlin", "Nowhere", "Asia/Kathmandu", "../../etc/passwd"]),
    st.sampled_from([None, ORDER]),
    st.booleans(),
    st.dictionaries(words, json, max_size=2),
    st.lists(st.sampled_from(SubscriptionState), max_size=3),
    words,
)
moments = st.floats(1.6e9, 4.7e9).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))


@given(sessions(), st.lists(happenings, min_size=1, max_size=5), worlds, moments)
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_from_any_state_any_happening_gives_a_turn(
    begun: tuple[Any, Session], heard: list[Happening], world: Any, now: datetime
) -> None:
    of, session = begun
    by_version = {one.version: one for one in FLOWS}
    for happening in heard:
        turn = advance(of, session, happening, world, now=now)
        _is_sound(session, turn)
        session = turn.session
        of = by_version.get(session.version, of)


def _is_sound(before: Session, turn: Turn) -> None:
    after = turn.session
    assert after.generation >= before.generation
    assert after.state is not SessionState.NEW or after == before
    if after.state is SessionState.ENDED and before.state is not SessionState.ENDED:
        assert (after.options, after.stack, after.due_at, after.queued_at) == ((), (), None, None)
    for effect in turn.effects:
        if isinstance(effect, WakeAt):
            assert (effect.at, effect.generation) == (after.due_at, after.generation)
        if isinstance(effect, Say):
            assert not effect.content.is_empty
            assert all(span.length > 0 for span in effect.content.spans)
            ends = [span.offset + span.length for span in effect.content.spans]
            assert max(ends, default=0) <= len(effect.content.text)


@given(sessions(), happenings, worlds)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_the_same_turn_comes_out_twice(
    begun: tuple[Any, Session], happening: Happening, world: Any
) -> None:
    of, session = begun
    first = advance(of, session, happening, world, now=NOW)
    assert repr(advance(of, session, happening, world, now=NOW)) == repr(first)
