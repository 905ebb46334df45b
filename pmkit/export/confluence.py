"""The report in Confluence's storage format, its figures as PNG files to attach to the page.

The storage format is XHTML with macros; it is valid XML, and the words in it are text and nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final, assert_never
from xml.etree import ElementTree
from xml.sax.saxutils import escape, quoteattr

from pmkit.export.assets import Assets
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
from pmkit.export.references import in_words
from pmkit.export.selfcheck import Check, check_document, compare_outlines

_PANELS: Final[Mapping[Tone, str]] = {
    "good": "tip", "info": "info", "neutral": "info", "warn": "note", "bad": "warning",
}  # fmt: skip
_COLOURS: Final[Mapping[Tone, str]] = {
    "good": "Green", "info": "Blue", "neutral": "Grey", "warn": "Yellow", "bad": "Red",
}  # fmt: skip
_LOZENGE: Final = 20  # letters: a longer status is hard to read in capitals
_LONG_TABLE: Final = 60  # rows: a longer table is folded
_LONG_LISTING: Final = 30  # lines
_NAMESPACES: Final = {"ac": "urn:confluence:ac", "ri": "urn:confluence:ri"}


def export_confluence(
    report: Path | str | Mapping[str, Any] | Document,
    out: Path | str | None = None,
    *,
    font_paths: Sequence[Path | str] = (),
) -> Path:
    """Write an executed report notebook in Confluence's storage format; returns the file.

    Its figures are put into a folder beside; attach them to the page under their names.

    Raises
    ------
    RenderError : the report is not whole, or the page did not come out whole; no file is left
    """
    document, folder, stem = opened(report, out, ".confluence.xml")
    return make_confluence(document, stem, font_paths=font_paths).write(folder)


def make_confluence(
    document: Document, stem: str = "report", *, font_paths: Sequence[Path | str] = ()
) -> Finished:
    """The page of a document whose figures are drawn, `<stem>.confluence.xml`, and its figures as PNG."""
    assets = Assets(document, render=partial(figure_png, font_paths=font_paths), ending="png")
    page = _Writer(document, assets).write()
    check = check_confluence(page, document, assets).with_problems(check_document(document))
    files = {f"{stem}.confluence.xml": page.encode("utf-8", "replace")}
    files |= {f"{stem}-figures/{asset.name}": asset.data for asset in assets.all}
    return Finished(files, check)


def _macro(name: str, body: str = "", **parameters: str) -> str:
    inside = "".join(
        f'<ac:parameter ac:name="{key}">{escape(value)}</ac:parameter>' for key, value in parameters.items()
    )
    return f'<ac:structured-macro ac:name="{name}">{inside}{body}</ac:structured-macro>'


def _rich(body: str) -> str:
    return f"<ac:rich-text-body>{body}</ac:rich-text-body>"


def _status(text: str, tone: Tone) -> str:
    if len(text) > LONG_BADGE:
        return escape(text)
    if len(text) > _LOZENGE:
        return f"<strong>{escape(text)}</strong>"
    return _macro("status", colour=_COLOURS[tone], title=text)


class _Writer:
    """Writes a document as storage format."""

    def __init__(self, document: Document, assets: Assets) -> None:
        self.document, self.assets = document, assets
        self.say = document.language.say

    def write(self) -> str:
        title = self.document.title
        tags = " ".join(_status(badge.text, badge.tone) for badge in title.badges)
        head = [f"<p>{escape(title.subtitle)} {tags}</p>"]
        head += [self.facts(title.facts)] if title.facts else []
        head += [_macro("toc", maxLevel="2")] if self.document.headings and self.document.contents else []
        made = self.document.made
        foot = [f"<hr /><p><em>{escape(made)}</em></p>"] if made else []
        return "\n".join([*head, self.blocks(self.document.blocks), *foot]) + "\n"

    def blocks(self, blocks: Iterable[Block]) -> str:
        return "\n".join(self.block(block) for block in blocks)

    def block(self, block: Block) -> str:
        match block:
            case Heading(level, children):
                return f"<h{min(level, 6)}>{self.inline(children)}</h{min(level, 6)}>"
            case Paragraph(children):
                return f"<p>{self.inline(children)}</p>"
            case Items():
                return self.items(block)
            case Quote(blocks):
                return f"<blockquote>{self.blocks(blocks)}</blockquote>"
            case Listing(text, label):
                return _listing(text, label)
            case Rule():
                return "<hr />"
            case Table():
                return self.table(block)
            case Facts(items):
                return self.facts(items)
            case Cards(items):
                rows = (
                    f"<tr><td><p>{escape(c.label)}</p></td><td><p><strong>{escape(c.value)}</strong></p></td>"
                    f"<td><p>{escape(c.note)}{self.derivation(c)}</p></td></tr>"
                    for c in items
                )
                return _grid([self.say(label) for label in CARD_HEADS], rows)
            case Notice(tone, text):
                return _macro(_PANELS[tone], _rich(f"<p>{escape(text)}</p>"))
            case Figure(caption=caption):
                return _caption(caption) + self.image(block)
            case Picture(caption=caption):
                return _caption(caption) + self.image(block)
            case Markup(blocks=blocks):
                return self.blocks(blocks)
            case _:
                assert_never(block)

    def image(self, block: Figure | Picture) -> str:
        asset = self.assets.of(block)
        if asset is None:
            return f"<p>{escape(self.say(NO_IMAGE, text=block.alt))}</p>"
        width = f' ac:width="{asset.width}"' if asset.width else ""
        alt = quoteattr(" ".join(block.alt.split()))
        return f'<p><ac:image ac:alt={alt}{width}><ri:attachment ri:filename="{asset.name}" /></ac:image></p>'

    def inline(self, nodes: Iterable[Inline]) -> str:
        return "".join(self.inline_node(node) for node in nodes)

    def inline_node(self, node: Inline) -> str:
        match node:
            case Text(text):
                return escape(text)
            case Code(text):
                return f"<code>{escape(text)}</code>"
            case Break():
                return "<br />"
            case Link(url, children):
                return f"<a href={quoteattr(url)}>{self.inline(children)}</a>"
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
            body = self.blocks(item.blocks)
            first = body.startswith("<p>")
            rows.append(f"<li>{body.replace('<p>', f'<p>{box}', 1) if first else f'<p>{box}</p>{body}'}</li>")
        return f"<{tag}{start}>{''.join(rows)}</{tag}>"

    def facts(self, facts: Iterable[Fact]) -> str:
        rows = (
            f"<tr><th><p>{escape(fact.label)}</p></th><td><p>{self.inline(fact.children)}</p>"
            f"{_note(fact.note)}</td></tr>"
            for fact in facts
        )
        return f"<table><tbody>{''.join(rows)}</tbody></table>"

    def table(self, table: Table) -> str:
        caption = _caption(table.caption)
        if not table.rows:
            return f"{caption}<p><em>{escape(table.empty)}</em></p>"
        aligns = [column.align for column in table.columns]
        rows = (
            "<tr>"
            + "".join(self.cell(cell, align) for cell, align in zip(row, aligns, strict=True))
            + "</tr>"
            for row in table.rows
        )
        grid = _grid([column.label for column in table.columns], rows)
        if len(table.rows) > _LONG_TABLE:
            rows_said = self.say("{text}: {n} rows", text=table.label, n=f"{len(table.rows):,}")
            grid = _macro("expand", _rich(grid), title=rows_said)
        return caption + grid

    def cell(self, cell: Cell, align: str) -> str:
        text = plain(cell.children)
        bare = not any(isinstance(node, Link | Break) for node in cell.children)
        words = _status(text, cell.badge) if cell.badge and text and bare else self.inline(cell.children)
        words = words or escape(in_words(cell))
        if cell.mono and not cell.badge and "<code>" not in words and bare:
            words = f"<code>{words}</code>" if words else ""
        style = f' style="text-align: {align};"' if align != "left" else ""
        place = _anchor(cell.anchor) if cell.anchor else ""
        return f"<td><p{style}>{place}{words}{_references(cell)}</p>{_note(cell.note)}</td>"

    def derivation(self, card: Card) -> str:
        return f" {_inner(card.derived, self.say('derivation'))}" if card.derived else ""


def _references(cell: Cell) -> str:
    """Small numbers that lead to the sources of a statement."""
    links = [_inner(ref.target, ref.label) for ref in cell.refs if cell.children]
    return f"<sup> {' '.join(links)}</sup>" if links else ""


def _anchor(place: str) -> str:
    return _macro("anchor", f'<ac:parameter ac:name="">{_anchor_name(place)}</ac:parameter>')


def _inner(place: str, words: str) -> str:
    body = f"<ac:plain-text-link-body>{_cdata(words)}</ac:plain-text-link-body>"
    return f'<ac:link ac:anchor="{_anchor_name(place)}">{body}</ac:link>'


def _anchor_name(place: str) -> str:
    return re.sub(r"[^A-Za-z0-9]+", "-", place)


def _cdata(text: str) -> str:
    # the one thing that would end it early is split over two
    return f"<![CDATA[{text.replace(']]>', ']]]]><![CDATA[>')}]]>"


def _caption(text: str) -> str:
    tag = "em" if len(text) > LONG_CAPTION else "strong"
    return f"<p><{tag}>{escape(text)}</{tag}></p>" if text else ""


def _note(note: str) -> str:
    return f"<p><em>{'<br />'.join(map(escape, note.split(chr(10))))}</em></p>" if note.strip() else ""


def _grid(heads: Sequence[str], rows: Iterable[str]) -> str:
    head = "".join(f"<th><p><strong>{escape(label)}</strong></p></th>" for label in heads)
    return f"<table><tbody><tr>{head}</tr>{''.join(rows)}</tbody></table>"


def _listing(text: str, label: str) -> str:
    body = f"<ac:plain-text-body>{_cdata(text)}</ac:plain-text-body>"
    given = {"language": "text"} | ({"title": label} if label else {})
    if text.count("\n") >= _LONG_LISTING:
        given["collapse"] = "true"
    return _macro("code", body, **given)


# ------------------------------------------------------------------ the check

_MACROS: Final = {"toc", "anchor", "status", "code", "expand", "info", "note", "tip", "warning"}
_TAGS: Final = {
    "p", "h1", "h2", "h3", "h4", "h5", "h6", "a", "br", "hr", "strong", "em", "del", "code", "ul", "ol",
    "li", "sup", "table", "tbody", "tr", "th", "td", "blockquote",
}  # fmt: skip


def parse_storage(page: str) -> ElementTree.Element:
    """The storage format as a tree, its prefixes bound as Confluence binds them."""
    spaces = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in _NAMESPACES.items())
    return ElementTree.fromstring(f"<page {spaces}>{page}</page>")  # noqa: S314 - our own page


def check_confluence(page: str, document: Document, assets: Assets) -> Check:
    """Parse the page as XML; count headings, tables and images, and look for what it may not hold."""
    try:
        root = parse_storage(page)
    except ElementTree.ParseError as error:
        return Check("Confluence page", {}, (f"it is no valid XML: {error}",))
    ac, ri = (f"{{{uri}}}" for uri in _NAMESPACES.values())
    problems, headings, names = [], [], []
    places = {n.text for n in root.iter(f"{ac}parameter") if n.get(f"{ac}name") == ""}
    grids = 0
    for node in root.iter():
        tag = str(node.tag)
        if re.fullmatch(r"h[1-6]", tag):
            headings.append((int(tag[1]), "".join(node.itertext())))
        grids += tag == "table"
        if tag == f"{ri}attachment":
            names.append(node.get(f"{ri}filename", ""))
        macro = node.get(f"{ac}name") if tag == f"{ac}structured-macro" else None
        if macro is not None and macro not in _MACROS:
            problems.append(f"a macro {macro!r} stands in it")
        if node is not root and not tag.startswith("{") and tag not in _TAGS:
            problems.append(f"an element <{tag}> stands in it")
        if tag == f"{ac}link" and node.get(f"{ac}anchor") not in places:
            problems.append(f"a link leads to {node.get(f'{ac}anchor', '')!r}, which is nowhere")
        if tag == "a" and not re.match(r"https?:|mailto:", node.get("href", "")):
            problems.append(f"a link leads to {node.get('href', '')[:60]!r}")
    known = {asset.name for asset in assets.all}
    problems += [f"the image {name!r} is not among the files" for name in names if name not in known]
    wanted = [(min(h.level, 6), h.text) for h in document.headings]
    lists = sum(isinstance(block, Facts | Cards) for block in document.walk()) + bool(document.title.facts)
    counts = {
        "headings": (len(wanted), len(headings)),
        "tables": (len(document.tables) + lists, grids),
        "images": (len(assets.all), len(names)),
    }
    return Check("Confluence page", counts, (*problems, *compare_outlines(wanted, headings)))
