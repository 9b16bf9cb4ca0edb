# SPDX-License-Identifier: GPL-3.0-or-later
"""The words of the pages: what statuses, kinds of change and parties are called by people who don't know the schema."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from ..drift.shapes import Kind
from ..drift.signed import of_mapping
from ..outcomes.tables import Told
from ..runs.finding import SEVERITIES
from ..text import clean

LEVELS = tuple(reversed(SEVERITIES))
STATUS_WORDS = {
    "fail": "Fails",
    "unknown": "Unknown",
    "stale": "Out of date",
    "not_attested": "Not attested",
    "waived": "Waived",
    "pass": "Passes",
    "not_applicable": "Does not apply",
}
#: What wants somebody, in this order.
ATTENTION = ("fail", "unknown", "stale", "not_attested", "waived")
KIND_WORDS: Mapping[Kind, str] = {
    "new": "New",
    "first_look": "Seen for the first time",
    "back": "Open again, unknown last time",
    "waiver_expired": "Waiver expired",
    "waiver_ended": "Waiver withdrawn or no longer fits",
    "changed": "Still open, something else found",
    "still_open": "Still open",
    "newly_unknown": "Newly unknown",
    "waived": "Now waived",
    "fixed": "Fixed",
    "known_again": "Readable again",
}
KIND_TONES: Mapping[Kind, str] = {
    "new": "bad",
    "first_look": "plain",
    "back": "bad",
    "waiver_expired": "bad",
    "waiver_ended": "bad",
    "changed": "warn",
    "still_open": "warn",
    "newly_unknown": "unknown",
    "waived": "plain",
    "fixed": "good",
    "known_again": "good",
}
#: What a tile of the map says of its part (shapes.Standing.worst), and what the colours of its bar mean.
WORST_WORDS = {**{level: level for level in LEVELS}, "unknown": "unknown", "pass": "in order", "unseen": "not judged"}
LEGEND = {
    **{level: "fails, " + level for level in LEVELS},
    "unknown": "unknown",
    "waived": "waived",
    "proven": "passes, tried",
    "effective": "passes, seen in force",
    "configured": "passes, read in a file",
}
ASSURANCE_WORDS = {
    "proven": "proven: it was tried",
    "effective": "effective: the owning program says so",
    "configured": "configured: a file says so",
    "attested": "attested: a person says so",
}
#: What enforcement did to one control, and how it ended on a host (docs/schemas/enforcement.json).
STATE_WORDS = {
    "changed": "Changed",
    "would_change": "Would change",
    "unchanged": "Nothing to change",
    "left": "Left as it is",
    "refused": "Refused",
    "reverted": "Put back as before",
}
OUTCOME_WORDS = {
    "failed": "failed",
    "reverted": "put back as before",
    "refused": "refused",
    "confirmed": "changed and confirmed",
    "would_change": "would change",
    "unchanged": "nothing to change",
}
OUTCOME_TONES = {"failed": "bad", "reverted": "bad", "refused": "bad", "confirmed": "good", "would_change": "warn"}
DIFF_SIGNS = {"+": "add", "-": "del", "@": "hunk", "\\": "note"}
ENFORCE_WORDS = {
    "safe": "can be enforced without risk to anybody's access",
    "guarded": "enforced only with an automatic way back",
    "staged": "enforced only where you ask for it by name",
    "never": "mended by hand: no tool can do it safely",
}
RISK_WORDS = {"access": "can cut somebody's access", "service": "can stop a service", "none": "none known"}
#: What the words of ASD's assessors mean here (outcomes/words.py), and the badge that each has on a page.
ASSESSED_WORDS = {
    "effective": "everything that answers it is in place",
    "alternate control": "met in another way, which somebody approved until a day",
    "ineffective": "in place in part, and something fails",
    "not implemented": "nothing that answers it is in place; an accepted risk changes nothing of that",
    "no visibility": "could not be seen everywhere, or has no record",
    "not assessed": "this run left something out, or nothing judges all of it yet",
    "not applicable": "none of the hosts can have the problem",
}
ASSESSED_BADGES = {
    "effective": "pass",
    "alternate control": "waived",
    "ineffective": "high",
    "not implemented": "critical",
    "no visibility": "unknown",
    "not assessed": "not_attested",
    "not applicable": "not_applicable",
}
WAIVER_WORDS = {
    "alternate_control": "protected in another way",
    "risk_accepted": "risk accepted",
    "false_positive": "wrongly reported",
}
#: Who signed entries of a register, and the badge of each.
SIGNED_WORDS = {
    "customer": "signed by the customer",
    "provider": "signed by the provider alone",
    "unknown_key": "signed with an unknown key",
    "not_checked": "not checked",
    "unsigned": "not signed",
    "unusable": "signature not usable",
    "altered": "altered",
}
SIGNED_BADGES = {
    "customer": "pass",
    "provider": "medium",
    "unknown_key": "unknown",
    "not_checked": "unknown",
    "unsigned": "not_attested",
    "unusable": "high",
    "altered": "high",
}
FRAMEWORK_WORDS = {
    "essential_eight": "Essential Eight",
    "ism": "ISM",
    "cis_v8": "CIS v8",
    "nist_800_53": "NIST 800-53",
    "csf_2": "CSF 2.0",
    "iso_27001": "ISO 27001",
}


def party(who: str, to_customer: bool) -> str:
    """Return a party as the reader knows it; `to_customer` where the customer is who reads."""
    role, _colon, name = who.partition(":")
    if role == "msp":
        return "the provider (%s)" % name
    if role == "vendor":
        return "the vendor %s" % name
    customer = "you" if to_customer else "the customer"
    return {"customer": customer, "both": "the provider and " + customer, "nobody": "nobody was named"}.get(who, who)


def mender(who: str, to_customer: bool) -> str:
    """Return who mends it as a sentence without its stop, such as "The provider (north) mends this"."""
    name = party(who, to_customer)
    if who == "nobody":
        return "Nobody was named to mend this"
    verb = "mend" if who == "both" or name == "you" else "mends"
    return "%s %s this" % (name[:1].upper() + name[1:], verb)


def signed_words(value: Mapping[str, str]) -> str:
    """Return who signed something, as a result tells it, in words."""
    return of_mapping(value).line()


def sentence(task: str) -> str:
    """Return what a task says that it does, without the control that stands before it."""
    return task.partition(" | ")[2] or task


def became(entry: Mapping[str, Any]) -> str:
    """Return what became of a control's status: "fails \u2192 passes", "still fails" in spite of a change, or ""."""
    before, after = (STATUS_WORDS.get(entry[key] or "", "").lower() for key in ("before", "after"))
    if before and after and before != after:
        return "%s \u2192 %s" % (before, after)
    return "still %s" % after if after and entry["state"] == "changed" else ""


def hidden(change: Mapping[str, Any]) -> str:
    """Return what to say of a change whose text isn't shown, or not all of it; "" for any other."""
    if not change["masked"]:
        return ""
    return "secrets are masked" if change["diff"] else "not shown, since it holds secrets"


def diff_lines(change: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the lines of a change's diff, each with what it is: add, del, hunk, note or same."""
    lines = str(change["diff"]).split("\n") if change["diff"] else []
    return [(DIFF_SIGNS.get(line[:1], "same"), line) for line in lines]


def age(days: int) -> str:
    """Return how long something has been open, in words."""
    return "since this run" if days == 0 else number_of(days, "day")


def seen_of(told: Told | None, noun: str) -> str:
    """Return "3 of 5 hosts", of how many something is known; "-" where nothing of it shows on any."""
    if told is None:
        return "-"
    return "%d of %d %s" % (told.answered, told.population, noun) if told.population else "found across " + noun


def number_of(count: int, singular: str, plural: str = "") -> str:
    """Return "1 host", "2 hosts", "1,200 hosts"."""
    return "{:,} {}".format(count, singular if count == 1 else plural or singular + "s")


def joined(parts: Sequence[str]) -> str:
    """Return "a", "a and b", "a, b and c"."""
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


@lru_cache(maxsize=65536, typed=True)
def shown(value: object) -> str:
    """Return `value` as one bounded line without hidden characters; fast for what has none."""
    text = value if isinstance(value, str) else str(value)
    return text if len(text) < 500 and text.isprintable() else clean(text)
