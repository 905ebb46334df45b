"""What changed since the edition before: row by row, the same however often it is rendered."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pmkit.editions import digest_record, find_changes, previous_edition, with_edition
from pmkit.errors import RenderError
from pmkit.tables import table_changes

FACTOR = {"factor_id": "F1", "statement": "The deadline was too short."}


def publish(incident: Path, pm: object, at: str, audience: str = "internal") -> None:
    (incident / "report").mkdir(exist_ok=True)
    text = with_edition(incident, digest_record(pm, at), audience)  # type: ignore[arg-type]
    (incident / "report" / "editions.json").write_text(text)


def test_new_changed_and_gone_rows_are_told_by_name(postmortem, tmp_path: Path) -> None:
    """A new row has its words, one whose cells differ is changed, one that is no more has its name alone."""
    first = postmortem(factors=[FACTOR], actions=[{"action_id": "A1", "action": "x"}], notes={"summary": "a"})
    publish(tmp_path, first, "2026-11-09T16:00:00Z")
    second = postmortem(
        factors=[FACTOR | {"kind": "trigger"}, {"factor_id": "F2", "statement": "Nobody was paged."}],
        notes={"summary": "a", "lessons": "b"},
    )
    previous = previous_edition(tmp_path, second)
    assert previous is not None
    changes = find_changes(second, previous)
    assert changes.to_numpy().tolist() == [
        ["factors", "changed", "F1", "The deadline was too short."],
        ["factors", "new", "F2", "Nobody was paged."],
        ["actions", "gone", "A1", ""],
        ["notes", "changed", "lessons", "Lessons"],
    ]
    table = table_changes(changes, previous.generated_at)
    assert table.caption == "Changes since the edition of 9 Nov 2026 16:00 UTC"
    assert [cell.text for cell in table.rows[2]] == ["actions", "1 gone", "A1"]


def test_the_same_record_rendered_again_tells_the_same(postmortem, tmp_path: Path) -> None:
    """The edition before stays the one of another record: nothing is compared with itself."""
    first, second = postmortem(factors=[FACTOR]), postmortem()
    assert previous_edition(tmp_path, first) is None
    publish(tmp_path, first, "2026-11-09T16:00:00Z")
    assert previous_edition(tmp_path, first) is None
    for at in ("2026-11-10T16:00:00Z", "2026-11-11T16:00:00Z"):
        publish(tmp_path, second, at)
        previous = previous_edition(tmp_path, second)
        assert previous is not None
        assert previous.generated_at == "2026-11-09T16:00:00Z"


def test_each_audience_has_its_editions(postmortem, tmp_path: Path) -> None:
    """What one audience was told says nothing of another."""
    publish(tmp_path, postmortem(), "2026-11-09T16:00:00Z", "company")
    assert previous_edition(tmp_path, postmortem(factors=[FACTOR])) is None
    assert previous_edition(tmp_path, postmortem(factors=[FACTOR]), "company") is not None


def test_many_rows_are_told_as_a_number(postmortem, tmp_path: Path) -> None:
    """Six are told in words; the page stays calm."""
    publish(tmp_path, postmortem(), "2026-11-09T16:00:00Z")
    many = postmortem(factors=[{"factor_id": f"F{n}", "statement": f"s{n}"} for n in range(9)])
    previous = previous_edition(tmp_path, many)
    assert previous is not None
    (row,) = table_changes(find_changes(many, previous), previous.generated_at).rows
    assert row[1].text == "9 new"
    assert row[2].text.splitlines()[-1] == "and 3 more"


@pytest.mark.parametrize("text", ["{", "[]", '{"format": 1}'])
def test_a_damaged_file_says_what_to_do(postmortem, tmp_path: Path, text: str) -> None:
    """It is named, and may be deleted."""
    (tmp_path / "report").mkdir()
    (tmp_path / "report" / "editions.json").write_text(text)
    with pytest.raises(RenderError, match=r"editions\.json: cannot be read .* delete it"):
        previous_edition(tmp_path, postmortem())


def test_only_digests_are_kept(postmortem, tmp_path: Path) -> None:
    """No words of the record stand in the file."""
    publish(tmp_path, postmortem(factors=[FACTOR]), "2026-11-09T16:00:00Z")
    text = (tmp_path / "report" / "editions.json").read_text()
    assert "deadline" not in text
    assert json.loads(text)["format"] == 1
