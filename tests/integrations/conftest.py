"""A small review and stand-ins in a known state, for everything that is pushed."""

from __future__ import annotations

import copy
import io
import shutil
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from pypdf import PdfWriter

from pmkit import schema
from pmkit import workspace as workspace_room
from pmkit.demo.google_drive import GoogleDrive
from pmkit.demo.jira import Jira
from pmkit.demo.pagerduty import PagerDuty
from pmkit.demo.server import Faults, Server
from pmkit.demo.slack import Slack
from pmkit.integrations import outgoing as outgoing_room
from pmkit.integrations import push_actions as push_actions_room
from pmkit.integrations import push_note as push_note_room
from pmkit.integrations import push_report as push_report_room
from pmkit.integrations import push_updates as push_updates_room
from pmkit.integrations.calling import Caller
from pmkit.integrations.credentials import Account, Secret
from pmkit.integrations.jira_texts import label_of
from pmkit.integrations.outgoing import Outgoing
from pmkit.integrations.plan import Push, mark_of
from pmkit.integrations.push_actions import push_actions
from pmkit.integrations.push_note import push_note
from pmkit.integrations.push_report import push_report
from pmkit.integrations.push_updates import push_updates
from pmkit.postmortem import Incident
from pmkit.workspace import Workspace
from tests.integrations.wire import wired

# No real token; put together, so that nobody takes it for one.
TOKEN = "sentinel" + "-7c1e94d0-" + "token"
PEOPLE = {"Mei Tanaka": "mei@example.com", "Ana Costa": "ana@example.com"}
OPENED = datetime(2026, 11, 3, 17, 0, tzinfo=UTC)
PD_INCIDENT = "Q1INCIDENT"
LINK = "https://drive.example.com/report"


class Clock:
    """A clock that goes on only when it is looked at or waited for."""

    def __init__(self) -> None:
        self.at = datetime(2026, 11, 5, 9, 0, tzinfo=UTC)
        self.waited: list[float] = []

    def __call__(self) -> datetime:
        self.at += timedelta(milliseconds=1)
        return self.at

    def pause(self, seconds: float) -> None:
        self.waited.append(seconds)
        self.at += timedelta(seconds=seconds)


_OF_THE_SERVER = ("token", "now", "lock", "url", "_compiled")


@dataclass
class Stand:
    """One writer, the stand-in it writes to, and the clock of both."""

    system: str
    server: Server
    clock: Clock = field(default_factory=Clock)
    settings: dict[str, object] = field(default_factory=dict)
    timeout: float = 0.5

    @property
    def state(self) -> Any:
        return self.server.system

    def renew(self, faults: Faults | None = None) -> None:
        """An empty system behind the same socket."""
        self.clock = Clock()
        state = made(self.system, self.clock)
        state.url = self.server.url
        self.server.system, self.server.faults, self.server.asked = state, faults or Faults(), []

    @property
    def name(self) -> str:
        return f"{self.system} {self.settings.get('client', '')}".strip()

    def keep(self) -> dict[str, Any]:
        """What the system holds now, to be put back."""
        held = {name: value for name, value in vars(self.state).items() if name not in _OF_THE_SERVER}
        return copy.deepcopy({"held": held, "at": self.clock.at})

    def put_back(self, kept: dict[str, Any]) -> None:
        """The system as it was then."""
        kept = copy.deepcopy(kept)
        vars(self.state).update(kept["held"])
        self.clock.at = kept["at"]

    def caller(self, token: str = TOKEN) -> Caller:
        user = "mei@example.com" if self.system in ("jira", "pagerduty") else ""
        settings = {"project": "SHOP", "incident": PD_INCIDENT, "link": LINK, **self.settings}
        account = Account(self.system, self.server.url, Secret(token), user, "a test", settings)
        return Caller(account, self.clock.pause, self.timeout)

    def push(self, folder: Path, *, apply: bool = True, waits: bool = True, **more: Any) -> Push:
        told = {"pause": self.clock.pause if waits else None, "now": self.clock, "caller": self.caller()}
        pushes: dict[str, Callable[..., Push]] = {
            "jira": push_actions, "slack": push_updates, "drive": push_report, "pagerduty": push_note,
        }  # fmt: skip
        more = {"link": LINK, **more} if self.system == "pagerduty" else more
        return pushes[self.system](Workspace.open(folder), apply=apply, **{**told, **more})

    def counts(self, folder: Path) -> dict[str, int]:
        """How often each thing that should be there once is there."""
        return COUNTS[self.system](self.state, Workspace.open(folder))


def made(system: str, clock: Clock) -> Any:
    """A system that holds the people of the review and nothing else."""
    if system == "jira":
        jira = Jira(TOKEN, clock)
        jira.users = [
            {
                "accountId": f"5b10:{n}",
                "name": mail.partition("@")[0],
                "displayName": name,
                "emailAddress": mail,
            }
            for n, (name, mail) in enumerate(PEOPLE.items())
        ]
        return jira
    if system == "slack":
        slack = Slack(TOKEN, clock)
        for number, (name, mail) in enumerate(PEOPLE.items()):
            user = {"id": f"U0PERSON{number}", "name": name, "profile": {"email": mail}, "is_bot": False}
            slack.users[str(user["id"])] = user
        return slack
    if system == "drive":
        return GoogleDrive(TOKEN, clock)
    pagerduty = PagerDuty(TOKEN, clock)
    pagerduty.incidents = [{"id": PD_INCIDENT, "incident_number": 7, "created_at": "2026-11-03T15:00:00Z"}]
    pagerduty.users = [
        {
            "id": f"PUSER{n}",
            "type": "user",
            "name": name,
            "email": mail,
            "summary": name,
            "self": "",
            "html_url": "",
        }
        for n, (name, mail) in enumerate(PEOPLE.items())
    ]
    facts = {"type": "incident", "summary": "it", "self": "", "html_url": ""}
    pagerduty.incidents[0] |= {
        **facts,
        "teams": [],
        "service": {**facts, "id": "PSERVICE", "type": "service"},
    }
    pagerduty.log[PD_INCIDENT], pagerduty.notes[PD_INCIDENT] = [], []
    return pagerduty


def _of_jira(jira: Jira, workspace: Workspace) -> dict[str, int]:
    mark, rows = mark_of(workspace.incident), workspace.table("actions")
    labels = {"epic": f"{mark}-epic"} | {name: label_of(mark, name) for name in rows["action_id"]}
    held = {key: issue["fields"]["labels"] for key, issue in jira.issues.items()}
    counts = {name: sum(label in own for own in held.values()) for name, label in labels.items()}
    counts["issues that are nobody's"] = 1 + sum(mark not in own for own in held.values())
    key_of = {
        name: next((k for k, own in held.items() if label in own), "") for name, label in labels.items()
    }
    for row in rows.itertuples():
        counts[f"key of {row.action_id}"] = int(row.issue_key == key_of[row.action_id])
        counts[f"link of {row.action_id}"] = len(jira.links.get(row.issue_key, ()))
        parent = jira.issues.get(row.issue_key, {}).get("fields", {}).get("parent")
        counts[f"epic of {row.action_id}"] = int(bool(parent) and parent["key"] == key_of["epic"])
    return counts


def _of_slack(slack: Slack, workspace: Workspace) -> dict[str, int]:
    names = [channel["name"] for channel in slack.channels.values()]
    counts = {f"#{c.name}": names.count(c.name) for c in workspace.incident.channels}
    for channel in slack.channels.values():
        counts[f"pins of {channel['name']}"] = len(slack.pins.get(channel["id"], ()))
        counts[f"purpose of {channel['name']}"] = int(bool(channel["purpose"]["value"]))
        counts[f"people of {channel['name']}"] = len(slack.members[channel["id"]]) - 2
    texts = [m["metadata"]["event_payload"]["post"] for rows in slack.messages.values() for m in rows]
    wanted = ["kickoff", "decision D1", "decision D2", "checkin daily-1"]
    wanted += [f"resources {c.name}" for c in workspace.incident.channels]
    counts |= {f"post {name}": texts.count(name) for name in wanted}
    counts["posts that are nobody's"] = 1 + len(set(texts) - set(wanted))
    return counts


def _of_drive(drive: GoogleDrive, workspace: Workspace) -> dict[str, int]:
    mark = mark_of(workspace.incident)
    own = [one.get("appProperties", {}) for one in drive.files.values()]
    parts = [one.get("pmkit_part") for one in own if one.get("pmkit") == mark]
    wanted = (
        "folder",
        "report.html",
        "report.pdf",
        "timeline.csv",
        "raci.csv",
        "actions.csv",
        "evidence.csv",
    )
    counts = {name: parts.count(name) for name in wanted}
    return counts | {"files that are nobody's": 1 + len(own) - len(parts)}


def _of_pagerduty(pagerduty: PagerDuty, workspace: Workspace) -> dict[str, int]:
    mark = mark_of(workspace.incident)
    return {"note": sum(mark in note["content"] for note in pagerduty.notes[PD_INCIDENT])}


COUNTS: dict[str, Callable[[Any, Workspace], dict[str, int]]] = {
    "jira": _of_jira, "slack": _of_slack, "drive": _of_drive, "pagerduty": _of_pagerduty,
}  # fmt: skip


@pytest.fixture(autouse=True)
def read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is the same text is not read again, and the same rows make the same sheet."""
    read_csv, read_facts, write = schema.read_csv, workspace_room.read_facts, push_report_room.export_sheet
    loads = tomllib.loads

    def toml(text: str) -> dict[str, Any]:
        told: dict[str, Any] = copy.deepcopy(remembered(text, lambda: loads(text)))
        return told

    def table(text: str, table: schema.Table, *, where: str = "") -> pd.DataFrame:
        frame: pd.DataFrame = remembered((text, table.name), lambda: read_csv(text, table, where=where))
        return frame.copy()

    def facts(text: str, *, where: str, folder: str) -> Incident:
        incident: Incident = remembered((text, folder), lambda: read_facts(text, where=where, folder=folder))
        return incident

    def sheet(rows: pd.DataFrame, path: Path) -> Path:
        key = (rows.to_csv(), path.name)
        path.write_bytes(remembered(key, lambda: write(rows, path).read_bytes()))
        return path

    def leaving(workspace: Workspace, settings: Mapping[str, Any]) -> Outgoing:
        held = {path.name: path.read_bytes() for path in _read_from(workspace.path)}
        key = (*sorted(held.items()), str(settings.get("audience")))
        out: Outgoing = remembered(key, lambda: outgoing_room.outgoing(workspace, settings))
        return out

    for room in (push_actions_room, push_note_room, push_report_room, push_updates_room):
        monkeypatch.setattr(room, "outgoing", leaving)
    monkeypatch.setattr(tomllib, "loads", toml)
    monkeypatch.setattr(schema, "read_csv", table)
    monkeypatch.setattr(workspace_room, "read_facts", facts)
    monkeypatch.setattr(push_report_room, "export_sheet", sheet)


def _read_from(folder: Path) -> list[Path]:
    """The files that say what is pushed; evidence is listed in one of them with its digest."""
    return [*folder.glob("*.csv"), *folder.glob("*.toml"), *folder.glob("notes/*")]


def remembered(key: Any, make: Callable[[], Any]) -> Any:
    """What was made for this key, in this run of the tests."""
    if key not in _MADE:
        _MADE[key] = make()
    return _MADE[key]


_MADE: dict[Any, Any] = {}


@pytest.fixture(scope="session")
def review(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A review with three actions, two decisions and a check-in; copy it before you change it."""
    folder = tmp_path_factory.mktemp("review") / "2026-11-03-checkout"
    people = {"Incident Commander": "Mei Tanaka", "Scribe": "Ana Costa"}
    workspace = Workspace.create(
        folder, title="Checkout failed", severity="P1", people=people, now=OPENED, resolved_at=OPENED
    )
    facts = (folder / "incident.toml").read_text(encoding="utf-8")
    for name, mail in PEOPLE.items():
        facts = facts.replace(f'person = "{name}"', f'person = "{name}"\nemail = "{mail}"')
    (folder / "incident.toml").write_text(facts, encoding="utf-8")
    rows: dict[str, list[dict[str, object]]] = {
        "actions": [
            {"action_id": "A1", "action": "Key holds", "dri": "Mei Tanaka", "due_on": "2026-11-20"},
            {"action_id": "A2", "action": "Alert on refused carts", "dri": "Scribe", "priority": "P1"},
            {"action_id": "A 3", "action": "Write the runbook anew"},
        ],
        "decisions": [
            {"decision_id": "D1", "decision": "Roll back", "decided_at": "2026-11-03T15:10:00Z"},
            {"decision_id": "D2", "decision": "Hold <!channel> the campaign", "why": "a & b"},
        ],
        "checkins": [
            {"checkin_id": "daily-1", "held_at": "2026-11-04T09:15:00Z", "confirmed_by": "Scribe"},
            {"checkin_id": "daily-2"},
        ],
    }  # fmt: skip
    rows["checkins"] = [{"kind": "daily", **row} for row in rows["checkins"]]
    for name, told in rows.items():
        workspace.save_table(name, schema.conform(pd.DataFrame(told), schema.WORKSHEETS[name]))
    (folder / "report").mkdir()
    (folder / "report" / "report.html").write_text("<h1>Checkout failed</h1>", encoding="utf-8")
    paper = io.BytesIO()
    page = PdfWriter()
    page.add_blank_page(72, 72)
    page.write(paper)
    (folder / "report" / "report.pdf").write_bytes(paper.getvalue())
    return folder


@pytest.fixture
def folder(review: Path, tmp_path: Path) -> Path:
    """A copy of the review, free to be changed."""
    return Path(shutil.copytree(review, tmp_path / review.name))


@pytest.fixture
def stand(request: pytest.FixtureRequest) -> Iterator[Stand]:
    """The writer to the system that the test is parametrized with, on a wire without sockets.

    `pagerduty 7` is PagerDuty through the client that took the place of pdpyras.
    """
    system, _, version = request.param.partition(" ")
    clock = Clock()
    server = Server(made(system, clock))
    with wired(server):
        yield Stand(system, server, clock, {"client": "pagerduty"} if version else {})
    server.stop()


@pytest.fixture
def stand_on_socket(request: pytest.FixtureRequest) -> Iterator[Stand]:
    """The same on a socket, for processes of their own."""
    system, clock = request.param, Clock()
    server = Server(made(system, clock)).start()
    yield Stand(system, server, clock)
    server.stop()
