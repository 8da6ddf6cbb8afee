"""What a messenger tells about messages of ours: how far they came, and who else speaks there."""

from dataclasses import replace
from datetime import datetime
from typing import TypeAlias, assert_never

from core import inbound as ev
from core.content import Content
from core.ids import MessageId
from core.messages import Author, Direction, Message, MessageClass, Status
from dialogues.dossier import Dossier
from storage.receipts import Told, ToldUpTo

AboutOurs: TypeAlias = (
    ev.Delivered | ev.Read | ev.ReadUpTo | ev.Undelivered | ev.Echoed | ev.SaidElsewhere
)


def about_ours(dossier: Dossier, event: AboutOurs, at: datetime, now: datetime) -> None:
    """Note it. Whoever reads what we wrote has not written: nobody becomes reachable by it."""
    changes = dossier.changes
    match event:
        case ev.Delivered(external_id):
            changes.receipts.append(Told(dossier.id, external_id, Status.DELIVERED, at))
        case ev.Read(external_id):
            changes.receipts.append(Told(dossier.id, external_id, Status.READ, at))
        case ev.Undelivered(external_id, reason):
            changes.receipts.append(Told(dossier.id, external_id, Status.UNDELIVERED, at, reason))
        case ev.ReadUpTo(external_id):
            before = dossier.address.read_up_to or 0
            dossier.address = replace(dossier.address, read_up_to=max(before, external_id))
            changes.read_up_to.append(ToldUpTo(dossier.id, external_id, at))
        case ev.Echoed(random_id, external_id):
            changes.shown_by_messenger.append((dossier.id, random_id, external_id))
        case ev.SaidElsewhere(content, external_id):
            _said_elsewhere(dossier, content, external_id, at, now)
        case _:
            assert_never(event)


def _said_elsewhere(
    dossier: Dossier, content: Content, external_id: str, at: datetime, now: datetime
) -> None:
    """An answer like any operator's: it stands in the thread, and the bot keeps still."""
    id_ = MessageId(next(dossier.ids))
    dossier.changes.messages.append(
        Message(
            id=id_,
            address=dossier.id,
            direction=Direction.OUT,
            cls=MessageClass.REPLY,
            author=Author.OPERATOR,
            content=content,
            status=Status.SENT,
            created_at=at,
            external_id=external_id,
            sent_at=at,
        )
    )
    if dossier.address.read_up_to is not None:
        # Who reads at once may be told of before what they read.
        mark = ToldUpTo(dossier.id, dossier.address.read_up_to, at)
        dossier.changes.read_up_to.append(mark)
    dossier.expect_files(id_, content)
    dossier.answered(now, by_person=True, message=id_)
