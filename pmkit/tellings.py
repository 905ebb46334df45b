"""One fact as several sources tell it: an alert that opens, its acknowledgement, an issue, a deploy."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from pmkit import schema

Cells = npt.NDArray[np.object_]
Flags = npt.NDArray[np.bool_]

TELLING_COLUMNS: Final = ("event_id", "time", "source", "deed", "thing", "rank")
FACT_COLUMNS: Final = ("fact_id", "deed", "thing", "start_at", "end_at", "count", "sources", "event_ids")

# The columns that are looked at.
_READ: Final = (
    "event_id", "time", "source", "kind", "text", "slack_is_bot", "pd_incident_number", "jira_key",
    "jira_field", "alert_id", "deploy_version",
)  # fmt: skip
# What a record of that kind tells, whatever its words.
_DEEDS: Final = {
    "trigger": "opened", "alert": "opened", "incident": "opened", "ack": "acknowledged",
    "escalate": "escalated", "priority": "priority changed", "resolve": "resolved", "reopen": "reopened",
    "deploy": "deployed", "status_update": "told",
}  # fmt: skip
# The first of these words in a post says what it tells.
_WORDS: Final = {
    "triggered": "opened", "firing": "opened", "fired": "opened", "alerting": "opened", "opened": "opened",
    "created": "opened", "declared": "opened", "acknowledged": "acknowledged", "acked": "acknowledged",
    "escalated": "escalated", "priority": "priority changed", "resolved": "resolved",
    "recovered": "resolved", "closed": "resolved", "reopened": "reopened", "deployed": "deployed",
    "released": "deployed",
}  # fmt: skip
_SAID_BY_WORDS: Final = ("table", "file")  # sources whose kinds say little; Slack's bots come beside them
_TITLED: Final = ("opened", "resolved", "told")  # the words of the others name people, not things
_LINES: Final = 4  # of a post, in which its title may stand; a system's record begins with it
_TITLE: Final = 60  # characters; posts cut what is longer, each its own way

_NUMBER: Final = r"(?:^|[^\w&/#])#(?P<found>\d{1,9})\b"
_KEY: Final = r"\b(?P<found>[A-Z][A-Z0-9_]{1,9}-\d{1,7})\b"
_ALERT: Final = r"\b(?P<found>[A-Z][a-z0-9]+(?:[A-Z][a-z0-9]+)+)\b"  # as Prometheus' alerts are named
_VERSION: Final = r"\b(?P<found>[0-9a-f]{7}[0-9a-f]{0,33}|v?\d+(?:\.\d+)+(?:[-+][0-9A-Za-z.-]+)?)\b"
_STATUSES: Final = (
    "investigating|identified|monitoring|update|scheduled|in progress|verifying|completed|postmortem"
)
# What stands before a title: marks, numbers, what happened, through what; and after it: asides.
_BEFORE: Final = rf"^(?:\PL|\b(?:incident|p[1-5]|through the \w+|{_STATUSES}|{'|'.join(_WORDS)})\b)+"
_AFTER: Final = r"\s\([^()]*\)$"
_BEFORE_STATUS: Final = rf"^[^\n]*?\b(?:{_STATUSES}|resolved): "  # the name of what a page tells of


def find_tellings(events: pd.DataFrame) -> pd.DataFrame:
    """What each event tells that other sources may tell too: a deed, and the thing it was done to.

    One row per event, deed and name of the thing: `event_id`, `time`, `source`, `deed` (`opened`,
    `acknowledged`, `resolved`, `deployed` …), `thing` and `rank`, how surely the thing is named: 0 by an id
    (an incident `#4127`, an issue `PAY-812`, a version, an alert's own id), 1 by its title alone.

    Systems tell by the kind of a record, posts of bots by their words; what people write is no telling.
    """
    known = events[[*_READ]]
    dated = schema.without_samples(known[known["time"].notna()]).reset_index(drop=True)
    cells = {name: dated[name].to_numpy(dtype=object) for name in _READ}
    kind, text = cells["kind"], cells["text"]
    bots = dated["slack_is_bot"].to_numpy(dtype=bool) | (kind == "bot")
    posts = bots | np.isin(cells["source"], _SAID_BY_WORDS)
    created = _first_of_each_issue(dated, cells)
    deeds = np.array([_DEEDS.get(each, "") for each in kind], dtype=object)
    deeds[created] = "opened"
    deeds[posts] = _deeds_in_words(text[posts])
    statuses = kind == "status_update"
    title = np.where(np.isin(deeds, _TITLED), text, "")
    title[statuses] = [re.sub(_BEFORE_STATUS, "", each, flags=re.IGNORECASE) for each in title[statuses]]
    posted = _titles(title, where=bots, lines=_LINES)
    numbered = posts | (kind == "incident")
    told = np.where(bots, "told", deeds)
    # What names a thing, and the deed that was done to it: first what is an id, then what is only a title.
    named = [
        (_each(cells["pd_incident_number"], prefix="#"), deeds, 0),
        (_each(np.where(created | (kind == "resolve"), cells["jira_key"], "")), deeds, 0),
        (_each(cells["alert_id"], prefix="alert "), deeds, 0),
        (_each(_versions_in(cells["deploy_version"])), deeds, 0),
        (_each(_first_matches(text, _NUMBER, where=numbered), prefix="#"), deeds, 0),
        (_each(_first_matches(text, _KEY, where=numbered)), deeds, 0),
        (_each(_versions_in(text, where=posts)), deeds, 0),
        (_titles(title, where=~bots, lines=1), deeds, 1),
        (posted, deeds, 1),
        (_each(_first_matches(title, _ALERT)), deeds, 1),
        # The post of a status page says what is going on there, and not that it is a status.
        (posted, told, 1),
    ]
    entries = [
        (n, deed[n], thing, rank)
        for things, deed, rank in named
        for n, thing in things
        if deed[n] and (deed[n] != "told" or rank == 1)
    ]
    once: dict[tuple[int, str, str], int] = {}
    for n, deed, thing, rank in sorted(entries, key=lambda entry: entry[0]):
        once.setdefault((n, deed, thing), rank)
    tellings = dated[["event_id", "time", "source"]].take([n for n, _, _ in once]).reset_index(drop=True)
    tellings["deed"] = pd.Series([deed for _, deed, _ in once], dtype="str")
    tellings["thing"] = pd.Series([thing for _, _, thing in once], dtype="str")
    tellings["rank"] = pd.Series(list(once.values()), dtype="int64")
    return tellings[list(TELLING_COLUMNS)]


def find_same_facts(events: pd.DataFrame, *, within: str = "90s") -> pd.DataFrame:
    """Facts that several sources tell, each as one: who told it, and which events do.

    One row per fact, in order of time: `fact_id` (the event that told it first), `deed`, `thing`, `start_at`
    and `end_at` (UTC, the first and the last telling), `count`, `sources` and `event_ids` (a space between,
    in order of time). Tellings belong together that name one deed of one thing with no more than `within`
    between two; what only one source tells is left out.
    """
    tellings = find_tellings(events)
    moments = tellings["time"].astype("int64")
    cells = (tellings[name].tolist() for name in ("event_id", "source", "deed", "thing", "rank"))
    tellings_of_all = [_Telling(*row) for row in zip(moments.tolist(), *cells, strict=True)]
    facts = []
    for group in _told_by_several(tellings_of_all, within=pd.Timedelta(within) // pd.Timedelta("1us")):
        # The fact goes by its surest name: an id before a title.
        name = min(group, key=lambda row: (row.rank, row.time))
        told: dict[str, _Telling] = {}
        for row in sorted(group, key=lambda row: (row.time, row.rank)):
            told.setdefault(row.event_id, row)
        rows = list(told.values())
        sources = " ".join(dict.fromkeys(row.source for row in rows))
        when = (rows[0].time, rows[-1].time, len(rows))
        facts.append((rows[0].event_id, name.deed, name.thing, *when, sources, " ".join(told)))
    facts.sort(key=lambda fact: (fact[3], fact[0]))
    texts = dict.fromkeys(("fact_id", "deed", "thing", "sources", "event_ids"), "str")
    times = dict.fromkeys(("start_at", "end_at"), "datetime64[us]")
    frame = pd.DataFrame(facts, columns=list(FACT_COLUMNS)).astype({**texts, **times, "count": "int64"})
    return frame.assign(**{name: frame[name].dt.tz_localize("UTC") for name in times})


def find_versions(events: pd.DataFrame) -> pd.Series:
    """The version or commit that each event names, as `version 6e1f0c7`; "" where it names none."""
    recorded = _versions_in(events["deploy_version"].to_numpy(dtype=object))
    said = _versions_in(events["text"].to_numpy(dtype=object), where=recorded == "")
    return pd.Series(np.where(recorded != "", recorded, said), index=events.index, dtype="str")


class _Telling(NamedTuple):
    """A row of `find_tellings`; its time in microseconds."""

    time: int
    event_id: str
    source: str
    deed: str
    thing: str
    rank: int


def _told_by_several(rows: list[_Telling], *, within: int) -> list[list[_Telling]]:
    """The tellings of each fact that several sources tell, with no more than `within` microseconds apart."""
    groups: list[list[_Telling]] = []
    for row in sorted(rows, key=lambda row: (row.deed, row.thing, row.time)):
        last = groups[-1][-1] if groups else None
        if last is None or (last.deed, last.thing) != (row.deed, row.thing) or row.time - last.time > within:
            groups.append([])
        groups[-1].append(row)
    return _joined([group for group in groups if len({row.source for row in group}) > 1])


def _joined(groups: list[list[_Telling]]) -> list[list[_Telling]]:
    """Groups that share an event, which names its thing in several ways, become one."""
    parent = list(range(len(groups)))

    def root(n: int) -> int:
        while parent[n] != n:
            n = parent[n]
        return n

    first: dict[str, int] = {}
    for n, group in enumerate(groups):
        for row in group:
            one, other = sorted((root(first.setdefault(row.event_id, n)), root(n)))
            parent[other] = one
    whole: dict[int, list[_Telling]] = {}
    for n, group in enumerate(groups):
        whole.setdefault(root(n), []).extend(group)
    return list(whole.values())


# What was done


def _deeds_in_words(texts: Cells) -> list[str]:
    """The deed each text speaks of first."""
    words = _first_matches(texts, rf"(?i)\b(?P<found>{'|'.join(_WORDS)})\b")
    return [
        (_WORDS[word.lower()] if word else "told") if text else ""
        for word, text in zip(words, texts, strict=True)
    ]


def _first_of_each_issue(events: pd.DataFrame, cells: Mapping[str, Cells]) -> Flags:
    """The records that tell of an issue being created: its first, unless that already changes a field."""
    created = np.zeros(len(events), dtype=bool)
    places = np.flatnonzero((cells["jira_key"] != "") & (cells["source"] == "jira"))
    if len(places):
        issues = events.loc[places, ["time", "jira_key", "jira_field"]].sort_values("time", kind="stable")
        first = issues.drop_duplicates("jira_key")
        created[first.index[first["jira_field"] == ""]] = True
    return created


# What it was done to


def _each(things: Cells, prefix: str = "") -> Iterator[tuple[int, str]]:
    """The things that are named, each with its row."""
    return ((n, prefix + thing) for n, thing in enumerate(things) if thing)


def _versions_in(texts: Cells, where: Flags | None = None) -> Cells:
    """The first version or commit in each text: a commit by its first seven digits, a tag without its v."""
    found = _first_matches(texts, _VERSION, where=where)
    return np.array([f"version {_short(each)}" if each else "" for each in found], dtype=object)


def _short(version: str) -> str:
    return version[:7] if re.fullmatch("[0-9a-f]{7,40}", version) else version.removeprefix("v")


def _titles(texts: Cells, *, where: Flags, lines: int) -> list[tuple[int, str]]:
    """The first lines of each text as titles: small letters and digits, without what stands before."""
    import pyarrow as pa
    import pyarrow.compute as pc

    asked = np.flatnonzero([there and bool(text) for there, text in zip(where, texts, strict=True)])
    if not len(asked):
        return []
    first = pc.list_slice(pc.split_pattern(pa.array(texts[asked], type=pa.large_string()), "\n"), 0, lines)
    title = pc.utf8_lower(pc.utf8_slice_codeunits(pc.list_flatten(first), 0, 4 * _TITLE))
    for aside in (_BEFORE, _AFTER):
        title = pc.replace_substring_regex(title, pattern=aside, replacement="")
    title = pc.replace_substring_regex(title, pattern=r"[^\pL\pN]+", replacement=" ")
    title = pc.utf8_trim_whitespace(pc.utf8_slice_codeunits(title, 0, _TITLE))
    long = pc.match_substring_regex(title, r"\S+ \S+ \S+")  # fewer words name many things
    rows = asked[pc.list_parent_indices(first).filter(long).to_numpy()]
    return [(int(n), f"“{said}”") for n, said in zip(rows, title.filter(long).to_pylist(), strict=True)]


def _first_matches(texts: Cells, pattern: str, where: Flags | None = None) -> Cells:
    """The group `found` of the first match in each text; "" where there is none, or it is not asked for."""
    import pyarrow as pa
    import pyarrow.compute as pc

    found = np.full(len(texts), "", dtype=object)
    where = np.ones(len(texts), dtype=bool) if where is None else where
    asked = [n for n, there in enumerate(where) if there and texts[n]]
    if asked:
        said = pa.array(texts[asked], type=pa.large_string())
        matches = pc.struct_field(pc.extract_regex(said, pattern=pattern), "found")
        found[asked] = [each or "" for each in matches.to_pylist()]
    return found
