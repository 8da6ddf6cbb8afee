"""The pages in a real browser: from the shop's button to an answer in the chat."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import aiohttp
import pytest
from aiohttp import web
from playwright.async_api import Browser, Page

from sandbox.app import build
from sandbox.settings import Settings, ShopSettings
from tests.sandbox.conftest import Serve
from tests.sandbox.max import NICK, YES, Messenger, button, keyboard
from tests.sandbox.viber import SENDER, URI, Listener, ViberBot
from tests.sandbox.vk import GROUP, NAME, Community
from tests.sandbox.world import Sandbox, Time


@pytest.fixture
async def page(chromium: Browser) -> AsyncIterator[Page]:
    page = await chromium.new_page(viewport={"width": 390, "height": 844}, locale="en-US")
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda m: wrong.append(m.text) if m.type == "error" else None)
    yield page
    assert wrong == []


@pytest.fixture
async def shop(
    settings: Settings, serve: Serve, http: aiohttp.ClientSession, time: Time
) -> Sandbox:
    """A sandbox under a prefix, beside a stand-in for the server that turns tokens into links."""

    async def go(request: web.Request) -> web.Response:
        assert (await request.post())["token"]
        link = "/sandbox/telegram/t.me/demo_shop_bot?start=Code123"
        return web.Response(status=302, headers={"Location": link})

    assert settings.shop is not None
    app = web.Application()
    app.router.add_post("/go/shop-tg", go)
    told: ShopSettings = replace(settings.shop, go_account_urls={"shop-tg": "/go/shop-tg"})
    app.add_subapp("/sandbox", build(replace(settings, base_url="http://x/sandbox", shop=told)))
    return Sandbox(await serve(app) + "/sandbox", http, time)


async def test_a_visitor_gets_from_the_shop_to_an_answer_in_the_chat(
    page: Page, shop: Sandbox
) -> None:
    await page.goto(f"{shop.url}/shop")
    await page.get_by_label("Your name").fill("Anna")
    await page.get_by_role("button", name="Place the order").click()
    await page.get_by_role("button", name="Get updates in Telegram").click()
    # Away by itself, to the messenger, which asks who holds the phone.
    await page.get_by_role("button", name="Create").click()
    await page.get_by_role("button", name="Start").click()
    await page.locator("li.own").wait_for()
    person = int(await page.get_attribute("#phone", "data-person") or 0)
    [started] = (await shop.chat(person))["messages"]
    assert started["text"] == "/start Code123"
    keyboard = {"inline_keyboard": [[{"text": "Great", "callback_data": "v1:great"}]]}
    text = "<i>How</i> was it?"
    await shop.raw("sendMessage", json={"chat_id": person, "text": text, "reply_markup": keyboard})
    assert await page.locator("li.theirs .text").inner_text() == text
    await page.get_by_role("button", name="Great").click()
    await page.locator("button.waiting").wait_for()
    _, updates = await shop.raw("getUpdates")
    query, query_id = updates["result"][-1]["callback_query"], updates["result"][-1]["update_id"]
    assert query["data"] == "v1:great"
    await shop.raw("answerCallbackQuery", json={"callback_query_id": query["id"], "text": "Noted"})
    await page.get_by_role("status").filter(has_text="Noted").wait_for()
    await page.get_by_role("textbox").fill("Thanks")
    await page.keyboard.press("Enter")
    await page.locator("li.own").filter(has_text="Thanks").get_by_role("button").click()
    await page.get_by_role("textbox").fill("Thank you")
    await page.keyboard.press("Enter")
    await page.locator("li.own").filter(has_text="Thank you").filter(has_text="edited").wait_for()

    # Then a file, and enough of it.
    await page.get_by_title("Attach").click()
    await page.get_by_role("button", name="Photo", exact=True).click()
    await page.locator("li.own img.media").wait_for()
    await page.get_by_title("More").click()
    await page.get_by_role("button", name="Block the bot").click()
    await page.get_by_role("button", name="Unblock", exact=True).click()
    await page.get_by_role("textbox").wait_for()
    _, updates = await shop.raw("getUpdates", json={"offset": query_id + 1})
    kinds = [next(key for key in each if key != "update_id") for each in updates["result"]]
    assert kinds == ["message", "edited_message", "message", "my_chat_member", "my_chat_member"]


async def test_a_link_to_viber_is_welcomed_and_its_keyboard_answers(
    page: Page, viber: ViberBot, listener: Listener
) -> None:
    below = {"Type": "keyboard", "Buttons": [{"ActionBody": "v1:yes", "Text": "<b>Yes</b>"}]}
    welcome = {"type": "text", "text": "Welcome", "sender": SENDER, "keyboard": below}
    listener.answers = [web.json_response(welcome)]
    await page.goto(f"{viber.sandbox.url}/viber?chatURI={URI}&context=promo_42")
    await page.get_by_role("button", name="Create").click()
    # No Start button: to open the link is all, and the bot answers.
    await page.locator("li.theirs").filter(has_text="Welcome").wait_for()
    assert "start" not in page.url
    await page.get_by_role("button", name="Yes", exact=True).click()
    await page.locator("li.own").filter(has_text="v1:yes").wait_for()
    assert await listener.events(4) == ["conversation_started", "delivered", "message", "delivered"]
    assert listener.got[0]["context"] == "promo_42"
    person = int(await page.get_attribute("#phone", "data-person") or 0)
    site = {"ActionType": "open-url", "ActionBody": f"{viber.sandbox.url}/shop", "Text": "Site"}
    await viber.send(person, text="The shop", keyboard={"Type": "keyboard", "Buttons": [site]})
    async with page.expect_popup() as popup:
        await page.get_by_role("button", name="Site", exact=True).click()
    assert (await popup.value).url.endswith("/shop")
    await page.get_by_title("More").click()
    await page.get_by_role("button", name="Mark as read").click()
    await page.get_by_title("More").click()
    await page.get_by_role("button", name="Block the bot").click()
    await page.get_by_role("button", name="Unblock", exact=True).click()
    await page.get_by_role("textbox").wait_for()
    events = await listener.events(11)
    assert events[5:] == [*["message", "delivered"], *["seen"] * 2, "unsubscribed", "subscribed"]


async def test_a_link_to_another_messenger_is_used_up_by_opening_it(
    page: Page, community: Community
) -> None:
    await page.goto(f"{community.sandbox.url}/vk.me/{NAME}?ref=promo_42")
    await page.get_by_role("button", name="Create").click()
    await page.get_by_role("button", name="Start").click()
    await page.locator("li.own").wait_for()
    assert "start" not in page.url
    person = int(await page.get_attribute("#phone", "data-person") or 0)
    chat = await community.sandbox.control("GET", f"/people/{person}/chat?bot={NAME}")
    [started] = chat["messages"]
    peer = started["peer_id"]
    assert started["ref"] == "promo_42"
    great = {"action": {"type": "callback", "label": "Great", "payload": "{}"}}
    await community.send(peer, "How was it?", keyboard={"inline": True, "buttons": [[great]]})
    told = await community.call("groups.getLongPollServer", group_id=GROUP)
    await page.get_by_role("button", name="Great").click()
    await page.locator("button.waiting").wait_for()
    query = {"act": "a_check", "key": told["key"], "ts": told["ts"], "wait": "5"}
    url = f"{community.sandbox.url}/vk/longpoll/{GROUP}"
    async with community.sandbox.http.get(url, params=query) as response:
        [event] = (await response.json())["updates"]
    answer = {"event_id": event["object"]["event_id"], "user_id": peer, "peer_id": peer}
    toast = {"type": "show_snackbar", "text": "Noted"}
    await community.call("messages.sendMessageEventAnswer", **answer, event_data=toast)
    await page.get_by_role("status").filter(has_text="Noted").wait_for()
    shop = {
        "action": {"type": "open_link", "label": "Shop", "link": f"{community.sandbox.url}/shop"}
    }
    await community.send(peer, "The shop", keyboard={"buttons": [[shop]]})
    async with page.expect_popup() as popup:
        await page.get_by_role("link", name="Shop", exact=True).click()
    assert (await popup.value).url.endswith("/shop")
    assert await (await popup.value).evaluate("window.opener") is None
    # The other messenger is a tab away, with the same person.
    await page.goto(f"{community.sandbox.url}/phone?bot=demo_shop_bot&person={person}")
    await page.get_by_role("button", name="Start").wait_for()
    assert await page.locator("html").get_attribute("data-channel") == "telegram"


async def test_a_card_is_asked_for_given_and_answered_in_a_third_messenger(
    page: Page, messenger: Messenger
) -> None:
    await page.goto(f"{messenger.sandbox.url}/max.ru/{NICK}?start=promo_42")
    await page.get_by_role("button", name="Create").click()
    await page.get_by_role("button", name="Start").click()
    await page.get_by_role("textbox").wait_for()
    person = int(await page.get_attribute("#phone", "data-person") or 0)
    [started] = await messenger.events()
    assert started["payload"] == "promo_42"
    share = button("request_contact", "Share my number")
    text, keys = "How was <b>it</b>?", keyboard([YES], [share])
    sent = await messenger.send(person, text, format="html", attachments=[keys])
    assert await page.locator("li.theirs strong").inner_text() == "it"
    await page.get_by_role("button", name="Да").click()
    await page.locator("button.waiting").wait_for()
    pressed = (await messenger.events())[-1]["callback"]
    answer = {"notification": "Noted", "message": {"attachments": [keyboard([share])]}}
    await messenger.call("POST", "/answers", answer, callback_id=pressed["callback_id"])
    await page.get_by_role("status").filter(has_text="Noted").wait_for()
    await page.get_by_role("button", name="Share my number").click()
    await page.locator("li.own").filter(has_text="79990000001").wait_for()
    await messenger.call("DELETE", "/messages", message_id=sent["body"]["mid"])
    await page.locator("li.theirs").wait_for(state="detached")
    await page.get_by_title("More").click()
    await page.get_by_role("button", name="Delete the chat").click()
    await page.get_by_role("button", name="Start").wait_for()
