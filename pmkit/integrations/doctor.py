"""What is set up, what answers, and which rights a token has or lacks, in plain words; no token is shown."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from pmkit.errors import IntegrationError
from pmkit.integrations.calling import (
    Caller,
    drive_client,
    jira_client,
    pagerduty_client,
    slack_client,
)
from pmkit.integrations.credentials import SYSTEMS, account, locate, title_of
from pmkit.integrations.jira_site import describe_fields
from pmkit.integrations.push_report import describe_folder
from pmkit.integrations.slack import SCOPES as READING
from pmkit.postmortem import Incident

Level = Literal["fine", "lacks", "off"]

# What writing to Slack needs beside what reading does.
WRITING: Final = ("channels:manage", "channels:join", "chat:write", "pins:write", "users:read.email")
# What a token may do in a Jira project, and what for.
_RIGHTS: Final = {
    "BROWSE_PROJECTS": "read issues", "CREATE_ISSUES": "make issues", "EDIT_ISSUES": "change issues",
    "ASSIGN_ISSUES": "assign issues", "LINK_ISSUES": "link issues",
    "TRANSITION_ISSUES": "move issues through their workflow",
}  # fmt: skip
_SIGNS: Final = {"fine": "ok", "lacks": "!!", "off": "--"}


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at: of which system, whether it is fine, and in words what was found."""

    system: str
    level: Level
    words: str


def examine(
    incident: Incident | None = None,
    *,
    systems: tuple[str, ...] = SYSTEMS,
    env: Mapping[str, str] | None = None,
    pause: Callable[[float], None] = time.sleep,
) -> list[Finding]:
    """Look at every system: where it is, whether it answers, as whom, and with which rights.

    `incident` says where systems are, as far as the environment does not. Nothing is changed anywhere.
    """
    findings: list[Finding] = []
    for system in systems:
        connections = incident.connections if incident else {}
        try:
            found = account(system, connections, env)
        except IntegrationError as error:
            findings.append(Finding(system, _level_of(system, connections, env), _short(error, system)))
            continue
        findings.append(Finding(system, "fine", f"{found.url}, token from {found.found_in}"))
        try:
            findings += list(_LOOKS[system](Caller(found, pause)))
        except IntegrationError as error:
            findings.append(Finding(system, "lacks", _short(error, system)))
    return findings


def describe(findings: list[Finding]) -> str:
    """The findings in a few lines for people, a system after the other."""
    lines = []
    for system in dict.fromkeys(finding.system for finding in findings):
        lines.append(title_of(system))
        lines += [f"  {_SIGNS[one.level]}  {one.words}" for one in findings if one.system == system]
    lacking = [title_of(one.system) for one in findings if one.level == "lacks"]
    off = [title_of(one.system) for one in findings if one.level == "off"]
    last = f"To be mended: {', '.join(dict.fromkeys(lacking))}." if lacking else "What is set up works."
    if len(off) == len(dict.fromkeys(finding.system for finding in findings)):
        last = "Nothing is set up yet; docs/connect.md shows how, and `pmkit demo-server` lets you try."
    return "\n".join([*lines, "", last])


def _level_of(
    system: str, connections: Mapping[str, Mapping[str, object]], env: Mapping[str, str] | None
) -> Level:
    """A system of which nobody said anything is not used; one that is half set up lacks something."""
    try:
        place = locate(system, connections, env)
    except IntegrationError:
        return "lacks" if system in connections else "off"
    return "lacks" if place.is_told_by_env or system in connections else "off"


def _short(error: IntegrationError, system: str) -> str:
    return str(error).removeprefix(f"{title_of(system)}: ")


# Looking at each


def _slack(caller: Caller) -> Iterator[Finding]:
    client = slack_client(caller)
    answer = caller.read("asking who the token is", client.auth_test)
    yield Finding("slack", "fine", f"answers: {answer.get('team')}, as {answer.get('user')}")
    told = {str(name).lower(): value for name, value in dict(answer.headers).items()}
    header = told.get("x-oauth-scopes", "")
    scopes = set(re.split(r"[,\s]+", header if isinstance(header, str) else ",".join(header)))
    for purpose, needed in (("reading", READING), ("writing", WRITING)):
        lacking = [scope for scope in needed if scope not in scopes]
        if lacking:
            words = (
                f"for {purpose} the token lacks {', '.join(lacking)}: add them to the app and install it anew"
            )
            yield Finding("slack", "lacks", words)
        else:
            yield Finding("slack", "fine", f"has every scope for {purpose}")


def _jira(caller: Caller) -> Iterator[Finding]:
    client = jira_client(caller)
    kind = "Cloud" if client._is_cloud else "Data Center"
    me = caller.read("asking who the token is", client.myself)
    yield Finding("jira", "fine", f"answers: Jira {kind}, as {me.get('displayName')}")
    project = str(caller.account.settings.get("project", ""))
    if not project:
        words = "no project: write `project` under [connections.jira], or set PMKIT_JIRA_PROJECT"
        yield Finding("jira", "lacks", words)
        return
    told = {"projectKey": project, "permissions": ",".join(_RIGHTS)}
    answer: Any = caller.read(
        f"asking what the token may do in {project}", lambda: client._get_json("mypermissions", params=told)
    )
    rights = answer.get("permissions", {})
    lacking = [words for name, words in _RIGHTS.items() if not rights.get(name, {}).get("havePermission")]
    if lacking:
        yield Finding("jira", "lacks", f"in {project} this account may not {', '.join(lacking)}")
    else:
        yield Finding("jira", "fine", f"may read, make, change, assign, link and move issues in {project}")
    yield Finding("jira", "fine", describe_fields(client, caller))


def _pagerduty(caller: Caller) -> Iterator[Finding]:
    client: Any = pagerduty_client(caller)
    caller.read("asking what the key may do", lambda: client.jget("/abilities"))
    yield Finding("pagerduty", "fine", "answers; whether the key may write, PagerDuty says only on writing")
    if not caller.account.user:
        words = "notes are written in somebody's name: set PMKIT_PAGERDUTY_USER to the address of a user"
        yield Finding("pagerduty", "lacks", words)
        return
    told = {"query": caller.account.user}
    users = caller.read("looking for the user", lambda: client.jget("/users", params=told)).get("users", ())
    names = [str(user.get("name")) for user in users if user.get("email") == caller.account.user]
    if names:
        yield Finding("pagerduty", "fine", f"notes are written as {names[0]}")
    else:
        yield Finding("pagerduty", "lacks", f"nobody there has the address {caller.account.user}")


def _drive(caller: Caller) -> Iterator[Finding]:
    client = drive_client(caller)
    told = {"fields": "user(displayName,emailAddress),storageQuota(limit)"}
    about = caller.read("asking who the token is", lambda: client.ask("GET", "/drive/v3/about", params=told))
    user = about.get("user", {})
    yield Finding("drive", "fine", f"answers, as {user.get('emailAddress') or user.get('displayName')}")
    folder = str(caller.account.settings.get("folder", ""))
    if not folder and str(about.get("storageQuota", {}).get("limit", "")) == "0":
        words = "this account has no room of its own: name a folder on a shared drive as `folder` under "
        yield Finding("drive", "lacks", f"{words}[connections.drive], or in PMKIT_DRIVE_FOLDER")
        return
    yield Finding("drive", "fine", f"uploads go {describe_folder(client, caller)}")


_LOOKS: Final[Mapping[str, Callable[[Caller], Iterator[Finding]]]] = {
    "pagerduty": _pagerduty, "slack": _slack, "jira": _jira, "drive": _drive,
}  # fmt: skip
