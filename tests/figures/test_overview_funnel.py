"""The funnel and the growth on the overview: bars by rule, the same numbers as tables."""

from datetime import date

from core.funnel import Counted, Funnel, Growth, Kept, Key, Left
from core.ids import AccountId, TopicId
from core.roles import Role
from inbox.funnel_view import bars_of, funnel_shown, growth_plot
from inbox.language import sayer
from tests.figures.test_funnel_api import BOTH, seen
from tests.inbox.office import Office
from tests.world import TG, claims

SAY = sayer("en")
WHOLE = Counted(200, 50, 40, 4, 30, Kept(20, 15), Kept(0, 0))


def test_bars_are_as_long_as_what_they_count_and_tell_the_share_of_the_stage_before() -> None:
    bars = [(one.name, one.many, one.length, one.share) for one in bars_of(WHOLE, SAY)]
    assert bars == [
        ("Shown", 200, 100, None),
        ("Clicked", 50, 25, 25),
        ("Started", 40, 20, 80),
        ("Subscribed", 30, 15, 75),
        # 15 of the 20 who can be asked stayed: three quarters of what 30 take.
        ("After 7 days", 15, 11, 75),
    ]


def test_what_nobody_counts_has_no_bar() -> None:
    bars = [(one.name, one.share) for one in bars_of(Counted(started=4, subscribed=3), SAY)]
    assert bars == [("Started", None), ("Subscribed", 75)]


def test_the_greatest_pages_are_drawn_after_all_of_them_together() -> None:
    rows = tuple((Key(source="page", place=f"p{n}"), Counted(started=n)) for n in range(9, 0, -1))
    only_seen = (Key(source="widget", place="/"), Counted(shown=5))
    funnel = Funnel((*rows, only_seen), Counted(5, started=45), left_out=2)
    left = [Left("", "", TopicId("promo"), 2), Left("widget", "/", TopicId("gone"), 1)]
    shown = funnel_shown(funnel, left, {TopicId("promo"): "Offers"}, SAY)
    assert [one.place for one in shown.drawn] == ["", "p9", "p8", "p7", "p6", "p5", "p4"]
    assert shown.drawn[0].source == "All pages"
    assert shown.drawn[1].path == "/pages/p9"
    assert (len(shown.listed), shown.more) == (10, 2)
    assert [(one.source, one.topic) for one in shown.left] == [
        ("Came by no link", "Offers"),
        ("Widget", "gone"),
    ]


def test_growth_has_a_line_for_each_messenger_that_has_anybody() -> None:
    days = (date(2026, 11, 27), date(2026, 11, 28))
    growth = Growth(days, {AccountId(TG): (1, 3), AccountId("gone"): (5, 5)})
    plot = growth_plot(growth, {TG: "Telegram", AccountId("quiet"): "Quiet"})
    assert plot.series == (("Telegram", (1.0, 3.0)),)


async def test_the_overview_shows_them(office: Office) -> None:
    world = office.world
    await seen(office, "poster", 8, 2)
    await world.come(claims(topics=BOTH, consent="I agree"), place="poster")
    world.wait(days=8)
    await world.say("STOP promo")
    desk = await office.signed_in("sue", Role.SUPERVISOR)
    page = (await desk.get("/overview")).seen
    assert "Shown 8 Clicked 2 25 % Started 1 50 % Subscribed 1 100 % After 7 days 1 of 1" in page
    assert "poster Landing page Offers 1" in page
    assert "Subscriptions by messenger, at the end of each day" in page
    russian = (await desk.get("/overview?lang=ru")).seen
    assert "Через 7 дней 1 из 1" in russian


async def test_operators_see_no_funnel(sqlite_office: Office) -> None:
    await sqlite_office.world.come(place="poster")
    page = (await (await sqlite_office.signed_in()).get("/overview")).seen
    assert "poster" not in page
