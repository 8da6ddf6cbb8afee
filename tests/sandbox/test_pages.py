"""The phone page, the demo shop, and both mounted under a prefix."""

from __future__ import annotations

import asyncio
import io
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import jwt
import pytest
from aiogram import Bot
from aiohttp import web

from sandbox.app import build
from sandbox.rendering import render_text
from sandbox.settings import BotSettings, Settings, VkSettings
from sandbox.view import Span, SpanKind
from sandbox.words import WORDS
from tests.sandbox.conftest import Serve
from tests.sandbox.world import SECRET, TOKEN, Sandbox, Time

PAGES = Path(__file__).parents[2] / "sandbox" / "pages"


async def get(sandbox: Sandbox, path: str, **more: Any) -> tuple[aiohttp.ClientResponse, str]:
    async with sandbox.http.get(sandbox.url + path, **more) as response:
        return response, await response.text()


async def events(sandbox: Sandbox, person: int, act: Any, count: int) -> list[tuple[str, Any]]:
    """The first events of the phone's stream; `act` happens once it is open."""
    found: list[tuple[str, Any]] = []
    path = f"{sandbox.url}/phone/stream?person={person}"
    async with asyncio.timeout(60), sandbox.http.get(path) as response:
        while len(found) < count:
            line = (await response.content.readline()).decode()
            if line.startswith("event: "):
                data = (await response.content.readline()).decode().removeprefix("data: ")
                found.append((line[7:].strip(), json.loads(data)))
                if len(found) == 2:
                    await act()
    return found


@pytest.mark.parametrize(
    ("text", "spans", "html"),
    [
        pytest.param("<b>&", [], "&lt;b&gt;&amp;", id="tags in a text stay text"),
        pytest.param(
            "😀 bold",
            [Span(SpanKind.BOLD, 3, 4)],
            "😀 <strong>bold</strong>",
            id="offsets count UTF-16 units",
        ),
        pytest.param(
            "ab<c",
            [Span(SpanKind.BOLD, 0, 4), Span(SpanKind.ITALIC, 1, 2)],
            "<strong>a<em>b&lt;</em>c</strong>",
            id="spans inside each other",
        ),
        pytest.param(
            "x",
            [Span(SpanKind.LINK, 0, 1, "javascript:alert(1)")],
            '<span class="tag">x</span>',
            id="only web addresses become links",
        ),
        pytest.param(
            "x",
            [Span(SpanKind.LINK, 0, 1, 'https://e.example/"><i>')],
            '<a href="https://e.example/&#34;&gt;&lt;i&gt;" target="_blank" '
            'rel="noopener noreferrer">x</a>',
            id="an address cannot leave its attribute",
        ),
    ],
)
def test_texts_become_safe_html(text: str, spans: list[Span], html: str) -> None:
    assert str(render_text(text, spans)) == html


async def test_the_phone_shows_the_chat_and_nothing_of_it_as_html(
    bot: Bot, sandbox: Sandbox
) -> None:
    person = await sandbox.person(last_name="<i>K</i>")
    await sandbox.act(person, "say", text="<script>alert(1)</script>")
    await bot.send_message(person, "<b>hello</b> &lt;img&gt;", parse_mode="HTML")
    for kind in ("photo", "voice", "document", "location", "contact", "sticker", "album"):
        await sandbox.act(person, "send", kind=kind)
    response, page = await get(sandbox, f"/phone?person={person}")
    assert response.status == 200
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<strong>hello</strong> &lt;img&gt;" in page
    assert "<i>K" not in page
    assert "'unsafe-inline'" not in response.headers["Content-Security-Policy"]
    assert not re.search(r"<script(?! src)|<style|\son\w+=|\sstyle=", page)


async def test_media_of_a_chat_open_in_the_page_and_documents_are_saved(
    sandbox: Sandbox,
) -> None:
    person = await sandbox.started()
    for kind, disposition in (("photo", "inline"), ("document", "attachment")):
        message = await sandbox.act(person, "send", kind=kind)
        part = message[kind][-1] if kind == "photo" else message[kind]
        async with sandbox.http.get(f"{sandbox.url}/phone/file/{part['file_id']}") as response:
            assert response.headers["Content-Disposition"] == disposition
            assert response.headers["X-Content-Type-Options"] == "nosniff"


async def test_a_deep_link_opens_the_phone_with_its_parameter(sandbox: Sandbox) -> None:
    response, page = await get(sandbox, "/telegram/t.me/demo_shop_bot?start=Abc-123_x")
    assert response.url.query == {"bot": "demo_shop_bot", "start": "Abc-123_x"}
    assert 'name="start" value="Abc-123_x"' in page
    form = {"first_name": "Anna", "start": "Abc-123_x", "bot": "demo_shop_bot"}
    async with sandbox.http.post(f"{sandbox.url}/phone/people", data=form) as made:
        assert 'data-start="Abc-123_x"' in await made.text()
    # The browser remembers who holds the phone.
    _, page = await get(sandbox, "/telegram/t.me/demo_shop_bot?start=second")
    assert 'data-start="second"' in page
    response, _ = await get(sandbox, f"/telegram/t.me/demo_shop_bot?start={'x' * 65}")
    assert "start" not in response.url.query
    assert (await get(sandbox, "/telegram/t.me/nobody_bot"))[0].status == 404


async def test_an_open_phone_hears_of_messages_edits_toasts_and_blocks(
    bot: Bot, sandbox: Sandbox
) -> None:
    person = await sandbox.started()

    async def act() -> None:
        sent = await bot.send_message(person, "one")
        await bot.edit_message_text("<two>", chat_id=person, message_id=sent.message_id)
        pressed = await sandbox.act(person, "press", message_id=2, data="x")
        await bot.answer_callback_query(pressed["query_id"], "Thanks")
        await bot.delete_message(person, sent.message_id)
        await sandbox.act(person, "block")

    found = await events(sandbox, person, act, 7)
    kinds = [kind for kind, _ in found]
    assert kinds == ["thread", "state", "message", "message", "toast", "gone", "state"]
    assert found[1][1]["mode"] == "chat"
    assert "&lt;two&gt;" in found[3][1]["html"]
    assert found[4][1]["text"] == "Thanks"
    assert found[6][1]["mode"] == "blocked"


async def test_a_visitors_own_file_is_sent_as_what_it_is(sandbox: Sandbox) -> None:
    person = await sandbox.started()
    url = f"{sandbox.url}/phone/upload?person={person}&name=notes.txt"
    kind = {"Content-Type": "application/octet-stream"}
    async with sandbox.http.post(url, data=b"hello", headers=kind) as response:
        message = (await response.json())["result"]
    assert message["document"]["file_name"] == "notes.txt"
    async with sandbox.http.post(url, data={"a": "b"}) as response:
        assert response.status == 415


def test_both_languages_have_all_words_that_pages_use() -> None:
    used = {
        match
        for page in PAGES.glob("*.html")
        for match in re.findall(r"words\.([a-z_]+)", page.read_text("utf-8"))
    }
    assert used - WORDS["en"].keys() == set()
    assert WORDS["en"].keys() == WORDS["ru"].keys()


@pytest.mark.parametrize(
    ("ask", "word"),
    [
        pytest.param({"params": {"lang": "ru"}}, "Телефоны", id="asked for"),
        pytest.param({"headers": {"Accept-Language": "ru-RU,ru"}}, "Телефоны", id="the browser's"),
        pytest.param({}, "Phones", id="English else"),
    ],
)
async def test_pages_speak_two_languages(sandbox: Sandbox, ask: dict[str, Any], word: str) -> None:
    _, page = await get(sandbox, "/phone", **ask)
    assert f"<h1>{word}</h1>" in page


async def order(sandbox: Sandbox, **form: str) -> str:
    data = {"product": "oolong", "quantity": "2", "name": "Anna", **form}
    async with sandbox.http.post(f"{sandbox.url}/shop/orders", data=data) as response:
        assert response.status == 200
        return response.url.path


async def subscribe(sandbox: Sandbox, path: str, **form: str) -> tuple[str, dict[str, Any]]:
    """Where the token goes, and its claims; checks the signature as the server would."""
    async with sandbox.http.post(f"{sandbox.url}{path}/go", data=form) as response:
        page = await response.text()
    target = re.search(r'action="([^"]+)"', page)
    token = re.search(r'name="token" value="([^"]+)"', page)
    assert target is not None
    assert token is not None
    assert jwt.get_unverified_header(token[1])["kid"] == "2026-11"
    options: Any = {"verify_exp": False, "verify_iat": False, "require": ["exp", "jti"]}
    claims = jwt.decode(token[1], SECRET, ["HS256"], options, audience="parley", issuer="shop")
    return target[1], claims


async def test_an_order_carries_its_signed_token_to_the_chosen_messenger(
    sandbox: Sandbox,
) -> None:
    path = await order(sandbox, name="Anna <b>")
    assert path == "/shop/orders/1042"
    _, page = await get(sandbox, path)
    assert "Anna &lt;b&gt;" in page
    assert "token" not in page
    target, claims = await subscribe(sandbox, path, account="shop-tg")
    assert target == "http://127.0.0.1:8080/go/shop-tg"
    assert claims["name"] == "Anna <b>"
    assert claims["exp"] - claims["iat"] == 3600
    assert claims["topics"] == ["orders"]
    assert "consent" not in claims
    assert claims["order"] == {
        "id": "1042",
        "number": "1042",
        "status": "paid",
        "total": "24.00",
        "currency": "EUR",
        "url": "http://127.0.0.1/shop/orders/1042",
        "items": [{"name": "Oolong", "quantity": 2, "price": "12.00"}],
    }
    another, again = await subscribe(sandbox, path, account="")
    assert another == "http://127.0.0.1:8080/go"
    assert again["jti"] != claims["jti"]


async def test_only_a_ticked_box_asks_for_marketing_with_the_words_that_were_shown(
    sandbox: Sandbox,
) -> None:
    path = await order(sandbox)
    _, page = await get(sandbox, path)
    box = re.search(r"<input type=\"checkbox\"[^>]*>", page)
    assert box is not None
    assert "checked" not in box[0]
    _, claims = await subscribe(sandbox, path, account="shop-tg", marketing="yes")
    assert claims["topics"] == ["orders", "promo"]
    assert claims["consent"]["text"].replace("&", "&amp;") in page
    assert (claims["consent"]["at"], claims["consent"]["ip"]) == (
        "2026-09-21T14:13:20+00:00",
        "127.0.0.1",
    )


async def test_a_browser_is_one_customer_and_sees_its_own_orders_alone(
    sandbox: Sandbox,
) -> None:
    first, second = await order(sandbox), await order(sandbox)
    _, one = await subscribe(sandbox, first, account="shop-tg")
    _, two = await subscribe(sandbox, second, account="shop-tg")
    assert one["sub"] == two["sub"]
    _, page = await get(sandbox, "/shop/orders")
    assert page.index("1043") < page.index("1042")
    sandbox.http.cookie_jar.clear()
    response, page = await get(sandbox, first)
    assert response.status == 404
    assert "There is no such order of yours." in page


@pytest.mark.parametrize(
    ("form", "words"),
    [
        pytest.param({"name": " "}, "Please tell your name", id="no name"),
        pytest.param({"quantity": "21"}, "From 1 to 20 packs", id="too many"),
        pytest.param({"quantity": "²"}, "From 1 to 20 packs", id="no number"),
        pytest.param({"product": "coffee"}, "Please choose one of the teas", id="no tea"),
    ],
)
async def test_a_wrong_order_comes_back_with_what_to_mend(
    sandbox: Sandbox, form: dict[str, str], words: str
) -> None:
    data = {"product": "oolong", "quantity": "2", "name": "Anna", **form}
    async with sandbox.http.post(f"{sandbox.url}/shop/orders", data=data) as response:
        assert response.status == 422
        assert words in await response.text()


async def test_tests_get_tokens_with_any_claims(sandbox: Sandbox) -> None:
    claims = {"sub": "c-1", "exp": None, "aud": "else"}
    token = (await sandbox.control("POST", "/shop/token", claims))["token"]
    found = jwt.decode(token, options={"verify_signature": False})
    assert (found["sub"], found["aud"], found["iss"], "exp" in found) == (
        "c-1",
        "else",
        "shop",
        False,
    )


async def test_the_sandbox_works_under_a_prefix(
    settings: Settings, serve: Serve, http: aiohttp.ClientSession, time: Time
) -> None:
    app = web.Application()
    told = replace(settings, base_url="http://127.0.0.1/sandbox")
    app.add_subapp("/sandbox", build(told))
    sandbox = Sandbox(await serve(app) + "/sandbox", http, time)
    person = await sandbox.started()
    # Larger than the outer application would let through by itself.
    form = aiohttp.FormData({"chat_id": str(person)})
    form.add_field("document", io.BytesIO(bytes(3 << 20)), filename="a.bin")
    async with http.post(f"{sandbox.url}/telegram/bot{TOKEN}/sendDocument", data=form) as sent:
        assert sent.status == 200
    for path in ("/", f"/phone?person={person}", "/shop", "/telegram/t.me/demo_shop_bot?start=x"):
        response, page = await get(sandbox, path)
        assert response.url.path.startswith("/sandbox/")
        links = re.findall(r'(?:href|src|action)="(/[^"]*)"', page)
        assert links
        assert all(link.startswith("/sandbox/") for link in links)
    _, style = await get(sandbox, "/static/sandbox.css")
    assert "--accent" in style
    assert (await get(sandbox, "/static/..%2Fapp.py"))[0].status == 404


@pytest.mark.parametrize(
    "token", [pytest.param("sandbox", id="no number"), pytest.param("7:х", id="other letters")]
)
def test_a_token_that_no_bot_has_is_refused_at_the_start(token: str) -> None:
    with pytest.raises(ValueError, match="token"):
        BotSettings.of(token, "bot", "Bot")


@pytest.mark.parametrize(
    ("accounts", "words"),
    [
        pytest.param({}, "at least one", id="no account at all"),
        pytest.param(
            {
                "bots": (BotSettings.of(TOKEN, "Shop", "Shop"),),
                "vk_groups": (VkSettings("t", 1, "shop", "Shop"),),
            },
            "a name of its own",
            id="one name on two messengers",
        ),
    ],
)
def test_accounts_that_nobody_could_tell_apart_are_refused(
    accounts: dict[str, Any], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        Settings(base_url="http://127.0.0.1", **accounts)
