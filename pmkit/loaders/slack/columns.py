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
from functools import partial
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
from pmkit.loaders.slack.moments import Copies, Moments, Records, Rows, find_moments, fold_copies
from pmkit.loaders.slack.shapes import Message
from pmkit.loaders.slack.stamps import UNDATED, Span, Times, microsecond_of, microseconds

_BATCH: Final = 5_000  # messages whose columns are built together
_WORKSPACE = re.compile(r"https://([a-z0-9.-]+\.slack\.com)/files/", re.ASCII)
_AN_ID = re.compile(r"@([UWB][A-Z0-9]+)", re.ASCII)

# Columns that serve to make the others.
_OWN: Final = {"channel", "place", "edition", "as_of", "index", "time", "ended"}

_Columns = dict[str, pa.Array]


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
        self._taken: dict[str, int] = {}
        self._places: list[str] = []
        self._messages: list[Message] = []
        self._indexes: list[int] = []
        self._runs: list[tuple[int, int, int, int, int]] = []
        self._batches: list[pa.Table] = []
        self._pins: list[pa.Table] = []

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
        microseconds; where nothing tells, an `edition` was taken when the last of what it holds happened.
        """
        code = self._channels.setdefault(channel, len(self._channels))
        volume = self._editions.setdefault(edition, len(self._editions))
        self._runs.append((code, len(self._places), volume, as_of, len(messages)))
        self._places.append(place)
        self._messages += messages
        self._indexes += range(len(messages)) if indexes is None else indexes
        if len(self._messages) >= _BATCH:
            self._finish_batch()

    def add_sign(self, edition: str, at: int) -> None:
        """Something besides its messages that an edition tells of, and so was taken after."""
        self._taken[edition] = max(at, self._taken.get(edition, 0))

    def add_problem(self, place: str, index: int | None, reason: str) -> None:
        """A record, or with no `index` a whole file, that cannot be read."""
        self.problems.append((place if index is None else f"{place}:{index}", reason))

    def add_pins(self, channel: Channel, place: str, pins: Sequence[Pinned], edition: str) -> None:
        """The pins of a channel, each a row at the time it was set."""
        code = self._channels.setdefault(channel, len(self._channels))
        volume = self._editions.setdefault(edition, len(self._editions))
        seconds = pa.array([pin.second * 10**6 for pin in pins], type=pa.int64())
        columns = {
            "kind": strings("pin" for _ in pins),
            "actor": strings(self.names.person(pin.user) for pin in pins),
            "slack_ts": strings(pin.ts for pin in pins),
            "slack_user_id": strings(pin.user for pin in pins),
            "time": seconds,
            "as_of": pa.array([0 for _ in pins], type=pa.int64()),
            "ended": pa.array([0 for _ in pins], type=pa.int64()),
            "index": pa.array([pin.number for pin in pins], type=pa.int64()),
        }
        columns |= {
            name: strings("" for _ in pins) for name in ("text", "slack_thread_ts", "slack_edited_ts")
        }
        for name, value in (("channel", code), ("place", len(self._places)), ("edition", volume)):
            columns[name] = pa.array([value for _ in pins], type=pa.int32())
        self._places.append(place)
        self._pins.append(pa.table(columns))

    def frame(self, span: Span) -> pd.DataFrame:
        """Everything added, sorted by time, each message once; what cannot be read stands last."""
        self._finish_batch()
        found = pa.concat_tables([*self._batches, *self._pins], promote_options="default").combine_chunks()
        self._batches.clear()
        records = self._records(found)
        self._note_undated(found, records.time)
        taken = self._when_taken(found, records.time)
        order, copies = fold_copies(records, partial(self._states, found, taken))
        moments = find_moments(order, records.time, found["ended"].to_numpy(), span)

        rows = pa.array(moments.row)
        columns = {name: found[name].take(rows) for name in found.column_names if name not in _OWN}
        columns["time"] = pa.array(moments.time, type=TIME)
        columns["state_at"] = pa.array(taken[moments.row], type=TIME, mask=taken[moments.row] == 0)
        columns["ref"] = self._refs(found, rows, copies)
        del found
        columns |= self._of_channels(columns, pa.array(records.channel[moments.row]))
        self._name_latecomers(columns)
        _tell_ends(columns, moments)
        _tell_pins(columns, records.is_pin[moments.row])
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
        self._batches.append(pa.table(columns))
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
        return {
            "kind": _kinds(_sparse(said.kinds, len(ts)), ts, thread_ts),
            "actor": strings(said.actors),
            "text": strings(said.texts),
            "slack_ts": ts,
            "slack_thread_ts": thread_ts,
            "slack_user_id": strings(said.authors),
            "slack_user_team": _sparse(said.teams, len(ts)),
            "slack_subtype": _sparse(said.subtypes, len(ts)),
            "slack_is_bot": pa.array(_dense(dict.fromkeys(said.bots, 1), len(ts)) > 0),
            "slack_edited_ts": _sparse(said.edits, len(ts)),
            "slack_reactions": _sparse(said.reactions, len(ts)),
            "slack_files": _sparse(said.files, len(ts)),
            "time": pa.array(microseconds(ts)),
            "ended": pa.array(_dense(said.ends, len(ts))),
        }

    # The frame

    def _records(self, found: pa.Table) -> Records:
        """What tells the records apart; the pins stand last."""
        time = found["time"].to_numpy()
        is_pin = np.arange(len(found)) >= len(found) - sum(map(len, self._pins))
        ts = time.copy()
        ts[is_pin] = microseconds(_one_chunk(found["slack_ts"].filter(pa.array(is_pin))))
        return Records(time, ts, self._join_renamed(found["channel"].to_numpy()), is_pin)

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

    def _when_taken(self, found: pa.Table, time: Times) -> Times:
        """When the state of each row was taken, at the earliest.

        Where nothing else tells, that is when the last of what its edition holds happened: a message, an
        edit, a pin, or what `add_sign` was told of.
        """
        last = np.array([self._taken.get(edition, 0) for edition in self._editions], dtype=np.int64)
        edition, as_of = found["edition"].to_numpy(), found["as_of"].to_numpy()
        np.maximum.at(last, edition, time)
        edited = np.asarray(pc.not_equal(found["slack_edited_ts"], ""))
        edits = microseconds(_one_chunk(found["slack_edited_ts"].filter(pa.array(edited))))
        np.maximum.at(last, edition[edited], edits)
        taken: Times = np.where(as_of > 0, as_of, last[edition])
        return taken

    def _states(self, found: pa.Table, taken: Times, rows: Rows) -> tuple[Times, Times, Times]:
        """How late the state of each of `rows` is: when it was taken, when it was edited, whether deleted."""
        edited = microseconds(_one_chunk(found["slack_edited_ts"].take(pa.array(rows))))
        deleted = np.asarray(pc.equal(found["kind"], "deleted"))[rows].astype(np.int64)
        return taken[rows], edited, deleted

    def _refs(self, found: pa.Table, rows: pa.Array, copies: Copies) -> pa.Array:
        """Where each row stands, and behind it where its other copies do."""
        place, index = found["place"], found["index"]
        places = strings(f"{self.file}#{place}" for place in self._places)
        of_rows = places.take(place.take(rows)), index.take(rows).cast(STRING)
        refs = pc.binary_join_element_wise(*of_rows, scalar(":"))
        if not copies:
            return refs

        def ref_of(row: int) -> str:
            return f"{self.file}#{self._places[place[row].as_py()]}:{index[row].as_py()}"

        kept = rows.to_pylist()
        joined = strings(" | ".join(map(ref_of, (row, *copies[row]))) for row in kept if row in copies)
        is_copied = pa.array([row in copies for row in kept], type=pa.bool_())
        return pc.replace_with_mask(_one_chunk(refs), is_copied, joined)

    def _of_channels(self, columns: _Columns, codes: pa.Array) -> _Columns:
        """What the channel decides: its id and name, the event's id and its permalink."""
        channels = list(self._channels)

        def of_channel(texts: Iterable[str]) -> pa.Array:
            return strings(texts).take(codes)

        ids = of_channel(c.id for c in channels)
        prefixes = of_channel(f"slack:{c.id}:" for c in channels)
        return {
            "event_id": pc.binary_join_element_wise(prefixes, columns["slack_ts"], scalar("")),
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
        _put(columns, "text", np.asarray(mask), mended)


def _kinds(told: pa.Array, ts: pa.Array, thread_ts: pa.Array) -> pa.Array:
    """The kinds that are told; of the others what stands in a thread is a reply, and the rest messages."""
    talk = pc.if_else(_is_reply(ts, thread_ts), scalar("reply"), scalar("message"))
    return pc.if_else(pc.equal(told, ""), talk, told)


def _is_reply(ts: pa.Array, thread_ts: pa.Array) -> pa.Array:
    return pc.and_(pc.not_equal(thread_ts, ""), pc.not_equal(thread_ts, ts))


def _tell_ends(columns: _Columns, moments: Moments) -> None:
    """Give the row for the end of a huddle an id of its own, and words."""
    if not moments.is_end.any():
        return
    words = (text.replace("Huddle", "Huddle ended") for text in _chosen(columns["text"], moments.is_end))
    ids = (f"{event_id}:end" for event_id in _chosen(columns["event_id"], moments.is_end))
    _put(columns, "text", moments.is_end, words)
    _put(columns, "event_id", moments.is_end, ids)


def _tell_pins(columns: _Columns, is_pin: npt.NDArray[np.bool_]) -> None:
    """Give the row of a pin an id of its own, and the words of the message that was pinned."""
    if not is_pin.any():
        return
    ids = _chosen(columns["event_id"], is_pin)
    is_meant = np.asarray(pc.is_in(columns["event_id"], value_set=strings(ids))) & ~is_pin
    said = dict(zip(_chosen(columns["event_id"], is_meant), _chosen(columns["text"], is_meant), strict=True))
    words = (f"Pinned: {said[told]}" if said.get(told) else "Pinned a message" for told in ids)
    seconds = columns["time"].cast(pa.int64()).to_numpy()[is_pin] // 10**6
    _put(columns, "text", is_pin, words)
    _put(columns, "event_id", is_pin, map("{}:pin:{}".format, ids, seconds))


def _chosen(values: pa.Array, mask: npt.NDArray[np.bool_]) -> list[str]:
    chosen: list[str] = values.filter(pa.array(mask)).to_pylist()
    return chosen


def _put(columns: _Columns, name: str, mask: npt.NDArray[np.bool_], texts: Iterable[str]) -> None:
    columns[name] = pc.replace_with_mask(_one_chunk(columns[name]), pa.array(mask), strings(texts))


def _dense(numbers: Mapping[int, int], count: int) -> Times:
    """The numbers by their row, 0 where there is none."""
    dense = np.zeros(count, dtype=np.int64)
    dense[list(numbers)] = list(numbers.values())
    return dense


def _sparse(texts: Mapping[int, str], count: int) -> pa.Array:
    """A column of text of which only some rows have any."""
    codes = _dense(dict(zip(texts, range(1, len(texts) + 1), strict=True)), count)
    return strings(["", *texts.values()]).take(pa.array(codes))


def _one_chunk(values: pa.Array | pa.ChunkedArray) -> pa.Array:
    return values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
