# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether remote access was chosen well, scans come often enough, and people and web logins are prepared."""

from __future__ import annotations

from collections.abc import Iterator

from ...evaluators.verdict import Item, item
from .case import RecordCase
from .rules import Rules

RULES = Rules()
CHOICE, SCANS, STUFFING, PHISHING = (
    "ev-remote-access-choice",
    "ev-vuln-mgmt",
    "ev-web-credential-stuffing",
    "ev-phishing",
)
YEARLY, QUARTERLY = "bulwark_record_yearly_days", "bulwark_record_quarterly_days"
CHOICE_DAYS, REACH = "bulwark_remote_access_choice_days", "bulwark_phishing_reach_percent"
OPEN_STANDARDS = ("ikev2", "tls")
#: The longest interval between scans of each scope.
INTERVALS = {
    "online_services": "bulwark_scan_internet_facing_days",
    "internet_facing": "bulwark_scan_internet_facing_days",
    "office_apps": "bulwark_scan_apps_days",
    "others": "bulwark_scan_days",
}
WITHOUT_MFA = ("rate_limit", "breached_password_check", "bot_control")


@RULES.of(CHOICE, "decided", "The decision is not older than %s." % CHOICE_DAYS, CHOICE_DAYS, aged=True)
def decided(case: RecordCase) -> Iterator[Item]:
    """The decision is not old."""
    return case.old("the decision", case.record["decided"], CHOICE_DAYS)


@RULES.of(CHOICE, "supported", "Its maker supports the product.")
def supported(case: RecordCase) -> Iterator[Item]:
    """The product is supported today."""
    until = case.record["supported_until"]
    if until < case.today.isoformat():
        yield item("product", "%s was supported until %s" % (case.record["product"], until))


@RULES.of(CHOICE, "standard", "It speaks an open standard, IKEv2 or TLS.")
def standard(case: RecordCase) -> Iterator[Item]:
    """The product speaks an open standard."""
    if case.record["standard"] not in OPEN_STANDARDS:
        yield item("standard", "%s speaks neither IKEv2 nor TLS" % case.record["product"])


@RULES.of(
    SCANS, "cadence", "Each scope is scanned as often as the policy asks for.", *dict.fromkeys(INTERVALS.values())
)
def cadence(case: RecordCase) -> Iterator[Item]:
    """Each scope is scanned often enough."""
    for scope, variable in INTERVALS.items():
        days = case.bound(variable)
        found = [each["cadence_days"] for each in case.record["scopes"] if each["scope"] == scope]
        if not found:
            yield item(scope, "%s is not scanned" % scope)
        elif not all(found):
            yield item(scope, "%s: 0 days from one scan to the next can't be; write 1 for each day" % scope)
        elif max(found) > days:  # of a scope that stands there twice the worst counts
            yield item(scope, "%s is scanned every %d days, more than %d" % (scope, max(found), days))


@RULES.of(
    SCANS, "external-review", "The last look from outside is not older than %s." % QUARTERLY, QUARTERLY, aged=True
)
def external_review(case: RecordCase) -> Iterator[Item]:
    """Somebody looked from outside not long ago."""
    return case.old("the review from outside", case.record["external_review"], QUARTERLY)


@RULES.of(STUFFING, "protected", "Each application asks for a second factor, or has all other protections.")
def protected(case: RecordCase) -> Iterator[Item]:
    """Each application withstands passwords that were stolen elsewhere."""
    for app in case.record["apps"]:
        lacking = [name for name in WITHOUT_MFA if not app[name]]
        if not app["mfa"] and lacking:
            text = "%s asks for no second factor and lacks %s"
            yield item(app["url"], text % (app["url"], ", ".join(lacking)))


@RULES.of(PHISHING, "training", "The last training is not older than %s." % YEARLY, YEARLY, aged=True)
def training(case: RecordCase) -> Iterator[Item]:
    """The training is not long ago."""
    return case.old("the training", case.record["training"], YEARLY)


@RULES.of(PHISHING, "reach", "At least %s of the people took part." % REACH, REACH)
def reach(case: RecordCase) -> Iterator[Item]:
    """Nearly everybody took part."""
    found, wanted = case.record["reach_percent"], case.bound(REACH)
    if found < wanted:
        yield item("reach", "the training reached %d percent of the people, less than %d" % (found, wanted))


@RULES.of(PHISHING, "route-tested", "A report was tried within %s." % YEARLY, YEARLY, aged=True)
def route_tested(case: RecordCase) -> Iterator[Item]:
    """Somebody tried to report a message."""
    return case.old("the last tried report", case.record["route_tested"], YEARLY)
