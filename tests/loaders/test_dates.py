from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pmkit.errors import EvidenceError, QuestionError
from pmkit.loaders._dates import find_order, read_screen


def read(text: str, order: str = "dmy", zone: str | None = "UTC") -> str:
    told = read_screen(text, order, path="x.csv", zone=zone)
    return f"{datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=told.time):%Y-%m-%d %H:%M:%S.%f}"


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("11/May/24 03:26 PM", "2024-05-11 15:26:00.000000"),
        ("30/Sep/26 12:00 AM", "2026-09-30 00:00:00.000000"),
        ("06/Oct/26 12:05\u202fpm", "2026-10-06 12:05:00.000000"),
        ("Nov 3, 2026 @ 14:02:11.123", "2026-11-03 14:02:11.123000"),
        ("November 3, 2026 at 2:02 PM", "2026-11-03 14:02:00.000000"),
        ("3 Nov 2026 14:02:11 +0100", "2026-11-03 13:02:11.000000"),
        ("4-Nov-2026 14:02", "2026-11-04 14:02:00.000000"),
        ("2026/11/03 14:02", "2026-11-03 14:02:00.000000"),
        ("3.11.2026, 14:02", "2026-11-03 14:02:00.000000"),
        ("03/11/26 14:02 UTC", "2026-11-03 14:02:00.000000"),
        ("2026-11-03T14:02:11.089-0700", "2026-11-03 21:02:11.089000"),
        ("2026-11-03 14:02", "2026-11-03 14:02:00.000000"),
    ],
)
def test_a_screens_time_is_read(text: str, utc: str) -> None:
    """Jira's, a spreadsheet's, a log viewer's; whatever the order, a name or a year says enough."""
    assert read(text) == utc


def test_the_order_matters_where_it_is_open() -> None:
    """The same numbers are three days."""
    assert read("06/07/25 10:00", "dmy").startswith("2025-07-06")
    assert read("06/07/25 10:00", "mdy").startswith("2025-06-07")
    assert read("25-06-07 10:00", "ymd").startswith("2025-06-07")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("20/Oct/26", "a day without a time"),
        ("31/02/2025 10:00", "no day of the calendar, read as D/M/Y"),
        ("11/Foo/24 03:26 PM", "no day of the calendar"),
        ("11/May/24 13:26 PM", "not a time of the clock"),
        ("11/May/24 25:26", "not a time of the calendar"),
        ("01/01/80 10:00", ""),
        ("yesterday", "expected a time"),
        ("", "expected a time"),
    ],
)
def test_what_is_no_time_is_refused_in_words(text: str, problem: str) -> None:
    """A record of it is reported, its neighbours are read; a year to come is one."""
    if problem:
        with pytest.raises(ValueError, match=problem):
            read(text)
    else:
        assert read(text).startswith("2080")


def test_a_time_without_zone_asks() -> None:
    """Unless the text has one."""
    with pytest.raises(QuestionError) as asked:
        read("11/May/24 03:26 PM", zone=None)
    assert asked.value.option == "zone"
    assert read("11/May/24 03:26 PM UTC", zone=None) == "2024-05-11 15:26:00.000000"


def test_a_zone_that_does_not_exist_is_refused_as_a_whole() -> None:
    """Not as a fault of every single record."""
    with pytest.raises(EvidenceError, match="no time zone 'Mars/Base'"):
        read("11/May/24 03:26 PM", zone="Mars/Base")


@pytest.mark.parametrize(
    ("texts", "order"),
    [
        (["06/07/25 10:00", "21/06/25 10:00"], "dmy"),
        (["06/07/25 10:00", "6/21/25 10:00"], "mdy"),
        (["06/06/2025 10:00"], "dmy"),
        (["2025/06/07", "06/13/2025"], "mdy"),
        (["25-06-07", "25-06-30"], "ymd"),
        (["11/May/24 03:26 PM", "2026-11-03T14:02Z", "words", "", "45/45/45"], "dmy"),
    ],
)
def test_one_date_settles_the_order_of_all(texts: list[str], order: str) -> None:
    """A day past the twelfth, in whichever row; dates that say it themselves do not."""
    if order == "ymd":
        texts = [*texts, "99-01-01"]  # no day is the 99th
    assert find_order(texts, path="x.csv") == order


@pytest.mark.parametrize(
    ("texts", "problem"),
    [
        (["06/07/25 10:00"], "can be 2025-07-06 or 2025-06-07"),
        (["06/06/25", "1/2/2025 3:00 PM"], "can be 2025-02-01 or 2025-01-02"),
        (["25-06-07"], "can be 2007-06-25 or 2025-06-07"),
        (["21/06/25", "06/21/25"], "contradicts the dates before it"),
    ],
)
def test_dates_that_leave_it_open_ask(texts: list[str], problem: str) -> None:
    """The question names the date and the ways to read it."""
    with pytest.raises(QuestionError, match=problem) as asked:
        find_order(texts, path="x.csv")
    assert asked.value.option == "date_format"
    assert "--date-format D/M/Y" in str(asked.value)


@pytest.mark.parametrize(
    ("told", "order"),
    [
        ("D/M/Y", "dmy"), ("dmy", "dmy"), ("dd/MM/yy h:mm a", "dmy"), ("%m/%d/%Y %H:%M", "mdy"),
        ("MMM d, yyyy", "mdy"), ("yyyy-MM-dd", "ymd"), ("day, month, year", "dmy"),
    ],
)  # fmt: skip
def test_people_say_the_order_in_their_way(told: str, order: str) -> None:
    """As letters, as words, or as the pattern that the source itself is set to."""
    assert find_order(["06/07/25"], path="x.csv", date_format=told) == order


@pytest.mark.parametrize("told", ["", "European", "d/y"])
def test_words_that_name_no_order_are_refused(told: str) -> None:
    """It would be a guess."""
    with pytest.raises(EvidenceError, match="does not say the order"):
        find_order([], path="x.csv", date_format=told)


@settings(max_examples=150)
@given(
    st.datetimes(datetime(1991, 1, 1), datetime(2098, 1, 1)),  # noqa: DTZ001
    st.sampled_from(["%d/%b/%Y %I:%M %p", "%d/%m/%Y %H:%M", "%B %d, %Y %H:%M", "%Y/%m/%d %H:%M"]),
)
def test_a_written_time_comes_back(moment: datetime, pattern: str) -> None:
    """What a screen shows of a moment is read as that moment, to the minute."""
    assert read(moment.strftime(pattern))[:16] == f"{moment:%Y-%m-%d %H:%M}"


@settings(max_examples=100)
@given(st.text(max_size=30))
def test_no_text_makes_it_fail(text: str) -> None:
    """Noise is a time or is refused in words."""
    try:
        read(text)
    except (ValueError, EvidenceError) as error:
        assert str(error)
