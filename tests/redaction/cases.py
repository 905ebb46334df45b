"""Messages with secrets and personal data in many wordings, made up anew; `⟪` and `⟫` stand around each.

They were written before the rules were tuned, in other words than the corpus the rules were written by, so
that what is found of them says something about messages nobody has seen yet. Values are drawn at random and
no literal here has the shape of a secret.
"""

from __future__ import annotations

import base64
import random
import string
from collections.abc import Callable
from typing import NamedTuple

LOWER, UPPER, DIGITS, HEX = string.ascii_lowercase, string.ascii_uppercase, string.digits, "0123456789abcdef"
ALNUM = string.ascii_letters + DIGITS
B64, URL64 = ALNUM + "+/", ALNUM + "-_"


class Case(NamedTuple):
    """A message, where something in it must not be read, and what kind of thing that is."""

    text: str
    spans: tuple[tuple[int, int], ...]
    group: str
    kind: str


def cases(seed: int = 7) -> list[Case]:
    """Every wording once, each with values of its own."""
    dice = random.Random(seed)
    found = []
    for group, kinds in (("secret", SECRETS), ("personal", PERSONAL)):
        for kind, (make, wordings) in kinds.items():
            found += [_case(wording, make, dice, group, kind) for wording in wordings]
    return found


def ordinary() -> list[str]:
    """Messages with nothing in them that must not be read."""
    return [line for line in ORDINARY.strip().splitlines() if line]


def _case(
    wording: str, make: Callable[[random.Random], str], dice: random.Random, group: str, kind: str
) -> Case:
    marked = wording.replace("@@", f"⟪{make(dice)}⟫")
    return Case(*_unmarked(marked), group, kind)


def _unmarked(marked: str) -> tuple[str, tuple[tuple[int, int], ...]]:
    text, spans, start = "", [], 0
    for letter in marked:
        if letter == "⟪":
            start = len(text)
        elif letter == "⟫":
            spans.append((start, len(text)))
        else:
            text += letter
    return text, tuple(spans)


def _some(dice: random.Random, letters: str, count: int) -> str:
    return "".join(dice.choice(letters) for _ in range(count))


def _of(*parts: str | tuple[str, int]) -> Callable[[random.Random], str]:
    """A value of literal parts and of so many letters of an alphabet."""
    return lambda dice: "".join(p if isinstance(p, str) else _some(dice, *p) for p in parts)


def _one(*values: str) -> Callable[[random.Random], str]:
    return lambda dice: dice.choice(values)


def _b64(text: Callable[[random.Random], str]) -> Callable[[random.Random], str]:
    return lambda dice: base64.b64encode(text(dice).encode()).decode()


def _pem(name: str) -> Callable[[random.Random], str]:
    def make(dice: random.Random) -> str:
        lines = [_some(dice, B64, 64) for _ in range(dice.randint(3, 8))]
        edge = "-" * 5
        return "\n".join([f"{edge}BEGIN {name}{edge}", *lines, f"{edge}END {name}{edge}"])

    return make


def _jwt(dice: random.Random) -> str:
    head = base64.urlsafe_b64encode(b'{"alg":"HS256","typ":"JWT"}').decode().rstrip("=")
    body = base64.urlsafe_b64encode(f'{{"sub":"{_some(dice, DIGITS, 9)}","aud":"shop"}}'.encode())
    return f"{head}.{body.decode().rstrip('=')}.{_some(dice, URL64, 43)}"


def _luhn(prefix: str, length: int, gap: str = "") -> Callable[[random.Random], str]:
    def make(dice: random.Random) -> str:
        digits = prefix + _some(dice, DIGITS, length - 1 - len(prefix))
        total = 0
        for place, digit in enumerate(reversed(digits)):
            value = int(digit) * (2 if place % 2 == 0 else 1)
            total += value - 9 if value > 9 else value
        digits += str(-total % 10)
        return gap.join(digits[i : i + 4] for i in range(0, length, 4)) if gap else digits

    return make


def _iban(country: str, bban: str, gap: str = "") -> Callable[[random.Random], str]:
    def make(dice: random.Random) -> str:
        body = "".join(_some(dice, DIGITS, 1) if c == "n" else _some(dice, UPPER, 1) for c in bban)
        number = int("".join(str(int(c, 36)) for c in f"{body}{country}00"))
        whole = f"{country}{98 - number % 97:02d}{body}"
        return gap.join(whole[i : i + 4] for i in range(0, len(whole), 4)) if gap else whole

    return make


def _password(dice: random.Random) -> str:
    word = dice.choice(("Otter", "harbour", "Juniper", "monday", "Sp1nach", "c0balt", "Winter"))
    return word + dice.choice("!#-_$") + _some(dice, ALNUM, dice.randint(4, 8))


def _weak(dice: random.Random) -> str:
    return dice.choice(("hunter2", "letmein!", "Passw0rd", "Sommer2024", "changeme123", "qwerty!99"))


_SLACK = "xo" + "x"
SECRETS: dict[str, tuple[Callable[[random.Random], str], tuple[str, ...]]] = {
    "aws key id": (
        _of("AK" + "IA", (UPPER + "234567", 16)),
        (
            "the leaked key is @@, revoke please",
            "aws_access_key_id: @@",
            "creds=@@/eu-central-1/s3/aws4_request",
        ),
    ),
    "aws temporary id": (
        _of("AS" + "IA", (UPPER + "234567", 16)),
        ("session creds @@ expired", '"AccessKeyId": "@@",'),
    ),
    "aws secret": (
        _of((B64, 40)),
        (
            "secret access key: @@",
            'AwsSecretKey="@@"',
            "aws configure set aws_secret_access_key @@",
            '"SecretAccessKey": "@@"',
            "-e AWS_SECRET_ACCESS_KEY=@@ \\",
        ),
    ),
    "aws session": (_of("FwoGZXIvYXdzE", (B64, 180), "=="), ("AWS_SESSION_TOKEN=@@", '"SessionToken": "@@"')),
    "aws signed": (
        _of((HEX, 64)),
        (
            "dump here: https://dumps.s3.eu-west-1.amazonaws.com/h.gz?X-Amz-Credential=x&X-Amz-Signature=@@",
            "<https://b.s3.amazonaws.com/a?X-Amz-Signature=@@&amp;X-Amz-Expires=60|the dump>",
        ),
    ),
    "azure storage": (
        _of((B64, 86), "=="),
        ("AccountKey=@@", "storage key for backups: @@", "az storage blob list --account-key @@"),
    ),
    "azure sas": (
        _of((ALNUM, 41), "%2B", (ALNUM, 1), "%3D"),
        (
            "wget 'https://b.blob.core.windows.net/dump?sp=r&sig=@@'",
            "SAS is ?sv=2021-06-08&ss=b&sig=@@&spr=https",
        ),
    ),
    "azure client": (
        _of((ALNUM, 3), "8Q~", (ALNUM + "-_.~", 34)),
        ("client_secret=@@", "the app secret @@ expires in May", "AZURE_CLIENT_SECRET: @@"),
    ),
    "gcp key": (
        _of("AI" + "za", (URL64, 35)),
        ("key=@@&address=Oslo", "geocoding with @@ gives 403", "GOOGLE_MAPS_KEY: '@@'"),
    ),
    "gcp oauth": (_of("ya" + "29.", (URL64, 60)), ("gcloud auth print-access-token gave @@", "Bearer @@")),
    "gcp client": (_of("GOC" + "SPX-", (URL64, 28)), ("oauth client secret @@", '"client_secret":"@@"')),
    "github": (
        _of("gh" + "p_", (ALNUM, 36)),
        (
            "GITHUB_TOKEN=@@ gh pr list",
            "remote: https://x-access-token:@@@github.com/o/r.git",
            "somebody pasted @@ in the wiki",
        ),
    ),
    "github server": (_of("gh" + "s_", (ALNUM, 36)), ("##[debug] token: @@", "actions token @@ had write")),
    "github fine": (
        _of("github" + "_pat_", (ALNUM, 22), "_", (ALNUM, 59)),
        ("my pat is @@", "echo @@ | gh auth login --with-token"),
    ),
    "gitlab": (
        _of("gl" + "pat-", (URL64, 20)),
        (
            "git clone https://oauth2:@@@gitlab.acme.example/a/b.git",
            "PRIVATE-TOKEN: @@",
            "runner uses @@ still",
        ),
    ),
    "gitlab runner": (_of("gl" + "rt-", (URL64, 20)), ("gitlab-runner register --token @@",)),
    "slack bot": (
        _of(_SLACK + "b-", (DIGITS, 12), "-", (DIGITS, 13), "-", (ALNUM, 24)),
        ("slack_bot_token: @@", "curl -d token=@@ https://slack.com/api/auth.test", "we rotated @@ already"),
    ),
    "slack user": (
        _of(_SLACK + "p-", (DIGITS, 12), "-", (DIGITS, 12), "-", (DIGITS, 13), "-", (HEX, 32)),
        ("old integration had @@ hard coded",),
    ),
    "slack cookie": (_of(_SLACK + "d-", (ALNUM, 60)), ("Cookie: d=@@",)),
    "slack app": (
        _of("xa" + "pp-1-A", (UPPER + DIGITS, 10), "-", (DIGITS, 13), "-", (HEX, 64)),
        ("SLACK_APP_TOKEN=@@", "the app level token @@ was in values.yaml"),
    ),
    "slack hook": (
        _of("T", (UPPER + DIGITS, 8), "/B", (UPPER + DIGITS, 10), "/", (ALNUM, 24)),
        (
            "alerts go to https://hooks.slack.com/services/@@",
            'slack_api_url: "https://hooks.slack.com/services/@@"',
        ),
    ),
    "discord hook": (_of((URL64, 68)), ("https://discord.com/api/webhooks/998877665544332211/@@ is ours",)),
    "teams hook": (
        _of((HEX, 8), "-", (HEX, 4), "-", (HEX, 4), "-", (HEX, 4), "-", (HEX, 12)),
        (
            "https://acme.webhook.office.com/webhookb2/1b2c3d4e-aaaa-bbbb-cccc-000011112222@0/IncomingWebhook/0123456789abcdef0123456789abcdef/@@",
        ),
    ),
    "stripe": (
        _of("sk" + "_live_", (ALNUM, 24)),
        (
            "curl https://api.stripe.com/v1/charges -u @@:",
            "STRIPE_SECRET: @@",
            "live key @@ in the bundle, rotate!",
        ),
    ),
    "stripe hook": (_of("whs" + "ec_", (ALNUM, 32)), ("endpoint secret @@", "STRIPE_WEBHOOK_SECRET=@@")),
    "stripe restricted": (_of("rk" + "_live_", (ALNUM, 24)), ("reporting job has @@",)),
    "pagerduty": (
        _of("u+", (URL64, 18)),
        ("PD_API_TOKEN=@@", "Authorization: Token token=@@", "pagerduty api token is @@"),
    ),
    "pagerduty routing": (
        _of((HEX, 32)),
        (
            '{"routing_key":"@@","event_action":"trigger"}',
            "integration key @@ pages the wrong team",
            "service_key: @@",
            "PAGERDUTY_ROUTING_KEY=@@",
        ),
    ),
    "atlassian": (
        _of("ATA" + "TT3xFfGF0", (URL64, 170), "=", ("0123456789ABCDEF", 8)),
        ("curl -u me@acme.test:@@ https://acme.atlassian.net", "JIRA_API_TOKEN=@@", "confluence bot: @@"),
    ),
    "npm": (_of("np" + "m_", (ALNUM, 36)), ("NPM_TOKEN=@@ npm publish", "publish token @@ leaked")),
    "pypi": (
        _of("py" + "pi-AgEIcHlwaS5vcmc", (URL64, 70)),
        ("password = @@", "TWINE_PASSWORD=@@", "upload token @@ is project wide"),
    ),
    "docker hub": (_of("dck" + "r_pat_", (URL64, 27)), ("docker login -u acme -p @@",)),
    "digitalocean": (_of("do" + "p_v1_", (HEX, 64)), ("doctl auth init -t @@",)),
    "heroku": (
        _of((HEX, 8), "-", (HEX, 4), "-4", (HEX, 3), "-a", (HEX, 3), "-", (HEX, 12)),
        ("HEROKU_API_KEY=@@",),
    ),
    "vault": (
        _of("hv" + "s.", (URL64, 90)),
        ("vault login @@", "X-Vault-Token: @@", "root token @@ was printed at init"),
    ),
    "vault batch": (_of("hv" + "b.", (URL64, 90)), ("batch token @@",)),
    "vault old": (_of("s.", (ALNUM, 24)), ("VAULT_TOKEN=@@",)),
    "datadog": (_of((HEX, 32)), ("DATADOG_API_KEY: @@", "dd-api-key: @@", "datadog api key @@")),
    "datadog app": (_of((HEX, 40)), ("DD_APP_KEY=@@", "DD-APPLICATION-KEY: @@")),
    "newrelic": (_of("NRA" + "K-", (UPPER + DIGITS, 27)), ("NEW_RELIC_USER_KEY=@@", "nerdgraph key @@")),
    "grafana": (
        _of("gl" + "sa_", (ALNUM, 32), "_", (HEX, 8)),
        ("GRAFANA_SA=@@", "provisioning with @@ fails 401"),
    ),
    "grafana cloud": (_of("gl" + "c_", (B64, 60)), ("remote_write password: @@",)),
    "sentry": (
        _of((HEX, 32)),
        (
            "dsn: https://@@@sentry.acme.example/4",
            "Sentry.init({dsn: 'https://@@@o99.ingest.us.sentry.io/77'})",
        ),
    ),
    "sentry token": (_of("snt" + "rys_", (URL64, 60)), ("SENTRY_AUTH_TOKEN=@@",)),
    "sendgrid": (
        _of("S" + "G.", (URL64, 22), ".", (URL64, 43)),
        ("SENDGRID_API_KEY=@@", "mails go out with @@", "auth: apikey / @@"),
    ),
    "mailgun": (_of("ke" + "y-", (HEX, 32)), ("curl -s --user 'api:@@' https://api.mailgun.net/v3",)),
    "twilio": (_of((HEX, 32)), ("TWILIO_AUTH_TOKEN=@@", "twilio auth token: @@")),
    "twilio key": (_of("S" + "K", (HEX, 32)), ("sms sender has @@", "api key sid @@")),
    "telegram": (
        _of((DIGITS, 10), ":AA", (URL64, 33)),
        ("https://api.telegram.org/bot@@/sendMessage", "TG_BOT=@@", "bot token: @@"),
    ),
    "shopify": (_of("shp" + "at_", (HEX, 32)), ("private app token @@", "SHOPIFY_ADMIN_TOKEN=@@")),
    "openai": (_of("s" + "k-", (ALNUM, 48)), ("openai key @@ hit the quota", "Authorization: Bearer @@")),
    "openai project": (_of("s" + "k-proj-", (URL64, 100)), ("LLM_KEY=@@",)),
    "anthropic": (
        _of("s" + "k-ant-api03-", (URL64, 93), "AA"),
        ("ANTHROPIC_API_KEY=@@", "the summariser used @@"),
    ),
    "hugging face": (_of("h" + "f_", (ALNUM, 34)), ("huggingface-cli login --token @@",)),
    "linear": (_of("lin" + "_api_", (ALNUM, 40)), ("linear sync uses @@",)),
    "square": (_of("sq0" + "atp-", (URL64, 22)), ("pos token @@",)),
    "cloudflare": (_of((URL64, 40)), ("CLOUDFLARE_API_TOKEN=@@", "CF_API_TOKEN: @@")),
    "fastly": (_of((URL64, 32)), ("Fastly-Key: @@", "FASTLY_API_TOKEN=@@")),
    "okta": (_of("00", (URL64, 40)), ("Authorization: SSWS @@", "OKTA_TOKEN=@@")),
    "opsgenie": (
        _of((HEX, 8), "-", (HEX, 4), "-", (HEX, 4), "-", (HEX, 4), "-", (HEX, 12)),
        ("Authorization: GenieKey @@", "OPSGENIE_API_KEY=@@"),
    ),
    "jwt": (
        _jwt,
        (
            "decoded @@ and exp is in the past",
            "Cookie: id_token=@@; Path=/",
            '{"access_token":"@@","expires_in":3600}',
            "x-auth: @@",
        ),
    ),
    "bearer": (
        _of((URL64, 36)),
        (
            "authorization=Bearer @@",
            "I used Bearer @@ and got 403",
            "http GET :8080/admin 'Authorization: bearer @@'",
            '"Authorization": "Bearer @@"',
            "Bearer token is @@",
        ),
    ),
    "basic": (
        _b64(_of("ops:", (ALNUM, 14))),
        ("Authorization: Basic @@", "proxy-authorization: basic @@", "-H 'Authorization: Basic @@'"),
    ),
    "api key": (
        _of((ALNUM, 32)),
        (
            "apikey: @@",
            "X-API-KEY=@@",
            "our api key is @@",
            "?api_key=@@&limit=10",
            "apiKey: '@@',",
            "ApiKey @@ was in the query string",
            '"apiToken" : "@@"',
            "access key @@ for the partner api",
        ),
    ),
    "token": (
        _of((ALNUM, 28)),
        (
            "https://jenkins.acme.test/job/deploy/build?token=@@",
            "access_token=@@",
            "refresh_token: @@",
            "the new token: @@",
            "curl -H 'X-Auth-Token: @@' http://api",
            "csrf_token=@@",
            "deploy token is @@ (valid a week)",
            "auth_token => '@@'",
            "secret=@@ in the url",
        ),
    ),
    "cookie": (
        _of((ALNUM, 40)),
        (
            "Set-Cookie: JSESSIONID=@@; HttpOnly",
            "cookie: PHPSESSID=@@",
            "curl -b 'session=@@' https://app",
            "Cookie: _ga=GA1.2; connect.sid=@@",
            "my session cookie is @@",
        ),
    ),
    "connection": (
        _password,
        (
            "postgresql://orders_rw:@@@pg.acme.test:5432/orders?sslmode=require",
            "mysql://root:@@@10.0.0.7/shop",
            "amqps://rabbit:@@@mq-1:5671/%2F",
            "DATABASE_URL=postgres://u:@@@db/x",
            "mongodb://admin:@@@mongo-0,mongo-1/admin?replicaSet=rs0",
            "rediss://default:@@@cache.acme.test:6380",
            "ftp://backup:@@@files.acme.test/in",
            "smtp://mailer:@@@smtp.acme.test:587",
            "https://admin:@@@kibana.acme.test/app",
            "Server=tcp:sql1,1433;Database=shop;User Id=sa;Password=@@;Encrypt=yes",
            "host=db user=app password=@@ dbname=x",
            "jdbc:mysql://db/x?user=root&password=@@&useSSL=false",
            "jdbc:oracle:thin:scott/@@@//ora:1521/X",
        ),
    ),
    "env password": (
        _password,
        (
            "MYSQL_ROOT_PASSWORD=@@",
            "export REDIS_PASS=@@",
            'POSTGRES_PASSWORD: "@@"',
            "ADMIN_PWD='@@'",
            "spring.datasource.password=@@",
            "db.passwd: @@",
            '  password = "@@"',
            "--set auth.password=@@",
            "KEYSTORE_PASSPHRASE=@@",
            "ansible_become_pass: @@",
        ),
    ),
    "json password": (
        _password,
        (
            '"passwd":"@@"',
            "{'login': 'ops', 'password': '@@'}",
            '{\\"pwd\\":\\"@@\\"}',
            "<password>@@</password>",
            '"secret": "@@"',
        ),
    ),
    "command": (
        _password,
        (
            "psql 'host=db password=@@'",
            "PGPASSWORD=@@ psql -h db",
            "mysqldump -u root -p@@ shop",
            "curl --user ops:@@ https://x",
            "sshpass -p @@ ssh deploy@web",
            "redis-cli -a @@ ping",
            "wget --password=@@ ftp://x",
            "docker login -u ci -p @@ reg.acme.test",
            "ldapsearch -D cn=admin -w @@",
            "mongo -u root --password @@",
            "openssl enc -d -k @@ -in x",
            "curl -u 'svc-x:@@' http://es:9200",
            "htpasswd -b f ops @@",
            "kinit: echo @@ | kinit ops",
        ),
    ),
    "chat password": (
        _password,
        (
            "pwd for staging is @@",
            "password for the admin account: @@",
            "log in with ops / @@",
            "user: ops password: @@",
            "its @@ (the wifi password)",
            "new pw @@",
            "creds are admin:@@",
            "the root password has been set to @@",
            "I changed the password to @@ for now",
            "use this passphrase: @@",
            "login ops pw @@ on the jump host",
            "Passwort ist @@",
            "mot de passe : @@",
            "contraseña: @@",
            "pass = @@ until we rotate",
            "the db pass is still @@ btw",
            "credentials admin/@@",
            "username ops, password @@",
            "temp password `@@`",
            "unlock code for the keystore: @@",
        ),
    ),
    "weak password": (
        _weak,
        ("password is @@", "pw: @@", "the admin password is @@ btw", "ssh root@web password @@", "passwd=@@"),
    ),
    "pin": (
        _of((DIGITS, 6)),
        (
            "the pin is @@",
            "PIN: @@",
            "safe code @@",
            "otp @@ for the vpn",
            "my 2fa code is @@",
            "verification code: @@",
            "mfa code @@",
        ),
    ),
    "totp": (
        _of((UPPER + "234567", 32)),
        (
            "totp secret @@",
            "otpauth://totp/x?secret=@@&digits=6",
            "MFA seed: @@",
            "authenticator setup key @@",
        ),
    ),
    "private key": (_pem("RSA PRIVATE" + " KEY"), ("here is the key\n@@\ndelete after", "```@@```")),
    "private key ec": (_pem("EC PRIVATE" + " KEY"), ("@@",)),
    "private key encrypted": (_pem("ENCRYPTED PRIVATE" + " KEY"), ("cert and key:\n@@",)),
    "private key ssh": (_pem("OPENSSH PRIVATE" + " KEY"), ("id_ed25519:\n@@",)),
    "private key pgp": (_pem("PGP PRIVATE" + " KEY BLOCK"), ("backup key @@",)),
    "age key": (_of("AGE-SECRET" + "-KEY-1", (UPPER + DIGITS, 58)), ("sops key @@",)),
    "docker auth": (
        _b64(_of("ci:", (ALNUM, 20))),
        ('"registry.acme.test": {"auth": "@@"}', '.dockerconfigjson "auth":"@@"'),
    ),
    "k8s secret": (
        _b64(_of((ALNUM, 24))),
        (
            "kind: Secret\ndata:\n  token: @@",
            "kind: Secret\ndata:\n  db-password: @@",
            "stringData:\n  apiKey: @@",
        ),
    ),
    "gcp account": (_of((HEX, 40)), ('"private_key_id": "@@",', "'private_key_id': '@@'")),
    "hard": (
        _of("gh" + "p_", (ALNUM, 18), "\u200b", (ALNUM, 18)),
        ("token @@ has a zero width space",),
    ),
    "hard wrapped": (
        _of(_SLACK + "b-", (DIGITS, 12), "-", (DIGITS, 6), "\n", (DIGITS, 7), "-", (ALNUM, 24)),
        ("wrapped @@ in the mail",),
    ),
    "hard urlencoded": (
        _of((ALNUM, 12), "%21", (ALNUM, 4)),
        ("https://x.test/login?user=a&password=@@", "postgres://app:@@@db/x"),
    ),
}

_NAMES = ("jane.doe", "m.okafor", "Li-Wei.Zhang", "tomasz_k", "anna-maria.rossi+shop", "o'brien", "user4711")
_DOMAINS = (
    "mail.example",
    "klinik.example.org",
    "example.co.uk",
    "shop-customer.example.com",
    "sub.domain.example",
)


def _mail(dice: random.Random) -> str:
    return f"{dice.choice(_NAMES)}@{dice.choice(_DOMAINS)}"


PERSONAL: dict[str, tuple[Callable[[random.Random], str], tuple[str, ...]]] = {
    "e-mail": (
        _mail,
        (
            "reply to @@ please",
            "to=<@@>, relay=mx1",
            "@@ cannot log in",
            "the account of “@@” is locked",
            "<mailto:@@|@@>",
            "user=@@;plan=pro",
            "email:@@,",
            "Contact: @@.",
        ),
    ),
    "e-mail spelt": (_of((LOWER, 6), " [at] ", (LOWER, 7), " [dot] com"), ("write to @@", "it is @@")),
    "e-mail spelt more": (_of((LOWER, 6), "(at)", (LOWER, 7), ".example"), ("mail @@",)),
    "e-mail spoken": (
        _of((LOWER, 6), " at ", (LOWER, 7), " dot example"),
        ("customer is @@ and upset", "reach her on @@"),
    ),
    "e-mail encoded": (_of((LOWER, 6), "%40", (LOWER, 7), ".example"), ("GET /u?email=@@ 200",)),
    "e-mail wide": (_of((LOWER, 6), "＠", (LOWER, 7), ".example"), ("mail @@",)),
    "phone": (
        _one(
            "+44 20 7946 0018",
            "+1 415 555 0132",
            "+49 30 901820",
            "+47 22 86 24 00",
            "+81-3-1234-5678",
            "+33 1 70 18 99 00",
            "+351 21 123 4567",
            "+91 98765 43210",
            "0044 20 7946 0958",
        ),
        (
            "call me on @@",
            "tel: @@",
            "phone @@ not reachable",
            "she is at @@ until six",
            "<tel:@@|@@>",
            "mobile=@@",
            "Ring @@!",
        ),
    ),
    "phone local": (
        _one("(415) 555-0199", "212.555.0147", "020 7946 0123", "07700 900123", "415-555-0110"),
        ("phone: @@", "customer's number is @@", "call @@ back", "mobile @@"),
    ),
    "card": (
        _luhn("4", 16, " "),
        ("declined: @@", "card no. @@ exp 04/29", "PAN=@@", "the customer typed @@ into the name field"),
    ),
    "card plain": (
        _luhn("5425", 16),
        ('cardNumber":"@@"', "charged @@ two times", "log line has @@ in clear"),
    ),
    "card amex": (_luhn("37", 15), ("amex @@ refused", "card=@@")),
    "card dashed": (_luhn("6011", 16, "-"), ("Discover @@", "test with @@")),
    "cvv": (_of((DIGITS, 3)), ("CVV @@", "cvc: @@", "security code is @@", '"cvv2":"@@"', "cvv=@@")),
    "iban": (
        _iban("DE", "n" * 18),
        ("refund to @@", "IBAN: @@", "wrong account @@ credited"),
    ),
    "iban spaced": (_iban("GB", "AAAA" + "n" * 14, " "), ("beneficiary @@", "iban @@ bounced")),
    "iban nl": (_iban("NL", "AAAA" + "n" * 10), ("incasso @@",)),
    "iban no": (_iban("NO", "n" * 11, " "), ("konto @@",)),
    "account": (
        _of((DIGITS, 8)),
        (
            "sort code 20-00-00 account number @@",
            "acct no. @@",
            "bank account @@ was debited",
            "account_number=@@",
        ),
    ),
    "ssn": (
        _one("536-90-4399", "219-09-9999", "001-01-0001", "457-55-5462"),
        ("social security number @@", "ssn=@@", "SSN: @@", "taxpayer @@ in the export"),
    ),
    "nino": (
        _one("AB 12 34 56 C", "JG103759A", "SY 36 54 21 B"),
        ("NI number @@", "national insurance @@", "nino: @@"),
    ),
    "nhs": (
        _one("943 476 5919", "9434765919", "401-023-2137"),
        ("NHS no @@", "NHS number: @@", "nhs_number=@@"),
    ),
    "fnr": (
        _one("15076500565", "01129955131", "21038026587"),
        ("fødselsnummer @@", "fnr: @@", "personnummer @@ vises"),
    ),
    "other id": (
        _one("850101-1234", "19850101-1234", "12345678Z", "X1234567L", "RSSMRA85T10A562S", "123-45-6789"),
        ("national id @@", "passport no. @@", "tax id: @@", "personal identity number @@"),
    ),
    "birth": (
        _one(
            "1984-02-11",
            "11.02.1984",
            "02/11/1984",
            "11 Feb 1984",
            "11/02/84",
            "February 11, 1984",
            "19840211",
        ),
        (
            "date of birth @@",
            "born @@",
            "dob=@@",
            "birthday: @@",
            "D.O.B. @@",
            '"birthDate":"@@"',
            "geb. @@",
            "patient (born on @@)",
        ),
    ),
    "record": (
        _of((DIGITS, 7)),
        (
            "MRN: @@",
            "medical record number @@",
            "chart no. @@ is mixed up",
            "patient id @@",
            "mrn @@",
            "hospital number @@",
            '"patientId":"@@"',
            "record no @@ of the patient",
        ),
    ),
    "record lettered": (
        _of((UPPER, 2), "-", (DIGITS, 6)),
        ("MRN @@", "medical record no. @@", "patient_id=@@"),
    ),
    "patient": (
        _one("John Appleby", "Maria del Carmen", "Jane O'Neill", "Olav Nordmann"),
        ("patient @@ waited two hours", "patient name: @@", "Patient: @@, ward 4", "pt. @@ was moved"),
    ),
    "address": (
        _one(
            "12 Baker Street",
            "221B High Road",
            "7 Elm Avenue",
            "1600 Amphitheatre Parkway",
            "Hauptstraße 14",
            "Storgata 5",
            "14 rue de la Paix",
        ),
        ("ship to @@", "lives at @@, 4th floor", "address: @@", "delivered to @@ instead"),
    ),
    "public ip": (
        _of("203.0.113.", ("123456789", 2)),
        ("login from @@", "client=@@", "blocked @@ at the edge", "remote_addr: @@,"),
    ),
    "ip six": (
        _of("2001:db8:", (HEX[1:], 4), ":", (HEX[1:], 4), "::1"),
        ("from @@ port 443", "peer [@@]:443"),
    ),
}

ORDINARY = r"""
rolled back to release 2026.11.3, error rate is back to 0.2%
can somebody with prod access restart checkout-api?
<@U02ABCDEF12> took over as incident commander at 14:32 UTC
deploy 8f3c2d91 of payments finished in eu-west-1
password rotation is part of the runbook, step 4
the token service answers 503 since 14:02
please do not paste passwords here
we rotate the API keys every 90 days
secret scanning found nothing
token expired, so every client retried at once
auth tokens are cached for 15 minutes
who owns the session store?
kubectl get secret db-creds -o yaml
vault kv get secret/payments/db
--password-file /run/secrets/db
password_hash column is too short
DB_PASS is read from the environment
API_KEY=$API_KEY make deploy
token: ${{ secrets.GITHUB_TOKEN }}
Authorization: Bearer $TOKEN
password: <redacted>
password=********
apiKey: process.env.API_KEY
secretName: checkout-tls
passwordless sudo is on
the password field stays empty after reload
reset password mails are delayed by 20 minutes
key: value pairs are lost in the log pipeline
primary key violation on orders_pkey
foreign key constraint fails
cache key checkout:cart:4711 is hot
partition key is customer_id
sort key created_at
SELECT count(*) FROM sessions WHERE token IS NULL
pass rate of the canary: 99.2%
all checks pass now
pass the ball to support please
first pass at the timeline is done
pin the version of libssl
pinned to this channel
PIN pad replies are slow in two shops
code 504 from the gateway
status code 200 again
exit code 137, OOM killed
error code 12345 in the audit log
the code is in review
security code review is on Thursday
we need a code freeze
promo code SUMMER26 is rejected
authorization decisions are made in opa
basic auth is off for the health endpoint
bearer of bad news: it is down again
bearer tokens are not logged
cookie banner blocks the button
cookies are not sent to the new domain
session affinity is broken behind the new load balancer
login works again for me
log in as usual and check the cart
admin / support roles see the banner
user reports come in from Norway and Finland
user admin cannot see the page
credentials are in the vault, ask Mei
creds were rotated at 09:12
order 100045678912345 was paid twice
invoice 2026-0001234 is missing
ticket INC-20261103-01 is the parent
trace 4bf92f3577b34da6a3ce929d0e0e4736 shows the retry storm
span_id=00f067aa0ba902b7 parent=0000000000000000
request id 550e8400-e29b-41d4-a716-446655440000
commit da39a3ee5e6b4b0d3255bfef95601890afd80709 introduced it
merge 9fceb02d0ae598e95dc970b74767f19372d61af8 into main
digest sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
md5 d41d8cd98f00b204e9800998ecf8427e of the empty file
image ghcr.io/acme/checkout:1.42.0@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
pod payments-7d9f8b6c5d-x2x7k is in CrashLoopBackOff
node ip-10-0-12-34.eu-west-1.compute.internal is NotReady
arn:aws:iam::123456789012:role/checkout-deployer is denied
s3://acme-backups/2026/11/03/orders.dump.gz
i-0abc123def4567890 was terminated
vol-049df61146c4d7901 is stuck attaching
sg-903004f8 allows 443
build 20261103.4 is green
pipeline #48213 failed at step 7 of 12
https://grafana.acme.test/d/abc123XYZ/checkout?orgId=1&from=1762171200000&to=1762178400000
https://acme.slack.com/archives/C024BE91L/p1762176731000200
https://acme.atlassian.net/browse/PAY-812
https://acme.pagerduty.com/incidents/Q2ABCDEFGHIJ12
PagerDuty incident #48213 acknowledged by phone
p95 420 ms, p99 1,900 ms, max 30,001 ms
1,204 of 3,880 orders failed between 14:02 and 15:43
queue depth 123456789 and rising
latency in µs: 1500000000
epoch 1762176731 is 14:32:11
1762176731.000200
since 2026-11-03T14:02:11.123456Z
on 2026-11-03 we changed the flag
release of 11/03/2026
sprint 2026-45 ends on Friday
version 10.2.3.4 of the driver
java 17.0.9+9 on all nodes
listening on 0.0.0.0:8443 and [::]:8443
127.0.0.1:6379 refused the connection
upstream 10.4.7.12:8080 timed out
range 10.0.0.0/8 is allowed
mac 00:1A:2B:3C:4D:5E flaps
checkout costs us EUR 12,000 an hour
4.2 million rows to backfill
call the incident closed at 16:00
call with the vendor at 10
phone bridge is open
we phoned the on-call of the bank
the number is growing: 4711, 4712, 4790
number of retries is 12345678
room 4.12 at 10:00
see RFC 7231 section 6.5.1
CVE-2026-12345 is not related
ISBN 978-3-16-148410-0 is a book
ratio 3.14159265358979
-0.000123456789
x = 12345678901234567890
0xdeadbeefcafebabe
\u00e9 is not decoded
{"level":"error","msg":"dial tcp: lookup db: no such host","ts":1762176731.123}
{"status":"firing","labels":{"alertname":"HighErrorRate","service":"checkout"}}
java.lang.IllegalStateException: token must not be null at Auth.java:42
Traceback (most recent call last): File "app.py", line 12, in <module>
WARN  [http-nio-8080-exec-7] c.a.c.CartController - cart 91f3 not found
nginx: [error] 31#31: *4711 upstream prematurely closed connection
etag: W/"5e1c-18b3a2c4d50"
if-none-match: "33a64df551425fcc55e4d42a148795d9f25f89d4"
x-request-id: 7b1c9a52f0f34e0f8f1c1d2e3f4a5b6c
feature_flags: checkout_v3=false, new_cart=true
replicas: 6 -> 12
HPA max is 20, we are at 20
cron 15 3 * * 1-5
:white_check_mark: done :tada:
thanks everybody, great work!
+1
lgtm
ok
I think the trigger was the certificate that ran out
the early sign was at 13:40: two alerts of the same kind
decision: fail over to eu-central-1, by the incident commander
action: add a test for expired flags, DRI Engineering Lead, due 2026-11-20
what made it hard: the dashboard showed the old cluster
customers in Norway saw an empty cart
we told the partner bank at 15:10
support has 212 contacts so far
status page: investigating
born out of the migration, this flag was never removed
address this in the retro please
the address space is exhausted
street-level data is fine
patient safety was not affected
the patient portal is up again
patients wait at the desk
medical records are read only
record number of orders today
ward 4 uses paper
account team is informed
account number field is empty
card payments are back
card service returns 500
test card payments pass
security team is informed
social login is down
national holiday in Norway tomorrow
tax calculation is off by 0.01
passport service of the government is down
license key check runs nightly
id 4711 is the affected tenant
key takeaway: alert on the symptom
my secret to a good retro: coffee
the secret is in vault
admin: the page is slow again
root / usr are on one disk
log in as usual with the new flow
log in with your badge at 09:30
the key is to alert on the symptom
the token is refreshed every hour
the secret is rotated by vault-agent-2
p: 12 of 40 done
user: 4711 path: /checkout
- name: LOG_LEVEL
  value: debug2
door code reader is offline
lock combination of flags a, b and c
phone 4 times and leave a message
chart 12 is wrong
patient 3 of 12 waited
record 12 of the batch failed
call 500 errors by their name
1.2.3.4.5 is no version
"""
