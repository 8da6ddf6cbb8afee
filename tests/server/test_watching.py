"""Webhooks are looked after by one process at a time."""

from dataclasses import dataclass, field
from typing import cast

from bots.contract import Bot, SettingUp, WebhookStatus
from core.ids import AccountId
from server.watching import Watcher
from tests.server.test_config import TEXT, parsed
from tests.world import World, opened


@dataclass
class Messenger:
    problems: tuple[str, ...] = ()
    error: Exception | None = None
    asked: list[tuple[str, str]] = field(default_factory=list)

    async def keep_webhook(self, url: str, secret: str) -> WebhookStatus:
        self.asked.append((url, secret))
        if self.error is not None:
            raise self.error
        return WebhookStatus(url, 0, self.problems, {})


def watcher(world: World, messenger: Messenger, owner: str) -> Watcher:
    config = parsed(TEXT)
    bots = {AccountId(one.id): cast(Bot, messenger) for one in config.accounts}
    return Watcher(config, bots, world.database, owner, lambda: world.now)


async def test_what_is_wrong_is_counted_and_what_is_well_again_is_not(database_url: str) -> None:
    async with opened(database_url) as world:
        messenger = Messenger(problems=("the certificate has expired",))
        watching = watcher(world, messenger, "me")
        await watching.look()
        (account,) = watching.problems
        assert watching.problems == {account: 1}
        assert messenger.asked[0][0].endswith(f"/webhooks/{account}")
        messenger.problems = ()
        await watching.look()
        assert watching.problems == {account: 0}
        for error in (SettingUp("the token is not good"), RuntimeError("a bug")):
            messenger.error = error
            await watching.look()
            assert watching.problems == {account: 1}


async def test_only_one_process_looks(database_url: str) -> None:
    async with opened(database_url) as world:
        mine, yours = Messenger(), Messenger()
        await watcher(world, mine, "me").look()
        await watcher(world, yours, "you").look()
        assert (len(mine.asked), len(yours.asked)) == (1, 0)
        world.wait(minutes=16)
        await watcher(world, yours, "you").look()
        assert len(yours.asked) == 1
