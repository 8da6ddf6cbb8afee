"""What Bot API 10.3 can bring, as the library knows it: nothing of it is overlooked."""

import subprocess
import sys
from datetime import UTC, datetime

from aiogram.types import Message, Update

from bots.telegram.incoming import UPDATE_KINDS, parse
from bots.telegram.kinds import ABOUT, SERVICE
from core.ids import AccountId
from core.inbound import Ignored

_SAID = """
text animation audio document live_photo paid_media photo sticker story video video_note voice
checklist contact dice game poll venue location invoice giveaway giveaway_winners rich_message
"""
SAID = set(_SAID.split())
"""What a person can say; what we cannot show of it becomes a placeholder."""


def test_every_field_of_a_message_is_about_it_or_a_notice_or_said_by_a_person() -> None:
    fields = {field.alias or name for name, field in Message.model_fields.items()}
    assert fields - ABOUT - SERVICE - SAID == set()
    assert not ABOUT & SERVICE
    assert not (ABOUT | SERVICE) & SAID


def test_an_update_that_we_do_not_read_is_ignored_by_its_name() -> None:
    kinds = set(Update.model_fields) - {"update_id", *UPDATE_KINDS}
    assert kinds
    for kind in kinds:
        body = f'{{"update_id": 5, "{kind}": {{"id": "1"}}}}'.encode()
        (inbound,) = parse(AccountId("shop-tg"), body, datetime(2026, 1, 1, tzinfo=UTC))
        assert inbound.event == Ignored(kind)


def test_receiving_does_not_import_the_library() -> None:
    check = "import sys, bots.table; sys.exit('aiogram' in sys.modules or 'aiohttp' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0
