"""Check-ins that draft themselves from the record, and agendas, invitations and reminders made of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from icalendar import Calendar

from pmkit.agenda import SHARES, retro_agenda
from pmkit.checkins import draft_checkin, last_held_at
from pmkit.errors import SchemaError, WorkspaceError
from pmkit.invites import review_calendar
from pmkit.postmortem import Incident, Member, Milestone, Postmortem
from pmkit.review import amend_checkin, assign_role, confirm_checkin, note_milestones
from pmkit.session import add_row
from pmkit.template import load_template
from pmkit.tracker import describe_actions, track_actions
from pmkit.workdays import WorkCalendar
from pmkit.workspace import Workspace

Make = Callable[..., Postmortem]
NOW = datetime(2026, 11, 5, 12, tzinfo=UTC)
INCIDENT = Incident(
    "2026-11-03-login",
    "Sign-in failed",
    "P1",
    timezone="Europe/Amsterdam",
    calendar=WorkCalendar("Europe/Amsterdam"),
    opened_at=datetime(2026, 11, 3, 17, tzinfo=UTC),
    members=(Member("Scribe", "Ana Costa", email="ana@example.com"), Member("Engineering Lead", "Li Wei")),
    milestones=(Milestone("Intake", needs=("summary", "factors")), Milestone("Closed", needs=("retro",))),
    checkins=load_template("base").checkins,
    action_days={"P0": 5, "P1": 20},
)


def resolved(at: str = "2026-11-03T15:00:00Z") -> dict[str, Any]:
    return {"event_id": "manual:r", "included": True, "time": at, "mark": "resolved", "summary": "over"}


RECORD: dict[str, Any] = {
    "timeline": [resolved()],
    "evidence": [
        {"path": "evidence/old.zip", "source": "slack", "sha256": "0", "bytes": 1, "records_loaded": 5,
         "records_unreadable": 0, "added_at": "2026-11-03T18:00:00Z"},
        {"path": "evidence/new.json", "source": "pagerduty", "sha256": "0", "bytes": 1, "records_loaded": 1,
         "records_unreadable": 2, "added_at": "2026-11-05T08:00:00Z"},
    ],
    "decisions": [
        {"decision_id": "D1", "decision": "before", "decided_at": "2026-11-04T08:00:00Z"},
        {"decision_id": "D2", "decision": "The cause is F1", "decided_at": "2026-11-05T10:00:00Z",
         "decided_by": "Engineering Lead"},
    ],
    "checkins": [{"checkin_id": "daily-1", "kind": "daily", "held_at": "2026-11-04T09:15:00Z"}],
    "tasks": [
        {"task_id": "t1", "task_list": "l", "task": "Write it", "dri": "Scribe", "status": "done",
         "done_at": "2026-11-05T11:00:00Z"},
        {"task_id": "t2", "task_list": "l", "task": "Measure it", "dri": "Scribe", "due_on": "2026-11-04"},
        {"task_id": "t3", "task_list": "l", "task": "Agree", "dri": "Engineering Lead",
         "due_on": "2026-11-06"},
    ],
    "questions": [{"question_id": "Q1", "question": "Why so late?", "status": "open"}],
    "journal": [
        {"at": "2026-11-05T09:00:00Z", "by": "Ana", "did": "save", "file": "timeline.csv"},
        {"at": "2026-11-05T09:05:00Z", "by": "Li", "did": "save", "file": "timeline.csv"},
        {"at": "2026-11-05T09:06:00Z", "by": "Li", "did": "save", "file": "evidence.csv"},
        {"at": "2026-11-05T09:30:00Z", "by": "Ana", "did": "milestone: Intake", "file": "incident.toml"},
    ],
}  # fmt: skip


def test_a_draft_tells_what_changed_since_the_last_check_in(postmortem: Make) -> None:
    """Evidence, milestones, decisions, tasks, and what was worked on; nothing from before."""
    draft = draft_checkin(postmortem(INCIDENT, **RECORD), NOW)
    assert draft["summary"].splitlines() == [
        "Evidence: new.json (pagerduty, 1 record, 2 unreadable).",
        "Milestone reached: Intake.",
        "Decided (D2, Engineering Lead): The cause is F1",
        "Done: Write it (t1).",
        "Worked on the timeline: saved 2 times by Ana, Li.",
    ]
    assert (draft["checkin_id"], draft["kind"]) == ("daily-2", "daily")
    assert "held_at" not in draft


def test_a_draft_tells_what_stands_in_the_way_and_what_comes_next(postmortem: Make) -> None:
    """What the next milestone lacks and what is overdue; who does what by when, and what nobody owns."""
    draft = draft_checkin(postmortem(INCIDENT, **RECORD), NOW)
    assert draft["blockers"].splitlines() == [
        "Intake: the summary is empty.",
        "Intake: no contributing factor is recorded.",
        "Overdue since 2026-11-04: Measure it (t2, Scribe).",
    ]
    assert draft["next_steps"].splitlines() == [
        "Engineering Lead, Li Wei: Agree (t3, due 2026-11-06).",
        "Nobody yet: find out “Why so late?” (Q1).",
    ]


def test_a_quiet_day_says_so(postmortem: Make) -> None:
    """Nothing is made up; before the first check-in all counts since the review was opened."""
    quiet = postmortem(INCIDENT)
    assert draft_checkin(quiet, NOW)["summary"] == "Nothing changed in the record."
    assert last_held_at(quiet) == INCIDENT.opened_at


def test_a_check_in_is_held_when_somebody_confirms_it(tmp_path: Path) -> None:
    """The row is kept with who said so and when; their words go before the draft's; nobody is nobody."""
    workspace = Workspace.create(tmp_path / "inc", title="T", severity="P1", now=NOW)
    for nobody in (" ", "Scribbe", "the team"):
        with pytest.raises(WorkspaceError, match="confirmed by somebody"):
            confirm_checkin(workspace, by=nobody, now=NOW)
    with pytest.raises(WorkspaceError, match="the kinds are daily, final retro"):
        confirm_checkin(workspace, by="Scribe", kind="retro", now=NOW)
    with pytest.raises(SchemaError, match="`learned`: expected a whole number"):
        confirm_checkin(workspace, by="Scribe", said={"learned": "five"}, now=NOW)
    with pytest.raises(SchemaError, match="there is no action A9"):
        confirm_checkin(workspace, by="Scribe", said={"owners_confirmed": "A9,A8"}, now=NOW)
    confirm_checkin(workspace, by="Scribe", attendees="Ana", said={"blockers": "None."}, now=NOW)
    row = Workspace.open(workspace.path).load().checkins.iloc[0]
    assert (row["checkin_id"], row["held_at"], row["confirmed_by"]) == ("daily-1", NOW, "Scribe")
    assert (row["attendees"], row["blockers"]) == ("Ana", "None.")
    confirm_checkin(workspace, by="Scribe", now=NOW)
    assert list(workspace.load().checkins["checkin_id"]) == ["daily-1", "daily-2"]


def test_a_second_final_retro_is_asked_about(tmp_path: Path) -> None:
    """Its minutes are amended, with when it was held left alone; one more meeting has to be said."""
    workspace = Workspace.create(tmp_path / "inc", title="T", severity="P1", now=NOW)
    with pytest.raises(WorkspaceError, match="no final retro was held yet"):
        amend_checkin(workspace, said={"learned": 5}, now=NOW)
    for name in ("A1", "A2"):
        add_row(workspace, "actions", action_id=name, action="Cap retries.", status="open")
    retro: dict[str, Any] = {"kind": "final retro", "attendees": "all", "now": NOW}
    confirm_checkin(workspace, by="Scribe", **retro, said={"owners_confirmed": "A1", "learned": 5})
    with pytest.raises(WorkspaceError, match=r"held on 2026-.*, retro-1\. To mend its minutes: `--amend`"):
        confirm_checkin(workspace, by="Scribe", **retro)
    later = NOW.replace(hour=22)
    row = amend_checkin(workspace, said={"owners_confirmed": "A2", "confirmed_by": "Scribe"}, now=later)
    assert (row["checkin_id"], row["owners_confirmed"], row["learned"]) == ("retro-1", "A1 A2", "5")
    for said in ({"held_at": later}, {"confirmed_by": "Scribbe"}):
        with pytest.raises(WorkspaceError, match=r"stays; amend|confirmed by somebody"):
            amend_checkin(workspace, said=said, now=later)
    with pytest.raises(SchemaError, match="there is no action A9"):
        amend_checkin(workspace, said={"owners_confirmed": "A9"}, now=later)
    held = Workspace.open(workspace.path).load().checkins
    assert held[["checkin_id", "held_at", "attendees"]].values.tolist() == [["retro-1", NOW, "all"]]
    confirm_checkin(workspace, by="Scribe", **retro, again=True)
    assert workspace.load().checkins["checkin_id"].tolist() == ["retro-1", "retro-2"]


def test_a_milestone_is_written_down_once(tmp_path: Path) -> None:
    """When the record has come to support it; the time stays, and is told no second time."""
    workspace = Workspace.create(tmp_path / "inc", title="T", severity="P1", now=NOW)
    workspace.save_facts(
        lambda text: text.replace('needs = ["factors", "cause agreed"]', 'needs = ["summary"]')
    )
    assert note_milestones(workspace, NOW) == []
    workspace.save_note("summary", "It failed.", now=NOW)
    later = NOW.replace(hour=18)
    assert note_milestones(workspace, later) == ["Root cause confirmed"]
    assert note_milestones(workspace, later) == []
    assert workspace.load().incident.milestones[1].reached_at == NOW
    assert "milestone: Root cause confirmed" in set(workspace.load().journal["did"])


def test_somebody_takes_a_role(tmp_path: Path) -> None:
    """Into the file, with a line in the journal; a role that is not there is refused."""
    workspace = Workspace.create(tmp_path / "inc", title="T", severity="P1", now=NOW)
    assign_role(workspace, "Scribe", "Ana Costa")
    assert Workspace.open(workspace.path).incident.person("Scribe") == "Ana Costa"
    with pytest.raises(WorkspaceError, match="no role `Boss`"):
        assign_role(workspace, "Boss", "Ana")


# The agenda


def test_the_agenda_gives_the_timeline_most_of_the_time(postmortem: Make) -> None:
    """All minutes are given away; parts without a point are left out."""
    agenda = retro_agenda(postmortem(INCIDENT, **RECORD), NOW)
    assert [part.minutes for part in agenda.parts] == [35, 7, 4]
    assert agenda.parts[0].title.startswith("The timeline")
    assert sum(SHARES.values()) == pytest.approx(1)


def test_the_agenda_invites_who_speaks_on_the_timeline(postmortem: Make) -> None:
    """Everybody with a role, then the people on the timeline; no bots."""
    events = [
        {"event_id": "s:1", "time": "2026-11-03T14:00:00Z", "source": "slack", "kind": "message",
         "actor": "Bo Ek", "text": "odd"},
        {"event_id": "s:2", "time": "2026-11-03T14:01:00Z", "source": "slack", "kind": "bot",
         "actor": "robot", "slack_is_bot": True, "text": "alarm"},
    ]  # fmt: skip
    on_it = [{"event_id": e["event_id"], "included": True} for e in events]
    agenda = retro_agenda(postmortem(INCIDENT, events=events, timeline=on_it), NOW)
    assert agenda.invited == ("Ana Costa", "Li Wei", "Bo Ek")


def test_the_agenda_warns_of_a_retro_on_half_a_record(postmortem: Make) -> None:
    """What earlier milestones lack, and a facilitator who was part of the response."""
    facilitated = Incident(
        **{**vars(INCIDENT), "facilitator": "Bo Ek"},
    )
    events = [
        {"event_id": "s:1", "time": "2026-11-03T14:00:00Z", "source": "slack", "kind": "message",
         "actor": "Bo Ek", "text": "odd"},
    ]  # fmt: skip
    agenda = retro_agenda(postmortem(facilitated, events=events), NOW)
    assert "Intake: the summary is empty" in agenda.warnings
    assert "Bo Ek took part in the response; somebody else should facilitate" in agenda.warnings
    assert "**Not ready yet**" in agenda.to_markdown()


def test_the_agenda_shows_what_people_wrote_and_obeys_none_of_it(postmortem: Make) -> None:
    """Marks of Markdown and HTML in an action stay letters."""
    actions = [{"action_id": "A1", "action": "<img src=x> [a](javascript:b) *c*\n# d", "status": "open"}]
    text = retro_agenda(postmortem(INCIDENT, actions=actions), NOW).to_markdown()
    assert r"- A1: \<img src=x\> \[a\](javascript:b) \*c\* \# d" in text


# The calendar


def test_the_dates_of_the_review_as_a_calendar(postmortem: Make) -> None:
    """Closure, a daily check-in on each working day before it, the retro; at the team's hour."""
    calendar = Calendar.from_ical(review_calendar(postmortem(INCIDENT, **RECORD), NOW))
    entries = {str(entry["UID"]): entry for entry in calendar.walk("VEVENT")}
    assert entries["2026-11-03-login-closure@pmkit"]["DTSTART"].dt == date(2026, 11, 10)
    daily = [uid for uid in entries if "daily" in uid]
    assert [uid.removeprefix("2026-11-03-login-daily-")[:10] for uid in daily] == [
        "2026-11-04", "2026-11-05", "2026-11-06", "2026-11-09",
    ]  # fmt: skip
    start = entries[daily[0]]["DTSTART"].dt
    assert (start.astimezone(UTC).hour, start.astimezone(UTC).minute) == (8, 15)
    retro = entries["2026-11-03-login-final-retro@pmkit"]
    assert retro["DTSTART"].dt.date() == date(2026, 11, 10)
    assert str(retro["ATTENDEE"]) == "mailto:ana@example.com"


def test_the_same_review_gives_the_same_entries(postmortem: Make) -> None:
    """The same bytes, so that a file taken in again adds nothing; without an end there are no dates."""
    pm = postmortem(INCIDENT, **RECORD)
    assert review_calendar(pm, NOW) == review_calendar(pm, NOW)
    assert b"BEGIN:VEVENT" not in review_calendar(postmortem(INCIDENT), NOW)


# The tracker


ACTIONS: list[dict[str, Any]] = [
    {"action_id": "A1", "action": "Cap retries.", "dri": "Scribe", "due_on": "2026-11-20", "priority": "P0",
     "status": "open"},
    {"action_id": "A2", "action": "Page on {x}", "dri": "Li Wei", "due_on": "2026-11-06", "priority": "P1",
     "status": "in progress"},
    {"action_id": "A3", "action": "Done thing", "dri": "Li Wei", "due_on": "2026-11-06", "status": "done"},
    {"action_id": "A4", "action": "Nobody's", "status": "open"},
    {"action_id": "A5", "action": "When", "dri": "Li Wei", "status": "open"},
]  # fmt: skip
AGREED = [{"decision_id": "D1", "decision": "all", "about": "actions", "decided_at": "2026-11-05T10:00:00Z"}]


def test_the_tracker_says_what_is_late_and_whom_to_ask(postmortem: Make) -> None:
    """In working days; the most overdue first, what is done last; a role is its person."""
    tracked = track_actions(postmortem(INCIDENT, actions=ACTIONS, decisions=AGREED), date(2026, 11, 11))
    assert tracked["action_id"].tolist() == ["A2", "A1", "A4", "A5", "A3"]
    by_id = tracked.set_index("action_id")
    assert by_id.at["A2", "overdue_days"] == 3
    assert by_id.at["A2", "age_days"] == 6
    assert by_id.at["A1", "person"] == "Ana Costa"
    assert f"{by_id.at['A1', 'allowed_until']:%Y-%m-%d}" == "2026-11-12"
    assert by_id["reminder"].to_dict() == {
        "A2": "Li Wei, A2 “Page on {x}” was due on 2026-11-06, 3 working days ago: "
        "what stands in its way, and till when?",
        "A1": "Ana Costa, A1 “Cap retries” is due on 2026-11-20; as P0 it should be done by 2026-11-12.",
        "A4": "A4 “Nobody's” has no DRI: who takes it?",
        "A5": "Li Wei, A5 “When” has no date: when can it be done?",
        "A3": "",
    }


def test_the_tracker_in_words(postmortem: Make) -> None:
    """Each action with its facts, and an arrow before what to ask; no actions are said to be none."""
    tracked = track_actions(postmortem(INCIDENT, actions=ACTIONS), date(2026, 11, 11))
    assert "    P1 · Li Wei · due 2026-11-06, overdue · in progress" in describe_actions(tracked).splitlines()
    assert describe_actions(tracked.head(0)) == "No actions."
