"""Pictures and documents: evidence as they are, and an event only at the moment that people say they show.

They are looked at, never opened: what a picture or document is, how large it is and what it calls itself
stand in its first bytes and in what it says of itself.
"""

from __future__ import annotations

import hashlib
import html
import re
import struct
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Final

import pandas as pd

from pmkit.errors import EvidenceError, QuestionError
from pmkit.loaders._archive import READ_ERRORS, open_members
from pmkit.loaders._format import Format, Glimpse
from pmkit.loaders._frame import rows_to_events
from pmkit.loaders._moments import Instant, read_iso
from pmkit.loaders._salvage import text_of
from pmkit.typed import read_moment

NO_EVENT: Final = (
    'no event of its own: add it again with the moment that it shows, as `--at "2026-11-03 14:02 UTC"`'
)

# What PagerDuty writes into its postmortems, however they were saved; the headings tell only together.
_POSTMORTEM: Final = "all times listed in this report are in"
_OWNER: Final = "owner of review process"
_SECTIONS: Final = ("what happened", "where we got lucky", "what went well", "what didn't go so well")

_MOST_TITLE: Final = 200  # characters
_MOST_LOOKED_AT: Final = 2**23  # bytes of a document in which its title is sought
_MOST_PROPERTIES: Final = 2**16  # bytes of what a Word document says of itself
_MOST_SEGMENTS: Final = 200  # of a JPEG before its size
_PAPER: Final = (".md", ".markdown", ".txt", ".html", ".htm", ".pdf", "")
_WORD: Final = "word/document.xml"

# Atomic, so that a file made of nothing but comments is read once.
_PROLOGUE: Final = r"(?:\s++|<\?(?>.*?\?>)|<!--(?>.*?-->)|<!doctype\s(?!\s*html)[^>\[]*+>)*+"
_SVG: Final = re.compile(_PROLOGUE + r"(<svg\b[^>]*+>)", re.DOTALL | re.IGNORECASE)
_HTML: Final = re.compile(_PROLOGUE + r"<(?:!doctype\s+html|html)\b", re.DOTALL | re.IGNORECASE)
_STAMP: Final = re.compile(r"\[?(?:\d{4}-\d\d-\d\d|\d{1,2}:\d\d:\d\d|[A-Z][a-z]{2} [ \d]\d )")
_HTML_TITLE: Final = re.compile(r"<title[^>]{0,200}>(.{0,1000}?)</title>", re.DOTALL | re.IGNORECASE)
_HEADING: Final = re.compile(r"^#{1,2}[ \t](.+)$", re.MULTILINE)
_WORD_TITLE: Final = re.compile(r"<dc:title[^>]{0,200}>(.{0,1000}?)</dc:title>", re.DOTALL)
_PDF_TITLE: Final = re.compile(rb"/Title\s*(?:\(((?:[^()\\]|\\.)*)\)|<([0-9A-Fa-f\s]*)>)", re.DOTALL)
_PDF_ESCAPE: Final = re.compile(rb"\\(?:([0-7]{1,3})|(.))", re.DOTALL)


def load_file(
    path: str | Path, *, at: str | datetime | None = None, text: str | None = None, zone: str | None = None
) -> pd.DataFrame:
    """A picture or document as one event of kind `file`; without `at` as none at all.

    Parameters
    ----------
    path : the file; a PNG, JPEG, GIF, WebP or SVG, a PDF, Word, HTML or Markdown document, or any other
    at : the moment it shows, as `2026-11-03 14:02 UTC`
    text : what it shows, in people's words; else its own title and name
    zone : of `at`, where that names none

    Returns
    -------
    The columns of `pmkit.schema.EVENTS`; the id is made of the file's bytes.

    Raises
    ------
    EvidenceError : there is no such file, or `at` is no time
    QuestionError : `zone` is needed
    """
    return _load(Path(path), at, text, zone, source="file")


def load_pagerduty_postmortem(
    path: str | Path, *, at: str | datetime | None = None, text: str | None = None, zone: str | None = None
) -> pd.DataFrame:
    """A postmortem that was written in PagerDuty, as `load_file` reads it: its words are no records."""
    return _load(Path(path), at, text, zone, source="pagerduty")


def describe_file(path: str | Path) -> str:
    """What a file is, as `5xx.png (PNG, 1280 × 720)` or `review.pdf (PDF, “Checkout failed”)`."""
    glimpse = Glimpse(path)
    what = _picture(glimpse) or _document(glimpse)
    title = " ".join(_title(glimpse, what).split())[:_MOST_TITLE]
    said = ", ".join(part for part in (what, f"“{title}”" if title else "") if part)
    return f"{glimpse.path.name} ({said})" if said else glimpse.path.name


def picture_size(path: str | Path) -> tuple[str, int, int] | None:
    """What a picture is, its pixels across and down (0 where it says none); None for anything else."""
    what, _, size = _picture(Glimpse(path)).partition(", ")
    width, _, height = size.partition(" × ")
    return (what, int(width or 0), int(height or 0)) if what else None


def _load(
    path: Path, at: str | datetime | None, text: str | None, zone: str | None, *, source: str
) -> pd.DataFrame:
    try:
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise EvidenceError(path, "", f"cannot be read: {error}.") from error
    if at is None:
        return rows_to_events(source, path.name, [], [])
    when = _moment(path, at, zone)
    described = describe_file(path)
    row = {
        "event_id": f"file:{digest[:20]}",
        "time": when.time,
        "time_basis": when.basis,
        "kind": "file",
        "text": f"{text.strip()}: {described}" if text and text.strip() else described,
        "ref": f"{path.name}#:0",
    }
    return rows_to_events(source, path.name, [row], [])


def _moment(path: Path, at: str | datetime, zone: str | None) -> Instant:
    """The moment that people name; `zone` is for one that does not say its own."""
    try:
        return Instant(read_iso(read_moment(at), path=path).time, "offset")
    except ValueError as error:
        unzoned = str(error)
    try:
        told = read_iso(read_moment(at, tz=zone or "UTC"), path=path).time
    except ValueError as error:
        raise EvidenceError(path, "`at`", f"{error}.") from error
    if zone is None:
        hint = "Write it after the time, or give it as `--zone UTC`, or by the name of a zone."
        raise QuestionError(path, "`at`", f"{unzoned}.", option="zone", hint=hint)
    return Instant(told, zone)


# --- what it is ---------------------------------------------------------------------------------------


def _is_postmortem(glimpse: Glimpse) -> bool:
    if glimpse.suffix not in _PAPER or glimpse.text.lstrip().startswith(("{", "[")):
        return False
    text = _bytes_of(glimpse.path).decode("latin-1") if _is_pdf(glimpse) else glimpse.text
    words = " ".join(
        re.sub("[*_#\u2019]", lambda told: "'" if told[0] == "\u2019" else " ", text).casefold().split()
    )
    return _POSTMORTEM in words or (_OWNER in words and sum(name in words for name in _SECTIONS) > 1)


def _is_picture_or_document(glimpse: Glimpse) -> bool:
    return bool(_picture(glimpse) or _document(glimpse))


def _picture(glimpse: Glimpse) -> str:
    """What a picture is and how large, as `PNG, 1280 × 720`; "" for anything else."""
    head = glimpse.head
    name = next((name for magic, name in _MAGIC.items() if head.startswith(magic)), "")
    if name == "WebP" and head[8:12] != b"WEBP":
        return ""
    svg = None if name else _SVG.match(glimpse.text)
    if not name and not svg:
        return ""
    try:
        width, height = _svg_size(svg[1]) if svg else _SIZES[name](glimpse.path, head)
    except (struct.error, OSError, ValueError, OverflowError):
        width = height = 0
    return f"{name or 'SVG'}, {width} × {height}" if width and height else name or "SVG"


def _document(glimpse: Glimpse) -> str:
    """What a document is, as `PDF`; "" for what is none, or more likely records of a system."""
    if _is_pdf(glimpse):
        return "PDF"
    if _WORD in glimpse.members and not glimpse.path.is_dir():
        return "Word"
    if _HTML.match(glimpse.text):
        return "HTML"
    if glimpse.suffix in (".md", ".markdown") and _is_prose(glimpse):
        return "Markdown"
    return "text" if glimpse.suffix == ".txt" and _is_prose(glimpse) else ""


def _is_pdf(glimpse: Glimpse) -> bool:
    return b"%PDF-" in glimpse.head[:1024]


def _is_prose(glimpse: Glimpse) -> bool:
    """Whether text is written by people: no JSON, no log that begins with a time, no table."""
    lines = [line for line in glimpse.text.split("\n") if line.strip()][:3]
    if not lines or lines[0].startswith(("{", "[{", "sep=")) or _STAMP.match(lines[0]):
        return False
    cells = [{line.count(delimiter) for line in lines} for delimiter in ",;\t"]
    return len(lines) < 2 or not any(len(counts) == 1 and counts != {0} for counts in cells)


# --- how large it is ------------------------------------------------------------------------------------


def _png_size(_: Path, head: bytes) -> tuple[int, int]:
    width, height = struct.unpack(">II", head[16:24])
    return width, height


def _gif_size(_: Path, head: bytes) -> tuple[int, int]:
    width, height = struct.unpack("<HH", head[6:10])
    return width, height


def _webp_size(_: Path, head: bytes) -> tuple[int, int]:
    if head[12:16] == b"VP8X":
        return int.from_bytes(head[24:27], "little") + 1, int.from_bytes(head[27:30], "little") + 1
    if head[12:16] == b"VP8L":
        bits = int.from_bytes(head[21:25], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    width, height = struct.unpack("<HH", head[26:30])
    return width & 0x3FFF, height & 0x3FFF


def _jpeg_size(path: Path, _: bytes) -> tuple[int, int]:
    """The size stands in the frame's segment, after any number of others."""
    with path.open("rb") as file:
        file.seek(2)
        for _segment in range(_MOST_SEGMENTS):
            marker, length = struct.unpack(">HH", file.read(4))
            if 0xFFC0 <= marker <= 0xFFCF and marker not in (0xFFC4, 0xFFC8, 0xFFCC):
                height, width = struct.unpack(">xHH", file.read(5))
                return width, height
            file.seek(max(length - 2, 0), 1)
    return 0, 0


def _svg_size(tag: str) -> tuple[int, int]:
    said = {
        name.casefold(): value
        for name, value in re.findall(r"\b(width|height|viewBox)=[\"']([^\"'<>]*)", tag)
    }
    box = said.get("viewbox", "").replace(",", " ").split()
    width, height = (said.get(side, "").removesuffix("px") for side in ("width", "height"))
    if not (width and height) and len(box) == 4:
        width, height = box[2:]
    return round(float(width)), round(float(height))


_MAGIC: Final = {
    b"\x89PNG\r\n\x1a\n": "PNG", b"GIF87a": "GIF", b"GIF89a": "GIF", b"\xff\xd8\xff": "JPEG", b"RIFF": "WebP",
}  # fmt: skip
_SIZES: Final[Mapping[str, Callable[[Path, bytes], tuple[int, int]]]] = {
    "PNG": _png_size, "GIF": _gif_size, "JPEG": _jpeg_size, "WebP": _webp_size,
}  # fmt: skip


# --- what it calls itself -------------------------------------------------------------------------------


def _title(glimpse: Glimpse, what: str) -> str:
    if what == "PDF":
        return _pdf_title(_bytes_of(glimpse.path))
    if what == "Word":
        return _word_title(glimpse.path)
    if what == "HTML":
        told = _HTML_TITLE.search(glimpse.text)
        return html.unescape(told[1]) if told else ""
    told = _HEADING.search(glimpse.text) if what == "Markdown" else None
    return told[1].strip(" \t#") if told else ""


def _bytes_of(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_MOST_LOOKED_AT)
    except OSError:
        return b""


def _pdf_title(data: bytes) -> str:
    """The title as it stands in a PDF in the clear; many have it compressed, or none, or a cipher's."""
    told = _PDF_TITLE.search(data)
    if told is None or b"/Encrypt" in data:
        return ""
    digits = re.sub(rb"\s", b"", told[2] or b"").decode()
    raw = bytes.fromhex(digits + "0" * (len(digits) % 2)) or _PDF_ESCAPE.sub(_unescaped, told[1] or b"")
    return raw.decode("utf-16", "replace") if raw.startswith(b"\xfe\xff") else raw.decode("latin-1")


def _unescaped(told: re.Match[bytes]) -> bytes:
    if told[1]:
        return bytes([int(told[1], 8) & 0xFF])
    return {b"n": b" ", b"r": b" ", b"t": b" ", b"\n": b""}.get(told[2], told[2])


def _word_title(path: Path) -> str:
    try:
        with open_members(path, ("docProps/core.xml",)) as members:
            parts = [text_of(member.read()[:_MOST_PROPERTIES]) for member in members if not member.problem]
    except (EvidenceError, *READ_ERRORS):
        return ""
    told = _WORD_TITLE.search("".join(parts))
    return html.unescape(told[1]) if told else ""


FORMATS: Final = (
    Format(
        "pagerduty-postmortem", "pagerduty", "a postmortem that was written in PagerDuty",
        recognise=_is_postmortem,
        load=load_pagerduty_postmortem,
        options=("at", "text", "zone"),
        if_empty=NO_EVENT,
    ),
    Format(
        "file", "file", "a picture or document",
        recognise=_is_picture_or_document,
        load=load_file,
        options=("at", "text", "zone"),
        if_empty=NO_EVENT,
    ),
)  # fmt: skip
