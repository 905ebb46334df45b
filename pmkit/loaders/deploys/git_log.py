"""What `git log` prints, as rows: one for each commit, in git's own layouts and in the one pmkit asks for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Final, NamedTuple

from pmkit.loaders._documents import Row
from pmkit.loaders._moments import Instant, read_any_epoch, read_iso, read_wall_clock
from pmkit.loaders.deploys.words import change_text, row_of

ASK_FOR: Final = "git log --format='%H%x1f%an%x1f%aI%x1f%cI%x1f%s'"

_SEPARATOR: Final = "\x1f"
_SHA: Final = r"[0-9a-f]{7,64}"
_LINE: Final = re.compile(rf"{_SHA}\x1f")
_COMMIT: Final = re.compile(rf"commit ({_SHA})(?: .*)?")
_PERSON: Final = re.compile(r"(.*?)\s*<[^<>]*>")
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DATE: Final = re.compile(
    rf"(?:[A-Z][a-z]{{2}}),? (?:(?P<day>\d{{1,2}}) (?P<month>{'|'.join(_MONTHS)}) (?P<year>\d{{4}}) |"
    rf"(?P<month2>{'|'.join(_MONTHS)}) +(?P<day2>\d{{1,2}}) )(?P<clock>\d\d:\d\d:\d\d)"
    r"(?: (?P<year2>\d{4}))?(?: (?P<offset>[+-]\d{4}))?",
    re.ASCII,
)
_RAW_DATE: Final = re.compile(r"(\d{9,10})(?: [+-]\d{4})?", re.ASCII)


class Commit(NamedTuple):
    """One commit as printed: times as text, "" for what the layout leaves out; or why it cannot be read."""

    place: str
    sha: str = ""
    author: str = ""
    authored: str = ""
    committer: str = ""
    committed: str = ""
    message: str = ""
    problem: str = ""


def is_git_log(text: str) -> bool:
    """Whether a text begins as a log does: with a commit and its fields, or with a commit and its author."""
    lines = [line for line in text[:20_000].split("\n") if line.strip()][:6]
    has_headers = any(
        _COMMIT.fullmatch(line.rstrip()) and following.startswith(_HEADERS)
        for line, following in pairwise(lines)
    )
    return has_headers or any(_LINE.match(line) for line in lines)


def read_git_log(text: str) -> Iterator[Commit]:
    """Every commit of a log, in its order."""
    lines = text.replace("\r\n", "\n").split("\n")
    has_fields = any(_LINE.match(line) for line in lines)
    starts = [
        number
        for number, line in enumerate(lines)
        if (_SEPARATOR in line if has_fields else _COMMIT.fullmatch(line.rstrip()))
    ]
    before = lines[: starts[0]] if starts else lines
    if any(line.strip() for line in before):
        yield Commit(":lines", problem=f"{len(before)} lines before the first commit: {_first(before)!r}")
    for number, (start, end) in enumerate(pairwise([*starts, len(lines)])):
        yield (_one_line if has_fields else _layout)(f":{number}", lines[start:end])


def commit_row(commit: Commit, path: Path, zone: str | None) -> Row:
    """The row of a commit: where it was committed, or if the layout leaves that out, where it was written.

    Raises `ValueError` for one that cannot be read and `QuestionError` for a time without a zone.
    """
    if commit.problem:
        raise ValueError(commit.problem)
    if not commit.authored and not commit.committed:
        raise ValueError(f"the log tells no time; print it with {ASK_FOR}")
    times = {
        name: read_date(text, path=path, where=commit.place, zone=zone)
        for name, text in (("Written", commit.authored), ("Committed", commit.committed))
        if text
    }
    verb, at = list(times.items())[-1]
    authored = "" if len({moment.time for moment in times.values()}) == 1 else f"written {commit.authored}"
    text = change_text(
        verb, commit.message,
        authored if verb == "Committed" else "",
        "" if commit.committer in ("", commit.author) else f"committed by {commit.committer}",
    )  # fmt: skip
    return row_of(at, f"git:{commit.sha}", "change", text, actor=commit.author, deploy_version=commit.sha)


def read_date(text: str, *, path: Path, where: str, zone: str | None) -> Instant:
    """A date as git prints it: by default, `--date=iso`, `iso-strict`, `rfc`, `local`, `raw` or `unix`."""
    if raw := _RAW_DATE.fullmatch(text):
        return read_any_epoch(raw[1])
    if told := _DATE.fullmatch(text):
        year, day = told["year"] or told["year2"], told["day"] or told["day2"]
        month = _MONTHS.index(told["month"] or told["month2"]) + 1
        iso = f"{year}-{month:02}-{int(day):02}T{told['clock']}"
        if told["offset"]:
            return read_iso(iso + told["offset"], path=path, where=where)
        return read_wall_clock(_clock(iso), path=path, where=where, zone=zone)
    return read_iso(text, path=path, where=where, zone=zone)


_HEADERS: Final = ("Author:", "AuthorDate:", "Merge:", "Date:", "Commit:", "CommitDate:")


def _one_line(place: str, block: list[str]) -> Commit:
    """`sha␟author␟authored␟committed␟subject`; lines after it go on with the message, as `%B` prints them."""
    fields = block[0].split(_SEPARATOR, 4)
    if len(fields) < 5 or not _LINE.match(block[0]):
        expected = f"expected a commit in 5 fields, found {_first(block)!r}"
        return Commit(place, problem=f"{expected}; print it with {ASK_FOR}")
    sha, author, authored, committed, subject = fields
    message = "\n".join([subject, *block[1:]]).strip()
    return Commit(place, sha, author, authored, "", committed, message)


def _layout(place: str, block: list[str]) -> Commit:
    """git's own layouts: headers, and the message indented by four; statistics and patches are left out."""
    headers: dict[str, str] = {}
    message: list[str] = []
    for line in block[1:]:
        name, colon, value = line.partition(":")
        if not message and colon and f"{name}:" in _HEADERS:
            headers[name] = value.strip()
        elif line.startswith("    ") or not line.strip():
            message.append(line[4:])
        elif headers:  # before them a signature may be told
            break
    told = _COMMIT.fullmatch(block[0].rstrip())
    return Commit(
        place,
        told[1] if told else "",
        _name(headers.get("Author", "")),
        headers.get("AuthorDate", headers.get("Date", "")),
        _name(headers.get("Commit", "")),
        headers.get("CommitDate", ""),
        "\n".join(message).strip(),
        "" if "Author" in headers else f"no author after {block[0].strip()!r}",
    )


def _name(person: str) -> str:
    """A name without the address."""
    told = _PERSON.fullmatch(person)
    return told[1] if told and told[1] else person


def _first(lines: list[str]) -> str:
    return next((line.strip() for line in lines if line.strip()), "")[:60]


def _clock(iso: str) -> datetime:
    try:
        return datetime.fromisoformat(iso)
    except ValueError as error:
        raise ValueError(f"{iso!r} is not a time of the calendar") from error
