"""/me/alerts: how an operator is told that somebody waits: when, of what, by what."""

from dataclasses import replace

from aiohttp import web

from core.alerts import Way
from core.ids import AccountId
from inbox.alert_means import HERE, AlertMeans, Often
from inbox.journal import Journal
from inbox.language import language_of, sayer
from inbox.mailing import LONGEST_ADDRESS
from inbox.reaching import PUT_OFF, SENT
from inbox.rendering import Refused, Rendering
from inbox.sign_in import SignedIn, SignIn, done
from storage.database import Database

LONGEST_WAIT = 10_000


class AlertPages:
    def __init__(
        self,
        database: Database,
        rendering: Rendering,
        sign_in: SignIn,
        journal: Journal,
        means: AlertMeans,
        often: Often,
    ) -> None:
        self._database = database
        self._rendering = rendering
        self._sign_in = sign_in
        self._clock = journal.clock
        self._means = means
        self._reaching = means.reaching
        self._often = often

    def routes(self) -> list[web.RouteDef]:
        signed = self._sign_in.signed
        return [
            web.get(HERE, signed(self.show)),
            web.post(f"{HERE}/wishes", signed(self.wish)),
            web.post(f"{HERE}/test", signed(self.test)),
        ]

    async def show(self, request: web.Request, who: SignedIn) -> web.StreamResponse:
        reach = await self._reaching.reach(who.operator, self._clock())
        settings, wishes = self._means.settings, reach.wishes
        async with self._database.read() as tx:
            own = await tx.addresses.of_operators(who.operator.id)
        return self._rendering.page(
            request,
            "alerts.html",
            me=who.operator,
            csrf=who.csrf,
            done=request.query.get("done", ""),
            wishes=wishes,
            ways=settings.ways if wishes.ways is None else wishes.ways,
            reached=reach.ways,
            after=wishes.after or int(settings.after.total_seconds() // 60),
            longest_wait=LONGEST_WAIT,
            has_hours=self._means.catalog.away is not None,
            browsers=reach.pushes,
            this=who.digest,
            push_key=(await self._reaching.push.key()).public,
            own=[(one, self._title(one.account)) for one in own],
            doors=sorted(self._means.doors.values(), key=lambda one: one.title),
            has_mail=self._reaching.mailer is not None,
            longest_address=LONGEST_ADDRESS,
            confirm=request.query.get("confirm", "")[:1000],
        )

    async def wish(self, request: web.Request, who: SignedIn) -> web.StreamResponse:
        form = await self._sign_in.form(request, who)
        after = form.get("after", "")
        if not after.isdecimal() or len(after) > 5 or not 1 <= int(after) <= LONGEST_WAIT:
            raise Refused("alert_after_bad", 422, most=LONGEST_WAIT)
        async with self._database.write() as tx:
            before = await tx.wishes.of(who.operator.id)
            await tx.wishes.save(
                replace(
                    before,
                    ways=frozenset(way for way in Way if form.get(f"way_{way}") == "yes"),
                    after=int(after),
                    only_mine=form.get("whose") == "mine",
                    any_hour=form.get("any_hour") == "yes",
                    shows_text=form.get("shows_text") == "yes",
                    language=language_of(request),
                )
            )
        return done(request, f"{HERE}?done=saved")

    async def test(self, request: web.Request, who: SignedIn) -> web.StreamResponse:
        """Something to see by this way, at once."""
        form = await self._sign_in.form(request, who)
        reach = await self._reaching.reach(who.operator, self._clock())
        given = form.get("way", "")
        if given not in list(Way) or Way(given) not in reach.ways:
            raise Refused("test_nowhere", 409)
        self._often.count(who.operator.id)
        say = sayer(language_of(request))
        told = await self._reaching.test(
            reach, Way(given), say("test_subject"), say("test_text"), language_of(request)
        )
        if told == PUT_OFF:
            raise Refused("test_put_off", 503)
        if told != SENT:
            raise Refused("test_failed", 502, reason=told)
        return done(request, f"{HERE}?done=test_is_sent")

    def _title(self, account: AccountId) -> str:
        known = self._means.catalog.accounts.get(account)
        return known.title if known else account
