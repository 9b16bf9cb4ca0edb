# SPDX-License-Identifier: GPL-3.0-or-later
"""The measures of all topics by name."""

from __future__ import annotations

from ..steps import Measures
from . import (
    automation,
    backups,
    cleartext,
    disabling,
    duo,
    enrolment,
    groups,
    holds,
    infrastructure,
    lockout,
    orphan_keys,
    pam,
    pam_limits,
    passwords,
    permissions,
    sessions,
    ssh_access,
    ssh_allow,
    ssh_firewall,
    ssh_keys,
    ssh_methods,
    sshd,
    su,
    sudo,
    sudo_limits,
    throttle,
    updates,
)

TOPICS = (
    automation,
    backups,
    cleartext,
    disabling,
    duo,
    enrolment,
    groups,
    holds,
    infrastructure,
    lockout,
    orphan_keys,
    pam,
    pam_limits,
    passwords,
    permissions,
    sessions,
    ssh_access,
    ssh_allow,
    ssh_firewall,
    ssh_keys,
    ssh_methods,
    sshd,
    su,
    sudo,
    sudo_limits,
    throttle,
    updates,
)

MEASURES = Measures()
for topic in TOPICS:
    MEASURES.update(topic.MEASURES)
