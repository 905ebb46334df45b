"""Checks of the evidence: it covers the incident, it was read whole, and what is told leads back to it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Final

import pandas as pd

from pmkit.checks._rule import Finding, Rule, rule
from pmkit.milestones import CONTINUOUS, MARGIN
from pmkit.postmortem import Incident, Postmortem

_TRACED: Final = 0.8  # the share of timeline rows that should lead to a record
_SOME: Final = 5  # rows from which on a share says something


@rule("EV101", "Expected evidence is missing", severity="error")
def find_missing(evidence: pd.DataFrame, incident: Incident) -> Iterator[Finding]:
    """A source that this review expects has given nothing.

    What no source tells is filled in from memory, and memory has read the ending.

    Mend: `pmkit add` its export, or take the source out of `evidence` in `incident.toml` if there is none.
    """
    loaded = set(evidence.loc[evidence["records_loaded"] > 0, "source"])
    for source in incident.evidence:
        if source not in loaded:
            yield Finding(f"There is no {source} evidence.", "evidence", source)


@rule("EV102", "Evidence does not cover the incident", severity="error")
def find_uncovered_window(evidence: pd.DataFrame, anchors: Mapping[str, pd.Timestamp]) -> Iterator[Finding]:
    """A source that speaks all the time begins too late or ends too early.

    Early signals lie before the page, and what came after the all-clear tells whether it was one.

    Mend: export it again, from half an hour before the impact to half an hour after the end.
    """
    start, end = anchors.get("impact_started"), anchors.get("resolved")
    for source in CONTINUOUS:
        files = evidence[(evidence["source"] == source) & evidence["first_at"].notna()]
        if files.empty:
            continue
        first, last = files["first_at"].min(), files["last_at"].max()
        if start is not None and first > start - MARGIN:
            message = f"{source} evidence begins at {first:%Y-%m-%d %H:%M} UTC, the impact at {start:%H:%M}."
            yield Finding(message, "evidence", source, "first_at")
        if end is not None and last < end + MARGIN:
            message = f"{source} evidence ends at {last:%Y-%m-%d %H:%M} UTC, the incident at {end:%H:%M}."
            yield Finding(message, "evidence", source, "last_at")


@rule("EV103", "Evidence that could not be read")
def find_unreadable(evidence: pd.DataFrame, events: pd.DataFrame) -> Iterator[Finding]:
    """Records of this file could not be read.

    Each of them is a row that says why, and none is lost; but what they told is not on the timeline.

    Mend: look at the rows of kind `unreadable`; export the file again, or note what they were.
    """
    for row in evidence[evidence["records_unreadable"].fillna(0) > 0].itertuples():
        mine = events[(events["kind"] == "unreadable") & events["ref"].str.startswith(f"{row.path}#")]
        count = int(row.records_unreadable)
        first = f", the first because {mine['text'].iloc[0].rstrip('.')}" if len(mine) else ""
        message = f"{count:,} record{'' if count == 1 else 's'} of {row.path} could not be read{first}."
        yield Finding(message, "evidence", row.path, "records_unreadable", tuple(mine["event_id"].head(5)))


@rule("EV104", "Evidence that is said to be incomplete")
def find_incomplete(evidence: pd.DataFrame) -> Iterator[Finding]:
    """The file itself says that there is more.

    One page of several looks like a whole log, and what is on the next page is missed by nobody.

    Mend: fetch the rest and add it; pmkit folds what it holds already.
    """
    for row in evidence.itertuples():
        if "incomplete:" in row.note:
            what = row.note.partition("incomplete:")[2].strip().rstrip(".")
            yield Finding(f"{row.path} is incomplete: {what}.", "evidence", row.path, "note")


@rule("EV201", "Timeline rows without a record")
def find_untraced(timeline: pd.DataFrame) -> Iterator[Finding]:
    """Much of the timeline leads back to no record.

    A row that somebody remembers may be right; it cannot be checked, and it is not to be held against what
    was recorded.

    Mend: find the message, the log line or the screenshot, add it as evidence, and include that instead.
    """
    if len(timeline) < _SOME:
        return
    untraced = timeline[timeline["ref"] == ""]
    share = 1 - len(untraced) / len(timeline)
    if share < _TRACED:
        message = f"{len(untraced)} of {len(timeline)} timeline rows ({1 - share:.0%}) lead to no record."
        yield Finding(message, "timeline", "", "ref", tuple(untraced["event_id"].head(5)))


@rule("EV202", "Event that is no longer there", severity="error")
def find_lost_events(postmortem: Postmortem) -> Iterator[Finding]:
    """An event that is cited as evidence is not in the evidence.

    It was in a file that was taken out, or its id was mistyped. What it bore out stands without support.

    Mend: add the file again, or cite the event by its id.
    """
    recorded = set(postmortem.events["event_id"])
    for event_id in postmortem.worksheet["event_id"]:
        if event_id not in recorded and not event_id.startswith("manual:"):
            alike = get_close_matches(event_id, recorded, n=1, cutoff=0.8)
            message = f"{event_id} is on the timeline, and there is no such event in the evidence."
            yield Finding(message, "timeline", event_id, "event_id", suggestion=alike[0] if alike else "")
    known = recorded | set(postmortem.worksheet["event_id"])
    for name in ("factors", "factor_links", "decisions", "questions"):
        table = getattr(postmortem, name)
        ids = table["cause"] + " / " + table["effect"] if name == "factor_links" else table[table.columns[0]]
        for row, cited in zip(ids, table["event_ids"], strict=True):
            lost = [event_id for event_id in cited.split() if event_id not in known]
            if lost:
                message = f"{row} cites {lost[0]}, and there is no such event."
                yield Finding(message, name, row, "event_ids")


RULES: Final[tuple[Rule, ...]] = (
    find_missing, find_uncovered_window, find_unreadable, find_incomplete, find_untraced, find_lost_events,
)  # fmt: skip
