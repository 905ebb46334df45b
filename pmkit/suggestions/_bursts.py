"""What machines repeat, folded: like alerts of one burst, and lines that are alike but for an item."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from pmkit.suggestions._record import FAR, PAST_DAYS, SAME_MOMENT, Flags, Record

_FOLD: Final = pd.Timedelta("30min")  # like alerts with less between them are one burst
_FAMILY: Final = 5  # items of which a machine says the same, from which on that is one thing
_NAME: Final = 2  # words of an item that other lines have too, at most
_SHARED: Final = 4  # words that they share, at least
_LINE: Final = 160  # characters of a first line by which it is told whether texts are alike
_NUMBERS: Final = r"\b[0-9a-f]{7,40}\b|\d[\d.,:]*"  # commits too


class Bursts(NamedTuple):
    """Of each candidate: whether it stands for its like, how many are in its burst and how many such bursts
    come from it on, on how many days before they came, and whether any could have come.
    """

    group: npt.NDArray[np.int64]
    first: Flags
    size: npt.NDArray[np.int64]
    times: npt.NDArray[np.int64]
    days: npt.NDArray[np.int64]
    has_past: Flags


def find_bursts(record: Record, candidates: pd.DataFrame, start: pd.Timestamp, *, single: Flags) -> Bursts:
    """Fold what machines repeat: events of one place and author that differ in their numbers only."""
    events, detected = record.events, record.detected_at
    assert detected is not None  # noqa: S101 - the caller looked
    earlier = events[events["time"] < start]
    over = record.anchors.get("resolved", detected + FAR)
    later = events[events["time"].between(detected - SAME_MOMENT, over, inclusive="right")]
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
    near = (ours["time"] >= detected - FAR).to_numpy()
    last = (ours["burst"] == ours.groupby("group")["burst"].transform("max")).to_numpy()
    first_near = ours["burst"].where(near & begins).groupby(ours["group"]).transform("min")
    wanted = np.where((seen_on == 0) & first_near.notna(), ours["burst"] == first_near, last)
    bursts_in_all = frame.groupby("group")["burst"].transform("max").iloc[: len(group)]
    return Bursts(
        group=group,
        first=wanted & begins,
        size=ours.groupby(["group", "burst"])["time"].transform("size").to_numpy(),
        times=(bursts_in_all - ours["burst"] + 1).to_numpy(),
        days=seen_on,
        has_past=candidates["place"].map(days_at).fillna(0).ge(PAST_DAYS).to_numpy() & ~single,
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
    family = find_families(dict.fromkeys(likeness[machines].tolist()))
    likeness[machines] = [family.get(line, line) for line in likeness[machines]]
    return np.asarray(pd.factorize(likeness)[0], dtype=np.int64)


def find_families(lines: Iterable[str]) -> dict[str, str]:
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
