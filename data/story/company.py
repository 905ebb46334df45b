"""Who a story is about: people, bots and channels of an invented company, and ids that stay the same."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

Record = dict[str, Any]

_PACIFIC = ZoneInfo("America/Los_Angeles")


@dataclass(frozen=True)
class Company:
    """An invented company with its Slack workspace.

    Parameters
    ----------
    seed
        What all its ids and noise hang on.
    team
        Id of the Slack workspace.
    domain
        Name of the workspace in addresses: `<domain>.slack.com`, `<domain>.pagerduty.com`.
    story
        The folder of what people wrote, one text file per channel.
    exported_at
        When the Slack export was made; nothing after it is in it.
    people
        Handle → real name, display name, title, zone.
    bots
        Handle → name, app id; `monitor` names the one that posts alerts as attachments.
    channels
        Name → id, purpose.
    admin
        Handle of who added the apps.
    keeper
        Handle of who wrote the purposes of the older channels.
    creators
        Channel → handle of who made it, for channels that are as young as their first message.
    pins
        Channel → label of the pinned message, handle of who pinned it.
    left
        Handle → real name, of people whose account is closed.
    emoji
        Names of emoji → code points, besides the usual ones.
    secrets
        Placeholder → what it stands for, so that no source file spells it out.
    file_token
        What Slack appends to the addresses of files.
    day_zone
        Where Slack cuts its day files at midnight, and which offset PagerDuty shows.
    """

    seed: str
    team: str
    domain: str
    story: Path
    exported_at: datetime
    people: Mapping[str, tuple[str, str, str, str]]
    bots: Mapping[str, tuple[str, str]]
    channels: Mapping[str, tuple[str, str]]
    monitor: str
    admin: str
    keeper: str
    creators: Mapping[str, str]
    pins: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    left: Mapping[str, str] = field(default_factory=dict)
    emoji: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)
    file_token: str = ""
    day_zone: ZoneInfo = _PACIFIC

    @property
    def slack(self) -> str:
        return f"https://{self.domain}.slack.com"

    @property
    def pagerduty(self) -> str:
        return f"https://{self.domain}.pagerduty.com"

    def chance(self, key: str) -> random.Random:
        """A random generator of its own for every key, so that one changed line changes nothing else."""
        return random.Random(f"{self.seed}:{key}")

    def ident(self, key: str, prefix: str, length: int) -> str:
        """An id in capitals and digits that is always the same for the same key."""
        letters = "ABCDEFGHJKLMNPQRSTUVWXYZ0123456789"
        return prefix + "".join(self.chance(f"id:{key}").choices(letters, k=length))

    @cached_property
    def user_ids(self) -> dict[str, str]:
        return {handle: self.ident(f"user:{handle}", "U0", 9) for handle in (*self.people, *self.bots)}

    @cached_property
    def bot_ids(self) -> dict[str, str]:
        return {handle: self.ident(f"bot:{handle}", "B0", 9) for handle in self.bots}

    @cached_property
    def pagerduty_ids(self) -> dict[str, str]:
        return {handle: self.ident(f"pd:{handle}", "P", 6) for handle in self.people}

    def read(self, name: str) -> list[str]:
        """The lines of one file of the story."""
        return (self.story / f"{name}.txt").read_text(encoding="utf-8").splitlines()


def hexes(key: str, length: int) -> str:
    return hashlib.sha256(key.encode()).hexdigest()[:length]


def zulu(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def to_datetime(ts: str) -> datetime:
    """The time in Slack's id of a message."""
    seconds, micros = ts.split(".")
    return datetime.fromtimestamp(int(seconds), UTC) + timedelta(microseconds=int(micros))
