"""What few, very different numbers can say: medians with intervals, trends and what would be seen of one."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import NormalDist
from typing import Final

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

FEWEST: Final = 6  # below it no interval of the median holds what it states
TREND_FEWEST: Final = 12  # below it no test of a trend has a chance worth the name
_RESAMPLES: Final = 4_000
_NORMAL: Final = NormalDist()
_EFFICIENCY: Final = math.sqrt(math.pi / 2)  # how much wider a median spreads than a mean


@dataclass(frozen=True)
class Spread:
    """Of `n` numbers: the median, its interval (none with fewer than six), and the middle half."""

    n: int
    median: float = math.nan
    low: float = math.nan
    high: float = math.nan
    lower_quartile: float = math.nan
    upper_quartile: float = math.nan

    @property
    def has_interval(self) -> bool:
        """Whether there are enough numbers for an interval."""
        return not math.isnan(self.low)


@dataclass(frozen=True)
class Trend:
    """Whether numbers in the order of time rise or fall.

    `change` is the change from the first to the last as a share (-0.3: three tenths lower), `low` and `high`
    its interval. `is_shown` says whether it can be told from chance; `why_not` says why it cannot.
    """

    n: int
    change: float = math.nan
    low: float = math.nan
    high: float = math.nan
    is_shown: bool = False
    why_not: str = ""


def spread_of(values: Iterable[float], *, level: float = 0.95, seed: int = 0) -> Spread:
    """The median of the numbers with its interval, which holds the true one in `level` of cases or more.

    A bootstrap of the median, its percentiles widened for small n: the plain percentiles hold the truth in 92
    of 100 cases where they state 95. Tested by simulation in `tests/test_spread.py`.
    """
    numbers = _finite(values)
    n = len(numbers)
    if n == 0:
        return Spread(0)
    lower, median, upper = np.percentile(numbers, [25, 50, 75])
    low = high = math.nan
    if n >= FEWEST:
        random = np.random.default_rng(seed)
        medians = np.median(numbers[random.integers(0, n, (_RESAMPLES, n))], axis=1)
        outside = 100 * _widened((1 - level) / 2, n)
        low, high = np.percentile(medians, [outside, 100 - outside])
    return Spread(n, float(median), float(low), float(high), float(lower), float(upper))


def trend_of(at: Iterable[float], values: Iterable[float], *, level: float = 0.95) -> Trend:
    """Whether positive numbers, measured at the times `at` (in any unit), rise or fall.

    The median of all slopes between two of their logarithms (Theil and Sen) with Sen's interval. With fewer
    than twelve numbers, or where the interval holds no change, no trend is shown.
    """
    pairs = np.array(sorted(zip(at, values, strict=True)), dtype=float).reshape(-1, 2)
    pairs = pairs[np.isfinite(pairs).all(axis=1) & (pairs[:, 1] > 0)]
    n = len(pairs)
    if n < TREND_FEWEST:
        return Trend(n, why_not=f"it takes {TREND_FEWEST} incidents at least to tell one")
    times, logs = pairs[:, 0], np.log(pairs[:, 1])
    first, second = np.triu_indices(n, k=1)
    apart = times[second] - times[first]
    slopes = np.sort((logs[second] - logs[first])[apart > 0] / apart[apart > 0])
    if not len(slopes):
        return Trend(n, why_not="all of them happened at one time")
    # Sen's interval: how far Kendall's count of rising and falling pairs strays by chance.
    strays = _NORMAL.inv_cdf((1 + level) / 2) * math.sqrt(n * (n - 1) * (2 * n + 5) / 18)
    rank = max(int((len(slopes) - strays) / 2) - 1, 0)
    span = times[-1] - times[0]
    low, change, high = (
        math.expm1(float(slope) * span) for slope in (slopes[rank], np.median(slopes), slopes[-rank - 1])
    )
    shown = low > 0 or high < 0
    why_not = "" if shown else "it could be chance: no change at all lies in the interval"
    return Trend(n, change, low, high, shown, why_not)


def smallest_change_seen(values: Iterable[float], *, level: float = 0.95, power: float = 0.8) -> float:
    """The fall of the median, as a share, that would be seen in `power` of cases; not a number for under six.

    Between the earlier and the later half of as many incidents that spread as these do. 0.6 says: a change
    under about 60 % cannot be seen.
    """
    numbers = _finite(values)
    numbers = numbers[numbers > 0]
    n = len(numbers)
    if n < FEWEST:
        return math.nan
    deviation = float(np.std(np.log(numbers), ddof=1))
    bar = _NORMAL.inv_cdf((1 + level) / 2) + _NORMAL.inv_cdf(power)
    half = n / 2
    return -math.expm1(-bar * _EFFICIENCY * deviation * math.sqrt(2 / half))


def _finite(values: Iterable[float]) -> Floats:
    numbers = np.array(list(values), dtype=float)
    finite: Floats = numbers[np.isfinite(numbers)]
    return finite


def _widened(outside: float, n: int) -> float:
    """What to leave outside on each side, so that the interval of n numbers is as wide as Student's."""
    return _NORMAL.cdf(-math.sqrt(n / (n - 1)) * _student(1 - outside, n - 1))


def _student(share: float, freedom: int) -> float:
    """The quantile of Student's t, by the expansion of Cornish and Fisher; exact to 0.1 from 5 degrees on."""
    z = _NORMAL.inv_cdf(share)
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
    )
    return math.fsum([z, *(term / freedom**power for power, term in enumerate(terms, start=1))])
