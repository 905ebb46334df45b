"""Which font files a report needs, what they lack, and their used glyphs as web fonts.

Source Sans Pro sets the text and DejaVu Sans Mono, which Typst carries, the listings. Characters
beyond them are looked for in the optional font packages, then in the folders the caller names,
then among the system's fonts. What still has no glyph is written out, as [U+65E5] or [fire].
"""

from __future__ import annotations

import base64
import io
import os
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from pmkit.errors import RenderError

SANS: Final = "Source Sans Pro"
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


def _font(path: Path, index: int = 0) -> Any:
    from fontTools.ttLib import TTFont

    number = index if path.suffix.lower() in (".ttc", ".otc") else -1
    return TTFont(path, lazy=True, fontNumber=number, recalcTimestamp=False)


def _cmap(path: Path, index: int = 0) -> Mapping[int, str]:
    from fontTools.ttLib import TTLibError

    try:
        with _font(path, index) as font:
            return dict(font.getBestCmap() or {})
    except (OSError, TTLibError, AssertionError, KeyError):
        return {}  # a damaged font of the system is as good as none


# ------------------------------------------------------------------ coverage


@dataclass(frozen=True)
class Coverage:
    """The fonts for one report: files beside Typst's own, families in order, characters lacking."""

    files: tuple[Path, ...]
    families: tuple[str, ...]
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
    files = [sans_file(face) for face in FACES] + [sans_file("SemiboldIt")]
    wanted = set(text) - _IGNORED - set(map(chr, range(0x7F)))
    # italic and bold have fewer letters than regular; what any lacks, another family must have
    for file in files:
        if wanted:
            lacking = {char for char in wanted if ord(char) not in _cmap(file)}
            if file is files[0]:
                beyond = lacking
            else:
                beyond |= lacking
    missing = beyond if wanted else set()
    families = [SANS]
    in_mono = missing - _mono_lacks(missing) if missing else set()
    scripts = missing - in_mono
    joining = {char for char in missing if unicodedata.bidirectional(char) in ("R", "AL", "NSM")}
    scripts |= joining  # DejaVu Sans Mono sets Arabic letter by letter: a last resort
    for path, index in _candidates(font_paths):
        if not scripts:
            break
        has = {char for char in scripts if ord(char) in _cmap(path, index)}
        if has:
            files.append(path)
            scripts -= has
    return Coverage(tuple(files), tuple(families), frozenset(scripts - in_mono))


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
        self._advances: dict[str, dict[str, float]] = {}
        for face in ("Regular", "Semibold"):
            with _font(sans_file(face)) as font:
                unit, widths = font["head"].unitsPerEm, font["hmtx"].metrics
                self._advances[face] = {
                    chr(code): widths[glyph][0] / unit for code, glyph in font.getBestCmap().items()
                }

    def length(self, text: str, *, bold: bool = False, mono: bool = False) -> float:
        """Length of one line in em."""
        if mono:
            return sum(1.0 if _is_wide(char) else 0.602 for char in text)
        advances = self._advances["Semibold" if bold else "Regular"]
        return sum(advances.get(char) or (1.0 if _is_wide(char) else 0.65) for char in text)


def _is_wide(char: str) -> bool:
    return not char.isascii() and unicodedata.east_asian_width(char) in ("W", "F")


# ------------------------------------------------------------------ web fonts

# Always there, so that a chart's own numbers and a reader's hover text have their glyphs.
_ALWAYS: Final = {*range(0x20, 0x7F), *range(0xA0, 0x100), *map(ord, "–—‘’“”•…→←↑↓−×≥≤µ")}


def web_fonts(text: str, faces: Iterable[str]) -> dict[str, bytes]:
    """The faces reduced to the glyphs of the text, as WOFF files, by name of the face."""
    from fontTools import subset

    codes = {ord(char) for char in set(text)} | _ALWAYS
    out = {}
    for face in faces:
        options = subset.Options(
            flavor="woff",
            hinting=False,
            layout_features=["kern", "ccmp", "mark", "mkmk"],
            name_IDs=[1, 2],
            notdef_outline=True,
            recalc_timestamp=False,
            drop_tables=["DSIG", "GSUB", "BASE", "FFTM", "gasp", "cvt ", "fpgm", "prep"],
        )
        with _font(sans_file(face)) as font:
            subsetter = subset.Subsetter(options)
            subsetter.populate(unicodes=codes)
            subsetter.subset(font)
            font.flavor = "woff"
            file = io.BytesIO()
            font.save(file)
        out[face] = file.getvalue()
    return out


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
