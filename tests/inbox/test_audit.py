"""/audit: who did what, found again; kept by the database, forgotten in time."""

import html
import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from core.acts import COMMAND_LINE, ActRecord, By, Did
from core.ids import ActId, ContactId, OperatorId
from core.roles import Role
from dialogues.clockwork import tidy
from inbox.catalogues import LANGUAGES
from inbox.telling_acts import act_words, actor_words, kind_words
from storage.acts import Wanted
from storage.errors import BadData
from storage.tables import acts
from tests.inbox.office import Office
from tests.world import NOW, opened

ADA = By(None, "Ada", "192.0.2.7")


def act(number: int, did: Did = Did.SIGNED_IN, at: datetime = NOW, by: By = ADA) -> ActRecord:
    return ActRecord(ActId(number), by, did, at)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("did", Did)
def test_every_act_is_a_sentence_also_where_it_tells_little(did: Did, language: str) -> None:
    assert "{" not in act_words(act(1, did), language)
    assert kind_words(did, language)


def test_the_command_line_is_nobody_by_name() -> None:
    assert actor_words(act(1, by=COMMAND_LINE), "en") == "The command line"
    assert actor_words(act(1, by=By(None, "")), "en") == "Somebody"
    assert actor_words(act(1), "en") == "Ada"


def test_what_stands_in_a_line_is_not_read_as_a_phrase() -> None:
    record = ActRecord(ActId(1), ADA, Did.INVITED, NOW, {"whom": "{0.__class__}", "role": "admin"})
    assert act_words(record, "en") == "invited {0.__class__} as: Administrator"


async def test_one_finds_again_who_did_what_and_when(office: Office) -> None:
    admin = await office.signed_in("ada", Role.ADMIN)
    await office.operator()
    async with office.world.database.write() as tx:
        vera = await tx.operators.find("vera")
        assert vera is not None
        by = By(vera.id, "Vera", "")
        day = timedelta(days=1)
        await tx.acts.add_many(
            [
                act(1, Did.SIGNED_IN, NOW - 3 * day, by),
                act(2, Did.SIGNED_OUT, NOW - 2 * day, by),
                ActRecord(ActId(3), by, Did.CONTACT_EXPORTED, NOW - 2 * day, contact=ContactId(77)),
            ]
        )

    async def found(query: str) -> list[str]:
        page = (await admin.get(f"/audit?{query}")).text
        lines = re.findall(r'<bdi>(.*?)</bdi></b> <span dir="auto">(.*?)</span>', page)
        return [html.unescape(f"{who} {what}") for who, what in lines]

    exported, left, came = "Vera exported the contact 77", "Vera signed out", "Vera signed in"
    assert await found("") == ["Ada signed in", exported, left, came]
    assert await found(f"who={vera.id}") == [exported, left, came]
    assert await found("what=signed_in") == ["Ada signed in", came]
    assert await found("from=2026-11-20&to=2026-11-20") == [exported, left]
    assert await found("to=2026-11-19") == [came]
    assert await found(f"who={vera.id}&what=signed_in&from=2026-11-21") == []
    # What is no filter filters nothing.
    assert len(await found("who=x&what=y&from=z&to=9999-12-31&before=&x=1")) == 4


async def test_a_long_log_is_read_page_by_page(sqlite_office: Office) -> None:
    admin = await sqlite_office.signed_in("ada", Role.ADMIN)
    async with sqlite_office.world.database.write() as tx:
        # Of the same moment, as a bulk act writes them: their ids tell them apart.
        await tx.acts.add_many([act(number, Did.SIGNED_OUT, by=By(None, f"n{number}"))
                                for number in range(1, 121)])  # fmt: skip
    names: list[str] = []
    path = "/audit?what=signed_out"
    while path:
        page = (await admin.get(path)).text
        names += re.findall(r"<bdi>(n\d+)</bdi>", page)
        following = re.search(r'href="(/audit\?[^"]*before=\d+)"', page)
        path = html.unescape(following[1]) if following else ""
    assert names == [f"n{number}" for number in range(120, 0, -1)]


@pytest.mark.parametrize(
    "statement",
    [
        pytest.param("UPDATE acts SET name = 'Eve'", id="a change"),
        pytest.param("DELETE FROM acts", id="a deletion"),
        pytest.param(
            "INSERT OR REPLACE INTO acts (id, name, act, about, ip, at) "
            "VALUES (1, 'Eve', 'signed_in', '{}', '', '2026-01-01')",
            id="a replacement",
        ),
        pytest.param("TRUNCATE acts", id="emptying the table"),
    ],
)
async def test_the_database_itself_refuses_to_change_the_log(
    database_url: str, statement: str
) -> None:
    only_there = {"INSERT OR": "sqlite", "TRUNCATE": "postgresql"}.get(statement[:9].strip(), "")
    if not database_url.startswith(only_there):
        return  # The other database has no such statement.
    async with opened(database_url) as world:
        async with world.database.write() as tx:
            await tx.acts.add_many([act(1, at=datetime(2150, 1, 1, tzinfo=UTC))])
        with pytest.raises(BadData):
            async with world.database.write() as tx:
                await tx.sql.run(text(statement))
        async with world.database.read() as tx:
            assert [one.by.name for one in await tx.acts.page(Wanted(), 10)] == ["Ada"]


async def test_what_is_old_is_forgotten_and_the_rest_stays(database_url: str) -> None:
    now = datetime(2021, 6, 1, tzinfo=UTC)
    keep = timedelta(days=400)
    async with opened(database_url) as world:
        async with world.database.write() as tx:
            days = (1, 399, 401, 500)
            await tx.acts.add_many([act(one, at=now - timedelta(days=one)) for one in days])
        await tidy(world.database, now, keep)
        async with world.database.read() as tx:
            assert [one.id for one in await tx.acts.page(Wanted(), 10)] == [1, 399]


async def test_a_name_stays_as_it_was(office: Office) -> None:
    browser = await office.signed_in()
    await browser.post("/me/profile", {"name": "Somebody else", "language": ""})
    assert await office.acts("Vera") == ["signed in"]
    async with office.world.database.read() as tx:
        operator = await tx.operators.find("vera")
        assert operator is not None
        wanted = Wanted(OperatorId(operator.id))
        assert len(await tx.acts.page(wanted, 10)) == 1


async def test_an_act_of_a_later_version_is_shown_as_such(office: Office) -> None:
    ada = await office.signed_in("ada", role=Role.ADMIN)
    async with office.world.database.write() as tx:
        row = {"id": 1, "name": "Newer", "act": "flew", "about": {}, "ip": "", "at": NOW}
        await tx.sql.insert_many(acts, [row])
    page = (await ada.get("/audit")).seen
    assert "Newer did something that this version does not know" in page
