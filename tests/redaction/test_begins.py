"""A rule that is tried only where its matches may begin finds in a long text what it finds everywhere."""

from __future__ import annotations

import re
import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pmkit.redaction._begins import find_beginnings
from pmkit.redaction._rule import _in_long, _in_short, plain_of
from pmkit.redaction.text import _WRITTEN, RULES
from tests.redaction import drawn
from tests.redaction.cases import cases, ordinary

RULED = [rule.pattern for rule in RULES.rules]
HINTS = sorted({hint for rule in RULES.rules for hint in rule.hints})


@pytest.mark.parametrize(
    ("pattern", "begins"),
    [
        ("(?<!x)key|token", "key toke"),
        ("sk-[a-c]{20}", "sk-a sk-b sk-c"),
        ("sk-[a-z]{20}", " ".join(f"sk-{letter}" for letter in string.ascii_lowercase)),
        ("[a-z]{2}_", ""),  # one in forty places
        ("a{2,3}b", "aab aaab"),
        ("ab?c+", "ac acc accc abc abcc"),
        (r"--?(?:p|q)\w", "--p --q -p -q"),
        (r"(?:user|pw)(?P<value>\S+)", "user pw"),
        (r"x=(?:[0-9]{4,5}|\*):y", " ".join(f"x={n:02}" for n in range(100)) + " x=*:"),
        (r"\w+@", ""),
        ("[^a]bc", ""),
        (".key", ""),
        ("x?", ""),
        ("a|bcd", ""),
        ("(?i)key", ""),
    ],
)
def test_the_letters_that_matches_begin_with(pattern: str, begins: str) -> None:
    """Two to four of them; nothing where a match may begin in any way, with one letter, or too often."""
    assert find_beginnings(re.compile(pattern)) == set(begins.split())


@given(st.data())
@settings(max_examples=40, deadline=None)
def test_every_match_begins_so(data: st.DataObject) -> None:
    """Of every rule whose beginnings are told, a text that it matches has one of them."""
    pattern = data.draw(st.sampled_from([each for each in RULED if find_beginnings(each)]))
    begins = find_beginnings(pattern)
    # Looking around is asked of a match only where it stands.
    bare = re.sub(r"\(\?<?[!=](?:[^()\\]|\\.|\[(?:[^\]\\]|\\.)*\])*\)", "", pattern.pattern)
    text = data.draw(st.from_regex(re.compile(bare), fullmatch=True))
    assert text.startswith(tuple(begins))


PIECES = st.sampled_from(
    [case.text for case in cases(5)]
    + [message.text for group in drawn.messages(5).values() for message in group]
    + ordinary()
    + HINTS
    + [
        "\n",
        " ",
        "=",
        ": ",
        '"',
        "://",
        "\u200b",
        "ｐａｓｓ",
        "İ",
        "ß",
        "-",
        "\\n",
        "&quot;",
        "A" * 70,
        "0123456789abcdef" * 2,
    ]
)


@given(st.lists(PIECES | st.text(max_size=8), min_size=1, max_size=60).map("".join))
@settings(max_examples=100, deadline=None)
def test_both_ways_find_the_same(text: str) -> None:
    """Rule by rule the same matches in the same places, in texts of any kind."""
    plain = plain_of(text)
    folded = "".join(small if len(small := letter.lower()) == 1 else letter for letter in plain)
    for rules in (RULES, _WRITTEN, _WRITTEN.sure):
        slow = [(rule, match.span()) for rule, match in _in_short(plain, folded, rules)]
        assert [(rule, match.span()) for rule, match in _in_long(plain, folded, rules)] == slow
