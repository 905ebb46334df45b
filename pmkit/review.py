"""The steps of the review that write: milestones reached, people in roles, check-ins held."""

from __future__ import annotations

from datetime import datetime
from functools import partial

import pandas as pd

from pmkit.facts import with_member, with_milestone
from pmkit.milestones import RECORDED, review_status
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


def assign(workspace: Workspace, role: str, person: str) -> None:
    """Put a person into a role. Raises `WorkspaceError` for a role the workspace does not have."""
    workspace.save_facts(lambda text: with_member(text, role, person))
