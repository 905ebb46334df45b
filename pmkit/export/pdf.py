"""The report as PDF: tagged for PDF/UA-1, with contents, bookmarks and vector charts, by Typst.

Typst is handed a tree of blocks as JSON, never markup, so no words of a report can be obeyed.
It may read nothing but what is handed to it.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

from pmkit.errors import RenderError
from pmkit.export.appendices import with_appendices
from pmkit.export.columns import MONO_SCALE, PORTRAIT, breakable, lay_out, rows_that_break
from pmkit.export.document import (
    Block,
    Break,
    Cards,
    Cell,
    Code,
    Document,
    Emphasis,
    Fact,
    Facts,
    Figure,
    Heading,
    Inline,
    Items,
    Link,
    Listing,
    Markup,
    Notice,
    Paragraph,
    Picture,
    Quote,
    Rule,
    Strong,
    Struck,
    Table,
    Text,
    plain,
    read_document,
    runs_right_to_left,
)
from pmkit.export.drawing import Draws, draw_figures
from pmkit.export.fonts import Coverage, Ruler, cover, families_of, gather, lacking_glyphs
from pmkit.export.selfcheck import Check, check_document, check_pdf, default_out, write_checked
from pmkit.template import report_templates

if TYPE_CHECKING:
    from pmkit.export.exporters import PdfExporter

__all__ = ["PdfExporter", "export_pdf", "make_pdf"]


def __getattr__(name: str) -> Any:
    if name == "PdfExporter":  # nbconvert is loaded only by who asks for its exporter
        from pmkit.export.exporters import PdfExporter

        return PdfExporter
    raise AttributeError(name)


def export_pdf(
    report: Path | str | Mapping[str, Any] | Document,
    out: Path | str | None = None,
    *,
    font_paths: Sequence[Path | str] = (),
    cache: Path | None = None,
    engine: Draws | None = None,
    warn: Callable[[str], None] | None = None,
) -> Path:
    """Write an executed report notebook as PDF and return where it is.

    Parameters
    ----------
    report : the notebook, or its `Document`
    out : by default beside the notebook
    font_paths : font files or folders with scripts that the built-in fonts lack
    cache : a folder that keeps drawn figures
    engine : draws figures; by default the built-in one
    warn : called with each warning of the self-check; by default they are logged

    Raises
    ------
    RenderError : the report is not whole, or the PDF did not come out whole; no file is left
    """
    target = default_out(report, out, ".pdf")
    document = report if isinstance(report, Document) else read_document(report)
    document = draw_figures(document, cache=cache, engine=engine)
    data, check = make_pdf(document, font_paths=font_paths)
    return write_checked(target, data, check, warn)


def make_pdf(document: Document, *, font_paths: Sequence[Path | str] = ()) -> tuple[bytes, Check]:
    """The PDF of a document whose figures are drawn, and what its self-check found."""
    problems = check_document(document)
    document, attached = with_appendices(document.map_blocks(_showable))
    source = (report_templates() / "report.typ").read_bytes()
    coverage = cover(_all_text(document), font_paths)
    ruler = Ruler()
    with TemporaryDirectory(prefix="pmkit-fonts-") as folder:
        gather(coverage.files, Path(folder))
        fonts, families = families_of(Path(folder))
        for _ in range(3):
            files = _Writer(document, coverage, ruler, families, attached).files()
            try:
                data = _compile({"report.typ": source, **files}, fonts, document)
                break
            except _LackingError as lacking:
                coverage = replace(coverage, missing=coverage.missing | lacking.chars)
        else:
            raise RenderError("the PDF could not be set: glyphs are lacking in every font.")
    check = (
        check_pdf(data, document, coverage.written_out).with_problems(problems).with_gaps(coverage.missing)
    )
    return data, check


class _LackingError(Exception):
    """Typst found characters without a glyph."""

    def __init__(self, chars: set[str]) -> None:
        self.chars = chars
        super().__init__(str(sorted(chars)))


def _compile(files: Mapping[str, bytes], fonts: Any, document: Document) -> bytes:
    import typst

    try:
        return typeset(
            files, fonts, pdf_standards=["ua-1", "a-3a"], timestamp=int(document.generated_at.timestamp())
        )
    except typst.TypstError as error:
        if lacking := lacking_glyphs(error.diagnostic):
            raise _LackingError(lacking) from error
        raise RenderError(f"the PDF could not be set: {error.message}\n{error.diagnostic}") from error


def typeset(files: Mapping[str, bytes], fonts: Any, **options: Any) -> bytes:
    """Set the first of the files, in a folder that holds these files and nothing else."""
    import typst

    with TemporaryDirectory(prefix="pmkit-pdf-") as folder:
        for name, content in files.items():
            Path(folder, name).write_bytes(content)
        main = Path(folder, next(iter(files)))
        data, _ = typst.compile_with_warnings(main, root=folder, font_paths=fonts, **options)
    return bytes(data)


def _showable(block: Block) -> Sequence[Block]:
    """Pictures that Typst cannot read become notices; browsers' markup becomes its blocks."""
    if isinstance(block, Markup):
        return block.blocks
    if isinstance(block, Picture) and not _can_read(block):
        return (Notice("warn", f"The image “{block.alt}” cannot be shown in print."),)
    return (block,)


def _can_read(picture: Picture) -> bool:
    import typst

    name = "picture." + _SUFFIXES[picture.mime]
    source = f'#image("{name}")'.encode()
    try:
        typeset({"main.typ": source, name: picture.data}, typst.Fonts(include_system_fonts=False))
    except typst.TypstError:
        return False
    return True


_SUFFIXES: Final = {
    "image/png": "png",
    "image/jpeg": "jpg",
    "image/gif": "gif",
    "image/webp": "webp",
    "image/svg+xml": "svg",
}


def _all_text(document: Document) -> str:
    """Every character of the report, in no order: what the fonts must cover."""
    chars: set[str] = set()

    def gather_text(value: object) -> None:
        if isinstance(value, str):
            chars.update(value)
        elif isinstance(value, tuple):
            for item in value:
                gather_text(item)
        elif isinstance(value, Figure):
            chars.update(value.caption, value.alt, *_SVG_TEXT.findall(value.svg))
        elif hasattr(value, "__dataclass_fields__"):
            for name in value.__dataclass_fields__:
                gather_text(getattr(value, name))

    gather_text(document.title)
    gather_text(document.blocks)
    gather_text(tuple(document.language.phrases.values()))
    if any(isinstance(block, Items) for block in document.walk()):
        chars.update("☑☐")
    return "".join(sorted(chars | set("•…")))


_SVG_TEXT: Final = re.compile(r">([^<]+)<")


def _lying_down(nodes: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Put tables that need a landscape page on one, with the headings that lead to them."""
    out: list[dict[str, Any]] = []
    for node in nodes:
        if not node.get("landscape"):
            out.append(node)
            continue
        before: list[dict[str, Any]] = []
        while out and (out[-1]["kind"] == "heading" or out[-1].get("sticky")):
            before.insert(0, out.pop())
        if out and out[-1]["kind"] == "landscape":
            out[-1]["blocks"] += [*before, node]
        else:
            out.append({"kind": "landscape", "blocks": [*before, node]})
    return out


def balanced(text: str, size: float, lines: int, ruler: Ruler) -> float:
    """The narrowest width at which the words take so many lines: none of them is left with one word."""
    words = [size * ruler.length(word, bold=True) for word in text.split()]
    blank = size * ruler.length(" ", bold=True)
    least = sum(words) / lines
    if len(words) <= lines:  # a script without blanks, or a word or two
        return min(PORTRAIT, least * 1.12)
    for width in (least * (1 + step / 50) for step in range(50)):
        taken, left = 1, width
        for place, word in enumerate(words):
            left -= word + (blank if place and left < width else 0.0)
            if left < 0:
                taken, left = taken + 1, width - word
        if taken <= lines:
            return min(PORTRAIT, width * 1.02)
    return PORTRAIT


_SAID: Final = {"contents": "Contents", "derivation": "derivation"}
_SHORT_LINK: Final = 24  # letters: a longer link in a table is underlined instead of coloured
_PROSE_WORD: Final = 30.0  # em: a longer word in prose may break


class _Writer:
    """Writes a document as the JSON tree and the image files that `report.typ` reads."""

    def __init__(
        self,
        document: Document,
        coverage: Coverage,
        ruler: Ruler,
        families: Sequence[str],
        attached: Mapping[str, bytes],
    ) -> None:
        self.document, self.coverage, self.ruler = document, coverage, ruler
        self.families, self.attached = families, attached
        self.images: dict[str, bytes] = {}

    def files(self) -> dict[str, bytes]:
        title, time = self.document.title, self.document.generated_at
        say = self.document.language.say
        tree = {
            "title": self.text(title.title),
            "running": self.shortened(self.text(title.title)),
            **self.title_size(),
            "subtitle": self.text(title.subtitle),
            "badges": [{"text": self.text(b.text), "tone": b.tone} for b in title.badges],
            "facts": [self.fact(fact) for fact in title.facts],
            "lang": self.document.lang[:2].lower(),
            "contents": self.document.contents,
            "generated": self.text(self.document.made),
            "rtl": self.document.language.direction == "rtl",
            "colours": dict(self.document.look.colours),
            "logo": self.logo(),
            "date": [time.year, time.month, time.day, time.hour, time.minute, time.second],
            "families": list(self.families),
            "say": {name: self.text(say(phrase)) for name, phrase in _SAID.items()},
            "page": list(map(self.text, re.split(r"\{n2?\}", say("Page {n} of {n2}", n="{n}", n2="{n2}")))),
            "blocks": self.with_its_end(self.blocks(self.document.blocks)),
        }
        return {"report.json": json.dumps(tree, ensure_ascii=False).encode(), **self.images, **self.attached}

    def with_its_end(self, nodes: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """The blocks of a letter with its last paragraphs held together: no name stands alone on a page."""
        if not self.document.contents:
            for node in reversed(nodes[:-1]):
                if node["kind"] != "paragraph":
                    break
                node["sticky"] = True
        return nodes

    def logo(self) -> str:
        """The file of the team's logo; "" where there is none, or none that Typst can read."""
        picture = self.document.look.logo
        if picture is None or not _can_read(picture):
            return ""
        name = f"logo.{_SUFFIXES[picture.mime]}"
        self.images[name] = picture.data
        return name

    def text(self, text: str, room: float = _PROSE_WORD, *, mono: bool = False) -> str:
        shown = self.coverage.written_out(text)
        if len(shown) <= room:  # no glyph is wider than 1 em, so most words need no measuring
            return shown
        return "".join(breakable(part, room, self.ruler, mono=mono) for part in re.split(r"(\s+)", shown))

    def shortened(self, text: str) -> str:
        """The title as far as it fits into the running head."""
        room = PORTRAIT / 8.2 - 2.0
        if self.ruler.length(text) <= room:
            return text
        while self.ruler.length(text) > room:
            text = text[:-1]
        return text.rstrip() + "…"

    def title_size(self) -> dict[str, float]:
        """Size and width of the title: one line if it can be, else lines of like length."""
        length = max(self.ruler.length(self.document.title.title, bold=True), 1.0)
        largest, least = (27.0, 21.0) if self.document.contents else (21.0, 18.0)
        size = min(largest, max(PORTRAIT / length * 0.99, least))
        lines = math.ceil(length * size / PORTRAIT)
        if lines > 1:
            size = min(largest, 25.0) if lines < 4 else 20.0
            lines = math.ceil(length * size / PORTRAIT)
        width = PORTRAIT if lines == 1 else balanced(self.document.title.title, size, lines, self.ruler)
        return {"title-size": round(size, 1), "title-width": round(width, 1)}

    def inline(self, nodes: Iterable[Inline], room: float = _PROSE_WORD) -> list[dict[str, Any]]:
        return [self.inline_node(node, room) for node in nodes]

    def inline_node(self, node: Inline, room: float) -> dict[str, Any]:
        match node:
            case Text(text):
                return {"kind": "text", "text": self.text(text, room)}
            case Code(text):
                return {"kind": "code", "text": self.text(text, room / 1.2, mono=True)}
            case Break():
                return {"kind": "break"}
            case Link(url, children):
                return {"kind": "link", "url": url, "children": self.inline(children, room)}
            case Strong(children) | Emphasis(children) | Struck(children):
                kind = type(node).__name__.lower()
                return {"kind": kind, "children": self.inline(children, room)}

    def fact(self, fact: Fact) -> dict[str, Any]:
        return {
            "label": self.text(fact.label),
            "children": self.inline(fact.children, 22.0),
            "rtl": runs_right_to_left(plain(fact.children)),
            "note": self.text(fact.note),
            "share": fact.share,
        }

    def blocks(self, blocks: Sequence[Block]) -> list[dict[str, Any]]:
        out = [self.block(block) for block in blocks]
        for node, block, after in zip(out, blocks, blocks[1:], strict=False):
            # a sentence that leads to a chart or table does not stay behind on the page before
            if isinstance(block, Paragraph) and isinstance(after, Figure | Table | Cards | Facts):
                node["sticky"] = len(plain(block.children)) < 240
        return _lying_down(out)

    def block(self, block: Block) -> dict[str, Any]:
        out: dict[str, Any] = {"kind": type(block).__name__.lower()}
        match block:
            case Heading(level, children):
                out |= {"level": level, "children": self.inline(children)}
            case Paragraph(children):
                out["children"] = self.inline(children)
                out["rtl"] = runs_right_to_left(plain(children))
            case Items(ordered, start, items):
                out |= {"ordered": ordered, "start": start}
                out["items"] = [
                    {"blocks": self.blocks(item.blocks), "checked": item.checked} for item in items
                ]
            case Quote(blocks) | Markup(blocks=blocks):
                out["blocks"] = self.blocks(blocks)
            case Listing(text, label):
                lines = [self.text(line, 60.0, mono=True) for line in text.split("\n")]
                out |= {"text": "\n".join(lines), "label": self.text(label)}
            case Rule():
                pass
            case Table():
                out |= self.table(block)
            case Facts(items, name):
                out |= {"items": [self.fact(fact) for fact in items], "halves": name == "glossary"}
            case Cards(items):
                out["items"] = [
                    {
                        "label": self.text(card.label, 9.0),
                        "value": self.text(card.value, 6.0),
                        "note": self.text(card.note, 9.0),
                        "tone": card.tone,
                        "derived": card.derived,
                    }
                    for card in items
                ]
            case Notice(tone, text):
                out |= {"tone": tone, "text": self.text(text), "rtl": runs_right_to_left(text)}
            case Figure():
                out |= self.figure(block)
            case Picture(mime, data, alt, words):
                name = f"picture-{len(self.images)}.{_SUFFIXES[mime]}"
                self.images[name] = data
                out |= {"file": name, "alt": self.text(alt), "caption": self.text(words)}
        return out

    def figure(self, figure: Figure) -> dict[str, Any]:
        name = f"figure-{len(self.images)}.svg"
        write = partial(re.sub, r">[^<]+<", lambda found: self.coverage.written_out(found[0]))
        self.images[name] = write(figure.svg).encode()
        return {
            "file": name,
            "caption": self.text(figure.caption),
            "alt": self.text(figure.alt),
            "ratio": figure.height / figure.width,
        }

    def table(self, table: Table) -> dict[str, Any]:
        if not table.rows:
            return {"rows": [], "caption": self.text(table.caption), "empty": self.text(table.empty)}
        layout = lay_out(table, self.ruler)
        rooms = [width / layout.size for width in layout.widths]
        say = self.document.language.say
        first = say("The first {n} of {n2} rows.", n=len(table.rows), n2=table.total)
        whole = say("All of them are attached to this file as {text}.", text=table.attached)
        return {
            "caption": self.text(table.caption),
            "size": layout.size,
            "widths": layout.widths,
            "landscape": layout.landscape,
            "columns": [
                {"label": self.text(column.label, room), "align": column.align}
                for column, room in zip(table.columns, rooms, strict=True)
            ],
            "rows": [
                [self.cell(cell, room) for cell, room in zip(row, rooms, strict=True)] for row in table.rows
            ],
            "breaks": rows_that_break(table, layout, self.ruler),
            "attached": table.attached,
            "label": self.text(table.label or table.attached),
            "total": self.text(f"{first} {whole}") if table.attached else "",
        }

    def cell(self, cell: Cell, room: float) -> dict[str, Any]:
        inner = room - (1.2 if cell.badge else 0.0)
        if cell.mono:
            inner /= MONO_SCALE
        return {
            "children": self.cell_words(cell, inner),
            "note": self.text(cell.note, room / 0.92),
            "badge": cell.badge,
            "mono": cell.mono,
            "rtl": runs_right_to_left(plain(cell.children)),
            "note-rtl": runs_right_to_left(cell.note),
            "long": len(plain(cell.children)) > _SHORT_LINK,
            "refs": [
                {"label": self.text(r.label), "target": r.target, "anchor": r.anchor} for r in cell.refs
            ],
            "anchor": cell.anchor,
        }

    def cell_words(self, cell: Cell, room: float) -> list[dict[str, Any]]:
        nodes = cell.children
        if cell.mono:
            nodes = tuple(
                Text(breakable(self.coverage.written_out(node.text), room, self.ruler, mono=True))
                if isinstance(node, Text)
                else node
                for node in nodes
            )
        return self.inline(nodes, room)
