"""Labels of events in rows, so that no two overlap."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import pandas as pd

from pmkit.look import LABEL_SIZE, shorten, text_width

ROW: Final = 17  # pixels between two rows of labels
_LABEL_LENGTH: Final = 46  # characters of an event that its label shows


@dataclass(frozen=True)
class Scale:
    """Time to pixels, for a plot area of `width` pixels."""

    start: pd.Timestamp
    end: pd.Timestamp
    width: float

    def pixels(self, time: pd.Timestamp) -> float:
        span = (self.end - self.start) / pd.Timedelta("1us")
        return float((time - self.start) / pd.Timedelta("1us") / span * self.width)


@dataclass(frozen=True)
class Label:
    """A label in its place: `row` counts upwards from the marker, `side` is where it stands of its leader."""

    time: pd.Timestamp
    text: str
    anchor: float  # pixel of the marker
    left: float
    right: float
    row: int
    side: Literal["left", "right"]


def place_labels(rows: pd.DataFrame, scale: Scale, *, bold: bool = False) -> list[Label]:
    """Labels of one lane, from the last event to the first, each in the lowest free row.

    Going backwards gives stairs that descend with time: the leader of an earlier event passes to the left of
    all labels of later ones, so that no leader crosses a label.
    """
    markers = [scale.pixels(time) for time in rows["time"]]
    placed: list[Label] = []
    for time, words in sorted(zip(rows["time"], rows["summary"], strict=True), reverse=True):
        placed.append(_lowest_free(time, words, scale, placed, markers, bold=bold))
    return placed


def _lowest_free(
    time: pd.Timestamp,
    words: str,
    scale: Scale,
    placed: Sequence[Label],
    markers: Sequence[float],
    *,
    bold: bool,
) -> Label:
    """The label in its lowest free row: right of its leader, or left where the right edge is too near."""
    at = scale.pixels(time)
    text, side = _fitted(f"{time:%H:%M}", words, to_right=scale.width + 15 - at, to_left=at - 9, bold=bold)
    room = text_width(text, LABEL_SIZE, bold=bold)
    top = max((label.row for label in placed), default=0) + 1
    for leaders in (True, False):  # first without crossing a leader, then without that wish
        for row in range(top + 1):
            near = gap(row)
            left, right = (at + near, at + near + room) if side == "right" else (at - near - room, at - near)
            label = Label(time, text, at, left, right, row, side)
            if _is_free(label, placed, markers, leaders=leaders):
                return label
    raise AssertionError("a row above all others is always free")


def _fitted(
    clock: str, words: str, *, to_right: float, to_left: float, bold: bool
) -> tuple[str, Literal["left", "right"]]:
    """The label's text and side: to the right as long as half of it fits there, else where there is room."""
    whole = shorten(words, _LABEL_LENGTH)
    half = min(len(whole), _LABEL_LENGTH // 2)
    # The last resort, in a narrow plot, is what fits on the wider side.
    right: Literal["right"] = "right"
    left: Literal["left"] = "left"
    last = (right, to_right, 1) if to_right > to_left else (left, to_left, 1)
    for side, room, shortest in ((right, to_right, half), (left, to_left, len(whole)), last):
        for length in range(len(whole), shortest - 1, -1):
            text = f"{clock} {shorten(whole, length)}"
            if text_width(text, LABEL_SIZE, bold=bold) <= room:
                return text, side
    return clock, last[0]


def gap(row: int) -> int:
    """Pixels between a label and its marker or leader."""
    return 9 if row == 0 else 5


def _is_free(label: Label, placed: Sequence[Label], markers: Sequence[float], *, leaders: bool) -> bool:
    for other in placed:
        if other.row == label.row and label.left < other.right + 8 and other.left < label.right + 8:
            return False
        if leaders and other.row > label.row and label.left - 2 < other.anchor < label.right + 2:
            return False
        if leaders and other.row < label.row and other.left - 2 < label.anchor < other.right + 2:
            return False
    on_marker = label.row == 0 and any(label.left - 6 < marker < label.right + 6 for marker in markers)
    return not on_marker


def place_anchor_labels(anchors: pd.DataFrame, scale: Scale) -> list[Label]:
    """The labels of the anchors, in rows above the chart."""
    rows = anchors.assign(summary=anchors["mark"].str.replace("_", " "))
    return place_labels(rows.sort_values("time", kind="stable"), scale, bold=True)
