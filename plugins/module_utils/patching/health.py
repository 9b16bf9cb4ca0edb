# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a host is as well after a change as it was before, and as its owner asks for."""

from __future__ import annotations

import socket
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from ..door import Door, Missing
from ..readers import sockets, units
from ..safeguard.putback import has_systemd

Picture = dict[str, list[str]]

#: Seconds between two looks; the host is well when it was at two of them in a row: some services die a moment later.
PAUSE = 2.0
CONNECT_SECONDS = 3.0
URL_SECONDS = 10.0
COMMAND_SECONDS = 20
#: Addresses that stand for every one, and by which they can be reached.
REACHED = {"0.0.0.0": "127.0.0.1", "*": "127.0.0.1", "::": "::1"}


def picture(door: Door) -> Picture:
    """Return what runs now: `active` units that the host starts by itself, `failed` ones, and what is `listening`.

    Without systemd there are no units. What others start at need may end at any time, and a port that the kernel chose
    for a program may be another one tomorrow: such are left out.
    """
    active: list[str] = []
    failed: list[str] = []
    if has_systemd():
        wanted = set(units.enabled(door))
        active = [name for name in units.active(door) if name in wanted]
        failed = _failed(door)
    first, last = sockets.client_ports(door)
    listening = {
        "%s %s:%d" % (found["proto"], found["address"], found["port"])
        for found in sockets.listening(door)
        if not first <= found["port"] <= last
    }
    return {"active": active, "failed": failed, "listening": sorted(listening)}


def _failed(door: Door) -> list[str]:
    command = ["systemctl", "list-units", "--state=failed", "--plain", "--no-legend", "--full", "--all"]
    return sorted({line.split()[0] for line in door.output(command, COMMAND_SECONDS).split("\n") if line.strip()})


def worse(before: Mapping[str, Iterable[str]], after: Mapping[str, Iterable[str]]) -> list[str]:
    """Return what is not as well as it was before, in words for a report."""
    gone = [name for name in before["active"] if name not in set(after["active"]) | set(after["failed"])]
    failed = [name for name in after["failed"] if name not in set(before["failed"])]
    silent = [name for name in before["listening"] if name not in set(after["listening"])]
    return [
        *("%s has failed" % name for name in failed),
        *("%s ran before and does not any more" % name for name in gone),
        *("nothing listens on %s any more" % name for name in silent),
    ]


def ailing(door: Door, checks: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return which of the declared checks fail, in words for a report; each is {unit}, {port} or {url}."""
    return [reason for check in checks for reason in _ailing(door, check)]


def _ailing(door: Door, check: Mapping[str, Any]) -> Iterator[str]:
    if check.get("unit"):
        state = _state(door, str(check["unit"]))
        if state != "active":
            yield "%s is %s" % (check["unit"], state)
    elif check.get("port"):
        yield from _port(door, int(check["port"]))
    else:
        yield from _url(str(check["url"]))


def _state(door: Door, unit: str) -> str:
    try:
        return door.run(["systemctl", "is-active", "--", unit], COMMAND_SECONDS).out.strip() or "unknown"
    except Missing:
        return "unknown: systemd does not run this host"


def _port(door: Door, port: int) -> Iterator[str]:
    found = [listener for listener in sockets.listening(door) if listener["port"] == port]
    if not found:
        yield "nothing listens on port %d" % port
    elif not any(listener["proto"] == "udp" or _accepts(listener["address"], port) for listener in found):
        yield "port %d accepts no connection" % port


def _accepts(address: str, port: int) -> bool:
    try:
        socket.create_connection((REACHED.get(address, address), port), CONNECT_SECONDS).close()
    except OSError:
        return False
    return True


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Takes a redirection for the answer that it is: it may lead off the host."""

    def redirect_request(self, *_arguments: Any, **_options: Any) -> None:
        return None


def _url(url: str) -> Iterator[str]:
    # The host's own address: no certificate is made out to it.
    tls = ssl.create_default_context()
    tls.check_hostname, tls.verify_mode = False, ssl.CERT_NONE
    handlers = (urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=tls), _NoRedirect())
    try:
        with urllib.request.build_opener(*handlers).open(url, timeout=URL_SECONDS):
            return
    except urllib.error.HTTPError as answer:
        if answer.code >= 400:
            yield "%s answers %d" % (url, answer.code)
    except (OSError, ValueError) as error:
        yield "%s does not answer (%s)" % (url, getattr(error, "reason", error))


def settled(
    look: Callable[[], list[str]],
    seconds: float,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> list[str]:
    """Return what is wrong when the host has come to rest, nothing where two looks in a row found nothing.

    What is still wrong after `seconds` stays wrong.
    """
    deadline = clock() + seconds
    well = 0
    while True:
        wrong = look()
        well = 0 if wrong else well + 1
        if well == 2 or (wrong and clock() > deadline):
            return wrong
        sleep(PAUSE)
