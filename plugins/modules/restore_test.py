#!/usr/bin/python
# Copyright: (c) 2026, the bulwark.msp authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: restore_test
short_description: Prove that a host's backups come back
version_added: 0.3.0
description:
  - Restores what C(bulwark_backups) declares as C(sample), or with C(bulwark_restore_full) everything, from the newest
    snapshot that is not abnormal, to a scratch folder on the host, compares it, and removes it again; see
    M(bulwark.msp.restore_snapshot).
  - Notes each test in the record C(ev-restore-test.yml) of the customer's C(bulwark_evidence_dir), with its time, the
    snapshot, the run that proves it and who made it (C(bulwark_restore_tester)).
  - Needs M(bulwark.msp.posture) with C(keep) before it in the same run.
  - Fails where a test failed or could not be made, after all tests of the host were tried and noted.
options:
  run:
    description: The run, as M(bulwark.msp.begin) returned it.
    type: dict
    required: true
extends_documentation_fragment:
  - bulwark.msp.attributes
  - bulwark.msp.attributes.action
"""

EXAMPLES = r"""
- name: Restore from the backups
  bulwark.msp.restore_test:
    run: "{{ bulwark_run }}"
"""

RETURN = r"""
planned:
  description: What is tested of which snapshot, or why it can't be; one line a backup.
  returned: always
  type: list
  elements: str
passed:
  description: The tests that passed, each with its time.
  returned: outside of check mode, where anything is declared
  type: list
  elements: str
wrong:
  description: The tests that failed or could not be made, each with the reason.
  returned: outside of check mode, where anything is declared
  type: list
  elements: str
"""
