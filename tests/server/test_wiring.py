"""What is put together from a configuration, and what is kept apart."""

from pathlib import Path

import pytest

from dialogues.egress_rules import Forbidden
from server.commands.flow_reading import read_sound
from server.config_read import parse_config
from server.timekeeping import Clock
from server.wiring import wire
from storage.database import Database
from tests.world import FLOWS


async def test_no_push_service_is_sought_where_flows_may_call(
    sqlite_url: str, tmp_path: Path
) -> None:
    (tmp_path / "flows").mkdir()
    (tmp_path / "flows" / "menu.yaml").write_text(FLOWS[2])
    raw = {
        "public_url": "https://chat.example.com",
        "secret": "0123456789abcdef0123456789abcdef",
        "database": sqlite_url,
        "flows": "flows",
        "egress_allow": ["127.0.0.1"],
    }
    config = parse_config(raw, tmp_path / "parley.toml", {})
    database = Database(config.database)
    parley = await wire(config, read_sound(config), database, Clock())
    inside = "https://127.0.0.1/push"
    parley.egress.check(inside)
    with pytest.raises(Forbidden):
        parley.reaching.push.egress.check(inside)
    await database.close()
