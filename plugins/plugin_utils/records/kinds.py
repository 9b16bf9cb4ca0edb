# SPDX-License-Identifier: GPL-3.0-or-later
"""The fields of each kind of record, as entries of an argument spec; `format: day` is a text that holds a date."""

from __future__ import annotations

from typing import Any

TEXT = {"type": "str"}
NEEDED = {"type": "str", "required": True}
DAY = {"type": "str", "format": "day"}
NEEDED_DAY = {**DAY, "required": True}
COUNT = {"type": "int"}
SHA256 = {"type": "str", "format": "sha256"}

#: What every record has, whatever it tells of.
ENVELOPE: dict[str, Any] = {
    "id": NEEDED,
    "customer_id": NEEDED,
    "owner": NEEDED,
    "version": NEEDED,
    "date": NEEDED_DAY,
    "approved_by": {"type": "dict", "options": {"name": NEEDED, "party": NEEDED, "on": NEEDED_DAY}},
    "next_review": NEEDED_DAY,
    "source_uri": TEXT,
    "sha256": SHA256,
}

#: One test: what of `backup` (its name in bulwark_backups) of `system` (the host's inventory name) came back.
#: seconds: how long it took. files, bytes: restored. verified: files with the snapshot's content. live: of these, how
#: many are unchanged since and were found equal. run: the run that made it, which is what proves it.
RESTORE_TEST: dict[str, Any] = {
    "date": NEEDED_DAY,
    "system": NEEDED,
    "backup": NEEDED,
    "snapshot": NEEDED,
    "scope": {"type": "str", "required": True, "choices": ["sample", "full"]},
    "result": {"type": "str", "required": True, "choices": ["passed", "failed"]},
    "seconds": {"type": "int", "required": True},
    "files": COUNT,
    "bytes": COUNT,
    "verified": COUNT,
    "live": COUNT,
    "tester": {"type": "dict", "required": True, "options": {"name": NEEDED, "party": TEXT}},
    "run": TEXT,
    "assurance": {"type": "str", "choices": ["proven", "attested"]},
    "defects": {"type": "list", "elements": "str"},
}

#: One image that a host serving `role` (an entry of bulwark_host_functions) is rebuilt from.
GOLD_IMAGE: dict[str, Any] = {
    "role": NEEDED,
    "image": NEEDED,
    "built": NEEDED_DAY,
    "sha256": {**SHA256, "required": True},
    "verified": DAY,
    "store": TEXT,
    "isolated": {"type": "bool"},
    "boot_tested": DAY,
}

KINDS: dict[str, dict[str, Any]] = {
    "ev-restore-test": {
        **ENVELOPE,
        "tests": {"type": "list", "elements": "dict", "required": True, "options": RESTORE_TEST},
    },
    "ev-gold-image": {
        **ENVELOPE,
        "images": {"type": "list", "elements": "dict", "required": True, "options": GOLD_IMAGE},
    },
}
