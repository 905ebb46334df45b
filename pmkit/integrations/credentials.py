"""Where the outside systems are, and their tokens: from the environment, the keyring or netrc.

`incident.toml` may say where a system is (`[connections.jira]`, `url = …`), never how to get in. A token goes
only to the place it was given for: one from keyring or netrc is bound to its host, one from the environment
goes where the environment says, or to the vendor's own hosts.
"""

from __future__ import annotations

import hmac
import netrc
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple, NoReturn
from urllib.parse import urlsplit

from pmkit.errors import IntegrationError

_MASK: Final = "•••"


class Secret:
    """A token that shows itself only to who asks for it with `reveal`.

    It is masked wherever it is printed or formatted, and cannot be copied, pickled or turned into JSON.
    """

    __slots__ = ("__value",)

    def __init__(self, value: str) -> None:
        text = value.strip()
        # A token that no header can carry would else be shown by the error of the client that tries.
        if not text or not text.isascii() or not text.isprintable():
            raise IntegrationError("a token is empty, or has signs in it that no token has; copy it again")
        self.__value = text

    def reveal(self) -> str:
        """The token itself; use it in the call it is for, and keep it nowhere."""
        return self.__value

    def __repr__(self) -> str:
        return f"Secret({_MASK})"

    def __str__(self) -> str:
        return _MASK

    def __format__(self, spec: str) -> str:
        return format(_MASK, spec)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and hmac.compare_digest(self.__value, other.__value)

    def __hash__(self) -> int:
        return id(self)

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("a secret is neither copied nor written down")

    __reduce__ = __copy__ = __deepcopy__ = __getstate__ = __reduce_ex__  # type: ignore[assignment]


class _System(NamedTuple):
    """How a system is reached, and under which names people keep what it needs."""

    title: str
    url: str  # where it is when nobody says so; "" where every company has its own
    hosts: re.Pattern[str]  # the vendor's own hosts
    tokens: tuple[str, ...]  # environment variables, the first that is set counts
    token_files: tuple[str, ...] = ()  # environment variables that name a file with the credentials
    how: str = ""  # what kind of token, for who has none yet


_SYSTEMS: Final[Mapping[str, _System]] = {
    "pagerduty": _System(
        "PagerDuty",
        "https://api.pagerduty.com",
        re.compile(r"api(\.eu)?\.pagerduty\.com"),
        ("PMKIT_PAGERDUTY_TOKEN", "PAGERDUTY_TOKEN"),
        how="a REST API key",
    ),
    "slack": _System(
        "Slack",
        "https://slack.com",
        re.compile(r"slack\.com"),
        ("PMKIT_SLACK_TOKEN", "SLACK_BOT_TOKEN"),
        how="the bot token of an internal app",
    ),
    "jira": _System(
        "Jira",
        "",
        re.compile(r"[a-z0-9-]+\.atlassian\.net|api\.atlassian\.com"),
        ("PMKIT_JIRA_TOKEN", "JIRA_API_TOKEN"),
        how="an API token, with the account's address in PMKIT_JIRA_USER on Jira Cloud",
    ),
    "drive": _System(
        "Google Drive",
        "https://www.googleapis.com",
        re.compile(r"www\.googleapis\.com"),
        ("PMKIT_DRIVE_TOKEN",),
        ("GOOGLE_APPLICATION_CREDENTIALS",),
        how="an OAuth access token, or the file of a service account in GOOGLE_APPLICATION_CREDENTIALS",
    ),
}
SYSTEMS: Final = tuple(_SYSTEMS)


# Variables that are not settings of their own.
_RESERVED: Final = {f"PMKIT_{name.upper()}_{key}" for name in _SYSTEMS for key in ("TOKEN", "URL", "USER")}


@dataclass(frozen=True)
class Account:
    """One system as this review reaches it.

    `user` is whom the token belongs to, where the system asks for that; `found_in` says in words where the
    token was found; `settings` are the other keys of `[connections.<system>]` in `incident.toml`, or
    variables as PMKIT_JIRA_PROJECT.
    """

    system: str
    url: str
    token: Secret
    user: str = ""
    found_in: str = ""
    settings: Mapping[str, object] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """The system's name for people."""
        return _SYSTEMS[self.system].title


def title_of(system: str) -> str:
    """The system's name for people. Raises `IntegrationError` for one that pmkit does not know."""
    return _known(system).title


def account(
    system: str,
    connections: Mapping[str, Mapping[str, object]] | None = None,
    env: Mapping[str, str] | None = None,
) -> Account:
    """The system as `incident.toml` and the environment describe it, with its token.

    `connections` is `Incident.connections`, `env` the environment when it is not the process's own.
    Raises `IntegrationError` saying what is missing and how to set it; no message holds a token.
    """
    env = os.environ if env is None else env
    place = locate(system, connections, env)
    found = _find(system, env, place)
    return Account(system, place.url, found.token, place.user or found.login, found.where, place.settings)


def find(
    system: str, env: Mapping[str, str] | None = None, *, url: str = "", from_env: bool = True
) -> Secret:
    """The token for a system at `url`: from the environment, the keyring, or netrc, in this order.

    `from_env` says whether the environment named the `url`; a file's word is not enough to send a token from
    the environment anywhere but to the vendor. Raises `IntegrationError` where there is none.
    """
    env = os.environ if env is None else env
    place = locate(system, None, env) if not url else Place(url.rstrip("/"), "", {}, is_told_by_env=from_env)
    return _find(system, env, place).token


class Place(NamedTuple):
    """Where a system is: its address, whom the token belongs to, and what else the incident says of it."""

    url: str
    user: str
    settings: Mapping[str, object]
    is_told_by_env: bool


def locate(
    system: str,
    connections: Mapping[str, Mapping[str, object]] | None = None,
    env: Mapping[str, str] | None = None,
) -> Place:
    """Where a system is, as the environment says, else `incident.toml`, else the vendor.

    Raises `IntegrationError` where nobody says it, or what is said is no address to send a token to.
    """
    env = os.environ if env is None else env
    known, told = _known(system), dict((connections or {}).get(system, {}))
    name = f"PMKIT_{system.upper()}"
    from_env = env.get(f"{name}_URL", "").strip()
    url = (from_env or str(told.pop("url", "")) or known.url).rstrip("/")
    told.pop("url", None)
    user = env.get(f"{name}_USER", "").strip() or str(told.pop("user", ""))
    told.pop("user", None)
    more = (key for key in env if key.startswith(f"{name}_") and env[key].strip())
    told |= {key.removeprefix(f"{name}_").lower(): env[key].strip() for key in more if key not in _RESERVED}
    if not url:
        raise IntegrationError(
            f"{known.title}: nobody says where it is; set {name}_URL, or write `url` under "
            f"[connections.{system}] in incident.toml, as https://example.atlassian.net"
        )
    url = url.removesuffix("/api") if system == "slack" else url
    _check_url(known.title, url, f"{name}_URL" if from_env else f"`url` of [connections.{system}]")
    return Place(url, user, told, is_told_by_env=bool(from_env))


def _known(system: str) -> _System:
    if system not in _SYSTEMS:
        raise IntegrationError(f"no system `{system}`; the systems are {', '.join(SYSTEMS)}")
    return _SYSTEMS[system]


def _check_url(title: str, url: str, where: str) -> None:
    parts = urlsplit(url)
    if parts.username or parts.password or parts.query:
        raise IntegrationError(f"{title}: {where} holds more than an address; a token never stands there")
    is_loopback = parts.hostname in ("127.0.0.1", "localhost", "::1")
    if parts.hostname is None or not (parts.scheme == "https" or (parts.scheme == "http" and is_loopback)):
        raise IntegrationError(f"{title}: {where} should be an address with https://, found {url!r}")


class _Found(NamedTuple):
    """A token, in words where it was found, and whose it is, where that was said beside it."""

    token: Secret
    where: str
    login: str = ""


def _find(system: str, env: Mapping[str, str], place: Place) -> _Found:
    known, host = _known(system), urlsplit(place.url).hostname or ""
    named = [name for name in known.tokens if env.get(name, "").strip()]
    files = [name for name in known.token_files if env.get(name, "").strip()]
    if named or files:
        if not (place.is_told_by_env or known.hosts.fullmatch(host)):
            raise IntegrationError(
                f"{known.title}: the token in {(named or files)[0]} is not sent to {host}, because only "
                f"incident.toml names it. If that is right, set PMKIT_{system.upper()}_URL={place.url}"
            )
        if named:
            return _Found(Secret(env[named[0]]), f"environment variable {named[0]}")
        token = _from_file(known.title, files[0], Path(env[files[0]]))
        return _Found(token, f"the file that {files[0]} names")
    if kept := _from_keyring(system, host):
        return _Found(kept, f"keyring, pmkit.{system} / {host}")
    if entry := _from_netrc(known.title, host, env):
        return _Found(Secret(entry[1]), f"netrc, machine {host}", entry[0])
    raise IntegrationError(
        f"{known.title}: no token. Set {known.tokens[0]}, or `keyring set pmkit.{system} {host}`, or a line "
        f"`machine {host}` in ~/.netrc. It is {known.how}; docs/connect.md says with which scopes"
    )


def _from_file(title: str, name: str, path: Path) -> Secret:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        problem = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise IntegrationError(f"{title}: {name} names {path}, which cannot be read: {problem}") from None
    return Secret(" ".join(text.split()))


def _from_keyring(system: str, host: str) -> Secret | None:
    try:
        import keyring
        from keyring.errors import KeyringError
    except ImportError:
        return None
    try:
        value = keyring.get_password(f"pmkit.{system}", host)
    except (KeyringError, RuntimeError, OSError):  # a machine without one, or one that is locked
        return None
    return Secret(value) if value else None


def _from_netrc(title: str, host: str, env: Mapping[str, str]) -> tuple[str, str] | None:
    """Login and password."""
    home = env.get("HOME") or env.get("USERPROFILE")
    told = env.get("NETRC")
    path = Path(told) if told else Path(home) / ".netrc" if home else None
    if path is None or not path.is_file():
        return None
    # The parser's own error shows the line that it could not read, and the token may stand in it.
    try:
        entry = netrc.netrc(str(path)).hosts.get(host)
        fault = ""
    except netrc.NetrcParseError as error:
        entry, fault = None, f"line {error.lineno} cannot be read"
    except (OSError, UnicodeDecodeError):
        entry, fault = None, "it cannot be read"
    if fault:
        raise IntegrationError(
            f"{title}: {path}: {fault}; each entry is `machine HOST login NAME password …`"
        )
    if entry is None or not entry[2]:
        return None
    if os.name == "posix" and path.stat().st_mode & 0o077:
        raise IntegrationError(f"{title}: others may read {path}; run `chmod 600 {path}`")
    return entry[0], entry[2]
