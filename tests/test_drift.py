"""Drift: what newer evidence moved is named, and so are the words that rested on it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from pmkit.drift import COLUMNS, describe_drift, find_drift
from pmkit.postmortem import Incident, Postmortem

Make = Callable[..., Postmortem]

INCIDENT = Incident("inc-1", "Checkout failed", "P1", timezone="Europe/Amsterdam")


def message(minute: int, text: str, *, file: str = "a.zip", **said: object) -> dict[str, object]:
    return {
        "event_id": f"slack:C1:{minute}", "time": f"2026-11-03T08:{minute:02}:00Z", "source": "slack",
        "kind": "message", "text": text, "ref": f"evidence/{file}#ops/1.json:{minute}",
        "slack_channel_id": "C1", **said,
    }  # fmt: skip


def marked(minute: int, mark: str, **said: object) -> dict[str, object]:
    return {"event_id": f"slack:C1:{minute}", "included": True, "mark": mark, **said}


def file(name: str) -> dict[str, object]:
    return {"path": f"evidence/{name}", "source": "slack", "sha256": name, "bytes": 1}


def lost(drift: pd.DataFrame) -> dict[tuple[str, str], Mapping[str, Any]]:
    rows = drift[drift["change"] == "lost support"].to_dict("records")
    return {(row["what"], row["id"]): row for row in rows}


def test_the_same_state_has_no_drift(postmortem: Make) -> None:
    """Nothing moved: no rows, all columns, no words."""
    pm = postmortem(INCIDENT, events=[message(1, "down")], timeline=[marked(1, "detected")])
    drift = find_drift(pm, pm)
    assert drift.empty
    assert tuple(drift.columns) == COLUMNS
    assert describe_drift(drift) == ""


def test_records_that_came_and_changed_are_told(postmortem: Make) -> None:
    """New, edited, deleted, at another time, and gone from a newer export that should hold them."""
    before = postmortem(
        INCIDENT,
        events=[message(n, f"m{n}") for n in range(1, 9)],
        evidence=[file("a.zip")],
    )
    newer: dict[str, Any] = {"file": "b.zip"}
    after = postmortem(
        INCIDENT,
        events=[
            message(1, "m1", **newer),
            message(2, "m2, mended", **newer),
            message(3, "", **newer, kind="deleted"),
            message(4, "m4"),
            message(5, "m5", **newer, time="2026-11-03T08:05:30Z"),
            message(6, "m6", **newer),
            message(7, "m7"),
            message(8, "m8"),
            message(30, "m30", file="c.zip", slack_channel_id="C2"),
            {"event_id": "slack:unreadable:x", "source": "slack", "kind": "unreadable"},
        ],
        evidence=[file("a.zip"), file("b.zip"), file("c.zip")],
    )
    drift = find_drift(before, after).set_index("id")
    assert drift["change"].to_dict() == {
        "slack:C1:30": "added", "slack:C1:2": "edited", "slack:C1:3": "deleted", "slack:C1:4": "gone",
        "slack:C1:5": "moved",
    }  # fmt: skip
    assert drift.loc["slack:C1:2", ["before", "after"]].tolist() == ["m2", "m2, mended"]
    assert drift.loc["slack:C1:3", ["before", "after"]].tolist() == ["m3", ""]
    assert drift.loc["slack:C1:5", "after"] == "2026-11-03 08:05:30"
    text = describe_drift(find_drift(before, after))
    assert text.startswith("What moved: 1 new, 1 edited, 1 deleted, 1 gone, 1 at another time")
    assert "  edited: 2026-11-03 08:02:00 “m2” → “m2, mended”" in text


def test_what_says_that_it_is_incomplete_tells_of_nothing_gone(postmortem: Make) -> None:
    """A fetch that had to stop lacks messages, which may be there all the same."""
    messages = [message(n, f"m{n}") for n in range(1, 4)]
    before = postmortem(INCIDENT, events=messages, evidence=[file("a.zip")])
    newer = [message(1, "m1", file="b.zip"), message(2, "m2"), message(3, "m3", file="b.zip")]
    for note, gone in (("", 1), ("incomplete: replies of 2 of 3 threads (no answer)", 0)):
        evidence = [file("a.zip"), file("b.zip") | {"note": note}]
        after = postmortem(INCIDENT, events=newer, evidence=evidence)
        assert (find_drift(before, after)["change"] == "gone").sum() == gone


def test_anchors_and_metrics_that_move_are_told(postmortem: Make) -> None:
    """PagerDuty's newer record brings an earlier page and a resolution."""
    sheet = [marked(0, "impact_started")]
    page = {"event_id": "pd:2", "source": "pagerduty", "kind": "trigger", "time": "2026-11-03T08:20:00Z"}
    early = page | {"event_id": "pd:1", "time": "2026-11-03T08:18:00Z"}
    end = page | {"event_id": "pd:3", "kind": "resolve", "time": "2026-11-03T09:41:10Z"}
    before = postmortem(INCIDENT, events=[message(0, "down"), page], timeline=sheet)
    after = postmortem(INCIDENT, events=[message(0, "down"), page, early, end], timeline=sheet)
    drift = find_drift(before, after)
    found = drift[drift["what"] != "event"][["what", "id", "change", "before", "after"]]
    assert found.to_numpy().tolist() == [
        ["anchor", "detected", "moved", "2026-11-03 08:20:00", "2026-11-03 08:18:00"],
        ["anchor", "resolved", "appeared", "", "2026-11-03 09:41:10"],
        ["metric", "Time to detect", "moved", "20 min", "18 min"],
        ["metric", "Time to resolve", "moved", "unknown", "1 h 41 min"],
    ]
    back = find_drift(after, before)
    assert back.loc[back["id"] == "resolved", "change"].tolist() == ["gone"]
    assert "metric Time to resolve: unknown → 1 h 41 min" in describe_drift(drift)


def test_words_that_cite_what_changed_lose_support(postmortem: Make) -> None:
    """Summaries, factors, links, decisions, questions and notes, each with the reason; others stay."""
    cites = {"event_ids": "slack:C1:1 slack:C1:2"}
    said: dict[str, Any] = {
        "timeline": [marked(1, "detected"), marked(2, "", summary="It was rolled back"), marked(3, "")],
        "factors": [
            {"factor_id": "F1", "statement": "No limit", **cites},
            {"factor_id": "F2", "statement": "x"},
        ],
        "factor_links": [{"cause": "F1", "effect": "impact", "note": "so", **cites}],
        "decisions": [{"decision_id": "D1", "decision": "Roll back", **cites}],
        "questions": [{"question_id": "Q1", "question": "Why?", "event_ids": "slack:C1:3"}],
        "notes": {"summary": "It began. The page (slack:C1:2) was late.\nIt ended.", "lucky": "We were."},
    }
    before = postmortem(INCIDENT, events=[message(n, f"m{n}") for n in (1, 2, 3)], **said)
    after = postmortem(INCIDENT, events=[message(1, "m1"), message(2, "x"), message(3, "y")], **said)
    found = lost(find_drift(before, after))
    assert list(found) == [
        ("timeline", "slack:C1:2"), ("factors", "F1"), ("factor_links", "F1 → impact"), ("decisions", "D1"),
        ("questions", "Q1"), ("notes", "summary"),
    ]  # fmt: skip
    assert found["timeline", "slack:C1:2"]["before"] == "It was rolled back"
    assert found["timeline", "slack:C1:2"]["because"] == "its record was edited"
    assert found["factors", "F1"]["because"] == "slack:C1:2 was edited"
    assert found["notes", "summary"]["before"] == "The page (slack:C1:2) was late."
    assert "Look at these again" in describe_drift(find_drift(before, after))


def test_times_and_durations_in_the_words_are_held_against_the_timeline(postmortem: Make) -> None:
    """A clock time in UTC or the team's zone, a duration, and a decision's time, when they are no more."""
    sheet = [marked(0, "impact_started"), marked(20, "detected"), marked(40, "mitigated")]
    notes = {
        "summary": "Found at 09:20 by hand. It ended at 08:40. Found after 20 min; 1 h 20 min were lost.",
        "impact": "Ratio 08:20:1, build 1.08:20, 20 minutes.",
    }
    decisions = [{"decision_id": "D1", "decision": "Page", "decided_at": "2026-11-03T08:20:00Z"}]
    said: dict[str, Any] = {"timeline": sheet, "notes": notes, "decisions": decisions}
    events = [message(n, f"m{n}") for n in (0, 20, 40)]
    before = postmortem(INCIDENT, events=events, **said)
    events[1] = events[1] | {"time": "2026-11-03T08:23:00Z"}
    drift = find_drift(before, postmortem(INCIDENT, events=events, **said))
    rows = drift[(drift["change"] == "lost support") & drift["what"].isin(["notes", "decisions"])]
    assert rows[["id", "before", "because"]].to_numpy().tolist() == [
        ["D1", "Page", "the event of 2026-11-03 08:20:00 moved"],
        ["summary", "Found at 09:20 by hand.", "nothing on the timeline is at 09:20 any more"],
        ["summary", "Found after 20 min; 1 h 20 min were lost.", "time to detect is 23 min now"],
    ]


def test_many_changes_are_cut_short(postmortem: Make) -> None:
    """The words stay few, the frame whole."""
    before = postmortem(INCIDENT, events=[message(n, f"m{n}") for n in range(30)])
    after = postmortem(INCIDENT, events=[message(n, f"{n}" * 90) for n in range(30)])
    drift = find_drift(before, after)
    lines = describe_drift(drift).splitlines()
    assert len(drift) == 30
    assert lines[-1] == "  … and 22 more"
    assert len(lines) == 10
    assert max(map(len, lines)) < 120
