# SPDX-License-Identifier: GPL-3.0-or-later
"""Molecule's hosts: `python -m tests.lab.molecule create '[{"name": ..., "suite": ...}]'`, or `destroy`.

`create` prints Molecule's instance configuration (JSON, which is YAML to it).
"""

from __future__ import annotations

import json
import sys

from .engine import ADDRESS, Lab


def main(arguments: list[str]) -> None:
    """Create or destroy."""
    lab = Lab("molecule")
    if arguments == ["destroy"]:
        lab.stop()
        return
    hosts = [lab.start(platform["name"], platform["suite"]) for platform in json.loads(arguments[1])]
    lab.write_known_hosts(hosts)
    lab.wait_ssh(hosts)
    instances = [
        {
            "instance": host.name,
            "address": ADDRESS,
            "user": "ansible",
            "port": host.port,
            "identity_file": str(lab.key),
        }
        for host in hosts
    ]
    sys.stdout.write(json.dumps(instances))


if __name__ == "__main__":
    main(sys.argv[1:])
