# SPDX-License-Identifier: GPL-3.0-or-later
"""Loads bulwark.msp.changes for the playbooks beside it: Ansible enables no callback of a collection by itself.

It is the first of the collection's code that a playbook runs.
"""

from __future__ import annotations

from ansible_collections.bulwark.msp.plugins.plugin_utils import bytecode

bytecode.keep()

from ansible_collections.bulwark.msp.plugins.callback import changes  # noqa: E402


class CallbackModule(changes.CallbackModule):
    """The same, under a name of its own."""
