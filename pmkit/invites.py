"""The dates of a review as a calendar file (iCalendar): closure, daily check-ins, final retro."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from pmkit.postmortem import Incident, Postmortem
from pmkit.process import closure_due_on, ended_on
from pmkit.template import CheckinPlan

if TYPE_CHECKING:
    from icalendar import Event


def review_calendar(postmortem: Postmortem, now: datetime) -> bytes:
    """The review's dates for any calendar: closure, a daily check-in on working days before it, the retro.

    They count from the day the incident ended, in the team's zone; before that is known there are none. The
    same review gives the same entries (`UID`), so that a file taken in again moves them instead of adding
    more. `now` is when it says it was made.
    """
    from icalendar import Calendar

    calendar = Calendar()
    calendar.add("prodid", "-//pmkit//review//EN")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", f"Review of {postmortem.incident.id}")
    for entry in _entries(postmortem):
        entry.add("dtstamp", now)
        calendar.add_component(entry)
    text: bytes = calendar.to_ical()
    return text


def _entries(postmortem: Postmortem) -> Iterator[Event]:
    incident, due, ended = postmortem.incident, closure_due_on(postmortem), ended_on(postmortem)
    if due is None or ended is None:
        return
    yield _closure(incident, due)
    plans = {plan.kind: plan for plan in incident.checkins}
    if "daily" in plans:
        day = incident.calendar.after(ended, 1)
        while day < due:
            yield _meeting(incident, plans["daily"], "Daily check-in", day, name=f"daily-{day}")
            day = incident.calendar.after(day, 1)
    if "final retro" in plans:
        yield _meeting(incident, plans["final retro"], "Final retro", due, name="final-retro")


def _closure(incident: Incident, day: date) -> Event:
    entry = _entry(incident, "closure", f"Closure due: {incident.title}")
    entry.add("dtstart", day)
    entry.add("dtend", day + timedelta(days=1))
    entry.add("transp", "TRANSPARENT")
    return entry


def _meeting(incident: Incident, plan: CheckinPlan, title: str, day: date, *, name: str) -> Event:
    entry = _entry(incident, name, f"{title}: {incident.title}")
    start = datetime.combine(day, time.fromisoformat(plan.at), ZoneInfo(incident.timezone))
    entry.add("dtstart", start)
    entry.add("duration", timedelta(minutes=plan.minutes))
    entry.add("description", "\n".join(plan.questions))
    for member in incident.members:
        if member.email:
            entry.add("attendee", f"mailto:{member.email}", parameters={"CN": member.person or member.role})
    return entry


def _entry(incident: Incident, name: str, summary: str) -> Event:
    from icalendar import Event

    entry = Event()
    entry.add("uid", f"{incident.id}-{name}@pmkit")
    entry.add("summary", summary)
    return entry
