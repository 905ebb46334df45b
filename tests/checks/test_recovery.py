"""A series tells when it came back to what is usual; without samples nothing is told."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import pytest

from pmkit.checks.recovery import find_recoveries

Rows = Callable[..., pd.DataFrame]
BEGAN, MITIGATED, END = (pd.Timestamp(f"2026-11-03T{clock}Z") for clock in ("14:00", "14:40", "16:00"))


def samples(values: list[float], file: str = "a.csv") -> list[dict[str, object]]:
    return [
        {
            "event_id": f"{file}:{n}",
            "time": BEGAN + pd.Timedelta(minutes=5 * (n - 12)),
            "source": "monitoring",
            "kind": "metric",
            "metric": "errors",
            "metric_value": value,
            "ref": f"evidence/{file}#line:{n}",
        }
        for n, value in enumerate(values)
    ]


def test_a_record_without_samples_tells_nothing(events: Rows) -> None:
    """Most records have none."""
    message = {"event_id": "m", "time": BEGAN, "source": "slack", "kind": "message"}
    assert find_recoveries(events(message), BEGAN, MITIGATED, END) == []


@pytest.mark.parametrize(("bad", "clock"), [(8, "14:40"), (14, "15:10"), (20, "")])
def test_a_series_is_back_after_its_last_unusual_sample(events: Rows, bad: int, clock: str) -> None:
    """And not at all where it ends unusual."""
    values = [1.0, 2.0] * 6 + [40.0] * bad + [1.0] * (20 - bad)
    found = find_recoveries(events(*samples(values)), BEGAN, MITIGATED, END)
    assert [each.metric for each in found] == ["errors"]
    back = found[0].back_at
    assert (f"{back:%H:%M}" if back is not None else "") == clock


def test_two_sites_with_one_name_are_two_series(events: Rows) -> None:
    """Each by its file; the one that does not show the impact is left out."""
    hit = samples([1.0, 2.0] * 6 + [40.0] * 10 + [1.0] * 6)
    calm = samples([1.0, 2.0] * 14, file="b.csv")
    found = find_recoveries(events(*hit, *calm), BEGAN, MITIGATED, END)
    assert [each.file for each in found] == ["a.csv"]
