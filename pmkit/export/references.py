"""Numbers that lead from a statement to the record it rests on, and back; abbreviations that are used."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from pmkit.export.document import (
    Block,
    Cards,
    Cell,
    Document,
    Fact,
    Facts,
    Heading,
    Items,
    Markup,
    Paragraph,
    Quote,
    Ref,
    Table,
    Text,
    plain,
)

SOURCES: Final = "sources"  # the table of the records
GLOSSARY: Final = "glossary"  # the list of abbreviations


def with_references(blocks: Sequence[Block]) -> tuple[Block, ...]:
    """The blocks with numbers where statements rest on records, in the order in which a reader meets them.

    Only records of the table `sources` have numbers, and the table keeps only those that are cited, each with
    the places that cite it. Without that table there are no numbers.
    """
    listed = {
        source
        for block in blocks
        if isinstance(block, Table) and block.name == SOURCES
        for row in block.rows
        for source in row[0].sources
    }
    numbers: dict[str, int] = {}
    cited: dict[str, list[Ref]] = {}

    def cite(cell: Cell) -> Cell:
        refs = []
        for source in dict.fromkeys(cell.sources):
            if source in listed:
                number = numbers.setdefault(source, len(numbers) + 1)
                places = cited.setdefault(source, [])
                anchor = f"cite:{number}:{len(places) + 1}"
                places.append(Ref(cell.cited_as or "here", anchor))
                refs.append(Ref(str(number), f"ref:{number}", anchor))
        return replace(cell, refs=tuple(refs), sources=()) if cell.sources else cell

    def numbered(block: Block) -> Block:
        if not isinstance(block, Table) or block.name == SOURCES:
            return block
        return replace(block, rows=tuple(tuple(cite(cell) for cell in row) for row in block.rows))

    done = [numbered(block) for block in blocks]
    done = [
        _listed(block, numbers, cited) if isinstance(block, Table) and block.name == SOURCES else block
        for block in done
    ]
    return tuple(_without_dead_ends(done))


def in_words(cell: Cell) -> str:
    """What the references are called that a cell holds instead of words of its own."""
    return "" if cell.children else ", ".join(ref.label for ref in cell.refs)


def _listed(table: Table, numbers: dict[str, int], cited: dict[str, list[Ref]]) -> Table:
    rows = []
    for row in table.rows:
        source = row[0].sources[0] if row[0].sources else ""
        if source in numbers:
            number = numbers[source]
            first = replace(row[0], children=(Text(str(number)),), sources=(), anchor=f"ref:{number}")
            rows.append((number, (first, *row[1:-1], replace(row[-1], refs=_short(cited[source])))))
    return replace(table, rows=tuple(row for _, row in sorted(rows, key=lambda each: each[0])))


def _short(places: Iterable[Ref]) -> tuple[Ref, ...]:
    """The places, each word once: TTD cites a record at both its ends, and leads to the first."""
    kept: dict[str, Ref] = {}
    for place in places:
        kept.setdefault(place.label, place)
    return tuple(kept.values())


def _without_dead_ends(blocks: Sequence[Block]) -> Iterable[Block]:
    """Cards lead to how they were derived only where the report says it."""
    anchors = {
        cell.anchor for block in blocks if isinstance(block, Table) for row in block.rows for cell in row
    }
    for block in blocks:
        if isinstance(block, Cards):
            items = (item if item.derived in anchors else replace(item, derived="") for item in block.items)
            yield replace(block, items=tuple(items))
        else:
            yield block


def with_abbreviations(blocks: Sequence[Block], title: str = "") -> tuple[Block, ...]:
    """The blocks with those abbreviations that the others use; a list of which none is used is left out."""
    from pmkit.glossary import used_in

    text = "\n".join([title, *(words for block in blocks for words in said(block))])
    out: list[Block] = []
    for block in blocks:
        if isinstance(block, Facts) and block.name == GLOSSARY:
            used = used_in(text, [item.label for item in block.items])
            kept = {item.label: item for item in block.items if item.label in used}
            if kept:
                out.append(replace(block, items=tuple(kept[name] for name in used)))
        else:
            out.append(block)
    return tuple(out)


def said(block: Block) -> Iterable[str]:  # noqa: PLR0912 - one for each kind
    """The words of a block, without those of figures and of the glossary."""
    if isinstance(block, Heading | Paragraph):
        yield plain(block.children)
    elif isinstance(block, Table):
        yield block.caption
        yield from (column.label for column in block.columns)
        for row in block.rows:
            for cell in row:
                yield plain(cell.children)
                yield cell.note
    elif isinstance(block, Cards):
        for card in block.items:
            yield from (card.label, card.value, card.note)
    elif isinstance(block, Facts) and block.name != GLOSSARY:
        for fact in block.items:
            yield from (fact.label, plain(fact.children), fact.note)
    elif isinstance(block, Items):
        for entry in block.items:
            for inner in entry.blocks:
                yield from said(inner)
    elif isinstance(block, Quote | Markup):
        for inner in block.blocks:
            yield from said(inner)
    elif hasattr(block, "text"):
        yield str(block.text)


def dead_links(document: Document) -> list[str]:
    """Places inside the document that something leads to and that are not there."""
    anchors: set[str] = {heading.anchor for heading in document.headings}
    wanted: set[str] = set()
    for block in document.walk():
        if isinstance(block, Table):
            for row in block.rows:
                for cell in row:
                    anchors |= {cell.anchor, *(ref.anchor for ref in cell.refs)}
                    wanted |= {ref.target for ref in cell.refs}
        elif isinstance(block, Cards):
            wanted |= {card.derived for card in block.items if card.derived}
    return sorted(wanted - anchors)


def fact_list(items: Iterable[tuple[str, str]]) -> Facts:
    """Labels and what they say as a list of abbreviations."""
    return Facts(tuple(Fact(label, (Text(text),)) for label, text in items), GLOSSARY)
