"""The fixed words of reports in other languages, as data; and how dates and numbers are written there."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from pmkit.errors import TemplateError
from pmkit.template import report_templates

MONTHS: Final = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
    "November", "December",
)  # fmt: skip
_SHORT: Final = {name[:3]: place for place, name in enumerate(MONTHS)}

# What a placeholder of a phrase may stand for; a figure behind its name tells two of a kind apart.
_DAY: Final = rf"\d{{1,2}} (?:{'|'.join(MONTHS)}|{'|'.join(_SHORT)})(?: \d{{4}})?"
_CLOCK: Final = r"\d{2}:\d{2}(?::\d{2})?"
_KINDS: Final = {
    "day": _DAY,
    "time": rf"(?:{_DAY},? )?{_CLOCK}|{_DAY}|unknown",
    "stamp": rf"\d{{4}}-\d{{2}}-\d{{2}}(?: {_CLOCK})?",
    "duration": r"(?:\d+ h)?(?: ?\d+ min)?(?: ?\d+ s)?",
    "span": r"(?:\d+ hours?)?(?: ?\d+ minutes?)?|less than a minute",
    "n": r"[+-]?\d[\d,]*(?:\.\d+)?",
    "words": r".+?",
    "list": r".+?",
    "effects": r".+?",
    "text": r".+?",
}
_LOOSE: Final = ("words", "list", "effects", "text")  # these fit anything, and so are tried last
_INNER: Final = ("{text} leads to {list}", "{text} by {text2}", "{text} → {words}", "{list} and {list2}")
_PLACEHOLDER: Final = re.compile(r"\{([a-z]+)(\d*)\}")


@dataclass(frozen=True)
class Language:
    """A language of the report's fixed words.

    `phrases` are what the report says in English, each with what it says here; a phrase may hold places for a
    day, a time, a number. `is_complete` is False for a catalogue that lacks some: these stay in English, and
    the export says so.
    """

    code: str
    name: str
    direction: str = "ltr"
    is_complete: bool = True
    months: tuple[str, ...] = MONTHS
    short_months: tuple[str, ...] = tuple(_SHORT)
    long_day: str = "{day} {month} {year}"
    short_day: str = "{day} {month} {year}"
    day_of_year: str = "{day} {month}"
    chart_day: str = "%d %b"
    chart_date: str = "%d %b %Y"
    duration: Mapping[str, str] = field(
        default_factory=lambda: {"h": "{n} h", "min": "{n} min", "s": "{n} s"}
    )
    span: Mapping[str, str] = field(default_factory=dict)
    decimal: str = "."
    thousands: str = ","
    comma: str = ", "
    phrases: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_plain_english(self) -> bool:
        """Whether there is nothing to be said otherwise."""
        return self.code == "en" and not self.phrases

    def with_phrases(self, own: Mapping[str, str]) -> Language:
        """The same language in a team's own words, where it has any."""
        return replace(self, phrases={**self.phrases, **own}) if own else self

    def say(self, english: str, **values: object) -> str:
        """A phrase of the report itself, with its values filled in."""
        shown = {name: self._number(str(v)) if isinstance(v, int) else v for name, v in values.items()}
        return str(self.phrases.get(english, english)).format(**shown)

    def tell(self, english: str, *, inner: bool = False) -> str:
        """What the report said in English, here; as it is where no phrase fits.

        `inner` tries also what only stands inside of other phrases, as `F1 → impact`: it fits too much else.
        """
        if not english.strip():
            return english
        if english in self.phrases:
            return str(self.phrases[english])
        for form, names, phrase in (*self._forms, *(self._inner_forms if inner else ())):
            found = form.fullmatch(english)
            if found and all(found[name] in self.phrases for name in names if name.startswith("words")):
                told = {name: self._value(name.rstrip("0123456789"), found[name]) for name in names}
                return str(phrase.format(**told))
        return english

    def tell_lines(self, english: str, separator: str = "\n") -> str:
        """Several phrases, each by itself."""
        return separator.join(self.tell(part) for part in english.split(separator))

    def knows(self, english: str) -> bool:
        """Whether some phrase fits."""
        return english in self.phrases or self.tell(english) != english

    def day(self, english: str) -> str:
        """`3 Nov 2026`, `3 November 2026` or `3 Nov` as it is written here."""
        number, month, *year = english.split()
        place = _SHORT[month[:3]]
        is_long = month in MONTHS and len(month) > 3
        names = self.months if is_long else self.short_months
        form = (self.long_day if is_long else self.short_day) if year else self.day_of_year
        return form.format(day=number, month=names[place], year=year[0] if year else "", number=place + 1)

    def day_and_time(self, english: str) -> str:
        """`3 November, 08:41` or `08:41` as it is written here."""
        return self._time(english)

    @cached_property
    def _forms(self) -> list[tuple[re.Pattern[str], list[str], str]]:
        """The phrases with places as patterns, the most exact first."""

        def rank(english: str) -> tuple[int, int, str]:
            loose = sum(place[1] in _LOOSE for place in _PLACEHOLDER.finditer(english))
            return loose, -len(_PLACEHOLDER.sub("", english)), english

        with_places = (english for english in self.phrases if "{" in english and english not in _INNER)
        return [(*_pattern(english), self.phrases[english]) for english in sorted(with_places, key=rank)]

    @cached_property
    def _inner_forms(self) -> list[tuple[re.Pattern[str], list[str], str]]:
        return [(*_pattern(english), self.phrases[english]) for english in _INNER if english in self.phrases]

    def _value(self, kind: str, found: str) -> str:  # noqa: PLR0911 - one for each kind
        if kind in ("day", "time"):
            return self._time(found)
        if kind == "stamp":
            return self._stamp(found)
        if kind == "duration":
            return self._duration(found)
        if kind == "span":
            return self._span(found)
        if kind == "n":
            return self._number(found)
        if kind == "words":  # a phrase that stands alone: never a pattern, which people's words might fit
            return self.phrases[found]
        if kind == "list":
            return self.comma.join(self.tell(part, inner=True) for part in found.split(", "))
        if kind == "effects":
            return "; ".join(self.tell(part, inner=True) for part in found.split("; "))
        return found

    def _time(self, found: str) -> str:
        if found in self.phrases:
            return self.phrases[found]
        return re.sub(_DAY, lambda day: self.day(day[0]), found)

    def _stamp(self, found: str) -> str:
        year, month, day = found[:10].split("-")
        written = self.day(f"{int(day)} {MONTHS[int(month) - 1][:3]} {year}")
        return written + found[10:]

    def _span(self, found: str) -> str:
        """Hours and minutes in words, as letters say them."""
        parts = re.findall(r"(\d+) (hours?|minutes?)", found)
        if not self.span:
            return found
        return (
            self.span["joint"].join(self.span[unit].format(n=number) for number, unit in parts)
            or self.span["least"]
        )

    def _duration(self, found: str) -> str:
        parts = re.findall(r"(\d+) (h|min|s)", found)
        return " ".join(self.duration[unit].format(n=number) for number, unit in parts) or found

    def _number(self, found: str) -> str:
        return found.translate({ord(","): self.thousands, ord("."): self.decimal})


ENGLISH: Final = Language("en", "English")


def _pattern(english: str) -> tuple[re.Pattern[str], list[str]]:
    names, parts, at = [], [], 0
    for place in _PLACEHOLDER.finditer(english):
        kind, count = place[1], place[2]
        if kind not in _KINDS:
            raise TemplateError(
                f"phrase {english!r}: unknown place {{{kind}}}; known are {', '.join(_KINDS)}"
            )
        names.append(kind + count)
        parts += [re.escape(english[at : place.start()]), f"(?P<{kind}{count}>{_KINDS[kind]})"]
        at = place.end()
    return re.compile("".join([*parts, re.escape(english[at:])]), re.DOTALL), names


def language_codes() -> list[str]:
    """The languages there are catalogues for."""
    return sorted(path.stem for path in (report_templates() / "languages").glob("*.toml"))


def language_code(code: str) -> str:
    """The catalogue that a code means: `de` for `de`, `de-AT` and `DE`.

    Raises `TemplateError` for a language there is no catalogue for.
    """
    stem = code.partition("-")[0].casefold()
    if not stem.isalpha() or not _path_of(stem).is_file():
        raise TemplateError(
            f"no language `{code}`; there are {', '.join(language_codes())}; a catalogue in "
            "report_templates/languages adds one"
        )
    return stem


def load_language(code: str) -> Language:
    """The language of that code, as `de`; a region, as `de-AT`, is that of its language.

    Raises `TemplateError` for one there is no catalogue for.
    """
    stem = language_code(code)
    told = _catalogue(stem)
    facts = told["language"]
    dates: dict[str, Any] = {key: facts[key] for key in _DATES if key in facts}
    months: dict[str, Any] = {key: tuple(facts[key]) for key in ("months", "short_months") if key in facts}
    phrases = {} if stem == "en" else told["phrases"]
    return Language(
        code=stem,
        name=facts["name"],
        direction=facts.get("direction", "ltr"),
        is_complete=facts.get("complete", True),
        phrases=phrases,
        **dates,
        **months,
    )


_DATES: Final = (
    "long_day", "short_day", "day_of_year", "chart_day", "chart_date", "duration", "span", "decimal",
    "thousands", "comma",
)  # fmt: skip


def english_phrases() -> tuple[str, ...]:
    """Every phrase that a complete catalogue has, as `report_templates/languages/en.toml` lists them."""
    return tuple(phrase for group in _catalogue("en")["phrases"].values() for phrase in group)


def phrases_of(group: str) -> tuple[str, ...]:
    """Those of one group of them."""
    return tuple(_catalogue("en")["phrases"][group])


def lacking(language: Language) -> list[str]:
    """The phrases of the report that stay in English in this language."""
    return [] if language.code == "en" else [p for p in english_phrases() if p not in language.phrases]


def _path_of(stem: str) -> Path:
    return report_templates() / "languages" / f"{stem}.toml"


def _catalogue(stem: str) -> dict[str, Any]:
    told: dict[str, Any] = tomllib.loads(_path_of(stem).read_text(encoding="utf-8"))
    return told
