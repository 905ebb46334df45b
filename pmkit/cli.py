"""The command line: its commands put together, and an error as one clear line."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from importlib import import_module
from typing import Any, Final

import click

from pmkit import __version__
from pmkit.errors import PmkitError

_ROOMS: Final = {
    "incident": ["new", "assign", "lab"],
    "template": ["template"],
    "evidence": ["add", "events"],
    "archive": ["archive"],
    "record": ["mark", "pick", "impact", "undo"],
    "review": ["status", "checkin", "agenda", "calendar", "actions"],
    "checks": ["check", "redactions", "verify"],
    "report": ["report", "batch", "portfolio"],
    "integrations": ["fetch", "push", "doctor", "demo-server"],
}
_ROOM_OF: Final = {name: room for room, names in _ROOMS.items() for name in names}


class _Commands(MutableMapping[str, click.Command]):
    """The commands by name; each is loaded from its module in `pmkit.commands` when it is asked for."""

    def __init__(self) -> None:
        self._loaded: dict[str, click.Command] = {}

    def __getitem__(self, name: str) -> click.Command:
        if name not in self._loaded:
            room = import_module(f"pmkit.commands.{_ROOM_OF[name]}")
            self._loaded[name] = getattr(room, name.replace("-", "_"))
        return self._loaded[name]

    def __setitem__(self, name: str, command: click.Command) -> None:
        self._loaded[name] = command

    def __delitem__(self, name: str) -> None:
        del self._loaded[name]

    def __iter__(self) -> Iterator[str]:
        return iter({**_ROOM_OF, **self._loaded})

    def __len__(self) -> int:
        return len({**_ROOM_OF, **self._loaded})


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
    commands=_Commands(),
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
