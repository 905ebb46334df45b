"""The timeline by itself, for other tools: as CSV for spreadsheets, as iCalendar for calendars."""

from __future__ import annotations

import csv
import hashlib
import io
from datetime import datetime
from typing import Any, Final

import pandas as pd

from pmkit.export.document import Document, safe_url, show_hidden
from pmkit.export.formats import Finished
from pmkit.export.selfcheck import Check
from pmkit.export.sheet import is_formula, to_safe_csv
from pmkit.look import source_title

COLUMNS: Final = (
    "time", "ended_at", "mark", "phase", "summary", "note", "actor", "place", "source", "kind",
    "recorded_at", "time_basis", "mark_basis", "event_id", "ref", "url",
)  # fmt: skip
_ABSENT: Final = "this edition shows no timeline, so there are no rows"
# What makes a calendar do something is not among them: no alarm, nobody invited.
_PROPERTIES: Final = {
    "UID", "DTSTAMP", "DTSTART", "DTEND", "SUMMARY", "DESCRIPTION", "LOCATION", "URL", "CATEGORIES", "TRANSP",
}  # fmt: skip


def make_csv(document: Document) -> Finished:
    """The timeline as `timeline.csv`: one row per event, times in UTC, no cell that is a formula."""
    timeline, warnings = _timeline(document)
    text = to_safe_csv(timeline)
    rows = list(csv.reader(io.StringIO(text, newline="")))
    problems = [f"row {n} begins with a formula" for n, row in enumerate(rows) if any(map(is_formula, row))]
    counts = {"rows": (len(timeline), len(rows) - 1)}
    check = Check("CSV", counts, tuple(problems), warnings)
    # spreadsheets take a file without the mark for another encoding
    return Finished({"timeline.csv": text.encode("utf-8-sig", "replace")}, check)


def make_ics(document: Document) -> Finished:
    """The timeline as `timeline.ics`: one entry per event, at its second in UTC; nobody is invited."""
    from icalendar import Calendar

    timeline, warnings = _timeline(document)
    calendar = Calendar()
    calendar.add("prodid", "-//pmkit//timeline//EN")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", show_hidden(f"{document.language.say('Timeline')}: {document.title.title}"))
    for row in timeline.to_dict("records"):
        calendar.add_component(_entry(row, document))
    data = bytes(calendar.to_ical())
    return Finished({"timeline.ics": data}, _check_ics(data, len(timeline), warnings))


def _timeline(document: Document) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """The timeline with hidden characters written out, and a warning where the edition has none."""
    timeline = document.frame("timeline")
    if timeline is None:
        return pd.DataFrame({name: pd.Series(dtype="str") for name in COLUMNS}), (_ABSENT,)
    for name in timeline.columns:
        if isinstance(timeline[name].dtype, pd.StringDtype):
            timeline[name] = timeline[name].map(show_hidden)
    known = [name for name in COLUMNS if name in timeline]
    return timeline[[*known, *(name for name in timeline if name not in COLUMNS)]], ()


def _entry(row: dict[str, Any], document: Document) -> Any:
    from icalendar import Event

    entry = Event()
    digest = hashlib.sha256(str(row["event_id"]).encode("utf-8", "replace")).hexdigest()[:24]
    entry.add("uid", f"{digest}@pmkit")
    entry.add("dtstamp", document.generated_at)
    entry.add("dtstart", _second(row["time"]))
    if pd.notna(row.get("ended_at")):
        entry.add("dtend", _second(row["ended_at"]))
    tell = document.language.tell
    marks = [tell(mark.replace("_", " ")) for mark in str(row["mark"]).split()]
    words = " ".join(str(row["summary"]).split())
    entry.add("summary", f"{', '.join(marks)}: {words}" if marks else words)
    who = ", ".join(filter(None, [str(row["actor"]), tell(source_title(str(row["source"])))]))
    told = [str(row["note"]), who, tell(f"Phase: {row['phase']}") if row["phase"] else "", str(row["ref"])]
    entry.add("description", "\n".join(filter(None, told)))
    if row["place"]:
        entry.add("location", row["place"])
    if url := safe_url(str(row["url"])):
        entry.add("url", url)
    if marks:
        entry.add("categories", marks)
    entry.add("transp", "TRANSPARENT")
    return entry


def _second(time: pd.Timestamp) -> datetime:
    moment: datetime = time.to_pydatetime()
    return moment.replace(microsecond=0)


def _check_ics(data: bytes, wanted: int, warnings: tuple[str, ...]) -> Check:
    from icalendar import Calendar

    calendar = Calendar.from_ical(data)
    entries = calendar.walk("VEVENT")
    odd = {part.name for part in calendar.walk()} - {"VCALENDAR", "VEVENT"}
    odd |= {name for entry in entries for name in entry if name not in _PROPERTIES}
    problems = tuple(f"it holds {name}" for name in sorted(map(str, odd)))
    return Check("calendar", {"entries": (wanted, len(entries))}, problems, warnings)
