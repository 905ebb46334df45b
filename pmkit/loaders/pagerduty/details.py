"""What an alert carried besides its summary, and how fields changed, in words short enough to read."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import Any, Final

import msgspec
from msgspec import Raw
from msgspec.structs import astuple

from pmkit.loaders.pagerduty.shapes import Words, told

# Monitoring tools may send megabytes, and whoever knows an integration's key may send whatever they like.
MOST_DETAILS: Final = 1_000  # characters of all that an alert carried
MOST_WORDS: Final = 240  # characters of one value in a text
_MOST_PARTS: Final = 50  # of one object or list that are looked at

_NOTHING: Final = (b"", b"null", b"{}", b"[]", b'""')


def first_of(*parts: Raw) -> Raw:
    """The first of these parts that holds anything."""
    for part in parts:
        if bytes(part) not in _NOTHING:
            return part
    return Raw()


def json_of(labels: dict[str, Any], part: Raw) -> str:
    """The labels that are known and what the part holds, as one JSON object; cut where it is long."""
    known = {name: label for name, label in labels.items() if label not in (None, [])}
    data = bytes(part).strip()
    if b"\\" in data or b"\n" in data:  # perhaps written for machines, or laid out over many lines
        value = told(part)
        data = data if value is None else msgspec.json.encode(value)
    members = [msgspec.json.encode(known)[1:-1]] if known else []
    if data:
        members.append(data[1:-1] if data.startswith(b"{") else b'"details":' + data)
    if not members:
        return ""
    text = (b"{%b}" % b",".join(members))[: 4 * MOST_DETAILS].decode("utf-8", "replace")
    return text if len(text) <= MOST_DETAILS else text[: MOST_DETAILS - 1] + "…"


def as_json(value: Mapping[str, Any]) -> str:
    """A record as JSON; cut where it is long."""
    return json_of({}, Raw(msgspec.json.encode(dict(value))))


def saying_of(part: Raw, known: str) -> str:
    """The words in it that a person would read, unless `known` says them already; mostly there are none."""
    if not part:
        return ""
    words = told(part, Words)
    for one in filter(None, astuple(words)) if words else (told(part),):
        if isinstance(one, str) and (text := _short(one)) and text not in known and known not in text:
            return text
    return ""


def changes_of(value: Any, known: str = "") -> str:
    """Fields and their values, `region = eu → us`, from a list of them, of sentences, or a changeset."""
    if isinstance(value, dict):
        value = [one for part in value.values() if isinstance(part, list) for one in part]
    if not isinstance(value, list):
        return ""
    said = (_change(one) for one in value[:_MOST_PARTS])
    return "; ".join(islice((text for text in said if text and text not in known), _MOST_PARTS))


def _change(value: Any) -> str:
    if not isinstance(value, dict):
        return _short(_plain(value))
    name = _short(_plain(value.get("display_name") or value.get("name")))
    old, new = (_short(_plain(value.get(key))) for key in ("old_value", "value"))
    if not name or not (old or new):
        return ""
    return f"{name} = {old} → {new or 'nothing'}" if old else f"{name} = {new}"


def _plain(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, (list, dict)):
        return ", ".join(map(_plain, islice(value, _MOST_PARTS)))
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def _short(text: str) -> str:
    """On one line, and not longer than a line should be."""
    text = text[: 4 * MOST_WORDS]
    if not text.isprintable():
        text = " ".join(text.split())
    return text if len(text) <= MOST_WORDS else text[: MOST_WORDS - 1] + "…"
