"""Early signals: those of the sample come first, small talk is none, what repeats is one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pmkit.postmortem import Postmortem
from pmkit.suggestions import suggest
from pmkit.vocabulary import load_vocabulary
from tests.suggestions.response import PAGES, TRUTH, Rows, at, found, review, said


def test_the_early_signals_of_the_sample_come_first(untouched: Postmortem) -> None:
    """One is written as good news, the other in Japanese; both are in the top three."""
    first = found(untouched, "early signal").head(3)
    assert set(TRUTH["early_signals"]) <= set(first["event_id"])


def test_the_points_add_up(untouched: Postmortem) -> None:
    """The score of an early signal is the sum of what its reasons say."""
    for row in found(untouched, "early signal").itertuples():
        points = [reason.rpartition("(")[2].rstrip(")") for reason in row.reasons if reason.endswith(")")]
        assert row.score == pytest.approx(sum(float(point.replace("−", "-")) for point in points))


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
