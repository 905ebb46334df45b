"""The abbreviations a report may use and what they mean, as data; and which of them a text uses."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable

from pmkit.template import report_templates


def load_glossary(lang: str = "en") -> dict[str, str]:
    """Abbreviations and what they mean, from `report_templates/glossary.toml`.

    Where a meaning is not told in that language it is in English.
    """
    text = (report_templates() / "glossary.toml").read_text(encoding="utf-8")
    told = tomllib.loads(text)
    return {**told["en"], **{name: words for name, words in told.get(lang, {}).items() if name in told["en"]}}


def used_in(text: str, names: Iterable[str]) -> list[str]:
    """Those of the names that stand in the text as words of their own, also with an s behind, sorted."""
    found = [name for name in names if re.search(rf"(?<![\w-]){re.escape(name)}s?(?![\w-])", text)]
    return sorted(found, key=str.casefold)
