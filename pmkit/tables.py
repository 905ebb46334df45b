"""Frames to tables for people: plain text cells with a link or a second line, always escaped.

A view is a small frozen record. It shows itself in a notebook, and it carries itself as data under one MIME
type, from which the HTML and the PDF are made.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any, ClassVar, Final, Literal

import pandas as pd

from pmkit.clocks import count_corrected, format_offset
from pmkit.glossary import load_glossary
from pmkit.look import correction_words, source_title
from pmkit.metrics import format_minutes
from pmkit.milestones import review_status
from pmkit.packing import pack_frame
from pmkit.postmortem import Incident, Postmortem, Seal
from pmkit.process import Review, closure_due_on, describe_review
from pmkit.provenance import trace_statements
from pmkit.timeline import SET_BY_PEOPLE, find_anchors

_LATEST: Final = pd.Timestamp("2200-01-01", tz="UTC")  # whatever is recorded counts
_TOLD_CHANGES: Final = 6  # rows of one part and kind that are told in words; the rest is a number
_LACKS: Final = 2  # lacks that a card names; the rest is a number
BLOCK_MIME: Final = "application/vnd.pmkit.block+json"

Tone = Literal["good", "warn", "bad", "info", "neutral"]
Align = Literal["left", "right", "center"]
Width = Literal["narrow", "normal", "wide"]


@dataclass(frozen=True)
class Cell:
    """One cell: its text, and if wanted a link, a second line, a tone that marks it, typewriter letters.

    `sources` are ids of the events it rests on, `cited_as` what it is called there; `anchor` names a place
    that others lead to.
    """

    text: str
    url: str = ""
    note: str = ""
    badge: Tone | None = None
    mono: bool = False
    sources: tuple[str, ...] = ()
    cited_as: str = ""
    anchor: str = ""
    share: float | None = None  # of a whole: drawn as a bar


@dataclass(frozen=True)
class Head:
    """The head of one column."""

    label: str
    align: Align = "left"
    width: Width = "normal"


class _Block:
    """What every view shares: data under one MIME type, and a picture of itself for the notebook."""

    kind: ClassVar[str]

    def to_dict(self) -> dict[str, Any]:
        """The view as plain data; fields that are not set are left out."""
        return {"block": self.kind, **_without_blanks(asdict(self))}  # type: ignore[call-overload]

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        return {BLOCK_MIME: self.to_dict(), "text/html": self._html(), "text/plain": self._text()}

    def _html(self) -> str:
        raise NotImplementedError

    def _text(self) -> str:
        raise NotImplementedError


@dataclass(frozen=True)
class Table(_Block):
    """Rows under heads; with no rows the sentence `empty` is shown.

    `frame` is what the rows were made of, packed: formats for machines are made from it.
    """

    kind: ClassVar[str] = "table"
    name: str
    caption: str
    columns: tuple[Head, ...]
    rows: tuple[tuple[Cell, ...], ...]
    empty: str
    frame: Mapping[str, Any] | None = None

    def to_dict(self) -> dict[str, Any]:
        """The table as plain data, its columns and rows complete."""
        columns = [asdict(head) for head in self.columns]
        rows = [[_cell_data(cell) for cell in row] for row in self.rows]
        words = {"name": self.name, "caption": self.caption, "empty": self.empty}
        frame = {"frame": dict(self.frame)} if self.frame else {}
        return {"block": self.kind, **words, "columns": columns, "rows": rows, **frame}

    def _html(self) -> str:
        if not self.rows:
            return f"<p><em>{html.escape(self.empty)}</em></p>"
        heads = "".join(
            f'<th scope="col" style="text-align:{head.align}">{html.escape(head.label)}</th>'
            for head in self.columns
        )
        rows = "".join(
            "<tr>"
            + "".join(
                f'<td style="text-align:{head.align};vertical-align:top">{_cell_html(cell)}</td>'
                for head, cell in zip(self.columns, row, strict=True)
            )
            + "</tr>"
            for row in self.rows
        )
        caption = (
            f'<caption style="text-align:left">{html.escape(self.caption)}</caption>' if self.caption else ""
        )
        return f"<table>{caption}<thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"

    def _text(self) -> str:
        if not self.rows:
            return self.empty
        lines = ["\t".join(head.label for head in self.columns)]
        return "\n".join([*lines, *("\t".join(cell.text for cell in row) for row in self.rows)])


@dataclass(frozen=True)
class Facts(_Block):
    """A short list of labelled facts."""

    kind: ClassVar[str] = "facts"
    items: tuple[tuple[str, Cell], ...]

    def to_dict(self) -> dict[str, Any]:
        """The facts as plain data."""
        return {"block": self.kind, "items": [_labelled(label, cell) for label, cell in self.items]}

    def _html(self) -> str:
        rows = (
            f'<tr><th scope="row" style="text-align:left">{html.escape(label)}</th>'
            f'<td style="text-align:left">{_cell_html(cell)}</td></tr>'
            for label, cell in self.items
        )
        return f"<table>{''.join(rows)}</table>"

    def _text(self) -> str:
        return "\n".join(f"{label}: {cell.text}" for label, cell in self.items)


@dataclass(frozen=True)
class Card:
    """One number worth a large letter, and where it comes from; `derived` names the anchor that says how."""

    label: str
    value: str
    note: str = ""
    tone: Tone = "neutral"
    derived: str = ""


@dataclass(frozen=True)
class Cards(_Block):
    """A row of numbers."""

    kind: ClassVar[str] = "cards"
    items: tuple[Card, ...]
    frame: Mapping[str, Any] | None = None

    def to_dict(self) -> dict[str, Any]:
        """The cards as plain data."""
        frame = {"frame": dict(self.frame)} if self.frame else {}
        return {"block": self.kind, "items": [_without_blanks(asdict(card)) for card in self.items], **frame}

    def _html(self) -> str:
        cards = (
            '<div style="flex:1 1 10em;padding:.6em .9em;border:1px solid var(--jp-border-color2,#d9dfe6);'
            f'border-radius:6px"><div>{html.escape(card.label)}</div>'
            f'<div style="font-size:1.6em;font-weight:600">{html.escape(card.value)}</div>'
            f'<div style="opacity:.75;font-size:.9em">{html.escape(card.note)}</div></div>'
            for card in self.items
        )
        return f'<div style="display:flex;flex-wrap:wrap;gap:.8em">{"".join(cards)}</div>'

    def _text(self) -> str:
        return "\n".join(f"{card.label}: {card.value} ({card.note})" for card in self.items)


@dataclass(frozen=True)
class Title(_Block):
    """The head of a report."""

    kind: ClassVar[str] = "title"
    title: str
    subtitle: str
    facts: tuple[tuple[str, Cell], ...]
    badges: tuple[tuple[str, Tone], ...] = ()
    incident: Mapping[str, Any] | None = None
    lang: str = "en"
    generated_at: str = ""

    def to_dict(self) -> dict[str, Any]:
        """The head as plain data."""
        return {
            "block": self.kind,
            "incident": dict(self.incident or {}),
            "lang": self.lang,
            **({"generated_at": self.generated_at} if self.generated_at else {}),
            "title": self.title,
            "subtitle": self.subtitle,
            "facts": [_labelled(label, cell) for label, cell in self.facts],
            "badges": [{"text": text, "tone": tone} for text, tone in self.badges],
        }

    def _html(self) -> str:
        badges = " · ".join(html.escape(text) for text, _ in self.badges)
        head = f"<h1>{html.escape(self.title)}</h1><p>{html.escape(self.subtitle)} {badges}</p>"
        return head + Facts(self.facts)._html()

    def _text(self) -> str:
        return f"{self.title}\n{self.subtitle}\n{Facts(self.facts)._text()}"


@dataclass(frozen=True)
class Prose(_Block):
    """Markdown that people wrote; raw HTML in it is shown as text."""

    kind: ClassVar[str] = "prose"
    markdown: str

    def _html(self) -> str:
        # Not as text/markdown: JupyterLab lets tags in the Markdown of a trusted notebook run.
        import mistune

        return str(
            mistune.create_markdown(escape=True, plugins=["strikethrough", "table", "url"])(self.markdown)
        )

    def _text(self) -> str:
        return self.markdown


@dataclass(frozen=True)
class Picture:
    """A PNG as base64, what it is, and the same for those who cannot see it."""

    data: str
    caption: str
    alt: str


@dataclass(frozen=True)
class Pictures(_Block):
    """Pictures one below the other, and sentences on those that are not shown."""

    kind: ClassVar[str] = "pictures"
    items: tuple[Picture, ...]
    left_out: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The pictures as plain data."""
        items = [asdict(picture) for picture in self.items]
        return {"block": self.kind, "items": items, "left_out": list(self.left_out)}

    def _html(self) -> str:
        pictures = (
            f'<figure style="margin:0 0 1em"><img src="data:image/png;base64,{picture.data}" '
            f'alt="{html.escape(picture.alt)}" style="max-width:100%">'
            f"<figcaption>{html.escape(picture.caption)}</figcaption></figure>"
            for picture in self.items
        )
        left_out = (f"<p><em>Not shown: {html.escape(words)}</em></p>" for words in self.left_out)
        return "".join([*pictures, *left_out])

    def _text(self) -> str:
        lines = [picture.caption for picture in self.items]
        return "\n".join([*lines, *(f"Not shown: {words}" for words in self.left_out)])


@dataclass(frozen=True)
class Notice(_Block):
    """One sentence that stands out."""

    kind: ClassVar[str] = "notice"
    text: str
    tone: Tone = "info"

    def _html(self) -> str:
        return f"<p><strong>{html.escape(self.text)}</strong></p>"

    def _text(self) -> str:
        return self.text


@dataclass(frozen=True)
class Glossary(_Block):
    """Abbreviations and what they mean; a finished report keeps those that stand in it."""

    kind: ClassVar[str] = "glossary"
    items: tuple[tuple[str, str], ...]

    def to_dict(self) -> dict[str, Any]:
        """The abbreviations as plain data."""
        return {"block": self.kind, "items": [{"label": label, "text": text} for label, text in self.items]}

    def _html(self) -> str:
        return Facts(tuple((label, Cell(text)) for label, text in self.items))._html()

    def _text(self) -> str:
        return "\n".join(f"{label}: {text}" for label, text in self.items)


# Views of a postmortem, in the order of the report


def report_title(postmortem: Postmortem, now: pd.Timestamp | None = None) -> Title:
    """Title, severity, services, times and the people of the review, as of the time `now`."""
    incident = postmortem.incident
    anchors = find_anchors(postmortem.timeline).set_index("mark")["time"]
    facts = [
        ("Incident", Cell(incident.id)),
        ("Services", Cell(", ".join(incident.services) or "not stated")),
    ]
    began, ended = anchors.get("impact_started"), anchors.get("resolved")
    if began is not None and ended is not None and began <= ended:
        lasted = (ended - began).total_seconds() / 60
        span = f"{_day_time(anchors['impact_started'])} to {_end_time(anchors)} UTC"
        facts.append(("Impact", Cell(f"{span}, {format_minutes(lasted)}")))
    facts += [
        (member.role, Cell(member.person or "not assigned"))
        for member in incident.members
        if member.person != member.role  # an edition whose readers see roles instead of people
    ]
    status = review_status(postmortem, _LATEST if now is None else now)
    reached = list(status.loc[status["reached_at"].notna(), "milestone"])
    facts.append(("Review", Cell(_review_words(incident, closure_due_on(postmortem)))))
    facts += _provenance_facts(postmortem)
    stage = reached[-1] if reached else "Review opened"
    day = anchors.get("impact_started", pd.Timestamp(incident.opened_at) if incident.opened_at else None)
    subtitle = "Postmortem" + (f" · {_long_date(day)}" if day is not None else "")
    tone: Tone = "good" if len(reached) == len(incident.milestones) and reached else "info"
    badges: tuple[tuple[str, Tone], ...] = ((incident.severity, "bad"), (stage, tone))
    made = "" if now is None else f"{now:%Y-%m-%dT%H:%M:%SZ}"
    data = _incident_data(incident)
    return Title(incident.title, subtitle, tuple(facts), badges, data, incident.lang, made)


def _provenance_facts(postmortem: Postmortem) -> list[tuple[str, Cell]]:
    """How much of the timeline traces to evidence, as a share, with the other parts below it."""
    traced = trace_statements(postmortem).set_index("part")
    rows, count = traced.loc["timeline"]
    if not rows:
        return []
    others = [
        f"{traced.loc[part, 'traced']} of {traced.loc[part, 'rows']} {part}"
        for part in ("factors", "decisions")
        if traced.loc[part, "rows"]
    ]
    # Never rounded up to all of them.
    percent = int(100 * count / rows)
    words = f"{percent} % of {rows} timeline rows trace to evidence"
    return [("Provenance", Cell(words, note=_joined(*others), share=count / rows))]


def note_text(text: str, *, missing: str) -> Prose | Notice:
    """A note as prose; the sentence `missing` stands out where it is empty."""
    return Prose(text) if text.strip() else Notice(missing, "warn")


def card_metrics(metrics: pd.DataFrame) -> Cards:
    """The response metrics as a row of cards, each with the events it runs between."""
    cards = tuple(_metric_card(row) for row in metrics.to_dict("records"))
    return Cards(cards, _frame("metrics", metrics))


def card_review(postmortem: Postmortem, now: pd.Timestamp) -> Cards:
    """Where the review stands at the time `now`: the deadline, and each milestone with what it waits for."""
    review = describe_review(postmortem, now)
    milestones = (_milestone_card(row) for row in review.milestones.to_dict("records"))
    return Cards((_deadline_card(review), *milestones))


def facts_checkin(draft: Mapping[str, str]) -> Facts:
    """A check-in as it drafts itself: what changed, what stands in the way, what comes next."""
    labels = {"summary": "What changed", "blockers": "In the way", "next_steps": "Next"}
    items = []
    for name, label in labels.items():
        lines = (draft.get(name) or "Nothing.").splitlines()
        items += [(label if n == 0 else "", Cell(line)) for n, line in enumerate(lines)]
    return Facts(tuple(items))


def table_tracker(tracked: pd.DataFrame) -> Table:
    """The action-item tracker, the most overdue first: who, until when, and what to ask them."""
    rows = [
        (
            Cell(row["action_id"], mono=True),
            Cell(row["action"], note=row["reminder"]),
            Cell(row["person"] or "nobody", badge=None if row["person"] else "bad"),
            Cell(
                "no date" if pd.isna(row["due_on"]) else _date_words(row["due_on"]),
                note="" if pd.isna(row["overdue_days"]) else f"{row['overdue_days']} working days late",
                badge="bad" if pd.notna(row["overdue_days"]) else None,
            ),
            Cell(row["status"] or "open", note=row["issue_key"]),
        )
        for row in tracked.to_dict("records")
    ]
    heads = (Head("Id"), Head("Action", width="wide"), Head("DRI"), Head("Due"), Head("Status"))
    return Table("tracker", "", heads, tuple(rows), "No action is recorded.")


def table_ideas(ideas: pd.DataFrame) -> Table:
    """Ideas that nobody took on yet, and the actions that some became."""
    rows = [
        (
            Cell(row["idea_id"], mono=True),
            Cell(row["idea"], note=row["note"]),
            Cell(row["raised_by"]),
            Cell(row["action_id"], mono=True),
        )
        for row in ideas.to_dict("records")
    ]
    heads = (Head("Id"), Head("Idea", width="wide"), Head("Raised by"), Head("Became"))
    return Table("ideas", "", heads, tuple(rows), "No idea waits for somebody.")


def table_findings(findings: pd.DataFrame) -> Table:
    """What the checks found, the gravest first; a finding that may stay says why."""
    tones: dict[str, Tone] = {"error": "bad", "warning": "warn", "info": "info"}
    rows: list[tuple[Cell, ...]] = [
        (
            Cell(row["severity"], badge=tones[row["severity"]]),
            Cell(row["rule"], note=row["title"], mono=True),
            Cell(row["message"], note=row["suggestion"]),
            Cell(row["where"].replace("/", " · ")),
            Cell(row["suppressed"]),
        )
        for row in findings.to_dict("records")
    ]
    heads: tuple[Head, ...] = (
        Head("Severity", width="narrow"), Head("Rule"), Head("Finding", width="wide"), Head("Where"),
        Head("May stay because"),
    )  # fmt: skip
    if rows and not (findings["suppressed"] != "").any():  # nothing may stay: no column of blanks
        heads, rows = heads[:-1], [row[:-1] for row in rows]
    return Table(
        "findings", "", heads, tuple(rows), "The checks found nothing.", _frame("findings", findings)
    )


def table_derivations(metrics: pd.DataFrame) -> Table:
    """How each metric was derived: from which event to which event, and who said so."""
    rows = [
        (
            Cell(row["metric"], note=row["title"], anchor=f"derived:{row['metric']}"),
            Cell("unknown" if pd.isna(row["minutes"]) else format_minutes(row["minutes"])),
            _anchor_cell(row, "from"),
            _anchor_cell(row, "to"),
            Cell(_BASIS_WORDS[row["basis"]]),
        )
        for row in metrics.to_dict("records")
    ]
    heads = (
        Head("Metric"), Head("Value", "right", "narrow"), Head("From", width="wide"),
        Head("To", width="wide"), Head("Basis", width="wide"),
    )  # fmt: skip
    caption = "Every duration is the time between two events."
    frame = _frame("metrics", metrics)
    return Table("derivations", caption, heads, tuple(rows), "No metrics.", frame)


def table_timeline(timeline: pd.DataFrame) -> Table:
    """The timeline in order (UTC): when, what happened, who and where, anchors marked."""
    rows, day = [], None
    for row in timeline.to_dict("records"):
        time = row["time"]
        new_day = time.date() != day
        day = time.date()
        marks = _marks_words(row)
        rows.append(
            (
                Cell(
                    f"{time:%H:%M:%S}",
                    url=row["url"],
                    note=_joined(f"{time.day} {time:%b}" if new_day else "", _recorded(row)),
                    mono=True,
                ),
                Cell(row["summary"], note=row["note"]),
                Cell(row["actor"] or _source_words(row), note=_place_words(row)),
                Cell(
                    marks,
                    badge="info" if marks else None,
                    sources=(row["event_id"],) if marks else (),
                    cited_as=marks,
                ),
            )
        )
    heads = (
        Head("Time (UTC)", width="narrow"), Head("What happened", width="wide"), Head("Who, where"),
        Head("Mark", width="narrow"),
    )  # fmt: skip
    caption = _timeline_caption(timeline) if rows else ""
    # what people say about a record leaves with the report, the record itself does not
    frame = _frame("timeline", timeline.drop(columns="text", errors="ignore"))
    return Table("timeline", caption, heads, tuple(rows), "The timeline is still empty.", frame)


def table_impact(impact: pd.DataFrame) -> Table:
    """What the incident did, in numbers, each with its source."""
    rows = [
        (
            Cell(row["measure"], note=row["note"]),
            Cell(_amount(row)),
            Cell(row["basis"], sources=_event_ids(row), cited_as=row["measure"]),
        )
        for row in impact.to_dict("records")
    ]
    heads = (Head("Measure", width="wide"), Head("Value", "right"), Head("How we know", width="wide"))
    return Table("impact", "", heads, tuple(rows), "No impact is measured yet.", _frame("impact", impact))


def table_factors(factors: pd.DataFrame, events: pd.DataFrame, timeline: pd.DataFrame | None = None) -> Table:
    """Contributing factors with their kind and the events that are evidence for them.

    With `timeline` an event stands with the time it has there: corrected by people, or theirs alone; one of
    another day than its first stands with its day.
    """
    times = _event_times(events) | ({} if timeline is None else _event_times(timeline))
    day = None if timeline is None else timeline["time"].min()
    rows = [
        (
            Cell(row["factor_id"], mono=True),
            Cell(row["statement"], note=row["note"]),
            Cell(row["kind"], badge="bad" if row["root_cause"] else None, note=_cause_words(row)),
            Cell(
                _evidence_words(row["event_ids"], times, day),
                sources=_event_ids(row),
                cited_as=row["factor_id"],
            ),
        )
        for row in factors.to_dict("records")
    ]
    heads = (
        Head("Id", width="narrow"), Head("Contributing factor", width="wide"), Head("Kind"),
        Head("Evidence (UTC)"),
    )  # fmt: skip
    return Table(
        "factors",
        "",
        heads,
        tuple(rows),
        "No contributing factor is recorded yet.",
        _frame("factors", factors),
    )


def table_decisions(decisions: pd.DataFrame) -> Table:
    """Decisions in order: what was decided, why, what else there was, which role decided."""
    ordered = decisions.sort_values("decided_at", kind="stable")
    rows = [
        (
            Cell(_when(row["decided_at"]), mono=True, note=_date_words(row["decided_at"])),
            Cell(row["decision"], note=row["why"], sources=_event_ids(row), cited_as=row["decision_id"]),
            Cell(row["alternatives"]),
            Cell(row["decided_by"]),
        )
        for row in ordered.to_dict("records")
    ]
    heads = (
        Head("Time (UTC)", width="narrow"), Head("Decision and why", width="wide"), Head("Alternatives"),
        Head("Decided by"),
    )  # fmt: skip
    return Table(
        "decisions", "", heads, tuple(rows), "No decision is recorded yet.", _frame("decisions", ordered)
    )


def table_actions(actions: pd.DataFrame) -> Table:
    """Action items: what will be different, how it is known to be done, who answers for it, until when."""
    rows = [
        (
            Cell(row["action_id"], mono=True, note=row["priority"]),
            Cell(row["action"], note=f"Done when: {row['done_when']}" if row["done_when"] else ""),
            Cell(row["type"], note=row["factor_ids"].replace(" ", ", ")),
            Cell(row["dri"] or "nobody yet", note=f"due {_date_words(row['due_on'])}"),
            Cell(row["issue_key"] or "no issue", mono=bool(row["issue_key"])),
            Cell(row["status"], badge=_STATUS_TONES.get(row["status"])),
        )
        for row in actions.to_dict("records")
    ]
    heads = (
        Head("Id", width="narrow"), Head("Action", width="wide"), Head("Type, factors"), Head("DRI, due"),
        Head("Issue", width="narrow"), Head("Status", width="narrow"),
    )  # fmt: skip
    return Table("actions", "", heads, tuple(rows), "No action is recorded yet.", _frame("actions", actions))


def table_raci(raci: pd.DataFrame, roles: Sequence[str] = ()) -> Table:
    """Activities by roles: R responsible, A accountable, C consulted, I informed."""
    columns = [*roles, *(role for role in dict.fromkeys(raci["role"]) if role not in roles)]
    parts = {(row.activity, row.role): row.part for row in raci.itertuples()}
    rows = [
        (Cell(activity), *(Cell(_part(parts.get((activity, role), ""))) for role in columns))
        for activity in dict.fromkeys(raci["activity"])
    ]
    heads = (Head("Activity", width="wide"), *(Head(role, "center") for role in columns))
    caption = "R responsible · A accountable · C consulted · I informed"
    return Table("raci", caption, heads, tuple(rows), "No roles are agreed yet.", _frame("raci", raci))


def table_milestones(status: pd.DataFrame) -> Table:
    """Milestones of the review: when each was reached, or what it still waits for."""
    rows = []
    for row in status.to_dict("records"):
        reached = not pd.isna(row["reached_at"])
        waits_for = "; ".join(row["blocked_by"]) or "waits for the team"
        words = f"reached {_day_time(row['reached_at'])} UTC" if reached else waits_for
        rows.append((Cell(row["milestone"]), Cell(words, badge="good" if reached else "warn")))
    heads = (Head("Milestone"), Head("Status", width="wide"))
    return Table(
        "milestones", "", heads, tuple(rows), "No milestones are planned.", _frame("milestones", status)
    )


def table_checkins(checkins: pd.DataFrame) -> Table:
    """Check-ins in order: when, what changed, what stood in the way, what came next."""
    ordered = checkins.sort_values("held_at", kind="stable")
    rows = [
        (
            Cell(_day_time(row["held_at"]), note=row["kind"]),
            Cell(row["summary"], note=f"Blocked by: {row['blockers']}" if row["blockers"] else ""),
            Cell(row["next_steps"]),
            Cell(row["attendees"]),
        )
        for row in ordered.to_dict("records")
    ]
    heads = (
        Head("Held (UTC)", width="narrow"), Head("What changed", width="wide"), Head("Next", width="wide"),
        Head("There"),
    )  # fmt: skip
    return Table("checkins", "", heads, tuple(rows), "No check-in was held yet.", _frame("checkins", ordered))


def table_tasks(tasks: pd.DataFrame) -> Table:
    """The review's own tasks by list, with role, due date and status."""
    rows = [
        (
            Cell(row["task"], note=row["task_list"]),
            Cell(row["dri"]),
            Cell(_date_words(row["due_on"])),
            Cell(row["status"], badge=_STATUS_TONES.get(row["status"])),
        )
        for row in tasks.to_dict("records")
    ]
    heads = (
        Head("Task", width="wide"),
        Head("DRI"),
        Head("Due", width="narrow"),
        Head("Status", width="narrow"),
    )
    return Table("tasks", "", heads, tuple(rows), "No tasks are planned.")


def table_questions(questions: pd.DataFrame) -> Table:
    """Open and answered questions of the review."""
    rows = [
        (
            Cell(row["question"], note=row["answer"]),
            Cell(row["owner"] or "nobody yet"),
            Cell(row["status"], badge="good" if row["status"] == "answered" else None),
        )
        for row in questions.to_dict("records")
    ]
    heads = (Head("Question", width="wide"), Head("Owner"), Head("Status", width="narrow"))
    return Table(
        "questions", "", heads, tuple(rows), "No questions were asked.", _frame("questions", questions)
    )


def table_debrief(questions: pd.DataFrame, *, limit: int = 30) -> Table:
    """What `debrief_questions` asks, each with the reason it has, at most `limit` of them."""
    rows = [
        (Cell(_when(row["start_at"]), mono=True), Cell(row["question"], note=row["why"]))
        for row in questions.head(limit).to_dict("records")
    ]
    rest = f"{len(questions) - limit:,} more are not shown." if len(questions) > limit else ""
    heads = (Head("About (UTC)", width="narrow"), Head("Question", width="wide"))
    return Table("debrief", rest, heads, tuple(rows), "The record raises no questions.")


def table_whys(walk: pd.DataFrame) -> Table:
    """The walk of `five_whys`: what was asked, the factor that answers, and where nobody has answered."""
    rows = [
        (
            Cell(row["path"], mono=True),
            Cell(row["question"]),
            Cell(
                f"{row['answer']} {row['statement']}".strip(),
                note="as above" if row["seen"] else row["mechanism"],
            )
            if row["answer"]
            else Cell("no answer yet", badge="warn"),
        )
        for row in (walk.to_dict("records") if walk["answer"].any() else ())
    ]
    heads = (Head("Chain"), Head("Question"), Head("Answer", width="wide"))
    return Table("whys", "", heads, tuple(rows), "No factors are linked yet.")


def table_links(links: pd.DataFrame, factors: pd.DataFrame) -> Table:
    """Links between factors, as `find_uncovered` gives them, with what the factors say."""
    said = dict(zip(factors["factor_id"], factors["statement"], strict=True))
    rows = [
        (
            Cell(row["cause"], note=said.get(row["cause"], ""), mono=True),
            Cell(row["effect"], note=said.get(row["effect"], ""), mono=True),
            Cell(row["note"]),
        )
        for row in links.to_dict("records")
    ]
    heads = (Head("Cause", width="wide"), Head("led to", width="wide"), Head("How"))
    return Table("links", "", heads, tuple(rows), "None: an action stands on every way to the impact.")


def table_gaps(gaps: pd.DataFrame) -> Table:
    """Stretches of time without an event on the timeline, with how much the record holds inside."""
    rows = [
        (
            Cell(f"{_when(row['start_at'])} – {_when(row['end_at'])}", mono=True),
            Cell(f"{row['minutes']:,.0f} min"),
            Cell(f"{row['raw_events']:,}"),
        )
        for row in gaps.to_dict("records")
    ]
    heads = (Head("From, to (UTC)"), Head("Long", "right"), Head("Raw events inside", "right"))
    return Table("gaps", "", heads, tuple(rows), "The timeline has no gaps.")


def table_evidence(evidence: pd.DataFrame) -> Table:
    """Raw files with their time span, how many of their records could be read, and their digests."""
    rows = [
        (
            Cell(row["path"].removeprefix("evidence/"), note=f"sha256 {row['sha256']}"),
            Cell(row["source"]),
            Cell(_count(row["records_loaded"]), note=_unreadable_words(row)),
            Cell(_span(row["first_at"], row["last_at"]), note=row["note"]),
        )
        for row in evidence.to_dict("records")
    ]
    heads = (Head("File", width="wide"), Head("Source"), Head("Records", "right"), Head("From, to (UTC)"))
    return Table(
        "evidence", "", heads, tuple(rows), "No evidence was added yet.", _frame("evidence", evidence)
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
        ("Window", Cell(_span(evidence["first_at"].min(), evidence["last_at"].max()), note="UTC")),
    )
    return Facts(items)


def facts_seal(seal: Seal) -> Facts | Notice:
    """What is to be kept outside the incident folder, to tell later whether somebody changed the record."""
    if not seal.head:
        return Notice("The journal of this record is missing: whether it was changed cannot be told.", "warn")
    written = "" if seal.at is None else f", written {_day_time(pd.Timestamp(seal.at))} UTC"
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
                "no time" if pd.isna(row["time"]) else f"{_day_time(row['time'])}{row['time']::%S}",
                url=row["url"],
                note=_joined(source_title(row["source"]), row["place"]),
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


def list_abbreviations(glossary: Mapping[str, str] | None = None) -> Glossary:
    """The abbreviations that the report may use; it shows those it does use.

    `glossary` are the team's own, over those that ship in `report_templates/glossary.toml`.
    """
    return Glossary(tuple({**load_glossary(), **(glossary or {})}.items()))


def table_changes(changes: pd.DataFrame, since: str) -> Table:
    """What is new, changed or gone since an edition, as `find_changes` gives it; of many rows their number.

    `since` is when that edition was made, as `2026-11-09T16:00:00Z`.
    """
    tones: dict[str, Tone] = {"new": "good", "changed": "info", "gone": "neutral"}
    rows = []
    for (part, change), group in changes.groupby(["part", "change"], sort=False):
        told = [row["words"] or row["name"] for row in group.to_dict("records")]
        more = f"and {len(told) - _TOLD_CHANGES:,} more" if len(told) > _TOLD_CHANGES else ""
        words = "\n".join(filter(None, [*told[:_TOLD_CHANGES], more]))
        rows.append((Cell(part), Cell(f"{len(told)} {change}", badge=tones[change]), Cell(words)))
    heads = (Head("Part", width="narrow"), Head("Change", width="narrow"), Head("What", width="wide"))
    at = pd.Timestamp(since)
    caption = f"Changes since the edition of {_day_time(at)} UTC"
    return Table("changes", caption, heads, tuple(rows), "Nothing changed since the previous edition.")


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
    return Table("clocks", caption, heads, tuple(rows), "No clock is corrected.", _frame("clocks", clocks))


def table_clock_offsets(offsets: pd.DataFrame) -> Table:
    """What `estimate_clock_offsets` found: by how much two clocks are apart, how sure that is, and why."""
    rows = [
        (
            Cell(_clock_name(row["source"]), note=f"beside {_clock_name(row['reference'])}"),
            _offset_cell(row),
            Cell(_count(row["pairs"]), note=_spread_words(row["spread_seconds"])),
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


def table_events(events: pd.DataFrame, *, limit: int = 200) -> Table:
    """Raw events in order (UTC), at most `limit` of them; with their days where these are several."""
    days = events["time"].head(limit).dt.date
    is_new_day = (days != days.shift()) & events["time"].head(limit).notna() & (days.nunique() > 1)
    rows = [
        (
            Cell(
                "unknown" if pd.isna(row["time"]) else f"{row['time']:%H:%M:%S}",
                note=f"{row['time'].day} {row['time']:%b}" if new_day else "",
                mono=True,
            ),
            Cell(row["text"], url=row["url"]),
            Cell(row["actor"], note=row["place"]),
            Cell(row["kind"], note=row["source"]),
        )
        for row, new_day in zip(events.head(limit).to_dict("records"), is_new_day, strict=True)
    ]
    rest = f" {len(events) - limit:,} more are not shown." if len(events) > limit else ""
    heads = (Head("Time (UTC)", width="narrow"), Head("Text", width="wide"), Head("Who, where"), Head("Kind"))
    return Table("events", f"{len(events):,} events.{rest}", heads, tuple(rows), "No events.")


# Words and small things

_STATUS_TONES: Final[dict[str, Tone]] = {
    "done": "good",
    "in progress": "info",
    "open": "warn",
    "dropped": "neutral",
}
_SURE_TONES: Final[dict[str, Tone]] = {"high": "good", "medium": "info", "low": "neutral"}
_BASIS_WORDS: Final = {
    "marked": "both events marked by the team",
    "default": "PagerDuty's time, not confirmed by the team",
    "unknown": "an anchor is missing",
    "out of order": "its end lies before its start: check the anchors",
}


def _frame(name: str, frame: pd.DataFrame) -> dict[str, Any]:
    if "url" in frame:
        frame = frame.assign(url=[_web_address(url) for url in frame["url"]]).astype({"url": "str"})
    return {"name": name, **pack_frame(frame)}


def _incident_data(incident: Incident) -> dict[str, Any]:
    return {
        "id": incident.id,
        "title": incident.title,
        "severity": incident.severity,
        "services": list(incident.services),
        "timezone": incident.timezone,
    }


def _labelled(label: str, cell: Cell) -> dict[str, Any]:
    return {"label": label, **_cell_data(cell)}


def _cell_data(cell: Cell) -> dict[str, Any]:
    told = {**_without_blanks(asdict(replace(cell, url=_address(cell)))), "text": cell.text}
    return {**told, "sources": list(cell.sources)} if cell.sources else told


def _address(cell: Cell) -> str:
    return _web_address(cell.url)


def _web_address(url: str) -> str:
    """The address; one that is not of the web, as `javascript:`, leads nowhere."""
    return url if url.lower().startswith(("https://", "http://")) else ""


def _without_blanks(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value not in ("", None, False, ())}


def _cell_html(cell: Cell) -> str:
    text = _with_code(cell.text)
    if address := _address(cell):
        text = f'<a href="{html.escape(address)}" rel="noreferrer">{text}</a>'
    if cell.mono:
        text = f"<code>{text}</code>"
    if cell.badge:
        text = f"<strong>{text}</strong>"
    return text + (f'<br><small style="opacity:.75">{_with_code(cell.note)}</small>' if cell.note else "")


def _with_code(text: str) -> str:
    """Escaped text; what stands in backticks is code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(text))


def _metric_card(row: Mapping[str, Any]) -> Card:
    if pd.isna(row["minutes"]):
        missing = [
            row[f"{end}_mark"].replace("_", " ") for end in ("from", "to") if pd.isna(row[f"{end}_at"])
        ]
        why = f"`{'` and `'.join(missing)}` not marked" if missing else _BASIS_WORDS["out of order"]
        return Card(row["title"], "unknown", why, "warn", f"derived:{row['metric']}")
    span = " → ".join(f"{_end_words(row, end)} {_mark_words(row, end)}" for end in ("from", "to"))
    default = row["basis"] == "default"
    note = span + (" (PagerDuty)" if default else "")
    return Card(row["title"], format_minutes(row["minutes"]), note, derived=f"derived:{row['metric']}")


def _deadline_card(review: Review) -> Card:
    words, days = review.deadline_words(), review.working_days_left
    if review.due_on is None:
        return Card("Closure", "not known yet", "`resolved` is not marked", "neutral")
    if review.is_closed:
        return Card("Closure", "closed", words, "good")
    left = abs(days or 0)
    count = f"{left} day" + ("" if left == 1 else "s")
    late = (days or 0) < 0
    tone: Tone = "bad" if late else "warn" if review.is_urgent else "info"
    return Card("Closure", f"{count} {'late' if late else 'left'}", f"due {_long_date(review.due_on)}", tone)


def _milestone_card(row: Mapping[str, Any]) -> Card:
    if pd.notna(row["reached_at"]):
        return Card(row["milestone"], "reached", f"{_day_time(row['reached_at'])} UTC", "good")
    lacks = row["blocked_by"]
    more = f", and {len(lacks) - _LACKS} more" if len(lacks) > _LACKS else ""
    words = "; ".join(lacks[:_LACKS]) + more
    return Card(row["milestone"], "waits", words or "for the team", "warn")


def _mark_words(row: Mapping[str, Any], end: str) -> str:
    return str(row[f"{end}_mark"]).replace("_", " ")


def _marks_words(row: Mapping[str, Any]) -> str:
    marks = zip(row["mark"].split(), row["mark_basis"].split(), strict=True)
    return ", ".join(
        mark.replace("_", " ") + (" (from PagerDuty)" if basis == "default" else "") for mark, basis in marks
    )


def _end_words(row: Mapping[str, Any], end: str) -> str:
    """The time of one end of a duration, with its day where the other end is on another one."""
    at, ends = row[f"{end}_at"], (row["from_at"], row["to_at"])
    one_day = pd.isna(ends[0]) or pd.isna(ends[1]) or ends[0].date() == ends[1].date()
    return _when(at) if one_day else f"{at.day} {at:%b} {_when(at)}"


def _anchor_cell(row: Mapping[str, Any], end: str) -> Cell:
    if pd.isna(row[f"{end}_at"]):
        return Cell(f"{_mark_words(row, end)}: not marked")
    recorded = _recorded(row, f"{end}_")
    words = f"{_end_words(row, end)} {_mark_words(row, end)}"
    sources = (row[f"{end}_event"],) if row[f"{end}_event"] else ()
    return Cell(_joined(words, recorded), note=row[f"{end}_summary"], sources=sources, cited_as=row["metric"])


def _timeline_caption(timeline: pd.DataFrame) -> str:
    said = correction_words(timeline)
    if (timeline["time_basis"] == SET_BY_PEOPLE).any():
        said += " Where the team set another time, the recorded one stands below it."
    return said.strip()


def _joined(*words: str) -> str:
    return ", ".join(filter(None, words))


def _recorded(row: Mapping[str, Any], end: str = "") -> str:
    """`recorded 07:59:12`, with its day where that is another one; "" where the time is the recorded one."""
    at, shown = row[f"{end}recorded_at"], row["time" if not end else f"{end}at"]
    if pd.isna(at):
        return ""
    return f"recorded {_when(at)}" if at.date() == shown.date() else f"recorded {at.day} {at:%b} {_when(at)}"


def _clock_name(source: str) -> str:
    return source.removeprefix("evidence/") if source.startswith("evidence/") else source_title(source)


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


def _applied_cell(row: Mapping[str, Any], counts: Mapping[str, int] | None) -> Cell:
    if not row["applied"]:
        return Cell("no")
    if pd.isna(row["offset_seconds"]):
        return Cell("nothing to add is given", badge="warn")
    if counts is None or not row["offset_seconds"]:
        return Cell("yes")
    count = counts.get(row["source"], 0)
    words = f"to {count:,} event{'' if count == 1 else 's'}"
    return Cell(words, badge="good") if count else Cell("to no event", badge="warn")


def _source_words(row: Mapping[str, Any]) -> str:
    return "observed" if row["source"] == "manual" else str(row["source"])


def _place_words(row: Mapping[str, Any]) -> str:
    place = str(row["place"])
    return f"{place}, PagerDuty" if row["source"] == "pagerduty" and place else place


def _cause_words(row: Mapping[str, Any]) -> str:
    words = ["root cause"] if row["root_cause"] else []
    words += [f"confidence {row['confidence']}"] if row["confidence"] else []
    words += [] if row["agreed"] else ["not agreed yet"]
    return ", ".join(words)


def _count(number: object) -> str:
    return "unknown" if pd.isna(number) else f"{number:,}"


def _unreadable_words(row: Mapping[str, Any]) -> str:
    unreadable = 0 if pd.isna(row["records_unreadable"]) else int(row["records_unreadable"])
    return f"{unreadable:,} unreadable" if unreadable else ""


def _review_words(incident: Incident, due: date | None) -> str:
    opened = f"opened {_long_date(incident.opened_at)}" if incident.opened_at else "not opened"
    owner = f", owned by the {incident.owner}" if incident.owner else ""
    return f"{opened}{owner}" + (f", closure due {_long_date(due)}" if due else "")


def _place_in_evidence(ref: str) -> str:
    """`evidence/slack.zip#ops/1.json:14` as `slack.zip › ops/1.json › 14`, for people."""
    path, _, rest = ref.removeprefix("evidence/").partition("#")
    member, _, record = rest.rpartition(":")
    return " › ".join(part for part in (path, member, record) if part)


def _event_ids(row: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(str(row.get("event_ids") or "").split())


def _event_times(events: pd.DataFrame) -> dict[str, pd.Timestamp]:
    return dict(zip(events["event_id"], events["time"], strict=True))


def _evidence_words(event_ids: str, times: Mapping[str, pd.Timestamp], day: pd.Timestamp | None) -> str:
    """Times of the events instead of their ids; a reader finds them in the timeline by time."""
    return ", ".join(_moment(times.get(name, pd.NaT), day) or name for name in event_ids.split())


def _moment(time: pd.Timestamp, day: pd.Timestamp | None) -> str:
    """The time of day, and before it the day where it is another one: weeks before, or a year."""
    if pd.isna(time) or day is None or pd.isna(day) or time.date() == day.date():
        return _when(time)
    year = f" {time:%Y}" if time.year != day.year else ""
    return f"{time.day} {time:%b}{year} {_when(time)}"


def _amount(row: Mapping[str, Any]) -> str:
    value, low, high = ("" if pd.isna(row[name]) else _number(row[name]) for name in ("value", "low", "high"))
    span = (
        f"{low} to {high}"
        if low and high
        else f"at least {low}"
        if low
        else f"at most {high}"
        if high
        else ""
    )
    if not value:
        return f"{span or 'unknown'} {row['unit']}"
    return f"{value} {row['unit']}" + (f" ({span})" if span else "")


def _number(value: float) -> str:
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.10g}"


def _part(part: str) -> str:
    return " ".join(part)


def _when(time: pd.Timestamp) -> str:
    return "" if pd.isna(time) else f"{time:%H:%M:%S}"


def _date_words(day: pd.Timestamp) -> str:
    return "no date" if pd.isna(day) else f"{day.day} {day:%b %Y}"


def _day_time(time: pd.Timestamp) -> str:
    return "unknown" if pd.isna(time) else f"{time.day} {time:%b %Y %H:%M}"


def _span(first: pd.Timestamp, last: pd.Timestamp) -> str:
    if pd.isna(first) and pd.isna(last):
        return "no times"
    return _day_time(first) if first == last else f"{_day_time(first)} to {_day_time(last)}"


def _long_date(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def _end_time(anchors: pd.Series) -> str:
    same_day = anchors["resolved"].date() == anchors["impact_started"].date()
    return f"{anchors['resolved']:%H:%M}" if same_day else _day_time(anchors["resolved"])
