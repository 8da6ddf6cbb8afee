"""The whole database out of one kind and into the other, or not at all."""

import itertools
import json
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.acts import COMMAND_LINE, ActRecord, Did
from core.hooks import DeliveryState, HookType
from core.ids import ActId, OperatorId
from core.roles import Role
from storage.copying import TABLES, lines
from storage.database import Database
from storage.deliveries import NewDelivery, Tried
from storage.operators import Operator
from storage.versions import newest
from tests.server.parley import Shell
from tests.server.test_contacts import meet, run
from tests.world import BORIS, NOW, SHOP, claims, opened


async def everything(url: str) -> list[str]:
    """Each database has its own order of texts, and of the keys of a JSON object."""
    database = Database(url)
    async with database.read() as tx:
        _head, *found = [line async for line in lines(tx, NOW)]
    await database.close()
    return sorted(json.dumps(json.loads(line), sort_keys=True) for line in found)


async def fill(url: str) -> None:
    """Two people, one of whom was merged into a later one, an operator, an act, things waiting."""
    async with opened(url) as world:
        await meet(world)
        await world.say("stop")
        await world.come(claims("7", customer="c-2", token="jti:9"), BORIS)
        first, second = (await world.address()).contact, (await world.address(BORIS)).contact
        async with world.database.write() as tx:
            roots = await tx.contacts.lock([first, second])
            await tx.contacts.merge([(roots[first].id, roots[second].id)])
            by = Operator(OperatorId(77), "vera", "Вера", "hash", NOW, role=Role.ADMIN)
            assert await tx.operators.add(by)
            act = ActRecord(ActId(88), COMMAND_LINE, Did.OPERATOR_ADDED, NOW, {"role": "admin"})
            await tx.acts.add_many([act])
            hook = NewDelivery(
                99, 99, SHOP, "e" * 32, HookType.MESSAGE_RECEIVED, first, first, '{"a":"я"}', NOW
            )
            await tx.deliveries.add([hook])
            await tx.deliveries.record(
                [Tried(99, 1, 1, DeliveryState.DELIVERED, NOW, 204, "", "ok", 12)]
            )
            await tx.deliveries.disable("e" * 32, NOW)


@pytest.fixture(params=["to sqlite", "to postgresql"])
def other_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "to sqlite":
        yield f"sqlite:///{tmp_path / 'other.db'}"
    else:
        with request.getfixturevalue("postgresql_databases").fresh() as url:
            yield url


async def test_everything_comes_into_the_other_database_as_it_was(
    shell: Shell, database_url: str, other_url: str, tmp_path: Path
) -> None:
    shell.configure(database=database_url)
    await fill(database_url)
    file = tmp_path / "all.jsonl"
    told = await run(shell, "export", str(file))
    assert (told.code, told.out) == (0, "")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    before = await everything(database_url)
    assert told.err.startswith(f"{len(before)} rows. ")
    filled = {json.loads(line)[0] for line in before}
    assert {"contacts", "consent_records", "acts", "rejected", "operators", "sends"} <= filled
    assert {"arrivals", "arrival_topics"} <= filled
    shell.configure(database=other_url)
    told = await run(shell, "import", str(file))
    assert (told.code, told.out) == (0, ""), told.err
    assert await everything(other_url) == before
    # What was in hand goes on there, and what may not be changed may not be changed there either.
    async with opened(other_url) as world:
        world.numbers, world.keys = itertools.count(9000), itertools.count(9000)
        assert await world.deliver()
        world.wait(hours=1)
        await world.say("start")
        assert await world.active()
    told = await run(shell, "import", str(file))
    assert told.code == 1
    assert "the database is not empty" in told.err
    again = await run(shell, "export", str(file))
    assert (again.code, "there already" in again.err) == (1, True)


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        pytest.param([""], "line 1: this is nothing that", id="nothing"),
        pytest.param(["[]"], "line 1: this is nothing that", id="something else"),
        pytest.param(
            ['{"parley": 1, "tables": "0001"}'],
            f"line 1: it was written at version 0001 of the tables, this Parley has {newest()}",
            id="another version",
        ),
        pytest.param(["HEAD", "LABEL", "oops"], "line 3: this is no row", id="a broken line"),
        pytest.param(["HEAD", '["leases", {}]'], "line 2: this is no row", id="another table"),
        pytest.param(["HEAD", '["labels", {"x": 1}]'], "line 2: this is no row", id="no column"),
        pytest.param(["HEAD", "LABEL", "LABEL"], "the database refused a row", id="a row twice"),
    ],
)
async def test_what_is_not_sound_is_told_and_nothing_is_imported(
    shell: Shell, tmp_path: Path, given: list[str], complaint: str
) -> None:
    label = {"id": 1, "name": "vip", "color": 1, "created_at": NOW.isoformat()}
    made = {
        "HEAD": json.dumps({"parley": 1, "tables": newest()}),
        "LABEL": json.dumps(["labels", label]),
    }
    file = tmp_path / "given.jsonl"
    file.write_text("\n".join(made.get(line, line) for line in given))
    told = await run(shell, "import", str(file))
    assert (told.code, told.out) == (1, "")
    assert f"nothing was imported: {complaint}" in told.err
    shell.configure()
    told = await run(shell, "export")
    assert (told.code, told.out.count("\n")) == (0, 1)


def test_no_table_is_forgotten_and_none_comes_before_what_it_points_to() -> None:
    seen: set[str] = set()
    for table in TABLES:
        for key in table.foreign_keys:
            assert key.column.table is table or key.column.table.name in seen
        seen.add(table.name)
    assert "messages" in seen
    assert "leases" not in seen
