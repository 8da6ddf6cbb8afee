"""Everything the messengers of one sandbox share, put together."""

from __future__ import annotations

import secrets
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox.files import Files
from sandbox.live import Hub
from sandbox.people import People
from sandbox.settings import Settings
from sandbox.shop.heard import Log
from sandbox.shop.orders import Orders
from sandbox.state import Saver, load
from sandbox.values import Json

if TYPE_CHECKING:
    from sandbox.double import Account, Double


class World:
    """`doubles` is empty until `settle`, since each of them is made with the world."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.people = People()
        self.hub = Hub()
        self.orders = Orders()
        self.heard = Log()
        self.files = Files(self._directory())
        self.doubles: Sequence[Double] = ()
        self.saver: Saver | None = None

    def settle(self, doubles: Sequence[Double]) -> None:
        """Take the messengers in, and what an earlier run has kept."""
        self.doubles = doubles
        if self.settings.state_file is not None:
            self.saver = Saver(self.settings.state_file, self.dump)
            self._load(self.settings.state_file)

    def now(self) -> float:
        return self.settings.clock()

    def changed(self) -> None:
        if self.saver is not None:
            self.saver.touch()

    @property
    def accounts(self) -> Iterator[tuple[Double, Account]]:
        return ((double, each) for double in self.doubles for each in double.accounts)

    def account_named(self, name: str) -> tuple[Double, Account] | None:
        """The account with this name or id, with its messenger; the first one for ""."""
        wanted = name.lower()
        found = list(self.accounts)
        for double, account in found:
            if wanted in {"", account.about.name.lower(), account.about.key}:
                return double, account
        return next((each for each in found if each[1].about.id == name), None)

    async def reset(self) -> None:
        """Forget everything that happened: people, chats, webhooks, faults, orders."""
        self.people.clear()
        self.orders.clear()
        self.heard.clear()
        for double in self.doubles:
            double.calls.reset()
            double.reset()
        await self.files.clear()
        self.changed()

    def dump(self) -> Json:
        return {
            "people": self.people.dump(),
            "files": self.files.dump(),
            "orders": self.orders.dump(),
            "heard": self.heard.dump(),
            "doubles": {each.channel: each.dump() for each in self.doubles},
        }

    def close(self) -> None:
        """Remove the files, unless they are to be kept for the next start."""
        if self.settings.state_file is None:
            shutil.rmtree(self.files.directory, ignore_errors=True)

    def _directory(self) -> Path:
        if self.settings.state_file is not None:
            return self.settings.state_file.with_suffix(".files")
        # Made at the first file: an application that is built and never run leaves nothing.
        return Path(tempfile.gettempdir()) / f"sandbox-{secrets.token_hex(8)}"

    def _load(self, path: Path) -> None:
        data = load(path)
        if data is None:
            return
        self.people.load(data["people"])
        self.files.load(data["files"])
        self.orders.load(data["orders"])
        self.heard.load(data.get("heard", []))
        for double in self.doubles:
            if double.channel in data["doubles"]:
                double.load(data["doubles"][double.channel])
