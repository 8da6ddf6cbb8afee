"""Link codes, and which address a site token is bound to."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Executable, bindparam, select

from core.channels import Channel
from core.ids import AddressId, LinkCode, SiteId
from core.tokens import Link
from storage.codec import dump_claims, load_claims
from storage.sql import Sql
from storage.tables import links, token_bindings

Bound = tuple[SiteId, str, Channel]


@dataclass(frozen=True, slots=True)
class Awaited:
    """A link that a browser waits for. `came`: who came by its token since it was made."""

    link: Link
    came: tuple[Channel, AddressId] | None


class Links:
    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    async def add(self, made: Sequence[Link]) -> None:
        await self._sql.insert_many(
            links,
            [
                {
                    "code": link.code,
                    "site": link.claims.site,
                    "token": link.claims.token,
                    "claims": dump_claims(link.claims),
                    "page": dict(link.page),
                    "source": link.source,
                    "place": link.place,
                    "visit": link.visit or None,
                    "created_at": link.created_at,
                    "expires_at": link.expires_at,
                }
                for link in made
            ],
        )

    async def load(self, codes: Iterable[str]) -> dict[str, Link]:
        """Also those that have expired: the caller decides what an old link is worth."""
        wanted = sorted(set(codes))
        if not wanted:
            return {}
        rows = await self._sql.ask(_by_code, codes=wanted)
        return {row.code: _link(row) for row in rows}

    async def of_visit(self, visit: str) -> Link | None:
        """The link that a visitor's browser waits for."""
        rows = await self._sql.ask(_by_visit, visit=visit)
        return _link(rows[0]) if rows else None

    async def awaited(self, visits: Iterable[str]) -> list["Awaited"]:
        """The links of these visits, and who has come since by their tokens."""
        wanted = sorted(set(visits))
        rows = await self._sql.ask(_awaited, visits=wanted) if wanted else ()
        found: dict[str, Awaited] = {}
        for row in rows:
            came = None if row.came_on is None else (Channel(row.came_on), AddressId(row.came))
            if came is not None or row.visit not in found:
                found[row.visit] = Awaited(_link(row), came)
        return list(found.values())

    async def used(self, tokens: Iterable[tuple[SiteId, str]]) -> set[Bound]:
        """On which channels somebody has come by these (site, token)."""
        wanted = sorted(set(tokens))
        rows = await self._sql.ask(_owners_of, tokens=wanted) if wanted else ()
        return {(row.site, row.token, Channel(row.channel)) for row in rows}

    async def bind(
        self, wanted: Iterable[tuple[SiteId, str, Channel, AddressId]], now: datetime
    ) -> tuple[dict[Bound, AddressId], set[Bound]]:
        """Bind each (site, token, channel) to the first address that brought it.

        Who that is, and which of them are bound only since now.
        """
        first: dict[tuple[SiteId, str, Channel], AddressId] = {}
        for site, token, channel, address in wanted:
            first.setdefault((site, token, channel), address)
        if not first:
            return {}, set()
        keys = sorted(first)
        tokens = [(site, token) for site, token, _ in keys]
        before = await self._owners(tokens)
        await self._sql.add_many(
            token_bindings,
            [
                {"site": s, "token": t, "channel": c, "address_id": first[s, t, c], "at": now}
                for s, t, c in keys
            ],
        )
        owners = await self._owners(tokens)
        return owners, set(first) - set(before)

    async def bound(self, site: SiteId, token: str) -> set[Channel]:
        """The channels on which somebody has come by this token."""
        return {channel for _, _, channel in await self._owners([(site, token)])}

    async def _owners(self, tokens: Iterable[tuple[SiteId, str]]) -> dict[Bound, AddressId]:
        table = token_bindings
        rows = await self._sql.run(
            select(table).where(self._sql.among_pairs(table.c.site, table.c.token, tokens))
        )
        return {(row.site, row.token, Channel(row.channel)): row.address_id for row in rows}


def _link(row: Any) -> Link:
    return Link(
        code=LinkCode(row.code),
        claims=load_claims(row.site, row.token, row.claims),
        created_at=row.created_at,
        expires_at=row.expires_at,
        source=row.source,
        page=row.page,
        place=row.place,
        visit=row.visit or "",
    )


def _by_visit(_sql: Sql) -> Executable:
    return select(links).where(links.c.visit == bindparam("visit"))


def _awaited(sql: Sql) -> Executable:
    bound = token_bindings.c
    is_its = (
        (bound.site == links.c.site)
        & (bound.token == links.c.token)
        # Whoever came by the same token before did not come by this visit.
        & (bound.at >= links.c.created_at)
    )
    return (
        select(links, bound.channel.label("came_on"), bound.address_id.label("came"))
        .outerjoin(token_bindings, is_its)
        .where(sql.listed(links.c.visit, "visits"))
    )


def _owners_of(sql: Sql) -> Executable:
    table = token_bindings
    return select(table.c.site, table.c.token, table.c.channel).where(
        sql.listed_pairs(table.c.site, table.c.token, "tokens")
    )


def _by_code(sql: Sql) -> Executable:
    return select(links).where(sql.listed(links.c.code, "codes"))
