"""How wide each column of a printed table is, and where its long words may break."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from pmkit.export.document import Cell, Column, Table, plain
from pmkit.export.fonts import Ruler

PORTRAIT: Final = 482.0  # points between the margins of an A4 page
LANDSCAPE: Final = 728.0
SIZES: Final = (8.8, 8.2, 7.6)  # of a table's text, in points, the one that fits first
MONO_SCALE: Final = 0.88  # the monospaced face looks larger than the other at the same size
GAP: Final = 10.0  # between the words of neighbouring columns
_LEAST: Final = {"narrow": 6.0, "normal": 9.0, "wide": 16.0}  # em that a column never gives up
_LONGEST: Final = {"narrow": 13.0, "normal": 12.0, "wide": 12.0}  # em of a word kept in one piece
_SOFT: Final = "\u200b"
_JOINTS: Final = re.compile(r"(?<=[/\\._\-:=&?,;|@#])(?=[^\s/\\._\-:=&?,;|@#])")


@dataclass(frozen=True)
class Layout:
    """The size of a table's text and its columns' widths, in points."""

    size: float
    widths: tuple[float, ...]
    landscape: bool = False


def lay_out(table: Table, ruler: Ruler) -> Layout:
    """Portrait if the words fit at a readable size, else landscape."""
    if not table.columns:
        return Layout(SIZES[0], ())
    least, most = _needs(table, ruler)
    all_short = len(table.columns) <= 4 and all(c.width != "wide" for c in table.columns)
    for room, landscape in ((PORTRAIT, False), (LANDSCAPE, True)):
        for size in SIZES:
            free = room / size - GAP / size * (len(least) - 1)
            if sum(least) <= free:
                widths = _shared(least, most, free, all_short=all_short)
                return Layout(size, tuple(round(w * size, 2) for w in widths), landscape)
    # too many columns even so: share the landscape page by need, words will break
    size = SIZES[-1]
    free = LANDSCAPE / size - GAP / size * (len(least) - 1)
    scale = max(free, 1.0) / sum(least)
    return Layout(size, tuple(round(width * scale * size, 2) for width in least), True)


def _needs(table: Table, ruler: Ruler) -> tuple[list[float], list[float]]:
    """For each column the least width that keeps its words whole, and the width for one line."""
    least, most = [], []
    for place, column in enumerate(table.columns):
        words = [ruler.length(word, bold=True) for word in column.label.split()]
        lines = [ruler.length(column.label, bold=True)]
        for row in table.rows:
            cell = row[place]
            extra = 1.2 if cell.badge else 0.0
            size = MONO_SCALE if cell.mono else 1.0
            for text, mono, scale in ((plain(cell.children), cell.mono, size), (cell.note, False, 0.92)):
                for line in text.split("\n"):
                    lines.append(scale * ruler.length(line, mono=mono) + extra)
                    words += [scale * ruler.length(word, mono=mono) + extra for word in line.split()]
        longest = max(words, default=0.0)
        whole = max(lines, default=0.0)
        limit = _LONGEST[column.width]
        kept = max([word for word in words if word <= limit], default=0.0)
        narrow = column.width == "narrow" and whole <= limit
        floor = whole if narrow else max(kept, min(longest, limit), min(whole, _LEAST[column.width]))
        least.append(floor + 0.15)
        most.append(max(min(whole, 60.0), floor) + 0.15)
    return least, most


def _shared(least: Sequence[float], most: Sequence[float], free: float, *, all_short: bool) -> list[float]:
    """Give every column its least, then share what is left by how much more it could use."""
    left = free - sum(least)
    wishes = [high - low for low, high in zip(least, most, strict=True)]
    if sum(wishes) <= left:
        if all_short and sum(most) < 0.6 * free:
            return list(most)
        # all fits on single lines: the page is still filled, by the widest columns
        total = sum(most)
        spare = free - total
        heavy = [width if width > 12 else 0.0 for width in most]
        base = sum(heavy) or 0.0
        if not base:
            return [width + spare * width / total for width in most]
        return [width + spare * weight / base for width, weight in zip(most, heavy, strict=True)]
    # the square root keeps one very long column from starving the others
    weights = [wish**0.5 * min(wish, 20.0) ** 0.5 for wish in wishes]
    widths = list(least)
    for _ in range(4):  # what one column does not need goes to the others
        total = sum(weights)
        if left <= 0.01 or total <= 0:
            break
        for place, weight in enumerate(weights):
            widths[place] += left * weight / total
        left = 0.0
        for place, high in enumerate(most):
            if widths[place] > high:
                left += widths[place] - high
                widths[place], weights[place] = high, 0.0
    return widths


def breakable(text: str, room: float, ruler: Ruler, *, mono: bool = False) -> str:
    """The text with soft breaks in words longer than `room` em: at joints first, else anywhere."""
    if ruler.length(text, mono=mono) <= room:
        return text
    return "".join(
        _broken(part, room, ruler, mono) if ruler.length(part, mono=mono) > room else part
        for part in re.split(r"(\s+)", text)
    )


def _broken(word: str, room: float, ruler: Ruler, mono: bool) -> str:
    pieces = []
    for piece in _JOINTS.split(word):
        if ruler.length(piece, mono=mono) > room:
            pieces.append(_SOFT.join(_graphemes(piece)))
        else:
            pieces.append(piece)
    return _SOFT.join(pieces)


def _graphemes(text: str) -> list[str]:
    """Characters, each with the marks and joiners that belong to it."""
    return re.findall(r".(?:[\u0300-\u036f\ufe0e\ufe0f\U0001f3fb-\U0001f3ff]|\u200d.)*", text, re.S)


def rows_that_break(table: Table, layout: Layout, ruler: Ruler) -> list[bool]:
    """For each row, whether it is so tall that it may be parted by the end of a page."""
    return [
        max(
            (
                _height(cell, width / layout.size, ruler)
                for cell, width in zip(row, layout.widths, strict=True)
            ),
            default=1,
        )
        > 24
        for row in table.rows
    ]


def _height(cell: Cell, room: float, ruler: Ruler) -> int:
    text = "\n".join(filter(None, (plain(cell.children), cell.note)))
    return sum(1 + int(ruler.length(line, mono=cell.mono) / max(room, 1.0)) for line in text.split("\n"))


__all__ = ["Column", "Layout", "breakable", "lay_out", "rows_that_break"]
