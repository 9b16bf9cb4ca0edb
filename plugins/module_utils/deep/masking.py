# SPDX-License-Identifier: GPL-3.0-or-later
"""Paths as they may leave a host: what anybody knows stays, any other name could hold a secret and is masked."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from fnmatch import fnmatchcase
from typing import Any

HIDDEN = "***"
#: Names of folders and files that every host may have.
_NAMES = """
.aws .azure .bash_logout .bash_profile .bashrc .cache .config .docker .git .gnupg .kube .local .netrc .oci .pki
.profile .ssh .vault-token .vimrc aarch64-linux-gnu access_tokens.db accessTokens.json apache2 apparmor.d
application_default_credentials.json apt audit authorized_keys authorized_keys2 backup backups bash.bashrc bin boot ca
ca.key cache certs client.key common-account common-auth common-password common-session config credentials
credentials.db cron cron.d cron.daily cron.hourly cron.monthly cron.weekly crontab crontabs d data default dev docker
easy-rsa environment etc fstab games gcloud group gshadow haproxy home hostname hosts hosts.allow hosts.deny html
httpd id_dsa id_ecdsa id_ecdsa_sk id_ed25519 id_ed25519_sk id_rsa identity include init.d issue issue.net key.pem
kubeconfig kubernetes ld.so.conf ld.so.conf.d ld.so.preload lib lib32 lib64 libexec libx32 local log login.defs
logrotate.d lost+found mail man modprobe.d modules-load.d motd msal_token_cache.bin msal_token_cache.json mysql
network nginx nsswitch.conf openvpn opt pam.d passwd pki pki.key private privkey.pem profile profile.d rc.local
resolv.conf root rsyslog.conf rsyslog.d rules.d run sbin selinux server.key server.pem service_principal_entries.json
shadow share shm sources.list sources.list.d spool src srv ssh ssh_config sshd sshd_config sshd_config.d ssl sudoers
sudoers.d sysctl.conf sysctl.d system systemd tls tls.crt tls.key tmp udev usr var wireguard www x86_64-linux-gnu
yum.repos.d
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
