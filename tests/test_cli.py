"""The command line: one call each, errors in one line, and plain exit codes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import pmkit
from pmkit.cli import main
from pmkit.workspace import Workspace

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """`run("status", "x")`: the command in an empty directory."""
    monkeypatch.chdir(tmp_path)

    def invoke(*arguments: object) -> Result:
        return CliRunner().invoke(main, [str(argument) for argument in arguments])

    return invoke


@pytest.fixture
def incident(run: Run) -> Path:
    result = run("new", "inc-1", "--title", "Checkout failed", "--severity", "P1")
    assert result.exit_code == 0, result.output
    return Path("inc-1")


def export(path: Path, *texts: str) -> Path:
    """A Slack export with a message for each text."""
    messages = [
        {"type": "message", "ts": f"{1793714400 + n}.0001", "text": text} for n, text in enumerate(texts)
    ]
    with zipfile.ZipFile(path, "w") as out:
        out.writestr("channels.json", json.dumps([{"id": "C1", "name": "ops"}]))
        out.writestr("ops/2026-11-03.json", json.dumps(messages))
    return path


def assert_refused(result: Result, *words: str) -> None:
    """One line on standard error, no traceback, exit code 2."""
    assert result.exit_code == 2, result.output
    assert isinstance(result.exception, SystemExit)
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    assert line.startswith("pmkit: ")
    assert all(word in line for word in words), line


def test_new_makes_a_workspace_and_says_what_comes_next(run: Run) -> None:
    """Every option reaches the folder's facts."""
    result = run(
        "new",
        "inc-1",
        "--title",
        "Checkout failed",
        "--severity",
        "P0",
        "--service",
        "api",
        "--service",
        "web",
        "--template",
        "fintech",
        "--timezone",
        "Europe/Lisbon",
        "--assign",
        "Scribe=Mei Tanaka",
        "--assign",
        "Risk Officer = Li",
    )
    assert result.exit_code == 0
    made, unfilled = result.stdout.splitlines()
    assert made == "Made inc-1. Next: pmkit add inc-1 EVIDENCE…"
    assert unfilled.startswith("Nobody yet: Incident Commander, Engineering Lead, Support Lead")
    i = Workspace.open("inc-1").incident
    assert (i.title, i.severity, i.services, i.template) == (
        "Checkout failed",
        "P0",
        ("api", "web"),
        "fintech",
    )
    assert (i.timezone, i.person("Scribe"), i.person("Risk Officer")) == ("Europe/Lisbon", "Mei Tanaka", "Li")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["inc-2", "--template", "sass"], ["no template `sass`", "saas"]),
        (["inc-2", "--assign", "Boss=Mei"], ["no role `Boss`"]),
        (["inc-2", "--timezone", "Nowhere"], ["'Nowhere' is not a time zone"]),
        (["nul"], ["'nul' cannot name an incident folder"]),
        (["inc-1"], ["inc-1: the folder is not empty"]),
    ],
)
def test_new_refuses_in_one_line(run: Run, incident: Path, arguments: list[str], words: list[str]) -> None:
    """What does not fit is told without a traceback."""
    assert_refused(run("new", *arguments, "--title", "x", "--severity", "P1"), *words)


@pytest.mark.parametrize(
    "arguments",
    [
        ["new", "x"],
        ["new", "x", "--title", "x", "--severity", "P1", "--assign", "Scribe"],
        ["add", "x"],
        ["status", "none"],
        ["nonsense"],
        ["status", ".", "--format", "xml"],
        ["report", ".", "--at", "today"],
        ["report", ".", "--at", "2026-11-03T14:02"],
        ["report", ".", "--set", "x"],
    ],
)
def test_wrong_usage_is_explained(run: Run, arguments: list[str]) -> None:
    """A missing or unknown word shows the usage and leaves with 2."""
    result = run(*arguments)
    assert result.exit_code == 2
    assert "Error: " in result.stderr or "pmkit: " in result.stderr
    assert "Traceback" not in result.output


def test_add_says_what_was_found(run: Run, incident: Path, tmp_path: Path) -> None:
    """Each file is told with what it holds; one that nobody knows is asked about and stops no other."""
    dump = tmp_path / "dump"
    dump.mkdir()
    export(dump / "a.zip", "down", "up")
    export(dump / "c.zip", "x")
    (dump / "b.bin").write_bytes(b"\0")
    (dump / ".DS_Store").write_bytes(b"")
    dry = run("add", incident, dump, "--dry-run")
    assert dry.exit_code == 2
    assert "would be added as evidence/a.zip" in dry.stdout
    assert Workspace.open(incident).evidence().empty
    result = run("add", incident, dump, "--note", "from Mei")
    assert result.exit_code == 2
    lines = result.stdout.splitlines()
    assert lines[:3] == ["a.zip: a Slack export", "    2 records: message 2", "    2026-11-03 14:00 UTC"]
    assert "    added as evidence/c.zip" in lines
    assert sum("from Mei" in line for line in lines) == 2
    assert "    not added: no loader knows what it is." in lines
    assert f"      pmkit add {incident} {dump / 'b.bin'} --as …" in lines
    assert lines[-2:] == ["Left out, hidden or of the system: .DS_Store", "2 added, 1 with a question"]
    assert "Reading a.zip …" in result.stderr
    (dump / "b.bin").unlink()
    again = run("add", incident, dump)
    assert (again.exit_code, again.stdout.splitlines()[-1]) == (0, "2 there already")


def test_add_for_programs(run: Run, incident: Path, tmp_path: Path) -> None:
    """One JSON document, and nothing else on standard output."""
    result = run("add", incident, export(tmp_path / "a.zip", "down"), "--format", "json")
    said = json.loads(result.stdout)
    assert (said["incident"], said["left_out"], said["moved"]) == (str(incident), [], [])
    (file,) = said["files"]
    assert (file["status"], file["added_as"]) == ("added", "evidence/a.zip")
    assert file["format"] == {"name": "slack-export", "source": "slack", "title": "a Slack export"}
    assert (file["preview"]["kinds"], file["preview"]["unreadable"]) == ({"message": 1}, 0)


def test_an_option_that_no_file_takes_is_refused(run: Run, incident: Path, tmp_path: Path) -> None:
    """The line names the option and what it is for; a mapping must be one."""
    file = export(tmp_path / "a.zip", "down")
    assert_refused(run("add", incident, file, "--zone", "UTC"), "nothing here takes `--zone`. It is for")
    result = run("add", incident, file, "--columns", "time")
    assert (result.exit_code, "expected NAME=VALUE" in result.stderr) == (2, True)


def test_the_help_of_add_lists_what_there_is(run: Run) -> None:
    """Every format by its name and title, every option of a loader, no line wider than the page."""
    from pmkit.loaders import FORMATS

    text = run("add", "--help").stdout
    words = " ".join(text.split())
    for form in FORMATS:
        assert f"{form.name} {form.title}" in words
        for option in form.options:
            assert f"--{option.replace('_', '-')} " in text
    assert max(map(len, text.splitlines())) <= 96


def test_status_for_people_and_for_programs(run: Run, incident: Path) -> None:
    """The same review as a few lines, and as JSON with nothing else on standard output."""
    text = run("status", incident)
    assert text.exit_code == 0
    assert text.stdout.startswith("P1 Checkout failed\n")
    assert "[ ] Incident intake complete" in text.stdout
    result = run("status", incident, "--format", "json")
    review = json.loads(result.stdout)
    assert result.stderr == ""
    assert (review["incident"], review["severity"], review["due_on"]) == ("inc-1", "P1", None)
    assert len(review["milestones"]) == 4
    assert review["milestones"][0]["blocked_by"][0] == "the summary is empty"


def test_verify_leaves_with_one_when_something_changed(run: Run, incident: Path, tmp_path: Path) -> None:
    """Exit 0 and a sentence, exit 1 and a line for each problem, exit 2 for a head that can be none."""
    run("add", incident, export(tmp_path / "a.zip", "down"))
    whole = run("verify", incident)
    head = Workspace.open(incident).load().seal.head
    assert whole.exit_code == 0
    assert whole.stdout.splitlines() == [
        "Nothing changed in 1 file of evidence.",
        "timeline: 0 rows",
        f"journal: 2 lines, head {head}",
        "No published head to hold it against: a journal written anew would not be seen.",
    ]
    assert "No published head" not in run("verify", incident, "--head", head).stdout
    (incident / "evidence" / "extra").write_text("x")
    result = run("verify", incident)
    assert (result.exit_code, result.stdout.splitlines()[0]) == (1, "evidence/extra: was never added")
    said = json.loads(run("verify", incident, "--format", "json").stdout)
    assert said["problems"] == [{"path": "evidence/extra", "problem": "was never added"}]
    assert (said["seal"]["head"], said["seal"]["lines"]) == (head, 2)
    other = run("verify", incident, "--head", "0" * 64)
    assert (other.exit_code, "journal.jsonl: holds no line with the head 0000" in other.stdout) == (1, True)
    assert_refused(run("verify", incident, "--head", "latest"), "'latest' is no head of a journal")


def test_undo_takes_back_what_assign_did(run: Run, incident: Path) -> None:
    """The list says who saved what; an undo says what is back, and is undone by the next."""
    run("assign", incident, "Scribe=Mei")
    listed = run("undo", incident, "--list").stdout.splitlines()
    assert listed[0].endswith("incident.toml         members changed")
    assert listed[-1].endswith("incident.toml         the incident was made")
    line = int(listed[0].split()[0])
    back = f"incident.toml: as after line {line - 1} of the journal again (members changed)\n"
    assert run("undo", incident).stdout == back
    assert "Mei" not in (incident / "incident.toml").read_text()
    assert "undo, back to line" in run("undo", incident, "--list").stdout
    run("undo", incident, "incident.toml")
    assert "Mei" in (incident / "incident.toml").read_text()
    run("undo", incident, "--to", "2026-01-01T00:00:00Z")
    assert "Mei" not in (incident / "incident.toml").read_text()
    assert run("undo", incident, "--to", "2026-01-01T00:00:00Z").stdout == "Everything is as it was then.\n"
    assert_refused(
        run("undo", incident, "timeline"), "the journal tells of no save; there is nothing to undo"
    )
    assert run("undo", incident, "--to", "noon").exit_code == 2


@pytest.mark.parametrize("command", ["status", "verify", "report", "lab", "undo"])
def test_a_folder_that_is_none_is_refused_in_one_line(run: Run, tmp_path: Path, command: str) -> None:
    """Every command says that there is no incident here, and what makes one."""
    (tmp_path / "other").mkdir()
    assert_refused(run(command, "other"), "other: no `incident.toml` here; make a workspace with `pmkit new`")


def test_every_bad_cell_is_shown(run: Run, incident: Path) -> None:
    """A table with several mistakes is told line by line, and still without a traceback."""
    (incident / "actions.csv").write_text("action_id,action,due_on\nA1,x,soon\nA2,,2026-11-09\n")
    result = run("status", incident)
    assert result.exit_code == 2
    assert result.stderr.splitlines() == [
        "pmkit: inc-1/actions.csv: 2 problems",
        "  line 2 (A1), `due_on`: expected a date, as 2026-11-03, found 'soon'",
        "  line 3 (A2), `action` is empty: what will be different, testable",
    ]


def test_report_refuses_what_may_not_be_set(run: Run, incident: Path) -> None:
    """An unknown parameter or format is told before anything runs."""
    assert "no format `odt`" in run("report", incident, "--to", "odt").stderr
    result = run("report", incident, "--set", "colour=red")
    assert result.exit_code == 2
    assert "has no parameter `colour`" in result.stderr
    assert not (incident / "report").exists()


def test_every_command_has_help(run: Run) -> None:
    """`--help` and `-h` say what each command does, and the version is pmkit's."""
    for command in main.commands:
        text = run(command, "-h").stdout
        assert text.startswith("Usage: ")
        assert len(text.splitlines()[2].strip()) > 20
    assert run("--version").stdout == f"pmkit, version {pmkit.__version__}\n"
    for command in ("new", "add", "status", "report", "lab", "verify", "undo"):
        assert f"  {command} " in run("--help").stdout


def test_the_module_is_the_command() -> None:
    """`python -m pmkit --help` shows the same, and loads nothing heavy for it."""
    probe = "import runpy, sys; sys.argv = ['pmkit', '--help']\n"
    probe += "try: runpy.run_module('pmkit', run_name='__main__')\n"
    probe += "finally: print(sorted({'pandas', 'plotly', 'papermill'} & set(sys.modules)))"
    environment = {**os.environ, "COLUMNS": "96"}
    done = subprocess.run(
        [sys.executable, "-c", probe], capture_output=True, text=True, check=False, env=environment
    )
    assert done.stdout.startswith("Usage: pmkit [OPTIONS] COMMAND [ARGS]...")
    assert done.stdout.endswith("[]\n")
    module = subprocess.run(
        [sys.executable, "-m", "pmkit", "--version"], capture_output=True, text=True, check=True
    )
    assert module.stdout == f"pmkit, version {pmkit.__version__}\n"


# The review


def test_a_lighter_review_will_do_for_small_incidents(run: Run) -> None:
    """The severity decides; the words say what to do instead, and `--anyway` makes the folder."""
    result = run("new", "inc-2", "--severity", "P3")
    assert (result.exit_code, Path("inc-2").exists()) == (1, False)
    assert "A P3 needs no full review (this one is for P0, P1, SEV-0, SEV-1)" in result.stderr
    assert run("new", "inc-2", "--severity", "P3", "--anyway").exit_code == 0
    assert Workspace.open("inc-2").incident.title == "inc 2"


def test_new_counts_from_the_end_of_the_incident(run: Run) -> None:
    """Tasks and closure are due working days after it was resolved; roles that nobody fills are told."""
    result = run(
        "new", "inc-2", "--severity", "P1", "--template", "fintech", "--started", "2026-11-20T14:02Z",
        "--resolved", "2026-11-20T16:00Z", "--assign", "Scribe=Ana",
    )  # fmt: skip
    assert "Nobody yet: Incident Commander, Engineering Lead" in result.stdout
    assert run("assign", "inc-2", "Risk Officer=Li Wei").stdout == "Risk Officer: Li Wei\n"
    review = json.loads(run("status", "inc-2", "--at", "2026-11-23T09:00Z", "--format", "json").stdout)
    assert (review["due_on"], review["business_days_left"]) == ("2026-11-27", 4)
    assert {task["due_on"] for task in review["tasks"]} == {
        "2026-11-23", "2026-11-25", "2026-11-26", "2026-11-27",
    }  # fmt: skip
    assert run("status", "inc-2", "--at", "2026-11-23T09:00Z").exit_code == 0
    late = run("status", "inc-2", "--at", "2026-11-30T09:00Z")
    assert late.exit_code == 1
    assert "Closure due 2026-11-27: 1 working day late" in late.stdout


def test_status_records_a_milestone_once(run: Run, incident: Path) -> None:
    """The time of a milestone that the record supports is written down, and told that one time."""
    facts = incident / "incident.toml"
    facts.write_text(facts.read_text().replace('needs = ["factors", "cause agreed"]', 'needs = ["raci"]'))
    assert run("status", incident, "--at", "2027-01-01T00:00Z").stderr == ""
    assert run("status", incident).stderr == "Reached: Root cause confirmed\n"
    assert run("status", incident).stderr == ""
    assert "reached_at" in facts.read_text()


def test_a_check_in_is_drafted_and_kept(run: Run, incident: Path) -> None:
    """A draft changes nothing; a confirmed one is a row, with people's own words."""
    draft = run("checkin", incident)
    assert draft.stdout.startswith("Summary\n")
    assert Workspace.open(incident).table("checkins").empty
    assert run("checkin", incident, "--confirm").exit_code == 2
    kept = run("checkin", incident, "--confirm", "--by", "Scribe", "--say", "blockers=None.")
    assert kept.stderr == "Kept as daily-1.\n"
    row = Workspace.open(incident).table("checkins").iloc[0]
    assert (row["blockers"], row["confirmed_by"]) == ("None.", "Scribe")
    assert "no column `mood`" in run("checkin", incident, "--say", "mood=good").stderr


def test_the_agenda_and_the_dates(run: Run, incident: Path) -> None:
    """Markdown to send around; a calendar once it is known when the incident ended."""
    assert run("agenda", incident).stdout.startswith("# Final retro: Checkout failed\n")
    assert_refused(run("calendar", incident), "no dates yet")
    run("new", "inc-2", "--severity", "P1", "--resolved", "2026-11-20T16:00Z")
    path = Path(run("calendar", "inc-2").stdout.strip())
    assert path.read_bytes().startswith(b"BEGIN:VCALENDAR")


def test_actions_that_are_overdue(run: Run, incident: Path, tmp_path: Path) -> None:
    """Exit 1 when there are any; as words, as JSON, as a spreadsheet without a formula."""
    (incident / "actions.csv").write_text(
        "action_id,action,dri,due_on,status\nA1,=cmd|x,Ana,2026-11-02,open\nA2,Later,Ana,2199-11-01,open\n"
    )
    assert run("actions", incident).exit_code == 0
    overdue = run("actions", incident, "--overdue", "--format", "json")
    assert overdue.exit_code == 1
    assert [row["action_id"] for row in json.loads(overdue.stdout)] == ["A1"]
    run("actions", incident, "--out", tmp_path / "a.csv")
    assert ",'=cmd|x," in (tmp_path / "a.csv").read_text(encoding="utf-8-sig")


def test_templates_are_listed_shown_and_checked(run: Run) -> None:
    """Each use case in a line; what a review consists of; a mistake with its file and line."""
    assert run("template", "list").stdout.startswith("ecommerce    Checkout or order failure\n")
    shown = run("template", "show", "healthcare").stdout
    assert "    timeline agreed: a decision records that the timeline is agreed" in shown
    Path("ours.toml").write_text('extends = "fintech"\nseverities = ["SEV-1"]\n')
    assert run("template", "check", "ours.toml").stdout.startswith("ours.toml: fine. 6 roles, 4 milestones")
    Path("ours.toml").write_text('extends = "fintech"\nowner = "Boss"\n')
    assert_refused(run("template", "check", "ours.toml"), "ours.toml, line 2: unknown role: `Boss`")


def test_events_are_listed_with_their_ids(run: Run, incident: Path, tmp_path: Path) -> None:
    """By words, by time, as text and as CSV, from inside the folder too."""
    run("add", incident, export(tmp_path / "a.zip", "it is down", "rolled back", "all well"))
    text = run("events", incident, "--search", "rolled? back").stdout
    assert "slack:C1:1793714401.0001" in text
    assert "down" not in text
    late = run("events", incident, "--from", "2026-11-03T14:00:02Z", "--format", "csv").stdout
    assert late.splitlines()[0] == "event_id,time,source,kind,actor,place,text"
    assert len(late.splitlines()) == 2
    more = run("events", incident, "--limit", "1")
    assert more.stderr == "and 2 more; narrow it down, or --limit 3\n"
    assert run("events", incident, "--search", "(").exit_code == 2


def test_inside_the_folder_it_need_not_be_named(
    run: Run, incident: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Most commands look where one stands."""
    monkeypatch.chdir(incident)
    assert run("status").stdout.startswith("P1 Checkout failed")
    assert run("actions").stdout == "No actions.\n"
    assert run("actions", "--overdue").stdout == "None is overdue.\n"


def test_an_incident_ends_after_it_began(run: Run) -> None:
    """The other way round it is refused."""
    times = ("--started", "2026-11-20T14:00Z", "--resolved", "2026-11-20T13:00Z")
    assert_refused(run("new", "inc-2", "--severity", "P1", *times), "began after it ended")


def test_an_event_is_marked_by_its_words(run: Run, incident: Path, tmp_path: Path) -> None:
    """On the timeline with the anchor and our words, among the decisions; a mistyped anchor is refused."""
    run("add", incident, export(tmp_path / "s.zip", "nobody can pay", "decision: we roll back", "back"))
    assert_refused(run("mark", incident, "nobody can pay", "--as", "impact_start"), "`impact_started`?")
    told = run("mark", incident, "NOBODY can pay", "--as", "impact_started", "--summary", "It began.")
    assert told.stdout.splitlines() == [
        "Marked slack:C1:1793714400.0001 as impact_started.", "Described slack:C1:1793714400.0001.",
    ]  # fmt: skip
    assert run("mark", incident, "we roll back", "--decision").stdout.endswith("Added D1.\n")
    assert run("mark", incident, "we roll back", "--decision").exit_code == 0
    loaded = Workspace.open(incident).load()
    assert loaded.timeline[["mark", "summary"]].values.tolist()[0] == ["impact_started", "It began."]
    assert loaded.decisions["event_ids"].tolist() == ["slack:C1:1793714401.0001"]
    several = run("mark", incident, "back")
    assert (several.exit_code, several.stderr.count("slack:C1:")) == (2, 2)


def test_a_team_starts_a_template_once(run: Run) -> None:
    """A file that is there is left as it is."""
    assert "pmkit template check ours.toml" in run("template", "start", "ours.toml").stdout
    assert run("template", "check", "ours.toml").exit_code == 0
    assert_refused(run("template", "start", "ours.toml"), "ours.toml", "File exists")
