"""Made-up incidents of all sizes, the same for the same seed: what people write, with every odd character."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd

from pmkit import schema
from pmkit.workspace import Workspace

TEMPLATES = ("saas", "fintech", "ecommerce", "healthcare")
MARKS = ("impact_started", "detected", "acknowledged", "mitigated", "resolved")
PHRASES = (
    "error rate of {} climbs to {} %", "p99 of {} above {} s | threshold 2 s", "{} rolled back to v{}",
    "who owns {}? asked {} people", "a < b && c > d in {} at {}", "*{}* says _{}_ ~later~ `retry --all`",
    "queue of {} holds 1,{:0>3} messages", "support counts {} $ and {} €", "{}: ça marche, {} fois",
    "see #{} and @{}", "[{}](https://example.com/{})", "line one of {}\nline two: {}", "{} <b>{}</b> \\o/",
    "1. first {} 2. then {}", "- {} + {}", "# {} is no heading {}", "=SUM({}) is no formula, {}",
    "{} “quoted” ‘{}’ — with a dash", "“{}” 100 % of {}", "{{{{ {} }}}} and {{% {} %}}",
)  # fmt: skip
SERVICES = ("checkout", "ledger", "search_index", "gateway-eu", "pricing", "sessions")


def make_incident(folder: Path, seed: int) -> Workspace:
    """A workspace of its own size: some with nearly nothing, some with a long timeline."""
    rng = random.Random(seed)
    began = datetime(2026, rng.randint(1, 10), rng.randint(1, 27), rng.randint(0, 23), 5, tzinfo=UTC)
    minutes = sorted(rng.sample(range(3, 700), 4))
    ends = [began, *(began + timedelta(minutes=m, seconds=rng.randint(0, 59)) for m in minutes)]
    workspace = Workspace.create(
        folder,
        title=f"{_said(rng)[:70].strip()} ({seed})".replace("\n", " ").replace("{", "").replace("}", ""),
        severity=rng.choice(("P0", "P1")),
        services=rng.sample(SERVICES, rng.randint(1, 3)),
        template=TEMPLATES[seed % len(TEMPLATES)],
        now=ends[-1] + timedelta(days=1),
    )
    known = len(MARKS) if rng.random() < 0.7 else rng.randint(0, len(MARKS) - 1)
    events = [
        {"event_id": f"manual:{mark}", "time": at, "mark": mark, **_words(rng)}
        for mark, at in list(zip(MARKS, ends, strict=True))[:known]
    ]
    for number in range(rng.choice((0, 3, 12, 40, 130))):
        at = began + timedelta(seconds=rng.uniform(-3600, minutes[-1] * 60 + 1800))
        events.append({"event_id": f"manual:{number}", "time": at, **_words(rng)})
    _save(workspace, "timeline", [{"included": "yes", **event} for event in events])
    ids = [str(event["event_id"]) for event in events]
    some = rng.randint(0, 6)
    kinds = rng.choices(schema.FACTOR_KINDS, k=some)
    _save(
        workspace,
        "factors",
        [
            {"factor_id": f"F{n}", "statement": _said(rng), "kind": kind, "note": _maybe(rng),
             "event_ids": " ".join(rng.sample(ids, min(2, len(ids)))), "agreed": "yes",
             "confidence": "high", "root_cause": "yes" if n == 1 else ""}
            for n, kind in enumerate(kinds, 1)
        ],
    )  # fmt: skip
    _save(workspace, "decisions", [
        {"decision_id": f"D{n}", "decided_at": began + timedelta(minutes=9 * n), "decision": _said(rng),
         "why": _maybe(rng), "alternatives": _maybe(rng), "decided_by": "Incident Commander"}
        for n in range(rng.randint(0, 5))
    ])  # fmt: skip
    _save(workspace, "actions", [
        {"action_id": f"A{n}", "action": _said(rng), "type": "prevent", "priority": "P1",
         "dri": rng.choice(("Ana", "Ben", "")), "due_on": f"2026-12-{n + 1:02}", "done_when": _maybe(rng),
         "factor_ids": "F1" if some else "", "issue_key": f"PAY-{n}", "status": "open"}
        for n in range(rng.randint(0, 12))
    ])  # fmt: skip
    _save(workspace, "impact", [
        {"measure": f"{_said(rng)} {n}", "value": rng.choice((rng.randint(0, 99999), 0.25, 1234.5)),
         "low": 1, "high": 10**6, "unit": "carts", "basis": _maybe(rng), "note": _maybe(rng)}
        for n in range(rng.randint(0, 5))
    ])  # fmt: skip
    for note in ("summary", "impact", "root-cause", "went-well", "lessons"):
        if rng.random() < 0.8:
            lines = "\n".join(f"- {_said(rng)}" for _ in range(rng.randint(1, 4)))
            workspace.save_note(
                note, f"{_said(rng)}\n\n### {rng.choice(SERVICES)}\n\n{lines}\n".replace("{{", "{")
            )
    return workspace


def _words(rng: random.Random) -> dict[str, str]:
    return {"summary": _said(rng), "note": _maybe(rng), "actor": rng.choice(("ana", "ben", "alert manager")),
            "place": rng.choice(("#inc-4127", "grafana", ""))}  # fmt: skip


def _said(rng: random.Random) -> str:
    said = rng.choice(PHRASES).format(rng.choice(SERVICES), rng.randint(2, 999))
    return said.replace("{{", "{ {").replace("{%", "{ %")


def _maybe(rng: random.Random) -> str:
    return _said(rng) if rng.random() < 0.5 else ""


def _save(workspace: Workspace, name: str, rows: list[dict[str, Any]]) -> None:
    table = schema.TABLES[name]
    if rows:
        frame = schema.conform(pd.DataFrame(rows), table)
        workspace.save_table(name, frame)
