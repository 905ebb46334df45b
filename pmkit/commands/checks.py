"""What is looked at before a report leaves: `check`, `redactions`, `verify`."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from pmkit.commands._arguments import EXISTING_FOLDER, parse_time, text_or_json
from pmkit.commands._saying import say_json, wrapped


@click.command()
@click.argument("incident", type=EXISTING_FOLDER, required=False)
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
    now = parse_time(at) or datetime.now(UTC)
    if report is not None:
        read = read_written(read_text(report), report.name)
        found = check_text(read.passages, actions=read.actions, select=select, ignore=ignore)
        findings = place_written(found, str(report))
    elif incident is not None:
        found = run_checks(Workspace.open(incident).load(), now=now, select=select, ignore=ignore)
        findings = place_findings(found, incident)
    text = FORMATS[form](findings, RULES)
    click.echo(wrapped(text) if form == "text" else text)
    levels = {"error": ["error"], "warning": ["error", "warning"], "info": ["error", "warning", "info"]}
    grave = findings["severity"].isin(levels.get(fail_on, [])) & (findings["suppressed"] == "")
    sys.exit(1 if grave.any() else 0)


@click.command()
@click.argument("incident", type=EXISTING_FOLDER, default=".")
@click.option("--audience", default="", metavar="NAME", help="The edition; by default as incident.toml says.")
@click.option("--keep", metavar="ID", help="Show this value in that edition from now on.")
@click.option("--mask", metavar="ID", help="Mask this value in that edition from now on.")
@click.option("--everywhere", is_flag=True, help="Decide it for every edition.")
@click.option("--because", "reason", default="", help="Why.")
@text_or_json
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
        say_json(found.to_dict("records"))
    elif not named:
        click.echo(describe_found(found, readers.title))


@click.command()
@click.argument("incident", type=EXISTING_FOLDER, default=".")
@click.option("--head", default="", help="The journal head that a published report gives.")
@text_or_json
def verify(incident: Path, head: str, form: str) -> None:
    """Say what changed in the evidence of INCIDENT since it was added.

    Each file is held against the journal, the journal against the heads that reports in INCIDENT/report or
    --head give, and each row of the timeline against the record it came from, read anew. Exit code 1 when
    anything changed. Whoever can write the folder can write all of it anew: only a head that was kept
    elsewhere shows that.
    """
    from pmkit.workspace import Workspace

    audit = Workspace.open(incident).audit(head=head)
    if form == "json":
        say_json(audit.to_dict())
    else:
        click.echo(audit.to_text())
    if len(audit.problems):
        sys.exit(1)
