"""A bot for one command: made, used, closed; a refusal is told in words."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bots.contract import Bot, BotSettings, SettingUp
from bots.table import MESSENGERS
from core.channels import Channel
from server.commands.terminal import Refused
from server.config import AccountConfig, Config


@asynccontextmanager
async def bot_of(channel: str, settings: BotSettings) -> AsyncIterator[Bot]:
    """Raises Refused for whatever the platform says no to."""
    try:
        bot = MESSENGERS[Channel(channel)].make(settings)
        try:
            yield bot
        finally:
            await bot.close()
    except SettingUp as error:
        raise Refused(str(error)) from error


def webhook_url(config: Config, account: AccountConfig) -> str:
    return f"{config.public_url.rstrip('/')}/webhooks/{account.id}"
