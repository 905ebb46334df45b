"""Tables too long for a page: cut on it, whole beside it."""

from __future__ import annotations

import csv
import io

import pypdf

from pmkit.export.appendices import LONGEST, SHOWN, with_appendices
from pmkit.export.document import Cell, Column, Table, Text
from pmkit.export.html import make_html
from pmkit.export.pdf import make_pdf


def long_table(rows: int, name: str = "timeline") -> Table:
    cells = tuple(
        (Cell((Text(f"row {n}"),), note="=1+1" if n == 3 else ""), Cell((Text("-x"),))) for n in range(rows)
    )
    return Table(name, "Long", (Column("A"), Column("B")), cells, label="Long")


def test_a_table_of_a_thousand_rows_is_shown_whole(document_of) -> None:
    """Nothing is attached, and nothing changes."""
    document = document_of(long_table(LONGEST))
    assert with_appendices(document) == (document, {})


def test_a_longer_one_is_cut_and_attached_whole(document_of) -> None:
    """Every row with its second line is in the CSV, nothing in it is a formula, and two have two names."""
    document, files = with_appendices(document_of(long_table(LONGEST + 1), long_table(LONGEST + 2)))
    assert [(len(t.rows), t.total, t.attached) for t in document.tables] == [
        (SHOWN, LONGEST + 1, "timeline.csv"), (SHOWN, LONGEST + 2, "timeline-2.csv"),
    ]  # fmt: skip
    rows = list(csv.DictReader(io.StringIO(files["timeline-2.csv"].decode("utf-8-sig"))))
    assert len(rows) == LONGEST + 2
    assert rows[3] == {"A": "row 3", "A (note)": "'=1+1", "B": "'-x"}


def test_pdf_and_page_say_so_and_carry_the_file(document_of) -> None:
    """The PDF has it as an attachment, as PDF/A-3 allows; the page as a link that needs no script."""
    document = document_of(long_table(LONGEST + 500))
    _, files = with_appendices(document)
    data, check = make_pdf(document)
    assert check.passed, check.all_problems()
    reader = pypdf.PdfReader(io.BytesIO(data))
    assert reader.attachments["timeline.csv"] == [files["timeline.csv"]]
    text = "".join(page.extract_text() for page in reader.pages)
    assert f"The first {SHOWN} of {LONGEST + 500} rows" in " ".join(text.split())
    page, check = make_html(document)
    assert check.passed, check.all_problems()
    assert 'download="timeline.csv" href="data:text/csv;base64,' in page
    assert f"The first {SHOWN} of {LONGEST + 500} rows." in page


def test_the_pdf_claims_what_archives_and_readers_ask_for(document_of) -> None:
    """PDF/A-3a and PDF/UA-1, tagged, with a language, a title to show and every font inside."""
    data, _ = make_pdf(document_of(long_table(3)))
    reader = pypdf.PdfReader(io.BytesIO(data))
    root = reader.trailer["/Root"]
    metadata = root["/Metadata"].get_object().get_data().decode()
    for claim in ("pdfaid:part>3<", "pdfaid:conformance>A<", "pdfuaid:part>1<"):
        assert claim in metadata
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == "en"
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert root["/OutputIntents"]
    for page in reader.pages:
        for font in page["/Resources"]["/Font"].values():
            (inner,) = font.get_object()["/DescendantFonts"]
            descriptor = inner.get_object()["/FontDescriptor"].get_object()
            assert any(name in descriptor for name in ("/FontFile2", "/FontFile3"))
            assert "/ToUnicode" in font.get_object()
