"""Slack's text as plain text: mentions by name, links by label, entities unescaped once.

The rule follows what Slack's own clients show. Only `<@…>`, `<#…>`, `<!…>` and `<scheme:…>` are
markup; any other `<…>` is something a person typed
(https://docs.slack.dev/messaging/formatting-message-text).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

_ENTITY = re.compile(
    r"<(?:@([UWB][A-Z0-9]+)"  # user
    r"|#([CGD][A-Z0-9]+)"  # channel
    r"|!([a-z]+)((?:\^[^<>|^]*)*)"  # command, arguments
    r"|([A-Za-z][A-Za-z0-9+.-]*:[^<>|]*))"  # link
    r"(?:\|([^<>]*))?>"  # label
)
_BROADCASTS = {"here", "channel", "everyone", "group"}
# An export gives every file link a token that opens the file to anybody.
_EXPORT_TOKEN = re.compile(r"[?&]t=xox[a-z]-[^\s<>|&\"']*")

# Slack's own stand-in for blocks that an old client cannot draw.
PLACEHOLDER: Final = "This message contains interactive elements."

# Where a block or element keeps its words, and where else to look if it says nothing there.
_WORDS: Final = ("title", "label", "author_name", "text", "description", "fields", "rows", "elements")
_LAST_RESORT: Final = ("fallback", "alt_text", "name", "url", "title_url", "value")
_Node = dict[str, Any]


def without_token(text: str) -> str:
    """`text` with the export token cut out of every link to a file."""
    return _EXPORT_TOKEN.sub("", text)


class Names:
    """Who and what ids stand for: `people` by user id, `channels` by channel id.

    `unnamed` gathers the ids of people that had no name yet when they were asked for.
    """

    def __init__(self, people: Mapping[str, str], channels: Mapping[str, str]) -> None:
        self.people, self.channels = people, channels
        self.unnamed: set[str] = set()
        self._readers = {
            "mrkdwn": self._mrkdwn, "markdown": self._mrkdwn,
            "rich_text_section": self._inline, "rich_text_quote": self._inline,
            "rich_text_preformatted": self._inline, "rich_text_list": self._list, "table": self._table,
        }  # fmt: skip

    def person(self, user: str, label: str = "") -> str:
        """The name of a user id, or else the label, or else the id itself."""
        name = self.people.get(user)
        if not name and not label:
            self.unnamed.add(user)
        return name or label or user

    def plain(self, text: str) -> str:
        """`text` as a reader sees it; export tokens are cut out of links."""
        if "=xox" in text:
            text = without_token(text)
        if "<" in text:
            text = _ENTITY.sub(self._entity, text)
        if "&" in text:
            text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
        return text

    def plain_all(self, texts: Iterable[str]) -> list[str]:
        """`plain` of each text; most hold nothing to do, and asking is cheaper than calling."""
        return [self.plain(t) if "<" in t or "&" in t or "=xox" in t else t for t in texts]

    def plain_blocks(self, blocks: Any) -> str:
        """The words of Block Kit blocks, a line for each block."""
        return _lines(self._block(block) for block in _items(blocks))

    def plain_attachments(self, attachments: Any) -> str:
        """The words of legacy attachments: what they show, or else their fallback."""
        return _lines(self._attachment(part) for part in _items(attachments))

    def _entity(self, match: re.Match[str]) -> str:
        user, channel, command, arguments, link, label = match.groups("")
        if user:
            return "@" + self.person(user, label.removeprefix("@"))
        if channel:
            return "#" + (self.channels.get(channel) or label.removeprefix("#") or channel)
        if link:
            return label or link
        if command in _BROADCASTS:
            return "@" + command
        return label or arguments.removeprefix("^") or f"@{command}"

    def _attachment(self, part: Any) -> str:
        if not isinstance(part, dict):
            return ""
        fields = [
            f"{_string(item.get('title'))}: {_string(item.get('value'))}".strip(": ")
            for item in _items(part.get("fields"))
            if isinstance(item, dict)
        ]
        shown = [_string(part.get(key)) for key in ("pretext", "title", "text")] + fields
        text = _lines(self.plain(words) for words in shown)
        text = text or self.plain_blocks(part.get("blocks")) or self._shared(part)
        return text or self.plain(_string(part.get("fallback")))

    def _shared(self, part: _Node) -> str:
        """The words of a message that is shared in an attachment."""
        shared = (
            item.get("message") for item in _items(part.get("message_blocks")) if isinstance(item, dict)
        )
        return _lines(self.plain_blocks(m.get("blocks")) for m in shared if isinstance(m, dict))

    def _block(self, node: Any) -> str:
        """The words of one block or element, or of a list of them."""
        if isinstance(node, str):
            return self.plain(node)
        if isinstance(node, list):
            return _lines(map(self._block, node))
        if not isinstance(node, dict):
            return ""
        kind = _string(node.get("type"))
        read = self._leaf if kind in _LEAVES else self._readers.get(kind, self._any)
        return read(node)

    def _any(self, node: _Node) -> str:
        """A block of any other kind; one that Slack adds tomorrow still gives whatever text it holds."""
        words = _lines(self._block(node.get(key)) for key in _WORDS)
        return words or self.plain(next(filter(None, (_string(node.get(k)) for k in _LAST_RESORT)), ""))

    def _mrkdwn(self, node: _Node) -> str:
        return self.plain(_string(node.get("text")))

    def _inline(self, node: _Node) -> str:
        return "".join(map(self._block, _items(node.get("elements"))))

    def _table(self, node: _Node) -> str:
        return _lines(" | ".join(map(self._block, _items(row))) for row in _items(node.get("rows")))

    def _list(self, node: _Node) -> str:
        depth = node.get("indent")
        indent = "  " * depth if isinstance(depth, int) and 0 <= depth < 10 else ""
        ordered = node.get("style") == "ordered"
        items = [self._block(item) for item in _items(node.get("elements"))]
        return _lines(f"{indent}{f'{n}.' if ordered else '•'} {item}" for n, item in enumerate(items, 1))

    def _leaf(self, node: _Node) -> str:
        """One inline element of rich text; its text is not escaped."""
        kind = _string(node.get("type"))
        if kind == "user":
            return "@" + self.person(_string(node.get("user_id")))
        if kind == "channel":
            channel = _string(node.get("channel_id"))
            return "#" + self.channels.get(channel, channel)
        if kind == "usergroup":
            return "@" + _string(node.get("usergroup_id"))
        if kind == "broadcast":
            return "@" + _string(node.get("range"))
        if kind == "emoji":
            return f":{_string(node.get('name'))}:"
        words = (_string(node.get(key)) for key in ("text", "fallback", "url", "value"))
        return without_token(next(filter(None, words), ""))


_LEAVES: Final = frozenset(
    {"user", "channel", "usergroup", "broadcast", "emoji", "text", "link", "date", "color",
     "plain_text", "raw_text"}
)  # fmt: skip


def _lines(parts: Iterable[str]) -> str:
    return "\n".join(part for part in parts if part)


def _items(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _string(value: Any) -> str:
    return value if isinstance(value, str) else ""
