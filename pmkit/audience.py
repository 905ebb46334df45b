"""Whom an edition of the report is for: which sections, which detail, and what happens to what it names."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from pmkit.errors import WorkspaceError
from pmkit.template import SECTIONS, report_templates

if TYPE_CHECKING:
    from pmkit.postmortem import Incident

Treatment = Literal["shown", "masked"]

LETTER: Final = "letter"  # a section of editions for those who were not there, instead of a report
# What is known of single people whom an incident touched.
PERSONAL: Final = (
    "e-mail addresses", "phone numbers", "card numbers", "card security codes", "account numbers",
    "national ids", "ip addresses", "dates of birth", "record numbers", "patients", "postal addresses",
)  # fmt: skip
# What `redact` of a template or of incident.toml may name.
REDACTABLE: Final = ("people", "hosts", "links", "channels", "customers", "amounts", *PERSONAL)

_ALLOWED: Final[Mapping[str, tuple[str, ...]]] = {
    "detail": ("full", "key moments"),
    "people": ("names", "roles"),
    **dict.fromkeys(("hosts", "links", "channels", "customers", "amounts"), ("shown", "masked")),
    "evidence": ("full", "counts", "left out"),
}


@dataclass(frozen=True)
class Audience:
    """An edition's readers; `report_templates/audiences.toml` explains each field.

    `sections` are those the edition has, in order, and `mask` the kinds of `PERSONAL` that are masked.
    Secrets are masked for everybody.
    """

    name: str
    title: str
    sections: tuple[str, ...]
    detail: Literal["full", "key moments"] = "full"
    people: Literal["names", "roles"] = "names"
    hosts: Treatment = "shown"
    links: Treatment = "shown"
    channels: Treatment = "shown"
    customers: Treatment = "shown"
    amounts: Treatment = "shown"
    evidence: Literal["full", "counts", "left out"] = "full"
    mask: tuple[str, ...] = ()

    @property
    def is_letter(self) -> bool:
        """Whether the edition is a letter instead of a report."""
        return LETTER in self.sections

    @property
    def is_internal(self) -> bool:
        """Whether it is for those who take part in the review, and shows them as they are."""
        return self.name == "internal"

    @property
    def masked(self) -> tuple[str, ...]:
        """Everything that is masked besides secrets, in the words of `REDACTABLE`."""
        own = [name for name in REDACTABLE if getattr(self, name, "") in ("masked", "roles")]
        return (*own, *self.mask)

    @property
    def slug(self) -> str:
        """Its name as the name of a folder."""
        return re.sub(r"[^a-z0-9]+", "-", self.name.casefold()).strip("-") or "edition"


def load_audience(name: str, incident: Incident) -> Audience:
    """The audience of that name: one that ships, or one of `[audiences]` in `incident.toml`.

    No name means the incident's own, as its `audience` says. What the incident's `redact` lists is masked
    too; for the internal edition only what is personal, since those who take part know each other.

    Raises `WorkspaceError` for a name that is none, and for a key that does not fit.
    """
    name = name or incident.audience
    told = {**_shipped(), **incident.audiences}
    audience = _read(name, told)
    sections = audience.sections or incident.sections
    # A section that the incident does without is in no edition either.
    kept = tuple(each for each in sections if each == LETTER or each in incident.sections)
    return _stricter(replace(audience, sections=kept), incident.redact)


def report_folder(root: Path, audience: Audience, incident: Incident) -> Path:
    """Where the report for an audience is: those for others than the incident's own have a folder each."""
    folder = root / "report"
    return folder if audience.name == incident.audience else folder / audience.slug


def audience_names(incident: Incident) -> list[str]:
    """The audiences there are, those that ship first."""
    return list(dict.fromkeys([*_shipped(), *incident.audiences]))


def check_audiences(told: Mapping[str, Any], redact: Iterable[str], audience: str) -> None:
    """Raise `ValueError` in words for a team's own audiences, a `redact` or an `audience` that do not fit."""
    unknown = [name for name in redact if name not in REDACTABLE]
    if unknown:
        raise ValueError(f"`redact`: unknown {unknown[0]!r}; known are {', '.join(REDACTABLE)}")
    every = {**_shipped(), **told}
    for name in (*told, audience):
        try:
            _read(name, every)
        except WorkspaceError as error:
            raise ValueError(str(error)) from error


def _shipped() -> dict[str, Any]:
    text = (report_templates() / "audiences.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def _read(name: str, told: Mapping[str, Any]) -> Audience:
    data = _with_parents(name, told, seen=())
    known = [field.name for field in fields(Audience) if field.name != "name"]
    for key, value in data.items():
        where = f"`audiences.{name}`: `{key}`"
        if key not in known:
            raise WorkspaceError(f"{where} is unknown; known are extends, {', '.join(known)}")
        if key in _ALLOWED and value not in _ALLOWED[key]:
            raise WorkspaceError(f"{where}: expected one of {', '.join(_ALLOWED[key])}, found {value!r}")
        if key in ("sections", "mask"):
            _check_list(where, value, (LETTER, *SECTIONS) if key == "sections" else PERSONAL)
        elif not isinstance(value, str):
            raise WorkspaceError(f"{where}: expected text in quotes, found {value!r}")
    for key in ("sections", "mask"):
        data[key] = tuple(data.get(key, ()))
    data.setdefault("title", f"{name[:1].upper()}{name[1:]} edition")
    return Audience(name, **data)


def _check_list(where: str, value: object, known: tuple[str, ...]) -> None:
    if not isinstance(value, list):
        raise WorkspaceError(f"{where}: expected a list, found {value!r}")
    unknown = [each for each in value if each not in known]
    if unknown:
        raise WorkspaceError(f"{where}: unknown {unknown[0]!r}; known are {', '.join(known)}")


def _with_parents(name: str, told: Mapping[str, Any], seen: tuple[str, ...]) -> dict[str, Any]:
    if name in seen:
        raise WorkspaceError(f"`audiences.{name}` extends itself, through {' → '.join(seen)}")
    if name not in told:
        raise WorkspaceError(
            f"no audience {name!r}; there are {', '.join(told)}; [audiences.NAME] in incident.toml adds one"
        )
    if not isinstance(told[name], Mapping):
        raise WorkspaceError(f"`audiences.{name}`: expected a table, found {told[name]!r}")
    data = dict(told[name])
    # An own audience that names no other is as strict as one for people outside, so that what it does not
    # say is masked rather than shown.
    parent = data.pop("extends", None if name == "internal" else "customer")
    if parent is None:
        return data
    below = _with_parents(str(parent), told, (*seen, name))
    return {**{key: value for key, value in below.items() if key != "title"}, **data}


def _stricter(audience: Audience, redact: Iterable[str]) -> Audience:
    """The audience with what else is to be masked."""
    named = [name for name in redact if name in PERSONAL or not audience.is_internal]
    mask = tuple(name for name in PERSONAL if name in audience.mask or name in named)
    own: dict[str, Any] = {name: "masked" for name in named if name not in PERSONAL and name != "people"}
    if "people" in named:
        own["people"] = "roles"
    return replace(audience, mask=mask, **own)
