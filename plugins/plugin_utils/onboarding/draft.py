# SPDX-License-Identifier: GPL-3.0-or-later
"""The folder that an onboarding leaves: an inventory of one customer with proposals as variables, to be edited.

What every host has stands once, for the customer's group; the rest with its host. Names that come from hosts are data:
none becomes a template, and none ends a comment.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import yaml

from ..results import encoded
from ..text import clean
from .found import Found, Proposal

TEMPLATE = re.compile(r"\{\{|\{%|\{#")
PROPOSALS = "proposed.yml"
WIDTH = 110
README = """\
# %(customer)s, as it was found

Hosts read on %(day)s: %(count)d. Nothing in here was approved by anybody, and nothing of it makes a control pass: on a
host that is already somebody else's, what is there is theirs.

Go through every entry of the files `%(proposals)s`:

- What nobody can explain is a finding. Delete the entry, and look at the host.
- What is right gets its party, kind and person, `status: approved`, and under `approved_by` and `approved_on` who says
  so and on which day (YYYY-MM-DD). An entry that calls itself approved without both is refused.

Then use the folder as an inventory, or move its files into yours:

    ansible-playbook bulwark.msp.audit -i %(folder)s/hosts.yml
%(unread)s"""
HEAD = """\
---
# Found on %(what)s on %(day)s. A proposal makes nothing pass until somebody approves it, with a name and a day.
"""


class _Unsafe(str):
    """A text that Ansible must not take for a template."""


class _Dumper(yaml.SafeDumper):
    """Writes entries as people do: indented lists, empty values empty."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> Any:
        """Indent lists too, as yamllint has it by default."""
        return super().increase_indent(flow, False)


_Dumper.add_representer(_Unsafe, lambda dumper, text: dumper.represent_scalar("!unsafe", str(text), style="'"))
_Dumper.add_representer(type(None), lambda dumper, _none: dumper.represent_scalar("tag:yaml.org,2002:null", ""))


def files(
    customer: str, hosts: Mapping[str, Mapping[str, Any]], found: Mapping[str, Found], day: str, folder: str
) -> dict[str, str]:
    """Return {path below the folder: text}.

    hosts: how each is reached, as connection variables. found: what was found on each that was read. day: YYYY-MM-DD.
    """
    group = _identifier(customer)
    common = _common(found)
    written = {
        "README.md": README % {
            "customer": clean(customer), "count": len(found), "day": day, "proposals": PROPOSALS, "folder": folder,
            "unread": _unread(hosts, found),
        },
        "hosts.yml": "---\n" + _yaml({group: {"hosts": {host: dict(how) or None for host, how in hosts.items()},
                                              "vars": {"bulwark_customer": customer}}}),
    }  # fmt: skip
    if common:
        written["group_vars/%s/%s" % (group, PROPOSALS)] = _proposals(
            common, group, {"what": "all of its hosts", "day": day}
        )
    for host, own in found.items():
        rest = {
            register: [one for one in proposals if _identity(one) not in map(_identity, common.get(register, ()))]
            for register, proposals in own.proposals.items()
        }
        if any(rest.values()):
            path = "host_vars/%s/%s" % (encoded(host), PROPOSALS)
            written[path] = _proposals(rest, _identifier(host), {"what": clean(host), "day": day})
    return written


def _common(found: Mapping[str, Found]) -> dict[str, list[Proposal]]:
    """Return the proposals that every one of several hosts makes in the same words."""
    if len(found) < 2:
        return {}
    first, *others = found.values()
    same = {
        register: [
            one
            for one in proposals
            if all(_identity(one) in map(_identity, other.proposals.get(register, ())) for other in others)
        ]
        for register, proposals in first.proposals.items()
    }
    return {register: proposals for register, proposals in same.items() if proposals}


def _identity(proposal: Proposal) -> str:
    return json.dumps(proposal.entry, sort_keys=True)


def _proposals(registers: Mapping[str, list[Proposal]], owner: str, about: Mapping[str, str]) -> str:
    text = HEAD % about
    for register, proposals in registers.items():
        if proposals:
            text += "\n%s_%s:\n" % (register, owner)
            text += "".join(_entry(proposal) for proposal in proposals)
    return text


def _entry(proposal: Proposal) -> str:
    remark = "  # %s\n" % clean(proposal.remark, WIDTH) if proposal.remark else ""
    lines = _yaml([proposal.entry]).splitlines(keepends=True)
    return remark + "".join("  " + line for line in lines)


def _yaml(value: Any) -> str:
    return yaml.dump(_data(value), Dumper=_Dumper, sort_keys=False, default_flow_style=False, width=WIDTH)


def _data(value: Any) -> Any:
    """Return a copy in which no text can be taken for a template."""
    if isinstance(value, Mapping):
        return {_data(key): _data(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_data(item) for item in value]
    return _Unsafe(value) if isinstance(value, str) and TEMPLATE.search(value) else value


def _identifier(name: str) -> str:
    """Return a name that Ansible takes for a group, and as a part of a variable's name."""
    found = re.sub(r"[^A-Za-z0-9_]", "_", name)
    return found if found[:1].isalpha() or found[:1] == "_" else "_" + found


def _unread(hosts: Mapping[str, Any], found: Mapping[str, Found]) -> str:
    lines = ["- %s was not read" % clean(host) for host in hosts if host not in found]
    lines += ["- %s: %s" % (clean(host), clean(reason)) for host, own in found.items() for reason in own.unread]
    return "\nNot everything could be read:\n\n%s\n" % "\n".join(lines) if lines else ""
