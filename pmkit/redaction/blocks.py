"""Secrets of many lines: private keys, and what the entries of a manifest hold."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from pmkit.redaction._rule import SECRETS, Span
from pmkit.redaction.values import is_path, is_token_or_chosen

# Manifests, in which any name may hold a secret

_MANIFEST: Final = re.compile(
    r"kind:\s?[\"']?Secret\b|"
    r"(?<![^\n])[ \t]{0,12}(?:secrets|credentials|passwords|creds|stringData):[ \t]{0,4}(?=\n)"
)
_ENTRY: Final = re.compile(r"\n\s{1,8}[\w.-]{1,60}:\s?[\"']?(?P<value>[^\s\"'#]{8,4000})(?=[\"'\s]|$)")


def find_manifest_values(text: str) -> Iterator[Span]:
    """What the entries of a Kubernetes secret hold."""
    done = 0
    for match in _MANIFEST.finditer(text):
        if match.start() < done:
            continue
        done = match.end() + 8000
        for entry in _ENTRY.finditer(text, match.end(), done):
            if is_token_or_chosen(entry["value"]) and not is_path(entry["value"]):
                yield Span(*entry.span("value"), "secret", SECRETS)


# Private keys, as blocks over several lines; also where their line ends are written out

_BEGIN: Final = re.compile(r"-{3,5}\s?BEGIN [A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)?\s?-{3,5}")
_END: Final = re.compile(r"-{3,5}\s?END [A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)?\s?-{3,5}")
_BODY: Final = re.compile(r"(?:(?:\\{1,2}[nr]|\s|&gt;|>){0,6}[A-Za-z0-9+/=:,-]{1,200})*+")
_PUTTY: Final = re.compile(
    r"PuTTY-User-Key-File-\d:[^\n]{0,200}(?:\n[A-Za-z-]{4,24}:[^\n]{0,200}|\n[A-Za-z0-9+/=]{1,100}){0,400}+"
)


def find_private_keys(text: str) -> Iterator[Span]:
    """Every private key; of one that is cut off, as much as there is."""
    if "PuTTY-User-Key" in text:
        yield from (Span(*found.span(), "private key", SECRETS) for found in _PUTTY.finditer(text))
    if "PRIVATE KEY" not in text:
        return
    ends = [match.end() for match in _END.finditer(text)]
    done, index = 0, 0
    for match in _BEGIN.finditer(text):
        if match.start() < done:
            continue
        while index < len(ends) and ends[index] < match.end():
            index += 1
        whole = index < len(ends) and ends[index] - match.end() < 20_000
        body = _BODY.match(text, match.end())
        done = ends[index] if whole else (body.end() if body else match.end())
        yield Span(match.start(), done, "private key", SECRETS)
