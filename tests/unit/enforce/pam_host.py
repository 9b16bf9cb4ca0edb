# SPDX-License-Identifier: GPL-3.0-or-later
"""A Debian host in a folder: steps change its files, the ordinary readers read them again, judges judge that."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from ansible_collections.bulwark.msp.plugins.module_utils.door import Door
from ansible_collections.bulwark.msp.plugins.module_utils.edits.all import EDITS
from ansible_collections.bulwark.msp.plugins.module_utils.readers import factors, pam
from ansible_collections.bulwark.msp.plugins.module_utils.reading import Area, Reading
from ansible_collections.bulwark.msp.plugins.plugin_utils.declared.registers import build
from ansible_collections.bulwark.msp.plugins.plugin_utils.enforce import staging
from ansible_collections.bulwark.msp.plugins.plugin_utils.enforce.measures.all import MEASURES
from ansible_collections.bulwark.msp.plugins.plugin_utils.enforce.measures.seeds import secrets
from ansible_collections.bulwark.msp.plugins.plugin_utils.enforce.steps import Step
from ansible_collections.bulwark.msp.plugins.plugin_utils.evaluators.facts import Facts
from ansible_collections.bulwark.msp.plugins.plugin_utils.evaluators.verdict import Case, NotApplicable, Verdict
from ansible_collections.bulwark.msp.plugins.plugin_utils.judges.all import JUDGES

from tests.unit.judges.host import ROLES, TODAY, areas, person, policy, user

COMMON_AUTH = """\
auth	[success=1 default=ignore]	pam_unix.so nullok
auth	requisite			pam_deny.so
auth	required			pam_permit.so
"""
COMMON_ACCOUNT = """\
account	[success=1 new_authtok_reqd=done default=ignore]	pam_unix.so
account	requisite			pam_deny.so
account	required			pam_permit.so
"""
SSHD = "@include common-auth\naccount    required     pam_nologin.so\n@include common-account\n"
SUDO = "@include common-auth\n@include common-account\n"
DEBIAN = {"common-auth": COMMON_AUTH, "common-account": COMMON_ACCOUNT, "sshd": SSHD, "login": SSHD, "sudo": SUDO}
SEED = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
ANA = person("ana", factors=["key", "totp"])
RESCUE = {"name": "rita", "kind": "break_glass", "party": "customer", "tested": "2026-10-01"}


@dataclass
class PamHost:
    """pam: files of /etc/pam.d. files: others, by path. declared: registers. thresholds: others than shipped."""

    root: Path
    pam: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    users: list[dict[str, Any]] = field(default_factory=lambda: [user("ana")])
    declared: dict[str, Any] = field(
        default_factory=lambda: {"bulwark_accounts": [ANA], "bulwark_totp_seeds": {"ana": SEED}}
    )
    thresholds: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, text in {**DEBIAN, **self.pam}.items():
            self.put("/etc/pam.d/" + name, text)
        for path, text in self.files.items():
            self.put(path, text)

    def put(self, path: str, text: str) -> None:
        """Write a file, for root alone where it is no PAM file."""
        place = self.root / path.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
        place.chmod(0o644 if "/pam.d/" in path else 0o600)

    def text(self, path: str) -> str:
        """Return a file."""
        return (self.root / path.lstrip("/")).read_text()

    def case(self) -> Case:
        """Return what the host is judged by now."""

        def accounts(_host: Reading, area: Area) -> None:
            area.facts["users"] = self.users

        readers: dict[str, Callable[[Reading, Area], None]]
        readers = {"accounts": accounts, "pam": pam.read, "factors": factors.read}
        seen, errors = Reading(Door(str(self.root)), readers).state(["pam", "factors"], 10)
        assert not errors, errors
        facts = {**areas(self.users), "pam": seen["pam"], "factors": seen["factors"]}
        facts["lockout"] = {"configs": {}, "authselect": None}
        facts["sudo"] = {"installed": True, "rules": [], "defaults": [], "sources": ["files"]}
        return Case(Facts({"areas": facts, "errors": []}), {**policy(), **self.thresholds}, build(self.declared), TODAY)

    def judge(self, control: str) -> Verdict:
        """Return the control's verdict on the host as it is now."""
        return JUDGES[control](self.case())

    def status(self, control: str) -> str:
        """Return the control's status."""
        try:
            return self.judge(control).status
        except NotApplicable:
            return "not_applicable"

    def steps(self, control: str) -> list[Step]:
        """Return the steps that the control's task file asks for; raises Left."""
        case = self.case()
        (path,) = ROLES.glob("*/tasks/%s.yml" % control)
        found: list[Step] = []
        for task in yaml.safe_load(path.read_text()):
            found += staging.steps(case, control, task["bulwark.msp.stage"]["measures"], MEASURES)
        return found

    def carry_out(self, steps: Iterable[Step]) -> None:
        """Change the files as the host would."""
        steps = list(steps)
        given = secrets(steps, self.declared.get("bulwark_totp_seeds", {}))
        for step in steps:
            if step["kind"] == "file":
                self.put(step["path"], step["content"])
            elif step["kind"] == "edit":
                place = self.root / step["path"].lstrip("/")
                before = place.read_text() if place.exists() else None
                after = EDITS[step["edit"]](before, step["arguments"], given)
                assert EDITS[step["edit"]](after, step["arguments"], given) == after
                if after is not None:
                    self.put(step["path"], after)
            elif step["kind"] == "absent":
                (self.root / step["path"].lstrip("/")).unlink()

    def enforce(self, *controls: str) -> None:
        """Carry out the steps of controls, all of them found on the host as it is now."""
        self.carry_out([step for control in controls for step in self.steps(control)])
