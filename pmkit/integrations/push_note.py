"""A note in PagerDuty's incident that says where the postmortem is to be read, once."""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from pmkit.errors import IntegrationError
from pmkit.integrations.calling import Caller, pagerduty_client
from pmkit.integrations.credentials import account
from pmkit.integrations.ledger import Ledger
from pmkit.integrations.outgoing import outgoing, report_link
from pmkit.integrations.plan import Made, Push, Step, mark_of, run, several, unsettled, waiting
from pmkit.postmortem import Postmortem
from pmkit.workspace import Workspace

LAG: Final = timedelta(seconds=10)


def push_note(
    workspace: Workspace,
    *,
    link: str = "",
    apply: bool = False,
    env: Mapping[str, str] | None = None,
    pause: Callable[[float], None] | None = None,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    caller: Caller | None = None,
    lag: timedelta = LAG,
) -> Push:
    """Note the report's `link` in PagerDuty's incident.

    Without one it is that of the incident called “Postmortem”, else where `push_report` uploaded it. The
    incident is the one of the evidence, or `incident` of `[connections.pagerduty]`. The other parameters and
    errors are those of `push_actions`.
    """
    if caller is None:
        caller = Caller(account("pagerduty", workspace.incident.connections, env), pause or time.sleep)
    if not caller.account.user:
        raise IntegrationError(
            "PagerDuty: a note is written in somebody's name; set PMKIT_PAGERDUTY_USER to a user's address"
        )
    out = outgoing(workspace, caller.account.settings)
    postmortem = out.record
    incident_id = _incident_id(postmortem, caller)
    path = f"/incidents/{incident_id}/notes"
    client = pagerduty_client(caller)
    with Ledger.open(workspace.path, f"{caller.account.url} {incident_id}", now) as ledger:
        url = link or report_link(postmortem.incident, ledger)
        if not url:
            raise IntegrationError(
                "PagerDuty: it is not known where the report is to be read; push it to drive first, or say "
                "--link, or add a link titled “Postmortem” to incident.toml"
            )
        step, mark = "note", f"{mark_of(postmortem.incident)}/{hashlib.sha256(url.encode()).hexdigest()[:6]}"
        text = f"Postmortem: {out.edition.incident.title}\n{url}\n[{mark}]"

        def notes() -> list[dict[str, Any]]:
            told: dict[str, Any] = caller.read("reading the notes", lambda: client.jget(path))
            return [note for note in told.get("notes", ()) if f"[{mark}]" in str(note.get("content", ""))]

        def act(_: Mapping[str, Made]) -> Made:
            body = {"note": {"content": text}}
            told = caller.write("writing the note", lambda: client.jpost(path, json=body))
            return Made(str(told["note"]["id"]))

        def plan(ledger: Ledger) -> tuple[list[Step], dict[str, Made]]:
            new = Step(step, "note with the report's link", "create", url, act, digest=mark)
            if why := out.refusal({"the note": text}):
                new = replace(new, action="conflict", why=why, act=None)
            return [_step(new, notes(), ledger, lag)], {}

        steps = run(plan, ledger, apply=apply, pause=pause)
    return Push("pagerduty", f"incident {incident_id}", tuple(steps), is_applied=apply)


def _step(new: Step, hits: list[dict[str, Any]], ledger: Ledger, lag: timedelta) -> Step:
    """The step that writes the note, unless it is there, may be there, or is there more than once."""
    if len(hits) > 1:
        return several(new.name, new.object, [str(hit["id"]) for hit in hits])
    if hits:
        last, made = ledger.last_done(new.name), Made(str(hits[0]["id"]))
        known = last is not None and last.digest == new.digest and not ledger.doubt(new.name)
        why = "" if known else "is there already"
        return replace(new, action="skip" if known else "adopt", why=why, act=None, made=made)
    until = unsettled(ledger, new.name, lag)
    return waiting(new.name, new.object, until) if until else new


def _incident_id(pm: Postmortem, caller: Caller) -> str:
    said = str(caller.account.settings.get("incident", "")).strip()
    if said:
        if not re.fullmatch(r"[A-Z0-9]{1,20}", said, re.ASCII):
            raise IntegrationError(f"PagerDuty: expected an incident's id or number, found {said!r}")
        return said
    ids = [name for name in pm.events["pd_incident_id"].unique() if name]
    if len(ids) != 1:
        found = f"the evidence has {', '.join(ids)}" if ids else "the evidence has none"
        raise IntegrationError(
            f"PagerDuty: which incident it is about is not clear: {found}. Write it as `incident` under "
            "[connections.pagerduty] in incident.toml"
        )
    return str(ids[0])
