"""Who gets in, for how long, and how slowly one can guess."""

import re
from datetime import datetime, timedelta

import pytest
from argon2 import PasswordHasher

from core.roles import Role
from inbox.passwords import Passwords
from storage.acts import Wanted
from tests.inbox.office import CHEAP, PASSWORD, Office, open_office


async def test_the_right_password_opens_the_inbox(office: Office) -> None:
    await office.operator()
    browser = office.browser()
    answer = await browser.sign_in()
    assert (answer.status, answer.headers["Location"]) == (303, "/inbox")
    assert (await browser.get("/inbox")).status == 200


@pytest.mark.parametrize(
    ("login", "password"),
    [
        pytest.param("vera", "another password", id="a wrong password"),
        pytest.param("vera", "", id="no password"),
        pytest.param("nobody", PASSWORD, id="a login that nobody has"),
        pytest.param("", PASSWORD, id="no login"),
        pytest.param("vera\x00", PASSWORD, id="a NUL in the login"),
        pytest.param("vera", PASSWORD + "x" * 2000, id="a password that is absurdly long"),
        pytest.param("' OR 1=1 --", "nobody's", id="an injection, with the password of nobody"),
    ],
)
async def test_these_do_not_get_in(office: Office, login: str, password: str) -> None:
    await office.operator()
    browser = office.browser()
    answer = await browser.sign_in(login, password)
    assert answer.status == 401
    assert "do not belong together" in answer.seen
    assert "Set-Cookie" not in answer.headers
    assert (await browser.get("/inbox")).status == 303


async def test_the_cookie_is_kept_from_scripts_and_the_database_never_sees_it(
    office: Office,
) -> None:
    await office.operator()
    answer = await office.browser().sign_in()
    [cookie] = [c for c in answer.headers.getall("Set-Cookie") if c.startswith("parley=")]
    assert {"HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=1209600"} <= set(cookie.split("; "))
    token = cookie.partition(";")[0].partition("=")[2]
    from sqlalchemy import text

    async with office.world.database.read() as tx:
        rows = (await tx.sql.run(text("SELECT * FROM operator_sessions"))).all()
    assert len(rows) == 1
    assert token not in str(rows)


async def test_under_https_the_cookie_is_bound_to_the_host(sqlite_url: str) -> None:
    async with open_office(sqlite_url, "https://chat.example.com") as office:
        await office.operator()
        answer = await office.browser().sign_in()
        for cookie in answer.headers.getall("Set-Cookie"):
            assert cookie.startswith("__Host-parley")
            assert "Secure" in cookie.split("; ")


@pytest.mark.parametrize(
    ("wanted", "goal"),
    [
        ("/inbox/12?state=open", "/inbox/12?state=open"),
        ("https://evil.example", "/inbox"),
        ("//evil.example", "/inbox"),
        ("/\\evil.example", "/inbox"),
        ("/inbox\\..\\evil", "/inbox"),
        ("/\tevil.example", "/inbox"),
        ("javascript:alert(1)", "/inbox"),
        ("/inbox\r\nSet-Cookie: a=b", "/inbox"),
        ("inbox", "/inbox"),
        ("", "/inbox"),
    ],
)
async def test_after_signing_in_one_goes_on_only_within_the_server(
    sqlite_office: Office, wanted: str, goal: str
) -> None:
    await sqlite_office.operator()
    answer = await sqlite_office.browser().sign_in(goal=wanted)
    assert (answer.status, answer.headers["Location"]) == (303, goal)


async def test_whoever_follows_a_link_comes_there_after_signing_in(sqlite_office: Office) -> None:
    await sqlite_office.operator()
    browser = sqlite_office.browser()
    sent = await browser.get("/inbox/77?state=closed")
    assert sent.status == 303
    form = await browser.get(sent.headers["Location"])
    found = re.search(r'name="next" value="([^"]*)"', form.text)
    assert found is not None
    assert found[1] == "/inbox/77?state=closed"


async def test_a_disabled_operator_is_told_and_open_sessions_end(office: Office) -> None:
    browser = await office.signed_in()
    async with office.world.database.write() as tx:
        assert await tx.operators.disable("vera", office.world.now)
    assert (await browser.get("/inbox")).status == 303
    assert (await browser.sign_in()).status == 403
    assert "has been closed" in (await browser.sign_in()).seen
    # Only with the password: a stranger learns nothing about logins.
    assert (await browser.sign_in(password="wrong")).status == 401


async def test_a_session_lasts_fourteen_days_however_busy(office: Office) -> None:
    browser = await office.signed_in()
    for _ in range(14):
        assert (await browser.get("/inbox")).status == 200
        office.world.wait(hours=23, minutes=59)
    assert (await browser.get("/inbox")).status == 200
    office.world.wait(minutes=15)
    assert (await browser.get("/inbox")).status == 303


@pytest.mark.parametrize(
    ("role", "idle"),
    [
        pytest.param(Role.OPERATOR, timedelta(hours=72), id="an operator, over a weekend"),
        pytest.param(Role.SUPERVISOR, timedelta(hours=72), id="a supervisor, over a weekend"),
        pytest.param(Role.ADMIN, timedelta(hours=24), id="an administrator, over a night"),
    ],
)
async def test_a_session_ends_when_nobody_uses_it(
    sqlite_office: Office, role: Role, idle: timedelta
) -> None:
    browser = await sqlite_office.signed_in(role=role)
    sqlite_office.world.now += idle - timedelta(seconds=1)
    assert (await browser.get("/inbox")).status == 200
    # Coming back was a use: the time counts from there.
    sqlite_office.world.now += idle - timedelta(seconds=1)
    assert (await browser.get("/inbox")).status == 200
    sqlite_office.world.now += idle
    assert (await browser.get("/inbox")).status == 303


async def test_a_page_left_open_is_no_use_of_a_session(sqlite_office: Office) -> None:
    browser = await sqlite_office.signed_in()
    for _ in range(3):
        sqlite_office.world.wait(hours=24)
        sign = {"Accept": "text/event-stream"}
        async with browser.session.get(f"{browser.url}/inbox/stream", headers=sign) as answer:
            last = answer.status
    assert last == 401


async def test_when_somebody_was_there_is_written_once_a_minute(office: Office) -> None:
    browser = await office.signed_in()

    async def seen() -> datetime | None:
        async with office.world.database.read() as tx:
            operator = await tx.operators.find("vera")
        assert operator is not None
        return operator.last_seen_at

    first = office.world.now
    office.world.wait(seconds=59)
    await browser.get("/inbox")
    assert await seen() == first
    office.world.wait(seconds=1)
    await browser.get("/inbox")
    assert await seen() == office.world.now


async def test_signing_out_ends_the_session_on_the_server(office: Office) -> None:
    browser = await office.signed_in()
    kept = {cookie.key: cookie.value for cookie in browser.session.cookie_jar}
    thief = office.browser(Cookie="; ".join(f"{name}={value}" for name, value in kept.items()))
    assert (await thief.get("/inbox")).status == 200
    answer = await browser.post("/sign-out")
    assert (answer.status, answer.headers["Location"]) == (303, "/sign-in")
    assert (await thief.get("/inbox")).status == 303


async def test_signing_in_again_ends_the_session_before(office: Office) -> None:
    browser = await office.signed_in()
    await browser.sign_in()
    async with office.world.database.read() as tx:
        from sqlalchemy import text

        count = (await tx.sql.run(text("SELECT count(*) FROM operator_sessions"))).scalar()
    assert count == 1


async def test_guessing_one_login_is_slow_and_the_page_says_until_when(
    sqlite_office: Office,
) -> None:
    await sqlite_office.operator()
    browser = sqlite_office.browser()
    for _ in range(10):
        assert (await browser.sign_in(password="wrong")).status == 401
    answer = await browser.sign_in()
    assert answer.status == 429
    assert answer.headers["Retry-After"] == "901"
    assert "Try again in 16 min." in answer.seen
    sqlite_office.world.wait(minutes=15, seconds=1)
    assert (await browser.sign_in()).status == 303


async def test_guesses_from_elsewhere_do_not_lock_out_the_operator(sqlite_office: Office) -> None:
    browser = await sqlite_office.signed_in()
    guesser = sqlite_office.browser(**{"X-From": "198.51.100.7"})
    for _ in range(12):
        await guesser.sign_in(password="wrong")
    assert (await guesser.sign_in()).status == 429
    # The browser that has signed in before counts for itself.
    assert (await browser.sign_in()).status == 303


async def test_a_known_browser_cannot_guess_for_ever_either(sqlite_office: Office) -> None:
    browser = await sqlite_office.signed_in()
    statuses = [(await browser.sign_in(password="wrong")).status for _ in range(11)]
    assert statuses == [401] * 10 + [429]


async def test_trying_many_logins_from_one_place_is_slow(sqlite_office: Office) -> None:
    await sqlite_office.operator()
    guesser = sqlite_office.browser(**{"X-From": "2001:db8:1:2::1"})
    for number in range(30):
        assert (await guesser.sign_in(f"login{number}")).status == 401
    neighbour = sqlite_office.browser(**{"X-From": "2001:db8:1:2:ffff::9"})
    assert (await neighbour.sign_in("login31")).status == 429
    elsewhere = sqlite_office.browser(**{"X-From": "2001:db8:1:3::1"})
    assert (await elsewhere.sign_in()).status == 303


async def test_the_right_password_is_never_counted(sqlite_office: Office) -> None:
    await sqlite_office.operator()
    for _ in range(15):
        assert (await sqlite_office.browser().sign_in()).status == 303


async def test_an_old_hash_is_renewed_when_its_owner_comes(office: Office) -> None:
    weaker = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1, hash_len=16)
    await office.operator(password=weaker.hash(PASSWORD))
    assert (await office.browser().sign_in()).status == 303
    async with office.world.database.read() as tx:
        operator = await tx.operators.find("vera")
    assert operator is not None
    assert not CHEAP.check_needs_rehash(operator.password)
    assert (await office.browser().sign_in()).status == 303


async def test_what_is_stored_is_argon2id_with_the_usual_cost() -> None:
    stored = await Passwords().hash(PASSWORD)
    assert stored.startswith("$argon2id$v=19$m=65536,t=3,p=4$")


async def test_a_broken_hash_lets_nobody_in() -> None:
    assert not (await Passwords(CHEAP).check("", "not a hash")).is_right


async def test_the_inbox_is_closed_after_the_session_even_for_forms(office: Office) -> None:
    browser = await office.signed_in()
    await office.hear()
    path, csrf = await office.path(), await browser.csrf()
    office.world.now += timedelta(days=15)
    answer = await browser.raw_post(f"{path}/close", {"csrf": csrf})
    assert (answer.status, answer.headers["Location"]) == (303, f"/sign-in?next={path}")


async def test_a_forged_sign_in_is_refused(sqlite_office: Office) -> None:
    await sqlite_office.operator()
    answer = await sqlite_office.browser().sign_in(**{"Sec-Fetch-Site": "cross-site"})
    assert answer.status == 403


async def test_what_is_refused_is_written_down_without_what_was_typed(office: Office) -> None:
    await office.operator()
    browser = office.browser(**{"X-From": "198.51.100.7"})
    await browser.sign_in(password="wrong")
    await browser.sign_in("my secret by mistake", "vera")
    await browser.sign_in()
    refused = "was refused: wrong password or login"
    assert await office.acts("Vera") == [refused, "signed in"]
    assert await office.acts("Somebody") == [refused]
    async with office.world.database.read() as tx:
        records = await tx.acts.page(Wanted(), 10)
    assert {one.by.ip for one in records} == {"198.51.100.7"}
    assert "secret" not in str(records)


async def test_guessing_does_not_fill_the_audit_log(sqlite_office: Office) -> None:
    for number in range(110):
        guesser = sqlite_office.browser(**{"X-From": f"198.51.100.{number}"})
        assert (await guesser.sign_in(f"login{number}", "wrong")).status == 401
    assert len(await sqlite_office.acts()) == 100
