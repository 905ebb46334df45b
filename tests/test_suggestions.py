"""Suggestions: what is suggested, with which reasons, and what is not suggested again."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pandas as pd
import pytest

from pmkit import schema
from pmkit.postmortem import Channel, Incident, Member, Postmortem
from pmkit.suggestions import COLUMNS, KINDS, _families, suggest
from pmkit.timeline import build_timeline
from pmkit.vocabulary import load_vocabulary
from pmkit.workspace import Workspace
from tests.conftest import REPOSITORY

Rows = Callable[..., pd.DataFrame]
TRUTH = json.loads((REPOSITORY / "data" / "checkout-failure.truth.json").read_text(encoding="utf-8"))
INCIDENT = Incident(
    id="i",
    title="Payments refuse cards in Japan",
    severity="P1",
    services=("payments-api",),
    members=(Member("Incident Commander", "Ada Byron", "U1"),),
    channels=(Channel("inc-updates"), Channel("inc-decisions", "The log of decisions")),
)


def at(clock: str) -> str:
    return f"2026-11-03T{clock}Z"


def said(event_id: str, clock: str, text: str, **more: object) -> dict[str, object]:
    return {
        "event_id": event_id, "time": at(clock), "text": text, "place": "#inc-updates", "actor": "ben",
        "slack_user_id": "U2", **more,
    }  # fmt: skip


def page(
    event_id: str, clock: str, kind: str, text: str = "payments-api: cards refused"
) -> dict[str, object]:
    return {"event_id": event_id, "time": at(clock), "source": "pagerduty", "kind": kind, "text": text}


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


def found(postmortem: Postmortem, kind: str) -> pd.DataFrame:
    rows = suggest(postmortem)
    return rows[rows["kind"] == kind].reset_index(drop=True)


@pytest.fixture(scope="module")
def sample() -> Postmortem:
    return Workspace.open(REPOSITORY / "data" / "checkout-failure").load()


@pytest.fixture(scope="module")
def untouched(sample: Postmortem) -> Postmortem:
    """The sample as it was before anybody looked at it."""
    worksheet = schema.empty(schema.TIMELINE)
    return replace(
        sample,
        worksheet=worksheet,
        timeline=build_timeline(sample.events, worksheet),
        decisions=schema.empty(schema.DECISIONS),
    )


# The sample


def test_the_early_signals_of_the_sample_come_first(untouched: Postmortem) -> None:
    """One is written as good news, the other in Japanese; both are in the top three."""
    first = found(untouched, "early signal").head(3)
    assert set(TRUTH["early_signals"]) <= set(first["event_id"])


def test_the_anchors_of_the_sample_are_among_those_suggested(untouched: Postmortem) -> None:
    """Also those that nobody recorded when they were, and a message states later."""
    anchors = found(untouched, "anchor")
    for mark, anchor in TRUTH["anchors"].items():
        times = anchors.loc[anchors["suggestion_id"].str.startswith(f"anchor:{mark}:"), "time"]
        assert pd.Timestamp(anchor["time"]) in set(times.dt.floor("s")), mark


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


def test_the_points_add_up(untouched: Postmortem) -> None:
    """The score of an early signal is the sum of what its reasons say."""
    for row in found(untouched, "early signal").itertuples():
        points = [reason.rpartition("(")[2].rstrip(")") for reason in row.reasons if reason.endswith(")")]
        assert row.score == pytest.approx(sum(float(point.replace("−", "-")) for point in points))


# Early signals


def test_a_doubt_before_the_page_is_suggested(events: Rows) -> None:
    """With the words that gave it away."""
    doubt = said("doubt", "13:50:00", "Anyone else seeing errors from payments-api?", place="#general")
    rows = found(review(events(doubt, *PAGES)), "early signal")
    assert rows["event_id"].tolist() == ["doubt"]
    assert any("Anyone else" in reason for reason in rows["reasons"][0])
    assert rows["proposal"][0] == ("timeline", "doubt", {"included": "yes"})


def test_small_talk_is_not_suggested(events: Rows) -> None:
    """Nor what was written after the detection."""
    talk = said("soup", "13:50:00", "Soup of the day: leek.", place="#general")
    late = said("late", "14:10:00", "Anyone else seeing errors from payments-api?", place="#general")
    assert found(review(events(talk, late, *PAGES)), "early signal").empty


@pytest.mark.parametrize("included", ["yes", "no"])
def test_like_alerts_are_one_suggestion_until_one_is_handled(
    events: Rows, worksheet: Rows, included: str
) -> None:
    """The first of its burst stands for all."""
    alerts = [
        said(f"alert{n}", f"13:{n}0:00", f"payments-api: {n}00 errors", place="#alerts", slack_is_bot=True)
        for n in range(1, 5)
    ]
    frame = events(*alerts, *PAGES)
    rows = found(review(frame), "early signal")
    assert rows["event_id"].tolist() == ["alert1"]
    assert "The first of 4 alike in its burst" in rows["reasons"][0]
    handled = worksheet({"event_id": "alert1", "included": included})
    assert found(review(frame, handled), "early signal").empty


def test_what_comes_every_day_weighs_less(events: Rows) -> None:
    """An alert that came on earlier days too loses points for it."""
    text = "payments-api: queue above 500"
    today = said("today", "13:50:00", text, place="#alerts", slack_is_bot=True)
    before = today | {"event_id": "before", "time": "2026-10-30T13:50:00Z"}
    once, often = (
        found(review(events(*rows, *PAGES)), "early signal").set_index("event_id")["score"]
        for rows in ([today], [before, today])
    )
    assert once["today"] > often.get("today", 0)


def test_the_tellings_of_one_deploy_are_one_suggestion(events: Rows, worksheet: Rows) -> None:
    """It goes by what happened, and below what people and alerts say while nothing else speaks of it."""
    asked, done = (
        {"event_id": name, "time": at(clock), "source": "deploy", "kind": kind, "place": "shop/payments",
         "text": f"{words} 4f2a9c1 to production: payments-api", "deploy_version": "4f2a9c1"}
        for name, clock, kind, words in (
            ("asked", "13:20:00", "change", "Deployment asked for:"),
            ("done", "13:22:00", "deploy", "Deployed"),
        )
    )  # fmt: skip
    posted = said("posted", "13:22:05", "payments-api 4f2a9c1 deployed", place="#deploys", slack_is_bot=True)
    doubt = said("doubt", "13:50:00", "Anyone else seeing errors from payments-api?", place="#general")
    frame = events(asked, done, posted, doubt, *PAGES)
    assert found(review(frame), "early signal")["event_id"].tolist() == ["doubt", "done"]
    handled = worksheet({"event_id": "posted", "included": "no"})
    assert found(review(frame, handled), "early signal")["event_id"].tolist() == ["doubt"]
    named = said("named", "14:30:00", "It is 4f2a9c1, we take it back.")
    rows = found(review(events(asked, done, posted, doubt, named, *PAGES)), "early signal")
    assert any("4f2a9c1" in reason for reason in rows.set_index("event_id").loc["done", "reasons"])


def test_an_alert_that_is_new_goes_by_its_first_time(events: Rows) -> None:
    """What came in waves is offered where it began; what comes on all days where it came last."""
    text = "payments-api: lookups above 500"
    waves = [
        said(f"wave{clock[:2]}", clock, text, place="#alerts", slack_is_bot=True)
        for clock in ("11:00:00", "12:00:00", "13:00:00")
    ]
    past = [
        said(f"past{day}", "10:00:00", "other", place="#alerts", slack_is_bot=True)
        | {"time": f"2026-10-{day}T10:00:00Z"}
        for day in (29, 30)
    ]
    rows = found(review(events(*past, *waves, *PAGES)), "early signal")
    assert rows["event_id"].tolist() == ["wave11"]
    assert any("first of 3 times" in reason for reason in rows["reasons"][0])
    daily = [row | {"text": text} for row in past]
    vocabulary = load_vocabulary()
    lenient = replace(vocabulary, points={**vocabulary.points, "enough": 0.1})
    rows = suggest(review(events(*daily, *waves, *PAGES)), vocabulary=lenient)
    assert "wave13" in set(rows["event_id"])
    assert "wave11" not in set(rows["event_id"])


def test_a_team_can_weigh_otherwise(events: Rows) -> None:
    """The points are data."""
    doubt = said("doubt", "13:50:00", "Anyone else seeing errors from payments-api?", place="#general")
    vocabulary = load_vocabulary()
    strict = replace(vocabulary, points={**vocabulary.points, "enough": 9.0})
    rows = suggest(review(events(doubt, *PAGES)), vocabulary=strict)
    assert "early signal" not in set(rows["kind"])


# Anchors


def test_a_stated_time_is_suggested_as_a_manual_event(events: Rows) -> None:
    """Only with its zone, and the message stays the evidence."""
    stated = said("stated", "14:40:00", "Start of impact is `13:41:12Z`, from the attempt log. More later.")
    vague = said("vague", "14:41:00", "Start of impact was about 13:30 I think")
    rows = found(review(events(stated, vague, *PAGES)), "anchor")
    rows = rows[rows["suggestion_id"].str.contains("impact_started")].set_index("event_id")
    assert rows.loc["stated", "time"] == pd.Timestamp(at("13:41:12"))
    proposal = rows.loc["stated", "proposal"]
    assert proposal.row_id == "manual:impact-started"
    assert proposal.values["time"] == at("13:41:12.000000")
    assert proposal.values["summary"] == "Start of impact is 13:41:12Z, from the attempt log."
    assert rows.loc["vague", "proposal"].row_id == "vague"


def test_a_mark_is_added_to_those_an_event_has(events: Rows, worksheet: Rows) -> None:
    """Nothing that people marked is lost by taking a suggestion."""
    marked = worksheet({"event_id": "trigger", "mark": "our_own"})
    rows = found(review(events(*PAGES), marked), "anchor").set_index("event_id")
    assert rows.loc["trigger", "proposal"].values["mark"] == "our_own detected"


# Decisions


def test_a_decision_spoken_in_updates_is_suggested(events: Rows) -> None:
    """With the role that spoke it and the sentence that says it."""
    spoken = said(
        "spoken", "14:20:00", "Thank you all. We'll roll back payments-api to 41.", slack_user_id="U1",
        slack_reactions="+1 3",
    )  # fmt: skip
    rows = found(review(events(spoken, *PAGES)), "decision")
    assert rows["proposal"][0].values == {
        "decided_at": at("14:20:00.000000"),
        "decision": "We'll roll back payments-api to 41.",
        "decided_by": "Incident Commander",
        "event_ids": "spoken",
    }
    assert rows["score"][0] == pytest.approx(1.0)


def test_a_decision_that_is_recorded_is_not_suggested(events: Rows, worksheet: Rows) -> None:
    """In the channel of decisions, in the table, or left out by people; nor a mere pointer to it."""
    spoken = said("spoken", "14:20:00", "We'll roll back payments-api to release 41 now.")
    told = said("told", "14:22:00", "D1: roll back payments-api to release 41", place="#inc-decisions")
    pointer = said("pointer", "14:23:00", "Decision D1 is in #inc-decisions, agreed.")
    decided = schema.conform(
        pd.DataFrame([{"decision_id": "D1", "decision": "x", "event_ids": "spoken"}]), schema.DECISIONS
    )
    left_out = worksheet({"event_id": "spoken", "included": "no"})
    assert found(review(events(spoken, *PAGES)), "decision")["event_id"].tolist() == ["spoken"]
    assert found(review(events(spoken, told, pointer, *PAGES)), "decision").empty
    assert found(review(events(spoken, *PAGES), decisions=decided), "decision").empty
    assert found(review(events(spoken, *PAGES), left_out), "decision").empty


def test_a_step_is_suggested_when_somebody_asks_whether_it_was_decided(events: Rows, worksheet: Rows) -> None:
    """The step, not the question; both are its evidence, and being left out of the timeline is no answer."""
    step = said("step", "14:20:00", "Refresh is off for everybody now.", actor="cy", slack_user_id="U3")
    question = said("question", "14:21:00", "did we decide that?")
    left_out = worksheet({"event_id": "step", "included": "no"})
    for sheet in (None, left_out):
        rows = found(review(events(step, question, *PAGES), sheet), "decision")
        assert rows["event_id"].tolist() == ["step"]
        assert rows["proposal"][0].values["event_ids"] == "step question"
    both = said("both", "14:20:00", "Refresh is off for everybody now, did we decide that?")
    assert found(review(events(both, *PAGES)), "decision")["event_id"].tolist() == ["both"]
    decided = said("decided", "14:22:00", "Restart as decided, zone by zone.")
    assert found(review(events(decided, *PAGES)), "decision").empty


def test_a_closed_issue_is_no_end_of_the_incident(events: Rows) -> None:
    """Only what pages, or says how the incident stands, resolves it."""
    issue = {"event_id": "jira", "time": at("16:00:00"), "source": "jira", "kind": "resolve", "text": "Done"}
    rows = found(review(events(issue, *PAGES[:2])), "anchor")
    assert not rows["suggestion_id"].str.startswith("anchor:resolved").any()
    assert "jira" not in set(found(review(events(issue, *PAGES)), "anchor")["event_id"])


# Gaps


def test_a_silence_with_events_inside_is_suggested(events: Rows) -> None:
    """And one without is not: there is nothing to look at."""
    inside = said("inside", "14:30:00", "Still looking at the pool.", slack_reactions="eyes 2")
    gaps = found(review(events(inside, *PAGES)), "gap")
    assert gaps["event_id"].tolist() == ["inside"]
    assert any("1 in #inc-updates" in reason for reason in gaps["reasons"][0])
    assert found(review(events(*PAGES)), "gap").empty


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


def test_what_a_machine_says_of_many_items_is_one_thing() -> None:
    """Also of an item whose name stands elsewhere; two monitors of one service are two."""
    said = [
        f"[Notice] stock: {item} availability in KIX is 0" for item in ("jug", "cup", "bowl", "lamp", "tray")
    ]
    said += ["[Notice] stock: kettle availability in KIX is 0", "[Notice] stock: kettle orders above 5"]
    said += [
        f"[Warning] stock: {what} above 5" for what in ("holds", "retries", "refunds", "orders", "kettle")
    ]
    said += ["[Warning] kettle kettle"] * 2
    families = _families([f"#alerts\0bot\0{line}" for line in said])
    assert len(set(families.values())) == 1
    assert [line.rsplit("\0", 1)[1] for line in families] == said[:6]
