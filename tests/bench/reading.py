# SPDX-License-Identifier: GPL-3.0-or-later
"""Times the ordinary reading on a host, each area for itself and all of them as an audit has them."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path
from typing import Any

from tests.lab.engine import Host
from tests.lab.podman import podman

PLUGINS = Path(__file__).resolve().parents[2] / "plugins"
FOLDER = "/root/reading/ansible_collections/bulwark/msp/plugins"
#: Runs on the host. Areas are read again in each measurement, those that others ask first.
MEASURE = """
import json, resource, sys, time
sys.path.insert(0, "/root/reading")
from ansible_collections.bulwark.msp.plugins.module_utils.areas import AREAS
from ansible_collections.bulwark.msp.plugins.module_utils.door import Door
from ansible_collections.bulwark.msp.plugins.module_utils.reading import Reading

def reading():
    return Reading(Door(), AREAS, log_hours={"failures": 24, "changes": 72, "sessions": 0})

begun, used = time.monotonic(), time.process_time()
facts, errors = reading().state(list(AREAS), 60)
seconds, used = time.monotonic() - begun, time.process_time() - used
most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
alone, areas = reading(), {}
for name in ("system", "accounts", "sshd", *AREAS):
    begun = time.monotonic()
    alone.area(name)
    areas.setdefault(name, round(time.monotonic() - begun, 3))

def used_by(*names):
    def processor():
        whole = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        return sum(each.ru_utime + each.ru_stime for each in whole)

    fresh = reading()
    fresh.area("system")
    begun = processor()
    for name in names:
        fresh.area(name)
    return round(processor() - begun, 3)

print(json.dumps({
    "package_state_cpu": [used_by("packages", "updates") for _time in range(5)],
    "seconds": round(seconds, 2), "cpu_seconds": round(used, 2), "most_mib": round(most, 1),
    "state_mib": round(len(json.dumps(facts)) / 2**20, 1), "load": open("/proc/loadavg").read().split()[0],
    "failures": {name: facts["failures"][name] for name in ("logs", "unknown_names", "full")},
    "slowest": dict(sorted(areas.items(), key=lambda area: -area[1])[:8]), "errors": errors[:20],
}))
"""


def read_on(host: Host) -> dict[str, Any]:
    """Return seconds, MiB and what could not be read, of a reading on the host as root."""
    put_reader(host)
    figures: dict[str, Any] = measured(host, MEASURE)
    return figures


def put_reader(host: Host) -> None:
    """Lay what reads a host where MEASURE and its like look for it."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        tar.add(PLUGINS / "module_utils", FOLDER + "/module_utils")
    podman("cp", "--archive=false", "-", f"{host.container}:/", stdin=packed.getvalue())


def measured(host: Host, script: str) -> Any:
    """Return the JSON that a script of Python prints on the host."""
    host.put("/root/measure.py", script)
    return json.loads(host.run("python3 /root/measure.py").stdout)
