"""Tables as CSV: exact round trips, and every bad cell told with its place."""

from __future__ import annotations

from datetime import UTC

import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pmkit import schema
from pmkit.errors import SchemaError

ODD_TEXTS = (
    "", "NA", "None", "nan", "null", "007", "14:02", "1e5", "TRUE", "=1+1", "-", '"', '""', ",", "\n", "\r",
    "\r\n", "a\rb", ' "quoted", ', "'", "\ufeff", "\x00", "#", "日本語", "e\u0301", "🚒", "\u202eoppa", "\t",
    " x ",
)  # fmt: skip


texts = st.sampled_from(ODD_TEXTS) | st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


filled = texts.filter(lambda text: text != "")


times = st.datetimes(timezones=st.just(UTC))


CELLS = {
    "str": texts,
    "words": texts,
    "time": st.none() | times,
    "date": st.none() | st.dates(),
    "bool": st.booleans(),
    "int": st.none() | st.integers(-(2**63), 2**63 - 1),
    "float": st.none() | st.floats(allow_nan=False, allow_infinity=False),
}


@st.composite
def frames(draw: st.DrawFn, table: schema.Table) -> pd.DataFrame:
    cells = {}
    for column in table.columns:
        cell = CELLS[column.type]
        if column.choices:
            cell = st.sampled_from(column.choices)
        elif column.required:
            cell = filled if column.type == "str" else cell.filter(lambda value: value is not None)
        cells[column.name] = cell
    own = {f"own {n}": texts for n in range(draw(st.integers(0, 2)))}
    rows = draw(
        st.lists(
            st.fixed_dictionaries(cells | own),
            max_size=4,
            unique_by=lambda row: tuple(row[key] for key in table.key),
        )
    )
    return schema.conform(pd.DataFrame(rows, columns=[*cells, *own], dtype="object"), table)


def problems_of(text: str, table: schema.Table) -> list[str]:
    with pytest.raises(SchemaError) as caught:
        schema.read_csv(text, table, where="x/table.csv")
    assert str(caught.value).startswith("x/table.csv: ")
    return list(caught.value.problems)


@pytest.mark.parametrize("table", schema.TABLES.values(), ids=schema.TABLES)
def test_round_trip_is_exact(table: schema.Table) -> None:
    """Whatever stands in a table comes back from its CSV unchanged, columns of the team's own included."""

    @settings(max_examples=15)
    @given(frames(table))
    def check(frame: pd.DataFrame) -> None:
        text = schema.to_csv(frame, table)
        back = schema.read_csv(text, table)
        ordered = frame.sort_values(list(table.key), kind="stable", ignore_index=True)
        own = [name for name in frame if name not in table.column_names]
        ordered[own] = ordered[own].astype("str")
        pd.testing.assert_frame_equal(back, ordered, check_exact=True)
        assert schema.to_csv(back, table) == text

    check()


@given(st.lists(st.lists(texts, min_size=2, max_size=2), max_size=5))
@example([["a\rb", "c"], ["\r\n", '"']])
def test_every_cell_survives_whatever_its_characters(rows: list[list[str]]) -> None:
    """Commas, quotes and each sort of line end inside a cell do not move its neighbours."""
    frame = pd.DataFrame(
        {"question_id": [f"Q{n}" for n in range(len(rows))], "question": "?"}
        | {name: [row[n] for row in rows] for n, name in enumerate(["answer", "owner"])},
        dtype="str",
    )
    back = schema.read_csv(schema.to_csv(frame, schema.QUESTIONS), schema.QUESTIONS)
    assert back[["answer", "owner"]].to_numpy().tolist() == rows


def test_rows_are_written_in_the_order_of_their_key() -> None:
    """The canonical file does not depend on the order in which people added rows."""
    rows = pd.DataFrame({"question_id": ["Q2", "Q1"], "question": ["b", "a"]})
    one, two = (schema.to_csv(frame, schema.QUESTIONS) for frame in (rows, rows[::-1]))
    assert one == two
    assert [line[:2] for line in one.splitlines()[1:]] == ["Q1", "Q2"]


def test_texts_that_look_like_something_else_stay_texts() -> None:
    """`NA`, `007`, `no` and `14:02` are read as people wrote them."""
    cells = ["NA", "007", "no", "14:02", "None", "1.50"]
    text = "question_id,question\n" + "".join(f"Q{n},{cell}\n" for n, cell in enumerate(cells))
    assert schema.read_csv(text, schema.QUESTIONS)["question"].tolist() == cells


def test_columns_nobody_knows_are_kept() -> None:
    """A team's own column comes after the known ones and keeps its values."""
    text = "team,question_id,question\nred,Q1,Why?\n"
    frame = schema.read_csv(text, schema.QUESTIONS)
    assert frame["team"].tolist() == ["red"]
    assert schema.to_csv(frame, schema.QUESTIONS).splitlines()[0].endswith(",event_ids,team")


def test_windows_and_old_mac_files_read_the_same() -> None:
    """A byte order mark, any line ends, blank lines and blanks around column names do not matter."""
    plain = schema.read_csv("question_id,question\nQ1,Why?\n", schema.QUESTIONS)
    for text in (
        "\ufeffquestion_id,question\r\nQ1,Why?\r\n",
        "question_id,question\rQ1,Why?\r",
        "\nquestion_id, question\n\nQ1,Why?\n\n",
        "question_id,question\nQ1,Why?",
    ):
        pd.testing.assert_frame_equal(schema.read_csv(text, schema.QUESTIONS), plain)


def test_a_missing_or_bare_file_has_no_rows() -> None:
    """No text at all, or a header alone, is a table without rows, every column typed."""
    for text in ("", "\n", "question_id,question\n"):
        pd.testing.assert_frame_equal(schema.read_csv(text, schema.QUESTIONS), schema.empty(schema.QUESTIONS))


def test_every_bad_cell_is_listed_with_its_line_and_column() -> None:
    """One look at the message shows all there is to mend, in order."""
    found = problems_of(
        "action_id,action,type,due_on,status,note\n"
        'A1,"first,\nsecond",fix,2026-02-30,open,\n'
        "A2,,repair,tomorrow,shut,\n"
        "A1,again,,,,\n",
        schema.ACTIONS,
    )
    assert [(line.split(",")[0], line.split("`")[1]) for line in found] == [
        ("line 2 (A1)", "due_on"),
        ("line 2 (A1)", "type"),
        ("line 4 (A2)", "action"),
        ("line 4 (A2)", "due_on"),
        ("line 4 (A2)", "status"),
        ("line 5 (A1)", "action_id"),
    ]
    assert "expected one of open, in progress, done, dropped, found 'shut'" in found[4]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("question_id,question\nQ1\n", "line 2: 1 cells, the header has 2"),
        ("question_id,question\nQ1,a,b\n", "line 2: 3 cells, the header has 2"),
        ("question_id,question,question\nQ1,a,b\n", "line 1: column `question` stands twice"),
        ("question_id,question,\nQ1,a,b\n", "line 1: column 3 has no name"),
        ("question,owner\na,b\n", "line 1: column `question_id` is missing"),
        ("question_id;question\nQ1;a\n", "line 1: no comma found"),
        ('question_id,question\nQ1,"a\nQ2,b\nQ3,c\n', "line 2: unexpected end of data"),
        ('question_id,question\nQ1,"a"b\n', "line 2: ',' expected after '\"'"),
        ("question_id,question\n<<<<<<< HEAD\nQ1,a\n=======\nQ1,b\n", "line 2: a merge is not finished"),
        ("question_id,question\nQ1," + "x" * 200_000 + "\n", "line 2: field larger than field limit"),
    ],
)  # fmt: skip
def test_a_broken_file_is_explained_with_its_line(text: str, said: str) -> None:
    """Ragged lines, twin headers, open quotes and unfinished merges never lose a row in silence."""
    assert problems_of(text, schema.QUESTIONS)[0].startswith(said)


@pytest.mark.parametrize(
    ("line", "canonical"),
    [
        ("manual:1,yes,2026-11-03T15:02+01:00", "manual:1,yes,2026-11-03T14:02:00.000000Z"),
        ('"manual:1",TRUE,2026-11-03 14:02Z', "manual:1,yes,2026-11-03T14:02:00.000000Z"),
    ],
)
def test_a_line_typed_by_hand_stays_while_it_says_the_same(line: str, canonical: str) -> None:
    """Another row, order of columns or line end is no reason to write it anew; another cell is."""
    header = "event_id,included,time"
    rest = [name for name in schema.TIMELINE.column_names if name not in header.split(",")]
    header, blank = ",".join([header, *rest]), "," * len(rest)
    old = f"{header}\r\n{line}{blank}\r\nmanual:2,no,{blank}"
    frame = schema.read_csv(old, schema.TIMELINE)
    assert canonical in ",".join(schema.cell_texts(frame[name])[0] for name in header.split(","))
    same = schema.keep_lines(old, schema.to_csv(frame, schema.TIMELINE), schema.TIMELINE)
    assert same == f"{old}\n"  # a last line without its end gets one
    frame.loc[0, "summary"] = "down"
    other = schema.keep_lines(old, schema.to_csv(frame, schema.TIMELINE), schema.TIMELINE)
    assert line not in other and canonical in other
    assert schema.read_csv(other, schema.TIMELINE).equals(frame)
    assert schema.keep_lines("<<<<<<<\n", other, schema.TIMELINE) == other
