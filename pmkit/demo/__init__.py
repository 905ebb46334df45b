"""Stand-ins of PagerDuty, Slack, Jira and Google Drive on this machine, to try pmkit without accounts.

`start()` gives all four on sockets of the loopback, with the sample incident in them. They keep what is
written to them in memory, and are gone when they are stopped.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from pmkit.demo.google_drive import GoogleDrive
from pmkit.demo.jira import USER, Jira
from pmkit.demo.pagerduty import PagerDuty
from pmkit.demo.server import READ_FAULTS, WRITE_FAULTS, Asked, Fault, Faults, Server, System
from pmkit.demo.slack import Slack
from pmkit.demo.story import read_story

if TYPE_CHECKING:
    from pathlib import Path

    from pmkit.demo.server import Judge, Now

__all__ = ["READ_FAULTS", "SYSTEMS", "WRITE_FAULTS", "Asked", "Demo", "Fault", "Faults", "start"]


_MADE: Final = {"pagerduty": PagerDuty, "slack": Slack, "jira": Jira, "drive": GoogleDrive}
SYSTEMS: Final = tuple(_MADE)


class Demo:
    """The stand-ins that are running; stop them with `stop()`, or use it in a `with`.

    Attributes
    ----------
    url : where each listens; Slack's client wants `/api/` behind it
    token : what each accepts as its credential; for Jira the token of `user["jira"]`
    state : what each holds, to be looked at and changed
    asked : what each was asked, in order
    faults : what befalls the requests of each
    """

    def __init__(self, servers: Mapping[str, Server]) -> None:
        self._servers = dict(servers)
        self.url = {name: server.url for name, server in self._servers.items()}
        self.token = {name: server.system.token for name, server in self._servers.items()}
        self.user = {"jira": USER}

    @property
    def state(self) -> dict[str, Any]:
        """The system behind each socket."""
        return {name: server.system for name, server in self._servers.items()}

    @property
    def asked(self) -> dict[str, list[Asked]]:
        """The requests of each so far."""
        return {name: server.asked for name, server in self._servers.items()}

    @property
    def faults(self) -> dict[str, Faults]:
        """The schedule of faults of each."""
        return {name: server.faults for name, server in self._servers.items()}

    def environment(self) -> dict[str, str]:
        """The variables by which pmkit finds the stand-ins instead of the real systems."""
        told: dict[str, str] = {}
        for name, url in self.url.items():
            told |= {f"PMKIT_{name.upper()}_URL": url, f"PMKIT_{name.upper()}_TOKEN": self.token[name]}
        own = {
            "PMKIT_PAGERDUTY_USER": USER, "PMKIT_JIRA_USER": USER, "PMKIT_JIRA_PROJECT": "SHOP",
            "PMKIT_DRIVE_FOLDER": "0APMKITDEMO",
        }  # fmt: skip
        return told | {name: value for name, value in own.items() if name.split("_")[1].lower() in self.url}

    def strike(self, system: str, faults: Faults | None) -> None:
        """From now on, these faults befall the requests of a system; None for no more."""
        self._servers[system].faults = faults or Faults()

    def renew(self, system: str, state: System) -> None:
        """Put another system, or the same in another state, behind the socket; its log begins anew."""
        server = self._servers[system]
        state.url = server.url
        server.system = state
        server.asked = []

    def stop(self) -> None:
        """Close all sockets."""
        for server in self._servers.values():
            server.stop()

    def __enter__(self) -> Demo:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def start(
    systems: Sequence[str] = SYSTEMS,
    faults: Faults | Mapping[str, Faults] | None = None,
    *,
    story: str | Path | None = None,
    tokens: Mapping[str, str] | None = None,
    ports: Mapping[str, int] | None = None,
    now: Now | None = None,
    judge: Judge | None = None,
) -> Demo:
    """Start the stand-ins, each on a port of its own.

    Parameters
    ----------
    systems : which of `SYSTEMS`
    faults : what befalls their requests: one schedule for all, or one for each
    story : the incident folder whose evidence they hold; the sample incident where none is given
    tokens : the credential each accepts; `demo-<system>` where none is given
    ports : the port of each; a free one where none is given
    now : what time it is there
    judge : called with each answer before it is sent
    """
    told = read_story(story)
    clock = now or (lambda: datetime.now(UTC))
    servers = {}
    for name in systems:
        system = _MADE[name]((tokens or {}).get(name, f"demo-{name}"), clock)
        system.tell(told)
        schedule = faults.get(name) if isinstance(faults, Mapping) else faults
        servers[name] = Server(system, schedule, port=(ports or {}).get(name, 0), judge=judge)
    for server in servers.values():
        server.start()
    return Demo(servers)
