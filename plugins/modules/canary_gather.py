#!/usr/bin/python
# Copyright: (c) 2026, the bulwark.msp authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: canary_gather
short_description: Put together which collector is asked for which hosts' lines
version_added: 0.4.0
description:
  - Puts the lines that M(bulwark.msp.canary_line) had hosts of the play write together by collector, so that each
    collector is asked once, whatever the number of hosts. A customer's collector is asked for that customer's lines.
  - Connects to no host. In check mode, where nothing is written, there is nothing to ask for.
extends_documentation_fragment:
  - bulwark.msp.attributes
  - bulwark.msp.attributes.action
"""

EXAMPLES = r"""
- name: Gather what each collector is asked for
  bulwark.msp.canary_gather:
  run_once: true
  register: bulwark_searches
"""

RETURN = r"""
searches:
  description:
    - What is asked for, by the host of the play whose task does it, for M(bulwark.msp.canary_search). C(collector) is
      the inventory name of the collector.
  returned: always
  type: dict
"""
