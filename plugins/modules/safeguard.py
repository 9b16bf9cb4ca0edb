#!/usr/bin/python
# Copyright: (c) 2026, the bulwark.msp authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# How this can fail, and what then becomes of the host:
#  - a step can't be done safely, or the program that owns its file refuses it: its control is left out, with the reason
#  - another run holds the lock, a disk is full or read-only: it fails before anything is touched
#  - an error, a full disk or a signal while changing: everything is put back before it returns
#  - it is killed, the connection or the controller is lost, nobody confirms: the timer puts everything back
#  - the host is started anew before the confirmation: the boot unit puts everything back before sshd starts
#  - sshd no longer answers on this host after the change: everything is put back before it returns
#  - it locks the kernel's audit rules (-e 2) and is put back then: their files are, and the lock is told
#  - putting back fails itself (a full disk): the timer tries again for ten minutes, then the next boot does

from __future__ import annotations

DOCUMENTATION = r"""
---
module: safeguard
short_description: Change a Linux host so that it puts itself back unless the change is confirmed
version_added: 0.1.0
description:
  - Carries out a plan of steps in one moment. Every file is tried beforehand by the program that owns it, what is
    changed is recorded byte for byte, and a timer and a boot unit are armed that put everything back.
  - The change is kept only by O(operation=confirm) before O(confirm_seconds) are over.
  - Normally called by the action of the same name, which logs in afresh before it confirms. Use C(no_log) when calling
    it otherwise.
options:
  operation:
    description:
      - V(simulate) says what would change, and what the readers would then see. It changes nothing.
      - V(prepare) records V(/etc), V(/var/lib/pam), V(/var/lib/ucf) and the packages, before a run installs some.
      - V(apply) changes the host and arms the way back.
      - V(confirm) keeps the change of O(run), V(revert) puts it back.
      - V(status) tells what waits, who holds the lock, and which runs there were.
      - V(restore) puts the host back to before O(to_run), to be confirmed like V(apply).
      - V(forget) removes every trace of this module from the host.
    type: str
    required: true
    choices: [simulate, prepare, apply, confirm, revert, status, restore, forget]
  run:
    description: Name of the run. Required but for V(status), V(simulate) and V(forget) of O(operation).
    type: str
    default: ""
  owner:
    description: Who holds the lock from the change to its confirmation, as others are told.
    type: str
    default: unknown
  plan:
    description:
      - Steps in the order in which they are done, each with C(kind), C(control), C(task) and what its kind takes.
      - Kinds are C(file), C(absent), C(edit), C(mode), C(unit), C(package), C(program) and C(ended). Packages are only
        looked for.
      - C(ended) ends the processes and sessions of an account once the change is confirmed. Nothing brings them back.
      - A step with C(keeps_out) keeps somebody out of an account, and V(restore) of O(operation) does not give back
        what it takes where that is for good. A step that is C(optional) is passed over where it can't be done.
      - Where one step of a control can't be done, none of that control is.
    type: list
    elements: dict
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
  areas:
    description: Areas that V(simulate) of O(operation) reads with the plan in place. All of them when empty.
    type: list
    elements: str
    default: []
  secrets:
    description:
      - What edits take by name, as the base64 form of a JSON object of texts.
      - In this form, because Ansible would blot out each text wherever it occurs in the answer, were it a dictionary.
    type: str
    default: ""
  leave:
    description: Controls whose steps are left out.
    type: list
    elements: str
    default: []
  to_run:
    description: What V(restore) of O(operation) goes back before, a run, V(first) or V(newest).
    type: str
    default: newest
  force:
    description: Whether V(restore) of O(operation) also puts back what somebody else changed since.
    type: bool
    default: false
  confirm_seconds:
    description: Seconds from arming until the host puts itself back.
    type: float
    default: 120
  keep_days:
    description: Days for which runs can be told apart when restoring. The state before the first run is always kept.
    type: int
    default: 365
  keep_runs:
    description: Number of runs that can be told apart when restoring, beside the first.
    type: int
    default: 20
  seconds:
    description: Time limit of reading the state in O(operation=simulate), in seconds.
    type: float
    default: 60
extends_documentation_fragment:
  - bulwark.msp.attributes
  - bulwark.msp.attributes.linux
attributes:
  check_mode:
    support: full
    details: V(apply) of O(operation) then answers as V(simulate) does.
  diff_mode:
    support: none
    details: RV(changes) holds the texts before and after in any mode.
"""

EXAMPLES = r"""
- name: See what would change
  bulwark.msp.safeguard:
    operation: simulate
    areas: [sshd]
    plan:
      - kind: file
        control: lin-ic-ssh-max-tries
        task: Allow few tries
        path: /etc/ssh/sshd_config.d/00-bulwark-lin-ic-ssh-max-tries.conf
        content: |
          # Managed by bulwark.msp: lin-ic-ssh-max-tries
          MaxAuthTries 4
        mode: "0600"
        owner: root
        group: root
        reload: [sshd]
  no_log: true

- name: Keep a change
  bulwark.msp.safeguard:
    operation: confirm
    run: 20261122T020000Z-1a2b3c
"""

RETURN = r"""
changes:
  description:
    - What each step changes, as a list of C(control), C(task), C(kind) (file, unit, package or program), C(name) (path,
      unit, package or program), C(before) and C(after).
    - C(masked) is true, and both texts null, where they could hold a secret. C(rights) has mode and owner before and
      after, where they change.
  returned: O(operation=simulate), O(operation=apply) or O(operation=restore)
  type: list
  elements: dict
refused:
  description: Controls that are left as they are, with the reason.
  returned: O(operation=simulate) or O(operation=apply)
  type: dict
packages:
  description: Packages of the plan that are not installed yet; when restoring, those that the runs brought.
  returned: O(operation=simulate) or O(operation=restore)
  type: list
  elements: str
problems:
  description: What keeps the host as a whole from being changed now, such as the lock of another run.
  returned: O(operation=simulate)
  type: list
  elements: str
state:
  description: Facts for each area and errors, as M(bulwark.msp.linux_state_info) would return them after the change.
  returned: O(operation=simulate)
  type: dict
prepared:
  description: Whether the host was recorded.
  returned: O(operation=prepare)
  type: bool
armed:
  description: Whether a change was made and waits for its confirmation.
  returned: O(operation=apply) or O(operation=restore)
  type: bool
deadline:
  description: When the host puts itself back, in seconds since 1970 by its own clock.
  returned: when a change waits
  type: float
seconds_left:
  description: How long is left until then.
  returned: when a change waits
  type: float
survives_reboot:
  description: Whether the host also puts itself back when it is started anew. False where it runs neither systemd,
    sysvinit nor cron.
  returned: when a change waits
  type: bool
kept_out:
  description: Whom a restore does not give back, as a list of C(account) and C(why).
  returned: O(operation=restore)
  type: list
  elements: dict
after_reboot:
  description: What only the next start of the host takes back, such as audit rules that V(-e 2) locked.
  returned: O(operation=revert) or O(operation=restore)
  type: list
  elements: str
still_running:
  description: Accounts of which something would not end.
  returned: O(operation=confirm)
  type: list
  elements: str
confirmed:
  description: Whether the change is kept.
  returned: O(operation=confirm)
  type: bool
reverted:
  description: Paths that were put back; for V(status) of O(operation) which run was last put back, when and why, with
    its C(after_reboot).
  returned: O(operation=revert) or O(operation=status)
  type: raw
target:
  description: The run before which the host is, or would be, restored.
  returned: O(operation=restore)
  type: str
conflicts:
  description: What somebody else changed since, as a list of C(path) and C(why).
  returned: O(operation=restore)
  type: list
  elements: dict
pending:
  description: The run that waits for its confirmation, with its owner and deadline.
  returned: O(operation=status)
  type: dict
lock:
  description: Who holds the lock, for which run and until when.
  returned: O(operation=status)
  type: dict
runs:
  description: The runs that are known here, the oldest first, with C(run), C(at), C(confirmed) and C(paths).
  returned: O(operation=status)
  type: list
  elements: dict
boot_test:
  description: What waits for the next boot to be tested, or the outcome of the last such test.
  returned: O(operation=status)
  type: dict
"""

import os

from ansible.module_utils.basic import AnsibleModule

from ..module_utils.areas import AREAS
from ..module_utils.door import Unreadable
from ..module_utils.safeguard import call, operations
from ..module_utils.safeguard.problem import Problem


def main() -> None:
    """Do the operation and return its answer."""
    module = AnsibleModule(
        argument_spec={
            "operation": {"type": "str", "required": True, "choices": list(operations.OPERATIONS)},
            "run": {"type": "str", "default": ""},
            "owner": {"type": "str", "default": "unknown"},
            "plan": {"type": "list", "elements": "dict", "default": []},
            "subjects": {
                "type": "list",
                "elements": "dict",
                "default": [],
                "options": {
                    "user": {"type": "str", "required": True},
                    "addresses": {"type": "list", "elements": "str", "default": []},
                },
            },
            "areas": {"type": "list", "elements": "str", "default": []},
            "secrets": {"type": "str", "default": "", "no_log": True},
            "leave": {"type": "list", "elements": "str", "default": []},
            "to_run": {"type": "str", "default": "newest"},
            "force": {"type": "bool", "default": False},
            "confirm_seconds": {"type": "float", "default": 120.0},
            "keep_days": {"type": "int", "default": 365},
            "keep_runs": {"type": "int", "default": 20},
            "seconds": {"type": "float", "default": 60.0},
        },
        supports_check_mode=True,
    )
    unknown = sorted(set(module.params["areas"]) - set(AREAS))
    if unknown:
        module.fail_json(msg="areas: no such area: %s" % ", ".join(unknown))
    if os.geteuid() != 0:
        module.fail_json(msg="this needs root; run it with become")
    try:
        module.exit_json(**operations.run(call.of(module.params, module.check_mode)))
    except (Problem, Unreadable) as problem:
        module.fail_json(msg=str(problem))


if __name__ == "__main__":
    main()
