# SPDX-License-Identifier: GPL-3.0-or-later
"""Waivers for what fails today, as a draft: each is refused until a person gives it kind, owner, approver and end.

What comes of hosts stands in comments alone, cleaned to one line each. The file holds nothing that could be a template:
ids of controls, hashes, and names of hosts that are plain words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from ..catalogue.catalogue import Catalogue
from ..declared.waivers import LONGEST_DAYS
from ..runs.finding import SEVERITIES
from ..text import clean

WIDTH = 110
#: Lines of what was found that stand with an entry.
SHOWN = 3
#: Names that mean themselves in a host pattern.
PLAIN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*", re.ASCII)
HEAD = """\
---
# What failed at %(customer)s on %(day)s, as waivers to be decided one by one. A waiver accepts a failure for a time; it
# mends nothing. Delete what should be mended instead. Each that stays needs a kind, an owner, an approval, a reason and
# an end: as long as one is empty, no run begins with this file in its inventory. Each ends by itself when something
# else is found.
#
# kind: alternate_control (something else protects), risk_accepted, or false_positive.
"""
ENTRY = """\
  - control: %(control)s
%(hosts)s    finding: '%(found)s'
    kind:
    owner:
    approved_by:
      name:
      party: # %(approver)s
      "on": # the day of the approval, as YYYY-MM-DD
    reason:
    expires: # as YYYY-MM-DD, at most %(days)d days after the approval
"""


@dataclass
class _Open:
    """One control that fails with the same found on some hosts; none where it is the customer's own."""

    finding: Mapping[str, Any]
    severity: int
    hosts: list[str] = field(default_factory=list)


class Open:
    """The open findings of one customer, gathered while its hosts stream by."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._found: dict[tuple[str, str, bool], _Open] = {}
        self._unnamed: list[str] = []

    def add(self, host: str, findings: Iterable[Mapping[str, Any]]) -> None:
        """Add what fails on a host, or of the customer's own where host is "".

        What only follows from another finding ends with that one. A record is no control, and can't be waived.
        """
        for finding in findings:
            if finding["status"] != "fail" or finding.get("caused_by"):
                continue
            if finding["control"] not in self._catalogue.controls:
                continue
            if host and not PLAIN.fullmatch(host):
                self._unnamed.append("%s on %s" % (finding["control"], host))
                continue
            key = (finding["control"], finding["found"], bool(host))
            severity = SEVERITIES.index(finding["effective_severity"])
            entry = self._found.setdefault(key, _Open(finding, severity))
            entry.severity = max(entry.severity, severity)
            entry.hosts += [host] if host else []

    def draft(self, customer: str, day: date) -> str:
        """Return the file, "" where nothing is open that can be waived."""
        if not self._found:
            return ""
        text = HEAD % {"customer": clean(customer), "day": day.isoformat()}
        text += "".join("# Left out, since a host pattern can't name it: %s\n" % clean(each, WIDTH)
                        for each in self._unnamed)  # fmt: skip
        text += "bulwark_waivers_%s:\n" % day.strftime("%Y%m%d")
        order = sorted(self._found.items(), key=lambda item: (-item[1].severity, item[0]))
        return text + "\n".join(self._entry(each) for _key, each in order)

    def _entry(self, each: _Open) -> str:
        finding = each.finding
        control = self._catalogue.controls[finding["control"]]
        told = "%s: %s" % (SEVERITIES[each.severity], control.title or finding["title"])
        lines = ["  # " + clean(line, WIDTH) for line in (told, *finding["actual"][:SHOWN])]
        if len(finding["actual"]) > SHOWN:
            lines.append("  # and %d more" % (len(finding["actual"]) - SHOWN))
        provider = self._catalogue.binds_provider(control.id)
        return "\n".join(lines) + "\n" + ENTRY % {
            "control": control.id,
            "hosts": "    hosts: '%s'\n" % ",".join(sorted(each.hosts)) if each.hosts else "",
            "found": finding["found"],
            "approver": "customer: it binds the provider" if provider else "customer, msp:<id> or vendor:<id>",
            "days": LONGEST_DAYS[control.severity],
        }  # fmt: skip
