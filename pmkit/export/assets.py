"""The figures and pictures of a report as files of their own, for formats that cannot carry them inside."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from pmkit.errors import RenderError
from pmkit.export.document import Document, Figure, Picture
from pmkit.export.drawing import clean_svg

_ENDINGS: Final = {
    "image/png": "png",
    "image/jpeg": "jpg",
    "image/gif": "gif",
    "image/webp": "webp",
    "image/svg+xml": "svg",
}


@dataclass(frozen=True)
class Asset:
    """A file beside the report: its name, its bytes, and how wide it is shown, in pixels (0: as it is)."""

    name: str
    data: bytes
    width: int = 0


class Assets:
    """Names and bytes of a document's figures and pictures; a name comes from the figure, never a path.

    Figures become what `render` makes of them, by default their SVG. A picture that is SVG is cleaned, as
    people open such files in a browser; one that cannot be cleaned has no file.
    """

    def __init__(
        self, document: Document, *, render: Callable[[Figure], bytes] | None = None, ending: str = "svg"
    ) -> None:
        self._files: dict[int, Asset] = {}
        taken: set[str] = set()
        for figure in document.figures:
            name = f"{_free(figure.name or 'figure', taken)}.{ending}"
            data = render(figure) if render else standalone_svg(figure)
            self._files[id(figure)] = Asset(name, data, figure.width)
        for picture in document.pictures:
            data = _picture_bytes(picture)
            if data:
                name = f"{_free('picture', taken, count=1)}.{_ENDINGS[picture.mime]}"
                self._files[id(picture)] = Asset(name, data, shown_width(picture))

    def of(self, block: Figure | Picture) -> Asset | None:
        """The file of a figure or picture of the document; None for a picture nobody may open."""
        return self._files.get(id(block))

    @property
    def all(self) -> tuple[Asset, ...]:
        """Every file, in reading order."""
        return tuple(self._files.values())


def standalone_svg(figure: Figure) -> bytes:
    """The figure's drawing as an SVG file with its title and its words for those who cannot see it."""
    from xml.sax.saxutils import escape

    head, end, rest = figure.svg.partition(">")
    title = f"<title>{escape(figure.caption or figure.name)}</title><desc>{escape(figure.alt)}</desc>"
    head = re.sub(r'\s(?:role|aria-\w+)="[^"]*"', "", head)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{head} role="img"{end}{title}{rest}\n'.encode()


def shown_width(picture: Picture) -> int:
    """How wide a picture is shown, in pixels; one with a caption was drawn twice as fine. 0: as it is."""
    is_fine = picture.caption and picture.mime == "image/png" and len(picture.data) > 24
    return int.from_bytes(picture.data[16:20], "big") // 2 if is_fine else 0


def _free(name: str, taken: set[str], count: int = 0) -> str:
    stem = re.sub(r"[^a-z0-9]+", "-", name.casefold()).strip("-")[:60] or "figure"
    found = f"{stem}-{count}" if count else stem
    while found in taken:
        count = max(count, 1) + 1
        found = f"{stem}-{count}"
    taken.add(found)
    return found


def _picture_bytes(picture: Picture) -> bytes:
    if picture.mime != "image/svg+xml":
        return picture.data
    try:
        return clean_svg(picture.data.decode("utf-8", "replace")).encode()
    except RenderError:
        return b""
