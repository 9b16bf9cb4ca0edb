# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether what serves customers writes down what it does, where nobody who uses it can take that away."""

from __future__ import annotations

from collections.abc import Iterator

from ...declared.registers import Undeclared
from ...evaluators.facts import Unread
from ...evaluators.forwarding import forwards
from ...evaluators.retention import kept_elsewhere
from ...evaluators.rotation import interval, kept
from ...evaluators.verdict import Case, Item, Judges, NotApplicable, Verdict, item, verdict

JUDGES = Judges()
CONTROLLER, JUMP = "controller", "jump"
#: From here on Ansible writes the arguments of modules into its log.
TELLS_ARGUMENTS = 3
#: Where logons at a jump host are logged: Debian's sshd writes to the one, RHEL's to the other.
LOGONS = ("auth", "authpriv")
LOOKED_AT = "/var/log/"


@JUDGES.of("lin-lm-delivery-log")
def delivery_log(case: Case) -> Verdict:
    """Where customers are served from, the products' logs are there, go to a collector and are kept; no secrets."""
    declared = list(case.policy["bulwark_delivery_logs"])
    functions: frozenset[str] = frozenset() if declared and case.registers.functions is None else (
        case.registers.declared("functions"))  # fmt: skip
    if not declared and not functions & {CONTROLLER, JUMP}:
        raise NotApplicable("no host by which customers are served: bulwark_host_functions has neither controller nor "
                            "jump, bulwark_delivery_logs is empty")  # fmt: skip
    expected = "the logs of what serves customers go to a collector and are kept for %d days, without secrets" % (
        case.policy["bulwark_log_retention_days"])  # fmt: skip
    wrong: list[Item] = []
    unread: list[str] = []
    paths = [*declared]
    if CONTROLLER in functions:
        wrong += _controller(case, declared)
        log = (case.facts["delivery"]["ansible"] or {}).get("log_path")
        paths += [log] if log else []
        if case.facts["delivery"]["awx"] and not declared:
            unread.append("AWX keeps its activity stream in its database: name the log that its settings send it to in "
                          "bulwark_delivery_logs")  # fmt: skip
    if JUMP in functions:
        paths += LOGONS
    for path in dict.fromkeys(paths):
        try:
            wrong += _log(case, path)
        except (Unread, Undeclared) as reason:
            unread.append(str(reason))
    return verdict(expected, wrong, unread, ["/etc/ansible/ansible.cfg", *paths])


def _controller(case: Case, declared: list[str]) -> Iterator[Item]:
    """Yield what is wrong with an automation controller's own settings."""
    ansible = case.facts["delivery"]["ansible"]
    if ansible is None:
        if not declared and not case.facts["delivery"]["awx"]:
            yield item("no log", "nothing says where this controller logs what it does: bulwark_delivery_logs is empty")
        return
    place = ansible["config"] or "/etc/ansible/ansible.cfg"
    if not ansible["log_path"] and not declared:
        text = "Ansible writes no log: %s has no log_path, bulwark_delivery_logs is empty"
        yield item("ansible: log_path", text % place)
    if ansible["verbosity"] >= TELLS_ARGUMENTS:
        yield item("ansible: verbosity", "%s: verbosity %d puts the arguments of modules into the log" % (
            place, ansible["verbosity"]))  # fmt: skip
    if ansible["shows_arguments"]:
        text = "%s: display_args_to_stdout puts the arguments of tasks into the log"
        yield item("ansible: display_args_to_stdout", text % place)


def _log(case: Case, path: str) -> Iterator[Item]:
    """Yield what is wrong with one log, or with where logons are logged."""
    if path.startswith("/"):
        if not path.startswith(LOOKED_AT):
            raise Unread("%s lies outside of /var/log, and is not looked at" % path)
        if path not in case.facts["log_files"]["logs"]:
            yield item("%s: missing" % path, "%s is not there: nothing was logged" % path)
            return
    if not any(forwards(case, name) for name in (LOGONS if path in LOGONS else (path,))):
        yield item("%s: forwarded" % path, "%s goes to no collector" % path)
    if path.startswith("/") and not kept_elsewhere(case, path):
        yield from _short(case, path)


def _short(case: Case, path: str) -> Iterator[Item]:
    pause = interval(case) if case.facts["rotation"]["installed"] else None
    found = kept(case, path, pause) if pause is not None else None
    if found is not None and found.limits:
        days = min(found.limits.values())
        yield item("%s: kept" % path, "%s is kept for %d days (%s)" % (path, days, found.stanza["place"]))
