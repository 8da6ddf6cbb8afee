"""/contacts/act: what is done to many people: asked, begun once, watched; and the export."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aiohttp import web

from core.acts import Did
from core.ids import ContactId, TopicId
from core.people import Json
from core.text import clean
from core.topics import TopicClass
from dialogues.catalog import Catalog
from inbox.acting import new_key
from inbox.bulk_working import about_act
from inbox.contacts_csv import table_of
from inbox.contacts_filter import LONGEST_TAG, PeopleFilter, people_filter_of
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
_MOST_TICKED = 500
_LONGEST_WORDS = 1000
_LATEST = 20
_EVERYBODY = ContactId(2**63 - 1)


@dataclass(frozen=True, slots=True)
class _Asked:
    """`ids` None: all that the filter finds."""

    kind: BulkKind
    filter: PeopleFilter
    ids: tuple[ContactId, ...] | None


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
        act, export = Right.ACT_IN_BULK, Right.EXPORT_CONTACT
        return [
            web.get("/contacts/act", signed(self.ask, act)),
            web.post("/contacts/act", signed(self.begin, act)),
            web.get("/contacts/acts", signed(self.latest, act)),
            web.get("/contacts/acts/{act}", signed(self.watch, act)),
            web.post("/contacts/acts/{act}/stop", signed(self.stop, act)),
            web.post("/contacts/export", signed(self.export, export)),
        ]

    async def ask(self, request: web.Request, who: SignedIn) -> web.StreamResponse:
        """What exactly, and to how many: nothing is done yet."""
        query = request.query
        asked = self._asked(query, query, query.getall("who", []))
        planned = await self._planned(asked)
        say = sayer(language_of(request))
        return self._rendering.page(
            request,
            "contacts_act.html",
            me=who.operator,
            csrf=who.csrf,
            asked=asked,
            planned=planned,
            key=new_key(),
            topics=self._topics(say, language_of(request)),
            tags=await self._tags(),
            longest_tag=LONGEST_TAG,
            longest_words=_LONGEST_WORDS,
        )

    def _topics(self, say: Say, language: str) -> Mapping[str, str]:
        """Of advertising it is said what becomes of it."""
        return {
            id_: self._catalog.title(id_, language)
            + (f" ({say('waits_for_yes')})" if one.cls is TopicClass.MARKETING else "")
            for id_, one in self._catalog.topics.items()
        }

    async def _tags(self) -> list[str]:
        async with self._database.read() as tx:
            return await tx.directory.tags()

    def _asked(
        self, fields: Mapping[str, str], found_by: Mapping[str, str], ticked: Sequence[str]
    ) -> _Asked:
        kind = fields.get("act", "")
        if kind not in list(BulkKind):
            raise Problem(400, "bad_form")
        wanted = people_filter_of(found_by, self._catalog)
        if fields.get("all"):
            return _Asked(BulkKind(kind), wanted, None)
        ids = [ContactId(id_) for one in ticked if (id_ := number_of(one)) is not None]
        if not ids:
            raise Refused("nobody_ticked", 422)
        return _Asked(BulkKind(kind), wanted, tuple(dict.fromkeys(ids))[:_MOST_TICKED])

    async def _planned(self, asked: _Asked) -> int:
        async with self._database.read() as tx:
            if asked.ids is not None:
                return len(await tx.directory.chosen(asked.ids, _EVERYBODY))
            planned = await tx.directory.count(asked.filter.sought(self._catalog), MOST)
        if planned > MOST:
            raise Refused("too_many_people", 422, most=MOST)
        return planned

    async def begin(self, request: web.Request, who: SignedIn) -> web.StreamResponse:
        """Once for each form, however often it is sent; then one watches it."""
        form = await self._sign_in.form(request, who)
        key = form.get("key", "")
        if KEY.fullmatch(key) is None:
            raise Problem(400, "bad_form")
        found_by = {
            name.removeprefix("found_"): value
            for name, value in form.items()
            if name.startswith("found_")
        }
        asked = self._asked(form, found_by, form.get("who", "").split())
        what, evidence = self._what(asked.kind, form, who)
        act = BulkAct(
            id=self._journal.new_id(),
            key=key,
            operator=who.operator.id,
            kind=asked.kind,
            what=what,
            evidence=evidence,
            sought=asked.filter.fields,
            ids=asked.ids,
            planned=await self._planned(asked),
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

    def _what(
        self, kind: BulkKind, form: Mapping[str, str], who: SignedIn
    ) -> tuple[str, Mapping[str, Json]]:
        if kind in (BulkKind.TAG, BulkKind.UNTAG):
            tag = " ".join(form.get("tag", "").split())
            if not 0 < len(tag) <= LONGEST_TAG:
                raise Refused("bad_tag", 422, most=LONGEST_TAG)
            return tag, {}
        topic = TopicId(form.get("topic", ""))
        if topic not in self._catalog.topics:
            raise Problem(400, "bad_form")
        words, where = (clean(form.get(name, "")).strip() for name in ("words", "where"))
        is_joining = kind is BulkKind.SUBSCRIBE
        if len(words) > _LONGEST_WORDS or len(where) > _LONGEST_WORDS:
            raise Refused("bulk_words_too_long", 422, most=_LONGEST_WORDS)
        if not words or (is_joining and not where):
            raise Refused("needs_evidence" if is_joining else "needs_reason", 422)
        given = {"written": words, "where": where, "operator": str(who.operator.id)}
        return topic, {name: text for name, text in given.items() if text}

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

    async def export(self, request: web.Request, who: SignedIn) -> web.StreamResponse:
        """All that the filter finds as a file. It is written down before the first line goes."""
        form = await self._sign_in.form(request, who)
        self._sign_in.require_fresh(who)
        wanted, language = people_filter_of(form, self._catalog), language_of(request)
        async with self._database.write() as tx:
            many = await tx.directory.count(wanted.sought(self._catalog), MOST)
            told = f"{MOST}+" if many > MOST else str(many)
            exported = self._journal.act(who.by, Did.CONTACTS_EXPORTED, {"many": told})
            await tx.acts.add_many([exported])
        day = self._journal.clock().date().isoformat()
        response = web.StreamResponse(
            headers={
                "Content-Type": "text/csv; charset=utf-8",
                "Content-Disposition": f'attachment; filename="contacts-{day}.csv"',
                "Cache-Control": "no-store",
            }
        )
        await response.prepare(request)
        async for piece in table_of(
            self._database, wanted, self._catalog, sayer(language), language
        ):
            await response.write(piece)
        await response.write_eof()
        return response


_REASONS = ("already", "stopped", "left", "held", "unreachable", "unknown", "full")
