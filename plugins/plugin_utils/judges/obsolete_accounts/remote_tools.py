# SPDX-License-Identifier: GPL-3.0-or-later
"""No way in from afar that the customer doesn't know of."""

from __future__ import annotations

from ...catalogue.remote_tools import remote_tools
from ...evaluators.facts import Unread
from ...evaluators.remote_tools import Presence, approved, differences, present
from ...evaluators.verdict import Case, Item, Judges, Verdict, item, verdict

JUDGES = Judges()
#: What lies on the disk, and nothing is left that could start it.
LEFTOVER = "medium"


@JUDGES.of("lin-oa-remote-tools")
def unapproved(case: Case) -> Verdict:
    """No remote-access tool but those in bulwark_remote_tools, of their version and with their server."""
    found, unread = present(case)
    wrong: list[Item] = []
    live = False
    for presence in found:
        items, reasons = _judged(case, presence)
        wrong += items
        unread += reasons
        live = live or (bool(items) and (presence.live or approved(case, presence.tool) is not None))
    expected = "no remote-access tool but those in bulwark_remote_tools, each of its version and with its server"
    evidence = [f"{len(remote_tools().tools)} tools, as known on {remote_tools().dated}", "packages, units, /proc, ss"]
    return verdict(expected, wrong, unread, evidence, severity=LEFTOVER if wrong and not live else None)


def _judged(case: Case, presence: Presence) -> tuple[list[Item], list[str]]:
    tool, traces = presence.tool, ", ".join(presence.traces)
    entry = approved(case, tool)
    if entry is not None:
        try:
            return [
                item(f"{tool.id}: {text}", f"{tool.name}: {text}") for text in differences(case, presence, entry)
            ], []
        except Unread as reason:
            return [], [str(reason)]
    if case.registers.remote_tools is None:
        return [], [f"bulwark_remote_tools is not declared for this host; found: {tool.name} ({traces})"]
    if presence.live:
        return [item(tool.id, f"{tool.name} is not in bulwark_remote_tools: {traces}")], []
    return [item(f"{tool.id}: left", f"{tool.name} can't start any more, and is still there: {traces}; remove it")], []
