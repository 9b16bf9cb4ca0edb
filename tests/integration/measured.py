# SPDX-License-Identifier: GPL-3.0-or-later
"""A control's measures on a real host, by themselves: read, judge, carry their steps out, read and judge again.

The safeguard is left out on purpose: what is tried here is whether the steps are the right ones.
"""

from __future__ import annotations

import io
import json
import subprocess
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from ansible_collections.bulwark.msp.plugins.plugin_utils.enforce import staging
from ansible_collections.bulwark.msp.plugins.plugin_utils.enforce.measures.all import MEASURES
from ansible_collections.bulwark.msp.plugins.plugin_utils.enforce.steps import Step
from ansible_collections.bulwark.msp.plugins.plugin_utils.facts import Facts
from ansible_collections.bulwark.msp.plugins.plugin_utils.judges.all import JUDGES
from ansible_collections.bulwark.msp.plugins.plugin_utils.verdict import Case, Verdict

from tests.integration.fleet import ROOT
from tests.lab.engine import Host, Lab
from tests.lab.podman import podman
from tests.unit.judges.host import TODAY, policy
from tests.unit.judges.host import build as registers

#: The host's side of the collection, as a Python package of its own.
CODE = "/opt/measured"
READ = f"""
import json, sys
sys.path.insert(0, {CODE!r})
from host.areas import AREAS
from host.door import Door
from host.reading import Reading
areas, errors = Reading(Door(), AREAS).state(list(AREAS), 30)
print(json.dumps({{"areas": areas, "errors": errors}}))
"""
CARRY_OUT = f"""
import json, os, subprocess, sys
sys.path.insert(0, {CODE!r})
from host.edits.all import EDITS
def write(path, text, mode):
    mode = os.stat(path).st_mode & 0o7777 if os.path.exists(path) else mode
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as file:
        file.write(text)
    os.chmod(path, mode)
    return True
os.environ["DEBIAN_FRONTEND"] = "noninteractive"
def run(*command):
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
after = []
for step in json.load(sys.stdin):
    kind, changed = step["kind"], False
    if kind in ("file", "edit"):
        path = step["path"]
        present = open(path).read() if os.path.exists(path) else None
        new = step["content"] if kind == "file" else EDITS[step["edit"]](present, step["arguments"], {{}})
        changed = new != present and write(path, new, int(step.get("mode") or step.get("create"), 8))
    elif kind == "unit":
        if step["active"] is not None:
            run("systemctl", "start" if step["active"] else "stop", step["name"])
        if step["enabled"] is not None:
            run("systemctl", "enable" if step["enabled"] else "disable", step["name"])
    elif kind == "program":
        assert step["name"] == "pam-auth-update", step
        run("pam-auth-update", "--enable", *step["arguments"]["enable"])
    if changed:
        after += [("reload", name) for name in step["reload"]] + [("restart", name) for name in step["restart"]]
for verb, name in dict.fromkeys(after):
    run("systemctl", verb, "ssh" if name == "sshd" else name)
"""


@dataclass(frozen=True)
class Measured:
    """A real host, and what is declared for it."""

    lab: Lab
    host: Host

    def prepare(self) -> None:
        """Put the host's side of the collection onto the host."""
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w") as tar:
            tar.add(ROOT / "plugins/module_utils", arcname=CODE.lstrip("/") + "/host")
        podman("cp", "--archive=false", "-", f"{self.host.container}:/", stdin=buffer.getvalue())

    def case(self, **declared: Any) -> Case:
        """Read the host over SSH, as a run would."""
        state = json.loads(self._python(READ))
        return Case(Facts(state), policy(), registers(declared), TODAY)

    def judge(self, control: str, **declared: Any) -> Verdict:
        """Return the control's verdict on the host as it is now."""
        return JUDGES[control](self.case(**declared))

    def steps(self, control: str, **declared: Any) -> list[Step]:
        """Return the steps that the control's task file asks for now."""
        case = self.case(**declared)
        return [step for asked in asked_for(control) for step in staging.steps(case, control, asked, MEASURES)]

    def enforce(self, control: str, **declared: Any) -> list[Step]:
        """Carry the control's steps out, and return them."""
        steps = self.steps(control, **declared)
        self._python(CARRY_OUT, json.dumps(steps))
        return steps

    def _python(self, script: str, stdin: str = "") -> str:
        self.host.put("/opt/measured/script.py", script)
        command = [*self.lab.ssh_arguments(self.host), "sudo", "python3", "/opt/measured/script.py"]
        done = subprocess.run(command, input=stdin, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout


def asked_for(control: str) -> Iterator[list[Mapping[str, Any]]]:
    """Yield the measures of each task of a control's task file."""
    (path,) = Path(ROOT).glob(f"roles/*/tasks/{control}.yml")
    for task in yaml.safe_load(path.read_text(encoding="utf-8")):
        assert task["bulwark.msp.stage"]["control"] == control
        yield task["bulwark.msp.stage"]["measures"]
