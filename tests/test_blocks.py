"""Blocks as HTML and text: notes keep their form without their tags, tables their heads."""

from __future__ import annotations

import re

import pytest

from pmkit.blocks import Cell, Head, Table
from pmkit.tables import note_text


@pytest.mark.parametrize(
    "markdown",
    [
        "<script>x</script>", "[x](javascript:alert(1))", "a <b onclick=x>b</b>", "![x](javascript:alert(1))",
        "<javascript:alert(1)>", "[x](java&#10;script:alert(1))", "<div\nonclick=x>\n",
    ],
)  # fmt: skip
def test_notes_are_markdown_without_tags(markdown: str) -> None:
    """Raw HTML in a note is text, and a script is no link; the Markdown itself is handed on untouched."""
    note = note_text(markdown, missing="")
    html = note._repr_mimebundle_()["text/html"]
    assert "<script" not in html
    assert not re.search(r"<[^>]*(\bonclick|script:)", html)
    assert note.to_dict() == {"block": "prose", "markdown": markdown}


def test_notes_keep_their_form() -> None:
    """Lists, emphasis, code, tables and links are shown as such."""
    html = note_text("- **a** `b<c`\n\n|x|\n|-|\n|1|\n\n[y](https://z.example)", missing="")._html()
    for part in (
        "<li><strong>a</strong> <code>b&lt;c</code></li>",
        "<table>",
        '<a href="https://z.example">y</a>',
    ):
        assert part in html


def test_a_table_as_html_and_text() -> None:
    """Heads, alignment, second lines, typewriter letters and badges are all there, escaped."""
    table = Table(
        "x",
        "A & B",
        (Head("<h>", "right"),),
        ((Cell("t", note="n<", mono=True),), (Cell("u", badge="bad"),)),
        "none",
    )
    assert table._text() == "<h>\nt\nu"
    html = table._html()
    assert ">A &amp; B</caption>" in html
    assert '<th scope="col" style="text-align:right">&lt;h&gt;</th>' in html
    assert '<code>t</code><br><small style="opacity:.75">n&lt;</small>' in html
    assert "<strong>u</strong>" in html
    assert table.to_dict()["rows"] == [
        [{"text": "t", "note": "n<", "mono": True}],
        [{"text": "u", "badge": "bad"}],
    ]


def test_lines_of_a_note_stay_lines_in_a_notebook() -> None:
    """What is lacking for a milestone is a list, not one sentence without stops."""
    rows = ((Cell("not reached", note="A1 has no DRI\nA2 has <no> date"),),)
    html = Table("t", "", (Head("Status"),), rows, "none")._html()
    assert "A1 has no DRI<br>A2 has &lt;no&gt; date" in html
