"""A whole review, from `pmkit new` to closed: through files and commands alone, and through the notebooks.

The notebooks are walked on one sample; with `PMKIT_WALKS=1` on all four, and with every cell of them.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import nbclient
import nbformat
import pandas as pd
import pytest
from click.testing import CliRunner
from jupyter_client.manager import KernelManager

from pmkit import schema
from pmkit.cli import main
from pmkit.intake import flag
from pmkit.lab import add_notebooks
from pmkit.workspace import Workspace

pytestmark = pytest.mark.slow

DATA = Path(__file__).parents[1] / "data"
SAMPLES = sorted(facts.parent.name for facts in DATA.glob("*/incident.toml"))
Make = Callable[[pd.DataFrame], pd.DataFrame]
Steps = dict[str, list[str]]
IS_WHOLE = os.environ.get("PMKIT_WALKS", "") not in ("", "0")
QUICK = ["saas-outage"]
# Cells of a quick walk besides the tables; what only looks is run by the tests of the notebooks.
ALWAYS = {"parameters", "open", "reached", "retro-agenda"}
STAND = "import datetime as dt\n\npmkit.card_review(workspace.load(), dt.datetime.now(dt.UTC))"


def run(*words: object, code: int = 0) -> str:
    """What the command prints; it leaves with `code`."""
    result = CliRunner().invoke(main, [str(word) for word in words])
    assert result.exit_code == code, result.output
    return result.stdout


class Stand(NamedTuple):
    """Which milestones are reached, and what each of them lacks."""

    reached: list[bool]
    lacks: list[list[str]]


def stand(folder: Path) -> Stand:
    """As `pmkit status` tells it."""
    result = CliRunner().invoke(main, ["status", str(folder), "--format", "json"])
    milestones = json.loads(result.stdout)["milestones"]
    return Stand([m["reached_at"] is not None for m in milestones], [m["blocked_by"] for m in milestones])


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
    assert stand(folder).reached == [False] * len(incident.milestones)

    asked = pm.evidence[(pm.evidence["zone"] + pm.evidence["options"]) != ""]
    run("add", folder, sample.path / "evidence", code=2 if len(asked) else 0)
    for row in asked.itertuples():
        run("add", folder, sample.path / row.path, "--as", row.format, *said_of(row.zone, row.options))
    take(sample, folder, "timeline")
    shutil.copytree(sample.path / "notes", folder / "notes", dirs_exist_ok=True)
    take(sample, folder, "impact", lambda impact: impact.assign(basis=impact["basis"].replace("", "counted")))
    assert "no decision is recorded about “timeline”" in stand(folder).lacks[0]
    take(
        sample,
        folder,
        "decisions",
        lambda _: decided(sample, "timeline", "2026-11-20T09:00:00Z").pipe(_only, "timeline"),
    )
    now = stand(folder)
    assert now.reached[:2] == [True, False], now.lacks[0]

    take(sample, folder, "factors", _agreed)
    take(sample, folder, "factor_links")
    take(sample, folder, "raci", _one_a)
    known = decided(sample, "timeline", "2026-11-20T09:00:00Z")
    cause = decided(sample, "root cause", "2026-11-21T09:00:00Z")
    decisions = pd.concat([known, cause]).drop_duplicates("decision_id", ignore_index=True)
    take(sample, folder, "decisions", lambda _: decisions.pipe(_only, "timeline", "root cause"))
    now = stand(folder)
    assert now.reached[:3] == [True, True, False], now.lacks[1]

    take(sample, folder, "actions", lambda actions: _owned(actions, list(people.values())))
    agreed = decided(sample, "actions", "2026-11-22T09:00:00Z")
    decisions = pd.concat([decisions, agreed]).drop_duplicates("decision_id", ignore_index=True)
    take(sample, folder, "decisions", lambda _: decisions)
    now = stand(folder)
    assert now.reached[:4] == [True, True, True, False], now.lacks[2]

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
    assert any("is not done" in lack for lack in stand(folder).lacks[3])
    tasks = Workspace.open(folder).table("tasks").assign(status="done")
    (folder / "tasks.csv").write_text(schema.to_csv(tasks, schema.TASKS), encoding="utf-8")
    now = stand(folder)
    assert now.reached == [True] * len(incident.milestones), now.lacks[3]
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


# Through the notebooks


@pytest.fixture(scope="module")
def kernel() -> Iterator[KernelManager]:
    """One kernel for all notebooks: each begins with its own workspace."""
    manager = KernelManager(kernel_name="python3", transport="ipc")
    manager.start_kernel(env={**os.environ, "PYTHONPATH": str(DATA.parent)})
    yield manager
    manager.shutdown_kernel(now=True)


@pytest.mark.parametrize("name", SAMPLES if IS_WHOLE else QUICK)
def test_a_review_is_walked_through_the_notebooks(name: str, tmp_path: Path, kernel: KernelManager) -> None:
    """The incident's own notebooks one after the other, each change by a widget or by one line of Python."""
    sample, folder = Workspace.open(shutil.copytree(DATA / name, tmp_path / "sample")), tmp_path / name
    incident, worksheet = sample.incident, sample.table("timeline")
    people = {member.role: member.person or f"{member.role} on duty" for member in incident.members}
    ended = sample.load().timeline.query("mark.str.contains('resolved')")["time"].max()
    run(
        "new", folder, "--template", incident.template, "--severity", incident.severity,
        "--resolved", ended.isoformat(), "--timezone", incident.timezone,
    )  # fmt: skip
    add_notebooks(Workspace.open(folder))

    def write(*notes: str) -> list[str]:
        return [f"pmkit.write_note(workspace, {note!r}, {sample.note(note)!r})" for note in notes]

    steps: Steps = {
        "open": [f"pmkit.assign_role(workspace, {role!r}, {who!r})" for role, who in people.items()],
        "files": list(evidence_added(sample)),
        "summary": write("summary", "impact"),
        "impact": [
            pasted(
                sample, "impact", lambda impact: impact.assign(basis=impact["basis"].replace("", "counted"))
            )
        ],
    }
    assert walk(kernel, folder, "01_evidence", steps).reached == [False] * len(incident.milestones)

    now = walk(kernel, folder, "02_timeline", {"build": list(timeline_built(worksheet))})
    assert now.reached == [False] * len(incident.milestones)
    assert now.lacks[0] == ["no decision is recorded about “timeline”"]

    cause = decided(sample, "root cause", "2026-11-21T09:00:00Z")
    known = pd.concat([decided(sample, "timeline", "2026-11-20T09:00:00Z"), cause])
    known = known.drop_duplicates("decision_id", ignore_index=True).pipe(_only, "timeline", "root cause")
    steps = {
        "factors": [pasted(sample, "factors", _agreed)],
        "links": [pasted(sample, "factor_links")],
        "words": write("root-cause"),
        "decisions": [pasted(sample, "decisions", lambda _: known)],
        "questions": [pasted(sample, "questions")],
    }
    now = walk(kernel, folder, "03_factors", steps)
    assert now.reached[:3] == [True, True, False], now.lacks

    agreed = decided(sample, "actions", "2026-11-22T09:00:00Z")
    agreed = agreed[~agreed["decision_id"].isin(known["decision_id"])]
    steps = {
        "actions": [
            pasted(sample, "actions", lambda actions: _owned(actions, list(people.values()))),
            *(f'pmkit.add_row(workspace, "decisions", **{row!r})' for row in texts(agreed, schema.DECISIONS)),
        ]
    }
    now = walk(kernel, folder, "04_actions", steps)
    assert now.reached[:4] == [True, True, True, False], now.lacks
    assert now.lacks[3]

    plan = Workspace.open(folder)
    actions, tasks, questions = (plan.table(table) for table in ("actions", "tasks", "questions"))
    open_ones = " ".join(actions.loc[~actions["status"].isin(["done", "dropped"]), "action_id"])
    unowned = questions.loc[questions["owner"] == "", "question_id"]
    retro = {"attendees": "everybody", "said": {"owners_confirmed": open_ones, "learned": 5}}
    steps = {
        "learned": write("went-well", "went-badly", "lucky", "lessons"),
        "checkin-draft": ['pmkit.confirm_checkin(workspace, by="Scribe")'],
        "checkins": [f'pmkit.edit_row(workspace, "questions", {q!r}, owner="Scribe")' for q in unowned],
        "tasks": [typed("tasks", [[task, "status", "done"] for task in tasks["task_id"]])],
        "retro-agenda": [f'pmkit.confirm_checkin(workspace, by="Scribe", kind="final retro", **{retro!r})'],
    }
    now = walk(kernel, folder, "05_review", steps, "pmkit.note_milestones(workspace)")
    assert now.reached == [True] * len(incident.milestones), now.lacks
    assert "Closed" in run("status", folder)


def walk(kernel: KernelManager, folder: Path, name: str, steps: Steps, last: str = "") -> Stand:
    """Run a notebook of the incident with somebody's steps below its cells; where the review stands then."""
    path = folder / "notebooks" / f"{name}.ipynb"
    notebook = nbformat.read(path, as_version=4)
    cell = nbformat.v4.new_code_cell
    cells = [cell(f"%cd -q {path.parent}")]
    for one in notebook.cells:
        is_table = "pmkit.edit_" in one.source
        if one.cell_type == "code" and (IS_WHOLE or is_table or one.id in {*ALWAYS, *steps}):
            cells += [one, *map(cell, steps.get(one.id, ()))]
    notebook.cells = [*cells, *([cell(last)] if last else ()), cell(STAND)]
    client = nbclient.NotebookClient(notebook, km=kernel, timeout=300)
    client.execute()
    client.kc.stop_channels()
    assert set(steps) <= {one.id for one in cells}
    bundle = notebook.cells[-1].outputs[-1]["data"]
    milestones = bundle["application/vnd.pmkit.block+json"]["items"][1:]
    tables = [one for one in cells if one.source.startswith("pmkit.edit_") and "deletable" in one.metadata]
    assert all("application/vnd.jupyter.widget-view+json" in str(one.outputs) for one in tables)
    return Stand(
        [card["value"] == "reached" for card in milestones], [card["note"].split("; ") for card in milestones]
    )


def texts(frame: pd.DataFrame, table: schema.Table) -> list[dict[str, str]]:
    """The rows as the cells that somebody types; empty ones are left out."""
    cells = {name: schema.cell_texts(frame[name]) for name in table.column_names}
    rows = (dict(zip(cells, row, strict=True)) for row in zip(*cells.values(), strict=True))
    return [{name: text for name, text in row.items() if text} for row in rows]


def pasted(sample: Workspace, name: str, edit: Make = lambda frame: frame) -> str:
    """What the grid of a table is told when somebody pastes the sample's rows into it."""
    table = schema.WORKSHEETS[name]
    rows = texts(schema.conform(edit(sample.table(name)), table), table)
    return told(name, {"op": "add", "values": rows})


def typed(name: str, edits: list[list[str]]) -> str:
    """What the grid of a table is told when somebody types into cells."""
    return told(name, {"op": "edit", "edits": edits})


def told(name: str, message: dict[str, Any]) -> str:
    return f"pmkit.edit_table(workspace, {name!r})._handle_custom_msg({message!r}, [])"


def evidence_added(sample: Workspace) -> Iterator[str]:
    """All files at once, and those of which something had to be said once more with the answer."""
    yield f"pmkit.add_evidence(workspace, {str(sample.path / 'evidence')!r})"
    for row in sample.evidence().itertuples():
        options = {**json.loads(row.options or "{}"), **({"zone": row.zone} if row.zone else {})}
        if options:
            path = str(sample.path / row.path)
            yield f"pmkit.add_evidence(workspace, {path!r}, form={row.format!r}, options={options!r})"


def timeline_built(worksheet: pd.DataFrame) -> Iterator[str]:
    """What was recorded is included and described, what was not is added; then the anchors."""
    included = worksheet[worksheet["included"]]
    by_hand = included["event_id"].str.startswith("manual:")
    yield f"pmkit.include_events(workspace, {list(included.loc[~by_hand, 'event_id'])!r})"
    rows = texts(included[~by_hand], schema.TIMELINE)
    names = ("time", "summary", "phase", "note")
    yield typed("timeline", [[row["event_id"], n, row[n]] for row in rows for n in names if n in row])
    for row in texts(included[by_hand], schema.TIMELINE):
        said = {name: row[name] for name in ("mark", "phase", "actor", "place", "note") if name in row}
        yield f"pmkit.add_event(workspace, {row['time']!r}, {row['summary']!r}, **{said!r})"
    for row in included[~by_hand & (included["mark"] != "")].itertuples():
        for mark in row.mark.split():
            yield f"pmkit.mark_event(workspace, {row.event_id!r}, {mark!r})"
