# SPDX-License-Identifier: GPL-3.0-or-later
"""What it takes to index a tracker of 60,000 CVEs and 40 MB: seconds and the peak of memory, in a fresh process."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

CVES = 60_000
PACKAGES = 3_000
EXPLOITED = 1_500
RELEASES = ("bullseye", "bookworm", "trixie", "forky", "sid")
MEGABYTES = 40


def write_sources(folder: Path) -> None:
    """Write a catalogue and a tracker of that size, in their real forms."""
    cves = ["CVE-%d-%05d" % (2000 + number % 27, number) for number in range(CVES)]
    entries = [
        {"cveID": cve, "dateAdded": "2026-11-01", "dueDate": "2026-11-22", "knownRansomwareCampaignUse": "Unknown"}
        for cve in cves[:: CVES // EXPLOITED]
    ]
    catalogue = {"dateReleased": "2026-11-20T12:00:00Z", "count": len(entries), "vulnerabilities": entries}
    (folder / "kev.json").write_text(json.dumps(catalogue), encoding="utf-8")
    tracker: dict[str, dict[str, Any]] = {}
    for number, cve in enumerate(cves):
        tracker.setdefault("package%d" % (number % PACKAGES), {})[cve] = _entry(number)
    text = json.dumps(tracker)
    (folder / "tracker.json").write_text(text, encoding="utf-8")
    if len(text) < MEGABYTES * 1_000_000:
        raise ValueError("the tracker has only %d bytes" % len(text))


def _entry(number: int) -> dict[str, Any]:
    fixed = {"status": "resolved", "fixed_version": "1.%d-1" % number, "urgency": "not yet assigned"}
    return {
        "description": "A flaw that was made for measuring, and told in as many words as those usually are. " * 2,
        "scope": "remote",
        "releases": {
            release: {**fixed, "repositories": {release: "1.%d-1" % number}} for release in RELEASES[: 2 + number % 4]
        },
    }


def measure(folder: Path) -> tuple[float, float]:
    """Index the sources of `folder` in a fresh process; return seconds and MiB."""
    done = subprocess.run([sys.executable, __file__, str(folder)], check=True, capture_output=True, text=True)
    seconds, mebibytes = map(float, done.stdout.split())
    return seconds, mebibytes


def main(folder: Path) -> None:
    """Index, and print what it took."""
    sys.path.insert(0, str(Path(__file__).resolve().parents[2] / ".ansible" / "collections"))
    from ansible_collections.bulwark.msp.plugins.plugin_utils.sources.indexing import index, warnings

    begun = time.perf_counter()
    known = index(str(folder / "kev.json"), [{"system": "debian", "source": str(folder / "tracker.json")}])
    taken = time.perf_counter() - begun
    if warnings(known) or known.data["debian"].cves != CVES:
        raise ValueError("the tracker was not read: %s" % warnings(known))
    status = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    peak = next(int(line.split()[1]) for line in status if line.startswith("VmHWM:"))
    sys.stdout.write("%.3f %.1f\n" % (taken, peak / 1024))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
