"""Nobody does anything without end, and who is somebody."""

from datetime import UTC, datetime, timedelta

import pytest

from subscriptions.metering import Meter, visitor_of

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("address", "visitor"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("shop jti:1", "shop jti:1"),
        ("", ""),
    ],
)
def test_a_home_is_one_visitor(address: str, visitor: str) -> None:
    assert visitor_of(address) == visitor


def test_another_address_of_the_same_home_is_no_other_visitor() -> None:
    meter = Meter(2)
    allowed = [meter.allows(f"2001:db8::{number:x}", NOW) for number in range(3)]
    assert allowed == [True, True, False]
    assert meter.allows("2001:db8:0:1::1", NOW)
    assert meter.allows("2001:db8::9", NOW + timedelta(minutes=11))
