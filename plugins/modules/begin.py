#!/usr/bin/python
# Copyright: (c) 2026, the bulwark.msp authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: begin
short_description: Check what is declared and begin a run
version_added: 0.1.0
description:
  - Checks the C(bulwark_) variables of every host of the play, all of them before the first connection is made, and
    reports every problem at once by host, variable, key and value.
  - Refuses a run that would change hosts (V(harden), V(restore)) where it targets hosts of more than one customer or
    more than C(bulwark_max_hosts), and outside C(bulwark_windows) unless in check mode.
  - Checks the signatures of the files in C(bulwark_signed_files) and notes which entries of registers stand in them.
  - Makes the run's folder below C(bulwark_report_dir) and writes C(run.json) with the targeted hosts, the controls and
    the policy in force.
  - For V(canary) it only checks, since nothing is judged, and returns C(history) in place of what tells of a run.
  - Runs once a play, on the controller; see C(playbooks/audit.yml).
options:
  playbook:
    description: Name of the playbook, to be shown in the results.
    type: str
extends_documentation_fragment:
  - bulwark.msp.attributes
  - bulwark.msp.attributes.action
"""

EXAMPLES = r"""
- name: Check what is declared and begin the run
  bulwark.msp.begin:
    playbook: audit
  run_once: true
  register: bulwark_run
"""

RETURN = r"""
run:
  description: Id of the run.
  returned: where a run was begun
  type: str
  sample: "20261122T020000Z-1a2b3c"
run_dir:
  description: Absolute path of the run's folder.
  returned: where a run was begun
  type: str
  sample: "/srv/reports/20261122T020000Z-1a2b3c"
sequence:
  description: Number of the run in its results directory.
  returned: where a run was begun
  type: int
  sample: 17
history:
  description: Absolute path of the folder with the earlier runs.
  returned: where none was begun
  type: str
  sample: "/srv/reports"
date:
  description: The day that all ages of this run are counted from.
  returned: always
  type: str
  sample: "2026-11-22"
hosts:
  description: How many hosts are targeted.
  returned: always
  type: int
  sample: 31
unjudged:
  description: Hosts of a platform that no judge exists for yet.
  returned: always
  type: list
  elements: str
  sample: [acme-dc1]
"""
