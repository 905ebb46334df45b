"""One way to read from any of the systems: what is wanted, brought into the evidence."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from pmkit.errors import IntegrationError
from pmkit.integrations.credentials import Account
from pmkit.integrations.google_drive import FetchedFolder, fetch_drive
from pmkit.integrations.jira import fetch_jira
from pmkit.integrations.pagerduty import fetch_pagerduty
from pmkit.integrations.pages import Fetched
from pmkit.integrations.retrying import Patience
from pmkit.integrations.slack import fetch_slack
from pmkit.workspace import Workspace


def fetch_from(
    workspace: Workspace,
    account: Account,
    wanted: Sequence[str],
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    jql: str = "",
    export: bool = False,
    anew: bool = False,
    patience: Patience | None = None,
    by: str | None = None,
) -> list[Fetched | FetchedFolder]:
    """Bring what is `wanted` of the system of `account` into the evidence.

    The parameters are those of `fetch_pagerduty`, `fetch_slack`, `fetch_jira` and `fetch_drive`.
    Raises `IntegrationError` for one that the system does not take, and as they do.
    """
    system = account.system
    told = {"since": since, "until": until, "jql": jql, "export": export}
    unused = [name for name, value in told.items() if value and name not in _TAKES.get(system, ())]
    if unused:
        raise IntegrationError(f"{account.title}: takes no `--{_FLAGS.get(unused[0], unused[0])}`")
    rest: dict[str, Any] = {"account": account, "patience": patience, "anew": anew, "by": by}
    if system == "slack":
        return [*fetch_slack(workspace, wanted, since=since, until=until, **rest)]
    if system == "jira":
        return [*fetch_jira(workspace, wanted, jql=jql, **rest)]
    if not wanted:
        raise IntegrationError(f"{account.title}: say which, as `pmkit fetch --help` shows")
    if system == "pagerduty":
        return [one for incident in wanted for one in fetch_pagerduty(workspace, incident, **rest)]
    return [fetch_drive(workspace, folder, export=export, **rest) for folder in wanted]


_TAKES: Final = {"slack": ("since", "until"), "jira": ("jql",), "drive": ("export",)}
_FLAGS: Final = {"since": "from", "until": "to"}
