"""Viber takes nothing back: it says so without asking anybody."""

from bots.contract import BotSettings, Part
from bots.viber.limits import LIMITS
from bots.viber.outgoing import make
from core.altering import Unalterable, Why
from core.content import Content
from core.ids import AccountId, UserId
from tests.bots.viber.api import TOKEN


async def test_viber_can_neither_edit_nor_delete() -> None:
    bot = make(BotSettings(AccountId("shop-viber"), TOKEN, api_url="http://api.invalid"))
    try:
        assert await bot.edit(UserId("a"), "1", Part(Content("x"), 1)) == Unalterable(Why.UNABLE)
        assert await bot.delete(UserId("a"), "1") == Unalterable(Why.UNABLE)
    finally:
        await bot.close()
    assert not LIMITS.edits_for
    assert not LIMITS.deletes_for
