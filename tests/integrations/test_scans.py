"""Lists that change while they are read: what was there all the while is never passed over."""

from __future__ import annotations

import random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from pmkit.integrations.scans import read_by_offset, read_by_token


class Moving:
    """A list whose rows leave, and that grows at its end, before every page."""

    def __init__(self, count: int, seed: int, leaving: float, arriving: float) -> None:
        self.rows = [{"id": n} for n in range(count)]
        self.chance = random.Random(seed)
        self.leaving, self.arriving, self.made = leaving, arriving, count

    def move(self) -> None:
        while self.rows and self.chance.random() < self.leaving:
            self.rows.pop(self.chance.randrange(len(self.rows)))
        if self.chance.random() < self.arriving:
            self.rows.append({"id": self.made})
            self.made += 1

    def by_offset(self, offset: int, _: int) -> tuple[list[Any], bool]:
        self.move()
        return self.rows[offset : offset + 10], offset + 10 < len(self.rows)

    def by_token(self, token: str, _: int) -> tuple[list[Any], str]:
        self.move()
        begin = int(token or 0)
        return self.rows[begin : begin + 10], str(begin + 10) if begin + 10 < len(self.rows) else ""


LISTS = {
    "count": st.integers(0, 80), "seed": st.integers(0, 10_000),
    "leaving": st.sampled_from([0.0, 0.1, 0.4, 0.8]), "arriving": st.sampled_from([0.0, 0.2]),
}  # fmt: skip


@settings(max_examples=50)
@given(**LISTS)
def test_by_offset_nothing_that_stayed_is_lost(
    count: int, seed: int, leaving: float, arriving: float
) -> None:
    """Where rows leave, the reader steps back until its pages hang together, or says that it could not."""
    moving = Moving(count, seed, leaving, arriving)
    scan = read_by_offset(moving.by_offset, lambda row: row["id"], limit=10)
    stayed = {row["id"] for row in moving.rows if row["id"] < count}
    assert scan.problem or stayed <= set(scan.rows)


@settings(max_examples=50)
@given(**LISTS)
def test_by_token_nothing_that_stayed_is_lost(count: int, seed: int, leaving: float, arriving: float) -> None:
    """A list is read until two readings agree, or it is said that none did."""
    moving = Moving(count, seed, leaving, arriving)
    scan = read_by_token(moving.by_token, lambda row: row["id"])
    stayed = {row["id"] for row in moving.rows if row["id"] < count}
    assert scan.problem or stayed <= set(scan.rows)


def test_a_quiet_list_is_read_without_a_word() -> None:
    """No problem is invented, and a list of one page is read once."""
    for count in (0, 9, 10, 11, 55):
        moving = Moving(count, 0, 0.0, 0.0)
        assert len(read_by_offset(moving.by_offset, lambda row: row["id"], limit=10).rows) == count
        scan = read_by_token(moving.by_token, lambda row: row["id"])
        assert (len(scan.rows), scan.problem) == (count, "")


def test_a_list_that_goes_on_behind_what_pages_reach_is_told() -> None:
    """Offsets end somewhere; what lies behind is not passed over in silence."""
    moving = Moving(80, 0, 0.0, 0.0)
    scan = read_by_offset(moving.by_offset, lambda row: row["id"], limit=10, most=40)
    assert "goes on behind record 40" in scan.problem


def test_pages_in_a_circle_are_told() -> None:
    """A token that comes again ends the reading, with the reason."""
    tokens = {"": "a", "a": "b", "b": "a"}
    scan = read_by_token(lambda token, _: ([{"id": token}], tokens[token]), lambda row: row["id"])
    assert scan.problem == "its pages lead in a circle"
    assert set(scan.rows) == {"", "a", "b"}
