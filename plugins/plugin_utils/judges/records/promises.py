# SPDX-License-Identifier: GPL-3.0-or-later
"""What a record promises and which controls show it: where one of these fails on a host, the record contradicts it.

Only controls that look at the very thing a clause is about stand here: a clause is not broken by what is merely near.
A control that nobody judges yet has no findings: it contradicts nothing, and leaves nothing open either.
"""

from __future__ import annotations

from collections.abc import Mapping

#: By kind of record and topic of a clause.
PROMISES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "ev-contract": {
        "mfa_services": ("lin-mf-ssh-methods",),
        "mfa_msp_accounts": ("lin-mf-ssh-methods",),
        "no_credential_reuse": ("lin-ns-key-reuse", "lin-ns-secret-reuse"),
        "sem_coverage": ("lin-lm-forward-tls", "lin-lm-forward-canary"),
        "log_visibility": ("lin-lm-dual-dest",),
        "least_privilege": ("lin-aa-msp-scope", "lin-lp-sudo-unrestricted"),
        "updates": ("lin-up-pending", "lin-up-kev"),
        "backup": ("lin-bk-fresh", "lin-bk-scope"),
        "ir_recovery": ("lin-bk-restore-test",),
        "exit": ("lin-oa-msp-contract-end",),
    },
}

#: Controls of which it has to be known on which hosts they hold.
PROMISED = frozenset(control for topics in PROMISES.values() for controls in topics.values() for control in controls)
