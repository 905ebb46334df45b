"""Suggestions: each says what and why, and none comes again."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from pmkit import schema
from pmkit.postmortem import Postmortem
from pmkit.suggestions import COLUMNS, KINDS, suggest
from pmkit.timeline import build_timeline
from tests.suggestions.response import Rows, at, review, said


def test_nothing_that_people_looked_at_comes_again(sample: Postmortem) -> None:
    """Neither what they included nor what they left out, nor an anchor that is set."""
    rows = suggest(sample)
    assert not set(rows["event_id"]) & set(sample.worksheet["event_id"])
    assert "anchor" not in set(rows["kind"])


def test_each_suggestion_says_what_and_why(untouched: Postmortem) -> None:
    """Its columns are whole, its id its own, its edit fits the table it would be made in."""
    rows = suggest(untouched)
    assert tuple(rows.columns) == COLUMNS
    assert set(rows["kind"]) == set(KINDS)
    assert rows["suggestion_id"].is_unique
    assert rows["time"].dtype == schema.TIME_DTYPE
    for row in rows.itertuples():
        assert row.reasons and all(isinstance(reason, str) and reason for reason in row.reasons)
        table = schema.WORKSHEETS[row.proposal.table]
        assert set(row.proposal.values) <= set(table.column_names)
        key = {table.key[0]: row.proposal.row_id or "D1"}
        schema.validate(schema.conform(pd.DataFrame([key | row.proposal.values]), table), table)
    assert suggest(untouched).equals(rows)


def test_no_record_gives_no_suggestion(events: Rows) -> None:
    """And neither crashes nor loses its columns."""
    rows = suggest(review(events()))
    assert rows.empty
    assert tuple(rows.columns) == COLUMNS
    assert suggest(review(events(said("a", "14:00:00", "hello")))).empty


@pytest.mark.slow
def test_fifty_thousand_events_take_about_a_second(untouched: Postmortem) -> None:
    """Most of them in the day before the detection; a rule quadratic in events would not come back."""
    slack = untouched.events[(untouched.events["source"] == "slack") & untouched.events["time"].notna()]
    copies = [untouched.events]
    for n in range(35):
        hours = pd.to_timedelta((pd.RangeIndex(len(slack)) * 61 + n * 977) % 86_400, unit="s")
        times = pd.Series(pd.Timestamp(at("00:00:00")) + hours, index=slack.index).astype(schema.TIME_DTYPE)
        copies.append(slack.assign(event_id=slack["event_id"] + f"~{n}", time=times))
    many = pd.concat(copies, ignore_index=True).sort_values("time", kind="stable", ignore_index=True)
    assert len(many) > 49_000
    large = replace(untouched, events=many, timeline=build_timeline(many, untouched.worksheet))
    assert len(suggest(large))
