"""What one reaches for in a record: a window, words, a person, a thread, a channel, a role's view."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import pandas as pd

from pmkit import schema
from pmkit.errors import PmkitError, WorkspaceError
from pmkit.postmortem import Incident, Member

# Ways to know of an event, the strongest first.
KNOWN_BY: Final = (
    "wrote it",
    "was paged",
    "in the incident",
    "in the channel",
    "public channel",
    "shared system",
)

_FEW: Final = 5  # events that are named where several have the same words
_EVERYBODY: Final = "shared system"  # monitoring, deploys, status page: anybody could look
_LATER_WORDS: Final = "(edited later, at {:%H:%M:%S} UTC; what it said before is not in the export)"


def events_around(
    events: pd.DataFrame, at: pd.Timestamp | str, minutes: float = 5, *, after: float | None = None
) -> pd.DataFrame:
    """The events from `minutes` before a time to as long after it (or `after` minutes), in order of time.

    `at` is a time with its zone, or an event id. Samples of metrics are left out.
    """
    middle = _moment(events, at)
    events = schema.without_samples(events)
    start = middle - pd.Timedelta(minutes=minutes)
    end = middle + pd.Timedelta(minutes=minutes if after is None else after)
    return _in_order(events[events["time"].between(start, end)])


def find_text(
    events: pd.DataFrame,
    pattern: str,
    *,
    regex: bool = True,
    case: bool = False,
    columns: Sequence[str] = ("text",),
) -> pd.DataFrame:
    """The events in whose text (or other `columns`) a pattern occurs, in order of time.

    Samples of metrics are left out: their text is the name of their series, thousands of times over.

    Raises `PmkitError` saying what is wrong with a regular expression that cannot be read.
    """
    if regex:
        try:
            re.compile(pattern)
        except re.error as error:
            place = "" if error.pos is None else f" at character {error.pos + 1}"
            raise PmkitError(
                f"`{pattern}` is not a regular expression: {error.msg}{place}. "
                "Search for the plain words with `regex=False`."
            ) from error
    events = schema.without_samples(events)
    found = pd.Series(False, index=events.index)
    for column in columns:
        found |= _contains(events[column], pattern, regex=regex, case=case)
    return _in_order(events[found])


def events_by(
    events: pd.DataFrame, who: str | Sequence[str], incident: Incident | None = None
) -> pd.DataFrame:
    """The events that a person wrote or did, in order of time.

    `who` is a name as a source writes it, a Slack id, or, with the `incident`, a role or a person of its
    roster. Names are joined through Slack ids: one that wrote under two display names is one person. A name
    that is spelt differently in another source and is not on the roster has to be given too.
    """
    names = [who] if isinstance(who, str) else list(who)
    return _in_order(events[_is_by(events, names, incident)])


def thread_of(events: pd.DataFrame, event_id: str) -> pd.DataFrame:
    """The Slack thread an event belongs to, first message first; the event alone when it has no thread."""
    event = _event(events, event_id)
    root = event["slack_thread_ts"] or event["slack_ts"]
    if not root:
        return events[events["event_id"] == event_id]
    here = events["slack_channel_id"] == event["slack_channel_id"]
    return _in_order(events[here & ((events["slack_thread_ts"] == root) | (events["slack_ts"] == root))])


def events_in(events: pd.DataFrame, place: str) -> pd.DataFrame:
    """The events of one channel, service or project, in order of time; with or without its `#`."""
    wanted = place.removeprefix("#").casefold()
    names = events["place"].str.removeprefix("#").str.casefold()
    return _in_order(events[(names == wanted) | (events["slack_channel_id"] == place)])


def known_to(
    events: pd.DataFrame,
    incident: Incident,
    role: str,
    at: pd.Timestamp | str,
    *,
    public: bool = True,
    private: Sequence[str] = (),
) -> pd.DataFrame:
    """What a role could know at a time: the record without hindsight.

    The columns of `events` and `known_at` (UTC), the moment from which an event could be seen, and
    `known_by`, how:

    - `wrote it`: the role's own messages and deeds;
    - `was paged`: a page sent to them, from the moment it was sent;
    - `in the incident`: PagerDuty's record of an incident, from their first page, request or deed on;
    - `in the channel`: messages of a channel, from when they joined it (with what was written before, since
      Slack shows it to who joins) until they left. Who writes without joining was there from the start;
    - `public channel` and `shared system`: channels they were not in but could open, and monitoring, deploys
      and status page, which anybody could look at. `public=False` leaves both out.

    A message that was edited after `at` stands without its words: the export has the later ones only. One
    that was deleted is in the export without words. Reactions carry no time and are left out, and so are the
    PagerDuty incident as an object, which tells its end, samples of metrics, since nobody knows which
    dashboard was looked at, and records without a time.

    Limits: an export has no record of what was read, of private channels it does not hold, of calls, or of
    screens. A Slack id with `G` or `D` in front is private; name other private channels in `private`.
    Raises `PmkitError` for a role that nobody fills.
    """
    moment = _moment(events, at)
    person = _member(incident, role)
    events = schema.without_samples(events)
    seen = events[events["time"].notna() & (events["time"] <= moment) & (events["kind"] != "incident")]
    mine = pd.Series(_is_by(events, [role], incident), index=events.index)
    known = pd.DataFrame({"known_at": seen["time"], "known_by": ""}, index=seen.index)
    known["known_by"] = known["known_by"].astype("str")
    for way, since in (
        ("wrote it", seen["time"].where(mine[seen.index])),
        ("was paged", seen["time"].where(_pages_to(seen, person))),
        ("in the incident", _from_then(seen, "pd_incident_id", _incidents_of(seen, person, mine))),
        ("in the channel", _in_channel(seen, events[mine], moment)),
        ("public channel", seen["time"].where(_is_public(seen, private))),
        ("shared system", seen["time"].where(~seen["source"].isin(["slack", "pagerduty"]))),
    ):
        new = since.notna() & (since <= moment) & (known["known_by"] == "")
        known.loc[new, "known_by"] = way
        known.loc[new, "known_at"] = since[new]
    known = known[known["known_by"] != ""]
    if not public:
        known = known[~known["known_by"].isin(["public channel", _EVERYBODY])]
    rows = _without_later_words(seen.loc[known.index], moment).assign(**known)
    return rows.sort_values(["known_at", "time"], kind="stable", ignore_index=True)


# People


def _member(incident: Incident, role: str) -> Member:
    member = next((m for m in incident.members if m.role.casefold() == role.casefold()), None)
    if member is None:
        raise PmkitError(f"no role `{role}`; the roles are {', '.join(incident.roles)}")
    if not (member.person or member.slack):
        raise PmkitError(f"nobody fills the role `{role}` yet; add the person to incident.toml")
    return member


def _is_by(events: pd.DataFrame, names: Sequence[str], incident: Incident | None) -> pd.Series:
    wanted = {name.casefold() for name in names if name}
    for member in incident.members if incident else ():
        labels = {member.role.casefold(), member.person.casefold(), member.slack.casefold()} - {""}
        if labels & wanted:
            wanted |= {member.person.casefold(), member.slack.casefold()} - {""}
    actors, ids = events["actor"].str.casefold(), events["slack_user_id"]
    by = actors.isin(wanted) | ids.str.casefold().isin(wanted)
    accounts = set(ids[by]) - {""}
    return by | ids.isin(accounts)


# When something could be seen


def _pages_to(seen: pd.DataFrame, person: Member) -> pd.Series:
    named = _contains(seen["text"], person.person, regex=False, case=True) if person.person else False
    return (seen["kind"] == "notify") & named


def _incidents_of(seen: pd.DataFrame, person: Member, mine: pd.Series) -> pd.Series:
    """The first time the person had to do with each PagerDuty incident."""
    of_pagerduty = (seen["source"] == "pagerduty") & (seen["pd_incident_id"] != "")
    called = seen["kind"].isin(["notify", "assign", "responder", "escalate"])
    named = _contains(seen["text"], person.person, regex=False, case=True) if person.person else False
    touched = seen[of_pagerduty & (mine[seen.index] | (called & named))]
    return touched.groupby("pd_incident_id")["time"].min()


def _from_then(seen: pd.DataFrame, column: str, first: pd.Series) -> pd.Series:
    """For each event when it could be seen by who is there since `first`, by the value of `column`."""
    since = pd.Series(first.reindex(seen[column]).array, index=seen.index)
    return since.where(since >= seen["time"], seen["time"]).where(since.notna())


def _in_channel(seen: pd.DataFrame, mine: pd.DataFrame, moment: pd.Timestamp) -> pd.Series:
    """For each message since when the person could see it as a member of its channel."""
    since = pd.Series(pd.NaT, index=seen.index, dtype=schema.TIME_DTYPE)
    traces = mine[(mine["slack_channel_id"] != "") & mine["time"].notna()].sort_values("time", kind="stable")
    for channel, steps in traces.groupby("slack_channel_id", sort=False):
        here = seen["slack_channel_id"] == channel
        for entered, left in _stays(steps, moment):
            first_seen = seen["time"].where(seen["time"] >= entered, entered)
            during = here & (seen["time"] <= left)
            since = since.fillna(first_seen.where(during))
    return since


def _stays(steps: pd.DataFrame, moment: pd.Timestamp) -> list[tuple[pd.Timestamp, pd.Timestamp]]:
    """From when to when somebody was in a channel, by their own traces there; only what began by `moment`.

    Whose first trace is a message, or who leaves, was there before the record begins.
    """
    always = pd.Timestamp.min.tz_localize("UTC").as_unit("us")
    never = pd.Timestamp.max.tz_localize("UTC").as_unit("us")
    stays: list[tuple[pd.Timestamp, pd.Timestamp]] = []
    entered: pd.Timestamp | None = always if steps["kind"].iloc[0] != "join" else None
    for time, kind in zip(steps["time"], steps["kind"], strict=True):
        if kind == "leave":
            stays += [(entered, time)] if entered is not None else []
            entered = None
        elif entered is None:
            entered = time
    stays += [(entered, never)] if entered is not None else []
    return [(start, end) for start, end in stays if start <= moment]


def _is_public(seen: pd.DataFrame, private: Sequence[str]) -> pd.Series:
    hidden = {name.removeprefix("#").casefold() for name in private}
    closed = seen["slack_channel_id"].str.match("[GD][A-Z0-9]{6,}$")
    named = seen["place"].str.removeprefix("#").str.casefold().isin(hidden)
    return (seen["source"] == "slack") & ~closed & ~named


def _without_later_words(rows: pd.DataFrame, moment: pd.Timestamp) -> pd.DataFrame:
    edited_at = pd.to_datetime(
        pd.to_numeric(rows["slack_edited_ts"], errors="coerce"), unit="s", utc=True
    ).astype(schema.TIME_DTYPE)
    edited_at += (rows["time"] - rows["recorded_at"]).fillna(pd.Timedelta(0))  # by the clock of the message
    later = edited_at > moment
    words = [
        _LATER_WORDS.format(at) if is_later else text
        for text, at, is_later in zip(rows["text"], edited_at, later, strict=True)
    ]
    return rows.assign(
        text=pd.Series(words, index=rows.index, dtype="str"),
        slack_edited_ts=rows["slack_edited_ts"].mask(later, ""),
        slack_reactions=pd.Series("", index=rows.index, dtype="str"),
    )


# Small questions


def _event(events: pd.DataFrame, event_id: str) -> pd.Series:
    rows = events[events["event_id"] == event_id]
    if rows.empty:
        raise PmkitError(f"no event `{event_id}`")
    return rows.iloc[0]


def _moment(events: pd.DataFrame, at: pd.Timestamp | str) -> pd.Timestamp:
    if isinstance(at, str) and (events["event_id"] == at).any():
        return _event(events, at)["time"]
    try:
        moment = pd.Timestamp(at)
    except ValueError as error:
        raise PmkitError(f"expected a time with its zone or an event id, found {at!r}") from error
    if pd.isna(moment) or moment.tzinfo is None:
        raise PmkitError(f"expected a time with its zone, as 2026-11-03T14:02:11Z, found {str(at)!r}")
    return moment.tz_convert("UTC")


def _contains(values: pd.Series, pattern: str, *, regex: bool, case: bool) -> pd.Series:
    found: pd.Series = values.str.contains(pattern, regex=regex, case=case)
    return found.fillna(False)


def _in_order(events: pd.DataFrame) -> pd.DataFrame:
    return events.sort_values("time", kind="stable", ignore_index=True)


def list_events(
    events: pd.DataFrame,
    *,
    search: str | None = None,
    start: pd.Timestamp | None = None,
    end: pd.Timestamp | None = None,
    source: str | None = None,
) -> pd.DataFrame:
    """Events to look an id up, in order of time: of a stretch, of a source, or with words (`find_text`).

    One row per event: `event_id`, `time` (UTC), `source`, `kind`, `actor`, `place`, `text`.
    """
    found = find_text(events, search) if search else _in_order(schema.without_samples(events))
    kept = pd.Series(True, index=found.index)
    if start is not None:
        kept &= found["time"] >= start
    if end is not None:
        kept &= found["time"] <= end
    if source:
        kept &= found["source"] == source
    columns = ["event_id", "time", "source", "kind", "actor", "place", "text"]
    return found.loc[kept, columns].reset_index(drop=True)


def find_event(events: pd.DataFrame, told: str) -> str:
    """The id of the event that `told` is, or whose words hold it, if that is one alone.

    Raises `WorkspaceError` where it is none or several, which are named then.
    """
    if (events["event_id"] == told).any():
        return told
    words = " ".join(told.split())
    found = find_text(events, re.escape(words).replace(r"\ ", r"\s+")) if words else events.head(0)
    if len(found) == 1:
        return str(found["event_id"].iloc[0])
    if found.empty:
        raise WorkspaceError(f"no event has the id or the words {told!r}; `pmkit events` lists them")
    named = "\n".join(
        f"  {row.event_id}  {' '.join(row.text.split())[:80]}" for row in found.head(_FEW).itertuples()
    )
    more = f"\n  and {len(found) - _FEW:,} more" if len(found) > _FEW else ""
    raise WorkspaceError(
        f"{len(found):,} events have the words {told!r}; say which by its id:\n{named}{more}"
    )
