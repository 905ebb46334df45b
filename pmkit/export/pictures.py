"""Pictures among the evidence, drawn anew for the report: nothing of a file but its pixels gets in."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

import pandas as pd

from pmkit.export.pdf import typeset
from pmkit.loaders.files import picture_size
from pmkit.tables import Picture, Pictures
from pmkit.workspace import Workspace

MOST: Final = 12  # pictures of one report
_MOST_BYTES: Final = 20 * 2**20
_MOST_PIXELS: Final = 40_000_000
_TALLEST: Final = 4.0  # times its width
_WIDTH: Final = 820  # as wide as the charts, and twice as fine
_SCALE: Final = 2
_SUFFIXES: Final = {"PNG": "png", "JPEG": "jpg", "GIF": "gif", "WebP": "webp", "SVG": "svg"}


class _Refused(NamedTuple):
    reason: str


def show_pictures(workspace: Workspace) -> Pictures:
    """The pictures among the evidence in the order of their moments, each with its file, moment and words.

    Each is decoded and drawn anew as a PNG of at most 1,640 pixels in width, so that what else a file holds
    (a place, a script, an address) stays out. One that is too large, too many or cannot be drawn is named
    with the reason instead.
    """
    evidence, events = workspace.evidence(), workspace.events()
    rows = evidence[evidence["source"] == "file"].sort_values(["first_at", "path"], kind="stable")
    events = events[events["source"] == "file"]
    told = {row["ref"].rpartition("#")[0]: row for row in events.to_dict("records")}
    shown: list[Picture] = []
    left_out: list[str] = []
    for path in rows["path"]:
        size = picture_size(workspace.path / path)
        if size is None:
            continue  # a document, which the table of evidence lists
        name = path.removeprefix("evidence/")
        drawn = (
            _Refused(f"only {MOST} are shown") if len(shown) == MOST else _drawn(workspace.path / path, *size)
        )
        if isinstance(drawn, _Refused):
            left_out.append(f"{name}: {drawn.reason}")
        else:
            shown.append(_picture(name, drawn, told.get(path)))
    return Pictures(tuple(shown), tuple(left_out))


def _picture(name: str, png: bytes, event: dict[str, Any] | None) -> Picture:
    parts = list(_caption(name, event))
    data = base64.b64encode(png).decode("ascii")
    return Picture(data, caption=" · ".join(parts), alt=f"Picture from the evidence: {', '.join(parts)}")


def _caption(name: str, event: dict[str, Any] | None) -> Iterator[str]:
    yield name
    if event is None:
        yield "nobody said which moment it shows"
        return
    if pd.notna(event["time"]):
        yield f"{event['time'].day} {event['time']:%b %Y %H:%M:%S} UTC"
    words, _, _ = str(event["text"]).rpartition(f": {name} (")
    if words:
        yield words


def _drawn(path: Path, kind: str, width: int, height: int) -> bytes | _Refused:
    """The picture as a fresh PNG. Its own first bytes say how large it is, so a bomb is never unpacked."""
    import typst

    if not (width and height):
        return _Refused(f"this {kind} does not say how large it is")
    if path.stat().st_size > _MOST_BYTES or width * height > _MOST_PIXELS or height > _TALLEST * width:
        return _Refused(
            f"{width:,} × {height:,} pixels and {path.stat().st_size:,} bytes are too large to be shown"
        )
    name = f"picture.{_SUFFIXES[kind]}"
    wide = min(_WIDTH, width / _SCALE)
    page = f'#set page(width: {wide:.2f}pt, height: auto, margin: 0pt)\n#image("{name}", width: 100%)'
    try:
        return typeset(
            {"main.typ": page.encode(), name: path.read_bytes()},
            typst.Fonts(include_system_fonts=False),
            format="png",
            ppi=72.0 * _SCALE,
        )
    except (typst.TypstError, OSError):
        return _Refused(f"this {kind} is damaged, or leads to other files, and cannot be shown")
