"""Memory of a server with accounts of three messengers, over what their libraries take.

python -m benchmarks.memory [--events 20000] [--connections 64]
"""

import argparse
import asyncio
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import uvloop

from benchmarks.rigs.load import Target, peak
from benchmarks.rigs.parley import serving
from benchmarks.rigs.process import ROOT, free_port, rig
from benchmarks.webhooks import updates
from storage.open import migrate

MOST_MIB = 90.0
"""Over the libraries; and it is to stay there."""
_WARM_UP = 5_000
"""Events after which caches are full and pools are open."""
_SLICE = 2.0
"""Seconds of load between two looks."""
_OTHERS = """
[[accounts]]
id = "shop-vk"
channel = "vk"
token = "vk-token"
group_id = 225100200
group_name = "shop"
secret = "asecretofthebenchmark"
confirmation = "ab12cd34"
api_url = "{url}"

[[accounts]]
id = "shop-viber"
channel = "viber"
token = "viber-token"
uri = "shop"
name = "Shop"
api_url = "{url}"
"""
_LIBRARIES = "import aiogram, vkbottle, viberbot; print(open('/proc/self/status').read())"


@dataclass(frozen=True, slots=True)
class Look:
    """How much memory the server held after so many events."""

    events: int
    mib: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--events", type=int, default=20_000)
    parser.add_argument("--connections", type=int, default=64)
    arguments = parser.parse_args()
    if not Path("/proc/self/status").exists():
        raise SystemExit("memory is read from /proc, which this system does not have")
    asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
    libraries = _libraries()
    with TemporaryDirectory() as folder, rig("bot_api", port := free_port()):
        url = f"http://127.0.0.1:{port}"
        database = f"sqlite:///{Path(folder, 'benchmark.db')}"
        # As for every start but the first: Alembic stays in the memory of whoever migrated.
        asyncio.run(migrate(database))
        with serving(database, url, _OTHERS.format(url=url)) as target:
            looks = list(_looks(target, arguments.events, arguments.connections))
    print(f"\n{'resident memory of one process':<44}{'MiB':>8}{'over libraries':>16}")
    print(f"{'aiogram, vkbottle and viberbot imported':<44}{libraries:>8.0f}")
    for look in (looks[0], looks[-1]):
        name = f"parley serve after {look.events} events"
        print(f"{name:<44}{look.mib:>8.0f}{look.mib - libraries:>16.0f}")
    print(f"it grows by {_slope(looks):.1f} MiB per 100,000 events after the first {_WARM_UP}")
    sys.exit(looks[-1].mib - libraries > MOST_MIB)


def _looks(target: Target, events: int, connections: int) -> Iterator[Look]:
    """One before the load, then one after each slice of it."""
    bodies, done = updates(), 0
    yield Look(0, resident(target.pid))
    while done < events:
        done += asyncio.run(peak(target, bodies, connections, _SLICE)).acknowledged
        yield Look(done, resident(target.pid))


def _slope(looks: list[Look]) -> float:
    """MiB per 100,000 events, by least squares over the looks after the warm-up."""
    warm = [look for look in looks if look.events >= _WARM_UP]
    events = sum(look.events for look in warm) / max(len(warm), 1)
    mib = sum(look.mib for look in warm) / max(len(warm), 1)
    spread = sum((look.events - events) ** 2 for look in warm)
    if not spread:
        return 0.0
    return 100_000 * sum((one.events - events) * (one.mib - mib) for one in warm) / spread


def resident(pid: int) -> float:
    return _mib(Path(f"/proc/{pid}/status").read_text())


def _libraries() -> float:
    command = [sys.executable, "-c", _LIBRARIES]
    return _mib(
        subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    )


def _mib(status: str) -> float:
    line = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) / 1024


if __name__ == "__main__":
    main()
