"""The words of a PDF: what its pages show, by each font's own table of letters, and every string beside it.

`pypdf` opens the file and says what is where. What a page shows it would lay out like paper, operator by
operator, at a hundred times the work; here only strings and fonts are looked at. A page that this does not
read for certain is left to `pypdf`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from pypdf import PageObject, PdfReader

_DEEPEST: Final = 8  # drawings in drawings
_GAP: Final = -200  # thousandths of the size of type: so far apart are words

_NAME: Final = rb"[^\s/()<>\[\]{}%]+"
_NUMBERS: Final = rb"[-.\d]+(?:\s[-.\d]+){5}"
# As Typst writes each run of letters, and each letter of a chart: most of what there is, taken at once.
_STROKE: Final = (
    rb"q\s(?P<turn>"
    + _NUMBERS
    + rb")\scm(?P<ink>[^()<>BqQ]{0,200})BT\s[\d\s]{0,9}Tr/(?P<face>"
    + _NAME
    + rb")"
    rb"\s(?P<points>[.\d]+)\sTf\s(?P<tilt>" + _NUMBERS + rb")\sTm\s?(?P<said>"
    rb"\[(?:\((?:[^()\\]|\\.)*+\)|[-.\d\s]+)*+\]|\((?:[^()\\]|\\.)*+\))T[Jj]\s+ET\s+Q\b"
)
# Each way begins with a letter of its own, so that the engine may skip to it.
_TOKEN: Final = re.compile(
    rb"%[^\r\n]*|(?P<stroke>" + _STROKE + rb")|(?P<literal>\()|<(?P<hex>[0-9A-Fa-f\s]*)>"
    rb"|/(?P<font>" + _NAME + rb")\s+(?P<size>[-+.\d]+)\s+Tf\b|/(?P<form>" + _NAME + rb")\s+Do\b"
    rb"|(?P<gap>-\d{3,}(?:\.\d+)?)|(?P<shows>T[Jj]\b|['\"])|(?P<about>BDC\b|DP\b)"
    rb"|(?P<saves>q\b(?<!\w\w))|(?P<restores>Q\b(?<!\w\w))|(?P<turns>cm\b)|(?P<begins>BT\b)"
    rb"|(?P<places>Tm\b)|(?P<moves>T[dD]\b)|(?P<breaks>T\*)"
)
# What is only drawn: no string, no text, no drawing of its own.
_DRAWN: Final = re.compile(rb"q(?<!\w\w)\b[^qQBD(<]*\bQ\b")
_SAID: Final = re.compile(rb"\(((?:[^()\\]|\\.)*+)\)|[-.\d]+", re.DOTALL)
_INLINE_IMAGE: Final = re.compile(rb"BI(?<!\S..)\s", re.DOTALL)

_Matrix = tuple[float, float, float, float, float, float]
_AS_IT_IS: Final[_Matrix] = (1, 0, 0, 1, 0, 0)


class _Letters(NamedTuple):
    """How the codes of a font are packed, and the letters of each; `said` is what was read by them before."""

    packing: str
    table: dict[int, str]
    said: dict[bytes, tuple[str, str]]


class _Run(NamedTuple):
    """Letters shown at one stroke: where they begin, which way they run, and how large they are.

    `mirrored` is the same from right to left, for scripts that are read that way and set like any other.
    """

    text: str
    mirrored: str
    x: float
    y: float
    along: tuple[float, float]
    size: float

    def leads_to(self, other: _Run) -> str:
        """Whether the other stands where this one ends ("next") or begins ("here"), or else "".

        As far as one tells without the widths of letters.
        """
        right, up = other.x - self.x, other.y - self.y
        ahead = right * self.along[0] + up * self.along[1]
        aside = abs(right * self.along[1] - up * self.along[0])
        if aside > 0.2 * self.size:
            return ""
        if abs(ahead) < 0.1 * self.size:
            return "here"
        wide = 1.1 if len(self.text) == 1 or self.mirrored != self.text else 0.75
        return "next" if 0 <= ahead <= wide * len(self.text) * self.size else ""


class _UnknownError(Exception):
    """A page that shows what is not read here."""


def page_texts(page: PageObject, known: dict[int, Any]) -> list[str]:
    """What a page shows, in several readings: by lines as they stand, by strokes, and all of it run together.

    A chart sets letter by letter, and a name may change its type midway or break where a line does.
    `known` holds the fonts that were read before, by the numbers of their objects.
    """
    try:
        runs = list(_Pen(page, page.get_contents(), known).runs())
    except _UnknownError:
        return [page.extract_text()]
    lines: list[list[_Run]] = []
    last = None
    for run in runs:
        where = last.leads_to(run) if last else ""
        if last and where == "here" and last.text.startswith(run.text):
            continue  # drawn once more, as the dots of an Arabic letter are
        if last and where == "here" and run.text.startswith(last.text):
            lines[-1][-1] = run
        elif where:
            lines[-1].append(run)
        else:
            lines.append([run])
        last = run
    strokes = [run.text for run in runs]
    readings = [_by_lines(lines), "\n".join(strokes), "".join(strokes)]
    if any(run.mirrored != run.text for run in runs):
        readings.append("\n".join("".join(run.mirrored for run in reversed(line)) for line in lines))
    return readings


def _by_lines(lines: list[list[_Run]]) -> str:
    return "\n".join("".join(run.text for run in line) for line in lines)


class _Pen:
    """Follows the operators of a page or drawing as far as they move letters. ISO 32000-1, 8.4 and 9.4."""

    def __init__(
        self,
        holder: Any,
        content: Any,
        known: dict[int, Any],
        place: _Matrix = _AS_IT_IS,
        depth: int = _DEEPEST,
    ) -> None:
        self._data: bytes = content.get_data() if content is not None else b""
        if not depth or _INLINE_IMAGE.search(self._data):
            raise _UnknownError
        self._data = _DRAWN.sub(b"", self._data)
        self._holder, self._known, self._depth = holder, known, depth
        self._resources = _at(holder, "/Resources")
        self._fonts: dict[bytes, _Letters | None] = {}
        self._place, self._line = place, _AS_IT_IS
        self._letters: _Letters | None = None
        self._size = 0.0
        self._saved: list[tuple[_Matrix, _Letters | None, float]] = []
        self._strings: list[bytes] = []

    def runs(self) -> Iterator[_Run]:
        """What is shown, in the order in which it is drawn."""
        at = 0
        while token := _TOKEN.search(self._data, at):
            at = token.end()
            match token.lastgroup:
                case None:
                    pass
                case "stroke":
                    yield from self._stroke(token)
                case "literal":
                    literal, at = read_literal(self._data, at)
                    self._strings.append(literal)
                case "hex":
                    self._strings.append(_from_hex(token["hex"]))
                case "shows" | "about" | "form" as what:
                    yield from self._shown(what, token)
                    self._strings = []
                case what:
                    self._move(what, token)

    def _stroke(self, token: re.Match[bytes]) -> Iterator[_Run]:
        letters = self._font(token["face"])
        if letters is None:
            raise _UnknownError
        turn, tilt, points, codes = token.group("turn", "tilt", "points", "said")
        said = letters.said.get(codes)  # a chart sets letter by letter
        if said is None:
            said = letters.said[codes] = _said(_strings(codes), letters)
        if said[0]:
            place = _numbers(turn, 6)
            if self._place != _AS_IT_IS:
                place = _product(place, self._place)
            if tilt != b"1 0 0 -1 0 0":  # upside down, which moves nothing
                place = _product(_numbers(tilt, 6), place)
            yield _run(said, place, float(points))

    def _font(self, name: bytes) -> _Letters | None:
        if name not in self._fonts:
            self._fonts[name] = _letters(self._resources, name, self._known)
        return self._fonts[name]

    def _shown(self, what: str, token: re.Match[bytes]) -> Iterator[_Run]:
        strings = self._strings
        if what == "form":
            drawing = _at(_at(self._resources, "/XObject"), _pdf_name(token["form"]))
            if _at(drawing, "/Subtype") == "/Form":
                holder = drawing if _at(drawing, "/Resources") else self._holder
                place = _product(tuple(map(float, _at(drawing, "/Matrix") or _AS_IT_IS)), self._place)
                yield from _Pen(holder, drawing, self._known, place, self._depth - 1).runs()
        elif what == "about":  # words in place of what is drawn
            for words in map(text_string, filter(None, strings)):
                yield _Run(words, words, 0, 0, (0, 0), 0)
        elif any(strings):
            if self._letters is None:
                raise _UnknownError
            said = _said(strings, self._letters)
            yield _run(said, _product(self._line, self._place), self._size)

    def _before(self, token: re.Match[bytes]) -> bytes:
        return self._data[max(0, token.start() - 120) : token.start()]

    def _move(self, what: str, token: re.Match[bytes]) -> None:
        match what:
            case "gap":
                if self._strings and float(token["gap"]) < _GAP:
                    self._strings.append(b"")
            case "size":
                self._letters, self._size = self._font(token["font"]), float(token["size"])
            case "saves":
                self._saved.append((self._place, self._letters, self._size))
            case "restores":
                if self._saved:
                    self._place, self._letters, self._size = self._saved.pop()
            case "turns":
                self._place = _product(_numbers(self._before(token), 6), self._place)
            case "begins":
                self._line = _AS_IT_IS
            case "places":
                self._line = _numbers(self._before(token), 6)
            case "moves":
                self._line = _product(_numbers(self._before(token), 2), self._line)
            case "breaks":
                self._line = _product((1, 0, 0, 1, 0, -2 * self._size), self._line)


def _numbers(operands: bytes, count: int) -> _Matrix:
    """The last numbers of what stands before an operator, as a matrix; two are the last two of it."""
    try:
        found = tuple(map(float, operands.split()[-count:]))
        a, b, c, d, e, f = found if count == 6 else (*_AS_IT_IS[:4], *found)
    except ValueError as error:
        raise _UnknownError from error
    return a, b, c, d, e, f


def _product(first: Any, then: _Matrix) -> _Matrix:
    a, b, c, d, e, f = first
    p, q, r, s, t, u = then
    return a * p + b * r, a * q + b * s, c * p + d * r, c * q + d * s, e * p + f * r + t, e * q + f * s + u


_RIGHT_TO_LEFT: Final = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")


def _strings(codes: bytes) -> list[bytes]:
    """The strings of an array, an empty one where they stand apart."""
    strings = []
    for part in _SAID.finditer(codes):
        if part[1] is not None:
            strings.append(unescaped(part[1]))
        elif float(part[0]) < _GAP:
            strings.append(b"")
    return strings


def _said(strings: list[bytes], letters: _Letters) -> tuple[str, str]:
    """The words of strings in the codes of a font, and mirrored; none where there is not one code."""
    if not any(strings):
        return "", ""
    table, words = letters.table, [string.decode(letters.packing, "surrogatepass") for string in strings]
    text = mirrored = "".join(word.translate(table) if word else " " for word in words)
    if _RIGHT_TO_LEFT.search(text):
        mirrored = "".join(
            "".join(table.get(ord(code), code) for code in reversed(word)) or " " for word in reversed(words)
        )
    return text, mirrored


def _run(said: tuple[str, str], place: _Matrix, size: float) -> _Run:
    scale = math.hypot(place[0], place[1]) or 1.0
    return _Run(*said, place[4], place[5], (place[0] / scale, place[1] / scale), abs(size) * scale)


def _from_hex(digits: bytes) -> bytes:
    digits = b"".join(digits.split())
    return bytes.fromhex((digits + b"0" * (len(digits) % 2)).decode("ascii"))


def _at(holder: Any, key: str) -> Any:
    found = holder.get(key) if hasattr(holder, "get") else None
    return found.get_object() if found is not None else None


def _pdf_name(raw: bytes) -> str:
    plain = re.sub(rb"#([0-9A-Fa-f]{2})", lambda m: bytes.fromhex(m[1].decode("ascii")), raw)
    return "/" + plain.decode("utf-8", "replace")


# Fonts


def _letters(resources: Any, name: bytes, known: dict[int, Any]) -> _Letters | None:
    fonts = _at(resources, "/Font")
    reference = fonts.raw_get(_pdf_name(name)) if fonts is not None and _pdf_name(name) in fonts else None
    number = getattr(reference, "idnum", None)
    if number is None:
        return _read_letters(reference)
    if number not in known:
        known[number] = _read_letters(_at(fonts, _pdf_name(name)))
    letters: _Letters | None = known[number]
    return letters


_SPACE_RANGE: Final = re.compile(rb"begincodespacerange\s*<([0-9A-Fa-f]+)>")
_SINGLES: Final = re.compile(rb"beginbfchar(.*?)endbfchar", re.DOTALL)
_RANGES: Final = re.compile(rb"beginbfrange(.*?)endbfrange", re.DOTALL)
_PAIR: Final = re.compile(rb"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f\s]*)>")
_RANGE: Final = re.compile(rb"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>\s*(?:<([0-9A-Fa-f\s]*)>|\[([^\]]*)\])")


def _read_letters(font: Any) -> _Letters | None:
    """The letters of a font by its table `ToUnicode`; None for a font without one."""
    stream = _at(font, "/ToUnicode")
    if stream is None or not hasattr(stream, "get_data"):
        return None
    cmap: bytes = stream.get_data()
    space = _SPACE_RANGE.search(cmap)
    width = len(space[1]) // 2 if space else 2 if _at(font, "/Subtype") == "/Type0" else 1
    if width not in (1, 2) or b"usecmap" in cmap:
        return None
    table: dict[int, str] = {}
    for block in _SINGLES.findall(cmap):
        table.update((int(code, 16), _utf16(text)) for code, text in _PAIR.findall(block))
    for block in _RANGES.findall(cmap):
        for low, high, first, each in _RANGE.findall(block):
            codes = range(int(low, 16), min(int(high, 16), int(low, 16) + 0xFFFF) + 1)
            texts = re.findall(rb"<([0-9A-Fa-f\s]*)>", each)
            if texts:
                table.update(zip(codes, map(_utf16, texts), strict=False))
            elif begin := _utf16(first):
                table.update((code, begin[:-1] + chr(ord(begin[-1]) + n)) for n, code in enumerate(codes))
    return _Letters("utf-16-be" if width == 2 else "latin-1", table, {})


def _utf16(digits: bytes) -> str:
    return _from_hex(digits).decode("utf-16-be", "replace")


# Strings beside the pages

_PART: Final = re.compile(rb"\\.|[()]", re.DOTALL)
_ESCAPED: Final = re.compile(rb"\\(?:([0-7]{1,3})|(\r?\n)|(.))", re.DOTALL)
_OCTAL: Final = {rb"\%03o" % code: bytes([code]) for code in range(256)}
_ESCAPES: Final = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


def read_literal(data: bytes, at: int) -> tuple[bytes, int]:
    """A string in parentheses that begins at `at`, and where it ends. ISO 32000-1, 7.3.4.2."""
    depth, end = 1, len(data)
    for part in _PART.finditer(data, at):
        depth += (part[0] == b"(") - (part[0] == b")")
        if not depth:
            end = part.start()
            break
    return unescaped(data[at:end]), end + 1


def unescaped(raw: bytes) -> bytes:
    """What stands between the parentheses of a string, its escapes undone."""
    if b"\\\\" not in raw:
        raw = raw.replace(b"\\000", b"\0")  # the first half of most codes
    return _ESCAPED.sub(_plain_byte, raw) if b"\\" in raw else raw


def _plain_byte(match: re.Match[bytes]) -> bytes:
    # Asked for every other letter of a page: looked up before it is taken apart.
    if (known := _OCTAL.get(match[0])) is not None:
        return known
    if match[1]:
        return bytes([int(match[1], 8) & 0xFF])
    return _ESCAPES.get(match[3], match[3]) if match[3] else b""


def text_string(raw: bytes) -> str:
    """A string that is text and not codes of a font: UTF-16 where it says so, or one byte a letter."""
    if raw.startswith(b"\xfe\xff"):
        return raw[2:].decode("utf-16-be", "replace")
    return raw.removeprefix(b"\xef\xbb\xbf").decode(
        "utf-8" if raw[:3] == b"\xef\xbb\xbf" else "latin-1", "replace"
    )


_STREAM: Final = re.compile(rb"\bstream\r?\n.*?\bendstream\b", re.DOTALL)
_OBJECT: Final = re.compile(rb"(\d+)\s+\d+\s+obj\s*<<")
_FACTS: Final = re.compile(rb"/Type\s*/Metadata\b")
_STRING: Final = re.compile(rb"(?P<literal>\()|<(?P<hex>[0-9A-Fa-f\s]+)>")


def strings_beside(data: bytes, reader: PdfReader) -> Iterator[str]:
    """Every string of every object: bookmarks, words in place of figures, titles, names, and XMP."""
    from pypdf.generic import IndirectObject

    for number in _facts(data):
        stream: Any = IndirectObject(number, 0, reader).get_object()
        yield stream.get_data().decode("utf-8", "replace")
    plain = _STREAM.sub(b"", data)
    at = 0
    while found := _STRING.search(plain, at):
        at = found.end()
        if found["hex"]:
            yield text_string(_from_hex(found["hex"]))
        else:
            literal, at = read_literal(plain, at)
            yield text_string(literal)


def _facts(data: bytes) -> Iterator[int]:
    """The numbers of the objects that hold facts about the document, as XMP."""
    for found in _FACTS.finditer(data):
        begins = data.rfind(b"obj", 0, found.start())
        heads = list(_OBJECT.finditer(data, max(0, begins - 30), found.start()))
        if heads and heads[-1].end() > begins and b"stream" not in data[begins : found.start()]:
            yield int(heads[-1][1])
