"""Numbers from statements to records and back, and abbreviations that are used."""

from __future__ import annotations

from dataclasses import replace

from pmkit.blocks import BLOCK_MIME
from pmkit.export.document import (
    Card,
    Cards,
    Cell,
    Column,
    Fact,
    Facts,
    Ref,
    Table,
    Text,
)
from pmkit.export.document import read_document as read
from pmkit.export.references import dead_links, with_abbreviations, with_references


def table(name: str, *rows: tuple[Cell, ...]) -> Table:
    return Table(name, "", tuple(Column(str(n)) for n in range(len(rows[0]))), rows)


def cell(text: str = "", *sources: str, cited_as: str = "", anchor: str = "") -> Cell:
    return Cell((Text(text),) if text else (), sources=sources, cited_as=cited_as, anchor=anchor)


def sources(*names: str) -> Table:
    return table("sources", *((cell("", name), cell("where"), cell()) for name in names))


def test_records_are_numbered_as_a_reader_meets_them() -> None:
    """A record has one number wherever it is cited; the list has that order and leads back to each place."""
    factors = table(
        "factors",
        (cell("x", "b", "a", cited_as="F1"),),
        (cell("y", "b", "nowhere", cited_as="F2"),),
        (cell("z", "b", cited_as="F2"),),
    )
    first, listed = with_references([factors, sources("a", "b", "c")])
    assert isinstance(first, Table)
    assert isinstance(listed, Table)
    assert [[ref.label for ref in row[0].refs] for row in first.rows] == [["1", "2"], ["1"], ["1"]]
    assert first.rows[0][0].refs[0] == Ref("1", "ref:1", "cite:1:1")
    assert [(row[0].anchor, row[0].children) for row in listed.rows] == [
        ("ref:1", (Text("1"),)), ("ref:2", (Text("2"),)),
    ]  # fmt: skip
    assert [(ref.label, ref.target) for ref in listed.rows[0][2].refs] == [
        ("F1", "cite:1:1"),
        ("F2", "cite:1:2"),
    ]


def test_without_the_list_there_are_no_numbers() -> None:
    """An edition without sources has no number that leads nowhere."""
    (only,) = with_references([table("factors", (cell("x", "a"),))])
    assert isinstance(only, Table)
    assert only.rows[0][0] == cell("x")


def test_a_card_leads_to_its_derivation_if_that_is_there() -> None:
    """Else it leads nowhere."""
    cards = Cards((Card("Time to detect", "18 min", "", "neutral", "derived:TTD"),))
    derivations = table("derivations", (cell("TTD", anchor="derived:TTD"),))
    assert with_references([cards, derivations])[0] == cards
    (alone,) = with_references([cards])
    assert isinstance(alone, Cards)
    assert alone.items[0].derived == ""


def test_only_abbreviations_that_are_used_are_listed() -> None:
    """As words of their own or in the plural, sorted; none used, no list."""
    glossary = Facts(
        tuple(Fact(name, (Text("…"),)) for name in ("SLO", "API", "CI", "p95", "DRI")), "glossary"
    )
    text = Table("t", "p95 of APIs", (Column("DRI"),), ((Cell((Text("CIRCLE SLOW"),)),),))
    *_, listed = with_abbreviations([text, glossary])
    assert isinstance(listed, Facts)
    assert [item.label for item in listed.items] == ["API", "DRI", "p95"]
    assert with_abbreviations([replace(text, caption="", columns=(Column("x"),)), glossary])[1:] == ()


def test_a_place_that_is_not_there_is_a_problem(document_of) -> None:
    """The self-check names it."""
    broken = Cell((Text("x"),), refs=(Ref("1", "ref:1", "cite:1:1"),))
    assert dead_links(document_of(table("t", (broken,)))) == ["ref:1"]
    assert dead_links(document_of(table("t", (broken, replace(cell("1"), anchor="ref:1"))))) == []


def test_a_heading_of_the_report_under_which_nothing_stands_is_left_out() -> None:
    """`### Abbreviations` goes with its list; a section stays, and so does every heading people wrote."""

    def shown(block: dict[str, object]) -> dict[str, object]:
        output = {"output_type": "display_data", "data": {BLOCK_MIME: block}, "metadata": {}}
        return {"cell_type": "code", "source": "x", "execution_count": 1, "outputs": [output], "metadata": {}}

    def head(text: str) -> dict[str, object]:
        return {"cell_type": "markdown", "source": text, "metadata": {}}

    glossary = {"block": "glossary", "items": [{"label": "SLO", "text": "…"}]}
    cells = [head("## A"), shown({"block": "prose", "markdown": "### Mine"}), head("### Abbreviations"),
             shown(glossary), head("## B")]  # fmt: skip
    document = read({"cells": cells, "metadata": {"pmkit": {"title": "T"}}, "nbformat": 4})
    assert [heading.text for heading in document.headings] == ["A", "Mine", "B"]
