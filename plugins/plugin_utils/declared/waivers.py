# SPDX-License-Identifier: GPL-3.0-or-later
"""Waivers: exceptions with an owner, an approver, a reason and an end. They turn `fail` into `waived`, nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from ..catalogue.catalogue import Catalogue, Control
from .checking import near, shown
from .moments import DATE_TEXT, as_date
from .parties import CUSTOMER, PARTY_TEXT, is_party
from .signatures import Signed

#: Longest life in days from approved_by.on, by the control's base severity (design of the collection).
LONGEST_DAYS = {"critical": 90, "high": 180, "medium": 365, "low": 365}


class WaiverError(Exception):
    """A waiver can't be honoured: `faults` holds (key, what would be right) for each of its keys that is wrong."""

    def __init__(self, faults: list[tuple[str, str]]) -> None:
        super().__init__("; ".join("%s: %s" % fault for fault in faults))
        self.faults = faults


@dataclass(frozen=True)
class Waiver:
    """A valid waiver. `hosts` is an Ansible pattern (None: every host it is declared for); `finding` a `found` hash.

    refused: why a run doesn't honour it, "" where it does. signature: who signed it, None where nobody looked.
    """

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
    refused: str = ""
    signature: Signed | None = None

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
            **({"signature": self.signature.told()} if self.signature else {}),
        }


def waiver(entry: Mapping[str, Any], catalogue: Catalogue, today: date) -> Waiver:
    """Return the Waiver of a validated entry of bulwark_waivers; raises WaiverError where a rule is broken."""
    faults: list[tuple[str, str]] = []
    control = catalogue.controls.get(entry["control"])
    approver = entry["approved_by"]
    approved_on = _date(approver["on"], "approved_by.on", faults)
    expires = _date(entry["expires"], "expires", faults)
    if control is None:
        hint = near(entry["control"], catalogue.controls)
        faults.append(("control", "there is no control %s%s" % (shown(entry["control"]), hint)))
    faults += _blank({**entry, "approved_by.name": approver["name"]})
    faults += _approver(approver["party"], control, catalogue)
    if approved_on and approved_on > today:
        faults.append(("approved_by.on", "%s lies in the future" % approved_on))
    if approved_on and expires and expires < approved_on:
        faults.append(("expires", "%s is before the approval, %s" % (expires, approved_on)))
    if approved_on and expires and control:
        days = LONGEST_DAYS[control.severity]
        latest = approved_on + timedelta(days)
        if expires > latest:
            rule = "a waiver of a %s control lasts %d days from approved_by.on" % (control.severity, days)
            faults.append(("expires", "%s is too late: %s, so %s at the latest" % (expires, rule, latest)))
    if faults or control is None or expires is None:
        raise WaiverError(faults)
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


def _blank(entry: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield what a person has to say and nobody did."""
    for key, text in (("owner", "say who answers for it"), ("approved_by.name", "say who approved it"),
                      ("reason", "say why it is accepted")):  # fmt: skip
        if not str(entry[key]).strip():
            yield key, "is empty; %s" % text


def _approver(party: str, control: Control | None, catalogue: Catalogue) -> Iterator[tuple[str, str]]:
    if not is_party(party):
        yield "approved_by.party", "%s is no party; write %s" % (shown(party), PARTY_TEXT)
    elif control and party != CUSTOMER and catalogue.binds_provider(control.id):
        text = "%s can't approve this one: %s binds the provider, so only the customer may (party: customer)"
        yield "approved_by.party", text % (party, control.id)


def _date(value: Any, key: str, faults: list[tuple[str, str]]) -> date | None:
    try:
        return as_date(value)
    except ValueError:
        faults.append((key, "%s is no date; %s" % (shown(value), DATE_TEXT)))
        return None


@dataclass(frozen=True)
class Waived:
    """How a failing finding is waived: the waiver in force, or None and a remark on one that no longer holds."""

    waiver: Waiver | None
    remark: str = ""


def apply(waivers: tuple[Waiver, ...], control: str, found: str, today: date, covers: Callable[[str], bool]) -> Waived:
    """Return what the waivers do to a failing `control` whose items hash to `found`.

    `covers(pattern)` says whether an Ansible host pattern covers the host.
    """
    remark = ""
    for candidate in waivers:
        if candidate.control != control or (candidate.hosts and not covers(candidate.hosts)):
            continue
        if candidate.refused:
            remark = "The waiver of %s is refused: %s." % (candidate.owner, candidate.refused)
        elif candidate.finding and candidate.finding != found:
            remark = "A waiver of %s no longer holds: what was found has changed since." % candidate.owner
        elif candidate.expired(today):
            remark = "The waiver of %s expired on %s." % (candidate.owner, candidate.expires)
        else:
            return Waived(candidate)
    return Waived(None, remark)
