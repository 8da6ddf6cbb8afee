"""The list of one open page, kept true: patched by what changed, or read anew."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from core.ids import AddressId, OperatorId
from inbox.board import Item
from inbox.filters import Filter
from inbox.list_view import PAGE, Look, Row, Rows, read_rows
from inbox.rendering import Rendering
from storage.tx import Tx

Rank = tuple[int, float, int]


@dataclass(frozen=True, slots=True)
class _Shown:
    rank: Rank
    mark: str


class ListFeed:
    """`mark` is what a fresh page shows; None where that is not to be believed."""

    def __init__(
        self, wanted: Filter, operator: OperatorId, rendering: Rendering, mark: str | None
    ) -> None:
        self._wanted = wanted
        self._operator = operator
        self._rendering = rendering
        self._mark = mark
        self._shown: dict[str, _Shown] | None = None
        self._has_more = False

    async def reload(self, tx: Tx, look: Look, now: datetime) -> dict[str, object] | None:
        """What the page has to be told after reading the list anew."""
        rows = await read_rows(tx, self._wanted, "", self._operator, look, now)
        self._has_more = bool(rows.following)
        known, is_first = self._shown, self._shown is None
        self._shown = {row.id: self._as_shown(row) for row in rows.items}
        if is_first and rows.mark == self._mark:
            return None
        before = known or {}
        if list(before.items()) == list(self._shown.items()):
            return None
        return self._told(self._changed(rows, before, look))

    def patch(
        self, items: Mapping[AddressId, Item], look: Look, now: datetime
    ) -> dict[str, object] | None:
        """The same from what changed alone. Raises NeedsReload where that does not tell it."""
        if self._shown is None:
            raise NeedsReload
        shown, changed = dict(self._shown), {}
        last = max((one.rank for one in shown.values()), default=None)
        for item in items.values():
            row, html = item.row(self._wanted, look, self._rendering, now)
            labels = {label.id for label in item.labels}
            match self._wanted.has(item.listed, labels, self._operator):
                case None:
                    raise NeedsReload
                case True:
                    fresh = self._as_shown(row)
                    is_below = last is not None and fresh.rank > last
                    if is_below and self._has_more:
                        self._require_not_shown(row, shown)
                        continue
                    if shown.get(row.id) != fresh:
                        shown[row.id], changed[row.id] = fresh, html
                case _ if row.id in shown:
                    self._require_no_more()
                    del shown[row.id]
        ordered = sorted(shown.items(), key=lambda pair: pair[1].rank)
        self._has_more = self._has_more or len(ordered) > PAGE
        after = dict(ordered[:PAGE])
        if list(after.items()) == list(self._shown.items()):
            return None
        self._shown = after
        return self._told({id_: html for id_, html in changed.items() if id_ in after})

    def _require_not_shown(self, row: Row, shown: Mapping[str, _Shown]) -> None:
        """Something that sank below the page makes room for what nobody has read yet."""
        if row.id in shown:
            raise NeedsReload

    def _require_no_more(self) -> None:
        if self._has_more:
            raise NeedsReload

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

    def _told(self, changed: dict[str, str]) -> dict[str, object]:
        return {"ids": list(self._shown or ()), "rows": changed}


class NeedsReload(Exception):
    """Only the database knows what the list shows now."""
