"""A stand-in of Google Drive: folders, files and documents, on a shared drive and off it.

(https://developers.google.com/workspace/drive/api/reference/rest/v3) What lies on a shared drive is seen only
by who asks with `supportsAllDrives`, as there.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import json
import random
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Final

from pmkit.demo.server import Answer, Now, Request, System
from pmkit.demo.story import Story

Record = dict[str, Any]

FOLDER: Final = "application/vnd.google-apps.folder"
DOCUMENT: Final = "application/vnd.google-apps.document"
SHEET: Final = "application/vnd.google-apps.spreadsheet"

SHARED_DRIVE: Final = "0APMKITDEMO"
INCIDENT_FOLDER: Final = "1PMKITCHECKOUTFAILURE"

_MINE: Final = "0AMYDRIVE"
_PLACES: Final = {
    DOCUMENT: "https://docs.google.com/document/d/{}/edit",
    SHEET: "https://docs.google.com/spreadsheets/d/{}/edit",
    FOLDER: "https://drive.google.com/drive/folders/{}",
}
_XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_EXPORTS: Final = {DOCUMENT: ("text/plain", "text/markdown", "text/html"), SHEET: ("text/csv", _XLSX)}
_DEFAULT_FIELDS: Final = ("kind", "id", "name", "mimeType")


class GoogleDrive(System):
    """What the drive holds: files by id, each with its content."""

    name = "drive"
    routes = (
        ("GET", "/drive/v3/about", "about"),
        ("GET", "/drive/v3/drives", "list_drives"),
        ("GET", "/drive/v3/drives/{drive}", "get_drive"),
        ("GET", "/drive/v3/files", "list_files"),
        ("POST", "/drive/v3/files", "create"),
        ("GET", "/drive/v3/files/generateIds", "generate_ids"),
        ("GET", "/drive/v3/files/{file_id}", "get_file"),
        ("PATCH", "/drive/v3/files/{file_id}", "update"),
        ("DELETE", "/drive/v3/files/{file_id}", "delete"),
        ("GET", "/drive/v3/files/{file_id}/export", "export"),
        ("POST", "/upload/drive/v3/files", "upload"),
        ("PATCH", "/upload/drive/v3/files/{file_id}", "upload"),
        ("PUT", "/upload/drive/v3/files", "go_on"),
        ("PUT", "/upload/drive/v3/files/{file_id}", "go_on"),
    )

    def __init__(self, token: str, now: Now) -> None:
        super().__init__(token, now)
        self.files: dict[str, Record] = {}
        self.content: dict[str, bytes] = {}
        self.has_quota = True  # a service account has none outside of shared drives
        self._sessions: dict[str, tuple[str, Record, bytearray, str]] = {}
        self._made = 0

    def tell(self, story: Story) -> None:
        """A folder of the incident on a shared drive, with a letter, a sheet and a picture in it."""
        at = datetime(2026, 11, 3, 17, 0, tzinfo=UTC)
        folder = {"name": str(story.incident["title"])[:60], "mimeType": FOLDER, "parents": [SHARED_DRIVE]}
        self._add({"id": INCIDENT_FOLDER, **folder}, b"", at)
        letter = (
            "# Letter to customers\n\nOn 3 November your order was refused though the article was there.\n"
        )
        counts = "time,storefront,orders\n2026-11-03T07:00:00Z,jp,412\n2026-11-03T08:00:00Z,jp,96\n"
        for name, kind, content in (
            ("Letter to customers", DOCUMENT, letter.encode()),
            ("Orders by storefront", SHEET, counts.encode()),
            ("sold-out-badge.txt", "text/plain", b"SOLD OUT, and 40 on the shelf"),
        ):
            self._add({"name": name, "mimeType": kind, "parents": [INCIDENT_FOLDER]}, content, at)

    def refusal(self, request: Request) -> Answer | None:
        """What is said without the right token."""
        if request.headers.get("authorization") == f"Bearer {self.token}":
            return None
        return _error(401, "authError", "Invalid Credentials")

    def unknown(self, request: Request) -> Answer:
        """What is said to a path that is not there."""
        return _error(404, "notFound", "Not Found")

    # Reading

    def about(self, request: Request) -> Answer:
        """Who the token belongs to, and how much room there is."""
        if not request.get("fields"):
            return _error(400, "required", "The 'fields' parameter is required for this method.")
        user = {"kind": "drive#user", "displayName": "pmkit", "emailAddress": "pmkit@example.com", "me": True}
        quota = {"limit": "16106127360" if self.has_quota else "0", "usage": "0"}
        return Answer(_picked({"kind": "drive#about", "user": user, "storageQuota": quota}, request, ()))

    def list_drives(self, request: Request) -> Answer:
        """The shared drives."""
        return Answer({"kind": "drive#driveList", "drives": [_drive()]})

    def get_drive(self, request: Request, drive: str) -> Answer:
        """One shared drive."""
        missing = _error(404, "notFound", f"Shared drive not found: {drive}")
        return Answer(_drive()) if drive == SHARED_DRIVE else missing

    def list_files(self, request: Request) -> Answer:
        """A page of files."""
        everywhere = _is_yes(request, "includeItemsFromAllDrives") and _is_yes(request, "supportsAllDrives")
        try:
            fits = _query(request.get("q"))
        except ValueError as error:
            return _error(400, "invalid", f"Invalid Value: {error}")
        rows = [one for one in self.files.values() if fits(one) and (everywhere or "driveId" not in one)]
        by = request.get("orderBy")
        if by:
            rows.sort(key=lambda one: str(one.get(by.partition(" ")[0], "")), reverse=by.endswith(" desc"))
        begin, size = _begin(request.get("pageToken")), min(max(request.number("pageSize", 100), 1), 1000)
        page: Record = {
            "kind": "drive#fileList",
            "incompleteSearch": False,
            "files": rows[begin : begin + size],
        }
        if begin + size < len(rows):
            page["nextPageToken"] = _page_token(begin + size)
        if not request.get("fields"):
            page["files"] = [{name: one[name] for name in _DEFAULT_FIELDS} for one in page["files"]]
        return Answer(_picked(page, request, ()))

    def get_file(self, request: Request, file_id: str) -> Answer:
        """What is known of a file, or what is in it."""

        def told(file: Record) -> Answer:
            if request.get("alt") != "media":
                return Answer(_picked(file, request, _DEFAULT_FIELDS))
            if file["mimeType"] in _PLACES:
                words = (
                    "Only files with binary content can be downloaded. Use Export with Docs Editors files."
                )
                return _error(403, "fileNotDownloadable", words)
            return Answer(self.content[file["id"]], kind=file["mimeType"])

        return self._of(request, file_id, told)

    def export(self, request: Request, file_id: str) -> Answer:
        """A document in another format."""

        def told(file: Record) -> Answer:
            kinds, wanted = _EXPORTS.get(file["mimeType"], ()), request.get("mimeType")
            if not kinds:
                return _error(403, "fileNotExportable", "Export only supports Docs Editors files.")
            if wanted not in kinds:
                return _error(400, "badRequest", "The requested conversion is not supported.")
            text = self.content[file["id"]]
            if wanted == _XLSX:
                return Answer(_workbook(text), kind=wanted)
            return Answer(b"<pre>" + text + b"</pre>" if wanted == "text/html" else text, kind=wanted)

        # The one method that asks nobody whether it supports shared drives.
        file = self.files.get(file_id)
        return told(file) if file else _error(404, "notFound", f"File not found: {file_id}.")

    def generate_ids(self, request: Request) -> Answer:
        """Ids that files may be made with."""
        ids = [self._new_id() for _ in range(min(request.number("count", 10), 1000))]
        return Answer({"kind": "drive#generatedIds", "space": "drive", "ids": ids})

    # Writing

    def create(self, request: Request) -> Answer:
        """A file without content, such as a folder."""
        return self._put(request, "", request.json, None, "")

    def update(self, request: Request, file_id: str) -> Answer:
        """Other facts about a file."""
        return self._put(request, file_id, request.json, None, "")

    def delete(self, request: Request, file_id: str) -> Answer:
        """A file is there no more."""

        def gone(file: Record) -> Answer:
            del self.files[file["id"]]
            return Answer(status=204)

        return self._of(request, file_id, gone)

    def upload(self, request: Request, file_id: str = "") -> Answer:
        """A file, or another content of one: in one request, or the beginning of several."""
        way = request.get("uploadType")
        if way == "media":
            return self._put(request, file_id, {}, request.body, request.kind)
        if way == "multipart":
            facts, content, kind = _parts(request)
            return self._put(request, file_id, facts, content, kind)
        if way != "resumable":
            return _error(400, "badRequest", "Unknown upload type.")
        self._made += 1
        session = f"session{self._made}"
        kind = request.headers.get("x-upload-content-type", "application/octet-stream")
        self._sessions[session] = (file_id, request.json, bytearray(), kind)
        query = "&".join(f"{name}={value}" for name, value in request.query if name != "upload_id")
        return Answer(
            status=200, headers=(("Location", f"{self.url}{request.path}?{query}&upload_id={session}"),)
        )

    def go_on(self, request: Request, file_id: str = "") -> Answer:
        """One more piece of a file that is sent in several."""
        session = request.get("upload_id")
        if session not in self._sessions:
            return _error(404, "notFound", "Upload session not found.")
        file_id, facts, held, kind = self._sessions[session]
        told = re.fullmatch(r"bytes (?:(\d+)-\d+|\*)/(\d+|\*)", request.headers.get("content-range", ""))
        if told is None or told[1] is not None:
            held[int(told[1]) if told else 0 :] = request.body
        whole = told is None or (told[2] != "*" and len(held) >= int(told[2]))
        if not whole:
            reached = (("Range", f"bytes=0-{len(held) - 1}"),) if held else ()
            return Answer(b"", 308, reached)
        del self._sessions[session]
        return self._put(request, file_id, facts, bytes(held), kind)

    # Faults

    def stick(self, request: Request, answer: Answer) -> Answer:
        """The page leads to itself."""
        if isinstance(answer.value, dict) and "files" in answer.value:
            token = request.get("pageToken") or _page_token(0)
            return answer._replace(value=answer.value | {"nextPageToken": token})
        return answer

    def arrive(self, chance: random.Random) -> None:
        """Somebody puts a file into the folder of the incident."""
        facts = {"name": f"arrived-{self._made}.txt", "mimeType": "text/plain", "parents": [INCIDENT_FOLDER]}
        self._add(facts, b"one more", self.now())

    def leave(self, chance: random.Random) -> None:
        """A file is deleted."""
        free = [key for key, file in self.files.items() if file["mimeType"] != FOLDER]
        if free:
            del self.files[chance.choice(free)]

    # Inside

    def _of(self, request: Request, file_id: str, told: Callable[[Record], Answer]) -> Answer:
        file = self.files.get(file_id)
        hidden = file is not None and "driveId" in file and not _is_yes(request, "supportsAllDrives")
        if file is None or hidden:
            return _error(404, "notFound", f"File not found: {file_id}.")
        return told(file)

    def _put(self, request: Request, file_id: str, facts: Record, content: bytes | None, kind: str) -> Answer:
        if file_id:
            return self._of(request, file_id, lambda file: self._change(request, file, facts, content))
        parents = facts.get("parents") or [_MINE]
        for parent in parents:
            on_shared = parent == SHARED_DRIVE or "driveId" in self.files.get(parent, {})
            is_seen = not on_shared or _is_yes(request, "supportsAllDrives")
            if not is_seen or parent not in (_MINE, "root", SHARED_DRIVE, *self.files):
                return _error(404, "notFound", f"File not found: {parent}.")
            if not on_shared and not self.has_quota and content is not None:
                words = "Service Accounts do not have storage quota. Leverage shared drives."
                return _error(403, "storageQuotaExceeded", words)
        if facts.get("id") in self.files:
            return _error(409, "fileIdInUse", "A file already exists with the provided ID.")
        made = {"mimeType": kind or "application/octet-stream", **facts, "parents": parents}
        file = self._add(made, content or b"", self.now())
        return Answer(_picked(file, request, _DEFAULT_FIELDS))

    def _change(self, request: Request, file: Record, facts: Record, content: bytes | None) -> Answer:
        for name in ("appProperties", "properties"):
            merged = file.get(name, {}) | facts.pop(name, {})
            if merged:
                file[name] = {key: value for key, value in merged.items() if value is not None}
        file |= {name: value for name, value in facts.items() if name not in ("id", "parents")}
        for parent in filter(None, request.get("addParents").split(",")):
            file["parents"] = [*file["parents"], parent]
        gone = request.get("removeParents").split(",")
        file["parents"] = [parent for parent in file["parents"] if parent not in gone]
        file["modifiedTime"], file["version"] = _stamp(self.now()), str(int(file["version"]) + 1)
        if content is not None:
            self._fill(file, content)
        return Answer(_picked(file, request, _DEFAULT_FIELDS))

    def _add(self, facts: Record, content: bytes, at: datetime) -> Record:
        file_id = facts.get("id") or self._new_id()
        parents = [_MINE if parent == "root" else parent for parent in facts["parents"]]
        kind = facts["mimeType"]
        place = _PLACES.get(kind, "https://drive.google.com/file/d/{}/view").format(file_id)
        file: Record = {
            "kind": "drive#file", "name": "Untitled", "trashed": False, "starred": False, **facts,
            "id": file_id, "parents": parents, "createdTime": _stamp(at), "modifiedTime": _stamp(at),
            "version": "1", "webViewLink": place,
        }  # fmt: skip
        shared = {SHARED_DRIVE} | {key for key, one in self.files.items() if "driveId" in one}
        if shared & set(parents):
            file["driveId"] = SHARED_DRIVE
        self.files[file_id] = file
        self._fill(file, content)
        return file

    def _fill(self, file: Record, content: bytes) -> None:
        self.content[file["id"]] = content
        if file["mimeType"] not in _PLACES:
            file |= {"size": str(len(content)), "md5Checksum": hashlib.md5(content).hexdigest()}  # noqa: S324

    def _new_id(self) -> str:
        self._made += 1
        return f"1PMKITDEMO{self._made:023d}"


# What is asked for


_QUOTED: Final = r"'((?:[^'\\]|\\.)*)'"
_TERMS: Final = tuple(
    re.compile(rf"\s*{term}\s*(?:and\b|\Z)")
    for term in (
        rf"{_QUOTED}\s+in\s+(?P<list>parents)",
        rf"(?P<map>appProperties|properties)\s+has\s+\{{\s*key\s*=\s*{_QUOTED}\s+and\s+value\s*=\s*{_QUOTED}\s*\}}",
        rf"(?P<name>name|mimeType)\s*(?P<op>=|!=|contains)\s*{_QUOTED}",
        r"trashed\s*=\s*(?P<trashed>true|false)",
    )
)


def _query(text: str) -> Callable[[Record], bool]:
    """What a query of terms with `and` between them asks. Raises `ValueError` for any other."""
    terms, position = [], 0
    while text[position:].strip():
        match = next((found for term in _TERMS if (found := term.match(text, position))), None)
        if match is None:
            raise ValueError(text[position:].strip())
        terms.append(match)
        position = match.end()
    return lambda file: all(_fits(file, term) for term in terms)


def _fits(file: Record, term: re.Match[str]) -> bool:
    named, words = term.groupdict(), [re.sub(r"\\(.)", r"\1", word or "") for word in term.groups()]
    if "list" in named:
        return (_MINE if words[0] == "root" else words[0]) in file["parents"]
    if "map" in named:
        return bool(file.get(words[0], {}).get(words[1]) == words[2])
    if "name" in named:
        held, wanted = str(file[words[0]]), words[2]
        return {"=": held == wanted, "!=": held != wanted, "contains": wanted in held}[words[1]]
    return bool(file["trashed"]) == (words[0] == "true")


def _is_yes(request: Request, name: str) -> bool:
    return request.get(name).lower() == "true"


def _picked(value: Record, request: Request, default: tuple[str, ...]) -> Record:
    """The parts of a value that `fields` names, as `nextPageToken,files(id,name)`."""
    wanted = request.get("fields")
    if not wanted or wanted == "*":
        return {name: value[name] for name in default if name in value} if default and not wanted else value
    picked = _pick(value, _mask(iter(re.findall(r"[\w*]+|[(),/]", wanted))))
    return picked if isinstance(picked, dict) else {}


def _mask(words: Iterator[str]) -> Record:
    mask: Record = {}
    name = ""
    for word in words:
        if word == "(":
            mask[name] = _mask(words)
        elif word == ")":
            return mask
        elif word == "/":
            mask[name] = {next(words): {}}
        elif word != ",":
            name = word
            mask[name] = {}
    return mask


def _pick(value: Any, mask: Record) -> Any:
    if not mask or "*" in mask:
        return value
    if isinstance(value, list):
        return [_pick(one, mask) for one in value]
    return {name: _pick(value[name], inner) for name, inner in mask.items() if name in value}


def _parts(request: Request) -> tuple[Record, bytes, str]:
    """The facts, the content and its type of an upload in one request.

    Taken apart by hand: `email` takes line ends for its own, and a content may hold any.
    """
    told = re.search(r'boundary="?([^";]+)', request.headers.get("content-type", ""))
    pieces = request.body.split(b"--" + told[1].encode()) if told else []
    (_, facts), (head, content) = (_split(piece) for piece in pieces[1:3])
    record: Record = {}
    with suppress(ValueError):
        record = json.loads(facts)
    kind = re.search(rb"(?i)content-type:\s*([^\s;]+)", head)
    if re.search(rb"(?i)content-transfer-encoding:\s*base64", head):
        content = base64.b64decode(content)
    return record, content, kind[1].decode() if kind else ""


def _split(piece: bytes) -> tuple[bytes, bytes]:
    """The head of a part and what is in it, without the line ends that belong to the boundaries."""
    head, *rest = re.split(rb"\r?\n\r?\n", re.sub(rb"\A\r?\n", b"", piece), maxsplit=1)
    return head, re.sub(rb"\r?\n\Z", b"", rest[0] if rest else b"")


def _workbook(text: bytes) -> bytes:
    """A CSV as a workbook of one sheet."""
    from openpyxl import Workbook

    book, out = Workbook(), io.BytesIO()
    for row in csv.reader(text.decode().splitlines()):
        book.active.append(row)
    book.save(out)
    return out.getvalue()


def _drive() -> Record:
    return {"kind": "drive#drive", "id": SHARED_DRIVE, "name": "Incidents"}


def _error(status: int, reason: str, message: str) -> Answer:
    told = {"domain": "global", "reason": reason, "message": message}
    return Answer({"error": {"code": status, "message": message, "errors": [told]}}, status)


def _stamp(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"


def _page_token(begin: int) -> str:
    return base64.urlsafe_b64encode(f"page:{begin}".encode()).decode()


def _begin(token: str) -> int:
    with suppress(ValueError):
        return int(base64.urlsafe_b64decode(token or _page_token(0)).decode().partition(":")[2])
    return 0
