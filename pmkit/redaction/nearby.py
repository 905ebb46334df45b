"""What is told by a word some way off: a value that nobody types by chance, where one speaks of such values.

The rules of `secrets.py` and `personal.py` ask what stands right before a value. Here the value is told by
its own look, and only where a word for it is not far, before or behind.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from typing import Final, NamedTuple

from pmkit.redaction._rule import SECRETS, Span
from pmkit.redaction.personal import LIKE_IBAN
from pmkit.redaction.secrets import LOCK_WORDS
from pmkit.redaction.values import decodes_to_pair, is_random, is_strong, is_token_or_chosen

_WORD: Final = 30
_NEAR: Final = (90, 40)  # letters before and behind in which the word may stand


class _Look(NamedTuple):
    of: str
    kind: str
    value: re.Pattern[str]
    word: re.Pattern[str]
    hints: tuple[str, ...]
    check: Callable[[str], bool]
    near: tuple[int, int] = _NEAR
    unless: re.Pattern[str] | None = None  # what right before it makes it something else


def _is_born(value: str) -> bool:
    """Eleven digits that begin with a day and a month, also as those of test persons do."""
    day, month = int(value[:2]), int(value[2:4])
    return 1 <= day % 40 <= 31 and day <= 71 and 1 <= month % 40 <= 12 and len(set(value)) > 3


_OF_A_PASSWORD: Final = re.compile(
    r"pass(?:w|phrase|code|ord|es?\b|\b)|(?<![a-z])(?:pw|pwd|pswd|mdp|creds?)(?![a-z])|credential|"
    r"kennwort|log(?:ged|ging)?[ -]?in|sign(?:ed)? in|wachtwoord|senord|contrase|senha|(?<![a-z])clave|"
    r"has[łl]o|parola|парол|salasana|パスワード|密码|密碼"
)
_OF_A_KEY: Final = re.compile(
    r"secret|token|(?:api|access|auth|signing|licen[sc]e|deploy|write|admin|private|service|account)[ _-]?key"
    r"|(?<![a-z])keys? (?:was|is|for|got)|apikey|cred(?:s|ential)|(?:ak|as)ia[a-z0-9]{16}|password|passwd|"
    r"leaked|schlüssel|jeton|(?<![a-z])(?:cl[ée]|clave) |chiave|トークン|キー|密钥|令牌|токен"
)
_OF_A_PERSON: Final = re.compile(
    r"(?<![a-z])(?:patient|pasient|person|citizen|national|identit|ident(?![a-z])|fnr|nino?(?![a-z])|nhs|ssn|"
    r"d\.?o\.?b|f[øo]dsel|social security|insured|bsn|pesel|personal)"
)
_OF_A_PHONE: Final = re.compile(
    r"(?<![a-z])(?:tele)?(?:phone|fon)|(?<![a-z])(?:t[ée]l(?![a-z])|calle?[dr]\b|call\b|ring\b|dial|mobile|cell\b|"
    r"sms|fax|whatsapp|erreichbar|r[üu]ckruf|anruf|appele|llam|voicemail|msisdn)|電話|携帯|тел"
)
_OF_AN_ACCOUNT: Final = re.compile(
    r"(?<![a-z])(?:iban|accounts?(?![a-z])|acct|payee|payout|beneficiary|creditor|debtor|sepa|remit|kont[oa]|compte|"
    r"cuenta|conto|rekening|tilinumero|bank|bic(?![a-z])|[üu]berweis|virement|utbetaling)"
)
_OF_A_RECORD: Final = re.compile(
    r"(?<![a-z])(?:mrns?(?![a-z])|med(?:ical)? rec|patient (?:id|no|number|record)|chart (?:no|number|id)|"
    r"wrong (?:chart|patient))"
)
# One of the hints, in small letters, is in every text with such a word.
_LOOKS: Final = (
    _Look(
        SECRETS,
        "password",
        re.compile(r"(?<![^\s\"'`“„(:=>|,*])[^\s\"'`“”„<>(),;]{7,64}(?![^\s\"'`“”„<>(),;])"),
        _OF_A_PASSWORD,
        ("pass", "pw", "pswd", "mdp", "cred", "kennwort", "login", "logged", "logging", "log in",
         "log-in", "sign in", "signed in", "wacht",
         "senord", "contrase", "senha", "clave", "hasł", "haslo", "parola", "парол",
         "salasana", "パスワード", "密码", "密碼"),
        is_strong,
    ),
    _Look(
        SECRETS,
        "key",
        re.compile(r"(?<![^\s\"'`“„(:=>|,*\[])[\w+/=.~-]{20,400}(?![\w+/=~-])"),
        _OF_A_KEY,
        ("secret", "token", "key", "cred", "akia", "asia", "pass", "leaked", "schlüssel",
         "jeton", "clé ", "cle ", "clave ", "chiave",
         "トークン", "キー", "密钥", "令牌", "токен"),
        is_random,
    ),
    _Look(
        SECRETS,
        "password",
        re.compile(r"(?<![^\s\"'`“„(:=>|,*\[])[A-Za-z0-9+/]{16,400}={0,2}(?![\w+/=-])"),
        re.compile(r"auth|cred|basic|docker|registry|pull|login|user|password"),
        ("auth", "cred", "basic", "docker", "registry", "pull", "login", "user", "pass"),
        decodes_to_pair,
    ),
    _Look(
        SECRETS,
        "key",
        re.compile(r"(?<![\w+/=.:@-])[0-9a-f]{32}(?:[0-9a-f]{8}|[0-9a-f]{32})?(?![\w+/=-])"),
        re.compile(
            r"(?:api|integration|routing|service|licen[sc]e|account|app|dd)[ _-]?key|"
            r"(?:auth|access|api|bot)[ _-]?token"
        ),
        ("key", "token"),
        lambda value: bool(re.search(r"[a-f]", value)),
        (50, 25),
        re.compile(
            r"(?:trace|span|commit|sha\w*|digest|request|etag|md5|hash|checksum|fingerprint|\bid|revision|layer|"
            r"image|build|release|version|event|container|deploy\w*|head|object|blob|tag|cache|session|run|"
            r"job)\W{0,4}$"
        ),
    ),
    _Look(
        SECRETS,
        "secret",
        re.compile(r"(?<![\w+/=.-])[A-Z2-7]{16,128}(?![\w+/=-])"),
        re.compile(r"totp|2fa|mfa|(?<![a-z])otp|authenticator|seed|secret"),
        ("otp", "2fa", "mfa", "authenticator", "seed", "secret"),
        lambda value: len(set(value)) > 9,
    ),
    _Look(
        "national ids",
        "national id",
        re.compile(r"(?<![\w.,+-])\d{6} ?\d{5}(?![\w-]|[.,:]\d)"),
        _OF_A_PERSON,
        ("patient", "pasient", "person", "citizen", "national", "ident", "fnr", "nin", "nhs", "ssn", "dob",
         "d.o", "dsel", "social", "insured", "bsn", "pesel"),
        lambda value: _is_born(value.replace(" ", "")),
    ),
    _Look(
        "national ids",
        "national id",
        re.compile(r"(?<![\w.,+-])(?:\d{10}|\d{3}[ -]\d{3}[ -]\d{4})(?![\w-]|[.,:]\d)"),
        re.compile(r"(?<![a-z])(?:nhs|patient|national id|citizen|nino|fnr)"),
        ("nhs", "patient", "national id", "citizen", "nino", "fnr"),
        lambda value: len(set(value)) > 3,
    ),
    _Look(
        "phone numbers",
        "phone number",
        re.compile(
            r"(?<![\w.,+:/-])(?:\(?0\d{1,4}\)?[ /-]\d{4,8}|\d{3} \d{3} \d{3,4}|0\d{9,10}|"
            r"\d{2}(?: \d{2}){3,4})(?![\w-]|[.,:]\d)"
        ),
        _OF_A_PHONE,
        ("phone", "tel", "tél", "call", "ring", "dial", "mob", "cell", "sms", "fax", "whatsapp",
         "erreichbar", "kruf", "anruf", "appel", "llam", "voicemail", "msisdn", "電話", "тел"),
        lambda value: len(set(value)) > 4,
        (40, 25),
    ),
    _Look(  # mistyped, or made up: with the right checksum no word is asked for
        "account numbers",
        "account",
        LIKE_IBAN,
        _OF_AN_ACCOUNT,
        ("iban", "account", "acct", "payee", "payout", "beneficiary", "creditor", "debtor", "sepa", "remit",
         "konto", "konta", "compte", "cuenta", "conto", "rekening", "tilinumero", "bank", "bic", "berweis",
         "virement", "utbetaling"),
        lambda value: value.isupper() and 2 * len(re.findall(r"\d", value)) > len(value),
        (60, 25),
    ),
    _Look(
        "record numbers",
        "record",
        re.compile(r"(?<![\w.,+:/-])\d{6,10}(?![\w-]|[.,:]\d)"),
        _OF_A_RECORD,
        ("mrn", "med", "patient", "chart"),
        lambda value: len(set(value)) > 2,
        (30, 25),
    ),
)  # fmt: skip


_HINTS: Final = sorted({hint for look in _LOOKS for hint in look.hints})


def find_nearby(text: str, taken: Collection[Span], wanted: Collection[str]) -> Iterator[Span]:
    """Such values where nothing was found yet; `taken` is what was, in order."""
    folded = text.lower()
    if len(folded) != len(text):
        return
    hints = {hint for hint in _HINTS if hint in folded}
    if not hints:
        return
    ends = [(span.start, span.end) for span in taken]
    for look in _LOOKS:
        if look.of not in wanted or hints.isdisjoint(look.hints):
            continue
        index = 0
        for found in look.value.finditer(text):
            start, end = found.span()
            while index < len(ends) and ends[index][1] <= start:
                index += 1
            if index < len(ends) and ends[index][0] <= start and end <= ends[index][1]:
                continue
            if look.unless and look.unless.search(folded, max(0, start - _WORD), start):
                continue
            if look.check(found[0]) and (
                look.word.search(folded, max(0, start - look.near[0]), start)
                or look.word.search(folded, end, end + look.near[1])
            ):
                yield Span(start, end, look.kind, look.of)


# Columns, whose heads say what stands below them

_HEAD: Final = re.compile(
    rf"(?P<password>(?:[\w-]{{1,20}}[ _-])?(?:{LOCK_WORDS}|pw|pass))|"
    r"(?P<key>(?:[\w-]{1,20}[ _-])?(?:token|secret|api[ _-]?key|access[ _-]?key))|"
    r"(?P<record>mrn|patient[ _-]?(?:id|no\.?|number)|medical[ _-]?record(?:[ _-]?(?:no\.?|number))?)|"
    r"(?P<birth>dob|date[ _-]?of[ _-]?birth|birth[ _-]?(?:date|day)|geburtsdatum)|"
    r"(?P<id>(?:ssn|social[ _-]?security|national[ _-]?id|fnr|nino|nhs)(?:[ _-]?(?:no\.?|number))?)|"
    r"(?P<phone>(?:[\w-]{1,20}[ _-])?(?:phone|mobile|telephone)(?:[ _-]?(?:no\.?|number))?)|"
    r"(?P<account>iban|account[ _-]?(?:no\.?|number)|kontonummer)"
)
_BELOW: Final[dict[str, tuple[str, str, int]]] = {  # of what, its word for the tag, how many digits at least
    "password": (SECRETS, "password", 0),
    "key": (SECRETS, "key", 0),
    "record": ("record numbers", "record", 5),
    "birth": ("dates of birth", "date of birth", 6),
    "id": ("national ids", "national id", 6),
    "phone": ("phone numbers", "phone number", 7),
    "account": ("account numbers", "account", 6),
}


_HEAD_LINE: Final = 400  # letters; what is longer is no head, and no value


def find_columns(text: str, wanted: Collection[str]) -> Iterator[Span]:
    """What stands in a table below such a head, its cells parted by `,`, `;`, `|` or tabs."""
    at, gap, heads = 0, "", dict[int, str]()
    width = 0
    for line in text.split("\n"):
        cells = line.split(gap) if heads else []
        if heads and len(cells) == width:
            place = at
            for index, cell in enumerate(cells):
                if index in heads:
                    yield from _cell(cell, place, heads[index], wanted)
                place += len(cell) + 1
        else:
            gap = next((gap for gap in "\t;|," if gap in line), "")
            cells = line.lower().split(gap) if gap and len(line) < _HEAD_LINE else []
            width = len(cells)
            found = {i: _HEAD.fullmatch(cell.strip(" \"'*")) for i, cell in enumerate(cells)}
            heads = {i: str(match.lastgroup) for i, match in found.items() if match}
        at += len(line) + 1


def _cell(cell: str, place: int, head: str, wanted: Collection[str]) -> Iterator[Span]:
    of, kind, digits = _BELOW[head]
    value = cell.strip(" \"'\r`")
    if of not in wanted or not 3 <= len(value) <= _HEAD_LINE or (value.isalpha() and value.islower()):
        return
    if len(re.findall(r"\d", value)) >= digits if digits else is_token_or_chosen(value):
        start = place + cell.index(value)
        yield Span(start, start + len(value), kind, of)
