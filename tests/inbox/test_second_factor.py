"""The second factor: set up, asked for, lost, demanded."""

import re
from datetime import UTC, datetime, timedelta

import pyotp
import pytest
from sqlalchemy import text

from core.ids import OperatorId
from core.roles import Role
from inbox.second_factor import Seal, new_recovery_codes, new_secret, recovery_digest, step_of
from tests.inbox.office import PASSWORD, Answer, Browser, Office, open_office

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
AT = datetime(2026, 11, 22, 12, 0, 10, tzinfo=UTC)
SET_UP = "/me/second-factor"


def field(answer: Answer, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', answer.text)
    assert found is not None, answer.seen
    return found[1]


def shown_secret(answer: Answer) -> str:
    found = re.search(r'class="secret">([A-Z2-7 ]+)<', answer.text)
    assert found is not None
    return found[1].replace(" ", "")


def code(office: Office, secret: str) -> str:
    """What the app shows now."""
    return pyotp.TOTP(secret).at(office.world.now)


async def set_up(office: Office, browser: Browser) -> tuple[str, list[str]]:
    """The secret, and the recovery codes. Half a minute later codes are others."""
    page = await browser.get(SET_UP)
    secret = shown_secret(page)
    csrf, sealed = field(page, "csrf"), field(page, "sealed")
    fields = {"csrf": csrf, "sealed": sealed, "code": code(office, secret)}
    answer = await browser.raw_post(f"{SET_UP}/on", fields)
    assert answer.status == 200, answer.seen
    office.world.wait(seconds=30)
    return secret, re.findall(r"<code>([a-z2-7-]+)</code>", answer.text)


async def half_in(office: Office, login: str = "vera", goal: str = "") -> Browser:
    """A new browser in which the password was right."""
    browser = office.browser()
    answer = await browser.sign_in(login, goal=goal)
    assert answer.headers["Location"].startswith("/sign-in/code?next=/inbox")
    return browser


@pytest.mark.parametrize(
    ("given", "is_right"),
    [
        pytest.param(pyotp.TOTP(SECRET).at(AT), True, id="the code of now"),
        pytest.param(" ".join(pyotp.TOTP(SECRET).at(AT)), True, id="with spaces between"),
        pytest.param(pyotp.TOTP(SECRET).at(AT - timedelta(seconds=30)), True, id="the last one"),
        pytest.param(pyotp.TOTP(SECRET).at(AT + timedelta(seconds=30)), True, id="the next one"),
        pytest.param(pyotp.TOTP(SECRET).at(AT - timedelta(seconds=60)), False, id="an older one"),
        pytest.param(pyotp.TOTP(SECRET).at(AT + timedelta(seconds=60)), False, id="a later one"),
        pytest.param("", False, id="nothing"),
        pytest.param("123 four", False, id="words"),
        pytest.param("9" * 5000, False, id="very much"),
    ],
)
def test_which_codes_fit(given: str, is_right: bool) -> None:
    assert (step_of(SECRET, given, AT) is not None) is is_right


def test_the_codes_are_those_of_the_standard() -> None:
    # RFC 6238, appendix B, SHA-1; the last six of its eight digits.
    assert step_of("GEZDGNBVGY3TQOJQ" * 2, "287082", datetime.fromtimestamp(59, UTC)) == 1


def test_a_sealed_secret_opens_here_and_for_its_owner_alone() -> None:
    sealed = Seal("one server's secret").close(OperatorId(7), SECRET)
    assert SECRET not in sealed
    assert Seal("one server's secret").open(OperatorId(7), sealed) == SECRET
    assert Seal("one server's secret").open(OperatorId(8), sealed) is None
    assert Seal("another server's secret").open(OperatorId(7), sealed) is None
    assert Seal("one server's secret").open(OperatorId(7), "no seal") is None


def test_recovery_codes_are_long_and_forgive_how_they_are_typed() -> None:
    codes = new_recovery_codes()
    assert len(set(codes)) == 10
    assert all(re.fullmatch(r"(?:[a-z2-7]{4}-){3}[a-z2-7]{4}", one) for one in codes)
    typed = f" {codes[0].upper().replace('-', ' ')} "
    assert recovery_digest(typed) == recovery_digest(codes[0]) != recovery_digest(codes[1])
    assert recovery_digest("123456") is None


def test_secrets_are_new_each_time() -> None:
    assert len({new_secret() for _ in range(20)}) == 20


async def test_after_the_password_the_code_is_asked_for(office: Office) -> None:
    secret, _ = await set_up(office, await office.signed_in())
    browser = await half_in(office, goal="/inbox?state=closed")
    # Halfway is not in.
    assert (await browser.get("/inbox")).status == 303
    page = await browser.get("/sign-in/code?next=/inbox%3Fstate%3Dclosed")
    assert "The code from your app" in page.seen
    half = {cookie.key: cookie.value for cookie in browser.session.cookie_jar}
    goal = field(page, "next")
    fields = {"code": code(office, secret), "next": goal}
    answer = await browser.raw_post("/sign-in/code", fields)
    assert (answer.status, answer.headers["Location"]) == (303, "/inbox?state=closed")
    assert (await browser.get("/inbox")).status == 200
    now = {cookie.key: cookie.value for cookie in browser.session.cookie_jar}
    assert now["parley"] != half["parley"]


async def test_a_code_lets_in_once(office: Office) -> None:
    secret, _ = await set_up(office, await office.signed_in())
    fields = {"code": code(office, secret)}
    assert (await (await half_in(office)).raw_post("/sign-in/code", fields)).status == 303
    again = await (await half_in(office)).raw_post("/sign-in/code", fields)
    assert again.status == 403
    assert "Each works once" in again.seen
    assert (await office.acts("Vera"))[-1] == "was refused: wrong code"


async def test_the_code_that_turned_it_on_does_not_let_in(sqlite_office: Office) -> None:
    secret, _ = await set_up(sqlite_office, await sqlite_office.signed_in())
    sqlite_office.world.wait(seconds=-30)
    fields = {"code": code(sqlite_office, secret)}
    assert (await (await half_in(sqlite_office)).raw_post("/sign-in/code", fields)).status == 403


async def test_guessing_codes_is_slow_and_the_owner_still_gets_in(sqlite_office: Office) -> None:
    owner = await sqlite_office.signed_in()
    secret, _ = await set_up(sqlite_office, owner)
    guesser = await half_in(sqlite_office)
    wrong = {"code": "000000"}
    statuses = [(await guesser.raw_post("/sign-in/code", wrong)).status for _ in range(11)]
    assert statuses == [403] * 10 + [429]
    # Signing in anew wins no new tries.
    assert (await (await half_in(sqlite_office)).raw_post("/sign-in/code", wrong)).status == 429
    await owner.sign_in()
    fields = {"code": code(sqlite_office, secret)}
    assert (await owner.raw_post("/sign-in/code", fields)).status == 303


async def test_a_password_alone_waits_ten_minutes_for_its_code(sqlite_office: Office) -> None:
    secret, _ = await set_up(sqlite_office, await sqlite_office.signed_in())
    browser = await half_in(sqlite_office)
    sqlite_office.world.wait(minutes=10)
    answer = await browser.raw_post("/sign-in/code", {"code": code(sqlite_office, secret)})
    assert answer.headers["Location"] == "/sign-in?next=/inbox"
    assert (await browser.get("/inbox")).status == 303


async def test_each_recovery_code_lets_in_once(office: Office) -> None:
    _, codes = await set_up(office, await office.signed_in())
    assert len(codes) == 10
    browser = await half_in(office)
    fields = {"recovery": codes[3].upper().replace("-", "")}
    assert (await browser.raw_post("/sign-in/code", fields)).status == 303
    assert "9 recovery codes left" in (await browser.get("/me")).seen
    assert (await office.acts("Vera"))[-2:] == ["used a recovery code, 9 left", "signed in"]
    again = await (await half_in(office)).raw_post("/sign-in/code", fields)
    assert again.status == 403


async def test_of_secrets_and_codes_the_database_has_nothing_to_use(office: Office) -> None:
    secret, codes = await set_up(office, await office.signed_in())
    stored = ""
    async with office.world.database.read() as tx:
        for table in ("operators", "recovery_codes", "acts", "operator_sessions"):
            rows = await tx.sql.run(text(f"SELECT * FROM {table}"))  # noqa: S608
            stored += str(rows.all())
    assert secret not in stored
    assert not any(one in stored or one.replace("-", "") in stored for one in codes)


async def test_new_codes_end_the_old_ones(sqlite_office: Office) -> None:
    browser = await sqlite_office.signed_in()
    _, old = await set_up(sqlite_office, browser)
    answer = await browser.post(f"{SET_UP}/codes")
    new = re.findall(r"<code>([a-z2-7-]+)</code>", answer.text)
    assert len(new) == 10
    tried = await (await half_in(sqlite_office)).raw_post("/sign-in/code", {"recovery": old[0]})
    assert tried.status == 403
    tried = await (await half_in(sqlite_office)).raw_post("/sign-in/code", {"recovery": new[0]})
    assert tried.status == 303


async def test_codes_come_as_a_file(sqlite_office: Office) -> None:
    browser = await sqlite_office.signed_in()
    _, codes = await set_up(sqlite_office, browser)
    answer = await browser.post(f"{SET_UP}/codes.txt", {"codes": " ".join(codes)})
    assert answer.headers["Content-Disposition"] == (
        'attachment; filename="recovery-codes-parley.test.txt"'
    )
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.text.split("\n")[2:-1] == codes
    forged = await browser.post(f"{SET_UP}/codes.txt", {"codes": "<script>"})
    assert forged.status == 400


async def test_a_wrong_first_code_keeps_the_picture_and_stores_nothing(
    sqlite_office: Office,
) -> None:
    browser = await sqlite_office.signed_in()
    page = await browser.get(SET_UP)
    fields = {"csrf": field(page, "csrf"), "sealed": field(page, "sealed"), "code": "000000"}
    answer = await browser.raw_post(f"{SET_UP}/on", fields)
    assert answer.status == 403
    assert "These digits do not fit" in answer.seen
    assert shown_secret(answer) == shown_secret(page)
    assert (await sqlite_office.browser().sign_in()).headers["Location"] == "/inbox"


async def test_a_secret_of_somebody_else_is_not_taken(sqlite_office: Office) -> None:
    theirs = field(await (await sqlite_office.signed_in("boris")).get(SET_UP), "sealed")
    mine = await sqlite_office.signed_in()
    page = await mine.get(SET_UP)
    fields = {"csrf": field(page, "csrf"), "sealed": theirs, "code": "000000"}
    assert (await mine.raw_post(f"{SET_UP}/on", fields)).status == 409


async def test_turning_it_off_wants_password_and_code(office: Office) -> None:
    browser = await office.signed_in()
    secret, _ = await set_up(office, browser)
    right = {"password": PASSWORD, "code": code(office, secret)}
    for wrong in ({"password": "wrong"}, {"code": "000000"}):
        answer = await browser.post(f"{SET_UP}/off", {**right, **wrong})
        assert answer.status == 403
    assert (await browser.post(f"{SET_UP}/off", right)).status == 303
    assert (await office.browser().sign_in()).headers["Location"] == "/inbox"
    assert (await office.acts("Vera"))[-2] == "turned off the second factor"


async def test_with_another_secret_of_the_server_recovery_codes_still_let_in(
    sqlite_office: Office,
) -> None:
    secret, codes = await set_up(sqlite_office, await sqlite_office.signed_in())
    sealed = Seal("the secret before").close(OperatorId(1), secret)
    async with sqlite_office.world.database.write() as tx:
        await tx.sql.run(text("UPDATE operators SET sealed = :sealed"), {"sealed": sealed})
    browser = await half_in(sqlite_office)
    fields = {"code": code(sqlite_office, secret)}
    assert (await browser.raw_post("/sign-in/code", fields)).status == 403
    assert (await browser.raw_post("/sign-in/code", {"recovery": codes[0]})).status == 303


async def test_whoever_demands_it_must_have_it(sqlite_office: Office) -> None:
    admin = await sqlite_office.signed_in("ada", Role.ADMIN)
    answer = await admin.post("/people/second-factor", {"demand": "yes"})
    assert answer.status == 409
    assert "First set up your own" in answer.seen


async def test_once_demanded_the_next_sign_in_leads_to_setting_it_up(office: Office) -> None:
    admin, before = await office.signed_in("ada", Role.ADMIN), await office.signed_in()
    await set_up(office, admin)
    assert (await admin.post("/people/second-factor", {"demand": "yes"})).status == 303
    # Whoever is at work goes on until they sign in again.
    assert (await before.get("/inbox")).status == 200
    browser = office.browser()
    await browser.sign_in()
    for path in ("/inbox", "/me", "/"):
        answer = await browser.get(path)
        assert (answer.status, answer.headers.get("Location")) == (303, SET_UP)
    stream = await browser.get("/inbox/stream", Accept="text/event-stream")
    assert stream.status == 403
    assert "An administrator demands" in (await browser.get(SET_UP)).seen
    await set_up(office, browser)
    assert (await browser.get("/inbox")).status == 200
    # It stays on while it is demanded.
    assert (await browser.post(f"{SET_UP}/off", {"password": PASSWORD})).status == 409
    assert (await admin.post("/people/second-factor", {"demand": "no"})).status == 303
    assert "demanded a second factor from everybody" in await office.acts("Ada")


async def test_under_a_demand_one_may_still_sign_out(sqlite_office: Office) -> None:
    browser = await sqlite_office.signed_in()
    async with sqlite_office.world.database.write() as tx:
        await tx.settings.demand_second_factor(sqlite_office.world.now, sqlite_office.world.now)
    csrf = field(await browser.get(SET_UP), "csrf")
    assert (await browser.raw_post("/sign-out", {"csrf": csrf})).status == 303


async def test_under_https_the_half_way_cookie_is_bound_to_the_host_too(sqlite_url: str) -> None:
    async with open_office(sqlite_url, "https://chat.example.com") as office:
        await office.operator()
        async with office.world.database.write() as tx:
            await tx.operators.set_second_factor(OperatorId(1000), "sealed")
        answer = await office.browser().sign_in()
        [cookie] = answer.headers.getall("Set-Cookie")
        assert cookie.startswith("__Host-parley=")
        assert {"Secure", "HttpOnly", "SameSite=Lax", "Max-Age=600"} <= set(cookie.split("; "))
