"""The report as a Word document, for Word, LibreOffice and Google Docs: real headings, lists and tables.

Every word of the report is the text of a run; the only fields are those of the contents and page numbers.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, assert_never

from pmkit.errors import RenderError
from pmkit.export.assets import shown_width
from pmkit.export.columns import LANDSCAPE, PORTRAIT, lay_out
from pmkit.export.document import (
    LONG_CAPTION,
    Block,
    Break,
    Card,
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
    Ref,
    Rule,
    Strong,
    Struck,
    Table,
    Text,
    Tone,
    plain,
    runs_right_to_left,
)
from pmkit.export.drawing import clean_svg
from pmkit.export.fonts import Ruler
from pmkit.export.formats import CARD_HEADS, LONG_BADGE, NO_IMAGE, Finished, opened
from pmkit.export.raster import figure_png, rasterise
from pmkit.export.selfcheck import Check, check_document, compare_outlines

if TYPE_CHECKING:
    from docx.document import Document as WordDocument
    from docx.table import _Cell as WordCell
    from docx.text.paragraph import Paragraph as WordParagraph
    from docx.text.run import Run

_FONT: Final = "Calibri"
_MONO: Final = "Consolas"
_INK: Final = "1D2733"
_MUTED: Final = "5B6878"
_LINE: Final = "C6CED8"
_LINK: Final = "1A5FB4"
_SHADES: Final[Mapping[Tone, tuple[str, str]]] = {  # paper and ink of a tone
    "good": ("DFF3E8", "17603C"),
    "warn": ("FDF0D5", "7A4B00"),
    "bad": ("FBE3E1", "8F1D14"),
    "info": ("E1ECFA", "1B4B91"),
    "neutral": ("ECEFF3", "3C4756"),
}
_WIDTH: Final = PORTRAIT  # points between the margins
_OLDEST: Final = (1980, 1, 1, 0, 0, 0)  # of a file in a zip
_TOGETHER: Final = 5  # rows of a table that a page does not part
_TALL: Final = 1200  # letters of a row that may be parted by the end of a page
_HEADS: Final = 6  # levels of headings that the contents and the styles know


def export_docx(
    report: Path | str | Mapping[str, Any] | Document,
    out: Path | str | None = None,
    *,
    font_paths: Sequence[Path | str] = (),
) -> Path:
    """Write an executed report notebook as a Word document; returns the file.

    Raises
    ------
    RenderError : the report is not whole, or the document did not come out whole; no file is left
    """
    document, folder, stem = opened(report, out, ".docx")
    return make_docx(document, stem, font_paths=font_paths).write(folder)


def make_docx(document: Document, stem: str = "report", *, font_paths: Sequence[Path | str] = ()) -> Finished:
    """The Word document of a document whose figures are drawn, `<stem>.docx`."""
    data = _Writer(document, partial(figure_png, font_paths=font_paths)).write()
    check = check_docx(data, document).with_problems(check_document(document))
    return Finished({f"{stem}.docx": data}, check)


class _Writer:
    """Writes a document with python-docx."""

    def __init__(self, document: Document, render: Callable[[Figure], bytes]) -> None:
        import docx

        self.document, self.render = document, render
        self.word: WordDocument = docx.Document()
        self.ruler = Ruler()
        self.say, self.is_rtl = document.language.say, document.language.direction == "rtl"
        self.bookmarks = 0
        self.depth = 0
        self.lines: list[WordParagraph] = []  # those outside tables, as they are written

    def write(self) -> bytes:
        self.set_page()
        self.set_styles()
        self.set_properties()
        title = self.document.title
        self.direct(self.word.add_paragraph(title.title, style="Title"), title.title)
        under = self.word.add_paragraph(style="Subtitle")
        under.add_run(title.subtitle)
        for badge in title.badges:
            under.add_run("   ")
            _tint(under.add_run(f" {badge.text} "), badge.tone)
        if title.facts:
            self.facts(title.facts)
        if self.document.contents:
            self.contents()
        self.blocks(self.document.blocks)
        if not self.document.contents:  # nobody's signature stands alone on a page
            for line in self.lines[-4:-1]:
                line.paragraph_format.keep_with_next = True
        last = self.word.paragraphs[-1]
        if not last.runs:  # behind a table that fills its page, it would have one of its own
            last.paragraph_format.line_spacing, last.paragraph_format.space_after = _points(1), _points(0)
        buffer = io.BytesIO()
        self.word.save(buffer)
        return _same_bytes(buffer.getvalue())

    # the frame of the document

    def set_page(self) -> None:
        from docx.enum.text import WD_TAB_ALIGNMENT
        from docx.shared import Mm

        section = self.word.sections[0]
        section.page_width, section.page_height = Mm(210), Mm(297)
        section.left_margin = section.right_margin = Mm(20)
        is_letter = not self.document.contents  # one page if it can be
        section.top_margin, section.bottom_margin = Mm(16 if is_letter else 20), Mm(15 if is_letter else 18)
        foot = section.footer.paragraphs[0]
        foot.style = self.word.styles["Footer"]
        foot.style.paragraph_format.tab_stops.clear_all()
        foot.paragraph_format.tab_stops.add_tab_stop(_points(_WIDTH - 2), WD_TAB_ALIGNMENT.RIGHT)
        foot.add_run(f"{self.document.title.title}\t")
        fields = {"{n}": "PAGE", "{n2}": "NUMPAGES"}
        for part in re.split(r"(\{n2?\})", self.say("Page {n} of {n2}", n="{n}", n2="{n2}")):
            if part in fields:
                _field(foot, fields[part], "1")
            else:
                foot.add_run(part)
        if self.document.made:  # at the end of the text it might have a page of its own
            section.footer.add_paragraph(self.document.made, style="Footer")

    def set_styles(self) -> None:
        from docx.enum.style import WD_STYLE_TYPE
        from docx.shared import RGBColor

        styles = self.word.styles
        is_letter = not self.document.contents
        _face(styles["Normal"], _FONT, 10 if is_letter else 10.5, _INK)
        styles["Normal"].paragraph_format.space_after = _points(4 if is_letter else 6)
        styles["Normal"].paragraph_format.line_spacing = 1.07 if is_letter else 1.15
        if self.is_rtl:  # all other styles are based on it
            _sub(styles["Normal"].element.get_or_add_pPr(), "bidi")
        _face(styles["Title"], _FONT, 20 if is_letter else 24, _INK, bold=True)
        _without_border(styles["Title"])
        _face(styles["Subtitle"], _FONT, 11.5, _MUTED, italic=False)
        sizes = (13, 11.5, 10.5, 10.5, 10.5, 10.5) if is_letter else (17, 13.5, 12, 11, 10.5, 10.5)
        for level, size in enumerate(sizes, 1):
            style = styles[f"Heading {level}"]
            _face(style, _FONT, size, _INK, bold=True, italic=False)
            style.paragraph_format.space_before = _points(8 if is_letter else 20 if level == 1 else 13)
            style.paragraph_format.space_after = _points(3 if is_letter else 5)
            style.paragraph_format.keep_with_next = True
        _face(styles["Caption"], _FONT, 9.5, _MUTED, bold=False)
        _face(styles["Footer"], _FONT, 8.5, _MUTED)
        _face(styles["Quote"], _FONT, 10.5, _MUTED, italic=True)
        code = styles.add_style("Listing", WD_STYLE_TYPE.PARAGRAPH)
        code.base_style = styles["Normal"]
        _face(code, _MONO, 8.5, _INK)
        code.paragraph_format.line_spacing = 1.0
        code.paragraph_format.keep_together = False
        _shade(code.element.get_or_add_pPr(), "F3F5F8")
        cell = styles.add_style("Cell", WD_STYLE_TYPE.PARAGRAPH)
        cell.base_style = styles["Normal"]
        _face(cell, _FONT, 9, _INK)
        cell.paragraph_format.line_spacing = 1.05
        cell.paragraph_format.space_before = cell.paragraph_format.space_after = _points(1.5)
        link = styles.add_style("Hyperlink", WD_STYLE_TYPE.CHARACTER)
        link.font.color.rgb = RGBColor.from_string(_LINK)
        link.font.underline = True
        for kind in ("List Bullet", "List Number"):
            styles[kind].paragraph_format.space_after = _points(3)

    def set_properties(self) -> None:
        core, title = self.document, self.document.title
        facts = self.word.core_properties
        facts.title = title.title[:255]
        facts.subject = title.subtitle[:255]
        facts.author, facts.last_modified_by, facts.comments, facts.keywords = "", "", "", ""
        facts.language = core.lang
        made = core.generated_at.replace(tzinfo=None)
        facts.created = facts.modified = made
        facts.revision = 1
        _without_template_facts(self.word)
        defaults = self.word.styles.element.find(f".//{_w('rPrDefault')}/{_w('rPr')}")
        lang = defaults.find(_w("lang"))
        if lang is None:
            lang = _sub(defaults, "lang")
        for name in ("val", "eastAsia"):
            lang.set(_w(name), core.lang)

    def contents(self) -> None:
        """The outline as links; a field, so that Word can renew it with page numbers when asked."""
        entries = [h for h in self.document.headings if h.level <= 2]
        if not entries:
            return
        head = self.word.add_paragraph()
        head.add_run(self.say("Contents")).bold = True
        head.paragraph_format.keep_with_next = True
        for place, heading in enumerate(entries):
            line = self.word.add_paragraph()
            line.paragraph_format.left_indent = _points(14 * (heading.level - 1))
            line.paragraph_format.space_after = _points(1)
            line.paragraph_format.line_spacing = 1.0
            if place == 0:
                _field_start(line, r'TOC \o "1-2" \h \z \n')
            _inner_link(line, _bookmark_name(heading.anchor), heading.text)
            if place == len(entries) - 1:
                _field_end(line)

    # blocks

    def blocks(self, blocks: Iterable[Block], into: Any = None) -> None:
        for block in blocks:
            self.block(block, into or self.word)

    def block(self, block: Block, into: Any) -> None:
        match block:
            case Heading(level, children, anchor):
                line = _in_style(into.add_paragraph(), f"Heading{min(level, _HEADS)}")
                self.bookmarks += 1
                _bookmark(line, _bookmark_name(anchor), self.bookmarks)
                self.inline(self.direct(line, plain(children)), children)
            case Paragraph(children):
                self.inline(self.new_line(into, plain(children)), children)
            case Items():
                self.items(block, into)
            case Quote(blocks):
                before = len(self.lines)
                self.blocks(blocks, into)
                for line in self.lines[before:]:
                    _in_style(line, "Quote")
                    line.paragraph_format.left_indent = _points(18)
            case Listing(text, label):
                self.label(label, into)
                self.new_line(into, "", "Listing").add_run(text)
            case Rule():
                _border(self.new_line(into)._p.get_or_add_pPr(), "bottom")
            case Table():
                self.table(block, into)
            case Facts(items):
                self.facts(items)
            case Cards(items):
                widths = (140.0, 90.0, _WIDTH - 230.0)
                heads = [
                    (self.say(label), width, "left") for label, width in zip(CARD_HEADS, widths, strict=True)
                ]
                rows = [
                    [
                        Cell((Text(card.label),)),
                        Cell((Strong((Text(card.value),)),)),
                        Cell((Text(card.note),) if card.note else (), refs=self.derivation(card)),
                    ]
                    for card in items
                ]
                self.grid(heads, rows, self.say("Measure"))
            case Notice(tone, text):
                line = self.new_line(into, text)
                paper, ink = _SHADES[tone]
                _shade(line._p.get_or_add_pPr(), paper)
                _colour(line.add_run(text), ink)
            case Figure(caption=caption, alt=alt, width=width):
                self.label(caption, into)
                self.picture(self.render(block), alt or caption, min(width * 0.75, _WIDTH), into)
            case Picture(caption=caption):
                self.label(caption, into)
                self.image(block, into)
            case Markup(blocks=blocks):
                self.blocks(blocks, into)
            case _:
                assert_never(block)

    def new_line(self, into: Any, text: str = "", style: str = "Normal") -> WordParagraph:
        line: WordParagraph = _in_style(into.add_paragraph(), style)
        self.lines.append(line)
        return self.direct(line, text)

    def direct(self, line: WordParagraph, text: str) -> WordParagraph:
        """Let the line run as its words do, where the report runs the other way."""
        if runs_right_to_left(text) != self.is_rtl and re.search(r"[^\W\d_]", text):
            _sub(line._p.get_or_add_pPr(), "bidi", val="0" if self.is_rtl else "1")
        return line

    def label(self, text: str, into: Any) -> None:
        if text:
            line = self.new_line(into, text)
            line.paragraph_format.keep_with_next = True
            line.paragraph_format.space_before = _points(8)
            run = line.add_run(text)
            if len(text) > LONG_CAPTION:
                _colour(run, _MUTED)
                run.font.size = _points(9.5)
            else:
                run.bold = True

    def image(self, picture: Picture, into: Any) -> None:
        try:
            self.picture(_as_png(picture), picture.alt, shown_width(picture) * 0.75, into)
        except RenderError:
            # a picture that cannot be read is told, as in the PDF
            self.block(Notice("warn", self.say(NO_IMAGE, text=picture.alt)), into)

    def picture(self, data: bytes, alt: str, width: float, into: Any) -> None:
        line = self.new_line(into)
        shape = line.add_run().add_picture(io.BytesIO(data), width=_points(width) if width else None)
        if shape.width > _points(_WIDTH):
            shape.height = _points(shape.height.pt * _WIDTH / shape.width.pt)
            shape.width = _points(_WIDTH)
        facts = shape._inline.docPr
        facts.set("descr", " ".join(alt.split()))
        facts.set("name", f"Figure {facts.get('id')}")

    def items(self, items: Items, into: Any) -> None:
        number = None
        if items.ordered:
            number = _restart(self.word, items.start, self.depth)
        for item in items.items:
            first, *rest = item.blocks or (Paragraph(()),)
            said = plain(first.children) if isinstance(first, Paragraph) else ""
            line = self.new_line(into, said, "ListNumber" if items.ordered else "ListBullet")
            line.paragraph_format.left_indent = _points(18 * (self.depth + 1))
            line.paragraph_format.first_line_indent = _points(-14)
            if number is not None:
                _use_number(line, number)
            if item.checked is not None:
                line.add_run("☑ " if item.checked else "☐ ")
            if isinstance(first, Paragraph):
                self.inline(line, first.children)
            else:
                rest = [first, *rest]
            self.depth += 1
            before = len(self.lines)
            self.blocks(rest, into)
            for more in self.lines[before:]:
                if not str(more._p.style).startswith("List"):
                    more.paragraph_format.left_indent = _points(18 * self.depth)
            self.depth -= 1

    def facts(self, facts: Sequence[Fact]) -> None:
        table = self.word.add_table(rows=0, cols=2)
        table.autofit = False
        for column, width in zip(table.columns, (120.0, _WIDTH - 120.0), strict=True):
            column.width = _points(width)
        for fact in facts:
            made = table.add_row()
            if len(plain(fact.children)) < _TALL:
                _sub(made._tr.get_or_add_trPr(), "cantSplit")
            label, value = made.cells
            label.width, value.width = _points(120), _points(_WIDTH - 120)
            _write_cell(label).add_run(fact.label).bold = True
            self.cell(value, Cell(fact.children, fact.note))
        _table_edges(table, inside_only=True, is_rtl=self.is_rtl)
        self.gap()

    def table(self, table: Table, into: Any) -> None:
        if not table.rows:
            self.label(table.caption, into)
            self.new_line(into, table.empty).add_run(table.empty).italic = True
            return
        self.label(table.caption, into)
        layout = lay_out(table, self.ruler)
        room = LANDSCAPE if layout.landscape else PORTRAIT
        gaps = (room - sum(layout.widths)) / max(len(layout.widths), 1)
        whole = sum(layout.widths) + gaps * len(layout.widths)
        scale = min(_WIDTH / whole, 1.0)
        heads = [
            (column.label, (width + gaps) * scale, column.align)
            for column, width in zip(table.columns, layout.widths, strict=True)
        ]
        self.grid(heads, table.rows, table.label)

    def grid(
        self, heads: Sequence[tuple[str, float, str]], rows: Sequence[Sequence[Cell]], label: str
    ) -> None:
        """A table of columns, each with its label, width in points and alignment; the head is repeated."""
        table = self.word.add_table(rows=1, cols=len(heads))
        table.autofit = False
        _describe(table, label)
        for column, target, (text, width, align) in zip(
            table.columns, table.rows[0].cells, heads, strict=True
        ):
            column.width = target.width = _points(width)
            line = self.direct(_write_cell(target), text)
            line.add_run(text).bold = True
            _set_align(line, align)
            _shade(target._tc.get_or_add_tcPr(), "ECEFF3")
        head_facts = table.rows[0]._tr.get_or_add_trPr()
        _sub(head_facts, "cantSplit")
        _sub(head_facts, "tblHeader")
        # a head stays with its first row, and the rows of a short table together
        kept = [table.rows[0]]
        for place, row in enumerate(rows, start=1):
            made = table.add_row()
            if place < len(rows) <= _TOGETHER:
                kept.append(made)
            # a row taller than a page must break
            if sum(len(plain(cell.children)) + len(cell.note) for cell in row) < _TALL:
                _sub(made._tr.get_or_add_trPr(), "cantSplit")
            for (_, width, align), target, cell in zip(heads, _cells_of(made), row, strict=True):
                target.width = _points(width)
                self.cell(target, cell, align)
        for each in kept:
            for line in each._tr.iter(_w("p")):
                _sub(line.get_or_add_pPr(), "keepNext")
        _table_edges(table, is_rtl=self.is_rtl)
        self.gap()

    def cell(self, target: WordCell, cell: Cell, align: str = "left") -> None:
        line = _write_cell(target)
        text = plain(cell.children)
        _set_align(self.direct(line, text), align)
        self.inline(line, cell.children)
        for run in _runs_of(line):  # those inside links too
            if cell.badge and len(text) > LONG_BADGE:
                _colour(run, _SHADES[cell.badge][1])
            elif cell.badge:
                _tint(run, cell.badge)
            elif cell.mono:
                _monospaced(run)
        self.references(line, cell)
        if cell.note.strip():
            note = _in_style(target.add_paragraph(), "Cell")
            _set_align(note, align)
            run = self.direct(note, cell.note).add_run(cell.note)
            _size(run, 8)
            _colour(run, _MUTED)

    def references(self, line: WordParagraph, cell: Cell) -> None:
        """Small numbers that lead to the sources of a statement; of a source, what it stands behind."""
        for place in (cell.anchor, *(ref.anchor for ref in cell.refs)):
            if place:
                self.bookmarks += 1
                _bookmark(line, _bookmark_name(place, "p"), self.bookmarks)
        for number, ref in enumerate(cell.refs):
            line.add_run(" " if cell.children else ", " if number else "")
            for run in _inner_link(line, _bookmark_name(ref.target, "p"), ref.label):
                _colour(run, _LINK)
                if ref.anchor and cell.children:
                    run.font.superscript = True
                    _size(run, 11)

    def derivation(self, card: Card) -> tuple[Ref, ...]:
        return (Ref(self.say("derivation"), card.derived),) if card.derived else ()

    def gap(self) -> None:
        """Two tables that follow each other without a paragraph between become one."""
        line = self.word.add_paragraph()
        line.paragraph_format.space_after = _points(2)
        line.paragraph_format.line_spacing = 0.7

    # words

    def inline(self, line: WordParagraph, nodes: Iterable[Inline], marks: tuple[str, ...] = ()) -> None:
        for node in nodes:
            match node:
                case Text(text):
                    _mark(line.add_run(text), marks)
                case Code(text):
                    run = line.add_run(text)
                    _monospaced(run)
                    _mark(run, marks)
                case Break():
                    line.add_run().add_break()
                case Link(url, children):
                    _link(line, url, partial(self.inline, nodes=children, marks=marks))
                case Strong(children):
                    self.inline(line, children, (*marks, "bold"))
                case Emphasis(children):
                    self.inline(line, children, (*marks, "italic"))
                case Struck(children):
                    self.inline(line, children, (*marks, "strike"))
                case _:
                    assert_never(node)


# ------------------------------------------------------------------ WordprocessingML

_NS: Final = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def _w(name: str) -> str:
    return f"{{{_NS}}}{name}"


# Children of these elements have an order that Word insists on. ISO 29500-1, 17.3.1 and 17.4.
_ORDER: Final = {
    "pPr": (
        "pStyle", "keepNext", "keepLines", "pageBreakBefore", "widowControl", "numPr", "pBdr", "shd",
        "tabs", "bidi", "spacing", "ind", "contextualSpacing", "jc", "outlineLvl", "rPr",
    ),
    "rPr": (
        "rStyle", "rFonts", "b", "bCs", "i", "iCs", "strike", "color", "spacing", "sz", "szCs", "u", "shd",
        "vertAlign", "lang",
    ),
    "trPr": ("cantSplit", "tblHeader"),
    "tcPr": ("tcW", "gridSpan", "tcBorders", "shd", "noWrap", "tcMar", "vAlign"),
    "tblPr": (
        "tblStyle", "bidiVisual", "tblW", "jc", "tblInd", "tblBorders", "shd", "tblLayout", "tblCellMar",
        "tblLook", "tblCaption", "tblDescription",
    ),
}  # fmt: skip


def _sub(parent: Any, name: str, /, **attributes: str) -> Any:
    """A new child in its place; one of that name that is there already is replaced."""
    from docx.oxml import OxmlElement

    child = OxmlElement(f"w:{name}")
    for key, value in attributes.items():
        child.set(_w(key), value)
    for old in parent.findall(_w(name)):
        parent.remove(old)
    order = _ORDER.get(parent.tag.rpartition("}")[2], ())
    later = {_w(each) for each in order[order.index(name) + 1 :]} if name in order else set()
    place = next((n for n, each in enumerate(parent) if each.tag in later), len(parent))
    parent.insert(place, child)
    return child


def _points(value: float) -> Any:
    from docx.shared import Pt

    return Pt(value)


def _set_align(line: WordParagraph, align: str) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH

    if align != "left":
        line.alignment = getattr(WD_ALIGN_PARAGRAPH, align.upper())


def _face(
    style: Any,
    font: str,
    size: float,
    colour: str,
    *,
    bold: bool | None = None,
    italic: bool | None = None,
) -> None:
    from docx.shared import RGBColor

    style.font.name, style.font.size = font, _points(size)
    style.font.color.rgb = RGBColor.from_string(colour)
    style.font.bold, style.font.italic = bold, italic
    facts = style.element.get_or_add_rPr()
    # the template's theme would win over the name
    faces = _sub(facts, "rFonts")
    for name in ("ascii", "hAnsi", "cs"):
        faces.set(_w(name), font)
    # letters of Arabic and Hebrew have a size and a weight of their own
    _sub(facts, "szCs", val=f"{size * 2:g}")
    if bold is not None:
        _sub(facts, "bCs", val="1" if bold else "0")


def _size(run: Run, size: float) -> None:
    run.font.size = _points(size)
    _sub(run._r.get_or_add_rPr(), "szCs", val=f"{size * 2:g}")


def _colour(run: Run, colour: str) -> None:
    from docx.shared import RGBColor

    run.font.color.rgb = RGBColor.from_string(colour)


def _monospaced(run: Run) -> None:
    run.font.name = _MONO
    _size(run, 8)


def _tint(run: Run, tone: Tone) -> None:
    paper, ink = _SHADES[tone]
    _shade(run._r.get_or_add_rPr(), paper)
    _colour(run, ink)
    run.bold = True


def _mark(run: Run, marks: Iterable[str]) -> None:
    for mark in marks:
        setattr(run.font, mark, True)


def _shade(facts: Any, paper: str) -> None:
    _sub(facts, "shd", val="clear", color="auto", fill=paper)


def _border(facts: Any, side: str) -> None:
    _sub(_sub(facts, "pBdr"), side, val="single", sz="6", space="1", color=_LINE)


def _without_border(style: Any) -> None:
    facts = style.element.get_or_add_pPr()
    for old in facts.findall(_w("pBdr")):
        facts.remove(old)


def _table_edges(table: Any, *, inside_only: bool = False, is_rtl: bool = False) -> None:
    facts = table._tbl.tblPr
    if is_rtl:
        _sub(facts, "bidiVisual")
    edges = _sub(facts, "tblBorders")
    sides = ("insideH",) if inside_only else ("top", "bottom", "insideH")
    for side in ("top", "left", "bottom", "right", "insideH", "insideV"):
        if side in sides:
            _sub(edges, side, val="single", sz="4", space="0", color=_LINE)
    _sub(facts, "tblLayout", type="fixed")
    margins = _sub(facts, "tblCellMar")
    for side in ("left", "right"):
        _sub(margins, side, w="70", type="dxa")  # twentieths of a point


def _describe(table: Any, label: str) -> None:
    _sub(table._tbl.tblPr, "tblCaption", val=label or "Table")


def _cells_of(row: Any) -> list[Any]:
    from docx.table import _Cell

    return [_Cell(tc, row) for tc in row._tr.tc_lst]


def _runs_of(line: WordParagraph) -> list[Run]:
    from docx.text.run import Run

    return [Run(run, line) for run in line._p.iter(_w("r"))]


def _write_cell(cell: WordCell) -> WordParagraph:
    line: WordParagraph = cell.paragraphs[0]
    return _in_style(line, "Cell")


def _in_style(line: WordParagraph, style: str) -> WordParagraph:
    """The paragraph in the style of that id; python-docx finds a style by its name far more slowly."""
    line._p.style = style
    return line


def _field_start(line: WordParagraph, instruction: str) -> None:
    _sub(line.add_run()._r, "fldChar", fldCharType="begin")
    said = _sub(line.add_run()._r, "instrText")
    said.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
    said.text = f" {instruction} "
    _sub(line.add_run()._r, "fldChar", fldCharType="separate")


def _field_end(line: WordParagraph) -> None:
    _sub(line.add_run()._r, "fldChar", fldCharType="end")


def _field(line: WordParagraph, instruction: str, shown: str) -> None:
    _field_start(line, instruction)
    line.add_run(shown)
    _field_end(line)


def _bookmark_name(anchor: str, kind: str = "h") -> str:
    # a bookmark begins with a letter and has at most 40 letters, digits and underscores
    return (f"{kind}_" + re.sub(r"\W", "_", anchor))[:36]


def _bookmark(line: WordParagraph, name: str, number: int) -> None:
    start, end = _new(line._p, "bookmarkStart"), _new(line._p, "bookmarkEnd")
    start.set(_w("id"), str(number))
    start.set(_w("name"), name)
    end.set(_w("id"), str(number))


def _inner_link(line: WordParagraph, name: str, text: str) -> list[Run]:
    from docx.text.run import Run

    link = _new(line._p, "hyperlink")
    link.set(_w("anchor"), name)
    return [Run(run, line) for run in _move_runs(line, link, lambda into: into.add_run(text))]


def _link(line: WordParagraph, url: str, write: Callable[[WordParagraph], object]) -> None:
    from docx.opc.constants import RELATIONSHIP_TYPE

    to = line.part.relate_to(url, RELATIONSHIP_TYPE.HYPERLINK, is_external=True)
    link = _new(line._p, "hyperlink")
    link.set("{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id", to)
    for run in _move_runs(line, link, write):
        _sub(run.get_or_add_rPr(), "rStyle", val="Hyperlink")


def _new(parent: Any, name: str) -> Any:
    from docx.oxml import OxmlElement

    child = OxmlElement(f"w:{name}")
    parent.append(child)
    return child


def _move_runs(line: WordParagraph, into: Any, write: Callable[[WordParagraph], object]) -> list[Any]:
    """Write to the line, then move what was written into the element."""
    before = len(line._p)
    write(line)
    written = list(line._p)[before:]
    for each in written:
        into.append(each)
    return [each for each in written if each.tag == _w("r")]


def _restart(word: Any, start: int, depth: int) -> int:
    """A numbered list of its own, beginning at `start`: the number that its paragraphs name."""
    numbering = word.part.numbering_part.element
    style = word.styles["List Number"].element
    used = style.find(f".//{_w('numId')}").get(_w("val"))
    model = next(num for num in numbering.findall(_w("num")) if num.get(_w("numId")) == used)
    abstract = model.find(_w("abstractNumId")).get(_w("val"))
    num = numbering.add_num(int(abstract))
    num.add_lvlOverride(ilvl=0).add_startOverride(start)
    return int(num.numId)


def _use_number(line: WordParagraph, number: int) -> None:
    facts = line._p.get_or_add_pPr().get_or_add_numPr()
    facts.get_or_add_ilvl().val = 0
    facts.get_or_add_numId().val = number


def _as_png(picture: Picture) -> bytes:
    """The picture in a kind that Word reads."""
    if picture.mime in ("image/png", "image/jpeg", "image/gif"):
        return picture.data
    if picture.mime == "image/svg+xml":
        svg = clean_svg(picture.data.decode("utf-8", "replace"))
        size = re.search(r'viewBox="[\d.\-]+ [\d.\-]+ ([\d.]+) ([\d.]+)"', svg)
        width, height = (float(size[1]), float(size[2])) if size else (480.0, 320.0)
        return rasterise(svg, width=round(width), height=round(height))
    raise RenderError(f"Word reads no {picture.mime}.")


_NO_FACTS: Final = (
    b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<Properties '
    b'xmlns="http://schemas.openxmlformats.org/officeDocument/2006/extended-properties"/>'
)


def _without_template_facts(word: WordDocument) -> None:
    """Drop what the empty template says of itself: a picture of its page, no words, another program."""
    from docx.opc.constants import RELATIONSHIP_TYPE

    package = word.part.package
    for name, link in list(package.rels.items()):
        if link.reltype == RELATIONSHIP_TYPE.THUMBNAIL:
            del package.rels[name]
        elif link.reltype == RELATIONSHIP_TYPE.EXTENDED_PROPERTIES:
            link.target_part._blob = _NO_FACTS


def _same_bytes(data: bytes) -> bytes:
    """The zip with no clock in it."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(buffer, "w") as new:
        for name in old.namelist():
            entry = zipfile.ZipInfo(name, _OLDEST)
            entry.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(entry, old.read(name))
    return buffer.getvalue()


# ------------------------------------------------------------------ the check

_FIELDS: Final = re.compile(r"\s*(PAGE|NUMPAGES|TOC \\o \"1-2\" \\h \\z \\n)\s*")


def check_docx(data: bytes, document: Document) -> Check:
    """Open the document again: outline, tables, repeated heads and pictures counted; no field but ours."""
    import docx

    word = docx.Document(io.BytesIO(data))
    body = word.element.body
    headings = [
        (int(str(line._p.style).removeprefix("Heading")), line.text)
        for line in word.paragraphs
        if re.fullmatch(r"Heading\d", str(line._p.style))
    ]
    problems = []
    for part in (body, word.sections[0].footer._element):
        fields = [field.text or "" for field in part.iter(_w("instrText"))]
        problems += [f"a field {text[:60]!r} stands in it" for text in fields if not _FIELDS.fullmatch(text)]
    for name in ("fldSimple", "altChunk", "object", "control", "subDoc"):
        problems += [f"an element {name} stands in it"] * len(list(body.iter(_w(name))))
    places = {mark.get(_w("name")) for mark in body.iter(_w("bookmarkStart"))}
    links = [link.get(_w("anchor")) for link in body.iter(_w("hyperlink"))]
    problems += [
        f"a link leads to {name!r}, which is nowhere" for name in links if name and name not in places
    ]
    for link in word.part.rels.values():
        if link.is_external and not re.match(r"https?:|mailto:", link.target_ref):
            problems.append(f"a link leads to {link.target_ref[:60]!r}")
    shapes = list(word.inline_shapes)
    lacking = sum(not shape._inline.docPr.get("descr") for shape in shapes)
    problems += [f"{lacking} pictures have no words for those who cannot see them"] if lacking else []
    wanted = [(min(heading.level, _HEADS), heading.text) for heading in document.headings]
    grids = len(document.tables) + sum(isinstance(block, Cards) for block in document.walk())
    lists = sum(isinstance(block, Facts) for block in document.walk()) + bool(document.title.facts)
    counts = {
        "headings": (len(wanted), len(headings)),
        "tables": (grids + lists, len(list(body.iter(_w("tbl"))))),
        "repeated table heads": (grids, len(list(body.iter(_w("tblHeader"))))),
        "figures": (len(document.figures), len(shapes) - _pictures(document, shapes)),
    }
    return Check("Word document", counts, (*problems, *compare_outlines(wanted, headings)))


def _pictures(document: Document, shapes: Sequence[Any]) -> int:
    alts = [" ".join(picture.alt.split()) for picture in document.pictures]
    return sum(shape._inline.docPr.get("descr") in alts for shape in shapes)
