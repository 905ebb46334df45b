"""Many incidents: which, where to, what came of each; no failure stops another."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from pmkit.batch import Options, Outcome, _Workers, describe_batch, find_incidents, render_batch, render_one
from pmkit.cli import main
from pmkit.errors import RenderError


def incident(folder: Path, text: str = "format = 0\n") -> Path:
    """An incident folder that cannot be read, which is told quickly."""
    folder.mkdir(parents=True)
    (folder / "incident.toml").write_text(text)
    return folder


def test_incidents_are_the_folders_named_and_those_right_below(tmp_path: Path) -> None:
    """In order, each once, however it is named; a folder deeper down is somebody else's."""
    b, a = incident(tmp_path / "all" / "b"), incident(tmp_path / "all" / "a")
    incident(tmp_path / "all" / "deep" / "down")
    alone = incident(tmp_path / "alone")
    assert find_incidents([alone, tmp_path / "all"]) == [alone, a, b]
    assert find_incidents([b, tmp_path / "all", tmp_path / "all" / ".." / "all" / "a"]) == [b, a]


def test_a_path_without_an_incident_is_refused(tmp_path: Path) -> None:
    """The path is named, and what was expected of it."""
    (tmp_path / "empty").mkdir()
    with pytest.raises(RenderError, match=r"empty: expected an incident folder, with incident\.toml in it"):
        find_incidents([tmp_path / "empty"])


def test_two_incidents_of_one_name_do_not_overwrite_each_other(tmp_path: Path) -> None:
    """Under --out they would land in one folder: refused before anything runs."""
    two = [incident(tmp_path / "a" / "x"), incident(tmp_path / "b" / "x")]
    with pytest.raises(RenderError, match=r"would both be written to .*out.x; rename one folder"):
        render_batch(two, Options(out=tmp_path / "out"))


def test_an_unknown_format_is_refused_before_any_process_starts(tmp_path: Path) -> None:
    """One sentence for all incidents instead of one failure each."""
    with pytest.raises(RenderError, match="no format `odt`"):
        render_batch([incident(tmp_path / "x")], Options(to=("odt",)))


@pytest.mark.parametrize("text", ["format = 0\n", "no toml", ""])
def test_what_goes_wrong_with_one_incident_is_its_outcome(tmp_path: Path, text: str) -> None:
    """Nothing is raised: the problem names the file, and there are no files."""
    outcome = render_one(incident(tmp_path / "x", text), Options())
    assert not outcome.is_done
    assert outcome.files == ()
    assert "incident.toml" in outcome.problem


def test_a_surprise_is_told_with_its_kind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also what pmkit never foresaw is one incident's failure."""

    def surprise(_: Path) -> None:
        raise ZeroDivisionError("by nothing")

    monkeypatch.setattr("pmkit.workspace.Workspace.open", surprise)
    assert render_one(tmp_path, Options()).problem == "ZeroDivisionError: by nothing"


def test_a_process_that_dies_is_the_failure_of_its_incident_alone(tmp_path: Path) -> None:
    """It is told by the name of its signal; the next incident gets a process of its own, and is reused."""
    a, b, c = (incident(tmp_path / name) for name in "abc")
    with _Workers(Options()) as workers:
        workers.begin(0, a)
        workers.busy[0].process.kill()
        ((number, died),) = workers.finished()
        assert (number, died.incident) == (0, a)
        assert "was stopped by SIGKILL" in died.problem
        workers.begin(1, b)
        first = workers.busy[0].process.pid
        ((number, told),) = workers.finished()
        assert number == 1
        assert "expected `format = 2`" in told.problem
        workers.begin(2, c)
        assert workers.busy[0].process.pid == first
        workers.finished()


def test_the_summary_has_a_line_for_each_and_a_count(tmp_path: Path) -> None:
    """Sizes of the files, notes and every line of a problem stand under the name."""
    page = tmp_path / "report.html"
    page.write_bytes(b"x" * 2_400_000)
    outcomes = [
        Outcome(tmp_path / "a", (page,), 3.25, ("a glyph is lacking",), sizes=(page.stat().st_size,)),
        Outcome(tmp_path / "longer", (), 0.1, (), "factors.csv: 2 problems\n  one\n  two"),
    ]
    assert describe_batch(outcomes).splitlines() == [
        "a       done       3.2 s  report.html 2.4 MB",
        "        note: a glyph is lacking",
        "longer  failed     0.1 s  factors.csv: 2 problems",
        "          one",
        "          two",
        "",
        "1 of 2 rendered; 1 failed.",
    ]
    assert describe_batch(outcomes[:1]).endswith("\n1 of 1 rendered.")


def test_the_command_says_what_failed_and_ends_with_1(tmp_path: Path) -> None:
    """All of them are tried; for programs the same as JSON."""
    incident(tmp_path / "a"), incident(tmp_path / "b")
    ran = CliRunner().invoke(main, ["batch", str(tmp_path), "--jobs", "1", "--format", "json"])
    assert ran.exit_code == 1
    told = json.loads(ran.stdout)
    assert [Path(each["incident"]).name for each in told] == ["a", "b"]
    assert all(not each["done"] and "incident.toml" in each["problem"] for each in told)
