"""How the shop speaks with the server of its messages: with parley_client, as any shop would."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from parley_client import (
    AsyncParley,
    Claims,
    Consent,
    Contact,
    Event,
    EventTaken,
    Item,
    ParleyError,
    Refused,
    Site,
    Webhooks,
)
from parley_client import Order as OrderClaims
from sandbox.settings import ShopSettings
from sandbox.shop.orders import Order

SERVICE_TOPIC: Final = "orders"
MARKETING_TOPIC: Final = "promo"
_STATUSES: Final = {
    "ru": {"paid": "оплачен", "sent": "в пути", "delivered": "доставлен"},
    "en": {"sent": "on its way"},
}
"""A shop tells the status in the words that its customer reads."""


class Server:
    """Without a key for the server's API the shop signs tokens, and that is all."""

    def __init__(self, shop: ShopSettings, base_url: str) -> None:
        self._shop = shop
        self._base_url = base_url
        self._site = Site(shop.site, shop.kid, shop.secret)
        self._webhooks = Webhooks(shop.webhook_secret) if shop.webhook_secret else None
        self._api: AsyncParley | None = None

    @property
    def is_connected(self) -> bool:
        return bool(self._shop.api_key)

    def token(
        self, order: Order, *, title: str, language: str, now: float, consent: Consent | None = None
    ) -> str:
        """For the page of this order. With consent for the marketing topic too."""
        url = f"{self._base_url}/shop/orders/{order.number}"
        topics = [SERVICE_TOPIC, MARKETING_TOPIC] if consent else [SERVICE_TOPIC]
        claims = Claims(
            customer=order.customer,
            name=order.name,
            locale=language,
            order=self._claims(order),
            topics=topics,
            consent=consent,
            page={"url": url, "title": title},
        )
        return self._site.token(claims, now=moment(now))

    async def tell(self, order: Order) -> EventTaken | None:
        """That the order has its status now. None: nobody subscribed to it yet.

        Raises ParleyError.
        """
        try:
            return await self._parley.event(
                f"order.{order.status}",
                key=f"order-{order.number}-{order.status}-{int(order.placed_at)}",
                customer=order.customer,
                order=self._claims(order),
            )
        except Refused as error:
            if error.status == 404:
                return None
            raise

    async def contact(self, customer: str) -> Contact | None:
        """Whom the server knows by this customer. None also while it cannot be asked."""
        if not self.is_connected:
            return None
        try:
            return await self._parley.contact(customer)
        except ParleyError:
            return None

    async def preferences(self, contact: Contact) -> str:
        """Where this person chooses what is written to them. Raises ParleyError."""
        return (await self._parley.preferences(contact.id)).url

    def hear(self, headers: Mapping[str, str], body: bytes, now: float) -> Event | None:
        """A webhook; None where the shop awaits none. Raises BadWebhook."""
        return self._webhooks.read(headers, body, moment(now)) if self._webhooks else None

    async def close(self) -> None:
        if self._api is not None:
            await self._api.close()

    @property
    def _parley(self) -> AsyncParley:
        if self._api is None:
            shop = self._shop
            self._api = AsyncParley(shop.server_url, shop.api_key, shop.site, timeout=5, tries=2)
        return self._api

    def _claims(self, order: Order) -> OrderClaims:
        return OrderClaims(
            id=order.number,
            number=order.number,
            status=_STATUSES[order.language].get(order.status, order.status),
            total=order.total,
            currency=order.currency,
            url=f"{self._base_url}/shop/orders/{order.number}",
            items=[Item(order.product, order.quantity, order.price)],
        )


def moment(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)
