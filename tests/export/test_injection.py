"""Words of the record stay words in every format: nothing runs, is fetched, computed, included or sent."""

from __future__ import annotations

import io
import json
import re
import zipfile

import pytest

from pmkit.export.document import read_document
from pmkit.export.drawing import draw_figures
from pmkit.export.formats import FORMATS, Options
from pmkit.export.sidecar import read_sidecar

pytestmark = pytest.mark.slow  # a report in eleven formats, read by other programs


@pytest.fixture(scope="module")
def hostile(tmp_path_factory, run_notebook, stand_in, make_hostile):
    """Every format of a report in which every field holds payloads, by name; each passed its check."""
    workspace = make_hostile(tmp_path_factory.mktemp("hostile") / "hostile")
    notebook = run_notebook(workspace, without="run_checks")
    document = draw_figures(read_document(notebook), engine=stand_in())
    out = {}
    for name, form in FORMATS.items():
        finished = form.make(document, "report", Options())
        assert finished.check.passed, (name, finished.check.all_problems())
        out[name] = dict(finished.files)
    return out


def test_no_file_of_the_machine_is_in_any_format(hostile):
    """What `file:`, `#read`, `INCLUDETEXT` and entities ask for is nowhere."""
    for name, files in hostile.items():
        for data in files.values():
            parts = [data]
            if name == "docx":
                archive = zipfile.ZipFile(io.BytesIO(data))
                parts = [archive.read(each) for each in archive.namelist()]
            assert not any(b"root:x:" in part or b"root:*:" in part for part in parts), name


def test_markdown_is_words_links_and_its_own_images(hostile):
    """Rendered with raw HTML allowed, the strangest there is, it holds only what Markdown itself makes."""
    from bs4 import BeautifulSoup
    from markdown_it import MarkdownIt

    text = hostile["md"]["report.md"].decode()
    page = BeautifulSoup(MarkdownIt("gfm-like", {"linkify": False, "html": True}).render(text), "lxml")
    known = {
        "html", "body", "h1", "h2", "h3", "h4", "h5", "h6", "p", "ul", "ol", "li", "em", "strong", "s",
        "code", "pre", "blockquote", "table", "thead", "tbody", "tr", "th", "td", "a", "img", "hr", "br",
    }  # fmt: skip
    assert {tag.name for tag in page.find_all(True)} <= known
    assert {name for tag in page.find_all(True) for name in tag.attrs} <= {
        "href",
        "src",
        "alt",
        "style",
        "class",
    }
    assert all(re.match(r"https?:|mailto:|#[\w-]+\Z", link["href"]) for link in page.find_all("a"))
    assert all(image["src"].startswith("report-figures/") for image in page.find_all("img"))
    assert all(
        re.fullmatch(r"text-align: ?(left|right|center)", tag["style"]) for tag in page.select("[style]")
    )
    for part in page.find_all("code"):
        part.decompose()
    assert not re.search(r"(?<!\w)@\w|(?<![\w&])#\d", page.get_text())


def test_confluence_holds_its_own_macros_alone(hostile):
    """No macro, element, link or image but those that the writer makes."""
    from lxml import etree

    page = hostile["confluence"]["report.confluence.xml"].decode()
    root = etree.fromstring(
        f'<x xmlns:ac="ac" xmlns:ri="ri">{page}</x>'.encode(), etree.XMLParser(resolve_entities=False)
    )
    macros = {node.get("{ac}name") for node in root.iter("{ac}structured-macro")}
    assert macros <= {"toc", "anchor", "status", "code", "expand", "info", "note", "tip", "warning"}
    assert {node.tag for node in root.iter() if str(node.tag).startswith("{ri}")} <= {"{ri}attachment"}
    assert all(
        node.keys() == ["{ac}anchor"] and re.fullmatch(r"[\w-]+", node.get("{ac}anchor"))
        for node in root.iter("{ac}link")
    )
    assert all(node.get("href").startswith(("http", "mailto:")) for node in root.iter("a"))


def test_word_has_no_field_link_or_part_from_the_record(hostile):
    """The only instructions are contents and page numbers; what is outside is a link to the web."""
    archive = zipfile.ZipFile(io.BytesIO(hostile["docx"]["report.docx"]))
    parts = {name: archive.read(name).decode("utf-8", "replace") for name in archive.namelist()}
    said = re.findall(r"<w:instrText[^>]*>(.*?)</w:instrText>", "".join(parts.values()))
    assert {words.split()[0] for words in said} == {"TOC", "PAGE", "NUMPAGES"}
    for name, text in parts.items():
        if name.endswith(".rels"):
            outside = [
                tag for tag in re.findall(r"<Relationship [^>]*>", text) if 'TargetMode="External"' in tag
            ]
            assert all(re.search(r'Target="(https?:|mailto:)', tag) for tag in outside), name
            assert all("/hyperlink" in tag for tag in outside)
    kinds = {name.rpartition(".")[2] for name in parts}
    assert kinds <= {"xml", "rels", "png", "jpeg"}
    assert not re.search(r"<w:(fldSimple|object|altChunk|subDoc|control)\b", "".join(parts.values()))


def test_the_pdf_acts_on_nothing(hostile):
    """No script, launch, form or file; links lead to the web or to mail."""
    import pypdf

    data = hostile["pdf"]["report.pdf"]
    reader = pypdf.PdfReader(io.BytesIO(data))
    names = {
        "/JavaScript",
        "/JS",
        "/Launch",
        "/SubmitForm",
        "/EmbeddedFile",
        "/RichMedia",
        "/GoToR",
        "/ImportData",
    }
    assert reader.trailer["/Size"] > 100
    for number in range(1, reader.trailer["/Size"]):
        found = reader.get_object(pypdf.generic.IndirectObject(number, 0, reader))
        if isinstance(found, pypdf.generic.DictionaryObject):
            assert not names & set(found), number
            assert not names & {found.get("/S"), found.get("/Type")}, number
            if "/URI" in found:
                assert re.match(r"https?:|mailto:", found["/URI"])
    for page in reader.pages:
        for note in page.get("/Annots", ()):
            action = note.get_object().get("/A", {})
            assert action.get("/S", "/URI") in ("/URI", "/GoTo")
    words = "".join(page.extract_text() for page in reader.pages)
    assert '#read("/etc/passwd")' in words.replace("\u200b", "").replace("\n", "")


def test_the_spreadsheet_computes_nothing(hostile, readers):
    """No cell begins with what a spreadsheet takes for a formula, however it hides."""
    rows = readers.read_csv(hostile["csv"]["timeline.csv"])
    cells = [cell for row in rows for cell in row.values()]
    assert len(rows) >= 20
    assert not [cell for cell in cells if re.match(r"[\s\u200b\ufeff]*[=+@\uff1d|%-]|[\t\r\n]", cell)]
    assert sum(cell.startswith("'") for cell in cells) >= 10


def test_the_calendar_invites_and_rings_nobody(hostile):
    """Unfolded, it holds entries and their own properties only, however many lines words have."""
    text = hostile["ics"]["timeline.ics"].decode().replace("\r\n ", "")
    lines = text.split("\r\n")
    names = {re.split("[;:]", line)[0] for line in lines if line}
    assert names <= {
        "BEGIN", "END", "VERSION", "PRODID", "X-WR-CALNAME", "UID", "DTSTAMP", "DTSTART", "SUMMARY",
        "DESCRIPTION", "LOCATION", "CATEGORIES", "TRANSP", "DTEND", "URL",
    }  # fmt: skip
    assert {line for line in lines if line.startswith("BEGIN:")} == {"BEGIN:VCALENDAR", "BEGIN:VEVENT"}


def test_drawings_are_shapes_and_words(hostile):
    """No SVG holds a script, a link, a style sheet or anything from elsewhere."""
    from lxml import etree

    svgs = {n: data for files in hostile.values() for n, data in files.items() if n.endswith(".svg")}
    assert len(svgs) >= 3
    for name, data in svgs.items():
        root = etree.fromstring(data, etree.XMLParser(resolve_entities=False))
        tags = {etree.QName(node).localname for node in root.iter() if isinstance(node.tag, str)}
        assert not tags & {"script", "style", "foreignObject", "iframe", "set", "animate", "handler"}, name
        for node in root.iter():
            for key, value in node.attrib.items():
                assert not etree.QName(key).localname.startswith("on")
                assert "javascript:" not in value or key == "aria-label"
                assert not re.search(r"url\((?!#)", value) or key == "aria-label"


def test_json_gives_back_words(hostile):
    """What is loaded back links to the web alone, and is the same when it is written again."""
    data = hostile["json"]["report.json"]
    document = read_sidecar(data)
    urls = re.findall(r"url='([^']*)'", repr(document.blocks))
    assert all(re.match(r"https?:|mailto:", url) for url in urls)
    for row in json.loads(data)["frames"]["timeline"]["rows"]:
        assert not any(str(cell).startswith(("javascript:", "data:", "file:")) for cell in row[-1:])
