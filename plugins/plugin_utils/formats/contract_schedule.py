# SPDX-License-Identifier: GPL-3.0-or-later
"""contract-schedule.md: the measures and thresholds in force for one customer, to attach to its contract."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from ..drift.shapes import Bound, RunInfo, View
from ..judges.records.promises import PROMISES
from . import templates, wording
from .markdown import Verbatim, escaped

TEMPLATE = "contract-schedule.md.j2"
#: What each topic of a contract is about, for people who sign it.
TOPICS: Mapping[str, str] = {
    "mfa_services": "A second factor for the services that the customer buys",
    "mfa_msp_accounts": "A second factor for every account of the provider",
    "no_credential_reuse": "No credential that opens another customer",
    "sem_coverage": "Security events are collected and watched",
    "log_visibility": "The customer sees the logs, and what the provider does",
    "least_privilege": "Nobody holds more rights than the work needs",
    "updates": "Updates, and how soon they are installed",
    "backup": "Backups",
    "ir_recovery": "Response to incidents, and recovery",
    "security_expectations": "What is expected of the provider's own security",
    "responsibilities": "Who is responsible for what",
    "audit_right": "The customer's right to check",
    "subcontractors": "Which other firms take part",
    "exit": "What happens at the end of the contract",
}


def render(view: View, run: RunInfo) -> Iterator[str]:
    """Yield the page in pieces."""
    environment = templates.environment(Path(__file__).parent, escaped, html=False)
    # Inside the block of code nothing is Markdown; what stands there is variables and numbers.
    environment.filters["verbatim"] = Verbatim
    template = environment.get_template(TEMPLATE)
    shown = {measure.control for section in view.schedule for measure in section.measures}
    topics = [
        (text, [control for control in PROMISES["ev-contract"].get(topic, ()) if control in shown])
        for topic, text in TOPICS.items()
    ]
    bounds = [bound for section in view.schedule for bound in section.bounds]
    return template.generate(view=view, run=run, topics=topics, bounds=bounds, values=_values, words=wording)


def _values(bound: Bound) -> str:
    """Return a threshold's values as people read them: one number, or each with its hosts."""
    if len(bound.values) == 1:
        return str(bound.values[0][0])
    return wording.joined(["%d on %s" % (value, wording.number_of(hosts, "host")) for value, hosts in bound.values])
