# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.bulwark.msp.plugins.module_utils.door import Missing
from ansible_collections.bulwark.msp.plugins.module_utils.safeguard import staged_rsyslog


class Staged:
    """A door to a candidate that has one file more than the host."""

    text = ""

    def read(self, _path: str) -> str:
        return self.text

    def list(self, path: str) -> list[str]:
        if path != "/etc/rsyslog.d":
            raise Missing("%s does not exist" % path)
        return ["00-new.conf", "20-old.conf", "readme"]

    def place(self, path: str) -> str:
        return "/staged" + path if "new" in path else path


NAMED = "$IncludeConfig /staged/etc/rsyslog.d/00-new.conf\n$IncludeConfig /etc/rsyslog.d/20-old.conf"


@pytest.mark.parametrize(
    ("line", "copied"),
    [
        ("$IncludeConfig /etc/rsyslog.d/*.conf", NAMED),
        ('include(file="/etc/rsyslog.d/*.conf" mode="optional")', NAMED),
        ("  $includeconfig /etc/rsyslog.d/*.conf # all of them", NAMED),
        ("$IncludeConfig /etc/rsyslog.d/20-old.conf", "$IncludeConfig /etc/rsyslog.d/20-old.conf"),
        ("$IncludeConfig /etc/gone/*.conf", ""),
        ("# $IncludeConfig /etc/rsyslog.d/*.conf", "# $IncludeConfig /etc/rsyslog.d/*.conf"),
    ],
)
def test_a_copy_includes_what_the_candidate_has(tmp_path: Path, line: str, copied: str) -> None:
    door = Staged()
    door.text = 'module(load="imuxsock")\n%s\n*.* /var/log/all\n' % line
    text = Path(staged_rsyslog.copy(door, str(tmp_path))).read_text(encoding="utf-8")
    assert text == 'module(load="imuxsock")\n%s\n*.* /var/log/all\n' % copied


def test_complaints_name_the_real_files() -> None:
    said = (
        "rsyslogd: version 8.2302.0, config validation run (level 1), master config /tmp/x/rsyslog.conf\n"
        "rsyslogd: certificate file couldn't be accessed  [v8.2302.0 try https://www.rsyslog.com/e/2039 ]\n"
        "rsyslogd: error during parsing file /tmp/x/root/etc/rsyslog.d/a.conf, on or before line 2\n"
        "rsyslogd: End of config validation run. Bye.\n"
    )
    assert staged_rsyslog.complaints(said, "/tmp/x") == [
        "rsyslogd: certificate file couldn't be accessed",
        "rsyslogd: error during parsing file /etc/rsyslog.d/a.conf, on or before line 2",
    ]
