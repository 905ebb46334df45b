"""What statements rest on: counted against the evidence, and listed without its words."""

from __future__ import annotations

from pmkit.provenance import cited_records, trace_statements
from pmkit.tables import report_title, table_sources
from pmkit.workspace import Workspace

RECORDS = [
    {
        "event_id": "a",
        "ref": "evidence/slack.zip#ops/1.json:0",
        "time": "2026-11-03T07:00:00Z",
        "text": "secret",
    },
    {"event_id": "b", "ref": "evidence/gone.zip#1", "time": "2026-11-03T06:00:00Z"},
    {"event_id": "c", "ref": "evidence/slack.zip#ops/1.json:1", "time": "2026-11-03T06:30:00Z"},
]
FILES = [{"path": "evidence/slack.zip", "source": "slack", "sha256": "0" * 64}]


def test_a_statement_traces_if_a_file_of_the_evidence_holds_its_record(postmortem) -> None:
    """A record of a file that is not listed, and what somebody typed, count as rows and not as traced."""
    pm = postmortem(
        events=RECORDS,
        evidence=FILES,
        timeline=[
            {"event_id": "a", "included": "yes"},
            {"event_id": "b", "included": "yes"},
            {"event_id": "manual:x", "included": "yes", "time": "2026-11-03T07:10:00Z", "summary": "seen"},
        ],
        factors=[
            {"factor_id": "F1", "statement": "x", "event_ids": "b a"},
            {"factor_id": "F2", "statement": "y"},
        ],
        impact=[{"measure": "carts", "unit": "carts", "event_ids": "b"}],
    )
    told = trace_statements(pm).set_index("part")
    assert told.loc["timeline"].tolist() == [3, 1]
    assert told.loc["factors"].tolist() == [2, 1]
    assert told.loc["impact"].tolist() == [1, 0]
    assert told.loc["decisions"].tolist() == [0, 0]
    ((_, cell),) = [fact for fact in report_title(pm).facts if fact[0] == "Provenance"]
    assert cell.text == "33 % of 3 timeline rows trace to evidence"
    assert (cell.note, cell.share) == ("1 of 2 factors", 1 / 3)


def test_cited_records_are_those_that_statements_name(postmortem) -> None:
    """In order of time, with the place in the evidence and without the words of the record."""
    pm = postmortem(
        events=RECORDS,
        timeline=[
            {"event_id": "a", "included": "yes", "mark": "detected"},
            {"event_id": "b", "included": "yes"},
        ],
        decisions=[{"decision_id": "D1", "decision": "x", "event_ids": "c nowhere"}],
    )
    records = cited_records(pm)
    assert records["event_id"].tolist() == ["c", "a"]
    table = table_sources(records)
    assert [row[0].sources for row in table.rows] == [("c",), ("a",)]
    assert table.rows[1][1].text == "3 Nov 2026 07:00:00"
    assert table.rows[1][2].text == "slack.zip › ops/1.json › 0"
    assert "secret" not in str(table)


def test_the_sample_is_sure_of_what_it_says(sample) -> None:
    """Every factor and every decision of the finished sample names a record of its evidence."""
    told = trace_statements(Workspace.open(sample).load()).set_index("part")
    assert (told.loc[["factors", "decisions"], "rows"] == told.loc[["factors", "decisions"], "traced"]).all()
    rows, traced = told.loc["timeline"]
    assert 0.8 * rows < traced < rows
