"""From a messenger's POST to an open operator's screen, while fifty operators look.

python -m benchmarks.inbox_live [--operators 50] [--rate 50] [--seconds 20] [--postgresql]
"""

import argparse
import asyncio
import contextlib
import hashlib
import json
import re
import secrets
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
from playwright.async_api import BrowserContext, async_playwright

from benchmarks.rigs.load import Target
from benchmarks.rigs.parley import serving
from benchmarks.rigs.process import cpu_seconds, free_port, rig
from core.ids import OperatorId
from storage.database import Database
from storage.operators import Operator
from storage.sign_ins import SignInRow
from tests.databases import Databases, postgresql_server

_TARGET = 300
_CONTACTS = 200
"""Each operator has one of them open."""
_QUIET = """
flow: help
title: {en: Help, ru: Помощь}
enter:
  - on: keyword
    words: {en: [help], ru: [помощь]}
steps:
  help:
    say: {en: "Ask away.", ru: "Спрашивайте."}
    next: finish
  finish:
    end: true
"""
"""Free text reaches the operators."""
_NUMBER = re.compile(r"number (\d+) of")
_WHERE = re.compile(r"#([a-z]+)(\d+)")
_WATCH = """() => {
  window.seen = {};
  const look = (where) => {
    for (const [, n] of document.querySelector(where).textContent.matchAll(/number (\\d+) of/g))
      window.seen[where + n] ??= Date.now() / 1000;
  };
  for (const where of ["#rows", "#messages"]) {
    new MutationObserver(() => look(where)).observe(
      document.querySelector(where), { childList: true, subtree: true, characterData: true });
  }
}"""


@dataclass(slots=True)
class Seen:
    """When each message was sent, and how long it took until somebody saw it, in seconds."""

    sent: dict[int, float] = field(default_factory=dict)
    took: dict[str, list[float]] = field(default_factory=dict)
    cpu: float | None = None
    """What the server computed for one message, all screens together, in seconds."""

    def note(self, where: str, number: int, at: float) -> None:
        if number in self.sent:
            self.took.setdefault(where, []).append(at - self.sent[number])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--operators", type=int, default=50)
    parser.add_argument("--rate", type=float, default=50.0, help="messages per second")
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--postgresql", action="store_true")
    arguments = parser.parse_args()
    port = free_port()
    with (
        _database(is_postgres=arguments.postgresql) as url,
        rig("bot_api", port),
        serving(url, f"http://127.0.0.1:{port}", flow=_QUIET) as target,
    ):
        seen = asyncio.run(measure(target, arguments))
    report(seen, arguments)


async def measure(target: Target, arguments: argparse.Namespace) -> Seen:
    parts = urlsplit(target.url)
    base = f"{parts.scheme}://{parts.netloc}"
    seen = Seen()
    tokens = await _hire(target.database, arguments.operators + 1)
    async with aiohttp.ClientSession() as session:
        for user in range(_CONTACTS):
            await _post(session, target, user, "a first word")
        paths = await _paths(session, base, tokens[0])
        async with contextlib.AsyncExitStack() as stack:
            for number, token in enumerate(tokens[1:]):
                path = paths[number % len(paths)]
                await stack.enter_async_context(_client(session, base, path, token, seen))
            page = await stack.enter_async_context(_screen(base, paths[0], tokens[0], seen))
            await asyncio.sleep(1)
            before = cpu_seconds(target.pid)
            await _send(session, target, arguments, seen)
            await asyncio.sleep(2)
            after = cpu_seconds(target.pid)
            if before is not None and after is not None:
                seen.cpu = (after - before) / max(1, len(seen.sent))
            await page()
    return seen


async def _send(
    session: aiohttp.ClientSession, target: Target, arguments: argparse.Namespace, seen: Seen
) -> None:
    """At a fixed rate, whether the answers have come or not."""
    start = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for number in range(int(arguments.rate * arguments.seconds)):
            wait = start + number / arguments.rate - time.perf_counter()
            if wait > 0:
                await asyncio.sleep(wait)
            seen.sent[number] = time.time()
            text = f"number {number} of many"
            group.create_task(_post(session, target, number % _CONTACTS, text))


async def _post(session: aiohttp.ClientSession, target: Target, user: int, text: str) -> None:
    body = _update(user, text)
    headers = {"Content-Type": "application/json", **target.headers}
    async with session.post(target.url, data=body, headers=headers) as answer:
        answer.raise_for_status()


_updates = iter(range(1, 10**9))


def _update(user: int, text: str) -> bytes:
    number = next(_updates)
    who = {"id": 5_000_000_000 + user, "is_bot": False, "first_name": f"Anna {user}"}
    chat = {"id": who["id"], "type": "private", "first_name": who["first_name"]}
    message = {
        "message_id": number,
        "date": int(time.time()),
        "from": who,
        "chat": chat,
        "text": text,
    }
    return json.dumps({"update_id": number, "message": message}).encode()


async def _hire(database_url: str, many: int) -> list[str]:
    """Signed-in operators; their sessions' tokens."""
    database, now = Database(database_url), datetime.now(UTC)
    tokens = [secrets.token_urlsafe(32) for _ in range(many)]
    async with database.write() as tx:
        for number, token in enumerate(tokens, 1):
            id_ = OperatorId(number)
            await tx.operators.add(Operator(id_, f"op{number}", f"Operator {number}", "-", now))
            digest = hashlib.sha256(token.encode()).hexdigest()
            row = SignInRow(digest, id_, now, now + timedelta(hours=1), now, now)
            await tx.sign_ins.add(row)
    await database.close()
    return tokens


async def _paths(session: aiohttp.ClientSession, base: str, token: str) -> list[str]:
    async with session.get(f"{base}/inbox", headers=_signed(token)) as answer:
        page = await answer.text()
    return list(dict.fromkeys(re.findall(r'href="(/inbox/\d+)\?', page)))


def _signed(token: str) -> dict[str, str]:
    return {"Cookie": f"parley={token}"}


@asynccontextmanager
async def _client(
    session: aiohttp.ClientSession, base: str, path: str, token: str, seen: Seen
) -> AsyncIterator[None]:
    """Reads one page's stream as a browser would, without drawing it."""
    url = f"{base}/inbox/stream?state=open&conversation={path.rpartition('/')[2]}"
    unlimited = aiohttp.ClientTimeout(total=None)
    async with session.get(url, headers=_signed(token), timeout=unlimited) as answer:
        answer.raise_for_status()

        async def read() -> None:
            name = ""
            async for line in answer.content:
                if line.startswith(b"event: "):
                    name = line[7:].decode().strip()
                elif line.startswith(b"data: ") and name in ("list", "message"):
                    now = time.time()
                    for number in set(_NUMBER.findall(line.decode())):
                        seen.note(f"stream, {name}", int(number), now)

        task = asyncio.create_task(read())
        yield
        task.cancel()
        await asyncio.wait([task])


@asynccontextmanager
async def _screen(base: str, path: str, token: str, seen: Seen) -> AsyncIterator[object]:
    """A real browser with the thread open; what it yields notes what it saw."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=_chromium(), args=["--no-sandbox"]
        )
        context: BrowserContext = await browser.new_context(locale="en-US")
        await context.add_cookies([{"name": "parley", "value": token, "url": base}])
        page = await context.new_page()
        await page.goto(f"{base}{path}?state=open")
        await page.locator("#connection.live").wait_for()
        await page.evaluate(_WATCH)

        async def note() -> None:
            found: dict[str, float] = await page.evaluate("window.seen")
            for key, at in found.items():
                where, number = _WHERE.fullmatch(key).groups()  # type: ignore[union-attr]
                seen.note(f"browser, {where}", int(number), at)

        yield note
        await browser.close()


def _chromium() -> str | None:
    for path in ("/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"):
        if Path(path).exists():
            return path
    return None


def _database(*, is_postgres: bool) -> AbstractContextManager[str]:
    return on_postgresql() if is_postgres else on_sqlite()


@contextlib.contextmanager
def on_sqlite() -> Iterator[str]:
    with tempfile.TemporaryDirectory() as folder:
        yield f"sqlite:///{Path(folder, 'benchmark.db')}"


@contextlib.contextmanager
def on_postgresql() -> Iterator[str]:
    with postgresql_server(options=()) as server_url:
        databases = Databases(server_url, prepare=lambda _: None)
        try:
            databases.open()
            with databases.fresh() as url:
                yield url
        finally:
            databases.close()


def report(seen: Seen, arguments: argparse.Namespace) -> None:
    print(
        f"{arguments.operators} operators, {arguments.rate:g} messages/s for "
        f"{arguments.seconds:g} s; milliseconds from POST to the screen, target p99 < {_TARGET}"
    )
    print(f"{'where':<20}{'seen':>8}{'p50':>8}{'p99':>8}{'worst':>8}")
    for where, took in sorted(seen.took.items()):
        ordered = sorted(took)
        p50, p99 = (ordered[int((len(ordered) - 1) * part)] * 1000 for part in (0.5, 0.99))
        print(f"{where:<20}{len(took):>8}{p50:>8.0f}{p99:>8.0f}{ordered[-1] * 1000:>8.0f}")
    if seen.cpu is not None:
        print(f"{seen.cpu * 1000:.1f} ms of the server's CPU time for each message")


if __name__ == "__main__":
    main()
