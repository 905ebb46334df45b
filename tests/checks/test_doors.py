"""The doors of the checks: what is chosen, where it stands, reports from elsewhere, formats, exit codes."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from defusedxml.ElementTree import fromstring

from pmkit.checks import RULES, check_text, choose_rules, explain_rule, run_checks
from pmkit.checks._rule import rule, split_paragraphs
from pmkit.checks.places import place_findings
from pmkit.checks.reports import FORMATS
from pmkit.checks.written import read_written
from pmkit.cli import main
from pmkit.errors import CheckError
from pmkit.postmortem import CheckChoice, Incident, Postmortem
from pmkit.workspace import Workspace

Make = Callable[..., Postmortem]
NOW = datetime(2026, 11, 9, 12, tzinfo=UTC)
ACTIONS = [{"action_id": "A1", "action": "Improve monitoring", "status": "open"}]
REPORT = """# Checkout failed

It failed for an hour.

Root cause
----------

The pool was exhausted.

## Follow-up actions

1. Improve monitoring
2. [ ] Cap retries of `payments` at 2

| What | Owner | Due date | Proof |
|:-----|-------|----------|---|
| Page when `orders_unsent` > 50 | Dana | 2026-11-20 (Fri) | drill |

## Lessons

> quoted, not ours

```
code, not ours
```
Be quick.
"""


def invoke(*words: object) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


# The engine


def test_rules_are_chosen_by_code_and_family() -> None:
    """Nothing selected is all; what is ignored goes; an unknown name is refused."""
    assert [each.code for each in choose_rules()] == list(RULES)
    assert {each.family for each in choose_rules(["AC"])} == {"AC"}
    assert [each.code for each in choose_rules(["AC101", "AC102"], ["AC102"])] == ["AC101"]
    assert not any(each.family == "PR" for each in choose_rules(ignore=["PR"]))
    for wrong in ("AC999", "XX", ""):
        with pytest.raises(CheckError, match="there is no rule"):
            choose_rules([wrong])


def test_severities_are_a_matter_of_the_team() -> None:
    """By code before family; a word that is none is refused."""
    chosen = {r.code: r.severity for r in choose_rules(["AC"], (), {"AC": "info", "AC201": "error"})}
    assert (chosen["AC101"], chosen["AC201"]) == ("info", "error")
    with pytest.raises(CheckError, match="expected one of error, warning, info"):
        choose_rules((), (), {"AC": "bad"})


def test_what_the_incident_says_counts(postmortem: Make) -> None:
    """`[checks]` of `incident.toml`, unless the call says otherwise."""
    incident = Incident("i", "t", "P1", checks=CheckChoice(("AC",), ("AC101",), {"AC102": "info"}))
    found = run_checks(postmortem(incident, actions=ACTIONS), now=NOW).set_index("rule")
    assert "AC101" not in found.index
    assert {name[:2] for name in found.index} == {"AC"}
    assert found.at["AC102", "severity"] == "info"
    assert (
        set(run_checks(postmortem(incident, actions=ACTIONS), now=NOW, ignore=["AC2"[:2]])["rule"]) == set()
    )


def test_the_gravest_come_first_and_nothing_twice(postmortem: Make) -> None:
    """Errors, warnings, hints; one finding for one place."""
    found = run_checks(postmortem(actions=ACTIONS), now=NOW)
    ranks = [("error", "warning", "info").index(severity) for severity in found["severity"]]
    assert ranks == sorted(ranks)
    assert not found.duplicated(["rule", "where", "message"]).any()


def test_a_finding_may_stay_for_a_reason(postmortem: Make) -> None:
    """It is kept with the reason; without one it is not suppressed."""
    rows = [
        {"rule": "AC101", "where": "actions/A1/dri", "reason": "the vendor's"},
        {"rule": "AC102", "where": "actions/A2/due_on", "reason": "elsewhere"},
    ]
    found = run_checks(postmortem(actions=ACTIONS, suppressions=rows), now=NOW).set_index("rule")
    assert found.at["AC101", "suppressed"] == "the vendor's"
    assert found.at["AC102", "suppressed"] == ""


def test_a_rule_that_asks_for_what_nobody_has_is_refused() -> None:
    """When it is made, not when it runs; so is a code of no family."""
    with pytest.raises(ValueError, match="no rule can read `weather`"):
        rule("AC999", "x")(lambda weather: ())
    with pytest.raises(ValueError, match="a code is a family"):
        rule("ZZ1", "x")


def test_every_rule_explains_itself() -> None:
    """What, why, and how to mend it."""
    text = explain_rule("AC201")
    assert text.startswith(
        "AC201 Action too broad (Actions, warning)\n\nThis action can be worked on for ever"
    )
    assert "\n\nMend: say which part" in text


# Places


def test_findings_lead_to_their_line(tmp_path: Path) -> None:
    """Of a row whose cells run over several lines, of a key, of a paragraph of a note."""
    workspace = Workspace.create(tmp_path / "inc", title="T", severity="P1", now=NOW)
    (workspace.path / "actions.csv").write_text(
        'action_id,action,status\nA0,"two\nlines\n",done\nA1,Improve it,open\n'
    )
    (workspace.path / "notes/summary.md").write_text("One.\n\nMany customers could not pay.\n")
    found = place_findings(run_checks(workspace.load(), now=NOW), workspace.path)
    files = found["file"].str.removeprefix(f"{workspace.path.as_posix()}/")
    lines = {(rule, file): line for rule, file, line in zip(found["rule"], files, found["line"], strict=True)}
    assert lines["AC101", "actions.csv"] == 5
    assert lines["IM201", "notes/summary.md"] == 3
    facts = (workspace.path / "incident.toml").read_text().splitlines()
    assert facts[lines["PR101", "incident.toml"] - 1].startswith("owner =")


# Reports written elsewhere


def test_a_report_is_read_by_its_headings() -> None:
    """Causes, actions in lists and tables with their owners, other text; quotations and code are left out."""
    read = read_written(REPORT, "pm.md")
    told = [(p.kind, p.row, p.text) for p in read.passages]
    assert ("cause", "8", "The pool was exhausted.") in told
    assert ("note", "3", "It failed for an hour.") in told
    assert ("action", "12", "Improve monitoring") in told
    assert not any("not ours" in text for _, _, text in told)
    assert list(read.actions["action"]) == [
        "Improve monitoring", "Cap retries of `payments` at 2", "Page when `orders_unsent` > 50",
    ]  # fmt: skip
    last = read.actions.iloc[2]
    assert (last["dri"], f"{last['due_on']:%Y-%m-%d}", last["done_when"]) == ("Dana", "2026-11-20", "drill")


def test_text_alone_is_checked_by_what_needs_no_more() -> None:
    """The broad action is found, and the actions for which nobody answers, where others have somebody."""
    read = read_written(REPORT, "pm.md")
    found = check_text(read.passages, actions=read.actions)
    assert found.loc[found["rule"] == "AC201", "row"].tolist() == ["line 12"]
    assert found.loc[found["rule"] == "AC101", "row"].tolist() == ["line 12", "line 13"]


@pytest.mark.parametrize(
    ("item", "who"),
    [
        ("Cap retries at 2 (owner: Dana Ruiz, due 2026-11-20)", "Dana Ruiz"),
        ("Cap retries at 2. **DRI:** Dana Ruiz", "Dana Ruiz"),
        ("Cap retries at 2, owned by Dana by Friday", "Dana"),
        ("[ ] @dana.ruiz: cap retries at 2", "dana.ruiz"),
        ("Cap retries at 2 - Owner: TBD - due Friday", "TBD"),
        ("Mail ops@example.com when retries rise", ""),
        ("Give every queue an owner", ""),
    ],
)
def test_an_item_says_who_answers_for_it(item: str, who: str) -> None:
    """By a label or a mention; an address is none."""
    assert read_written(f"## Actions\n\n- {item}\n", "pm.md").actions["dri"].tolist() == [who]


@pytest.mark.parametrize(
    ("owners", "flagged"),
    [
        (["", ""], ["line 3"]),  # said once of all
        (["Dana", ""], ["line 4"]),
        (["Dana Ruiz", "Support Lead"], []),
        (["TBD", "the platform team", "Ana and Bo", "Li"], ["line 3", "line 4", "line 5"]),
    ],
)
def test_a_report_is_asked_for_owners(owners: list[str], flagged: list[str]) -> None:
    """Nobody, a group and several are no one person; a role may be one."""
    items = "".join(f"- Cap retries of `payments` at {n} (owner: {who})\n" for n, who in enumerate(owners))
    read = read_written(f"## Actions\n\n{items}".replace(" (owner: )", ""), "pm.md")
    found = check_text(read.passages, actions=read.actions, select=["AC101"])
    assert found["row"].tolist() == flagged


@pytest.mark.parametrize(
    "text", ["", "\n", "# only a heading", "| a | b |", "- ", "```\nnever closed", "\x00"]
)
def test_odd_reports_are_read(text: str) -> None:
    """Nothing raises."""
    read = read_written(text, "x")
    check_text(read.passages, actions=read.actions)


def test_paragraphs_and_items_are_told_apart() -> None:
    """A list item is a paragraph of its own, with the lines that belong to it."""
    assert split_paragraphs("a\nb\n\n- c\n  d\n- e\n\n> q\n") == ["a\nb", "- c\n  d", "- e"]


# Formats and exit codes


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    """An incident with an error, a warning and a suppressed finding."""
    workspace = Workspace.create(tmp_path / "inc", title="T", severity="P1", now=NOW)
    (workspace.path / "actions.csv").write_text(
        "action_id,action,due_on,status\nA1,Improve monitoring: a%b,2026-11-20,open\n"
    )
    (workspace.path / "suppressions.csv").write_text("rule,where,reason\nAC201,actions/A1/action,so be it\n")
    return workspace.path


@pytest.mark.parametrize("form", FORMATS)
def test_every_door_tells_the_same_findings(broken: Path, form: str) -> None:
    """The rules of the findings stand in each format, and standard output holds nothing else."""
    result = invoke("check", broken, "--select", "AC", "--format", form, "--at", "2026-11-09T12:00Z")
    assert result.exit_code == 1
    assert "AC101" in result.stdout
    if form == "json":
        assert {"AC101", "AC201"} <= {row["rule"] for row in json.loads(result.stdout)}
    elif form == "sarif":
        (run,) = json.loads(result.stdout)["runs"]
        by_rule = {each["ruleId"]: each for each in run["results"]}
        assert by_rule["AC201"]["suppressions"][0]["justification"] == "so be it"
        assert by_rule["AC101"]["locations"][0]["physicalLocation"]["region"]["startLine"] == 2
        assert run["tool"]["driver"]["rules"][by_rule["AC101"]["ruleIndex"]]["id"] == "AC101"
    elif form == "junit":
        suite = fromstring(result.stdout)
        failed = {case.get("name", "")[:5] for case in suite if case.find("failure") is not None}
        assert "AC101" in failed
        assert "AC201" not in failed
        assert suite.get("failures") == str(len(failed))
    else:
        assert "AC201" not in result.stdout
        assert ("/actions.csv,line=2," if form == "github" else "/actions.csv:2") in result.stdout


@pytest.mark.parametrize(
    ("fail_on", "select", "code"),
    [
        ("error", "AC101", 1), ("error", "PR102", 0), ("warning", "PR102", 1), ("info", "PR102", 1),
        ("never", "AC101", 0), ("info", "AC201", 0),
    ],
)  # fmt: skip
def test_the_exit_code_says_whether_to_stop(broken: Path, fail_on: str, select: str, code: int) -> None:
    """1 from the asked severity on, 0 below; what is suppressed stops nobody."""
    result = invoke("check", broken, "--select", select, "--fail-on", fail_on, "--at", "2026-11-09T12:00Z")
    assert result.exit_code == code, result.output


@pytest.mark.parametrize(
    "words",
    [[], ["--select", "XX"], ["none"], ["--text", "none.md"], ["--explain", "AC999"], ["--at", "now"]],
)
def test_what_cannot_be_checked_leaves_with_two(broken: Path, words: list[str]) -> None:
    """No folder, no such rule, no such file."""
    where = [broken] if words[:1] in (["--select"], ["--at"]) else []
    result = invoke("check", *where, *words)
    assert result.exit_code == 2
    assert "Traceback" not in result.output


def test_a_report_from_elsewhere_is_checked_on_the_command_line(tmp_path: Path) -> None:
    """Its own name and lines; lists and explanations need no folder."""
    path = tmp_path / "pm.md"
    path.write_text(REPORT)
    result = invoke("check", "--text", path, "--fail-on", "warning")
    assert result.exit_code == 1
    assert f"{path}:12" in result.stdout
    assert invoke("check", "--list").stdout.startswith("AC101  error")
    assert "Mend:" in invoke("check", "--explain", "PR201").stdout


def test_the_finished_sample_is_clean(tmp_path: Path) -> None:
    """At the time it was closed nothing is found at all."""
    sample = shutil.copytree(Path(__file__).parents[2] / "data/checkout-failure", tmp_path / "sample")
    result = invoke("check", sample, "--at", "2026-11-10T16:00Z", "--fail-on", "info")
    assert result.exit_code == 0, result.stdout
