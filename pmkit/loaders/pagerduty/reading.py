"""Files of PagerDuty's JSON taken apart into runs of records, however they were saved.

Read are pages as fetched, single records, webhooks, bare lists of any of these, and one after another, as in
JSON Lines. A big file is read as several smaller ones of the same form, so that it need not fit into memory.
What the typed decoder refuses is read again record by record, and damage costs its own record only.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from types import MappingProxyType
from typing import Any, BinaryIO, Final, NamedTuple

import msgspec

from pmkit.errors import EvidenceError
from pmkit.loaders._archive import Member, open_members
from pmkit.loaders._documents import SUFFIXES, Shape, read_records
from pmkit.loaders._salvage import MOST_CAREFUL
from pmkit.loaders.pagerduty.shapes import UNDECODABLE, Document, Event, Message, Record

# The lists of a page, and what each of their records is; a single record stands under that noun.
LISTS: Final = {
    "incidents": "incident", "alerts": "alert", "log_entries": "log_entry", "notes": "note",
    "status_updates": "status_update", "messages": "message",
}  # fmt: skip

PIECE: Final = 2**20  # bytes of a big file that are read at once
_TRIES: Final = 12
_LIST_BEGIN: Final = re.compile(rb"\s*\[")
# A file that is one page, or one list: what stands before its first record.
_OPENING: Final = re.compile(
    rb'\s*(?:\{\s*(?:"\w+"\s*:\s*(?:"[^"\\]*"|[\w.+-]+)\s*,\s*)*"(\w+)"\s*:\s*)?\[\s*'
)
_FIRST_KEY: Final = re.compile(rb'\{\s*"[^"\\]*"')
_COMMA_BEFORE: Final = re.compile(rb"\}\s*,\s*\Z")
_NOT_OURS: Final = "not a PagerDuty record: neither its type nor its fields tell what it is"


class Run(NamedTuple):
    """Records of one kind that stand one after another, the first of them at `place:begin`.

    `what` is a noun of `LISTS`, or `event`, or `other`.
    """

    place: str
    begin: int
    what: str
    records: Sequence[Any]


class Problem(NamedTuple):
    """A place where no record could be read, and why."""

    place: str
    reason: str


class Piece(NamedTuple):
    """Some documents of a file: the number of the first, and where in the file's lists theirs begin."""

    documents: list[Any]
    number: int = 0
    begins: Mapping[str, int] = MappingProxyType({})
    alone: bool = False


class Decoders(NamedTuple):
    """The decoders of one document and of a list of them."""

    one: msgspec.json.Decoder[Any]
    many: msgspec.json.Decoder[Any]


DOCUMENTS: Final = Decoders(msgspec.json.Decoder(Document), msgspec.json.Decoder(list[Document]))


def files_of(path: Path) -> list[Member]:
    """The files of `path`: itself, or those of a folder. Raises `EvidenceError` if there is no such file."""
    if path.is_file():
        return [Member("", path.read_bytes, size=path.stat().st_size)]
    if not path.is_dir():
        raise EvidenceError(path, "", "there is no such file.")
    with open_members(path, SUFFIXES) as members:
        return members


def are_small(files: Sequence[Member]) -> bool:
    """Whether every load looks for keys that stand twice in a record of them."""
    return sum(member.size for member in files) <= MOST_CAREFUL


def read_pieces(file: BinaryIO, decoders: Decoders = DOCUMENTS) -> Iterator[Piece]:
    """The documents of a file, of a big one some at a time. Raises one of `UNDECODABLE` or `READ_ERRORS`."""
    data = file.read(PIECE)
    if len(data) < PIECE:
        yield read_whole(data, decoders)
        return
    newline = data.find(b"\n")
    if newline > 0 and _is_document(data[:newline], decoders):
        yield from _line_pieces(file, data, decoders)
    elif (opening := _OPENING.match(data)) and (first := _FIRST_KEY.match(data, opening.end())):
        yield from _list_pieces(file, data, opening, first[0], decoders)
    else:
        yield read_whole(data + file.read(), decoders)


def read_whole(data: bytes, decoders: Decoders) -> Piece:
    """The documents of a file at once. Raises one of `UNDECODABLE`."""
    documents = _split(data.removeprefix(b"\xef\xbb\xbf"), decoders)
    return Piece(documents, alone=len(documents) == 1)


def read_runs(pieces: Iterator[Piece], prefix: str) -> Iterator[Run | Problem]:
    """The records in the pieces of one file."""
    for piece in pieces:
        bare: list[Document] = []
        number = piece.number
        for document in piece.documents:
            if document.id is not None and document.event_type is None:
                bare.append(document)
            else:
                yield from _bare_runs(prefix, number - len(bare), bare)
                bare = []
                page = prefix if piece.alone else f"{prefix}{number}/"
                runs = _page_runs(document, page, piece.begins)
                yield from _single_run(document, prefix, number) if runs is None else runs
            number += 1
        yield from _bare_runs(prefix, number - len(bare), bare)


def read_again(path: Path, prefix: str) -> Iterator[Run | Problem]:
    """The records of a file that did not decode, in pieces or at all: at once, or each by itself."""
    try:
        runs = list(read_runs(iter([read_whole(path.read_bytes(), DOCUMENTS)]), prefix))
    except UNDECODABLE:
        return read_by_record(path, prefix)
    return iter(runs)


def read_by_record(path: Path, prefix: str) -> Iterator[Run | Problem]:
    """The records of a file that the typed decoder refused or would choose in, each by itself."""
    for found in read_records(path, _SHAPE):
        if found.problem:
            yield Problem(prefix + found.place, found.problem)
            continue
        place, _, index = found.place.rpartition(":")
        what = LISTS.get(found.list, "") if not _is_entry(found.record) else "log_entry"
        shape = Message if what == "message" else Record if what else Document
        try:
            record: Any = msgspec.json.decode(msgspec.json.encode(found.record), type=shape)
        except UNDECODABLE as error:
            yield Problem(prefix + found.place, str(error))
            continue
        if what == "message":
            yield from _message_runs([record], prefix + place, int(index))
        elif what:
            yield Run(prefix + place, int(index), what, [record])
        else:
            yield from read_runs(iter([Piece([record], int(index))]), prefix + place)


# --- big files ----------------------------------------------------------------------------------


def _split(data: bytes, decoders: Decoders) -> list[Any]:
    """The documents in it: one object, a list of them, or one after another."""
    if _LIST_BEGIN.match(data):
        return list(decoders.many.decode(data))
    try:
        return [decoders.one.decode(data)]
    except msgspec.DecodeError:
        return list(decoders.one.decode_lines(data))


def _is_document(line: bytes, decoders: Decoders) -> bool:
    try:
        decoders.one.decode(line)
    except UNDECODABLE:
        return False
    return True


def _line_pieces(file: BinaryIO, data: bytes, decoders: Decoders) -> Iterator[Piece]:
    number = 0
    while data:
        block = file.read(PIECE)
        end = data.rfind(b"\n") + 1 if block else len(data)
        documents = decoders.one.decode_lines(data[:end])
        yield Piece(documents, number)
        number += len(documents)
        data = data[end:] + block


def _list_pieces(
    file: BinaryIO, data: bytes, opening: re.Match[bytes], key: bytes, decoders: Decoders
) -> Iterator[Piece]:
    """One list some records at a time, each time closed as the whole is: `{"log_entries": [` … `]}`.

    Where a record ends is not guessed: what is cut within one does not decode, and more is read.
    """
    head, name = opening[0], opening[1].decode() if opening[1] else ""
    close = b"]}" if name else b"]"
    data = data[opening.end() :]
    count = 0
    while block := file.read(max(PIECE, len(data))):
        for end in _ends(data, key):
            documents = _decoded(head + data[:end].rstrip(b" \t\r\n,") + close, decoders, name)
            if documents:
                yield _list_piece(documents, name, count)
                count += len(getattr(documents[0], name)) if name else len(documents)
                data = data[end:]
                break
        data += block
    yield _list_piece(_one_or_many(head + data, decoders, name), name, count)


def _list_piece(documents: list[Any], name: str, count: int) -> Piece:
    return Piece(documents, begins={name: count}, alone=True) if name else Piece(documents, count)


def _one_or_many(data: bytes, decoders: Decoders, name: str) -> list[Any]:
    """The page that holds the list `name`, or where there is no name the elements of the list."""
    return [decoders.one.decode(data)] if name else list(decoders.many.decode(data))


def _decoded(data: bytes, decoders: Decoders, name: str) -> list[Any]:
    """The same; nothing where it does not decode, or where the page holds another list too."""
    try:
        documents = _one_or_many(data, decoders, name)
    except UNDECODABLE:
        return []
    is_alone = not name or sum(getattr(documents[0], other) is not None for other in LISTS) == 1
    return documents if is_alone else []


def _ends(data: bytes, key: bytes) -> Iterator[int]:
    """Where the last records in `data` may begin, by the key they begin with; the last first."""
    begin = len(data)
    for _ in range(_TRIES):
        begin = data.rfind(key, 0, begin)
        if begin <= 0:
            return
        if _COMMA_BEFORE.search(data, max(0, begin - 200), begin):
            yield begin


# --- documents to records -----------------------------------------------------------------------


def _page_runs(document: Document, page: str, begins: Mapping[str, int]) -> list[Run | Problem] | None:
    """What a page holds; None for a document that is none."""
    runs: list[Run | Problem] = []
    is_page = False
    for name, what in LISTS.items():
        records = getattr(document, name)
        is_page = is_page or records is not None
        if what == "message":
            runs += _message_runs(records or (), f"{page}{name}", begins.get(name, 0))
        elif records:
            runs.append(Run(f"{page}{name}", begins.get(name, 0), what, records))
    return runs if is_page else None


def _single_run(document: Document, prefix: str, number: int) -> Iterator[Run | Problem]:
    """A record or webhook in its envelope, or without one."""
    delivery = document.detail or document
    if event := delivery.event or _bare_event(document):
        yield Run(prefix, number, "event", [event])
    elif delivery.messages is not None:
        yield from _message_runs(delivery.messages, f"{prefix}{number}/messages", 0)
    elif document.record is not None:
        yield from _bare_runs(prefix, number, [document.record.data])
    elif single := _single(document):
        yield Run(prefix, number, *single)
    elif document.id is None and document.type is None and document.user is not None:
        return  # who somebody is tells of nothing that happened
    else:
        yield from _bare_runs(prefix, number, [document])


def _bare_event(document: Document) -> Event | None:
    if document.event_type is None:
        return None
    return Event(document.id, document.event_type, document.occurred_at, document.agent, document.data)


def _single(document: Document) -> tuple[str, list[Record]] | None:
    for what in LISTS.values():
        if isinstance(record := getattr(document, what, None), Record):
            return what, [record]
    return None


def _bare_runs(prefix: str, begin: int, records: Sequence[Record]) -> Iterator[Run | Problem]:
    """Records without a list that would say what they are."""
    for what, alike in groupby(records, _what):
        run = list(alike)
        if what:
            yield Run(prefix, begin, what, run)
        else:
            yield from (Problem(f"{prefix}:{begin + n}", _NOT_OURS) for n in range(len(run)))
        begin += len(run)


def _message_runs(messages: Sequence[Message], place: str, begin: int) -> Iterator[Run | Problem]:
    """Webhooks of versions 1 and 2; the log entries in one are the records, where it has any."""
    for number, message in enumerate(messages, begin):
        for entry in message.log_entries or ():
            entry.incident = entry.incident or message.incident  # type: ignore[assignment]
        if message.log_entries:
            yield Run(f"{place}:{number}/log_entries", 0, "log_entry", message.log_entries)
        else:
            yield Run(place, number, "message", [message])


def _what(record: Record) -> str:
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
    if record.message is not None and record.sender is not None:
        return "status_update"
    return "other" if record.created_at and kind else ""


def _is_record(value: dict[str, Any]) -> bool:
    """A record of its own: what is nested in one is a reference, or has neither time nor id."""
    if isinstance(value.get("event"), dict):
        return True
    kind = value.get("type")
    is_reference = isinstance(kind, str) and kind.endswith("_reference")
    return isinstance(value.get("id"), str) and "created_at" in value and not is_reference


def _is_message(value: dict[str, Any]) -> bool:
    return "created_on" in value and bool({"log_entries", "data"} & value.keys())


def _is_entry(value: dict[str, Any]) -> bool:
    kind = value.get("type")
    return isinstance(kind, str) and kind.endswith("_log_entry")


_SHAPE: Final = Shape({name: _is_message if name == "messages" else _is_record for name in LISTS})
