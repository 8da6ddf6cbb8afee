"""Real processes on real ports: a Parley server, and the sandbox that stands for Telegram."""

import asyncio
import multiprocessing
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path

import aiohttp

from tests.journeys.forked import run_module
from tests.ports import free_port

TOKEN = "700100200:AAtoken_for_tests_only"
SECRET = "webhook-secret-of-the-tests"
SITE_SECRET = "a-secret-of-the-shop-with-more-than-32-bytes"
_START_SECONDS = 60.0

CONFIG = """
public_url = "http://127.0.0.1:{port}"
listen = "127.0.0.1:{port}"
database = "{database}"
secret = "0123456789abcdef0123456789abcdef"
flows = "builtin:library"

[inbox]
# People who write once a second for minutes are a load, and no flood.
flood_messages = 0

[[sites]]
id = "shop"
name = "Shop"
origins = ["https://shop.example.com"]
timezone = "Europe/Moscow"
default_topics = ["orders"]
keys = [{{ kid = "k1", alg = "HS256", secret = "{site_secret}" }}]

[[topics]]
id = "orders"
class = "service"
title = {{ en = "Order updates", ru = "Статусы заказов" }}

[[topics]]
id = "promo"
class = "marketing"
title = {{ en = "Offers", ru = "Акции" }}
consent = {{ en = "I agree to get offers.", ru = "Согласие получать акции." }}

[[accounts]]
id = "shop-tg"
channel = "telegram"
token = "{token}"
username = "shop_bot"
webhook_secret = "{secret}"
api_url = "{sandbox}/telegram"
link_url = "{sandbox}/telegram/t.me"
rate = 1000
"""


@dataclass
class Process:
    """A child process that serves HTTP at `url`."""

    url: str
    child: BaseProcess
    log: Path

    def kill(self) -> None:
        self.child.kill()
        self.child.join()

    async def terminate(self) -> int | None:
        """Ask it to stop; its exit code."""
        self.child.terminate()
        await asyncio.to_thread(self.child.join)
        return self.child.exitcode


# Importing a messenger's library takes seconds: one process does it, every server is its fork.
_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["tests.journeys.preloaded"])


async def start(arguments: list[str], url: str, ready: str, log: Path) -> Process:
    child = _FORKS.Process(target=run_module, args=(arguments, str(log)), daemon=True)
    child.start()
    process = Process(url, child, log)
    async with aiohttp.ClientSession() as client, asyncio.timeout(_START_SECONDS):
        while True:
            if not child.is_alive():
                raise AssertionError(await asyncio.to_thread(log.read_text))
            try:
                async with client.get(url + ready) as answer:
                    if answer.status == 200:
                        return process
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(0.02)


@asynccontextmanager
async def sandbox(folder: Path, *options: str) -> AsyncIterator[Process]:
    port = free_port()
    arguments = ["sandbox", "--port", str(port), "--token", TOKEN, "--username", "shop_bot"]
    process = await start(
        [*arguments, *options],
        f"http://127.0.0.1:{port}",
        "/control/people",
        folder / "sandbox.log",
    )
    try:
        yield process
    finally:
        process.kill()


def configure(folder: Path, database: str, sandbox_url: str, port: int) -> Path:
    file = folder / "parley.toml"
    file.write_text(
        CONFIG.format(
            port=port,
            database=database,
            site_secret=SITE_SECRET,
            token=TOKEN,
            secret=SECRET,
            sandbox=sandbox_url,
        )
    )
    return file


async def parley(file: Path, port: int, folder: Path) -> Process:
    arguments = ["server", "serve", "--config", str(file)]
    url = f"http://127.0.0.1:{port}"
    return await start(arguments, url, "/readyz", folder / "parley.log")
