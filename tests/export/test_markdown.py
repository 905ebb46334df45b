"""The report as Markdown."""

from __future__ import annotations

import html
import os
import re
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pmkit.export.document import (
    Code,
    Emphasis,
    Heading,
    Item,
    Items,
    Link,
    Listing,
    Paragraph,
    Strong,
    Text,
    read_document,
    show_hidden,
)
from pmkit.export.drawing import draw_figures
from pmkit.export.markdown import code_span, escape, make_markdown


@pytest.fixture(scope="module")
def made(report, stand_in):
    """The full report, drawn by a stand-in."""
    return make_markdown(draw_figures(read_document(report), engine=stand_in()))


@pytest.fixture(scope="module")
def text(made):
    return made.files["report.md"].decode()


@cache
def parser():
    from markdown_it import MarkdownIt

    return MarkdownIt("gfm-like", {"linkify": False, "html": True})


def render(markdown: str) -> str:
    return parser().render(markdown)


def shown(markdown: str) -> str:
    """The words a reader sees, blanks made one."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", "", render(markdown))).split())


def test_the_full_report_passes_its_check(made):
    """Every heading, table and image is read back; figures are SVG files beside the text."""
    assert made.check.passed, made.check.all_problems()
    assert list(made.files)[:2] == ["report.md", "report-figures/timeline.svg"]
    assert made.files["report-figures/timeline.svg"].startswith(b"<?xml")
    assert b"<title>Events by source" in made.files["report-figures/timeline.svg"]


def test_it_holds_no_raw_html(text):
    """Whatever the record holds, no tag of it is a tag."""
    page = render(text)
    assert not re.search(r"<(script|iframe|svg|object|embed|meta|form|body|style|math)\b", page)
    assert "javascript:" not in "".join(re.findall(r'href="[^"]*"', page))
    assert re.search(r'<img src="(?!report-figures/)', page) is None


@pytest.mark.parametrize(
    "text",
    [
        "*a* _b_ **c** ~~d~~", "`code` ``two``", "| a | b |", "[x](https://e.example)", "![x](y)", "a\\*b",
        "&lt;b&gt; &amp; &copy;", "$x$ and $$y$$", "{{ 7*7 }} {% raw %}", "<b>bold</b>", "<!-- gone -->",
        "https://e.example/a_b_c", "www.e.example", "a@b.example", "^[note] [^1]", "==mark==", "\\(x\\)",
    ],
)  # fmt: skip
def test_marks_of_the_record_are_shown_as_typed(text):
    """Nothing is set, linked, dropped or computed."""
    page = render(escape(text))
    assert shown(escape(text)) == text
    assert not re.search("<(em|strong|s|code|a|img|table)", page)


@pytest.mark.parametrize(
    "line", ["# a", "- a", "+ a", "* a", "1. a", "12) a", "> a", "---", "===", "    a", "```", "~~~", "\ta"]
)
def test_a_paragraph_stays_a_paragraph(build, line):
    """What would begin a heading, list, quote, rule or code is words, at the start and after a break."""
    document = read_document(build.notebook())
    from dataclasses import replace

    from pmkit.export.document import Break

    blocks = (Paragraph((Text(line), Break(), Text(line))),)
    page = render(make_markdown(replace(document, blocks=blocks)).files["report.md"].decode())
    body = page[page.index("</h1>") + 5 : page.index("<hr")]
    assert re.fullmatch(r"\s*<p>.*</p>\s*", body, re.DOTALL), body
    assert html.unescape(re.sub("<[^>]*>", "", body)).split() == [*line.split(), *line.split()]


@pytest.mark.parametrize(
    "words", ["@alice", "@org/team", "ping @alice, please", "#123", "org/repo#45", "GH-7", "!99", "@here"]
)
def test_what_would_notify_is_code(words):
    """Mentions and references are set as code, where no filter of GitHub or GitLab looks."""
    page = render(escape(words))
    outside = re.sub(r"<code>.*?</code>", "", page)
    assert not re.search(r"@\w|#\d|!\d|GH-\d", outside)
    assert shown(escape(words)) == words


def test_mail_addresses_and_channels_are_no_mentions():
    """A word before the sign, or letters after the hash, stay as they are."""
    assert escape("ana@shop.example in #inc-updates") == "ana@shop.example in #inc-updates"


PLAIN = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=40)


@given(PLAIN)
def test_any_text_comes_back(words):
    """Text of any characters, set as Markdown and rendered, is the same text."""
    words = show_hidden(words)
    assert shown(f"x {escape(words)} x") == " ".join(f"x {words} x".split())


@given(st.text("`ab |\\*", max_size=12))
def test_any_code_comes_back(words):
    """A span of code holds whatever backticks it likes."""
    spaced = " ".join(words.split(" "))
    page = render(f"x{code_span(spaced)}x") if spaced.strip() else ""
    if page:
        assert re.fullmatch(r"<p>x<code>(.*)</code>x</p>\n", page, re.DOTALL)
        (inside,) = re.findall(r"<code>(.*)</code>", page, re.DOTALL)
        assert html.unescape(inside) == spaced


ATOMS = st.sampled_from(["a", "b c", "*", "_", "`", "|", "[", "~", "1.", " ", "é", '"q"', "(x)", "$", "\\"])
WORDS = st.lists(ATOMS, min_size=1, max_size=4).map("".join).filter(lambda text: text.strip())
LEAVES = st.one_of(
    WORDS.map(Text),
    WORDS.map(Code),
    st.builds(lambda words: Link("https://e.example/(a)?b=1&copy;=2", (Text(words),)), WORDS),
)
LINES = st.lists(
    st.one_of(
        LEAVES,
        st.builds(lambda node: Strong((node,)), LEAVES),
        st.builds(lambda node: Emphasis((node,)), LEAVES),
    ),
    min_size=1,
    max_size=4,
).map(tuple)


@given(LINES)
@settings(max_examples=int(os.environ.get("PMKIT_EDITIONS", "1")) * 60)
def test_words_survive_how_they_are_set(nodes):
    """Bold, emphasis, code and links, beside each other in any order, lose no word and show no mark."""
    from dataclasses import replace
    from datetime import UTC, datetime

    from pmkit.export.document import Document, Title, plain

    document = Document(Title("T"), "en", datetime(2026, 1, 1, tzinfo=UTC), ())
    document = replace(document, blocks=(Paragraph(nodes), Heading(1, (Text("H"),), "h")))
    text = make_markdown(document).files["report.md"].decode()
    found = shown(text[len("# T\n") : text.index("## H")])
    assert re.sub(r"\s", "", found) == re.sub(r"\s", "", plain(nodes))


def test_lists_stand_as_they_were(build):
    """Two lists that follow each other stay two; a number it starts with is kept; boxes are boxes."""
    from dataclasses import replace

    item = Item((Paragraph((Text("a"),)),))
    lists = (Items(False, 1, (item, item)), Items(False, 1, (item,)), Items(True, 7, (item, item)))
    done = Items(False, 1, (Item((Paragraph((Text("b"),)),), True),))
    nested = Items(False, 1, (Item((Paragraph((Text("c"),)), lists[2], Listing("x\ny"))),))
    document = replace(read_document(build.notebook()), blocks=(*lists, done, nested))
    page = render(make_markdown(document).files["report.md"].decode())
    assert page.count("<ul>") + page.count("<ul class") == 4
    assert page.count('<ol start="7">') == 2
    assert "<pre><code" in page[page.rindex("<ul>") :]


def test_a_fence_is_longer_than_what_it_holds(build):
    """Code that holds a fence does not end its own, and is of no language that would be drawn."""
    from dataclasses import replace

    document = replace(read_document(build.notebook()), blocks=(Listing("```mermaid\nx\n````\ny"),))
    text = make_markdown(document).files["report.md"].decode()
    assert "`````text\n```mermaid\nx\n````\ny\n`````" in text


def test_a_lost_table_is_noticed(made, report, stand_in):
    """The check reads the finished text, and refuses one that lacks a table or gained a tag."""
    from pmkit.export.assets import Assets
    from pmkit.export.markdown import check_markdown

    document = draw_figures(read_document(report), engine=stand_in())
    assets, text = Assets(document), made.files["report.md"].decode()
    assert check_markdown(text, document, assets).passed
    cut = re.sub(r"\n\|( :?---:? \|)+|\n\| :--- .*", "", text, count=1)
    assert any("tables" in p for p in check_markdown(cut, document, assets).all_problems())
    assert any("raw HTML" in p for p in check_markdown(text + "\n<b>x</b>\n", document, assets).problems)
    odd = text + "\n[x](data:text/html,x) [y](ftp://e.example)\n"
    assert any("a link leads to" in p for p in check_markdown(odd, document, assets).problems)
