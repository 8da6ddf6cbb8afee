"""What the webhooks of a site must be: where they lead, and what they are signed with."""

from collections.abc import Collection, Iterator, Sequence
from urllib.parse import urlsplit

from pydantic import SecretStr

from core.hooks import SHORTEST_SECRET, HookType, secret_bytes
from dialogues.egress_rules import Forbidden, check_url
from server.config import WebhookConfig

Found = Iterator[tuple[str, str]]


def check_webhooks(
    place: str, webhooks: Sequence[WebhookConfig], allowed: Collection[str]
) -> Found:
    """Every (place, problem)."""
    seen: set[str] = set()
    for number, one in enumerate(webhooks):
        here = f"{place}[{number}]"
        if one.url in seen:
            yield f"{here}.url", "is there twice; name all its events in one"
        seen.add(one.url)
        yield from _url(f"{here}.url", one.url, allowed)
        yield from _secret(f"{here}.secret", one.secret)
        if one.secret_before is not None:
            yield from _secret(f"{here}.secret_before", one.secret_before)
        if one.events == ():
            yield f"{here}.events", "names none; leave it out to hear of all"
        if one.events is not None and HookType.TEST in one.events:
            yield f"{here}.events", "'test' is sent by hand alone and need not be named"


def _url(place: str, url: str, allowed: Collection[str]) -> Found:
    try:
        host = check_url(url, allowed).host
    except Forbidden as error:
        yield place, str(error)
        return
    parts = urlsplit(url)
    if parts.scheme != "https" and host not in allowed:
        yield place, "must be https://; http:// only for a host that egress_allow names"
    if parts.username or parts.password:
        yield place, "must not hold a password: the signature proves who sends it"
    if parts.fragment:
        yield place, "must not have a # part: it is never sent"


def _secret(place: str, secret: SecretStr) -> Found:
    try:
        key = secret_bytes(secret.get_secret_value())
    except ValueError as error:
        yield place, str(error)
        return
    if len(key) < SHORTEST_SECRET:
        make = "`echo whsec_$(openssl rand -base64 32)` makes one"
        yield place, f"must hold at least {SHORTEST_SECRET} bytes; {make}"
