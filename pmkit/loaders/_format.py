"""What a loader offers: the formats it reads, told from each other by what a first look at a file shows."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Any, Final, NamedTuple

import pandas as pd

from pmkit.loaders._archive import names_in
from pmkit.loaders._salvage import text_of

_HEAD: Final = 2**16  # bytes of a file that a first look reads
_SMALL: Final = 2**23  # a JSON file up to this size is parsed whole to look at it
_MOST_NAMES: Final = 20_000
_DELIMITERS: Final = ",;\t|"


class Format(NamedTuple):
    """One format of one source.

    Parameters
    ----------
    name : short and stable, as it stands in `evidence.csv`: `slack-export`
    source : the system it comes from, one of `pmkit.schema.SOURCES`
    title : what to call it to people: "a Slack export"
    recognise : whether a file is of this format, from a first look; never raises
    load : path and options → the events frame
    options : names of the options `load` takes: `zone`, `columns`, `pattern`, `at`, …
    find_incompleteness : what the file itself shows to be missing, in one sentence; "" if nothing
    if_empty : what to tell people where it gave no events
    root : only where the files of an export make sense together: in a folder, where the export begins
    companions : names of files that go with its pages, because they hold the names
    """

    name: str
    source: str
    title: str
    recognise: Callable[[Glimpse], bool]
    load: Callable[..., pd.DataFrame]
    options: tuple[str, ...] = ()
    find_incompleteness: Callable[[str | Path], str] = lambda _: ""
    if_empty: str = ""
    root: Callable[[Path], Path] | None = None
    companions: tuple[str, ...] = ()


class Glimpse:
    """A first look at a file or folder; what is looked at is read once, whoever asks."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)

    @classmethod
    def inside(cls, name: str, data: bytes) -> Glimpse:
        """A first look at a small file that lies inside another."""
        glimpse = cls(name)
        glimpse.head = data[:_HEAD]
        glimpse.document = _parsed(text_of(data).lstrip())
        return glimpse

    @property
    def suffix(self) -> str:
        """The ending of its name in small letters, as `.json`."""
        return self.path.suffix.lower()

    @cached_property
    def head(self) -> bytes:
        """The first bytes of a file; of a folder none."""
        try:
            with self.path.open("rb") as file:
                return file.read(_HEAD)
        except OSError:
            return b""

    @cached_property
    def text(self) -> str:
        """The beginning of a text file; "" for anything else."""
        if self.head.startswith((b"\xff\xfe", b"\xfe\xff")):
            return text_of(self.head[: len(self.head) // 2 * 2])
        return "" if b"\0" in self.head else text_of(self.head)

    @cached_property
    def document(self) -> Any:
        """A JSON file as a value: the whole one, or the first line of JSON Lines; else None.

        Of a large file that is a list, its first element in a list.
        """
        text = self.text.lstrip()
        with suppress(OSError):
            if len(self.head) == _HEAD and text.startswith(("{", "[")) and self.path.stat().st_size <= _SMALL:
                text = text_of(self.path.read_bytes()).lstrip()
        return _parsed(text)

    @property
    def first(self) -> Any:
        """The document, or its first element where it is a list."""
        document = self.document
        return document[0] if isinstance(document, list) and document else document

    @property
    def keys(self) -> set[str]:
        """The keys of `first`, if it is an object."""
        return set(self.first) if isinstance(self.first, dict) else set()

    @cached_property
    def header(self) -> list[str]:
        """The cells of the first line of a CSV, without blanks around them; [] where it is none."""
        lines = self.text.split("\n", 2)
        line = lines[1] if lines[0].startswith("sep=") and len(lines) > 1 else lines[0]
        if not line.strip() or line.lstrip().startswith(("{", "[", "<")):
            return []
        delimiter = max(_DELIMITERS, key=line.count)
        try:
            cells = next(csv.reader(io.StringIO(line), delimiter=delimiter))
        except (csv.Error, StopIteration):
            return []
        return [cell.strip() for cell in cells] if len(cells) > 1 else []

    @cached_property
    def members(self) -> list[str]:
        """The names inside a zip or folder, `/` between folders; [] for any other file."""
        if self.path.is_dir():
            files = (file for file in self.path.rglob("*") if file.is_file())
            names = (file.relative_to(self.path).as_posix() for file, _ in zip(files, range(_MOST_NAMES)))  # noqa: B905
            return sorted(names)
        return names_in(self.path) if self.head.startswith(b"PK") else []


def _parsed(text: str) -> Any:
    if not text.startswith(("{", "[")):
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return _first_value(text)


def _first_value(text: str) -> Any:
    """The first whole object in text that is cut short or damaged, in a list if the text is one."""
    begin = text.find("{")
    if begin < 0:
        return None
    try:
        value, _ = json.JSONDecoder().raw_decode(text, begin)
    except (ValueError, RecursionError):
        return None
    return [value] if text.startswith("[") else value
