"""Shop pages on an origin of their own, as strict as they can be, in a real browser."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from playwright.async_api import Browser, Locator, Page

from core.inbound import Started
from tests.ports import free_port
from tests.widget.stall import Stall, open_stall

DESK, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
_LISTEN = """
window.heard = [];
for (const name of ["shown", "click", "subscribed"])
  document.addEventListener(`parley:${name}`, (event) => heard.push([name, event.detail]));
"""
_PAGE = """<!doctype html><html lang="{lang}"><head><meta charset="utf-8"><title>Thank you</title>
<meta name="viewport" content="width=device-width, initial-scale=1"></head>
<body><main><h1>Thank you</h1>{body}</main>
<script async src="{chat}/widget.js" data-site="shop"></script></body></html>"""


@dataclass
class Street:
    """`policy` is what the shop's pages may do; `body` what they show."""

    stall: Stall
    url: str
    policy: str
    body: str = "<parley-subscribe></parley-subscribe>"
    lang: str = "en"
    renewed: str = ""
    problems: list[str] = field(default_factory=list)

    async def page(self, _request: web.Request) -> web.Response:
        html = _PAGE.format(lang=self.lang, body=self.body, chat=self.stall.url)
        headers = {"Content-Security-Policy": self.policy}
        return web.Response(text=html, content_type="text/html", headers=headers)

    async def renew(self, _request: web.Request) -> web.Response:
        return web.json_response({"token": self.renewed})

    @asynccontextmanager
    async def visit(
        self, chromium: Browser, size: dict[str, int] = DESK, **more: Any
    ) -> AsyncIterator[Page]:
        """The page opened. Whatever goes wrong in it is told in `problems`."""
        is_phone = size == PHONE
        context = await chromium.new_context(
            viewport=size,  # type: ignore[arg-type]  # Playwright's own.
            is_mobile=is_phone,
            has_touch=is_phone,
            **more,
        )
        await context.add_init_script(_LISTEN)
        page = await context.new_page()
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        page.on(
            "console",
            lambda one: self.problems.append(one.text) if one.type == "error" else None,
        )
        await page.goto(f"{self.url}/thanks?mail=a@example.com")
        yield page
        await context.close()

    async def start(self, url: str) -> None:
        """Start is pressed where this link leads."""
        code = url.partition("start=")[2].partition("&")[0]
        await self.stall.intake.submit([self.stall.world.inbound(Started(code))])


def element(page: Page) -> Locator:
    return page.locator("parley-subscribe").first


async def link_of(page: Page) -> str:
    return await element(page).locator("a.main").get_attribute("href") or ""


@asynccontextmanager
async def open_street(database_url: str, more_policy: str = "") -> AsyncIterator[Street]:
    port = free_port()
    url = f"http://localhost:{port}"
    async with open_stall(database_url, url) as stall:
        street = Street(stall, url, "")
        street.policy = (
            f"default-src 'none'; script-src {stall.url}{more_policy}; "
            f"connect-src {stall.url}; require-trusted-types-for 'script'"
        )
        app = web.Application()
        app.add_routes([web.get("/thanks", street.page), web.get("/renew", street.renew)])
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        try:
            yield street
        finally:
            await runner.cleanup()
