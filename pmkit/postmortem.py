"""The frozen records of one review: the incident, its people, and everything known about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pandas as pd

from pmkit.schema import REDACTIONS, empty
from pmkit.template import SECTIONS, CheckinPlan
from pmkit.workdays import WorkCalendar


@dataclass(frozen=True)
class Member:
    """A role of the workspace and the person who fills it; `person` may still be empty.

    `timezone` is where that person lives, if not in the team's zone.
    """

    role: str
    person: str = ""
    slack: str = ""
    email: str = ""
    timezone: str = ""


@dataclass(frozen=True)
class Channel:
    """A channel of the review and what belongs there."""

    name: str
    purpose: str = ""


@dataclass(frozen=True)
class Milestone:
    """A milestone, its criteria, what the record needs for it, and when it was recorded as reached (UTC).

    `needs` are names of `pmkit.template.NEEDS`.
    """

    name: str
    criteria: str = ""
    reached_at: datetime | None = None
    needs: tuple[str, ...] = ()


@dataclass(frozen=True)
class TaskList:
    """One of the review's lists of tasks, and the one role that answers for it."""

    id: str
    name: str
    dri: str = ""


@dataclass(frozen=True)
class Link:
    """A link that belongs to the review: dashboard, runbook, status page."""

    title: str
    url: str


@dataclass(frozen=True)
class Sender:
    """Who signs letters to customers and the public, and where their readers may ask.

    `signed_by` is a role, an office or a name that customers know; `contact` an address or a number that is
    public, and so is masked in no edition.
    """

    signed_by: str = ""
    organisation: str = ""
    contact: str = ""


@dataclass(frozen=True)
class CheckChoice:
    """Which checks a team wants: codes or families to `select` and `ignore`, other severities by code."""

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    severity: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Incident:
    """The facts of `incident.toml`. Times are UTC; `timezone` is the team's own, for display.

    `started_at` and `resolved_at` are what was said when the review was opened; the timeline says it better.
    `owner` and `facilitator` are a role or a person, `people` take part without a role. `evidence` are the
    sources that must cover the incident, `action_days` the working days an action has, by priority, and
    `connections` what each outside system needs to be told: its address and keys of its own, never a token.
    `lang` is the language of the report's fixed words, `report` the folder of the team's own report template,
    seen from the incident folder. `customers` are names that editions for others leave out, `audiences` the
    team's own (`pmkit.audience`), `letter` who signs what leaves the company.
    """

    id: str
    title: str
    severity: str
    services: tuple[str, ...] = ()
    template: str = "saas"
    timezone: str = "UTC"
    owner: str = ""
    facilitator: str = ""
    opened_at: datetime | None = None
    started_at: datetime | None = None
    resolved_at: datetime | None = None
    members: tuple[Member, ...] = ()
    people: tuple[str, ...] = ()
    channels: tuple[Channel, ...] = ()
    milestones: tuple[Milestone, ...] = ()
    task_lists: tuple[TaskList, ...] = ()
    checkins: tuple[CheckinPlan, ...] = ()
    links: tuple[Link, ...] = ()
    evidence: tuple[str, ...] = ()
    working_days: int = 5
    action_days: Mapping[str, int] = field(default_factory=dict)
    calendar: WorkCalendar = field(default_factory=WorkCalendar)
    sections: tuple[str, ...] = SECTIONS
    pinned: Mapping[str, str] = field(default_factory=dict)
    apps: Mapping[str, str] = field(default_factory=dict)
    audience: str = "internal"
    redact: tuple[str, ...] = ()
    customers: tuple[str, ...] = ()
    lang: str = "en"
    report: str = ""
    letter: Sender = field(default_factory=Sender)
    audiences: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    checks: CheckChoice = field(default_factory=CheckChoice)
    connections: Mapping[str, Mapping[str, object]] = field(default_factory=dict)

    @property
    def roles(self) -> tuple[str, ...]:
        """The roles of the workspace, in order."""
        return tuple(member.role for member in self.members)

    def person(self, role: str) -> str:
        """Who fills the role; empty when nobody does yet."""
        return next((member.person for member in self.members if member.role == role), "")

    @property
    def roster(self) -> tuple[str, ...]:
        """Everybody who is known to take part, by name."""
        named = [member.person for member in self.members if member.person]
        return tuple(dict.fromkeys([*named, *self.people]))


@dataclass(frozen=True)
class Seal:
    """What shows later whether the record was changed, once it is published with a report.

    `head` is the digest of the journal's last line, which stands for all `lines` of it; `at` is when that
    line was written, and `evidence` the digest of `evidence.csv`.
    """

    head: str = ""
    lines: int = 0
    at: datetime | None = None
    evidence: str = ""


def no_journal() -> pd.DataFrame:
    """The journal of a workspace in which nothing was saved yet."""
    columns = {"at": "datetime64[us, UTC]", "by": "str", "did": "str", "file": "str"}
    return pd.DataFrame({name: pd.Series(dtype=dtype) for name, dtype in columns.items()})


@dataclass(frozen=True)
class Postmortem:
    """Everything about one incident, loaded once and never changed.

    Each frame is described by the table of its name in `pmkit.schema`, except `timeline`, which
    `pmkit.timeline.build_timeline` makes from `events` and `worksheet` (the file `timeline.csv`), and
    `journal`: who saved what when, one row per save: `at` (UTC), `by`, `did`, `file`. `edited` are the files
    that were changed by hand since the journal told of them last. `tag_key` keys the tags in place of what
    editions mask; it is as private as the evidence, and in no edition.
    """

    incident: Incident
    evidence: pd.DataFrame
    events: pd.DataFrame
    worksheet: pd.DataFrame
    timeline: pd.DataFrame
    impact: pd.DataFrame
    factors: pd.DataFrame
    factor_links: pd.DataFrame
    decisions: pd.DataFrame
    actions: pd.DataFrame
    tasks: pd.DataFrame
    raci: pd.DataFrame
    checkins: pd.DataFrame
    questions: pd.DataFrame
    clocks: pd.DataFrame
    suppressions: pd.DataFrame
    ideas: pd.DataFrame
    redactions: pd.DataFrame = field(default_factory=lambda: empty(REDACTIONS))
    journal: pd.DataFrame = field(default_factory=no_journal)
    notes: Mapping[str, str] = field(default_factory=dict)
    seal: Seal = Seal()
    edited: frozenset[str] = frozenset()
    tag_key: bytes = field(default=b"", repr=False)

    def __repr__(self) -> str:
        i = self.incident
        counts = f"{len(self.events)} events, {len(self.timeline)} on the timeline"
        return f"<Postmortem {i.id}: {i.title} · {counts}>"
