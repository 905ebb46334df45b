"""The same findings for every door: text for people, JSON, SARIF, JUnit, and annotations of GitHub."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Final
from xml.etree.ElementTree import Element, SubElement, tostring

import pandas as pd

from pmkit.checks._rule import FAMILIES, Rule

_LEVELS: Final = {"error": "error", "warning": "warning", "info": "note"}  # SARIF's words
_NOTICES: Final = {"error": "error", "warning": "warning", "info": "notice"}  # GitHub's
_SARIF: Final = "https://json.schemastore.org/sarif-2.1.0.json"


def to_text(findings: pd.DataFrame, rules: Mapping[str, Rule]) -> str:
    """A few lines for people: gravest first, what it is, how to mend it; suppressed ones only as a number."""
    shown = findings[findings["suppressed"] == ""]
    hidden = len(findings) - len(shown)
    lines = []
    for row in shown.itertuples():
        place = f"{row.file}:{row.line}" if "file" in shown else row.where
        lines.append(f"{row.severity:<7} {row.rule}  {row.message}")
        lines.append(f"                {place}")
        if row.suggestion:
            lines.append(f"                → {row.suggestion}")
    counts = shown["severity"].value_counts()
    words = [_count(int(counts[name]), name) for name in _LEVELS if name in counts]
    lines.append(", ".join(words) if words else "Nothing found.")
    if hidden:
        lines[-1] += f" ({hidden} left as {'it is' if hidden == 1 else 'they are'}, see suppressions.csv)"
    return "\n".join(lines)


def _count(number: int, severity: str) -> str:
    return f"{number} {severity}" + ("" if number == 1 or severity == "info" else "s")


def to_json(findings: pd.DataFrame, rules: Mapping[str, Rule]) -> str:
    """A list of findings, each with its rule's title and how to mend it."""
    rows = [
        {**row, "event_ids": row["event_ids"].split(), "mend": rules[row["rule"]].mend}
        for row in findings.to_dict("records")
    ]
    return json.dumps(rows, ensure_ascii=False, indent=2)


def to_sarif(findings: pd.DataFrame, rules: Mapping[str, Rule]) -> str:
    """SARIF 2.1.0, as code scanners and editors read it."""
    from pmkit import __version__

    known = list(rules.values())
    place = {rule.code: n for n, rule in enumerate(known)}
    driver = {
        "name": "pmkit",
        "version": __version__,
        "rules": [
            {
                "id": rule.code,
                "name": rule.title,
                "shortDescription": {"text": rule.title},
                "fullDescription": {"text": rule.why},
                "help": {"text": rule.mend},
                "defaultConfiguration": {"level": _LEVELS[rule.severity]},
                "properties": {"tags": [FAMILIES[rule.family]]},
            }
            for rule in known
        ],
    }
    results = [_sarif_result(row, place) for row in findings.to_dict("records")]
    log = {"$schema": _SARIF, "version": "2.1.0", "runs": [{"tool": {"driver": driver}, "results": results}]}
    return json.dumps(log, ensure_ascii=False, indent=2)


def _sarif_result(row: Mapping[str, Any], place: Mapping[str, int]) -> dict[str, Any]:
    region = {"artifactLocation": {"uri": row["file"]}, "region": {"startLine": row["line"]}}
    result: dict[str, Any] = {
        "ruleId": row["rule"],
        "ruleIndex": place[row["rule"]],
        "level": _LEVELS[row["severity"]],
        "message": {"text": row["message"]},
        "locations": [{"physicalLocation": region}],
        "partialFingerprints": {"pmkit/v1": f"{row['rule']}:{row['where']}"},
    }
    if row["suppressed"]:
        result["suppressions"] = [{"kind": "external", "justification": row["suppressed"]}]
    return result


def to_junit(findings: pd.DataFrame, rules: Mapping[str, Rule]) -> str:
    """JUnit XML: a test case for each rule, failed where it found something."""
    open_ones = findings[findings["suppressed"] == ""]
    failed = open_ones.groupby("rule").groups
    suite = Element("testsuite", name="pmkit", tests=str(len(rules)), failures=str(len(failed)))
    for rule in rules.values():
        name = f"{rule.code} {rule.title}"
        case = SubElement(suite, "testcase", classname=f"pmkit.{rule.family}", name=name)
        rows = open_ones[open_ones["rule"] == rule.code]
        if len(rows):
            lines = [f"{row.file}:{row.line}: {row.message}" for row in rows.itertuples()]
            failure = SubElement(case, "failure", message=_xml(rows["message"].iloc[0]), type=rule.severity)
            failure.text = _xml("\n".join(lines))
    return tostring(suite, encoding="unicode", xml_declaration=True)


def to_github(findings: pd.DataFrame, rules: Mapping[str, Rule]) -> str:
    """Workflow commands, which GitHub shows beside the lines they are about."""
    lines = []
    for row in findings[findings["suppressed"] == ""].itertuples():
        title = _command(f"{row.rule} {row.title}", more=True)
        place = f"file={_command(row.file, more=True)},line={row.line},title={title}"
        lines.append(f"::{_NOTICES[row.severity]} {place}::{_command(row.message)}")
    return "\n".join(lines)


def _command(text: str, *, more: bool = False) -> str:
    text = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return text.replace(":", "%3A").replace(",", "%2C") if more else text


def _xml(text: str) -> str:
    """Without the characters that XML cannot hold."""
    return "".join(letter if letter in "\t\n" or letter >= " " else "\ufffd" for letter in text)


FORMATS: Final[Mapping[str, Callable[[pd.DataFrame, Mapping[str, Rule]], str]]] = {
    "text": to_text, "json": to_json, "sarif": to_sarif, "junit": to_junit, "github": to_github,
}  # fmt: skip
