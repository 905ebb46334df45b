"""Status pages: what the public was told, and when. Statuspage, Instatus, Google Cloud, and history feeds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pandas as pd

from pmkit.loaders._documents import (
    Shape,
    events_of,
    first_record,
    list_in,
    load_records,
    object_in,
    read_pages,
    text_in,
)
from pmkit.loaders._format import Format, Glimpse
from pmkit.loaders._kinds import Kind, kind_of, rows_of
from pmkit.loaders._salvage import text_of
from pmkit.loaders.statuspage import api, feed, google_cloud, instatus

__all__ = ["FORMATS", "find_incompleteness", "load_statuspage"]

_KINDS: Final[dict[str, Kind]] = {**api.KINDS, **instatus.KINDS, **google_cloud.KINDS}
_INNER: Final = ("statuspage update", "instatus update", "google cloud update")  # stand in an incident
# As many incidents as a page's public API lists.
_MOST_INCIDENTS: Final = 50


def load_statuspage(path: str | Path, *, zone: str | None = None) -> pd.DataFrame:
    """What a status page said, as events, sorted by time.

    One row of kind `status_update` per update, and one of kind `incident` per incident, or `change` per
    scheduled maintenance; then one row `kind="unreadable"` for every record that cannot be read, with the
    reason in `text`. A record that stands in the file more than once is one row whose `ref` names every copy.

    A row stands where it was written (`created_at`). The page may show another time, because people can edit
    that (`display_at`); then `text` says which. Components that changed stand in `text` as
    `API: operational → partial outage`, and a postmortem is an update like any other. Google Cloud says when
    an incident began, and its row stands there. A feed has one row per update, to the minute, and none for
    the incident.

    Parameters
    ----------
    path : JSON of Statuspage's API (a page, one incident, a list, a webhook), of Instatus or of Google Cloud;
        or a history feed, Atom or RSS; or a folder of such JSON
    zone : for times of a feed whose letters mean several zones, such as CST

    Returns
    -------
    The columns of `pmkit.schema.EVENTS`: `place` is the page's name, `url` the incident's page. `time` is
    UTC.

    Raises
    ------
    EvidenceError : there is no such file, or it is XML that could read other files or eat the memory
    QuestionError : a time carries no zone, or letters of several, and `zone` is not given
    """
    path = Path(path)
    if not _is_xml(path):
        return load_records("statuspage", path, SHAPE, rows_of(_KINDS, path, zone))
    page, entries = feed.read_feed(path)
    rows, problems = [], []
    for number, entry in enumerate(entries):
        for found in feed.rows_of_entry(entry, f"entry:{number}", page, path=path, zone=zone):
            if isinstance(found, tuple):
                problems.append(found)
            else:
                rows.append(found | {"ref": f"{path.name}#{found['ref']}"})
    return events_of("statuspage", path, rows, problems)


def find_incompleteness(path: str | Path) -> str:
    """What the file itself shows to be missing, as one sentence for a reader of `evidence.csv`, or ""."""
    path = Path(path)
    if _is_xml(path):
        return ""
    pages = [page for page in read_pages(path, SHAPE) if object_in(page, "page")]
    if any(len(list_in(page, "incidents")) == _MOST_INCIDENTS for page in pages):
        return f"incomplete: the page lists its last {_MOST_INCIDENTS} incidents, older ones are not here"
    return ""


def _is_xml(path: Path) -> bool:
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return text_of(file.read(4096)).lstrip("\ufeff \t\r\n").startswith("<")


def _is_incident(record: dict[str, Any]) -> bool:
    return kind_of(record, _KINDS) not in ("", *_INNER)


def _is_update(record: dict[str, Any]) -> bool:
    return instatus.is_update(record) or google_cloud.is_update(record)


SHAPE: Final = Shape(
    pages={"incidents": _is_incident, "scheduled_maintenances": _is_incident},
    inner={"incident_updates": api.is_update, "updates": _is_update},
    wrappers=("incident", "data", "record"),
)


def _is_of(maker: str) -> Callable[[Glimpse], bool]:
    def recognise(glimpse: Glimpse) -> bool:
        found = first_record(glimpse, SHAPE)
        if found is None:
            page = object_in(glimpse.first, "page")
            return maker == "statuspage" and text_in(page, "id") != "" and "incidents" in glimpse.keys
        what = kind_of(found.record, _KINDS)
        return what.startswith(maker) and (what not in _INNER or bool(found.around))

    return recognise


def _format(name: str, title: str, recognise: Callable[[Glimpse], bool]) -> Format:
    return Format(name, "statuspage", title, recognise, load_statuspage, ("zone",), find_incompleteness)


FORMATS: Final = (
    _format("statuspage", "incidents of a Statuspage", _is_of("statuspage")),
    _format("statuspage-feed", "the history feed of a status page", lambda look: feed.is_feed(look.text)),
    _format("instatus", "incidents of an Instatus page", _is_of("instatus")),
    _format("google-cloud-status", "incidents of Google Cloud's status page", _is_of("google cloud")),
)
