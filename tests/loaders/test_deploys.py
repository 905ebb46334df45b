from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pmkit.errors import EvidenceError, QuestionError
from pmkit.loaders import find_incompleteness, load_evidence, recognise
from pmkit.loaders.deploys import load_deploys
from pmkit.schema import EVENTS, validate

Compare = Callable[[pd.DataFrame, Path], None]

FIXTURES = Path(__file__).parent.parent / "fixtures" / "deploy"
SHA = "a81fd0e270fac566faf3c073749588fa421466b7"
OTHER = "4efab38c6d1e8fe39e6c2865d20ca5017effe3a1"


def load(data: Any, name: str = "x.json", **options: Any) -> pd.DataFrame:
    text = data if isinstance(data, str) else json.dumps(data)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_text(text, encoding="utf-8")
        frame = load_deploys(path, **options)
    validate(frame, EVENTS)
    return frame


def texts(frame: pd.DataFrame) -> list[str]:
    return frame["text"].tolist()


# --- samples ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["git-log-plain", "git-log-lines", "git-log-fuller"])
def test_a_log_gives_the_expected_frame(assert_reads_as: Compare, name: str) -> None:
    """What git itself printed, in three layouts."""
    assert_reads_as(load_deploys(FIXTURES / f"{name}.txt"), FIXTURES / f"{name}.expected.csv")


def test_the_samples_give_the_expected_frame(assert_reads_as: Compare) -> None:
    """Every record of the real and documented JSON is one row, exactly as the CSV has it.

    The row of a record that stands in several files names each of them.
    """
    frame = load_deploys(FIXTURES)
    assert_reads_as(frame, FIXTURES / "samples.expected.csv")
    assert (frame["kind"] != "unreadable").all()
    assert set(frame["kind"]) == {"deploy", "change", "other"}


def test_evidence_is_dispatched() -> None:
    """The formats load what they recognise."""
    path = FIXTURES / "git-log-lines.txt"
    pd.testing.assert_frame_equal(load_evidence(path, recognise(path).name), load_deploys(path))


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("git-log-plain.txt", "commits only: when they were committed or deployed is not in this log"),
        ("git-log-lines.txt", "commits only: when they were deployed is not in this log"),
        ("github-runs.json", "incomplete: 2 of 57 workflow runs"),
        ("pagerduty-change-events.json", "incomplete: change_events has more pages"),
        (
            "github-deployments.json",
            "incomplete: 3 deployments have no status here, and a status alone tells success; "
            "add the deployment statuses",
        ),
        ("github-statuses.json", ""),
        ("deployment_status-payload.json", ""),
        ("argocd-application.json", ""),
    ],
)
def test_incompleteness_is_said(name: str, said: str) -> None:
    """What the file itself shows to be missing, in one sentence."""
    path = FIXTURES / name
    assert find_incompleteness(path, recognise(path).name) == said


def test_a_full_page_may_not_be_all(tmp_path: Path) -> None:
    """Exactly as many records as a page of the API holds are suspicious; one more or less is not."""
    status = json.loads((FIXTURES / "github-statuses.json").read_text(encoding="utf-8"))[0]
    for count, is_said in ((29, False), (30, True), (31, False)):
        path = tmp_path / f"{count}.json"
        path.write_text(json.dumps([status | {"id": n} for n in range(count)]), encoding="utf-8")
        assert ("may be more" in find_incompleteness(path, "github")) == is_said


# --- git log ----------------------------------------------------------------------------------------


def test_a_commit_stands_where_it_was_committed() -> None:
    """Written in the evening, committed the next day: the row is the next day's, and says both."""
    row = load_deploys(FIXTURES / "git-log-lines.txt").set_index("deploy_version").loc[SHA]
    assert str(row["time"]) == "2026-11-03 13:01:30+00:00"
    assert row["text"] == "Committed: Keep stock levels for ten minutes (written 2026-11-02T09:10:00-05:00)"


def test_a_plain_log_tells_only_when_a_commit_was_written() -> None:
    """`git log` prints the author's date; the row says so."""
    row = load_deploys(FIXTURES / "git-log-plain.txt").set_index("deploy_version").loc[SHA]
    assert str(row["time"]) == "2026-11-02 14:10:00+00:00"
    assert row["text"].startswith("Written: Keep stock levels")


def test_a_message_that_quotes_a_log_is_one_commit() -> None:
    """A body may hold `commit …` and `Author: …`; statistics after it are left out."""
    frame = load_deploys(FIXTURES / "git-log-fuller.txt")
    assert len(frame) == 4
    text = frame.set_index("deploy_version").loc[SHA, "text"]
    assert "    commit 0123456789" in text
    assert text.endswith("Closes PAY-812")
    assert not any("insertion" in text for text in texts(frame))


@pytest.mark.parametrize(
    ("date", "iso"),
    [
        ("Tue Nov 3 14:02:11 2026 +0100", "2026-11-03 13:02:11"),
        ("Tue Nov  3 14:02:11 2026 -0530", "2026-11-03 19:32:11"),
        ("Tue, 3 Nov 2026 14:02:11 +0100", "2026-11-03 13:02:11"),
        ("2026-11-03 14:02:11 +0100", "2026-11-03 13:02:11"),
        ("2026-11-03T14:02:11+01:00", "2026-11-03 13:02:11"),
        ("2026-11-03T13:02:11Z", "2026-11-03 13:02:11"),
        ("1793710931 +0100", "2026-11-03 13:02:11"),
        ("1793710931", "2026-11-03 13:02:11"),
    ],
)
def test_every_date_git_prints_is_read(date: str, iso: str) -> None:
    """By default, `iso`, `iso-strict`, `rfc`, `raw` and `unix`."""
    frame = load(f"commit {SHA}\nAuthor: Ada <ada@shop.example>\nDate:   {date}\n\n    Fix\n", "log.txt")
    assert str(frame["time"].iloc[0]) == f"{iso}+00:00"


def test_a_local_date_asks_for_its_zone() -> None:
    """`--date=local` prints no offset."""
    log = f"commit {SHA}\nAuthor: Ada <a@b>\nDate:   Tue Nov 3 14:02:11 2026\n\n    Fix\n"
    with pytest.raises(QuestionError) as asked:
        load(log, "log.txt")
    assert asked.value.option == "zone"
    frame = load(log, "log.txt", zone="Europe/Amsterdam")
    assert str(frame["time"].iloc[0]) == "2026-11-03 13:02:11+00:00"
    assert frame["time_basis"].iloc[0] == "Europe/Amsterdam"
    twice = load(log.replace("Nov 3 14", "Oct 25 02"), "log.txt", zone="Europe/Amsterdam")
    assert "showed this time twice" in twice["text"].iloc[0]


@pytest.mark.parametrize("date", ["2 days ago", "2026-11-03", "Tue Nov 31 14:02:11 2026 +0100", ""])
def test_a_date_that_is_no_time_is_reported(date: str) -> None:
    """Nothing is guessed; the neighbour loads."""
    log = f"commit {SHA}\nAuthor: Ada <a@b>\nDate:   {date}\n\n    Fix\n\n"
    frame = load(log + f"commit {OTHER}\nAuthor: Ada\nDate: 2026-11-03T13:02:11Z\n\n    Other\n", "log.txt")
    assert frame["kind"].tolist() == ["change", "unreadable"]
    assert frame["ref"].tolist() == ["log.txt#:1", "log.txt#:0"]


def test_a_log_without_times_says_how_to_print_one() -> None:
    """`--pretty=full` names people and no time."""
    frame = load(f"commit {SHA}\nAuthor: Ada <a@b>\nCommit: Ada <a@b>\n\n    Fix\n", "log.txt")
    assert "--format=" in frame["text"].iloc[0]


LINES = [
    f"{SHA[:-1]}{n}\x1fAda\x1f2026-11-03T13:0{n}:00Z\x1f2026-11-03T13:0{n}:30Z\x1fChange {n}"
    for n in range(4)
]


@settings(max_examples=60)
@given(st.integers(0, 3), st.floats(0, 1), st.text(st.sampled_from("\x1f\n x0a:"), max_size=3))
def test_damage_in_a_line_costs_that_line(hit: int, where: float, noise: str) -> None:
    """Neighbours are read as they are, whatever happens inside one line."""
    line = LINES[hit]
    at = int(where * (len(line) - 1))
    lines = [*LINES[:hit], line[:at] + noise + line[at + 1 :], *LINES[hit + 1 :]]
    frame = load("\n".join(lines) + "\n", "log.txt")
    # What is no commit any more may be a line of the message before.
    kept = {f"deploy:git:{SHA[:-1]}{n}": f"Change {n}" for n in range(4) if n not in (hit, hit - 1)}
    texts = frame.set_index("event_id")["text"]
    assert all(texts[name].startswith(f"Committed: {change}") for name, change in kept.items())
    assert len(frame) >= 3


def test_a_line_with_other_fields_says_what_was_expected() -> None:
    """Four fields, or a fifth that is no time, are not guessed at."""
    frame = load(f"{SHA}\x1fAda\x1f2026-11-03T13:02:11Z\x1fFix\n{LINES[0]}", "log.txt")
    assert frame["kind"].tolist() == ["change", "unreadable"]
    assert "expected a commit in 5 fields" in frame["text"].iloc[1]
    mails = f"{SHA}\x1fAda\x1fada@shop.example\x1f2026-11-03T13:02:11Z\x1fFix"
    assert "found 'ada@shop.example'" in load(mails, "log.txt")["text"].iloc[0]


def test_a_message_of_several_lines_stays_one_commit() -> None:
    """`%B` instead of `%s` prints the whole message."""
    frame = load(f"{LINES[0]}\n\nwhy\n{LINES[1]}\n", "log.txt")
    assert texts(frame)[0].endswith("\nwhy")
    assert len(frame) == 2


def test_a_commit_that_stands_twice_is_one_row() -> None:
    """Logs of two branches, one after the other."""
    frame = load(f"{LINES[0]}\n{LINES[1]}\n{LINES[0]}\n", "log.txt")
    assert len(frame) == 2
    assert frame["ref"].iloc[0] == "log.txt#:2 | log.txt#:0"


def test_a_patch_that_holds_the_separator_is_no_record() -> None:
    """`git log -p` of a repository that speaks of logs."""
    patch = "diff --git a/x b/x\n+    a81fd0e\x1fAda\n+commit a81fd0e\n"
    log = f"commit {SHA}\nAuthor: Ada <a@b>\nDate:   2026-11-03T13:02:11Z\n\n    Fix\n\n{patch}"
    frame = load(log, "log.txt")
    assert texts(frame) == ["Written: Fix"]


def test_lines_before_the_first_commit_are_reported() -> None:
    """A prompt that was copied with the log is no commit, and is not dropped in silence."""
    frame = load(f"$ git log\n{LINES[0]}\n", "log.txt")
    assert frame["kind"].tolist() == ["change", "unreadable"]
    assert "git log" in frame["text"].iloc[1]


# --- what reached an environment --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "kind", "text"),
    [
        ("success", "deploy", "Deployed main a81fd0e to production"),
        ("failure", "change", "Deployment failed: main a81fd0e to production"),
        ("error", "change", "Deployment failed with an error: main a81fd0e to production"),
        ("in_progress", "change", "Deployment began: main a81fd0e to production"),
        ("queued", "change", "Deployment queued: main a81fd0e to production"),
        ("inactive", "other", "No longer active: main a81fd0e to production"),
        ("teleported", "other", "Deployment teleported: main a81fd0e to production"),
    ],
)
def test_only_success_is_a_deploy(state: str, kind: str, text: str) -> None:
    """Asking, beginning and failing are on the way; a state that is new stays a row of kind `other`."""
    hook = json.loads((FIXTURES / "deployment_status-payload.json").read_text(encoding="utf-8"))
    hook["deployment_status"]["state"] = state
    hook["deployment"] |= {"sha": SHA, "ref": "main"}
    row = load(hook).iloc[0]
    assert (row["kind"], row["text"], row["deploy_version"]) == (kind, text, SHA)


def test_a_release_stands_where_it_was_published() -> None:
    """Its `created_at` is the time of its commit; a later webhook tells what was done, not when."""
    hook = json.loads((FIXTURES / "release-created.payload.json").read_text(encoding="utf-8"))
    for action, aside in (("published", ""), ("deleted", " (GitHub told that it was deleted, not when)")):
        row = load(hook | {"action": action}).iloc[0]
        assert str(row["time"]) == "2019-05-15 15:20:53+00:00"
        assert row["text"] == f"Published release 0.0.1{aside}"


def test_the_time_of_a_push_is_a_number_or_a_text() -> None:
    """GitHub writes seconds since 1970 in the push alone."""
    hook = json.loads((FIXTURES / "push-payload.json").read_text(encoding="utf-8"))
    assert isinstance(hook["repository"]["pushed_at"], int)
    text = hook | {"repository": hook["repository"] | {"pushed_at": "2019-05-15T15:20:57Z"}}
    first, second = load(hook), load(text)
    assert first["event_id"].tolist() == second["event_id"].tolist()
    assert (first["time_basis"].iloc[0], second["time_basis"].iloc[0]) == ("epoch", "offset")


def test_a_push_of_gitlab_tells_no_time() -> None:
    """Its commits are the rows; without any there is only what cannot be placed."""
    hook = {"object_kind": "push", "before": SHA, "after": "0" * 40, "ref": "refs/heads/x", "commits": []}
    row = load(hook).iloc[0]
    assert row["kind"] == "unreadable"
    assert "Deleted branch x" in row["text"]


def test_a_sync_of_argo_cd_that_succeeded_is_told_once() -> None:
    """The history has it; the last operation is a row only where it went wrong."""
    app = json.loads((FIXTURES / "argocd-application.json").read_text(encoding="utf-8"))
    assert len(load(app)) == 2
    app["status"]["operationState"]["phase"] = "Error"
    assert sorted(load(app)["kind"]) == ["change", "deploy", "deploy"]


def test_yaml_of_argo_cd_is_refused_with_the_way_out(tmp_path: Path) -> None:
    """It is known for what it is, and the message says how to get JSON."""
    path = tmp_path / "app.yaml"
    path.write_text("apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {}\n", encoding="utf-8")
    assert recognise(path).name == "argocd"
    with pytest.raises(EvidenceError, match="argocd app get NAME -o json"):
        load_deploys(path)


def test_a_routing_key_is_not_read() -> None:
    """It is a secret: whoever has it can send alerts."""
    raw = (FIXTURES / "pagerduty-change-sent.json").read_text(encoding="utf-8")
    key = json.loads(raw)["routing_key"]
    assert key in raw
    assert key not in load_deploys(FIXTURES / "pagerduty-change-sent.json").to_csv()


def test_a_change_that_was_sent_without_a_time_is_reported() -> None:
    """PagerDuty took the moment it came in, which the payload does not know."""
    frame = load({"routing_key": "k", "payload": {"summary": "Deployed", "source": "ci"}})
    assert "no timestamp" in frame["text"].iloc[0]


# --- every record is accounted for ------------------------------------------------------------------

RECORDS = json.loads((FIXTURES / "github-statuses.json").read_text(encoding="utf-8"))
HOSTILE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.just("2026-11-03T14:00:00Z"),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner, max_size=2),
    max_leaves=4,
)


@settings(max_examples=60)
@given(st.data())
def test_hostile_values_cost_their_record_alone(data: st.DataObject) -> None:
    """Whatever stands in the fields of a record, it is one row, and its neighbours stay as they are."""
    name = data.draw(st.sampled_from(sorted(p.name for p in FIXTURES.glob("*.json"))))
    record = json.loads((FIXTURES / name).read_text(encoding="utf-8"))
    while isinstance(record, list):
        record = record[0]
    for field in data.draw(st.lists(st.sampled_from(sorted(record)), max_size=3)):
        record = record | {field: data.draw(HOSTILE)}
    before, after = RECORDS[0], RECORDS[1]
    texts = load([before, record, after]).set_index("event_id")["text"]
    assert texts["deploy:github:status:801"] == "No longer active: deployment 5119 to production"
    assert texts["deploy:github:status:802"] == "Deployed deployment 5120 to production"


@settings(max_examples=20)
@given(st.permutations(RECORDS), st.randoms(use_true_random=False))
def test_order_of_records_and_keys_does_not_matter(records: list[dict[str, Any]], random: Any) -> None:
    """The same records give the same rows, on every load."""
    shuffled = [dict(random.sample(sorted(record.items()), len(record))) for record in records]
    frame, same = load(shuffled), load(RECORDS)
    assert sorted(frame["event_id"]) == sorted(same["event_id"])
    columns = ["event_id", "time", "kind", "text", "deploy_environment"]
    pd.testing.assert_frame_equal(
        frame[columns].sort_values("event_id", ignore_index=True),
        same[columns].sort_values("event_id", ignore_index=True),
    )


def test_what_is_no_deploy_is_reported() -> None:
    """A webhook of another kind and a chat message are rows that say so."""
    frame = load([{"action": "opened", "issue": {}, "repository": {}}, {"id": 1, "message": "hi"}, *RECORDS])
    assert (frame["kind"] == "unreadable").sum() == 2
    assert len(frame) == len(RECORDS) + 2
