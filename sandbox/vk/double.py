"""The double of VK: its communities and their HTTP, to be put into a sandbox."""

from __future__ import annotations

import asyncio
import hmac
import logging
from collections.abc import Mapping
from functools import partial
from typing import Any

import aiohttp
from aiohttp import web

from sandbox.calls import Answer, Calls, Received
from sandbox.faults import Fault, FaultKind
from sandbox.landing import nobody, open_phone
from sandbox.values import Json
from sandbox.vk.account import VkAccount
from sandbox.vk.call import Call, read_call
from sandbox.vk.errors import WORDS, ApiError
from sandbox.vk.execute import execute
from sandbox.vk.group import Group
from sandbox.vk.methods import Method, methods
from sandbox.vk.methods_uploads import receive
from sandbox.world import World

_KINDS_OF_UPLOAD = {"photo", "doc", "audio_message"}
_MOST_CODE = 9999
_log = logging.getLogger("sandbox.vk")


class Vk:
    """/vk/method/<method>, uploads, files, the long poll, and what vk.me would show."""

    channel = "vk"

    def __init__(self, world: World) -> None:
        self._world = world
        self.calls = Calls(
            log_size=world.settings.log_size, clock=world.now, fault_answer=_fault_answer
        )
        self.accounts = [
            VkAccount(Group(told, world, self.calls)) for told in world.settings.vk_groups
        ]
        self._methods: Mapping[str, Method] = {}

    def routes(self) -> list[web.RouteDef]:
        return [
            web.route("*", "/vk/method/{method}", self._call),
            web.post("/vk/upload/{group}/{kind}", self._upload),
            web.get("/vk/file/{file_id}", self._file),
            web.get("/vk/longpoll/{group}", self._longpoll),
            web.get("/vk.me/{name}", self._deep_link),
        ]

    async def run(self, http: aiohttp.ClientSession) -> None:
        self._methods = methods(http)
        async with asyncio.TaskGroup() as tasks:
            for account in self.accounts:
                tasks.create_task(account.delivery.run(http))

    def stop(self) -> None:
        for account in self.accounts:
            account.group.longpoll.close()

    def reset(self) -> None:
        for account in self.accounts:
            account.reset()

    def dump(self) -> Json:
        return {account.about.id: account.group.dump() for account in self.accounts}

    def load(self, data: Json) -> None:
        for account in self.accounts:
            if account.about.id in data:
                account.group.load(data[account.about.id])

    async def _call(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["method"]
        call = Call(name, {})
        try:
            call, token = await read_call(request, name)
            group = self._group_with(token)
            if not call.has("v"):
                raise ApiError(8, "v (version) is required")
        except ApiError as error:
            return web.json_response(_error(error.code, str(error), call))
        peer = call.text("peer_id") or call.text("user_id")
        received = Received(group.told.name, name, peer, dict(call.params))
        return await self.calls.serve(request, received, partial(self._answer, group, call))

    async def _answer(self, group: Group, call: Call) -> Answer:
        try:
            self._admit(group)
            if call.method == "execute":
                run = partial(self._inside, group, call.text("v"))
                return Answer(await execute(call.needed("code"), run))
            return Answer({"response": await self._method(call.method)(group, call)})
        except ApiError as error:
            return Answer(_error(error.code, str(error), call))
        except Exception:
            _log.exception("a method of the double failed", extra={"method": call.method})
            return Answer(_error(10, WORDS[10], call))

    async def _inside(self, group: Group, version: str, name: str, params: dict[str, str]) -> Any:
        """One call inside of execute; it costs no request of its own."""
        call = Call(name, {"v": version, **params})
        fault = self.calls.faults.take(name, call.text("peer_id"), only=FaultKind.ANSWER)
        if fault is not None:
            raise ApiError(10 if fault.error_code is None else fault.error_code)
        return await self._method(name)(group, call)

    async def _upload(self, request: web.Request) -> web.Response:
        group, kind = self._group_of(request), request.match_info["kind"]
        if group is None or kind not in _KINDS_OF_UPLOAD:
            raise web.HTTPNotFound
        return web.json_response(await receive(request, group, kind))

    async def _file(self, request: web.Request) -> web.StreamResponse:
        file = self._world.files.find(request.match_info["file_id"])
        path = self._world.files.on_disk(file) if file is not None else None
        if file is None or path is None or not file.owner.startswith("vk:"):
            raise web.HTTPNotFound
        if not await asyncio.to_thread(path.exists):
            raise web.HTTPNotFound
        headers = {"Content-Type": file.mime, "X-Content-Type-Options": "nosniff"}
        # Files of persons are shown by the phone; here they are only ever loaded.
        headers["Content-Disposition"] = "attachment"
        return web.FileResponse(path, headers=headers)

    async def _longpoll(self, request: web.Request) -> web.Response:
        group, query = self._group_of(request), request.query
        if group is None or query.get("act") != "a_check":
            raise web.HTTPNotFound
        wait = query.get("wait", "25")
        seconds = int(wait) if wait.isdecimal() and len(wait) < 5 else 25
        answer = await group.longpoll.check(query.get("key", ""), query.get("ts", ""), seconds)
        return web.json_response(answer)

    async def _deep_link(self, request: web.Request) -> web.StreamResponse:
        """What https://vk.me/<name>?ref=<ref> opens: the dialogue, which keeps the ref."""
        name = request.match_info["name"].lower()
        for account in self.accounts:
            if name in {account.about.name.lower(), f"club{account.group.id}"}:
                return open_phone(
                    self._world.settings, account.about, request.query.get("ref", "")[:255]
                )
        return nobody()

    def _method(self, name: str) -> Method:
        method = self._methods.get(name)
        if method is None:
            raise ApiError(3)
        return method

    def _admit(self, group: Group) -> None:
        """Count a request against the rate. Raises ApiError 6."""
        if not self._world.settings.limits:
            return
        now = self._world.now()
        if group.pace.wait("all", now):
            self.calls.journal.throttled += 1
            raise ApiError(6)
        group.pace.take("all", now)

    def _group_with(self, token: str) -> Group:
        for account in self.accounts:
            if hmac.compare_digest(account.group.told.token.encode(), token.encode()):
                return account.group
        raise ApiError(5)

    def _group_of(self, request: web.Request) -> Group | None:
        given = request.match_info["group"]
        groups = (account.group for account in self.accounts)
        return next((group for group in groups if str(group.id) == given), None)


def _error(code: int, words: str, call: Call) -> Json:
    return {
        "error": {"error_code": code, "error_msg": words, "request_params": call.request_params}
    }


def _fault_answer(fault: Fault) -> Answer:
    code = 10 if fault.error_code is None else fault.error_code
    if not 1 <= code <= _MOST_CODE:
        raise ValueError(f"error_code is from 1 to {_MOST_CODE}")
    words = fault.description or WORDS.get(code, WORDS[1])
    error: Json = {"error_code": code, "error_msg": words, "request_params": []}
    return Answer({"error": {**error, **(fault.parameters or {})}})
