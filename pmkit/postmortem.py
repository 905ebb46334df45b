"""The frozen records of one review: the incident, its people, and everything known about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

import pandas as pd


@dataclass(frozen=True)
class Member:
    """A role of the workspace and the person who fills it; `person` may still be empty."""

    role: str
    person: str = ""
    slack: str = ""
    email: str = ""


@dataclass(frozen=True)
class Channel:
    """A channel of the review and what belongs there."""

    name: str
    purpose: str = ""


@dataclass(frozen=True)
class Milestone:
    """A milestone, its criteria, and when the team recorded it as reached (UTC)."""

    name: str
    criteria: str = ""
    reached_at: datetime | None = None


@dataclass(frozen=True)
class Link:
    """A link that belongs to the review: dashboard, runbook, status page."""

    title: str
    url: str


@dataclass(frozen=True)
class Incident:
    """The facts of `incident.toml`. Times are UTC; `timezone` is the team's own, for display."""

    id: str
    title: str
    severity: str
    services: tuple[str, ...] = ()
    template: str = "saas"
    timezone: str = "UTC"
    owner: str = ""
    opened_at: datetime | None = None
    members: tuple[Member, ...] = ()
    channels: tuple[Channel, ...] = ()
    milestones: tuple[Milestone, ...] = ()
    links: tuple[Link, ...] = ()
    working_days: int = 5
    holidays: tuple[date, ...] = ()

    @property
    def roles(self) -> tuple[str, ...]:
        """The roles of the workspace, in order."""
        return tuple(member.role for member in self.members)

    def person(self, role: str) -> str:
        """Who fills the role; empty when nobody does yet."""
        return next((member.person for member in self.members if member.role == role), "")


@dataclass(frozen=True)
class Postmortem:
    """Everything about one incident, loaded once and never changed.

    Each frame is described by the table of its name in `pmkit.schema`, except `timeline`, which
    `pmkit.timeline.build_timeline` makes from `events` and `worksheet` (the file `timeline.csv`).
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
    notes: Mapping[str, str] = field(default_factory=dict)

    def __repr__(self) -> str:
        i = self.incident
        counts = f"{len(self.events)} events, {len(self.timeline)} on the timeline"
        return f"<Postmortem {i.id}: {i.title} · {counts}>"
