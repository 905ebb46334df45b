from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pmkit.loaders import find_incompleteness
from pmkit.loaders.monitoring.grafana import load_grafana_annotations

Load = Callable[..., pd.DataFrame]
Refs = Callable[[pd.DataFrame], set[str]]
Compare = Callable[[pd.DataFrame, Path], None]

FIXTURES = Path(__file__).parents[2] / "fixtures" / "monitoring"
AT = 1793714531123  # 2026-11-03T14:02:11.123Z


def annotation(number: int = 1, **more: Any) -> dict[str, Any]:
    return {
        "id": number, "alertId": 0, "dashboardUID": "checkout", "panelId": 2, "newState": "", "prevState": "",
        "time": AT + number, "timeEnd": AT + number, "text": f"words {number}", "tags": [],
    } | more  # fmt: skip


def test_annotations_give_the_expected_frame(assert_reads_as: Compare) -> None:
    """A deploy, a stretch, and an alert that came and went."""
    frame = load_grafana_annotations(FIXTURES / "grafana-annotations.json")
    assert_reads_as(frame, FIXTURES / "grafana-annotations.expected.csv")
    assert frame["kind"].tolist() == ["deploy", "alert", "note", "resolve"]


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({}, "note"),
        ({"tags": ["Deploy"]}, "deploy"),
        ({"tags": ["checkout", "config"]}, "change"),
        ({"newState": "Alerting"}, "alert"),
        ({"newState": "alerting", "tags": ["deploy"]}, "alert"),
        ({"newState": "ok"}, "resolve"),
        ({"newState": "Normal (MissingSeries)"}, "resolve"),
        ({"newState": "NoData"}, "other"),
        ({"newState": "brand new"}, "other"),
        ({"tags": "deploy"}, "note"),
    ],
)
def test_kinds(load: Load, fields: dict[str, Any], kind: str) -> None:
    """By the state an alert came to, else by the tags; an unknown state is kept."""
    assert load(load_grafana_annotations, [annotation(**fields)])["kind"].tolist() == [kind]


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"timeEnd": 0}, "words 1"),
        ({"timeEnd": AT + 1}, "words 1"),
        ({"timeEnd": AT + 60_001}, "words 1 (until 2026-11-03 14:03:11 UTC)"),
        ({"tags": ["a", "b", 3]}, "words 1 [a, b]"),
        (
            {"text": "", "alertName": "5xx", "prevState": "Normal", "newState": "Alerting"},
            "5xx: Normal → Alerting",
        ),
        ({"text": None}, ""),
    ],
)
def test_words(load: Load, fields: dict[str, Any], text: str) -> None:
    """A point has no end; tags and an end stand behind the words."""
    assert load(load_grafana_annotations, [annotation(**fields)])["text"].tolist() == [text]


def test_seconds_and_milliseconds_are_told_by_their_size(load: Load) -> None:
    """Graphite's events count seconds; no number is a time in both units."""
    frame = load(load_grafana_annotations, [annotation(time=1793714531), annotation(2, time=1793714531000)])
    assert frame["time"].nunique() == 1


def test_an_annotation_that_stands_twice_is_one_row(load: Load, refs: Refs) -> None:
    """Two dashboards' lists in one file may share it."""
    frame = load(load_grafana_annotations, [annotation(1), annotation(2), annotation(1)])
    assert len(frame) == 2
    assert len(refs(frame)) == 3


@pytest.mark.parametrize("record", [annotation(time="x"), annotation(time=5), {"text": "x"}, 7, None])
def test_an_annotation_at_fault_costs_itself_only(load: Load, record: Any) -> None:
    """Its neighbours stay, and the row says where it stood."""
    frame = load(load_grafana_annotations, [annotation(1), record, annotation(2)])
    assert frame["kind"].tolist() == ["note", "note", "unreadable"]
    assert frame["ref"].iloc[-1] == "file.json#:1"


@pytest.mark.parametrize(("count", "said"), [(99, ""), (100, "possibly incomplete"), (101, "")])
def test_a_full_page_is_said(tmp_path: Path, count: int, said: str) -> None:
    """Grafana gives 100 annotations where it is not asked for more."""
    path = tmp_path / "a.json"
    path.write_text(json.dumps([annotation(n) for n in range(count)]), encoding="utf-8")
    assert find_incompleteness(path, "grafana-annotations").startswith(said)
    assert bool(find_incompleteness(path, "grafana-annotations")) == bool(said)


HOSTILE = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.just([1]) | st.just({})
)


@settings(max_examples=40)
@given(st.sampled_from(list(annotation())), HOSTILE)
def test_hostile_values_never_raise(load: Load, key: str, value: Any) -> None:
    """Whatever stands in a field, the annotation is a row or says why it is none."""
    assert len(load(load_grafana_annotations, [annotation(**{key: value})])) == 1
