"""A whole review, from `pmkit new` to closed, through files and commands alone; on every sample."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from click.testing import CliRunner

from pmkit import schema
from pmkit.cli import main
from pmkit.intake import flag
from pmkit.workspace import Workspace

pytestmark = pytest.mark.slow

DATA = Path(__file__).parents[1] / "data"
SAMPLES = sorted(facts.parent.name for facts in DATA.glob("*/incident.toml"))
Make = Callable[[pd.DataFrame], pd.DataFrame]


def run(*words: object, code: int = 0) -> str:
    """What the command prints; it leaves with `code`."""
    result = CliRunner().invoke(main, [str(word) for word in words])
    assert result.exit_code == code, result.output
    return result.stdout


def reached(folder: Path) -> list[bool]:
    result = CliRunner().invoke(main, ["status", str(folder), "--format", "json"])
    return [milestone["reached_at"] is not None for milestone in json.loads(result.stdout)["milestones"]]


def lacks(folder: Path, milestone: int) -> list[str]:
    result = CliRunner().invoke(main, ["status", str(folder), "--format", "json"])
    return list(json.loads(result.stdout)["milestones"][milestone]["blocked_by"])


def take(sample: Workspace, folder: Path, name: str, edit: Make = lambda frame: frame) -> None:
    """A table of the sample, mended where it is not finished, as a file that somebody edited by hand."""
    table = schema.WORKSHEETS[name]
    frame = schema.conform(edit(sample.table(name)), table)
    (folder / f"{name}.csv").write_text(schema.to_csv(frame, table), encoding="utf-8")


def said_of(zone: str, options: str) -> Iterator[str]:
    """What people said about reading a file, as the command takes it."""
    for name, value in {"zone": zone, **json.loads(options or "{}")}.items():
        pairs = (
            ",".join(f"{mine}={column}" for mine, column in value.items()) if isinstance(value, dict) else ""
        )
        if value:
            yield from (flag(name), pairs or str(value))


def decided(sample: Workspace, about: str, at: str) -> pd.DataFrame:
    """The decisions of the sample up to one about `about`, which is added where it has none."""
    found = sample.table("decisions")
    if not ((found["about"] == about) & found["decided_at"].notna() & (found["decided_by"] != "")).any():
        row: dict[str, Any] = {
            "decision_id": f"D{90 + len(about)}", "decision": f"The {about} stands.", "about": about,
            "decided_at": at, "decided_by": sample.incident.roles[0], "why": "Everybody was there.",
        }  # fmt: skip
        found = pd.concat([found, schema.conform(pd.DataFrame([row]), schema.DECISIONS)], ignore_index=True)
    return found


@pytest.mark.parametrize("name", SAMPLES)
def test_a_review_is_walked_to_its_end(name: str, tmp_path: Path) -> None:
    """Each milestone is reached when its part of the record is there, and not before; then it is closed."""
    sample, folder = Workspace.open(shutil.copytree(DATA / name, tmp_path / "sample")), tmp_path / name
    incident, pm = sample.incident, sample.load()
    people = {member.role: member.person or f"{member.role} on duty" for member in incident.members}
    ended = pm.timeline.loc[pm.timeline["mark"].str.contains("resolved"), "time"].max()
    run(
        "new", folder, "--template", incident.template, "--severity", incident.severity,
        "--resolved", ended.isoformat(), "--timezone", incident.timezone,
        *(word for role, who in people.items() for word in ("--assign", f"{role}={who}")),
    )  # fmt: skip
    assert reached(folder) == [False] * len(incident.milestones)

    for row in pm.evidence.itertuples():
        run("add", folder, sample.path / row.path, "--as", row.format, *said_of(row.zone, row.options))
    take(sample, folder, "timeline")
    shutil.copytree(sample.path / "notes", folder / "notes", dirs_exist_ok=True)
    take(sample, folder, "impact", lambda impact: impact.assign(basis=impact["basis"].replace("", "counted")))
    assert "no decision is recorded about “timeline”" in lacks(folder, 0)
    take(
        sample,
        folder,
        "decisions",
        lambda _: decided(sample, "timeline", "2026-11-20T09:00:00Z").pipe(_only, "timeline"),
    )
    assert reached(folder)[:2] == [True, False], lacks(folder, 0)

    take(sample, folder, "factors", _agreed)
    take(sample, folder, "factor_links")
    take(sample, folder, "raci", _one_a)
    assert not reached(folder)[1]
    known = decided(sample, "timeline", "2026-11-20T09:00:00Z")
    cause = decided(sample, "root cause", "2026-11-21T09:00:00Z")
    decisions = pd.concat([known, cause]).drop_duplicates("decision_id", ignore_index=True)
    take(sample, folder, "decisions", lambda _: decisions.pipe(_only, "timeline", "root cause"))
    assert reached(folder)[:3] == [True, True, False], lacks(folder, 1)

    take(sample, folder, "actions", lambda actions: _owned(actions, list(people.values())))
    agreed = decided(sample, "actions", "2026-11-22T09:00:00Z")
    decisions = pd.concat([decisions, agreed]).drop_duplicates("decision_id", ignore_index=True)
    take(sample, folder, "decisions", lambda _: decisions)
    assert reached(folder)[:4] == [True, True, True, False], lacks(folder, 2)

    actions = Workspace.open(folder).table("actions")
    open_ones = actions.loc[~actions["status"].isin(["done", "dropped"]), "action_id"]
    run("checkin", folder, "--confirm", "--by", "Scribe")
    assert "Not ready yet" not in run("agenda", folder)
    run(
        "checkin", folder, "--kind", "final retro", "--confirm", "--by", "Scribe", "--attendees", "everybody",
        "--say", f"owners_confirmed={' '.join(open_ones)}", "--say", "learned=5",
    )  # fmt: skip
    take(
        sample,
        folder,
        "questions",
        lambda questions: questions.assign(owner=questions["owner"].replace("", "Scribe")),
    )
    assert any("is not done" in lack for lack in lacks(folder, 3))
    tasks = Workspace.open(folder).table("tasks").assign(status="done")
    (folder / "tasks.csv").write_text(schema.to_csv(tasks, schema.TASKS), encoding="utf-8")
    assert reached(folder) == [True] * len(incident.milestones), lacks(folder, 3)
    assert "Closed" in run("status", folder)


def _only(decisions: pd.DataFrame, *about: str) -> pd.DataFrame:
    return decisions[decisions["about"].isin([*about, "response", "communication"])]


def _agreed(factors: pd.DataFrame) -> pd.DataFrame:
    first = factors["event_ids"][factors["event_ids"] != ""].iloc[0]
    return factors.assign(agreed=True, event_ids=factors["event_ids"].replace("", first))


def _one_a(raci: pd.DataFrame) -> pd.DataFrame:
    """The first A of each activity stays one."""
    accountable = raci["part"].str.contains("A")
    first = accountable & ~raci[accountable].duplicated("activity").reindex(raci.index, fill_value=False)
    return raci.assign(part=raci["part"].where(~accountable | first, "C"))


def _owned(actions: pd.DataFrame, people: list[str]) -> pd.DataFrame:
    known = actions["dri"].isin(people)
    return actions.assign(
        dri=actions["dri"].where(known, people[0]),
        due_on=actions["due_on"].fillna(pd.Timestamp("2026-12-18")),
        review_on=actions["review_on"].fillna(pd.Timestamp("2027-01-15")),
        issue_key=actions["issue_key"].replace("", "OPS-1"),
    )
