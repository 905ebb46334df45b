"""A realistic executed report notebook, made without running one: what export tests read."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

BLOCK = "application/vnd.pmkit.block+json"
PLOTLY = "application/vnd.plotly.v1+json"
START = datetime(2026, 11, 3, 13, 58, 4, tzinfo=UTC)

ARABIC = "العملاء لا يستطيعون إتمام الدفع"
JAPANESE = "決済サービスの接続プールが枯渇しました"
EMOJI = "Rolled back 🚀 by 👩🏽‍🚒, fire out 🔥 ❤️ ✅"
LONG_WORD = (
    "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/checkout-api-prod/50dc6c495c0c9188"
)
HASH = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08" * 2

INJECTIONS = (
    "<script>window.__x=1</script>",
    '<img src=x onerror="window.__x=1">',
    '<svg onload="window.__x=1">',
    '<iframe src="javascript:window.top.__x=1"></iframe>',
    "</script><script>window.__x=1</script>",
    '"><script>window.__x=1</script>',
    '<a href="javascript:window.__x=1">click</a>',
    "[click](javascript:window.__x=1)",
    "![x](https://evil.example/p.png)",
    "<style>@import url(https://evil.example/x.css)</style>",
    "<body onload=window.__x=1>",
    "<!--><script>window.__x=1</script>-->",
    "<math><mtext><script>window.__x=1</script>",
    '{{ 7*7 }} {% raw %} #read("/etc/passwd") $x$ @ref <lab> #panic()',
    '<object data="https://evil.example/x"></object><embed src=x>',
    '<meta http-equiv=refresh content="0;url=https://evil.example/">',
    "<form action=https://evil.example/><input name=x autofocus onfocus=window.__x=1>",
)


def markdown(text: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "metadata": {}, "source": text.splitlines(keepends=True)}


def code(*outputs: dict[str, Any], source: str = "show()", **metadata: Any) -> dict[str, Any]:
    return {
        "cell_type": "code",
        "execution_count": 1,
        "metadata": metadata,
        "source": source,
        "outputs": list(outputs),
    }


def display(mime: str, value: Any, **metadata: Any) -> dict[str, Any]:
    return {"output_type": "display_data", "data": {mime: value}, "metadata": metadata}


def block(kind: str, **parts: Any) -> dict[str, Any]:
    return display(BLOCK, {"block": kind, **parts})


def stream(text: str, name: str = "stdout") -> dict[str, Any]:
    return {"output_type": "stream", "name": name, "text": text}


def notebook(*cells: dict[str, Any], **metadata: Any) -> dict[str, Any]:
    pmkit = {"generated_at": "2026-11-09T16:00:00Z", "title": "Checkout outage", "lang": "en"}
    return {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {"pmkit": pmkit | metadata.pop("pmkit", {}), **metadata},
        "cells": [{"id": f"cell-{number}", **cell} for number, cell in enumerate(cells)],
    }


def write(path: Path, node: dict[str, Any]) -> Path:
    path.write_text(json.dumps(node, ensure_ascii=False), encoding="utf-8")
    return path


def columns(*specs: str) -> list[dict[str, str]]:
    """Columns from `label`, `label:narrow`, `label:wide:right`."""
    out = []
    for spec in specs:
        label, *rest = spec.split(":")
        column = {"label": label, "align": "left", "width": "normal"}
        for word in rest:
            column["align" if word in ("left", "right", "center") else "width"] = word
        out.append(column)
    return out


def text(words: str, **parts: Any) -> dict[str, Any]:
    return {"text": words, **parts}


def timeline_figure() -> dict[str, Any]:
    lanes = ["slack", "pagerduty", "monitoring", "deploy", "statuspage"]
    colors = ["#3b6fd4", "#c2453c", "#2c8a5b", "#0c7d94", "#8059b8"]
    traces = []
    for lane, (name, color) in enumerate(zip(lanes, colors, strict=True)):
        times = [START + timedelta(minutes=3 * k + 7 * lane) for k in range(14 - 2 * lane)]
        traces.append(
            {
                "type": "scatter",
                "mode": "markers",
                "name": name,
                "x": [time.strftime("%Y-%m-%dT%H:%M:%S") for time in times],
                "y": [name] * len(times),
                "text": [f"{name} event {k} <b>bold</b>" for k in range(len(times))],
                "marker": {"color": color, "size": 10},
            }
        )
    return figure("timeline", "Events by source, with the incident's marks", traces, height=360)


def activity_figure() -> dict[str, Any]:
    counts = [2, 3, 3, 9, 24, 31, 28, 22, 14, 11, 7, 4, 3]
    hours = [(START + timedelta(minutes=5 * k)).strftime("%H:%M") for k in range(len(counts))]
    traces = [
        {"type": "bar", "name": "messages", "x": hours, "y": counts, "marker": {"color": "#3b6fd4"}},
        {
            "type": "bar",
            "name": "alerts",
            "x": hours,
            "y": [c // 4 for c in counts],
            "marker": {"color": "#c2453c"},
        },
    ]
    return figure("activity", "Messages and alerts in five minutes", traces, barmode="stack")


def figure(name: str, caption: str, traces: list[dict[str, Any]], **layout: Any) -> dict[str, Any]:
    base = {
        "width": 960,
        "height": 320,
        "font": {"family": "Source Sans Pro, sans-serif", "size": 13, "color": "#1b2330"},
        "margin": {"l": 90, "r": 20, "t": 20, "b": 40},
        "paper_bgcolor": "white",
        "plot_bgcolor": "white",
        "legend": {"orientation": "h", "y": -0.2},
        "meta": {"name": name, "caption": caption, "alt": f"{caption}. Alternative text."},
    }
    return display(PLOTLY, {"data": traces, "layout": base | layout})


EVENTS = (
    ("slack", "ana", "orders look odd in the dashboard, anybody deploying?"),
    ("monitoring", "alertmanager", "CheckoutErrorRate above 2 % for 5 min on checkout-api"),
    ("pagerduty", "PagerDuty", "Triggered #4127: checkout-api error rate, escalation policy Payments"),
    ("slack", "佐藤", JAPANESE),
    ("slack", "ليلى", ARABIC),
    ("slack", "mika", EMOJI),
    ("deploy", "deploybot", f"rolled back checkout-api to 2026.11.03-1 ({HASH[:40]})"),
    ("monitoring", "alertmanager", f"target {LONG_WORD} unhealthy"),
    ("slack", "eve", INJECTIONS[0] + " and <b>bold</b> & \"quotes\""),
    ("slack", "mallory", "pay \u202eevil\u202c now\u200b, NUL \x00 tag \U000e0041 end"),
    ("statuspage", "statuspage", "Identified: refunds of $500 for EU and $300 for US are delayed; "
     "we are working with the payment provider, next update in 30 minutes"),
    ("slack", "ben", "line one\nline two\n  * indented\nhttps://grafana.example/d/abc?from=1&to=2"),
)  # fmt: skip


def timeline_rows(count: int) -> list[list[dict[str, Any]]]:
    marks = {1: ("impact started", "bad"), 2: ("detected", "info"), 6: ("mitigated", "good")}
    rows = []
    for number in range(count):
        source, actor, said = EVENTS[number % len(EVENTS)]
        time = START + timedelta(seconds=97 * number)
        mark = marks.get(number)
        rows.append(
            [
                text(time.strftime("%H:%M:%S"), mono=True, note="+00:01:37" if number % 5 else ""),
                text(source),
                text(actor),
                text(said, url="https://slack.example/p1" if number % 3 == 0 else ""),
                text(mark[0], badge=mark[1]) if mark else text(""),
            ]
        )
    return rows


def action_rows(count: int) -> list[list[dict[str, Any]]]:
    actions = (
        "Set the pool limit per dependency in checkout-api, with a load test that proves it",
        "Page on the p99 of checkout, with a threshold that follows the week",
        "Allow a rollback with one approval during a declared incident",
    )
    return [
        [
            text(f"A{n + 1}"),
            text(actions[n % 3], note="Done when one slow dependency keeps the others fast"),
            text(("Engineering Lead", "SRE", "Payments")[n % 3]),
            text(f"2026-11-{17 + n}", mono=True),
            text(("high", "medium", "low")[n % 3], badge=("bad", "warn", "neutral")[n % 3]),
            text(f"PAY-{810 + n}", url=f"https://jira.example/browse/PAY-{810 + n}"),
        ]
        for n in range(count)
    ]


def metrics_cards() -> dict[str, Any]:
    return block(
        "cards",
        items=[
            {"label": "Time to detect", "value": "18 min", "tone": "warn",
             "note": "14:02:10 first failed order → 14:20:31 page"},
            {"label": "Time to acknowledge", "value": "2 min", "tone": "good",
             "note": "14:20:31 page → 14:22:40 acknowledged"},
            {"label": "Time to mitigate", "value": "47 min", "tone": "bad",
             "note": "14:02:10 first failed order → 14:49:50 rollback finished"},
            {"label": "Orders lost", "value": "≈ 1,940", "tone": "neutral",
             "note": "estimate, 1,700–2,200"},
        ],
    )  # fmt: skip


PROSE = f"""\
Between **14:02 and 14:49 UTC** customers in the EU could not pay. The connection pool of
`checkout-api` was exhausted by *one* slow dependency, and every other request waited behind it.

- refunds: $500 for EU and $300 for US, so $800 in all
- {JAPANESE}
- {ARABIC}
- {EMOJI}

1. First we looked at the [deploy](https://deploys.example/41).
2. Then at the database: `orders --state=stuck --since=14:02 --count` said 1,940.

> "It was never the database." — heard twice

```
ERROR pool exhausted (size=50, waiting=212) {LONG_WORD}
    at Pool.acquire (pool.js:88)
```

| Step | Minutes |
|------|--------:|
| Look | 12 |
| Fix | **4** |
"""


def full_report(*, timeline: int = 60) -> dict[str, Any]:
    """About twenty sections, six tables, two charts, many scripts and hostile words."""
    hostile = "\n\n".join(INJECTIONS)
    title = block(
        "title",
        title="Checkout outage: EU customers could not pay",
        subtitle="Blameless postmortem · 3 November 2026",
        facts=[
            {"label": "Impact", "text": "EU checkout failed for 47 minutes; about 1,940 orders lost"},
            {"label": "Services", "text": "checkout-api, payments-gateway"},
            {"label": "Severity", "text": "SEV-1"},
            {"label": "Incident", "text": "PD #4127", "url": "https://pd.example/incidents/4127"},
            {"label": "Review team", "text": "Ana Ruiz (lead), Ben Okafor, 佐藤 健, ليلى حداد"},
        ],
        badges=[{"text": "SEV-1", "tone": "bad"}, {"text": "Reviewed", "tone": "good"},
                {"text": "Internal", "tone": "neutral"}],
    )  # fmt: skip
    cells = [
        code(title),
        markdown("## Summary"),
        code(block("prose", markdown=PROSE)),
        markdown("## Response metrics\n\nMinutes count from the first failed order."),
        code(metrics_cards()),
        markdown("## Impact"),
        code(
            block(
                "table",
                name="impact",
                caption="What customers felt",
                columns=columns(
                    "Measure", "Value:narrow:right", "Range:narrow:right", "How it is known:wide"
                ),
                rows=[
                    [
                        text("Orders lost"),
                        text("1,940"),
                        text("1,700–2,200"),
                        text("orders table, states stuck and abandoned"),
                    ],
                    [
                        text("Customers affected"),
                        text("1,610"),
                        text(""),
                        text("distinct customer ids of the lost orders"),
                    ],
                    [
                        text("Revenue delayed"),
                        text("$ 84,300"),
                        text("$ 70k–96k"),
                        text("average basket of the week before"),
                    ],
                ],
            )
        ),
        markdown("## Timeline"),
        code({"output_type": "display_data", "metadata": {}, "data": timeline_figure()["data"]}),
        code(
            block(
                "table",
                name="timeline",
                caption="What happened, as recorded (UTC)",
                columns=columns(
                    "Time:narrow", "Source:narrow", "Who:narrow", "What happened:wide", "Mark:narrow"
                ),
                rows=timeline_rows(timeline),
            )
        ),
        markdown("### Activity\n\nHow much was said while it lasted."),
        code(activity_figure()),
        markdown("### Silent stretches"),
        code(
            block(
                "table",
                name="gaps",
                caption="Silent stretches",
                columns=columns("From", "To", "Minutes:right"),
                rows=[],
                empty="There is no stretch of more than 15 minutes without a record.",
            )
        ),
        markdown("## Contributing factors"),
        code(
            block(
                "table",
                name="factors",
                caption="Contributing factors and their evidence",
                columns=columns("Id:narrow", "Factor:wide", "Kind", "Confidence:narrow", "Evidence"),
                rows=[
                    [
                        text("F1"),
                        text(
                            "The connection pool had one limit for all dependencies",
                            note="found in the review of pool.js",
                        ),
                        text("latent condition"),
                        text("high", badge="good"),
                        text("slack:C024BE91L:1730642584.000200 pd:R02XKQ4NVBTYFD"),
                    ],
                    [
                        text("F2"),
                        text("The alert compared p99 with a fixed threshold"),
                        text("detection"),
                        text("medium", badge="warn"),
                        text("monitoring:checkout-p99"),
                    ],
                    [
                        text("F3"),
                        text("Rollback needed two approvals at night"),
                        text("response"),
                        text("high", badge="good"),
                        text("slack:C024BE91L:1730644984.001900"),
                    ],
                ],
            )
        ),
        markdown("## Root cause"),
        code(
            block(
                "prose",
                markdown="# What people call the root cause\n\nOne pool for *all* dependencies.\n\n"
                "## Why it was possible\n\nThe default was inherited in 2019.",
            )
        ),
        markdown("## What went well"),
        code(
            block(
                "prose", markdown="- The rollback took 4 minutes.\n- [x] nobody was blamed\n- [ ] follow up"
            )
        ),
        markdown("## What went badly"),
        code(block("prose", markdown="Eighteen minutes passed before anybody was paged.")),
        markdown("## Where we got lucky"),
        code(block("notice", tone="info", text="No luck was recorded.")),
        markdown("## Decisions"),
        code(
            block(
                "table",
                name="decisions",
                caption="Decisions",
                columns=columns("Id:narrow", "When:narrow", "Decision:wide", "Why:wide", "Decided by"),
                rows=[
                    [
                        text("D1"),
                        text("14:31", mono=True),
                        text("Roll back instead of fixing forward"),
                        text("The cause was unknown and the last release was the only change"),
                        text("Incident Commander"),
                    ],
                    [
                        text("D2"),
                        text("14:36", mono=True),
                        text("Tell customers at once"),
                        text("Support had 40 tickets"),
                        text("Communications"),
                    ],
                ],
            )
        ),
        markdown("## Action items"),
        code(
            block(
                "table",
                name="actions",
                caption="Action items",
                columns=columns(
                    "Id:narrow", "Action:wide", "DRI", "Due:narrow", "Priority:narrow", "Issue:narrow"
                ),
                rows=action_rows(9),
            )
        ),
        markdown("## Responsibilities"),
        code(
            block(
                "table",
                name="raci",
                caption="Who does what in the review",
                columns=columns(
                    "Task:wide",
                    "Incident Lead:center",
                    "Engineering Lead:center",
                    "SRE:center",
                    "Support:center",
                    "Product:center",
                ),
                rows=[
                    [text("Write the timeline"), text("A"), text("R"), text("R"), text("C"), text("I")],
                    [
                        text("Find contributing factors"),
                        text("A"),
                        text("R"),
                        text("C"),
                        text("I"),
                        text("I"),
                    ],
                ],
            )
        ),
        markdown("## Facts"),
        code(
            block(
                "facts",
                items=[
                    {
                        "label": "Detected by",
                        "text": "alert CheckoutErrorRate",
                        "url": "https://prom.example/alerts",
                        "note": "18 minutes after impact began",
                    },
                    {"label": "Trigger", "text": "Deploy 41 at 13:58:04"},
                ],
            )
        ),
        markdown("## Checks"),
        code(
            block("notice", tone="warn", text="Two action items have no due date."),
            block("notice", tone="good", text="Every timeline row has its evidence."),
            block("notice", tone="bad", text="One evidence file changed since it was sealed."),
        ),
        markdown("## Evidence"),
        code(
            block(
                "table",
                name="evidence",
                caption="Evidence files",
                columns=columns("File", "SHA-256:wide", "Records:narrow:right", "Note"),
                rows=[
                    [
                        text("evidence/slack-export-2026-11-03.zip", mono=True),
                        text(HASH[:64], mono=True),
                        text("1,204"),
                        text(""),
                    ],
                    [
                        text("evidence/pagerduty.json", mono=True),
                        text(HASH[3:67], mono=True),
                        text("88"),
                        text(""),
                    ],
                ],
            )
        ),
        markdown("## Other outputs"),
        code(
            stream("12 rows read\n\x1b[31mred\x1b[0m\n"),
            stream("UserWarning: something\n", "stderr"),
            display(
                "text/html",
                "<table><thead><tr><th>a</th><th>b</th></tr></thead><tbody><tr>"
                "<td style='text-align:right;background-image:url(https://evil.example/y)'>1</td>"
                "<td onclick='x'>2 <script>window.__x=1</script></td></tr></tbody></table>"
                "<p>Below <b>it</b></p>",
            ),
            display("application/json", {"a": [1, 2]}),
            display("text/plain", "'plain'"),
            display("image/png", PNG, **{"image/png": {"alt": "A small square"}}),
            display("application/vnd.jupyter.widget-view+json", {"model_id": "x"}),
            display("application/x-unknown", "?"),
        ),
        code(source="total = 1 + 1\nprint(total)", tags=["show-input"]),
        markdown("## Hostile words"),
        code(block("prose", markdown=hostile)),
        code(
            block(
                "table",
                name="hostile",
                caption=INJECTIONS[0],
                columns=columns("Word:wide", INJECTIONS[1].replace(":", "")),
                rows=[
                    [text(words, url="javascript:alert(1)", note=words), text(words, badge="bad", url=words)]
                    for words in INJECTIONS
                ],
            )
        ),
        code(
            block("notice", tone="bad", text=INJECTIONS[4]),
            block(
                "facts",
                items=[
                    {
                        "label": INJECTIONS[0],
                        "text": INJECTIONS[1],
                        "url": "javascript:x",
                        "note": INJECTIONS[5],
                    }
                ],
            ),
            block(
                "cards",
                items=[
                    {
                        "label": INJECTIONS[0],
                        "value": INJECTIONS[1],
                        "note": INJECTIONS[5],
                        "tone": 'bad"><script>',
                    }
                ],
            ),
        ),
        *[code(display("text/html", f"<div>{words}</div>")) for words in INJECTIONS],
        code(stream("\n".join(INJECTIONS))),
        markdown("## Appendix"),
        code(block("prose", markdown="The end.")),
    ]
    return notebook(*cells)


PNG = (
    "iVBORw0KGgoAAAANSUhEUgAAAAoAAAAKCAIAAAACUFjqAAAAFElEQVR4nGO0zr/CgBsw4ZEbwdIA2GABkoqoyBUAAAAASUVORK5CYII="
)
