"""The flow language: what a file can say. Loading, the schema and the engine all use this."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, TypeAlias, get_args

from pydantic import BeforeValidator, ConfigDict, Discriminator, Field, Tag

from core.ids import FlowName, FlowVersion, TopicId
from core.languages import Localized
from flows.asks import AS_USUAL, Answer, AnswerKind, Choice, Each, Otherwise, Shown, Timeout, choice
from flows.entrances import Enter
from flows.fields import (
    Case,
    Clock,
    EventName,
    Header,
    Link,
    Name,
    Next,
    Span,
    StepName,
    Target,
    Template,
    Texts,
    Topic,
    Values,
    Variable,
    bare,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SayStep(Shown):
    say: Texts
    next: Next = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AskStep(Shown):
    """With `choices` or `each`: buttons. Otherwise an `answer` of some kind, text by default."""

    ask: Texts
    choices: Mapping[
        Annotated[str, Field(min_length=1, max_length=64)],
        Annotated[Choice, BeforeValidator(choice, json_schema_input_type=Texts | Choice)],
    ] = field(default_factory=dict)
    each: Each | None = None
    answer: (
        Annotated[Answer, BeforeValidator(bare("kind"), json_schema_input_type=AnswerKind | Answer)]
        | None
    ) = None
    share: Texts = field(default_factory=dict)
    save: Variable = ""
    otherwise: Otherwise = AS_USUAL
    timeout: Timeout | None = None
    next: Next = ()

    @property
    def is_choice(self) -> bool:
        return bool(self.choices) or self.each is not None

    @property
    def kind(self) -> AnswerKind:
        """What is expected where there are no choices."""
        return self.answer.kind if self.answer else AnswerKind.TEXT


@dataclass(frozen=True, slots=True, kw_only=True)
class BranchStep:
    branch: Annotated[tuple[Case, ...], Field(min_length=1)]
    next: Next = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitFor:
    """A span, or until a clock time in the contact's zone, or first the one and then the other."""

    span: Annotated[Span | None, Field(alias="for")] = None
    until: Clock | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitStep:
    wait: Annotated[WaitFor, BeforeValidator(bare("for"), json_schema_input_type=Span | WaitFor)]
    next: Next = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SetStep:
    """`contact.size` stays with the contact; any other name lives as long as the session."""

    set: Annotated[Mapping[Target, Values], Field(min_length=1)]
    next: Next = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TagStep:
    tag: Annotated[Template, Field(min_length=1)]
    next: Next = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class UntagStep:
    untag: Annotated[Template, Field(min_length=1)]
    next: Next = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscribeStep:
    subscribe: Annotated[Template, Field(min_length=1)]
    next: Next = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class UnsubscribeStep:
    unsubscribe: Annotated[Template, Field(min_length=1)]
    next: Next = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    note: Texts


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOverStep:
    hand_over: Annotated[Note, BeforeValidator(bare("note"), json_schema_input_type=str | Note)]
    next: Next = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    url: Link
    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"] = "POST"
    headers: Mapping[Header, Template] = field(default_factory=dict)
    body: Values = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallStep:
    """`save` gets {status, ok, body}; status 0 means that no answer came."""

    call: Annotated[Request, BeforeValidator(bare("url"), json_schema_input_type=Link | Request)]
    save: Variable = ""
    next: Next = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    name: EventName
    data: Values = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class EmitStep:
    emit: Annotated[Told, BeforeValidator(bare("name"), json_schema_input_type=EventName | Told)]
    next: Next = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStep:
    """`save` gets what the other flow had saved."""

    run: Name
    save: Variable = ""
    next: Next = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitStep:
    """Step → weight. The same session always goes the same way."""

    split: Annotated[
        Mapping[StepName, Annotated[int, Field(ge=1, le=1_000_000)]], Field(min_length=1)
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class EndStep:
    end: Values


Step: TypeAlias = (
    SayStep
    | AskStep
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
STEP_KINDS: Mapping[str, type] = {
    "say": SayStep,
    "ask": AskStep,
    "branch": BranchStep,
    "wait": WaitStep,
    "set": SetStep,
    "tag": TagStep,
    "untag": UntagStep,
    "subscribe": SubscribeStep,
    "unsubscribe": UnsubscribeStep,
    "hand_over": HandOverStep,
    "call": CallStep,
    "emit": EmitStep,
    "run": RunStep,
    "split": SplitStep,
    "end": EndStep,
}
assert set(STEP_KINDS.values()) == set(get_args(Step))


def kind_of(value: Any) -> str | None:
    """The tag of the step that these keys make; None if they make none or several."""
    found = [kind for kind in STEP_KINDS if isinstance(value, dict) and kind in value]
    return f"<{found[0]}>" if len(found) == 1 else None


AnyStep = Annotated[
    Annotated[SayStep, Tag("<say>")]
    | Annotated[AskStep, Tag("<ask>")]
    | Annotated[BranchStep, Tag("<branch>")]
    | Annotated[WaitStep, Tag("<wait>")]
    | Annotated[SetStep, Tag("<set>")]
    | Annotated[TagStep, Tag("<tag>")]
    | Annotated[UntagStep, Tag("<untag>")]
    | Annotated[SubscribeStep, Tag("<subscribe>")]
    | Annotated[UnsubscribeStep, Tag("<unsubscribe>")]
    | Annotated[HandOverStep, Tag("<hand_over>")]
    | Annotated[CallStep, Tag("<call>")]
    | Annotated[EmitStep, Tag("<emit>")]
    | Annotated[RunStep, Tag("<run>")]
    | Annotated[SplitStep, Tag("<split>")]
    | Annotated[EndStep, Tag("<end>")],
    Discriminator(kind_of),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowFile:
    """One flow, as its file says it. `priority`: the higher goes first."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    flow: Name
    title: Texts
    topic: Topic | None = None
    priority: Annotated[int, Field(ge=-1000, le=1000)] = 0
    enter: tuple[Annotated[Enter, Field(discriminator="on")], ...] = ()
    steps: Annotated[Mapping[StepName, AnyStep], Field(min_length=1)]


@dataclass(frozen=True, slots=True)
class Flow:
    """A flow that was loaded. `first` is the step it begins with.

    `version` is the SHA-256 of `source`. `languages` are those of its texts, sorted.
    `keywords` are those of all its `enter`, as `normalised` gives them. `lines` gives the line
    of every key path of the file.
    """

    name: FlowName
    version: FlowVersion
    title: Localized
    topic: TopicId | None
    priority: int
    enter: tuple[Enter, ...]
    steps: Mapping[str, Step]
    first: str
    source: str = field(repr=False)
    languages: tuple[str, ...] = ()
    keywords: frozenset[str] = frozenset()
    file: str = ""
    lines: Mapping[str, int] = field(default_factory=dict, repr=False, compare=False)
