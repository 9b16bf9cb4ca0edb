# SPDX-License-Identifier: GPL-3.0-or-later
"""What Debian's pam-auth-update(8) would write, by letting it work on copies with a debconf database of their own."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from ..door import Unreadable
from ..edits.refused import Refused
from .files import ABSENT, File, Files, read
from .host import Host

SECONDS = 30
PROFILES = "/usr/share/pam-configs"
SAVED = "/var/lib/pam"
TYPES = ("account", "auth", "password", "session", "session-noninteractive")
DEBCONF = """Config: configdb
Templates: templatedb

Name: configdb
Driver: File
Filename: %(folder)s/config.dat

Name: templatedb
Driver: File
Filename: %(folder)s/templates.dat
"""


def written(arguments: Mapping[str, Any], files: Files, host: Host) -> dict[str, File]:
    """Return the files that `pam-auth-update --package --enable` would leave.

    arguments: {enable: [profiles], coming: {profile: its text}}; coming are those of packages that the plan installs.
    """
    enable = [str(profile) for profile in arguments["enable"]]
    coming = {
        "%s/%s" % (PROFILES, profile): File(str(text).encode())
        for profile, text in arguments.get("coming", {}).items()
        if files["%s/%s" % (PROFILES, profile)].content is None
    }
    wanted = {profile: "%s/%s" % (PROFILES, profile) for profile in enable}
    missing = [profile for profile, path in wanted.items() if path not in coming and files[path].content is None]
    if missing:
        raise Refused("%s has no profile %s" % (PROFILES, ", ".join(missing)))
    root = "%s/pam-%s" % (host.scratch, os.urandom(4).hex())
    paths = ["/etc/pam.d/common-" + kind for kind in TYPES]
    paths += ["%s/%s" % (SAVED, name) for name in (*TYPES, "seen")]
    profiles = {**{path: files[path] for path in _profiles(files)}, **coming}
    for path, file in {**{path: files[path] for path in paths}, **profiles}.items():
        _copy(root, path, file)
    # One that it has not seen yet would come along by its default, and change what nobody asked for.
    with open(root + SAVED + "/seen", "a", encoding="utf-8") as seen:
        seen.writelines(path.rpartition("/")[2] + "\n" for path in profiles)
    _run(host, root, enable)
    found = {path: _result(root, path, files[path]) for path in paths}
    saved = "".join(file.text() or "" for path, file in found.items() if path.startswith(SAVED))
    if [profile for profile in enable if "Module: %s\n" % profile not in saved]:
        raise Refused("/etc/pam.d/common-* were changed by hand, so that pam-auth-update leaves them alone")
    return found


def _profiles(files: Files) -> list[str]:
    try:
        here = ["%s/%s" % (PROFILES, name) for name in os.listdir(PROFILES)]
    except FileNotFoundError:
        raise Refused("this host has no pam-auth-update") from None
    return sorted({*here, *(path for path in files.changed() if path.startswith(PROFILES + "/"))})


def _copy(root: str, path: str, file: File) -> None:
    os.makedirs(os.path.dirname(root + path), mode=0o700, exist_ok=True)
    if file.content is not None:
        with open(root + path, "wb") as copy:
            copy.write(file.content)


def _run(host: Host, root: str, enable: list[str]) -> None:
    with open(root + "/debconf.conf", "w", encoding="utf-8") as config:
        config.write(DEBCONF % {"folder": root})
    settings = ["DEBIAN_FRONTEND=noninteractive", "DEBCONF_SYSTEMRC=%s/debconf.conf" % root]
    try:
        host.door.output(
            ["env", *settings, "pam-auth-update", "--root", root, "--package", "--enable", *enable], SECONDS
        )
    except Unreadable as problem:
        raise Refused(str(problem)) from None


def _result(root: str, path: str, before: File) -> File:
    content = read(root + path).content
    if content is None:
        return ABSENT
    return File(content) if before.content is None else before._replace(content=content)
