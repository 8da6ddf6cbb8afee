"""A JSON API to act as a person, to cause faults and to look at what the bot did.

For tests and for the phone page; there is no sign-in, so the sandbox never faces a network.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict, replace
from typing import Any

from aiohttp import web

from sandbox.delivery import Accepted
from sandbox.double import Account, ActRefused, Double, UnknownAct
from sandbox.faults import Fault, FaultKind
from sandbox.fields import text_of, whole_number_of
from sandbox.journal import Entry
from sandbox.people import Person, TooManyPeople
from sandbox.values import Json
from sandbox.world import World

_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_LONGEST_WAIT = 60
_MOST_SHOWN = 1000


class Refused(Exception):
    """The request asks for what cannot be; becomes {"error": …}."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Control:
    def __init__(self, world: World) -> None:
        self._world = world

    def routes(self) -> list[web.RouteDef]:
        table: list[tuple[str, str, _Handler]] = [
            ("GET", "/people", self.people),
            ("POST", "/people", self.create_person),
            ("GET", "/people/{person}/chat", self.chat),
            ("GET", "/people/{person}/view", self.view),
            ("POST", "/people/{person}/{act}", self.act),
            ("GET", "/updates", self.updates),
            ("POST", "/updates", self.inject),
            ("POST", "/updates/redeliver", self.redeliver),
            ("POST", "/delivery", self.delivery),
            ("POST", "/delivery/release", self.release),
            ("GET", "/faults", self.faults),
            ("POST", "/faults", self.plan_fault),
            ("DELETE", "/faults", self.clear_faults),
            ("GET", "/calls", self.calls),
            ("DELETE", "/calls", self.clear_calls),
            ("POST", "/reset", self.reset),
        ]
        return [web.route(verb, "/control" + path, _told(do)) for verb, path, do in table]

    async def people(self, request: web.Request) -> web.Response:
        return _items([_person(each) for each in self._world.people])

    async def create_person(self, request: web.Request) -> web.Response:
        """{"first_name": …} makes one person.

        {"count": n} makes as many and gives their ids; {"started": true} lets the bot write to
        them at once, without an update.
        """
        body = await _body(request)
        people = [self._create(body) for _ in range(whole_number_of(body, "count", 1))]
        if body.get("started"):
            _, account = self._account(text_of(body, "bot"))
            for person in people:
                account.permit(person)
        self._world.changed()
        if "count" in body:
            return web.json_response({"ids": [each.id for each in people]}, status=201)
        return web.json_response(_person(people[0]), status=201)

    async def chat(self, request: web.Request) -> web.Response:
        """Both ways, oldest first, as the platform's own message objects.

        `?after=<number>&wait=<seconds>` gives only later ones and waits for the bot's first.
        """
        _, account = self._account(request.query.get("bot", ""))
        person, after = self._person(request), _number(request, "after")

        def has_answer() -> bool:
            return account.has_answer(person, after)

        with self._world.hub.listen((account.about.key, person.id)) as news:
            await _until(has_answer, news.get, _number(request, "wait"))
        return web.json_response(account.chat(person, after))

    async def view(self, request: web.Request) -> web.Response:
        """The phone as its person sees it, in the one shape that all messengers share."""
        _, account = self._account(request.query.get("bot", ""))
        person = self._person(request)
        bubbles = account.thread(person, _MOST_SHOWN)
        return web.json_response(
            {
                "screen": asdict(account.screen(person)),
                "bubbles": [
                    {**asdict(each), "media": [{"kind": m.kind, **asdict(m)} for m in each.media]}
                    for each in bubbles
                ],
            }
        )

    async def act(self, request: web.Request) -> web.Response:
        body = await _body(request)
        _, account = self._account(text_of(body, "bot"))
        person, act = self._person(request), request.match_info["act"]
        if act == "deactivate":
            # The person is gone for good, on every messenger.
            self._world.people.replace(replace(person, deactivated=True))
            self._world.changed()
            return web.json_response({"result": None})
        return web.json_response({"result": await account.act(person, act, body)})

    async def updates(self, request: web.Request) -> web.Response:
        """Bodies of updates and, in the same order, their `ids`."""
        _, account = self._account(request.query.get("bot", ""))
        pending, sent = account.updates.first(_MOST_SHOWN), list(account.updates.sent)
        return web.json_response(
            {
                "pending": [each.body for each in pending],
                "sent": [each.body for each in sent],
                "ids": {
                    "pending": [each.id for each in pending],
                    "sent": [each.id for each in sent],
                },
            }
        )

    async def inject(self, request: web.Request) -> web.Response:
        """{"update": {…}, "queue": "…"}: any body, even one the platform would not send."""
        body = await _body(request)
        update = body.get("update")
        if not isinstance(update, dict):
            raise Refused(422, "update is an object")
        _, account = self._account(text_of(body, "bot"))
        made = account.inject(update, text_of(body, "queue", "injected"))
        account.delivery.wake()
        self._world.changed()
        return web.json_response({"update_id": made.id}, status=201)

    async def redeliver(self, request: web.Request) -> web.Response:
        """{"count": 1} the last ones, or {"ids": […]}: post updates again that were delivered."""
        body = await _body(request)
        _, account = self._account(text_of(body, "bot"))
        ids = body.get("ids")
        if not isinstance(ids, list):
            sent = account.updates.last_sent(whole_number_of(body, "count", 1))
            ids = [each.id for each in sent]
        return await self._post(account, ids)

    async def delivery(self, request: web.Request) -> web.Response:
        """{"paused": true} holds updates back; false lets them go."""
        body = await _body(request)
        _, account = self._account(text_of(body, "bot"))
        account.delivery.pause(bool(body.get("paused")))
        paused = account.delivery.paused
        return web.json_response({"paused": paused, "pending": len(account.updates)})

    async def release(self, request: web.Request) -> web.Response:
        """{"order": "reverse" | "forward" | [ids]}: post pending updates in just this order."""
        body = await _body(request)
        _, account = self._account(text_of(body, "bot"))
        ids: list[int] = [each.id for each in account.updates.first(_MOST_SHOWN)]
        match body.get("order", "forward"):
            case "forward":
                pass
            case "reverse":
                ids.reverse()
            case list() as given:
                ids = given
            case _:
                raise Refused(422, "order is reverse, forward or a list of update ids")
        return await self._post(account, ids)

    async def faults(self, request: web.Request) -> web.Response:
        calls = self._double(request).calls
        return _items(
            [
                {
                    "kind": each.kind,
                    "count": each.count,
                    "method": each.method,
                    "chat_id": each.chat_id,
                    **calls.fault_answer(each).body,
                }
                for each in calls.faults
            ]
        )

    async def plan_fault(self, request: web.Request) -> web.Response:
        body = await _body(request)
        double, _ = self._account(text_of(body, "bot"))
        try:
            kind = FaultKind(text_of(body, "kind", "answer"))
        except ValueError:
            raise Refused(422, f"kind is one of {', '.join(FaultKind)}") from None
        parameters, code = body.get("parameters"), body.get("error_code")
        fault = Fault(
            kind,
            count=whole_number_of(body, "count", 1),
            method=text_of(body, "method"),
            chat_id=str(body.get("chat_id", "")),
            error_code=None if code is None else whole_number_of(body, "error_code"),
            description=text_of(body, "description"),
            parameters=parameters if isinstance(parameters, dict) else None,
            http_status=whole_number_of(body, "http_status", 0),
        )
        if fault.count < 1 or not (fault.http_status == 0 or 400 <= fault.http_status <= 599):
            raise Refused(422, "count is at least 1, http_status that of an error")
        double.calls.fault_answer(fault)
        double.calls.faults.plan(fault)
        return web.json_response({"planned": True}, status=201)

    async def clear_faults(self, request: web.Request) -> web.Response:
        self._double(request).calls.faults.clear()
        return web.json_response({})

    async def calls(self, request: web.Request) -> web.Response:
        """`?since=<number>&method=<name>&wait=<seconds>`: the calls after that number.

        Waits for the first that fits. Counts are by method and status, 0 for no answer.
        """
        journal, since = self._double(request).calls.journal, _number(request, "since")
        method = request.query.get("method", "").lower()

        def fitting() -> list[Entry]:
            return [each for each in journal.since(since) if method in {"", each.method.lower()}]

        await _until(fitting, journal.more, _number(request, "wait"))
        items = [each.as_json() for each in fitting()]
        return web.json_response(
            {"items": items, "counts": dict(journal.counts), "throttled": journal.throttled}
        )

    async def clear_calls(self, request: web.Request) -> web.Response:
        self._double(request).calls.journal.reset()
        return web.json_response({})

    async def reset(self, request: web.Request) -> web.Response:
        await self._world.reset()
        return web.json_response({})

    def _create(self, body: Json) -> Person:
        first_name = text_of(body, "first_name").strip()
        if not first_name or len(first_name) > 64:
            raise Refused(422, "first_name has 1 to 64 characters")
        return self._world.people.create(
            first_name,
            last_name=text_of(body, "last_name")[:64],
            username=text_of(body, "username")[:32],
            language_code=text_of(body, "language_code", "en")[:8],
        )

    def _account(self, name: str) -> tuple[Double, Account]:
        found = self._world.account_named(name)
        if found is None:
            raise Refused(404, "there is no such bot")
        return found

    def _double(self, request: web.Request) -> Double:
        return self._account(request.query.get("bot", ""))[0]

    def _person(self, request: web.Request) -> Person:
        given = request.match_info["person"]
        person = self._world.people.get(int(given)) if given.isdecimal() else None
        if person is None:
            raise Refused(404, "there is no such person")
        return person

    async def _post(self, account: Account, ids: list[Any]) -> web.Response:
        if not account.delivery.is_open:
            raise Refused(409, "the bot has no webhook")
        results = []
        for update_id in ids:
            update = account.updates.find(update_id) if isinstance(update_id, int) else None
            if update is None:
                raise Refused(404, f"there is no update {update_id}")
            verdict, reply = await account.delivery.post(update)
            words = "" if isinstance(verdict, Accepted) else reply.words
            results.append({"update_id": update_id, "status": reply.status, "error": words})
        return _items(results)


async def _until(
    true: Callable[[], object], news: Callable[[], Awaitable[object]], seconds: int
) -> None:
    """Wait until `true()`, looked at again after each of the news; at most `seconds`."""
    try:
        async with asyncio.timeout(min(seconds, _LONGEST_WAIT)):
            while seconds and not true():
                await news()
    except TimeoutError:
        return


def _number(request: web.Request, name: str) -> int:
    """A whole number of the query, 0 when it is absent."""
    given = request.query.get(name, "0")
    if not given.isdecimal() or len(given) > 18:
        raise Refused(422, f"{name} is a whole number")
    return int(given)


def _told(handler: _Handler) -> _Handler:
    """The handler with its refusals as JSON."""

    async def handle(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(request)
        except Refused as error:
            return web.json_response({"error": str(error)}, status=error.status)
        except UnknownAct as error:
            return web.json_response({"error": f"a person cannot {error}"}, status=404)
        except (ActRefused, TooManyPeople) as error:
            return web.json_response({"error": str(error)}, status=409)
        except (ValueError, TypeError) as error:
            return web.json_response({"error": str(error)}, status=422)

    return handle


async def _body(request: web.Request) -> Json:
    # A form of another site cannot send this type, so a page in the same browser cannot act here.
    if request.can_read_body and request.content_type != "application/json":
        raise Refused(415, "the body is JSON: Content-Type: application/json")
    try:
        body = json.loads(await request.read() or b"{}")
    except (ValueError, RecursionError):
        raise Refused(400, "the body is not JSON") from None
    if not isinstance(body, dict):
        raise Refused(422, "the body is an object")
    return body


def _items(items: list[Any]) -> web.Response:
    return web.json_response({"items": items})


def _person(person: Person) -> Json:
    shown = asdict(person)
    return {key: value for key, value in shown.items() if value != "" or key == "phone"}
