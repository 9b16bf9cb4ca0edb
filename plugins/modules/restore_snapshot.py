#!/usr/bin/python
# Copyright: (c) 2026, the bulwark.msp authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: restore_snapshot
short_description: Try whether a backup comes back
version_added: 0.3.0
description:
  - Restores files of a snapshot of restic or borg to a new scratch folder, compares their content with the snapshot's
    hashes and, where the live file is unchanged since, with that, measures the time, and removes everything again.
  - Writes nowhere but in that folder, and takes no lock in the repository. The folder is removed too when the module is
    killed; what a power failure leaves, the next test removes.
  - Normally called by M(bulwark.msp.restore_test).
options:
  backup:
    description: What is restored from, an entry of C(bulwark_backups).
    type: dict
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
  snapshot:
    description: The snapshot's id (restic) or the archive's name (borg).
    type: str
    required: true
  paths:
    description: Absolute paths that are restored. Empty means everything that the snapshot holds.
    type: list
    elements: str
    default: []
  place:
    description:
      - The folder that the scratch folder is made in. It and all above it must be root's alone, no link may be on the
        way, and it may hold nothing else.
    type: str
    default: /var/lib/bulwark/restore
  seconds:
    description: Time that the test may take, in seconds.
    type: float
    default: 14400
extends_documentation_fragment:
  - bulwark.msp.attributes
  - bulwark.msp.attributes.linux
"""

EXAMPLES = r"""
- name: Try whether the database comes back
  bulwark.msp.restore_snapshot:
    backup:
      name: nightly
      tool: restic
      repository: rest:https://backup.example.org:8000/web/
      key_file: /etc/bulwark/backup/nightly.key
    snapshot: 0cb52799
    paths: [/srv/data]
  become: true
"""

RETURN = r"""
passed:
  description: Whether every file came back with the snapshot's content.
  returned: when it was tried
  type: bool
seconds:
  description: How long bringing the files back and checking them took.
  returned: when it was tried
  type: float
files:
  description: How many files came back as they were.
  returned: when it was tried
  type: int
bytes:
  description: Their size in bytes.
  returned: when it was tried
  type: int
verified:
  description: How many of them were seen to have the snapshot's content.
  returned: when it was tried
  type: int
live:
  description: How many of them are also equal to the live file.
  returned: when it was tried
  type: int
newer:
  description: How many live files were changed or removed since the snapshot, so that they can't be compared.
  returned: when it was tried
  type: int
defects:
  description: What is wrong, empty where nothing is.
  returned: when it was tried
  type: list
  elements: str
"""

import os

from ansible.module_utils.basic import AnsibleModule

from ..module_utils.restoring import restoring
from ..module_utils.restoring.backup_options import BACKUP
from ..module_utils.restoring.refused import Refused


def main() -> None:
    """Restore, compare, remove."""
    module = AnsibleModule(
        argument_spec={
            "backup": {"type": "dict", "required": True, "options": BACKUP},
            "snapshot": {"type": "str", "required": True},
            "paths": {"type": "list", "elements": "str", "default": []},
            "place": {"type": "str", "default": "/var/lib/bulwark/restore"},
            "seconds": {"type": "float", "default": 14400.0},
        },
        supports_check_mode=True,
    )
    given = module.params
    if module.check_mode:
        module.exit_json(changed=False)
    if os.geteuid() != 0:
        module.fail_json(msg="only root can give files back to their owners; a restore test needs escalation")
    try:
        result = restoring.test(
            given["backup"], given["snapshot"], given["paths"], given["place"], given["seconds"]
        )  # fmt: skip
    except Refused as refusal:
        module.fail_json(msg=str(refusal))
    module.exit_json(changed=False, **result)


if __name__ == "__main__":
    main()
