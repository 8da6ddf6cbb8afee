"""POST /api/v1/links/batch: a thousand links for a mailing or a print run; their QR codes."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import Field

from api.errors import ApiError, not_found
from api.keys import Scope, require_site
from api.routing import Call, Reply, Route, request_body
from core.channels import Channel
from core.ids import AccountId, SiteId
from core.tokens import OPERATOR, Claims, Link
from storage.database import Database
from subscriptions.claims import BadClaim, read_claims
from subscriptions.links_api import MadeLink
from subscriptions.minting import LIFE, LONGEST_LIFE, Door, mint
from subscriptions.pictures import TYPES, Kind, Pictures

MOST = 1000
MOST_MADE = 5000
"""Of one call: a link for each of its accounts is made where none is named."""
MOST_PICTURES = 200

Life = Annotated[int, Field(ge=60, le=int(LONGEST_LIFE.total_seconds()))]


@request_body
@dataclass(frozen=True, slots=True, kw_only=True)
class NewLink:
    """As one of POST /api/v1/links; `ref` is your own name for it and comes back."""

    claims: dict[str, Any] = field(default_factory=dict)
    account: Annotated[str, Field(max_length=64)] | None = None
    expires_in: Life = int(LIFE.total_seconds())
    ref: Annotated[str, Field(max_length=200)] | None = None


@request_body
@dataclass(frozen=True, slots=True, kw_only=True)
class NewBatch:
    """All of them are made, or none. With `qr` each has its QR code as a data URI; then at most
    200 links come of one call."""

    site: Annotated[str, Field(max_length=64)]
    links: Annotated[list[NewLink], Field(min_length=1, max_length=MOST)]
    qr: Literal["svg", "png"] | None = None


@dataclass(frozen=True, slots=True)
class PicturedLink(MadeLink):
    qr: str | None = None


@dataclass(frozen=True, slots=True)
class MadeBatch:
    ref: str | None
    links: list[PicturedLink]


@dataclass(frozen=True, slots=True)
class MadeBatches:
    """In the order of the call."""

    items: list[MadeBatch]


@request_body
@dataclass(frozen=True, slots=True, kw_only=True)
class WhichPicture:
    """`account`: whose deep link it shows; needed where there are several. `scale`: of one dot."""

    account: Annotated[str, Field(max_length=64)] | None = None
    scale: Annotated[int, Field(ge=1, le=40)] = 8


@dataclass(slots=True)
class _Wanted:
    """One item of a batch on its way."""

    claims: Claims
    doors: list[Door]
    life: timedelta


class BulkLinks:
    def __init__(
        self, database: Database, doors: Mapping[AccountId, Door], sites: Mapping[SiteId, object]
    ) -> None:
        self._database = database
        self._doors = doors
        self._sites = sites
        self._pictures = Pictures()

    def table(self) -> list[Route]:
        pictures = [
            Route(
                method="GET",
                path=f"/api/v1/links/{{code}}/qr.{kind}",
                handler=self._showing(kind),
                summary=f"The QR code of a link, as {kind.upper()}",
                scope=Scope.LINKS,
                tag="links",
                query=WhichPicture,
                answers={200: bytes},
                media_type=media_type,
                errors=(404,),
            )
            for kind, media_type in TYPES.items()
        ]
        return [
            Route(
                method="POST",
                path="/api/v1/links/batch",
                handler=self.make,
                summary="Make up to 1,000 links at once, all or none",
                scope=Scope.LINKS,
                tag="links",
                body=NewBatch,
                answers={201: MadeBatches},
                errors=(404, 409),
            ),
            *pictures,
        ]

    async def make(self, call: Call) -> Reply:
        body: NewBatch = call.body
        require_site(call.key, body.site)
        if SiteId(body.site) not in self._sites:
            raise ApiError(404, "not_found", f"there is no site {body.site!r}")
        wanted, problems = self._read(SiteId(body.site), body.links)
        if problems:
            raise _wrong(422, "invalid", problems)
        many = sum(len(one.doors) for one in wanted)
        most = MOST_PICTURES if body.qr else MOST_MADE
        if many > most:
            message = f"{many} links would come of it, and at most {most} may; name the accounts"
            raise _wrong(422, "too_many", [{"place": "links", "message": message}])
        made = [
            [mint(one.claims, "api", call.now, life=one.life) for _ in one.doors] for one in wanted
        ]
        async with self._database.write() as tx:
            tokens = {one.claims.token for one in wanted}
            bound = await tx.links.bound_all(SiteId(body.site), tokens)
            if replayed := _replayed(wanted, bound):
                raise _wrong(409, "replayed", replayed)
            await tx.links.add([link for links in made for link in links])
        return Reply(201, MadeBatches(await self._shown(body, wanted, made)))

    async def _shown(
        self, body: NewBatch, wanted: Sequence[_Wanted], made: Sequence[Sequence[Link]]
    ) -> list[MadeBatch]:
        urls = [
            [door.deep_link(link.code) for door, link in zip(one.doors, links, strict=True)]
            for one, links in zip(wanted, made, strict=True)
        ]
        pictures: list[str | None] = [None] * sum(map(len, urls))
        if body.qr is not None:
            flat = [url for some in urls for url in some]
            pictures = list(await self._pictures.data_uris(flat, body.qr))
        following = iter(pictures)
        return [
            MadeBatch(
                new.ref,
                [
                    PicturedLink(
                        door.account, door.channel, url, link.code, link.expires_at, next(following)
                    )
                    for door, url, link in zip(one.doors, some, links, strict=True)
                ],
            )
            for new, one, some, links in zip(body.links, wanted, urls, made, strict=True)
        ]

    def _read(
        self, site: SiteId, links: Sequence[NewLink]
    ) -> tuple[list[_Wanted], list[dict[str, Any]]]:
        """What is to be made, and everything that is wrong with it."""
        wanted, problems = [], []
        for number, new in enumerate(links):
            token = f"api:{new.claims.get('jti') or secrets.token_hex(16)}"[:200]
            claims = {name: value for name, value in new.claims.items() if name != "jti"}
            doors = list(self._doors.values())
            if new.account is not None:
                door = self._doors.get(AccountId(new.account))
                doors = [door] if door is not None else []
            if not doors:
                message = f"there is no account {new.account!r}"
                problems.append({"place": f"links[{number}].account", "message": message})
            try:
                read = read_claims(site, token, claims)
            except BadClaim as error:
                problems.append({"place": f"links[{number}].claims", "message": str(error)})
                continue
            wanted.append(_Wanted(read, doors, timedelta(seconds=new.expires_in)))
        return wanted, problems

    def _showing(self, kind: Kind) -> Any:
        async def show(call: Call) -> Reply:
            query: WhichPicture = call.query
            door = self._door(query.account)
            async with self._database.read() as tx:
                link = (await tx.links.load([call.path["code"]])).get(call.path["code"])
            # Whoever asks for another site's, or an operator's own, learns nothing of it.
            if (
                link is None
                or link.source == OPERATOR
                or link.expires_at <= call.now
                or call.key.site not in (None, link.claims.site)
            ):
                raise not_found("link")
            url = door.deep_link(link.code)
            return Reply(200, await self._pictures.one(url, kind, query.scale))

        return show

    def _door(self, account: str | None) -> Door:
        if account is None:
            if len(self._doors) == 1:
                return next(iter(self._doors.values()))
            message = "say whose deep link: account"
            raise ApiError(422, "invalid", message, [{"place": "account", "message": message}])
        door = self._doors.get(AccountId(account))
        if door is None:
            raise not_found("account")
        return door


def _replayed(wanted: Sequence[_Wanted], bound: Mapping[str, set[Channel]]) -> list[dict[str, Any]]:
    """A link of a token by which somebody has come already would give nobody anything."""
    return [
        {"place": f"links[{number}].claims.jti", "message": "was used"}
        for number, one in enumerate(wanted)
        if {door.channel for door in one.doors} <= bound.get(one.claims.token, set())
    ]


def _wrong(status: int, code: str, problems: list[dict[str, Any]]) -> ApiError:
    first = problems[0]
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    return ApiError(status, code, f"{first['place']}: {first['message']}{more}", problems)
