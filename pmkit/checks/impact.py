"""Checks of the impact: each number with its unit and how it is known, and words that fit the numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

import pandas as pd

from pmkit.checks._rule import Finding, Passage, Rule, rule

_VAGUE: Final = re.compile(
    r"\b(?:some|many|several|most|a few(?: of)?|a (?:lot|number|handful) of|lots of|"
    r"numerous|significant(?:ly)?|"
    r"considerable|a large (?:number|share|part) of|a small (?:number|share|part) of)\s+(?:of (?:our|the) )?"
    r"(?:\w+ ){0,2}(?:customers?|users?|shoppers?|patients?|merchants?|tenants?|orders?|requests?|payments?|"
    r"transactions?|clients?|visitors?|players?|sites?|calls?)\b",
    re.IGNORECASE,
)
_DIGIT: Final = re.compile(r"\d")
_OUTAGE: Final = re.compile(r"\b(?:(?:full|complete|total|major)\s+)?outages?\b", re.IGNORECASE)
_PARTIAL: Final = re.compile(r"\b(?:partial|no|not an?(?: full)?) outages?\b", re.IGNORECASE)
_SHARE: Final = ("%", "percent", "per cent", "share")
_WHOLE: Final = 95.0  # percent of failing requests from which on it is an outage


@rule("IM101", "Impact without a number", severity="error")
def find_unmeasured(impact: pd.DataFrame) -> Iterator[Finding]:
    """This effect has no number, no range, and no reason why it is not known.

    What was not measured is remembered as small or as huge, by who speaks last. A range, or “unknown because
    the logs are gone”, is an answer.

    Mend: put in the number or a range, or say in `note` why it is not known.
    """
    for row in impact.itertuples():
        known = pd.notna(row.value) or pd.notna(row.low) or pd.notna(row.high)
        if not known and not row.note.strip():
            message = f"“{row.measure}” has no number, and nothing says why it is not known."
            yield Finding(message, "impact", row.measure, "value")


@rule("IM102", "Impact number that nobody can check", severity="error")
def find_baseless(impact: pd.DataFrame) -> Iterator[Finding]:
    """Nothing says where this number comes from.

    Numbers of the impact are quoted to customers and authorities. One that nobody can derive again is a
    rumour with a decimal point.

    Mend: name the query, the export or the person to ask in `basis`.
    """
    for row in impact.itertuples():
        known = pd.notna(row.value) or pd.notna(row.low) or pd.notna(row.high)
        if known and not row.basis.strip():
            yield Finding(f"“{row.measure}” does not say how it is known.", "impact", row.measure, "basis")


@rule("IM103", "Impact range upside down", severity="error")
def find_twisted(impact: pd.DataFrame) -> Iterator[Finding]:
    """The number lies outside its own range.

    Either the number or the range is a slip, and a reader cannot tell which.

    Mend: put `low`, `value` and `high` in order.
    """
    for row in impact.itertuples():
        numbers = [float(each) for each in (row.low, row.value, row.high) if pd.notna(each)]
        if numbers != sorted(numbers):
            told = " · ".join(f"{each:g}" for each in numbers)
            message = f"“{row.measure}”: low, value and high are not in order ({told})."
            yield Finding(message, "impact", row.measure, "value")


@rule("IM201", "Impact told without numbers")
def find_vague(passages: tuple[Passage, ...]) -> Iterator[Finding]:
    """This sentence about the impact says “some” or “many” where a number belongs.

    “Many customers” is four for one reader and four thousand for the next.

    Mend: write the number from the impact table, or a range.
    """
    for passage in passages:
        if passage.table not in ("notes/summary", "notes/impact"):
            continue
        for sentence in re.split(r"(?<=[.!?])\s+", passage.text):
            found = _VAGUE.search(sentence)
            if found and not _DIGIT.search(sentence):
                message = f"“{found.group()}” is told without a number."
                yield passage.finding(message, suggestion="how many, of how many, and how it is known")
                break


@rule("IM202", "Called an outage, and was none")
def find_outage_words(notes: Mapping[str, str], impact: pd.DataFrame) -> Iterator[Finding]:
    """The text says outage, and the impact table shows that most of it worked.

    An outage is when it does not work for anybody. Called so too often the word is worn out when it is one.

    Mend: say degradation, or which part failed for whom.
    """
    units = impact["unit"].str.casefold().str.strip()
    shares = impact[units.isin(_SHARE)]
    failing = shares[shares["measure"].str.contains(r"fail|error|lost|refused|unavail|down", case=False)]
    highest = failing[["value", "high"]].max(axis=None) if len(failing) else None
    if highest is None or pd.isna(highest) or float(highest) >= _WHOLE:
        return
    for name, text in notes.items():
        found = _OUTAGE.search(text)
        if found and not _PARTIAL.search(text):
            message = f"“{found.group()}”, and at most {float(highest):g} % failed."
            yield Finding(message, f"notes/{name}", suggestion="degradation, or what failed for whom")


RULES: Final[tuple[Rule, ...]] = (find_unmeasured, find_baseless, find_twisted, find_vague, find_outage_words)
