"""What a password, a key, a code or a seed may be, where something else says that there is one."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Final

# A reference to where a secret is, or a place where one was.
REFERENCE: Final = re.compile(
    r"""(?ix) [$%{<\[(*] | \.\.\. | … | [x•·_.*#-]{3,}$ | \w+\(\d+\)?$ | your[_-]\w+$ | \w+[_-]here$ | (?:required|nullable|sometimes|confirmed|bail)\| | (?:null|none|nil|true|false|yes|no|undefined|empty|unset
    | missing|invalid|expired|wrong|required|optional|here|there|below|above|changed|hidden|masked|removed
    | redacted|reset|rotated|unknown|n/?a|tbd|todo|example|placeholder|string|str|int|bool|value|secret|password
    | passwd|token)$ | (?:process\.env|os\.environ|env[.:]|secrets?\.|vault:|ref\+|ssm:|arn:|/run/secrets|/etc/
    | /var/|projects/[\w:.-]+/secrets/|/[a-z][a-z_-]{1,20}$|<?@[a-z][a-z.-]{1,30}>?$|:[a-z][\w+-]{1,40}:$|file:|config\.|self\.|this\.|ctx\.|settings\.|data\.|var\.|module\.|local\.|get|http)"""
)
_CALL: Final = re.compile(r"[a-z_.]{2,40}\(|!(?:vault|secret|env|ref|sub|getatt|include)\b", re.IGNORECASE)
_VERSION: Final = re.compile(r"(?i)v?\d+(?:[.:,/-]\d+)*(?:[a-z%]{0,4}|st|nd|rd|th|min|ms|sec|hours?|days?)$")
# Names of things have dashes too: regions, services, hosts, dates.
_NAME: Final = re.compile(r"(?:[a-z]{1,40}+[-_./])++[a-z]{0,40}\d{0,3}$|[A-Z]{2,10}-\d{1,6}$")
_DATED: Final = re.compile(r"(?:19|20)\d\d-\d\d-\d\d")
# How the public half of a key pair begins, without and with the name of its kind.
_PUBLIC_KEY: Final = r"MFkwEwYH|MIIBIjAN|MIICIjAN|MIGfMA0G|MCowBQYD|AAAA[BCE]3Nza|ed25519|ssh-"
# Beside these: a name and its value, and a pod.
_NO_KEY: Final = re.compile(rf"{_PUBLIC_KEY}|[a-z_]+=|[a-z][a-z0-9-]*-[0-9a-f]{{7,10}}-[a-z0-9]{{5}}$")
HEX_ID: Final = re.compile(r"(?i)[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$")


def is_given(value: str) -> bool:
    """Anything but a reference, for names that can mean nothing else than a password."""
    return len(value) >= 3 and not REFERENCE.match(value) and not _CALL.match(value)


def is_token(value: str) -> bool:
    """Letters and digits as nobody types them, for names that may mean something else."""
    if len(value) < 8 or REFERENCE.match(value) or _NAME.match(value) or _VERSION.match(value):
        return False
    if not re.fullmatch(r"[\w+/=.~:%@!#$^&*-]+", value):
        return False
    has_digit, has_letter = bool(re.search(r"\d", value)), bool(re.search(r"[A-Za-z]", value))
    if not has_digit and re.fullmatch(r"(?:[A-Z]{1,4}[a-z]{2,}){2,}[A-Z]{0,4}", value):
        return False  # the name of a class
    mixed = bool(re.search(r"[a-z][A-Z]|[A-Z][a-z]+[A-Z]", value)) and len(value) >= 16
    return (has_letter and has_digit and len(set(value)) > 4) or mixed


def is_long(value: str) -> bool:
    """Such letters and digits as only a key has, and neither a date, an id nor the public half of a key."""
    if len(value) < 16 or HEX_ID.match(value) or _DATED.search(value) or _NO_KEY.match(value):
        return False
    return is_token(value)


# Addresses, what a function is called with, a word and what it is about, pods.
_NO_PASSWORD: Final = re.compile(
    r"(?i)https?:|#|@|<|&lt;|\w+://|[a-z_]+=[\w.,()]*$|[\w./-]+\.html?[#?]|[a-z]{2,}:[\w.%-]*$|"
    r"[a-z][a-z0-9-]*-[0-9a-f]{7,10}-[a-z0-9]{5}$"
)


def is_chosen(value: str) -> bool:
    """A password as people choose them, said in a sentence: no word, number, version or name of a thing."""
    value = value.rstrip(".,;:)\"'`")
    if len(value) < 5 or REFERENCE.match(value) or _VERSION.match(value) or _NAME.match(value):
        return False
    if _NO_PASSWORD.match(value) or not re.search(r"[^\W_]", value):
        return False
    inner = value[1:-1]
    has_letter = bool(re.search(r"[^\W\d_]", value))
    has_mark = bool(re.search(r"[!#$%^&*+=?~@]", inner)) or (value[-1] in "!$*%#" and len(value) > 7)
    turns = bool(re.search(r"[a-z0-9][A-Z]|[a-z0-9]_[A-Z0-9]|[a-z]-[A-Z0-9]", value)) and len(value) >= 7
    has_digit = bool(re.search(r"\d", value))
    return has_letter and (has_digit or has_mark or turns)


def is_marked(value: str) -> bool:
    """A password for sure: signs among letters, or turns of case and digits that no name of a thing has."""
    inner = value[1:-1]
    signs = bool(re.search(r"[!#$%^&*+=?~@]", inner)) and len(value) >= 6
    return is_chosen(value) and (signs or is_token(value) or bool(re.search(r"_[a-z]{0,3}[A-Z]{2}", value)))


def is_token_or_chosen(value: str) -> bool:
    """A password or a key, where a name stands for either."""
    return is_token(value) or is_chosen(value)


def is_pin(value: str) -> bool:
    """Digits that are not all the same."""
    return len(set(value)) > 1


def is_seed(value: str) -> bool:
    """Letters of which there are enough different ones."""
    return len(set(value)) > 6


_CLASSES: Final = str.maketrans(
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", "a" * 26 + "A" * 26 + "0" * 10
)
# What has letters and digits at random, and is a name, a print or a public half all the same.
_NAMED: Final = re.compile(
    r"AAAA[BCE]3Nza|(?i:sha\d{1,3}[-:])|(?:req|evt|pi|ch|cus|in|ii|price|prod|sub|si|po|tr|txn|seti|pm|card|src|acct|org|usr|user|msg|run|job|file|batch|resp|thread|asst|conn|wf|ord|inv)_(?=\w+$)|[\w.-]+\.(?:[a-z]{2,4}|[a-z]{2,4}\.gz)$|"
    r"\d{4}-\d\d-\d\dT|\w+\.\w+\.\w+\.\w+|(?:[A-Z][a-z]+){2,}\d{0,2}$|/"
)


def is_random(value: str) -> bool:
    """Small and capital letters and digits that change places as in no word."""
    if _NAMED.match(value) or REFERENCE.match(value):
        return False
    classes = value.translate(_CLASSES)
    if not {"a", "A", "0"} <= set(classes):
        return False
    return sum(a != b for a, b in pairwise(classes)) >= 0.4 * len(value)


_ADDRESSED: Final = re.compile(
    r"[^@]+@[a-z0-9.-]+\.?$|[\w./-]*\.\w{1,4}#|[\w-]+#\d+$|[^&]*&\w+=|\w+://|[#@/-]"
)


def is_strong(value: str) -> bool:
    """A password by the signs in it, and no address, anchor or expression."""
    value = value.rstrip(".,;:?")
    if len(value) < 7 or _ADDRESSED.match(value) or re.search(r"[={}/\\|\[\]]", value):
        return False
    signs = re.search(r"[!?@#$%^&*]", value[1:-1]) or value[-1] in "!*$%#"
    turned = re.search(r"\d|[a-z][A-Z]|[a-z].*[^\w-][A-Z]", value)
    return bool(signs and turned) and is_chosen(value) and not re.fullmatch(r"[\d.,]+\D{1,3}", value)


def is_prose(value: str) -> bool:
    """A word of a sentence, as after `password: it is in the vault`."""
    return bool(re.fullmatch(r"[A-Za-z][a-z'’]{0,14}[.,:;!?]?", value))


def is_path(value: str) -> bool:
    """The path of a file, with no long word in it."""
    return bool(re.match(r"[./~]|\w:\\", value)) and not re.search(r"[+=]|\w{24}", value)


def decodes_to_pair(value: str) -> bool:
    """Base64 of a user and a password."""
    return bool(re.fullmatch(r"[\w.@+$-]{1,80}:[!-~]{3,200}", _decoded(value)))


def decodes_to_words(value: str) -> bool:
    """Base64 of words with blanks between them, none of which has a digit or another sign in it."""
    return bool(re.fullmatch(r"[^\W\d_]{1,20}(?:[,;:]? [^\W\d_]{1,20}){1,60}[.!?]?\n?", _decoded(value)))


def _decoded(value: str) -> str:
    """What it is base64 of, if that is text."""
    import base64
    import binascii

    try:
        return base64.b64decode(value + "=" * (-len(value) % 4), validate=True).decode()
    except (binascii.Error, ValueError):
        return ""
