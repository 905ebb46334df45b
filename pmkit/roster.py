"""Who takes part: whether a name is one person who is known, and who is active without being listed."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Final

import pandas as pd

from pmkit.postmortem import Incident, Postmortem

_NOBODY: Final = {
    "tbd", "tba", "todo", "n/a", "na", "none", "nobody", "unknown", "unassigned", "open", "someone",
    "somebody", "anyone", "anybody", "whoever", "owner", "dri", "xxx", "pending", "-", "--", "?", "??", "???",
}  # fmt: skip
_GROUP: Final = re.compile(
    r"@here|@channel|@everyone|\b(teams?|squads?|guilds?|tribes?|groups?|crews?|everyone|everybody|all|we|us|"
    r"sres?|platform|infra(structure)?|backend|frontend|engineering|engineers|ops|operations|devs?|devops|"
    r"developers?|support|security|on[ -]?call|rotation|department|management|leadership|stakeholders?)\b",
    re.IGNORECASE,
)
_TITLE: Final = re.compile(r"\b(lead|manager|commander|owner|officer|scribe|head|director|coordinator)$")
# “Platform team (DRI: Yusuf)”, “DRI Yusuf”, “Platform team (Yusuf)”.
_NAMED: Final = re.compile(
    r"\b(?:dri|owner|contact)\s*[:=–—-]?\s+([^(),;]+)|\b(?:teams?|squads?|crews?|groups?)\s*[(:–—-]\s*([^()]+)\)?$"
)
_HELPERS: Final = re.compile(
    r"\s*\([^)]*\)$|[,;(/]?\s*\b(?:with|supported|helped|assisted|backup|deputy|cc)\b.*$"
)
_SEVERAL: Final = re.compile(r"[,;/&+]|\s(?:and|und|et|y|or)\s", re.IGNORECASE)
# The columns that tell who acts.
_READ: Final = ("event_id", "time", "source", "kind", "actor", "place", "slack_user_id", "slack_is_bot")
_PEOPLE_KINDS: Final = ("message", "reply", "file", "ack", "note", "resolve", "call")


def find_person_fault(name: str, incident: Incident, others: Iterable[str] = ()) -> str:
    """Why a name is not one person who takes part, in words; "" when it is.

    Known are the people of the incident, the roles that one of them fills, and `others`, say those who speak
    in the evidence. A name that is known is right whatever its words: somebody may be called Platform. A
    first name or surname that only one of them has names that one.
    """
    said = " ".join(name.split()).casefold()
    known = _folded([*incident.roster, *others])
    known |= {_without_accents(key): person for key, person in known.items()}
    others_said = [other for other in _said_otherwise(said) if other != said]
    if said in known or any(not find_person_fault(other, incident, others) for other in others_said):
        return ""
    parts = {part for person in known.values() for part in person.split()}
    if _GROUP.fullmatch(said) and name.strip() not in parts:  # though somebody is called Ops by first name
        return _fault_of_words(said)
    role = _folded(incident.roles).get(said)
    if role is not None:
        return "" if incident.person(role) else f"the role {role} is filled by nobody"
    alike = sorted({person for key, person in known.items() if _may_mean(said, key.split())})
    if alike:  # a first name that only one of them has is enough
        return "" if len(alike) == 1 else f"may be {' or '.join(alike)}"
    return _fault_of_words(said) or "is not known to take part"


def find_name_fault(name: str) -> str:
    """As `find_person_fault`, of a name in a text about which nobody is known; "" where it may be a person's.

    `Support Lead` may be one, for it is a role.
    """
    said = " ".join(name.split()).casefold()
    return "" if _TITLE.search(said) and not _SEVERAL.search(said) else _fault_of_words(said)


def _said_otherwise(said: str) -> Iterator[str]:
    """Who may be meant: without helpers, team, role or doubt beside the name, and in another order."""
    if named := _NAMED.search(said):
        yield next(name for name in named.groups() if name).strip()
    yield _HELPERS.sub("", said).strip(" ?.,")
    if "." in said.strip("."):  # `hana.or`, as accounts are spelled
        yield said.replace(".", " ").strip()
    last, comma, first = said.partition(", ")
    if comma and " " not in last:
        yield f"{first} {last}"
    yield _without_accents(said)


def _without_accents(said: str) -> str:
    return "".join(
        letter for letter in unicodedata.normalize("NFKD", said) if not unicodedata.combining(letter)
    )


def _may_mean(said: str, parts: list[str]) -> bool:
    """Whether a first name or surname is one of those, or “Priyanka S.” the first of them."""
    if said in parts:
        return True
    first, _, initial = said.rstrip(".").partition(" ")
    return len(initial) == 1 and len(parts) > 1 and parts[0] == first and parts[-1].startswith(initial)


def _fault_of_words(said: str) -> str:
    if said.strip(".") in _NOBODY or said.split(" ", maxsplit=1)[0] in _NOBODY or not re.search(r"\w", said):
        return "names nobody"
    if _SEVERAL.search(said):
        return "names several; one answers for it, others may help"
    if _GROUP.search(said):
        return "names a group; one person answers for it"
    return ""


def is_act_of_person(events: pd.DataFrame) -> pd.Series:
    """Whether each event is something that a person said or did; what only moves them about is not."""
    acts = events["kind"].isin(_PEOPLE_KINDS) & ~events["slack_is_bot"] & (events["actor"] != "")
    return acts & events["source"].isin(("slack", "pagerduty")) & events["time"].notna()


def find_active_people(events: pd.DataFrame) -> pd.DataFrame:
    """Who speaks and acts in the evidence, the most active first.

    One row per person: `person`, `events`, `first_at`, `last_at` (UTC), `slack_user_id`. Bots and apps are
    left out, and what only moves (joins, topics) does not count.
    """
    acts = events.loc[is_act_of_person(events), ["actor", "time", "slack_user_id"]]
    times = acts["time"]
    counts, first, last = Counter[str](), dict[str, int](), dict[str, int]()
    ids: dict[str, str] = {}
    names, user_ids = acts["actor"].tolist(), acts["slack_user_id"].tolist()
    told = zip(names, times.astype("int64").tolist(), user_ids, strict=True)
    for person, at, user_id in told:
        counts[person] += 1
        first[person] = min(first.get(person, at), at)
        last[person] = max(last.get(person, at), at)
        ids[person] = max(ids.get(person, ""), user_id)
    people = sorted(counts, key=lambda person: (-counts[person], person))
    unit = times.dt.unit
    return pd.DataFrame(
        {
            "person": pd.Series(people, dtype="str"),
            "events": pd.Series([counts[person] for person in people], dtype="int64"),
            "first_at": _moments([first[person] for person in people], unit),
            "last_at": _moments([last[person] for person in people], unit),
            "slack_user_id": pd.Series([ids[person] for person in people], dtype="str"),
        }
    )


def find_unlisted(postmortem: Postmortem, start: pd.Timestamp, end: pd.Timestamp) -> pd.DataFrame:
    """Who took part between `start` and `end` and is not in the roster; rows as of `find_active_people`.

    To take part is to act in PagerDuty, or to speak in a channel of the incident where there are such.
    """
    during = postmortem.events["time"].between(start, end)
    events = postmortem.events.loc[during, list(_READ)]
    own = events["place"].isin({f"#{channel.name}" for channel in postmortem.incident.channels})
    took_part = own | (events["source"] == "pagerduty")
    people = find_active_people(events[took_part] if own.any() else events)
    listed = set(_folded(postmortem.incident.roster))
    # One person may be `ana` in one source and `Ana Costa` in another.
    names = {name.split()[0] for name in (*listed, *_folded(people["person"])) if " " in name}
    ids = {member.slack for member in postmortem.incident.members if member.slack}
    folded = people["person"].str.casefold()
    known = folded.isin(listed | names) | people["slack_user_id"].isin(ids)
    return people[~known].reset_index(drop=True)


def tell_people(people: pd.DataFrame, most: int = 5) -> str:
    """The first names of such a frame in words: `Ana, Bo and 3 more`."""
    names = people["person"].tolist()
    if len(names) > most:
        return f"{', '.join(names[:most])} and {len(names) - most} more"
    return ", ".join(names)


def _moments(values: list[int], unit: str) -> pd.Series:
    return pd.Series(pd.array(values, dtype="int64").astype(f"datetime64[{unit}]")).dt.tz_localize("UTC")


def _folded(names: Iterable[str]) -> dict[str, str]:
    return {" ".join(name.split()).casefold(): name for name in names if name.strip()}
