"""The phone page: a chat as its person sees it, live by server-sent events."""

from __future__ import annotations

import asyncio
import json
from urllib.parse import urlencode

from aiohttp import hdrs, web

from sandbox import acts
from sandbox.live import CLOSED, News
from sandbox.page import Pages
from sandbox.people import Person, TooManyPeople
from sandbox.samples import Sample
from sandbox.telegram.bot import Bot
from sandbox.telegram.call import read_body
from sandbox.telegram.chat import Chat
from sandbox.telegram.errors import ApiError
from sandbox.telegram.methods_bot import commands_for
from sandbox.telegram.sniff import mime_of
from sandbox.values import Json
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
        bot = self._bot(request)
        person = self._person(request, request.query.get("person", ""))
        if person is None and "person" not in request.query:
            person = self._person(request, request.cookies.get(COOKIE, ""))
        language = language_of(request)
        chat = bot.chat_with(person) if person else None
        response = self._pages.page(
            request,
            "phone.html",
            bot=bot.told,
            bots=[each.told for each in self._world.bots.values()],
            people=[self._line(bot, each) for each in self._world.people][-_SHOWN:],
            person=person,
            start=request.query.get("start", ""),
            description=_description(bot, person),
            thread=self._thread(bot, person, language) if person else "",
            state=self._state(bot, chat, language) if chat else {},
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
        bot = self._bot(request)
        person = self._person(request, request.query.get("person", ""))
        if person is None:
            raise web.HTTPNotFound
        language = language_of(request)
        response = web.StreamResponse(
            headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"}
        )
        with self._world.hub.listen((bot.id, person.id)) as news:
            await response.prepare(request)
            try:
                thread = {"html": self._thread(bot, person, language)}
                await _send(response, News("thread", thread))
                await _send(response, self._shown(bot, person, News("state", {}), language))
                await self._follow(response, news, bot, person, language)
            except (ConnectionError, TimeoutError):
                return response
        return response

    async def upload(self, request: web.Request) -> web.Response:
        """A file of the visitor's own, sent as the person (raw body, its name in the query)."""
        # Another site's page cannot send this type unasked, so it cannot upload here.
        if request.content_type != "application/octet-stream":
            raise web.HTTPUnsupportedMediaType
        bot = self._bot(request)
        person = self._person(request, request.query.get("person", ""))
        try:
            content = await read_body(request, _MOST_UPLOAD)
        except ApiError:
            return web.json_response({"error": "the file is over 20 MB"}, status=413)
        if person is None or not content:
            return web.json_response({"error": "there is nothing to send"}, status=422)
        mime = mime_of(content)
        kind = {"image/jpeg": "photo", "image/png": "photo", "video/mp4": "video"}.get(mime)
        name = request.query.get("name", "file")[-120:]
        given = Sample(name, mime, content)
        try:
            message = await acts.send_file(bot, person, kind or "document", given=given)
        except acts.ActRefused as error:
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
        bot: Bot,
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
            await _send(response, self._shown(bot, person, one, language))

    def _shown(self, bot: Bot, person: Person, news: News, language: str) -> News:
        """The news as the page needs it: with HTML where it shows something."""
        match news.kind:
            case "message":
                message = news.data["message"]
                html = self._message(bot, message, language)
                return News("message", {"id": message["message_id"], "html": html})
            case "state":
                return News("state", self._state(bot, bot.chat_with(person), language))
            case _:
                return news

    def _thread(self, bot: Bot, person: Person, language: str) -> str:
        messages = list(bot.chat_with(person).messages.values())[-_SHOWN:]
        return "".join(self._message(bot, each, language) for each in messages)

    def _message(self, bot: Bot, message: Json, language: str) -> str:
        own = message["from"]["id"] != bot.id
        if own and message.get("text", "").startswith("/start "):
            # The apps hide the parameter of a deep link.
            message = {**message, "text": "/start"}
        return self._pages.fragment("message.html", language, message=message, own=own)

    def _state(self, bot: Bot, chat: Chat, language: str) -> Json:
        person = self._world.people.get(chat.person_id)
        commands = commands_for(bot, person.language_code if person else "")
        foot = self._pages.fragment(
            "keyboard.html", language, keyboard=chat.keyboard or {}, commands=commands
        )
        mode = "blocked" if chat.blocked else "chat" if chat.started else "start"
        return {"mode": mode, "html": foot, "commands": bool(commands)}

    def _line(self, bot: Bot, person: Person) -> Json:
        chat = bot.chats.get(person.id)
        last = next(reversed(chat.messages.values()), None) if chat else None
        words = (last or {}).get("text") or (last or {}).get("caption") or ""
        return {
            "id": person.id,
            "name": person.name,
            "last": words[:80],
            "blocked": chat is not None and chat.blocked,
        }

    def _bot(self, request: web.Request) -> Bot:
        bot = self._world.bot_named(request.query.get("bot", ""))
        if bot is None:
            raise web.HTTPNotFound(text="There is no bot with this name here.")
        return bot

    def _person(self, request: web.Request, given: str) -> Person | None:
        return self._world.people.get(int(given)) if given.isdecimal() else None


def _description(bot: Bot, person: Person | None) -> str:
    texts = bot.profile.description
    return texts.get(person.language_code if person else "", "") or texts.get("", "")


async def _send(response: web.StreamResponse, news: News) -> None:
    data = json.dumps(news.data, ensure_ascii=False)
    async with asyncio.timeout(_ALIVE_SECONDS):
        await response.write(f"event: {news.kind}\ndata: {data}\n\n".encode())
