"""A bot and the API that it talks to."""

from collections.abc import AsyncIterator

import pytest

from bots.contract import BotSettings
from bots.max.outgoing import MaxBot
from core.ids import AccountId
from tests.bots.max.api import TOKEN, Api, max_api


@pytest.fixture
async def api() -> AsyncIterator[Api]:
    async with max_api() as running:
        yield running


@pytest.fixture
async def bot(api: Api) -> AsyncIterator[MaxBot]:
    made = MaxBot(BotSettings(AccountId("shop-max"), TOKEN, api_url=api.url))
    yield made
    await made.close()
