"""The templates: those that ship are whole, a team's own extends them, and mistakes are named."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from pmkit import schema
from pmkit.errors import TemplateError
from pmkit.process import due_on
from pmkit.template import NOTES, load_template, report_templates, template_names, write_template

SHIPPED = ["base", *template_names()]


def team_file(folder: Path, text: str, name: str = "team.toml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_the_four_use_cases_ship() -> None:
    """A template for each use case is there, and the base is not offered by itself."""
    assert template_names() == ["ecommerce", "fintech", "healthcare", "saas"]
    assert (report_templates() / "postmortem.ipynb").is_file()


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_templates_are_whole(name: str) -> None:
    """Five roles at least, four channels, milestones and task lists, every task with a role and a day."""
    template = load_template(name)
    assert template.name == name
    assert len(template.roles) >= 5
    assert template.owner in template.roles
    assert len(template.channels) == len(template.milestones) == 4
    assert len({task.task_list for task in template.tasks}) == 4
    assert all(task.dri in template.roles for task in template.tasks)
    assert all(1 <= task.due_working_day <= template.working_days for task in template.tasks)
    assert len({task.task_id for task in template.tasks}) == len(template.tasks)
    assert set(template.prompts) == set(NOTES)


@pytest.mark.parametrize("name", SHIPPED)
def test_each_activity_has_one_accountable_role(name: str) -> None:
    """In every shipped RACI each activity has one A, somebody responsible, and a part for every role."""
    template = load_template(name)
    parts_known = schema.RACI.column("part").choices
    for activity, parts in template.raci.items():
        assert sum("A" in part for part in parts.values()) == 1, activity
        assert any("R" in part for part in parts.values()), activity
        assert set(parts.values()) <= set(parts_known), activity
        if activity not in load_template("base").raci:
            assert set(parts) == set(template.roles), activity


def test_a_team_file_changes_only_what_it_says(tmp_path: Path) -> None:
    """Tables merge key by key, lists and values replace, the rest stays as in the template below."""
    path = team_file(
        tmp_path,
        'extends = "fintech"\nworking_days = 7\nseverities = ["SEV-1"]\n[prompts]\nlucky = "Luck?"\n'
        '[raci."Collect the evidence"]\n"Scribe" = "C"\n"Support Lead" = "R"\n',
    )
    below, template = load_template("fintech"), load_template(path)
    assert (template.name, template.working_days, template.severities) == ("team", 7, ("SEV-1",))
    assert template.prompts == {**below.prompts, "lucky": "Luck?"}
    changed = {"Scribe": "C", "Support Lead": "R"}
    assert template.raci["Collect the evidence"] == {**below.raci["Collect the evidence"], **changed}
    assert (template.roles, template.tasks, template.milestones) == (
        below.roles,
        below.tasks,
        below.milestones,
    )


def test_a_team_file_may_stand_on_another_beside_it(tmp_path: Path) -> None:
    """`extends` looks beside the file first, then among the shipped templates."""
    team_file(tmp_path, 'extends = "saas"\nworking_days = 3\n', "ours.toml")
    template = load_template(team_file(tmp_path, 'extends = "ours"\ntitle = "Ours"\n'))
    assert (template.title, template.working_days) == ("Ours", 3)


def test_a_team_may_have_roles_of_its_own(tmp_path: Path) -> None:
    """Parts of roles a file does away with go with them; its own roles may take parts."""
    path = team_file(
        tmp_path,
        'extends = "base"\nroles = ["Incident Commander", "Writer"]\nowner = "Writer"\n'
        '[[task_lists]]\nid = "all"\nname = ""\ndri = "Writer"\ndue_working_day = 2\ntasks=[{task = "x"}]\n'
        '[raci."Close the postmortem"]\nWriter = "R"\n',
    )
    template = load_template(path)
    assert template.raci["Close the postmortem"] == {"Incident Commander": "A", "Writer": "R"}
    assert {role for parts in template.raci.values() for role in parts} == {"Incident Commander", "Writer"}
    assert [(task.task_id, task.dri) for task in template.tasks] == [("all-1", "Writer")]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('colour = "red"', "line 2: unknown key: `colour`"),
        ('owner = "Boss"', "line 2: unknown role: `Boss`"),
        ('[raci."Collect the evidence"]\nBoss = "A"', "unknown role in `raci.Collect the evidence`: `Boss`"),
        ('[raci."Collect the evidence"]\nScribe = "X"', "unknown part in `raci.Collect the evidence`: `X`"),
        ('[prompts]\nrootcause = "?"', "unknown note in `prompts`: `rootcause`"),
        ('[[task_lists]]\nid = "a"\nname = ""\ndri = "B"\ndue_working_day = 1\ntasks = [{task = ""}]', "`B`"),
        ('roles = ["Incident Commander"]', 'line 2: unknown role: `Engineering Lead`'),
        ('[[task_lists]]\nid = "a"\nname = "A"\ndri = "Scribe"\ntasks = [{task = ""}]', "key `due_w"),
        ('[[milestones]]\nname = "x"', "key `criteria` is missing"),
        (
            '[[milestones]]\nname = "x"\ncriteria = ""\nneeds = ["luck"]',
            "line 5: unknown need of `x`: `luck`; known are summary, impact, evidence",
        ),
        ('sections = ["summary", "blame"]', "line 2: unknown section: `blame`"),
        ('evidence = ["fax"]', "line 2: unknown source in `evidence`: `fax`"),
        ('[letter]\nfrom = "us"', "line 2: unknown key in `letter`: `from`"),
        ('[action_days]\nP0 = "soon"', "line 3: `action_days`, priority P0: expected working days"),
        ('[calendar]\nweekend = ["caturday"]', "line 2: `calendar`: `weekend`: 'caturday' is no day"),
        ('[calendar]\ncountry = "XX"', "line 2: `calendar`: no public holidays are known for 'XX'"),
        ('[calendar]\ndays_off = ["2026-12-25"]', "line 3: `days_off`: expected dates without quotes"),
        ('[checkins.daily]\nat = "9 am"', "line 3: `checkins.daily`: expected a time of the day"),
        ('roles = "Scribe"', "`roles`: expected a list, found 'Scribe'"),
        ('working_days = "five"', "`working_days`: expected a whole number, found 'five'"),
        ("raci = 5", "`raci`: expected a table"),
        ("title = [", "Invalid value (at end of document)"),
        ("[raci]\n[raci]", "(at line 3, column 6)"),
    ],
)  # fmt: skip
def test_mistakes_are_named_with_file_and_key(tmp_path: Path, text: str, said: str) -> None:
    """Unknown keys, roles and parts, missing keys, wrong types and broken TOML are told."""
    path = team_file(tmp_path, f'extends = "base"\n{text}\n')
    with pytest.raises(TemplateError) as caught:
        load_template(path)
    assert str(caught.value).startswith(str(path))
    assert said in str(caught.value)


def test_a_file_on_its_own_must_be_whole(tmp_path: Path) -> None:
    """A file that extends nothing says everything itself."""
    with pytest.raises(TemplateError, match="key `use_case` is missing"):
        load_template(team_file(tmp_path, 'title = "x"\n'))


def test_a_circle_is_refused(tmp_path: Path) -> None:
    """A file that extends itself, directly or through another, is told so."""
    with pytest.raises(TemplateError, match=r"team\.toml: extends itself, through team"):
        load_template(team_file(tmp_path, 'extends = "team"\n'))
    team_file(tmp_path, 'extends = "two"\n', "one.toml")
    with pytest.raises(TemplateError, match="through one → two"):
        load_template(team_file(tmp_path, 'extends = "one"\n', "two.toml").with_name("one.toml"))


def test_unknown_names_are_told_with_the_known_ones(tmp_path: Path) -> None:
    """A name that is no template lists those that are; a missing file is named."""
    with pytest.raises(TemplateError, match="choose one of ecommerce, fintech, healthcare, saas"):
        load_template("sass")
    with pytest.raises(TemplateError, match=r"none\.toml"):
        load_template(tmp_path / "none.toml")
    with pytest.raises(TemplateError, match="no template `sass`"):
        load_template(team_file(tmp_path, 'extends = "sass"\n'))


def test_a_mistake_in_the_template_below_is_told_where_it_stands(tmp_path: Path) -> None:
    """The file and line of the one that says it, not of the one that was asked for."""
    below = team_file(tmp_path, 'extends = "base"\nowner = "Boss"\n', "below.toml")
    with pytest.raises(TemplateError, match=rf"^{below}, line 2: unknown role: `Boss`"):
        load_template(team_file(tmp_path, 'extends = "below"\ntitle = "Ours"\n'))


@pytest.mark.parametrize(
    ("severity", "qualifies"),
    [
        ("P0", True),
        ("p1", True),
        ("SEV1", True),
        ("sev-0", True),
        ("P2", False),
        ("SEV-10", False),
        ("", False),
    ],
)
def test_which_severities_get_this_review(severity: str, qualifies: bool) -> None:
    """However a team writes them; for the others a lighter review will do, and the template says which."""
    template = load_template("saas")
    assert template.qualifies(severity) is qualifies
    assert template.lighter


def test_a_team_may_call_a_role_otherwise(tmp_path: Path) -> None:
    """Everywhere the template names it: roles, tasks, RACI; a role that takes no part is told."""
    template = load_template(
        team_file(tmp_path, 'extends = "saas"\nrename = { "Support Lead" = "Duty Manager" }\n')
    )
    assert "Support Lead" not in template.roles
    assert template.raci["Measure the impact"]["Duty Manager"] == "AR"
    assert "Duty Manager" in {task.dri for task in template.tasks}
    assert template.idle_roles == ()
    spoken = 'rename = { "Communications Owner" = "Press Office" }\n[letter]\ncontact = "x@y.example"\n'
    signed = load_template(team_file(tmp_path, f'extends = "saas"\n{spoken}')).letter
    assert signed == {"signed_by": "Press Office", "organisation": "", "contact": "x@y.example"}
    more = team_file(
        tmp_path,
        f'extends = "saas"\nroles = {[*load_template("saas").roles, "Observer"]}\n'.replace("'", '"'),
    )
    assert load_template(more).idle_roles == ("Observer",)


def test_each_task_list_has_one_role_that_answers_for_it() -> None:
    """In every template, whoever does its single tasks."""
    for name in SHIPPED:
        template = load_template(name)
        assert [each.name for each in template.task_lists] == list(
            dict.fromkeys(task.task_list for task in template.tasks)
        )
        assert all(each.dri in template.roles for each in template.task_lists)


def test_a_severity_may_have_its_own_deadline(tmp_path: Path) -> None:
    """Other severities keep the number of working days of the template."""
    template = load_template(team_file(tmp_path, 'extends = "base"\n[deadlines]\n"SEV-0" = 3\n'))
    assert [template.working_days_for(name) for name in ("sev0", "P1")] == [3, 5]


def test_the_deadline_of_the_base_is_five_working_days() -> None:
    """From Friday to the Friday after."""
    assert due_on(date(2026, 11, 6), load_template("base").working_days) == date(2026, 11, 13)


@pytest.mark.parametrize("base", ["saas", "fintech"])
def test_a_team_starts_from_a_file_that_changes_nothing(tmp_path: Path, base: str) -> None:
    """What is written loads as it stands, is the same review, and a role is renamed on the right."""
    plan, path = load_template(base), tmp_path / "ours.toml"
    path.write_text(write_template(plan), encoding="utf-8")
    assert replace(load_template(path), name=plan.name) == plan
    path.write_text(
        path.read_text(encoding="utf-8").replace('= "Incident Commander"', '= "Duty Lead"'), encoding="utf-8"
    )
    ours = load_template(path)
    assert "Duty Lead" in ours.roles
    assert "Incident Commander" not in str(ours.tasks) + str(ours.raci)


def test_a_role_to_rename_has_to_be_there(tmp_path: Path) -> None:
    """A mistyped one is told with its line and the roles there are."""
    path = team_file(tmp_path, 'extends = "saas"\n[rename]\n"Incident Comander" = "Duty Lead"\n')
    with pytest.raises(
        TemplateError, match=r"line 3: `rename`: there is no role 'Incident Comander'; .*Scribe"
    ):
        load_template(path)
