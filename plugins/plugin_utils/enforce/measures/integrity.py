# SPDX-License-Identifier: GPL-3.0-or-later
"""lin-lm-fim: AIDE compares every day what lets somebody in or stay: few files, so that it costs seconds."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ...evaluators.verdict import Case
from ..steps import HEADER, Left, Measures, Step, file, package, program, unit

MEASURES = Measures()
CONFIG = "/etc/bulwark/aide.conf"
STATE = "/var/lib/bulwark-aide"
LOG = "/var/log/bulwark-aide"
UNITS = "/etc/systemd/system"
AIDE = {"debian": "/usr/bin/aide", "redhat": "/usr/sbin/aide"}
FOLDER = re.compile(r"/[\w./+-]*[\w+-]", re.ASCII)
SETTINGS = """\
database_in=file:{state}/aide.db
database_out=file:{state}/aide.db.new
gzip_dbout=yes
report_url=file:{log}/aide.log
report_url=stdout
Kept = p+u+g+n+s+ftype+l+sha512
"""
#: The first database takes the host as it is; from then on only a person makes a new one.
MAKE = """\
[Unit]
Description=Make AIDE's first database
ConditionPathExists=!{state}/aide.db

[Service]
Type=oneshot
UMask=0077
StateDirectory=bulwark-aide
StateDirectoryMode=0700
LogsDirectory=bulwark-aide
LogsDirectoryMode=0750
TimeoutStartSec=60
ExecStart={aide} --config={config} --init
ExecStartPost=/usr/bin/mv {state}/aide.db.new {state}/aide.db
"""
CHECK = """\
[Unit]
Description=Compare files with AIDE's database
ConditionPathExists={state}/aide.db

[Service]
Type=oneshot
UMask=0077
Nice=10
IOSchedulingClass=idle
LogsDirectory=bulwark-aide
LogsDirectoryMode=0750
ExecStart={aide} --config={config} --check
# New, gone and changed files, in any combination: they are in the report and the journal, and no failure of AIDE.
SuccessExitStatus=1 2 3 4 5 6 7
"""
TIMER = """\
[Unit]
Description=When AIDE compares

[Timer]
OnCalendar=*-*-* 03:50:00
RandomizedDelaySec=1h
Persistent=true

[Install]
WantedBy=timers.target
"""


@MEASURES.of("files_watched")
def files_watched(case: Case, arguments: Mapping[str, Any], control: str) -> list[Step]:
    """Have AIDE compare files every day. arguments: paths, the files and folders that it compares.

    An AIDE that is set up gets its timer back, and its database is left as it is: a new one would bless what changed.
    """
    facts = case.facts["integrity"]
    if facts["syscheck"] and facts["syscheck"]["on"]:
        raise Left("Wazuh's syscheck watches the files, and its manager rules it: mend it there")
    if any(one["made"] and one["config"] != CONFIG for one in facts["aide"]):
        daily = "dailyaidecheck.timer"
        if facts["timers"] or facts["cron"] or case.facts["system"]["family"] == "redhat":
            raise Left("AIDE is set up and runs: what it told, or why it did not run, is somebody's to find out")
        return [unit(daily, active=True, enabled=True, masked=False)]
    if any(one["made"] for one in facts["aide"]) and facts["timers"]:
        raise Left("AIDE is set up and runs: find out why the files differ, then accept it by a new database")
    family = "redhat" if case.facts["system"]["family"] == "redhat" else "debian"
    words = {"state": STATE, "log": LOG, "config": CONFIG, "aide": AIDE[family]}
    for path in arguments["paths"]:
        if not FOLDER.fullmatch(path):
            raise Left("bulwark_fim_paths: %s is no plain absolute path" % path)
    lines = "".join("%s Kept\n" % path.replace(".", r"\.").replace("+", r"\+") for path in arguments["paths"])
    header = HEADER % control
    return [
        package("aide", [AIDE[family]]),
        program("aide", {"content": header + SETTINGS.format(**words) + lines}),
        file("%s/bulwark-aide-init.service" % UNITS, header + MAKE.format(**words)),
        file("%s/bulwark-aide.service" % UNITS, header + CHECK.format(**words)),
        file("%s/bulwark-aide.timer" % UNITS, header + TIMER),
        unit("bulwark-aide-init.service", active=True),
        unit("bulwark-aide.timer", active=True, enabled=True),
    ]
