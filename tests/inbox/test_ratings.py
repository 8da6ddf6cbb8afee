"""Ratings on the overview: everybody's for those who lead, one's own for operators."""

from datetime import timedelta
from itertools import count

import pytest

from core.ids import ConversationId, OperatorId
from core.roles import Role
from inbox.ratings_view import ratings_of
from storage.erasure import erase_person, export_person
from storage.ratings import Answered, Asked, Comment, Rated
from tests.inbox.office import Office
from tests.world import BORIS, NOW

VERA, IGOR = OperatorId(1), OperatorId(2)
NAMES = {VERA: "Vera", IGOR: "Igor", None: "An operator"}
DAY = NOW.replace(hour=0)


def test_average_distribution_and_days() -> None:
    rated = [
        Rated(DAY, VERA, 5, 3),
        Rated(DAY, VERA, 2, 1),
        Rated(DAY - timedelta(days=1), IGOR, 4, 1),
        Rated(DAY, None, 1, 1),
    ]
    comment = Comment(ConversationId(7), VERA, 2, "Slow", NOW)
    shown = ratings_of(rated, 10, [comment], NAMES, ("Answers", "Average"), NOW)
    assert (shown.asked, shown.answered, shown.average) == (10, 6, 3.67)
    assert [(one.score, one.many, one.percent) for one in shown.shares] == [
        (5, 3, 50), (4, 1, 17), (3, 0, 0), (2, 1, 17), (1, 1, 17),
    ]  # fmt: skip
    assert [(one.name, one.many, one.average) for one in shown.operators] == [
        ("Vera", 4, 4.25), ("An operator", 1, 1.0), ("Igor", 1, 4.0),
    ]  # fmt: skip
    assert {name: values[-2:] for name, values in shown.answers.series} == {
        "An operator": (0, 1), "Igor": (1, 0), "Vera": (0, 4),
    }  # fmt: skip
    assert shown.averages.series[0][1][-3:] == (None, 4.0, 3.6)
    assert shown.comments == ((comment, "Vera"),)


async def _rated(office: Office) -> OperatorId:
    world = office.world
    vera = await office.operator("vera", "Vera")
    igor = await office.operator("igor", "Igor")
    for number, (operator, user, score) in enumerate(((vera, None, 5), (igor, BORIS, 2))):
        options = {"user": user} if user else {}
        await world.say("hello", **options)
        address = await world.address(**options)
        conversation = await office.conversation(**options)
        async with world.database.write() as tx:
            session = 5 + number
            await tx.ratings.ask([
                Asked(session, conversation.id, address.contact, address.id, operator, world.now)  # type: ignore[arg-type]
            ])  # fmt: skip
            await tx.ratings.answer([Answered(session, score, "", world.now)])  # type: ignore[arg-type]
            words = "" if score == 5 else "Too slow"
            await tx.ratings.answer([Answered(session, score, words, world.now)])  # type: ignore[arg-type]
            # What came later without words leaves them.
            await tx.ratings.answer([Answered(session, score, "", world.now)])  # type: ignore[arg-type]
    return vera


async def test_who_leads_sees_all_and_an_operator_their_own(office: Office) -> None:
    await _rated(office)
    lead = (await (await office.signed_in("sue", Role.SUPERVISOR)).get("/overview")).seen
    assert "Average 3.5 Answers 2 Asked 2" in lead
    assert "Igor 2 1 Vera 5 1" in lead
    assert "2 Too slow" in lead
    mine = (await (await office.signed_in("vera")).get("/overview")).seen
    assert "Average 5 Answers 1 Asked 1" in mine
    assert "Igor" not in mine
    assert "Too slow" not in mine
    russian = (await (await office.signed_in("vera")).get("/overview?lang=ru")).seen
    assert "В среднем 5 Ответов 1 Спрошено 1" in russian


async def test_an_erasure_leaves_the_figure_and_takes_the_words(office: Office) -> None:
    await _rated(office)
    world = office.world
    async with world.database.write() as tx:
        everything = await export_person(tx, (await world.address(BORIS)).contact)
        assert [one["comment"] for one in everything["ratings"]] == ["Too slow"]
        await erase_person(tx, (await world.address(BORIS)).contact, count(10**6), world.now)
    async with world.database.read() as tx:
        assert await tx.ratings.comments(world.now - timedelta(days=1)) == []
        assert len(await tx.ratings.figures(world.now - timedelta(days=1))) == 2


@pytest.mark.parametrize("role", [Role.SUPERVISOR, Role.OPERATOR])
async def test_where_nobody_is_asked_nothing_is_shown(sqlite_office: Office, role: Role) -> None:
    page = (await (await sqlite_office.signed_in(role=role)).get("/overview")).seen
    assert "How people were helped" not in page
