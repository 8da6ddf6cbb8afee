"""The double of the Telegram Bot API: its bots and their HTTP, to be put into a sandbox."""

from __future__ import annotations

import asyncio
import hmac
import logging
import re
from functools import partial
from typing import Any

import aiohttp
from aiohttp import web

from sandbox.calls import Answer, Calls, Received
from sandbox.faults import Fault
from sandbox.landing import nobody, open_phone
from sandbox.telegram.account import TelegramAccount
from sandbox.telegram.bot import Bot
from sandbox.telegram.call import Call, read_call
from sandbox.telegram.errors import ApiError
from sandbox.telegram.methods import Method, methods
from sandbox.telegram.methods_updates import ApiText
from sandbox.values import Json
from sandbox.world import World

_TOKEN = re.compile(r"[1-9][0-9]{0,19}:[A-Za-z0-9_-]{3,}")
_START = re.compile(r"[A-Za-z0-9_-]{1,64}")
_NOT_IN_REPLIES = {"setwebhook", "deletewebhook"}
_log = logging.getLogger("sandbox.telegram")


class Telegram:
    """/bot<token>/<method>, files, and what t.me would show."""

    channel = "telegram"

    def __init__(self, world: World) -> None:
        self._settings = world.settings
        self.calls = Calls(
            log_size=world.settings.log_size, clock=world.now, fault_answer=_fault_answer
        )
        bots = [Bot(told, world, self.calls.journal) for told in world.settings.bots]
        self.accounts = [TelegramAccount(bot, self._execute) for bot in bots]
        self._methods: dict[str, Method] = {}

    def routes(self) -> list[web.RouteDef]:
        found = []
        for prefix in ("", "/telegram"):
            found.append(web.route("*", prefix + "/bot{token}/{method}", self._call))
            found.append(web.get(prefix + "/file/bot{token}/{path:.+}", self._file))
        found.append(web.get("/telegram/t.me/{username}", self._deep_link))
        return found

    async def run(self, http: aiohttp.ClientSession) -> None:
        self._methods = methods(http)
        async with asyncio.TaskGroup() as tasks:
            for account in self.accounts:
                tasks.create_task(account.delivery.run(http))

    def stop(self) -> None:
        for account in self.accounts:
            account.bot.is_closing = True
            account.bot.arrived.set()

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
        name = request.match_info["method"]
        try:
            bot = self._bot(request)
            call = await read_call(request, name)
        except ApiError as error:
            return web.json_response(error.as_json(), status=error.code)
        received = Received(
            account=bot.told.username,
            method=name,
            chat_id=call.text("chat_id"),
            params=dict(call.params),
            uploads={key: len(each.content) for key, each in call.uploads.items()},
        )
        return await self.calls.serve(request, received, partial(self._answer, bot, call))

    async def _answer(self, bot: Bot, call: Call) -> Answer:
        try:
            method = self._methods.get(call.method.lower())
            if method is None:
                raise ApiError(404, "Not Found: method not found")
            result: Any = await method(bot, call)
        except ApiError as error:
            return Answer(error.as_json(), error.code)
        except Exception:
            _log.exception("a method of the double failed", extra={"method": call.method})
            return Answer(ApiError(500, "Internal Server Error").as_json(), 500)
        if isinstance(result, ApiText):
            return Answer({"ok": True, "result": result.result, "description": result.description})
        return Answer({"ok": True, "result": result})

    async def _execute(self, bot: Bot, reply: Json) -> None:
        """A call that rode in a webhook's answer; its result is never seen, nor its error."""
        name = reply["method"].lower()
        method = self._methods.get(name)
        if method is None or name.startswith("get") or name in _NOT_IN_REPLIES:
            return
        try:
            await method(bot, Call(name, {k: v for k, v in reply.items() if k != "method"}, {}))
        except ApiError:
            return

    async def _file(self, request: web.Request) -> web.StreamResponse:
        try:
            bot = self._bot(request)
        except ApiError as error:
            return web.json_response(error.as_json(), status=error.code)
        file = bot.files.at(bot.key, request.match_info["path"])
        path = bot.files.on_disk(file) if file is not None else None
        if path is None or not await asyncio.to_thread(path.exists):
            return web.json_response(ApiError(404, "Not Found").as_json(), status=404)
        headers = {"Content-Type": "application/octet-stream", "X-Content-Type-Options": "nosniff"}
        return web.FileResponse(path, headers=headers)

    async def _deep_link(self, request: web.Request) -> web.StreamResponse:
        """What https://t.me/<username>?start=<param> opens: the phone with a Start button."""
        username = request.match_info["username"].lower()
        for account in self.accounts:
            if account.about.name.lower() == username:
                start = request.query.get("start", "")
                # The platform ignores a parameter that it would not accept.
                start = start if _START.fullmatch(start) else ""
                return open_phone(self._settings, account.about, start)
        return nobody()

    def _bot(self, request: web.Request) -> Bot:
        token = request.match_info["token"]
        if not _TOKEN.fullmatch(token):
            raise ApiError(404, "Not Found")
        for account in self.accounts:
            if hmac.compare_digest(account.bot.told.token, token):
                return account.bot
        raise ApiError(401, "Unauthorized")


def _fault_answer(fault: Fault) -> Answer:
    code = 500 if fault.error_code is None else fault.error_code
    if not 100 <= code <= 599:
        raise ValueError("error_code is an HTTP status")
    words = fault.description or "Internal Server Error"
    return Answer(ApiError(code, words, fault.parameters).as_json(), code)
