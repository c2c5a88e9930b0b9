"""Which steps Light records: within its share of the time, and what is asked for in any case."""

from __future__ import annotations

import pytest
from backlight.observe.budget import FREE, LEAST, SHARE, Budget


class Clock:
    """A clock that is set by hand."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def recorded(level: str, cost: float, following: float, steps: int = 2000) -> int:
    """How many of 2,000 steps of 1 ms are recorded."""
    clock = Clock()
    budget = Budget(level, clock)
    count = 0
    for _ in range(steps):
        if budget.allows():
            count += 1
            clock.now += cost
            budget.charge(cost, True)
        else:
            budget.charge(following, False)
        clock.now += 0.001
    return count


@pytest.mark.parametrize(
    ("level", "cost", "following", "low", "high"),
    [
        ("full", 0.01, 0.0, 2000, 2000),
        ("light", 0.0, 0.0, 2000, 2000),  # what costs nothing is recorded
        ("light", 0.01, 0.0, 25, 30),  # a tenth of 2 s and what is free, in steps of 10 ms
        ("light", 0.01, 5e-5, 9, 15),  # counting the others takes most of it already
    ],
)
def test_a_share_of_the_time(level, cost, following, low, high):
    assert low <= recorded(level, cost, following) <= high
    assert LEAST < SHARE
    assert FREE > 0


def test_what_is_asked_for_is_recorded_and_leaves_the_budget_alone():
    clock = Clock()
    budget = Budget("light", clock)
    assert budget.allows()  # the first
    budget.charge(60.0, True)
    assert budget.allows()  # it took nothing from the others
    budget.charge(60.0, True)
    assert not budget.allows()
    budget.record_next(2)
    assert [budget.allows() for _ in range(3)] == [True, True, False]
    clock.now = 200.0
    assert budget.share == pytest.approx(0.6)
