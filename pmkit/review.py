"""The steps of the review that write: milestones reached, people in roles, check-ins held."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial

import pandas as pd

from pmkit import schema
from pmkit.checkins import KINDS, draft_checkin
from pmkit.errors import SchemaError, WorkspaceError
from pmkit.facts import with_member, with_milestone
from pmkit.milestones import RECORDED, review_status
from pmkit.postmortem import Postmortem
from pmkit.roster import find_active_people, find_person_fault
from pmkit.workspace import Workspace


def note_milestones(
    workspace: Workspace, now: datetime | None = None, *, loaded: Postmortem | None = None
) -> list[str]:
    """Write down when milestones were reached, for those the record has come to support; returns their names.

    From then on the time stays, as long as the record holds what the milestone needs. A time that somebody
    wrote by hand is replaced by the one the record gives. `loaded` is the record where it was just loaded.
    """
    now, postmortem = now or datetime.now(UTC), loaded or workspace.load()
    status = review_status(postmortem, now).set_index("milestone")["reached_at"]
    known = {did for did in postmortem.journal["did"] if did.startswith(RECORDED)}
    needing = [milestone.name for milestone in postmortem.incident.milestones if milestone.needs]
    fresh = [name for name in needing if pd.notna(status[name]) and f"{RECORDED}: {name}" not in known]
    for name in fresh:
        write = partial(with_milestone, name=name, reached_at=status[name].to_pydatetime())
        workspace.save_facts(write, did=f"{RECORDED}: {name}", now=now)
    return fresh


def assign_role(workspace: Workspace, role: str, person: str) -> None:
    """Put a person into a role. Raises `WorkspaceError` for a role the workspace does not have."""
    workspace.save_facts(lambda text: with_member(text, role, person))


def confirm_checkin(
    workspace: Workspace,
    *,
    by: str,
    kind: str = "daily",
    attendees: str = "",
    said: Mapping[str, object] | None = None,
    again: bool = False,
    now: datetime | None = None,
) -> dict[str, str]:
    """Record that a check-in was held, as it drafts itself and with what people `said` instead.

    A final retro is held once: where there is one, `amend_checkin` mends its minutes, and `again` says that
    people met once more.

    `by` is the person or role who confirms it, `said` has cells of `checkins.csv`: `summary`, `blockers`,
    `next_steps`, and for the final retro `owners_confirmed`, `learned`, `would_come_again`. Returns the row.
    Raises `WorkspaceError` when nobody confirms it, `SchemaError` for a cell that cannot be.
    """
    now, postmortem = now or datetime.now(UTC), workspace.load()
    incident = postmortem.incident
    kinds = [plan.kind for plan in incident.checkins] or list(KINDS)
    if kind not in kinds:
        raise WorkspaceError(f"no kind of check-in `{kind}`; the kinds are {', '.join(kinds)}")
    _refuse_nobody(by, postmortem)
    held = _last_held(postmortem.checkins, kind)
    if kind == "final retro" and held is not None and not again:
        raise WorkspaceError(
            f"the final retro was held on {held['held_at']:%Y-%m-%d %H:%M} UTC, {held['checkin_id']}. "
            "To mend its minutes: `--amend`; if you met once more: `--again`"
        )
    row: dict[str, object] = dict(draft_checkin(postmortem, now, kind=kind))
    row |= {"held_at": schema.format_time(pd.Timestamp(now)), "attendees": attendees, "confirmed_by": by}
    row |= said or {}
    texts = _texts(row, postmortem.actions)

    def with_row(checkins: pd.DataFrame) -> pd.DataFrame:
        fresh = schema.conform(pd.DataFrame([texts]), schema.CHECKINS)
        return pd.concat([checkins, fresh], ignore_index=True) if len(checkins) else fresh

    workspace.save_table("checkins", with_row(workspace.table("checkins")), merge=with_row, now=now)
    return texts


def amend_checkin(
    workspace: Workspace,
    *,
    kind: str = "final retro",
    said: Mapping[str, object],
    now: datetime | None = None,
) -> dict[str, str]:
    """Mend the minutes of the last check-in of that kind with what people `said`; returns its row.

    `said` has cells of `checkins.csv`; names in `owners_confirmed` are added to those that are there. When it
    was held stays. Raises `WorkspaceError` where none was held, `SchemaError` for a cell that cannot be.
    """
    postmortem = workspace.load()
    held = _last_held(postmortem.checkins, kind)
    if held is None:
        raise WorkspaceError(f"no {kind} was held yet; there is nothing to amend")
    fixed = [name for name in ("checkin_id", "kind", "held_at") if name in said]
    if fixed:
        raise WorkspaceError(f"`{fixed[0]}` of a check-in that was held stays; amend its other cells")
    if "confirmed_by" in said:
        _refuse_nobody(str(said["confirmed_by"]), postmortem)
    new = dict(said)
    if "owners_confirmed" in new:
        new["owners_confirmed"] = f"{held['owners_confirmed']} {new['owners_confirmed']}"
    texts = _texts(new, postmortem.actions)
    if "owners_confirmed" in texts:
        texts["owners_confirmed"] = " ".join(dict.fromkeys(texts["owners_confirmed"].split()))

    def amended(checkins: pd.DataFrame) -> pd.DataFrame:
        rows = schema.conform(checkins, schema.CHECKINS)
        cells = schema.conform(pd.DataFrame([texts]), schema.CHECKINS)
        for name in texts:
            rows.loc[rows["checkin_id"] == held["checkin_id"], name] = cells[name].iloc[0]
        return rows

    workspace.save_table("checkins", amended(workspace.table("checkins")), merge=amended, now=now)
    columns = schema.CHECKINS.columns
    row = amended(workspace.table("checkins")).set_index("checkin_id", drop=False).loc[held["checkin_id"]]
    return {column.name: schema.cell_text(column, row[column.name]) for column in columns}


def _refuse_nobody(by: str, postmortem: Postmortem) -> None:
    incident = postmortem.incident
    fault = find_person_fault(by, incident, find_active_people(postmortem.events)["person"])
    # A role may confirm before somebody is put into it.
    if fault and by not in incident.roles:
        raise WorkspaceError(f"a check-in is confirmed by somebody; “{by}” {fault}. Say a role or a name")


def _last_held(checkins: pd.DataFrame, kind: str) -> pd.Series | None:
    held = checkins[(checkins["kind"] == kind) & checkins["held_at"].notna()]
    return held.sort_values("held_at", kind="stable").iloc[-1] if len(held) else None


def _texts(row: Mapping[str, object], actions: pd.DataFrame) -> dict[str, str]:
    """The cells of a check-in as text. Raises `SchemaError` for those that cannot be."""
    texts, problems = {}, []
    for name, value in row.items():
        try:
            texts[name] = schema.cell_text(schema.CHECKINS.column(name), value)
        except ValueError as error:
            problems.append(f"`{name}`: {error}")
    known = set(actions["action_id"])
    unknown = [word for word in texts.get("owners_confirmed", "").split() if word not in known]
    problems += [f"`owners_confirmed`: there is no action {word}" for word in unknown]
    if problems:
        raise SchemaError("checkins", problems)
    return texts
