"""From the press of a subscribe button to its link: how many a second, and how long one takes.

python -m benchmarks.links [--seconds 5] [--connections 32] [--rate 200] [--only wqpg]
"""

import argparse
import asyncio
import itertools
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

import jwt
import uvloop

from benchmarks.rigs.load import Figures, Target, peak, steady
from benchmarks.rigs.parley import start_parley
from benchmarks.rigs.process import ServerFailed, cpu_seconds
from benchmarks.webhooks import on_postgresql, on_sqlite
from tests.databases import NoPostgresql

_ORIGIN = "https://shop.example.com"
_KEY = "0123456789abcdef0123456789abcdef"
_WORDS = (
    "By pressing a button you agree to get these messages: Order updates."
    " You can leave at any time with one word: STOP."
)
_TOKENS = 2000
"""Each serves for so many requests only as one token may, and no visitor presses twice."""


@dataclass(slots=True)
class Visitors(Target):
    """Each request comes from somebody else's address, as behind a proxy."""

    def request(self, body: bytes) -> bytes:
        number = next(_NUMBERS)
        address = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
        headers = {**self.headers, "X-Forwarded-For": address}
        return Target(self.url, self.pid, headers).request(body)


_NUMBERS = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Way:
    letter: str
    name: str
    path: str
    bodies: Callable[[], Iterator[bytes]]
    kind: str = "application/json"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--seconds", type=float, default=5.0, help="of each measurement")
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--rate", type=float, default=200.0, help="links a second to hold")
    parser.add_argument("--only", default="", help="letters of the ways to measure")
    arguments = parser.parse_args()
    asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
    print(f"{os.cpu_count()} cores; p50 and p99 in ms at {arguments.rate:.0f} links/s")
    print(f"{'way':<52}{'links/s at most':>16}{'p50':>8}{'p99':>8}{'CPU ms':>8}", flush=True)
    failed = False
    for name, start in (
        ("SQLite", lambda: on_sqlite(start_parley)),
        ("PostgreSQL", lambda: on_postgresql(start_parley)),
    ):
        try:
            with start() as target:
                for way in WAYS:
                    if not arguments.only or way.letter in arguments.only:
                        measure(way, name, target, arguments)
        except (ServerFailed, NoPostgresql) as error:
            failed = True
            print(f"{name}: not measured: {error}", flush=True)
    sys.exit(failed)


def measure(way: Way, database: str, target: Target, arguments: argparse.Namespace) -> None:
    parts = urlsplit(target.url)
    url = f"{parts.scheme}://{parts.netloc}{way.path}"
    visitors = Visitors(url, target.pid, {"Origin": _ORIGIN, "Content-Type": way.kind})
    most, cpu, held = asyncio.run(_measure(way, visitors, arguments))
    spent = "–" if cpu is None else f"{cpu * 1000:.2f}"
    print(
        f"({way.letter}) {way.name + ', ' + database:<48}{most.per_second:>16.0f}"
        f"{held.percentile(50):>8.1f}{held.percentile(99):>8.1f}{spent:>8}",
        flush=True,
    )


async def _measure(
    way: Way, target: Target, arguments: argparse.Namespace
) -> tuple[Figures, float | None, Figures]:
    bodies = way.bodies()
    connections, seconds = arguments.connections, arguments.seconds
    await peak(target, bodies, connections, min(seconds, 1.0))
    before = cpu_seconds(target.pid)
    most = await peak(target, bodies, connections, seconds)
    after = cpu_seconds(target.pid)
    held = await steady(target, bodies, connections, seconds, arguments.rate)
    is_known = before is not None and after is not None
    return most, (after - before) / most.acknowledged if is_known else None, held


def _tokens() -> Iterator[str]:
    """Signed beforehand, so that the load's side is not the slow one; each is used 20 times."""
    now = int(time.time())
    claims = {
        "iss": "shop",
        "aud": "parley",
        "exp": now + 86_400,
        "sub": "4711",
        "name": "Анна",
        "order": {
            "id": "1042",
            "number": "1042",
            "status": "paid",
            "items": [{"name": "Чай", "quantity": 2, "price": "690"}] * 5,
        },
    }
    for number in itertools.count(next(_NUMBERS)):
        yield jwt.encode({**claims, "jti": f"{now}-{number}"}, _KEY, "HS256")


def _repeated() -> Iterator[str]:
    ready = list(itertools.islice(_tokens(), _TOKENS))
    for _ in range(20):
        yield from ready
    yield from _tokens()


def _asked(token: str | None, *, qr: bool) -> bytes:
    body = {
        "account": "shop-tg",
        "page": f"{_ORIGIN}/thanks",
        "language": "en",
        "token": token,
        "service": {"topics": ["orders"], "words": _WORDS},
        "ticked": [],
        "qr": qr,
    }
    return json.dumps(body).encode()


WAYS = (
    Way(
        "w",
        "the widget on a phone",
        "/widget/shop/links",
        lambda: (_asked(one, qr=False) for one in _repeated()),
    ),
    Way(
        "q",
        "the widget on a desk, with a QR code",
        "/widget/shop/links",
        lambda: (_asked(one, qr=True) for one in _repeated()),
    ),
    Way(
        "p",
        "the widget without a token",
        "/widget/shop/links",
        lambda: (_asked(None, qr=False) for _ in itertools.count()),
    ),
    Way(
        "g",
        "a form to /go/{account}",
        "/go/shop-tg",
        lambda: (f"token={quote(one)}".encode() for one in _repeated()),
        "application/x-www-form-urlencoded",
    ),
)


if __name__ == "__main__":
    main()
