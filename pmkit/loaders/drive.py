"""Google Drive: the list of a folder's documents, one event for each, when it was made.

(https://developers.google.com/workspace/drive/api/reference/rest/v3/files)
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import pandas as pd

from pmkit.loaders._documents import Found, Row, Shape, first_record, load_records, object_in, text_in, url_in
from pmkit.loaders._format import Format, Glimpse
from pmkit.loaders._kinds import Read, id_of, moment_text
from pmkit.loaders._moments import read_iso

_OWN: Final = {
    "document": "Google document", "spreadsheet": "Google sheet", "presentation": "Google slides",
    "folder": "folder", "form": "Google form",
}  # fmt: skip
_OF_GOOGLE: Final = "application/vnd.google-apps."


def load_drive_listing(path: str | Path) -> pd.DataFrame:
    """The documents of a folder of Drive as events of kind `file`, at the time each was made.

    `text` names the document and says when it was last changed, `url` leads to it. The list is of the moment
    it was made: what was in a document then, only a copy of it tells.

    Parameters
    ----------
    path : a `.json` file of `files.list`, or a folder of its pages

    Raises
    ------
    EvidenceError : there is no such file
    """
    path = Path(path)

    def to_row(found: Found) -> Row:
        return _row(found.record, lambda value: read_iso(value, path=path, where=found.place))

    return load_records("file", path, _SHAPE, to_row)


def _row(record: dict[str, Any], time: Read) -> Row:
    made = time(record.get("createdTime"))
    kind = text_in(record, "mimeType")
    what = _OWN.get(kind.removeprefix(_OF_GOOGLE), "file") if kind.startswith(_OF_GOOGLE) else "file"
    changed = time(record["modifiedTime"]) if record.get("modifiedTime") else made
    later = f", last changed {moment_text(changed)}" if changed.time - made.time >= 60 * 10**6 else ""
    owners = record.get("owners")
    owner = object_in(owners[0]) if isinstance(owners, list) and owners else {}
    who = text_in(owner, "displayName") or text_in(record, "lastModifyingUser", "displayName")
    name = text_in(record, "name") or "Untitled"
    return {
        "event_id": f"drive:{id_of(record)}", "time": made.time, "time_basis": made.basis, "kind": "file",
        "actor": who, "place": "Google Drive", "text": f"{name} ({what}{later})",
        "url": url_in(record, "webViewLink"), "updated": text_in(record, "modifiedTime"),
    }  # fmt: skip


def _is_listing(glimpse: Glimpse) -> bool:
    found = first_record(glimpse, _SHAPE)
    return found is not None and found.list == "files" and _is_file(found.record)


def _is_file(value: dict[str, Any]) -> bool:
    return "mimeType" in value and "createdTime" in value and isinstance(value.get("id"), str)


_SHAPE: Final = Shape({"files": _is_file})

FORMATS: Final = (
    Format(
        "drive-listing", "file", "a list of Google Drive",
        recognise=_is_listing,
        load=load_drive_listing,
        if_empty="no documents",
    ),
)  # fmt: skip
