"""Systems full of rows, readers on them under faults, and what must have come of it.

A world is made from a seed: so many rows at such times, and a schedule of faults. Its reader runs over a real
socket with the real client; only time is told, so that nothing waits.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pmkit import demo
from pmkit.demo import READ_FAULTS, Fault, Faults
from pmkit.demo.google_drive import INCIDENT_FOLDER, GoogleDrive
from pmkit.demo.jira import Jira
from pmkit.demo.pagerduty import PagerDuty, make_entry
from pmkit.demo.slack import Slack
from pmkit.demo.story import read_story
from pmkit.errors import NoAnswerError
from pmkit.integrations import google_drive, jira, pagerduty, pages, slack
from pmkit.integrations.calling import Caller, drive_client
from pmkit.integrations.credentials import Account, Secret
from pmkit.integrations.pages import Pages, Verdict
from pmkit.integrations.retrying import Patience
from pmkit.loaders import load_evidence
from pmkit.loaders._fetch_log import LOG, read_fetch_log

T0 = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
STORY = read_story()
TIMEOUT = 0.25  # seconds of real time until a client gives up on a server that says nothing
SMALL = {
    pagerduty: {"_FULL": 10},
    slack: {"_PAGE": 7},
    jira: {"_PAGE": 5, "_CHANGES": 5},
    google_drive: {"_PAGE": 5},
}


@dataclass
class Clock:
    """Time that passes only when somebody waits."""

    t: float = 0.0

    def __call__(self) -> float:
        return self.t

    def sleep(self, seconds: float) -> None:
        self.t += seconds

    def now(self) -> datetime:
        return T0 + timedelta(seconds=self.t)

    def patience(self, seed: int = 0, **more: Any) -> Patience:
        return Patience(clock=self, sleep=self.sleep, now=self.now, chance=random.Random(seed), **more)


@dataclass
class Outcome:
    """What came of one schedule."""

    verdict: Verdict
    came: list[str]  # ids of the events that were loaded
    stayed: set[str]  # ids of what was there all the while
    existed: set[str]  # ids of all that ever was there
    times: Mapping[str, datetime]
    struck: list[str] = field(default_factory=list)
    unreadable: int = 0

    @property
    def lost(self) -> set[str]:
        return self.stayed - set(self.came)

    def check(self) -> None:
        """Nothing twice, nothing made up, and nothing lost where it is said that all is here."""
        assert self.unreadable == 0
        assert len(self.came) == len(set(self.came)), "twice"
        assert set(self.came) <= self.existed, "made up"
        if self.verdict.is_complete:
            assert self.lost == set(), self.struck
        else:
            assert "incomplete: " in self.verdict.said(T0)
            assert all(gap.what and gap.why for gap in self.verdict.gaps)


class World:
    """One system, with what to fill it with and how to read it."""

    system = ""
    form = ""
    kind: Any

    def fill(self, state: Any, chance: random.Random) -> None:
        """Put rows into the system."""
        raise NotImplementedError

    def ids(self, state: Any) -> dict[str, datetime]:
        """The ids of the events that are there now, and when each was."""
        raise NotImplementedError

    def read(self, pages: Pages, account: Account, patience: Patience, state: Any) -> Verdict:
        """Run the reader."""
        raise NotImplementedError


class PagerDutyWorld(World):
    system, form, kind = "pagerduty", "pagerduty-rest", PagerDuty

    def __init__(self, client: str = "pdpyras") -> None:
        self.client = client

    def fill(self, state: PagerDuty, chance: random.Random) -> None:
        story = STORY
        begun = T0 - timedelta(hours=6)
        incident = story.incident | {"created_at": f"{begun:%Y-%m-%dT%H:%M:%SZ}"}
        key = incident["id"]
        state.tell(story)
        state.incidents, state.users = [incident], state.users[:2]
        seconds = sorted(_clustered(chance, chance.randrange(0, 70), 3600))
        state.log[key] = [
            make_entry(f"R{n:04d}", begun + timedelta(seconds=at), incident) for n, at in enumerate(seconds)
        ]
        state.alerts[key] = [_alert(n, begun, incident) for n in range(chance.randrange(0, 35))]
        state.notes[key] = [_note(n, begun, incident) for n in range(chance.randrange(0, 4))]

    def ids(self, state: PagerDuty) -> dict[str, datetime]:
        found = {}
        for prefix, lists in (("", state.log), ("alert:", state.alerts), ("note:", state.notes)):
            for row in (row for rows in lists.values() for row in rows):
                found[f"pd:{prefix}{row['id']}"] = datetime.fromisoformat(row["created_at"])
        incident = state.incidents[0]
        return found | {f"pd:incident:{incident['id']}": datetime.fromisoformat(incident["created_at"])}

    def read(self, pages: Pages, account: Account, patience: Patience, state: PagerDuty) -> Verdict:
        client = pagerduty.connect(account, self.client)
        client.timeout = TIMEOUT  # type: ignore[attr-defined]
        reader = pagerduty._Reader(client, patience, pages, "4127")
        return pages_parts(pages, reader.parts)


class SlackWorld(World):
    system, form, kind = "slack", "slack-pages", Slack
    channel = "C09MFKICKF2"

    def fill(self, state: Slack, chance: random.Random) -> None:
        state.tell(STORY)
        kept = dict(list(state.users.items())[:4]) | {state.bot_user: state.users[state.bot_user]}
        state.users, state.pins = kept, {}
        state.channels = {self.channel: state.channels[self.channel]}
        state.members = {self.channel: [*kept]}
        begun = T0 - timedelta(hours=6)
        rows: list[dict[str, Any]] = []
        for n, at in enumerate(sorted(_clustered(chance, chance.randrange(0, 40), 20_000))):
            ts = f"{int(begun.timestamp()) + at}.{n:06d}"
            rows.append({"type": "message", "user": chance.choice([*kept]), "text": f"row {n}", "ts": ts})
            if rows and chance.random() < 0.5:
                parent = chance.choice(rows[:-1] or rows)
                thread = parent.get("thread_ts", parent["ts"])
                if thread != ts:
                    rows[-1]["thread_ts"] = thread
                    if chance.random() < 0.1:
                        rows[-1]["subtype"] = "thread_broadcast"
        state.messages = {self.channel: rows}
        for thread in {row["thread_ts"] for row in rows if "thread_ts" in row}:
            state._count_replies(self.channel, thread)
        if rows and chance.random() < 0.5:
            state.pins[self.channel] = [
                {"ts": rows[0]["ts"], "created": 1795000000, "created_by": next(iter(kept))}
            ]

    def ids(self, state: Slack) -> dict[str, datetime]:
        rows = state.messages[self.channel]
        return {f"slack:{self.channel}:{row['ts']}": slack._at(row["ts"]) for row in rows}

    def read(self, pages: Pages, account: Account, patience: Patience, state: Slack) -> Verdict:
        client = slack.connect(account)
        client.timeout = TIMEOUT
        asking = slack._Asking(client, patience)
        channel = {"id": self.channel, "name": "incident-kickoff"}
        since = T0 - timedelta(hours=8)
        reader = slack._Reader(asking, pages, channel, since, pages.until)
        return pages_parts(pages, reader.parts)


class JiraWorld(World):
    system, form, kind = "jira", "jira-rest", Jira

    def __init__(self, *, is_cloud: bool = True) -> None:
        self.is_cloud = is_cloud

    def fill(self, state: Jira, chance: random.Random) -> None:
        state.is_cloud = self.is_cloud
        story = STORY
        state.users = Jira(state.token, state.now).users
        state.tell(story)
        state.issues.clear()
        begun = T0 - timedelta(days=3)
        for n in range(chance.randrange(1, 18)):
            at = begun + timedelta(minutes=chance.randrange(0, 40))  # several in one minute
            fields = {"summary": f"row {n}", "issuetype": {"name": "Task"}, "labels": ["postmortem"]}
            issue = state._create(fields, state.users[0], at)
            for step in range(chance.choice([0, 1, 2, 2, 12])):
                state._edit(issue, {"summary": f"row {n} step {step}"}, state.users[0], at)
            for step in range(chance.choice([0, 0, 1, 24])):
                state._comment(issue, f"comment {step}", state.users[0], at)

    def ids(self, state: Jira) -> dict[str, datetime]:
        found = {}
        for key, issue in state.issues.items():
            at = issue["fields"]["created"]
            found[f"jira:{key}:created"] = at
            for history in issue["histories"]:
                found |= {f"jira:{key}:{history['id']}:{n}": at for n in range(len(history["items"]))}
            found |= {f"jira:{key}:comment:{one['id']}": at for one in issue["comments"]}
        return found

    def read(self, pages: Pages, account: Account, patience: Patience, state: Jira) -> Verdict:
        client = jira.connect(account)
        client._session.timeout = TIMEOUT
        asking = jira._Asking(client, account.url, patience)
        asking.greet()
        reader = jira._Reader(asking, pages, "project = SHOP")
        return pages_parts(pages, reader.parts_of([]))


class DriveWorld(World):
    system, form, kind = "drive", "drive-listing", GoogleDrive

    def fill(self, state: GoogleDrive, chance: random.Random) -> None:
        state.tell(STORY)
        for n in range(chance.randrange(1, 22)):
            facts = {"name": f"row {n}", "mimeType": "text/plain", "parents": [INCIDENT_FOLDER]}
            state._add(facts, b"", T0 - timedelta(minutes=chance.randrange(60, 90)))

    def ids(self, state: GoogleDrive) -> dict[str, datetime]:
        inside = (file for file in state.files.values() if INCIDENT_FOLDER in file["parents"])
        return {f"drive:{file['id']}": datetime.fromisoformat(file["createdTime"]) for file in inside}

    def read(self, pages: Pages, account: Account, patience: Patience, state: GoogleDrive) -> Verdict:
        asking = google_drive._Asking(drive_client(Caller(account, timeout=TIMEOUT)), patience)
        reader = google_drive._Reader(asking, pages, INCIDENT_FOLDER)
        return pages_parts(pages, [("documents", reader.read_folder)])


WORLDS: dict[str, Callable[[], World]] = {
    "pagerduty": PagerDutyWorld,
    "slack": SlackWorld,
    "jira": JiraWorld,
    "jira data center": lambda: JiraWorld(is_cloud=False),
    "drive": DriveWorld,
}


def pages_parts(at: Pages, parts: Any) -> Verdict:
    return pages.read_parts(at, parts)


def schedule(seed: int) -> Faults:
    """Faults by lot; one in twenty schedules ends in an outage."""
    chance = random.Random(seed)
    rate = chance.choice([0.0, 0.1, 0.2, 0.3, 0.5])
    outage = (
        [Fault("status", 503, skip=chance.randrange(0, 20), times=10**9)] if chance.random() < 0.05 else []
    )
    churn = [fault for fault in READ_FAULTS if fault.kind in ("arrive", "leave")]
    kinds = (*READ_FAULTS, *churn * chance.choice([0, 0, 2, 8]))
    return Faults(*outage, seed=seed, rate=rate, kinds=kinds)


def run(world: World, running: demo.Demo, folder: Path, seed: int, faults: Faults | None = None) -> Outcome:
    """One schedule: fill, read under faults, load what was saved."""
    clock = Clock()
    state = world.kind(running.token[world.system], clock.now)
    world.fill(state, random.Random(seed))
    before = world.ids(state)
    existed = dict(before)
    arrive = state.arrive

    def arrived(chance: random.Random) -> None:
        arrive(chance)
        existed.update(world.ids(state))

    state.arrive = arrived
    running.renew(world.system, state)
    running.strike(world.system, faults or schedule(seed))
    at = begin(folder, clock)
    account = account_of(running, world.system)
    try:
        verdict = world.read(at, account, clock.patience(seed), state)
    except NoAnswerError as error:
        verdict = Verdict(gaps=[pages.Gap("everything", "", str(error))])
    struck = running.faults[world.system].struck
    running.strike(world.system, None)
    events = load_evidence(folder, world.form) if folder.exists() and any(folder.glob("*.json")) else None
    came = [] if events is None else list(events.loc[~events["event_id"].str.contains(":pin:"), "event_id"])
    unreadable = 0 if events is None else int((events["kind"] == "unreadable").sum())
    stayed = set(before) & set(world.ids(state))
    return Outcome(verdict, came, stayed, set(existed), existed, struck, unreadable)


def begin(folder: Path, clock: Clock) -> Pages:
    """A folder for pages, without a workspace around it."""
    folder.mkdir(parents=True)
    first = f'{{"system": "x", "asked": {{}}, "until": "{clock.now().isoformat(timespec="seconds")}"}}\n'
    (folder / LOG).write_text(first)
    log = read_fetch_log(folder)
    assert log is not None
    return Pages(None, folder, log)  # type: ignore[arg-type]


def account_of(running: demo.Demo, system: str) -> Account:
    return Account(
        system, running.url[system], Secret(running.token[system]), user=running.user.get(system, "")
    )


@contextmanager
def small_pages() -> Iterator[None]:
    """Pages of a few rows, so that few rows make many pages."""
    with pytest.MonkeyPatch.context() as patch:
        for module, sizes in SMALL.items():
            for name, size in sizes.items():
                patch.setattr(module, name, size)
        patch.setattr("pmkit.demo.jira._MOST_CHANGES", 8)
        yield


def _clustered(chance: random.Random, count: int, span: int) -> list[int]:
    """Moments of which many fall into the same second."""
    crowded = [chance.randrange(span) for _ in range(2)]
    return [chance.choice(crowded) if chance.random() < 0.4 else chance.randrange(span) for _ in range(count)]


def _alert(n: int, begun: datetime, incident: Mapping[str, Any]) -> dict[str, Any]:
    at = begun + timedelta(seconds=n // 3)
    return {
        "id": f"A{n:04d}", "type": "alert", "summary": f"alert {n}", "created_at": f"{at:%Y-%m-%dT%H:%M:%SZ}",
        "status": "resolved", "alert_key": f"key{n}", "service": incident["service"], "suppressed": False,
        "severity": "critical", "incident": {"id": incident["id"], "type": "incident_reference"},
    }  # fmt: skip


def _note(n: int, begun: datetime, incident: Mapping[str, Any]) -> dict[str, Any]:
    at = begun + timedelta(minutes=n)
    user = {"id": "PAU658K", "type": "user_reference", "summary": "Ngozi Abara"}
    return {
        "id": f"PN{n:04d}", "user": user, "channel": {"summary": "web"}, "content": f"note {n} on its own",
        "created_at": f"{at:%Y-%m-%dT%H:%M:%SZ}",
    }  # fmt: skip
