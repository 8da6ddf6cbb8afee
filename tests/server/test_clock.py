"""One time for all processes: the database's."""

from datetime import timedelta

import pytest

from server.clock import utc_now
from server.timekeeping import Clock
from storage.database import Database

SOON = timedelta(seconds=30)


@pytest.mark.parametrize("wrong", [timedelta(hours=-3), timedelta(seconds=90)])
async def test_a_machine_whose_clock_is_wrong_means_the_databases_time(
    postgresql_url: str, wrong: timedelta
) -> None:
    database = Database(postgresql_url)
    clock = Clock(lambda: utc_now() + wrong)
    assert abs(clock() - utc_now()) > SOON
    await clock.agree(database)
    assert abs(clock() - utc_now()) < SOON
    await database.close()
    # It is not to be had any more: what was found before stays.
    await clock.agree(Database("postgresql://nobody@127.0.0.1:1/none"))
    assert abs(clock() - utc_now()) < SOON


async def test_sqlite_has_no_clock_of_its_own(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    clock = Clock(lambda: utc_now() - timedelta(hours=1))
    await clock.agree(database)
    assert clock.ahead == timedelta()
    await database.close()
