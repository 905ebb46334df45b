"""A whole review with the outside systems, on stand-ins: as docs/connect.md shows it, and to its end."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner
from pypdf import PdfWriter

from pmkit import demo, schema
from pmkit.cli import main
from pmkit.workspace import Workspace

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
DATA = ROOT / "data" / "checkout-failure"


@pytest.fixture
def stand_ins(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[demo.Demo]:
    """All four, and the environment that leads there."""
    monkeypatch.chdir(tmp_path)
    with demo.start() as running:
        for name, value in running.environment().items():
            monkeypatch.setenv(name, value)
        yield running


def run(*words: object, code: int | None = 0) -> str:
    result = CliRunner().invoke(main, [str(word) for word in words])
    assert code is None or result.exit_code == code, result.output
    return result.stdout


def milestones(folder: Path) -> tuple[list[bool], list[list[str]]]:
    """Which are reached, and what each lacks."""
    result = CliRunner().invoke(main, ["status", str(folder), "--format", "json"])
    told = json.loads(result.stdout)["milestones"]
    return [one["reached_at"] is not None for one in told], [one["blocked_by"] for one in told]


def write_report(folder: Path) -> None:
    """A report as `pmkit report` leaves it; how it is made is tested elsewhere."""
    (folder / "report").mkdir(exist_ok=True)
    (folder / "report" / "report.html").write_text("<h1>Checkout failed</h1>", encoding="utf-8")
    page = PdfWriter()
    page.add_blank_page(72, 72)
    page.write(folder / "report" / "report.pdf")


def write_table(folder: Path, name: str, frame: pd.DataFrame) -> None:
    """A table as somebody edited it by hand."""
    (folder / f"{name}.csv").write_text(schema.to_csv(frame, schema.WORKSHEETS[name]), encoding="utf-8")


def commands_of(page: str) -> Iterator[str]:
    """The commands of a page's blocks, each on one line, and what is appended to files."""
    for block in re.findall(r"^```\n(.*?)^```", page, re.DOTALL | re.MULTILINE):
        joined = block.replace("\\\n", " ")
        for append in re.finditer(r"^(cat >> .*? <<'(\w+)'\n.*?^\2)$", joined, re.DOTALL | re.MULTILINE):
            yield append[1]
            joined = joined.replace(append[1], "")
        yield from (line for line in joined.splitlines() if line.startswith(("pmkit ", "sed ")))


def test_the_page_can_be_followed(stand_ins: demo.Demo, tmp_path: Path) -> None:
    """Every command of docs/connect.md runs as it stands there, and repeating them leaves nothing to do."""
    page = (ROOT / "docs" / "connect.md").read_text(encoding="utf-8")
    folder, ran = tmp_path / "2026-11-03-checkout", []
    for command in commands_of(page):
        if command.startswith("cat"):
            head, *rows = command.splitlines()[:-1]
            with (tmp_path / shlex.split(head)[2]).open("a", encoding="utf-8") as out:
                out.write("\n".join(rows) + "\n")
            continue
        if command.startswith("sed"):
            words = shlex.split(command, comments=True)
            path = tmp_path / words[3]
            _, was, now, _ = words[2].split("/")
            assert was in path.read_text(encoding="utf-8")
            path.write_text(path.read_text(encoding="utf-8").replace(was, now), encoding="utf-8")
            continue
        words = shlex.split(command, comments=True)[1:]
        if words[0] == "report":
            write_report(folder)
        elif words[0] != "demo-server":
            run(*words)
        ran.append(words[0])
    assert set(ran) == {"demo-server", "doctor", "new", "fetch", "pick", "push", "report", "verify"}
    keys = list(Workspace.open(folder).table("actions")["issue_key"])
    assert all(key in stand_ins.state["jira"].issues for key in keys)
    assert len(Workspace.open(folder).table("decisions")) > 0
    assert stand_ins.state["jira"].issues[keys[0]]["fields"]["status"] == {"name": "Done"}
    run("push", folder, "drive", "--apply")  # the tracker says so too
    for system in ("jira", "slack", "drive", "pagerduty"):
        assert "Nothing to do." in run("push", folder, system, "--apply")


def test_a_connected_review_is_walked_to_its_end(stand_ins: demo.Demo, tmp_path: Path) -> None:
    """Fetched, built, checked, its actions pushed, its check-ins posted, its report uploaded, and closed."""
    sample, folder = Workspace.open(shutil.copytree(DATA, tmp_path / "sample")), tmp_path / "walked"
    incident = sample.incident
    people = {member.role: member.person for member in incident.members}
    run(
        "new", folder, "--template", incident.template, "--severity", incident.severity,
        "--title", incident.title, "--started", "2026-11-03T07:41Z", "--resolved", "2026-11-03T09:22Z",
        "--timezone", incident.timezone,
        *(word for role, who in people.items() for word in ("--assign", f"{role}={who}")),
    )  # fmt: skip
    run("fetch", folder, "pagerduty", "4127")
    channels = [channel["name"] for channel in stand_ins.state["slack"].channels.values()]
    run("fetch", folder, "slack", *channels, "--from", "2026-11-01T00:00Z", "--to", "2026-11-12T00:00Z")
    for name in ("timeline", "impact", "decisions", "factors", "factor_links", "questions", "raci"):
        shutil.copy(DATA / f"{name}.csv", folder / f"{name}.csv")
    shutil.copytree(DATA / "notes", folder / "notes", dirs_exist_ok=True)
    write_table(folder, "actions", sample.table("actions").assign(issue_key="", status="open"))
    reached, lacks = milestones(folder)
    assert reached == [True, True, False, False], lacks
    run("check", folder, code=None)

    assert "10 to do" in run("push", folder, "jira")
    assert "10 done" in run("push", folder, "jira", "--apply")
    actions = Workspace.open(folder).table("actions")
    assert all(key in stand_ins.state["jira"].issues for key in actions["issue_key"])
    assert milestones(folder)[0] == [True, True, True, False]

    run("checkin", folder, "--confirm", "--by", "Scribe", "--attendees", "all five")
    told = run("push", folder, "slack", "--apply", code=None)
    assert "invitation to the final retro" in told
    run(
        "checkin", folder, "--kind", "final retro", "--confirm", "--by", "Scribe", "--attendees", "everybody",
        "--say", f"owners_confirmed={' '.join(actions['action_id'])}", "--say", "learned=5",
        "--say", "would_come_again=5",
    )  # fmt: skip
    write_table(folder, "tasks", Workspace.open(folder).table("tasks").assign(status="done"))
    write_report(folder)
    assert "done" in run("push", folder, "drive", "--apply")
    reached, lacks = milestones(folder)
    assert reached == [True] * 4, lacks
    run("push", folder, "slack", "--apply", code=None)
    assert "1 done" in run("push", folder, "pagerduty", "--apply")
    assert "Closed" in run("status", folder)

    slack = stand_ins.state["slack"]
    own = [m for rows in slack.messages.values() for m in rows if m.get("bot_id") == slack.bot_id]
    names = [message["metadata"]["event_payload"]["post"] for message in own]
    assert len(names) == len(set(names))
    assert {"kickoff", "checkin daily-1", "checkin retro-1", "retro", "closure"} <= set(names)
    assert any("drive.google.com" in message["text"] for message in own if "closed" in message["text"])
    note = stand_ins.state["pagerduty"].notes
    assert sum("pmkit-" in one["content"] for notes in note.values() for one in notes) == 1
    links = stand_ins.state["jira"].links
    assert "9 done" in run("push", folder, "jira", "--apply")  # links to the report
    assert sorted(map(len, links.values())) == [1] * 9
    for system in ("jira", "drive", "pagerduty"):
        assert "Nothing to do." in run("push", folder, system, "--apply")
