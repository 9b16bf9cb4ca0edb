#!/usr/bin/python
# Copyright: (c) 2026, the bulwark.msp authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: backup_check
short_description: Check that backup repositories are whole, and leave a dated result
version_added: 0.3.0
description:
  - Has restic and borg check the repositories of a host's backups, at idle priority and without a lock, and read a
    share of their data.
  - Leaves what they said in C(/var/lib/bulwark/deep/backups.json), readable by root only, and nothing else.
    M(bulwark.msp.linux_state_info) reads it back. What is known of other backups stays.
  - Normally called by M(bulwark.msp.posture) when C(bulwark_deep) is set.
options:
  backups:
    description: The backups whose repositories are checked, entries of C(bulwark_backups).
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: What it is called.
        type: str
        required: true
      tool:
        description: What it was made with.
        type: str
        required: true
        choices: [restic, borg]
      repository:
        description: Where it is kept.
        type: str
        required: true
      key_file:
        description: File with the passphrase.
        type: path
      environment:
        description: File with further settings of the tool, as C(NAME=value) lines. It must be writable by root alone.
        type: path
  percent:
    description: Share of the data that is read, in percent. Borg reads all of it.
    type: int
    default: 5
  place:
    description: Where the tools may keep what they must meanwhile, as for M(bulwark.msp.restore_snapshot).
    type: str
    default: /var/lib/bulwark/restore
  seconds:
    description: Time that all checks together may take, in seconds.
    type: float
    default: 600
extends_documentation_fragment:
  - bulwark.msp.attributes
  - bulwark.msp.attributes.linux
"""

EXAMPLES = r"""
- name: Read a twentieth of the repository
  bulwark.msp.backup_check:
    backups:
      - name: nightly
        tool: restic
        repository: rest:https://backup.example.org:8000/web/
        key_file: /etc/bulwark/backup/nightly.key
  become: true
"""

RETURN = r"""
path:
  description: The file that holds the result.
  returned: always
  type: str
  sample: /var/lib/bulwark/deep/backups.json
whole:
  description: By the backup's name, whether its repository is whole; null where that could not be told.
  returned: when they were checked
  type: dict
"""

import os
import time

from ansible.module_utils.basic import AnsibleModule

from ..module_utils.deep import checks, deep, keeping
from ..module_utils.door import Door, Unreadable
from ..module_utils.restoring.backup_options import BACKUP
from ..module_utils.restoring.checking import check


def main() -> None:
    """Check each repository and keep the result."""
    module = AnsibleModule(
        argument_spec={
            "backups": {"type": "list", "elements": "dict", "required": True, "options": BACKUP},
            "percent": {"type": "int", "default": 5},
            "place": {"type": "str", "default": "/var/lib/bulwark/restore"},
            "seconds": {"type": "float", "default": 600.0},
        },
        supports_check_mode=True,
    )
    given = module.params
    if module.check_mode:
        module.exit_json(changed=True, path=checks.PATH)
    if os.geteuid() != 0:
        module.fail_json(msg="only root may use the backups' keys; without escalation no repository is checked")
    deadline = time.monotonic() + given["seconds"]
    try:
        with keeping.folder() as folder:
            deep.idle(Door())
            made = {
                one["name"]: check(one, given["percent"], given["place"], max(1.0, deadline - time.monotonic()))
                for one in given["backups"]
            }
            keeping.keep(folder, checks.merged(Door(), made), checks.NAME)
    except (keeping.NotKept, Unreadable) as problem:
        module.fail_json(msg=str(problem))
    module.exit_json(changed=True, path=checks.PATH, whole={name: one["whole"] for name, one in made.items()})


if __name__ == "__main__":
    main()
