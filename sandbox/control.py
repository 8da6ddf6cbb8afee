"""A JSON API to act as a person, to cause faults and to look at what the bot did.

For tests and for the phone page; there is no sign-in, so the sandbox never faces a network.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from sandbox import acts
from sandbox.faults import Fault, FaultKind
from sandbox.journal import Entry
from sandbox.people import Person, TooManyPeople
from sandbox.telegram.bot import Bot
from sandbox.telegram.delivery import Accepted, Delivery
from sandbox.values import Json
from sandbox.world import World

_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_LONGEST_WAIT = 60
_PLAIN_ACTS = {"block": acts.block, "unblock": acts.unblock, "deactivate": acts.deactivate}


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
        people = [self._create(body) for _ in range(_integer(body, "count", 1))]
        if body.get("started"):
            bot = self._bot(_text(body, "bot"))
            for person in people:
                bot.chat_with(person).started = True
        self._world.changed()
        if "count" in body:
            return web.json_response({"ids": [each.id for each in people]}, status=201)
        return web.json_response(_person(people[0]), status=201)

    async def chat(self, request: web.Request) -> web.Response:
        """Both ways, oldest first, as the platform's `Message` objects.

        `?after=<message_id>&wait=<seconds>` gives only later ones and waits for the bot's first.
        """
        bot, person = self._bot(request.query.get("bot", "")), self._person(request)
        after = _number(request, "after")

        def has_answer() -> bool:
            messages = bot.chat_with(person).messages.values()
            return any(m["message_id"] > after and m["from"]["id"] == bot.id for m in messages)

        with self._world.hub.listen((bot.id, person.id)) as news:
            await _until(has_answer, news.get, _number(request, "wait"))
        chat = bot.chat_with(person)
        return web.json_response(
            {
                "started": chat.started,
                "blocked": chat.blocked,
                "keyboard": chat.keyboard,
                "messages": [m for m in chat.messages.values() if m["message_id"] > after],
            }
        )

    async def act(self, request: web.Request) -> web.Response:
        body = await _body(request)
        bot, person = self._bot(_text(body, "bot")), self._person(request)
        result = await _act(bot, person, request.match_info["act"], body)
        return web.json_response({"result": result})

    async def updates(self, request: web.Request) -> web.Response:
        bot = self._bot(request.query.get("bot", ""))
        pending = [each.body for each in bot.updates.first(1000, bot.now())]
        sent = [each.body for each in bot.updates.sent]
        return web.json_response({"pending": pending, "sent": sent})

    async def inject(self, request: web.Request) -> web.Response:
        """{"update": {…}, "queue": "…"}: any body, even one the platform would not send."""
        body = await _body(request)
        update = body.get("update")
        if not isinstance(update, dict):
            raise Refused(422, "update is an object")
        bot = self._bot(_text(body, "bot"))
        made = bot.updates.inject(update, _text(body, "queue", "injected"), bot.now())
        bot.woken()
        bot.changed()
        return web.json_response({"update_id": made.id}, status=201)

    async def redeliver(self, request: web.Request) -> web.Response:
        """{"count": 1} the last ones, or {"ids": […]}: post updates again that were delivered."""
        body = await _body(request)
        bot, delivery = self._delivery(body)
        ids = body.get("ids")
        if not isinstance(ids, list):
            ids = [each.id for each in bot.updates.last_sent(_integer(body, "count", 1))]
        return await self._post(bot, delivery, ids)

    async def delivery(self, request: web.Request) -> web.Response:
        """{"paused": true} holds updates back; false lets them go."""
        body = await _body(request)
        bot, delivery = self._delivery(body)
        delivery.pause(bool(body.get("paused")))
        return web.json_response({"paused": delivery.paused, "pending": len(bot.updates)})

    async def release(self, request: web.Request) -> web.Response:
        """{"order": "reverse" | "forward" | [ids]}: post pending updates in just this order."""
        body = await _body(request)
        bot, delivery = self._delivery(body)
        ids: list[int] = [each.id for each in bot.updates.first(1000, bot.now())]
        match body.get("order", "forward"):
            case "forward":
                pass
            case "reverse":
                ids.reverse()
            case list() as given:
                ids = given
            case _:
                raise Refused(422, "order is reverse, forward or a list of update ids")
        return await self._post(bot, delivery, ids)

    async def faults(self, request: web.Request) -> web.Response:
        planned = self._world.faults
        return _items(
            [
                {
                    "kind": each.kind,
                    "count": each.count,
                    "method": each.method,
                    "chat_id": each.chat_id,
                    **each.as_json(),
                }
                for each in planned
            ]
        )

    async def plan_fault(self, request: web.Request) -> web.Response:
        body = await _body(request)
        try:
            kind = FaultKind(_text(body, "kind", "answer"))
        except ValueError:
            raise Refused(422, f"kind is one of {', '.join(FaultKind)}") from None
        parameters = body.get("parameters")
        fault = Fault(
            kind,
            count=_integer(body, "count", 1),
            method=_text(body, "method"),
            chat_id=str(body.get("chat_id", "")),
            error_code=_integer(body, "error_code", 500),
            description=_text(body, "description", "Internal Server Error"),
            parameters=parameters if isinstance(parameters, dict) else None,
        )
        if fault.count < 1 or not 100 <= fault.error_code <= 599:
            raise Refused(422, "count is at least 1, error_code an HTTP status")
        self._world.faults.plan(fault)
        return web.json_response({"planned": True}, status=201)

    async def clear_faults(self, request: web.Request) -> web.Response:
        self._world.faults.clear()
        return web.json_response({})

    async def calls(self, request: web.Request) -> web.Response:
        """`?since=<number>&method=<name>&wait=<seconds>`: the calls after that number.

        Waits for the first that fits. Counts are by method and status, 0 for no answer.
        """
        journal, since = self._world.journal, _number(request, "since")
        method = request.query.get("method", "").lower()

        def fitting() -> list[Entry]:
            return [each for each in journal.since(since) if method in {"", each.method.lower()}]

        await _until(fitting, journal.more, _number(request, "wait"))
        items = [each.as_json() for each in fitting()]
        throttled = sum(bot.pace.throttled for bot in self._world.bots.values())
        counts = dict(journal.counts)
        return web.json_response({"items": items, "counts": counts, "throttled": throttled})

    async def clear_calls(self, request: web.Request) -> web.Response:
        self._world.journal.reset()
        for bot in self._world.bots.values():
            bot.pace.throttled = 0
        return web.json_response({})

    async def reset(self, request: web.Request) -> web.Response:
        await self._world.reset()
        return web.json_response({})

    def _create(self, body: Json) -> Person:
        first_name = _text(body, "first_name").strip()
        if not first_name or len(first_name) > 64:
            raise Refused(422, "first_name has 1 to 64 characters")
        return self._world.people.create(
            first_name,
            last_name=_text(body, "last_name")[:64],
            username=_text(body, "username")[:32],
            language_code=_text(body, "language_code", "en")[:8],
        )

    def _bot(self, name: str) -> Bot:
        bot = self._world.bot_named(name)
        if bot is None:
            raise Refused(404, "there is no such bot")
        return bot

    def _person(self, request: web.Request) -> Person:
        given = request.match_info["person"]
        person = self._world.people.get(int(given)) if given.isdecimal() else None
        if person is None:
            raise Refused(404, "there is no such person")
        return person

    def _delivery(self, body: Json) -> tuple[Bot, Delivery]:
        bot = self._bot(_text(body, "bot"))
        if not bot.webhook.url:
            raise Refused(409, "the bot has no webhook")
        return bot, self._world.deliveries[bot.id]

    async def _post(self, bot: Bot, delivery: Delivery, ids: list[Any]) -> web.Response:
        results = []
        for update_id in ids:
            update = bot.updates.find(update_id) if isinstance(update_id, int) else None
            if update is None:
                raise Refused(404, f"there is no update {update_id}")
            answer = await delivery.post(update)
            words = "" if isinstance(answer, Accepted) else answer.words
            results.append({"update_id": update_id, "status": answer.status, "error": words})
        return _items(results)


async def _act(bot: Bot, person: Person, act: str, body: Json) -> Any:
    match act:
        case "start":
            return acts.start(bot, person, _text(body, "param"))
        case "say":
            return acts.say(bot, person, _text(body, "text"))
        case "press" if "data" in body:
            return acts.press_data(bot, person, _integer(body, "message_id"), _text(body, "data"))
        case "press":
            place = _integer(body, "row", 0), _integer(body, "column", 0)
            return acts.press(bot, person, _integer(body, "message_id"), *place)
        case "tap":
            return acts.tap(bot, person, _integer(body, "row", 0), _integer(body, "column", 0))
        case "send":
            return await _send(bot, person, body)
        case "edit":
            return acts.edit(bot, person, _integer(body, "message_id"), _text(body, "text"))
        case _ if act in _PLAIN_ACTS:
            return _PLAIN_ACTS[act](bot, person)
        case _:
            raise Refused(404, f"a person cannot {act}")


async def _send(bot: Bot, person: Person, body: Json) -> Any:
    match _text(body, "kind"):
        case "contact":
            other = body.get("contact")
            return acts.share_contact(bot, person, other if isinstance(other, dict) else None)
        case "location":
            place = float(body.get("latitude", 55.75)), float(body.get("longitude", 37.61))
            return acts.share_location(bot, person, *place)
        case "album":
            kinds = body.get("kinds", ["photo", "photo"])
            return await acts.send_album(bot, person, [str(each) for each in kinds])
        case kind:
            return await acts.send_file(bot, person, kind, caption=_text(body, "caption"))


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
        except (acts.ActRefused, TooManyPeople) as error:
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


def _text(body: Json, name: str, otherwise: str = "") -> str:
    value = body.get(name, otherwise)
    if not isinstance(value, str):
        raise Refused(422, f"{name} is text")
    return value


def _integer(body: Json, name: str, otherwise: int | None = None) -> int:
    value = body.get(name, otherwise)
    if not isinstance(value, int) or isinstance(value, bool):
        raise Refused(422, f"{name} is a whole number")
    return value


def _items(items: list[Any]) -> web.Response:
    return web.json_response({"items": items})


def _person(person: Person) -> Json:
    return {**person.as_user(), "phone": person.phone, "deactivated": person.deactivated}
