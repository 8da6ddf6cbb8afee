"""An operator edits or deletes an answer that was sent: what is queued for it. Pure."""

from datetime import datetime

from core.altering import Alteration, Target, Why, is_theirs, until, why_barred
from core.content import Content
from core.inbound import OperatorAltered
from core.parts import fit
from dialogues.dossier import Dossier
from storage.alterations import NewAlteration


def alter(dossier: Dossier, event: OperatorAltered, now: datetime) -> str:
    """What became of it: "taken", "unknown", or a `Why`. The same again changes nothing."""
    target = dossier.answers.get(event.message)
    if target is None:
        return "unknown"
    message = target.message
    if not is_theirs(target, event.operator, may_all=event.may_all):
        return Why.NOT_YOURS
    content = Content(event.text) if event.act is Alteration.EDIT else Content()
    if event.act is Alteration.DELETE and message.removed_at is not None:
        return "taken"
    if why := _why_not(dossier, target, event.act, content, now):
        return why
    is_as_asked = target.waiting == (event.act, content)
    is_so = target.waiting is None and event.act is Alteration.EDIT and message.content == content
    if not (is_as_asked or is_so):
        dossier.changes.alterations.append(
            NewAlteration(
                event.alteration, message.id, dossier.account.id, dossier.id, event.operator,
                event.act, content,
            )
        )  # fmt: skip
        dossier.changes.told.add(dossier.id)
    return "taken"


def _why_not(
    dossier: Dossier, target: Target, act: Alteration, content: Content, now: datetime
) -> Why | None:
    limits = dossier.account.limits
    last = until(act, target, limits)
    if isinstance(last, Why):
        return last
    if now >= last:
        return Why.TOO_OLD
    if act is Alteration.EDIT and len(fit(content, limits)) > 1:
        return Why.TOO_LONG
    return why_barred(
        act,
        is_stopped=dossier.is_stopped,
        is_left=not dossier.address.is_reachable,
        is_shut_out=dossier.address.blocked_at is not None,
    )
