"""What the chart is made of before it is painted, in pixels from the left and from the top."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

from pmkit.factors import CausalGraph

SIZE: Final = 11.5
LINE: Final = 1.3 * SIZE  # plotly's own distance between lines
PAD: Final = 7
BAND: Final = 4  # the stripe in the colour of the kind
MARGIN: Final = 12
PILL_SIZE: Final = 10


@dataclass(frozen=True)
class Box:
    """A factor, or the impact, in its place, with its text in lines and whether each is bold."""

    name: str
    left: float
    top: float
    width: float
    height: float
    lines: tuple[str, ...]
    bold: tuple[bool, ...]
    upright: bool = False  # the text runs from bottom to top

    @property
    def right(self) -> float:
        """Its right edge."""
        return self.left + self.width

    @property
    def bottom(self) -> float:
        """Its lower edge."""
        return self.top + self.height

    @property
    def middle(self) -> float:
        """Half its height."""
        return self.top + self.height / 2


@dataclass(frozen=True)
class Route:
    """The way of a link from its cause to its effect."""

    cause: str
    effect: str
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Pill:
    """The actions that cut the links out of a factor, or `open`."""

    cause: str
    left: float
    top: float
    width: float
    height: float
    lines: tuple[str, ...]
    is_open: bool


@dataclass(frozen=True)
class Plan:
    """The chart before it is painted."""

    width: int
    height: int
    boxes: tuple[Box, ...]
    pills: tuple[Pill, ...]
    routes: tuple[Route, ...]


class Lying(NamedTuple):
    """A link by its left and right ends; it leads to the left, unless it is turned."""

    left: str
    right: str
    turned: bool


Lane = tuple[Lying, int]  # a link as it passes a column
Slot = str | Lane


def links_as_they_lie(graph: CausalGraph) -> list[Lying]:
    """The links as they lie; one that leads to itself is left out."""
    lying = []
    for row in graph.edges.itertuples():
        if row.cause != row.effect:
            ends = (row.cause, row.effect) if row.turned else (row.effect, row.cause)
            lying.append(Lying(*ends, row.turned))
    return list(dict.fromkeys(lying))
