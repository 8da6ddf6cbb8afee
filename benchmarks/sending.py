"""Messages per second through the real client library into a Bot API on loopback.

python -m benchmarks.sending [--seconds 5] [--concurrency 64]
"""

import argparse
import asyncio
import itertools
import time
from collections.abc import Awaitable, Callable

import uvloop
from aiogram import Bot as Client
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer

from benchmarks.rigs.process import TOKEN, free_port, rig
from bots.contract import BotSettings, Part
from bots.telegram.outgoing import make
from core.content import Content, PressButton
from core.ids import AccountId, UserId
from core.outcomes import Sent

TEXT = "Здравствуйте! Заказ 1017 передан в доставку."
CONTENT = Content(TEXT, buttons=(PressButton("Спасибо", "thanks"), PressButton("Где он", "where")))


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--seconds", type=float, default=5.0, help="of each measurement")
    parser.add_argument("--concurrency", type=int, default=64, help="sends under way at once")
    arguments = parser.parse_args()
    port = free_port()
    with rig("bot_api", port):
        url = f"http://127.0.0.1:{port}"
        ours = await through_our_bot(url, arguments)
        theirs = await through_aiogram(url, arguments)
    print(f"{'sending through':<40}{'messages/s':>12}{'× aiogram':>12}")
    print(f"{'our Telegram bot, with two buttons':<40}{ours:>12.0f}{ours / theirs:>12.2f}")
    print(f"{'aiogram Bot.send_message, text alone':<40}{theirs:>12.0f}{1:>12.2f}")


async def through_our_bot(url: str, arguments: argparse.Namespace) -> float:
    bot = make(BotSettings(AccountId("shop-tg"), TOKEN, api_url=url))

    async def send(number: int) -> None:
        outcome = await bot.send(UserId(str(5_000_000_000 + number)), Part(CONTENT, number))
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
    asyncio.run(main())
