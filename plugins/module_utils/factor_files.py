# SPDX-License-Identifier: GPL-3.0-or-later
"""Parsers of the files in which second factors are kept. None of them returns a seed, a key or a code."""

from __future__ import annotations

import re
from typing import Any

OATH_TYPE = re.compile(r"HOTP(?:/E)?(?:/[0-9]+)?|HOTP/T[0-9]+(?:/[0-9]+)?", re.IGNORECASE)
GOOGLE_OPTION = re.compile(r'^" ([A-Z_]+)(.*)$')
#: Options of a .google_authenticator file -> how many numbers of their value are settings and not history.
GOOGLE_NUMBERS = {
    "RATE_LIMIT": 2,
    "WINDOW_SIZE": 1,
    "STEP_SIZE": 1,
    "DISALLOW_REUSE": 0,
    "TOTP_AUTH": 0,
    "HOTP_COUNTER": 0,
}
DUO_OPTIONS = ("failmode", "groups", "group", "prompts", "autopush", "host")
DUO_KEYS = ("ikey", "skey")
SECTION = re.compile(r"\[([^\]]*)\]")


def oath_users(text: str) -> list[dict[str, Any]]:
    """Return [{user, type, line}] of a users.oath file: "HOTP/T30/6 user - seed ..."."""
    found = []
    for number, line in enumerate(text.split("\n"), 1):
        words = line.split()
        if len(words) > 3 and OATH_TYPE.fullmatch(words[0]):
            found.append({"user": words[1], "type": words[0].upper(), "line": number})
    return found


def google_options(text: str) -> dict[str, list[int]]:
    """Return {option: [numbers]} of a google-authenticator secret file, whose options stand behind a quote mark."""
    found: dict[str, list[int]] = {}
    for line in text.split("\n")[1:]:
        option = GOOGLE_OPTION.match(line)
        if option and option[1] in GOOGLE_NUMBERS:
            numbers = re.findall(r"[0-9]+", option[2])[: GOOGLE_NUMBERS[option[1]]]
            found[option[1]] = [int(number[:9]) for number in numbers]
    return found


def mapped_keys(text: str) -> dict[str, int]:
    """Return {user: number of keys} of a file of "user:key:key" lines (pam_u2f, pam_yubico)."""
    found: dict[str, int] = {}
    for line in text.split("\n"):
        user, colon, rest = line.strip().partition(":")
        if user and colon and not user.startswith("#"):
            found[user] = found.get(user, 0) + sum(1 for key in rest.split(":") if key.strip())
    return found


def sections(text: str) -> list[tuple[str, int, dict[str, str]]]:
    """Return (name, line, {option in lower case: value}) of each section of an ini file; ";" and "#" are comments."""
    found: list[tuple[str, int, dict[str, str]]] = [("", 1, {})]
    for number, raw in enumerate(text.split("\n"), 1):
        line = raw.strip()
        title = SECTION.match(line)
        if title:
            found.append((title[1].strip().lower(), number, {}))
        elif line and line[0] not in ";#":
            name, equals, value = line.partition("=")
            if equals:
                found[-1][2][name.strip().lower()] = value.strip()
    return found


def duo_options(text: str) -> dict[str, Any]:
    """Return the judged options of pam_duo.conf or login_duo.conf, and `keys`: whether both keys are filled in."""
    merged: dict[str, str] = {}
    for name, _line, options in sections(text):
        if name == "duo":
            merged.update(options)
    kept: dict[str, Any] = {name: value for name, value in merged.items() if name in DUO_OPTIONS}
    kept["keys"] = all(merged.get(name) for name in DUO_KEYS)
    return kept


def duo_servers(text: str) -> list[dict[str, Any]]:
    """Return [{name, line, failmode}] of the server sections of authproxy.cfg, failmode None where it isn't set."""
    return [
        {"name": name, "line": line, "failmode": options.get("failmode")}
        for name, line, options in sections(text)
        if name.startswith(("radius_server", "ldap_server"))
    ]


def radius_servers(text: str) -> list[str]:
    """Return the servers' host names of pam_radius_auth.conf: "server[:port] secret [timeout]"."""
    found = []
    for line in text.split("\n"):
        words = line.partition("#")[0].split()
        if len(words) > 1:
            server = words[0]
            if server.startswith("["):
                server = server[1:].partition("]")[0]
            elif server.count(":") == 1:
                server = server.partition(":")[0]
            found.append(server.lower())
    return found
