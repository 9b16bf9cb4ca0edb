#!/usr/bin/python
# Copyright: (c) 2026, the bulwark.msp authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: posture
short_description: Read a host once, judge it, write its result
version_added: 0.1.0
description:
  - Runs M(bulwark.msp.linux_state_info) on the host, judges the state on the controller and writes
    C(hosts/<customer>/<host>.json) in the run's folder.
  - A host that can't be reached or read doesn't fail the task. Its result says C(unknown) with the reason for every
    control, and M(bulwark.msp.report) ends the run accordingly.
  - With C(bulwark_state_dir) set, a recorded state is judged and nothing is connected to.
options:
  run:
    description: The run, as M(bulwark.msp.begin) returned it.
    type: dict
    required: true
  enforce:
    description:
      - Whether the host's failing controls are to be enforced in this run. What was read is then kept for
        M(bulwark.msp.stage) until the run ends, and RV(failing) and RV(left) are returned.
    type: bool
    default: false
  keep:
    description:
      - Whether what was read is kept for M(bulwark.msp.onboard) until the run ends.
    type: bool
    default: false
  deep:
    description:
      - Whether the host first walks its disks (M(bulwark.msp.deep_reading)), where C(bulwark_deep) asks for it. It is
        not done in check mode. The host then keeps the dated result, and the task is told as changed.
    type: bool
    default: false
extends_documentation_fragment:
  - bulwark.msp.attributes
  - bulwark.msp.attributes.action
"""

EXAMPLES = r"""
- name: Read and judge the host
  bulwark.msp.posture:
    run: "{{ bulwark_run }}"
"""

RETURN = r"""
run:
  description: Id of the run.
  returned: always
  type: str
  sample: "20261122T020000Z-1a2b3c"
platform:
  description: System, family and version of the host.
  returned: always
  type: dict
counts:
  description: Number of findings for each status.
  returned: always
  type: dict
unread:
  description: Why the host, or what needs root on it, could not be read.
  returned: always
  type: list
  elements: str
  sample: []
failing:
  description: The failing controls that enforcement may change, by section.
  returned: when O(enforce) is true
  type: dict
  sample: {"logging": ["lin-lm-ssh-verbose"]}
left:
  description: Why each of the other failing controls is left as it is.
  returned: when O(enforce) is true
  type: dict
before:
  description: The status of each control.
  returned: when O(enforce) is true
  type: dict
"""
