"""The words of deploys and changes, which their sources share."""

from __future__ import annotations

from typing import Any, Final

from pmkit.loaders._documents import Row, joined, text_in, url_in
from pmkit.loaders._kinds import with_asides
from pmkit.loaders._moments import Instant

# How a deployment stands, in the words of GitHub and GitLab: our kind, and what to say of it.
STATES: Final = {
    "success": ("deploy", "Deployed {}"),
    "failure": ("change", "Deployment failed: {}"),
    "failed": ("change", "Deployment failed: {}"),
    "error": ("change", "Deployment failed with an error: {}"),
    "canceled": ("change", "Deployment cancelled: {}"),
    "skipped": ("change", "Deployment skipped: {}"),
    "created": ("change", "Deployment asked for: {}"),
    "queued": ("change", "Deployment queued: {}"),
    "pending": ("change", "Deployment pending: {}"),
    "waiting": ("change", "Deployment waiting: {}"),
    "blocked": ("change", "Deployment waits for an approval: {}"),
    "in_progress": ("change", "Deployment began: {}"),
    "running": ("change", "Deployment began: {}"),
    "inactive": ("other", "No longer active: {}"),
}


def row_of(at: Instant, event_id: str, kind: str, text: str, **columns: str) -> Row:
    """The columns of a row."""
    return {
        "event_id": f"deploy:{event_id}", "time": at.time, "time_basis": at.basis, "kind": kind, "text": text,
        **columns,
    }  # fmt: skip


def put_into_words(state: str, version: str, environment: str, detail: str = "") -> tuple[str, str]:
    """The kind and the text of a deployment in that state."""
    kind, words = STATES.get(state, ("other", f"Deployment {state or 'without a state'}: {{}}"))
    what = joined(version, f"to {environment}" if environment else "", by=" ") or "something"
    return kind, joined(words.replace("{}", what), detail, by=": ")


def change_text(verb: str, message: str, *asides: str) -> str:
    """`Committed: subject (written …)`, then the rest of the message."""
    subject, _, body = message.partition("\n")
    return joined(f"{verb}: {with_asides(subject.strip() or 'no message', *asides)}", body.strip(), by="\n")


def version_of(ref: str, sha: str) -> str:
    """What people call a version: its branch or tag, and the beginning of its commit."""
    short = sha[:7]
    return short if not ref or sha.startswith(ref) else joined(ref, short, by=" ")


def first_url(record: dict[str, Any], *names: str) -> str:
    """The first of several fields that holds a web address."""
    return next((url for name in names if (url := url_in(record, name))), "")


def push_text(record: dict[str, Any], commits: int) -> str:
    """What a push did to a branch or tag, as GitHub and GitLab tell it."""
    before, after = text_in(record, "before"), text_in(record, "after")
    kind, _, name = text_in(record, "ref").removeprefix("refs/").partition("/")
    what = f"{'tag' if kind == 'tags' else 'branch'} {name or kind or 'without a name'}"
    counted = f": {commits} commit{'' if commits == 1 else 's'}" if commits else ""
    if after == NO_COMMIT:
        return f"Deleted {what}, which was at {before[:7]}"
    if before == NO_COMMIT:
        return f"Created {what} at {after[:7]}{counted}"
    verb = "Force-pushed" if record.get("forced") is True else "Pushed"
    return f"{verb} to {what}{counted} ({before[:7]} to {after[:7]})"


NO_COMMIT: Final = "0" * 40
