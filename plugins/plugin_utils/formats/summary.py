# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run says on a terminal: one screen for one host, a line a host for many."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..drift.shapes import EnforcedControl, Enforcement
from ..runs.closing import HostTotals
from ..runs.finding import SEVERITIES
from ..text import clean

ORDER = tuple(reversed(SEVERITIES))
WIDTH = 118
MOST_HOSTS = 60
MOST_FINDINGS = 30
MOST_REASONS = 20
#: What became of a control, in the order in which it is told of.
STATES = {
    "reverted": "put back", "refused": "refused", "changed": "changed", "would_change": "would change", "left": "left",
    "unchanged": "unchanged",
}  # fmt: skip


def coverage_line(about: Mapping[str, Any]) -> str:
    """Return "7 of 8 hosts read", with those that were not, by name."""
    seen = about["coverage"]
    line = "%d of %d hosts read" % (seen["read"], seen["targeted"])
    if seen["unread"]:
        line += "; not read: " + _names(seen["unread"])
    if seen.get("not_reached"):
        line += "; not reached: " + _names(seen["not_reached"])
    if seen["other_platform"]:
        line += "; no judge for this platform yet: " + _names(seen["other_platform"])
    return line


def _names(names: list[str]) -> str:
    shown = ", ".join(clean(name, 60) for name in names[:8])
    return shown + (" and %d more" % (len(names) - 8) if len(names) > 8 else "")


def fleet(about: Mapping[str, Any], hosts: Sequence[HostTotals]) -> list[str]:
    """Return a table with a line for each host, the worst first."""
    ordered = sorted(hosts, key=_badness, reverse=True)
    width = min(40, max([4, *(len(clean(host.host)) for host in ordered[:MOST_HOSTS])]))
    head = "%s  %8s %5s %7s %4s  %7s %7s %5s %6s" % (
        "host".ljust(width), "critical", "high", "medium", "low", "unknown", "waived", "pass", "n/a")  # fmt: skip
    lines = [coverage_line(about), "", head]
    for host in ordered[:MOST_HOSTS]:
        numbers = tuple(host.failing[level] or "-" for level in ORDER)
        rest = tuple(host.status[status] or "-" for status in ("unknown", "waived", "pass", "not_applicable"))
        line = "%s  %8s %5s %7s %4s  %7s %7s %5s %6s" % (clean(host.host, width).ljust(width), *numbers, *rest)
        lines.append(line + ("  not read" if not host.read else "  without root" if host.problem else ""))
    if len(ordered) > MOST_HOSTS:
        lines.append("and %d more hosts, none worse than these" % (len(ordered) - MOST_HOSTS))
    return lines


def _badness(host: HostTotals) -> tuple[Any, ...]:
    return (not host.read, *(host.failing[level] for level in ORDER), host.status["unknown"])


def single(about: Mapping[str, Any], document: Mapping[str, Any]) -> list[str]:
    """Return one host's findings that want attention, worst first, on one screen."""
    findings = document["findings"]
    lines = ["%s, %s" % (clean(document["host"], 60), clean(document["platform"]["system"], 60)), ""]
    wanting = sorted(
        (finding for finding in findings if finding["status"] in ("fail", "waived") and "caused_by" not in finding),
        key=lambda finding: (finding["status"] == "waived", ORDER.index(finding["effective_severity"])),
    )
    for finding in wanting[:MOST_FINDINGS]:
        first = finding["actual"][0] if finding["actual"] else ""
        more = " (+%d)" % (len(finding["actual"]) - 1) if len(finding["actual"]) > 1 else ""
        mark = "waived" if finding["status"] == "waived" else finding["effective_severity"]
        lines.append(_cut("%-8s  %-26s  %s%s" % (mark, finding["control"], first, more)))
    if len(wanting) > MOST_FINDINGS:
        lines.append("and %d more" % (len(wanting) - MOST_FINDINGS))
    unknown = [finding for finding in findings if finding["status"] == "unknown"]
    reasons: dict[str, int] = {}
    for finding in unknown:
        reasons[finding["reason"]] = reasons.get(finding["reason"], 0) + 1
    for reason, number in sorted(reasons.items(), key=lambda pair: -pair[1])[:8]:
        lines.append(_cut("unknown   %d %s: %s" % (number, "control" if number == 1 else "controls", reason)))
    lines += ["", counts(about)]
    return lines


def counts(about: Mapping[str, Any]) -> str:
    """Return the totals in one line: what a job log may carry."""
    status, failing = about["totals"]["status"], about["totals"]["failing"]
    severities = ", ".join("%d %s" % (failing[level], level) for level in ORDER if failing[level]) or "none"
    rest = ", ".join("%d %s" % (status[name], name.replace("_", " ")) for name in status if name != "fail")
    return "failing: %s; %s" % (severities, rest or "nothing else")


def enforced(done: Enforcement, one: bool) -> list[str]:
    """Return what enforcement did: a sentence, then each control of the only host, or each host where it went wrong."""
    lines = ["", "enforcement: " + done.line]
    if one:
        order = list(STATES)
        told = sorted(((order.index(state), state, each) for each in done.controls for state in each.states),
                      key=lambda item: (item[0], item[2].control))  # fmt: skip
        lines += [
            _cut("%-12s  %-26s  %s" % ("mended" if each.mended else STATES[state], each.control, _about(each)))
            for _rank, state, each in told
        ]
    told_hosts = [host for host in done.hosts if host.reason]
    lines += [
        _cut("%s %s: %s" % (clean(host.host, 60), host.outcome, host.reason)) for host in told_hosts[:MOST_REASONS]
    ]
    if len(told_hosts) > MOST_REASONS:
        lines.append("and %d more hosts" % (len(told_hosts) - MOST_REASONS))
    return lines


def _about(each: EnforcedControl) -> str:
    """Return why a control of a single host stays as it is, or what changes it."""
    return each.reasons[0][1] if each.reasons else "; ".join(task.partition(" | ")[2] or task for task in each.tasks)


def _cut(line: str) -> str:
    return line if len(line) <= WIDTH else line[: WIDTH - 1] + "\u2026"


def terminal(
    about: Mapping[str, Any], hosts: Sequence[HostTotals], documents: Iterable[Mapping[str, Any]], folder: str,
    brief: bool,
    enforcement: Enforcement | None = None,
) -> str:  # fmt: skip
    """Return the whole summary; `brief` (under AWX) leaves out hosts' findings and names."""
    if brief:
        seen = about["coverage"]
        lines = ["%d of %d hosts read" % (seen["read"], seen["targeted"]), counts(about)]
    elif len(hosts) == 1 and not about["coverage"].get("not_reached"):
        lines = single(about, next(iter(documents)))
    else:
        lines = [*fleet(about, hosts), "", counts(about)]
    if enforcement:
        done = enforced(enforcement, len(hosts) == 1)
        lines += done[1:2] if brief else done
    left_out = len(about["controls"]["left_out"])
    if left_out:
        lines.append("%d controls were left out of this run" % left_out)
    if about.get("change"):
        lines.append("change: " + clean(about["change"], WIDTH))
    lines += ["warning: " + warning for warning in about["warnings"]]
    return "\n".join([*lines, "results: " + folder])
