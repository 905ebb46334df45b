"""Checks of the timeline: it begins before the page, its anchors fit, and its silences are looked into."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import pairwise
from typing import Any, Final

import numpy as np
import pandas as pd

from pmkit import schema
from pmkit.checks._rule import Finding, Rule, rule
from pmkit.checks.recovery import find_recoveries
from pmkit.metrics import format_minutes
from pmkit.phrases import shorten
from pmkit.postmortem import Incident
from pmkit.similarity import index_words
from pmkit.timeline import SET_BY_PEOPLE
from pmkit.vocabulary import Vocabulary

_BEFORE: Final = pd.Timedelta("2min")  # what comes so shortly before the first event is part of it
_STRONG: Final = 0.8  # score of an early signal that should not be passed over in silence
_MOST: Final = 3  # of what a rule could list for long
_QUITE: Final = pd.Timedelta("10min")  # by which a series and a mark may differ, at least
_AGAIN: Final = pd.Timedelta("2h")  # so long after an end its like is looked for in other files
_SAME: Final = 0.2  # likeness from which on two events may tell the same …
_SHARED: Final = 2  # … if they share as many words
_MOST_REASONS: Final = 3  # the workbook tells all of them
_MOMENT: Final = pd.Timedelta("1min")
_FAR: Final = pd.Timedelta("1h")  # a time set by hand differs so far from the record
_NEAR: Final = pd.Timedelta("30D")  # what belongs to one incident seldom lies further apart
_ORDER: Final = (
    ("impact_started", "detected"), ("detected", "acknowledged"), ("impact_started", "mitigated"),
    ("mitigated", "resolved"), ("detected", "resolved"),
)  # fmt: skip
_MACHINES: Final = ("bot", "alert", "trigger", "metric", "log", "notify")
_CHANGES: Final = ("deploy", "change")


@rule("TL101", "Early signal left out", severity="error")
def find_left_out_signals(
    suggestions: pd.DataFrame, timeline: pd.DataFrame, events: pd.DataFrame, vocabulary: Vocabulary
) -> Iterator[Finding]:
    """Something before the first event of the timeline may have told of the incident.

    What was there to be seen and was not is what the next incident can be found by. A timeline that begins
    with the page shows none of it.

    Mend: put it on the timeline, or leave it out (`included` no) with a note that says what it was.
    """
    for row, text in _strong_signals(suggestions, timeline, events, vocabulary, changes=False):
        yield _left_out(row, text)


@rule("TL102", "Change left out")
def find_left_out_changes(
    suggestions: pd.DataFrame, timeline: pd.DataFrame, events: pd.DataFrame, vocabulary: Vocabulary
) -> Iterator[Finding]:
    """A change before the first event of the timeline is spoken of elsewhere in the record.

    Whether it had a part in the incident or not, readers ask for it first.

    Mend: put it on the timeline, or leave it out (`included` no) with a note that says what speaks against.
    """
    for row, text in _strong_signals(suggestions, timeline, events, vocabulary, changes=True):
        yield _left_out(row, text)


@rule("TL103", "Anchors out of order", severity="error")
def find_disorder(anchors: Mapping[str, pd.Timestamp], all_anchors: pd.DataFrame) -> Iterator[Finding]:
    """An anchor lies before one that has to come first.

    Every duration is taken between anchors; of two in the wrong order none can be told.

    Mend: look at the record of both, and mark the event that it was.
    """
    for earlier, later in _ORDER:
        if earlier in anchors and later in anchors and anchors[later] < anchors[earlier]:
            message = (
                f"`{later}` ({anchors[later]:%Y-%m-%d %H:%M:%S} UTC) lies before `{earlier}` "
                f"({anchors[earlier]:%Y-%m-%d %H:%M:%S} UTC)."
            )
            shown = (all_anchors.at[earlier, "event_id"], all_anchors.at[later, "event_id"])
            yield Finding(message, "timeline", shown[1], "mark", shown)


@rule("TL104", "Trouble before the start of the impact")
def find_early_trouble(
    timeline: pd.DataFrame,
    events: pd.DataFrame,
    anchors: Mapping[str, pd.Timestamp],
    vocabulary: Vocabulary,
) -> Iterator[Finding]:
    """An event of the timeline tells of something not working before the impact is said to begin.

    Either the impact began earlier than it is marked, or the event was something else; the time to detect
    hangs on it.

    Mend: move `impact_started` to the first of them, or say in its note what it was.
    """
    began = anchors.get("impact_started")
    if began is None:
        return
    here = timeline["time"].between(began - pd.Timedelta("24h"), began - _MOMENT, inclusive="left")
    early = timeline[here & (timeline["note"] == "") & ~timeline["kind"].isin(_CHANGES)]
    words = early["text"].where(early["text"] != "", early["summary"])
    heard = np.logical_or(*(vocabulary.cues[name].heard_in(words) for name in ("symptom", "customers")))
    talk = early["kind"].isin(["message", "reply", "alert", "trigger"])
    early = early[heard & talk]
    if len(early):
        first = early.iloc[0]
        ids = tuple(early["event_id"].head(_MOST))
        message = (
            f"“{shorten(first['summary'])}” at {first['time']:%H:%M:%S} UTC tells of trouble "
            f"{_apart(began - first['time'])} before `impact_started`."
        )
        yield Finding(message, "timeline", first["event_id"], "time", ids)


@rule("TL201", "Impact starts with the page")
def find_unexamined_start(
    all_anchors: pd.DataFrame, events: pd.DataFrame, incident: Incident
) -> Iterator[Finding]:
    """The impact is said to begin at the moment of the page, of the first message, or of the declaration.

    That is the moment somebody was told, and seldom the moment it began. From it the time to detect is
    nothing, and the impact is counted too short.

    Mend: look for the first failed request, refused order or late job, and mark that; if they truly are one,
    say so and suppress this.
    """
    known = all_anchors[all_anchors["basis"] == "marked"]
    if "impact_started" not in known.index:
        return
    start = known.loc["impact_started"]
    for name, moment in _declared(events, incident):
        if abs(start["time"] - moment) < pd.Timedelta("1s"):
            message = f"`impact_started` is {start['time']:%H:%M:%S} UTC, the time of {name}."
            suggestion = "Mark the first event that shows the impact itself."
            yield Finding(message, "timeline", start["event_id"], "mark", (start["event_id"],), suggestion)
            return


@rule("TL202", "Nothing before the detection")
def find_no_prelude(
    suggestions: pd.DataFrame,
    timeline: pd.DataFrame,
    events: pd.DataFrame,
    all_anchors: pd.DataFrame,
    vocabulary: Vocabulary,
) -> Iterator[Finding]:
    """The timeline has no event from before the incident was detected.

    What led to it lies before: the change, the first odd number, the message nobody could read yet.

    Mend: go through the day before the detection, and put on what had a part in it.
    """
    is_curated = (timeline["mark_basis"] != "default").any()
    if not is_curated or "detected" not in all_anchors.index:
        return
    detected = all_anchors.at["detected", "time"]
    if (timeline["time"] < detected).any():
        return
    if next(_strong_signals(suggestions, timeline, events, vocabulary, changes=False), None):
        return  # said already, with the events
    day = events["time"].between(detected - pd.Timedelta("24h"), detected, inclusive="left")
    message = (
        f"Nothing stands on the timeline before the detection at {detected:%H:%M:%S} UTC; the record has "
        f"{int(day.sum()):,} events of the day before it."
    )
    yield Finding(message, "timeline", "", "event_id")


@rule("TL203", "Silence that the record does not have")
def find_silences(silences: pd.DataFrame, events: pd.DataFrame) -> Iterator[Finding]:
    """The timeline is silent for long, and the record is not.

    In such a stretch people were at work, waited, or looked elsewhere; each is worth a line.

    Mend: read what the record has there, and put on what moved the response.
    """
    for gap in silences[silences["raw_events"] > 0].itertuples():
        inside = (events["time"] > gap.start_at) & (events["time"] < gap.end_at)
        places = events.loc[inside, "place"].value_counts().head(_MOST)
        where = ", ".join(f"{count:,} in {place or 'no place'}" for place, count in places.items())
        message = f"{_stretch(gap)}, and the record has {gap.raw_events:,} events there: {where}."
        yield Finding(message, "timeline", gap.before, "time", (gap.after, gap.before))


@rule("TL204", "Silence of timeline and record", severity="info")
def find_missing_sources(silences: pd.DataFrame) -> Iterator[Finding]:
    """Neither the timeline nor the record has anything for long.

    Seldom does nothing happen in the middle of an incident. Perhaps people spoke in a call, or in a channel
    that was not exported.

    Mend: ask those who were there where they spoke, and add that evidence.
    """
    for gap in silences[silences["raw_events"] == 0].itertuples():
        message = f"{_stretch(gap)}, and the record has nothing there either."
        yield Finding(message, "timeline", gap.before, "time", (gap.after, gap.before))


@rule("TL205", "Anchor that nobody marked")
def find_default_anchors(all_anchors: pd.DataFrame, worksheet: pd.DataFrame) -> Iterator[Finding]:
    """An anchor is still PagerDuty's own time.

    PagerDuty knows when it opened and closed its incident, not when the trouble was noticed or over.

    Mend: mark the event that it was; if it was PagerDuty's, mark that one.
    """
    if not worksheet["included"].any():
        return
    for row in all_anchors[all_anchors["basis"] == "default"].itertuples():
        message = f"`{row.mark}` is PagerDuty's own time, {row.time:%Y-%m-%d %H:%M:%S} UTC; nobody marked it."
        yield Finding(message, "timeline", row.event_id, "mark", (row.event_id,))


@rule("TL206", "Event without a summary", severity="info")
def find_unsummed(timeline: pd.DataFrame, worksheet: pd.DataFrame) -> Iterator[Finding]:
    """An event of the timeline is still a machine's line.

    Alerts and bots name checks and thresholds. Who was not there cannot tell from them what it meant.

    Mend: say in `summary` what happened, in the words of a reader.
    """
    told = worksheet.loc[worksheet["included"] & (worksheet["summary"].str.strip() == ""), "event_id"]
    rows = timeline[timeline["event_id"].isin(told) & timeline["kind"].isin(_MACHINES)]
    for row in rows.itertuples():
        message = f"“{shorten(row.text)}” stands on the timeline as the machine put it."
        yield Finding(message, "timeline", row.event_id, "summary", (row.event_id,))


@rule("TL301", "Time far from its record")
def find_moved_times(timeline: pd.DataFrame) -> Iterator[Finding]:
    """A time was set by hand, and lies far from what the record has.

    Clocks differ by minutes. More than an hour is mostly another zone or another day.

    Mend: set the time right, or say in `note` how it is known.
    """
    apart = (timeline["time"] - timeline["recorded_at"]).abs()
    moved = timeline[(timeline["time_basis"] == SET_BY_PEOPLE) & (apart > _FAR) & (timeline["note"] == "")]
    for row in moved.itertuples():
        far = _apart(abs(row.time - row.recorded_at))
        message = (
            f"The time was set to {row.time:%Y-%m-%d %H:%M:%S} UTC, {far} from "
            f"the recorded {row.recorded_at:%Y-%m-%d %H:%M:%S} UTC."
        )
        yield Finding(message, "timeline", row.event_id, "time", (row.event_id,))


@rule("TL302", "Time in the future", severity="error")
def find_future_times(timeline: pd.DataFrame, worksheet: pd.DataFrame, now: datetime) -> Iterator[Finding]:
    """An event of the timeline has not happened yet.

    The day, the year or the zone is wrong, and every duration that hangs on it.

    Mend: set the time right; if the evidence itself is ahead, its clock is, which `clocks.csv` can say.
    """
    for row in timeline[timeline["time"] > pd.Timestamp(now)].itertuples():
        message = f"“{shorten(row.summary)}” is at {row.time:%Y-%m-%d %H:%M:%S} UTC, which is still to come."
        yield Finding(message, "timeline", row.event_id, "time", (row.event_id,))


@rule("TL303", "Times far apart")
def find_distant_times(
    timeline: pd.DataFrame, anchors: Mapping[str, pd.Timestamp], all_anchors: pd.DataFrame
) -> Iterator[Finding]:
    """Two anchors, or a time set by hand and the incident, lie more than thirty days apart.

    Mostly a month or a year was mistyped.

    Mend: set the time right, or say in `note` what lay so long before.
    """
    known = sorted((at, mark) for mark, at in anchors.items() if mark in schema.MARKS)
    for (earlier, _), (later, mark) in pairwise(known):
        if later - earlier > _NEAR:
            message = f"`{mark}` lies {(later - earlier).days} days after the anchor before it."
            event_id = all_anchors.at[mark, "event_id"]
            yield Finding(message, "timeline", event_id, "time", (event_id,))
    if not known:
        return
    by_hand = (timeline["source"] == "manual") | (timeline["time_basis"] == SET_BY_PEOPLE)
    apart = np.minimum((timeline["time"] - known[0][0]).abs(), (timeline["time"] - known[-1][0]).abs())
    distant = timeline[by_hand & (apart > _NEAR) & (timeline["note"] == "") & (timeline["mark"] == "")]
    for row in distant.itertuples():
        message = (
            f"“{shorten(row.summary)}” is at {row.time:%Y-%m-%d}, more than thirty days from the incident."
        )
        yield Finding(message, "timeline", row.event_id, "time", (row.event_id,))


@rule("TL304", "Anchor that the record tells otherwise")
def find_contradicted(
    timeline: pd.DataFrame, events: pd.DataFrame, all_anchors: pd.DataFrame, vocabulary: Vocabulary
) -> Iterator[Finding]:
    """The event that is marked as the end tells of trouble, or another file tells the same of a later time.

    An end is marked once, often from the first log at hand. What comes in later, from another site or another
    team, may tell of the same step at its own time; the impact lasted until the last of them.

    Mend: look at both events, and mark the one that ended it; where the mark is right, say in its note what
    the other one was, with its time.
    """
    known = events.set_index("event_id")
    notes = timeline.set_index("event_id")["note"]
    for mark in ("mitigated", "resolved"):
        if mark not in all_anchors.index or all_anchors.at[mark, "basis"] != "marked":
            continue
        anchor = all_anchors.loc[mark]
        if anchor["event_id"] not in known.index:
            continue
        cited = known.loc[anchor["event_id"]]
        if _tells_of_trouble(cited, vocabulary):
            message = f"`{mark}` is “{shorten(cited['text'])}”, which tells of trouble and not of its end."
            yield Finding(message, "timeline", anchor["event_id"], "mark", (anchor["event_id"],))
            continue
        until = all_anchors["time"].get("resolved", pd.NaT) if mark == "mitigated" else pd.NaT
        again = _told_later(cited, anchor["time"], until, events, vocabulary)
        note = str(notes.get(anchor["event_id"], ""))
        if again is not None and f"{again['time']:%H:%M}" not in note and again["event_id"] not in note:
            message = (
                f"`{mark}` is {anchor['time']:%H:%M:%S} UTC by {_file(cited['ref'])}; {_file(again['ref'])} "
                f"tells the same at {again['time']:%H:%M:%S} UTC: “{shorten(again['text']).rstrip('.')}”."
            )
            shown = (anchor["event_id"], again["event_id"])
            yield Finding(message, "timeline", anchor["event_id"], "mark", shown)


@rule("TL305", "Recovery that the metric tells otherwise")
def find_other_recovery(
    events: pd.DataFrame, timeline: pd.DataFrame, anchors: Mapping[str, pd.Timestamp]
) -> Iterator[Finding]:
    """A measured series that shows the impact came back at quite another time than `mitigated` says.

    Who wrote that it is over saw one graph, or the end of a step. The series knows when it was over for those
    who were hit, and the time to mitigate is taken from the mark.

    Mend: mark the event at which the series came back; where the mark is right, say in its note what the
    series shows, with its time.
    """
    began, mitigated = anchors.get("impact_started"), anchors.get("mitigated")
    if began is None or mitigated is None or mitigated <= began:
        return
    end = max(anchors.get("resolved", mitigated + _AGAIN), mitigated + _AGAIN)
    shown = find_recoveries(events, began, mitigated, end)
    margins = [max(_QUITE, (mitigated - began) / 5, 2 * each.step) for each in shown]
    if not shown or any(
        each.back_at is not None and abs(each.back_at - mitigated) <= margin
        for each, margin in zip(shown, margins, strict=True)
    ):
        return  # one of them tells the same
    clearest, margin = shown[0], margins[0]
    at, until = clearest.back_at, clearest.until
    if at is None and until - mitigated <= margin:
        return
    event_id = _anchor_event(timeline, "mitigated")
    told = timeline.loc[timeline["event_id"] == event_id, ["summary", "note"]].agg(" ".join, axis=1)
    said = f"`{clearest.metric}`" + (f" of {clearest.file}" if clearest.file else "")
    if at is None:
        tells = f"{said} is not back at its usual values by {until:%H:%M:%S} UTC"
    else:
        late = f"{_apart(abs(at - mitigated))} {'later' if at > mitigated else 'earlier'}"
        tells = f"{said} is back at its usual values from {at:%H:%M:%S} UTC on, {late}"
    known = told.str.contains(f"{at if at is not None else until:%H:%M}", regex=False)
    if not known.any():
        message = f"`mitigated` is {mitigated:%H:%M:%S} UTC; {tells}."
        yield Finding(message, "timeline", event_id, "mark", (event_id,))


def _anchor_event(timeline: pd.DataFrame, mark: str) -> str:
    rows = zip(timeline["event_id"], timeline["mark"], strict=True)
    return next(str(event_id) for event_id, marks in rows if mark in marks.split())


def _tells_of_trouble(cited: pd.Series, vocabulary: Vocabulary) -> bool:
    """Whether an event that should be an end is an alert going off, or has words of trouble alone."""
    if cited["kind"] == "trigger":
        return True
    cues, text = vocabulary.cues, cited["text"]
    ends = any(cues[name].words_in(text) for name in ("mitigated", "resolved", "all clear", "step", "change"))
    return bool(cues["symptom"].words_in(text)) and cited["kind"] in ("alert", "bot", "message") and not ends


def _told_later(
    cited: pd.Series, time: pd.Timestamp, until: pd.Timestamp, events: pd.DataFrame, vocabulary: Vocabulary
) -> pd.Series | None:
    """The last event of the same kind from another file that tells the same in like words; None for none."""
    own = events[(events["source"] == cited["source"]) & (events["kind"] == cited["kind"])]
    own = own.reset_index(drop=True)
    end = time + _AGAIN if pd.isna(until) else until
    later = (own["time"] > time) & (own["time"] < end) & (own["ref"].map(_file) != _file(cited["ref"]))
    if not later.any():
        return None
    index = index_words(own["text"], vocabulary.stop_words)
    here = int(own.index[own["event_id"] == cited.name][0])
    like = (index.likeness(here) >= _SAME) & (index.count_shared(here) >= _SHARED) & later.to_numpy()
    return own.loc[np.flatnonzero(like)[-1]] if like.any() else None


def _file(ref: str) -> str:
    return ref.partition("#")[0].rpartition("/")[2]


def _strong_signals(
    suggestions: pd.DataFrame,
    timeline: pd.DataFrame,
    events: pd.DataFrame,
    vocabulary: Vocabulary,
    *,
    changes: bool,
) -> Iterator[tuple[Any, str]]:
    """Suggested early signals before the first event that people put on the timeline, with their texts."""
    curated = timeline[timeline["mark_basis"] != "default"]
    strong = suggestions[(suggestions["kind"] == "early signal") & (suggestions["score"] >= _STRONG)]
    if curated.empty or strong.empty:
        return
    strong = strong[strong["time"] < curated["time"].iloc[0] - _BEFORE]
    known = events[events["event_id"].isin(strong["event_id"])].set_index("event_id")
    machine = known["slack_is_bot"] | (known["source"] != "slack")
    change = known["kind"].isin(_CHANGES) | (machine & vocabulary.cues["change"].heard_in(known["text"]))
    chosen = strong[strong["event_id"].map(change).eq(changes)]
    for row in chosen.head(_MOST).itertuples():
        yield row, known.at[row.event_id, "text"]


def _left_out(row: Any, text: str) -> Finding:
    more = len(row.reasons) - _MOST_REASONS
    reasons = "; ".join(row.reasons[:_MOST_REASONS]) + (f"; and {more} more" if more > 0 else "")
    message = f"“{shorten(text)}” at {row.time:%Y-%m-%d %H:%M:%S} UTC is not on the timeline: {reasons}."
    return Finding(
        message,
        "timeline",
        row.event_id,
        "included",
        (row.event_id,),
        "Put it on, or leave it out with a note.",
    )


def _declared(events: pd.DataFrame, incident: Incident) -> Iterator[tuple[str, pd.Timestamp]]:
    """Moments at which somebody was told, by what they are."""
    dated = events[events["time"].notna()]
    pages = dated.loc[(dated["kind"] == "trigger") & dated["source"].isin(schema.STATUS_SOURCES), "time"]
    own = dated["place"].isin([f"#{channel.name}" for channel in incident.channels])
    first = dated.loc[own & dated["kind"].isin(["message", "reply"]), "time"]
    if len(pages):
        yield "the page", pages.min()
    if len(first):
        yield "the first message of the response", first.min()
    if incident.opened_at is not None:
        yield "the declaration (`opened_at`)", pd.Timestamp(incident.opened_at)


def _stretch(gap: Any) -> str:
    minutes = format_minutes(gap.minutes)
    return f"From {gap.start_at:%H:%M} to {gap.end_at:%H:%M} UTC nothing stands on the timeline ({minutes})"


def _apart(time: pd.Timedelta) -> str:
    days = time.days
    return f"{days} days" if days > 1 else format_minutes(time.total_seconds() / 60)


RULES: Final[tuple[Rule, ...]] = (
    find_left_out_signals, find_left_out_changes, find_disorder, find_early_trouble, find_unexamined_start,
    find_no_prelude, find_silences, find_missing_sources, find_default_anchors, find_unsummed,
    find_moved_times, find_future_times, find_distant_times, find_contradicted, find_other_recovery,
)  # fmt: skip
