"""An operator's own messenger: alerts come there, and while they do it is no contact's. Pure."""

from dataclasses import dataclass, replace
from datetime import datetime

from core import inbound as ev
from core.acts import ActRecord, By, Did
from core.content import Content
from core.ids import ActId, OperatorId
from core.inbound import ConversationAct, OperatorActed
from core.tokens import OPERATOR, Link
from dialogues import texts
from dialogues.dossier import Dossier
from dialogues.linking import Links
from dialogues.working import worked_on


@dataclass(frozen=True, slots=True)
class Own:
    """Whose messenger a link makes it, and the language that they read our pages in."""

    operator: OperatorId
    language: str


def own_link(dossier: Dossier, code: str, known: Links, at: datetime) -> Own | None:
    """What an operator's own link says; None where it is none of these, too old, or used.

    Unlike a shop's link it counts once, also at the address that brought it first: after a STOP
    an old message with it brings nothing back.
    """
    link = known.links.get(code)
    if link is None or link.source != OPERATOR or link.expires_at <= at:
        return None
    key = (link.claims.site, link.claims.token, dossier.account.channel)
    if known.owners.get(key) != dossier.id or key not in known.fresh:
        return None
    known.fresh.discard(key)
    stopped_at = dossier.address.stopped_at
    is_out_of_order = stopped_at is not None and at <= stopped_at
    return None if is_out_of_order else _own(link)


def link(dossier: Dossier, own: Own, now: datetime) -> None:
    """From now on it is theirs. What it was before ends: dialogues, and a conversation with us."""
    operator = own.operator
    if not dossier.contact.locale:
        # Not every messenger tells a language, and what they read is known.
        dossier.contact = replace(dossier.contact, locale=own.language)
    dossier.end_sessions()
    if dossier.conversation is not None:
        closing = OperatorActed(ConversationAct.CLOSE, operator)
        dossier.conversation = worked_on(dossier.conversation, closing, now)
    dossier.address = replace(dossier.address, operator=operator, held_since=None)
    _note(dossier, operator, Did.MESSENGER_LINKED, now)
    dossier.say(Content(texts.say("alerts_linked", dossier.locale)), now)


def unlink(dossier: Dossier, now: datetime) -> None:
    """It is anybody's again; nothing is said about it."""
    operator = dossier.address.operator
    if operator is not None:
        dossier.address = replace(dossier.address, operator=None)
        _note(dossier, operator, Did.MESSENGER_UNLINKED, now)


def explain(dossier: Dossier, now: datetime) -> None:
    dossier.say(Content(texts.say("alerts_only", dossier.locale)), now)


def by_alerting(
    dossier: Dossier, event: ev.OperatorAlerted | ev.OperatorUnlinked, now: datetime
) -> str:
    """What became of it, as `Answer.status` tells."""
    if dossier.address.operator != event.operator:
        return "unknown"
    if isinstance(event, ev.OperatorUnlinked):
        unlink(dossier, now)
        return "taken"
    if not dossier.address.is_reachable:
        return "unreachable"
    dossier.say(Content(event.text), now)
    return "taken"


def _own(link: Link) -> Own | None:
    named = str(link.page.get("operator", ""))
    return Own(OperatorId(int(named)), link.claims.locale) if named.isdecimal() else None


def _note(dossier: Dossier, operator: OperatorId, did: Did, now: datetime) -> None:
    id_, by = ActId(next(dossier.ids)), By(operator, "")
    about = {"account": dossier.account.title}
    dossier.changes.acts.append(ActRecord(id_, by, did, now, about))
