"""Milestones that are reached when the record says so: what each needs, what is lacking, and since when not.

Nobody reaches a milestone by saying so. A time in `incident.toml` counts while the record holds what the
milestone needs and the journal knows of it; otherwise the time is derived from the record itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import pairwise
from typing import Final, NamedTuple

import pandas as pd

from pmkit import schema
from pmkit.factors import IMPACT
from pmkit.postmortem import Milestone, Postmortem
from pmkit.roster import find_active_people, find_person_fault
from pmkit.template import NOTES
from pmkit.timeline import find_anchors, likely_anchor

MARGIN: Final = pd.Timedelta("30min")  # how much of the record before and after the incident is expected
RECORDED: Final = "milestone"  # what the journal says was done when a milestone was recorded
# Sources that speak all the time; the others have nothing to say before and after the incident.
CONTINUOUS: Final = ("slack", "monitoring")
_REFLECTION: Final = {name: NOTES[name] for name in ("went-well", "went-badly", "lucky", "lessons")}
# What stands in a note that nobody has written yet.
_BLANK: Final = {"", "tbd", "tba", "todo", "to do", "wip", "none", "nothing", "n/a", "na", "x", "xxx"}
_FEW: Final = 3  # tasks that are named one by one
_NEAR: Final = pd.Timedelta("24h")
_ORDER: Final = ("impact_started", "detected", "resolved")
COLUMNS: Final = ("milestone", "reached_at", "blocked_by")


class Need(NamedTuple):
    """What the record lacks of something, in short sentences, and since when it lacks nothing."""

    lacks: list[str]
    since: pd.Timestamp | None = None


def review_status(postmortem: Postmortem, now: datetime) -> pd.DataFrame:
    """The milestones of the review at the time `now`.

    One row per milestone: `milestone`, `reached_at` (UTC, empty before it is reached), `blocked_by` (what the
    record still lacks, a tuple of short sentences). What a milestone needs stands in `incident.toml`, as
    names of `pmkit.template.NEEDS`; one that needs nothing is reached when the team says so.
    """
    record = _Record(postmortem, pd.Timestamp(now))
    rows = []
    for milestone in postmortem.incident.milestones:
        reached_at, lacks = _state(record, milestone)
        rows.append((milestone.name, reached_at, tuple(lacks)))
        record.reached[milestone.name] = reached_at
    status = pd.DataFrame(rows, columns=list(COLUMNS))
    status["reached_at"] = pd.to_datetime(status["reached_at"], utc=True).astype(schema.TIME_DTYPE)
    return status


def _state(record: _Record, milestone: Milestone) -> tuple[pd.Timestamp, list[str]]:
    now = record.now
    needs = [NEEDS_OF[name](record) for name in milestone.needs]
    lacks = list(dict.fromkeys(lack for need in needs for lack in need.lacks))
    said = None if milestone.reached_at is None else pd.Timestamp(milestone.reached_at)
    if not milestone.needs:
        return (said, lacks) if said is not None and said <= now else (pd.NaT, lacks)
    if lacks and said is not None and said <= now:
        lacks.append(f"it is said to be reached since {said:%Y-%m-%d}, and the record does not show it")
    if lacks:
        return pd.NaT, lacks
    if said is None or not record.is_recorded(milestone.name):
        said = max((need.since for need in needs if need.since is not None), default=now)
    return (said, []) if said <= now else (pd.NaT, [])


@dataclass(frozen=True)
class _Record:
    """The record as the needs look at it, and the milestones reached so far."""

    postmortem: Postmortem
    now: pd.Timestamp

    @cached_property
    def reached(self) -> dict[str, pd.Timestamp]:
        return {}

    @cached_property
    def anchors(self) -> pd.DataFrame:
        return find_anchors(self.postmortem.timeline).set_index("mark")

    @cached_property
    def active(self) -> list[str]:
        return list(find_active_people(self.postmortem.events)["person"])

    @cached_property
    def actions(self) -> pd.DataFrame:
        actions = self.postmortem.actions
        return actions[actions["status"] != "dropped"]

    @cached_property
    def follow_ups(self) -> pd.DataFrame:
        return self.actions[self.actions["status"] != "done"]

    @cached_property
    def retros(self) -> pd.DataFrame:
        checkins = self.postmortem.checkins
        held = (checkins["kind"] == "final retro") & checkins["held_at"].notna()
        return checkins[held].sort_values("held_at", kind="stable")

    @property
    def retro_at(self) -> pd.Timestamp | None:
        return self.retros["held_at"].iloc[-1] if len(self.retros) else None

    def saved_at(self, *files: str) -> pd.Timestamp | None:
        """When one of the files was saved last; now, where one was changed by hand since."""
        journal = self.postmortem.journal
        if not self.postmortem.edited.isdisjoint(files):
            return self.now
        saves = journal.loc[(journal["did"] == "save") & journal["file"].isin(files), "at"]
        return saves.max() if len(saves) else None

    def is_written(self, note: str) -> bool:
        """Whether something is written in a note."""
        return self.postmortem.notes.get(note, "").casefold().strip(" .…?*_-\n") not in _BLANK

    def is_recorded(self, milestone: str) -> bool:
        """Whether the journal knows that the milestone was recorded, not only written into the file."""
        journal = self.postmortem.journal
        return bool((journal["did"] == f"{RECORDED}: {milestone}").any())

    def decision(self, about: str) -> tuple[str, pd.Timestamp | None]:
        """What is wrong with the decision about that, "" when nothing is, and when it was taken."""
        decisions = self.postmortem.decisions
        found = decisions[decisions["about"].str.casefold().str.strip() == about]
        if found.empty:
            return f"no decision is recorded about “{about}”", None
        faults = [_decision_fault(row._asdict(), self.postmortem) for row in found.itertuples(index=False)]
        whole = found[[not fault for fault in faults]]
        return ("", whole["decided_at"].max()) if len(whole) else (faults[-1], None)

    def agreed(self, about: str) -> Need:
        """That a decision is recorded about that; it counts from when it stands in the file."""
        fault, at = self.decision(about)
        return Need([fault], None) if fault else Need([], _latest(at, self.saved_at("decisions.csv")))


def _latest(*times: pd.Timestamp | None) -> pd.Timestamp | None:
    return max((time for time in times if time is not None and pd.notna(time)), default=None)


def _decision_fault(row: Mapping[str, object], postmortem: Postmortem) -> str:
    """Why a decision does not count: it says not when, not by whom, or not why."""
    name, incident = row["decision_id"], postmortem.incident
    if pd.isna(row["decided_at"]):
        return f"decision {name} says not when it was taken"
    who = str(row["decided_by"])
    if not who.strip() or (who not in incident.roles and find_person_fault(who, incident)):
        return f"decision {name} says not which role took it"
    if not str(row["why"]).strip() and not str(row["event_ids"]).strip():
        return f"decision {name} says not why, and no event records it"
    return ""


# What milestones may need


def _summary(record: _Record) -> Need:
    lacks = [] if record.is_written("summary") else ["the summary is empty"]
    return Need(lacks, record.saved_at("notes/summary.md"))


def _impact(record: _Record) -> Need:
    impact = record.postmortem.impact
    if impact.empty:
        return Need(["no impact is measured"])
    lacks = []
    for row in impact.itertuples():
        known = pd.notna(row.value) or (pd.notna(row.low) and pd.notna(row.high))
        if not known and not row.note.strip():
            lacks.append(f"impact “{row.measure}” has no number, and no note says why it is not known")
        elif known and not row.basis.strip():
            lacks.append(f"impact “{row.measure}” does not say how it is known")
    return Need(lacks, record.saved_at("impact.csv"))


def _evidence(record: _Record) -> Need:
    incident, evidence = record.postmortem.incident, record.postmortem.evidence
    start, end = _window(record)
    if start is None or end is None:
        return Need(["it is not known from when to when the evidence has to reach"])
    lacks = []
    for source in incident.evidence:
        files = evidence[(evidence["source"] == source) & (evidence["records_loaded"] > 0)]
        if files.empty:
            lacks.append(f"no {source} evidence; add it, or take it out of `evidence` in incident.toml")
            continue
        first, last = files["first_at"].min(), files["last_at"].max()
        margin = -MARGIN if source in CONTINUOUS else _NEAR
        if first > start + margin:
            lacks.append(f"{source} evidence begins at {first:%Y-%m-%d %H:%M} UTC, {_late(first, start)}")
        if last < end - margin:
            lacks.append(f"{source} evidence ends at {last:%Y-%m-%d %H:%M} UTC, {_early(last, end)}")
    if evidence.empty and not lacks:
        lacks.append("no evidence was added")
    needed = evidence[evidence["source"].isin(incident.evidence)] if incident.evidence else evidence
    return Need(lacks, needed["added_at"].max() if len(needed) else None)


def _late(first: pd.Timestamp, start: pd.Timestamp) -> str:
    if first > start:
        return "after the impact began"
    return "less than half an hour before the impact"


def _early(last: pd.Timestamp, end: pd.Timestamp) -> str:
    return "before the end" if last < end else "less than half an hour after the end"


def _window(record: _Record) -> tuple[pd.Timestamp | None, pd.Timestamp | None]:
    """From the beginning of the impact to the end: as marked, or as said when the review was opened."""
    incident, times = record.postmortem.incident, record.anchors["time"]
    start, end = times.get("impact_started"), times.get("resolved")
    start = start if start is not None else incident.started_at and pd.Timestamp(incident.started_at)
    end = end if end is not None else incident.resolved_at and pd.Timestamp(incident.resolved_at)
    return start, end


def _anchors(record: _Record) -> Need:
    anchors = record.anchors
    marked = list(anchors.index[anchors["basis"] == "marked"])
    meant = {likely_anchor(mark, marked): f"; did you mean it by `{mark}`?" for mark in marked}
    lacks = [
        f"`{mark}` is not on the timeline{meant.get(mark, '')}"
        for mark in _ORDER
        if mark not in anchors.index
    ]
    lacks += [
        f"`{mark}` is PagerDuty's own time; mark the event that it was{meant.get(mark, '')}"
        for mark in _ORDER
        if mark in anchors.index and anchors.at[mark, "basis"] == "default"
    ]
    known = [mark for mark in _ORDER if mark in anchors.index]
    lacks += [
        f"`{later}` lies before `{earlier}`"
        for earlier, later in pairwise(known)
        if anchors.at[later, "time"] < anchors.at[earlier, "time"]
    ]
    return Need(lacks, record.saved_at("timeline.csv"))


def _timeline_agreed(record: _Record) -> Need:
    if record.postmortem.timeline.empty:
        return Need(["the timeline is empty"])
    return record.agreed("timeline")


def _factors(record: _Record) -> Need:
    factors, links = record.postmortem.factors, record.postmortem.factor_links
    if factors.empty:
        return Need(["no contributing factor is recorded"])
    lacks = [f"factor {name} is not agreed" for name in factors.loc[~factors["agreed"], "factor_id"]]
    bare = factors["agreed"] & (factors["event_ids"] == "")
    lacks += [f"factor {name} cites no evidence" for name in factors.loc[bare, "factor_id"]]
    agreed = factors.loc[factors["agreed"], "factor_id"]
    if not ((links["effect"] == IMPACT) & links["cause"].isin(agreed)).any():
        lacks.append("no factor is linked to the impact")
    return Need(lacks, record.saved_at("factors.csv", "factor_links.csv"))


def _cause_agreed(record: _Record) -> Need:
    return record.agreed("root cause")


def _actions(record: _Record) -> Need:
    if record.actions.empty:
        return Need(["no action is recorded"])
    lacks = []
    for row in record.actions.itertuples():
        told = row.dri.strip()
        fault = find_person_fault(told, record.postmortem.incident, record.active) if told else ""
        lacks += [f"{row.action_id} has no DRI"] if not told else []
        lacks += [f"{row.action_id}, DRI “{row.dri}”: {fault}"] if fault else []
        lacks += [f"{row.action_id} has no due date"] if pd.isna(row.due_on) else []
        lacks += [f"{row.action_id} has no issue"] if not row.issue_key.strip() else []
    return Need(lacks, record.saved_at("actions.csv"))


def _actions_agreed(record: _Record) -> Need:
    return record.agreed("actions")


def _retro(record: _Record) -> Need:
    if record.retro_at is None:
        return Need(["the final retro was not held"])
    held_at, retro = record.retro_at, record.retros.iloc[-1]
    lacks = []
    if not retro["attendees"].strip():
        lacks.append("the final retro says not who attended")
    if not retro["confirmed_by"].strip():
        lacks.append("nobody confirmed the minutes of the final retro")
    late = record.postmortem.evidence
    late = late.loc[late["added_at"] > held_at, "path"]
    lacks += [f"{path} was added after the final retro" for path in late]
    fault, agreed_at = record.decision("root cause")
    if fault or agreed_at is None or agreed_at > held_at:
        lacks.append("the final retro was held before the root cause was agreed")
    return Need(lacks, _latest(held_at, record.saved_at("checkins.csv")))


def _follow_ups(record: _Record) -> Need:
    follow_ups = record.follow_ups
    unreviewed = follow_ups.loc[follow_ups["review_on"].isna(), "action_id"]
    lacks = _told_once(unreviewed, "{} has no review date", "{} have no review dates")
    confirmed = {word for words in record.retros["owners_confirmed"] for word in words.split()}
    names = [name for name in follow_ups["action_id"] if name not in confirmed]
    lacks += _told_once(
        names,
        "the owner of {} did not confirm it in the final retro",
        "the owners of {} did not confirm them in the final retro",
    )
    return Need(lacks, _latest(record.retro_at, record.saved_at("actions.csv", "checkins.csv")))


def _told_once(names: Iterable[str], one: str, several: str) -> list[str]:
    """The same of several things, in one sentence."""
    names = list(names)
    return [(one if len(names) == 1 else several).format(", ".join(names))] if names else []


def _questions(record: _Record) -> Need:
    questions = record.postmortem.questions
    unowned = questions[(questions["status"].isin(["open", ""])) & (questions["owner"] == "")]
    lacks = [f"question {name} is open and has no owner" for name in unowned["question_id"]]
    return Need(lacks, record.saved_at("questions.csv"))


def _reflection(record: _Record) -> Need:
    empty = [title for name, title in _REFLECTION.items() if not record.is_written(name)]
    lacks = [f"“{title}” is empty; write it, or a sentence why there is nothing" for title in empty]
    return Need(lacks, record.saved_at(*(f"notes/{name}.md" for name in _REFLECTION)))


def _tasks(record: _Record) -> Need:
    tasks = record.postmortem.tasks
    dropped = tasks["status"] == "dropped"
    undone = list(tasks.loc[~tasks["status"].isin(["done", "dropped"]), "task_id"])
    lacks = [f"task {name} is not done" for name in undone[:_FEW]]
    more = len(undone) - _FEW
    lacks += (
        ["1 more task is not done" if more == 1 else f"{more} more tasks are not done"] if more > 0 else []
    )
    lacks += [
        f"task {name} is dropped without a reason"
        for name in tasks.loc[dropped & (tasks["note"] == ""), "task_id"]
    ]
    return Need(lacks, _latest(tasks["done_at"].max(), record.saved_at("tasks.csv")))


def _raci(record: _Record) -> Need:
    raci = record.postmortem.raci
    counts = raci["part"].str.contains("A").groupby(raci["activity"]).sum()
    lacks = [f"“{name}” has {count or 'no'} A in the RACI" for name, count in counts.items() if count != 1]
    return Need(lacks if len(raci) else ["the RACI canvas is empty"], record.saved_at("raci.csv"))


def _earlier(record: _Record) -> Need:
    open_ones = [name for name, reached_at in record.reached.items() if pd.isna(reached_at)]
    times = [at for at in record.reached.values() if pd.notna(at)]
    return Need([f"“{name}” is not reached" for name in open_ones], max(times, default=None))


NEEDS_OF: Final[Mapping[str, Callable[[_Record], Need]]] = {
    "summary": _summary,
    "impact": _impact,
    "evidence": _evidence,
    "anchors": _anchors,
    "timeline agreed": _timeline_agreed,
    "factors": _factors,
    "cause agreed": _cause_agreed,
    "actions": _actions,
    "actions agreed": _actions_agreed,
    "retro": _retro,
    "follow-ups": _follow_ups,
    "questions": _questions,
    "reflection": _reflection,
    "tasks": _tasks,
    "raci": _raci,
    "earlier milestones": _earlier,
}
