"""Answers of the stand-ins held against the published descriptions of the systems.

The description of Jira and the samples of Slack lie pruned in `tests/fixtures/specs`, the description of
Drive in the wheel of Google's client. PagerDuty's may not be copied: it is looked for in `$PMKIT_SPECS`, in
`../shared/specs` beside the checkout and beside its parent. What cannot be judged is counted, with why.

The descriptions contradict their own examples, so that each is relaxed in the same ways: null may stand
anywhere, `oneOf` is `anyOf`, formats are not looked at, no key is forbidden by itself. Against what that lets
pass, every key must be one that the description knows somewhere. Where it still contradicts itself,
`CONTRADICTIONS` says how.
"""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from pmkit.demo.server import Answer, Request, System
from tests.conftest import REPOSITORY

FIXTURES = REPOSITORY / "tests" / "fixtures" / "specs"
PLACES = (REPOSITORY.parent / "shared" / "specs", REPOSITORY.parent.parent / "shared" / "specs")

# Types of log entries that the sample's log holds and the description leaves out: those of features that came
# after it was written.
_NEWER_ENTRIES = (
    "responder_request_log_entry", "responder_accept_log_entry", "status_update_log_entry",
    "priority_change_log_entry",
)  # fmt: skip
_ACKNOWLEDGED = ["acknowledge_log_entry", "acknowledgement_log_entry"]


def _allow_newer_entries(spec: dict[str, Any]) -> None:
    newer = {"properties": {"type": {"type": "string", "enum": list(_NEWER_ENTRIES)}}}
    answer = spec["paths"]["/incidents/{id}/log_entries"]["get"]["responses"]["200"]
    schema = next(iter(answer["content"].values()))["schema"]
    kinds = schema["allOf"][1]["properties"]["log_entries"]["items"]["oneOf"]
    kinds.append({"allOf": [{"$ref": "#/components/schemas/LogEntry"}, newer]})


def _schemas(spec: dict[str, Any]) -> Any:
    return spec["components"]["schemas"]


def _grouping(spec: dict[str, Any]) -> Any:
    parts = _schemas(spec)["Incident"]["allOf"]
    held = next(one["properties"] for one in parts if "alert_grouping" in one.get("properties", {}))
    return held["alert_grouping"]["properties"]["grouping_type"]


# Where a description contradicts itself or what was recorded: of which system, how it is mended, and why.
CONTRADICTIONS: tuple[tuple[str, Callable[[dict[str, Any]], Any], str], ...] = (
    (
        "pagerduty",
        lambda spec: _schemas(spec)["LogEntry"]["allOf"][1]["properties"]["type"].pop("enum", None),
        "LogEntry lists `acknowledge_log_entry`, AcknowledgeLogEntry `acknowledgement_…`: none fits both",
    ),
    (
        "pagerduty",
        lambda spec: _schemas(spec)["AcknowledgeLogEntry"]["allOf"][1]["properties"]["type"].update(
            enum=_ACKNOWLEDGED
        ),
        "recorded logs say `acknowledge_log_entry`",
    ),
    (
        "pagerduty",
        lambda spec: _schemas(spec)["Notification"]["properties"]["type"].pop("enum"),
        "it says `email_notification`, recorded logs say `email`",
    ),
    (
        "pagerduty",
        lambda spec: _grouping(spec).pop("enum"),
        "it does not list `intelligent`, as PagerDuty calls one of its ways to group alerts",
    ),
    (
        "pagerduty",
        _allow_newer_entries,
        "log entries of responders, status updates and priorities are left out",
    ),
)

# Keys that no description knows, and why they are answered.
_BEYOND = {
    "pagerduty": {
        "limit", "offset", "more", "total",  # of related changes, whose own example has them
        "custom_fields",
        # what a trigger carried, and what entries of newer types hold
        "cef_details", "client", "client_url", "service_key", "incident_key", "old_priority", "new_priority",
        "responders", "responder_request_targets", "requester", "requested_at", "message", "acknowledgers",
    },
}  # fmt: skip

# Where a description says nothing of what stands inside.
_FREE = {
    "pagerduty": {
        "details",
        "custom_details",
        "cef_details",
        "changeset",
        "value",
        "custom_fields",
        "notification",
        "incidents_responders",
        "responder_requests",
        "responders",
    },
    "jira": {"fields", "value", "names", "schema", "permissions", "body"},
    "slack": {"blocks", "attachments", "files", "event_payload", "fields", "edited"},
    "drive": {"appProperties", "properties"},
}

# What is answered and described nowhere, by method and path, and why that is.
UNDESCRIBED = {
    "pagerduty GET /abilities": "left out of the pruned description",
    "pagerduty GET /users/me": "left out of the pruned description",
    "jira GET /mypermissions": "left out of the pruned description",
    "jira GET /project": "deprecated",
    "jira GET /user/assignable/search": "left out of the pruned description",
    "jira GET /issue/{key}/changelog": "left out of the pruned description",
    "jira GET /issue/{key}/properties/{name}": "left out of the pruned description",
    "jira PUT /issue/{key}/properties/{name}": "left out of the pruned description",
    "slack conversations.setPurpose": "there is no sample",
    "slack conversations.archive": "there is no sample",
    "slack users.conversations": "there is no sample",
    "slack chat.delete": "there is no sample",
    "slack pins.remove": "there is no sample",
    "slack reactions.add": "there is no sample",
    "slack bookmarks.list": "there is no sample",
}


class Judge:
    """Hears every answer, and keeps what is wrong with it.

    `violations` says so in sentences, `judged` counts the answers by system and path, `unjudged` those that
    could not be judged, by the reason.
    """

    def __init__(self) -> None:
        self.violations: list[str] = []
        self.judged: Counter[str] = Counter()
        self.unjudged: Counter[str] = Counter()

    def __call__(self, system: System, request: Request, answer: Answer) -> None:
        if answer.status >= 300 or isinstance(answer.value, bytes) or answer.value is None:
            return
        where, problems = judge(system.name, request.method, request.path, answer.status, answer.value)
        if problems is None:
            self.unjudged[where] += 1
            return
        self.judged[where] += 1
        self.violations += [f"{where}: {problem}" for problem in problems]


def judge(system: str, method: str, path: str, status: int, value: Any) -> tuple[str, list[str] | None]:
    """What was judged and what is wrong with it; None and the reason where nobody can tell."""
    return _JUDGES[system](method, path, status, value)


def is_required() -> bool:
    """Whether an answer that cannot be judged is a failure."""
    return os.environ.get("PMKIT_JUDGE") == "required"


def spec_folder(name: str) -> Path | None:
    """The folder in which a description lies; None where it is not on this machine."""
    told = os.environ.get("PMKIT_SPECS")
    places = (Path(told),) if told else PLACES
    return next((place for place in (FIXTURES, *places) if (place / name).exists()), None)


# Each system


def _pagerduty(method: str, path: str, status: int, value: Any) -> tuple[str, list[str] | None]:
    return _by_openapi("pagerduty", method, path, status, value)


def _jira(method: str, path: str, status: int, value: Any) -> tuple[str, list[str] | None]:
    plain = re.sub(r"^/rest/api/(?:2|3|latest)", "", path)
    return _by_openapi("jira", method, f"/rest/api/3{plain}", status, value)


def _by_openapi(system: str, method: str, path: str, status: int, value: Any) -> tuple[str, list[str] | None]:
    spec = _openapi(system)
    if spec is None:
        return f"{system}: no {system}.json in $PMKIT_SPECS or ../shared/specs", None
    template = _template(spec["paths"], path)
    where = f"{system} {method} {template.removeprefix('/rest/api/3') if template else _generic(path)}"
    operation = spec["paths"].get(template, {}).get(method.lower()) if template else None
    if operation is None:
        return where, None if where in UNDESCRIBED else ["no such path in the description"]
    responses = operation["responses"]
    response = responses.get(str(status))
    if response is None:
        return where, [f"status {status} is not described, only {', '.join(responses)}"]
    response = _followed(spec, response)
    contents = response.get("content") or {}
    schema = next((told["schema"] for told in contents.values() if "schema" in told), None)
    if schema is None:
        return where, []
    return where, _problems(system, spec, schema, value)


def _slack(method: str, path: str, status: int, value: Any) -> tuple[str, list[str] | None]:
    name = path.rpartition("/")[2]
    where = f"slack {name}"
    if not value.get("ok"):
        return where, [] if isinstance(value.get("error"), str) else ["a refusal without an error"]
    sample = _sample(name)
    if sample is None:
        return where, None if where in UNDESCRIBED else ["no sample of such a method"]
    missing = [f"no {key!r}" for key in _MUST.get(name, ()) if key not in value]
    return where, missing + list(_unlike(value, sample, name))


# Methods that answer as another does, and what an answer must hold: a sample says what may be there.
_ALIKE = {
    "users.lookupByEmail": "users.info", "conversations.join": "conversations.info",
    "conversations.invite": "conversations.info",
}  # fmt: skip
_MUST = {
    "conversations.history": ("messages", "has_more"), "conversations.replies": ("messages", "has_more"),
    "conversations.list": ("channels",), "conversations.info": ("channel",),
    "conversations.members": ("members",),
    "conversations.create": ("channel",), "users.list": ("members",), "users.info": ("user",),
    "users.lookupByEmail": ("user",), "chat.postMessage": ("channel", "ts", "message"),
    "pins.list": ("items",),
    "chat.getPermalink": ("permalink",), "auth.test": ("url", "user_id", "team_id"),
}  # fmt: skip


@cache
def _sample(name: str) -> Any:
    """The sample of a method; what a message may hold is told by all samples that hold one."""
    folder = spec_folder("slack-samples")
    assert folder is not None
    if name == "pins.list":  # of the description of 2020; there is no sample
        item = {"type": "", "channel": "C", "created": 1, "created_by": "U", "message": _message()}
        return {"ok": True, "items": [item], "error": "", "needed": "", "provided": ""}
    path = folder / "slack-samples" / f"{_ALIKE.get(name, name)}.json"
    if not path.exists():
        return None
    sample = json.loads(path.read_text())
    if "messages" in sample:
        sample["messages"] = [_message()]
    return sample | ({"message": _message()} if "message" in sample else {})


@cache
def _message() -> Any:
    folder = spec_folder("slack-samples")
    assert folder is not None
    merged: dict[str, Any] = {"permalink": "", "pinned_to": [""]}
    for path in sorted((folder / "slack-samples").glob("*.json")):
        sample = json.loads(path.read_text())
        for one in (*sample.get("messages", ()), *([sample["message"]] if "message" in sample else ())):
            merged |= one
    merged["root"] = {key: value for key, value in merged.items() if key != "root"}
    return merged


def _drive(method: str, path: str, status: int, value: Any) -> tuple[str, list[str] | None]:
    spec = _discovery()
    if spec is None:
        return "drive: google-api-python-client is not installed", None
    plain = re.sub(r"^(/upload)?/drive/v3/", "", path)
    for told in _methods(spec["resources"]):
        pattern = re.sub(r"\{\w+\}", "[^/]+", told["path"])
        wanted = {"PUT": ("POST", "PATCH")}.get(method, (method,))  # a piece of an upload that was begun
        if told["httpMethod"] in wanted and re.fullmatch(pattern, plain) and "response" in told:
            where = f"drive {told['id']}"
            schema = {"$ref": f"#/components/schemas/{told['response']['$ref']}"}
            document = {"components": {"schemas": spec["schemas"]}}
            return where, _problems("drive", document, schema, value)
    return f"drive {method} {plain}", ["no such method in the description"]


_JUDGES = {"pagerduty": _pagerduty, "jira": _jira, "slack": _slack, "drive": _drive}


# Schemas


def _problems(system: str, spec: Mapping[str, Any], schema: Mapping[str, Any], value: Any) -> list[str]:
    validator = _validator(system, json.dumps(schema, sort_keys=True))
    found = [
        f"{'/'.join(map(str, error.absolute_path))}: {error.message[:160]}"
        for error in validator.iter_errors(value)
    ]
    known = _known_keys(system, json.dumps(schema, sort_keys=True))
    unknown = sorted(
        {key for key in _keys(value, _FREE[system]) if key not in known | _BEYOND.get(system, set())}
    )
    return found + [f"unknown key {key!r}" for key in unknown]


@cache
def _validator(system: str, schema: str) -> Draft202012Validator:
    spec = _described(system)
    parts = {name: relaxed(spec[name]) for name in ("components", "definitions") if name in spec}
    return Draft202012Validator({**parts, "allOf": [relaxed(json.loads(schema))]})


@cache
def _known_keys(system: str, schema: str) -> frozenset[str]:
    """Every name of a property that the schema, or one it refers to, knows."""
    spec, seen, names = _described(system), set(), set()
    todo: list[Any] = [json.loads(schema)]
    while todo:
        part = todo.pop()
        if isinstance(part, list):
            todo += part
        elif isinstance(part, dict):
            reference = part.get("$ref")
            if isinstance(reference, str) and reference not in seen:
                seen.add(reference)
                todo.append(_followed(spec, part))
            properties = part.get("properties")
            if isinstance(properties, dict):
                names |= set(properties)
            todo += part.values()
    return frozenset(names)


def _keys(value: Any, free: set[str]) -> Iterator[str]:
    if isinstance(value, list):
        for one in value:
            yield from _keys(one, free)
    elif isinstance(value, dict):
        yield from value
        for key, inner in value.items():
            if key not in free:
                yield from _keys(inner, free)


def relaxed(schema: Any) -> Any:
    """A schema that does not refuse what its own examples hold."""
    if isinstance(schema, list):
        return [relaxed(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {}
    for key, value in schema.items():
        if key in _DROPPED or (key == "additionalProperties" and value is False):
            continue
        if key == "properties" and isinstance(value, dict):
            kept[key] = {name: relaxed(one) for name, one in value.items()}
        elif key == "$ref" and isinstance(value, str):
            kept[key] = _rewritten(value)
        elif key == "type" and isinstance(value, str):
            kept[key] = value if value == "any" else [value, "null"]
        elif key == "enum":
            kept[key] = [*value, None]
        elif key == "required" and not isinstance(value, list):
            continue
        else:
            kept["anyOf" if key == "oneOf" else key] = relaxed(value)
    if isinstance(kept.get("items"), list):
        choice = {"anyOf": kept.pop("items")}
        kept |= {"items": choice} if "array" in (kept.get("type") or ()) else choice
    if kept.get("type") == "any":
        del kept["type"]
    return kept


_DROPPED = {"format", "example", "examples", "description", "default", "exclusiveMinimum", "exclusiveMaximum",
            "minimum", "maximum", "readOnly", "writeOnly", "nullable", "discriminator", "deprecated", "xml",
            "title", "uniqueItems", "enumDescriptions", "annotations", "pattern", "minItems"}  # fmt: skip


def _rewritten(reference: str) -> str:
    if not reference.startswith("#"):
        return f"#/components/schemas/{reference}"  # as a discovery document refers
    return reference.replace("/oneOf/", "/anyOf/")


# Descriptions


def _described(system: str) -> Mapping[str, Any]:
    if system == "drive":
        document = _discovery()
        assert document is not None
        return {"components": {"schemas": document["schemas"]}}
    spec = _openapi(system)
    assert spec is not None
    return spec


@cache
def _openapi(system: str) -> dict[str, Any] | None:
    folder = spec_folder(f"{system}.json")
    if folder is None:
        return None
    spec: dict[str, Any] = json.loads((folder / f"{system}.json").read_text())
    for name, mend, _ in CONTRADICTIONS:
        if name == system:
            mend(spec)
    return spec


@cache
def _discovery() -> dict[str, Any] | None:
    try:
        from googleapiclient import discovery_cache
    except ImportError:
        return None
    path = Path(discovery_cache.__file__).parent / "documents" / "drive.v3.json"
    found: dict[str, Any] = json.loads(path.read_text())
    return found


def _methods(resources: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for resource in resources.values():
        # What has no parts in its path comes first: `files/generateIds` is no `files/{fileId}`.
        yield from sorted(resource.get("methods", {}).values(), key=lambda told: told["path"].count("{"))
        yield from _methods(resource.get("resources", {}))


def _template(paths: Mapping[str, Any], path: str) -> str:
    fits = [one for one in paths if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", one), path)]
    return min(fits, key=lambda one: one.count("{"), default="")


def _generic(path: str) -> str:
    """A path with its parts left out, as `UNDESCRIBED` names it."""
    path = re.sub(r"/issue/[^/]+", "/issue/{key}", path.removeprefix("/rest/api/3"))
    return re.sub(r"/properties/[^/]+", "/properties/{name}", path)


def _followed(spec: Mapping[str, Any], part: Mapping[str, Any]) -> dict[str, Any]:
    while isinstance(part.get("$ref"), str):
        at: Any = spec
        for step in _rewritten(part["$ref"]).replace("/anyOf/", "/oneOf/").removeprefix("#/").split("/"):
            at = at[int(step)] if isinstance(at, list) else at[step]
        part = at
    return dict(part)


def _unlike(value: Any, sample: Any, where: str) -> Iterator[str]:
    """Where a value has another shape than the sample, which holds every key with a value of its type."""
    if value is None or sample is None or sample == {}:
        return
    kinds = (bool, int | float, str, list, dict)
    kind = next(kind for kind in kinds if isinstance(sample, kind))
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        yield f"{where}: expected {type(sample).__name__}, found {type(value).__name__}"
    elif isinstance(value, dict):
        for key, inner in value.items():
            if key in _FREE["slack"]:
                continue
            if key not in sample:
                yield f"{where}: unknown key {key!r}"
            else:
                yield from _unlike(inner, sample[key], f"{where}/{key}")
    elif isinstance(value, list) and sample:
        merged = _merged(sample) if isinstance(sample[0], dict) else sample[0]
        for inner in value:
            yield from _unlike(inner, merged, where)


def _merged(samples: list[Any]) -> Any:
    merged: dict[str, Any] = {}
    for one in samples:
        merged |= one
    return merged
