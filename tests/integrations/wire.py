"""A wire without sockets: what a client sends is answered in its own thread, by the stand-in as it is.

The clients are the real ones down to `http.client`; only the connection under them is two buffers. An answer
that never comes needs no waiting then, and a thousand schedules of faults take a minute.
"""

from __future__ import annotations

import io
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import requests
import urllib3.util.connection

from pmkit.demo.server import Server, _Handler


class _Listening:
    """The end of the stand-in: what was sent, and what becomes of the answer."""

    def __init__(self, sent: bytes) -> None:
        self._sent, self.said, self.is_reset, self.is_silent = sent, bytearray(), False, False

    def makefile(self, *_: Any) -> io.BytesIO:
        return io.BytesIO(self._sent)

    def sendall(self, data: bytes) -> None:
        self.said += data

    def setsockopt(self, _level: int, option: int, _value: Any) -> None:
        self.is_reset = self.is_reset or option == socket.SO_LINGER  # as it cuts a connection

    def recv(self, _: int) -> bytes:
        self.is_silent = True  # it waits for the client to give up, which is now
        return b""

    def settimeout(self, _: float | None) -> None:
        """Nothing waits."""

    def close(self) -> None:
        """There is nothing to close."""


class _Answer(io.RawIOBase):
    """What the client reads: the bytes of the answer, or what befell the connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection, self._at = connection, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        said = self._connection.answer()
        piece = said[self._at : self._at + len(buffer)]
        buffer[: len(piece)] = piece
        self._at += len(piece)
        return len(piece)


class Connection:
    """The end of the client."""

    def __init__(self, server: Server) -> None:
        self._server, self._sent, self._said = server, bytearray(), b""
        self._listening: _Listening | None = None
        self._read = 0

    def sendall(self, data: bytes) -> None:
        self._sent += data

    def send(self, data: bytes) -> int:
        self._sent += data
        return len(data)

    def makefile(self, *_: Any, **__: Any) -> io.BufferedReader:
        return io.BufferedReader(_Answer(self))

    def recv(self, most: int) -> bytes:
        piece = self.answer()[self._read : self._read + most]
        self._read += len(piece)
        return piece

    def answer(self) -> bytes:
        """All that came. Raises what a socket raises where nothing does."""
        if self._listening is None:
            self._listening = _Listening(bytes(self._sent))
            _Handler(self._listening, ("127.0.0.1", 0), self._server._http)  # type: ignore[arg-type]
        if self._listening.is_reset:
            raise ConnectionResetError(104, "Connection reset by peer")
        if self._listening.is_silent:
            raise TimeoutError("timed out")
        return bytes(self._listening.said)

    def settimeout(self, _: float | None) -> None:
        """Nothing waits."""

    def setsockopt(self, *_: Any) -> None:
        """There is no socket."""

    def close(self) -> None:
        """There is nothing to close."""

    shutdown = setsockopt


@contextmanager
def wired(server: Server) -> Iterator[None]:
    """Every connection to the address of this stand-in goes over such a wire; it need not be started."""
    port = server._http.server_address[1]

    def connect(address: tuple[str, int], *_: Any, **__: Any) -> Connection:
        assert address == ("127.0.0.1", port)
        return Connection(server)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, "create_connection", connect)
        patch.setattr(urllib3.util.connection, "create_connection", connect)
        patch.setattr(requests.sessions, "get_environ_proxies", lambda *_, **__: {})
        yield


def writers(*quick: str) -> list[Any]:
    """All writers; those that are not named are tried with the slow tests."""
    each = ("jira", "slack", "drive", "pagerduty", "pagerduty 7")
    return [pytest.param(one, marks=() if one in quick else pytest.mark.slow) for one in each]
