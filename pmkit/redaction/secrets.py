"""What opens something, told by the names and words that stand before it.

Every pattern is linear: what repeats is bounded or possessive, and starts only where a word does.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from pmkit.redaction._rule import SECRETS, Rule, any_case
from pmkit.redaction.shapes import SHAPES, is_drawn
from pmkit.redaction.values import (
    HEX_ID,
    REFERENCE,
    decodes_to_pair,
    decodes_to_words,
    is_chosen,
    is_given,
    is_long,
    is_marked,
    is_path,
    is_pin,
    is_prose,
    is_random,
    is_seed,
    is_strong,
    is_token,
    is_token_or_chosen,
)

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
    *SHAPES,
    # Webhooks: who knows the address may post.
    any_case(SECRETS, "webhook", r"hooks\.slack(?:-gov)?\.com/(?:services|workflows|triggers)/(?P<value>[\w/-]{16,200})", ("hooks.slack",), is_drawn, is_sure=True),
    any_case(SECRETS, "webhook", r"discord(?:app)?\.com/api(?:/v\d{1,2})?/webhooks/\d{1,25}/(?P<value>[\w-]{16,120})", ("/webhooks/",), is_drawn, is_sure=True),
    any_case(SECRETS, "webhook", r"(?:webhook\.office|outlook\.office)\.com/webhook(?:b2)?/(?P<value>[\w@/-]{30,300})", (".office.com/webhook",), is_drawn, is_sure=True),
    any_case(SECRETS, "webhook", r"(?:hooks\.zapier\.com/hooks/catch|events\.pagerduty\.com/integration|hook\.\w{2,10}\.make\.com|chat\.googleapis\.com/v1/spaces|maker\.ifttt\.com/use)/(?P<value>[\w/?=&%.-]{10,400})", ("hooks.zapier", "events.pagerduty.com/integration", ".make.com", "chat.googleapis", "ifttt"), is_sure=True),
    # Addresses with a password, or with a token alone, before the host.
    any_case(SECRETS, "password", r"(?<![\w+.-])[a-z][\w+.-]{1,40}://[^\s/:@\"'<>]{0,200}+:(?P<value>[^\s/@\"'<>]{1,400}(?:@[^\s/@\"'<>.:]{1,100}(?=@))?)(?=@[\w\[])", ("://",), is_given),
    any_case(SECRETS, "password", r"(?<![\w+.-])(?:redis|rediss|postgres(?:ql)?|mysql|mongodb(?:\+srv)?|amqps?)://[^\s/:@\"'<>]{0,200}+:(?P<value>[^\s\"'<>]{1,200})(?=@[\w\[])", ("://",), is_given),
    any_case(SECRETS, "token", r"(?<![\w+.-])[a-z][\w+.-]{1,40}://(?P<value>[\w%.~-]{16,400})@", ("://",), is_token),
    any_case(SECRETS, "token", r"(?<![\w+.-])[a-z][\w+.-]{1,40}://(?P<value>[\w%.~-]{16,400})(?=:(?:x-oauth-basic|x-token-auth|x)?@)", ("://",), is_token),
    any_case(SECRETS, "password", r"jdbc:oracle:\w{1,10}:[\w.$#-]{1,60}/(?P<value>[^\s@\"'<>]{1,200})@", ("jdbc:oracle",)),
    any_case(SECRETS, "token", r"://(?P<value>[0-9a-f]{32})(?=[:@])", ("://",)),
    # Parameters of addresses.
    any_case(SECRETS, "token", r"(?:[?&;]|&amp;|%26)(?:x-amz-(?:signature|security-token|credential)|x-goog-signature|sig|signature|sas|[\w-]{0,30}token|[\w-]{0,20}api_?key|key|secret|client_secret|auth|code|jwt|magic|ticket|invit\w{1,6}|reset|confirm(?:ation)?|verif\w{1,8}|activat\w{1,4}|credential|assertion|session_?id|sid|access_?key|hmac|[\w-]{0,20}secret)=(?P<value>[^\s&\"'`,<>#;|)\]?!]{6,4000})", ("=",), is_token),
    any_case(SECRETS, "token", r"(?<![\w-])(?:sig|x-amz-signature|x-goog-signature)=(?P<value>[\w%+/=.-]{20,4000})", ("sig=", "signature="), is_token),
    any_case(SECRETS, "password", r"(?:[?&;]|&amp;)(?:password|passwd|pwd|pass|pw)=(?P<value>[^\s&\"'<>#|]{3,400})", ("=",), is_given),
    any_case(SECRETS, "token", r"/(?:reset(?:[_-]password)?|password[_-]?resets?|invit(?:e|ation)s?|magic(?:-?link)?|verify|activate|confirm|hooks?|webhooks?|alert|share|login|signin)/(?P<value>[\w-]{20,200})(?![\w.-])", ("/reset", "/password", "/invit", "/magic", "/verify", "/activate", "/confirm", "/hook", "/webhook", "/alert/", "/share/", "/login/", "/signin/"), lambda v: is_random(v) or bool(HEX_ID.match(v) and len(v) == 36) or bool(re.fullmatch(r"(?=\D*\d)[a-z0-9]{26}|[0-9a-f]{32,64}", v))),
    # Headers.
    any_case(SECRETS, "token", r"authori[sz]ation(?<!\wauthori[sz]ation)[\"'\\]{0,4}\s{0,4}(?:[:=]|=>|,)\s{0,4}[\"'\\]{0,4}(?:[\w-]{2,20}\s{1,3}){0,2}(?:token\s?=\s?|key\s?=\s?)?[\"']?(?P<value>[\w+/=.~:-]{8,4000})", ("authori",), lambda v: not REFERENCE.match(v) and v.casefold() not in _SCHEMES),
    any_case(SECRETS, "token", r"(?<![\w-])(?:bearer|ssws|geniekey|apikey)(?:\s{1,3}token)?(?:\s{1,3}is|:)?(?:\s{1,4}[\"'`]?|\s?=\s?[\"']?|\s?[\"']\s?[+.]\s?[\"']|[\"']\s?,\s?[\"'])(?P<value>[\w+/=.~-]{16,4000})", ("bearer", "ssws", "geniekey", "apikey"), lambda v: is_token(v) or (len(v) >= 24 and not v.islower())),
    any_case(SECRETS, "password", r"(?<![\w-])basic\s{1,4}(?P<value>[A-Za-z0-9+/]{12,400}={0,2})(?![\w])", ("basic",), lambda v: is_token(v) or decodes_to_pair(v)),
    any_case(SECRETS, "cookie", r"(?<![\w-])(?:set-)?cookie2?[\"']?\s{0,3}:\s{0,3}[\"']?(?:[\w.$%-]{1,60}=[^\s;\"']{0,400};\s{0,3}){0,30}?[\w.$%-]{1,60}=(?P<value>[^\s;\"']{16,4000})", ("cookie",), is_token),
    Rule(SECRETS, "cookie", re.compile(r"(?<![\w-])(?:-b|--cookie)[= ]{1,3}[\"']?[\w.$%-]{1,60}=(?P<value>[^\s;\"']{8,4000})"), ("-b", "--cookie"), is_token),
    any_case(SECRETS, "cookie", r"(?<![\w-])(?:\w{0,10}sess\w{0,12}|phpsessid|connect\.sid|asp\.net_sessionid|auth_?cookie|remember_\w{1,20})=(?P<value>[^\s;&\"'<>]{16,4000})", ("sess", "connect.sid", "cookie=", "remember_"), is_token),
    # Names and values.
    _assigned(LOCK_WORDS, "password", lambda v: is_given(v) and not v.isalpha() | is_prose(v), _PASSWORD_HINTS),
    any_case(SECRETS, "password", rf"(?:{LOCK_WORDS})(?!{_ABOUT})[\w-]{{0,12}}?(?:{_QUOTE}?\]?\s{{0,3}}(?:=>|:)\s{{0,3}}{_QUOTE}|{_QUOTE}?\s{{0,3}}=\s{{0,3}}{_QUOTE}?)(?P<value>{_BARE}{{3,400}}+)", _PASSWORD_HINTS, is_given),
    any_case(SECRETS, "password", rf"<[\w.:-]{{0,40}}(?:{LOCK_WORDS}|secret|token)[\w.-]{{0,10}}>(?P<value>[^<\s]{{3,400}})<", ("<",), is_given),
    any_case(SECRETS, "password", rf"(?:key|name|id)=[\"'][\w.:-]{{0,40}}(?:{LOCK_WORDS}|secret|token|api_?key)[\w.-]{{0,20}}[\"']\s?>(?P<value>[^<\s]{{3,400}})<", ("\">", "'>"), is_given),
    any_case(SECRETS, "key", r"<[\w.:-]{0,40}(?:key|key_?id|auth|credential)>(?P<value>[^<\s]{12,4000})<", ("key>", "id>", "auth>", "credential>"), lambda v: is_token(v) and not HEX_ID.match(v)),
    _assigned(_KEY, "key", lambda v: is_token(v) and not is_path(v), _KEY_HINTS),
    _assigned(r"auth(?<![\w.-]auth)|pw(?<![\w.-]pw)|key(?<![\w.-]key)|dsn|private[_\s]key[_\s]id", "key", lambda v: len(v) >= 12 and is_token(v) and not is_path(v), ("auth", "pw", "key", "dsn")),
    _assigned(r"[_-]pass|[_-]pwd?|pw(?<![\w.-]pw)|pass(?<![\w.-]pass)(?![a-z])", "password", lambda v: is_chosen(v) or (is_given(v) and not is_prose(v)), ("pass", "pw")),
    any_case(SECRETS, "key", r"(?<![a-z])_auth\s{0,2}=\s{0,2}[\"']?(?P<value>[\w+/=.-]{12,4000})", ("_auth",), lambda v: is_token(v) or decodes_to_pair(v)),
    any_case(SECRETS, "key", rf"(?:key|name|id)=[\"'][\w.:-]{{0,40}}(?:{LOCK_WORDS}|secret|token|key|pwd)[\w.-]{{0,20}}[\"']\s{{1,4}}value=[\"'](?P<value>[^\"'<>]{{6,4000}})[\"']", ("value=",), lambda v: is_given(v) and not is_prose(v)),
    any_case(SECRETS, "password", r"(?<![a-z])(?:log_?in|sign_?in|authenticate|connect|auth|basicauth|set_?password)\(\s?[\"'][\w.@+-]{1,60}[\"']\s?,\s?[\"'](?P<value>[^\"'\n]{4,200})[\"']", ("login(", "log_in(", "signin(", "sign_in(", "authenticate(", "connect(", "auth(", "password("), is_chosen),
    any_case(SECRETS, "cookie", r"[\"']name[\"']\s?:\s?[\"'][\w.-]{0,40}(?:sess|token|auth|sid|secret|password|passwd|api[_-]?key|jwt)[\w.-]{0,20}[\"']\s?,\s{0,8}[\"']value[\"']\s?:\s?[\"'](?P<value>[^\"'\n]{6,4000})[\"']", ("value\"", "value'"), is_token_or_chosen),
    any_case(SECRETS, "password", rf"(?:{LOCK_WORDS}|pass|secret|token|key)\w{{0,12}}[\"']?\s?(?:=>|:|=)\s?(?:\w{{2,20}}\.){{0,2}}\w{{2,20}}\([\"'][\w.-]{{1,60}}[\"']\s?,\s?[\"'](?P<value>[^\"'\n]{{4,400}})[\"']", ("(\"", "('"), is_token_or_chosen),
    any_case(SECRETS, "cookie", r"connect\.sid[\"']?\s?[:=]\s?[\"']?(?P<value>[^\s;\"'<>]{16,400})", ("connect.sid",), is_token),
    any_case(SECRETS, "key", r"(?<=\s)-[kt]\s{1,3}[\"']?(?P<value>[\w+/=.-]{24,400})(?![\w/:.])", (" -k", " -t"), lambda v: is_random(v) or bool(re.fullmatch(r"[0-9a-f]{32,64}", v))),
    any_case(SECRETS, "key", r"(?<![\w-])(?:login|auth|authenticate|relogin)\s(?:--?[\w-]{1,20}[= ]){0,2}[\"']?(?P<value>[\w+/=.-]{24,400})(?![\w/:.-])", ("login", "auth"), lambda v: is_random(v) or bool(re.fullmatch(r"[0-9a-f]{32,64}", v))),
    any_case(SECRETS, "key", r"(?<![\w-])(?:x-[\w-]{2,30}-session|x-session-(?:id|token))[\"']?\s?[:=]\s?[\"']?(?P<value>[\w-]{16,200})", ("session",), lambda v: is_token(v) or bool(HEX_ID.match(v))),
    any_case(SECRETS, "key", r"(?<![\w-])(?!(?:continuation|cancell?ation|page|paging|sync|request|idempotency|correlation|device|push|cursor|fencing|partition|primary|sort|row|cache|foreign|tracking|message|next|resume|delete|sequence)\b)(?:[\w.]{2,24}[ _-])?(?:(?:api|auth|access|service|deploy|private|secret|licen[cs]e|ingest\w{0,4}|source|security|rest|account|app|bot|user|personal|write|master|admin|routing|integration)[ _-]?(?:key|token|secret)|token|secret|apikey)(?:\s?[:=]|\sis|\swas)?\s{1,3}[(\"'`]{0,2}(?P<value>[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})(?![\w-])", ("key", "token", "secret")),
    any_case(SECRETS, "pin", r"(?<![a-z])(?:pin|otp|passcode|mfa|2fa|totp)(?:[_-]?(?:code|number))?[\"']?\s{0,5}(?:[:=>]|=>)\s{0,5}[\"']?(?P<value>\d{4,8})(?![\w.,:/-]\d|\d)", ("pin", "otp", "passcode", "mfa", "2fa"), is_pin),
    any_case(SECRETS, "secret", r"(?<![a-z])(?:totp|otp|mfa|2fa|authenticator)[\w.-]{0,12}?(?:secret|seed|key)[\"']?\s{0,2}(?:[:=>]|=>)\s{0,2}[\"']?(?P<value>[a-z2-7]{16,128})(?!\w)", ("otp", "mfa", "2fa", "authenticator"), is_seed),
    # Statements and settings that are no name and value.
    any_case(SECRETS, "password", r"identified\s{1,3}(?:with\s\S{1,60}\s)?(?:by|as)\s{1,3}(?:password\s)?[\"'](?P<value>[^\"'\n]{3,200})[\"']", ("identified",), is_given),
    any_case(SECRETS, "password", r"password(?:\sfor\s[^\s=]{1,60})?(?:\s?=\s?|\s(?:to\s|as\s)?)(?:n|e|old_password\(|password\()?(?P<q>[\"'])(?P<value>[^\"'\n]{3,200})(?P=q)", ("password",), is_given),
    any_case(SECRETS, "password", r"(?<![\w-])(?:requirepass|masterauth|auth-pass\s[\w.-]{1,40}|auth-user-pass\s[\w.@-]{1,40}|bindpw|rootpw|rootbindpw|ldap_bind_pw|wpa_passphrase|psk|sasl_passwd)[ \t]{1,4}[\"']?(?P<value>[^\s\"']{4,200})", ("requirepass", "masterauth", "auth-pass", "auth-user-pass", "bindpw", "rootpw", "bind_pw", "wpa_pass", "psk", "sasl_passwd"), is_token_or_chosen),
    any_case(SECRETS, "password", r"(?:pre-?shared[ _-]?key|(?<!\w)psk|(?:radius|tacacs\+?)(?:-server)?[^\n]{0,40}?\skey(?:\s\d)?|isakmp\skey(?:\s\d)?|authentication-key\s\d{1,5}\smd5|key-string(?:\s\d)?|\sauth\s(?:md5|sha)\d{0,3}|\spriv\s(?:3?des|aes)(?:\s\d{3})?|privilege\s\d{1,2}\s(?:secret|password)(?:\s\d)?|rootpw(?:\s--\w{2,12})?|neighbor\s\S{1,60}\spassword(?:\s\d)?|bind_?(?:password|pw|secret))(?:\s{0,2}[:=]\s{0,2}|\s{1,4})[\"']?(?P<value>[^\s\"';]{6,200})", ("shared", "psk", "radius", "tacacs", "isakmp", "authentication-key", "key-string", "auth md5", "auth sha", "priv ", "privilege", "rootpw", "neighbor", "bind"), is_token_or_chosen),
    any_case(SECRETS, "password", r"(?<![\w./-])(?!\d{1,80}:)[\w.*-]{1,80}:(?:\d{4,5}|\*):[\w*-]{1,60}:[\w*.@-]{1,60}:(?P<value>[^\s:/]{6,100})(?!\S)", (":5432:", ":*:", ":3306:", ":6432:", ":5433:", ":1433:", ":27017:", ":6379:"), is_token_or_chosen),
    any_case(SECRETS, "password", rf"variable\s{{1,3}}[\"'][\w-]{{0,60}}(?:{LOCK_WORDS}|secret|token|api_?key|_pass|_pwd?)[\w-]{{0,20}}[\"']\s{{0,3}}\{{[^}}]{{0,400}}?default\s{{0,8}}=\s{{0,3}}[\"'](?P<value>[^\"'\n]{{3,400}})[\"']", ("variable",), is_given),
    any_case(SECRETS, "password", rf"(?:{LOCK_WORDS}|secret|token|key|pass)\w{{0,20}}[\"']?\s{{0,8}}[:=]\s{{0,3}}[\"'](?P<value>[^\"'\n]{{0,200}}[\"']\s{{0,3}}(?:->|=>|→)\s{{0,3}}[\"'][^\"'\n]{{3,400}})[\"']", ("\" ->", "\" =>", "\" →", "' ->", "' =>", "\"->"), is_given),
    Rule(SECRETS, "token", re.compile(r"AC(?<![A-Za-z0-9]AC)[0-9a-f]{32}\W{1,6}(?P<value>[0-9a-f]{32})(?![A-Za-z0-9])"), ("ac",)),
    any_case(SECRETS, "key", r"\.?dockerconfig(?:json)?[\"']?\s{0,3}[:=]\s{0,3}[\"']?(?P<value>[\w+/=]{40,4000})", ("dockerconfig",), is_token),
    # Commands.
    Rule(SECRETS, "password", re.compile(rf"(?<=\s)-[pPN][ =]?[\"']?(?P<value>(?<=')[^'\s]{{8,200}}(?=')|(?<=\")[^\"\s]{{8,200}}(?=\")|(?![=-]){_LETTER}{{8,200}})"), (" -p", " -n"), lambda v: is_random(v) or is_strong(v)),
    any_case(SECRETS, "password", r"(?<![\w-])(?:sqlplus|rman|expdp|impdp|sqlldr|exp|imp)\s(?:-\w{1,10}\s){0,3}[\"']?\w{1,40}/(?P<value>[^\s@/\"']{3,200})@", ("sqlplus", "rman", "dp", "sqlldr", "exp", "imp"), is_given),
    any_case(SECRETS, "password", r"pass(?:word|phrase|wd)?[_-](?:command|cmd)[= ][\"']?(?:echo|printf)\s{1,3}(?:-\w{1,2}\s{1,3})?[\"']?(?P<value>[^\s\"')]{3,200})", ("-command", "_cmd", "-cmd", "_command"), is_given),
    any_case(SECRETS, "password", r"(?<![\w-])lftp\s[^\n|;]{0,80}?-u\s{1,3}[\"']?[\w.@-]{1,60},(?P<value>[^\s\"',]{3,200})", ("lftp",), is_given),
    any_case(SECRETS, "password", rf"(?<![\w-])(?:change_password|add_user|authenticate_user|net\s{{1,3}}user|reset-password|set-?passw(?:ord|d)|set_?user_?password|adduser|useradd)\s{{1,3}}[\w.@\\-]{{1,60}}\s{{1,3}}[\"']?(?![/-]){_ARGUMENT}", ("change_password", "add_user", "authenticate_user", "net", "reset-pass", "pass", "adduser", "useradd"), is_chosen),
    any_case(SECRETS, "password", r"chpasswd\s{0,3}<<<\s{0,3}[\"']?[\w.-]{1,60}:(?P<value>[^\s\"']{3,200})", ("chpasswd",), is_given),
    any_case(SECRETS, "password", r"(?<![\w-])send(?:_user)?\s{1,3}(?:--\s)?[\"'](?P<value>[^\"'\s\\]{4,200})\\[rn]", ("send",), is_chosen),
    any_case(SECRETS, "password", rf"(?<![\w-])(?:smbclient|rpcclient|smbmap|net|winexe|wmic|mount\.cifs)\s[^\n|;]{{0,120}}?-u\s{{0,3}}[\"']?[\w.\\/@-]{{1,60}}%(?P<value>{_LETTER}{{3,200}})", ("%",), is_given),
    any_case(SECRETS, "password", r"(?<![\w-])snmp\w{2,10}\s[^\n|;]{0,80}?(?<=\s)-(?:c|a|x)\s{0,3}[\"']?(?P<value>[^\s\"'|;&-]{4,64})", ("snmp",), lambda v: is_given(v) and v.casefold() not in _PROTOCOLS),
    any_case(SECRETS, "secret", rf"(?<![\w-])--(?:secret-string|secret-value|from-literal[= ][\w.-]{{1,60}}|admin-password|data-value|body-value)[= ]{{1,3}}[\"']?(?P<value>(?<=')[^'\s{{}}]{{4,4000}}(?=')|(?<=\")[^\"\s{{}}]{{4,4000}}(?=\")|(?:(?!\{{){_LETTER}){{4,4000}})", ("--",), lambda v: is_given(v) and (is_token(v) or is_chosen(v))),
    any_case(SECRETS, "password", r"pass(?:word|phrase|wd)?(?:-file|-fd)?[= ]<\(\s?(?:echo|printf)\s{1,3}(?:-\w{1,2}\s{1,3})?[\"']?(?P<value>[^\s\"')]{3,200})", ("<(",), is_given),
    any_case(SECRETS, "password", rf"(?<![\w-])(?:psexec\w{{0,4}}|winexe|wmic|winrs|schtasks|cmdkey)\s[^\n|;]{{0,120}}?(?<=\s)[-/](?:p|pass|password|rp)[:\s]\s{{0,3}}[\"']?{_ARGUMENT}", ("psexec", "winexe", "wmic", "winrs", "schtasks", "cmdkey"), is_given),
    any_case(SECRETS, "password", rf"(?<!\w)net\s{{1,3}}use\s[^\n|;]{{0,120}}?/user:\S{{1,60}}\s{{1,3}}[\"']?(?!/){_ARGUMENT}", ("/user:",), is_given),
    any_case(SECRETS, "password", r"(?<!\w)snmp[\w-]{0,10}\s(?:[\w-]{1,12}\s){0,3}?community(?:\sstring)?(?:\s?[:=]|\sis)?\s{0,3}[\"'`]?(?P<value>[^\s\"'`]{4,64})", ("community",), lambda v: is_given(v) and not is_prose(v)),
    any_case(SECRETS, "password", r"(?<!\w)(?:enable|username\s\S{1,40})\s(?:secret|password)\s\d\s(?P<value>\S{4,200})", ("secret", "password"), is_given),
    any_case(SECRETS, "password", rf"-(?<![\w-].)-?(?:[\w-]{{0,30}}(?:password|passwd|passphrase|passwort|pass|pwd|secret|token|api-?key|account-key|access-key|secret-key|auth-key|sharedkey|client-secret))(?:[= ]{{1,3}}|\s\\\n\s{{0,8}})[\"']?(?P<value>{_QUOTED_WHOLE}|{_LETTER}{{3,4000}})", (*_PASSWORD_HINTS, "secret", "token", "key"), lambda v: is_given(v) and not v.startswith("-")),
    Rule(SECRETS, "password", re.compile(r"(?<![\w-])(?:-u|--user|--proxy-user|-U|-a(?=\s))[= ]{0,3}[\"']?[\w.@+%${}-]{1,80}:(?!//)(?P<value>[^\s\"'<>|]{3,400})"), ("-u", "--user", "--proxy-user", "-a "), lambda v: is_given(v) and not re.fullmatch(r"[\d.:/]+", v)),
    Rule(SECRETS, "key", re.compile(r"(?<![\w-])(?:-u|--user)[= ]{0,3}[\"']?(?P<value>[\w+/=.-]{20,200}):[\"']?(?=\s|$)"), ("-u", "--user"), is_token),
    any_case(SECRETS, "password", rf"(?<![\w-])(?:mysql\w{{0,10}}|mariadb[\w-]{{0,10}}|mydumper|xtrabackup)\s[^\n|;]{{0,120}}?(?<=\s)-p[\"']?{_ARGUMENT}", ("-p",), is_given),
    Rule(SECRETS, "password", re.compile(rf"(?<![\w-])(?:sshpass|twine|docker|podman|helm|skopeo|mongo\w{{0,8}}|mosquitto_\w{{3}}|sqlcmd|az|oc|cf|smbclient|ipmitool|xfreerdp|rdesktop|7z|unzip|zip)\s[^\n|;]{{0,160}}?(?<=\s)-[pP]\s{{0,3}}[\"']?{_ARGUMENT}"), ("-p",), lambda v: is_given(v) and not re.fullmatch(r"[\d:./]+|\w+:\w+|(?:in|out)", v)),
    any_case(SECRETS, "password", rf"(?<![\w-])(?:redis-cli|valkey-cli|redis-benchmark)\s[^\n|;]{{0,120}}?(?<=\s)(?:-a|--pass)\s{{1,3}}[\"']?{_ARGUMENT}", ("-cli", "redis-b"), is_given),
    any_case(SECRETS, "password", rf"(?<![\w-])(?:ldap\w{{3,10}}|kinit|net\suse|snmp\w{{3,8}}|nxc|crackmapexec)\s[^\n|;]{{0,160}}?(?<=\s)-[wA]\s{{1,3}}[\"']?{_ARGUMENT}", (" -w", " -a"), is_given),
    any_case(SECRETS, "password", rf"(?<![\w-])openssl\s[^\n|]{{0,120}}?(?<=\s)(?:-k\s{{1,3}}|-pass(?:in|out)?\s{{1,3}}pass:)[\"']?{_ARGUMENT}", ("openssl",), is_given),
    any_case(SECRETS, "password", rf"(?<![\w-])htpasswd\s{{1,3}}(?:-\w{{1,6}}\s{{1,3}}){{1,4}}[\w./-]{{1,80}}\s{{1,3}}[\w.@-]{{1,60}}\s{{1,3}}[\"']?{_ARGUMENT}", ("htpasswd",), is_given),
    any_case(SECRETS, "password", r"(?<![\w-])(?:echo|printf)\s{1,3}(?:-\w{1,2}\s{1,3})?[\"']?(?P<value>[^\s\"'|;&]{4,400})[\"']?\s{0,3}\|\s{0,3}(?:sudo|kinit|passwd|chpasswd|docker\slogin|gh\sauth|podman\slogin|cryptsetup|base64|vault|gpg|su)(?!\w)", ("|",), lambda v: is_chosen(v) and not decodes_to_words(v)),
    any_case(SECRETS, "token", r"(?<![\w-])(?:vault\slogin|doctl\sauth\sinit\s-t|flyctl\sauth\stoken|heroku\sauth:token|sentry-cli\slogin\s--auth-token|aws\sconfigure\sset\s\w{1,40})\s{1,3}[\"']?(?P<value>[\w+/=.-]{12,400})", ("vault login", "doctl", "flyctl", "heroku", "sentry-cli", "aws configure"), is_token),
)  # fmt: skip

_CODES: Final = r"(?=[a-z-]{0,30}\d)[a-z0-9]{4,8}(?:-[a-z0-9]{4,8}){1,7}(?![\w-])"
_WORDS_OF_A_SEED: Final = r"[a-z]{3,12}(?:[ -][a-z]{3,12})"

# What people say is one, in a sentence; a table's row or a page's source is none.
SAID: Final[tuple[Rule, ...]] = (
    any_case(SECRETS, "pin", r"(?<!error )(?<!status )(?<!exit )(?<!http )(?<!zip )(?<!postal )(?<!country )(?<!area )(?<!promo )(?<!reason )(?<!response )(?<!return )(?<!result )(?<!\w)(?:code|otp|pin)\s(?P<value>\d{4,8})(?=\s[^\n]{0,30}?(?:(?<!\w)sms|text\smessage|authenticator|2fa|mfa|one-time|e-?mailed|login\s(?:code|screen|page)))", ("sms", "text message", "authenticator", "2fa", "mfa", "one-time", "mailed", "login"), is_pin),
    any_case(SECRETS, "secret", r"(?<!\w)(?:recovery|backup|rescue|scratch|emergency)\scodes?(?:\s?[:=]|\s(?:is|are|were))?\s{1,4}[\"'`]?(?P<value>\d{6,10}(?:[,;\s]{1,3}\d{6,10}){0,15})(?!\d)", ("code",)),
    any_case(SECRETS, "key", r"(?<![\w-])(?:integration|routing|dd|datadog|twilio|algolia|mailgun|rollbar|bugsnag|mixpanel|amplitude|pagerduty|pingdom|cloudflare|airbrake|raygun)(?:\s?[:=])?\s[\"'`(]?(?P<value>[0-9a-f]{32,40})(?!\w)", ("integration", "routing", "dd", "datadog", "twilio", "algolia", "mailgun", "rollbar", "bugsnag", "mixpanel", "amplitude", "pagerduty", "pingdom", "cloudflare", "airbrake", "raygun")),
    any_case(SECRETS, "password", rf"(?:_pw|_pwd|_pass|_password|_secret)\s{{1,4}}{_SAID}", ("_pw", "_pass", "_secret"), is_chosen),
    any_case(SECRETS, "password", r"(?<!\w)p(?:w|ass)?\s?[:=]\s?[\"'`]?(?P<value>[^\s\"'`“”<>,;]{4,200})[\s,;]{1,3}u(?:ser|sr)?\s?[:=]\s?\w", (" u:", " user:", " u=", " user="), is_chosen),
    any_case(SECRETS, "secret", r"(?<![\w-])(?:code\ssecret|geheim(?:nis|code|zahl)?|geheimer\s\w{3,12}|segreto|secreto|codice\ssegreto)(?:\s?[:=]|\s(?:ist|est|es|è))\s{1,3}[\"'`]?(?P<value>[^\s\"'`<>]{4,400})", ("code secret", "geheim", "segreto", "secreto"), lambda v: is_chosen(v) or v.isdigit()),
    any_case(SECRETS, "key", r"(?<![\w./:=-])(?P<value>[0-9a-f]{32,64}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})[)\"'`]?\s(?:is\s|was\s|as\s)?(?:the\s|our\s|a\s|an\s)?(?:[\w-]{2,16}\s)?(?:api[ -]?key|api\stoken|access\s(?:key|token)|auth(?:ori[sz]ation)?(?:\s(?:token|key))?|app\skey|(?:integration|routing|service|license|licence|ingest\w{0,4})\skey|secret)(?!\w)", ("api", "access", "auth", "app key", "key", "secret"), lambda v: bool(re.search(r"[a-f]", v))),
    any_case(SECRETS, "token", r"robot\$[\w.+-]{1,40}[\s:/]{1,3}[\"'`]?(?P<value>[\w+/=.~-]{16,400})", ("robot$",), is_token),
    any_case(SECRETS, "token", r"(?:token|key|secret)(?:\s?[:=]|\sis)?\s{1,3}[\"'`]?(?P<value>[a-z0-9]{6,24}:[\w+/=]{24,200})(?![\w:])", ("token", "key", "secret"), is_token),
    any_case(SECRETS, "pin", r"(?<![\w-])(?:code|pin|otp|passcode)\s?\?[\s\"'”>]{1,4}(?:\w{2,20}:\s)?[\"'“]?(?:yes|sure|yeah|it['’]?s|it\sis|ok|okay|ja|oui|s[íi])?[,.]?\s?[\"'“]?(?P<value>\d{3}[ -]?\d{1,5})(?![\d.,:])", ("?",), is_pin),
    any_case(SECRETS, "password", r"(?<!\w)(?:wlan|wi-?fi|wpa[23]?|wireless|hotspot|(?:guest|office)\s(?:wifi|network|wlan))[ -]?(?:key|code|pass|pw|psk|schl[üu]ssel)?(?:\s?[:=]|\sis|\sist)\s{1,3}[\"'`]?(?P<value>[^\s\"'`<>]{6,100})", ("wlan", "wifi", "wi-fi", "wpa", "wireless", "hotspot", "network"), is_marked),
    any_case(SECRETS, "password", r"(?<!\w)(?:wlan|wi-?fi|wpa[23]?|wireless|network)[ -](?:key|code|pass|pw|psk|schl[üu]ssel)(?:\s?[:=]|\sis|\sist)\s{1,3}[\"'`]?(?P<value>[^\s\"'`<>]{6,100})", ("wlan", "wifi", "wi-fi", "wpa", "wireless", "network"), is_chosen),
    any_case(SECRETS, "password", r"(?:guest\swi-?fi|guest\swlan|gäste-?wlan)(?:\s?[:=]|\sis|\sist)\s{1,3}[\"'`]?(?P<value>[^\s\"'`<>]{6,100})", ("guest", "wlan"), is_chosen),
    any_case(SECRETS, "password", r"(?<![\w-])(?:ssh|sftp|scp|rdp|telnet|psql|mysql|vpn|log\s?in|sign\s?in)\s(?:to\s|into\s|as\s){0,2}\S{1,60}\s(?:with|using|via|w/)\s(?:the\s|pass(?:word)?\s|pw\s){0,2}[\"'`]?(?P<value>[^\s\"'`<>]{6,100})", ("ssh", "sftp", "scp", "rdp", "telnet", "psql", "mysql", "vpn", "log", "sign"), is_marked),
    any_case(SECRETS, "password", rf"(?:{LOCK_WORDS}|pw|pin|token|secret)[^\n]{{0,40}}?\s(?:from|was|von|de|:)\s[\"'`]?(?P<value>[^\s\"'`<>]{{5,100}}[\"'`]?\s(?:to|->|→|=>|auf|à|a)\s[\"'`]?[^\s\"'`<>]{{5,100}})", (" to ", " ->", " →", " =>", " auf ", " à ", " a "), lambda v: any(is_chosen(part) for part in re.split(r"[\"'`]?\s\S+\s[\"'`]?", v))),
    Rule(SECRETS, "secret", re.compile(r"(?<![\w-])(?P<value>[A-Z2-7]{4}(?:[ -][A-Z2-7]{4}){3,15})(?![\w-])"), ("totp", "2fa", "mfa", "authenticator", "setup key", "secret key", "seed"), is_seed),
    any_case(SECRETS, "token", rf"(?<![\w-])(?:api|cl[ée]|clave|chiave|chave|n[øy]kkel|nyckel|avain|schl[üu]ssel\w{{0,4}}|jeton|ключ\w{{0,2}}|токен\w{{0,2}}|令牌|密钥|密鑰|秘密鍵|トークン|api\s?キー|アクセスキー|토큰|키)(?:[ -](?:api|key|schl[üu]ssel|token|n[øy]kkel|nyckel|de|d['’]|da|do|del|secr[eè]te?|privada|priv[ée]e))*{_WORDS}{_SAYS}[\"'`“«]{{0,2}}(?P<value>[\w+/=.~%-]{{16,4000}})", ("api", "cl", "chiave", "chave", "kkel", "nyckel", "avain", "schl", "jeton", "ключ", "токен", "令牌", "密钥", "密鑰", "秘密鍵", "トークン", "キー", "토큰", "키"), is_token),
    any_case(SECRETS, "token", r"(?<![\w-])(?:(?:deploy|api|access|registry|robot|pull|push|bot)[ _-](?:token|account|key|user|secret)|robot|service account)s?\s{1,3}[\"'`]?[\w.@+$-]{2,60}[\"'`]?\s?(?:/|:|,|\||with|=>|->)\s?[\"'`]?(?P<value>[\w+/=.~-]{16,400})", ("token", "account", "key", "user", "secret", "robot"), is_token),
    any_case(SECRETS, "password", rf"(?:{LOCK_WORDS}|pw|login|creds?|credentials?|pin|token)[^\n?]{{0,40}}\?[\s\"'”>:*_-]{{1,8}}(?:it['’]?s\s|is\s|try\s|yes,?\s){{0,2}}[\"'“`]?(?P<value>[^\s\"'`“”<>]{{6,100}})", ("?",), is_marked),
    any_case(SECRETS, "pin", r"(?<![\w-])(?:codes?|combination|combo|pin)\s(?:for|to|of|on|zur|zum|für|pour|de|del|para)\s(?:the\s|our\s|my\s|die\s|den\s|das\s|la\s|le\s|el\s){0,2}(?:front\s|back\s|main\s|server\s|side\s)?(?:door|gate|safe|vault|cage|rack|cabinet|alarm|lock|locker|room|building|datacent\w{2}|lockbox|garage|keypad|t[üu]r|tresor|porte|coffre|puerta|caja)\w{0,12}(?:\s?[:=]|\sis|\sist|\sest|\ses|['’]s)?\s{1,3}(?P<value>\d{3}[ -]?\d{1,5})(?![\d.,:])", ("code", "comb", "pin"), is_pin),
    any_case(SECRETS, "pin", r"(?<![\w-])(?:(?:break[ -]?glass|emergency|master|duress|disarm|override|admin|einmal|best[äa]tigungs|sicherheits|freischalt|zugangs|t[üu]r|tresor|access|login|verification|security|vault|unlock)(?:\s|-)?(?:code|pin|passcode|kode)|c[óo]digo(?:\sde\s\w{3,14})?|code\s(?:de\s|d['’])\w{3,14}|codice(?:\sdi\s\w{3,14})?|(?:engangs|bekreftelses|bekr[æa]ftelses)\w{0,4}[kc]ode\w{0,2}|(?:認証|確認)コード|验证码|驗證碼|인증번호|код\w{0,2}|pin-?kode|pin-?kod|暗証番号)(?:\s?(?:[:=]|は|是|为)|\s(?:is|was|ist|lautet|est|es|è|é|er|är)(?:\s(?:now|still|jetzt))?|['’]s)?\s{0,3}[\"'`*(]{0,2}(?P<value>\d{3}[ -]?\d{1,5})(?![\w.,:/]\d|\d|\s?(?:%|ms|min|sec|times|users|errors|orders))", ("code", "kode", "pin", "digo", "codice", "コード", "验证码", "驗證碼", "인증번호", "код", "暗証番号", "kod"), is_pin),
    any_case(SECRETS, "password", r"(?<!\w)(?:use|try|enter|type|with)\s[`\"'“](?P<value>[^\s`\"'“”]{6,100})[`\"'”]\s(?:to|for)\s(?:get\s(?:in|into|on|onto)|log\s?(?:in|on|into)|sign\s?(?:in|on)|connect|access|unlock|open|ssh|decrypt)(?!\w)", ("use", "try", "enter", "type", "with"), is_marked),
    Rule(SECRETS, "password", re.compile(r"(?<![\w-])AUTH\s(?:default\s)?[\"']?(?P<value>[^\s\"'<>]{12,200})"), ("auth",), is_token),
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
    any_case(SECRETS, "password", rf"name:\s?[\"']?[\w.-]{{0,60}}(?:{LOCK_WORDS}|secret|token|api_?key|_pass|_pwd?)[\"']?\s{{1,12}}value:\s?[\"']?(?P<value>[^\s\"'<>]{{3,4000}})", ("value:",), is_given),
    any_case(SECRETS, "pin", r"(?<![\w.,:/-])(?P<value>\d{4,8})\s(?:is|as|was|=|<-|\()\s?(?:the\s|my\s|our\s|your\s|new\s|old\s){0,2}(?:[\w-]{2,16}\s)?(?:pin|otp|passcode|2fa|mfa|unlock code|door code|safe code)(?!\w)", ("pin", "otp", "passcode", "2fa", "mfa", "code"), is_pin),
    any_case(SECRETS, "pin", r"(?<!\w)(?:safe|lock|locker|cabinet|door|gate|alarm)\s(?:combination|combo|code)\s?(?::|=|is|-)?\s{0,2}(?P<value>\d{2}(?:[ -]\d{2}){1,4}|\d{4,8})(?!\d)", ("safe", "lock", "cabinet", "door", "gate", "alarm"), is_pin),
    any_case(SECRETS, "pin", rf"(?<![\w-])(?:{_PIN_NAMES})(?:\s(?:for|of|to|on|in|from|at)(?:\s(?:the|our|my|your))?(?:\s[\w-]{{2,20}}){{1,2}}){{0,2}}(?:\s\([\w -]{{2,20}}\))?(?:{_SAYS}|\?|\s?[(-])?\s{{0,3}}{_STILL}[\"'`*(]{{0,2}}(?P<value>\d{{3}}[ -]?\d{{1,5}})(?![\w.,:/]\d|\d|\s?(?:%|ms|min|sec|times|of\b|users|errors|orders))", ("pin", "otp", "mfa", "2fa", "code", "tan", "one", "number"), is_pin),
    any_case(SECRETS, "pin", r"(?<![\w-])(?:one[ -]?time[ -](?:code|password|passcode|pin)|t?otp(?:\scode)?|(?:2fa|mfa|sms|verification|authenticator|confirmation|login|security|access|unlock|recovery)\scode|passcode)\s(?:for|of|to|on|in|from|at|by|via)(?:\s[\w@'’./-]{1,24}){1,8}?(?<!error)(?<!status)(?<!count)(?<!total)(?<!exit)(?<!port)(?<!http)(?<!line)(?<!code)(?:\s?[:=]\s?|\s?(?:->|→)\s?|\s(?:is|was)\s)[\"'`*(]{0,2}(?P<value>\d{3}[ -]?\d{1,5})(?![\w.,:/]\d|\d|\s?(?:%|ms|min|sec|times|of\b|users|errors|orders))", ("one", "otp", "code"), is_pin),
    any_case(SECRETS, "secret", r"(?<![\w-])(?:unlock|recovery|backup|keystore|safe|alarm)\scodes?(?:\s(?:for|of|to|on)(?:\s(?:the|our|my))?(?:\s[\w-]{2,20}){1,2})?(?:\s{0,3}(?::|=|is|are)\s{0,3})(?P<value>[^\s\"'`<>]{5,100})", ("code",), is_chosen),
    any_case(SECRETS, "key", r"(?:token|key(?<!cache key)(?<!primary key)(?<!foreign key)(?<!partition key)(?<!sort key)(?<!shard key)(?<!object key)(?<!row key)(?<!index key)(?<!idempotency key)(?<!public key)(?<!pubkey)(?<!host key)(?<!websocket-key)(?!\sid)|private\skey\sid|secret|credential|passphrase|seed(?<!\wseed)|pat(?<!\wpat)|signature|cookie|session(?:_?id)?)s?(?:\ssid|_id)?" + _WORDS + r"(?:\s{0,3}(?::|=|->|→|–|—)\s{0,3}|\s{1,3}(?:(?:is|was|are|ist|est|es|set to|seems to be)\s{1,3})?)" + _STILL + r"[(\"'`“*]{0,3}(?P<value>[\w+/=.~%-]{16,4000})", ("token", "key", "secret", "credential", "passphrase", "seed", "pat", "signature", "cookie", "session"), is_long),
    Rule(SECRETS, "secret", re.compile(r"(?<![\w-])(?:secret|seed|setup key|mfa key|2fa key|totp)(?:\s[\w-]{1,20}){0,6}?[:=\s]{1,4}(?:is\s)?(?P<value>[A-Z2-7]{16,128})(?![\w])"), ("secret", "seed", "key", "totp"), is_seed),
    any_case(SECRETS, "secret", r"otpauth://[^\s\"'<>]{0,400}?secret=(?P<value>[A-Za-z2-7=]{8,200})", ("otpauth",)),
)  # fmt: skip
RULES: Final = (*WRITTEN, *SAID)
