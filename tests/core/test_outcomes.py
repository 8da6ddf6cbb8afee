"""What too fast a send makes of itself, of its account, and of nobody else."""

from datetime import UTC, datetime, timedelta

import pytest

from core.messages import MessageClass, Status
from core.outcomes import Reaction, Throttled, react

NOW = datetime(2026, 11, 22, tzinfo=UTC)
LATER = NOW + timedelta(minutes=15)


@pytest.mark.parametrize(
    ("outcome", "account_paused_until"),
    [
        pytest.param(Throttled(timedelta(minutes=15)), LATER, id="too fast: the account waits"),
        pytest.param(
            Throttled(timedelta(minutes=15), only_address=True),
            None,
            id="too much to one person: only this send waits",
        ),
    ],
)
def test_who_waits(outcome: Throttled, account_paused_until: datetime | None) -> None:
    reaction = react(outcome, MessageClass.SERVICE, 9, NOW, is_idempotent=True)
    assert reaction == Reaction(
        Status.QUEUED,
        "throttled",
        due_at=LATER,
        account_paused_until=account_paused_until,
    )
