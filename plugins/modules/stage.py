#!/usr/bin/python
# Copyright: (c) 2026, the bulwark.msp authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: stage
short_description: Add what mends a control to the plan of a host
version_added: 0.2.0
description:
  - Works out, from the state that M(bulwark.msp.posture) read, which changes the host still needs so that a control
    passes, and adds them to the host's plan. Touches no host; M(bulwark.msp.safeguard) carries the plan out as a whole.
  - Only tightens. What is stricter already stays.
  - A control that can't be enforced without somebody's word, such as a register that nobody declared, is left as it is,
    with the reason.
options:
  control:
    description: Id of the control.
    type: str
    required: true
  measures:
    description:
      - What is wanted, as a list of one measure each, by name. A value that begins with C(bulwark_) is the name of the
        policy variable whose value in force is taken.
    type: list
    elements: dict
    required: true
extends_documentation_fragment:
  - bulwark.msp.attributes
  - bulwark.msp.attributes.action
"""

EXAMPLES = r"""
- name: lin-lm-ssh-verbose | Log which key opened a session
  bulwark.msp.stage:
    control: lin-lm-ssh-verbose
    measures:
      - sshd:
          LogLevel: VERBOSE
"""

RETURN = r"""
steps:
  description: Number of changes that were added to the plan.
  returned: always
  type: int
left:
  description: Why the control is left as it is.
  returned: when it is
  type: str
"""
