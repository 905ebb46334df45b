"""What some readers must not see, found and masked: secrets, what is personal, and who and where it was."""

from __future__ import annotations

from pmkit.redact._rule import SECRETS, Span
from pmkit.redact.edition import Redaction, redact, redacted
from pmkit.redact.tags import Tagger
from pmkit.redact.text import EVERYTHING, find_sensitive, redact_text

__all__ = [
    "EVERYTHING",
    "SECRETS",
    "Redaction",
    "Span",
    "Tagger",
    "find_sensitive",
    "redact",
    "redact_text",
    "redacted",
]
