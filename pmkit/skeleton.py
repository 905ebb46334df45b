"""What a new incident folder starts with: its facts, tables and notes, as the template plans them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Final

import pandas as pd

from pmkit import schema
from pmkit.audience import check_audiences
from pmkit.disk import explained, write_durably
from pmkit.errors import WorkspaceError
from pmkit.facts import check_timezone, new_facts
from pmkit.template import NOTES, Template, load_template
from pmkit.workdays import WorkCalendar

_FOLDER_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII)
# Where git turns line ends round, the digests would no longer fit.
_GIT_ATTRIBUTES: Final = """evidence/** -text
evidence.csv -text
journal.jsonl -text
ledger.jsonl -text merge=union
"""


def make_folder(
    folder: Path,
    *,
    title: str,
    severity: str,
    services: Sequence[str],
    template: str | Path,
    timezone: str,
    people: Mapping[str, str],
    started_at: datetime | None,
    resolved_at: datetime | None,
    now: datetime,
) -> None:
    """Write everything that `Workspace.create` begins with; what it is told is explained there.

    Raises `WorkspaceError` before anything is written, where something of it does not fit.
    """
    plan = load_template(template)
    try:
        check_audiences(plan.audiences, plan.redact, plan.audience)
    except ValueError as error:
        raise WorkspaceError(f"template {template}: {error}") from error
    unknown = set(people) - set(plan.roles)
    if unknown:
        raise WorkspaceError(f"no role `{sorted(unknown)[0]}`; the roles are {', '.join(plan.roles)}")
    _check_folder_name(folder.resolve().name)
    if started_at is not None and resolved_at is not None and resolved_at < started_at:
        raise WorkspaceError(f"the incident began after it ended: {started_at} to {resolved_at}")
    calendar = _calendar(plan, timezone)
    with explained(folder):
        if folder.exists() and any(folder.iterdir()):
            raise WorkspaceError(f"{folder}: the folder is not empty; choose another name, or open it")
        for part in ("evidence", "notes"):
            (folder / part).mkdir(parents=True, exist_ok=True)
    _write_tables(folder, plan, calendar, calendar.day_of(resolved_at or now), severity)
    for note in NOTES:
        write_durably(folder / "notes" / f"{note}.md", f"<!-- {plan.prompts[note]} -->\n".encode())
    write_durably(folder / ".gitignore", b"report/\n.cache/\n.lock\n.*.tmp\n")
    write_durably(folder / ".gitattributes", _GIT_ATTRIBUTES.encode())
    # Last, because a folder with this file is a workspace.
    facts = new_facts(
        folder.resolve().name,
        plan,
        title=title,
        severity=severity,
        services=services,
        timezone=timezone,
        people=people,
        opened_at=now,
        started_at=started_at,
        resolved_at=resolved_at,
    )
    write_durably(folder / "incident.toml", facts.encode())


def _check_folder_name(name: str) -> None:
    # Windows refuses these names whatever their ending.
    reserved = {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))}
    if not _FOLDER_NAME.fullmatch(name) or name.endswith(".") or name.partition(".")[0].lower() in reserved:
        raise WorkspaceError(
            f"{name!r} cannot name an incident folder; use letters, digits, dot, dash and underscore, "
            "as 2026-11-03-checkout-outage"
        )


def _calendar(plan: Template, timezone: str) -> WorkCalendar:
    try:
        check_timezone(timezone)
    except ValueError as error:
        raise WorkspaceError(str(error)) from error
    return replace(plan.calendar, zone=timezone)


def _write_tables(folder: Path, plan: Template, calendar: WorkCalendar, start: date, severity: str) -> None:
    for name, table in schema.WORKSHEETS.items():
        frame = _planned_rows(name, plan, calendar, start, severity)
        write_durably(folder / f"{name}.csv", schema.to_csv(frame, table).encode())
    write_durably(
        folder / "evidence.csv", schema.to_csv(schema.empty(schema.EVIDENCE), schema.EVIDENCE).encode()
    )


def _planned_rows(
    name: str, plan: Template, calendar: WorkCalendar, start: date, severity: str
) -> pd.DataFrame:
    """What a new workspace's table starts with: tasks and RACI come from the template."""
    table = schema.WORKSHEETS[name]
    most = plan.working_days_for(severity)  # no task is due after the closure
    if name == "tasks":
        rows = [
            {
                "task_id": task.task_id,
                "task_list": task.task_list,
                "task": task.task,
                "dri": task.dri,
                "due_on": pd.Timestamp(calendar.after(start, min(task.due_working_day, most))),
                "status": "open",
            }
            for task in plan.tasks
        ]
    elif name == "raci":
        rows = [
            {"activity": activity, "role": role, "part": part}
            for activity, parts in plan.raci.items()
            for role, part in parts.items()
        ]
    else:
        return schema.empty(table)
    return schema.conform(pd.DataFrame(rows), table)
