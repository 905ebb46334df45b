"""What comes into the folder, and what is found in it: `add`, `events`."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import click

from pmkit.commands._arguments import EXISTING_FOLDER, Place, parse_pairs, parse_time
from pmkit.commands._saying import say_json, wrapped


class _Add(click.Command):
    """Its help lists the formats that the loaders know."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        from pmkit.loaders import FORMATS

        with formatter.section("Formats, told from the content; --as NAME says it where it does not"):
            formatter.write_dl([(form.name, form.title) for form in FORMATS], col_max=28)


# What only people know of a file, by the names that the loaders give it.
_READING: Final = {
    "zone": ("ZONE", "Zone of times that carry none, as Europe/Lisbon or UTC."),
    "date_format": ("FORMAT", "How its dates are written, as %d/%m/%Y %H:%M."),
    "columns": ("NAME=COLUMN,…", "Which column is what, as time=When,text=Message."),
    "pattern": ("REGEX", "How a line of a log is made: a regular expression with named groups."),
    "year": ("YEAR", "The year of dates that say none."),
    "at": ("TIME", "When it was, for what carries no time: 2026-11-03T14:02Z."),
    "text": ("WORDS", "What it shows, for what carries no words."),
    "source": ("NAME", "The system a table comes from."),
    "channel": ("NAME", "The channel it comes from."),
}


def _reading_options(command: click.Command) -> click.Command:
    for name, (metavar, words) in _READING.items():
        flag = f"--{name.replace('_', '-')}"
        command.params.insert(-3, click.Option([flag, name], metavar=metavar, help=words))
    return command


@_reading_options
@click.command(cls=_Add)
@click.argument("incident", type=EXISTING_FOLDER)
@click.argument("paths", nargs=-1, required=True, type=Place(path_type=Path))
@click.option("--as", "form", metavar="NAME", help="Its format, where the content does not tell it.")
@click.option("--note", default="", help="What a reader must know about it.")
@click.option("--dry-run", is_flag=True, help="Say what was found, and add nothing.")
@click.option("--format", "output", type=click.Choice(["text", "json"]), default="text", show_default=True)
def add(
    *,
    incident: Path,
    paths: tuple[Path | str, ...],
    form: str | None,
    note: str,
    dry_run: bool,
    output: str,
    **reading: str | None,
) -> None:
    """Add evidence to INCIDENT: files, exports, folders of them.

    Each file is told from its content, copied unchanged, and what was found in it is said. One on object
    storage is named by its address, as s3://bucket/slack.zip. What is there already stays as it is. Where
    something must be known first, one question says with which option to
    answer it. Exit code 2 when a file could not be added.

    \b
    Examples:
      pmkit add 2026-11-03-checkout ~/Downloads/evidence --dry-run
      pmkit add 2026-11-03-checkout tickets.csv --zone Europe/Lisbon
      pmkit add 2026-11-03-checkout notes.csv --columns time=When,text=What --zone UTC
    """
    from pmkit.intake import add_evidence
    from pmkit.storage import fetched, is_remote
    from pmkit.workspace import Workspace

    workspace = Workspace.open(incident)
    options: dict[str, object] = {name: value for name, value in reading.items() if value}
    if columns := reading["columns"]:
        options["columns"] = parse_pairs(tuple(columns.split(",")), "--columns")
    with ExitStack() as copies:
        intake = add_evidence(
            workspace,
            *(copies.enter_context(fetched(str(path), without=())) for path in paths),
            form=form,
            options=options,
            note="; ".join(
                [*([note] if note else []), *(f"from {path}" for path in paths if is_remote(str(path)))]
            ),
            dry_run=dry_run,
            progress=lambda words: click.echo(f"{words} …", err=True),
            told=lambda taken: (
                click.echo(taken.to_text(incident, workspace.incident.timezone)) if output == "text" else None
            ),
        )
    if output == "json":
        say_json(intake.to_dict())
    elif words := intake.last_words():
        click.echo(words)
    if not intake.is_whole:
        sys.exit(2)


@click.command()
@click.argument("incident", type=EXISTING_FOLDER, default=".")
@click.option("--search", metavar="WORDS", help="Only events whose text holds this (a regular expression).")
@click.option("--from", "start", help="Only from this time on, as 2026-11-03T14:00Z.")
@click.option("--to", "end", help="Only until this time.")
@click.option("--source", help="Only from this source: slack, pagerduty, deploy …")
@click.option("--limit", default=200, show_default=True, help="At most so many; the rest is counted.")
@click.option("--format", "form", type=click.Choice(["text", "csv"]), default="text", show_default=True)
def events(
    *,
    incident: Path,
    search: str | None,
    start: str | None,
    end: str | None,
    source: str | None,
    limit: int,
    form: str,
) -> None:
    """List the events of the evidence with their ids, as timeline.csv and other tables cite them.

    \b
    Examples:
      pmkit events 2026-11-03-checkout --search "rolled? back"
      pmkit events 2026-11-03-checkout --from 2026-11-03T14:00Z --to 2026-11-03T14:30Z
    """
    import pandas as pd

    from pmkit.explore import list_events
    from pmkit.workspace import Workspace

    begin, until = parse_time(start, "--from"), parse_time(end, "--to")
    found = list_events(
        Workspace.open(incident).events(),
        search=search,
        start=None if begin is None else pd.Timestamp(begin),
        end=None if until is None else pd.Timestamp(until),
        source=source,
    )
    shown = found.head(limit)
    if form == "csv":
        click.echo(shown.to_csv(index=False), nl=False)
        return
    for row in shown.itertuples():
        when = "no time" if pd.isna(row.time) else f"{row.time:%Y-%m-%d %H:%M:%S}"
        words = " ".join(row.text.split())[:160]
        click.echo(f"{when:<19}  {row.event_id}")
        click.echo(wrapped(f"    {row.actor or row.source}, {row.place or row.kind}: {words}"))
    if len(found) > limit:
        click.echo(f"and {len(found) - limit:,} more; narrow it down, or --limit {len(found)}", err=True)
