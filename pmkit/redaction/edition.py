"""A `Postmortem` as one audience may read it: every text of every table, note and fact goes through here."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, fields, replace
from typing import Final

import pandas as pd

from pmkit.audience import REDACTABLE, Audience, load_audience
from pmkit.postmortem import Incident, Postmortem, Seal
from pmkit.redaction._rule import SECRETS, Span, merged
from pmkit.redaction.people import People, find_people
from pmkit.redaction.tags import Tagger
from pmkit.redaction.text import find_sensitive, replaced

# Columns whose cells name somebody, as a whole.
_PEOPLE_COLUMNS: Final = {
    "events": ("actor",), "timeline": ("actor",), "worksheet": ("actor",), "actions": ("dri",),
    "tasks": ("dri",),
    "questions": ("owner",), "ideas": ("raised_by",), "decisions": ("decided_by",),
    "checkins": ("confirmed_by",), "journal": ("by",), "evidence": ("added_by",),
}  # fmt: skip
# What only says where a record comes from, and leads back to it by names of files, accounts and ids.
ORIGIN: Final = (
    "ref",
    "url",
    "slack_user_id",
    "slack_user_team",
    "slack_channel_id",
    "pd_details",
    "recorded_by",
)
_MONEY: Final = re.compile(
    r"(?i)\b(?:usd|eur|gbp|nok|sek|dkk|chf|jpy|cny|inr|aud|cad|nzd|pln|czk|brl|mxn|zar|sgd|euros?|dollars?|pounds?|"
    r"kroner?|francs?|yen|revenue|turnover|gmv|money)\b|[$€£¥₹]"
)
_MD_LINK: Final = re.compile(r"\[([^\]\n]{1,300})\]\((?:[^()\s]{1,2000})\)")


@dataclass
class Redaction:
    """What was masked on the way: values by the kind and audience word they were found as.

    `originals` is what a gate looks for in what was made of the edition; it is never written anywhere.
    """

    audience: Audience
    people: People
    originals: dict[str, set[str]] = field(default_factory=dict)

    def note(self, span: Span, value: str) -> None:
        """Remember what was masked."""
        self.originals.setdefault(span.kind, set()).add(value)


def redact(postmortem: Postmortem, audience: str | Audience) -> Postmortem:
    """The postmortem as that audience may read it; the one that was given stays as it is.

    Secrets go for everybody. What else goes, and whether people stand by their names or their roles, the
    audience says (`pmkit.audience`). What people decided in `redactions.csv` to keep or to mask counts. The
    same value has the same tag throughout, and the same person the same role.
    """
    return redacted(postmortem, audience)[0]


def redacted(postmortem: Postmortem, audience: str | Audience) -> tuple[Postmortem, Redaction]:
    """As `redact`, and what was masked."""
    incident = postmortem.incident
    if isinstance(audience, str):
        audience = load_audience(audience, incident)
    editor = Editor(postmortem, audience)
    frames = {}
    for each in fields(Postmortem):
        value = getattr(postmortem, each.name)
        if isinstance(value, pd.DataFrame):
            frames[each.name] = editor.frame(each.name, value)
    if audience.amounts == "masked":
        frames["impact"] = _without_money(frames["impact"])
    notes = {name: editor.prose(note) for name, note in postmortem.notes.items()}
    seal = postmortem.seal if audience.evidence != "left out" else Seal()
    edition = replace(
        postmortem, incident=editor.facts(incident), notes=notes, seal=seal, tag_key=b"", **frames
    )
    return edition, editor.redaction


class Editor:
    """Puts texts into the words of one edition, each distinct text once."""

    def __init__(self, postmortem: Postmortem, audience: Audience) -> None:
        self.audience = audience
        self.people = find_people(postmortem)
        self.redaction = Redaction(audience, self.people)
        self.tagger = Tagger(postmortem.tag_key)
        self._wanted = (SECRETS, *audience.masked)
        self._known = _known_places(postmortem, audience)
        decided = postmortem.redactions
        decided = decided[decided["audience"].isin(("every", audience.name))]
        self._keep = frozenset(decided.loc[decided["decision"] == "keep", "redaction_id"])
        self._mask = frozenset(decided.loc[decided["decision"] == "mask", "redaction_id"])
        contact = postmortem.incident.letter.contact
        # A contact with a secret in it was pasted by mistake.
        found = [] if find_sensitive(contact, (SECRETS,)) else find_sensitive(contact, REDACTABLE)
        self._published = frozenset(contact[span.start : span.end] for span in found)
        self._done: dict[str, str] = {}

    def text(self, text: str) -> str:
        """One text of a table."""
        if not text:
            return text
        if text not in self._done:
            self._done[text] = self._redacted(text)
        return self._done[text]

    def prose(self, text: str) -> str:
        """A note in Markdown: where links go they leave their title."""
        if self.audience.links == "masked":
            text = _MD_LINK.sub(r"\1", text)
        return self.text(text)

    def person(self, cell: str) -> str:
        """A cell that names somebody."""
        if self.audience.people == "names" or not cell:
            # chat knows people by half of the name that pages have: they are the same
            return self.text(self.people.full_name(cell))
        label = self.people.label(cell)
        return label if label != cell else self.text(cell)

    def frame(self, name: str, frame: pd.DataFrame) -> pd.DataFrame:
        """Every column of text of a table."""
        if frame.empty:
            return frame
        columns: dict[str, pd.Series] = {}
        for column in frame.columns:
            cells = frame[column]
            if not isinstance(cells.dtype, pd.StringDtype) and cells.dtype != object:
                continue
            edit: Callable[[str], str] = self.text
            if column in _PEOPLE_COLUMNS.get(name, ()):
                edit = self.person
            elif self._is_origin(name, str(column)):
                columns[column] = pd.Series("", index=frame.index, dtype="str")
                continue
            elif column == "ref" and self.audience.channels == "masked":
                edit = self._file_of
            edited = {cell: edit(cell) for cell in cells.unique() if isinstance(cell, str)}
            if any(before != after for before, after in edited.items()):
                columns[column] = cells.map(lambda cell, e=edited: e.get(cell, cell)).astype(cells.dtype)
        return frame.assign(**columns) if columns else frame

    def _file_of(self, ref: str) -> str:
        """The file alone: the folders of an export bear the names of its channels."""
        return self.text(ref.partition("#")[0])

    def facts(self, incident: Incident) -> Incident:
        """The facts of the incident."""
        edit, roles = self.text, self.audience.people == "roles"
        shows = {name: getattr(self.audience, name) == "shown" for name in ("links", "channels")}
        return replace(
            incident,
            title=edit(incident.title),
            services=tuple(map(edit, incident.services)),
            owner=self.person(incident.owner),
            facilitator=self.person(incident.facilitator),
            members=tuple(
                # A role that is filled stands for the person; one that is not stays so.
                replace(member, person=member.role if member.person else "", slack="", email="")
                if roles
                else replace(member, person=edit(member.person))
                for member in incident.members
            ),
            # as the roles they had, so that the checks know who takes part
            people=tuple(dict.fromkeys(map(self.person if roles else edit, incident.people))),
            channels=tuple(replace(c, purpose=edit(c.purpose)) for c in incident.channels)
            if shows["channels"]
            else (),
            milestones=tuple(
                replace(m, name=edit(m.name), criteria=edit(m.criteria)) for m in incident.milestones
            ),
            task_lists=tuple(replace(t, name=edit(t.name)) for t in incident.task_lists),
            links=tuple(replace(each, title=edit(each.title), url=edit(each.url)) for each in incident.links)
            if shows["links"]
            else (),
            pinned={edit(title): edit(file) for title, file in incident.pinned.items()},
            apps={edit(part): edit(app) for part, app in incident.apps.items()},
            customers=() if self.audience.customers == "masked" else incident.customers,
            letter=replace(
                incident.letter,
                signed_by=self.person(incident.letter.signed_by),
                organisation=edit(incident.letter.organisation),
                contact=edit(incident.letter.contact),
            ),
            connections={},
            audiences={},
        )

    def _is_origin(self, table: str, column: str) -> bool:
        if self.audience.is_letter:
            return column in ORIGIN
        return column == "url" and self.audience.links == "masked"

    def _redacted(self, text: str) -> str:
        # A tag may bring to light what stands behind it; so once more, until nothing is found.
        for _ in range(6):
            spans = self.spans(text)
            for span in spans:
                self.redaction.note(span, text[span.start : span.end])
            after = replaced(text, spans, self.tagger)
            after = self.people.replaced(after) if self.audience.people == "roles" else after
            if after == text:
                break
            text = after
        return text

    def spans(self, text: str) -> list[Span]:
        """What of a text goes, besides people."""
        wanted = (SECRETS, *REDACTABLE) if self._mask else self._wanted
        found = find_sensitive(text, wanted)
        found += [
            Span(*match.span(), kind, of)
            for of, kind, pattern in self._known
            for match in pattern.finditer(text)
        ]
        return [span for span in merged(found, text) if self._goes(span, text[span.start : span.end])]

    def tag(self, span: Span, text: str) -> str:
        """What stands in the place of a span."""
        return self.tagger.tag(span.kind, text[span.start : span.end])

    def digest(self, span: Span, text: str) -> str:
        """What names the value of a span in `redactions.csv`."""
        return self.tagger.digest(span.kind, text[span.start : span.end])

    def _goes(self, span: Span, value: str) -> bool:
        digest = self.tagger.digest(span.kind, value) if self._mask or self._keep else ""
        if digest in self._mask or span.of == SECRETS:
            return True  # what opens something goes whoever decided otherwise
        if value in self._published:
            return False  # where readers may ask is told to all of them
        return span.of in self._wanted and digest not in self._keep


def _known_places(postmortem: Postmortem, audience: Audience) -> list[tuple[str, str, re.Pattern[str]]]:
    """Names of channels and customers that the incident itself tells."""
    known: dict[tuple[str, str], Iterable[str]] = {}
    if audience.channels == "masked":
        places = postmortem.events.loc[postmortem.events["source"] == "slack", "place"].unique()
        own = [f"#{channel.name.removeprefix('#')}" for channel in postmortem.incident.channels]
        known["channels", "channel"] = {*own, *(place for place in places if str(place).startswith("#"))}
    if audience.customers == "masked":
        known["customers", "customer"] = postmortem.incident.customers
    patterns = []
    for (of, kind), names in known.items():
        each = "|".join(
            re.escape(str(name)) for name in sorted(names, key=len, reverse=True) if len(str(name)) > 1
        )
        if each:
            patterns.append((of, kind, re.compile(rf"(?<!\w)(?:{each})(?!\w)", re.IGNORECASE)))
    return patterns


def _without_money(impact: pd.DataFrame) -> pd.DataFrame:
    """The impact without what is measured in money: a row with a hole says nothing."""
    is_money = impact["unit"].str.contains(_MONEY) | impact["measure"].str.contains(_MONEY)
    return impact[~is_money].reset_index(drop=True)
