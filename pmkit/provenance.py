"""What a report rests on: which of its statements trace to a record of the evidence, and to which."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import pandas as pd

from pmkit.postmortem import Postmortem
from pmkit.timeline import find_anchors

_PARTS: Final = ("timeline", "factors", "decisions", "impact")


def trace_statements(postmortem: Postmortem) -> pd.DataFrame:
    """How many statements of each part trace to a record that is in the evidence.

    One row per part: `part` (`timeline`, `factors`, `decisions`, `impact`), `rows`, `traced`. A statement
    traces if one of its events was read from a file that `evidence.csv` lists; what people typed does not.
    """
    known = _traced_events(postmortem)
    rows = []
    for part in _PARTS:
        frame = getattr(postmortem, part)
        ids = frame["event_id"] if part == "timeline" else event_ids(frame)
        traced = sum(bool(known & set(str(each).split())) for each in ids)
        rows.append({"part": part, "rows": len(frame), "traced": traced})
    return pd.DataFrame(rows)


def cited_records(postmortem: Postmortem) -> pd.DataFrame:
    """The records that factors, decisions, impact and anchors rest on, in order of time (UTC).

    One row per event: `event_id`, `time`, `source`, `actor`, `place`, `ref` (where it stands in the
    evidence), `url`. Without the words of the record: those stay in the evidence.
    """
    cited = {
        *_words(postmortem.factors["event_ids"]),
        *_words(postmortem.decisions["event_ids"]),
        *_words(event_ids(postmortem.impact)),
        *find_anchors(postmortem.timeline)["event_id"],
    }
    columns = ["event_id", "time", "source", "actor", "place", "ref", "url"]
    events = postmortem.events
    records = events.loc[events["event_id"].isin(cited) & (events["ref"] != ""), columns]
    return records.sort_values("time", kind="stable").reset_index(drop=True)


def event_ids(frame: pd.DataFrame) -> pd.Series:
    """The events that each row names. `impact.csv` has no such column, unless a team adds one of its own."""
    named = frame.get("event_ids")
    return pd.Series("", index=frame.index, dtype="str") if named is None else named.fillna("")


def _traced_events(postmortem: Postmortem) -> set[str]:
    files = set(postmortem.evidence["path"])
    refs = postmortem.events["ref"].str.split("#", n=1).str[0]
    return set(postmortem.events.loc[refs.isin(files), "event_id"])


def _words(cells: Iterable[str]) -> set[str]:
    return {word for cell in cells for word in str(cell).split()}
