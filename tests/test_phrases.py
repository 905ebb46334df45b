"""Phrases: one of a thing is one, and a text that is too long is cut to its line."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pmkit.phrases import counted, shorten


def test_one_is_one_and_many_are_many() -> None:
    """With the thousands set apart; none are many."""
    assert [counted(n, "event") for n in (0, 1, 2, 1204)] == [
        "0 events",
        "1 event",
        "2 events",
        "1,204 events",
    ]


@given(st.text(), st.integers(1, 40))
def test_a_line_is_never_longer_than_it_may_be(text: str, most: int) -> None:
    """What fits stays word for word; of what does not the beginning stays, and … says so."""
    line = shorten(text, most)
    whole = " ".join(text.split())
    assert len(line) <= most
    assert line == whole if len(whole) <= most else whole.startswith(line.removesuffix("…").rstrip())
