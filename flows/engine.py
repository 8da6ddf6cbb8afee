"""advance(): what a happening does to a session. Pure and total: it answers and never raises."""

from dataclasses import replace
from datetime import datetime

from flows import asking
from flows.effects import Stale, Turn
from flows.facts import Facts
from flows.happenings import (
    Answered,
    Called,
    Chosen,
    Entered,
    Happening,
    TimedOut,
    TurnCame,
)
from flows.language import AskStep, CallStep, Flow, Step, WaitStep
from flows.session import Session, SessionState
from flows.start import entered_variables, entry
from flows.steps import OVER, GoTo, Over, Resting, Whither, answered, come_back, onward, take
from flows.walk import Walk

MAX_STEPS = 100


def advance(
    flow: Flow, session: Session, happening: Happening, facts: Facts, *, now: datetime
) -> Turn:
    """The session after the happening, at rest, and what is to be done, in order.

    `flow` is the version that the session is in; `now` is aware. A happening that means nothing
    in this state changes nothing.
    """
    walk = Walk.begin(flow, session, happening, facts, now)
    whither = _begin(walk, happening)
    if whither is None:
        return Turn(session, (Stale(),) if isinstance(happening, Chosen) else ())
    _follow(walk, whither)
    return walk.turn()


def step_aside(session: Session, *, now: datetime) -> Session:
    """An asking session that lets another ask first; its buttons and its timer stay good."""
    if session.state is not SessionState.ASKING:
        return session
    return replace(session, state=SessionState.QUEUED, queued_at=now)


def _begin(walk: Walk, happening: Happening) -> Whither | None:
    """Where the happening leads; None if it means nothing now."""
    state = walk.session.state
    match happening:
        case Entered():
            return _enter(walk, happening) if state is SessionState.NEW else None
        case Chosen(generation) | TimedOut(generation) | Called(generation):
            if generation != walk.session.generation:
                return None
        case _:
            pass
    if state in (SessionState.NEW, SessionState.ENDED):
        return None
    step = walk.flow.steps.get(walk.session.step)
    if step is None:
        walk.report("the step that the session is at is gone")
        return OVER
    return _go_on(walk, step, happening)


def _go_on(walk: Walk, step: Step, happening: Happening) -> Whither | None:
    state = walk.session.state
    match happening, step:
        case Answered(content), AskStep() if state is SessionState.ASKING:
            return asking.answer(walk, step, content)
        case Chosen(_, option), AskStep() if state in _OPEN:
            is_shown = 0 <= option < len(walk.session.options)
            return asking.keep(walk, step, walk.session.options[option].key) if is_shown else None
        case TimedOut(), AskStep() if state in _OPEN and step.timeout is not None:
            walk.clears_keyboard = asking.shares(step)
            target = walk.choose(step.timeout.next)
            return OVER if target is None else GoTo(target)
        case TimedOut(), WaitStep() if state is SessionState.WAITING:
            return onward(walk, step)
        case TimedOut(), CallStep() if state is SessionState.CALLING:
            return answered(walk, step, 0, None)
        case Called(_, status, body), CallStep() if state is SessionState.CALLING:
            return answered(walk, step, status, body)
        case TurnCame(), _ if state is SessionState.QUEUED and not walk.facts.is_asked_elsewhere:
            return GoTo(walk.session.step)
        case _:
            return None


_OPEN = (SessionState.ASKING, SessionState.QUEUED)
"""A question that stepped aside for another can still be answered by its buttons."""


def _enter(walk: Walk, entered: Entered) -> Whither:
    walk.names.variables |= entered_variables(entered.trigger, entered.name, entered.data)
    first = entry(walk.flow, entered.trigger, entered.text, entered.name, walk.names)
    return GoTo(first)


def _follow(walk: Walk, whither: Whither) -> None:
    """From step to step until the session rests or ends."""
    for _ in range(MAX_STEPS):
        match whither:
            case Resting():
                return
            case Over():
                back = come_back(walk)
                if back is None:
                    walk.end()
                    return
                whither = back
            case GoTo(name):
                whither = _take(walk, name)
    _cut(walk)


def _take(walk: Walk, name: str) -> Whither:
    walk.step = name
    step = walk.flow.steps.get(name)
    if step is None:
        walk.report(f"there is no step `{name}`")
        return OVER
    return asking.put(walk, step) if isinstance(step, AskStep) else take(walk, step)


def _cut(walk: Walk) -> None:
    # Whoever fell into the loop shall not read the same words a hundred times.
    said = walk.effects
    walk.effects = [effect for index, effect in enumerate(said) if effect not in said[:index]]
    walk.report(f"a loop that never waits was cut after {MAX_STEPS} steps")
    walk.end()
