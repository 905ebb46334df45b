"""Tokens that tell themselves, by the shapes that their issuers document."""

from __future__ import annotations

import re
from typing import Final

from pmkit.redaction._rule import SECRETS, Rule

# The word for the tag, the pattern, and the literals of which each match has one.
_WRITTEN: Final = (
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
    return Rule(SECRETS, kind, re.compile(whole), hints, is_drawn, is_sure=True)


def is_drawn(value: str) -> bool:
    """`sk_live_xxxxxxxx` stands for a key and is none."""
    return len(set(value[-12:].casefold())) > 3


SHAPES: Final = tuple(_shape(*each) for each in _WRITTEN)
