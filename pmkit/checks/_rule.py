"""What a rule is, what it finds, and how it is given what it asks for; the engine knows no rule."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import Any, Final, Literal, NamedTuple

import pandas as pd

from pmkit.checks.statement import Cause, read_causes
from pmkit.checks.wording import Reading, Sentence, spell_names, split_sentences, unname
from pmkit.metrics import response_metrics
from pmkit.milestones import review_status
from pmkit.postmortem import Incident, Postmortem
from pmkit.roster import find_active_people
from pmkit.suggestions import suggest
from pmkit.timeline import find_anchors, find_gaps
from pmkit.vocabulary import Vocabulary, load_vocabulary

Severity = Literal["error", "warning", "info"]
SEVERITIES: Final[tuple[Severity, ...]] = ("error", "warning", "info")
FAMILIES: Final = {
    "TL": "Timeline",
    "RC": "Root cause",
    "AC": "Actions",
    "DE": "Decisions",
    "LA": "Language",
    "PR": "Process",
    "EV": "Evidence",
    "IM": "Impact",
    "MT": "Metrics",
}
_GIVEN: Final = (
    "postmortem", "now", "vocabulary", "incident", "anchors", "all_anchors", "metrics", "milestones",
    "people", "names", "passages", "sentences", "suggestions", "talk", "silences", "causes",
)  # fmt: skip
_CODE: Final = re.compile(rf"(?:{'|'.join(FAMILIES)})[1-9]\d\d", re.ASCII)


class Finding(NamedTuple):
    """One thing that a rule found.

    Parameters
    ----------
    message : what it is, in one sentence about the record, never about a person
    table, row, column : where it stands: a table of the workspace (or `notes/<name>`), the id of its row, the
        cell; what does not apply is empty
    event_ids : events that show it
    suggestion : how to mend it here, or what to write instead
    """

    message: str
    table: str = ""
    row: str = ""
    column: str = ""
    event_ids: tuple[str, ...] = ()
    suggestion: str = ""

    @property
    def where(self) -> str:
        """Table, row and column as one text; with the rule's code its name in `suppressions.csv`."""
        return "/".join(part for part in (self.table, self.row, self.column) if part)


@dataclass(frozen=True)
class Rule:
    """One rule: its code, title and severity, and the function that looks.

    The function's parameters name what it reads (see `Record`); its docstring says in a first sentence what
    is wrong, then why it matters, and after `Mend:` what to do.
    """

    code: str
    title: str
    severity: Severity
    find: Callable[..., Iterable[Finding]]
    reads: tuple[str, ...]
    on_text: bool = False

    @property
    def family(self) -> str:
        """The first two letters of the code."""
        return self.code[:2]

    @property
    def is_text_rule(self) -> bool:
        """Whether it can look at a report that was written elsewhere: it reads texts alone, or says so."""
        return self.on_text or set(self.reads) <= {"passages", "sentences", "names", "vocabulary"}

    @property
    def why(self) -> str:
        """What is wrong and why it matters, in a few sentences."""
        return _paragraphs(self.find.__doc__).partition("Mend:")[0].strip()

    @property
    def mend(self) -> str:
        """What to do about it."""
        return _paragraphs(self.find.__doc__).partition("Mend:")[2].strip()


def rule(
    code: str, title: str, *, severity: Severity = "warning", on_text: bool = False
) -> Callable[..., Rule]:
    """Make a rule of a function. `on_text`: it reads actions, and those of any report will do.

    Of a report that was written elsewhere `incident` is None and `people` are nobody.
    """
    if not _CODE.fullmatch(code):
        raise ValueError(f"{code!r}: a code is a family ({', '.join(FAMILIES)}) and three digits")

    def make(find: Callable[..., Iterable[Finding]]) -> Rule:
        reads = tuple(inspect.signature(find).parameters)
        unknown = [name for name in reads if name not in _GIVEN and name not in TABLES]
        if unknown:
            raise ValueError(f"{code}: no rule can read `{unknown[0]}`")
        if on_text and not set(reads) <= {"passages", "vocabulary", "actions", "incident", "people"}:
            raise ValueError(f"{code}: on text alone there are passages and actions, and no more")
        return Rule(code, title, severity, find, reads, on_text)

    return make


class Passage(NamedTuple):
    """A text that people wrote, and where it stands; `kind` says what it is: `note`, `action`, `cause` …"""

    text: str
    table: str
    row: str = ""
    column: str = ""
    kind: str = "note"

    def finding(self, message: str, *, suggestion: str = "", event_ids: tuple[str, ...] = ()) -> Finding:
        """A finding in this text."""
        return Finding(message, self.table, self.row, self.column, event_ids, suggestion)


class Told(NamedTuple):
    """A sentence of a passage: as it stands there, and as it is read, with people for their names."""

    passage: Passage
    sentence: Sentence
    reading: Reading


def read_passages(
    passages: Iterable[Passage], names: Iterable[str], vocabulary: Vocabulary
) -> tuple[Told, ...]:
    """The sentences of texts that people wrote; `names` are those of people who are known."""
    spelled = spell_names(names)
    return tuple(
        Told(passage, sentence, Reading(unname(sentence, spelled), vocabulary))
        for passage in passages
        for sentence in split_sentences(passage.text)
    )


# Which cells are texts of people, and of what kind; evidence is quoted and never judged.
TEXTS: Final = {
    "factors": {"statement": "cause", "note": "note"},
    "factor_links": {"note": "note"},
    "decisions": {"decision": "decision", "why": "decision", "alternatives": "decision"},
    "actions": {"action": "action", "done_when": "proof", "note": "note"},
    "timeline": {"summary": "summary", "note": "note"},
    "impact": {"note": "note"},
    "questions": {"question": "question", "answer": "note"},
    "checkins": {"summary": "note", "blockers": "note", "next_steps": "note"},
}


# The parts of a postmortem that a rule may name.
TABLES: Final = (
    "evidence", "events", "worksheet", "timeline", "impact", "factors", "factor_links", "decisions",
    "actions", "ideas", "tasks", "raci", "checkins", "questions", "suppressions", "journal", "notes",
)  # fmt: skip


_SAID: Final = (
    "event_id", "time", "source", "actor", "place", "text", "slack_is_bot", "slack_ts", "slack_thread_ts",
    "slack_reactions",
)  # fmt: skip
_TALKING: Final = ("message", "reply", "file")
_SILENCE: Final = pd.Timedelta("15min")


@dataclass(frozen=True)
class Record:
    """Everything a rule may ask for, by the name of its parameter; made once and shared by all rules.

    Besides these a rule may name any table of the postmortem: `actions`, `factors`, `timeline`, `events` …
    """

    postmortem: Postmortem
    now: datetime
    vocabulary: Vocabulary = field(default_factory=load_vocabulary)

    @property
    def incident(self) -> Incident:
        """The facts of the incident."""
        return self.postmortem.incident

    @cached_property
    def anchors(self) -> Mapping[str, pd.Timestamp]:
        """When each marked anchor was; anchors that nobody marked are not in it."""
        found = self.all_anchors
        known = zip(found["mark"], found["time"], found["basis"], strict=True)
        return {mark: time for mark, time, basis in known if basis == "marked"}

    @cached_property
    def all_anchors(self) -> pd.DataFrame:
        """`find_anchors` of the timeline, by `mark`; those that are PagerDuty's own times too."""
        return find_anchors(self.postmortem.timeline).set_index("mark", drop=False)

    @cached_property
    def metrics(self) -> pd.DataFrame:
        """`response_metrics` of the timeline, by `metric`."""
        return response_metrics(self.postmortem.timeline).set_index("metric", drop=False)

    @cached_property
    def milestones(self) -> pd.DataFrame:
        """`review_status` now, by `milestone`."""
        return review_status(self.postmortem, self.now).set_index("milestone", drop=False)

    @cached_property
    def people(self) -> tuple[str, ...]:
        """Everybody who speaks or acts in the evidence, the most active first."""
        return tuple(find_active_people(self.postmortem.events)["person"])

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The names of all who are known, listed or active."""
        return tuple(dict.fromkeys([*self.incident.roster, *self.people]))

    @cached_property
    def suggestions(self) -> pd.DataFrame:
        """`suggest` of the record: early signals, anchors … that people have not settled yet."""
        return suggest(self.postmortem, vocabulary=self.vocabulary)

    @cached_property
    def talk(self) -> pd.DataFrame:
        """What people wrote during the response in the channels of the incident, in order; some columns."""
        events, incident = self.postmortem.events, self.incident
        start, end = find_response(self.postmortem)
        if start is None or end is None or not incident.channels:
            return events.iloc[:0][list(_SAID)]
        own = {f"#{channel.name}" for channel in incident.channels}
        said = events["time"].between(start, end) & events["kind"].isin(_TALKING)
        talk = events.loc[said, list(_SAID)]
        talk = talk[~talk["slack_is_bot"] & (talk["source"] == "slack") & talk["place"].isin(own)]
        return talk.sort_values("time", kind="stable")

    @cached_property
    def silences(self) -> pd.DataFrame:
        """`find_gaps` between the start and the end of the impact, as long as is long for this incident."""
        anchors, timeline = self.anchors, self.postmortem.timeline
        began, ended = anchors.get("impact_started", anchors.get("detected")), anchors.get("resolved")
        if began is None or ended is None or ended <= began:
            return find_gaps(timeline.iloc[:0])
        within = timeline[timeline["time"].between(began, ended)]
        return find_gaps(within, self.postmortem.events, longer_than=str(max(_SILENCE, (ended - began) / 3)))

    @cached_property
    def causes(self) -> tuple[Cause, ...]:
        """What is called the root cause, as it reads beside what else is known."""
        return tuple(read_causes(self.postmortem, self.vocabulary))

    @cached_property
    def passages(self) -> tuple[Passage, ...]:
        """Every text that people wrote: notes by paragraph, and the cells of `TEXTS`."""
        return tuple(_passages(self.postmortem))

    @cached_property
    def sentences(self) -> tuple[Told, ...]:
        """The sentences of the passages, each read once for all rules."""
        return read_passages(self.passages, self.names, self.vocabulary)

    def give(self, name: str) -> Any:
        """What a rule's parameter of that name is given."""
        return getattr(self.postmortem if name in TABLES else self, name)


def find_response(postmortem: Postmortem) -> tuple[pd.Timestamp | None, pd.Timestamp | None]:
    """From the detection to the end, as far as it is known."""
    timeline = postmortem.timeline
    rows = zip(timeline["mark"], timeline["time"], strict=True)
    marks = {mark: time for marks, time in rows for mark in marks.split()}
    incident = postmortem.incident
    start = marks.get("detected", marks.get("impact_started", incident.started_at))
    end = marks.get("resolved", incident.resolved_at)
    return (None if start is None else pd.Timestamp(start)), (None if end is None else pd.Timestamp(end))


def find_all(record: Record, rules: Iterable[Rule]) -> Iterator[tuple[Rule, Finding]]:
    """What the rules find, rule by rule."""
    for each in rules:
        given = {name: record.give(name) for name in each.reads}
        for finding in each.find(**given):
            yield each, replace_blank(finding)


def replace_blank(finding: Finding) -> Finding:
    """The finding with its words on one line, as lists and terminals show them."""
    return finding._replace(message=" ".join(finding.message.split()), suggestion=finding.suggestion.strip())


def with_severity(found: Rule, severity: Severity) -> Rule:
    """The rule with another severity."""
    return replace(found, severity=severity)


def shorten(text: str, most: int = 60) -> str:
    """The first words of a text, with … where it goes on."""
    words = " ".join(text.split())
    if len(words) <= most:
        return words
    return words[:most].rpartition(" ")[0].rstrip(" ,;:") + "…"


def _passages(postmortem: Postmortem) -> Iterator[Passage]:
    for name, text in postmortem.notes.items():
        if "." in name:
            continue  # a letter in another language; the rules listen for English words
        kind = {"root-cause": "cause"}.get(name, "note")
        for number, paragraph in enumerate(split_paragraphs(text), start=1):
            yield Passage(paragraph, f"notes/{name}", str(number), kind=kind)
    for table, columns in TEXTS.items():
        frame = postmortem.worksheet if table == "timeline" else getattr(postmortem, table)
        ids = frame[frame.columns[0]] if table != "factor_links" else frame["cause"] + " / " + frame["effect"]
        for column, kind in columns.items():
            for row, text in zip(ids, frame[column], strict=True):
                if text.strip():
                    yield Passage(text, table, row, column, kind)


def split_paragraphs(markdown: str) -> list[str]:
    """The paragraphs and list items of a Markdown text, without code blocks and quotations."""
    kept, fenced = [], False
    for line in markdown.splitlines():
        if line.lstrip().startswith(("```", "~~~")):
            fenced = not fenced
            kept.append("")
        elif not fenced and not line.lstrip().startswith(">"):
            kept.append("\n" + line if re.match(r"\s*([-*+]|\d+[.)])\s", line) else line)
    return [part.strip() for part in re.split(r"\n\s*\n", "\n".join(kept)) if part.strip()]


def _paragraphs(doc: str | None) -> str:
    """A docstring as paragraphs, each on one line."""
    parts = re.split(r"\n\s*\n", inspect.cleandoc(doc or ""))
    return "\n\n".join(" ".join(part.split()) for part in parts)
