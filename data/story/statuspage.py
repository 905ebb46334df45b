"""What a vendor's status page says, as Statuspage's public API gives it, from one line per update."""

from __future__ import annotations

import re
from dataclasses import dataclass

from story.company import Company, Record, hexes

_HEAD = re.compile(
    r"= \[(?P<label>\w*)\] (?P<impact>[a-z]+) (?P<name>.+?)(?:; from (?P<start>\S+) until (?P<end>\S+))?"
)
_UPDATE = re.compile(r"- (?P<at>\S+) (?P<status>[a-z_]+) (?:\[(?P<label>\w+)\] )?(?P<body>.+)")


@dataclass(frozen=True)
class StatusPage:
    """The page of a vendor: its id, name, address and zone, and the component its incidents are about."""

    company: Company
    page_id: str
    name: str
    url: str
    zone: str
    component: str


def read_page(page: StatusPage, name: str) -> tuple[list[Record], dict[str, str]]:
    """Incidents and maintenances in the order of the story, and label → event id."""
    found: list[Record] = []
    labels: dict[str, str] = {}
    for line in page.company.read(name):
        if head := _HEAD.fullmatch(line):
            found.append(_incident(page, head))
            if head["label"]:
                labels[head["label"]] = f"statuspage:{found[-1]['id']}"
        elif told := _UPDATE.fullmatch(line):
            update = _update(page, found[-1], told)
            found[-1]["incident_updates"].insert(0, update)
            if told["label"]:
                labels[told["label"]] = f"statuspage:update:{update['id']}"
        else:
            raise ValueError(f"{name}: cannot read {line!r}")
    return found, labels


def to_answer(page: StatusPage, found: list[Record]) -> Record:
    """The page with what it lists, the latest first."""
    newest = sorted(found, key=lambda incident: incident["created_at"], reverse=True)
    planned = [incident for incident in newest if incident["impact"] == "maintenance"]
    times = [update["created_at"] for incident in found for update in incident["incident_updates"]]
    about = {"id": page.page_id, "name": page.name, "url": page.url, "time_zone": page.zone}
    return {
        "page": {**about, "updated_at": max(times)},
        "incidents": [incident for incident in newest if incident not in planned],
        "scheduled_maintenances": planned,
    }


def count(found: list[Record]) -> dict[str, int]:
    """How many records they hold: of incidents with maintenances, and of updates."""
    return {"incidents": len(found), "updates": sum(len(incident["incident_updates"]) for incident in found)}


def _ident(page: StatusPage, key: str) -> str:
    return hexes(f"{page.company.seed}:{page.page_id}:{key}", 12)


def _stamp(page: StatusPage, at: str) -> str:
    return f"{at}.{page.company.chance(f'status:{at}').randrange(1000):03d}Z"


def _incident(page: StatusPage, head: re.Match[str]) -> Record:
    ident = _ident(page, head[0])
    planned = {"scheduled_for": f"{head['start']}.000Z", "scheduled_until": f"{head['end']}.000Z"}
    return {
        "id": ident, "name": head["name"], "status": "", "created_at": "", "updated_at": "",
        "monitoring_at": None, "resolved_at": None, "impact": head["impact"],
        "shortlink": f"{page.url}/incidents/{ident}", "started_at": "", "page_id": page.page_id,
        "incident_updates": [], "components": [], **(planned if head["start"] else {}),
    }  # fmt: skip


# What a component is called while an incident of that weight is at work on it.
_STATES = {"minor": "degraded_performance", "none": "operational", "critical": "major_outage"}


def _update(page: StatusPage, incident: Record, told: re.Match[str]) -> Record:
    at, status = _stamp(page, told["at"]), told["status"]
    first = not incident["incident_updates"]
    if first:
        incident |= {"created_at": at, "started_at": at}
    incident |= {"status": status, "updated_at": at}
    if status in ("monitoring", "resolved"):
        incident[f"{status}_at"] = at
    bad = _STATES.get(incident["impact"], "operational")
    component = {
        "code": _ident(page, page.component), "name": page.component,
        "old_status": "operational" if first else bad,
        "new_status": "operational" if status == "resolved" else bad,
    }  # fmt: skip
    return {
        "id": _ident(page, told[0]), "status": status, "body": told["body"], "incident_id": incident["id"],
        "created_at": at, "updated_at": at, "display_at": at,
        "affected_components": None if status == "scheduled" else [component],
        "deliver_notifications": True, "custom_tweet": None, "tweet_id": None,
    }  # fmt: skip
