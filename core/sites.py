"""Shops, as rules see them; their keys stand elsewhere."""

from dataclasses import dataclass

from core.ids import SiteId, TopicId


@dataclass(frozen=True, slots=True)
class Site:
    """`default_topics` are for a token that names none: service topics only. `url` is its home.

    `origins` are those of its pages, as browsers write them.
    """

    id: SiteId
    name: str
    url: str = ""
    timezone: str = ""
    default_topics: tuple[TopicId, ...] = ()
    origins: tuple[str, ...] = ()
