"""A coverage-guided search for Slack files that make a loader fail with anything but an `EvidenceError`.

The first byte says what the others are: a day file of an export, pages of the API, a log, chunks of an
archive, or a zip. One input in sixteen goes all the way to a frame, which is checked against the schema; for
the others the search reads the messages and stops there, which is many times as fast.
"""

from __future__ import annotations

import gzip
import io
import json
import sys
import tempfile
import zipfile
from pathlib import Path

import atheris
import numpy as np

with atheris.instrument_imports(include=["pmkit"]):
    from pmkit.errors import EvidenceError
    from pmkit.loaders import slack
    from pmkit.loaders.slack.columns import Loading
    from pmkit.loaders.slack.message import Reading
    from pmkit.schema import EVENTS, validate

FOLDER = Path(tempfile.mkdtemp())
TS = "1710484200.000100"
MESSAGE = {"type": "message", "user": "U01", "text": "see <@U01> &lt;", "ts": TS, "thread_ts": TS}
RICH = MESSAGE | {
    "text": "", "edited": {"ts": TS}, "reactions": [{"name": "eyes", "count": 1}], "files": [{"id": "F1"}],
    "room": {"date_start": 1710484200, "date_end": 1710484300}, "old_name": "a", "name": "b",
    "blocks": [{"type": "rich_text", "elements": [{"type": "user", "user_id": "U01"}]}],
    "attachments": [{"fields": [{"title": "a", "value": "b"}], "fallback": "c"}],
}  # fmt: skip
PAGE = {"ok": True, "channel_id": "C0INCIDENT1", "messages": [MESSAGE, RICH], "has_more": True}
EVENT = {"type": "message", "subtype": "message_changed", "channel": "C0INCIDENT1", "ts": TS, "message": RICH}
CHUNK = {"t": 0, "ts": 1, "id": "C0INCIDENT1", "m": [MESSAGE, RICH], "u": [{"id": "U01", "name": "ada"}]}


def in_zip(data: bytes) -> Path:
    path = FOLDER / "slack.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("users.json", b'[{"id": "U01", "name": "ada"}]')
        archive.writestr("general/2024-03-14.json", data)
    return path


def saved(name: str, data: bytes) -> Path:
    (FOLDER / name).write_bytes(data)
    return FOLDER / name


LOADS = (
    lambda data: slack.load_slack_export(in_zip(data)),
    lambda data: slack.load_slack_pages(saved("page.json", data), channel="C0INCIDENT1"),
    lambda data: slack.load_slack_log(saved("log.jsonl", data)),
    lambda data: slack.load_slack_archive(saved("C0INCIDENT1.json.gz", gzip.compress(data, 1))),
    lambda data: slack.load_slack_export(saved("raw.zip", data)),
)


def read_only(loading: Loading, span: object) -> None:
    """What a frame is made of, without making it."""
    loading._prepare(np.zeros(len(loading._messages), dtype=np.int64))
    Reading(loading._messages, loading.people, loading.names)


to_frame = Loading.frame


def test_one_input(data: bytes) -> None:
    if not data:
        return
    whole = data[0] // 16 == 0
    Loading.frame = to_frame if whole else read_only
    try:
        frame = LOADS[data[0] % 16 % len(LOADS)](data[1:])
    except EvidenceError:
        return
    if whole:
        validate(frame, EVENTS)


def seeds() -> None:
    """One good file of each form, to begin from."""
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("general/2024-03-14.json", json.dumps([MESSAGE]))
    files = [json.dumps([MESSAGE, RICH]), json.dumps(PAGE), json.dumps(EVENT), json.dumps(CHUNK)]
    for number, data in enumerate([*(text.encode() for text in files), raw.getvalue()]):
        (FOLDER / "corpus").mkdir(exist_ok=True)
        (FOLDER / "corpus" / str(number)).write_bytes(bytes([number + 16]) + data)


if __name__ == "__main__":
    seeds()
    atheris.Setup([*sys.argv, str(FOLDER / "corpus")], test_one_input)
    atheris.Fuzz()
