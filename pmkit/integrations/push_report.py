"""The incident's folder on Google Drive: report, worksheets, evidence links, changed in place, never twice.

Each file carries the incident's mark in its `appProperties`, with a digest of what was written into it. One
that somebody edited there since is shown and left as it is.
"""

from __future__ import annotations

import hashlib
import json
import re
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final, Literal

import pandas as pd

from pmkit.audience import report_folder
from pmkit.errors import IntegrationError
from pmkit.export.sheet import export_sheet, to_safe_csv
from pmkit.integrations.calling import Caller, DriveClient, drive_client
from pmkit.integrations.credentials import account
from pmkit.integrations.ledger import Ledger
from pmkit.integrations.outgoing import outgoing
from pmkit.integrations.plan import (
    Made,
    Push,
    Step,
    digest_of_value,
    mark_of,
    run,
    several,
    unsettled,
    waiting,
)
from pmkit.postmortem import Postmortem
from pmkit.workspace import Workspace

# How long a new file may take to show in a search.
LAG: Final = timedelta(seconds=60)
FOLDER: Final = "application/vnd.google-apps.folder"
SHEET: Final = "application/vnd.google-apps.spreadsheet"
_XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_FIELDS: Final = "id,name,mimeType,appProperties,modifiedTime,webViewLink,trashed,lastModifyingUser(me)"
_IN_ONE: Final = 5 * 2**20  # bytes that go with their facts in one request, by Google's advice
_MOST_PAGES: Final = 20
_FILES: Final = "/drive/v3/files"
_ID: Final = re.compile(r"[\w-]{5,}", re.ASCII)


def push_report(
    workspace: Workspace,
    *,
    apply: bool = False,
    env: Mapping[str, str] | None = None,
    pause: Callable[[float], None] | None = None,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    caller: Caller | None = None,
    lag: timedelta = LAG,
) -> Push:
    """Put the report and the review's worksheets into a folder of Google Drive, or bring them up to date.

    The folder is made in the one that `folder` of `[connections.drive]` names, on a shared drive or off it.
    `report/report.html` and `report.pdf` go as they are; timeline, RACI canvas, action items and evidence
    links become Google Sheets. The parameters and errors are those of `push_actions`.
    """
    if caller is None:
        caller = Caller(account("drive", workspace.incident.connections, env), pause or time.sleep)
    drive = _Drive(drive_client(caller), caller)
    with Ledger.open(workspace.path, drive.target, now) as ledger, tempfile.TemporaryDirectory() as aside:

        def plan(ledger: Ledger) -> tuple[list[Step], dict[str, Made]]:
            return _Plan(workspace, drive, ledger, Path(aside), lag).steps()

        steps = run(plan, ledger, apply=apply, pause=pause)
    return Push("drive", drive.title, tuple(steps), is_applied=apply, notes=tuple(dict.fromkeys(drive.notes)))


def describe_folder(client: DriveClient, caller: Caller) -> str:
    """Where uploads go, in words. Raises `IntegrationError` where that folder is not there."""
    return _Drive(client, caller).title


# The drive


class _Drive:
    """One folder of Google Drive and what is in it for the incident, through its client."""

    def __init__(self, client: DriveClient, caller: Caller) -> None:
        self.client, self.caller = client, caller
        self.parent = str(caller.account.settings.get("folder", "")).strip() or "root"
        self.target = f"{caller.account.url} {self.parent}"
        self.notes: list[str] = []
        self.title = "in My Drive" if self.parent == "root" else f"in “{self._name()}”"

    def _name(self) -> str:
        """What the folder that all goes to is called; it may be a shared drive itself."""
        told = self.file(self.parent)
        if told is None:
            path = f"/drive/v3/drives/{self.parent}"
            told = self.caller.find("looking at the drive", lambda: self.client.ask("GET", path))
        if told is None:
            raise IntegrationError(
                f"Google Drive: the folder {self.parent} is not there, or not shared with this account; "
                "`folder` of [connections.drive] is the last part of its address"
            )
        return str(told.get("name", self.parent))

    def file(self, file_id: str) -> dict[str, Any] | None:
        """What is known of a file; None when there is none."""
        told = {"fields": _FIELDS, "supportsAllDrives": "true"}
        found = self.caller.find(
            f"looking at {file_id}", lambda: self.client.ask("GET", f"/drive/v3/files/{file_id}", params=told)
        )
        return None if found is None or found.get("trashed") else found

    def search(self, mark: str) -> list[dict[str, Any]]:
        """Every file that carries the incident's mark, as far as the search knows."""
        query = f"appProperties has {{ key='pmkit' and value='{mark}' }} and trashed = false"
        told = {
            "q": query, "supportsAllDrives": "true", "includeItemsFromAllDrives": "true",
            "corpora": "allDrives", "pageSize": "100", "fields": f"nextPageToken,files({_FIELDS})",
        }  # fmt: skip
        rows: dict[str, dict[str, Any]] = {}
        for _ in range(_MOST_PAGES):
            page = self.caller.read("searching", partial(self.client.ask, "GET", _FILES, params=told))
            fresh = {row["id"]: row for row in page.get("files", ()) if row["id"] not in rows}
            rows |= fresh
            if not page.get("nextPageToken") or not fresh:
                break
            told = {**told, "pageToken": str(page["nextPageToken"])}
        return list(rows.values())

    def put(
        self, facts: Mapping[str, Any], content: bytes | None, kind: str, file_id: str = ""
    ) -> dict[str, Any]:
        """Make a file, or put other facts and content into the one with that id."""
        name = facts.get("name", file_id)
        doing = f"changing “{name}”" if file_id else f"making “{name}”"
        method, path = ("PATCH", f"/drive/v3/files/{file_id}") if file_id else ("POST", "/drive/v3/files")
        told = {"fields": _FIELDS, "supportsAllDrives": "true"}
        ask = self.client.ask
        if content is None:
            return self.caller.write(doing, lambda: ask(method, path, params=told, json=dict(facts)))
        if len(content) <= _IN_ONE:
            body, head = _multipart(facts, content, kind)
            told = {**told, "uploadType": "multipart"}
            return self.caller.write(
                doing, lambda: ask(method, f"/upload{path}", params=told, data=body, headers=head)
            )
        told = {**told, "uploadType": "resumable"}
        begin = {"X-Upload-Content-Type": kind, "X-Upload-Content-Length": str(len(content))}
        return self.caller.write(
            doing,
            lambda: self.client.send(
                method, f"/upload{path}", content, params=told, json=dict(facts), headers=begin
            ),
        )


def _multipart(facts: Mapping[str, Any], content: bytes, kind: str) -> tuple[bytes, dict[str, str]]:
    """Facts and content as one body, and its header."""
    edge = f"pmkit-{hashlib.sha256(content).hexdigest()}".encode()
    parts = [
        b"Content-Type: application/json; charset=UTF-8\r\n\r\n" + json.dumps(dict(facts)).encode(),
        b"Content-Type: " + kind.encode() + b"\r\n\r\n" + content,
    ]
    body = b"".join(b"--" + edge + b"\r\n" + part + b"\r\n" for part in parts) + b"--" + edge + b"--\r\n"
    return body, {"Content-Type": f"multipart/related; boundary={edge.decode()}"}


# What goes there


@dataclass(frozen=True)
class _File:
    """One file of the folder: its part in the incident, its name, its type there, and what is in it."""

    part: str
    name: str
    mime_type: str
    digest: str
    read: Callable[[], tuple[bytes, str]]  # the content and its type, where it is to be sent
    note: str = ""


def sheets_of(pm: Postmortem) -> dict[str, tuple[str, pd.DataFrame]]:
    """The worksheets of the review for a spreadsheet: file → title and rows."""
    titles = {file: title for title, file in pm.incident.pinned.items()}
    shown = ("time", "mark", "phase", "summary", "text", "actor", "place", "source", "note", "url")
    columns = [name for name in shown if name in pm.timeline]
    raci = pm.raci.pivot(index="activity", columns="role", values="part") if len(pm.raci) else pm.raci
    if len(pm.raci):
        roles = [role for role in pm.incident.roles if role in raci.columns]
        rest = [role for role in raci.columns if role not in roles]
        raci = raci.reindex(dict.fromkeys(pm.raci["activity"]))[[*roles, *rest]].fillna("").reset_index()
        raci.columns.name = None
    return {
        "timeline.csv": (titles.get("timeline.csv", "Incident timeline worksheet"), pm.timeline[columns]),
        "raci.csv": (titles.get("raci.csv", "RACI canvas"), raci),
        "actions.csv": (titles.get("actions.csv", "Action-item tracker"), pm.actions),
        "evidence.csv": ("Evidence links", _evidence(pm)),
    }


def _evidence(pm: Postmortem) -> pd.DataFrame:
    """The raw files with their digests, and the links of the incident."""
    names = ["what", "where", "source", "from", "to", "records", "sha256", "note"]
    rows: list[tuple[object, ...]] = [
        (link.title, link.url, "link", "", "", "", "", "") for link in pm.incident.links
    ]
    for row in pm.evidence.itertuples():
        span = ["" if pd.isna(at) else f"{at:%Y-%m-%dT%H:%M:%SZ}" for at in (row.first_at, row.last_at)]
        name = row.path.removeprefix("evidence/")
        rows.append((name, row.path, row.source, *span, str(row.records_loaded), row.sha256, row.note))
    return pd.DataFrame(rows, columns=names, dtype="str")


class _Plan:
    """The steps of one push, from the record, the drive and the ledger."""

    def __init__(
        self, workspace: Workspace, drive: _Drive, ledger: Ledger, aside: Path, lag: timedelta
    ) -> None:
        self.workspace, self.drive, self.ledger, self.aside, self.lag = workspace, drive, ledger, aside, lag
        self.out = outgoing(workspace, drive.caller.account.settings)
        self.pm = self.out.edition
        self.mark = mark_of(self.out.record.incident)
        self.found = drive.search(self.mark)
        self.made: dict[str, Made] = {}

    def steps(self) -> tuple[list[Step], dict[str, Made]]:
        steps = [self._folder()]
        for name in ("report.html", "report.pdf"):
            if not (self._report_folder() / name).is_file():
                why = f"there is no report yet; {self._report_command()} makes it"
                steps.append(Step(name, name, "skip", why))
        steps += [self._file(file) for file in (*self._reports(), *self._sheets())]
        return steps, self.made

    # What there is to put there

    def _report_folder(self) -> Path:
        """Where the report for those who read the folder is."""
        return report_folder(self.workspace.path, self.out.audience, self.out.record.incident)

    def _report_command(self) -> str:
        readers = self.out.audience.name
        of = "" if readers == self.out.record.incident.audience else f' --audience "{readers}"'
        return f"`pmkit report {self.workspace.path}{of}`"

    def _reports(self) -> Iterator[_File]:
        saves = self.pm.journal["at"].max() if len(self.pm.journal) else None
        for name, kind in (("report.html", "text/html"), ("report.pdf", "application/pdf")):
            path = self._report_folder() / name
            if not path.is_file():
                continue
            made_at = pd.Timestamp(path.stat().st_mtime, unit="s", tz="UTC")
            is_old = saves is not None and made_at < saves
            note = f"is older than the record: {self._report_command()} makes it anew" if is_old else ""
            digest = hashlib.sha256(path.read_bytes()).hexdigest()[:16]
            title = f"Postmortem {self.pm.incident.id}{path.suffix}"
            yield _File(name, title, kind, digest, lambda p=path, k=kind: (p.read_bytes(), k), note)  # type: ignore[misc]

    def _sheets(self) -> Iterator[_File]:
        sheets = sheets_of(self.pm)
        if self.out.audience.evidence != "full":
            del sheets["evidence.csv"]  # those readers are not told of single files
        for part, (title, frame) in sheets.items():
            digest = digest_of_value(to_safe_csv(frame))
            target = self.aside / f"{part}.xlsx"

            def read(rows: pd.DataFrame = frame, path: Path = target) -> tuple[bytes, str]:
                return export_sheet(rows, path).read_bytes(), _XLSX

            yield _File(part, title, SHEET, digest, read)

    # Steps

    def _folder(self) -> Step:
        name = f"Postmortem {self.pm.incident.id}: {self.pm.incident.title}"[:120]
        found, step = self._there("folder", name)
        if step is not None:
            return step
        if why := self.out.refusal({"its name": name}):
            return Step("folder", name, "conflict", why)
        digest = digest_of_value(name)
        if found is not None:
            made = self.made["folder"] = Made(found["id"], str(found.get("webViewLink", "")))
            known = self.ledger.last_done("folder")
            if known and known.remote == made.remote and not self.ledger.doubt("folder"):
                return Step("folder", name, "skip", "")
            return Step("folder", name, "adopt", "is there already", made=made, digest=digest)
        facts = {
            "name": name, "mimeType": FOLDER, "parents": [self.drive.parent],
            "appProperties": {"pmkit": self.mark, "pmkit_part": "folder"},
        }  # fmt: skip

        def act(_: Mapping[str, Made]) -> Made:
            answer = self.drive.put(facts, None, FOLDER)
            return Made(str(answer["id"]), str(answer.get("webViewLink", "")))

        return Step("folder", name, "create", f"a folder {self.drive.title}", act, digest=digest)

    def _file(self, file: _File) -> Step:
        found, step = self._there(file.part, file.name)
        if step is not None:
            return step
        if found is None:
            why = "; ".join(filter(None, [_kind_words(file), file.note]))
            return self._sent(file, "create", why, "")
        last = self.ledger.last_done(file.part)
        url = str(found.get("webViewLink", ""))
        held = str((found.get("appProperties") or {}).get("pmkit_digest", ""))
        modified = str(found.get("modifiedTime", ""))
        made = self.made[file.part] = Made(found["id"], url, {"modified": modified})
        is_ours = last is not None and last.remote == found["id"]
        if held == file.digest:
            if is_ours and last and last.digest == file.digest and not self.ledger.doubt(file.part):
                return Step(file.part, file.name, "skip", "", url=url)
            why = "is there already"
            return Step(file.part, file.name, "adopt", why, made=made, digest=file.digest)
        if self._is_edited(found, last.seen.get("modified") if is_ours and last else None):
            why = (
                f"was edited there since ({modified}), and the record says something else by now; nothing "
                "was overwritten. Take what is new there into the record, then move that file to the bin"
            )
            return Step(file.part, file.name, "conflict", why, url=url)
        why = "; ".join(filter(None, ["the record says something else by now", file.note]))
        return self._sent(file, "update", why, str(found["id"]))

    def _is_edited(self, found: Mapping[str, Any], modified: object) -> bool:
        """Whether somebody else changed a file since it was written from here."""
        by_me = (found.get("lastModifyingUser") or {}).get("me")
        if by_me is not None:
            return not by_me
        return found.get("modifiedTime") != modified

    def _sent(self, file: _File, verb: Literal["create", "update"], why: str, file_id: str) -> Step:
        marks = {"pmkit": self.mark, "pmkit_part": file.part, "pmkit_digest": file.digest}
        content, kind = file.read()  # once: what is looked at is what is sent
        if refused := self.out.refusal({file.name: content, "its name": file.name}):
            return Step(file.part, file.name, "conflict", refused)

        def act(known: Mapping[str, Made]) -> Made:
            facts: dict[str, Any] = {"name": file.name, "appProperties": marks}
            if not file_id:
                facts |= {"mimeType": file.mime_type, "parents": [known["folder"].remote]}
            answer = self.drive.put(facts, content, kind, file_id)
            seen = {"modified": str(answer.get("modifiedTime", ""))}
            return Made(str(answer["id"]), str(answer.get("webViewLink", "")), seen)

        return Step(file.part, file.name, verb, why, act, digest=file.digest, needs=("folder",))

    def _there(self, part: str, thing: str) -> tuple[dict[str, Any] | None, Step | None]:
        """The file that is this part, or the step that says why nothing can be done now."""
        hits = {
            str(row["id"]): row
            for row in self.found
            if (row.get("appProperties") or {}).get("pmkit_part") == part
        }
        last = self.ledger.last_done(part)
        if last and last.remote not in hits and (known := self.drive.file(last.remote)):
            hits[last.remote] = known
        if len(hits) > 1:
            return None, several(
                part, thing, [str(row.get("webViewLink", row["id"])) for row in hits.values()]
            )
        if hits:
            return next(iter(hits.values())), None
        until = unsettled(self.ledger, part, self.lag)
        return None, waiting(part, thing, until) if until else None


def _kind_words(file: _File) -> str:
    return "a Google Sheet" if file.mime_type == SHEET else "as it is"
