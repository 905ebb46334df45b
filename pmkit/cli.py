"""The command line: its commands put together, and an error as one clear line."""

from __future__ import annotations

from typing import Any

import click

from pmkit import __version__
from pmkit.commands import archive, checks, evidence, incident, integrations, record, report, review, template
from pmkit.errors import PmkitError


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


for _room in (incident, template, evidence, archive, record, review, checks, report, integrations):
    for _command in _room.COMMANDS:
        main.add_command(_command)
