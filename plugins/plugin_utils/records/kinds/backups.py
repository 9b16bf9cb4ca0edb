# SPDX-License-Identifier: GPL-3.0-or-later
"""Records of section 8: what is saved and where, what came back, what hosts are rebuilt from, what was advised."""

from __future__ import annotations

from ..envelope import CUSTOMER, Kind
from ..fields import choice, count, entries, flag, group, optional, party, past, period, sha256, text, texts

#: Judged host by host as well, by lin-bk-restore-test and lin-bk-gold.
OF_HOSTS = ("ev-restore-test", "ev-gold-image")
TOPICS = ("offsite_backup", "recovery_exercise", "ir_plan")

#: One test: what of `backup` (its name in bulwark_backups) of `system` (the host's inventory name) came back.
RESTORE_TEST = {
    "date": past("The day of the test.", "2026-10-12"),
    "system": text("The host, by its inventory name.", "acme-db"),
    "backup": text("The backup, as bulwark_backups names it.", "nightly"),
    "snapshot": text("The snapshot that was restored.", "3f2a91c4"),
    "scope": choice("What of it was restored.", ["sample", "full"], "full"),
    "result": choice("Whether it came back.", ["passed", "failed"], "passed"),
    "seconds": count("How long it took, in seconds.", 1260),
    "files": optional(count("Files that were restored.", 5120)),
    "bytes": optional(count("Bytes that were restored.", 73400320)),
    "verified": optional(count("Files with the snapshot's content.", 5120)),
    "live": optional(count("Of these, how many are unchanged since and were found equal.", 4800)),
    "tester": group(
        "Who had it made.",
        {"name": text("The name.", "Alice Example"), "party": optional(party("The party.", CUSTOMER))},
    ),
    "run": optional(text("The run that made it, which is what proves it.", None)),
    "assurance": optional(choice("How good the evidence is.", ["proven", "attested"], "attested")),
    "defects": optional(texts("What was wrong.")),
}

#: One image that a host serving `role` (an entry of bulwark_host_functions) is rebuilt from.
GOLD_IMAGE = {
    "role": text("The function of hosts, as bulwark_host_functions has it.", "web"),
    "image": text("The image.", "debian-13-web-20261020"),
    "built": past("The day it was built.", "2026-10-20"),
    "sha256": sha256("Its SHA-256.", "b7" * 32),
    "verified": optional(past("The day somebody last compared that sum.", "2026-10-21")),
    "store": optional(text("Where it is kept.", "offline disk 2, safe")),
    "isolated": optional(flag("Whether nobody who reaches the hosts reaches it there.", True)),
    "boot_tested": optional(past("The day it was last booted.", "2026-10-21")),
}

KINDS = {
    "ev-backup-plan": Kind(
        "Each critical system is saved, apart from its keys and with an offline copy",
        {
            "systems": entries(
                "What is saved.",
                {
                    "system": text("The host, by its inventory name.", "acme-db"),
                    "critical": flag("Whether the business can't do without it.", True),
                    "rpo": period("The recovery point objective.", "24h"),
                    "rto": period("The recovery time objective.", "4h"),
                    "method": text("How it is saved.", "restic, nightly"),
                    "operator": text("Who makes the backups.", "Kim Example"),
                    "copies": count("Copies of it.", 3),
                    "location": text("Where the data is kept.", "backup.example.org"),
                    "offsite": flag("Whether a copy is at another site.", True),
                    "immutable": flag("Whether a copy can't be changed by those who make it.", True),
                    "offline": optional(past("The day of the last offline copy.", "2026-11-07")),
                    "key_location": text("Where the key to it is kept.", "sealed envelope, safe"),
                    "key_offline": flag("Whether a copy of the key is offline.", True),
                    "retention_days": count("Days a backup is kept.", 90),
                },
                [{}, {"system": "acme-web", "critical": False}],
            ),
        },
    ),
    "ev-restore-test": Kind(
        "What is saved came back when it was tried, in time",
        {
            "tests": entries(
                "The tests; bulwark.msp.restore_test notes its own.",
                RESTORE_TEST,
                [{}, {"system": "acme-web", "date": "2026-09-02", "seconds": 300}],
            )
        },
    ),
    "ev-gold-image": Kind(
        "Each critical function of a host has a tested image to rebuild it from",
        {
            "images": entries(
                "The images.",
                GOLD_IMAGE,
                [{}, {"role": "database", "image": "debian-13-database-20261020"}],
            )
        },
    ),
    "ev-customer-encouragement": Kind(
        "The provider encouraged the customer to save elsewhere, to exercise and to plan",
        {
            "customers": entries(
                "What was said. A file that one customer reads names no other customer.",
                {
                    "id": text("The customer, as bulwark_customer has it.", "acme"),
                    "date": past("The day.", "2026-04-14"),
                    "topic": choice("What about.", TOPICS, TOPICS[0]),
                    "answer": text("What the customer said.", "agreed for the third quarter"),
                },
                [{"topic": topic} for topic in TOPICS],
            ),
        },
    ),
}  # fmt: skip
