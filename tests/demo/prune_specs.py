"""Make `tests/fixtures/specs` from the published descriptions: `python -m tests.demo.prune_specs FOLDER`.

Of Jira's description what the answers of the stand-in need, of Slack's samples those of the methods it has,
without blocks, attachments and files, which are not judged.
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any

from tests.demo.judge import FIXTURES

_FREE = ("blocks", "attachments", "files", "title_blocks")
_WORDS = ("description", "example", "examples", "parameters", "requestBody", "tags", "summary", "security",
          "operationId", "deprecated", "x-atlassian-oauth2-scopes", "x-atlassian-data-security-policy",
          "x-atlassian-connect-scope", "x-experimental", "x-showInExample", "xml")  # fmt: skip


def prune(folder: Path) -> None:
    """Write the fixtures anew."""
    FIXTURES.mkdir(parents=True, exist_ok=True)
    jira = json.loads((folder / "jira.json").read_text())
    pruned = {name: jira[name] for name in ("openapi",)} | {
        "info": {name: jira["info"][name] for name in ("title", "version", "license")},
        "paths": {path: _operations(told) for path, told in jira["paths"].items()},
    }
    schemas = jira["components"]["schemas"]
    needed: set[str] = set()
    todo = list(_references(pruned))
    while todo:
        name = todo.pop()
        if name not in needed:
            needed.add(name)
            todo += _references(_without_words(schemas[name]))
    pruned["components"] = {"schemas": {name: _without_words(schemas[name]) for name in sorted(needed)}}
    _write(FIXTURES / "jira.json", pruned)
    samples = FIXTURES / "slack-samples"
    shutil.rmtree(samples, ignore_errors=True)
    samples.mkdir()
    for path in sorted((folder / "slack-samples").glob("*.json")):
        if path.stem not in (
            "chat.scheduleMessage",
            "files.info",
            "files.completeUploadExternal",
            "files.getUploadURLExternal",
        ):
            _write(samples / path.name, _without_free(json.loads(path.read_text())))


def _operations(told: dict[str, Any]) -> dict[str, Any]:
    verbs = {verb: told[verb] for verb in ("get", "post", "put", "delete") if verb in told}
    return {
        verb: {"responses": {c: _without_words(r) for c, r in one["responses"].items() if c.startswith("2")}}
        for verb, one in verbs.items()
    }


def _references(value: Any) -> list[str]:
    if isinstance(value, dict):
        own = (
            [value["$ref"].split("/")[3]]
            if str(value.get("$ref", "")).startswith("#/components/schemas/")
            else []
        )
        return own + [name for inner in value.values() for name in _references(inner)]
    return [name for inner in value for name in _references(inner)] if isinstance(value, list) else []


def _without_words(value: Any, *, is_names: bool = False) -> Any:
    """Without prose; but what is called like it and is a property stays."""
    if isinstance(value, dict):
        return {
            key: _without_words(inner, is_names=key in ("properties", "definitions") and not is_names)
            for key, inner in value.items()
            if is_names or key not in _WORDS
        }
    return [_without_words(inner) for inner in value] if isinstance(value, list) else value


def _without_free(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_free(inner) for key, inner in value.items() if key not in _FREE}
    return [_without_free(inner) for inner in value] if isinstance(value, list) else value


def _write(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, sort_keys=True) + "\n")


if __name__ == "__main__":
    prune(Path(sys.argv[1]))
