"""What PagerDuty's files themselves show to be missing: pages, windows, and texts that were cut."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec import Struct

from pmkit.loaders._archive import READ_ERRORS
from pmkit.loaders._salvage import holds_twin_keys
from pmkit.loaders.pagerduty.reading import LISTS, Decoders, are_small, files_of, read_pieces, read_whole
from pmkit.loaders.pagerduty.shapes import UNDECODABLE, Number, Text

MOST_BY_PAGES: Final = 10_000  # PagerDuty refuses an offset and limit beyond
_FULL_PAGES: Final = (25, 100)  # its default, and the most it gives at once
_SHOWN: Final = 3  # incidents named in a sentence
_ENOUGH: Final = 100  # incidents that make a month look like a month


class _Counts(Struct, gc=False):
    all: Number = None


class _Channel(Struct, gc=False):
    details_omitted: bool | None = None


class _Thing(Struct, gc=False):
    """What is read of a record to see what is missing around it."""

    id: Text = None
    type: Text = None
    created_at: Text = None
    incident_number: Number = None
    summary: Text = None
    incident: _Thing | None = None
    channel: _Channel | None = None
    alert_counts: _Counts | None = None
    trimmed: bool | None = None
    event_type: Text = None
    data: _Thing | None = None


class _Message(Struct, gc=False):
    log_entries: list[_Thing] | None = None


class _Page(_Thing, gc=False):
    """A page, or a record by itself."""

    incidents: list[_Thing] | None = None
    alerts: list[_Thing] | None = None
    log_entries: list[_Thing] | None = None
    notes: list[_Thing] | None = None
    status_updates: list[_Thing] | None = None
    messages: list[_Message] | None = None
    event: _Thing | None = None
    offset: int | None = None
    more: bool | None = None


_PAGES: Final = Decoders(msgspec.json.Decoder(_Page), msgspec.json.Decoder(list[_Page]))


def find_incompleteness(path: str | Path) -> str:
    """What the files say is missing, as one sentence for a reader of `evidence.csv`, or ""."""
    path = Path(path)
    seen = _Seen()
    files = files_of(path)
    for member in files:
        try:
            seen.add_file(_documents(path / member.name))
            if not are_small(files) and holds_twin_keys((path / member.name).read_bytes()):
                seen.twins.append(member.name or path.name)
        except (*READ_ERRORS, *UNDECODABLE):
            return "incomplete: a file is damaged, see its unreadable rows"
    said = list(seen.sentences())
    return f"incomplete: {'; '.join(said)}" if said else ""


def _documents(path: Path) -> list[_Page]:
    """The pages and records of a file, of which little is read."""
    pages: list[_Page] = []
    try:
        with path.open("rb") as file:
            for piece in read_pieces(file, _PAGES):
                pages += piece.documents
    except UNDECODABLE:
        pages = read_whole(path.read_bytes(), _PAGES).documents
    return pages


@dataclass
class _Seen:
    """What was seen in all files."""

    ends: dict[str, dict[int, tuple[int, bool]]] = field(default_factory=dict)  # list → offset → end, more
    full: set[str] = field(default_factory=set)  # lists that are one full page
    incidents: dict[str, _Thing] = field(default_factory=dict)
    logged: dict[str, _Thing] = field(default_factory=dict)  # incidents that the log names
    triggered: set[str] = field(default_factory=set)
    alerts: Counter[str] = field(default_factory=Counter)  # by incident
    omitted: int = 0
    trimmed: int = 0
    has_log: bool = False
    twins: list[str] = field(default_factory=list)  # files with a record that says a key twice

    def add_file(self, documents: list[_Page]) -> None:
        """The documents of one file."""
        bare = 0
        for document in documents:
            if document.event or document.event_type:
                self._add_event(document.event or document)
            elif document.id is not None:
                bare += 1
                self._add(_list_of(document), document)
            else:
                self._add_page(document)
        if bare in _FULL_PAGES:
            self.full.add("records")

    def _add_page(self, page: _Page) -> None:
        for message in page.messages or ():
            for entry in message.log_entries or ():
                self._add("log_entries", entry)
        for name in LISTS:
            records = getattr(page, name) if name != "messages" else None
            if records is None:
                continue
            if page.more is not None:
                offset = page.offset or 0
                self.ends.setdefault(name, {})[offset] = (offset + len(records), page.more)
            elif len(records) in _FULL_PAGES:
                self.full.add(name)
            for record in records:
                self._add(name, record)

    def _add(self, name: str, record: _Thing) -> None:
        incident = record.incident
        if name == "incidents" and record.id:
            self.incidents[record.id] = record
        elif name == "alerts" and incident and incident.id:
            self.alerts[incident.id] += 1
        elif name == "log_entries":
            self.omitted += bool(record.channel and record.channel.details_omitted)
            if incident and incident.id:
                self.logged.setdefault(incident.id, incident)
                if record.type == "trigger_log_entry":
                    self.triggered.add(incident.id)

    def _add_event(self, event: _Thing) -> None:
        data = event.data or _Thing()
        self.trimmed += bool(data.trimmed)
        incident = data if data.type == "incident" else data.incident
        if incident and incident.id:
            self.logged.setdefault(incident.id, incident)
            if event.event_type == "incident.triggered":
                self.triggered.add(incident.id)

    def sentences(self) -> Iterator[str]:
        """What all of it shows."""
        for name, pages in self.ends.items():
            yield from _missing(name, pages)
        for name in sorted(self.full):
            yield f"{name} are exactly a full page, and nothing says whether more follow"
        begun = [incident for key, incident in self.logged.items() if key not in self.triggered]
        if begun:
            yield f"the log begins after the trigger of {_named(begun)}"
        unknown = [incident for key, incident in self.logged.items() if key not in self.incidents]
        if self.incidents and unknown:
            yield f"the log tells of {_named(unknown)}, not among the incidents"
        yield from self._missing_alerts()
        if _is_default_month([incident.created_at for incident in self.incidents.values()]):
            yield "incidents cover exactly a month, which is what PagerDuty gives when no dates are asked for"
        if self.omitted:
            yield f"alerts without what they carried: {self.omitted} (fetch with include[]=channels)"
        if self.trimmed:
            yield f"texts that PagerDuty cut to fit into a webhook: {self.trimmed}"
        if self.twins:
            yield f"of a key that a record says twice the last value is shown: {', '.join(self.twins)}"

    def _missing_alerts(self) -> Iterator[str]:
        for key, here in self.alerts.items():
            counts = self.incidents[key].alert_counts if key in self.incidents else None
            if counts and isinstance(counts.all, int) and counts.all > here:
                yield f"{here} of the {counts.all} alerts of {_named([self.incidents[key]])} are here"


def _list_of(record: _Thing) -> str:
    kind = record.type or ""
    if kind.endswith("_log_entry"):
        return "log_entries"
    return "incidents" if record.incident_number is not None else "alerts" if kind == "alert" else ""


def _missing(name: str, pages: dict[int, tuple[int, bool]]) -> Iterator[str]:
    """What lies between the pages of one list, and after the last."""
    reached = 0
    more_follow = False
    for offset, (end, more) in sorted(pages.items()):
        if offset > reached:
            yield f"{name} {reached} to {offset - 1} are missing"
        reached, more_follow = max(reached, end), more
    if more_follow and reached >= MOST_BY_PAGES:
        yield f"{name} end at record {reached}, the last that pages reach: fetch shorter windows"
    elif more_follow:
        yield f"{name} has more pages after record {reached}"


def _named(incidents: list[_Thing]) -> str:
    """Some incidents as people call them."""
    names = [
        f"#{one.incident_number}" if one.incident_number is not None else one.summary or one.id or "?"
        for one in incidents[:_SHOWN]
    ]
    rest = len(incidents) - len(names)
    return ", ".join(names) + (f" and {rest} more" if rest > 0 else "")


def _is_default_month(texts: list[Any]) -> bool:
    """Whether so many incidents lie in a window of a month that it must have been the window asked for."""
    times = []
    for text in texts:
        try:
            times.append(datetime.fromisoformat(text))
        except (TypeError, ValueError):
            continue
    if len(times) < _ENOUGH or any(time.tzinfo is None for time in times):
        return False
    span = max(times) - min(times)
    between = span / len(times)
    return any(timedelta(0) <= timedelta(days=days) - span <= 3 * between for days in (28, 29, 30, 31))
