"""GET /overview: how it goes, for whoever leads the operators."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta

from aiohttp import web

from core.messages import Direction
from dialogues.catalog import Catalog
from inbox.language import Say, language_of, sayer
from inbox.overview import DAYS, HOURS, Plot, answer_times, per_day, per_hour
from inbox.rendering import Rendering
from inbox.rights import Right
from inbox.sign_in import SignedIn, SignIn
from storage.database import Database
from storage.lists import Counts


class OverviewPage:
    def __init__(
        self,
        database: Database,
        catalog: Catalog,
        sign_in: SignIn,
        rendering: Rendering,
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._catalog = catalog
        self._sign_in = sign_in
        self._rendering = rendering
        self._clock = clock

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/overview", self._sign_in.signed(self.show, Right.SEE_ALL_FIGURES))]

    async def show(self, request: web.Request, who: SignedIn) -> web.StreamResponse:
        now, say = self._clock(), sayer(language_of(request))
        async with self._database.read() as tx:
            told = await tx.figures.messages(now - timedelta(hours=HOURS))
            acts = await tx.figures.acts(now - timedelta(days=DAYS))
            answered = await tx.figures.answers(now - timedelta(days=DAYS))
            many, since = await tx.figures.waiting()
            counts: Counts = await tx.lists.counts([who.operator.id])
        titles = {one.id: one.title for one in self._catalog.accounts.values()}
        plots = {
            "heard": per_hour(told, titles, Direction.IN, now),
            "said": per_hour(told, titles, Direction.OUT, now),
            "joined": per_day(acts, titles, now, joined=True),
            "left": per_day(acts, titles, now, joined=False),
            "answers": answer_times(answered, now, (say("usual"), say("slowest_tenth"))),
        }
        return self._rendering.page(
            request,
            "overview.html",
            me=who.operator,
            csrf=who.csrf,
            counts=counts,
            waiting=many,
            waiting_since=since,
            plots={name: (plot, dump(plot, say)) for name, plot in plots.items()},
        )


def dump(plot: Plot, say: Say) -> str:
    """For the script that draws it: times in seconds, then each series; names; words."""
    return json.dumps(
        {
            "times": [int(time.timestamp()) for time in plot.times],
            "names": [name for name, _ in plot.series],
            "values": [values for _, values in plot.series],
            "time": say("time"),
        }
    )
