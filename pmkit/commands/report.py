"""The reports, of one incident and of many: `report`, `batch`, `portfolio`."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from pmkit.commands._arguments import (
    EXISTING_FOLDER,
    FOLDER,
    SCHEDULER,
    Place,
    parse_names,
    parse_pairs,
    parse_time,
    text_or_json,
)
from pmkit.commands._saying import progress_bar, say_json, timed_steps
from pmkit.errors import WorkspaceError


@click.command()
@click.argument("incident", type=EXISTING_FOLDER, default=".")
@click.option(
    "--to",
    "formats",
    multiple=True,
    default=("html", "pdf"),
    show_default=True,
    help="A format; may be repeated, or several with commas between. --to list shows all.",
)
@click.option("--out", type=FOLDER, help="Where to write, instead of INCIDENT/report.")
@click.option(
    "--audience",
    default="",
    metavar="NAME",
    help="Whom it is for: internal, core team, company, customer, public, or one of your own. "
    "By default as incident.toml says.",
)
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
    type=EXISTING_FOLDER,
    help="A folder with more fonts for the PDF.",
)
@click.option("--lang", default="", help="Language of the fixed words, as de.  [default: incident.toml's]")
@click.option("--template", type=EXISTING_FOLDER, help="The folder of your own report template.")
@click.option(
    "--pdf-engine",
    type=click.Choice(["typst", "chrome"]),
    default="typst",
    show_default=True,
    help="What sets the PDF; `chrome` needs an installed Chrome, Chromium or Edge.",
)
@click.option(
    "--at",
    "made_at",
    help="When the report says it was made, as 2026-11-09T16:00:00Z; the same time gives the same bytes.",
)
def report(
    *,
    incident: Path,
    formats: tuple[str, ...],
    out: Path | None,
    audience: str,
    notebook: Path | None,
    parameters: tuple[str, ...],
    font_paths: tuple[Path, ...],
    pdf_engine: str,
    lang: str,
    template: Path | None,
    made_at: str | None,
) -> None:
    """Render the postmortem of INCIDENT as HTML and PDF, or in other formats.

    The report notebook runs on the workspace, and the finished files check themselves; a run that fails
    leaves `failed.ipynb` to be read, and never half a report.
    """
    from pmkit.export.formats import FORMATS
    from pmkit.report import publish
    from pmkit.workspace import Workspace

    names = parse_names(formats)
    if "list" in names:
        for form in FORMATS.values():
            click.echo(f"{form.name:<12}{form.title}")
        return
    workspace = Workspace.open(incident)
    workspace.load()  # a table that cannot be read is told with its line, and not from inside a run
    with timed_steps() as say:
        finished = publish(
            workspace,
            to=names,
            out=out,
            audience=audience,
            notebook=notebook,
            parameters=parse_pairs(parameters, "--set"),
            font_paths=font_paths,
            pdf_engine=pdf_engine,
            now=parse_time(made_at),
            lang=lang,
            template=template,
            progress=say,
        )
    for path in finished:
        click.echo(f"  {path.resolve()}")


@click.command()
@click.argument("paths", nargs=-1, required=True, type=Place(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--to",
    "formats",
    multiple=True,
    default=("html", "pdf"),
    show_default=True,
    help="A format; may be repeated, or several with commas between.",
)
@click.option("--jobs", type=click.IntRange(1), help="How many at a time.  [default: one for each processor]")
@click.option("--scheduler", default="", metavar="ADDRESS", help=SCHEDULER)
@click.option(
    "--out",
    type=Place(file_okay=False, path_type=Path),
    help="A folder or address with a folder for each incident, instead of INCIDENT/report.",
)
@click.option("--audience", default="", metavar="NAME", help="Whom they are for; by default as each says.")
@click.option(
    "--notebook",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Your own report notebook.",
)
@click.option(
    "--set", "parameters", multiple=True, metavar="NAME=VALUE", help="A parameter of that notebook."
)
@click.option(
    "--font-path", "font_paths", multiple=True, type=EXISTING_FOLDER, help="More fonts for the PDF."
)
@click.option("--lang", default="", help="Language of the fixed words, as de.  [default: incident.toml's]")
@click.option("--template", type=EXISTING_FOLDER, help="The folder of your own report template.")
@click.option("--at", "made_at", help="When the reports say they were made, as 2026-11-09T16:00:00Z.")
@text_or_json
def batch(
    *,
    paths: tuple[Path | str, ...],
    formats: tuple[str, ...],
    jobs: int | None,
    scheduler: str,
    out: Path | str | None,
    audience: str,
    notebook: Path | None,
    parameters: tuple[str, ...],
    font_paths: tuple[Path, ...],
    lang: str,
    template: Path | None,
    made_at: str | None,
    form: str,
) -> None:
    """Render the postmortems of many incidents side by side.

    Each of PATHS is an incident folder, a folder of them, or an address of object storage that holds such.
    One that fails stops no other; the summary says what came of each, and the exit code is 1 when any failed.

    \b
      pmkit batch incidents/ --to html,pdf --jobs 4
      pmkit batch s3://bucket/incidents --out s3://bucket/reports --scheduler tcp://scheduler:8786
    """
    from pmkit.batch import Options, describe_batch, find_incidents, render_batch
    from pmkit.fleet import where_to_run

    options = Options(
        to=parse_names(formats),
        out=out,
        audience=audience,
        notebook=notebook,
        parameters=parse_pairs(parameters, "--set"),
        font_paths=font_paths,
        now=parse_time(made_at) or datetime.now(UTC),
        lang=lang,
        template=template,
    )
    incidents = find_incidents(paths)
    scheduler, workers = where_to_run(scheduler, jobs, len(incidents))
    jobs = workers if scheduler else jobs
    with progress_bar("Rendering", len(incidents)) as told:
        outcomes = render_batch(incidents, options, jobs=jobs, progress=told, scheduler=scheduler)
    if form == "json":
        say_json([outcome.to_dict() for outcome in outcomes])
    else:
        click.echo(describe_batch(outcomes))
    if not all(outcome.is_done for outcome in outcomes):
        sys.exit(1)


@click.command()
@click.argument("places", nargs=-1, required=True)
@click.option("--to", "formats", multiple=True, default=("html", "pdf"), show_default=True, help="A format.")
@click.option("--out", default="portfolio", show_default=True, help="Where to write: a folder or an address.")
@click.option("--jobs", type=click.IntRange(1), help="How many at a time.  [default: 1, or all of a cluster]")
@click.option("--scheduler", default="", metavar="ADDRESS", help=SCHEDULER)
@click.option("--similar", metavar="INCIDENT", help="Only say which incidents are most like this one.")
@click.option("--at", "made_at", help="The time that counts as today, as 2026-11-09T16:00:00Z.")
def portfolio(
    *,
    places: tuple[str, ...],
    formats: tuple[str, ...],
    out: str,
    jobs: int | None,
    scheduler: str,
    similar: str | None,
    made_at: str | None,
) -> None:
    """Say what many incidents say together.

    Each of PLACES is an incident folder, a folder of them, a report.json, or an address of object storage as
    s3://bucket/incidents. Nobody is ranked, and no number stands without how many it is of.

    \b
      pmkit portfolio incidents/
      pmkit portfolio incidents/ --similar 2026-11-03-checkout
    """
    from pmkit.fleet import find_incidents, load_portfolio, publish_portfolio, where_to_run

    now = parse_time(made_at) or datetime.now(UTC)
    count = sum(len(find_incidents(place)) for place in places)
    scheduler, jobs = where_to_run(scheduler, jobs, count)
    if similar:
        from pmkit.portfolio import find_similar

        with progress_bar("Reading", count) as told:
            found = load_portfolio(
                places, now=now, jobs=jobs, scheduler=scheduler, checked=False, progress=told
            )
        try:
            alike = find_similar(found, similar)
        except KeyError as error:
            raise WorkspaceError(str(error.args[0])) from error
        for row in alike.itertuples():
            click.echo(f"{row.likeness:.2f}  {row.incident_id}  {row.title}\n      {row.why}")
        return
    with progress_bar("Reading", count) as told:
        files = publish_portfolio(
            places, out, now=now, to=parse_names(formats), jobs=jobs, scheduler=scheduler, progress=told
        )
    click.echo("\n".join(files))
