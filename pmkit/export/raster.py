"""Drawings as PNG without a browser: Typst sets the SVG on a page of its size, with the report's fonts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from pmkit.errors import RenderError
from pmkit.export.document import Figure
from pmkit.export.fonts import Coverage, cover, families_of, gather
from pmkit.export.pdf import typeset

_TEXT: Final = re.compile(r">([^<]+)<")
SCALE: Final = 2.0  # pixels of the PNG for one of the drawing: sharp on screens of today and on paper


def rasterise(
    svg: str, *, width: int, height: int, scale: float = SCALE, font_paths: Sequence[Path | str] = ()
) -> bytes:
    """The drawing as PNG, `scale` times `width` by `height` pixels, on white.

    Raises `RenderError` when it cannot be drawn. A character that no font has is written out.
    """
    import typst

    words = "".join(_TEXT.findall(svg))
    coverage = cover("".join(sorted(set(words))), font_paths)
    source = (
        f"#set page(width: {width}pt, height: {height}pt, margin: 0pt, fill: white)\n"
        '#image("drawing.svg", width: 100%, height: 100%, fit: "contain")\n'
    )
    with TemporaryDirectory(prefix="pmkit-fonts-") as folder:
        gather(coverage.files, Path(folder))
        fonts, _ = families_of(Path(folder))
        files = {"main.typ": source.encode(), "drawing.svg": _shown(svg, coverage).encode("utf-8", "replace")}
        try:
            return typeset(files, fonts, format="png", ppi=72 * scale)
        except typst.TypstError as error:
            raise RenderError(f"the drawing could not be made a PNG: {error.message}") from error


def figure_png(figure: Figure, font_paths: Sequence[Path | str] = ()) -> bytes:
    """A figure that is drawn, as PNG."""
    return rasterise(figure.svg, width=figure.width, height=figure.height, font_paths=font_paths)


def size_of(png: bytes) -> tuple[int, int]:
    """Width and height of a PNG in pixels; raises `RenderError` for bytes that are none."""
    if png[:8] != b"\x89PNG\r\n\x1a\n" or png[12:16] != b"IHDR":
        raise RenderError("the drawing came out as no PNG.")
    return int.from_bytes(png[16:20], "big"), int.from_bytes(png[20:24], "big")


def _shown(svg: str, coverage: Coverage) -> str:
    return _TEXT.sub(lambda found: coverage.written_out(found[0]), svg)
