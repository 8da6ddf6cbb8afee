"""What the values of a configuration must be to each other."""

import re
from collections.abc import Iterable, Iterator
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from core.origins import origin_of
from server.account_check import check_account
from server.config import Config, HoursConfig, MediaConfig, SiteConfig, SiteKeyConfig, Texts
from server.hooks_check import check_webhooks
from server.mail_check import check_mail

_SHORTEST_SECRET = 32
_LAST_PORT = 65_535
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
SQLITE = "sqlite:///"
_POSTGRESQL = re.compile(
    r"(?:postgresql|postgres)://(?:[^:/]*(?::[^@]*)?@)?"
    r"(?:\[[0-9a-fA-F:.]+\]|[^/:@]*)(?::\d{1,5})?/[^?/]+(?:\?.*)?"
)

Found = Iterator[tuple[str, str]]


def check(config: Config) -> Found:
    """Every (place, problem)."""
    if len(config.secret.get_secret_value().encode()) < _SHORTEST_SECRET:
        message = f"must have at least {_SHORTEST_SECRET} bytes; `openssl rand -hex 32` makes one"
        yield "secret", message
    for name, url in (("database", config.database), ("database_listen", config.database_listen)):
        if url is not None and not _is_database(url):
            must = "must be sqlite:///path/to/file or postgresql://user:password@host/name"
            yield name, must
    for name in ("listen", "metrics_listen"):
        place = getattr(config, name)
        if place and not 1 <= int(place.rpartition(":")[2]) <= _LAST_PORT:
            yield name, f"a port is a number from 1 to {_LAST_PORT}"
    for name in ("sites", "topics", "accounts"):
        yield from _unique(name, (one.id for one in getattr(config, name)))
    yield from _media(config.media)
    if config.mail is not None:
        yield from check_mail(config.mail)
    if (after := config.inbox.escalate_after) is not None and after < config.inbox.alert_after:
        yield "inbox.escalate_after", "must not come before alert_after, which tells the operator"
    if config.inbox.hours is not None:
        yield from _hours(config.inbox.hours, config)
    for number, topic in enumerate(config.topics):
        place = f"topics[{number}]"
        yield from _languages(f"{place}.title", topic.title, config)
        if topic.consent is not None:
            yield from _languages(f"{place}.consent", topic.consent, config)
    for number, site in enumerate(config.sites):
        yield from _site(f"sites[{number}]", site, config)
    bots: dict[str, str] = {}
    for number, account in enumerate(config.accounts):
        # A bot has one webhook: the second account would take it from the first.
        bot = account.token.get_secret_value().partition(":")[0]
        first = bots.setdefault(bot, account.id)
        if bot and first != account.id:
            yield f"accounts[{number}].token", f"is the bot of the account {first!r} already"
        yield from check_account(f"accounts[{number}]", account, config)


def _media(media: MediaConfig) -> Found:
    if not media.store.startswith("s3://"):
        if "://" in media.store:
            yield "media.store", "must be a folder or s3://bucket/prefix"
        return
    if not media.store.removeprefix("s3://").partition("/")[0]:
        yield "media.store", "names no bucket; write s3://bucket or s3://bucket/prefix"
    if (media.access_key is None) != (media.secret_key is None):
        yield "media", "needs both access_key and secret_key, or neither"


def _hours(hours: HoursConfig, config: Config) -> Found:
    yield from _timezone("inbox.hours.timezone", hours.timezone)
    yield from _languages("inbox.hours.text", hours.text, config)
    if not any(hours.week):
        yield "inbox.hours", "has no hours; write mon = ['09:00-18:00'] and so on"
    for day, stretches in zip(_DAYS, hours.week, strict=True):
        last = ""
        for number, one in enumerate(stretches):
            start, _, end = one.partition("-")
            # Times of day written alike are in the order of their texts.
            if not last <= start < end:
                problem = "must begin after the one before it, and end later the same day"
                yield f"inbox.hours.{day}[{number}]", problem
            last = end


def _timezone(place: str, name: str) -> Found:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        yield place, f"{name!r} is no time zone; write Europe/Moscow"


def _is_database(url: str) -> bool:
    if url.startswith(SQLITE):
        path = url.removeprefix(SQLITE).partition("?")[0]
        return bool(path.strip()) and path != ":memory:" and not path.endswith("/")
    return _POSTGRESQL.fullmatch(url) is not None


def _unique(place: str, ids: Iterable[str]) -> Found:
    seen: set[str] = set()
    for number, id_ in enumerate(ids):
        if id_ in seen:
            yield f"{place}[{number}].id", f"{id_!r} is there twice"
        seen.add(id_)


def _languages(place: str, texts: Texts, config: Config) -> Found:
    for language in config.languages:
        if not texts.get(language, "").strip():
            yield f"{place}.{language}", f"the text in {language!r} is missing"


def _site(place: str, site: SiteConfig, config: Config) -> Found:
    yield from _timezone(f"{place}.timezone", site.timezone)
    classes = {topic.id: topic.cls for topic in config.topics}
    for number, topic in enumerate(site.default_topics):
        where = f"{place}.default_topics[{number}]"
        if topic not in classes:
            yield where, f"there is no topic {topic!r}"
        elif classes[topic] != "service":
            yield where, f"{topic!r} is marketing, which nobody may be subscribed to by default"
    for number, origin in enumerate(site.origins):
        # With a trailing slash it is taken: everybody copies it from the address bar so.
        if not origin_of(origin) or urlsplit(origin).path not in ("", "/"):
            must = "must be an origin such as https://shop.example.com, without a path"
            yield f"{place}.origins[{number}]", must
    yield from _unique_kids(place, site)
    for number, key in enumerate(site.keys):
        yield from _key(f"{place}.keys[{number}]", key)
    yield from check_webhooks(f"{place}.webhooks", site.webhooks, config.egress_allow)


def _unique_kids(place: str, site: SiteConfig) -> Found:
    seen: set[str] = set()
    for number, key in enumerate(site.keys):
        if key.kid in seen:
            yield f"{place}.keys[{number}].kid", f"{key.kid!r} is there twice"
        seen.add(key.kid)


def _key(place: str, key: SiteKeyConfig) -> Found:
    if key.alg == "HS256":
        if key.secret is None or not key.secret.get_secret_value():
            yield f"{place}.secret", "HS256 needs a secret"
        elif len(key.secret.get_secret_value().encode()) < _SHORTEST_SECRET:
            yield f"{place}.secret", f"must have at least {_SHORTEST_SECRET} bytes"
        if key.public_key is not None:
            yield f"{place}.public_key", "HS256 has no public key; write the algorithm in alg"
    else:
        if key.secret is not None:
            yield f"{place}.secret", f"{key.alg} has no secret here, only a public_key"
        if not key.public_key or "PUBLIC KEY" not in key.public_key:
            yield f"{place}.public_key", f"{key.alg} needs the public key in PEM form"
