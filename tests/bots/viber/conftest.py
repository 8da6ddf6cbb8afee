"""A bot and the API that it talks to."""

from collections.abc import AsyncIterator

import pytest

from bots.contract import BotSettings
from bots.viber.outgoing import ViberBot
from core.ids import AccountId
from tests.bots.viber.api import TOKEN, Api, viber_api


@pytest.fixture
async def api() -> AsyncIterator[Api]:
    async with viber_api() as running:
        yield running


@pytest.fixture
async def bot(api: Api) -> AsyncIterator[ViberBot]:
    settings = BotSettings(
        AccountId("shop-viber"), TOKEN, username="shopbot", api_url=api.url, name="Чай"
    )
    made = ViberBot(settings)
    yield made
    await made.close()
