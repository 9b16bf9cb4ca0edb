# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes out what the catalogue knows of a control, a record or a recommendation, as Markdown."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from ansible_collections.bulwark.msp.plugins.module_utils.areas import AREAS, module
from ansible_collections.bulwark.msp.plugins.plugin_utils.catalogue.catalogue import (
    Catalogue,
    Control,
    Recommendation,
)
from ansible_collections.bulwark.msp.plugins.plugin_utils.declared.waivers import LONGEST_DAYS

FRAMEWORKS = {
    "essential_eight": "Essential Eight",
    "ism": "ISM",
    "cis_v8": "CIS v8",
    "nist_800_53": "NIST SP 800-53 r5",
    "csf_2": "CSF 2.0",
    "iso_27001": "ISO/IEC 27001:2022",
}
PLATFORMS = {"debian": "Debian", "ubuntu": "Ubuntu", "redhat": "the RHEL family"}
LANES = {
    "fast": "read in every audit",
    "deep": "read by the weekly deep audit",
    "fleet": "found by comparing hosts",
    "record": "needs data from outside the host",
}
#: What a judge goes by that is not the host's state.
BESIDE = {
    "exploited": "CISA's catalogue of known exploited vulnerabilities, joined on the controller with the "
    "distribution's own data on fixes",
    "earlier": "what the last run that read the host remembered",
    "records": "the customer's records in `bulwark_evidence_dir`",
}
ENFORCE = {
    "safe": "on by default",
    "guarded": "only under commit-confirm",
    "staged": "opt-in through `bulwark_staged`",
    "never": "never; it is reported only",
}
RISKS = {
    "access": "It can cut somebody's access.",
    "service": "It can stop a service.",
    "none": "It changes nothing that anybody depends on.",
}
AUTOMATION = {
    "automated": "It is judged from the host and what is declared; nobody has to vouch for anything.",
    "attested": "Part of it rests on what a person has attested.",
    "manual": "A person has to look.",
}
LOOSER = {"higher": "a higher or longer one", "lower": "a lower or shorter one", "none": "neither direction"}
#: An approval day for the example of a waiver; any day shows the rule.
EXAMPLE_DAY = date(2026, 1, 15)


def page(control: Control, catalogue: Catalogue) -> str:
    """Return the page of a control: everything for a judged one, what the catalogue knows for a planned one."""
    parts = [f"# {control.title or control.id}", _summary(control, catalogue)]
    if control.judged:
        parts += [
            "## Why",
            marked(control.why),
            "## What is read",
            _read(control),
            "## When it passes",
            marked(control.passes),
            AUTOMATION[control.automation],
        ]
    parts += ["## The check in the catalogue", control.check]
    if control.judged:
        parts += [
            "## How it is enforced",
            _enforcement(control, catalogue),
            "## How to waive it",
            _waiver(control, catalogue),
            "## Variables",
            variables(control.variables, catalogue),
        ]
    parts += ["## What it serves", served(catalogue.recommendations_of(control.id))]
    return "\n\n".join(parts) + "\n"


def recommendation_page(recommendation: Recommendation, catalogue: Catalogue) -> str:
    """Return a recommendation and the ids of the controls and records that serve it."""
    serving = ", ".join(f"`{item.id}`" for item in catalogue.serving(recommendation.id))
    parts = [f"# {recommendation.id}", served([recommendation]), f"Served by {serving}."]
    return "\n\n".join(parts) + "\n"


def table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a Markdown table."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(str(cell).replace("|", "\\|") for cell in line) + " |" for line in lines)


def _summary(control: Control, catalogue: Catalogue) -> str:
    heading = next(section.heading for section in catalogue.sections if section.name == control.section)
    facts = [f"`{control.id}`", heading, f"severity **{control.severity}**", f"origin {control.origin}"]
    facts.append(LANES[control.lane])
    if not control.judged:
        return " · ".join(facts) + f"\n\n**Planned**: it is not judged yet. Enforced: {ENFORCE[control.enforce]}."
    facts.append("on " + ", ".join(PLATFORMS[platform] for platform in control.platforms))
    return " · ".join(facts) + _gate(control)


def _gate(control: Control) -> str:
    if not control.gates_remote_access:
        return ""
    raised = (
        "" if control.severity == "critical" else ", and counts one severity higher on a host that faces the internet"
    )
    return f"\n\nIt stands between a stranger and a remote login{raised}."


def marked(text: str) -> str:
    """Return `text` with the names of variables and controls set as code."""
    return re.sub(r"\b(bulwark_\w+|(lin|win|net|ev)-[a-z]+-[a-z-]+)\b", r"`\1`", text)


def _read(control: Control) -> str:
    return "\n".join(f"- {_area(name)}" for name in control.reads)


def _area(name: str) -> str:
    """Return what is read in words: of an area the first line of its reader, which begins "Area `name`: "."""
    if name in BESIDE:
        return BESIDE[name]
    text = (module(name).__doc__ or "") if name in AREAS else ""
    return text.partition("\n")[0].removeprefix("Area ") or f"`{name}`"


def _enforcement(control: Control, catalogue: Catalogue) -> str:
    if control.enforce == "never":
        return marked(control.enforcement)
    parts = [f"Enforced: {ENFORCE[control.enforce]}. {RISKS[control.risk]}"]
    if control.playbook != "harden":
        parts = [f"Enforced: by the playbook `bulwark.msp.{control.playbook}`, not by `harden`. {RISKS[control.risk]}"]
    elif control.id not in catalogue.enforced():
        parts.append("**Not built yet**: `harden` leaves it alone. It is going to work like this.")
    parts.append(marked(control.enforcement))
    parts.append("It touches " + ", ".join(f"`{name}`" for name in control.touches) + ".")
    return "\n\n".join(parts)


def _waiver(control: Control, catalogue: Catalogue) -> str:
    days = LONGEST_DAYS[control.severity]
    approver = (
        "It serves a recommendation that binds the provider, so only somebody of party `customer` can approve it."
        if catalogue.binds_provider(control.id)
        else "Anybody whom the customer trusts with it can approve it; no recommendation here binds the provider."
    )
    example = f"""```yaml
bulwark_waivers:
  - control: {control.id}
    hosts: example-host
    kind: risk_accepted  # or alternate_control, false_positive
    owner: Who answers for it
    approved_by:
      name: Who approved it
      party: customer
      "on": "{EXAMPLE_DAY}"  # in quotes: without them YAML reads the key as true
    reason: Why it can't be put right yet
    compensating: What protects instead
    expires: "{EXAMPLE_DAY + timedelta(days=days)}"
```"""
    life = f"A {control.severity} control can be waived for at most {days} days from the approval."
    return f"{life} {approver} A waiver turns `fail` into `waived` and nothing else.\n\n{example}"


def variables(names: Sequence[str], catalogue: Catalogue) -> str:
    """Return a table of policy and registers with their defaults and origins."""
    if not names:
        return "None: there is nothing to set."
    options = catalogue.argument_spec()
    rows = []
    for name in names:
        threshold = catalogue.thresholds.get(name)
        text = " ".join(str(options[name]["description"]).split())
        if threshold is None:
            rows.append([f"`{name}`", "register", "", "", "", text])
            continue
        strict = _value(threshold.strict) if threshold.strict != threshold.default else "the same"
        rows.append([f"`{name}`", _value(threshold.default), strict, threshold.origin, LOOSER[threshold.looser], text])
    return table(["Variable", "Default", "Under `strict`", "Origin", "Weakened by", "Meaning"], rows)


def _value(value: object) -> str:
    return f"`{json.dumps(value)}`"


def served(recommendations: Sequence[Recommendation]) -> str:
    """Return what recommendations ask for, and where they stand in other frameworks."""
    texts = [
        f"- **{served.id}** (binds {served.binds}, {served.type}, {served.severity}): {served.requirement}"
        for served in recommendations
    ]
    rows = [[served.id, *(_mapped(served, framework) for framework in FRAMEWORKS)] for served in recommendations]
    notes = [f"{served.id}: {served.mappings_note}." for served in recommendations if served.mappings_note]
    return "\n\n".join(["\n".join(texts), table(["", *FRAMEWORKS.values()], rows), *notes])


def _mapped(served: Recommendation, framework: str) -> str:
    references = served.mappings.get(framework, ())
    return ", ".join(reference.id + (" (?)" if reference.unsure else "") for reference in references)
