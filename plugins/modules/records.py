#!/usr/bin/python
# Copyright: (c) 2026, the bulwark.msp authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: records
short_description: Draft the records that a customer lacks, and say what falls due
version_added: 0.4.0
description:
  - Writes a draft of each record that is missing in the C(bulwark_evidence_dir) of each customer of the play, with the
    meaning of every field and an example. Audits take a draft for no record until a person fills it in.
  - Says which records and waivers are overdue or fall due within 7, 14 and 30 days.
  - Makes a draft of a CSV, such as a matrix of who is responsible for what. A cell that can't be right is named by its
    row and column, and nothing is written then.
  - Connects to no host. Writes nothing over.
options:
  source:
    description: The CSV to import, on the controller. The play must be of one customer then.
    type: path
  kind:
    description: The kind of record that it holds.
    type: str
    default: ev-raci
extends_documentation_fragment:
  - bulwark.msp.attributes
  - bulwark.msp.attributes.action
"""

EXAMPLES = r"""
- name: Write what is missing as drafts
  bulwark.msp.records:
  run_once: true

- name: Take over who is responsible for what
  bulwark.msp.records:
    source: raci.csv
    kind: ev-raci
  run_once: true
"""

RETURN = r"""
customers:
  description: By customer the folder of its records, the files that were written, the kinds that are drafts, the files
    that can't be used, and what falls due by notice.
  returned: success
  type: dict
  sample:
    acme:
      folder: /var/lib/bulwark/records/acme
      written: ["/var/lib/bulwark/records/acme/ev-raci.yml"]
      drafts: ["ev-raci"]
      problems: []
      due:
        overdue: []
        7 days: ["ev-contract (until 2026-11-30): The contract is in force today."]
        14 days: []
        30 days: []
"""
