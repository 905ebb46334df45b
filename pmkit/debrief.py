"""Questions for the debrief: each is a query over the record, asked with how or what, never with who or why.

A question is asked only where the record gives its times and counts; outside of quotes it names no person.
They follow Etsy's debriefing guide, the Howie guide, and Atlassian's “how would you halve the time?”.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from typing import Any, Final, NamedTuple

import pandas as pd

from pmkit import schema
from pmkit.metrics import format_minutes
from pmkit.postmortem import Postmortem
from pmkit.timeline import find_anchors, phase_spans
from pmkit.vocabulary import Vocabulary, load_vocabulary

COLUMNS: Final = ("rule", "question", "why", "event_ids", "start_at", "end_at")

_MOST: Final = 3  # questions of one rule; more of the same tire
_QUOTE: Final = 90  # characters of a message that a question repeats
_SILENCE: Final = pd.Timedelta("5min")
_LULL: Final = pd.Timedelta("10min")
_PATIENCE: Final = pd.Timedelta("1h")  # a proposal may wait so long for its answer


class Question(NamedTuple):
    """One question, the reason for asking in numbers, the events it is about, and their stretch of time."""

    question: str
    why: str
    events: tuple[str, ...]
    start_at: pd.Timestamp
    end_at: pd.Timestamp | None = None


def debrief_questions(postmortem: Postmortem, *, vocabulary: Vocabulary | None = None) -> pd.DataFrame:
    """What to ask the people who were there, in order of time.

    One row per question: `rule` (the name of its rule in `RULES`), `question`, `why` (what in the record
    makes one ask, with counts), `event_ids` (the events it is about, as in `questions.csv`), `start_at` and
    `end_at` (UTC). At most three of one rule.
    """
    record = _Record(postmortem, vocabulary or load_vocabulary())
    rows = [
        (rule, q.question, q.why, " ".join(q.events), q.start_at, q.end_at or q.start_at)
        for rule, ask in RULES.items()
        for q in islice(ask(record), _MOST)
    ]
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    texts = dict.fromkeys(("rule", "question", "why", "event_ids"), "str")
    times = dict.fromkeys(("start_at", "end_at"), schema.TIME_DTYPE)
    return frame.astype({**texts, **times}).sort_values(
        ["start_at", "rule"], kind="stable", ignore_index=True
    )


@dataclass(frozen=True)
class _Record:
    """The record as the rules look at it."""

    postmortem: Postmortem
    vocabulary: Vocabulary
    events: pd.DataFrame = field(init=False)

    def __post_init__(self) -> None:
        events = self.postmortem.events
        dated = events[events["time"].notna()].sort_values("time", kind="stable", ignore_index=True)
        object.__setattr__(self, "events", dated)

    @cached_property
    def anchors(self) -> pd.DataFrame:
        return find_anchors(self.postmortem.timeline).set_index("mark")

    def at(self, mark: str) -> pd.Timestamp | None:
        return self.anchors["time"].get(mark)

    def event_of(self, mark: str) -> str:
        return str(self.anchors["event_id"].get(mark, ""))

    @property
    def ended_at(self) -> pd.Timestamp | None:
        return self.at("resolved") or self.at("mitigated")

    @cached_property
    def talk(self) -> pd.DataFrame:
        """What people wrote, in the channels of the incident where there are such."""
        events = self.events
        written = events["kind"].isin(["message", "reply", "file"]) & (events["source"] == "slack")
        talk = events[written & ~events["slack_is_bot"]]
        own = talk["place"].isin({f"#{channel.name}" for channel in self.postmortem.incident.channels})
        return talk[own] if own.any() else talk

    @cached_property
    def response(self) -> pd.DataFrame:
        """What people wrote from the detection to the end."""
        return self.within(self.talk, self.at("detected"), self.ended_at)

    @cached_property
    def machines(self) -> pd.DataFrame:
        events = self.events
        posted = (events["source"] == "slack") & events["slack_is_bot"]
        return events[posted | events["kind"].isin(["alert", "deploy", "change"])]

    def within(
        self, events: pd.DataFrame, start: pd.Timestamp | None, end: pd.Timestamp | None
    ) -> pd.DataFrame:
        """The events of a stretch; none while one of its ends is not known."""
        if start is None or end is None:
            return events.iloc[:0]
        return events[events["time"].between(start, end)]

    def of_kind(self, kind: str) -> pd.DataFrame:
        return self.events[self.events["kind"] == kind]

    def heard(self, cue: str, events: pd.DataFrame) -> Iterator[tuple[Any, str]]:
        """The events in which a cue is heard, each with the sentence that has it."""
        listening = self.vocabulary.cues[cue]
        for event in events[listening.heard_in(events["text"])].itertuples():
            yield event, _quote(event.text, listening.words_in(event.text))


# The rules, in the order of an incident


def _before_detection(record: _Record) -> Iterator[Question]:
    began, seen = record.at("impact_started"), record.at("detected")
    if began is not None and seen is not None and seen - began >= pd.Timedelta("1min"):
        yield Question(
            f"{_span(began, seen)}: what could be seen in the time between the start of impact and its "
            "detection, and where did it show?",
            f"Impact ran {_long(began, seen)} before it was detected.",
            (record.event_of("impact_started"), record.event_of("detected")),
            began,
            seen,
        )


def _early_words(record: _Record) -> Iterator[Question]:
    seen = record.at("detected")
    timeline = record.postmortem.timeline
    if seen is None:
        return
    people = record.events[~record.events["slack_is_bot"] & (record.events["slack_user_id"] != "")]
    early = timeline[(timeline["time"] < seen) & timeline["event_id"].isin(people["event_id"])]
    for event in early.iloc[::-1].itertuples():
        yield Question(
            f"{_clock(event.time)}: what did this message in {event.place or event.source} mean to its "
            "readers at that time, and what would have carried it to the people on call?",
            f"It was written {_long(event.time, seen)} before the detection.",
            (event.event_id,),
            event.time,
        )


def _warnings_before_page(record: _Record) -> Iterator[Question]:
    seen = record.at("detected")
    if seen is None:
        return
    before = record.within(record.machines, seen - pd.Timedelta("1h"), seen)
    lines = before["text"].str.split("\n").str[0]
    alike = before["actor"] + lines.str.replace(r"\d[\d.,:]*", "#", regex=True)
    sizes = alike.map(alike.value_counts())
    for likeness in alike[sizes >= 3].groupby(sizes).unique().iloc[::-1].explode().tolist():
        found = before[alike == likeness]
        first, last = found["time"].iloc[0], found["time"].iloc[-1]
        yield Question(
            f"{_span(first, last)}: “{_short(lines[found.index[0]])}” came {len(found)} times before the "
            "detection. How does this warning look on an ordinary day, and what would set it apart?",
            f"{len(found)} alike in {_long(first, last)}, the last {_long(last, seen)} before the detection.",
            tuple(found["event_id"].head(3)),
            first,
            last,
        )


def _page_unanswered(record: _Record) -> Iterator[Question]:
    seen, acked = record.at("detected"), record.at("acknowledged")
    pages = record.within(record.of_kind("notify"), seen, acked)
    if seen is None or acked is None or len(pages) < 2:
        return
    lost = pages["text"].str.contains(r"\((?:[^)]*, )?(?:failed|no_answer|busy|error|undelivered)\)").sum()
    lost_words = f", {lost} of them were not answered or not delivered" if lost else ""
    yield Question(
        f"{_span(seen, acked)}: {len(pages)} notifications went out before the acknowledgement{lost_words}. "
        "How did the page arrive at the other end, and what did it say?",
        f"{len(pages)} notifications in {_long(seen, acked)}.",
        tuple(pages["event_id"].head(8)),
        seen,
        acked,
    )


def _escalation(record: _Record) -> Iterator[Question]:
    for event in record.of_kind("escalate").itertuples():
        yield Question(
            f"{_clock(event.time)}: the page was escalated. What was there to go on for those it reached "
            "next?",
            f"The record says: “{_short(event.text)}”.",
            (event.event_id,),
            event.time,
        )


def _unusual_hour(record: _Record) -> Iterator[Question]:
    acked, zone = record.at("acknowledged"), record.postmortem.incident.timezone
    if acked is None:
        return
    local = acked.tz_convert(zone)
    if local.hour >= 22 or local.hour < 7 or local.weekday() >= 5:
        yield Question(
            f"{_clock(acked)}: it was {local:%A, %H:%M} in {zone}. What was at hand at this hour, and how "
            "did it shape the first steps?",
            f"The acknowledgement came on a {local:%A} at {local:%H:%M} of the team's own time.",
            (record.event_of("acknowledged"),),
            acked,
        )


def _silence_after_ack(record: _Record) -> Iterator[Question]:
    acked = record.at("acknowledged")
    if acked is None:
        return
    following = record.talk[record.talk["time"] > acked]
    if following.empty or following["time"].iloc[0] - acked < _SILENCE:
        return
    spoke = following.iloc[0]
    yield Question(
        f"{_span(acked, spoke['time'])}: no message after the acknowledgement. What were you looking at, and "
        "what did you see there?",
        f"The first message after the acknowledgement came {_long(acked, spoke['time'])} later.",
        (record.event_of("acknowledged"), spoke["event_id"]),
        acked,
        spoke["time"],
    )


def _lulls(record: _Record) -> Iterator[Question]:
    talk = record.response
    pauses = talk["time"].diff()
    for n in pauses[pauses >= _LULL].sort_values(ascending=False, kind="stable").index:
        position = talk.index.get_loc(n)
        before, after = talk.iloc[position - 1], talk.iloc[position]
        yield Question(
            f"{_span(before['time'], after['time'])}: nobody wrote in the channels of the incident. What was "
            "going on, and where was it shared?",
            f"{_long(before['time'], after['time'])} without a message.",
            (before["event_id"], after["event_id"]),
            before["time"],
            after["time"],
        )


def _suspicions(record: _Record) -> Iterator[Question]:
    for event, words in record.heard("hypothesis", record.response):
        if event.text.rstrip().endswith("?"):
            continue
        yield Question(
            f"{_clock(event.time)}: “{words}” What made this the likely place to look, and what changed the "
            "picture later?",
            f"A suspicion stands in {event.place}.",
            (event.event_id,),
            event.time,
        )


def _surprises(record: _Record) -> Iterator[Question]:
    talk = record.response
    reacted = talk.assign(text=talk["text"] + "\n" + talk["slack_reactions"])
    for event, _ in record.heard("surprised", reacted):
        text = event.text.rpartition("\n")[0]
        yield Question(
            f"{_clock(event.time)}: “{_quote(text, '')}” What did you expect to see instead, and how did the "
            "picture change?",
            f"The record shows surprise in {event.place}.",
            (event.event_id,),
            event.time,
        )


def _obstacles(record: _Record) -> Iterator[Question]:
    for event, words in record.heard("obstacle", record.response):
        yield Question(
            f"{_clock(event.time)}: “{words}” What was tried next, and how was the way that worked found?",
            f"A tool or a runbook did not do what was expected, in {event.place}.",
            (event.event_id,),
            event.time,
        )


def _waiting(record: _Record) -> Iterator[Question]:
    found = list(record.heard("waiting", record.response))
    if not found:
        return
    first, last = found[0][0], found[-1][0]
    times = f"{len(found)} messages speak" if len(found) > 1 else "a message speaks"
    yield Question(
        f"{_span(first.time, last.time)}: {times} of waiting, first “{found[0][1]}” What could go on "
        "meanwhile, and what would have shortened the wait?",
        f"{len(found)} messages, from {_clock(first.time)} on.",
        tuple(event.event_id for event, _ in found[:8]),
        first.time,
        last.time,
    )


def _change_without_end(record: _Record) -> Iterator[Question]:
    acked, ended = record.at("acknowledged"), record.at("mitigated") or record.at("resolved")
    if ended is None:
        return
    changes = record.within(record.machines, acked, ended - _LULL)
    found = [event for event, _ in record.heard("change", changes)]
    for event in found[-1:]:
        yield Question(
            f"{_clock(event.time)}: a change went out, and the impact ended {_long(event.time, ended)} "
            "later. What did you expect to see after it, and what did you see?",
            f"The record says: “{_short(event.text)}”.",
            (event.event_id,),
            event.time,
            ended,
        )


def _open_proposals(record: _Record) -> Iterator[Question]:
    decided = record.postmortem.decisions["decided_at"]
    for event, words in record.heard("proposal", record.response):
        answered = ((decided >= event.time) & (decided <= event.time + _PATIENCE)).any()
        if answered or _has_reply(record, event):
            continue
        yield Question(
            f"{_clock(event.time)}: “{words}” What became of this, and how was that settled?",
            "No answer in its thread, and no decision within the hour.",
            (event.event_id,),
            event.time,
        )


def _open_questions(record: _Record) -> Iterator[Question]:
    talk = record.response
    for event in talk[talk["text"].str.rstrip().str.endswith(("?", "？", "؟"))].itertuples():
        near = talk[(talk["time"] > event.time) & (talk["time"] <= event.time + _SILENCE)]
        spoken = near[(near["place"] == event.place) & (near["slack_user_id"] != event.slack_user_id)]
        if spoken.empty and not _has_reply(record, event):
            words = _quote(event.text, event.text.rstrip()[-12:])
            yield Question(
                f"{_clock(event.time)}: “{words}” How did the answer to this come, and what went on without "
                "it?",
                f"Nobody else wrote in {event.place} within {format_minutes(_SILENCE.total_seconds() / 60)}, "
                "and its thread has no reply.",
                (event.event_id,),
                event.time,
            )


def _handoffs(record: _Record) -> Iterator[Question]:
    assigned = record.within(record.of_kind("assign"), record.at("detected"), record.ended_at)
    for event in assigned[assigned["text"].str.startswith("Reassigned")].itertuples():
        yield Question(
            f"{_clock(event.time)}: the incident changed hands. What was handed over, and how could it be "
            "told that the picture was whole?",
            "The record has a new assignment.",
            (event.event_id,),
            event.time,
        )


def _late_joins(record: _Record) -> Iterator[Question]:
    acked = record.at("acknowledged")
    if acked is None:
        return
    joins = record.within(record.of_kind("join"), acked + pd.Timedelta("15min"), record.ended_at)
    own = {f"#{channel.name}" for channel in record.postmortem.incident.channels}
    joins = joins[joins["place"].isin(own)].drop_duplicates("slack_user_id")
    if len(joins) >= 2:
        first, last = joins["time"].iloc[0], joins["time"].iloc[-1]
        yield Question(
            f"{_span(first, last)}: {len(joins)} people came in while the response was under way. How did "
            "they catch up, and what did they have to ask?",
            f"{len(joins)} people joined a channel of the incident later than 15 min after the "
            "acknowledgement.",
            tuple(joins["event_id"].head(8)),
            first,
            last,
        )


def _busiest(record: _Record) -> Iterator[Question]:
    talk = record.response
    if talk.empty:
        return
    counts = talk.groupby(talk["time"].dt.floor("5min"))["event_id"].agg(["size", "first"])
    start, most = counts["size"].idxmax(), int(counts["size"].max())
    places = talk.loc[talk["time"].dt.floor("5min") == start, "place"].nunique()
    if most >= 10:
        end = start + pd.Timedelta("5min")
        where = f"{places} channels" if places > 1 else "one channel"
        yield Question(
            f"{_span(start, end)}: {most} messages in {where} in five minutes. How did you keep track, and "
            "what was easy to miss?",
            f"The busiest five minutes of the response have {most} messages.",
            (counts.loc[start, "first"],),
            start,
            end,
        )


def _customers(record: _Record) -> Iterator[Question]:
    for event, words in islice(record.heard("customers", record.response), 1):
        yield Question(
            f"{_clock(event.time)}: “{words}” How did what customers said reach those looking at the "
            "systems, and what did it change?",
            f"The first message of the response in which customers are heard, in {event.place}.",
            (event.event_id,),
            event.time,
        )


def _public_word(record: _Record) -> Iterator[Question]:
    began = record.at("impact_started") or record.at("detected")
    updates = record.of_kind("status_update")
    if began is None or updates.empty or updates["time"].iloc[0] <= began:
        return
    first = updates.iloc[0]
    yield Question(
        f"{_clock(first['time'])}: the first public word, {_long(began, first['time'])} after the start. How "
        "was it settled what customers may be told, and what had to be known first?",
        f"{len(updates)} status updates in the record; the first says “{_short(first['text'])}”.",
        (first["event_id"],),
        began,
        first["time"],
    )


def _edited(record: _Record) -> Iterator[Question]:
    talk = record.response
    edited = pd.to_datetime(pd.to_numeric(talk["slack_edited_ts"], errors="coerce"), unit="s", utc=True)
    edited += (talk["time"] - talk["recorded_at"]).fillna(pd.Timedelta(0))  # by the clock of the message
    for n in edited[edited - talk["time"] >= _SILENCE].index:
        event, at = talk.loc[n], edited[n]
        yield Question(
            f"{_clock(event['time'])}: this message in {event['place']} was changed at {_clock(at)}. What "
            "did it say at first, and what was learnt in between?",
            f"Edited {_long(event['time'], at)} after it was written; the export keeps the later words only.",
            (event["event_id"],),
            event["time"],
            at,
        )


def _alternatives(record: _Record) -> Iterator[Question]:
    decisions = record.postmortem.decisions
    for row in decisions[decisions["alternatives"].str.strip() == ""].itertuples():
        if pd.notna(row.decided_at):
            yield Question(
                f"{_clock(row.decided_at)}, decision {row.decision_id}: what else was on the table, and what "
                "was known at that time?",
                "The decision is recorded without alternatives.",
                tuple(row.event_ids.split()),
                row.decided_at,
            )


def _longest_phase(record: _Record) -> Iterator[Question]:
    began, ended = record.at("impact_started") or record.at("detected"), record.ended_at
    if began is None or ended is None or ended <= began:
        return
    spans = phase_spans(record.anchors.reset_index(), began, ended)
    spans = spans.assign(length=spans["end_at"] - spans["start_at"])
    if len(spans) < 2:
        return
    phase = spans.loc[spans["length"].idxmax()]
    share = phase["length"] / (ended - began)
    yield Question(
        f"{_span(phase['start_at'], phase['end_at'])}: the phase “{phase['phase']}” was the longest. What "
        "would have halved it?",
        f"{_long(phase['start_at'], phase['end_at'])}, {share:.0%} of the whole.",
        (),
        phase["start_at"],
        phase["end_at"],
    )


def _watching(record: _Record) -> Iterator[Question]:
    over, closed = record.at("resolved"), record.of_kind("resolve")
    closed = closed[closed["source"].isin(schema.STATUS_SOURCES)]
    if over is None or closed.empty or closed["time"].iloc[-1] - over < _LULL:
        return
    last = closed.iloc[-1]
    yield Question(
        f"{_span(over, last['time'])}: the impact had ended and the page was still open. What were you "
        "watching, and what would have told you that it was safe to close?",
        f"The page was resolved {_long(over, last['time'])} after the end.",
        (record.event_of("resolved"), last["event_id"]),
        over,
        last["time"],
    )


def _what_helped(record: _Record) -> Iterator[Question]:
    factors, start = record.postmortem.factors, record.at("detected")
    if start is None:
        return
    for row in factors[factors["kind"] == "mitigator"].itertuples():
        yield Question(
            f"{row.factor_id}: “{_short(row.statement)}” What made this help on that day, and how sure is it "
            "to be there next time?",
            "The factors count it among what kept the impact smaller.",
            tuple(row.event_ids.split()),
            start,
        )


RULES: Final[dict[str, Callable[[_Record], Iterable[Question]]]] = {
    "before-detection": _before_detection,
    "early-words": _early_words,
    "warnings-before-page": _warnings_before_page,
    "page-unanswered": _page_unanswered,
    "escalation": _escalation,
    "unusual-hour": _unusual_hour,
    "silence-after-acknowledgement": _silence_after_ack,
    "lull": _lulls,
    "suspicion": _suspicions,
    "surprise": _surprises,
    "obstacle": _obstacles,
    "waiting": _waiting,
    "change-without-end": _change_without_end,
    "open-proposal": _open_proposals,
    "open-question": _open_questions,
    "handoff": _handoffs,
    "late-joins": _late_joins,
    "busiest": _busiest,
    "customers": _customers,
    "public-word": _public_word,
    "edited": _edited,
    "alternatives": _alternatives,
    "longest-phase": _longest_phase,
    "watching": _watching,
    "what-helped": _what_helped,
}


def _has_reply(record: _Record, event: Any) -> bool:
    """Whether somebody else wrote in its thread later."""
    root = event.slack_thread_ts or event.slack_ts
    events = record.events
    later = events[(events["slack_thread_ts"] == root) & (events["time"] > event.time)]
    return bool((later["slack_user_id"] != event.slack_user_id).any())


# Words


def _clock(time: pd.Timestamp) -> str:
    return f"{time:%H:%M} UTC"


def _span(start: pd.Timestamp, end: pd.Timestamp) -> str:
    if f"{start:%H:%M}" == f"{end:%H:%M}":
        return _clock(start)
    day = "" if start.date() == end.date() else f"{end:%d %b} "
    return f"{start:%H:%M}–{day}{end:%H:%M} UTC"


def _long(start: pd.Timestamp, end: pd.Timestamp) -> str:
    return format_minutes((end - start).total_seconds() / 60)


def _short(text: str) -> str:
    words = " ".join(re.sub(r"[*`]", "", text).split())
    if len(words) <= _QUOTE:
        return words
    return (words[: _QUOTE + 1].rpartition(" ")[0] or words[:_QUOTE]).rstrip(",.;:–- ") + "…"


def _quote(text: str, words: str) -> str:
    """The sentence of a message in which the words stand, cut to what a question can carry."""
    plain = " ".join(re.sub(r"[*`]", "", text).split())
    wanted = " ".join(re.sub(r"[*`]", "", words).split())
    sentences = re.split(r"(?<=[.!?。？؟])\s+", plain)
    return _short(next((sentence for sentence in sentences if wanted in sentence), sentences[0]))
