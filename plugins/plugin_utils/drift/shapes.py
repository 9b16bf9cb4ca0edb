# SPDX-License-Identifier: GPL-3.0-or-later
"""What the drift report is made of. Each shape is filled by the part of the same name and read by every format.

A `View` is everything one page shows: of the whole fleet (customer None), or of one customer and holding no other's
data. All lists are sorted, all ages are days counted from the run's date, so that the same results always give the
same model.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

from ..declared.signatures import Signed
from ..outcomes.tables import Outcomes

#: What became of one finding (host and control) since a complete run last judged it:
#: new            failed now, passed or did not apply then
#: first_look     fails, and no earlier run judged this control on this host
#: back           fails, was unknown then
#: waiver_expired fails, was waived then, and the waiver has ended
#: waiver_ended   fails, was waived then; the waiver was withdrawn or no longer fits what is found
#: changed        fails as then, but something else was found
#: still_open     fails as then
#: newly_unknown  unknown (or stale, not attested), was judged then: neither mended nor broken
#: waived         waived now, was not then
#: fixed          passes or doesn't apply any more, was open when last judged
#: known_again    passes or doesn't apply, was unknown then and not open before that
Kind = Literal[
    "new", "first_look", "back", "waiver_expired", "waiver_ended", "changed", "still_open", "newly_unknown", "waived",
    "fixed", "known_again",
]  # fmt: skip
KINDS: tuple[Kind, ...] = (
    "new", "first_look", "back", "waiver_expired", "waiver_ended", "changed", "still_open", "newly_unknown", "waived",
    "fixed", "known_again",
)  # fmt: skip


@dataclass(frozen=True)
class Problem:
    """A file of the results that can't be used and was left out. path: below the results directory."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Change:
    """One finding compared with the last complete run that judged it.

    host: "" where the finding is the customer's own. since: date and run of the first run in which it was open without
    a break (unknown in between is no break), for what is fixed too; None where it never was. days: from then on.
    previous_run, previous_status: what it is compared with. caused_by: it only follows from that control and isn't
    counted. host_read: False where the whole host could not be read. first: the first line of what was found.
    """

    customer: str
    host: str
    control: str
    title: str
    section: str
    kind: Kind
    status: str
    severity: str
    responsible: str
    fingerprint: str
    found: str
    since: date | None
    since_run: str | None
    days: int | None
    previous_run: str | None
    previous_status: str | None
    caused_by: str | None
    host_read: bool
    reason: str
    first: str


@dataclass(frozen=True)
class HostGap:
    """A host that this run did not look at, or that is gone. open: findings open when it was last judged."""

    customer: str
    host: str
    last_run: str | None
    last_date: date | None
    open: int


@dataclass(frozen=True)
class ControlGap:
    """A control that this run did not judge on hosts where an earlier run did. open: open findings among them."""

    control: str
    hosts: int
    open: int


@dataclass(frozen=True)
class Delta:
    """What changed. previous_run: the last complete run before this one that covers the view, None where there is none.

    counts: by kind, without what only follows from another control. no_longer_seen: hosts that the previous run knew
    and the inventory no longer has. not_looked_at: hosts of the inventory that this run left out; nothing of them is
    fixed. controls_not_looked_at: the same of controls. newly_unread: hosts that could not be read now and could then.
    """

    previous_run: str | None
    previous_date: date | None
    counts: Mapping[Kind, int]
    changes: tuple[Change, ...]
    no_longer_seen: tuple[HostGap, ...]
    not_looked_at: tuple[HostGap, ...]
    controls_not_looked_at: tuple[ControlGap, ...]
    newly_unread: tuple[str, ...]

    def of(self, *kinds: Kind) -> tuple[Change, ...]:
        """Return the changes of these kinds that count on their own, worst first."""
        return tuple(change for change in self.changes if change.kind in kinds and not change.caused_by)


@dataclass(frozen=True)
class TrendPoint:
    """One run in numbers, of technical results: hosts read and targeted, by status, and failing by severity."""

    run: str
    date: date
    hosts: int
    read: int
    status: Mapping[str, int]
    failing: Mapping[str, int]


@dataclass(frozen=True)
class HostList:
    """An entry of bulwark_host_lists. missing: its names that the inventory doesn't have. days: its age."""

    customer: str
    source: str
    date: date
    days: int
    names: int
    missing: tuple[str, ...]


@dataclass(frozen=True)
class Unread:
    """A targeted host that was not read, and why. since: date of the first run in a row that could not; days: since."""

    customer: str
    host: str
    reason: str
    since: date
    days: int


@dataclass(frozen=True)
class Platform:
    """Hosts of a platform that has no judge yet: none of `hosts` was judged."""

    name: str
    hosts: tuple[str, ...]


@dataclass(frozen=True)
class Coverage:
    """What was seen and what was not; no number of the report stands without it.

    line: the sentence that says it. known: hosts in the inventory or in a list. seen: hosts read in this run. lists:
    what the inventory was compared with. missing: names that only lists have. unread: targeted, not read. without_root:
    read, but not with all the power that reading needs. other_platforms: no judge yet. not_targeted: in the inventory
    and left out of this run. never_seen: what has no reader at all, such as cloud tenants. not_reached: targeted, and
    the run stopped before.
    """

    line: str
    known: int
    seen: int
    lists: tuple[HostList, ...]
    missing: tuple[str, ...]
    unread: tuple[Unread, ...]
    without_root: tuple[str, ...]
    other_platforms: tuple[Platform, ...]
    not_targeted: tuple[str, ...]
    never_seen: tuple[str, ...]
    not_reached: tuple[str, ...] = ()


@dataclass(frozen=True)
class Standing:
    """Where one part of the advisory stands: a section (number 1 to 12) or a tactical action (number 0, id TA-0x).

    assurance: passing technical findings by assurance. failing: by effective severity, without what only follows from
    another. unknown, waived: numbers of findings. attested: findings on records by status, never added to the others.
    planned: controls that nothing judges yet. controls: judged ones.
    """

    id: str
    number: int
    heading: str
    status: Mapping[str, int]
    assurance: Mapping[str, int]
    failing: Mapping[str, int]
    attested: Mapping[str, int]
    controls: int
    planned: int

    @property
    def worst(self) -> str:
        """Return the worst failing severity, else unknown, pass, or unseen where nothing was judged."""
        for level in ("critical", "high", "medium", "low"):
            if self.failing.get(level):
                return level
        return next((name for name in ("unknown", "pass") if self.status.get(name)), "unseen")


@dataclass(frozen=True)
class Action:
    """One thing to do: an open control, for one responsible party, on all the hosts that need it.

    severity: the worst effective one. exposed: hosts on which exposure raised it. mends: what enforcement does, in a
    sentence or two. page: its documentation below the collection. ends: controls that only fail because of this one,
    with the number of hosts. oldest_days: of the longest open one. new: how many are not still open from before.
    """

    control: str
    title: str
    section: str
    severity: str
    responsible: str
    hosts: tuple[tuple[str, str], ...]
    exposed: int
    gates_remote_access: bool
    why: str
    mends: str
    enforce: str
    risk: str
    page: str
    ends: Mapping[str, int]
    oldest_days: int | None
    new: int


@dataclass(frozen=True)
class Loosening:
    """A threshold in force that is weaker than the default. newly: hosts for which it became weaker since."""

    customer: str
    variable: str
    value: Any
    default: Any
    origin: str
    hosts: int
    newly: int
    before: Any


#: A waiver that is no longer in the register, and one bound to something else than what is found now.
REMOVED, FINDING_CHANGED = "removed", "finding changed"


@dataclass(frozen=True)
class WaiverChange:
    """A waiver of the register. changes: added, removed, extended, expired, finding changed or expiring (in 30 days).

    days_left: negative after its end. hosts: the pattern it holds for, None for all. signature: who signed it; None
    of one that was removed.
    """

    customer: str
    control: str
    hosts: str | None
    kind: str
    owner: str
    approved_by: Mapping[str, str]
    reason: str
    ticket: str | None
    compensating: str | None
    expires: date
    days_left: int
    changes: tuple[str, ...]
    signature: Signed | None = None

    @property
    def in_force(self) -> bool:
        """Say whether it may hold: one that is bound to a finding has nothing to waive where nothing fails."""
        return self.days_left >= 0 and REMOVED not in self.changes and FINDING_CHANGED not in self.changes


@dataclass(frozen=True)
class AccountChange:
    """An entry of bulwark_accounts that opens something. change: added, or admin where it may administer now."""

    customer: str
    name: str
    kind: str
    party: str
    person: str | None
    admin: bool
    change: str


@dataclass(frozen=True)
class LeftOut:
    """A control that has a judge and was not judged. hosts: on how many. newly: on how many of these it was before."""

    control: str
    title: str
    severity: str
    hosts: int
    newly: int


@dataclass(frozen=True)
class PolicyDrift:
    """Every loosening: weaker than the default, waived, let in or switched off. compared: there was an earlier run."""

    compared: bool
    thresholds: tuple[Loosening, ...]
    waivers: tuple[WaiverChange, ...]
    accounts: tuple[AccountChange, ...]
    left_out: tuple[LeftOut, ...]

    def expiring(self, days: int) -> tuple[WaiverChange, ...]:
        """Return the waivers in force that end within `days`."""
        return tuple(waiver for waiver in self.waivers if waiver.in_force and waiver.days_left <= days)


@dataclass(frozen=True)
class Unreadable:
    """What could not be read on hosts that were, by area and reason."""

    area: str
    reason: str
    hosts: tuple[str, ...]


@dataclass(frozen=True)
class HostRow:
    """A host in a line. problem: why it was not read, or not with all power."""

    customer: str
    host: str
    system: str
    read: bool
    problem: str | None
    identity: str
    collected_at: str
    status: Mapping[str, int]
    failing: Mapping[str, int]
    new: int


@dataclass(frozen=True)
class EnforcedHost:
    """How enforcement ended on a host. outcome, reason: as in its document. states: number of controls by state.

    mended: controls that were changed and pass or don't apply now.
    """

    customer: str
    host: str
    outcome: str
    reason: str
    seconds: float | None
    states: Mapping[str, int]
    mended: int


@dataclass(frozen=True)
class EnforcedControl:
    """What enforcement did to one control. states: number of hosts by state. tasks: names of those that changed it.

    reasons: why it was left, refused or put back: (state, reason, hosts), most hosts first.
    """

    control: str
    title: str
    states: Mapping[str, int]
    mended: int
    tasks: tuple[str, ...]
    reasons: tuple[tuple[str, str, tuple[tuple[str, str], ...]], ...]


@dataclass(frozen=True)
class Enforcement:
    """What enforcement did to the hosts of a view. check: only what it would do, on every one of them.

    line: in one sentence. outcomes: number of hosts by outcome. hosts: the worst outcome first.
    """

    check: bool
    line: str
    outcomes: Mapping[str, int]
    hosts: tuple[EnforcedHost, ...]
    controls: tuple[EnforcedControl, ...]


@dataclass(frozen=True, slots=True)
class Measure:
    """A control or record that was judged. hosts: on how many; 0 for the customer's own. reference: of the contract."""

    control: str
    title: str
    hosts: int
    responsible: str
    reference: str | None


@dataclass(frozen=True, slots=True)
class Bound:
    """A threshold that is a number. values: in force, each with its number of hosts; weakest: what holds on all."""

    variable: str
    text: str
    values: tuple[tuple[int, int], ...]
    weakest: int
    default: int
    origin: str


@dataclass(frozen=True)
class ScheduledSection:
    """What a contract's schedule says of one section of the advisory."""

    heading: str
    measures: tuple[Measure, ...]
    bounds: tuple[Bound, ...]


@dataclass(frozen=True)
class SignedThing:
    """A record or a file of the inventory that may be signed. name: the record's id, or the path. title: for people."""

    customer: str
    name: str
    title: str
    signature: Signed
    record: bool


@dataclass(frozen=True)
class SignedRegister:
    """A register of a customer that signs files. entries: their number by state (declared/signatures.py)."""

    customer: str
    name: str
    entries: Mapping[str, int]


@dataclass(frozen=True)
class View:
    """Everything that one page shows. customer: None for the fleet. line: where it stands, in one sentence.

    by_party: failing findings by who has to mend them. findings: the customer's own (on records and host lists); in the
    fleet's view each has `customers` too. problems: result files that were left out. enforcement: None for a run that
    enforced nothing. schedule: measures and thresholds in force, by section; none for the fleet. outcomes: what the
    findings come to for those who assess. signed, registers: who signed records, files, and what stands in these.
    """

    customer: str | None
    line: str
    coverage: Coverage
    sections: tuple[Standing, ...]
    tactical: tuple[Standing, ...]
    by_party: Mapping[str, int]
    delta: Delta
    trend: tuple[TrendPoint, ...]
    policy: PolicyDrift
    actions: tuple[Action, ...]
    findings: tuple[Mapping[str, Any], ...]
    unreadable: tuple[Unreadable, ...]
    hosts: tuple[HostRow, ...]
    problems: tuple[Problem, ...]
    enforcement: Enforcement | None = None
    schedule: tuple[ScheduledSection, ...] = ()
    outcomes: Outcomes = field(default_factory=Outcomes)
    signed: tuple[SignedThing, ...] = ()
    registers: tuple[SignedRegister, ...] = ()


@dataclass(frozen=True)
class RunInfo:
    """The run, as every page may tell it: nothing in here is of one customer. merged: the runs it was made of.

    change: the ticket of the change that it carried out; such a run is of one customer.
    """

    run: str
    sequence: int
    date: date
    began: str
    ended: str | None
    complete: bool
    playbook: str
    versions: Mapping[str, str]
    warnings: tuple[str, ...]
    merged: tuple[str, ...]
    change: str | None = None


@dataclass(frozen=True)
class Signature:
    """A signature of the manifest. signer: the key's fingerprint as ssh-keygen -l prints it. namespace: bulwark."""

    signer: str
    namespace: str


@dataclass(frozen=True)
class Evidence:
    """Why to believe it. manifest: sha256, None before the run is sealed. files: data files under the seal.

    signature: of the manifest; None where nobody signed it. That it is right is for verify to say, not for a page.
    """

    manifest: str | None
    previous: str | None
    files: int
    signature: Signature | None
