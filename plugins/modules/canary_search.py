#!/usr/bin/python
# Copyright: (c) 2026, the bulwark.msp authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: canary_search
short_description: Look for marked lines in a collector's store
version_added: 0.4.0
description:
  - Looks in the files of a store for lines that M(bulwark.msp.canary_line) had hosts write, until all are there or the
    time is over. It reads only what was written since, the newest files first.
  - Says for each host when its line was received, how far back the store goes, when its newest other line came and the
    newest that tells of a second factor. The lines themselves never leave the collector.
  - Reads only. In the playbook C(bulwark.msp.canary) it is delegated to the collector, and escalates only where the
    account that logs in can't read the store.
options:
  search:
    description: What to look for, an element of what M(bulwark.msp.canary_gather) returned. The action needs it.
    type: dict
  store:
    description: The folder with what the collector received.
    type: path
  senders:
    description: The hosts whose lines are looked for.
    type: list
    elements: dict
    default: []
    suboptions:
      host:
        description: Its name in the answer.
        type: str
        required: true
      token:
        description: What marks its line.
        type: str
        required: true
      names:
        description: Names that its folder may bear.
        type: list
        elements: str
        default: []
      back:
        description: How many seconds back second factors matter.
        type: float
        default: 604800
  ago:
    description: How many seconds ago the first line was written.
    type: float
    default: 0
  seconds:
    description: Time that the lines are waited for, in seconds.
    type: float
    default: 60
extends_documentation_fragment:
  - bulwark.msp.attributes
  - bulwark.msp.attributes.linux
"""

EXAMPLES = r"""
- name: Look for the lines at each collector
  bulwark.msp.canary_search:
    search: "{{ item }}"
  delegate_to: "{{ item.collector }}"
  loop: "{{ bulwark_searches.searches[inventory_hostname] | default([]) }}"
"""

RETURN = r"""
now:
  description: The collector's clock at the end, in seconds since 1970.
  returned: when the store could be read
  type: float
senders:
  description:
    - By host C(received), C(seen), C(oldest), C(newest) and C(factors), in seconds since 1970 by the collector's clock
      or null, and C(cut), whether looking for factors ended before it was through.
  returned: when the store could be read
  type: dict
denied:
  description: Whether the account may not read the store.
  returned: when the store could not be read
  type: bool
answer:
  description: What the action learned, by the controller's clock.
  returned: by the action
  type: dict
"""

import time
from collections.abc import Mapping
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ..module_utils.canary.store import Found, Store
from ..module_utils.door import Door, Unreadable

#: Seconds between two looks; and how much longer ago lines may have come than the controller knew when it began to
#: call, which can take a while. It bounds what is read: that a line is ours shows by its token.
EVERY = 1.0
SLACK = 600.0
SENDER = {
    "host": {"type": "str", "required": True},
    "token": {"type": "str", "required": True, "no_log": True},
    "names": {"type": "list", "elements": "str", "default": []},
    "back": {"type": "float", "default": 604800.0},
}


def main() -> None:
    """Look until all is found or the time is over, then say what is held of each sender."""
    module = AnsibleModule(
        argument_spec={
            "search": {"type": "dict"},
            "store": {"type": "path"},
            "senders": {"type": "list", "elements": "dict", "default": [], "options": SENDER},
            "ago": {"type": "float", "default": 0.0},
            "seconds": {"type": "float", "default": 60.0},
        },
        supports_check_mode=True,
    )
    given = module.params
    try:
        module.exit_json(changed=False, **_search(given))
    except Unreadable as problem:
        module.fail_json(msg=str(problem), denied="permission denied" in str(problem))


def _search(given: Mapping[str, Any]) -> dict[str, Any]:
    began = time.time()
    store = Store(Door(), given["store"] or "", began - given["ago"] - SLACK)
    missing = {sender["token"] for sender in given["senders"]}
    found: dict[str, Found] = {}
    seen: dict[str, float] = {}
    while True:
        for token, where in store.look(missing).items():
            found[token], seen[token] = where, time.time()
        missing -= found.keys()
        if not missing or time.time() - began >= given["seconds"]:
            break
        time.sleep(EVERY)
    now = time.time()
    return {"now": now, "senders": {one["host"]: _told(store, one, found, seen) for one in given["senders"]}}


def _told(
    store: Store, sender: Mapping[str, Any], found: Mapping[str, Found], seen: Mapping[str, float]
) -> dict[str, Any]:  # fmt: skip
    where = found.get(sender["token"])
    held = store.holdings(sender["names"], where, sender["back"])
    return {
        "received": where.received if where else None,
        "seen": seen.get(sender["token"]),
        "oldest": held.oldest,
        "newest": held.newest,
        "factors": held.factors,
        "cut": held.cut,
    }


if __name__ == "__main__":
    main()
