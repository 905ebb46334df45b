"""The check at the end of every export."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pmkit.errors import RenderError
from pmkit.export.document import Figure, Heading, Text, read_document
from pmkit.export.drawing import draw_figures
from pmkit.export.html import export_html, make_html
from pmkit.export.pdf import make_pdf
from pmkit.export.selfcheck import Check, check_document, check_html, check_pdf, write_checked


@pytest.fixture(scope="module")
def document(report, stand_in):
    """The full report, drawn by a stand-in."""
    return draw_figures(read_document(report), engine=stand_in())


@pytest.fixture(scope="module")
def page(document):
    return make_html(document, live=False)[0]


@pytest.fixture(scope="module")
def pdf(document):
    return make_pdf(document)


def test_a_whole_page_passes(page, document):
    """What was read is what is there."""
    check = check_html(page, document)
    assert check.passed, check.all_problems()
    assert check.counts["tables"] == (9, 9)
    assert check.counts["headings"] == (22, 22)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('<h2 id="summary"', "<p ", "expected 22 headings, found 21"),
        (">Root cause</h2>", ">Cause</h2>", "expected the heading 'Root cause' at level 1, found 'Cause'"),
        ('<table role="table"', "<div ", "expected 9 tables, found 8"),
        ('<figure class="chart"', "<div ", "expected 2 figures, found 1"),
        ('class="static"', 'class="gone"', "expected 2 drawings, found 1"),
        ("</main>", '<img src="https://a.example/x.png"></main>', "would load 'https://a.example/x.png'"),
        ("</main>", '<link href="//a.example/x.css"></main>', "would load '//a.example/x.css'"),
        ("</main>", '<p style="background:url(https://a.example/)"></p></main>', "from elsewhere"),
        ("</style>", '@import "x";</style>', "a style sheet would load"),
        ("</main>", '<p onclick="x">x</p></main>', "carries a script in onclick"),
        ("</main>", '<a href=" javascript:x">x</a></main>', "links to a script"),
        ("Content-Security-Policy", "X", "states no content security policy"),
    ],
)
def test_a_page_that_lost_or_gained_something_is_refused(page, document, old, new, said):
    """Each kind of loss, and each thing a browser would fetch or run, is named."""
    assert old in page
    problems = check_html(page.replace(old, new, 1), document).all_problems()
    assert any(said in problem for problem in problems), problems


def test_a_whole_pdf_passes(pdf, document):
    """The check reads pages, bookmarks, tables and figures from the bytes."""
    _, check = pdf
    assert check.passed, check.all_problems()
    assert check.counts["bookmarks"] == (22, 22)
    assert check.counts["figures and pictures"] == (3, 3)


def test_a_pdf_that_lost_something_is_refused(pdf, document):
    """A truncated file, or one without all bookmarks, tables and figures, does not pass."""
    data, _ = pdf
    more = replace(
        document, blocks=(*document.blocks, Heading(1, (Text("More"),), "more"), document.figures[0])
    )
    problems = check_pdf(data, more).all_problems()
    assert "expected 23 bookmarks, found 22" in problems
    assert "expected 4 figures and pictures, found 3" in problems
    assert not check_pdf(data[: len(data) // 2], document).passed
    assert "the PDF has no pages" in check_pdf(b"%PDF-1.7\n%%EOF", document).problems
    assert "the file is no complete PDF" in check_pdf(b"", document).problems


def test_titles_of_bookmarks_are_read_in_every_spelling(build):
    """Brackets, backslashes, accents and other scripts come back as they were."""
    titles = ["A (b) \\ c", "Größe", "決済", "x" * 90, "العملاء"]
    document = read_document(build.notebook(*[build.markdown(f"## {title}") for title in titles]))
    _, check = make_pdf(document)
    assert check.passed, check.all_problems()


def test_an_unfilled_parameter_is_refused(build, tmp_path):
    """`{{ incident }}` in the finished report is named, and nothing is written."""
    path = build.write(tmp_path / "r.ipynb", build.notebook(build.markdown("## {{ incident }}")))
    with pytest.raises(RenderError, match=r"never filled in: \{\{ incident \}\}"):
        export_html(path)
    assert not (tmp_path / "r.html").exists()


def test_an_empty_drawing_is_refused(build):
    """A figure with no marks does not pass as a figure."""
    empty = Figure("f", "F", "F", 10, 10, "{}", '<svg xmlns="http://www.w3.org/2000/svg"/>')
    document = replace(read_document(build.notebook()), blocks=(empty,))
    assert check_document(document) == ["the figure 'f' holds no marks"]


def test_a_file_is_written_whole_or_not_at_all(tmp_path):
    """A failed check names its problems and leaves neither the file nor a part of it."""
    good, bad = Check("PDF", {"tables": (1, 1)}), Check("PDF", {"tables": (2, 1)}, ("torn",))
    target = tmp_path / "new" / "r.pdf"
    assert write_checked(target, b"whole", good).read_bytes() == b"whole"
    with pytest.raises(RenderError, match=r"torn\n  expected 2 tables, found 1"):
        write_checked(target, b"half", bad)
    assert target.read_bytes() == b"whole"
    assert list(target.parent.iterdir()) == [target]


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    """The error says which file and why."""
    (tmp_path / "file").write_text("")
    with pytest.raises(RenderError, match=r"r\.pdf: cannot be written"):
        write_checked(tmp_path / "file" / "r.pdf", b"", Check("PDF", {}))


def test_a_document_without_a_path_needs_a_place(build):
    """Where to write is asked for, not guessed."""
    with pytest.raises(RenderError, match="say where"):
        export_html(read_document(build.notebook()))
