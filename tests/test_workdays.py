"""The team's working days, against counting by hand."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime, timedelta

import holidays
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pmkit.workdays import WEEKDAYS, WorkCalendar

COUNTRIES = ("NL", "DE", "US", "JP", "IL", "AE", "BR", "IN", "GB")
WEEKENDS = {"IL": ("friday", "saturday"), "AE": ("saturday", "sunday")}


def counted(start: date, working_days: int, country: str, weekend: tuple[str, ...], off: set[date]) -> date:
    """One day after the other."""
    public = holidays.country_holidays(country)
    day, left = start, working_days
    while left:
        day += timedelta(days=1)
        left -= WEEKDAYS[day.weekday()] not in weekend and day not in public and day not in off
    return day


@settings(max_examples=int(os.environ.get("PMKIT_TEST_DATES", "300")))
@given(
    st.dates(date(2015, 1, 1), date(2032, 12, 31)),
    st.integers(0, 30),
    st.sampled_from(COUNTRIES),
    st.sets(st.integers(0, 60), max_size=4),
)
def test_due_dates_are_those_of_counting(start: date, days: int, country: str, off: set[int]) -> None:
    """In nine countries with their weekends and holidays, and days off of the team's own."""
    weekend = WEEKENDS.get(country, ("saturday", "sunday"))
    days_off = {start + timedelta(days=n) for n in off}
    calendar = WorkCalendar(weekend=weekend, country=country, days_off=tuple(days_off))
    due = calendar.after(start, days)
    assert due == counted(start, days, country, weekend, days_off)
    assert calendar.left(start, due) == days


@given(st.dates(date(2020, 1, 1), date(2030, 1, 1)), st.integers(-40, 40))
def test_what_is_left_is_what_was_asked_for(today: date, away: int) -> None:
    """Days left lead to the due date when it is a working day; after it they are negative."""
    calendar = WorkCalendar(country="DE", subdivision="BY")
    due = today + timedelta(days=away)
    left = calendar.left(today, due)
    if away < 0:
        assert left <= -1
    elif calendar.is_working(due):
        assert calendar.after(today, left) == due


def test_a_moment_belongs_to_the_day_of_the_teams_clocks() -> None:
    """An incident that ended at 23:30 UTC ended on the next day in Tokyo, and the term begins there."""
    resolved = datetime(2026, 11, 5, 23, 30, tzinfo=UTC)
    tokyo, lisbon = WorkCalendar("Asia/Tokyo"), WorkCalendar("Europe/Lisbon")
    assert (tokyo.day_of(resolved), lisbon.day_of(resolved)) == (date(2026, 11, 6), date(2026, 11, 5))
    assert (tokyo.after(tokyo.day_of(resolved), 5), lisbon.after(lisbon.day_of(resolved), 5)) == (
        date(2026, 11, 13),
        date(2026, 11, 12),
    )


def test_the_night_of_the_clock_change_is_one_day() -> None:
    """25 hours long and 23 hours long, a day is a day."""
    amsterdam = WorkCalendar("Europe/Amsterdam")
    for hour in (0, 12, 21, 22):
        assert amsterdam.day_of(datetime(2026, 10, 25, hour, 30, tzinfo=UTC)) in (
            date(2026, 10, 25),
            date(2026, 10, 26),
        )
    assert amsterdam.day_of(datetime(2026, 10, 25, 22, 59, tzinfo=UTC)) == date(2026, 10, 25)
    assert amsterdam.day_of(datetime(2026, 10, 25, 23, 0, tzinfo=UTC)) == date(2026, 10, 26)


def test_new_year_is_no_working_day_where_it_is_a_holiday() -> None:
    """The term runs over the turn of the year and leaves its holidays out."""
    assert WorkCalendar(country="NL").after(date(2026, 12, 23), 5) == date(2026, 12, 31)
    assert WorkCalendar(country="NL").after(date(2026, 12, 30), 2) == date(2027, 1, 4)


def test_sixty_percent_used_is_urgent() -> None:
    """Of five days three are used up on the third one."""
    calendar = WorkCalendar()
    due = calendar.after(date(2026, 11, 2), 5)
    urgent = [calendar.is_urgent(date(2026, 11, day), due, 5) for day in range(2, 10)]
    assert urgent == [False, False, False, True, True, True, True, True]


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"weekend": ("caturday",)}, "'caturday' is no day"),
        ({"weekend": WEEKDAYS}, "no day of the week is left"),
        ({"country": "XX"}, "no public holidays are known for 'XX'"),
        ({"country": "DE", "subdivision": "QQ"}, "no public holidays are known for 'DE QQ'"),
    ],
)
def test_a_calendar_that_cannot_be_is_refused(facts: dict[str, object], said: str) -> None:
    """With the words for whoever wrote it."""
    with pytest.raises(ValueError, match=said):
        WorkCalendar(**facts)  # type: ignore[arg-type]
