"""The signs of each candidate that it tells of the incident, and the sentences that say so."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from pmkit.similarity import WordIndex, index_words
from pmkit.suggestions._bursts import Bursts
from pmkit.suggestions._others import (
    count_answers,
    find_citations,
    find_echoes,
    find_named_versions,
    find_recalled,
    find_response,
)
from pmkit.suggestions._record import ALIKE, FAR, MUCH, PAST_DAYS, Flags, Record, only

_SAME: Final = 0.6  # likeness of texts that say the same
# Signs in a text that make it more than talk.
_WEAKER: Final = ("contact", "trouble", "wondering")  # signs that ordinary talk has as well
_HINTS: Final = ("doubt", "surprise", "customers", "symptom")
_SPOKEN_OF: Final = ("echo", "cited", "recalled")  # signs that others speak of it too
_CLOSE: Final = pd.Timedelta("2h")
_BACKGROUND: Final = 20  # messages of the days before, from which on it means something that one is new
_UNLIKE: Final = 0.45
_RARE: Final = 0.5  # share of what is said near the detection that may be new for it to tell something
_DESK: Final = re.compile(r"support|help|desk|customer|client|care\b|cs\b|complaint|feedback|success")


class Signs:
    """The signs of each candidate, and the sentences that say so."""

    def __init__(
        self, record: Record, candidates: pd.DataFrame, people: Flags, changes: Flags, bursts: Bursts
    ) -> None:
        self.record, self.candidates, self.people, self.bursts = record, candidates, people, bursts
        detected = record.detected_at
        assert detected is not None  # noqa: S101 - the caller looked
        self.queries = _what_it_was_about(record)
        self.response = find_response(record, detected)
        texts = pd.concat([candidates["text"], *self.queries.values()], ignore_index=True)
        index = index_words(_without(record.services, texts), record.vocabulary.stop_words)
        self.flags = self._in_itself(index, changes, detected)
        self.flags["novel"], self.flags["usual"] = self._novelty(record, candidates, people)
        self.flags["heard"] = people & _is_desk(candidates["place"])
        alerts = ~people & ~changes & (bursts.days == 0)
        self.flags["new"] = alerts & bursts.has_past
        self.flags["again"] = alerts & (bursts.times > 1)
        hints = people & self._any(*_HINTS, "words", "service")
        self.echoes = find_echoes(index, candidates, hints=hints, machines=~people & self.flags["service"])
        self.flags["echo"] = self._found_in(self.echoes)
        self.citations = find_citations(record, candidates, detected)
        self.flags["cited"] = self._found_in(self.citations)
        self.answers = count_answers(record, candidates)
        self._weigh_together(changes)

    def _in_itself(self, index: WordIndex, changes: Flags, detected: pd.Timestamp) -> dict[str, Flags]:
        """The signs that each text and its time have by themselves."""
        import pyarrow as pa
        import pyarrow.compute as pc

        people, cues, texts = self.people, self.record.vocabulary.cues, self.candidates["text"]
        named = pc.match_substring_regex(
            pa.array((texts + " " + self.candidates["place"]).to_numpy(dtype=object), type=pa.large_string()),
            self.record.services,
            ignore_case=True,
        )
        likeness = self._likeness(index, len(texts))
        to_go = (detected - self.candidates["time"]).to_numpy(dtype="timedelta64[us]")
        return {
            "service": named.to_numpy(zero_copy_only=False),
            "same alert": ~people & (likeness["page"] >= _SAME),
            "words": np.logical_or.reduce([found >= ALIKE for found in likeness.values()]),
            **{name: only(people, cues[name].heard_in, texts) for name in (*_HINTS, *_WEAKER)},
            "change": changes,
            "close": to_go <= _CLOSE.to_timedelta64(),
            "near": to_go <= np.timedelta64(1, "h"),
            "far": to_go > FAR.to_timedelta64(),
            "routine": self.bursts.days >= 1,
        }

    def _weigh_together(self, changes: Flags) -> None:
        """The signs that only others make one, and who only talks."""
        flags, people = self.flags, self.people
        clear = self._any(*(name for name in _HINTS if name != "doubt"))
        clear |= flags["doubt"] & self._any("service", "words", "trouble", "contact")
        # What ordinary talk has as well says something only together.
        hints = clear | (flags["trouble"] & self._any("contact", "wondering", "service"))
        hints |= flags["wondering"] & flags["service"]
        flags["answered"] = people & clear & (self.answers > 0)
        named = find_named_versions(self.candidates[changes], self.response)
        self.recalled = named | find_recalled(self.record, self.candidates, people, self.response, clear)
        flags["recalled"] = self._found_in(self.recalled)
        spoken_of = self._any(*_SPOKEN_OF)
        outside = ~self.candidates["place"].isin(self.record.own_channels).to_numpy()
        flags["person"] = people & outside & (hints | spoken_of)
        flags["close"] &= ~people | hints | spoken_of | self._any("trouble", "contact")
        # Who names a service and says no more of it, talks.
        self.is_talk = people & ~(hints | spoken_of | self._any("words", "trouble", "contact"))
        flags["alone"] = changes & ~(spoken_of | flags["same alert"])

    def _any(self, *names: str) -> Flags:
        found: Flags = np.logical_or.reduce([self.flags[name] for name in names])
        return found

    def _found_in(self, places: Container[int]) -> Flags:
        return np.array([n in places for n in range(len(self.candidates))])

    def _novelty(self, record: Record, candidates: pd.DataFrame, people: Flags) -> tuple[Flags, Flags]:
        """Of what people said near the detection: whether it is new, or was said on the days before.

        Where little is known of the days before, it is neither.
        """
        events, count = record.events, len(candidates)
        known = events.loc[record.by_people & (events["time"] < record.detected_at - FAR)].tail(MUCH)
        near = np.flatnonzero(people & (candidates["time"] >= record.detected_at - FAR).to_numpy())[-MUCH:]
        novel, usual = np.zeros(count, dtype=bool), np.zeros(count, dtype=bool)
        if len(known) < _BACKGROUND or known["time"].dt.floor("D").nunique() < PAST_DAYS or not len(near):
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

    def reasons(self, n: int, event: Any, detected: pd.Timestamp) -> Iterable[str]:
        """Short sentences, the weightiest first, each with the points it adds."""
        points = self.record.vocabulary.points
        signs = [sign for sign, flags in self.flags.items() if flags[n]]
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


def _what_it_was_about(record: Record) -> dict[str, pd.Series]:
    """Texts that tell what the incident was about: its title, the page, and how the response began."""
    events, detected = record.events, record.detected_at
    pages = events[events["kind"].isin(["trigger", "alert"]) & (events["time"] >= detected)]
    own = record.by_people & events["place"].isin(record.own_channels) & (events["time"] >= detected)
    return {
        "title": pd.Series([record.postmortem.incident.title], dtype="str"),
        "page": pages["text"].drop_duplicates().head(3),
        "response": events.loc[own, "text"].head(6),
    }


def _is_desk(places: pd.Series) -> Flags:
    """Channels in which customers are heard, by their names."""
    known = {place: bool(_DESK.search(place.casefold())) for place in places.unique()}
    return np.array([known[place] for place in places], dtype=bool)


def _signed(points: float) -> str:
    return f"{points:+.1f}".replace("-", "−")


def _days(count: int) -> str:
    return "one day" if count == 1 else f"{count} days"
