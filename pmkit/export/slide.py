"""The timeline as one slide, 16:9 and in large type: as SVG, whose words stay words, and as PNG.

Anchors stand above the band of phases, the most telling events below it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from xml.etree import ElementTree
from xml.sax.saxutils import escape, quoteattr

import pandas as pd

from pmkit.export.document import Card, Cards, Document, show_hidden
from pmkit.export.formats import Finished
from pmkit.export.raster import rasterise, size_of
from pmkit.export.selfcheck import Check
from pmkit.figures import PHASE_COLOURS
from pmkit.look import FONT, LOOKS, shorten, text_width
from pmkit.timeline import find_anchors, incident_window, phase_spans

WIDTH, HEIGHT = 1920, 1080
SCALE: Final = 2.0
_MARGIN: Final = 80
_SMALLEST: Final = 28  # pixels of the smallest type: 14 pt on a slide 13.3 inches wide
_BAND: Final = 56  # height of the phases
_ROW: Final = 50  # between two rows of events
_EVENTS: Final = 9
_LETTERS: Final = 58  # of an event's words
_FEWEST: Final = 26  # to which they may be cut to stand at their place
_LOOK: Final = LOOKS["light"]
NO_TIMELINE: Final = "This edition shows no timeline."


def make_svg(document: Document) -> Finished:
    """The slide as `timeline.svg`."""
    slide = _Slide(document)
    svg = slide.draw()
    return Finished({"timeline.svg": svg.encode("utf-8", "replace")}, _check(svg, slide))


def make_png(document: Document, *, font_paths: Sequence[Path | str] = ()) -> Finished:
    """The slide as `timeline.png`, 3840 by 2160 pixels."""
    slide = _Slide(document)
    svg = slide.draw()
    png = rasterise(svg, width=WIDTH, height=HEIGHT, scale=SCALE, font_paths=font_paths)
    check = _check(svg, slide)
    if size_of(png) != (WIDTH * SCALE, HEIGHT * SCALE):
        check = check.with_problems([f"expected a slide of 3840 by 2160 pixels, found {size_of(png)}"])
    return Finished({"timeline.png": png}, check)


@dataclass(frozen=True)
class _Label:
    """A mark or an event with its words, and where they stand."""

    x: float
    time: str
    words: str
    left: float
    row: int
    before_line: bool = False


class _Slide:
    """What one slide shows, measured."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.say, self.tell = document.language.say, document.language.tell
        timeline = document.frame("timeline")
        self.cards: tuple[Card, ...] = next(
            (block.items for block in document.walk() if isinstance(block, Cards)), ()
        )[:4]
        self.has_timeline = timeline is not None and bool(timeline["time"].notna().any())
        self.anchors: list[_Label] = []
        self.events: list[_Label] = []
        self.phases: pd.DataFrame | None = None
        if timeline is not None and self.has_timeline:
            self.place(timeline)

    def place(self, timeline: pd.DataFrame) -> None:
        self.start, self.end = incident_window(timeline)
        anchors = find_anchors(timeline)
        anchors = anchors[anchors["time"].between(self.start, self.end)]
        inside = timeline[timeline["time"].between(self.start, self.end) & (timeline["mark"] == "")]
        self.phases = phase_spans(anchors, self.start, self.end if len(anchors) else self.start)
        names = [self.tell(mark.replace("_", " ")) for mark in anchors["mark"]]
        self.anchors = _placed(self.labels(anchors["time"], names), bold=True, size=32)
        self.band = 400 + 44 * _rows(self.anchors)
        room = HEIGHT - 80 - (self.band + _BAND + 66)
        for most in range(_EVENTS, 0, -1):  # fewer where they have no room: they still span all of it
            events = _spread(inside, most)
            words = [shorten(show_hidden(text), _LETTERS) for text in events["summary"]]
            # the last event on top: then no line to an earlier one crosses a label
            self.events = _placed(self.labels(events["time"], words)[::-1], bold=False, size=_SMALLEST)
            if (_rows(self.events) - 1) * _ROW <= room:
                break
        self.left_out = len(timeline) - len(self.events) - anchors["event_id"].nunique()

    def labels(self, times: Iterable[pd.Timestamp], words: Iterable[str]) -> list[tuple[float, str, str]]:
        return [(self.x(time), self.clock(time), text) for time, text in zip(times, words, strict=True)]

    def x(self, time: pd.Timestamp) -> float:
        share = float((time - self.start) / (self.end - self.start))
        return round(_MARGIN + share * (WIDTH - 2 * _MARGIN), 1)

    def clock(self, time: pd.Timestamp) -> str:
        several = self.start.date() != self.end.date()
        return self.document.language.day_and_time(
            f"{time.day} {time:%b %H:%M}" if several else f"{time:%H:%M}"
        )

    # drawing

    def draw(self) -> str:
        title, alt = self.document.title, quoteattr(self.alt())
        head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" '
            f'viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label={alt} font-family={quoteattr(FONT)}>'
        )
        parts = [
            f"<title>{escape(title.title)}</title><desc>{escape(self.alt())}</desc>",
            f'<rect width="{WIDTH}" height="{HEIGHT}" fill="{_LOOK.paper}"/>',
            *self.headline(),
            *self.numbers(),
            *(self.chart() if self.has_timeline else [_text(_MARGIN, 640, 40, self.lacking(), _LOOK.muted)]),
        ]
        return head + "".join(parts) + "</svg>\n"

    def alt(self) -> str:
        said = [f"{card.label} {card.value}" for card in self.cards]
        said += [f"{label.time} {label.words}" for label in self.anchors]
        return f"{self.say('Timeline')}: {self.document.title.title}. " + "; ".join(said) + "."

    def lacking(self) -> str:
        shown = self.document.frame("timeline") is not None
        return self.say("The timeline is still empty." if shown else NO_TIMELINE)

    def headline(self) -> Iterator[str]:
        title = self.document.title
        room = WIDTH - 2 * _MARGIN
        size = 64
        while text_width(title.title, size, bold=True) > room and size > 44:
            size -= 2
        words = title.title
        while text_width(words, size, bold=True) > room:
            words = shorten(words, len(words) - 4)
        yield _text(_MARGIN, 118, size, words, _LOOK.ink, bold=True)
        facts = {fact.label: "".join(getattr(n, "text", "") for n in fact.children) for fact in title.facts}
        badges = [badge.text for badge in title.badges[:1]]
        under = " · ".join(filter(None, [*badges, facts.get(self.say("Impact")) or title.subtitle]))
        yield _text(_MARGIN, 172, 34, shorten(under, 110), _LOOK.muted)

    def numbers(self) -> Iterator[str]:
        if not self.cards:
            return
        width = (WIDTH - 2 * _MARGIN - 24 * (len(self.cards) - 1)) / len(self.cards)
        for place, card in enumerate(self.cards):
            x = _MARGIN + place * (width + 24)
            yield f'<rect x="{x:g}" y="208" width="{width:g}" height="136" rx="10" fill="#f3f5f8"/>'
            yield _text(x + 26, 252, _SMALLEST, shorten(card.label, 28), _LOOK.muted)
            size = 60
            while text_width(card.value, size, bold=True) > width - 52 and size > 30:
                size -= 2
            yield _text(x + 26, 320, size, card.value, _LOOK.ink, bold=True)

    def chart(self) -> Iterator[str]:
        rows, band = _rows(self.anchors), self.band
        if self.phases is None or self.phases.empty:  # without anchors there are no phases
            place = f'x="{_MARGIN}" y="{band}" width="{WIDTH - 2 * _MARGIN}" height="{_BAND}"'
            yield f'<rect {place} fill="#eceff3"/>'
        if self.phases is not None:
            for span in self.phases.itertuples():
                left, right = self.x(span.start_at), self.x(span.end_at)
                colour = PHASE_COLOURS.get(str(span.phase), _LOOK.muted)
                place = f'x="{left:g}" y="{band}" width="{right - left:g}" height="{_BAND}"'
                yield f'<rect {place} fill="{colour}" fill-opacity="0.3"/>'
                phase = self.tell(str(span.phase))
                if text_width(phase, _SMALLEST) < right - left - 16:
                    middle = (left + right) / 2
                    yield _text(middle, band + 38, _SMALLEST, phase, _LOOK.ink, anchor="middle")
        below = band + _BAND
        above = [(label, band - 22 - 44 * (rows - 1 - label.row)) for label in self.anchors]
        under = [(label, below + 66 + _ROW * label.row) for label in self.events]
        yield from (_line(label.x, y - 26, below, _LOOK.ink, 3) for label, y in above)
        yield from (_line(label.x, below, y + 4, "#aab4c0", 2) for label, y in under)
        yield from (f'<circle cx="{each.x:g}" cy="{below}" r="8" fill="#1880a1"/>' for each, _ in under)
        yield from (_pair(label, y, 32, bold=True) for label, y in above)
        yield from (_pair(label, y, _SMALLEST, bold=False) for label, y in under)
        more = f" · {self.say('{n} more in the report', n=self.left_out)}" if self.left_out > 0 else ""
        times = {"time": self.clock(self.start), "time2": self.clock(self.end)}
        span = self.say("{time} to {time2} UTC", **times) + more
        yield _text(WIDTH - _MARGIN, HEIGHT - 34, _SMALLEST, span, _LOOK.muted, anchor="end")


def _spread(events: pd.DataFrame, most: int) -> pd.DataFrame:
    """At most so many events from the first to the last, those with a note if there are enough of them."""
    noted = events[events["note"] != ""]
    chosen = noted if len(noted) >= most else events
    if len(chosen) <= most:
        return chosen
    step = (len(chosen) - 1) / (most - 1)
    return chosen.iloc[[round(place * step) for place in range(most)]]


def _rows(labels: Iterable[_Label]) -> int:
    return 1 + max((label.row for label in labels), default=0)


def _placed(labels: Sequence[tuple[float, str, str]], *, bold: bool, size: int) -> list[_Label]:
    """The labels in rows in which none touches another, each in the first row that has room."""
    ends: list[list[tuple[float, float]]] = []
    placed = []
    for x, time, said in labels:
        room = WIDTH - _MARGIN / 2 - x - 10
        words, width = _fitted(time, said, room, x - 10 - _MARGIN / 2, size=size, bold=bold)
        # what has no room to the right of its line stands to the left of it
        left = x + 10 if width <= room else max(x - 10 - width, 0.0)
        span = (left, left + width + 28)
        row = next(
            (n for n, taken in enumerate(ends) if all(_apart(span, each) for each in taken)), len(ends)
        )
        if row == len(ends):
            ends.append([])
        ends[row].append(span)
        placed.append(_Label(x, time, words, left, row, left < x))
    return placed


def _fitted(time: str, words: str, room: float, other: float, *, size: int, bold: bool) -> tuple[str, float]:
    """The words, cut a little where that makes them fit, and their width with the time."""

    def width(text: str) -> float:
        return text_width(time, size, bold=True) + 8 + text_width(text, size, bold=bold)

    for letters in range(len(words), _FEWEST, -1):
        shown = shorten(words, letters)
        if width(shown) <= room:
            return shown, width(shown)
    # before its line they have the other side of the slide, which wide letters may fill as well
    for letters in range(len(words), 0, -1):
        shown = shorten(words, letters)
        if width(shown) <= max(other, room):
            return shown, width(shown)
    return "", width("")


def _apart(one: tuple[float, float], other: tuple[float, float]) -> bool:
    return one[1] <= other[0] or other[1] <= one[0]


def _text(x: float, y: float, size: float, words: str, colour: str, **how: str | bool) -> str:
    weight = ' font-weight="600"' if how.get("bold") else ""
    anchor = f' text-anchor="{how["anchor"]}"' if how.get("anchor") else ""
    place = f'x="{x:g}" y="{y:g}" font-size="{size:g}"'
    return f'<text {place} fill="{colour}"{weight}{anchor}>{escape(words)}</text>'


def _pair(label: _Label, y: float, size: int, *, bold: bool) -> str:
    weight = ' font-weight="600"' if bold else ""
    # a paper edge keeps words legible where a line crosses them
    at = f'x="{label.x - 10:g}" text-anchor="end"' if label.before_line else f'x="{label.left:g}"'
    return (
        f'<text {at} y="{y:g}" font-size="{size}" fill="{_LOOK.ink}" paint-order="stroke" '
        f'stroke="{_LOOK.paper}" stroke-width="6" stroke-linejoin="round"><tspan font-weight="600">'
        f"{escape(label.time)}</tspan><tspan{weight}> {escape(label.words)}</tspan></text>"
    )


def _line(x: float, top: float, bottom: float, colour: str, width: int) -> str:
    return f'<path d="M{x:g},{top:g}V{bottom:g}" stroke="{colour}" stroke-width="{width}" fill="none"/>'


def _check(svg: str, slide: _Slide) -> Check:
    """Read the slide back: every label is there, inside it and large enough, and nothing is fetched."""
    root = ElementTree.fromstring(svg)  # noqa: S314 - our own drawing
    texts = [node for node in root.iter() if node.tag.endswith("}text")]
    problems = []
    for node in texts:
        words = "".join(node.itertext())
        if float(node.get("font-size", "0")) < _SMALLEST:
            problems.append(f"{words[:40]!r} is too small to be read")
        if not (0 <= float(node.get("x", "-1")) <= WIDTH and 0 <= float(node.get("y", "-1")) <= HEIGHT):
            problems.append(f"{words[:40]!r} stands outside the slide")
    odd = {node.tag.rpartition("}")[2] for node in root.iter()} - {
        "svg", "title", "desc", "rect", "text", "tspan", "path", "circle",
    }  # fmt: skip
    problems += [f"an element <{name}> stands in it" for name in sorted(odd)]
    for label in (*slide.anchors, *slide.events):
        size, bold = (32, True) if label in slide.anchors else (_SMALLEST, False)
        width = text_width(label.time, size, bold=True) + 8 + text_width(label.words, size, bold=bold)
        if not (label.left >= 0 and label.left + width <= WIDTH):
            problems.append(f"{label.words[:40]!r} stands outside the slide")
    wanted = len(slide.anchors) + len(slide.events)
    found = sum(1 for node in texts if any(child.tag.endswith("}tspan") for child in node))
    warnings = () if slide.has_timeline else (slide.lacking(),)
    return Check("slide", {"labels": (wanted, found)}, tuple(problems), warnings)
