"""The incident that the stand-ins tell: the evidence of an incident folder, taken apart for each system."""

from __future__ import annotations

import csv
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from pmkit.errors import IntegrationError

Record = dict[str, Any]

# What an export adds to a message, and the API does not give.
_OF_EXPORTS = ("user_profile", "source_team", "user_team", "replies", "hidden", "item_type", "user_id")


@dataclass(frozen=True)
class Story:
    """What happened, as each system recorded it; all lists are in the order of time.

    `messages` holds the messages of each channel by its id, `actions` the rows of `actions.csv`.
    """

    incident: Record
    log_entries: list[Record]
    users: list[Record]
    channels: list[Record]
    messages: Mapping[str, list[Record]]
    actions: list[Mapping[str, str]] = field(default_factory=list)


def sample_folder() -> Path:
    """The folder of the sample incident: inside the installed package, or beside it in a checkout."""
    here = Path(__file__).parent
    for folder in (here / "checkout-failure", here.parent.parent / "data" / "checkout-failure"):
        if (folder / "evidence").is_dir():
            return folder
    raise IntegrationError(f"{here}: the sample incident is missing; install pmkit again")


@lru_cache(maxsize=2)
def read_story(folder: str | Path | None = None) -> Story:
    """The story that an incident folder tells, the sample where none is given; nobody may change it.

    Raises `IntegrationError` where its evidence holds no PagerDuty records or no Slack export.
    """
    place = Path(folder) if folder else sample_folder()
    evidence = place / "evidence"
    try:
        incident = _json(evidence / "pagerduty-incident.json")["incident"]
        log = _json(evidence / "pagerduty-log-entries.json")["log_entries"]
        with zipfile.ZipFile(evidence / "slack-export.zip") as archive:
            users = json.loads(archive.read("users.json"))
            channels = json.loads(archive.read("channels.json"))
            messages = {channel["id"]: _messages(archive, channel["name"]) for channel in channels}
    except (OSError, KeyError, ValueError) as error:
        raise IntegrationError(f"{evidence}: no story for the stand-ins to tell: {error}") from error
    table = place / "actions.csv"
    rows = csv.DictReader(table.read_text(encoding="utf-8").splitlines()) if table.exists() else ()
    return Story(
        incident=incident,
        log_entries=sorted(log, key=lambda entry: datetime.fromisoformat(entry["created_at"])),
        users=users,
        channels=channels,
        messages=messages,
        actions=[row for row in rows if row["issue_key"]],
    )


def _json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def _messages(archive: zipfile.ZipFile, channel: str) -> list[Record]:
    days = sorted(name for name in archive.namelist() if name.startswith(f"{channel}/"))
    told = [message for day in days for message in json.loads(archive.read(day))]
    plain = [_as_the_api_gives_it(message) for message in told if "ts" in message]
    return sorted(plain, key=lambda message: str(message["ts"]))


def _as_the_api_gives_it(message: Record) -> Record:
    parts = {key: value for key, value in message.items() if key not in _OF_EXPORTS}
    inner = {key: _as_the_api_gives_it(parts[key]) for key in ("bot_profile", "root") if key in parts}
    return parts | inner
