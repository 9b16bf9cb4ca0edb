# SPDX-License-Identifier: GPL-3.0-or-later
"""Updates that install themselves, and only from whom they should come.

apt takes its settings from all files of apt.conf.d in the order of their names, so that a drop-in of ours that comes
last says what is missing. Its lists of settings grow: what another file allows stays allowed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...evaluators.automatic_updates import allowed, every_day, flags, left_out, security_archive
from ...evaluators.facts import Unread
from ...evaluators.verdict import Case
from ...judges.patching import automatic, repositories
from ..steps import HEADER, Left, Measures, Step, edit, file, package, unit

MEASURES = Measures()
#: After all that packages and people name by numbers.
DROP_IN = "/etc/apt/apt.conf.d/zz-bulwark-%s"
DNF_CONF = "/etc/dnf/automatic.conf"


def _apt_conf(control: str, lines: list[str]) -> list[Step]:
    content = (HEADER % control).replace("#", "//", 1) + "".join("%s;\n" % line for line in lines)
    return [file(DROP_IN % control, content)] if lines else []


@MEASURES.of("automatic_updates")
def automatic_updates(case: Case, _arguments: Any, control: str) -> list[Step]:
    """Let the package manager's own timers install security updates every day."""
    if case.policy["bulwark_patch_tool"]:
        raise Left("bulwark_patch_tool says that another tool patches the host: let %s run, or empty the variable"
                   % case.policy["bulwark_patch_tool"])  # fmt: skip
    return (_dnf if case.facts["system"]["family"] == "redhat" else _apt)(case, control)


def _apt(case: Case, control: str) -> list[Step]:
    facts = case.facts["upgrading"]
    settings = facts["apt"] or {}
    if left_out(settings):
        raise Left("Unattended-Upgrade::Package-Blacklist leaves out every package, and somebody meant it")
    steps = [] if facts["unattended"] else [package("unattended-upgrades", ["/usr/bin/unattended-upgrade"])]
    lines = [] if flags(settings, "apt::periodic::enable", default=True) else ['APT::Periodic::Enable "1"']
    for name in ("Update-Package-Lists", "Unattended-Upgrade"):
        if not any(map(every_day, settings.get("apt::periodic::%s" % name.lower(), [])[-1:])):
            lines.append('APT::Periodic::%s "1"' % name)
    archive = security_archive(case)
    if not _surely_allowed(case, archive):
        pattern = ",".join("%s=%s" % (key, archive[key]) for key in ("origin", "label", "codename", "suite")
                           if archive[key] and not (key == "suite" and archive["codename"]))  # fmt: skip
        lines.append('Unattended-Upgrade::Origins-Pattern:: "%s"' % pattern)
    return [*steps, *_apt_conf(control, lines), *_timers(case, automatic.DAILY)]


def _surely_allowed(case: Case, archive: Mapping[str, str | None]) -> bool:
    try:
        return allowed(case.facts["upgrading"]["apt"] or {}, archive, case.facts["system"]["release"])
    except Unread:
        return False


def _dnf(case: Case, _control: str) -> list[Step]:
    facts = case.facts["upgrading"]
    settings = facts["dnf_automatic"]
    name = next((one for one in automatic.DNF if one in facts["timers"]), automatic.DNF[0])
    steps = [] if name in facts["timers"] else [package("dnf-automatic", [DNF_CONF])]
    wanted = {}
    if settings is None or settings["apply_updates"] != "yes":
        wanted["apply_updates"] = "yes"
    if settings is not None and settings["upgrade_type"] not in (None, "default", "security"):
        wanted["upgrade_type"] = "security"
    if wanted:
        if settings is not None and not settings["file"].startswith("/etc/"):
            raise Left("%s belongs to a package: copy it to /etc, where it can be changed" % settings["file"])
        path = settings["file"] if settings is not None else DNF_CONF
        steps.append(edit(path, "ini_options", {"sections": ["commands"], "set": wanted}))
    return [*steps, *_timers(case, (name,))]


def _timers(case: Case, names: tuple[str, ...]) -> list[Step]:
    found = case.facts["upgrading"]["timers"]
    return [unit(name, active=True, enabled=True, masked=False) for name in names
            if not all(found.get(name, {"active": False}).values())]  # fmt: skip


@MEASURES.of("signed_packages_only")
def signed_packages_only(case: Case, _arguments: Any, control: str) -> list[Step]:
    """Have the signature of every package and list checked; what isn't signed can't be updated from then on."""
    facts = case.facts["repositories"]
    steps = [
        edit(path, "apt_sources", {"format": "deb822" if path.endswith(".sources") else "list"}, secret=True)
        for path in dict.fromkeys(source["file"] for source in facts["sources"] if source["careless"])
    ]
    steps += _apt_conf(control, ['%s "0"' % name for name in sorted(repositories.loose_settings(case))])
    for repository in facts["yum"]:
        if repositories.effective(repository, facts["yum_main"], "gpgcheck") is not True:
            checked = {"sections": [repository["id"].lower()], "set": {"gpgcheck": "1"}}
            steps.append(edit(repository["file"], "ini_options", checked, secret=True))
    if not steps:
        raise Left("what is left is somebody's to decide: approve repositories in bulwark_repositories_approved or "
                   "take them away; apt-get update or dnf makecache fetch lists")  # fmt: skip
    return steps
