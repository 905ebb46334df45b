"""What an alert carried besides its summary, and how fields changed, in words short enough to read."""

from __future__ import annotations

from itertools import islice
from typing import Any, Final

import msgspec
from msgspec import Raw

from pmkit.loaders.pagerduty.shapes import UNDECODABLE

# Monitoring tools may send megabytes, and whoever knows an integration's key may send whatever they like.
MOST_DETAILS: Final = 1_000  # characters of all that an alert carried
MOST_WORDS: Final = 240  # characters of one value in a text
_MOST_PARTS: Final = 50  # of one object or list that are looked at

# Where tools put the words that a person would read; everything else is a measure or a label.
_SAYING: Final = frozenset({
    "message", "error_message", "error", "reason", "firing", "output", "serviceoutput", "hostoutput",
    "long_output", "body", "text", "description", "note", "notes", "details", "msg",
})  # fmt: skip

_decode = msgspec.json.Decoder().decode


def value_of(*parts: Raw) -> Any:
    """The first of these parts that holds anything; a sentence where it cannot be read."""
    for part in parts:
        if not part:
            continue
        try:
            value = _decode(part)
        except UNDECODABLE:
            return "details that cannot be read, see the record"
        if value not in (None, "", {}, []):
            return value
    return None


def json_of(value: Any) -> str:
    """`value` as JSON, without its end where it is long."""
    text = msgspec.json.encode(value)[: 4 * MOST_DETAILS].decode("utf-8", "ignore")
    return text if len(text) <= MOST_DETAILS else text[: MOST_DETAILS - 1] + "…"


def saying_of(value: Any, known: str) -> str:
    """The words in it that a person would read, unless `known` says them already; mostly there are none."""
    if isinstance(value, dict):
        parts = [part for name, part in islice(value.items(), _MOST_PARTS) if name.lower() in _SAYING]
    else:
        parts = [value]
    texts = (_short(part) for part in parts if isinstance(part, str))
    return next((text for text in texts if text and text not in known and known not in text), "")


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
    if len(text) <= MOST_WORDS and text.isprintable():
        return text
    text = " ".join(text[: 4 * MOST_WORDS].split())
    return text if len(text) <= MOST_WORDS else text[: MOST_WORDS - 1] + "…"
