"""The report as a tree of blocks, read once from the executed notebook; every format is made from it.

A notebook holds markdown cells and outputs. Here they become headings, prose, tables, figures and
a few more kinds of block, whose text is plain text: nothing in them is ever parsed again as HTML,
markdown or Typst. What cannot be shown becomes a notice, so nothing disappears in silence.
"""

from __future__ import annotations

import base64
import binascii
import html
import json
import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias, cast
from urllib.parse import urlsplit

from pmkit.errors import RenderError, TemplateError
from pmkit.language import ENGLISH, Language, load_language
from pmkit.style import COLOURS

if TYPE_CHECKING:
    import pandas as pd

BLOCK_MIME: Final = "application/vnd.pmkit.block+json"
PLOTLY_MIME: Final = "application/vnd.plotly.v1+json"
LONG_CAPTION: Final = 80  # letters: a longer caption is no heading but a sentence, and set as one
WIDGET_MIME: Final = "application/vnd.jupyter.widget-view+json"

Align = Literal["left", "right", "center"]
Width = Literal["narrow", "normal", "wide"]
Tone = Literal["good", "warn", "bad", "info", "neutral"]

# ------------------------------------------------------------------ the tree


@dataclass(frozen=True)
class Text:
    """A run of plain text."""

    text: str


@dataclass(frozen=True)
class Strong:
    """Important words."""

    children: tuple[Inline, ...]


@dataclass(frozen=True)
class Emphasis:
    """Stressed words."""

    children: tuple[Inline, ...]


@dataclass(frozen=True)
class Struck:
    """Words that were struck out."""

    children: tuple[Inline, ...]


@dataclass(frozen=True)
class Code:
    """Words of a machine: an identifier, a command."""

    text: str


@dataclass(frozen=True)
class Link:
    """Words that lead to an http, https or mailto address."""

    url: str
    children: tuple[Inline, ...]


@dataclass(frozen=True)
class Break:
    """The end of a line inside a paragraph or cell."""


Inline: TypeAlias = Text | Strong | Emphasis | Struck | Code | Link | Break


@dataclass(frozen=True)
class Heading:
    """A heading. Level 1 is a section of the report; no level is ever skipped."""

    level: int
    children: tuple[Inline, ...]
    anchor: str

    @property
    def text(self) -> str:
        """Its words alone."""
        return plain(self.children)


@dataclass(frozen=True)
class Paragraph:
    """A paragraph of prose."""

    children: tuple[Inline, ...]


@dataclass(frozen=True)
class Item:
    """One item of a list. `checked` is None where the item is no checkbox."""

    blocks: tuple[Block, ...]
    checked: bool | None = None


@dataclass(frozen=True)
class Items:
    """A bulleted or numbered list."""

    ordered: bool
    start: int
    items: tuple[Item, ...]


@dataclass(frozen=True)
class Quote:
    """Words of somebody else."""

    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Listing:
    """Text set line by line in a monospaced face. `label` says what it is; may be empty."""

    text: str
    label: str = ""


@dataclass(frozen=True)
class Rule:
    """A line between two thoughts."""


@dataclass(frozen=True)
class Column:
    """A column of a table."""

    label: str
    align: Align = "left"
    width: Width = "normal"


@dataclass(frozen=True)
class Ref:
    """A word, often a number, that leads to the place `target` inside the report; a place itself."""

    label: str
    target: str
    anchor: str = ""


@dataclass(frozen=True)
class Cell:
    """A cell: its words, a second muted line, and how it is set.

    `refs` lead elsewhere inside the report, `anchor` is a place they may lead to. `sources` are the events it
    rests on and `cited_as` what it is called there, until `pmkit.export.references` has numbered them.
    """

    children: tuple[Inline, ...]
    note: str = ""
    badge: Tone | None = None
    mono: bool = False
    refs: tuple[Ref, ...] = ()
    anchor: str = ""
    sources: tuple[str, ...] = ()
    cited_as: str = ""
    lang: str = ""  # where it is another one than the document's


@dataclass(frozen=True)
class Table:
    """A table. Without rows the sentence `empty` stands in its place.

    `label` names it to readers who cannot see it: its caption, or the heading it stands under. Of a table
    that is too long for a page `rows` are the first of `total`, and all of them are in the file `attached`.
    """

    name: str
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    empty: str = ""
    label: str = ""
    attached: str = ""
    total: int = 0


@dataclass(frozen=True)
class Fact:
    """A label and what it says; `share` of a whole, between 0 and 1, is drawn as a bar."""

    label: str
    children: tuple[Inline, ...]
    note: str = ""
    share: float | None = None


@dataclass(frozen=True)
class Facts:
    """A list of labels and what they say."""

    items: tuple[Fact, ...]
    name: str = ""


@dataclass(frozen=True)
class Card:
    """One number of the incident; `derived` is the place that says how it was derived."""

    label: str
    value: str
    note: str
    tone: Tone
    derived: str = ""


@dataclass(frozen=True)
class Cards:
    """The row of numbers."""

    items: tuple[Card, ...]


@dataclass(frozen=True)
class Notice:
    """One sentence that must be seen."""

    tone: Tone
    text: str


@dataclass(frozen=True)
class Figure:
    """A plotly figure. `spec` is its JSON; `svg` is its drawing, once it has been drawn."""

    name: str
    caption: str
    alt: str
    width: int
    height: int
    spec: str
    svg: str = ""


@dataclass(frozen=True)
class Picture:
    """An image that came as bytes."""

    mime: str
    data: bytes
    alt: str
    caption: str = ""


@dataclass(frozen=True)
class Markup:
    """An output of HTML that somebody added: cleaned for a browser, and the same as blocks."""

    html: str
    blocks: tuple[Block, ...]

    def walk(self) -> Iterator[Block]:
        """Every block inside, in reading order."""
        return _walk(self.blocks)


Block: TypeAlias = (
    Heading
    | Paragraph
    | Items
    | Quote
    | Listing
    | Rule
    | Table
    | Facts
    | Cards
    | Notice
    | Figure
    | Picture
    | Markup
)


@dataclass(frozen=True)
class Badge:
    """A word with a tone, as `SEV-1`."""

    text: str
    tone: Tone


@dataclass(frozen=True)
class Title:
    """What stands above the report."""

    title: str
    subtitle: str = ""
    facts: tuple[Fact, ...] = ()
    badges: tuple[Badge, ...] = ()


@dataclass(frozen=True)
class Look:
    """What of the look is the team's own: a logo, and colours by their names in `pmkit.style.COLOURS`."""

    logo: Picture | None = None
    colours: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Frame:
    """The frame that a table or a row of numbers was made of, as plain data; `packed` is its JSON."""

    name: str
    packed: str

    def read(self) -> pd.DataFrame:
        """The frame itself, as `pmkit.packing` unpacks it."""
        from pmkit.packing import unpack_frame

        return unpack_frame(json.loads(self.packed))


@dataclass(frozen=True)
class Document:
    """A whole report: its title, language, time of making and blocks.

    `language` says its fixed words, `look` is the team's own. `frames` are what its tables were made of,
    `incident` names the incident: both for formats that machines read, and only of what the report shows. A
    letter has no list of `contents`.
    """

    title: Title
    lang: str
    generated_at: datetime
    blocks: tuple[Block, ...]
    unresolved: tuple[str, ...] = field(default=())
    frames: tuple[Frame, ...] = ()
    incident: Mapping[str, Any] = field(default_factory=dict)
    contents: bool = True
    language: Language = field(default=ENGLISH, compare=False)  # as `lang` says it
    look: Look = field(default_factory=Look, compare=False)

    def frame(self, name: str) -> pd.DataFrame | None:
        """The frame of that name; None where the report does not show it."""
        return next((frame.read() for frame in self.frames if frame.name == name), None)

    def walk(self) -> Iterator[Block]:
        """Every block, those inside lists, quotes and markup too, in reading order."""
        return _walk(self.blocks)

    @property
    def made(self) -> str:
        """When it was made, in the report's words; of a letter nothing, whose date stands at its head."""
        time = self.generated_at
        said = f"Generated {time.day} {time:%B %Y, %H:%M} UTC"
        return self.language.tell(said) if self.contents else ""

    @property
    def headings(self) -> tuple[Heading, ...]:
        """The headings: the outline of every format."""
        return tuple(block for block in self.walk() if isinstance(block, Heading))

    @property
    def tables(self) -> tuple[Table, ...]:
        """The tables that have rows: those without are one sentence each."""
        return tuple(block for block in self.walk() if isinstance(block, Table) and block.rows)

    @property
    def figures(self) -> tuple[Figure, ...]:
        """The plotly figures."""
        return tuple(block for block in self.walk() if isinstance(block, Figure))

    @property
    def pictures(self) -> tuple[Picture, ...]:
        """The images that came as bytes."""
        return tuple(block for block in self.walk() if isinstance(block, Picture))

    def map_blocks(self, change: Callable[[Block], Sequence[Block]]) -> Document:
        """The same document with every block replaced by what `change` makes of it."""
        return replace(self, blocks=_mapped(self.blocks, change))


def plain(children: Iterable[Inline]) -> str:
    """The words of inline nodes, without how they are set."""
    return "".join(
        child.text
        if isinstance(child, Text | Code)
        else ("\n" if isinstance(child, Break) else plain(child.children))
        for child in children
    )


def _walk(blocks: Iterable[Block]) -> Iterator[Block]:
    for block in blocks:
        yield block
        if isinstance(block, Items):
            for item in block.items:
                yield from _walk(item.blocks)
        elif isinstance(block, Quote | Markup):
            yield from _walk(block.blocks)


def _mapped(blocks: Iterable[Block], change: Callable[[Block], Sequence[Block]]) -> tuple[Block, ...]:
    def inside(block: Block) -> Block:
        if isinstance(block, Items):
            items = (replace(item, blocks=_mapped(item.blocks, change)) for item in block.items)
            return replace(block, items=tuple(items))
        if isinstance(block, Quote | Markup):
            return replace(block, blocks=_mapped(block.blocks, change))
        return block

    return tuple(new for block in blocks for new in change(inside(block)))


# ------------------------------------------------------------------ text that is safe to show

# Format characters that are seen: Arabic number signs, Syriac and Kaithi marks.
_SEEN_FORMATS: Final = frozenset(
    [*range(0x0600, 0x0606), 0x06DD, 0x070F, 0x0890, 0x0891, 0x08E2, 0x110BD, 0x110CD]
)
# Letters that look like nothing.
_BLANK_LETTERS: Final = frozenset([0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x3164, 0xFFA0])
_JOINERS: Final = "\u200c\u200d"
_LINE_ENDS: Final = re.compile("\r\n|[\r\v\f\x85\u2028\u2029]")
_ANSI: Final = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\))")


def show_hidden(text: str) -> str:
    """The text with its hidden characters written out, as ⟦U+202E⟧, so that none is obeyed.

    Hidden are control and format characters (direction overrides, zero-width characters, tags,
    NUL), lone surrogates and blank letters. Joiners stay where writing needs them: inside emoji
    and between letters of scripts that join.
    """
    if text.isascii() and text.isprintable():
        return text
    text = _LINE_ENDS.sub("\n", text)
    if text.replace("\n", "").isprintable() and not _BLANK_LETTERS & {ord(char) for char in text}:
        return text
    return "".join(
        f"⟦U+{ord(char):04X}⟧" if _is_hidden(char, text, place) else char for place, char in enumerate(text)
    )


def _is_hidden(char: str, text: str, place: int) -> bool:
    if char in "\n\t":
        return False
    code, category = ord(char), unicodedata.category(char)
    if char in _JOINERS and 0 < place < len(text) - 1:
        return not (_joins(text[place - 1]) and _joins(text[place + 1]))
    if category in ("Cc", "Cs") or code in _BLANK_LETTERS:
        return True
    if category == "Cn":  # unassigned here, or never a character at all
        return (code & 0xFFFE) == 0xFFFE or 0xFDD0 <= code <= 0xFDEF or 0xE0000 <= code <= 0xE0FFF
    return category == "Cf" and code not in _SEEN_FORMATS


def _joins(char: str) -> bool:
    code = ord(char)
    emoji = code >= 0x1F000 or 0x2190 <= code <= 0x2BFF or code == 0xFE0F
    # Arabic to Malayalam and Sinhala, then Myanmar, Khmer and Mongolian
    return emoji or 0x0600 <= code <= 0x0DFF or 0x1000 <= code <= 0x18AF


def runs_right_to_left(text: str) -> bool:
    """Whether the first letter with a direction belongs to a script such as Arabic or Hebrew."""
    if text.isascii():
        return False
    directions = map(unicodedata.bidirectional, text)
    return next((way != "L" for way in directions if way in ("L", "R", "AL")), False)


def safe_url(url: str) -> str:
    """The address if a reader may follow it (http, https, mailto), else the empty string."""
    url = url.strip()
    if not url or not url.isprintable() or any(char in url for char in ' "<>\\'):
        return ""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    if parts.scheme == "mailto" and "@" in parts.path:
        return url
    return url if parts.scheme in ("http", "https") and parts.netloc else ""


_IN_BACKTICKS: Final = re.compile(r"`([^`]+)`")


def inlines(text: str, url: str = "") -> tuple[Inline, ...]:
    """Plain text as inline nodes: a line end is a break, `this` is code, a safe address makes a link."""
    lines = show_hidden(text).split("\n")
    nodes: list[Inline] = []
    for number, line in enumerate(lines):
        if number:
            nodes.append(Break())
        for place, part in enumerate(_IN_BACKTICKS.split(line.replace("\t", "    "))):
            if part:
                nodes.append(Code(part) if place % 2 else Text(part))
    address = safe_url(url)
    return (Link(address, tuple(nodes)),) if address and nodes else tuple(nodes)


# ------------------------------------------------------------------ reading the notebook


def read_document(notebook: Path | str | Mapping[str, Any]) -> Document:
    """Read an executed report notebook, a path or the notebook itself, into its `Document`.

    Raises
    ------
    RenderError : the file is no notebook, or its run failed or never happened
    """
    where = str(notebook) if isinstance(notebook, str | Path) else "the notebook"
    node = _load(notebook, where)
    _must_have_run(node, where)
    reader = _Reader(node.get("metadata", {}).get("pmkit", {}), where)
    for number, cell in enumerate(node["cells"], 1):
        reader.read_cell(cell, number)
    return reader.document(Path(where).stem)


def _load(notebook: Path | str | Mapping[str, Any], where: str) -> Mapping[str, Any]:
    if isinstance(notebook, Mapping):
        node = notebook
    else:
        try:
            node = json.loads(Path(notebook).read_bytes())
        except OSError as error:
            raise RenderError(f"{where}: cannot be read: {error.strerror}.") from error
        except ValueError as error:
            raise RenderError(f"{where}: expected a notebook, found no JSON: {error}.") from error
    if not isinstance(node, Mapping) or not isinstance(node.get("cells"), list):
        raise RenderError(f"{where}: expected a notebook (format 4), found no list of cells.")
    return node


def _must_have_run(node: Mapping[str, Any], where: str) -> None:
    again = "Mend the cell and render the report again; nothing was exported."
    code = [
        (number, cell)
        for number, cell in enumerate(node["cells"], 1)
        if cell.get("cell_type") == "code" and _joined(cell.get("source", "")).strip()
    ]
    for number, cell in code:
        for output in cell.get("outputs", []):
            if output.get("output_type") == "error":
                said = f"{output.get('ename', 'error')}: {output.get('evalue', '')}".strip(": ")
                raise RenderError(f"{where}: cell {number} failed with {said}. {again}")
        ran = cell.get("metadata", {}).get("papermill", {})
        if ran.get("exception") or ran.get("status") in ("failed", "running"):
            raise RenderError(f"{where}: cell {number} did not finish. {again}")
    if node.get("metadata", {}).get("papermill", {}).get("exception"):
        raise RenderError(f"{where}: the run stopped at an error. {again}")
    if code and not any(cell.get("execution_count") or cell.get("outputs") for _, cell in code):
        raise RenderError(f"{where}: its cells have not been run. Run it, then export it.")


def _joined(source: Any) -> str:
    return "".join(source) if isinstance(source, list) else str(source)


_UNRESOLVED: Final = re.compile(r"\{\{.{0,80}?\}\}|\{%.{0,80}?%\}")


class _Reader:
    """Gathers the blocks of one notebook, keeping heading levels and anchors straight."""

    def __init__(self, metadata: Mapping[str, Any], where: str) -> None:
        self.metadata, self.where = metadata, where
        self.title: Title | None = None
        self.blocks: list[Block] = []
        self.unresolved: list[str] = []
        self.outline: list[tuple[int, int]] = []  # the headings we are below: level as written, as shown
        self.section = 0  # level as written of the last heading that stands in a markdown cell
        self.heading = ""  # words of the last heading
        self.anchors: set[str] = set()
        self.figures = 0
        self.told: Mapping[str, Any] = {}  # what the title's block says of the whole report
        self.own_heading: Heading | None = None  # the last heading, if it stands in a cell of the report
        self.led_to: set[str] = set()  # anchors of those that lead to the outputs of a cell
        self.frames: dict[str, Frame] = {}
        self.incident: dict[str, Any] = {}

    def document(self, name: str) -> Document:
        title = self.title or Title("")
        if not title.title:
            title = replace(title, title=_line(self.metadata.get("title")) or _line(name) or "Report")
        told = self.metadata.get("generated_at") or self.told.get("generated_at")
        stated = str(told or "1970-01-01T00:00:00Z")
        try:
            generated_at = datetime.fromisoformat(stated).astimezone(UTC)
        except ValueError as error:
            raise RenderError(
                f"{self.where}: metadata.pmkit.generated_at: expected a time as "
                f"2026-11-09T16:00:00Z, found {stated!r}."
            ) from error
        from pmkit.export.references import with_abbreviations, with_references
        from pmkit.export.translate import translated

        blocks = list(self.blocks)
        first = blocks[0] if blocks else None
        if isinstance(first, Heading) and first.text == title.title:
            del blocks[0]  # a notebook often repeats its title in the first cell
        blocks = list(with_abbreviations(with_references(blocks), title.title))
        blocks = _without_empty(blocks, self.led_to)
        self.unresolved += _UNRESOLVED.findall(title.title + "\n" + title.subtitle)
        language = language_of(str(self.metadata.get("lang") or self.told.get("lang") or "en"))
        language = language.with_phrases(self.metadata.get("words") or {})
        frames, contents = tuple(self.frames.values()), self.metadata.get("contents") is not False
        document = Document(
            title,
            language.code,
            generated_at,
            tuple(blocks),
            tuple(self.unresolved),
            frames,
            self.incident,
            contents,
            language,
            _look(self.metadata),
        )
        return translated(document, language)

    def read_cell(self, cell: Mapping[str, Any], number: int) -> None:
        source = _joined(cell.get("source", ""))
        kind = cell.get("cell_type")
        if kind == "markdown":
            self.unresolved += _UNRESOLVED.findall(source)
            self.add_markdown(source, cell.get("attachments", {}), own=True)
        elif kind == "raw" and source.strip():
            self.add(Listing(show_hidden(source).rstrip("\n")))
        elif kind == "code":
            if self.own_heading is not None and self.blocks and self.blocks[-1] is self.own_heading:
                self.led_to.add(self.own_heading.anchor)
            if "show-input" in cell.get("metadata", {}).get("tags", []) and source.strip():
                self.add(Listing(show_hidden(source), "Code"))
            for output in cell.get("outputs", []):
                self.add_output(output, number)

    def add_markdown(
        self, source: str, attachments: Mapping[str, Any] | None = None, *, own: bool = False
    ) -> None:
        """Add markdown: `own` is a cell of the report, whose headings make its sections."""
        floor = 0 if own else self.section
        for block in _parse_markdown(source, attachments or {}):
            if isinstance(block, Heading):
                if not block.text.strip():  # `##` alone, or an image, which stands below it
                    continue
                placed = self.placed(block, floor)
                self.section = self.outline[-1][0] if own else self.section
                self.own_heading = placed if own else None
                self.heading = placed.text
                self.add(placed)
            else:
                self.add(block)

    def add(self, block: Block) -> None:
        """Add a block; a table also learns what it is called."""
        if isinstance(block, Table):
            block = replace(block, label=block.caption or self.heading or block.name)
        if not (isinstance(block, Facts | Cards) and not block.items):
            self.blocks.append(block)

    def placed(self, heading: Heading, floor: int) -> Heading:
        # `##` is a section of the report, as the title alone is `#`; nobody may skip a level, and two that
        # are written alike stand side by side
        written = floor + heading.level if floor else max(heading.level - 1, 1)
        while self.outline and self.outline[-1][0] >= written:
            self.outline.pop()
        level = min(self.outline[-1][1] + 1 if self.outline else 1, 6)
        self.outline.append((written, level))
        words = re.sub(r"[^\w]+", "-", heading.text.casefold()).strip("-")[:60] or "section"
        anchor, count = words, 1
        while anchor in self.anchors:
            count += 1
            anchor = f"{words}-{count}"
        self.anchors.add(anchor)
        return replace(heading, level=level, anchor=anchor)

    def add_output(self, output: Mapping[str, Any], number: int) -> None:
        if output.get("output_type") == "stream":
            text = show_hidden(_ANSI.sub("", _joined(output.get("text", ""))).rstrip())
            label = "Warnings and messages" if output.get("name") == "stderr" else ""
            if text:
                self.add(Listing(text, label))
            return
        data = output.get("data", {})
        for mime, add in self.ways_to_show():
            if mime in data:
                add(data[mime], output.get("metadata", {}).get(mime, {}), number)
                return
        if data:
            kinds = ", ".join(sorted(data))
            self.notify("warn", f"An output of cell {number} cannot be shown here ({kinds}).")

    def ways_to_show(self) -> tuple[tuple[str, Callable[[Any, Any, int], None]], ...]:
        """Kinds of output, the richest first."""
        pictures = ("image/svg+xml", "image/png", "image/jpeg", "image/gif", "image/webp")
        return (
            (BLOCK_MIME, self.add_block),
            (PLOTLY_MIME, self.add_figure),
            (WIDGET_MIME, self.add_widget),
            ("text/html", self.add_html),
            *((mime, self.picture_adder(mime)) for mime in pictures),
            ("text/markdown", lambda value, _meta, _number: self.add_markdown(_joined(value))),
            ("text/latex", self.add_text),
            ("application/json", self.add_json),
            ("text/plain", self.add_text),
        )

    def notify(self, tone: Tone, text: str) -> None:
        self.add(Notice(tone, text))

    def add_text(self, value: Any, _metadata: Any, _number: int) -> None:
        text = show_hidden(_ANSI.sub("", _joined(value)).rstrip())
        if text:
            self.add(Listing(text))

    def add_json(self, value: Any, _metadata: Any, _number: int) -> None:
        text = json.dumps(value, ensure_ascii=False, indent=2)
        self.add(Listing(show_hidden(text), "JSON"))

    def add_widget(self, _value: Any, _metadata: Any, number: int) -> None:
        self.notify(
            "warn",
            f"Cell {number} shows an interactive widget, which works only in the notebook.",
        )

    def add_html(self, value: Any, _metadata: Any, number: int) -> None:
        from pmkit.export.markup import read_html

        markup = read_html(_joined(value))
        if markup is None:
            self.notify("warn", f"The HTML output of cell {number} holds nothing that can be shown.")
        else:
            self.add(markup)

    def picture_adder(self, mime: str) -> Callable[[Any, Any, int], None]:
        def add(value: Any, metadata: Any, number: int) -> None:
            alt = str(metadata.get("alt", "")) if isinstance(metadata, Mapping) else ""
            alt = show_hidden(alt) or f"Image from cell {number}"
            data = _picture_data(mime, _joined(value))
            if data is None:
                self.notify("warn", f"An image of cell {number} is damaged and cannot be shown.")
            else:
                self.add(Picture(mime, data, alt))

        return add

    def add_figure(self, value: Any, _metadata: Any, _number: int) -> None:
        self.figures += 1
        spec = _shown_deep(value)
        layout = spec.get("layout") or {}
        meta: Any = layout.get("meta")
        meta = meta if isinstance(meta, Mapping) else {}
        title = layout.get("title")
        heading = title.get("text") if isinstance(title, Mapping) else title
        caption = str(meta.get("caption") or heading or "")
        name = str(meta.get("name") or f"figure-{self.figures}")
        self.add(
            Figure(
                name=name,
                caption=caption,
                alt=str(meta.get("alt") or caption or f"Chart {self.figures}"),
                width=_pixels(layout.get("width"), 960),
                height=_pixels(layout.get("height"), 420),
                spec=json.dumps(spec, ensure_ascii=False, separators=(",", ":")),
            )
        )

    def add_pictures(self, value: Mapping[str, Any], number: int) -> None:
        for item in value["items"]:
            data = _picture_data("image/png", str(item["data"]))
            if data is None:
                self.notify("warn", f"An image of cell {number} is damaged and cannot be shown.")
            else:
                self.add(Picture("image/png", data, _line(item["alt"]), _line(item["caption"])))
        for words in value.get("left_out") or ():
            self.notify("info", f"Not shown: {_line(words)}.")

    def add_block(self, value: Any, _metadata: Any, number: int) -> None:
        kind = value.get("block") if isinstance(value, Mapping) else None
        try:
            if value.get("frame"):
                self.add_frame(value["frame"])
            if kind == "title":
                self.title, self.told = _title(value), value
                self.incident = dict(value.get("incident") or {})
            elif kind == "glossary":
                own = [{"label": n, "text": t} for n, t in (self.metadata.get("glossary") or {}).items()]
                self.add(_BLOCK_READERS[kind]({"items": [*value["items"], *own]}))
            elif kind == "prose":
                self.add_markdown(str(value["markdown"]))
            elif kind == "pictures":
                self.add_pictures(value, number)
            elif kind in _BLOCK_READERS:
                self.add(_BLOCK_READERS[kind](value))
            else:
                raise RenderError(
                    f"{self.where}: cell {number}: expected a block of kind "
                    f"{', '.join(['title', 'prose', 'pictures', *_BLOCK_READERS])}, found {kind!r}."
                )
        except (KeyError, TypeError, AttributeError) as error:
            raise RenderError(
                f"{self.where}: cell {number}: block {kind!r} is not complete: {error}."
            ) from error

    def add_frame(self, value: Mapping[str, Any]) -> None:
        """Keep a frame by its name; a second one of that name which is another gets a number."""
        packed = json.dumps({"columns": value["columns"], "rows": value["rows"]}, sort_keys=True)
        name, count = _line(value["name"]), 1
        while self.frames.get(name, packed) not in (packed, Frame(name, packed)):
            count += 1
            name = f"{_line(value['name'])}-{count}"
        self.frames[name] = Frame(name, packed)


def language_of(code: str) -> Language:
    """The language of that code; in one without a catalogue the fixed words are English."""
    try:
        return load_language(code)
    except TemplateError:
        is_rtl = code[:2] in ("ar", "fa", "he", "ur")
        return Language(code, code, "rtl" if is_rtl else "ltr", is_complete=False)


def _look(metadata: Mapping[str, Any]) -> Look:
    found = _DATA_IMAGE.fullmatch(str(metadata.get("logo") or ""))
    logo = None
    if found and found[2]:
        svg = found[1] == "image/svg+xml"
        data = _svg_data(found[3], encoded=True) if svg else _picture_data(found[1], found[3])
        logo = Picture(found[1], data, "") if data else None
    colours = metadata.get("colours") or {}
    safe = {n: c for n, c in colours.items() if n in COLOURS and re.fullmatch("#[0-9a-fA-F]{6}", str(c))}
    return Look(logo, safe)


def _without_empty(blocks: Sequence[Block], own: Collection[str]) -> list[Block]:
    """The blocks without headings below sections that led to outputs of which there are none."""
    out: list[Block] = []
    for block in reversed(blocks):
        after = out[-1] if out else None
        is_last = after is None or (
            isinstance(after, Heading) and isinstance(block, Heading) and after.level <= block.level
        )
        if not (isinstance(block, Heading) and block.level > 1 and block.anchor in own and is_last):
            out.append(block)
    return out[::-1]


def _pixels(value: Any, default: int) -> int:
    return int(value) if isinstance(value, int | float) and 50 <= value <= 10_000 else default


def _shown_deep(value: Any) -> Any:
    """The same JSON with hidden characters written out in every string."""
    if isinstance(value, str):
        return show_hidden(value)
    if isinstance(value, Mapping):
        return {show_hidden(str(key)): _shown_deep(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_shown_deep(item) for item in value]
    return value


def _picture_data(mime: str, value: str) -> bytes | None:
    if mime == "image/svg+xml":
        return value.encode("utf-8", "replace") if "<svg" in value else None
    try:
        data = base64.b64decode(re.sub(r"\s", "", value), validate=True)
    except (binascii.Error, ValueError):
        return None
    starts = {
        "image/png": b"\x89PNG\r\n\x1a\n",
        "image/jpeg": b"\xff\xd8\xff",
        "image/gif": b"GIF8",
        "image/webp": b"RIFF",
    }
    return data if data.startswith(starts.get(mime, b"no such kind")) else None


# ------------------------------------------------------------------ pmkit's own blocks


def _tone(value: Any) -> Tone:
    known = ("good", "warn", "bad", "info", "neutral")
    return cast(Tone, value) if value in known else "neutral"


def _line(value: Any) -> str:
    return show_hidden(str(value or "")).replace("\n", " ").strip()


def _title(value: Mapping[str, Any]) -> Title:
    return Title(
        title=_line(value["title"]),
        subtitle=_line(value.get("subtitle")),
        facts=tuple(_fact(fact) for fact in value.get("facts") or ()),
        badges=tuple(
            Badge(_line(badge["text"]), _tone(badge.get("tone"))) for badge in value.get("badges") or ()
        ),
    )


def _fact(value: Mapping[str, Any]) -> Fact:
    words = inlines(str(value.get("text") or ""), str(value.get("url") or ""))
    share = value.get("share")
    note = show_hidden(str(value.get("note") or ""))
    return Fact(_line(value["label"]), words, note, None if share is None else min(max(float(share), 0), 1))


def _cell(value: Any) -> Cell:
    if not isinstance(value, Mapping):
        return Cell(inlines("" if value is None else str(value)))
    text = value.get("text")
    return Cell(
        children=inlines("" if text is None else str(text), str(value.get("url") or "")),
        # a note is small enough without the marks of code
        note=_IN_BACKTICKS.sub(r"\1", show_hidden(str(value.get("note") or ""))),
        badge=_tone(value["badge"]) if value.get("badge") else None,
        mono=bool(value.get("mono")),
        anchor=_line(value.get("anchor")),
        sources=tuple(map(str, value.get("sources") or ())),
        cited_as=_line(value.get("cited_as")),
    )


def _table(value: Mapping[str, Any]) -> Table:
    aligns, widths = ("left", "right", "center"), ("narrow", "normal", "wide")
    columns = tuple(
        Column(
            label=_line(column["label"]),
            align=column["align"] if column.get("align") in aligns else "left",
            width=column["width"] if column.get("width") in widths else "normal",
        )
        for column in value["columns"]
    )
    rows = []
    for number, row in enumerate(value["rows"], 1):
        if len(row) != len(columns):
            name = value.get("name") or "table"
            raise RenderError(f"table {name}, row {number}: expected {len(columns)} cells, found {len(row)}.")
        rows.append(tuple(_cell(cell) for cell in row))
    return Table(
        name=_line(value.get("name")),
        caption=_line(value.get("caption")),
        columns=columns,
        rows=tuple(rows),
        empty=_line(value.get("empty")) or "Nothing was recorded.",
    )


def _cards(value: Mapping[str, Any]) -> Cards:
    return Cards(
        tuple(
            Card(
                _line(card["label"]),
                _line(card["value"]),
                show_hidden(str(card.get("note") or "")),
                _tone(card.get("tone")),
                _line(card.get("derived")),
            )
            for card in value["items"]
        )
    )


_BLOCK_READERS: Final[dict[Any, Callable[[Mapping[str, Any]], Block]]] = {
    "table": _table,
    "facts": lambda value: Facts(tuple(_fact(fact) for fact in value["items"])),
    "cards": _cards,
    "glossary": lambda value: Facts(tuple(_fact(fact) for fact in value["items"]), "glossary"),
    "notice": lambda value: Notice(_tone(value.get("tone")), _line(value["text"])),
}


# ------------------------------------------------------------------ markdown


def _parse_markdown(source: str, attachments: Mapping[str, Any]) -> list[Block]:
    """Markdown as blocks. Raw HTML is shown as it was typed; `$` is never maths."""
    import mistune

    # Shown before parsing, so that no hidden character can part a link from its address.
    parse = mistune.create_markdown(renderer=None, plugins=["strikethrough", "table", "url", "task_lists"])
    tokens = cast(Sequence[Mapping[str, Any]], parse(show_hidden(source)))
    return _blocks(tokens, attachments)


def _blocks(tokens: Iterable[Mapping[str, Any]], attachments: Mapping[str, Any]) -> list[Block]:
    out: list[Block] = []
    for token in tokens:
        kind, attrs = token["type"], token.get("attrs", {})
        if kind in ("paragraph", "block_text", "heading"):
            pictures: list[Block] = []
            words = _inline_nodes(token.get("children", ()), attachments, pictures)
            if kind == "heading":
                out.append(Heading(int(attrs["level"]), words, ""))
            elif words:
                out.append(Paragraph(words))
            out.extend(pictures)
        elif kind == "block_code":
            out.append(Listing(str(token["raw"]).rstrip("\n")))
        elif kind == "block_quote":
            out.append(Quote(tuple(_no_headings(_blocks(token["children"], attachments)))))
        elif kind == "list":
            out.append(_items(token, attachments))
        elif kind == "table":
            out.append(_markdown_table(token, attachments, out))
        elif kind == "thematic_break":
            out.append(Rule())
        elif kind == "block_html":
            raw = re.sub(r"<!--.*?-->", "", str(token["raw"]), flags=re.DOTALL).strip()
            if raw:
                out.append(Paragraph(inlines(raw)))
        elif kind != "blank_line":
            text = str(token.get("raw") or token.get("text") or "")
            out.append(Listing(text.rstrip("\n"), f"markdown: {kind}"))
    return out


def _no_headings(blocks: Iterable[Block]) -> Iterator[Block]:
    """Headings inside quotes and lists are words in bold: they are no part of the outline."""
    for block in blocks:
        yield Paragraph((Strong(block.children),)) if isinstance(block, Heading) else block


def _items(token: Mapping[str, Any], attachments: Mapping[str, Any]) -> Items:
    items = tuple(
        Item(
            tuple(_no_headings(_blocks(child.get("children", ()), attachments))),
            child.get("attrs", {}).get("checked") if child["type"] == "task_list_item" else None,
        )
        for child in token["children"]
    )
    attrs = token.get("attrs", {})
    return Items(bool(attrs.get("ordered")), int(attrs.get("start") or 1), items)


def _markdown_table(token: Mapping[str, Any], attachments: Mapping[str, Any], after: list[Block]) -> Table:
    head, *bodies = token["children"]

    def words(cell: Mapping[str, Any]) -> tuple[Inline, ...]:
        return _inline_nodes(cell.get("children", ()), attachments, after)

    columns = tuple(
        Column(plain(words(cell)), cell["attrs"].get("align") or "left") for cell in head["children"]
    )
    rows = [
        tuple(Cell(words(cell)) for cell in row["children"]) for body in bodies for row in body["children"]
    ]
    return Table("", "", columns, tuple(rows), "Nothing was recorded.")


def _inline_nodes(
    tokens: Iterable[Mapping[str, Any]], attachments: Mapping[str, Any], pictures: list[Block]
) -> tuple[Inline, ...]:
    """Inline tokens as nodes; images that came along are put on `pictures`."""
    out: list[Inline] = []
    for token in tokens:
        kind = token["type"]
        raw = str(token.get("raw", ""))
        children = _inline_nodes(token.get("children", ()), attachments, pictures)
        url = str(token.get("attrs", {}).get("url", ""))
        if kind == "text":
            out.append(Text(show_hidden(html.unescape(raw)).replace("\n", " ")))
        elif kind == "codespan":
            out.append(Code(raw))
        elif kind == "strong":
            out.append(Strong(children))
        elif kind == "emphasis":
            out.append(Emphasis(children))
        elif kind == "strikethrough":
            out.append(Struck(children))
        elif kind == "link":
            address = safe_url(url)
            out.extend((Link(address, children),) if address else children)
        elif kind == "image":
            out.extend(_image(url, plain(children), attachments, pictures))
        elif kind == "linebreak":
            out.append(Break())
        elif kind == "softbreak":
            out.append(Text(" "))
        elif not (kind == "inline_html" and raw.startswith("<!--")):
            out.append(Text(raw))
    return _merged(out)


def _merged(nodes: Iterable[Inline]) -> tuple[Inline, ...]:
    out: list[Inline] = []
    for node in nodes:
        last = out[-1] if out else None
        if isinstance(node, Text) and isinstance(last, Text):
            out[-1] = Text(last.text + node.text)
        else:
            out.append(node)
    return tuple(out)


_DATA_IMAGE: Final = re.compile(r"data:(image/(?:png|jpeg|gif|webp|svg\+xml))(;base64)?,(.*)", re.S)


def _image(url: str, alt: str, attachments: Mapping[str, Any], pictures: list[Block]) -> tuple[Inline, ...]:
    """Put an image that travels with the notebook on `pictures`; of any other its words remain."""
    alt = alt or "image"
    attached = attachments.get(url.removeprefix("attachment:"), {})
    for mime, value in attached.items():
        data = _picture_data(mime, _joined(value)) if mime.startswith("image/") else None
        if data is not None:
            pictures.append(Picture(mime, data, alt))
            return ()
    if found := _DATA_IMAGE.fullmatch(url):
        mime, encoded, value = found.groups()
        if encoded and mime != "image/svg+xml":
            data = _picture_data(mime, value)
        else:
            data = _svg_data(value, encoded=bool(encoded)) if mime == "image/svg+xml" else None
        if data is not None:
            pictures.append(Picture(mime, data, alt))
            return ()
    words: tuple[Inline, ...] = (Text(f"[image: {alt}]"),)
    address = safe_url(url)
    return (Link(address, words),) if address else words


def _svg_data(value: str, *, encoded: bool) -> bytes | None:
    from urllib.parse import unquote_to_bytes

    try:
        data = base64.b64decode(value, validate=True) if encoded else unquote_to_bytes(value)
    except (binascii.Error, ValueError):
        return None
    return data if b"<svg" in data else None
