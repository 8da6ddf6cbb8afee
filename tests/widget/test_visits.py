"""A browser that waits hears what became of its visit, and of nobody else's."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from core.inbound import Started
from tests.widget.stall import ORIGIN, OTHER_ORIGIN, Answer, Stall
from tests.world import ANNA, BORIS


@asynccontextmanager
async def listening(stall: Stall, visit: str) -> AsyncIterator[AsyncIterator[Any]]:
    url = f"{stall.url}/widget/shop/visits/{visit}/events"
    async with stall.client.get(url, headers={"Origin": ORIGIN}) as answer:
        assert answer.status == 200
        assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN

        async def states() -> AsyncIterator[Any]:
            async for line in answer.content:
                if line.startswith(b"event: end"):
                    return
                if line.startswith(b"data: "):
                    yield json.loads(line[6:])

        yield states()


async def begin(stall: Stall, made: Answer, user: Any = ANNA) -> None:
    """Start is pressed, and committed by this very process."""
    code = made.json["url"].partition("=")[2]
    await stall.intake.submit([stall.world.inbound(Started(code), user)])


async def test_the_state_is_what_became_of_the_visits_own_link(stall: Stall) -> None:
    first = await stall.press(stall.token(jti="one"))
    second = await stall.press(stall.token(jti="two"))
    await stall.start(first)
    assert await stall.state(first.json["visit"]) == {
        "state": "subscribed",
        "channel": "telegram",
        "topics": ["orders"],
    }
    waiting = {"state": "waiting", "channel": None, "topics": []}
    assert await stall.state(second.json["visit"]) == waiting


async def test_a_topic_that_wants_a_yes_is_pending_until_it_is_given(sqlite_stall: Stall) -> None:
    made = await sqlite_stall.press(None, "digest", ("digest",))
    await sqlite_stall.start(made)
    assert (await sqlite_stall.state(made.json["visit"]))["state"] == "pending"
    await sqlite_stall.world.press("Yes")
    assert (await sqlite_stall.state(made.json["visit"]))["state"] == "subscribed"


async def test_who_took_nothing_has_started(sqlite_stall: Stall) -> None:
    made = await sqlite_stall.press(None, "promo")
    await sqlite_stall.start(made)
    told = {"state": "started", "channel": "telegram", "topics": []}
    assert await sqlite_stall.state(made.json["visit"]) == told


async def test_who_came_before_by_the_token_did_not_come_by_this_visit(
    sqlite_stall: Stall,
) -> None:
    await sqlite_stall.start(await sqlite_stall.press(sqlite_stall.token()))
    sqlite_stall.world.wait(minutes=1)
    made = await sqlite_stall.press(sqlite_stall.token(), account="shop-vk")
    assert (await sqlite_stall.state(made.json["visit"]))["state"] == "waiting"


async def test_a_visit_ends_with_its_link(sqlite_stall: Stall) -> None:
    made = await sqlite_stall.press()
    await sqlite_stall.start(made)
    sqlite_stall.world.wait(minutes=61)
    told = {"state": "expired", "channel": None, "topics": []}
    assert await sqlite_stall.state(made.json["visit"]) == told


async def test_nobody_elses_visit_is_told(sqlite_stall: Stall) -> None:
    made = await sqlite_stall.press()
    path = f"visits/{made.json['visit']}"
    other = await sqlite_stall.call("GET", f"/other/{path}", origin=OTHER_ORIGIN)
    unknown = await sqlite_stall.call("GET", "/shop/visits/nothing")
    code = made.json["url"].partition("=")[2]
    by_code = await sqlite_stall.call("GET", f"/shop/visits/{code}")
    assert [one.status for one in (other, unknown, by_code)] == [404, 404, 404]


async def test_a_stream_tells_at_once_and_ends(stall: Stall) -> None:
    made = await stall.press(stall.token())
    async with listening(stall, made.json["visit"]) as states:
        assert (await anext(states))["state"] == "waiting"
        await begin(stall, made)
        assert (await anext(states))["state"] == "subscribed"
        assert [one async for one in states] == []
    assert len(stall.waiting) == 0


async def test_many_streams_share_one_look(sqlite_stall: Stall) -> None:
    made = [await sqlite_stall.press(None) for _ in range(10)]
    async with asyncio.timeout(20):
        await asyncio.gather(*(_hear(sqlite_stall, one) for one in made))


async def _hear(stall: Stall, made: Answer) -> None:
    async with listening(stall, made.json["visit"]) as states:
        assert (await anext(states))["state"] == "waiting"
        await begin(stall, made, BORIS)
        assert (await anext(states))["state"] == "subscribed"


async def test_one_visitor_has_a_bounded_number_of_streams(sqlite_stall: Stall) -> None:
    visit = (await sqlite_stall.press()).json["visit"]
    async with listening(sqlite_stall, visit) as states:
        await anext(states)
        held = [listening(sqlite_stall, visit) for _ in range(19)]
        for one in held:
            await one.__aenter__()
        path = f"/shop/visits/{visit}/events"
        refused = await sqlite_stall.call("GET", path)
        assert (refused.status, refused.code) == (503, "too_many_streams")
        other = {"X-Test-Address": "192.0.2.8", "Origin": ORIGIN}
        async with sqlite_stall.client.get(
            f"{sqlite_stall.url}/widget{path}", headers=other
        ) as answer:
            assert answer.status == 200
        for one in held:
            await one.__aexit__(None, None, None)


async def test_streams_end_when_the_server_stops(sqlite_stall: Stall) -> None:
    visit = (await sqlite_stall.press()).json["visit"]
    async with listening(sqlite_stall, visit) as states:
        await anext(states)
        sqlite_stall.waiting.close()
        assert [one async for one in states] == []


async def test_a_silent_stream_shows_that_it_is_alive(
    sqlite_stall: Stall, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("subscriptions.visit_streams._ALIVE", 0.01)
    visit = (await sqlite_stall.press()).json["visit"]
    url = f"{sqlite_stall.url}/widget/shop/visits/{visit}/events"
    async with (
        asyncio.timeout(20),
        sqlite_stall.client.get(url, headers={"Origin": ORIGIN}) as answer,
    ):
        async for line in answer.content:
            if line == b": alive\n":
                return
    raise AssertionError("the stream ended without a sign of life")


async def test_a_stream_ends_in_time_and_leaves_its_place(
    sqlite_stall: Stall, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("subscriptions.visit_streams._LIFE", 0.0)
    visit = (await sqlite_stall.press()).json["visit"]
    for _ in range(25):  # More than one visitor may have open at once.
        async with listening(sqlite_stall, visit) as states:
            assert [one["state"] async for one in states] == ["waiting"]
