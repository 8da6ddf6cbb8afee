"""Messages per second: the client library, the whole sender, and the pace against limits.

python -m benchmarks.sending [--seconds 5] [--concurrency 64] [--queued 2000] [--paced 300]
"""

import argparse
import asyncio
import itertools
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import uvloop
from aiogram import Bot as Client
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer

from benchmarks.rigs.double import Sent as DoubleSent
from benchmarks.rigs.double import double, people, taken
from benchmarks.rigs.messengers import send_into_doubles
from benchmarks.rigs.parley import serving
from benchmarks.rigs.process import TOKEN, free_port, rig
from benchmarks.rigs.queue import queue
from bots.contract import BotSettings, Part
from bots.telegram.limits import LIMITS
from bots.telegram.outgoing import make
from core.content import Content, PressButton
from core.ids import AccountId, UserId
from core.outcomes import Sent

TEXT = "Здравствуйте! Заказ 1017 передан в доставку."
CONTENT = Content(TEXT, buttons=(PressButton("Спасибо", "thanks"), PressButton("Где он", "where")))


_LONGEST = 120.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--seconds", type=float, default=5.0, help="of each measurement")
    parser.add_argument("--concurrency", type=int, default=64, help="sends under way at once")
    parser.add_argument("--queued", type=int, default=2000, help="messages for the whole sender")
    parser.add_argument("--paced", type=int, default=300, help="messages against the limits")
    arguments = parser.parse_args()
    with rig("bot_api", port := free_port()):
        url = f"http://127.0.0.1:{port}"
        theirs = asyncio.run(through_aiogram(url, arguments))
        ours = asyncio.run(through_our_bot(url, arguments))
    with double(limits=False) as url:
        into_double = asyncio.run(through_our_bot(url, arguments, started=True))
    whole = through_parley(arguments.queued, "rate = 1000", limits=False)
    paced = through_parley(arguments.paced, "", limits=True)
    print(f"\n{'sending through':<56}{'messages/s':>12}{'× aiogram':>11}")
    for name, per_second in (
        ("aiogram Bot.send_message, text alone, into a stub", theirs),
        ("our Telegram bot, with two buttons, into a stub", ours),
        ("our Telegram bot, with two buttons, into the sandbox", into_double),
        (f"parley serve, {whole.messages} queued, rate = 1000", whole.per_second),
    ):
        print(f"{name:<56}{per_second:>12.0f}{per_second / theirs:>11.2f}")
    limit = LIMITS.account_per_second
    print(
        f"against limits: {paced.messages} of {arguments.paced} sent at {paced.per_second:.2f}/s, "
        f"{paced.per_second / limit:.1%} of {limit:g}/s; {paced.throttled} answers were 429"
    )
    runs = send_into_doubles()
    print(f"\n{'one parley serve into the double of':<48}{'sent':>8}{'/s':>10}{'× ceiling':>11}")
    for run in runs:
        ratio = run.per_second / run.course.ceiling
        print(f"{run.course.title:<48}{run.sent:>8}{run.per_second:>10.1f}{ratio:>11.2f}")
    print(f"{sum(run.throttled for run in runs)} answers were refusals for being too fast")
    all_sent = whole.messages == arguments.queued and paced.messages == arguments.paced
    sys.exit(not all_sent or paced.throttled > 0)


def through_parley(count: int, more: str, *, limits: bool) -> DoubleSent:
    """What the sandbox took of so many queued messages."""
    with double(limits=limits) as url, TemporaryDirectory() as folder:
        database_url = f"sqlite:///{Path(folder, 'benchmark.db')}"
        asyncio.run(queue(database_url, asyncio.run(people(url, count))))
        with serving(database_url, url, more):
            return asyncio.run(taken(url, count, _LONGEST))


async def through_our_bot(
    url: str, arguments: argparse.Namespace, *, started: bool = False
) -> float:
    """`started`: the other side wants people of its own who have pressed Start."""
    bot = make(BotSettings(AccountId("shop-tg"), TOKEN, api_url=url))
    users = await people(url, 100) if started else [UserId("5000000001")]

    async def send(number: int) -> None:
        outcome = await bot.send(users[number % len(users)], Part(CONTENT, number))
        assert isinstance(outcome, Sent), outcome

    try:
        return await rate(send, arguments)
    finally:
        await bot.close()


async def through_aiogram(url: str, arguments: argparse.Namespace) -> float:
    session = AiohttpSession(api=TelegramAPIServer.from_base(url), limit=256)
    bot = Client(TOKEN, session=session)

    async def send(number: int) -> None:
        await bot.send_message(5_000_000_000 + number, TEXT)

    try:
        return await rate(send, arguments)
    finally:
        await session.close()


async def rate(send: Callable[[int], Awaitable[None]], arguments: argparse.Namespace) -> float:
    """Sends per second with a fixed number under way."""
    numbers = itertools.count(1)
    start = time.perf_counter()
    until = start + arguments.seconds

    async def run() -> int:
        sent = 0
        while time.perf_counter() < until:
            await send(next(numbers))
            sent += 1
        return sent

    async with asyncio.TaskGroup() as group:
        runs = [group.create_task(run()) for _ in range(arguments.concurrency)]
    return sum(task.result() for task in runs) / (time.perf_counter() - start)


if __name__ == "__main__":
    asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
    main()
