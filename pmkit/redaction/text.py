"""One text at a time: what is in it that some readers must not see, and the text without it."""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache
from typing import Final

from pmkit.audience import PERSONAL
from pmkit.redaction import personal, places, secrets
from pmkit.redaction._rule import SECRETS, Rules, Span, find_spans, merged, plain_of
from pmkit.redaction.blocks import find_manifest_values, find_private_keys
from pmkit.redaction.nearby import find_columns, find_nearby
from pmkit.redaction.tags import Tagger

RULES: Final = Rules((*secrets.RULES, *places.RULES, *personal.RULES))
_WRITTEN: Final = Rules(secrets.WRITTEN)
EVERYTHING: Final = (SECRETS, *PERSONAL)  # what is masked for people outside, whoever they are


def find_sensitive(text: str, wanted: Collection[str] = EVERYTHING) -> list[Span]:
    """Where secrets and what is personal stand in a text, in order; `wanted` names what is looked for."""
    found = _found if len(text) < _LONG else _found.__wrapped__
    return list(found(text, tuple(wanted)))


_LONG: Final = 4000  # longer texts are few


# A report finds for itself what its notebook masked a moment ago, and the editions of one incident share
# most of their texts.
@lru_cache(maxsize=30_000)
def _found(text: str, wanted: tuple[str, ...]) -> tuple[Span, ...]:
    spans = find_spans(text, _rules_of(wanted), wanted)
    if SECRETS in wanted:
        blocks = [*find_private_keys(text), *find_manifest_values(text)]
        spans = merged([*blocks, *spans], text) if blocks else spans
    nearby = list(find_nearby(plain_of(text), spans, wanted))
    if "\n" in text:
        nearby += find_columns(text, wanted)
    if nearby:
        spans = merged([*spans, *nearby], text)
    return tuple(spans)


@lru_cache(maxsize=32)
def _rules_of(wanted: tuple[str, ...]) -> Rules:
    return Rules(rule for rule in RULES.rules if rule.of in wanted)


def find_written_kinds(text: str) -> set[str]:
    """What kinds of secrets are in a text of any kind, as a page's source, by shape and by name."""
    found = find_spans(text, _WRITTEN, (SECRETS,))
    return {span.kind for span in (*found, *find_private_keys(text))}


def redact_text(text: str, tagger: Tagger, wanted: Collection[str] = EVERYTHING) -> str:
    """The text with a tag in place of each such piece. What was redacted already stays as it is."""
    # A tag may bring to light what stands behind it; so once more, until nothing is found.
    for _ in range(6):
        spans = find_sensitive(text, wanted)
        if not spans:
            return text
        text = replaced(text, spans, tagger)
    return text


def replaced(text: str, spans: Collection[Span], tagger: Tagger) -> str:
    """The text with the tags of the spans in their place."""
    parts, at = [], 0
    for span in spans:
        parts += [text[at : span.start], tagger.tag(span.kind, text[span.start : span.end])]
        at = span.end
    return "".join([*parts, text[at:]])
