"""The record in the words in which it leaves: as its readers there may see it, and a gate at the door.

Who reads what is pushed is the incident's own audience, as of the report, or the one that
`[connections.slack] audience = "company"` names. What only leads somewhere, such as whom an issue is assigned
to and who is invited, comes from the record itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from pmkit.audience import Audience, load_audience
from pmkit.errors import IntegrationError, RenderError, WorkspaceError
from pmkit.export.gate import Gate, gate_for
from pmkit.integrations.ledger import Ledger
from pmkit.postmortem import Incident, Postmortem
from pmkit.redaction import redacted
from pmkit.workspace import Workspace


@dataclass(frozen=True)
class Outgoing:
    """A record, and `edition`, the same as those may read it who read what is pushed."""

    record: Postmortem
    edition: Postmortem
    audience: Audience
    gate: Gate = field(repr=False)

    @property
    def names_people(self) -> bool:
        """Whether people stand by their names."""
        return self.audience.people == "names"

    def refusal(self, said: Mapping[str, str | bytes]) -> str:
        """Why these texts or files do not leave, by what they are of; "" where they do.

        It says where something was found and of what kind, never what it is.
        """
        files = {name: text if isinstance(text, bytes) else text.encode() for name, text in said.items()}
        try:
            hits = self.gate.check({name: data for name, data in files.items() if data})
        except RenderError as error:
            return str(error)
        found = dict.fromkeys(f"{hit.file}{_place(hit.place)}: {hit.kind}" for hit in hits)
        if not found:
            return ""
        return f"holds what its readers must not see, and is not sent. {'; '.join(found)}"


def outgoing(workspace: Workspace, settings: Mapping[str, Any], record: Postmortem | None = None) -> Outgoing:
    """What leaves to the system of these `settings`, the keys of its table under `[connections]`.

    Raises `IntegrationError` for an audience that is none.
    """
    record = workspace.load() if record is None else record
    problem = ""
    try:
        audience = load_audience(str(settings.get("audience", "")), record.incident)
    except WorkspaceError as error:
        problem = f"`audience` under [connections]: {error}"
    if problem:
        raise IntegrationError(problem)
    edition, redaction = redacted(record, audience)
    if audience.evidence != "full":  # who is told how much there is, is not told of single files
        edition = replace(edition, evidence=edition.evidence.iloc[:0])
    return Outgoing(record, edition, audience, gate_for(redaction, workspace.path))


def report_link(incident: Incident, ledger: Ledger) -> str:
    """Where people read the report: the link of the incident called so, else where it was last uploaded."""
    said = [link.url for link in incident.links if link.title.casefold() in ("postmortem", "report")]
    if said:
        return said[0]
    uploads = [
        entry.url
        for entry in ledger.entries
        if entry.step == "report.html" and entry.state == "done" and entry.url
    ]
    return uploads[-1] if uploads else ""


def _place(place: str) -> str:
    return "" if place == "text" else f", {place}"
