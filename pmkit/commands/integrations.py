"""PagerDuty, Slack, Jira and Google Drive: `fetch`, `push`, `doctor`, and their stand-ins, `demo-server`."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

import click

from pmkit.commands._arguments import EXISTING_FOLDER, parse_time, text_or_json
from pmkit.commands._saying import say_json, wrapped


@click.command()
@click.argument("incident", type=EXISTING_FOLDER)
@click.argument("system", type=click.Choice(["pagerduty", "slack", "jira", "drive"]))
@click.argument("wanted", nargs=-1, metavar="[WHAT]…")
@click.option("--from", "since", help="For slack: from when on, as 2026-11-03T07:00Z.")
@click.option("--to", "until", help="For slack: up to when; now where it is not said.")
@click.option("--jql", default="", help="For jira: the issues that this search finds.")
@click.option("--export", is_flag=True, help="For drive: copies of the documents too.")
@click.option("--anew", is_flag=True, help="Take nothing over from a fetch that had to stop.")
@text_or_json
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
        since=parse_time(since, "--from"),
        until=parse_time(until, "--to"),
        jql=jql,
        export=export,
        anew=anew,
        patience=Patience(told=lambda words: click.echo(f"{words} …", err=True)),
    )
    if form == "json":
        say_json([one.to_dict() for one in fetched])
    else:
        click.echo("\n".join(one.to_text() for one in fetched))
    if not all(one.is_complete for one in fetched):
        sys.exit(1)


@click.command()
@click.argument("incident", type=EXISTING_FOLDER)
@click.argument("system", type=click.Choice(["jira", "slack", "drive", "pagerduty"]))
@click.option("--apply", "is_applied", is_flag=True, help="Do it. Without this it is only shown.")
@click.option("--link", default="", help="For pagerduty: where the report is to be read.")
@click.option("--no-wait", is_flag=True, help="Leave what is in doubt to the next time instead of waiting.")
@text_or_json
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
        click.echo(wrapped(pushed.to_text()))
    if is_applied and not pushed.is_whole:
        sys.exit(1)


def _wait(seconds: float) -> None:
    """Wait, and say so where it is long enough to be wondered at."""
    if seconds > 3:
        click.echo(f"waiting {seconds:.0f} s, until what is in doubt shows itself …", err=True)
    time.sleep(seconds)


@click.command()
@click.argument("incident", type=EXISTING_FOLDER, required=False)
@text_or_json
def doctor(incident: Path | None, form: str) -> None:
    """Say which outside systems are set up and answer, and which rights their tokens have.

    With INCIDENT, what its incident.toml says of them counts too. No token is shown and nothing is changed.
    Exit code 1 when something that is set up does not work.
    """
    from pmkit.integrations.doctor import describe, examine
    from pmkit.workspace import Workspace

    findings = examine(Workspace.open(incident).incident if incident else None)
    if form == "json":
        say_json([vars(one) for one in findings], ensure_ascii=False)
    else:
        click.echo(wrapped(describe(findings)))
    if any(one.level == "lacks" for one in findings):
        sys.exit(1)


@click.command("demo-server")
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
