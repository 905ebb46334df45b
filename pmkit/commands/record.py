"""What people put into the record, and take back: `mark`, `pick`, `impact`, `undo`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from pmkit.commands._arguments import EXISTING_FOLDER, parse_time
from pmkit.commands._saying import wrapped
from pmkit.errors import WorkspaceError

if TYPE_CHECKING:
    from pmkit.workspace import Workspace


@click.command()
@click.argument("incident", type=EXISTING_FOLDER)
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


@click.command()
@click.argument("incident", type=EXISTING_FOLDER)
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
        click.echo(wrapped(f"{one.event_id}  {words if len(words) <= 90 else words[:89] + '…'}"))
        click.echo(f"    {one.change or 'is there already'}")


@click.command()
@click.argument("incident", type=EXISTING_FOLDER, default=".")
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
        click.echo(wrapped(f"    {row['basis']}" + (f" {row['note']}" if row["note"] else "")))
    if not save:
        return
    table = workspace.table("impact")
    known = sorted(set(table["measure"]) & set(rows["measure"]))
    if known:
        raise WorkspaceError(f"impact.csv has {', '.join(known)} already; take its row out first")
    workspace.save_table("impact", pd.concat([table, rows], ignore_index=True))
    click.echo("Written into impact.csv.")


@click.command()
@click.argument("incident", type=EXISTING_FOLDER)
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
    undone = workspace.undo_save(file, to=int(to) if to and to.isdecimal() else parse_time(to, "--to"))
    for name, number, change in undone:
        click.echo(f"{name}: as after line {number} of the journal again ({change})")
    if not undone:
        click.echo("Everything is as it was then.")


def _saves(workspace: Workspace, file: str) -> Iterator[str]:
    """A line for each of the last saves: number, time in UTC, by whom, file, what changed."""
    from pmkit.preview import printable

    for save, change in workspace.list_saves(file):
        at = f"{save.at:%Y-%m-%d %H:%M:%S}Z" if save.at else "at no time"
        did = "" if save.did in ("save", "create") else f"{save.did}; "
        did = did if save.back_to is None else f"undo, back to line {save.back_to}; "
        by, what = printable(save.by), printable(did + change)
        yield f"{save.line:>5}  {at}  {by:<12}  {save.file:<20}  {what}"
