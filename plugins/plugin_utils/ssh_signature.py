# SPDX-License-Identifier: GPL-3.0-or-later
"""Signatures of files by OpenSSH (`ssh-keygen -Y`): the program as it is asked here, and what a signature says itself.

The format is OpenSSH's PROTOCOL.sshsig. Keys stay with ssh-keygen and the agent; nobody is there to type a passphrase.
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
from typing import NamedTuple

from .results import ResultsError

SECONDS = 30
#: ssh-keygen asks no one: neither a terminal nor a graphical helper.
ENVIRONMENT = {"SSH_ASKPASS_REQUIRE": "never", "LC_ALL": "C"}
MAGIC = b"SSHSIG"
#: Bytes of a signature; one with a certificate has a few thousand.
LARGEST = 64 * 1024
#: What ssh-keygen ends with where a signature doesn't hold; 1 is for a question that it doesn't understand.
DENIED = 255
TIMED_OUT = 124


class SshKeygenError(ResultsError):
    """ssh-keygen can't be asked; the text says why."""


class Answer(NamedTuple):
    """What ssh-keygen said. out: standard output alone. text: what it says of errors as well, at most 1,000 letters."""

    code: int
    out: str
    text: str


class Stated(NamedTuple):
    """What a signature says of itself, true or not.

    key: its fingerprint, as ssh-keygen -l prints it. public: the key itself, as the files of ssh-keygen have it.
    """

    key: str
    namespace: str
    public: str


def ask(*arguments: str, stdin: bytes = b"", folder: Path | None = None) -> Answer:
    """Return what ssh-keygen answers, run in a folder; raises SshKeygenError where there is no such program."""
    program = shutil.which("ssh-keygen")
    if program is None:
        raise SshKeygenError("ssh-keygen is not installed on this controller; signatures need OpenSSH 8.2 or later")
    try:
        done = subprocess.run(
            [program, *arguments], input=stdin, capture_output=True, timeout=SECONDS,
            env={**os.environ, **ENVIRONMENT}, check=False, start_new_session=True, cwd=folder,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return Answer(TIMED_OUT, "", "ssh-keygen did not end within %d s" % SECONDS)
    except OSError as error:
        raise SshKeygenError("ssh-keygen: %s" % os.strerror(error.errno or 0).lower()) from None
    out, errors = (stream.decode("utf-8", "replace").strip() for stream in (done.stdout, done.stderr))
    return Answer(done.returncode, out, "\n".join(filter(None, (errors, out)))[:1000])


def stated(signature: bytes) -> Stated | None:
    """Return what a signature says of itself, None where it is none."""
    try:
        lines = signature.decode("ascii").split("\n")
        blob = base64.b64decode("".join(line for line in lines if line and not line.startswith("-----")), validate=True)
        if not blob.startswith(MAGIC):
            return None
        key, rest = _string(blob[len(MAGIC) + 4 :])
        namespace, _rest = _string(rest)
        digest = base64.b64encode(hashlib.sha256(key).digest()).decode().rstrip("=")
        return Stated("SHA256:" + digest, namespace.decode("ascii"), base64.b64encode(key).decode())
    except (ValueError, binascii.Error, struct.error):
        return None


def _string(blob: bytes) -> tuple[bytes, bytes]:
    """Return the first string of an SSH wire format (RFC 4251, section 5) and what follows it."""
    (length,) = struct.unpack(">I", blob[:4])
    if length > len(blob) - 4:
        raise ValueError("a string of the signature is cut off")
    return blob[4 : 4 + length], blob[4 + length :]
