# SPDX-License-Identifier: GPL-3.0-or-later
"""A port that looks like a host which never answers, and knows who came."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

ADDRESS = "127.0.0.1"


class Listener:
    """A port that takes connections, counts them and never says a word."""

    def __init__(self, server: socket.socket) -> None:
        self._server = server
        self._kept: list[socket.socket] = []
        self.port = int(server.getsockname()[1])

    @property
    def connections(self) -> int:
        """How many have come so far."""
        return len(self._kept)

    def serve(self) -> None:
        """Take connections until the socket is closed."""
        while True:
            try:
                self._kept.append(self._server.accept()[0])
            except OSError:
                return

    def close(self) -> None:
        """Let go of every connection."""
        for connection in self._kept:
            connection.close()


@contextmanager
def silent_listener() -> Iterator[Listener]:
    """Give a listener on the loopback that looks like a host which never answers."""
    with socket.create_server((ADDRESS, 0)) as server:
        listener = Listener(server)
        threading.Thread(target=listener.serve, daemon=True).start()
        try:
            yield listener
        finally:
            server.shutdown(socket.SHUT_RDWR)
            listener.close()
