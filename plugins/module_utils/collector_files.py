# SPDX-License-Identifier: GPL-3.0-or-later
"""What configures a host to take the logs of others, as facts: rsyslog's inputs, and journal-remote's."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from .forwarding.rsyslog import Directive, Params, Thing

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
