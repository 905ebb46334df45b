from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pmkit.errors import EvidenceError, QuestionError
from pmkit.loaders import find_incompleteness, load_evidence, recognise
from pmkit.loaders.pagerduty import load_pagerduty_report
from pmkit.loaders.pagerduty.reports import MOST_ROWS, NAMES
from pmkit.schema import EVENTS, validate

Compare = Callable[[pd.DataFrame, Path], None]

FIXTURES = Path(__file__).parents[2] / "fixtures" / "pagerduty"
HEADER = "id,incident_number,description,service_name,created_on,resolved_on,seconds_to_first_ack,urgency"


def row(number: int = 1, opened: str = "2026-11-03T14:02:11+00:00", **cells: str) -> str:
    told = {
        "id": f"Q{number}", "incident_number": str(number), "description": "checkout is slow",
        "service_name": "checkout", "created_on": opened, "resolved_on": "", "seconds_to_first_ack": "",
        "urgency": "high",
    } | cells  # fmt: skip
    return ",".join(told.values())


def load(text: str, **options: Any) -> pd.DataFrame:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "incidents.csv"
        path.write_bytes(text.encode())
        frame = load_pagerduty_report(path, **options)
    validate(frame, EVENTS)
    return frame


def test_the_advanced_report_gives_the_expected_frame(assert_reads_as: Compare) -> None:
    """Descriptions that end in a line feed, names as `NA`, counts that stay words."""
    path = FIXTURES / "report-advanced.csv"
    assert_reads_as(load_pagerduty_report(path), path.with_suffix(".expected.csv"))


def test_the_basic_report_asks_for_its_zone(assert_reads_as: Compare) -> None:
    """Its times carry none: it is asked, never guessed, and said with every row."""
    path = FIXTURES / "report-basic.csv"
    assert recognise(path).name == "pagerduty-report"
    with pytest.raises(QuestionError, match="carries no zone") as asked:
        load_evidence(path, "pagerduty-report")
    assert asked.value.option == "zone"
    frame = load_evidence(path, "pagerduty-report", zone="America/New_York")
    assert frame["time_basis"].tolist() == ["America/New_York"] * 2
    assert_reads_as(frame, path.with_suffix(".expected.csv"))


def test_no_ack_is_made_of_a_count_of_seconds() -> None:
    """That an incident was acknowledged after 66 s is rounded: words, not an event."""
    later = row(2, "2026-11-03T15:00:00Z", seconds_to_first_ack="149")
    frame = load(f"{HEADER}\n{row(seconds_to_first_ack='66')}\n{later}")
    assert frame["kind"].tolist() == ["incident", "incident"]
    assert "first acknowledged after 66 s" in frame["text"].iloc[0]
    assert "first acknowledged after 2 min 29 s" in frame["text"].iloc[1]


@pytest.mark.parametrize(
    "header",
    ["Incident Number,Created At,Service Name,Description", "#,Opened On,Service,Title",
     "INCIDENT_NUMBER,created_at,service,summary,A Column Nobody Knows"],
)  # fmt: skip
def test_columns_are_found_by_their_names(header: str) -> None:
    """In any order and spelling; what nobody knows is kept in the details."""
    cells = "12,2026-11-03T14:02:11Z,checkout,it is slow" + (",42 %" if "Nobody" in header else "")
    told = load(f"{header}\n{cells}").iloc[0]
    assert told[["text", "place", "pd_incident_number", "event_id"]].tolist() == [
        "Incident #12: it is slow", "checkout", "12", "pd:report:#12",
    ]  # fmt: skip
    assert "Nobody" not in header or '"a_column_nobody_knows":"42 %"' in told["pd_details"]


def test_dates_that_can_be_read_in_two_ways_are_asked_for() -> None:
    """`11/03/2026` is in March or November; only people know."""
    text = "#,Service,Opened On\n12,checkout,11/03/2026 14:02:11\n"
    with pytest.raises(QuestionError) as asked:
        load(text, zone="UTC")
    assert asked.value.option == "date_format"
    assert load(text, zone="UTC", date_format="mdy")["time"].iloc[0] == pd.Timestamp("2026-11-03T14:02:11Z")


def test_a_row_that_stands_twice_is_one_event() -> None:
    """Reports that were put together may overlap; the later row stays and names both."""
    frame = load(f"{HEADER}\n{row()}\n{row(description='it was slow')}")
    assert frame["ref"].tolist() == ["incidents.csv#:1 | incidents.csv#:0"]
    assert "it was slow" in frame["text"].iloc[0]


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ("Q9,9,too few", "3 cells, expected 8"),
        (row(9) + ",one,too many", "10 cells, expected 8"),
        (row(9, opened=""), "no time says when"),
        (row(9, opened="soon"), "expected a time"),
        (row(9, opened="2026-02-30T10:00:00Z"), "not a time of the calendar"),
        ('Q9,9,"a quote that does not end,checkout,2026-11-03T14:02:11Z,,,low', "quotes do not match"),
    ],
)
def test_a_damaged_row_costs_itself_alone(bad: str, reason: str) -> None:
    """Its neighbours load, and the row says what is wrong and where."""
    frame = load(f"{HEADER}\n{row(1)}\n{bad}\n{row(3)}\n")
    assert frame["kind"].tolist() == ["incident", "incident", "unreadable"]
    assert reason in frame["text"].iloc[2]
    assert frame["ref"].iloc[2] == "incidents.csv#:1"


def test_a_file_of_something_else_is_refused(tmp_path: Path) -> None:
    """Without a column that says when, nothing can be placed."""
    for text in ("", "a,b\n1,2\n"):
        with pytest.raises(EvidenceError, match="no column tells when"):
            load(text)
    with pytest.raises(EvidenceError, match="cannot be read"):
        load_pagerduty_report(tmp_path / "missing.csv")


@pytest.mark.parametrize(("rows", "said"), [(MOST_ROWS, "exactly 20,000 rows"), (MOST_ROWS - 1, "")])
def test_a_report_of_exactly_twenty_thousand_rows_was_cut(tmp_path: Path, rows: int, said: str) -> None:
    """PagerDuty stops there without a word."""
    path = tmp_path / "incidents.csv"
    path.write_text("#,Opened On,Service\n" + "1,2026-11-03T14:02:11Z,x\n" * rows, encoding="utf-8")
    told = find_incompleteness(path, "pagerduty-report")
    assert said in told
    assert bool(said) == bool(told)


CELLS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8) | st.sampled_from(
    ["2026-11-03T14:02:11Z", "2026-11-03 14:02", "11/03/2026 14:02", '"', "1", "NA", "=1+1"]
)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.lists(CELLS, min_size=8, max_size=8), max_size=4))
def test_hostile_cells_are_rows_reasons_or_questions(rows: list[list[str]]) -> None:
    """Whatever cells hold, every row is accounted for."""
    quoted = [",".join('"' + cell.replace('"', '""') + '"' for cell in cells) for cells in rows]
    try:
        frame = load("\n".join([HEADER, *quoted]), zone="UTC")
    except QuestionError:
        return
    told = [cells for cells in rows if any(cell.strip() for cell in cells)]
    assert sum(len(ref.split(" | ")) for ref in frame["ref"]) == len(told)


def test_no_two_of_our_names_want_the_same_column() -> None:
    """Each column of a report tells one thing."""
    names = [column for columns in NAMES.values() for column in columns]
    assert len(names) == len(set(names))
