# SPDX-License-Identifier: GPL-3.0-or-later
"""The measures of all topics by name."""

from __future__ import annotations

from ..steps import Measures
from . import (
    cleartext,
    duo,
    enrolment,
    lockout,
    pam,
    passwords,
    sessions,
    ssh_access,
    ssh_firewall,
    ssh_keys,
    ssh_methods,
    sshd,
    sudo,
    throttle,
)

TOPICS = (
    cleartext,
    duo,
    enrolment,
    lockout,
    pam,
    passwords,
    sessions,
    ssh_access,
    ssh_firewall,
    ssh_keys,
    ssh_methods,
    sshd,
    sudo,
    throttle,
)

MEASURES = Measures()
for topic in TOPICS:
    MEASURES.update(topic.MEASURES)
