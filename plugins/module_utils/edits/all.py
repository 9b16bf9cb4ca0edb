# SPDX-License-Identifier: GPL-3.0-or-later
"""The edits by name. An edit is a pure function of a file's text, so that what it would do can be shown and undone.

`edit(text, arguments, secrets)` returns the new text; None stands for a file that isn't there. It raises Refused where
it can't be done safely. Imports are static so that AnsiballZ packs every edit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Optional

from . import (
    add_lines,
    apparmor_flags,
    apt_pins,
    apt_sources,
    as_it_is,
    authorized_keys,
    google_secret,
    group_members,
    ini_options,
    lines,
    login_shell,
    logrotate,
    mapped_keys,
    nft_log,
    oath_users,
    openvpn_disable,
    pam_lines,
    pam_service,
    rsyslog_off,
    settings,
    shadow,
    shadow_lock,
    sshd_drop_in,
    sshd_include,
    ufw_logging,
    wireguard_peers,
)

Edit = Callable[[Optional[str], Mapping[str, Any], Mapping[str, str]], Optional[str]]

EDITS: dict[str, Edit] = {
    "add_lines": add_lines.edit,
    "apparmor_flags": apparmor_flags.edit,
    "apt_pins": apt_pins.edit,
    "apt_sources": apt_sources.edit,
    "as_it_is": as_it_is.edit,
    "authorized_keys": authorized_keys.edit,
    "google_secret": google_secret.edit,
    "group_members": group_members.edit,
    "ini_options": ini_options.edit,
    "lines": lines.edit,
    "login_shell": login_shell.edit,
    "logrotate": logrotate.edit,
    "mapped_keys": mapped_keys.edit,
    "nft_log": nft_log.edit,
    "oath_users": oath_users.edit,
    "openvpn_disable": openvpn_disable.edit,
    "pam_lines": pam_lines.edit,
    "pam_service": pam_service.edit,
    "rsyslog_off": rsyslog_off.edit,
    "settings": settings.edit,
    "shadow_expire": shadow.expire,
    "shadow_lock": shadow_lock.edit,
    "shadow_lock_empty": shadow.lock_empty,
    "sshd_drop_in": sshd_drop_in.edit,
    "sshd_include": sshd_include.edit,
    "ufw_logging": ufw_logging.edit,
    "wireguard_peers": wireguard_peers.edit,
}
