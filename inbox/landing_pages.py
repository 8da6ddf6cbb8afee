"""/pages: landing pages, made and changed by whoever leads the operators, without a developer."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

from aiohttp import web

from core.acts import Did
from core.funnel import USUAL, By, Counted, Span, funnel_of
from core.ids import FlowName
from core.landings import LONGEST_NAME, LandingPage, name_of
from core.languages import pick
from core.tokens import PAGE
from core.topics import TopicClass
from dialogues.catalog import Catalog
from inbox.catalogues import LANGUAGES
from inbox.journal import Journal
from inbox.landing_forms import (
    LONGEST_NOTE,
    LONGEST_TITLE,
    LONGEST_WORDS,
    Draft,
    Offered,
    draft_of,
    fields_of,
)
from inbox.language import language_of, sayer
from inbox.posters import FORMS, Poster, draw
from inbox.rendering import Problem, Rendering
from inbox.rights import Right
from inbox.sign_in import SignedHandler, SignedIn, SignIn, done
from storage.database import Database
from storage.tx import Tx
from subscriptions.showing import can_be_offered


class LandingPages:
    def __init__(
        self,
        database: Database,
        catalog: Catalog,
        rendering: Rendering,
        sign_in: SignIn,
        journal: Journal,
        public_url: str,
    ) -> None:
        self._database = database
        self._catalog = catalog
        self._rendering = rendering
        self._sign_in = sign_in
        self._journal = journal
        self._base = f"{public_url.rstrip('/')}/s/"

    def routes(self) -> list[web.RouteDef]:
        def tending(handler: SignedHandler) -> Callable[..., Awaitable[web.StreamResponse]]:
            return self._sign_in.signed(handler, Right.TEND_PAGES)

        one = "/pages/{name}"
        return [
            web.get("/pages", tending(self.show_all)),
            web.post("/pages", tending(self.make)),
            web.get("/pages/new", tending(self.begin)),
            web.get(one, tending(self.show)),
            web.post(one, tending(self.change)),
            web.post(f"{one}/archive", tending(self.archive)),
            web.post(f"{one}/restore", tending(self.restore)),
            web.get(f"{one}/poster.{{form}}", tending(self.poster)),
        ]

    async def show_all(self, request: web.Request, who: SignedIn) -> web.StreamResponse:
        async with self._database.read() as tx:
            pages = await tx.landings.all()
            figures = await self._figures(tx)
        language = language_of(request)
        return self._rendering.page(
            request,
            "pages.html",
            me=who.operator,
            csrf=who.csrf,
            pages=[(one, pick(one.title, language)) for one in pages],
            figures=figures,
            nothing=Counted(),
            base=self._base,
            sites=self._catalog.sites,
        )

    async def _figures(self, tx: Tx) -> dict[str, Counted]:
        """Of the last 30 days, by name."""
        now = self._journal.clock()
        span = Span(now.date() - timedelta(days=USUAL - 1), now.date())
        parts = await tx.funnels.seen(span, By.PLACE)
        parts += await tx.funnels.came(span, By.PLACE, now)
        rows = funnel_of(parts, By.PLACE, len(parts)).rows
        return {key.place: counted for key, counted in rows if key.source == PAGE}

    async def begin(self, request: web.Request, who: SignedIn) -> web.StreamResponse:
        return self._form(request, who, None, Draft({}))

    async def show(self, request: web.Request, who: SignedIn) -> web.StreamResponse:
        page = await self._find(request)
        return self._form(request, who, page, Draft(fields_of(page)))

    async def make(self, request: web.Request, who: SignedIn) -> web.StreamResponse:
        draft = await self._draft(request, who, None)
        if draft.page is None:
            return self._form(request, who, None, draft)
        async with self._database.write() as tx:
            is_added = await tx.landings.add(draft.page)
            if is_added:
                await self._keep(tx, who, Did.PAGE_MADE, draft.page)
        if not is_added:
            draft.problems["name"] = sayer(language_of(request))("page_name_taken")
            return self._form(request, who, None, draft)
        return done(request, f"/pages/{draft.page.name}?done=saved")

    async def change(self, request: web.Request, who: SignedIn) -> web.StreamResponse:
        page = await self._find(request)
        draft = await self._draft(request, who, page)
        if draft.page is None:
            return self._form(request, who, page, draft)
        async with self._database.write() as tx:
            await tx.landings.change(draft.page)
            await self._keep(tx, who, Did.PAGE_CHANGED, page)
        return done(request, f"/pages/{page.name}?done=saved")

    async def archive(self, request: web.Request, who: SignedIn) -> web.StreamResponse:
        await self._sign_in.form(request, who)
        return await self._put_away(request, who, is_away=True)

    async def restore(self, request: web.Request, who: SignedIn) -> web.StreamResponse:
        await self._sign_in.form(request, who)
        return await self._put_away(request, who, is_away=False)

    async def _put_away(
        self, request: web.Request, who: SignedIn, *, is_away: bool
    ) -> web.StreamResponse:
        page, now = await self._find(request), self._journal.clock()
        did = Did.PAGE_ARCHIVED if is_away else Did.PAGE_RESTORED
        async with self._database.write() as tx:
            if await tx.landings.archive(page.name, now if is_away else None):
                await self._keep(tx, who, did, page)
        return done(request, f"/pages/{page.name}?done=saved")

    async def poster(self, request: web.Request, who: SignedIn) -> web.StreamResponse:
        """To be printed, in the language asked for."""
        page, form = await self._find(request), request.match_info["form"]
        if form not in FORMS:
            raise Problem(404, "lost")
        wanted = request.query.get("in", "")
        language = wanted if wanted in page.title else next(iter(page.title))
        poster = Poster(
            url=f"{self._base}{page.name}",
            title=pick(page.title, language),
            words=pick(page.words, language) if page.words else "",
            hint=sayer(language if language in LANGUAGES else "en")("poster_hint"),
        )
        body = await asyncio.to_thread(draw, poster, form)
        return web.Response(
            body=body,
            content_type=FORMS[form],
            headers={
                "Content-Disposition": f'attachment; filename="{page.name}-{language}.{form}"',
                "Cache-Control": "no-store",
                "X-Content-Type-Options": "nosniff",
            },
        )

    async def _draft(self, request: web.Request, who: SignedIn, known: LandingPage | None) -> Draft:
        form = await self._sign_in.form(request, who)
        say, now = sayer(language_of(request)), self._journal.clock()
        return draft_of(form, known, self._catalog, who.operator.id, say, now)

    async def _find(self, request: web.Request) -> LandingPage:
        name = name_of(request.match_info["name"])
        async with self._database.read() as tx:
            page = await tx.landings.find(name) if name is not None else None
        if page is None:
            raise Problem(404, "page_gone")
        return page

    async def _keep(self, tx: Tx, who: SignedIn, did: Did, page: LandingPage) -> None:
        await tx.acts.add_many([self._journal.act(who.by, did, {"name": page.name})])

    def _form(
        self, request: web.Request, who: SignedIn, page: LandingPage | None, draft: Draft
    ) -> web.Response:
        language = language_of(request)
        return self._rendering.page(
            request,
            "landing.html",
            422 if draft.problems else 200,
            me=who.operator,
            csrf=who.csrf,
            done=request.query.get("done", ""),
            page=page,
            heading=pick(page.title, language) if page else "",
            given=draft.fields,
            problems=draft.problems,
            base=self._base,
            sites=self._catalog.sites,
            topics=self._topics(language),
            flows=self._flows(language),
            tongues={one: LANGUAGES.get(one, one) for one in self._catalog.languages},
            most=(LONGEST_NAME, LONGEST_TITLE, LONGEST_WORDS, LONGEST_NOTE),
            poster_tongues=[one for one in self._catalog.languages if page and one in page.title],
        )

    def _topics(self, language: str) -> list[Offered]:
        return [
            Offered(
                id_,
                self._catalog.title(id_, language),
                topic.cls is TopicClass.MARKETING,
                pick(topic.consent, language) if topic.consent else "",
                can_be_offered(topic),
            )
            for id_, topic in self._catalog.topics.items()
        ]

    def _flows(self, language: str) -> list[tuple[FlowName, str]]:
        flows = self._catalog.flows.items()
        named = [(name, pick(flow.title, language) or name) for name, flow in flows]
        return sorted(named, key=lambda one: one[1].lower())
