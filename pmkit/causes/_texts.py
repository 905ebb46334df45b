"""The words of a box, in lines that fit it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from pmkit.causes._parts import BAND, LINE, PAD, SIZE
from pmkit.factors import IMPACT
from pmkit.look import shorten, text_width

_LONGEST: Final = 320  # characters of a statement; the table has the rest


class BoxText:
    """The words of a box: its heading in bold, its statement, what else is to be said."""

    def __init__(self, heading: str, statement: str, remarks: Sequence[str]) -> None:
        self.parts = [
            ([(word, text_width(word, 12, bold=bold) / 12 * SIZE) for word in part.split()], bold)
            for part, bold in [(heading, True), (statement, False), *((remark, True) for remark in remarks)]
            if part.split()
        ]
        self._known: dict[float, tuple[tuple[str, ...], tuple[bool, ...]]] = {}
        self.longest = max((wide for words, _ in self.parts for _, wide in words), default=0.0)

    @classmethod
    def of(cls, row: Any, symptom: str) -> BoxText:
        if row.factor_id == IMPACT:
            return cls("impact", shorten(symptom, _LONGEST), [])
        remarks = ["called the root cause"] if row.root_cause else []
        remarks += [] if row.agreed or not row.known else ["not agreed yet"]
        remarks += [] if row.known else ["not in the table of factors"]
        kind = f" {row.kind}" if row.kind else ""
        return cls(f"{shorten(row.factor_id, 40)}{kind}", shorten(row.statement, _LONGEST), remarks)

    def lines(self, width: float) -> tuple[tuple[str, ...], tuple[bool, ...]]:
        """The lines in a box so wide, and whether each is bold."""
        if width not in self._known:
            room = width - BAND - 2 * PAD
            lines = [(line, bold) for words, bold in self.parts for line in _wrapped(words, room)]
            self._known[width] = tuple(line for line, _ in lines), tuple(bold for _, bold in lines)
        return self._known[width]

    def height(self, width: float) -> float:
        return round(len(self.lines(width)[0]) * LINE + 2 * PAD, 1)


def _wrapped(words: Sequence[tuple[str, float]], room: float) -> list[str]:
    """Words in lines of so many pixels; a word that is longer than a line is broken."""
    space = 0.335 * SIZE
    lines: list[str] = []
    line, used = "", 0.0
    for word, wide in (piece for whole in words for piece in _pieces(*whole, room)):
        if line and used + space + wide > room:
            lines.append(line)
            line, used = "", 0.0
        line, used = (f"{line} {word}", used + space + wide) if line else (word, wide)
    return [*lines, line] if line else lines


def _pieces(word: str, wide: float, room: float) -> Iterable[tuple[str, float]]:
    if wide <= room:
        yield word, wide
        return
    scale = wide / max(text_width(word, 12), 0.1)  # in bold a little more
    start, used, joint = 0, 0.0, 0
    for n, character in enumerate(word):
        step = text_width(character, 12) * scale
        if n > start and used + step > room:
            end = joint if joint > start else n  # identifiers are broken after `_` and the like
            yield word[start:end], text_width(word[start:end], 12) * scale
            start, used = end, text_width(word[end:n], 12) * scale
        used += step
        joint = n + 1 if character in "_-./:" else joint
    yield word[start:], used
