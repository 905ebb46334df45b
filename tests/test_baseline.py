"""What an incident cost is told from the same hours of weeks before, as a range, or refused."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmkit import schema
from pmkit.baseline import PRESETS, budget_burned, find_loss, impact_rows, samples_of
from pmkit.errors import PmkitError
from pmkit.workspace import Workspace

START, END = pd.Timestamp("2026-11-03T14:00Z"), pd.Timestamp("2026-11-03T16:00Z")


def orders(*, zone: str = "UTC", drop: float = 0.0, weeks: int = 5, step: str = "5min") -> pd.DataFrame:
    """Orders every five minutes: 100 in shop hours of the zone, else 10; in the window fewer."""
    time = pd.date_range(START - pd.Timedelta(weeks=weeks), END, freq=step, tz="UTC")
    hour = time.tz_convert(zone).hour
    value = np.where((hour >= 9) & (hour < 18), 100.0, 10.0)
    value[(time >= START) & (time < END)] *= 1 - drop
    return pd.DataFrame({"time": time, "value": value})


@given(st.floats(0, 1))
def test_the_loss_is_what_was_taken_away(drop: float) -> None:
    """With weeks that are all alike, the loss is exactly the share that is missing."""
    loss = find_loss(orders(drop=drop), START, END)
    assert loss.expected == pytest.approx(2400)
    assert loss.lost == pytest.approx(2400 * drop, abs=1e-6)
    assert (loss.low, loss.high) == (loss.lost, loss.lost)


@pytest.mark.parametrize(("per", "factor"), [("sample", 1), ("second", 300), ("minute", 5), ("hour", 1 / 12)])
def test_rates_are_counted_over_their_time(per: Any, factor: float) -> None:
    """A rate per second counts 300 times in a sample of five minutes."""
    assert find_loss(orders(drop=0.5), START, END, per=per).lost == pytest.approx(1200 * factor)


def test_nine_in_the_morning_stays_nine_over_a_change_of_the_clocks() -> None:
    """Weeks before the end of summer time are compared at the same hour of the customers' clocks."""
    samples = orders(zone="Europe/Lisbon")
    start = pd.Timestamp("2026-11-03T09:00Z")  # nine in Lisbon too; two weeks before, nine was 08:00 UTC
    end = start + pd.Timedelta("1h")
    assert find_loss(samples, start, end, zone="Europe/Lisbon").lost == 0
    assert find_loss(samples, start, end, zone="UTC").lost == 0
    at_eight = start - pd.Timedelta("1h")
    assert find_loss(samples, at_eight, start, zone="Europe/Lisbon").lost == 0
    assert find_loss(samples, at_eight, start, zone="UTC").high > 0


def test_the_range_is_that_of_the_weeks() -> None:
    """Weeks that differ give the median as the estimate, their least and most as its range."""
    samples = orders(drop=1.0)
    for week, share in ((1, 0.8), (2, 1.5)):
        shift = pd.Timedelta(weeks=week)
        there = samples["time"].between(START - shift, END - shift, inclusive="left")
        samples.loc[there, "value"] *= share
    loss = find_loss(samples, START, END)
    assert (loss.low, loss.lost, loss.high) == pytest.approx((1920, 2400, 3600))
    assert "had 1,920, 3,600, 2,400, 2,400, median 2,400" in loss.method


def test_a_gap_in_the_window_is_not_taken_for_a_loss() -> None:
    """Without its samples the window is refused, and what to do is said."""
    samples = orders()
    gap = samples["time"].between(START, START + pd.Timedelta("30min"))
    with pytest.raises(PmkitError, match="nine tenths of its samples"):
        find_loss(samples[~gap], START, END)


def test_a_week_without_samples_is_left_out_and_said() -> None:
    """A week that the series does not cover is named; with fewer than two weeks nothing is said at all."""
    samples = orders(weeks=5)
    gap = samples["time"].between(START - pd.Timedelta(weeks=2, hours=1), END - pd.Timedelta(weeks=2))
    loss = find_loss(samples[~gap], START, END)
    assert len(loss.weeks) == 3
    assert "week 2 before" in loss.method
    with pytest.raises(PmkitError, match="only 1 of the 4 weeks"):
        find_loss(orders(weeks=1), START, END)


def test_a_loss_that_ordinary_weeks_have_too_is_doubted() -> None:
    """Where a week before had no more than the window, the row says that it may be no loss."""
    samples = orders(drop=0.1)
    shift = pd.Timedelta(weeks=3)
    there = samples["time"].between(START - shift, END - shift, inclusive="left")
    samples.loc[there, "value"] *= 0.8
    rows = impact_rows(find_loss(samples, START, END), PRESETS["ecommerce"], basis="orders.csv")
    assert rows["note"].tolist() == ["An ordinary week was as low: this may be no loss at all."]


def test_worth_and_budget_become_rows_of_the_impact() -> None:
    """Orders, money and error budget are rows with unit, range and method, as `impact.csv` has them."""
    samples = orders(drop=0.5)
    loss = find_loss(samples, START, END)
    burned = budget_burned(loss.lost, samples, objective=99.9)
    rows = impact_rows(
        loss, PRESETS["ecommerce"], basis="orders.csv", worth=(40, 60, "EUR"), budget_days=burned
    )
    schema.validate(rows, schema.IMPACT)
    rows = rows.set_index("measure")
    assert rows.loc["Revenue not taken", ["low", "value", "high"]].tolist() == [48_000, 60_000, 72_000]
    per_day = samples["value"].mean() * 288
    assert rows.loc["Error budget used", "value"] == pytest.approx(1200 / (per_day * 0.001), abs=0.01)


@pytest.mark.parametrize("objective", [0, 100, 120])
def test_an_objective_is_a_share(objective: float) -> None:
    """An objective that leaves no budget, or is no percentage, is refused."""
    with pytest.raises(PmkitError, match="between 0 and 100"):
        budget_burned(1, orders(), objective=objective)


def test_a_series_of_the_evidence_is_named_by_a_part_that_only_it_has(events: Any) -> None:
    """One series is taken by its name or a part of it; none or several are named to choose from."""
    rows = events(
        *(
            {"event_id": f"{name}{n}", "source": "monitoring", "kind": "metric", "metric": name,
             "metric_value": float(n), "time": START + pd.Timedelta(minutes=n)}
            for name in ("orders_total", "orders_failed", "latency") for n in range(3)
        )
    )  # fmt: skip
    assert samples_of(rows, "total")["value"].tolist() == [0.0, 1.0, 2.0]
    with pytest.raises(PmkitError, match="2 series are named so"):
        samples_of(rows, "orders")
    with pytest.raises(PmkitError, match="holds no series"):
        samples_of(rows.head(0), "orders")


def test_the_command_writes_rows_and_overwrites_none(tmp_path: Any) -> None:
    """From a Prometheus export to rows of impact.csv; a second time the rows of somebody are left alone."""
    from click.testing import CliRunner

    from pmkit.cli import main

    samples = orders(drop=0.5)
    values = [[moment.timestamp(), str(value)] for moment, value in samples.itertuples(index=False)]
    series = {"metric": {"__name__": "orders_total"}, "values": values}
    export = tmp_path / "orders.json"
    export.write_text(json.dumps({"status": "success", "data": {"resultType": "matrix", "result": [series]}}))
    folder = str(tmp_path / "inc")
    run = CliRunner().invoke
    run(main, ["new", folder, "--severity", "P1", "--template", "ecommerce"], catch_exceptions=False)
    run(main, ["add", folder, str(export)], catch_exceptions=False)
    (tmp_path / "inc" / "timeline.csv").write_text(
        "event_id,included,time,mark\n"
        f"manual:a,yes,{START.isoformat()},impact_started\nmanual:b,yes,{END.isoformat()},resolved\n"
    )
    words = ["impact", folder, "--preset", "ecommerce", "--worth", "40", "60", "EUR", "--save"]
    told = run(main, words, catch_exceptions=False)
    assert "Orders not placed: 1,200 (1,200 to 1,200) orders" in told.output
    table = Workspace.open(folder).table("impact").set_index("measure")
    assert table.loc["Revenue not taken", ["low", "high"]].tolist() == [48_000, 72_000]
    assert run(main, words).exit_code == 2
