from __future__ import annotations

import json
import random
import tempfile
import zipfile
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from pmkit.errors import EvidenceError, QuestionError
from pmkit.loaders._format import Glimpse
from pmkit.loaders.table import FORMATS, find_incompleteness, load_event_table
from pmkit.schema import EVENTS, validate

Compare = Callable[[pd.DataFrame, Path], None]

FIXTURE = Path(__file__).parent.parent / "fixtures" / "table" / "war-room.csv"
AT = "2026-11-03T14:02:11Z"
NAMES = {"time": "When", "text": "Message", "actor": "Who", "place": "Host", "kind": "Type", "event_id": "id"}


def save(content: Any, folder: Path, name: str) -> Path:
    path = folder / name
    if isinstance(content, pa.Table):
        parquet.write_table(content, path)
    elif isinstance(content, openpyxl.Workbook):
        content.save(path)
    elif isinstance(content, bytes):
        path.write_bytes(content)
    else:
        text = content if isinstance(content, str) else json.dumps(content)
        path.write_text(text, encoding="utf-8")
    return path


def load(content: Any, name: str = "table.csv", **options: Any) -> pd.DataFrame:
    with tempfile.TemporaryDirectory() as folder:
        frame = load_event_table(save(content, Path(folder), name), **options)
    validate(frame, EVENTS)
    return frame


def lacks(content: Any, name: str = "table.csv") -> str:
    with tempfile.TemporaryDirectory() as folder:
        return find_incompleteness(save(content, Path(folder), name))


def recognised(content: Any, name: str) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        return FORMATS[0].recognise(Glimpse(save(content, Path(folder), name)))


def workbook(*rows: list[Any], title: str = "Timeline") -> openpyxl.Workbook:
    book = openpyxl.Workbook()
    book.active.title = title
    for row in rows:
        book.active.append(row)
    return book


def question(content: Any, name: str = "table.csv", **options: Any) -> str:
    with pytest.raises(QuestionError) as asked:
        load(content, name, **options)
    return asked.value.option


# --- the sample -------------------------------------------------------------------------------------


def test_the_sample_gives_the_expected_frame(assert_reads_as: Compare) -> None:
    """A spreadsheet that people kept while it burned gives the rows of the CSV beside it."""
    assert FORMATS[0].recognise(Glimpse(FIXTURE))
    assert_reads_as(load_event_table(FIXTURE), FIXTURE.with_suffix(".expected.csv"))


# --- every kind of file -----------------------------------------------------------------------------

ROWS = [
    {"When": AT, "Message": "one", "Who": "Ada"},
    {"When": "2026-11-03T14:03Z", "Message": "two", "Who": ""},
]
MOMENTS = [datetime(2026, 11, 3, 14, 2, 11, tzinfo=UTC), datetime(2026, 11, 3, 14, 3, tzinfo=UTC)]


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (f"When,Message,Who\n{AT},one,Ada\n2026-11-03T14:03Z,two,\n", "a.csv"),
        (f"\ufeffWhen;Message;Who\r\n{AT};one;Ada\r\n2026-11-03T14:03Z;two;\r\n", "a.csv"),
        (f"When\tMessage\tWho\n{AT}\tone\tAda\n2026-11-03T14:03Z\ttwo\t\n", "a.tsv"),
        (f"sep=,\nWhen,Message,Who\n{AT},one,Ada\n\n2026-11-03T14:03Z,two\n", "a.txt"),
        (f"When\tMessage\tWho\n{AT}\tone\tAda\n2026-11-03T14:03Z\ttwo\t\n".encode("utf-16"), "a.csv"),
        (ROWS, "a.json"),
        ({"took": 3, "events": ROWS}, "a.json"),
        ("\n".join(json.dumps(row) for row in ROWS), "a.jsonl"),
        (pa.table({"When": MOMENTS, "Message": ["one", "two"], "Who": ["Ada", None]}), "a.parquet"),
        (
            workbook(["The incident"], [], ["When", "Message", "Who"], *([*row.values()] for row in ROWS)),
            "a.xlsx",
        ),
    ],
    ids=["csv", "bom", "tsv", "sep", "utf-16", "list", "page", "lines", "parquet", "excel"],
)
def test_every_file_gives_the_same_events(content: Any, name: str) -> None:
    """Comma, semicolon, tab, JSON, Parquet or Excel: it is the same table, and known as one."""
    frame = load(content, name)
    assert frame["text"].tolist() == ["one", "two"]
    assert frame["time"].tolist() == [pd.Timestamp(moment) for moment in MOMENTS]
    assert frame["actor"].tolist() == ["Ada", ""]
    assert frame["kind"].tolist() == ["observation"] * 2
    assert frame["ref"].is_unique
    assert recognised(content, name) == (not isinstance(content, dict))


def test_a_workbook_keeps_its_own_times() -> None:
    """Excel knows no zone; the value of a formula is the one that was saved with it."""
    book = workbook(["When", "Message"], [datetime(2026, 11, 3, 14, 2, 11), "page"], [None, None])  # noqa: DTZ001
    book.active.append([datetime(2026, 11, 3, 14, 3), "=1+1"])  # noqa: DTZ001
    assert question(book, "a.xlsx") == "zone"
    frame = load(book, "a.xlsx", zone="Europe/Amsterdam")
    assert [f"{at:%H:%M:%S}" for at in frame["time"]] == ["13:02:11", "13:03:00"]
    assert frame["text"].tolist() == ["page", ""]
    assert frame["ref"].tolist() == ["a.xlsx#Timeline:0", "a.xlsx#Timeline:1"]
    assert frame["time_basis"].tolist() == ["Europe/Amsterdam"] * 2


def test_a_day_in_excel_is_no_midnight() -> None:
    """Where all times of a column are midnight they are days, and a day is no time."""
    days = workbook(["When", "Message"], [datetime(2026, 11, 3), "a"], [datetime(2026, 11, 4), "b"])  # noqa: DTZ001
    frame = load(days, "a.xlsx", zone="UTC")
    assert frame["kind"].tolist() == ["unreadable"] * 2
    assert "a day without a time of the clock" in frame["text"].iloc[0]
    days.active.append([datetime(2026, 11, 4, 0, 5), "c"])  # noqa: DTZ001
    assert (load(days, "a.xlsx", zone="UTC")["kind"] == "observation").all()


def test_sheets_without_the_time_are_not_events() -> None:
    """All sheets with it are read, and the note of the evidence says that there are others."""
    book = workbook(["When", "Message"], [AT, "one"])
    for title, header in (("Second", ["When", "Message"]), ("Costs", ["Item", "EUR"])):
        sheet = book.create_sheet(title)
        sheet.append(header)
        sheet.append([AT, "two"])
    frame = load(book, "a.xlsx")
    assert frame["ref"].tolist() == ["a.xlsx#Timeline:0", "a.xlsx#Second:0"]
    assert "Timeline, Second, Costs" in lacks(book, "a.xlsx")


def test_parquet_gives_its_times_to_the_microsecond() -> None:
    """Nanoseconds are cut, a time without a zone asks, a number counts from 1970."""
    at = pa.array([1_793_714_531_123_456_789], type=pa.timestamp("ns"))
    table = pa.table({"time": at, "message": ["m"], "n": [2.0]})
    assert question(table, "a.parquet") == "zone"
    assert load(table, "a.parquet", zone="UTC")["time"].iloc[0] == pd.Timestamp("2026-11-03T14:02:11.123456Z")
    epochs = pa.table({"time": pa.array([1_793_714_531_123, None]), "message": ["m", "n"]})
    assert load(epochs, "a.parquet")["kind"].tolist() == ["observation", "unreadable"]


# --- columns ----------------------------------------------------------------------------------------


def test_people_name_the_columns() -> None:
    """Ours to theirs; what they name not is taken where it is plain."""
    text = f"id,When,Noticed,Message,Who,Machine,Type,Link\n7,{AT},x,slow,Ada,web-1,deploy,https://x.example.com\n"
    row = load(text, columns={"time": "When", "text": "Noticed", "place": "Machine", "event_id": "id"}).iloc[
        0
    ]
    told = ["event_id", "text", "actor", "place", "kind", "url"]
    assert row[told].tolist() == ["table:7", "x", "Ada", "web-1", "deploy", "https://x.example.com"]


@pytest.mark.parametrize(
    ("header", "option"),
    [
        ("time,message", ""),
        ("Timestamp (UTC),Log message,Summary", ""),
        ("@timestamp,@message", ""),
        ("_time,_raw,host", ""),
        ("Date,Host,Service,Message", ""),
        ("created_at,title", ""),
        ("time,level,text,description", ""),
        ("start,end,event", ""),
        ("when,whatever", "columns"),
        ("moment,message", "columns"),
        ("time,timestamp,message", "columns"),
        ("created,started,message", "columns"),
        ("time,summary,description", "columns"),
        ("time", "columns"),
    ],
)
def test_headers_that_plainly_say_it_need_no_naming(header: str, option: str) -> None:
    """Where two could be meant, or none is plain, people are asked, and the question lists the headers."""
    text = f"{header}\n" + ",".join(f"{AT}" for _ in header.split(",")) + "\n"
    if not option:
        assert (load(text)["kind"] == "observation").all()
        return
    with pytest.raises(QuestionError, match="Its columns: ") as asked:
        load(text)
    assert asked.value.option == option
    assert all(name in str(asked.value) for name in header.split(","))


@pytest.mark.parametrize(
    ("columns", "problem"),
    [
        ({"time": "Moment", "text": "Message"}, "there is no column 'Moment'. Its columns: When, Message"),
        ({"time": ["When", "Clock"]}, "there is no column 'Clock'"),
        ({"time": "When+Clock"}, "there is no column 'Clock'"),
        ({"time": "When", "text": "Words"}, "there is no column 'Words'"),
        ({"who": "Who"}, "there is no column 'who' of ours"),
    ],
)
def test_a_column_that_is_not_there_is_refused(columns: dict[str, str], problem: str) -> None:
    """The message says what there is."""
    with pytest.raises(EvidenceError, match=problem):
        load(f"When,Message\n{AT},one\n", columns=columns)


def test_a_day_and_its_clock_may_stand_apart() -> None:
    """As many people keep them; a row without a clock has no time, and one that holds both needs no day."""
    text = "Date,Time,Event\n2026-11-03,14:02,a\n3/11/2026,2:03 PM,b\n2026-11-03,,c\nx,2026-11-03T14:05Z,d\n"
    frame = load(text, zone="UTC", date_format="D/M/Y")
    assert frame["text"].tolist()[:3] == ["a", "b", "d"]
    assert [f"{at:%m-%d %H:%M}" for at in frame["time"][:3]] == ["11-03 14:02", "11-03 14:03", "11-03 14:05"]
    assert frame["kind"].iloc[3] == "unreadable"
    book = workbook(["Date", "Time", "Event"], [date(2026, 11, 3), time(14, 2), "a"])
    assert load(book, "a.xlsx", zone="UTC")["time"].iloc[0] == pd.Timestamp("2026-11-03T14:02Z")
    for names in (["day", "clock"], "day+clock", "day + clock"):
        text = "day,clock,words\n2026-11-03,14:02,a\n"
        assert len(load(text, columns={"time": names, "text": "words"}, zone="UTC")) == 1


def test_two_columns_of_one_name_are_both_kept() -> None:
    """The second bears a number."""
    assert load(f"time,note,note\n{AT},a,b\n", columns={"text": "note 2"})["text"].tolist() == ["b"]


# --- cells ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cell", "utc"),
    [
        (AT, "14:02:11.000000"),
        ("2026-11-03 15:02:11,5+01:00", "14:02:11.500000"),
        ("1793714531", "14:02:11.000000"),
        ("1793714531.25", "14:02:11.250000"),
        ("1793714531123", "14:02:11.123000"),
        ("1793714531123456", "14:02:11.123456"),
        (1793714531, "14:02:11.000000"),
        (1793714531.25, "14:02:11.250000"),
        (1793714531123456, "14:02:11.123456"),
        ("03/Nov/26 2:02 PM UTC", "14:02:00.000000"),
    ],
)
def test_times_are_read_exactly(cell: Any, utc: str) -> None:
    """ISO, what screens show, and counts since 1970 in the unit that their size tells."""
    frame = load([{"time": cell, "text": "x"}], "a.json")
    assert f"{frame['time'].iloc[0]:%H:%M:%S.%f}" == utc


@pytest.mark.parametrize(
    "cell", ["", None, "soon", "2026-11-03", "45000.5", 45000.5, True, [1], "20261103140211", "14:02"]
)
def test_what_is_no_time_is_reported(cell: Any) -> None:
    """A day, a serial number of Excel, an id: nothing is guessed, and the neighbour loads."""
    frame = load([{"time": cell, "text": "x"}, {"time": AT, "text": "y"}], "a.json")
    assert frame["text"].tolist()[0] == "y"
    assert frame["kind"].tolist() == ["observation", "unreadable"]


def test_what_only_people_know_is_asked() -> None:
    """The zone of times without one, the order of days and months; a header may tell the zone."""
    assert question("time,text\n2026-11-03 14:02,x\n") == "zone"
    assert question("time,text\n3/11/26 14:02 UTC,x\n") == "date_format"
    assert load("time,text\n3/11/26 14:02 UTC,x\n13/11/26 14:02 UTC,y\n")["time"].iloc[0].month == 11
    told = load("Time UTC,text\n2026-11-03 14:02,x\n")
    assert (told["time"].iloc[0], told["time_basis"].iloc[0]) == (pd.Timestamp("2026-11-03T14:02Z"), "UTC")
    assert load("Time UTC,text\n2026-11-03 14:02,x\n", zone="+01:00")["time"].iloc[0].hour == 13


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("deploy", "deploy"), ("Deployment", "deploy"), ("status update", "status_update"), ("ACK", "ack"),
        ("Resolved", "resolve"), ("unreadable", "other"), ("Brand new 2031", "other"), ("", "observation"),
    ],
)  # fmt: skip
def test_kinds_are_ours_or_other(word: str, kind: str) -> None:
    """No word of theirs is refused."""
    assert load(f"time,text,kind\n{AT},x,{word}\n")["kind"].tolist() == [kind]


def test_cells_stay_what_they_are() -> None:
    """`NA` and `None` are words, `007` is text, what is nested stays JSON, only web links are links."""
    frame = load(
        [{"time": AT, "text": "NA", "user": "None", "host": 7.0, "url": "javascript:alert(1)"},
         {"time": AT, "text": {"a": [1, None]}, "user": "007", "host": True, "url": "https://x.example.com"}],
        "a.json",
    )  # fmt: skip
    assert frame[["text", "actor", "place", "url"]].to_numpy().tolist() == [
        ["NA", "None", "7", ""],
        ['{"a": [1, null]}', "007", "true", "https://x.example.com"],
    ]


def test_the_source_may_be_named() -> None:
    """It is what the lanes and the colours go by; the ids stay."""
    text = f"time,text\n{AT},x\n"
    assert load(text, source="monitoring")["source"].tolist() == ["monitoring"]
    assert load(text, source="monitoring")["event_id"].tolist() == load(text)["event_id"].tolist()


def test_newest_first_is_turned_round() -> None:
    """Within one second the order is that in which things happened."""
    lines = [f"2026-11-03T14:02:1{9 - n // 2}Z,{n}" for n in range(8)]
    assert load("\n".join(["time,text", *lines]))["text"].tolist() == list("76543210")
    assert load("\n".join(["time,text", *lines[::-1]]))["text"].tolist() == list("76543210")
    assert load(f"time,text\n{AT},a\n{AT},b\n")["text"].tolist() == ["a", "b"]


# --- ids --------------------------------------------------------------------------------------------

CELLS = st.lists(
    st.tuples(st.sampled_from([AT, "2026-11-03T14:03Z"]), st.sampled_from("ab")), min_size=1, max_size=8
)


@settings(max_examples=40)
@given(CELLS, st.randoms(use_true_random=False))
def test_ids_do_not_depend_on_the_order(rows: list[tuple[str, str]], chance: random.Random) -> None:
    """Of rows or columns; each row has its own, also where two say the same."""
    shuffled = chance.sample(rows, len(rows))
    one = load("time,text\n" + "".join(f"{at},{text}\n" for at, text in rows))
    two = load("text,more,time\n" + "".join(f"{text},,{at}\n" for at, text in shuffled))
    assert sorted(one["event_id"]) == sorted(two["event_id"])
    assert one["event_id"].is_unique
    assert len(one) == len(rows)


def test_an_id_of_the_table_is_kept() -> None:
    """A copy of a row folds into it; rows that share an id but say other things each stay."""
    text = f"id,time,text\n7,{AT},a\n7,{AT},a\n8,{AT},b\n8,{AT},c\n,{AT},d\n"
    frame = load(text, columns={"event_id": "id"})
    assert len(frame) == 4
    assert frame.set_index("text")["event_id"]["a"] == "table:7"
    assert frame.set_index("text")["ref"]["a"] == "table.csv#:1 | table.csv#:0"
    assert frame["event_id"].is_unique
    assert frame["event_id"].str.startswith("table:8:").sum() == 2


# --- damage -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "bad", [f"{AT},Restarted db, then cache", f'{AT},"never ends', "soon,x", "2026-02-30T10:00Z,x"]
)
def test_a_damaged_row_costs_itself_alone(bad: str) -> None:
    """Its neighbours load, and its reason says the line or what was found, and what else it says."""
    frame = load(f"time,text\n{AT},a\n{bad}\n2026-11-03T14:03Z,b\n")
    assert bad != "soon,x" or frame["text"].iloc[2].endswith("found 'soon'; the row says: x")
    assert [text for text in frame["text"] if len(text) == 1] == ["a", "b"]
    assert len(frame) == 3


def test_damaged_json_loses_one_row() -> None:
    """Whatever column is the time, reading goes on after the damage."""
    rows = [json.dumps({"moment": f"2026-11-03T14:0{n}Z", "words": str(n)}) for n in range(4)]
    text = "[" + ",\n".join([rows[0], rows[1][:20], rows[2], rows[3]]) + "]"
    frame = load(text, "a.json", columns={"time": "moment", "text": "words"})
    assert frame["text"].tolist()[:3] == ["0", "2", "3"]
    assert len(frame) == 4


@pytest.mark.parametrize("name", ["a.xlsx", "a.parquet"])
def test_a_file_that_cannot_be_opened_is_refused_as_a_whole(name: str, tmp_path: Path) -> None:
    """Cut short, it says so; it is still no reason to crash when asked whose it is."""
    content = (
        workbook(["time", "text"], [AT, "x"]) if name == "a.xlsx" else pa.table({"time": [AT], "text": ["x"]})
    )
    whole = save(content, tmp_path, name).read_bytes()
    for cut in (whole[: len(whole) // 2], whole[:40], whole[:5]):
        assert not recognised(cut, name)
        with pytest.raises(EvidenceError, match="cannot be opened"):
            load(cut, name)


@pytest.mark.parametrize(
    ("harm", "problem"),
    [
        (lambda sheet: sheet + b" " * 2**23, "zip bomb"),
        (
            lambda sheet: b'<!DOCTYPE x [<!ENTITY a "aaaa">]>' + sheet.replace(b"time", b"&a;"),
            "cannot be opened",
        ),
        (lambda sheet: sheet[:-60], "cannot be read"),
    ],
    ids=["bomb", "entity", "torn"],
)
def test_a_workbook_made_to_harm_is_refused(
    harm: Callable[[bytes], bytes], problem: str, tmp_path: Path
) -> None:
    """Nothing is unpacked or expanded without bounds; of a torn sheet the rows before the tear are kept."""
    whole = save(workbook(["time", "text"], [AT, "x"], [AT, "y"]), tmp_path, "a.xlsx")
    with zipfile.ZipFile(whole) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(tmp_path / "b.xlsx", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, harm(data) if name.endswith(("sheet1.xml", "sharedStrings.xml")) else data)
    try:
        frame = load_event_table(tmp_path / "b.xlsx")
    except EvidenceError as error:
        assert problem in str(error)
    else:
        assert problem in frame["text"].iloc[-1]
        assert frame["text"].tolist()[:-1] == ["x", "y"][: len(frame) - 1]


@pytest.mark.parametrize(
    ("content", "name", "said"),
    [
        ("time,text\n" + f"{AT},x\n" * 1000, "a.csv", "exactly 1,000 rows, where many tools cut"),
        ("time,text\n" + f"{AT},x\n" * 999, "a.csv", ""),
        (f"time,text\n{AT},Jürgen\n".encode("latin-1"), "a.csv", "not UTF-8"),
        (f"time,text\n{AT},J\ufffdrgen\n", "a.csv", ""),
        (ROWS, "a.json", ""),
    ],
)
def test_what_shows_to_be_missing_is_said(content: Any, name: str, said: str) -> None:
    """A round number of rows, and characters that the encoding lost."""
    assert said in lacks(content, name)
    assert bool(said) == bool(lacks(content, name))


@pytest.mark.parametrize(
    ("content", "name"),
    [
        ({"time": AT, "text": "one object is no table"}, "a.json"),
        ([{"name": "x", "size": 1}], "a.json"),
        ([AT], "a.json"),
        ("name,size\nx,1\n", "a.csv"),
        ("Dear all, when you read this\n", "a.txt"),
        ("time\n14:02\n", "a.csv"),
        (b"\x89PNG\r\n\x1a\n", "a.png"),
        (b"PK\x03\x04", "a.zip"),
    ],
)
def test_what_has_no_plain_time_is_no_table(content: Any, name: str) -> None:
    """Somebody may still say that it is one."""
    assert not recognised(content, name)


@settings(max_examples=60)
@given(st.text(max_size=80))
def test_no_text_makes_the_loader_fail(noise: str) -> None:
    """Noise below a header gives rows and reasons, or a question."""
    try:
        load(f"time,text\n{AT},x\n{noise}\n", zone="UTC")
    except QuestionError as asked:
        assert asked.option == "date_format"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6) | st.just(AT),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["time", "text", "x"]), inner)
    ),
    max_leaves=12,
)


@settings(max_examples=60)
@given(st.lists(JSON, max_size=5))
def test_no_json_makes_the_loader_fail(rows: list[Any]) -> None:
    """Every element of the list is a row, read or reported."""
    content = [{"time": AT, "text": "x"}, *rows]
    frame = load(content, "a.json", zone="UTC")
    assert sum(len(ref.split(" | ")) for ref in frame["ref"]) == len(content)
