"""Events of several files: each record once, in its latest state, whatever the order in which files came."""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pmkit import schema
from pmkit.loaders._frame import to_frame, to_table
from pmkit.loaders._merge import merge_events

Rows = Callable[..., pd.DataFrame]


def at(minute: int) -> pd.Timestamp:
    return pd.Timestamp("2026-11-03T08:00Z") + pd.Timedelta(minutes=minute)


def message(ts: int, text: str, file: str, **said: object) -> dict[str, object]:
    return {
        "event_id": f"slack:C1:{ts}", "time": at(ts), "text": text, "ref": f"evidence/{file}#ops/1.json:{ts}",
        "slack_ts": str(ts), **said,
    }  # fmt: skip


def merged(*frames: pd.DataFrame) -> pd.DataFrame:
    return merge_events([to_table(frame) for frame in frames])


def test_nothing_is_an_empty_frame(events: Rows) -> None:
    """No files, or files without records, give all columns and no rows."""
    for found in (merged(), merged(events(), events())):
        pd.testing.assert_frame_equal(found, schema.empty(schema.EVENTS))


def test_one_file_comes_back_as_it_was(events: Rows) -> None:
    """A table holds only the columns that say something, and gives the whole frame again."""
    frame = events(
        message(1, "down", "a.zip", slack_is_bot=True),
        {"event_id": "m:1", "source": "monitoring", "kind": "metric", "time": at(2), "metric_value": 0.5},
        {"event_id": "slack:unreadable:x", "kind": "unreadable", "text": "why"},
    )
    table = to_table(frame)
    assert "jira_key" not in table.column_names
    assert {"slack_is_bot", "metric_value"} <= set(table.column_names)
    pd.testing.assert_frame_equal(to_frame(table), frame)
    pd.testing.assert_frame_equal(merged(frame), frame)


def test_files_are_put_in_order_of_time(events: Rows) -> None:
    """By time, then as they were added; what has no time comes last."""
    one = events(message(1, "a", "a.zip"), message(5, "b", "a.zip"), {"event_id": "u", "kind": "unreadable"})
    two = events(
        {"event_id": "pd:1", "time": at(1), "source": "pagerduty"}, {"event_id": "pd:2", "time": at(3)}
    )
    assert merged(one, two)["event_id"].tolist() == ["slack:C1:1", "pd:1", "pd:2", "slack:C1:5", "u"]


@pytest.mark.parametrize(
    ("states", "latest"),
    [
        ([{"text": "down"}, {"text": "down!", "slack_edited_ts": "1793714500.000000"}], "down!"),
        (
            [
                {"text": "2", "slack_edited_ts": "1793714500.000000"},
                {"text": "3", "slack_edited_ts": "1793714500.000001"},
                {"text": "1"},
            ],
            "3",
        ),
        ([{"text": "secret"}, {"text": "", "kind": "deleted"}], ""),
        ([{"text": "2", "slack_edited_ts": "1793714500.000000"}, {"text": "", "kind": "deleted"}], ""),
        ([{"text": "1", "slack_edited_ts": "never"}, {"text": "2", "slack_edited_ts": "1793714500"}], "2"),
        (
            [
                {"text": "triggered", "pd_updated_at": "2026-11-03T09:30:00+01:00"},
                {"text": "resolved", "pd_updated_at": "2026-11-03T09:00:00Z"},
            ],
            "resolved",
        ),
    ],
)
def test_the_latest_state_wins_whenever_its_file_was_added(
    events: Rows, states: list[dict[str, object]], latest: str
) -> None:
    """An older export that is added later neither undoes an edit nor brings a deleted message back."""
    frames = [events({**message(1, "", f"{n}.zip"), **s}) for n, s in enumerate(states)]
    for order in permutations(frames):
        found = merged(*order)
        assert found["text"].tolist() == [latest]
        assert set(found["ref"][0].split(" | ")) == {frame["ref"][0] for frame in frames}
        winner = next(frame for frame in frames if frame["text"][0] == latest)
        assert found["ref"][0].startswith(winner["ref"][0])


def test_without_a_state_the_file_added_last_speaks(events: Rows) -> None:
    """Where the records do not tell which is later, the later file does."""
    old, new = events(message(1, "old", "a.zip")), events(message(1, "new", "b.zip"))
    assert merged(old, new)["text"].tolist() == ["new"]
    assert merged(new, old)["text"].tolist() == ["old"]


def test_unreadable_records_of_two_files_are_two(events: Rows) -> None:
    """The same place in two files is damaged twice; the first keeps its name when the second comes."""
    lost = {"event_id": "slack:unreadable:ops/1.json:3", "kind": "unreadable"}
    frames = [events({**lost, "ref": f"evidence/{name}#ops/1.json:3"}) for name in ("a.zip", "b.zip")]
    assert merged(*frames)["event_id"].tolist() == [lost["event_id"], f"{lost['event_id']}@evidence/b.zip"]


STATES = st.lists(
    st.tuples(
        st.integers(0, 4),  # which file
        st.integers(0, 5),  # which message
        st.sampled_from(["", "1793714500.000000", "1793714600.000000"]),
        st.booleans(),
    ),
    max_size=25,
    unique_by=lambda state: state[:2],
)


@settings(max_examples=60)
@given(STATES)
def test_no_copy_is_lost_and_no_record_doubled(states: list[tuple[int, int, str, bool]]) -> None:
    """Each record is one row, and the refs of all rows are those of all records that were read."""
    rows = pd.DataFrame(
        [
            {
                "source": "slack", "kind": "deleted" if deleted else "message", "slack_edited_ts": edited,
                **message(ts, f"{file}", f"{file}.zip"),
            }
            for file, ts, edited, deleted in states
        ]
    )  # fmt: skip
    frames = (
        [schema.conform(rows[rows["ref"].str.contains(f"/{n}.zip")], schema.EVENTS) for n in range(5)]
        if len(rows)
        else []
    )
    found = merged(*(frame.sort_values("time", ignore_index=True) for frame in frames))
    assert found["event_id"].is_unique
    assert found["time"].is_monotonic_increasing
    refs = [ref for cell in found["ref"] for ref in cell.split(" | ")]
    assert sorted(refs) == (sorted(rows["ref"]) if len(rows) else [])
    for row in found.itertuples():
        copies = [s for s in states if f"slack:C1:{s[1]}" == row.event_id]
        assert (row.kind == "deleted") == any(deleted for *_, deleted in copies)
