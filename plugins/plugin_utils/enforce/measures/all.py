# SPDX-License-Identifier: GPL-3.0-or-later
"""The measures of all topics by name."""

from __future__ import annotations

from ..steps import Measures
from . import cleartext, duo, enrolment, lockout, pam, passwords, throttle

TOPICS = (cleartext, duo, enrolment, lockout, pam, passwords, throttle)

MEASURES = Measures()
for topic in TOPICS:
    MEASURES.update(topic.MEASURES)
