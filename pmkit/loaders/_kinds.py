"""The kinds of records a source has: told apart by their fields, each with its own way to a row."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from pmkit.loaders._documents import Found, Row, text_in
from pmkit.loaders._moments import Instant, read_iso

Read = Callable[[object], Instant]


class Kind(NamedTuple):
    """What tells a record of this kind, and how it becomes a row (None where others tell the same)."""

    tell: Callable[[dict[str, Any]], bool]
    to_row: Callable[[Found, Read], Row | None]


def kind_of(record: dict[str, Any], kinds: Mapping[str, Kind]) -> str:
    """The first kind that a record is; "" for none of them."""
    return next((name for name, kind in kinds.items() if kind.tell(record)), "")


def rows_of(
    kinds: Mapping[str, Kind], path: Path, zone: str | None, *, inner: Iterable[str] = ()
) -> Callable[[Found], Row | None]:
    """What makes a row of a record, by its kind; its times without a zone are of `zone`.

    A record of one of the kinds `inner` is one only inside another record.
    """

    def to_row(found: Found) -> Row | None:
        name = kind_of(found.record, kinds)
        if not name or (name in inner and not found.around):
            raise ValueError("not a record that is known here: its fields do not tell what it is")
        return kinds[name].to_row(
            found, lambda value: read_iso(value, path=path, where=found.place, zone=zone)
        )

    return to_row


def holds(*names: str) -> Callable[[dict[str, Any]], bool]:
    """Tells a record by its fields."""
    return lambda record: all(name in record for name in names)


def id_of(record: dict[str, Any], name: str = "id") -> str:
    """The id of a record, which it must have."""
    found = text_in(record, name)
    if not found:
        raise ValueError(f'no "{name}"')
    return found


def with_asides(text: str, *asides: str) -> str:
    """`text (aside, aside)`, of the asides that say something."""
    aside = ", ".join(aside for aside in asides if aside)
    return f"{text} ({aside})" if aside else text


def moment_text(moment: Instant) -> str:
    """A moment inside a text, as `2026-11-03 14:02:11 UTC`."""
    return f"{datetime.fromtimestamp(moment.time // 10**6, UTC):%Y-%m-%d %H:%M:%S} UTC"


def elsewhere(words: str, value: object, at: Instant, time: Read) -> str:
    """`words` and the moment of `value`, if it is one, and another than `at` by a minute or more."""
    if not isinstance(value, str) or not value.strip():
        return ""
    moment = time(value)
    return f"{words} {moment_text(moment)}" if abs(moment.time - at.time) >= 60 * 10**6 else ""
