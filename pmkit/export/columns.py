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
_RAISED: Final = 0.62  # the size of a raised number
MONO_SCALE: Final = 0.88  # the monospaced face looks larger than the other at the same size
GAP: Final = 10.0  # between the words of neighbouring columns
_LEAST: Final = {"narrow": 5.0, "normal": 7.0, "wide": 11.0}  # em that a column never gives up
_LONGEST: Final = {"narrow": 13.0, "normal": 12.0, "wide": 12.0}  # em of a word kept in one piece
_SOFT: Final = "\u200b"
# Words, blanks, and runs of scripts without blanks: these break by rules of their own, and never before `、`.
_OWN: Final = r"\u3000-\u9fff\uac00-\ud7af\uf900-\uffef"
_WORDS: Final = re.compile(rf"\s+|[{_OWN}]+|[^\s{_OWN}]+")
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
    columns = [_measured(table, place, ruler) for place in range(len(table.columns))]
    least = sum(column.least for column in columns)
    gaps = GAP * (len(columns) - 1)
    all_short = len(columns) <= 4 and all(column.width != "wide" for column in table.columns)
    for room, landscape in ((PORTRAIT, False), (LANDSCAPE, True)):
        for size in SIZES:
            free = (room - gaps) / size
            if least <= free:
                widths = _shared(columns, free, all_short=all_short)
                return Layout(size, tuple(round(width * size, 2) for width in widths), landscape)
    # too many columns even so: share the landscape page by need, words will break
    scale = max(LANDSCAPE - gaps, 1.0) / least
    return Layout(SIZES[-1], tuple(round(column.least * scale, 2) for column in columns), True)


@dataclass(frozen=True)
class _Measured:
    """A column in em: the least that keeps its words whole, its longest line, its lines row by row."""

    least: float
    most: float
    lines: tuple[tuple[float, ...], ...]

    def heights(self, width: float) -> list[int]:
        """How many lines each row takes at this width; words leave a little room at line ends."""
        usable = max(width * 0.95, 1.0)
        return [sum(1 + int(line / usable) for line in row) for row in self.lines]


def _measured(table: Table, place: int, ruler: Ruler) -> _Measured:
    column = table.columns[place]
    words = [ruler.length(word, bold=True) for word in column.label.split()]
    longest = ruler.length(column.label, bold=True)
    rows = []
    for row in table.rows:
        cell = row[place]
        extra = 1.2 if cell.badge else 0.0
        size = MONO_SCALE if cell.mono else 1.0
        said = plain(cell.children)
        raised = said != ""  # numbers behind words are small and raised; alone they are words themselves
        refs = " ".join(ref.label for ref in cell.refs) if raised else ", ".join(r.label for r in cell.refs)
        beside = _RAISED * ruler.length(refs) if raised else 0.0
        lines = []
        for text, mono, scale in ((said or refs, cell.mono, size), (cell.note, False, 0.92)):
            for line in text.split("\n") if text else ():
                lines.append(scale * ruler.length(line, mono=mono) + extra)
                words += [scale * ruler.length(word, mono=mono) + extra for word in line.split()]
            if text and beside:
                lines[-1], words[-1], beside = lines[-1] + beside, words[-1] + min(beside, 2.5), 0.0
        rows.append(tuple(lines))
        longest = max(longest, *lines, 0.0)
    limit = _LONGEST[column.width]
    kept = max([word for word in words if word <= limit], default=0.0)
    if column.width == "narrow" and longest <= limit:
        least = longest
    else:
        least = max(kept, min(max(words, default=0.0), limit), min(longest, _LEAST[column.width]))
    return _Measured(least + 0.15, max(longest, least) + 0.15, tuple(rows[:: len(rows) // 40 + 1]))


def _shared(columns: Sequence[_Measured], free: float, *, all_short: bool) -> list[float]:
    """Give every column its least, then spend what is left where it saves the most lines."""
    widths = [column.least for column in columns]
    whole = sum(column.most for column in columns)
    if whole <= free and all_short and whole < 0.6 * free:
        return [column.most for column in columns]
    left = _spent(columns, widths, free - sum(widths))
    # A step may have been larger than was needed: what nothing is lost without is spent once more.
    for place, column in enumerate(columns):
        heights = column.heights(widths[place])
        while widths[place] - 0.25 > column.least and column.heights(widths[place] - 0.25) == heights:
            widths[place] -= 0.25
            left += 0.25
    left = _spent(columns, widths, left)
    # nothing is saved any more: the rest goes to the columns with the longest lines
    weights = [column.most if column.most > 12 else 0.0 for column in columns]
    if not any(weights):
        weights = [column.most for column in columns]
    total = sum(weights) or 1.0
    return [width + left * weight / total for width, weight in zip(widths, weights, strict=True)]


def _spent(columns: Sequence[_Measured], widths: list[float], left: float) -> float:
    """Widen columns as long as that saves lines; what is left then."""
    heights = [column.heights(width) for column, width in zip(columns, widths, strict=True)]
    while left > 0.5:
        gain, place, step = max(
            (_saved(columns, heights, place, widths[place] + step) / step, -place, step)
            for place in range(len(columns))
            for step in (min(left, 1.0), min(left, 3.0), min(left, 9.0))
        )
        if gain <= 0:
            break
        widths[-place] += step
        heights[-place] = columns[-place].heights(widths[-place])
        left -= step
    return left


def _saved(columns: Sequence[_Measured], heights: list[list[int]], place: int, width: float) -> float:
    """How many lines the table gets shorter when one column is made this wide.

    A line saved in a cell that is not its row's tallest counts a little too: names stay in one
    piece, and two columns that are equally tall do not wait for each other.
    """
    tried = columns[place].heights(width)
    saved = 0.0
    for number, height in enumerate(tried):
        others = max((rows[number] for n, rows in enumerate(heights) if n != place), default=0)
        own = heights[place][number]
        saved += max(own, others) - max(height, others) + 0.25 * (own - height)
    return saved


def breakable(text: str, room: float, ruler: Ruler, *, mono: bool = False) -> str:
    """The text with soft breaks in words longer than `room` em: at joints first, else anywhere."""
    if ruler.length(text, mono=mono) <= room:
        return text
    return "".join(
        _broken(part, room, ruler, mono)
        if ruler.length(part, mono=mono) > room and not re.match(rf"[{_OWN}]", part)
        else part
        for part in _WORDS.findall(text)
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
