#!/usr/bin/python
# Copyright: (c) 2026, the bulwark.msp authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: canary_note
short_description: Keep and tell when the canary's lines came
version_added: 0.4.0
description:
  - Notes for each host and collector when the line of M(bulwark.msp.canary_line) was found there, how far back the
    store goes for the host, and when its newest other line and its newest line of a second factor came.
  - The record is one file for each customer, C(canary/<customer>.json) in C(bulwark_history_dir) or
    C(bulwark_report_dir), which audits go by. Hosts that were not in the play keep what is known of them.
  - Shows it as a table; under AWX, where many can read a job's log, as counts.
  - Fails where a line did not come or could not be looked for, after everything was noted.
options:
  run:
    description: What M(bulwark.msp.begin) returned.
    type: dict
    required: true
extends_documentation_fragment:
  - bulwark.msp.attributes
  - bulwark.msp.attributes.action
"""

EXAMPLES = r"""
- name: Keep and tell what was found
  bulwark.msp.canary_note:
    run: "{{ bulwark_run }}"
  run_once: true
"""

RETURN = r"""
found:
  description: How many lines were found.
  returned: where all were
  type: int
  sample: 31
"""
