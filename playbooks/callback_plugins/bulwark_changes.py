# SPDX-License-Identifier: GPL-3.0-or-later
"""Loads bulwark.msp.changes for the playbooks beside it: Ansible enables no callback of a collection by itself."""

from __future__ import annotations

from ansible_collections.bulwark.msp.plugins.callback import changes


class CallbackModule(changes.CallbackModule):
    """The same, under a name of its own."""
