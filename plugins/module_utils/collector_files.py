# SPDX-License-Identifier: GPL-3.0-or-later
"""What configures a host to take the logs of others, as facts: rsyslog's inputs, and journal-remote's."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from .forwarding.rsyslog import Directive, Params, Thing
from .systemd_settings import ANYBODY, Setting

Entry = dict[str, Any]

#: rsyslog's inputs from the network: kind, and the port that is meant where none is given.
INPUTS = {"imrelp": ("relp", None), "imtcp": ("tcp", None), "imptcp": ("tcp", None), "imudp": ("udp", "514")}
OLDER = {
    "inputrelpserverrun": "imrelp", "inputtcpserverrun": "imtcp", "inputptcpserverrun": "imptcp",
    "udpserverrun": "imudp",
}  # fmt: skip
#: How a peer is told: librelp's modes, and those of rsyslog's stream drivers.
CHECKS = {
    "name": "name", "fingerprint": "fingerprint", "certvalid": "ca",
    "x509/name": "name", "x509/fingerprint": "fingerprint", "x509/certvalid": "ca",
}  # fmt: skip
#: How systemd-journal-remote takes logs: kind, and whether under TLS. A socket that no option names is raw.
LISTENS = {"--listen-https": ("https", True), "--listen-http": ("http", False), "--listen-raw": ("tcp", False)}
RAW = "--listen-raw"
#: Its options that don't say whom it lets in.
BESIDE = ("--output", "--split-mode", "--compress", "--seal", "--key", "--cert", "--gnutls-log")
HANDED = re.compile(r"-([3-9])")
PORT = re.compile(r"(?:.*:)?(\d{1,5})")
#: The part of a file's name that is the same for every message: up to the folder before the first property.
FIXED = re.compile(r"(/[^%]*)/[^/]*")


def inputs(statements: list[Any]) -> list[Entry]:
    """Return rsyslog's inputs from the network: [{program, place, kind, port, ruleset, tls, peer_check, peers}]."""
    modules = {
        _one(one.params, "load"): one.params for one in statements if isinstance(one, Thing) and one.name == "module"
    }
    found = []
    for one in statements:
        if isinstance(one, Thing) and one.name == "input" and _one(one.params, "type") in INPUTS:
            name = _one(one.params, "type")
            params: Params = {**modules.get(name, {}), **one.params}
        elif isinstance(one, Directive) and one.name in OLDER:
            name = OLDER[one.name]
            params = {**modules.get(name, {}), **_older(statements), "port": one.value}
        else:
            continue
        kind, usual = INPUTS[name]
        found.append({
            "program": "rsyslog", "place": str(one.place), "kind": kind, "port": _one(params, "port") or usual or "",
            "ruleset": _one(params, "ruleset"), **(_relp(params) if kind == "relp" else _driver(name, params)),
        })  # fmt: skip
    return found


def _relp(params: Params) -> Entry:
    tls = _one(params, "tls").lower() == "on"
    return _checked(tls, _one(params, "tls.authmode"), _many(params, "tls.permittedpeer"))


def _driver(name: str, params: Params) -> Entry:
    tls = name == "imtcp" and _one(params, "streamdriver.mode") == "1"
    return _checked(tls, _one(params, "streamdriver.authmode"), _many(params, "permittedpeer"))


def _checked(tls: bool, mode: str, peers: list[str]) -> Entry:
    return {"tls": tls, "peer_check": CHECKS.get(mode.lower(), "none") if tls else "none", "peers": sorted(peers)}


def _older(statements: list[Any]) -> Params:
    """Return what the older directives say of TCP inputs, as parameters of the newer form."""
    names = {
        "inputtcpserverstreamdrivermode": "streamdriver.mode",
        "inputtcpserverstreamdriverauthmode": "streamdriver.authmode",
    }
    found: Params = {}
    peers = []
    for one in statements:
        if isinstance(one, Directive) and one.name in names:
            found[names[one.name]] = one.value
        elif isinstance(one, Directive) and one.name == "inputtcpserverstreamdriverpermittedpeer":
            peers.append(one.value)
    return {**found, "permittedpeer": peers}


def journal_inputs(command: list[str], sockets: list[str], trusted: Setting | None) -> list[Entry]:
    """Return systemd-journal-remote's inputs in the form of rsyslog's; none where its command isn't understood.

    sockets: the addresses that systemd hands it, from descriptor 3 on. trusted: what its configuration says of it.
    """
    if not command or command[0].rpartition("/")[2] != "systemd-journal-remote":
        return []
    options = [one.partition("=")[::2] for one in command[1:]]
    if any(name not in (*LISTENS, *BESIDE, "--trust") for name, _value in options):
        return []
    authorities = [value for name, value in options if name == "--trust"] + ([trusted.value] if trusted else [])
    anybody = any(value in ANYBODY for value in authorities)
    found: list[Entry] = []
    for option, address in _listening(options, sockets):
        port = PORT.fullmatch(address)
        if not port:
            return []
        kind, tls = LISTENS[option]
        found.append({
            "program": "journal-remote", "place": trusted.place if trusted and anybody else "systemd-journal-remote",
            "kind": kind, "port": port[1], "ruleset": "", "tls": tls,
            "peer_check": "ca" if tls and not anybody else "none", "peers": [],
        })  # fmt: skip
    return found


def _listening(options: list[tuple[str, str]], sockets: list[str]) -> Iterator[tuple[str, str]]:
    """Yield (option, address) of all that systemd-journal-remote listens at, "" for an address that isn't known."""
    handed = dict.fromkeys(range(len(sockets)), RAW)
    for option, value in options:
        number = HANDED.fullmatch(value)
        if option in LISTENS and number and int(number[1]) - 3 in handed:
            handed[int(number[1]) - 3] = option
        elif option in LISTENS:
            yield option, "" if number else value
    yield from ((option, sockets[at]) for at, option in handed.items())


def stores(statements: list[Any], taken: list[Entry]) -> list[Entry]:
    """Return the folders into which rulesets write what these inputs take: [{path, place}]."""
    wanted = {one["ruleset"] for one in taken if one["program"] == "rsyslog"}
    texts = {
        _one(one.params, "name"): _one(one.params, "string")
        for one in statements
        if isinstance(one, Thing) and one.name == "template"
    }
    found = {}
    for one in statements:
        if isinstance(one, Thing) and one.name == "ruleset" and _one(one.params, "name") in wanted:
            for action in _actions(one.body or []):
                path = _one(action.params, "file") or texts.get(_one(action.params, "dynafile"), "")
                fixed = FIXED.match(path)
                if fixed and _one(action.params, "type") == "omfile":
                    found[fixed[1]] = str(action.place)
    return [{"path": path, "place": place} for path, place in sorted(found.items())]


def _actions(statements: list[Any]) -> Iterator[Thing]:
    for one in statements:
        if isinstance(one, Thing) and one.name == "action":
            yield one
        for part in (getattr(one, "then", None), getattr(one, "other", None)):
            yield from _actions(part or [])


def _one(params: Params, name: str) -> str:
    value = params.get(name, "")
    return value if isinstance(value, str) else "".join(value[:1])


def _many(params: Params, name: str) -> list[str]:
    value = params.get(name, [])
    return [value] if isinstance(value, str) else list(value)
