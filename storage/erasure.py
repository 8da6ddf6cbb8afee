"""Everything about one person: shown to them, or removed with the proof of consent left."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, Table, delete, func, select, update

from core.consent import Act, ConsentRecord, Source
from core.content import Media
from core.hooks import DeliveryState
from core.ids import AccountId, AddressId, ContactId, RecordId
from core.messages import Status
from core.topics import SubscriptionState
from storage.codec import load_content, load_items
from storage.search import Search
from storage.sql import Sql
from storage.tables import (
    address_orders,
    addresses,
    alerts,
    alterations,
    arrival_topics,
    arrivals,
    attempts,
    calls,
    consent_evidence,
    consent_records,
    contact_tags,
    contacts,
    conversation_labels,
    conversations,
    deliveries,
    delivery_tries,
    emitted,
    files,
    links,
    mentions,
    merges,
    message_files,
    messages,
    notes,
    orders,
    ratings,
    receipts,
    rejected,
    sends,
    sessions,
    subscriptions,
    timers,
    token_bindings,
)
from storage.tx import Tx

_MOST_BODIES = 1000


class NobodyThere(Exception):
    """There is no contact with this id."""

    code = "nobody_there"


async def export_person(tx: Tx, contact: ContactId) -> dict[str, Any]:
    """All that is stored, as JSON values: ids are texts, times ISO 8601. Raises NobodyThere."""
    sql = tx.sql
    people = await _people(tx, contact)
    where = await _address_ids(sql, people)
    mine = _theirs(sql, people, where)
    everything = {name: await _rows(sql, *which) for name, which in mine.items()}
    everything["consents"] = await _consents(sql, where)
    everything["links"] = await _links(sql, people, where)
    everything["files"] = await _files(sql, where)
    return everything


async def count_person(tx: Tx, contact: ContactId) -> dict[str, int]:
    """How much of each kind is stored, named as in an export. Raises NobodyThere."""
    sql = tx.sql
    people = await _people(tx, contact)
    where = await _address_ids(sql, people)
    kinds = _theirs(sql, people, where)
    kinds["consents"] = consent_records, sql.among(consent_records.c.address_id, where)
    counted = [
        select(func.count()).select_from(table).where(which).scalar_subquery().label(name)
        for name, (table, which) in kinds.items()
    ]
    return dict((await sql.run(select(*counted))).one()._mapping)


def _theirs(
    sql: Sql, people: Sequence[int], where: Sequence[int]
) -> dict[str, tuple[Table, ColumnElement[bool]]]:
    """Name → (table, which of its rows are theirs)."""
    was_joined = sql.among(merges.c.kept_id, people) | sql.among(merges.c.gone_id, people)
    return {
        "contacts": (contacts, sql.among(contacts.c.id, people)),
        "addresses": (addresses, sql.among(addresses.c.id, where)),
        "orders": (orders, sql.among(orders.c.contact_id, people)),
        "subscriptions": (subscriptions, sql.among(subscriptions.c.address_id, where)),
        "arrivals": (arrivals, sql.among(arrivals.c.address_id, where)),
        "arrival_topics": (arrival_topics, sql.among(arrival_topics.c.address_id, where)),
        "conversations": (conversations, sql.among(conversations.c.address_id, where)),
        "messages": (messages, sql.among(messages.c.address_id, where)),
        "attempts": (
            attempts,
            attempts.c.message_id.in_(_their_messages(sql.among(messages.c.address_id, where))),
        ),
        "notes": (notes, notes.c.conversation_id.in_(_their_conversations(sql, where))),
        "ratings": (ratings, sql.among(ratings.c.address_id, where)),
        "sessions": (sessions, sql.among(sessions.c.address_id, where)),
        "merges": (merges, was_joined),
        "events_for_the_shop": (emitted, sql.among(emitted.c.contact_id, people)),
        "webhooks": (deliveries, sql.among(deliveries.c.contact_id, people)),
    }


async def erase_person(tx: Tx, contact: ContactId, ids: Iterator[int], now: datetime) -> int:
    """Remove all but the consent records and unreachable addresses; how many of these.

    Each address gets a record that it left every topic now. Files that nobody else has are doomed:
    `media.library.delete_doomed` deletes their bytes. A server may run meanwhile: the addresses
    are locked first, as every event locks them.

    Raises:
        NobodyThere: nothing was changed.
    """
    sql = tx.sql
    people = await _people(tx, contact)
    found = await tx.addresses.lock_ids(AddressId(id_) for id_ in await _address_ids(sql, people))
    await tx.contacts.lock(ContactId(id_) for id_ in people)
    where = sorted(found)
    await tx.consents.append(
        [
            ConsentRecord(RecordId(next(ids)), address, None, Act.UNSUBSCRIBE, Source.OPERATOR, now)
            for address in where
        ]
    )
    await tx.consents.erase_evidence(where)
    await _drop_files(tx, where)
    await _empty_thread(sql, where)
    await _end_dialogues(sql, where)
    await _forget_links(sql, people, where)
    # The page that somebody came from may tell who they are; figures of before lack them from now.
    for table in (arrival_topics, arrivals):
        await sql.run(delete(table).where(sql.among(table.c.address_id, where)))
    await _empty_people(sql, people, where, now)
    await tx.merges.forget(people)
    for account, user in {(one.account, one.user) for one in found.values()}:
        await _empty_bodies(sql, account, user)
    return len(where)


async def _people(tx: Tx, contact: ContactId) -> list[int]:
    """The contact that stands for this one, and all that were merged into it."""
    found = (await tx.contacts.load([contact])).get(contact)
    if found is None:
        raise NobodyThere(contact)
    return sorted(await tx.contacts.merged_into(found.merged_into or found.id))


async def _address_ids(sql: Sql, people: Sequence[int]) -> list[int]:
    rows = await sql.run(
        select(addresses.c.id)
        .where(sql.among(addresses.c.contact_id, people))
        .order_by(addresses.c.id)
    )
    return [row.id for row in rows]


async def _rows(sql: Sql, table: Table, which: ColumnElement[bool]) -> list[dict[str, Any]]:
    rows = await sql.run(select(table).where(which).order_by(*table.primary_key))
    return [_plain(row, table) for row in rows]


def _plain(row: Row[Any], table: Table) -> dict[str, Any]:
    """A row by the names of its columns, as JSON can hold it."""
    values = {}
    for column in table.columns:
        value = row._mapping[column]
        if column.name == "id" or column.name.endswith("_id") or column.name == "merged_into":
            value = None if value is None else str(value)
        elif isinstance(value, datetime):
            value = value.isoformat()
        elif table is messages and column.name == "content":
            value = asdict(load_content(value))
        elif table is orders and column.name == "items":
            value = [asdict(item) for item in load_items(value)]
        values[column.name] = value
    return values


async def _consents(sql: Sql, where: Sequence[int]) -> list[dict[str, Any]]:
    rows = await sql.run(
        select(consent_records, consent_evidence.c.evidence)
        .outerjoin(consent_evidence, consent_evidence.c.record_id == consent_records.c.id)
        .where(sql.among(consent_records.c.address_id, where))
        .order_by(consent_records.c.id)
    )
    return [_plain(row, consent_records) | {"evidence": row.evidence} for row in rows]


def _their_links(sql: Sql, where: Sequence[int]) -> ColumnElement[bool]:
    """Links whose token one of these addresses has brought."""
    return (
        select(token_bindings.c.token)
        .where(
            token_bindings.c.site == links.c.site,
            token_bindings.c.token == links.c.token,
            sql.among(token_bindings.c.address_id, where),
        )
        .exists()
    )


async def _which_links(
    sql: Sql, people: Sequence[int], where: Sequence[int]
) -> list[ColumnElement[bool]]:
    """Also those that were made for the customer and never used."""
    rows = await sql.run(
        select(contacts.c.site, contacts.c.customer).where(
            sql.among(contacts.c.id, people), contacts.c.customer.is_not(None)
        )
    )
    customer = links.c.claims["customer"].as_string()
    made_for = [(links.c.site == row.site) & (customer == row.customer) for row in rows]
    return [_their_links(sql, where), *made_for]


async def _links(sql: Sql, people: Sequence[int], where: Sequence[int]) -> list[dict[str, Any]]:
    rows: dict[str, dict[str, Any]] = {}
    for which in await _which_links(sql, people, where):
        rows |= {row["code"]: row for row in await _rows(sql, links, which)}
    return list(rows.values())


async def _forget_links(sql: Sql, people: Sequence[int], where: Sequence[int]) -> None:
    for which in await _which_links(sql, people, where):
        await sql.run(delete(links).where(which))


async def _files(sql: Sql, where: Sequence[int]) -> list[dict[str, Any]]:
    """What they are; the bytes come from the inbox."""
    rows = await sql.run(
        select(
            message_files.c.message_id,
            message_files.c.position,
            message_files.c.state,
            messages.c.content,
            files.c.mime,
            files.c.size,
        )
        .join(messages, messages.c.id == message_files.c.message_id)
        .outerjoin(files, files.c.digest == message_files.c.digest)
        .where(sql.among(messages.c.address_id, where))
        .order_by(message_files.c.message_id, message_files.c.position)
    )
    return [_file(row) for row in rows]


def _file(row: Row[Any]) -> dict[str, Any]:
    attachments = load_content(row.content).attachments
    named = attachments[row.position] if row.position < len(attachments) else None
    return {
        "message_id": str(row.message_id),
        "position": row.position,
        "state": row.state,
        "name": named.name if isinstance(named, Media) else "",
        "mime": row.mime or "",
        "size": row.size,
    }


async def _drop_files(tx: Tx, where: Sequence[int]) -> None:
    theirs = select(messages.c.id).where(tx.sql.among(messages.c.address_id, where))
    rows = await tx.sql.run(
        delete(message_files)
        .where(message_files.c.message_id.in_(theirs))
        .returning(message_files.c.digest)
    )
    await tx.files.drop_unused(row.digest for row in rows if row.digest is not None)


def _their_conversations(sql: Sql, where: Sequence[int]) -> Select[Any]:
    return select(conversations.c.id).where(sql.among(conversations.c.address_id, where))


def _their_messages(is_theirs: ColumnElement[bool]) -> Select[Any]:
    return select(messages.c.id).where(is_theirs)


async def _empty_thread(sql: Sql, where: Sequence[int]) -> None:
    for table in (notes, mentions, conversation_labels, alerts):
        theirs = table.c.conversation_id.in_(_their_conversations(sql, where))
        await sql.run(delete(table).where(theirs))
    is_theirs = sql.among(messages.c.address_id, where)
    await Search(sql).alone()
    await sql.run(delete(attempts).where(attempts.c.message_id.in_(_their_messages(is_theirs))))
    await Search(sql).forget(where)
    await sql.run(
        update(messages)
        .where(is_theirs)
        .values(content={"t": ""}, error="", altering="", alter_error="")
    )
    # Also what is being sent or prepared right now: it may not write back what it says.
    open_ = (Status.QUEUED, Status.SENDING)
    await sql.run(
        update(messages)
        .where(is_theirs, messages.c.status.in_(open_))
        .values(status=Status.CANCELLED, error="erased")
    )
    their_ratings = sql.among(ratings.c.address_id, where)
    await sql.run(update(ratings).where(their_ratings).values(comment=""))
    their_sends = sql.among(sends.c.address_id, where)
    await sql.run(update(sends).where(their_sends).values(content={"t": ""}))
    await sql.run(
        update(sends)
        .where(their_sends, sends.c.status.in_(open_))
        .values(status=Status.CANCELLED, sending_until=None)
    )
    await sql.run(
        update(conversations)
        .where(sql.among(conversations.c.address_id, where))
        .values(
            state="closed",
            note="",
            unread=0,
            is_handed_over=False,
            assignee_id=None,
            waiting_since=None,
        )
    )


async def _end_dialogues(sql: Sql, where: Sequence[int]) -> None:
    for table in (timers, calls, sessions, receipts, alterations):
        await sql.run(delete(table).where(sql.among(table.c.address_id, where)))


async def _empty_people(
    sql: Sql, people: Sequence[int], where: Sequence[int], now: datetime
) -> None:
    await sql.run(delete(address_orders).where(sql.among(address_orders.c.address_id, where)))
    theirs = select(orders.c.id).where(sql.among(orders.c.contact_id, people))
    await sql.run(delete(address_orders).where(address_orders.c.order_id.in_(theirs)))
    await sql.run(delete(orders).where(sql.among(orders.c.contact_id, people)))
    await sql.run(delete(emitted).where(sql.among(emitted.c.contact_id, people)))
    await _empty_deliveries(sql, people, now)
    await sql.run(
        update(subscriptions)
        .where(
            sql.among(subscriptions.c.address_id, where),
            (subscriptions.c.state != SubscriptionState.UNSUBSCRIBED)
            | subscriptions.c.taken_by.is_not(None),
        )
        .values(state=SubscriptionState.UNSUBSCRIBED, since=now, taken_by=None, was=None)
    )
    await sql.run(
        update(addresses)
        .where(sql.among(addresses.c.id, where))
        .values(
            first_name="",
            last_name="",
            username="",
            locale="",
            is_reachable=False,
            operator_id=None,
            is_proven=False,
            held_since=None,
            blocked_at=None,
            heard_since=None,
            heard=0,
            muted_until=None,
            opened_with="",
        )
    )
    await sql.run(delete(contact_tags).where(sql.among(contact_tags.c.contact_id, people)))
    await sql.run(
        update(contacts)
        .where(sql.among(contacts.c.id, people))
        .values(customer=None, name="", locale="", timezone="", attributes={}, tags=[])
    )


async def _empty_deliveries(sql: Sql, people: Sequence[int], now: datetime) -> None:
    """What sites were told of this person, and what they answered; what waits does not go."""
    is_theirs = sql.among(deliveries.c.contact_id, people)
    theirs = select(deliveries.c.id).where(is_theirs)
    await sql.run(
        update(delivery_tries).where(delivery_tries.c.delivery_id.in_(theirs)).values(answer="")
    )
    await sql.run(update(deliveries).where(is_theirs).values(payload=""))
    await sql.run(
        update(deliveries)
        .where(is_theirs, deliveries.c.state == DeliveryState.WAITING)
        .values(state=DeliveryState.DROPPED, error="erased", settled_at=now)
    )


async def _empty_bodies(sql: Sql, account: AccountId, user: str) -> None:
    """Raw events that were put aside and name this person."""
    rows = await sql.run(
        select(rejected.c.id, rejected.c.body)
        .where(rejected.c.account == account)
        .order_by(rejected.c.id.desc())
        .limit(_MOST_BODIES)
    )
    named = [row.id for row in rows if user.encode() in row.body]
    if named:
        await sql.run(update(rejected).where(sql.among(rejected.c.id, named)).values(body=b""))
