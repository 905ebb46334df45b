"""The words of a PDF are read as a reader sees them, however they are cut into strokes."""

from __future__ import annotations

import io
import re

import pypdf
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

from pmkit.export.pdf_words import page_texts, read_literal, strings_beside, text_string

ALPHABET = "MeiTanaka 0123Ørsted-" + "מיטנק" + "ﬁ"
CODES = {letter: code for code, letter in enumerate(dict.fromkeys(ALPHABET), start=1)}


def cmap(*, ranges: bool = False) -> bytes:
    rows = [f"<{code:04X}> <{letter.encode('utf-16-be').hex()}>" for letter, code in CODES.items()]
    if ranges:
        rows = [row.replace("> <", f"> <{row[1:5]}> <") for row in rows]
    kind = "bfrange" if ranges else "bfchar"
    body = "\n".join(rows)
    head = "1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n"
    return f"{head}{len(rows)} begin{kind}\n{body}\nend{kind}".encode()


def codes(text: str) -> bytes:
    return b"".join(CODES[letter].to_bytes(2, "big") for letter in text)


def literal(raw: bytes) -> bytes:
    return b"(" + re.sub(rb"([\\()])", rb"\\\1", raw).replace(b"\r", b"\\r") + b")"


def page(content: bytes, *, table: bytes | None = None) -> pypdf.PageObject:
    """A page with this content, and a font F whose letters are those of `CODES`."""
    writer = pypdf.PdfWriter()
    writer.add_blank_page(600, 800)
    letters, shown = DecodedStreamObject(), DecodedStreamObject()
    letters.set_data(cmap() if table is None else table)
    shown.set_data(content)
    font = DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Font"),
            NameObject("/Subtype"): NameObject("/Type0"),
            NameObject("/ToUnicode"): writer._add_object(letters),
        }
    )
    fonts = DictionaryObject({NameObject("/F"): writer._add_object(font)})
    writer.pages[0][NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): fonts})
    writer.pages[0][NameObject("/Contents")] = writer._add_object(shown)
    out = io.BytesIO()
    writer.write(out)
    return pypdf.PdfReader(out).pages[0]


def stroke(text: str, x: float, y: float) -> bytes:
    place = f"q 1 0 0 1 {x} {y} cm BT /F 10 Tf 1 0 0 1 0 0 Tm ".encode()
    return place + literal(codes(text)) + b" Tj ET Q\n"


def test_letters_set_one_by_one_are_a_word() -> None:
    """As in a chart; what stands further on is another word."""
    content = b"".join(stroke(letter, 20 + 5 * at, 40) for at, letter in enumerate("Mei Tanaka"))
    content += (
        b"0 0 m 90 90 l S q 1 0 0 RG 3 3 m 4 4 l S Q " + stroke("0123", 200, 40) + stroke("Tan", 20, 80)
    )
    assert page_texts(page(content), {})[0].split("\n") == ["Mei Tanaka", "0123", "Tan"]


def test_a_word_whose_type_changes_is_read_whole() -> None:
    """Runs that follow each other are one line, and all of a page is read run together as well."""
    texts = page_texts(page(stroke("Mei Ta", 20, 40) + stroke("naka", 44, 40) + stroke("Mei", 400, 9)), {})
    assert texts[0] == "Mei Tanaka\nMei"
    assert texts[-1] == "Mei TanakaMei"


def test_words_far_apart_in_one_string_are_two() -> None:
    """Some writers set no blank but a gap; kerning is none."""
    content = b"BT /F 9 Tf [%b -333 %b 18 %b] TJ ET"
    content = content.replace(b"%b", b"%s") % tuple(literal(codes(word)) for word in ("Mei", "Tan", "aka"))
    assert page_texts(page(content), {})[0] == "Mei Tanaka"


def test_what_is_read_from_the_right_is_read_from_there() -> None:
    """A font sets Hebrew from left to right; a reader begins at the other end."""
    texts = page_texts(page(stroke("קנט ימ", 20, 40)), {})
    assert "מי טנק" in texts[-1]


def test_dots_set_apart_are_no_letters_of_their_own() -> None:
    """What is drawn twice at one place is read once."""
    content = stroke("טנ", 20, 40) + stroke("ט", 20.2, 40.3) + stroke("ק", 38, 40)
    assert page_texts(page(content), {})[0] == "טנק"


@pytest.mark.parametrize("ranges", [False, True], ids=["letters", "ranges"])
def test_a_ligature_is_its_letters(ranges: bool) -> None:
    """And both ways to write a font's table are read."""
    content = b"BT /F 9 Tf <" + codes("ﬁ0Ø").hex().encode() + b"> Tj ET"
    assert page_texts(page(content, table=cmap(ranges=ranges)), {})[0] == "ﬁ0Ø"


def test_a_font_without_a_table_is_left_to_pypdf() -> None:
    """As is a page with a picture among its operators: nothing is passed over."""
    for content in (
        stroke("Mei", 9, 9).replace(b"/F ", b"/G "),
        b"BI /W 1 ID (((\nEI " + stroke("Mei", 9, 9),
    ):
        assert len(page_texts(page(content), {})) == 1


def test_words_in_place_of_a_drawing_are_read() -> None:
    """Properties of marked content hold words that nobody sees and a screen reader says."""
    content = b"/Span <</ActualText (Mei \\(M.\\) Tanaka)>> BDC " + stroke("0", 9, 9) + b"EMC"
    assert "Mei (M.) Tanaka" in page_texts(page(content), {})[0]


@given(st.binary(max_size=40))
def test_every_string_is_read_to_its_end(raw: bytes) -> None:
    """Whatever stands in it, escaped or in pairs."""
    escaped = literal(raw)
    assert read_literal(escaped + b" Tj", 1) == (raw, len(escaped))
    octal = b"".join(b"\\%03o" % byte for byte in raw) + b")"
    assert read_literal(octal, 0) == (raw, len(octal))


def test_pairs_of_parentheses_need_no_escape() -> None:
    """ISO 32000-1, 7.3.4.2."""
    assert read_literal(b"a (b (c)) d) Tj", 0) == (b"a (b (c)) d", 12)


def test_text_says_how_it_is_written() -> None:
    """UTF-16 or UTF-8 by their marks, or one byte a letter."""
    assert [text_string(raw) for raw in ("\ufeffØ".encode("utf-16-be"), b"\xef\xbb\xbfa", b"\xd8")] == [
        "Ø",
        "a",
        "Ø",
    ]


def test_strings_beside_the_pages_are_read() -> None:
    """Facts, bookmarks and names, and nothing of what only a page holds."""
    writer = pypdf.PdfWriter()
    writer.add_blank_page(9, 9)
    writer.add_outline_item("Mei Tanaka, Ø", 0)
    writer.add_metadata({"/Subject": "טנק"})
    out = io.BytesIO()
    writer.write(out)
    found = list(strings_beside(out.getvalue(), pypdf.PdfReader(out)))
    assert {"Mei Tanaka, Ø", "טנק"} <= set(found)


def test_facts_in_xmp_are_read() -> None:
    """Of each object that says that it holds them, wherever in it that stands."""
    writer = pypdf.PdfWriter()
    writer.add_blank_page(9, 9)
    for words, first in (("by Mei", "/Subtype"), ("by Tanaka", "/Type")):
        stream = DecodedStreamObject()
        stream.set_data(words.encode())
        kinds = {"/Type": "/Metadata", "/Subtype": "/XML"}
        for name in (first, *(kinds.keys() - {first})):
            stream[NameObject(name)] = NameObject(kinds[name])
        writer._add_object(stream)
    out = io.BytesIO()
    writer.write(out)
    found = list(strings_beside(out.getvalue(), pypdf.PdfReader(out)))
    assert {"by Mei", "by Tanaka"} <= set(found)
