# SPDX-License-Identifier: GPL-3.0-or-later
"""What a judge goes by that is not on the host: known-exploited flaws, what an earlier run remembered, the records,
what the collectors showed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

from ..records.canary import Sighting
from ..records.records import Records
from ..sources.exploited import Exploited


@dataclass(frozen=True)
class Context:
    """What a run knows beside the host.

    exploited: what was read of bulwark_kev and bulwark_cve_data, None where bulwark_kev names nothing. earlier: what
    the last run that judged a control remembered of the host, by control ({key: value}, texts), None where none did.
    records: the customer's, such as ev-restore-test; None where bulwark_evidence_dir is not set. canary: what the last
    bulwark.msp.canary found of the host at each collector; None where none was sent, a text where the record can't be
    used.
    """

    exploited: Exploited | None = None
    earlier: Mapping[str, Mapping[str, str]] | None = None
    records: Records | None = None
    canary: tuple[Sighting, ...] | str | None = None


NOTHING = Context()
#: What a control may read beside the areas of a host's state.
SOURCES = tuple(field.name for field in fields(Context))
