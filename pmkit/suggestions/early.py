"""Early signals: what was said before the detection and may have told of the incident."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from pmkit.suggestions._bursts import find_bursts
from pmkit.suggestions._record import NO_SIGNAL, SAME_MOMENT, Flags, Proposal, Record, only
from pmkit.suggestions._signs import Signs
from pmkit.tellings import find_same_facts, find_versions

_LOOK_BACK: Final = pd.Timedelta("24h")  # early signals are looked for so long before the detection
_TELLINGS: Final = "10min"  # of one fact come with less between two
_MOST: Final = 12
_MOST_OF_ONE_MACHINE: Final = 3
# A commit, or a tag: what has one point alone is measured, and what has three is an address.
_VERSION: Final = re.compile(
    r"(?<![\w.])(?:(?=[a-f]*\d)(?=\d*[a-f])[0-9a-f]{7,40}|v\d+(?:\.\d+)+|\d+\.\d+\.\d+)(?![\w.]*\w)"
)


def suggest_early_signals(record: Record) -> list[dict[str, Any]]:
    """Events before the detection that may have told of the incident, the strongest first."""
    detected = record.detected_at
    if detected is None:
        return []
    times = record.events["time"]
    began = min(detected, record.anchors.get("impact_started", detected))
    start, end = began - _LOOK_BACK, detected - SAME_MOMENT
    here = times.between(start, end) & ~record.events["kind"].isin(NO_SIGNAL)
    found = record.events[here]
    found = found[~_is_all_clear(found, record)]
    if found.empty:
        return []
    people = record.by_people[found.index].to_numpy()
    candidates = found.reset_index(drop=True)
    changes = only(~people, record.vocabulary.cues["change"].heard_in, candidates["text"])
    changes |= candidates["kind"].isin(["deploy", "change"]).to_numpy()
    changes |= _names_version(record, candidates, ~people)
    # What a person says twice is said twice, and what is changed twice is changed twice.
    bursts = find_bursts(record, candidates, start, single=people | changes)
    signs = Signs(record, candidates, people, changes, bursts)
    points = record.vocabulary.points
    score = sum(flags * points[sign] for sign, flags in signs.flags.items())
    score = np.round(np.asarray(score, dtype=float), 2)
    handled = candidates["event_id"].isin(record.handled).to_numpy()
    fact = _facts(candidates, changes, people, where=(score >= points["enough"]) | handled)
    spoken_for = np.isin(bursts.group, bursts.group[handled]) | np.isin(fact, fact[handled])
    chosen = (score >= points["enough"]) & ~spoken_for & bursts.first & ~signs.is_talk
    # Of equal ones what people say goes first, then what happened before what announced it, then the nearest.
    happened = (candidates["kind"] == "deploy").to_numpy()
    order = np.lexsort((-np.arange(len(score)), ~happened, ~people, -score))
    order = order[chosen[order]]
    _, strongest = np.unique(fact[order], return_index=True)
    picked = _few_of_each_machine(order[np.sort(strongest)], candidates, people)
    rows = candidates.iloc[picked]
    return [
        {
            "suggestion_id": f"early signal:{event.event_id}",
            "kind": "early signal",
            "event_id": event.event_id,
            "time": event.time,
            "score": score[n],
            "title": "Put it on the timeline, as an early signal",
            "reasons": tuple(signs.reasons(n, event, detected)),
            "proposal": Proposal("timeline", event.event_id, {"included": "yes"}),
        }
        for n, event in zip(picked, rows.itertuples(), strict=True)
    ]


def _is_all_clear(events: pd.DataFrame, record: Record) -> pd.Series:
    """What machines say when something is over."""
    heard = record.vocabulary.cues["all clear"].heard_in(events["text"])
    return (events["kind"] == "resolve") | (heard & ~record.by_people[events.index])


def _names_version(record: Record, candidates: pd.DataFrame, machines: Flags) -> Flags:
    """What machines post of a service with its version, whatever their words: that is a change."""
    named = np.zeros(len(candidates), dtype=bool)
    said = candidates[machines]
    posts = said["kind"].isin(["bot", "message"])
    named[machines] = [
        post and _VERSION.search(text) is not None and record.names_service(text)
        for post, text in zip(posts, said["text"], strict=True)
    ]
    return named


def _facts(candidates: pd.DataFrame, changes: Flags, people: Flags, *, where: Flags) -> npt.NDArray[np.int64]:
    """One number for the candidates that tell of one fact: a change by its version, talk by its thread.

    Only those `where` it matters are looked at.
    """
    thread = candidates["slack_channel_id"] + " " + candidates["slack_thread_ts"]
    thread = thread.mask(candidates["slack_thread_ts"] == "", thread + candidates["slack_ts"])
    fact = candidates["event_id"].mask(people & (thread.str.strip() != ""), thread)
    told = find_same_facts(candidates[where & ~people], within=_TELLINGS)
    ids = told["event_ids"].str.split().explode()
    known = dict(zip(ids, told["fact_id"].reindex(ids.index), strict=True))
    fact = fact.map(known).fillna(fact)
    versions = find_versions(candidates[where & changes])
    fact.update(versions[versions != ""])
    return np.asarray(pd.factorize(fact)[0], dtype=np.int64)


def _few_of_each_machine(order: Iterable[int], candidates: pd.DataFrame, people: Flags) -> list[int]:
    picked: list[int] = []
    taken: dict[tuple[str, str], int] = {}
    for n in order:
        author = (candidates["place"].iloc[n], candidates["actor"].iloc[n])
        taken[author] = taken.get(author, 0) + (not people[n])
        if taken[author] <= _MOST_OF_ONE_MACHINE and len(picked) < _MOST:
            picked.append(n)
    return picked
