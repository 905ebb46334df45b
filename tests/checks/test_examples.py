"""Every rule flags what its examples say it must, and leaves alone what it must."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import pmkit.checks
from pmkit.checks import RULES, check_text, run_checks
from pmkit.checks._rule import Passage
from pmkit.postmortem import Channel, Incident, Member, Milestone, Postmortem
from pmkit.vocabulary import load_vocabulary

Make = Callable[..., Postmortem]
EXAMPLES = Path(pmkit.checks.__file__).parent / "examples"
NOW = datetime(2026, 11, 9, 12, tzinfo=UTC)
VOCABULARY = load_vocabulary()
INCIDENT: dict[str, Any] = {
    "id": "2026-11-03-checkout",
    "title": "Checkout failed",
    "severity": "P1",
    "services": ("checkout-api", "payments"),
    "members": (Member("Incident Commander", "Dana Ruiz"), Member("Scribe", "Alex Kim")),
    "channels": (
        Channel("incident-kickoff"), Channel("incident-updates"), Channel("incident-decisions"),
        Channel("postmortem-retro"),
    ),
}  # fmt: skip
CASES = [
    pytest.param(code, wanted, example, id=f"{code}-{wanted}-{number}")
    for code in RULES
    for wanted, examples in tomllib.loads((EXAMPLES / f"{code}.toml").read_text(encoding="utf-8")).items()
    for number, example in enumerate(examples, start=1)
]


@pytest.mark.parametrize("code", RULES)
def test_every_rule_has_eight_examples_of_each(code: str) -> None:
    """And says in its docstring what is wrong, why it matters, and how to mend it."""
    examples = tomllib.loads((EXAMPLES / f"{code}.toml").read_text(encoding="utf-8"))
    assert set(examples) == {"flag", "pass"}
    assert min(len(examples["flag"]), len(examples["pass"])) >= 8
    assert len(RULES[code].why) > 80
    assert RULES[code].mend


def test_every_example_belongs_to_a_rule() -> None:
    """No file is left behind by a rule that is gone."""
    assert {path.stem for path in EXAMPLES.glob("*.toml")} == set(RULES)


@pytest.mark.parametrize(("code", "wanted", "example"), CASES)
def test_examples(postmortem: Make, code: str, wanted: str, example: dict[str, Any]) -> None:
    """Flagged means at least one finding of that rule; whatever it finds names a place and mends."""
    found = _found(postmortem, code, example)
    assert bool(len(found)) == (wanted == "flag"), found[["where", "message"]].to_string()


def _found(postmortem: Make, code: str, example: dict[str, Any]) -> Any:
    """An example is a `text` (of a `kind`), or the tables of a record with the rows that matter."""
    said = dict(example)
    if "text" in said:
        passage = Passage(
            said["text"], said.get("table", "notes/summary"), "1", kind=said.get("kind", "note")
        )
        return check_text([passage], select=[code], vocabulary=VOCABULARY)
    now = datetime.fromisoformat(said.pop("now")) if "now" in said else NOW
    incident = _incident(said.pop("incident", {}))
    tables = {name: _with_ids(name, rows) for name, rows in said.items() if name != "notes"}
    return run_checks(
        postmortem(incident, notes=said.get("notes", {}), **tables),
        now=now,
        select=[code],
        vocabulary=VOCABULARY,
    )


def _incident(said: dict[str, Any]) -> Incident:
    """The incident of the examples with other facts, as `incident.toml` would say them."""
    records = {"members": Member, "milestones": Milestone}
    facts = {name: _frozen(value) for name, value in said.items()}
    for name, record in records.items():
        if name in facts:
            facts[name] = tuple(record(**{k: _frozen(v) for k, v in each.items()}) for each in said[name])
    return Incident(**{**INCIDENT, **facts})


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _with_ids(name: str, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows with the cells that a table requires and the example has no need to say."""
    fill: dict[str, Callable[[int], dict[str, Any]]] = {
        "actions": lambda n: {"action_id": f"A{n}", "status": "open"},
        "factors": lambda n: {"factor_id": f"F{n}"},
        "decisions": lambda n: {"decision_id": f"D{n}"},
        "questions": lambda n: {"question_id": f"Q{n}", "status": "open"},
        "checkins": lambda n: {"checkin_id": f"c{n}", "kind": "daily"},
        "tasks": lambda n: {"task_id": f"t{n}", "task_list": "l"},
        "impact": lambda n: {"measure": f"m{n}", "unit": "orders"},
        "timeline": lambda n: {"event_id": f"manual:{n}", "included": True},
        "events": lambda n: {"event_id": f"e{n}", "source": "slack", "kind": "message"},
        "evidence": lambda n: {"path": f"evidence/{n}", "source": "slack", "sha256": "0", "bytes": 1},
    }
    return [{**fill[name](n), **row} if name in fill else row for n, row in enumerate(rows, start=1)]
