"""What a command says while it works, to people and to programs, and how long lines are broken."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import click


@contextmanager
def timed_steps() -> Iterator[Callable[[str], None]]:
    """Called with each step as it begins, says it on standard error, and then how long it took."""
    started: list[float] = []

    def say(step: str) -> None:
        finish()
        started.append(time.perf_counter())
        click.echo(f"{step} … ", nl=False, err=True)

    def finish() -> None:
        if started:
            click.echo(f"{time.perf_counter() - started.pop():.1f} s", err=True)

    try:
        yield say
    except BaseException:
        if started:
            click.echo("", err=True)
        raise
    finish()


@contextmanager
def progress_bar(label: str, count: int) -> Iterator[Callable[[object], None]]:
    """Shows on standard error how many of so many are done; called with each as it comes."""
    with click.progressbar(length=count, label=label, show_pos=True, file=sys.stderr) as bar:
        yield lambda _: bar.update(1)


def say_json(value: Any, *, ensure_ascii: bool = True) -> None:
    """Say a value for a program to read."""
    import json

    click.echo(json.dumps(value, indent=2, ensure_ascii=ensure_ascii))


def wrapped(text: str) -> str:
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
