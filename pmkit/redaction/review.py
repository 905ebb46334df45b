"""What was found, for people to look at: where it stands, in which words, and what becomes of it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Final

import pandas as pd

from pmkit import schema
from pmkit.audience import REDACTABLE, Audience, load_audience
from pmkit.errors import WorkspaceError
from pmkit.postmortem import Postmortem
from pmkit.redaction._rule import SECRETS
from pmkit.redaction.edition import ORIGIN, Editor
from pmkit.redaction.text import find_sensitive, replaced

COLUMNS: Final = ("redaction_id", "kind", "of", "tag", "count", "place", "context", "becomes", "reason")
LOOKED_AT: Final = 20_000
_AROUND: Final = 40  # letters on each side that say what it is about


def find_redactions(postmortem: Postmortem, audience: str | Audience = "") -> pd.DataFrame:
    """Everything that was found in the record, once for each value; what is masked first.

    One row per value: `redaction_id` (as in `redactions.csv`), `kind`, `of` (secrets, or the word of the
    audience), `tag`, `count` of its places, `place` and `context` of the first one (with the tag in place of
    the value), `becomes` (`masked` or `shown` in that edition) and the `reason` where people decided so.
    """
    if isinstance(audience, str):
        audience = load_audience(audience, postmortem.incident)
    editor = Editor(postmortem, audience)
    decided = postmortem.redactions.set_index("redaction_id")["reason"].to_dict()
    rows: dict[str, dict[str, object]] = {}
    for place, text in texts_of(postmortem):
        # What is shown is listed too, so that people may mask it.
        spans = find_sensitive(text, (SECRETS, *REDACTABLE))
        goes = {(span.start, span.end) for span in editor.spans(text)} if spans else set()
        for span in spans:
            digest = editor.digest(span, text)
            if digest in rows:
                rows[digest]["count"] = int(str(rows[digest]["count"])) + 1
                continue
            tag = editor.tag(span, text)
            masked = replaced(text, spans, editor.tagger)
            rows[digest] = {
                "redaction_id": digest,
                "kind": span.kind,
                "of": span.of,
                "tag": tag,
                "count": 1,
                "place": place,
                "context": _around(masked, tag),
                "becomes": "masked" if (span.start, span.end) in goes else "shown",
                "reason": decided.get(digest, ""),
            }
    found = pd.DataFrame(list(rows.values()), columns=list(COLUMNS))
    return found.sort_values(["becomes", "of", "kind", "place"], kind="stable", ignore_index=True)


def describe_found(found: pd.DataFrame, title: str) -> str:
    """Such rows for people, a value on two lines."""
    if found.empty:
        return f"{title}: nothing was found that is masked or could be."
    masked = int((found["becomes"] == "masked").sum())
    lines = [f"{title}: {masked} values are masked, {len(found) - masked} that could be are shown."]
    for row in found.to_dict("records"):
        more = f", {row['count']} places" if row["count"] > 1 else ""
        why = f" ({row['reason']})" if row["reason"] else ""
        place, context = (_printable(str(row[name])) for name in ("place", "context"))
        lines.append(f"{row['redaction_id'][:8]}  {row['becomes']:<6}  {row['kind']}: {place}{more}{why}")
        lines.append(f"          {context}")
    return "\n".join(lines)


def decided_row(found: pd.DataFrame, named: str, decision: str, audience: str, reason: str) -> dict[str, str]:
    """The row of `redactions.csv` for a value that is named by its id or tag.

    Raises `WorkspaceError` for one that was not found, and for a secret that somebody wants to keep.
    """
    name = named.strip("[]#")
    rows = found[(found["redaction_id"].str.startswith(name)) | (found["tag"] == f"[{named.strip('[]')}]")]
    if len(rows) != 1 or not name:
        what = "is not" if rows.empty else "names more than one"
        raise WorkspaceError(f"{named!r} {what} among what was found; `pmkit redactions` lists it with ids")
    row = rows.iloc[0]
    if row["of"] == SECRETS and decision == "keep":
        raise WorkspaceError(
            f"{row['tag']} opens something and is in no edition; where it is none, change the words around"
        )
    return {
        "redaction_id": str(row["redaction_id"]),
        "audience": audience,
        "kind": str(row["kind"]),
        "decision": decision,
        "reason": reason,
    }


def texts_of(postmortem: Postmortem) -> Iterator[tuple[str, str]]:
    """Every text of a record that an edition may show, with its place; each text once.

    Where a record comes from is left out: such addresses go or stay as a whole.
    """
    seen: set[str] = set()
    incident = postmortem.incident
    facts = [("incident.toml", text) for text in (incident.title, *incident.services)]
    notes = [(f"notes/{name}.md", text) for name, text in postmortem.notes.items()]
    for place, text in (*facts, *notes):
        if text and text not in seen:
            seen.add(text)
            yield place, text
    for each in fields(Postmortem):
        frame = getattr(postmortem, each.name)
        if not isinstance(frame, pd.DataFrame) or each.name in ("worksheet", "journal", "redactions"):
            continue
        table = schema.TABLES.get(each.name)
        key = [name for name in table.key if name in frame] if table else []
        for column in (c for c in frame if c not in ORIGIN and isinstance(frame[c].dtype, pd.StringDtype)):
            for row, text in zip(frame.index, frame[column], strict=True):
                if text and text not in seen:
                    seen.add(text)
                    names = " / ".join(str(frame.at[row, name]) for name in key)
                    yield f"{each.name}, {names or row}, {column}", text


def count_kinds(texts: pd.Series) -> dict[str, int]:
    """How many different values of each kind stand in texts: `{"card": 3}`, the most frequent first.

    Of more than `LOOKED_AT` different texts the first so many are looked at: nobody waits for a count. What
    is rendered is looked at as a whole.
    """
    values: dict[str, set[str]] = {}
    for text in texts.drop_duplicates().head(LOOKED_AT):
        for span in find_sensitive(str(text)):
            value = re.sub(r"[\s-]", "", str(text)[span.start : span.end])
            values.setdefault(span.kind, set()).add(value)
    return dict(sorted(((kind, len(found)) for kind, found in values.items()), key=lambda each: -each[1]))


# What finding one means for the folder it lies in, besides that it is there.
_MEANS: Final = {
    "card": "this evidence is in PCI scope",
    "security code": "PCI DSS allows nobody to keep these",
    "record": "this is health data",
    "patient": "this is health data",
    "private key": "replace it, whoever has the folder has it",
}
_MANY: Final = {"date of birth": "dates of birth"}
_SECRET_KINDS: Final = ("token", "key", "secret", "password", "pin", "cookie", "webhook", "private key")


def describe_kinds(counts: Mapping[str, int]) -> list[str]:
    """Such counts in words, a line each: `3 card numbers: this evidence is in PCI scope`."""
    lines = []
    for kind, count in counts.items():
        noun = {"card": "card number", "account": "account number", "record": "record number"}.get(kind, kind)
        many = _MANY.get(kind, f"{noun}es" if noun.endswith("ss") else f"{noun}s")
        means = _MEANS.get(kind, "replace what it opens" if kind in _SECRET_KINDS else "")
        lines.append(f"{count:,} {noun if count == 1 else many}" + (f": {means}" if means else ""))
    return lines


def _printable(text: str) -> str:
    """The text on one line, without what a terminal would obey."""
    return "".join(char if char.isprintable() else "�" for char in " ".join(text.split()))


def _around(text: str, tag: str) -> str:
    """The words around a tag, on one line."""
    line = " ".join(text.split())
    at = max(line.find(tag), 0)
    start, end = max(at - _AROUND, 0), min(at + len(tag) + _AROUND, len(line))
    return ("… " if start else "") + line[start:end] + (" …" if end < len(line) else "")
