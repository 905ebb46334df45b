"""Deploys and changes: what `git log`, GitHub, GitLab, Argo CD and PagerDuty's change events tell.

`deploy` is something that reached an environment, as its source says; `change` is anything on the way there:
a commit, a merge, a release, a request to deploy, one that failed.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pandas as pd

from pmkit.errors import EvidenceError
from pmkit.loaders._documents import (
    Found,
    Shape,
    events_of,
    first_record,
    load_records,
    read_pages,
    read_records,
    text_in,
)
from pmkit.loaders._format import Format, Glimpse
from pmkit.loaders._kinds import Kind, kind_of, rows_of
from pmkit.loaders._salvage import text_of
from pmkit.loaders.deploys import argocd, change_events, github, gitlab
from pmkit.loaders.deploys.git_log import ASK_FOR, commit_row, is_git_log, read_git_log

__all__ = ["FORMATS", "find_incompleteness", "load_deploys"]

# In the order in which they are asked.
_KINDS: Final[dict[str, Kind]] = {
    **gitlab.KINDS, **github.KINDS, **change_events.KINDS, **argocd.KINDS,
}  # fmt: skip
_INNER: Final = ("github pushed commit", "argocd history")  # stand in other records
# As many records as one page of an API holds, unless it is asked for another number.
_PAGE_SIZES: Final = (20, 30, 100)


def load_deploys(path: str | Path, *, zone: str | None = None) -> pd.DataFrame:
    """Deploys and changes as events, sorted by time.

    One row per record; then one row `kind="unreadable"` for every record that cannot be read, with the reason
    in `text`. A record that stands in the file more than once is one row whose `ref` names every copy.

    The row of a commit stands where it was committed, which is neither when it was written nor when it was
    deployed: `text` begins with "Committed" and tells when it was written, and git does not know the third.
    Where a layout prints the author's date alone the row stands there, and `text` begins with "Written". A
    run or a pipeline stands where it began, unless a webhook tells of its end; a release where it was
    published. A push of GitLab's tells no time: its commits are the rows.

    Parameters
    ----------
    path : the text of a `git log`; or JSON: GitHub's deployments, deployment statuses, releases, workflow
        runs and commits as its REST API, `gh` and its webhooks write them; GitLab's deployments, pipelines,
        releases, environments and commits from its API and webhooks; Argo CD applications
        (`argocd app get NAME -o json`); PagerDuty's change events from its REST API or as they were sent to
        its Events API; or a folder of such JSON
    zone : for times that carry none, such as those of `git log --date=local`

    Returns
    -------
    The columns of `pmkit.schema.EVENTS`: `deploy_version` is the commit or tag, `deploy_environment` where it
    went, `place` the repository, project, application or service. `time` is UTC.

    Raises
    ------
    EvidenceError : there is no such file, or it is YAML
    QuestionError : a time carries no zone and `zone` is not given
    """
    path = Path(path)
    text = text_of(path.read_bytes()) if path.is_file() else ""
    if argocd.is_yaml(text):
        raise EvidenceError(
            path, "", "an Argo CD application as YAML is not read.",
            "Get it as JSON: `argocd app get NAME -o json`, or `kubectl get application NAME -o json`.",
        )  # fmt: skip
    if not _is_log(text):
        return load_records("deploy", path, SHAPE, rows_of(_KINDS, path, zone, inner=_INNER[:1]))
    rows, problems = [], []
    for commit in read_git_log(text):
        try:
            rows.append(commit_row(commit, path, zone) | {"ref": f"{path.name}#{commit.place}"})
        except ValueError as error:
            problems.append((commit.place, str(error)))
    return events_of("deploy", path, rows, problems)


def find_incompleteness(path: str | Path) -> str:
    """What the file itself shows to be missing, as one sentence for a reader of `evidence.csv`, or ""."""
    path = Path(path)
    text = text_of(path.read_bytes()) if path.is_file() else ""
    if _is_log(text):
        is_committed = any(commit.committed for commit in read_git_log(text))
        missing = "were deployed" if is_committed else "were committed or deployed"
        return f"commits only: when they {missing} is not in this log"
    found = list(read_records(path, SHAPE))
    kinds = [kind_of(record.record, _KINDS) for record in found]
    said = [*_unread_pages(path, found), *_without_outcome(found, kinds)]
    is_bare_list = path.is_file() and {record.list for record in found} == {""}
    if not said and is_bare_list and len(found) in _PAGE_SIZES:
        said.append(f"there may be more than these {len(found)} records, which are just one page")
    return f"incomplete: {'; '.join(said)}" if said else ""


def _is_log(text: str) -> bool:
    """Whether a file is the text of a log: what is no JSON can be nothing else here."""
    return bool(text.strip()) and not text.lstrip().startswith(("{", "["))


def _unread_pages(path: Path, found: list[Found]) -> list[str]:
    pages = list(read_pages(path, SHAPE))
    runs = sum(record.list == "workflow_runs" for record in found)
    totals = [
        p["total_count"] for p in pages if "workflow_runs" in p and isinstance(p.get("total_count"), int)
    ]
    said = [f"{runs} of {max(totals)} workflow runs"] if totals and max(totals) > runs else []
    changes = [page for page in pages if "change_events" in page]
    return said + (["change_events has more pages"] if changes and changes[-1].get("more") is True else [])


def _without_outcome(found: list[Found], kinds: list[str]) -> list[str]:
    """Deployments of which the file holds no status."""
    told = {github.deployment_of(record.record) for record in found}
    told |= {text_in(r.record, "deployment", "id") for r in found if "deployment_status" in r.record}
    asked = {
        text_in(record.record.get("deployment", record.record), "id")
        for record, kind in zip(found, kinds, strict=True)
        if kind in ("github deployment", "github deployment hook")
    }
    count = len(asked - told)
    if not count:
        return []
    which = "one deployment has" if count == 1 else f"{count} deployments have"
    return [f"{which} no status here, and a status alone tells success; add the deployment statuses"]


def _is_any(record: dict[str, Any]) -> bool:
    return kind_of(record, _KINDS) not in ("", *_INNER)


SHAPE: Final = Shape(
    pages={"workflow_runs": _is_any, "change_events": _is_any, "items": _is_any},
    inner={"commits": github.KINDS["github pushed commit"].tell, "status.history": argocd.is_history},
    wrappers=("record", "data", "request", "payload", "change_event"),
)


def _is_of(vendor: str) -> Callable[[Glimpse], bool]:
    def recognise(glimpse: Glimpse) -> bool:
        found = first_record(glimpse, SHAPE)
        what = kind_of(found.record, _KINDS) if found else ""
        is_told = what.startswith(f"{vendor} ") and what != "github pushed commit"
        return is_told or (vendor == "argocd" and argocd.is_yaml(glimpse.text))

    return recognise


def _format(name: str, title: str, recognise: Callable[[Glimpse], bool]) -> Format:
    return Format(name, "deploy", title, recognise, load_deploys, ("zone",), find_incompleteness)


FORMATS: Final = (
    _format("git-log", f"a git log, best as `{ASK_FOR}` prints it", lambda glimpse: is_git_log(glimpse.text)),
    _format("github", "GitHub's deployments, releases, workflow runs, commits or webhooks", _is_of("github")),
    _format(
        "gitlab", "GitLab's deployments, pipelines, releases, environments or webhooks", _is_of("gitlab")
    ),
    _format("argocd", "an Argo CD application with its history", _is_of("argocd")),
    _format("pagerduty-changes", "PagerDuty's change events", _is_of("pagerduty")),
)
