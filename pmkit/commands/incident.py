"""An incident folder is made, its roles are filled, and it is opened: `new`, `assign`, `lab`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from pmkit.commands._arguments import EXISTING_FOLDER, FOLDER, parse_pairs, parse_time


@click.command()
@click.argument("incident", type=FOLDER)
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
        people=parse_pairs(people, "--assign"),
        started_at=parse_time(started, "--started"),
        resolved_at=parse_time(resolved, "--resolved"),
    )
    click.echo(f"Made {workspace.path}. Next: pmkit add {workspace.path} EVIDENCE…")
    unfilled = [member.role for member in workspace.incident.members if not member.person]
    if unfilled:
        click.echo(f"Nobody yet: {', '.join(unfilled)}. Say who: pmkit assign {workspace.path} ROLE=PERSON…")


@click.command()
@click.argument("incident", type=EXISTING_FOLDER)
@click.argument("people", nargs=-1, required=True, metavar="ROLE=PERSON…")
def assign(incident: Path, people: tuple[str, ...]) -> None:
    """Say who fills which role of the review of INCIDENT."""
    from pmkit.review import assign_role
    from pmkit.workspace import Workspace

    workspace = Workspace.open(incident)
    for role, person in parse_pairs(people, "ROLE=PERSON").items():
        assign_role(workspace, role, person)
        click.echo(f"{role}: {person or 'nobody'}")


@click.command()
@click.argument("incident", type=EXISTING_FOLDER, default=".")
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
