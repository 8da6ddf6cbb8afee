"""The statements of the queues of webhooks, each built once: deliverers ask them all the time."""

from sqlalchemy import (
    ColumnElement,
    Executable,
    bindparam,
    func,
    literal_column,
    or_,
    select,
    update,
)

from core.messages import Direction, Status
from storage.sql import Sql
from storage.tables import addresses, contacts, deliveries, hook_endpoints, messages

TOLD = (
    Status.SENT,
    Status.DELIVERED,
    Status.READ,
    Status.UNDELIVERED,
    Status.FAILED,
    Status.SUPPRESSED,
    Status.CANCELLED,
    Status.UNKNOWN,
)
"""The statuses of messages that sites are told of."""
# As a literal, so that the planner sees that the partial indexes fit.
IS_WAITING = deliveries.c.state == literal_column("'waiting'")


def follow(_: Sql) -> Executable:
    return (
        update(deliveries)
        .where(IS_WAITING, deliveries.c.lane == bindparam("old"))
        .values(lane=bindparam("whom"))
    )


def ahead(_: Sql) -> Executable:
    due = (
        select(deliveries.c.due_at)
        .where(deliveries.c.endpoint == bindparam("of"), IS_WAITING)
        .order_by(deliveries.c.due_at)
        .limit(literal_column("1"))
    )
    disabled = select(hook_endpoints.c.disabled_at).where(hook_endpoints.c.key == bindparam("of"))
    return select(
        due.scalar_subquery().label("due_at"), disabled.scalar_subquery().label("disabled_at")
    )


def due(_: Sql) -> Executable:
    other = deliveries.alias("other")
    # A value and no EXISTS: PostgreSQL would join the whole queue with itself, and sort it.
    first = (
        select(func.min(other.c.id))
        .where(
            other.c.endpoint == deliveries.c.endpoint,
            other.c.lane == deliveries.c.lane,
            other.c.state == literal_column("'waiting'"),
        )
        .scalar_subquery()
    )
    return (
        select(deliveries)
        .where(
            deliveries.c.endpoint == bindparam("of"),
            IS_WAITING,
            deliveries.c.due_at <= bindparam("now"),
            deliveries.c.id == first,
        )
        .order_by(deliveries.c.due_at, deliveries.c.id)
        .limit(bindparam("most"))
    )


def record(_: Sql) -> Executable:
    table = deliveries.c
    return (
        update(deliveries)
        .where(
            table.id == bindparam("delivery"),
            IS_WAITING,
            table.attempts == bindparam("attempt") - literal_column("1"),
        )
        .values(
            state=bindparam("new_state"),
            attempts=bindparam("attempt"),
            tried=table.tried + 1,
            error=bindparam("new_error"),
            due_at=func.coalesce(bindparam("new_due_at", type_=table.due_at.type), table.due_at),
            settled_at=bindparam("new_settled_at", type_=table.settled_at.type),
        )
    )


def some(which: ColumnElement[bool], limit: int) -> ColumnElement[bool]:
    """So many of them, the oldest: a queue of millions is never written at one go."""
    ids = select(deliveries.c.id).where(which).order_by(deliveries.c.id).limit(limit)
    return deliveries.c.id.in_(ids.scalar_subquery())


def hold_back(_: Sql) -> Executable:
    return (
        update(deliveries)
        .where(
            deliveries.c.endpoint == bindparam("of"),
            deliveries.c.lane == bindparam("lane_"),
            IS_WAITING,
            deliveries.c.due_at < bindparam("until"),
        )
        .values(due_at=bindparam("until", type_=deliveries.c.due_at.type))
    )


def statuses(sql: Sql) -> Executable:
    root = contacts.alias("root")
    return (
        select(
            messages.c.id,
            messages.c.status,
            messages.c.error,
            messages.c.cls,
            messages.c.topic,
            messages.c.author,
            messages.c.key,
            messages.c.address_id,
            addresses.c.account,
            func.coalesce(root.c.id, contacts.c.id).label("contact"),
            func.coalesce(root.c.site, contacts.c.site).label("site"),
            func.coalesce(root.c.customer, contacts.c.customer).label("customer"),
        )
        .join(addresses, addresses.c.id == messages.c.address_id)
        .join(contacts, contacts.c.id == addresses.c.contact_id)
        .outerjoin(root, root.c.id == contacts.c.merged_into)
        .where(
            sql.listed(messages.c.id, "ids"),
            messages.c.direction == Direction.OUT,
            or_(*(messages.c.status == one for one in TOLD)),
            addresses.c.operator_id.is_(None),
        )
        .order_by(messages.c.id)
    )
