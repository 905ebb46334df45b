"""Decisions spoken elsewhere than where they are written down."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import pandas as pd

from pmkit import schema, spoken
from pmkit.similarity import index_words
from pmkit.suggestions._record import ALIKE, Flags, Proposal, Record, sentence

_MOST: Final = 12
_ASKED_WITHIN: Final = pd.Timedelta("5min")
_ASKED_AFTER: Final = 20  # messages, at most


def suggest_decisions(record: Record) -> list[dict[str, Any]]:
    """What was settled in talk and stands nowhere yet, the clearest first."""
    events, detected = record.events, record.detected_at
    if detected is None:
        return []
    talk = events[record.by_people & (events["time"] >= detected)]
    if record.own_channels & set(talk["place"]):
        talk = talk[talk["place"].isin(record.own_channels)]
    written = talk[talk["place"].isin(record.decision_channels)]
    told = talk[~talk["place"].isin(record.decision_channels)]
    asked = _asked_about(record, told)
    told = told[~told["event_id"].isin([said.event_id for said, _ in asked])]
    told = told[~record.vocabulary.cues["decided before"].heard_in(told["text"])]
    told = told[spoken.hear_settling(told["text"], record.vocabulary)].reset_index(drop=True)
    decided = set(" ".join(record.postmortem.decisions["event_ids"]).split())
    known = decided | record.left_out
    told = told[~told["event_id"].isin(known) & ~_points_to(told["text"], record.decision_channels)]
    told = told[~_told_there(told, written, record)].reset_index(drop=True)
    rows = []
    heard = spoken.hear(told["text"], record.vocabulary)
    for event, cues in zip(told.itertuples(), heard, strict=True):
        signs = _weigh_decision(record, event, cues)
        if spoken.is_decision(signs, record.vocabulary):
            reasons = [sign.told(event.place) for sign in signs]
            words = sentence(event.text, signs[0].words)
            rows.append(_decision(record, event, words, score=spoken.score(signs), reasons=reasons))
    for said, question in asked:
        # A step that is left out of the timeline, being told there already, may still be a decision.
        if said.event_id in decided or question.event_id in known:
            continue
        words = record.vocabulary.cues["undecided"].words_in(question.text)
        where = f"{question.place} at {question.time:%H:%M:%S} UTC"
        reason = f"“{words}” in {where}: somebody asks whether it was decided"
        step = sentence(said.text, said.text[:20])
        event_ids = " ".join(dict.fromkeys([said.event_id, question.event_id]))
        rows.append(
            _decision(record, said, step, score=0.7, reasons=[f"{reason} (+0.7)"], event_ids=event_ids)
        )
    return sorted(rows, key=lambda row: (-row["score"], row["time"]))[:_MOST]


def _decision(
    record: Record, event: Any, words: str, *, score: float, reasons: Sequence[str], event_ids: str = ""
) -> dict[str, Any]:
    values = {
        "decided_at": schema.format_time(event.time),
        "decision": words,
        "decided_by": record.role_of(event),
        "event_ids": event_ids or event.event_id,
    }
    return {
        "suggestion_id": f"decision:{event.event_id}",
        "kind": "decision",
        "event_id": event.event_id,
        "time": event.time,
        "score": score,
        "title": "Record it as a decision",
        "reasons": tuple(reasons),
        "proposal": Proposal("decisions", "", {k: v for k, v in values.items() if v}),
    }


def _asked_about(record: Record, talk: pd.DataFrame) -> list[tuple[Any, Any]]:
    """Steps of which somebody asks whether they were decided, and the question.

    The step stands before the question in the same message, else it is what another one said there last.
    """
    asking = record.vocabulary.cues["undecided"]
    found: dict[str, tuple[Any, Any]] = {}
    asked = asking.heard_in(talk["text"])
    for place in talk.loc[asked, "place"].unique():
        here = talk[talk["place"] == place].reset_index(drop=True)
        for n in np.flatnonzero(asking.heard_in(here["text"])):
            question = here.iloc[n]
            before = here.iloc[max(0, n - _ASKED_AFTER) : n]
            near = before["time"] >= question["time"] - _ASKED_WITHIN
            before = before[near & (before["actor"] != question["actor"])]
            told = question["text"].partition(asking.words_in(question["text"]))[0]
            said = question if len(told.split()) > 3 else (before.iloc[-1] if len(before) else None)
            if said is not None:
                found.setdefault(said["event_id"], (said, question))
    return list(found.values())


def _weigh_decision(record: Record, event: Any, heard: frozenset[str]) -> list[spoken.Sign]:
    service, role = record.service_in(event.text), record.role_of(event)
    message = spoken.Message(event.text, role, event.slack_reactions, service=service, heard=heard)
    return spoken.weigh_decision(message, record.vocabulary)


def _points_to(texts: pd.Series, channels: set[str]) -> pd.Series:
    """Messages that only say where the decision stands."""
    found = pd.Series(False, index=texts.index)
    for channel in channels:
        found |= texts.str.contains(channel, regex=False)
    return found


def _told_there(spoken: pd.DataFrame, written: pd.DataFrame, record: Record) -> Flags:
    """Whether the channel of decisions, or the table, says the same within an hour."""
    decisions = record.postmortem.decisions
    there_at = pd.concat([written["time"], decisions["decided_at"]], ignore_index=True)
    there = pd.concat([written["text"], decisions["decision"] + " " + decisions["why"]], ignore_index=True)
    told = np.zeros(len(spoken), dtype=bool)
    if spoken.empty or there.empty:
        return told
    index = index_words(pd.concat([there, spoken["text"]], ignore_index=True), record.vocabulary.stop_words)
    times = there_at.astype(schema.TIME_DTYPE).dt.tz_localize(None).to_numpy()
    order = np.argsort(times, kind="stable")  # what has no time comes last, and is near to nothing
    at, hour = spoken["time"].dt.tz_localize(None).to_numpy(), np.timedelta64(1, "h")
    first = np.searchsorted(times[order], at - hour)
    last = np.searchsorted(times[order], at + hour, side="right")
    for n in np.flatnonzero(last > first).tolist():
        near = order[first[n] : last[n]]
        told[n] = (index.likeness(len(there) + n, len(there))[near] >= ALIKE).any()
    return told
