# SPDX-License-Identifier: GPL-3.0-or-later
"""Area `hosts_file`: names that this machine resolves by itself, whatever the DNS says."""

from __future__ import annotations

import shlex
from typing import Any

from ..door import Door, Missing, Unreadable
from ..reading import Area, Reading

HOSTS = "/etc/hosts"
DNSMASQ = (
    "/etc/dnsmasq.conf",
    ("/etc/dnsmasq.d", "/etc/NetworkManager/dnsmasq.d", "/etc/NetworkManager/dnsmasq-shared.d"),
)
UNBOUND = ("/etc/unbound/unbound.conf", ("/etc/unbound/unbound.conf.d", "/etc/unbound/local.d", "/etc/unbound/conf.d"))
#: dnsmasq(8) options whose value begins with /domain/ and answers for the domain and all below it.
DNSMASQ_DOMAINS = ("address", "server", "local", "rev-server")
#: Types of local-zone that still ask the DNS for names without data of their own.
UNBOUND_HARMLESS = ("transparent", "typetransparent", "nodefault", "inform")
DNSMASQ_HOSTS = ("addn-hosts", "hostsdir")


def read(host: Reading, area: Area) -> None:
    """Learn `entries` and `overrides`.

    entries: [{address, names, file, line}] of /etc/hosts and of further hosts files that dnsmasq is told to read.
    overrides: [{domain, below, file, line, text}] of dnsmasq's and unbound's files; domain in lower case without a
    final dot, "" meaning every name; below: the names under it too; text: the directive without its value.
    """
    area.learn("entries", entries, host.door)
    area.learn("overrides", overrides, host.door)


def entries(door: Door) -> list[dict[str, Any]]:
    """Return the lines of every hosts(5) file in use."""
    paths = [HOSTS]
    for path, number, line in config_lines(door, *DNSMASQ):
        option, _equals, value = line.partition("=")
        if option.strip() in DNSMASQ_HOSTS:
            paths += hosts_files(door, value.strip(), "%s:%d" % (path, number))
    return [entry for path in dict.fromkeys(paths) for entry in parse_hosts(path, text_of(door, path))]


def hosts_files(door: Door, path: str, named_at: str) -> list[str]:
    """Return a hosts file, or those in a folder."""
    try:
        return ["%s/%s" % (path, name) for name in door.list(path)] if door.stat(path).kind == "dir" else [path]
    except Missing:
        return []
    except Unreadable as problem:
        raise Unreadable("%s: %s" % (named_at, problem)) from None


def text_of(door: Door, path: str) -> str:
    """Return a file's text, nothing where it doesn't exist."""
    try:
        return door.read(path)
    except Missing:
        return ""


def parse_hosts(path: str, text: str) -> list[dict[str, Any]]:
    """Return [{address, names, file, line}] of a hosts(5) file."""
    found = []
    for number, line in enumerate(text.split("\n"), 1):
        words = line.partition("#")[0].split()
        if len(words) > 1:
            names = [name.lower().rstrip(".") for name in words[1:]]
            found.append({"address": words[0], "names": names, "file": path, "line": number})
    return found


def config_lines(door: Door, main: str, folders: tuple[str, ...]) -> list[tuple[str, int, str]]:
    """Return (file, line number, text) of a resolver's files, comments left out."""
    paths = [main]
    for folder in folders:
        try:
            paths += ["%s/%s" % (folder, name) for name in door.list(folder) if not name.endswith((".dpkg-dist", "~"))]
        except Missing:
            continue
    found = []
    for path in paths:
        for number, line in enumerate(text_of(door, path).split("\n"), 1):
            bare = line.strip()
            if bare and not bare.startswith("#"):
                found.append((path, number, bare))
    return found


def overrides(door: Door) -> list[dict[str, Any]]:
    """Return the names that dnsmasq and unbound are told to answer for."""
    found = []
    for path, number, line in config_lines(door, *DNSMASQ):
        found += [dict(each, file=path, line=number) for each in parse_dnsmasq(line)]
    for path, number, line in config_lines(door, *UNBOUND):
        found += [dict(each, file=path, line=number) for each in parse_unbound(line)]
    return found


def parse_dnsmasq(line: str) -> list[dict[str, Any]]:
    """Return [{domain, below, text}] of one dnsmasq line: address=/a/b/192.0.2.1, host-record=, cname=."""
    option, equals, value = (part.strip() for part in line.partition("="))
    if not equals:
        return []
    if option in DNSMASQ_DOMAINS and value.startswith("/"):
        domains = ["" if domain == "#" else domain for domain in value.split("/")[1:-1]]
        # server=/name/ says where to ask, which redirects as well as an answer does.
        return [override(domain, True, option) for domain in domains]
    if option in ("host-record", "cname"):
        names = value.split(",")[:-1]
        return [override(name, False, option) for name in names if name and not name[0].isdigit()]
    return []


def parse_unbound(line: str) -> list[dict[str, Any]]:
    """Return [{domain, below, text}] of one unbound.conf(5) line: local-data, local-zone."""
    option, colon, value = (part.strip() for part in line.partition(":"))
    if not colon or option not in ("local-data", "local-zone"):
        return []
    try:
        words = shlex.split(value, comments=True)
    except ValueError:
        return []
    if option == "local-data":
        words = words[0].split() if words else []
    elif words[1:2] and words[1] in UNBOUND_HARMLESS:
        return []
    return [override(words[0], option == "local-zone", option)] if words else []


def override(domain: str, below: bool, text: str) -> dict[str, Any]:
    """Return one override, its domain in the form in which names are compared."""
    return {"domain": domain.lower().strip("."), "below": below, "text": text}
