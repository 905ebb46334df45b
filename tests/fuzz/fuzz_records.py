"""A coverage-guided search for files besides Slack's that make a loader fail other than by `EvidenceError`.

The first byte says which format the others are read as; the search begins with the samples of the tests. What
comes out is checked against the schema.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Final

import atheris

with atheris.instrument_imports(include=["pmkit"]):
    from pmkit.errors import EvidenceError
    from pmkit.loaders import load_evidence
    from pmkit.schema import EVENTS, validate

FOLDER = Path(tempfile.mkdtemp())
SAMPLES = Path(__file__).parents[1] / "fixtures"
MOST = 6_000  # bytes of a sample: mutations of a large one would seldom hit anything
# Each format, the name that its file has, and the samples to begin from.
FORMATS: Final = (
    ("pagerduty-rest", "log.json", ("pagerduty/log-entries.json", "pagerduty/incidents.json")),
    ("pagerduty-webhook", "hooks.jsonl", ("pagerduty/webhooks-v3.jsonl", "pagerduty/webhooks-v2.json")),
    ("prometheus-query", "query.json", ("monitoring/range-query.json",)),
    ("log", "app.log", ("log/json.log", "log/logfmt.log", "log/syslog-5424.log", "log/access.log")),
    ("jira-rest", "issues.json", ("jira/issues.json",)),
)


def test_one_input(data: bytes) -> None:
    if not data:
        return
    form, name, _ = FORMATS[data[0] % len(FORMATS)]
    path = FOLDER / name
    path.write_bytes(data[1:])
    try:
        frame = load_evidence(path, form)
    except EvidenceError:
        return
    validate(frame, EVENTS)


def seeds() -> None:
    """The samples, cut where they are long."""
    (FOLDER / "corpus").mkdir()
    for number, (_, _, samples) in enumerate(FORMATS):
        for sample in samples:
            data = bytes([number]) + (SAMPLES / sample).read_bytes()[:MOST]
            (FOLDER / "corpus" / sample.replace("/", "-")).write_bytes(data)


if __name__ == "__main__":
    seeds()
    atheris.Setup([*sys.argv, str(FOLDER / "corpus")], test_one_input)
    atheris.Fuzz()
