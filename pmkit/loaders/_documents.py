"""JSON files as records: pages, lists, lines and records in records, each with its place; damage stays local.

A whole file is read at once. A damaged one is read again key by key and element by element: what can be read
is, and what cannot stands in its place as a `Damage` that says why.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any, Final, NamedTuple

import pandas as pd

from pmkit.errors import EvidenceError
from pmkit.loaders._archive import READ_ERRORS, Member, open_members
from pmkit.loaders._format import Glimpse
from pmkit.loaders._frame import rows_to_events
from pmkit.loaders._salvage import MOST_REREADING, CarefulReader, clean_json, text_of

SUFFIXES: Final = (".json", ".jsonl", ".ndjson")

MOST_WRAPS: Final = 3  # a record in an envelope in an envelope
_COUNTS_PER_READ: Final = 64  # characters in which lines are counted while one is read
_SPACE: Final = re.compile(r"[\s,]*")
_KEY: Final = re.compile(r'"((?:[^"\\\x00-\x1f]|\\.)*)"\s*:\s*')
_LIST_END: Final = re.compile(r"\]\s*(?:[,}\]]|\Z)")
_DOCUMENTS_END: Final = re.compile(r"\]\s*(?:[\[{]|\Z)")
_DOCUMENT_END: Final = re.compile(r"[\s,]*(?:[\[{]|\Z)")
_NEXT_DOCUMENT: Final = re.compile(r"^(?=[{\[])", re.MULTILINE)
_TOO_MUCH: Final = "too much of the file is damaged"
_HALF_CHARACTER: Final = re.compile(r"\\u[dD][89a-fA-F]")

IsRecord = Callable[[dict[str, Any]], bool]
Row = dict[str, Any]


class Shape(NamedTuple):
    """How the JSON of a source holds its records.

    Parameters
    ----------
    pages : the lists of a page, and what tells a record of that list
    inner : the lists inside a record that hold records too, and what tells one of those
    wrappers : keys under which a single record, or a page, stands

    A list deeper inside is named by its path, as `status.history`. What tells a record is asked only where
    reading must go on after damage.
    """

    pages: Mapping[str, IsRecord]
    inner: Mapping[str, IsRecord] = {}
    wrappers: tuple[str, ...] = ()


class Found(NamedTuple):
    """A record and where it stands, or why it could not be read; then `record` is what is left of it."""

    place: str
    list: str  # the list it stands in; "" for a document by itself
    record: dict[str, Any]
    problem: str = ""
    around: tuple[dict[str, Any], ...] = ()  # page and records it stands in, the outermost first


class Damage(NamedTuple):
    """What could not be read: why, what is left of it, and whether a `Damage` inside tells the same."""

    problem: str
    rest: dict[str, Any]
    is_told_inside: bool = False


def load_records(
    source: str, path: str | Path, shape: Shape, to_row: Callable[[Found], Row | None]
) -> pd.DataFrame:
    """The records of a file or folder as events: one row for each, cause before effect within one time.

    `to_row` gives the columns of a record, or None where it is none. It may add `updated`: of several copies
    of one record the one updated last stays, and its `ref` names all of them. A `ValueError` it raises says
    why the record cannot be read.
    """
    path = Path(path)
    rows, problems = [], []
    for found in read_records(path, shape):
        try:
            if found.problem:
                raise ValueError(found.problem)
            row = to_row(found)
        except ValueError as error:
            problems.append((found.place, str(error)))
        else:
            if row is not None:
                rows.append(row | {"ref": f"{path.name}#{found.place}", "depth": found.place.count("/")})
    return events_of(source, path, rows, problems)


def events_of(source: str, path: Path, rows: Iterable[Row], problems: list[tuple[str, str]]) -> pd.DataFrame:
    """The rows as events, each record once; then a row for each of `problems`, a place and a reason."""
    return rows_to_events(source, path.name, in_order(fold(rows)), problems)


def read_records(path: Path, shape: Shape) -> Iterator[Found]:
    """Every record of a file or folder, in order; an unreadable one with the reason.

    Raises `EvidenceError` when there is no such file.
    """
    for member in _files(path):
        prefix = f"{member.name}/" if member.name else ""
        try:
            text = "" if member.problem else text_of(member.read())
        except READ_ERRORS as error:
            yield Found(prefix, "", {}, f"cannot be read: {error}")
            continue
        if member.problem:
            yield Found(prefix, "", {}, member.problem)
        yield from _records_of(text, prefix, shape)


def read_pages(path: Path, shape: Shape) -> Iterator[dict[str, Any]]:
    """The objects that hold the lists of records, such as `{"incidents": […], "total": 240}`."""
    for member in _files(path):
        try:
            text = "" if member.problem else text_of(member.read())
        except READ_ERRORS:
            continue
        for value in _documents(text, shape)[0]:
            rest = _parts(value)[0]
            yield rest
            yield from (inner for name in shape.wrappers if (inner := _parts(rest.get(name))[0]))


def first_record(glimpse: Glimpse, shape: Shape) -> Found | None:
    """The first record of a file, or of a folder's first JSON file, from a first look; None without one."""
    if glimpse.path.is_dir():
        names = [name for name in glimpse.members if name.endswith(SUFFIXES)]
        return first_record(Glimpse(glimpse.path / names[0]), shape) if names else None
    if not glimpse.text.lstrip().startswith(("{", "[")):
        return None
    if glimpse.document is not None:
        values = glimpse.document if isinstance(glimpse.document, list) else [glimpse.document]
        found = _of_documents(values, "", shape, alone=True)
    else:
        found = _records_of(glimpse.text, "", shape)
    return next((record for record in found if record.record), None)


def fold(rows: Iterable[Row]) -> list[Row]:
    """Each record once, in its first place; the copy updated last stays and its `ref` names every copy."""
    copies: dict[str, list[Row]] = {}
    for row in rows:
        # Tables list ids with a space between.
        copies.setdefault("_".join(row["event_id"].split()), []).append(row)
    folded = []
    for event_id, same in copies.items():
        *others, latest = sorted(same, key=lambda row: row.get("updated") or "")
        refs = " | ".join(row["ref"] for row in (latest, *others))
        folded.append(latest | {"event_id": event_id, "ref": refs})
    return folded


def in_order(rows: list[Row]) -> list[Row]:
    """The rows so that a stable sort by time leaves cause before effect.

    What stands inside a record follows it; and a list that stands newest first is turned round.
    """
    times = [row["time"] for row in rows]
    falling = sum(a > b for a, b in pairwise(times))
    rising = sum(a < b for a, b in pairwise(times))
    ordered = rows[::-1] if rising <= falling else rows
    return sorted(ordered, key=lambda row: row.get("depth", 0))


# What stands in a record


def text_in(value: Any, *path: str) -> str:
    """The text or number at that place of a record, as text; "" where there is none."""
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    if isinstance(value, str):
        return value.strip()
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""


def object_in(value: Any, *path: str) -> dict[str, Any]:
    """The object at that place of a record; {} where there is none."""
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def list_in(value: Any, *path: str) -> list[Any]:
    """The list at that place of a record; [] where there is none."""
    found = object_in(value, *path[:-1]).get(path[-1])
    return found if isinstance(found, list) else []


def url_in(value: Any, *path: str) -> str:
    """The web address at that place of a record; "" for anything a click could run."""
    url = text_in(value, *path)
    return url if url.startswith(("https://", "http://")) else ""


def joined(*parts: str, by: str = ", ") -> str:
    """The parts that say something, one after another."""
    return by.join(part for part in parts if part)


# Files to documents


def _files(path: Path) -> list[Member]:
    if path.is_file():
        return [Member("", path.read_bytes)]
    if not path.is_dir():
        raise EvidenceError(path, "", "there is no such file.")
    with open_members(path, SUFFIXES) as members:
        return members


def _records_of(text: str, prefix: str, shape: Shape) -> Iterator[Found]:
    values, alone = _documents(text, shape)
    yield from _of_documents(values, prefix, shape, alone=alone)


def _documents(text: str, shape: Shape) -> tuple[list[Any], bool]:
    """The documents of a file, the elements of a list or one after another, and whether it is one alone."""
    reader = CarefulReader(len(text))
    start = _skip(text, 0)
    if start == len(text):
        return [], True
    value, end, problem = reader.read(text, start, element=False)
    if end is None or problem or text[end:].strip():
        return _salvaged(text, shape)
    if _HALF_CHARACTER.search(text):
        value = json.loads(clean_json(value))
    return (value, False) if isinstance(value, list) else ([value], True)


def _salvaged(text: str, shape: Shape) -> tuple[list[Any], bool]:
    """The documents of a file that is damaged, or that holds several one after another."""
    lines = [line for line in text.split("\n") if line.strip()]
    whole = [line.startswith("{") and line.rstrip().endswith("}") for line in lines]
    if len(lines) > 1 and 2 * sum(whole) > len(lines):
        return [value for line in lines for value in _Salvage(line, shape).documents()], False
    values = list(_Salvage(text, shape).documents())
    return values, len(values) == 1 and not text.lstrip().startswith("[")


class _Read(NamedTuple):
    """A value, where it ends (None where that is lost), what is wrong in it, how far reading came."""

    value: Any
    end: int | None
    problem: str
    reached: int


class _Salvage:
    """Reads damaged JSON as far as it is sound, and goes on where the next record surely begins."""

    def __init__(self, text: str, shape: Shape) -> None:
        self.text, self.shape = text, shape
        self.reader = CarefulReader(len(text))
        self.characters_left = MOST_REREADING * len(text) + 10_000

    def documents(self) -> Iterator[Any]:
        """The documents one after another; of a list, its elements."""
        start = _skip(self.text, 0)
        while start < len(self.text):
            if self.characters_left < 0:
                yield Damage(f"characters {start} to {len(self.text)}: {_TOO_MUCH}", {})
                return
            read = self._sound(start, element=False)
            if self.text[start] not in "[{":
                end = self._next_document(start + 1)
                expected = "expected an object or a list"
                yield Damage(f"characters {start} to {end}: {expected}", {})
                read = read._replace(end=end)
            elif read.end is not None and not read.problem and _DOCUMENT_END.match(self.text, read.end):
                yield from read.value if isinstance(read.value, list) else [read.value]
            elif self.text[start] == "[":
                read = self._list_at(start, "")
                yield from read.value
            else:
                read = self._object_at(start, read.problem, self._inside(""))
                yield read.value
            end = self._next_document(max(read.reached, start + 1)) if read.end is None else read.end
            start = _skip(self.text, end)

    def _list_at(self, start: int, name: str) -> _Read:
        """The elements of a list of records."""
        values: list[Any] = []
        problem = ""
        position = start + 1
        ends = _LIST_END if name else _DOCUMENTS_END
        while True:
            position = _skip(self.text, position)
            if ends.match(self.text, position):
                return _Read(values, position + 1, problem, position)
            if position >= len(self.text):
                values.append(Damage("the file ends before its list does; export it again", {}))
                return _Read(values, None, "cut short", position)
            element = self._sound(position)
            if self._is_outside(element.value, name):
                return _Read(values, None, "not closed", position)
            if element.end is None or element.problem:
                element = self._element_at(position, element.problem, name)
            values.append(element.value)
            problem = problem or element.problem
            if element.end is None:
                return _Read(values, None, problem, len(self.text))
            position = element.end

    def _element_at(self, start: int, problem: str, name: str) -> _Read:
        """A damaged element; it ends where the next record begins."""
        read = _Read(Damage(problem, {}), None, problem, start)
        if self.text[start] == "{":
            read = self._object_at(start, problem, self._inside(name))
        if read.end is not None:
            damage = read.value
            if isinstance(damage, Damage) and not damage.is_told_inside:
                span = f"characters {start} to {read.end}"
                read = read._replace(value=damage._replace(problem=f"{span}: {damage.problem}"))
            return read
        # Not from where reading came to: a text that lost its end has swallowed the brace of the next record.
        following = None if self.characters_left < 0 else self._next_record(start + 1, name)
        span = f"characters {start} to {following or len(self.text)}: {problem}"
        return read._replace(value=read.value._replace(problem=span), end=following)

    def _object_at(self, start: int, said: str, inside: _Inside) -> _Read:
        """An object, key by key; `said` is what is wrong with it as a whole."""
        rest: dict[str, Any] = {}
        problem, is_told = "", False
        position = start + 1
        while True:
            position = _skip(self.text, position)
            if self.text.startswith("}", position):
                problem = problem or ("" if is_told else said)
                return _Read(Damage(problem, rest) if problem else rest, position + 1, said, position)
            key = _KEY.match(self.text, position)
            if key is None:
                return _Read(Damage(said, rest), None, said, position)
            name, read = key[1], self._value_at(key.end(), inside, key[1])
            if name in rest:
                problem, rest[name] = f"duplicate key {name!r}", None
            elif read.problem and read.value is None:
                problem = problem or read.problem
            else:
                rest[name] = read.value
                is_told = is_told or bool(read.problem)
            if read.end is None:
                return _Read(Damage(said, rest, is_told), None, said, read.reached)
            position = read.end

    def _value_at(self, position: int, inside: _Inside, name: str) -> _Read:
        """The value of a key: part by part where records may be in it, else as a whole or not at all."""
        path, deeper = inside.path_of(name), inside.at(name)
        if path in inside.lists and self.text.startswith("[", position):
            return self._list_at(position, path)
        read = self._sound(position, element=False)
        if read.end is not None and not read.problem:
            return read
        if deeper is None or not self.text.startswith("{", position):
            return read._replace(value=None)
        read = self._object_at(position, read.problem, deeper)
        is_record = not deeper.path
        lost = isinstance(read.value, Damage) and not (is_record or read.value.is_told_inside)
        return read._replace(value=None) if lost and read.end is not None else read

    def _sound(self, position: int, *, element: bool = True) -> _Read:
        """What stands there if all of it is sound; else the reason why it is not."""
        if self.characters_left < 0:
            return _Read(None, None, _TOO_MUCH, position)
        value, end, problem = self.reader.read(self.text, position, element=element)
        if end is None:
            # To say in which line it failed, json counts the lines before it.
            counted = self.reader.reached // _COUNTS_PER_READ
            self.characters_left -= max(self.reader.reached - position, 0) + counted
        elif not problem and isinstance(value, dict) and self._holds_outside(value):
            problem = "a list in it is not closed"
        is_sound = end is not None and not problem
        return _Read(_cleaned(value) if is_sound else value, end, problem, position)

    def _inside(self, name: str) -> _Inside:
        """The inside of an element of the list `name`; of a document where that is ""."""
        if name in self.shape.inner:
            return _Inside("", ())
        if name:
            return _Inside("", tuple(self.shape.inner))
        return _Inside("", (*self.shape.pages, *self.shape.inner), self.shape.wrappers)

    def _next_document(self, position: int) -> int:
        """Where a line begins one, or the next record does."""
        line = _NEXT_DOCUMENT.search(self.text, position)
        starts = (line.start() if line else None, self._next_record(position, ""))
        return min((start for start in starts if start is not None), default=len(self.text))

    def _is_outside(self, value: Any, name: str) -> bool:
        """Whether what stands in an inner list is a record of the list around it, which was not closed."""
        tell = self.shape.inner.get(name)
        if tell is None or not isinstance(value, dict) or tell(value):
            return False
        return _is_record(value, self.shape)

    def _holds_outside(self, value: dict[str, Any]) -> bool:
        lists = {path: _list_at(value, path) for path in self.shape.inner}
        return any(self._is_outside(one, path) for path, values in lists.items() for one in values or ())

    def _next_record(self, position: int, name: str) -> int | None:
        """Where the next record begins, of this list or of one around it."""
        inner = self.shape.inner.get(name, _never)
        while position and self.text[position - 1].isspace():
            position -= 1
        return self.reader.find_record(
            self.text,
            position - 1,
            lambda value: (
                isinstance(value, dict)
                and (
                    inner(value)
                    or _is_record(value, self.shape)
                    or (not name and _is_page(value, self.shape))
                )
            ),
        )


class _Inside(NamedTuple):
    """Where an object stands: its path in the document or record, and the lists that may be in it."""

    path: str
    lists: tuple[str, ...]
    wrappers: tuple[str, ...] = ()
    wraps: int = MOST_WRAPS

    def at(self, name: str) -> _Inside | None:
        """The same of the object at its key `name`; None where no list can be."""
        if not self.path and self.wraps and name in self.wrappers:
            return self._replace(wraps=self.wraps - 1)
        path = self.path_of(name)
        deeper = any(other.startswith(f"{path}.") for other in self.lists)
        return self._replace(path=path) if deeper else None

    def path_of(self, name: str) -> str:
        """The path of its key `name`."""
        return f"{self.path}.{name}" if self.path else name


def _skip(text: str, position: int) -> int:
    match = _SPACE.match(text, position)
    return match.end() if match else position


def _cleaned(value: Any) -> Any:
    """Half of a surrogate pair, which is no character, becomes U+FFFD."""
    return json.loads(clean_json(value))


# Documents to records


def _parts(value: Any) -> tuple[dict[str, Any], str, bool]:
    """What can be read of a value, what is wrong with it, and whether something inside tells that."""
    if isinstance(value, Damage):
        return value.rest, value.problem, value.is_told_inside
    if isinstance(value, dict):
        return value, "", False
    return {}, f"expected an object, found {type(value).__name__}", False


def _of_documents(values: list[Any], prefix: str, shape: Shape, *, alone: bool) -> Iterator[Found]:
    for number, value in enumerate(values):
        page = prefix if alone else f"{prefix}{number}/"
        yield from _of_document(value, f"{prefix}:{number}", page, shape, ())


def _of_document(
    value: Any, place: str, page: str, shape: Shape, around: tuple[dict[str, Any], ...]
) -> Iterator[Found]:
    record, problem, is_told = _parts(value)
    lists = {path: values for path in shape.pages if (values := _list_at(record, path)) is not None}
    wrapped = next((name for name in shape.wrappers if isinstance(record.get(name), dict | Damage)), None)
    is_envelope = wrapped is not None and not _is_record(record, shape) and len(around) < MOST_WRAPS
    if not lists and not is_envelope:
        yield from _of_record(value, place, "", shape, around)
        return
    if problem and not is_told:
        yield Found(place, "", {}, problem, around)
    for path, values in lists.items():
        for number, element in enumerate(values):
            yield from _of_record(element, f"{page}{path}:{number}", path, shape, (*around, record))
    if not lists and wrapped is not None:
        yield from _of_document(record[wrapped], place, page, shape, (*around, record))


def _of_record(
    value: Any, place: str, name: str, shape: Shape, around: tuple[dict[str, Any], ...]
) -> Iterator[Found]:
    record, problem, _ = _parts(value)
    yield Found(place, name, record, problem, around)
    for path in shape.inner if name not in shape.inner else ():
        for number, element in enumerate(_list_at(record, path) or ()):
            yield from _of_record(element, f"{place}/{path}:{number}", path, shape, (*around, record))


def _is_record(value: dict[str, Any], shape: Shape) -> bool:
    return any(tell(value) for tell in shape.pages.values())


def _is_page(value: dict[str, Any], shape: Shape) -> bool:
    return any(_list_at(value, path) is not None for path in shape.pages)


def _never(_: dict[str, Any]) -> bool:
    return False


def _list_at(record: dict[str, Any], path: str) -> list[Any] | None:
    *names, last = path.split(".")
    for name in names:
        record = _parts(record.get(name))[0]
    values = record.get(last)
    return values if isinstance(values, list) else None
