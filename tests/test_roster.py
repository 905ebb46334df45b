"""Who takes part: names that are one known person, and people who are active without being listed."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import pytest

from pmkit.postmortem import Incident, Member, Postmortem
from pmkit.roster import find_active_people, find_person_fault, find_unlisted, tell_people

Rows = Callable[..., pd.DataFrame]
INCIDENT = Incident(
    "i",
    "t",
    "P1",
    members=(
        Member("Incident Commander", "Dana Ruiz", slack="U1"),
        Member("Scribe", "Alex Kim"),
        Member("Support Lead"),
    ),
    people=("Alex Berg", "Platform"),
)


@pytest.mark.parametrize(
    "name",
    [
        "Dana Ruiz",
        " dana  ruiz ",
        "Alex Kim",
        "Platform",
        "Incident Commander",
        "scribe",
        "Mei Tanaka",
        "Dana",
        "berg",
    ],
)
def test_one_known_person_has_no_fault(name: str) -> None:
    """Members, people listed, a role that somebody fills, and who speaks in the evidence."""
    assert find_person_fault(name, INCIDENT, ["Mei Tanaka"]) == ""


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("", "names nobody"), ("TBD", "names nobody"), ("n/a", "names nobody"), ("someone", "names nobody"),
        ("???", "names nobody"), ("SRE team", "names a group"), ("@here", "names a group"),
        ("platform squad", "names a group"), ("everyone", "names a group"), ("on-call", "names a group"),
        ("Dana Ruiz, Alex Kim", "names several"), ("Dana and Alex", "names several"),
        ("Alex", "may be Alex Berg or Alex Kim"),
        ("Support Lead", "the role Support Lead is filled by nobody"), ("Bo Ek", "is not known to take part"),
    ],
)  # fmt: skip
def test_what_is_not_one_person_is_told(name: str, fault: str) -> None:
    """Nobody, a group, several, one of two, an empty role, a stranger."""
    assert find_person_fault(name, INCIDENT).startswith(fault)


def test_active_people_speak_and_are_no_bots(events: Rows) -> None:
    """The most active first; joins, bots and what has no author do not count."""
    at = "2026-11-03T14:00:00Z"
    record = events(
        *({"event_id": f"a{n}", "time": f"2026-11-03T14:0{n}:00Z", "actor": "Bo"} for n in range(3)),
        {"event_id": "d", "time": at, "actor": "Dana", "slack_user_id": "U1"},
        {"event_id": "p", "time": at, "actor": "Ana", "source": "pagerduty", "kind": "ack"},
        {"event_id": "j", "time": at, "actor": "Cy", "kind": "join"},
        {"event_id": "b", "time": at, "actor": "robot", "kind": "bot", "slack_is_bot": True},
        {"event_id": "x", "time": at, "actor": ""},
    )
    people = find_active_people(record)
    assert people["person"].tolist() == ["Bo", "Ana", "Dana"]
    assert people["events"].tolist() == [3, 1, 1]
    assert people["last_at"][0] == pd.Timestamp("2026-11-03T14:02:00Z")


def test_who_is_active_and_not_listed_is_offered(postmortem: Callable[..., Postmortem], events: Rows) -> None:
    """In the window only; somebody known by the id in Slack is listed under whatever name."""
    record = events(
        {"event_id": "1", "time": "2026-11-03T14:00:00Z", "actor": "Bo"},
        {"event_id": "2", "time": "2026-11-03T14:00:00Z", "actor": "dana r.", "slack_user_id": "U1"},
        {"event_id": "3", "time": "2026-11-03T14:00:00Z", "actor": "ALEX KIM"},
        {"event_id": "4", "time": "2026-11-05T14:00:00Z", "actor": "Cy"},
    )
    start, end = pd.Timestamp("2026-11-03T13:00:00Z"), pd.Timestamp("2026-11-03T15:00:00Z")
    unlisted = find_unlisted(postmortem(INCIDENT, events=record), start, end)
    assert unlisted["person"].tolist() == ["Bo"]
    assert tell_people(unlisted) == "Bo"


def test_many_people_are_told_shortly() -> None:
    """The first ones by name, the rest as a number."""
    people = pd.DataFrame({"person": list("ABCDEFG")})
    assert tell_people(people) == "A, B, C, D, E and 2 more"
