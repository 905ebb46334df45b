"""What some readers must not see, found and masked: secrets, what is personal, and who and where it was."""

from __future__ import annotations

from pmkit.redaction._rule import SECRETS, Span
from pmkit.redaction.edition import Redaction, redact, redacted
from pmkit.redaction.review import (
    count_kinds,
    decided_row,
    describe_found,
    describe_kinds,
    find_redactions,
)
from pmkit.redaction.tags import Tagger
from pmkit.redaction.text import EVERYTHING, find_sensitive, find_written_kinds, redact_text

__all__ = [
    "EVERYTHING",
    "SECRETS",
    "Redaction",
    "Span",
    "Tagger",
    "count_kinds",
    "decided_row",
    "describe_found",
    "describe_kinds",
    "find_redactions",
    "find_sensitive",
    "find_written_kinds",
    "redact",
    "redact_text",
    "redacted",
]
