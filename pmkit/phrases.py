"""Small turns of phrase: a count with its noun, and a text cut to a line."""

from __future__ import annotations


def counted(number: int, noun: str) -> str:
    """`1 event`, `1,204 events`."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def shorten(text: str, most: int = 80) -> str:
    """The text on one line, in at most so many characters."""
    words = " ".join(text.split())
    return words if len(words) <= most else words[: most - 1].rstrip() + "…"
