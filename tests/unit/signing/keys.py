# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys that are made for a test, and what they sign."""

from __future__ import annotations

import subprocess
from pathlib import Path

from ansible_collections.bulwark.msp.plugins.plugin_utils.declared.signatures import NAMESPACE

KIM, OPS, EVE = "kim@customer", "ops@msp:north", "eve@nowhere"


def make(folder: Path, *principals: str) -> Path:
    """Make a key for each principal, in a file of its name, and return an allowed signers file with all of them."""
    folder.mkdir(parents=True, exist_ok=True)
    for who in principals:
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", who, "-f", str(folder / who)], check=True)
    allowed = folder / "allowed_signers"
    lines = ["%s %s" % (who, (folder / (who + ".pub")).read_text("utf-8")) for who in principals]
    allowed.write_text("".join(lines), "utf-8")
    return allowed


def sign(key: Path, file: Path, namespace: str = NAMESPACE) -> Path:
    """Sign a file with a key, as docs/records.md says, and return the signature."""
    signature = file.with_name(file.name + ".sig")
    signature.unlink(missing_ok=True)
    subprocess.run(["ssh-keygen", "-q", "-Y", "sign", "-f", str(key), "-n", namespace, str(file)], check=True,
                   capture_output=True)  # fmt: skip
    return signature
