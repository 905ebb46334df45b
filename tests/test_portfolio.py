"""A portfolio counts what its incidents say, once each, and says when they are too few."""

from __future__ import annotations

import importlib.util
import os
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pmkit.casebook import INCIDENTS, Case, kind_of_trigger, unreadable_case
from pmkit.portfolio import (
    Portfolio,
    build_portfolio,
    count_actions,
    count_detections,
    count_triggers,
    find_recurrences,
    find_similar,
    power_note,
    review_health,
    summarise_durations,
)

ROOT = Path(__file__).parent.parent
BEGIN = datetime(2026, 1, 5, 9, tzinfo=UTC)


def case(name: str, *, factors: tuple[str, ...] = (), actions: tuple[str, ...] = (), **said: Any) -> Case:
    """A case that began on the n-th day of its name, as `case("inc-007", TTR=90.0)`."""
    blank: dict[str, Any] = {column: "" for column, dtype in INCIDENTS.items() if dtype == "str"}
    began = BEGIN + timedelta(days=int(name.rpartition("-")[2]))
    row = {**blank, "incident_id": name, "title": name, "started_at": began, "is_late": False, **said}
    return Case(
        row,
        tuple(
            {"incident_id": name, "factor_id": f"F{n}", "statement": statement, "kind": "latent condition",
             "root_cause": False}
            for n, statement in enumerate(factors, start=1)
        ),
        tuple(
            {"incident_id": name, "action_id": f"A{n}", "action": "x", "type": "prevent", "role": "Scribe",
             "status": status, "factor_ids": "F1"}
            for n, status in enumerate(actions, start=1)
        ),
    )  # fmt: skip


def many(count: int, seed: int = 1) -> Portfolio:
    rng = random.Random(seed)
    return build_portfolio(case(f"inc-{n}", TTR=rng.lognormvariate(4, 1)) for n in range(count))


@settings(max_examples=25)
@given(st.lists(st.integers(0, 30), max_size=12), st.randoms())
def test_the_order_of_the_cases_does_not_matter(days: list[int], rng: random.Random) -> None:
    """The same cases in any order, some given twice, make the same portfolio, in the order they began."""
    cases = [case(f"inc-{day}", TTR=float(day)) for day in days]
    mixed = rng.sample(cases, len(cases))
    ours, theirs = build_portfolio(cases), build_portfolio(mixed)
    pd.testing.assert_frame_equal(ours.incidents, theirs.incidents)
    assert len(ours) == len(set(days))
    assert ours.incidents["started_at"].is_monotonic_increasing
    assert ours.problems.empty


def test_two_incidents_of_one_name_are_told() -> None:
    """One copy counts, and the other is a problem that is shown."""
    portfolio = build_portfolio([case("inc-1", TTR=1.0), case("inc-1", TTR=2.0)])
    assert len(portfolio) == 1
    assert portfolio.problems["problem"].tolist() == [
        "stands in the portfolio twice with different content; one copy counts"
    ]


def test_what_cannot_be_read_is_counted_apart() -> None:
    """An incident that cannot be read is listed with its reason and enters no number."""
    portfolio = build_portfolio([case("inc-1", TTR=5.0), unreadable_case("inc-2", "actions.csv: line 3")])
    assert portfolio.problems.to_numpy().tolist() == [["inc-2", "actions.csv: line 3"]]
    assert summarise_durations(portfolio).set_index("metric").loc["TTR", "n"] == 1


def test_an_unknown_duration_is_said_to_be_unknown() -> None:
    """n counts the incidents in which the metric is known; the others are counted beside it."""
    rows = summarise_durations(build_portfolio([case("inc-1", TTR=5.0), case("inc-2")])).set_index("metric")
    assert rows.loc["TTR", ["n", "unknown"]].tolist() == [1, 1]
    assert rows.loc["TTD", ["n", "unknown"]].tolist() == [0, 2]


def test_few_incidents_give_no_interval_and_no_trend() -> None:
    """With five incidents the median stands alone; with more its interval stands beside it."""
    few = summarise_durations(many(5)).set_index("metric").loc["TTR"]
    more = summarise_durations(many(30)).set_index("metric").loc["TTR"]
    assert pd.isna(few["low"])
    assert "12 incidents at least" in few["why_not"]
    assert more["low"] <= more["median"] <= more["high"]


def test_the_power_note_names_the_change_that_can_be_seen() -> None:
    """The note says how many incidents there are, and from which change on one could be seen."""
    assert power_note(many(14)).startswith("With 14 incidents a change of TTR under about ")
    assert power_note(many(3)) == "3 incidents with a known TTR are too few to compare anything."


@pytest.mark.parametrize(
    ("statement", "kind"),
    [
        ("Release 6e1f0c7 moved tenant settings into each session.", "binary push"),
        ("The deadline fell from 8,000 to 2,500 ms in two shops.", "configuration push"),
        ("A newsletter doubled the traffic of the shop within a minute.", "user behavior change"),
        ("The vendor changed its signing key before the announced night.", "service provider change"),
        ("The nightly job rewrote two years of rows.", "processing pipeline"),
        ("The table of sessions leaked 2 MB an hour.", "performance decay"),
        ("Summer time ended, and an hour came twice.", "unclassified"),
        ("", ""),
    ],
)
def test_a_trigger_is_counted_by_what_is_named_first(statement: str, kind: str) -> None:
    """The kind of a trigger follows the words of its statement, and what they do not tell is unclassified."""
    assert kind_of_trigger(statement) == kind


def test_shares_are_of_the_incidents_that_name_a_trigger() -> None:
    """Shares add up to 100, what is unclassified is counted, and a silent incident is left out."""
    kinds = ["binary push", "binary push", "unclassified", ""]
    portfolio = build_portfolio(case(f"inc-{n}", trigger_kind=kind) for n, kind in enumerate(kinds))
    triggers = count_triggers(portfolio).set_index("kind")
    assert triggers["incidents"].sum() == 3
    assert triggers["share"].sum() == pytest.approx(100)
    assert triggers.loc["binary push", "published"] == 37


def test_detections_and_reviews_are_counted() -> None:
    """Who detected is counted with those that nobody said, and late reviews are a share of all."""
    portfolio = build_portfolio(
        [case("inc-1", detected_by="alert", TTD=3.0), case("inc-2", is_late=True), case("inc-3")]
    )
    assert count_detections(portfolio).set_index("detected_by")["incidents"].to_dict() == {
        "not known": 2,
        "alert": 1,
    }
    health = review_health(portfolio).set_index("measure")["value"]
    assert health["Reviews later than their deadline"] == pytest.approx(100 / 3)


def test_actions_add_up_without_the_dropped_ones() -> None:
    """Done and open make all actions; a dropped one is none."""
    portfolio = build_portfolio([case("inc-1", actions=("done", "open", "dropped", "in progress"))])
    (row,) = count_actions(portfolio).to_dict("records")
    assert (row["actions"], row["done"], row["open"]) == (3, 1, 2)


def test_a_factor_that_came_back_asks_for_the_actions_of_then() -> None:
    """The later incident points at the earlier one and asks what became of the actions of then."""
    told = "The connection pool has no limit for each caller, so one caller takes all of it."
    again = "One caller takes the whole connection pool, which has no limit for each caller."
    other = "The certificate of the mail gateway expired on a Sunday."
    unlike = ("Disk filled", "Queue grew over night", "A typo in DNS", "Cold cache", "Two writers raced")
    filler = [case(f"inc-{n}", factors=(statement,)) for n, statement in enumerate(unlike, start=10)]
    earlier = case("inc-1", factors=(told,), actions=("open", "done"))
    later = case("inc-2", factors=(other, again))
    (row,) = find_recurrences(build_portfolio([earlier, later, *filler])).to_dict("records")
    assert (row["earlier"], row["later"]) == ("inc-1", "inc-2")
    assert row["question"] == "1 of 2 actions of then are not done: would they have helped?"


def test_the_relative_comes_first_and_says_why() -> None:
    """An incident with the same words and services is the most alike, with these as reasons."""
    portfolio = build_portfolio(
        [
            case("inc-1", title="Login tokens expired early", services="auth, web", factors=("clock drift",)),
            case("inc-2", title="Tokens of login expired", services="auth", factors=("drift of a clock",)),
            case("inc-3", title="Search was slow", services="search", factors=("index too large",)),
        ]
    )
    first = find_similar(portfolio, "inc-1").iloc[0]
    assert first["incident_id"] == "inc-2"
    assert "services: auth" in first["why"]
    with pytest.raises(KeyError, match="inc-9"):
        find_similar(portfolio, "inc-9")


@pytest.mark.slow
def test_other_words_for_the_same_failure_are_found() -> None:
    """Of families told by different teams in their own words, a relative is among the first three."""
    spec = importlib.util.spec_from_file_location("likeness", ROOT / "benchmarks" / "likeness.py")
    assert spec is not None
    assert spec.loader is not None
    likeness = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(likeness)
    told, family_of = likeness.read_families()
    assert len(family_of) > 80
    asked = list(family_of)[:: int(os.environ.get("PMKIT_TEST_FAMILIES", "4"))]  # 1 asks for all
    assert len(likeness.find_misses(told, family_of, asked)) <= 0.1 * len(asked)
    first = find_similar(told, "00-0").iloc[0]
    assert family_of[first["incident_id"]] == family_of["00-0"]
    assert "both speak of certificates" in first["why"]


def test_a_portfolio_of_nothing_is_empty() -> None:
    """Without incidents every table is there and empty."""
    portfolio = build_portfolio([])
    assert len(portfolio) == 0
    assert count_triggers(portfolio)["incidents"].sum() == 0
    assert summarise_durations(portfolio)["n"].tolist() == [0, 0, 0, 0]
    for view in (count_detections, count_actions, find_recurrences):
        assert view(portfolio).empty
