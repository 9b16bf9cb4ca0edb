# SPDX-License-Identifier: GPL-3.0-or-later
"""What the inventory declares of the agents that carry a host's logs to a collector, such as a SIEM's own."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .checking import Problem, shown

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
UNIT = re.compile(r"[\w@.:-]+\.service", re.ASCII)
#: Programs whose configuration is read by itself.
KNOWN = ("rsyslog", "syslog-ng", "journal-upload")


@dataclass(frozen=True)
class LogAgent:
    """An entry of bulwark_log_agents.

    collector: the name of the entry of bulwark_collectors that it sends to. config: its configuration. lines: what has
    to stand there so that it sends to that collector under TLS and checks its certificate. keeps: the lines by which it
    keeps on disk what it can't send. carries: the facilities and files that it sends.
    """

    name: str
    unit: str
    collector: str
    config: str
    lines: tuple[str, ...]
    keeps: tuple[str, ...] = ()
    carries: tuple[str, ...] = ()


def log_agent(entry: Mapping[str, Any]) -> LogAgent:
    """Return the LogAgent of a valid entry."""
    return LogAgent(
        name=entry["name"],
        unit=entry["unit"],
        collector=entry["collector"],
        config=entry["config"],
        lines=tuple(entry["lines"]),
        keeps=tuple(entry.get("keeps") or ()),
        carries=tuple(entry.get("carries") or ()),
    )


def problems(place: str, entry: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield what is wrong with an entry whose keys are of the right types."""
    if not NAME.fullmatch(entry["name"]) or entry["name"] in KNOWN:
        text = "%s must be of letters, digits, dot, dash and underscore, and none of %s, which are read by themselves"
        yield Problem(place + ".name", text % (shown(entry["name"]), ", ".join(KNOWN)))
    if not UNIT.fullmatch(entry["unit"]):
        yield Problem(place + ".unit", "%s is no name of a service, such as fluent-bit.service" % shown(entry["unit"]))
    if not entry["config"].startswith("/") or ".." in entry["config"].split("/"):
        yield Problem(place + ".config", "%s is no absolute path" % shown(entry["config"]))
    for key in ("lines", "keeps"):
        if any(not line.strip() for line in entry.get(key) or ()):
            yield Problem("%s.%s" % (place, key), "holds an empty line, which every file has")
    if not entry["lines"]:
        text = "is empty; name the lines that make it send under TLS and check the collector's certificate"
        yield Problem(place + ".lines", text)
