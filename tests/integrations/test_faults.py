"""Each reader under faults by lot: every row once, or an honest word that something is missing.

A few schedules run each time; `PMKIT_FAULTS=2000` runs so many for each reader.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from pmkit import demo
from pmkit.integrations import pagerduty, scans
from tests.integrations import worlds
from tests.integrations.worlds import WORLDS, Outcome, World, run, small_pages

FAULTS = int(os.environ.get("PMKIT_FAULTS", "2"))


@pytest.fixture(scope="module")
def running() -> Iterator[demo.Demo]:
    with demo.start() as started, small_pages():
        yield started


def outcomes(world: World, running: demo.Demo, folder: Path, seeds: range) -> Iterator[tuple[int, Outcome]]:
    for seed in seeds:
        yield seed, run(world, running, folder / str(seed), seed)
        shutil.rmtree(folder / str(seed), ignore_errors=True)


@pytest.mark.parametrize("name", WORLDS)
def test_every_row_comes_once_or_what_is_missing_is_said(
    name: str, running: demo.Demo, tmp_path: Path, record_property: pytest.RecordProperty
) -> None:
    """Nothing twice, nothing made up; nothing lost without a word, and the word says where."""
    complete = struck = rows = 0
    for seed, outcome in outcomes(WORLDS[name](), running, tmp_path, range(FAULTS)):
        try:
            outcome.check()
        except AssertionError as error:
            raise AssertionError(f"{name}, seed {seed}: {error}; lost {sorted(outcome.lost)[:5]}") from error
        complete, struck, rows = (
            complete + outcome.verdict.is_complete,
            struck + len(outcome.struck),
            rows + len(outcome.came),
        )
    figures = f"{FAULTS} schedules, {complete} complete, {struck} faults, {rows} rows, 0 lost, 0 twice"
    record_property("figures", figures)
    print(f"\n{name}: {figures}")
    assert complete, "no schedule at all came through"
    assert struck


def test_what_is_missing_lies_in_the_span_that_is_named(running: demo.Demo, tmp_path: Path) -> None:
    """Where the log ends early, all that is lost is older than the verdict says."""
    checked = 0
    for skip in (2, 3, 4):
        outage = demo.Faults(demo.Fault("status", 503, skip=skip, times=10**9))
        outcome = run(WORLDS["pagerduty"](), running, tmp_path / str(skip), 4, outage)
        gap = next(gap for gap in outcome.verdict.gaps if gap.what == "log entries")
        limit = datetime.fromisoformat(gap.span.removeprefix("before "))
        lost = [outcome.times[one] for one in outcome.lost if one.startswith("pd:R")]
        checked += len(lost)
        assert all(at < limit for at in lost)
    assert checked, "no outage struck in the middle of the log"


# Canaries: a reader that is less careful loses rows under the same schedules, and the check says so.


def test_a_reader_that_trusts_its_offsets_is_caught(
    running: demo.Demo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without overlap and step back, rows that leave take others with them."""

    def trusting(ask, id_of, *, limit, most=None):  # type: ignore[no-untyped-def]
        scan, offset, calls = scans.Scan(), 0, 0
        while True:
            calls += 1
            rows, more = ask(offset, calls)
            scan.rows |= {id_of(row): row for row in rows}
            if not more:
                return scan
            offset += limit

    monkeypatch.setattr(pagerduty, "read_by_offset", trusting)
    assert_caught(WORLDS["pagerduty"](), running, tmp_path)


def test_a_reader_that_reads_a_list_by_tokens_once_is_caught(
    running: demo.Demo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page that shifted under its token is seen only by a second reading."""
    monkeypatch.setattr(scans, "_MOST_READINGS", 1)
    monkeypatch.setattr(scans.Scan, "__setattr__", _forgetting)
    assert_caught(WORLDS["jira"](), running, tmp_path)


def _forgetting(scan: scans.Scan, name: str, value: object) -> None:
    """A scan that does not keep what is the matter."""
    object.__setattr__(scan, name, "" if name == "problem" else value)


def assert_caught(world: World, running: demo.Demo, tmp_path: Path) -> None:
    """Under churn the check finds a lost row."""
    churn = [fault for fault in demo.READ_FAULTS if fault.kind == "leave"]
    for seed in range(60):
        faults = demo.Faults(seed=seed, rate=0.7, kinds=churn)
        outcome = run(world, running, tmp_path / str(seed), seed, faults)
        if outcome.verdict.is_complete and outcome.lost:
            with pytest.raises(AssertionError):
                outcome.check()
            return
    raise AssertionError("nothing was lost, so that the check proves nothing")


def test_both_clients_of_pagerduty_read_the_same(running: demo.Demo, tmp_path: Path) -> None:
    """Under the same schedule, both bring the same rows and the same verdict."""
    for seed in range(2, 2 + max(FAULTS // 4, 2)):
        told = []
        for client in pagerduty.CLIENTS:
            outcome = run(worlds.PagerDutyWorld(client), running, tmp_path / f"{client}{seed}", seed)
            outcome.check()
            told.append((sorted(outcome.came), outcome.verdict.counts, outcome.verdict.is_complete))
        assert told[0] == told[1]
