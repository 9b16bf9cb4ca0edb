# SPDX-License-Identifier: GPL-3.0-or-later
"""A host whose updates are known, and the flaws of which some are exploited."""

from __future__ import annotations

from datetime import date
from typing import Any

from ansible_collections.bulwark.msp.plugins.plugin_utils.declared.registers import build
from ansible_collections.bulwark.msp.plugins.plugin_utils.evaluators.context import Context
from ansible_collections.bulwark.msp.plugins.plugin_utils.evaluators.facts import Facts
from ansible_collections.bulwark.msp.plugins.plugin_utils.evaluators.verdict import Case
from ansible_collections.bulwark.msp.plugins.plugin_utils.sources.exploited import Data, Exploited, Feed, Fix, Flaw

from tests.unit.judges.host import policy

#: The kernel that runs.
BUILD = "6.1.10-1"
ADDED = date(2026, 11, 1)


def update(package: str, source: str, installed: str, candidate: str, **more: Any) -> dict[str, Any]:
    return {"package": package, "source": source, "installed": installed, "candidate": candidate, "security": True,
            "held": False, "origin": "Debian", "archive": "oldstable-security", **more}  # fmt: skip


OPENSSL = update("openssl", "openssl", "3.0.20-1", "3.0.22-1")
LIBSSL = update("libssl3", "openssl", "3.0.20-1", "3.0.22-1")
NGINX = update("nginx", "nginx", "1.22.1-9", "1.22.1-11")
BASH = update("bash", "bash", "5.2-1", "5.2-2", security=False)


def case(
    *pending: dict[str, Any],
    fixes: dict[str, list[Fix]] | None = None,
    triage: bool = False,
    kernel: str = "6.1.0-1-amd64",
    more: dict[str, str] | None = None,
) -> Case:
    """A Debian 12 with these updates pending. fixes: by source package; None: bulwark_kev is not set."""
    sources: dict[str, dict[str, Any]] = {}
    for entry in pending:
        of = sources.setdefault(entry["source"], {"version": entry["installed"], "binaries": []})
        of["binaries"].append(entry["package"])
    installed = {entry["package"]: entry["installed"] for entry in pending}
    for name, version in (more or {}).items():
        installed[name] = version
        image = name.startswith("linux-image-")
        of = sources.setdefault("linux" if image else name, {"version": version, "binaries": []})
        of["binaries"].append(name)
    areas = {
        "system": {"family": "debian", "kernel": kernel,
                   "release": {"id": "debian", "version_id": "12", "version_codename": "bookworm"}},
        "packages": {"sources": sources, "installed": installed},
        "updates": {"pending": list(pending)},
        "running": {"kernel": {"release": kernel, "build": "#1 SMP Debian %s (2026-01-01)" % BUILD}},
    }  # fmt: skip
    known = None
    if fixes is not None:
        flaws = {fix.cve: Flaw(fix.cve, ADDED, triage=triage) for each in fixes.values() for fix in each}
        data = Data("debian", "tracker", {"bookworm": {name: tuple(each) for name, each in fixes.items()}})
        known = Exploited(Feed("kev", flaws=flaws), {"debian": data})
    return Case(
        Facts({"areas": areas, "errors": []}), policy(), build({}), date(2026, 11, 23), Context(exploited=known)
    )
