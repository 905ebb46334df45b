"""Jira's REST API, Cloud and Data Center: issues with their changes and comments, and what they lack."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

from pmkit.loaders._documents import (
    Found,
    Shape,
    first_record,
    list_in,
    object_in,
    read_pages,
    read_records,
    text_in,
    url_in,
)
from pmkit.loaders._format import Glimpse
from pmkit.loaders._moments import read_iso
from pmkit.loaders.jira.adf import plain_text
from pmkit.loaders.jira.rows import (
    FIELD_KINDS,
    KEY,
    Row,
    Told,
    change_text,
    creation_text,
    kind_of_type,
    refused,
    resolution_text,
    row_of,
    state,
)

Record = dict[str, Any]

_KEY_IN_URL: Final = re.compile(r"/issue/([A-Z][A-Z0-9_]+-\d+)(?:/|\?|$)", re.ASCII)
_API: Final = re.compile(r"(https?://.+?)/rest/api/\w+/issue/")
_HISTORIES: Final = ("changelog.histories", "values")
_COMMENTS: Final = "fields.comment.comments"
_IDS: Final = ("accountId", "key", "name")

# Told from what is nested in them: a parent or a linked issue has neither time nor changelog.
SHAPE: Final = Shape(
    pages={
        "issues": lambda value: "changelog" in value or "created" in object_in(value, "fields"),
        "values": lambda value: "items" in value and "created" in value,
    },
    inner={
        "changelog.histories": lambda value: "items" in value and "created" in value,
        "fields.comment.comments": lambda value: "body" in value and "created" in value,
    },
)


def is_rest(glimpse: Glimpse) -> bool:
    """Whether a file holds issues, or a page of one issue's changes."""
    found = first_record(glimpse, SHAPE)
    if found is None:
        return False
    if found.list == "values":
        return bool(_key_of_page(found.around[-1]))
    record = found.record
    return bool(KEY.fullmatch(text_in(record, "key"))) and ("fields" in record or "changelog" in record)


def find_incompleteness(path: str | Path) -> str:
    """What the pages, changelogs and comments say is missing, as one sentence, or ""."""
    path, tally = Path(path), _Tally()
    for found in read_records(path, SHAPE):
        if found.problem:
            return "incomplete: a file is damaged, see its unreadable rows"
        tally.add(found)
    said = list(tally.missing(list(read_pages(path, SHAPE))))
    return f"incomplete: {'; '.join(said)}" if said else ""


class Rest:
    """The records of Jira's REST API in one file or folder."""

    def __init__(self, path: Path, zone: str | None) -> None:
        self.path, self.zone = path, zone
        self.found = list(read_records(path, SHAPE))
        self.names = dict(name for found in self.found for name in _names_in(found.record))

    def told(self) -> Iterator[Told]:
        """Every record, in the order of the file."""
        for found in self.found:
            if found.problem:
                yield found.place, refused(found.problem)
            elif found.list == _COMMENTS:
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
            yield found.place, refused('a change without "items": it does not say what was changed')

    def _creation(self, issue: Record) -> Row:
        kind = text_in(_at_first(issue, "issuetype"))
        return self._row(
            issue, "created", text_in(issue, "fields", "created"),
            kind=kind_of_type(kind),
            actor=self._name(object_in(issue, "fields", "creator") or object_in(issue, "fields", "reporter")),
            text=creation_text(
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
            text=change_text(text_in(issue, "key"), name, before, after),
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
        text = resolution_text(text_in(issue, "key"), how)
        at = text_in(issue, "fields", "resolutiondate")
        return self._row(issue, "resolved", at, kind="resolve", text=text, jira_to=how, order=(3, 0, 0))

    def _row(self, issue: Record, event: str, at: str, **more: Any) -> Row:
        key = text_in(issue, "key")
        if not KEY.fullmatch(key):
            raise ValueError(f'expected an issue of Jira with its "key", found {key[:40]!r}')
        place = text_in(issue, "fields", "project", "name")
        told = _API.match(url_in(issue, "self"))
        url = f"{told[1]}/browse/{key}" if told else ""
        when = read_iso(at, path=self.path, where=key, zone=self.zone)
        return row_of(key, event, when, place, url) | more

    def _updated(self, at: str) -> Row:
        try:
            return state(read_iso(at, path=self.path, zone=self.zone))
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
        elif found.list == _COMMENTS:
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
