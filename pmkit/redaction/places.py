"""What tells outsiders how a company is built, and with whom it deals: hosts, links, channels, customers, money."""

from __future__ import annotations

import re
from typing import Final

from pmkit.redaction._rule import Rule, any_case

_CODES: Final = (
    "USD EUR GBP NOK SEK DKK CHF JPY CNY INR AUD CAD NZD PLN CZK HUF BRL MXN ZAR SGD HKD KRW TRY ILS ISK RON"
)
_CODE: Final = "|".join(_CODES.split())
_MONEY: Final = r"(?:dollars?|euros?|pounds?|kroner?|kr|francs?|yen|rupees?|zloty)"
_SUM: Final = r"\d[\d.,'’\u202f]{0,20}(?: \d{3}){0,4}"
_SCALE: Final = r"(?:\s?(?:k|m|mn|bn|thousand|million|billion|mio|mrd)(?![A-Za-z]))?"
_INSIDE: Final = (
    r"internal|intern|local|lan|corp|intra|intranet|private|cluster|svc|consul|home\.arpa|localdomain"
)

RULES: Final[tuple[Rule, ...]] = (
    # Links go first: what is in them goes with them.
    any_case("links", "link", r"(?<![\w+.-])(?:https?|ftp|ssh|s3|gs|file|jdbc:\w{1,20})://[^\s<>|\"'`\])}]{3,2000}", ("://",)),
    any_case("hosts", "host", rf"(?<![\w.@-])(?:[\w-]{{1,63}}\.){{1,6}}(?:{_INSIDE})(?:\.(?:local|internal|[\w-]{{1,40}}))?(?![\w-])", (".",)),
    Rule("hosts", "host", re.compile(r"(?<![\w.:/-])(?:10(?:\.\d{1,3}){3}|192\.168(?:\.\d{1,3}){2}|172\.(?:1[6-9]|2\d|3[01])(?:\.\d{1,3}){2}|100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7])(?:\.\d{1,3}){2})(?::\d{1,5}|/\d{1,2})?(?![\w]|\.\d)"), ("10.", "192.", "172.", "100.")),
    any_case("hosts", "host", r"(?<![\w:.])(?:fe80|f[cd][0-9a-f]{2})(?=:[0-9a-f:]{2})(?::[0-9a-f]{0,4}){2,7}(?:%\w{1,16}|/\d{1,3})?(?![\w:.])", ("fe80:", "fc", "fd")),
    Rule("hosts", "host", re.compile(r"(?<![\w:-])(?:[0-9A-Fa-f]{2}(?P<gap>[:-])(?:[0-9A-Fa-f]{2}(?P=gap)){4}[0-9A-Fa-f]{2}|[0-9a-f]{4}\.[0-9a-f]{4}\.[0-9a-f]{4})(?![\w:-]|\.\w)"), (":", "-", "."), lambda v: bool(re.search(r"[a-fA-F]", v)) and bool(re.search(r"\d", v))),
    any_case("hosts", "host", r"\\{2,4}(?P<value>[a-z0-9][\w.-]{1,62})\\{1,2}[\w$]", ("\\\\",)),
    any_case("hosts", "host", r"(?<![\w.-])ip-\d{1,3}(?:-\d{1,3}){3}(?:\.[\w.-]{1,80})?(?![\w])", ("ip-",)),
    Rule("hosts", "host", re.compile(r"(?<![\w.-])[a-z][a-z0-9]{0,30}(?:-[a-z][a-z0-9]{0,30}){0,4}-[a-f0-9]{8,10}-[a-z0-9]{5}(?![\w-])"), ("-",)),
    Rule("hosts", "host", re.compile(r"(?<![\w.-])(?:i|vol|sg|subnet|vpc|eni|snap|ami)-[0-9a-f]{8,17}(?![\w-])"), ("i-", "vol-", "sg-", "subnet-", "vpc-", "eni-", "snap-", "ami-")),
    Rule("hosts", "host", re.compile(r"(?<![\w])arn:aws[\w-]{0,12}:[\w-]{1,30}:[\w-]{0,20}:\d{0,12}:[\w/.:+=@-]{1,200}"), ("arn:",)),
    Rule("channels", "channel", re.compile(r"(?<![\w#&/=])#(?=[\w-]{0,80}[a-z])[a-z0-9_][\w-]{1,79}(?![\w])"), ("#",)),
    any_case("amounts", "amount", rf"(?<![\w.])(?:(?:US|CA|A|NZ|HK|S|R)?[$€£¥₹₩₽₺₪₴฿]\s?{_SUM}{_SCALE}|(?:{_CODE})\s?{_SUM}{_SCALE})(?!\d)", ("$", "€", "£", "¥", "₹", "₩", "₽", "₺", "₪", "₴", "฿", *_CODES.casefold().split())),
    any_case("amounts", "amount", rf"(?<![\w.]){_SUM}{_SCALE}\s?(?:[€£$]|(?:{_CODE})\b|{_MONEY}\b)", ("€", "£", "$", *_CODES.casefold().split(), "dollar", "euro", "pound", "kr", "franc", "yen", "rupee", "zloty")),
    Rule("customers", "customer", re.compile(r"(?<!\w)(?:[A-Z][\w&'’-]{1,30} ){1,4}(?:GmbH(?: & Co\. KG)?|AG|Ltd|LLC|Inc|PLC|plc|AS|ASA|AB|A/S|ApS|Oy|BV|NV|SA|SAS|SARL|SpA|S\.p\.A|Srl|SL|Pty|Corp|SE|KG|LLP)\b\.?"), ("gmbh", "ag", "ltd", "llc", "inc", "plc", "as", "ab", "a/s", "aps", "oy", "bv", "nv", "sa", "spa", "s.p.a", "srl", "sl", "pty", "corp", "se", "kg", "llp")),
    any_case("customers", "customer", r"(?<!\w)(?:customer|client|tenant|merchant|account|shop|partner)s?(?:\s?(?:id|no\.?|number|\#))?\s{0,2}[:=#]?\s{0,2}(?P<value>(?:cus|acct|cust|tenant|org|ws|shop|mer)_[\w]{4,40}|[A-Z]{1,4}-?\d{4,12}|(?<=[:=# ])\d{4,12})(?!\w)", ("customer", "client", "tenant", "merchant", "account", "shop", "partner")),
    Rule("customers", "customer", re.compile(r"(?<!\w)(?:cus|acct)_[A-Za-z0-9]{8,40}(?!\w)"), ("cus_", "acct_")),
)  # fmt: skip
