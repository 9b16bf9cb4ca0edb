# SPDX-License-Identifier: GPL-3.0-or-later
"""Records of section 1: how people get in from afar, and what is done against guessing and phishing."""

from __future__ import annotations

from ..envelope import Kind
from ..fields import choice, count, day, entries, flag, group, optional, past, text, texts

#: What a scanner looks at, each with a longest interval of its own.
SCOPES = ("online_services", "internet_facing", "office_apps", "others")

KINDS = {
    "ev-remote-access-choice": Kind(
        "The product for remote access was chosen for its security and is supported",
        {
            "product": text("The product and its version.", "strongSwan 6.0"),
            "standard": choice("What it speaks.", ["ikev2", "tls", "other"], "ikev2"),
            "validated_crypto": text("Who validated its cryptography, or why nobody had to.", "FIPS 140-3, OpenSSL 3"),
            "patch_record": text("How fast its maker mended known flaws.", "critical ones within 7 days since 2024"),
            "sbom": optional(text("Where its maker says what is in it.", "https://vendor.example/sbom.json")),
            "disabled_features": texts("What it can do and is switched off.", "web portal", "IKEv1"),
            "supported_until": day("The last day on which its maker supports it.", "2029-12-31"),
            "decided": past("The day of the decision.", "2026-03-01"),
        },
    ),
    "ev-vuln-mgmt": Kind(
        "Vulnerabilities are looked for often enough, from outside too",
        {
            "scanner": text("What scans.", "OpenVAS 23"),
            "scopes": entries(
                "What is scanned, and how often.",
                {
                    "scope": choice("What is scanned.", SCOPES, SCOPES[0]),
                    "cadence_days": count("Days from one scan to the next.", 1),
                },
                [{"scope": scope, "cadence_days": days} for scope, days in zip(SCOPES, (1, 1, 7, 14), strict=True)],
            ),
            "external_review": past("The day somebody last looked at what the internet sees.", "2026-10-15"),
            "findings": optional(group(
                "What the last scans came to.",
                {"found": count("Findings.", 12), "closed": count("How many of them are mended.", 11)},
            )),
        },
    ),
    "ev-web-credential-stuffing": Kind(
        "Nobody gets into a web application with a stolen password alone",
        {
            "apps": entries(
                "Each web application that people log in to.",
                {
                    "url": text("Its address.", "https://portal.example.org"),
                    "mfa": flag("Whether a second factor is always asked for.", True),
                    "rate_limit": flag("Whether attempts are limited.", True),
                    "breached_password_check": flag("Whether passwords that were leaked are refused.", True),
                    "bot_control": flag("Whether programs that try logins are told from people.", False),
                },
            ),
        },
    ),
    "ev-phishing": Kind(
        "People know phishing when they see it, and report it",
        {
            "mail_filter": text("What filters mail.", "rspamd with DMARC enforced"),
            "report_route": text("How people report a message.", "button in the mail client"),
            "route_tested": past("The day a report was last tried.", "2026-09-10"),
            "training": past("The day of the last training.", "2026-06-01"),
            "reach_percent": count("Percent of the people who took part.", 97),
            "simulation": optional(past("The day of the last made-up phishing message.", "2026-08-20")),
        },
    ),
}  # fmt: skip
