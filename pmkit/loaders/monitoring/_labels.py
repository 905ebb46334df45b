"""Labels of Prometheus and its kin: how a series is written, where it stands, what names an alert."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

# The labels that say where something is, the plainest first.
_PLACES: Final = ("service", "app", "application", "job", "namespace", "cluster", "instance")
_OFFSET, _PRIME, _SEPARATOR = 14695981039346656037, 1099511628211, 0xFF  # of FNV-1a, 64 bit


def read_labels(value: Any) -> dict[str, str]:
    """Labels as text, in order of their names."""
    labels = value if isinstance(value, dict) else {}
    return {name: _text(labels[name]) for name in sorted(labels)}


def series_name(labels: Mapping[str, str]) -> str:
    """`up{instance="a:9090", job="node"}`, as Prometheus writes it; `{}` for a series without labels."""
    told = [
        f"{name}={json.dumps(value, ensure_ascii=False)}"
        for name, value in labels.items()
        if name != "__name__"
    ]
    name = labels.get("__name__", "")
    return f"{name}{{{', '.join(told)}}}" if told or not name else name


def place_of(labels: Mapping[str, str]) -> str:
    """The service or job that the labels name, or ""."""
    return next((labels[name] for name in _PLACES if labels.get(name)), "")


def fingerprint(labels: Mapping[str, str]) -> str:
    """What Alertmanager calls an alert with these labels: FNV-1a over names and values, in hexadecimal."""
    told = b"".join(part.encode() + bytes([_SEPARATOR]) for pair in sorted(labels.items()) for part in pair)
    total = _OFFSET
    for byte in told:
        total = (total ^ byte) * _PRIME % 2**64
    return f"{total:016x}"


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
