"""Who is named in an incident, in which words, and the role that stands in the place of the name."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Final, NamedTuple

import pandas as pd

from pmkit.postmortem import Incident, Postmortem
from pmkit.redaction._rule import TAG, Span
from pmkit.template import report_templates

# What people do themselves; of machines there are messages and alerts too.
_BY_PEOPLE: Final = (
    "message",
    "reply",
    "file",
    "ack",
    "note",
    "resolve",
    "call",
    "responder",
    "assign",
    "escalate",
)
_NAME: Final = re.compile(
    r"[A-ZÀ-ÖØ-Þ][\w'’.-]*[^\W\dA-Z_](?: (?:[a-z]{2,3} ){0,2}[A-ZÀ-ÖØ-Þ][\w'’.-]*[^\W\dA-Z_][\w'’.-]*){1,3}"
)
_NO_NAME: Final = re.compile(
    r"(?i)\b(?:bot|app|api|service|integration|pagerduty|slack|jira|grafana|datadog|opsgenie|monitor(?:ing)?|"
    r"alerts?|system|automation|webhook|github|gitlab|jenkins|prometheus|cloudwatch|statuspage|workflow|cron|"
    r"team|on-?call|policy|schedule|rotation|desk|support|platform|checkout|deploy\w*)\b"
)
# Initials that mean something else far more often.
_NO_INITIALS: Final = frozenset(
    [
        "AI",
        "AM",
        "API",
        "AS",
        "AT",
        "AZ",
        "BI",
        "BO",
        "BE",
        "CA",
        "CC",
        "CD",
        "CI",
        "CM",
        "CN",
        "CS",
        "CT",
        "DB",
        "DC",
        "DE",
        "DM",
        "DO",
        "DR",
        "DS",
        "EC",
        "EM",
        "EU",
        "EX",
        "FE",
        "FI",
        "FK",
        "FS",
        "FYI",
        "GB",
        "GC",
        "GO",
        "HA",
        "HR",
        "HTTP",
        "IC",
        "ID",
        "IE",
        "IN",
        "IO",
        "IP",
        "IS",
        "IT",
        "JS",
        "KB",
        "KO",
        "LA",
        "LB",
        "LGTM",
        "MB",
        "ME",
        "MQ",
        "MS",
        "MX",
        "MY",
        "NA",
        "NO",
        "NS",
        "OK",
        "OR",
        "OS",
        "PD",
        "PK",
        "PM",
        "PO",
        "PR",
        "PS",
        "QA",
        "QC",
        "QL",
        "RE",
        "RC",
        "SA",
        "SE",
        "SF",
        "SG",
        "SO",
        "SQL",
        "SRE",
        "SS",
        "SSH",
        "SSL",
        "TB",
        "TLS",
        "TO",
        "TS",
        "TV",
        "UI",
        "UK",
        "UP",
        "US",
        "UTC",
        "UX",
        "VM",
        "VP",
        "VPN",
        "WS",
    ]
)


_LABEL: Final = re.compile(r"(?:.{1,60} on-call|responder|colleague|somebody)(?: \d{1,4})?")  # of an edition


class Person(NamedTuple):
    """Somebody who is named: the names they are known by, what they are called instead, their handles."""

    names: tuple[str, ...]
    label: str
    handles: tuple[str, ...] = ()


class People:
    """Everybody who is named in an incident, found in its texts in all the ways they are written there."""

    def __init__(self, people: Iterable[Person]) -> None:
        self.people = tuple(people)
        self._exact, self._folded = self._spellings()

    @property
    def names(self) -> list[str]:
        """The names as they are known, for a search of what was made of a record."""
        return [name for person in self.people for name in (*person.names, *person.handles)]

    def label(self, cell: str) -> str:
        """What a cell that names one person says instead; the cell itself where it names nobody known."""
        return self._whole.get(_folded(cell.removeprefix("@")), cell)

    def full_name(self, cell: str) -> str:
        """The whole name of whom a cell calls by a part of it or by a handle; else the cell itself."""
        return self._full.get(_folded(cell.removeprefix("@")), cell)

    def find(self, text: str) -> list[tuple[int, int, str]]:
        """Where somebody is named in a text, and what to say instead."""
        words = {_folded(word) for word in re.findall(r"\w+", text)}
        if words.isdisjoint(self._first_words):
            return []
        tags = [tag.span() for tag in TAG.finditer(text)] if "[" in text else []
        found: list[tuple[int, int, str]] = []
        plain = _unaccented(text)
        readings = ((self._folding, self._folded, plain.lower()), (self._exacting, self._exact, plain))
        for pattern, labels, given in readings:
            for match in pattern.finditer(given) if pattern else ():
                found.append((*match.span(), labels[" ".join(match["name"].split())]))
        kept: list[tuple[int, int, str]] = []
        for start, end, label in sorted(found, key=lambda each: (each[0], -each[1])):
            if (kept and start < kept[-1][1]) or any(a < end and start < b for a, b in tags):
                continue
            kept.append((start, end, label))
        return kept

    def replaced(self, text: str) -> str:
        """The text with roles instead of names."""
        parts, at = [], 0
        for start, end, label in self.find(text):
            parts += [text[at:start], label]
            at = end
        return "".join([*parts, text[at:]]) if parts else text

    @cached_property
    def _full(self) -> Mapping[str, str]:
        names = [
            (name, person.names[0]) for person in self.people for name in (*person.names, *person.handles)
        ]
        return {_folded(name): whole for name, whole in reversed(names)}

    @cached_property
    def _whole(self) -> Mapping[str, str]:
        whole: dict[str, str] = {}
        for person in self.people:
            for name in (*person.names, *person.handles):
                whole.setdefault(_folded(name), person.label)
        for spelling, label in self._folded.items():
            whole.setdefault(_folded(spelling), label)
        return whole

    @cached_property
    def _first_words(self) -> frozenset[str]:
        spellings = (*self._exact, *self._folded)
        return frozenset(_folded(found.group()) for s in spellings if (found := re.search(r"\w+", s)))

    @cached_property
    def _exacting(self) -> re.Pattern[str] | None:
        return _any_of(self._exact)

    @cached_property
    def _folding(self) -> re.Pattern[str] | None:
        return _any_of(self._folded)

    def _spellings(self) -> tuple[dict[str, str], dict[str, str]]:
        """Spellings that count only as they are written, and those that count in any case."""
        told = tomllib.loads((report_templates() / "nicknames.toml").read_text(encoding="utf-8"))
        short, both = told["short"], set(told["words"]["both"].split())
        exact: dict[str, str] = {}
        folded: dict[str, str] = {}
        for person in self.people:
            for spelling, is_sure in _spellings_of(person, short):
                plain = " ".join(_unaccented(spelling).split())
                if not is_sure or plain.lower() in both or len(plain) < 3:
                    _name(exact, plain[:1].upper() + plain[1:], person.label)
                else:
                    _name(folded, plain.lower(), person.label)
            for name in person.names:
                initials = "".join(word[0] for word in _unaccented(name).split())
                if 2 <= len(initials) <= 3 and initials.isupper() and initials not in _NO_INITIALS:
                    _name(exact, f"{initials}:", f"{person.label}:")
        return exact, folded


def find_people(postmortem: Postmortem) -> People:
    """Everybody whom the incident or its evidence names, by the role they had.

    Members have their role in the review; who acknowledged a page is on call for its service, who only wrote
    is a responder. Where several have the same, they are numbered, in the order in which they appear.
    """
    incident = postmortem.incident
    roles: dict[str, str] = {}
    handles: dict[str, list[str]] = {}
    for member in incident.members:
        if member.person and member.person not in incident.roles:
            roles.setdefault(member.person, member.role)
            handles.setdefault(member.person, []).extend(
                handle for handle in (member.slack, member.email, member.email.partition("@")[0]) if handle
            )
    for person, role in _active(postmortem.events, incident):
        roles.setdefault(person, role)
    for person in (*incident.people, *_said_in_tables(postmortem)):
        roles.setdefault(person, "colleague")
    for name in list(roles):
        if (bare := _undecorated(name)) != [name]:
            handles.setdefault(name, []).extend(bare)
    also = _also_called(list(roles))
    whole = {person: role for person, role in roles.items() if person not in also}
    taken, count, people = Counter(whole.values()), Counter[str](), []
    for person, role in whole.items():
        count[role] += 1
        label = role if taken[role] == 1 and role in incident.roles else f"{role} {count[role]}"
        names = (person, *(name for name, of in also.items() if of == person))
        people.append(
            Person(names, label, tuple(handle for name in names for handle in handles.get(name, ())))
        )
    return People(people)


def _also_called(names: list[str]) -> dict[str, str]:
    """Names of one word that are a part, a short form or a handle of exactly one of the others."""
    told = tomllib.loads((report_templates() / "nicknames.toml").read_text(encoding="utf-8"))["short"]
    parts: dict[str, set[str]] = {}
    for name in names:
        if " " in name:
            for spelling, _ in _parts_of(name.split(), told):
                parts.setdefault(_folded(spelling), set()).add(name)
    found = {
        name: parts.get(_folded(plain[0]), set()) - {name}
        for name in names
        if (plain := _undecorated(name.removeprefix("@"))) and re.fullmatch(r"\S+(?: \w\.?)?", plain[0])
    }
    return {name: whole.copy().pop() for name, whole in found.items() if len(whole) == 1}


def _undecorated(name: str) -> list[str]:
    """A name as it is shown in chat, without what is put beside it: `amos :snowflake:`."""
    parts = re.split(r"\s*[·|/()\[\]–—]\s*", re.sub(r":[\w+-]+:", "", name))
    return [part.strip() for part in parts if len(part.strip()) > 1]


def _active(events: pd.DataFrame, incident: Incident) -> Iterator[tuple[str, str]]:
    """Who did something in the evidence, and as what, in order of time."""
    is_act = events["kind"].isin(_BY_PEOPLE) & ~events["slack_is_bot"] & (events["actor"].fillna("") != "")
    acts = events[["actor", "source", "kind", "place"]][is_act]
    in_slack, services = set[str](), dict[str, str]()
    for actor, source, kind, place in zip(*(acts[column].tolist() for column in acts), strict=True):
        if source == "slack":
            in_slack.add(actor)
        is_paged = source in ("pagerduty", "opsgenie") and kind in ("ack", "resolve", "note")
        if is_paged and place and not place.startswith("#"):
            services.setdefault(actor, place)
    own = {_folded(name) for name in (*incident.services, *incident.roles)}
    for name in acts["actor"].unique():
        looks = _NAME.fullmatch(name) and not _NO_NAME.search(name)
        if (
            _folded(name) in own
            or _LABEL.fullmatch(name)
            or not (name in in_slack or looks or name in incident.roster)
        ):
            continue
        yield name, f"{services[name]} on-call" if name in services else "responder"


def _said_in_tables(postmortem: Postmortem) -> list[str]:
    """Names in the columns that hold one: who answers for an action, who owns a question …"""
    incident = postmortem.incident
    cells = [incident.owner, incident.facilitator]
    for table, column in (
        ("actions", "dri"), ("tasks", "dri"), ("questions", "owner"), ("ideas", "raised_by"),
        ("decisions", "decided_by"), ("checkins", "confirmed_by"), ("timeline", "actor"),
    ):  # fmt: skip
        frame = getattr(postmortem, table)
        if column in frame:
            cells += frame[column].tolist()
    cells += [each.strip() for cell in postmortem.checkins["attendees"] for each in str(cell).split(",")]
    known = {_folded(role) for role in incident.roles}
    return [
        cell
        for cell in dict.fromkeys(map(str, cells))
        if _folded(cell) not in known and _NAME.fullmatch(cell) and not _NO_NAME.search(cell)
    ]


def _spellings_of(person: Person, short: Mapping[str, str]) -> Iterator[tuple[str, bool]]:
    """All the ways in which somebody is written, and whether each means them in small letters too."""
    for name in person.names:
        words = name.split()
        if words:
            yield " ".join(words), True
            yield from _parts_of(words, short)
    for handle in person.handles:
        yield handle.removeprefix("@"), True


def _parts_of(words: list[str], short: Mapping[str, str]) -> Iterator[tuple[str, bool]]:
    first, last = words[0], words[-1]
    nicknames = short.get(_unaccented(first).lower(), "").split()
    if len(words) > 1:
        for spelling in (
            f"{last}, {first}",
            f"{first[0]}. {last}",
            f"{first[0]} {last}",
            f"{first} {last[0]}.",
        ):
            yield spelling, True
        yield f"{first} {last}", True
        yield f"{first} {last[0]}", True
        yield from ((f"{nickname} {last}", True) for nickname in nicknames)
        for a, b in ((first, last), (last, first), (first[0], last), (first, last[0])):
            yield from ((f"{a}{mark}{b}", True) for mark in "._-")
        for spelling in (f"{first}{last}", f"{first[0]}{last}", f"{last}{first[0]}", f"{first}{last[0]}"):
            yield spelling, True
        # A surname may be any word there is, but not in capitals.
        yield last, False
        yield from ((word, False) for word in words[1:-1] if len(word) > 3)
    yield first, True
    if "-" in first:
        yield first.partition("-")[0], True
    yield from ((nickname, True) for nickname in nicknames)


def _name(spellings: dict[str, str], spelling: str, label: str) -> None:
    """What several are called means none of them for sure."""
    known = spellings.setdefault(spelling, label)
    if known != label:
        spellings[spelling] = "somebody"


def _any_of(spellings: Iterable[str]) -> re.Pattern[str] | None:
    wanted = sorted({s for s in spellings if len(s) > 1}, key=len, reverse=True)
    if not wanted:
        return None
    each = "|".join(re.sub(r"\\?\s+", r"\\s{1,3}", re.escape(spelling)) for spelling in wanted)
    # `@` goes with the name; a possessive stays, since roles have one too.
    return re.compile(rf"(?<![\w@])@?(?P<name>{each})(?!\w)")


def _folded(text: str) -> str:
    return " ".join(_unaccented(text).lower().split())


def _unaccented(text: str) -> str:
    """The text without accents, letter for letter."""
    if text.isascii():
        return text
    return "".join(_bare(letter) for letter in text)


def _bare(letter: str) -> str:
    if letter.isascii():
        return letter
    base = unicodedata.normalize("NFD", letter)[0]
    return {"ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "’": "'"}.get(letter, base)


def spans_of(people: People, text: str) -> list[Span]:
    """As `People.find`, as spans."""
    return [Span(start, end, "person", "people") for start, end, _ in people.find(text)]
