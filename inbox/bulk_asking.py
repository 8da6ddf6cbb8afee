"""What a form asks to do to many people: to whom, what exactly, on whose words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.ids import ContactId, OperatorId, TopicId
from core.people import LONGEST_TAG, Json
from core.text import clean
from dialogues.catalog import Catalog
from inbox.contacts_filter import PeopleFilter, people_filter_of
from inbox.finding import number_of
from inbox.rendering import Problem, Refused
from storage.bulk_acts import BulkKind

LONGEST_WORDS = 1000
_MOST_TICKED = 500
_FOUND = "found_"
"""Begins the names of what they were found by: the act has a topic or a tag of its own."""


@dataclass(frozen=True, slots=True)
class Asked:
    """`ids` None: all that the filter finds."""

    kind: BulkKind
    filter: PeopleFilter
    ids: tuple[ContactId, ...] | None


def asked(
    fields: Mapping[str, str], found_by: Mapping[str, str], ticked: Sequence[str], catalog: Catalog
) -> Asked:
    """Raises Problem, Refused."""
    kind = fields.get("act", "")
    if kind not in list(BulkKind):
        raise Problem(400, "bad_form")
    wanted = people_filter_of(found_by, catalog)
    if fields.get("all"):
        return Asked(BulkKind(kind), wanted, None)
    ids = [ContactId(id_) for one in ticked if (id_ := number_of(one)) is not None]
    if not ids:
        raise Refused("nobody_ticked", 422)
    return Asked(BulkKind(kind), wanted, tuple(dict.fromkeys(ids))[:_MOST_TICKED])


def asked_again(form: Mapping[str, str], catalog: Catalog) -> Asked:
    """The same by the form that begins it. Raises Problem, Refused."""
    found_by = {
        name.removeprefix(_FOUND): value for name, value in form.items() if name.startswith(_FOUND)
    }
    return asked(form, found_by, form.get("who", "").split(), catalog)


def what_exactly(
    kind: BulkKind, form: Mapping[str, str], operator: OperatorId, catalog: Catalog
) -> tuple[str, Mapping[str, Json]]:
    """The tag, or the topic with the evidence. Raises Problem, Refused."""
    if kind in (BulkKind.TAG, BulkKind.UNTAG):
        tag = " ".join(form.get("tag", "").split())
        if not 0 < len(tag) <= LONGEST_TAG:
            raise Refused("bad_tag", 422, most=LONGEST_TAG)
        return tag, {}
    topic = TopicId(form.get("topic", ""))
    if topic not in catalog.topics:
        raise Problem(400, "bad_form")
    words, where = (clean(form.get(name, "")).strip() for name in ("words", "where"))
    is_joining = kind is BulkKind.SUBSCRIBE
    if len(words) > LONGEST_WORDS or len(where) > LONGEST_WORDS:
        raise Refused("bulk_words_too_long", 422, most=LONGEST_WORDS)
    if not words or (is_joining and not where):
        raise Refused("needs_evidence" if is_joining else "needs_reason", 422)
    given = {"written": words, "where": where, "operator": str(operator)}
    return topic, {name: text for name, text in given.items() if text}
