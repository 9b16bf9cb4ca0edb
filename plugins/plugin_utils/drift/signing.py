# SPDX-License-Identifier: GPL-3.0-or-later
"""Signatures of a run's manifest by OpenSSH: `ssh-keygen -Y sign -n bulwark`, in `manifest.json.sig`."""

from __future__ import annotations

from pathlib import Path

from .. import bounded
from ..results import MANIFEST, ResultsError, Run
from ..ssh_signature import LARGEST, ask, stated
from .shapes import Signature

NAMESPACE = "bulwark"
FILE = MANIFEST + ".sig"


def sign(run: Run, key: Path) -> None:
    """Sign the manifest of a sealed run with a private key (or a public one whose key is in the agent)."""
    if not key.is_file():
        raise ResultsError("bulwark_sign_key: %s: there is no such file" % key)
    signature = run.folder / FILE
    # ssh-keygen would ask before it writes over one.
    signature.unlink(missing_ok=True)
    answer = ask("-Y", "sign", "-f", str(key), "-n", NAMESPACE, str(run.folder / MANIFEST))
    if answer.code or not signature.exists():
        raise ResultsError("bulwark_sign_key: %s can't sign: %s" % (key, answer.text))
    signature.chmod(0o600)


def check(run: Run, allowed_signers: Path) -> tuple[str | None, str]:
    """Return (who signed the manifest, what ssh-keygen says); nobody where the signature doesn't hold.

    allowed_signers: a file as ssh-keygen(1) describes it, which says whose key is whose.
    """
    signature = str(run.folder / FILE)
    found = ask("-Y", "find-principals", "-s", signature, "-f", str(allowed_signers))
    if found.code or not found.out:
        return None, found.text or "the key is not in %s" % allowed_signers
    who = found.out.splitlines()[0]
    arguments = ("-Y", "verify", "-f", str(allowed_signers), "-I", who, "-n", NAMESPACE, "-s", signature)
    held = ask(*arguments, stdin=(run.folder / MANIFEST).read_bytes())
    return (None, held.text) if held.code else (who, held.text)


def signature_of(run: Run) -> Signature | None:
    """Return which key signed the manifest, as the signature itself says; whether it holds is for `check` to say."""
    try:
        content = bounded.read(run.folder / FILE, LARGEST)
    except bounded.FileError:
        return None
    said = stated(content) if content is not None else None
    return Signature(said.key, said.namespace) if said else None
