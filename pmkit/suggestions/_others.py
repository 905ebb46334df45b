"""Who else speaks of what was said: machines within minutes, answers in its thread, the response later."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from pmkit.similarity import WordIndex, index_words
from pmkit.suggestions._record import CLOCK, MUCH, Flags, Record
from pmkit.tellings import find_versions

_ECHO: Final = pd.Timedelta("5min")
# In how many messages a word may be that makes two speak of the same: where one tells of trouble, and else.
_RECALLED: Final = (4, 2)


def find_echoes(
    index: WordIndex, candidates: pd.DataFrame, *, hints: Flags, machines: Flags
) -> dict[int, tuple[int, list[str]]]:
    """Messages of people that share two rare words with a machine naming a service, within minutes."""
    count = len(candidates)
    rare = index.in_texts[index.word] <= max(5, count * 0.03)
    ours = rare & (index.text < count)
    text, word = index.text[ours], index.word[ours]
    # One number for word and moment: what lies near in it has the same word at nearly the same time.
    moment = candidates["time"].dt.tz_localize(None).to_numpy("datetime64[us]").astype("int64")
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


def find_recalled(
    record: Record, candidates: pd.DataFrame, people: Flags, response: pd.DataFrame, hints: Flags
) -> dict[int, tuple[int, str]]:
    """Messages of people that share two words with one of the response, and hardly any other has them."""
    position = np.flatnonzero(people)
    if not len(position) or response.empty:
        return {}
    # How rare a word is, all that people wrote says.
    said = candidates.loc[people]
    talk = record.events[record.by_people]
    talk = talk[~talk["event_id"].isin([*said["event_id"], *response["event_id"]])].tail(MUCH)
    texts = pd.concat([said["text"], response["text"], talk["text"]], ignore_index=True)
    index = index_words(texts, record.vocabulary.stop_words)
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


def find_named_versions(changes: pd.DataFrame, response: pd.DataFrame) -> dict[int, tuple[int, str]]:
    """Changes whose version the response names."""
    versions = find_versions(changes).str.removeprefix("version ")
    told = response["text"].str.casefold().tolist()
    whole = "\n".join(told)
    where = {
        version: next(n for n, text in enumerate(told) if version in text)
        for version in set(versions[versions != ""])
        if version in whole
    }
    return {
        n: (place, version) for n, version in versions.items() if (place := where.get(version)) is not None
    }


def find_response(record: Record, detected: pd.Timestamp) -> pd.DataFrame:
    """What people wrote in the channels of the incident from the detection on, the first of it."""
    own = record.by_people & record.events["place"].isin(record.own_channels)
    return record.events[own & (record.events["time"] >= detected)].head(MUCH)


def count_answers(record: Record, candidates: pd.DataFrame) -> npt.NDArray[np.int64]:
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


def find_citations(record: Record, candidates: pd.DataFrame, detected: pd.Timestamp) -> dict[int, Any]:
    """Candidates that a later message of the response names by their time and their place or author."""
    events, zone = record.events, record.postmortem.incident.timezone
    later = events[record.by_people & (events["time"] > detected)]
    if record.own_channels & set(later["place"]):
        later = later[later["place"].isin(record.own_channels)]
    later = later[later["text"].str.contains(r"\d\d:\d\d", regex=True)]
    stated = [[(int(h) * 60 + int(m), s) for h, m, s, _ in CLOCK.findall(text)] for text in later["text"]]
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
