"""An HTML output that somebody added to a report: cleaned for a browser, and turned into blocks."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from pmkit.export.document import (
    Align,
    Block,
    Break,
    Cell,
    Code,
    Column,
    Emphasis,
    Inline,
    Item,
    Items,
    Link,
    Listing,
    Markup,
    Paragraph,
    Picture,
    Quote,
    Rule,
    Strong,
    Struck,
    Table,
    Text,
    plain,
    safe_url,
    show_hidden,
)

if TYPE_CHECKING:
    from bs4 import Tag

_TAGS: Final = {
    "a", "abbr", "b", "blockquote", "br", "caption", "code", "col", "colgroup", "dd", "del", "details",
    "div", "dl", "dt", "em", "figcaption", "figure", "hr", "i", "img", "kbd", "li", "mark", "ol", "p",
    "pre", "q", "s", "samp", "small", "span", "strike", "strong", "sub", "summary", "sup", "table",
    "tbody", "td", "tfoot", "th", "thead", "tr", "u", "ul", "var",
}  # fmt: skip
_ATTRIBUTES: Final = {
    "*": {"dir", "lang", "style", "title"},
    "a": {"href"},
    "img": {"alt", "src", "width", "height"},
    "ol": {"start"},
    "td": {"colspan", "rowspan", "align"},
    "th": {"colspan", "rowspan", "align", "scope"},
}
_STYLES: Final = {"background-color", "color", "font-style", "font-weight", "text-align"}
_BLOCKS: Final = {
    "p", "dt", "dd", "figcaption", "summary", "div", "figure", "details", "dl", "table", "ul", "ol",
    "pre", "blockquote", "hr", "img",
}  # fmt: skip
_MAX_SPAN: Final = 100  # a colspan is a number from outside; a row is not made longer than this


def read_html(source: str) -> Markup | None:
    """The HTML as `Markup`; None when nothing in it can be shown."""
    from bs4 import BeautifulSoup

    clean = clean_html(source)
    blocks = tuple(_blocks(BeautifulSoup(clean, "html.parser")))
    return Markup(clean, blocks) if blocks else None


def clean_html(source: str) -> str:
    """The HTML with nothing in it that runs, is fetched, or belongs to the report's outline."""
    import nh3
    from bs4 import BeautifulSoup

    # headings of an output are no part of the report's outline
    soup = BeautifulSoup(show_hidden(source), "html.parser")
    for tag in soup.find_all(["h1", "h2", "h3", "h4", "h5", "h6"]):
        tag.name = "p"
        tag["style"] = "font-weight: 600"
    for image in soup.find_all("img"):
        if not str(image.get("src", "")).startswith("data:image/"):
            image.replace_with(f"[image: {image.get('alt') or 'image'}]")
    clean: str = nh3.clean(
        str(soup),
        tags=_TAGS,
        clean_content_tags={"script", "style", "template", "iframe", "object", "noscript"},
        attributes=_ATTRIBUTES,
        url_schemes={"http", "https", "mailto", "data"},
        filter_style_properties=_STYLES,
        attribute_filter=_attribute,
        link_rel="noopener noreferrer",
    ).strip()
    return clean


def _attribute(tag: str, name: str, value: str) -> str | None:
    if name == "href":
        return safe_url(value) or None
    if name == "style" and "(" in value.replace("rgb(", "").replace("rgba(", ""):
        return None
    return value


def _blocks(parent: Tag) -> Iterator[Block]:
    from bs4.element import NavigableString, Tag

    words: list[Inline] = []
    for child in parent.children:
        if isinstance(child, Tag) and child.name in _BLOCKS:
            yield from _paragraph(words)
            words = []
            yield from _block(child)
        elif isinstance(child, Tag | NavigableString):
            words.extend(_inline(child))
    yield from _paragraph(words)


def _block(tag: Tag) -> Iterator[Block]:
    if tag.name == "table":
        yield _table(tag)
    elif tag.name in ("ul", "ol"):
        items = tuple(Item(tuple(_blocks(child))) for child in tag.find_all("li", recursive=False))
        start = str(tag.get("start", "1"))
        yield Items(tag.name == "ol", int(start) if start.isdecimal() else 1, items)
    elif tag.name == "pre":
        yield Listing(tag.get_text().strip("\n"))
    elif tag.name == "blockquote":
        yield Quote(tuple(_blocks(tag)))
    elif tag.name == "hr":
        yield Rule()
    elif tag.name == "img":
        yield from _picture(tag)
    elif tag.name == "p" and "font-weight" in str(tag.get("style", "")):
        yield Paragraph((Strong(tuple(_trimmed(_children(tag)))),))
    else:
        yield from _blocks(tag)


def _paragraph(words: Iterable[Inline]) -> Iterator[Block]:
    trimmed = _trimmed(words)
    if plain(trimmed).strip():
        yield Paragraph(trimmed)


def _trimmed(words: Iterable[Inline]) -> tuple[Inline, ...]:
    out = list(words)
    while out and isinstance(out[0], Text | Break) and not plain(out[:1]).strip():
        del out[0]
    while out and isinstance(out[-1], Text | Break) and not plain(out[-1:]).strip():
        del out[-1]
    if out and isinstance(out[0], Text):
        out[0] = replace(out[0], text=out[0].text.lstrip())
    if out and isinstance(out[-1], Text):
        out[-1] = replace(out[-1], text=out[-1].text.rstrip())
    return tuple(out)


def _children(tag: Tag) -> Iterator[Inline]:
    from bs4.element import NavigableString, Tag

    for child in tag.children:
        if isinstance(child, Tag | NavigableString):
            yield from _inline(child)


def _inline(node: object) -> Iterator[Inline]:
    from bs4 import Tag

    if not isinstance(node, Tag):
        text = " ".join(str(node).split())
        lead = " " if str(node)[:1].isspace() else ""
        tail = " " if text and str(node)[-1:].isspace() else ""
        if text or lead:
            yield Text(f"{lead}{text}{tail}")
        return
    children = tuple(_children(node))
    if node.name == "br":
        yield Break()
    elif node.name in ("strong", "b", "th"):
        yield Strong(children)
    elif node.name in ("em", "i", "q", "var"):
        yield Emphasis(children)
    elif node.name in ("del", "s", "strike"):
        yield Struck(children)
    elif node.name in ("code", "kbd", "samp"):
        yield Code(plain(children))
    elif node.name == "a" and safe_url(str(node.get("href", ""))):
        yield Link(safe_url(str(node.get("href", ""))), children)
    else:
        yield from children


def _picture(tag: Tag) -> Iterator[Block]:
    head, _, value = str(tag.get("src", "")).partition(";base64,")
    mime = head.removeprefix("data:")
    alt = str(tag.get("alt") or "image")
    try:
        data = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        data = b""
    known = ("image/png", "image/jpeg", "image/gif", "image/webp", "image/svg+xml")
    yield Picture(mime, data, alt) if data and mime in known else Paragraph((Text(f"[{alt}]"),))


def _table(tag: Tag) -> Table:
    """The table as a plain grid: a cell that spans several leaves the others empty."""
    caption = tag.find("caption")
    grid: list[list[Cell]] = []
    heads = 0
    pending: dict[tuple[int, int], Cell] = {}
    aligns: dict[int, Align] = {}
    for number, row in enumerate(tag.find_all("tr")):
        cells: list[Cell] = []
        found = row.find_all(["td", "th"], recursive=False)
        for cell in found:
            while (number, len(cells)) in pending:
                cells.append(pending.pop((number, len(cells))))
            words = _trimmed(_children(cell))
            place = len(cells)
            for down in range(1, _span(cell, "rowspan")):
                pending[number + down, place] = Cell(())
            cells.append(Cell(words))
            cells += [Cell(()) for _ in range(_span(cell, "colspan") - 1)]
            if cell.name == "td" and "right" in f"{cell.get('align')}{cell.get('style')}":
                aligns[place] = "right"
        while (number, len(cells)) in pending:
            cells.append(pending.pop((number, len(cells))))
        is_head = row.find_parent("thead") is not None or all(c.name == "th" for c in found)
        if is_head and heads == len(grid):
            heads += 1
        if cells:
            grid.append(cells)
    count = max((len(row) for row in grid), default=0)
    rows = [tuple(row + [Cell(())] * (count - len(row))) for row in grid]
    labels = [
        " ".join(filter(None, (plain(row[place].children) for row in rows[:heads]))) for place in range(count)
    ]
    columns = tuple(Column(label, aligns.get(n, "left")) for n, label in enumerate(labels))
    title = " ".join(caption.get_text().split()) if caption else ""
    return Table("", title, columns, tuple(rows[heads:]), "The table has no rows.")


def _span(cell: Tag, name: str) -> int:
    value = str(cell.get(name, "1"))
    return min(int(value), _MAX_SPAN) if value.isdecimal() and int(value) > 0 else 1
