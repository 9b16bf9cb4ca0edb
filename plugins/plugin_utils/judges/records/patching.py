# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the provider's policy on updates is no weaker than the customer's own."""

from __future__ import annotations

from collections.abc import Iterator

from ...evaluators.verdict import Item, item
from .case import RecordCase
from .rules import Rules
from .shared import expired

RULES = Rules()
POLICY = "ev-update-policy"
MONTHLY = "bulwark_record_monthly_days"
#: The customer's target for each class: a variable, and its unit in hours.
TARGETS = {
    "exploited": ("bulwark_patch_exploited_hours", 1),
    "online_services": ("bulwark_patch_other_days", 24),
    "internal_systems": ("bulwark_patch_internal_os_days", 24),
    "office_apps": ("bulwark_patch_apps_days", 24),
    "other_apps": ("bulwark_patch_other_apps_days", 24),
    "firmware": ("bulwark_patch_firmware_days", 24),
}


@RULES.of(POLICY, "time-frames", "Each class is patched as fast as the customer's policy asks for.",
          *(variable for variable, _unit in TARGETS.values()))  # fmt: skip
def time_frames(case: RecordCase) -> Iterator[Item]:
    """No class is patched later than it should be."""
    for name, (variable, unit) in TARGETS.items():
        most = case.bound(variable) * unit
        found = [each["hours"] for each in case.record["time_frames"] if each["class"] == name]
        if not found:
            yield item(name, "no time frame is named for %s" % name)
        elif max(found) > most:  # of a class that stands there twice the worst counts
            yield item(name, "%s: %d hours, and the customer asks for %d" % (name, max(found), most))


@RULES.of(POLICY, "exceptions", "No exception stays beyond its last day.")
def exceptions(case: RecordCase) -> Iterator[Item]:
    """Exceptions end."""
    return expired(case.record.get("exceptions", ()), "what", "until", case)


@RULES.of(POLICY, "reported", "The last report is not older than %s." % MONTHLY, MONTHLY, aged=True)
def reported(case: RecordCase) -> Iterator[Item]:
    """The provider reports each month."""
    return case.old("the last report", case.record["last_report"], MONTHLY)
