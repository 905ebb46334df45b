"""What newer evidence moved: records, anchors and metrics, and the words of the team that rested on them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

import pandas as pd

from pmkit.metrics import format_minutes, response_metrics
from pmkit.postmortem import Postmortem
from pmkit.schema import TIME_DTYPE
from pmkit.timeline import find_anchors

COLUMNS: Final = ("what", "id", "change", "at", "before", "after", "because")

_Row = dict[str, object]

# What people write and what names it, beside `event_ids`, the events it rests on.
_CITING: Final = (
    ("factors", "factor_id", "statement"),
    ("factor_links", "cause", "note"),
    ("decisions", "decision_id", "decision"),
    ("questions", "question_id", "question"),
)
_EVENT_WORDS: Final = {
    "added": "new", "edited": "edited", "deleted": "deleted", "gone": "gone",
    "moved": "at another time",
}  # fmt: skip
_CLOCK: Final = re.compile(r"(?<![\d:.])(?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d)?(?![\d:])", re.ASCII)
_SENTENCE: Final = re.compile(r"(?<=[.!?])\s+|\n+")


def find_drift(before: Postmortem, after: Postmortem) -> pd.DataFrame:
    """What moved between two states of one incident, such as before and after newer evidence was added.

    One row per thing: `what` (`event`, `anchor`, `metric`, or the table people wrote it in: `timeline`,
    `factors`, `factor_links`, `decisions`, `questions`, `notes`), its `id`, `change`, `at` (UTC; of events
    and anchors), `before` and `after` in words, and `because`: what the words of the team rested on.

    Events are `added`, `edited`, `deleted`, `moved` (to another time), or `gone`: a newer Slack export lacks
    them, though it holds messages of their channel from before and after. Words of the team `lost support`
    when an event they cite changed so, or when a time or duration they tell is no longer the timeline's.
    """
    added, changed = _changed_events(before, after)
    became = {row["id"]: _became(row) for row in changed.to_dict("records")}
    rows = [*_anchors(before, after), *_metrics(before, after)]
    rows += [*_timeline(before, became), *_citations(before, became), *_decided(before, changed)]
    rows += _notes(before, after, became)
    frame = pd.concat([added, changed, pd.DataFrame(rows, columns=COLUMNS)], ignore_index=True)
    texts = {name: frame[name].astype("str").fillna("") for name in COLUMNS if name != "at"}
    return frame.assign(**texts, at=pd.to_datetime(frame["at"], utc=True).astype(TIME_DTYPE))


def describe_drift(drift: pd.DataFrame, *, is_planned: bool = False, limit: int = 8) -> str:
    """The drift in a few lines, for people; "" where nothing moved. New records are only counted.

    What is planned has not moved yet.
    """
    if (drift["change"] == "added").all():
        return ""
    events = drift[drift["what"] == "event"]
    counts = events["change"].value_counts()
    said = [f"{counts[change]:,} {words}" for change, words in _EVENT_WORDS.items() if change in counts]
    moved = "would move" if is_planned else "moved"
    lines = [f"What {moved}: {', '.join(said)}"] if said else []
    lines += _shortened(events[events["change"] != "added"], limit)
    lines += _shortened(drift[drift["what"].isin(["anchor", "metric"])], limit)
    unsupported = drift[drift["change"] == "lost support"]
    if len(unsupported):
        lines += [f"Look at these again, what they rest on {moved}:", *_shortened(unsupported, limit)]
    return "\n".join(lines)


# Events


def _changed_events(before: Postmortem, after: Postmortem) -> tuple[pd.DataFrame, pd.DataFrame]:
    """New events; and those that are not what they were."""
    was, now = (pm.events[pm.events["kind"] != "unreadable"] for pm in (before, after))
    new = now[~now["event_id"].isin(was["event_id"])]
    columns = ["event_id", "time", "kind", "text"]
    both = was[columns].merge(now[columns], on="event_id", how="left", suffixes=("_was", ""))
    lost = both["kind"].isna()
    deleted = (both["kind"] == "deleted") & (both["kind_was"] != "deleted")
    gone = lost | (both["event_id"].isin(_gone(before, after)) & ~deleted)
    edited = ~lost & ~deleted & (both["text"] != both["text_was"])
    moved = ~lost & ~deleted & (both["time"] != both["time_was"])
    both = both.assign(nothing="", clock_was=_clocks(both["time_was"]), clock=_clocks(both["time"]))
    changed = [
        _event_rows(both[edited], "edited", "time_was", "text_was", "text"),
        _event_rows(both[deleted], "deleted", "time_was", "text_was", "text"),
        _event_rows(both[gone], "gone", "time_was", "text_was", "nothing"),
        _event_rows(both[moved], "moved", "time_was", "clock_was", "clock"),
    ]
    added = _event_rows(new.assign(nothing=""), "added", "time", "nothing", "text")
    return added, pd.concat(changed, ignore_index=True).sort_values("at", kind="stable", ignore_index=True)


def _gone(before: Postmortem, after: Postmortem) -> set[str]:
    """Messages that a newer Slack export, or fetch, should hold and does not."""
    gone: set[str] = set()
    slack = after.events[(after.events["source"] == "slack") & after.events["time"].notna()]
    old = slack[slack["event_id"].isin(before.events["event_id"])]
    files = after.evidence[~after.evidence["path"].isin(before.evidence["path"])]
    # What says itself that it lacks something may lack it for that reason.
    files = files[~files["note"].str.contains("incomplete:", regex=False)]
    for path in files.loc[files["source"] == "slack", "path"]:
        is_there = slack["ref"].str.contains(f"{path}#", regex=False)
        if not is_there.any():
            continue  # what holds no message spans no time
        spans = slack[is_there].groupby("slack_channel_id")["time"].agg(["min", "max"])
        begun, ended = (old["slack_channel_id"].map(spans[end]) for end in ("min", "max"))
        expected = (old["time"] > begun) & (old["time"] < ended)
        gone |= set(old.loc[expected & ~is_there.loc[old.index], "event_id"])
    return gone


def _event_rows(events: pd.DataFrame, change: str, *columns: str) -> pd.DataFrame:
    at, before, after = (events[column] for column in columns)
    said = {"what": "event", "id": events["event_id"], "change": change, "at": at}
    return pd.DataFrame({**said, "before": before, "after": after, "because": ""}, columns=COLUMNS)


def _became(row: Mapping[str, Any]) -> str:
    """What became of an event, to be said after its name."""
    if row["change"] == "moved":
        return f"moved from {row['before']} to {row['after']}"
    return "is not in the newer evidence" if row["change"] == "gone" else f"was {row['change']}"


# Anchors and metrics


def _anchors(before: Postmortem, after: Postmortem) -> Iterator[_Row]:
    was, now = (find_anchors(pm.timeline).set_index("mark")["time"] for pm in (before, after))
    for mark in dict.fromkeys([*was.index, *now.index]):
        old, new = was.get(mark), now.get(mark)
        if old != new:
            change = "appeared" if old is None else "gone" if new is None else "moved"
            at = new if old is None else old
            yield _row("anchor", mark, change, at=at, before=_clock(old), after=_clock(new))


def _metrics(before: Postmortem, after: Postmortem) -> Iterator[_Row]:
    for name, (old, new) in _changed_metrics(before, after).items():
        yield _row("metric", name, "moved", before=old, after=new)


def _changed_metrics(before: Postmortem, after: Postmortem) -> dict[str, tuple[str, str]]:
    was, now = (
        {
            row["title"]: "unknown" if pd.isna(row["minutes"]) else format_minutes(row["minutes"])
            for row in response_metrics(pm.timeline).to_dict("records")
        }
        for pm in (before, after)
    )
    return {name: (was[name], now[name]) for name in was if was[name] != now[name]}


# Words of the team


def _timeline(before: Postmortem, became: Mapping[str, str]) -> Iterator[_Row]:
    """Rows with words or marks of the team; a row that only shows the record shows the new one by itself."""
    sheet = before.worksheet
    for row in sheet[sheet["included"] & sheet["event_id"].isin(list(became))].to_dict("records"):
        if words := row["summary"] or row["note"] or row["mark"]:
            yield _unsupported("timeline", row["event_id"], words, f"its record {became[row['event_id']]}")


def _citations(before: Postmortem, became: Mapping[str, str]) -> Iterator[_Row]:
    for table, key, words in _CITING:
        for row in getattr(before, table).to_dict("records"):
            name = f"{row[key]} → {row['effect']}" if table == "factor_links" else row[key]
            for event_id in row["event_ids"].split():
                if event_id in became:
                    yield _unsupported(table, name, row[words], f"{event_id} {became[event_id]}")


def _decided(before: Postmortem, changed: pd.DataFrame) -> Iterator[_Row]:
    """Decisions that bear the time of an event which has another one now."""
    moved = set(changed.loc[changed["change"] == "moved", "at"])
    for row in before.decisions.to_dict("records"):
        if row["decided_at"] in moved:
            because = f"the event of {_clock(row['decided_at'])} moved"
            yield _unsupported("decisions", row["decision_id"], row["decision"], because)


def _notes(before: Postmortem, after: Postmortem, became: Mapping[str, str]) -> Iterator[_Row]:
    zones = ("UTC", before.incident.timezone)
    lost = _as_written(before.timeline, zones) - _as_written(after.timeline, zones)
    durations = {old: (name, new) for name, (old, new) in _changed_metrics(before, after).items()}
    for name, text in before.notes.items():
        for sentence in filter(None, _SENTENCE.split(text)):
            reasons = [f"{event_id} {words}" for event_id, words in became.items() if event_id in sentence]
            clocks = [clock for clock in _CLOCK.findall(sentence) if clock in lost]
            reasons += [f"nothing on the timeline is at {clock} any more" for clock in clocks]
            reasons += [
                f"{metric.lower()} is {new} now"
                for old, (metric, new) in durations.items()
                if re.search(rf"(?<![\d.])(?<!\d h ){re.escape(old)}(?!\w)", sentence)
            ]
            if reasons:
                yield _unsupported("notes", name, sentence.strip(), "; ".join(dict.fromkeys(reasons)))


def _as_written(timeline: pd.DataFrame, zones: tuple[str, ...]) -> set[str]:
    """How people may write the times of the timeline: to the minute or second, in UTC or their own zone."""
    local = [timeline["time"].dt.tz_convert(zone) for zone in zones]
    return {clock for times in local for form in ("%H:%M", "%H:%M:%S") for clock in times.dt.strftime(form)}


# Rows and words


def _row(
    what: str, name: str, change: str, *, at: pd.Timestamp | None = None, before: str = "", after: str = ""
) -> _Row:
    said = (what, name, change, at, before, after, "")
    return dict(zip(COLUMNS, said, strict=True))


def _unsupported(what: str, name: str, words: str, because: str) -> _Row:
    return _row(what, name, "lost support", before=words) | {"because": because}


def _shortened(rows: pd.DataFrame, limit: int) -> list[str]:
    lines = [_line(row) for row in rows.head(limit).to_dict("records")]
    return [*lines, f"  … and {len(rows) - limit:,} more"] if len(rows) > limit else lines


def _line(row: Mapping[str, Any]) -> str:
    if row["change"] == "lost support":
        return f"  {row['what']} {row['id']}: {_cut(row['before'])}\n    {row['because']}"
    if row["what"] == "event":
        words = f"{_cut(row['before'])} → {_cut(row['after'])}" if row["after"] else _cut(row["before"])
        return f"  {row['change']}: {_clock(row['at'])} {words}"
    return f"  {row['what']} {row['id']}: {row['before'] or 'unknown'} → {row['after'] or 'unknown'}"


def _cut(text: str) -> str:
    line = " ".join(text.split())
    return f"“{line if len(line) <= 60 else line[:59] + '…'}”"


def _clock(time: pd.Timestamp | None) -> str:
    return "" if time is None or pd.isna(time) else f"{time:%Y-%m-%d %H:%M:%S}"


def _clocks(times: pd.Series) -> pd.Series:
    return times.dt.strftime("%Y-%m-%d %H:%M:%S").fillna("")
