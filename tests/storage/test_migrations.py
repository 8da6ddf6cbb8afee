"""The tables that migrations make are the tables that the code knows, and consent is guarded."""

import asyncio
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, bindparam, make_url, select, text
from sqlalchemy.exc import DBAPIError

import storage
from core.arrivals import Turn
from core.consent import Act, ConsentRecord, Source
from core.ids import AddressId, ContactId, CustomerId, RecordId, SiteId, TopicId, UserId
from core.people import Address, Contact
from core.roles import Role
from core.topics import Subscription
from core.topics import SubscriptionState as State
from storage import versions
from storage.database import Database
from storage.errors import BadData, Unavailable, WrongSchema
from storage.open import migrate, open_database
from storage.tables import arrival_topics, metadata
from storage.types import UtcDateTime
from tests.world import NOW, TG, opened


async def test_migrations_and_tables_agree(database_url: str) -> None:
    database = Database(database_url)
    try:
        async with database.connection() as connection:
            differences = await connection.run_sync(
                lambda sync: compare_metadata(MigrationContext.configure(sync), metadata)
            )
    finally:
        await database.close()
    # What the search is made of exists in the database alone; FTS5 keeps tables of its own beside.
    differences = [one for one in differences if "search_" not in str(one)]
    # Partial indexes are compared by their text, which each database writes in its own way.
    assert [d for d in differences if not (isinstance(d, tuple) and "index" in str(d[0]))] == []


def test_versions_are_told_by_the_names_of_the_files_as_alembic_tells_them() -> None:
    """`serve` reads the names: Alembic stays out of a server that runs."""
    scripts = ScriptDirectory(str(versions.FOLDER))
    assert versions.newest() == scripts.get_current_head()
    assert set(versions.known()) == {one.revision for one in scripts.walk_revisions()}


def test_a_server_that_runs_has_no_alembic_in_memory() -> None:
    code = "import sys, server.commands.serve; sys.exit('alembic' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


async def test_statistics_mislead_nobody_who_looks_for_a_person(sqlite_url: str) -> None:
    """Nobody of many was merged: an index that holds them all is worth nothing."""
    async with opened(sqlite_url) as world, world.database.write() as tx:
        people = [
            Contact(ContactId(one), SiteId("shop"), CustomerId(str(one))) for one in range(1, 500)
        ]
        await tx.contacts.ensure_customers(people, NOW)
        await tx.sql.run(text("ANALYZE"))
        rows = await tx.sql.run(
            text("EXPLAIN QUERY PLAN SELECT * FROM contacts WHERE id = 5 OR merged_into = 5")
        )
        assert not [row.detail for row in rows if row.detail.startswith("SCAN")]


async def test_migrating_twice_is_harmless(database_url: str) -> None:
    await migrate(database_url)
    database = await open_database(database_url, migrates=False)
    await database.close()


async def test_an_older_database_is_refused_with_the_command_to_run(sqlite_url: str) -> None:
    async with opened(sqlite_url) as world, world.database.write() as tx:
        await tx.sql.run(text("UPDATE alembic_version SET version_num = '0000'"))
    with pytest.raises(WrongSchema, match="newer one"):
        await open_database(sqlite_url, migrates=False)


async def test_operators_of_before_are_administrators_and_stay_signed_in(
    database_url: str,
) -> None:
    """From the tables as they were before roles, with somebody signed in."""
    since = datetime(2026, 11, 1, 9, 0, tzinfo=UTC)
    path = make_url(database_url).database
    if path is not None and database_url.startswith("sqlite"):
        await asyncio.to_thread(Path(path).unlink)
    database = Database(database_url)
    async with database.connection() as connection:
        await connection.run_sync(_back_to, "0006")
        for statement in (
            "INSERT INTO operators (id, login, name, password, created_at) "
            "VALUES (7, 'vera', 'Vera', 'x', :since)",
            "INSERT INTO operator_sessions (digest, operator_id, created_at, expires_at) "
            "VALUES ('d', 7, :since, :since)",
        ):
            typed = text(statement).bindparams(bindparam("since", since, UtcDateTime))
            await connection.execute(typed)
    await migrate(database_url)
    async with database.read() as tx:
        found = await tx.sign_ins.find("d")
    await database.close()
    assert found is not None
    operator, row = found
    assert (operator.role, operator.has_second_factor) == (Role.ADMIN, False)
    assert (row.confirmed_at, row.awaits_code) == (since, False)
    assert row.last_seen_at > since


async def test_subscriptions_of_before_have_their_stretches(database_url: str) -> None:
    """So that what was subscribed counts, a STOP ends it, and START brings back what one took."""
    since = datetime(2026, 11, 1, 9, 0, tzinfo=UTC)
    path = make_url(database_url).database
    if path is not None and database_url.startswith("sqlite"):
        await asyncio.to_thread(Path(path).unlink)
    database = Database(database_url)
    async with database.connection() as connection:
        await connection.run_sync(_back_to, "0013")
    async with database.write() as tx:
        await tx.addresses.add([Address(AddressId(2), TG, UserId("5"), ContactId(1))], NOW)
        await tx.subscriptions.save(
            [
                (AddressId(2), Subscription(TopicId(name), state, since, taken_by, was))
                for name, state, taken_by, was in (
                    ("on", State.SUBSCRIBED, None, None),
                    ("waits", State.PENDING, None, None),
                    ("taken", State.UNSUBSCRIBED, RecordId(9), State.SUBSCRIBED),
                    ("left", State.UNSUBSCRIBED, None, None),
                )
            ]
        )
    await migrate(database_url)
    async with database.write() as tx:
        turn = Turn(AddressId(2), TopicId("taken"), since, None, None)
        await tx.arrivals.turn([turn])
        rows = await tx.sql.run(select(arrival_topics).order_by(arrival_topics.c.topic))
        found = {row.topic: (row.account, row.subscribed_at, row.ended_at) for row in rows}
        counted = await tx.funnels.open()
    await database.close()
    assert found == {
        "on": (TG, since, None),
        "taken": (TG, since, None),
        "waits": (TG, None, None),
    }
    assert counted == {TG: 2}


def _back_to(connection: Connection, revision: str) -> None:
    """The tables of an earlier version, with nothing in them."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("DROP SCHEMA public CASCADE")
        connection.exec_driver_sql("CREATE SCHEMA public")
    config = Config()
    config.set_main_option("script_location", str(Path(storage.__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


async def test_a_foreign_database_is_refused(tmp_path) -> None:  # type: ignore[no-untyped-def]
    url = f"sqlite:///{tmp_path}/foreign.db"
    database = Database(url)
    async with database.connection() as connection:
        await connection.exec_driver_sql("CREATE TABLE somebody (id INTEGER)")
    await database.close()
    with pytest.raises(WrongSchema, match="not Parley's"):
        await open_database(url, migrates=True)


async def test_no_database_at_all_is_said_so() -> None:
    with pytest.raises(Unavailable):
        await open_database("postgresql://nobody@127.0.0.1:1/none", migrates=False)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE consent_records SET act = 'subscribe'",
        "DELETE FROM consent_records",
        "INSERT OR REPLACE INTO consent_records (id, address_id, act, source, at, digest) "
        "VALUES (3, 2, 'subscribe', 'link', '2026-01-01', '')",
        "TRUNCATE consent_records CASCADE",
    ],
    ids=["update", "delete", "replace", "truncate"],
)
async def test_the_database_itself_refuses_to_change_consent(
    database_url: str, statement: str
) -> None:
    only_there = {"INSERT OR": "sqlite", "TRUNCATE": "postgresql"}.get(statement[:9].strip(), "")
    if not database_url.startswith(only_there):
        return  # The other database has no such statement.
    async with opened(database_url) as world:
        async with world.database.write() as tx:
            address = Address(AddressId(2), TG, UserId("5"), ContactId(1))
            await tx.addresses.add([address], NOW)
            await tx.consents.append(
                [ConsentRecord(RecordId(3), address.id, None, Act.UNSUBSCRIBE, Source.API, NOW)]
            )
        with pytest.raises((BadData, DBAPIError)):
            async with world.database.write() as tx:
                await tx.sql.run(text(statement))
        async with world.database.read() as tx:
            records = await tx.consents.of_addresses([address.id])
        assert [record.act for record in records] == [Act.UNSUBSCRIBE]


async def test_evidence_can_be_erased_and_its_digest_stays(database_url: str) -> None:
    async with opened(database_url) as world:
        async with world.database.write() as tx:
            address = Address(AddressId(2), TG, UserId("5"), ContactId(1))
            await tx.addresses.add([address], NOW)
            record = ConsentRecord(
                RecordId(3), address.id, None, Act.UNSUBSCRIBE, Source.API, NOW, {"ip": "1.2.3.4"}
            )
            await tx.consents.append([record])
        async with world.database.write() as tx:
            await tx.consents.erase_evidence([address.id])
        async with world.database.read() as tx:
            stored = (await tx.consents.of_addresses([address.id]))[0]
        assert stored.evidence is None
        assert len(stored.digest) == 64
