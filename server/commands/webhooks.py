"""parley webhooks: what each platform knows about where to call us."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeAlias

from server.commands.bots import bot_of, webhook_url
from server.commands.loop import run_async
from server.commands.terminal import Refused, load, say, table
from server.config import AccountConfig, Config
from server.values import bot_settings_of, secret_of

Act: TypeAlias = Callable[[Config, AccountConfig], Awaitable[bool]]
"""Tells what it did; False where something is wrong."""


def set_(file: Path, account: str) -> None:
    """Tell the platforms our address. Raises Refused where one refuses; the others are done."""
    config = load(file)
    _each(config, _chosen(config, account), _set)


def status(file: Path, account: str) -> None:
    """One line an account: id, URL, how many events wait, "ok" or the problems. Raises Refused."""
    config = load(file)
    _each(config, _chosen(config, account), _status)


def _chosen(config: Config, wanted: str) -> list[AccountConfig]:
    if not config.accounts:
        raise Refused("no account is configured; `parley connect telegram` adds one")
    chosen = [one for one in config.accounts if wanted in ("", one.id)]
    if not chosen:
        known = ", ".join(one.id for one in config.accounts)
        raise Refused(f"there is no account {wanted!r}; configured: {known}")
    return chosen


def _each(config: Config, accounts: list[AccountConfig], act: Act) -> None:
    async def all_of_them() -> int:
        bad = 0
        for account in accounts:
            try:
                bad += not await act(config, account)
            except Refused as error:
                say(f"{account.id}: {error}")
                bad += 1
        return bad

    bad = run_async(all_of_them())
    if bad:
        raise Refused(f"{bad} of {len(accounts)} accounts need a look")


async def _set(config: Config, account: AccountConfig) -> bool:
    if account.receive == "polling":
        say(f"{account.id}: fetches its events by polling and needs no webhook")
        return True
    url = webhook_url(config, account)
    async with bot_of(account.channel, bot_settings_of(account)) as bot:
        await bot.set_webhook(url, secret_of(account))
    say(f"{account.id}: the webhook is {url}")
    return True


async def _status(config: Config, account: AccountConfig) -> bool:
    async with bot_of(account.channel, bot_settings_of(account)) as bot:
        found = await bot.webhook_status(webhook_url(config, account))
    problems = list(found.problems)
    if account.receive == "polling":
        # A running server removes the webhook by itself; one that is left keeps events from it.
        waits = "a webhook is still set; a running `parley serve` removes it"
        problems = [waits] if found.url else []
    for problem in problems:
        say(f"{account.id}: {problem}")
    table([(account.id, found.url or "-", str(found.pending), "; ".join(problems) or "ok")])
    return not problems
