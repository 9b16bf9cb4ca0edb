# SPDX-License-Identifier: GPL-3.0-or-later
"""A journal of 4 GB: 32 files of 128 MiB, as journald closes them, and how long the ordinary reading of it takes.

One file is written by systemd-journal-remote, which closes it as journald does, full of lines with what journald notes
beside them, and some of journald's own on what it left out; the others are its copies, since what is asked of each is
the same.
"""

from __future__ import annotations

from tests.bench.reading import measured, put_reader
from tests.lab.engine import Host

FILES, BYTES, LINES = 32, 4 * 10**9, 160_000
MAKE = f"""
install -d /var/log/journal/$(cat /etc/machine-id)
cd /var/log/journal/$(cat /etc/machine-id)
python3 - >/run/past.export <<'END'
import base64, random, time
chance, now = random.Random(1), int(time.time())
noise = lambda: base64.b64encode(chance.randbytes(800)).decode()
for number in range({LINES}):
    at = (now - 86400 * 200) * 1000000 + number * 90000000
    print("__REALTIME_TIMESTAMP=%d\\n__MONOTONIC_TIMESTAMP=%d\\n_BOOT_ID=%032x" % (at, number * 90000000, 1))
    print("_UID=0\\n_PID=%d\\nPRIORITY=6\\nSYSLOG_IDENTIFIER=sshd\\n_EXE=/usr/sbin/sshd" % (number % 30000))
    if number % 1600:
        print("_TRANSPORT=syslog\\nMESSAGE=session %s of user%05d\\n" % (noise(), number % 5000))
    else:
        print("_TRANSPORT=driver\\nMESSAGE_ID=a596d6fe7bfa4994828e72309e95d61e\\nUNIT=web.service\\nN_DROPPED=7\\n")
END
/lib/systemd/systemd-journal-remote --output "$PWD/system@000.journal" /run/past.export 2>/dev/null
rm /run/past.export
mv system@000@*.journal system@000.journal
for number in $(seq 1 {FILES - 1}); do cp system@000.journal system@$(printf %03d $number).journal; done
chgrp systemd-journal system@*
"""
MEASURE = """
import json, sys, time
sys.path.insert(0, "/root/reading")
from ansible_collections.bulwark.msp.plugins.module_utils.areas import AREAS
from ansible_collections.bulwark.msp.plugins.module_utils.door import Door
from ansible_collections.bulwark.msp.plugins.module_utils.reading import Reading

seconds = []
for _time in range(5):
    reading = Reading(Door(), AREAS)
    for name in ("system", "units"):
        reading.area(name)
    begun = time.monotonic()
    facts = reading.area("journal").facts
    seconds.append(round(time.monotonic() - begun, 3))
print(json.dumps({"seconds": seconds, "bytes": facts["persistent"]["bytes"], "left_out": len(facts["suppressed"])}))
"""


def seconds_of_reading(host: Host) -> list[float]:
    """Give a host such a journal and return the seconds that the reader of it took there, run by run."""
    host.run(MAKE)
    put_reader(host)
    found = measured(host, MEASURE)
    if found["bytes"] < BYTES or not found["left_out"]:
        raise ValueError(f"the journal is not as it was to be made: {found}")
    seconds: list[float] = found["seconds"]
    return seconds
