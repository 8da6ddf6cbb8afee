"""What is wrong with flows that load: alone, with one another, and on these messengers."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from core.channels import Channel, Limits
from core.ids import TopicId
from core.topics import Topic
from core.words import Vocabulary, is_consent_word
from flows import checking_names, checking_texts, graph, templates
from flows.entrances import EnterEvent, EnterKeyword, words
from flows.happenings import Trigger
from flows.language import (
    AskStep,
    BranchStep,
    EmitStep,
    EndStep,
    Flow,
    RunStep,
    SetStep,
    SubscribeStep,
    TagStep,
    UnsubscribeStep,
    UntagStep,
    WaitStep,
)
from flows.load import problem
from flows.problems import Problem, Severity
from flows.reading import places


@dataclass(frozen=True, slots=True)
class World:
    """What is configured. `languages`: every text should exist in each of them."""

    topics: Mapping[TopicId, Topic]
    languages: tuple[str, ...]
    vocabulary: Vocabulary
    limits: Mapping[Channel, Limits]


def check(flows: Sequence[Flow], world: World) -> tuple[Problem, ...]:
    """Every problem of these flows, by file and line."""
    by_name = {str(flow.name): flow for flow in flows}
    found = [*_of_all(flows, by_name)]
    for flow in flows:
        found += _of_steps(flow, by_name)
        found += _of_topics(flow, world)
        found += _of_mere_messages(flow)
        found += _of_words(flow, world.vocabulary)
        found += checking_names.check(flow)
        found += checking_texts.check(flow, world.languages, world.limits)
    return tuple(sorted(set(found), key=lambda one: (one.file, one.line, one.key, one.message)))


def _of_all(flows: Sequence[Flow], by_name: Mapping[str, Flow]) -> Iterator[Problem]:
    seen: dict[str, Flow] = {}
    keywords: dict[tuple[int, str], Flow] = {}
    for flow in flows:
        if flow.name in seen:
            where = seen[flow.name].file or "another file"
            yield problem(flow, "flow", f"the flow `{flow.name}` stands in {where} too")
        seen.setdefault(flow.name, flow)
        for index, enter in enumerate(flow.enter):
            for word in sorted(words(enter)) if isinstance(enter, EnterKeyword) else ():
                other = keywords.setdefault((flow.priority, word), flow)
                if other is not flow:
                    yield problem(
                        flow,
                        f"enter[{index}].words",
                        f"the word `{word}` also starts `{other.name}`; "
                        "give one of the two another `priority`",
                    )
    for circle in graph.run_circles(by_name):
        way = " → ".join(circle)
        yield problem(by_name[circle[0]], "steps", f"flows run one another in a circle: {way}")


def _of_steps(flow: Flow, by_name: Mapping[str, Flow]) -> Iterator[Problem]:
    for name in flow.steps.keys() - graph.reachable(flow):
        yield problem(flow, f"steps.{name}", "no step leads here")
    for circle in graph.restless_circles(flow, by_name):
        way = " → ".join(circle)
        yield problem(flow, f"steps.{circle[0]}", f"a circle that never asks nor waits: {way}")
    for name, step in flow.steps.items():
        if isinstance(step, RunStep) and step.run not in by_name:
            yield problem(flow, f"steps.{name}.run", f"there is no flow `{step.run}`")


def _of_topics(flow: Flow, world: World) -> Iterator[Problem]:
    if flow.topic is not None and flow.topic not in world.topics:
        yield problem(flow, "topic", _no_topic(flow.topic, world))
    for name, step in flow.steps.items():
        key, topic = f"steps.{name}", ""
        if isinstance(step, SubscribeStep):
            key, topic = f"{key}.subscribe", step.subscribe
        elif isinstance(step, UnsubscribeStep):
            key, topic = f"{key}.unsubscribe", step.unsubscribe
        if topic and not templates.is_template(topic) and topic not in world.topics:
            yield problem(flow, key, _no_topic(topic, world))
    yield from _of_consent(flow, world)
    if flow.topic is None:
        yield from _speaks_by_itself(flow)


def _no_topic(topic: str, world: World) -> str:
    known = ", ".join(sorted(world.topics)) or "none"
    return f"there is no topic `{topic}`; configured: {known}"


def _of_consent(flow: Flow, world: World) -> Iterator[Problem]:
    """Topics whose words of consent nobody would have seen."""
    if any(".consent" in place.source for place in places(flow)):
        return
    with_words = {str(topic.id) for topic in world.topics.values() if topic.consent}
    for name, step in flow.steps.items():
        if not isinstance(step, SubscribeStep):
            continue
        if step.subscribe in with_words or (with_words and templates.is_template(step.subscribe)):
            message = "the flow never shows the topic's words: (topics | find('…')).consent"
            yield problem(flow, f"steps.{name}.subscribe", message, Severity.WARNING)


def _of_mere_messages(flow: Flow) -> Iterator[Problem]:
    """A message that nothing else takes is no wish to subscribe to anything."""
    for index, enter in enumerate(flow.enter):
        if enter.on is not Trigger.MESSAGE:
            continue
        for name in sorted(graph.reached_at_once(flow, enter.to or flow.first)):
            if isinstance(flow.steps[name], SubscribeStep):
                message = f"enter[{index}], any message, would subscribe: ask first"
                yield problem(flow, f"steps.{name}.subscribe", message)


def _speaks_by_itself(flow: Flow) -> Iterator[Problem]:
    missing = "speaks without being spoken to, so the flow needs a `topic`"
    for index, enter in enumerate(flow.enter):
        if isinstance(enter, EnterEvent):
            yield problem(flow, f"enter[{index}]", f"an event {missing}")
    for name, step in flow.steps.items():
        if isinstance(step, WaitStep):
            yield problem(flow, f"steps.{name}.wait", f"a wait {missing}")
        if isinstance(step, AskStep) and step.timeout is not None and _speaks_late(flow, step):
            yield problem(flow, f"steps.{name}.timeout", f"a timeout {missing}")


def _speaks_late(flow: Flow, step: AskStep) -> bool:
    """Whether something may be said once nobody has answered: giving up in silence is no speech."""
    assert step.timeout is not None
    leads = [case.to for case in step.timeout.next]
    reached = {name for start in leads for name in graph.reached_at_once(flow, start)}
    silent = EndStep | EmitStep | SetStep | TagStep | UntagStep | BranchStep
    return not leads or not all(isinstance(flow.steps[name], silent) for name in reached)


def _of_words(flow: Flow, vocabulary: Vocabulary) -> Iterator[Problem]:
    """Words that the contact could never say to this flow."""
    for index, enter in enumerate(flow.enter):
        if not isinstance(enter, EnterKeyword):
            continue
        if not words(enter):
            yield problem(flow, f"enter[{index}]", "a keyword without words and without a command")
        for word in sorted(words(enter)):
            if is_consent_word(word, vocabulary) or is_consent_word(f"/{word}", vocabulary):
                yield problem(
                    flow,
                    f"enter[{index}].words",
                    f"`{word}` means STOP or START everywhere and never reaches a flow",
                )
    for name, step in flow.steps.items():
        for key, choice in step.choices.items() if isinstance(step, AskStep) else ():
            for said in {key, *choice.label.values()}:
                if not templates.is_template(said) and is_consent_word(said, vocabulary):
                    yield problem(
                        flow,
                        f"steps.{name}.choices.{key}",
                        f"`{said}`, typed, would be taken for STOP or START; choose another word",
                    )
