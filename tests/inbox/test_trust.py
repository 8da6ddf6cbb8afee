"""Nothing is shown without a session, and nothing is done but from our own pages."""

import pytest

from tests.inbox.office import Office

READS = ["", "/older?before=9"]
ACTS = ["messages", "close", "reopen", "assign", "read", "give-back"]


@pytest.mark.parametrize(
    "path",
    ["/", "/inbox", "/inbox?state=closed", "/inbox/{id}", "/inbox/{id}/older?before=99999999"],
)
async def test_no_page_without_a_session(sqlite_office: Office, path: str) -> None:
    await sqlite_office.hear("a secret of Anna's")
    conversation = await sqlite_office.conversation()
    stranger = sqlite_office.browser()
    answer = await stranger.get(path.replace("{id}", str(conversation.id)))
    assert answer.status == 303
    assert answer.headers["Location"].startswith("/sign-in?next=/")
    assert "secret" not in answer.text


@pytest.mark.parametrize(
    ("path", "accept"),
    [
        pytest.param("/inbox/stream", "text/event-stream", id="a stream"),
        pytest.param("/inbox/files/1/0", "image/*", id="a picture"),
        pytest.param("/inbox/{id}/older?before=99", "application/json", id="our script"),
    ],
)
async def test_programs_without_a_session_are_told_401(
    sqlite_office: Office, path: str, accept: str
) -> None:
    await sqlite_office.hear()
    path = path.replace("{id}", str((await sqlite_office.conversation()).id))
    answer = await sqlite_office.browser().get(path, Accept=accept)
    assert answer.status == 401


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize(
    ("token", "headers", "words"),
    [
        pytest.param(None, {}, "open too long", id="without the page's token"),
        pytest.param("other", {}, "open too long", id="with another session's token"),
        pytest.param(
            "own", {"Sec-Fetch-Site": "cross-site"}, "not come from", id="from another site"
        ),
        pytest.param(
            "own", {"Sec-Fetch-Site": "same-site"}, "not come from", id="from a subdomain"
        ),
        pytest.param(
            "own", {"Origin": "https://evil.example"}, "not come from", id="from an older browser"
        ),
        pytest.param("own", {"Origin": "null"}, "not come from", id="from a sandboxed frame"),
    ],
)
async def test_a_forged_form_does_nothing(
    sqlite_office: Office, act: str, token: str | None, headers: dict[str, str], words: str
) -> None:
    office = sqlite_office
    await office.hear()
    path, browser = await office.path(), await office.signed_in()
    fields = {"text": "forged", "key": "forged-key", "assignee": "me"}
    if token == "own":
        fields["csrf"] = await browser.csrf()
    elif token == "other":
        fields["csrf"] = await (await office.signed_in("boris")).csrf()
    before = await office.conversation()
    answer = await browser.raw_post(f"{path}/{act}", fields, **headers)
    assert (answer.status, words in answer.seen) == (403, True)
    assert await office.conversation() == before
    assert await office.world.said() == []


@pytest.mark.parametrize(
    "headers", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}]
)
async def test_another_site_cannot_sign_somebody_in(
    sqlite_office: Office, headers: dict[str, str]
) -> None:
    await sqlite_office.operator()
    answer = await sqlite_office.browser().sign_in(**headers)
    assert (answer.status, "Set-Cookie" in answer.headers) == (403, False)


async def test_our_own_pages_may(sqlite_office: Office) -> None:
    await sqlite_office.operator()
    for headers in ({"Sec-Fetch-Site": "same-origin"}, {"Origin": sqlite_office.url}):
        assert (await sqlite_office.browser().sign_in(**headers)).status == 303


@pytest.mark.parametrize(
    "kind",
    ["multipart/form-data; boundary=x", "text/plain", "application/json"],
)
async def test_only_plain_forms_are_read(sqlite_office: Office, kind: str) -> None:
    browser = await sqlite_office.signed_in()
    answer = await browser._call("POST", "/sign-out", data=b"--x", headers={"Content-Type": kind})
    assert answer.status == 415


@pytest.mark.parametrize("body", [b"csrf=%ff%fe\xff", b"a=1;charset", b"csrf=" + b"x" * 900_000])
async def test_a_broken_form_is_refused_in_words(sqlite_office: Office, body: bytes) -> None:
    browser = await sqlite_office.signed_in()
    form = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "text/html"}
    answer = await browser._call("POST", "/sign-out", data=body, headers=form)
    assert answer.status in (400, 403)
    assert "nothing was done" in answer.seen.lower()


async def test_pages_allow_no_foreign_and_no_inline_script(sqlite_office: Office) -> None:
    browser = await sqlite_office.signed_in()
    answer = await browser.get("/inbox")
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert (answer.headers["Cache-Control"], "style=" in answer.text) == ("no-store", False)


@pytest.mark.parametrize(
    ("name", "status"),
    [("inbox.css", 200), ("inbox.js", 200), ("icons.svg", 200), ("..%2fpages.py", 404), ("x", 404)],
)
async def test_the_pages_files_are_served_and_no_others(
    sqlite_office: Office, name: str, status: int
) -> None:
    got = await sqlite_office.browser().get(f"/static/inbox/1/{name}")
    assert (got.status, got.headers.get("Cache-Control", "")) in ((status, "no-cache"), (404, ""))
