"""HTTP of the Bot API double: /bot<token>/<method>, files, and what t.me would show."""

from __future__ import annotations

import asyncio
import hmac
import logging
import re
import time
from typing import Any
from urllib.parse import urlencode

from aiohttp import hdrs, web

from sandbox.faults import Fault, FaultKind
from sandbox.telegram.bot import Bot
from sandbox.telegram.call import Call, read_call
from sandbox.telegram.errors import ApiError
from sandbox.telegram.methods import Method
from sandbox.telegram.methods_updates import ApiText
from sandbox.values import Json
from sandbox.world import World

_TOKEN = re.compile(r"[1-9][0-9]{0,19}:[A-Za-z0-9_-]{3,}")
_START = re.compile(r"[A-Za-z0-9_-]{1,64}")
_NOT_IN_REPLIES = {"setwebhook", "deletewebhook"}
_log = logging.getLogger("sandbox.telegram")


class Telegram:
    """`methods` is set when the application starts, since some methods need its HTTP client."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.methods: dict[str, Method] = {}
        self._stopping = asyncio.Event()

    def routes(self) -> list[web.RouteDef]:
        found = []
        for prefix in ("", "/telegram"):
            found.append(web.route("*", prefix + "/bot{token}/{method}", self.call))
            found.append(web.get(prefix + "/file/bot{token}/{path:.+}", self.file))
        found.append(web.get("/telegram/t.me/{username}", self.deep_link))
        return found

    def stop(self) -> None:
        """Let go of the calls that a fault holds."""
        self._stopping.set()

    async def call(self, request: web.Request) -> web.StreamResponse:
        started = time.perf_counter()
        name = request.match_info["method"]
        bot: Bot | None = None
        call = Call(name, {}, {})
        fault: Fault | None = None
        try:
            bot = self._bot(request)
            call = await read_call(request, name)
            fault = self._world.faults.take(name, call.text("chat_id"))
            answer, status = await self._answer(bot, call, fault)
        except ApiError as error:
            answer, status = error.as_json(), error.code
        except Exception:
            _log.exception("a method of the double failed", extra={"method": name})
            answer, status = ApiError(500, "Internal Server Error").as_json(), 500
        silent = fault is not None and fault.kind is not FaultKind.ANSWER
        if bot is not None:
            self._world.journal.write(
                at=bot.now(),
                seconds=time.perf_counter() - started,
                bot=bot.id,
                method=name,
                params=dict(call.params),
                uploads={key: len(each.content) for key, each in call.uploads.items()},
                status=0 if silent else status,
                answer={} if silent else answer,
            )
        if fault is not None and silent:
            return await self._stay_silent(request, fault)
        return _json(answer, status)

    async def execute(self, bot: Bot, reply: Json) -> None:
        """A call that rode in a webhook's answer; its result is never seen, nor its error."""
        name = reply["method"].lower()
        method = self.methods.get(name)
        if method is None or name.startswith("get") or name in _NOT_IN_REPLIES:
            return
        try:
            await method(bot, Call(name, {k: v for k, v in reply.items() if k != "method"}, {}))
        except ApiError:
            return

    async def file(self, request: web.Request) -> web.StreamResponse:
        try:
            bot = self._bot(request)
        except ApiError as error:
            return _json(error.as_json(), error.code)
        file = bot.files.at(bot.id, request.match_info["path"])
        path = bot.files.on_disk(file) if file is not None else None
        if path is None or not await asyncio.to_thread(path.exists):
            return _json(ApiError(404, "Not Found").as_json(), 404)
        headers = {"Content-Type": "application/octet-stream", "X-Content-Type-Options": "nosniff"}
        return web.FileResponse(path, headers=headers)

    async def deep_link(self, request: web.Request) -> web.StreamResponse:
        """What https://t.me/<username>?start=<param> opens: the phone with a Start button."""
        bot = self._world.bot_named(request.match_info["username"])
        if bot is None:
            return web.Response(status=404, text="There is no bot with this name here.")
        query = {"bot": bot.told.username}
        start = request.query.get("start", "")
        # The platform ignores a parameter that it would not accept.
        if _START.fullmatch(start):
            query["start"] = start
        location = f"{self._world.settings.prefix}/phone?{urlencode(query)}"
        return web.Response(status=302, headers={hdrs.LOCATION: location})

    def _bot(self, request: web.Request) -> Bot:
        token = request.match_info["token"]
        if not _TOKEN.fullmatch(token):
            raise ApiError(404, "Not Found")
        for known, bot in self._world.bots.items():
            if hmac.compare_digest(known, token):
                return bot
        raise ApiError(401, "Unauthorized")

    async def _answer(self, bot: Bot, call: Call, fault: Fault | None) -> tuple[Json, int]:
        if fault is not None and fault.kind is not FaultKind.CUT:
            return fault.as_json(), fault.error_code
        method = self.methods.get(call.method.lower())
        if method is None:
            raise ApiError(404, "Not Found: method not found")
        result: Any = await method(bot, call)
        if isinstance(result, ApiText):
            return {"ok": True, "result": result.result, "description": result.description}, 200
        return {"ok": True, "result": result}, 200

    async def _stay_silent(self, request: web.Request, fault: Fault) -> web.Response:
        if fault.kind is FaultKind.HANG:
            while not self._stopping.is_set() and _connected(request):
                try:
                    async with asyncio.timeout(0.5):
                        await self._stopping.wait()
                except TimeoutError:
                    continue
        if request.transport is not None:
            request.transport.abort()
        return web.Response()


def _connected(request: web.Request) -> bool:
    return request.transport is not None and not request.transport.is_closing()


def _json(answer: Json, status: int) -> web.Response:
    return web.json_response(answer, status=status)
