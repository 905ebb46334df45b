from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pmkit.loaders._csv import read_rows


def cells(text: str) -> list[list[str]]:
    return [row.cells for row in read_rows(text)]


@pytest.mark.parametrize(
    "text",
    [
        "when,what\n1,a\n2,b\n",
        "when;what\r\n1;a\r\n2;b",
        "when\twhat\r1\ta\r2\tb\r",
        "sep=|\nwhen|what\n1|a\n2|b\n",
        '\n\nwhen,what\n"1","a"\n,\n\n2,b\n  \n',
    ],
    ids=["comma", "semicolon", "tab and old line ends", "named", "blank lines"],
)
def test_however_it_was_written_the_rows_are_the_same(text: str) -> None:
    """Delimiter, line ends, quotes and blank lines are not content."""
    assert cells(text) == [["when", "what"], ["1", "a"], ["2", "b"]]


def test_a_row_knows_its_line() -> None:
    """Counted from 1 with the header, blank lines and the line ends inside of cells."""
    rows = list(read_rows('a,b\n\n1,"x\ny"\n2,z\n'))
    assert [row.line for row in rows] == [1, 3, 5]


def test_only_line_ends_end_a_row() -> None:
    """Characters that Unicode calls line separators stand inside a cell."""
    assert cells("a,b\n1,x\x0by\x85z\u2028w\n")[1] == ["1", "x\x0by\x85z\u2028w"]


@pytest.mark.parametrize(
    ("damaged", "reported"),
    [
        ('2,"the quote never ends,x', True),
        ('2,"he said "no" twice",x', False),
        ('2,say "no" twice,x', False),
    ],
)
@pytest.mark.parametrize("after", ["3,c,x\n4,d,x\n", '3,"c",x\n4,"d",x\n', ""])
def test_a_quote_out_of_place_costs_its_own_line(damaged: str, reported: bool, after: str) -> None:
    """What follows is read, and what has as many cells as the header is a row all the same."""
    rows = list(read_rows(f"n,text,more\n1,b,x\n{damaged}\n{after}"))
    kept = [["n", "text", "more"], ["1", "b", "x"]]
    following = [["3", "c", "x"], ["4", "d", "x"]] if after else []
    assert [row.cells for row in rows[:2]] == kept
    assert [row.cells for row in rows[3:]] == following
    assert bool(rows[2].problem) == reported
    assert "line 3: " in rows[2].problem or not reported


def test_damage_cannot_hang_the_reader() -> None:
    """Lines made so that each is followed to the end are given up."""
    rows = list(read_rows("a,b\n" + 'a""","\n' * 20_000))
    assert "too damaged" in rows[-1].problem
    many = list(read_rows("a,b\n" + 'x,"y" z\n' * 2000))
    assert [row.cells for row in many[1:]] == [["x", "y z"]] * 2000


@settings(max_examples=100)
@given(st.lists(st.lists(st.text("ab,;\"'\n\r \t", max_size=5), min_size=2, max_size=2), max_size=6))
def test_what_a_writer_writes_is_read(table: list[list[str]]) -> None:
    """Rows that say anything come back as they were."""
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL).writerows([["one", "two"], *table])
    assert cells(out.getvalue())[1:] == [row for row in table if any(cell.strip() for cell in row)]


@settings(max_examples=100)
@given(st.text(max_size=80))
def test_no_text_makes_the_reader_fail(text: str) -> None:
    """Noise gives rows or problems."""
    assert all(bool(row.cells) != bool(row.problem) for row in read_rows(text))
