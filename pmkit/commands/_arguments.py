"""What arguments may be, and what they are read into."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any, Final

import click

FOLDER: Final = click.Path(file_okay=False, path_type=Path)
EXISTING_FOLDER: Final = click.Path(exists=True, file_okay=False, path_type=Path)

SCHEDULER: Final = (
    "A Dask scheduler, as tcp://host:8786, `local` for a cluster of this machine, or `none`.  "
    "[default: local from 100 incidents on, where Dask is installed]"
)


text_or_json = click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True
)


class Place(click.Path):
    """A path, or an address of object storage, as s3://bucket/incidents, which stays text."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        return value if "://" in str(value) else super().convert(value, param, ctx)


def parse_names(words: tuple[str, ...]) -> list[str]:
    """The names of an option that may be repeated, or hold several with commas between."""
    return [name.strip() for text in words for name in text.split(",") if name.strip()]


def parse_pairs(words: tuple[str, ...], option: str) -> dict[str, str]:
    """What was said as NAME=VALUE; `option` is named where one was not."""
    pairs = [word.partition("=") for word in words]
    for name, equals, _ in pairs:
        if not equals:
            raise click.BadParameter(f"expected NAME=VALUE, found {name!r}", param_hint=option)
    return {name.strip(): value.strip() for name, _, value in pairs}


def parse_time(text: str | None, option: str = "--at") -> datetime | None:
    """A moment, whose zone must be said; None for an option that was not given."""
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint=option) from error
    if moment.tzinfo is None:
        raise click.BadParameter("expected a time with its zone, as 2026-11-09T16:00:00Z", param_hint=option)
    return moment
