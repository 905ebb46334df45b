"""Google Drive: the documents of a folder listed as evidence, and copies of them on request.

Reading only; the report and the worksheets are put there by `push_report`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import Any, Final, NamedTuple

import pandas as pd
import tomlkit

from pmkit.custody import added_names
from pmkit.disk import free_name, write_durably
from pmkit.errors import IntegrationError
from pmkit.intake import Intake, add_evidence
from pmkit.integrations import credentials
from pmkit.integrations.calling import Caller, DriveClient, drive_client
from pmkit.integrations.credentials import Account
from pmkit.integrations.pages import Fetched, Gap, Pages, Verdict, open_pages, read_parts
from pmkit.integrations.retrying import Heard, Patience, Reply, UnansweredError, refuse
from pmkit.integrations.scans import read_by_token
from pmkit.workspace import Workspace

TITLE: Final = "Google Drive"

FOLDER: Final = "application/vnd.google-apps.folder"
# What a document of Google's own kind is copied as: its words, or all sheets of it.
EXPORTS: Final = {
    "application/vnd.google-apps.document": ("text/markdown", ".md"),
    "application/vnd.google-apps.spreadsheet": (
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ".xlsx",
    ),
}  # fmt: skip

_FIELDS: Final = (
    "kind,incompleteSearch,nextPageToken,files(kind,id,name,mimeType,parents,driveId,webViewLink,createdTime,"
    "modifiedTime,size,md5Checksum,version,description,lastModifyingUser,owners,trashed)"
)
_PAGE: Final = 100
_ID: Final = re.compile(r"[A-Za-z0-9_-]{10,}", re.ASCII)
_IN_URL: Final = re.compile(r"/folders/([A-Za-z0-9_-]{10,})", re.ASCII)

Record = dict[str, Any]


class Copies(NamedTuple):
    """The documents that were copied into the evidence, and those that were not, with why."""

    intakes: tuple[Intake, ...]
    refused: tuple[str, ...] = ()


class FetchedFolder(NamedTuple):
    """A folder that was listed: what became of the list, how many links are new, and the copies."""

    listing: Fetched
    new_links: int
    copies: Copies | None = None

    @property
    def is_complete(self) -> bool:
        """Whether every document was listed, and copied where that was asked for."""
        copies = self.copies or Copies(())
        is_copied = not copies.refused and all(intake.is_whole for intake in copies.intakes)
        return self.listing.is_complete and is_copied

    def to_text(self) -> str:
        """A few lines, for people."""
        lines = [self.listing.to_text(), f"{self.new_links} new links in incident.toml"]
        if self.copies:
            lines += [intake.to_text() for intake in self.copies.intakes]
            lines += [f"not copied: {words}" for words in self.copies.refused]
        return "\n".join(lines)

    def to_dict(self) -> dict[str, Any]:
        """Plain data, for programs."""
        copies = [intake.to_dict() for intake in self.copies.intakes] if self.copies else []
        refused = list(self.copies.refused) if self.copies else []
        return {
            **self.listing.to_dict(),
            "new_links": self.new_links,
            "copies": copies,
            "not_copied": refused,
        }


def fetch_drive(
    workspace: Workspace,
    folder: str,
    *,
    account: Account | None = None,
    export: bool = False,
    client: DriveClient | None = None,
    patience: Patience | None = None,
    anew: bool = False,
    by: str | None = None,
) -> FetchedFolder:
    """List the documents of a folder of Drive as evidence, and link them in `incident.toml`.

    `folder` is its id or its address; folders in it are listed, not entered. With `export`, a copy of each
    document and sheet is added to the evidence too: documents as Markdown, sheets as XLSX, any other file as
    it is. A fetch that was stopped is taken up where it was, unless `anew`.

    `account` says where the system is and holds the token; by default as `pmkit doctor` finds it.

    Raises `IntegrationError` where Drive refuses, `NoAnswerError` where nothing came at all.
    """
    folder_id = folder_of(folder)
    patience = patience or Patience()
    account = account or credentials.account("drive", workspace.incident.connections)
    asking = _Asking(client or drive_client(Caller(account)), patience)
    asked = {"folder": folder_id, "url": account.url}
    name, now = f"drive-{folder_id[:12]}", patience.now()
    with open_pages(workspace, "drive", name, asked, now=now, anew=anew) as pages:
        reader = _Reader(asking, pages, folder_id)
        verdict = read_parts(pages, [("documents", reader.read_folder)])
        if not reader.files:
            pages.give_up()
            raise IntegrationError(f"{TITLE}: the folder {folder_id} is empty, or the token may not see it")
        listing = pages.finish(verdict, "drive-listing", by=by)
    new_links = link_files(workspace, reader.files, by=by)
    copies = _copy(workspace, asking, reader.files, by) if export else None
    return FetchedFolder(listing, new_links, copies)


def folder_of(said: str) -> str:
    """The id of the folder that is meant. Raises `IntegrationError` for what is neither, and no address."""
    found = _IN_URL.search(said)
    folder_id = found[1] if found else said.strip()
    if not _ID.fullmatch(folder_id):
        raise IntegrationError(
            f"{TITLE}: {said!r} is no folder; expected its id, or its address in the browser"
        )
    return folder_id


def link_files(workspace: Workspace, files: Sequence[Record], *, by: str | None = None) -> int:
    """Put a link to each document into `incident.toml`, unless one leads there; returns how many are new."""
    known = {link.url for link in workspace.incident.links}
    new = [
        file
        for file in files
        if str(file.get("webViewLink", "")).startswith("https://") and file["webViewLink"] not in known
    ]

    def edit(text: str) -> str:
        facts = tomlkit.parse(text)
        links = facts.setdefault("links", tomlkit.aot())
        for file in new:
            link = tomlkit.table()
            link["title"], link["url"] = str(file["name"]), str(file["webViewLink"])
            links.append(link)
        return tomlkit.dumps(facts)

    if new:
        workspace.save_facts(edit, did="link documents", by=by)
    return len(new)


def _copy(workspace: Workspace, asking: _Asking, files: Sequence[Record], by: str | None) -> Copies:
    """Copies of the documents; of one that was copied since it was last changed, none."""
    evidence = workspace.evidence()
    refused, intakes = [], []
    for file in sorted(files, key=lambda file: str(file["name"])):
        kind = str(file["mimeType"])
        form, suffix = EXPORTS.get(kind, ("", ""))
        path = workspace.path / "evidence" / _file_name(str(file["name"]), suffix, str(file["id"]))
        copies = evidence[evidence["path"].str.startswith(f"evidence/{path.stem}")]
        if kind == FOLDER or (copies["added_at"] >= pd.Timestamp(file["modifiedTime"])).any():
            continue
        try:
            if not form and kind.startswith("application/vnd.google-apps."):
                raise IntegrationError("Drive gives no copy of its kind")
            content = asking.content(str(file["id"]), form)
        except IntegrationError as error:
            refused.append(f"{file['name']}: {error}")
            continue
        # Into the folder at once: where it leaves a question open, it lies there until that is answered.
        taken = added_names(workspace.path)
        if path.name in taken:
            path = free_name(path.parent, path.name, taken=taken)
        write_durably(path, content)
        intakes.append(add_evidence(workspace, path, note=f"copied from {TITLE}", by=by))
    return Copies(tuple(intakes), tuple(refused))


def _file_name(name: str, suffix: str, file_id: str) -> str:
    """A name that no other document of the folder has; two may be called alike there."""
    safe = re.sub(r"[^\w.-]+", "-", name).strip("-.") or "document"
    own = suffix or PurePath(safe).suffix
    return f"{safe.removesuffix(own)}-{file_id[-6:]}{own}"


class _Asking:
    """Asks Drive, and says what it says in words."""

    def __init__(self, client: DriveClient, patience: Patience) -> None:
        self.client, self.patience = client, patience

    def hear(self, path: str, asked: Mapping[str, Any], holds: str) -> Heard:
        """A page as Drive gives it now; `holds` is what must be in it."""

        def trouble(value: Any) -> str:
            if not isinstance(value, dict) or holds not in value:
                return f"it answered without {holds!r}"
            token = value.get("nextPageToken")
            return "its next page is this one" if token and token == asked.get("pageToken") else ""

        heard = self.patience.hear(f"{TITLE}, {path}", lambda: self._ask(path, asked), trouble=trouble)
        if heard.reply.status != 200:
            raise refuse(TITLE, heard.reply, path)
        return heard

    def content(self, file_id: str, form: str) -> bytes:
        """What is in a file; of a document of Google's own kind, as `form`."""
        path = f"files/{file_id}/export" if form else f"files/{file_id}"
        asked = {"mimeType": form} if form else {"alt": "media", "supportsAllDrives": "true"}
        reply = self.patience.receive(f"{TITLE}, {path}", lambda: self._ask(path, asked))
        if reply.status != 200:
            raise refuse(TITLE, reply, path)
        return reply.body

    def _ask(self, path: str, asked: Mapping[str, Any]) -> Reply:
        from google.auth.exceptions import GoogleAuthError
        from requests import RequestException

        try:
            response = self.client.get(f"/drive/v3/{path}", params=dict(asked))
        except (GoogleAuthError, RequestException, OSError) as error:
            raise UnansweredError(f"no answer came ({type(error).__name__})") from None
        headers = {str(name).lower(): str(value) for name, value in response.headers.items()}
        return Reply(response.status_code, headers, response.content)


class _Reader:
    """Reads the list of one folder, page by page."""

    def __init__(self, asking: _Asking, pages: Pages, folder_id: str) -> None:
        self.asking, self.pages, self.folder_id = asking, pages, folder_id
        self.found: dict[str, Record] = {}

    @property
    def files(self) -> list[Record]:
        """The documents that were listed."""
        return list(self.found.values())

    def read_folder(self, verdict: Verdict) -> None:
        """Every document of the folder, on a shared drive or off it."""
        asked = {
            "q": f"'{self.folder_id}' in parents and trashed = false", "pageSize": _PAGE, "fields": _FIELDS,
            "orderBy": "createdTime", "supportsAllDrives": "true", "includeItemsFromAllDrives": "true",
        }  # fmt: skip

        def ask(token: str, call: int) -> tuple[list[Record], str]:
            more = {"pageToken": token} if token else {}
            key = f"{self.folder_id} {token} {call}"
            page = self.pages.get(
                "files", key, lambda: self.asking.hear("files", asked | more, "files"), name="documents"
            )
            self.found |= {str(file["id"]): file for file in page["files"]}
            verdict.counts["documents"] = len(self.found)
            if page.get("incompleteSearch"):
                verdict.gaps.append(Gap("documents", "", "Drive says that it did not look everywhere"))
            return page["files"], str(page.get("nextPageToken") or "")

        scan = read_by_token(ask, lambda file: str(file["id"]))
        if scan.problem:
            verdict.gaps.append(Gap("documents", "of the folder", scan.problem))
