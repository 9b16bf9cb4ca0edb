# SPDX-License-Identifier: GPL-3.0-or-later
"""Secrets in lines of configuration: what looks like one is taken out before a line is kept or shown.

Steps that touch secrets say so and are never shown at all; this is the second door, for what nobody thought of. It
rather hides too much: a reader loses a value, and no secret gets into a report.
"""

from __future__ import annotations

import re

MASK = "********"
#: Files that hold little else than secrets: nothing of their text is shown.
SECRET_FILES = re.compile(
    r"(^|/)(g?shadow|g?shadow-|opasswd|users\.oath|\.google_authenticator|pam_duo\.conf|login_duo\.conf"
    r"|ssh_host_\w+_key|id_(rsa|dsa|ecdsa|ed25519)(_sk)?|htpasswd|\.htpasswd|\.pgpass|\.netrc)$|\.(key|pem|p12|pfx)$"
)
#: A path can't be a secret, and says where one lies: it stays.
PATH = r"/(?:[a-z0-9._-]+|\$\{\w+\}|%\w)(?:/(?:[a-z0-9._-]+|\$\{\w+\}|%\w))*(?=[\s,;\"']|$)"
ASSIGNED = re.compile(
    r"(?i:(?:passw(?:or)?d|passphrase|secret|seed|token|psk|credentials?|api_?key)"
    r"|(?:^|[\W_])(?:pass|pwd|pin|[isa]?key|bindpw|community))[\"']?\s*[:=]\s*(?!%s)(?P<secret>\S.*)" % PATH
)
PATTERNS = (
    ASSIGNED,
    # A line of users.oath: type, user, PIN and seed, then what was used last.
    re.compile(r"^\s*#?\s*HOTP\S*\s+\S+\s+(?P<secret>\S.*)"),
    # Hashes as crypt(5) writes them, and the older ones of shadow, htpasswd and LDAP.
    re.compile(r"(?P<secret>\$(?:[1-7y]|2[abxy]?|gy|sm3y?|md5|sha1|apr1|argon2\w*|scrypt)\$[^\s:,;\"']+)"),
    re.compile(r"^[^:\s]+:[!*]*(?P<secret>[./0-9A-Za-z]{13}):\d*:"),
    re.compile(r"(?P<secret>\{(?:S?SHA\d*|S?MD5|CRYPT|PBKDF2\S*)\}\S+)"),
    # Seeds in base32 and emergency codes, as google-authenticator keeps them; keys in base64 or hexadecimal.
    re.compile(r"^\s*(?P<secret>[A-Z2-7]{16,}=*|\d{6,8}|[A-Za-z0-9+/]{40,}={0,2})\s*$"),
    re.compile(r"otpauth://(?P<secret>\S+)"),
    re.compile(r"\b[a-z][a-z0-9+.-]{1,20}://[^\s/:@]*:(?P<secret>[^\s/@]+)@"),
)


def masked(line: str) -> str:
    """Return a line with what looks like a secret replaced."""
    for pattern in PATTERNS:
        line = pattern.sub(_hidden, line)
    return line


def holds_secrets(path: str) -> bool:
    """Say whether a file of that name holds little else than secrets."""
    return bool(SECRET_FILES.search(path))


def _hidden(match: re.Match[str]) -> str:
    whole, start = match.group(), match.start()
    return whole[: match.start("secret") - start] + MASK + whole[match.end("secret") - start :]
