"""The inbox with a million conversations: list, search and thread, as the server answers them.

python -m benchmarks.inbox_scale [--conversations 100000] [--messages 1000000] [--postgresql]
"""

import argparse
import asyncio
import contextlib
import hashlib
import random
import secrets
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import asyncpg

from benchmarks.inbox_live import on_postgresql, on_sqlite
from benchmarks.rigs.parley import serving
from benchmarks.rigs.process import free_port, rig
from core.ids import OperatorId
from inbox.search_words import words
from storage.database import Database
from storage.ids import floor
from storage.open import migrate
from storage.operators import Operator
from storage.sign_ins import SignInRow

_TARGETS = {"list": 50, "search": 200, "thread": 50}
_AT_ONCE = 20_000
_START = datetime(2026, 1, 1, tzinfo=UTC)
_RARE = "малахитовый"
_VOCABULARY = [
    "заказ",
    "доставка",
    "посылка",
    "оплата",
    "чек",
    "адрес",
    "возврат",
    "обмен",
    "размер",
    "цвет",
    "чашка",
    "чайник",
    "набор",
    "подарок",
    "скидка",
    "когда",
    "где",
    "почему",
    "можно",
    "нужно",
    "хочу",
    "спасибо",
    "здравствуйте",
    "курьер",
    "склад",
    "город",
    "улица",
    "дом",
    "order",
    "delivery",
    "parcel",
    "payment",
    "receipt",
    "address",
    "return",
    "size",
    "colour",
    "cup",
    "teapot",
    "set",
    "gift",
    "when",
    "where",
    "please",
    "thanks",
    "hello",
    "courier",
    "city",
    "street",
    "house",
    "broken",
    "late",
    "missing",
    "another",
    "today",
]
_FIRST = [
    "Анна",
    "Борис",
    "Вера",
    "Глеб",
    "Дарья",
    "Егор",
    "Жанна",
    "Иван",
    "Ксения",
    "Лев",
    "Мария",
    "Никита",
    "Ольга",
    "Павел",
]
_LAST = [
    "Иванова",
    "Петров",
    "Смирнова",
    "Волков",
    "Лебедева",
    "Соколов",
    "Козлова",
    "Новиков",
    "Морозова",
    "Орлов",
]


@dataclass(frozen=True, slots=True)
class Size:
    conversations: int
    messages: int

    @property
    def each(self) -> int:
        return self.messages // self.conversations


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--conversations", type=int, default=100_000)
    parser.add_argument("--messages", type=int, default=1_000_000)
    parser.add_argument("--times", type=int, default=30, help="each page is read")
    parser.add_argument("--postgresql", action="store_true")
    arguments = parser.parse_args()
    size = Size(arguments.conversations, arguments.messages)
    database: AbstractContextManager[str] = on_postgresql() if arguments.postgresql else on_sqlite()
    port = free_port()
    with database as url, rig("bot_api", port):
        asyncio.run(migrate(url))
        start = time.perf_counter()
        asyncio.run(fill(url, size))
        print(f"filled in {time.perf_counter() - start:.0f} s", flush=True)
        token = asyncio.run(_hire(url))
        with serving(url, f"http://127.0.0.1:{port}") as target:
            parts = urlsplit(target.url)
            base = f"{parts.scheme}://{parts.netloc}"
            took = asyncio.run(measure(base, token, size, arguments.times))
    report(took, size)


async def measure(base: str, token: str, size: Size, times: int) -> dict[str, list[float]]:
    """What is read → how long each time took, in seconds."""
    middle = size.conversations // 2
    pages = {
        "list": "/inbox?state=open",
        "list, unread first": "/inbox?state=open&order=unread",
        "list, longest waiting": "/inbox?state=open&order=waiting",
        "list, one messenger": "/inbox?state=open&account=shop-tg",
        "list, closed": "/inbox?state=closed",
        "search, a rare word": f"/inbox/search?q={_RARE}%20",
        "search, a common word": "/inbox/search?q=%D0%B7%D0%B0%D0%BA%D0%B0%D0%B7%20",
        "search, three words": "/inbox/search?q=order+teapot+broken+",
        "search, unfinished": "/inbox/search?q=%D0%BF%D0%BE%D1%81",
        "search, a name": "/inbox/search?q=%D0%9A%D1%81%D0%B5%D0%BD%D0%B8%D1%8F+1234",
        "thread, of few": f"/inbox/{_id(3, middle)}",
        "thread, of 20,000": f"/inbox/{_id(3, 0)}",
    }
    took: dict[str, list[float]] = {}
    async with aiohttp.ClientSession(headers={"Cookie": f"parley={token}"}) as session:
        for name, path in pages.items():
            for _ in range(times):
                start = time.perf_counter()
                async with session.get(base + path, allow_redirects=False) as answer:
                    body = await answer.text()
                    if answer.status != 200:
                        raise SystemExit(f"{name}: {answer.status} {body[:200]}")
                took.setdefault(name, []).append(time.perf_counter() - start)
    return took


def report(took: dict[str, list[float]], size: Size) -> None:
    print(f"{size.conversations:,} conversations, {size.messages:,} messages; milliseconds")
    print(f"{'page':<26}{'median':>8}{'worst':>8}{'target':>8}")
    for name, seconds in took.items():
        ordered = sorted(seconds)
        target = _TARGETS[name.partition(",")[0]]
        median, worst = ordered[len(ordered) // 2] * 1000, ordered[-1] * 1000
        print(f"{name:<26}{median:>8.0f}{worst:>8.0f}{target:>8}")


async def _hire(database_url: str) -> str:
    database, now, token = Database(database_url), datetime.now(UTC), secrets.token_urlsafe(32)
    async with database.write() as tx:
        await tx.operators.add(Operator(OperatorId(1), "op", "Operator", "-", now))
        digest = hashlib.sha256(token.encode()).hexdigest()
        row = SignInRow(digest, OperatorId(1), now, now + timedelta(hours=2), now, now)
        await tx.sign_ins.add(row)
    await database.close()
    return token


# ---- a database like a busy year's


def _id(kind: int, number: int) -> int:
    """Below every id that a process makes after the new year."""
    return kind * 10**11 + number + 1


def _at(number: int, of: int) -> datetime:
    """Spread over ten months."""
    return _START + timedelta(seconds=300 * 86_400 * number / of)


def _text(chance: random.Random, number: int) -> str:
    # The common words are far more common than the others, as in life.
    said = [_VOCABULARY[int(chance.random() ** 2 * len(_VOCABULARY))] for _ in range(8)]
    return " ".join([*said, f"n{number}", *([_RARE] if number % 50_000 == 7 else [])])


def _contacts(size: Size) -> Iterator[tuple[Any, ...]]:
    for number in range(size.conversations):
        yield (_id(1, number), "", "", "", "{}", "[]", _at(number, size.conversations))


def _addresses(size: Size) -> Iterator[tuple[Any, ...]]:
    for number in range(size.conversations):
        name = _FIRST[number % len(_FIRST)], f"{_LAST[number % len(_LAST)]} {number}"
        yield (_id(2, number), "shop-tg", str(5_000_000_000 + number), _id(1, number), *name,
               "", "ru", True, False, "", _at(number, size.conversations))  # fmt: skip


def _conversations(size: Size) -> Iterator[tuple[Any, ...]]:
    for number in range(size.conversations):
        at = _at(number, size.conversations)
        is_open = number % 3 == 0
        waits = at if is_open and number % 30 == 0 else None
        yield (_id(3, number), _id(2, number), "open" if is_open else "closed", at, at,
               3 if waits else 0, False, "", waits, "shop-tg", "")  # fmt: skip


def _messages(size: Size) -> Iterator[tuple[int, int, str, datetime]]:
    """(id, address, text, at); the first conversation has 20,000."""
    chance = random.Random(1)
    long = min(20_000, size.messages // 10)
    for number in range(size.messages):
        who = 0 if number < long else number % size.conversations
        at = _at(number, size.messages)
        yield floor(at) + number % 4096, _id(2, who), _text(chance, number), at


Known = tuple[str, int, int, list[str]]
_COLUMNS = {
    "contacts": "id name locale timezone attributes tags created_at",
    "addresses": "id account user contact_id first_name last_name username locale is_reachable "
    "is_proven opened_with created_at",
    "conversations": "id address_id state opened_at last_message_at unread is_handed_over note "
    "waiting_since account close_reason",
    "messages": "id address_id direction class author content status error external_id created_at",
}


def _rows(size: Size) -> Iterator[tuple[str, Iterator[tuple[Any, ...]]]]:
    yield "contacts", _contacts(size)
    yield "addresses", _addresses(size)
    yield "conversations", _conversations(size)
    yield (
        "messages",
        (
            (id_, address, "in", "reply", "contact", f'{{"t":"{text}"}}', "received", "", "", at)
            for id_, address, text, at in _messages(size)
        ),
    )


def _known(size: Size) -> Iterator[Known]:
    """(table, id, address, stems): what the worker would have made findable by now."""
    for id_, address, text, _ in _messages(size):
        yield "search_messages", id_, address, words(text)
    for row in _addresses(size):
        yield "search_people", row[0], row[0], words(f"{row[4]} {row[5]} {row[2]}")


def _batches(rows: Iterator[Known]) -> Iterator[list[Known]]:
    while some := list(islice(rows, _AT_ONCE)):
        yield some


async def fill(url: str, size: Size) -> None:
    if url.startswith("sqlite"):
        await asyncio.to_thread(_fill_sqlite, url.removeprefix("sqlite:///"), size)
    else:
        await _fill_postgresql(url, size)


def _fill_sqlite(path: str, size: Size) -> None:
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as file:
        file.execute("PRAGMA synchronous = OFF")
        file.execute("BEGIN")
        for table, rows in _rows(size):
            columns = _COLUMNS[table].split()
            marks = ", ".join("?" * len(columns))
            names = ", ".join(f'"{name}"' for name in columns)
            insert = f"INSERT INTO {table} ({names}) VALUES ({marks})"  # noqa: S608
            file.executemany(insert, map(_as_text, rows))
        for some in _batches(_known(size)):
            for name in ("search_messages", "search_people"):
                file.executemany(
                    f"INSERT INTO {name} (rowid, address_id, words) VALUES (?, ?, ?)",  # noqa: S608
                    [(id_, who, " ".join(stems)) for at, id_, who, stems in some if at == name],
                )
        file.execute("INSERT INTO search_state VALUES ('messages', ?)", (_mark(),))
        file.execute("COMMIT")
        file.execute("ANALYZE")


def _as_text(row: Sequence[Any]) -> tuple[Any, ...]:
    return tuple(
        one.replace(tzinfo=None).isoformat(" ", "microseconds")
        if isinstance(one, datetime)
        else one
        for one in row
    )


async def _fill_postgresql(url: str, size: Size) -> None:
    connection = await asyncpg.connect(url)
    try:
        for table, rows in _rows(size):
            columns = _COLUMNS[table].split()
            while some := list(islice(rows, _AT_ONCE)):
                await connection.copy_records_to_table(table, records=some, columns=columns)
        for name in ("search_messages", "search_people"):
            await connection.execute(f"DROP INDEX ix_{name}_words")
        for some in _batches(_known(size)):
            for name in ("search_messages", "search_people"):
                await connection.executemany(
                    f"INSERT INTO {name} VALUES ($1, $2, array_to_tsvector($3::text[]))",  # noqa: S608
                    [(id_, who, stems) for at, id_, who, stems in some if at == name],
                )
        for name in ("search_messages", "search_people"):
            await connection.execute(f"CREATE INDEX ix_{name}_words ON {name} USING gin (words)")
        await connection.execute("INSERT INTO search_state VALUES ('messages', $1)", _mark())
        await connection.execute("VACUUM ANALYZE")
    finally:
        await connection.close()


def _mark() -> int:
    return floor(datetime.now(UTC))


if __name__ == "__main__":
    main()
