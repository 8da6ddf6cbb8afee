"""POST /api/v1/links/batch and the QR codes: all or nothing, each problem at its place."""

import base64
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from api.admission import Admission
from api.keys import digest, new_key
from api.routing import Api
from core.channels import Channel
from core.ids import AccountId, SiteId
from server.middleware import guard
from storage.keys import ApiKey
from subscriptions.bulk_links import MOST, MOST_PICTURES, BulkLinks
from subscriptions.minting import Door, mint
from tests.world import TG, VK, World, claims, count, opened


def _door(account: AccountId, channel: Channel) -> Door:
    return Door(account, channel, account, lambda code: f"https://t.me/{account}?start={code}")


DOORS = {TG: _door(TG, Channel.TELEGRAM), VK: _door(VK, Channel.VK)}


@dataclass
class Counter:
    """Where links are made."""

    world: World
    url: str
    session: aiohttp.ClientSession

    async def key(self, scope: str = "links", site: str | None = None) -> dict[str, str]:
        key = new_key()
        id_ = next(self.world.numbers)
        whose = SiteId(site) if site else None
        row = ApiKey(id_, "test", whose, frozenset({scope}), digest(key), self.world.now)
        async with self.world.database.write() as tx:
            await tx.keys.add(row)
        return {"Authorization": f"Bearer {key}"}

    async def make(self, links: Any, **more: Any) -> tuple[int, Any]:
        body = {"site": "shop", "links": links, **more}
        headers = await self.key()
        url = f"{self.url}/api/v1/links/batch"
        async with self.session.post(url, json=body, headers=headers) as answer:
            return answer.status, await answer.json()

    async def picture(
        self, code: str, kind: str, query: str = "?account=shop-tg", **key: str
    ) -> tuple[int, str, bytes]:
        headers = key or await self.key()
        url = f"{self.url}/api/v1/links/{code}/qr.{kind}{query}"
        async with self.session.get(url, headers=headers) as answer:
            return answer.status, answer.content_type, await answer.read()


@pytest.fixture
async def counter(database_url: str) -> AsyncIterator[Counter]:
    async with opened(database_url) as world, aiohttp.ClientSession() as session:
        admission = Admission(world.database, lambda: world.now, 600)
        table = BulkLinks(world.database, DOORS, world.catalog.sites).table()
        app = web.Application(middlewares=[guard], client_max_size=2**20)
        app.add_routes(Api(table, admission, lambda: world.now).routes())
        server = TestServer(app)
        await server.start_server(access_log=None, shutdown_timeout=1)
        yield Counter(world, f"http://{server.host}:{server.port}", session)
        await server.close()


async def test_a_thousand_at_once_and_each_works(counter: Counter) -> None:
    links = [
        {"claims": {"sub": str(n)}, "account": "shop-tg", "ref": f"row {n}", "expires_in": 31536000}
        for n in range(MOST)
    ]
    status, made = await counter.make(links)
    assert status == 201
    assert [one["ref"] for one in made["items"]] == [f"row {n}" for n in range(MOST)]
    codes = [link["code"] for one in made["items"] for link in one["links"]]
    assert len(set(codes)) == MOST
    last = made["items"][-1]["links"][0]
    assert last["url"] == f"https://t.me/shop-tg?start={last['code']}"
    assert (last["account"], last["channel"], last["qr"]) == ("shop-tg", "telegram", None)
    await counter.world.start(last["code"])
    address = await counter.world.address()
    async with counter.world.database.read() as tx:
        contact = (await tx.contacts.lock([address.contact]))[address.contact]
    assert contact.customer == str(MOST - 1)
    assert (await counter.make([*links, links[0]]))[0] == 422


async def test_without_an_account_one_for_each(counter: Counter) -> None:
    status, made = await counter.make([{}, {"account": "shop-two"}], qr="svg")
    assert status == 201
    assert [[link["account"] for link in one["links"]] for one in made["items"]] == [
        ["shop-tg", "shop-two"], ["shop-two"],
    ]  # fmt: skip
    pictures = [link["qr"] for one in made["items"] for link in one["links"]]
    assert all(one.startswith("data:image/svg+xml") for one in pictures)
    _, made = await counter.make([{"account": "shop-tg"}], qr="png")
    kind, _, data = made["items"][0]["links"][0]["qr"].partition(";base64,")
    assert kind == "data:image/png"
    assert base64.b64decode(data).startswith(b"\x89PNG")


async def test_every_problem_has_its_place_and_nothing_is_made(counter: Counter) -> None:
    status, told = await counter.make(
        [{}, {"claims": {"order": 7}}, {"account": "nowhere"}, {"claims": {"topics": "x"}}]
    )
    assert status == 422
    assert [one["place"] for one in told["error"]["details"]] == [
        "links[1].claims", "links[2].account", "links[3].claims",
    ]  # fmt: skip
    status, told = await counter.make([{}, {"expires_in": 1}, {"expires_in": 367 * 86400}])
    assert status == 422
    assert [one["place"] for one in told["error"]["details"]] == [
        "links.1.expires_in", "links.2.expires_in",
    ]  # fmt: skip
    async with counter.world.database.read() as tx:
        assert await count(tx, "links") == 0


async def test_a_jti_by_which_somebody_came_makes_no_link(counter: Counter) -> None:
    _, made = await counter.make([{"claims": {"jti": "a"}, "account": "shop-tg"}])
    await counter.world.start(made["items"][0]["links"][0]["code"])
    again = {"claims": {"jti": "a"}, "account": "shop-tg"}
    status, told = await counter.make([{}, again, {"claims": {"jti": "b"}}])
    assert (status, told["error"]["code"]) == (409, "replayed")
    assert [one["place"] for one in told["error"]["details"]] == ["links[1].claims.jti"]
    async with counter.world.database.read() as tx:
        assert await count(tx, "links") == 1


@pytest.mark.parametrize(
    ("links", "more", "status"),
    [
        pytest.param([{}], {"site": "other"}, 404, id="a site that is not there"),
        pytest.param([], {}, 422, id="none"),
        pytest.param([{}] * (MOST_PICTURES // 2 + 1), {"qr": "svg"}, 422, id="too many pictures"),
        pytest.param([{}], {"qr": "gif"}, 422, id="another picture"),
        pytest.param([{"colour": 1}], {}, 422, id="what is no setting"),
    ],
)
async def test_what_is_refused(counter: Counter, links: Any, more: Any, status: int) -> None:
    assert (await counter.make(links, **more))[0] == status


async def test_a_picture_of_one_link_and_none_of_what_is_not_there(counter: Counter) -> None:
    link = mint(claims(), "api", counter.world.now, life=timedelta(days=300))
    own = mint(claims(token="op"), "operator", counter.world.now)
    async with counter.world.database.write() as tx:
        await tx.links.add([link, own])
    status, kind, body = await counter.picture(link.code, "svg")
    assert (status, kind, b"<svg" in body) == (200, "image/svg+xml", True)
    status, kind, small = await counter.picture(link.code, "png", "?account=shop-tg&scale=2")
    assert (status, kind, small[:4]) == (200, "image/png", b"\x89PNG")
    _, _, large = await counter.picture(link.code, "png", "?account=shop-tg&scale=20")
    assert len(large) > len(small)
    for code, query, wanted in (
        ("nothing", "?account=shop-tg", 404),
        (own.code, "?account=shop-tg", 404),
        (link.code, "?account=nowhere", 404),
        (link.code, "", 422),
        (link.code, "?account=shop-tg&scale=0", 422),
    ):
        assert (await counter.picture(code, "svg", query))[0] == wanted
    other = await counter.key(site="other")
    assert (await counter.picture(link.code, "svg", **other))[0] == 404
    assert (await counter.picture(link.code, "svg", **await counter.key("read")))[0] == 403
    counter.world.wait(days=301)
    assert (await counter.picture(link.code, "svg"))[0] == 404
