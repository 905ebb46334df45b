"""How the matches of a pattern begin, so that in a long text it is tried only where one of them may."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from re import _constants as codes  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any, Final

import numpy as np

_LETTERS: Final = 4  # of a beginning that are looked at
_MOST: Final = 600  # beginnings of one pattern; where there would be more, fewer letters are said
_SELDOM: Final = 0.02  # the share of places at which it is worth while to try, if letters were dice of thirty
_REPEATS: Final = (codes.MAX_REPEAT, codes.MIN_REPEAT, codes.POSSESSIVE_REPEAT)
_NO_LETTER: Final = (codes.AT, codes.ASSERT, codes.ASSERT_NOT)

# A beginning, and whether the match may go on behind it with what comes next in the pattern.
_Beginnings = set[tuple[str, bool]]


@cache
def find_beginnings(pattern: re.Pattern[str]) -> frozenset[str]:
    """Two to four letters with one of which every match begins; none where that is not known or helps little.

    They are read off the pattern as Python's own compiler takes it apart.
    """
    if pattern.flags & (re.IGNORECASE | re.LOCALE):
        return frozenset()
    found = _of_sequence(parser.parse(pattern.pattern, pattern.flags & ~re.UNICODE))
    begins = frozenset(begin for begin, _ in found)
    if any(len(begin) < 2 for begin in begins) or sum(30.0 ** -len(begin) for begin in begins) > _SELDOM:
        return frozenset()
    return begins


@cache
def find_longest(pattern: re.Pattern[str]) -> int:
    """How many letters a match may have at most."""
    return int(parser.parse(pattern.pattern, pattern.flags & ~re.UNICODE).getwidth()[1])


class _UnknownError(Exception):
    """Here may stand any letter, or one of too many."""


def _of_sequence(items: Iterable[tuple[Any, Any]]) -> _Beginnings:
    open_, done = {""}, set[str]()
    for code, value in items:
        try:
            joined = _joined({(begin, True) for begin in open_}, _of_one(code, value))
        except _UnknownError:
            done, open_ = done | open_, set()
            break
        done |= {begin for begin, goes_on in joined if not goes_on}
        open_ = {begin for begin, goes_on in joined if goes_on}
        if not open_:
            break
    return {(begin, False) for begin in done} | {(begin, True) for begin in open_}


def _joined(first: _Beginnings, then: _Beginnings) -> _Beginnings:
    if len(first) * len(then) > _MOST:
        raise _UnknownError
    found = {(begin, False) for begin, goes_on in first if not goes_on}
    for begin, goes_on in first:
        for behind, further in then if goes_on else ():
            whole = (begin + behind)[:_LETTERS]
            found.add((whole, further and len(whole) < _LETTERS))
    return found


def _of_one(code: Any, value: Any) -> _Beginnings:
    if code in (codes.LITERAL, codes.IN):
        letters = _of_class([(code, value)] if code is codes.LITERAL else value)
        return {(letter, True) for letter in letters}
    if code is codes.BRANCH:
        return set().union(*map(_of_sequence, value[1]))
    if code is codes.SUBPATTERN and not value[1] and not value[2]:
        return _of_sequence(value[3])
    if code is codes.ATOMIC_GROUP:
        return _of_sequence(value)
    if code in _REPEATS:
        return _of_repeat(*value)
    if code in _NO_LETTER:
        return {("", True)}
    raise _UnknownError


def _of_class(items: Iterable[tuple[Any, Any]]) -> set[str]:
    letters = set[str]()
    for code, value in items:
        if code is codes.LITERAL:
            letters.add(chr(value))
        elif code is codes.RANGE and value[1] - value[0] < 100:
            letters |= {chr(letter) for letter in range(value[0], value[1] + 1)}
        elif code is codes.CATEGORY and value is codes.CATEGORY_SPACE:
            letters |= _SPACES
        else:
            raise _UnknownError
    return letters


_SPACES: Final = frozenset(letter for letter in map(chr, range(0x3001)) if letter.isspace())


def _of_repeat(least: int, most: int, items: Iterable[tuple[Any, Any]]) -> _Beginnings:
    once = _of_sequence(items)
    found: _Beginnings = {("", True)} if least == 0 else set()
    so_far: _Beginnings = {("", True)}
    for count in range(1, min(most, _LETTERS) + 1):
        try:
            so_far = _joined(so_far, once)
        except _UnknownError:
            return found | {(begin, False) for begin, _ in so_far}
        if count >= least:
            found |= so_far
    return found | so_far  # of more than that, the first letters are the same


class Beginnings:
    """Patterns by the beginnings of their matches, to find in one pass where any may match."""

    def __init__(self, by_number: Mapping[int, frozenset[str]]) -> None:
        self._numbers: dict[str, list[int]] = {}
        for number, begins in by_number.items():
            for begin in begins:
                self._numbers.setdefault(begin, []).append(number)
        self._tables: dict[int, _Mask] = {}  # by the length of beginnings: for each fold, whether it is one's
        for begin in self._numbers:
            table = self._tables.setdefault(len(begin), np.zeros(1 << 16, dtype=bool))
            *_, (_, fold) = _folds(_codes(begin), len(begin))
            table[fold] = True

    def places_in(self, text: str) -> dict[int, list[int]]:
        """Where in a text each pattern may match, in order, by its number."""
        codes = _codes(text)
        may = np.zeros(len(codes), dtype=bool)
        for length, folds in _folds(codes, max(self._tables, default=0)):
            if length in self._tables:
                may[: len(folds)] |= self._tables[length][folds]
        places: dict[int, list[int]] = {}
        for place in np.flatnonzero(may).tolist():
            for length in self._tables:
                for number in self._numbers.get(text[place : place + length], ()):
                    places.setdefault(number, []).append(place)
        return places


# What stands at each place in a text, folded into sixteen bits; what falls together is told apart later.
_FACTOR: Final = np.uint16(251)
_Folds = np.ndarray[Any, np.dtype[np.uint16]]
_Mask = np.ndarray[Any, np.dtype[np.bool_]]


def _codes(text: str) -> _Folds:
    if text.isascii():
        return np.frombuffer(text.encode("ascii"), np.uint8).astype(np.uint16)
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32).astype(np.uint16)


def _folds(codes: _Folds, most: int) -> Iterator[tuple[int, _Folds]]:
    """Up to as many letters at each place as one number."""
    folds = codes
    for length in range(2, min(most, len(codes)) + 1):
        folds = folds[:-1] * _FACTOR + codes[length - 1 :]
        yield length, folds
