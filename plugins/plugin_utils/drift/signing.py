# SPDX-License-Identifier: GPL-3.0-or-later
"""Signatures of a run's manifest by OpenSSH: `ssh-keygen -Y sign -n bulwark`, in `manifest.json.sig`.

The key stays with ssh-keygen; a key behind a passphrase has to be in an agent, since nobody is there to type it.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import shutil
import struct
import subprocess
from pathlib import Path

from ..results import MANIFEST, ResultsError, Run
from .shapes import Signature

NAMESPACE = "bulwark"
FILE = MANIFEST + ".sig"
SECONDS = 30
#: ssh-keygen asks no one: neither a terminal nor a graphical helper.
ENVIRONMENT = {"SSH_ASKPASS_REQUIRE": "never", "LC_ALL": "C"}
MAGIC = b"SSHSIG"
LARGEST = 64 * 1024


def sign(run: Run, key: Path) -> None:
    """Sign the manifest of a sealed run with a private key (or a public one whose key is in the agent)."""
    if not key.is_file():
        raise ResultsError("bulwark_sign_key: %s: there is no such file" % key)
    signature = run.folder / FILE
    # ssh-keygen would ask before it writes over one.
    signature.unlink(missing_ok=True)
    code, text = _ssh_keygen("-Y", "sign", "-f", str(key), "-n", NAMESPACE, str(run.folder / MANIFEST))
    if code or not signature.exists():
        raise ResultsError("bulwark_sign_key: %s can't sign: %s" % (key, text))
    signature.chmod(0o600)


def check(run: Run, allowed_signers: Path) -> tuple[str | None, str]:
    """Return (who signed the manifest, what ssh-keygen says); nobody where the signature doesn't hold.

    allowed_signers: a file as ssh-keygen(1) describes it, which says whose key is whose.
    """
    signature = str(run.folder / FILE)
    code, text = _ssh_keygen("-Y", "find-principals", "-s", signature, "-f", str(allowed_signers))
    if code or not text:
        return None, text or "the key is not in %s" % allowed_signers
    who = text.splitlines()[0]
    arguments = ("-Y", "verify", "-f", str(allowed_signers), "-I", who, "-n", NAMESPACE, "-s", signature)
    code, text = _ssh_keygen(*arguments, stdin=run.folder / MANIFEST)
    return (None, text) if code else (who, text)


def signature_of(run: Run) -> Signature | None:
    """Return which key signed the manifest, as the signature itself says; whether it holds is for `check` to say."""
    path = run.folder / FILE
    try:
        if path.stat().st_size > LARGEST:
            return None
        lines = path.read_text(encoding="ascii").split("\n")
        blob = base64.b64decode("".join(line for line in lines if line and not line.startswith("-----")), validate=True)
        if not blob.startswith(MAGIC):
            return None
        key, rest = _string(blob[len(MAGIC) + 4 :])
        namespace, _rest = _string(rest)
        digest = base64.b64encode(hashlib.sha256(key).digest()).decode().rstrip("=")
        return Signature("SHA256:" + digest, namespace.decode("ascii"))
    except (OSError, ValueError, binascii.Error, struct.error):
        return None


def _string(blob: bytes) -> tuple[bytes, bytes]:
    """Return the first string of an SSH wire format (RFC 4251, section 5) and what follows it."""
    (length,) = struct.unpack(">I", blob[:4])
    if length > len(blob) - 4:
        raise ValueError("a string of the signature is cut off")
    return blob[4 : 4 + length], blob[4 + length :]


def _ssh_keygen(*arguments: str, stdin: Path | None = None) -> tuple[int, str]:
    program = shutil.which("ssh-keygen")
    if program is None:
        raise ResultsError("ssh-keygen is not installed on this controller; signatures need OpenSSH 8.2 or later")
    try:
        with open(stdin or os.devnull, "rb") as source:
            done = subprocess.run(
                [program, *arguments], stdin=source, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=SECONDS,
                env={**os.environ, **ENVIRONMENT}, check=False, start_new_session=True,
            )  # fmt: skip
    except subprocess.TimeoutExpired:
        return 1, "ssh-keygen did not end within %d s" % SECONDS
    return done.returncode, done.stdout.decode("utf-8", "replace").strip()[:1000]
