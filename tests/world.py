"""A small shop with one Telegram account, on a real database, without HTTP: time stands still."""

import itertools
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from bots.contract import Part
from bots.telegram.limits import LIMITS
from core.altering import Altered, AlterOutcome, settle
from core.channels import Channel
from core.content import Content, PressButton
from core.ids import AccountId, AddressId, CustomerId, EventKey, FlowName, SiteId, TopicId, UserId
from core.inbound import Event, Inbound, Pressed, Said, Started
from core.messages import Direction, Message, Status
from core.outcomes import Outcome, Sent, react
from core.pacing import Pace
from core.people import Address, Profile
from core.sites import Site
from core.tokens import Claims, ConsentClaims, OrderClaims
from core.topics import Subscription, Topic, TopicClass
from core.words import vocabulary
from dialogues.catalog import Account, Catalog
from dialogues.changes import Answer
from dialogues.receive import Received, receive
from flows.load import load
from outbox.altering import claim_alterations, write_settled
from outbox.claiming import Claimed, Terms, claim, write_outcomes
from outbox.pace import Rhythm
from storage.database import Database
from storage.sends import Recorded
from storage.tx import Tx
from subscriptions.minting import mint
from subscriptions.preferring import PreferenceLinks

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
SHOP, TG, VK = SiteId("shop"), AccountId("shop-tg"), AccountId("shop-two")
ORDERS, PROMO, DIGEST = TopicId("orders"), TopicId("promo"), TopicId("digest")
ANNA, BORIS = UserId("5550001"), UserId("5550000002")
TOPICS = {
    ORDERS: Topic(ORDERS, TopicClass.SERVICE, {"en": "Order updates", "ru": "Статусы заказов"}),
    PROMO: Topic(
        PROMO,
        TopicClass.MARKETING,
        {"en": "Offers", "ru": "Акции"},
        consent={"en": "I agree to get offers.", "ru": "Согласие получать акции."},
    ),
    DIGEST: Topic(DIGEST, TopicClass.MARKETING, {"en": "Digest", "ru": "Дайджест"}, confirm=True),
}
PREFERENCES = PreferenceLinks(
    "the secret of a server of the tests", "http://parley.test", timedelta(days=180)
)
FLOWS = (
    """
flow: followup
title: {en: After the order, ru: После заказа}
topic: orders
enter:
  - {on: subscribed, if: order}
  - {on: event, name: order.delivered, if: order, to: later}
steps:
  hello:
    say: {en: "Order {{ order.number }} is in work.", ru: "Заказ {{ order.number }} в работе."}
    next: rate
  rate:
    ask: {en: "How did you like it?", ru: "Как вам?"}
    choices:
      great: {en: "Great", ru: "Отлично"}
      bad: {en: "Not good", ru: "Плохо"}
    save: rating
    otherwise: {say: {en: "Press a button.", ru: "Нажмите кнопку."}, times: 1}
    timeout: {after: 24h, next: bye}
    next:
      - {if: "rating == 'bad'", to: sorry}
      - {to: bye}
  sorry:
    hand_over: {note: {en: "Unhappy with {{ order.number }}", ru: "Недоволен {{ order.number }}"}}
  bye:
    say: {en: "Thank you", ru: "Спасибо"}
    next: finish
  later:
    say: {en: "Order {{ order.number }} has arrived.", ru: "Заказ {{ order.number }} приехал."}
    next: finish
  finish:
    end: true
""",
    """
flow: offer
title: {en: Offer, ru: Акция}
topic: promo
enter:
  - {on: event, name: order.delivered, if: order}
steps:
  pause:
    wait: 7d
    next: offer
  offer:
    say: {en: "Ten percent off", ru: "Скидка десять процентов"}
    next: finish
  finish:
    end: true
""",
    """
flow: menu
title: {en: Menu, ru: Меню}
enter:
  - on: keyword
    words: {en: [help], ru: [помощь]}
steps:
  help:
    say: {en: "This is the help", ru: "Это помощь"}
    next: finish
  finish:
    end: true
""",
)


def catalog(flows: tuple[str, ...] = FLOWS) -> Catalog:
    loaded = [load(source) for source in flows]
    return Catalog(
        accounts={
            TG: Account(TG, Channel.TELEGRAM, LIMITS, SHOP, "Telegram"),
            VK: Account(VK, Channel.TELEGRAM, LIMITS, SHOP, "Second"),
        },
        sites={SHOP: Site(SHOP, "Shop", "https://shop.example.com", "UTC", (ORDERS,))},
        topics=TOPICS,
        flows={FlowName(flow.name): flow for flow in loaded},
        versions={flow.version: flow for flow in loaded},
        vocabulary=vocabulary(
            ["en", "ru"], {"orders": ORDERS, "promo": PROMO, "offers": PROMO, "акции": PROMO}
        ),
        preferences=PREFERENCES,
    )


def claims(
    order: str | None = "1042",
    *,
    token: str = "jti:1",  # noqa: S107  # A name, not a secret.
    customer: str | None = "c-1",
    topics: tuple[TopicId, ...] = (),
    consent: str | None = None,
    name: str = "Anna K",
    locale: str = "",
) -> Claims:
    return Claims(
        site=SHOP,
        token=token,
        customer=CustomerId(customer) if customer else None,
        name=name,
        locale=locale,
        order=OrderClaims(ref=f"id-{order}", number=order, status="paid") if order else None,
        topics=topics,
        consent=ConsentClaims(consent) if consent else None,
    )


@dataclass
class World:
    """What the tests do in the shop. Every helper is one transaction."""

    database: Database
    catalog: Catalog = field(default_factory=catalog)
    now: datetime = NOW
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1000))
    keys: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    last: Received | None = None

    async def receive(self, *inbounds: Inbound) -> tuple[Answer, ...]:
        async with self.database.write() as tx:
            self.last = await receive(tx, inbounds, self.catalog, self.numbers, self.now)
        return self.last.answers

    def inbound(
        self,
        event: Event,
        user: UserId = ANNA,
        *,
        account: AccountId = TG,
        at: datetime | None = None,
        key: str | None = None,
    ) -> Inbound:
        return Inbound(
            account=account,
            user=user,
            key=EventKey(key or f"k{next(self.keys)}"),
            at=at or self.now,
            event=event,
            profile=Profile(first_name="Anna", locale="en"),
        )

    async def tell(self, event: Event, user: UserId = ANNA, **options: Any) -> Answer:
        return (await self.receive(self.inbound(event, user, **options)))[0]

    async def say(self, text: str, user: UserId = ANNA, **options: Any) -> Answer:
        return await self.tell(Said(Content(text), f"m{next(self.keys)}"), user, **options)

    async def start(self, code: str = "", user: UserId = ANNA, **options: Any) -> Answer:
        return await self.tell(Started(code), user, **options)

    async def press(self, label: str, user: UserId = ANNA, **options: Any) -> Answer:
        """Press the newest button with this label."""
        for message in reversed(await self.messages(user, **_account(options))):
            for button in message.content.buttons:
                if isinstance(button, PressButton) and button.label == label:
                    event = Pressed(button.value, "press", made_at=message.created_at)
                    return await self.tell(event, user, **options)
        raise AssertionError(f"nobody offers a button {label!r}")

    async def link(self, given: Claims | None = None, source: str = "go", **options: Any) -> str:
        link = mint(given or claims(), source, self.now, **options)
        async with self.database.write() as tx:
            await tx.links.add([link])
        return link.code

    async def come(
        self, given: Claims | None = None, user: UserId = ANNA, place: str = "", **options: Any
    ) -> Answer:
        """A fresh link is made and its Start pressed."""
        source = "page" if place else "go"
        return await self.start(await self.link(given, source, place=place), user, **options)

    def wait(self, **span: float) -> None:
        self.now += timedelta(**span)

    async def address(self, user: UserId = ANNA, account: AccountId = TG) -> Address:
        async with self.database.read() as tx:
            return (await tx.addresses.find([(account, user)]))[account, user]

    async def subscriptions(
        self, user: UserId = ANNA, account: AccountId = TG
    ) -> Mapping[TopicId, Subscription]:
        address = await self.address(user, account)
        async with self.database.read() as tx:
            return (await tx.subscriptions.load([address.id])).get(address.id, {})

    async def active(self, user: UserId = ANNA, account: AccountId = TG) -> set[str]:
        rows = await self.subscriptions(user, account)
        return {topic for topic, row in rows.items() if row.is_active}

    async def messages(self, user: UserId = ANNA, account: AccountId = TG) -> list[Message]:
        address = await self.address(user, account)
        async with self.database.read() as tx:
            return await tx.messages.thread(address.id, limit=500)

    async def said(self, user: UserId = ANNA, account: AccountId = TG) -> list[str]:
        """Every text that we queued, oldest first."""
        messages = await self.messages(user, account)
        return [m.content.text for m in messages if m.direction is Direction.OUT]

    async def deliver(
        self, outcome: Outcome | None = None, account: AccountId = TG
    ) -> list[tuple[AddressId, str]]:
        """Send all that may be sent now, as a sender does: what the messenger received."""
        received: list[tuple[AddressId, str]] = []
        # No pace here: the messenger's rhythm has tests of its own.
        rhythm = Rhythm(Pace(1e6, 1000), Pace(1e6, 1000))
        for _ in range(200):
            claimed = await self._claim(account, rhythm)
            if not claimed:
                return received
            recorded = []
            for one in claimed:
                send = one.waiting
                Part(send.content, send.random_id)
                result = outcome or Sent(str(next(self.numbers)))
                if isinstance(result, Sent):
                    received.append((send.address, send.content.text))
                reaction = react(result, send.cls, one.attempt, self.now, is_idempotent=False)
                recorded.append(
                    Recorded(
                        send.id, send.message, send.address, one.attempt, reaction.status,
                        reaction.error, reaction.due_at, reaction.external_id,
                    )
                )  # fmt: skip
            async with self.database.write() as tx:
                limits = self.catalog.accounts[account].limits
                await write_outcomes(tx, recorded, limits, self.now)
        raise AssertionError("sending never ends")

    async def carry_out(
        self, outcome: AlterOutcome | None = None, account: AccountId = TG
    ) -> list[tuple[str, str, str]]:
        """Edit and delete what may be now, as a sender does: what the messenger was asked."""
        async with self.database.write() as tx:
            until = self.now + timedelta(minutes=5)
            lease = await tx.leases.claim(f"sender:{account}", "test", self.now, until)
            assert lease is not None
            rhythm = Rhythm(Pace(1e6, 1000), Pace(1e6, 1000))
            claim_ = await claim_alterations(tx, account, lease, rhythm, 100, self.now)
        for one in claim_.claimed:
            settled = settle(outcome or Altered(), one.attempt, self.now)
            async with self.database.write() as tx:
                await write_settled(tx, one, settled, self.now)
        return [(one.due.act, one.due.external_id, one.due.content.text) for one in claim_.claimed]

    async def claim_some(self) -> tuple[Claimed, ...]:
        """What a sender would have under way now."""
        return await self._claim(TG, Rhythm(Pace(1e6, 1000), Pace(1e6, 1000)))

    async def record_sent(self, claimed: tuple[Claimed, ...]) -> None:
        """The messenger took all of them."""
        recorded = [
            Recorded(
                one.waiting.id, one.waiting.message, one.waiting.address, one.attempt,
                Status.SENT, external_id=str(next(self.numbers)),
            )
            for one in claimed
        ]  # fmt: skip
        async with self.database.write() as tx:
            await write_outcomes(tx, recorded, self.catalog.accounts[TG].limits, self.now)

    async def _claim(self, account: AccountId, rhythm: Rhythm) -> tuple[Claimed, ...]:
        async with self.database.write() as tx:
            until = self.now + timedelta(minutes=5)
            lease = await tx.leases.claim(f"sender:{account}", "test", self.now, until)
            assert lease is not None
            for _ in range(20):
                terms = Terms(account, self.catalog.accounts[account].limits)
                result = await claim(tx, terms, lease, rhythm, 1000, self.now)
                if result.claimed or not result.judged:
                    return result.claimed
        return ()

    async def fire_timers(self) -> int:
        """Let everything that is due by now happen."""
        from core.inbound import TimerFired

        async with self.database.read() as tx:
            due = await tx.timers.due(self.now, 100, self.catalog.accounts)
        await self.receive(
            *(
                Inbound(t.account, t.user, EventKey(f"timer:{t.id}"), t.due_at, TimerFired(t.id),
                        address=t.address)
                for t in due
            )
        )  # fmt: skip
        return len(due)


def _account(options: dict[str, Any]) -> dict[str, Any]:
    return {"account": options["account"]} if "account" in options else {}


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[World]:
    database = Database(url)
    try:
        yield World(database)
    finally:
        await database.close()


def statuses(messages: list[Message]) -> list[tuple[str, Status]]:
    return [(m.content.text, m.status) for m in messages if m.direction is Direction.OUT]


async def count(tx: Tx, table: str) -> int:
    from sqlalchemy import text

    return int((await tx.sql.run(text(f"SELECT count(*) FROM {table}"))).scalar() or 0)  # noqa: S608
