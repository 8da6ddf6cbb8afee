"""From the first sight of a button to leaving, as the API tells it, on both databases."""

from datetime import timedelta
from typing import Any

import pytest

from core.ids import AccountId, SiteId
from core.inbound import Blocked
from storage.tallies import Seen, Tally
from tests.inbox.office import Office
from tests.world import BORIS, NOW, ORDERS, PROMO, TG, VK, claims

BOTH = (ORDERS, PROMO)


async def seen(office: Office, place: str, shown: int, clicked: int) -> None:
    day, shop = office.world.now.date(), SiteId("shop")
    counted = {
        Tally(day, shop, "page", place, None, Seen.SHOWN): shown,
        Tally(day, shop, "page", place, AccountId(TG), Seen.CLICKED): clicked,
    }
    async with office.world.database.write() as tx:
        await tx.tallies.add(counted)


async def funnel(office: Office, query: str = "", site: str | None = None) -> Any:
    headers = await office.key("read", site)
    answer = await office.browser().get(f"/api/v1/figures/funnel{query}", **headers)
    assert answer.status == 200, answer.text
    return answer.json


def figures(one: Any) -> list[Any]:
    names = ("shown", "clicked", "started", "already", "subscribed")
    return [one["figures"][name] for name in names]


async def test_from_a_poster_to_leaving(office: Office) -> None:
    world = office.world
    await seen(office, "poster", 10, 4)
    await world.come(claims(topics=BOTH, consent="I agree"), place="poster")
    await world.come(claims("2", token="jti:2", customer="c-2"), BORIS, place="poster")
    told = await funnel(office)
    assert (told["since"], told["until"], told["by"]) == ("2026-10-24", "2026-11-22", "place")
    [row] = told["items"]
    assert (row["source"], row["place"], row["day"], row["account"]) == (
        "page",
        "poster",
        None,
        None,
    )
    assert figures(row) == [10, 4, 2, 0, 2]
    assert row["figures"]["click_rate"] == 0.4
    assert row["figures"]["subscribe_rate"] == 1
    # Nobody of them came long enough ago to tell whether they stay.
    assert row["figures"]["kept_7"] == {"base": 0, "kept": 0, "rate": None}
    assert told["unsubscriptions"] == []

    world.wait(days=6)
    await world.tell(Blocked("kicked"), BORIS)
    world.wait(days=2)
    await world.say("STOP promo")
    world.wait(days=23)
    told = await funnel(office, "?since=2026-11-01")
    kept = told["items"][0]["figures"]
    # Boris had left within seven days; Anna left one of two topics, and stayed with the other.
    assert kept["kept_7"] == {"base": 2, "kept": 1, "rate": 0.5}
    assert kept["kept_30"] == {"base": 2, "kept": 1, "rate": 0.5}
    left = [(one["place"], one["topic"], one["many"]) for one in told["unsubscriptions"]]
    assert left == [("poster", "orders", 1), ("poster", "promo", 1)]


async def test_leaving_after_the_seventh_day_is_staying_for_seven(office: Office) -> None:
    world = office.world
    await world.come(place="poster")
    world.wait(days=7, minutes=1)
    await world.say("STOP")
    world.wait(days=30)
    row = (await funnel(office, "?since=2026-11-01"))["items"][0]["figures"]
    assert row["kept_7"] == {"base": 1, "kept": 1, "rate": 1}
    assert row["kept_30"] == {"base": 1, "kept": 0, "rate": 0}
    await world.say("START")
    row = (await funnel(office, "?since=2026-11-01"))["items"][0]["figures"]
    assert row["kept_30"] == {"base": 1, "kept": 1, "rate": 1}


async def test_by_day_and_by_messenger(office: Office) -> None:
    world = office.world
    await seen(office, "poster", 3, 1)
    await world.come(place="poster")
    world.wait(days=1)
    await world.come(claims("2", token="jti:2", customer="c-2"), BORIS, place="cart", account=VK)
    days = (await funnel(office, "?by=day"))["items"]
    assert [(one["day"], figures(one)) for one in days] == [
        ("2026-11-22", [3, 1, 1, 0, 1]),
        ("2026-11-23", [0, 0, 1, 0, 1]),
    ]
    accounts = (await funnel(office, "?by=account"))["items"]
    # What a page shows, it shows for all messengers.
    assert {one["account"]: figures(one) for one in accounts} == {
        TG: [0, 1, 1, 0, 1],
        VK: [0, 0, 1, 0, 1],
        None: [3, 0, 0, 0, 0],
    }
    only = await funnel(office, "?by=day&since=2026-11-23")
    assert [one["day"] for one in only["items"]] == ["2026-11-23"]
    few = await funnel(office, "?limit=1")
    assert (len(few["items"]), few["left_out"], figures({"figures": few["total"]})) == (
        1,
        1,
        [3, 1, 2, 0, 2],
    )


async def test_a_key_of_a_site_sees_that_site_alone(office: Office) -> None:
    await seen(office, "poster", 3, 1)
    await office.world.come(place="poster")
    assert (await funnel(office, site="shop"))["total"]["started"] == 1
    other = await funnel(office, site="elsewhere")
    assert (other["site"], other["items"], other["total"]["shown"]) == ("elsewhere", [], 0)
    headers = await office.key("read", "elsewhere")
    answer = await office.browser().get("/api/v1/figures/funnel?site=shop", **headers)
    assert answer.status == 403


@pytest.mark.parametrize(
    ("query", "status", "says"),
    [
        ("?since=2026-12-01&until=2026-11-01", 422, "since must not be later than until"),
        ("?since=2020-01-01", 422, "at most 366 days"),
        ("?by=colour", 422, "by"),
        ("?since=yesterday", 422, "since"),
        ("?limit=100000", 422, "limit"),
        ("?site=nowhere", 404, "there is no site"),
    ],
)
async def test_a_bad_question_says_what_is_wrong(
    sqlite_office: Office, query: str, status: int, says: str
) -> None:
    headers = await sqlite_office.key("read")
    answer = await sqlite_office.browser().get(f"/api/v1/figures/funnel{query}", **headers)
    assert answer.status == status
    assert says in answer.json["error"]["message"]


async def test_a_key_without_the_scope_learns_nothing(sqlite_office: Office) -> None:
    headers = await sqlite_office.key("links")
    answer = await sqlite_office.browser().get("/api/v1/figures/funnel", **headers)
    assert answer.status == 403


async def test_growth_counts_what_there_is_and_what_changed(office: Office) -> None:
    world = office.world
    await world.come(claims(topics=BOTH, consent="I agree"))
    world.wait(days=1)
    await world.say("STOP promo")
    async with world.database.read() as tx:
        assert await tx.funnels.open() == {TG: 1}
        changed = await tx.funnels.changed(NOW - timedelta(days=3))
    assert {(one.day.day, one.account, one.began, one.ended) for one in changed} == {
        (22, TG, 2, 0),
        (23, TG, 0, 1),
    }
