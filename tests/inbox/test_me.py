"""/me: what operators set for themselves, and where they are signed in."""

import pytest

from core.roles import Role
from inbox.browsers import browser_of
from tests.inbox.office import PASSWORD, Office

FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0"
NEW = "three calm green teapots"


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        pytest.param(FIREFOX, "Firefox, Windows", id="Firefox"),
        pytest.param(
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, "
            "like Gecko) Version/18.1 Mobile/15E148 Safari/604.1",
            "Safari, iPhone",
            id="Safari on a phone",
        ),
        pytest.param(
            "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) "
            "Chrome/142.0.0.0 YaBrowser/25.10.0.0 Mobile Safari/537.36",
            "Yandex Browser, Android",
            id="a browser that names others too",
        ),
        pytest.param(
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like "
            "Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0",
            "Edge, macOS",
            id="Edge",
        ),
        pytest.param("curl/8.5", "", id="no browser"),
        pytest.param("", "", id="nothing"),
    ],
)
def test_a_browser_in_words(agent: str, words: str) -> None:
    assert browser_of(agent) == words


async def test_name_and_language_are_kept_and_the_language_beats_the_cookie(
    office: Office,
) -> None:
    browser = await office.signed_in()
    await browser.get("/inbox?lang=en")
    answer = await browser.post("/me/profile", {"name": "Вера К", "language": "ru"})
    assert (answer.status, answer.headers["Location"]) == (303, "/me?done=saved")
    page = await browser.get("/me?done=saved")
    assert "Сохранено." in page.seen
    assert 'value="Вера К"' in page.text
    # Wherever they sign in, before any cookie.
    other = await office.signed_in()
    assert '<html lang="ru"' in (await other.get("/inbox")).text
    await browser.get("/inbox?lang=en")
    assert '<html lang="ru"' in (await browser.get("/inbox")).text


async def test_as_the_browser_asks_means_it(sqlite_office: Office) -> None:
    browser = await sqlite_office.signed_in(**{"Accept-Language": "ru"})
    assert '<html lang="en"' in (await browser.get("/inbox?lang=en")).text
    await browser.post("/me/profile", {"name": "Vera", "language": ""})
    assert '<html lang="ru"' in (await browser.get("/inbox")).text


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        pytest.param({"name": " ", "language": ""}, 422, id="no name"),
        pytest.param({"name": "x" * 81, "language": ""}, 422, id="a name that is too long"),
        pytest.param({"name": "Vera", "language": "xx"}, 400, id="a language that pages lack"),
    ],
)
async def test_what_is_no_profile(
    sqlite_office: Office, fields: dict[str, str], status: int
) -> None:
    browser = await sqlite_office.signed_in()
    assert (await browser.post("/me/profile", fields)).status == status


async def test_a_new_password_wants_the_old_one_and_ends_other_sessions(office: Office) -> None:
    browser, other = await office.signed_in(), await office.signed_in()
    wrong = await browser.post("/me/password", {"current": "wrong", "password": NEW})
    assert wrong.status == 403
    assert (await other.get("/inbox")).status == 200
    answer = await browser.post("/me/password", {"current": PASSWORD, "password": NEW})
    assert answer.status == 303
    assert (await browser.get("/inbox")).status == 200
    assert (await other.get("/inbox")).status == 303
    assert (await other.sign_in()).status == 401
    assert (await other.sign_in(password=NEW)).status == 303
    assert "changed the password of Vera" in await office.acts("Vera")


@pytest.mark.parametrize(
    ("password", "said"),
    [
        pytest.param("short", "at least 10", id="short"),
        pytest.param("x" * 1025, "up to 1024", id="endless"),
        pytest.param("Qwerty12345", "Many people have this password", id="usual, in capitals too"),
        pytest.param("aaaaabbbbb", "Many people have this password", id="two letters"),
        pytest.param("Vera-Petrova", "may not be your login", id="the login"),
    ],
)
async def test_passwords_that_are_guessed_first_are_refused(
    sqlite_office: Office, password: str, said: str
) -> None:
    browser = await sqlite_office.signed_in("vera-petrova")
    fields = {"current": PASSWORD, "password": password}
    answer = await browser.post("/me/password", fields, Accept="application/json")
    assert answer.status == 422
    assert said in answer.json["error"]


async def test_guessing_the_old_password_is_slow(sqlite_office: Office) -> None:
    browser = await sqlite_office.signed_in()
    fields = {"current": "wrong", "password": NEW}
    statuses = [(await browser.post("/me/password", fields)).status for _ in range(11)]
    assert statuses == [403] * 10 + [429]


async def test_one_session_is_ended_from_another(office: Office) -> None:
    here = await office.signed_in()
    there = await office.signed_in(**{"User-Agent": FIREFOX, "X-From": "203.0.113.9"})
    page = await here.get("/me")
    assert "Firefox, Windows" in page.seen
    assert "203.0.113.9" in page.seen
    [session] = _digests(page.text)
    assert (await here.post("/me/end-session", {"session": session})).status == 303
    assert (await there.get("/inbox")).status == 303
    assert (await here.get("/inbox")).status == 200


async def test_nobody_ends_the_session_of_somebody_else(sqlite_office: Office) -> None:
    await sqlite_office.signed_in("boris")
    boris = await sqlite_office.signed_in("boris")
    [session] = _digests((await boris.get("/me")).text)
    vera = await sqlite_office.signed_in()
    await vera.post("/me/end-session", {"session": session})
    assert len(_digests((await boris.get("/me")).text)) == 1


async def test_all_others_are_ended_at_once(sqlite_office: Office) -> None:
    here = await sqlite_office.signed_in()
    others = [await sqlite_office.signed_in() for _ in range(3)]
    assert (await here.post("/me/end-others")).status == 303
    assert [(await one.get("/inbox")).status for one in (here, *others)] == [200, 303, 303, 303]


async def test_a_session_that_went_idle_is_not_shown(sqlite_office: Office) -> None:
    await sqlite_office.signed_in(role=Role.ADMIN)
    sqlite_office.world.wait(hours=25)
    here = await sqlite_office.signed_in()
    assert _digests((await here.get("/me")).text) == []


def _digests(page: str) -> list[str]:
    """Of the sessions that can be ended there."""
    return [part.partition('"')[0] for part in page.split('name="session" value="')[1:]]
