"""A report that cannot be made is refused before anything runs."""

from __future__ import annotations

from pathlib import Path

from tests.commands.shell import Run


def test_report_refuses_what_may_not_be_set(run: Run, incident: Path) -> None:
    """An unknown parameter or format is told before anything runs."""
    assert "no format `odt`" in run("report", incident, "--to", "odt").stderr
    result = run("report", incident, "--set", "colour=red")
    assert result.exit_code == 2
    assert "has no parameter `colour`" in result.stderr
    assert not (incident / "report").exists()
