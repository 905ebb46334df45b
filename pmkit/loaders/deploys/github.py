"""GitHub: deployments, their statuses, releases, workflow runs, commits and pushes.

As its REST API, its webhooks and `gh … --json` write them (https://docs.github.com/en/rest,
https://docs.github.com/en/webhooks/webhook-events-and-payloads, https://cli.github.com/manual).
"""

from __future__ import annotations

import re
from functools import partial
from typing import Any, Final

from pmkit.loaders._documents import Found, Row, joined, list_in, object_in, text_in, url_in
from pmkit.loaders._kinds import Kind, Read, holds, id_of, with_asides
from pmkit.loaders._moments import read_any_epoch
from pmkit.loaders.deploys.words import (
    NO_COMMIT,
    change_text,
    first_url,
    push_text,
    put_into_words,
    row_of,
    version_of,
)

_REPOSITORY: Final = re.compile(r"/repos/([^/]+/[^/]+)/")
_CLI_RUN: Final = {
    "id": "databaseId", "run_number": "number", "run_attempt": "attempt", "head_sha": "headSha",
    "head_branch": "headBranch", "run_started_at": "startedAt", "created_at": "createdAt",
    "updated_at": "updatedAt", "display_title": "displayTitle", "name": "workflowName",
    "conclusion": "conclusion", "status": "status", "html_url": "url",
}  # fmt: skip
_CLI_RELEASE: Final = {
    "id": "tagName", "tag_name": "tagName", "name": "name", "published_at": "publishedAt", "body": "body",
    "created_at": "createdAt", "prerelease": "isPrerelease", "html_url": "url", "author": "author",
}  # fmt: skip


def _is_hook(name: str, record: dict[str, Any]) -> bool:
    return isinstance(record.get(name), dict) and isinstance(record.get("repository"), dict)


def _repository(*records: dict[str, Any]) -> str:
    """`owner/name`, from the record or one of its addresses."""
    names = [text_in(record, "repository", "full_name") for record in records]
    addresses = [text_in(record, name) for record in records for name in ("url", "deployment_url")]
    told = (_REPOSITORY.search(address) for address in addresses)
    return next((name for name in (*names, *(match[1] for match in told if match)) if name), "")


def _deployment(found: Found, time: Read, *, hook: bool = False) -> Row:
    """A request to deploy: whether it succeeded is told by its statuses alone."""
    record = object_in(found.record, "deployment") if hook else found.record
    ref, sha, environment = (text_in(record, name) for name in ("ref", "sha", "environment"))
    version, description = version_of(ref, sha), text_in(record, "description")
    kind, text = put_into_words("created", version, environment, description)
    return row_of(
        time(record.get("created_at")), f"github:deployment:{id_of(record)}", kind, text,
        actor=text_in(record, "creator", "login"), place=_repository(found.record, record),
        deploy_version=sha, deploy_environment=environment, updated=text_in(record, "updated_at"),
    )  # fmt: skip


def _status(found: Found, time: Read, *, hook: bool = False) -> Row:
    record = object_in(found.record, "deployment_status") if hook else found.record
    deployment = object_in(found.record, "deployment")
    ref, sha = text_in(deployment, "ref"), text_in(deployment, "sha")
    environment = text_in(record, "environment") or text_in(deployment, "environment")
    number = text_in(deployment, "id") or deployment_of(record)
    version = version_of(ref, sha) or (f"deployment {number}" if number else "")
    state, description = text_in(record, "state"), text_in(record, "description")
    kind, text = put_into_words(state, version, environment, description)
    return row_of(
        time(record.get("created_at")), f"github:status:{id_of(record)}", kind, text,
        actor=text_in(record, "creator", "login"), place=_repository(found.record, record),
        url=first_url(record, "log_url", "target_url", "environment_url"),
        deploy_version=sha, deploy_environment=environment, updated=text_in(record, "updated_at"),
    )  # fmt: skip


def deployment_of(status: dict[str, Any]) -> str:
    """The id of the deployment a status belongs to."""
    return text_in(status, "deployment_url").rpartition("/")[2]


def _release(found: Found, time: Read, *, hook: bool = False) -> Row:
    """A release stands where it was published; its `created_at` is the time of the commit it names."""
    record = object_in(found.record, "release") if hook else found.record
    tag, name = text_in(record, "tag_name"), text_in(record, "name")
    action = text_in(found.record, "action") if hook else ""
    later = "" if action in ("", "created", "published", "released") else action
    published = record.get("published_at")
    title = with_asides(
        joined(
            f"{'Published' if published else 'Drafted'} release {tag}", name if name != tag else "", by=": "
        ),
        "" if published else "when is not told, its time is that of the commit",
        "pre-release" if record.get("prerelease") is True else "",
        f"GitHub told that it was {later}, not when" if later else "",
    )
    event_id = joined(f"github:release:{id_of(record)}", later, by=":")
    return row_of(
        time(published or record.get("created_at")), event_id, "change",
        joined(title, text_in(record, "body"), by="\n"),
        actor=text_in(record, "author", "login"), place=_repository(found.record, record),
        url=url_in(record, "html_url"), deploy_version=tag, updated=text_in(record, "updated_at"),
    )  # fmt: skip


def _run(found: Found, time: Read, *, hook: bool = False) -> Row:
    """A workflow run stands where it began; only a webhook tells when it ended."""
    record = object_in(found.record, "workflow_run") if hook else found.record
    action = text_in(found.record, "action") if hook else ""
    has_ended = action == "completed"
    at = record.get("updated_at") if has_ended else record.get("run_started_at") or record.get("created_at")
    name = text_in(record, "name") or text_in(found.record, "workflow", "name") or "without a name"
    attempt, updated = text_in(record, "run_attempt") or "1", text_in(record, "updated_at")
    sha, branch = text_in(record, "head_sha"), text_in(record, "head_branch")
    number, verb = text_in(record, "run_number"), "ended" if has_ended else "began"
    text = with_asides(
        f"Workflow {name} #{number} {verb}: {version_of(branch, sha)}",
        text_in(record, "conclusion") or text_in(record, "status"),
        "" if has_ended or not updated else f"last changed {updated}",
        "" if attempt == "1" else f"attempt {attempt}",
    )
    title = text_in(record, "display_title") or text_in(record, "head_commit", "message").partition("\n")[0]
    return row_of(
        time(at), joined(f"github:run:{id_of(record)}:{attempt}", action, by=":"), "change",
        joined(text, title, by=": "),
        actor=text_in(record, "triggering_actor", "login") or text_in(record, "actor", "login"),
        place=_repository(record, found.record), url=url_in(record, "html_url"),
        deploy_version=sha, updated=updated,
    )  # fmt: skip


def _as_rest(names: dict[str, str], found: Found) -> Found:
    """What `gh … --json` prints, with the names of the REST API."""
    return found._replace(record={rest: found.record.get(cli) for rest, cli in names.items()})


def _commit(found: Found, time: Read) -> Row:
    record, commit = found.record, object_in(found.record, "commit")
    sha, at, authored = (
        id_of(record, "sha"),
        text_in(commit, "committer", "date"),
        text_in(commit, "author", "date"),
    )
    author, committer = text_in(commit, "author", "name"), text_in(commit, "committer", "name")
    return row_of(
        time(at), f"git:{sha}", "change",
        change_text(
            "Committed", text_in(commit, "message"),
            "" if authored in ("", at) else f"written {authored}",
            "" if committer in ("", author) else f"committed by {committer}",
        ),
        actor=author or text_in(record, "author", "login"), place=_repository(record),
        url=url_in(record, "html_url"), deploy_version=sha,
    )  # fmt: skip


def _push(found: Found, time: Read) -> Row:
    record = found.record
    pushed = object_in(record, "repository").get("pushed_at")
    # Here alone GitHub counts seconds since 1970; everywhere else the same field is text.
    at = read_any_epoch(pushed) if isinstance(pushed, int) else time(pushed)
    repository, ref, after = _repository(record), text_in(record, "ref"), text_in(record, "after")
    return row_of(
        at, f"github:push:{repository}:{ref}:{after}:{at.time}", "change",
        push_text(record, len(list_in(record, "commits"))),
        actor=text_in(record, "pusher", "name") or text_in(record, "sender", "login"),
        place=repository, url=url_in(record, "compare"), deploy_version="" if after == NO_COMMIT else after,
    )  # fmt: skip


def _pushed_commit(found: Found, time: Read) -> Row:
    """A commit in the webhook of a push, of GitHub or GitLab."""
    record, push = found.record, found.around[-1] if found.around else {}
    sha = id_of(record)
    return row_of(
        time(record.get("timestamp")), f"git:{sha}", "change",
        change_text("Committed", text_in(record, "message")),
        actor=text_in(record, "author", "name"),
        place=_repository(push) or text_in(push, "project", "path_with_namespace"),
        url=url_in(record, "url"), deploy_version=sha,
    )  # fmt: skip


# In the order in which they are asked: a webhook holds what the records of the API hold too.
KINDS: Final = {
    "github status hook": Kind(partial(_is_hook, "deployment_status"), partial(_status, hook=True)),
    "github deployment hook": Kind(partial(_is_hook, "deployment"), partial(_deployment, hook=True)),
    "github release hook": Kind(partial(_is_hook, "release"), partial(_release, hook=True)),
    "github run hook": Kind(partial(_is_hook, "workflow_run"), partial(_run, hook=True)),
    "github push": Kind(lambda r: _is_hook("pusher", r) and "after" in r, _push),
    "github status": Kind(holds("state", "deployment_url"), _status),
    "github deployment": Kind(holds("sha", "ref", "task", "environment"), _deployment),
    "github run": Kind(holds("run_number", "head_sha"), _run),
    "github cli run": Kind(
        holds("headSha", "workflowName"), lambda found, time: _run(_as_rest(_CLI_RUN, found), time)
    ),
    "github release": Kind(holds("tag_name", "target_commitish"), _release),
    "github cli release": Kind(
        holds("tagName", "publishedAt"), lambda found, time: _release(_as_rest(_CLI_RELEASE, found), time)
    ),
    "github commit": Kind(lambda r: "sha" in r and "committer" in object_in(r, "commit"), _commit),
    "github pushed commit": Kind(holds("id", "message", "timestamp", "author"), _pushed_commit),
}
