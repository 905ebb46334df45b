"""Every export ends here: what came out is counted against what went in, and a lack is an error.

The check reads the finished bytes, not the tree they were made from. A file that does not pass
is never put in place.
"""

from __future__ import annotations

import html
import logging
import os
import re
import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Final

from pmkit.errors import RenderError
from pmkit.export.document import Document, Markup
from pmkit.export.drawing import count_marks
from pmkit.export.fonts import name_of
from pmkit.export.pdf_words import read_literal, text_string
from pmkit.export.references import dead_links

_LOG: Final = logging.getLogger(__name__)


@dataclass(frozen=True)
class Check:
    """What the self-check of one export found.

    `counts` pairs what the source holds with what the output holds. `problems` are reasons to
    refuse the export; `warnings` are worth telling.
    """

    format: str
    counts: Mapping[str, tuple[int, int]]
    problems: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether the export may be put in place."""
        return not self.all_problems()

    def all_problems(self) -> tuple[str, ...]:
        """The problems, with one for each count that differs."""
        differing = (
            f"expected {wanted} {noun}, found {found}"
            for noun, (wanted, found) in self.counts.items()
            if wanted != found
        )
        return (*self.problems, *differing)

    def with_problems(self, problems: Iterable[str]) -> Check:
        """The same check with more problems."""
        return replace(self, problems=(*self.problems, *problems))

    def with_gaps(self, chars: Iterable[str]) -> Check:
        """The same check with a warning that lists the characters no font had."""
        lacking = sorted(chars)
        if not lacking:
            return self
        shown = ", ".join(f"{name_of(char)} U+{ord(char):04X}" for char in lacking[:20])
        more = f" and {len(lacking) - 20} more" if len(lacking) > 20 else ""
        warning = (
            f"{len(lacking)} characters have no glyph in any font and are written out: "
            f"{shown}{more}. Install pmkit[fonts] or name a folder of fonts."
        )
        return replace(self, warnings=(*self.warnings, warning))


def default_out(report: object, out: Path | str | None, suffix: str) -> Path:
    """Where the export goes: as told, or beside the notebook."""
    if out is not None:
        return Path(out)
    if isinstance(report, str | Path):
        return Path(report).with_suffix(suffix)
    raise RenderError(f"say where the {suffix} file goes: the report has no path of its own.")


def write_checked(target: Path, data: bytes, check: Check, warn: Callable[[str], None] | None = None) -> Path:
    """Put the bytes in place if the check passed; else raise, and leave no new file behind."""
    if problems := check.all_problems():
        lines = "\n  ".join(problems)
        raise RenderError(f"{target}: the {check.format} is not whole, nothing was written:\n  {lines}")
    for warning in check.warnings:
        (warn or _LOG.warning)(f"{target.name}: {warning}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, beside = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    except OSError as error:
        raise RenderError(f"{target}: cannot be written: {error.strerror}.") from error
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(beside).chmod(0o644)
        Path(beside).replace(target)
    except OSError as error:
        Path(beside).unlink(missing_ok=True)
        raise RenderError(f"{target}: cannot be written: {error.strerror}.") from error
    return target


# ------------------------------------------------------------------ the source


def check_document(document: Document) -> list[str]:
    """Problems that no format can mend."""
    problems = [f"a parameter was never filled in: {words}" for words in dict.fromkeys(document.unresolved)]
    problems += [
        f"the figure {figure.name!r} holds no marks"
        for figure in document.figures
        if not figure.svg or not count_marks(figure.svg)
    ]
    problems += [
        f"something leads to the place {place!r}, which is not there" for place in dead_links(document)
    ]
    return problems


# ------------------------------------------------------------------ HTML

_LOADING: Final = {
    "src", "srcset", "poster", "data", "background", "action", "formaction", "ping", "manifest",
}  # fmt: skip
_WORDS: Final = ("aria-", "data-", "alt", "title")  # attributes that hold words and do nothing
_URL: Final = re.compile(r"url\(\s*['\"]?(?!['\"]?(?:data:|#))|@import", re.IGNORECASE)


class _HtmlReader(HTMLParser):
    """Counts what a browser will find, and lists what it would fetch."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.headings: list[tuple[int, str]] = []
        self.tables = self.figures = self.drawn = self.pictures = self.markup_tables = 0
        self.problems: list[str] = []
        self._heading: tuple[int, list[str]] | None = None
        self._style = False
        self._markup = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        classes = given.get("class", "").split()
        if tag == "div" and (self._markup or "markup" in classes):
            self._markup += 1
        if re.fullmatch(r"h[2-6]", tag) and "data-outline" in given:
            self._heading = (int(tag[1]) - 1, [])
        if self._markup:
            self.markup_tables += tag == "table"
        else:
            self.tables += tag == "table"
            self.pictures += tag == "img" and "logo" not in classes
        self.figures += tag == "figure" and "chart" in classes
        self.drawn += tag == "svg" and "static" in classes
        self._style = tag == "style"
        self._look_for_loads(tag, given)

    def _look_for_loads(self, tag: str, given: Mapping[str, str]) -> None:
        for name, value in given.items():
            address = value.strip()
            inside = not address or address.startswith(("#", "data:"))
            loads = name in _LOADING or (name in ("href", "xlink:href") and tag not in ("a", "area"))
            if loads and not inside:
                self.problems.append(f"<{tag} {name}> would load {address[:80]!r} from elsewhere")
            if name.startswith("on"):
                self.problems.append(f"<{tag}> carries a script in {name}")
            is_words = name.startswith(_WORDS)
            if "url(" in value and tag != "a" and not is_words and _URL.search(value):
                self.problems.append(f"<{tag} {name}> would load a file from elsewhere")
            if name in ("href", "xlink:href") and re.match(r"\s*(javascript|vbscript)\s*:", value, re.I):
                self.problems.append(f"<{tag}> links to a script")

    def handle_endtag(self, tag: str) -> None:
        if tag == "div" and self._markup:
            self._markup -= 1
        if self._heading and tag == f"h{self._heading[0] + 1}":
            level, words = self._heading
            self.headings.append((level, _squeezed("".join(words))))
            self._heading = None
        self._style = False

    def handle_data(self, data: str) -> None:
        if self._heading:
            self._heading[1].append(data)
        if self._style and _URL.search(data):
            self.problems.append("a style sheet would load a file from elsewhere")


def check_html(page: str, document: Document) -> Check:
    """Count the page's headings, tables and figures, and look for anything it would fetch."""
    reader = _HtmlReader()
    reader.feed(page)
    reader.close()
    problems = list(reader.problems)
    wanted = [(heading.level, _squeezed(heading.text)) for heading in document.headings]
    problems += compare_outlines(wanted, reader.headings)
    if "Content-Security-Policy" not in page[:4000]:
        problems.append("the page states no content security policy")
    markup = [block for block in document.walk() if isinstance(block, Markup)]
    inside = {id(block) for outer in markup for block in outer.walk()}
    tables = [table for table in document.tables if id(table) not in inside]
    pictures = [picture for picture in document.pictures if id(picture) not in inside]
    counts = {
        "headings": (len(wanted), len(reader.headings)),
        "tables": (len(tables), reader.tables),
        "tables of HTML outputs": (sum(m.html.count("<table") for m in markup), reader.markup_tables),
        "figures": (len(document.figures), reader.figures),
        "drawings": (len(document.figures), reader.drawn),
        "pictures": (len(pictures), reader.pictures),
    }
    return Check("HTML", counts, tuple(problems))


def check_lite(page: str, document: Document) -> Check:
    """The same for the page without scripts, which has no style sheet and no drawing either."""
    reader = _HtmlReader()
    reader.feed(page)
    reader.close()
    wanted = [(min(heading.level, 5), _squeezed(heading.text)) for heading in document.headings]
    problems = [*reader.problems, *compare_outlines(wanted, reader.headings)]
    if re.search(r"<(script|style|link|svg|iframe|object|form)\b", page):
        problems.append("the page holds more than words, tables and images")
    kinds = {kind: page.count(f'<table data-kind="{kind}"') for kind in ("table", "cards", "facts")}
    blocks = [type(block).__name__ for block in document.walk()]
    counts = {
        "headings": (len(wanted), len(reader.headings)),
        "tables": (len(document.tables), kinds["table"]),
        "rows of numbers": (blocks.count("Cards"), kinds["cards"]),
        "lists of facts": (blocks.count("Facts") + bool(document.title.facts), kinds["facts"]),
    }
    images = len(document.figures), page.count("<img ") - _shown_pictures(page, document)
    return Check("HTML without scripts", counts | {"figures": images}, tuple(problems))


def _shown_pictures(page: str, document: Document) -> int:
    return sum(f'alt="{html.escape(" ".join(picture.alt.split()))}"' in page for picture in document.pictures)


def _squeezed(text: str) -> str:
    return " ".join(text.split())


def compare_outlines(wanted: Iterable[tuple[int, str]], found: Iterable[tuple[int, str]]) -> list[str]:
    """The first heading, as level and words, that is not what it should be."""
    for (level, words), (found_level, found_words) in zip(wanted, found, strict=False):
        if (level, _squeezed(words)) != (found_level, _squeezed(found_words)):
            return [
                f"expected the heading {words!r} at level {level}, "
                f"found {found_words!r} at level {found_level}"
            ]
    return []


# ------------------------------------------------------------------ PDF

_OBJECT: Final = re.compile(rb"(?:^|[\r\n])(\d+) 0 obj\s*(<<.*?)(?:endobj|stream\r?\n)", re.DOTALL)
_REFERENCE: Final = r"/%s\s+(\d+) 0 R"


def check_pdf(data: bytes, document: Document, shown: Callable[[str], str] = lambda text: text) -> Check:
    """Count pages, bookmarks, tables and figures in the finished PDF.

    Typst leaves the structure of a tagged PDF uncompressed, so plain reading is enough.
    `shown` gives the text of a heading as it was printed.
    """
    objects = {int(number): body for number, body in _OBJECT.findall(data)}
    problems: list[str] = []
    if not data.startswith(b"%PDF-") or b"%%EOF" not in data[-1024:]:
        problems.append("the file is no complete PDF")
    pages = sum(bool(re.search(rb"/Type\s*/Page\b", body)) for body in objects.values())
    if not pages:
        problems.append("the PDF has no pages")
    if not re.search(rb"pdfuaid:part", data):
        problems.append("the PDF is not tagged for accessibility")
    wanted = [(heading.level, _squeezed(shown(heading.text))) for heading in document.headings]
    found = [(level, _squeezed(words.replace("\u200b", ""))) for level, words in read_outline(objects)]
    problems += compare_outlines(wanted, found)
    kinds = [match for body in objects.values() for match in re.findall(rb"/S\s*/(\w+)", body)]
    drawings = len(document.figures) + len(document.pictures)
    counts = {
        "bookmarks": (len(wanted), len(found)),
        "tables": (len(document.tables), kinds.count(b"Table")),
        "figures and pictures": (drawings, kinds.count(b"Figure")),
    }
    return Check("PDF", counts, tuple(problems))


def check_printed(data: bytes, document: Document) -> Check:
    """Count pages, bookmarks and tables in a PDF that a browser printed: tagged, but without PDF/UA.

    Its bookmarks begin with the title and the heading of the contents.
    """
    objects = {int(number): body for number, body in _OBJECT.findall(data)}
    problems: list[str] = []
    if not data.startswith(b"%PDF-") or b"%%EOF" not in data[-1024:]:
        problems.append("the file is no complete PDF")
    if not any(re.search(rb"/Type\s*/Page\b", body) for body in objects.values()):
        problems.append("the PDF has no pages")
    if b"/StructTreeRoot" not in data:
        problems.append("the PDF is not tagged")
    # where a heading breaks, the bookmark has lost its blank
    wanted = ["".join(heading.text.split()) for heading in document.headings]
    found = ["".join(words.split()) for _, words in read_outline(objects)][2:]
    problems += compare_outlines([(1, words) for words in wanted], [(1, words) for words in found])
    kinds = [match for body in objects.values() for match in re.findall(rb"/S\s*/(\w+)", body)]
    markup = [block for block in document.walk() if isinstance(block, Markup)]
    inside = {id(block) for outer in markup for block in outer.walk()}
    tables = sum(id(table) not in inside for table in document.tables)
    counts = {
        "bookmarks": (len(wanted), len(found)),
        "tables": (tables + sum(m.html.count("<table") for m in markup), kinds.count(b"Table")),
    }
    return Check("PDF by Chrome", counts, tuple(problems))


def read_outline(objects: Mapping[int, bytes]) -> list[tuple[int, str]]:
    """The bookmarks of a PDF as level and title, in order."""
    root = next((b for b in objects.values() if re.search(rb"/Type\s*/Outlines\b", b)), b"")
    out: list[tuple[int, str]] = []

    def follow(number: int | None, level: int) -> None:
        seen: set[int] = set()
        while number is not None and number in objects and number not in seen:
            seen.add(number)
            body = objects[number]
            out.append((level, _pdf_string(body)))
            follow(_reference(body, "First"), level + 1)
            number = _reference(body, "Next")

    follow(_reference(root, "First"), 1)
    return out


def _reference(body: bytes, key: str) -> int | None:
    found = re.search((_REFERENCE % key).encode(), body)
    return int(found[1]) if found else None


def _pdf_string(body: bytes) -> str:
    """The /Title of an object: hexadecimal or in parentheses."""
    if found := re.search(rb"/Title\s*<([0-9A-Fa-f\s]*)>", body):
        return text_string(bytes.fromhex(found[1].decode("ascii")))
    if found := re.search(rb"/Title\s*\(", body):
        return text_string(read_literal(body, found.end())[0])
    return ""
