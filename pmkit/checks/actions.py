"""Checks of actions: one person answers for each, there is a day, and anybody can see when it is done."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import pandas as pd

from pmkit.checks._rule import Finding, Rule, rule
from pmkit.postmortem import Incident
from pmkit.roster import find_person_fault


@rule("AC101", "Action without one person", severity="error")
def find_ownerless(actions: pd.DataFrame, incident: Incident, people: tuple[str, ...]) -> Iterator[Finding]:
    """No one person answers for this action.

    Actions that belong to nobody, to several or to a team are the ones that are still open a year later: each
    waits for somebody else to begin. Many may help; one says when it is done.

    Mend: put one person into `dri`, by the name under which they take part, or a role that somebody fills.
    """
    for row in actions[actions["status"] != "dropped"].itertuples():
        told = row.dri.strip()
        fault = find_person_fault(told, incident, people)
        if fault:
            what = f"the DRI “{told}” {fault}" if told else "there is no DRI"
            yield Finding(f"{row.action_id}: {what}.", "actions", row.action_id, "dri")


RULES: Final[tuple[Rule, ...]] = (find_ownerless,)
