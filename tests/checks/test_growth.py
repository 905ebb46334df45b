"""No rule gets slower than the record gets longer."""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType

import pandas as pd
import pytest

from pmkit.checks import RULES
from pmkit.checks._rule import Record, find_all
from pmkit.postmortem import Postmortem
from pmkit.timeline import build_timeline
from pmkit.vocabulary import load_vocabulary
from pmkit.workspace import Workspace

SAMPLE = Path(__file__).parents[2] / "data" / "checkout-failure"
NOW = datetime(2026, 11, 10, 16, tzinfo=UTC)
VOCABULARY = load_vocabulary()
# What goes over the rows of a frame; pandas does the rest in one call whatever the length.
_OVER_ROWS = {"_cmp_method", "_getitem_bool_array", "take", "sort_values", "isin", "map"}


def grown(postmortem: Postmortem, times: int) -> Postmortem:
    """The postmortem with as many times its events, a few seconds apart."""
    events = postmortem.events
    parts = [
        events.assign(
            event_id=events["event_id"] + f"~{n}" if n else events["event_id"],
            time=events["time"] + pd.Timedelta(seconds=7 * n),
        )
        for n in range(times)
    ]
    longer = pd.concat(parts, ignore_index=True).sort_values("time", kind="stable", ignore_index=True)
    return replace(postmortem, events=longer, timeline=build_timeline(longer, postmortem.worksheet))


def work_of(postmortem: Postmortem) -> Counter[str]:
    """By rule, how many calls it makes and how many rows it goes over."""
    record, work = Record(postmortem, NOW, VOCABULARY), Counter[str]()
    for code, rule in RULES.items():

        def count(frame: FrameType, event: str, _: object, code: str = code) -> None:
            if event == "call":
                rows = frame.f_locals.get("self") if frame.f_code.co_name in _OVER_ROWS else None
                work[code] += 1 + (len(rows) if isinstance(rows, (pd.DataFrame, pd.Series)) else 0)

        sys.setprofile(count)
        try:
            list(find_all(record, [rule]))
        finally:
            sys.setprofile(None)
    return work


@pytest.mark.slow
def test_twice_the_events_are_twice_the_work() -> None:
    """And not four times, in calls and rows, whichever rule it is."""
    sample = Workspace.open(SAMPLE).load()
    once, twice = work_of(grown(sample, 2)), work_of(grown(sample, 4))
    # What a rule does once for all, as reading the roster, is left out of the comparison.
    steep = {code: (once[code], twice[code]) for code in RULES if twice[code] > 2.6 * once[code] + 20_000}
    assert not steep
