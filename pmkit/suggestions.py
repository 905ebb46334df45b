"""What the record suggests to the people who read it, each with its reasons and the edit it would make."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from pmkit import schema, spoken
from pmkit.postmortem import Postmortem
from pmkit.similarity import WordIndex, index_words
from pmkit.tellings import find_same_facts, find_versions
from pmkit.timeline import find_anchors, find_gaps, incident_window
from pmkit.vocabulary import Vocabulary, load_vocabulary

KINDS: Final = ("early signal", "anchor", "decision", "gap")
COLUMNS: Final = ("suggestion_id", "kind", "event_id", "time", "score", "title", "reasons", "proposal")

_LOOK_BACK: Final = pd.Timedelta("24h")  # early signals are looked for so long before the detection
_SAME_MOMENT: Final = pd.Timedelta("2min")  # what comes so shortly before the detection is part of it
_FAR: Final = pd.Timedelta("6h")  # what lies further back has seldom to do with it
_FOLD: Final = pd.Timedelta("30min")  # like alerts with less between them are one burst
_TELLINGS: Final = "10min"  # of one fact come with less between two
_ECHO: Final = pd.Timedelta("5min")
_ASKED_WITHIN: Final = pd.Timedelta("5min")
_ASKED_AFTER: Final = 20  # messages, at most
_PAST_DAYS: Final = 2  # of a place that are known, before a first time there means something
# In how many messages a word may be that makes two speak of the same: where one tells of trouble, and else.
_RECALLED: Final = (4, 2)
_MOST: Final = {"early signal": 12, "anchor": 3, "decision": 12, "gap": 6}  # for an anchor: of each mark
_MOST_OF_ONE_MACHINE: Final = 3
_ALIKE: Final = 0.2  # likeness of texts that speak of the same
_SAME: Final = 0.6  # likeness of texts that say the same
_FAMILY: Final = 5  # items of which a machine says the same, from which on that is one thing
_NAME: Final = 2  # words of an item that other lines have too, at most
_SHARED: Final = 4  # words that they share, at least
_MUCH: Final = 2_000  # messages of the response that are read for what they recall
# Signs in a text that make it more than talk.
_WEAKER: Final = ("contact", "trouble", "wondering")  # signs that ordinary talk has as well
_CLOSE: Final = pd.Timedelta("2h")
_BACKGROUND: Final = 20  # messages of the days before, from which on it means something that one is new
_UNLIKE: Final = 0.45
_RARE: Final = 0.5  # share of what is said near the detection that may be new for it to tell something
_DESK: Final = re.compile(r"support|help|desk|customer|client|care\b|cs\b|complaint|feedback|success")
# A commit, or a tag: what has one point alone is measured, and what has three is an address.
_VERSION: Final = re.compile(
    r"(?<![\w.])(?:(?=[a-f]*\d)(?=\d*[a-f])[0-9a-f]{7,40}|v\d+(?:\.\d+)+|\d+\.\d+\.\d+)(?![\w.]*\w)"
)
_HINTS: Final = ("doubt", "surprise", "customers", "symptom")
_SPOKEN_OF: Final = ("echo", "cited", "recalled")  # signs that others speak of it too
_LINE: Final = 160  # characters of a first line by which it is told whether texts are alike
_NUMBERS: Final = r"\b[0-9a-f]{7,40}\b|\d[\d.,:]*"  # commits too
_NO_SIGNAL: Final = ("join", "leave", "topic", "pin", "deleted", "unreadable", "notify", "incident", "assign")
# The columns that are looked at: to choose rows of a few columns is quicker by far than of all.
_COLUMNS: Final = (
    "event_id", "time", "source", "kind", "actor", "place", "text", "slack_user_id", "slack_channel_id",
    "slack_ts", "slack_thread_ts", "slack_reactions", "slack_is_bot", "deploy_version", "pd_incident_number",
    "jira_key", "jira_field", "alert_id",
)  # fmt: skip
_CLOCK: Final = re.compile(r"\b([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?\s?(Z|UTC)?", re.ASCII)
_STATED_ZONE: Final = ("Z", "UTC")

Flags = npt.NDArray[np.bool_]


class Proposal(NamedTuple):
    """The edit a suggestion would make: a row of a table and the cells to set; no row id means a new row."""

    table: str
    row_id: str
    values: dict[str, str]


def suggest(postmortem: Postmortem, *, vocabulary: Vocabulary | None = None) -> pd.DataFrame:
    """What to put on the timeline, mark or record next, as read from the evidence.

    One row per suggestion, by kind and then the strongest first: `suggestion_id` (the same in every run),
    `kind`, `event_id`, `time` (UTC), `score`, `title` (what taking it does), `reasons` (a tuple of short
    sentences, with the points each one adds) and `proposal` (`table`, `row_id`, `values`: cells as text).

    - `early signal`: events before the detection that may have told of the incident. The points stand in
      `vocabulary.toml`. Several tellings of one fact are one suggestion, and so are like alerts: the first in
      the six hours before; of those that come on other days too the first of the last burst, since only
      that can belong to this incident.
    - `anchor`: events, or times stated in messages, for anchors that people have not marked.
    - `decision`: decisions spoken elsewhere than in the channel of decisions and not in `decisions`.
    - `gap`: silent stretches of the timeline in which the record is not silent, and an event to begin with.

    An event that people included is not suggested again, and one they left out (`included` no) never.
    """
    if postmortem.events.empty:
        return _frame([])
    record = _Record(postmortem, vocabulary or load_vocabulary())
    if record.events.empty:
        return _frame([])
    rows: list[dict[str, Any]] = []
    for found in (_early_signals(record), _anchors(record), _decisions(record), _gaps(record)):
        rows += found
    return _frame(rows)


def _frame(rows: list[dict[str, Any]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    texts = ["suggestion_id", "kind", "event_id", "title"]
    return frame.astype({**dict.fromkeys(texts, "str"), "time": schema.TIME_DTYPE, "score": "float64"})


@dataclass(frozen=True)
class _Record:
    """The record as all four kinds of suggestion look at it."""

    postmortem: Postmortem
    vocabulary: Vocabulary
    events: pd.DataFrame = field(init=False)

    def __post_init__(self) -> None:
        events = schema.without_samples(self.postmortem.events[list(_COLUMNS)])
        dated = events[events["time"].notna()].sort_values("time", kind="stable", ignore_index=True)
        # Rows are chosen again and again, and of plain objects that is one step for all columns.
        dated = dated.astype(dict.fromkeys(dated.columns.drop(["time", "slack_is_bot"]), "object"))
        object.__setattr__(self, "events", dated)

    @cached_property
    def anchors(self) -> dict[str, pd.Timestamp]:
        found = find_anchors(self.postmortem.timeline)
        return dict(zip(found["mark"], found["time"], strict=True))

    @cached_property
    def detected_at(self) -> pd.Timestamp | None:
        """When the incident was detected; by the first alert of the evidence where nothing says so."""
        if "detected" in self.anchors:
            return self.anchors["detected"]
        alerts = self.events[self.events["kind"].isin(["trigger", "alert"])]
        return alerts["time"].iloc[0] if len(alerts) else None

    @cached_property
    def handled(self) -> set[str]:
        return set(self.postmortem.worksheet["event_id"])

    @cached_property
    def left_out(self) -> set[str]:
        worksheet = self.postmortem.worksheet
        return set(worksheet.loc[~worksheet["included"], "event_id"])

    @cached_property
    def own_channels(self) -> set[str]:
        """The channels made for this incident."""
        return {f"#{channel.name}" for channel in self.postmortem.incident.channels}

    @cached_property
    def decision_channels(self) -> set[str]:
        return {
            f"#{channel.name}"
            for channel in self.postmortem.incident.channels
            if "decision" in f"{channel.name} {channel.purpose}".casefold()
        }

    @cached_property
    def by_people(self) -> pd.Series:
        events = self.events
        talk = events["kind"].isin(["message", "reply", "file"])
        return (events["source"] == "slack") & talk & ~events["slack_is_bot"]

    @cached_property
    def service_patterns(self) -> dict[str, str]:
        """How the services are named in texts; `payments.deadline` names `payments-gateway` as well."""
        patterns = {}
        for name in filter(str.strip, self.postmortem.incident.services):
            whole = re.sub(r"[^A-Za-z0-9]+", "[-_ ]?", name.strip())
            head = re.match(r"[A-Za-z0-9]{4,}(?=[-_ ])", name)
            patterns[name] = rf"\b{whole}\b" + (rf"|\b{head.group()}[._:/]" if head else "")
        return patterns

    @property
    def services(self) -> str:
        """A pattern for the names of all services."""
        return "|".join(self.service_patterns.values()) or r"[^\s\S]"

    def names_service(self, text: str) -> bool:
        return re.search(self.services, text, re.IGNORECASE) is not None

    def service_in(self, text: str) -> str:
        named = (name for name, p in self.service_patterns.items() if re.search(p, text, re.IGNORECASE))
        return next(named, "")

    def role_of(self, event: Any) -> str:
        for member in self.postmortem.incident.members:
            if event.slack_user_id and event.slack_user_id == member.slack:
                return member.role
            if member.person and event.actor == member.person:
                return member.role
        return ""


# Early signals


def _early_signals(record: _Record) -> list[dict[str, Any]]:
    detected = record.detected_at
    if detected is None:
        return []
    times = record.events["time"]
    began = min(detected, record.anchors.get("impact_started", detected))
    start, end = began - _LOOK_BACK, detected - _SAME_MOMENT
    here = times.between(start, end) & ~record.events["kind"].isin(_NO_SIGNAL)
    found = record.events[here]
    found = found[~_is_all_clear(found, record)]
    if found.empty:
        return []
    people = record.by_people[found.index].to_numpy()
    candidates = found.reset_index(drop=True)
    changes = _only(~people, record.vocabulary.cues["change"].heard_in, candidates["text"])
    changes |= candidates["kind"].isin(["deploy", "change"]).to_numpy()
    changes |= _names_version(record, candidates, ~people)
    # What a person says twice is said twice, and what is changed twice is changed twice.
    bursts = _bursts(record, candidates, start, single=people | changes)
    telling = _Telling(record, candidates, people, changes, bursts)
    points = record.vocabulary.points
    score = sum(flags * points[sign] for sign, flags in telling.signs.items())
    score = np.round(np.asarray(score, dtype=float), 2)
    handled = candidates["event_id"].isin(record.handled).to_numpy()
    fact = _facts(candidates, changes, people, where=(score >= points["enough"]) | handled)
    spoken_for = np.isin(bursts.group, bursts.group[handled]) | np.isin(fact, fact[handled])
    chosen = (score >= points["enough"]) & ~spoken_for & bursts.first & ~telling.is_talk
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
            "reasons": tuple(telling.reasons(n, event, detected)),
            "proposal": Proposal("timeline", event.event_id, {"included": "yes"}),
        }
        for n, event in zip(picked, rows.itertuples(), strict=True)
    ]


def _is_all_clear(events: pd.DataFrame, record: _Record) -> pd.Series:
    """What machines say when something is over."""
    heard = record.vocabulary.cues["all clear"].heard_in(events["text"])
    return (events["kind"] == "resolve") | (heard & ~record.by_people[events.index])


def _names_version(record: _Record, candidates: pd.DataFrame, machines: Flags) -> Flags:
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


class _Bursts(NamedTuple):
    """Of each candidate: whether it stands for its like, how many are in its burst and how many such bursts
    come from it on, on how many days before they came, and whether any could have come.
    """

    group: npt.NDArray[np.int64]
    first: Flags
    size: npt.NDArray[np.int64]
    times: npt.NDArray[np.int64]
    days: npt.NDArray[np.int64]
    has_past: Flags


def _bursts(record: _Record, candidates: pd.DataFrame, start: pd.Timestamp, *, single: Flags) -> _Bursts:
    """Fold what machines repeat: events of one place and author that differ in their numbers only."""
    events, detected = record.events, record.detected_at
    assert detected is not None  # noqa: S101 - the caller looked
    earlier = events[events["time"] < start]
    over = record.anchors.get("resolved", detected + _FAR)
    later = events[events["time"].between(detected - _SAME_MOMENT, over, inclusive="right")]
    group = _like(pd.concat([earlier, candidates, later], ignore_index=True))
    before, group, after = np.split(group, [len(earlier), len(earlier) + len(candidates)])
    days = earlier["time"].dt.floor("D").groupby(before).nunique()
    days_at = earlier["time"].dt.floor("D").groupby(earlier["place"]).nunique()
    own = max(group.max(initial=0), after.max(initial=0)) + 1 + np.arange(len(group))
    group = np.where(single, own, group)
    frame = pd.DataFrame(
        {
            "group": np.concatenate([group, after]),
            "time": pd.concat([candidates["time"], later["time"]], ignore_index=True),
        }
    )
    frame["burst"] = (frame.groupby("group")["time"].diff() > _FOLD).groupby(frame["group"]).cumsum()
    ours = frame.iloc[: len(group)]
    seen_on = pd.Series(group).map(days).fillna(0).to_numpy(dtype=np.int64)
    seen_on = np.where(single, 0, seen_on)
    begins = ~ours.duplicated(["group", "burst"]).to_numpy()
    near = (ours["time"] >= detected - _FAR).to_numpy()
    last = (ours["burst"] == ours.groupby("group")["burst"].transform("max")).to_numpy()
    first_near = ours["burst"].where(near & begins).groupby(ours["group"]).transform("min")
    wanted = np.where((seen_on == 0) & first_near.notna(), ours["burst"] == first_near, last)
    bursts_in_all = frame.groupby("group")["burst"].transform("max").iloc[: len(group)]
    return _Bursts(
        group=group,
        first=wanted & begins,
        size=ours.groupby(["group", "burst"])["time"].transform("size").to_numpy(),
        times=(bursts_in_all - ours["burst"] + 1).to_numpy(),
        days=seen_on,
        has_past=candidates["place"].map(days_at).fillna(0).ge(_PAST_DAYS).to_numpy() & ~single,
    )


def _like(events: pd.DataFrame) -> npt.NDArray[np.int64]:
    """One number for the events of one place and author whose first lines differ in their numbers only.

    What a machine says of one item after another, `AR-1207 teapot sold out`, `SE-1155 jug sold out`, is alike
    too.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    which, texts = pd.factorize(events["text"].to_numpy())
    first_lines = pa.array([text.partition("\n")[0][:_LINE] for text in texts], type=pa.large_string())
    lines = pc.replace_substring_regex(first_lines, _NUMBERS, "#").to_pylist()
    said = zip(events["place"], events["actor"], which.tolist(), strict=True)
    likeness = np.array([f"{place}\0{actor}\0{lines[n]}" for place, actor, n in said], dtype=object)
    machines = (events["slack_is_bot"] | (events["source"] != "slack")).to_numpy()
    family = _families(dict.fromkeys(likeness[machines].tolist()))
    likeness[machines] = [family.get(line, line) for line in likeness[machines]]
    return np.asarray(pd.factorize(likeness)[0], dtype=np.int64)


def _families(lines: Iterable[str]) -> dict[str, str]:
    """Lines that are alike but for an item, each with what it shares with the others.

    Lines are place, author and words. Shared are the words that many lines of that author have; there have to
    be enough of them, and enough lines, for two monitors of one service share their beginning too.
    """
    split = {line: line.rsplit("\0", 1) for line in lines}
    words = {line: (author, tuple(said.split())) for line, (author, said) in split.items()}
    counts = Counter((author, word) for author, said in words.values() for word in set(said))
    frames: dict[tuple[str, ...], list[str]] = {}
    for line, (author, said) in words.items():
        shared = tuple(word for word in said if counts[author, word] >= _FAMILY)
        if len(said) > len(shared) and sum(any(map(str.isalpha, word)) for word in shared) >= _SHARED:
            frames.setdefault((author, *shared), []).append(line)
    families = {frame: alike for frame, alike in frames.items() if len(alike) >= _FAMILY}
    for frame in [frame for frame in frames if frame not in families]:
        # The name of an item may be a word that other lines have as well.
        near = (
            f for f in families if f[0] == frame[0] and set(f) < set(frame) and len(frame) - len(f) <= _NAME
        )
        for family in near:
            families[family] += frames[frame]
            break
    return {line: alike[0] for alike in families.values() for line in alike}


class _Telling:
    """The signs of each candidate, and the sentences that say so."""

    def __init__(
        self, record: _Record, candidates: pd.DataFrame, people: Flags, changes: Flags, bursts: _Bursts
    ) -> None:
        import pyarrow as pa
        import pyarrow.compute as pc

        self.record, self.candidates, self.people, self.bursts = record, candidates, people, bursts
        detected = record.detected_at
        assert detected is not None  # noqa: S101 - the caller looked
        cues = record.vocabulary.cues
        texts = candidates["text"]
        named = pc.match_substring_regex(
            pa.array((texts + " " + candidates["place"]).to_numpy(dtype=object), type=pa.large_string()),
            record.services,
            ignore_case=True,
        )
        self.queries = _what_it_was_about(record)
        self.response = _response(record, detected)
        all_texts = pd.concat([texts, *self.queries.values()], ignore_index=True)
        index = index_words(_without(record.services, all_texts), record.vocabulary.stop_words)
        likeness = self._likeness(index, len(texts))
        machines = ~people
        outside = ~candidates["place"].isin(record.own_channels).to_numpy()
        to_go = (detected - candidates["time"]).to_numpy(dtype="timedelta64[us]")
        self.signs: dict[str, Flags] = {
            "service": named.to_numpy(zero_copy_only=False),
            "same alert": machines & (likeness["page"] >= _SAME),
            "words": np.logical_or.reduce([found >= _ALIKE for found in likeness.values()]),
            "doubt": _only(people, cues["doubt"].heard_in, texts),
            "surprise": _only(people, cues["surprise"].heard_in, texts),
            "customers": _only(people, cues["customers"].heard_in, texts),
            "symptom": _only(people, cues["symptom"].heard_in, texts),
            **{name: _only(people, cues[name].heard_in, texts) for name in _WEAKER},
            "change": changes,
            "close": to_go <= _CLOSE.to_timedelta64(),
            "near": to_go <= np.timedelta64(1, "h"),
            "far": to_go > _FAR.to_timedelta64(),
            "routine": bursts.days >= 1,
        }
        self.signs["novel"], self.signs["usual"] = self._novelty(record, candidates, people)
        self.signs["heard"] = people & _is_desk(candidates["place"])
        alerts = machines & ~changes & (bursts.days == 0)
        self.signs["new"] = alerts & bursts.has_past
        self.signs["again"] = alerts & (bursts.times > 1)
        self.echoes = self._echoes(index)
        self.signs["echo"] = np.array([n in self.echoes for n in range(len(texts))])
        self.citations = _citations(record, candidates, detected)
        self.signs["cited"] = np.array([n in self.citations for n in range(len(texts))])
        signs = self.signs
        about = np.logical_or.reduce([signs[name] for name in ("service", "words", "trouble", "contact")])
        clear = np.logical_or.reduce([signs[name] for name in _HINTS if name != "doubt"])
        clear |= signs["doubt"] & about
        # What ordinary talk has as well says something only together.
        hints = clear | (signs["trouble"] & (signs["contact"] | signs["wondering"] | signs["service"]))
        hints |= signs["wondering"] & signs["service"]
        self.answers = _count_answers(record, candidates)
        signs["answered"] = people & clear & (self.answers > 0)
        self.recalled = self._named_versions() | self._recalled(clear)
        signs["recalled"] = np.array([n in self.recalled for n in range(len(texts))])
        spoken_of = np.logical_or.reduce([signs[name] for name in _SPOKEN_OF])
        signs["person"] = people & outside & (hints | spoken_of)
        signs["close"] &= machines | hints | spoken_of | signs["trouble"] | signs["contact"]
        # Who names a service and says no more of it, talks.
        says_more = hints | spoken_of | signs["words"] | signs["trouble"] | signs["contact"]
        self.is_talk = people & ~says_more
        self.signs["alone"] = changes & ~(spoken_of | self.signs["same alert"])

    def _novelty(self, record: _Record, candidates: pd.DataFrame, people: Flags) -> tuple[Flags, Flags]:
        """Of what people said near the detection: whether it is new, or was said on the days before.

        Where little is known of the days before, it is neither.
        """
        events, count = record.events, len(candidates)
        known = events.loc[record.by_people & (events["time"] < record.detected_at - _FAR)].tail(_MUCH)
        near = np.flatnonzero(people & (candidates["time"] >= record.detected_at - _FAR).to_numpy())[-_MUCH:]
        novel, usual = np.zeros(count, dtype=bool), np.zeros(count, dtype=bool)
        if len(known) < _BACKGROUND or known["time"].dt.floor("D").nunique() < _PAST_DAYS or not len(near):
            return novel, usual
        texts = pd.concat([known["text"], candidates["text"].iloc[near]], ignore_index=True)
        index = index_words(_without(record.services, texts), record.vocabulary.stop_words)
        for place, n in enumerate(near.tolist()):
            most = index.likeness(len(known) + place, len(known)).max()
            novel[n], usual[n] = most < _UNLIKE, most >= _SAME
        # Where nearly all that people say is new, to be new is no sign.
        return novel & (novel.sum() <= len(near) * _RARE), usual

    def _likeness(self, index: WordIndex, count: int) -> dict[str, npt.NDArray[np.float64]]:
        found = {name: np.zeros(count) for name in self.queries}
        position = count
        for name, query in self.queries.items():
            for _ in range(len(query)):
                # One word in common is chance.
                alike = np.where(index.count_shared(position) > 1, index.likeness(position), 0.0)
                found[name] = np.maximum(found[name], alike[:count])
                position += 1
        return found

    def _echoes(self, index: WordIndex) -> dict[int, tuple[int, list[str]]]:
        """Messages of people that share two rare words with a machine naming a service, within minutes."""
        count = len(self.candidates)
        hints = self.people & np.logical_or.reduce(
            [self.signs[name] for name in (*_HINTS, "words", "service")]
        )
        machines = ~self.people & self.signs["service"]
        rare = index.in_texts[index.word] <= max(5, count * 0.03)
        ours = rare & (index.text < count)
        text, word = index.text[ours], index.word[ours]
        # One number for word and moment: what lies near in it has the same word at nearly the same time.
        moment = self.candidates["time"].dt.tz_localize(None).to_numpy("datetime64[us]").astype("int64")
        near = int(_ECHO / pd.Timedelta("1us"))
        moment = moment - moment.min(initial=moment[0]) + near
        key = word * (int(moment.max()) + 2 * near) + moment[text]
        said = np.flatnonzero(machines[text])
        said = said[np.argsort(key[said], kind="stable")]
        heard = np.flatnonzero(hints[text])
        left = np.searchsorted(key[said], key[heard] - near)
        right = np.searchsorted(key[said], key[heard] + near, side="right")
        pairs: dict[tuple[int, int], list[str]] = {}
        for entry, low, high in zip(heard, left, right, strict=True):
            for other in said[low:high]:
                pairs.setdefault((int(text[entry]), int(text[other])), []).append(index.words[word[entry]])
        echoes: dict[int, tuple[int, list[str]]] = {}
        for (n, other), words in pairs.items():
            if len(words) >= 2 and len(words) > len(echoes.get(n, (0, []))[1]):
                echoes[n] = (other, words)
        return {n: (other, words[:3]) for n, (other, words) in echoes.items()}

    def _recalled(self, hints: Flags) -> dict[int, tuple[int, str]]:
        """Messages of people that share two words with one of the response, and hardly any other has them."""
        position = np.flatnonzero(self.people)
        if not len(position) or self.response.empty:
            return {}
        # How rare a word is, all that people wrote says.
        said, response = self.candidates.loc[self.people], self.response
        talk = self.record.events[self.record.by_people]
        talk = talk[~talk["event_id"].isin([*said["event_id"], *response["event_id"]])].tail(_MUCH)
        texts = pd.concat([said["text"], response["text"], talk["text"]], ignore_index=True)
        index = index_words(texts, self.record.vocabulary.stop_words)
        most, fewest = _RECALLED
        words = np.array([len(word) > 3 and word.isalpha() for word in index.words], dtype=bool)
        entries = pd.DataFrame({"word": index.word, "text": index.text})[
            (words & (index.in_texts <= most))[index.word]
        ]
        before = entries["text"] < len(said)
        after = ~before & (entries["text"] < len(said) + len(response))
        pairs = entries[before].merge(entries[after], on="word", suffixes=("", "_later"))
        uses = np.where(hints[position[pairs["text"]]], most, fewest)
        pairs = pairs[index.in_texts[pairs["word"]] <= uses]
        shared = pairs.groupby(["text", "text_later"], sort=True)["word"].agg(list)
        found: dict[int, tuple[int, str]] = {}
        for (n, later), named in shared[shared.map(len) > 1].items():
            told = ", ".join(index.words[word] for word in named[:3])
            found.setdefault(int(position[n]), (int(later) - len(said), told))
        return found

    def _named_versions(self) -> dict[int, tuple[int, str]]:
        """Changes whose version the response names."""
        versions = find_versions(self.candidates[self.signs["change"]]).str.removeprefix("version ")
        told = self.response["text"].str.casefold().tolist()
        whole = "\n".join(told)
        where = {
            version: next(n for n, text in enumerate(told) if version in text)
            for version in set(versions[versions != ""])
            if version in whole
        }
        return {
            n: (place, version)
            for n, version in versions.items()
            if (place := where.get(version)) is not None
        }

    def reasons(self, n: int, event: Any, detected: pd.Timestamp) -> Iterable[str]:
        """Short sentences, the weightiest first, each with the points it adds."""
        points = self.record.vocabulary.points
        signs = [sign for sign, flags in self.signs.items() if flags[n]]
        signs = [sign for sign in signs if points[sign]]
        for sign in sorted(signs, key=lambda sign: -abs(points[sign])):
            yield f"{self._words(sign, n, event, detected)} ({_signed(points[sign])})"
        if self.bursts.size[n] > 1:
            yield f"The first of {self.bursts.size[n]} alike in its burst"

    def _words(self, sign: str, n: int, event: Any, detected: pd.Timestamp) -> str:
        cues = self.record.vocabulary.cues
        if sign in cues and sign != "change":
            return f"“{cues[sign].words_in(event.text)}”: {cues[sign].sign}"
        if sign == "service":
            return f"Names {self.record.service_in(f'{event.text} {event.place}')}, a service of the incident"
        if sign == "echo":
            other, words = self.echoes[n]
            machine = self.candidates.iloc[other]
            said = f"{machine['actor'] or machine['place']} at {machine['time']:%H:%M:%S} UTC"
            return f"Speaks of the same as {said}: {', '.join(words)}"
        if sign == "cited":
            later = self.citations[n]
            return f"A message in {later.place} at {later.time:%H:%M:%S} UTC speaks of it"
        if sign == "recalled":
            place, shared = self.recalled[n]
            later = self.response.iloc[place]
            where = f"{later['place']} at {later['time']:%H:%M:%S} UTC"
            return f"A message in {where} speaks of the same: {shared}"
        minutes = max(1, round((detected - event.time).total_seconds() / 60))
        return {
            "same alert": "The alert that paged says the same",
            "words": "Shares rare words with the title, the page or the first messages of the response",
            "change": "A change, before the detection",
            "person": f"A person wrote it, in {event.place}",
            "near": f"{minutes} minute{'s' if minutes > 1 else ''} before the detection",
            "close": "Less than two hours before the detection",
            "novel": "Nobody said the like on the days before",
            "usual": "The like was said on the days before too",
            "heard": f"Customers are heard in {event.place}",
            "far": "More than six hours before the detection",
            "routine": f"Its like came on {_days(self.bursts.days[n])} before too",
            "new": "Its like did not come on the days before",
            "again": f"The first of {self.bursts.times[n]} times until the end",
            "answered": f"{self.answers[n]} in its thread answered",
            "alone": "Nothing else speaks of this change",
        }[sign]


def _without(names: str, texts: pd.Series) -> pd.Series:
    """The texts without names that are weighed by themselves, so that likeness is of what else is said."""
    import pyarrow as pa
    import pyarrow.compute as pc

    strings = pa.array(texts.to_numpy(dtype=object), type=pa.large_string())
    return pc.replace_substring_regex(strings, f"(?i){names}", " ").to_pandas().astype("str")


def _what_it_was_about(record: _Record) -> dict[str, pd.Series]:
    """Texts that tell what the incident was about: its title, the page, and how the response began."""
    events, detected = record.events, record.detected_at
    pages = events[events["kind"].isin(["trigger", "alert"]) & (events["time"] >= detected)]
    own = record.by_people & events["place"].isin(record.own_channels) & (events["time"] >= detected)
    return {
        "title": pd.Series([record.postmortem.incident.title], dtype="str"),
        "page": pages["text"].drop_duplicates().head(3),
        "response": events.loc[own, "text"].head(6),
    }


def _response(record: _Record, detected: pd.Timestamp) -> pd.DataFrame:
    """What people wrote in the channels of the incident from the detection on, the first of it."""
    own = record.by_people & record.events["place"].isin(record.own_channels)
    return record.events[own & (record.events["time"] >= detected)].head(_MUCH)


def _count_answers(record: _Record, candidates: pd.DataFrame) -> npt.NDArray[np.int64]:
    """How many others answered in the thread of each candidate."""
    events = record.events
    replies = events.loc[
        record.by_people & (events["kind"] == "reply"),
        ["slack_channel_id", "slack_thread_ts", "slack_user_id"],
    ]
    answers: dict[tuple[str, str], set[str]] = {}
    for channel, thread, person in replies.itertuples(index=False, name=None):
        answers.setdefault((channel, thread), set()).add(person)
    asked = zip(candidates["slack_channel_id"], candidates["slack_ts"], strict=True)
    return np.array([len(answers.get(thread, ())) for thread in asked], dtype=np.int64)


def _citations(record: _Record, candidates: pd.DataFrame, detected: pd.Timestamp) -> dict[int, Any]:
    """Candidates that a later message of the response names by their time and their place or author."""
    events, zone = record.events, record.postmortem.incident.timezone
    later = events[record.by_people & (events["time"] > detected)]
    if record.own_channels & set(later["place"]):
        later = later[later["place"].isin(record.own_channels)]
    later = later[later["text"].str.contains(r"\d\d:\d\d", regex=True)]
    stated = [[(int(h) * 60 + int(m), s) for h, m, s, _ in _CLOCK.findall(text)] for text in later["text"]]
    wanted = {minute for clocks in stated for minute, _ in clocks}
    at_minute: dict[int, list[int]] = {}
    for times in (candidates["time"], candidates["time"].dt.tz_convert(zone)):
        minutes = (times.dt.hour * 60 + times.dt.minute).to_numpy()
        for n in np.flatnonzero(np.isin(minutes, list(wanted))).tolist():
            at_minute.setdefault(int(minutes[n]), []).append(n)
    seconds = candidates["time"].dt.second.tolist()
    names = [candidates[column].str.casefold().tolist() for column in ("place", "actor")]
    cited: dict[int, Any] = {}
    for message, clocks in zip(later.itertuples(), stated, strict=True):
        text = message.text.casefold()
        for minute, second in clocks:
            for n in at_minute.get(minute, ()):
                if n in cited or (second and seconds[n] != int(second)):
                    continue
                if any(len(name[n]) > 2 and name[n] in text for name in names):
                    cited.setdefault(n, message)
    return cited


def _is_desk(places: pd.Series) -> Flags:
    """Channels in which customers are heard, by their names."""
    known = {place: bool(_DESK.search(place.casefold())) for place in places.unique()}
    return np.array([known[place] for place in places], dtype=bool)


def _few_of_each_machine(order: Iterable[int], candidates: pd.DataFrame, people: Flags) -> list[int]:
    picked: list[int] = []
    taken: dict[tuple[str, str], int] = {}
    for n in order:
        author = (candidates["place"].iloc[n], candidates["actor"].iloc[n])
        taken[author] = taken.get(author, 0) + (not people[n])
        if taken[author] <= _MOST_OF_ONE_MACHINE and len(picked) < _MOST["early signal"]:
            picked.append(n)
    return picked


def _only(where: Flags, hear: Any, texts: pd.Series) -> Flags:
    """`hear` of those texts alone that matter; the rest is not heard."""
    heard = np.zeros(len(texts), dtype=bool)
    heard[where] = hear(texts[where])
    return heard


# Anchors


def _anchors(record: _Record) -> list[dict[str, Any]]:
    worksheet = record.postmortem.worksheet
    marked = set(" ".join(worksheet.loc[worksheet["included"], "mark"]).split())
    rows: list[dict[str, Any]] = []
    for mark in schema.MARKS:
        if mark in marked:
            continue
        found = _recorded(record, mark) + _spoken(record, mark)
        found = [row for row in found if row["event_id"] not in record.left_out]
        found = sorted(found, key=lambda row: (-row["score"], row["time"]))
        # Several messages that state one moment are one suggestion, and a record of that moment goes first.
        recorded = {
            row["time"].floor("s") for row in found if not row["proposal"].row_id.startswith("manual:")
        }
        once: dict[pd.Timestamp, dict[str, Any]] = {}
        for row in found:
            stated = row["proposal"].row_id.startswith("manual:")
            if not (stated and row["time"].floor("s") in recorded):
                once.setdefault(row["time"], row)
        rows += list(once.values())[: _MOST["anchor"]]
    return rows


def _recorded(record: _Record, mark: str) -> list[dict[str, Any]]:
    """What the paging system itself has as that moment."""
    kinds = {"detected": ("trigger", 0), "acknowledged": ("ack", 0), "resolved": ("resolve", -1)}
    if mark not in kinds:
        return []
    kind, which = kinds[mark]
    events = record.events[(record.events["kind"] == kind) & ~record.events["event_id"].isin(record.left_out)]
    events = events[events["source"].isin(schema.STATUS_SOURCES)]
    if events.empty:
        return []
    event = events.iloc[which]
    nth = "first" if which == 0 else "last"
    reasons = [f"The {nth} record of kind `{kind}`"]
    if mark == "resolved":
        reasons.append("The page is often resolved long after the impact ended")
    return [_anchor(record, mark, event, score=0.6 if mark == "resolved" else 0.9, reasons=reasons)]


def _spoken(record: _Record, mark: str) -> list[dict[str, Any]]:
    """What people of the response said about that moment, with the time they state where they state one."""
    cue_name = {"impact_started": "impact", "mitigated": "mitigated", "resolved": "resolved"}.get(mark, "")
    detected = record.detected_at
    if not cue_name or detected is None:
        return []
    cue = record.vocabulary.cues[cue_name]
    events = record.events
    own = events["place"].isin(record.own_channels) if record.own_channels else True
    said = record.by_people & own
    if mark == "mitigated":  # machines say when a rollback or a job is done
        said |= (events["source"] == "slack") & events["slack_is_bot"]
    talk = events[said & events["time"].between(detected, detected + pd.Timedelta("2D"))]
    rows = []
    for event in talk[cue.heard_in(talk["text"])].itertuples():
        stated = _stated_time(event)
        if stated is not None and (stated <= detected) != (mark == "impact_started"):
            stated = None  # it speaks of another moment
        score = 0.5 + 0.3 * (stated is not None) + 0.1 * (event.slack_reactions != "")
        score -= 0.3 * event.text.rstrip().endswith("?")
        reasons = [f"“{cue.words_in(event.text)}” in {event.place}: {cue.sign}"]
        if stated is not None:
            reasons.append(f"It states the time {stated:%H:%M:%S} UTC")
        said = pd.Series(event._asdict())
        rows.append(_anchor(record, mark, said, score=round(score, 2), reasons=reasons, stated=stated))
    return rows


def _anchor(
    record: _Record,
    mark: str,
    event: pd.Series,
    *,
    score: float,
    reasons: Sequence[str],
    stated: pd.Timestamp | None = None,
) -> dict[str, Any]:
    name = mark.replace("_", " ")
    if stated is None:
        worksheet = record.postmortem.worksheet
        said = worksheet.loc[worksheet["event_id"] == event["event_id"], "mark"]
        marks = " ".join([*said, mark]).strip()
        proposal = Proposal("timeline", event["event_id"], {"included": "yes", "mark": marks})
    else:
        proposal = Proposal(
            "timeline",
            f"manual:{mark.replace('_', '-')}",
            {
                "included": "yes",
                "time": schema.format_time(stated),
                "mark": mark,
                "summary": _sentence(event["text"], f"{stated:%H:%M}"),
                "note": f"As stated in {event['place']} at {event['time']:%H:%M:%S} UTC.",
            },
        )
    return {
        "suggestion_id": f"anchor:{mark}:{event['event_id']}",
        "kind": "anchor",
        "event_id": event["event_id"],
        "time": stated if stated is not None else event["time"],
        "score": score,
        "title": f"Mark it as {name}" if stated is None else f"Add {stated:%H:%M:%S} UTC as {name}",
        "reasons": tuple(reasons),
        "proposal": proposal,
    }


def _stated_time(event: Any) -> pd.Timestamp | None:
    """The one time with its zone that a message states, as of its day; none where it states several."""
    stated = {m.groups() for m in _CLOCK.finditer(event.text) if m.group(4) in _STATED_ZONE}
    if len(stated) != 1:
        return None
    hour, minute, second, _ = stated.pop()
    day = event.time.floor("D")
    at = day + pd.Timedelta(hours=int(hour), minutes=int(minute), seconds=int(second or 0))
    return at if at <= event.time else at - pd.Timedelta(days=1)


# Decisions


def _decisions(record: _Record) -> list[dict[str, Any]]:
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
            words = _sentence(event.text, signs[0].words)
            rows.append(_decision(record, event, words, score=spoken.score(signs), reasons=reasons))
    for said, question in asked:
        # A step that is left out of the timeline, being told there already, may still be a decision.
        if said.event_id in decided or question.event_id in known:
            continue
        words = record.vocabulary.cues["undecided"].words_in(question.text)
        where = f"{question.place} at {question.time:%H:%M:%S} UTC"
        reason = f"“{words}” in {where}: somebody asks whether it was decided"
        step = _sentence(said.text, said.text[:20])
        event_ids = " ".join(dict.fromkeys([said.event_id, question.event_id]))
        rows.append(
            _decision(record, said, step, score=0.7, reasons=[f"{reason} (+0.7)"], event_ids=event_ids)
        )
    return sorted(rows, key=lambda row: (-row["score"], row["time"]))[: _MOST["decision"]]


def _decision(
    record: _Record, event: Any, words: str, *, score: float, reasons: Sequence[str], event_ids: str = ""
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


def _asked_about(record: _Record, talk: pd.DataFrame) -> list[tuple[Any, Any]]:
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


def _weigh_decision(record: _Record, event: Any, heard: frozenset[str]) -> list[spoken.Sign]:
    service, role = record.service_in(event.text), record.role_of(event)
    message = spoken.Message(event.text, role, event.slack_reactions, service=service, heard=heard)
    return spoken.weigh_decision(message, record.vocabulary)


def _points_to(texts: pd.Series, channels: set[str]) -> pd.Series:
    """Messages that only say where the decision stands."""
    found = pd.Series(False, index=texts.index)
    for channel in channels:
        found |= texts.str.contains(channel, regex=False)
    return found


def _told_there(spoken: pd.DataFrame, written: pd.DataFrame, record: _Record) -> Flags:
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
        told[n] = (index.likeness(len(there) + n, len(there))[near] >= _ALIKE).any()
    return told


# Gaps


def _gaps(record: _Record) -> list[dict[str, Any]]:
    timeline = record.postmortem.timeline
    if timeline.empty:
        return []
    start, end = incident_window(timeline)
    known = record.anchors
    lasted = (
        known["resolved"] - known["impact_started"]
        if {"resolved", "impact_started"} <= set(known)
        else end - start
    )
    longer_than = max(pd.Timedelta("15min"), lasted / 3)
    telling = record.events[~record.events["kind"].isin(_NO_SIGNAL)]
    within = timeline[timeline["time"].between(start, end)]
    gaps = find_gaps(within, telling, longer_than=str(longer_than))
    rows = []
    for gap in gaps[gaps["raw_events"] > 0].itertuples():
        inside = telling[(telling["time"] > gap.start_at) & (telling["time"] < gap.end_at)]
        begin_with = _to_begin_with(inside[~inside["event_id"].isin(record.handled)], record)
        if begin_with is None:
            continue
        stretch = f"{gap.start_at:%H:%M} to {gap.end_at:%H:%M} UTC"
        places = inside["place"].value_counts().head(3)
        counts = ", ".join(f"{count} in {place or 'no place'}" for place, count in places.items())
        rows.append(
            {
                "suggestion_id": f"gap:{gap.after}:{gap.before}",
                "kind": "gap",
                "event_id": begin_with,
                "time": gap.start_at,
                "score": round(min(1.0, float(gap.minutes) / 60), 2),
                "title": f"Look into the silence from {stretch}",
                "reasons": (
                    f"Nothing stands on the timeline for {gap.minutes:.0f} minutes",
                    f"The record has {gap.raw_events:,} events there: {counts}",
                ),
                "proposal": Proposal("timeline", begin_with, {"included": "yes"}),
            }
        )
    return rows[: _MOST["gap"]]


def _to_begin_with(inside: pd.DataFrame, record: _Record) -> str | None:
    """The event of a gap that others reacted to most; of those made for the incident first."""
    if inside.empty:
        return None
    counts = inside["slack_reactions"].str.findall(r" (\d+)").map(lambda found: sum(map(int, found)))
    own = inside["place"].isin(record.own_channels) & ~inside["slack_is_bot"]
    weight = counts + own * 100
    return str(inside.loc[weight.idxmax(), "event_id"])


def _sentence(text: str, words: str) -> str:
    """The sentence of a message in which the words stand, without marks of bold and code."""
    plain = " ".join(re.sub(r"[*`]", "", text).split())
    sentences = re.split(r"(?<=[.!?。])\s", plain)
    chosen = next((sentence for sentence in sentences if words in sentence), sentences[0])
    return chosen if len(chosen) <= 240 else chosen[:240].rpartition(" ")[0] + "…"


def _signed(points: float) -> str:
    return f"{points:+.1f}".replace("-", "−")


def _days(count: int) -> str:
    return "one day" if count == 1 else f"{count} days"
