"""Write `evidence.csv` and `journal.jsonl` of each sample anew, after its evidence was rebuilt.

python data/list_evidence.py [sample …]     (default: all of them)
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from pmkit import schema
from pmkit.milestones import RECORDED
from pmkit.workspace import Workspace

# When the story says each file was taken: PagerDuty's on the day, the chat at the end of the review.
ADDED_AT = {
    "checkout-failure": {
        "pagerduty-incident.json": datetime(2026, 11, 3, 17, 20, tzinfo=UTC),
        "pagerduty-log-entries.json": datetime(2026, 11, 3, 17, 21, tzinfo=UTC),
        "slack-export.zip": datetime(2026, 11, 9, 18, 30, tzinfo=UTC),
    },
    "saas-outage": {
        "pagerduty-incident.json": datetime(2026, 10, 6, 17, 20, tzinfo=UTC),
        "pagerduty-log-entries.json": datetime(2026, 10, 6, 17, 21, tzinfo=UTC),
        "github-deployment-hooks.json": datetime(2026, 10, 7, 12, 2, tzinfo=UTC),
        "platform-git-log.txt": datetime(2026, 10, 7, 12, 3, tzinfo=UTC),
        "slack-export.zip": datetime(2026, 10, 7, 18, 10, tzinfo=UTC),
    },
    "fintech-degradation": {
        "pagerduty-incident.json": datetime(2026, 10, 25, 5, 50, tzinfo=UTC),
        "pagerduty-log-entries.json": datetime(2026, 10, 25, 5, 51, tzinfo=UTC),
        "grafana-ledger-lisbon.csv": datetime(2026, 10, 26, 8, 40, tzinfo=UTC),
        "grafana-ledger-singapore.csv": datetime(2026, 10, 26, 10, 5, tzinfo=UTC),
        "prometheus-pay-out.json": datetime(2026, 10, 26, 11, 12, tzinfo=UTC),
        "slack-export.zip": datetime(2026, 10, 27, 17, 55, tzinfo=UTC),
        "jira-issues.json": datetime(2026, 10, 29, 8, 30, tzinfo=UTC),
    },
    "healthcare-outage": {
        "pagerduty-webhooks.jsonl": datetime(2026, 11, 17, 1, 40, tzinfo=UTC),
        "troskel-status.json": datetime(2026, 11, 17, 2, 5, tzinfo=UTC),
        "ward-log.csv": datetime(2026, 11, 18, 3, 0, tzinfo=UTC),
        "slack-export.zip": datetime(2026, 11, 19, 4, 40, tzinfo=UTC),
        "ward-log-gullhaven.csv": datetime(2026, 11, 24, 20, 10, tzinfo=UTC),  # after the final retro
    },
}

# What only people know about reading a file: the zone of a browser or of a clock on the wall, which column of
# a table is what, and that it is a table at all.
_WARD_LOG = {
    "zone": "Pacific/Auckland",
    "columns": {
        "time": "Clock", "text": "What we saw", "actor": "Told by", "place": "Ward", "event_id": "Slip",
    },
}  # fmt: skip
OPTIONS: dict[str, dict[str, object]] = {
    "grafana-ledger-lisbon.csv": {"zone": "Europe/Lisbon"},
    "grafana-ledger-singapore.csv": {"zone": "Asia/Singapore"},
    "ward-log.csv": _WARD_LOG,
    "ward-log-gullhaven.csv": _WARD_LOG,
}
FORMS = {"ward-log.csv": "table", "ward-log-gullhaven.csv": "table"}
NOTES = {
    "grafana-ledger-lisbon.csv": "Saved in Lisbon: 24 lines have a time that was twice. The same board,"
    " saved in Singapore, has them.",
    "ward-log.csv": "Typed from slips of paper by the Scribe; of one slip the time cannot be read.",
    "ward-log-gullhaven.csv": "Nine lines on paper, which came by internal mail with the boat.",
}


def main() -> None:
    for facts in sorted(Path(__file__).parent.glob("*/incident.toml")):
        if facts.parent.name in sys.argv[1:] or not sys.argv[1:]:
            list_evidence(facts.parent)


def list_evidence(incident: Path) -> None:
    """Take the raw files out and add them again, in the order the story says."""
    with tempfile.TemporaryDirectory() as folder:
        aside = Path(folder)
        for path in (incident / "evidence").iterdir():
            shutil.move(path, aside / path.name)
        (incident / "journal.jsonl").unlink(missing_ok=True)
        nothing = schema.to_csv(schema.empty(schema.EVIDENCE), schema.EVIDENCE)
        (incident / "evidence.csv").write_text(nothing, encoding="utf-8")
        workspace = Workspace.open(incident)
        for at, act in sorted(_steps(workspace, aside), key=lambda step: step[0]):
            act(at)
    for path in (incident / "evidence").iterdir():
        path.chmod(0o644)  # git keeps no read-only files
    (incident / ".lock").unlink(missing_ok=True)


def _steps(workspace: Workspace, aside: Path) -> Iterator[tuple[datetime, Callable[[datetime], None]]]:
    """What the journal of the review tells: when each file was added, and when milestones were reached."""

    def add(name: str, at: datetime) -> None:
        added = workspace.add_evidence(
            aside / name,
            form=FORMS.get(name),
            options=OPTIONS.get(name, {}),
            note=NOTES.get(name, ""),
            by="Scribe",
            now=at,
        )
        row = added.iloc[0]
        print(f"{workspace.path.name}: {row['path']}, {row['records_loaded']:,} records")

    def reach(name: str, at: datetime) -> None:
        workspace.save_facts(str, did=f"{RECORDED}: {name}", by="Scribe", now=at)

    for name, at in ADDED_AT[workspace.path.name].items():
        yield at, partial(add, name)
    for milestone in workspace.incident.milestones:
        if milestone.reached_at is not None:
            yield milestone.reached_at, partial(reach, milestone.name)


if __name__ == "__main__":
    main()
