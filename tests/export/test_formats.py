"""The table of formats, and what each finished one is made of."""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pmkit.errors import RenderError
from pmkit.export import chrome
from pmkit.export.assets import Assets
from pmkit.export.confluence import check_confluence
from pmkit.export.document import (
    Cell,
    Column,
    Document,
    Frame,
    Heading,
    Items,
    Link,
    Paragraph,
    Ref,
    Table,
    Text,
    Title,
    read_document,
)
from pmkit.export.docx import check_docx
from pmkit.export.drawing import draw_figures
from pmkit.export.formats import FORMATS, Finished, Options, check_engine, find_formats
from pmkit.export.markdown import check_markdown
from pmkit.export.selfcheck import Check, check_lite, check_printed
from pmkit.language import load_language

MADE = ("lite", "md", "confluence", "docx", "json", "csv", "ics", "png", "svg")


@pytest.fixture(scope="module")
def document(report, stand_in):
    """The full report, drawn by a stand-in."""
    return draw_figures(read_document(report), engine=stand_in())


@pytest.fixture(scope="module")
def made(document):
    return {name: FORMATS[name].make(document, "report", Options()) for name in MADE}


@pytest.mark.parametrize("name", MADE)
def test_the_full_report_passes_in_every_format(made, name):
    """Words of all scripts, injections, lists, quotes, code, pictures and HTML outputs included."""
    assert made[name].check.passed, made[name].check.all_problems()


@pytest.mark.parametrize("name", MADE)
def test_the_same_notebook_gives_the_same_bytes(document, made, name):
    """No clock, no path and no random number is in any file."""
    again = FORMATS[name].make(document, "report", Options())
    assert dict(again.files) == dict(made[name].files)


def test_an_edition_without_a_timeline_still_has_its_files(document):
    """The rows are none and a warning says why; the slide says so in words."""
    without = replace(document, frames=())
    for name in ("csv", "ics", "svg"):
        finished = FORMATS[name].make(without, "report", Options())
        assert finished.check.passed
        assert any("shows no timeline" in warning for warning in finished.check.warnings)
    (svg,) = FORMATS["svg"].make(without, "report", Options()).files.values()
    assert b"This edition shows no timeline." in svg


def test_formats_are_found_by_name_once():
    """A name that is none is refused with those there are; one that is given twice is made once."""
    assert [form.name for form in find_formats(["md", "html", "md"])] == ["md", "html"]
    with pytest.raises(RenderError, match="no format `odt`; the formats are html, pdf, lite, md"):
        find_formats(["md", "odt"])


def test_all_files_are_written_or_none(tmp_path):
    """The main file comes last; a check that failed writes nothing."""
    good = Finished({"a.md": b"a", "a-figures/x.svg": b"x"}, Check("Markdown", {}))
    assert good.write(tmp_path) == tmp_path / "a.md"
    assert (tmp_path / "a-figures" / "x.svg").read_bytes() == b"x"
    bad = Finished({"b.md": b"b", "b-figures/x.svg": b"x"}, Check("Markdown", {"tables": (2, 1)}))
    with pytest.raises(RenderError, match="expected 2 tables, found 1"):
        bad.write(tmp_path)
    assert not list(tmp_path.glob("b*"))


# Chrome


def test_a_machine_without_chrome_is_told_what_to_do(monkeypatch):
    """The message names what is missing and the way without; it comes before anything runs."""
    monkeypatch.delenv("PMKIT_CHROME", raising=False)
    monkeypatch.setattr(chrome.shutil, "which", lambda name: None)
    monkeypatch.setattr(chrome, "_PLACES", {})
    with pytest.raises(RenderError, match=r"needs an installed Chrome.*Typst sets the PDF without"):
        check_engine("chrome")
    check_engine("typst")
    with pytest.raises(RenderError, match="no PDF engine `wk`; the engines are typst, chrome"):
        check_engine("wk")


def test_a_chrome_can_be_named(monkeypatch, tmp_path):
    """PMKIT_CHROME wins; a name that is no file is refused."""
    program = tmp_path / "chrome"
    program.write_text("")
    monkeypatch.setenv("PMKIT_CHROME", str(program))
    assert chrome.find_chrome() == program
    monkeypatch.setenv("PMKIT_CHROME", str(tmp_path / "gone"))
    with pytest.raises(RenderError, match="PMKIT_CHROME: expected the program of a Chrome"):
        chrome.find_chrome()


def test_a_chrome_that_prints_nothing_is_told(monkeypatch, tmp_path, document):
    """What it said last stands in the error, and the engine that needs none."""
    program = tmp_path / "chrome"
    program.write_text("#!/bin/sh\necho it broke >&2\nexit 3\n")
    program.chmod(0o755)
    monkeypatch.setenv("PMKIT_CHROME", str(program))
    with pytest.raises(RenderError, match="printed nothing: it broke"):
        chrome.print_pdf(replace(document, blocks=()))


def test_a_printed_pdf_that_lacks_something_is_refused(document):
    """A torn file, pages, tags and bookmarks are each asked for."""
    problems = check_printed(b"%PDF-1.4\n", document).all_problems()
    assert {"the file is no complete PDF", "the PDF has no pages", "the PDF is not tagged"} <= set(problems)


# Word


def word(made):
    archive = zipfile.ZipFile(io.BytesIO(made["docx"].files["report.docx"]))
    return archive.read("word/document.xml").decode(), archive


def test_word_knows_title_language_and_time(made, document):
    """What Word shows of the file is the report's own, and nobody is named as its author."""
    import docx

    facts = docx.Document(io.BytesIO(made["docx"].files["report.docx"])).core_properties
    assert facts.title == document.title.title
    assert facts.language == "en"
    assert facts.author == ""
    assert f"{facts.created:%Y-%m-%dT%H:%M}" == "2026-11-09T16:00"
    _, archive = word(made)
    assert "docProps/thumbnail.jpeg" not in archive.namelist()
    assert b"Macintosh" not in archive.read("docProps/app.xml")


def test_word_repeats_heads_and_tells_what_pictures_show(made):
    """Each table's head is one that Word repeats; each picture has its words."""
    text, _ = word(made)
    assert text.count("<w:tblHeader") == text.count("<w:tblCaption")
    assert not re.search(r"<wp:docPr(?![^>]*descr=\"[^\"]+\")", text)


def test_word_parts_no_short_table_and_leaves_no_head_alone(cited):
    """The head is kept with the first row, and each row but the last of a short table with the next."""
    import docx

    (data,) = FORMATS["docx"].make(cited, "report", Options()).files.values()
    *_, sources = (word_file := docx.Document(io.BytesIO(data))).tables
    assert (
        word_file.paragraphs[-1].paragraph_format.line_spacing.pt == 1
    )  # no blank page behind the last table
    kept = [row.cells[0].paragraphs[0].paragraph_format.keep_with_next for row in sources.rows]
    assert kept == [True, True, None]


def test_a_signature_stands_alone_on_no_page(build):
    """The last lines of a letter are kept together; those of a report need not be."""
    import docx

    document = read_document(build.notebook(build.markdown("a\n\nb\n\nc\n\nd\n\nKind regards,\n\nus")))
    for which, kept in ((document, 0), (replace(document, contents=False), 3)):
        (data,) = FORMATS["docx"].make(which, "report", Options()).files.values()
        lines = docx.Document(io.BytesIO(data)).paragraphs[-4:]
        assert sum(bool(line.paragraph_format.keep_with_next) for line in lines) == kept


def test_links_in_the_contents_have_their_targets(made):
    """Every entry of the contents leads to a bookmark."""
    text, _ = word(made)
    targets = set(re.findall(r'<w:bookmarkStart [^>]*w:name="([^"]+)"', text))
    anchors = re.findall(r'<w:hyperlink [^>]*w:anchor="([^"]+)"', text)
    assert len(anchors) >= 15
    assert set(anchors) <= targets


def test_a_word_document_runs_as_its_words_do(build):
    """In a Hebrew report from right to left, its tables too; English words in it run their own way."""
    shown = build.markdown(
        "## \u05d4\u05d7\u05dc\u05d8\u05d5\u05ea\n\nEnglish words.\n\n- in a list\n\n| a |\n|---|\n| b |"
    )
    document = replace(read_document(build.notebook(shown)), lang="he", language=load_language("he"))
    made = FORMATS["docx"].make(document, "report", Options())
    text, archive = word({"docx": made})
    styles = archive.read("word/styles.xml").decode()
    assert re.search(r'w:styleId="Normal".*?<w:bidi/>', styles, re.DOTALL)
    assert text.count("<w:bidiVisual/>") == text.count("<w:tbl>")
    for words in ("English words.", "in a list"):
        assert re.search(rf'<w:bidi w:val="0"/>(?:(?!</w:p>).)*{words}', text), words
    assert not re.search('<w:bidi w:val="0"/>(?:(?!</w:p>).)*\u05d4\u05d7', text)
    assert '<w:szCs w:val="21"/>' in styles  # else Hebrew and Arabic are larger than the words beside them


def test_a_numbered_list_begins_anew(build):
    """Two numbered lists each begin at their own number."""
    document = read_document(build.notebook(build.markdown("1. a\n2. b\n\ntext\n\n5. c\n6. d")))
    assert sum(isinstance(block, Items) for block in document.blocks) == 2
    (data,) = FORMATS["docx"].make(document, "report", Options()).files.values()
    numbering = zipfile.ZipFile(io.BytesIO(data)).read("word/numbering.xml").decode()
    assert re.findall(r'<w:startOverride w:val="(\d+)"', numbering) == ["1", "5"]


def test_a_long_list_takes_no_longer_than_it_must(build):
    """Hundreds of items are written one by one: what was written before is not looked at again."""
    document = read_document(build.notebook(build.markdown("\n".join(f"- item {n}" for n in range(900)))))
    (data,) = FORMATS["docx"].make(document, "report", Options()).files.values()
    assert zipfile.ZipFile(io.BytesIO(data)).read("word/document.xml").count(b"<w:numPr") == 0
    assert zipfile.ZipFile(io.BytesIO(data)).read("word/document.xml").count(b"ListBullet") == 900


# Confluence


def test_a_long_table_is_folded(build):
    """A table of more than sixty rows stands in an expand macro, which says how many."""
    rows = [[build.text(str(n))] for n in range(61)]
    table = build.block("table", name="t", columns=build.columns("A"), rows=rows)
    document = read_document(build.notebook(build.markdown("## Appendix"), build.code(table)))
    (page, *_) = FORMATS["confluence"].make(document, "report", Options()).files.values()
    assert b'<ac:structured-macro ac:name="expand"><ac:parameter ac:name="title">Appendix: 61 rows' in page


def test_code_cannot_end_its_block(build):
    """What closes a CDATA section is split over two."""
    source = "```\na ]]> b </ac:plain-text-body>\n```"
    document = read_document(build.notebook(build.markdown(source)))
    finished = FORMATS["confluence"].make(document, "report", Options())
    assert finished.check.passed
    assert b"a ]]]]><![CDATA[> b </ac:plain-text-body>" in next(iter(finished.files.values()))


def test_images_are_attachments_by_name(made):
    """Every figure of the page is a file beside it."""
    page = made["confluence"].files["report.confluence.xml"].decode()
    names = re.findall(r'ri:filename="([^"]+)"', page)
    files = {Path(name).name for name in list(made["confluence"].files)[1:]}
    assert set(names) == files
    assert "timeline.png" in files


# HTML without scripts


def test_the_lite_page_carries_all_it_needs(made):
    """No script, no style sheet, no class that needs one; images are in the page."""
    page = made["lite"].files["report.lite.html"].decode()
    assert not re.search(r"<(script|style|link|svg)\b", page)
    assert re.findall(r'src="(?!data:image/)', page) == []
    assert "default-src 'none'" in page


def test_a_lite_page_that_gained_something_is_refused(made, document):
    """A style sheet, a script or a lost image is noticed."""
    page = made["lite"].files["report.lite.html"].decode()
    assert check_lite(page, document).passed
    assert not check_lite(page.replace("</body>", "<script>x</script></body>"), document).passed
    assert not check_lite(page.replace("<img ", "<b ", 1), document).passed


# Slide


def timeline(*rows):
    import json

    import pandas as pd

    from pmkit import schema
    from pmkit.packing import pack_frame
    from pmkit.timeline import TIMELINE_COLUMNS

    frame = pd.DataFrame(rows)
    frame["time"] = pd.to_datetime(frame["time"], utc=True).astype(schema.TIME_DTYPE)
    frame["recorded_at"] = pd.Series(pd.NaT, index=frame.index, dtype=schema.TIME_DTYPE)
    for name in TIMELINE_COLUMNS:
        if name not in frame:
            frame[name] = ""
    frame["mark_basis"] = frame["mark"].map(lambda marks: " ".join("marked" for _ in marks.split()))
    return Frame("timeline", json.dumps(pack_frame(frame)))


def slide(document, *rows):
    finished = FORMATS["svg"].make(replace(document, frames=(timeline(*rows),)), "report", Options())
    assert finished.check.passed, finished.check.all_problems()
    return next(iter(finished.files.values())).decode()


def test_a_crowded_slide_says_how_much_it_leaves_out(document):
    """Of a hundred events in one minute those that fit are shown, and the rest is counted."""
    words = "A sentence that is far too long to stand on any slide in one line, however wide it may be"
    rows = [
        {"time": f"2026-11-03T07:00:{n % 60:02}Z", "summary": f"{n} {words}", "mark": ""} for n in range(99)
    ]
    rows.append({"time": "2026-11-03T09:00:00Z", "summary": "end", "mark": "resolved"})
    svg = slide(document, *rows)
    shown = len(re.findall("<circle", svg))
    assert 3 <= shown <= 9
    assert f"{99 - shown} more in the report" in svg
    # those that fit span all of it, and are not just the last ones
    assert "<tspan> 0 A sentence" in svg
    assert "<tspan> 98 A sentence" in svg


@pytest.mark.parametrize("letter", ["W", "\u96c6", "i", "\u05d0"])
def test_no_label_of_a_slide_is_cut_off(document, letter):
    """However wide its words, a label stands inside the slide, before its line or behind it."""
    rows = [
        {"time": f"2026-11-0{1 + n}T0{n}:00:00Z", "summary": f"{letter * 20} " * 5, "mark": ""}
        for n in range(8)
    ]
    assert "more in the report" in slide(document, *rows, *rows)
    assert 'fill="#eceff3"' in slide(document, *rows)  # the band, although nothing is marked


def test_a_slide_of_days_names_them(document):
    """Where the incident lasted over midnight, times carry their day."""
    svg = slide(
        document,
        {"time": "2026-11-03T22:00:00Z", "summary": "a", "mark": "impact_started"},
        {"time": "2026-11-04T03:00:00Z", "summary": "b", "mark": "resolved"},
    )
    assert "3 Nov 22:00" in svg
    assert "4 Nov 03:00" in svg


def test_the_slide_and_the_calendar_speak_the_language_of_the_report(document):
    """Marks, phases and what the slide says by itself are told in German."""
    rows = [
        {
            "time": "2026-11-03T07:00:00Z",
            "summary": "a",
            "mark": "impact_started",
            "phase": "detection",
            "ended_at": None,
        },
        {
            "time": "2026-11-03T09:00:00Z",
            "summary": "b",
            "mark": "resolved",
            "phase": "follow-up",
            "ended_at": None,
        },
    ]
    german = replace(document, lang="de", language=load_language("de"))
    svg = slide(german, *rows)
    assert "Auswirkung begann" in svg
    assert not re.search(r"impact started|detection| to \d\d:", svg)
    without = replace(german, frames=())
    assert (
        "zeigt keine Zeitleiste"
        in next(iter(FORMATS["svg"].make(without, "r", Options()).files.values())).decode()
    )
    dated = replace(german, frames=(timeline(*rows),))
    data = next(iter(FORMATS["ics"].make(dated, "r", Options()).files.values())).decode()
    assert "SUMMARY:Auswirkung begann: a" in data
    assert "Phase: Erkennung" in data


def test_a_letter_ends_with_its_own_last_words(document):
    """Its date stands at its head: when the file was made is not told to customers."""
    letter = replace(document, contents=False)
    for name in ("lite", "md", "confluence", "docx"):
        for which, is_told in ((letter, False), (document, True)):
            data = next(iter(FORMATS[name].make(which, "report", Options()).files.values()))
            said = zipfile.ZipFile(io.BytesIO(data)).read("word/footer1.xml") if name == "docx" else data
            assert (b"Generated" in said) is is_told, name


@pytest.fixture(scope="module")
def cited():
    """A statement with two sources, the sources, and a state that is a whole sentence."""
    refs = (Ref("1", "ref:1", "cite:1:1"), Ref("2", "ref:2", "cite:2:1"))
    said = Table("factors", "", (Column("Factor"),), ((Cell((Text("It broke."),), refs=refs),),), label="f")
    listed = Table("sources", "", (Column("No."), Column("Stands behind")), tuple(
        (Cell((Text(n),), anchor=f"ref:{n}"), Cell((), refs=(Ref("F1", f"cite:{n}:1"),))) for n in "12"
    ), label="s")  # fmt: skip
    state = "one is not agreed; another is not agreed; a third has no owner"
    states = Table("milestones", "", (Column("Status"),), ((Cell((Text(state),), badge="warn"),),), label="m")
    blocks = (
        Heading(1, (Text("Causes"),), "causes"),
        said,
        states,
        Heading(1, (Text("Sources, all"),), "s"),
        listed,
    )
    return Document(Title("T"), "en", datetime(2026, 11, 9, tzinfo=UTC), blocks)


@pytest.mark.parametrize(
    ("name", "there", "back"),
    [
        ("lite", r'href="#ref:2"[^>]*>2</a></sup>', r'href="#cite:2:1"[^>]*>F1</a>'),
        ("md", r"It broke\. \[\\\[1\\\]\]\(#sources-all\) \[\\\[2\\\]\]\(#sources-all\)", r"\| 2 \| F1 \|"),
        ("confluence", r'<ac:link ac:anchor="ref-2">.*ac:name="anchor"', r"<p>F1</p>"),
        ("docx", r'w:anchor="p_ref_2".*superscript.*w:name="p_ref_2"', r'w:anchor="p_cite_2_1"'),
    ],
)  # fmt: skip
def test_a_statement_leads_to_its_sources_and_they_lead_back(cited, name, there, back):
    """Small numbers as on the page; Markdown leads to the heading, as its cells have no anchors."""
    finished = FORMATS[name].make(cited, "report", Options())
    assert finished.check.passed, finished.check.all_problems()
    data = next(iter(finished.files.values()))
    text = (zipfile.ZipFile(io.BytesIO(data)).read("word/document.xml") if name == "docx" else data).decode()
    assert re.search(there, text, re.DOTALL)
    assert re.search(back, text)


def test_a_reference_that_leads_nowhere_is_noticed(cited):
    """Each format's own check reads its finished bytes for it."""
    md, page, word_file = (
        FORMATS[n].make(cited, "report", Options()).files for n in ("md", "confluence", "docx")
    )
    text = md["report.md"].decode().replace("(#sources-all)", "(#sources)")
    assert "a link leads to '#sources'" in str(check_markdown(text, cited, Assets(cited)).problems)
    text = page["report.confluence.xml"].decode().replace('ac:anchor="ref-2"', 'ac:anchor="ref-3"')
    assert "a link leads to 'ref-3'" in str(check_confluence(text, cited, Assets(cited)).problems)
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(word_file["report.docx"])) as old, zipfile.ZipFile(out, "w") as new:
        for each in old.namelist():
            new.writestr(each, old.read(each).replace(b'w:anchor="p_ref_2"', b'w:anchor="p_ref_3"'))
    assert "a link leads to 'p_ref_3'" in str(check_docx(out.getvalue(), cited).problems)


def test_a_state_that_is_a_sentence_is_no_badge(cited):
    """Sixty words in bold on yellow are a wall: a long state keeps its colour alone."""
    lite = next(iter(FORMATS["lite"].make(cited, "report", Options()).files.values())).decode()
    assert re.search(r'<span style="color:#7a4b00">one is not', lite)
    markdown = next(iter(FORMATS["md"].make(cited, "report", Options()).files.values())).decode()
    assert "| one is not agreed; another" in markdown
    page = next(iter(FORMATS["confluence"].make(cited, "report", Options()).files.values())).decode()
    assert "<p>one is not agreed" in page


def test_titles_of_headings_with_links_stay_words(build):
    """A heading that holds a link keeps its words in every outline."""
    words = (Link("https://e.example", (Text("Where"),)), Text(" it broke"))
    document = replace(
        read_document(build.notebook()), blocks=(Heading(1, words, "where"), Paragraph((Text("x"),)))
    )
    for name in ("lite", "md", "confluence", "docx"):
        assert FORMATS[name].make(document, "report", Options()).check.passed, name
