"""What an operator does to many people at once, decided for each. Pure."""

from dataclasses import replace
from datetime import datetime
from typing import assert_never

from core import inbound as ev
from core.consent import Source
from core.messages import MessageClass
from core.topics import SubscriptionState, TopicClass
from dialogues import consenting
from dialogues.dossier import Dossier

_MOST_TAGS = 100


def in_bulk(dossier: Dossier, event: ev.InBulk, at: datetime, now: datetime) -> str:
    """What became of it, as `Answer.status` tells; nothing is changed unless "taken"."""
    match event:
        case ev.Tagged(tag, is_on):
            return _tag(dossier, tag) if is_on else _untag(dossier, tag)
        case ev.AddedToTopic():
            return _left_out(dossier, event) or _added(dossier, event, at, now)
        case ev.TakenFromTopic(topic, evidence):
            row = dossier.subscriptions.get(topic)
            if row is None or row.state is SubscriptionState.UNSUBSCRIBED:
                return "already"
            consenting.leave(dossier, topic, Source.OPERATOR, at, dict(evidence))
            return "taken"
        case _:
            assert_never(event)


def _tag(dossier: Dossier, tag: str) -> str:
    tags = dossier.contact.tags
    if tag in tags:
        return "already"
    if len(tags) >= _MOST_TAGS:
        return "full"
    dossier.contact = replace(dossier.contact, tags=tags | {tag})
    return "taken"


def _untag(dossier: Dossier, tag: str) -> str:
    tags = dossier.contact.tags
    if tag not in tags:
        return "already"
    dossier.contact = replace(dossier.contact, tags=tags - {tag})
    return "taken"


def _left_out(dossier: Dossier, event: ev.AddedToTopic) -> str:
    """Why this person is not added; "" where they may be."""
    row = dossier.subscriptions.get(event.topic)
    if row is not None and row.state is not SubscriptionState.UNSUBSCRIBED:
        return "already"
    if not dossier.address.is_reachable or dossier.address.operator is not None:
        return "unreachable"
    if dossier.address.blocked_at is not None:
        return "blocked"
    # Stricter than for one: whoever reads the evidence has not seen each of them.
    if dossier.address.stop is not None:
        return "stopped"
    if _is_marketing(dossier, event) and dossier.contact.marketing_stopped_at is not None:
        return "stopped"
    if row is not None:
        return "left"
    return "held" if dossier.address.held_since is not None else ""


def _added(dossier: Dossier, event: ev.AddedToTopic, at: datetime, now: datetime) -> str:
    """What an operator heard is no proof: advertising waits for the person's own Yes."""
    pending = _is_marketing(dossier, event)
    evidence = dict(event.evidence)
    if not consenting.join(dossier, event.topic, Source.OPERATOR, at, evidence, pending=pending):
        return "stopped"
    if pending:
        consenting.ask_to_confirm(dossier, event.topic, now, MessageClass.MARKETING)
    return "taken"


def _is_marketing(dossier: Dossier, event: ev.AddedToTopic) -> bool:
    known = dossier.catalog.topics.get(event.topic)
    return known is None or known.cls is TopicClass.MARKETING
