"""API keys: made once, kept as digests, asked for in every call."""

import hashlib
import secrets
from collections.abc import Mapping
from enum import StrEnum

from api.errors import ApiError
from storage.database import Database
from storage.keys import ApiKey

PREFIX = "parley_"


class Scope(StrEnum):
    """`admin` stands for all of them."""

    LINKS = "links"
    EVENTS = "events"
    READ = "read"
    INBOX = "inbox"
    ADMIN = "admin"


def new_key() -> str:
    """256 random bits behind a prefix that scanners for leaked secrets can know."""
    return PREFIX + secrets.token_urlsafe(32)


def digest(key: str) -> str:
    """What is stored. A random key of 256 bits needs no slow hash."""
    return hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()


async def authenticate(
    database: Database, headers: Mapping[str, str], scope: Scope | None
) -> ApiKey:
    """The key of this call, if it may do what needs this scope. Raises ApiError 401 or 403."""
    scheme, _, given = headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not given.strip():
        raise _unauthorised("send the header Authorization: Bearer and a key")
    async with database.read() as tx:
        key = await tx.keys.find(digest(given.strip()))
    if key is None:
        raise _unauthorised("this key is not known, or revoked")
    if scope is not None and not key.scopes & {scope, Scope.ADMIN}:
        raise ApiError(403, "forbidden", f"this key has not the scope {scope}")
    return key


def require_site(key: ApiKey, site: str) -> None:
    """A key that is bound to a site speaks for no other one."""
    if key.site is not None and key.site != site:
        raise ApiError(403, "forbidden", "this key belongs to another site")


def _unauthorised(message: str) -> ApiError:
    return ApiError(
        401, "unauthorised", message, headers={"WWW-Authenticate": 'Bearer realm="parley"'}
    )
