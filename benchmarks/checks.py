"""How often the checks are right: precision and recall on labelled sentences, causes, actions and messages.

    python benchmarks/checks.py                  # both halves, as one table each
    python benchmarks/checks.py --split tune     # what rules were built on
    python benchmarks/checks.py --misses         # the misses of the tune half, one a line

What the labels mean, and what they cannot show, stands in `benchmarks/labels/README.md`. Behind precision and
recall stands what they may be, by Wilson's interval of 95 %. The misses of the held half are never shown:
whoever writes a rule does not read them.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).parent.parent))

from pmkit import spoken
from pmkit.checks.breadth import measure_breadth
from pmkit.checks.statement import Around, Factor, read_statement
from pmkit.checks.wording import FAULTS, find_sign, split_sentences
from pmkit.postmortem import Incident, Member
from pmkit.roster import find_person_fault
from pmkit.vocabulary import Vocabulary, load_vocabulary

LABELS = Path(__file__).parent / "labels"
SPLITS = ("tune", "held")
OWN_CHANNELS = ("incident-kickoff", "incident-updates", "incident-decisions", "postmortem-retro")
# How sure a number is: 1.96 standard deviations are 95 %.
Z = 1.96

Row = Mapping[str, Any]


class Count(NamedTuple):
    """How the answers of one label fell out."""

    right: int = 0  # found, and there
    false: int = 0  # found, and not there
    missed: int = 0  # there, and not found
    silent: int = 0  # neither

    def plus(self, found: bool, there: bool) -> Count:
        """With one answer more."""
        name = {(True, True): "right", (True, False): "false", (False, True): "missed"}.get((found, there))
        return self._replace(**{name or "silent": getattr(self, name or "silent") + 1})


def wilson(hits: int, of: int) -> tuple[float, float]:
    """Between what the true share may lie."""
    if not of:
        return 0.0, 1.0
    share, spread = hits / of, Z * Z / of
    middle = share + spread / 2
    around = Z * math.sqrt(share * (1 - share) / of + spread / (4 * of))
    return (middle - around) / (1 + spread), (middle + around) / (1 + spread)


def read_action(row: Row, vocabulary: Vocabulary, incident: Incident, others: list[str]) -> dict[str, bool]:
    """What the checks say of an action."""
    return {
        "broad": measure_breadth(row["text"], row["done_when"], vocabulary).is_broad,
        "owner_fault": bool(find_person_fault(row["dri"].strip(), incident, others)),
    }


def read_sentence(row: Row, vocabulary: Vocabulary) -> dict[str, bool]:
    """What the checks say of a sentence, whatever they would say first."""
    sentences = split_sentences(row["text"])
    shown = {fault: any(find_sign(fault, each, vocabulary) for each in sentences) for fault in FAULTS}
    is_summary = row["kind"] == "summary"
    judging = is_summary and (shown["judging"] or shown["blame"])  # a summary that blames weighs, too
    return {
        "blame": shown["blame"],
        "hindsight": shown["hindsight"] and not judging,
        "animated": shown["animated"],
        "judging_in_timeline": judging,
    }


def read_cause(row: Row, vocabulary: Vocabulary) -> dict[str, bool]:
    """What the checks say of the statement of a cause, beside what is known of its incident."""
    factors = [Factor(each["factor_id"], each["kind"], each["statement"]) for each in row["factors"]]
    links = [(each["cause"], each["effect"]) for each in row["links"]]
    around = Around(row["title"], row["alerts"], [row["impact"]], factors, links)
    reading = read_statement(row["text"], around, vocabulary)
    return {
        "symptom": reading.is_symptom,
        "person": reading.is_person,
        "bare_trigger": reading.is_bare_trigger,
    }


def read_message(row: Row, vocabulary: Vocabulary) -> dict[str, bool]:
    """What the checks say of a message; bots settle nothing."""
    message = spoken.Message(
        row["text"],
        row["author_role"],
        row["reactions"],
        in_log=row["channel"] == "incident-decisions",
        elsewhere=row["channel"] not in OWN_CHANNELS,
    )
    by_bot = row["author_role"] == "bot"
    settled = not by_bot and spoken.is_decision(spoken.weigh_decision(message, vocabulary), vocabulary)
    proposed = not by_bot and not settled and bool(spoken.find_proposal(message, vocabulary))
    return {"decision_spoken": settled, "proposal": proposed}


def load_roster() -> tuple[Incident, list[str]]:
    """The people of the labelled actions: an incident with its roles, and who else is known, handles too."""
    roster = json.loads((LABELS / "roster.json").read_text(encoding="utf-8"))
    members = tuple(Member(each["role"], each["person"]) for each in roster["members"])
    incident = Incident("labels", "Labelled actions", "P1", members=members)
    return incident, [*roster["others"], *roster["handles"]]


def answer(vocabulary: Vocabulary) -> Iterator[tuple[Row, str, bool, bool]]:
    """Every row with each of its labels: what the checks found, and what is there."""
    incident, others = load_roster()
    readers: dict[str, Callable[[Row], dict[str, bool]]] = {
        "actions": lambda row: read_action(row, vocabulary, incident, others),
        "sentences": lambda row: read_sentence(row, vocabulary),
        "causes": lambda row: read_cause(row, vocabulary),
        "decisions": lambda row: read_message(row, vocabulary),
    }
    for name, read in readers.items():
        for line in (LABELS / f"{name}.jsonl").read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            for label, found in read(row).items():
                yield row, label, found, bool(row["labels"][label])


def tell(counts: Mapping[str, Count]) -> Iterator[str]:
    """The counts of one half as lines."""
    numbers = f"{'right':>5} {'false':>6} {'missed':>6} {'silent':>6}"
    yield f"{'label':<20} {'precision':<20} {'recall':<20} {numbers}"
    for label, count in counts.items():
        precision = _share(count.right, count.right + count.false)
        recall = _share(count.right, count.right + count.missed)
        numbers = f"{count.right:>5} {count.false:>6} {count.missed:>6} {count.silent:>6}"
        yield f"{label:<20} {precision:<20} {recall:<20} {numbers}"


def _share(hits: int, of: int) -> str:
    low, high = wilson(hits, of)
    return f"{hits / of if of else 0:.2f}  ({low:.2f}–{high:.2f})"


def main() -> None:
    """Read the labels, count, and tell."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--split", choices=SPLITS, help="only that half")
    parser.add_argument("--misses", action="store_true", help="the misses of the tune half")
    asked = parser.parse_args()
    counts: dict[str, dict[str, Count]] = {split: {} for split in SPLITS}
    for row, label, found, there in answer(load_vocabulary()):
        half = counts[row["split"]]
        half[label] = half.get(label, Count()).plus(found, there)
        if asked.misses and row["split"] == "tune" and found != there:
            text = row["dri"] if label == "owner_fault" else row["text"]
            print(f"{label:<20} {'false' if found else 'missed':<7} {row['id']} {text}")
    for split in (asked.split,) if asked.split else SPLITS:
        print(f"\n{split}")
        print("\n".join(tell(counts[split])))


if __name__ == "__main__":
    main()
