#!/usr/bin/python
# Copyright: (c) 2026, the bulwark.msp authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: onboard
short_description: Draft an inventory and registers of what was found on hosts
version_added: 0.3.0
description:
  - Writes one folder for each customer of the run below C(bulwark_draft_dir), with an inventory and the accounts, their
    keys, the listeners and the networks that M(bulwark.msp.posture) has just read.
  - Every entry has C(status=proposed) and makes no control pass, since a baseline taken on a compromised host blesses
    the intruder. A person approves it by an edit that says who and when.
  - Connects to no host. Writes nothing over.
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
- name: Write what was found as proposals
  bulwark.msp.onboard:
    run: "{{ bulwark_run }}"
  run_once: true
"""

RETURN = r"""
drafts:
  description: The folders, one for each customer.
  returned: success
  type: list
  elements: str
  sample: ["/home/kim/drafts/acme/20261122T020000Z-1a2b3c"]
"""
