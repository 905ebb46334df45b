"""The steps of the review that write: milestones reached, people in roles, check-ins held."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import partial

import pandas as pd

from pmkit import schema
from pmkit.checkins import KINDS, draft_checkin
from pmkit.errors import SchemaError, WorkspaceError
from pmkit.facts import with_member, with_milestone
from pmkit.milestones import RECORDED, review_status
from pmkit.roster import find_active_people, find_person_fault
from pmkit.workspace import Workspace


def note_milestones(workspace: Workspace, now: datetime) -> list[str]:
    """Write down when milestones were reached, for those the record has come to support; returns their names.

    From then on the time stays, as long as the record holds what the milestone needs. A time that somebody
    wrote by hand is replaced by the one the record gives.
    """
    postmortem = workspace.load()
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
    now: datetime,
) -> dict[str, str]:
    """Record that a check-in was held, as it drafts itself and with what people `said` instead.

    `by` is the person or role who confirms it, `said` has cells of `checkins.csv`: `summary`, `blockers`,
    `next_steps`, and for the final retro `owners_confirmed`, `learned`, `would_come_again`. Returns the row.
    Raises `WorkspaceError` when nobody confirms it, `SchemaError` for a cell that cannot be.
    """
    postmortem = workspace.load()
    incident = postmortem.incident
    kinds = [plan.kind for plan in incident.checkins] or list(KINDS)
    if kind not in kinds:
        raise WorkspaceError(f"no kind of check-in `{kind}`; the kinds are {', '.join(kinds)}")
    fault = find_person_fault(by, incident, find_active_people(postmortem.events)["person"])
    # A role may confirm before somebody is put into it.
    if fault and by not in incident.roles:
        raise WorkspaceError(f"a check-in is confirmed by somebody; “{by}” {fault}. Say a role or a name")
    row: dict[str, object] = dict(draft_checkin(postmortem, now, kind=kind))
    row |= {"held_at": schema.format_time(pd.Timestamp(now)), "attendees": attendees, "confirmed_by": by}
    row |= said or {}
    table = schema.CHECKINS
    texts, problems = {}, []
    for name, value in row.items():
        try:
            texts[name] = schema.cell_text(table.column(name), value)
        except ValueError as error:
            problems.append(f"`{name}`: {error}")
    known = set(postmortem.actions["action_id"])
    unknown = [word for word in texts.get("owners_confirmed", "").split() if word not in known]
    problems += [f"`owners_confirmed`: there is no action {word}" for word in unknown]
    if problems:
        raise SchemaError("checkins", problems)

    def with_row(checkins: pd.DataFrame) -> pd.DataFrame:
        fresh = schema.conform(pd.DataFrame([texts]), table)
        return pd.concat([checkins, fresh], ignore_index=True) if len(checkins) else fresh

    workspace.save_table("checkins", with_row(workspace.table("checkins")), merge=with_row, now=now)
    return texts
