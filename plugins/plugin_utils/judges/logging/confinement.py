# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the kernel bounds what programs may do: SELinux or AppArmor, and where nothing may be run from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ...evaluators.exposure import is_client, is_loopback
from ...evaluators.patterns import matches
from ...evaluators.verdict import Case, Item, Judges, NotApplicable, Verdict, item, verdict

JUDGES = Judges()
ENFORCING = "enforcing"
#: Modes of a profile that refuse what it doesn't allow.
REFUSING = ("enforce", "kill")
WORLD_WRITABLE = ("/tmp", "/dev/shm")
WANTED = ("nodev", "nosuid", "noexec")


@JUDGES.of("lin-lm-mac")
def mandatory_access(case: Case) -> Verdict:
    """SELinux enforces, now and after a boot; or AppArmor does, and confines whatever serves the network."""
    known = case.facts["confinement"]
    if not case.facts["system"]["own_kernel"]:
        raise NotApplicable("this host has no kernel of its own: what confines its programs is set outside it")
    expected = "SELinux enforces, or AppArmor does and confines every service that others reach (but for " \
               "bulwark_mac_exempt)"  # fmt: skip
    selinux, apparmor = known["selinux"], known["apparmor"]
    if selinux:
        return verdict(expected, _selinux(selinux), evidence=["/sys/fs/selinux/enforce", "/etc/selinux/config"])
    if apparmor is None:
        return verdict(expected, [item("none", "the kernel runs neither SELinux nor AppArmor")])
    unread: list[str] = []
    wrong = [*unconfined(case, unread)]
    if not apparmor["boots"]:
        wrong.append(item("boot", "apparmor.service is not enabled: the next boot loads no profile"))
    return verdict(expected, wrong, unread, ["/sys/kernel/security/apparmor/profiles", "/proc/<pid>/attr/current"])


def _selinux(known: Mapping[str, Any]) -> Iterator[Item]:
    if known["mode"] != ENFORCING:
        yield item("mode", "SELinux is %s" % known["mode"])
    if known["configured"] != ENFORCING:
        yield item("configured", "/etc/selinux/config: SELINUX is %s" % (known["configured"] or "not set"))


def unconfined(case: Case, unread: list[str]) -> Iterator[Item]:
    """Yield the services that others reach and that no profile refuses anything."""
    confined = {one["pid"]: one for one in case.facts["confinement"]["serving"]}
    named: dict[str, Mapping[str, Any]] = {}
    for one in case.facts["sockets"]["listening"]:
        if is_loopback(one["address"]) or is_client(case, one):
            continue
        if one["pid"] in confined:
            named.setdefault((one["unit"] or "").rpartition(".")[0] or one["process"], confined[one["pid"]])
        elif not case.facts["system"]["privileged"]:
            unread.append("what listens on %s/%d may not be seen" % (one["proto"], one["port"]))
    for name, one in named.items():
        if exempt(case, one, name):
            continue
        if one["profile"] is None:
            yield item("%s: unconfined" % name, "%s serves the network, and no AppArmor profile confines it" % name)
        elif one["mode"] not in REFUSING:
            text = "%s serves the network; its AppArmor profile %s is in mode %s" % (name, one["profile"], one["mode"])
            yield item("%s: %s" % (name, one["mode"]), text)


def exempt(case: Case, one: Mapping[str, Any], name: str) -> bool:
    """Say whether the policy lets a service be unconfined."""
    allowed = case.policy["bulwark_mac_exempt"]
    return matches(name, allowed) or matches(one["process"] or "", allowed)


@JUDGES.of("lin-lm-noexec")
def noexec(case: Case) -> Verdict:
    """Where everybody may write nothing is run, now and after a boot."""
    wrong = [one for point in WORLD_WRITABLE for one in (*_now(case, point), *_boot(case, point))]
    return verdict(
        "%s are file systems of their own, mounted %s now and by fstab or a unit" % (
            " and ".join(WORLD_WRITABLE), ", ".join(WANTED)),
        wrong, evidence=["/proc/self/mountinfo", "/etc/fstab", "mount units"],
    )  # fmt: skip


def _now(case: Case, point: str) -> Iterator[Item]:
    mounted = [one for one in case.facts["mounts"]["points"] if one["point"] == point]
    if not mounted:
        yield item("%s: not mounted" % point, "%s is no file system of its own" % point)
        return
    lacking = [option for option in WANTED if option not in mounted[-1]["options"]]
    if lacking:
        yield item("%s: %s" % (point, ",".join(lacking)), "%s is mounted without %s" % (point, ", ".join(lacking)))


def _boot(case: Case, point: str) -> Iterator[Item]:
    facts = case.facts["mounts"]
    # What fstab says of a point goes before a unit of a package, but not before one in /etc.
    own = [one for one in facts["units"] if one["point"] == point and one["place"].startswith("/etc/")]
    table = [one for one in facts["fstab"] if one["point"] == point]
    other = [one for one in facts["units"] if one["point"] == point and one["wanted"]]
    said = (own or table[-1:] or other)[:1]
    lacking = [option for option in WANTED if not said or option not in said[0]["options"]]
    if lacking:
        place = said[0].get("place", "/etc/fstab") if said else "neither /etc/fstab nor a mount unit"
        yield item("%s: boot" % point, "%s: the next boot mounts %s without %s" % (place, point, ", ".join(lacking)))
