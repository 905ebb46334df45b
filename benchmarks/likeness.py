"""How often a relative is among the first three of the incidents most alike, on families told by other hands.

    python benchmarks/likeness.py                    # benchmarks/labels/families.toml
    python benchmarks/likeness.py --missed           # with those whose relatives were not found

A family is one class of failure, told by different teams about different services. Every incident is asked
for in turn, among all the others; beside pmkit stands a draw by chance. `labels/README.md` says what these
families can show, and what they cannot.
"""

from __future__ import annotations

import argparse
import sys
import tomllib
from collections.abc import Iterable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from pmkit.casebook import INCIDENTS, Case, kind_of_trigger
from pmkit.portfolio import Portfolio, build_portfolio, find_similar

FAMILIES = Path(__file__).parent / "labels" / "families.toml"


def read_families(path: Path = FAMILIES) -> tuple[Portfolio, dict[str, str]]:
    """The families as a portfolio, and the family of each incident."""
    cases, family_of = [], {}
    for number, family in enumerate(tomllib.loads(path.read_text(encoding="utf-8"))["family"]):
        for one, told in enumerate(family["incidents"]):
            name = f"{number:02}-{one}"
            family_of[name] = family["name"]
            blank = {column: "" for column, dtype in INCIDENTS.items() if dtype == "str"}
            row = blank | {
                "incident_id": name, "title": told["title"], "services": told["service"],
                "trigger": told["trigger"], "trigger_kind": kind_of_trigger(told["trigger"]),
                "root_cause": told["factors"][0],
            }  # fmt: skip
            statements = [
                (told["trigger"], "trigger"),
                *((text, "latent condition") for text in told["factors"]),
            ]
            factors = (
                {"incident_id": name, "factor_id": f"F{place}", "statement": text, "kind": kind,
                 "root_cause": place == 1}
                for place, (text, kind) in enumerate(statements)
            )  # fmt: skip
            cases.append(Case(row, tuple(factors)))
    return build_portfolio(cases), family_of


def find_misses(
    portfolio: Portfolio, family_of: dict[str, str], asked: Iterable[str] | None = None
) -> dict[str, list[str]]:
    """Of those asked for (or all) the ones with no relative among the first three, and which these are."""
    misses = {}
    for name in asked or family_of:
        family = family_of[name]
        found = find_similar(portfolio, name)["incident_id"].tolist()
        if not any(family_of[other] == family for other in found):
            misses[name] = found
    return misses


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--families", type=Path, default=FAMILIES)
    parser.add_argument("--missed", action="store_true")
    chosen = parser.parse_args()
    portfolio, family_of = read_families(chosen.families)
    misses = find_misses(portfolio, family_of)
    count, sizes = len(family_of), list(family_of.values())
    # Of the other incidents, three are drawn: how often is a relative among them?
    chance = (
        sum(1 - (1 - (sizes.count(family) - 1) / (count - 1)) ** 3 for family in family_of.values()) / count
    )
    print(f"{count} incidents of {len(set(sizes))} families: a relative among the first three of "
          f"{count - len(misses)} ({1 - len(misses) / count:.1%}); by chance {chance:.1%}")  # fmt: skip
    titles = dict(portfolio.incidents[["incident_id", "title"]].itertuples(index=False))
    for name, found in misses.items() if chosen.missed else ():
        print(f"{family_of[name]}: {titles[name]}")
        for other in found:
            print(f"    {family_of[other]}: {titles[other]}")


if __name__ == "__main__":
    main()
