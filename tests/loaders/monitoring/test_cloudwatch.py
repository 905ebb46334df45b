from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pmkit.errors import QuestionError
from pmkit.loaders import find_incompleteness
from pmkit.loaders.monitoring.cloudwatch import load_cloudwatch_alarms, load_cloudwatch_metrics

Load = Callable[..., pd.DataFrame]
Refs = Callable[[pd.DataFrame], set[str]]
Compare = Callable[[pd.DataFrame, Path], None]

FIXTURES = Path(__file__).parents[2] / "fixtures" / "monitoring"
AT = "2026-11-03T14:02:11.123000+00:00"


def item(new: str = "ALARM", at: Any = AT, **more: Any) -> dict[str, Any]:
    data = {"newState": {"stateValue": new, "stateReason": "Threshold Crossed"}}
    return {
        "AlarmName": "checkout 5xx", "Timestamp": at, "HistoryItemType": "StateUpdate",
        "HistorySummary": f"Alarm updated from X to {new}", "HistoryData": json.dumps(data),
    } | more  # fmt: skip


def history(*items: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"AlarmHistoryItems": list(items), **more}


def result(*values: Any, name: str = "m1", **more: Any) -> dict[str, Any]:
    stamps = [f"2026-11-03T14:{n:02}:00+00:00" for n in range(len(values))]
    return {
        "Id": name,
        "Label": "5xx",
        "Timestamps": stamps,
        "Values": list(values),
        "StatusCode": "Complete",
    } | more


# --- the history of alarms ------------------------------------------------------------------------------


def test_a_history_gives_the_expected_frame(assert_reads_as: Compare) -> None:
    """Newest first in the file; cause before effect in the frame, the page after its alarm."""
    frame = load_cloudwatch_alarms(FIXTURES / "cloudwatch-alarms.json")
    assert_reads_as(frame, FIXTURES / "cloudwatch-alarms.expected.csv")
    assert frame["kind"].tolist() == ["change", "alert", "notify", "resolve"]


@pytest.mark.parametrize(
    ("fields", "kind", "text"),
    [
        ({}, "alert", "checkout 5xx: Alarm updated from X to ALARM: Threshold Crossed"),
        ({"HistoryData": "{broken"}, "alert", "checkout 5xx: Alarm updated from X to ALARM"),
        ({"HistoryData": None, "HistorySummary": "Alarm updated from ALARM to OK"}, "resolve",
         "checkout 5xx: Alarm updated from ALARM to OK"),
        ({"HistoryData": '{"newState": []}'}, "alert", "checkout 5xx: Alarm updated from X to ALARM"),
        ({"HistoryItemType": "Action", "HistorySummary": "Paged"}, "notify",
         "checkout 5xx: Paged: Threshold Crossed"),
        ({"HistoryItemType": "BrandNew", "HistoryData": ""}, "other",
         "checkout 5xx: Alarm updated from X to ALARM"),
    ],
)  # fmt: skip
def test_the_json_inside_the_json(load: Load, fields: dict[str, Any], kind: str, text: str) -> None:
    """The state and reason stand in a text that is JSON; where it is none, the summary tells the state."""
    frame = load(load_cloudwatch_alarms, history(item(**fields)))
    assert frame[["kind", "text"]].values.tolist() == [[kind, text]]


def test_a_state_that_is_neither_is_kept(load: Load) -> None:
    """No data is no alarm and no end of one."""
    assert load(load_cloudwatch_alarms, history(item("INSUFFICIENT_DATA")))["kind"].tolist() == ["other"]


@pytest.mark.parametrize(
    "at", ["2026-11-03T14:02:11.123Z", "2026-11-03T14:02:11.123+0000", 1793714531.123, AT]
)
def test_times_of_the_command_line_and_the_api(load: Load, at: Any) -> None:
    """The one writes ISO, the other counts seconds."""
    frame = load(load_cloudwatch_alarms, history(item(at=at)))
    assert f"{frame['time'][0]:%H:%M:%S.%f}" == "14:02:11.123000"


def test_a_time_without_its_zone_is_asked_for(load: Load) -> None:
    """Nothing is guessed."""
    with pytest.raises(QuestionError):
        load(load_cloudwatch_alarms, history(item(at="2026-11-03T14:02:11")))


@pytest.mark.parametrize("record", [item(at="soon"), item(at=None), {"AlarmName": "x"}, 5])
def test_an_item_at_fault_costs_itself_only(load: Load, record: Any) -> None:
    """Its neighbours stay, and the row says where it stood."""
    frame = load(load_cloudwatch_alarms, history(item(), record, item("OK")))
    assert sorted(frame["kind"]) == ["alert", "resolve", "unreadable"]
    assert frame["ref"].iloc[-1] == "file.json#AlarmHistoryItems:1"


def test_an_item_that_stands_twice_is_one_row(load: Load, refs: Refs) -> None:
    """Overlapping pages are told once."""
    frame = load(load_cloudwatch_alarms, [history(item()), history(item(), item("OK"))])
    assert len(frame) == 2
    assert len(refs(frame)) == 3


# --- metrics ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["cloudwatch-metric-data", "cloudwatch-metric-statistics"])
def test_metrics_give_the_expected_frame(assert_reads_as: Compare, name: str) -> None:
    """Both commands: values beside their times, and data points with several statistics each."""
    assert_reads_as(load_cloudwatch_metrics(FIXTURES / f"{name}.json"), FIXTURES / f"{name}.expected.csv")


def test_values_and_times_that_do_not_match_are_said(load: Load) -> None:
    """A value without a time, and one that is no number, are rows that say so."""
    told = result(1.5, "x", None, Values=[1.5, "x", None, 4])
    frame = load(load_cloudwatch_metrics, {"MetricDataResults": [told]})
    assert frame["kind"].tolist() == ["metric", "unreadable", "unreadable", "unreadable"]
    assert frame["ref"].str.rpartition(":")[2].tolist() == ["0", "1", "2", "3"]


def test_several_results_of_one_label_stay_apart(load: Load) -> None:
    """Two queries may bear the same label; the short name tells them from each other."""
    frame = load(load_cloudwatch_metrics, {"MetricDataResults": [result(1), result(1, name="m2")]})
    assert sorted(frame["metric"]) == ["5xx (m1)", "5xx (m2)"]


def test_a_statistic_of_each_kind_is_a_row(load: Load, refs: Refs) -> None:
    """One data point with an average and a percentile is two samples of one record."""
    point = {"Timestamp": AT, "Average": 1.5, "ExtendedStatistics": {"p99": 9}, "Unit": "Percent"}
    frame = load(load_cloudwatch_metrics, {"Label": "CPU", "Datapoints": [point]})
    assert frame[["metric", "metric_value"]].values.tolist() == [["CPU (Average)", 1.5], ["CPU (p99)", 9]]
    assert len(refs(frame)) == 1


@pytest.mark.parametrize(
    ("form", "content", "said"),
    [
        ("cloudwatch-alarms", history(item()), ""),
        (
            "cloudwatch-alarms",
            history(item(), NextToken="x"),
            "incomplete: the history has more pages (`NextToken`)",
        ),
        ("cloudwatch-alarms", [history(item(), NextToken="x"), history(item("OK"))], ""),
        ("cloudwatch-metrics", {"MetricDataResults": [result(1)]}, ""),
        (
            "cloudwatch-metrics",
            {"MetricDataResults": [result(1, StatusCode="PartialData")], "NextToken": "x"},
            "incomplete: CloudWatch gave a part of 5xx; the data have more pages (`NextToken`)",
        ),
    ],
)
def test_incompleteness_is_said(tmp_path: Path, form: str, content: Any, said: str) -> None:
    """A token for more, or data that are not complete, become one sentence."""
    path = tmp_path / "cw.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    assert find_incompleteness(path, form) == said


HOSTILE = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), st.just([1]), st.just({})
)


@settings(max_examples=40)
@given(st.sampled_from([*item(), *result()]), HOSTILE)
def test_hostile_values_never_raise(load: Load, key: str, value: Any) -> None:
    """Whatever stands in a field, it is rows or says why it is none."""
    load(load_cloudwatch_alarms, history(item(**{key: value})), zone="UTC")
    load(load_cloudwatch_metrics, {"MetricDataResults": [result(1) | {key: value}]}, zone="UTC")
