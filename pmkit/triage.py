"""What the record offers, taken or left with one line: suggestions, and bursts of alerts as one event."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import pandas as pd

from pmkit import schema
from pmkit.bursts import find_bursts
from pmkit.errors import WorkspaceError
from pmkit.postmortem import Postmortem
from pmkit.session import EditSession, include_events, mark_event, promote_decision
from pmkit.suggestions import suggest
from pmkit.timeline import build_timeline
from pmkit.worksheet import Change
from pmkit.workspace import Workspace

_RULE: Final = "suggestion"  # how a suggestion that was left stands in `suppressions.csv`


def open_suggestions(workspace: Workspace) -> pd.DataFrame:
    """What `pmkit.suggest` finds in the incident as it stands, without what somebody left."""
    left = workspace_copy(workspace).table("suppressions")
    left_ids = left.loc[left["rule"] == _RULE, "where"]
    found = suggest(_as_edited(workspace))
    return found[~found["suggestion_id"].isin(left_ids)].reset_index(drop=True)


def take_suggestion(workspace: Workspace, suggestion_id: str) -> Change:
    """Do what the suggestion proposes. Raises `WorkspaceError` when there is none of that name any more."""
    found = open_suggestions(workspace)
    return take(workspace, _one(found, suggestion_id))


def take(workspace: Workspace, suggestion: pd.Series) -> Change:
    """Do what that row of `open_suggestions` proposes."""
    event_id, proposal = str(suggestion["event_id"]), suggestion["proposal"]
    if suggestion["kind"] == "decision":
        change = promote_decision(workspace, event_id)
        # A message holds more than its decision: the sentence that was found is what people would write.
        values = {"decision": proposal.values["decision"]} if "decision" in proposal.values else {}
        edits = [(row_id, name, value) for row_id in change.added for name, value in values.items()]
        return EditSession.of(workspace, "decisions").apply(edits) if edits else change
    session = EditSession.of(workspace, proposal.table)
    if proposal.row_id and proposal.row_id not in session.worksheet:
        return session.add(
            {**dict(zip(session.worksheet.table.key, [proposal.row_id], strict=True)), **proposal.values}
        )
    if suggestion["kind"] == "anchor":
        mark = str(suggestion["suggestion_id"]).split(":")[1]
        return mark_event(workspace, proposal.row_id, mark, held_by=())  # it is suggested where none has it
    return include_events(workspace, proposal.row_id)


def leave_suggestion(workspace: Workspace, suggestion_id: str, reason: str = "not needed") -> Change:
    """Leave the suggestion, for good: it stands in `suppressions.csv` with the reason."""
    session = EditSession.of(workspace, "suppressions")
    if f"{_RULE} / {suggestion_id}" in session.worksheet:
        return Change(note="It was left before.")
    return session.add({"rule": _RULE, "where": suggestion_id, "reason": reason})


def fold_alerts(workspace: Workspace, event_id: str, *, gap: str = "5min") -> Change:
    """Put the burst of like alerts that the event is part of on the timeline: one event, with count and end.

    Raises `WorkspaceError` when the event is in no burst; see `pmkit.find_bursts`.
    """
    session = EditSession.of(workspace, "timeline")
    bursts = find_bursts(_events(session), gap=gap)
    here = bursts[[event_id in ids.split() for ids in bursts["event_ids"]]]
    if here.empty:
        raise WorkspaceError(f"{event_id}: is in no burst of like alerts; include it as it is")
    return fold(workspace, here.iloc[0])


def fold(workspace: Workspace, burst: pd.Series) -> Change:
    """Put that row of `find_bursts` on the timeline as one event. What people wrote about it stays."""
    session = EditSession.of(workspace, "timeline")
    first, said = str(burst["burst_id"]), session.worksheet.said(str(burst["burst_id"])) or {}
    words = " ".join(str(burst["text"]).split("\n")[0].split())
    edits: list[tuple[str, str, object]] = [(first, "included", "yes")]
    if not said.get("summary"):
        edits.append((first, "summary", f"{words} ({burst['count']} like alerts)"))
    if not said.get("ended_at"):
        edits.append((first, "ended_at", schema.format_time(burst["end_at"])))
    return session.apply(edits, note=f"Put {burst['count']} like alerts on the timeline as one event.")


def workspace_copy(workspace: Workspace) -> Workspace:
    """The same folder with its own eyes: what it reads is not what `workspace` has seen."""
    return Workspace(workspace.path, workspace.incident)


def _as_edited(workspace: Workspace) -> Postmortem:
    desk, session = workspace_copy(workspace), EditSession.of(workspace, "timeline")
    worksheet, events = session.worksheet.frame(), _events(session)
    tables = {name: desk.table(name) for name in schema.WORKSHEETS if name != "timeline"}
    return Postmortem(
        incident=workspace.incident,
        evidence=desk.evidence(),
        events=events,
        worksheet=worksheet,
        timeline=build_timeline(events, worksheet),
        **tables,
    )


def _events(session: EditSession) -> pd.DataFrame:
    return schema.empty(schema.EVENTS) if session.events is None else session.events


def _one(found: pd.DataFrame, suggestion_id: str) -> pd.Series:
    rows = found[found["suggestion_id"] == suggestion_id]
    if rows.empty:
        known: Iterable[str] = found["suggestion_id"].head(3)
        raise WorkspaceError(f"no open suggestion {suggestion_id!r}; there are {', '.join(known) or 'none'}")
    return rows.iloc[0]
