"""What every sample is built of: a Slack export, PagerDuty's records, and the truth about them."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from pathlib import Path

from story import pagerduty, slack
from story.company import Company, Record, zulu
from story.files import to_json
from story.pagerduty import Page

Named = dict[str, str]  # label → event id


def write_slack(
    folder: Path, company: Company, noise: Mapping[str, Callable[[], Iterable[Record]]]
) -> tuple[slack.Posts, Named]:
    """Write the export with what people and machines said; returns it, and what is named in it."""
    folder.mkdir(parents=True, exist_ok=True)
    messages, labels = slack.tell(company, noise)
    (folder / "slack-export.zip").write_bytes(slack.to_export(company, messages, labels))
    return messages, slack.event_ids(company, labels)


def write_pagerduty(folder: Path, page: Page) -> tuple[list[Record], Named]:
    """Write the log entries and the incident of a page; returns the log, and what is named in it."""
    log, labels = pagerduty.read_log(page)
    incident = pagerduty.to_incident(page, log)
    (folder / "pagerduty-log-entries.json").write_bytes(to_json(pagerduty.to_page(log), indent=1))
    (folder / "pagerduty-incident.json").write_bytes(to_json(incident, indent=1))
    return log, {f"pd_{label}": f"pd:{entry_id}" for label, entry_id in labels.items()}


def anchors(clock: Mapping[str, tuple[str, datetime]]) -> Record:
    """The marks of the timeline, each with the event that bears it and its time."""
    return {mark: {"event_id": event_id, "time": zulu(at)} for mark, (event_id, at) in clock.items()}


def changed(company: Company, messages: slack.Posts) -> Record:
    """The messages that are not as they were sent."""
    return {
        "edited": slack.find_posts(company, messages, "edited"),
        "deleted": slack.find_posts(company, messages, "subtype", "tombstone"),
    }


def rebuild(build: Callable[[Path], Record], evidence: Path, truth: Path) -> None:
    """Do what a builder is called for: into the folder on the command line, or into the sample itself."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else evidence
    found = build(folder)
    if folder == evidence:
        truth.write_bytes(to_json(found, indent=2))
    shown = {key: value for key, value in found.items() if key != "events"}
    print(json.dumps(shown, ensure_ascii=False, indent=2))
