"""What is written into Jira: summaries, descriptions and labels."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Any, Final

from pmkit.postmortem import Postmortem

LONGEST_SUMMARY: Final = 250  # characters; Jira takes 255


def label_of(mark: str, action_id: str) -> str:
    """The label of an action's issue; labels have no blanks, and two actions never have the same one."""
    plain = re.sub(r"[^\w.-]+", "-", action_id, flags=re.ASCII)
    tail = "" if plain == action_id else f"-{hashlib.sha256(action_id.encode()).hexdigest()[:6]}"
    return f"{mark}-{plain}{tail}"


def action_text(pm: Postmortem, row: Mapping[str, Any]) -> str:
    """The description of an action's issue: what, when it is done, because of which factors."""
    parts = [str(row["action"]).strip()]
    if str(row["done_when"]).strip():
        parts.append(f"Done when: {str(row['done_when']).strip()}")
    statements = dict(zip(pm.factors["factor_id"], pm.factors["statement"], strict=True))
    ids = str(row["factor_ids"]).split()
    factors = [f"- {name}: {statements[name]}" for name in ids if name in statements]
    parts += ["Because of:\n" + "\n".join(factors)] if factors else []
    parts.append(f"From the postmortem {pm.incident.id}, action {row['action_id']}: {pm.incident.title}")
    return "\n\n".join(parts)


def epic_text(pm: Postmortem) -> str:
    """The description of the incident's epic."""
    facts = f"{pm.incident.severity}, {', '.join(pm.incident.services) or 'no service named'}"
    summary = pm.notes.get("summary", "").strip()
    parts = [f"The actions of the postmortem {pm.incident.id}. {facts}.", summary]
    return "\n\n".join(part for part in parts if part)


def one_line(text: str) -> str:
    """As Jira takes it for a summary."""
    line = " ".join(text.split())
    return line if len(line) <= LONGEST_SUMMARY else line[: LONGEST_SUMMARY - 1].rstrip() + "…"
