"""The report as PDF."""

from __future__ import annotations

import io
import re
from dataclasses import replace

import pytest

from pmkit.errors import RenderError
from pmkit.export.columns import LANDSCAPE, PORTRAIT, breakable, lay_out
from pmkit.export.document import Cell, Column, Ref, Table, Text, read_document
from pmkit.export.fonts import Ruler, cover, name_of
from pmkit.export.pdf import balanced, export_pdf, make_pdf

pypdf = pytest.importorskip("pypdf")


@pytest.fixture(scope="module")
def pdf(report, stand_in, tmp_path_factory):
    """The full report as pypdf reads it, drawn by a stand-in."""
    out = tmp_path_factory.mktemp("pdf") / "report.pdf"
    return pypdf.PdfReader(export_pdf(report, out, engine=stand_in()))


@pytest.fixture(scope="module")
def ruler():
    return Ruler()


def make(build, *cells, **metadata):
    data, check = make_pdf(read_document(build.notebook(*cells, **metadata)))
    return pypdf.PdfReader(io.BytesIO(data)), check


def text_of(reader):
    return " ".join(" ".join(page.extract_text() for page in reader.pages).split())


def outline(entries, level=1):
    out = []
    for entry in entries:
        out += outline(entry, level + 1) if isinstance(entry, list) else [(level, entry.title)]
    return out


def test_the_same_notebook_gives_the_same_bytes(report, tmp_path, engine):
    """The time in the file is the time in the notebook; nothing else changes between runs."""
    first = export_pdf(report, tmp_path / "a.pdf", engine=engine).read_bytes()
    assert export_pdf(report, tmp_path / "b.pdf", engine=engine).read_bytes() == first


def test_the_document_says_what_it_is(pdf):
    """Title, language, date of making and accessibility are stated in the file."""
    assert pdf.metadata.title == "Checkout outage: EU customers could not pay"
    assert f"{pdf.metadata.creation_date:%Y-%m-%dT%H:%M}" == "2026-11-09T16:00"
    assert pdf.trailer["/Root"]["/Lang"].startswith("en")
    assert pdf.trailer["/Root"]["/MarkInfo"]["/Marked"]
    assert b"pdfuaid:part" in pdf.trailer["/Root"]["/Metadata"].get_data()


def test_bookmarks_are_the_headings(pdf, report):
    """The outline is the report's headings, in order and at their level."""
    assert outline(pdf.outline) == [(h.level, h.text) for h in read_document(report).headings]


def test_pages_are_numbered_and_carry_the_title(pdf):
    """Every page says which it is of how many; all but the first say of what."""
    count = len(pdf.pages)
    assert count > 5
    for number, page in enumerate(pdf.pages, 1):
        words = " ".join(page.extract_text().split())
        assert f"Page {number} of {count}" in words
        assert "Checkout outage" in words


def test_the_contents_name_the_pages(pdf):
    """The first page lists the sections with the page each begins on."""
    words = " ".join(pdf.pages[0].extract_text().split())
    assert "Contents" in words
    assert re.search(r"Timeline[ .]*3", words)


def test_the_contents_take_one_page(build):
    """Thirty lines of them stand closer together, so that no page holds the last three alone."""
    cells = [build.markdown(f"## Part {n}\n\nWords of {n}.") for n in range(30)]
    reader, check = make(build, *cells)
    assert check.passed
    assert "Part 29" in reader.pages[0].extract_text()
    assert "Words of 0." in reader.pages[1].extract_text()


def test_a_long_table_repeats_its_head(pdf):
    """On every page of the timeline its columns are named again."""
    pages = [page.extract_text() for page in pdf.pages]
    with_rows = [words for words in pages if "alertmanager" in words and "CheckoutErrorRate" in words]
    assert len(with_rows) >= 3
    assert all("What happened" in words for words in with_rows)


def test_all_words_are_there(pdf):
    """Prose, cells, notes, cards, notices and streams are all in the text of the PDF."""
    words = text_of(pdf)
    for wanted in (
        "refunds: $500 for EU and $300 for US",
        "Done when one slow dependency keeps the others fast",
        "Time to acknowledge",
        "One evidence file changed since it was sealed.",
        "There is no stretch of more than 15 minutes",
        "12 rows read",
        "which works only in the notebook",
        "total = 1 + 1",
    ):
        assert wanted in words


def test_hostile_words_are_words(pdf):
    """Typst's own syntax, HTML and markdown from evidence are printed, not obeyed."""
    words = text_of(pdf)
    assert '#read("/etc/passwd") $x$ @ref <lab> #panic()' in words
    assert "<script>window.__x=1</script>" in words
    assert "root:x:0" not in words


def test_links_lead_only_where_a_reader_may_go(pdf):
    """No javascript: or file: address is in the file."""
    addresses = [
        annotation.get_object()["/A"]["/URI"]
        for page in pdf.pages
        for annotation in page.get("/Annots") or []
        if "/URI" in annotation.get_object().get("/A", {})
    ]
    assert addresses
    assert all(re.match("https?://|mailto:", address) for address in addresses)


def test_charts_are_vectors(pdf):
    """No chart was turned into pixels: the only image is the one that came as pixels."""
    images = [image for page in pdf.pages for image in page.images]
    assert len(images) == 1


def test_other_scripts_are_shown(pdf):
    """Japanese, Arabic and emoji are set with the font packages, and none is written out."""
    pytest.importorskip("manimgx_fonts")
    pytest.importorskip("noto_cjk_sans_jp_regular")
    words = text_of(pdf)
    assert "決済サービス" in words
    fonts = {
        str(font.get_object()["/BaseFont"])
        for page in pdf.pages
        for font in page["/Resources"].get("/Font", {}).values()
    }
    for family in ("SourceSansPro", "NotoSansArabic", "NotoSansCJK", "NotoEmoji"):
        assert any(family in font for font in fonts), fonts


def test_the_large_font_is_loaded_only_when_needed(build):
    """A report in Latin letters uses no CJK font."""
    assert not [file for file in cover("Plain words – “quoted” → é").files if "CJK" in file.name]


def test_what_no_font_has_is_written_out_and_told(build, monkeypatch):
    """Without any font for them, characters become [U+65E5] or [fire] and the check lists them."""
    monkeypatch.setattr("pmkit.export.fonts._candidates", lambda paths: [])
    reader, check = make(build, build.markdown("## 日 and fire\n\nhot 🔥 `日`"))
    words = text_of(reader)
    assert "hot [fire]" in words
    assert "[U+65E5]" in words
    assert check.passed
    assert outline(reader.outline) == [(1, "[U+65E5] and fire")]
    assert "U+65E5" in check.warnings[0]
    assert "U+1F525" in check.warnings[0]


def test_a_warning_reaches_the_caller(build, tmp_path, monkeypatch):
    """`warn` is called with the gaps; the file is written all the same."""
    monkeypatch.setattr("pmkit.export.fonts._candidates", lambda paths: [])
    path = build.write(tmp_path / "r.ipynb", build.notebook(build.markdown("日")))
    told = []
    assert export_pdf(path, warn=told.append).is_file()
    assert "r.pdf: 1 character" in told[0]


def test_a_folder_of_fonts_may_be_named(tmp_path):
    """The caller's fonts are asked for what the built-in ones lack; a wrong path is an error."""
    with pytest.raises(RenderError, match="no such font"):
        cover("日", [tmp_path / "none"])


def test_characters_without_a_glyph_have_names():
    """A symbol goes by its name, a letter by its number."""
    assert name_of("🔥") == "[fire]"
    assert name_of("日") == "[U+65E5]"


def test_a_picture_that_cannot_be_read_is_a_notice(build):
    """A damaged image does not stop the report, nor does it vanish."""
    import base64

    broken = base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"\0" * 40).decode()
    reader, check = make(build, build.code(build.display("image/png", broken)))
    assert "cannot be shown in print" in text_of(reader)
    assert check.passed


def test_a_report_of_nothing_is_still_a_document(build):
    """An empty notebook gives a title page."""
    reader, check = make(build)
    assert check.passed
    assert "Checkout outage" in text_of(reader)


def table(*labels, width="normal", rows):
    columns = tuple(Column(label, "left", width) for label in labels)
    return Table("t", "", columns, tuple(tuple(Cell((Text(word),)) for word in row) for row in rows))


def test_columns_fit_the_page(ruler):
    """Widths and gaps never add up to more than there is."""
    for count in range(1, 30):
        words = ["a", "some words here", "x" * 80, "a longer sentence " * 6]
        layout = lay_out(table(*["Label"] * count, rows=[[words[n % 4] for n in range(count)]]), ruler)
        room = LANDSCAPE if layout.landscape else PORTRAIT
        assert sum(layout.widths) + 10 * (count - 1) <= room + 0.5
        assert all(width > 0 for width in layout.widths)


def test_few_columns_stay_upright_and_many_lie_down(ruler):
    """Landscape is for tables whose words do not fit otherwise."""
    assert not lay_out(table("a", "b", rows=[["x", "y"]]), ruler).landscape
    assert lay_out(table(*["Responsible"] * 14, rows=[["Incident"] * 14]), ruler).landscape


def test_a_column_has_room_for_the_words_that_lead_elsewhere(ruler):
    """Words that are nothing but links count as words, and raised numbers stand beside the last word."""
    links = (Ref("acknowledged", "a"), Ref("TTA", "b"))
    rows = [
        (
            Cell(
                (
                    Text(
                        "a sentence of some length " * 4,
                    ),
                )
            ),
            Cell((), refs=links),
        )
    ]
    columns = (Column("What", "left", "wide"), Column("For", "left", "narrow"))
    layout = lay_out(Table("t", "", columns, tuple(rows)), ruler)
    assert layout.widths[1] >= layout.size * ruler.length("acknowledged,")
    numbers = tuple(Ref(str(n), str(n)) for n in (14, 15, 16))
    rows = [
        (
            Cell(
                (
                    Text(
                        "a sentence of some length " * 4,
                    ),
                )
            ),
            Cell((Text("07:46:38"),), refs=numbers),
        )
    ]
    beside = lay_out(Table("t", "", columns, tuple(rows)), ruler)
    assert beside.widths[1] > beside.size * (ruler.length("07:46:38") + 0.6 * ruler.length("14 15 16"))


def test_no_line_of_a_title_is_left_with_one_word(ruler):
    """The width makes lines of like length, not one that the last word falls out of."""
    text = "Nobody could sign in to the medication chart at morning handover"
    width = balanced(text, 25.0, 2, ruler)
    assert width < PORTRAIT
    first = "Nobody could sign in to the medication"
    assert width >= 25.0 * ruler.length(first, bold=True)


def test_a_long_word_may_break_and_a_short_one_not(ruler):
    """Soft breaks stand at joints first, and within a part only if it is too long itself."""
    assert breakable("short words", 12, ruler) == "short words"
    broken = breakable("app/checkout-api/50dc6c495c0c9188" + "f" * 40, 10, ruler)
    assert broken.startswith("app/\u200bcheckout-\u200bapi/")
    assert broken.replace("\u200b", "").endswith("f" * 40)
    assert max(ruler.length(part) for part in broken.split("\u200b")) <= 10


def test_a_script_without_blanks_breaks_by_its_own_rules(ruler):
    """A soft break before a Japanese comma would let a line begin with it."""
    sentence = "お支払いの重複や、お預かりした資金の損失はありません。" * 3
    assert breakable(sentence, 30, ruler) == sentence
    long = "m" * 90
    mixed = breakable(f"{sentence}{long}、{sentence}", 30, ruler)
    assert mixed.replace("\u200b", "") == f"{sentence}{long}、{sentence}"
    assert "m\u200bm" in mixed
    assert "\u200b、" not in mixed


def test_words_with_soft_breaks_are_found_whole(build):
    """A reader who searches for a hash finds it, though it was broken over two lines."""
    token = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08" * 2
    reader, _ = make(build, build.code(build.block("prose", markdown=token)))
    words = "".join("".join(page.extract_text() for page in reader.pages).split())
    assert token in words.replace("\u200b", "")


def test_a_very_tall_row_is_parted_between_pages(build):
    """A message longer than a page is printed to its end."""
    said = "\n".join(f"line {number}" for number in range(150))
    block = build.block(
        "table",
        name="t",
        caption="",
        columns=build.columns("When", "What:wide"),
        rows=[[{"text": "x"}, {"text": said}]],
    )
    reader, check = make(build, build.code(block))
    assert check.passed
    assert "line 149" in text_of(reader)
    assert len(reader.pages) >= 4


def test_the_exporter_is_found_by_name(build, tmp_path):
    """`jupyter nbconvert --to pmkit-pdf` finds it."""
    from nbconvert.exporters import get_exporter

    path = build.write(tmp_path / "r.ipynb", build.notebook(build.markdown("## A")))
    data, resources = get_exporter("pmkit-pdf")().from_filename(str(path))
    assert data.startswith(b"%PDF-")
    assert resources["output_extension"] == ".pdf"


def test_a_landscape_table_brings_its_heading_along(build):
    """A heading is never left alone on the upright page before a table that lies down."""
    heads = build.columns(*[f"Responsible {number}" for number in range(14)])
    block = build.block("table", name="w", caption="", columns=heads, rows=[[{"text": "Engineering"}] * 14])
    cells = [build.markdown("## Before\n\ntext"), build.markdown("## Wide"), build.code(block)]
    reader, check = make(build, *cells, build.markdown("## After"))
    assert check.passed
    sizes = [page.mediabox.width > page.mediabox.height for page in reader.pages]
    assert sizes == [False, False, True, False]
    assert "Wide" in reader.pages[2].extract_text()
    assert "Wide" not in reader.pages[1].extract_text()


SCRAPS = (
    "words and more ", "<>&\"'`*_[]()#!|\\~-+=.:;/{}$@%^ \n\t", "日本語한국어", "العربية עברית",
    "🔥👩🏽‍🚒❤️🇩🇪1️⃣", "e\u0301\u20dd\u0489", "\u202e\u2066\u200b\u200d\ufeff\x00\x1b\x85\u2028",
    "𝔘𒀀\ue000\U0010ffff\u0378", "हिन्दी ไทย ელ", "\ud800\udc00",
)  # fmt: skip


@pytest.mark.parametrize("seed", range(12))
def test_no_words_can_stop_a_report(build, seed):
    """Random scraps of every script and syntax, in every block, give two whole exports."""
    from random import Random

    from pmkit.export.html import make_html

    random = Random(seed)

    def words():
        return "".join(random.choice(random.choice(SCRAPS)) for _ in range(random.randrange(60)))

    heads = [{"label": words(), "align": "left", "width": width} for width in ("narrow", "normal", "wide")]
    rows = [
        [{"text": words(), "note": words(), "mono": n == 0, "url": words()} for n in range(3)] for _ in "abc"
    ]
    cells = [
        build.code(
            build.block("title", title=words(), subtitle=words(), facts=[{"label": words(), "text": words()}])
        ),
        build.code(build.block("table", name=words(), caption=words(), columns=heads, rows=rows)),
        build.code(
            build.block(
                "prose",
                markdown="\n".join(
                    random.choice(["# ", "- ", "> ", "    ", "| a |\n|--|\n| ", "[x]("]) + words()
                    for _ in range(8)
                ),
            )
        ),
        build.code(build.block("notice", tone="bad", text=words()), build.stream(words())),
        build.code(
            build.block(
                "cards", items=[{"label": words(), "value": words(), "note": words(), "tone": "good"}]
            )
        ),
        build.code(build.display("text/html", f"<table><tr><td>{words()}</td></tr></table>{words()}")),
    ]
    document = read_document(build.notebook(*cells))
    page, check = make_html(replace(document, unresolved=()))
    assert check.passed, check.all_problems()
    assert page.encode("utf-8")
    _, check = make_pdf(replace(document, unresolved=()))
    assert check.passed, check.all_problems()
