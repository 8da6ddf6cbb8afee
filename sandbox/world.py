"""Everything one sandbox holds, put together."""

from __future__ import annotations

import secrets
import shutil
import tempfile
from pathlib import Path

from sandbox.faults import Faults
from sandbox.journal import Journal
from sandbox.live import Hub
from sandbox.orders import Orders
from sandbox.people import People
from sandbox.settings import Settings
from sandbox.state import Saver, load
from sandbox.telegram.bot import Bot
from sandbox.telegram.delivery import Delivery
from sandbox.telegram.files import Files
from sandbox.values import Json


class World:
    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.people = People()
        self.hub = Hub()
        self.faults = Faults()
        self.journal = Journal(settings.log_size)
        self.orders = Orders()
        self.files = Files(self._directory())
        self.bots = {told.token: self._new_bot(told.token) for told in settings.bots}
        self.deliveries: dict[int, Delivery] = {}
        self.saver: Saver | None = None
        if settings.state_file is not None:
            self.saver = Saver(settings.state_file, self.dump)
            self._load(settings.state_file)

    def now(self) -> float:
        return self.settings.clock()

    def changed(self) -> None:
        if self.saver is not None:
            self.saver.touch()

    def bot_named(self, name: str) -> Bot | None:
        """The bot with this user name or id; the first one for ""."""
        for bot in self.bots.values():
            if name.lower() in {"", bot.told.username.lower(), str(bot.id)}:
                return bot
        return None

    async def reset(self) -> None:
        """Forget everything that happened: people, chats, webhooks, faults, orders."""
        self.people = People()
        self.faults.clear()
        self.journal.reset()
        self.orders = Orders()
        for token in self.bots:
            bot = self.bots[token] = self._new_bot(token)
            if bot.id in self.deliveries:
                self.deliveries[bot.id].paused = False
                self.deliveries[bot.id].serve(bot)
        await self.files.clear()
        self.changed()

    def dump(self) -> Json:
        return {
            "people": self.people.dump(),
            "files": self.files.dump(),
            "orders": self.orders.dump(),
            "bots": {str(bot.id): bot.dump() for bot in self.bots.values()},
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

    def _new_bot(self, token: str) -> Bot:
        told = next(each for each in self.settings.bots if each.token == token)
        return Bot(
            told,
            settings=self.settings,
            people=self.people,
            files=self.files,
            hub=self.hub,
            changed=self.changed,
        )

    def _load(self, path: Path) -> None:
        data = load(path)
        if data is None:
            return
        self.people.load(data["people"])
        self.files.load(data["files"])
        self.orders.load(data["orders"])
        for bot in self.bots.values():
            if str(bot.id) in data["bots"]:
                bot.load(data["bots"][str(bot.id)])
