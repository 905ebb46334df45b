"""The timeline: its order, whose word counts, anchors, phases, silence."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pmkit import schema
from pmkit.timeline import (
    build_timeline,
    find_anchors,
    find_gaps,
    find_orphans,
    incident_window,
    likely_anchor,
    phase_spans,
)

Rows = Callable[..., pd.DataFrame]


def at(clock: str) -> str:
    return f"2026-11-03T{clock}Z"


def when(clock: str) -> pd.Timestamp:
    return pd.Timestamp(at(clock))


def page(event_id: str, clock: str, kind: str) -> dict[str, object]:
    return {"event_id": event_id, "time": at(clock), "source": "pagerduty", "kind": kind, "text": kind}


def ids(frame: pd.DataFrame) -> list[str]:
    return frame["event_id"].tolist()


# Order


def test_events_stand_in_the_order_they_happened(events: Rows, worksheet: Rows) -> None:
    """By time to the microsecond; within one moment by source; within one source by id."""
    rows = [
        {"event_id": "late", "time": at("14:00:00.000002")},
        {"event_id": "b", "time": at("14:00:00.000001")},
        {"event_id": "a", "time": at("14:00:00.000001")},
        {"event_id": "deploy", "time": at("14:00:00.000001"), "source": "deploy", "kind": "deploy"},
        {"event_id": "other", "time": at("14:00:00.000001"), "source": "abacus"},
        {"event_id": "page", "time": at("14:00:00.000001"), "source": "pagerduty", "kind": "note"},
    ]
    timeline = build_timeline(events(*rows), worksheet(*({"event_id": row["event_id"]} for row in rows)))
    assert ids(timeline) == ["a", "b", "page", "deploy", "other", "late"]
    assert timeline.index.tolist() == list(range(6))


seconds = st.integers(0, 30)
kinds = st.sampled_from(["message", "trigger", "ack", "resolve", "note"])
marks = st.sampled_from(
    ["", "", "impact_started", "detected", "mitigated", "detected acknowledged", "our_own"]
)


@settings(max_examples=20)
@given(
    st.lists(st.tuples(seconds, kinds, st.none() | st.booleans(), marks), max_size=12),
    st.lists(st.tuples(seconds, marks), max_size=3),
    st.randoms(use_true_random=False),
)
def test_the_order_of_the_inputs_does_not_matter(
    events: Rows,
    worksheet: Rows,
    recorded: list[tuple[int, str, bool | None, str]],
    observed: list[tuple[int, str]],
    luck: random.Random,
) -> None:
    """Shuffled events and worksheet rows give the same timeline, also where many share a second."""
    rows = [
        page(f"e{n}", f"14:00:{second:02}", kind) | ({"source": "slack"} if kind == "message" else {})
        for n, (second, kind, _, _) in enumerate(recorded)
    ]
    said = [
        {"event_id": f"e{n}", "included": included, "mark": mark}
        for n, (_, _, included, mark) in enumerate(recorded)
        if included is not None
    ]
    said += [
        {"event_id": f"manual:{n}", "time": at(f"14:00:{second:02}"), "mark": mark}
        for n, (second, mark) in enumerate(observed)
    ]
    timeline = build_timeline(events(*rows), worksheet(*said))
    again = build_timeline(events(*luck.sample(rows, len(rows))), worksheet(*luck.sample(said, len(said))))
    pd.testing.assert_frame_equal(timeline, again)
    # and what holds for any of them
    assert timeline["time"].is_monotonic_increasing
    assert timeline["event_id"].is_unique
    left_out = {row["event_id"] for row in said if row.get("included") is False}
    assert left_out.isdisjoint(timeline["event_id"])
    assert {row["event_id"] for row in said} - left_out <= set(timeline["event_id"])
    assert (timeline["mark"].str.split().str.len() == timeline["mark_basis"].str.split().str.len()).all()
    anchors = find_anchors(timeline)
    assert anchors["mark"].is_unique
    assert set(anchors["mark"]) == set(" ".join(timeline["mark"]).split())


def test_without_anything_the_timeline_is_empty(events: Rows, worksheet: Rows) -> None:
    """No events and no worksheet give no rows, with the usual columns and types."""
    full = build_timeline(events({"event_id": "a", "time": at("14:00:00")}), worksheet({"event_id": "a"}))
    bare = build_timeline(events(), worksheet())
    assert bare.empty
    assert bare.dtypes.to_dict() == full.dtypes.to_dict()
    assert find_anchors(bare).empty
    assert find_gaps(bare, events()).empty
    assert find_orphans(events(), worksheet()).empty


# Whose word counts


def test_only_events_people_chose_are_shown(events: Rows, worksheet: Rows) -> None:
    """An event nobody looked at, or that is marked `no`, is left out."""
    recorded = events(*({"event_id": name, "time": at("14:00:00")} for name in "abc"))
    timeline = build_timeline(recorded, worksheet({"event_id": "a"}, {"event_id": "b", "included": "no"}))
    assert ids(timeline) == ["a"]


def test_people_may_add_what_no_system_recorded(events: Rows, worksheet: Rows) -> None:
    """A manual event carries its own time, words, actor and place, and says that it has no evidence."""
    said = worksheet(
        {
            "event_id": "manual:1", "time": at("14:02:00"), "ended_at": at("14:20:00"), "actor": "Mei",
            "place": "phone", "summary": "A customer called", "note": "first sign",
        }
    )  # fmt: skip
    (row,) = build_timeline(events(), said).to_dict("records")
    assert (row["source"], row["kind"], row["ref"], row["text"]) == ("manual", "observation", "", "")
    assert (row["time"], row["ended_at"]) == (when("14:02:00"), when("14:20:00"))
    words = (row["actor"], row["place"], row["summary"], row["note"])
    assert words == ("Mei", "phone", "A customer called", "first sign")


def test_people_correct_what_was_recorded(events: Rows, worksheet: Rows) -> None:
    """A corrected time moves the event; a summary stands before the text, which stays as it was."""
    recorded = events(
        {
            "event_id": "a",
            "time": at("14:00:00"),
            "text": "raw a",
            "actor": "bot",
            "place": "ops",
            "ref": "r",
        },
        {"event_id": "b", "time": at("14:01:00"), "text": "raw b"},
    )
    timeline = build_timeline(
        recorded,
        worksheet(
            {"event_id": "a", "time": at("14:02:00"), "summary": "said", "actor": "Li"}, {"event_id": "b"}
        ),
    )
    assert ids(timeline) == ["b", "a"]
    assert timeline["summary"].tolist() == ["raw b", "said"]
    assert timeline["text"].tolist() == ["raw b", "raw a"]
    assert timeline.loc[1, ["actor", "place", "ref"]].tolist() == ["Li", "ops", "r"]


def test_what_was_recorded_stands_beside_a_corrected_time(events: Rows, worksheet: Rows) -> None:
    """Where a clock is corrected, or people set another time, the row tells what was recorded."""
    clock = {"recorded_at": at("14:04:23"), "time_basis": "offset, corrected by +37 s"}
    recorded = events(
        page("t", "14:05:00", "trigger") | clock,
        page("a", "14:06:00", "ack") | clock,
        page("r", "14:07:00", "resolve") | {"time_basis": "offset"},
        page("n", "14:08:00", "note") | {"time_basis": "offset"},
    )
    said = worksheet(
        {"event_id": "a", "time": at("14:06:30")},
        {"event_id": "n", "time": at("14:08:30")},
        {"event_id": "manual:x", "time": at("14:09:00")},
    )
    timeline = build_timeline(recorded, said).set_index("event_id")
    assert timeline["time_basis"].to_dict() == {
        "t": "offset, corrected by +37 s", "a": "set by the team", "r": "offset", "n": "set by the team",
        "manual:x": "",
    }  # fmt: skip
    assert timeline["recorded_at"].dropna().to_dict() == {
        "t": when("14:04:23"), "a": when("14:04:23"), "n": when("14:08:00"),
    }  # fmt: skip
    assert find_anchors(timeline.reset_index())["recorded_at"].notna().tolist() == [True, True, False]


def test_rows_without_a_time_are_told_as_orphans(events: Rows, worksheet: Rows) -> None:
    """A worksheet row is an orphan when its event is gone, or was unreadable and so has no time."""
    recorded = events(
        {"event_id": "a", "time": at("14:00:00")}, {"event_id": "broken", "time": None, "kind": "unreadable"}
    )
    said = worksheet(
        {"event_id": "a"}, {"event_id": "gone"}, {"event_id": "broken"},
        {"event_id": "manual:1", "time": at("14:00:00")},
    )  # fmt: skip
    orphans = find_orphans(recorded, said)
    assert ids(orphans) == ["gone", "broken"]
    assert orphans.columns.tolist() == said.columns.tolist()
    assert set(ids(build_timeline(recorded, said))) == {"a", "manual:1"}


# Anchors


def test_pagerduty_speaks_where_nobody_marked(events: Rows, worksheet: Rows) -> None:
    """First trigger, first ack and last resolve are anchors by default, shown, and marked as such."""
    recorded = events(
        page("t2", "14:05:00", "trigger"), page("t1", "14:01:00", "trigger"), page("k", "14:06:00", "ack"),
        page("r1", "14:30:00", "resolve"), page("r2", "14:40:00", "resolve"), page("n", "14:10:00", "note"),
    )  # fmt: skip
    timeline = build_timeline(recorded, worksheet())
    assert ids(timeline) == ["t1", "k", "r2"]
    assert timeline["mark"].tolist() == ["detected", "acknowledged", "resolved"]
    assert set(timeline["mark_basis"]) == {"default"}
    assert timeline["summary"].tolist() == ["trigger", "ack", "resolve"]


def test_defaults_of_one_second_do_not_depend_on_their_order(events: Rows, worksheet: Rows) -> None:
    """Of two triggers in the same second the same one is the anchor, however they were loaded."""
    pages = [page("b", "14:00:00", "trigger"), page("a", "14:00:00", "trigger")]
    assert ids(build_timeline(events(*pages), worksheet())) == ["a"]
    assert ids(build_timeline(events(*pages[::-1]), worksheet())) == ["a"]


def test_peoples_marks_win(events: Rows, worksheet: Rows) -> None:
    """Where people set an anchor, PagerDuty's time for it is not used and its event not shown."""
    recorded = events(page("t", "14:05:00", "trigger"), {"event_id": "m", "time": at("14:01:00")})
    timeline = build_timeline(recorded, worksheet({"event_id": "m", "mark": "detected"}))
    assert ids(timeline) == ["m"]
    assert find_anchors(timeline)[["event_id", "basis"]].to_numpy().tolist() == [["m", "marked"]]


def test_an_event_left_out_never_becomes_an_anchor(events: Rows, worksheet: Rows) -> None:
    """`included = no` on PagerDuty's event means the next one speaks, or nobody; its own mark is void."""
    recorded = events(
        page("t1", "14:01:00", "trigger"), page("t2", "14:05:00", "trigger"), page("k", "14:06:00", "ack")
    )
    said = worksheet(
        {"event_id": "t1", "included": "no", "mark": "detected"}, {"event_id": "k", "included": "no"}
    )
    timeline = build_timeline(recorded, said)
    assert ids(timeline) == ["t2"]
    assert find_anchors(timeline)["basis"].tolist() == ["default"]


def test_other_sources_are_no_default(events: Rows, worksheet: Rows) -> None:
    """Only PagerDuty's own clock stands in for people."""
    recorded = events({"event_id": "x", "time": at("14:00:00"), "source": "monitoring", "kind": "trigger"})
    assert build_timeline(recorded, worksheet()).empty


def test_each_mark_says_who_set_it(events: Rows, worksheet: Rows) -> None:
    """People marked the resolve event as `mitigated`; that it is also `resolved` only PagerDuty says."""
    timeline = build_timeline(
        events(page("r", "14:30:00", "resolve")), worksheet({"event_id": "r", "mark": "mitigated"})
    )
    assert timeline[["mark", "mark_basis"]].to_numpy().tolist() == [["mitigated resolved", "marked default"]]
    assert dict(find_anchors(timeline)[["mark", "basis"]].to_numpy()) == {
        "mitigated": "marked",
        "resolved": "default",
    }


def test_a_chosen_event_takes_the_default_at_its_corrected_time(events: Rows, worksheet: Rows) -> None:
    """People put the trigger on the timeline and moved it: the anchor moves along."""
    said = worksheet({"event_id": "t", "time": at("13:58:00"), "summary": "Paged"})
    (anchor,) = find_anchors(build_timeline(events(page("t", "14:05:00", "trigger")), said)).to_dict(
        "records"
    )
    assert anchor == {
        "mark": "detected", "time": when("13:58:00"), "event_id": "t", "basis": "default", "summary": "Paged",
        "recorded_at": when("14:05:00"),
    }  # fmt: skip


def test_one_event_may_be_several_anchors(events: Rows, worksheet: Rows) -> None:
    """Two marks on one event are two anchors at its time."""
    recorded = events({"event_id": "a", "time": at("14:00:00")}, {"event_id": "b", "time": at("14:10:00")})
    said = worksheet(
        {"event_id": "a", "mark": "detected acknowledged"}, {"event_id": "b", "mark": "mitigated resolved"}
    )
    anchors = find_anchors(build_timeline(recorded, said))
    assert anchors["mark"].tolist() == ["detected", "acknowledged", "mitigated", "resolved"]
    assert anchors["event_id"].tolist() == ["a", "a", "b", "b"]


def test_of_several_events_with_one_mark_the_first_counts_and_for_resolved_the_last(
    events: Rows, worksheet: Rows
) -> None:
    """A reopened incident is resolved when it was resolved for good."""
    clocks = ["14:00:00", "14:10:00", "14:20:00"]
    recorded = events(*({"event_id": clock, "time": at(clock)} for clock in clocks))
    said = worksheet(*({"event_id": clock, "mark": "mitigated resolved"} for clock in clocks))
    anchors = find_anchors(build_timeline(recorded, said))
    assert anchors["event_id"].tolist() == ["14:00:00", "14:20:00"]


def test_a_team_may_set_marks_of_its_own(events: Rows, worksheet: Rows) -> None:
    """Marks beyond the known ones are anchors too, after the known ones, by time."""
    clocks = {"14:00:00": "all_clear", "14:10:00": "rolled_back", "14:20:00": "detected"}
    recorded = events(*({"event_id": clock, "time": at(clock)} for clock in clocks))
    said = worksheet(*({"event_id": clock, "mark": mark} for clock, mark in clocks.items()))
    assert find_anchors(build_timeline(recorded, said))["mark"].tolist() == [
        "detected",
        "all_clear",
        "rolled_back",
    ]


# Phases


def marked(events: Rows, worksheet: Rows, **clocks: str) -> pd.DataFrame:
    recorded = events(*({"event_id": mark, "time": at(clock)} for mark, clock in clocks.items()))
    known = [*schema.MARKS, "our_own"]
    said = worksheet(*({"event_id": mark, "mark": mark if mark in known else ""} for mark in clocks))
    return build_timeline(recorded, said)


def test_phases_follow_from_the_anchors(events: Rows, worksheet: Rows) -> None:
    """Each anchor begins its phase; before the first of them is the lead-up."""
    timeline = marked(
        events, worksheet, before="13:50:00", impact_started="14:00:00", detected="14:05:00",
        acknowledged="14:07:00", mitigated="14:30:00", resolved="15:00:00", after="15:10:00",
    )  # fmt: skip
    assert timeline["phase"].tolist() == [*schema.PHASES, "follow-up"]


def test_an_unknown_anchor_lets_the_phase_before_it_run_on(events: Rows, worksheet: Rows) -> None:
    """Without an acknowledgement the response runs on; without any anchor no phase is known."""
    timeline = marked(
        events, worksheet, impact_started="14:00:00", detected="14:05:00", a="14:20:00", mitigated="14:30:00"
    )
    assert timeline["phase"].tolist() == ["detection", "response", "response", "recovery"]
    assert marked(events, worksheet, a="14:00:00")["phase"].tolist() == [""]


def test_people_may_set_a_phase_that_fits_better(events: Rows, worksheet: Rows) -> None:
    """The phase people wrote stands; the others are derived."""
    recorded = events({"event_id": "a", "time": at("14:00:00")}, {"event_id": "b", "time": at("14:10:00")})
    said = worksheet({"event_id": "a", "mark": "detected", "phase": "recovery"}, {"event_id": "b"})
    assert build_timeline(recorded, said)["phase"].tolist() == ["recovery", "response"]


def test_phase_spans_fill_the_window(events: Rows, worksheet: Rows) -> None:
    """Spans touch, are clipped to the window, and leave out phases of unknown anchors."""
    anchors = find_anchors(
        marked(events, worksheet, impact_started="14:00:00", detected="14:05:00", resolved="15:00:00")
    )
    spans = phase_spans(anchors, when("13:00:00"), when("14:30:00"))
    assert spans["phase"].tolist() == ["lead-up", "detection", "response"]
    assert spans["start_at"].tolist() == [when("13:00:00"), when("14:00:00"), when("14:05:00")]
    assert spans["end_at"].tolist() == [when("14:00:00"), when("14:05:00"), when("14:30:00")]
    assert phase_spans(anchors, when("15:10:00"), when("15:20:00"))["phase"].tolist() == ["follow-up"]


minutes = st.integers(0, 59)


@given(st.dictionaries(st.sampled_from(schema.MARKS), minutes), minutes, minutes)
def test_phase_spans_never_overlap(known: dict[str, int], first: int, length: int) -> None:
    """Whatever the order of the anchors, the spans together cover the window once."""
    start = when(f"14:{first:02}:00")
    end = start + pd.Timedelta(length + 1, "min")
    anchors = pd.DataFrame(
        {"mark": list(known), "time": [when(f"14:{minute:02}:00") for minute in known.values()]}
    )
    spans = phase_spans(anchors, start, end)
    assert [*spans["start_at"], end] == [start, *spans["end_at"]]


# Windows and silence


def test_the_window_reaches_from_the_first_signs_to_a_little_after_the_end(
    events: Rows, worksheet: Rows
) -> None:
    """As much before the impact as it lasted, a quarter of that after; far events lie outside."""
    timeline = marked(
        events, worksheet, a="06:00:00", b="12:30:00", impact_started="14:00:00", resolved="16:00:00",
        c="16:20:00", d="20:00:00",
    )  # fmt: skip
    start, end = incident_window(timeline)
    assert when("12:20:00") < start < when("12:30:00")
    assert when("16:30:00") < end < when("16:40:00")


@pytest.mark.parametrize(
    "clocks",
    [
        {"a": "14:00:00"},
        {"a": "14:00:00", "b": "18:00:00"},
        {"impact_started": "14:00:00", "resolved": "14:00:00"},
        {"resolved": "10:00:00", "a": "12:00:00", "impact_started": "14:00:00"},
    ],
)
def test_a_window_always_has_a_length(events: Rows, worksheet: Rows, clocks: dict[str, str]) -> None:
    """One event alone, and anchors in an impossible order, still give a window that holds all events."""
    timeline = marked(events, worksheet, **clocks)
    start, end = incident_window(timeline)
    assert end - start >= pd.Timedelta("1min")
    assert timeline["time"].between(start, end).all()


def test_a_window_of_nothing_is_refused(events: Rows, worksheet: Rows) -> None:
    """Without events there is nothing to frame."""
    with pytest.raises(ValueError, match="no events"):
        incident_window(build_timeline(events(), worksheet()))


def test_gaps_are_told_longest_first_with_the_raw_events_inside(events: Rows, worksheet: Rows) -> None:
    """A gap is longer than the limit, and counts only raw events strictly inside it."""
    timeline = marked(events, worksheet, a="14:00:00", b="14:15:00", c="14:40:00", d="15:40:00")
    raw = events(
        *(
            {"event_id": clock, "time": at(clock)}
            for clock in ["14:15:00", "14:20:00", "14:39:59", "15:40:00"]
        )
    )
    gaps = find_gaps(timeline, raw)
    assert gaps["minutes"].tolist() == [60, 25]
    assert gaps[["after", "before"]].to_numpy().tolist() == [["c", "d"], ["b", "c"]]
    assert gaps["raw_events"].tolist() == [0, 2]
    assert gaps["start_at"].tolist() == [when("14:40:00"), when("14:15:00")]
    assert find_gaps(timeline, longer_than="2h").empty
    assert find_gaps(timeline)["raw_events"].tolist() == [0, 0]


@settings(max_examples=15)
@given(
    st.sampled_from(["2020-12-31T21:00Z", "2026-10-24T22:00Z", "2026-11-01T03:00Z", "2027-03-27T23:00Z"]),
    st.lists(st.integers(0, 20_000), min_size=2, max_size=5),
    st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia"]),
)
def test_silence_and_order_go_by_the_moment(
    events: Rows, worksheet: Rows, start: str, seconds: list[int], zone: str
) -> None:
    """Over nights on which clocks are set, and over New Year, times of any zone stand and count as in UTC."""
    moments = [datetime.fromisoformat(start) + timedelta(seconds=second) for second in seconds]
    there = [{"event_id": f"e{n}", "time": at.astimezone(ZoneInfo(zone))} for n, at in enumerate(moments)]
    timeline = build_timeline(events(*there), worksheet(*({"event_id": row["event_id"]} for row in there)))
    assert [moment.to_pydatetime() for moment in timeline["time"]] == sorted(moments)
    gaps = find_gaps(timeline, longer_than="1min")
    told = sorted((after - before).total_seconds() for before, after in pairwise(sorted(moments)))
    assert sorted(gaps["minutes"] * 60) == pytest.approx([length for length in told if length > 60])


def test_an_event_that_lasted_is_no_silence(events: Rows, worksheet: Rows) -> None:
    """The gap begins when everything before it has ended, also behind a shorter event."""
    said = worksheet(
        {"event_id": "manual:1", "time": at("14:00:00"), "ended_at": at("15:00:00")},
        {"event_id": "manual:2", "time": at("14:10:00"), "ended_at": at("14:11:00")},
        {"event_id": "manual:3", "time": at("15:30:00")},
    )
    gaps = find_gaps(build_timeline(events(), said))
    assert gaps["minutes"].tolist() == [30]
    assert gaps["start_at"].tolist() == [when("15:00:00")]


@pytest.mark.parametrize(
    ("mark", "known", "meant"),
    [
        ("impact-start", (), "impact_started"),
        ("Detected", (), "detected"),
        ("detection", (), "detected"),
        ("ack", (), "acknowledged"),
        ("mitigatd", (), "mitigated"),
        ("resolve", (), "resolved"),
        ("resolve", ("resolved",), ""),  # there is one; this is a name of the team's own
        ("resolved", (), ""),
        ("first_customer", (), ""),
        ("failover", (), ""),
    ],
)
def test_a_mistyped_mark_is_told_from_the_teams_own(mark: str, known: tuple[str, ...], meant: str) -> None:
    """What nearly names an anchor that nobody marked yet is likely that one."""
    assert likely_anchor(mark, known) == meant
