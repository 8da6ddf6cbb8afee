"""A returning visitor sees where they are subscribed, on a page that the shop made just now."""

from datetime import timedelta
from typing import Any

import pytest
from playwright.async_api import Browser, expect

from tests.inbox.test_axe import found
from tests.widget.stall import OTHER_SECRET, Stall, open_stall
from tests.widget.street import Street, element
from tests.world import NOW

SIGNED = int(NOW.timestamp())


async def ask(stall: Stall, token: str) -> tuple[int, Any]:
    answer = await stall.call("POST", "/shop/known", {"token": token})
    return answer.status, answer.json


async def subscribed(stall: Stall) -> None:
    """Customer 4711 came by a link of theirs."""
    await stall.start(await stall.press(stall.token(jti="first")))


async def test_a_customer_who_came_before_sees_where_and_may_change_it(database_url: str) -> None:
    async with open_stall(database_url) as stall:
        await subscribed(stall)
        status, told = await ask(stall, stall.token(jti="second", iat=SIGNED))
        assert (status, told["messengers"]) == (200, ["Telegram"])
        assert told["preferences"].startswith("https://chat.example.com/preferences/")
        # It is asked, not used: the same token still subscribes.
        assert (await stall.press(stall.token(jti="second", iat=SIGNED))).status == 201
        await stall.world.say("STOP")
        status, told = await ask(stall, stall.token(iat=SIGNED))
        assert (status, told["messengers"]) == (200, [])


@pytest.mark.parametrize(
    "claims",
    [
        pytest.param({"sub": 4712, "iat": SIGNED}, id="another customer's"),
        pytest.param({"sub": None, "iat": SIGNED}, id="nobody's"),
        pytest.param({}, id="without the time of signing"),
        pytest.param({"iat": SIGNED - 3601}, id="of an e-mail"),
    ],
)
async def test_others_see_nothing(sqlite_url: str, claims: dict[str, Any]) -> None:
    async with open_stall(sqlite_url) as stall:
        await subscribed(stall)
        status, answer = await ask(stall, stall.token(**claims))
        assert (status, answer) == (200, {"messengers": [], "preferences": None})


async def test_a_forged_token_is_refused_as_for_a_link(sqlite_url: str) -> None:
    async with open_stall(sqlite_url) as stall:
        await subscribed(stall)
        status, told = await ask(stall, stall.token(secret=OTHER_SECRET, iat=SIGNED))
        assert (status, told["error"]["code"]) == (400, "bad_signature")
        stall.world.now += timedelta(hours=2)
        status, told = await ask(stall, stall.token(exp=SIGNED + 60, iat=SIGNED))
        assert (status, told["error"]["code"]) == (400, "expired")


async def test_the_widget_shows_it_where_the_page_wants_it(
    chromium: Browser, street: Street
) -> None:
    await subscribed(street.stall)
    token = street.stall.token(jti="second", iat=SIGNED)
    street.body = f'<parley-subscribe known token="{token}"></parley-subscribe>'
    async with street.visit(chromium) as page:
        told = element(page).locator("[part=known]")
        await expect(told).to_contain_text("You get our messages in Telegram.", timeout=30_000)
        link = told.get_by_role("link", name="Change")
        assert "/preferences/" in (await link.get_attribute("href") or "")
        assert await found(page) == []
    assert street.problems == []
