# SPDX-License-Identifier: GPL-3.0-or-later
"""UP-01: firmware, microcode and what processors are vulnerable to."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timezone

from ...evaluators.checks import gather
from ...evaluators.facts import Unread
from ...evaluators.verdict import Case, Item, Judges, NotApplicable, Verdict, item, verdict

JUDGES = Judges()
#: What each make of processor takes its microcode from, on Debian and Ubuntu and on the RHEL family.
MICROCODE = {
    "GenuineIntel": {"debian": "intel-microcode", "ubuntu": "intel-microcode", "redhat": "microcode_ctl"},
    "AuthenticAMD": {"debian": "amd64-microcode", "ubuntu": "amd64-microcode", "redhat": "linux-firmware"},
}
ASK = "audit the host once with bulwark_deep=true"


@JUDGES.of("lin-up-firmware")
def firmware(case: Case) -> Verdict:
    """No firmware update is open for too long, the microcode is current, and no flaw of the processor is open."""
    if case.facts["running"]["container"] is not None:
        raise NotApplicable("this is a container: firmware, processor and kernel are those of the host around it")
    wrong, unread = gather(case, flaws, microcode, updates)
    return verdict(
        "no firmware update is open for more than %d days (%d hours where it is critical), the microcode's package is "
        "current, and the kernel calls no flaw of the processor Vulnerable"
        % (case.policy["bulwark_patch_firmware_days"], case.policy["bulwark_patch_firmware_critical_hours"]),
        wrong, unread, ["/sys/devices/system/cpu/vulnerabilities", "/proc/cpuinfo", "fwupdmgr get-updates"],
    )  # fmt: skip


def flaws(case: Case) -> Iterator[Item]:
    """Yield the flaws of the processor that nothing mitigates."""
    for name, said in sorted(case.facts["firmware"]["flaws"].items()):
        if "Vulnerable" in said:
            yield item(f"processor: {name}", f"processor: {name}: {said}")


def microcode(case: Case) -> Iterator[Item]:
    """Yield that the processor's microcode is missing or old; of a virtual one it is the hypervisor's."""
    processor, family = case.facts["firmware"]["processor"], case.facts["system"]["family"]
    package = MICROCODE.get(processor["vendor"] or "", {}).get(family)
    if processor["virtual"] or package is None:
        return
    if package not in case.facts["packages"]["installed"]:
        yield item(f"{package}: missing", f"{package} is not installed: the processor runs the microcode of its board")
    for one in case.facts["updates"]["pending"]:
        if one["package"] == package:
            yield item(f"{package}: old", f"{package} {one['installed']} is installed, {one['candidate']} is out")


def updates(case: Case) -> Iterator[Item]:
    """Yield the devices whose firmware has had an update for too long; of a virtual machine it is the hypervisor's."""
    if case.facts["firmware"]["processor"]["virtual"]:
        return
    found = case.facts["firmware"]["updates"]
    if found is None:
        raise Unread("no deep reading has looked for firmware; %s" % ASK)
    if found["problem"] or found["devices"] is None:
        raise Unread(found["problem"] or "fwupd is not installed: whether firmware is current isn't known")
    if (case.today - datetime.fromisoformat(found["at"].replace("Z", "+00:00")).date()).days > case.policy[
        "bulwark_deep_days"
    ]:
        raise Unread("the deep reading that looked for firmware is of %s; %s" % (found["at"][:10], ASK))
    for device in found["devices"]:
        for release in device["releases"]:
            critical = release["urgency"] == "critical"
            hours = case.policy["bulwark_patch_firmware_critical_hours"]
            days = hours / 24 if critical else case.policy["bulwark_patch_firmware_days"]
            if not release["created"]:
                raise Unread("%s: since when %s is out isn't known" % (device["name"], release["version"]))
            out = datetime.fromtimestamp(release["created"], timezone.utc).date()
            if (case.today - out).days > days:
                yield item("%s: %s" % (device["name"], release["version"]),
                           "%s has firmware %s; %s has been out since %s"
                           % (device["name"], device["version"], release["version"], out))  # fmt: skip
