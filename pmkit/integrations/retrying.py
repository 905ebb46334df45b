"""Asking until there is an answer: one way to wait, for every system that is read.

Only what may be asked twice is asked through here; what changes something elsewhere never is.
"""

from __future__ import annotations

import json
import math
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final, NamedTuple

from pmkit.errors import IntegrationError, NoAnswerError

BUDGET: Final = 300.0  # seconds

_FIRST_WAIT: Final = 1.0
_MOST_WAIT: Final = 60.0  # between two tries, where the system says no time of its own
_NOTICED: Final = 5.0  # seconds
_BUSY: Final = (408, 425, 429, 500, 502, 503, 504)


class Reply(NamedTuple):
    """What a system answered; the names of headers are in small letters."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Heard(NamedTuple):
    """An answer, and the JSON that it is."""

    reply: Reply
    value: Any


class UnansweredError(Exception):
    """The connection gave no whole answer; `str` says what happened, and holds no token."""


def _no_trouble(_: Any) -> str:
    return ""


@dataclass
class Patience:
    """How long to go on asking.

    Parameters
    ----------
    budget : seconds in which one page must come; what is waited for at the request of the system counts too
    clock, sleep, now : seconds that only grow, how to wait, and what time it is
    chance : spreads the waits, so that two who were refused together do not come back together
    told : called with a few words before each wait that is long enough to be noticed
    """

    budget: float = BUDGET
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    chance: random.Random = field(default_factory=random.Random)
    told: Callable[[str], None] = lambda _: None
    waited: float = 0.0

    def hear(
        self, title: str, ask: Callable[[], Reply], *, trouble: Callable[[Any], str] = _no_trouble
    ) -> Heard:
        """The answer to `ask` and its JSON; asked again where there was none, or a busy one.

        `trouble` says what is wrong with a value that should be asked for again, "" for nothing.
        An answer that says no, such as 404, is given as it is. Raises `NoAnswerError` when no time is left.
        """
        value: Any = None

        def problem(reply: Reply) -> str:
            nonlocal value
            value = None
            try:
                value = json.loads(reply.body)
            except (ValueError, RecursionError):
                what = "a web page" if reply.body.lstrip()[:1] == b"<" else "no JSON"
                return f"it answered with {what}" if reply.status < 400 else ""
            return trouble(value) if reply.status < 400 else ""

        reply = self.receive(title, ask, trouble=problem)
        return Heard(reply, value)

    def receive(
        self, title: str, ask: Callable[[], Reply], *, trouble: Callable[[Reply], str] = _no_trouble
    ) -> Reply:
        """The answer to `ask`, whatever it holds; else as `hear`."""
        begun, tries = self.clock(), 0
        while True:
            reply, problem = self._received(ask, trouble)
            if reply is not None and not problem:
                return reply
            tries += 1
            wait = self._wait(reply, tries)
            spent = self.clock() - begun
            if wait > self.budget - spent:
                raise NoAnswerError(f"{title}: {problem}, {_times(tries)} in {_minutes(spent, wait)}")
            if wait >= _NOTICED:
                self.told(f"{title}: {problem}; asking again in {wait:.0f} s")
            self.sleep(wait)
            self.waited += wait

    def _received(
        self, ask: Callable[[], Reply], trouble: Callable[[Reply], str]
    ) -> tuple[Reply | None, str]:
        try:
            reply = ask()
        except UnansweredError as error:
            return None, str(error)
        return reply, f"it answered {reply.status}" if reply.status in _BUSY else trouble(reply)

    def _wait(self, reply: Reply | None, tries: int) -> float:
        told = retry_after(reply.headers, self.now()) if reply else None
        wait = max(told, _FIRST_WAIT) if told is not None else min(_FIRST_WAIT * 2 ** (tries - 1), _MOST_WAIT)
        # Never earlier than the system asked for.
        return wait * self.chance.uniform(1.0, 1.25)


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """The seconds that `Retry-After` asks to wait, as a number or a date; None without one that says so."""
    text = headers.get("retry-after", "").strip()
    try:
        seconds = float(text)
        return max(seconds, 0.0) if math.isfinite(seconds) else None
    except ValueError:
        pass
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return max((at - now).total_seconds(), 0.0)


class MissingError(IntegrationError):
    """What was asked for is not there, or not for this token."""


def refuse(title: str, reply: Reply, what: str) -> IntegrationError:
    """What to raise for an answer that says no: `MissingError` for 404."""
    said = {
        401: "the token is not accepted; make a new one, or look which one is used with `pmkit doctor`",
        403: "the token may not read this; `pmkit doctor` says which rights it needs",
        404: "there is no such thing, or the token may not see it",
        410: "the system has done away with this way of asking",
    }.get(reply.status, f"it answered {reply.status}")
    kind = MissingError if reply.status == 404 else IntegrationError
    return kind(f"{title}: {what}: {said}.")


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _minutes(spent: float, wait: float) -> str:
    spent_words = f"{spent:.0f} s" if spent < 120 else f"{spent / 60:.0f} min"
    if wait > _MOST_WAIT * 1.25:
        return f"{spent_words}, and it asks to wait {wait:.0f} s more"
    return spent_words
