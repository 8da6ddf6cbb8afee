"""What a site token says, after its signature was checked."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from core.ids import CustomerId, FlowName, SiteId, TopicId
from core.people import Json, OrderItem


@dataclass(frozen=True, slots=True)
class OrderClaims:
    ref: str
    number: str = ""
    status: str = ""
    total: str = ""
    currency: str = ""
    url: str = ""
    items: tuple[OrderItem, ...] = ()


@dataclass(frozen=True, slots=True)
class ConsentClaims:
    """The words that the visitor agreed to on the page, and when and from where."""

    text: str
    at: str = ""
    ip: str = ""


@dataclass(frozen=True, slots=True)
class Claims:
    """`topics` empty means the site's default topics. `token` names the token it came from.

    `agreed`: a page of ours showed topics with words, and these are those that the visitor took,
    each with its words. Then it says all: neither `topics` nor `consent` counts beside it.
    `flow` is begun by whoever comes; None leaves it to what flows say themselves.
    """

    site: SiteId
    token: str
    customer: CustomerId | None = None
    name: str = ""
    locale: str = ""
    order: OrderClaims | None = None
    topics: tuple[TopicId, ...] = ()
    consent: ConsentClaims | None = None
    page: Mapping[str, Json] = field(default_factory=dict)
    attributes: Mapping[str, Json] = field(default_factory=dict)
    agreed: Mapping[TopicId, str] | None = None
    flow: FlowName | None = None


OPERATOR = "operator"
"""The source of a link by which an operator's own messenger is known; `page` names them."""


WIDGET = "widget"
"""The source of a link that the widget on a shop's page asked for."""
PAGE = "page"
"""The source of a link that a landing page made."""


@dataclass(frozen=True, slots=True)
class Link:
    """A code in a messenger's deep link, and what it stands for."""

    code: str
    claims: Claims
    created_at: datetime
    expires_at: datetime
    source: str
    """Where it was made: "go", WIDGET, "page" or "api"; OPERATOR is an operator's own."""
    page: Mapping[str, Json] = field(default_factory=dict)
    """Evidence of the visit: ip, user agent, page. Personal."""
    place: str = ""
    """What figures count it under: see `core.places`, or a landing page's name."""
    visit: str = ""
    """By which the visitor's browser asks what became of it; tells nothing of the code."""
