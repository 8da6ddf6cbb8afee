"""The inbox and the people in it, for programs: /api/v1/conversations… and /api/v1/contacts…"""

from typing import Any

import pytest

from core.content import Content, Media, MediaKind
from core.ids import AccountId, UserId
from core.inbound import Blocked, Edited, Removed, Said
from tests.inbox.office import Answer, Browser, Office
from tests.world import ANNA, BORIS, ORDERS, PROMO, VK, claims

CONVERSATIONS, CONTACTS = "/api/v1/conversations", "/api/v1/contacts"


async def send(program: Browser, path: str, body: Any) -> Answer:
    if isinstance(body, bytes):
        return await program._call("POST", path, data=body)
    return await program._call("POST", path, json=body)


async def program_of(office: Office, scope: str = "inbox", site: str | None = None) -> Browser:
    return office.browser(**await office.key(scope, site))


async def only(office: Office) -> str:
    return f"{CONVERSATIONS}/{(await office.conversation()).id}"


async def contact_of(office: Office) -> str:
    program = await program_of(office, "read")
    found = await program.get(f"{CONTACTS}?site=shop&customer=c-1")
    return str(found.json["items"][0]["id"])


@pytest.mark.parametrize(
    ("path", "scope"),
    [
        (CONVERSATIONS, "inbox"),
        (f"{CONVERSATIONS}/1", "inbox"),
        (f"{CONVERSATIONS}/1/messages", "inbox"),
        (f"{CONTACTS}?site=shop&customer=c-1", "read"),
        (f"{CONTACTS}/1", "read"),
        (f"{CONTACTS}/1/consents", "read"),
    ],
)
async def test_a_key_of_the_right_scope_is_needed(
    sqlite_office: Office, path: str, scope: str
) -> None:
    other = "read" if scope == "inbox" else "inbox"
    assert (await sqlite_office.browser().get(path)).status == 401
    wrong = sqlite_office.browser(Authorization="Bearer parley_wrong")
    assert (await wrong.get(path)).status == 401
    refused = await (await program_of(sqlite_office, other)).get(path)
    assert (refused.status, refused.json["error"]["code"]) == (403, "forbidden")
    assert (await (await program_of(sqlite_office, scope)).get(path)).status in (200, 404)
    assert (await (await program_of(sqlite_office, "admin")).get(path)).status in (200, 404)


@pytest.mark.parametrize("act", ["messages", "close", "reopen", "assign"])
async def test_acts_need_the_scope_too(sqlite_office: Office, act: str) -> None:
    await sqlite_office.hear()
    path = f"{await only(sqlite_office)}/{act}"
    body = {"text": "hi", "key": "k"} if act == "messages" else {"assignee": None}
    assert (await send(sqlite_office.browser(), path, body)).status == 401
    assert (await send(await program_of(sqlite_office, "read"), path, body)).status == 403
    assert await sqlite_office.world.said() == []


async def test_a_conversation_and_its_messages(office: Office) -> None:
    await office.hear("Where is my parcel?")
    program = await program_of(office)
    [listed] = (await program.get(f"{CONVERSATIONS}?state=open")).json["items"]
    assert (listed["name"], listed["state"], listed["unread"]) == ("Anna", "open", 1)
    assert listed == (await program.get(await only(office))).json
    [message] = (await program.get(f"{await only(office)}/messages")).json["items"]
    assert (message["direction"], message["author"], message["class"]) == ("in", "contact", "reply")
    assert message["text"] == "Where is my parcel?"


async def test_lists_are_paged_without_gaps_and_doubles(office: Office) -> None:
    for number in range(5):
        office.world.wait(seconds=1)
        await office.hear(f"from {number}", user=UserId(str(6000 + number)))
    await office.hear_all(f"message {number}" for number in range(5))
    program = await program_of(office)
    for path, count in ((CONVERSATIONS, 6), (f"{await only(office)}/messages", 5)):
        seen, after = [], ""
        for _ in range(10):
            page = (await program.get(f"{path}?limit=2{after}")).json
            seen += [item["id"] for item in page["items"]]
            if page["next"] is None:
                break
            after = f"&after={page['next']}"
        assert len(seen) == len(set(seen)) == count


@pytest.mark.parametrize(
    "query",
    [
        "limit=0", "limit=201", "limit=x", "state=gone", "after=x", "after=W10", "unknown=1",
        "after=WyJub3doZW4iLDFd", "after=" + "a" * 300,
    ],
)  # fmt: skip
async def test_a_bad_query_is_422_with_its_place(sqlite_office: Office, query: str) -> None:
    answer = await (await program_of(sqlite_office)).get(f"{CONVERSATIONS}?{query}")
    assert (answer.status, answer.json["error"]["code"]) == (422, "invalid")


@pytest.mark.parametrize("id_", ["1", "x", "-1", "9" * 30, "1.5", "٣"])
async def test_what_is_not_there_is_404(sqlite_office: Office, id_: str) -> None:
    program = await program_of(sqlite_office, "admin")
    for path in (f"{CONVERSATIONS}/{id_}", f"{CONVERSATIONS}/{id_}/messages", f"{CONTACTS}/{id_}"):
        answer = await program.get(path)
        assert (answer.status, answer.json["error"]["code"]) == (404, "not_found")


async def test_a_message_is_queued_once_for_its_key(office: Office) -> None:
    await office.hear()
    program, path = await program_of(office), f"{await only(office)}/messages"
    first = await send(program, path, {"text": "Hi", "key": "k1"})
    again = await send(program, path, {"text": "Hi", "key": "k1"})
    assert (first.status, again.status) == (201, 200)
    assert first.json == again.json
    assert first.json["author"] == "api"
    other = await send(program, path, {"text": "Ho", "key": "k1"})
    assert (other.status, other.json["error"]["code"]) == (409, "key_reused")
    assert await office.world.said() == ["Hi"]


async def test_who_cannot_be_reached_is_409(office: Office) -> None:
    await office.hear()
    await office.tell(Blocked("blocked"))
    program = await program_of(office)
    answer = await send(program, f"{await only(office)}/messages", {"text": "Hi", "key": "k"})
    assert (answer.status, answer.json["error"]["code"]) == (409, "unreachable")
    # Reachable again, the same request is a new try.
    await office.hear("I am back")
    answer = await send(program, f"{await only(office)}/messages", {"text": "Hi", "key": "k"})
    assert answer.status == 201


@pytest.mark.parametrize(
    ("body", "status"),
    [
        pytest.param({"key": "k"}, 422, id="neither text nor attachment"),
        pytest.param({"text": " \n", "key": "k"}, 422, id="an empty text"),
        pytest.param({"text": "x"}, 422, id="no key"),
        pytest.param({"text": "x", "key": ""}, 422, id="an empty key"),
        pytest.param({"text": "x" * 40_001, "key": "k"}, 422, id="too long"),
        pytest.param({"text": 7, "key": "k"}, 422, id="a number for a text"),
        pytest.param({"text": "x", "key": "k", "to": "all"}, 422, id="an unknown value"),
        pytest.param(
            {"attachments": [{"kind": "photo", "url": "file:///etc/passwd"}], "key": "k"},
            422,
            id="a file of the server",
        ),
        pytest.param([], 422, id="a list"),
        pytest.param(b"{", 400, id="no JSON"),
        pytest.param(b"[" * 100_000, 400, id="a JSON bomb"),
        pytest.param(b'{"text": NaN, "key": "k"}', 400, id="NaN"),
    ],
)
async def test_a_bad_message_says_what_is_wrong(
    sqlite_office: Office, body: Any, status: int
) -> None:
    await sqlite_office.hear()
    program = await program_of(sqlite_office)
    answer = await send(program, f"{await only(sqlite_office)}/messages", body)
    assert answer.status == status
    assert answer.json["error"]["message"]
    assert await sqlite_office.world.said() == []


async def test_attachments_go_out_by_their_address(sqlite_office: Office) -> None:
    await sqlite_office.hear()
    program = await program_of(sqlite_office)
    body = {"key": "k", "attachments": [{"kind": "photo", "url": "https://cdn.example.com/a.jpg"}]}
    answer = await send(program, f"{await only(sqlite_office)}/messages", body)
    assert answer.status == 201
    queued = (await sqlite_office.world.messages())[-1]
    assert queued.content.attachments == (Media(MediaKind.PHOTO, body["attachments"][0]["url"]),)  # type: ignore[index]  # A dict of mixed values.


async def test_close_reopen_and_assign(office: Office) -> None:
    await office.hear()
    vera = await office.operator()
    program, path = await program_of(office), await only(office)
    assert (await send(program, f"{path}/close", b"")).json["state"] == "closed"
    assert (await send(program, f"{path}/reopen", b"")).json["state"] == "open"
    assigned = await send(program, f"{path}/assign", {"assignee": str(vera)})
    assert assigned.json["assignee"] == str(vera)
    mine = await program.get(f"{CONVERSATIONS}?assignee={vera}")
    nobodys = await program.get(f"{CONVERSATIONS}?assignee=none")
    assert (len(mine.json["items"]), nobodys.json["items"]) == (1, [])
    assert (await send(program, f"{path}/assign", {"assignee": None})).json["assignee"] is None
    unknown = await send(program, f"{path}/assign", {"assignee": "424242"})
    assert unknown.status == 404


async def test_a_disabled_operator_gets_nothing_assigned(sqlite_office: Office) -> None:
    await sqlite_office.hear()
    vera = await sqlite_office.operator()
    async with sqlite_office.world.database.write() as tx:
        await tx.operators.disable("vera", sqlite_office.world.now)
    program, path = await program_of(sqlite_office), await only(sqlite_office)
    assert (await send(program, f"{path}/assign", {"assignee": str(vera)})).status == 404


async def test_a_key_of_another_site_sees_no_conversation(office: Office) -> None:
    await office.hear()
    path, other = await only(office), await program_of(office, site="other")
    assert (await other.get(CONVERSATIONS)).json == {"items": [], "next": None}
    assert (await other.get(path)).status == 404
    assert (await send(other, f"{path}/messages", {"text": "x", "key": "k"})).status == 404
    own = await program_of(office, site="shop")
    assert len((await own.get(CONVERSATIONS)).json["items"]) == 1
    assert (await own.get(path)).status == 200


async def test_a_contact_with_everything_known(office: Office) -> None:
    await office.world.come(claims(consent="I agree.", topics=(ORDERS, PROMO)))
    program, id_ = await program_of(office, "read"), await contact_of(office)
    contact = (await program.get(f"{CONTACTS}/{id_}")).json
    assert (contact["id"], contact["site"], contact["customer"]) == (id_, "shop", "c-1")
    assert [order["number"] for order in contact["orders"]] == ["1042"]
    [address] = contact["addresses"]
    assert (address["channel"], address["user"], address["reachable"]) == ("telegram", ANNA, True)
    states = {one["topic"]: (one["class"], one["state"]) for one in address["subscriptions"]}
    assert states == {
        "orders": ("service", "subscribed"),
        "promo": ("marketing", "subscribed"),
    }
    assert {one["address"] for one in contact["subscriptions"]} == {address["id"]}


async def test_two_addresses_are_one_contact(office: Office) -> None:
    await office.world.come(claims())
    await office.world.come(claims(token="jti:2"), BORIS, account=AccountId(VK))
    program, id_ = await program_of(office, "read"), await contact_of(office)
    contact = (await program.get(f"{CONTACTS}/{id_}")).json
    assert {one["account"] for one in contact["addresses"]} == {"shop-tg", VK}
    # The contact that an address had before it was known leads to the same person.
    async with office.world.database.read() as tx:
        parts = await tx.contacts.merged_into(
            (
                await tx.contacts.find_customers(
                    [
                        ("shop", "c-1"),  # type: ignore[list-item]  # NewTypes of plain strings.
                    ]
                )
            ).popitem()[1]
        )
    for part in parts:
        assert (await program.get(f"{CONTACTS}/{part}")).json["id"] == id_


async def test_consents_tell_who_what_when_and_in_which_words(office: Office) -> None:
    await office.world.come(claims(consent="I agree.", topics=(ORDERS, PROMO)))
    await office.world.say("STOP", at=office.world.now)
    program, id_ = await program_of(office, "read"), await contact_of(office)
    seen, after = [], ""
    for _ in range(10):
        page = (await program.get(f"{CONTACTS}/{id_}/consents?limit=1{after}")).json
        seen += page["items"]
        if page["next"] is None:
            break
        after = f"&after={page['next']}"
    assert {(one["topic"], one["act"], one["source"]) for one in seen[:2]} == {
        ("orders", "subscribe", "link"),
        ("promo", "subscribe", "link"),
    }
    assert seen[0]["evidence"]["words"] == "I agree."
    assert seen[0]["at"].endswith("Z")
    last = seen[-1]
    assert last["source"] == "keyword"
    assert last["evidence"]["written"] == "STOP"


async def test_a_key_of_another_site_learns_nothing_of_a_contact(office: Office) -> None:
    await office.world.come(claims())
    id_, other = await contact_of(office), await program_of(office, "read", "other")
    for path in (f"{CONTACTS}/{id_}", f"{CONTACTS}/{id_}/consents"):
        answer = await other.get(path)
        assert (answer.status, "c-1" in answer.text) == (403, False)
    assert (await other.get(f"{CONTACTS}?site=shop&customer=c-1")).status == 403


@pytest.mark.parametrize("query", ["", "?site=shop", "?customer=c-1", "?site=shop&customer=x&y=1"])
async def test_a_contact_is_sought_by_site_and_customer(sqlite_office: Office, query: str) -> None:
    answer = await (await program_of(sqlite_office, "read")).get(f"{CONTACTS}{query}")
    assert answer.status == 422


async def test_an_unknown_customer_is_an_empty_list(sqlite_office: Office) -> None:
    program = await program_of(sqlite_office, "read")
    answer = await program.get(f"{CONTACTS}?site=shop&customer=nobody")
    assert (answer.status, answer.json) == (200, {"items": [], "next": None})


async def test_html_in_a_message_is_data(sqlite_office: Office) -> None:
    await sqlite_office.tell(Said(Content("<b>{{ 7*7 }}</b>"), "m1"))
    program = await program_of(sqlite_office)
    answer = await program.get(f"{await only(sqlite_office)}/messages")
    assert answer.json["items"][0]["text"] == "<b>{{ 7*7 }}</b>"
    assert answer.headers["Content-Type"].startswith("application/json")


async def test_a_message_tells_when_it_was_changed_and_taken_away(office: Office) -> None:
    await office.hear("I want a teapot")
    external = (await office.world.messages())[-1].external_id
    program = await program_of(office)
    for event, told in (
        (Edited(external, Content("I want a kettle")), ("I want a kettle", True, False)),
        (Removed(external), ("I want a kettle", True, True)),
    ):
        await office.tell(event)
        [one] = (await program.get(f"{await only(office)}/messages")).json["items"]
        assert (one["text"], one["edited_at"] is not None, one["removed_at"] is not None) == told
