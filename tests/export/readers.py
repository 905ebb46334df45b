"""What each format says, read back by other programs than those that wrote it, in one common shape."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

FORMATS_READ = ("html", "lite", "md", "confluence", "docx", "json")
_RTL = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff]")


def bare(text: str) -> str:
    """The text without blanks and without what parts a cell's lines and its note, format by format."""
    return re.sub(r"[\s\u200b\u2060/—`]+", "", text)


@dataclass
class Seen:
    """What a reader of one format finds, as bare words."""

    title: str = ""
    headings: list[str] = field(default_factory=list)
    facts: list[tuple[str, str]] = field(default_factory=list)
    cards: list[tuple[str, ...]] = field(default_factory=list)
    tables: list[list[list[str]]] = field(default_factory=list)
    figures: list[str] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    refs: list[tuple[str, str]] = field(default_factory=list)  # what leads somewhere, and what stands there
    links: list[tuple[str, str]] = field(default_factory=list)  # addresses of the web, and their words
    words: str = ""

    def parts(self) -> dict[str, Any]:
        """What must be the same in every format, by name."""
        names = ("title", "headings", "facts", "cards", "tables", "figures", "notices", "refs", "links")
        return {name: getattr(self, name) for name in names}


def read(name: str, files: dict[str, bytes]) -> Seen:
    """What the finished files of a format say."""
    return _READERS[name](next(iter(files.values())))


def _soup(data: bytes) -> Any:
    from bs4 import BeautifulSoup

    return BeautifulSoup(data.decode("utf-8"), "lxml")


def read_html(data: bytes, *, references: bool = False) -> Seen:
    """Without the references from numbers and statements to sources among its words."""
    soup = _soup(data)
    refs, links = _refs(soup), _links(soup, "main a[href]")
    for odd in soup.select("svg, script, style, nav" + ("" if references else ", a.derived, sup.refs")):
        odd.decompose()
    rows = soup.select("table[role=table]")
    return Seen(
        title=bare(soup.h1.get_text()),
        headings=[bare(h.get_text()) for h in soup.select("[data-outline]")],
        facts=[(bare(dt.get_text()), bare(dt.parent.dd.get_text())) for dt in soup.select("dl.facts dt")],
        cards=[
            (bare(c.dt.get_text()), *(bare(dd.get_text()) for dd in c.select("dd")))
            for c in soup.select("dl.cards .card")
        ],
        tables=[_cells(table) for table in rows],
        figures=[bare(f["aria-label"]) for f in soup.select("figure [role=img]")],
        notices=[bare(n.get_text()) for n in soup.select("p.notice")],
        refs=refs,
        links=links,
        words=bare(soup.get_text()),
    )


def _refs(soup: Any) -> list[tuple[str, str]]:
    """Numbers behind statements, and what stands first in the row that each leads to; so for derivations."""
    return [(bare(a.get_text()), _row_of(soup.find(id=a["href"][1:]))) for a in soup.select(REFS)]


REFS = "sup.refs a, a.derived"


def _row_of(place: Any) -> str:
    words = place.find_parent("tr").find(["td", "th"]).find(string=re.compile(r"\S")) if place else ""
    return bare(str(words))


def _links(soup: Any, which: str = "a[href]") -> list[tuple[str, str]]:
    """Links to the web or to mail; a file inside the page is none."""
    return [
        (a["href"], bare(a.get_text()))
        for a in soup.select(which)
        if a["href"].startswith(("http:", "https:", "mailto:"))
    ]


def _cells(table: Any) -> list[list[str]]:
    return [[bare(cell.get_text()) for cell in row.select("th, td")] for row in table.select("tr")]


def read_lite(data: bytes) -> Seen:
    soup = _soup(data)
    refs = _refs(soup)
    for odd in soup.select("a.derived, sup.refs"):
        odd.decompose()
    kinds = {kind: soup.select(f"table[data-kind={kind}]") for kind in ("facts", "cards", "table")}
    return Seen(
        title=bare(soup.h1.get_text()),
        headings=[bare(h.get_text()) for h in soup.select("[data-outline]")],
        facts=[(row[0], row[1]) for table in kinds["facts"] for row in _cells(table)],
        cards=_cards([_cells(table) for table in kinds["cards"]]),
        tables=[_cells(table) for table in kinds["table"]],
        figures=[bare(img["alt"]) for img in soup.select("img")],
        notices=[bare(p.get_text()) for p in soup.select("p[dir=auto]") if "background-color" in p["style"]],
        refs=refs,
        links=_links(soup),
        words=bare(soup.get_text()),
    )


def _cards(tables: list[list[list[str]]]) -> list[tuple[str, ...]]:
    return [tuple(filter(None, row)) for table in tables for row in table[1:]]


def _parted(tables: list[list[list[str]]]) -> tuple[list[tuple[str, ...]], list[list[list[str]]]]:
    """The rows of numbers, and the other tables, of a format that sets both as tables."""
    heads = (["Measure", "Value", "From,to"], ["Messgröße", "Wert", "Von,bis"])
    cards = [table for table in tables if table[0] in heads]
    return _cards(cards), [table for table in tables if table[0] not in heads]


def read_md(data: bytes) -> Seen:
    from markdown_it import MarkdownIt

    text = data.decode("utf-8")
    page = MarkdownIt("gfm-like", {"linkify": False, "html": True}).render(text)
    soup = _soup(page.encode())
    refs = [(bare(a.get_text()).strip("[]"), _under(soup, a)) for a in soup.select('a[href^="#"]')]
    for odd in soup.select('a[href^="#"]'):
        odd.decompose()
    cards, tables = _parted([_cells(table) for table in soup.select("table")])
    facts = []
    for item in soup.select("li"):
        label = item.find("strong")
        if label is not None and label.get_text().endswith(":") and item.contents[0] is label:
            words = bare(label.get_text()).removesuffix(":")
            facts.append((words, bare(item.get_text()).removeprefix(words + ":")))
    alerts = [bare(quote.get_text()) for quote in soup.select("blockquote")]
    return Seen(
        title=bare(soup.h1.get_text()),
        headings=[bare(h.get_text()) for h in soup.select("h2, h3, h4, h5, h6")],
        facts=facts,
        cards=cards,
        tables=tables,
        figures=[bare(img["alt"]) for img in soup.select("img")],
        notices=[re.sub(r"^\[!\w+\]", "", words) for words in alerts if words.startswith("[!")],
        refs=refs,
        links=_links(soup),
        words=bare(soup.get_text()),
    )


def _under(soup: Any, link: Any) -> str:
    """What a link to a heading means below it: a row by its number, or that of the metric it stands with."""
    slug, label = link["href"][1:], bare(link.get_text()).strip("[]")
    heading = next((h for h in soup.select("h2, h3, h4") if _slug(h.get_text()) == slug), None)
    if heading is None:
        return ""
    rows = [row.find("td") for row in heading.find_next("table").select("tr")[1:]]
    own = link.find_parent("tr").find("td")
    if not label.isdigit():  # a card: its row is that whose note is the card's label
        return next(
            (r.get_text().split("\xa0")[0].split(" ")[0] for r in rows if own.get_text() in r.get_text()), ""
        )
    return next((bare(row.get_text()) for row in rows if bare(row.get_text()) == label), "")


def _slug(text: str) -> str:
    return re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-")


def read_confluence(data: bytes) -> Seen:
    from lxml import etree

    ac, ri = "urn:x:ac", "urn:x:ri"
    page = f'<p xmlns:ac="{ac}" xmlns:ri="{ri}">{data.decode("utf-8")}</p>'
    root = etree.fromstring(page.encode(), etree.XMLParser(resolve_entities=False))

    anchors = {p.text: p for p in root.iter(f"{{{ac}}}parameter") if p.get(f"{{{ac}}}name") == ""}
    refs = [
        (bare("".join(link.itertext())), _confluence_row(anchors.get(link.get(f"{{{ac}}}anchor"))))
        for link in root.iter(f"{{{ac}}}link")
    ]
    for odd in [*root.iter(f"{{{ac}}}link"), *anchors.values()]:
        odd.text = ""
        for inner in odd:
            inner.text = ""

    def words(node: Any) -> str:
        said = [
            text
            for text in node.xpath(".//text()")
            if not (text.getparent().tag == f"{{{ac}}}parameter" and text.is_text and _is_setting(text, ac))
        ]
        return bare("".join(said))

    grids = [
        [[words(cell) for cell in row.iter("th", "td")] for row in grid.iter("tr")]
        for grid in root.iter("table")
    ]
    is_list = [next(iter(grid.iter("tr")))[1].tag == "td" for grid in root.iter("table")]
    facts = [grid for grid, is_facts in zip(grids, is_list, strict=True) if is_facts]
    cards, tables = _parted([grid for grid, is_facts in zip(grids, is_list, strict=True) if not is_facts])
    panels = ("note", "info", "tip", "warning")
    macros = [m for m in root.iter(f"{{{ac}}}structured-macro") if m.get(f"{{{ac}}}name") in panels]
    return Seen(
        headings=[words(h) for h in root.iter("h1", "h2", "h3", "h4", "h5", "h6")],
        facts=[(row[0], row[1]) for grid in facts for row in grid],
        cards=cards,
        tables=tables,
        figures=[bare(image.get(f"{{{ac}}}alt")) for image in root.iter(f"{{{ac}}}image")],
        notices=[words(macro) for macro in macros],
        refs=refs,
        links=[(a.get("href"), words(a)) for a in root.iter("a")],
        words=words(root),
    )


def _confluence_row(place: Any) -> str:
    if place is None:
        return ""
    cell = next(node for node in place.iterancestors() if node.tag == "td")
    return bare("".join(t for t in cell.find("p").itertext() if t != place.text))


def _is_setting(text: Any, ac: str) -> bool:
    parameter = text.getparent()
    macro = parameter.getparent().get(f"{{{ac}}}name")
    return not (macro == "status" and parameter.get(f"{{{ac}}}name") == "title")


def read_docx(data: bytes) -> Seen:
    import docx
    from docx.oxml.ns import qn

    word = docx.Document(io.BytesIO(data))
    refs = _docx_refs(word.element.body)
    parts = (word.element.body, word.sections[0].footer._element)
    grids = []
    for table in word.element.body.iter(qn("w:tbl")):
        rows = [
            [bare("".join(cell.itertext(qn("w:t")))) for cell in row.iter(qn("w:tc"))]
            for row in table.iter(qn("w:tr"))
        ]
        grids.append((table.find(f".//{qn('w:tblHeader')}") is not None, rows))
    cards, tables = _parted([rows for has_head, rows in grids if has_head])
    lines = word.paragraphs
    shaded = [p for p in lines if p._p.pPr is not None and p._p.pPr.find(qn("w:shd")) is not None]
    return Seen(
        title=next(bare(p.text) for p in lines if p.style.name == "Title"),
        headings=[bare(p.text) for p in lines if p.style.name.startswith("Heading ")],
        facts=[(row[0], row[1]) for has_head, rows in grids if not has_head for row in rows],
        cards=cards,
        tables=tables,
        figures=[bare(s._inline.docPr.get("descr")) for s in word.inline_shapes],
        notices=[bare(p.text) for p in shaded],
        refs=refs,
        links=[
            (word.part.rels[link.get(qn("r:id"))].target_ref, bare("".join(link.itertext(qn("w:t")))))
            for link in word.element.body.iter(qn("w:hyperlink"))
            if link.get(qn("r:id"))
        ],
        words=bare("".join(t for part in parts for t in part.itertext(qn("w:t")))),
    )


def _docx_refs(body: Any) -> list[tuple[str, str]]:
    """Raised numbers and links to derivations, which are taken out of the words."""
    from docx.oxml.ns import qn

    places = {mark.get(qn("w:name")): mark for mark in body.iter(qn("w:bookmarkStart"))}
    refs = []
    for link in list(body.iter(qn("w:hyperlink"))):
        to = link.get(qn("w:anchor")) or ""
        if link.find(f".//{qn('w:vertAlign')}") is not None or to.startswith("p_derived"):
            row = next(n for n in places[to].iterancestors() if n.tag == qn("w:tr")) if to in places else None
            cell = [] if row is None else row.find(f".//{qn('w:p')}").itertext(qn("w:t"))
            refs.append((bare("".join(link.itertext(qn("w:t")))), bare("".join(cell))))
            link.getparent().remove(link)
    return refs


def read_json(data: bytes) -> Seen:
    content = json.loads(data)
    seen = Seen(title=bare(content["title"]["title"]))
    seen.facts += [
        (bare(f["label"]), bare(_said(f["children"]) + f["note"])) for f in content["title"]["facts"]
    ]
    _gather(content["blocks"], seen)
    rows = {cell["anchor"]: row for row in _rows(content["blocks"]) for cell in row if cell["anchor"]}

    def led(label: str, target: str) -> tuple[str, str]:
        return bare(label), bare(_said(rows[target][0]["children"])) if target in rows else ""

    derivation = "Herleitung" if content["lang"] == "de" else "derivation"
    for block in _every(content["blocks"]):
        if block["kind"] == "cards":
            seen.refs += [led(derivation, card["derived"]) for card in block["items"] if card["derived"]]
        for row in block.get("rows", ()):
            for cell in row:
                seen.refs += [led(ref["label"], ref["target"]) for ref in cell["refs"] if cell["children"]]
    seen.links = list(_addresses(content))
    return seen


def _every(blocks: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for block in blocks:
        yield block
        yield from _every(block.get("blocks", []))
        for item in block["items"] if block["kind"] == "items" else ():
            yield from _every(item["blocks"])


def _rows(blocks: list[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    for block in _every(blocks):
        yield from block.get("rows", ())


def _addresses(node: Any) -> Iterator[tuple[str, str]]:
    if isinstance(node, dict) and node.get("kind") == "link":
        yield node["url"], bare(_said(node["children"]))
    elif isinstance(node, dict | list):
        for inner in node.values() if isinstance(node, dict) else node:
            yield from _addresses(inner)


def _gather(blocks: list[dict[str, Any]], seen: Seen) -> None:
    for block in blocks:
        match block["kind"]:
            case "heading":
                seen.headings.append(bare(_said(block["children"])))
            case "facts":
                seen.facts += [
                    (bare(f["label"]), bare(_said(f["children"]) + f["note"])) for f in block["items"]
                ]
            case "cards":
                cards = [(bare(c["label"]), bare(c["value"]), bare(c["note"])) for c in block["items"]]
                seen.cards += [tuple(filter(None, card)) for card in cards]
            case "table" if block["rows"]:
                rows = [[bare(_cell(cell)) for cell in row] for row in block["rows"]]
                seen.tables.append([[bare(column["label"]) for column in block["columns"]], *rows])
            case "figure":
                seen.figures.append(bare(block["alt"]))
            case "notice":
                seen.notices.append(bare(block["text"]))
            case "quote" | "markup":
                _gather(block["blocks"], seen)
            case "items":
                for item in block["items"]:
                    _gather(item["blocks"], seen)


def _cell(cell: dict[str, Any]) -> str:
    """A cell without words of its own is what its references are called."""
    called = ", ".join(ref["label"] for ref in cell.get("refs", ()))
    return (_said(cell["children"]) or called) + cell["note"]


def _said(nodes: list[dict[str, Any]]) -> str:
    return "".join(node.get("text", "") + _said(node.get("children", [])) for node in nodes)


_READERS = {
    "html": read_html,
    "lite": read_lite,
    "md": read_md,
    "confluence": read_confluence,
    "docx": read_docx,
    "json": read_json,
}


# The PDF is read page by page, its tables as the words of their cells in order.


def lacking_in_pdf(data: bytes, seen: Seen) -> list[str]:
    """What the other formats say and the PDF does not, in the order of reading; what runs right to left and
    what the fonts of this machine lack is written otherwise there, and left out."""
    import pypdf

    reader = pypdf.PdfReader(io.BytesIO(data))
    words = bare("".join(page.extract_text() for page in reader.pages))
    lacking = [f"the title {seen.title}"] if seen.title not in words else []
    lacking += [f"{label}: {value}" for label, value in seen.facts if not _stands(label + value, words)]
    lacking += [f"{card}" for card in seen.cards if not all(_stands(part, words) for part in card)]
    for table in seen.tables:
        place = 0
        for row in table[1:]:
            for cell in filter(_printable, row):
                found = words.find(cell, place)
                if found < 0 and not _broken(cell, words):
                    lacking.append(cell)
                place = max(place, found) if found >= 0 else place
    return lacking


def _printable(cell: str) -> bool:
    return bool(cell) and not _RTL.search(cell) and all(ord(char) < 0x2E80 for char in cell)


def _stands(part: str, words: str) -> bool:
    return not _printable(part) or part in words


def _broken(cell: str, words: str) -> bool:
    """Whether the cell stands there in two pieces with the end of a page between."""
    for at in range(len(cell) - 1, 3, -1):
        for found in re.finditer(re.escape(cell[:at]), words):
            after = words[found.end() : found.end() + 900]
            page = re.search(r"Page\d+of\d+", after)
            if page and cell[at:] in after[page.end() :]:
                return True
    return False


def addresses_in_pdf(data: bytes) -> set[str]:
    """Where the links of a PDF lead to outside of it."""
    import pypdf

    notes = [
        note.get_object()
        for page in pypdf.PdfReader(io.BytesIO(data)).pages
        for note in page.annotations or ()
    ]
    return {str(note["/A"]["/URI"]) for note in notes if "/URI" in note.get("/A", {})}


# The timeline by itself


def read_csv(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def read_xlsx(data: bytes) -> list[dict[str, Any]]:
    from openpyxl import load_workbook

    head, *rows = load_workbook(io.BytesIO(data)).active.iter_rows()
    assert not any(cell.data_type == "f" for row in rows for cell in row)
    return [{name.value: cell.value for name, cell in zip(head, row, strict=True)} for row in rows]


def read_ics(data: bytes) -> list[Any]:
    from icalendar import Calendar

    return Calendar.from_ical(data).walk("VEVENT")


def read_svg(data: bytes) -> str:
    from lxml import etree

    root = etree.fromstring(data, etree.XMLParser(resolve_entities=False))
    return bare("".join("".join(node.itertext()) for node in root.iter("{*}text")))
