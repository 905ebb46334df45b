from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pmkit.loaders._documents import Found
from pmkit.loaders._kinds import Kind, elsewhere, holds, id_of, kind_of, moment_text, rows_of, with_asides
from pmkit.loaders._moments import Instant, read_iso

KINDS = {
    "big": Kind(holds("id", "size"), lambda found, time: {"what": "big", "at": time(found.record["at"])}),
    "part": Kind(holds("id"), lambda found, time: {"what": "part"}),
}
AT = Instant(1_793_710_931_000_000, "offset")


def read(value: object) -> Instant:
    return read_iso(value, path="x.json")


def test_the_first_kind_that_fits_counts() -> None:
    """A record with more fields than another is asked for first."""
    assert kind_of({"id": 1, "size": 2}, KINDS) == "big"
    assert kind_of({"id": 1}, KINDS) == "part"
    assert kind_of({}, KINDS) == ""


def test_a_kind_that_stands_inside_another_is_none_by_itself() -> None:
    """And what is of no kind is refused in words."""
    to_row = rows_of(KINDS, Path("x.json"), None, inner=("part",))
    assert to_row(Found(":0", "", {"id": 1, "size": 2, "at": "2026-11-03T14:02:11Z"}))["at"].basis == "offset"
    assert to_row(Found(":0/parts:0", "parts", {"id": 1}, around=({"id": 2},))) == {"what": "part"}
    for record in ({"id": 1}, {}):
        with pytest.raises(ValueError, match="not a record that is known here"):
            to_row(Found(":0", "", record))


def test_times_without_a_zone_are_of_the_zone_that_was_named() -> None:
    """`zone` reaches every time that a kind reads."""
    to_row = rows_of(KINDS, Path("x.json"), "Asia/Tokyo")
    row = to_row(Found(":0", "", {"id": 1, "size": 2, "at": "2026-11-03T14:02:11"}))
    assert row["at"].basis == "Asia/Tokyo"


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("2026-11-03T13:02:11Z", "began 2026-11-03 13:02:11 UTC"),
        ("2026-11-03T14:02:40+01:00", ""),
        (None, ""),
        ("", ""),
        (7, ""),
    ],
)
def test_another_moment_is_told_where_there_is_one(value: Any, said: str) -> None:
    """Less than a minute apart two clocks mean the same; nothing is told of what is no text."""
    at = read("2026-11-03T13:02:11Z" if not said else "2026-11-03T12:00:00Z")
    assert elsewhere("began", value, at, read) == said


def test_words_for_people() -> None:
    """Moments in UTC, asides in brackets, and an id that is missing is said to be."""
    assert moment_text(AT) == "2026-11-03 13:02:11 UTC"
    assert with_asides("text", "", "one", "two") == "text (one, two)"
    assert with_asides("text", "") == "text"
    assert id_of({"id": 7}) == "7"
    with pytest.raises(ValueError, match='no "id"'):
        id_of({"id": None})
