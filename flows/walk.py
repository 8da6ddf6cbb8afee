"""One turn on its way: where it is, what it knows, what it has ordered so far."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from core.content import Content
from core.ids import FlowName, TopicId
from core.languages import Localized
from core.messages import MessageClass
from core.people import Json
from core.text import clean
from core.topics import TopicClass
from flows import markup, templates
from flows.effects import Effect, Report, Saved, Say, Turn, WakeAt
from flows.facts import Facts
from flows.fields import Case
from flows.happenings import Entered, Happening, TimedOut, Trigger, is_contacts_act
from flows.language import Flow
from flows.names import Names, names_for
from flows.session import Option, Session, SessionState


@dataclass(slots=True)
class Walk:
    """Changes as the turn goes on and never leaves it; `turn` gives what it came to."""

    flow: Flow
    session: Session
    facts: Facts
    happening: Happening
    now: datetime
    names: Names
    step: str
    effects: list[Effect] = field(default_factory=list)
    saved: list[Saved] = field(default_factory=list)
    standing: dict[str, Any] = field(default_factory=dict)
    """How the session stands when the turn is over, where it came to rest or ended."""
    clears_keyboard: bool = False
    """A keyboard of ours hangs in the chat that the next text takes away."""

    @classmethod
    def begin(
        cls, flow: Flow, session: Session, happening: Happening, facts: Facts, now: datetime
    ) -> "Walk":
        names = names_for(facts, session.variables, now)
        return cls(flow, session, facts, happening, now, names, session.step)

    def turn(self) -> Turn:
        variables = self.names.variables
        session = replace(self.session, step=self.step, variables=variables, **self.standing)
        return Turn(session, tuple(self.effects), tuple(self.saved))

    def report(self, problem: str) -> None:
        self.effects.append(Report(problem, self.step))

    @property
    def next_generation(self) -> int:
        """What the session's generation will be when it rests again."""
        return self.session.generation + 1

    # What templates give

    def text(self, texts: Localized) -> markup.Formatted:
        """A text in the contact's language; empty, with a report, where it fails."""
        try:
            compiled = templates.text(self.names.localized(texts))
            if compiled.constant is not None:
                return markup.constant(compiled.constant)
            return markup.read(clean(templates.run(compiled, self.names)))
        except (templates.Failed, ValueError) as error:
            self.report(f"a text failed: {error}")
            return markup.Formatted("")

    def label(self, texts: Localized) -> str:
        """A text on one line, without markup."""
        return " ".join(self.plain(self.names.localized(texts)).split())

    def plain(self, source: str) -> str:
        """A template as it is, no markup read."""
        try:
            marked = templates.run(templates.text(source), self.names)
            return clean(markup.unmarked(marked))
        except (templates.Failed, ValueError) as error:
            self.report(f"a template failed: {error}")
            return ""

    def url(self, source: str) -> str:
        """A URL; "", with a report, where it comes to none."""
        try:
            made = markup.url(templates.run(templates.text(source), self.names))
        except (templates.Failed, ValueError) as error:
            self.report(f"a URL failed: {error}")
            return ""
        if not made:
            self.report("a URL came out empty or is none")
        return made

    def value(self, source: str) -> Json:
        """A template for a value: a lone `{{ … }}` keeps its type."""
        try:
            compiled = templates.value(source)
            if compiled is None:
                return self.plain(source)
            return templates.as_json(templates.run(compiled, self.names))
        except (templates.Failed, ValueError) as error:
            self.report(f"a value failed: {error}")
            return ""

    def values(self, value: Json) -> Json:
        return templates.fill(value, self.value)

    def expression(self, source: str) -> Json:
        """What an expression gives; None, with a report, where it fails."""
        try:
            return templates.run(templates.expression(source), self.names)
        except (templates.Failed, ValueError) as error:
            self.report(f"a condition failed: {error}")
            return None

    def holds(self, condition: str) -> bool:
        return not condition or bool(self.expression(condition))

    def choose(self, cases: tuple[Case, ...]) -> str | None:
        """The step of the first case that holds."""
        return next((case.to for case in cases if self.holds(case.condition)), None)

    # What is said

    def say(self, content: Content) -> bool:
        """Whether it could be said: nothing empty is, nor what no subscription could allow."""
        if content.is_empty:
            return False
        voice = self.voice()
        if voice is None:
            self.report("the flow speaks by itself, and its topic is missing or unknown")
            return False
        if self.clears_keyboard and not content.buttons:
            content = replace(content, clears_keyboard=True)
            self.clears_keyboard = False
        self.effects.append(Say(content, *voice, self.step))
        return True

    def voice(self) -> tuple[MessageClass, TopicId | None] | None:
        """The class and the topic of what is said now; None where it must not be said at all."""
        topic = self._topic()
        if is_contacts_act(self.happening):
            return MessageClass.REPLY, topic
        if topic is not None:
            known = self.facts.topics.get(topic)
            if known is None:
                return None
            is_service = known.cls is TopicClass.SERVICE
            return (MessageClass.SERVICE if is_service else MessageClass.MARKETING), topic
        # What a call brings still answers the contact, and so does the end of a conversation that
        # they are in; a timer or the shop's event does not.
        return None if self._starts_itself() else (MessageClass.REPLY, None)

    def _starts_itself(self) -> bool:
        match self.happening:
            case Entered(trigger):
                return trigger is Trigger.EVENT
            case TimedOut():
                return True
            case _:
                return False

    def _topic(self) -> TopicId | None:
        """The flow's, or that of the nearest flow that runs it."""
        if self.flow.topic is not None:
            return self.flow.topic
        for frame in reversed(self.session.stack):
            outer = self.facts.versions.get(frame.version)
            if outer is not None and outer.topic is not None:
                return outer.topic
        return None

    # How a turn ends

    def rest(
        self,
        state: SessionState,
        *,
        due_at: datetime | None = None,
        queued_at: datetime | None = None,
        options: tuple[Option, ...] = (),
    ) -> None:
        """Stop here until something happens, under the next generation."""
        self.standing = {
            "state": state,
            "generation": self.next_generation,
            "tries": 0,
            "options": options,
            "due_at": due_at,
            "queued_at": queued_at,
        }
        if due_at is not None:
            self.effects.append(WakeAt(due_at, self.next_generation))

    def end(self) -> None:
        self.rest(SessionState.ENDED)
        self.standing["stack"] = ()

    def later(self, span: timedelta) -> datetime:
        return self.now + span

    def enter_flow(self, flow: Flow, variables: Mapping[str, Json]) -> None:
        """Be in that flow from now on."""
        self.flow = flow
        self.names.variables = dict(variables)
        self.session = replace(self.session, flow=FlowName(flow.name), version=flow.version)
