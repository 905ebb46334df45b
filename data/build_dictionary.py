"""Write `data/README.md`, the data dictionary, from `pmkit/schema/tables.py`."""

from __future__ import annotations

from pathlib import Path

from pmkit import schema

HEAD = """\
# Sample incidents and data dictionary

| folder | what |
|---|---|
| `checkout-failure/` | e-commerce: a finished review, from Slack and PagerDuty evidence to closed |
| `saas-outage/` | SaaS: day 2 of 5, its cause drafted; deploys as evidence, and a clock that is off |
| `fintech-degradation/` | fintech: day 4 of 5, its actions not owned; boards, Jira, an hour that is twice |
| `healthcare-outage/` | healthcare: two days late, its retro held too early; a vendor, slips from the wards |

All people, companies and systems in them are invented. `build_<name>.py` rebuilds the evidence of a sample,
byte for byte, and `<name>.truth.json` says what is truly in it, planted faults too.

Every incident folder holds the same files. Tables are CSV: UTF-8, comma, line feeds, sorted by key. Times are
UTC as `2026-11-03T14:02:11.123456Z`, dates `2026-11-03`, truth `yes` and `no`; several ids have a space
between them. Columns of your own are kept.

This page is made from `pmkit/schema/tables.py` by `python data/build_dictionary.py`.
"""


def dictionary() -> str:
    """The whole page."""
    return HEAD + "".join(_section(table) for table in schema.TABLES.values())


def _section(table: schema.Table) -> str:
    home = "Rebuilt from `evidence/`" if table is schema.EVENTS else f"File `{table.name}.csv`"
    lines = [f"\n## {table.name}\n", f"One row is {table.row}. {home}, key: {', '.join(table.key)}.\n"]
    lines += ["| column | type | meaning | values |", "|---|---|---|---|"]
    lines += [f"| `{c.name}` | {c.type} | {_meaning(c)} | {_values(c)} |" for c in table.columns]
    return "\n".join(lines) + "\n"


def _meaning(column: schema.Column) -> str:
    return column.meaning.replace("|", "\\|") + (" (never empty)" if column.required else "")


def _values(column: schema.Column) -> str:
    values = ", ".join(column.choices or column.open_choices)
    return values + (", or your own" if column.open_choices else "")


if __name__ == "__main__":
    (Path(__file__).parent / "README.md").write_text(dictionary(), encoding="utf-8")
