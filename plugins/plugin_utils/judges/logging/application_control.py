# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether programs that nobody approved are kept from running."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ...evaluators.patterns import matches
from ...evaluators.verdict import Case, Item, Judges, NotApplicable, Verdict, item, verdict

JUDGES = Judges()
#: Below, only servers that the internet reaches need it (ISM-1490).
EVERY_SERVER = 3
INTEGRITY = ("sha256", "sha512", "ima")
EXECUTES = ("execute", "any")
#: What stands for every subject and object in fapolicyd.rules(5).
ALL = "all"
#: The system's own folders, in fapolicyd's words, and as paths: what lies there is root's.
SYSTEM = ("execdirs", "systemdirs", "/usr/*", "/bin/*", "/sbin/*", "/lib/*", "/lib64/*", "/boot/*")


@JUDGES.of("lin-lm-appctl")
def application_control(case: Case) -> Verdict:
    """fapolicyd denies what it doesn't know, by hashes; or the kernel appraises every program that is run."""
    level = case.policy["bulwark_essential_eight_level"]
    if level < EVERY_SERVER and "internet_facing" not in case.registers.declared("functions"):
        raise NotApplicable("below level %d of the Essential Eight only servers that the internet reaches need it; "
                            "bulwark_host_functions has no internet_facing" % EVERY_SERVER)  # fmt: skip
    expected = "fapolicyd runs, enforces, trusts by hash and denies what it doesn't know; or IMA appraisal enforces"
    facts = case.facts["application_control"]
    if appraised(facts["ima"]):
        return verdict(expected, evidence=["/proc/cmdline: ima_appraise=enforce", "the kernel's IMA policy"])
    daemon = facts["fapolicyd"]
    if daemon is None:
        wrong = [item("nothing", "nothing keeps unapproved programs from running: fapolicyd is not installed, and the "
                      "kernel does not enforce IMA appraisal")]  # fmt: skip
        return verdict(expected, wrong)
    wrong = [*_running(case), *_enforcing(daemon), *_trusting(daemon, case.policy["bulwark_appctl_folders"])]
    return verdict(expected, wrong, evidence=["/etc/fapolicyd/fapolicyd.conf", daemon["place"]], assurance="configured")


def appraised(ima: Mapping[str, Any]) -> bool:
    """Say whether the kernel refuses to run what isn't signed or hashed, by its own policy."""
    programs = [line for line in ima["policy"] or () if "func=BPRM_CHECK" in line.split()]
    return ima["appraise"] == "enforce" and bool(programs)


def _running(case: Case) -> Iterator[Item]:
    units = case.facts["units"]
    if "fapolicyd.service" not in units["active"]:
        yield item("active", "fapolicyd.service does not run")
    if "fapolicyd.service" not in units["enabled"]:
        yield item("enabled", "fapolicyd.service is not started at boot")


def _enforcing(daemon: Mapping[str, Any]) -> Iterator[Item]:
    settings, place = daemon["settings"], daemon["place"]
    if settings["permissive"] != "0":
        yield item("permissive", "permissive is %s: what it would deny runs all the same" % settings["permissive"])
    if settings["integrity"] not in INTEGRITY:
        yield item("integrity", "integrity is %s, none of %s: a changed file is still trusted" % (
            settings["integrity"] or "none", ", ".join(INTEGRITY)))  # fmt: skip
    if not denies_the_rest(daemon["rules"]):
        yield item("default", "%s: no rule denies running what no rule before it allows" % place)


def denies_the_rest(rules: Sequence[Mapping[str, Any]]) -> bool:
    """Say whether the first rule that takes the running of any program by anybody denies it."""
    for rule in rules:
        if rule["perm"] in EXECUTES and rule["subject"] == ALL and rule["object"] == ALL:
            return bool(rule["decision"] == "deny")
    return False


def _trusting(daemon: Mapping[str, Any], accepted: list[str]) -> Iterator[Item]:
    """Yield rules that let anything run that lies in a folder, such as that of an automation's temporary files."""
    for rule in daemon["rules"]:
        if rule["decision"] != "allow" or rule["perm"] not in EXECUTES:
            continue
        for folder in rule["folders"]:
            if folder not in accepted and not matches(folder, SYSTEM):
                yield item("folder %s" % folder, "%s: all that lies in %s may run (%s): trust files by their hashes" % (
                    daemon["place"], folder, rule["subject"]))  # fmt: skip
