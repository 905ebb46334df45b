"""Events of several files: each record once, in its latest state, whatever the order in which files came."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import permutations
from pathlib import Path
from random import Random

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pmkit import schema
from pmkit.loaders._frame import to_frame, to_table
from pmkit.loaders._merge import merge_events
from pmkit.loaders.opsgenie import load_opsgenie

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


def test_an_older_export_added_later_undoes_nothing(events: Rows) -> None:
    """Reactions leave no time of their own; the export that tells of later things is the later one."""
    march = events(message(1, "down", "march.zip", slack_reactions="eyes 1", state_at=at(100)))
    may = events(message(1, "down", "may.zip", slack_reactions="eyes 3, +1 2", state_at=at(900)))
    for order in permutations((march, may)):
        found = merged(*order)
        assert found["slack_reactions"].tolist() == ["eyes 3, +1 2"]
        assert found["ref"].tolist() == ["evidence/may.zip#ops/1.json:1 | evidence/march.zip#ops/1.json:1"]


def test_of_two_states_as_late_the_one_that_says_more_stays(events: Rows) -> None:
    """Two exports may tell of the same last thing; then the order in which they came decides nothing."""
    states = [
        {"slack_reactions": ""}, {"slack_reactions": "eyes 1"}, {"slack_reactions": "eyes 1, +1 2"},
        {"slack_reactions": "eyes 1, +1 3"},
    ]  # fmt: skip
    frames = [
        events(message(1, "down", f"{n}.zip", state_at=at(9), **state)) for n, state in enumerate(states)
    ]
    for order in permutations(frames):
        assert merged(*order)["slack_reactions"].tolist() == ["eyes 1, +1 3"]


def test_without_a_state_the_file_added_last_speaks(events: Rows) -> None:
    """Where nothing tells which is later, as in a table that people correct by hand, the later file does."""
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


REACTIONS = st.sampled_from(["", "eyes 1", "eyes 2", "eyes 1, +1 1", "fire 9"])
EXPORTS = st.lists(
    st.tuples(
        st.integers(10, 13),  # the last minute it tells of
        st.dictionaries(
            st.integers(0, 3),  # which message
            st.tuples(
                REACTIONS, st.sampled_from(["", "1793714500.000000"]), st.sampled_from(["a", "b", "c"])
            ),
            min_size=1,
        ),
        st.sets(st.integers(0, 3), max_size=1),  # deleted
    ),
    min_size=2,
    max_size=4,
)


@settings(max_examples=40)
@given(EXPORTS, st.randoms())
def test_the_order_of_adding_never_changes_the_outcome(
    exports: list[tuple[int, dict[int, tuple[str, str, str]], set[int]]], random: Random
) -> None:
    """Whatever exports there are, each record ends in the same state, with the same refs."""
    tables = []
    for number, (last, messages, deleted) in enumerate(exports):
        rows = [
            {"source": "slack", "kind": "deleted" if ts in deleted else "message", "state_at": at(last)}
            | message(ts, text, f"{number}.zip", slack_reactions=reactions, slack_edited_ts=edited)
            for ts, (reactions, edited, text) in sorted(messages.items())
        ]
        tables.append(to_table(pd.DataFrame(rows)))
    orders = tables, random.sample(tables, len(tables))
    found, again = (merge_events(order).sort_values("event_id", ignore_index=True) for order in orders)
    assert found.to_dict("records") == again.to_dict("records")
    for row in found[(found["kind"] != "deleted") & (found["slack_edited_ts"] == "")].itertuples():
        assert row.state_at == at(max(last for last, messages, _ in exports if int(row.slack_ts) in messages))


def test_what_a_source_changed_last_stays_for_every_source(tmp_path: Path) -> None:
    """An older answer of incident.io or Opsgenie that is added later undoes nothing either."""

    def loaded(name: str, status: str, changed: str) -> pd.DataFrame:
        path = tmp_path / name
        alert = {"id": "a1", "tinyId": "7", "alias": "a", "message": "slow", "status": status,
                 "createdAt": "2026-11-03T14:00:00Z", "updatedAt": changed}  # fmt: skip
        path.write_text(json.dumps({"data": [alert]}))
        return load_opsgenie(path)

    old = loaded("a.json", "open", "2026-11-03T14:00:00Z")
    new = loaded("b.json", "closed", "2026-11-03T16:00:00+01:00")
    for order in permutations((old, new)):
        assert merged(*order).loc[0, "text"] == new.loc[0, "text"] != old.loc[0, "text"]
