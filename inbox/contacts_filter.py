"""Which people the page of contacts shows, as its address says it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time
from urllib.parse import urlencode

from core.ids import AccountId, SiteId, TopicId
from core.people import LONGEST_TAG
from dialogues.catalog import Catalog
from inbox.search_words import asked
from inbox.searching import LONGEST
from storage.directory import Sought, TopicState
from storage.search import Word


@dataclass(frozen=True, slots=True)
class PeopleFilter:
    """Everything is "" for any. `reachable` is "yes" or "no", `since` a day of UTC."""

    q: str = ""
    account: str = ""
    site: str = ""
    topic: str = ""
    state: str = ""
    tag: str = ""
    reachable: str = ""
    since: str = ""

    @property
    def fields(self) -> dict[str, str]:
        """What is said, by name: the part of an address or the hidden fields of a form."""
        return {name: value for name, value in asdict(self).items() if value}

    @property
    def query(self) -> str:
        return urlencode(self.fields)

    def sought(self, catalog: Catalog) -> Sought:
        accounts: tuple[AccountId, ...] | None = None
        if self.account or self.site:
            accounts = tuple(
                one.id
                for one in catalog.accounts.values()
                if self.account in ("", one.id) and self.site in ("", one.site)
            )
        return Sought(
            words=_words(self.q) if self.q else None,
            accounts=accounts,
            topic=TopicId(self.topic) if self.topic else None,
            state=TopicState(self.state) if self.state else TopicState.SUBSCRIBED,
            tag=self.tag or None,
            is_reachable={"yes": True, "no": False}.get(self.reachable),
            since=_day(self.since),
        )


def people_filter_of(query: Mapping[str, str], catalog: Catalog) -> PeopleFilter:
    """What is not known is left out, so that the page shows what it was found by."""
    account, site = query.get("account", ""), query.get("site", "")
    topic, state = query.get("topic", ""), query.get("state", "")
    reachable, since = query.get("reachable", ""), query.get("since", "")
    is_topic = TopicId(topic) in catalog.topics
    return PeopleFilter(
        q=" ".join(query.get("q", "")[:LONGEST].replace("\0", " ").split()),
        account=account if AccountId(account) in catalog.accounts else "",
        site=site if SiteId(site) in catalog.sites else "",
        topic=topic if is_topic else "",
        state=state if is_topic and state in list(TopicState) else "",
        tag=query.get("tag", "")[:LONGEST_TAG].replace("\0", ""),
        reachable=reachable if reachable in ("yes", "no") else "",
        since=since if _day(since) else "",
    )


def _words(typed: str) -> tuple[Word, ...]:
    return tuple(Word(one.stem, one.begins) for one in asked(typed))


def _day(text: str) -> datetime | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    is_sane = date(2000, 1, 1) <= day <= date(9000, 1, 1)
    return datetime.combine(day, time(), UTC) if is_sane else None
