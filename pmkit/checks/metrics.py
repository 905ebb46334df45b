"""Checks of numbers that must follow: durations and times in texts are those of the anchors."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from typing import Final
from zoneinfo import ZoneInfo

import pandas as pd

from pmkit.checks._rule import Finding, Passage, Rule, Told, rule
from pmkit.checks.claims import CLOCK, DURATION, find_clauses, read_clock, read_duration, renamed
from pmkit.metrics import format_minutes
from pmkit.postmortem import Incident
from pmkit.vocabulary import Vocabulary

_THING: Final = r"\b(?:incident|outage|impact|degradation|disruption|downtime)\b"
_ANCHORS: Final = {
    "impact_started": rf"{_THING}\s(?:\w+\s)?(?:began|begins|started|starts)\b|\bstart of (?:the )?impact\b",
    "detected": rf"{_THING} (?:was |is )?(?:first )?detected\b|^\W*detected\b",
    "acknowledged": rf"(?:{_THING}|\bpage) (?:was |is )?acknowledged\b|^\W*acknowledged\b",
    "mitigated": rf"{_THING} (?:was |is )?(?:fully )?mitigated\b|^\W*mitigated\b",
    "resolved": (
        rf"{_THING} (?:was |is )?(?:fully |finally )?(?:resolved|over|ended|ends)\b|^\W*resolved\b"
        r"|\bend of (?:the )?impact\b"
    ),
}
_IS: Final = rf"{_THING} (?:was |is )?(?:first )?"
_FROM: Final = r"(?:after|in)\b"
# What a duration may be of, by the words before it: the anchors it may run between, the usual pair first.
_SPANS: Final = (
    (
        rf"\b(?:TTD|time to detect(?:ion)?)\b|{_IS}detected {_FROM}|\bdetection took\b",
        (("impact_started", "detected"),),
    ),
    (
        rf"\b(?:TTA|time to acknowledge(?:ment)?)\b|\bpage (?:was )?acknowledged {_FROM}",
        (("detected", "acknowledged"), ("impact_started", "acknowledged")),
    ),
    (
        rf"\b(?:TTM|time to mitigat(?:e|ion))\b|{_IS}mitigated {_FROM}",
        (("impact_started", "mitigated"), ("detected", "mitigated"), ("acknowledged", "mitigated")),
    ),
    (
        r"\b(?:TTR|time to (?:resolve|resolution|recover(?:y)?|restore))\b"
        rf"|{_THING} (?:\w+ )?(?:lasted|took|went on)\b|{_IS}(?:resolved|over) {_FROM}"
        rf"|{_THING} of (?=(?:about |around |roughly |~)?\w+[\s-]?(?:h|min|hour))"
        rf"|\b(?:total )?duration\s*[:=]|\bduration of (?:the |this )?{_THING}",
        (
            ("impact_started", "resolved"), ("impact_started", "mitigated"), ("detected", "resolved"),
            ("detected", "mitigated"), ("acknowledged", "resolved"),
        ),
    ),
)  # fmt: skip
# “Balances were wrong for five hours”: a state of things, of the incident since it is told in its notes.
_STATE: Final = re.compile(
    r"\b(?:was|were|been) (?:\w+ ){0,2}(?:wrong|down|out|off|offline|unavailable|unreachable|slow|"
    r"late|stale|broken|degraded|affected|refused|declined|rejected|failing|delayed|stuck|missing|blocked)"
    r"(?: for)?\s*$",
    re.IGNORECASE,
)
_WORDED: Final = ("note", "cause", "decision", "summary")  # kinds of passages whose numbers must follow
_BETWEEN: Final = 30  # characters between a name and its number, at most
_BESIDE: Final = 24  # and between a name and a clock time
_ABOUT: Final = (
    r"\b(?:about|around|roughly|approximately|shortly|just|circa|ca\.|before|after|by|until|since)\s*$"
    r"|[~≈]\s*$"
)
_RANGE: Final = re.compile(
    rf"\b(?:from|between)?\s*{CLOCK}\s*(?:to|until|till|and|–|—|-)\s*{renamed(CLOCK, '2')}", re.IGNORECASE
)
_JOINED_AFTER: Final = re.compile(
    r"[\s,–—-]*\(?\s*(?:(?:for|lasting|which lasted|a total of|in total|i\.e\.|that is|=|or)\s*,?\s*){0,2}"
    rf"{DURATION}\s*(?:in total)?\s*(?:[).,;:]|$)",
    re.IGNORECASE,
)
_JOINED_BEFORE: Final = re.compile(rf"(?:for|lasted|of)\s+{DURATION}\s*[,(]?\s*\(?\s*$", re.IGNORECASE)
_DAY: Final = timedelta(days=1)
_NUMBERED: Final = re.compile(r"\d|\b(?:h|hrs?|hours?|m|mins?|minutes?|s|secs?|seconds?)\b", re.IGNORECASE)
_STARS: Final = re.compile(r"[*_]{1,2}")


@rule("MT101", "Duration that does not follow")
def find_wrong_durations(
    sentences: tuple[Told, ...], anchors: Mapping[str, pd.Timestamp]
) -> Iterator[Finding]:
    """A text names a duration of the incident, and the anchors give another.

    Two numbers for one thing make readers doubt both, and the wrong one is quoted.

    Mend: take the number from the metrics, or move the anchor that it rests on.
    """
    for passage, sentence in _worded(sentences):
        if len(re.findall(CLOCK, sentence)) > 1:
            continue  # two times say themselves what lies between them
        for clause in find_clauses(sentence):
            yield from _compare_durations(passage, clause, anchors)
            yield from _compare_states(passage, clause, anchors)


@rule("MT102", "Time that does not follow")
def find_wrong_times(
    sentences: tuple[Told, ...], anchors: Mapping[str, pd.Timestamp], incident: Incident
) -> Iterator[Finding]:
    """A text names the time of an anchor, and the timeline has another.

    One of them is older than the other. Every duration in the report follows the timeline.

    Mend: correct the text, or mark the event that it speaks of.
    """
    for passage, sentence in _worded(sentences):
        for clause in find_clauses(sentence) if ":" in sentence else ():
            for mark, pattern in _ANCHORS.items():
                if mark in anchors:
                    yield from _compare_times(passage, clause, (mark, pattern), anchors[mark], incident)


@rule("MT103", "Duration and times of one sentence differ")
def find_wrong_differences(sentences: tuple[Told, ...]) -> Iterator[Finding]:
    """A sentence names two times and how long it was between them, and it was not.

    Mostly one of the two was corrected later.

    Mend: take all three from the timeline.
    """
    for passage, sentence, _ in sentences:
        found = _RANGE.search(sentence.plain) if ":" in sentence.plain else None
        if found is None or len(re.findall(CLOCK, sentence.plain, re.IGNORECASE)) != 2:
            continue
        stated = _JOINED_AFTER.match(sentence.plain, found.end())
        stated = stated or _JOINED_BEFORE.search(sentence.plain, 0, found.start())
        duration = read_duration(stated) if stated else None
        if duration is None:
            continue
        first, last = read_clock(found), read_clock(found, "2")
        if found["half2"] and not found["half"]:
            continue  # “from 9:30 to 1:10 pm” leaves open which half the first one is in
        apart = timedelta(seconds=last.seconds - first.seconds) % _DAY
        # A day in between is not written into a range of times.
        if not duration.fits(apart) and duration.length < _DAY:
            told = stated.group().strip(" ,;:.()–—-") if stated else ""
            message = (
                f"“{_words(found.group())}” are {format_minutes(apart.total_seconds() / 60)}, and the "
                f"sentence says “{told}”."
            )
            yield passage.finding(message, suggestion=format_minutes(apart.total_seconds() / 60))


@rule("MT201", "Customers noticed first")
def find_customers_first(
    timeline: pd.DataFrame,
    factors: pd.DataFrame,
    anchors: Mapping[str, pd.Timestamp],
    vocabulary: Vocabulary,
) -> Iterator[Finding]:
    """Customers noticed before any alert did, and no factor says how that came about.

    What customers have to report, a check could have seen. It is a factor of its own, of the kind detection.

    Mend: add a factor of the kind `detection`: what was watched instead, and what would have shown it.
    """
    detected = anchors.get("detected")
    if detected is None or factors.empty or (factors["kind"] == "detection").any():
        return
    early = timeline[timeline["time"] <= detected]
    words = early["text"] + " " + early["summary"]
    told = early[vocabulary.cues["customers"].heard_in(words) & ~early["kind"].isin(["deploy", "change"])]
    alerts = early.loc[early["kind"].isin(["alert", "trigger", "bot"]), "time"]
    if len(told) and not (alerts < told["time"].iloc[0]).any():
        first = told.iloc[0]
        message = (
            f"Customers are heard at {first['time']:%Y-%m-%d %H:%M:%S} UTC (“{_words(first['summary'])}”), "
            "before any alert of the timeline, and no factor is of the kind detection."
        )
        yield Finding(message, "factors", "", "kind", (first["event_id"],))


def _worded(sentences: Iterable[Told]) -> Iterator[tuple[Passage, str]]:
    """Sentences of people's own words about the incident that may state a number, without what they quote."""
    for passage, sentence, _ in sentences:
        if passage.kind in _WORDED and _NUMBERED.search(sentence.plain):
            yield passage, _STARS.sub("", sentence.plain)


def _compare_durations(
    passage: Passage, clause: str, anchors: Mapping[str, pd.Timestamp]
) -> Iterator[Finding]:
    stated = list(re.finditer(DURATION, clause, re.IGNORECASE))
    if len(stated) != 1 or (duration := read_duration(stated[0])) is None:
        return
    for pattern, pairs in _SPANS:
        named = re.search(pattern, clause, re.IGNORECASE)
        known = [(a, b) for a, b in pairs if a in anchors and b in anchors]
        if named is None or pairs[0] not in known:
            continue
        if not 0 <= stated[0].start() - named.end() <= _BETWEEN:
            continue
        lengths = [anchors[b] - anchors[a] for a, b in known]
        if not any(duration.fits(length.to_pytimedelta()) for length in lengths):
            begin, end = pairs[0]
            right = format_minutes(lengths[known.index(pairs[0])].total_seconds() / 60)
            told = stated[0].group().strip()
            message = f"“{_words(clause)}” says {told}, and from `{begin}` to `{end}` it is {right}."
            yield passage.finding(message, suggestion=right)
            return


def _compare_states(passage: Passage, clause: str, anchors: Mapping[str, pd.Timestamp]) -> Iterator[Finding]:
    """What was wrong may have been so for a part of the incident, but for no more than all of it."""
    if not {"impact_started", "resolved"} <= set(anchors):
        return
    whole = anchors["resolved"] - anchors["impact_started"]
    for stated in re.finditer(DURATION, clause, re.IGNORECASE):
        duration = read_duration(stated) if _STATE.search(clause, 0, stated.start()) else None
        if duration is None or not whole < duration.length < 10 * whole:
            continue
        if not duration.fits(whole.to_pytimedelta()):
            right, told = format_minutes(whole.total_seconds() / 60), stated.group().strip()
            span = f"from `impact_started` to `resolved` it is only {right}"
            yield passage.finding(f"“{_words(clause)}” says {told}, and {span}.", suggestion=right)


def _compare_times(
    passage: Passage, clause: str, anchor: tuple[str, str], at: pd.Timestamp, incident: Incident
) -> Iterator[Finding]:
    mark, pattern = anchor
    for named in re.finditer(pattern, clause, re.IGNORECASE):
        clock = re.search(CLOCK, clause[named.end() :], re.IGNORECASE)
        if clock is None or clock.start() > _BESIDE:
            continue
        between = clause[named.end() : named.end() + clock.start()]
        if re.search(_ABOUT, between, re.IGNORECASE) or re.search(r"\d|\bnot\b", between):
            continue
        stated = read_clock(clock)
        zones = ["UTC"] if stated.utc else ["UTC", incident.timezone]
        local = [at.tz_convert(ZoneInfo(zone)) for zone in zones]
        marked = [time.hour * 3600 + time.minute * 60 + time.second for time in local]
        tolerance = 2 if stated.exact else 60
        if not stated.utc and _names_zone(clause[named.end() + clock.end() :]):
            continue  # a zone that is not the incident's own
        if all(_apart(stated.seconds, seconds) > tolerance for seconds in marked):
            told = clock.group().strip()
            message = f"“{_words(clause)}” says {told}, and `{mark}` is {at:%H:%M:%S} UTC on the timeline."
            yield passage.finding(message, suggestion=f"{at:%H:%M} UTC")
            return


def _names_zone(text: str) -> bool:
    return bool(re.match(r"\s*(?:[A-Z]{2,5}\b|[+-]\d\d|\([A-Z]|in [A-Z]|local|[A-Z]\w+ time)", text))


def _apart(one: int, other: int) -> int:
    apart = abs(one - other)
    return min(apart, 86_400 - apart)


def _words(text: str, most: int = 80) -> str:
    words = " ".join(text.split())
    return words if len(words) <= most else words[: most - 1].rstrip() + "…"


RULES: Final[tuple[Rule, ...]] = (
    find_wrong_durations, find_wrong_times, find_wrong_differences, find_customers_first,
)  # fmt: skip
