"""GCRA: how soon the next send may leave, from one number that is kept per account or address."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pace:
    """`per_second` sends in the long run, at most `burst` at once after a rest."""

    per_second: float
    burst: int = 1

    @property
    def interval(self) -> float:
        """Seconds between two sends at full speed."""
        return 1 / self.per_second


def earliest(pace: Pace, reserved_until: float, now: float) -> float:
    """When the next send may leave (≥ now), in the same seconds as `now`."""
    return max(now, reserved_until - (pace.burst - 1) * pace.interval)


def reserve(pace: Pace, reserved_until: float, at: float) -> float:
    """The new `reserved_until` after a send that leaves at `at`."""
    return max(reserved_until, at) + pace.interval
