"""Clocks that are off: what the pairs of two sources show, what they cannot, and times corrected."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pmkit import schema
from pmkit.clocks import (
    OFFSET_COLUMNS,
    PAIR_COLUMNS,
    as_recorded,
    correct_times,
    estimate_clock_offsets,
    find_clock_pairs,
    format_offset,
)
from pmkit.errors import SchemaError
from tests.conftest import REPOSITORY

Rows = Callable[..., pd.DataFrame]
DEEDS = {"opened": "trigger", "acknowledged": "ack", "resolved": "resolve"}
START = pd.Timestamp("2026-11-03T08:00:00Z")


def known_clocks() -> Any:
    """The generator of incidents whose clocks are known."""
    spec = importlib.util.spec_from_file_location("known_clocks", REPOSITORY / "benchmarks" / "clocks.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def later(events: Rows, seconds: Sequence[float], *, deeds: Sequence[str] = tuple(DEEDS)) -> pd.DataFrame:
    """Pages every ten minutes and their posts, each so many seconds later by the clocks of the two."""
    rows = []
    for n, late in enumerate(seconds):
        deed, number = deeds[n % len(deeds)], str(n // len(deeds))
        at = START + pd.Timedelta(minutes=10 * n, microseconds=250)
        page = {"event_id": f"pd:{n}", "time": at, "source": "pagerduty", "kind": DEEDS[deed]}
        rows.append(page | {"pd_incident_number": number, "ref": f"evidence/pd.json#:{n}"})
        posted = {"event_id": f"s:{n}", "time": at + pd.Timedelta(seconds=late), "kind": "bot"}
        text = f"{'triggered' if deed == 'opened' else deed} #{number}"
        rows.append(posted | {"slack_is_bot": True, "text": text, "ref": f"evidence/slack.zip#a:{n}"})
    return events(*rows)


def only(frame: pd.DataFrame) -> dict[str, Any]:
    (row,) = estimate_clock_offsets(frame).to_dict("records")
    return row


# What the pairs show


def test_posts_before_their_facts_prove_a_clock_that_is_off(events: Rows) -> None:
    """Slack had each a minute before PagerDuty knew: the offset is the least that mends all of them."""
    found = only(later(events, [-57.5, -58, -55]))
    assert (found["source"], found["reference"], found["pairs"]) == ("pagerduty", "slack", 3)
    assert (found["offset_seconds"], found["confidence"]) == (-58, "high")
    assert found["low_seconds"] == -88
    assert found["high_seconds"] == -58
    assert found["reason"] == (
        "slack has them 58.0 to 55.0 s before pagerduty: "
        "3 of 3 came before their facts, which no delivery does"
    )


def test_posts_a_little_later_are_deliveries(events: Rows) -> None:
    """Seconds later is what deliveries take: offset 0, and what could hide in it is told."""
    found = only(later(events, [2.5, 3, 4]))
    assert (found["offset_seconds"], found["confidence"]) == (0, "medium")
    assert (found["low_seconds"], found["high_seconds"]) == (-28, 3)


def test_posts_much_later_by_the_same_are_a_clock(events: Rows) -> None:
    """Ten minutes later, whatever was done, within seconds of each other: no delivery is that steady."""
    found = only(later(events, [602, 603.5, 605]))
    assert (found["offset_seconds"], found["confidence"]) == (602, "medium")
    assert "a delivery that always takes as long would look the same" in found["reason"]


@pytest.mark.parametrize(
    ("seconds", "deeds", "why"),
    [
        ([2, 3], tuple(DEEDS), "too few"),
        ([95, 96, 95, 97], ("opened",), "cannot be told apart"),  # one sort of deed may always take so long
        ([45, 46, 45, 47], tuple(DEEDS), "cannot be told apart"),
        ([95, 130, 190, 99, 101, 160], tuple(DEEDS), "cannot be told apart"),
        ([40, -80, 3, 41, -78, 2], tuple(DEEDS), "too different"),
        ([3, 600, 4, 602, 3, 601, 2, 600], tuple(DEEDS), "too different"),
        ([-300, -240, -180, -120, -60, 0], tuple(DEEDS), "drifts"),
        ([-6, 2, 3, 2.5], tuple(DEEDS), "a single one"),
    ],
)
def test_what_the_pairs_do_not_carry_is_refused(
    events: Rows, seconds: list[float], deeds: tuple[str, ...], why: str
) -> None:
    """Few, ambiguous, contradicting or changing pairs give no number, and the reason why."""
    found = only(later(events, seconds, deeds=deeds))
    assert pd.isna(found["offset_seconds"])
    assert pd.isna(found["low_seconds"])
    assert found["confidence"] == ""
    assert why in found["reason"]


def test_one_wrong_pair_does_not_matter(events: Rows) -> None:
    """A pair that lies far from the others is shown, and not used."""
    frame = later(events, [-57.5, -58, -55, -57, -3000])
    assert only(frame)["offset_seconds"] == -58
    assert find_clock_pairs(frame)["used"].tolist().count(False) == 1


def test_an_hour_is_a_zone_before_it_is_a_clock(events: Rows) -> None:
    """Whole hours are told as what they are most often: a zone that was named wrongly."""
    assert (
        "+1 h: see first whether its zone was named rightly"
        in only(later(events, [3602, 3604, 3603]))["reason"]
    )
    assert "zone" not in only(later(events, [602, 604, 603]))["reason"]


def test_sources_without_a_fact_in_common_are_told(events: Rows) -> None:
    """Every two sources have a row; those that tell nothing in common say so."""
    deploy = {"event_id": "d", "time": START, "source": "deploy", "kind": "deploy", "deploy_version": "1.2"}
    found = estimate_clock_offsets(pd.concat([later(events, [2, 3, 4]), events(deploy)], ignore_index=True))
    assert set(zip(found["source"], found["reference"], strict=True)) == {
        ("pagerduty", "slack"), ("deploy", "slack"), ("deploy", "pagerduty"),
    }  # fmt: skip
    assert found["pairs"].tolist() == [3, 0, 0]
    assert found["reason"].tolist()[1:] == ["they tell no fact in common"] * 2


def test_each_file_can_be_a_clock(events: Rows) -> None:
    """Two files of one source whose clocks differ contradict each other; each alone is clear."""
    frame = later(events, [-58, -57, -56, 2, 3, 4])
    assert pd.isna(only(frame)["offset_seconds"])
    second = frame["event_id"].isin(["pd:3", "pd:4", "pd:5"])
    frame["ref"] = frame["ref"].mask(second, "evidence/other.json#:1")
    found = estimate_clock_offsets(frame, by="file").set_index("source")["offset_seconds"].to_dict()
    assert found == {"evidence/pd.json": -58, "evidence/other.json": 0}


def test_pairs_are_evidence(events: Rows) -> None:
    """Each pair names both events, when each recorded it, and how much later the second did."""
    (first, *_) = find_clock_pairs(later(events, [2, 3, 4])).to_dict("records")
    assert (first["event_id"], first["reference_event_id"]) == ("pd:0", "s:0")
    assert (first["deed"], first["thing"], first["later_seconds"]) == ("opened", "#0", 2)
    assert first["reference_time"] - first["time"] == pd.Timedelta("2s")
    assert first["ordered"]
    assert first["used"]


def test_a_page_that_triggers_again_is_opened_once(events: Rows) -> None:
    """PagerDuty tells of every alert of an incident, the bot of its opening: the first stands with it."""
    frame = later(events, [2, 3, 4])
    again = {
        "event_id": "pd:again",
        "time": START + pd.Timedelta("15min"),
        "source": "pagerduty",
        "kind": "trigger",
    }
    frame = pd.concat([frame, events(again | {"pd_incident_number": "0"})], ignore_index=True)
    assert find_clock_pairs(frame)["event_id"].tolist() == ["pd:0", "pd:1", "pd:2"]


def test_other_deeds_are_paired_only_where_both_tell_as_many(events: Rows) -> None:
    """Two acknowledgements of which the bot posts one: which of them, nobody knows."""
    frame = later(events, [2, 3, 4])
    again = {
        "event_id": "pd:again",
        "time": START + pd.Timedelta("15min"),
        "source": "pagerduty",
        "kind": "ack",
    }
    frame = pd.concat([frame, events(again | {"pd_incident_number": "0"})], ignore_index=True)
    assert find_clock_pairs(frame)["event_id"].tolist() == ["pd:0", "pd:2"]


def test_whole_seconds_prove_less(events: Rows) -> None:
    """A clock that shows whole seconds may be nearly one further: that is no post before its fact."""
    frame = later(events, [-0.6, -0.4, -0.2])
    frame["time"] = frame["time"].dt.floor("s").where(frame["source"] == "slack", frame["time"])
    assert find_clock_pairs(frame)["later_seconds"].max() < -1
    assert only(frame)["offset_seconds"] == 0


def test_clocks_that_were_corrected_are_judged_as_recorded(events: Rows, applied: Rows) -> None:
    """To correct a clock does not change what is found about it."""
    frame = later(events, [-57.5, -58, -55])
    corrected = correct_times(frame, applied({"source": "pagerduty", "offset_seconds": -58}))
    pd.testing.assert_frame_equal(estimate_clock_offsets(corrected), estimate_clock_offsets(frame))
    pd.testing.assert_frame_equal(find_clock_pairs(corrected), find_clock_pairs(frame))


def test_without_events_there_is_nothing_to_compare(events: Rows) -> None:
    """No events, or events of one source: no rows, all columns."""
    for frame in (events(), events({"event_id": "a", "time": START})):
        assert estimate_clock_offsets(frame).columns.tolist() == list(OFFSET_COLUMNS)
        assert find_clock_pairs(frame).columns.tolist() == list(PAIR_COLUMNS)
        assert len(estimate_clock_offsets(frame)) == len(find_clock_pairs(frame)) == 0


# Incidents whose clocks are known


@pytest.fixture(scope="module")
def known() -> Any:
    return known_clocks()


@pytest.mark.slow
def test_clocks_that_agree_get_no_number(known: Any) -> None:
    """In generated incidents whose clocks agree, no estimate claims an offset, and 0 lies in its bounds."""
    found = sum((known.measure(8, slow=slow) for slow in (0.0, 0.2)), start=known.Counter())
    assert found["incidents with a number for clocks that agree"] == 0
    assert found["agree: offset 0"] > 25
    assert not [what for what in found if "OUTSIDE" in what]


@pytest.mark.slow
def test_clocks_that_are_off_are_found_within_the_bounds(known: Any) -> None:
    """Off by up to ten minutes: those that are ahead are found, and what is told is within its bounds."""
    found = known.measure(14, off_by=600.0)
    assert not [what for what in found if "OUTSIDE" in what]
    ahead = {what: count for what, count in found.items() if what.startswith("ahead")}
    assert ahead["ahead: high confidence"] > 0.8 * sum(ahead.values())
    assert found["behind: medium confidence"] > 2


@settings(max_examples=8)
@given(st.integers(1000, 9999), st.floats(-600, 600))
def test_one_clock_that_is_off_moves_one_estimate(known: Any, seed: int, ahead: float) -> None:
    """A skewed PagerDuty is found as such; the other sources go on agreeing."""
    told = known.tell_incident(seed, ahead={"pagerduty": ahead})
    found = estimate_clock_offsets(told.events)
    for row in found[found["offset_seconds"].notna()].itertuples():
        assert row.low_seconds <= told.offset(row.source, row.reference) <= row.high_seconds
        assert "pagerduty" in (row.source, row.reference) or row.offset_seconds == 0


# Times corrected


@pytest.fixture(scope="session")
def applied() -> Rows:
    """`applied({…}, {…})`: clocks whose corrections count unless they say otherwise."""

    def make(*rows: dict[str, object]) -> pd.DataFrame:
        frame = pd.DataFrame([{"applied": "yes", **row} for row in rows])
        return schema.conform(frame, schema.CLOCKS) if rows else schema.empty(schema.CLOCKS)

    return make


def two(events: Rows) -> pd.DataFrame:
    return events(
        {"event_id": "s", "time": "2026-11-03T08:00:00Z", "time_basis": "epoch", "ref": "evidence/a#x:1"},
        {"event_id": "p", "time": "2026-11-03T08:00:09Z", "source": "pagerduty", "kind": "ack",
         "time_basis": "offset", "ref": "evidence/p#y:1"},
        {"event_id": "torn", "source": "pagerduty", "kind": "unreadable"},
    )  # fmt: skip


def test_a_correction_keeps_what_was_recorded(events: Rows, applied: Rows) -> None:
    """The time moves, the recorded one stands beside it, the basis says by how much; nothing else moves."""
    before = two(events)
    after = correct_times(before, applied({"source": "pagerduty", "offset_seconds": 37}))
    page = after.loc[1]
    assert page["time"] == pd.Timestamp("2026-11-03T08:00:46Z")
    assert page["recorded_at"] == pd.Timestamp("2026-11-03T08:00:09Z")
    assert page["time_basis"] == "offset, corrected by +37 s"
    assert after["recorded_at"].isna().tolist() == [True, False, True]
    same = [name for name in before if name not in ("time", "recorded_at", "time_basis")]
    pd.testing.assert_frame_equal(after[same], before[same])
    assert after.dtypes.to_dict() == before.dtypes.to_dict()


def test_only_what_is_applied_counts(events: Rows, applied: Rows) -> None:
    """A clock that is written down and not applied, or without a number, changes nothing."""
    before = two(events)
    for clocks in (
        applied(),
        applied({"source": "pagerduty", "offset_seconds": 37, "applied": "no"}),
        applied({"source": "pagerduty"}),
        applied({"source": "pagerduty", "offset_seconds": 0}),
        applied({"source": "jira", "offset_seconds": 37}),
    ):
        pd.testing.assert_frame_equal(correct_times(before, clocks), before)


def test_a_file_counts_before_its_source(events: Rows, applied: Rows) -> None:
    """What is said of one file of the evidence overrides what is said of all of its source, also 0."""
    clocks = {"source": "pagerduty", "offset_seconds": 37}
    one = applied(clocks, {"source": "evidence/p", "offset_seconds": -2.5})
    assert correct_times(two(events), one).loc[1, "time_basis"] == "offset, corrected by -2.5 s"
    none = applied(clocks, {"source": "evidence/p", "offset_seconds": 0})
    assert correct_times(two(events), none)["recorded_at"].isna().all()
    another = applied(clocks, {"source": "evidence/p.json", "offset_seconds": 5})
    assert correct_times(two(events), another).loc[1, "time_basis"] == "offset, corrected by +37 s"


def test_a_correction_of_years_is_refused(events: Rows, applied: Rows) -> None:
    """A clock cannot be off by more than a year; the message names it."""
    with pytest.raises(SchemaError, match=r"pagerduty, `offset_seconds`: expected at most a year"):
        correct_times(two(events), applied({"source": "pagerduty", "offset_seconds": 4e7}))


@settings(max_examples=12)
@given(st.lists(st.floats(-90_000, 90_000), min_size=1, max_size=3))
def test_corrections_start_from_what_was_recorded(events: Rows, applied: Rows, amounts: list[float]) -> None:
    """Twice is once, the last one counts, and what was recorded comes back to the microsecond."""
    before = after = two(events)
    for amount in amounts:
        after = correct_times(after, applied({"source": "pagerduty", "offset_seconds": amount}))
    once = correct_times(before, applied({"source": "pagerduty", "offset_seconds": amounts[-1]}))
    pd.testing.assert_frame_equal(after, once)
    pd.testing.assert_frame_equal(as_recorded(after), before)
    moved = (after.loc[1, "time"] - before.loc[1, "time"]).total_seconds()
    assert moved == pytest.approx(amounts[-1], abs=1e-6)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(37, "+37 s"), (-2.5, "-2.5 s"), (3600, "+3600 s"), (1e-6, "+0.000001 s"), (-0.25, "-0.25 s")],
)
def test_offsets_in_words(seconds: float, words: str) -> None:
    """With their sign, to the microsecond, without idle digits."""
    assert format_offset(seconds) == words
