"""The journeys that every messenger in the table must pass, and nothing else makes one."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import make_mocked_request

from bots.table import MESSENGERS
from core.altering import Alteration, Why
from core.channels import Channel
from core.content import Content, Media, MediaKind, ref_of
from core.ids import (
    AccountId,
    AlterationId,
    ConversationId,
    EventKey,
    MessageId,
    OperatorId,
    UserId,
)
from core.inbound import Inbound, OperatorAltered, OperatorSaid
from core.messages import Author, Message
from sandbox.samples import sample
from server.clock import utc_now
from server.config import VkConfig
from server.health import Metrics
from server.values import secret_of
from storage.conversations import Listed
from storage.files import FileState
from storage.operators import Operator
from tests.journeys.every_messenger import EveryTown, Phone, every_town, until

ORDER = {"id": 1042, "number": "1042", "status": "paid", "total": "39.90", "currency": "EUR"}
THROTTLE: dict[Channel, dict[str, Any]] = {
    Channel.TELEGRAM: {
        "method": "sendMessage",
        "error_code": 429,
        "description": "Too Many Requests: retry after 1",
        "parameters": {"retry_after": 1},
    },
    Channel.VK: {"method": "messages.send", "error_code": 6},
    Channel.VIBER: {"method": "send_message", "error_code": 12},
    Channel.MAX: {
        "method": "POST /messages",
        "error_code": 429,
        "description": "too.many.requests",
    },
}
SEND = {
    Channel.TELEGRAM: "sendMessage",
    Channel.VK: "messages.send",
    Channel.VIBER: "send_message",
    Channel.MAX: "POST /messages",
}

ALTER = {
    Channel.TELEGRAM: "deleteMessage",
    Channel.VK: "messages.delete",
    Channel.MAX: "DELETE /messages",
}
VERA = OperatorId(7)


@pytest.fixture(params=list(MESSENGERS), ids=str)
async def town(
    request: pytest.FixtureRequest, sqlite_url: str, tmp_path: Path
) -> AsyncIterator[EveryTown]:
    channel: Channel = request.param
    async with every_town(sqlite_url, tmp_path, [channel]) as running:
        yield EveryTown(running, channel)


async def arrived(town: EveryTown, phone: Phone, **claims: Any) -> None:
    token = await town.town.token(
        **{"sub": "4711", "name": "Anna K", "order": ORDER, "topics": ["orders"], **claims}
    )
    await phone.arrive(await phone.go(token))
    await phone.hears("1042")


async def test_from_the_link_to_the_operators_answer_and_from_stop_to_start(
    town: EveryTown,
) -> None:
    anna = await town.phone()
    await arrived(town, anna)
    await anna.hears("from 1 to 5")
    await anna.taps("5")
    await anna.hears("Thank")

    await anna.say("Do you also have matcha?")
    conversation = await town.conversation()
    path = f"/api/v1/conversations/{conversation['id']}/messages"
    status, _ = await town.town.api("POST", path, {"text": "We do, in spring.", "key": "a1"})
    assert status == 201
    await anna.hears("We do, in spring.")

    await anna.say("STOP")
    await anna.hears("you will get nothing more here")
    assert (await town.send_event("e1"))["sent"] == []
    # Some messengers tell the time in whole seconds, and on a tie STOP wins.
    await town.next_second()
    await anna.say("START")
    await anna.hears("Order updates")
    taken = await town.send_event("e2")
    assert [one["flow"] for one in taken["started"]] == ["order-followup"]
    await anna.hears("delivered")


async def test_a_further_link_brings_a_further_order(town: EveryTown) -> None:
    anna = await town.phone()
    await arrived(town, anna)
    token = await town.town.token(
        sub="4711", order={**ORDER, "id": 2077, "number": "2077"}, topics=["orders"]
    )
    await anna.comes_back(await anna.go(token))
    await anna.hears("2077")


async def test_a_link_that_another_person_brings_shows_nothing(town: EveryTown) -> None:
    anna, boris = await town.phone(), await town.phone("Boris")
    token = await town.town.token(sub="4711", name="Anna K", order=ORDER, topics=["orders"])
    code = await anna.go(token)
    await anna.arrive(code)
    await anna.hears("1042")
    await boris.arrive(code)
    await boris.say("help")
    await boris.hears("STOP")
    assert not any("1042" in one["text"] for one in await boris.bubbles())


async def test_what_a_contact_sends_is_kept(town: EveryTown) -> None:
    anna = await town.phone()
    await anna.opens()
    await anna.say("Look")
    for kind in ("photo", "document", "location"):
        await anna.act("send", kind=kind)
    conversation = await town.conversation()
    path = f"/api/v1/conversations/{conversation['id']}/messages"
    found: list[dict[str, Any]] = []

    async def are_there() -> bool:
        _, page = await town.town.api("GET", f"{path}?limit=100")
        found[:] = [a for m in page["items"] for a in m["attachments"]]
        return len(found) == 3

    await until(are_there)
    assert [one["kind"] for one in found] == ["photo", "document", "location"]
    key = await town.town.key("admin")
    for one in found[:2]:
        url = one["url"]
        headers = {"Authorization": f"Bearer {key}"}
        async with town.town.client.get(url, headers=headers) as answer:
            assert answer.status == 200, await answer.text()
            assert len(await answer.read()) > 100
    await _stored(town, 2)


async def _stored(town: EveryTown, many: int) -> None:
    async def are_stored() -> bool:
        async with town.town.parley.database.read() as tx:
            return (await tx.files.count()).get(FileState.STORED) == many

    await until(are_stored)


@pytest.mark.parametrize(
    ("kind", "shown"), [("photo", "picture"), ("document", "document")], ids=["photo", "document"]
)
async def test_a_file_of_ours_reaches_the_phone(town: EveryTown, kind: str, shown: str) -> None:
    anna = await town.phone()
    await anna.opens()
    await anna.say("Have you a price list?")
    given = sample(kind)
    library = town.town.parley.library
    stored = await library.keep(_chunks(given.content))
    media = Media(MediaKind(kind), ref_of(stored.digest), given.name, stored.mime, stored.size)
    content = Content("Here it is", attachments=(media,))
    await _send(town, content)
    await anna.gets(shown)


async def _chunks(content: bytes) -> AsyncIterator[bytes]:
    yield content


async def _send(town: EveryTown, content: Content) -> None:
    """What an operator's composer would hand in."""
    conversation = await town.conversation()
    intake = town.town.parley.intake
    async with town.town.parley.database.read() as tx:
        listed = await tx.conversations.find([int(conversation["id"])])
    now = intake.clock()
    said = OperatorSaid(None, content, MessageId(intake.new_id(now)))
    await intake.submit(
        [
            Inbound(
                AccountId(town.account),
                UserId(listed[0].user),
                EventKey(f"said:{said.message}"),
                now,
                said,
                address=listed[0].conversation.address,
            )
        ]
    )


async def test_a_block_ends_everything_and_taking_it_back_restores_nothing(
    town: EveryTown,
) -> None:
    anna = await town.phone()
    await arrived(town, anna)
    await anna.act("block")
    contact = await _blocked(town)
    assert {row["state"] for row in contact["subscriptions"]} == {"unsubscribed"}
    await anna.act("unblock")
    assert (await town.send_event("e1"))["sent"] == []


async def _blocked(town: EveryTown) -> Any:
    """The contact, once it is known that they cannot be written to."""
    page: Any = {}

    async def is_known() -> bool:
        nonlocal page
        _, page = await town.town.api("GET", "/api/v1/contacts?site=shop&customer=4711")
        return not page["items"][0]["addresses"][0]["reachable"]

    await until(is_known)
    return page["items"][0]


async def test_a_redelivery_changes_nothing(town: EveryTown) -> None:
    anna = await town.phone()
    await arrived(town, anna)
    await anna.hears("from 1 to 5")
    before = [one["text"] for one in await anna.bubbles()]
    await town.town.control("POST", "/updates/redeliver", {"bot": anna.name, "count": 3})
    await anna.say("help")
    await anna.hears("STOP")
    after = [one["text"] for one in await anna.bubbles()]
    assert after[: len(before)] == before
    assert after.count(before[-1]) == 1 + after[len(before) :].count(before[-1])


async def test_a_throttled_message_is_not_lost(town: EveryTown) -> None:
    anna = await town.phone()
    await anna.opens()
    await anna.say("hello")
    await town.conversation()
    await town.fault(**THROTTLE[town.channel])
    await anna.say("help")
    if town.channel is Channel.VIBER:
        # It throttles one person for a minute: everybody else is answered.
        boris = await town.phone("Boris")
        await boris.say("help")
        await boris.hears("STOP")
    else:
        await anna.hears("STOP")
    assert await town.faults() == []


async def test_a_reply_whose_fate_is_unknown_is_sent_once_more(town: EveryTown) -> None:
    anna = await town.phone()
    await anna.opens()
    await town.fault(kind="cut_before", method=SEND[town.channel])
    await anna.say("help")
    await anna.hears("STOP")
    assert await town.faults() == []


async def test_an_answer_that_got_lost_shows_nothing_twice_where_the_messenger_can_tell(
    town: EveryTown,
) -> None:
    anna = await town.phone()
    await anna.opens()
    await town.fault(kind="cut", method=SEND[town.channel])
    await anna.say("help")
    first = await anna.hears("STOP")
    await anna.say("Is anybody there?")
    await town.conversation()
    await until(lambda: _is_settled(town))
    assert await town.faults() == []
    shown = [one for one in await anna.bubbles() if one["text"] == first["text"]]
    assert len(shown) == (1 if town.limits.is_idempotent else 2)


async def _is_settled(town: EveryTown) -> bool:
    async with town.town.parley.database.read() as tx:
        return not await tx.sends.depth()


@pytest.mark.parametrize("body", [b"", b"{}", b'{"type":"message_new","group_id":1}', b"\xff"])
async def test_whoever_proves_nothing_is_turned_away(town: EveryTown, body: bytes) -> None:
    url = f"{town.town.url}/webhooks/{town.account}"
    async with town.town.client.post(url, data=body) as answer:
        assert answer.status in (400, 401, 403)
    async with town.town.parley.database.read() as tx:
        assert await tx.events.rejected() == []


@pytest.mark.parametrize("channel", [Channel.TELEGRAM, Channel.VK, Channel.MAX], ids=str)
async def test_polling_brings_the_same_as_a_webhook(
    channel: Channel, sqlite_url: str, tmp_path: Path
) -> None:
    async with every_town(sqlite_url, tmp_path, [channel], receive="polling") as running:
        town = EveryTown(running, channel)

        async def has_begun() -> bool:
            async with running.parley.database.read() as tx:
                return bool(await tx.places.find(AccountId(town.account)))

        if channel is Channel.VK:
            # Of what was before the first poll of all, VK tells nothing.
            await until(has_begun)
        anna = await town.phone()
        await arrived(town, anna)
        await anna.hears("from 1 to 5")
        await anna.taps("5")
        await anna.hears("Thank")
        await anna.say("STOP")
        await anna.hears("you will get nothing more here")


async def test_what_vk_repeats_is_counted(sqlite_url: str, tmp_path: Path) -> None:
    async with every_town(sqlite_url, tmp_path, [Channel.VK]) as running:
        (account,) = running.parley.config.accounts
        assert isinstance(account, VkConfig)
        event = {"type": "telepathy", "event_id": "e1", "v": "5.199", "object": {}}
        body = {**event, "group_id": account.group_id, "secret": secret_of(account)}
        for headers in ({}, {"X-Retry-Counter": "1"}, {"X-Retry-Counter": "2"}):
            url = f"{running.url}/webhooks/{account.id}"
            async with running.client.post(url, json=body, headers=headers) as answer:
                assert await answer.text() == "ok"
        told = await Metrics(running.parley).serve(make_mocked_request("GET", "/metrics"))
        line = f'parley_webhook_redeliveries_total{{account="{account.id}"}} 2.0'
        assert isinstance(told.body, bytes)
        assert line in told.body.decode().splitlines()


async def _answer(town: EveryTown, anna: Phone, text: str) -> tuple[Listed, MessageId]:
    """Vera has answered, and Anna has it."""
    await anna.opens()
    await anna.say("Is anybody there?")
    found = await town.conversation()
    parley = town.town.parley
    vera = Operator(VERA, "vera", "Vera", "hash", utc_now())
    async with parley.database.write() as tx:
        await tx.operators.add(vera)
    listed = await parley.talking.find(ConversationId(int(found["id"])))
    assert listed is not None
    written = await parley.talking.write(listed, Content(text), "k1", VERA, Author.OPERATOR)
    await anna.hears(text)
    return listed, written.message.id


async def _asks(
    town: EveryTown, listed: Listed, message: MessageId, act: Alteration, text: str = ""
) -> str:
    talking = town.town.parley.talking
    event = OperatorAltered(message, act, VERA, AlterationId(talking.new_id()), text)

    async def is_recorded() -> bool:
        async with town.town.parley.database.read() as tx:
            return (await tx.messages.find([message]))[0].sent_at is not None

    await until(is_recorded)
    return await talking.alter(listed, event)


async def test_an_answer_is_edited_and_deleted_where_the_messenger_can(town: EveryTown) -> None:
    anna = await town.phone()
    listed, message = await _answer(town, anna, "We open at nine")
    status = await _asks(town, listed, message, Alteration.EDIT, "We open at ten")
    if town.channel is Channel.VIBER:
        assert status == Why.UNABLE
        assert await _asks(town, listed, message, Alteration.DELETE) == Why.UNABLE
        return
    assert status == "taken"

    async def shown() -> list[tuple[str, bool]]:
        bubbles = [one for one in await anna.bubbles() if not one["is_own"]]
        return [(one["text"], one["is_edited"]) for one in bubbles if "We open" in one["text"]]

    async def is_edited() -> bool:
        return await shown() == [("We open at ten", True)]

    async def is_deleted() -> bool:
        return await shown() == []

    async def stored() -> Message:
        async with town.town.parley.database.read() as tx:
            return (await tx.messages.find([message]))[0]

    async def is_settled() -> bool:
        return (await stored()).altering == ""

    await until(is_edited)
    await until(is_settled)
    assert (await stored()).content.text == "We open at ten"
    await town.fault(kind="cut", method=ALTER[town.channel])
    assert await _asks(town, listed, message, Alteration.DELETE) == "taken"
    await until(is_deleted)
    await until(is_settled)
    gone = await stored()
    assert (gone.content, gone.alter_error, bool(gone.removed_at)) == (Content(), "", True)
    assert await town.faults() == [], "the lost answer made it done twice, which harmed nobody"
