"""Turning notifications on and off in a browser, as people do it."""

import json
from datetime import timedelta

from playwright.async_api import Browser, Page

from core.alerts import PushSubscription
from tests.inbox.office import PASSWORD, Office
from tests.push_service import PushBrowser

# No push service can be reached from here: this stands for the browser's half of it.
BROWSER = """
const subscription = (key) => ({
  options: { applicationServerKey: key },
  toJSON: () => (FIELDS),
  unsubscribe: async () => { localStorage.removeItem("subscribed"); return true; },
});
PushManager.prototype.getSubscription = async function () {
  const key = localStorage.getItem("subscribed");
  return key ? subscription(Uint8Array.from(JSON.parse(key)).buffer) : null;
};
PushManager.prototype.subscribe = async function (options) {
  if (!options.userVisibleOnly) throw new Error("a push that shows nothing");
  localStorage.setItem("subscribed", JSON.stringify([...options.applicationServerKey]));
  return subscription(options.applicationServerKey.buffer);
};
"""


async def sign_in(page: Page, goal: str) -> None:
    await page.goto(f"/sign-in?next={goal}")
    await page.fill("[name=login]", "vera")
    await page.fill("[name=password]", PASSWORD)
    await page.click("button.main")
    await page.wait_for_url(f"**{goal}")


async def told(office: Office) -> list[PushSubscription]:
    """Where a notification for Vera would go now."""
    async with office.world.database.read() as tx:
        vera = await tx.operators.find("vera")
        assert vera is not None
        found = await tx.pushes.of([vera.id], office.world.now)
    return found.get(vera.id, [])


async def test_on_signed_in_again_and_off(sqlite_office: Office, chromium: Browser) -> None:
    office = sqlite_office
    await office.operator()
    fields = PushBrowser(None, "https://push.example.com/1").fields  # type: ignore[arg-type]
    keys = {name: fields[name] for name in ("p256dh", "auth")}
    given = json.dumps({"endpoint": fields["endpoint"], "keys": keys})
    context = await chromium.new_context(base_url=office.url, permissions=["notifications"])
    page = await context.new_page()
    await page.add_init_script(BROWSER.replace("FIELDS", given))
    await sign_in(page, "/me/alerts")
    await page.click("#push-on")
    await page.wait_for_url("**/me/alerts?done=push_is_on")
    assert not await page.locator("#push-on").is_visible()
    [first] = await told(office)
    assert (first.endpoint, first.p256dh) == (fields["endpoint"], fields["p256dh"])

    await page.click("form.leave button")
    await page.wait_for_url("**/sign-in*")
    assert await told(office) == []
    office.world.now += timedelta(minutes=1)
    async with page.expect_response("**/me/alerts/push") as again:
        await sign_in(page, "/inbox")
    assert (await again.value).status == 200
    [second] = await told(office)
    assert second.session != first.session

    await page.goto("/me/alerts")
    await page.click("#this-browser button")
    await page.wait_for_url("**/me/alerts?done=push_is_off")
    assert await told(office) == []
    assert await page.evaluate("localStorage.getItem('subscribed')") is None
    await page.goto("/inbox")
    assert await page.evaluate("localStorage.getItem('parley-push')") is None
    await context.close()
