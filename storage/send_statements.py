"""The statements of the queue of sends, each built once: senders ask them many times a second."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    Executable,
    Select,
    and_,
    bindparam,
    exists,
    func,
    literal_column,
    or_,
    select,
    update,
)

from core.messages import Status
from storage.sql import Sql
from storage.tables import addresses, alterations, contacts, messages, sends, subscriptions

# As literals, so that the planner sees that the partial indexes fit.
IS_QUEUED = sends.c.status == literal_column("'queued'")
IS_SENDING = sends.c.status == literal_column("'sending'")
RUNNING_ON = -1
"""The priority of the rest of a message whose first part has gone."""


def wake(_: Sql) -> Executable:
    return (
        update(sends)
        .where(
            sends.c.account == bindparam("of"),
            IS_QUEUED,
            sends.c.is_waiting,
            sends.c.due_at <= bindparam("now"),
        )
        .values(is_waiting=False)
    )


def ready(_: Sql) -> Executable:
    other = sends.alias("other")
    same = and_(
        other.c.address_id == sends.c.address_id,
        other.c.id != sends.c.id,
        other.c.status.in_((literal_column("'queued'"), literal_column("'sending'"))),
    )
    under_way = exists().where(same, other.c.status == Status.SENDING)
    half_gone = exists().where(
        same, other.c.status == Status.QUEUED, other.c.priority == RUNNING_ON
    )
    before = exists().where(
        same,
        other.c.status == Status.QUEUED,
        other.c.priority == sends.c.priority,
        other.c.id < sends.c.id,
        or_(~other.c.is_waiting, other.c.message_id == sends.c.message_id),
    )
    return (
        select(sends.c.id, sends.c.address_id)
        .where(
            sends.c.account == bindparam("of"),
            IS_QUEUED,
            ~sends.c.is_waiting,
            ~under_way,
            or_(sends.c.priority == RUNNING_ON, ~half_gone),
            ~before,
        )
        .order_by(sends.c.priority, sends.c.id)
        .limit(bindparam("most"))
    )


def next_due_at(_: Sql) -> Select[tuple[datetime]]:
    return (
        select(sends.c.due_at)
        .where(sends.c.account == bindparam("of"), IS_QUEUED, sends.c.is_waiting)
        .order_by(sends.c.due_at)
        .limit(literal_column("1"))
    )


def outlook(sql: Sql) -> Executable:
    any_ready = exists().where(sends.c.account == bindparam("of"), IS_QUEUED, ~sends.c.is_waiting)
    any_lapsed = exists().where(
        sends.c.account == bindparam("of"),
        IS_SENDING,
        sends.c.sending_until <= bindparam("now"),
    )
    alter_at = (
        select(alterations.c.due_at)
        .where(alterations.c.account == bindparam("of"))
        .order_by(alterations.c.due_at)
        .limit(literal_column("1"))
    )
    return select(
        any_ready.label("is_ready"),
        any_lapsed.label("has_lapsed"),
        next_due_at(sql).scalar_subquery().label("due_at"),
        alter_at.scalar_subquery().label("alter_at"),
    )


def fresh(sql: Sql) -> Executable:
    root = contacts.alias("root")
    return (
        select(
            sends,
            messages.c.cls,
            messages.c.topic,
            messages.c.expires_at,
            addresses.c.user,
            addresses.c.is_reachable,
            addresses.c.held_since,
            addresses.c.blocked_at,
            addresses.c.operator_id,
            addresses.c.stop,
            messages.c.author,
            subscriptions.c.state,
            subscriptions.c.since,
            func.coalesce(root.c.timezone, contacts.c.timezone).label("timezone"),
            root.c.id.label("root_id"),
            root.c.marketing_stopped_at.label("root_stopped_at"),
            contacts.c.marketing_stopped_at.label("own_stopped_at"),
        )
        .join(messages, messages.c.id == sends.c.message_id)
        .join(addresses, addresses.c.id == sends.c.address_id)
        .join(contacts, contacts.c.id == addresses.c.contact_id)
        .outerjoin(root, root.c.id == contacts.c.merged_into)
        .outerjoin(
            subscriptions,
            and_(
                subscriptions.c.address_id == sends.c.address_id,
                subscriptions.c.topic == messages.c.topic,
            ),
        )
        .where(sql.listed(sends.c.id, "ids"), sends.c.status == Status.QUEUED)
        .order_by(sends.c.priority, sends.c.id)
    )


def claim(sql: Sql) -> Executable:
    return (
        update(sends)
        .where(sql.listed(sends.c.id, "ids"), sends.c.status == Status.QUEUED)
        .values(
            status=Status.SENDING,
            sending_until=bindparam("until"),
            claimed_at=bindparam("now", type_=sends.c.claimed_at.type),
            attempts=sends.c.attempts + 1,
            is_waiting=False,
        )
    )


def number(_: Sql) -> Executable:
    return (
        update(sends)
        .where(sends.c.id == bindparam("send"), sends.c.status == Status.SENDING)
        .values(random_id=bindparam("number"))
    )


def prepared(_: Sql) -> Executable:
    return (
        update(sends)
        .where(
            sends.c.id == bindparam("send"), sends.c.attempts == bindparam("attempt"), IS_SENDING
        )
        .values(
            content=bindparam("ready", type_=sends.c.content.type),
            status=Status.QUEUED,
            attempts=sends.c.attempts - 1,
            sending_until=None,
        )
    )


def claim_messages(sql: Sql) -> Executable:
    return (
        update(messages)
        .where(sql.listed(messages.c.id, "ids"), messages.c.status == Status.QUEUED)
        .values(status=Status.SENDING)
    )


def record(_: Sql) -> Executable:
    return (
        update(sends)
        .where(
            sends.c.id == bindparam("send"),
            sends.c.attempts == bindparam("attempt"),
            one_of(sends.c.status, (Status.SENDING, Status.QUEUED)),
        )
        .values(
            status=bindparam("new_status"),
            due_at=func.coalesce(
                bindparam("new_due_at", type_=sends.c.due_at.type), sends.c.due_at
            ),
            external_id=bindparam("new_external_id"),
            is_waiting=bindparam("new_waiting"),
            sending_until=None,
            attempts=sends.c.attempts - bindparam("free", type_=sends.c.attempts.type),
            random_id=func.coalesce(
                bindparam("own", type_=sends.c.random_id.type), sends.c.random_id
            ),
        )
    )


def cancel_rest(sql: Sql) -> Executable:
    return (
        update(sends)
        .where(sql.listed(sends.c.message_id, "ids"), sends.c.status == Status.QUEUED)
        .values(status=Status.CANCELLED)
    )


def run_on(sql: Sql) -> Executable:
    return (
        update(sends)
        .where(sql.listed(sends.c.message_id, "ids"), sends.c.status == Status.QUEUED)
        .values(priority=RUNNING_ON)
        .returning(sends.c.message_id)
    )


def settle_message(_: Sql) -> Executable:
    return (
        update(messages)
        .where(
            messages.c.id == bindparam("message"),
            one_of(messages.c.status, (Status.QUEUED, Status.SENDING, Status.UNKNOWN)),
        )
        .values(
            status=bindparam("new_status"),
            error=bindparam("new_error"),
            sent_at=bindparam("new_sent_at", type_=messages.c.sent_at.type),
        )
    )


def confirm(_: Sql) -> Executable:
    return (
        update(sends)
        .where(sends.c.id == bindparam("send"), sends.c.status != Status.SENDING)
        .values(status=Status.SENT, external_id=bindparam("known_as"), is_waiting=False)
    )


def confirm_message(_: Sql) -> Executable:
    lower = (Status.QUEUED, Status.SENDING, Status.UNKNOWN, Status.FAILED)
    return (
        update(messages)
        .where(messages.c.id == bindparam("message"), one_of(messages.c.status, lower))
        .values(
            status=Status.SENT, error="", sent_at=bindparam("at", type_=messages.c.sent_at.type)
        )
    )


def one_of(column: ColumnElement[str], statuses: Iterable[Status]) -> ColumnElement[bool]:
    """Like IN, which a statement for many rows at once cannot have."""
    return or_(*(column == status for status in statuses))
