#!/usr/bin/python
# Copyright: (c) 2026, the bulwark.msp authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: linux_state_info
short_description: Read the security-relevant state of a Linux host
version_added: 0.1.0
description:
  - Reads facts in one go, such as the effective configuration of the SSH server, the resolved PAM stacks, accounts
    without their hashes, authorized keys by fingerprint, listeners and firewall rules.
  - Judges nothing and changes nothing. A fact that can't be read is an entry in RV(state.errors), never a guess.
  - Normally called by M(bulwark.msp.posture), which judges the result on the controller.
options:
  areas:
    description: Areas to read. All of them when empty.
    type: list
    elements: str
    default: []
  subjects:
    description: Accounts for which the effective SSH configuration is asked, each with the addresses it may come from.
    type: list
    elements: dict
    default: []
    suboptions:
      user:
        description: Name of the account.
        type: str
        required: true
      addresses:
        description: Addresses from which it may log in, one of each network.
        type: list
        elements: str
        default: []
  marks:
    description:
      - Glob patterns to look for in texts that stay on the host, such as the comments of SSH keys. Only which of them
        match is returned.
    type: list
    elements: str
    default: []
  fingerprint_key:
    description:
      - Key with which the password hashes of local accounts are fingerprinted, so that equal ones show up between
        hosts. The hashes themselves are never returned. Nothing is fingerprinted when empty.
    type: str
    default: ""
  places:
    description:
      - Glob patterns of paths that the policy names. Paths of the deep reading (M(bulwark.msp.deep_reading)) are
        returned with the patterns that match them, and masked where their names could hold a secret.
    type: list
    elements: str
    default: []
  log_hours:
    description: How far back the logs of logons are read, in hours.
    type: dict
    default: {}
    suboptions:
      failures:
        description: Failed logons.
        type: int
        default: 0
      changes:
        description: Failed logons of accounts whose password was changed.
        type: int
        default: 0
      sessions:
        description: Logons of the accounts in O(subjects).
        type: int
        default: 0
  backups:
    description: The host's backups as they are declared. Their tools are asked for the snapshots there are.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: By what the facts name it.
        type: str
        required: true
      tool:
        description: Who makes it. V(command) stands for any that has a program to list its snapshots.
        type: str
        choices: [restic, borg, command]
        required: true
      repository:
        description: Where it lies, as the tool names it, without a password.
        type: str
        required: true
      key_file:
        description: File with the passphrase. The tool reads it, the reader does not.
        type: str
      environment:
        description: File with variables that the tool needs, such as the server's password.
        type: str
      user:
        description: The account that runs it.
        type: str
        default: root
      unit:
        description: The service that runs it.
        type: str
      command:
        description: With O(backups[].tool=command), the program that lists the snapshots, owned by root.
        type: str
      scope:
        description: What it saves. Snapshots that have nothing of it are another backup's.
        type: list
        elements: str
        required: true
  scan_reports:
    description: Reports of trivy or grype in JSON on the host, owned by root. Flaws that have a fix are returned.
    type: list
    elements: str
    default: []
  sensors:
    description: The sensors that are declared for the host, and which of their files show that they work.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: By what the facts name it.
        type: str
        required: true
      looks:
        description: The files that are looked at.
        type: list
        elements: dict
        default: []
        suboptions:
          what:
            description: What they show.
            type: str
            required: true
          form:
            description: How they are read. V(modified) goes by the last change of the newest.
            type: str
            choices: [modified, wazuh_state, clamav, suricata_stats, zeek_loss, mdatp_managed]
            required: true
          paths:
            description: Glob patterns of their paths.
            type: list
            elements: str
            required: true
  log_agents:
    description: The agents that are declared to carry the host's logs to a collector.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: By what the facts name it.
        type: str
        required: true
      unit:
        description: Its service.
        type: str
        required: true
      collector:
        description: The name of the collector that it sends to.
        type: str
        required: true
      config:
        description: Its configuration, of which nothing is told but whether it has certain lines.
        type: str
        required: true
      lines:
        description: The lines that protect what it sends.
        type: list
        elements: str
        required: true
      keeps:
        description: The lines by which it keeps on disk what it can't send.
        type: list
        elements: str
        default: []
      carries:
        description: The facilities and files that it sends.
        type: list
        elements: str
        default: []
  root:
    description:
      - Folder that holds a recorded host, with the outputs of its commands in C(commands.json).
      - V(/) reads the host itself.
    type: path
    default: /
  seconds:
    description: Time limit of the whole reading, in seconds. What isn't read by then is an error entry.
    type: float
    default: 60
extends_documentation_fragment:
  - bulwark.msp.attributes
  - bulwark.msp.attributes.linux
"""

EXAMPLES = r"""
- name: Read how SSH logins are really authenticated
  bulwark.msp.linux_state_info:
    areas: [sshd, pam]
  register: host
  no_log: true
"""

RETURN = r"""
state:
  description: The host state, schema C(bulwark/host-state/1), documented in C(docs/schemas/host-state.json).
  returned: always
  type: dict
  contains:
    schema:
      description: Name and version of the document's form.
      type: str
      sample: bulwark/host-state/1
    collected_at:
      description: When the reading began, in UTC (ISO 8601).
      type: str
      sample: "2026-11-22T02:00:00Z"
    seconds:
      description: How long the reading took on the host.
      type: float
      sample: 0.4
    areas:
      description: Facts for each area.
      type: dict
    errors:
      description: What could not be read, as a list of area, fact (null for the whole area) and reason.
      type: list
      elements: dict
"""

import gc
import time
from datetime import datetime, timezone

from ansible.module_utils.basic import AnsibleModule

from ..module_utils.areas import AREAS
from ..module_utils.door import Door
from ..module_utils.reading import COLLECT_AFTER, Reading
from ..module_utils.sensor_files import FORMS

SCHEMA = "bulwark/host-state/1"


def main() -> None:
    """Read the areas asked for and return the state."""
    module = AnsibleModule(
        argument_spec={
            "areas": {"type": "list", "elements": "str", "default": []},
            "subjects": {
                "type": "list",
                "elements": "dict",
                "default": [],
                "options": {
                    "user": {"type": "str", "required": True},
                    "addresses": {"type": "list", "elements": "str", "default": []},
                },
            },
            "marks": {"type": "list", "elements": "str", "default": []},
            "fingerprint_key": {"type": "str", "default": "", "no_log": True},
            "places": {"type": "list", "elements": "str", "default": []},
            "log_hours": {
                "type": "dict",
                "default": {},
                "options": {name: {"type": "int", "default": 0} for name in ("failures", "changes", "sessions")},
            },
            "backups": {
                "type": "list",
                "elements": "dict",
                "default": [],
                "options": {
                    "name": {"type": "str", "required": True},
                    "tool": {"type": "str", "required": True, "choices": ["restic", "borg", "command"]},
                    "repository": {"type": "str", "required": True},
                    "key_file": {"type": "str", "no_log": False},
                    "user": {"type": "str", "default": "root"},
                    **{name: {"type": "str"} for name in ("environment", "unit", "command")},
                    "scope": {"type": "list", "elements": "str", "required": True},
                },
            },
            "scan_reports": {"type": "list", "elements": "str", "default": []},
            "sensors": {
                "type": "list",
                "elements": "dict",
                "default": [],
                "options": {
                    "name": {"type": "str", "required": True},
                    "looks": {
                        "type": "list",
                        "elements": "dict",
                        "default": [],
                        "options": {
                            "what": {"type": "str", "required": True},
                            "form": {"type": "str", "required": True, "choices": list(FORMS)},
                            "paths": {"type": "list", "elements": "str", "required": True},
                        },
                    },
                },
            },
            "log_agents": {
                "type": "list",
                "elements": "dict",
                "default": [],
                "options": {
                    **{key: {"type": "str", "required": True} for key in ("name", "unit", "collector", "config")},
                    "lines": {"type": "list", "elements": "str", "required": True},
                    "keeps": {"type": "list", "elements": "str", "default": []},
                    "carries": {"type": "list", "elements": "str", "default": []},
                },
            },
            "root": {"type": "path", "default": "/"},
            "seconds": {"type": "float", "default": 60.0},
        },
        supports_check_mode=True,
    )
    unknown = sorted(set(module.params["areas"]) - set(AREAS))
    if unknown:
        module.fail_json(msg="areas: no such area: %s; there are: %s" % (", ".join(unknown), ", ".join(AREAS)))
    # A reading ends soon and leaves little garbage; to look for it as often as Python does costs more than it is worth.
    gc.set_threshold(COLLECT_AFTER)
    begun = time.monotonic()
    collected_at = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    try:
        door = Door(module.params["root"])
    except (OSError, ValueError) as error:
        module.fail_json(msg="root: %s" % error)
    asked = ("subjects", "marks", "fingerprint_key", "places", "log_hours", "backups", "scan_reports", "sensors",
             "log_agents")  # fmt: skip
    reading = Reading(door, AREAS, *(module.params[name] for name in asked))
    areas, errors = reading.state(module.params["areas"] or list(AREAS), module.params["seconds"])
    module.exit_json(
        changed=False,
        state={
            "schema": SCHEMA,
            "collected_at": collected_at,
            "seconds": round(time.monotonic() - begun, 3),
            "areas": areas,
            "errors": errors,
        },
    )


if __name__ == "__main__":
    main()
