"""Few numbers: intervals hold what they state, trends are shown only where there is one."""

from __future__ import annotations

import math
import os
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmkit.spread import FEWEST, TREND_FEWEST, smallest_change_seen, spread_of, trend_of

RUNS = int(os.environ.get("PMKIT_TEST_INTERVALS", "250"))


@pytest.mark.slow
@pytest.mark.parametrize("n", [6, 9, 14, 40])
def test_the_interval_holds_the_true_median_as_often_as_it_states(n: int) -> None:
    """Of many samples from a skewed population, the interval holds its median in 95 of 100 or more."""
    random = np.random.default_rng(n)
    samples = random.lognormal(3, 1, (RUNS, n))
    spreads = [spread_of(sample, seed=run) for run, sample in enumerate(samples)]
    held = sum(spread.low <= math.exp(3) <= spread.high for spread in spreads)
    # Three deviations of chance below the stated share.
    assert held / RUNS >= 0.95 - 3 * math.sqrt(0.95 * 0.05 / RUNS)


@given(st.lists(st.floats(0.1, 1e6), max_size=40))
def test_a_spread_is_in_order(values: list[float]) -> None:
    """Low, median and high are in order, lie among the numbers, and are the same in every run."""
    spread = spread_of(values)
    assert spread == spread_of(values) or math.isnan(spread.low)
    assert spread.n == len(values)
    assert spread.has_interval == (len(values) >= FEWEST)
    if spread.has_interval:
        ends = [min(values), spread.low, spread.median, spread.high, max(values)]
        assert all(a <= b * (1 + 1e-12) for a, b in pairwise(ends))


def test_what_is_no_number_does_not_count() -> None:
    """Unknown durations are left out of n."""
    assert spread_of([10, math.nan, 20, math.inf]).n == 2


def test_a_trend_is_rarely_seen_where_there_is_none() -> None:
    """Of series without a trend, at most about five in a hundred show one."""
    random = np.random.default_rng(1)
    shown = sum(trend_of(range(20), random.lognormal(3, 1, 20)).is_shown for _ in range(RUNS))
    assert shown / RUNS <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / RUNS)


def test_a_strong_trend_is_seen_with_its_size() -> None:
    """Durations that halve over the period show a fall, and its interval holds one half."""
    random = np.random.default_rng(2)
    at = np.linspace(0, 1, 60)
    trend = trend_of(at, np.exp(np.log(60) - math.log(2) * at + random.normal(0, 0.15, 60)))
    assert trend.is_shown
    assert trend.low <= -0.5 <= trend.high < 0


def test_few_incidents_carry_no_trend() -> None:
    """Below the least number there is no trend however steep, and the reason gives the numbers."""
    trend = trend_of(range(5), [1, 2, 4, 8, 16])
    assert not trend.is_shown
    assert trend.why_not == f"it takes {TREND_FEWEST} incidents at least to tell one"


def test_a_change_that_can_be_seen_is_seen() -> None:
    """A fall as large as the note says is found in about eight of ten pairs of halves, a third rarely."""
    random = np.random.default_rng(3)
    n, deviation = 40, 0.8
    smallest = np.median([smallest_change_seen(random.lognormal(3, deviation, n)) for _ in range(50)])

    def seen(fall: float) -> float:
        found = 0
        for _ in range(RUNS):
            before = random.lognormal(3, deviation, n // 2)
            after = random.lognormal(3 + math.log1p(-fall), deviation, n // 2)
            # The medians of the halves differ by more than their spread explains.
            gap = np.log(np.median(before)) - np.log(np.median(after))
            found += abs(gap) > 1.96 * math.sqrt(math.pi / 2) * deviation * math.sqrt(2 / (n / 2))
        return found / RUNS

    assert 0.65 <= seen(float(smallest)) <= 0.93
    assert seen(float(smallest) / 3) < 0.5


def test_too_few_say_nothing_of_a_change() -> None:
    """With fewer than six numbers no smallest change is named."""
    assert math.isnan(smallest_change_seen([1, 2, 3]))
