"""Every rule flags what its examples say it must, and leaves alone what it must."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import pmkit.checks
from pmkit.checks import RULES
from pmkit.checks._rule import Passage, Record, find_all, read_passages
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


# To build a timeline takes most of the time of an example.
_LOOK_AT_THE_TIMELINE = {
    "postmortem", "timeline", "anchors", "all_anchors", "metrics", "milestones", "suggestions", "silences",
    "talk",
}  # fmt: skip


def read_examples(code: str) -> dict[str, list[dict[str, Any]]]:
    """The examples beside a rule, by what is wanted of them: `flag`, `pass`."""
    return tomllib.loads((EXAMPLES / f"{code}.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("code", RULES)
def test_every_rule_has_eight_examples_of_each(code: str) -> None:
    """And says in its docstring what is wrong, why it matters, and how to mend it."""
    examples = read_examples(code)
    assert set(examples) == {"flag", "pass"}
    assert min(len(examples["flag"]), len(examples["pass"])) >= 8
    assert len(RULES[code].why) > 80
    assert RULES[code].mend


def test_every_example_belongs_to_a_rule() -> None:
    """No file is left behind by a rule that is gone."""
    assert {path.stem for path in EXAMPLES.glob("*.toml")} == set(RULES)


@pytest.mark.parametrize("code", RULES)
def test_examples(postmortem: Make, code: str) -> None:
    """Flagged means at least one finding of that rule with a message; all that go wrong are told."""
    wrong = [
        f"{wanted} {number}: {example.get('text', '')} {found}"
        for wanted, examples in read_examples(code).items()
        for number, example in enumerate(examples, start=1)
        if bool(found := find_in(postmortem, code, example)) != (wanted == "flag") or "" in found
    ]
    assert not wrong, "\n".join(wrong)


def find_in(postmortem: Make, code: str, example: dict[str, Any]) -> list[str]:
    """What the rule alone says of an example: a `text` (of a `kind`), or the rows of a record that matter."""
    rule, said = RULES[code], dict(example)
    if "text" in said:
        place = said.get("table", "notes/summary")
        passage = Passage(said["text"], place, "1", kind=said.get("kind", "note"))
        given: dict[str, Any] = {
            "passages": (passage,),
            "sentences": read_passages((passage,), (), VOCABULARY),
            "vocabulary": VOCABULARY,
        }
        return [found.message for found in rule.find(**{name: given[name] for name in rule.reads})]
    if "series" in said:
        said["events"] = [*said.get("events", []), *_samples(said.pop("series"))]
    now = datetime.fromisoformat(said.pop("now")) if "now" in said else NOW
    incident = _incident(said.pop("incident", {}))
    tables = {name: _with_ids(name, rows) for name, rows in said.items() if name != "notes"}
    untold = not _LOOK_AT_THE_TIMELINE & set(rule.reads)
    made = postmortem(incident, notes=said.get("notes", {}), untold=untold, **tables)
    record = Record(made, now, VOCABULARY)
    return [found.message for _, found in find_all(record, [rule])]


def _samples(series: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Measured series as their samples; an example says when one begins, its step, and the values."""
    return [
        {
            "event_id": f"{one['metric']}:{n}",
            "time": datetime.fromisoformat(one["begins"]) + timedelta(minutes=one["every_minutes"] * n),
            "source": "monitoring",
            "kind": "metric",
            "metric": one["metric"],
            "metric_value": float(value),
            "ref": f"evidence/{one['file']}#line:{n}",
        }
        for one in series
        for n, value in enumerate(one["values"])
    ]


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
