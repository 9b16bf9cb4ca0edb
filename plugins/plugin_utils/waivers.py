# SPDX-License-Identifier: GPL-3.0-or-later
"""Waivers: exceptions with an owner, an approver, a reason and an end. They turn `fail` into `waived`, nothing else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from .catalogue import Catalogue

#: Longest life in days from approved_by.on, by the control's base severity (design of the collection).
LONGEST_DAYS = {"critical": 90, "high": 180, "medium": 365, "low": 365}
CUSTOMER = "customer"


class WaiverError(Exception):
    """A waiver can't be honoured: `key` says which of its keys is wrong, `text` what would be right."""

    def __init__(self, key: str, text: str) -> None:
        super().__init__("%s: %s" % (key, text))
        self.key = key
        self.text = text


@dataclass(frozen=True)
class Waiver:
    """A valid waiver. `hosts` is an Ansible pattern (None: every host it is declared for); `finding` a `found` hash."""

    control: str
    kind: str
    owner: str
    approved_by: Mapping[str, Any]
    reason: str
    expires: date
    hosts: str | None = None
    finding: str | None = None
    ticket: str | None = None
    compensating: str | None = None

    def expired(self, today: date) -> bool:
        """Say whether it has ended; the day named in `expires` is its last."""
        return today > self.expires

    def shown(self, today: date) -> dict[str, Any]:
        """Return what a finding says of it."""
        return {
            "kind": self.kind,
            "owner": self.owner,
            "approved_by": {key: str(value) for key, value in self.approved_by.items()},
            "reason": self.reason,
            "ticket": self.ticket,
            "compensating": self.compensating,
            "expires": self.expires.isoformat(),
            "days_left": (self.expires - today).days,
        }


def waiver(entry: Mapping[str, Any], catalogue: Catalogue, today: date) -> Waiver:
    """Return the Waiver of a validated entry of bulwark_waivers; raises WaiverError where a rule is broken."""
    control = catalogue.controls.get(entry["control"])
    if control is None:
        raise WaiverError("control", "there is no control %r" % entry["control"])
    approver = entry["approved_by"]
    approved_on = _date(approver.get("on"), "approved_by.on")
    expires = _date(entry.get("expires"), "expires")
    if approved_on > today:
        raise WaiverError("approved_by.on", "%s lies in the future" % approved_on)
    if catalogue.binds_provider(control.id) and approver.get("party") != CUSTOMER:
        raise WaiverError(
            "approved_by.party",
            "%r can't approve this one: %s binds the provider, so only the customer may (party: customer)"
            % (approver.get("party"), control.id),
        )
    latest = approved_on + timedelta(days=LONGEST_DAYS[control.severity])
    if expires > latest:
        raise WaiverError(
            "expires",
            "%s is too late: a waiver of a %s control lasts %d days from approved_by.on, so %s at the latest"
            % (expires, control.severity, LONGEST_DAYS[control.severity], latest),
        )
    return Waiver(
        control=control.id,
        kind=entry["kind"],
        owner=entry["owner"],
        approved_by=approver,
        reason=entry["reason"],
        expires=expires,
        hosts=entry.get("hosts"),
        finding=entry.get("finding"),
        ticket=entry.get("ticket"),
        compensating=entry.get("compensating"),
    )


def _date(value: Any, key: str) -> date:
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError:
        raise WaiverError(key, "%r is no date; write it as YYYY-MM-DD" % (value,)) from None


@dataclass(frozen=True)
class Waived:
    """How a failing finding is waived: the waiver in force, or None and a remark on one that no longer holds."""

    waiver: Waiver | None
    remark: str = ""


def apply(
    waivers: tuple[Waiver, ...], control: str, found: str, today: date, covers: Callable[[str], bool]
) -> Waived:
    """Return what the waivers do to a failing `control` whose items hash to `found`.

    `covers(pattern)` says whether an Ansible host pattern covers the host.
    """
    remark = ""
    for candidate in waivers:
        if candidate.control != control or (candidate.hosts and not covers(candidate.hosts)):
            continue
        if candidate.finding and candidate.finding != found:
            remark = "A waiver of %s no longer holds: what was found has changed since." % candidate.owner
        elif candidate.expired(today):
            remark = "The waiver of %s expired on %s." % (candidate.owner, candidate.expires)
        else:
            return Waived(candidate)
    return Waived(None, remark)
