# SPDX-License-Identifier: GPL-3.0-or-later
"""Parses lines of authorized_keys (sshd(8), AUTHORIZED_KEYS FILE FORMAT) and of files of CA keys.

Comments never leave here, and neither do the values of options that may hold a secret.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from typing import Any

#: Options whose value is judged and public; of all others only the name is kept.
WITH_VALUE = ("from", "permitopen", "permitlisten", "principals", "expiry-time", "tunnel")
OPTION = re.compile(r"([A-Za-z0-9-]+)(?:=\"((?:\\\"|[^\"])*)\")?(?:,|(?=\s)|$)")
TYPE = re.compile(r"(?:ssh|ecdsa|sk-ssh|sk-ecdsa|rsa|webauthn-sk)-[A-Za-z0-9@.-]+")
#: Sources in from= that leave nobody out.
EVERYWHERE = frozenset({"*", "0.0.0.0/0", "::/0"})
CURVE_BITS = {"nistp256": 256, "nistp384": 384, "nistp521": 521, "ed25519": 256, "ed448": 456}


def parse(line: str, marks: Sequence[str] = ()) -> dict[str, Any] | None:
    """Return {type, bits, fingerprint, options, marks} of a line; None where it holds no key that sshd would take.

    marks: which of the glob patterns given the comment or one of its words matches.
    """
    text = line.strip()
    if not text or text.startswith("#"):
        return None
    options: list[str] = []
    rest, key = text, _key(text)
    if key is None:
        options, rest = split_options(text)
        key = _key(rest)
    return None if key is None else dict(key, options=options, marks=_marked(rest, marks))


def _marked(text: str, marks: Sequence[str]) -> list[str]:
    comment = " ".join(text.split()[2:])
    return [mark for mark in marks if any(fnmatchcase(part, mark) for part in (comment, *comment.split()))]


def split_options(text: str) -> tuple[list[str], str]:
    """Return (options, what follows them) of a line that begins with options; ([], "") where they are malformed."""
    options: list[str] = []
    place = 0
    while place < len(text) and not text[place].isspace():
        found = OPTION.match(text, place)
        if not found:
            return [], ""
        name, value = found.group(1).lower(), found.group(2)
        options.append('%s="%s"' % (name, value) if value is not None and name in WITH_VALUE else name)
        place = found.end()
    return options, text[place:].strip()


def names_sources(options: Iterable[str]) -> bool:
    """Say whether the options of a key say where it may come from, and that isn't everywhere."""
    named = [source for option in options if option.startswith("from=") for source in option[6:-1].split(",")]
    return bool(named) and not EVERYWHERE & set(named)


def _key(text: str) -> dict[str, Any] | None:
    words = text.split(None, 2)
    if len(words) < 2 or not TYPE.fullmatch(words[0]):
        return None
    try:
        blob = base64.b64decode(words[1], validate=True)
        fields = _fields(blob)
    except (binascii.Error, ValueError):
        return None
    if not fields or fields[0] != words[0].encode():
        return None
    digest = base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")
    return {"type": words[0], "bits": _bits(words[0], fields), "fingerprint": "SHA256:%s" % digest}


def _fields(blob: bytes) -> list[bytes]:
    """Return the length-prefixed strings of a key (RFC 4251, section 5); certificates end in other fields."""
    fields: list[bytes] = []
    place = 0
    while place + 4 <= len(blob) and len(fields) < 5:
        size = int.from_bytes(blob[place : place + 4], "big")
        if place + 4 + size > len(blob):
            break
        fields.append(blob[place + 4 : place + 4 + size])
        place += 4 + size
    return fields


def _bits(kind: str, fields: list[bytes]) -> int | None:
    # A certificate has a nonce before the key's own fields.
    own = fields[2:] if "-cert-" in kind else fields[1:]
    if kind.startswith("ssh-rsa") and len(own) > 1:
        return int.from_bytes(own[1], "big").bit_length()
    if kind.startswith("ssh-dss") and own:
        return int.from_bytes(own[0], "big").bit_length()
    return next((bits for curve, bits in CURVE_BITS.items() if curve in kind), None)
