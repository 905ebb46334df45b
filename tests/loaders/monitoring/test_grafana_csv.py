from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pmkit.errors import EvidenceError, QuestionError
from pmkit.loaders._format import Glimpse
from pmkit.loaders.monitoring.grafana_csv import is_grafana_csv, load_grafana_csv

Load = Callable[..., pd.DataFrame]
Compare = Callable[[pd.DataFrame, Path], None]

FIXTURES = Path(__file__).parents[2] / "fixtures" / "monitoring"
RAW = '"Time","5xx"\n1793714531000,'


def values(load: Load, *cells: str) -> list[float | None]:
    """The numbers of one series with those cells, one each 15 s."""
    rows = (f'{1793714531000 + 15000 * n},"{cell}"' for n, cell in enumerate(cells))
    frame = load(load_grafana_csv, "Time,x\n" + "\n".join(rows), name="p.csv")
    return [None if pd.isna(value) else float(value) for value in frame["metric_value"]]


def test_formatted_data_give_the_expected_frame(assert_reads_as: Compare) -> None:
    """Times of the browser, numbers with units, empty cells, and the line that Excel wants."""
    frame = load_grafana_csv(FIXTURES / "grafana-formatted.csv", zone="Europe/Amsterdam")
    assert_reads_as(frame, FIXTURES / "grafana-formatted.expected.csv")
    assert len(frame) == 10  # 12 cells, two of them empty


def test_raw_data_give_the_expected_frame(assert_reads_as: Compare) -> None:
    """Milliseconds and plain numbers; a column of words names the series."""
    assert_reads_as(load_grafana_csv(FIXTURES / "grafana-raw.csv"), FIXTURES / "grafana-raw.expected.csv")


def test_the_zone_of_formatted_times_is_asked_for(load: Load) -> None:
    """It is that of the browser that saved the file."""
    with pytest.raises(QuestionError) as asked:
        load(load_grafana_csv, "Time,x\n2026-11-03 15:02:11,1\n", name="p.csv")
    assert asked.value.option == "zone"


def test_the_order_of_day_and_month_is_asked_for(load: Load) -> None:
    """`11/3/2026` may be either; one time of the file that is not settles it."""
    told = "Time,x\n11/3/2026 15:02:11,1\n"
    with pytest.raises(QuestionError) as asked:
        load(load_grafana_csv, told, name="p.csv", zone="UTC")
    assert asked.value.option == "date_format"
    frame = load(load_grafana_csv, told, name="p.csv", zone="UTC", date_format="M/D/Y")
    assert f"{frame['time'][0]:%Y-%m-%d}" == "2026-11-03"
    frame = load(load_grafana_csv, told + "11/23/2026 15:02:11,1\n", name="p.csv", zone="UTC")
    assert f"{frame['time'][0]:%Y-%m-%d}" == "2026-11-03"


def test_an_hour_that_came_twice_is_refused_line_by_line(load: Load) -> None:
    """The lines around it stay; the row says which line and why."""
    told = "Time,a,b\n2026-10-25 01:30:00,1,1\n2026-10-25 02:30:00,2,2\n2026-10-25 03:30:00,3,3\n"
    frame = load(load_grafana_csv, told, name="p.csv", zone="Europe/Amsterdam")
    assert frame["kind"].tolist() == ["metric"] * 4 + ["unreadable"]
    assert frame["ref"].iloc[-1] == "p.csv#line:3"
    assert "twice" in frame["text"].iloc[-1]


@pytest.mark.parametrize(
    ("cells", "numbers"),
    [
        (["1", "-2.5", "1e3", "1,204"], [1, -2.5, 1000, 1204]),
        (["950", "1.2 K", "3.4 Mil", "1 Bil"], [950, 1200, 3.4e6, 1e9]),
        (["50%", "0.5 %"], [50, 0.5]),
        (["500 ns", "20 µs", "950 ms", "1.2 s", "2 min", "1.5 hour"], [5e-7, 2e-5, 0.95, 1.2, 120, 5400]),
        (["1 B", "2 KiB", "3 kB", "4 MiB/s"], [1, 2048, 3000, 4194304]),
        (["0", "12 req/s", "1.2K req/s"], [0, 12, 1200]),
        (["$1.50", "$2"], [1.5, 2]),
        (["12 mV", "1 V"], [None, None]),
        (["NaN", "1", "2", "Inf"], [None, 1, 2, None]),
        (["1", "2", "undefined"], [1, 2, None]),
    ],
)
def test_numbers_with_units(load: Load, cells: list[str], numbers: list[float | None]) -> None:
    """Seconds, bytes and counts are comparable; a unit that is not known and changes gives no number."""
    assert values(load, *cells) == numbers


def test_the_cell_stays_as_it_was(load: Load) -> None:
    """The number is read, the text is what stood there."""
    assert load(load_grafana_csv, RAW + "1.2 K\n", name="p.csv")["text"].tolist() == ["5xx = 1.2 K"]


@pytest.mark.parametrize(
    "told",
    [
        "Series;Time;Value\nup;1793714531000;1\n",
        "Time,Series,Value\n1793714531000,up,1\n",
        "sep=\t\nTime\tup\n1793714531000\t1\n",
        "\ufeffTime,up\r\n2026-11-03T15:02:11+01:00,1\r\n",
    ],
)
def test_layouts(load: Load, told: str) -> None:
    """Series as rows or columns, any delimiter, times with their offset."""
    frame = load(load_grafana_csv, told, name="p.csv")
    assert frame[["metric", "metric_value"]].values.tolist() == [["up", 1]]
    assert f"{frame['time'][0]:%H:%M:%S}" == "14:02:11"


@pytest.mark.parametrize("told", ["", "Time\n", "a,b\n1,2\n", "Time,who\n1793714531000,ada\n"])
def test_a_table_without_times_or_numbers_is_refused(load: Load, told: str) -> None:
    """It is a table of something else."""
    with pytest.raises(EvidenceError, match="expected a column Time and one of numbers"):
        load(load_grafana_csv, told, name="p.csv")


def test_times_that_are_none_are_refused_as_a_whole(load: Load) -> None:
    """A thousand unreadable rows would help nobody."""
    with pytest.raises(EvidenceError, match="Save it again without `Formatted data`"):
        load(load_grafana_csv, "Time,x\nsoon,1\nlater,2\n", name="p.csv")


@pytest.mark.parametrize(
    ("told", "claimed"),
    [
        (RAW + "1\n", True),
        ("Time,Event,Who\n2026-11-03 15:02:11,deploy begins,Ada\n", False),
        ("Time,x\nsoon,1\n", False),
        ("event_id,time,source\nmanual:1,2026-11-03T14:02:11Z,slack\n", False),
        ("Time\n", False),
    ],
)
def test_only_a_table_of_times_and_numbers_is_claimed(tmp_path: Path, told: str, claimed: bool) -> None:
    """A timeline kept in a spreadsheet is no panel."""
    path = tmp_path / "p.csv"
    path.write_text(told, encoding="utf-8")
    assert is_grafana_csv(Glimpse(path)) == claimed


@settings(max_examples=25)
@given(
    st.lists(st.lists(st.sampled_from(["", "1", "2.5", "1.2 K", "NaN"]), min_size=2, max_size=2), max_size=8)
)
def test_every_cell_with_a_value_is_a_row(load: Load, rows: list[list[str]]) -> None:
    """Empty cells are gaps, all others are rows, and a reload gives the same ids."""
    told = "Time,a,b\n1793714531000,1,1\n" + "".join(
        f"{1793714546000 + 15000 * n},{','.join(cells)}\n" for n, cells in enumerate(rows)
    )
    frame = load(load_grafana_csv, told, name="p.csv")
    filled = sum(bool(cell) for cells in rows for cell in cells)
    assert len(frame) == filled + 2
    assert frame["event_id"].tolist() == load(load_grafana_csv, told, name="p.csv")["event_id"].tolist()


@settings(max_examples=40)
@given(st.text(max_size=60))
def test_no_text_raises_anything_else(load: Load, text: str) -> None:
    """Whatever stands in the file, it is rows or a clear refusal."""
    told = "Time,x\n1793714531000,1\n" + text
    with suppress(EvidenceError):
        load(load_grafana_csv, told, name="p.csv", zone="UTC", date_format="D/M/Y")
