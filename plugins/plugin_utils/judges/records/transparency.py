# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the contract, the matrix of tasks, the talks, the statement of services and the approvals hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from ...declared.parties import CUSTOMER
from ...declared.registers import Undeclared
from ...evaluators.facts import Unread
from ...evaluators.verdict import Item, item
from ...records.kinds.transparency import APPROVED, TASKS, TOPICS
from .case import PARTIAL, RecordCase, register_digest
from .promises import PROMISES
from .rules import Rules
from .shared import PROVIDER, absent, not_since, unowned, unsigned

RULES = Rules()
CONTRACT, RACI, DIALOGUE = "ev-contract", "ev-raci", "ev-risk-dialogue"
STATEMENT, APPROVAL = "ev-services-statement", "ev-register-approval"
YEARLY, QUARTERLY = "bulwark_record_yearly_days", "bulwark_record_quarterly_days"
POLICY = "policy"


@RULES.of(CONTRACT, "topics", "Each topic is in the contract, by a clause that is named.")
def topics(case: RecordCase) -> Iterator[Item]:
    """Each topic is in the contract, and nothing says that it is not."""
    clauses = case.record["clauses"]
    for topic in TOPICS:
        found = [clause for clause in clauses if clause["topic"] == topic]
        if not any(clause["present"] for clause in found):
            yield item(topic, "the contract says nothing of %s" % topic)
        elif not all(clause["present"] for clause in found):
            yield item(topic, "%s stands in the record as present and as not present" % topic)
        elif not any(clause.get("reference") for clause in found):
            yield item(topic, "no clause is named for %s (reference)" % topic)


@RULES.of(CONTRACT, "in-force", "The contract is in force today.")
def in_force(case: RecordCase) -> Iterator[Item]:
    """Today is a day of the contract."""
    start, end = case.record["start"], case.record["end"]
    if not start <= case.today.isoformat() <= end:
        yield item("days", "the contract is in force from %s to %s" % (start, end))


@RULES.of(CONTRACT, "registered", "bulwark_contracts has the contract with the same party and days.",
          "bulwark_contracts")  # fmt: skip
def registered(case: RecordCase) -> Iterator[Item]:
    """The contract is the one that accounts are judged by."""
    record = case.record
    found = [each for each in case.entries("bulwark_contracts") if each.get("id") == record["contract_id"]]
    if not found and case.partial:
        raise Unread(PARTIAL % "bulwark_contracts")
    if not found:
        yield item("missing", "bulwark_contracts has no contract with the id %s" % record["contract_id"])
    for each in found:
        there = {"msp": each["party"], "start": str(each["start"])[:10], "end": str(each["end"])[:10]}
        for key, value in there.items():
            if value != record[key]:
                yield item(key, "%s is %s here and %s in bulwark_contracts" % (key, record[key], value))


@RULES.of(CONTRACT, "kept", "Every host was judged by what the contract promises, and none shows the opposite.")
def kept(case: RecordCase) -> Iterator[Item]:
    """What a clause promises does not fail on any host; what nobody looked at is not known to be kept."""
    if not any(each.failing or each.decided for each in case.promised.values()):
        raise Unread("no host was judged that the clauses could be held against")
    promises = [(clause, control) for clause in case.record["clauses"] if clause["present"]
                for control in PROMISES[CONTRACT].get(clause["topic"], ()) if control in case.promised]  # fmt: skip
    broken = [(clause, control) for clause, control in promises if case.promised[control].failing]
    for clause, control in broken:
        text = "the contract promises %s (clause %s), and %s fails on %s"
        where = _named(case.promised[control].failing)
        named = text % (clause["topic"], clause.get("reference", "not named"), control, where)
        yield item("%s: %s" % (clause["topic"], control), named)
    left = ["%s (%s on %s)" % (clause["topic"], control, _named(hosts, 3))
            for clause, control in promises if (hosts := _undecided(case, control))]  # fmt: skip
    if left and not broken:
        raise Unread("it is not known whether these promises are kept: %s" % ", ".join(left))


def _undecided(case: RecordCase, control: str) -> tuple[str, ...]:
    """Return the customer's hosts that leave open whether a control holds, for whatever reason."""
    return tuple(sorted({*case.hosts} - {*case.promised[control].decided}))


@RULES.of(CONTRACT, "schedule", "The policy in force is no weaker than the contract's schedule.")
def scheduled(case: RecordCase) -> Iterator[Item]:
    """No threshold is weaker on any host than the contract says."""
    promised = case.record.get("schedule")
    if not promised:
        raise Unread("the contract has no schedule; attach the report's contract-schedule.md and enter its values")
    broken = False
    for each in promised:
        for text in _weaker(case, each["threshold"], each["value"]):
            broken = True
            yield item(each["threshold"], text)
    if case.partial and not broken:
        raise Unread(PARTIAL % "the policy")


RULES.recent(CONTRACT, YEARLY)


@RULES.of(RACI, "tasks", "Each task that matters is in the matrix, and stands there once.")
def tasks(case: RecordCase) -> Iterator[Item]:
    """Each task stands in the matrix once."""
    found = Counter(row["task"] for row in case.record["matrix"])
    yield from (item(task, "%s is not in the matrix" % task) for task in TASKS if not found[task])
    yield from (item(task, "%s stands in it %d times" % (task, number)) for task, number in found.items() if number > 1)


@RULES.of(RACI, "accountable", "Exactly one party is accountable for each task.")
def accountable(case: RecordCase) -> Iterator[Item]:
    """One party answers for each task."""
    for row in case.record["matrix"]:
        if len(row["accountable"]) != 1:
            yield item(row["task"], "%s: %d parties are accountable" % (row["task"], len(row["accountable"])))


@RULES.of(RACI, "responsible", "Customer or provider does each task.")
def responsible(case: RecordCase) -> Iterator[Item]:
    """One of the two sides does each task; a vendor may help, and is none of them."""
    for row in case.record["matrix"]:
        if not any(party.startswith((CUSTOMER, PROVIDER)) for party in row["responsible"]):
            who = "only %s" % ", ".join(row["responsible"]) if row["responsible"] else "nobody"
            yield item(row["task"], "%s: %s is responsible" % (row["task"], who))


@RULES.of(RACI, "signed", "Somebody of each side signed this version.")
def raci_signed(case: RecordCase) -> Iterator[Item]:
    """Both sides signed."""
    return unsigned(case.record["signed_by"], case)


@RULES.of(RACI, "named", "bulwark_responsibilities names somebody for all that is judged.",
          "bulwark_responsibilities", alone=True)  # fmt: skip
def somebody_named(case: RecordCase) -> Iterator[Item]:
    """Somebody has to put right what fails."""
    for section, ids in case.unnamed.items():
        yield item(section, "nobody is named in bulwark_responsibilities for %s: %s" % (section, _named(ids)))


RULES.recent(RACI, YEARLY)


@RULES.of(DIALOGUE, "both-sides", "Customer and provider were at the last meeting.")
def both_sides(case: RecordCase) -> Iterator[Item]:
    """Both sides were at the last meeting."""
    meetings = case.record["meetings"]
    if not meetings:
        yield item("none", "no meeting is noted")
        return
    last = max(meetings, key=lambda each: str(each["date"]))
    yield from absent((each["party"] for each in last["attendees"]), "nobody of %s was at the last meeting")


@RULES.of(DIALOGUE, "met", "The last meeting is not older than %s." % YEARLY, YEARLY, aged=True)
def met(case: RecordCase) -> Iterator[Item]:
    """The last meeting was not long ago."""
    days = [each["date"] for each in case.record["meetings"]]
    return case.old("the last meeting", max(days), YEARLY) if days else iter(())


@RULES.of(DIALOGUE, "after-contract", "They met since the contract changed.")
def after_contract(case: RecordCase) -> Iterator[Item]:
    """They met since the contract changed."""
    changed = case.other(CONTRACT)["date"]
    if not any(each["date"] >= changed for each in case.record["meetings"]):
        yield item("contract", "there was no meeting since the contract changed on %s" % changed)


@RULES.of(DIALOGUE, "gaps-owned", "Each gap that is left has an owner.")
def dialogue_gaps(case: RecordCase) -> Iterator[Item]:
    """Each gap has an owner."""
    return unowned(case.record["gaps"], "gap")


@RULES.of(STATEMENT, "complete", "What is bought, what is not, and both contingencies are named.")
def complete(case: RecordCase) -> Iterator[Item]:
    """Nothing is left empty."""
    for key in ("services_in", "services_out", "ir_contingencies", "recovery_contingencies"):
        if not case.record[key]:
            yield item(key, "%s is empty" % key)


@RULES.of(STATEMENT, "acknowledged", "Somebody of the customer's acknowledged this version.")
def acknowledged(case: RecordCase) -> Iterator[Item]:
    """The customer acknowledged it."""
    who = case.record.get("customer_acknowledged")
    days = [who["on"]] if who and who["party"] == CUSTOMER else []
    return not_since("customer", "customer_acknowledged: nobody of the customer's acknowledged it", days, case)


@RULES.of(STATEMENT, "contract-version", "It belongs to the contract's current version.")
def contract_version(case: RecordCase) -> Iterator[Item]:
    """It belongs to the current contract."""
    mine, current = case.record["contract_version"], case.other(CONTRACT)["version"]
    if mine != current:
        yield item("version", "it belongs to version %s of the contract, and %s is current" % (mine, current))


@RULES.of(APPROVAL, "complete", "Each register that is declared, and the policy, is approved.")
def each_approved(case: RecordCase) -> Iterator[Item]:
    """Each register in force is approved."""
    approved = {each["what"] for each in case.record["approvals"]}
    for what in APPROVED:
        if what not in approved and (what == POLICY or "bulwark_" + what in case.registers):
            yield item(
                what, "%s is not approved; the one in force has the digest %s" % (what, in_force_digest(case, what))
            )


@RULES.of(APPROVAL, "customer", "Each approval is the customer's own.")
def customers_own(case: RecordCase) -> Iterator[Item]:
    """The customer approves, nobody else."""
    for each in case.record["approvals"]:
        if each["party"] != CUSTOMER:
            yield item(each["what"], "%s was approved by %s of %s" % (each["what"], each["approver"], each["party"]))


@RULES.of(APPROVAL, "digest", "What was approved is what is in force.",
          "bulwark_accounts", "bulwark_listeners", "bulwark_zones", "bulwark_waivers")  # fmt: skip
def same_digest(case: RecordCase) -> Iterator[Item]:
    """The newest approval of each register is of the one in force."""
    newest = {each["what"]: each for each in sorted(case.record["approvals"], key=lambda each: str(each["date"]))}
    for what, each in newest.items():
        found = in_force_digest(case, what)
        if each["digest"] != found:
            text = "%s: what was approved on %s is not what is in force, whose digest is %s"
            yield item(what, text % (what, each["date"], found))


@RULES.of(APPROVAL, "recent", "No approval is older than %s." % QUARTERLY, QUARTERLY, aged=True)
def recent_approvals(case: RecordCase) -> Iterator[Item]:
    """The newest approval of each register is not old."""
    newest = {each["what"]: each["date"] for each in sorted(case.record["approvals"], key=lambda one: str(one["date"]))}
    for what, day in newest.items():
        yield from case.old("the approval of %s" % what, day, QUARTERLY)


def in_force_digest(case: RecordCase, what: str) -> str:
    """Return the SHA-256 of a register in force (accounts, ...), or of the policy; raises Undeclared."""
    if what == POLICY and case.partial:
        raise Unread(PARTIAL % "the policy")
    if what == POLICY:
        values = ({name: each["value"] for name, each in policy.items()} for policy in case.policies)
        return register_digest({str(sorted(one.items())): one for one in values}.values())
    variable = "bulwark_" + what
    if case.partial:
        raise Unread(PARTIAL % variable)
    if variable not in case.registers and what != "waivers":
        raise Undeclared("%s is approved and not declared for any host of this run" % variable)
    return register_digest(case.registers.get(variable, ()))


def _weaker(case: RecordCase, name: str, promised: int) -> Iterator[str]:
    """Yield what is wrong with a threshold of the schedule."""
    found = {policy[name]["value"] for policy in case.policies if name in policy and _is_number(policy[name]["value"])}
    if case.looser.get(name, "none") == "none" or not found:
        yield "the schedule has %s, which is no threshold with a number" % name
        return
    worst = max(found) if case.looser[name] == "higher" else min(found)
    if worst != promised and (worst > promised) == (case.looser[name] == "higher"):
        yield "the schedule says %s %d, and %d is in force" % (name, promised, worst)


def _is_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _named(hosts: tuple[str, ...], limit: int = 10) -> str:
    more = " and %d more" % (len(hosts) - limit) if len(hosts) > limit else ""
    return ", ".join(hosts[:limit]) + more
