"""Glyph advances of the kit's font, so that plotly.js measures text as paper will show it."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from pmkit.errors import RenderError

FAMILY = "Source Sans Pro, sans-serif"

# Name of a face -> CSS weight, italic. The keys of the `fonts` mapping of `SvgEngine`.
FACES: dict[str, tuple[int, bool]] = {
    "regular": (400, False),
    "semibold": (600, False),
    "bold": (700, False),
    "italic": (400, True),
    "bold italic": (700, True),
}

_FILES = {
    "regular": "SourceSansPro-Regular.ttf",
    "semibold": "SourceSansPro-Semibold.ttf",
    "bold": "SourceSansPro-Bold.ttf",
    "italic": "SourceSansPro-It.ttf",
    "bold italic": "SourceSansPro-BoldIt.ttf",
}


def source_sans_pro() -> dict[str, Path]:
    """The font files of the `font-source-sans-pro` wheel, by face name."""
    # find_spec looks the package up without running it.
    spec = find_spec("font_source_sans_pro")
    if spec is None or not spec.submodule_search_locations:
        raise RenderError("the package font-source-sans-pro is not installed; figures need its font")
    folder = Path(spec.submodule_search_locations[0]) / "files"
    return {face: folder / name for face, name in _FILES.items()}


def read_faces(fonts: Mapping[str, Path]) -> list[dict[str, Any]]:
    """What dom.js needs of each font file, lengths in em, lightest face first.

    `advances` maps a code point to its width. Kerning is left out: the few hundredths of an
    em it would move never decide where plotly.js breaks or turns a label.
    """
    from fontTools.ttLib import TTFont

    unknown = sorted(set(fonts) - set(FACES))
    if unknown:
        raise RenderError(f"unknown font face {unknown[0]!r}; expected one of {', '.join(FACES)}")
    faces = []
    for name, path in fonts.items():
        weight, italic = FACES[name]
        try:
            with TTFont(path, lazy=True) as font:
                em = font["head"].unitsPerEm
                widths = font["hmtx"].metrics
                faces.append(
                    {
                        "weight": weight,
                        "italic": italic,
                        "ascent": font["hhea"].ascent / em,
                        "descent": -font["hhea"].descent / em,
                        "advances": {
                            code: widths[glyph][0] / em for code, glyph in font.getBestCmap().items()
                        },
                    }
                )
        except (OSError, KeyError) as error:
            raise RenderError(f"{path}: not readable as a font ({error})") from error
    if not faces:
        raise RenderError("no fonts given; pass at least a 'regular' face")
    return sorted(faces, key=lambda face: face["weight"])
