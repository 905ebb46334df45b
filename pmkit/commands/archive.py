"""A company's whole chat, and the hours of an incident out of it: `archive build`, `show`, `take`."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from pmkit.commands._arguments import EXISTING_FOLDER, FOLDER, Place
from pmkit.commands._saying import wrapped


@click.group()
def archive() -> None:
    """Keep a company's whole Slack export, of any size, and take the hours of an incident out of it.

    \b
      pmkit archive build slack-export.zip chat/
      pmkit archive show chat/ --from 2026-11-03T13:00Z --to 2026-11-03T19:00Z
      pmkit archive take chat/ 2026-11-03-checkout --from 2026-11-03T13:00Z --to 2026-11-03T19:00Z \\
          --channel incident-room --channel payments
    """


_begin = click.option("--from", "start", metavar="TIME", help="The first moment, as 2026-11-03T13:00Z.")
_end = click.option("--to", "end", metavar="TIME", help="The moment it ends, not itself in it.")


@archive.command("build")
@click.argument("export", type=Place(exists=True, path_type=Path))
@click.argument("folder", type=FOLDER)
def build_archive(export: Path | str, folder: Path) -> None:
    """Stream the Slack export EXPORT, a zip or folder of any size, into the archive FOLDER.

    It is kept as Parquet by channel and month, each record as it stood. What was stopped goes on where it
    was when it is called again. Memory does not grow with the export.
    """
    from pmkit import archive as room
    from pmkit.storage import fetched

    def told(progress: room.Progress) -> None:
        if progress.parts % 50 == 0 or progress.parts == progress.of:
            words = f"{progress.parts:,} of {progress.of:,} months of channels, {progress.records:,} records"
            click.echo(f"{words} …", err=True)

    with fetched(str(export)) as here:
        made = room.build_archive(here, folder, now=datetime.now(UTC), progress=told)
    click.echo(wrapped(room.describe_archive(made)))


@archive.command("show")
@click.argument("place", metavar="ARCHIVE")
@_begin
@_end
@click.option(
    "--verify", is_flag=True, help="Also compare each file with its digest; exit code 1 if one differs."
)
def show_archive(place: str, start: str | None, end: str | None, *, verify: bool) -> None:
    """Show what ARCHIVE holds, a folder or an address; with --from and --to who says how much then."""
    from pmkit import archive as room

    kept = room.open_archive(place)
    click.echo(wrapped(room.describe_archive(kept)))
    if start or end:
        counted = room.count_records(kept, room.span_of(kept, start, end))
        for row in counted.itertuples():
            click.echo(
                f"{row.records:>9,}  {row.title}  {row.first_at:%Y-%m-%d %H:%M} to {row.last_at:%H:%M} UTC"
            )
    if verify:
        problems = room.verify_archive(kept)
        click.echo("\n".join(problems) or "Every file is as it was when the archive was made.")
        if problems:
            sys.exit(1)


@archive.command("take")
@click.argument("place", metavar="ARCHIVE")
@click.argument("incident", type=EXISTING_FOLDER)
@_begin
@_end
@click.option("--channel", "channels", multiple=True, metavar="NAME", help="A channel; may be repeated.")
@click.option("--every-channel", is_flag=True, help="All of them, and what is said in confidence too.")
@click.option("--note", default="", help="What a reader must know about it.")
def take_window(
    *,
    place: str,
    incident: Path,
    start: str | None,
    end: str | None,
    channels: tuple[str, ...],
    every_channel: bool,
    note: str,
) -> None:
    """Add a window of ARCHIVE to the evidence of INCIDENT: the hours and channels that tell of it.

    What is added is a small Slack export: each record as it stood, in a file that says where it is from.
    """
    from pmkit import archive as room
    from pmkit.window import add_window
    from pmkit.workspace import Workspace

    if not (start and end):
        raise click.UsageError("say which hours: --from 2026-11-03T13:00Z --to 2026-11-03T19:00Z")
    if not channels and not every_channel:
        raise click.UsageError(
            f"say which channels: --channel NAME, as often as needed, or --every-channel; "
            f"`pmkit archive show {place} --from {start} --to {end}` lists them"
        )
    workspace = Workspace.open(incident)
    _, intake = add_window(
        workspace, room.open_archive(place), start=start, end=end, channels=channels, note=note
    )
    click.echo("\n".join(taken.to_text(incident, workspace.incident.timezone) for taken in intake.files))
    if words := intake.last_words():
        click.echo(words)
    if not intake.is_whole:
        sys.exit(2)
