# SPDX-License-Identifier: GPL-3.0-or-later
"""Area `delivery`: what the programs by which others are served write down of what they do."""

from __future__ import annotations

from typing import Any

from ..door import Door, Missing
from ..reading import Area, Reading

CONFIG = "/etc/ansible/ansible.cfg"
PROGRAMS = ("ansible-playbook", "ansible")
DEFAULTS = "defaults"
TRUE = ("yes", "on", "1", "true", "t", "y")
#: Where AWX, its predecessor and its Red Hat edition keep their settings; what they write down is in their database.
AWX = ("/etc/tower/settings.py", "/etc/tower/conf.d", "/etc/awx/settings.py")


def read(host: Reading, area: Area) -> None:
    """Learn `ansible` and `awx`.

    ansible: {installed, config, log_path, verbosity, shows_arguments} of the system's own ansible.cfg, log_path None
    where it isn't set, config None where there is no such file; None where Ansible isn't there at all. A project's own
    ansible.cfg isn't seen. awx: whether AWX's settings lie here.
    """
    area.learn("ansible", ansible, host.door)
    area.learn("awx", lambda: any(host.door.exists(path) for path in AWX))


def ansible(door: Door) -> dict[str, Any] | None:
    """Return what Ansible is told of its log."""
    installed = any(door.which(program) for program in PROGRAMS)
    try:
        said = options(door.lines(CONFIG, comment=""))
    except Missing:
        return {"installed": True, "config": None, **_told({})} if installed else None
    return {"installed": installed, "config": CONFIG, **_told(said)}


def options(lines: list[str]) -> dict[str, str]:
    """Return the options of the section [defaults]; the last of a name counts."""
    inside, found = "", {}
    for line in lines:
        if line.startswith(("#", ";")):
            continue
        if line.startswith("[") and line.endswith("]"):
            inside = line[1:-1].strip()
        elif inside == DEFAULTS and "=" in line:
            name, _equals, value = line.partition("=")
            found[name.strip()] = value.partition(" ;")[0].strip()
    return found


def _told(said: dict[str, str]) -> dict[str, Any]:
    verbosity = said.get("verbosity", "0")
    return {
        "log_path": said.get("log_path") or None,
        "verbosity": int(verbosity) if verbosity.isdigit() and len(verbosity) < 4 else 0,
        "shows_arguments": said.get("display_args_to_stdout", "no").lower() in TRUE,
    }
