"""The events of several files as one frame: each record once, in its latest state, in order of time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from pmkit.loaders._frame import STRING, to_frame
from pmkit.schema import EVENTS, empty


def merge_events(tables: list[pa.Table]) -> pd.DataFrame:
    """The events of all files, each given as `to_table` makes it, in the order in which they were added.

    Of a record that stands in several files the latest state stays, in whatever order they were added: the
    deleted one, else the one its source changed last, else that with the latest `state_at`, and of two as
    late the one that says more. Only where nothing tells, as in a table that people made, it is that of the
    file added last. Its `ref` names every copy, ` | ` between them, first the one it is. What cannot be read
    in one file is never taken for what cannot be read in another.
    """
    tables = [table for table in tables if table.num_rows]
    if not tables:
        return empty(EVENTS)
    table = pa.concat_tables(tables, promote_options="default")
    rows = np.arange(table.num_rows)
    if len(tables) > 1:
        table = _told_apart(table)
        table, rows = _fold(table)
    rows = _in_order(table, rows)
    if len(rows) == table.num_rows and (np.diff(rows) == 1).all():
        return to_frame(table)
    del tables
    columns, places = {}, pa.array(rows)
    for name in table.column_names:  # one after another: what is moved is not there twice
        columns[name] = table[name].take(places)
        table = table.drop_columns(name)
    return to_frame(pa.table(columns))


def _latest_first(copies: pd.DataFrame) -> pd.DataFrame:
    """Rows that tell of the same records, those of the latest state first; in the order added before."""
    texts = copies.drop(columns="state_at").fillna("")
    said = texts["kind"].str.cat([texts[name] for name in _SAID if name in texts], sep="\0")
    is_told = copies["state_at"] > 0
    order = pd.DataFrame(
        {
            "deleted": texts["kind"] == "deleted",
            "changed": sum(read(texts[name]) for name, read in _CHANGED.items() if name in texts),
            "state": copies["state_at"],
            "length": said.str.len().where(is_told, 0),
            "said": said.str.cat(texts["ref"], sep="\0").where(is_told, ""),
            "added": np.arange(len(copies)),
        }
    )
    return texts.loc[order.sort_values(list(order), ascending=False).index]


def _told_apart(table: pa.Table) -> pa.Table:
    """The ids of unreadable records hold their place, but not their file."""
    unreadable = np.flatnonzero(pc.equal(table["kind"], "unreadable").to_numpy())
    if not len(unreadable):
        return table
    ids = table["event_id"].to_pandas().to_numpy(dtype="object")
    seen: set[str] = set()
    for row in unreadable:
        if ids[row] in seen:
            ids[row] = f"{ids[row]}@{table['ref'][int(row)].as_py().partition('#')[0]}"
        seen.add(ids[row])
    return _with(table, "event_id", ids)


def _fold(table: pa.Table) -> tuple[pa.Table, npt.NDArray[np.int64]]:
    """The table with the refs of every copy, and the rows to keep."""
    ids = table["event_id"].to_pandas()
    twins = ids.duplicated(keep=False).to_numpy()
    if not twins.any():
        return table, np.arange(table.num_rows)
    positions = np.flatnonzero(twins)
    columns = [name for name in ("event_id", "kind", "ref", *_CHANGED, *_SAID) if name in table.column_names]
    copies = table.select(columns).take(pa.array(positions)).to_pandas().set_axis(positions)
    ordered = _latest_first(copies.assign(state_at=_states(table).take(pa.array(positions)).to_numpy()))
    by_record = ordered.groupby("event_id", sort=False)["ref"]
    latest = ordered.drop_duplicates("event_id")
    refs = table["ref"].to_pandas().to_numpy(dtype="object")
    refs[latest.index] = latest["event_id"].map(by_record.agg(" | ".join))
    kept = ~twins
    kept[latest.index] = True
    return _with(table, "ref", refs), np.flatnonzero(kept)


def _states(table: pa.Table) -> pa.ChunkedArray:
    """`state_at` in microseconds since 1970; 0 where nothing tells."""
    if "state_at" not in table.column_names:
        return pa.chunked_array([np.zeros(table.num_rows, dtype=np.int64)])
    return pc.fill_null(table["state_at"].cast(pa.int64()), 0)


def _in_order(table: pa.Table, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """By time; within one time as they were added, and what has no time last."""
    last = np.iinfo(np.int64).max
    times = pc.fill_null(table["time"].cast(pa.int64()), last).to_numpy()[rows]
    return rows if (np.diff(times) >= 0).all() else rows[np.argsort(times, kind="stable")]


def _with(table: pa.Table, name: str, texts: npt.NDArray[np.object_]) -> pa.Table:
    return table.set_column(table.column_names.index(name), name, pa.array(texts, type=STRING))


# What a state may say more of than another of the same time.
_SAID: Final = ("slack_reactions", "slack_files", "text")

# When its source last changed a record, in microseconds; 0 for never, or for what is no time.


def _of_epoch(texts: pd.Series) -> pd.Series:
    whole = texts.str.extract(r"^(\d{9,10})(?:\.(\d{1,6}))?$")
    seconds = pd.to_numeric(whole[0]).fillna(0).astype("int64")
    return seconds * 10**6 + pd.to_numeric(whole[1].str.ljust(6, "0")).fillna(0).astype("int64")


def _of_iso(texts: pd.Series) -> pd.Series:
    times = pd.to_datetime(texts.where(texts != ""), utc=True, format="ISO8601", errors="coerce")
    return times.astype("datetime64[us, UTC]").astype("int64").where(times.notna(), 0)


_CHANGED: Final[dict[str, Callable[[pd.Series], pd.Series]]] = {
    "slack_edited_ts": _of_epoch,
    "pd_updated_at": _of_iso,
    "jira_updated_at": _of_iso,
}
