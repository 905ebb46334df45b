"""The days of a review: `status`, `checkin`, `agenda`, `calendar`, `actions`."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from pmkit.commands._arguments import EXISTING_FOLDER, parse_pairs, parse_time, text_or_json
from pmkit.commands._saying import say_json, wrapped
from pmkit.errors import WorkspaceError


@click.command()
@click.argument("incident", type=EXISTING_FOLDER, default=".")
@text_or_json
@click.option("--at", help="As of another time, as 2026-11-05T09:00Z; nothing is recorded then.")
def status(incident: Path, form: str, at: str | None) -> None:
    """Show where the review stands, and what it waits for.

    Milestones are reached by what the record holds; the time of a new one is recorded. Exit code 1 when the
    closure or a task is overdue, else 0.
    """
    from pmkit.process import describe_review
    from pmkit.review import note_milestones
    from pmkit.workspace import Workspace

    workspace, now = Workspace.open(incident), parse_time(at, "--at") or datetime.now(UTC)
    postmortem = workspace.load()
    reached = note_milestones(workspace, now, loaded=postmortem) if at is None else []
    for name in reached:
        click.echo(f"Reached: {name}", err=True)
    review = describe_review(workspace.load() if reached else postmortem, now)
    if form == "json":
        say_json(review.to_dict())
    else:
        click.echo(wrapped(review.to_text()))
    if review.is_late:
        sys.exit(1)


@click.command()
@click.argument("incident", type=EXISTING_FOLDER, default=".")
@click.option("--kind", default="daily", show_default=True, help="daily, or final retro.")
@click.option("--confirm", is_flag=True, help="It was held: keep it. Without this it is only shown.")
@click.option(
    "--amend", is_flag=True, help="Mend the minutes of the last one of that kind with what you --say."
)
@click.option("--again", is_flag=True, help="One more final retro: people met once more.")
@click.option("--by", default="", help="Who confirms it, as a role or a name.")
@click.option("--attendees", default="", help="Who was there.")
@click.option(
    "--say",
    "said",
    multiple=True,
    metavar="COLUMN=TEXT",
    help="Your own words for summary, blockers, next_steps; for the retro owners_confirmed, learned, "
    "would_come_again.",
)
def checkin(
    *,
    incident: Path,
    kind: str,
    confirm: bool,
    amend: bool,
    again: bool,
    by: str,
    attendees: str,
    said: tuple[str, ...],
) -> None:
    """Draft a check-in from what changed; --confirm keeps it.

    \b
    Examples:
      pmkit checkin 2026-11-03-checkout
      pmkit checkin 2026-11-03-checkout --confirm --by Scribe --attendees "all five roles"
      pmkit checkin 2026-11-03-checkout --kind "final retro" --confirm --by Scribe \\
          --attendees "…" --say "owners_confirmed=A1 A2" --say learned=8
      pmkit checkin 2026-11-03-checkout --kind "final retro" --amend --say owners_confirmed=A3
    """
    from pmkit.checkins import draft_checkin
    from pmkit.review import amend_checkin, confirm_checkin
    from pmkit.schema import CHECKINS
    from pmkit.workspace import Workspace

    workspace, now = Workspace.open(incident), datetime.now(UTC)
    told = parse_pairs(said, "--say")
    unknown = [name for name in told if name not in CHECKINS.column_names]
    if unknown:
        columns = ", ".join(CHECKINS.column_names)
        raise WorkspaceError(f"checkins.csv has no column `{unknown[0]}`; it has {columns}")
    if amend:
        told |= {name: words for name, words in (("attendees", attendees), ("confirmed_by", by)) if words}
        if not told:
            raise click.UsageError("Say what is to be mended, with --say, --attendees or --by.")
        row = amend_checkin(workspace, kind=kind, said=told, now=now)
    elif confirm:
        row = confirm_checkin(
            workspace, by=by, kind=kind, attendees=attendees, said=told, again=again, now=now
        )
    else:
        row = draft_checkin(workspace.load(), now, kind=kind) | told
    for name in ("summary", "blockers", "next_steps"):
        lines = str(row.get(name, "")).splitlines() or ["-"]
        title = name.replace("_", " ").capitalize()
        click.echo(wrapped("\n".join([title, *(f"  {line}" for line in lines)])))
    kept = f"Kept as {row['checkin_id']}." if confirm else "A draft; --confirm --by ROLE keeps it."
    click.echo(f"Amended {row['checkin_id']}." if amend else kept, err=True)


@click.command()
@click.argument("incident", type=EXISTING_FOLDER, default=".")
def agenda(incident: Path) -> None:
    """Print the agenda of the final retro of INCIDENT, in Markdown."""
    from pmkit.agenda import retro_agenda
    from pmkit.workspace import Workspace

    click.echo(retro_agenda(Workspace.open(incident).load(), datetime.now(UTC)).to_markdown())


@click.command()
@click.argument("incident", type=EXISTING_FOLDER, default=".")
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="Instead of INCIDENT/report/review.ics."
)
def calendar(incident: Path, out: Path | None) -> None:
    """Write the dates of the review as a calendar file.

    Closure, daily check-ins and the final retro, for any calendar; a file taken in again moves the entries.
    """
    from pmkit.invites import review_calendar
    from pmkit.process import closure_due_on
    from pmkit.workspace import Workspace

    postmortem = Workspace.open(incident).load()
    if closure_due_on(postmortem) is None:
        raise WorkspaceError(f"{incident}: no dates yet; mark `resolved` on the timeline first")
    path = out or incident / "report" / "review.ics"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(review_calendar(postmortem, datetime.now(UTC)))
    click.echo(str(path))


@click.command()
@click.argument("incident", type=EXISTING_FOLDER, default=".")
@click.option("--overdue", is_flag=True, help="Only what is overdue. Exit code 1 when there is any.")
@text_or_json
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write a .csv or .xlsx instead.")
def actions(incident: Path, overdue: bool, form: str, out: Path | None) -> None:
    """Show where the action items stand, and what to ask their DRIs."""
    from pmkit.export.sheet import export_sheet
    from pmkit.tracker import describe_actions, track_actions
    from pmkit.workspace import Workspace

    postmortem = Workspace.open(incident).load()
    tracked = track_actions(postmortem, postmortem.incident.calendar.day_of(datetime.now(UTC)))
    late = tracked[tracked["overdue_days"].notna()]
    shown = late if overdue else tracked
    if out is not None:
        click.echo(str(export_sheet(shown, out)))
    elif form == "json":
        click.echo(shown.to_json(orient="records", date_format="iso", indent=2))
    else:
        click.echo(wrapped(describe_actions(shown)) if len(shown) or not overdue else "None is overdue.")
    if overdue and len(late):
        sys.exit(1)
