#!/usr/bin/python
# Copyright: (c) 2026, the bulwark.msp authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: report
short_description: Complete a run and render its pages
version_added: 0.1.0
description:
  - In a run that changes hosts ring by ring, it completes nothing while hosts are still to come and none failed, and
    returns C(later). Where it stops before all were reached, those that were not are named and get no result.
  - Completes the run. Hosts that left no result get one, the manifest seals the files, C(latest) moves, old runs are
    pruned.
  - Compares the run with the earlier ones in C(bulwark_history_dir), and signs the manifest with C(bulwark_sign_key).
  - Writes C(report.html), C(report.md), C(morning.md) and C(delta.json), and each customer's own, and shows a summary;
    under AWX counts only.
  - Warns of waivers that end within 7, 14 and 30 days; under AWX of their number.
  - With C(bulwark_draft_waivers) it drafts waivers of what fails at the play's one customer to that file, each to be
    completed by a person, and writes over none.
  - Writes C(outcomes-recommendations.csv), C(outcomes-statements.csv) and C(outcomes-essential-eight.csv), of all
    customers and of each.
  - Merges the runs that C(bulwark_merge) names into one first. What can't belong together is refused by name.
  - With C(bulwark_verify) it renders nothing and checks the chain of evidence instead.
  - Fails, after everything is written, where C(bulwark_fail_on), C(bulwark_fail_on_new) or
    C(bulwark_fail_on_unreachable) ask for it, with one line for each reason.
options:
  run_dir:
    description: Folder of the run to complete.
    type: path
  run:
    description: Id of a run in C(bulwark_report_dir) to render anew, or V(latest).
    type: str
extends_documentation_fragment:
  - bulwark.msp.attributes
  - bulwark.msp.attributes.action
"""

EXAMPLES = r"""
- name: Complete the run
  bulwark.msp.report:
    run_dir: "{{ bulwark_run.run_dir }}"
  run_once: true

- name: Check that the results are as they were sealed
  bulwark.msp.report:
  vars:
    bulwark_verify: true
    bulwark_allowed_signers: /etc/bulwark/allowed_signers
  run_once: true
"""

RETURN = r"""
run:
  description: Id of the run.
  returned: when rendering
  type: str
  sample: "20261122T020000Z-1a2b3c"
run_dir:
  description: Absolute path of the run's folder.
  returned: when rendering
  type: str
later:
  description: How many hosts of later rings the run goes on to; nothing was rendered yet.
  returned: in a run that changes hosts, after each ring but the last
  type: int
  sample: 9
status:
  description: Number of findings for each status.
  returned: when rendering
  type: dict
failing:
  description: Number of failing findings for each effective severity.
  returned: when rendering
  type: dict
waivers:
  description: The file with the drafts of waivers, empty where nothing fails that one could accept.
  returned: when C(bulwark_draft_waivers) is set
  type: str
  sample: /home/kim/waivers.yml
faults:
  description: What doesn't match its seal, the oldest run first.
  returned: when verifying
  type: list
  elements: str
"""
