"""The command line: arguments into one call each."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Literal

import click

from pmkit import __version__
from pmkit.errors import PmkitError, WorkspaceError


class _Group(click.Group):
    """Shows an error of pmkit as one clear line, without a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except PmkitError as error:
            click.secho("pmkit: ", fg="red", bold=True, nl=False, err=True)
            click.echo(str(error), err=True)
            ctx.exit(2)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Each command with its first sentence, whole."""
        commands = {name: self.get_command(ctx, name) for name in self.list_commands(ctx)}
        with formatter.section("Commands"):
            formatter.write_dl([(name, one.get_short_help_str(200)) for name, one in commands.items() if one])


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
      pmkit mark 2026-11-03-checkout "first refused" --as impact_started
      pmkit lab 2026-11-03-checkout       all of it by hand, in JupyterLab
      pmkit status 2026-11-03-checkout    what the review still needs
      pmkit report 2026-11-03-checkout    the finished HTML and PDF

    \b
    With roles and severities of your own:
      pmkit template start ours.toml
      pmkit new 2026-11-03-checkout --template ours.toml --severity SEV-1
    """


_folder = click.Path(file_okay=False, path_type=Path)
_existing_folder = click.Path(exists=True, file_okay=False, path_type=Path)


_SCHEDULER: Final = (
    "A Dask scheduler, as tcp://host:8786, `local` for a cluster of this machine, or `none`.  "
    "[default: local from 100 incidents on, where Dask is installed]"
)


class _Place(click.Path):
    """A path, or an address of object storage, as s3://bucket/incidents, which stays text."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        return value if "://" in str(value) else super().convert(value, param, ctx)


@main.command()
@click.argument("incident", type=_folder)
@click.option("--title", help="One line that says what happened.")
@click.option("--severity", required=True, help="As your team names it: P0, P1, SEV-1 …")
@click.option("--service", "services", multiple=True, help="A service it touched; may be repeated.")
@click.option(
    "--template",
    default="saas",
    show_default=True,
    help="saas, ecommerce, fintech, healthcare, or a .toml file of your team.",
)
@click.option("--timezone", default="UTC", show_default=True, help="The team's zone, as Europe/Lisbon.")
@click.option("--started", help="When the impact is thought to have begun, as 2026-11-03T14:02Z.")
@click.option("--resolved", help="When it was over; the review's deadline counts from there.")
@click.option(
    "--assign",
    "people",
    multiple=True,
    metavar="ROLE=PERSON",
    help='As "Scribe=Mei Tanaka"; may be repeated.',
)
@click.option("--anyway", is_flag=True, help="Also for a severity for which a lighter review would do.")
def new(
    *,
    incident: Path,
    title: str | None,
    severity: str,
    services: tuple[str, ...],
    template: str,
    timezone: str,
    started: str | None,
    resolved: str | None,
    people: tuple[str, ...],
    anyway: bool,
) -> None:
    """Make the folder INCIDENT for a new review, from a template.

    \b
    Example:
      pmkit new 2026-11-03-checkout --template ecommerce --severity P1 \\
          --title "Checkout failed for one in three customers" --service checkout-api \\
          --started 2026-11-03T14:02Z --assign "Incident Commander=Mei Tanaka"
    """
    from pmkit.template import load_template
    from pmkit.workspace import Workspace

    plan = load_template(template)
    if not (anyway or plan.qualifies(severity)):
        kinds = ", ".join(plan.severities)
        click.echo(
            f"A {severity} needs no full review (this one is for {kinds}). A lighter one will do: "
            f"{plan.lighter}. To make the folder all the same: --anyway",
            err=True,
        )
        sys.exit(1)
    workspace = Workspace.create(
        incident,
        title=title or incident.resolve().name.replace("-", " "),
        severity=severity,
        services=services,
        template=template,
        timezone=timezone,
        people=_pairs(people, "--assign"),
        started_at=_time(started, "--started"),
        resolved_at=_time(resolved, "--resolved"),
    )
    click.echo(f"Made {workspace.path}. Next: pmkit add {workspace.path} EVIDENCE…")
    unfilled = [member.role for member in workspace.incident.members if not member.person]
    if unfilled:
        click.echo(f"Nobody yet: {', '.join(unfilled)}. Say who: pmkit assign {workspace.path} ROLE=PERSON…")


@main.command()
@click.argument("incident", type=_existing_folder)
@click.argument("people", nargs=-1, required=True, metavar="ROLE=PERSON…")
def assign(incident: Path, people: tuple[str, ...]) -> None:
    """Say who fills which role of the review of INCIDENT."""
    from pmkit.review import assign_role
    from pmkit.workspace import Workspace

    workspace = Workspace.open(incident)
    for role, person in _pairs(people, "ROLE=PERSON").items():
        assign_role(workspace, role, person)
        click.echo(f"{role}: {person or 'nobody'}")


@main.group()
def template() -> None:
    """The workspace templates, and a team's own."""


@template.command("list")
def list_templates() -> None:
    """List the templates that ship with pmkit, and what each is for."""
    from pmkit.template import load_template, template_names

    for name in template_names():
        plan = load_template(name)
        click.echo(f"{name:<12} {plan.title}\n{'':<12} {plan.use_case}")


@template.command("show")
@click.argument("name")
def show_template(name: str) -> None:
    """Show what a review made from template NAME consists of; a team's own .toml file too."""
    from pmkit.template import describe_template, load_template

    click.echo(_wrapped(describe_template(load_template(name))))


@template.command("start")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--extends", "base", default="saas", show_default=True, help="The template it changes.")
def start_template(file: Path, base: str) -> None:
    """Write a FILE to make a team's own template of: roles to rename, and what else one may change."""
    from pmkit.template import load_template, write_template

    text = write_template(load_template(base))
    try:
        with file.open("x", encoding="utf-8") as out:
            out.write(text)
    except OSError as error:
        raise WorkspaceError(f"{file}: cannot be written: {error.strerror}") from error
    click.echo(f"Wrote {file}. Put your names into it, then: pmkit template check {file}")


@template.command("check")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def check_template(file: Path) -> None:
    """Check a team's own template FILE; a mistake is told with its file and line."""
    from pmkit.template import load_template

    plan = load_template(file)
    counts = f"{len(plan.roles)} roles, {len(plan.milestones)} milestones, {len(plan.tasks)} tasks"
    click.echo(f"{file}: fine. {counts}.")
    for role in plan.idle_roles:
        where = '[raci."…"] or [[task_lists]]'
        click.echo(f"{role} has no task and no part in the RACI: add it under {where}.")


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
@main.command(cls=_Add)
@click.argument("incident", type=_existing_folder)
@click.argument("paths", nargs=-1, required=True, type=_Place(path_type=Path))
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
        options["columns"] = _pairs(tuple(columns.split(",")), "--columns")
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
        click.echo(json.dumps(intake.to_dict(), indent=2))
    elif words := intake.last_words():
        click.echo(words)
    if not intake.is_whole:
        sys.exit(2)


@main.command()
@click.argument("incident", type=_existing_folder, default=".")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("--at", help="As of another time, as 2026-11-05T09:00Z; nothing is recorded then.")
def status(incident: Path, form: str, at: str | None) -> None:
    """Show where the review stands, and what it waits for.

    Milestones are reached by what the record holds; the time of a new one is recorded. Exit code 1 when the
    closure or a task is overdue, else 0.
    """
    from pmkit.process import describe_review
    from pmkit.review import note_milestones
    from pmkit.workspace import Workspace

    workspace, now = Workspace.open(incident), _time(at, "--at") or datetime.now(UTC)
    postmortem = workspace.load()
    reached = note_milestones(workspace, now, loaded=postmortem) if at is None else []
    for name in reached:
        click.echo(f"Reached: {name}", err=True)
    review = describe_review(workspace.load() if reached else postmortem, now)
    click.echo(json.dumps(review.to_dict(), indent=2) if form == "json" else _wrapped(review.to_text()))
    if review.is_late:
        sys.exit(1)


@main.command()
@click.argument("incident", type=_existing_folder, default=".")
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
    told = _pairs(said, "--say")
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
        click.echo(_wrapped("\n".join([title, *(f"  {line}" for line in lines)])))
    kept = f"Kept as {row['checkin_id']}." if confirm else "A draft; --confirm --by ROLE keeps it."
    click.echo(f"Amended {row['checkin_id']}." if amend else kept, err=True)


@main.command()
@click.argument("incident", type=_existing_folder, default=".")
def agenda(incident: Path) -> None:
    """Print the agenda of the final retro of INCIDENT, in Markdown."""
    from pmkit.agenda import retro_agenda
    from pmkit.workspace import Workspace

    click.echo(retro_agenda(Workspace.open(incident).load(), datetime.now(UTC)).to_markdown())


@main.command()
@click.argument("incident", type=_existing_folder, default=".")
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


@main.command()
@click.argument("incident", type=_existing_folder, required=False)
@click.option(
    "--text",
    "report",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A report that was written elsewhere, Markdown or plain text.",
)
@click.option(
    "--select", multiple=True, metavar="RULE", help="Only these: AC201, or all of AC; may be repeated."
)
@click.option("--ignore", multiple=True, metavar="RULE", help="Not these.")
@click.option(
    "--fail-on",
    type=click.Choice(["error", "warning", "info", "never"]),
    default="error",
    show_default=True,
    help="From which severity on the exit code is 1.",
)
@click.option(
    "--format",
    "form",
    default="text",
    show_default=True,
    type=click.Choice(["text", "json", "sarif", "junit", "github"]),
)
@click.option("--at", help="The time that counts as today, as 2026-11-09T16:00Z.")
@click.option("--list", "list_rules", is_flag=True, help="List the rules.")
@click.option("--explain", metavar="RULE", help="Say what a rule looks for, why, and how to mend it.")
def check(
    *,
    incident: Path | None,
    report: Path | None,
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    fail_on: str,
    form: str,
    at: str | None,
    list_rules: bool,
    explain: str | None,
) -> None:
    """Check the postmortem of INCIDENT, or a report written elsewhere.

    Exit code 0 when nothing is found at or above --fail-on, 1 when something is, 2 when it could not be
    checked. Findings that may stay are listed with a reason in suppressions.csv.

    \b
    Examples:
      pmkit check 2026-11-03-checkout
      pmkit check 2026-11-03-checkout --select AC --fail-on warning --format github
      pmkit check --text postmortem.md
      pmkit check --explain AC201
    """
    from pmkit.checks import RULES, check_text, explain_rule, run_checks
    from pmkit.checks.places import place_findings, place_written
    from pmkit.checks.reports import FORMATS
    from pmkit.checks.written import read_written
    from pmkit.disk import read_text
    from pmkit.workspace import Workspace

    if list_rules or explain:
        lines = (f"{rule.code}  {rule.severity:<7}  {rule.title}" for rule in RULES.values())
        click.echo(explain_rule(explain) if explain else "\n".join(lines))
        return
    if (incident is None) == (report is None):
        raise click.UsageError("Name an incident folder, or a report with --text.")
    now = _time(at) or datetime.now(UTC)
    if report is not None:
        read = read_written(read_text(report), report.name)
        found = check_text(read.passages, actions=read.actions, select=select, ignore=ignore)
        findings = place_written(found, str(report))
    elif incident is not None:
        found = run_checks(Workspace.open(incident).load(), now=now, select=select, ignore=ignore)
        findings = place_findings(found, incident)
    text = FORMATS[form](findings, RULES)
    click.echo(_wrapped(text) if form == "text" else text)
    levels = {"error": ["error"], "warning": ["error", "warning"], "info": ["error", "warning", "info"]}
    grave = findings["severity"].isin(levels.get(fail_on, [])) & (findings["suppressed"] == "")
    sys.exit(1 if grave.any() else 0)


@main.command()
@click.argument("incident", type=_existing_folder, default=".")
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

    begin, until = _time(start, "--from"), _time(end, "--to")
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
        click.echo(_wrapped(f"    {row.actor or row.source}, {row.place or row.kind}: {words}"))
    if len(found) > limit:
        click.echo(f"and {len(found) - limit:,} more; narrow it down, or --limit {len(found)}", err=True)


@main.command()
@click.argument("incident", type=_existing_folder)
@click.argument("event")
@click.option(
    "--as", "anchor", metavar="ANCHOR", help="impact_started, detected, acknowledged, mitigated, resolved."
)
@click.option("--summary", help="What happened, in your own words.")
@click.option("--decision", is_flag=True, help="It is a decision: put it among the decisions too.")
def mark(incident: Path, event: str, anchor: str | None, summary: str | None, decision: bool) -> None:
    """Put EVENT on the timeline of INCIDENT, as an anchor or a decision.

    EVENT is the id that `pmkit events` shows, or words that no other event has. Exit code 2 when several do.

    \b
    Examples:
      pmkit mark 2026-11-03-checkout "customers cannot pay" --as impact_started
      pmkit mark 2026-11-03-checkout pd:R2D4 --as detected --summary "The page on refused payments"
      pmkit mark 2026-11-03-checkout "we roll back" --decision
    """
    from pmkit.explore import find_event
    from pmkit.session import describe_event, include_events, mark_event, promote_decision
    from pmkit.timeline import likely_anchor
    from pmkit.workspace import Workspace

    if meant := likely_anchor(anchor or ""):
        raise WorkspaceError(f"no anchor is called `{anchor}`; did you mean `{meant}`?")
    workspace = Workspace.open(incident)
    event_id = find_event(workspace.events(), event)
    changes = [mark_event(workspace, event_id, anchor) if anchor else include_events(workspace, event_id)]
    changes += [describe_event(workspace, event_id, summary=summary)] if summary else []
    changes += [promote_decision(workspace, event_id)] if decision else []
    for change in changes:
        click.echo(change.note or f"{event_id} says that already.")


@main.command()
@click.argument("incident", type=_existing_folder, default=".")
@click.option("--overdue", is_flag=True, help="Only what is overdue. Exit code 1 when there is any.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
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
        click.echo(_wrapped(describe_actions(shown)) if len(shown) or not overdue else "None is overdue.")
    if overdue and len(late):
        sys.exit(1)


@main.command()
@click.argument("incident", type=_existing_folder, default=".")
@click.option(
    "--to",
    "formats",
    multiple=True,
    default=("html", "pdf"),
    show_default=True,
    help="A format; may be repeated, or several with commas between. --to list shows all.",
)
@click.option("--out", type=_folder, help="Where to write, instead of INCIDENT/report.")
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
    type=_existing_folder,
    help="A folder with more fonts for the PDF.",
)
@click.option("--lang", default="", help="Language of the fixed words, as de.  [default: incident.toml's]")
@click.option("--template", type=_existing_folder, help="The folder of your own report template.")
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

    names = _names(formats)
    if "list" in names:
        for form in FORMATS.values():
            click.echo(f"{form.name:<12}{form.title}")
        return
    workspace = Workspace.open(incident)
    workspace.load()  # a table that cannot be read is told with its line, and not from inside a run
    with _told(None) as say:
        finished = publish(
            workspace,
            to=names,
            out=out,
            audience=audience,
            notebook=notebook,
            parameters=_pairs(parameters, "--set"),
            font_paths=font_paths,
            pdf_engine=pdf_engine,
            now=_time(made_at),
            lang=lang,
            template=template,
            progress=say,
        )
    for path in finished:
        click.echo(f"  {path.resolve()}")


@main.command()
@click.argument("paths", nargs=-1, required=True, type=_Place(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--to",
    "formats",
    multiple=True,
    default=("html", "pdf"),
    show_default=True,
    help="A format; may be repeated, or several with commas between.",
)
@click.option("--jobs", type=click.IntRange(1), help="How many at a time.  [default: one for each processor]")
@click.option("--scheduler", default="", metavar="ADDRESS", help=_SCHEDULER)
@click.option(
    "--out",
    type=_Place(file_okay=False, path_type=Path),
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
    "--font-path", "font_paths", multiple=True, type=_existing_folder, help="More fonts for the PDF."
)
@click.option("--lang", default="", help="Language of the fixed words, as de.  [default: incident.toml's]")
@click.option("--template", type=_existing_folder, help="The folder of your own report template.")
@click.option("--at", "made_at", help="When the reports say they were made, as 2026-11-09T16:00:00Z.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
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
        to=_names(formats),
        out=out,
        audience=audience,
        notebook=notebook,
        parameters=_pairs(parameters, "--set"),
        font_paths=font_paths,
        now=_time(made_at) or datetime.now(UTC),
        lang=lang,
        template=template,
    )
    incidents = find_incidents(paths)
    scheduler, workers = where_to_run(scheduler, jobs, len(incidents))
    jobs = workers if scheduler else jobs
    with click.progressbar(length=len(incidents), label="Rendering", show_pos=True, file=sys.stderr) as bar:
        outcomes = render_batch(
            incidents, options, jobs=jobs, progress=lambda _: bar.update(1), scheduler=scheduler
        )
    if form == "json":
        click.echo(json.dumps([outcome.to_dict() for outcome in outcomes], indent=2))
    else:
        click.echo(describe_batch(outcomes))
    if not all(outcome.is_done for outcome in outcomes):
        sys.exit(1)


@main.command()
@click.argument("incident", type=_existing_folder, default=".")
@click.option("--metric", default="", help="The counted series of the evidence, or a part of its name.")
@click.option(
    "--preset",
    type=click.Choice(["saas", "fintech", "ecommerce", "healthcare"]),
    default="saas",
    show_default=True,
    help="What is counted.",
)
@click.option(
    "--per",
    type=click.Choice(["sample", "second", "minute", "hour"]),
    default="sample",
    show_default=True,
    help="What one value counts: since the sample before, or a rate.",
)
@click.option("--weeks", default=4, show_default=True, help="How many weeks before to compare with.")
@click.option(
    "--worth", type=(float, float, str), metavar="LEAST MOST CURRENCY", help="What one of them is worth."
)
@click.option(
    "--objective", type=float, help="The objective in percent, as 99.9: how much of its budget is gone."
)
@click.option(
    "--save", is_flag=True, help="Write the rows into impact.csv. Without this they are only shown."
)
def impact(
    *,
    incident: Path,
    metric: str,
    preset: str,
    per: Literal["sample", "second", "minute", "hour"],
    weeks: int,
    worth: tuple[float, float, str] | None,
    objective: float | None,
    save: bool,
) -> None:
    """Measure what the incident cost, against the same hours of the weeks before.

    \b
      pmkit impact INCIDENT --metric orders_total --per minute --preset ecommerce --worth 60 90 EUR
    """
    import pandas as pd

    from pmkit.baseline import measure_impact
    from pmkit.workspace import Workspace

    workspace = Workspace.open(incident)
    rows = measure_impact(
        workspace.load(), metric=metric, preset=preset, per=per, weeks=weeks, worth=worth, objective=objective
    )
    for row in rows.to_dict("records"):
        span = "" if pd.isna(row["low"]) else f" ({row['low']:,.10g} to {row['high']:,.10g})"
        click.echo(f"{row['measure']}: {row['value']:,.10g}{span} {row['unit']}")
        click.echo(_wrapped(f"    {row['basis']}" + (f" {row['note']}" if row["note"] else "")))
    if not save:
        return
    table = workspace.table("impact")
    known = sorted(set(table["measure"]) & set(rows["measure"]))
    if known:
        raise WorkspaceError(f"impact.csv has {', '.join(known)} already; take its row out first")
    workspace.save_table("impact", pd.concat([table, rows], ignore_index=True))
    click.echo("Written into impact.csv.")


@main.group()
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
@click.argument("export", type=_Place(exists=True, path_type=Path))
@click.argument("folder", type=_folder)
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
    click.echo(_wrapped(room.describe_archive(made)))


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
    click.echo(_wrapped(room.describe_archive(kept)))
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
@click.argument("incident", type=_existing_folder)
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


@main.command()
@click.argument("places", nargs=-1, required=True)
@click.option("--to", "formats", multiple=True, default=("html", "pdf"), show_default=True, help="A format.")
@click.option("--out", default="portfolio", show_default=True, help="Where to write: a folder or an address.")
@click.option("--jobs", type=click.IntRange(1), help="How many at a time.  [default: 1, or all of a cluster]")
@click.option("--scheduler", default="", metavar="ADDRESS", help=_SCHEDULER)
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

    now = _time(made_at) or datetime.now(UTC)
    count = sum(len(find_incidents(place)) for place in places)
    scheduler, jobs = where_to_run(scheduler, jobs, count)
    if similar:
        from pmkit.portfolio import find_similar

        with _reading(count) as told:
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
    with _reading(count) as told:
        files = publish_portfolio(
            places, out, now=now, to=_names(formats), jobs=jobs, scheduler=scheduler, progress=told
        )
    click.echo("\n".join(files))


@main.command()
@click.argument("incident", type=_existing_folder, default=".")
@click.option("--audience", default="", metavar="NAME", help="The edition; by default as incident.toml says.")
@click.option("--keep", metavar="ID", help="Show this value in that edition from now on.")
@click.option("--mask", metavar="ID", help="Mask this value in that edition from now on.")
@click.option("--everywhere", is_flag=True, help="Decide it for every edition.")
@click.option("--because", "reason", default="", help="Why.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def redactions(
    *,
    incident: Path,
    audience: str,
    keep: str | None,
    mask: str | None,
    everywhere: bool,
    reason: str,
    form: str,
) -> None:
    """List what an edition of INCIDENT masks, with the words around it, and decide otherwise.

    Values are named by ids and tags and shown nowhere. What is decided stands in redactions.csv. Secrets are
    masked in every edition, whatever is decided. No list of rules finds everything: read an edition before
    you send it.

    \b
      pmkit redactions 2026-11-03-checkout --audience public
      pmkit redactions 2026-11-03-checkout --audience public --keep 3f9a1c --because "press desk"
    """
    from pmkit.audience import load_audience
    from pmkit.redaction import decided_row, describe_found, find_redactions
    from pmkit.session import decide_redaction
    from pmkit.workspace import Workspace

    if keep and mask:
        raise click.UsageError("give --keep or --mask, not both")
    workspace = Workspace.open(incident)
    readers = load_audience(audience, workspace.incident)
    found = find_redactions(workspace.load(), readers)
    if named := keep or mask:
        where = "every" if everywhere else readers.name
        row = decided_row(found, named, "keep" if keep else "mask", where, reason)
        click.echo(decide_redaction(workspace, row).note)
        found = find_redactions(workspace.load(), readers)
    if form == "json":
        click.echo(json.dumps(found.to_dict("records"), indent=2))
    elif not named:
        click.echo(describe_found(found, readers.title))


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
@click.argument("incident", type=_existing_folder, default=".")
@click.option("--head", default="", help="The journal head that a published report gives.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def verify(incident: Path, head: str, form: str) -> None:
    """Say what changed in the evidence of INCIDENT since it was added.

    Each file is held against the journal, the journal against the heads that reports in INCIDENT/report or
    --head give, and each row of the timeline against the record it came from, read anew. Exit code 1 when
    anything changed. Whoever can write the folder can write all of it anew: only a head that was kept
    elsewhere shows that.
    """
    from pmkit.workspace import Workspace

    audit = Workspace.open(incident).audit(head=head)
    click.echo(json.dumps(audit.to_dict(), indent=2) if form == "json" else audit.to_text())
    if len(audit.problems):
        sys.exit(1)


@main.command()
@click.argument("incident", type=_existing_folder)
@click.argument("file", default="")
@click.option("--to", metavar="LINE|TIME", help="A line of the journal, or a time with its zone.")
@click.option("--list", "is_list", is_flag=True, help="Show the last saves instead.")
def undo(incident: Path, file: str, to: str | None, is_list: bool) -> None:
    """Take back the last save of INCIDENT: of FILE, or of whichever was saved last.

    FILE is a table, a note or incident.toml. With --to it is again as it was after that save or at that time,
    and without FILE all of them are. An undo is a save too: the next one takes it back. A file that was
    changed by hand since is left as it is. Evidence is never changed, so there is nothing to undo.

    \b
      pmkit undo 2026-11-03-checkout --list
      pmkit undo 2026-11-03-checkout timeline --to 41
    """
    from pmkit.workspace import Workspace

    workspace = Workspace.open(incident)
    if is_list:
        for told in _saves(workspace, file):
            click.echo(told)
        return
    undone = workspace.undo_save(file, to=int(to) if to and to.isdecimal() else _time(to, "--to"))
    for name, number, change in undone:
        click.echo(f"{name}: as after line {number} of the journal again ({change})")
    if not undone:
        click.echo("Everything is as it was then.")


def _saves(workspace: Any, file: str) -> Iterator[str]:
    """A line for each of the last saves: number, time in UTC, by whom, file, what changed."""
    from pmkit.preview import printable

    for save, change in workspace.list_saves(file):
        at = f"{save.at:%Y-%m-%d %H:%M:%S}Z" if save.at else "at no time"
        did = "" if save.did in ("save", "create") else f"{save.did}; "
        did = did if save.back_to is None else f"undo, back to line {save.back_to}; "
        by, what = printable(save.by), printable(did + change)
        yield f"{save.line:>5}  {at}  {by:<12}  {save.file:<20}  {what}"


@main.command()
@click.argument("incident", type=_existing_folder)
@click.argument("system", type=click.Choice(["pagerduty", "slack", "jira", "drive"]))
@click.argument("wanted", nargs=-1, metavar="[WHAT]…")
@click.option("--from", "since", help="For slack: from when on, as 2026-11-03T07:00Z.")
@click.option("--to", "until", help="For slack: up to when; now where it is not said.")
@click.option("--jql", default="", help="For jira: the issues that this search finds.")
@click.option("--export", is_flag=True, help="For drive: copies of the documents too.")
@click.option("--anew", is_flag=True, help="Take nothing over from a fetch that had to stop.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def fetch(
    *,
    incident: Path,
    system: str,
    wanted: tuple[str, ...],
    since: str | None,
    until: str | None,
    jql: str,
    export: bool,
    anew: bool,
    form: str,
) -> None:
    """Bring records of an outside SYSTEM into the evidence of INCIDENT, as they are there.

    pagerduty takes incidents by number, id or address; slack channels by name or id, or guesses the
    incident's own; jira issues by key, or those of a search; drive a folder by id or address, whose documents
    are listed. Every page is kept as it came. A fetch that was stopped goes on where it was: repeat the
    command. Exit code 1 when something is missing, and then it is said what.

    \b
    Examples:
      pmkit fetch 2026-11-03-checkout pagerduty 4127
      pmkit fetch 2026-11-03-checkout slack incident-4127 --from 2026-11-03T07:00Z
      pmkit fetch 2026-11-03-checkout jira --jql "labels = checkout-failure"
    """
    from pmkit.integrations.credentials import account
    from pmkit.integrations.fetching import fetch_from
    from pmkit.integrations.retrying import Patience
    from pmkit.workspace import Workspace

    workspace = Workspace.open(incident)
    fetched = fetch_from(
        workspace,
        account(system, workspace.incident.connections),
        wanted,
        since=_time(since, "--from"),
        until=_time(until, "--to"),
        jql=jql,
        export=export,
        anew=anew,
        patience=Patience(told=lambda words: click.echo(f"{words} …", err=True)),
    )
    if form == "json":
        click.echo(json.dumps([one.to_dict() for one in fetched], indent=2))
    else:
        click.echo("\n".join(one.to_text() for one in fetched))
    if not all(one.is_complete for one in fetched):
        sys.exit(1)


@main.command()
@click.argument("incident", type=_existing_folder)
@click.argument("system", type=click.Choice(["jira", "slack", "drive", "pagerduty"]))
@click.option("--apply", "is_applied", is_flag=True, help="Do it. Without this it is only shown.")
@click.option("--link", default="", help="For pagerduty: where the report is to be read.")
@click.option("--no-wait", is_flag=True, help="Leave what is in doubt to the next time instead of waiting.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def push(*, incident: Path, system: str, is_applied: bool, link: str, no_wait: bool, form: str) -> None:
    """Bring INCIDENT to an outside SYSTEM: the plan first, and with --apply the doing.

    jira makes an issue per action item and brings back what was changed there; slack keeps the review's
    channels and posts what is new; drive uploads report and worksheets; pagerduty notes the report's link.
    Everything is done once: after a crash or a lost answer, repeat the command. Exit code 1 when something
    is in conflict, refused or unknown.

    \b
    Examples:
      pmkit push 2026-11-03-checkout jira
      pmkit push 2026-11-03-checkout jira --apply
    """
    from functools import partial

    from pmkit.integrations.push_actions import push_actions
    from pmkit.integrations.push_note import push_note
    from pmkit.integrations.push_report import push_report
    from pmkit.integrations.push_updates import push_updates
    from pmkit.workspace import Workspace

    pushes: dict[str, Any] = {
        "jira": push_actions,
        "slack": push_updates,
        "drive": push_report,
        "pagerduty": partial(push_note, link=link),
    }
    pause = None if no_wait else _wait
    pushed = pushes[system](Workspace.open(incident), apply=is_applied, pause=pause)
    if form == "json":
        click.echo(pushed.to_frame().to_json(orient="records", indent=2, force_ascii=False))
    else:
        click.echo(_wrapped(pushed.to_text()))
    if is_applied and not pushed.is_whole:
        sys.exit(1)


@main.command()
@click.argument("incident", type=_existing_folder)
@click.argument("links", nargs=-1, metavar="LINK…")
@click.option("--reaction", default="", help="All messages of the evidence with this reaction, as pushpin.")
@click.option("--channel", default="", help="With --reaction: only messages of this channel.")
@click.option("--as", "as_", type=click.Choice(["event", "decision"]), default="event", show_default=True)
def pick(*, incident: Path, links: tuple[str, ...], reaction: str, channel: str, as_: str) -> None:
    """Put messages of Slack on the timeline of INCIDENT, or make decisions of them.

    A message is named by its link (in Slack: Copy link), or by a reaction that somebody gave it. One that is
    not in the evidence yet is fetched into it. Asked again, nothing is done twice.

    \b
    Examples:
      pmkit pick 2026-11-03-checkout https://acme.slack.com/archives/C024BE91L/p1710484200000100
      pmkit pick 2026-11-03-checkout --reaction white_check_mark --channel decisions --as decision
    """
    from pmkit.integrations.picking import pick_messages
    from pmkit.workspace import Workspace

    if not (links or reaction):
        raise click.UsageError("Name a message by its link, or a reaction with --reaction.")
    picked = pick_messages(
        Workspace.open(incident),
        links,
        reaction=reaction,
        channel=channel,
        as_="decision" if as_ == "decision" else "event",
        fetched=lambda words: click.echo(f"{words} …", err=True),
    )
    for one in picked:
        words = " ".join(one.text.split())
        click.echo(_wrapped(f"{one.event_id}  {words if len(words) <= 90 else words[:89] + '…'}"))
        click.echo(f"    {one.change or 'is there already'}")


@main.command()
@click.argument("incident", type=_existing_folder, required=False)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def doctor(incident: Path | None, form: str) -> None:
    """Say which outside systems are set up and answer, and which rights their tokens have.

    With INCIDENT, what its incident.toml says of them counts too. No token is shown and nothing is changed.
    Exit code 1 when something that is set up does not work.
    """
    from pmkit.integrations.doctor import describe, examine
    from pmkit.workspace import Workspace

    findings = examine(Workspace.open(incident).incident if incident else None)
    if form == "json":
        click.echo(json.dumps([vars(one) for one in findings], indent=2, ensure_ascii=False))
    else:
        click.echo(_wrapped(describe(findings)))
    if any(one.level == "lacks" for one in findings):
        sys.exit(1)


@main.command("demo-server")
@click.option("--faults", type=click.FloatRange(0, 0.9), default=0.0, help="So many requests go wrong.")
def demo_server(faults: float) -> None:
    """Serve stand-ins of PagerDuty, Slack, Jira and Google Drive on this machine, to try them out.

    They hold the sample incident, and no account is needed. What is written to them is gone when they stop
    (Ctrl-C). The lines they print go into another terminal.
    """
    from pmkit import demo

    # One that never answers would only try the patience of who tries it.
    kinds = [fault for fault in demo.WRITE_FAULTS if "slow" not in fault.kind]
    schedule = demo.Faults(rate=faults, kinds=kinds) if faults else None
    with demo.start(faults=schedule) as stand_ins:
        for name, value in stand_ins.environment().items():
            click.echo(f"export {name}={value}")
        click.echo("# Serving until Ctrl-C. Put these lines into another terminal.", err=True)
        try:
            while True:
                time.sleep(3600)
        except KeyboardInterrupt:
            click.echo("", err=True)


def _wait(seconds: float) -> None:
    """Wait, and say so where it is long enough to be wondered at."""
    if seconds > 3:
        click.echo(f"waiting {seconds:.0f} s, until what is in doubt shows itself …", err=True)
    time.sleep(seconds)


# Words on the way


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


def _wrapped(text: str) -> str:
    """In a terminal, long lines broken between words and set in; for programs as they are."""
    if not sys.stdout.isatty():
        return text
    import shutil
    import textwrap

    width = max(40, shutil.get_terminal_size().columns)
    lines = []
    for line in text.splitlines():
        inset = " " * (len(line) - len(line.lstrip()) + 4)
        lines += textwrap.wrap(line, width, subsequent_indent=inset, break_on_hyphens=False) or [""]
    return "\n".join(lines)


def _names(words: tuple[str, ...]) -> list[str]:
    return [name.strip() for text in words for name in text.split(",") if name.strip()]


@contextmanager
def _reading(count: int) -> Iterator[Callable[[object], None]]:
    """Shows how many of so many incidents are read; called with each as it comes."""
    with click.progressbar(length=count, label="Reading", show_pos=True, file=sys.stderr) as bar:
        yield lambda _: bar.update(1)


def _pairs(words: tuple[str, ...], option: str) -> dict[str, str]:
    pairs = [word.partition("=") for word in words]
    for name, equals, _ in pairs:
        if not equals:
            raise click.BadParameter(f"expected NAME=VALUE, found {name!r}", param_hint=option)
    return {name.strip(): value.strip() for name, _, value in pairs}


def _time(text: str | None, option: str = "--at") -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint=option) from error
    if moment.tzinfo is None:
        raise click.BadParameter("expected a time with its zone, as 2026-11-09T16:00:00Z", param_hint=option)
    return moment
