# SPDX-License-Identifier: GPL-3.0-or-later
"""Made-up estates: everything passes on hosts and in records, but for what a test says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.bulwark.msp.plugins.plugin_utils.catalogue.catalogue import load
from ansible_collections.bulwark.msp.plugins.plugin_utils.fleet.all import FLEET_JUDGES
from ansible_collections.bulwark.msp.plugins.plugin_utils.outcomes.tables import Outcomes, Population, outcomes
from ansible_collections.bulwark.msp.plugins.plugin_utils.outcomes.tally import Index, Tally

CATALOGUE = load()
INDEX = Index(CATALOGUE, FLEET_JUDGES)
ON_HOSTS = [each.id for each in CATALOGUE.controls.values() if each.judged and each.id not in FLEET_JUDGES]
OWN = [*FLEET_JUDGES, *CATALOGUE.records]

#: What a test says of a control or record: a status, or the kind of a waiver.
Said = Mapping[str, str]


def finding(id_: str, said: str = "pass", assurance: str = "configured") -> dict[str, Any]:
    """Return as much of a finding as outcomes look at."""
    if said in ("alternate_control", "risk_accepted", "false_positive"):
        return {"control": id_, "status": "waived", "assurance": assurance, "waiver": {"kind": said}}
    return {"control": id_, "status": said, "assurance": assurance if said in ("pass", "fail") else None}


def told(
    hosts: Iterable[Said], own: Said | None = None, population: Population | None = None, left_out: Iterable[str] = ()
) -> Outcomes:
    """Return the tables of an estate. hosts: what is said of each; own: of its records and across its hosts.

    left_out: what the run did not judge.
    """
    tally, left = Tally(), set(left_out)
    findings = [
        finding(id_, (own or {}).get(id_, "pass"), "attested" if id_ in CATALOGUE.records else "effective")
        for id_ in OWN
        if id_ not in left
    ]
    tally.add_own("acme", INDEX.answers(findings, own=True))
    for said in hosts:
        findings = [finding(id_, said.get(id_, "pass")) for id_ in ON_HOSTS if id_ not in left]
        tally.add_host("acme", INDEX.answers(findings, own=False))
    return outcomes(INDEX, tally, population or Population({"linux": tally.hosts}), CATALOGUE)
