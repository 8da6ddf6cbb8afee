"""GET /overview: how it goes. Whoever leads the operators sees all, others what concerns them."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta

from aiohttp import web

from core.funnel import By, Growth, Span, funnel_of, growth_of
from core.ids import OperatorId
from core.messages import Direction
from dialogues.catalog import Catalog
from inbox.funnel_view import MOST_LISTED, FunnelShown, funnel_shown, growth_plot
from inbox.language import Say, language_of, sayer
from inbox.overview import DAYS, HOURS, Plot, answer_times, per_day, per_hour
from inbox.ratings_view import RatingsShown, ratings_of
from inbox.rendering import Rendering
from inbox.rights import Right
from inbox.sign_in import SignedIn, SignIn
from storage.database import Database
from storage.lists import Counts
from storage.tx import Tx


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
        return [web.get("/overview", self._sign_in.signed(self.show))]

    async def show(self, request: web.Request, who: SignedIn) -> web.StreamResponse:
        ratings = await self._ratings(request, who)
        if not who.may(Right.SEE_ALL_FIGURES):
            return self._rendering.page(
                request,
                "overview_mine.html",
                me=who.operator,
                csrf=who.csrf,
                ratings=ratings,
                plots=_dumped(ratings, sayer(language_of(request))),
            )
        now, say = self._clock(), sayer(language_of(request))
        async with self._database.read() as tx:
            told = await tx.figures.messages(now - timedelta(hours=HOURS))
            acts = await tx.figures.acts(now - timedelta(days=DAYS))
            answered = await tx.figures.answers(now - timedelta(days=DAYS))
            many, since = await tx.figures.waiting()
            counts: Counts = await tx.lists.counts([who.operator.id])
            funnel, growth = await self._funnel(tx, now, say, language_of(request))
        titles = {one.id: one.title for one in self._catalog.accounts.values()}
        plots = {
            "heard": per_hour(told, titles, Direction.IN, now),
            "said": per_hour(told, titles, Direction.OUT, now),
            "joined": per_day(acts, titles, now, joined=True),
            "left": per_day(acts, titles, now, joined=False),
            "growth": growth_plot(growth, titles),
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
            ratings=ratings,
            funnel=funnel,
            plots={name: (plot, dump(plot, say)) for name, plot in plots.items()}
            | _dumped(ratings, say),
        )

    async def _funnel(
        self, tx: Tx, now: datetime, say: Say, language: str
    ) -> tuple[FunnelShown, Growth]:
        span = Span(now.date() - timedelta(days=DAYS - 1), now.date())
        parts = await tx.funnels.seen(span, By.PLACE)
        parts += await tx.funnels.came(span, By.PLACE, now)
        left = await tx.funnels.left(span)
        days = tuple(span.first + timedelta(days=number) for number in range(DAYS))
        growth = growth_of(await tx.funnels.changed(span.since), await tx.funnels.open(), days)
        titles = {id_: self._catalog.title(id_, language) for id_ in self._catalog.topics}
        funnel = funnel_of(parts, By.PLACE, MOST_LISTED)
        return funnel_shown(funnel, left, titles, say), growth

    async def _ratings(self, request: web.Request, who: SignedIn) -> RatingsShown | None:
        """Everybody's, or one's own; None where nobody is asked, and nobody was."""
        say, now = sayer(language_of(request)), self._clock()
        whose = None if who.may(Right.SEE_ALL_FIGURES) else who.operator.id
        since = now - timedelta(days=DAYS)
        async with self._database.read() as tx:
            rated = await tx.ratings.figures(since, whose)
            asked = await tx.ratings.asked(since, whose)
            comments = await tx.ratings.comments(since, whose)
            people = await tx.operators.all()
        if self._catalog.ask_every is None and not asked and not rated:
            return None
        names: dict[OperatorId | None, str] = {one.id: one.name or one.login for one in people}
        names[None] = say("an_operator")
        words = (say("answers_given"), say("average_rating"))
        return ratings_of(rated, asked, comments, names, words, now)


def _dumped(ratings: RatingsShown | None, say: Say) -> dict[str, tuple[Plot, str]]:
    if ratings is None:
        return {}
    plots = {"rated": ratings.answers, "ratings": ratings.averages}
    return {name: (plot, dump(plot, say)) for name, plot in plots.items()}


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
