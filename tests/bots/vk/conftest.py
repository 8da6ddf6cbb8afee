"""A bot and the API that it talks to."""

from collections.abc import AsyncIterator

import pytest

from bots.contract import BotSettings
from bots.vk.outgoing import VkBot
from core.ids import AccountId
from tests.bots.vk.api import TOKEN, Api, vk_api


@pytest.fixture
async def api() -> AsyncIterator[Api]:
    async with vk_api() as running:
        yield running


@pytest.fixture
async def bot(api: Api) -> AsyncIterator[VkBot]:
    settings = BotSettings(
        AccountId("shop-vk"), TOKEN, username="shopclub", api_url=f"{api.url}/vk", group="123"
    )
    made = VkBot(settings)
    yield made
    await made.close()
