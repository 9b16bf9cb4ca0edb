#!/usr/bin/python
# Copyright: (c) 2026, the bulwark.msp authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: restore
short_description: Put a host back to before a run
version_added: 0.2.0
description:
  - Brings back every file, mode, owner, unit state and package as it was before the run that C(bulwark_restore_run)
    names (V(newest), V(first) or a run's id), under the same safeguard as M(bulwark.msp.safeguard).
  - Refuses, with the list, where somebody else changed a file since, unless C(bulwark_restore_force) is set.
  - With C(bulwark_forget) the host goes back to before the first run, and every trace of this collection is removed.
options:
  run:
    description: The run, as M(bulwark.msp.begin) returned it.
    type: dict
    required: true
extends_documentation_fragment:
  - bulwark.msp.attributes
  - bulwark.msp.attributes.action
attributes:
  diff_mode:
    support: full
"""

EXAMPLES = r"""
- name: Put everything back to before the run
  bulwark.msp.restore:
    run: "{{ bulwark_run }}"
"""

RETURN = r"""
outcome:
  description: What became of it, one of would_change, unchanged, confirmed, reverted, refused and failed.
  returned: always
  type: str
  sample: confirmed
reason:
  description: Why it is not what was asked for. Empty otherwise.
  returned: always
  type: str
restored:
  description: The files, units and packages that are as they were.
  returned: always
  type: list
  elements: str
kept_out:
  description: Whom the restore does not give back, as a list of C(account) and C(why). Each is a warning, too.
  returned: always
  type: list
  elements: dict
after_reboot:
  description: What only the next start of the host takes back, such as audit rules that V(-e 2) locked. Each is a
    warning, too.
  returned: always
  type: list
  elements: str
seconds:
  description: How long it took.
  returned: always
  type: float
"""
