"""Many incidents are read wherever they lie, each once, and one that is broken costs itself alone."""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import statistics
import sys
from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import pandas as pd
import pytest

from pmkit.batch import Options, render_batch
from pmkit.errors import PmkitError
from pmkit.fleet import find_incidents, load_portfolio, mapped, publish_portfolio, read_case, where_to_run
from pmkit.portfolio import (
    Portfolio,
    count_actions,
    count_detections,
    count_factors,
    count_triggers,
    find_recurrences,
    find_similar,
    power_note,
    review_health,
    summarise_durations,
)
from pmkit.storage import fetched, put

ROOT = Path(__file__).parent.parent
NOW = datetime(2026, 11, 20, tzinfo=UTC)
COUNT = int(os.environ.get("PMKIT_TEST_INCIDENTS", "8"))


def _maker() -> ModuleType:
    spec = importlib.util.spec_from_file_location("incidents", ROOT / "benchmarks" / "incidents.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["incidents"] = module
    spec.loader.exec_module(module)
    return module


maker = _maker()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made: Path = tmp_path_factory.mktemp("many")
    maker.write_incidents(made, COUNT)
    return made


@pytest.fixture(scope="module")
def portfolio(folder: Path) -> Portfolio:
    return load_portfolio([folder], now=NOW)


@pytest.fixture(scope="module")
def truth(folder: Path) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = json.loads((folder / "truth.json").read_text())["incidents"]
    return told


@pytest.mark.slow
def test_every_duration_is_what_was_made(portfolio: Portfolio, truth: list[dict[str, Any]]) -> None:
    """TTD to TTR of each incident, and their n, medians and quartiles, are those they were made with."""
    assert portfolio.problems.empty
    assert portfolio.incidents["incident_id"].tolist() == [one["incident_id"] for one in truth]
    began = pd.to_datetime([one["started_at"] for one in truth], utc=True)
    assert portfolio.incidents["started_at"].tolist() == began.tolist()
    rows = summarise_durations(portfolio).set_index("metric")
    for metric in ("TTD", "TTA", "TTM", "TTR"):
        made = [one[metric] for one in truth]
        assert portfolio.incidents[metric].tolist() == pytest.approx(made, abs=1e-4)
        row = rows.loc[metric]
        lower, median, upper = statistics.quantiles(made, n=4, method="inclusive")
        assert (row["n"], row["unknown"]) == (len(truth), 0)
        assert row["median"] == pytest.approx(median, abs=1e-4)
        assert (row["lower_quartile"], row["upper_quartile"]) == pytest.approx((lower, upper), abs=1e-4)
        assert row["low"] <= row["median"] <= row["high"]
    assert f"With {len(truth)} incidents" in power_note(portfolio)


def test_every_count_is_what_was_made(portfolio: Portfolio, truth: list[dict[str, Any]]) -> None:
    """Triggers, factors, detections and services are counted as the incidents were made."""
    kinds = Counter(one["trigger_kind"] for one in truth)
    counted = count_triggers(portfolio).set_index("kind")
    assert {kind: count for kind, count in counted["incidents"].items() if count} == kinds
    assert counted.loc[list(kinds), "share"].tolist() == pytest.approx(
        [100 * count / len(truth) for count in kinds.values()]
    )
    factors = count_factors(portfolio).set_index("kind")
    assert factors["factors"].to_dict() == {"trigger": len(truth), "latent condition": len(truth)}
    assert factors["share"].tolist() == [100.0, 100.0]
    (seen,) = count_detections(portfolio).to_dict("records")
    assert (seen["incidents"], seen["share"]) == (len(truth), 100.0)
    assert seen["TTD"] == pytest.approx(statistics.median(one["TTD"] for one in truth), abs=1e-4)
    assert portfolio.incidents["services"].tolist() == [one["service"] for one in truth]
    health = review_health(portfolio).set_index("measure")
    assert health.loc["Reviews closed", "value"] == 0
    assert health["n"].max() == len(truth)
    assert health.loc["Findings of the checks per review", "n"] == len(truth)


@pytest.mark.parametrize("by", ["type", "role"])
def test_every_action_is_what_was_made(portfolio: Portfolio, truth: list[dict[str, Any]], by: str) -> None:
    """Actions, how many are done, open and overdue, are those of the truth, by type and by role."""
    made = [action for one in truth for action in one["actions"] if action["status"] != "dropped"]
    rows = count_actions(portfolio, by).set_index(by)
    assert set(rows.index) == {action[by] for action in made}
    for kind, row in rows.iterrows():
        those = [action for action in made if action[by] == kind]
        waiting = [action for action in those if action["status"] != "done"]
        late = [action for action in waiting if date.fromisoformat(action["due_on"]) < NOW.date()]
        done = len(those) - len(waiting)
        assert (row["actions"], row["done"], row["open"]) == (len(those), done, len(waiting))
        assert row["overdue"] == len(late)
        assert row["share_done"] == pytest.approx(100 * done / len(those))


def test_what_came_back_is_of_one_family(portfolio: Portfolio, truth: list[dict[str, Any]]) -> None:
    """Factors that came back are told once for each pair, the earlier one first, with its actions."""
    known = {one["incident_id"]: one for one in truth}
    came_back = find_recurrences(portfolio)
    assert not came_back.duplicated(["earlier", "later"]).any()
    for row in came_back.to_dict("records"):
        earlier, later = known[row["earlier"]], known[row["later"]]
        assert earlier["started_at"] < later["started_at"]
        # Actions address the factor of the incident and never its trigger.
        is_trigger = (
            row["earlier_statement"]
            == portfolio.incidents.set_index("incident_id").at[row["earlier"], "trigger"]
        )
        closed = sum(action["status"] == "done" for action in earlier["actions"])
        assert (row["actions"], row["closed"]) == (
            (0, 0) if is_trigger else (len(earlier["actions"]), closed)
        )
        assert row["shared_services"] == (
            earlier["service"] if earlier["service"] == later["service"] else ""
        )


def test_incidents_are_found_where_they_lie(folder: Path, tmp_path: Path) -> None:
    """A folder gives its incidents, an incident itself; a place with none says what was expected."""
    found = find_incidents(folder)
    assert len(found) == COUNT
    assert find_incidents(found[0]) == [found[0]]
    with pytest.raises(PmkitError, match="expected an incident folder"):
        find_incidents(tmp_path)
    with pytest.raises(PmkitError, match="no such file"):
        find_incidents(tmp_path / "nowhere")


def test_a_broken_incident_costs_itself(folder: Path, tmp_path: Path) -> None:
    """An incident whose table cannot be read is a problem with its line; the others are counted."""
    maker.write_incidents(tmp_path, 2)
    broken = Path(find_incidents(tmp_path)[0])
    (broken / "actions.csv").write_text("action_id,action\nA1,one\nA1,twice\n")
    portfolio = load_portfolio([tmp_path], now=NOW)
    assert len(portfolio) == 1
    assert "line 3" in portfolio.problems["problem"].iloc[0]


def test_object_storage_is_read_and_written(folder: Path) -> None:
    """Incidents behind an address of fsspec are read from a copy, and a result can be put beside them."""
    import fsspec

    system = fsspec.filesystem("memory")
    first = Path(find_incidents(folder)[0])
    for file in first.rglob("*"):
        if file.is_file():
            system.pipe_file(f"/bucket/{first.name}/{file.relative_to(first).as_posix()}", file.read_bytes())
    (place,) = find_incidents("memory://bucket")
    # As text, because an unknown number is not equal to itself.
    assert str(read_case(place, now=NOW)) == str(read_case(str(first), now=NOW))
    put(first / "incident.toml", "memory://bucket/out/copy.toml")
    with fetched("memory://bucket/out/copy.toml") as copy:
        assert copy.read_bytes() == (first / "incident.toml").read_bytes()
    assert not copy.exists()


def test_an_unknown_kind_of_address_is_refused() -> None:
    """An address that nothing can read says so."""
    with pytest.raises(PmkitError, match="no way to read such an address"):
        find_incidents("gopher://bucket/incidents")


@pytest.mark.slow
def test_a_sidecar_says_what_its_folder_says(tmp_path: Path) -> None:
    """A finished report's JSON gives the same durations, factors, triggers and findings as its folder."""
    document = _sidecar(tmp_path)
    ours, theirs = read_case(str(ROOT / "data" / "checkout-failure"), now=NOW), read_case(document, now=NOW)
    assert theirs.incident["problem"] == ""
    same = ("TTD", "TTA", "TTM", "TTR", "trigger", "trigger_kind", "severity", "detected_by", "closed_at")
    assert {name: theirs.incident[name] for name in same} == {name: ours.incident[name] for name in same}
    assert theirs.factors == ours.factors
    assert sorted(action["status"] for action in theirs.actions) == sorted(
        action["status"] for action in ours.actions
    )


def _sidecar(folder: Path) -> str:
    """The frames of the sample as a sidecar holds them, without a report having to be rendered."""
    import pmkit
    from pmkit.packing import pack_frame

    pm = pmkit.Workspace.open(ROOT / "data" / "checkout-failure").load()
    frames = {
        "timeline": pm.timeline, "metrics": pmkit.response_metrics(pm.timeline), "factors": pm.factors,
        "actions": pm.actions, "milestones": pmkit.review_status(pm, NOW),
        "findings": pmkit.run_checks(pm, now=NOW),
    }  # fmt: skip
    incident = {"id": pm.incident.id, "title": pm.incident.title, "severity": pm.incident.severity,
                "services": list(pm.incident.services), "timezone": pm.incident.timezone}  # fmt: skip
    content = {
        "schema": "pmkit-report", "schema_version": "1.0", "made_by": "pmkit", "lang": "en",
        "generated_at": "2026-11-20T00:00:00Z", "incident": incident, "blocks": [],
        "title": {"kind": "title", "title": pm.incident.title, "subtitle": "", "facts": [], "badges": []},
        "frames": {name: pack_frame(frame) for name, frame in frames.items()},
    }  # fmt: skip
    path = folder / "report.json"
    path.write_text(json.dumps(content))
    return path.as_posix()


@pytest.mark.parametrize(
    ("asked", "jobs", "count", "scheduler"),
    [
        ("", None, 99, ""),
        ("", None, 100, "local"),
        ("none", None, 1000, ""),
        ("tcp://x:1", None, 2, "tcp://x:1"),
    ],
)
def test_many_incidents_run_on_a_local_cluster(
    asked: str, jobs: int | None, count: int, scheduler: str
) -> None:
    """From a hundred on, and where it is asked for; never where it is refused."""
    pytest.importorskip("distributed")
    found, processes = where_to_run(asked, jobs, count)
    assert found == scheduler
    assert processes == ((os.cpu_count() or 1) if scheduler == "local" else 1)
    assert where_to_run(asked, 3, count) == (scheduler, 3)


def _double(number: int) -> int:
    return 2 * number


def _tell(number: int, problem: str) -> int:
    raise AssertionError(f"{number}: {problem}")


@pytest.mark.slow
@pytest.mark.parametrize("jobs", [1, 2])
def test_results_come_in_the_order_of_the_items(jobs: int) -> None:
    """One after the other or side by side, the results are those of the items, each told once."""
    told: list[int] = []
    assert mapped(_double, [3, 1, 2], failed=_tell, jobs=jobs, progress=told.append) == [6, 2, 4]
    assert sorted(told) == [2, 4, 6]


class Once:
    """Doubles a number; the process that first meets `fatal` is killed."""

    def __init__(self, marker: Path, fatal: int) -> None:
        self.marker, self.fatal = marker, fatal

    def __call__(self, number: int) -> int:
        if number == self.fatal and not self.marker.exists():
            self.marker.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return 2 * number


@pytest.mark.slow
def test_a_lost_worker_costs_its_task_only(tmp_path: Path) -> None:
    """On a cluster of two workers, one of which is killed, every result is there once."""
    pytest.importorskip("distributed")
    told: list[int] = []
    got = mapped(
        Once(tmp_path / "killed", 7), range(20), failed=_tell, jobs=2, scheduler="local", progress=told.append
    )
    assert got == [2 * number for number in range(20)]
    assert (tmp_path / "killed").exists()
    assert sorted(told) == got


@pytest.mark.slow
def test_a_portfolio_becomes_a_report(folder: Path, tmp_path: Path) -> None:
    """HTML and PDF are written, name every incident, and nobody."""
    read: list[Any] = []
    html, pdf = map(Path, publish_portfolio([folder], tmp_path, now=NOW, progress=read.append))
    assert len(read) == COUNT
    page = html.read_text(encoding="utf-8")
    for name in find_incidents(folder):
        assert Path(name).name in page
    assert "Person" not in page
    assert pdf.stat().st_size > 10_000


@pytest.mark.slow
def test_a_batch_runs_on_a_cluster(folder: Path, tmp_path: Path) -> None:
    """Reports rendered on a cluster are those rendered here, byte for byte."""
    pytest.importorskip("distributed")
    two = [Path(name) for name in find_incidents(folder)[:2]]
    here = render_batch(two, Options(to=("html",), out=tmp_path / "here", now=NOW), jobs=1)
    there = render_batch(
        two, Options(to=("html",), out=tmp_path / "there", now=NOW), jobs=2, scheduler="local"
    )
    assert [outcome.problem for outcome in [*here, *there]] == [""] * 4
    for ours, theirs in zip(here, there, strict=True):
        assert ours.files[0].read_bytes() == theirs.files[0].read_bytes()


@pytest.mark.slow
def test_the_relative_is_among_the_first_three(tmp_path: Path) -> None:
    """Of incidents of one cause, told in other words, a relative is in the first three for nine of ten."""
    made = maker.write_incidents(tmp_path, 40, seed=5)
    portfolio = load_portfolio([tmp_path], now=NOW)
    family = {one["incident_id"]: one["family"] for one in made["incidents"]}
    asked = [name for name in family if list(family.values()).count(family[name]) > 1]
    found = sum(
        any(family[other] == family[name] for other in find_similar(portfolio, name)["incident_id"])
        for name in asked
    )
    assert found / len(asked) >= 0.9
