"""Spells: active minutes from what people did, by their own clocks, shown of no single person."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmkit.casebook import INCIDENTS, Case
from pmkit.portfolio import build_portfolio, summarise_load
from pmkit.postmortem import Incident, Member
from pmkit.spells import assembled_after, count_handoffs, find_spells, hours_of_day, responder_load
from pmkit.workdays import WorkCalendar

Rows = Callable[..., pd.DataFrame]
BEGIN = pd.Timestamp("2026-11-03T14:00Z")


def at(minute: float) -> pd.Timestamp:
    return BEGIN + pd.Timedelta(minutes=minute)


def messages(events: Rows, *said: tuple[str, float]) -> pd.DataFrame:
    return events(
        *({"event_id": f"m{n}", "actor": who, "time": at(minute)} for n, (who, minute) in enumerate(said))
    )


def test_ten_idle_minutes_end_a_spell(events: Rows) -> None:
    """A pause of ten minutes still belongs to a spell, a longer one begins another."""
    spells = find_spells(messages(events, ("Ana", 0), ("Ana", 10), ("Ana", 20.1), ("Bo", 5)))
    assert spells[["person", "minutes", "events"]].to_numpy().tolist() == [
        ["Ana", 10.0, 2], ["Ana", 1.0, 1], ["Bo", 1.0, 1],
    ]  # fmt: skip


def test_bots_and_joins_are_nobody_at_work(events: Rows) -> None:
    """What a bot says and who merely joined a channel is no activity."""
    rows = events(
        {"event_id": "a", "actor": "alertbot", "time": at(0), "slack_is_bot": True},
        {"event_id": "b", "actor": "Ana", "time": at(1), "kind": "join"},
    )
    assert find_spells(rows).empty


@given(st.lists(st.floats(0, 600, allow_nan=False), min_size=1, max_size=30))
def test_spells_hold_every_act_and_never_overlap(events: Rows, minutes: list[float]) -> None:
    """Each act lies in one spell of its person; spells are apart by more than ten minutes."""
    acts = messages(events, *(("Ana", minute) for minute in minutes))
    spells = find_spells(acts)
    assert spells["events"].sum() == len(minutes)
    gaps = spells["start_at"].iloc[1:].array - spells["end_at"].iloc[:-1].array
    assert (gaps > pd.Timedelta("10min")).all()


def test_hours_are_those_where_the_person_lives(events: Rows) -> None:
    """14:00 UTC on a Tuesday is work in Lisbon, and sleep in Auckland."""
    spells = find_spells(messages(events, ("Ana", 0), ("Ana", 10), ("Bo", 0), ("Bo", 10)))
    hours = hours_of_day(spells, {"Bo": "Pacific/Auckland"}, WorkCalendar(zone="Europe/Lisbon"))
    assert hours.to_numpy().tolist() == [[10.0, 0.0, 0.0], [0.0, 0.0, 10.0]]


def test_a_holiday_has_no_working_hours(events: Rows) -> None:
    """On a day off of the team, noon is off."""
    spells = find_spells(messages(events, ("Ana", 0), ("Ana", 8)))
    calendar = WorkCalendar(days_off=(BEGIN.date(),))
    assert hours_of_day(spells, {}, calendar).to_numpy().tolist() == [[0.0, 8.0, 0.0]]


def test_a_spell_over_a_border_is_split(events: Rows) -> None:
    """The parts of a spell add up to it, also where it runs from work into the evening and the night."""
    spells = find_spells(messages(events, *(("Ana", minute) for minute in range(0, 601, 5))))
    hours = hours_of_day(spells, {}, WorkCalendar())
    assert hours.to_numpy().tolist() == [[240.0, 300.0, 60.0]]
    assert hours.sum(axis=1).tolist() == spells["minutes"].tolist()


@pytest.fixture
def response(events: Rows, worksheet: Rows, postmortem: Callable[..., Any]) -> Any:
    rows = events(
        {"event_id": "p1", "source": "pagerduty", "kind": "trigger", "time": at(0), "actor": "alarm"},
        {"event_id": "p2", "source": "pagerduty", "kind": "assign", "time": at(0)},
        {"event_id": "p3", "source": "pagerduty", "kind": "escalate", "time": at(4)},
        {"event_id": "s1", "time": at(5), "actor": "Ana C", "slack_user_id": "U1"},
        {"event_id": "s2", "time": at(9), "actor": "Ana C", "slack_user_id": "U1"},
        {"event_id": "s3", "time": at(7), "actor": "bo"},
        {"event_id": "s4", "time": at(12), "actor": "Chidi"},
        {"event_id": "s5", "time": at(90), "actor": "Chidi"},
        {"event_id": "p4", "source": "pagerduty", "kind": "resolve", "time": at(40), "actor": "bo"},
    )
    members = (
        Member("Incident Commander", "Ana Costa", slack="U1"),
        Member("Scribe", "Bo Lindt", timezone="Asia/Tokyo"),
    )
    marks = worksheet({"event_id": "p1", "mark": "detected"}, {"event_id": "p4", "mark": "resolved"})
    return postmortem(Incident("inc-1", "x", "P1", members=members), events=rows, worksheet=marks)


def test_load_counts_between_detection_and_resolution(response: Any) -> None:
    """A person is known by Slack id or by name, helpers are others, and what came later does not count."""
    load = responder_load(response).set_index("person")
    assert load["role"].to_dict() == {
        "Ana Costa": "Incident Commander", "Bo Lindt": "Scribe", "Chidi": "others",
    }  # fmt: skip
    assert load.loc["Ana Costa", ["minutes", "joined_after"]].tolist() == [4.0, 5.0]
    assert load.loc["Bo Lindt", "sleep"] == load.loc["Bo Lindt", "minutes"]
    assert load.loc["Chidi", "minutes"] == 1.0
    assert assembled_after(load) == 12.0
    assert count_handoffs(response) == 1


def test_without_anchors_nothing_is_counted(events: Rows, postmortem: Callable[..., Any]) -> None:
    """Where detection or resolution is unknown there is no load, instead of a guessed one."""
    pm = postmortem(events=messages(events, ("Ana", 0)))
    assert responder_load(pm).empty
    assert count_handoffs(pm) == 0
    assert pd.isna(assembled_after(responder_load(pm)))


def case(number: int, *people: tuple[str, str]) -> Case:
    blank: dict[str, Any] = {column: "" for column, dtype in INCIDENTS.items() if dtype == "str"}
    row = {**blank, "incident_id": f"i{number}", "started_at": datetime(2026, 1, 1, tzinfo=UTC),
           "is_late": False}  # fmt: skip
    load = ({"incident_id": f"i{number}", "person": person, "role": role, "minutes": 60.0, "working": 30.0,
             "off": 20.0, "sleep": 10.0, "joined_after": 1.0} for person, role in people)  # fmt: skip
    return Case(row, load=tuple(load))


def test_fewer_than_five_people_are_not_shown() -> None:
    """A role of four people is not shown, neither by itself nor as the rest of a total."""
    cases = [case(n, (f"p{n}", "Scribe"), (f"q{n % 4}", "Incident Commander")) for n in range(8)]
    load = summarise_load(build_portfolio(cases))
    assert load["role"].tolist() == ["Scribe"]
    (row,) = load.to_dict("records")
    assert (row["people"], row["hours"], row["working"], row["off"], round(row["sleep"])) == (
        8, 8.0, 50.0, pytest.approx(100 / 3), 17,
    )  # fmt: skip


def test_small_roles_are_shown_together_when_they_are_enough() -> None:
    """Three and three people in two roles make one row of six."""
    cases = [case(n, (f"p{n}", "Scribe"), (f"q{n}", "Support Lead")) for n in range(3)]
    (row,) = summarise_load(build_portfolio(cases)).to_dict("records")
    assert (row["role"], row["people"]) == ("other roles", 6)
