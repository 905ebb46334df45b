"""What stands in the place of what was masked: the same tag for the same value, throughout an incident.

A tag is keyed, so that nobody who guesses at a value can see from its tag whether the guess is right.
"""

from __future__ import annotations

import hmac
import re
from typing import NamedTuple

# Of these there is nothing to tell apart, or too little for a tag not to tell it.
_BARE = {"security code", "pin", "amount", "link", "date of birth"}


class Tagger(NamedTuple):
    """Makes the tags of one incident; `key` is known only where its evidence is."""

    key: bytes

    def tag(self, kind: str, value: str) -> str:
        """`[token #3f9a1c]`; of a card its last four digits, of an amount or a date nothing."""
        if kind in _BARE:
            return f"[{kind}]"
        digits = re.sub(r"\D", "", value)
        if kind == "card" and len(digits) >= 13:
            return f"[card ending {digits[-4:]}]"
        return f"[{kind} #{self.digest(kind, value)[:6]}]"

    def digest(self, kind: str, value: str) -> str:
        """What names the value in a table and does not give it away, as 16 hexadecimal digits."""
        plain = re.sub(r"[\s\u200b-\u200f\u2060\ufeff]+", "", value).rstrip(".,;:!?)")
        if kind in ("phone number", "account", "card", "national id", "e-mail address"):
            plain = (
                re.sub(r"[().\s/-]", "", plain).casefold() if kind != "e-mail address" else plain.casefold()
            )
        return hmac.digest(self.key, f"{kind}\0{plain}".encode(errors="replace"), "sha256").hex()[:16]
