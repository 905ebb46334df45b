"""Small worksheets to edit, and one thing after another that a person may do."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pandas as pd
import pytest
from hypothesis import strategies as st

from pmkit import schema
from pmkit.errors import SchemaError
from pmkit.worksheet import Worksheet

Rows = Callable[..., pd.DataFrame]


def frame(table: schema.Table, *rows: Mapping[str, object]) -> pd.DataFrame:
    return schema.conform(pd.DataFrame(list(rows)), table) if rows else schema.empty(table)


ACTIONS = (
    {"action_id": "A1", "action": "Alert on lag", "dri": "Ngozi", "priority": "P1", "factor_ids": "F1"},
    {"action_id": "A2", "action": "Cap the retries", "status": "open"},
    {"action_id": "A10", "action": "Rehearse a failover", "due_on": "2026-12-01"},
)


def actions(*rows: Mapping[str, object]) -> Worksheet:
    return Worksheet(schema.ACTIONS, frame(schema.ACTIONS, *(rows or ACTIONS)))


def timeline(events: Rows, *said: Mapping[str, object], count: int = 3) -> Worksheet:
    recorded = [
        {
            "event_id": f"slack:C:{n}",
            "time": f"2026-11-03T14:0{n}:00Z",
            "text": f"message {n}",
            "actor": "Teun",
        }
        for n in range(count)
    ]
    return Worksheet(schema.TIMELINE, frame(schema.TIMELINE, *said), evidence=events(*recorded))


def state(sheet: Worksheet) -> list[dict[str, str]]:
    return [{"id": row_id, **sheet.row(row_id)} for row_id in sheet.row_ids]


def problems_of(call: Callable[[], object]) -> tuple[str, ...]:
    with pytest.raises(SchemaError) as caught:
        call()
    return caught.value.problems


TEXTS = st.sampled_from(
    ["", " ", "a", "b", "F1 F2", "P1", "yes", "2026-11-03", "2026-11-03T14:02Z", "5", "\ud800", "x / y", "\\"]
)


TABLES = ("timeline", "actions", "raci", "impact", "tasks")  # each names its rows in another way


START: dict[str, list[dict[str, object]]] = {
    "actions": [dict(row) for row in ACTIONS],
    "raci": [{"activity": a, "role": r, "part": "R"} for a in "ab" for r in "ab"],
    "impact": [{"measure": "a", "unit": "b"}, {"measure": "b", "unit": "b", "value": 5}],
    "timeline": [
        {"event_id": "slack:C:1", "included": "yes", "mark": "a b"},
        {"event_id": "manual:a", "note": "b"},
    ],
    "factor_links": [{"cause": "a", "effect": "b", "event_ids": "a"}],
    "suppressions": [{"rule": "a", "where": "b", "reason": "a"}],
    "redactions": [{"redaction_id": "a", "audience": "every", "decision": "keep"}],
}  # fmt: skip


def sheet_of(name: str) -> Worksheet:
    table = schema.WORKSHEETS[name]
    recorded = [
        {"event_id": f"slack:C:{n}", "time": f"2026-11-03T14:0{n}:00Z", "source": "slack", "kind": "message"}
        for n in range(3)
    ]
    evidence = schema.conform(pd.DataFrame(recorded), schema.EVENTS) if name == "timeline" else None
    return Worksheet(table, frame(table, *START.get(name, [])), evidence=evidence)


def act(sheet: Worksheet, data: st.DataObject) -> str:
    """One thing a person does, which may be refused."""
    names = [*sheet.table.column_names, "text", "own"]
    ids = st.sampled_from([*sheet.row_ids, "nobody"])
    cells = st.tuples(ids, st.sampled_from(names), TEXTS)
    doing = data.draw(st.sampled_from(["apply", "apply", "add", "delete", "undo", "redo", "saved"]))
    try:
        if doing == "apply":
            sheet.apply(data.draw(st.lists(cells, max_size=3)))
        elif doing == "add":
            sheet.add(
                data.draw(st.dictionaries(st.sampled_from(sheet.table.column_names), TEXTS, max_size=3))
            )
        elif doing == "delete":
            sheet.delete(data.draw(st.lists(ids, max_size=2)))
        elif doing == "saved":
            sheet.saved()
        else:
            getattr(sheet, doing)()
    except SchemaError:
        return "refused"
    return doing
