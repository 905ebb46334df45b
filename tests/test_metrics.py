"""The metrics: each the time between two events, in UTC, and never made up."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pmkit.metrics import METRICS, format_minutes, response_metrics
from pmkit.timeline import build_timeline

Rows = Callable[..., pd.DataFrame]


def timeline_of(events: Rows, worksheet: Rows, marks: dict[str, object]) -> pd.DataFrame:
    recorded = events(
        *({"event_id": f"e:{mark}", "time": time, "text": mark} for mark, time in marks.items())
    )
    return build_timeline(recorded, worksheet(*({"event_id": f"e:{mark}", "mark": mark} for mark in marks)))


def at(clock: str) -> str:
    return f"2026-11-03T{clock}Z"


def test_each_metric_tells_its_value_and_the_events_it_runs_between(events: Rows, worksheet: Rows) -> None:
    """TTD, TTA, TTM and TTR with their ends, to the microsecond."""
    marks = {
        "impact_started": at("14:00:00"), "detected": at("14:05:30"), "acknowledged": at("14:07:00"),
        "mitigated": at("14:40:00"), "resolved": at("15:20:00.000006"),
    }  # fmt: skip
    metrics = response_metrics(timeline_of(events, worksheet, marks))
    assert metrics["metric"].tolist() == ["TTD", "TTA", "TTM", "TTR"]
    assert metrics["minutes"].tolist() == pytest.approx([5.5, 1.5, 40, 80 + 1e-7], abs=1e-9)
    assert set(metrics["basis"]) == {"marked"}
    first = metrics.iloc[0]
    ends = ["from_mark", "from_at", "from_event", "from_summary", "to_mark", "to_event"]
    assert first[ends].tolist() == [
        "impact_started", pd.Timestamp(at("14:00:00")), "e:impact_started", "impact_started", "detected",
        "e:detected",
    ]  # fmt: skip


def test_durations_run_between_corrected_times(events: Rows, worksheet: Rows) -> None:
    """A clock that is corrected moves the duration, and what it recorded is told beside the end."""
    recorded = events(
        {"event_id": "m", "time": at("14:00:00")},
        {"event_id": "t", "time": at("14:05:00"), "source": "pagerduty", "kind": "trigger",
         "recorded_at": at("14:04:00"), "time_basis": "offset, corrected by +60 s"},
    )  # fmt: skip
    metrics = response_metrics(
        build_timeline(recorded, worksheet({"event_id": "m", "mark": "impact_started"}))
    ).iloc[0]
    assert metrics["minutes"] == 5
    assert metrics["to_recorded_at"] == pd.Timestamp(at("14:04:00"))
    assert pd.isna(metrics["from_recorded_at"])


def test_an_unknown_anchor_gives_no_number(events: Rows, worksheet: Rows) -> None:
    """What is known of the ends is told, the duration is empty and its basis `unknown`."""
    metrics = response_metrics(timeline_of(events, worksheet, {"impact_started": at("14:00:00")}))
    assert metrics["minutes"].isna().all()
    assert set(metrics["basis"]) == {"unknown"}
    assert metrics["from_event"].tolist() == ["e:impact_started", "", "e:impact_started", "e:impact_started"]
    assert metrics["to_at"].isna().all()
    bare = response_metrics(timeline_of(events, worksheet, {}))
    assert set(bare["basis"]) == {"unknown"}


def test_an_end_before_its_start_is_no_duration(events: Rows, worksheet: Rows) -> None:
    """Anchors out of order are said to be so; a negative time is never shown, a zero is a time."""
    marks = {"impact_started": at("14:00:00"), "detected": at("13:59:00"), "mitigated": at("14:00:00")}
    metrics = response_metrics(timeline_of(events, worksheet, marks)).set_index("metric")
    assert metrics.loc["TTD", "basis"] == "out of order"
    assert pd.isna(metrics.loc["TTD", "minutes"])
    assert metrics.loc["TTM", ["minutes", "basis"]].tolist() == [0, "marked"]


def test_a_default_anchor_shows_in_the_basis(events: Rows, worksheet: Rows) -> None:
    """Where one end is PagerDuty's own time the metric says `default`."""
    recorded = events(
        {"event_id": "m", "time": at("14:00:00")},
        {"event_id": "t", "time": at("14:05:00"), "source": "pagerduty", "kind": "trigger"},
        {"event_id": "r", "time": at("15:00:00"), "source": "pagerduty", "kind": "resolve"},
    )
    said = worksheet({"event_id": "m", "mark": "impact_started"}, {"event_id": "r", "mark": "mitigated"})
    metrics = response_metrics(build_timeline(recorded, said)).set_index("metric")
    assert metrics["basis"].to_dict() == {
        "TTD": "default",
        "TTA": "unknown",
        "TTM": "marked",
        "TTR": "default",
    }
    assert metrics.loc["TTR", "minutes"] == 60


zones = st.sampled_from(
    ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "Asia/Kathmandu", "UTC"]
)
moments = st.datetimes(datetime(2011, 12, 1), datetime(2026, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001


@settings(max_examples=25)
@given(moments, st.timedeltas(min_value=pd.Timedelta(0), max_value=pd.Timedelta("3D")), zones)
def test_clocks_that_are_put_back_do_not_matter(
    events: Rows, worksheet: Rows, start: datetime, lasted: pd.Timedelta, zone: str
) -> None:
    """The duration is the difference of the moments, though one zone's wall clocks may say another."""
    there = ZoneInfo(zone)
    marks = {"impact_started": start.astimezone(there), "resolved": (start + lasted).astimezone(there)}
    metrics = response_metrics(timeline_of(events, worksheet, marks)).set_index("metric")
    assert metrics.loc["TTR", "minutes"] * 60 == pytest.approx(lasted.total_seconds(), abs=1e-6)


def test_four_hours_over_the_change_to_winter_time_are_four_hours(events: Rows, worksheet: Rows) -> None:
    """From 01:30 to 04:30 in Berlin on that night four hours pass, not three."""
    there = ZoneInfo("Europe/Berlin")
    marks = {"impact_started": datetime(2026, 10, 25, 1, 30, tzinfo=there),
             "resolved": datetime(2026, 10, 25, 4, 30, tzinfo=there)}  # fmt: skip
    metrics = response_metrics(timeline_of(events, worksheet, marks)).set_index("metric")
    assert metrics.loc["TTR", "minutes"] == 240


@pytest.mark.parametrize(
    ("minutes", "words"),
    [
        (0, "0 s"), (0.75, "45 s"), (1, "1 min"), (1.5, "1 min 30 s"), (9.99, "9 min 59 s"),
        (9.999, "10 min"), (10.4, "10 min"), (18, "18 min"), (59.4, "59 min"), (59.6, "1 h"),
        (60, "1 h"), (80, "1 h 20 min"),
        (1563, "26 h 3 min"),
    ],
)  # fmt: skip
def test_minutes_in_words(minutes: float, words: str) -> None:
    """To the second below ten minutes, to the minute above, hours as they are."""
    assert format_minutes(minutes) == words


def test_metrics_run_between_known_marks() -> None:
    """Every metric has ends that people can mark."""
    from pmkit.schema import MARKS

    assert {mark for metric in METRICS for mark in (metric.from_mark, metric.to_mark)} == set(MARKS)
