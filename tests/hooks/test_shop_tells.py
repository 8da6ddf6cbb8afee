"""What a shop's server tells: events that send a message at once, orders and contacts anew."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from core.inbound import Blocked, ConversationAct, OperatorActed
from core.messages import MessageClass
from core.people import Contact
from tests.inbox.office import Answer, Office, open_office
from tests.world import ANNA, BORIS, ORDERS, PROMO, TG, VK, claims

EVENTS, CONTACTS = "/api/v1/events", "/api/v1/contacts"
PAID = {
    "topic": "orders",
    "text": {"en": "Order 1042 is paid.", "ru": "Заказ 1042 оплачен."},
    "buttons": [
        {"label": {"en": "Receipt", "ru": "Чек"}, "url": "https://shop.example.com/receipt/1042"}
    ],
}


@pytest.fixture
async def office(database_url: str) -> AsyncIterator[Office]:
    async with open_office(database_url) as office:
        yield office


async def tell(office: Office, scope: str = "events", **more: Any) -> Answer:
    body = {"site": "shop", "name": "order.paid", "customer": "c-1", "key": "k1", **more}
    browser = office.browser(**await office.key(scope))
    return await browser._call("POST", EVENTS, json=body)


async def change(office: Office, id_: object, scope: str = "events", **body: Any) -> Answer:
    browser = office.browser(**await office.key(scope))
    return await browser._call("PATCH", f"{CONTACTS}/{id_}", json=body)


async def contact(office: Office, account: Any = TG) -> Contact:
    address = await office.world.address(ANNA, account)
    async with office.world.database.write() as tx:
        return (await tx.contacts.lock([address.contact]))[address.contact]


async def test_a_message_goes_at_once_in_the_persons_language(office: Office) -> None:
    await office.world.come(claims(locale="ru"))
    answer = await tell(office, message=PAID)
    assert answer.status == 202
    address = await office.world.address()
    where = {"address": str(address.id), "account": "shop-tg"}
    assert answer.json["addresses"] == [{**where, "outcome": "sent", "reason": ""}]
    (sent,) = answer.json["sent"]
    said = (await office.world.messages())[-1]
    assert (sent["message"], said.content.text) == (str(said.id), "Заказ 1042 оплачен.")
    assert (said.cls, said.topic) == (MessageClass.SERVICE, ORDERS)
    assert [one.label for one in said.content.buttons] == ["Чек"]
    again = await tell(office, message=PAID)
    assert (again.status, again.json) == (200, answer.json)
    other = await tell(office, message={**PAID, "text": {"en": "Other"}})
    assert (other.status, other.json["error"]["code"]) == (409, "key_reused")
    assert len(await office.world.deliver()) >= 1


async def test_each_address_is_told_of_and_none_gets_what_it_did_not_want(office: Office) -> None:
    """One subscribed, one that left the topic, one that blocked us."""
    world = office.world
    await world.come()
    await world.come(claims(token="jti:2"), account=VK)
    await world.say("stop orders", account=VK)
    await world.come(claims(token="jti:3"), BORIS, account=VK)
    await world.tell(Blocked("kicked"), BORIS, account=VK)
    answer = await tell(office, message=PAID, order={"id": "id-1042"}, name="order.moved")
    outcomes = {(one["account"], one["outcome"], one["reason"]) for one in answer.json["addresses"]}
    assert outcomes == {
        ("shop-tg", "sent", ""),
        ("shop-two", "not_sent", "unsubscribed"),
        ("shop-two", "not_sent", "unreachable"),
    }
    assert len(answer.json["sent"]) == 1


async def test_a_stop_after_the_call_and_before_the_send_wins(office: Office) -> None:
    await office.world.come()
    await office.world.deliver()
    assert (await tell(office, message=PAID)).status == 202
    await office.world.say("stop")
    assert PAID["text"]["en"] not in [text for _, text in await office.world.deliver()]  # type: ignore[index]


async def test_an_event_without_a_flow_says_so_and_one_with_a_flow_starts_it(
    office: Office,
) -> None:
    await office.world.come()
    answer = await tell(office, name="cart.left")
    assert [one["reason"] for one in answer.json["addresses"]] == ["no_flow"]
    order = {"id": "id-1042", "status": "delivered"}
    answer = await tell(office, name="order.delivered", key="k2", order=order)
    assert [one["outcome"] for one in answer.json["addresses"]] == ["started"]
    assert {one["flow"] for one in answer.json["started"]} == {"followup", "offer"}
    strange = await tell(office, name="order.delivered", key="k3", order={"id": "id-7"})
    assert [one["reason"] for one in strange.json["addresses"]] == ["not_their_order"]


async def test_who_is_blocked_by_operators_gets_nothing(office: Office) -> None:
    await office.world.come()
    await office.world.say("hm, why?")
    await office.world.tell(OperatorActed(ConversationAct.BLOCK, None))
    answer = await tell(office, message=PAID)
    assert [one["reason"] for one in answer.json["addresses"]] == ["blocked_here"]


async def test_the_order_and_the_person_are_kept_as_told(office: Office) -> None:
    await office.world.come()
    told = {
        "name": "Анна П.", "locale": "ru", "timezone": "Asia/Omsk",
        "attributes": {"level": 3}, "tags": {"add": ["vip"]},
    }  # fmt: skip
    order = {"id": "id-1042", "status": "packed", "total": 990.5}
    answer = await tell(office, name="order.packed", order=order, contact=told, message=PAID)
    assert answer.status == 202
    known = await contact(office)
    assert (known.name, known.locale, known.timezone) == ("Анна П.", "ru", "Asia/Omsk")
    assert (known.attributes["level"], known.tags) == (3, {"vip"})
    said = (await office.world.messages())[-1]
    assert said.content.text == "Заказ 1042 оплачен.", "in the language that came with it"
    async with office.world.database.read() as tx:
        (kept,) = await tx.orders.of_contact(known.id)
    assert (kept.number, kept.status, kept.total) == ("1042", "packed", "990.5")


@pytest.mark.parametrize(
    ("more", "place"),
    [
        ({"message": {**PAID, "topic": "promo"}}, "message.topic"),
        ({"message": {**PAID, "topic": "nothing"}}, "message.topic"),
        ({"message": {**PAID, "text": {}}}, "message.text"),
        ({"message": {**PAID, "text": {"en": ""}}}, "message.text.en"),
        (
            {"message": {**PAID, "buttons": [{"label": {"en": "x"}, "url": "tel:1"}]}},
            "message.buttons[0].url",
        ),
        ({"contact": {"timezone": "Mars/Olympus"}}, "contact.timezone"),
        ({"contact": {"locale": "no such locale"}}, "contact.locale"),
        ({"contact": {"tags": {"add": [""]}}}, "contact.tags.add.0"),
        ({"contact": {"attributes": {"x" * 200: 1}}}, "contact.attributes"),
        ({"contact": {"colour": 1}}, "contact.colour"),
    ],
)
async def test_what_is_wrong_is_told_with_its_place(
    sqlite_url: str, more: dict[str, Any], place: str
) -> None:
    async with open_office(sqlite_url) as office:
        await office.world.come()
        answer = await tell(office, **more)
        assert answer.status == 422
        assert answer.json["error"]["details"][0]["place"] == place
        assert (await contact(office)).tags == frozenset()


async def test_a_contact_is_changed_piece_by_piece(office: Office) -> None:
    await office.world.come()
    known = await contact(office)
    first = await change(
        office, known.id, attributes={"a": 1, "b": {"c": [1]}}, tags={"add": ["vip", "tea"]}
    )
    assert first.status == 200
    assert first.json["attributes"]["b"] == {"c": [1]}
    second = await change(
        office, known.id, name="Anna P", attributes={"a": None}, tags={"remove": ["tea"]}
    )
    assert (second.json["name"], second.json["tags"]) == ("Anna P", ["vip"])
    assert "a" not in second.json["attributes"]
    assert second.json["customer"] == "c-1"
    assert (await change(office, known.id)).json == second.json
    forgotten = await change(office, known.id, locale="", timezone="")
    assert (forgotten.json["locale"], forgotten.json["timezone"]) == ("", "")


async def test_who_may_change_a_contact(office: Office) -> None:
    await office.world.come()
    id_ = (await contact(office)).id
    for scope, status in (("read", 403), ("inbox", 403), ("links", 403), ("admin", 200)):
        assert (await change(office, id_, scope, name="x")).status == status
    assert (await change(office, 1, name="x")).status == 404
    assert (await change(office, "x", name="x")).status == 404
    assert (await change(office, id_, timezone="x")).status == 422
    browser = office.browser(**await office.key("events", "other"))
    answer = await browser._call("PATCH", f"{CONTACTS}/{id_}", json={"name": "x"})
    assert answer.status == 403


async def test_who_is_nobodys_customer_is_of_the_site_they_wrote_to(office: Office) -> None:
    """A key of another site neither reads nor changes them, nor has their preferences."""
    await office.world.say("Hello")
    address = await office.world.address()
    where = f"{CONTACTS}/{address.contact}"
    for site, statuses in (("shop", [200, 200, 201]), ("other", [403, 403, 403])):
        reads = office.browser(**await office.key("read", site))
        writes = office.browser(**await office.key("events", site))
        links = await office.key("links", site)
        answers = [
            await reads.get(where),
            await writes._call("PATCH", where, json={"name": "x"}),
            await office.browser().raw_post(f"{where}/preferences", {}, **links),
        ]
        assert [answer.status for answer in answers] == statuses


async def test_a_promise_about_promo_is_not_broken_by_an_event(office: Office) -> None:
    await office.world.come(claims(topics=(PROMO,), consent="I agree"))
    answer = await tell(office, message=PAID)
    assert [one["reason"] for one in answer.json["addresses"]] == ["unsubscribed"]
