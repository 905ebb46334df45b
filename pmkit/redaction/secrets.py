"""What opens something: tokens by their published shapes, and passwords by what is said around them.

The shapes are those that the issuers document. Every pattern is linear: what repeats is bounded or possessive,
and starts only where a word does.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Final

from pmkit.redaction._rule import SECRETS, Rule, Span, any_case

# Tokens that tell themselves: the pattern, the word for the tag, and the literal each of them has.
_SHAPES: Final = (
    ("key", r"(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}", "akia", "asia", "abia", "acca"),
    ("key", r"(?:AROA|AIDA|AGPA|ANPA)[A-Z0-9]{16}", "aroa", "aida", "agpa", "anpa"),
    ("token", r"(?:FwoGZXIvYXdz|IQoJb3JpZ2lu)[\w+/=]{60,4000}", "fwogzxivyxdz", "iqojb3jpz2lu"),
    ("key", r"AIza[\w-]{35}", "aiza"),
    ("token", r"ya29\.[\w.-]{20,400}", "ya29."),
    ("secret", r"GOCSPX-[\w-]{20,60}", "gocspx-"),
    ("token", r"1//0[\w-]{30,200}", "1//0"),
    ("secret", r"[\w~.-]{3}\dQ~[\w~.-]{31,34}", "q~"),
    ("token", r"gh[pousr]_\w{20,255}", "ghp_", "gho_", "ghu_", "ghs_", "ghr_"),
    ("token", r"github_pat_\w{30,255}", "github_pat_"),
    (
        "token",
        r"gl(?:pat|rt|dt|cbt|ptt|ft|soat|agent|imt|oas|ffct)-[\w.-]{16,255}",
        *("glpat-", "glrt-", "gldt-", "glcbt-", "glptt-", "glft-", "glsoat-", "glagent-", "glimt-", "gloas-"),
    ),
    ("token", r"GR1348941[\w-]{20,50}", "gr1348941"),
    ("token", r"xox[a-z](?:\.xox[a-z])?-(?:\d{1,20}-){1,4}[A-Za-z0-9]{16,255}", "xox"),
    ("token", r"xox[a-z](?:\.xox[a-z])?-[\w%+/=-]{30,400}", "xox"),
    ("token", r"xapp-\d-\w{6,20}-\d{6,20}-[0-9a-f]{32,128}", "xapp-"),
    ("token", r"xoxe?[.-][\w.-]{30,400}", "xox"),
    ("key", r"[srp]k_(?:live|test|prod)_\w{10,250}", "k_live_", "k_test_", "k_prod_"),
    ("secret", r"whsec_[\w+/=]{16,120}", "whsec_"),
    ("token", r"(?:pdus\+)?[uy]\+[\w+-]{17,20}(?![\w+-])", "u+", "y+"),
    ("token", r"ATATT3x[\w=-]{30,400}|ATCTT3x[\w=-]{30,400}|ATBB\w{24,40}", "atatt3x", "atctt3x", "atbb"),
    ("token", r"npm_\w{30,50}", "npm_"),
    ("token", r"pypi-AgE[\w-]{30,400}", "pypi-age"),
    ("token", r"dckr_(?:pat|oat)_[\w-]{20,60}", "dckr_"),
    ("token", r"do[opr]_v1_[0-9a-f]{64}", "dop_v1_", "doo_v1_", "dor_v1_"),
    ("token", r"hv[srb]\.[\w-]{20,400}", "hvs.", "hvr.", "hvb."),
    ("key", r"NRAK-[A-Z0-9]{20,40}|NRII-[\w-]{20,40}|NRRA-[0-9a-f]{30,50}", "nrak-", "nrii-", "nrra-"),
    ("key", r"[0-9a-fA-FxX]{30,40}NRAL(?!\w)", "nral"),
    ("token", r"gl(?:sa|c)_[\w+/=]{20,400}", "glsa_", "glc_"),
    ("token", r"sntr(?:ys|yu)_[\w+/=-]{30,400}", "sntrys_", "sntryu_"),
    ("key", r"SG\.[\w-]{16,32}\.[\w-]{30,64}", "sg."),
    ("key", r"key-[0-9a-f]{32}", "key-"),
    ("key", r"(?:SK|AC)(?<![A-Za-z0-9]..)[0-9a-f]{32}", "sk", "ac"),
    ("token", r"(?:bot)?\d{8,11}:AA[\w-]{30,36}", ":aa"),
    ("token", r"shp(?:at|ca|pa|ss|tka)_[0-9a-fA-F]{32}", "shp"),
    ("key", r"sk-(?:proj-|svcacct-|admin-|ant-[a-z0-9]{3,8}-|or-v1-)?[\w-]{20,250}", "sk-"),
    ("token", r"hf_[A-Za-z0-9]{30,50}", "hf_"),
    ("token", r"lin_(?:api|oauth)_[A-Za-z0-9]{30,80}", "lin_"),
    ("token", r"sq0(?:atp|csp|idp)-[\w-]{20,60}|EAAA[\w-]{56,64}", "sq0", "eaaa"),
    ("token", r"EAA[A-Z][A-Za-z0-9]{60,400}", "eaa"),
    ("key", r"AGE-SECRET-KEY-1[A-Z0-9]{50,64}", "age-secret-key-1"),
    ("token", r"(?:dapi|dkea|dsapi)[0-9a-f]{32}(?:-\d)?", "dapi", "dkea"),
    ("token", r"rubygems_[0-9a-f]{48}", "rubygems_"),
    ("key", r"rzp_(?:live|test)_\w{14,30}", "rzp_"),
    ("token", r"ntn_\w{40,60}|secret_[A-Za-z0-9]{43}", "ntn_", "secret_"),
    ("token", r"figd_[\w-]{30,60}|PMAK-[0-9a-f]{24}-[0-9a-f]{34}", "figd_", "pmak-"),
    ("token", r"(?:tfp|tskey-[a-z]+|fly|FlyV1|sbp|vercel|CCIPAT|CCIPRJ|bkua)[_-]\w[\w.-]{24,200}",
     "tfp_", "tskey-", "fly", "sbp_", "vercel", "ccip", "bkua_"),
    ("token", r"dp\.(?:pt|st|ct|sa|scim|audit)\.(?:[\w-]{2,35}\.)?[A-Za-z0-9]{36,48}", "dp."),
    ("token", r"fm[12][ar]?_[\w+/=-]{40,2000}|rnd_[A-Za-z0-9]{28,40}|nf[bcopu]_[A-Za-z0-9]{36,44}",
     "fm1", "fm2", "rnd_", "nfb_", "nfc_", "nfo_", "nfp_", "nfu_"),
    ("key", r"HRKU-[\w-]{36,80}", "hrku-"),
    ("key", r"v1\.0-[0-9a-f]{24}-[0-9a-f]{120,160}", "v1.0-"),
    ("key", r"hc[a-z]{1,2}[ilm]k_[a-z0-9]{40,80}", "hc"),
    ("key", r"(?:sdk|api|mob)(?<![A-Za-z0-9]...)-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "sdk-", "api-", "mob-"),
    ("token", r"sq[apu]_[0-9a-f]{40}|pul-[0-9a-f]{40}|r8_[A-Za-z0-9]{36,42}", "sqa_", "sqp_", "squ_", "pul-", "r8_"),
    ("token", r"pat(?:[A-Za-z0-9]{14}\.[0-9a-f]{60,68}|-(?:na|eu|ap)\d-[0-9a-f-]{36})", "pat"),
    ("token", r"[012](?<![A-Za-z0-9].)/\d{12,20}(?:/\d{12,20})?:[0-9a-f]{32}", "0/", "1/", "2/"),
    ("token", r"access_token\$(?:production|sandbox)\$[a-z0-9]{16}\$[0-9a-f]{32}", "access_token$"),
    ("key", r"AQE\w[A-Za-z0-9+/=]{24,200}-[A-Za-z0-9+/=]{24,200}-\S{10,60}", "aqe"),
    ("key", r"[0-9a-f]{32}-us\d{1,2}(?!\w)", "-us"),
    ("key", r"[0-9a-f]{32}-[0-9a-f]{8}-[0-9a-f]{8}(?![\w-])", "mailgun"),
    ("key", r"x(?:key|smtp)sib-[0-9a-f]{64}-\w{10,20}", "sib-"),
    ("token", r"[bs](?<![A-Za-z0-9].)\.(?=[A-Za-z]{0,23}\d)(?=[a-z\d]{0,23}[A-Z])(?=[A-Z\d]{0,23}[a-z])[A-Za-z0-9]{24}(?![\w.])", "s.", "b."),
    ("token", r"cio(?=[A-Za-z]{0,31}\d)(?=[a-z\d]{0,31}[A-Z])[A-Za-z0-9]{32}(?!\w)|oy2[a-z0-9]{43}(?!\w)", "cio", "oy2"),
    ("token", r"AKCp[A-Za-z0-9]{60,80}|cmVmdGtu[A-Za-z0-9+/=]{40,80}|dG9rO[A-Za-z0-9+/=]{30,80}", "akcp", "cmvmdgtu", "dg9ro"),
    ("token", r"CFPAT-[\w-]{40,50}|sl\.(?:u\.)?[\w-]{60,1400}|napi_[a-z0-9]{40,80}", "cfpat-", "sl.", "napi_"),
    ("password", r"pscale_(?:pw|tkn|oauth)_[\w.-]{32,64}", "pscale_"),
    ("token", r"A{18,25}[\w%+/=]{40,120}", "aaaaaaaaaaaaaaaaaa"),
    ("token", r"pn[bu]_[A-Za-z0-9]{36}|ph[cx]_[A-Za-z0-9]{40,50}", "pnb_", "pnu_", "phc_", "phx_"),
    ("token", r"[MNO](?<![A-Za-z0-9].)[\w-]{23,27}\.[\w-]{6}\.[\w-]{27,40}", "."),
    ("secret", r"WPL_AP[01]\.\w{8,20}\.[\w=]{6,20}|PRIVATE-[\w-]{40,80}", "wpl_ap", "private-"),
    ("key", r"(?:xai|nvapi|tgp_v1|tvly|pa)-[\w-]{30,100}|gsk_\w{40,60}|pplx-\w{40,60}|jina_\w{40,80}|lsv2_(?:pt|sk)_[0-9a-f]{32}_\w{8,12}",
     "xai-", "nvapi-", "tgp_v1", "tvly-", "pa-", "gsk_", "pplx-", "jina_", "lsv2_"),
    ("key", r"LTAI[A-Za-z0-9]{12,24}|AKID[A-Za-z0-9]{28,40}|YC[A-Za-z0-9_-]{38}(?![\w-])|AQVN[\w-]{35,40}", "ltai", "akid", "yc", "aqvn"),
    ("token", r"dt0[a-z]\d\d\.[A-Z0-9]{24}\.[A-Z0-9]{64}|ATTA[0-9a-f]{60,80}|rdme_[a-z0-9]{60,80}", "dt0", "atta", "rdme_"),
    ("key", r"(?:FLWSECK|FLWPUBK)[_-][\w-]{30,50}|EZ[AT]K\w{50,60}|(?:shippo|duffel)_(?:live|test)_[\w-]{30,60}",
     "flw", "ezak", "eztk", "shippo_", "duffel_"),
    ("key", r"A3-[A-Z0-9]{6}-[A-Z0-9]{6}(?:-[A-Z0-9]{5}){4}|ops_eyJ[\w-]{60,2000}", "a3-", "ops_eyj"),
    ("key", r"\w{75}AZDO\w{4}|[A-Za-z0-9]{52}JQQJ99[A-Za-z0-9]{20,40}", "azdo", "jqqj99"),
    ("key", r"(?<!sha512-)(?<![A-Za-z0-9+/=])[A-Za-z0-9+/]{86}==", "=="),
    ("token", r"sb_(?:secret|publishable)_[\w-]{20,60}|st\.[0-9a-f]{24}\.[0-9a-f]{32,80}", "sb_", "st."),
    ("token", r"oauth:[a-z0-9]{30}(?!\w)|glwt-[\w.-]{16,255}|glrtr-[\w.-]{16,255}", "oauth:", "glwt-", "glrtr-"),
    ("key", r"ico-[A-Za-z0-9]{32}|API-[A-Z0-9]{24,32}(?!\w)|sgp_(?:[0-9a-f]{16}_|local_)?[0-9a-f]{40}|xaa[tp]-[0-9a-f-]{36}", "ico-", "api-", "sgp_", "xaat-", "xaap-"),
    ("key", r"(?:pcsk|essu|dbt[uc]|syt|ghost|inc|mb|fw|tok|bbdc|ctp|rootly|shippo|scw|glsoat|onfido|svix|resend|workos)_(?=[A-Za-z_]{0,20}\d)(?=[a-z\d_]{0,23}[A-Z])[\w+/=-]{22,250}",
     "pcsk_", "essu_", "dbtu_", "dbtc_", "syt_", "ghost_", "inc_", "mb_", "fw_", "tok_", "bbdc_", "ctp_", "rootly_", "scw_", "onfido_", "svix_", "resend_", "workos_"),
    ("key", r"live_(?<![A-Za-z0-9_]live_)(?=[A-Za-z_-]{0,24}\d)(?=[a-z\d_-]{0,24}[A-Z]|[0-9a-f]{30})[\w-]{28,80}(?![\w-])|sk_[0-9a-z]{26}(?!\w)|sk_[0-9a-f]{48}(?!\w)", "live_", "sk_"),
    ("token", r"fhb-[0-9a-f]{32}|packagist_(?:ack|out|org)_[0-9a-f]{40}|pat\.[\w-]{20,24}\.[0-9a-f]{24}\.[A-Za-z0-9]{18,24}|re_[A-Za-z0-9]{8}_[A-Za-z0-9]{20,30}", "fhb-", "packagist_", "pat.", "re_"),
    ("token", r"00D[A-Za-z0-9]{12}(?:[A-Za-z0-9]{3})?![\w.]{60,160}", "00d"),
    ("token", r"(?:\*|default|[\w-]{1,40}):(?:production|development|staging|test)\.[0-9a-f]{56,64}(?!\w)", ":production.", ":development.", ":staging.", ":test."),
    # What passwords are kept as can be guessed back into them.
    ("password hash", r"\$(?:1|5|6|y|2[abxy]|apr1|argon2(?:id|i|d)|scrypt|pbkdf2[\w-]{0,12})\$[\w./$=,+-]{20,300}",
     "$1$", "$5$", "$6$", "$y$", "$2a$", "$2b$", "$2x$", "$2y$", "$apr1$", "$argon2", "$scrypt$", "$pbkdf2"),
    ("password hash", r"[0-9a-fA-F]{32}:[0-9a-fA-F]{32}(?![0-9a-fA-F])",
     "ntlm", "nthash", "aad3b435b51404ee", "hashdump", "secretsdump"),
    ("token", r"\w{14}\.atlasv1\.[\w-]{40,80}", ".atlasv1."),
    ("token", r"eyJ[\w-]{8,4000}\.eyJ[\w-]{4,8000}(?:\.[\w-]{0,2000})?", "eyj"),
    ("token", r"eyJ[\w-]{8,4000}\.[\w-]{0,1000}\.[\w-]{8,100}\.[\w-]{8,8000}\.[\w-]{8,100}", "eyj"),
)  # fmt: skip


_FIRST: Final = re.compile(r"[A-Za-z0-9_]{2,}(?![*+?{])")


def _outside_groups(pattern: str) -> str:
    plain = re.sub(r"\\.|\[[^\]]*\]", "", pattern)
    while (shorter := re.sub(r"\([^()]*\)", "", plain)) != plain:
        plain = shorter
    return plain


def _shape(kind: str, pattern: str, *hints: str) -> Rule:
    # What may not stand before it is asked behind its first letters, where it has some: so the engine may skip
    # from one of them to the next.
    first = _FIRST.match(pattern)
    if "(?<!" in pattern:
        whole = pattern
    elif first and "|" not in _outside_groups(pattern):
        whole = f"{first[0]}(?<![A-Za-z0-9]{first[0]}){pattern[first.end() :]}"
    else:
        whole = rf"(?<![A-Za-z0-9])(?:{pattern})"
    return Rule(SECRETS, kind, re.compile(whole), hints, _not_one_letter, is_sure=True)


def _not_one_letter(value: str) -> bool:
    """`sk_live_xxxxxxxx` stands for a key and is none."""
    return len(set(value[-12:].casefold())) > 3


# What the value of a password or key may be

# A reference to where a secret is, or a place where one was.
_REFERENCE: Final = re.compile(
    r"""(?ix) [$%{<\[(*] | \.\.\. | … | [x•·_.*#-]{3,}$ | \w+\(\d+\)?$ | your[_-]\w+$ | \w+[_-]here$ | (?:required|nullable|sometimes|confirmed|bail)\| | (?:null|none|nil|true|false|yes|no|undefined|empty|unset
    | missing|invalid|expired|wrong|required|optional|here|there|below|above|changed|hidden|masked|removed
    | redacted|reset|rotated|unknown|n/?a|tbd|todo|example|placeholder|string|str|int|bool|value|secret|password
    | passwd|token)$ | (?:process\.env|os\.environ|env[.:]|secrets?\.|vault:|ref\+|ssm:|arn:|/run/secrets|/etc/
    | /var/|/[a-z][a-z_-]{1,20}$|<?@[a-z][a-z.-]{1,30}>?$|:[a-z][\w+-]{1,40}:$|file:|config\.|self\.|this\.|ctx\.|settings\.|data\.|var\.|module\.|local\.|get|http)"""
)
_CALL: Final = re.compile(r"[a-z_.]{2,40}\(|!(?:vault|secret|env|ref|sub|getatt|include)\b", re.IGNORECASE)
_VERSION: Final = re.compile(r"(?i)v?\d+(?:[.:,/-]\d+)*(?:[a-z%]{0,4}|st|nd|rd|th|min|ms|sec|hours?|days?)$")
# Names of things have dashes too: regions, services, hosts, dates.
_NAME: Final = re.compile(r"(?:[a-z]{1,40}+[-_./])++[a-z]{0,40}\d{0,3}$|[A-Z]{2,10}-\d{1,6}$")
_SHORT: Final = re.compile(r"[a-z]{1,12}\d{1,2}$")
_DATED: Final = re.compile(r"(?:19|20)\d\d-\d\d-\d\d")
# How the public half of a key pair begins, without and with the name of its kind.
_PUBLIC_KEY: Final = r"MFkwEwYH|MIIBIjAN|MIICIjAN|MIGfMA0G|MCowBQYD|AAAA[BCE]3Nza|ed25519|ssh-"
# Beside these: a name and its value, and a pod.
_NO_KEY: Final = re.compile(rf"{_PUBLIC_KEY}|[a-z_]+=|[a-z][a-z0-9-]*-[0-9a-f]{{7,10}}-[a-z0-9]{{5}}$")
_HEX_ID: Final = re.compile(r"(?i)[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$")


def _is_given(value: str) -> bool:
    """Anything but a reference, for names that can mean nothing else than a password."""
    return len(value) >= 3 and not _REFERENCE.match(value) and not _CALL.match(value)


def _is_token(value: str) -> bool:
    """Letters and digits as nobody types them, for names that may mean something else."""
    if len(value) < 8 or _REFERENCE.match(value) or _NAME.match(value) or _VERSION.match(value):
        return False
    if not re.fullmatch(r"[\w+/=.~:%@!#$^&*-]+", value):
        return False
    has_digit, has_letter = bool(re.search(r"\d", value)), bool(re.search(r"[A-Za-z]", value))
    if not has_digit and re.fullmatch(r"(?:[A-Z]{1,4}[a-z]{2,}){2,}[A-Z]{0,4}", value):
        return False  # the name of a class
    mixed = bool(re.search(r"[a-z][A-Z]|[A-Z][a-z]+[A-Z]", value)) and len(value) >= 16
    return (has_letter and has_digit and len(set(value)) > 4) or mixed


def _is_long(value: str) -> bool:
    if len(value) < 16 or _HEX_ID.match(value) or _DATED.search(value) or _NO_KEY.match(value):
        return False
    return _is_token(value)


# Addresses, what a function is called with, a word and what it is about, pods.
_NO_PASSWORD: Final = re.compile(
    r"(?i)https?:|#|@|<|&lt;|\w+://|[a-z_]+=[\w.,()]*$|[\w./-]+\.html?[#?]|[a-z]{2,}:[\w.%-]*$|"
    r"[a-z][a-z0-9-]*-[0-9a-f]{7,10}-[a-z0-9]{5}$"
)


def is_chosen(value: str) -> bool:
    """A password as people choose them, said in a sentence: no word, number, version or name of a thing."""
    value = value.rstrip(".,;:)\"'`")
    if len(value) < 5 or _REFERENCE.match(value) or _VERSION.match(value) or _NAME.match(value):
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
    return is_chosen(value) and (signs or _is_token(value) or bool(re.search(r"_[a-z]{0,3}[A-Z]{2}", value)))


def is_token_or_chosen(value: str) -> bool:
    """A password or a key, where a name stands for either."""
    return _is_token(value) or is_chosen(value)


def _is_pin(value: str) -> bool:
    return len(set(value)) > 1


def _is_seed(value: str) -> bool:
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
    if _NAMED.match(value) or _REFERENCE.match(value):
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


# Names of passwords and keys, as they stand before a value

LOCK_WORDS: Final = (
    r"pass(?:wor[dt]|wr?d|phrase|code|ord)|p(?:wd|swr?d)|kennwort|wachtwoord|l[öo]senord|contrase[ñn]a|mot\s?de\s?passe|"
    r"senha|salasana|has[łl]o|parola|парол[ьяюе]|adgangskode|パスワード|密码"
)
_PASSWORD_HINTS: Final = (
    "pass", "pwd", "psw", "kennwort", "wachtwoord", "senord", "contrase", "senha", "has", "parola", "парол",
    "adgangskode", "salasana", "パスワード", "密码",
)  # fmt: skip
# Those that are looked for only where they are said.
_OTHER_LOCK_WORDS: Final = (
    r"mdp|clave|palavra-passe|kodeord(?:et)?|salasana\son|parol[eă]|[şs]ifre(?:si)?|heslo|jelsz[óo]|κωδικ[όο]ς|暗証番号|密碼|口令|"
    r"비밀번호|암호|סיסמה|סיסמא|كلمة المرور|كلمة السر|पासवर्ड|mật khẩu|kata sandi|รหัสผ่าน"
)
_OTHER_HINTS: Final = (
    "mdp", "clave", "palavra-passe", "kodeord", "salasana on", "parole", "parolă", "ifre", "heslo", "jelsz", "κωδικ", "暗証番号",
    "密碼", "口令", "비밀번호", "암호", "סיסמ", "كلمة", "पासवर्ड", "mật khẩu", "kata sandi", "รหัสผ่าน",
)  # fmt: skip
_KEY: Final = (
    r"secret|token|api[_.\s-]?key|access[_.-]?key|account[_.-]?key|auth[_.-]?key|private[_.-]?key|"
    r"(?:shared|service|routing|integration|app|application|signing|encryption|master|storage|license|user|"
    r"client|webhook|admin|write|read|deploy|maps|fastly|session)[_.-]?key|honeycomb-team|"
    r"credential|cookie|sess(?:ion)?[_.-]?id|signature|jwt|sas|"
    r"pat(?<![a-z]pat)(?![a-z])|seed(?<![a-z]seed)(?![a-z])|pass(?![a-z])|creds?(?![a-z])|[_.-]key(?<!websocket-key)(?![a-z])"
)
_KEY_HINTS: Final = (
    "honeycomb", "secret", "token", "key", "credential", "cookie", "sess", "signature", "jwt", "sas", "pat", "seed", "pass",
    "cred",
)  # fmt: skip
# What makes of such a name that of something else.
_ABOUT: Final = (
    r"(?:s?[_.-]?(?:name|(?:secret|key|file)?_?ref|path|file|files|type|url|uri|hash|hashes|length|len|expiry|expires|expiration|exp|ttl|age|"
    r"count|policy|field|column|arn|version|limit|bucket|store|manager|rotation|reset|service|provider|endpoint|"
    r"size|format|prefix|status|state|error|errors|owner|class|mount|dir|rate|hint|salt|hasher|hashing|encoder|strength|complexity|validator|regex|pattern|enabled|history|min|max|reset_at|changed_at|at|is|in|on|of|for))(?![a-z])"
)
_QUOTE: Final = r"(?:\\{0,3}[\"'`]|&quot;|&\#39;)"
_GIVES: Final = rf"{_QUOTE}?\]?(?:\*\*)?\s{{0,8}}(?:\|(?=[^|\n]{{3,400}}\s\|)|:\s?[a-z]{{3,12}}\s?=|:=|=>|[:=]|&\#61;|%3D){{1,2}}\s{{0,8}}(?:[|>][+-]?\s{{0,3}}\n\s{{1,12}})?"
# In quotes a value ends with them; bare, it ends where the text goes on. `&` starts the next parameter.
_QUOTED: Final = r"(?:\\{0,3}\"(?P<q1>[^\"\\\n]{1,4000})|\\{0,3}'(?P<q2>[^'\\\n]{1,4000}))"
_BARE: Final = (
    r"(?:&(?:lt|gt|amp|quot|\#\d{1,5});(?!\w{1,40}=)|&(?!\w{1,40}=|amp;|quot;)|[^\s\"'`<>,;|&\\)\]}])"
)


def _assigned(names: str, kind: str, check: Callable[[str], bool], hints: tuple[str, ...]) -> Rule:
    value = rf"(?P<value>(?:(?<=[\"'`;]){_INSIDE}|{_BARE}{{1,4000}}+))"
    pattern = (
        rf"(?:{names})(?!{_ABOUT})[\w-]{{0,20}}?{_GIVES}"
        rf"(?:(?:bearer|basic|token)\s{{1,4}})?{_QUOTE}?{value}"
    )
    return any_case(SECRETS, kind, pattern, hints, check)


# Between quotes a value may hold blanks and commas.
_INSIDE: Final = r"[^\"'`<>\\\n]{1,200}?(?=\\{0,3}[\"'`]|&quot;)"
# What is given to a command: between quotes all of it, bare up to where the shell or the page goes on.
_LETTER: Final = r"(?:&(?:lt|gt|amp|quot|apos|\#\d{1,5}|\#x[0-9a-f]{1,5});|[^\s\"'|;&<>])"
_QUOTED_WHOLE: Final = r"(?<=')[^'\n]{3,200}(?=')|(?<=\")[^\"\n]{3,200}(?=\")"
_ARGUMENT: Final = rf"(?P<value>{_QUOTED_WHOLE}|(?!-){_LETTER}{{3,400}})"
_SAYS: Final = (
    r"(?:\s{0,4}(?::|=|->|→|:=|=>|は|是|为|為|는|은)\s{0,4}|['’]s\s{1,4}|,?\s(?:it|which|that)(?:['’]s|\swas|\sis)\s{1,4}|\s-\s|\s{0,2}[–—]\s{0,2}|"
    r"\s{1,4}(?:is|are|was|ist|war|lautet|hei(?:ß|ss)t|est|era?|es|è|é|ö|är|var|jest|bylo|je|este|és|to|be|still|now|reads|equals|should be|seems to be|appears to be|will be|has been|set to|became)\s{1,4})"
)
_WORDS: Final = r"(?:[ \t]{1,4}(?!is\b|are\b|was\b|to\b|ist\b|est\b|es\b)[\w@'’/.-]{1,24}){0,6}?"
_SAID: Final = r"[(\"'`“„‘«「『*]{0,3}(?P<value>[^\s\"`“”»<>」』]{3,200})"
_STILL: Final = r"(?:(?:still|now|just|currently|always|set to|changed to|to|be|been|:|=)\s{1,4}){0,3}"


def _said(name: str, between: str, check: Callable[[str], bool], kind: str, hints: tuple[str, ...]) -> Rule:
    pattern = rf"(?:(?<![a-z0-9_-])|(?=[^\x00-\x7f]))(?:{name}){between}{_SAID}"
    return any_case(SECRETS, kind, pattern, hints, check)


_PIN_NAMES: Final = (
    r"pin(?:\s?(?:code|number|no\.?))?|otp|totp|mfa(?:\scode)?|2fa(?:\scode)?|one[ -]time (?:code|password)|"
    r"(?:verification|unlock|safe|security|access|door|gate|alarm|recovery|backup|login|sms|auth(?:entication)?|"
    r"authenticator|confirmation|vault|keypad|entry|lock)\s(?:code|pin|number)|passcode|tan"
)

_PROTOCOLS: Final = {"md5", "sha", "des", "aes", "public", "sha256", "aes128", "aes256"}
_SCHEMES: Final = {
    "bearer", "basic", "token", "digest", "negotiate", "apikey", "ssws", "geniekey", "header", "headers",
}  # fmt: skip

# What is written down as a secret, wherever that is.
WRITTEN: Final[tuple[Rule, ...]] = (
    *(_shape(*each) for each in _SHAPES),
    # Webhooks: who knows the address may post.
    any_case(SECRETS, "webhook", r"hooks\.slack(?:-gov)?\.com/(?:services|workflows|triggers)/(?P<value>[\w/-]{16,200})", ("hooks.slack",), _not_one_letter, is_sure=True),
    any_case(SECRETS, "webhook", r"discord(?:app)?\.com/api(?:/v\d{1,2})?/webhooks/\d{1,25}/(?P<value>[\w-]{16,120})", ("/webhooks/",), _not_one_letter, is_sure=True),
    any_case(SECRETS, "webhook", r"(?:webhook\.office|outlook\.office)\.com/webhook(?:b2)?/(?P<value>[\w@/-]{30,300})", (".office.com/webhook",), _not_one_letter, is_sure=True),
    any_case(SECRETS, "webhook", r"(?:hooks\.zapier\.com/hooks/catch|events\.pagerduty\.com/integration|hook\.\w{2,10}\.make\.com|chat\.googleapis\.com/v1/spaces|maker\.ifttt\.com/use)/(?P<value>[\w/?=&%.-]{10,400})", ("hooks.zapier", "events.pagerduty.com/integration", ".make.com", "chat.googleapis", "ifttt"), is_sure=True),
    # Addresses with a password, or with a token alone, before the host.
    any_case(SECRETS, "password", r"(?<![\w+.-])[a-z][\w+.-]{1,40}://[^\s/:@\"'<>]{0,200}+:(?P<value>[^\s/@\"'<>]{1,400}(?:@[^\s/@\"'<>.:]{1,100}(?=@))?)(?=@[\w\[])", ("://",), _is_given),
    any_case(SECRETS, "password", r"(?<![\w+.-])(?:redis|rediss|postgres(?:ql)?|mysql|mongodb(?:\+srv)?|amqps?)://[^\s/:@\"'<>]{0,200}+:(?P<value>[^\s\"'<>]{1,200})(?=@[\w\[])", ("://",), _is_given),
    any_case(SECRETS, "token", r"(?<![\w+.-])[a-z][\w+.-]{1,40}://(?P<value>[\w%.~-]{16,400})@", ("://",), _is_token),
    any_case(SECRETS, "token", r"(?<![\w+.-])[a-z][\w+.-]{1,40}://(?P<value>[\w%.~-]{16,400})(?=:(?:x-oauth-basic|x-token-auth|x)?@)", ("://",), _is_token),
    any_case(SECRETS, "password", r"jdbc:oracle:\w{1,10}:[\w.$#-]{1,60}/(?P<value>[^\s@\"'<>]{1,200})@", ("jdbc:oracle",)),
    any_case(SECRETS, "token", r"://(?P<value>[0-9a-f]{32})(?=[:@])", ("://",)),
    # Parameters of addresses.
    any_case(SECRETS, "token", r"(?:[?&;]|&amp;|%26)(?:x-amz-(?:signature|security-token|credential)|x-goog-signature|sig|signature|sas|[\w-]{0,30}token|[\w-]{0,20}api_?key|key|secret|client_secret|auth|code|jwt|magic|ticket|invit\w{1,6}|reset|confirm(?:ation)?|verif\w{1,8}|activat\w{1,4}|credential|assertion|session_?id|sid|access_?key|hmac|[\w-]{0,20}secret)=(?P<value>[^\s&\"'`,<>#;|)\]?!]{6,4000})", ("=",), _is_token),
    any_case(SECRETS, "token", r"(?<![\w-])(?:sig|x-amz-signature|x-goog-signature)=(?P<value>[\w%+/=.-]{20,4000})", ("sig=", "signature="), _is_token),
    any_case(SECRETS, "password", r"(?:[?&;]|&amp;)(?:password|passwd|pwd|pass|pw)=(?P<value>[^\s&\"'<>#|]{3,400})", ("=",), _is_given),
    any_case(SECRETS, "token", r"/(?:reset(?:[_-]password)?|password[_-]?resets?|invit(?:e|ation)s?|magic(?:-?link)?|verify|activate|confirm|hooks?|webhooks?|alert|share|login|signin)/(?P<value>[\w-]{20,200})(?![\w.-])", ("/reset", "/password", "/invit", "/magic", "/verify", "/activate", "/confirm", "/hook", "/webhook", "/alert/", "/share/", "/login/", "/signin/"), lambda v: is_random(v) or bool(_HEX_ID.match(v) and len(v) == 36) or bool(re.fullmatch(r"(?=\D*\d)[a-z0-9]{26}|[0-9a-f]{32,64}", v))),
    # Headers.
    any_case(SECRETS, "token", r"authori[sz]ation(?<!\wauthori[sz]ation)[\"'\\]{0,4}\s{0,4}(?:[:=]|=>|,)\s{0,4}[\"'\\]{0,4}(?:[\w-]{2,20}\s{1,3}){0,2}(?:token\s?=\s?|key\s?=\s?)?[\"']?(?P<value>[\w+/=.~:-]{8,4000})", ("authori",), lambda v: not _REFERENCE.match(v) and v.casefold() not in _SCHEMES),
    any_case(SECRETS, "token", r"(?<![\w-])(?:bearer|ssws|geniekey|apikey)(?:\s{1,3}token)?(?:\s{1,3}is|:)?(?:\s{1,4}[\"'`]?|\s?=\s?[\"']?|\s?[\"']\s?[+.]\s?[\"']|[\"']\s?,\s?[\"'])(?P<value>[\w+/=.~-]{16,4000})", ("bearer", "ssws", "geniekey", "apikey"), lambda v: _is_token(v) or (len(v) >= 24 and not v.islower())),
    any_case(SECRETS, "password", r"(?<![\w-])basic\s{1,4}(?P<value>[A-Za-z0-9+/]{12,400}={0,2})(?![\w])", ("basic",), lambda v: _is_token(v) or decodes_to_pair(v)),
    any_case(SECRETS, "cookie", r"(?<![\w-])(?:set-)?cookie2?[\"']?\s{0,3}:\s{0,3}[\"']?(?:[\w.$%-]{1,60}=[^\s;\"']{0,400};\s{0,3}){0,30}?[\w.$%-]{1,60}=(?P<value>[^\s;\"']{16,4000})", ("cookie",), _is_token),
    Rule(SECRETS, "cookie", re.compile(r"(?<![\w-])(?:-b|--cookie)[= ]{1,3}[\"']?[\w.$%-]{1,60}=(?P<value>[^\s;\"']{8,4000})"), ("-b", "--cookie"), _is_token),
    any_case(SECRETS, "cookie", r"(?<![\w-])(?:\w{0,10}sess\w{0,12}|phpsessid|connect\.sid|asp\.net_sessionid|auth_?cookie|remember_\w{1,20})=(?P<value>[^\s;&\"'<>]{16,4000})", ("sess", "connect.sid", "cookie=", "remember_"), _is_token),
    # Names and values.
    _assigned(LOCK_WORDS, "password", lambda v: _is_given(v) and not v.isalpha() | _is_prose(v), _PASSWORD_HINTS),
    any_case(SECRETS, "password", rf"(?:{LOCK_WORDS})(?!{_ABOUT})[\w-]{{0,12}}?(?:{_QUOTE}?\]?\s{{0,3}}(?:=>|:)\s{{0,3}}{_QUOTE}|{_QUOTE}?\s{{0,3}}=\s{{0,3}}{_QUOTE}?)(?P<value>{_BARE}{{3,400}}+)", _PASSWORD_HINTS, _is_given),
    any_case(SECRETS, "password", rf"<[\w.:-]{{0,40}}(?:{LOCK_WORDS}|secret|token)[\w.-]{{0,10}}>(?P<value>[^<\s]{{3,400}})<", ("<",), _is_given),
    any_case(SECRETS, "password", rf"(?:key|name|id)=[\"'][\w.:-]{{0,40}}(?:{LOCK_WORDS}|secret|token|api_?key)[\w.-]{{0,20}}[\"']\s?>(?P<value>[^<\s]{{3,400}})<", ("\">", "'>"), _is_given),
    any_case(SECRETS, "key", r"<[\w.:-]{0,40}(?:key|key_?id|auth|credential)>(?P<value>[^<\s]{12,4000})<", ("key>", "id>", "auth>", "credential>"), lambda v: _is_token(v) and not _HEX_ID.match(v)),
    _assigned(_KEY, "key", lambda v: _is_token(v) and not _is_path(v), _KEY_HINTS),
    _assigned(r"auth(?<![\w.-]auth)|pw(?<![\w.-]pw)|key(?<![\w.-]key)|dsn|private[_\s]key[_\s]id", "key", lambda v: len(v) >= 12 and _is_token(v) and not _is_path(v), ("auth", "pw", "key", "dsn")),
    _assigned(r"[_-]pass|[_-]pwd?|pw(?<![\w.-]pw)|pass(?<![\w.-]pass)(?![a-z])", "password", lambda v: is_chosen(v) or (_is_given(v) and not _is_prose(v)), ("pass", "pw")),
    any_case(SECRETS, "key", r"(?<![a-z])_auth\s{0,2}=\s{0,2}[\"']?(?P<value>[\w+/=.-]{12,4000})", ("_auth",), lambda v: _is_token(v) or decodes_to_pair(v)),
    any_case(SECRETS, "key", rf"(?:key|name|id)=[\"'][\w.:-]{{0,40}}(?:{LOCK_WORDS}|secret|token|key|pwd)[\w.-]{{0,20}}[\"']\s{{1,4}}value=[\"'](?P<value>[^\"'<>]{{6,4000}})[\"']", ("value=",), lambda v: _is_given(v) and not _is_prose(v)),
    any_case(SECRETS, "password", r"(?<![a-z])(?:log_?in|sign_?in|authenticate|connect|auth|basicauth|set_?password)\(\s?[\"'][\w.@+-]{1,60}[\"']\s?,\s?[\"'](?P<value>[^\"'\n]{4,200})[\"']", ("login(", "log_in(", "signin(", "sign_in(", "authenticate(", "connect(", "auth(", "password("), is_chosen),
    any_case(SECRETS, "cookie", r"[\"']name[\"']\s?:\s?[\"'][\w.-]{0,40}(?:sess|token|auth|sid|secret|password|passwd|api[_-]?key|jwt)[\w.-]{0,20}[\"']\s?,\s{0,8}[\"']value[\"']\s?:\s?[\"'](?P<value>[^\"'\n]{6,4000})[\"']", ("value\"", "value'"), is_token_or_chosen),
    any_case(SECRETS, "password", rf"(?:{LOCK_WORDS}|pass|secret|token|key)\w{{0,12}}[\"']?\s?(?:=>|:|=)\s?(?:\w{{2,20}}\.){{0,2}}\w{{2,20}}\([\"'][\w.-]{{1,60}}[\"']\s?,\s?[\"'](?P<value>[^\"'\n]{{4,400}})[\"']", ("(\"", "('"), is_token_or_chosen),
    any_case(SECRETS, "cookie", r"connect\.sid[\"']?\s?[:=]\s?[\"']?(?P<value>[^\s;\"'<>]{16,400})", ("connect.sid",), _is_token),
    any_case(SECRETS, "key", r"(?<=\s)-[kt]\s{1,3}[\"']?(?P<value>[\w+/=.-]{24,400})(?![\w/:.])", (" -k", " -t"), lambda v: is_random(v) or bool(re.fullmatch(r"[0-9a-f]{32,64}", v))),
    any_case(SECRETS, "key", r"(?<![\w-])(?:login|auth|authenticate|relogin)\s(?:--?[\w-]{1,20}[= ]){0,2}[\"']?(?P<value>[\w+/=.-]{24,400})(?![\w/:.-])", ("login", "auth"), lambda v: is_random(v) or bool(re.fullmatch(r"[0-9a-f]{32,64}", v))),
    any_case(SECRETS, "key", r"(?<![\w-])(?:x-[\w-]{2,30}-session|x-session-(?:id|token))[\"']?\s?[:=]\s?[\"']?(?P<value>[\w-]{16,200})", ("session",), lambda v: _is_token(v) or bool(_HEX_ID.match(v))),
    any_case(SECRETS, "key", r"(?<![\w-])(?!(?:continuation|cancell?ation|page|paging|sync|request|idempotency|correlation|device|push|cursor|fencing|partition|primary|sort|row|cache|foreign|tracking|message|next|resume|delete|sequence)\b)(?:[\w.]{2,24}[ _-])?(?:(?:api|auth|access|service|deploy|private|secret|licen[cs]e|ingest\w{0,4}|source|security|rest|account|app|bot|user|personal|write|master|admin|routing|integration)[ _-]?(?:key|token|secret)|token|secret|apikey)(?:\s?[:=]|\sis|\swas)?\s{1,3}[(\"'`]{0,2}(?P<value>[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})(?![\w-])", ("key", "token", "secret")),
    any_case(SECRETS, "pin", r"(?<![a-z])(?:pin|otp|passcode|mfa|2fa|totp)(?:[_-]?(?:code|number))?[\"']?\s{0,5}(?:[:=>]|=>)\s{0,5}[\"']?(?P<value>\d{4,8})(?![\w.,:/-]\d|\d)", ("pin", "otp", "passcode", "mfa", "2fa"), _is_pin),
    any_case(SECRETS, "secret", r"(?<![a-z])(?:totp|otp|mfa|2fa|authenticator)[\w.-]{0,12}?(?:secret|seed|key)[\"']?\s{0,2}(?:[:=>]|=>)\s{0,2}[\"']?(?P<value>[a-z2-7]{16,128})(?!\w)", ("otp", "mfa", "2fa", "authenticator"), _is_seed),
    # Statements and settings that are no name and value.
    any_case(SECRETS, "password", r"identified\s{1,3}(?:with\s\S{1,60}\s)?(?:by|as)\s{1,3}(?:password\s)?[\"'](?P<value>[^\"'\n]{3,200})[\"']", ("identified",), _is_given),
    any_case(SECRETS, "password", r"password(?:\sfor\s[^\s=]{1,60})?(?:\s?=\s?|\s(?:to\s|as\s)?)(?:n|e|old_password\(|password\()?(?P<q>[\"'])(?P<value>[^\"'\n]{3,200})(?P=q)", ("password",), _is_given),
    any_case(SECRETS, "password", r"(?<![\w-])(?:requirepass|masterauth|auth-pass\s[\w.-]{1,40}|auth-user-pass\s[\w.@-]{1,40}|bindpw|rootpw|rootbindpw|ldap_bind_pw|wpa_passphrase|psk|sasl_passwd)[ \t]{1,4}[\"']?(?P<value>[^\s\"']{4,200})", ("requirepass", "masterauth", "auth-pass", "auth-user-pass", "bindpw", "rootpw", "bind_pw", "wpa_pass", "psk", "sasl_passwd"), is_token_or_chosen),
    any_case(SECRETS, "password", r"(?:pre-?shared[ _-]?key|(?<!\w)psk|(?:radius|tacacs\+?)(?:-server)?[^\n]{0,40}?\skey(?:\s\d)?|isakmp\skey(?:\s\d)?|authentication-key\s\d{1,5}\smd5|key-string(?:\s\d)?|\sauth\s(?:md5|sha)\d{0,3}|\spriv\s(?:3?des|aes)(?:\s\d{3})?|privilege\s\d{1,2}\s(?:secret|password)(?:\s\d)?|rootpw(?:\s--\w{2,12})?|neighbor\s\S{1,60}\spassword(?:\s\d)?|bind_?(?:password|pw|secret))(?:\s{0,2}[:=]\s{0,2}|\s{1,4})[\"']?(?P<value>[^\s\"';]{6,200})", ("shared", "psk", "radius", "tacacs", "isakmp", "authentication-key", "key-string", "auth md5", "auth sha", "priv ", "privilege", "rootpw", "neighbor", "bind"), is_token_or_chosen),
    any_case(SECRETS, "password", r"(?<![\w./-])(?!\d{1,80}:)[\w.*-]{1,80}:(?:\d{4,5}|\*):[\w*-]{1,60}:[\w*.@-]{1,60}:(?P<value>[^\s:/]{6,100})(?!\S)", (":5432:", ":*:", ":3306:", ":6432:", ":5433:", ":1433:", ":27017:", ":6379:"), is_token_or_chosen),
    any_case(SECRETS, "password", rf"variable\s{{1,3}}[\"'][\w-]{{0,60}}(?:{LOCK_WORDS}|secret|token|api_?key|_pass|_pwd?)[\w-]{{0,20}}[\"']\s{{0,3}}\{{[^}}]{{0,400}}?default\s{{0,8}}=\s{{0,3}}[\"'](?P<value>[^\"'\n]{{3,400}})[\"']", ("variable",), _is_given),
    any_case(SECRETS, "password", rf"(?:{LOCK_WORDS}|secret|token|key|pass)\w{{0,20}}[\"']?\s{{0,8}}[:=]\s{{0,3}}[\"'](?P<value>[^\"'\n]{{0,200}}[\"']\s{{0,3}}(?:->|=>|→)\s{{0,3}}[\"'][^\"'\n]{{3,400}})[\"']", ("\" ->", "\" =>", "\" →", "' ->", "' =>", "\"->"), _is_given),
    Rule(SECRETS, "token", re.compile(r"AC(?<![A-Za-z0-9]AC)[0-9a-f]{32}\W{1,6}(?P<value>[0-9a-f]{32})(?![A-Za-z0-9])"), ("ac",)),
    any_case(SECRETS, "key", r"\.?dockerconfig(?:json)?[\"']?\s{0,3}[:=]\s{0,3}[\"']?(?P<value>[\w+/=]{40,4000})", ("dockerconfig",), _is_token),
    # Commands.
    Rule(SECRETS, "password", re.compile(rf"(?<=\s)-[pPN][ =]?[\"']?(?P<value>(?<=')[^'\s]{{8,200}}(?=')|(?<=\")[^\"\s]{{8,200}}(?=\")|(?![=-]){_LETTER}{{8,200}})"), (" -p", " -n"), lambda v: is_random(v) or is_strong(v)),
    any_case(SECRETS, "password", r"(?<![\w-])(?:sqlplus|rman|expdp|impdp|sqlldr|exp|imp)\s(?:-\w{1,10}\s){0,3}[\"']?\w{1,40}/(?P<value>[^\s@/\"']{3,200})@", ("sqlplus", "rman", "dp", "sqlldr", "exp", "imp"), _is_given),
    any_case(SECRETS, "password", r"pass(?:word|phrase|wd)?[_-](?:command|cmd)[= ][\"']?(?:echo|printf)\s{1,3}(?:-\w{1,2}\s{1,3})?[\"']?(?P<value>[^\s\"')]{3,200})", ("-command", "_cmd", "-cmd", "_command"), _is_given),
    any_case(SECRETS, "password", r"(?<![\w-])lftp\s[^\n|;]{0,80}?-u\s{1,3}[\"']?[\w.@-]{1,60},(?P<value>[^\s\"',]{3,200})", ("lftp",), _is_given),
    any_case(SECRETS, "password", rf"(?<![\w-])(?:change_password|add_user|authenticate_user|net\s{{1,3}}user|reset-password|set-?passw(?:ord|d)|set_?user_?password|adduser|useradd)\s{{1,3}}[\w.@\\-]{{1,60}}\s{{1,3}}[\"']?(?![/-]){_ARGUMENT}", ("change_password", "add_user", "authenticate_user", "net", "reset-pass", "pass", "adduser", "useradd"), is_chosen),
    any_case(SECRETS, "password", r"chpasswd\s{0,3}<<<\s{0,3}[\"']?[\w.-]{1,60}:(?P<value>[^\s\"']{3,200})", ("chpasswd",), _is_given),
    any_case(SECRETS, "password", r"(?<![\w-])send(?:_user)?\s{1,3}(?:--\s)?[\"'](?P<value>[^\"'\s\\]{4,200})\\[rn]", ("send",), is_chosen),
    any_case(SECRETS, "password", rf"(?<![\w-])(?:smbclient|rpcclient|smbmap|net|winexe|wmic|mount\.cifs)\s[^\n|;]{{0,120}}?-u\s{{0,3}}[\"']?[\w.\\/@-]{{1,60}}%(?P<value>{_LETTER}{{3,200}})", ("%",), _is_given),
    any_case(SECRETS, "password", r"(?<![\w-])snmp\w{2,10}\s[^\n|;]{0,80}?(?<=\s)-(?:c|a|x)\s{0,3}[\"']?(?P<value>[^\s\"'|;&-]{4,64})", ("snmp",), lambda v: _is_given(v) and v.casefold() not in _PROTOCOLS),
    any_case(SECRETS, "secret", rf"(?<![\w-])--(?:secret-string|secret-value|from-literal[= ][\w.-]{{1,60}}|admin-password|data-value|body-value)[= ]{{1,3}}[\"']?(?P<value>(?<=')[^'\s{{}}]{{4,4000}}(?=')|(?<=\")[^\"\s{{}}]{{4,4000}}(?=\")|(?:(?!\{{){_LETTER}){{4,4000}})", ("--",), lambda v: _is_given(v) and (_is_token(v) or is_chosen(v))),
    any_case(SECRETS, "password", r"pass(?:word|phrase|wd)?(?:-file|-fd)?[= ]<\(\s?(?:echo|printf)\s{1,3}(?:-\w{1,2}\s{1,3})?[\"']?(?P<value>[^\s\"')]{3,200})", ("<(",), _is_given),
    any_case(SECRETS, "password", rf"(?<![\w-])(?:psexec\w{{0,4}}|winexe|wmic|winrs|schtasks|cmdkey)\s[^\n|;]{{0,120}}?(?<=\s)[-/](?:p|pass|password|rp)[:\s]\s{{0,3}}[\"']?{_ARGUMENT}", ("psexec", "winexe", "wmic", "winrs", "schtasks", "cmdkey"), _is_given),
    any_case(SECRETS, "password", rf"(?<!\w)net\s{{1,3}}use\s[^\n|;]{{0,120}}?/user:\S{{1,60}}\s{{1,3}}[\"']?(?!/){_ARGUMENT}", ("/user:",), _is_given),
    any_case(SECRETS, "password", r"(?<!\w)snmp[\w-]{0,10}\s(?:[\w-]{1,12}\s){0,3}?community(?:\sstring)?(?:\s?[:=]|\sis)?\s{0,3}[\"'`]?(?P<value>[^\s\"'`]{4,64})", ("community",), lambda v: _is_given(v) and not _is_prose(v)),
    any_case(SECRETS, "password", r"(?<!\w)(?:enable|username\s\S{1,40})\s(?:secret|password)\s\d\s(?P<value>\S{4,200})", ("secret", "password"), _is_given),
    any_case(SECRETS, "password", rf"-(?<![\w-].)-?(?:[\w-]{{0,30}}(?:password|passwd|passphrase|passwort|pass|pwd|secret|token|api-?key|account-key|access-key|secret-key|auth-key|sharedkey|client-secret))(?:[= ]{{1,3}}|\s\\\n\s{{0,8}})[\"']?(?P<value>{_QUOTED_WHOLE}|{_LETTER}{{3,4000}})", (*_PASSWORD_HINTS, "secret", "token", "key"), lambda v: _is_given(v) and not v.startswith("-")),
    Rule(SECRETS, "password", re.compile(r"(?<![\w-])(?:-u|--user|--proxy-user|-U|-a(?=\s))[= ]{0,3}[\"']?[\w.@+%${}-]{1,80}:(?!//)(?P<value>[^\s\"'<>|]{3,400})"), ("-u", "--user", "--proxy-user", "-a "), lambda v: _is_given(v) and not re.fullmatch(r"[\d.:/]+", v)),
    Rule(SECRETS, "key", re.compile(r"(?<![\w-])(?:-u|--user)[= ]{0,3}[\"']?(?P<value>[\w+/=.-]{20,200}):[\"']?(?=\s|$)"), ("-u", "--user"), _is_token),
    any_case(SECRETS, "password", rf"(?<![\w-])(?:mysql\w{{0,10}}|mariadb[\w-]{{0,10}}|mydumper|xtrabackup)\s[^\n|;]{{0,120}}?(?<=\s)-p[\"']?{_ARGUMENT}", ("-p",), _is_given),
    Rule(SECRETS, "password", re.compile(rf"(?<![\w-])(?:sshpass|twine|docker|podman|helm|skopeo|mongo\w{{0,8}}|mosquitto_\w{{3}}|sqlcmd|az|oc|cf|smbclient|ipmitool|xfreerdp|rdesktop|7z|unzip|zip)\s[^\n|;]{{0,160}}?(?<=\s)-[pP]\s{{0,3}}[\"']?{_ARGUMENT}"), ("-p",), lambda v: _is_given(v) and not re.fullmatch(r"[\d:./]+|\w+:\w+|(?:in|out)", v)),
    any_case(SECRETS, "password", rf"(?<![\w-])(?:redis-cli|valkey-cli|redis-benchmark)\s[^\n|;]{{0,120}}?(?<=\s)(?:-a|--pass)\s{{1,3}}[\"']?{_ARGUMENT}", ("-cli", "redis-b"), _is_given),
    any_case(SECRETS, "password", rf"(?<![\w-])(?:ldap\w{{3,10}}|kinit|net\suse|snmp\w{{3,8}}|nxc|crackmapexec)\s[^\n|;]{{0,160}}?(?<=\s)-[wA]\s{{1,3}}[\"']?{_ARGUMENT}", (" -w", " -a"), _is_given),
    any_case(SECRETS, "password", rf"(?<![\w-])openssl\s[^\n|]{{0,120}}?(?<=\s)(?:-k\s{{1,3}}|-pass(?:in|out)?\s{{1,3}}pass:)[\"']?{_ARGUMENT}", ("openssl",), _is_given),
    any_case(SECRETS, "password", rf"(?<![\w-])htpasswd\s{{1,3}}(?:-\w{{1,6}}\s{{1,3}}){{1,4}}[\w./-]{{1,80}}\s{{1,3}}[\w.@-]{{1,60}}\s{{1,3}}[\"']?{_ARGUMENT}", ("htpasswd",), _is_given),
    any_case(SECRETS, "password", r"(?<![\w-])(?:echo|printf)\s{1,3}(?:-\w{1,2}\s{1,3})?[\"']?(?P<value>[^\s\"'|;&]{4,400})[\"']?\s{0,3}\|\s{0,3}(?:sudo|kinit|passwd|chpasswd|docker\slogin|gh\sauth|podman\slogin|cryptsetup|base64|vault|gpg|su)(?!\w)", ("|",), lambda v: is_chosen(v) and not _decodes_to_words(v)),
    any_case(SECRETS, "token", r"(?<![\w-])(?:vault\slogin|doctl\sauth\sinit\s-t|flyctl\sauth\stoken|heroku\sauth:token|sentry-cli\slogin\s--auth-token|aws\sconfigure\sset\s\w{1,40})\s{1,3}[\"']?(?P<value>[\w+/=.-]{12,400})", ("vault login", "doctl", "flyctl", "heroku", "sentry-cli", "aws configure"), _is_token),
)  # fmt: skip

_CODES: Final = r"(?=[a-z-]{0,30}\d)[a-z0-9]{4,8}(?:-[a-z0-9]{4,8}){1,7}(?![\w-])"
_WORDS_OF_A_SEED: Final = r"[a-z]{3,12}(?:[ -][a-z]{3,12})"

# What people say is one, in a sentence; a table's row or a page's source is none.
SAID: Final[tuple[Rule, ...]] = (
    any_case(SECRETS, "pin", r"(?<!error )(?<!status )(?<!exit )(?<!http )(?<!zip )(?<!postal )(?<!country )(?<!area )(?<!promo )(?<!reason )(?<!response )(?<!return )(?<!result )(?<!\w)(?:code|otp|pin)\s(?P<value>\d{4,8})(?=\s[^\n]{0,30}?(?:(?<!\w)sms|text\smessage|authenticator|2fa|mfa|one-time|e-?mailed|login\s(?:code|screen|page)))", ("sms", "text message", "authenticator", "2fa", "mfa", "one-time", "mailed", "login"), _is_pin),
    any_case(SECRETS, "secret", r"(?<!\w)(?:recovery|backup|rescue|scratch|emergency)\scodes?(?:\s?[:=]|\s(?:is|are|were))?\s{1,4}[\"'`]?(?P<value>\d{6,10}(?:[,;\s]{1,3}\d{6,10}){0,15})(?!\d)", ("code",)),
    any_case(SECRETS, "key", r"(?<![\w-])(?:integration|routing|dd|datadog|twilio|algolia|mailgun|rollbar|bugsnag|mixpanel|amplitude|pagerduty|pingdom|cloudflare|airbrake|raygun)(?:\s?[:=])?\s[\"'`(]?(?P<value>[0-9a-f]{32,40})(?!\w)", ("integration", "routing", "dd", "datadog", "twilio", "algolia", "mailgun", "rollbar", "bugsnag", "mixpanel", "amplitude", "pagerduty", "pingdom", "cloudflare", "airbrake", "raygun")),
    any_case(SECRETS, "password", rf"(?:_pw|_pwd|_pass|_password|_secret)\s{{1,4}}{_SAID}", ("_pw", "_pass", "_secret"), is_chosen),
    any_case(SECRETS, "password", r"(?<!\w)p(?:w|ass)?\s?[:=]\s?[\"'`]?(?P<value>[^\s\"'`“”<>,;]{4,200})[\s,;]{1,3}u(?:ser|sr)?\s?[:=]\s?\w", (" u:", " user:", " u=", " user="), is_chosen),
    any_case(SECRETS, "secret", r"(?<![\w-])(?:code\ssecret|geheim(?:nis|code|zahl)?|geheimer\s\w{3,12}|segreto|secreto|codice\ssegreto)(?:\s?[:=]|\s(?:ist|est|es|è))\s{1,3}[\"'`]?(?P<value>[^\s\"'`<>]{4,400})", ("code secret", "geheim", "segreto", "secreto"), lambda v: is_chosen(v) or v.isdigit()),
    any_case(SECRETS, "key", r"(?<![\w./:=-])(?P<value>[0-9a-f]{32,64}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})[)\"'`]?\s(?:is\s|was\s|as\s)?(?:the\s|our\s|a\s|an\s)?(?:[\w-]{2,16}\s)?(?:api[ -]?key|api\stoken|access\s(?:key|token)|auth(?:ori[sz]ation)?(?:\s(?:token|key))?|app\skey|(?:integration|routing|service|license|licence|ingest\w{0,4})\skey|secret)(?!\w)", ("api", "access", "auth", "app key", "key", "secret"), lambda v: bool(re.search(r"[a-f]", v))),
    any_case(SECRETS, "token", r"robot\$[\w.+-]{1,40}[\s:/]{1,3}[\"'`]?(?P<value>[\w+/=.~-]{16,400})", ("robot$",), _is_token),
    any_case(SECRETS, "token", r"(?:token|key|secret)(?:\s?[:=]|\sis)?\s{1,3}[\"'`]?(?P<value>[a-z0-9]{6,24}:[\w+/=]{24,200})(?![\w:])", ("token", "key", "secret"), _is_token),
    any_case(SECRETS, "pin", r"(?<![\w-])(?:code|pin|otp|passcode)\s?\?[\s\"'”>]{1,4}(?:\w{2,20}:\s)?[\"'“]?(?:yes|sure|yeah|it['’]?s|it\sis|ok|okay|ja|oui|s[íi])?[,.]?\s?[\"'“]?(?P<value>\d{3}[ -]?\d{1,5})(?![\d.,:])", ("?",), _is_pin),
    any_case(SECRETS, "password", r"(?<!\w)(?:wlan|wi-?fi|wpa[23]?|wireless|hotspot|(?:guest|office)\s(?:wifi|network|wlan))[ -]?(?:key|code|pass|pw|psk|schl[üu]ssel)?(?:\s?[:=]|\sis|\sist)\s{1,3}[\"'`]?(?P<value>[^\s\"'`<>]{6,100})", ("wlan", "wifi", "wi-fi", "wpa", "wireless", "hotspot", "network"), is_marked),
    any_case(SECRETS, "password", r"(?<!\w)(?:wlan|wi-?fi|wpa[23]?|wireless|network)[ -](?:key|code|pass|pw|psk|schl[üu]ssel)(?:\s?[:=]|\sis|\sist)\s{1,3}[\"'`]?(?P<value>[^\s\"'`<>]{6,100})", ("wlan", "wifi", "wi-fi", "wpa", "wireless", "network"), is_chosen),
    any_case(SECRETS, "password", r"(?:guest\swi-?fi|guest\swlan|gäste-?wlan)(?:\s?[:=]|\sis|\sist)\s{1,3}[\"'`]?(?P<value>[^\s\"'`<>]{6,100})", ("guest", "wlan"), is_chosen),
    any_case(SECRETS, "password", r"(?<![\w-])(?:ssh|sftp|scp|rdp|telnet|psql|mysql|vpn|log\s?in|sign\s?in)\s(?:to\s|into\s|as\s){0,2}\S{1,60}\s(?:with|using|via|w/)\s(?:the\s|pass(?:word)?\s|pw\s){0,2}[\"'`]?(?P<value>[^\s\"'`<>]{6,100})", ("ssh", "sftp", "scp", "rdp", "telnet", "psql", "mysql", "vpn", "log", "sign"), is_marked),
    any_case(SECRETS, "password", rf"(?:{LOCK_WORDS}|pw|pin|token|secret)[^\n]{{0,40}}?\s(?:from|was|von|de|:)\s[\"'`]?(?P<value>[^\s\"'`<>]{{5,100}}[\"'`]?\s(?:to|->|→|=>|auf|à|a)\s[\"'`]?[^\s\"'`<>]{{5,100}})", (" to ", " ->", " →", " =>", " auf ", " à ", " a "), lambda v: any(is_chosen(part) for part in re.split(r"[\"'`]?\s\S+\s[\"'`]?", v))),
    Rule(SECRETS, "secret", re.compile(r"(?<![\w-])(?P<value>[A-Z2-7]{4}(?:[ -][A-Z2-7]{4}){3,15})(?![\w-])"), ("totp", "2fa", "mfa", "authenticator", "setup key", "secret key", "seed"), _is_seed),
    any_case(SECRETS, "token", rf"(?<![\w-])(?:api|cl[ée]|clave|chiave|chave|n[øy]kkel|nyckel|avain|schl[üu]ssel\w{{0,4}}|jeton|ключ\w{{0,2}}|токен\w{{0,2}}|令牌|密钥|密鑰|秘密鍵|トークン|api\s?キー|アクセスキー|토큰|키)(?:[ -](?:api|key|schl[üu]ssel|token|n[øy]kkel|nyckel|de|d['’]|da|do|del|secr[eè]te?|privada|priv[ée]e))*{_WORDS}{_SAYS}[\"'`“«]{{0,2}}(?P<value>[\w+/=.~%-]{{16,4000}})", ("api", "cl", "chiave", "chave", "kkel", "nyckel", "avain", "schl", "jeton", "ключ", "токен", "令牌", "密钥", "密鑰", "秘密鍵", "トークン", "キー", "토큰", "키"), _is_token),
    any_case(SECRETS, "token", r"(?<![\w-])(?:(?:deploy|api|access|registry|robot|pull|push|bot)[ _-](?:token|account|key|user|secret)|robot|service account)s?\s{1,3}[\"'`]?[\w.@+$-]{2,60}[\"'`]?\s?(?:/|:|,|\||with|=>|->)\s?[\"'`]?(?P<value>[\w+/=.~-]{16,400})", ("token", "account", "key", "user", "secret", "robot"), _is_token),
    any_case(SECRETS, "password", rf"(?:{LOCK_WORDS}|pw|login|creds?|credentials?|pin|token)[^\n?]{{0,40}}\?[\s\"'”>:*_-]{{1,8}}(?:it['’]?s\s|is\s|try\s|yes,?\s){{0,2}}[\"'“`]?(?P<value>[^\s\"'`“”<>]{{6,100}})", ("?",), is_marked),
    any_case(SECRETS, "pin", r"(?<![\w-])(?:codes?|combination|combo|pin)\s(?:for|to|of|on|zur|zum|für|pour|de|del|para)\s(?:the\s|our\s|my\s|die\s|den\s|das\s|la\s|le\s|el\s){0,2}(?:front\s|back\s|main\s|server\s|side\s)?(?:door|gate|safe|vault|cage|rack|cabinet|alarm|lock|locker|room|building|datacent\w{2}|lockbox|garage|keypad|t[üu]r|tresor|porte|coffre|puerta|caja)\w{0,12}(?:\s?[:=]|\sis|\sist|\sest|\ses|['’]s)?\s{1,3}(?P<value>\d{3}[ -]?\d{1,5})(?![\d.,:])", ("code", "comb", "pin"), _is_pin),
    any_case(SECRETS, "pin", r"(?<![\w-])(?:(?:break[ -]?glass|emergency|master|duress|disarm|override|admin|einmal|best[äa]tigungs|sicherheits|freischalt|zugangs|t[üu]r|tresor|access|login|verification|security|vault|unlock)(?:\s|-)?(?:code|pin|passcode|kode)|c[óo]digo(?:\sde\s\w{3,14})?|code\s(?:de\s|d['’])\w{3,14}|codice(?:\sdi\s\w{3,14})?|(?:engangs|bekreftelses|bekr[æa]ftelses)\w{0,4}[kc]ode\w{0,2}|(?:認証|確認)コード|验证码|驗證碼|인증번호|код\w{0,2}|pin-?kode|pin-?kod|暗証番号)(?:\s?(?:[:=]|は|是|为)|\s(?:is|was|ist|lautet|est|es|è|é|er|är)(?:\s(?:now|still|jetzt))?|['’]s)?\s{0,3}[\"'`*(]{0,2}(?P<value>\d{3}[ -]?\d{1,5})(?![\w.,:/]\d|\d|\s?(?:%|ms|min|sec|times|users|errors|orders))", ("code", "kode", "pin", "digo", "codice", "コード", "验证码", "驗證碼", "인증번호", "код", "暗証番号", "kod"), _is_pin),
    any_case(SECRETS, "password", r"(?<!\w)(?:use|try|enter|type|with)\s[`\"'“](?P<value>[^\s`\"'“”]{6,100})[`\"'”]\s(?:to|for)\s(?:get\s(?:in|into|on|onto)|log\s?(?:in|on|into)|sign\s?(?:in|on)|connect|access|unlock|open|ssh|decrypt)(?!\w)", ("use", "try", "enter", "type", "with"), is_marked),
    Rule(SECRETS, "password", re.compile(r"(?<![\w-])AUTH\s(?:default\s)?[\"']?(?P<value>[^\s\"'<>]{12,200})"), ("auth",), _is_token),
    any_case(SECRETS, "secret", rf"(?<!\w)(?:recovery|backup|rescue|scratch|emergency|restore)\s(?:phrase\s)?(?:codes?|keys?)(?:\s(?:for|of)\s[\w ]{{2,30}}?)?(?:\s?[:=]|\s(?:is|are))?\s{{1,4}}[\"'`]?(?P<value>{_CODES}(?:[,;\s]{{1,4}}{_CODES}){{0,24}})", ("code", "key")),
    any_case(SECRETS, "passphrase", rf"(?<!\w)pass\s?phrase(?:\sis|\s?[:=])\s{{1,3}}[\"'`“]?(?P<value>{_WORDS_OF_A_SEED}{{3,7}})(?!\w)", ("phrase",)),
    any_case(SECRETS, "seed", rf"(?<!\w)(?:mnemonic|seed|recovery|backup|wallet)(?:\s(?:phrase|words?|seed))?(?:\sis|\s?[:=])\s{{1,3}}[\"'`“]?(?P<value>{_WORDS_OF_A_SEED}{{11,23}})(?!\w)", ("mnemonic", "seed", "recovery", "backup", "wallet")),
    _said(LOCK_WORDS, rf"(?:s|word|et|en|e[rt]?)?{_WORDS}{_SAYS}{_STILL}", is_chosen, "password", _PASSWORD_HINTS),
    _said(_OTHER_LOCK_WORDS, rf"{_WORDS}{_SAYS}{_STILL}", is_chosen, "password", _OTHER_HINTS),
    _said(rf"{LOCK_WORDS}|p/?w|psw|pass", r"(?:\s{0,3}[:=])?(?:[ \t]{4,24}|\s{1,3})", is_chosen, "password", (*_PASSWORD_HINTS, "pw", "p/w")),
    _said(r"p/?w|psw|pswr?d|pwrd|passw|pword|pass|creds?", rf"{_WORDS}{_SAYS}{_STILL}", is_chosen, "password", ("pw", "p/w", "psw", "pword", "pass", "cred")),
    any_case(SECRETS, "password", r"(?<![\w-])(?:creds?|credentials?|zugangsdaten|anmeldedaten|identifiants?|credencial(?:es)?|credenciais|credenziali|inloggegevens|innlogging|inloggning|ログイン|ログイン情報|账号|логин|log(?:in|ged)?(?:\s(?:in|on))?|sign(?:ed)?[ -]in|username|user|admin|root|account|auth)(?![a-z])(?:\s(?:is|are|as|with|to\s\w{2,20}|for\s(?:the\s)?\w{2,20}|now|using)){0,3}\s{0,2}[:=]?\s{0,2}[\"'`]?[\w.@-]{2,40}[\"'`]?(?:\s{0,2}(?:/{1,2}|:|\|)\s{0,2}|\s-\s|\sand\s|\swith\s|\susing\s|,\s)[\"'`]?(?P<value>[^\s\"'`“”<>/]{5,100})", ("cred", "log", "sign", "user", "admin", "root", "account", "auth", "zugang", "anmelde", "identifiant", "inlog", "ログイン", "账号", "логин"), lambda v: is_chosen(v) and not re.match(r"\d+[:/.]", v)),
    any_case(SECRETS, "password", rf"(?<!\S)[\"'`(]?(?P<value>[^\s\"'`()]{{5,100}})[\"'`)]?\s{{1,3}}(?:(?:is|was|as|will be|=)\s|[(–—-]\s?|(?:<-{1,2}|←)\s?(?:that(?:['’]s|\sis)\s|is\s)?)(?:(?:the|our|my|your|a|new|old|current|temporary|temp)\s){{0,3}}(?:[\w-]{{2,16}}\s){{0,2}}?(?:{LOCK_WORDS}|pw|pin|token|api key|secret)(?!\w)", (*_PASSWORD_HINTS, "pw", "pin", "token", "key", "secret"), is_chosen),
    any_case(SECRETS, "password", r"(?<![\w./-])(?:admin|administrator|root|sa|guest|wi-?fi|wlan|vpn)\s{0,2}(?::|\s/\s|/)\s{0,2}[\"'`]?(?P<value>[^\s\"'`“”<>/]{5,100})", ("admin", "root", "sa", "guest", "wi", "wlan", "vpn"), is_marked),
    any_case(SECRETS, "secret", r"(?<![\w-])(?:secret|token|key)\s(?:is|was)(?:\s(?:now|still))?\s[\"'`]?(?P<value>[^\s\"'`“”<>]{8,200})", ("secret", "token", "key"), is_marked),
    any_case(SECRETS, "password", r"(?<![\w-])(?:u|usr|user|username|login|id)\s?[:=]\s?[\w.@-]{1,60}[\s,;]{1,3}(?:p|pw|pass|pwd)\s?[:=]\s?[\"'`]?(?P<value>[^\s\"'`“”<>]{4,200})", ("u:", "u=", "usr", "user", "login", "id:", "id=", "u :", "id :"), is_chosen),
    any_case(SECRETS, "password", rf"name:\s?[\"']?[\w.-]{{0,60}}(?:{LOCK_WORDS}|secret|token|api_?key|_pass|_pwd?)[\"']?\s{{1,12}}value:\s?[\"']?(?P<value>[^\s\"'<>]{{3,4000}})", ("value:",), _is_given),
    any_case(SECRETS, "pin", r"(?<![\w.,:/-])(?P<value>\d{4,8})\s(?:is|as|was|=|<-|\()\s?(?:the\s|my\s|our\s|your\s|new\s|old\s){0,2}(?:[\w-]{2,16}\s)?(?:pin|otp|passcode|2fa|mfa|unlock code|door code|safe code)(?!\w)", ("pin", "otp", "passcode", "2fa", "mfa", "code"), _is_pin),
    any_case(SECRETS, "pin", r"(?<!\w)(?:safe|lock|locker|cabinet|door|gate|alarm)\s(?:combination|combo|code)\s?(?::|=|is|-)?\s{0,2}(?P<value>\d{2}(?:[ -]\d{2}){1,4}|\d{4,8})(?!\d)", ("safe", "lock", "cabinet", "door", "gate", "alarm"), _is_pin),
    any_case(SECRETS, "pin", rf"(?<![\w-])(?:{_PIN_NAMES})(?:\s(?:for|of|to|on|in|from|at)(?:\s(?:the|our|my|your))?(?:\s[\w-]{{2,20}}){{1,2}}){{0,2}}(?:\s\([\w -]{{2,20}}\))?(?:{_SAYS}|\?|\s?[(-])?\s{{0,3}}{_STILL}[\"'`*(]{{0,2}}(?P<value>\d{{3}}[ -]?\d{{1,5}})(?![\w.,:/]\d|\d|\s?(?:%|ms|min|sec|times|of\b|users|errors|orders))", ("pin", "otp", "mfa", "2fa", "code", "tan", "one", "number"), _is_pin),
    any_case(SECRETS, "pin", r"(?<![\w-])(?:one[ -]?time[ -](?:code|password|passcode|pin)|t?otp(?:\scode)?|(?:2fa|mfa|sms|verification|authenticator|confirmation|login|security|access|unlock|recovery)\scode|passcode)\s(?:for|of|to|on|in|from|at|by|via)(?:\s[\w@'’./-]{1,24}){1,8}?(?<!error)(?<!status)(?<!count)(?<!total)(?<!exit)(?<!port)(?<!http)(?<!line)(?<!code)(?:\s?[:=]\s?|\s?(?:->|→)\s?|\s(?:is|was)\s)[\"'`*(]{0,2}(?P<value>\d{3}[ -]?\d{1,5})(?![\w.,:/]\d|\d|\s?(?:%|ms|min|sec|times|of\b|users|errors|orders))", ("one", "otp", "code"), _is_pin),
    any_case(SECRETS, "secret", r"(?<![\w-])(?:unlock|recovery|backup|keystore|safe|alarm)\scodes?(?:\s(?:for|of|to|on)(?:\s(?:the|our|my))?(?:\s[\w-]{2,20}){1,2})?(?:\s{0,3}(?::|=|is|are)\s{0,3})(?P<value>[^\s\"'`<>]{5,100})", ("code",), is_chosen),
    any_case(SECRETS, "key", r"(?:token|key(?<!cache key)(?<!primary key)(?<!foreign key)(?<!partition key)(?<!sort key)(?<!shard key)(?<!object key)(?<!row key)(?<!index key)(?<!idempotency key)(?<!public key)(?<!pubkey)(?<!host key)(?<!websocket-key)(?!\sid)|private\skey\sid|secret|credential|passphrase|seed(?<!\wseed)|pat(?<!\wpat)|signature|cookie|session(?:_?id)?)s?(?:\ssid|_id)?" + _WORDS + r"(?:\s{0,3}(?::|=|->|→|–|—)\s{0,3}|\s{1,3}(?:(?:is|was|are|ist|est|es|set to|seems to be)\s{1,3})?)" + _STILL + r"[(\"'`“*]{0,3}(?P<value>[\w+/=.~%-]{16,4000})", ("token", "key", "secret", "credential", "passphrase", "seed", "pat", "signature", "cookie", "session"), _is_long),
    Rule(SECRETS, "secret", re.compile(r"(?<![\w-])(?:secret|seed|setup key|mfa key|2fa key|totp)(?:\s[\w-]{1,20}){0,6}?[:=\s]{1,4}(?:is\s)?(?P<value>[A-Z2-7]{16,128})(?![\w])"), ("secret", "seed", "key", "totp"), _is_seed),
    any_case(SECRETS, "secret", r"otpauth://[^\s\"'<>]{0,400}?secret=(?P<value>[A-Za-z2-7=]{8,200})", ("otpauth",)),
)  # fmt: skip
RULES: Final = (*WRITTEN, *SAID)


def _is_prose(value: str) -> bool:
    """A word of a sentence, as after `password: it is in the vault`."""
    return bool(re.fullmatch(r"[A-Za-z][a-z'’]{0,14}[.,:;!?]?", value))


def _is_path(value: str) -> bool:
    return bool(re.match(r"[./~]|\w:\\", value)) and not re.search(r"[+=]|\w{24}", value)


def decodes_to_pair(value: str) -> bool:
    """Base64 of a user and a password."""
    return bool(re.fullmatch(r"[\w.@+$-]{1,80}:[!-~]{3,200}", _decoded(value)))


def _decodes_to_words(value: str) -> bool:
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


# Manifests, in which any name may hold a secret

_MANIFEST: Final = re.compile(
    r"kind:\s?[\"']?Secret\b|(?<![^\n])[ \t]{0,12}(?:secrets|credentials|passwords|creds|stringData):[ \t]{0,4}(?=\n)"
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
            if is_token_or_chosen(entry["value"]) and not _is_path(entry["value"]):
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
