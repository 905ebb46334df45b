"""JSON that a typed decoder refused, read record by record: damage stays local and is named.

Loaders decode whole files with msgspec, which is fast and gives up at the first fault. The file at
fault comes here: each record is read by itself, and what lies between two readable records becomes
one `Record` with a `problem`. A broken record ends where the next one surely begins; text inside it
is never taken for a record of its own.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple

# Patience with one file, so that one made of nothing but open brackets cannot hang the load: false
# starts of a record, and how many times over the text is read in search of the next one.
MOST_FAILURES: Final = 500
MOST_REREADING: Final = 4
# Bytes of a source up to which every load looks for keys that stand twice in a record: a tenth of a second.
# In a larger one they are looked for once, when it is added.
MOST_CAREFUL: Final = 32 * 2**20
# Python itself refuses to read longer integers.
MOST_DIGITS: Final = 4300
_HEAD: Final = 2**10  # bytes that tell whether a byte order mark means it

_SEPARATORS = re.compile(r"[\s,]*")
# After damage a record may begin at any brace that is not the value of a key, as in `"root": {`.
_BRACE = re.compile(r"(?<![:\s])\s*(?=\{)")
# What follows a record: the next one, or the end. After an object nested in one stands a key.
_RECORD_END = re.compile(r"\s*(?:,\s*\{|\]|\Z)")
_ELEMENT_END = re.compile(r"\s*(?:[,\]]|\Z)")


class Record(NamedTuple):
    """One record: its position in the list, its clean JSON or why it could not be read, its end and begin."""

    number: int
    data: bytes
    problem: str
    end: int
    begin: int = 0

    def faulty(self, reason: str) -> str:
        """The reason why it could not be read, with the characters it takes up."""
        return self.problem or f"characters {self.begin} to {self.end}: {reason}"


def text_of(data: bytes) -> str:
    """`data` as text: byte order marks are obeyed, bytes that are not UTF-8 become U+FFFD."""
    # Half of UTF-16's bytes are NUL where the text is JSON or CSV; without one the mark is damage.
    if data.startswith((b"\xff\xfe", b"\xfe\xff")) and b"\0" in data[:_HEAD]:
        return data.decode("utf-16", errors="replace")
    return data.decode("utf-8-sig", errors="replace")


def read_list(
    text: str,
    start: int,
    *,
    is_record: Callable[[Any], bool],
    end: re.Pattern[str],
) -> Iterator[Record]:
    """Every record of the JSON list that opens at `text[start]`, readable or not, in order.

    Parameters
    ----------
    is_record : tells a record from an object nested in one; asked only when looking for the place
        where reading can go on after damage
    end : matches the bracket that closes the list; a bracket that it does not match is damage
    """
    reader = CarefulReader(len(text))
    position = start + 1
    number = 0
    while True:
        position = _match_end(_SEPARATORS, text, position)
        if end.match(text, position):
            return
        if position >= len(text):
            yield Record(number, b"", "the file ends before its list does; export it again", position)
            return
        value, after, problem = reader.read(text, position)
        if after is None:
            after = reader.find_record(text, position, is_record) or len(text)
        elif not problem and not isinstance(value, dict):
            problem = f"expected an object, found {type(value).__name__}"
        record = Record(number, b"" if problem else clean_json(value), "", after, position)
        yield record._replace(problem=record.faulty(problem)) if problem else record
        if problem and after == len(text):
            return
        number, position = number + 1, after


def read_document(text: str) -> Record:
    """The one JSON value that `text` is."""
    start = _match_end(_SEPARATORS, text, 0)
    value, after, problem = CarefulReader(len(text)).read(text, start, element=False)
    if after is not None and text[after:].strip():
        problem = f"more text follows at character {after}"
    return Record(0, b"" if problem else clean_json(value), problem, after or len(text))


def holds_twin_keys(data: bytes) -> bool:
    """Whether an object in JSON, or in lines of JSON, says one key twice.

    Fast decoders keep the last value and say nothing; this look costs as much as three of them. What is no
    sound JSON is told by whoever decodes it.
    """
    twins = False

    def look(pairs: list[tuple[str, Any]]) -> None:
        nonlocal twins
        twins = twins or len(dict(pairs)) < len(pairs)

    try:
        json.loads(data, object_pairs_hook=look, parse_int=len, parse_float=len)
    except RecursionError:
        return False
    except ValueError:
        lines = data.split(b"\n")
        return len(lines) > 1 and any(map(holds_twin_keys, lines))
    return twins


def twin_key(pairs: list[tuple[str, Any]]) -> str | None:
    """The key that most often stands twice among the pairs of an object; None where each stands once."""
    if len(dict(pairs)) == len(pairs):
        return None
    ((twin, _),) = Counter(name for name, _ in pairs).most_common(1)
    return twin


def clean_json(value: Any) -> bytes:
    """`value` as UTF-8 JSON; half of a surrogate pair, which is no character, becomes U+FFFD."""
    text = json.dumps(value, ensure_ascii=False)
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode()


class CarefulReader:
    """A JSON decoder that notices what others pass over: twin keys, NaN, endless numbers.

    `reached` is how far it came when it last failed.
    """

    def __init__(self, length: int) -> None:
        self.reached = 0
        self._failures_left = MOST_FAILURES
        self._characters_left = MOST_REREADING * length
        self._problems: list[str] = []
        self._decoder = json.JSONDecoder(
            object_pairs_hook=self._object,
            parse_constant=self._constant,
            parse_float=self._float,
            parse_int=self._integer,
        )

    def read(self, text: str, position: int, *, element: bool = True) -> tuple[Any, int | None, str]:
        """The value at `position`, where it ends, and what is wrong in it; no end where it cannot be read.

        An `element` is one of a list of records, and so an object.
        """
        self._problems.clear()
        try:
            value, after = self._decoder.raw_decode(text, position)
        except json.JSONDecodeError as error:
            self.reached = error.pos
            return None, None, f"{error.msg} (character {error.pos})"
        except RecursionError:
            self.reached = len(text)
            return None, None, "nested too deeply"
        # A list here is a stray bracket that would swallow the records after it, and a word without
        # a comma after it is the key of a record that lost its brace.
        stray = isinstance(value, list) or not _ELEMENT_END.match(text, after)
        if element and stray and not isinstance(value, dict):
            return None, None, "expected an object"
        return value, after, "; ".join(dict.fromkeys(self._problems))

    def find_record(self, text: str, position: int, is_record: Callable[[Any], bool]) -> int | None:
        """Where the next record after `position` begins; None when there is none or patience ends."""
        for brace in _BRACE.finditer(text, position + 1):
            if self._failures_left < 0 or self._characters_left < 0:
                return None
            start = brace.end()
            value, after, _ = self.read(text, start)
            if after is None:
                self._failures_left -= 1
            elif is_record(value) and _RECORD_END.match(text, after):
                return start
            else:
                self._characters_left -= after - start
        return None

    def _object(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if (twin := twin_key(pairs)) is not None:
            self._problems.append(f"duplicate key {twin!r}")
        return dict(pairs)

    def _constant(self, name: str) -> None:
        self._problems.append(f"non-finite number {name}")

    def _float(self, digits: str) -> float:
        number = float(digits)
        if number in (float("inf"), float("-inf")):
            self._problems.append("non-finite number")
        return number

    def _integer(self, digits: str) -> int:
        if len(digits) > MOST_DIGITS:
            self._problems.append(f"a number of {len(digits)} digits")
            return 0
        return int(digits)


def _match_end(pattern: re.Pattern[str], text: str, position: int) -> int:
    match = pattern.match(text, position)
    return match.end() if match else position
