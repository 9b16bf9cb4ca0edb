# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether credentials lie on the host that open others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...declared.subjects import declared_keys
from ...evaluators.deep import at_path, deep, named
from ...evaluators.verdict import Case, Item, Judges, Verdict, verdict

JUDGES = Judges()


@JUDGES.of("lin-ns-no-foreign-keys")
def no_foreign_keys(case: Case) -> Verdict:
    """Outside the declared places there is no private key, token or cloud credential, nor an agent's socket."""
    reading = deep(case, "credentials", "agents")
    accepted = {*case.policy["bulwark_credential_places"], *declared_keys(case.registers)}
    keys = [
        at_path(found, "%s at %s, %s" % (found["kind"], named(found), _whose(case, found)))
        for found in reading.found("credentials")
        if not accepted & set(found["places"])
    ]
    agents = reading.found("agents")
    return verdict(
        "no private key, kubeconfig, token or cloud credential outside bulwark_credential_places and what "
        "bulwark_collectors names, and no socket of a forwarded agent",
        [*keys, *(_agent(case, found) for found in agents)], reading.unread, reading.evidence, aged=reading.aged,
        severity=_severity(keys, agents),
    )  # fmt: skip


def _whose(case: Case, found: Mapping[str, Any]) -> str:
    account = case.registers.account(found["owner"])
    if account is not None and account.external:
        return "in the hands of %s, an account of %s" % (found["owner"], account.party)
    return "owned by %s; whose it is, the file doesn't tell" % found["owner"]


def _agent(case: Case, found: Mapping[str, Any]) -> Item:
    state = "answers" if found["answers"] else "was left behind"
    return at_path(found, "the socket of an SSH agent %s at %s, %s" % (state, named(found), _whose(case, found)), state)


def _severity(keys: Sequence[Item], agents: Sequence[Mapping[str, Any]]) -> str | None:
    """A socket at which nobody answers opens nothing: it only shows that an agent was forwarded."""
    return None if keys or not agents or any(found["answers"] for found in agents) else "low"
