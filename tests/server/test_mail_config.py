"""[mail], and when operators are told: every problem with its place."""

from datetime import timedelta
from typing import Any

import pytest

from core.alerts import Way
from server.values import alert_settings_of, mail_of
from tests.server.test_config import TEXT, parsed, problems

MAIL: dict[str, Any] = {"host": "smtp.example.com", "from": "Shop <inbox@example.com>"}


def text(**other: Any) -> str:
    """A configuration with this [mail]; None leaves a setting out."""
    values = {name: one for name, one in {**MAIL, **other}.items() if one is not None}
    lines = [f"{name} = {one!r}" for name, one in values.items()]
    return "\n".join([TEXT, "[mail]", *lines])


@pytest.mark.parametrize(
    ("given", "place", "said"),
    [
        pytest.param({"host": None}, "mail.host", "is missing", id="no host"),
        pytest.param({"from": None}, "mail.from", "is missing", id="no sender"),
        pytest.param({"host": ""}, "mail.host", "smtp.example.com", id="an empty host"),
        pytest.param(
            {"host": "smtp.example.com:25"}, "mail.host", "stands in port", id="a port at the host"
        ),
        pytest.param({"from": "inbox"}, "mail.from", "an address such as", id="no address"),
        pytest.param({"port": 0}, "mail.port", "greater than", id="no port"),
        pytest.param({"security": "ssl"}, "mail.security", "starttls", id="another security"),
        pytest.param({"security": "none"}, "mail.security", "in the clear", id="in the clear"),
        pytest.param({"port": 465}, "mail.security", "write tls", id="TLS's port without it"),
        pytest.param(
            {"port": 587, "security": "tls"}, "mail.security", "write starttls", id="and the other"
        ),
        pytest.param({"user": "u"}, "mail.user", "needs a password", id="no password"),
        pytest.param({"password": "p"}, "mail.password", "needs a user", id="no user"),
        pytest.param(
            {"user": "u", "password": ""}, "mail.password", "is empty", id="an empty password"
        ),
        pytest.param({"pasword": "p"}, "mail.pasword", "is not a setting", id="a misspelt setting"),
    ],
)
def test_what_is_wrong_with_a_mail_server(given: dict[str, Any], place: str, said: str) -> None:
    found = problems(text(**given))
    assert said in found[place], found


@pytest.mark.parametrize(
    ("setting", "place"),
    [
        ("escalate_after = 5", "inbox.escalate_after"),
        ("escalate_after = 0", "inbox.escalate_after"),
        ("alert_after = 0", "inbox.alert_after"),
        ('alert_ways = ["pigeon"]', "inbox.alert_ways[0]"),
    ],
)
def test_what_is_wrong_with_when(setting: str, place: str) -> None:
    assert place in problems(f"{TEXT}\n[inbox]\n{setting}")


def test_what_a_mail_server_is_to_the_mailer() -> None:
    mail = mail_of(parsed(text(user="u", password="secret word", security="tls")))
    assert mail is not None
    assert (mail.host, mail.security, mail.user, mail.password) == (
        "smtp.example.com", "tls", "u", "secret word",
    )  # fmt: skip
    assert "secret word" not in repr(mail)
    assert mail.host_name == "chat.example.com"


def test_what_holds_for_those_who_chose_nothing() -> None:
    usual = alert_settings_of(parsed(TEXT))
    assert (usual.after, usual.ways) == (timedelta(minutes=10), frozenset(Way))
    assert usual.escalate_after is None
    assert mail_of(parsed(TEXT)) is None
    chosen = 'alert_after = 5\nalert_ways = ["mail"]\nescalate_after = 45'
    settings = alert_settings_of(parsed(f"{TEXT}\n[inbox]\n{chosen}"))
    assert (settings.after, settings.ways) == (timedelta(minutes=5), {Way.MAIL})
    assert settings.escalate_after == timedelta(minutes=45)
