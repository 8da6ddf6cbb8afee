"""What people do about webhooks to sites: send again, switch on, test. One transaction each."""

from collections.abc import Callable, Sequence
from datetime import datetime
from urllib.parse import urlsplit

from core.acts import By, Did
from core.hooks import Endpoint, HookType
from dialogues import hook_events as he
from inbox.journal import Journal
from storage.deliveries import NewDelivery
from storage.delivery_log import Delivery
from storage.tx import Tx


class HookDesk:
    """`wake` lets those who send look at once."""

    def __init__(
        self, endpoints: Sequence[Endpoint], journal: Journal, wake: Callable[[], None]
    ) -> None:
        self.endpoints = {one.key: one for one in endpoints}
        self.wake = wake
        self._journal = journal

    def name(self, key: str) -> str:
        """An endpoint as people read it: a URL's query may hold a secret and is left out."""
        endpoint = self.endpoints.get(key)
        return shown_url(endpoint.url) if endpoint is not None else ""

    async def resend(self, tx: Tx, delivery: Delivery, by: By) -> bool:
        """False: it waits already, or says nothing any more since its person was erased."""
        if not await tx.delivery_log.send_again(delivery.id, self._journal.clock()):
            return False
        about = {"name": self.name(delivery.endpoint), "delivery": str(delivery.id)}
        await tx.acts.add_many([self._journal.act(by, Did.DELIVERY_RESENT, about)])
        return True

    async def resend_failed(self, tx: Tx, endpoint: Endpoint, since: datetime, by: By) -> int:
        """All that failed there and happened since then; how many."""
        many = await tx.delivery_log.send_failed_again(endpoint.key, since, self._journal.clock())
        if many:
            about = {"name": self.name(endpoint.key), "many": str(many)}
            await tx.acts.add_many([self._journal.act(by, Did.DELIVERIES_RESENT, about)])
        return many

    async def enable(self, tx: Tx, endpoint: Endpoint, by: By) -> bool:
        """False: it was not switched off."""
        if not await tx.delivery_log.enable(endpoint.key):
            return False
        about = {"name": self.name(endpoint.key)}
        await tx.acts.add_many([self._journal.act(by, Did.ENDPOINT_ENABLED, about)])
        return True

    async def test(self, tx: Tx, endpoint: Endpoint, by: By) -> int:
        """Queue a test like any event; its id."""
        now, id_ = self._journal.clock(), self._journal.new_id()
        payload = he.dump(he.Test(endpoint.site, TEST_MESSAGE, now))
        row = NewDelivery(
            id_, id_, endpoint.site, endpoint.key, HookType.TEST, None, id_, payload, now
        )
        await tx.deliveries.add([row])
        about = {"name": self.name(endpoint.key)}
        await tx.acts.add_many([self._journal.act(by, Did.ENDPOINT_TESTED, about)])
        return id_


TEST_MESSAGE = "If you can read this, your endpoint works."


def shown_url(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}{parts.path}" + ("?…" if parts.query else "")
