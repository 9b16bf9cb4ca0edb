# SPDX-License-Identifier: GPL-3.0-or-later
"""Acme's records as of today: tests/lab/records/acme/ with the days and digests that no file can hold in advance.

In the templates `today-30` is the day thirty days ago, and `digest-accounts` that of the register in force.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path

from tests.integration.fleet import play

from .engine import LabError

TEMPLATES = Path(__file__).parent / "records"
CUSTOMER, APPROVAL = "acme", "ev-register-approval"
#: Where an inventory of the lab keeps what it can't have in advance; bulwark_evidence_dir names it.
KEPT = Path(".generated") / "records"
NOTHING = "0" * 64
DAY = re.compile(r"\btoday([+-]\d+)\b")
DIGEST = re.compile(r"\bdigest-([a-z]+)\b")
#: As the finding tells it, which is how a customer learns what to approve.
TOLD = re.compile(r"^digest: (\w+): .* whose digest is ([0-9a-f]{64})$")


def keep(inventory: Path) -> Path:
    """Write Acme's records for a lab's inventory, with its registers approved as they are.

    Return their folder; raises LabError.
    """
    folder = inventory / KEPT / CUSTOMER
    write(folder, {})
    write(folder, in_force(inventory))
    return folder


def write(folder: Path, digests: Mapping[str, str]) -> None:
    """Write every record as of today, and the documents beside them as they are."""
    folder.mkdir(parents=True, exist_ok=True)
    for template in (TEMPLATES / CUSTOMER).iterdir():
        text = template.read_text(encoding="utf-8")
        made = filled(text, date.today(), digests) if template.suffix == ".yml" else text
        (folder / template.name).write_text(made, encoding="utf-8")


def filled(text: str, today: date, digests: Mapping[str, str]) -> str:
    """Return a template's text with its days and digests."""
    dated = DAY.sub(lambda found: '"%s"' % (today + timedelta(int(found[1]))), text)
    return DIGEST.sub(lambda found: '"%s"' % digests.get(found[1], NOTHING), dated)


def in_force(inventory: Path) -> dict[str, str]:
    """Return the digest of each register and of the policy, by an audit that connects to no host."""
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder)
        asked = ("-e", "bulwark_state_dir=%s" % here, "-e", '{"bulwark_controls": ["%s"]}' % APPROVAL)
        played = play("audit", inventory, here / "reports", "--limit", CUSTOMER, *asked)
        try:
            findings = played.document("customers/%s.json" % CUSTOMER)["findings"]
        except OSError:
            raise LabError("the lab's inventory can't be audited: %s" % played.output) from None
    lines = next(each["actual"] for each in findings if each["control"] == APPROVAL)
    return {found[1]: found[2] for found in map(TOLD.match, lines) if found}
