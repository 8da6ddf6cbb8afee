"""The double of MAX: its bots and their HTTP, to be put into a sandbox."""

from __future__ import annotations

import asyncio
import hmac
import logging
from collections.abc import Mapping
from functools import partial

import aiohttp
from aiohttp import hdrs, web

from sandbox.calls import Answer, Calls, Received
from sandbox.faults import Fault
from sandbox.landing import nobody, open_phone
from sandbox.max.account import MaxAccount
from sandbox.max.bot import Bot
from sandbox.max.call import Call, read_json
from sandbox.max.errors import CODES, ApiError, not_found, too_many
from sandbox.max.methods import Method, methods, template_of
from sandbox.max.people import person_id_of
from sandbox.max.uploads import receive
from sandbox.values import Json
from sandbox.world import World

_VERBS = ("GET", "POST", "PUT", "PATCH", "DELETE")
_log = logging.getLogger("sandbox.max")


class Max:
    """/max/<path> of the bot API, uploads, files, and what max.ru would show."""

    channel = "max"

    def __init__(self, world: World) -> None:
        self._world = world
        self.calls = Calls(
            log_size=world.settings.log_size, clock=world.now, fault_answer=_fault_answer
        )
        self.accounts = [MaxAccount(Bot(told, world)) for told in world.settings.max_bots]
        self._methods: Mapping[str, Method] = {}

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/max/upload/{ticket}", self._upload),
            web.get("/max/file/{file_id}", self._file),
            web.route("*", "/max/{path:.*}", self._call),
            web.get("/max.ru/{name}", self._deep_link),
            web.get("/max.ru/{name}/start/{param}", self._deep_link),
        ]

    async def run(self, http: aiohttp.ClientSession) -> None:
        self._methods = methods(http)
        async with asyncio.TaskGroup() as tasks:
            for account in self.accounts:
                tasks.create_task(account.delivery.run(http))

    def stop(self) -> None:
        for account in self.accounts:
            account.bot.close()

    def reset(self) -> None:
        for account in self.accounts:
            account.reset()

    def dump(self) -> Json:
        return {account.about.id: account.bot.dump() for account in self.accounts}

    def load(self, data: Json) -> None:
        for account in self.accounts:
            if account.about.id in data:
                account.bot.load(data[account.about.id])

    async def _call(self, request: web.Request) -> web.StreamResponse:
        try:
            bot = self._bot_of(request)
            call = await self._read(request)
        except ApiError as error:
            return web.json_response(_body(error), status=error.status)
        params = {**call.query, **call.body}
        received = Received(bot.told.name, call.method, _person_of(bot, call), params)
        return await self.calls.serve(request, received, partial(self._answer, bot, call))

    async def _read(self, request: web.Request) -> Call:
        template, chat_id = template_of(request.match_info["path"])
        name = f"{request.method} {template}"
        if name not in self._methods:
            if any(f"{verb} {template}" in self._methods for verb in _VERBS):
                raise ApiError(405, "the method is not allowed here")
            raise not_found("there is no such path")
        return Call(name, dict(request.query), await read_json(request), chat_id)

    async def _answer(self, bot: Bot, call: Call) -> Answer:
        try:
            self._admit(bot)
            return Answer(await self._methods[call.method](bot, call))
        except ApiError as error:
            # Nothing but a rate answers so: in all, or of one chat.
            self.calls.journal.throttled += error.status == 429
            return Answer(_body(error), error.status)
        except Exception:
            _log.exception("a method of the double failed", extra={"method": call.method})
            return Answer({"code": CODES[500], "message": "Internal error"}, 500)

    async def _upload(self, request: web.Request) -> web.Response:
        """Takes no token of the bot: the address itself is the permission."""
        ticket = request.match_info["ticket"]
        bots = (account.bot for account in self.accounts)
        bot = next((each for each in bots if ticket in each.tickets), None)
        try:
            if bot is None:
                raise not_found("the address of an upload works once")
            return await receive(request, bot, ticket)
        except ApiError as error:
            return web.json_response(_body(error), status=error.status)

    async def _file(self, request: web.Request) -> web.StreamResponse:
        file = self._world.files.find(request.match_info["file_id"])
        path = self._world.files.on_disk(file) if file is not None else None
        if file is None or path is None or not file.owner.startswith("max:"):
            raise web.HTTPNotFound
        if not await asyncio.to_thread(path.exists):
            raise web.HTTPNotFound
        headers = {"Content-Type": file.mime, "X-Content-Type-Options": "nosniff"}
        # Files of persons are shown by the phone; here they are only ever loaded.
        headers["Content-Disposition"] = "attachment"
        return web.FileResponse(path, headers=headers)

    async def _deep_link(self, request: web.Request) -> web.StreamResponse:
        """What https://max.ru/<nick>?start=<payload> opens, and its older form with a path."""
        name = request.match_info["name"].lower()
        param = request.match_info.get("param") or request.query.get("start", "")
        for account in self.accounts:
            if name == account.about.name.lower():
                return open_phone(self._world.settings, account.about, param[:512])
        return nobody()

    def _admit(self, bot: Bot) -> None:
        """Count a request against the rate. Raises ApiError 429."""
        if not self._world.settings.limits:
            return
        now = self._world.now()
        if bot.requests.wait("all", now):
            raise too_many()
        bot.requests.take("all", now)

    def _bot_of(self, request: web.Request) -> Bot:
        """The bot whose token the header is, word for word. Raises ApiError 401."""
        if "access_token" in request.query:
            raise ApiError(401, "access_token in the query is no longer supported")
        token = request.headers.get(hdrs.AUTHORIZATION, "").encode("utf-8", "surrogateescape")
        for account in self.accounts:
            if hmac.compare_digest(account.bot.told.token.encode(), token):
                return account.bot
        raise ApiError(401, "Invalid access_token")


def _person_of(bot: Bot, call: Call) -> str:
    """The sandbox's number of the person whom a call is about; "" where it names none."""
    chat_id = call.chat_id or call.text("chat_id")
    if chat_id.isdecimal():
        return str(person_id_of(int(chat_id)))
    found = bot.find(call.text("message_id"))
    pressed = bot.presses.get(call.text("callback_id"))
    by_message = found[0].person_id if found else pressed[0] if pressed else ""
    return call.text("user_id") or str(by_message)


def _body(error: ApiError) -> Json:
    return {"code": error.code, "message": str(error)}


def _fault_answer(fault: Fault) -> Answer:
    """`error_code` is the HTTP status; `parameters` may name another `code` than its usual one."""
    status = 500 if fault.error_code is None else fault.error_code
    if not 400 <= status <= 599:
        raise ValueError("error_code is an HTTP status from 400 to 599")
    code = CODES.get(status, CODES[500])
    body = {"code": code, "message": fault.description or code}
    return Answer({**body, **(fault.parameters or {})}, status)
