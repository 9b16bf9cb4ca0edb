# SPDX-License-Identifier: GPL-3.0-or-later
"""The installed artefact audits one lab host from each supported ansible-core, and each finds the same.

The oldest and the middle one run in environments of this machine's Python. The newest needs a newer Python: it runs in
a bare Debian 13, and from there reaches the same host.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.bare.machine import CHECKOUT, bare_image, run_as_root
from tests.lab.engine import ADDRESS, Lab
from tests.lab.needed import NEEDS_CONTAINERS

VERSIONS = ("2.17", "2.19")
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "bulwark"
AUDIT = "ansible-playbook bulwark.msp.audit -i hosts.yml -e bulwark_report_dir="

pytestmark = NEEDS_CONTAINERS


@pytest.fixture(scope="module")
def workspace(installed: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A directory with the installed artefact and an inventory of one running lab host."""
    directory = tmp_path_factory.mktemp("workspace")
    shutil.copytree(installed, directory / "collections")
    lab = Lab("core-versions", directory / "lab")
    host = lab.start("managed", "bookworm")
    try:
        lab.wait_ssh([host])
        lab.write_known_hosts([host])
        reached = {
            "ansible_host": ADDRESS,
            "ansible_port": host.port,
            "ansible_user": "ansible",
            "ansible_ssh_private_key_file": "{{ inventory_dir }}/lab/id_ed25519",
            "ansible_ssh_common_args": "-o UserKnownHostsFile={{ inventory_dir }}/lab/known_hosts",
        }
        (directory / "hosts.yml").write_text(yaml.safe_dump({"all": {"hosts": {host.name: reached}}}), "utf-8")
        yield directory
    finally:
        lab.stop([host])


def newest(version: str) -> Path:
    """The `bin` directory of an environment with the newest release of an ansible-core version, kept between runs."""
    environment = CACHE / f"core-{version}-python{sys.version_info.major}.{sys.version_info.minor}"
    subprocess.run([sys.executable, "-m", "venv", environment], check=True)
    binaries = environment / "bin"
    subprocess.run([binaries / "pip", "install", "-q", "--upgrade", f"ansible-core=={version}.*"], check=True)
    return binaries


def verdicts(reports: Path) -> dict[str, str]:
    (result,) = (reports / "latest" / "hosts").glob("*/*.json")
    return {found["control"]: found["status"] for found in json.loads(result.read_text("utf-8"))["findings"]}


def test_each_core_version_finds_the_same(workspace: Path, tmp_path: Path) -> None:
    for version in VERSIONS:
        environment = {
            **os.environ,
            "ANSIBLE_COLLECTIONS_PATH": "collections",
            "PATH": f"{newest(version)}:{os.environ['PATH']}",
        }
        subprocess.run(f"{AUDIT}reports-{version}", shell=True, cwd=workspace, env=environment, check=True)

    in_container = (
        "apt-get update && apt-get install -y python3-venv openssh-client && python3 -m venv /opt/venv"
        " && /opt/venv/bin/pip install ansible-core"
        f" && ANSIBLE_COLLECTIONS_PATH={CHECKOUT}/collections /opt/venv/bin/{AUDIT}reports-newest"
    )
    done = run_as_root(bare_image("trixie", tmp_path), workspace, in_container)
    assert done.returncode == 0, done.stdout.decode()[-4000:] + done.stderr.decode()[-4000:]

    found = [verdicts(workspace / f"reports-{name}") for name in (*VERSIONS, "newest")]
    assert found[0]
    assert found[0] == found[1] == found[2]
