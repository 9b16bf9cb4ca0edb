# SPDX-License-Identifier: GPL-3.0-or-later
"""Section 2, monitoring and logging: the judges of its topics."""

from __future__ import annotations

from ...evaluators.verdict import Judges
from . import (
    alerts,
    application_control,
    audit_forwarding,
    audit_rules,
    auditing,
    canary,
    clock,
    confinement,
    delivery,
    denials,
    forwarding,
    integrity,
    journal,
    log_access,
    recording,
    retention,
    rotation,
    segregated,
    sensors,
    ssh,
    store,
    sudo_io,
)

JUDGES = Judges({
    **alerts.JUDGES,
    **application_control.JUDGES,
    **audit_forwarding.JUDGES,
    **audit_rules.JUDGES,
    **auditing.JUDGES,
    **canary.JUDGES,
    **clock.JUDGES,
    **confinement.JUDGES,
    **delivery.JUDGES,
    **denials.JUDGES,
    **forwarding.JUDGES,
    **integrity.JUDGES,
    **journal.JUDGES,
    **log_access.JUDGES,
    **recording.JUDGES,
    **retention.JUDGES,
    **rotation.JUDGES,
    **segregated.JUDGES,
    **sensors.JUDGES,
    **ssh.JUDGES,
    **store.JUDGES,
    **sudo_io.JUDGES,
})  # fmt: skip
