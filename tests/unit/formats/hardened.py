# SPDX-License-Identifier: GPL-3.0-or-later
"""The sample's report as harden leaves it: what was done to acme's hosts, or in check mode would be done."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.bulwark.msp.plugins.plugin_utils.catalogue import catalogue
from ansible_collections.bulwark.msp.plugins.plugin_utils.drift.enforced import Enforcing
from ansible_collections.bulwark.msp.plugins.plugin_utils.drift.model import HostPage, ReportModel
from ansible_collections.bulwark.msp.plugins.plugin_utils.enforce.record import record

from tests.unit.formats import sample

DROP_IN = "/etc/ssh/sshd_config.d/00-bulwark-%s.conf"
LOST = "a fresh login failed: connection timed out during banner exchange"
OUT = "backup from 10.10.20.0/24 would be out: no way in is left to it without a password"
#: host: outcome, reason, seconds and what became of its controls: state, reason, tasks.
Task = tuple[str, list[tuple[str, str, str | None, str | None]]]
Work = tuple[str, str, list[Task]]
NO_ROOT: list[Task] = [("Let nobody log in as root", [
    ("file", DROP_IN % "lin-ic-ssh-no-root", None,
     "# Managed by bulwark.msp: lin-ic-ssh-no-root\nPermitRootLogin no\n"),
])]  # fmt: skip
FAILLOCK: list[Task] = [
    ("Lock an account for a while after a few failures", [
        ("file", "/etc/security/faillock.conf", "# deny = 3\n# unlock_time = 600\n", "deny = 5\nunlock_time = 900\n")]),
    ("Ask pam_faillock at each login", [
        ("program", "pam-auth-update", None, "enable bulwark-faillock"),
        ("file", "/etc/pam.d/common-auth",
         "# here are the per-package modules\nauth\t[success=1 default=ignore]\tpam_unix.so nullok\n"
         "auth\trequisite\tpam_deny.so\n",
         "# here are the per-package modules\nauth\trequisite\tpam_faillock.so preauth\n"
         "auth\t[success=2 default=ignore]\tpam_unix.so\nauth\t[default=die]\tpam_faillock.so authfail\n"
         "auth\trequisite\tpam_deny.so\n")]),
]  # fmt: skip
METHODS: list[Task] = [("Ask for a key and a code", [
    ("package", "libpam-oath", None, "installed"),
    ("file", "/etc/users.oath", None, "HOTP/T30/6 anna - 00112233445566778899\n"),
    ("file", DROP_IN % "lin-mf-ssh-methods", None,
     "# Managed by bulwark.msp: lin-mf-ssh-methods\nAuthenticationMethods publickey,keyboard-interactive\n"),
])]  # fmt: skip
VERBOSE: list[Task] = [("Log which key was used", [
    ("file", DROP_IN % "lin-lm-ssh-verbose", None, "# Managed by bulwark.msp: lin-lm-ssh-verbose\nLogLevel VERBOSE\n"),
])]  # fmt: skip
DONE: Mapping[str, tuple[str, str, float, Mapping[str, Work]]] = {
    "acme-db": ("confirmed", "", 4.1, {
        "lin-ic-ssh-no-root": ("changed", "", NO_ROOT),
        "lin-ic-faillock": ("changed", "", FAILLOCK),
        "lin-mf-ssh-methods": ("left", "bulwark_accounts declares no factors for anna", []),
        "lin-aa-key-hygiene": ("left", "it is never enforced: a key belongs to its owner, who makes a new one", [])}),
    "acme-web": ("reverted", LOST, 121.4, {
        "lin-mf-ssh-methods": ("reverted", LOST, METHODS),
        "lin-ns-ssh-listen": ("reverted", LOST, [])}),
    "acme-backup": ("confirmed", "", 2.2, {
        "lin-ic-ssh-no-password": ("refused", OUT, []),
        "lin-lm-ssh-verbose": ("changed", "", VERBOSE)}),
}  # fmt: skip


def document(page: HostPage, check: bool) -> dict[str, Any] | None:
    """Return the host's enforcement document; None where there is none."""
    if page.row.host not in DONE:
        return None
    outcome, reason, seconds, controls = DONE[page.row.host]
    statuses = {finding["control"]: finding["status"] for finding in page.document["findings"]}
    told = record.Told(check, before=dict.fromkeys(statuses, "fail"), judged_again=outcome == "confirmed")
    if check:
        outcome, reason = "would_change", ""
        controls = {
            id_: ("would_change", "", work[2]) if work[2] else work
            for id_, work in controls.items()
            if work[0] != "reverted" or work[2]
        }
        told.judged_again = False
    told.take({
        "outcome": outcome, "reason": reason, "seconds": seconds,
        "controls": {
            id_: {"state": state, "reason": why, "tasks": [
                {"task": "%s | %s" % (id_, task), "changes": [
                    {"kind": kind, "name": name, "before": before, "after": after, "masked": False}
                    for kind, name, before, after in changes]}
                for task, changes in tasks]}
            for id_, (state, why, tasks) in controls.items()
        },
    })  # fmt: skip
    return record.document(sample.RUN, page.row.host, page.row.customer, told, statuses)


def model(check: bool = False) -> ReportModel:
    """Return the sample's report as that of a run of harden."""
    known = catalogue.load()
    made = sample.model()
    pages = [dataclasses.replace(page, enforcement=document(page, check)) for page in made.documents()]

    def of(customer: str | None) -> list[HostPage]:
        return [page for page in pages if customer in (None, page.row.customer)]

    def documents(customer: str | None) -> Iterator[HostPage]:
        return iter(of(customer))

    def view(one: Any) -> Any:
        enforcing = Enforcing()
        for page in of(one.customer):
            if page.enforcement:
                enforcing.add(page.enforcement)
        return dataclasses.replace(one, enforcement=enforcing.made(known))

    return dataclasses.replace(
        made, fleet=view(made.fleet), customers=tuple(map(view, made.customers)), _pages=documents
    )
