"""An official workspace export, or one that slackdump made in its shape: day files in channel folders.

A day file holds a *Pacific* day, so its name never dates a message; `ts` does, to the microsecond, and with
the channel it is the message's identity (https://slack.com/help/articles/220556107).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Final

import pandas as pd

from pmkit.errors import EvidenceError
from pmkit.loaders._archive import READ_ERRORS, Member, open_members
from pmkit.loaders._salvage import MOST_CAREFUL, holds_twin_keys
from pmkit.loaders.slack.columns import Loading, collector_at_rest
from pmkit.loaders.slack.index import Day, Export, read_messages
from pmkit.loaders.slack.stamps import Span

_MOST_TOLD: Final = 3


def load_slack_export(
    path: str | Path,
    *,
    channels: Iterable[str] | None = None,
    start: datetime | str | None = None,
    end: datetime | str | None = None,
) -> pd.DataFrame:
    """The messages of a Slack export as events, sorted by time.

    One row per message, reply, join, topic change …, a second one for the end of a huddle, and one for each
    pinned message at the time it was pinned; then one row `kind="unreadable"` for every record or file that
    cannot be read, with the reason in `text`. A message that stands in the export more than once
    (overlapping exports packed together) is one row in its latest state whose `ref` names every copy, ` | `
    between them: the number of different refs is the number of records. A record that says a key twice is
    unreadable; in an export of more than 32 MB it shows the last value, and `find_incompleteness` names it.

    Parameters
    ----------
    path : the zip as Slack delivers it, or its folder; index files may be missing
    channels : only these, by name (with or without `#`), id or folder
    start, end : only messages with start <= time < end, each with its zone. Day files that cannot
        hold such messages are not opened.

    Returns
    -------
    The columns of `pmkit.schema.EVENTS`. `time` is UTC, exact to the microsecond; ids and `ts` are
    text. `ref` is `<file name>#<member>:<record index>`; `url` is filled when a file link in the
    loaded messages tells the workspace's address.

    Raises
    ------
    EvidenceError : not a Slack export, an unknown channel, or a time without its zone
    """
    path = Path(path)
    span = Span.between(path, start, end)
    with collector_at_rest(), open_members(path, (".json",)) as members:
        export = Export(path, members)
        people = export.people()
        days = export.select(channels, span)
        loading = Loading(path.name, people, export.channel_names())
        carefully = _is_small([day.member for day in days])
        for day in days:
            _read(day, loading, carefully=carefully)
        for found in export.pins(days):
            loading.add_pins(*found)
        for edition in {day.edition for day in days}:
            loading.add_sign(edition, export.taken_at(edition))
        loading.problems += export.problems
        return loading.frame(span)


def _read(day: Day, loading: Loading, *, carefully: bool) -> None:
    place = day.member.name
    try:
        data = day.member.read()
    except READ_ERRORS as error:
        loading.add_problem(place, None, f"cannot be read: {error}")
        return

    def complain(number: int | None, reason: str) -> None:
        loading.add_problem(place, number, reason)

    messages, numbers = read_messages(data, complain, carefully=carefully)
    loading.add(day.channel, place, messages, numbers, edition=day.edition)


def find_incompleteness(path: str | Path) -> str:
    """What the export lacks, as one sentence for a reader of `evidence.csv`; "" when nothing shows."""
    path = Path(path)
    with open_members(path, (".json",)) as members:
        export = Export(path, members)
        days = [member for _, _, member in export.days]
        twins = [] if _is_small(days) else list(_twin_keys(days))
    lacks = []
    if not export.user_indexes:
        lacks.append("no users.json, names come from the messages themselves")
    if not export.channel_indexes:
        lacks.append("no channels.json, folder names stand for channel ids")
    if twins:
        last = "of a key that a record says twice the last value is shown"
        lacks.append(f"{last}: {', '.join(twins[:_MOST_TOLD])}{' …' * (len(twins) > _MOST_TOLD)}")
    return f"incomplete: {'; '.join(lacks)}" if lacks else ""


def _is_small(days: Iterable[Member]) -> bool:
    return sum(member.size for member in days) <= MOST_CAREFUL


def _twin_keys(days: Iterable[Member]) -> Iterator[str]:
    """The records of sound day files that say a key twice: where they stand, and which key it is."""
    for member in days:
        try:
            data = member.read()
        except READ_ERRORS:
            continue
        found: list[tuple[int | None, str]] = []
        if holds_twin_keys(data):
            read_messages(data, lambda *told, found=found: found.append(told))
        yield from (f"{member.name}:{number} ({reason})" for number, reason in found)


def is_export(path: str | Path) -> bool:
    """Whether `path` is a zip or folder that holds `<channel>/<YYYY-MM-DD>.json`."""
    path = Path(path)
    try:
        with open_members(path, (".json",)) as members:
            return bool(Export(path, members).days)
    except EvidenceError:
        return False


def root_of(folder: Path) -> Path:
    """The folder in `folder` where the export begins: the one with its index files, or its channels."""
    with open_members(folder, (".json",)) as members:
        return folder / Export(folder, members).root
