"""What the last published edition of a report held, as digests, and what changed since."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pandas as pd

from pmkit.errors import RenderError
from pmkit.packing import pack_frame
from pmkit.postmortem import Postmortem
from pmkit.template import NOTES

EDITIONS: Final = "editions.json"
# Part → the column that names a row, the column that says it in words.
_PARTS: Final = {
    "timeline": ("event_id", "summary"),
    "impact": ("measure", "measure"),
    "factors": ("factor_id", "statement"),
    "decisions": ("decision_id", "decision"),
    "actions": ("action_id", "action"),
    "questions": ("question_id", "question"),
}
_TIMELINE: Final = ("event_id", "time", "summary", "mark", "phase", "note")


@dataclass(frozen=True)
class Edition:
    """When an edition was made, and a digest of each row it was made from, by part and name of the row."""

    generated_at: str
    parts: Mapping[str, Mapping[str, str]]

    @property
    def record(self) -> str:
        """One digest of all of it."""
        return _digest(self.parts)


def digest_record(postmortem: Postmortem, generated_at: str) -> Edition:
    """The edition that would be made of the record now."""
    parts: dict[str, dict[str, str]] = {}
    for part, (key, _) in _PARTS.items():
        frame = getattr(postmortem, part)
        rows = pack_frame(frame[list(_TIMELINE)] if part == "timeline" else frame)["rows"]
        parts[part] = {str(name): _digest(row) for name, row in zip(frame[key], rows, strict=True)}
    parts["notes"] = {name: _digest(postmortem.notes.get(name, "").strip()) for name in NOTES}
    return Edition(generated_at, parts)


def previous_edition(
    incident: Path | str, postmortem: Postmortem, audience: str = "internal"
) -> Edition | None:
    """The last edition for this audience that was made from another record; None where there was none.

    The one that is rendered again from the same record is no previous one, so that it comes out the same.
    """
    told = _read(Path(incident)).get(audience, {})
    this = _edition(told.get("last"))
    if this and this.record == digest_record(postmortem, "").record:
        return _edition(told.get("before"))
    return this


def with_edition(incident: Path, edition: Edition, audience: str) -> str:
    """The text of `report/editions.json` once the edition is published."""
    told = _read(incident)
    last = _edition(told.get(audience, {}).get("last"))
    is_same = last is not None and last.record == edition.record
    before = told.get(audience, {}).get("before") if is_same else told.get(audience, {}).get("last")
    told[audience] = {
        "last": {"generated_at": edition.generated_at, "parts": edition.parts},
        "before": before,
    }
    return json.dumps({"format": 1, "editions": told}, indent=1, sort_keys=True) + "\n"


def find_changes(postmortem: Postmortem, previous: Edition) -> pd.DataFrame:
    """What is new, changed or gone since: one row each, `part`, `change`, `name` and `words`.

    What is gone has no words any more.
    """
    now = digest_record(postmortem, "").parts
    rows = []
    for part, digests in now.items():
        before = previous.parts.get(part, {})
        words = _words(postmortem, part)
        for name, digest in digests.items():
            if before.get(name) != digest:
                change = "changed" if name in before else "new"
                rows.append({"part": part, "change": change, "name": name, "words": words.get(name, "")})
        gone = [name for name in before if name not in digests]
        rows += [{"part": part, "change": "gone", "name": name, "words": ""} for name in gone]
    return pd.DataFrame(rows, columns=["part", "change", "name", "words"], dtype="str")


def _words(postmortem: Postmortem, part: str) -> dict[str, str]:
    if part == "notes":
        return dict(NOTES)
    key, said = _PARTS[part]
    frame = getattr(postmortem, part)
    return dict(zip(frame[key], frame[said], strict=True))


def _edition(told: Any) -> Edition | None:
    return Edition(told["generated_at"], told["parts"]) if told else None


def _read(incident: Path) -> dict[str, Any]:
    path = incident / "report" / EDITIONS
    if not path.is_file():
        return {}
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        return dict(told["editions"]) if told["format"] == 1 else {}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RenderError(
            f"{path}: cannot be read ({error}); delete it, and the next report tells of no changes"
        ) from error


def _digest(value: object) -> str:
    text = json.dumps(value, sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
