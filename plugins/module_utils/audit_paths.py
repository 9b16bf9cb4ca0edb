# SPDX-License-Identifier: GPL-3.0-or-later
"""Files and folders whose changes the kernel's audit is to record, where they are there, by what they are about."""

from __future__ import annotations

IDENTITY = (
    "/etc/passwd", "/etc/shadow", "/etc/group", "/etc/gshadow", "/etc/nsswitch.conf", "/etc/authselect",
    "/etc/sudoers", "/etc/sudoers.d", "/etc/pam.conf", "/etc/pam.d", "/etc/security", "/etc/security/opasswd",
    "/etc/ssh/sshd_config", "/etc/ssh/sshd_config.d",
)  # fmt: skip
#: Beside the files of second factors themselves, which PAM's configuration names.
MFA = ("/etc/hosts", "/etc/pam.d", "/etc/duo")
TAMPER = (
    "/etc/localtime", "/etc/crontab", "/etc/anacrontab", "/etc/cron.d", "/etc/cron.hourly", "/etc/cron.daily",
    "/etc/cron.weekly", "/etc/cron.monthly", "/etc/cron.allow", "/etc/cron.deny", "/var/spool/cron", "/etc/at.allow",
    "/etc/at.deny", "/var/spool/at", "/etc/systemd", "/usr/local/lib/systemd", "/etc/audit", "/etc/rsyslog.conf",
    "/etc/rsyslog.d", "/etc/syslog-ng", "/var/log/lastlog", "/var/log/wtmp", "/var/log/btmp",
    "/var/lib/lastlog/lastlog2.db", "/var/lib/wtmpdb/wtmp.db", "/run/utmp", "/run/faillock", "/var/log/faillock",
)  # fmt: skip
