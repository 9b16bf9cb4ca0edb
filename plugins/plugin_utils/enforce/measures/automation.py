# SPDX-License-Identifier: GPL-3.0-or-later
"""lin-lp-automation-acct: keys of automation come from known places, and no password opens it."""

from __future__ import annotations

from typing import Any

from ....module_utils.ssh.authorized_key import names_sources
from ...evaluators.providers import scoped
from ...evaluators.sudoers import grants
from ...evaluators.verdict import Case
from ...judges.least_privilege.automation import registered
from ..steps import Left, Measures, Step, edit

MEASURES = Measures()


@MEASURES.of("automation_bound")
def automation_bound(case: Case, _arguments: Any, _control: str) -> list[Step]:
    """Have the keys of automation accounts come from their sources only, and lock their passwords.

    The keys of the account of the run stay as they are.
    """
    unbound: dict[str, tuple[str, ...]] = {}
    locked = []
    for account, user in registered(case):
        if grants(case, user) and not scoped(account):
            raise Left("bulwark_accounts: %s has no scope that says what sudo is to let it do" % account.name)
        loose = [
            key["path"]
            for key in case.facts["keys"]["authorized"]
            if key["user"] == account.name and not names_sources(key["options"])
        ]
        if loose and account.name == case.facts["system"]["account"]:
            raise Left("%s, by which this run comes, has a key without from=: put it there yourself" % account.name)
        if loose and not account.sources:
            raise Left("bulwark_accounts: %s has no sources that its key may come from" % account.name)
        unbound.update(dict.fromkeys(loose, account.sources))
        if case.facts["accounts"]["passwords"].get(account.name) in ("usable", "empty"):
            locked.append(account.name)
    steps = [edit(path, "authorized_keys", {"from": list(sources)}) for path, sources in unbound.items()]
    if locked:
        steps.append(edit("/etc/shadow", "shadow_lock", {"accounts": locked}, secret=True, volatile=True))
    return steps
