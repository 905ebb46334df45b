"""What an incident cost, from a counted series: its window against the same hours of the weeks before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from pmkit import schema
from pmkit.errors import PmkitError
from pmkit.postmortem import Postmortem
from pmkit.timeline import find_anchors

Per = Literal["sample", "second", "minute", "hour"]

_SECONDS: Final[Mapping[str, float]] = {"second": 1, "minute": 60, "hour": 3600}
_WHOLE: Final = 0.9  # of the samples that a window should have, so that it counts
_FEWEST_WEEKS: Final = 2
_BUDGET_DAYS: Final = 30


@dataclass(frozen=True)
class Preset:
    """What is counted in one use case: the measure as it stands in the report, its unit, what it is worth."""

    measure: str
    unit: str
    worth: str


PRESETS: Final[Mapping[str, Preset]] = {
    "saas": Preset("Requests not served", "requests", "Credits owed"),
    "fintech": Preset("Payments not made", "payments", "Volume of payments not made"),
    "ecommerce": Preset("Orders not placed", "orders", "Revenue not taken"),
    "healthcare": Preset("Sign-ins that did not succeed", "sign-ins", "Cost of the work done by hand"),
}


@dataclass(frozen=True)
class Loss:
    """What is missing from a window: counted there, expected from the weeks before, and the difference.

    `low` and `high` are the least and the most of those weeks: with so few there is no finer range. `weeks`
    are the totals of the weeks that could be compared, the latest first; `method` says all of it in words.
    """

    counted: float
    expected: float
    lost: float
    low: float
    high: float
    weeks: tuple[float, ...]
    method: str

    @property
    def is_told_apart(self) -> bool:
        """Whether even the weakest of the weeks had more than the window."""
        return self.low > 0


def measure_impact(
    postmortem: Postmortem,
    *,
    metric: str = "",
    preset: str = "saas",
    per: Per = "sample",
    weeks: int = 4,
    worth: tuple[float, float, str] | None = None,
    objective: float | None = None,
) -> pd.DataFrame:
    """What the incident cost from `impact_started` to `resolved`, as rows of `impact.csv`.

    The parameters are those of `samples_of`, `find_loss`, `impact_rows` and `budget_burned`, with the hours
    by the clocks of the team's zone. Raises `PmkitError` while an anchor is not marked, and where these do.
    """
    times = find_anchors(postmortem.timeline).set_index("mark")["time"]
    if not {"impact_started", "resolved"} <= set(times.index):
        raise PmkitError(
            "impact is measured from `impact_started` to `resolved`; mark both on the timeline first"
        )
    samples, zone = samples_of(postmortem.events, metric), postmortem.incident.timezone
    loss = find_loss(samples, times["impact_started"], times["resolved"], per=per, zone=zone, weeks=weeks)
    days = None
    if objective is not None:
        days = budget_burned(max(loss.lost, 0.0), samples, objective=objective, per=per)
    basis = f"Series {metric or 'of the evidence'}"
    return impact_rows(loss, PRESETS[preset], basis=basis, worth=worth, budget_days=days)


def samples_of(events: pd.DataFrame, metric: str = "") -> pd.DataFrame:
    """The samples of one series of the evidence: `time` (UTC) and `value`, in order.

    `metric` is the name of the series or a part that only its name has. Raises `PmkitError` naming the series
    there are, where it is none or several.
    """
    rows = events[(events["kind"] == "metric") & events["metric_value"].notna()]
    names = sorted(rows["metric"].unique())
    alike = [name for name in names if name == metric] or [name for name in names if metric in name]
    if len(alike) != 1:
        there = "; ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")
        found = f"{len(alike)} series are named so" if names else "the evidence holds no series"
        hint = (
            f"Name one of: {there}." if names else "Add an export of Prometheus, Grafana or CloudWatch first."
        )
        raise PmkitError(f"{metric or 'which series'}: {found}. {hint}")
    told = rows.loc[rows["metric"] == alike[0], ["time", "metric_value"]]
    return told.rename(columns={"metric_value": "value"}).sort_values("time", ignore_index=True)


def find_loss(
    samples: pd.DataFrame,
    start: pd.Timestamp,
    end: pd.Timestamp,
    *,
    per: Per = "sample",
    zone: str = "UTC",
    weeks: int = 4,
) -> Loss:
    """How much less was counted from `start` to `end` than at the same weekday and hour in the weeks before.

    Parameters
    ----------
    samples : `time` (UTC) and `value`, one row per sample; a series of counts or of rates
    per : what a value counts: what happened since the sample before, or a rate per second, minute or hour
    zone : where the customers' clocks stand: nine in the morning stays nine over a change of the clocks
    weeks : how many weeks to look back

    Raises `PmkitError` where the window or fewer than two of the weeks before have nine tenths of the samples
    they should have: a gap in the series is not known to be a loss.
    """
    series = _counted(samples, per)
    counted = series.total(start, end)
    if counted is None:
        raise PmkitError(
            f"the series has not nine tenths of its samples between {start:%Y-%m-%d %H:%M} and {end:%H:%M} "
            "UTC. A gap may be a loss or may be missing data: fill it with 0 where nothing happened, or "
            "choose a window that is covered."
        )
    before = {}
    for week in range(1, weeks + 1):
        began = _shifted(start, zone, week)
        before[week] = series.total(began, began + (end - start))
    totals = {week: total for week, total in before.items() if total is not None}
    if len(totals) < _FEWEST_WEEKS:
        raise PmkitError(
            f"only {len(totals)} of the {weeks} weeks before are covered by the series, and it takes "
            f"{_FEWEST_WEEKS} to say what is usual. Export it from "
            f"{start - pd.Timedelta(weeks=weeks):%Y-%m-%d} on."
        )
    values = list(totals.values())
    expected = float(np.median(values))
    left_out = [str(week) for week in before if week not in totals]
    method = (
        f"Counted {_number(counted)} from {start:%Y-%m-%d %H:%M} to {end:%H:%M} UTC; the same weekday and "
        f"hours ({zone}) of {len(values)} weeks before had {', '.join(map(_number, values))}, median "
        f"{_number(expected)}. The range is that of these weeks."
    )
    if left_out:
        method += f" Left out for want of samples: week {', '.join(left_out)} before."
    lost, low, high = (value - counted for value in (expected, min(values), max(values)))
    return Loss(counted, expected, lost, low, high, tuple(values), method)


def budget_burned(bad: float, samples: pd.DataFrame, *, objective: float, per: Per = "sample") -> float:
    """How many days of an error budget of 30 days the failures took.

    The budget is what `objective` (percent, as 99.9) leaves of what 30 days usually have, by the mean of the
    whole series. 30 days mean that all of it is gone.
    """
    if not 0 < objective < 100:
        raise PmkitError(f"an objective lies between 0 and 100 percent, as 99.9; found {objective:g}")
    allowed_per_day = _counted(samples, per).per_day * (1 - objective / 100)
    if allowed_per_day <= 0:
        raise PmkitError("the series counts nothing, so that it has no budget of errors")
    return bad / allowed_per_day


def impact_rows(
    loss: Loss,
    preset: Preset,
    *,
    basis: str,
    worth: tuple[float, float, str] | None = None,
    budget_days: float | None = None,
) -> pd.DataFrame:
    """The loss as rows of `impact.csv`, each with its range and how it is known.

    `worth` is what one of them is worth, least and most, and the currency. A loss that ordinary weeks have
    too says so in its note.
    """
    doubt = "" if loss.is_told_apart else "An ordinary week was as low: this may be no loss at all."
    rows = [(preset.measure, loss.lost, loss.low, loss.high, preset.unit, f"{basis}. {loss.method}", doubt)]
    if worth is not None:
        least, most, currency = worth
        ends = sorted(value * price for value in (loss.low, loss.high) for price in (least, most))
        middle = loss.lost * (least + most) / 2
        price = f"{least:g}" if least == most else f"{least:g} to {most:g}"
        how = f"{preset.measure} times {price} {currency} each"
        rows.append((preset.worth, middle, ends[0], ends[-1], currency, how, doubt))
    if budget_days is not None:
        how = f"{preset.measure} against what the objective allows a day; a budget is {_BUDGET_DAYS} days"
        rows.append(("Error budget used", budget_days, np.nan, np.nan, "days of budget", how, doubt))
    names = ["measure", "value", "low", "high", "unit", "basis", "note"]
    return schema.conform(pd.DataFrame(rows, columns=names).round(2), schema.IMPACT)


@dataclass(frozen=True)
class _Series:
    """The counts of a series by time, each sample made what happened within its step."""

    counts: pd.Series
    step: pd.Timedelta

    def total(self, start: pd.Timestamp, end: pd.Timestamp) -> float | None:
        """What happened from `start` to `end`; none where too many of its samples are missing."""
        inside = self.counts[(self.counts.index >= start) & (self.counts.index < end)]
        wanted = max((end - start) / self.step, 1)
        if len(inside) < _WHOLE * wanted:
            return None
        # What little is missing is taken to be like the rest.
        return float(inside.mean() * wanted)

    @property
    def per_day(self) -> float:
        return float(self.counts.mean() * (pd.Timedelta("1D") / self.step))


def _counted(samples: pd.DataFrame, per: Per) -> _Series:
    told = samples.loc[samples["time"].notna() & samples["value"].notna(), ["time", "value"]]
    series = told.astype({"value": "float64"}).groupby("time")["value"].sum().sort_index()
    if len(series) < 3:
        raise PmkitError(f"a series of {len(series)} samples tells nothing; export the weeks before as well")
    step = pd.Timedelta(np.median(np.diff(series.index.asi8)), unit=series.index.unit)
    factor = 1.0 if per == "sample" else step.total_seconds() / _SECONDS[per]
    return _Series(series * factor, step)


def _shifted(moment: pd.Timestamp, zone: str, week: int) -> pd.Timestamp:
    wall = moment.tz_convert(ZoneInfo(zone)).tz_localize(None) - pd.Timedelta(weeks=week)
    # An hour that came twice is taken the first time, one that was left out where the clocks went on.
    return wall.tz_localize(ZoneInfo(zone), ambiguous=True, nonexistent="shift_forward").tz_convert("UTC")


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 or float(value).is_integer() else f"{value:,.3g}"
