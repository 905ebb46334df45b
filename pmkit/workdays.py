"""The team's working days: which days count, and what lies so many of them after a day."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np

WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
AMBER: Final = 0.6  # the share of a term after which it is time to hurry
_YEARS: Final = (-1, 0, 1, 2)  # from the year of a date, those whose public holidays are asked for


@dataclass(frozen=True)
class WorkCalendar:
    """When a team works, in its own time zone.

    Parameters
    ----------
    zone : time zone of the team; a moment belongs to the day its clocks show
    weekend : names of the days that never count
    country, subdivision : whose public holidays do not count, as `NL` or `DE` and `BY`; none when empty
    days_off : further days that do not count
    """

    zone: str = "UTC"
    weekend: tuple[str, ...] = ("saturday", "sunday")
    country: str = ""
    subdivision: str = ""
    days_off: tuple[date, ...] = ()

    def __post_init__(self) -> None:
        unknown = [name for name in self.weekend if name not in WEEKDAYS]
        if unknown:
            raise ValueError(f"`weekend`: {unknown[0]!r} is no day; the days are {', '.join(WEEKDAYS)}")
        if set(self.weekend) == set(WEEKDAYS):
            raise ValueError("`weekend`: no day of the week is left to work on")
        if self.country:
            self._public_holidays(2026)

    def day_of(self, moment: datetime) -> date:
        """The day on which the team's clocks showed the moment."""
        return moment.astimezone(ZoneInfo(self.zone)).date()

    def is_working(self, day: date) -> bool:
        """Whether the team works on that day."""
        return bool(np.is_busday(day, busdaycal=self._days(day)))

    def after(self, day: date, working_days: int) -> date:
        """The date so many working days after `day`, which itself does not count."""
        if not working_days:  # nothing to wait for: also a day off stays what it is
            return day
        start = np.datetime64(day, "D")
        found = np.busday_offset(start, working_days, roll="backward", busdaycal=self._days(day))
        return date.fromisoformat(str(found))

    def left(self, today: date, due: date) -> int:
        """Working days from tomorrow through `due`; negative once it is past, on the weekend after it too."""
        if today > due:
            return min(-self.left(due, today), -1)
        one = timedelta(days=1)
        return int(np.busday_count(today + one, due + one, busdaycal=self._days(today)))

    def is_urgent(self, today: date, due: date, working_days: int) -> bool:
        """Whether 60 % of a term of so many working days that ends on `due` are used up."""
        return working_days - self.left(today, due) >= AMBER * working_days

    def _days(self, near: date) -> np.busdaycalendar:
        days = [*self.days_off, *(self._public_holidays(near.year) if self.country else ())]
        return np.busdaycalendar(self._weekmask, days)

    @cached_property
    def _weekmask(self) -> list[bool]:
        return [name not in self.weekend for name in WEEKDAYS]

    def _public_holidays(self, year: int) -> Iterable[date]:
        import holidays

        years = [year + n for n in _YEARS]
        try:
            return holidays.country_holidays(self.country, subdiv=self.subdivision or None, years=years)
        except NotImplementedError as error:
            where = f"{self.country} {self.subdivision}".strip()
            raise ValueError(f"no public holidays are known for {where!r}: {error}") from error
