"""Two contacts become one person and two again: nobody loses what they had, and no STOP is lost."""

from dataclasses import replace
from datetime import timedelta

import pytest

from core.ids import ContactId, CustomerId, RecordId, SiteId
from core.merging import Nonsense, Stop, joined, nonsense, parted, which_stays
from core.people import Contact
from tests.world import NOW, SHOP

KEPT = Contact(
    ContactId(1), SHOP, CustomerId("c-1"), "Anna K",
    attributes={"size": "M"}, tags=frozenset({"vip"}),
)  # fmt: skip
GONE = Contact(
    ContactId(2), name="Anya", locale="ru", timezone="Europe/Moscow",
    attributes={"size": "S", "tea": "green"}, tags=frozenset({"vip", "late"}),
)  # fmt: skip
STOP = {"marketing_stopped_at": NOW, "marketing_stopped_by": RecordId(7)}


def test_the_one_that_stays_gets_what_it_lacked_and_keeps_its_own() -> None:
    whole, _ = joined(KEPT, GONE)
    assert (whole.id, whole.name, whole.locale, whole.timezone) == (
        1,
        "Anna K",
        "ru",
        GONE.timezone,
    )
    assert whole.attributes == {"size": "M", "tea": "green"}
    assert whole.tags == {"vip", "late"}


def test_undone_at_once_everybody_is_as_before() -> None:
    whole, given = joined(KEPT, GONE)
    gone = replace(GONE, merged_into=KEPT.id)
    assert parted(whole, gone, given, was_said_there=False) == (KEPT, GONE)


def test_what_was_changed_since_stays_where_it_was_changed() -> None:
    whole, given = joined(KEPT, GONE)
    whole = replace(whole, attributes={**whole.attributes, "tea": "black"}, locale="en")
    kept, gone = parted(whole, GONE, given, was_said_there=False)
    assert kept.attributes == {"size": "M", "tea": "black"}
    assert (kept.locale, gone.attributes["tea"]) == ("en", "green")


@pytest.mark.parametrize(
    ("kept", "gone"),
    [
        pytest.param(STOP, {}, id="said by the one that stays"),
        pytest.param({}, STOP, id="said by the other"),
        pytest.param(
            {"marketing_stopped_at": NOW - timedelta(days=3), "marketing_stopped_by": RecordId(3)},
            STOP,
            id="said by both",
        ),
    ],
)
def test_a_stop_of_either_holds_for_the_person_and_comes_apart_again(
    kept: dict[str, object], gone: dict[str, object]
) -> None:
    one, other = replace(KEPT, **kept), replace(GONE, **gone)  # type: ignore[arg-type]
    whole, given = joined(one, other)
    assert (whole.marketing_stopped_at, whole.marketing_stopped_by) == (NOW, 7)
    assert parted(whole, other, given, was_said_there=bool(gone)) == (one, other)


def test_a_stop_said_meanwhile_stays_with_the_side_that_said_it() -> None:
    whole, given = joined(KEPT, GONE)
    stopped = replace(whole, **STOP)  # type: ignore[arg-type]
    kept, gone = parted(stopped, GONE, given, was_said_there=True)
    assert (kept.marketing_stopped_at, gone.marketing_stopped_at) == (None, NOW)
    kept, gone = parted(stopped, GONE, given, was_said_there=False)
    assert (kept.marketing_stopped_at, gone.marketing_stopped_at) == (NOW, None)


def test_of_two_stops_said_meanwhile_each_side_keeps_its_own() -> None:
    """The person has one mark, of the later one; the earlier is not lost for whoever said it."""
    whole, given = joined(KEPT, GONE)
    whole = replace(whole, **STOP)  # type: ignore[arg-type]
    earlier = Stop(NOW - timedelta(hours=1), RecordId(5))
    mark = (earlier.at, earlier.by)
    kept, gone = parted(whole, GONE, given, was_said_there=True, said_here=earlier)
    assert (kept.marketing_stopped_at, kept.marketing_stopped_by) == mark
    assert gone.marketing_stopped_at == NOW
    kept, gone = parted(whole, GONE, given, was_said_there=False, said_there=earlier)
    assert (gone.marketing_stopped_at, gone.marketing_stopped_by) == mark
    assert kept.marketing_stopped_at == NOW


def test_a_stop_that_a_start_has_lifted_meanwhile_does_not_come_back() -> None:
    other = replace(GONE, **STOP)  # type: ignore[arg-type]
    whole, given = joined(KEPT, other)
    lifted = replace(whole, marketing_stopped_at=None, marketing_stopped_by=None)
    kept, gone = parted(lifted, other, given, was_said_there=False)
    assert (kept.marketing_stopped_at, gone.marketing_stopped_at) == (None, None)


def test_the_customer_stays_else_the_first() -> None:
    assert which_stays(KEPT, GONE) == which_stays(GONE, KEPT) == (KEPT, GONE)
    stranger = replace(GONE, id=ContactId(3))
    assert which_stays(GONE, stranger) == (GONE, stranger)


OTHER_CUSTOMER = replace(GONE, customer=CustomerId("c-2"))


@pytest.mark.parametrize(
    ("other", "site", "is_sure", "why"),
    [
        pytest.param(KEPT, SHOP, True, Nonsense.ITSELF, id="a contact with itself"),
        pytest.param(GONE, SiteId("x"), True, Nonsense.OTHER_SITE, id="people of two shops"),
        pytest.param(GONE, None, False, None, id="somebody whose shop is not known"),
        pytest.param(OTHER_CUSTOMER, SHOP, False, Nonsense.TWO_CUSTOMERS, id="two customers"),
        pytest.param(OTHER_CUSTOMER, SHOP, True, None, id="two customers, on purpose"),
        pytest.param(GONE, SHOP, False, None, id="a customer and a stranger"),
    ],
)
def test_nonsense_is_refused(
    other: Contact, site: SiteId | None, is_sure: bool, why: Nonsense | None
) -> None:
    sites = {KEPT.id: SHOP} | {other.id: site}
    assert nonsense(KEPT, other, sites, is_sure=is_sure) == why
