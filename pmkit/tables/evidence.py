"""What the report rests on: raw files, the records cited, the seal, and clocks that are off."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

import pandas as pd

from pmkit.blocks import Cell, Facts, Head, Notice, Table, Tone, packed
from pmkit.clocks import count_corrected, format_offset
from pmkit.look import source_title
from pmkit.phrases import counted
from pmkit.postmortem import Seal
from pmkit.tables._words import count_words, day_time, joined, span_words

_SURE_TONES: Final[dict[str, Tone]] = {"high": "good", "medium": "info", "low": "neutral"}


def table_evidence(evidence: pd.DataFrame) -> Table:
    """Raw files with their time span, how many of their records could be read, and their digests."""
    rows = [
        (
            Cell(row["path"].removeprefix("evidence/"), note=f"sha256 {row['sha256']}"),
            Cell(row["source"]),
            Cell(count_words(row["records_loaded"]), note=_unreadable_words(row)),
            Cell(span_words(row["first_at"], row["last_at"]), note=row["note"]),
        )
        for row in evidence.to_dict("records")
    ]
    heads = (Head("File", width="wide"), Head("Source"), Head("Records", "right"), Head("From, to (UTC)"))
    return Table(
        "evidence", "", heads, tuple(rows), "No evidence was added yet.", packed("evidence", evidence)
    )


def facts_evidence(evidence: pd.DataFrame) -> Facts | Notice:
    """How much evidence there is, for readers who see none of it."""
    if evidence.empty:
        return Notice("No evidence was added.", "warn")
    loaded, lost = int(evidence["records_loaded"].sum()), int(evidence["records_unreadable"].sum())
    sources = ", ".join(sorted({source_title(source) for source in evidence["source"]}))
    items = (
        ("Files", Cell(f"{len(evidence):,}", note=sources)),
        ("Records read", Cell(f"{loaded:,}", note=f"{lost:,} could not be read")),
        ("Window", Cell(span_words(evidence["first_at"].min(), evidence["last_at"].max()), note="UTC")),
    )
    return Facts(items)


def facts_seal(seal: Seal) -> Facts | Notice:
    """What is to be kept outside the incident folder, to tell later whether somebody changed the record."""
    if not seal.head:
        return Notice("The journal of this record is missing: whether it was changed cannot be told.", "warn")
    written = "" if seal.at is None else f", written {day_time(pd.Timestamp(seal.at))} UTC"
    promise = "It shows that something was changed and where; it cannot keep anybody from changing it."
    items = (
        ("Journal head", Cell(seal.head, note=f"sha256 of line {seal.lines:,}{written}", mono=True)),
        ("evidence.csv", Cell(seal.evidence or "missing", note="its sha256", mono=True)),
        ("To check", Cell("`pmkit verify INCIDENT --head HEAD`, with the journal head above", note=promise)),
    )
    return Facts(items)


def table_sources(records: pd.DataFrame) -> Table:
    """The records that statements rest on, as `cited_records` gives them.

    The finished report numbers those that are cited, in the order in which a reader meets them.
    """
    rows = [
        (
            Cell("", sources=(row["event_id"],)),
            Cell(
                "no time" if pd.isna(row["time"]) else f"{day_time(row['time'])}{row['time']::%S}",
                url=row["url"],
                note=joined(source_title(row["source"]), row["place"]),
            ),
            Cell(_place_in_evidence(row["ref"]), mono=True),
            Cell(""),
        )
        for row in records.to_dict("records")
    ]
    heads = (
        Head("No.", width="narrow"), Head("Recorded (UTC)"), Head("Where it stands", width="wide"),
        Head("Stands behind"),
    )  # fmt: skip
    empty = "No statement names the record it rests on."
    return Table("sources", "", heads, tuple(rows), empty)


def table_clocks(clocks: pd.DataFrame, events: pd.DataFrame | None = None) -> Table:
    """Clocks that are off: what is added to their times, whether it is, and how it is known.

    `events` tell how many of them each correction moved.
    """
    counts = None if events is None else count_corrected(events, clocks)
    rows = [
        (
            Cell(_clock_name(row["source"]), mono=row["source"].startswith("evidence/")),
            Cell("unknown" if pd.isna(row["offset_seconds"]) else format_offset(row["offset_seconds"])),
            _applied_cell(row, counts),
            Cell(row["basis"], note=row["note"]),
        )
        for row in clocks.to_dict("records")
    ]
    heads = (
        Head("Clock of"), Head("Added", "right", "narrow"), Head("Applied"),
        Head("How we know", width="wide"),
    )  # fmt: skip
    caption = "What a corrected clock recorded stands beside each time." if clocks["applied"].any() else ""
    return Table("clocks", caption, heads, tuple(rows), "No clock is corrected.", packed("clocks", clocks))


def table_clock_offsets(offsets: pd.DataFrame) -> Table:
    """What `estimate_clock_offsets` found: by how much two clocks are apart, how sure that is, and why."""
    rows = [
        (
            Cell(_clock_name(row["source"]), note=f"beside {_clock_name(row['reference'])}"),
            _offset_cell(row),
            Cell(count_words(row["pairs"]), note=_spread_words(row["spread_seconds"])),
            Cell(row["confidence"] or "no number", badge=_SURE_TONES.get(row["confidence"])),
            Cell(_sentence(row["reason"], (row["source"], row["reference"]))),
        )
        for row in offsets.to_dict("records")
    ]
    heads = (
        Head("Clock of"), Head("To be added"), Head("Facts both tell", "right", "narrow"), Head("How sure"),
        Head("Why", width="wide"),
    )  # fmt: skip
    return Table("clock offsets", "", heads, tuple(rows), "There are no two sources to compare.")


def _unreadable_words(row: Mapping[str, Any]) -> str:
    unreadable = 0 if pd.isna(row["records_unreadable"]) else int(row["records_unreadable"])
    return f"{unreadable:,} unreadable" if unreadable else ""


def _place_in_evidence(ref: str) -> str:
    """`evidence/slack.zip#ops/1.json:14` as `slack.zip › ops/1.json › 14`, for people."""
    path, _, rest = ref.removeprefix("evidence/").partition("#")
    member, _, record = rest.rpartition(":")
    return " › ".join(part for part in (path, member, record) if part)


def _clock_name(source: str) -> str:
    return source.removeprefix("evidence/") if source.startswith("evidence/") else source_title(source)


def _applied_cell(row: Mapping[str, Any], counts: Mapping[str, int] | None) -> Cell:
    if not row["applied"]:
        return Cell("no")
    if pd.isna(row["offset_seconds"]):
        return Cell("nothing to add is given", badge="warn")
    if counts is None or not row["offset_seconds"]:
        return Cell("yes")
    count = counts.get(row["source"], 0)
    words = f"to {counted(count, 'event')}"
    return Cell(words, badge="good") if count else Cell("to no event", badge="warn")


def _offset_cell(row: Mapping[str, Any]) -> Cell:
    if pd.isna(row["offset_seconds"]):
        return Cell("unknown")
    low, high = (format_offset(row[f"{end}_seconds"]) for end in ("low", "high"))
    words = format_offset(row["offset_seconds"]) if row["offset_seconds"] else "nothing: they agree"
    return Cell(words, note=f"{low} to {high}")


def _spread_words(seconds: float) -> str:
    return "" if pd.isna(seconds) else f"half of them within {seconds:,.1f} s"


def _sentence(reason: str, clocks: Sequence[str]) -> str:
    """A reason with the names of the sources as people write them."""
    for clock in clocks:
        reason = re.sub(rf"(?<![\w./]){re.escape(clock)}(?![\w/])", _clock_name(clock), reason)
    return f"{reason[:1].upper()}{reason[1:]}."
