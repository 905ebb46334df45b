"""Spreadsheets for people: what a frame holds is what they see, and nothing in it runs."""

from __future__ import annotations

import csv
import io
import zipfile
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from pmkit.errors import RenderError
from pmkit.export.sheet import export_sheet, to_safe_csv

FORMULAS = [
    "=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", " =1", "\u200b=1", "＝1+1", "|cmd", "%0A=1", "\n=1",
    '=HYPERLINK("https://example.com")', "=cmd|' /C calc'!A0",
]  # fmt: skip


@pytest.mark.parametrize("text", FORMULAS)
def test_no_cell_of_a_csv_is_a_formula(text: str) -> None:
    """An apostrophe makes it text for a spreadsheet."""
    (_, row) = csv.reader(io.StringIO(to_safe_csv(pd.DataFrame({"x": [text]}))))
    assert row == ["'" + text]


@pytest.mark.parametrize("text", ["-2", "+3.5", "2 hours", "a=b", "a|b", "", "'quoted'", "2026-11-03"])
def test_what_is_no_formula_stays_as_it_is(text: str) -> None:
    """Numbers with a sign, and ordinary words."""
    (_, row) = csv.reader(io.StringIO(to_safe_csv(pd.DataFrame({"x": [text], "y": ["z"]}))))
    assert row[0] == text


def test_no_cell_of_a_workbook_is_a_formula(tmp_path: Path) -> None:
    """All of them are text, also in the file itself, and no link is made."""
    path = export_sheet(pd.DataFrame({"x": FORMULAS}), tmp_path / "a.xlsx")
    sheet = load_workbook(path).active
    cells = [sheet.cell(row, 1) for row in range(2, len(FORMULAS) + 2)]
    assert {cell.data_type for cell in cells} == {"s"}
    assert all(cell.hyperlink is None and cell.quotePrefix for cell in cells)
    with zipfile.ZipFile(path) as archive:
        assert b"<f>" not in archive.read("xl/worksheets/sheet1.xml")


def test_numbers_days_and_gaps_keep_their_kind(tmp_path: Path) -> None:
    """A number can be summed, a day sorted; what is not known is an empty cell."""
    frame = pd.DataFrame(
        {
            "n": pd.Series([3, None], dtype="Int64"),
            "day": pd.Series(["2026-11-20", None], dtype="datetime64[us]"),
            "text": ["a\x07b", None],
        }
    )
    sheet = load_workbook(export_sheet(frame, tmp_path / "a.xlsx")).active
    assert sheet["A2"].value == 3
    assert sheet["B2"].is_date
    assert sheet["C2"].value == "a\ufffdb"
    assert [sheet.cell(3, n).value for n in (1, 2, 3)] == [None, None, None]


@given(st.lists(st.text(max_size=20), min_size=1, max_size=5))
def test_a_csv_holds_every_text(texts: list[str]) -> None:
    """Whatever people wrote comes back, behind at most one apostrophe."""
    rows = list(csv.reader(io.StringIO(to_safe_csv(pd.DataFrame({"x": texts, "y": "z"})), newline="")))
    assert [row[0] in (text, "'" + text) for row, text in zip(rows[1:], texts, strict=True)] == [True] * len(
        texts
    )


def test_another_ending_is_refused(tmp_path: Path) -> None:
    """With the endings that are known."""
    with pytest.raises(RenderError, match=r"ending in \.csv or \.xlsx"):
        export_sheet(pd.DataFrame(), tmp_path / "a.ods")
