"""How often a key may call, and how its caller is told."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from api.admission import Admission
from api.keys import Scope, digest, new_key
from api.routing import Api, Call, Reply, Route
from server.middleware import guard
from storage.database import Database
from storage.keys import ApiKey
from tests.world import NOW


@dataclass
class Door:
    """A server with one call, of which a key may make three in a minute."""

    url: str
    database: Database
    client: aiohttp.ClientSession
    now = NOW

    async def key(self, number: int, *scopes: str) -> str:
        key = new_key()
        async with self.database.write() as tx:
            made = ApiKey(number, f"k{number}", None, frozenset(scopes), digest(key), NOW)
            await tx.keys.add(made)
        return key

    async def call(self, key: str) -> tuple[int, dict[str, str]]:
        headers = {"Authorization": f"Bearer {key}"}
        async with self.client.get(f"{self.url}/thing", headers=headers) as answer:
            told = {
                name.removeprefix("RateLimit-"): value
                for name, value in answer.headers.items()
                if name.startswith(("RateLimit-", "Retry-After"))
            }
            return answer.status, told


@pytest.fixture
async def door(sqlite_url: str) -> AsyncIterator[Door]:
    async def answer(_call: Call) -> Reply:
        return Reply(200, {})

    database = Database(sqlite_url)
    route = Route("GET", "/thing", answer, "A thing", Scope.READ, "things", {200: dict})
    app = web.Application(middlewares=[guard])
    async with aiohttp.ClientSession() as client:
        made = Door("", database, client)
        admission = Admission(database, lambda: made.now, 3)
        app.add_routes(Api([route], admission, lambda: made.now).routes())
        async with TestServer(app) as server:
            made.url = str(server.make_url("")).rstrip("/")
            yield made
    await database.close()


async def test_a_key_calls_as_often_as_it_may_and_is_told_what_is_left(door: Door) -> None:
    key = await door.key(1, "read")
    told = [await door.call(key) for _ in range(4)]
    assert [status for status, _ in told] == [200, 200, 200, 429]
    assert [headers["Remaining"] for _, headers in told] == ["2", "1", "0", "0"]
    assert told[0][1] == {"Limit": "3", "Remaining": "2", "Reset": "20"}
    assert told[3][1] == {"Limit": "3", "Remaining": "0", "Reset": "60", "Retry-After": "20"}
    door.now += timedelta(seconds=int(told[3][1]["Retry-After"]))
    assert (await door.call(key))[0] == 200
    assert (await door.call(key))[0] == 429
    door.now += timedelta(minutes=5)
    assert (await door.call(key))[1]["Remaining"] == "2"


async def test_one_key_does_not_use_up_what_another_has(door: Door) -> None:
    one, other = await door.key(1, "read"), await door.key(2, "admin")
    for _ in range(4):
        await door.call(one)
    assert (await door.call(one))[0] == 429
    assert (await door.call(other))[0] == 200


async def test_who_may_not_call_at_all_is_told_that_and_counts_nowhere(door: Door) -> None:
    wrong = await door.key(3, "inbox")
    assert await door.call("parley_nobodys") == (401, {})
    assert [await door.call(wrong) for _ in range(5)] == [(403, {})] * 5
