"""The record as every kind of suggestion looks at it, and the edit that one proposes."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from pmkit import schema
from pmkit.postmortem import Postmortem
from pmkit.timeline import find_anchors
from pmkit.vocabulary import Vocabulary

SAME_MOMENT: Final = pd.Timedelta("2min")  # what comes so shortly before the detection is part of it
FAR: Final = pd.Timedelta("6h")  # what lies further back has seldom to do with it
PAST_DAYS: Final = 2  # of a place that are known, before a first time there means something
ALIKE: Final = 0.2  # likeness of texts that speak of the same
MUCH: Final = 2_000  # messages of the response that are read for what they recall
NO_SIGNAL: Final = ("join", "leave", "topic", "pin", "deleted", "unreadable", "notify", "incident", "assign")
# The columns that are looked at: to choose rows of a few columns is quicker by far than of all.
_COLUMNS: Final = (
    "event_id", "time", "source", "kind", "actor", "place", "text", "slack_user_id", "slack_channel_id",
    "slack_ts", "slack_thread_ts", "slack_reactions", "slack_is_bot", "deploy_version", "pd_incident_number",
    "jira_key", "jira_field", "alert_id",
)  # fmt: skip
CLOCK: Final = re.compile(r"\b([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?\s?(Z|UTC)?", re.ASCII)
Flags = npt.NDArray[np.bool_]


class Proposal(NamedTuple):
    """The edit a suggestion would make: a row of a table and the cells to set; no row id means a new row."""

    table: str
    row_id: str
    values: dict[str, str]


@dataclass(frozen=True)
class Record:
    """The record as all four kinds of suggestion look at it."""

    postmortem: Postmortem
    vocabulary: Vocabulary
    events: pd.DataFrame = field(init=False)

    def __post_init__(self) -> None:
        events = schema.without_samples(self.postmortem.events[list(_COLUMNS)])
        dated = events[events["time"].notna()].sort_values("time", kind="stable", ignore_index=True)
        # Rows are chosen again and again, and of plain objects that is one step for all columns.
        dated = dated.astype(dict.fromkeys(dated.columns.drop(["time", "slack_is_bot"]), "object"))
        object.__setattr__(self, "events", dated)

    @cached_property
    def anchors(self) -> dict[str, pd.Timestamp]:
        found = find_anchors(self.postmortem.timeline)
        return dict(zip(found["mark"], found["time"], strict=True))

    @cached_property
    def detected_at(self) -> pd.Timestamp | None:
        """When the incident was detected; by the first alert of the evidence where nothing says so."""
        if "detected" in self.anchors:
            return self.anchors["detected"]
        alerts = self.events[self.events["kind"].isin(["trigger", "alert"])]
        return alerts["time"].iloc[0] if len(alerts) else None

    @cached_property
    def handled(self) -> set[str]:
        return set(self.postmortem.worksheet["event_id"])

    @cached_property
    def left_out(self) -> set[str]:
        worksheet = self.postmortem.worksheet
        return set(worksheet.loc[~worksheet["included"], "event_id"])

    @cached_property
    def own_channels(self) -> set[str]:
        """The channels made for this incident."""
        return {f"#{channel.name}" for channel in self.postmortem.incident.channels}

    @cached_property
    def decision_channels(self) -> set[str]:
        return {
            f"#{channel.name}"
            for channel in self.postmortem.incident.channels
            if "decision" in f"{channel.name} {channel.purpose}".casefold()
        }

    @cached_property
    def by_people(self) -> pd.Series:
        events = self.events
        talk = events["kind"].isin(["message", "reply", "file"])
        return (events["source"] == "slack") & talk & ~events["slack_is_bot"]

    @cached_property
    def service_patterns(self) -> dict[str, str]:
        """How the services are named in texts; `payments.deadline` names `payments-gateway` as well."""
        patterns = {}
        for name in filter(str.strip, self.postmortem.incident.services):
            whole = re.sub(r"[^A-Za-z0-9]+", "[-_ ]?", name.strip())
            head = re.match(r"[A-Za-z0-9]{4,}(?=[-_ ])", name)
            patterns[name] = rf"\b{whole}\b" + (rf"|\b{head.group()}[._:/]" if head else "")
        return patterns

    @property
    def services(self) -> str:
        """A pattern for the names of all services."""
        return "|".join(self.service_patterns.values()) or r"[^\s\S]"

    def names_service(self, text: str) -> bool:
        return re.search(self.services, text, re.IGNORECASE) is not None

    def service_in(self, text: str) -> str:
        named = (name for name, p in self.service_patterns.items() if re.search(p, text, re.IGNORECASE))
        return next(named, "")

    def role_of(self, event: Any) -> str:
        for member in self.postmortem.incident.members:
            if event.slack_user_id and event.slack_user_id == member.slack:
                return member.role
            if member.person and event.actor == member.person:
                return member.role
        return ""


def only(where: Flags, hear: Any, texts: pd.Series) -> Flags:
    """`hear` of those texts alone that matter; the rest is not heard."""
    heard = np.zeros(len(texts), dtype=bool)
    heard[where] = hear(texts[where])
    return heard


def sentence(text: str, words: str) -> str:
    """The sentence of a message in which the words stand, without marks of bold and code."""
    plain = " ".join(re.sub(r"[*`]", "", text).split())
    sentences = re.split(r"(?<=[.!?。])\s", plain)
    chosen = next((sentence for sentence in sentences if words in sentence), sentences[0])
    return chosen if len(chosen) <= 240 else chosen[:240].rpartition(" ")[0] + "…"
