# SPDX-License-Identifier: GPL-3.0-or-later
"""What the readers of CVE data share: the fixes they gather, and what they leave out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from .exploited import EVERY_PACKAGE, EVERY_RELEASE, Data, Fix
from .kev import shortened

#: Debian's tracker has some 70 MiB, Ubuntu's records in one archive 200.
LIMIT = 512 << 20
#: deb-version(7); one that begins with a letter or holds a blank is none.
VERSION = re.compile(r"([0-9]+:)?[0-9][A-Za-z0-9.+~-]{0,200}", re.ASCII)
UNREADABLE = "the entry in the CVE data is of another form"


class Malformed(ValueError):
    """An entry is of another form; the text says what is wrong with it."""


@dataclass
class Gathered:
    """Fixes by release and source package, as they are read. seen: the releases that the data says something of."""

    fixes: dict[str, dict[str, dict[str, Fix]]] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)
    cves: int = 0
    skipped: list[str] = field(default_factory=list)

    def add(self, release: str, package: str, fix: Fix) -> None:
        """Take up a fix; where a flaw of a package stands twice, the first counts and the second is told."""
        known = self.fixes.setdefault(release, {}).setdefault(package, {})
        if fix.cve in known:
            self.skipped.append("%s in %s: stands there twice for %s" % (fix.cve, package, release))
        else:
            known[fix.cve] = fix

    def unreadable(self, package: str, cve: str, reason: object, release: str = EVERY_RELEASE) -> None:
        """Note that an entry is of another form: whether the package is open to the flaw can't be told."""
        self.skipped.append("%s in %s: %.120s" % (cve, package, reason))
        known = self.fixes.setdefault(release, {}).setdefault(package, {})
        known.setdefault(cve, Fix(cve, unclear=UNREADABLE))

    def broken(self, cve: str) -> None:
        """Note that nothing can be told of a flaw, in whatever package."""
        self.unreadable(EVERY_PACKAGE, cve, UNREADABLE)

    def data(self, system: str, source: str, written: date | None) -> Data:
        """Return all that was gathered."""
        releases: dict[str, Mapping[str, tuple[Fix, ...]]] = {release: {} for release in sorted(self.seen)}
        for release, packages in self.fixes.items():
            releases[release] = {package: tuple(fixes.values()) for package, fixes in packages.items()}
        return Data(system, source, releases, written, self.cves, shortened(self.skipped))


def version(value: Any) -> str:
    """Return a version without the blanks around it; raises Malformed where it is none."""
    if not isinstance(value, str) or not VERSION.fullmatch(value.strip()):
        raise Malformed("%.60r is no version" % (value,))
    return value.strip()


def mapping(value: Any, what: str) -> Mapping[str, Any]:
    """Return a value that must be an object; raises Malformed."""
    if not isinstance(value, Mapping):
        raise Malformed("%s is no object" % what)
    return value
