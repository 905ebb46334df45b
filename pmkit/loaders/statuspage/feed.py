"""A status page's history as Atom or RSS: one entry per incident, its updates only as HTML, without a year.

`<small>Jun <var>5</var>, <var>19:27</var> UTC</small><br><strong>Resolved</strong> - …`, newest first. The
year is that which brings the newest update nearest to when the entry was published, which is when it was last
updated or when a maintenance begins; every older update is of the year before the newer one.

XML can be made to eat a machine or to read its files. What could is refused: document types, entities,
references to other files, and files larger or deeper than a feed is.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import ParseError, iterparse

from pmkit.errors import EvidenceError, QuestionError
from pmkit.loaders._documents import Row, joined
from pmkit.loaders._kinds import with_asides
from pmkit.loaders._moments import Instant, microseconds, read_iso, read_wall_clock
from pmkit.loaders._salvage import text_of
from pmkit.typed import read_zone

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

MOST_BYTES: Final = 32 * 2**20
MOST_DEPTH: Final = 64
MOST_ELEMENTS: Final = 500_000
MOST_ENTRIES: Final = 20_000  # of a damaged feed, whose entries are read one by one

# Letters of a zone to its offset in minutes: those that the zone database of the last years gives to one
# offset alone. CST, CDT, IST, KST and PST are not: they are of several countries.
OFFSETS: Final = {
    "UTC": 0, "GMT": 0, "WET": 0, "WEST": 60, "BST": 60, "CET": 60, "CEST": 120, "EET": 120, "EEST": 180,
    "MSK": 180, "WAT": 60, "CAT": 120, "SAST": 120, "EAT": 180, "IDT": 180, "PKT": 300, "WIB": 420,
    "HKT": 480, "AWST": 480, "JST": 540, "ACST": 570, "ACDT": 630, "AEST": 600, "AEDT": 660, "NZST": 720,
    "NZDT": 780, "NST": -210, "NDT": -150, "AST": -240, "ADT": -180, "EST": -300, "EDT": -240, "MDT": -360,
    "MST": -420, "PDT": -420, "AKST": -540, "AKDT": -480, "HST": -600,
}  # fmt: skip

_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_HEADER: Final = re.compile(
    r"(?P<month>[^\W\d_]{3,12})\.?\s*(?P<day>\d{1,2})\s*,?\s*(?P<hour>\d{1,2}):(?P<minute>\d\d)"
    r"(?:\s*(?P<half>[AaPp])\.?[Mm]\b\.?)?\s*(?P<zone>[A-Za-z]{2,5}|[+-]\d\d(?::?\d\d)?)?",
)
_SMALL: Final = re.compile(r"<small\b[^<>]*>")
_TAG: Final = re.compile(r"<[^<>]*>")
_BREAK: Final = re.compile(r"<(?:br|/p|/li|/div)\b[^<>]*>", re.IGNORECASE)
_PLANNED: Final = re.compile(r"SCHEDULED EVENT\s*(.*)")
_OPENING: Final = re.compile(r"<(?:\w+:)?(?:feed|rss)\b[^<>]*>")
_ENTRY: Final = re.compile(r"<(?=(?:entry|item)[\s>])")
_ENTRY_END: Final = re.compile(r"</(?:entry|item)\s*>")
_HISTORY: Final = " - Incident History"
_INCIDENT: Final = re.compile(r"/incidents/([\w-]+)")
# How much later than the entry its newest update may be shown, and than a newer update an older one, whose
# time people have edited.
_NEAREST: Final = timedelta(days=183)
_EDITED: Final = timedelta(days=31)


class Entry(NamedTuple):
    """One entry of a feed, or why it could not be read."""

    title: str = ""
    link: str = ""
    name: str = ""  # what the feed itself knows it by
    published: str = ""
    content: str = ""
    problem: str = ""


class Update(NamedTuple):
    """One update in an entry: when, as the page shows it, and what."""

    shown: str
    status: str
    body: str


def is_feed(text: str) -> bool:
    """Whether a text is the feed of a status page: the title says so, or its entries look like one."""
    head = text.lstrip().removeprefix("\ufeff").lstrip()
    if not head.startswith("<") or not _OPENING.search(head[:8192]):
        return False
    title = re.search(r"<title\b[^<>]*>(?:<!\[CDATA\[)?([^<]*)", head)
    is_named = title is not None and re.search(r"\bstatus\b|incident", title[1], re.IGNORECASE) is not None
    return is_named or "data-var=" in head or "<maintenanceEndDate>" in head


def read_feed(path: Path) -> tuple[str, list[Entry]]:
    """The title of the page and its entries. Raises `EvidenceError` for XML that no feed needs."""
    if path.stat().st_size > MOST_BYTES:
        problem = f"larger than {MOST_BYTES // 2**20} MB; the feed of a status page is far smaller."
        raise EvidenceError(path, "", problem, "Save the feed again from the status page.")
    data = path.read_bytes()
    try:
        root = _parsed(path, data)
    except ParseError:
        return _salvaged(path, text_of(data))
    title = _text(root, "title") or _text(_child(root, "channel"), "title")
    elements = [element for element in root.iter() if element.tag in ("entry", "item")]
    return title.removesuffix(_HISTORY), [_entry(element) for element in elements]


def _parsed(path: Path, data: bytes) -> Element:
    """The root element, all names without their namespace."""
    root: Element | None = None
    depth = count = 0
    try:
        for event, element in iterparse(BytesIO(data), ("start", "end"), forbid_dtd=True):
            if root is None:
                root = element
            if event == "start":
                element.tag = str(element.tag).rpartition("}")[2]
            depth += 1 if event == "start" else -1
            count += event == "start"
            if depth > MOST_DEPTH:
                raise EvidenceError(path, "", f"its elements lie more than {MOST_DEPTH} deep in each other.")
            if count > MOST_ELEMENTS:
                raise EvidenceError(
                    path, "", f"it has more than {MOST_ELEMENTS} elements, far more than a feed."
                )
    except DefusedXmlException as error:
        problem = (
            f"it holds a document type or entities ({type(error).__name__}), which can read other files."
        )
        hint = "No feed of a status page needs them; save it again from the page."
        raise EvidenceError(path, "", problem, hint) from error
    if root is None:
        raise ParseError("no element found")
    return root


def _salvaged(path: Path, text: str) -> tuple[str, list[Entry]]:
    """The entries of a damaged feed, each by itself."""
    opening = _OPENING.search(text)
    begin = opening[0] if opening else "<rss>"
    end = f"</{re.split(r'[ >]', begin[1:], maxsplit=1)[0].strip()}>"
    starts = [match.start() for match in _ENTRY.finditer(text)]
    if len(starts) > MOST_ENTRIES:
        raise EvidenceError(path, "", f"it is damaged and has more than {MOST_ENTRIES} entries.")
    entries = []
    for start, stop in pairwise([*starts, len(text)]):
        ends = [match.end() for match in _ENTRY_END.finditer(text, start, stop)]
        try:
            root = _parsed(path, f"{begin}{text[start : ends[-1] if ends else stop]}{end}".encode())
            entries.append(_entry(next(e for e in root.iter() if e.tag in ("entry", "item"))))
        except (ParseError, StopIteration) as error:
            entries.append(Entry(problem=f"characters {start} to {stop}: {error}"))
    title = re.search(r"<title\b[^<>]*>([^<]*)", text[: starts[0]] if starts else text)
    if not starts:
        entries.append(Entry(problem=f"characters 0 to {len(text)}: no entry can be read"))
    return html.unescape(title[1]).strip().removesuffix(_HISTORY) if title else "", entries


def _child(element: Element, name: str) -> Element:
    found = element.find(name)
    return element if found is None else found


def _text(element: Element, name: str) -> str:
    found = element.find(name)
    return "" if found is None else "".join(found.itertext()).strip()


def _entry(element: Element) -> Entry:
    links = [link.get("href") or (link.text or "").strip() for link in element.findall("link")]
    link = next((link for link in links if link.startswith(("https://", "http://"))), "")
    name = _text(element, "id") or _text(element, "guid") or link
    published = _text(element, "published") or _text(element, "pubDate") or _text(element, "updated")
    content = _text(element, "content") or _text(element, "description") or _text(element, "summary")
    return Entry(_text(element, "title"), link, name, published, content)


# Entries to rows


def rows_of_entry(
    entry: Entry, place: str, page: str, *, path: Path, zone: str | None
) -> Iterator[Row | tuple[str, str]]:
    """A row for each update, in their order, with its place as `ref`; or a place and a problem."""
    if entry.problem:
        yield place, entry.problem
        return
    published = _published(entry, path=path, where=place)
    updates = read_updates(entry.content)
    if published is None or not updates:
        yield _whole(entry, place, page, published)
        return
    planned = _PLANNED.search(plain(entry.content.partition("<small")[0]))
    latest = published + _NEAREST
    for number, update in enumerate(updates):
        where = f"{place}/update:{number}"
        try:
            moment = read_shown(update.shown, latest, path=path, where=where, zone=zone)
        except ValueError as error:
            yield where, str(error)
            continue
        latest = datetime.fromtimestamp(moment.time // 10**6, UTC) + _EDITED
        text = joined(entry.title, update.status, update.body, by=": ")
        is_first = number == len(updates) - 1
        plan = f"planned for {planned[1].replace(' ,', ',').strip()}" if planned and is_first else ""
        yield {
            "event_id": f"statuspage:feed:{_incident_id(entry)}:{len(updates) - number}",
            "time": moment.time, "time_basis": moment.basis, "kind": "status_update", "place": page,
            "text": with_asides(text, plan), "url": entry.link, "ref": where,
        }  # fmt: skip


def _whole(entry: Entry, place: str, page: str, published: datetime | None) -> Row | tuple[str, str]:
    """An entry that is one update by itself, as other feeds have them."""
    if published is None:
        return place, f"when it was published is not told, found {entry.published[:40]!r}; without it no year"
    return {
        "event_id": f"statuspage:feed:{_incident_id(entry)}", "time": microseconds(published),
        "time_basis": "offset", "kind": "status_update", "place": page, "url": entry.link, "ref": place,
        "text": joined(entry.title, plain(entry.content), by=": "),
    }  # fmt: skip


def _incident_id(entry: Entry) -> str:
    """The incident's own id, which stands in its address."""
    told = _INCIDENT.search(entry.link)
    return told[1] if told else entry.name or entry.title


def _published(entry: Entry, *, path: Path, where: str) -> datetime | None:
    text = entry.published
    try:
        return datetime.fromtimestamp(read_iso(text, path=path, where=where, zone=None).time // 10**6, UTC)
    except (ValueError, QuestionError):
        pass
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return moment.astimezone(UTC) if moment.tzinfo and 1990 <= moment.year < 2100 else None


def read_updates(content: str) -> list[Update]:
    """The updates in the HTML of an entry, newest first."""
    starts = [match.end() for match in _SMALL.finditer(content)]
    updates = []
    for start, stop in pairwise([*starts, len(content)]):
        header, _, rest = content[start:stop].partition("</small>")
        _, strong, after = rest.partition("<strong>")
        status, end, body = after.partition("</strong>")
        if not strong or not end:
            status, body = "", rest
        body = plain(body).removeprefix("- ").removeprefix("– ")
        updates.append(Update(plain(header), plain(status), body))
    return updates


def plain(markup: str) -> str:
    """HTML as plain text; breaks stay, tags go, and what is escaped is text and never markup."""
    text = html.unescape(_TAG.sub(" ", _BREAK.sub("\n", markup)))
    lines = (" ".join(line.split()) for line in text.replace("\xa0", " ").split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def read_shown(shown: str, latest: datetime, *, path: Path, where: str, zone: str | None) -> Instant:
    """`Jun 5, 19:27 UTC` in the last year that brings it not after `latest`.

    Raises `ValueError` for what is no such time, and `QuestionError` where the letters of its zone mean
    several and `zone` is not given.
    """
    told = _HEADER.fullmatch(shown)
    month = told["month"][:3].lower() if told else ""
    if told is None or month not in _MONTHS:
        raise ValueError(f"expected a time as `Jun 5, 19:27 UTC`, found {shown[:60]!r}")
    hour = int(told["hour"])
    if told["half"]:
        hour = hour % 12 + (12 if told["half"] in "Pp" else 0)
    clock = None
    for year in range(latest.year - 8, latest.year + 1):  # a 29 February may be eight years ago
        with suppress(ValueError):
            then = datetime(year, _MONTHS.index(month) + 1, int(told["day"]), hour, int(told["minute"]))  # noqa: DTZ001
            clock = then if then <= latest.replace(tzinfo=None) else clock
    if clock is None:
        raise ValueError(f"{shown[:60]!r} is not a time of the calendar")
    return _in_zone(clock, told["zone"] or "", path=path, where=where, zone=zone)


def _in_zone(clock: datetime, letters: str, *, path: Path, where: str, zone: str | None) -> Instant:
    if letters in OFFSETS or letters[:1] in ("+", "-"):
        minutes = OFFSETS.get(letters)
        offset = letters if len(letters) != 3 else f"{letters}:00"
        there = read_zone(offset) if minutes is None else timezone(timedelta(minutes=minutes))
        return Instant(microseconds(clock.replace(tzinfo=there)), "offset")
    if zone is None:
        said = f"{clock:%b %d, %H:%M} {letters}".strip()
        meaning = f"the letters {letters} mean several zones." if letters else "it carries no zone."
        raise QuestionError(
            path, where, f"{said}: {meaning}", option="zone",
            hint="Say in which zone the page shows its times, as `--zone America/Los_Angeles`.",
        )  # fmt: skip
    if not letters:
        return read_wall_clock(clock, path=path, where=where, zone=zone)
    # The letters tell summer from winter, also where the clock shows an hour twice.
    try:
        there = read_zone(zone)
    except ValueError as error:
        raise EvidenceError(path, "", f"{error}.") from error
    folds = [clock.replace(tzinfo=there, fold=fold) for fold in (0, 1)]
    told = [moment for moment in folds if moment.tzname() == letters]
    if not told:
        raise ValueError(f"the page says {letters}, but the clocks of {zone} showed {folds[0].tzname()} then")
    return Instant(microseconds(told[0]), zone)
