"""The records of an export as they stand, one day file at a time, so that an export may be of any size."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec
import numpy as np
from msgspec import Raw

from pmkit.loaders._archive import READ_ERRORS, Member, open_members
from pmkit.loaders._frame import strings
from pmkit.loaders.slack.columns import Channel, collector_at_rest
from pmkit.loaders.slack.index import USER_INDEXES, Day, Export, read_messages
from pmkit.loaders.slack.message import WRAPPERS, unwrapped
from pmkit.loaders.slack.shapes import UNDECODABLE, Conversation, Message, User, decode_day
from pmkit.loaders.slack.stamps import FIRST_SECOND, LAST_SECOND, UNDATED, Span, Times, microseconds

_decode_raws = msgspec.json.Decoder(list[Raw]).decode
_decode_entry = msgspec.json.Decoder(dict[str, Raw]).decode
_ID: Final = re.compile(r"\b[UWBCGD][A-Z0-9]{2,}\b", re.ASCII)


@dataclass(frozen=True)
class DayFile:
    """The records of one day file.

    Parameters
    ----------
    place : its name in the export
    day : the Pacific day it is named for, as `2026-11-03`
    messages, numbers : what can be read, and where in the file each stands
    times : of each message in microseconds since 1970, UTC; `UNDATED` where its `ts` is none
    ends : of each message that is a huddle when that was over, likewise; else 0
    records : the JSON of each message, byte for byte; none where the file as a whole is damaged
    undated : why a message, by its place in `messages`, has no time; it counts as unreadable
    problems : what else cannot be read: the record's number, or None for the whole file, and the reason
    damaged : the bytes of a file that is not JSON throughout, else None
    """

    place: str
    day: str
    messages: list[Message]
    numbers: list[int]
    times: Times
    ends: Times
    records: list[str] = field(repr=False)
    undated: dict[int, str]
    problems: list[tuple[int | None, str]]
    damaged: bytes | None = field(default=None, repr=False)


class Part(NamedTuple):
    """The day files of one channel in one month, by their names: `2026-11`."""

    channel: Channel
    month: str
    days: tuple[Day, ...]


class Records:
    """An export, opened to read its records part by part."""

    def __init__(self, path: Path, members: list[Member]) -> None:
        export = Export(path, members)
        export.people()  # finds the channels too
        days = export.select(None, Span())
        self.problems = tuple(export.problems)
        self._indexes = (*export.channel_indexes, *export.user_indexes)
        ordered = sorted(days, key=lambda day: (day.channel.id, _day_of(day)[:7], day.member.name))
        grouped = groupby(ordered, key=lambda day: (day.channel.id, _day_of(day)[:7]))
        parts = ((month, tuple(found)) for (_, month), found in grouped)
        self.parts = tuple(Part(found[0].channel, month, found) for month, found in parts)

    def indexes(self) -> Iterator[tuple[str, bytes]]:
        """The files that name channels and people, by their names; one that cannot be read is a problem."""
        for member in self._indexes:
            with suppress(*READ_ERRORS):
                yield member.name, member.read()


@contextmanager
def open_records(path: str | Path) -> Iterator[Records]:
    """The parts of an export, each to be read with `read_day`; a zip may unpack to any size.

    Raises `EvidenceError` for what is no Slack export.
    """
    path = Path(path)
    with collector_at_rest(), open_members(path, (".json",), one_by_one=True) as members:
        yield Records(path, members)


def read_day(day: Day) -> DayFile:
    """The records of a day file; as in `load_slack_export`, a fault costs only the record it stands in."""
    place, name = day.member.name, _day_of(day)
    problems: list[tuple[int | None, str]] = []
    messages: list[Message] = []
    records: list[str] = []
    numbers: list[int] = []
    damaged = None
    data = b""
    try:
        data = day.member.read()
        messages, records = decode_day(data), [bytes(raw).decode() for raw in _decode_raws(data)]
        numbers = list(range(len(messages)))
    except READ_ERRORS as error:
        problems.append((None, f"cannot be read: {error}"))
    except UNDECODABLE:
        messages, found = read_messages(data, lambda *told: problems.append(told), carefully=False)
        numbers, damaged = list(found), data
    stamps = [_stamp_of(message) for message in messages]
    times = microseconds(strings(stamps))
    ends = np.array([_end_of(message) for message in messages], dtype=np.int64)
    undated = {int(row): _why_undated(stamps[row]) for row in np.flatnonzero(times == UNDATED)}
    return DayFile(place, name, messages, numbers, times, ends, records, undated, problems, damaged)


def list_records(records: Collection[str]) -> bytes:
    """A day file of those records, each as it stood."""
    return ("[\n" + ",\n".join(records) + "\n]\n").encode()


def shorten_index(name: str, data: bytes, wanted: Collection[str], span: Span) -> bytes:
    """An index file with the entries of those channels or people alone, each as it stood.

    They are told by their ids, and channels by their names too. Pins are left out that were not set in
    `span`. An index that is damaged is not shortened.
    """
    told = set(wanted)
    is_users = names_people(name)
    shape: Any = User if is_users else Conversation
    try:
        raws, entries = _decode_raws(data), msgspec.json.decode(data, type=list[shape])
    except UNDECODABLE:
        return data
    kept = []
    for raw, entry in zip(raws, entries, strict=True):
        if is_users and entry.id in told:
            kept.append(bytes(raw).decode())
        elif not is_users and {entry.id, entry.name, *(entry.previous_names or ())} & told:
            kept.append(_without_pins(bytes(raw), entry, span))
    return list_records(kept)


def find_ids(records: Collection[str]) -> set[str]:
    """The ids of everybody, and of every channel, that records tell of."""
    return {found for record in records for found in _ID.findall(record)}


def find_people(index: bytes) -> set[str]:
    """Who is told of in an index of channels: who pinned what, and who a direct message is with."""
    try:
        entries = msgspec.json.decode(index, type=list[Conversation])
    except UNDECODABLE:
        return find_ids([index.decode("utf-8", "replace")])
    pinned = {pin.user for entry in entries for pin in entry.pins or () if pin.user}
    direct = [entry for entry in entries if not entry.name]  # which is called by who takes part
    return pinned | {person for entry in direct for person in (*(entry.members or ()), entry.user or "")}


def names_people(index: str) -> bool:
    """Whether an index file, by its name, is one of people; the others are of channels."""
    return index.rpartition("/")[2] in USER_INDEXES


def _without_pins(raw: bytes, entry: Conversation, span: Span) -> str:
    if not entry.pins:
        return raw.decode()
    seconds = np.array([pin.created or 0 for pin in entry.pins], dtype=np.int64)
    inside = span.holds(seconds * 10**6)
    if inside.all():
        return raw.decode()
    fields = _decode_entry(raw)
    pins = [bytes(pin) for pin, keep in zip(_decode_raws(fields["pins"]), inside, strict=True) if keep]
    fields["pins"] = Raw(b"[" + b", ".join(pins) + b"]")
    return msgspec.json.encode(fields).decode()


def _day_of(day: Day) -> str:
    return day.member.name.rpartition("/")[2].removesuffix(".json")


def _stamp_of(message: Message) -> str:
    """When it was said; of a record about another message, when that was."""
    return (unwrapped(message) if message.subtype in WRAPPERS else message).ts or ""


def _end_of(message: Message) -> int:
    second = (message.room.date_end or 0) if message.room else 0
    return second * 10**6 if FIRST_SECOND <= second < LAST_SECOND else 0


def _why_undated(stamp: str) -> str:
    return f'"ts" is {stamp[:40]!r}, expected as 1710484200.000100' if stamp else 'no "ts"'
