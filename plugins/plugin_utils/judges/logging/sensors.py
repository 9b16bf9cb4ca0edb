# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether what watches the host, its files and its network runs, and goes by what is new enough."""

from __future__ import annotations

from collections.abc import Iterator

from ...evaluators.facts import Unread
from ...evaluators.forwarding import forwards
from ...evaluators.patterns import matches
from ...evaluators.sensors import Seen, fresh, guarded, judged
from ...evaluators.verdict import Case, Item, Judges, NotApplicable, Verdict, item

JUDGES = Judges()
HOUR, DAY = 3600, 86400
#: Where packets pass from one network to another.
BOUNDARY = "gateway"
#: What lets others put files on the host.
SHARES = ("smbd.service", "smb.service", "nfs-server.service", "nfs-kernel-server.service", "vsftpd.service",
          "proftpd.service", "pure-ftpd.service")  # fmt: skip


@JUDGES.of("lin-lm-edr")
def endpoint(case: Case) -> Verdict:
    """A declared sensor watches the host, is in contact with its server and can't just be switched off."""
    hours = case.policy["bulwark_sensor_hours"]
    expected = (
        "a sensor runs, is supported, guarded where it can be, and reached its server in the last %d hours" % hours
    )
    return judged(case, "endpoint", expected, fresh("check_in", "bulwark_sensor_hours", HOUR, "hours ago"), guarded)


@JUDGES.of("lin-lm-antimalware")
def antimalware(case: Case) -> Verdict:
    """Where files of others pass, a scanner runs with new signatures."""
    if not _takes_files(case):
        raise NotApplicable("neither a host of bulwark_antimalware_functions, nor does it share files")
    hours = case.policy["bulwark_signature_hours"]
    expected = "a scanner runs, with signatures of the last %d hours" % hours
    return judged(case, "antimalware", expected, fresh("signatures", "bulwark_signature_hours", HOUR, "hours old"))


def _takes_files(case: Case) -> bool:
    if any(matches(unit, SHARES) for unit in case.facts["units"]["active"]):
        return True
    functions: frozenset[str] = case.registers.declared("functions")
    return bool(functions.intersection(case.policy["bulwark_antimalware_functions"]))


@JUDGES.of("lin-lm-net-sensor")
def network(case: Case) -> Verdict:
    """At a boundary a sensor watches the network by new rules, loses little, and what it sees leaves the host."""
    watching = [one for one in case.registers.sensors or () if "network" in one.kinds]
    if not watching and BOUNDARY not in case.registers.declared("functions"):
        raise NotApplicable("no boundary: bulwark_host_functions has no gateway, bulwark_sensors no network sensor")
    expected = (
        "a network sensor runs, with rules of the last %d days, less than %d %% of packets lost, and its output at a "
        "collector" % (case.policy["bulwark_sensor_rule_days"], case.policy["bulwark_sensor_drop_percent"])
    )
    rules = fresh("rules", "bulwark_sensor_rule_days", DAY, "days old")
    return judged(case, "network", expected, rules, _keeps_up, _leaves)


def _keeps_up(seen: Seen) -> Iterator[Item]:
    """Yield that a sensor loses too many packets; its counters are those since it started."""
    name, limit = seen.sensor.name, seen.case.policy["bulwark_sensor_drop_percent"]
    lost = seen.look("drops")
    if lost is None:
        raise Unread("%s: nothing counts the packets that it loses" % name)
    if seen.case.facts["system"]["now"] - lost["at"] > HOUR:
        raise Unread("%s: it last counted the packets that it loses more than an hour ago" % name)
    every = lost["packets"] if lost["packets"] >= lost["drops"] else lost["drops"]
    if every and lost["drops"] * 100 >= limit * every:
        share = lost["drops"] * 100 / every
        yield item("%s: drops" % name, "%s lost %.2f %% of its packets, less than %d is allowed" % (name, share, limit))


def _leaves(seen: Seen) -> Iterator[Item]:
    """Yield that what a sensor saw stays on the host."""
    name, output = seen.sensor.name, seen.sensor.output
    if not output:
        raise Unread("%s: it isn't known where it writes what it sees; name it by output in bulwark_sensors" % name)
    if not any(forwards(seen.case, path) for path in output):
        yield item("%s: output" % name, "%s: %s goes to no collector" % (name, " or ".join(output)))
