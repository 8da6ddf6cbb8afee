"""The phone page: a chat as its person sees it, live by server-sent events."""

from __future__ import annotations

import asyncio
import json
from urllib.parse import urlencode

from aiohttp import hdrs, web

from sandbox.bodies import BodyTooLarge, read_body
from sandbox.double import Account, ActRefused
from sandbox.live import CLOSED, News
from sandbox.page import Pages
from sandbox.people import Person, TooManyPeople
from sandbox.samples import Sample
from sandbox.sniff import mime_of
from sandbox.values import Json
from sandbox.view import Bubble, Mode
from sandbox.words import LANGUAGES, language_of
from sandbox.world import World

COOKIE = "sandbox_person"
_SHOWN = 200
_ALIVE_SECONDS = 15
_MOST_UPLOAD = 20 * 1024 * 1024
_INLINE = {"image/jpeg", "image/png", "image/gif", "image/webp", "video/mp4", "video/webm"} | {
    "audio/ogg",
    "audio/mpeg",
    "audio/mp4",
}


class Phone:
    def __init__(self, world: World, pages: Pages) -> None:
        self._world = world
        self._pages = pages

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/", self.front),
            web.get("/phone", self.page),
            web.post("/phone/people", self.create),
            web.get("/phone/stream", self.stream),
            web.post("/phone/upload", self.upload),
            web.get("/phone/file/{file_id}", self.file),
        ]

    async def front(self, request: web.Request) -> web.Response:
        location = f"{self._world.settings.prefix}/phone"
        return web.Response(status=302, headers={hdrs.LOCATION: location})

    async def page(self, request: web.Request) -> web.Response:
        account = self._account(request)
        person = self._person(request.query.get("person", ""))
        if person is None and "person" not in request.query:
            person = self._person(request.cookies.get(COOKIE, ""))
        language = language_of(request)
        start = request.query.get("start", "")
        response = self._pages.page(
            request,
            "phone.html",
            account=account.about,
            accounts=[each.about for _, each in self._world.accounts],
            people=[self._line(account, each) for each in list(self._world.people)[-_SHOWN:]],
            person=person,
            start=start,
            description=account.screen(person).description if person else "",
            thread=self._thread(account, person, language) if person else "",
            state=self._state(account, person, language) if person else {},
            shop=self._world.settings.shop,
        )
        if person is not None:
            self._pages.remember(response, COOKIE, str(person.id))
        return response

    async def create(self, request: web.Request) -> web.Response:
        """The form for a new person; leads to their phone."""
        form = await request.post()
        name = str(form.get("first_name", "")).strip()[:64]
        language = str(form.get("language_code", ""))
        query = {key: str(form[key]) for key in ("bot", "start") if form.get(key)}
        if name:
            try:
                person = self._world.people.create(
                    name,
                    last_name=str(form.get("last_name", "")).strip()[:64],
                    username=str(form.get("username", "")).strip().removeprefix("@")[:32],
                    language_code=language if language in LANGUAGES else "en",
                )
            except TooManyPeople as error:
                return web.Response(status=409, text=str(error))
            self._world.changed()
            query["person"] = str(person.id)
        location = f"{self._world.settings.prefix}/phone?{urlencode(query)}"
        return web.Response(status=303, headers={hdrs.LOCATION: location})

    async def stream(self, request: web.Request) -> web.StreamResponse:
        """Server-sent events: first the whole thread and state, then what happens."""
        account = self._account(request)
        person = self._person(request.query.get("person", ""))
        if person is None:
            raise web.HTTPNotFound
        language = language_of(request)
        response = web.StreamResponse(
            headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"}
        )
        with self._world.hub.listen((account.about.key, person.id)) as news:
            await response.prepare(request)
            try:
                thread = {"html": self._thread(account, person, language)}
                await _send(response, News("thread", thread))
                await _send(response, self._shown(account, person, News("state", {}), language))
                await self._follow(response, news, account, person, language)
            except (ConnectionError, TimeoutError):
                return response
        return response

    async def upload(self, request: web.Request) -> web.Response:
        """A file of the visitor's own, sent as the person (raw body, its name in the query)."""
        # Another site's page cannot send this type unasked, so it cannot upload here.
        if request.content_type != "application/octet-stream":
            raise web.HTTPUnsupportedMediaType
        account = self._account(request)
        person = self._person(request.query.get("person", ""))
        try:
            content = await read_body(request, _MOST_UPLOAD)
        except BodyTooLarge:
            return web.json_response({"error": "the file is over 20 MB"}, status=413)
        if person is None or not content:
            return web.json_response({"error": "there is nothing to send"}, status=422)
        name = request.query.get("name", "file")[-120:]
        try:
            message = await account.upload(person, Sample(name, mime_of(content), content))
        except ActRefused as error:
            return web.json_response({"error": str(error)}, status=409)
        return web.json_response({"result": message})

    async def file(self, request: web.Request) -> web.StreamResponse:
        """Media of a message; only pictures, films and sounds open in the page."""
        file = self._world.files.find(request.match_info["file_id"])
        path = self._world.files.on_disk(file) if file else None
        if file is None or path is None or not await asyncio.to_thread(path.exists):
            raise web.HTTPNotFound
        inline = file.mime in _INLINE
        return web.FileResponse(
            path,
            headers={
                "Content-Type": file.mime if inline else "application/octet-stream",
                "Content-Disposition": "inline" if inline else "attachment",
                "Content-Security-Policy": "sandbox; default-src 'none'",
                "X-Content-Type-Options": "nosniff",
            },
        )

    async def _follow(
        self,
        response: web.StreamResponse,
        news: asyncio.Queue[News],
        account: Account,
        person: Person,
        language: str,
    ) -> None:
        while True:
            try:
                async with asyncio.timeout(_ALIVE_SECONDS):
                    one = await news.get()
            except TimeoutError:
                await response.write(b": alive\n\n")
                continue
            if one is CLOSED:
                return
            await _send(response, self._shown(account, person, one, language))

    def _shown(self, account: Account, person: Person, news: News, language: str) -> News:
        """The news as the page needs it: with HTML where it shows something."""
        match news:
            case News("message", {"bubble": Bubble() as bubble}):
                html = self._message(account, bubble, language)
                return News("message", {"id": bubble.id, "html": html})
            case News("state"):
                return News("state", self._state(account, person, language))
            case _:
                return news

    def _thread(self, account: Account, person: Person, language: str) -> str:
        bubbles = account.thread(person, _SHOWN)
        return "".join(self._message(account, each, language) for each in bubbles)

    def _message(self, account: Account, bubble: Bubble, language: str) -> str:
        return self._pages.fragment(
            "message.html", language, bubble=bubble, can_edit=account.about.can_edit
        )

    def _state(self, account: Account, person: Person, language: str) -> Json:
        screen = account.screen(person)
        foot = self._pages.fragment("keyboard.html", language, screen=screen)
        return {"mode": screen.mode, "html": foot, "commands": bool(screen.menu)}

    def _line(self, account: Account, person: Person) -> Json:
        last = next(iter(account.thread(person, 1)), None)
        return {
            "id": person.id,
            "name": person.name,
            "last": last.text[:80] if last else "",
            "blocked": account.screen(person).mode is Mode.BLOCKED,
        }

    def _account(self, request: web.Request) -> Account:
        found = self._world.account_named(request.query.get("bot", ""))
        if found is None:
            raise web.HTTPNotFound(text="There is no bot with this name here.")
        return found[1]

    def _person(self, given: str) -> Person | None:
        return self._world.people.get(int(given)) if given.isdecimal() else None


async def _send(response: web.StreamResponse, news: News) -> None:
    data = json.dumps(news.data, ensure_ascii=False)
    async with asyncio.timeout(_ALIVE_SECONDS):
        await response.write(f"event: {news.kind}\ndata: {data}\n\n".encode())
