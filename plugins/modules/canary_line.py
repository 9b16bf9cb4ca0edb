#!/usr/bin/python
# Copyright: (c) 2026, the bulwark.msp authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: canary_line
short_description: Have a host log one marked line
version_added: 0.4.0
description:
  - Logs one line with the tag C(bulwark-canary) and a token that nobody guesses, where logons are logged too
    (C(auth.notice)). It changes nothing else, and says nothing of the host or of anybody who uses it.
  - Says when the host itself last logged a second factor, so that what a collector has can be held against it. Only
    root sees that.
  - In the playbook C(bulwark.msp.canary) it takes a run, makes the token and says where the line should arrive. Where
    C(bulwark_collectors) names nothing for the host, it writes nothing.
options:
  run:
    description: What M(bulwark.msp.begin) returned. The action needs it, and makes everything else.
    type: dict
  token:
    description: What marks the line, 32 hexadecimal digits.
    type: str
  days:
    description: How many days back a second factor matters.
    type: int
    default: 7
extends_documentation_fragment:
  - bulwark.msp.attributes
  - bulwark.msp.attributes.linux
"""

EXAMPLES = r"""
- name: Write a marked line
  bulwark.msp.canary_line:
    run: "{{ bulwark_run }}"
  register: bulwark_canary
"""

RETURN = r"""
line:
  description:
    - What was written, and where it should arrive, for M(bulwark.msp.canary_gather). C(why) says why nothing was
      written, and is empty where something was.
  returned: by the action
  type: dict
names:
  description: What the host calls itself.
  returned: by the module
  type: list
  elements: str
factors:
  description: When the host last logged a second factor, in seconds since 1970, null where its log tells of none.
  returned: by the module
  type: int
"""

import os

from ansible.module_utils.basic import AnsibleModule

from ..module_utils.auth_log import factors
from ..module_utils.canary import mark
from ..module_utils.door import Door, Unreadable


def main() -> None:
    """Look back for a second factor, then write the line."""
    module = AnsibleModule(
        argument_spec={
            "run": {"type": "dict"},
            "token": {"type": "str", "no_log": True},
            "days": {"type": "int", "default": 7},
        },
        supports_check_mode=True,
    )
    token = module.params["token"] or ""
    if not mark.TOKEN.fullmatch(token):
        module.fail_json(msg="token must be 32 hexadecimal digits")
    if module.check_mode:
        module.exit_json(changed=True)
    door = Door()
    last = factors.last(door, module.params["days"])
    try:
        mark.write(door, token)
    except Unreadable as problem:
        module.fail_json(msg=str(problem))
    module.exit_json(changed=True, names=[os.uname().nodename], factors=last)


if __name__ == "__main__":
    main()
