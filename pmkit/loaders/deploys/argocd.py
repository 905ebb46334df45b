"""Argo CD: what an application's history says was synced, and when.

As `argocd app get NAME -o json` and `kubectl get applications -o json` write it
(https://argo-cd.readthedocs.io/en/stable/operator-manual/declarative-setup, the fields of `status`).
"""

from __future__ import annotations

import re
from typing import Any, Final

from pmkit.loaders._documents import Found, Row, joined, list_in, object_in, text_in
from pmkit.loaders._kinds import Kind, Read, holds
from pmkit.loaders.deploys.words import put_into_words, row_of, version_of

# How an operation stands, to the state of a deployment.
_PHASES: Final = {"Failed": "failed", "Error": "error", "Running": "running", "Terminating": "canceled"}
_YAML: Final = re.compile(r"^\W*kind: Application\b", re.MULTILINE)


def is_yaml(text: str) -> bool:
    """Whether a text is an application, or a list of them, as YAML."""
    return (
        not text.lstrip().startswith(("{", "[")) and "argoproj.io/" in text and _YAML.search(text) is not None
    )


def is_history(record: dict[str, Any]) -> bool:
    """Whether a record is one entry of a history."""
    return "deployedAt" in record and "id" in record


def _is_application(record: dict[str, Any]) -> bool:
    is_named = (
        text_in(record, "apiVersion").startswith("argoproj.io/") and record.get("kind") == "Application"
    )
    has_parts = holds("metadata", "spec", "status")(record)
    return is_named or (has_parts and "destination" in object_in(record, "spec"))


def _history(found: Found, time: Read) -> Row:
    record, app = found.record, found.around[-1] if found.around else {}
    name = text_in(app, "metadata", "name")
    sources = [record.get("source"), *list_in(record, "sources")]
    revision = _first_text([record.get("revision"), *list_in(record, "revisions")])
    branch = _first_text([object_in(source).get("targetRevision") for source in sources])
    origin = _first_text([object_in(s).get("chart") or object_in(s).get("repoURL") for s in sources])
    environment = _destination(app)
    version = joined(name, version_of(branch, revision), by=" ")
    kind, text = put_into_words("success", version, environment)
    by_itself = object_in(record, "initiatedBy").get("automated") is True
    return row_of(
        time(record.get("deployedAt")),
        f"argocd:{_full_name(app)}:{text_in(record, 'id')}", kind,
        joined(text, f"from {origin}" if origin else "", by=" "),
        actor=text_in(record, "initiatedBy", "username") or ("Argo CD, by itself" if by_itself else ""),
        place=name, deploy_version=revision, deploy_environment=environment,
    )  # fmt: skip


def _application(found: Found, time: Read) -> Row | None:
    """The last operation, where it did not succeed: one that did is an entry of the history."""
    record, operation = found.record, object_in(found.record, "status", "operationState")
    phase = text_in(operation, "phase")
    if phase in ("", "Succeeded"):
        return None
    name, environment = text_in(record, "metadata", "name"), _destination(record)
    asked = text_in(operation, "operation", "sync", "revision")
    revision = text_in(operation, "syncResult", "revision") or asked
    version, message = joined(name, revision[:7], by=" "), text_in(operation, "message")
    kind, text = put_into_words(_PHASES.get(phase, phase), version, environment, message)
    started = text_in(operation, "startedAt")
    return row_of(
        time(operation.get("finishedAt") or started),
        f"argocd:{_full_name(record)}:operation:{started}", kind, text,
        actor=text_in(operation, "operation", "initiatedBy", "username"),
        place=name, deploy_version=revision, deploy_environment=environment,
    )  # fmt: skip


def _full_name(app: dict[str, Any]) -> str:
    return joined(text_in(app, "metadata", "namespace"), text_in(app, "metadata", "name"), by="/")


def _destination(app: dict[str, Any]) -> str:
    """`cluster/namespace`."""
    where = object_in(app, "spec", "destination")
    return joined(text_in(where, "name") or text_in(where, "server"), text_in(where, "namespace"), by="/")


def _first_text(values: list[Any]) -> str:
    return next((text for value in values if (text := text_in(value))), "")


KINDS: Final = {
    "argocd history": Kind(is_history, _history),
    "argocd application": Kind(_is_application, _application),
}
