"""The last look at what leaves: finished files are read as readers would, and searched for what must not.

The gate trusts no step before it. It opens each file by its own format, undoes what hides text (entities,
escapes, base64, compression, packed numbers), and looks for the names, the masked values, the secrets and the
paths of this machine. A hit refuses the export and says where it is and of what kind, never what it is.
"""

from __future__ import annotations

import base64
import binascii
import getpass
import gzip
import html
import io
import re
import socket
import unicodedata
import urllib.parse
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from pmkit.errors import RenderError
from pmkit.redaction import Redaction, find_written_kinds

if TYPE_CHECKING:
    from pypdf import PdfReader

_DEEPEST: Final = 6  # a zip in base64 in JSON in a page


class Hit(NamedTuple):
    """Something that must not leave: the file and place it was found in, and its kind."""

    file: str
    place: str
    kind: str


@dataclass(frozen=True)
class Gate:
    """What must not be in what leaves.

    `values` are what was masked, by kind; `names` of people, found as whole words whatever their case. Where
    `secrets` is true, whatever has the shape of one is found too. `paths` are of this machine.
    """

    values: Mapping[str, frozenset[str]] = field(default_factory=dict)
    names: frozenset[str] = frozenset()
    paths: frozenset[str] = frozenset()
    secrets: bool = True

    def check(self, files: Mapping[str, bytes]) -> list[Hit]:
        """Everything found in finished files, each kind once for each place."""
        search = _Search(self)
        hits: dict[Hit, None] = {}
        for name, data in files.items():
            for piece in read_texts(name, data):
                for kind in search.kinds_in(piece.text, is_data=piece.is_data):
                    hits[Hit(name, piece.place, kind)] = None
        return list(hits)

    def refuse(self, files: Mapping[str, bytes]) -> None:
        """Raise `RenderError` where anything is found."""
        if hits := self.check(files):
            lines = [f"{hit.file}, {hit.place}: {hit.kind}" for hit in hits[:20]]
            more = [f"and {len(hits) - 20} more"] if len(hits) > 20 else []
            raise RenderError(
                "the edition holds what its readers must not see, and nothing was written:\n  "
                + "\n  ".join([*lines, *more])
                + "\nThe values stand in the record under these kinds; `pmkit redactions` lists them."
            )


def gate_for(redaction: Redaction, folder: Path) -> Gate:
    """The gate of one edition of the incident in `folder`.

    The internal edition may name people and what they wrote; secrets and the machine are in no edition.
    """
    paths = frozenset(_paths(folder))
    if redaction.audience.is_internal:
        return Gate(paths=paths)
    values = {kind: frozenset(filter(_is_telling, found)) for kind, found in redaction.originals.items()}
    names = redaction.people.names if redaction.audience.people == "roles" else ()
    return Gate(values, frozenset(name for name in names if len(name) > 2), paths)


def _is_telling(value: str) -> bool:
    """Whether finding the value says that it was the masked one: `123` may be anything."""
    plain = re.sub(r"\W", "", value)
    if len(plain) > 9:
        return True
    return len(plain) > 5 or (len(plain) == 5 and not plain.isdigit() and not plain.isalpha())


def _paths(folder: Path) -> Iterator[str]:
    """Where things lie on this machine, what it is called, and who is logged in."""
    for path in (folder.resolve(), folder.resolve().parent, Path.home(), Path(__file__).resolve().parents[2]):
        if len(path.parts) > 2:
            yield str(path)
    with suppress(OSError, KeyError):
        yield f"{getpass.getuser()}@{socket.gethostname()}"


# Searching


class _Search:
    """Looks for everything of a gate in a text at once."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._plain = {
            kind: frozenset(_squeezed(value) for value in values) for kind, values in gate.values.items()
        }
        words = sorted({_bare(name) for name in gate.names}, key=len, reverse=True)
        each = "|".join(re.sub(r"\\?\s+", r"[\\W_]{1,3}", re.escape(word)) for word in words)
        self._names = re.compile(rf"(?<![^\W_])(?:{each})(?![^\W_])") if words else None
        self._seen: set[str] = set()

    def kinds_in(self, text: str, *, is_data: bool) -> Iterator[str]:
        """The kinds of what is in the text; data holds much that only looks like a secret."""
        if any(path in text for path in self._gate.paths):
            yield "a path of this machine"
        # One report holds most lines many times, as it stands and with its escapes undone.
        lines = [line for line in dict.fromkeys(text.splitlines()) if line not in self._seen]
        fresh = "\n".join(lines)
        if not is_data and self._gate.secrets:
            self._seen.update(lines)
            yield from (f"a secret ({kind})" for kind in sorted(find_written_kinds(fresh)))
        if self._plain:
            squeezed = _squeezed(text)
            for kind, values in self._plain.items():
                if any(value in squeezed for value in values):
                    yield f"a masked value ({kind})"
        if self._names and self._names.search(_bare(fresh)):
            yield "a name of the roster"


def _squeezed(text: str) -> str:
    """The text without what may stand between the letters of a value on paper: blanks and hyphens."""
    text = unicodedata.normalize("NFKC", text)
    return re.sub(r"[\s\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff-]+", "", text).casefold()


def _bare(text: str) -> str:
    """The text without accents and case, a blank for each stretch of white."""
    plain = unicodedata.normalize("NFKD", text)
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    plain = re.sub(r"[\u00ad\u200b-\u200f\u2060\ufeff]", "", plain)
    return re.sub(r"\s+", " ", plain).casefold()


# Reading


class Piece(NamedTuple):
    """A text of a file and the place in it. `is_data` is text of a machine, as of a font or a digest."""

    place: str
    text: str
    is_data: bool = False


def read_texts(name: str, data: bytes, depth: int = 0) -> Iterator[Piece]:
    """Everything that can be read in a file, whatever its format hides it in.

    Raises `RenderError` for a file that cannot be opened: what cannot be looked at does not leave.
    """
    if depth > _DEEPEST:
        raise RenderError(f"{name}: files lie in files too deep to look at all of them")
    if data.startswith(b"%PDF"):
        yield from _read_pdf(name, data, depth)
    elif data.startswith(b"PK\x03\x04"):
        yield from _read_zip(name, data, depth)
    elif data.startswith(b"\x1f\x8b"):
        unpacked = gzip.decompress(data)
        if not _is_plotly(unpacked):
            yield from read_texts(name, unpacked, depth + 1)
    elif data.startswith(b"\x89PNG"):
        yield from _read_png(data)
    elif data.startswith((b"\xff\xd8\xff", b"GIF8", b"wOF2", b"wOFF", b"\x00\x01\x00\x00", b"OTTO", b"RIFF")):
        # Pictures and fonts hold glyphs; what words they carry in clear is still looked at.
        yield Piece("words in a picture or font", _clear_words(data), is_data=True)
    else:
        yield from _read_text(name, data.decode("utf-8", "replace"), depth)


def _is_plotly(data: bytes) -> bool:
    """Whether it is plotly.js, byte for byte as it ships: five million letters that are the same for all."""
    if len(data) < 1_000_000:
        return False
    spec = find_spec("plotly")
    places = list(spec.submodule_search_locations or ()) if spec else []
    file = Path(places[0]) / "package_data" / "plotly.min.js" if places else None
    return file is not None and file.is_file() and file.read_bytes() == data


def _read_text(name: str, text: str, depth: int) -> Iterator[Piece]:
    is_page = bool(re.search(r"<(?:html|body|svg|ac:|p|table)[\s>]", text[:20_000], re.IGNORECASE))
    packed = list(_PACKED.finditer(text))
    rest, at = [], 0
    for match in packed:
        rest.append(text[at : match.start()])
        at = match.end()
    plain = "".join([*rest, text[at:]]) if packed else text
    yield from _forms_of("text", plain, is_page=is_page)
    for match in packed:
        with suppress(binascii.Error, ValueError):
            inner = base64.b64decode(match["data"] + "=" * (-len(match["data"]) % 4), validate=False)
            yield from _read_packed(name, inner, depth)


# What is long enough to hold more than a digest, and is no word: base64, alone or in `data:` addresses.
_PACKED: Final = re.compile(r"(?<![\w+/-])(?P<data>[A-Za-z0-9+/]{120,}={0,2})")


def _read_packed(name: str, data: bytes, depth: int) -> Iterator[Piece]:
    """What base64 hides: a file of its own, the numbers of a chart, or a text."""
    known = (b"%PDF", b"PK\x03\x04", b"\x1f\x8b", b"\x89PNG", b"\xff\xd8\xff", b"wOF", b"OTTO", b"GIF8")
    if data.startswith(known):
        for piece in read_texts(name, data, depth + 1):
            yield piece._replace(place=f"packed: {piece.place}")
        return
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        yield Piece("packed data", _clear_words(data), is_data=True)
    else:
        yield from (Piece(f"packed: {p.place}", p.text, p.is_data) for p in _read_text(name, text, depth + 1))


# What a page never shows as words has no marks to take out; it is read as it stands.
_UNSEEN: Final = re.compile(r"<(script|style)\b[^<>]*>.*?</\1>", re.DOTALL | re.IGNORECASE)


def _forms_of(place: str, text: str, *, is_page: bool = False) -> Iterator[Piece]:
    """The text as it stands, and with its escapes undone; of a page also without its marks."""
    yield Piece(place, text)
    forms = {text}
    shown = text
    if "&" in text:
        shown = html.unescape(shown)
        forms.add(shown)
    if is_page:
        words = _UNSEEN.sub("", text)
        forms.add(html.unescape(re.sub(r"<[^<>]*>", "", words)))
        forms.add(html.unescape(re.sub(r"<[^<>]*>", " ", words)))
    if "\\" in text:
        forms.add(_unescaped(shown))
        forms.add(_unescaped(_unescaped(shown)))
    if "%" in text:
        forms.add(urllib.parse.unquote(shown, errors="replace"))
    for form in forms - {text}:
        yield Piece(place, form)


_ESCAPE: Final = re.compile(r"\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|([nrtbf\"'/\\]))")
_CONTROL: Final = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}


def _unescaped(text: str) -> str:
    """The text with the escapes of JSON and JavaScript undone, pairs of surrogates as the letter they are."""

    def undo(match: re.Match[str]) -> str:
        code = match[1] or match[2]
        return chr(int(code, 16)) if code else _CONTROL.get(match[3], match[3])

    undone = _ESCAPE.sub(undo, text)
    return undone.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _read_zip(name: str, data: bytes, depth: int) -> Iterator[Piece]:
    """Office files and archives: every member, its name, and words that were cut into runs."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for member in archive.infolist():
                yield Piece(
                    "names of members", f"{member.filename}\n{member.comment.decode('utf-8', 'replace')}"
                )
                for piece in read_texts(member.filename, archive.read(member), depth + 1):
                    yield piece._replace(place=f"{member.filename}: {piece.place}")
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, zlib.error) as error:
        raise RenderError(f"{name}: cannot be opened to look at what it holds ({error})") from error


def _read_png(data: bytes) -> Iterator[Piece]:
    """The words that a picture carries beside its dots."""
    at = 8
    while at + 8 <= len(data):
        size, kind = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        body = data[at + 8 : at + 8 + size]
        if kind in (b"tEXt", b"iTXt", b"zTXt", b"eXIf"):
            if kind == b"zTXt":
                with suppress(zlib.error):
                    body = zlib.decompress(body.partition(b"\0")[2][1:])
            yield Piece("words in a picture", body.decode("utf-8", "replace"))
        at += 12 + size


def _clear_words(data: bytes) -> str:
    return "\n".join(found.decode("ascii") for found in re.findall(rb"[\x20-\x7e]{5,}", data))


def _read_pdf(name: str, data: bytes, depth: int) -> Iterator[Piece]:
    """Words, facts, bookmarks, links, form fields and attached files."""
    from pypdf import PdfReader
    from pypdf.errors import PyPdfError

    from pmkit.export.pdf_words import page_texts, strings_beside

    try:
        reader = PdfReader(io.BytesIO(data))
        if reader.is_encrypted:
            raise RenderError(f"{name}: is encrypted, so that nobody can look at what it holds")
        yield Piece(
            "facts of the document", "\n".join(f"{k}: {v}" for k, v in (reader.metadata or {}).items())
        )
        fonts: dict[int, object] = {}
        for number, page in enumerate(reader.pages, start=1):
            for text in page_texts(page, fonts):
                yield from _forms_of(f"page {number}", text)
            yield Piece(f"links of page {number}", "\n".join(_annotations(page)))
        strings = "\n".join(strings_beside(data, reader))
        # What tells it from other files is made of its digest; three in a thousand read like a password.
        for mark in _identity(reader):
            yield Piece("identity of the document", mark, is_data=True)
            strings = strings.replace(mark, "")
        yield Piece("strings of the document", strings)
        for title, contents in reader.attachments.items():
            yield Piece("names of attachments", title)
            for content in contents:
                for piece in read_texts(title, content, depth + 1):
                    yield piece._replace(place=f"attachment {title}: {piece.place}")
    except (PyPdfError, ValueError, KeyError, RecursionError) as error:
        raise RenderError(f"{name}: cannot be opened to look at what it holds ({error})") from error


def _identity(reader: PdfReader) -> list[str]:
    found = reader.trailer.get("/ID", ())
    return [each.decode("latin-1") if isinstance(each, bytes) else str(each) for each in found]


def _annotations(page: object) -> Iterator[str]:
    for reference in page.get("/Annots") or ():  # type: ignore[attr-defined]
        annotation = reference.get_object()
        action = annotation.get("/A")
        for holder in filter(None, (annotation, action.get_object() if action else None)):
            yield from (str(value) for value in holder.values() if isinstance(value, str | bytes))
