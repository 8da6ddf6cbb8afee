"""/me/alerts: where operators set how they are told, and only for themselves."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from core.inbound import Started
from core.roles import Role
from tests.inbox.away import HERE, PHONE, Away, code_in, open_away, token_in
from tests.inbox.office import Office
from tests.world import BORIS


@pytest.fixture
async def away(sqlite_url: str, tmp_path: Path) -> AsyncIterator[Away]:
    async with open_away(sqlite_url, tmp_path) as away:
        yield away


async def test_what_is_chosen_stays(away: Away) -> None:
    browser = await away.office.signed_in()
    page = await browser.get(HERE)
    assert page.text.count(" checked") == 4, "whose, and the three usual ways"
    assert 'value="10"' in page.text
    fields = {"after": "45", "whose": "mine", "way_mail": "yes", "shows_text": "yes"}
    answer = await browser.post(f"{HERE}/wishes", fields)
    assert answer.headers["Location"] == f"{HERE}?done=saved"
    page = await browser.get(HERE)
    checked = set(re.findall(r'name="(\w+)" value="\w+" checked', page.text))
    assert checked == {"whose", "way_mail", "shows_text"}
    assert 'value="mine" checked' in page.text
    assert 'value="45"' in page.text


@pytest.mark.parametrize(
    "after", ["", "0", "-5", "soon", "10001", "9" * 5000, "0" * 9 + "1" + "9" * 30, "1.5"]
)
async def test_what_is_no_number_of_minutes(away: Away, after: str) -> None:
    browser = await away.office.signed_in()
    answer = await browser.post(f"{HERE}/wishes", {"after": after}, Accept="application/json")
    assert answer.status == 422
    assert answer.json["error"] == "Write a number of minutes from 1 to 10000."


async def test_a_browser_is_added_listed_and_ended(away: Away) -> None:
    browser = await away.office.signed_in(
        **{"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"}
    )
    taken = away.push.browser()
    for _ in range(2):
        # The second time is a page that tells it again.
        await browser.post(f"{HERE}/push", taken.fields)
    page = await browser.get(HERE)
    assert "Firefox, Linux this one" in page.seen
    [digest] = _browsers(page.text)
    assert taken.endpoint not in page.text
    answer = await browser.post(f"{HERE}/end-push", {"browser": digest})
    assert answer.headers["Location"] == f"{HERE}?done=push_is_off"
    assert _browsers((await browser.get(HERE)).text) == []
    assert await away.office.acts("Vera") == [
        "signed in",
        "turned notifications on in a browser: Firefox, Linux",
        "turned notifications off in a browser",
    ]


async def test_a_new_place_of_the_same_browser_takes_the_place_of_the_old(away: Away) -> None:
    browser = await away.office.signed_in()
    for place in ("one", "two"):
        await browser.post(f"{HERE}/push", away.push.browser(place).fields)
    assert len(_browsers((await browser.get(HERE)).text)) == 1


async def test_whoever_signs_in_next_on_a_browser_takes_it_over(away: Away) -> None:
    """One place cannot belong to two: what is left there would be shown to whoever looks."""
    vera, boris = await away.office.signed_in(), await away.office.signed_in("boris")
    place = away.push.browser()
    await vera.post(f"{HERE}/push", place.fields)
    await boris.post(f"{HERE}/push", place.fields)
    assert _browsers((await vera.get(HERE)).text) == []
    assert len(_browsers((await boris.get(HERE)).text)) == 1


async def test_nobody_ends_somebody_elses(away: Away) -> None:
    await away.with_push()
    await away.with_messenger()
    [digest] = _browsers((await away.office.browsers[0].get(HERE)).text)
    boris = await away.office.signed_in("boris")
    await boris.post(f"{HERE}/end-push", {"browser": digest})
    address = await away.office.world.address(PHONE)
    await boris.post(f"{HERE}/unlink", {"address": str(address.id)})
    page = (await away.office.browsers[0].get(HERE)).text
    assert len(_browsers(page)) == 1
    assert f'name="address" value="{address.id}"' in page


@pytest.mark.parametrize(
    "endpoint",
    [
        pytest.param("https://169.254.169.254/latest/meta-data", id="a cloud's metadata"),
        pytest.param("https://10.0.0.1/", id="a private network"),
        pytest.param("http://push.example.com/1", id="in the clear"),
    ],
)
async def test_a_place_inside_our_network_is_not_taken(away: Away, endpoint: str) -> None:
    browser = await away.office.signed_in()
    fields = {**away.push.browser().fields, "endpoint": endpoint}
    answer = await browser.post(f"{HERE}/push", fields, Accept="application/json")
    assert answer.status == 422
    assert _browsers((await browser.get(HERE)).text) == []


@pytest.mark.parametrize(
    "name",
    ["wishes", "push", "end-push", "messenger", "unlink", "email", "confirm", "test"],
)
async def test_only_ones_own_page_may_ask_for_it(away: Away, name: str) -> None:
    browser = await away.office.signed_in()
    assert (await browser.raw_post(f"{HERE}/{name}", {})).status == 403
    stranger = away.office.browser()
    assert (await stranger.raw_post(f"{HERE}/{name}", {})).status == 303


async def test_a_messenger_is_linked_and_unlinked(away: Away) -> None:
    browser = await away.with_messenger()
    page = await browser.get(HERE)
    assert "Telegram Anna" in page.seen
    address = await away.office.world.address(PHONE)
    answer = await browser.post(f"{HERE}/unlink", {"address": str(address.id)})
    assert answer.headers["Location"] == f"{HERE}?done=messenger_is_off"
    assert (await away.office.world.address(PHONE)).operator is None
    assert (await away.office.acts("Vera"))[1:] == [
        "linked their own messenger: Telegram",
        "unlinked their own messenger: Telegram",
    ]


async def test_the_link_is_good_once(away: Away) -> None:
    browser = await away.office.signed_in()
    page = await browser.post(f"{HERE}/messenger", {"account": "shop-tg"})
    assert "<svg" in page.text
    code = code_in(page.text)
    for user in (PHONE, BORIS):
        await away.office.tell(Started(code), user=user)
    assert (await away.office.world.address(PHONE)).operator == await away.id()
    assert (await away.office.world.address(BORIS)).operator is None


async def test_an_account_that_is_none_is_not_linked(away: Away) -> None:
    browser = await away.office.signed_in()
    assert (await browser.post(f"{HERE}/messenger", {"account": "other"})).status == 400


async def test_an_address_counts_once_it_is_confirmed(away: Away) -> None:
    browser = await away.office.signed_in()
    await browser.post(f"{HERE}/email", {"email": " Vera@Example.com "})
    [(_, receivers, mail)] = away.mail.taken
    assert receivers == ["Vera@example.com"]
    assert "Not confirmed" in (await browser.get(HERE)).seen
    token = token_in(mail)
    boris = await away.office.signed_in("boris")
    assert (await boris.post(f"{HERE}/confirm", {"token": token})).status == 409
    assert "Confirm" in (await browser.get(f"{HERE}?confirm={token}")).seen
    answer = await browser.post(f"{HERE}/confirm", {"token": token})
    assert answer.headers["Location"] == f"{HERE}?done=mail_is_confirmed"
    page = (await browser.get(HERE)).seen
    assert "Confirmed" in page
    assert "Not confirmed" not in page
    await browser.post(f"{HERE}/email", {"email": "other@example.com"})
    assert (await browser.post(f"{HERE}/confirm", {"token": token})).status == 409
    await browser.post(f"{HERE}/email", {"email": ""})
    assert "onfirmed" not in (await browser.get(HERE)).seen
    assert "other@example.com" not in " ".join(await away.office.acts())


async def test_whoever_is_disabled_leaves_no_mailbox_behind(away: Away) -> None:
    await away.with_mail()
    admin, vera = await away.office.signed_in("ada", Role.ADMIN), await away.id()
    assert (await admin.post(f"/people/{vera}/disable")).status == 303
    async with away.office.world.database.read() as tx:
        wishes = await tx.wishes.of(vera)
    assert (wishes.email, wishes.email_confirmed_at) == ("", None)


async def test_a_mail_server_that_takes_nothing_is_told(away: Away) -> None:
    away.mail.answer = "550 no"
    browser = await away.office.signed_in()
    fields = {"email": "vera@example.com"}
    answer = await browser.post(f"{HERE}/email", fields, Accept="application/json")
    assert answer.status == 502
    assert "did not take it" in answer.json["error"]


@pytest.mark.parametrize("email", ["vera", "vera@localhost", "a@example.com, b@example.com"])
async def test_what_is_no_address(away: Away, email: str) -> None:
    browser = await away.office.signed_in()
    answer = await browser.post(f"{HERE}/email", {"email": email}, Accept="application/json")
    assert (answer.status, answer.json["error"]) == (422, "This is no e-mail address.")
    assert away.mail.taken == []


async def test_nobody_sends_mails_to_others_without_end(away: Away) -> None:
    browser = await away.office.signed_in()
    statuses = [
        (await browser.post(f"{HERE}/email", {"email": f"v{n}@example.com"})).status
        for n in range(11)
    ]
    assert statuses == [303] * 10 + [429]


async def test_each_way_can_be_tried(away: Away) -> None:
    phone = await away.with_push()
    await away.with_messenger()
    browser = await away.with_mail()
    for way in ("push", "messenger", "mail"):
        answer = await browser.post(f"{HERE}/test", {"way": way})
        assert answer.headers["Location"] == f"{HERE}?done=test_is_sent"
    text = "This is a trial: so you will be told that somebody waits."
    assert [one["body"] for one in phone.shown()] == [text]
    assert (await away.written())[-1] == text
    assert away.mail.taken[-1][2].get_content().strip() == text


async def test_what_is_not_set_up_cannot_be_tried(away: Away) -> None:
    browser = await away.office.signed_in()
    for way in ("push", "pigeon", ""):
        assert (await browser.post(f"{HERE}/test", {"way": way})).status == 409
    await away.with_push()
    away.push.status = 403
    answer = await browser.post(f"{HERE}/test", {"way": "push"}, Accept="application/json")
    assert answer.status == 502
    assert "(refused: 403)" in answer.json["error"]
    away.push.status = 500
    answer = await browser.post(f"{HERE}/test", {"way": "push"}, Accept="application/json")
    assert (answer.status, "Try again later" in answer.json["error"]) == (503, True)


async def test_without_a_mail_server_there_is_no_mail(sqlite_office: Office) -> None:
    browser = await sqlite_office.signed_in()
    page = await browser.get(HERE)
    assert 'name="email"' not in page.text
    assert 'name="way_mail"' not in page.text
    assert (await browser.post(f"{HERE}/email", {"email": "v@example.com"})).status == 400


async def test_both_languages_show_the_page(sqlite_office: Office) -> None:
    browser = await sqlite_office.signed_in()
    assert "Когда вас нет на месте" in (await browser.get(f"{HERE}?lang=ru")).seen
    assert "Away from the desk" in (await browser.get(f"{HERE}?lang=en")).seen


def _browsers(page: str) -> list[str]:
    return re.findall(r'name="browser" value="(\w+)"', page)
