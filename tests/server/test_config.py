"""parley.toml: every problem at once, each with its place; secrets are never shown."""

import tomllib
from datetime import timedelta
from pathlib import Path

import pytest

from core.hearing import Flood
from server.config import Config
from server.config_read import BadConfig, parse_config, read_config
from server.values import flood_of
from tests.server.parley import ACCOUNT, BOT_TOKEN, ENVIRONMENT, SERVER_SECRET, SHOP, SHOP_SECRET

FILE = Path("/etc/parley/parley.toml")
TEXT = SHOP.format(database="sqlite:///var/parley.db") + ACCOUNT


def parsed(text: str, environment: dict[str, str] | None = None) -> Config:
    return parse_config(
        tomllib.loads(text), FILE, ENVIRONMENT if environment is None else environment
    )


def problems(text: str, environment: dict[str, str] | None = None) -> dict[str, str]:
    """Place → what is wrong there."""
    with pytest.raises(BadConfig) as caught:
        parsed(text, environment)
    return {problem.place: problem.message for problem in caught.value.problems}


@pytest.mark.parametrize(
    ("before", "after", "place", "said"),
    [
        pytest.param(
            'secret = "${PARLEY_SECRET}"', "", "secret", "is missing", id="a setting that must be"
        ),
        pytest.param(
            'secret = "${PARLEY_SECRET}"',
            'secret = "short"',
            "secret",
            "at least 32 bytes",
            id="a short secret, with the command that makes one",
        ),
        pytest.param(
            "public_url", "public_urll", "public_urll", "is not a setting", id="a misspelt setting"
        ),
        pytest.param(
            'public_url = "https://chat.example.com"',
            'public_url = "chat.example.com"',
            "public_url",
            "such as https://",
            id="an address without https://",
        ),
        pytest.param(
            "https://chat",
            "http://chat",
            "public_url",
            "https only",
            id="Telegram calls https only",
        ),
        pytest.param(
            "sqlite:///var/parley.db",
            "mysql://x/y",
            "database",
            "sqlite:///",
            id="another database",
        ),
        pytest.param(
            "sqlite:///var/parley.db", "sqlite:///", "database", "sqlite:///", id="no file named"
        ),
        pytest.param(
            "sqlite:///var/parley.db",
            "postgresql://a:b@host:port/x",
            "database",
            "postgresql://user",
            id="a database port that is no number",
        ),
        pytest.param(
            'id = "shop-tg"', 'id = "Shop TG"', "accounts[0].id", "a-z 0-9", id="an id with spaces"
        ),
        pytest.param(
            'channel = "telegram"',
            'channel = "icq"',
            "accounts[0].channel",
            "telegram",
            id="a messenger that there is not",
        ),
        pytest.param(
            "${BOT_TOKEN}", "abc", "accounts[0].token", "@BotFather", id="what is no bot's token"
        ),
        pytest.param(
            "${BOT_TOKEN}", "7:токен", "accounts[0].token", "@BotFather", id="another alphabet's"
        ),
        pytest.param(
            "secret-of-the-webhook",
            "has spaces in it",
            "accounts[0].webhook_secret",
            "A-Z a-z 0-9",
            id="a webhook secret that Telegram refuses",
        ),
        pytest.param(
            'webhook_secret = "secret-of-the-webhook"',
            "",
            "accounts[0].webhook_secret",
            "openssl",
            id="a webhook without its secret",
        ),
        pytest.param(
            'username = "shop_bot"',
            'username = "shop_bot"\nsite = "nowhere"',
            "accounts[0].site",
            "no site 'nowhere'",
            id="an account of a site that there is not",
        ),
        pytest.param(
            'default_topics = ["orders"]',
            'default_topics = ["promo"]',
            "sites[0].default_topics[0]",
            "marketing",
            id="advertising that nobody asked for",
        ),
        pytest.param(
            'default_topics = ["orders"]',
            'default_topics = ["orders"]\norigins = ["https://a.example", "https://b.example/x"]',
            "sites[0].origins[1]",
            "without a path",
            id="an origin with a path",
        ),
        pytest.param(
            'default_topics = ["orders"]',
            'default_topics = ["orders"]\ntimezone = "Mars/Olympus"',
            "sites[0].timezone",
            "no time zone",
            id="a time zone that there is not",
        ),
        pytest.param(
            "${SHOP_SECRET}",
            "short",
            "sites[0].keys[0].secret",
            "at least 32 bytes",
            id="a site's key that can be guessed",
        ),
        pytest.param(
            'alg = "HS256"',
            'alg = "RS256"',
            "sites[0].keys[0].public_key",
            "PEM",
            id="a public-key algorithm without the public key",
        ),
        pytest.param(
            'alg = "HS256"',
            'alg = "none"',
            "sites[0].keys[0].alg",
            "HS256",
            id="no algorithm at all",
        ),
        pytest.param(
            ', ru = "Статусы заказов"',
            "",
            "topics[0].title.ru",
            "missing",
            id="a title that lacks a language",
        ),
        pytest.param(
            'id = "promo"', 'id = "orders"', "topics[1].id", "twice", id="one id for two topics"
        ),
        pytest.param(
            'class = "service"',
            'class = "spam"',
            "topics[0].class",
            "marketing",
            id="a third class",
        ),
        pytest.param(
            'database = "', 'listen = ":99999"\ndatabase = "', "listen", "65535", id="no such port"
        ),
        pytest.param(
            "[[accounts]]",
            ACCOUNT.replace("shop-tg", "other") + "\n[[accounts]]",
            "accounts[1].token",
            "'other'",
            id="one bot as two accounts, which would take the webhook from each other",
        ),
    ],
)
def test_each_problem_is_told_with_its_place(
    before: str, after: str, place: str, said: str
) -> None:
    assert before in TEXT
    found = problems(TEXT.replace(before, after, 1))
    assert place in found
    assert said in found[place]


OTHERS = {
    "vk": 'group_id = 123\ngroup_name = "shopclub"\nreceive = "polling"',
    "viber": 'uri = "shopbot"\nname = "Shop"',
    "max": 'username = "shop_bot"\nreceive = "polling"',
}


def other(channel: str, token: str) -> str:
    """The file with one account more."""
    about = f'id = "other"\nchannel = "{channel}"\n{OTHERS[channel]}\ntoken = "{token}"'
    return f"{TEXT}\n[[accounts]]\n{about}\n"


@pytest.mark.parametrize("channel", OTHERS)
@pytest.mark.parametrize(
    "token",
    [
        pytest.param("two words-mark", id="with a blank"),
        pytest.param("one-word-mark\\n", id="with the end of a line"),
        pytest.param("токен-mark", id="of other letters"),
    ],
)
def test_a_token_that_fits_into_no_header_is_told(channel: str, token: str) -> None:
    found = problems(other(channel, token))
    assert set(found) == {"accounts[1].token"}
    assert "one long word" in found["accounts[1].token"]
    assert "mark" not in found["accounts[1].token"]


@pytest.mark.parametrize("channel", OTHERS)
def test_a_token_of_one_word_is_taken(channel: str) -> None:
    assert parsed(other(channel, "vk1.a.s3cret-T0ken_=")).accounts[1].channel == channel


@pytest.mark.parametrize(
    "proxy",
    [
        pytest.param("socks4://me:pw-mark@host:1080", id="of another kind"),
        pytest.param("https://me:pw-mark@host:3128", id="under TLS"),
        pytest.param("http://me:pw-mark@host", id="without a port"),
        pytest.param("socks5://me:pw-mark@:1080", id="without a host"),
        pytest.param("http://me:pw-mark@host:many", id="with a port that is no number"),
        pytest.param("me:pw-mark@host:3128", id="that is no URL"),
    ],
)
def test_a_proxy_that_is_none_is_told_and_not_quoted(proxy: str) -> None:
    found = problems(TEXT + f'proxy = "{proxy}"\n')
    assert set(found) == {"accounts[0].proxy"}
    assert "http://host:3128" in found["accounts[0].proxy"]
    assert "mark" not in found["accounts[0].proxy"]


@pytest.mark.parametrize("proxy", ["http://host:3128", "socks5://me:pw@host:1080"])
def test_a_proxy_is_taken(proxy: str) -> None:
    assert parsed(TEXT + f'proxy = "{proxy}"\n').accounts[0].proxy == proxy


def test_a_sound_file_is_read_and_its_paths_are_relative_to_it() -> None:
    config = parsed(TEXT.replace('database = "', 'flows = "flows"\ndatabase = "'))
    assert config.database == "sqlite:////etc/parley/var/parley.db"
    assert config.flows == "/etc/parley/flows"
    assert config.accounts[0].token.get_secret_value() == BOT_TOKEN


@pytest.mark.parametrize(
    ("settings", "flood"),
    [
        pytest.param("", Flood(30, timedelta(minutes=1), timedelta(minutes=15)), id="by itself"),
        pytest.param(
            "flood_messages = 9\nflood_seconds = 5\nmute_minutes = 60",
            Flood(9, timedelta(seconds=5), timedelta(hours=1)),
            id="as it is set",
        ),
        pytest.param("flood_messages = 0", None, id="nobody is muted"),
    ],
)
def test_when_somebody_floods_us(settings: str, flood: Flood | None) -> None:
    assert flood_of(parsed(f"{TEXT}\n[inbox]\n{settings}")) == flood


def test_the_spelling_of_some_hosts_means_postgresql() -> None:
    config = parsed(TEXT.replace("sqlite:///var/parley.db", "postgres://u:p@db:5432/parley"))
    assert config.database == "postgresql://u:p@db:5432/parley"


def test_all_problems_are_told_at_once() -> None:
    text = TEXT.replace("${BOT_TOKEN}", "abc").replace("https://", "http://")
    text = text.replace('default_topics = ["orders"]', 'default_topics = ["gone", "promo"]')
    assert set(problems(text)) >= {
        "accounts[0].token",
        "public_url",
        "sites[0].default_topics[0]",
        "sites[0].default_topics[1]",
    }


def test_a_variable_that_is_not_set_is_named_once_for_its_place() -> None:
    found = problems(TEXT, {"PARLEY_SECRET": SERVER_SECRET, "SHOP_SECRET": ""})
    assert found == {
        "sites[0].keys[0].secret": "the environment variable SHOP_SECRET is not set or empty",
        "accounts[0].token": "the environment variable BOT_TOKEN is not set or empty",
    }


@pytest.mark.parametrize(
    "environment",
    [
        pytest.param(
            {**ENVIRONMENT, "SHOP_SECRET": "too-short-mark"}, id="a key that is too short"
        ),
        pytest.param({**ENVIRONMENT, "BOT_TOKEN": "bad-token-mark"}, id="a token that is none"),
        pytest.param({**ENVIRONMENT, "PARLEY_SECRET": "short-mark"}, id="a secret that is short"),
    ],
)
def test_a_problem_never_quotes_a_secret(environment: dict[str, str]) -> None:
    said = " ".join(problems(TEXT, environment).values())
    for value in environment.values():
        assert value not in said


def test_a_configuration_that_is_printed_shows_no_secret() -> None:
    shown = repr(parsed(TEXT))
    for value in (SERVER_SECRET, SHOP_SECRET, BOT_TOKEN, "secret-of-the-webhook"):
        assert value not in shown


@pytest.mark.parametrize(
    ("content", "said"),
    [
        pytest.param(None, "no such file", id="no file"),
        pytest.param(b"a = ", "is not TOML", id="no TOML"),
        pytest.param(b"a = '\xff'", "cannot be read", id="no UTF-8"),
    ],
)
def test_a_file_that_cannot_be_read_is_told_in_words(
    tmp_path: Path, content: bytes | None, said: str
) -> None:
    file = tmp_path / "parley.toml"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(BadConfig, match=said):
        read_config(file, {})
