"""Which font files a report needs, what they lack, and their used glyphs as web fonts.

Source Sans Pro sets the text and DejaVu Sans Mono, which Typst carries, the listings. Characters
beyond them are looked for in the optional font packages, then in the folders the caller names,
then among the system's fonts. What still has no glyph is written out, as [U+65E5] or [fire].
"""

from __future__ import annotations

import base64
import functools
import io
import os
import re
import struct
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any, BinaryIO, Final

from pmkit.errors import RenderError

SANS: Final = "Source Sans Pro"
EAST_ASIAN: Final = "Noto Sans CJK JP"
_EAST_ASIAN: Final = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff]")
MONO: Final = "DejaVu Sans Mono"  # embedded in Typst
FACES: Final = {
    "Regular": (400, "normal"),
    "Semibold": (600, "normal"),
    "Bold": (700, "normal"),
    "It": (400, "italic"),
}
_IGNORED: Final = frozenset("\n\t\r \u00a0\u200b\u200c\u200d\ufe0e\ufe0f")
_FONT_KINDS: Final = (".ttf", ".otf", ".ttc", ".otc")


def sans_file(face: str) -> Path:
    """A file of the Source Sans Pro package, by the name of its face."""
    folder = _package_folder("font_source_sans_pro")
    path = folder / "files" / f"SourceSansPro-{face}.ttf" if folder else None
    if path is None or not path.is_file():
        raise RenderError("font-source-sans-pro is missing; install pmkit again.")
    return path


def _package_folder(name: str) -> Path | None:
    spec = find_spec(name)
    places = list(spec.submodule_search_locations or ()) if spec else []
    return Path(places[0]) if places else None


def read_codes(path: Path, index: int = 0) -> frozenset[int]:
    """The code points a font file has glyphs for; none if the file is damaged.

    Reads the `cmap` table alone (formats 4, 6 and 12), which takes a millisecond where building
    all glyph names of a large font takes a second.
    """
    try:
        with path.open("rb") as file:
            cmap = _table(file, b"cmap", index)
        best = max(_subtables(cmap), key=lambda start: _U16.unpack_from(cmap, start)[0] == 12)
        return frozenset(_FORMATS[_U16.unpack_from(cmap, best)[0]](cmap, best))
    except (OSError, struct.error, KeyError, ValueError):
        return frozenset()  # a damaged font of the system is as good as none


_U16: Final = struct.Struct(">H")


def _table(file: BinaryIO, tag: bytes, index: int) -> bytes:
    """One table of a font file, also of a collection. https://learn.microsoft.com/typography/opentype/spec"""
    start = 0
    if file.read(4) == b"ttcf":
        file.seek(12 + 4 * index)
        (start,) = struct.unpack(">L", file.read(4))
    file.seek(start + 4)
    (count,) = struct.unpack(">H", file.read(2))
    file.seek(start + 12)
    records = file.read(16 * count)
    for name, _, offset, length in struct.iter_unpack(">4sLLL", records):
        if name == tag:
            file.seek(offset)
            return file.read(length)
    raise KeyError(tag)


def _subtables(cmap: bytes) -> list[int]:
    """Where the subtables for Unicode begin."""
    (count,) = _U16.unpack_from(cmap, 2)
    records = [struct.unpack_from(">HHL", cmap, 4 + 8 * number) for number in range(count)]
    return [
        start
        for platform, encoding, start in records
        if (platform == 0 or (platform == 3 and encoding in (1, 10)))
        and _U16.unpack_from(cmap, start)[0] in _FORMATS
    ]


def _codes_of_format_4(cmap: bytes, at: int) -> Iterator[int]:
    (double,) = _U16.unpack_from(cmap, at + 6)
    count = double // 2
    ends = struct.unpack_from(f">{count}H", cmap, at + 14)
    starts = struct.unpack_from(f">{count}H", cmap, at + 16 + double)
    deltas = struct.unpack_from(f">{count}H", cmap, at + 16 + 2 * double)
    ranges_at = at + 16 + 3 * double
    offsets = struct.unpack_from(f">{count}H", cmap, ranges_at)
    for number, (start, end, delta, offset) in enumerate(zip(starts, ends, deltas, offsets, strict=True)):
        for code in range(start, min(end, 0xFFFE) + 1):
            glyph = code
            if offset:
                (glyph,) = _U16.unpack_from(cmap, ranges_at + 2 * number + offset + 2 * (code - start))
            if glyph and (glyph + delta) & 0xFFFF:
                yield code


def _codes_of_format_6(cmap: bytes, at: int) -> Iterator[int]:
    first, count = struct.unpack_from(">HH", cmap, at + 6)
    glyphs = struct.unpack_from(f">{count}H", cmap, at + 10)
    return (first + number for number, glyph in enumerate(glyphs) if glyph)


def _codes_of_format_12(cmap: bytes, at: int) -> Iterator[int]:
    (count,) = struct.unpack_from(">L", cmap, at + 12)
    for number in range(count):
        start, end, _ = struct.unpack_from(">LLL", cmap, at + 16 + 12 * number)
        yield from range(start, min(end, 0x10FFFF) + 1)


_FORMATS: Final = {4: _codes_of_format_4, 6: _codes_of_format_6, 12: _codes_of_format_12}


# ------------------------------------------------------------------ coverage


@dataclass(frozen=True)
class Coverage:
    """The fonts for one report: files beside Typst's own, and characters that none of them has."""

    files: tuple[Path, ...]
    missing: frozenset[str]

    def written_out(self, text: str) -> str:
        """The text with every character that has no glyph written out."""
        if not self.missing or self.missing.isdisjoint(text):
            return text
        return self._pattern.sub(lambda found: name_of(found[1]), text)

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        lacking = "".join(map(re.escape, sorted(self.missing)))
        # what follows as variation, skin tone or joiner goes with it
        return re.compile(f"([{lacking}])[\ufe0e\ufe0f\u200d\U0001f3fb-\U0001f3ff]*")


def name_of(char: str) -> str:
    """How a character without a glyph is written: an emoji by its name, others by number."""
    name = unicodedata.name(char, "")
    is_symbol = unicodedata.category(char) == "So" and ord(char) >= 0x2190
    return f"[{name.lower()}]" if is_symbol and name else f"[U+{ord(char):04X}]"


def cover(text: str, font_paths: Sequence[Path | str] = ()) -> Coverage:
    """Find fonts for every character of the text.

    `font_paths` are font files or folders of the caller. The system's fonts are asked last, and
    only for what nothing else has.
    """
    files = [sans_file(face) for face in (*FACES, "SemiboldIt")]
    missing = set(text) - _IGNORED - set(map(chr, range(0x7F)))
    if missing:
        # italic and bold have fewer letters than regular; what any lacks, another family must have
        own = frozenset.intersection(*map(read_codes, files))
        missing = {char for char in missing if ord(char) not in own}
    in_mono = missing - _mono_lacks(missing) if missing else set()
    # DejaVu Sans Mono sets Arabic letter by letter: for scripts that join it is the last resort
    joining = {char for char in missing if unicodedata.bidirectional(char) in ("R", "AL", "NSM")}
    wanted = missing - in_mono | joining
    for path, index in _candidates(font_paths):
        if not wanted:
            break
        codes = read_codes(path, index)
        if found := {char for char in wanted if ord(char) in codes}:
            files.append(path)
            wanted -= found
    return Coverage(tuple(files), frozenset(wanted - in_mono))


def _candidates(font_paths: Sequence[Path | str]) -> Iterable[tuple[Path, int]]:
    """Font files to look into, the likeliest first; the large ones only when it comes to them."""
    if folder := _package_folder("manimgx_fonts"):
        order = ("NotoSans[", "NotoSansArabic", "NotoSansHebrew", "NotoEmoji", "NotoSansSymbols")
        found = sorted(folder.glob("*.ttf"))
        first = [path for name in order for path in found if path.name.startswith(name)]
        rest = [path for path in found if path not in first and "Italic" not in path.name]
        yield from ((path, 0) for path in first + rest)
    if folder := _package_folder("noto_cjk_sans_jp_regular"):
        yield from ((path, 0) for path in sorted(folder.glob("*.otf")))
    for place in map(Path, font_paths):
        if not place.exists():
            raise RenderError(f"{place}: no such font file or folder.")
        inside = sorted(place.rglob("*")) if place.is_dir() else [place]
        yield from ((path, 0) for path in inside if path.suffix.lower() in _FONT_KINDS)
    yield from _system_fonts()


def _system_fonts() -> list[tuple[Path, int]]:
    import typst

    fonts = typst.Fonts(include_system_fonts=True, include_embedded_fonts=False)
    return sorted(
        (Path(info.path), info.index)
        for info in fonts.fonts()
        if info.path and info.style == "normal" and info.weight == 400
    )


def _mono_lacks(chars: Iterable[str]) -> set[str]:
    """The characters that Typst's own monospaced face lacks: asked of Typst, in 3 ms."""
    import json

    import typst

    source = (
        '#set document(title: "glyphs")\n'
        f'#set text(font: "{MONO}", fallback: false)\n'
        "#for c in json(bytes(sys.inputs.chars)) { text(c); parbreak() }"
    )
    try:
        typst.compile_with_warnings(
            source.encode(),
            font_paths=typst.Fonts(include_system_fonts=False),
            pdf_standards=["ua-1"],
            timestamp=0,
            sys_inputs={"chars": json.dumps(sorted(chars))},
        )
    except typst.TypstError as error:
        return lacking_glyphs(error.diagnostic)
    return set()


def lacking_glyphs(diagnostic: str) -> set[str]:
    """The characters that a Typst diagnostic says no font has."""
    lacking: set[str] = set()
    for words in re.findall(r'the text `"(.+?)"` could not be displayed', diagnostic):
        shown = re.sub(r"\\u\{([0-9a-f]+)\}", lambda found: chr(int(found[1], 16)), words)
        lacking.update(set(shown) - _IGNORED)
    return lacking


def gather(files: Iterable[Path], folder: Path) -> None:
    """Put the files into a folder of their own: Typst takes folders, and these ones alone."""
    for number, file in enumerate(files):
        beside = folder / f"{number:03}{file.suffix.lower()}"
        try:
            beside.symlink_to(file.resolve())
        except OSError:  # Windows without the privilege
            try:
                os.link(file, beside)
            except OSError:
                beside.write_bytes(file.read_bytes())


def families_of(folder: Path) -> tuple[Any, tuple[str, ...]]:
    """Typst's view of the folder of fonts, and its families in the order they are asked."""
    import typst

    fonts = typst.Fonts(include_system_fonts=False, font_paths=[folder])
    names: list[str] = []
    own = {"Libertinus Serif", "New Computer Modern", "New Computer Modern Math", MONO, SANS}
    for info in fonts.fonts():
        if info.path and info.family not in own and info.family not in names:
            names.append(info.family)
    return fonts, (SANS, *sorted(names, key=_by_script), MONO)


def _by_script(family: str) -> tuple[bool, bool, str]:
    """Letters before pictures, and small fonts before the large one."""
    return ("CJK" in family, "Emoji" in family, family)


# ------------------------------------------------------------------ lengths


class Ruler:
    """How long text is, in em, in the face it will be set in."""

    def __init__(self) -> None:
        from fontTools.ttLib import TTFont

        self._advances: dict[str, _Advances] = {}
        for face in ("Regular", "Semibold"):
            with TTFont(sans_file(face), lazy=True) as font:
                unit, widths = font["head"].unitsPerEm, font["hmtx"].metrics
                known = {chr(code): widths[glyph][0] / unit for code, glyph in font.getBestCmap().items()}
                self._advances[face] = _Advances(
                    {char: width for char, width in known.items() if width}, 0.65
                )
        self._mono = _Advances({}, 0.602)

    def length(self, text: str, *, bold: bool = False, mono: bool = False) -> float:
        """Length of one line in em."""
        advances = self._mono if mono else self._advances["Semibold" if bold else "Regular"]
        return sum(map(advances.__getitem__, text))


class _Advances(dict[str, float]):
    """How far each character leads, in em; of those that the font lacks, by how wide they are elsewhere."""

    def __init__(self, known: Mapping[str, float], usual: float) -> None:
        super().__init__(known)
        self._usual = usual

    def __missing__(self, char: str) -> float:
        self[char] = width = 1.0 if _is_wide(char) else self._usual
        return width


def _is_wide(char: str) -> bool:
    return not char.isascii() and unicodedata.east_asian_width(char) in ("W", "F")


# ------------------------------------------------------------------ web fonts

# Always there, so that a chart's own numbers and a reader's hover text have their glyphs.
_ALWAYS: Final = {*range(0x20, 0x7F), *range(0xA0, 0x100), *map(ord, "–—‘’“”•…→←↑↓−×≥≤µ")}
_RUN: Final = 64  # characters side by side that are taken together


def character_runs(text: str) -> frozenset[int]:
    """The runs of characters that the text touches: most reports touch the same, and so share their fonts."""
    return frozenset(code // _RUN for code in {ord(char) for char in set(text)} | _ALWAYS)


@functools.lru_cache(maxsize=8)
def web_fonts(runs: frozenset[int], faces: tuple[str, ...]) -> dict[str, bytes]:
    """The faces reduced to the glyphs of those runs of characters, as WOFF files, by name of the face."""
    from fontTools import subset
    from fontTools.ttLib import TTFont, newTable

    codes = [run * _RUN + place for run in sorted(runs) for place in range(_RUN)]
    out = {}
    for face in faces:
        options = subset.Options(
            flavor="woff",
            hinting=False,
            layout_features=["kern", "mark"],
            notdef_outline=True,
            recalc_timestamp=False,
            drop_tables=["DSIG", "GSUB", "BASE", "FFTM", "gasp", "cvt ", "fpgm", "prep", "name"],
        )
        with TTFont(sans_file(face), lazy=True, recalcTimestamp=False) as font:
            subsetter = subset.Subsetter(options)
            subsetter.populate(unicodes=codes)
            subsetter.subset(font)
            font["name"] = names = newTable("name")  # browsers refuse a font without
            names.names = []
            names.setName(SANS, 1, 3, 1, 0x409)
            font.flavor = "woff"
            file = io.BytesIO()
            font.save(file)
        out[face] = file.getvalue()
    return out


def east_asian(text: str) -> str:
    """The Chinese and Japanese characters of a text, each once, in order."""
    return "".join(sorted(char for char in set(text) if _EAST_ASIAN.fullmatch(char)))


@functools.lru_cache(maxsize=8)
def east_asian_face(chars: str) -> str:
    """CSS that embeds just these characters; "" where none are asked for, or no font is at hand.

    A reader in Japan has them; on other machines a page without shows boxes.
    """
    folder = _package_folder("noto_cjk_sans_jp_regular")
    if not chars or folder is None:
        return ""
    from fontTools import subset
    from fontTools.ttLib import TTFont, newTable

    tables = ["DSIG", "GSUB", "GPOS", "BASE", "VORG", "vhea", "vmtx", "gasp", "name"]
    options = subset.Options(
        flavor="woff", hinting=False, layout_features=[], recalc_timestamp=False, drop_tables=tables
    )
    with TTFont(min(folder.glob("*.otf")), lazy=True, recalcTimestamp=False) as font:
        subsetter = subset.Subsetter(options)
        subsetter.populate(unicodes=map(ord, chars))
        subsetter.subset(font)
        font["name"] = names = newTable("name")
        names.names = []
        names.setName(EAST_ASIAN, 1, 3, 1, 0x409)
        font.flavor = "woff"
        file = io.BytesIO()
        font.save(file)
    source = base64.b64encode(file.getvalue()).decode("ascii")
    return f'@font-face{{font-family:"{EAST_ASIAN}";src:url(data:font/woff;base64,{source}) format("woff")}}'


def font_faces(files: Mapping[str, bytes]) -> str:
    """CSS that embeds the web fonts."""
    rules = []
    for face, data in files.items():
        weight, style = FACES[face]
        source = base64.b64encode(data).decode("ascii")
        rules.append(
            f'@font-face{{font-family:"{SANS}";font-weight:{weight};font-style:{style};'
            f'src:url(data:font/woff;base64,{source}) format("woff")}}'
        )
    return "\n".join(rules)
