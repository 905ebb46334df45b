"""Slack's text as plain text: mentions by name, links by label, entities unescaped once.

The rule follows what Slack's own clients show. Only `<@…>`, `<#…>`, `<!…>` and `<scheme:…>` are
markup; any other `<…>` is something a person typed
(https://docs.slack.dev/messaging/formatting-message-text).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

_ENTITY = re.compile(
    r"<(?:@(?P<user>[UWB][A-Z0-9]+)"
    r"|#(?P<channel>[CGD][A-Z0-9]+)"
    r"|!(?P<command>[a-z]+)(?P<arguments>(?:\^[^<>|^\0]*)*)"
    r"|(?P<link>[A-Za-z][A-Za-z0-9+.-]*:[^<>|\0]*))"
    r"(?:\|(?P<label>[^<>\0]*))?>"
)
_BROADCASTS = {"here", "channel", "everyone", "group"}
# An export gives every file link a token that opens the file to anybody.
_EXPORT_TOKEN = re.compile(r"[?&]t=xox[a-z]-[^\s<>|&\"'\0]*")

# Slack's own stand-in for blocks that an old client cannot draw.
PLACEHOLDERS: Final = frozenset({"", "This message contains interactive elements."})


def without_token(text: str) -> str:
    """`text` with the export token cut out of every link to a file."""
    return _EXPORT_TOKEN.sub("", text) if "=xox" in text else text


class Names:
    """Who and what ids stand for: `people` by user id, `channels` by channel id."""

    def __init__(self, people: Mapping[str, str], channels: Mapping[str, str]) -> None:
        self.people, self.channels = people, channels

    def plain(self, text: str) -> str:
        """`text` as a reader sees it; export tokens are cut out of links."""
        text = without_token(text)
        if "<" in text:
            text = _ENTITY.sub(self._entity, text)
        if "&" in text:
            text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
        return text

    def plain_all(self, texts: list[str]) -> list[str]:
        """`plain` of each text, made in one pass over all of them, which is thrice as fast."""
        plain = self.plain("\0".join(texts)).split("\0")
        return plain if len(plain) == len(texts) else [self.plain(text) for text in texts]

    def plain_blocks(self, blocks: Any) -> str:
        """The words of Block Kit blocks, a line for each block."""
        return _lines(self._block(block) for block in _items(blocks))

    def plain_attachments(self, attachments: Any) -> str:
        """The words of legacy attachments: what they show, or else their fallback."""
        return _lines(self._attachment(part) for part in _items(attachments))

    def _entity(self, match: re.Match[str]) -> str:
        label = match["label"] or ""
        if user := match["user"]:
            return "@" + (self.people.get(user) or label.removeprefix("@") or user)
        if channel := match["channel"]:
            return "#" + (self.channels.get(channel) or label.removeprefix("#") or channel)
        if link := match["link"]:
            return label or link
        if match["command"] in _BROADCASTS:
            return "@" + match["command"]
        return label or match["arguments"].removeprefix("^") or f"@{match['command']}"

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
        text = text or self.plain_blocks(part.get("blocks"))
        return text or self.plain(_string(part.get("fallback")))

    def _block(self, node: Any) -> str:
        """The words of one block or element; kinds that are not known give whatever text they hold."""
        if not isinstance(node, dict):
            return self.plain(node) if isinstance(node, str) else ""
        kind = node.get("type")
        if kind in _LEAVES:
            return self._leaf(node)
        if kind in ("mrkdwn", "markdown"):
            return self.plain(_string(node.get("text")))
        children = [self._block(child) for child in _items(node.get("elements"))]
        if kind in ("rich_text_section", "rich_text_quote", "rich_text_preformatted"):
            return "".join(children)
        if kind == "rich_text_list":
            return _lines("• " + child for child in children)
        inner = [self._block(node.get(key)) for key in ("title", "text")]
        inner += [self._block(field) for field in _items(node.get("fields"))]
        inner += [self._block(row) for rows in _items(node.get("rows")) for row in _items(rows)]
        words = _lines(inner + children)
        return words or self.plain(_string(node.get("alt_text")) or _string(node.get("url")))

    def _leaf(self, node: dict[str, Any]) -> str:
        """One inline element of rich text; its text is not escaped."""
        kind = node["type"]
        user, channel = _string(node.get("user_id")), _string(node.get("channel_id"))
        if kind == "user":
            return "@" + self.people.get(user, user)
        if kind == "channel":
            return "#" + self.channels.get(channel, channel)
        if kind == "usergroup":
            return "@" + _string(node.get("usergroup_id"))
        if kind == "broadcast":
            return "@" + _string(node.get("range"))
        if kind == "emoji":
            return f":{_string(node.get('name'))}:"
        words = (_string(node.get(key)) for key in ("text", "fallback", "url", "value"))
        return without_token(next(filter(None, words), ""))


_LEAVES = {
    "user",
    "channel",
    "usergroup",
    "broadcast",
    "emoji",
    "text",
    "link",
    "date",
    "color",
    "plain_text",
}


def _lines(parts: Any) -> str:
    return "\n".join(part for part in parts if part)


def _items(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _string(value: Any) -> str:
    return value if isinstance(value, str) else ""
