"""The command line: arguments into one call each."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from pmkit import __version__
from pmkit.errors import EvidenceError, PmkitError


class _Group(click.Group):
    """Shows an error of pmkit as one clear line, without a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except PmkitError as error:
            click.secho("pmkit: ", fg="red", bold=True, nl=False, err=True)
            click.echo(str(error), err=True)
            ctx.exit(2)


@click.group(
    cls=_Group,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 96},
    epilog="A first look: `pmkit report data/checkout-failure` renders the sample incident.",
)
@click.version_option(__version__, prog_name="pmkit")
def main() -> None:
    """From incident evidence to a blameless postmortem.

    \b
    One folder holds everything about one incident:
      pmkit new 2026-11-03-checkout --title "Checkout failed" --severity P1
      pmkit add 2026-11-03-checkout slack-export.zip pagerduty-log.json
      pmkit lab 2026-11-03-checkout       explore it, build the timeline
      pmkit status 2026-11-03-checkout    what the review still needs
      pmkit report 2026-11-03-checkout    the finished HTML and PDF
    """


_folder = click.Path(file_okay=False, path_type=Path)
_existing_folder = click.Path(exists=True, file_okay=False, path_type=Path)


@main.command()
@click.argument("incident", type=_folder)
@click.option("--title", required=True, help="One line that says what happened.")
@click.option("--severity", required=True, help="As your team names it: P0, P1, SEV-1 …")
@click.option("--service", "services", multiple=True, help="A service it touched; may be repeated.")
@click.option(
    "--template",
    default="saas",
    show_default=True,
    help="saas, ecommerce, fintech, healthcare, or a .toml file.",
)
@click.option("--timezone", default="UTC", show_default=True, help="The team's zone, as Europe/Lisbon.")
@click.option(
    "--assign",
    "people",
    multiple=True,
    metavar="ROLE=PERSON",
    help='As "Scribe=Mei Tanaka"; may be repeated.',
)
def new(
    *,
    incident: Path,
    title: str,
    severity: str,
    services: tuple[str, ...],
    template: str,
    timezone: str,
    people: tuple[str, ...],
) -> None:
    """Make the folder INCIDENT for a new review, from a template.

    \b
    Example:
      pmkit new 2026-11-03-checkout --template ecommerce --severity P1 \\
          --title "Checkout failed for one in three customers" --service checkout-api
    """
    from pmkit.workspace import Workspace

    workspace = Workspace.create(
        incident,
        title=title,
        severity=severity,
        services=services,
        template=template,
        timezone=timezone,
        people=_pairs(people, "--assign"),
    )
    click.echo(f"Made {workspace.path}. Next: pmkit add {workspace.path} EVIDENCE…")


@main.command()
@click.argument("incident", type=_existing_folder)
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--as", "form", metavar="FORMAT", help="What it is, when it cannot be told from the content.")
@click.option("--zone", help="Zone of times that carry none, as Europe/Lisbon or UTC.")
@click.option("--note", default="", help="What a reader must know about it.")
def add(incident: Path, paths: tuple[Path, ...], form: str | None, zone: str | None, note: str) -> None:
    """Add evidence: copy each of PATHS into INCIDENT unchanged, and say what was found in it.

    \b
    What it is is told from the content:
      a Slack export, as zip or unpacked folder
      PagerDuty JSON: log entries, incidents, alerts or notes, one page or many
    """
    from pmkit.workspace import Workspace

    workspace = Workspace.open(incident)
    options = {"zone": zone} if zone else {}
    refused = 0
    for path in paths:
        try:
            with _told(f"Reading {path.name}"):
                row = workspace.add_evidence(path, form=form, options=options, note=note).iloc[0]
        except EvidenceError as error:
            refused += 1
            click.secho(f"  not added: {error}", fg="red", err=True)
            continue
        click.echo(f"  {_found(row)}")
        if row["note"]:
            click.secho(f"  {row['note']}", fg="yellow")
    if refused:
        sys.exit(2)


@main.command()
@click.argument("incident", type=_existing_folder)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def status(incident: Path, form: str) -> None:
    """Show where the review of INCIDENT stands, and what the next milestone waits for."""
    from pmkit.process import describe_review
    from pmkit.workspace import Workspace

    review = describe_review(Workspace.open(incident).load(), datetime.now(UTC))
    click.echo(json.dumps(review.to_dict(), indent=2) if form == "json" else review.to_text())


@main.command()
@click.argument("incident", type=_existing_folder)
@click.option(
    "--to", "formats", default="html,pdf", show_default=True, help="Formats, comma between: html, pdf."
)
@click.option("--out", type=_folder, help="Where to write, instead of INCIDENT/report.")
@click.option("--audience", default="internal", show_default=True, help="Whom it is for.")
@click.option(
    "--notebook",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Your own report notebook.",
)
@click.option(
    "--set",
    "parameters",
    multiple=True,
    metavar="NAME=VALUE",
    help="A parameter of that notebook; may be repeated.",
)
@click.option(
    "--font-path",
    "font_paths",
    multiple=True,
    type=_existing_folder,
    help="A folder with more fonts for the PDF.",
)
@click.option(
    "--at",
    "made_at",
    help="When the report says it was made, as 2026-11-09T16:00:00Z; the same time gives the same bytes.",
)
def report(
    *,
    incident: Path,
    formats: str,
    out: Path | None,
    audience: str,
    notebook: Path | None,
    parameters: tuple[str, ...],
    font_paths: tuple[Path, ...],
    made_at: str | None,
) -> None:
    """Render the postmortem of INCIDENT as HTML and PDF.

    The report notebook runs on the workspace, and the finished files check themselves; a run that fails
    leaves `failed.ipynb` to be read, and never half a report.
    """
    from pmkit.report import publish
    from pmkit.workspace import Workspace

    with _told(None) as say:
        finished = publish(
            Workspace.open(incident),
            to=[name.strip() for name in formats.split(",") if name.strip()],
            out=out,
            audience=audience,
            notebook=notebook,
            parameters=_pairs(parameters, "--set"),
            font_paths=font_paths,
            now=_time(made_at),
            progress=say,
        )
    for path in finished:
        click.echo(f"  {path.resolve()}")


@main.command()
@click.argument("incident", type=_existing_folder, default=".")
def lab(incident: Path) -> None:
    """Open JupyterLab on INCIDENT, with its own copies of the notebooks."""
    import os

    from pmkit.lab import add_notebooks, lab_command
    from pmkit.workspace import Workspace

    workspace = Workspace.open(incident)
    for path in add_notebooks(workspace):
        click.echo(f"Added {path}", err=True)
    command = lab_command(workspace)
    os.execv(command[0], command)  # noqa: S606 - no shell


@main.command()
@click.argument("incident", type=_existing_folder)
def verify(incident: Path) -> None:
    """Say what changed in the evidence of INCIDENT since it was added. Exit 1 when anything did."""
    from pmkit.workspace import Workspace

    problems = Workspace.open(incident).verify()
    for problem in problems.itertuples():
        click.echo(f"{problem.path}: {problem.problem}")
    if len(problems):
        sys.exit(1)
    click.echo("Nothing changed.")


# Words on the way


def _found(row: Mapping[str, Any]) -> str:
    """What an added file turned out to be, in one line."""
    words = [f"{row['path']}: {row['source']}", f"{row['records_loaded']:,} records"]
    words += [f"{row['records_unreadable']:,} unreadable"] if row["records_unreadable"] else []
    if row["records_loaded"]:
        words.append(f"{row['first_at']:%Y-%m-%d %H:%M} to {row['last_at']:%Y-%m-%d %H:%M} UTC")
    return ", ".join(words)


@contextmanager
def _told(text: str | None) -> Iterator[Any]:
    """Say what is being done, and how long each step took, on standard error."""
    started: list[float] = []

    def say(step: str) -> None:
        finish()
        started.append(time.perf_counter())
        click.echo(f"{step} … ", nl=False, err=True)

    def finish() -> None:
        if started:
            click.echo(f"{time.perf_counter() - started.pop():.1f} s", err=True)

    if text:
        say(text)
    try:
        yield say
    except BaseException:
        if started:
            click.echo("", err=True)
        raise
    finish()


def _pairs(words: tuple[str, ...], option: str) -> dict[str, str]:
    pairs = [word.partition("=") for word in words]
    for name, equals, _ in pairs:
        if not equals:
            raise click.BadParameter(f"expected NAME=VALUE, found {name!r}", param_hint=option)
    return {name.strip(): value.strip() for name, _, value in pairs}


def _time(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--at") from error
    if moment.tzinfo is None:
        raise click.BadParameter("expected a time with its zone, as 2026-11-09T16:00:00Z", param_hint="--at")
    return moment
