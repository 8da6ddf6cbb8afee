"""What a step can show beside its text, and what can be answered to it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag

from core.channels import Channel
from flows.fields import Condition, Link, Next, Span, StepName, Template, Texts, Variable

StickerId = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,128}$")]
OPERATOR = "operator"
"""Where `otherwise` may lead besides a step."""


@dataclass(frozen=True, slots=True)
class LinkButton:
    label: Texts
    url: Link


@dataclass(frozen=True, slots=True)
class ShareButton:
    """Asks for the contact's own phone or place with one tap."""

    label: Texts
    share: Literal["contact", "location"]


def _button_kind(value: Any) -> str:
    return "<share>" if isinstance(value, dict) and "share" in value else "<link>"


Button = Annotated[
    Annotated[LinkButton, Tag("<link>")] | Annotated[ShareButton, Tag("<share>")],
    Discriminator(_button_kind),
]


@dataclass(frozen=True, slots=True)
class Point:
    latitude: Annotated[float, Field(ge=-90, le=90)]
    longitude: Annotated[float, Field(ge=-180, le=180)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """`sticker` is the id that each messenger has for one; where none is named, none is shown."""

    photo: Link = ""
    video: Link = ""
    document: Link = ""
    voice: Link = ""
    sticker: Mapping[Channel, StickerId] = field(default_factory=dict)
    location: Point | None = None
    buttons: tuple[Button, ...] = ()

    @property
    def has_media(self) -> bool:
        files = self.photo or self.video or self.document or self.voice
        return bool(files or self.sticker or self.location)


class AnswerKind(StrEnum):
    TEXT = "text"
    NUMBER = "number"
    EMAIL = "email"
    PHONE = "phone"
    DATE = "date"
    LOCATION = "location"
    FILE = "file"
    CONTACT = "contact"


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    kind: Literal[AnswerKind.NUMBER]
    min: float | None = None
    max: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Other:
    kind: Literal[
        AnswerKind.TEXT,
        AnswerKind.EMAIL,
        AnswerKind.PHONE,
        AnswerKind.DATE,
        AnswerKind.LOCATION,
        AnswerKind.FILE,
        AnswerKind.CONTACT,
    ]


Answer = Annotated[
    Number | Other,
    Field(discriminator="kind"),
]


@dataclass(frozen=True, slots=True)
class Choice:
    label: Texts
    condition: Annotated[Condition, Field(alias="if")] = ""


def choice(value: Any) -> Any:
    is_whole = isinstance(value, dict) and "label" in value
    return value if is_whole else {"label": value}


@dataclass(frozen=True, slots=True, kw_only=True)
class Each:
    """A choice for each thing of a list; `name` is what a template calls the thing."""

    of: Condition
    name: Annotated[Variable, Field(alias="as")]
    value: Template
    label: Texts
    condition: Annotated[Condition, Field(alias="if")] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Otherwise:
    """What to say to an answer that does not fit, how often, and what then.

    `say` empty: a text that Parley knows for the kind of answer.
    """

    say: Texts = field(default_factory=dict)
    times: Annotated[int, Field(ge=0, le=10)] = 2
    then: StepName = OPERATOR


AS_USUAL = Otherwise()


@dataclass(frozen=True, slots=True)
class Timeout:
    after: Span
    next: Next
