#!/usr/bin/python
# Copyright: (c) 2026, the bulwark.msp authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: deep_reading
short_description: Walk a Linux host's disks once and leave a dated result there
version_added: 0.1.0
description:
  - Walks the local file systems in one pass, at idle priority of processor and disks, and looks for setuid and setgid
    files, file capabilities, system files that everybody may write to, files and processes of uids that no account has,
    private keys and credentials, and sockets of forwarded agents.
  - Leaves what it found in C(/var/lib/bulwark/deep/result.json), readable by root only, and nothing else. What
    it found before is replaced. M(bulwark.msp.linux_state_info) reads it back, with file names masked that
    could hold a secret. The module itself returns numbers only.
  - Where the time is up, what it has found by then is kept, with where it ended.
  - Normally called by M(bulwark.msp.posture) when C(bulwark_deep) is set.
options:
  seconds:
    description: Time the walk may take, in seconds.
    type: float
    default: 600
extends_documentation_fragment:
  - bulwark.msp.attributes
  - bulwark.msp.attributes.linux
"""

EXAMPLES = r"""
- name: Walk the disks
  bulwark.msp.deep_reading:
    seconds: 900
  become: true
"""

RETURN = r"""
path:
  description: The file that holds the result.
  returned: always
  type: str
  sample: /var/lib/bulwark/deep/result.json
entries:
  description: How many files and folders were looked at.
  returned: when the host was walked
  type: int
  sample: 184213
complete:
  description: Whether everything was walked before the time was up.
  returned: when the host was walked
  type: bool
seconds:
  description: How long it took.
  returned: when the host was walked
  type: float
  sample: 41.3
idle:
  description: Whether the host granted idle priority, of C(processor) and of C(disks).
  returned: when the host was walked
  type: dict
"""

import os

from ansible.module_utils.basic import AnsibleModule

from ..module_utils.deep import deep, keeping
from ..module_utils.door import Door, Unreadable


def main() -> None:
    """Walk the disks and keep the result."""
    module = AnsibleModule(argument_spec={"seconds": {"type": "float", "default": 600.0}}, supports_check_mode=True)
    if module.check_mode:
        module.exit_json(changed=True, path=keeping.PATH)
    if os.geteuid() != 0:
        module.fail_json(msg="only root sees every file; without escalation no deep reading is made")
    try:
        with keeping.folder() as folder:
            result = deep.read(Door(), module.params["seconds"])
            keeping.keep(folder, result)
    except (keeping.NotKept, Unreadable) as problem:
        module.fail_json(msg=str(problem))
    module.exit_json(
        changed=True,
        path=keeping.PATH,
        complete=not result["unfinished"],
        **{name: result[name] for name in ("entries", "seconds", "idle")},
    )


if __name__ == "__main__":
    main()
