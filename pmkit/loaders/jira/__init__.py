"""Jira: issues as its REST API or a CSV export gives them: made, commented on, changed, resolved.

Read are search pages (`{"issues": […]}`), single issues, bare lists, JSON Lines, several pages in one file or
folder and pages of one issue's changelog, from Cloud (v2, v3) and Data Center
(https://developer.atlassian.com/cloud/jira/platform/rest/v3), and the export "CSV (all fields)".
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

import pandas as pd

from pmkit.errors import EvidenceError
from pmkit.loaders._documents import SUFFIXES, fold
from pmkit.loaders._format import Format
from pmkit.loaders._frame import rows_to_events
from pmkit.loaders._salvage import text_of
from pmkit.loaders.jira import export, rest
from pmkit.loaders.jira.rows import Row, Told

__all__ = ["FORMATS", "load_jira_issues"]


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
        return _frame(path.name, rest.Rest(path, zone).told())
    return _frame(path.name, export.Export(path, zone, date_format).told())


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


FORMATS: Final = (
    Format(
        "jira-rest", "jira", "issues of Jira's REST API",
        recognise=rest.is_rest,
        load=load_jira_issues,
        options=("zone",),
        find_incompleteness=rest.find_incompleteness,
    ),
    Format(
        "jira-csv", "jira", "a CSV export of Jira",
        recognise=export.is_export,
        load=load_jira_issues,
        options=("zone", "date_format"),
        find_incompleteness=export.find_incompleteness,
    ),
)  # fmt: skip
