"""What an operator writes into the form of a landing page: checked, each problem at its field."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from core.ids import FlowName, OperatorId, SiteId, TopicId
from core.landings import LandingPage, name_of
from dialogues.catalog import Catalog
from inbox.language import Say
from subscriptions.showing import can_be_offered

LONGEST_TITLE = 120
LONGEST_WORDS = 2000
LONGEST_NOTE = 80


@dataclass(frozen=True, slots=True)
class Offered:
    """A topic that a page may have. `is_fit`: false for advertising without words to agree to."""

    id: TopicId
    title: str
    is_marketing: bool
    words: str
    is_fit: bool


@dataclass(slots=True)
class Draft:
    """`problems` are sentences by field; without any the page can be kept."""

    fields: Mapping[str, str]
    page: LandingPage | None = None
    problems: dict[str, str] = field(default_factory=dict)


def draft_of(
    form: Mapping[str, str],
    known: LandingPage | None,
    catalog: Catalog,
    by: OperatorId,
    say: Say,
    now: datetime,
) -> Draft:
    """`known`: the page that is changed; its name and who made it stay. None: a new one."""
    draft = Draft(form)
    name = known.name if known else name_of(form.get("name", ""))
    if name is None:
        draft.problems["name"] = say("page_bad_name")
    title = _texts(form, "title", catalog.languages, LONGEST_TITLE, draft, say)
    words = _texts(form, "words", catalog.languages, LONGEST_WORDS, draft, say)
    if not title and "title" not in draft.problems:
        draft.problems["title"] = say("page_needs_title")
    site = SiteId(form.get("site", "") or next(iter(catalog.sites)))
    if site not in catalog.sites:
        draft.problems["site"] = say("page_bad_site")
    chosen = [id_ for id_ in catalog.topics if form.get(f"topic_{id_}") == "yes"]
    topics = [id_ for id_ in chosen if can_be_offered(catalog.topics[id_])]
    flow = FlowName(form.get("flow", "")) or None
    if flow is not None and flow not in catalog.flows:
        draft.problems["flow"] = say("page_bad_flow")
    if not topics and flow is None:
        draft.problems["topics"] = say("page_needs_topic")
    note = " ".join(form.get("note", "").split())
    if len(note) > LONGEST_NOTE:
        draft.problems["note"] = say("page_too_long", count=LONGEST_NOTE)
    if not draft.problems and name is not None:
        draft.page = LandingPage(
            name=name,
            site=site,
            title=title,
            words=words,
            topics=tuple(topics),
            flow=flow,
            note=note,
            made_by=known.made_by if known else by,
            created_at=known.created_at if known else now,
            changed_at=now,
            archived_at=known.archived_at if known else None,
        )
    return draft


def _texts(
    form: Mapping[str, str],
    kind: str,
    languages: Sequence[str],
    most: int,
    draft: Draft,
    say: Say,
) -> dict[str, str]:
    given = {one: form.get(f"{kind}_{one}", "").replace("\r\n", "\n") for one in languages}
    texts = {one: text.strip() for one, text in given.items() if text.strip()}
    if any(len(text) > most for text in texts.values()):
        draft.problems[kind] = say("page_too_long", count=most)
    return texts


def fields_of(page: LandingPage) -> dict[str, str]:
    """The form as it was when the page was kept."""
    fields = {"name": page.name, "site": str(page.site), "flow": page.flow or ""}
    fields |= {f"title_{language}": text for language, text in page.title.items()}
    fields |= {f"words_{language}": text for language, text in page.words.items()}
    fields |= {f"topic_{topic}": "yes" for topic in page.topics}
    return {**fields, "note": page.note}
