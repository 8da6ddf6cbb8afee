"""The inbox as an app of its own: its manifest, its pictures, its service worker."""

import asyncio
import json
import struct
from typing import Any

import pytest
from playwright.async_api import Browser

from inbox.catalogues import LANGUAGES
from tests.inbox.office import Office

PRESS = """async () => {
  const pause = () => new Promise((resolve) => setTimeout(resolve, 50));
  let shown = [];
  while (!(shown = await self.registration.getNotifications()).length) await pause();
  self.done = [];
  self.dispatchEvent(new NotificationEvent("notificationclick", { notification: shown[0] }));
  while (!self.done.length) await pause();
  return self.done;
}"""
"""Press what is shown; what the worker did."""


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_manifest_and_its_pictures(sqlite_office: Office, language: str) -> None:
    stranger = sqlite_office.browser()
    page = await stranger.get(f"/sign-in?lang={language}")
    assert f'<link rel="manifest" href="/manifest/{language}.webmanifest">' in page.text
    answer = await stranger.get(f"/manifest/{language}.webmanifest")
    assert answer.headers["Content-Type"].startswith("application/manifest+json")
    manifest = answer.json
    assert (manifest["lang"], manifest["start_url"], manifest["scope"]) == (language, "/inbox", "/")
    purposes = set()
    for icon in manifest["icons"]:
        picture = await stranger.get(icon["src"])
        assert picture.headers["Content-Type"] == "image/png"
        width, height = struct.unpack(">II", picture.body[16:24])
        assert icon["sizes"] == f"{width}x{height}"
        purposes.add((icon["purpose"], width))
    assert purposes == {(one, size) for one in ("any", "maskable") for size in (192, 512)}


async def test_a_language_that_pages_lack_has_no_manifest(sqlite_office: Office) -> None:
    assert (await sqlite_office.browser().get("/manifest/xx.webmanifest")).status == 404


async def test_pages_allow_their_own_worker_and_manifest_alone(sqlite_office: Office) -> None:
    page = await (await sqlite_office.signed_in()).get("/me/alerts")
    policy = page.headers["Content-Security-Policy"].split("; ")
    assert {"worker-src 'self'", "manifest-src 'self'", "script-src 'self'"} <= set(policy)
    assert "<script>" not in page.text
    assert "style=" not in page.text


async def test_the_worker_keeps_nothing_and_answers_for_no_page(sqlite_office: Office) -> None:
    answer = await sqlite_office.browser().get("/service-worker.js")
    assert answer.headers["Content-Type"].startswith("text/javascript")
    assert answer.headers["Cache-Control"] == "no-cache"
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
    for word in ("caches", 'addEventListener("fetch"', "ICON_URL", "BADGE_URL"):
        assert word not in answer.text


async def test_a_notification_is_shown_and_opens_its_conversation(
    sqlite_office: Office, chromium: Browser
) -> None:
    """What a push service would hand over, handed to a real browser's worker."""
    office = sqlite_office
    await office.operator()
    await office.hear("Hello")
    path = await office.path()
    context = await chromium.new_context(base_url=office.url, permissions=["notifications"])
    page = await context.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda one: problems.append(one.text) if one.type == "error" else None)
    await page.goto("/sign-in?next=/me/alerts")
    await page.fill("[name=login]", "vera")
    await page.fill("[name=password]", "correct horse battery")
    await page.click("button.main")
    await page.wait_for_url("**/me/alerts")
    assert await page.locator("#push-on").is_visible()
    scope = await page.evaluate(
        "navigator.serviceWorker.register('/service-worker.js')"
        ".then(() => navigator.serviceWorker.ready).then((one) => one.scope)"
    )
    assert scope == f"{office.url}/"
    told = {"title": "Telegram", "body": "A new message", "url": path, "tag": "c7", "lang": "en"}
    devtools = await context.new_cdp_session(page)
    registration: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    def registered(event: dict[str, Any]) -> None:
        for one in event["registrations"]:
            if not registration.done():
                registration.set_result(one["registrationId"])

    devtools.on("ServiceWorker.workerRegistrationUpdated", registered)
    await devtools.send("ServiceWorker.enable")
    async with asyncio.timeout(30):
        number = await registration
    given = {"origin": office.url, "registrationId": number}
    for text in ("A new message", "Another one"):
        data = json.dumps({**told, "body": text})
        await devtools.send("ServiceWorker.deliverPushMessage", {**given, "data": data})
    shown = await page.wait_for_function(
        """async () => {
          const registration = await navigator.serviceWorker.ready;
          const shown = await registration.getNotifications();
          return shown.length === 1 && shown[0].body === "Another one"
            && { title: shown[0].title, url: shown[0].data.url, tag: shown[0].tag };
        }"""
    )
    assert await shown.json_value() == {"title": "Telegram", "url": path, "tag": "c7"}
    [worker] = context.service_workers
    # Only a person's press may open a window: the test's own opens nothing, and tells.
    await worker.evaluate(
        """() => {
          self.done = [];
          Clients.prototype.openWindow = async (url) => { self.done.push(["opened", url]); };
          WindowClient.prototype.focus = async function () {
            self.done.push(["focused", new URL(this.url).pathname]);
          };
        }"""
    )
    async with asyncio.timeout(60):
        assert await worker.evaluate(PRESS) == [["opened", f"{office.url}{path}"]]
        await page.goto(path)
        # Not by the tag that was just pressed: its closing may still be under way.
        data = json.dumps({**told, "tag": "c8"})
        await devtools.send("ServiceWorker.deliverPushMessage", {**given, "data": data})
        assert await worker.evaluate(PRESS) == [["focused", path]]
    assert problems == []
    await context.close()
