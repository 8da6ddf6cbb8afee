"""Every messenger's queue sent by one `parley serve` into doubles that keep their limits."""

import asyncio
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import aiohttp
from aiohttp import web

from benchmarks.rigs.process import free_port, running
from core.content import Content
from core.ids import AccountId, AddressId, ContactId, MessageId, SendId, TopicId, UserId
from core.messages import Author, Direction, Message, MessageClass, Status
from core.people import Address, Profile
from core.topics import Subscription, SubscriptionState
from storage.ids import NODES, Ids
from storage.open import open_database
from storage.sends import NewSend

_TIMEOUT = aiohttp.ClientTimeout(total=120)
_LONGEST = 40.0
_SECRET = "benchmarksecret"  # noqa: S105 - nobody's


@dataclass(frozen=True, slots=True)
class Course:
    """So many messages for one account; `ceiling` is what its platform takes in a second."""

    title: str
    channel: str
    count: int
    is_alike: bool
    ceiling: float


@dataclass(frozen=True, slots=True)
class Run:
    course: Course
    sent: int
    per_second: float
    throttled: int


COURSES = (
    Course("Telegram, 30 requests × 1", "telegram", 240, False, 30),
    Course("MAX, 30 requests × 1", "max", 240, False, 30),
    Course("VK, 20 requests × 25 different texts", "vk", 4000, False, 500),
    Course("VK, 20 requests × 100 times one text", "vk", 8000, True, 2000),
    Course("Viber, 50 requests × 1 different text", "viber", 400, False, 50),
    Course("Viber, 50 requests × 300 times one text", "viber", 8000, True, 15000),
)


def send_into_doubles(courses: Sequence[Course] = COURSES) -> list[Run]:
    """Each course for itself, from a queue that is full at the start."""
    return [asyncio.run(_run(course)) for course in courses]


async def _run(course: Course) -> Run:
    port, double_port = free_port(), free_port()
    double = f"http://127.0.0.1:{double_port}"
    command = [
        sys.executable, "-m", "sandbox", "--port", str(double_port),
        "--token", "700100200:token", "--username", "bench_tg",
        "--vk", "225100200:bench_vk:token-of-vk",
        "--viber", "bench-viber:token-of-viber",
        "--max", "700100300:bench_max_bot:token-of-max",
    ]  # fmt: skip
    with running(command, double_port), TemporaryDirectory() as folder:
        database = f"sqlite:///{Path(folder, 'benchmark.db')}"
        if course.channel == "viber":
            await _set_webhook_of_viber(double)
        users = await _people(double, _NAMES[course.channel], course.count)
        await _queue(database, AccountId(course.channel), users, is_alike=course.is_alike)
        config = Path(folder, "parley.toml")
        text = _config(port, database, double, course.channel)
        await asyncio.to_thread(config.write_text, text)
        serve = [sys.executable, "-m", "server", "serve", "--config", str(config)]
        with running(serve, port):
            sent, seconds = await _sent(database, course.count)
        return Run(course, sent, sent / seconds, await _throttled(double, course.channel))


_NAMES = {
    "telegram": "bench_tg",
    "vk": "bench_vk",
    "viber": "bench-viber",
    "max": "bench_max_bot",
}


def _config(port: int, database: str, double: str, channel: str) -> str:
    account: dict[str, Any] = {
        "telegram": {
            "token": "700100200:token",
            "username": "bench_tg",
            "webhook_secret": _SECRET,
            "api_url": f"{double}/telegram",
        },
        "vk": {
            "token": "token-of-vk",
            "group_id": 225100200,
            "group_name": "bench_vk",
            "secret": _SECRET,
            "confirmation": "code",
            "api_url": f"{double}/vk",
        },
        "viber": {
            "token": "token-of-viber",
            "uri": "bench-viber",
            "name": "Bench",
            "api_url": f"{double}/viber/pa",
        },
        "max": {
            "token": "token-of-max",
            "username": "bench_max_bot",
            "webhook_secret": _SECRET,
            "api_url": f"{double}/max",
        },
    }[channel]
    lines = "\n".join(f"{name} = {json.dumps(value)}" for name, value in account.items())
    return f"""
public_url = "http://127.0.0.1:{port}"
listen = "127.0.0.1:{port}"
database = "{database}"
secret = "0123456789abcdef0123456789abcdef"
[inbox]
flood_messages = 0
[[sites]]
id = "shop"
keys = [{{ kid = "1", alg = "HS256", secret = "0123456789abcdef0123456789abcdef" }}]
[[topics]]
id = "orders"
class = "service"
title = {{ en = "Orders", ru = "Заказы" }}
[[topics]]
id = "promo"
class = "marketing"
title = {{ en = "Offers", ru = "Акции" }}
consent = {{ en = "I agree.", ru = "Согласен." }}
[[accounts]]
id = "{channel}"
channel = "{channel}"
{lines}
"""


async def _set_webhook_of_viber(double: str) -> None:
    """Viber lets nobody send who has no webhook, and calls it to see whether it answers."""

    async def hear(_request: web.Request) -> web.Response:
        return web.Response()

    app, port = web.Application(), free_port()
    app.router.add_post("/", hear)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        async with aiohttp.ClientSession(timeout=_TIMEOUT) as client:
            headers = {"X-Viber-Auth-Token": "token-of-viber"}
            body = {"url": f"http://127.0.0.1:{port}/"}
            url = f"{double}/viber/pa/set_webhook"
            async with client.post(url, json=body, headers=headers) as answer:
                told = await answer.json()
                assert told["status"] == 0, told
    finally:
        await runner.cleanup()


async def _people(double: str, name: str, count: int) -> list[UserId]:
    """People who may be written to, as the platform calls them."""
    async with aiohttp.ClientSession(timeout=_TIMEOUT) as client:
        body = {"first_name": "Anna", "count": count, "started": True, "bot": name}
        async with client.post(f"{double}/control/people", json=body) as answer:
            ids = (await answer.json())["ids"]
        room = asyncio.Semaphore(32)

        async def user(id_: int) -> UserId:
            async with room, client.get(f"{double}/control/people/{id_}/chat?bot={name}") as told:
                chat = await told.json()
                return UserId(str(chat.get("peer_id") or chat.get("user_id") or id_))

        return list(await asyncio.gather(*(user(id_) for id_ in ids)))


async def _queue(
    database_url: str, account: AccountId, users: Sequence[UserId], *, is_alike: bool
) -> None:
    """One order update for each, and everybody is subscribed."""
    now, ids = datetime.now(UTC), Ids(NODES - 1)
    people = [
        Address(AddressId(ids.next(now)), account, user, ContactId(ids.next(now)), Profile("Анна"))
        for user in users
    ]
    said = [
        Content("Магазин закрыт до понедельника." + ("" if is_alike else f" № {number}"))
        for number in range(len(users))
    ]
    messages = [
        Message(
            MessageId(ids.next(now)), address.id, Direction.OUT, MessageClass.SERVICE,
            Author.API, content, Status.QUEUED, now, TopicId("orders"),
        )
        for address, content in zip(people, said, strict=True)
    ]  # fmt: skip
    sends = [
        NewSend(SendId(ids.next(now)), one.id, 0, account, one.address, one.cls, now, one.content)
        for one in messages
    ]
    database = await open_database(database_url, migrates=True)
    try:
        async with database.write() as tx:
            await tx.addresses.add(people, now)
            subscribed = Subscription(TopicId("orders"), SubscriptionState.SUBSCRIBED, now)
            await tx.subscriptions.save([(one.id, subscribed) for one in people])
            await tx.messages.add(messages)
            await tx.sends.add(sends)
    finally:
        await database.close()


async def _sent(database_url: str, count: int) -> tuple[int, float]:
    """How many went, and the seconds between the first and the last of them."""
    database = await open_database(database_url, migrates=False)
    try:
        many = 0
        for _ in range(int(_LONGEST * 4)):
            async with database.read() as tx:
                many, first, last = await tx.messages.sent_between()
            if many >= count:
                break
            await asyncio.sleep(0.25)
        seconds = (last - first).total_seconds() if first and last else 0.0
        return many, max(seconds, 0.001)
    finally:
        await database.close()


async def _throttled(double: str, channel: str) -> int:
    async with (
        aiohttp.ClientSession(timeout=_TIMEOUT) as client,
        client.get(f"{double}/control/calls?bot={_NAMES[channel]}&method=none") as answer,
    ):
        return int((await answer.json())["throttled"])
