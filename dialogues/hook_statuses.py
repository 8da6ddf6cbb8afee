"""What became of messages of ours, told to sites in the transaction that wrote it down."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from core.hooks import Hooks, HookType
from core.ids import AccountId, MessageId
from core.messages import Author
from dialogues import hook_events as he
from dialogues.catalog import Account, Catalog
from storage.deliveries import NewDelivery, ToldStatus
from storage.tx import Tx


class StatusTelling:
    """Tells sites what became of messages of ours; whoever records an outcome asks it to."""

    def __init__(
        self, hooks: Hooks, accounts: Mapping[AccountId, Account], new_id: Callable[[], int]
    ) -> None:
        self._hooks = hooks
        self._accounts = accounts
        self._new_id = new_id

    async def tell(self, tx: Tx, messages: Iterable[MessageId], now: datetime) -> bool:
        """Write what is new about these; in the transaction that changed them."""
        ids = set(messages)
        if not ids or not self._hooks.wants(HookType.MESSAGE_STATUS):
            return False
        rows = []
        for one in await tx.deliveries.statuses(ids):
            targets = self._hooks.of(one.site, HookType.MESSAGE_STATUS)
            if not targets:
                continue
            payload, event = he.dump(self._shape(one, now)), self._new_id()
            rows += [
                NewDelivery(
                    event if number == 0 else self._new_id(),
                    event, site, target.key, HookType.MESSAGE_STATUS, one.contact, one.contact,
                    payload, now, key=f"status:{one.message}:{one.status}",
                )
                for number, (site, target) in enumerate(targets)
            ]  # fmt: skip
        await tx.deliveries.add_new(rows)
        return bool(rows)

    def _shape(self, one: ToldStatus, now: datetime) -> he.MessageStatus:
        account = self._accounts.get(one.account)
        return he.MessageStatus(
            contact=he.ToldContact(str(one.contact), one.site, one.customer),
            address=he.ToldAddress(
                str(one.address), one.account, account.channel if account else ""
            ),
            message=str(one.message),
            status=one.status,  # type: ignore[arg-type]  # Only such were asked for.
            error=one.error,
            cls=one.cls,
            topic=one.topic,
            author=one.author,
            key=_own_key(one),
            at=now,
        )


def _own_key(one: ToldStatus) -> str | None:
    """The key as the shop gave it: its messages are kept as said:<conversation>:<key>."""
    if one.author != Author.API or not one.key or not one.key.startswith("said:"):
        return None
    return one.key.split(":", 2)[2]


def status_telling(catalog: Catalog, new_id: Callable[[], int]) -> StatusTelling | None:
    """None where nobody wants to hear of it."""
    if not catalog.hooks.wants(HookType.MESSAGE_STATUS):
        return None
    return StatusTelling(catalog.hooks, catalog.accounts, new_id)
