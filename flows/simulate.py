"""A contact and a flow in a terminal: a line in, lines out. Pure; the command line wraps it."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from core.channels import Channel
from core.content import ContactCard, Content, Location, Media, MediaKind
from core.ids import ContactId, SessionId, TopicId
from core.people import Contact, Json, Order, Profile
from core.topics import Subscription, SubscriptionState, Topic
from flows.effects import Effect, SetAttribute, Subscribe, Tag, Turn, Unsubscribe, Untag
from flows.engine import advance
from flows.entrances import EnterEvent, EnterKeyword
from flows.facts import Facts
from flows.happenings import Answered, Called, Chosen, Entered, Happening, TimedOut, Trigger
from flows.language import Flow
from flows.session import Session, SessionState
from flows.simulated_lines import lines_of
from flows.spans import parse_span
from flows.start import choose

HELP = (
    "Write what the contact would write; a button's number or words press it.",
    "/wait 24h       let time pass",
    "/event NAME {}  what the shop tells",
    "/answer 200 {}  what the server answers to a call",
    "/close          an operator closes the conversation",
    "/phone +44…, /location 55.75 37.61, /file photo.jpg   what the contact sends",
)


@dataclass(frozen=True, slots=True)
class Person:
    """Whom the flow talks to."""

    name: str = "Anna"
    locale: str = "en"
    timezone: str = ""
    order: Order | None = None


@dataclass(frozen=True, slots=True)
class Simulator:
    """A session and the world around it. `hear` gives the next one."""

    flows: tuple[Flow, ...]
    facts: Facts
    session: Session
    now: datetime

    @property
    def is_over(self) -> bool:
        """Nothing waits for the contact or the time any more; a keyword may still start a flow."""
        return self.session.state is SessionState.ENDED

    def hear(self, line: str) -> tuple["Simulator", tuple[str, ...]]:
        """What follows from a line of the contact, or from one of the `HELP`."""
        command, _, rest = line.strip().partition(" ")
        match command:
            case "":
                return self, ()
            case "/wait":
                return self._wait(rest)
            case "/event":
                return self._event(rest)
            case "/answer":
                return self._answer(rest)
            case "/close":
                return self._start(Trigger.CLOSED) or (self, ("(no flow begins with that)",))
            case _:
                content = _sent(command, rest) or Content(text=line.strip())
                return self._say(content)

    def _say(self, content: Content) -> tuple["Simulator", tuple[str, ...]]:
        if content.text.startswith("/") and (started := self._start(Trigger.KEYWORD, content.text)):
            return started
        if self.session.state is SessionState.ASKING:
            option = self._pressed(content.text)
            if option is not None:
                return self._happen(Chosen(self.session.generation, option))
            return self._happen(Answered(content))
        return (
            self._start(Trigger.KEYWORD, content.text)
            or self._start(Trigger.MESSAGE)
            or (self, ("(inbox: nothing in these flows expects this)",))
        )

    def _pressed(self, text: str) -> int | None:
        labels = [option.label for option in self.session.options]
        return labels.index(text.strip()) if text.strip() in labels else None

    def _start(
        self, trigger: Trigger, text: str = "", name: str = "", data: Json = None
    ) -> tuple["Simulator", tuple[str, ...]] | None:
        values = data if isinstance(data, dict) else {}
        flow = choose(self.flows, trigger, self.facts, text=text, event_name=name, data=values)
        if flow is None:
            return None
        session = Session(
            id=SessionId(self.session.id + 1),
            flow=flow.name,
            version=flow.version,
            subject=self.session.subject,
        )
        started = replace(self, session=session)
        return started._happen(Entered(trigger, values, text, name))

    def _event(self, rest: str) -> tuple["Simulator", tuple[str, ...]]:
        name, _, body = rest.strip().partition(" ")
        data = _json(body)
        if not name or (body and not isinstance(data, dict)):
            return self, ('(write it as /event order.delivered {"track": "A1"})',)
        nothing = (f"(no flow waits for the event {name})",)
        return self._start(Trigger.EVENT, name=name, data=data) or (self, nothing)

    def _answer(self, rest: str) -> tuple["Simulator", tuple[str, ...]]:
        status, _, body = rest.strip().partition(" ")
        if self.session.state is not SessionState.CALLING:
            return self, ("(no call waits for an answer)",)
        if not status.isdigit():
            return self, ('(write it as /answer 200 {"stock": 3}, or /answer 0 for none)',)
        parsed = _json(body)
        answer = body if parsed is None else parsed
        return self._happen(Called(self.session.generation, int(status[:3]), answer))

    def _wait(self, rest: str) -> tuple["Simulator", tuple[str, ...]]:
        try:
            until = self.now + parse_span(rest)
        except (ValueError, OverflowError):
            return self, ("(write it as /wait 30m, /wait 24h, /wait 7d)",)
        simulator = self
        lines: list[str] = []
        due_at = simulator.session.due_at
        while due_at is not None and due_at <= until:
            simulator = replace(simulator, now=max(due_at, simulator.now))
            simulator, told = simulator._happen(TimedOut(simulator.session.generation))
            lines += told
            due_at = simulator.session.due_at
        clock = f"(it is {until:%Y-%m-%d %H:%M} now)"
        return replace(simulator, now=max(until, simulator.now)), (*lines, clock)

    def _happen(self, happening: Happening) -> tuple["Simulator", tuple[str, ...]]:
        flow = self.facts.versions[self.session.version]
        turn = advance(flow, self.session, happening, self.facts, now=self.now)
        facts = self.facts
        for effect in turn.effects:
            facts = _carried_out(facts, effect, self.now)
        after = replace(self, session=turn.session, facts=facts)
        return after, (*lines_of(turn, flow.name), *_standing(self.session, turn))


def begin(
    flow: Flow,
    flows: Iterable[Flow],
    topics: Mapping[TopicId, Topic],
    *,
    now: datetime,
    person: Person | None = None,
    links: Mapping[str, str] | None = None,
    site_name: str = "Example shop",
) -> tuple[Simulator, tuple[str, ...]]:
    """A simulator at the beginning of `flow`, and its first lines.

    The flow begins by the first of its `enter`, subscribed to its own topic.
    """
    person = person or Person()
    everyone = {one.name: one for one in (*flows, flow)}
    mine = {flow.topic} & topics.keys() if flow.topic else set()
    facts = Facts(
        contact=Contact(ContactId(1), name=person.name, timezone=person.timezone),
        profile=Profile(first_name=person.name.partition(" ")[0]),
        channel=Channel.TELEGRAM,
        locale=person.locale,
        topics=topics,
        subscriptions={
            topic: Subscription(topic, SubscriptionState.SUBSCRIBED, now) for topic in mine if topic
        },
        flows=everyone,
        versions={one.version: one for one in everyone.values()},
        order=person.order,
        orders=(person.order,) if person.order else (),
        site_name=site_name,
        links=links or {},
    )
    session = Session(
        SessionId(1), flow.name, flow.version, person.order.ref if person.order else ""
    )
    simulator = Simulator(tuple(everyone.values()), facts, session, now)
    return simulator._happen(_first(flow))


def _first(flow: Flow) -> Entered:
    match next(iter(flow.enter), None):
        case EnterKeyword() as keyword:
            listed = [word for some in keyword.words.values() for word in some]
            return Entered(Trigger.KEYWORD, text=(keyword.command or next(iter(listed), "")))
        case EnterEvent(name=name):
            return Entered(Trigger.EVENT, name=name)
        case None:
            return Entered(Trigger.STARTED)
        case other:
            return Entered(other.on)


def _standing(before: Session, turn: Turn) -> tuple[str, ...]:
    """What the session waits for, where that cannot be seen from what it said."""
    session = turn.session
    if session.state is SessionState.ENDED and before.state is not SessionState.ENDED:
        return ("(end)",)
    if session.state is SessionState.CALLING:
        return ("(waits for /answer STATUS BODY)",)
    if session.state is SessionState.WAITING and session.due_at is not None:
        return (f"(waits until {session.due_at:%Y-%m-%d %H:%M})",)
    return ()


def _carried_out(facts: Facts, effect: Effect, now: datetime) -> Facts:
    """The world after an effect that a later turn can see."""
    contact = facts.contact
    match effect:
        case Subscribe(topic):
            asks = facts.topics[topic].confirm
            state = SubscriptionState.PENDING if asks else SubscriptionState.SUBSCRIBED
            return _with_subscription(facts, Subscription(topic, state, now))
        case Unsubscribe(topic):
            left = Subscription(topic, SubscriptionState.UNSUBSCRIBED, now)
            return _with_subscription(facts, left)
        case SetAttribute(name, value):
            attributes = {**contact.attributes, name: value}
            return replace(facts, contact=replace(contact, attributes=attributes))
        case Tag(name):
            return replace(facts, contact=replace(contact, tags=contact.tags | {name}))
        case Untag(name):
            return replace(facts, contact=replace(contact, tags=contact.tags - {name}))
        case _:
            return facts


def _with_subscription(facts: Facts, row: Subscription) -> Facts:
    return replace(facts, subscriptions={**facts.subscriptions, row.topic: row})


def _sent(command: str, rest: str) -> Content | None:
    """What a contact sends that is no text."""
    match command:
        case "/phone":
            return Content(attachments=(ContactCard(rest.strip(), "", own=True),))
        case "/location":
            return _location(rest)
        case "/file":
            return Content(attachments=(Media(MediaKind.DOCUMENT, "file-1", rest.strip()),))
        case _:
            return None


def _location(rest: str) -> Content | None:
    try:
        latitude, longitude = map(float, rest.replace(",", " ").split())
    except ValueError:
        return None
    return Content(attachments=(Location(latitude, longitude),))


def _json(text: str) -> Json:
    try:
        return json.loads(text) if text.strip() else None
    except (ValueError, RecursionError):
        return None
