"""/audit: who did what, the latest first, for those who may read it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from urllib.parse import urlencode

from aiohttp import web

from core.acts import ActRecord, Did
from core.ids import ActId, OperatorId
from inbox.language import language_of
from inbox.rendering import Rendering
from inbox.rights import Right
from inbox.sign_in import SignedIn, SignIn
from inbox.telling_acts import act_words, actor_words, kind_words
from storage.acts import Wanted
from storage.database import Database

PAGE = 50


@dataclass(frozen=True, slots=True)
class Line:
    """One act as it is read."""

    who: str
    what: str
    record: ActRecord


class AuditPages:
    def __init__(self, database: Database, rendering: Rendering, sign_in: SignIn) -> None:
        self._database = database
        self._rendering = rendering
        self._sign_in = sign_in

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/audit", self._sign_in.signed(self.show, Right.READ_AUDIT))]

    async def show(self, request: web.Request, who: SignedIn) -> web.StreamResponse:
        query, language = request.query, language_of(request)
        before = _id(query.get("before", ""))
        async with self._database.read() as tx:
            found = await tx.acts.page(
                _wanted(query), PAGE + 1, ActId(before) if before is not None else None
            )
            people = await tx.operators.all()
        filters = {name: query[name] for name in ("who", "what", "from", "to") if query.get(name)}
        following = ""
        if len(found) > PAGE:
            following = urlencode({**filters, "before": found[PAGE - 1].id})
        return self._rendering.page(
            request,
            "audit.html",
            me=who.operator,
            csrf=who.csrf,
            lines=[
                Line(actor_words(one, language), act_words(one, language), one)
                for one in found[:PAGE]
            ],
            people=people,
            kinds=sorted(
                (kind_words(did, language), did) for did in Did if did is not Did.SOMETHING
            ),
            filters=filters,
            following=following,
            is_first=before is None,
        )


def _wanted(query: Mapping[str, str]) -> Wanted:
    """What is no filter of ours is left out. Days are UTC's, the last one is in."""
    operator = _id(query.get("who", ""))
    act = query.get("what", "")
    since, until = _day(query.get("from", "")), _day(query.get("to", ""))
    return Wanted(
        OperatorId(operator) if operator is not None else None,
        Did(act) if act in list(Did) else None,
        since,
        until + timedelta(days=1) if until is not None else None,
    )


def _day(text: str) -> datetime | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    is_sane = date(2000, 1, 1) <= day <= date(9000, 1, 1)
    return datetime.combine(day, time(), UTC) if is_sane else None


def _id(text: str) -> int | None:
    is_id = text.isascii() and text.isdigit() and len(text) < 20
    return int(text) if is_id and int(text) < 2**63 else None
