"""How long people were at work on an incident, told from what they said and did, and in which hours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from pmkit import schema
from pmkit.postmortem import Incident, Postmortem
from pmkit.roster import is_act_of_person
from pmkit.timeline import find_anchors
from pmkit.workdays import WorkCalendar

IDLE_MINUTES: Final = 10  # a pause of so many minutes ends a spell
OTHERS: Final = "others"  # who helped and has no role in the review
_WORK: Final = (9, 18)  # o'clock at the place of the person, on a working day
_SLEEP: Final = (23, 7)
_ASSEMBLED: Final = 3  # people at work make a response of more than one pair of hands
_HANDED_ON: Final = ("assign", "escalate", "responder")


def find_spells(events: pd.DataFrame, *, idle_minutes: float = IDLE_MINUTES) -> pd.DataFrame:
    """Stretches in which a person was active, by what they said and did; what they read leaves no trace.

    One row per spell: `person`, `start_at`, `end_at` (UTC), `minutes` (at least one) and `events`. A pause of
    more than `idle_minutes` ends a spell. Bots do not count.
    """
    acts = events.loc[is_act_of_person(events), ["actor", "time"]].sort_values(["actor", "time"])
    same = acts["actor"].eq(acts["actor"].shift())
    idle = acts["time"].diff() > pd.Timedelta(minutes=idle_minutes)
    number = (~same | idle).cumsum()
    grouped = acts.groupby(number)
    spells = pd.DataFrame(
        {
            "person": grouped["actor"].first(),
            "start_at": grouped["time"].min(),
            "end_at": grouped["time"].max(),
            "events": grouped.size(),
        }
    ).reset_index(drop=True)
    minutes = (spells["end_at"] - spells["start_at"]).dt.total_seconds() / 60
    spells.insert(3, "minutes", minutes.clip(lower=1.0).astype("float64"))
    return spells


def hours_of_day(spells: pd.DataFrame, zones: Mapping[str, str], calendar: WorkCalendar) -> pd.DataFrame:
    """The minutes of each spell by the person's own clock: columns `working`, `off` and `sleep`, index alike.

    Working hours are 9 to 18 on a working day of the team's calendar, sleep is 23 to 7, the rest is off.
    `zones` holds the zone of each person; who is not in it lives in the team's zone.
    """
    split = np.zeros((len(spells), 3))
    days: dict[object, bool] = {}
    for place, spell in enumerate(spells.itertuples()):
        zone = ZoneInfo(zones.get(spell.person, "") or calendar.zone)
        whole = max(round(spell.minutes), 1)
        clock = pd.date_range(spell.start_at, periods=whole, freq="min").tz_convert(zone)
        asleep = (clock.hour >= _SLEEP[0]) | (clock.hour < _SLEEP[1])
        for day in set(clock.date) - days.keys():
            days[day] = calendar.is_working(day)
        at_work = np.array([days[day] for day in clock.date])
        at_work &= (clock.hour >= _WORK[0]) & (clock.hour < _WORK[1])
        counts = (at_work.sum(), (~at_work & ~asleep).sum(), asleep.sum())
        split[place] = np.array(counts) * spell.minutes / whole
    return pd.DataFrame(split, columns=["working", "off", "sleep"], index=spells.index)


def responder_load(postmortem: Postmortem) -> pd.DataFrame:
    """How long each person was at work between detection and resolution.

    One row per person: `person`, `role` (`others` for who has none), `minutes`, `working`, `off`, `sleep`
    (minutes of theirs) and `joined_after` (minutes from detection to their first act). For totals by role
    over many incidents; a portfolio shows no row of a single person.

    Empty while detection or resolution is unknown.
    """
    columns = ["person", "role", "minutes", "working", "off", "sleep", "joined_after"]
    window = _response(postmortem)
    if window is None:
        return pd.DataFrame(columns=columns)
    incident = postmortem.incident
    during = postmortem.events[postmortem.events["time"].between(*window)]
    spells = find_spells(during.assign(actor=_people(during, incident)))
    spells = spells.join(hours_of_day(spells, _zones(incident), incident.calendar))
    load = spells.groupby("person")[["minutes", "working", "off", "sleep"]].sum()
    load["joined_after"] = (spells.groupby("person")["start_at"].min() - window[0]).dt.total_seconds() / 60
    roles = {member.person: member.role for member in incident.members if member.person}
    load = load.reset_index()
    load["role"] = load["person"].map(roles).fillna(OTHERS).astype("str")
    return load[columns].sort_values(["minutes", "person"], ascending=[False, True], ignore_index=True)


def assembled_after(load: pd.DataFrame) -> float:
    """Minutes from detection until three people were at work; not a number where they never were."""
    joined = load["joined_after"].astype("float64").sort_values().tolist()
    return float(joined[_ASSEMBLED - 1]) if len(joined) >= _ASSEMBLED else float("nan")


def count_handoffs(postmortem: Postmortem) -> int:
    """How often the incident was passed on or others were called in, by the paging systems' own records."""
    window = _response(postmortem)
    if window is None:
        return 0
    events = postmortem.events[postmortem.events["time"].between(*window)]
    paging = events["source"].isin(schema.STATUS_SOURCES) & events["kind"].isin(_HANDED_ON)
    # The first assignment begins the response and hands nothing on.
    return max(int(paging.sum()) - 1, 0)


def _response(postmortem: Postmortem) -> tuple[pd.Timestamp, pd.Timestamp] | None:
    times = find_anchors(postmortem.timeline).set_index("mark")["time"]
    began, ended = times.get("detected"), times.get("resolved")
    return None if began is None or ended is None or ended < began else (began, ended)


def _zones(incident: Incident) -> dict[str, str]:
    return {member.person: member.timezone for member in incident.members if member.timezone}


def _people(events: pd.DataFrame, incident: Incident) -> pd.Series:
    """The person behind each event: the member with its Slack id, else whom its actor's name means."""
    by_id = {member.slack: member.person for member in incident.members if member.slack and member.person}
    names = {name: _full_name(name, incident) for name in events["actor"].unique()}
    return events["slack_user_id"].map(by_id).fillna(events["actor"].map(names)).astype("str")


def _full_name(name: str, incident: Incident) -> str:
    """The name in the roster that an actor's name means: `ana` is Ana Costa where there is one Ana."""
    known = incident.roster
    folded = name.casefold()
    alike = [full for full in known if folded in (full.casefold(), full.casefold().partition(" ")[0])]
    return alike[0] if len(alike) == 1 else name
