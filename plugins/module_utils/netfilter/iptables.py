# SPDX-License-Identifier: GPL-3.0-or-later
"""iptables-save(8) and ip6tables-save(8) as chains of the form in rule.py."""

from __future__ import annotations

import shlex

from ..door import Unreadable
from .logged import of_iptables
from .rule import NEVER, Chain, Match, Rule, add, chain, flags, match, rule

HOOKS = {name.upper(): name for name in ("prerouting", "input", "forward", "output", "postrouting")}
PRIORITIES = {"raw": -300, "mangle": -150, "nat": -100, "filter": 0, "security": 50}
#: Options with one argument that say which packets a rule takes.
FIELDS = {
    "-i": "iif", "-o": "oif", "-p": "proto", "-s": "saddr", "-d": "daddr",
    "--sport": "sport", "--dport": "dport", "--sports": "sport", "--dports": "dport",
    "--ctstate": "state", "--state": "state", "--ctstatus": "status", "--dst-type": "daddr_type",
    "--src-range": "saddr", "--dst-range": "daddr",
}  # fmt: skip
#: Options that hold for the first packet of somebody below every limit, with the number of their arguments.
HOLDS = {
    "-m": 1, "--comment": 1, "--limit": 1, "--limit-burst": 1, "--hashlimit-upto": 1, "--hashlimit-burst": 1,
    "--hashlimit-mode": 1, "--hashlimit-name": 1, "--hashlimit-srcmask": 1, "--hashlimit-htable-expire": 1,
    "--connlimit-upto": 1, "--connlimit-mask": 1, "--connlimit-saddr": 0, "--connlimit-daddr": 0, "--set": 0,
    "--seconds": 1, "--hitcount": 1, "--name": 1, "--mask": 1, "--rsource": 0, "--rttl": 0, "--reap": 0,
    "--validmark": 0, "--loose": 0, "--accept-local": 0,
}  # fmt: skip
#: Options that hold only later: for somebody seen before, above a limit, or (rpfilter's --invert) with a forged source.
LATER = {"--invert": 0, "--update": 0, "--rcheck": 0, "--remove": 0, "--hashlimit-above": 1, "--connlimit-above": 1}
VERDICTS = {
    "ACCEPT": "accept", "DROP": "drop", "REJECT": "drop", "RETURN": "return", "DNAT": "dnat", "REDIRECT": "redirect",
}  # fmt: skip
#: Targets after which a packet goes on to the next rule.
SILENT = (
    "LOG", "NFLOG", "MARK", "CONNMARK", "TCPMSS", "CT", "SET", "CLASSIFY", "DSCP", "MASQUERADE", "SNAT", "CHECKSUM",
    "TRACE", "NOTRACK", "AUDIT", "SECMARK", "CONNSECMARK", "TTL", "HL", "TOS", "ULOG",
)  # fmt: skip


def parse(text: str, family: str) -> list[Chain]:
    """Return the chains of a listing; `family` is ip or ip6, which the listing itself doesn't say."""
    chains: dict[tuple[str, str], Chain] = {}
    table = ""
    line = ""
    try:
        for line in text.splitlines():
            if line.startswith("*"):
                table = line[1:].strip()
            elif line.startswith(":"):
                name, policy = line[1:].split()[:2]
                chains[(table, name)] = _chain(family, table, name, policy)
            elif line.startswith("-A "):
                words = shlex.split(line)
                add(chains[(table, words[1])], [_rule(words[2:])], of_iptables(words[2:]))
    except (ValueError, KeyError, IndexError):
        raise Unreadable(f"iptables-save: not understood: {line[:80]}") from None
    return list(chains.values())


def _chain(family: str, table: str, name: str, policy: str) -> Chain:
    if policy == "-":
        return chain(family, table, name, None, None, PRIORITIES.get(table, 0), None)
    kind = "nat" if table == "nat" else "filter"
    return chain(family, table, name, kind, HOOKS.get(name), PRIORITIES.get(table, 0), policy.lower())


def _rule(words: list[str]) -> Rule:
    matches: list[Match] = []
    raw = negate = False
    at = 0
    while at < len(words):
        word = words[at]
        if word in ("-j", "-g"):
            return rule(matches, *_verdict(word, words[at + 1], words[at + 2 :]), raw=raw)
        if word == "!":
            negate, at = True, at + 1
            continue
        if word in FIELDS:
            matches.append(match(FIELDS[word], _values(word, words[at + 1]), negate))
            taken = 1
        elif word == "--tcp-flags":
            matches += flags(_flag_names(words[at + 1]), _flag_names(words[at + 2]), negate)
            taken = 2
        elif word in LATER:
            matches += [] if negate else [NEVER]
            taken = LATER[word]
        elif word in HOLDS:
            matches += [NEVER] if negate and word == "--set" else []
            taken = HOLDS[word]
        else:
            raw = True
            taken = _arguments(words, at)
        negate, at = False, at + 1 + taken
    return rule(matches, None, raw=raw)


def _arguments(words: list[str], at: int) -> int:
    """Return how many words belong to an option that isn't known: those up to the next option."""
    rest = words[at + 1 :]
    return next((count for count, word in enumerate(rest) if word.startswith("-") or word == "!"), len(rest))


def _values(option: str, text: str) -> list[str]:
    if option == "-i" or option == "-o":
        return [text[:-1] + "*" if text.endswith("+") else text]
    if "port" in option:
        return [value.replace(":", "-") for value in text.split(",")]
    if option in ("-s", "-d"):
        return text.split(",")
    return [value.lower() for value in text.split(",")]


def _flag_names(text: str) -> set[str]:
    every = "fin,syn,rst,psh,ack,urg" if text == "ALL" else "" if text == "NONE" else text.lower()
    return {name for name in every.split(",") if name}


def _verdict(option: str, target: str, rest: list[str]) -> tuple[str | None, str | None]:
    """Return verdict and target chain or translated address; None where the packet just goes on."""
    if target in VERDICTS:
        for name in ("--to-destination", "--to-ports"):
            if name in rest:
                value = rest[rest.index(name) + 1]
                return VERDICTS[target], value if name == "--to-destination" else ":" + value
        return VERDICTS[target], None
    if target in SILENT:
        return None, None
    if target in ("NFQUEUE", "TPROXY", "QUEUE", "SYNPROXY", "BPF", "TARPIT", "TEE", "NETMAP", "RATEEST"):
        return "unknown", None
    return ("goto" if option == "-g" else "jump"), target
