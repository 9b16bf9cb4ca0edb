# SPDX-License-Identifier: GPL-3.0-or-later
"""lin-ic-no-cleartext: what speaks in the clear is switched off; its packages stay, so that it can be undone."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from fnmatch import fnmatchcase
from typing import Any

from ...evaluators.patterns import matches
from ...evaluators.verdict import Case
from ...judges.initial_access import exposure as judge
from ..steps import Left, Measures, Step, edit, file, unit

MEASURES = Measures()

INETD = ("*inetd.service", "inetd.service")
XINETD = "/etc/xinetd.d/"
#: snmpd writes to this folder itself, when it ends: an edit would be lost.
SNMPD_OWN = "/var/lib/snmp/"
COMMUNITY = r"\s*(ro|rw|auth)community6?\s.*|\s*com2sec(6|unix)?\s.*"
#: rouser [-s MODEL] NAME [LEVEL [OID]] and access GROUP CONTEXT MODEL LEVEL ...: everything but a level of privacy.
LOOSE = r"(?!priv\b|authpriv\b)"
USER = r"(\s*(?:ro|rw)user\s+(?:-s\s+\S+\s+)?(?!-)[^\s#]+)(?:\s+" + LOOSE + r"[^\s#]+)?((?:\s+" + LOOSE + r".*)?)"
ACCESS = r"(\s*access(?:\s+[^\s#]+){3}\s+)" + LOOSE + r"[^\s#]+(.*)"


@MEASURES.of("units_off")
def units_off(case: Case, arguments: Sequence[str], control: str) -> list[Step]:
    """Stop and disable every unit that matches a pattern.

    A process that matches and belongs to no such unit, nor to inetd, is somebody's own.
    """
    units = case.facts["units"]
    running = {*units["active"], *units["enabled"]}
    steps = [unit(name, active=False, enabled=False) for name in sorted(running) if _matches(name, arguments)]
    off = {step["name"] for step in steps}
    for one in case.facts["sockets"]["listening"]:
        stays = one["unit"] not in off and not _is_inetd(one["unit"] or "")
        if one["process"] and _matches(one["process"], arguments) and stays:
            text = "%s listens on %s/%d and belongs to no unit that could be switched off"
            raise Left(text % (one["process"], one["proto"], one["port"]))
    return steps


@MEASURES.of("inetd_off")
def inetd_off(case: Case, arguments: Sequence[str], control: str) -> list[Step]:
    """Comment out the services of inetd whose programs match a pattern; an inetd left with nothing is switched off."""
    running = sorted(
        name for name in {*case.facts["units"]["active"], *case.facts["units"]["enabled"]}
        if _is_inetd(name) and not _matches(name, arguments)
    )  # fmt: skip
    present = case.facts["cleartext"]["inetd"] if running else []
    wrong = [entry for entry in present if _matches(entry["program"], arguments)]
    patterns: dict[str, list[str]] = {}
    for entry in wrong:
        if entry["place"].startswith(XINETD):
            raise Left("%s: xinetd starts %s, and bulwark_cleartext_services leaves xinetd on" % (
                entry["place"], entry["program"]))  # fmt: skip
        line = r"\s*%s\s.*\b%s\b.*" % (re.escape(entry["service"]), re.escape(entry["program"]))
        patterns.setdefault(_path(entry), []).append(line)
    left = len(present) - len(wrong)
    restart = [name.removesuffix(".service") for name in running] if left else []
    steps = [edit(path, "lines", {"comment": found}, restart=restart) for path, found in patterns.items()]
    if wrong and not left:
        steps += [unit(name, active=False, enabled=False) for name in running]
    return steps


@MEASURES.of("anonymous_ftp_off")
def anonymous_ftp_off(case: Case, arguments: Any, control: str) -> list[Step]:
    """Have each FTP server that runs ask for a name."""
    running = {*case.facts["units"]["active"], *case.facts["units"]["enabled"]}
    found = case.facts["cleartext"]["anonymous_ftp"].items()
    return [
        FTP[server](place) for server, place in sorted(found)
        if any(fnmatchcase(name, "%s*.service" % server) for name in running)
    ]  # fmt: skip


def _vsftpd(place: str) -> Step:
    return edit(place, "settings", {"values": {"anonymous_enable": "NO"}, "between": "="}, restart=["vsftpd"])


def _proftpd(place: str) -> Step:
    raise Left("%s: what its <Anonymous> section offers is somebody's to move behind a login" % place)


def _pure_ftpd(place: str) -> Step:
    if place.endswith("/NoAnonymous"):
        return file(place, "yes\n", restart=["pure-ftpd"])
    return edit(place, "settings", {"values": {"NoAnonymous": "yes"}, "between": " "}, restart=["pure-ftpd"])


FTP: dict[str, Callable[[str], Step]] = {"vsftpd": _vsftpd, "proftpd": _proftpd, "pure-ftpd": _pure_ftpd}


@MEASURES.of("snmp_private")
def snmp_private(case: Case, arguments: Any, control: str) -> list[Step]:
    """Comment out SNMP communities and raise every user's level to authentication and encryption."""
    running = {*case.facts["units"]["active"], *case.facts["units"]["enabled"]}
    snmp = case.facts["cleartext"]["snmp"]
    if not snmp or "snmpd.service" not in running:
        return []
    wrong = [*snmp["communities"], *(user for user in snmp["users"] if user["level"] not in judge.NO_LEVEL)]
    changes = {"comment": [COMMUNITY], "replace": [[USER, r"\1 priv\2"], [ACCESS, r"\1priv\2"]]}
    return [edit(path, "lines", changes, restart=["snmpd"], secret=True) for path in _paths(wrong)]


def _paths(entries: Iterable[dict[str, str]]) -> list[str]:
    paths = list(dict.fromkeys(_path(entry) for entry in entries))
    for path in paths:
        if path.startswith(SNMPD_OWN):
            raise Left("%s: snmpd writes this file itself; take the community out of it while snmpd is stopped" % path)
    return paths


def _path(entry: dict[str, str]) -> str:
    return entry["place"].rpartition(":")[0]


def _is_inetd(name: str) -> bool:
    return _matches(name, INETD)


def _matches(name: str, patterns: Sequence[str]) -> bool:
    return matches(name, patterns)
