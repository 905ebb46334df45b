"""Milestones: reached when the record says so, and never because one cell says it."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pandas as pd
import pytest

from pmkit.milestones import NEEDS_OF, RECORDED, review_status
from pmkit.postmortem import Incident, Member, Milestone, Postmortem
from pmkit.template import NEEDS, load_template

Make = Callable[..., Postmortem]
NOW = datetime(2026, 11, 10, 18, tzinfo=UTC)
PLAN = load_template("saas")
MILESTONES = tuple(Milestone(m.name, m.criteria, needs=m.needs) for m in PLAN.milestones)
INCIDENT = Incident(
    "2026-11-03-login",
    "Sign-in failed",
    "P1",
    members=(Member("Incident Commander", "Li Wei"), Member("Scribe", "Ana Costa"), Member("Support Lead")),
    milestones=MILESTONES,
    evidence=("slack", "pagerduty"),
)


def slack_and_pagerduty(added_at: str = "2026-11-04T08:00:00Z") -> list[dict[str, Any]]:
    facts = {"sha256": "0", "bytes": 1, "records_loaded": 9, "added_at": added_at}
    return [
        {**facts, "path": "evidence/s.zip", "source": "slack",
         "first_at": "2026-11-01T00:00:00Z", "last_at": "2026-11-03T18:00:00Z"},
        {**facts, "path": "evidence/p.json", "source": "pagerduty",
         "first_at": "2026-11-03T14:05:00Z", "last_at": "2026-11-03T15:00:00Z"},
    ]  # fmt: skip


def mark(name: str, at: str) -> dict[str, Any]:
    return {"event_id": f"manual:{name}", "included": True, "time": at, "mark": name, "summary": name}


def decision(number: int, about: str, at: str) -> dict[str, Any]:
    return {
        "decision_id": f"D{number}", "decision": f"the {about} stands", "about": about, "decided_at": at,
        "decided_by": "Incident Commander", "why": "all were there",
    }  # fmt: skip


def whole() -> dict[str, Any]:
    """A record that lacks nothing."""
    return {
        "evidence": slack_and_pagerduty(),
        "timeline": [
            mark("impact_started", "2026-11-03T14:00:00Z"),
            mark("detected", "2026-11-03T14:05:00Z"),
            mark("resolved", "2026-11-03T15:00:00Z"),
        ],
        "impact": [{"measure": "orders", "unit": "orders", "value": 3, "basis": "query 7"}],
        "factors": [{"factor_id": "F1", "statement": "x", "agreed": True, "event_ids": "manual:detected"}],
        "factor_links": [{"cause": "F1", "effect": "impact"}],
        "decisions": [
            decision(1, "timeline", "2026-11-04T12:00:00Z"),
            decision(2, "root cause", "2026-11-05T12:00:00Z"),
            decision(3, "actions", "2026-11-06T12:00:00Z"),
        ],
        "actions": [
            {
                "action_id": "A1", "action": "x", "dri": "Li Wei", "due_on": "2026-11-20", "issue_key": "X-1",
                "status": "open", "review_on": "2026-12-01",
            }
        ],
        "raci": [{"activity": "Close", "role": "Scribe", "part": "A"}],
        "checkins": [
            {
                "checkin_id": "retro-1", "kind": "final retro", "held_at": "2026-11-10T15:00:00Z",
                "attendees": "everybody", "confirmed_by": "Scribe", "owners_confirmed": "A1",
            }
        ],
        "tasks": [
            {
                "task_id": "t1", "task_list": "l", "task": "x", "status": "done",
                "done_at": "2026-11-10T16:00:00Z",
            }
        ],
        "notes": {
            "summary": "Sign-in failed for an hour.", "went-well": "The page came.", "lessons": "Caps help.",
            "went-badly": "The status page waited.", "lucky": "Nothing this time: nobody could sign in.",
        },
    }  # fmt: skip


def reached(postmortem: Make, record: dict[str, Any], incident: Incident = INCIDENT) -> list[bool]:
    return review_status(postmortem(incident, **record), NOW)["reached_at"].notna().tolist()


def test_every_need_of_the_templates_is_known() -> None:
    """The words in the template room and what asks the record are the same list."""
    assert list(NEEDS_OF) == list(NEEDS)


def test_a_whole_record_reaches_every_milestone_by_itself(postmortem: Make) -> None:
    """Nobody has to say so; each time is that of the last thing the milestone needed."""
    status = review_status(postmortem(INCIDENT, **whole()), NOW)
    assert set(status["blocked_by"]) == {()}
    assert [f"{at:%d %H}" for at in status["reached_at"]] == ["04 12", "05 12", "06 12", "10 16"]


def test_the_journal_says_when_a_file_came_to_hold_it(postmortem: Make) -> None:
    """A summary that was written after the timeline was agreed completes the intake later."""
    saves = [{"at": "2026-11-04T17:00:00Z", "by": "Ana", "did": "save", "file": "notes/summary.md"}]
    status = review_status(postmortem(INCIDENT, **whole(), journal=saves), NOW)
    assert f"{status['reached_at'][0]:%d %H}" == "04 17"


@pytest.mark.parametrize(("file", "milestone"), [("decisions.csv", 1), ("notes/lucky.md", 3)])
def test_what_was_written_by_hand_counts_from_when_it_is_seen(
    postmortem: Make, file: str, milestone: int
) -> None:
    """Nobody knows since when it stands there: the day on which a decision was taken is not that."""
    status = review_status(replace(postmortem(INCIDENT, **whole()), edited=frozenset([file])), NOW)
    assert status["reached_at"][milestone] == pd.Timestamp(NOW)
    assert set(status["blocked_by"]) == {()}


def test_a_decision_counts_from_when_it_was_recorded(postmortem: Make) -> None:
    """It was taken on the fifth, and came into the file on the eighth."""
    saves = [{"at": "2026-11-08T09:00:00Z", "by": "Ana", "did": "save", "file": "decisions.csv"}]
    status = review_status(postmortem(INCIDENT, **whole(), journal=saves), NOW)
    assert f"{status['reached_at'][1]:%d %H}" == "08 09"


def test_a_recorded_time_stays_while_the_record_holds(postmortem: Make) -> None:
    """What the journal knows of counts, also when evidence was taken once more later."""
    at = datetime(2026, 11, 4, 13, tzinfo=UTC)
    milestones = (replace(MILESTONES[0], reached_at=at), *MILESTONES[1:])
    incident = replace(INCIDENT, milestones=milestones)
    record = whole() | {"evidence": slack_and_pagerduty("2026-11-09T08:00:00Z")}
    line = {"at": at, "by": "Ana", "did": f"{RECORDED}: {milestones[0].name}", "file": "incident.toml"}
    known = review_status(postmortem(incident, **record, journal=[line]), NOW)
    by_hand = review_status(postmortem(incident, **record), NOW)
    assert (known["reached_at"][0], f"{by_hand['reached_at'][0]:%d %H}") == (pd.Timestamp(at), "09 08")


@pytest.mark.parametrize("recorded", [False, True])
def test_saying_so_is_not_enough(postmortem: Make, recorded: bool) -> None:
    """A time in the file of an empty record is shown as what it is, even with a line in the journal."""
    at = datetime(2026, 11, 4, tzinfo=UTC)
    incident = replace(INCIDENT, milestones=tuple(replace(m, reached_at=at) for m in MILESTONES))
    lines = [
        {"at": at, "by": "Ana", "did": f"{RECORDED}: {m.name}", "file": "incident.toml"} for m in MILESTONES
    ]
    status = review_status(postmortem(incident, journal=lines if recorded else []), NOW)
    assert status["reached_at"].isna().all()
    assert all("the record does not show it" in lacks[-1] for lacks in status["blocked_by"])


# What takes one thing out of a whole record, and what is said then.
SPOILS: list[tuple[int, str, Callable[[dict[str, Any]], None]]] = [
    (0, "the summary is empty", lambda r: r["notes"].update(summary=" ")),
    (0, "the summary is empty", lambda r: r["notes"].update(summary="*TBD*")),
    (0, "no impact is measured", lambda r: r.update(impact=[])),
    (0, "has no number", lambda r: r["impact"][0].pop("value")),
    (0, "does not say how it is known", lambda r: r["impact"][0].pop("basis")),
    (0, "no pagerduty evidence", lambda r: r["evidence"].pop()),
    (0, "no slack evidence", lambda r: r["evidence"][0].update(records_loaded=0)),
    (0, "slack evidence begins at 2026-11-03 13:45 UTC, less than half an hour before",
     lambda r: r["evidence"][0].update(first_at="2026-11-03T13:45:00Z")),
    (0, "slack evidence ends at 2026-11-03 14:50 UTC, before the end",
     lambda r: r["evidence"][0].update(last_at="2026-11-03T14:50:00Z")),
    (0, "pagerduty evidence begins at 2026-11-05",
     lambda r: r["evidence"][1].update(first_at="2026-11-05T00:00:00Z", last_at="2026-11-05T00:00:00Z")),
    (0, "`detected` is not on the timeline", lambda r: r["timeline"].pop(1)),
    (0, "`detected` is not on the timeline; did you mean it by `detection`?",
     lambda r: r["timeline"][1].update(mark="detection")),
    (0, "`detected` lies before `impact_started`",
     lambda r: r["timeline"][1].update(time="2026-11-03T13:59:00Z")),
    (0, "no decision is recorded about “timeline”", lambda r: r["decisions"].pop(0)),
    (0, "decision D1 says not when", lambda r: r["decisions"][0].pop("decided_at")),
    (0, "decision D1 says not which role", lambda r: r["decisions"][0].update(decided_by="the team")),
    (0, "decision D1 says not why", lambda r: r["decisions"][0].pop("why")),
    (1, "factor F1 is not agreed", lambda r: r["factors"][0].update(agreed=False)),
    (1, "factor F1 cites no evidence", lambda r: r["factors"][0].pop("event_ids")),
    (1, "no factor is linked to the impact", lambda r: r["factor_links"].pop()),
    (1, "no contributing factor is recorded", lambda r: r.update(factors=[])),
    (1, "no decision is recorded about “root cause”", lambda r: r["decisions"].pop(1)),
    (2, "no action is recorded", lambda r: r.update(actions=[])),
    (2, "A1 has no DRI", lambda r: r["actions"][0].update(dri="")),
    (2, "A1, DRI “SRE team”: names a group", lambda r: r["actions"][0].update(dri="SRE team")),
    (2, "A1, DRI “Support Lead”: the role Support Lead is filled by nobody",
     lambda r: r["actions"][0].update(dri="Support Lead")),
    (2, "A1, DRI “Bo Ek”: is not known to take part", lambda r: r["actions"][0].update(dri="Bo Ek")),
    (2, "A1 has no due date", lambda r: r["actions"][0].pop("due_on")),
    (2, "A1 has no issue", lambda r: r["actions"][0].pop("issue_key")),
    (2, "no decision is recorded about “actions”", lambda r: r["decisions"].pop(2)),
    (3, "the final retro was not held", lambda r: r["checkins"].pop()),
    (3, "the final retro was not held", lambda r: r["checkins"][0].pop("held_at")),
    (3, "says not who attended", lambda r: r["checkins"][0].pop("attendees")),
    (3, "nobody confirmed the minutes", lambda r: r["checkins"][0].pop("confirmed_by")),
    (3, "the owner of A1 did not confirm it", lambda r: r["checkins"][0].pop("owners_confirmed")),
    (3, "evidence/s.zip was added after the final retro",
     lambda r: r["evidence"][0].update(added_at="2026-11-10T17:00:00Z")),
    (3, "held before the root cause was agreed",
     lambda r: r["checkins"][0].update(held_at="2026-11-05T11:00:00Z")),
    (3, "A1 has no review date", lambda r: r["actions"][0].pop("review_on")),
    (3, "question Q1 is open and has no owner",
     lambda r: r.update(questions=[{"question_id": "Q1", "question": "?", "status": "open"}])),
    (3, "“Where we got lucky” is empty", lambda r: r["notes"].pop("lucky")),
    (3, "“Lessons” is empty; write it, or a sentence why", lambda r: r["notes"].update(lessons="none.")),
    (3, "task t1 is not done", lambda r: r["tasks"][0].update(status="open")),
    (3, "task t1 is dropped without a reason", lambda r: r["tasks"][0].update(status="dropped")),
    (3, "“Close” has no A in the RACI", lambda r: r["raci"][0].update(part="R")),
]  # fmt: skip


def test_the_same_of_several_actions_is_said_once(postmortem: Make) -> None:
    """One sentence names them all, and one task more is no tasks."""
    record = whole()
    record["actions"] += [{**record["actions"][0], "action_id": "A2"}]
    for action in record["actions"]:
        action.pop("review_on")
    record["checkins"][0].pop("owners_confirmed")
    record["tasks"] = [{**record["tasks"][0], "task_id": f"t{n}", "status": "open"} for n in range(4)]
    (lacks,) = review_status(postmortem(INCIDENT, **record), NOW)["blocked_by"].iloc[3:]
    assert "A1, A2 have no review dates" in lacks
    assert "the owners of A1, A2 did not confirm them in the final retro" in lacks
    assert "1 more task is not done" in lacks


@pytest.mark.parametrize(("milestone", "said", "spoil"), SPOILS, ids=[said for _, said, _ in SPOILS])
def test_each_refusal_names_what_is_missing(
    postmortem: Make, milestone: int, said: str, spoil: Callable[[dict[str, Any]], None]
) -> None:
    """One thing less, and its milestone is not reached, nor the closure; the words say what it was."""
    record = whole()
    spoil(record)
    status = review_status(postmortem(INCIDENT, **record), NOW)
    assert any(said in lack for lack in status["blocked_by"][milestone]), status["blocked_by"][milestone]
    assert pd.isna(status["reached_at"][milestone])
    assert pd.isna(status["reached_at"][3])


# Single cells that claim what the rest of the record does not bear out.
LIES: list[dict[str, Any]] = [
    {"notes": {"summary": "All is known."}},
    {"decisions": [decision(1, "timeline", "2026-11-04T12:00:00Z")]},
    {"decisions": [decision(1, "root cause", "2026-11-04T12:00:00Z")]},
    {"decisions": [decision(1, "actions", "2026-11-04T12:00:00Z")]},
    {"factors": [{"factor_id": "F1", "statement": "x", "agreed": True}]},
    {"factors": [{"factor_id": "F1", "statement": "x", "root_cause": True}]},
    {"actions": [{"action_id": "A1", "action": "x", "status": "done"}]},
    {"actions": [{"action_id": "A1", "action": "x", "status": "dropped"}]},
    {"checkins": [{"checkin_id": "r", "kind": "final retro", "held_at": "2026-11-10T15:00:00Z"}]},
    {"tasks": [{"task_id": "t1", "task_list": "l", "task": "close", "status": "done"}]},
    {"evidence": slack_and_pagerduty()},
]


@pytest.mark.parametrize("lie", LIES, ids=[f"{n} {next(iter(lie))}" for n, lie in enumerate(LIES)])
def test_no_single_claim_reaches_a_milestone(postmortem: Make, lie: dict[str, Any]) -> None:
    """Whatever one table says alone, nothing is reached."""
    assert not any(reached(postmortem, deepcopy(lie)))


def test_pagerdutys_own_times_are_not_what_people_marked(postmortem: Make) -> None:
    """An anchor that is only a default blocks the intake and says so."""
    record = whole()
    del record["timeline"][2]
    record["events"] = [
        {"event_id": "pd:1", "time": "2026-11-03T15:30:00Z", "source": "pagerduty", "kind": "resolve"}
    ]
    status = review_status(postmortem(INCIDENT, **record), NOW)
    assert "`resolved` is PagerDuty's own time; mark the event that it was" in status["blocked_by"][0]


def test_who_speaks_in_the_evidence_may_own_an_action(postmortem: Make) -> None:
    """A DRI need not have a role of the review."""
    record = whole()
    record["actions"][0]["dri"] = "Bo Ek"
    record["events"] = [
        {"event_id": "s:1", "time": "2026-11-03T14:10:00Z", "source": "slack", "kind": "message",
         "actor": "Bo Ek", "text": "on it"},
    ]  # fmt: skip
    assert reached(postmortem, record)[2]


def test_a_milestone_of_the_teams_own_waits_for_the_team(postmortem: Make) -> None:
    """One that needs nothing is reached from the time on that the file says."""
    own = Milestone("Told the regulator", reached_at=datetime(2026, 11, 9, tzinfo=UTC))
    later = replace(own, reached_at=datetime(2026, 11, 11, tzinfo=UTC))
    incident = replace(INCIDENT, milestones=(own, later, replace(own, reached_at=None)))
    assert reached(postmortem, {}, incident) == [True, False, False]


def test_nothing_is_reached_before_its_time(postmortem: Make) -> None:
    """A report as of an earlier day shows what was reached then."""
    status = review_status(postmortem(INCIDENT, **whole()), datetime(2026, 11, 5, 13, tzinfo=UTC))
    assert status["reached_at"].notna().tolist() == [True, True, False, False]
