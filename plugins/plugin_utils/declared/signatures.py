# SPDX-License-Identifier: GPL-3.0-or-later
"""Signatures beside files of a customer's: `<file>.sig`, made by `ssh-keygen -Y sign -n bulwark-record <file>`.

Whose key is whose is said by an allowed signers file (ssh-keygen(1), ALLOWED SIGNERS), whose principals end in a party:
`kim@customer`, `ops@msp:north`. What is checked are the very bytes that were judged; no file is read a second time.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from .. import bounded
from ..ssh_signature import DENIED, LARGEST, Answer, SshKeygenError, Stated, ask, stated
from ..text import clean
from .parties import CUSTOMER, OUTSIDER_TEXT, PARTY

NAMESPACE = "bulwark-record"
SUFFIX = ".sig"
ALLOWED = "allowed_signers"
#: What a line of the allowed signers file has whose key signs other keys.
AUTHORITY = b"cert-authority"
#: Bytes of an allowed signers file: thousands of keys.
LARGEST_SIGNERS = 1024 * 1024
#: No pattern: a key is somebody's. What comes before the last @ is for people.
PRINCIPAL = re.compile(r'[^\s,*?!"@][^\s,*?!"]*@(?P<party>%s)' % PARTY.pattern)
#: How OpenSSH says that the bytes are not those that were signed.
OTHER_BYTES = "incorrect signature"
NO_SIGNERS = "bulwark_record_signers is not set, which says whose key is whose"
SEVERAL = "bulwark_record_signers names several files for hosts of this customer, %s; it has one"
NO_PARTY = "the allowed signers file calls its key %s; write <person>@customer, or <person>@ and %s"

#: What can be said of a file, the best first. provider: signed, and by nobody of the customer. unknown_key: the allowed
#: signers file doesn't know the key, or not for this. unusable: what lies there is no signature for this purpose.
STATES = ("customer", "provider", "unknown_key", "not_checked", "unsigned", "unusable", "altered")
#: A signature is there and says nothing of the file.
BROKEN = ("unusable", "altered")
WORDS = {
    "customer": "signed by {signer}, for the customer",
    "provider": "signed by {signer} alone, and by nobody of the customer",
    "unknown_key": "signed with a key that nobody is known for: {reason}",
    "not_checked": "the signature was not checked: {reason}",
    "unsigned": "not signed",
    "unusable": "the signature can't be used: {reason}",
    "altered": "altered: {reason}",
}


@dataclass(frozen=True)
class Signed:
    """Who signed a file. state: one of STATES. signer: a principal, with its party. key: a fingerprint.

    reason: why it is not simply signed. Each text is clean.
    """

    state: str
    signer: str = ""
    party: str = ""
    key: str = ""
    reason: str = ""

    def told(self) -> dict[str, str]:
        """Return what a result says of it."""
        return {name: clean(value) for name, value in asdict(self).items()}

    def line(self) -> str:
        """Return the same in words."""
        return WORDS[self.state].format(signer=self.signer, reason=self.reason)


@dataclass(frozen=True)
class Signers:
    """A customer's allowed signers. content: of the file, None where there is none that can be used, and reason why."""

    content: bytes | None
    reason: str = ""


def signers(paths: Iterable[str]) -> Signers:
    """Return a customer's allowed signers; paths: every file that is named for one of its hosts."""
    named = sorted(set(paths))
    if len(named) != 1:
        return Signers(None, SEVERAL % " and ".join(named) if named else NO_SIGNERS)
    try:
        content = bounded.read(Path(named[0]), LARGEST_SIGNERS)
    except bounded.FileError as error:
        return Signers(None, "bulwark_record_signers: %s" % error)
    missing = "bulwark_record_signers: %s: there is no such file" % named[0]
    return Signers(content, missing if content is None else "")


def signed(path: Path, content: bytes, allowed: Signers) -> Signed:
    """Return who signed a file that holds these bytes."""
    place = path.with_name(path.name + SUFFIX)
    try:
        signature = bounded.read(place, LARGEST)
        if signature is None:
            return Signed("unsigned", reason="there is no signature %s" % place.name)
        said = stated(signature)
        if said is None:
            return Signed("unusable", reason="%s holds no signature of ssh-keygen" % place.name)
        if said.namespace != NAMESPACE:
            text = "%s was made for another purpose (-n %s); sign with -n %s"
            return Signed("unusable", key=said.key, reason=text % (place.name, clean(said.namespace, 60), NAMESPACE))
        with tempfile.TemporaryDirectory(prefix="bulwark-") as folder:
            return _checked(Path(folder), said, signature, content, allowed)
    except bounded.FileError as error:
        return Signed("unusable" if error.refused else "not_checked", reason=clean(error))
    except (SshKeygenError, OSError) as error:
        return Signed("not_checked", reason=clean(error))


def _checked(folder: Path, said: Stated, signature: bytes, content: bytes, allowed: Signers) -> Signed:
    (folder / "signature").write_bytes(signature)
    whole = _asked("check-novalidate", "-n", NAMESPACE, "-s", "signature", stdin=content, folder=folder)
    if whole.code:
        if OTHER_BYTES in whole.text:
            return Signed("altered", key=said.key, reason="the file was changed after it was signed")
        return Signed("unusable", key=said.key, reason=_told(whole))
    if allowed.content is None:
        return Signed("not_checked", key=said.key, reason=clean(allowed.reason))
    holders: dict[str, str] = {}
    reason = "no line of the allowed signers file has its key"
    for line in _about(said, allowed.content):
        (folder / ALLOWED).write_bytes(line)
        found = _asked("find-principals", "-s", "signature", "-f", ALLOWED, folder=folder)
        if found.code:
            reason = _told(found)
            continue
        # One line each, or as they stand in the file, by version.
        for who in filter(None, re.split(r"[\n,]", found.out)):
            held = _asked("verify", "-f", ALLOWED, "-I", who, "-n", NAMESPACE, "-s", "signature", stdin=content,
                          folder=folder)  # fmt: skip
            match = PRINCIPAL.fullmatch(who)
            if held.code:
                reason = _told(held)
            elif not match:
                return Signed("unknown_key", key=said.key, reason=NO_PARTY % (clean(who, 200), OUTSIDER_TEXT))
            else:
                holders[who] = match["party"]
    if not holders:
        return Signed("unknown_key", key=said.key, reason=reason)
    # A key that stands for both sides is nobody's word for the customer.
    who = min(holders, key=lambda name: holders[name] == CUSTOMER)
    return Signed("customer" if holders[who] == CUSTOMER else "provider", clean(who, 200), holders[who], said.key)


def _about(said: Stated, content: bytes) -> Iterator[bytes]:
    """Yield the lines that may stand for a key: ssh-keygen asked of all of them goes by the first alone."""
    for line in content.splitlines(keepends=True):
        if not line.lstrip().startswith(b"#") and (said.public.encode() in line or AUTHORITY in line.lower()):
            yield line


def _asked(question: str, *arguments: str, folder: Path, stdin: bytes = b"") -> Answer:
    """Return ssh-keygen's verdict; raises SshKeygenError where it came to none."""
    answer = ask("-Y", question, *arguments, stdin=stdin, folder=folder)
    if answer.code not in (0, DENIED):
        text = "ssh-keygen can't say (%s); signatures need OpenSSH 8.2 or later"
        raise SshKeygenError(text % clean(answer.text.partition("\n")[0], 200))
    return answer


def _told(answer: Answer) -> str:
    return clean("; ".join(answer.text.split("\n")), 300)
