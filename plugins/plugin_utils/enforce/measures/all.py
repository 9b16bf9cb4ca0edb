# SPDX-License-Identifier: GPL-3.0-or-later
"""The measures of all topics by name."""

from __future__ import annotations

from ..steps import Measures
from . import cleartext, lockout, passwords, throttle

TOPICS = (cleartext, lockout, passwords, throttle)

MEASURES = Measures()
for topic in TOPICS:
    MEASURES.update(topic.MEASURES)
