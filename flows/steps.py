"""What each kind of step does, and where it leads."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias, assert_never

from core.content import (
    AskContactButton,
    AskLocationButton,
    Attachment,
    Button,
    Content,
    Location,
    Media,
    MediaKind,
    UrlButton,
)
from core.ids import TopicId
from core.people import Json
from core.policy import zone
from core.topics import SubscriptionState
from flows.asks import LinkButton
from flows.effects import (
    Call,
    Emit,
    HandOver,
    SetAttribute,
    Subscribe,
    Tag,
    Unsubscribe,
    Untag,
)
from flows.language import (
    AskStep,
    BranchStep,
    CallStep,
    EmitStep,
    EndStep,
    HandOverStep,
    RunStep,
    SayStep,
    SetStep,
    SplitStep,
    Step,
    SubscribeStep,
    TagStep,
    UnsubscribeStep,
    UntagStep,
    WaitStep,
)
from flows.session import Frame, SessionState
from flows.spans import next_at
from flows.walk import Walk

MAX_DEPTH = 8
"""How deep flows may run one another."""


@dataclass(frozen=True, slots=True)
class GoTo:
    step: str


@dataclass(frozen=True, slots=True)
class Over:
    """This flow has come to its end; one that ran it goes on."""


@dataclass(frozen=True, slots=True)
class Resting:
    """The session waits for something."""


Whither: TypeAlias = GoTo | Over | Resting
Plain: TypeAlias = (
    SayStep
    | BranchStep
    | WaitStep
    | SetStep
    | TagStep
    | UntagStep
    | SubscribeStep
    | UnsubscribeStep
    | HandOverStep
    | CallStep
    | EmitStep
    | RunStep
    | SplitStep
    | EndStep
)
"""Every step but a question: those are put by `flows.asking`."""
OVER = Over()
RESTING = Resting()


def onward(walk: Walk, step: Step) -> Whither:
    """Where a step leads that is done."""
    if isinstance(step, SplitStep | EndStep):
        return OVER
    target = walk.choose(step.next)
    return OVER if target is None else GoTo(target)


def take(walk: Walk, step: Plain) -> Whither:
    """Do what the step says, up to where the session rests or goes on."""
    match step:
        case BranchStep():
            target = walk.choose(step.branch)
            return onward(walk, step) if target is None else GoTo(target)
        case WaitStep():
            return _wait(walk, step)
        case CallStep():
            return _call(walk, step)
        case RunStep():
            return _run(walk, step)
        case SplitStep():
            return GoTo(split(f"{walk.session.id}", walk.step, step.split))
        case EndStep():
            return OVER
        case _:
            _order(walk, step)
            return onward(walk, step)


def _order(
    walk: Walk,
    step: SayStep
    | SetStep
    | TagStep
    | UntagStep
    | SubscribeStep
    | UnsubscribeStep
    | HandOverStep
    | EmitStep,
) -> None:
    """The steps that order something and go straight on."""
    match step:
        case SayStep():
            walk.say(shown(walk, step))
        case SetStep():
            for name, value in step.set.items():
                _set(walk, name, walk.values(value))
        case TagStep():
            _tag(walk, walk.plain(step.tag).strip())
        case UntagStep():
            _untag(walk, walk.plain(step.untag).strip())
        case SubscribeStep():
            _subscribe(walk, walk.plain(step.subscribe).strip())
        case UnsubscribeStep():
            _unsubscribe(walk, walk.plain(step.unsubscribe).strip())
        case HandOverStep():
            walk.effects.append(HandOver(walk.plain(walk.names.localized(step.hand_over.note))))
        case EmitStep():
            data = walk.values(step.emit.data)
            walk.effects.append(Emit(step.emit.name, data if isinstance(data, dict) else {}))
        case _:
            assert_never(step)


def shown(walk: Walk, step: SayStep | AskStep) -> Content:
    """The text, the media and the step's own buttons."""
    formatted = walk.text(step.say if isinstance(step, SayStep) else step.ask)
    return Content(
        text=formatted.text,
        spans=formatted.spans,
        attachments=_attachments(walk, step) if step.has_media else (),
        buttons=_buttons(walk, step) if step.buttons else (),
    )


def _attachments(walk: Walk, step: SayStep | AskStep) -> tuple[Attachment, ...]:
    files = (
        (MediaKind.PHOTO, step.photo),
        (MediaKind.VIDEO, step.video),
        (MediaKind.DOCUMENT, step.document),
        (MediaKind.VOICE, step.voice),
    )
    found: list[Attachment] = []
    for kind, template in files:
        if template and (url := walk.url(template)):
            found.append(Media(kind, url))
    if sticker := step.sticker.get(walk.facts.channel):
        found.append(Media(MediaKind.STICKER, sticker))
    if step.location is not None:
        found.append(Location(step.location.latitude, step.location.longitude))
    return tuple(found)


def _buttons(walk: Walk, step: SayStep | AskStep) -> tuple[Button, ...]:
    made: list[Button] = []
    for button in step.buttons:
        label = walk.label(button.label)
        if not label:
            continue
        if isinstance(button, LinkButton):
            if url := walk.url(button.url):
                made.append(UrlButton(label, url))
        elif button.share == "contact":
            made.append(AskContactButton(label))
        else:
            made.append(AskLocationButton(label))
    return tuple(made)


def _wait(walk: Walk, step: WaitStep) -> Whither:
    due_at = walk.now if step.wait.span is None else walk.later(step.wait.span)
    if step.wait.until is not None:
        due_at = next_at(step.wait.until, zone(walk.facts.contact.timezone), due_at)
    walk.rest(SessionState.WAITING, due_at=due_at)
    return RESTING


def _set(walk: Walk, name: str, value: Json) -> None:
    attribute = name.removeprefix("contact.")
    if attribute == name:
        walk.names.variables[name] = value
        return
    walk.names.attributes[attribute] = value
    walk.effects.append(SetAttribute(attribute, value))


def _tag(walk: Walk, name: str) -> None:
    if name:
        walk.names.tags |= {name}
        walk.effects.append(Tag(name))


def _untag(walk: Walk, name: str) -> None:
    if name:
        walk.names.tags -= {name}
        walk.effects.append(Untag(name))


def _subscribe(walk: Walk, name: str) -> None:
    topic = walk.facts.topics.get(TopicId(name))
    if topic is None:
        walk.report(f"there is no topic `{name}`")
        return
    words = walk.names.localized(topic.consent) if topic.consent else ""
    state = SubscriptionState.PENDING if topic.confirm else SubscriptionState.SUBSCRIBED
    walk.names.states[topic.id] = state
    walk.effects.append(Subscribe(topic.id, words))


def _unsubscribe(walk: Walk, name: str) -> None:
    if TopicId(name) not in walk.facts.topics:
        walk.report(f"there is no topic `{name}`")
        return
    walk.names.states[TopicId(name)] = SubscriptionState.UNSUBSCRIBED
    walk.effects.append(Unsubscribe(TopicId(name)))


def _call(walk: Walk, step: CallStep) -> Whither:
    url = walk.url(step.call.url)
    if not url:
        return answered(walk, step, 0, None)
    headers = {
        name: " ".join(walk.plain(value).split()) for name, value in step.call.headers.items()
    }
    body = walk.values(step.call.body)
    walk.rest(SessionState.CALLING)
    walk.effects.append(Call(walk.next_generation, step.call.method, url, headers, body))
    return RESTING


def answered(walk: Walk, step: CallStep, status: int, body: Json) -> Whither:
    """Keep what came back from a call and go on."""
    if step.save:
        is_ok = 200 <= status < 300
        walk.names.variables[step.save] = {"status": status, "ok": is_ok, "body": body}
    return onward(walk, step)


def _run(walk: Walk, step: RunStep) -> Whither:
    inner = walk.facts.flows.get(step.run)
    if inner is None:
        walk.report(f"there is no flow `{step.run}`")
        return onward(walk, step)
    session = walk.session
    if len(session.stack) >= MAX_DEPTH:
        walk.report(f"flows run one another more than {MAX_DEPTH} deep")
        return onward(walk, step)
    frame = Frame(session.flow, session.version, walk.step, dict(walk.names.variables))
    walk.session = replace(session, stack=(*session.stack, frame))
    event = walk.names.variables.get("event")
    walk.enter_flow(inner, {} if event is None else {"event": event})
    return GoTo(inner.first)


def come_back(walk: Walk) -> Whither | None:
    """Go on in the flow that ran this one; None if none did."""
    while walk.session.stack:
        *outer, frame = walk.session.stack
        answers = {key: value for key, value in walk.names.variables.items() if key != "event"}
        walk.session = replace(walk.session, stack=tuple(outer))
        walk.step = frame.step
        flow = walk.facts.versions.get(frame.version) or walk.facts.flows.get(frame.flow)
        step = flow.steps.get(frame.step) if flow is not None else None
        if flow is None or not isinstance(step, RunStep):
            walk.report(f"the flow `{frame.flow}` to come back to is gone")
            continue
        walk.enter_flow(flow, frame.variables)
        if step.save:
            walk.names.variables[step.save] = answers
        return onward(walk, step)
    return None


def split(session: str, step: str, weights: Mapping[str, int]) -> str:
    """The way that this session goes at this step: always the same, evenly over sessions."""
    digest = hashlib.sha256(f"{session}\n{step}".encode("utf-8", "replace")).digest()
    point = int.from_bytes(digest[:8], "big") % sum(weights.values())
    for target, weight in weights.items():
        point -= weight
        if point < 0:
            return target
    raise AssertionError("the point lies within the sum of the weights")
