"""Jira: issues as its REST API or a CSV export gives them: made, commented on, changed, resolved.

Read are search pages (`{"issues": […]}`), single issues, bare lists, JSON Lines, several pages in one file or
folder and pages of one issue's changelog, from Cloud (v2, v3) and Data Center
(https://developer.atlassian.com/cloud/jira/platform/rest/v3), and the export "CSV (all fields)".
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final

import pandas as pd

from pmkit.errors import EvidenceError
from pmkit.loaders._adf import plain_text
from pmkit.loaders._csv import Row as CsvRow
from pmkit.loaders._csv import read_rows
from pmkit.loaders._dates import find_order, read_screen
from pmkit.loaders._documents import (
    SUFFIXES,
    Found,
    Shape,
    first_record,
    fold,
    joined,
    list_in,
    object_in,
    read_pages,
    read_records,
    text_in,
    url_in,
)
from pmkit.loaders._format import Format, Glimpse
from pmkit.loaders._frame import rows_to_events
from pmkit.loaders._moments import Instant, read_iso
from pmkit.loaders._salvage import text_of

# What a changed field tells, by its name in small letters; any other change is a "field".
FIELD_KINDS: Final = {
    "assignee": "assign", "priority": "priority", "severity": "priority", "resolution": "resolve",
    "attachment": "file", "comment": "note",
}  # fmt: skip
# What the making of an issue tells, by a word of its type; any other is a "note" that somebody wrote.
TYPE_KINDS: Final = {"incident": "incident", "change": "change", "deployment": "deploy"}

# An export of more issues than this is cut there, without a word.
CSV_LIMITS: Final = (1000, 10_000)

_KEY: Final = re.compile(r"[A-Z][A-Z0-9_]+-\d+", re.ASCII)
_KEY_IN_URL: Final = re.compile(r"/issue/([A-Z][A-Z0-9_]+-\d+)(?:/|\?|$)", re.ASCII)
_API: Final = re.compile(r"(https?://.+?)/rest/api/\w+/issue/")
_COMMENT_CELL: Final = re.compile(r"(?P<at>[^;\n]{6,40});(?P<author>[^;\n]*);(?P<text>.*)", re.DOTALL)
_LONG: Final = 200  # characters of a value in the text of a change; whole it stands in its column

_HISTORIES: Final = ("changelog.histories", "values")
_IDS: Final = ("accountId", "key", "name")

Record = dict[str, Any]
Row = dict[str, Any]
Told = tuple[str, Callable[[], Row]]  # where a record stands, and how to make its row


# Told from what is nested in them: a parent or a linked issue has neither time nor changelog.
_SHAPE: Final = Shape(
    pages={
        "issues": lambda value: "changelog" in value or "created" in object_in(value, "fields"),
        "values": lambda value: "items" in value and "created" in value,
    },
    inner={
        "changelog.histories": lambda value: "items" in value and "created" in value,
        "fields.comment.comments": lambda value: "body" in value and "created" in value,
    },
)


def load_jira_issues(
    path: str | Path, *, zone: str | None = None, date_format: str | None = None
) -> pd.DataFrame:
    """Jira issues as events, sorted by time.

    One row for the making of each issue, for every comment, for every item of its changelog, and for its
    resolution where the changelog does not tell of it; then one row `kind="unreadable"` for every record that
    cannot be read, with the reason in `text`. Title and description stand in the first row: as they were
    then, where the changelog tells it, else as they were when the file was written. A CSV holds no changelog.
    A record that stands in the files more than once is one row whose `ref` names every copy.

    Parameters
    ----------
    path : a `.json` or `.jsonl` file, a folder of them, or a `.csv`
    zone : of the times in a CSV, which are those of the clock of whoever exported it
    date_format : the order of its days, months and years, as `D/M/Y`, where its dates leave it open

    Returns
    -------
    The columns of `pmkit.schema.EVENTS`, `jira_key`, `jira_field`, `jira_from` and `jira_to` among them.
    `time` is UTC, `place` the project. `ref` is `<file name>#issues:0`, and
    `…#issues:0/changelog.histories:1/items:0` for what stands in an issue.

    Raises
    ------
    EvidenceError : there is no such file, or a CSV without `Issue key`
    QuestionError : `zone` or `date_format` is needed
    """
    path = Path(path)
    if path.is_dir() or _is_json(path):
        return _frame(path.name, _Rest(path, zone).told())
    return _frame(path.name, _Export(path, zone, date_format).told())


def find_incompleteness(path: str | Path) -> str:
    """What the pages, changelogs and comments say is missing, as one sentence, or ""."""
    path, tally = Path(path), _Tally()
    for found in read_records(path, _SHAPE):
        if found.problem:
            return "incomplete: a file is damaged, see its unreadable rows"
        tally.add(found)
    said = list(tally.missing(list(read_pages(path, _SHAPE))))
    return f"incomplete: {'; '.join(said)}" if said else ""


def find_incompleteness_of_csv(path: str | Path) -> str:
    """That a CSV tells no changes, and whether it may be cut, as one sentence."""
    count = sum(1 for _ in read_rows(text_of(Path(path).read_bytes()))) - 1
    cut = f"exactly {count:,} issues, where Jira cuts an export; " if count in CSV_LIMITS else ""
    return f"incomplete: {cut}no changelog, which only the REST API gives"


def _is_rest(glimpse: Glimpse) -> bool:
    found = first_record(glimpse, _SHAPE)
    if found is None:
        return False
    if found.list == "values":
        return bool(_key_of_page(found.around[-1]))
    record = found.record
    return bool(_KEY.fullmatch(text_in(record, "key"))) and ("fields" in record or "changelog" in record)


def _is_csv(glimpse: Glimpse) -> bool:
    names = {name.casefold() for name in glimpse.header}
    return "issue key" in names and bool(names & {"summary", "issue id", "status", "created"})


FORMATS: Final = (
    Format(
        "jira-rest", "jira", "issues of Jira's REST API",
        recognise=_is_rest,
        load=load_jira_issues,
        options=("zone",),
        find_incompleteness=find_incompleteness,
    ),
    Format(
        "jira-csv", "jira", "a CSV export of Jira",
        recognise=_is_csv,
        load=load_jira_issues,
        options=("zone", "date_format"),
        find_incompleteness=find_incompleteness_of_csv,
    ),
)  # fmt: skip


def _is_json(path: Path) -> bool:
    if path.suffix.lower() in SUFFIXES:
        return True
    try:
        with path.open("rb") as file:
            return text_of(file.read(2**10)).lstrip().startswith(("{", "["))
    except OSError as error:
        raise EvidenceError(path, "", f"cannot be read: {error}.") from error


def _frame(file: str, told: Iterable[Told]) -> pd.DataFrame:
    """The events of all that was told: where each stands, and how to make its row."""
    rows: list[Row] = []
    problems: list[tuple[str, str]] = []
    for place, make in told:
        try:
            rows.append(make() | {"ref": f"{file}#{place}"})
        except ValueError as error:
            problems.append((place, str(error)))
    # Within one millisecond an issue is made before it is changed, and resolved last.
    rows.sort(key=lambda row: row["order"])
    return rows_to_events("jira", file, fold(rows), problems)


def _refused(problem: str) -> Callable[[], Row]:
    def refuse() -> Row:
        raise ValueError(problem)

    return refuse


# --- JSON -----------------------------------------------------------------------------------------


class _Rest:
    """The records of Jira's REST API in one file or folder."""

    def __init__(self, path: Path, zone: str | None) -> None:
        self.path, self.zone = path, zone
        self.found = list(read_records(path, _SHAPE))
        self.names = dict(name for found in self.found for name in _names_in(found.record))

    def told(self) -> Iterator[Told]:
        for found in self.found:
            if found.problem:
                yield found.place, _refused(found.problem)
            elif found.list == "fields.comment.comments":
                yield found.place, partial(self._comment, found)
            elif found.list in _HISTORIES:
                yield from self._changes(found)
            else:
                issue = found.record
                yield found.place, partial(self._creation, issue)
                told = any(text_in(change, "toString") for change in _changes(issue, "resolution"))
                if text_in(issue, "fields", "resolutiondate") and not told:
                    yield f"{found.place}/resolutiondate", partial(self._resolution, issue)

    def _changes(self, found: Found) -> Iterator[Told]:
        items = list_in(found.record, "items")
        for number, item in enumerate(items):
            yield f"{found.place}/items:{number}", partial(self._change, found, item, number)
        if not items:
            yield found.place, _refused('a change without "items": it does not say what was changed')

    def _creation(self, issue: Record) -> Row:
        kind = text_in(_at_first(issue, "issuetype"))
        return self._row(
            issue, "created", text_in(issue, "fields", "created"),
            kind=_kind_of_type(kind),
            actor=self._name(object_in(issue, "fields", "creator") or object_in(issue, "fields", "reporter")),
            text=_creation_text(
                text_in(issue, "key"),
                text_in(_at_first(issue, "summary")),
                (kind, text_in(_at_first(issue, "priority"))),
                plain_text(_at_first(issue, "description"), self.names),
            ),
            **self._updated(text_in(issue, "fields", "updated")),
        )  # fmt: skip

    def _change(self, found: Found, item: Any, number: int) -> Row:
        if not isinstance(item, dict):
            raise ValueError(f"expected an object, found {type(item).__name__}")
        issue, change = _issue_around(found), found.record
        name = text_in(item, "field") or text_in(item, "fieldId")
        before, after = (text_in(item, f"{end}String") or text_in(item, end) for end in ("from", "to"))
        kind = FIELD_KINDS.get(name.casefold(), "field" if name else "other")
        return self._row(
            issue, f"{_id_of(change)}:{number}", text_in(change, "created"),
            kind="reopen" if kind == "resolve" and not after else kind,
            actor=self._name(object_in(change, "author")),
            text=_change_text(text_in(issue, "key"), name, before, after),
            jira_field=name, jira_from=before, jira_to=after,
            order=(1, _serial(change), number),
        )  # fmt: skip

    def _comment(self, found: Found) -> Row:
        comment, number = found.record, _id_of(found.record)
        row = self._row(
            _issue_around(found), f"comment:{number}", text_in(comment, "created"),
            kind="note",
            actor=self._name(object_in(comment, "author")),
            text=plain_text(comment.get("body"), self.names),
            **self._updated(text_in(comment, "updated")),
            order=(2, _serial(comment), 0),
        )  # fmt: skip
        return row | {"url": f"{row['url']}?focusedCommentId={number}" if row["url"] else ""}

    def _resolution(self, issue: Record) -> Row:
        how = text_in(issue, "fields", "resolution", "name")
        text = _resolution_text(text_in(issue, "key"), how)
        at = text_in(issue, "fields", "resolutiondate")
        return self._row(issue, "resolved", at, kind="resolve", text=text, jira_to=how, order=(3, 0, 0))

    def _row(self, issue: Record, event: str, at: str, **more: Any) -> Row:
        key = text_in(issue, "key")
        if not _KEY.fullmatch(key):
            raise ValueError(f'expected an issue of Jira with its "key", found {key[:40]!r}')
        place = text_in(issue, "fields", "project", "name")
        told = _API.match(url_in(issue, "self"))
        url = f"{told[1]}/browse/{key}" if told else ""
        when = read_iso(at, path=self.path, where=key, zone=self.zone)
        return _event(key, event, when, place, url) | more

    def _updated(self, at: str) -> Row:
        try:
            return _state(read_iso(at, path=self.path, zone=self.zone))
        except ValueError:
            return {}

    def _name(self, user: Record) -> str:
        """Cloud has `accountId`, Data Center `name` and `key`; a file may name its people only once."""
        ids = [one for key in _IDS if (one := text_in(user, key))]
        known = [self.names[one] for one in ids if one in self.names]
        return next(filter(None, [text_in(user, "displayName"), *known, *ids]), "")


def _names_in(record: Record) -> Iterator[tuple[str, str]]:
    """The people of a record: each of their ids, and the name."""
    for user in (*object_in(record, "fields").values(), record.get("author"), record.get("updateAuthor")):
        if name := text_in(user, "displayName"):
            yield from ((one, name) for key in _IDS if (one := text_in(user, key)))


def _issue_around(found: Found) -> Record:
    """The issue that a change or comment belongs to; of a page of changes its address tells which one."""
    issue = found.around[-1]
    return issue if "key" in issue else {"key": _key_of_page(issue), "self": text_in(issue, "self")}


def _key_of_page(page: Record) -> str:
    told = _KEY_IN_URL.search(text_in(page, "self"))
    return told[1] if told else ""


def _id_of(record: Record) -> str:
    if not (told := text_in(record, "id")):
        raise ValueError('no "id"')
    return told


def _serial(record: Record) -> int:
    """Its id as a number: Jira counts them up."""
    told = text_in(record, "id")
    return int(told) if re.fullmatch(r"[0-9]{1,18}", told) else 0


def _changes(issue: Record, name: str) -> list[Record]:
    """The changes of one field that the issue tells of, the first one first."""
    changes = [change for change in list_in(issue, "changelog", "histories") if isinstance(change, dict)]
    items = [item for change in sorted(changes, key=_serial) for item in list_in(change, "items")]
    return [item for item in items if text_in(item, "field").casefold() == name]


def _at_first(issue: Record, name: str) -> Any:
    """What a field held when the issue was made: what its first change found, or else what it holds now."""
    if changes := _changes(issue, name):
        return text_in(changes[0], "fromString")
    value = object_in(issue, "fields").get(name)
    return text_in(value, "name") or value


class _Tally:
    """What was found of each issue's changes and comments, beside what Jira says there is."""

    def __init__(self) -> None:
        self.issues: dict[str, Record] = {}
        self.seen: dict[tuple[str, str], set[str]] = {}
        self.totals: dict[tuple[str, str], int] = {}

    def add(self, found: Found) -> None:
        record = found.record
        if found.list in _HISTORIES:
            outer = found.around[-1]
            key = text_in(outer, "key") or _key_of_page(outer)
            self.seen.setdefault(("changes", key), set()).add(text_in(record, "id"))
        elif found.list == "fields.comment.comments":
            key = text_in(found.around[-1], "key")
            self.seen.setdefault(("comments", key), set()).add(text_in(record, "id"))
        else:
            key = text_in(record, "key")
            self.issues[key] = record
            self._expect("changes", key, object_in(record, "changelog"))
            self._expect("comments", key, object_in(record, "fields", "comment"))

    def _expect(self, what: str, key: str, page: Record) -> None:
        if isinstance(total := page.get("total"), int):
            self.totals[what, key] = max(total, self.totals.get((what, key), 0))

    def missing(self, pages: Sequence[Record]) -> Iterator[str]:
        yield from _missing_pages([page for page in pages if "issues" in page], len(self.issues))
        for page in pages:
            if "values" in page:
                self._expect("changes", _key_of_page(page), page)
        yield from self._cut("changes", "changelog")
        yield from self._cut("comments", "comment")
        bare = [key for key, issue in self.issues.items() if "changelog" not in issue]
        if bare := [key for key in bare if ("changes", key) not in self.seen]:
            yield f"no changelog of {_listed(bare)}: ask for it with expand=changelog"
        if bare := [key for key, issue in self.issues.items() if "comment" not in object_in(issue, "fields")]:
            yield f"no comments of {_listed(bare)}: ask for them with fields=*all"

    def _cut(self, what: str, resource: str) -> Iterator[str]:
        cut = []
        for (kind, key), total in self.totals.items():
            if kind == what and (here := len(self.seen.get((what, key), ()))) < total:
                cut.append(f"{key} {here} of {total}")
        if cut:
            yield f"{what} are cut ({_listed(cut)}): fetch /rest/api/2/issue/<key>/{resource}"


def _missing_pages(pages: Sequence[Record], count: int) -> Iterator[str]:
    total = max((page["total"] for page in pages if isinstance(page.get("total"), int)), default=0)
    more = [page for page in pages if page.get("nextPageToken") or page.get("isLast") is False]
    if count < total:
        yield f"{count} of {total} issues"
    elif more and not any(page.get("isLast") is True for page in pages):
        yield "another page of issues follows its last one"


def _listed(names: Collection[str]) -> str:
    """The first few names, and how many more there are."""
    first, more = list(names)[:5], len(names) - 5
    return ", ".join(first) + (f" and {more} more" if more > 0 else "")


# --- CSV ------------------------------------------------------------------------------------------


class _Export:
    """The rows of a CSV export: a header that repeats its names, and times of the exporter's clock."""

    def __init__(self, path: Path, zone: str | None, date_format: str | None) -> None:
        self.path, self.zone = path, zone
        rows = list(read_rows(text_of(path.read_bytes())))
        self.header = [name.strip().casefold() for name in rows[0].cells] if rows else []
        if "issue key" not in self.header:
            hint = "Export it from Jira as “CSV (all fields)”."
            raise EvidenceError(path, "line 1", "expected a column `Issue key`.", hint)
        self.rows = rows[1:]
        self.names = dict(name for row in self.rows for name in self._names_of(row.cells))
        dates = [text for row in self.rows for text in self._dates_of(row.cells)]
        self.order = find_order(dates, path=path, date_format=date_format)

    def told(self) -> Iterator[Told]:
        for number, row in enumerate(self.rows):
            if problem := row.problem or self._misfit(row):
                yield f":{number}", _refused(problem)
                continue
            yield f":{number}", partial(self._creation, row)
            if self._cell(row.cells, "resolved"):
                yield f":{number}/resolved", partial(self._resolution, row)
            for n, cell in enumerate(self._comments(row.cells)):
                yield f":{number}/comments:{n}", partial(self._comment, row, cell, n)
            for n, cell in enumerate(self._left_over(row.cells)):
                problem = f"line {row.line}: {cell[:40]!r} stands after the last column of the header"
                yield f":{number}/cells:{len(self.header) + n}", _refused(problem)

    def _creation(self, row: CsvRow) -> Row:
        kind = self._cell(row.cells, "issue type")
        text = _creation_text(
            self._key(row),
            self._cell(row.cells, "summary"),
            (kind, self._cell(row.cells, "priority")),
            plain_text(self._cell(row.cells, "description"), self.names),
        )
        actor = self._cell(row.cells, "creator") or self._cell(row.cells, "reporter")
        return self._row(
            row, "created", self._cell(row.cells, "created"),
            kind=_kind_of_type(kind), actor=self.names.get(actor, actor), text=text,
            **self._updated(row),
        )  # fmt: skip

    def _resolution(self, row: CsvRow) -> Row:
        how = self._cell(row.cells, "resolution")
        text = _resolution_text(self._key(row), how)
        at = self._cell(row.cells, "resolved")
        return self._row(row, "resolved", at, kind="resolve", text=text, jira_to=how, order=(3, 0, 0))

    def _comment(self, row: CsvRow, cell: str, number: int) -> Row:
        told = _COMMENT_CELL.fullmatch(cell)
        if told is None:
            raise ValueError(
                f"line {row.line}: expected a comment as `date;author;text`, found {cell[:40]!r}"
            )
        name = hashlib.blake2b(cell.encode("utf-8", "replace"), digest_size=8).hexdigest()
        return self._row(
            row, f"comment:{name}", told["at"],
            kind="note",
            actor=self.names.get(told["author"], told["author"]),
            text=plain_text(told["text"], self.names),
            order=(2, number, 0),
        )  # fmt: skip

    def _row(self, row: CsvRow, event: str, at: str, **more: Any) -> Row:
        key = self._key(row)
        place = self._cell(row.cells, "project name")
        when = read_screen(at, self.order, path=self.path, where=f"line {row.line}", zone=self.zone)
        return _event(key, event, when, place) | more

    def _updated(self, row: CsvRow) -> Row:
        try:
            at = self._cell(row.cells, "updated")
            return _state(read_screen(at, self.order, path=self.path, zone=self.zone))
        except ValueError:
            return {}

    def _key(self, row: CsvRow) -> str:
        return self._cell(row.cells, "issue key")

    def _misfit(self, row: CsvRow) -> str:
        """Why the cells of a row cannot be those of the columns they stand in; "" if they can."""
        if _KEY.fullmatch(self._key(row)):
            return ""
        found = f"expected a key as PAY-812 in the column `Issue key`, found {self._key(row)[:40]!r}"
        extra = len(row.cells) - len(self.header)
        return f"line {row.line}: {found}" + (f", {extra} cells beyond the header" if extra > 0 else "")

    def _cell(self, cells: Sequence[str], name: str) -> str:
        """The first cell under that name that says anything."""
        return next(iter(self._cells(cells, name)), "")

    def _cells(self, cells: Sequence[str], name: str) -> list[str]:
        # A row may be longer or shorter than the header.
        under = zip(self.header, cells, strict=False)
        return [cell.strip() for title, cell in under if title == name and cell.strip()]

    def _comments(self, cells: Sequence[str]) -> list[str]:
        """The comments, those that stand after the last column of the header among them."""
        beyond = [cell.strip() for cell in cells[len(self.header) :]]
        return self._cells(cells, "comment") + [cell for cell in beyond if _COMMENT_CELL.fullmatch(cell)]

    def _left_over(self, cells: Sequence[str]) -> list[str]:
        beyond = [cell.strip() for cell in cells[len(self.header) :]]
        return [cell for cell in beyond if cell and not _COMMENT_CELL.fullmatch(cell)]

    def _names_of(self, cells: Sequence[str]) -> Iterator[tuple[str, str]]:
        for role in ("assignee", "reporter", "creator"):
            name, account = self._cell(cells, role), self._cell(cells, f"{role} id")
            if name and account:
                yield account, name

    def _dates_of(self, cells: Sequence[str]) -> Iterator[str]:
        for name in ("created", "updated", "resolved"):
            yield from self._cells(cells, name)
        yield from (told["at"] for cell in self._comments(cells) if (told := _COMMENT_CELL.fullmatch(cell)))


# --- what both tell -------------------------------------------------------------------------------


def _event(key: str, event: str, when: Instant, place: str, url: str = "") -> Row:
    return {
        "event_id": f"jira:{key}:{event}", "time": when.time, "time_basis": when.basis, "jira_key": key,
        "place": place or key.rpartition("-")[0], "url": url, "order": (0, 0, 0),
    }  # fmt: skip


def _state(updated: Instant) -> Row:
    """By which of two copies of a record the later one is told, in one file and in several."""
    at = f"{datetime(1970, 1, 1) + timedelta(microseconds=updated.time):%Y-%m-%dT%H:%M:%S.%f}Z"  # noqa: DTZ001
    return {"updated": at, "jira_updated_at": at}


def _kind_of_type(name: str) -> str:
    words = re.findall(r"\w+", name.casefold())
    return next((kind for word, kind in TYPE_KINDS.items() if word in words), "note")


def _creation_text(key: str, title: str, facts: Sequence[str], description: str) -> str:
    said = joined(*facts)
    line = f"{key} created" + (f": {title}" if title else "") + (f" ({said})" if said else "")
    return joined(line, description, by="\n\n")


def _resolution_text(key: str, how: str) -> str:
    return f"{key} resolved" + (f": {how}" if how else "")


def _change_text(key: str, name: str, before: str, after: str) -> str:
    return f"{key} {name or 'changed'}: {_short(before)} → {_short(after)}"


def _short(value: str) -> str:
    value = " ".join(value.split())
    return (value[:_LONG] + "…" if len(value) > _LONG else value) or "none"
