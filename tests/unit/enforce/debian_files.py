# SPDX-License-Identifier: GPL-3.0-or-later
"""A Debian's PAM files in a folder: read by the readers, changed by the edits that a control's tasks ask for."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from ansible_collections.bulwark.msp.plugins.module_utils.door import Door
from ansible_collections.bulwark.msp.plugins.module_utils.edits.all import EDITS
from ansible_collections.bulwark.msp.plugins.module_utils.readers import lockout, pam, passwords
from ansible_collections.bulwark.msp.plugins.module_utils.reading import Reader, Reading
from ansible_collections.bulwark.msp.plugins.plugin_utils.enforce import staging
from ansible_collections.bulwark.msp.plugins.plugin_utils.enforce.measures.all import MEASURES
from ansible_collections.bulwark.msp.plugins.plugin_utils.enforce.steps import Step
from ansible_collections.bulwark.msp.plugins.plugin_utils.evaluators.verdict import Case, Verdict
from ansible_collections.bulwark.msp.plugins.plugin_utils.judges.all import JUDGES

from tests.unit.judges.host import ROLES, areas, user
from tests.unit.judges.network import case

READERS: dict[str, Reader] = {"pam": pam.read, "lockout": lockout.read, "passwords": passwords.read}
BEGIN, FALLBACK = (
    '# here are the per-package modules (the "Primary" block)',
    "# here's the fallback if no module succeeds",
)
MORE, END = '# and here are more per-package modules (the "Additional" block)', "# end of pam-auth-update config"
FALLBACKS = "%s\trequisite\tpam_deny.so\n%s\trequired\tpam_permit.so\n"
#: What pam-auth-update wrote between its marks, and keeps a record of.
PRIMARY = {
    "auth": "auth\t[success=1 default=ignore]\tpam_unix.so nullok\n",
    "account": "account\t[success=1 new_authtok_reqd=done default=ignore]\tpam_unix.so \n",
    "password": "password\t[success=1 default=ignore]\tpam_unix.so obscure yescrypt\n",
    "session": "session\t[default=1]\tpam_permit.so\n",
    "session-noninteractive": "session\t[default=1]\tpam_permit.so\n",
}
INCLUDES = "@include common-auth\n@include common-account\n"
INSTALLED = {
    **{"etc/pam.d/%s" % name: INCLUDES for name in ("sshd", "login", "sudo")},
    "etc/pam.d/passwd": "@include common-password\n",
    "usr/sbin/pam-auth-update": "",
    "etc/security/faillock.conf": "# deny = 3\n#\n# unlock_time = 600\n",
    "etc/security/pwquality.conf": "# minlen = 8\n",
    "etc/login.defs": "# How passwords are hashed.\nENCRYPT_METHOD SHA512\n",
}


def common(kind: str, lines: str) -> str:
    """Return one of the common files with these lines in its first block."""
    facility = kind.partition("-")[0]
    return "\n".join([BEGIN, lines + FALLBACK, FALLBACKS % (facility, facility) + MORE, END, ""])


def record(lines: str, facility: str) -> str:
    """Return what pam-auth-update remembers of the lines that it wrote."""
    return "Module: unix\n" + lines.replace(facility + "\t", "").replace("=1", "=end")


class DebianFiles:
    """The files below a folder; `changed` are those that somebody edited, by path without the leading slash."""

    def __init__(self, root: Path, changed: Mapping[str, str] | None = None) -> None:
        self.root = root
        files = dict(INSTALLED)
        for kind, lines in PRIMARY.items():
            files["etc/pam.d/common-" + kind] = common(kind, lines)
            files["var/lib/pam/" + kind] = record(lines, kind.partition("-")[0])
        for path, text in {**files, **(changed or {})}.items():
            self._write(path, text)

    def text(self, path: str) -> str:
        """Return a file's text."""
        return (self.root / path.lstrip("/")).read_text(encoding="utf-8")

    def case(
        self, family: str = "debian", replaced: Mapping[str, Mapping[str, Any]] | None = None, **declared: Any
    ) -> Case:
        """Return the case of a host with these files, whose only person has a password and whose sshd takes it.

        replaced: {area: {fact: value}}.
        """
        facts, errors = Reading(Door(str(self.root)), READERS).state(list(READERS), 10)
        assert not errors, errors
        made = areas([user("ana", password="usable", groups=["sudo"])], {"passwordauthentication": ["yes"]}, **facts)
        made["system"] = {"family": family, "account": "ana", "peer": ""}
        for area, changed in (replaced or {}).items():
            made[area].update(changed)
        return case(made, **declared)

    def judge(self, control: str, **declared: Any) -> Verdict:
        """Return the control's verdict."""
        return JUDGES[control](self.case(**declared))

    def carry_out(self, steps: list[Step]) -> None:
        """Carry out the steps that change files; a program's can't be."""
        for step in steps:
            if step["kind"] == "file":
                self._write(step["path"], step["content"])
            elif step["kind"] == "edit":
                path = self.root / step["path"].lstrip("/")
                present = path.read_text(encoding="utf-8") if path.exists() else None
                changed = EDITS[step["edit"]](present, step["arguments"], {})
                if changed is not None:
                    self._write(step["path"], changed)

    def _write(self, path: str, text: str) -> None:
        place = self.root / path.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")


def steps(host: Case, control: str) -> list[Step]:
    """Return the steps that the tasks of a control ask for."""
    (path,) = ROLES.glob("*/tasks/%s.yml" % control)
    asked = [task["bulwark.msp.stage"]["measures"] for task in yaml.safe_load(path.read_text(encoding="utf-8"))]
    return [step for measures in asked for step in staging.steps(host, control, measures, MEASURES)]


def brief(found: list[Step]) -> list[tuple[str, str]]:
    """Return kind and name of each step."""
    return [(step["kind"], step.get("path") or step["name"]) for step in found]
