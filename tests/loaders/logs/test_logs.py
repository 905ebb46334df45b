from __future__ import annotations

import random
import tempfile
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pmkit.errors import EvidenceError, QuestionError
from pmkit.loaders._format import Glimpse
from pmkit.loaders.logs import MOST_TEXT, is_log, load_log
from pmkit.schema import EVENTS, validate

Compare = Callable[[pd.DataFrame, Path], None]

FIXTURES = Path(__file__).parents[2] / "fixtures" / "log"
AT = "2026-11-03T14:02:11.123Z"


def load(text: str, **options: object) -> pd.DataFrame:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "app.log"
        path.write_bytes(text.encode("utf-8", "surrogatepass"))
        frame = load_log(path, **options)
    validate(frame, EVENTS)
    return frame


def lines_of(frame: pd.DataFrame) -> list[int]:
    """Every line that a row stands for."""
    told = []
    for ref in frame["ref"]:
        first, _, last = ref.rpartition(":")[2].partition("-")
        told += range(int(first), int(last or first) + 1)
    return sorted(told)


# --- the known shapes -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("app.log", {}),
        ("syslog.log", {"zone": "Europe/Amsterdam", "year": 2025}),
        ("syslog-5424.log", {}),
        ("access.log", {}),
        ("json.log", {}),
        ("klog.log", {"zone": "UTC", "year": "2026"}),
        ("logfmt.log", {}),
    ],
)
def test_a_sample_gives_the_expected_frame(
    assert_reads_as: Compare, name: str, options: dict[str, object]
) -> None:
    """Each known shape, with what its lines say of level, host and program."""
    expected = FIXTURES / f"{name.removesuffix('.log')}.expected.csv"
    assert_reads_as(load_log(FIXTURES / name, **options), expected)


@pytest.mark.parametrize(
    ("line", "level", "text"),
    [
        (f"{AT} INFO begun", "info", "INFO begun"),
        ("2026-11-03 15:02:11,123 - root - WARNING - begun", "warning", "root - WARNING - begun"),
        ("[2026-11-03 15:02:11.123] [error] begun", "error", "[error] begun"),
        ("ERROR 2026-11-03 15:02:11,123 begun", "error", "ERROR begun"),
        ("[INFO] 2026-11-03 15:02:11,123: begun", "info", "INFO begun"),
        ("2026/11/03 15:02:11.123 [crit] 7#0: begun", "critical", "[crit] 7#0: begun"),
        ("2026-11-03 14:02:11.123 UTC [12] FATAL:  begun", "critical", "[12] FATAL:  begun"),
        ("03-Nov-2026 15:02:11.123 SEVERE [main] begun", "error", "SEVERE [main] begun"),
        ("12:M 03 Nov 2026 15:02:11.123 * begun", "", "* begun"),
        ("[Tue Nov 03 15:02:11.123456 2026] [core:error] begun", "error", "[core:error] begun"),
        (f"{AT} stderr F begun", "", "begun"),
        (f"{AT[:-1]}456789Z begun", "", "begun"),
        ("1793714531.123 begun", "", "begun"),
        ("1793714531123 begun", "", "begun"),
        (f"\x1b[31m{AT}\x1b[0m begun", "", "begun"),
        ('{"log":"begun\\n","stream":"stdout","time":"2026-11-03T14:02:11.123Z"}', "", "begun"),
        ('{"level":50,"time":1793714531123,"msg":"begun"}', "error", "ERROR begun"),
        ('{"__REALTIME_TIMESTAMP":"1793714531123000","MESSAGE":"begun","PRIORITY":"4"}', "warning",
         "WARNING begun"),
        ('{"ts":"2026-11-03T14:02:11.123Z","msg":"begun","took":1.5,"who":{"id":7}}', "",
         'begun took=1.5 who={"id": 7}'),
        ('{"ts":"2026-11-03T14:02:11.123Z","msg":"\\ud83d"}', "", "�"),
    ],
)  # fmt: skip
def test_shapes(line: str, level: str, text: str) -> None:
    """One moment, as many systems write it; the line keeps its words and says its level."""
    row = load(line + "\n", zone="Europe/Amsterdam").iloc[0]
    assert (row["kind"], row["log_level"], row["text"]) == ("log", level, text)
    assert f"{row['time']:%Y-%m-%d %H:%M:%S}" == "2026-11-03 14:02:11"
    assert row["time"].microsecond // 1000 == (123 if "123" in line else 0)


def test_lines_of_several_shapes_are_all_read() -> None:
    """An application that logs JSON may begin in plain words."""
    frame = load(
        f'{AT} booting\n{{"ts":"{AT}","level":"info","msg":"up"}}\n2026/11/03 14:02:12 done\n', zone="UTC"
    )
    assert frame["text"].tolist() == ["booting", "INFO up", "done"]


def test_a_number_is_a_time_only_where_all_times_are() -> None:
    """A line of a trace may begin with a number of ten digits."""
    frame = load(f"{AT} rows\n1793714531 rows affected\n")
    assert frame["ref"].tolist() == ["app.log#line:1-2"]


# --- records of several lines ---------------------------------------------------------------------------


def test_a_stack_trace_belongs_to_the_line_before_it() -> None:
    """One record, one row; the first line says how many more there are, the ref which."""
    frame = load(f"{AT} ERROR boom\njava.lang.Error: x\n\n\tat a.B(C.java:1)\n\n{AT} INFO next\n")
    assert frame["text"].tolist() == [
        "ERROR boom (+3 lines)\njava.lang.Error: x\n\n\tat a.B(C.java:1)",
        "INFO next",
    ]
    assert frame["ref"].tolist() == ["app.log#line:1-4", "app.log#line:6"]


@pytest.mark.parametrize(
    ("line", "level", "text"),
    [
        ('{"ts":"AT","level":"info","level":"error","msg":"down"}', "", 'down level=["info", "error"]'),
        ('{"ts":"AT","level":"info","msg":"up","msg":"ERROR"}', "info", 'INFO msg=["up", "ERROR"]'),
        ('{"ts":"AT","level":"info","msg":"a\\ud83d","msg":"b"}', "info", 'INFO msg=["a\ufffd", "b"]'),
        ('{"ts":"AT","level":"info","msg":"a","of":{"id":1,"id":2}}', "info", 'INFO a of={"id": [1, 2]}'),
        ('{"ts":"AT","level":"info","msg":"a","app":"x","app":"x"}', "info", "INFO a"),
        ('{"@timestamp":"AT","ts":1,"ts":2,"level":"warn","msg":"a"}', "warning", "WARNING a ts=[1, 2]"),
        ('{"ts":"AT","level":1,"level":2,"severity":"warn","msg":"a"}', "warning", "WARNING a level=[1, 2]"),
        ('{"ts":"AT","level":"x","level":"y","msg":"ERROR"}', "", 'ERROR level=["x", "y"]'),
        ("ts=AT level=info level=error msg=down", "", 'down level=["info", "error"]'),
    ],
)
def test_a_key_that_stands_twice_is_shown_and_decides_nothing(line: str, level: str, text: str) -> None:
    """Some loggers write a key again for a value of their own; which of the two is meant nobody knows."""
    row = load(line.replace("AT", AT)).iloc[0]
    assert (row["log_level"], row["text"]) == (level, text)


@pytest.mark.parametrize("line", [f'{{"ts":"{AT}","ts":1,"msg":"a"}}', f"ts={AT} ts=1 msg=a"])
def test_a_time_that_is_told_twice_is_no_time(line: str) -> None:
    """The record is unreadable and belongs to no other; its neighbours stay."""
    sound = f'{{"ts":"{AT}","msg":"b"}}'
    frame = load(f"{sound}\n{line}\n{sound}")
    assert frame["text"].tolist() == ["b", "b", "duplicate key 'ts'"]
    assert frame["ref"].iloc[-1] == "app.log#line:2"


def test_lines_before_the_first_record_are_said() -> None:
    """A log that was cut begins in the middle of a trace: each such line is an unreadable row."""
    frame = load(f"\tat a.B\n\nCaused by: x\n{AT} INFO next\n")
    assert frame["kind"].tolist() == ["log", "unreadable", "unreadable"]
    assert frame["ref"].tolist() == ["app.log#line:4", "app.log#line:1", "app.log#line:3"]


def test_an_endless_record_is_cut_and_says_so() -> None:
    """The evidence has the rest; the frame keeps what anybody reads."""
    frame = load(f"{AT} {'x' * 50_000}\n")
    assert frame["text"][0].startswith("x" * MOST_TEXT + "… (cut after 20,000 of 50,000")


# --- times ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "given", "option"),
    [
        ("Nov  3 14:02:11 web-1 cron[7]: x", {"zone": "UTC"}, "year"),
        ("Nov  3 14:02:11 web-1 cron[7]: x", {"year": 2026}, "zone"),
        ("2026-11-03 14:02:11 x", {}, "zone"),
        ("E1103 14:02:11.123456 7 a.go:1] x", {"zone": "UTC"}, "year"),
        ("hello", {}, "pattern"),
    ],
)
def test_what_is_not_known_is_asked_for(line: str, given: dict[str, object], option: str) -> None:
    """One question at a time, and the answer loads it."""
    with pytest.raises(QuestionError) as asked:
        load(line + "\n", **given)
    assert asked.value.option == option


def test_the_year_goes_on_with_the_months() -> None:
    """After December comes January of the next year; a line that comes late is of the year before."""
    stamps = ["Nov 30", "Dec 31", "Jan  1", "Dec 31", "Jan  2", "Jul  1", "Dec 31", "Jan  1"]
    frame = load("".join(f"{stamp} 10:00:00 h p: x\n" for stamp in stamps), zone="UTC", year=2024)
    told = frame.sort_values("ref")["time"].dt.strftime("%Y-%m-%d").tolist()
    assert told == [
        "2024-11-30", "2024-12-31", "2025-01-01", "2024-12-31", "2025-01-02", "2025-07-01", "2025-12-31",
        "2026-01-01",
    ]  # fmt: skip


def test_a_day_that_the_year_does_not_have_is_said() -> None:
    """The 29th of February tells that the year is another one."""
    frame = load("Feb 28 10:00:00 h p: x\nFeb 29 10:00:00 h p: y\n", zone="UTC", year=2025)
    assert frame["kind"].tolist() == ["log", "unreadable"]
    assert "is not a time of the year 2025" in frame["text"][1]


def test_a_year_that_is_none_is_refused() -> None:
    """Nothing is guessed from it."""
    with pytest.raises(EvidenceError, match="'26' is no year"):
        load("Nov  3 14:02:11 h p: x\n", zone="UTC", year="26")


def test_an_hour_that_came_twice_is_refused_record_by_record() -> None:
    """The records around it stay."""
    frame = load("2026-10-25 02:30:00 INFO x\n  more\n2026-10-25 04:30:00 INFO y\n", zone="Europe/Amsterdam")
    assert frame["kind"].tolist() == ["log", "unreadable"]
    assert frame["ref"].iloc[-1] == "app.log#line:1-2"


# --- a pattern of people's own --------------------------------------------------------------------------

PATTERN = r"^@(?P<time>\d+) (?P<level>\w+) (?P<host>[\w-]+) (?P<actor>\w+): (?P<text>.*)"


def test_a_pattern_names_what_a_line_says() -> None:
    """Time, level, host, actor and words."""
    row = load("@1793714531 WARN web-1 disk: nearly full\n", pattern=PATTERN).iloc[0]
    told = ["log_level", "place", "actor", "text", "time_basis"]
    assert row[told].tolist() == ["warning", "web-1", "disk", "WARNING nearly full", "epoch"]


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        (r"(?P<time>\d+)", "lacks the group `time` or `text`"),
        (r"(?P<time>\d+) (?P<what>.*) (?P<text>.*)", "has the group 'what'"),
        (r"(@)(?P<time>\d+) (?P<text>.*)", "a group has no name"),
        (r"@(?=1)(?P<time>\d+) (?P<text>.*)", "cannot be used"),
        (r"@(?P<time>\d+ (?P<text>.*)", "cannot be used"),
        (r"#(?P<time>\d+) (?P<text>.*)", "fits no line, such as '@1793714531"),
        (r"@(?P<time>\S+ \S+) (?P<text>.*)", "must hold the whole time and nothing else"),
    ],
)
def test_a_pattern_that_does_not_do_is_refused_in_words(pattern: str, said: str) -> None:
    """What is wrong with it, and how to write it."""
    with pytest.raises(EvidenceError, match=r".") as refused:
        load("@1793714531 WARN web-1 disk: x\n", pattern=pattern)
    assert said in str(refused.value)


@pytest.mark.parametrize("words", ["(?:a+)+b", "(?:a|aa)+b", "(?:.*a){9}b"])
def test_a_hostile_line_cannot_hang_a_pattern(words: str) -> None:
    """RE2 takes a time that grows with the line: one for which `re` would take ages takes none."""
    frame = load(f"{AT} {'a' * 20_000}\n{AT} {'a' * 20}b\n", pattern=rf"(?P<time>\S+) (?P<text>{words})")
    assert frame["ref"].tolist() == ["app.log#line:2", "app.log#line:1"]
    assert frame["kind"].tolist() == ["log", "unreadable"]


# --- telling a log from other files -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "text", "claimed"),
    [
        ("a.log", f"{AT} INFO x\n", True),
        ("a.txt", f"  at a.B\n{AT} ERROR x\n  at c.D\n  at e.F\n  at g.H\n", True),
        ("a.json", '{"ts":1793714531,"level":"info","msg":"x"}\n', True),
        ("a.json", '{"ts":"1619877424.001100","text":"x"}\n', False),
        ("a.json", '{"id": 1, "time": "2026-11-03T14:02:11Z"}', False),
        ("a.csv", f"{AT} x\n", False),
        ("a.md", f"{AT} x\n", False),
        ("a.txt", f"{AT},x,y\n{AT},x,y\n", False),
        ("a.txt", "14:02 the page came\n14:05 rolled back\n", False),
        ("a.txt", "hello\nworld\n", False),
        ("a.txt", "1793714531 x\n", False),
        ("a.txt", "", False),
    ],
)
def test_a_log_is_told_from_other_files(tmp_path: Path, name: str, text: str, claimed: bool) -> None:
    """Half of the lines that begin something have a known shape; a table and a note are no log."""
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    assert is_log(Glimpse(path)) == claimed


# --- whatever comes -------------------------------------------------------------------------------------

LINES = st.lists(
    st.sampled_from(
        [f"{AT} INFO x", "  at a.B", "", "Nov  3 14:02:11 h p: x", '{"ts":1,"level":"info","msg":"m"}',
         "w" * 90, '{"ts":1793714531,"msg":"m"}', "2026-02-30T10:00:00Z x", "[" * 60]
    ),
    max_size=12,
)  # fmt: skip


@settings(max_examples=40)
@given(LINES)
def test_every_line_is_accounted_for(lines: list[str]) -> None:
    """Each line with a word in it stands in exactly one row, and a reload gives the same ids."""
    text = "\n".join(lines)
    try:
        frame = load(text, zone="UTC", year=2026)
    except EvidenceError:
        return
    told = lines_of(frame)
    assert len(told) == len(set(told))
    assert {n for n, line in enumerate(lines, start=1) if line.strip()} <= set(told)
    assert frame["event_id"].tolist() == load(text, zone="UTC", year=2026)["event_id"].tolist()


@settings(max_examples=40)
@given(st.text(max_size=80), st.integers(0, 3))
def test_no_text_raises_anything_else(text: str, where: int) -> None:
    """Whatever stands in the file, it is rows, a question or a clear refusal."""
    lines = [f"{AT} INFO x"] * 3
    lines.insert(where, text)
    try:
        frame = load("\n".join(lines), zone="UTC", year=2026)
    except EvidenceError:
        return
    assert (frame["kind"] == "log").sum() >= 3


def test_the_order_of_the_lines_does_not_matter() -> None:
    """Lines of their own times give the same texts and times in any order."""
    lines = [f"2026-11-03T14:02:{n:02}Z INFO line {n}" for n in range(20)]
    shuffled = random.Random(7).sample(lines, len(lines))
    one, other = (load("\n".join(told))[["time", "text", "log_level"]] for told in (lines, shuffled))
    pd.testing.assert_frame_equal(one, other)
