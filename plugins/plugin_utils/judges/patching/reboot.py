# SPDX-License-Identifier: GPL-3.0-or-later
"""UP-01: what was updated is what runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timezone
from typing import Any

from ...evaluators.checks import gather
from ...evaluators.facts import Unread
from ...evaluators.kernels import newest, other_build
from ...evaluators.verdict import Case, Item, Judges, Verdict, item, verdict

JUDGES = Judges()
#: Hours until a reboot on hosts that face the internet, and on others.
LIMITS = ("bulwark_reboot_exposed_hours", "bulwark_reboot_hours")


@JUDGES.of("lin-up-reboot")
def up_to_date(case: Case) -> Verdict:
    """No reboot is overdue, and nothing that matters runs code that was replaced."""
    told: list[str] = []
    limits = tuple(case.policy[name] for name in LIMITS)
    wrong, unread = gather(
        case, lambda of: flagged(of, told), lambda of: kernel(of, told), lambda of: since_boot(of, told),
        lambda of: processes(of, told),
    )  # fmt: skip
    return verdict(
        "a reboot that updates ask for is made within %d h on internet-facing hosts and %d h on others; no process "
        "that listens, runs as root or is a provider's runs files that were replaced" % limits,
        wrong, unread, ["/run/reboot-required", "/boot", "/proc/*/maps", *told],
    )  # fmt: skip


def due(case: Case, what: str, since: int | None, text: str, told: list[str]) -> Iterator[Item]:
    """Yield that a reboot is overdue; one that isn't yet is told as evidence.

    Raises Unread without a time, and Undeclared where it matters whether the host faces the internet and nobody said.
    """
    if since is None:
        raise Unread(f"{text}; since when isn't known")
    hours = (case.facts["system"]["now"] - since) / 3600
    day = f"since {datetime.fromtimestamp(since, timezone.utc):%Y-%m-%d %H:%M} UTC"
    soon, late = (case.policy[name] for name in LIMITS)
    if hours > late or (hours > soon and "internet_facing" in case.registers.declared("functions")):
        yield item(what, f"{text}, {day}")
    else:
        told.append(f"not overdue yet: {text}, {day}")


def flagged(case: Case, told: list[str]) -> Iterator[Item]:
    """Yield that packages have been asking for a reboot for too long."""
    flag = case.facts["running"]["flag"]
    if flag is not None:
        by = f" by {', '.join(flag['packages'][:5])}" if flag["packages"] else ""
        yield from due(case, "reboot-required", flag["at"], f"/run/reboot-required: a reboot is asked for{by}", told)


def of_others(case: Case) -> bool:
    """Say whether the kernel is that of a host around this one, so that a reboot here would not change it."""
    return case.facts["running"]["container"] is not None


def kernel(case: Case, told: list[str]) -> Iterator[Item]:
    """Yield that a newer kernel than the running one has been installed for too long, unless it is patched alive."""
    found: Mapping[str, Any] = case.facts["running"]["kernel"]
    if not found["installed"] or of_others(case):
        return
    running, ready = found["release"], newest(found["installed"])
    rebuilt = other_build(found, case.facts["packages"]["installed"])
    if running == ready and rebuilt is None:
        return
    if running not in found["installed"] and newest([running, ready]) == running:
        raise Unread(f"kernel {running} runs, which is none of those in /boot")
    patched = case.facts["running"]["patched"]
    if patched == "yes":
        told.append(f"kernel {running} runs with every live patch; {ready} is installed")
        return
    if patched is None and found["live_patches"]:
        raise Unread(f"kernel {running} runs with live patches; whether those are all there are isn't known")
    text = f"kernel {running} runs, {ready} is installed"
    if rebuilt is not None:
        text = f"kernel {running} runs as it was built before {rebuilt}, which is installed"
    yield from due(case, "kernel", _waiting_since(found["installed"], running, ready), text, told)


def _waiting_since(installed: Mapping[str, int | None], running: str, ready: str) -> int | None:
    """Return when the first kernel came that is newer than the running one: the next one must not start time anew."""
    came = [at for release, at in installed.items() if newest([running, release]) != running] or [installed[ready]]
    known = [at for at in came if at is not None]
    return min(known) if len(known) == len(came) else None


def since_boot(case: Case, told: list[str]) -> Iterator[Item]:
    """Yield that packages which only a boot brings into use came after the last one, too long ago."""
    came: Mapping[str, int] = case.facts["running"]["since_boot"]
    if came and not of_others(case):
        text = f"{', '.join(sorted(came))} came after the last boot"
        yield from due(case, "since the boot", min(came.values()), text, told)


def processes(case: Case, told: list[str]) -> Iterator[Item]:
    """Yield the processes that matter and run code of files that were replaced; the others are counted."""
    outside = {account.name for account in case.registers.accounts or () if account.external}
    names = {user["uid"]: user["name"] for user in reversed(case.facts["accounts"]["users"])}
    others = 0
    for one in case.facts["running"]["stale"]:
        account = names.get(one["uid"], str(one["uid"]))
        why = ("listens" if one["listens"] else "runs as root" if one["uid"] == 0
               else f"is {account}'s, of a provider" if account in outside else "")  # fmt: skip
        if not why:
            others += one["count"]
            continue
        unit = f" ({one['unit']})" if one["unit"] else ""
        files = ", ".join(one["files"])
        yield item(f"{one['name']} {one['unit'] or account}", f"{one['name']}{unit} {why} with replaced files: {files}")
    if others:
        told.append(f"{others} other processes run replaced files")
