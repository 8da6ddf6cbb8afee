"""Where a community's events go: its callback servers, with the platform's retries.

Callback API docs: an answer is HTTP 200 with the body `ok`, byte for byte; retries come after 10 s,
3 min, 10 min, 30 min and 1 h and say their number in X-Retry-Counter; a Retry-After beside 410, 429
or 503 is obeyed below three hours. The body `remove` deletes the server, `version 5.199` sets its
version.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Final

from sandbox.delivery import Accepted, Again, GivenUp, Post, Reply, Verdict
from sandbox.updates import Update, Updates
from sandbox.vk.group import Group, Server

# How long an answer is waited for is not documented.
DEADLINE_SECONDS: Final = 10
PAUSES: Final = (10, 180, 600, 1800, 3600)
_LONGEST_RETRY_AFTER: Final = 3 * 3600
_OBEYED: Final = {410, 429, 503}
_VERSION = re.compile(rb"version (5\.\d{1,3})")


class CallbackOutlet:
    def __init__(self, group: Group) -> None:
        self._group = group

    @property
    def updates(self) -> Updates:
        return self._group.updates

    @property
    def is_open(self) -> bool:
        return any(each.status == "ok" for each in self._group.servers.values())

    @property
    def most_at_once(self) -> int:
        # One by one in good weather, so that a test which wants disorder has to ask for it; an
        # event that waits for its retry holds nobody up.
        return 1

    def post(self, update: Update, failures: int) -> Post | None:
        server = self._server(update)
        if server is None:
            return None
        secret = {"secret": server.secret_key} if server.secret_key else {}
        body = json.dumps({**update.body, "v": server.version, **secret}, ensure_ascii=False)
        headers = {"X-Retry-Counter": str(failures)} if failures else {}
        return Post(server.url, body.encode(), headers)

    def judge(self, update: Update, reply: Reply, failures: int) -> Verdict:
        if reply.status == 200 and self._is_understood(reply.body):
            return Accepted()
        after = reply.headers.get("Retry-After", "")
        if reply.status in _OBEYED and after.isdecimal() and int(after) < _LONGEST_RETRY_AFTER:
            return Again(int(after))
        return Again(PAUSES[failures - 1]) if failures <= len(PAUSES) else GivenUp()

    async def accepted(self, update: Update, reply: Reply) -> None:
        server = self._server(update)
        if server is None:
            return
        if reply.body == b"remove":
            del self._group.servers[server.id]
        elif match := _VERSION.fullmatch(reply.body):
            self._group.servers[server.id] = replace(server, version=match[1].decode())
        self._group.changed()

    @staticmethod
    def _is_understood(body: bytes) -> bool:
        return body in {b"ok", b"remove"} or _VERSION.fullmatch(body) is not None

    def _server(self, update: Update) -> Server | None:
        """The server an event is for; an injected one goes to the first."""
        if update.to:
            return self._group.servers.get(int(update.to))
        return next(iter(self._group.servers.values()), None)
