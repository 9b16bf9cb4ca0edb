# SPDX-License-Identifier: GPL-3.0-or-later
"""Times the reading of 400 rotated logs: what logrotate makes of them, how much they hold and how far back they go."""

from __future__ import annotations

from tests.bench.reading import measured, put_reader
from tests.lab.engine import Host

FILES = 400
#: Twenty logs, of each what twenty weeks left of it, packed.
MAKE = f"""
install -d /var/log/app
python3 - <<'END'
import gzip, os, time
for log in range(20):
    path = "/var/log/app/app%02d.log" % log
    with open(path, "w") as file:
        file.write("2026-11-01T00:00:00Z web app: line\\n" * 1000)
    for week in range(1, {FILES} // 20 + 1):
        with gzip.open("%s.%d.gz" % (path, week), "wb", 1) as file:
            file.write(b"2026-06-01T00:00:00Z web app: line\\n" * 10000)
        written = time.time() - week * 7 * 86400
        os.utime("%s.%d.gz" % (path, week), (written, written))
END
printf '/var/log/app/*.log {{\\n weekly\\n rotate 26\\n compress\\n}}\\n' >/etc/logrotate.d/app
"""
MEASURE = """
import json, sys, time
sys.path.insert(0, "/root/reading")
from ansible_collections.bulwark.msp.plugins.module_utils.areas import AREAS
from ansible_collections.bulwark.msp.plugins.module_utils.door import Door
from ansible_collections.bulwark.msp.plugins.module_utils.reading import Reading

taken = []
for _time in range(5):
    reading = Reading(Door(), AREAS)
    reading.area("system")
    begun = time.monotonic()
    logs = reading.area("log_files").facts["logs"]
    taken.append(time.monotonic() - begun)
    assert sum(log["rotated"] for path, log in logs.items() if path.startswith("/var/log/app/")) == 400
print(json.dumps(taken))
"""


def measure(host: Host) -> list[float]:
    """Return the seconds of each of five readings on a host, after it was given the logs."""
    put_reader(host)
    host.run(MAKE)
    taken: list[float] = measured(host, MEASURE)
    return taken
