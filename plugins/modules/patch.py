#!/usr/bin/python
# Copyright: (c) 2026, the bulwark.msp authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: patch
short_description: Look after a Linux host that is patched, before and after
version_added: 0.3.0
description:
  - Keeps the versions of all packages and what runs before a host is patched, collects what shows an intruder, and says
    afterwards what is not as well as it was, what has other versions, and whether the former ones can still be had.
  - Upgrades nothing itself. The action of the same name, as which it is normally called, decides from what
    M(bulwark.msp.posture) read which packages are upgraded, has M(ansible.builtin.apt) or M(ansible.builtin.dnf) do it,
    logs in afresh and, where it may, starts the host anew. As an action it only takes O(run), as M(bulwark.msp.begin)
    returned it.
options:
  run:
    description: The run; for the module itself its name.
    type: raw
    required: true
  operation:
    description:
      - V(look) says which of O(checks) fail and keeps how the host is in V(/var/lib/bulwark/patch).
      - V(collect) writes processes, sockets, logons, the end of the log, changed files and what package verification
        finds into a file for root only in V(/var/lib/bulwark/triage). Nothing of it leaves the host.
      - V(compare) waits until the host has come to rest and compares it with how it was kept for O(run).
    type: str
    choices: [look, collect, compare]
    default: look
  checks:
    description: What has to be well, each one of C(unit), C(port) and C(url).
    type: list
    elements: dict
    default: []
    suboptions:
      unit:
        description: A unit of systemd that has to be active.
        type: str
      port:
        description: A port on which something has to listen and, where it is TCP, to accept connections.
        type: int
      url:
        description: An address of the host itself that has to answer with a status below 400.
        type: str
  flaws:
    description: The flaws because of which V(collect) of O(operation) is done, noted with the collection.
    type: list
    elements: str
    default: []
  seconds:
    description: Seconds within which V(compare) of O(operation) lets the host come to rest.
    type: float
    default: 60
extends_documentation_fragment:
  - bulwark.msp.attributes
  - bulwark.msp.attributes.linux
"""

EXAMPLES = r"""
- name: Upgrade what bulwark_patch_scope asks for, and see whether the host is well
  bulwark.msp.patch:
    run: "{{ bulwark_run }}"
  register: bulwark_enforced
"""

RETURN = r"""
wrong:
  description: What is not well, in words.
  returned: O(operation=look) or O(operation=compare)
  type: list
  elements: str
packages:
  description: The version of each package.
  returned: O(operation=look)
  type: dict
kept:
  description: Where the host keeps how it was.
  returned: O(operation=look)
  type: str
path:
  description: Where the collection lies on the host, with RV(bytes) and RV(sha256) beside it.
  returned: O(operation=collect)
  type: str
bytes:
  description: Its size.
  returned: O(operation=collect)
  type: int
sha256:
  description: Its hash.
  returned: O(operation=collect)
  type: str
missing:
  description: What could not be collected, and why.
  returned: O(operation=collect)
  type: dict
differ:
  description: Packages by their version before and now, null where there was or is none.
  returned: O(operation=compare)
  type: dict
offered:
  description: Whether each version before can still be had. Null where that can't be told.
  returned: O(operation=compare)
  type: dict
reboot:
  description: Why the host should be started anew.
  returned: O(operation=compare)
  type: list
  elements: str
outcome:
  description: What became of the host as a whole, one of would_change, unchanged, confirmed, refused and failed.
  returned: by the action
  type: str
"""

import os

from ansible.module_utils.basic import AnsibleModule

from ..module_utils.door import Door, Unreadable
from ..module_utils.patching import keeping, operations


def main() -> None:
    """Do the operation and return its answer."""
    module = AnsibleModule(
        argument_spec={
            "run": {"type": "raw", "required": True},
            "operation": {"type": "str", "choices": list(operations.OPERATIONS), "default": "look"},
            "checks": {
                "type": "list",
                "elements": "dict",
                "default": [],
                "options": {"unit": {"type": "str"}, "port": {"type": "int"}, "url": {"type": "str"}},
            },
            "flaws": {"type": "list", "elements": "str", "default": []},
            "seconds": {"type": "float", "default": 60.0},
        },
        supports_check_mode=True,
    )
    given = module.params
    if os.geteuid() != 0:
        module.fail_json(msg="this needs root; run it with become")
    if not keeping.NAME.fullmatch(str(given["run"])):
        module.fail_json(msg="run: that is no run's name")
    asked = operations.Asked(given["run"], given["checks"], given["flaws"], given["seconds"], module.check_mode)
    try:
        module.exit_json(**operations.OPERATIONS[given["operation"]](Door(), asked))
    except (keeping.NotKept, Unreadable) as problem:
        module.fail_json(msg=str(problem))


if __name__ == "__main__":
    main()
