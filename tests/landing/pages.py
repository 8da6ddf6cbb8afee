"""A landing page as an operator makes it, and a visitor who comes to it."""

import html
import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

from core.roles import Role
from tests.inbox.office import Answer, Browser, Office

FORM = {
    "name": "autumn-fair",
    "title_en": "Be the first to know",
    "title_ru": "Узнавайте первыми",
    "words_en": "We write seldom.\n\nAnd only about tea.",
    "topic_orders": "yes",
    "topic_promo": "yes",
    "note": "poster at the counter",
}


async def make(office: Office, **fields: str) -> Browser:
    """By a supervisor, whose browser this is."""
    desk = await office.signed_in("sasha", Role.SUPERVISOR)
    answer = await desk.post("/pages", {**FORM, **fields})
    assert answer.status == 303, answer.seen
    return desk


def hidden(page: str) -> dict[str, str]:
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page)
    return {name: html.unescape(value) for name, value in found}


async def go(office: Office, *ticked: str, account: str = "shop-tg", **headers: str) -> Answer:
    """Open the page, tick these topics and press the button of a messenger."""
    visitor = office.browser(**headers)
    page = await visitor.get("/s/autumn-fair?lang=en")
    assert page.status == 200, page.text
    fields: dict[str, Any] = {**hidden(page.text), "account": account}
    fields |= {f"topic:{topic}": "yes" for topic in ticked}
    return await visitor.raw_post("/s/autumn-fair?lang=en", fields)


def code_of(answer: Answer) -> str:
    assert answer.status == 303, answer.text
    return parse_qs(urlsplit(answer.headers["Location"]).query)["start"][0]
