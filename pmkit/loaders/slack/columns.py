"""The events frame under construction: messages go in by the day or page, one frame comes out.

Columns are finished in batches, so that the peak of memory is the frame and one batch.
"""

from __future__ import annotations

import gc
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from pmkit.loaders._frame import STRING, TIME, scalar, strings, to_events
from pmkit.loaders._mrkdwn import Names
from pmkit.loaders.slack import message as meaning
from pmkit.loaders.slack.message import People
from pmkit.loaders.slack.shapes import Message
from pmkit.loaders.slack.stamps import (
    FIRST_SECOND,
    LAST_SECOND,
    UNDATED,
    Span,
    Times,
    microsecond_of,
    microseconds,
)

_BATCH: Final = 5_000  # messages whose columns are built together
_WORKSPACE = re.compile(r"https://([a-z0-9.-]+\.slack\.com)/files/", re.ASCII)
_AN_ID = re.compile(r"@([UWB][A-Z0-9]+)", re.ASCII)

# A message may tell of several moments; each is a row of its own, with this behind its id.
_SAID, _ENDED, _PINNED = range(3)
_SUFFIXES: Final = ("", ":end", ":pin")
_OWN: Final = {"channel", "place", "edition", "as_of", "index", "part", "time"}

_Columns = dict[str, pa.Array]
_Rows = npt.NDArray[np.int64]


@contextmanager
def collector_at_rest() -> Iterator[None]:
    """Keeps Python from searching for cycles among records that hold none, a tenth of the time of a load."""
    at_work = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if at_work:
            gc.enable()


class Channel(NamedTuple):
    """A conversation. Its id is the folder's name where no index tells it."""

    id: str
    name: str
    place: str
    has_id: bool


class Pinned(NamedTuple):
    """A message that is pinned: its `ts`, and who pinned it in which second."""

    number: int
    ts: str
    user: str
    second: int


@dataclass
class Loading:
    """Messages on their way into the events frame of `file`.

    `problems` holds the place and the reason of everything that could not be read.
    """

    file: str
    people: People
    channel_names: dict[str, str]
    workspaces: Counter[str] = field(default_factory=Counter)
    problems: list[tuple[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.names = Names(self.people.names, self.channel_names)
        self._renames: dict[str, str] = {}
        self._channels: dict[Channel, int] = {}
        self._editions: dict[str, int] = {"": 0}
        self._places: list[str] = []
        self._messages: list[Message] = []
        self._indexes: list[int] = []
        self._runs: list[tuple[int, int, int, int, int]] = []
        self._batches: list[pa.Table] = []

    def add(
        self,
        channel: Channel,
        place: str,
        messages: Sequence[Message],
        indexes: Iterable[int] | None = None,
        *,
        edition: str = "",
        as_of: int = 0,
    ) -> None:
        """Messages of one channel, whose ref is `place:index`.

        Of several copies of a message the latest state stays. `as_of` is when this state was taken, in
        microseconds; where nothing tells, an `edition` was taken when its last message was sent.
        """
        code = self._channels.setdefault(channel, len(self._channels))
        volume = self._editions.setdefault(edition, len(self._editions))
        self._runs.append((code, len(self._places), volume, as_of, len(messages)))
        self._places.append(place)
        self._messages += messages
        self._indexes += range(len(messages)) if indexes is None else indexes
        if len(self._messages) >= _BATCH:
            self._finish_batch()

    def add_problem(self, place: str, index: int | None, reason: str) -> None:
        """A record, or with no `index` a whole file, that cannot be read."""
        self.problems.append((place if index is None else f"{place}:{index}", reason))

    def add_pins(self, channel: Channel, place: str, pins: Sequence[Pinned]) -> None:
        """The pins of a channel, each a row at the time it was set."""
        code = self._channels.setdefault(channel, len(self._channels))
        columns = {
            "kind": strings("pin" for _ in pins),
            "actor": strings(self.names.person(pin.user) for pin in pins),
            "text": strings("Pinned a message" for _ in pins),
            "slack_ts": strings(pin.ts for pin in pins),
            "slack_thread_ts": strings("" for _ in pins),
            "slack_user_id": strings(pin.user for pin in pins),
            "slack_edited_ts": strings("" for _ in pins),
            "time": pa.array([pin.second * 10**6 for pin in pins], type=pa.int64()),
            "part": pa.array([_PINNED for _ in pins], type=pa.int8()),
            "as_of": pa.array([0 for _ in pins], type=pa.int64()),
            "index": pa.array([pin.number for pin in pins], type=pa.int64()),
        }
        for name, value in (("channel", code), ("place", len(self._places)), ("edition", 0)):
            columns[name] = pa.array([value for _ in pins], type=pa.int32())
        self._places.append(place)
        self._batches.append(pa.table(columns))

    def frame(self, span: Span) -> pd.DataFrame:
        """Everything added, sorted by time, each message once; what cannot be read stands last."""
        self._finish_batch()
        found = pa.concat_tables(self._batches, promote_options="default").combine_chunks()
        self._batches.clear()
        time, channel = found["time"].to_numpy(), self._join_renamed(found["channel"].to_numpy())
        self._note_undated(found, time)
        order = np.lexsort((found["part"].to_numpy(), channel, time))
        order = order[span.holds(time[order])]
        order, copies = self._fold_copies(found, time, channel, order)

        rows = pa.array(order)
        columns = {name: found[name].take(rows) for name in found.column_names if name not in _OWN}
        columns["time"] = pa.array(time[order], type=TIME)
        columns["ref"] = self._refs(found, rows, copies)
        codes, parts = pa.array(channel[order]), found["part"].take(rows)
        del found
        columns |= self._of_channels(columns, codes, parts)
        self._name_latecomers(columns)
        _quote_pinned(columns, parts)
        return to_events("slack", self.file, columns, self.problems, time_basis="epoch")

    # A batch

    def _finish_batch(self) -> None:
        channel, place, edition, as_of, count = np.array(self._runs, dtype=np.int64).reshape(-1, 5).T
        as_of = np.repeat(as_of, count)
        self._prepare(as_of)
        columns = self._columns(self._messages)
        for name, codes in (("channel", channel), ("place", place), ("edition", edition)):
            columns[name] = pa.array(np.repeat(codes.astype(np.int32), count))
        columns["as_of"] = pa.array(as_of)
        columns["index"] = pa.array(self._indexes, type=pa.int64())
        batch = pa.table(columns)
        self._batches += [batch, *_ends_of_huddles(batch, self._messages)]
        self._messages, self._runs, self._indexes = [], [], []

    def _prepare(self, as_of: Times) -> None:
        """Put the message an event-log record is about in its place; learn what is said in passing."""
        for row, message in enumerate(self._messages):
            if message.subtype:
                if message.subtype in meaning.WRAPPERS:
                    as_of[row] = microsecond_of(message.ts or "")
                    self._messages[row] = meaning.unwrapped(message)
                elif message.old_name and message.name:
                    self._renames[message.old_name] = message.name
            if message.files:
                links = (_WORKSPACE.match(file.permalink or "") for file in message.files)
                self.workspaces.update(link[1] for link in links if link)

    def _columns(self, messages: Sequence[Message]) -> _Columns:
        """The columns that messages alone decide."""
        said = meaning.Reading(messages, self.people, self.names)
        ts = strings([m.ts or "" for m in messages])
        thread_ts = strings([m.thread_ts or "" for m in messages])
        is_bot = np.zeros(len(messages), dtype=np.bool_)
        is_bot[list(said.bots)] = True
        return {
            "kind": _kinds(_sparse(said.kinds, len(ts)), ts, thread_ts),
            "actor": strings(said.actors),
            "text": strings(said.texts),
            "slack_ts": ts,
            "slack_thread_ts": thread_ts,
            "slack_user_id": strings(said.authors),
            "slack_user_team": _sparse(said.teams, len(ts)),
            "slack_subtype": _sparse(said.subtypes, len(ts)),
            "slack_is_bot": pa.array(is_bot),
            "slack_edited_ts": _sparse(said.edits, len(ts)),
            "slack_reactions": _sparse(said.reactions, len(ts)),
            "slack_files": _sparse(said.files, len(ts)),
            "time": pa.array(microseconds(ts)),
            "part": pa.array(np.full(len(ts), _SAID, dtype=np.int8)),
        }

    # The frame

    def _join_renamed(self, codes: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
        """`codes` with a folder that bears a channel's old name counted to the channel."""
        lookup = np.arange(len(self._channels), dtype=np.int32)
        bearers = {channel.name: code for channel, code in self._channels.items()}
        for channel, code in self._channels.items() if self._renames else ():
            if not channel.has_id:
                lookup[code] = bearers.get(self._current_name(channel.name), code)
        return lookup[codes]

    def _current_name(self, name: str) -> str:
        seen = {name}
        while (newer := self._renames.get(name, name)) not in seen:
            seen.add(newer)
            name = newer
        return name

    def _note_undated(self, found: pa.Table, time: Times) -> None:
        """A message whose `ts` is no time cannot be placed; it is reported like a damaged one."""
        for row in np.flatnonzero(time == UNDATED):
            ts = found["slack_ts"][row].as_py()
            problem = f'"ts" is {ts[:40]!r}, expected as 1710484200.000100' if ts else 'no "ts"'
            place = self._places[found["place"][row].as_py()]
            self.add_problem(place, found["index"][row].as_py(), problem)

    def _fold_copies(
        self, found: pa.Table, time: Times, channel: npt.NDArray[np.int32], order: _Rows
    ) -> tuple[_Rows, dict[int, list[int]]]:
        """`order` with each message once, and for a message that stood there twice its other copies.

        The latest state stays: the deletion, else the last edit, else the one taken last, else the one that
        stands last.
        """
        part = found["part"].to_numpy()
        same = (np.diff(time[order]) == 0) & (np.diff(channel[order]) == 0) & (np.diff(part[order]) == 0)
        if not same.any():
            return order, {}
        group = np.concatenate([[0], np.cumsum(~same)])
        twin = np.append(same, False) | np.insert(same, 0, False)
        rows, groups = order[twin], group[twin]

        deleted = pc.equal(found["kind"], "deleted").to_numpy()[rows]
        edited = microseconds(found["slack_edited_ts"].take(pa.array(rows)))
        by_state = np.lexsort((rows, self._taken(found, time)[rows], edited, deleted, groups))
        rows, groups = rows[by_state], groups[by_state]
        copies = {}
        for alike in np.split(rows, np.flatnonzero(np.diff(groups)) + 1):
            *others, latest = alike.tolist()
            copies[latest] = sorted(others)
        gone = np.concatenate([np.array(others, dtype=np.int64) for others in copies.values()])
        return order[~np.isin(order, gone)], copies

    def _taken(self, found: pa.Table, time: Times) -> Times:
        """When the state of each record was taken: as told, or when its edition's last message was sent."""
        as_of, edition = found["as_of"].to_numpy(), found["edition"].to_numpy()
        last = np.zeros(len(self._editions), dtype=np.int64)
        np.maximum.at(last, edition, time)
        taken: Times = np.where(as_of > 0, as_of, last[edition])
        return taken

    def _refs(self, found: pa.Table, rows: pa.Array, copies: dict[int, list[int]]) -> pa.Array:
        places = strings(f"{self.file}#{place}" for place in self._places)
        index = found["index"].cast(STRING)
        refs = pc.binary_join_element_wise(places.take(found["place"]), index, scalar(":"))
        taken = refs.take(rows)
        if not copies:
            return taken
        joined = {row: " | ".join(refs[n].as_py() for n in (row, *others)) for row, others in copies.items()}
        kept = rows.to_pylist()
        mask = pc.is_in(rows, value_set=pa.array(list(joined), type=rows.type))
        replacements = strings(joined[row] for row in kept if row in joined)
        return pc.replace_with_mask(_one_chunk(taken), mask, replacements)

    def _of_channels(self, columns: _Columns, codes: pa.Array, parts: pa.Array) -> _Columns:
        """What the channel decides: its id and name, the event's id and its permalink."""
        channels = list(self._channels)

        def of_channel(texts: Iterable[str]) -> pa.Array:
            return strings(texts).take(codes)

        ids = of_channel(c.id for c in channels)
        event_id = pc.binary_join_element_wise(
            of_channel(f"slack:{c.id}:" for c in channels), columns["slack_ts"],
            strings(_SUFFIXES).take(parts), scalar(""),
        )  # fmt: skip
        return {
            "event_id": event_id,
            "place": of_channel(c.place for c in channels),
            "slack_channel_id": ids,
            "url": self._urls(columns, codes, ids, of_channel),
        }

    def _urls(
        self,
        columns: _Columns,
        codes: pa.Array,
        ids: pa.Array,
        of_channel: Callable[[Iterable[str]], pa.Array],
    ) -> pa.Array:
        """`https://<workspace>/archives/<channel>/p<ts without its point>`, in a thread with its parent."""
        ts, thread_ts = columns["slack_ts"], columns["slack_thread_ts"]
        if not self.workspaces:
            return pa.repeat(scalar(""), len(ts))
        ((workspace, _),) = self.workspaces.most_common(1)
        begin = of_channel(f"https://{workspace}/archives/{c.id}/p" for c in self._channels)
        parent = pc.binary_join_element_wise(
            scalar("?thread_ts="), thread_ts, scalar("&cid="), ids, scalar("")
        )
        parent = pc.if_else(_is_reply(ts, thread_ts), parent, scalar(""))
        digits = pc.replace_substring(ts, ".", "")
        urls = pc.binary_join_element_wise(begin, digits, parent, scalar(""))
        linked = np.array([c.has_id for c in self._channels])
        if linked.all():
            return urls
        return pc.if_else(pa.array(linked[codes.to_numpy()]), urls, scalar(""))

    def _name_latecomers(self, columns: _Columns) -> None:
        """Put the names of people who were named only after somebody had mentioned them."""
        late = {user: name for user in self.names.unnamed if (name := self.people.names.get(user))}
        if not late:
            return
        actors, texts = columns["actor"].to_pylist(), columns["text"]
        columns["actor"] = strings(late.get(actor, actor) for actor in actors)
        mask = pc.match_substring_regex(texts, _AN_ID.pattern)
        mended = [
            _AN_ID.sub(lambda found: "@" + late.get(found[1], found[1]), text)
            for text in texts.filter(mask).to_pylist()
        ]
        columns["text"] = pc.replace_with_mask(_one_chunk(texts), _one_chunk(mask), strings(mended))


def _kinds(told: pa.Array, ts: pa.Array, thread_ts: pa.Array) -> pa.Array:
    """The kinds that are told; of the others what stands in a thread is a reply, and the rest messages."""
    talk = pc.if_else(_is_reply(ts, thread_ts), scalar("reply"), scalar("message"))
    return pc.if_else(pc.equal(told, ""), talk, told)


def _is_reply(ts: pa.Array, thread_ts: pa.Array) -> pa.Array:
    return pc.and_(pc.not_equal(thread_ts, ""), pc.not_equal(thread_ts, ts))


def _ends_of_huddles(batch: pa.Table, messages: Sequence[Message]) -> Iterator[pa.Table]:
    """A row for the end of each huddle that is over, beside the one for its beginning."""
    ended = [end for end in meaning.ends_of_huddles(messages) if FIRST_SECOND <= end[1] < LAST_SECOND]
    if not ended:
        return
    rows, seconds, texts = zip(*ended, strict=True)
    ends = {name: batch[name].take(pa.array(rows)) for name in batch.column_names}
    ends["text"] = strings(texts)
    ends["time"] = pa.array([second * 10**6 for second in seconds], type=pa.int64())
    ends["part"] = pa.array([_ENDED for _ in rows], type=pa.int8())
    yield pa.table(ends)


def _quote_pinned(columns: _Columns, parts: pa.Array) -> None:
    """Put the words of the message into the row that tells of its pin."""
    part = parts.to_numpy()
    pins = np.flatnonzero(part == _PINNED)
    if not len(pins):
        return
    ts, channel, texts = columns["slack_ts"], columns["slack_channel_id"], columns["text"]
    wanted = pc.is_in(ts, value_set=_one_chunk(ts.take(pa.array(pins))))
    said = np.flatnonzero(wanted.to_numpy() & (part == _SAID))
    words = {(channel[row].as_py(), ts[row].as_py()): texts[row].as_py() for row in said}
    quoted = (words.get((channel[row].as_py(), ts[row].as_py()), "") for row in pins)
    told = strings(f"Pinned: {text}" if text else "Pinned a message" for text in quoted)
    columns["text"] = pc.replace_with_mask(_one_chunk(texts), pa.array(part == _PINNED), told)


def _sparse(texts: Mapping[int, str], count: int) -> pa.Array:
    """A column of text of which only some rows have any."""
    codes = np.zeros(count, dtype=np.int32)
    codes[list(texts)] = np.arange(1, len(texts) + 1)
    return strings(["", *texts.values()]).take(pa.array(codes))


def _one_chunk(values: pa.Array | pa.ChunkedArray) -> pa.Array:
    return values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
