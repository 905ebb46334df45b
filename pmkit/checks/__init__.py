"""The checks: a linter for postmortems. One rule, one function; the same findings at every door.

`RULES` lists them, `run_checks` runs them on a postmortem, `check_text` those that need nothing but text.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final

import pandas as pd

from pmkit import schema
from pmkit.checks import actions as _actions
from pmkit.checks import causes, decisions, evidence, impact, language, metrics, process, timeline
from pmkit.checks._rule import FAMILIES as FAMILIES
from pmkit.checks._rule import SEVERITIES as SEVERITIES
from pmkit.checks._rule import Finding as Finding
from pmkit.checks._rule import Passage, Record, Rule, Severity, find_all, read_passages, with_severity
from pmkit.errors import CheckError
from pmkit.postmortem import Postmortem
from pmkit.vocabulary import Vocabulary, load_vocabulary

COLUMNS: Final = (
    "rule", "title", "severity", "table", "row", "column", "where", "event_ids", "message", "suggestion",
    "suppressed",
)  # fmt: skip

_ROOMS: Final[tuple[Sequence[Rule], ...]] = (
    _actions.RULES, process.RULES, evidence.RULES, impact.RULES, causes.RULES,
    decisions.RULES, language.RULES, timeline.RULES, metrics.RULES,
)  # fmt: skip
RULES: Final[Mapping[str, Rule]] = {rule.code: rule for room in _ROOMS for rule in room}


def run_checks(
    postmortem: Postmortem,
    *,
    now: datetime,
    select: Iterable[str] = (),
    ignore: Iterable[str] = (),
    severities: Mapping[str, Severity] | None = None,
    vocabulary: Vocabulary | None = None,
) -> pd.DataFrame:
    """What the rules find in a postmortem, the gravest first.

    One row per finding: `rule`, `title`, `severity`, `table`, `row`, `column`, `where` (the three as one
    text), `event_ids`, `message`, `suggestion`, and `suppressed` (the reason from `suppressions.csv`, else
    empty). What the team's `incident.toml` says under `[checks]` (`select`, `ignore`, `severity`) counts
    where the arguments say nothing.

    Parameters
    ----------
    now : the time that counts as today
    select, ignore : codes or families, as `AC101` or `AC`; nothing selected means all
    severities : other severities by code

    Raises `CheckError` for a code that no rule has.
    """
    asked = postmortem.incident.checks
    rules = choose_rules(
        select or asked.select, ignore or asked.ignore, {**asked.severity, **(severities or {})}
    )
    record = Record(postmortem, now, vocabulary or load_vocabulary())
    suppressed = postmortem.suppressions
    keys = zip(suppressed["rule"], suppressed["where"], strict=True)
    reasons = dict(zip(keys, suppressed["reason"], strict=True))
    return _frame(find_all(record, rules), reasons)


def choose_rules(
    select: Iterable[str] = (), ignore: Iterable[str] = (), severities: Mapping[str, str] | None = None
) -> list[Rule]:
    """The rules of those codes and families, without the ignored ones, with their own or another severity."""
    select, ignore, severities = list(select), list(ignore), dict(severities or {})
    for code in (*select, *ignore, *severities):
        if code not in RULES and code not in FAMILIES:
            raise CheckError(f"there is no rule `{code}`; `pmkit check --list` shows those there are")
    for code, severity in severities.items():
        if severity not in SEVERITIES:
            raise CheckError(f"`{code}`: expected one of {', '.join(SEVERITIES)}, found {severity!r}")
    chosen = []
    for rule in RULES.values():
        names = {rule.code, rule.family}
        if (not select or names & set(select)) and not names & set(ignore):
            severity = severities.get(rule.code, severities.get(rule.family, rule.severity))
            chosen.append(with_severity(rule, severity))  # type: ignore[arg-type]
    return chosen


def check_text(
    passages: Iterable[Passage],
    *,
    actions: pd.DataFrame | None = None,
    select: Iterable[str] = (),
    ignore: Iterable[str] = (),
    vocabulary: Vocabulary | None = None,
) -> pd.DataFrame:
    """What the rules that need nothing but text find in it; rows as of `run_checks`.

    `pmkit.checks.written.read_written` reads passages and actions out of a report.
    """
    passages, vocabulary = tuple(passages), vocabulary or load_vocabulary()
    given = {
        "passages": passages,
        "sentences": read_passages(passages, (), vocabulary),
        "names": (),
        "vocabulary": vocabulary,
        "actions": schema.empty(schema.ACTIONS) if actions is None else actions,
        "incident": None,
        "people": (),
    }
    rules = [rule for rule in choose_rules(select, ignore) if rule.is_text_rule]
    found = (
        (rule, finding)
        for rule in rules
        for finding in rule.find(**{name: given[name] for name in rule.reads})
    )
    return _frame(found, {})


def explain_rule(code: str) -> str:
    """What a rule looks for, why it matters and how to mend it, in words. Raises `CheckError`."""
    rule = choose_rules([code])[0]
    head = f"{rule.code} {rule.title} ({FAMILIES[rule.family]}, {rule.severity})"
    return f"{head}\n\n{rule.why}\n\nMend: {rule.mend}"


def _frame(found: Iterable[tuple[Rule, Finding]], reasons: Mapping[tuple[str, str], str]) -> pd.DataFrame:
    rows = [
        (
            rule.code, rule.title, rule.severity, finding.table, finding.row, finding.column, finding.where,
            " ".join(finding.event_ids), finding.message, finding.suggestion,
            reasons.get((rule.code, finding.where), ""),
        )
        for rule, finding in found
    ]  # fmt: skip
    frame = pd.DataFrame(rows, columns=list(COLUMNS)).astype("str")
    # One thing that a rule says twice of one place is said once.
    frame = frame.drop_duplicates(["rule", "where", "message"])
    rank = frame["severity"].map({severity: n for n, severity in enumerate(SEVERITIES)})
    order = frame.assign(_rank=rank, _place=range(len(frame))).sort_values(["_rank", "_place"])
    return frame.loc[order.index].reset_index(drop=True)
