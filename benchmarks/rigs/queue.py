"""Messages that wait to be sent, one for each of many people, as an operator's replies."""

from collections.abc import Sequence
from datetime import UTC, datetime

from core.content import Content
from core.ids import AccountId, AddressId, ContactId, MessageId, SendId, UserId
from core.messages import Author, Direction, Message, MessageClass, Status
from core.people import Address, Profile
from storage.ids import NODES, Ids
from storage.open import open_database
from storage.sends import NewSend

ACCOUNT = AccountId("shop-tg")
_CONTENT = Content("Здравствуйте! Заказ 1017 передан в доставку.")


async def queue(database_url: str, users: Sequence[UserId]) -> None:
    """Make the database, the people, and a reply to each of them."""
    now = datetime.now(UTC)
    # The last node's numbers: a server that starts takes the first that is free.
    ids = Ids(NODES - 1)
    database = await open_database(database_url, migrates=True)
    people = [
        Address(AddressId(ids.next(now)), ACCOUNT, user, ContactId(ids.next(now)), Profile("Анна"))
        for user in users
    ]
    messages = [
        Message(
            id=MessageId(ids.next(now)),
            address=address.id,
            direction=Direction.OUT,
            cls=MessageClass.REPLY,
            author=Author.OPERATOR,
            content=_CONTENT,
            status=Status.QUEUED,
            created_at=now,
        )
        for address in people
    ]
    try:
        async with database.write() as tx:
            await tx.addresses.add(people, now)
            await tx.messages.add(messages)
            await tx.sends.add([_send(SendId(ids.next(now)), one) for one in messages])
    finally:
        await database.close()


def _send(id_: SendId, message: Message) -> NewSend:
    return NewSend(
        id_, message.id, 0, ACCOUNT, message.address, message.cls, message.created_at, _CONTENT
    )
