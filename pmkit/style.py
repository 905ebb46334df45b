"""A team's own report template: sections, order, words, logo and colours, read from a folder of its own."""

from __future__ import annotations

import base64
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from pmkit.errors import TemplateError
from pmkit.template import SECTIONS

FILE: Final = "report.toml"
NOTEBOOK: Final = "postmortem.ipynb"
# What may have a colour of its own, in the light look; the dark one keeps its own, which are legible there.
COLOURS: Final = ("accent", "ink", "muted", "line", "good", "warn", "bad", "info")
_LOGOS: Final = {".svg": "image/svg+xml", ".png": "image/png", ".jpg": "image/jpeg"}
_LARGEST: Final = 500_000  # bytes of a logo: it stands in every page
_COLOUR: Final = re.compile(r"#[0-9a-fA-F]{6}")
_KINDS: Final = {"sections": list, "words": dict, "glossary": dict, "logo": str, "colours": dict, "lang": str}


@dataclass(frozen=True)
class ReportTemplate:
    """What a team's own template says; what it does not say is as it ships.

    `words` are phrases of the report in English, each with what the team says; `logo` is the image as a
    `data:` address, and `notebook` the team's own notebook, if the folder holds one.
    """

    sections: tuple[str, ...] = ()
    words: Mapping[str, str] = field(default_factory=dict)
    glossary: Mapping[str, str] = field(default_factory=dict)
    logo: str = ""
    colours: Mapping[str, str] = field(default_factory=dict)
    lang: str = ""
    notebook: Path | None = None

    def to_metadata(self) -> dict[str, Any]:
        """What the executed notebook carries of it, so that every format made of it looks alike."""
        told: dict[str, Any] = {
            "words": self.words,
            "glossary": self.glossary,
            "logo": self.logo,
            "colours": self.colours,
        }
        return {
            name: value if isinstance(value, str) else dict(value) for name, value in told.items() if value
        }


def read_report_template(folder: Path) -> ReportTemplate:
    """The template in the folder: `report.toml`, its logo, and a `postmortem.ipynb` if there is one.

    Raises `TemplateError` naming the file, the key, what was expected and what was found.
    """
    path = folder / FILE
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise TemplateError(f"{folder}: expected a report template, with {FILE} in it") from error
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise TemplateError(f"{path}: {error}") from error
    for key, value in told.items():
        if key not in _KINDS:
            raise TemplateError(f"{path}: unknown key `{key}`; known are {', '.join(_KINDS)}")
        if not isinstance(value, _KINDS[key]):
            raise TemplateError(
                f"{path}: `{key}`: found {value!r}, which is of another kind; see docs/editions.md"
            )
    notebook = folder / NOTEBOOK
    return ReportTemplate(
        sections=_sections(path, told.get("sections", [])),
        words=_phrases(path, told.get("words", {})),
        glossary=_texts(path, "glossary", told.get("glossary", {})),
        logo=_logo(path, told["logo"]) if told.get("logo") else "",
        colours=_colours(path, told.get("colours", {})),
        lang=told.get("lang", ""),
        notebook=notebook if notebook.is_file() else None,
    )


def _sections(path: Path, names: list[Any]) -> tuple[str, ...]:
    unknown = [name for name in names if name not in SECTIONS]
    if unknown:
        raise TemplateError(f"{path}: `sections`: unknown {unknown[0]!r}; known are {', '.join(SECTIONS)}")
    return tuple(dict.fromkeys(names))


def _phrases(path: Path, words: Mapping[str, Any]) -> dict[str, str]:
    from pmkit.language import english_phrases

    own = _texts(path, "words", words)
    known = set(english_phrases())
    for english, said in own.items():
        if english not in known:
            raise TemplateError(
                f"{path}: `words`: the report never says {english!r}; its phrases stand in "
                "report_templates/languages/en.toml"
            )
        places = set(re.findall(r"\{\w+\}", english))
        if not set(re.findall(r"\{\w*\}", said)) <= places or said.count("{") != said.count("}"):
            raise TemplateError(f"{path}: `words`: {said!r} has a place that {english!r} has not")
    return own


def _texts(path: Path, key: str, told: Mapping[str, Any]) -> dict[str, str]:
    for name, value in told.items():
        if not isinstance(value, str) or not value.strip():
            raise TemplateError(f"{path}: `{key}`: {name!r}: expected text, found {value!r}")
    return dict(told)


def _logo(path: Path, name: str) -> str:
    file = path.parent / name
    mime = _LOGOS.get(file.suffix.lower())
    if mime is None:
        raise TemplateError(f"{path}: `logo`: expected a name ending in {', '.join(_LOGOS)}, found {name!r}")
    if path.parent.resolve() not in file.resolve().parents:
        raise TemplateError(
            f"{path}: `logo`: {name!r} lies outside the template's folder; put it beside {FILE}"
        )
    try:
        data = file.read_bytes()
    except OSError as error:
        raise TemplateError(f"{path}: `logo`: {file} cannot be read: {error.strerror}") from error
    if len(data) > _LARGEST:
        raise TemplateError(f"{path}: `logo`: {len(data):,} bytes; expected at most {_LARGEST:,}")
    return f"data:{mime};base64,{base64.b64encode(data).decode('ascii')}"


def _colours(path: Path, told: Mapping[str, Any]) -> dict[str, str]:
    for name, value in told.items():
        if name not in COLOURS:
            raise TemplateError(f"{path}: `colours`: unknown {name!r}; known are {', '.join(COLOURS)}")
        if not isinstance(value, str) or not _COLOUR.fullmatch(value):
            raise TemplateError(f'{path}: `colours`: {name}: expected one as "#1f4f9e", found {value!r}')
        if name != "line" and contrast_with_white(value) < 4.5:
            raise TemplateError(
                f"{path}: `colours`: {name} {value} cannot be read on white (contrast "
                f"{contrast_with_white(value):.1f} to 1); take a darker one, of at least 4.5 to 1"
            )
    return dict(told)


def contrast_with_white(colour: str) -> float:
    """How well a colour of six digits stands out from white, after WCAG: from 1 to 21."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 1.05 / (0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2] + 0.05)
