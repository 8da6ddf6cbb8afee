"""Mail to operators, against a real mail server."""

from pathlib import Path
from typing import Any

import pytest

from inbox.mailing import Mailer, MailPutOff, MailRefused, MailSettings, NotAnAddress, mailbox_of
from tests.mail_server import PASSWORD, USER, MailDouble, mail_server
from tests.world import NOW


def mailer(double: MailDouble, security: str, **other: Any) -> Mailer:
    values: dict[str, Any] = {
        "host": "127.0.0.1",
        "port": double.port,
        "sender": "Чайная <inbox@example.com>",
        "security": security,
        "user": USER if security != "none" else "",
        "password": PASSWORD if security != "none" else "",
        "host_name": "chat.example.com",
        "tls": double.trusted,
    }
    return Mailer(MailSettings(**{**values, **other}), lambda: NOW)


@pytest.mark.parametrize("security", ["starttls", "tls", "none"])
async def test_a_mail_arrives_as_it_was_written(tmp_path: Path, security: str) -> None:
    async with mail_server(tmp_path, security) as double:
        await mailer(double, security).send("vera@example.com", "Ждут ответа", "Раз\nдва\n")
        [(sender, receivers, mail)] = double.taken
    assert (sender, receivers) == ("inbox@example.com", ["vera@example.com"])
    assert mail["From"] == "Чайная <inbox@example.com>"
    assert (mail["To"], mail["Subject"]) == ("vera@example.com", "Ждут ответа")
    assert mail["Message-ID"].endswith("@chat.example.com>")
    assert (mail["Auto-Submitted"], mail["Date"]) == (
        "auto-generated", "Sun, 22 Nov 2026 12:00:00 +0000",
    )  # fmt: skip
    assert mail.get_content().splitlines() == ["Раз", "два"]
    assert double.sign_ins == (security != "none")


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        pytest.param("550 no such mailbox", MailRefused, id="there is nobody"),
        pytest.param("450 greylisted", MailPutOff, id="come again later"),
    ],
)
async def test_what_a_mail_server_may_answer(
    tmp_path: Path, answer: str, error: type[Exception]
) -> None:
    async with mail_server(tmp_path, "none") as double:
        double.answer = answer
        with pytest.raises(error, match=answer[:3]):
            await mailer(double, "none").send("vera@example.com", "Subject", "Text")


async def test_a_wrong_password_is_mended_by_somebody(tmp_path: Path) -> None:
    async with mail_server(tmp_path, "starttls") as double:
        wrong = mailer(double, "starttls", password="wrong")
        with pytest.raises(MailPutOff, match="sign-in refused"):
            await wrong.send("vera@example.com", "Subject", "Text")


async def test_a_server_that_is_not_there_is_tried_later(tmp_path: Path) -> None:
    async with mail_server(tmp_path, "none") as double:
        gone = mailer(double, "none", port=9)
    with pytest.raises(MailPutOff):
        await gone.send("vera@example.com", "Subject", "Text")


async def test_a_certificate_that_nobody_vouches_for_is_refused(tmp_path: Path) -> None:
    async with mail_server(tmp_path, "tls") as double:
        with pytest.raises(MailPutOff):
            await mailer(double, "tls", tls=None).send("vera@example.com", "Subject", "Text")
    assert double.taken == []


async def test_no_password_goes_in_the_clear_where_tls_is_asked_for(tmp_path: Path) -> None:
    async with mail_server(tmp_path, "none") as double:
        with pytest.raises(MailPutOff):
            await mailer(double, "starttls").send("vera@example.com", "Subject", "Text")
    assert (double.taken, double.sign_ins) == ([], 0)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param("vera", id="no domain"),
        pytest.param("vera@localhost", id="a domain of this machine"),
        pytest.param("vera@[127.0.0.1]", id="an address of a machine"),
        pytest.param("vera@example.com\nBcc: all@example.com", id="another header"),
        pytest.param("a@example.com, b@example.com", id="two"),
        pytest.param("x" * 250 + "@example.com", id="endless"),
    ],
)
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(NotAnAddress):
        mailbox_of(text)
