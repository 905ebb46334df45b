"""Made-up incident folders of any number, the same for the same seed, with the truth about them kept.

python benchmarks/incidents.py folder --incidents 1000

Each folder is what a team would keep: facts, a timeline of its own, factors, decisions, actions. Incidents come
in families that share a cause in other words, so that likeness has something to find. `truth.json` beside them
holds what every figure of a portfolio must come to.
"""

from __future__ import annotations

import argparse
import json
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

BEGIN = datetime(2024, 1, 8, 9, tzinfo=UTC)
SERVICES = ("checkout", "ledger", "search", "gateway", "pricing", "sessions", "inventory", "mailer", "claims",
            "booking", "profiles", "exports")  # fmt: skip
ROLES = ("Incident Commander", "Engineering Lead", "Support Lead", "Communications Owner", "Scribe")
ACTION_TYPES = ("investigate", "mitigate", "repair", "detect", "prevent", "process")
STATUSES = ("open", "in progress", "done", "done", "dropped")


class Family(NamedTuple):
    """Incidents of one cause: kind of trigger, and ways to say title, trigger, factor."""

    kind: str
    titles: tuple[str, ...]
    triggers: tuple[str, ...]
    factors: tuple[str, ...]


FAMILIES = (
    Family("binary push",
        ("{} refused requests after a rollout", "Errors of {} since the new build", "{} crashed in the canary's wake"),
        ("Release {n} of {} read a column that was not there yet.", "Version {n} of {} expected a newer schema.",
         "A build of {} asked for a column before its migration had run."),
        ("Schema and code of {} ship apart, and nothing checks that the column is there.",
         "Nothing keeps a build of {} from starting on a schema without its column.")),
    Family("configuration push",
        ("{} timed out for a part of its callers", "Callers of {} gave up too early", "Slow answers of {} became errors"),
        ("The timeout setting of {} was lowered for all regions at once.",
         "A flag cut the deadline of {} from 8 s to 2 s everywhere.", "Config change {n} shortened the timeout of {}."),
        ("Timeouts of {} are one number for all callers, and no rehearsal shows who needs longer.",
         "The deadline of {} has no owner and knows no slow caller.")),
    Family("capacity management",
        ("{} ran out of connections", "The pool of {} was exhausted", "No free connection to {}"),
        ("Scaling up {} doubled its connections to the shared pool.", "Autoscaling took all connections of {}.",
         "Capacity of the pool behind {} was used up by its own retries."),
        ("The connection pool of {} has no limit for each caller, so one caller takes all of it.",
         "One caller of {} can take the whole connection pool.")),
    Family("user behavior change",
        ("{} slow under a campaign", "A newsletter overran {}", "{} could not keep up with a sale"),
        ("A sale brought nine times the usual traffic to {}.", "Traffic of a campaign reached {} within a minute.",
         "A crawler asked {} for every page of the catalogue."),
        ("Marketing sends campaigns without asking {} how much it can carry.",
         "{} learns of campaigns from its graphs.")),
    Family("service provider change",
        ("Sign-in to {} failed with a vendor", "A supplier's change broke {}", "{} could not verify tokens"),
        ("The vendor rotated the signing keys that {} trusts.", "The identity provider of {} changed its key set.",
         "A third party behind {} announced new keys for another night."),
        ("{} caches the keys of the vendor for a day and never asks again.",
         "Unknown signing keys make {} refuse instead of fetching the key set anew.")),
    Family("processing pipeline",
        ("Numbers of {} were a day old", "The nightly run of {} did not finish", "{} showed stale balances"),
        ("The nightly job of {} met a file twice its usual size.", "A backfill of {} ran together with the import.",
         "The batch of {} stopped at a row without a currency."),
        ("A batch of {} fails as a whole for one bad row.", "The job of {} has no place to put a row it cannot read.")),
    Family("performance decay",
        ("{} slower by the week", "Memory of {} filled up", "{} restarted every few hours"),
        ("A leak in {} took 2 MB an hour since spring.", "The index of {} grew slowly until it left the cache.",
         "Bloat of the sessions table made each query of {} slower."),
        ("Nobody looks at trends of {} that take weeks.", "Alerts of {} see the hour and not the month.")),
    Family("hardware failure",
        ("{} lost a host", "Half of {} unreachable", "A rack took {} along"),
        ("One host of {} died with its power supply.", "A power failure in one rack took two nodes of {}.",
         "A disk failure stopped the primary of {}."),
        ("Both replicas of {} stand in one rack.", "The standby of {} shares power with its primary.")),
)  # fmt: skip


def write_incidents(folder: Path, count: int, *, seed: int = 1) -> dict[str, Any]:
    """Write `count` incident folders and their truth; returns the truth."""
    rng = random.Random(seed)  # noqa: S311 - made-up data
    folder.mkdir(parents=True, exist_ok=True)
    truth: dict[str, Any] = {"incidents": [], "families": {}}
    for number in range(count):
        told = _write_one(folder, number, rng)
        truth["incidents"].append(told)
        truth["families"].setdefault(told["family"], []).append(told["incident_id"])
    (folder / "truth.json").write_text(json.dumps(truth, indent=1), encoding="utf-8")
    return truth


def _write_one(folder: Path, number: int, rng: random.Random) -> dict[str, Any]:
    began = BEGIN + timedelta(hours=17 * number, minutes=rng.randrange(600))
    service = rng.choice(SERVICES)
    which = rng.randrange(len(FAMILIES))
    family = FAMILIES[which]
    name = f"{began:%Y-%m-%d}-{number:04}"

    def said(ways: tuple[str, ...]) -> str:
        return rng.choice(ways).format(service, n=rng.randrange(10, 99))

    minutes = {"TTD": rng.lognormvariate(2.2, 0.9), "TTA": rng.lognormvariate(1.2, 0.7)}
    minutes["TTM"] = minutes["TTD"] + minutes["TTA"] + rng.lognormvariate(3.2, 0.8)
    minutes["TTR"] = minutes["TTM"] + rng.lognormvariate(3.4, 0.9)
    marks = (("impact_started", 0.0), ("detected", minutes["TTD"]),
             ("acknowledged", minutes["TTD"] + minutes["TTA"]), ("mitigated", minutes["TTM"]),
             ("resolved", minutes["TTR"]))  # fmt: skip
    at = {mark: began + timedelta(minutes=value) for mark, value in marks}
    trigger, factor = said(family.triggers), said(family.factors)
    actions = []
    for place in range(rng.randrange(1, 6)):
        due = (at["resolved"] + timedelta(days=rng.randrange(5, 60))).date()
        actions.append(
            (f"A{place + 1}", rng.choice(ACTION_TYPES), rng.choice(ROLES), due, rng.choice(STATUSES))
        )
    place = folder / name
    (place / "evidence").mkdir(parents=True)
    (place / "notes").mkdir()
    members = "".join(
        f'\n[[members]]\nrole = "{role}"\nperson = "Person {rng.randrange(40)} of {role}"\n' for role in ROLES
    )
    (place / "incident.toml").write_text(
        f'format = 2\nid = "{name}"\ntitle = "{said(family.titles)}"\nseverity = "{rng.choice(("P0", "P1"))}"\n'
        f'services = ["{service}"]\ntemplate = "saas"\ntimezone = "UTC"\nopened_at = {_iso(at["resolved"])}\n{members}',
        encoding="utf-8",
    )
    _csv(place / "timeline.csv", "event_id,included,time,mark,summary", (
        (f"manual:{mark}", "yes", _iso(moment), mark, f"{mark.replace('_', ' ')} of {service}")
        for mark, moment in at.items()
    ))  # fmt: skip
    _csv(place / "factors.csv", "factor_id,statement,kind,agreed,root_cause", (
        ("F1", trigger, "trigger", "yes", "no"), ("F2", factor, "latent condition", "yes", "yes"),
    ))  # fmt: skip
    _csv(place / "actions.csv", "action_id,action,type,dri,due_on,factor_ids,status", (
        (key, f"Change {key} of {service} so that it holds", kind, role, due.isoformat(), "F2", status)
        for key, kind, role, due, status in actions
    ))  # fmt: skip
    return {
        "incident_id": name, "family": which, "service": service, "trigger_kind": family.kind,
        "started_at": _iso(at["impact_started"]), **minutes,
        "actions": [{"type": kind, "role": role, "due_on": due.isoformat(), "status": status}
                    for _, kind, role, due, status in actions],
    }  # fmt: skip


def _iso(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S.%f}Z"


def _csv(path: Path, header: str, rows: Any) -> None:
    lines = [header, *(",".join(f'"{cell}"' for cell in row) for row in rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--incidents", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    write_incidents(chosen.folder, chosen.incidents, seed=chosen.seed)


if __name__ == "__main__":
    main()
