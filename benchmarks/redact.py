"""What redaction finds, what it touches by mistake, and how long it takes.

    python benchmarks/redact.py                         # messages of tests/redaction/cases.py
    python benchmarks/redact.py --corpus corpus.jsonl   # a corpus of your own, beside them
    python benchmarks/redact.py --messages 100000       # and how quick, beside detect-secrets
    python benchmarks/redact.py --stress                # and with a million letters

A line of a corpus holds the `pieces` of a message, its `secret_spans` (from, to), and its `class`: secret,
pii, net, mixed or none. A span counts as found where nine tenths of it are masked. `detect-secrets`, if it is
installed, goes over the same messages with the plugins it has by default, line by line as it scans files.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from pmkit.redaction import EVERYTHING, Tagger, find_sensitive, redact_text
from tests.redaction.cases import cases, ordinary

TAGGER = Tagger(b"benchmark")
Message = tuple[str, tuple[tuple[int, int], ...], str]

# What a regular expression without limits takes longest for.
STRESS = {
    "one letter": "a",
    "digits": "1",
    "dots and letters": "a.",
    "addresses begun": "a@",
    "password is": "password is ",
    "token": "token ",
    "assignments": 'password="a ',
    "begins of keys": "-" * 5 + "BEGIN PRIVATE" + " KEY-----\n",
    "cookies": "Cookie: a=b; ",
    "URLs": "a://a:",
    "hidden letters": "a\u200b",
    "manifests": "kind: Secret data: ",
    "tables": "password,a\n",
    "lines cut": "Aa1" * 20 + "=\n",
    "passwords near by": "p@ss1word! login ",
    "keys near by": "Aa1Bb2Cc3Dd4Ee5Ff6Gg7 key ",
}


def read_corpus(path: Path) -> list[Message]:
    """The messages of a corpus, whole."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [
        ("".join(row["pieces"]), tuple((a, b) for a, b in row["secret_spans"]), row["class"]) for row in rows
    ]


def own_messages() -> list[Message]:
    """Those of the tests."""
    found = [(case.text, case.spans, case.group) for case in cases()]
    return found + [(text, (), "none") for text in ordinary()]


def tell_recall(title: str, messages: Iterable[Message]) -> None:
    every, found, touched, twice = Counter[str](), Counter[str](), 0, 0
    for text, spans, group in messages:
        wanted = (*EVERYTHING, "hosts") if group == "net" else EVERYTHING
        masked = {place for span in find_sensitive(text, wanted) for place in range(span.start, span.end)}
        for start, end in spans:
            every[group] += 1
            found[group] += len(masked & set(range(start, end))) >= 0.9 * (end - start)
        if group == "none":
            every[group] += 1
            touched += bool(masked)
        once = redact_text(text, TAGGER)
        twice += redact_text(once, TAGGER) != once
    print(title)
    for group in sorted(every.keys() - {"none"}):
        share = found[group] / every[group]
        print(f"  {group:<10} {found[group]:>4} of {every[group]:<4} spans masked   {share:.3f}")
    print(f"  ordinary   {touched:>4} of {every['none']:<4} messages touched")
    print(f"  changed by a second redaction: {twice}\n")


def tell_speed(messages: list[str], count: int) -> None:
    dice = random.Random(5)  # noqa: S311
    texts = [f"{number}: {dice.choice(messages)}" for number in range(count)]
    own = _timed(lambda: [redact_text(text, TAGGER) for text in texts])
    print(f"redact {count:,} messages: {own:.1f} s of CPU, {count / own:,.0f} a second")
    peer = _detect_secrets(texts[: max(count // 20, 1)])
    if peer is None:
        print("detect-secrets is not installed: nothing to hold it against")
    else:
        print(f"detect-secrets 1.5 on a 20th of them, by rate: {peer * 20 / own:.1f} times as long")


def _detect_secrets(texts: list[str]) -> float | None:
    try:
        from detect_secrets.core.scan import scan_line  # noqa: PLC0415
        from detect_secrets.settings import default_settings  # noqa: PLC0415
    except ImportError:
        return None
    with default_settings():
        return _timed(lambda: [list(scan_line(line)) for text in texts for line in text.splitlines()])


def tell_stress() -> None:
    print("a million letters of …")
    for title, piece in STRESS.items():
        text = (piece * (1_000_000 // len(piece) + 1))[:1_000_000]
        print(f"  {title:<18} {_timed(lambda text=text: find_sensitive(text)):.2f} s of CPU")


def _timed(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=re.split(r"\n\n", __doc__ or "")[0])
    parser.add_argument("--corpus", type=Path, help="a corpus of your own, as JSON lines")
    parser.add_argument("--messages", type=int, default=0, help="how many to time")
    parser.add_argument("--stress", action="store_true", help="inputs of a million letters")
    given = parser.parse_args()
    own = own_messages()
    tell_recall("messages of the tests", own)
    corpus = read_corpus(given.corpus) if given.corpus else []
    if corpus:
        tell_recall(given.corpus.name, corpus)
    if given.messages:
        tell_speed([text for text, _, _ in corpus or own], given.messages)
    if given.stress:
        tell_stress()


if __name__ == "__main__":
    main()
