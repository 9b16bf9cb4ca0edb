# SPDX-License-Identifier: GPL-3.0-or-later
"""UP-01, UP-03: the host installs security updates without anybody."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ...evaluators.automatic_updates import allowed, every_day, flags, left_out, security_archive
from ...evaluators.checks import gather
from ...evaluators.facts import Unread
from ...evaluators.verdict import Case, Item, Judges, Verdict, item, verdict

JUDGES = Judges()
DAILY = ("apt-daily.timer", "apt-daily-upgrade.timer")
#: Of dnf's timers the second one installs, whatever the configuration says.
DNF = ("dnf-automatic.timer", "dnf-automatic-install.timer", "dnf5-automatic.timer")
INSTALLS = ("dnf-automatic-install.timer",)


@JUDGES.of("lin-up-auto")
def automatic(case: Case) -> Verdict:
    """The package manager's own timers install security updates, or a central tool does."""
    tool = case.policy["bulwark_patch_tool"]
    expected = "security updates are fetched and installed every day" + (f", or {tool} runs" if tool else "")
    if tool and runs(case, tool):
        return verdict(expected, evidence=[f"{tool} is active and enabled"])
    wrong, unread = gather(case, dnf if case.facts["system"]["family"] == "redhat" else apt)
    if tool and wrong:
        wrong.append(item(f"{tool}: not running", f"{tool} (bulwark_patch_tool) isn't active and enabled either"))
    return verdict(expected, wrong, unread, ["apt-config dump", "systemctl show", "dnf-automatic's configuration"])


def runs(case: Case, tool: str) -> bool:
    """Say whether the unit of a central patch tool runs now, and from the next boot on."""
    return tool in case.facts["units"]["active"] and tool in case.facts["units"]["enabled"]


def apt(case: Case) -> Iterator[Item]:
    """Yield what keeps unattended-upgrades from installing security updates."""
    facts = case.facts["upgrading"]
    if facts["apt"] is None:
        raise Unread("neither apt nor dnf is known to update this system")
    settings: Mapping[str, list[str]] = facts["apt"]
    if not facts["unattended"]:
        yield item("unattended-upgrades", "unattended-upgrades is not installed")
    if not flags(settings, "apt::periodic::enable", default=True):
        yield item("APT::Periodic::Enable", "APT::Periodic::Enable switches all of it off")
    for name in ("Update-Package-Lists", "Unattended-Upgrade"):
        said = settings.get(f"apt::periodic::{name.lower()}", [])[-1:]
        if not any(map(every_day, said)):
            yield item(f"APT::Periodic::{name}", f"APT::Periodic::{name} is {said[0] if said else 'not set'}, not 1")
    for pattern in left_out(settings):
        yield item("Package-Blacklist", f"Package-Blacklist leaves out every package: {pattern}")
    yield from timers(case, DAILY)
    archive = security_archive(case)
    if not allowed(settings, archive, case.facts["system"]["release"]):
        named = ", ".join(f"{key}={value}" for key, value in archive.items() if value)
        yield item("security origin", f"unattended-upgrades isn't allowed the security archive ({named})")


def timers(case: Case, names: tuple[str, ...]) -> Iterator[Item]:
    """Yield which of the timers don't run, or won't from the next boot on."""
    found = case.facts["upgrading"]["timers"]
    for name in names:
        state = found.get(name, {"active": False, "enabled": False})
        if not (state["active"] and state["enabled"]):
            how = "not there" if name not in found else "not active" if state["enabled"] else "not enabled"
            yield item(name, f"{name} is {how}")


def dnf(case: Case) -> Iterator[Item]:
    """Yield what keeps dnf-automatic from installing security updates."""
    facts = case.facts["upgrading"]
    running = [name for name in DNF if all(facts["timers"].get(name, {"active": False}).values())]
    if not running:
        there = [name for name in DNF if name in facts["timers"]]
        yield item(
            "dnf-automatic", f"{there[0]} is not active and enabled" if there else "dnf-automatic is not installed"
        )
    settings = facts["dnf_automatic"]
    if settings is None:
        return
    if settings["upgrade_type"] not in (None, "default", "security"):
        text = f"{settings['file']}: upgrade_type is {settings['upgrade_type']}, neither security nor default"
        yield item("upgrade_type", text)
    applied = settings["apply_updates"] in ("yes", "true", "1", "on")
    if not applied and not set(running) & set(INSTALLS):
        yield item("apply_updates", f"{settings['file']}: updates are only looked for: apply_updates is not yes")
