from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pmkit.loaders.jira.adf import plain_text

NAMES = {"5b10": "Ada Mori", "ada.m": "Ada Mori"}


def node(kind: str, *content: Any, **attrs: Any) -> dict[str, Any]:
    return {"type": kind, "content": list(content), "attrs": attrs}


def words(text: str, *marks: dict[str, Any]) -> dict[str, Any]:
    return {"type": "text", "text": text, "marks": list(marks)}


def link(href: str) -> dict[str, Any]:
    return {"type": "link", "attrs": {"href": href}}


def para(*content: Any) -> dict[str, Any]:
    return node("paragraph", *content)


def task(text: str, state: str) -> dict[str, Any]:
    return node("taskItem", words(text), state=state)


def row(*texts: str) -> dict[str, Any]:
    return node("tableRow", *(node("tableCell", para(words(text))) for text in texts))


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ([para(words("one "), words("two", {"type": "strong"})), para(words("three"))], "one two\nthree"),
        ([node("heading", words("Impact"), level=2), para(words("none"))], "Impact\nnone"),
        ([para(words("a"), {"type": "hardBreak"}, words("b"))], "a\nb"),
        ([para(words("the board", link("https://g.example.com/d/1")))], "the board (https://g.example.com/d/1)"),
        ([para(words("https://g.example.com", link("https://g.example.com")))], "https://g.example.com"),
        ([para(node("mention", id="5b10", text="@Ada"))], "@Ada"),
        ([para(node("mention", id="5b10"), words(" and "), node("mention", id="9z"))], "@Ada Mori and @9z"),
        ([para(node("emoji", shortName=":fire:", text="🔥"), node("emoji", shortName=":shop:"))], "🔥:shop:"),
        ([para(node("date", timestamp="1793664000000"))], "2026-11-03"),
        ([para(node("date", timestamp="soon"))], "soon"),
        ([para(node("status", text="DONE", color="green"))], "DONE"),
        ([para(node("inlineCard", url="https://x.example.com/1"))], "https://x.example.com/1"),
        ([node("blockCard", url="https://x.example.com/1")], "https://x.example.com/1"),
        ([node("mediaSingle", node("media", id="m1", alt="5xx.png"))], "[file: 5xx.png]"),
        (
            [node("bulletList", node("listItem", para(words("a")), para(words("b"))), node("listItem"))],
            "- a\n  b\n- ",
        ),
        ([node("orderedList", *(node("listItem", para(words(x))) for x in "ab"))], "1. a\n2. b"),
        ([node("taskList", task("a", "DONE"), task("b", "TODO"))], "[x] a\n[ ] b"),
        ([node("codeBlock", words("SELECT 1;\n  -- two"), language="sql")], "SELECT 1;\n  -- two"),
        ([node("panel", para(words("careful")), panelType="warning"), node("rule"), para(words("x"))],
         "careful\n---\nx"),
        ([node("expand", para(words("inside")), title="Details")], "Details\ninside"),
        ([node("table", row("at", "what"), row("14:02", "page"))], "at | what\n14:02 | page"),
        ([node("brandNew2031", para(words("kept")))], "kept"),
        ([node("extension", text="Chart: 5xx")], "Chart: 5xx"),
    ],
)  # fmt: skip
def test_a_document_gives_its_words(content: list[Any], text: str) -> None:
    """In their order, blocks on lines of their own, with names, links and files told; unknown nodes too."""
    assert plain_text(node("doc", *content), NAMES) == text


def test_wiki_markup_stays_but_for_its_mentions() -> None:
    """Version 2 and Data Center give text; accounts and logins in it get their names."""
    text = "h3. Impact\r\n[~accountid:5b10] and [~ada.m], not [~bo]: *bold*"
    assert plain_text(text, NAMES) == "h3. Impact\r\n@Ada Mori and @Ada Mori, not @bo: *bold*"


@pytest.mark.parametrize("body", [None, 7, [], True, {}])
def test_what_is_no_text_says_nothing(body: Any) -> None:
    """A description may be null."""
    assert plain_text(body, {}) == ""


def test_a_document_without_end_is_cut() -> None:
    """Nesting costs no stack."""
    deep: dict[str, Any] = words("bottom")
    for _ in range(400):
        deep = node("panel", deep)
    assert plain_text(deep, {}) == "…"


JSON = st.recursive(
    st.none() | st.integers() | st.text("ab<>&", max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["type", "content", "attrs", "text", "marks", "url"]), inner, max_size=4
        )
    ),
    max_leaves=15,
)


@settings(max_examples=150)
@given(JSON)
def test_no_document_makes_it_fail(body: Any) -> None:
    """Whatever stands where a node should."""
    assert isinstance(plain_text(body, {}), str)
