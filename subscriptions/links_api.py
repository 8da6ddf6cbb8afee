"""POST /api/v1/links: deep links for e-mails, receipts and printed QR codes."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Annotated, Any

from pydantic import Field

from api.errors import ApiError
from api.keys import Scope, require_site
from api.routing import Call, Reply, Route, request_body
from core.ids import AccountId, SiteId
from storage.database import Database
from subscriptions.claims import BadClaim, read_claims
from subscriptions.minting import LIFE, LONGEST_LIFE, Door, mint
from subscriptions.tokens import Refusal


@request_body
@dataclass(frozen=True, slots=True, kw_only=True)
class NewLinks:
    """`claims` as in a site token, without iss, aud and exp. No account: one link for each."""

    site: Annotated[str, Field(max_length=64)]
    account: Annotated[str, Field(max_length=64)] | None = None
    claims: dict[str, Any] = field(default_factory=dict)
    expires_in: Annotated[int, Field(ge=60, le=int(LONGEST_LIFE.total_seconds()))] = int(
        LIFE.total_seconds()
    )
    """Seconds that the link can be used."""


@dataclass(frozen=True, slots=True)
class MadeLink:
    account: str
    channel: str
    url: str
    code: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class MadeLinks:
    items: list[MadeLink]


class LinksApi:
    def __init__(
        self, database: Database, doors: Mapping[AccountId, Door], sites: Mapping[SiteId, object]
    ) -> None:
        self._database = database
        self._doors = doors
        self._sites = sites

    def table(self) -> list[Route]:
        return [
            Route(
                method="POST",
                path="/api/v1/links",
                handler=self.make,
                summary="Make a link to each messenger, or to one, that stands for these claims",
                scope=Scope.LINKS,
                tag="links",
                body=NewLinks,
                answers={201: MadeLinks},
                errors=(404, 409),
            )
        ]

    async def make(self, call: Call) -> Reply:
        body: NewLinks = call.body
        require_site(call.key, body.site)
        if SiteId(body.site) not in self._sites:
            raise ApiError(404, "not_found", f"there is no site {body.site!r}")
        doors = self._chosen(body)
        # One token for all its messengers: whoever comes by one of them owns it on that channel.
        token = (
            f"api:{body.claims['jti']}" if "jti" in body.claims else f"api:{secrets.token_hex(16)}"
        )
        claims = {name: value for name, value in body.claims.items() if name != "jti"}
        try:
            read = read_claims(SiteId(body.site), token[:200], claims)
        except BadClaim as error:
            place = {"place": "claims", "message": str(error)}
            raise ApiError(422, error.code, f"claims: {error}", [place]) from error
        life = timedelta(seconds=body.expires_in)
        links = [mint(read, "api", call.now, life=life) for _ in doors]
        async with self._database.write() as tx:
            if {door.channel for door in doors} <= await tx.links.bound(read.site, read.token):
                raise _replayed()
            await tx.links.add(links)
        items = [
            MadeLink(
                door.account, door.channel, door.deep_link(link.code), link.code, link.expires_at
            )
            for door, link in zip(doors, links, strict=True)
        ]
        return Reply(201, MadeLinks(items))

    def _chosen(self, body: NewLinks) -> list[Door]:
        if body.account is None:
            return list(self._doors.values())
        door = self._doors.get(AccountId(body.account))
        if door is None:
            raise ApiError(404, "not_found", f"there is no account {body.account!r}")
        return [door]


def _replayed() -> ApiError:
    """A token is good for the first person of each messenger: a link of it would give nobody
    anything that they have not got already."""
    code = Refusal.REPLAYED
    message = f"claims: {code}: somebody has come by this jti already; make another one"
    return ApiError(409, code, message, [{"place": "claims.jti", "message": "was used"}])
