"""Jira's texts as plain text: Atlassian's document format of Cloud, wiki markup with its mentions as it is.

Nodes are described at https://developer.atlassian.com/cloud/jira/platform/apis/document/structure. One that
is not known gives what stands in it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from pmkit.loaders._documents import list_in, text_in

Names = Mapping[str, str]  # account id, key or login → name

_MOST_DEPTH: Final = 100
_MENTION: Final = re.compile(r"\[~(?:accountid:)?([^\]\s]+)\]")
_BLOCKS: Final = {
    "doc", "paragraph", "heading", "codeBlock", "blockquote", "panel", "expand", "nestedExpand", "rule",
    "mediaSingle", "mediaGroup", "bulletList", "orderedList", "listItem", "taskList", "taskItem",
    "decisionList", "decisionItem", "table", "tableRow", "layoutSection", "layoutColumn", "bodiedExtension",
    "blockCard", "embedCard",
}  # fmt: skip

_BULLETS: Final = {"bulletList": "- ", "decisionList": "- ", "orderedList": "{}. "}


def plain_text(body: Any, names: Names) -> str:
    """The words of a description or comment, `body` being text or a document; people are named by `names`."""
    if isinstance(body, str):
        return _MENTION.sub(lambda told: "@" + names.get(told[1], told[1]), body).strip()
    return _text(body, names, 0).strip("\n") if isinstance(body, dict) else ""


def _text(node: Any, names: Names, depth: int) -> str:
    kind = text_in(node, "type")
    if depth > _MOST_DEPTH:
        return "…"
    if leaf := _LEAVES.get(kind):
        return leaf(node, names)
    children = [child for child in list_in(node, "content") if isinstance(child, dict)]
    texts = [_text(child, names, depth + 1) for child in children]
    if bullet := _BULLETS.get(kind):
        return "\n".join(_bullet(bullet, number, text) for number, text in enumerate(texts, start=1))
    if kind == "tableRow":
        return " | ".join(texts)
    done = {"DONE": "[x] ", "TODO": "[ ] "}.get(text_in(node, "attrs", "state"), "")
    title = text_in(node, "attrs", "title") or ("" if children else text_in(node, "attrs", "text"))
    return done + title + ("\n" if title and children else "") + _joined(children, texts)


def _bullet(bullet: str, number: int, text: str) -> str:
    return bullet.format(number) + text.replace("\n", "\n  ")


def _joined(children: list[dict[str, Any]], texts: list[str]) -> str:
    """Blocks stand on lines of their own, what is inline runs on."""
    joined = ""
    for number, (child, text) in enumerate(zip(children, texts, strict=True)):
        if number and text_in(child, "type") in _BLOCKS:
            joined += "\n"
        joined += text
    return joined


def _words(node: Any, names: Names) -> str:
    # Not `text_in`, which takes the blanks off.
    words = node.get("text") if isinstance(node.get("text"), str) else ""
    marks = [mark for mark in list_in(node, "marks") if text_in(mark, "type") == "link"]
    href = text_in(marks[0], "attrs", "href") if marks else ""
    return f"{words} ({href})" if href and href != words else words


def _mention(node: Any, names: Names) -> str:
    account = text_in(node, "attrs", "id")
    name = text_in(node, "attrs", "text").removeprefix("@") or names.get(account, account)
    return f"@{name}"


def _date(node: Any, names: Names) -> str:
    stamp = text_in(node, "attrs", "timestamp")
    try:
        return str(datetime.fromtimestamp(int(stamp) / 1000, UTC).date())
    except (ValueError, OverflowError, OSError):
        return stamp


def _file(node: Any, names: Names) -> str:
    return f"[file: {text_in(node, 'attrs', 'alt') or text_in(node, 'attrs', 'id')}]"


_LEAVES: Final[dict[str, Callable[[Any, Names], str]]] = {
    "text": _words,
    "hardBreak": lambda node, names: "\n",
    "rule": lambda node, names: "---",
    "mention": _mention,
    "emoji": lambda node, names: text_in(node, "attrs", "text") or text_in(node, "attrs", "shortName"),
    "date": _date,
    "status": lambda node, names: text_in(node, "attrs", "text"),
    "inlineCard": lambda node, names: text_in(node, "attrs", "url"),
    "blockCard": lambda node, names: text_in(node, "attrs", "url"),
    "embedCard": lambda node, names: text_in(node, "attrs", "url"),
    "media": _file,
    "mediaInline": _file,
}
