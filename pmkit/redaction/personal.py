"""What is known of single people: addresses, numbers, dates, by checksums and by what stands before them."""

from __future__ import annotations

import ipaddress
import re
from typing import Final

from pmkit.redaction._rule import Rule, any_case


def is_card(text: str) -> bool:
    """A card number: a length and beginning that an issuer uses, and Luhn's checksum."""
    digits = re.sub(r"\D", "", text)
    issued = re.fullmatch(
        r"4\d{12}(?:\d{3}){0,2}|5[1-5]\d{14}|220[0-4]\d{12,15}|2(?:2[2-9]|[3-6]\d|7[01])\d{13}|2720\d{12}|3[47]\d{13}|"
        r"6(?:011|5\d\d|4[4-9]\d)\d{12}|35(?:2[89]|[3-8]\d)\d{12}|3(?:0[0-5]|[689]\d)\d{11}|62\d{14,17}|"
        r"(?:50|5[6-9]|6[0-9])\d{14,17}",
        digits,
    )
    return bool(issued) and len(set(digits)) > 1 and _luhn(digits)


def _luhn(digits: str) -> bool:
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


# How long an IBAN is, by country (the registry that SWIFT keeps).
_IBAN_LENGTHS: Final = {
    country: length
    for length, countries in {
        15: "NO", 16: "BE", 18: "DK FI FO GL NL SD", 19: "MK SI", 20: "AT BA EE KZ LT LU MN XK",
        21: "CH HR LI LV", 22: "BG BH CR DE GB GE IE ME RS VA", 23: "AE GI IL IQ OM SO TL",
        24: "AD CZ ES MD PK RO SA SE SK TN VG", 25: "LY PT ST", 26: "IS TR", 27: "BI DJ FR GR IT MC MR SM",
        28: "AL AZ BY CY DO GT HU LB NI PL SV", 29: "BR EG PS QA UA", 30: "JO KW MU YE", 31: "MT SC",
        32: "LC", 33: "RU",
    }.items()
    for country in countries.split()
}  # fmt: skip


def _like_iban() -> str:
    """As an IBAN is written, in one or in groups of four: a country, and as many letters as it has there."""
    by_length: dict[int, list[str]] = {}
    for country, length in _IBAN_LENGTHS.items():
        by_length.setdefault(length, []).append(country)
    each = [
        rf"(?i:{'|'.join(countries)})\d\d(?:[ -]?[A-Za-z0-9]{{4}}){{{length // 4 - 1}}}"
        + (rf"[ -]?[A-Za-z0-9]{{{length % 4}}}" if length % 4 else "")
        for length, countries in by_length.items()
    ]
    return rf"(?<![A-Za-z0-9])(?=[A-Za-z]{{2}}\d\d)(?:{'|'.join(each)})(?![A-Za-z0-9])"


LIKE_IBAN: Final = re.compile(_like_iban())


def _is_iban(text: str) -> bool:
    plain = re.sub(r"[ -]", "", text).upper()
    return int("".join(str(int(letter, 36)) for letter in plain[4:] + plain[:4])) % 97 == 1


def _is_public(text: str) -> bool:
    """An address of the open network, or one that documentation uses for such."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    if address.version == 4:
        # Four single digits are a version far more often than somebody's address.
        if len(text) < 9 and all(len(part) < 2 for part in text.split(".")):
            return False
        return not any(address in network for network in _OWN_4)
    return not any(address in network for network in _OWN_6) and len(text) > 5


_OWN_4: Final = [
    ipaddress.ip_network(name)
    for name in ("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
                 "192.168.0.0/16", "224.0.0.0/3")
]  # fmt: skip
_OWN_6: Final = [ipaddress.ip_network(name) for name in ("::/127", "fc00::/7", "fe80::/10", "ff00::/8")]


# What systemd runs is called so: `worker@9.service`.
_UNITS: Final = frozenset(
    ["service", "socket", "timer", "target", "mount", "automount", "slice", "scope", "path", "device", "swap"]
)


def _is_address(text: str) -> bool:
    """Somebody's, and neither a repository's nor that of a message."""
    local, _, domain = text.rpartition("@")
    if "://" in text or text.casefold().startswith("git@") or domain.rpartition(".")[2] in _UNITS:
        return False
    return not (len(local) >= 16 and domain.endswith((".internal", ".local")) and re.search(r"\d", local))


def _is_phone(text: str) -> bool:
    digits = re.sub(r"\D", "", text)
    return 7 <= len(digits) <= 15 and len(set(digits)) > 2


def _is_nhs(text: str) -> bool:
    digits = re.sub(r"\D", "", text)
    check = 11 - sum(int(digit) * (10 - place) for place, digit in enumerate(digits[:9])) % 11
    return len(digits) == 10 and int(digits[9]) == check % 11 and len(set(digits)) > 2


def _is_fnr(text: str) -> bool:
    """A Norwegian national identity number, by both of its check digits."""
    digits = [int(letter) for letter in text if letter.isdigit()]
    if len(digits) != 11:
        return False
    first = (3, 7, 6, 1, 8, 9, 4, 5, 2, 1)
    second = (5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1)
    sums = [sum(a * b for a, b in zip(weights, digits, strict=False)) % 11 for weights in (first, second)]
    return sums == [0, 0] and digits[0] < 8


def _is_personnummer(text: str) -> bool:
    digits = re.sub(r"\D", "", text)[-10:]
    month, day = int(digits[2:4]), int(digits[4:6])
    return 1 <= month <= 12 and (1 <= day <= 31 or 61 <= day <= 91) and _luhn(digits)


def _is_dni(text: str) -> bool:
    number = (
        text.upper().replace("X", "0").replace("Y", "1").replace("Z", "2") if text[0] in "XYZxyz" else text
    )
    digits = re.sub(r"\D", "", number)
    return "TRWAGMYFPDXBNJZSQVHLCKE"[int(digits) % 23] == text[-1].upper()


def _is_hetu(text: str) -> bool:
    """A Finnish identity code, by its check letter."""
    return "0123456789ABCDEFHJKLMNPRSTUVWXY"[int(text[:6] + text[7:10]) % 31] == text[10]


def _is_insee(text: str) -> bool:
    """A French social security number, by its key; Corsica's departments count as 19 and 18."""
    plain = text.replace(" ", "").replace("2A", "19").replace("2B", "18")
    return int(plain[-2:]) == 97 - int(plain[:-2]) % 97


def _is_track(text: str) -> bool:
    return is_card(text.partition("=")[0])


_IS: Final = (
    r"(?:\s{0,5}(?:=>|->|→|\*{0,2}[:=#|—–>は是]\*{0,2}|%3D|\s-\s)|['’]s|"
    r"\s{1,3}(?:is|was|are|ist|lautet|er|es|est|är|reads|shows|of|value|seems|appears|still|now)"
    r"(?:\s(?:now|still|set\sto|to\sbe))?)?"
    r"(?:\s?[|>][+-]?\n)?\s{0,12}[\"'`“„\\(\[<*]{0,4}"
)
# Policies of machines have numbers too.
_MACHINE_POLICIES: Final = (
    "firewall", "network", "routing", "security", "access", "password", "retention", "backup", "lifecycle", "cache",
    "escalation", "iam",
)  # fmt: skip
_NO_INSURANCE: Final = "".join(f"(?<!{word} )" for word in _MACHINE_POLICIES)
_NUMBER_OF: Final = r"(?:[ _-]?(?:numbers?|numre|nummer|num|no\.?|nr\.?|n°|#|id|code))?"
_MONTHS: Final = r"(?:jan|feb|m[aä]r|apr|ma[iy]|jun|jul|aug|sep|o[ck]t|nov|de[cz])[a-zé]{0,7}\.?"
_DATE: Final = (
    rf"(?:\d{{4}}[-/.]\d{{1,2}}[-/.]\d{{1,2}}|\d{{1,2}}[-/.]\s?\d{{1,2}}[-/.]\s?\d{{2,4}}|(?:19|20)\d{{6}}|"
    rf"\d{{1,2}}(?:st|nd|rd|th|\.)?[\s-]{{1,2}}(?:of\s)?{_MONTHS},?[\s-]{{1,2}}\d{{2,4}}|"
    rf"{_MONTHS}\s\d{{1,2}}(?:st|nd|rd|th)?,?\s\d{{4}}|"
    r"\d{1,2}\.?[\s-](?:de\s)?[^\W\d_]{3,10}\.?,?[\s-](?:de\s)?(?:19|20)\d\d|(?:19|20)\d\d\s?[年년]\s?\d{1,2}\s?[月월]\s?\d{1,2}\s?[日일]?)"
)
_BORN: Final = (
    r"d\.?\s?o\.?\s?b\.?|(?:pt|patient|customer|member|user|subscriber)_?dob|date[ _-]?of[ _-]?birth|(?:day|year)\sof\sbirth|birth[ _-]?(?:date|day|dt)|bday|"
    r"born(?:\son(?:\sthe)?|\sin)?|geb(?:oren|urtsdatum|urtstag|oortedatum|\.-?dat(?:um|\.)?|\.)?(?:\s(?:am|op))?|f[øoö]dd?t?|f[øoö]dselsdato|f[øo]dselsdag|f[öo]delsedatum|"
    r"n[ée](?:e|\(e\))?\sle|date\sde\snaissance|naissance|fecha\s(?:de\s)?nac(?:imiento|\.)?|nacid[oa](?:\sel)?|data\sde\snascimento|nascid[oa](?:\sem)?|"
    r"nat[oa]\sil|data\sdi\snascita|urodzon[ya]|data\surodzenia|ur\.|syntynyt|syntym[äa]aika|дата\sрождения|родил(?:ся|ась)|"
    r"生年月日|誕生日|出生日期|生日|생년월일"
)
_BORN_HINTS: Final = (
    "dob", "d.o.b", "d o b", "birth", "bday", "born", "geb", "dt", "dselsda", "delsedatum", "född", "naissance", "nac", "nascim",
    "nascid", "nato", "nata", "nascita", "urodz", "ur.", "synty", "рожд", "родил", "le ", "生年月日", "誕生日", "出生", "生日", "생년",
)  # fmt: skip
_ANY_ID: Final = r"(?P<value>(?:(?=[\w/-]{0,20}\d)|(?<=[\s:=])(?=[A-Za-z]{2} \d))[A-Za-z]{0,6}[ -]?\d[\w/-]{0,18}(?:[ -]\d{1,6}){0,7}(?: ?[A-Za-z])?(?![\w]))"
_CAPITAL: Final = "[A-ZÀ-ÖØ-ÞĀĂĄĆČĎĐĒĘĚĞĪİĶĹĻĽŁŃŅŇŌŐŔŘŚŞŠŢŤŪŮŰŹŻŽȘȚ]"
_CALLED: Final = (
    rf"{_CAPITAL}[\w'’-]{{1,30}}\.?(?:\s(?:(?:van|von|de|del|der|la|le|di|da|dos|bin|al|ten|ter)\s){{0,2}}"
    rf"{_CAPITAL}[\w'’-]{{1,30}}){{1,3}}"
)
_NO_SURNAME: Final = re.compile(
    r"\b(?:Portal|Data|Records?|Service|Services|Safety|Care|Admin|API|App|Database|System|Systems|Team|Flow|"
    r"Journey|Access|List|Index|Queue|Search|Registry|Administration|Centre|Center|Experience|Support|"
    r"Engagement|Monitoring|Number|Id|ID|Name|Identifier|Was|Is|The|Has|Had|Checkout|Platform|Login|Session|"
    r"Account|Accounts|Dashboard|Payments?|Orders?|Success|Management|Profile|Settings|Group|Desk|Journal|Master|"
    r"Gateway|Server|Store|Event|Events|Error|Errors|Page|Web|Mobile|Cloud|Bank|Onboarding|Relations|Operations|Ops)\b"
)

_NO_PROFILE: Final = {
    "sharer",
    "share",
    "intent",
    "home",
    "search",
    "hashtag",
    "pages",
    "groups",
    "privacy",
    "help",
}
# What follows a street: a town with its code before or behind it.
_TOWN: Final = (
    rf"(?:,?\s(?:(?:\d{{3}}\s?\d{{2}}|\d{{4,5}}|\d{{2}}-\d{{3}})\s{_CAPITAL}[\w’'-]{{1,30}}(?:\s{_CAPITAL}[\w’'-]{{1,30}}){{0,2}}"
    rf"|(?:{_CAPITAL}[\w’'.-]{{1,24}},?\s){{1,3}}(?:[A-Z]{{2,3}}\s)?(?:\d{{4,5}}(?:-\d{{4}})?|[A-Z]{{1,2}}\d[A-Z\d]?\s?\d[A-Z]{{2}})(?!\w)))?"
)

RULES: Final[tuple[Rule, ...]] = (
    Rule("e-mail addresses", "e-mail address", re.compile(r"(?<![\w.+%/-])(?!git@)(?P<value>[\w.!#$%&'*+/=?^`{|}~-]{0,63}[\w+-](?:@|%(?:25){0,3}40|\\u0040|&#64;|&#x40;|&commat;)(?:[\w-]{1,63}\.){1,5}[A-Za-z]{2,24})(?![A-Za-z0-9_@])"), ("@", "%40", "2540", "u0040", "&#64;", "&#x40;", "&commat;"), _is_address),
    any_case("e-mail addresses", "e-mail address", r"(?<![\w.+-])[\w.+-]{1,64}(?:\s{0,2}[\[({<]\s?(?:dot|\.)\s?[\])}>]\s{0,2}[\w+-]{1,40}){0,3}(?:\s{0,2}[\[({<]\s?(?:at|@|ät)\s?[\])}>]\s{0,2})[\w-]{1,63}(?:(?:\s{0,2}[\[({<]\s?(?:dot|\.)\s?[\])}>]\s{0,2}|\.|\sdot\s)[\w-]{2,63}){1,4}(?!\w)", ("at]", "at)", "at}", "at>", "@]", "@)", " at ]", "at )")),
    any_case("e-mail addresses", "e-mail address", r"(?<![\w.+-])[\w.+-]{1,64}(?:\sdot\s[\w+-]{1,40}){0,3}\sat\s[\w-]{1,63}(?:\sdot\s[\w-]{2,63}){1,4}(?!\w)", (" dot ",)),
    # Numbers that name a card, an account, a person.
    Rule("card numbers", "card", re.compile(r"(?<![\d.,/+#-])(?<!\d[ :-])(?:\d{4}(?P<gap>[ .-]?)\d{4}(?P=gap)\d{4}(?P=gap)\d{1,7}|\d{4}(?P<gap2>[ -])\d{6}(?P=gap2)\d{4,5}|\d{13,19})(?![\w]|[.,:]\d)"), (), is_card, is_of_digits=True),
    any_case("card security codes", "security code", rf"(?<!\w)(?:cvv2?|cvc2?|cvn|csc|cid|security\scode|card\sverification\s(?:code|value)|verification\svalue|securitycode|cardcode|pr[üu]fziffer|cryptogramme|codice\sdi\ssicurezza)(?:[\s_-]?(?:code|value|no\.?|number|\#))?[\"']?{_IS}(?P<value>\d{{3,4}})(?!\d|[.,:]\d)", ("cv", "csc", "cid", "security", "cardcode", "verification", "fziffer", "cryptogramme", "sicurezza")),
    Rule("card numbers", "card", re.compile(r";?(?<!\d)\d{13,19}=\d{7,40}\??"), ("=",), _is_track),
    any_case("card security codes", "card expiry", r"(?:(?<!\w)(?:card|pan|cvv2?|cvc2?)(?!\w)[^\n]{0,60}?)(?<![a-z])(?:exp(?:iry|ires|iration)?(?:[ _]?date)?|valid\s(?:thru|until)|g[üu]ltig\sbis)[\"']?(?:\s?[:=])?\s{0,2}[\"']?(?P<value>(?:0[1-9]|1[0-2])\s?[/-]\s?(?:20)?\d{2})(?![\d/-])", ("exp", "valid", "ltig")),
    any_case("card security codes", "card expiry", r"(?<![a-z])(?:exp(?:iry|ires|iration)?(?:[ _]?date)?|valid\s(?:thru|until))[\"']?(?:\s?[:=])?\s{0,2}[\"']?(?P<value>(?:0[1-9]|1[0-2])\s?[/-]\s?(?:20)?\d{2})(?![\d/-])(?=[^\n]{0,30}?(?<!\w)(?:cvv|cvc|card|pan))", ("exp", "valid")),
    any_case("account numbers", "account", r"(?<!\w)(?:account|acct)\s(?P<value>\d{6,12})(?=[^\n]{0,30}?(?:sort|bsb|routing|iban))", ("acc",)),
    any_case("account numbers", "account", r"(?<!\w)(?:clabe|cbu|ifsc)(?:\s?(?:no\.?|number))?(?:\s?[:=#]|\sis)?\s{0,3}(?P<value>\d{16,22})(?!\d)", ("clabe", "cbu", "ifsc")),
    Rule("account numbers", "wallet", re.compile(r"(?<![A-Za-z0-9])(?:bc1[a-z0-9]{25,62}|0x[0-9a-fA-F]{40})(?![A-Za-z0-9])"), ("bc1", "0x")),
    Rule("account numbers", "account", LIKE_IBAN, (), _is_iban, is_of_digits=True),
    any_case("account numbers", "account", rf"(?<![\w])(?:bank\s?(?:account|acct|konto)|account[_ ]?(?:number|no\.?|nr\.?|num)|acct\.?(?:[_ ]?(?:number|no\.?|num|\#))?|a/c(?:\sno\.?)?|konto(?:nummer|nr\.?)?|iban|bsb|routing(?:\snumber)?|aba|compte|cuenta|rekening(?:nummer)?)(?:[\"'])?(?:\s(?:of|for)\s[\w ]{{2,30}}?)?{_IS}(?P<value>[A-Z]{{0,2}}\d[\d -]{{4,24}}\d)(?!\d)", ("acc", "a/c", "konto", "iban", "bsb", "routing", "aba", "compte", "cuenta", "rekening")),
    any_case("account numbers", "sort code", rf"(?<!\w)sort(?:[ _-]?code)?{_IS}(?P<value>\d{{2}}[- ]?\d{{2}}[- ]?\d{{2}})(?!\d)", ("sort",)),
    Rule("national ids", "national id", re.compile(r"(?<![\w-])\d{3}-\d{2}-\d{4}(?![\w-])"), ("-",)),
    Rule("national ids", "national id", re.compile(r"(?<![A-Za-z0-9])(?:[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z]|QQ) ?\d{2} ?\d{2} ?\d{2} ?[A-D](?![A-Za-z0-9])"), is_of_digits=True),
    Rule("national ids", "national id", re.compile(r"(?<![A-Za-z0-9.+-])\d{3}[ -]\d{3}[ -]\d{4}(?![A-Za-z0-9-])"), (), _is_nhs, is_of_digits=True),
    Rule("national ids", "national id", re.compile(r"(?<![A-Za-z0-9.+-])\d{10}(?![A-Za-z0-9-])"), ("nhs",), _is_nhs),
    Rule("national ids", "national id", re.compile(r"(?<![A-Za-z0-9.+-])[0-7]\d{5} ?\d{5}(?![A-Za-z0-9.-])"), (), _is_fnr, is_of_digits=True),
    Rule("national ids", "national id", re.compile(r"(?<![\d.+-])(?:19|20)?\d{6}[-+]\d{4}(?![\d.-])"), ("-", "+"), _is_personnummer),
    Rule("national ids", "national id", re.compile(r"(?<![A-Za-z0-9])(?:\d{8}|[XYZ]\d{7})-?[A-Z](?![A-Za-z0-9])"), (), _is_dni, is_of_digits=True),
    Rule("national ids", "national id", re.compile(r"(?<![A-Za-z0-9])[A-Z]{6}\d{2}[A-EHLMPRST]\d{2}[A-Z]\d{3}[A-Z](?![A-Za-z0-9])"), is_of_digits=True),
    any_case("national ids", "national id", rf"(?<![\w])(?:ssn|sin|nino|nhs|fnr|cpr|bsn|pesel|national\s(?:insurance|id(?:entity|entification)?)|ni\s(?:number|no\.?|nr)|tfn|pps(?:n)?|nric|burgerservice\w{{0,8}}|pass-?n(?:umme)?r|passnummer|nin|nid|cnp|egn|oib|jmbg|rut|cuil|cuit|kimlik(?:\sno)?|c[ée]dula|isikukood|persoonsnummer|ident(?:ity|ification)?[ _]n(?:umber|o\.?)|id[ _]number|citizen[ _]id|person[ _-]?(?:number|nr|nummer)|social(?:\ssec(?:urity)?)?|f[øo]dselsn(?:umme)?r|f[øo]dselsnummer|personnummer|person-?nr|d-?num(?:mer|ber)|personal\s(?:identity|id|identification)|identity\scard|id\scard|passport|pass(?:\s)?nr|taxpayer|tax(?:payer)?[ _](?:id|number|no\.?|file)|tin|steuer-?id|driver'?s?[ _]licen[cs]e|dl\sno|aadhaar|pan\scard|dni|nie|nif|curp|cpf|codice\sfiscale|insurance\s(?:no|number|id)|personalausweis\w{{0,8}}|ausweis\w{{0,8}}|reisepass\w{{0,8}}|insee|(?:num[ée]ro\sde\s)?s[ée]curit[ée]\ssociale|henkil[öo]tunnus|ahv|driving[ _]licen[cs]e|sozialversicherungs\w{{0,8}})(?:/[\w/]{{1,24}})?[\"']?{_NUMBER_OF}(?:\s(?:of|for)\s[\w ]{{2,30}}?)?[\"']?{_IS}{_ANY_ID}", ("ssn", "sin", "nino", "nhs", "fnr", "cpr", "bsn", "pesel", "national", "ni n", "tfn", "pps", "nric", "burgerservice", "nin", "nid", "cnp", "egn", "oib", "jmbg", "rut", "cuil", "cuit", "kimlik", "dula", "isikukood", "ident", "id number", "id_number", "citizen", "social", "selsn", "person", "d-num", "dnum", "identity", "id card", "pass", "tax", "tin", "steuer", "licen", "dl no", "aadhaar", "pan card", "dni", "nie", "nif", "curp", "cpf", "codice", "insurance", "ausweis", "reisepass", "insee", "curit", "tunnus", "ahv", "sozial"), lambda v: len(re.findall(r"\d", v)) >= 4),
    any_case("national ids", "national id", rf"(?<![\w])(?:ssn|nino|nhs|fnr|cpr|bsn|pesel|passport|national\s(?:insurance|id(?:entity|entification)?)|social\ssecurity|personal\s(?:identity|id|identification)|tax\sid|f[øo]dselsn(?:umme)?r|personnummer|s[ée]cu|aadhaar|numer\spesel|num[ée]ro\sde\ss[ée]cu\w*|マイナンバー|身份证号?码?|주민등록번호)(?:/[\w/]{{1,24}})?(?:[\s,]{{1,2}}(?!is\b)[^\W\d_]{{2,14}}){{0,4}}?{_IS}(?P<value>(?:[a-z]{{0,2}}\d[\d -]{{6,18}}\d[a-z]?|[a-z]{{1,2}}\d{{6,8}}[a-z]?))(?![\w]|[.,:]\d)", ("ssn", "nino", "nhs", "fnr", "cpr", "bsn", "pesel", "passport", "national", "social", "personal", "tax id", "dselsn", "personnummer", "sécu", "secu", "aadhaar", "マイナンバー", "身份证", "주민등록번호"), lambda v: len(re.findall(r"\d", v)) >= 6),
    Rule("national ids", "national id", re.compile(r"(?<![\w-])\d{2} ?(?:0[1-9]|[12]\d|3[01])(?:0[1-9]|1[0-2])\d{2} ?[A-Z] ?\d{3}(?![\w-])"), ("versicherung", "rente", "svnr", "rvnr")),
    Rule("national ids", "national id", re.compile(r"(?<![\w-])\d{6}[-+A-FU-Y]\d{3}[0-9A-Y](?![\w-])"), (), _is_hetu, is_of_digits=True),
    Rule("national ids", "national id", re.compile(r"(?<![\w.-])[12] ?\d{2} ?(?:0[1-9]|1[0-2]|[2-9]\d) ?(?:\d{2}|2[AB]) ?\d{3} ?\d{3} ?\d{2}(?![\w-]|\.\d)"), (), _is_insee, is_of_digits=True),
    Rule("national ids", "national id", re.compile(r"(?<![\w.-])(?:756\.\d{4}\.\d{4}\.\d{2}|\d{3}\.\d{3}\.\d{3}-\d{2}|\d{1,2}\.\d{3}\.\d{3}-[\dXx])(?![\w-]|\.\d)"), (".",)),
    any_case("national ids", "vehicle", r"(?<!\w)(?:(?:licen[cs]e|number)[ _]?plate|plate(?:\sno\.?|\snumber)?|kennzeichen|immatriculation|reg(?:istration)?\snumber)(?:\s?[:=#]|\sis)?\s{1,3}(?P<value>[a-zäöü]{1,3}[ -]?[a-z]{0,3}[ -]?\d{1,4}(?: ?[a-z]{1,3}(?!\w))?)(?!\w)", ("plate", "kennzeichen", "immatriculation", "number"), lambda v: len(v) > 4),
    any_case("national ids", "vehicle", r"(?<!\w)(?:vin|fin|chassis)(?:\s?(?:no\.?|number))?(?:\s?[:=#]|\sis)?\s{0,3}(?P<value>[a-hj-npr-z0-9]{17})(?!\w)", ("vin", "fin", "chassis")),
    any_case("national ids", "device", r"(?<!\w)(?:imei|imsi|meid)(?:\s?(?:no\.?|number))?(?:\s?[:=#]|\sis)?\s{0,3}(?P<value>\d{14,16})(?!\d)", ("imei", "imsi", "meid")),
    any_case("record numbers", "record", rf"(?<!\w)(?:medicare|medicaid|ohip|health\s(?:card|insurance)|versicherten(?:nummer|nr\.?)|versichertennummer|krankenkasse\w{{0,10}}|(?:insurance|health\splan|member|subscriber|insured)[ _](?:member[ _])?(?:id|number|no\.?)|{_NO_INSURANCE}policy[ _](?:number|no\.?)|npi|dea)[\"']?{_NUMBER_OF}[\"']?{_IS}(?P<value>(?=[a-z-]{{0,6}}\d)[a-z0-9]{{1,12}}(?:[ -](?=[a-z]{{0,4}}\d)[a-z0-9]{{1,10}}|-[a-z]{{1,2}}(?!\w)){{0,4}})(?!\w)", ("medicare", "medicaid", "ohip", "health", "versicherten", "krankenkasse", "insurance", "member", "subscriber", "insured", "policy", "npi", "dea"), lambda v: len(re.findall(r"\d", v)) >= 5),
    any_case("record numbers", "record", rf"(?<!\w)(?:mrn|medical[ _-]?record|patient[ _-]?(?:id|number|no\.?))[\"']?{_NUMBER_OF}[\"']?{_IS}(?P<value>(?=[a-z]{{0,4}}\d)[a-z0-9]{{1,6}}[-/]\d[\d/-]{{3,14}})(?!\w)", ("mrn", "record", "patient")),
    any_case("record numbers", "record", rf"(?<![\w])(?:mrn|mrn[ _]?(?:no|number)|emrn|medical[ _-]?record|health[ _-]?record|record(?:\s(?:number|no\.?|nr))(?:\sof\s(?:the\s)?patient)?|chart(?:\s(?:number|no\.?|nr))|hospital(?:[ _](?:number|no\.?|id))|patient[ _-]?(?:id|identifier|number|no\.?|nr\.?|ref(?:erence)?|mrn|key)|patientid|patientnummer|pasient-?(?:id|nr|nummer)|case\s(?:file)\s(?:no\.?|number)|admission(?:\s(?:no\.?|number|id))|encounter(?:[ _-]?(?:id|number|no\.?))|subject[ _]id|nhi|emr|ehr)[\"']?{_NUMBER_OF}[\"']?{_IS}(?P<value>(?=[A-Za-z]{{0,4}}[-/ ]?\d)[A-Za-z]{{0,4}}[-/ ]?\d[\d/-]{{3,14}}[A-Za-z]?)(?![\w])", ("mrn", "record", "chart", "hospital", "patient", "pasient", "case file", "admission", "encounter", "subject", "nhi", "emr", "ehr")),
    any_case("record numbers", "record", rf"(?<![^\W_])(?:(?:med(?:ical)?|health|patient)[ ._]{{0,2}}rec(?:ord)?|fall(?:nummer|nr\.?|-nr\.?)|patienten-?(?:nummer|nr\.?|id|akte)|krankenakte|dossier(?:\s(?:patient|m[ée]dical))?|ipp|historia\scl[íi]nica|nhc|expediente|cartella(?:\sclinica)?|journal(?:nummer|nr)|potilas(?:numero|tunnus)|カルテ番号|患者(?:番号|id)|病历号|環者番号)[\"']?{_NUMBER_OF}[\"']?{_IS}(?P<value>[a-z]{{0,4}}[-/ ]?\d[\d/-]{{4,14}})(?!\w|[.,:]\d)", ("rec", "fall", "patient", "akte", "dossier", "ipp", "historia", "nhc", "expediente", "cartella", "journal", "potilas", "カルテ", "患者", "病历")),
    any_case("record numbers", "record", r"(?<!\w)(?:encounter|admission|accession|csn|har|fin)(?:\s(?:no\.?|number|id|\#))?\s?[:=#]?\s?(?P<value>\d{6,12})(?!\d|[.,:]\d)", ("encounter", "admission", "accession", "csn", "har", "fin")),
    any_case("record numbers", "record", r"\bpid\|\d{0,4}\|[^|\n]{0,40}\|(?P<value>[a-z]{0,4}\d{4,14})(?=[\^|~])", ("pid|",)),
    any_case("phone numbers", "phone number", r"(?<![^\W_])(?:msisdn|phone(?:_?(?:number|no|nr))?|mobile(?:_?(?:number|no|nr))?|cell|tel|caller(?:[ _]?id)?|callee|ani|whatsapp|(?:to|from|sms)_(?:to|number|phone)|telefon|telefono|t[ée]l[ée]phone)[\"']?\s?[:=]\s?[\"']?(?P<value>\d{8,15})(?!\d|[.,:]\d)", ("msisdn", "phone", "mobile", "cell", "tel", "ani", "callee", "caller", "whatsapp", "_number"), _is_phone),
    Rule("phone numbers", "phone number", re.compile(r"(?<![\w+./-])0[1-9]\d{1,4} ?/ ?\d{3,5} ?\d{1,5}(?:-\d{1,4})?(?![\w/.-])"), ("/",)),
    Rule("patients", "person", re.compile(rf"(?<![\w.])M\.\s(?P<value>{_CAPITAL}[^\W\d_]{{2,30}}(?:[-\s]{_CAPITAL}[^\W\d_]{{2,30}})?)"), ("m. ",), lambda v: not _NO_SURNAME.search(v)),
    Rule("patients", "person", re.compile(rf"(?:[Aa]ccount|[Pp]rofile|[Cc]hart|[Oo]rder|[Rr]efund|[Bb]ehalf)\s(?:of|belonging\sto)\s(?:[Pp]atient\s|[Cc]ustomer\s)?(?P<value>{_CALLED})"), ("account", "profile", "chart", "order", "refund", "behalf"), lambda v: not _NO_SURNAME.search(v)),
    any_case("record numbers", "record", r"(?<![^\W_])(?:pa?t\.?[ _-](?:id|no\.?|number)|pid|n[º°o]\.?\sde\shistoria|case\s(?:number|no\.?)(?=[^\n]{0,20}patient))\s?[:=#]?\s?(?P<value>\d{6,12})(?!\d|[.,:]\d)", ("pt", "pat", "pid", "historia", "case")),
    any_case("account numbers", "account", r"sort(?:\s?code)?\s?[:=]?\s?\d\d[ -]\d\d[ -]\d\d[,;/\s]{1,3}(?:account|acct|a/c|acc)\.?(?:\s(?:no|number)\.?)?\s?[:=]?\s?(?P<value>\d{6,10})(?!\d)", ("sort",)),
    Rule("card security codes", "card expiry", re.compile(r"(?<=\d{12})[|;,]\s?(?P<value>(?:0[1-9]|1[0-2])/?(?:20)?\d{2}[|;,]\s?\d{3,4})(?!\d)"), ("|", ";", ",")),
    Rule("patients", "person", re.compile(rf"(?:[Cc]omplaints?|[Ll]etters?|[Vv]oicemails?|[Rr]efund\s[Rr]equest|[Pp]hone\s[Cc]all)(?:\sreceived)?\s(?:from|by)\s(?P<value>{_CALLED})"), ("complaint", "letter", "voicemail", "refund request", "phone call"), lambda v: not _NO_SURNAME.search(v)),
    Rule("patients", "person", re.compile(rf"(?:[Ee]mergency\s[Cc]ontact|[Nn]ext\sof\s[Kk]in|[Gg]uardian|[Ss]pouse|[Mm]other|[Ff]ather|[Ww]ife|[Hh]usband|[Dd]aughter|[Ss]hip(?:ped)?\s[Tt]o|[Bb]ill(?:ed)?\s[Tt]o|[Dd]eliver(?:ed)?\s[Tt]o|[Ss]igned\s[Bb]y)(?:\s?[:=,]|\sis|\swas)?\s(?P<value>{_CALLED})"), ("emergency", "next of kin", "guardian", "spouse", "mother", "father", "wife", "husband", "daughter", "ship to", "shipped to", "bill to", "billed to", "deliver to", "delivered to", "signed by"), lambda v: not _NO_SURNAME.search(v)),
    any_case("record numbers", "record", r"(?<!\w)(?:patient|chart|pasient)\s(?P<value>\d{6,10})(?!\d|[.,:]\d|\s?(?:%|ms|times|records|patients))", ("patient", "chart", "pasient")),
    any_case("record numbers", "record", r"(?<!\w)record\s(?P<value>\d{6,10})\sof\s(?:the\s|a\s)?patient", ("record",)),
    any_case("phone numbers", "phone number", r"(?<!\w)(?:call|phone|tel|telephone|mobile|cell|ring|sms|text|dial)\s(?:me\son\s|her\son\s|him\son\s|them\son\s|on\s|at\s|to\s|from\s)?(?P<value>[2-9]\d{9})(?!\d|[.,:]\d|\s?(?:times|requests|calls|ms|errors))", ("call", "phone", "tel", "mobile", "cell", "ring", "sms", "text", "dial"), _is_phone),
    any_case("dates of birth", "date of birth", rf"(?:(?<![^\W_])|(?<=\s-d))(?:{_BORN})[\"'\\]{{0,3}}(?:\s(?:of|for|on|in|from|per)\s(?:the\s|this\s|our\s|his\s|her\s|their\s)?[\w-]{{2,20}})?{_IS}(?:on\s|am\s|el\s|of\s|year\s|on\sfile\s|in\srecord\s|value=[\"']|[(>]){{0,2}}(?P<value>{_DATE})(?!\d)", _BORN_HINTS),
    any_case("dates of birth", "date of birth", rf"(?<![\w.-])(?P<value>{_DATE})\s?[([,–-]{{0,2}}\s?(?:d\.?o\.?b|date\sof\sbirth|birth(?:date|day)?|geburtsdatum|geb\.)(?!\w)", _BORN_HINTS),
    Rule("patients", "patient", re.compile(rf"(?<![\w])(?:[Pp]atients?|PATIENT|[Pp]t\.?|[Pp]atient(?:in|en)|[Pp]aciente|[Pp]aziente|[Pp]ati[ëe]nte?|[Pp]asient(?:en)?)(?:['’]s)?(?:[ _]?[Nn]ame)?[\"']?(?:\s{{0,3}}[:=]|\s(?:is|was|called|named))?\s{{0,3}}[\"'“(]{{0,2}}(?:(?:Mr|Mrs|Ms|Miss|Dr|Herr|Frau|Fru)\.?\s)?(?P<value>{_CALLED})"), ("pat", "pt", "pasient", "pac", "paz"), lambda v: not _NO_SURNAME.search(v)),
    Rule("patients", "person", re.compile(rf"(?<![\w])(?:Mr|Mrs|Ms|Mx|Miss|Herrn?|Frau|Fru|Mme|Mlle|Madame|Monsieur|Sr|Sra|Srta|Señora?|Don|Doña|Sig|Signora?|Pan|Pani)\.?\s(?:(?:Dr|Prof)\.?\s){{0,2}}(?P<value>{_CAPITAL}[\w'’-]{{1,30}}(?:\s{_CAPITAL}[\w'’-]{{1,30}})?)"), ("m", "herr", "fr", "s", "do", "pan"), lambda v: not _NO_SURNAME.search(v)),
    Rule("patients", "person", re.compile(rf"(?<![\w.])(?:Dr|Prof)\.\s(?:(?:Dr|Prof|med)\.?\s){{0,2}}(?P<value>{_CALLED})"), ("dr.", "prof."), lambda v: not _NO_SURNAME.search(v)),
    Rule("patients", "person", re.compile(rf"(?<!\w)(?:[Cc]ustomer|[Cc]lient|[Cc]aller|[Cc]ard\s?holder|[Aa]ccount\s?(?:holder|owner)|[Pp]olicy\s?holder|[Pp]assenger|[Gg]uest|[Bb]eneficiary|[Pp]ayee|[Rr]ecipient|[Ii]nsured)(?:['’]s)?(?:[ _]?[Nn]ame)?[\"']?(?:\s{{0,2}}[:=,]|\s(?:is|was|called|named))?\s{{0,2}}[\"'“(]{{0,2}}(?P<value>{_CALLED})"), ("customer", "client", "caller", "holder", "owner", "passenger", "guest", "beneficiary", "payee", "recipient", "insured"), lambda v: not _NO_SURNAME.search(v)),
    Rule("patients", "person", re.compile(rf"(?<![A-Za-z])(?i:full[ _]?name|(?:patient|customer|client|cardholder|contact|billing|shipping|legal|maiden)[ _]?name)[\"'\\]{{0,3}}\s{{0,2}}[:=]?\s{{0,2}}[\"'\\]{{0,3}}(?P<value>{_CAPITAL}[\w'’.-]{{0,30}},?(?:[ ](?:(?:van|von|de|del|der|dos|da|di)[ ])?{_CAPITAL}[\w'’.-]{{0,30}}){{1,4}})"), ("name",), lambda v: not _NO_SURNAME.search(v)),
    Rule("patients", "person", re.compile(r"(?<![A-Za-z])(?i:first|last|given|family|middle|sur)[ _]?(?i:name)[\"'\\]{1,3}\s{0,2}[:=]\s{0,2}[\"'\\]{1,3}(?P<value>[^\W\d_][\w .'’-]{0,40})(?=[\"'\\])"), ("name",)),
    Rule("patients", "person", re.compile(rf"(?P<value>(?<![\w]){_CALLED})[\"']?\s?(?:<|&lt;)(?:mailto:)?[\w.!#$%&'*+/=?^`{{|}}~-]{{1,64}}@"), ("@",), lambda v: not _NO_SURNAME.search(v)),
    Rule("patients", "person", re.compile(r"(?<![一-龥々])(?P<value>[一-龥々]{1,4})(?:様|さん)(?![一-龥々])"), ("様", "さん"), lambda v: v[-1] not in "仕同模多一有客皆貴異神王奥各別紋"),
    # Where somebody may be found.
    any_case("e-mail addresses", "profile", r"(?<![\w.-])(?:(?:www|m)\.)?(?:facebook|instagram|twitter|tiktok)\.com/(?P<value>@?[\w.-]{3,50})(?!\w|/)", (".com/",), lambda v: v.casefold() not in _NO_PROFILE),
    any_case("e-mail addresses", "profile", r"(?<![\w.-])linkedin\.com/in/(?P<value>[\w.%-]{3,80})", ("linkedin.com/in/",)),
    any_case("e-mail addresses", "profile", r"(?<!\w)(?:twitter|insta(?:gram)?|tiktok|mastodon|bluesky|telegram)\s(?:(?:handle|user|account|name)\s)?(?:is\s)?(?P<value>@[\w.]{3,40})", ("@",)),
    any_case("e-mail addresses", "profile", r"(?<!\w)skype\s?(?::|id|is)?\s?(?P<value>live:[\w.:-]{3,60})", ("live:",)),
    # Telephones: with the country, or where one speaks of them.
    Rule("phone numbers", "phone number", re.compile(r"(?<![\w+.-])\+[1-9]\d{0,2}(?:[ .()/-]{0,3}\d{1,5}){2,7}(?:\s?(?:x|ext\.?)\s?\d{1,6})?(?![\w]|[.:]\d)"), ("+",), lambda v: len(re.sub(r"\D", "", v)) >= 8 and _is_phone(re.split(r"[a-z]", v)[0])),
    Rule("phone numbers", "phone number", re.compile(r"(?<![\w+.-])00[1-9]\d{0,2}(?:[ .()/-]{1,3}\d{1,5}){2,7}(?![\w]|[.:]\d)"), ("00",), lambda v: len(re.sub(r"\D", "", v)) >= 10),
    Rule("phone numbers", "phone number", re.compile(r"(?<![\w+./-])(?:1[-. ])?(?:\([2-9]\d{2}\)\s?|[2-9]\d{2}[-.])[2-9]\d{2}[-.]\d{4}(?![\w]|[-.:]\d)"), ("-", "."), _is_phone),
    Rule("phone numbers", "phone number", re.compile(r"(?<![\w+./-])\(?0\d{1,4}\)?[ -]\d{3,4}[ -]\d{3,4}(?![\w]|[-.:]\d)"), ("0",), lambda v: len(re.sub(r"\D", "", v)) in (9, 10, 11)),
    Rule("phone numbers", "phone number", re.compile(r"(?<![\w+./-])07\d{3}[ -]?\d{6}(?!\w)"), ("07",)),
    any_case("phone numbers", "phone number", rf"(?<![\w-])(?:t[ée]l|tel[eé]fono|телефона|telephone|telefon\w{{0,6}}|t[ée]l[ée]phone|tlf|m[óo]vil|celular|portable|cellulare|kom[óo]rka|gsm|natel|ph|телефон|тел|電話|手机|phone|mobile|mob|cell(?:phone)?|handy|fax|whatsapp|sms|text|call|ring|dial|reach|caller|msisdn|contact|callback|number)(?:ed|ing|s)?(?:[ _-]?(?:number|no\.?|nr\.?))?\.?(?:\s(?:me|him|her|them|us|back|the\scustomer|customer|is|was|at|on|to|via|from|under|out)){{0,4}}[\"']?{_IS}(?:<?tel:)?(?P<value>\(?\+?\d(?:[ .()/-]{{0,2}}\d){{6,14}})(?!\d|[.:]\d)", ("tel", "tél", "tlf", "vil", "celular", "portable", "cellulare", "kom", "gsm", "natel", "ph", "тел", "電話", "手机", "phone", "mob", "cell", "handy", "fax", "whatsapp", "sms", "text", "call", "ring", "dial", "reach", "msisdn", "contact", "number"), lambda v: _is_phone(v) and bool(re.search(r"[ .()/-]", v) or v[0] in "+0")),
    any_case("phone numbers", "phone number", r"(?<!\w)tel:(?P<value>\(?\+?\d[\d ().-]{5,20}\d)", ("tel:",)),
    Rule("phone numbers", "phone number", re.compile(r"(?<![\w+./-])0[1-9](?P<gap>[ .-])\d{2}(?:(?P=gap)\d{2}){3}(?![\w]|[-.:]\d)"), ("0",)),
    Rule("phone numbers", "phone number", re.compile(r"(?<![\w+./-])8 ?\(\d{3}\) ?\d{3}[- ]\d{2}[- ]\d{2}(?!\w)"), ("(",)),
    Rule("phone numbers", "phone number", re.compile(r"(?<![\w+./-])00 ?(?:1|7|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]|[23589]\d{2})[ .()/-]{0,3}\d(?:[ .()/-]{0,2}\d){7,11}(?![\w]|[.:]\d)"), ("00",), lambda v: 11 <= len(re.sub(r"\D", "", v)) <= 16),
    # Where somebody is.
    Rule("ip addresses", "ip address", re.compile(r"(?<![\w.:/-])(?<!version )(?<!release )(?<!driver )(?<!ratio )\d{1,3}(?:\.\d{1,3}){3}(?![\w]|\.\d|/(?!32(?![\d.]))\d|-\w)"), (".",), _is_public),
    Rule("ip addresses", "ip address", re.compile(r"(?<=[\w]://)\d{1,3}(?:\.\d{1,3}){3}(?![\w]|\.\d)"), ("://",), _is_public),
    Rule("ip addresses", "ip address", re.compile(r"(?<![\w:.])(?=[0-9A-Fa-f:]{0,12}:)[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}(?![\w:.])"), (":",), _is_public),
    Rule("postal addresses", "address", re.compile(r"(?<![\w.:/-])\d{1,5}[A-Za-z]?,? (?:[NSEW]\.? )?(?:[A-Z][\w'’.-]{1,24} ){1,4}(?:Street|St|Str|Road|Rd|Avenue|Ave|Lane|Ln|Drive|Dr|Boulevard|Blvd|Court|Ct|Place|Pl|Square|Sq|Way|Parkway|Pkwy|Terrace|Close|Crescent|Cres|Gardens|Grove|Hill|Mews|Row|Walk|Circle|Highway|Hwy|Quay|Green|Park)\b\.?(?:,? (?:Apt|Flat|Unit|Suite|Ste|\#)\.? ?\w{1,6})?" + _TOWN)),
    Rule("postal addresses", "address", re.compile(r"(?<![\w-])(?:[A-ZÄÖÜÅÆØ][\wäöüßåæø-]{1,30}(?:stra(?:ß|ss)e|str\.|weg|platz|allee|gasse|ufer|ring|damm|gata|gaten|gate|veien|vegen|vei|plass|vägen|gatan|torget|straat|laan|plein|gracht|kade|vej|gade)|(?:Am|An der|Auf dem|Im) [A-ZÄÖÜ][\wäöüß-]{2,30}) \d{1,4} ?[a-zA-Z]?(?!\w)" + _TOWN), ("stra", "str.", "weg ", "platz", "allee", "gasse", "ufer", "ring ", "damm", "gata", "gate", "vei", "vegen", "plass", "vägen", "torget", "laan", "plein", "gracht", "kade", "vej", "gade", "am ", "an der", "auf dem", "im ")),
    Rule("postal addresses", "address", re.compile(r"(?<![\w.-])\d{1,4}(?: ?(?:bis|ter))?,? (?:[Rr]ue|[Aa]venue|[Bb]oulevard|[Pp]lace|[Cc]hemin|[Aa]llée|[Ii]mpasse|[Qq]uai|[Cc]ours)(?: (?:de|du|des|la|le|les|l['’]|d['’])){0,3} ?[A-ZÀ-Ý][\wà-ÿ'’-]{1,30}(?:[ -][A-ZÀ-Ý][\wà-ÿ'’-]{1,30}){0,3}" + _TOWN), ("rue", "avenue", "boulevard", "place", "chemin", "allée", "impasse", "quai", "cours")),
    Rule("postal addresses", "address", re.compile(r"(?<!\w)(?:[Cc]alle|[Aa]venida|[Pp]laza|[Pp]aseo|[Vv]ia|[Vv]iale|[Pp]iazza|[Cc]orso|[Rr]ua|[Uu]lica|[Uu]l\.)(?: (?:de|del|della|dei|da|do|dos|das|la|las|los|el)){0,3} [A-ZÀ-Ý][\wà-ÿ'’-]{1,30}(?: [A-ZÀ-Ý][\wà-ÿ'’-]{1,30}){0,3},? (?:n[º°o]\.? )?\d{1,4}(?!\w|[.:]\d)" + _TOWN), ("calle", "avenida", "plaza", "paseo", "via", "piazza", "corso", "rua", "ul")),
    Rule("postal addresses", "address", re.compile(r"(?<!\w)(?:[Pp]\.?\s?[Oo]\.?\s?[Bb]ox|Postfach|Boîte postale|Apartado)\s\d{1,6}(?!\w)" + _TOWN), ("box", "postfach", "postale", "apartado")),
    Rule("postal addresses", "address", re.compile(r"〒\s?\d{3}[-−ー]?\d{4}(?:\s{0,2}[^\s、。,]{2,40})?"), ("〒",)),
    any_case("postal addresses", "place", r"(?<!\w)(?:gps|geo(?:location)?|coord(?:s|inates)?|lat(?:itude)?(?:[ /,]{1,3}(?:lon|lng|longitude))?|location|position)(?:\s?[:=]|\s(?:is|of|at))?\s{0,3}[(\[]?(?P<value>-?\d{1,3}\.\d{3,9}°?\s?[,;/ ]\s?-?\d{1,3}\.\d{3,9})(?!\d)", ("gps", "geo", "coord", "lat", "location", "position")),
    any_case("ip addresses", "device address", r"(?<!\w)(?:device|laptop|phone|tablet|modem|router|customer|subscriber|user|guest)(?:['’]s)?\s[^\n:]{0,24}?(?P<value>[0-9a-f]{2}(?P<gap>[:-])(?:[0-9a-f]{2}(?P=gap)){4}[0-9a-f]{2})(?![\w:-])", ("device", "laptop", "phone", "tablet", "modem", "router", "customer", "subscriber", "user", "guest")),
    Rule("ip addresses", "ip address", re.compile(r"(?<![\w:.])::ffff:\d{1,3}(?:\.\d{1,3}){3}(?![\w.])", re.IGNORECASE), ("::",)),
)  # fmt: skip
