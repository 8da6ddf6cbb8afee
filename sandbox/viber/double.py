"""The double of Viber: its bots and their HTTP, to be put into a sandbox."""

from __future__ import annotations

import asyncio
import hmac
import json
import logging
from collections.abc import Mapping
from functools import partial
from typing import Final

import aiohttp
from aiohttp import web

from sandbox.bodies import BodyTooLarge, read_body
from sandbox.calls import Answer, Calls, Received
from sandbox.faults import Fault
from sandbox.landing import nobody, open_phone
from sandbox.values import Json
from sandbox.viber.account import ViberAccount
from sandbox.viber.bot import Bot
from sandbox.viber.content import MOST_JSON
from sandbox.viber.errors import GENERAL, ApiError, name_of
from sandbox.viber.methods import Method, methods
from sandbox.viber.sending import welcome
from sandbox.world import World

_MOST_READ: Final = 1_000_000
_MOST_STATUS: Final = 9999
_log = logging.getLogger("sandbox.viber")


class Viber:
    """/viber/pa/<method>, files of persons, and what a link viber://pa opens."""

    channel = "viber"

    def __init__(self, world: World) -> None:
        self._world = world
        self.calls = Calls(
            log_size=world.settings.log_size, clock=world.now, fault_answer=_fault_answer
        )
        self.accounts = [
            ViberAccount(Bot(told, world, self.calls), self._welcome)
            for told in world.settings.viber_bots
        ]
        self._http: aiohttp.ClientSession | None = None
        self._methods: Mapping[str, Method] = {}

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/viber/pa/{method}", self._call),
            web.get("/viber/file/{file_id}", self._file),
            web.get("/viber", self._deep_link),
        ]

    async def run(self, http: aiohttp.ClientSession) -> None:
        self._http = http
        self._methods = methods(http)
        async with asyncio.TaskGroup() as tasks:
            for account in self.accounts:
                tasks.create_task(account.delivery.run(http))

    def stop(self) -> None:
        """Nothing is held open here but by faults, which the calls let go."""

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
        if name not in self._methods:
            raise web.HTTPNotFound
        try:
            params, length = await _read(request)
            given = request.headers.get("X-Viber-Auth-Token") or params.pop("auth_token", "")
            params.pop("auth_token", None)
            bot = self._bot_with(given)
        except ApiError as error:
            return web.json_response(_failed(error))
        chat_id = params.get("receiver") or params.get("id") or ""
        received = Received(bot.told.name, name, str(chat_id), params)
        return await self.calls.serve(
            request, received, partial(self._answer, bot, name, params, length)
        )

    async def _answer(self, bot: Bot, name: str, params: Json, length: int) -> Answer:
        try:
            if length > MOST_JSON:
                raise ApiError(3, f"a request has at most {MOST_JSON} bytes")
            more = await self._methods[name](bot, params)
            return Answer({"status": 0, "status_message": "ok", **more})
        except ApiError as error:
            return Answer(_failed(error))
        except Exception:
            _log.exception("a method of the double failed", extra={"method": name})
            return Answer(_failed(ApiError(GENERAL)))

    async def _welcome(self, bot: Bot, event: Json, reply: bytes) -> None:
        assert self._http is not None, "the double runs"
        await welcome(bot, event, reply, self._http)

    async def _file(self, request: web.Request) -> web.StreamResponse:
        until = request.query.get("until", "")
        if not until.isdecimal() or len(until) > 18 or int(until) <= self._world.now():
            raise web.HTTPForbidden
        file = self._world.files.find(request.match_info["file_id"])
        path = self._world.files.on_disk(file) if file is not None else None
        if file is None or path is None or not file.owner.startswith("viber:"):
            raise web.HTTPNotFound
        if not await asyncio.to_thread(path.exists):
            raise web.HTTPNotFound
        headers = {"Content-Type": file.mime, "X-Content-Type-Options": "nosniff"}
        # Files of persons are shown by the phone; here they are only ever loaded.
        headers["Content-Disposition"] = "attachment"
        return web.FileResponse(path, headers=headers)

    async def _deep_link(self, request: web.Request) -> web.StreamResponse:
        """What viber://pa?chatURI=<name>&context=<context> opens: the chat."""
        name = request.query.get("chatURI", "").lower()
        for account in self.accounts:
            if name == account.about.name.lower():
                context = request.query.get("context", "")
                return open_phone(self._world.settings, account.about, context)
        return nobody()

    def _bot_with(self, token: object) -> Bot:
        given = token.encode() if isinstance(token, str) else b""
        for account in self.accounts:
            if hmac.compare_digest(account.bot.told.token.encode(), given):
                return account.bot
        raise ApiError(2)


async def _read(request: web.Request) -> tuple[Json, int]:
    """The body, whatever type it claims to have, and its length in bytes. Raises ApiError 3."""
    try:
        body = await read_body(request, _MOST_READ)
        params = json.loads(body or b"{}")
    except BodyTooLarge:
        raise ApiError(3, "the request is too large") from None
    except (ValueError, RecursionError):
        raise ApiError(3, "the body is not JSON") from None
    if not isinstance(params, dict):
        raise ApiError(3, "the body is an object")
    return params, len(body)


def _failed(error: ApiError) -> Json:
    return {"status": error.status, "status_message": str(error)}


def _fault_answer(fault: Fault) -> Answer:
    status = GENERAL if fault.error_code is None else fault.error_code
    if not 1 <= status <= _MOST_STATUS:
        raise ValueError(f"error_code is from 1 to {_MOST_STATUS}")
    words = fault.description or name_of(status)
    return Answer({"status": status, "status_message": words, **(fault.parameters or {})})
