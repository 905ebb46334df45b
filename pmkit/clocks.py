"""Clocks that are off: how far the sources are apart, and their times corrected where people say so."""

from __future__ import annotations

import math
from collections.abc import Iterable
from itertools import combinations
from typing import Final, Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from pmkit.errors import SchemaError
from pmkit.tellings import find_tellings

OFFSET_COLUMNS: Final = (
    "source", "reference", "offset_seconds", "low_seconds", "high_seconds", "spread_seconds", "pairs",
    "confidence", "reason",
)  # fmt: skip
PAIR_COLUMNS: Final = (
    "source", "reference", "deed", "thing", "event_id", "reference_event_id", "time", "reference_time",
    "later_seconds", "ordered", "used",
)  # fmt: skip

_FILE: Final = "evidence/"  # what the name of a clock begins with that is not a whole source
_CORRECTED: Final = "corrected by"
_MOST: Final = 366 * 86_400  # seconds; a clock that is off by more tells another year, not another time

# What people read comes last; it is what the others refer to.
_PAGING: Final = ("pagerduty", "opsgenie", "incident.io", "firehydrant")
_REFERENCES: Final = ("slack", *_PAGING, "jira", "statuspage", "monitoring", "deploy")
_BY_HAND: Final = ("table", "file")  # nobody knows whether it was written before or after
_AT_ONCE: Final = pd.Timedelta("1min")  # tellings of one source so close are one: a post in two channels
_APART: Final = 15 * 3600.0  # seconds; zones are up to 14 hours apart
_FEWEST: Final = 3  # pairs
_FEWEST_STEADY: Final = 4
_MANY: Final = 6
# All in seconds.
_NOISE: Final = 1.0
_LITTLE: Final = 10.0
_WIDE, _WIDEST = 30.0, 60.0  # of a few pairs, and of many
_MINUTES: Final = 300.0
_MOST_SLOPES: Final = 100  # pairs; as many as tell a trend, however many there are
_EITHER: Final = "a slow delivery or a clock that is off, which cannot be told apart"


def estimate_clock_offsets(
    events: pd.DataFrame, *, by: Literal["source", "file"] = "source", delivery: str = "30s"
) -> pd.DataFrame:
    """How far the clocks of the sources are apart, as far as facts that two of them tell can show it.

    One row per two sources, those that are off first: `source`, `reference`, `offset_seconds` (what to add
    to the times of `source`, so that its clock agrees with that of `reference`; missing where the evidence
    carries no number), `low_seconds` and `high_seconds` (between which it lies), `spread_seconds` (of the
    middle half of the pairs), `pairs`, `confidence` and `reason`, one sentence. The pairs themselves are in
    `find_clock_pairs`. It goes by the times as recorded, whatever is corrected already; `by="file"` takes
    each file of the evidence as a clock of its own.

    The post of a fact comes after the fact, by a delivery that takes no less than nothing. What is seen is
    the sum of delivery and clock; so this is what can be said:

    - `high`: posts were recorded before their facts, which no delivery does. The offset is the least that
      puts none before its fact, as if the fastest delivery had taken no time.
    - `medium`: it rests on the fastest delivery having taken at most `delivery`. Posts that come later by
      less mean clocks that agree: offset 0. Posts that all come later by much the same, whatever was done,
      mean a clock that is off; asked for are two sorts of deeds and four pairs, or three where it is more
      than five minutes.
    - `low`: neither of the two is known to have been first.

    No number where pairs are few, contradict each other by minutes, or change with time.
    """
    events, clock = _recorded(events, by)
    grain, seconds = _grains(events["time"], clock), pd.Timedelta(delivery).total_seconds()
    rows = []
    for (source, reference), pairs in _paired(events, clock).groupby(["source", "reference"], sort=False):
        late = _Late(pairs[pairs["used"]], source, reference, grain[source], grain[reference])
        rows.append({"source": source, "reference": reference, **_judge(late, seconds)._asdict()})
    if by == "source":
        rows += _silent(clock, {(row["source"], row["reference"]) for row in rows})
    return _offsets(rows)


def find_clock_pairs(events: pd.DataFrame, *, by: Literal["source", "file"] = "source") -> pd.DataFrame:
    """The facts that two sources tell, each with both records: the evidence of `estimate_clock_offsets`.

    One row per fact and two sources, in order of time: `source`, `reference`, `deed`, `thing`, `event_id`,
    `reference_event_id`, `time`, `reference_time` (UTC, as recorded), `later_seconds` (how much later the
    reference recorded it), `ordered` (whether the source must have known first) and `used` (false where it
    lies too far from the others of its two sources, or is not ordered while others are).

    Of a deed that both did several times to one thing, the first stands with the first, the second with the
    second; where one tells fewer, only the opening of an incident or issue can be paired.
    """
    pairs = _paired(*_recorded(events, by))
    return pairs.sort_values("reference_time", kind="stable", ignore_index=True)[list(PAIR_COLUMNS)]


def correct_times(events: pd.DataFrame, clocks: pd.DataFrame) -> pd.DataFrame:
    """The events with the corrections that `clocks` says are applied, each row in its place.

    Where a time is corrected, `recorded_at` keeps what the source recorded, and `time_basis` says by how
    much: `offset, corrected by +37 s`. What is said of a file counts before what is said of its source. The
    corrections always start from the recorded times, so that twice is once.

    Raises `SchemaError` for a correction by more than a year.
    """
    events, offsets = as_recorded(events), _applied(clocks)
    if not offsets or events.empty:
        return events
    seconds = _clock_of(events, offsets).map(offsets).astype("float64").fillna(0.0)
    shift = pd.to_timedelta((seconds * 1e6).round().astype("int64"), unit="us")
    here = (shift != pd.Timedelta(0)) & events["time"].notna()
    words = seconds.map({amount: format_offset(amount) for amount in seconds[here].unique()}).astype("str")
    basis = (events["time_basis"] + f", {_CORRECTED} " + words).str.removeprefix(", ")
    return events.assign(
        time=(events["time"] + shift).astype(events["time"].dtype),
        recorded_at=events["time"].where(here),
        time_basis=events["time_basis"].mask(here, basis),
    )


def as_recorded(events: pd.DataFrame) -> pd.DataFrame:
    """The events with the times their sources recorded, whatever was corrected."""
    here = events["recorded_at"].notna()
    if not here.any():
        return events
    basis = events["time_basis"].str.replace(rf"(^|, ){_CORRECTED} [^,]*$", "", regex=True)
    return events.assign(
        time=events["recorded_at"].fillna(events["time"]),
        recorded_at=events["recorded_at"].where(~here),
        time_basis=events["time_basis"].mask(here, basis),
    )


def find_corrections(events: pd.DataFrame) -> pd.DataFrame:
    """By how much times are corrected: one row per `source` and `offset_seconds`, and how many `events`."""
    here = events["recorded_at"].notna() & events["time_basis"].str.contains(_CORRECTED, regex=False)
    corrected = events[here]
    seconds = (corrected["time"] - corrected["recorded_at"]).dt.total_seconds().rename("offset_seconds")
    counts = corrected.groupby([corrected["source"], seconds], sort=True).size()
    return counts.rename("events").reset_index()


def count_corrected(events: pd.DataFrame, clocks: pd.DataFrame) -> dict[str, int]:
    """How many of the events each clock's correction moved."""
    moved = events[events["recorded_at"].notna()]
    counts = _clock_of(moved, _applied(clocks)).value_counts()
    return {str(clock): int(count) for clock, count in counts.items()}


def format_offset(seconds: float) -> str:
    """`+37 s`, `-2.5 s`: to the microsecond."""
    return f"{seconds:+.6f}".rstrip("0").rstrip(".") + " s"


def _applied(clocks: pd.DataFrame) -> dict[str, float]:
    """The seconds to add, by clock."""
    rows = clocks[clocks["applied"] & clocks["offset_seconds"].notna()]
    offsets = dict(zip(rows["source"], rows["offset_seconds"].astype("float64"), strict=True))
    wrong = [
        f"{clock}, `offset_seconds`: expected at most a year, found {format_offset(seconds)}"
        for clock, seconds in offsets.items()
        if abs(seconds) > _MOST
    ]
    if wrong:
        raise SchemaError("clocks.csv", wrong)
    return offsets


def _clock_of(events: pd.DataFrame, clocks: Iterable[str]) -> pd.Series:
    """Which of the clocks each event goes by: its file before its source; missing where none is named."""
    names = list(clocks)
    clock = events["source"].where(events["source"].isin(names))
    for name in names:
        if name.startswith(_FILE):
            clock = clock.mask(events["ref"].str.startswith(f"{name}#"), name)
    return clock


# Pairs


def _recorded(events: pd.DataFrame, by: str) -> tuple[pd.DataFrame, pd.Series]:
    """The events as recorded, those that have a time, and the name of the clock of each."""
    events = as_recorded(events)
    events = events[events["time"].notna()]
    return events, events["source"] if by == "source" else events["ref"].str.partition("#")[0]


def _paired(events: pd.DataFrame, clock: pd.Series) -> pd.DataFrame:
    """The pairs, with those marked that count."""
    pairs = _pairs(events, clock)
    used = [_kept(group) for _, group in pairs.groupby(["source", "reference"], sort=False)]
    return pairs.assign(used=pd.concat(used) if used else pd.Series(dtype="bool"))


def _pairs(events: pd.DataFrame, clock: pd.Series) -> pd.DataFrame:
    """Each fact that two clocks tell; `source` is the one further from the people who read it."""
    clocks = dict(zip(events["event_id"], clock, strict=True))
    tellings = find_tellings(events)
    tellings = _numbered(tellings.assign(clock=tellings["event_id"].map(clocks).astype("str")))
    both = tellings.merge(tellings, on=["deed", "thing", "rank", "nth"], suffixes=("", "_reference"))
    order = {name: n for n, name in enumerate(_in_order(tellings))}
    both = both[both["clock"].map(order) > both["clock_reference"].map(order)]
    opening = (both["deed"] == "opened") & (both["rank"] == 0) & (both["nth"] == 0)
    both = both[(both["count"] == both["count_reference"]) | opening]
    later = (both["time_reference"] - both["time"]).dt.total_seconds()
    both = both.assign(later_seconds=later, ordered=_is_ordered(both))[later.abs() <= _APART]
    # An event that names its thing in several ways is one telling: the surest name counts.
    both = both.sort_values(["rank", "time"], kind="stable")
    both = both.drop_duplicates(["event_id", "clock_reference"])
    both = both.drop_duplicates(["event_id_reference", "clock"])
    pairs = both.drop(columns=["source", "source_reference"]).rename(
        columns={
            "clock": "source", "clock_reference": "reference", "time_reference": "reference_time",
            "event_id_reference": "reference_event_id",
        }
    )  # fmt: skip
    return pairs.sort_values(["source", "reference", "reference_time"], kind="stable", ignore_index=True)


def _numbered(tellings: pd.DataFrame) -> pd.DataFrame:
    """What several clocks tell, and which of how many tellings of its clock each is."""
    tellings = tellings[tellings.groupby(["deed", "thing"])["clock"].transform("nunique") > 1]
    tellings = tellings.sort_values(["deed", "thing", "clock", "time"], kind="stable")
    by_clock = ["deed", "thing", "clock"]
    tellings = tellings[~(tellings.groupby(by_clock)["time"].diff() <= _AT_ONCE)]
    groups = tellings.groupby(by_clock)["time"]
    return tellings.assign(nth=groups.cumcount(), count=groups.transform("size"))


def _in_order(tellings: pd.DataFrame) -> list[str]:
    """The clocks, those to refer to first."""
    known = tellings[["clock", "source"]].drop_duplicates()
    ranked = ((_rank(source), name) for name, source in zip(known["clock"], known["source"], strict=True))
    return [name for _, name in sorted(ranked)]


def _rank(source: str) -> int:
    return _REFERENCES.index(source) if source in _REFERENCES else len(_REFERENCES)


def _is_ordered(both: pd.DataFrame) -> pd.Series:
    """Whether `source` must have known first: a bot posts in Slack what it knows, an alert opens a page.

    An alert may end before or after somebody resolves its page.
    """
    by_hand = both["source"].isin(_BY_HAND) | both["source_reference"].isin(_BY_HAND)
    about_alerts = (both["rank"] > 0) | both["thing"].str.startswith("alert ")
    by_people = (both["deed"] == "resolved") & about_alerts
    posted = (both["source_reference"] == "slack") & ~by_hand & ~by_people
    paged = (both["source"] == "monitoring") & both["source_reference"].isin(_PAGING)
    return posted | (paged & (both["deed"] == "opened"))


def _grains(times: pd.Series, clock: pd.Series) -> dict[str, float]:
    """In what steps each clock records: 60 or 1 second, or 0 where it has parts of one."""
    at = times.dt.as_unit("us").astype("int64")
    whole = {seconds: (at % (seconds * 10**6) == 0).groupby(clock).all() for seconds in (60, 1)}
    return {name: 60.0 if whole[60][name] else float(whole[1][name]) for name in whole[1].index}


def _silent(clock: pd.Series, told: set[tuple[str, str]]) -> list[dict[str, object]]:
    """Rows for those two sources that tell no fact in common."""
    sources = sorted(clock.unique(), key=lambda source: (_rank(source), source))
    two = [(source, reference) for reference, source in combinations(sources, 2)]
    nothing = _refused(0, math.nan, "they tell no fact in common")._asdict()
    return [{"source": a, "reference": b, **nothing} for a, b in two if (a, b) not in told]


def _offsets(rows: list[dict[str, object]]) -> pd.DataFrame:
    offsets = pd.DataFrame(rows, columns=list(OFFSET_COLUMNS))
    texts = ["source", "reference", "confidence", "reason"]
    numbers = [name for name in OFFSET_COLUMNS if name.endswith("_seconds")]
    types = {**dict.fromkeys(texts, "str"), **dict.fromkeys(numbers, "Float64"), "pairs": "int64"}
    offsets = offsets.astype(types)
    off = offsets["offset_seconds"].abs().fillna(-1.0)
    order = pd.DataFrame({"off": off, "pairs": offsets["pairs"]})
    order = order.sort_values(["off", "pairs"], ascending=False, kind="stable")
    return offsets.loc[order.index].reset_index(drop=True)


# What the pairs of two clocks show


class _Verdict(NamedTuple):
    offset_seconds: float
    low_seconds: float
    high_seconds: float
    spread_seconds: float
    pairs: int
    confidence: str
    reason: str


class _Late:
    """How much later the `reference` tells the facts that the `source` knew."""

    def __init__(
        self, pairs: pd.DataFrame, source: str, reference: str, source_grain: float, reference_grain: float
    ) -> None:
        self.source, self.reference = source, reference
        self.source_grain, self.reference_grain = source_grain, reference_grain
        self.seconds = pairs["later_seconds"].to_numpy(dtype=float)  # in order of time
        self.at = pairs["reference_time"].astype("int64").to_numpy() / 1e6
        self.deeds = pairs["deed"]
        self.ordered = bool(pairs["ordered"].all())
        self.count = len(pairs)
        self.spread = float(np.subtract(*np.percentile(self.seconds, [75, 25]))) if self.count else math.nan

    @property
    def words(self) -> str:
        return f"{self.reference} has them {_span(self.seconds.min(), self.seconds.max())} {self.source}"

    def is_steady(self, seconds: float) -> bool:
        """Whether all are later by much the same, whatever was done; no delivery takes many minutes so."""
        near = max(_LITTLE, abs(seconds) / 4)
        least = pd.Series(self.seconds).groupby(self.deeds.to_numpy()).min()
        alike = len(least) > 1 and float(least.max() - least.min()) <= near
        enough = self.count >= (_FEWEST if abs(seconds) > _MINUTES else _FEWEST_STEADY)
        return alike and enough and self.spread <= near

    def drift(self) -> float:
        """By how many seconds it grew from the first fact to the last, if it grew with time; else 0.

        By the median of all slopes, because single slow deliveries say nothing about the clock.
        """
        if self.count <= _FEWEST_STEADY or np.ptp(self.at) == 0:
            return 0.0
        some = np.unique(np.linspace(0, self.count - 1, _MOST_SLOPES).round().astype(int))
        at, seconds = self.at[some], self.seconds[some]
        one, other = np.triu_indices(len(some), 1)
        apart = at[other] > at[one]
        slope = float(np.median((seconds[other] - seconds[one])[apart] / (at[other] - at[one])[apart]))
        explained = _usual(seconds - slope * at) < _usual(seconds) / 3
        grew = slope * float(np.ptp(at))
        return grew if explained and abs(grew) > _LITTLE else 0.0


def _kept(group: pd.DataFrame) -> pd.Series:
    """The pairs that count: those that say who was first, if enough do, and lie with the others.

    A delivery may be slow; what is much too early was paired wrongly.
    """
    kept = group["ordered"]
    if kept.sum() < _FEWEST:
        kept = pd.Series(True, index=group.index)
    seconds = group["later_seconds"]
    middle, far = float(seconds[kept].median()), 6 * _usual(seconds[kept].to_numpy())
    return kept & seconds.between(middle - max(_LITTLE, far), middle + max(_WIDE, far))


def _usual(seconds: npt.NDArray[np.float64]) -> float:
    """How far from their middle they usually lie: as a standard deviation, but deaf to single ones."""
    return 1.4826 * float(np.median(np.abs(seconds - np.median(seconds))))


def _judge(late: _Late, delivery: float) -> _Verdict:
    if late.count < _FEWEST:
        return _refused(late.count, late.spread, f"too few facts in common: at least {_FEWEST} are needed")
    if drift := late.drift():
        words = f"{late.words}, and that changed by {format_offset(round(drift))} from first to last"
        return _refused(late.count, late.spread, f"{words}: the clock drifts, or was set meanwhile")
    if late.spread > (_WIDEST if late.count >= _MANY else _WIDE):
        return _refused(late.count, late.spread, f"{late.words}: too different to give one number")
    return _judge_ordered(late, delivery) if late.ordered else _judge_unordered(late, delivery)


def _judge_ordered(late: _Late, delivery: float) -> _Verdict:
    least = float(late.seconds.min())
    between = (least - late.source_grain - max(delivery, late.spread), least + late.reference_grain)
    early = int((late.seconds + late.reference_grain < -_NOISE).sum())
    if early == 1:
        return _refused(late.count, late.spread, f"{late.words}: a single one came before its fact")
    if early:
        words = f"{late.words}: {early} of {late.count} came before their facts, which no delivery does"
        return _told(late, least, between, "high", words)
    if between[0] <= 0:
        words = f"{late.words}, as deliveries do; a clock that is off by less cannot be seen"
        return _told(late, 0.0, between, "medium", words)
    if between[0] > delivery and late.is_steady(least):
        words = f"{late.words}, whatever was done; a delivery that always takes as long would look the same"
        return _told(late, least, between, "medium", words)
    return _refused(late.count, late.spread, f"{late.words}: {_EITHER}")


def _judge_unordered(late: _Late, delivery: float) -> _Verdict:
    middle, slack = float(np.median(late.seconds)), max(2 * delivery, late.spread)
    between = (middle - late.source_grain - slack, middle + late.reference_grain + slack)
    if between[0] <= 0 <= between[1]:
        words = f"{late.words}, and either may have been the first to know"
        return _told(late, 0.0, between, "low", words)
    if late.is_steady(middle):
        return _told(late, middle, between, "low", f"{late.words}, whatever was done")
    return _refused(late.count, late.spread, f"{late.words}: {_EITHER}")


def _told(late: _Late, offset: float, between: tuple[float, float], confidence: str, reason: str) -> _Verdict:
    half_hours = round(offset / 1800)
    if abs(half_hours) >= 2 and between[0] <= half_hours * 1800 <= between[1]:
        reason += f". That is {half_hours / 2:+g} h: see first whether its zone was named rightly"
    low, high = float(math.floor(between[0])), float(math.ceil(between[1]))
    return _Verdict(float(round(offset)), low, high, round(late.spread, 3), late.count, confidence, reason)


def _refused(pairs: int, spread: float, reason: str) -> _Verdict:
    return _Verdict(math.nan, math.nan, math.nan, round(spread, 3), pairs, "", reason)


def _span(low: float, high: float) -> str:
    """`2.5 to 3.3 s after`, `611 to 602 s before`, `from 4 s before to 30 s after`."""
    near = "{:,.1f}" if high - low < 20 else "{:,.0f}"
    first, last = (near.format(abs(seconds)) for seconds in (low, high))
    if low < 0 <= high:
        return f"from {first} s before to {last} s after"
    span = first if first == last else f"{first} to {last}"
    return f"{span} s {'before' if high < 0 else 'after'}"
