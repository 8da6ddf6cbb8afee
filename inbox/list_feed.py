"""The list of one open page, kept true: patched by what changed, or read anew."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from core.ids import AddressId, OperatorId
from inbox.board import Item, News
from inbox.filters import Filter
from inbox.list_view import PAGE, Look, Row, Rows, read_rows
from inbox.rendering import Rendering
from inbox.told import Told
from storage.tx import Tx

Rank = tuple[int, float, int]
Patched = tuple["_State", Told | None]


@dataclass(frozen=True, slots=True)
class _Shown:
    rank: Rank
    mark: str


@dataclass(frozen=True)
class _State:
    """What a page shows, from the top, and whether more follows."""

    shown: tuple[tuple[str, _Shown], ...] = ()
    has_more: bool = False

    @cached_property
    def _hash(self) -> int:
        return hash((self.shown, self.has_more))

    def __hash__(self) -> int:
        # Of fifty rows, asked for by every page at every look: once.
        return self._hash


class ListFeed:
    """`mark` is what a fresh page shows; None where that is not to be believed."""

    def __init__(
        self, wanted: Filter, operator: OperatorId, rendering: Rendering, mark: str | None
    ) -> None:
        self._wanted = wanted
        self._operator = operator
        self._rendering = rendering
        self._mark = mark
        self._state: _State | None = None

    async def reload(self, tx: Tx, look: Look, now: datetime) -> Told | None:
        """What the page has to be told after reading the list anew."""
        rows = await read_rows(tx, self._wanted, "", self._operator, look, now)
        before = self._state
        shown = tuple((row.id, self._as_shown(row)) for row in rows.items)
        self._state = _State(shown, bool(rows.following))
        if before is None and rows.mark == self._mark:
            return None
        known = before.shown if before else ()
        if known == shown:
            return None
        return _told(self._state, self._changed(rows, dict(known), look))

    def patch(self, news: News, look: Look, now: datetime) -> Told | None:
        """The same from what changed alone. Raises NeedsReload where that does not tell it.

        Pages that show the same get the same: it is worked out by the first of them.
        """
        if self._state is None:
            raise NeedsReload
        reader = self._operator if self._wanted.assignee == "me" else None
        key = (self._wanted, look.language, reader, self._state)
        if key not in news.patches:
            news.patches[key] = self._patch(self._state, news.items, look, now)
        patched: Patched | None = news.patches[key]
        if patched is None:
            raise NeedsReload
        self._state, told = patched
        return told

    def _patch(
        self, state: _State, items: Mapping[AddressId, Item], look: Look, now: datetime
    ) -> Patched | None:
        shown, changed, has_more = dict(state.shown), {}, state.has_more
        last = max((one.rank for one in shown.values()), default=None)
        for item in items.values():
            row, html = item.row(self._wanted, look, self._rendering, now)
            labels = {label.id for label in item.labels}
            match self._wanted.has(item.listed, labels, self._operator):
                case None:
                    return None
                case True:
                    fresh = self._as_shown(row)
                    is_below = last is not None and fresh.rank > last
                    if is_below and has_more:
                        if row.id in shown:
                            # What sank below the page makes room for what nobody has read yet.
                            return None
                        continue
                    if shown.get(row.id) != fresh:
                        shown[row.id], changed[row.id] = fresh, html
                case _ if row.id in shown:
                    if has_more:
                        return None
                    del shown[row.id]
        ordered = sorted(shown.items(), key=lambda pair: pair[1].rank)
        after = _State(tuple(ordered[:PAGE]), has_more or len(ordered) > PAGE)
        if after.shown == state.shown:
            return after, None
        ids = {id_ for id_, _ in after.shown}
        return after, _told(after, {id_: html for id_, html in changed.items() if id_ in ids})

    def _as_shown(self, row: Row) -> _Shown:
        return _Shown(self._wanted.rank(row.place), row.mark)

    def _changed(self, rows: Rows, before: Mapping[str, _Shown], look: Look) -> dict[str, str]:
        return {
            row.id: self._rendering.fragment(
                "row.html", look.language, row=row, filter=self._wanted, current=""
            )
            for row in rows.items
            if row.id not in before or before[row.id].mark != row.mark
        }


def _told(state: _State, changed: Mapping[str, str]) -> Told:
    return Told.of("list", {"ids": [id_ for id_, _ in state.shown], "rows": changed})


class NeedsReload(Exception):
    """Only the database knows what the list shows now."""
