# SPDX-License-Identifier: GPL-3.0-or-later
"""Molecule's hosts: `python -m tests.lab.molecule SCENARIO create '[{"name": ..., "suite": ...}]'`, or `destroy`.

`create` prints Molecule's instance configuration (JSON, which is YAML to it). Each scenario has a lab of its own, for
several run side by side.
"""

from __future__ import annotations

import json
import sys

from .engine import ADDRESS, Lab, each


def main(arguments: list[str]) -> None:
    """Create or destroy."""
    scenario, command, *platforms = arguments
    lab = Lab(f"molecule-{scenario}")
    if command == "destroy":
        lab.stop()
        return
    hosts = each(lambda platform: lab.start(platform["name"], platform["suite"]), json.loads(platforms[0]))
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
