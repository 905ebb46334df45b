"""Debrief questions: when they are asked, how they are worded, and that nothing in them is invented."""

from __future__ import annotations

import re
from collections.abc import Callable

import pandas as pd
import pytest

from pmkit import schema
from pmkit.debrief import COLUMNS, RULES, debrief_questions
from pmkit.postmortem import Channel, Incident, Postmortem
from pmkit.timeline import build_timeline
from pmkit.workspace import Workspace
from tests.conftest import REPOSITORY

Rows = Callable[..., pd.DataFrame]
INCIDENT = Incident(id="i", title="t", severity="P1", timezone="Europe/Amsterdam", channels=(Channel("inc"),))


def at(clock: str) -> str:
    return f"2026-11-03T{clock}Z"


def said(event_id: str, clock: str, text: str = "looking", **more: object) -> dict[str, object]:
    return {
        "event_id": event_id, "time": at(clock), "text": text, "place": "#inc", "slack_user_id": "U2",
        "slack_ts": event_id, "slack_channel_id": "C1", **more,
    }  # fmt: skip


def page(event_id: str, clock: str, kind: str, text: str = "") -> dict[str, object]:
    return {
        "event_id": event_id,
        "time": at(clock),
        "source": "pagerduty",
        "kind": kind,
        "text": text or kind,
    }


PAGES = (
    page("trigger", "14:00:00", "trigger"),
    page("ack", "14:05:00", "ack"),
    page("end", "15:00:00", "resolve"),
)


def review(events: pd.DataFrame, worksheet: pd.DataFrame | None = None, **more: pd.DataFrame) -> Postmortem:
    worksheet = schema.empty(schema.TIMELINE) if worksheet is None else worksheet
    tables = {name: schema.empty(table) for name, table in schema.WORKSHEETS.items() if name != "timeline"}
    return Postmortem(
        incident=INCIDENT,
        evidence=schema.empty(schema.EVIDENCE),
        events=events,
        worksheet=worksheet,
        timeline=build_timeline(events, worksheet),
        **(tables | more),
    )


def asked(postmortem: Postmortem, rule: str) -> pd.DataFrame:
    rows = debrief_questions(postmortem)
    return rows[rows["rule"] == rule].reset_index(drop=True)


@pytest.fixture(scope="module")
def sample() -> Postmortem:
    return Workspace.open(REPOSITORY / "data" / "checkout-failure").load()


def test_the_sample_gives_reason_for_many_kinds_of_questions(sample: Postmortem) -> None:
    """At least twelve rules ask, none more than three times, in order of time."""
    rows = debrief_questions(sample)
    assert tuple(rows.columns) == COLUMNS
    assert rows["rule"].nunique() >= 12
    assert set(rows["rule"]) <= set(RULES)
    assert rows["rule"].value_counts().max() <= 3
    assert rows["start_at"].is_monotonic_increasing
    assert (rows["end_at"] >= rows["start_at"]).all()


def test_questions_ask_how_and_what(sample: Postmortem) -> None:
    """Never why, never who; outside of quotes no person of the record is named."""
    people = {name for name in sample.events["actor"] if name} | {m.person for m in sample.incident.members}
    names = {part for name in people for part in re.findall(r"\w{4,}", name)} - {
        "cart",
        "payments",
        "gateway",
    }
    for row in debrief_questions(sample).itertuples():
        own = re.sub(r"“.*?”(?=[ ,]|$)", "", row.question)
        assert row.question.endswith("?")
        assert re.search(r"\b(how|what)\b", own, re.IGNORECASE), row.question
        assert not re.search(r"\b(why|who|whose|should have|failed to)\b", own, re.IGNORECASE), row.question
        assert not names & set(re.findall(r"\w+", own)), row.question


def test_questions_are_about_events_of_the_record(sample: Postmortem) -> None:
    """Their ids exist, on the timeline or in the evidence, and their quotes stand in these events."""
    known = set(sample.events["event_id"]) | set(sample.worksheet["event_id"])
    for row in debrief_questions(sample).itertuples():
        assert set(row.event_ids.split()) <= known
        assert row.why


def test_a_question_fits_the_table_of_questions(sample: Postmortem) -> None:
    """Taking one over is a matter of its number."""
    rows = debrief_questions(sample)
    table = schema.conform(
        rows[["question", "event_ids"]].assign(question_id=[f"Q{n}" for n in range(len(rows))]),
        schema.QUESTIONS,
    )
    schema.validate(table, schema.QUESTIONS)


def test_silence_after_the_acknowledgement_is_asked_about(events: Rows) -> None:
    """With its times, and only when it is long."""
    rows = asked(review(events(*PAGES, said("m", "14:24:00"))), "silence-after-acknowledgement")
    assert rows["question"].tolist() == [
        "14:05–14:24 UTC: no message after the acknowledgement. What were you looking at, "
        "and what did you see there?"
    ]
    assert rows["event_ids"].tolist() == ["ack m"]
    assert asked(review(events(*PAGES, said("m", "14:07:00"))), "silence-after-acknowledgement").empty


def test_an_unusual_hour_is_of_the_team_s_own_clock(events: Rows) -> None:
    """Six in the morning in UTC is seven in Amsterdam, one hour before is not."""
    early = [page("t", "05:00:00", "trigger"), page("a", "05:30:00", "ack")]
    assert (
        "Tuesday, 06:30 in Europe/Amsterdam" in asked(review(events(*early)), "unusual-hour")["question"][0]
    )
    assert asked(review(events(*PAGES)), "unusual-hour").empty


def test_an_open_question_is_one_that_nobody_answered(events: Rows) -> None:
    """A reply in its thread, or somebody else's next message, closes it."""
    question = said("q", "14:10:00", "Is the pool full?")
    reply = said("r", "14:11:00", "yes", slack_user_id="U3", slack_thread_ts="q", kind="reply")
    elsewhere = said("e", "14:11:00", "yes", slack_user_id="U3")
    later = said("l", "14:30:00", "no idea", slack_user_id="U3")
    assert asked(review(events(*PAGES, question, later)), "open-question")["event_ids"].tolist() == ["q"]
    assert asked(review(events(*PAGES, question, reply)), "open-question").empty
    assert asked(review(events(*PAGES, question, elsewhere)), "open-question").empty


def test_a_proposal_is_settled_by_a_decision(events: Rows) -> None:
    """Within the hour; without one it is asked about."""
    proposal = said("p", "14:10:00", "Should we fail over to the other region")
    decisions = schema.conform(
        pd.DataFrame(
            [{"decision_id": "D1", "decision": "x", "decided_at": at("14:40:00"), "alternatives": "y"}]
        ),
        schema.DECISIONS,
    )
    assert asked(review(events(*PAGES, proposal)), "open-proposal")["event_ids"].tolist() == ["p"]
    assert asked(review(events(*PAGES, proposal), decisions=decisions), "open-proposal").empty


def test_a_lull_is_asked_about_with_its_ends(events: Rows) -> None:
    """The longest first, at most three."""
    talk = [said(f"m{n}", f"14:{n}:00") for n in ("06", "20", "32", "34", "50")]
    rows = asked(review(events(*PAGES, *talk)), "lull")
    assert rows["event_ids"].tolist() == ["m06 m20", "m20 m32", "m34 m50"]


def test_a_decision_without_alternatives_is_asked_about(events: Rows) -> None:
    """What else was on the table is best asked while it is remembered."""
    row = {"decision_id": "D1", "decision": "x", "decided_at": at("14:40:00"), "event_ids": "m"}
    decisions = schema.conform(pd.DataFrame([row]), schema.DECISIONS)
    rows = asked(review(events(*PAGES, said("m", "14:40:00")), decisions=decisions), "alternatives")
    assert rows["event_ids"].tolist() == ["m"]
    assert "decision D1" in rows["question"][0]


def test_an_empty_record_gives_no_question(events: Rows) -> None:
    """Without anchors there is nothing to ask about."""
    assert debrief_questions(review(events())).empty
    assert debrief_questions(review(events(said("a", "14:00:00", "hello?")))).empty
