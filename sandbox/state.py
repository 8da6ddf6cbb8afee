"""Keeps the sandbox's state in one file, so that a second start finds its chats."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from sandbox.values import Json

_VERSION = 2
_QUIET_SECONDS = 0.5
_log = logging.getLogger("sandbox.state")


class Saver:
    """Writes what `dump` returns some time after `touch`, at most twice a second.

    `dump` runs on the loop and must return data that nobody changes later; turning it into bytes
    and writing happen in a thread. `stop` ends `run` after a last save: to cancel it would leave
    a thread that still writes what is old by then.
    """

    def __init__(self, path: Path, dump: Callable[[], Json]) -> None:
        self._path = path
        self._dump = dump
        self._touched = asyncio.Event()
        self._stopping = asyncio.Event()

    def touch(self) -> None:
        self._touched.set()

    def stop(self) -> None:
        self._stopping.set()
        self._touched.set()

    async def run(self) -> None:
        while not self._stopping.is_set():
            await self._touched.wait()
            with suppress(TimeoutError):
                async with asyncio.timeout(_QUIET_SECONDS):
                    await self._stopping.wait()
            await self._save()
        if self._touched.is_set():
            await self._save()

    async def _save(self) -> None:
        self._touched.clear()
        try:
            await asyncio.to_thread(_write, self._path, self._dump())
        except OSError:
            _log.exception("the sandbox's state could not be saved")


def load(path: Path) -> Json | None:
    """The saved state; None when there is none. One that cannot be read is put aside."""
    try:
        data = json.loads(path.read_bytes())
    except FileNotFoundError:
        return None
    except ValueError:
        data = None
    if isinstance(data, dict) and data.get("version") == _VERSION:
        return data
    aside = path.with_name(path.name + ".unreadable")
    _log.warning("the sandbox's state is unreadable and was put aside")
    path.replace(aside)
    return None


def _write(path: Path, data: Json) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    part.write_text(json.dumps({"version": _VERSION, **data}, ensure_ascii=False), "utf-8")
    part.replace(path)
