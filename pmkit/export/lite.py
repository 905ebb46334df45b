"""The report as HTML without any script: for mail, for wikis, and for Google Docs to take in.

Each element carries its own style, as these readers drop style sheets; charts are PNG images in the page, as
most of them drop SVG. Nothing is fetched.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from html import escape
from pathlib import Path
from typing import Any, Final, assert_never

from pmkit.export.assets import Asset, Assets
from pmkit.export.document import (
    LONG_CAPTION,
    Block,
    Break,
    Card,
    Cards,
    Cell,
    Code,
    Column,
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
    Tone,
    plain,
)
from pmkit.export.formats import CARD_HEADS, LONG_BADGE, NO_IMAGE, Finished, opened
from pmkit.export.raster import figure_png
from pmkit.export.selfcheck import check_document, check_lite

_TONES: Final[Mapping[Tone, tuple[str, str]]] = {  # paper and ink
    "good": ("#dff3e8", "#17603c"),
    "warn": ("#fdf0d5", "#7a4b00"),
    "bad": ("#fbe3e1", "#8f1d14"),
    "info": ("#e1ecfa", "#1b4b91"),
    "neutral": ("#eceff3", "#3c4756"),
}
_INK, _MUTED, _LINE = "#1d2733", "#5b6878", "#d3dae2"
_SANS: Final = "font-family:'Source Sans Pro','Segoe UI',Helvetica,Arial,sans-serif"
_MONO: Final = "font-family:Consolas,Menlo,'DejaVu Sans Mono',monospace;font-size:90%"
_NOTE: Final = f"color:{_MUTED};font-size:13px;line-height:1.4"
_HEADS: Final = {1: "26px 0 8px;font-size:22px", 2: "20px 0 6px;font-size:18px"}
_SHORT: Final = 18  # letters that are kept in one line
_PROSE: Final = 60  # letters of a cell that is read as a sentence
_TYPES: Final = {"png": "image/png", "jpg": "image/jpeg", "gif": "image/gif", "webp": "image/webp"}
_POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
)


def export_lite(
    report: Path | str | Mapping[str, Any] | Document,
    out: Path | str | None = None,
    *,
    font_paths: Sequence[Path | str] = (),
) -> Path:
    """Write an executed report notebook as one HTML file without scripts; returns the file.

    Raises
    ------
    RenderError : the report is not whole, or the page did not come out whole; no file is left
    """
    document, folder, stem = opened(report, out, ".lite.html")
    return make_lite(document, stem, font_paths=font_paths).write(folder)


def make_lite(document: Document, stem: str = "report", *, font_paths: Sequence[Path | str] = ()) -> Finished:
    """The page of a document whose figures are drawn, `<stem>.lite.html`."""
    assets = Assets(document, render=partial(figure_png, font_paths=font_paths), ending="png")
    page = _Writer(document, assets).write()
    check = check_lite(page, document).with_problems(check_document(document))
    return Finished({f"{stem}.lite.html": page.encode("utf-8", "replace")}, check)


def _styled(tag: str, style: str, inside: str, more: str = "") -> str:
    return f'<{tag} style="{style}"{more}>{inside}</{tag}>'


def _badge(text: str, tone: Tone, *, short: int = 0) -> str:
    """Words on the paper of their tone; of a whole sentence, as long as `short` says, only the ink."""
    paper, ink = _TONES[tone]
    style = f"background-color:{paper};color:{ink};font-weight:600;padding:1px 6px;border-radius:3px"
    if short > LONG_BADGE:
        style = f"color:{ink}"
    elif short <= _SHORT:
        style += ";white-space:nowrap"
    return _styled("span", style, text)


def _inner(anchor: str, words: str, more: str = "") -> str:
    return _styled("a", "color:#1a5fb4", words, f' href="#{anchor}"{more}')


class _Writer:
    """Writes a document as HTML whose elements carry their own style."""

    def __init__(self, document: Document, assets: Assets) -> None:
        self.document, self.assets = document, assets
        self.say = document.language.say

    def write(self) -> str:
        title = self.document.title
        is_rtl = self.document.lang[:2] in ("ar", "fa", "he", "ur")
        tags = " ".join(_badge(escape(badge.text), badge.tone) for badge in title.badges)
        body = [
            _styled("h1", "margin:0 0 6px;font-size:28px;line-height:1.2", escape(title.title)),
            _styled("p", f"margin:0 0 14px;color:{_MUTED}", f"{escape(title.subtitle)} {tags}"),
            self.facts(title.facts) if title.facts else "",
            self.blocks(self.document.blocks),
            _styled(
                "p",
                f"margin:32px 0 0;padding-top:8px;border-top:1px solid {_LINE};{_NOTE}",
                escape(self.document.made),
            )
            if self.document.made
            else "",
        ]
        frame = (
            f"max-width:860px;margin:0 auto;padding:16px;{_SANS};font-size:15px;line-height:1.5;"
            f"color:{_INK};overflow-wrap:break-word"
        )
        return (
            f'<!doctype html>\n<html lang="{escape(self.document.lang)}"{" dir=rtl" if is_rtl else ""}>\n'
            '<head>\n<meta charset="utf-8">\n'
            f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
            # every colour is given, for light paper: a reader in the dark does not change some of them
            '<meta name="color-scheme" content="light">\n'
            '<meta name="supported-color-schemes" content="light">\n'
            f"<title>{escape(title.title)}</title>\n</head>\n"
            '<body style="margin:0;background-color:#ffffff">\n'
            f'<div style="{frame}">\n' + "\n".join(filter(None, body)) + "\n</div>\n</body>\n</html>\n"
        )

    def blocks(self, blocks: Iterable[Block]) -> str:
        return "\n".join(self.block(block) for block in blocks)

    def block(self, block: Block) -> str:
        match block:
            case Heading(level, children):
                tag = f"h{min(level + 1, 6)}"
                place = f' id="{block.anchor}" data-outline=""'
                look = _HEADS.get(level, "16px 0 4px;font-size:16px")
                return _styled(tag, f"margin:{look};line-height:1.25", self.inline(children), place)
            case Paragraph(children):
                return _styled("p", "margin:0 0 10px", self.inline(children), ' dir="auto"')
            case Items():
                return self.items(block)
            case Quote(blocks):
                style = f"margin:0 0 10px;padding:2px 14px;border-left:3px solid {_LINE};color:{_MUTED}"
                return _styled("blockquote", style, self.blocks(blocks))
            case Listing(text, label):
                style = (
                    f"margin:0 0 10px;padding:10px;background-color:#f3f5f8;{_MONO};line-height:1.4;"
                    "white-space:pre-wrap;overflow-wrap:anywhere"
                )
                return _label(label) + _styled("pre", style, escape(text))
            case Rule():
                return f'<hr style="border:0;border-top:1px solid {_LINE};margin:16px 0">'
            case Table():
                return self.table(block)
            case Facts(items):
                return self.facts(items)
            case Cards(items):
                rows = (
                    _row(
                        [
                            escape(c.label),
                            _styled("strong", "white-space:nowrap", escape(c.value)),
                            escape(c.note) + self.derivation(c),
                        ],
                        ["left"] * 3,
                    )
                    for c in items
                )
                heads = [Column(self.say(label)) for label in CARD_HEADS]
                return _grid(heads, rows, "cards", self.say("Measure"))
            case Notice(tone, text):
                paper, ink = _TONES[tone]
                style = f"margin:0 0 10px;padding:8px 12px;background-color:{paper};color:{ink}"
                return _styled("p", style, escape(text), ' dir="auto"')
            case Figure(caption=caption):
                return _label(caption) + self.image(block)
            case Picture(caption=caption):
                return _label(caption) + self.image(block)
            case Markup(blocks=blocks):
                return self.blocks(blocks)
            case _:
                assert_never(block)

    def image(self, block: Figure | Picture) -> str:
        asset = self.assets.of(block)
        alt = escape(" ".join(block.alt.split()))
        if asset is None:
            return f"<p>{escape(self.say(NO_IMAGE, text=block.alt))}</p>"
        width = f' width="{asset.width}"' if asset.width else ""
        look = "max-width:100%;height:auto;border:0"
        return (
            f'<p style="margin:0 0 14px"><img src="{_address(asset)}" alt="{alt}"{width} style="{look}"></p>'
        )

    def inline(self, nodes: Iterable[Inline]) -> str:
        return "".join(self.inline_node(node) for node in nodes)

    def inline_node(self, node: Inline) -> str:
        match node:
            case Text(text):
                return escape(text)
            case Code(text):
                return _styled("code", _MONO, escape(text))
            case Break():
                return "<br>"
            case Link(url, children):
                words = self.inline(children)
                return _styled(
                    "a", "color:#1a5fb4", words, f' href="{escape(url)}" rel="noopener noreferrer"'
                )
            case Strong(children):
                return f"<strong>{self.inline(children)}</strong>"
            case Emphasis(children):
                return f"<em>{self.inline(children)}</em>"
            case Struck(children):
                return f"<del>{self.inline(children)}</del>"
            case _:
                assert_never(node)

    def items(self, items: Items) -> str:
        tag = "ol" if items.ordered else "ul"
        start = f' start="{items.start}"' if items.ordered and items.start != 1 else ""
        rows = []
        for item in items.items:
            box = "" if item.checked is None else "☑ " if item.checked else "☐ "
            only = item.blocks[0] if len(item.blocks) == 1 else None
            body = self.inline(only.children) if isinstance(only, Paragraph) else self.blocks(item.blocks)
            rows.append(_styled("li", "margin:0 0 4px", f"{box}{body}", ' dir="auto"'))
        return _styled(tag, "margin:0 0 10px;padding:0 0 0 24px", "".join(rows), start)

    def facts(self, facts: Sequence[Fact]) -> str:
        rows = (
            f'<tr><th scope="row" align="left" valign="top" style="padding:4px 14px 4px 0;text-align:left;'
            f'font-weight:600;white-space:nowrap">{escape(fact.label)}</th>'
            f'<td valign="top" style="padding:4px 0;overflow-wrap:anywhere">'
            f"{self.inline(fact.children)}{_note(fact.note)}</td></tr>"
            for fact in facts
        )
        style = "border-collapse:collapse;margin:0 0 14px"
        table = f'<table data-kind="facts" style="{style}"><tbody>{"".join(rows)}</tbody></table>'
        return f'<div style="overflow-x:auto">{table}</div>'

    def table(self, table: Table) -> str:
        if not table.rows:
            return _label(table.caption) + _styled(
                "p", f"margin:0 0 10px;color:{_MUTED}", escape(table.empty)
            )
        aligns = [column.align for column in table.columns]
        rows = (
            _row([self.cell(*each) for each in zip(row, table.columns, strict=True)], aligns)
            for row in table.rows
        )
        columns = [
            replace(column, width="wide")
            if any(len(plain(row[place].children)) > _PROSE for row in table.rows)
            else column
            for place, column in enumerate(table.columns)
        ]
        return _label(table.caption) + _grid(columns, rows, "table", table.label)

    def cell(self, cell: Cell, column: Column) -> str:
        words = self.inline(cell.children)
        said = plain(cell.children)
        if cell.badge and words:
            words = _badge(words, cell.badge, short=len(said))
        elif cell.mono and words:
            words = _styled("span", _MONO, words)
        words += self.references(cell)
        if cell.anchor:
            words = f'<span id="{cell.anchor}">{words}</span>'
        short = column.width != "wide" and max(len(said), len(cell.note)) <= _SHORT
        inside = words + _note(cell.note)
        return _styled("div", "white-space:nowrap", inside) if short and inside else inside

    def references(self, cell: Cell) -> str:
        """Small numbers that lead to the sources of a statement; of a source, what it stands behind."""
        if not cell.children:
            return ", ".join(_inner(ref.target, escape(ref.label)) for ref in cell.refs)
        links = [
            _inner(ref.target, ref.label, f' id="{ref.anchor}" aria-label="{self.say("Source")} {ref.label}"')
            for ref in cell.refs
        ]
        return (
            f'<sup class="refs" style="font-size:11px;line-height:0"> {" ".join(links)}</sup>'
            if links
            else ""
        )

    def derivation(self, card: Card) -> str:
        word = self.say("derivation")
        more = f' class="derived" aria-label="{escape(f"{word}: {card.label}")}"'
        return f" {_inner(card.derived, escape(word), more)}" if card.derived else ""


def _label(text: str) -> str:
    look = f"color:{_MUTED};font-size:14px" if len(text) > LONG_CAPTION else "font-weight:600"
    return _styled("p", f"margin:12px 0 4px;{look}", escape(text)) if text else ""


def _note(note: str) -> str:
    lines = "<br>".join(map(escape, note.split("\n")))
    return _styled("div", _NOTE, lines, ' class="note" dir="auto"') if note.strip() else ""


def _row(cells: Sequence[str], aligns: Sequence[str]) -> str:
    style = f"padding:6px 8px;border-bottom:1px solid {_LINE}"
    inside = "".join(
        f'<td align="{align}" valign="top" style="{style};text-align:{align}" dir="auto">{cell}</td>'
        if align != "left"
        else f'<td valign="top" style="{style}" dir="auto">{cell}</td>'
        for cell, align in zip(cells, aligns, strict=True)
    )
    return f"<tr>{inside}</tr>"


def _grid(columns: Sequence[Column], rows: Iterable[str], kind: str, label: str = "") -> str:
    look = "padding:6px 8px;background-color:#eceff3;font-weight:600"
    # on a phone the table is scrolled rather than its prose set one word a line
    least = {"wide": ";min-width:180px", "normal": ";min-width:70px", "narrow": ""}
    head = "".join(
        f'<th scope="col" align="{column.align}" valign="bottom" '
        f'style="{look};text-align:{column.align}{least[column.width]}">{escape(column.label)}</th>'
        for column in columns
    )
    named = f' aria-label="{escape(label)}"' if label else ""
    style = "border-collapse:collapse;width:100%;font-size:14px;line-height:1.4"
    return (
        # a screen too narrow for the table scrolls it, not the page
        '<div style="overflow-x:auto;margin:0 0 14px" tabindex="0" role="group">'
        f'<table data-kind="{kind}"{named} style="{style}">'
        f"<thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
    )


def _address(asset: Asset) -> str:
    ending = asset.name.rpartition(".")[2]
    mime = _TYPES.get(ending, "image/svg+xml")
    return f"data:{mime};base64,{base64.b64encode(asset.data).decode('ascii')}"
