"""Reading an executed notebook into the tree of blocks."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pmkit.errors import RenderError
from pmkit.export.document import (
    Cards,
    Code,
    Figure,
    Heading,
    Items,
    Link,
    Listing,
    Markup,
    Notice,
    Paragraph,
    Picture,
    Quote,
    Strong,
    Table,
    Text,
    inlines,
    plain,
    read_document,
    runs_right_to_left,
    safe_url,
    show_hidden,
)


def blocks(build: Any, *cells: dict[str, Any]) -> tuple[Any, ...]:
    return read_document(build.notebook(*cells)).blocks


def prose(build: Any, text: str) -> tuple[Any, ...]:
    return blocks(build, build.code(build.block("prose", markdown=text)))


def test_the_full_report_is_read_whole(build, report):
    """Every heading, table, figure and picture of the notebook is in the tree, and the title too."""
    document = read_document(report)
    assert document.title.title == "Checkout outage: EU customers could not pay"
    assert [badge.tone for badge in document.title.badges] == ["bad", "good", "neutral"]
    assert len(document.headings) == 22
    assert len(document.figures) == 2
    assert len(document.pictures) == 1
    assert len(document.tables) == 10
    assert f"{document.generated_at:%Y-%m-%dT%H:%MZ}" == "2026-11-09T16:00Z"


def test_reading_twice_gives_the_same_tree(report):
    """A document depends on its notebook alone."""
    assert read_document(report) == read_document(report)


def test_a_path_and_the_notebook_itself_read_alike(report):
    """A notebook may be given as a path or as what its file holds."""
    assert read_document(report).blocks == read_document(json.loads(report.read_text("utf-8"))).blocks


def test_heading_levels_never_skip_and_anchors_never_repeat(build):
    """A section is level 1; a heading that jumps is drawn up; two alike get two anchors."""
    found = blocks(build, build.markdown("## Same\n\n##### Deep\n\n## Same\n\n# Top"))
    assert [(h.level, h.anchor) for h in found] == [(1, "same"), (2, "deep"), (1, "same-2"), (1, "top")]


def test_headings_of_a_note_stand_below_their_section(build):
    """Markdown people wrote cannot open a section of its own."""
    note = build.code(build.block("prose", markdown="# Mine\n\n## Under"))
    found = blocks(build, build.markdown("## Root cause"), note)
    assert [(h.text, h.level) for h in found] == [("Root cause", 1), ("Mine", 2), ("Under", 3)]


def test_headings_that_are_written_alike_stand_side_by_side(build):
    """Three `###` of a note are three of one level, although the first is drawn up to its section."""
    note = build.code(build.block("prose", markdown="### One\n\n### Two\n\n#### In two\n\n### Three"))
    found = blocks(build, build.markdown("## Root cause"), note, build.markdown("## Decisions"))
    assert [(h.text, h.level) for h in found] == [
        ("Root cause", 1), ("One", 2), ("Two", 2), ("In two", 3), ("Three", 2), ("Decisions", 1)
    ]  # fmt: skip


def test_headings_in_lists_and_quotes_are_no_part_of_the_outline(build):
    """A heading inside a quote is words in bold."""
    document = read_document(build.notebook(build.markdown("> # Loud\n\n- # Item")))
    assert document.headings == ()
    assert isinstance(document.blocks[0], Quote)


def test_a_first_heading_that_repeats_the_title_is_dropped(build):
    """The title is shown once."""
    assert blocks(build, build.markdown("# Checkout outage\n\nText")) == (Paragraph((Text("Text"),)),)


def test_a_dollar_is_never_maths(build):
    """Money stays as it was written."""
    (paragraph,) = prose(build, "refunds: $500 for EU and $300 for US")
    assert plain(paragraph.children) == "refunds: $500 for EU and $300 for US"


def test_markdown_becomes_nodes(build):
    """Bold, code, links, lists, quotes, tables and listings each have their block."""
    found = prose(
        build,
        "**b** `c<d` [l](https://a.example/)\n\n1. one\n2. two\n\n- [x] done\n\n> q\n\n```\nx\n```\n\n"
        "| a | b |\n|---|--:|\n| 1 | 2 |",
    )
    kinds = [type(block).__name__ for block in found]
    assert kinds == ["Paragraph", "Items", "Items", "Quote", "Listing", "Table"]
    assert found[0].children == (
        Strong((Text("b"),)),
        Text(" "),
        Code("c<d"),
        Text(" "),
        Link("https://a.example/", (Text("l"),)),
    )
    assert isinstance(found[2], Items)
    assert found[2].items[0].checked is True
    assert found[5].columns[1].align == "right"


def test_raw_html_in_prose_is_shown_as_typed(build):
    """A tag in a note is words; only an HTML comment is left out."""
    found = prose(build, "a <b onclick=x>bold</b> <!-- hint -->\n\n<div>block</div>")
    assert plain(found[0].children).strip() == "a <b onclick=x>bold</b>"
    assert plain(found[1].children) == "<div>block</div>"


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://a.example/x?y=1#z", True),
        ("http://a.example", True),
        ("mailto:sre@a.example", True),
        ("javascript:alert(1)", False),
        ("JaVaScRiPt:alert(1)", False),
        (" java\tscript:alert(1)", False),
        ("data:text/html,x", False),
        ("file:///etc/passwd", False),
        ("//a.example/x", False),
        ("https:", False),
        ("https://a.example/\u202egnp", False),
        ("https://[::1", False),
        ("", False),
    ],
)
def test_only_addresses_a_reader_may_follow_are_links(url, kept):
    """http, https and mailto; nothing else, however it is spelled."""
    assert bool(safe_url(url)) is kept
    assert any(isinstance(node, Link) for node in inlines("words", url)) is kept


def test_a_remote_image_leaves_its_words_and_an_embedded_one_is_kept(build):
    """No image is fetched; one that travels with the note is shown."""
    found = prose(build, f"![far](https://a.example/x.png)\n\n![near](data:image/png;base64,{build.PNG})")
    assert plain(found[0].children) == "[image: far]"
    assert isinstance(found[1], Picture)
    assert found[1].alt == "near"


def test_an_attachment_of_a_cell_is_shown(build):
    """An image pasted into a markdown cell comes along."""
    cell = build.markdown("![shot](attachment:a.png)") | {"attachments": {"a.png": {"image/png": build.PNG}}}
    assert isinstance(blocks(build, cell)[0], Picture)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("pay \u202eevil\u202c", "pay ⟦U+202E⟧evil⟦U+202C⟧"),
        ("a\u200bb\u2060c\ufeff", "a⟦U+200B⟧b⟦U+2060⟧c⟦U+FEFF⟧"),
        ("nul\x00 esc\x1b", "nul⟦U+0000⟧ esc⟦U+001B⟧"),
        ("tag\U000e0041", "tag⟦U+E0041⟧"),
        ("half \ud800", "half ⟦U+D800⟧"),
        ("blank \u3164", "blank ⟦U+3164⟧"),
        ("join\u200der", "join⟦U+200D⟧er"),
        ("👩\u200d🚀 ❤\ufe0f", "👩\u200d🚀 ❤\ufe0f"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("one\r\ntwo\u2028three\ttab", "one\ntwo\nthree\ttab"),
        ("ordinary – text", "ordinary – text"),
    ],
)
def test_hidden_characters_are_written_out(text, shown):
    """What cannot be seen is named; what writing needs stays."""
    assert show_hidden(text) == shown


def test_hidden_characters_are_written_out_in_every_kind_of_block(build):
    """Titles, cells, notes, cards, notices, streams, charts: none obeys an override."""
    bad = "x\u202ey"
    chart = build.figure(bad, bad, [{"type": "bar", "x": [bad], "y": [1], "name": bad}])
    cells = [
        build.code(build.block("title", title=bad, subtitle=bad, facts=[{"label": bad, "text": bad}])),
        build.code(build.block("notice", tone="bad", text=bad), build.stream(bad), chart),
        build.code(build.block("cards", items=[{"label": bad, "value": bad, "note": bad, "tone": "good"}])),
        build.code(build.block("facts", items=[{"label": bad, "text": bad, "note": bad}])),
        build.code(
            build.block(
                "table",
                name=bad,
                caption=bad,
                columns=build.columns(bad),
                rows=[[{"text": bad, "note": bad}]],
                empty=bad,
            )
        ),
        build.code(build.block("prose", markdown=f"{bad} `{bad}`\n\n    {bad}")),
        build.code(build.display("text/html", f"<p>{bad}</p>"), build.display("text/plain", bad)),
        build.markdown(f"## {bad}"),
    ]
    tree = repr(read_document(build.notebook(*cells)))
    assert "\\u202e" not in tree
    assert tree.count("⟦U+202E⟧") > 20


def test_nothing_disappears(build):
    """Every output leaves a trace: itself, its text, or a notice."""
    outputs = [
        build.stream("out"),
        build.stream("err", "stderr"),
        build.display("text/plain", "plain"),
        build.display("application/json", {"a": 1}),
        build.display("application/javascript", "alert(1)"),
        build.display("application/vnd.jupyter.widget-view+json", {}),
        build.display("image/png", "not an image"),
        build.display("text/html", "<script>1</script>"),
        build.display("text/latex", "$x$"),
    ]
    found = blocks(build, build.code(*outputs))
    assert len(found) == len(outputs)
    assert sum(isinstance(block, Notice) for block in found) == 4
    assert sum(isinstance(block, Listing) for block in found) == 5


def test_code_is_shown_only_where_it_is_tagged(build):
    """A report shows results; `show-input` shows a cell's source too."""
    hidden, shown = build.code(source="a = 1"), build.code(source="b = 2", tags=["show-input"])
    assert blocks(build, hidden, shown) == (Listing("b = 2", "Code"),)


def test_html_outputs_are_cleaned_and_turned_into_blocks(build):
    """A pandas table is a table in every format; scripts, handlers and loads are gone."""
    source = (
        "<style>x</style><table onclick='x'><thead><tr><th>a</th><th>b</th></tr></thead><tbody>"
        "<tr><td rowspan='2'>1</td><td>2<script>1</script></td></tr><tr><td>3</td></tr></tbody></table>"
        "<h1>Loud</h1><p>A <a href='javascript:x'>link</a> <img src='https://a.example/x'></p>"
    )
    (markup,) = blocks(build, build.code(build.display("text/html", source)))
    assert isinstance(markup, Markup)
    table = markup.blocks[0]
    assert isinstance(table, Table)
    assert [column.label for column in table.columns] == ["a", "b"]
    assert [[plain(cell.children) for cell in row] for row in table.rows] == [["1", "2"], ["", "3"]]
    for gone in ("script", "onclick", "javascript", "<style", "a.example", "<h1"):
        assert gone not in markup.html


def test_a_colspan_from_outside_cannot_fill_the_memory(build):
    """A span of a million columns is cut short."""
    (markup,) = blocks(
        build, build.code(build.display("text/html", "<table><tr><td colspan='1000000'>x</td></tr></table>"))
    )
    assert len(markup.blocks[0].columns) <= 100


def test_figures_carry_their_words_and_size(build):
    """Name, caption, alternative text and size come from the layout."""
    (figure,) = blocks(build, build.code(build.activity_figure()))
    assert isinstance(figure, Figure)
    assert (figure.name, figure.width, figure.height) == ("activity", 960, 320)
    assert figure.alt == "Messages and alerts in five minutes. Alternative text."


def test_a_table_learns_its_label_from_the_heading(build):
    """A table without a caption is named by the section it stands in."""
    table = build.block("table", name="t", caption="", columns=build.columns("a"), rows=[], empty="None.")
    found = blocks(build, build.markdown("## Decisions"), build.code(table))
    assert isinstance(found[1], Table)
    assert (found[1].label, found[1].empty) == ("Decisions", "None.")


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ({"outputs": [{"output_type": "error", "ename": "KeyError", "evalue": "'x'"}]}, "KeyError: 'x'"),
        ({"metadata": {"papermill": {"exception": True}}}, "did not finish"),
        ({"metadata": {"papermill": {"status": "failed"}}}, "did not finish"),
        ({"execution_count": None, "outputs": []}, "have not been run"),
    ],
)
def test_a_run_that_failed_is_refused(build, cell, said):
    """There is never a report of half a run."""
    with pytest.raises(RenderError, match=said):
        read_document(build.notebook(build.markdown("## A"), build.code() | cell))


def test_a_run_stopped_by_papermill_is_refused(build):
    """papermill's mark on the notebook is enough."""
    with pytest.raises(RenderError, match="stopped at an error"):
        read_document(build.notebook(build.code(), papermill={"exception": True}))


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"cells": 1}', "not json", "\x00"])
def test_a_file_that_is_no_notebook_is_named(tmp_path, content):
    """The error says which file, what was expected and what was found."""
    path = tmp_path / "x.ipynb"
    path.write_text(content)
    with pytest.raises(RenderError, match=r"x\.ipynb: expected a notebook"):
        read_document(path)


def test_a_missing_file_is_named(tmp_path):
    """A wrong path is said plainly."""
    with pytest.raises(RenderError, match=r"none\.ipynb: cannot be read"):
        read_document(tmp_path / "none.ipynb")


@pytest.mark.parametrize(
    "block",
    [
        {"block": "table", "columns": [{"label": "a"}], "rows": [[{"text": "1"}, {"text": "2"}]]},
        {"block": "table", "rows": []},
        {"block": "cards"},
        {"block": "what"},
        {},
        [],
    ],
)
def test_a_block_that_does_not_fit_is_refused(build, block):
    """A producer's mistake is an error, not a hole in the report."""
    with pytest.raises(RenderError):
        read_document(build.notebook(build.code(build.display(build.BLOCK, block))))


def test_a_time_that_cannot_be_read_is_refused(build):
    """The time of making comes from the notebook and must be one."""
    with pytest.raises(RenderError, match="generated_at"):
        read_document(build.notebook(pmkit={"generated_at": "yesterday"}))


def test_an_unfilled_parameter_is_noticed_only_in_the_reports_own_words(build):
    """`{{ name }}` in a heading is a mistake; in evidence it may be a Helm template."""
    own = read_document(build.notebook(build.markdown("## Report of {{ incident }}")))
    note = read_document(build.notebook(build.code(build.block("prose", markdown="{{ .Values.x }}"))))
    assert own.unresolved == ("{{ incident }}",)
    assert note.unresolved == ()


def test_the_direction_of_text_is_its_first_letters():
    """Arabic and Hebrew run from right to left, whatever digits come first."""
    assert runs_right_to_left("12 العملاء and more")
    assert not runs_right_to_left("and العملاء")
    assert not runs_right_to_left("決済")


def test_cells_may_be_plain_values(build):
    """A cell that is no record is its text; a tone that is none is neutral."""
    table = build.block("table", name="", caption="", columns=build.columns("a", "b"), rows=[[1, None]])
    cards = build.block("cards", items=[{"label": "l", "value": 0.5, "note": None, "tone": "odd"}])
    found = blocks(build, build.code(table, cards))
    assert [plain(cell.children) for cell in found[0].rows[0]] == ["1", ""]
    assert isinstance(found[1], Cards)
    assert (found[1].items[0].value, found[1].items[0].tone) == ("0.5", "neutral")


def test_a_heading_keeps_its_code_and_links(build):
    """Headings are words too; their plain text is what the outline shows."""
    (heading,) = blocks(build, build.markdown("## The `pool` of [checkout](https://a.example/)"))
    assert isinstance(heading, Heading)
    assert heading.text == "The pool of checkout"


def test_what_holds_nothing_leaves_no_frame(build):
    """A heading without words, and a list of facts or cards without items, are left out."""
    empty = build.code(build.block("facts", items=[]), build.block("cards", items=[]))
    assert blocks(build, build.markdown("##\n\n## \n\ntext"), empty) == (Paragraph((Text("text"),)),)


def test_a_report_always_has_a_title(build):
    """An empty title falls back to the notebook's metadata, then to the file's name."""
    blank = build.code(build.block("title", title=" "))
    assert read_document(build.notebook(blank)).title.title == "Checkout outage"
    assert read_document(build.notebook(blank, pmkit={"title": ""})).title.title == "the notebook"
