"""GitLab: deployments, pipelines, releases, environments, commits and pushes.

As its REST API and its webhooks write them (https://docs.gitlab.com/api,
https://docs.gitlab.com/user/project/integrations/webhook_events).
"""

from __future__ import annotations

import re
from functools import partial
from typing import Any, Final

from pmkit.loaders._documents import Found, Row, joined, list_in, object_in, text_in, url_in
from pmkit.loaders._kinds import Kind, Read, holds, id_of, with_asides
from pmkit.loaders._moments import Instant
from pmkit.loaders.deploys.words import change_text, first_url, push_text, put_into_words, row_of, version_of

_PROJECT: Final = re.compile(r"https?://[^/]+/(.+?)/-/")
_ENDED: Final = ("success", "failed", "canceled", "skipped")


def _is_hook(kind: str, record: dict[str, Any]) -> bool:
    return record.get("object_kind") == kind


def _project(record: dict[str, Any]) -> str:
    """The path of the project, from the record or one of its addresses."""
    job = object_in(record, "deployable")
    addresses = [
        text_in(record, "web_url"), text_in(record, "_links", "self"), text_in(record, "deployable_url"),
        text_in(job, "web_url"), text_in(job, "pipeline", "web_url"),
    ]  # fmt: skip
    told = (_PROJECT.match(address) for address in addresses)
    named = text_in(record, "project", "path_with_namespace")
    return named or next((match[1] for match in told if match), "")


def _deployment(found: Found, time: Read) -> Row:
    """A deployment stands where it came into the state that it is in, as far as GitLab tells that."""
    record, job = found.record, object_in(found.record, "deployable")
    state, sha, updated = (text_in(record, name) for name in ("status", "sha", "updated_at"))
    at = record.get("created_at")
    if state in _ENDED:
        at = job.get("finished_at") or updated or at
    elif state == "running":
        at = job.get("started_at") or at
    environment = text_in(record, "environment", "name")
    version = version_of(text_in(record, "ref"), sha)
    kind, text = put_into_words(state, version, environment, text_in(job, "commit", "title"))
    return row_of(
        time(at), f"gitlab:deployment:{id_of(record)}:{state}", kind, text,
        actor=text_in(record, "user", "name") or text_in(record, "user", "username"), place=_project(record),
        url=first_url(job, "web_url") or url_in(record, "environment", "external_url"),
        deploy_version=sha, deploy_environment=environment, updated=updated,
    )  # fmt: skip


def _deployment_hook(found: Found, time: Read) -> Row:
    record = found.record
    state, environment = text_in(record, "status"), text_in(record, "environment")
    sha = text_in(record, "commit_url").rpartition("/")[2] or text_in(record, "short_sha")
    version = version_of(text_in(record, "ref"), sha)
    kind, text = put_into_words(state, version, environment, text_in(record, "commit_title"))
    return row_of(
        time(record.get("status_changed_at")),
        f"gitlab:deployment:{id_of(record, 'deployment_id')}:{state}", kind, text,
        actor=text_in(record, "user", "name"), place=_project(record),
        url=first_url(record, "deployable_url", "environment_external_url"),
        deploy_version=sha, deploy_environment=environment,
    )  # fmt: skip


def _pipeline(found: Found, time: Read) -> Row:
    """A pipeline stands where it began; only a webhook is a row where it ended."""
    record = found.record
    at = time(record.get("started_at") or record.get("created_at"))
    return _pipeline_row(record, at, f"gitlab:pipeline:{id_of(record)}", has_ended=False)


def _pipeline_hook(found: Found, time: Read) -> Row:
    record = object_in(found.record, "object_attributes")
    state = text_in(record, "status")
    has_ended = state in _ENDED and bool(record.get("finished_at"))
    at = time(record.get("finished_at") if has_ended else record.get("created_at"))
    row = _pipeline_row(record, at, f"gitlab:pipeline:{id_of(record)}:{state}", has_ended=has_ended)
    return row | {
        "actor": text_in(found.record, "user", "name"),
        "place": _project(found.record),
        "text": joined(row["text"], text_in(found.record, "commit", "title"), by=": "),
    }


def _pipeline_row(record: dict[str, Any], at: Instant, event_id: str, *, has_ended: bool) -> Row:
    state, sha, updated = (text_in(record, name) for name in ("status", "sha", "updated_at"))
    number, verb = text_in(record, "iid") or text_in(record, "id"), "ended" if has_ended else "began"
    text = with_asides(
        f"Pipeline #{number} {verb}: {version_of(text_in(record, 'ref'), sha)}",
        state,
        "" if has_ended or not updated else f"last changed {updated}",
    )
    return row_of(
        at, event_id, "change", text,
        actor=text_in(record, "user", "name"), place=_project(record),
        url=first_url(record, "web_url", "url"), deploy_version=sha, updated=updated,
    )  # fmt: skip


def _release(found: Found, time: Read) -> Row:
    record = found.record
    tag, name = id_of(record, "tag" if "tag" in record else "tag_name"), text_in(record, "name")
    action = text_in(record, "action") if "object_kind" in record else ""
    later, place = "" if action == "create" else action, _project(record)
    title = with_asides(
        joined(f"Published release {tag}", name if name != tag else "", by=": "),
        f"GitLab told of its {later}, not when" if later else "",
    )
    return row_of(
        time(record.get("released_at") or record.get("created_at")),
        joined(f"gitlab:release:{place}:{tag}", later, by=":"), "change",
        joined(title, text_in(record, "description"), by="\n"),
        actor=text_in(record, "author", "name"), place=place,
        url=first_url(record, "url") or url_in(record, "_links", "self"), deploy_version=tag,
    )  # fmt: skip


def _environment(found: Found, time: Read) -> Row:
    """An environment holds its last deployment; without one it tells only when it was made."""
    record, last = found.record, object_in(found.record, "last_deployment")
    name = text_in(record, "name")
    if last:
        return _deployment(found._replace(record=last | {"environment": record}), time)
    return row_of(
        time(record.get("created_at")), f"gitlab:environment:{id_of(record)}", "change",
        f"Environment {name} was made ({text_in(record, 'state')})",
        place=_project(record), url=url_in(record, "external_url"), deploy_environment=name,
    )  # fmt: skip


def _push(found: Found, time: Read) -> Row | None:
    """GitLab does not say when somebody pushed; the rows are the commits, which say when they were made."""
    if not list_in(found.record, "commits"):
        raise ValueError(f"{push_text(found.record, 0)}: GitLab does not tell when")
    return None


def _commit(found: Found, time: Read) -> Row:
    record = found.record
    sha, at, authored = (text_in(record, name) for name in ("id", "committed_date", "authored_date"))
    author, committer = text_in(record, "author_name"), text_in(record, "committer_name")
    return row_of(
        time(at), f"git:{sha}", "change",
        change_text(
            "Committed", text_in(record, "message") or text_in(record, "title"),
            "" if authored in ("", at) else f"written {authored}",
            "" if committer in ("", author) else f"committed by {committer}",
        ),
        actor=author, place=_project(record), url=url_in(record, "web_url"), deploy_version=sha,
    )  # fmt: skip


KINDS: Final = {
    "gitlab deployment hook": Kind(partial(_is_hook, "deployment"), _deployment_hook),
    "gitlab pipeline hook": Kind(partial(_is_hook, "pipeline"), _pipeline_hook),
    "gitlab release hook": Kind(partial(_is_hook, "release"), _release),
    "gitlab push hook": Kind(lambda r: _is_hook("push", r) or _is_hook("tag_push", r), _push),
    "gitlab deployment": Kind(
        lambda r: holds("sha", "status")(r) and "name" in object_in(r, "environment"), _deployment
    ),
    "gitlab pipeline": Kind(holds("id", "sha", "ref", "status", "source", "web_url"), _pipeline),
    "gitlab release": Kind(holds("tag_name", "released_at"), _release),
    "gitlab environment": Kind(holds("slug", "external_url", "state"), _environment),
    "gitlab commit": Kind(holds("short_id", "committed_date"), _commit),
}
