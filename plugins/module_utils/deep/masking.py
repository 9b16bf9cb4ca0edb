# SPDX-License-Identifier: GPL-3.0-or-later
"""Paths as they may leave a host: what anybody knows stays, any other name could hold a secret and is masked."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from fnmatch import fnmatchcase
from typing import Any

HIDDEN = "***"
#: Names of folders and files that every host may have.
_NAMES = """
    .aws .azure .cache .config .docker .git .gnupg .kube .local .netrc .oci .pki .ssh .vault-token
    application_default_credentials.json accessTokens.json access_tokens.db apache2 apt authorized_keys authorized_keys2
    backup backups bin boot ca ca.key cache certs client.key config credentials credentials.db cron.d cron.daily
    cron.hourly cron.monthly cron.weekly crontabs d data dev docker easy-rsa etc games gcloud haproxy home html httpd
    id_dsa id_ecdsa id_ecdsa_sk id_ed25519 id_ed25519_sk id_rsa identity include kubeconfig kubernetes lib lib32 lib64
    libexec libx32 local log lost+found mail man msal_token_cache.bin msal_token_cache.json mysql nginx openvpn opt pki
    pki.key private privkey.pem profile.d root run sbin server.key service_principal_entries.json share shm spool src
    srv ssh ssl sudoers.d system systemd tls tmp usr var wireguard www x86_64-linux-gnu aarch64-linux-gnu
"""
KNOWN = frozenset(_NAMES.split())


class Mask:
    """Masks the paths of one host. names: of its accounts. places: glob patterns that the controller asked for."""

    def __init__(self, names: Collection[str], places: Collection[str]) -> None:
        literal = {part for place in places for part in place.split("/") if not set(part) & set("*?[")}
        self._known = KNOWN | set(names) | literal
        self._places = sorted(set(places))

    def path(self, path: str) -> str:
        """Return a path without the names that could hold a secret."""
        return "/".join(part if part in self._known or not part else HIDDEN for part in path.split("/"))

    def shown(self, found: Mapping[str, Any]) -> dict[str, Any]:
        """Return {place, inode, below, places} of a path that was found.

        place: the path, masked unless a package ships it. below: the deepest folder on the way that is known, where a
        search for the inode begins. places: the patterns that match.
        """
        path = str(found["path"])
        public = bool(found.get("package"))
        parts = path.strip("/").split("/")
        kept = [part if public or part in self._known else HIDDEN for part in parts]
        way = parts[: next((index for index, part in enumerate(kept) if part == HIDDEN), len(parts) - 1)]
        return {
            "place": "/" + "/".join(kept),
            "below": "/" + "/".join(way),
            "inode": int(found["inode"]),
            "places": [place for place in self._places if matches(path, place)],
        }


def matches(path: str, pattern: str) -> bool:
    """Say whether a glob pattern covers a path: * stays within one name, /** at the end means all that is below."""
    tree = pattern.endswith("/**")
    wanted, parts = pattern[: -3 if tree else None].split("/"), path.split("/")
    if len(parts) <= len(wanted) if tree else len(parts) != len(wanted):
        return False
    return all(fnmatchcase(part, glob) for part, glob in zip(parts, wanted))  # noqa: B905 (Python 3.9)
