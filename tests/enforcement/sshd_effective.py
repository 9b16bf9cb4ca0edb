# SPDX-License-Identifier: GPL-3.0-or-later
"""Which of two of sshd's effective configurations is the looser one, option by option."""

from __future__ import annotations

from collections.abc import Callable

from tests.lab.engine import Host

Settings = dict[str, str]
#: What an option may have, from its strictest value to its loosest.
ORDERS = {
    "allowtcpforwarding": ("no", "local", "remote", "all", "yes"),
    "allowstreamlocalforwarding": ("no", "local", "remote", "all", "yes"),
    "gatewayports": ("no", "clientspecified", "yes"),
    "permitrootlogin": ("no", "forced-commands-only", "without-password", "prohibit-password", "yes"),
    "permittunnel": ("no", "point-to-point", "ethernet", "yes"),
    "permituserenvironment": ("no", "yes"),
    "ignorerhosts": ("yes", "shosts-only", "no"),
    "loglevel": ("DEBUG", "VERBOSE", "INFO", "ERROR", "FATAL", "QUIET"),
}
YES_IS_LOOSER = (
    "allowagentforwarding", "exposeauthinfo", "gssapiauthentication", "hostbasedauthentication",
    "passwordauthentication", "permitemptypasswords", "permituserrc", "x11forwarding",
)  # fmt: skip
NO_IS_LOOSER = ("disableforwarding", "strictmodes", "usepam", "pubkeyauthentication")
#: sshd takes 0 as no limit for these.
AT_MOST = ("logingracetime", "maxauthtries", "maxsessions", "clientaliveinterval", "clientalivecountmax")
#: Nothing may be offered that was not offered before.
OFFERED = ("ciphers", "macs", "kexalgorithms", "hostkeyalgorithms", "pubkeyacceptedalgorithms",
           "hostbasedacceptedalgorithms", "casignaturealgorithms", "acceptenv")  # fmt: skip
#: More names here shut more people out, and fewer there.
DENIED, ALLOWED = ("denyusers", "denygroups"), ("allowusers", "allowgroups")
#: Whoever is asked for more than a key needs it, and it opens nothing where every list of methods begins with the key.
AFTER_THE_KEY = "kbdinteractiveauthentication"
#: Where keys lie is no question of loose or strict.
FREE = ("authorizedkeysfile", "persourcepenaltyexemptlist")


def effective(host: Host, account: str, address: str) -> Settings:
    """Return sshd's own view of its configuration for a login; values of an option that comes twice are joined."""
    found: Settings = {}
    shown = host.run(f"sshd -T -C user={account},host={address},addr={address}").stdout
    for line in shown.splitlines():
        name, _, value = line.partition(" ")
        found[name] = f"{found[name]} {value}" if name in found else value
    return found


def looser(before: Settings, after: Settings) -> list[str]:
    """Return the options that let in or let do more than before, and those that changed without anybody knowing why."""
    changed = {name for name in before.keys() | after.keys() if before.get(name, "") != after.get(name, "")}
    return [
        f"{name}: {before.get(name, '')} -> {after.get(name, '')}"
        for name in sorted(changed - set(FREE))
        if not _tightens(name, before.get(name, ""), after.get(name, ""), after)
    ]


def _tightens(name: str, was: str, now: str, after: Settings) -> bool:
    if name in ORDERS:
        return ORDERS[name].index(now) <= ORDERS[name].index(was)
    if name in AT_MOST:
        return int(now) > 0 and (int(was) == 0 or int(now) <= int(was))
    if name == AFTER_THE_KEY:
        return all(methods.split(",")[0] == "publickey" for methods in after["authenticationmethods"].split())
    rule = RULES.get(name)
    return bool(rule and rule(was, now))


def _startups(was: str, now: str) -> bool:
    return all(int(new) <= int(old) for old, new in zip(was.split(":"), now.split(":"), strict=True))


def _methods(was: str, now: str) -> bool:
    """Say whether each list of methods that opens is one that opened before, with or without more behind it."""
    return was == "any" or all(any(f"{new},".startswith(f"{old},") for old in was.split()) for new in now.split())


def _fewer(was: str, now: str) -> bool:
    return set(now.replace(",", " ").split()) <= set(was.replace(",", " ").split())


RULES: dict[str, Callable[[str, str], bool]] = {
    **dict.fromkeys(YES_IS_LOOSER, lambda was, now: now == "no"),
    **dict.fromkeys(NO_IS_LOOSER, lambda was, now: now == "yes"),
    **dict.fromkeys(OFFERED, _fewer),
    **dict.fromkeys(ALLOWED, lambda was, now: not was or (bool(now) and _fewer(was, now))),
    **dict.fromkeys(DENIED, lambda was, now: _fewer(now, was)),
    "maxstartups": _startups,
    "persourcemaxstartups": lambda was, now: was == "none" or (now != "none" and int(now) <= int(was)),
    "authenticationmethods": _methods,
    **dict.fromkeys(("channeltimeout", "unusedconnectiontimeout"), lambda was, now: was == "none"),
    "pubkeyauthoptions": lambda was, now: was == "none" or _fewer(now, was),
}
