"""Questions to the record: windows, words, people, threads, places, and what a role could know."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import pytest

from pmkit import explore
from pmkit.errors import PmkitError, WorkspaceError
from pmkit.explore import find_event
from pmkit.postmortem import Incident, Member
from pmkit.workspace import Workspace
from tests.conftest import REPOSITORY

Rows = Callable[..., pd.DataFrame]
INCIDENT = Incident(
    id="i", title="t", severity="P1",
    members=(Member("Incident Commander", "Ada Byron", "U1"), Member("Scribe", "", "")),
)  # fmt: skip


def at(clock: str) -> str:
    return f"2026-11-03T{clock}Z"


def said(event_id: str, clock: str, **more: object) -> dict[str, object]:
    return {
        "event_id": event_id, "time": at(clock), "place": "#ops", "slack_channel_id": "C0000001",
        "slack_ts": event_id, "text": f"text of {event_id}", **more,
    }  # fmt: skip


def page(event_id: str, clock: str, kind: str, text: str) -> dict[str, object]:
    return {
        "event_id": event_id, "time": at(clock), "source": "pagerduty", "kind": kind, "text": text,
        "place": "api", "pd_incident_id": "Q1",
    }  # fmt: skip


def ids(frame: pd.DataFrame) -> list[str]:
    return frame["event_id"].tolist()


def test_a_window_reaches_as_far_before_as_after(events: Rows) -> None:
    """Its ends are in it; it opens around a time or around an event."""
    frame = events(*(said(f"e{n}", f"14:0{n}:00") for n in range(8)))
    assert ids(explore.events_around(frame, at("14:03:00"), 1)) == ["e2", "e3", "e4"]
    assert ids(explore.events_around(frame, "e3", 1, after=0)) == ["e2", "e3"]


def test_a_time_without_its_zone_is_refused(events: Rows) -> None:
    """No guess is made whose clock it was."""
    with pytest.raises(PmkitError, match="with its zone"):
        explore.events_around(events(said("e", "14:00:00")), "2026-11-03T14:00:00")
    with pytest.raises(PmkitError, match="or an event id"):
        explore.events_around(events(said("e", "14:00:00")), "slack:nowhere")


def test_words_are_found_by_pattern_or_as_they_stand(events: Rows) -> None:
    """Without regard to case unless asked; a broken pattern is explained."""
    frame = events(said("a", "14:00:00", text="5XX rising (jp)"), said("b", "14:01:00", text="calm"))
    assert ids(explore.find_text(frame, r"\b5xx\b")) == ["a"]
    assert ids(explore.find_text(frame, "(jp)", regex=False)) == ["a"]
    assert ids(explore.find_text(frame, "5xx", case=True)) == []
    assert ids(explore.find_text(frame, "ops", columns=["place"])) == ["a", "b"]
    with pytest.raises(PmkitError, match="not a regular expression"):
        explore.find_text(frame, "(")


def test_a_person_is_found_by_name_role_or_account(events: Rows) -> None:
    """Names of one Slack account are one person, and PagerDuty's name comes from the roster."""
    frame = events(
        said("a", "14:00:00", actor="ada", slack_user_id="U1"),
        said("b", "14:01:00", actor="Ada 🌮", slack_user_id="U1"),
        said("c", "14:02:00", actor="ben", slack_user_id="U2"),
        {**page("d", "14:03:00", "ack", "Acknowledged"), "actor": "Ada Byron"},
    )
    assert ids(explore.events_by(frame, "ada")) == ["a", "b"]
    for who in ("Incident Commander", "Ada Byron", "U1"):
        assert ids(explore.events_by(frame, who, INCIDENT)) == ["a", "b", "d"]
    assert ids(explore.events_by(frame, ["ben", "Ada Byron"])) == ["c", "d"]


def test_a_thread_is_whole_from_any_of_its_messages(events: Rows) -> None:
    """A message with the same ts in another channel is not part of it."""
    frame = events(
        said("1", "14:00:00", slack_thread_ts="1"),
        said("2", "14:01:00", slack_thread_ts="1", kind="reply"),
        {**said("3", "14:01:30"), "slack_ts": "1", "slack_channel_id": "C0000002"},
        page("4", "14:02:00", "ack", "Acknowledged"),
    )
    assert ids(explore.thread_of(frame, "2")) == ids(explore.thread_of(frame, "1")) == ["1", "2"]
    assert ids(explore.thread_of(frame, "4")) == ["4"]
    with pytest.raises(PmkitError, match="no event"):
        explore.thread_of(frame, "5")


def test_a_place_is_found_with_or_without_its_sign(events: Rows) -> None:
    """By name in any case, or by channel id."""
    frame = events(said("a", "14:00:00"), said("b", "14:01:00", place="#other", slack_channel_id="C0000002"))
    for place in ("#ops", "ops", "OPS", "C0000001"):
        assert ids(explore.events_in(frame, place)) == ["a"]


# What a role could know


def known(frame: pd.DataFrame, clock: str, **more: object) -> dict[str, str]:
    rows = explore.known_to(frame, INCIDENT, "incident commander", at(clock), **more)  # type: ignore[arg-type]
    return dict(zip(rows["event_id"], rows["known_by"], strict=True))


def test_a_channel_is_known_from_joining_it_on(events: Rows) -> None:
    """With what was written before, and not with what is written after leaving."""
    mine = {"actor": "ada", "slack_user_id": "U1"}
    frame = events(
        said("before", "14:00:00"),
        said("join", "14:05:00", kind="join", **mine),
        said("after", "14:06:00"),
        said("leave", "14:07:00", kind="leave", **mine),
        said("later", "14:08:00"),
    )
    assert known(frame, "14:04:59", public=False) == {}
    assert set(known(frame, "14:06:00", public=False)) == {"before", "join", "after"}
    assert "later" not in known(frame, "15:00:00", public=False)
    assert known(frame, "15:00:00")["later"] == "public channel"
    rows = explore.known_to(frame, INCIDENT, "Incident Commander", at("15:00:00"))
    since = rows.set_index("event_id")["known_at"]
    assert since["before"] == pd.Timestamp(at("14:05:00"))


def test_who_writes_without_joining_was_there_all_along(events: Rows) -> None:
    """Slack records every joining, so the member was there before the record begins."""
    frame = events(said("a", "14:00:00"), said("b", "14:09:00", slack_user_id="U1"))
    assert known(frame, "14:01:00") == {"a": "in the channel"}


def test_a_private_channel_is_closed_to_who_is_not_in_it(events: Rows) -> None:
    """By its id, or because one says so."""
    frame = events(said("a", "14:00:00", slack_channel_id="G0000001"), said("b", "14:00:01"))
    assert known(frame, "14:01:00") == {"b": "public channel"}
    assert known(frame, "14:01:00", private=["ops"]) == {}


def test_a_page_opens_its_incident(events: Rows) -> None:
    """The log is known from the first page on, and the incident as an object, which tells its end, never."""
    frame = events(
        page("object", "14:00:00", "incident", "resolved 15:00"),
        page("trigger", "14:00:00", "trigger", "Triggered"),
        page("other", "14:01:00", "notify", "Paged Ben Zane (push)"),
        page("mine", "14:05:00", "notify", "Paged Ada Byron (push)"),
    )
    assert known(frame, "14:04:00") == {}
    assert known(frame, "14:05:00") == {
        "trigger": "in the incident", "other": "in the incident", "mine": "was paged",
    }  # fmt: skip


def test_later_words_and_reactions_are_taken_away(events: Rows) -> None:
    """An edit counts from its own time on."""
    edited = pd.Timestamp(at("14:30:00")).timestamp()
    frame = events(said("a", "14:00:00", slack_edited_ts=f"{edited:.6f}", slack_reactions="tada 9"))

    def text(clock: str) -> str:
        return str(explore.known_to(frame, INCIDENT, "Incident Commander", at(clock))["text"].iloc[0])

    assert text("14:29:59") == "(edited later, at 14:30:00 UTC; what it said before is not in the export)"
    assert text("14:30:00") == "text of a"
    rows = explore.known_to(frame, INCIDENT, "Incident Commander", at("15:00:00"))
    assert rows["slack_reactions"].tolist() == [""]
    assert frame["slack_reactions"].tolist() == ["tada 9"]
    frame = frame.assign(recorded_at=frame["time"], time=frame["time"] + pd.Timedelta("5min"))
    assert text("14:34:59") == "(edited later, at 14:35:00 UTC; what it said before is not in the export)"
    assert text("14:35:00") == "text of a"


def test_a_role_that_nobody_fills_is_named(events: Rows) -> None:
    """And one that does not exist comes with those that do."""
    with pytest.raises(PmkitError, match="nobody fills"):
        explore.known_to(events(), INCIDENT, "Scribe", at("14:00:00"))
    with pytest.raises(PmkitError, match="Incident Commander, Scribe"):
        explore.known_to(events(), INCIDENT, "Captain", at("14:00:00"))


def test_the_commander_of_the_sample_knew_nothing_before_the_first_page() -> None:
    """Nothing of a later time is ever visible, for any role at any time."""
    review = Workspace.open(REPOSITORY / "data" / "checkout-failure").load()
    before = explore.known_to(
        review.events, review.incident, "Incident Commander", at("08:12:00"), public=False
    )
    assert before.empty
    for role in review.incident.roles:
        for clock in ("07:50:00", "08:18:00", "09:00:00"):
            rows = explore.known_to(review.events, review.incident, role, at(clock))
            assert (rows["known_at"] <= pd.Timestamp(at(clock))).all()
            assert (rows["time"] <= rows["known_at"]).all()
            assert rows["event_id"].is_unique
    support = explore.known_to(review.events, review.incident, "Support Lead", at("07:53:00"), public=False)
    assert "slack:C05MFGENRL0:1793692325.531912" in ids(support)


def test_an_event_is_found_by_words_that_it_has_alone(events: Rows) -> None:
    """Or by its id; several are named, and none is told."""
    frame = events(
        {"event_id": "a", "time": "2026-11-03T14:00:00Z", "text": "Nobody  can pay (a+b)"},
        {"event_id": "b", "time": "2026-11-03T14:01:00Z", "text": "we can roll back"},
    )
    assert find_event(frame, "b") == "b"
    assert find_event(frame, "nobody can pay (a+b)") == "a"
    with pytest.raises(WorkspaceError, match=r"2 events have .*'can'.*\n  a  Nobody can pay.*\n  b  we"):
        find_event(frame, "can")
    for nothing in ("refused", " "):
        with pytest.raises(WorkspaceError, match="no event has"):
            find_event(frame, nothing)
