"""What stands above a thread, and what can be done there."""

from dataclasses import dataclass

from core.ids import OperatorId
from core.languages import pick
from dialogues.catalog import Catalog
from inbox.thread_view import Onlooker
from storage.conversations import Listed
from storage.lists import Label
from storage.tx import Tx

CLOSE_REASONS = ("solved", "no_answer", "spam", "other")


@dataclass(frozen=True, slots=True)
class Choice:
    """`is_ready` False: it can be seen, and not be chosen now."""

    id: str
    title: str
    is_ready: bool = True


@dataclass(frozen=True, slots=True)
class Head:
    """`operators` can be given the conversation; `flows` can be started. `is_called`: a note calls
    the onlooker here."""

    account: str
    assignee: str
    is_mine: bool
    is_called: bool
    labels: tuple[Label, ...]
    other_labels: tuple[Label, ...]
    operators: tuple[Choice, ...]
    flows: tuple[Choice, ...]


async def read_head(tx: Tx, listed: Listed, catalog: Catalog, onlooker: Onlooker) -> Head:
    one = listed.conversation
    account = catalog.accounts.get(listed.account)
    put = (await tx.lists.labels_of([one.id])).get(one.id, ())
    rows = (await tx.subscriptions.load([one.address])).get(one.address, {})
    active = {topic for topic, row in rows.items() if row.is_active}
    operators = await tx.operators.all()
    language = onlooker.language
    return Head(
        account=account.title if account else listed.account,
        assignee=onlooker.name(one.assignee) if one.assignee is not None else "",
        is_mine=one.assignee == onlooker.operator,
        is_called=bool(await tx.notes.calling(onlooker.operator, [one.id])),
        labels=put,
        other_labels=tuple(label for label in await tx.lists.labels() if label not in put),
        operators=tuple(
            Choice(str(who.id), who.name or who.login, who.id != one.assignee)
            for who in operators
            if who.disabled_at is None
        ),
        flows=tuple(
            Choice(name, pick(flow.title, language) if flow.title else name, flow.topic in active)
            for name, flow in sorted(catalog.flows.items())
            if flow.enter and flow.topic is not None
        ),
    )


async def is_at_work(tx: Tx, operator: OperatorId) -> bool:
    """Whether somebody can be given a conversation."""
    return any(one.id == operator and one.disabled_at is None for one in await tx.operators.all())
