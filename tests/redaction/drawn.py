"""Messages of many vendors, countries and contexts whose values are drawn, in the words of two files.

The wordings of `wordings.txt`, and those of `voices.txt` in more kinds of texts, were written before the
rules that find them, so that what is found of the next such set may be guessed.
"""

from __future__ import annotations

import base64
import random
import re
import string
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Final, NamedTuple

_DIGITS, _HEX = string.digits, "0123456789abcdef"
_LETTERS: Final = {
    "h": _HEX, "H": _HEX.upper(), "a": string.ascii_letters + _DIGITS, "l": string.ascii_lowercase + _DIGITS,
    "U": string.ascii_uppercase + _DIGITS, "L": string.ascii_uppercase, "c": string.ascii_lowercase,
    "b": string.ascii_letters + _DIGITS + "+/", "s": string.ascii_letters + _DIGITS + "_-",
}  # fmt: skip
_PLACE: Final = re.compile(r"\{([a-z]{2,}|[hHalULcbsd]\d+)\}")
_MARKED: Final = re.compile(r"\[\[(.*?)\]\](?!\])", re.DOTALL)


class Message(NamedTuple):
    """A message, and where something in it must not be read."""

    text: str
    spans: tuple[tuple[int, int], ...]


def messages(seed: int = 11, file: str = "wordings.txt") -> dict[str, list[Message]]:
    """Every wording of a file once: with a `secret`, something `personal`, `hosts`, and `ordinary` ones."""
    dice = random.Random(seed)
    found: dict[str, list[Message]] = {}
    group = ""
    for line in Path(__file__).with_name(file).read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            group = line[3:]
        elif line and not line.startswith("# "):
            found.setdefault(group, []).append(_message(line, dice, marked=group != "ordinary"))
    return found


def _message(line: str, dice: random.Random, *, marked: bool) -> Message:
    whole = line.replace("\\n", "\n").replace("\\u200b", "\u200b")
    filled = _PLACE.sub(lambda place: _drawn(place[1], dice), whole)
    if not marked:
        return Message(filled, ())
    text, spans, at = "", [], 0
    for found in _MARKED.finditer(filled):
        text += filled[at : found.start()]
        spans.append((len(text), len(text) + len(found[1])))
        text += found[1]
        at = found.end()
    return Message(text + filled[at:], tuple(spans))


def _drawn(name: str, dice: random.Random) -> str:
    if name in _VALUES:
        return _VALUES[name](dice)
    if name.isalpha():
        return f"{{{name}}}"  # what stands in braces in the message itself
    kind, count = name[0], int(name[1:])
    if kind == "d":
        return dice.choice("123456789") + _some(dice, _DIGITS, count - 1)
    if kind == "s":  # may not end in a dash
        return _some(dice, _LETTERS["s"], count - 1) + _some(dice, _LETTERS["a"], 1)
    return _some(dice, _LETTERS[kind], count)


def _some(dice: random.Random, letters: str, count: int) -> str:
    return "".join(dice.choice(letters) for _ in range(count))


def _parted(text: str, sizes: tuple[int, ...], gap: str = " ") -> str:
    parts, at = [], 0
    for size in sizes:
        parts.append(text[at : at + size])
        at += size
    return gap.join(parts)


def _password(dice: random.Random) -> str:
    word = dice.choice(("Tr0ub4dor", "Winter2026", "Q7kavala", "blau9Wolke", "Zx81Spectrum", "m0ntagRegen"))
    return word + dice.choice("!#%&?*") + _some(dice, _LETTERS["a"], 4)


def _jwt(dice: random.Random) -> str:
    head, body = _some(dice, _LETTERS["a"], 20), _some(dice, _LETTERS["a"], 44)
    return f"{'ey' + 'J'}{head}.{'ey' + 'J'}{body}.{_some(dice, _LETTERS['s'], 43)}"


def _weak(dice: random.Random) -> str:
    return dice.choice(("Sommer2025", "letmein123", "Welcome1!", "Fr3ibad-77", "S3cr3t.2024", "Tigger_1999"))


def _plain(dice: random.Random) -> str:
    return (
        _some(dice, _LETTERS["c"], 3)
        + _some(dice, _LETTERS["a"], 8)
        + dice.choice("RTQ")
        + dice.choice(_DIGITS)
    )


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _pem(name: str) -> Callable[[random.Random], str]:
    def make(dice: random.Random) -> str:
        edge, lines = "-" * 5, [_some(dice, _LETTERS["b"], 64) for _ in range(dice.randint(3, 7))]
        return "\n".join([f"{edge}BEGIN {name}{edge}", *lines, f"{edge}END {name}{edge}"])

    return make


def _born(form: str) -> Callable[[random.Random], str]:
    return lambda dice: date(dice.randint(1931, 2009), dice.randint(1, 12), dice.randint(1, 28)).strftime(
        form
    )


def _name(dice: random.Random) -> str:
    return f"{dice.choice(_FIRST)} {dice.choice(_LAST)}"


def _mail(dice: random.Random) -> str:
    first, last = (
        dice.choice(("jonas", "priya", "ingrid", "marek")),
        dice.choice(("berg", "banerjee", "ricci")),
    )
    local = dice.choice(
        (f"{first}.{last}", f"{first}{dice.randint(1, 99)}", f"{first[0]}_{last}", f"{first}.{last}+shop")
    )
    return (
        f"{local}@{dice.choice(('customer.example', 'mail.example.org', 'kunde.example', 'example.co.uk'))}"
    )


def _fnr(dice: random.Random) -> str:
    while True:
        born = date(dice.randint(1940, 1999), dice.randint(1, 12), dice.randint(1, 28)).strftime("%d%m%y")
        digits = [int(digit) for digit in born + str(dice.randint(100, 499))]
        for weights in ((3, 7, 6, 1, 8, 9, 4, 5, 2), (5, 4, 3, 2, 7, 6, 5, 4, 3, 2)):
            digits.append(-sum(a * b for a, b in zip(weights, digits, strict=True)) % 11)
            if digits[-1] == 10:
                break
        else:
            return "".join(map(str, digits))


def _any_of(*names: str) -> Callable[[random.Random], str]:
    return lambda dice: _VALUES[dice.choice(names)](dice)


_FIRST: Final = (
    "Jonas",
    "Priya",
    "Amélie",
    "Haruto",
    "Lucía",
    "Fatima",
    "Oluwaseun",
    "Ingrid",
    "Björn",
    "Dmitri",
)
_LAST: Final = (
    "Lindholm",
    "Banerjee",
    "Lefèvre",
    "Nakamura",
    "Fernández",
    "Haddad",
    "Kowalczyk",
    "Ricci",
    "Sjöberg",
)


def _uuid(dice: random.Random) -> str:
    return "-".join(_some(dice, _HEX, size) for size in (8, 4, 4, 4, 12))


def _card(
    begin: str, length: int, sizes: tuple[int, ...] = (), gap: str = " "
) -> Callable[[random.Random], str]:
    def make(dice: random.Random) -> str:
        digits = begin + _some(dice, _DIGITS, length - len(begin) - 1)
        total = 0
        for place, digit in enumerate(reversed(digits)):
            value = int(digit) * (2 - place % 2)
            total += value - 9 if value > 9 else value
        whole = digits + str(-total % 10)
        return _parted(whole, sizes, gap) if sizes else whole

    return make


def _iban(
    country: str, begin: str, count: int, sizes: tuple[int, ...] = ()
) -> Callable[[random.Random], str]:
    def make(dice: random.Random) -> str:
        own = begin + _some(dice, _DIGITS, count)
        number = int("".join(str(int(letter, 36)) for letter in f"{own}{country}00"))
        whole = f"{country}{98 - number % 97:02}{own}"
        return _parted(whole, sizes) if sizes else whole

    return make


def _weighed(dice: random.Random, weights: tuple[int, ...], modulus: int = 11) -> tuple[str, int]:
    digits = [dice.randrange(1, 10) for _ in weights]
    total = sum(weight * digit for weight, digit in zip(weights, digits, strict=True))
    return "".join(map(str, digits)), total % modulus


def _nhs(dice: random.Random) -> str:
    while True:
        digits, rest = _weighed(dice, (10, 9, 8, 7, 6, 5, 4, 3, 2))
        if rest != 1:
            return digits + str(-rest % 11)


def _bsn(dice: random.Random) -> str:
    while True:
        digits, rest = _weighed(dice, (9, 8, 7, 6, 5, 4, 3, 2))
        if rest < 10:
            return digits + str(rest)


def _dni(dice: random.Random) -> str:
    number = dice.randrange(10**7, 10**8)
    return f"{number}{'TRWAGMYFPDXBNJZSQVHLCKE'[number % 23]}"


_VALUES: Final[dict[str, Callable[[random.Random], str]]] = {
    "pw": _password,
    "jwt": _jwt,
    "uuid": _uuid,
    "dashes": lambda _: "-" * 5,
    "one": lambda _: "3",
    "prose": lambda _: _encoded("the disk is full again"),
    "example": lambda _: f"T{'0' * 8}/B{'0' * 8}/{'X' * 24}",
    "visa": _card("4", 16),
    "visasp": _card("4", 16, (4, 4, 4, 4)),
    "mcdash": _card("53", 16, (4, 4, 4, 4), "-"),
    "mcdot": _card("54", 16, (4, 4, 4, 4), "."),
    "amex": _card("37", 15, (4, 6, 5)),
    "amexp": _card("34", 15),
    "mir": _card("2200", 16),
    "unionpay": _card("62", 16),
    "jcb": _card("3528", 16),
    "deiban": _iban("DE", "", 18, (4, 4, 4, 4, 4, 2)),
    "gbiban": _iban("GB", "ABCD", 14),
    "friban": _iban("FR", "", 23, (4, 4, 4, 4, 4, 4, 3)),
    "noiban": _iban("NO", "", 11, (4, 4, 4, 3)),
    "nliban": _iban("NL", "ABNA", 10),
    "atiban": _iban("AT", "", 16),
    "atibansp": _iban("AT", "", 16, (4, 4, 4, 4, 4)),
    "esiban": _iban("ES", "", 20, (4, 4, 4, 4, 4, 4)),
    "ssn": lambda dice: f"{dice.randrange(100, 665)}-{dice.randrange(10, 99)}-{dice.randrange(1000, 9999)}",
    "cpf": lambda dice: _parted(_some(dice, "123456789", 9), (3, 3, 3), ".") + "-" + _some(dice, _DIGITS, 2),
    "nhs": lambda dice: _parted(_nhs(dice), (3, 3, 4)),
    "nhsp": _nhs,
    "bsn": _bsn,
    "dni": _dni,
    "pesel": lambda dice: f"8507{_some(dice, '123456789', 7)}",
    "weak": _weak,
    "plain": _plain,
    "pair": lambda dice: _encoded(f"{dice.choice(('svc-x', 'admin', 'robot'))}:{_password(dice)}"),
    "bpw": lambda dice: _encoded(_plain(dice)),
    "rsapem": _pem("RSA PRIVATE" + " KEY"),
    "ecpem": _pem("EC PRIVATE" + " KEY"),
    "sshpem": _pem("OPENSSH PRIVATE" + " KEY"),
    "pkpem": _pem("PRIVATE" + " KEY"),
    "encpem": _pem("ENCRYPTED PRIVATE" + " KEY"),
    "pgp": _pem("PGP PRIVATE" + " KEY BLOCK"),
    "name": _name,
    "first": lambda dice: dice.choice(_FIRST),
    "last": lambda dice: dice.choice(_LAST),
    "email": _mail,
    "dobiso": _born("%Y-%m-%d"),
    "dobdot": _born("%d.%m.%Y"),
    "dobus": _born("%m/%d/%Y"),
    "doblong": _born("%d %B %Y"),
    "dobusl": _born("%B %d, %Y"),
    "dobjp": _born("%Y年%m月%d日"),
    "dobc": _born("%Y%m%d"),
    "fnr": _fnr,
    "card": _any_of("visa", "visasp", "mcdash", "amex", "amexp", "jcb"),
    "iban": _any_of("deiban", "gbiban", "friban", "noiban", "nliban"),
    "usph": lambda dice: f"{dice.randint(201, 989)}-555-0{dice.randint(100, 199)}",
    "sha": lambda dice: _some(dice, _HEX, 40),
    "aadhaar": lambda dice: _parted(_some(dice, "23456789", 12), (4, 4, 4)),
}
