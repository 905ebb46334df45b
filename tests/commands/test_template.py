"""Templates from the command line: listed, shown, started, checked."""

from __future__ import annotations

from pathlib import Path

from tests.commands.shell import Run, assert_refused


def test_templates_are_listed_shown_and_checked(run: Run) -> None:
    """Each use case in a line; what a review consists of; a mistake with its file and line."""
    assert run("template", "list").stdout.startswith("ecommerce    Checkout or order failure\n")
    shown = run("template", "show", "healthcare").stdout
    assert "    timeline agreed: a decision records that the timeline is agreed" in shown
    Path("ours.toml").write_text('extends = "fintech"\nseverities = ["SEV-1"]\n')
    assert run("template", "check", "ours.toml").stdout.startswith("ours.toml: fine. 6 roles, 4 milestones")
    Path("ours.toml").write_text('extends = "fintech"\nowner = "Boss"\n')
    assert_refused(run("template", "check", "ours.toml"), "ours.toml, line 2: unknown role: `Boss`")


def test_a_team_starts_a_template_once(run: Run) -> None:
    """A file that is there is left as it is."""
    assert "pmkit template check ours.toml" in run("template", "start", "ours.toml").stdout
    assert run("template", "check", "ours.toml").exit_code == 0
    assert_refused(run("template", "start", "ours.toml"), "ours.toml", "File exists")
