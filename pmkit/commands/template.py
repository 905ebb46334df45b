"""The workspace templates, and a team's own: `template list`, `show`, `start`, `check`."""

from __future__ import annotations

from pathlib import Path

import click

from pmkit.commands._saying import wrapped
from pmkit.errors import WorkspaceError


@click.group()
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

    click.echo(wrapped(describe_template(load_template(name))))


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
