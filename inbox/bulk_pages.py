"""/contacts/act: what is done to many people: asked, begun once, watched."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aiohttp import web

from core.acts import Did
from core.ids import ContactId, TopicId
from core.people import LONGEST_TAG
from core.topics import TopicClass
from dialogues.catalog import Catalog
from inbox.acting import new_key
from inbox.bulk_asking import LONGEST_WORDS, Asked, asked, asked_again, what_exactly
from inbox.bulk_working import about_act
from inbox.finding import KEY, number_of
from inbox.journal import Journal
from inbox.language import Say, language_of, sayer
from inbox.rendering import Problem, Refused, Rendering, answer, wants_json
from inbox.rights import Right
from inbox.sign_in import SignedIn, SignIn
from storage.bulk_acts import BulkAct, BulkKind, BulkState
from storage.database import Database

MOST = 100_000
"""People in one act."""
_LATEST = 20
_EVERYBODY = ContactId(2**63 - 1)


@dataclass(frozen=True, slots=True)
class ActShown:
    """`left_out` are sentences with how many."""

    act: BulkAct
    deed: str
    by: str
    left_out: tuple[tuple[str, int], ...]

    @property
    def seen(self) -> int:
        return self.act.done + sum((self.act.left_out or {}).values())


class BulkPages:
    def __init__(
        self,
        database: Database,
        catalog: Catalog,
        rendering: Rendering,
        sign_in: SignIn,
        journal: Journal,
    ) -> None:
        self._database = database
        self._catalog = catalog
        self._rendering = rendering
        self._sign_in = sign_in
        self._journal = journal

    def routes(self) -> list[web.RouteDef]:
        signed = self._sign_in.signed
        act = Right.ACT_IN_BULK
        return [
            web.get("/contacts/act", signed(self.ask, act)),
            web.post("/contacts/act", signed(self.begin, act)),
            web.get("/contacts/acts", signed(self.latest, act)),
            web.get("/contacts/acts/{act}", signed(self.watch, act)),
            web.post("/contacts/acts/{act}/stop", signed(self.stop, act)),
        ]

    async def ask(self, request: web.Request, who: SignedIn) -> web.StreamResponse:
        """What exactly, and to how many: nothing is done yet."""
        query = request.query
        wanted = asked(query, query, query.getall("who", []), self._catalog)
        planned = await self._planned(wanted)
        say = sayer(language_of(request))
        return self._rendering.page(
            request,
            "contacts_act.html",
            me=who.operator,
            csrf=who.csrf,
            asked=wanted,
            planned=planned,
            key=new_key(),
            topics=self._topics(wanted.kind, say, language_of(request)),
            tags=await self._tags(),
            longest_tag=LONGEST_TAG,
            longest_words=LONGEST_WORDS,
        )

    def _topics(self, kind: BulkKind, say: Say, language: str) -> Mapping[TopicId, str]:
        """Of advertising it is said what becomes of it."""
        topics = {id_: self._catalog.title(id_, language) for id_ in self._catalog.topics}
        if kind is BulkKind.SUBSCRIBE:
            for id_, one in self._catalog.topics.items():
                if one.cls is TopicClass.MARKETING:
                    topics[id_] += f" ({say('waits_for_yes')})"
        return topics

    async def _tags(self) -> list[str]:
        async with self._database.read() as tx:
            return await tx.directory.tags()

    async def _planned(self, wanted: Asked) -> int:
        async with self._database.read() as tx:
            if wanted.ids is not None:
                return len(await tx.directory.chosen(wanted.ids, _EVERYBODY))
            planned = await tx.directory.count(wanted.filter.sought(self._catalog), MOST)
        if planned > MOST:
            raise Refused("too_many_people", 422, most=MOST)
        return planned

    async def begin(self, request: web.Request, who: SignedIn) -> web.StreamResponse:
        """Once for each form, however often it is sent; then one watches it."""
        form = await self._sign_in.form(request, who)
        key = form.get("key", "")
        if KEY.fullmatch(key) is None:
            raise Problem(400, "bad_form")
        wanted = asked_again(form, self._catalog)
        what, evidence = what_exactly(wanted.kind, form, who.operator.id, self._catalog)
        act = BulkAct(
            id=self._journal.new_id(),
            key=key,
            operator=who.operator.id,
            kind=wanted.kind,
            what=what,
            evidence=evidence,
            sought=wanted.filter.fields,
            ids=wanted.ids,
            planned=await self._planned(wanted),
            # Whoever comes after this moment is not meant.
            mark=ContactId(self._journal.new_id()),
            created_at=self._journal.clock(),
        )
        if not act.planned:
            raise Refused("nobody_left", 422)
        async with self._database.write() as tx:
            if await tx.bulk_acts.begin(act):
                begun = self._journal.act(who.by, Did.BULK_BEGUN, about_act(act))
                await tx.acts.add_many([begun])
            known = await tx.bulk_acts.by_key(key)
        location = f"/contacts/acts/{known.id if known else act.id}"
        if wants_json(request):
            return answer({"to": location})
        return web.Response(status=303, headers={"Location": location})

    async def latest(self, request: web.Request, who: SignedIn) -> web.StreamResponse:
        async with self._database.read() as tx:
            acts = await tx.bulk_acts.latest(_LATEST)
        return self._rendering.page(
            request,
            "contacts_acts.html",
            me=who.operator,
            csrf=who.csrf,
            acts=await self._shown(acts, language_of(request)),
        )

    async def watch(self, request: web.Request, who: SignedIn) -> web.StreamResponse:
        """How far it has come; for our script the part of the page that changes."""
        act, language = await self._find(request), language_of(request)
        [shown] = await self._shown([act], language)
        is_running = act.state is BulkState.RUNNING
        if wants_json(request):
            html = self._rendering.fragment("contacts_progress.html", language, shown=shown)
            return answer({"html": html, "running": is_running})
        return self._rendering.page(
            request,
            "contacts_watch.html",
            me=who.operator,
            csrf=who.csrf,
            shown=shown,
            is_running=is_running,
        )

    async def stop(self, request: web.Request, who: SignedIn) -> web.StreamResponse:
        """Go no further. What was done stays done."""
        await self._sign_in.form(request, who)
        act = await self._find(request)
        async with self._database.write() as tx:
            if await tx.bulk_acts.end(act.id, BulkState.STOPPED, self._journal.clock()):
                about = {**about_act(act), "many": str(act.done)}
                await tx.acts.add_many([self._journal.act(who.by, Did.BULK_STOPPED, about)])
        return web.Response(status=303, headers={"Location": f"/contacts/acts/{act.id}"})

    async def _find(self, request: web.Request) -> BulkAct:
        id_ = number_of(request.match_info["act"])
        async with self._database.read() as tx:
            act = await tx.bulk_acts.find(id_) if id_ is not None else None
        if act is None:
            raise Problem(404, "lost")
        return act

    async def _shown(self, acts: Sequence[BulkAct], language: str) -> list[ActShown]:
        say = sayer(language)
        async with self._database.read() as tx:
            names = {one.id: one.name or one.login for one in await tx.operators.all()}
        return [
            ActShown(
                act,
                say(f"deed_{act.kind}", what=self._title(act, language)),
                names.get(act.operator, ""),
                tuple(
                    (say(f"left_out_{reason}" if reason in _REASONS else "left_out_failed"), many)
                    for reason, many in sorted((act.left_out or {}).items())
                ),
            )
            for act in acts
        ]

    def _title(self, act: BulkAct, language: str) -> str:
        if act.kind in (BulkKind.TAG, BulkKind.UNTAG):
            return act.what
        return self._catalog.title(TopicId(act.what), language)


_REASONS = ("already", "stopped", "left", "held", "blocked", "unreachable", "unknown", "full")
