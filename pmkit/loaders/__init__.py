"""Loaders: the files of one source in, the events frame out. One source, one room.

`recognise` tells the format of a file from its content, `load_evidence` reads it.
"""

from __future__ import annotations

import re
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Final

import pandas as pd

from pmkit.errors import EvidenceError
from pmkit.loaders import (
    deploys,
    drive,
    files,
    firehydrant,
    incident_io,
    jira,
    logs,
    monitoring,
    opsgenie,
    pagerduty,
    slack,
    statuspage,
    table,
    victorops,
)
from pmkit.loaders._archive import READ_ERRORS, is_zip, open_members
from pmkit.loaders._format import Format, Glimpse

# In the order in which they are asked whether a file is theirs: what can be told surely comes first.
FORMATS: Final[tuple[Format, ...]] = (
    *slack.FORMATS,
    *pagerduty.FORMATS,
    *jira.FORMATS,
    *monitoring.FORMATS,
    *deploys.FORMATS,
    *statuspage.FORMATS,
    *opsgenie.FORMATS,
    *incident_io.FORMATS,
    *firehydrant.FORMATS,
    *victorops.FORMATS,
    *drive.FORMATS,
    *logs.FORMATS,
    *files.FORMATS,
    *table.FORMATS,
)


# Sources that take what no system's own loader knows.
ANYTHING: Final = ("table", "file")

# What is looked into in a zip: all but the day files of a chat, of which there are thousands.
_LOOKED_INTO: Final = (".json", ".jsonl", ".ndjson", ".csv", ".xml", ".log", ".txt")
_DAY_FILE: Final = re.compile(r"(?:^|/)\d{4}-\d\d-\d\d\.json$")
_MOST_LOOKED_INTO: Final = 200


def load_evidence(path: str | Path, form: str, **options: object) -> pd.DataFrame:
    """The events of one evidence file (or folder) of the format `form`; columns of `pmkit.schema.EVENTS`.

    `ref` begins with the file's own name; the workspace puts the folder before it. `options` are what people
    said about the file, such as the `zone` of its times.

    Raises `EvidenceError` when there is no such format or the file cannot be used, and its `QuestionError`
    when one option is missing.
    """
    found = format_named(path, form)
    unknown = sorted(set(options) - set(found.options))
    if unknown:
        takes = ", ".join(found.options) or "nothing"
        raise EvidenceError(path, "", f"{found.title} takes no `{unknown[0]}`.", f"It takes {takes}.")
    return found.load(path, **options)


def find_incompleteness(path: str | Path, form: str) -> str:
    """One sentence on what the file itself shows to be missing, for `evidence.csv`; "" if nothing."""
    return format_named(path, form).find_incompleteness(path)


def find_unread(path: str | Path, form: Format) -> str:
    """One sentence on what lies in a zip and is not read, because another system wrote it; "" if nothing."""
    path = Path(path)
    if form.source in ANYTHING or not is_zip(path):
        return ""
    unread: dict[str, list[str]] = {}
    with open_members(path, _LOOKED_INTO) as members:
        sound = (member for member in members if not member.problem and not _DAY_FILE.search(member.name))
        for member in islice(sound, _MOST_LOOKED_INTO):
            with suppress(*READ_ERRORS):
                other = _told(Glimpse.inside(member.name, member.read()))
                if other and other.source not in (form.source, *ANYTHING):
                    unread.setdefault(other.title, []).append(member.name)
    said = [f"{', '.join(names)} ({title})" for title, names in unread.items()]
    return f"not read: {'; '.join(said)}: unpack the zip and add its folder" if said else ""


def recognise(path: str | Path) -> Format | None:
    """The format of a file or folder, told from its content; None when no loader knows it."""
    return _told(Glimpse(path))


def format_named(path: str | Path, name: str) -> Format:
    """The format of that name; `path` is the file it is wanted for. Raises `EvidenceError` for any other."""
    found = next((form for form in FORMATS if form.name == name), None)
    if found is None:
        known = ", ".join(form.name for form in FORMATS)
        raise EvidenceError(path, "", f"there is no format {name!r}.", f"Known: {known}.")
    return found


def _told(glimpse: Glimpse) -> Format | None:
    return next((form for form in FORMATS if form.recognise(glimpse)), None)
