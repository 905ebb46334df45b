"""PagerDuty: log entries, incidents, alerts and notes as the REST API gives them, one event each.

Read are pages as fetched (`{"log_entries": […], "more": …}`), single records, bare lists of records
or pages, pages one after another, and JSON Lines; a folder of such files counts as one source
(https://developer.pagerduty.com/api-reference, v2).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from itertools import compress, pairwise
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
from msgspec import Struct

from pmkit.errors import EvidenceError
from pmkit.loaders._archive import READ_ERRORS, Member, open_members
from pmkit.loaders._format import Format
from pmkit.loaders._frame import TIME, strings, to_events
from pmkit.loaders._salvage import Record, read_document, read_list, text_of

# PagerDuty's type, without `_log_entry`, to our kind; what is missing here is "other".
KINDS: Final = {
    "trigger": "trigger",
    "acknowledge": "ack", "acknowledgement": "ack", "unacknowledge": "unack",
    "resolve": "resolve", "reopen": "reopen",
    "assign": "assign", "reassign": "assign", "delegate": "assign",
    "escalate": "escalate", "exhaust_escalation_path": "escalate", "repeat_escalation_path": "escalate",
    "notify": "notify", "annotate": "note", "snooze": "snooze",
    "urgency_change": "priority", "priority_change": "priority",
    "field_value_change": "field", "custom_field_value_change": "field",
    "responder_request": "responder", "responder_request_for_escalation_policy": "responder",
    "responder_accept": "responder", "responder_decline": "responder",
    "status_update": "status_update", "incident_status_update": "status_update",
    "merge": "merge", "link": "merge", "unlink": "merge",
}  # fmt: skip

# The lists of a page, and what each of their records is; a single record stands under the singular.
LISTS: Final = {
    "incidents": "incident", "alerts": "alert", "log_entries": "log_entry", "notes": "note",
}  # fmt: skip

_SAME_NOTE = np.timedelta64(2, "s")
_ZONED = re.compile(r"\d{4}-\d\d-\d\d[T ][\d:.]+(Z|[+-]\d\d(:?\d\d)?)", re.ASCII)
_NUMBER = re.compile(r"\[#(\d+)\]", re.ASCII)
# What may stand between two lists of pages: brackets and plain values such as `"more": true`.
_BETWEEN = r'(?:[\s,{}\[\]]|"(?!id")\w+"\s*:\s*(?:"[^"\\]*"|[\w.+-]+))*'
_NEXT_LIST = re.compile(_BETWEEN + r'"(incidents|alerts|log_entries|notes)"\s*:\s*\[')
_REST = re.compile(_BETWEEN + r"\Z")
_LIST_BEGIN = re.compile(rb"\s*\[")
_LIST_END = re.compile(r"\]\s*(?:[,}\]]|\Z)")

_Text = str | None


# What is read of the JSON; the decoder passes over everything else. One shape serves every record,
# because a list may mix them and a reference may be replaced by the whole object.


class _Ref(Struct, gc=False):
    id: _Text = None
    summary: _Text = None
    name: _Text = None
    email: _Text = None


class _Notification(Struct, gc=False):
    type: _Text = None
    status: _Text = None


class _Channel(Struct, gc=False):
    type: _Text = None
    summary: _Text = None
    description: _Text = None
    duration: int | None = None
    notification: _Notification | None = None


class _Details(Struct, gc=False):
    description: _Text = None


class _Reason(Struct, gc=False):
    type: _Text = None
    incident: _Ref | None = None


class _Record(Struct, gc=False):
    id: _Text = None
    type: _Text = None
    summary: _Text = None
    html_url: _Text = None
    created_at: _Text = None
    updated_at: _Text = None
    agent: _Ref | None = None
    user: _Ref | None = None
    service: _Ref | None = None
    incident: _Record | None = None
    channel: _Channel | None = None
    event_details: _Details | None = None
    assignees: list[_Ref] | None = None
    message: _Text = None
    note: str | _Record | None = None
    # incidents
    incident_number: int | str | None = None
    title: _Text = None
    urgency: _Text = None
    priority: _Ref | None = None
    resolved_at: _Text = None
    resolve_reason: _Reason | None = None
    # alerts and notes
    alert_key: _Text = None
    severity: _Text = None
    integration: _Ref | None = None
    content: _Text = None


class _Document(_Record, gc=False):
    """A page, a wrapped record, or a record by itself."""

    incidents: list[_Record] | None = None
    alerts: list[_Record] | None = None
    log_entries: list[_Record] | None = None
    notes: list[_Record] | None = None
    alert: _Record | None = None
    log_entry: _Record | None = None
    record: _Stream | None = None


class _Stream(Struct, gc=False):
    """Airbyte's envelope."""

    data: _Record


class _Anything(Struct, gc=False):
    pass


class _Page(Struct, gc=False):
    incidents: list[_Anything] | None = None
    alerts: list[_Anything] | None = None
    log_entries: list[_Anything] | None = None
    notes: list[_Anything] | None = None
    offset: int | None = None
    more: bool | None = None


class _Decoders(NamedTuple):
    one: msgspec.json.Decoder[Any]
    many: msgspec.json.Decoder[Any]


_DOCUMENTS = _Decoders(msgspec.json.Decoder(_Document), msgspec.json.Decoder(list[_Document]))
_PAGES = _Decoders(msgspec.json.Decoder(_Page), msgspec.json.Decoder(list[_Page]))
_UNDECODABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


class _Found(NamedTuple):
    """A record and where it stands, or why nothing could be read there."""

    place: str
    what: str
    record: _Record
    problem: str = ""


def load_pagerduty_log(path: str | Path) -> pd.DataFrame:
    """PagerDuty records as events, sorted by time, cause before effect within one second.

    One row per log entry, incident, alert and note; then one row `kind="unreadable"` for every
    record that cannot be read, with the reason in `text`. An incident is one row of kind `incident`
    at its `created_at`, with its end in the text; `trigger`, `ack` and `resolve` come from log
    entries alone, so that a log saved with its incidents tells nothing twice. A record that stands
    in the files more than once, and a note that also stands in the log, is one row whose `ref` names
    every copy, ` | ` between them: the number of refs is the number of records.

    Parameters
    ----------
    path : a `.json` or `.jsonl` file, or a folder of them

    Returns
    -------
    The columns of `pmkit.schema.EVENTS`. `time` is UTC. `ref` is `<file name>#<list>:<record index>`
    (a page number or file name stands before the list where there are several). Addresses that were
    paged are not in the text.

    Raises
    ------
    EvidenceError : there is no such file
    """
    path = Path(path)
    return _frame(path.name, [entry for member in _files(path) for entry in _read(member)])


def find_incompleteness(path: str | Path) -> str:
    """What the pages say is missing, as one sentence for a reader of `evidence.csv`, or ""."""
    ends: dict[str, dict[int, tuple[int, bool]]] = {}
    for member in _files(Path(path)):
        try:
            pages = _split(member.read(), _PAGES)
        except (*READ_ERRORS, *_UNDECODABLE):
            return "incomplete: a file is damaged, see its unreadable rows"
        for page in pages:
            for name in LISTS:
                if (records := getattr(page, name)) is not None and page.more is not None:
                    offset = page.offset or 0
                    ends.setdefault(name, {})[offset] = (offset + len(records), page.more)
    said = [sentence for name, pages in ends.items() for sentence in _missing(name, pages)]
    return f"incomplete: {'; '.join(said)}" if said else ""


def is_pagerduty_log(path: str | Path) -> bool:
    """Whether the beginning of the file, or of the folder's first file, looks like PagerDuty's JSON."""
    path = Path(path)
    if path.is_dir():
        files = sorted(file for file in path.glob("*.json*") if file.is_file())
        return bool(files) and is_pagerduty_log(files[0])
    try:
        with path.open("rb") as file:
            head = text_of(file.read(2**16))
    except OSError:
        return False
    return head.lstrip()[:1] in ("{", "[") and any(mark.search(head) for mark in _MARKS)


# What only PagerDuty writes; status pages and other alerting tools have `incidents` and `alerts` too.
_MARKS = [
    re.compile(r'"log_entries"\s*:'),
    re.compile(r'"type"\s*:\s*"\w+_log_entry"'),
    re.compile(r'"(incident_number|alert_key)"\s*:'),
    re.compile(r'"(incidents|alerts|notes)"\s*:\s*\[.*"more"\s*:', re.DOTALL),
    re.compile(r'"type"\s*:\s*"(bot_)?user_reference".*"content"\s*:', re.DOTALL),
]


FORMATS: Final = (
    Format(
        "pagerduty-rest", "pagerduty", "records of PagerDuty's REST API",
        recognise=lambda glimpse: is_pagerduty_log(glimpse.path),
        load=load_pagerduty_log,
        find_incompleteness=find_incompleteness,
    ),
)  # fmt: skip


# --- files to records --------------------------------------------------------------------------


def _files(path: Path) -> list[Member]:
    if path.is_file():
        return [Member("", path.read_bytes)]
    if not path.is_dir():
        raise EvidenceError(path, "", "there is no such file.")
    with open_members(path, (".json", ".jsonl")) as members:
        return members


def _read(member: Member) -> Iterator[_Found]:
    """Every record of one file, in its order."""
    prefix = f"{member.name}/" if member.name else ""
    if member.problem:
        yield _Found(prefix, "", _Record(), member.problem)
        return
    try:
        data = member.read()
    except READ_ERRORS as error:
        yield _Found(prefix, "", _Record(), f"cannot be read: {error}")
        return
    try:
        documents = _split(data, _DOCUMENTS)
    except _UNDECODABLE:
        yield from _salvage(text_of(data), prefix)
        return
    for number, document in enumerate(documents):
        yield from _records(document, prefix, number, alone=len(documents) == 1)


def _split(data: bytes, decoders: _Decoders) -> list[Any]:
    """The documents of a file: one object, a list of them, or one after another."""
    data = data.removeprefix(b"\xef\xbb\xbf")
    if _LIST_BEGIN.match(data):
        return list(decoders.many.decode(data))
    try:
        return [decoders.one.decode(data)]
    except msgspec.DecodeError:
        return list(decoders.one.decode_lines(data))


def _records(document: _Document, prefix: str, number: int, *, alone: bool) -> Iterator[_Found]:
    place = f"{prefix}:{number}"
    if document.id is not None:
        yield _Found(place, _what(document), document)
        return
    page = prefix if alone else f"{prefix}{number}/"
    is_page = False
    for name, what in LISTS.items():
        records = getattr(document, name)
        is_page = is_page or records is not None
        for index, record in enumerate(records or ()):
            yield _Found(f"{page}{name}:{index}", what, record)
    if document.record is not None:
        yield _Found(place, _what(document.record.data), document.record.data)
    elif single := _single(document):
        yield _Found(place, *single)
    elif not is_page:
        yield _Found(place, _what(document), document)


def _single(document: _Document) -> tuple[str, _Record] | None:
    for what in LISTS.values():
        if isinstance(record := getattr(document, what), _Record):
            return what, record
    return None


def _salvage(text: str, prefix: str) -> Iterator[_Found]:
    """The records of a damaged file, each by itself."""
    documents = [text] if text.lstrip().startswith("[") else _documents(text)
    for number, document in enumerate(documents):
        page = prefix if len(documents) == 1 else f"{prefix}{number}/"
        if document.lstrip().startswith("[") and not _NEXT_LIST.match(document):
            for record in read_list(document, document.index("["), is_record=_is_record, end=_LIST_END):
                yield _typed(f"{page}:{record.number}", "", record)
        elif _NEXT_LIST.match(document):
            yield from _salvage_pages(document, page)
        else:
            yield from _salvage_single(document, prefix, number)


def _documents(text: str) -> list[str]:
    """The documents of a file that holds several: each begins a line, without indentation.

    Lines that cannot be whole documents are kept together, so that they are reported as one.
    """
    runs: list[list[str]] = []
    was_whole = True
    for part in re.split(r"(?m)^(?=[^\s\]},])", text):
        is_whole = part.startswith(("{", "[")) and part.rstrip().endswith("}")
        if not (is_whole or was_whole):
            runs[-1].append(part)
            was_whole = part.rstrip().endswith("}")
        elif part.strip():
            runs.append([part])
            was_whole = is_whole
    return ["".join(run) for run in runs]


def _salvage_pages(document: str, page: str) -> Iterator[_Found]:
    many = document.lstrip().startswith("[")
    seen: Counter[str] = Counter()
    position = 0
    while opening := _NEXT_LIST.match(document, position):
        name, position = opening[1], opening.end()
        place = f"{page}{seen[name]}/{name}" if many or seen[name] else f"{page}{name}"
        seen[name] += 1
        for record in read_list(document, position - 1, is_record=_is_record, end=_LIST_END):
            yield _typed(f"{place}:{record.number}", LISTS[name], record)
            position = record.end
    if not _REST.match(document, position):
        problem = f"characters {position} to {len(document)} belong to no list of records"
        yield _Found(f"{page}:{position}", "", _Record(), problem)


def _salvage_single(document: str, prefix: str, number: int) -> Iterator[_Found]:
    record = read_document(document)
    problem = record.problem
    if not problem:
        try:
            single = _DOCUMENTS.one.decode(record.data)
        except _UNDECODABLE as error:
            problem = str(error)
        else:
            yield from _records(single, prefix, number, alone=False)
            return
    yield _Found(f"{prefix}:{number}", "", _Record(), problem)


def _typed(place: str, what: str, record: Record) -> _Found:
    if record.problem:
        return _Found(place, what, _Record(), record.problem)
    try:
        decoded = msgspec.json.decode(record.data, type=_Record)
    except _UNDECODABLE as error:
        return _Found(place, what, _Record(), str(error))
    return _Found(place, what or _what(decoded), decoded)


def _is_record(value: Any) -> bool:
    """A record of its own: what is nested in one is a reference, or has neither time nor id."""
    if not isinstance(value, dict) or not isinstance(value.get("id"), str):
        return False
    kind = value.get("type")
    return "created_at" in value and not (isinstance(kind, str) and kind.endswith("_reference"))


def _missing(name: str, pages: dict[int, tuple[int, bool]]) -> Iterator[str]:
    """What lies between the pages of one list, and after the last."""
    reached = 0
    for offset, (end, more) in sorted(pages.items()):
        if offset > reached:
            yield f"{name} {reached} to {offset - 1} are missing"
        reached, more_follow = max(reached, end), more
    if more_follow:
        yield f"{name} has more pages after record {reached}"


# --- records to events -------------------------------------------------------------------------


def _frame(file: str, found: list[_Found]) -> pd.DataFrame:
    entries, problems = [], []
    for entry in found:
        if problem := entry.problem or _problem(entry):
            problems.append((entry.place, problem))
        else:
            entries.append(entry)
    entries = _causal(entries)
    times = _times([entry.record.created_at or "" for entry in entries])
    undated = np.isnat(times)
    for entry in compress(entries, undated):
        at = entry.record.created_at
        said = f'"created_at" is {at[:40]!r}, expected a time with its zone' if at else "no time"
        problems.append((entry.place, said))
    entries, times = list(compress(entries, ~undated)), times[~undated]
    columns = _columns(file, entries)
    kept = _fold(entries, times, columns)
    order = pa.array(kept[np.argsort(times[kept], kind="stable")])
    rows = {name: strings(values).take(order) for name, values in columns.items()}
    rows["time"] = pa.array(times.astype("int64"), type=TIME).take(order)
    return to_events("pagerduty", file, rows, problems)


def _what(record: _Record) -> str:
    """What a record without its list is."""
    kind = record.type or ""
    if kind.endswith("_log_entry"):
        return "log_entry"
    if record.incident_number is not None or kind == "incident":
        return "incident"
    if record.alert_key is not None or kind == "alert":
        return "alert"
    if record.content is not None:
        return "note"
    return "other" if record.created_at and kind else ""


def _problem(entry: _Found) -> str:
    if not entry.what:
        return "not a PagerDuty record: neither its type nor its fields tell what it is"
    return "" if entry.record.id else 'no "id"'


def _causal(entries: list[_Found]) -> list[_Found]:
    """The entries so that a stable sort by time leaves cause before effect within one second.

    Log entries come newest first, so they are turned round, unless they stand oldest first.
    """
    log = [entry for entry in entries if entry.what == "log_entry"]
    times = [entry.record.created_at or "" for entry in log]
    falling = sum(a > b for a, b in pairwise(times))
    rising = sum(a < b for a, b in pairwise(times))
    if rising <= falling:
        log.reverse()
    first = [entry for entry in entries if entry.what in ("incident", "alert")]
    last = [entry for entry in entries if entry.what in ("note", "other")]
    return first + log + last


def _columns(file: str, entries: list[_Found]) -> dict[str, list[str]]:
    both = [(entry.what, entry.record) for entry in entries]
    incidents = [_incident_of(what, record) for what, record in both]
    return {
        "event_id": [_event_id(what, r) for what, r in both],
        "kind": [_kind(what, r) for what, r in both],
        "actor": [_actor(what, r) for what, r in both],
        "place": [_name(_service(r)) for _, r in both],
        "text": [_text(what, r) for what, r in both],
        "ref": [f"{file}#{entry.place}" for entry in entries],
        "url": [_url(r) for _, r in both],
        "pd_id": [r.id or "" for _, r in both],
        "pd_type": [r.type or what for what, r in both],
        "pd_incident_id": [incident.id or "" for incident in incidents],
        "pd_incident_number": [_incident_number(incident) for incident in incidents],
        "pd_channel": [_channel(r) for _, r in both],
    }


def _times(texts: list[str]) -> npt.NDArray[np.datetime64]:
    """UTC times in microseconds; NaT for what is no time or does not state its zone."""
    zoned = pd.Series([text if _ZONED.fullmatch(text) else None for text in texts], dtype="str")
    times = pd.to_datetime(zoned, utc=True, format="ISO8601", errors="coerce")
    return np.asarray(times.dt.tz_localize(None), dtype="datetime64[us]")


def _fold(
    entries: list[_Found], times: npt.NDArray[np.datetime64], columns: dict[str, list[str]]
) -> npt.NDArray[np.int64]:
    """The rows to keep: each record once. The row that stays names in its `ref` those it stands for.

    Of several copies of a record the one updated last stays. A note that the log tells too, in the
    same words and at most two seconds apart, is folded into the log entry.
    """
    refs, texts = columns["ref"], columns["text"]
    latest, stands_for = _latest(columns["event_id"], entries)
    notes = [row for row in latest if entries[row].what == "note"]
    told: dict[str, list[int]] = {}
    for row in latest if notes else ():
        if entries[row].record.type == "annotate_log_entry":
            told.setdefault(texts[row].strip(), []).append(row)
    folded = set()
    for row in notes:
        twins = told.get(texts[row].strip(), ())
        twin = next((t for t in twins if abs(times[t] - times[row]) <= _SAME_NOTE), None)
        if twin is not None:
            folded.add(row)
            stands_for.setdefault(twin, []).extend([row, *stands_for.pop(row, ())])
    for stays, gone in stands_for.items():
        refs[stays] = " | ".join([refs[stays], *(refs[row] for row in gone)])
    return np.array([row for row in latest if row not in folded], dtype=np.int64)


def _latest(ids: list[str], entries: list[_Found]) -> tuple[list[int], dict[int, list[int]]]:
    """The rows of each record's latest state, in order, and the older copies each stands for."""
    if len(set(ids)) == len(ids):
        return list(range(len(ids))), {}
    copies: dict[str, list[int]] = {}
    for row, event_id in enumerate(ids):
        copies.setdefault(event_id, []).append(row)
    stands_for = {}
    for rows in copies.values():
        *older, latest = sorted(rows, key=lambda row: (entries[row].record.updated_at or "", row))
        stands_for[latest] = older
    return sorted(stands_for), {row: older for row, older in stands_for.items() if older}


def _event_id(what: str, record: _Record) -> str:
    # An alert may bear the id of its incident, so only log entries go without their noun.
    return f"pd:{record.id}" if what in ("log_entry", "other") else f"pd:{what}:{record.id}"


def _kind(what: str, record: _Record) -> str:
    if what == "log_entry":
        return KINDS.get((record.type or "").removesuffix("_log_entry"), "other")
    return what


def _actor(what: str, record: _Record) -> str:
    if what == "alert":
        return _name(record.integration or record.service)
    return _name(record.agent or (record.user if what == "note" else None))


def _service(record: _Record) -> _Ref | None:
    return record.service or (record.incident.service if record.incident else None)


def _name(ref: _Ref | None) -> str:
    return (ref.summary or ref.name or ref.email or ref.id or "") if ref else ""


def _incident_of(what: str, record: _Record) -> _Record:
    return record if what == "incident" else record.incident or _Record()


def _incident_number(incident: _Record) -> str:
    if incident.incident_number is not None:
        return str(incident.incident_number)
    match = _NUMBER.match(incident.summary or "")
    return match[1] if match else ""


def _channel(record: _Record) -> str:
    if record.channel is None:
        return ""
    if notification := record.channel.notification:
        return (notification.type or "").removesuffix("_notification")
    return record.channel.type or ""


def _url(record: _Record) -> str:
    """The record's page, or else its incident's; nothing that a click could run."""
    urls = (record.html_url, record.incident and record.incident.html_url)
    return next((url for url in urls if url and url.startswith(("https://", "http://"))), "")


def _text(what: str, record: _Record) -> str:
    if what == "incident":
        return _incident_text(record)
    if what == "note":
        return record.content or ""
    if what == "alert":
        return _with(record.summary or record.title or "Alert", record.severity)
    return _log_entry_text(record)


def _log_entry_text(record: _Record) -> str:
    kind = (record.type or "").removesuffix("_log_entry")
    channel = record.channel or _Channel()
    if kind == "notify":
        return _paged(record, channel)
    summary = record.summary or kind.replace("_", " ").capitalize()
    if kind == "annotate":
        return channel.summary or summary
    if KINDS.get(kind) == "status_update":
        return record.message or summary
    return _with(summary, _detail(kind, record, channel))


def _detail(kind: str, record: _Record, channel: _Channel) -> str | None:
    """What a summary such as "Triggered through the API." leaves out."""
    if kind == "trigger":
        described = record.event_details and record.event_details.description
        return described or channel.description or channel.summary
    if kind == "snooze" and channel.duration:
        return f"{round(channel.duration / 60)} min"
    return record.note if isinstance(record.note, str) else record.message


def _with(summary: str, detail: str | None) -> str:
    if not detail or detail in summary:
        return summary
    return f"{summary.rstrip(' .')}: {detail}"


def _paged(record: _Record, channel: _Channel) -> str:
    """Who was paged and how. The address stays out: it is somebody's phone or mail."""
    people = [record.user] if record.user else record.assignees or []
    notification = channel.notification or _Notification()
    how = [_channel(record)] if channel.notification else []
    if notification.status not in (None, "", "success"):
        how.append(str(notification.status))
    who = ", ".join(_name(person) for person in people) or "somebody"
    return f"Paged {who} ({', '.join(how)})" if any(how) else f"Paged {who}"


def _incident_text(record: _Record) -> str:
    title = record.title or record.summary or ""
    text = f"Incident #{record.incident_number}" if record.incident_number else "Incident"
    facts = [f"{record.urgency} urgency" if record.urgency else "", _name(record.priority)]
    if record.resolved_at:
        facts.append(f"resolved {record.resolved_at}")
    reason = record.resolve_reason
    if reason and reason.incident and reason.type == "merge_resolve_reason":
        facts.append(f"merged into {_name(reason.incident)}")
    said = ", ".join(fact for fact in facts if fact)
    return _with(text, title if title != text else "") + (f" ({said})" if said else "")
