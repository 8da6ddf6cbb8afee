"""A bot and the API that it talks to."""

from collections.abc import AsyncIterator

import pytest

from bots.contract import BotSettings
from bots.telegram.outgoing import TelegramBot
from core.ids import AccountId
from tests.bots.telegram.api import TOKEN, Api, bot_api


@pytest.fixture
async def api() -> AsyncIterator[Api]:
    async with bot_api() as running:
        yield running


@pytest.fixture
async def bot(api: Api) -> AsyncIterator[TelegramBot]:
    made = TelegramBot(BotSettings(AccountId("shop-tg"), TOKEN, api_url=api.url))
    yield made
    await made.close()
