# SPDX-License-Identifier: GPL-3.0-or-later
"""Area `cleartext`: services behind inetd, FTP for anybody, and how SNMP tells who asks."""

from __future__ import annotations

import re
from typing import Any

from ..door import Door, Missing
from ..reading import Area, Reading

INETD = ("/etc/inetd.conf",)
INETD_FOLDERS = ("/etc/inetd.d", "/etc/inetd.conf.d")
XINETD = "/etc/xinetd.d"
VSFTPD = ("/etc/vsftpd.conf", "/etc/vsftpd/vsftpd.conf")
PROFTPD = ("/etc/proftpd/proftpd.conf", "/etc/proftpd.conf")
PURE_FTPD = ("/etc/pure-ftpd/pure-ftpd.conf", "/etc/pure-ftpd.conf")
PURE_FTPD_DEBIAN = "/etc/pure-ftpd/conf/NoAnonymous"
SNMPD = ("/etc/snmp/snmpd.conf", "/etc/snmp/snmpd.local.conf", "/usr/share/snmp/snmpd.conf", "/var/lib/snmp/snmpd.conf")
COMMUNITY = re.compile(r"(ro|rw|auth)community6?|com2sec6?|com2secunix", re.IGNORECASE)
USER = re.compile(r"(ro|rw)user", re.IGNORECASE)
XINETD_FIELD = re.compile(r"^\s*(disable|server)\s*=\s*(\S+)", re.MULTILINE)


def read(host: Reading, area: Area) -> None:
    """Learn `inetd`, `anonymous_ftp` and `snmp`.

    inetd: [{service, program, place}] that inetd or xinetd starts. anonymous_ftp: {server: place} for each FTP server
    that lets anybody in by its configuration. snmp: None without snmpd's configuration, else {communities:
    [{directive, place}], users: [{level, place}]}; neither community strings nor user names leave the host.
    """
    area.learn("inetd", lambda door: inetd(door) + xinetd(door), host.door)
    area.learn("anonymous_ftp", anonymous_ftp, host.door)
    area.learn("snmp", snmp, host.door)


def inetd(door: Door) -> list[dict[str, str]]:
    """Return the entries of inetd.conf(5); a tcpd in front is looked through."""
    entries = []
    for path in (*INETD, *(path for folder in INETD_FOLDERS for path in _inside(door, folder))):
        for number, line in _numbered(door, path):
            fields = line.split()
            if len(fields) >= 6:
                programs = [field for field in fields[5:7] if not field.endswith("/tcpd")]
                program = (programs or fields[5:6])[0].rpartition("/")[2]
                entries.append({"service": fields[0], "program": program, "place": f"{path}:{number}"})
    return entries


def xinetd(door: Door) -> list[dict[str, str]]:
    """Return the services of xinetd that are not disabled."""
    entries = []
    for path in _inside(door, XINETD):
        fields = dict(XINETD_FIELD.findall(door.read(path)))
        if fields.get("disable", "no").lower() != "yes":
            name = path.rpartition("/")[2]
            program = fields.get("server", name).rpartition("/")[2]
            entries.append({"service": name, "program": program, "place": path})
    return entries


def anonymous_ftp(door: Door) -> dict[str, str]:
    """Return where each FTP server's configuration lets anybody in (vsftpd does unless told not to)."""
    found = {}
    for path in VSFTPD:
        settings = [line.lower().partition("=") for _number, line in _numbered(door, path)]
        values = [value for key, _equals, value in settings if key == "anonymous_enable"]
        if door.exists(path) and values[-1:] != ["no"]:
            found["vsftpd"] = path
    for path in PROFTPD:
        for number, line in _numbered(door, path):
            if line.lower().startswith("<anonymous"):
                found["proftpd"] = f"{path}:{number}"
    for path in PURE_FTPD:
        words = [line.lower().split() for _number, line in _numbered(door, path)]
        if door.exists(path) and ["noanonymous", "yes"] not in words and not door.exists(PURE_FTPD_DEBIAN):
            found["pure-ftpd"] = path
    if any(line.lower() == "no" for _number, line in _numbered(door, PURE_FTPD_DEBIAN)):
        found["pure-ftpd"] = PURE_FTPD_DEBIAN
    return found


def snmp(door: Door) -> dict[str, Any] | None:
    """Return the directives of snmpd.conf(5) that say who may ask."""
    paths = [path for path in SNMPD if door.exists(path)] + _inside(door, "/etc/snmp/snmpd.conf.d")
    if not paths:
        return None
    communities, users = [], []
    for path in paths:
        for number, line in _numbered(door, path):
            words = line.split()
            place = f"{path}:{number}"
            if COMMUNITY.fullmatch(words[0]):
                communities.append({"directive": words[0].lower(), "place": place})
            elif USER.fullmatch(words[0]):
                # rouser [-s SECMODEL] NAME [LEVEL ...]; without a level snmpd asks for auth only.
                rest = words[3:] if words[1:2] == ["-s"] else words[1:]
                users.append({"level": rest[1].lower() if len(rest) > 1 else "auth", "place": place})
            elif words[0].lower() == "access" and len(words) > 4:
                users.append({"level": words[4].lower(), "place": place})
    return {"communities": communities, "users": users}


def _numbered(door: Door, path: str) -> list[tuple[int, str]]:
    """Return the lines of a file that say something, with their numbers; none where the file is missing."""
    try:
        lines = door.read(path).splitlines()
    except Missing:
        return []
    return [(number, line.strip()) for number, line in enumerate(lines, 1) if line.strip() and line.strip()[0] != "#"]


def _inside(door: Door, folder: str) -> list[str]:
    try:
        return [f"{folder}/{name}" for name in door.list(folder) if not name.startswith(".")]
    except Missing:
        return []
