# SPDX-License-Identifier: GPL-3.0-or-later
"""MF-02: a second factor that is asked elsewhere can't be made to fail open, nor be asked of an impostor."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ...evaluators.checks import gather
from ...evaluators.facts import Unread
from ...evaluators.logins import ADMIN_GROUPS
from ...evaluators.pam_stack import modules
from ...evaluators.patterns import matches
from ...evaluators.verdict import Case, Item, Judges, NotApplicable, Verdict, item, verdict

JUDGES = Judges()

SECURE = "secure"
#: What Duo does without the option (pam_duo(8), login_duo(8)).
UNSET_FAILMODE = "safe"
UNSET_PROMPTS = "3"
OTHERS_BITS = 0o077


@JUDGES.of("lin-mf-duo-secure")
def duo_secure(case: Case) -> Verdict:
    """Duo denies when it can't be reached, asks every administrator and provider, and its keys are root's alone.

    A configuration that holds no keys and that nothing uses is what the package ships: it is no Duo.
    """
    used = used_configs(case)
    proxy = case.facts["factors"]["duo_proxy"]
    if not used and proxy is None:
        raise NotApplicable("Duo is not in use: no PAM stack or forced command asks it, and there is no proxy")

    def proxies(_case: Case) -> Iterable[Item]:
        for server in proxy["servers"] if proxy else ():
            if (server["failmode"] or UNSET_FAILMODE) != SECURE:
                place = "%s [%s]" % (proxy["path"], server["name"])
                yield item(
                    "%s failmode" % place, "%s: failmode is %s" % (place, server["failmode"] or "not set (safe)")
                )

    def configs(case: Case) -> Iterable[Item]:
        for config in used:
            yield from duo_config(case, config)

    wrong, unread = gather(case, configs, proxies)
    return verdict(
        "failmode=secure, no administrator or provider left out by groups, prompts at most %d, autopush=no, mode 0600"
        % case.policy["bulwark_duo_prompts"],
        wrong,
        [*unread, *("%s: %s" % (config["path"], config["unread"]) for config in used if "unread" in config)],
        evidence=[*(config["path"] for config in used), *([proxy["path"]] if proxy else [])],
        assurance="configured",
    )


def used_configs(case: Case) -> list[Mapping[str, Any]]:
    """Return Duo's configurations that hold keys, and those that a login is asked by.

    A line without conf= takes the place that the package was built with, so that it may be any of the usual ones.
    """
    named, programs = set(), set()
    for stacks in case.facts["pam"]["services"].values():
        for entry in modules(stacks.get("auth", ())):
            if entry["module"] == "pam_duo":
                paths = {argument[len("conf=") :] for argument in entry["args"] if argument.startswith("conf=")}
                named |= paths
                programs |= set() if paths else {"pam_duo"}
    if case.facts["sshd"]["installed"]:
        sshd = case.facts["sshd"]
        forced = [*sshd["settings"].get("forcecommand", ())]
        for context in sshd["contexts"]:
            forced += context["settings"].get("forcecommand", ())
        programs |= {"login_duo" for command in forced if command.endswith("login_duo")}
    return [
        config
        for config in case.facts["factors"]["duo"]
        if config["path"] in named or config["program"] in programs or config.get("options", {}).get("keys")
    ]


def duo_config(case: Case, config: Mapping[str, Any]) -> Iterable[Item]:
    """Yield what is wrong with one of Duo's configurations; an identity is its path and the option."""
    path, options = config["path"], config.get("options")
    if options is None:
        return
    failmode = options.get("failmode", "")
    if failmode != SECURE:
        yield item("%s failmode" % path, "%s: failmode is %s" % (path, failmode or "not set (safe)"))
    prompts = options.get("prompts", UNSET_PROMPTS)
    if not prompts.isdigit() or int(prompts) > case.policy["bulwark_duo_prompts"]:
        yield item("%s prompts" % path, "%s: prompts = %s" % (path, prompts))
    if options.get("autopush", "no").lower() in ("yes", "true", "on", "1"):
        yield item("%s autopush" % path, "%s: autopush = %s" % (path, options["autopush"]))
    if config["mode"] & OTHERS_BITS:
        yield item("%s mode" % path, "%s: mode %04o opens its keys to others" % (path, config["mode"]))
    groups = options.get("groups", options.get("group", ""))
    for user in _watched(case) if groups else ():
        if not _asked(groups, user["groups"]):
            text = "%s: groups = %s leaves out %s" % (path, groups, user["name"])
            yield item("%s groups %s" % (path, user["name"]), text)


def _watched(case: Case) -> list[Mapping[str, Any]]:
    """Return the administrators' and providers' accounts on the host, but for machines and emergencies."""
    found = []
    for user in case.facts["accounts"]["users"]:
        account = case.registers.account(user["name"])
        if account is None:
            wanted = bool(ADMIN_GROUPS & set(user["groups"]))
        else:
            wanted = account.kind in ("person", "shared") and (account.admin or account.external)
        if wanted:
            found.append(user)
    return found


def _asked(groups: str, own: Sequence[str]) -> bool:
    """Say whether Duo asks a member of `own`: one of the blank-separated lists matches, with "!" for exclusions."""
    for patterns in (each.split(",") for each in groups.split()):
        out = [pattern[1:] for pattern in patterns if pattern.startswith("!")]
        into = [pattern for pattern in patterns if not pattern.startswith("!")]
        if any(matches(group, out) for group in own):
            continue
        if any(matches(group, into) for group in own):
            return True
    return False


@JUDGES.of("lin-mf-hosts-redirect")
def hosts_redirect(case: Case) -> Verdict:
    """No local file answers for the names of the MFA service: those that Duo and RADIUS ask, and the declared ones."""
    names: set[str] = {name.lower().rstrip(".") for name in case.policy["bulwark_mfa_provider_hosts"]}
    unread = []
    for config in used_configs(case):
        names.add(config.get("options", {}).get("host", "").lower().rstrip("."))
    try:
        for config in case.facts["factors"]["radius"] if _asks_radius(case) else ():
            names.update(config["servers"])
    except Unread as reason:
        unread.append(str(reason))
    names = {name for name in names if not _is_address(name)}
    if not names and not unread:
        raise NotApplicable("no MFA service is configured for Duo or RADIUS or in bulwark_mfa_provider_hosts")

    def entries(case: Case) -> Iterable[Item]:
        for entry in case.facts["hosts_file"]["entries"]:
            for name in names.intersection(entry["names"]):
                text = "%s:%d: %s is sent to %s" % (entry["file"], entry["line"], name, entry["address"])
                yield item("%s %s" % (entry["file"], name), text)

    def overrides(case: Case) -> Iterable[Item]:
        for found in case.facts["hosts_file"]["overrides"]:
            for name in sorted(names):
                below = not found["domain"] or name.endswith("." + found["domain"])
                if name == found["domain"] or (found["below"] and below):
                    place = "%s:%d" % (found["file"], found["line"])
                    text = "%s: %s answers for %s" % (place, found["text"], name)
                    yield item("%s %s" % (found["file"], name), text)

    wrong, more = gather(case, entries, overrides)
    return verdict(
        "no entry for %s in /etc/hosts or a local resolver" % ", ".join(sorted(names)),
        wrong,
        [*unread, *more],
        evidence=["/etc/hosts", "dnsmasq's and unbound's configuration"],
        assurance="configured",
    )


def _asks_radius(case: Case) -> bool:
    stacks = case.facts["pam"]["services"].values()
    return any(entry["module"] == "pam_radius_auth" for stack in stacks for entry in modules(stack.get("auth", ())))


def _is_address(name: str) -> bool:
    return not name or ":" in name or name.replace(".", "").isdigit()
