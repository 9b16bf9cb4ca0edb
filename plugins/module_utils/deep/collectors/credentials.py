# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys and credentials that open something else than this host: told by their names, or by how their content begins."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable
from typing import Any

from ..walk import Entry, open_quietly

MOST = 500
#: Beside these, the homes of accounts.
PLACES = ("/etc", "/home", "/opt", "/root", "/srv", "/tmp", "/var/tmp", "/dev/shm")
#: Nothing that holds one key or one configuration is larger; nothing smaller holds any.
LARGEST = 256 * 1024
SMALLEST = 8
#: What is looked at of a file.
BEGINNING = 64 * 1024
#: Last parts of a path that say what it is.
NAMED = {
    "/.vault-token": "Vault token",
    "/.netrc": "netrc",
    "/.aws/credentials": "AWS credentials",
    "/.azure/accessTokens.json": "Azure credentials",
    "/.azure/msal_token_cache.json": "Azure credentials",
    "/.azure/msal_token_cache.bin": "Azure credentials",
    "/.azure/service_principal_entries.json": "Azure credentials",
    "/gcloud/access_tokens.db": "Google Cloud credentials",
    "/gcloud/application_default_credentials.json": "Google Cloud credentials",
    "/gcloud/credentials.db": "Google Cloud credentials",
}
#: A header alone may stand in a text about keys; what follows it makes it one.
PRIVATE_KEY = re.compile(
    rb"(?:^|[\"'\n])[ \t]*-----BEGIN (?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----(?:\r?\n|\\n)\s*"
    rb"(?:[A-Za-z0-9+/=]{16}|[A-Z][A-Za-z-]+:|\r?\n)"
)
PUTTY = re.compile(rb"\APuTTY-User-Key-File-[0-9]+:")
KUBECONFIG = re.compile(rb"^kind:[ \t]*Config[ \t]*\r?$", re.MULTILINE)
CLUSTERS = re.compile(rb"^clusters:", re.MULTILINE)
KUBE_SECRET = re.compile(rb"\b(?:client-key-data|token|password|client-key|exec|auth-provider):")


class Credentials:
    """Collects [{path, inode, uid, kind}] in `PLACES` and `homes`."""

    name = "credentials"

    def __init__(self, homes: Iterable[str] = ()) -> None:
        self._places = tuple(place.rstrip("/") + "/" for place in (*PLACES, *homes))
        self._found: list[dict[str, Any]] = []
        self.dropped = 0

    def look(self, entry: Entry) -> None:
        """Keep a file that holds a key or credential."""
        status = entry.status
        if not stat.S_ISREG(status.st_mode) or status.st_size < SMALLEST or not entry.path.startswith(self._places):
            return
        found = next((kind for end, kind in NAMED.items() if entry.path.endswith(end)), "")
        if not found and status.st_size <= LARGEST:
            found = kind_of(_beginning(entry))
        if found and len(self._found) == MOST:
            self.dropped += 1
        elif found:
            self._found.append({"path": entry.path, "inode": status.st_ino, "uid": status.st_uid, "kind": found})

    def result(self) -> list[dict[str, Any]]:
        """Return what was found, by path."""
        return sorted(self._found, key=lambda found: str(found["path"]))


def kind_of(content: bytes) -> str:
    """Return what a content is, nothing where it is none of what is looked for."""
    if b"PRIVATE KEY" in content and PRIVATE_KEY.search(content):
        return "service account's key" if b'"service_account"' in content else "private key"
    if PUTTY.match(content):
        return "private key"
    if KUBECONFIG.search(content) and CLUSTERS.search(content) and KUBE_SECRET.search(content):
        return "kubeconfig"
    return ""


def _beginning(entry: Entry) -> bytes:
    # O_NONBLOCK: what was a file when it was listed may be a pipe by now.
    handle = open_quietly(entry.name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, entry.folder)
    try:
        if os.fstat(handle).st_ino != entry.status.st_ino:
            return b""
        return os.read(handle, BEGINNING)
    finally:
        os.close(handle)
