# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the results are as they were sealed: files against manifests, manifests against the chain, signatures.

docs/verify.md does the same by hand with sha256sum alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..results import CHAIN, MANIFEST, MANIFEST_SCHEMA, RUN_NAME, ResultsError, Run, Store, sha256
from . import signing
from .documents import Unusable, load

PIECE = 1024 * 1024


@dataclass(frozen=True)
class Verdict:
    """What verifying found. faults: one line each, naming the file, the oldest run first. told: what is in order."""

    faults: tuple[str, ...]
    told: tuple[str, ...]


def verify(store: Store, allowed_signers: Path | None = None) -> Verdict:
    """Check every run of a results directory; with `allowed_signers` the signatures too. Changes nothing."""
    faults: list[str] = []
    told: list[str] = []
    try:
        chain = store.chain()
    except ResultsError as error:
        return Verdict((str(error),), ())
    if not chain:
        return Verdict(("%s: there is no such file, or nothing in it" % (store.folder / CHAIN),), ())
    faults += _chain(store, chain)
    for line in sorted(chain, key=lambda each: (each["sequence"], each["run"])):
        faults += _run(store, line, allowed_signers, told)
    faults += _strangers(store, {line["run"] for line in chain})
    last = next((line for line in reversed(chain) if line["manifest"]), None)
    if last:
        told.append("last seal: %s  %s/%s" % (last["manifest"], last["run"], MANIFEST))
    return Verdict(tuple(faults), tuple(told))


def _chain(store: Store, chain: list[dict[str, Any]]) -> Iterator[str]:
    """Yield where the lines of the chain don't hold each other: numbers left out, seals that aren't the last one."""
    numbers = {line["sequence"] for line in chain}
    for number in range(min(numbers), max(numbers) + 1):
        if number not in numbers:
            yield "%s: the line of run number %d was removed" % (store.folder / CHAIN, number)
    previous = None
    for line in chain:
        if not line["manifest"]:
            continue
        manifest = _manifest(store, line)
        if manifest and manifest["previous"] != previous:
            yield "%s/%s: follows seal %s, and the chain has %s before it" % (
                line["run"], MANIFEST, manifest["previous"], previous
            )  # fmt: skip
        previous = line["manifest"]


def _manifest(store: Store, line: Mapping[str, Any]) -> dict[str, Any] | None:
    if not RUN_NAME.fullmatch(line["run"]):
        return None
    try:
        manifest = load(store.folder / line["run"] / MANIFEST, MANIFEST_SCHEMA)
    except Unusable:
        return None
    usable = isinstance(manifest.get("files"), dict) and {"previous", "run", "policy"} <= set(manifest)
    return manifest if usable else None


def _run(store: Store, line: Mapping[str, Any], allowed: Path | None, told: list[str]) -> Iterator[str]:
    """Yield what of a run doesn't match its seal."""
    name = line["run"]
    folder = store.folder / name
    if not RUN_NAME.fullmatch(name):
        yield "%s: %r is no run" % (store.folder / CHAIN, name[:40])
    elif not folder.is_dir():
        if line["pruned"]:
            told.append("%s: removed by bulwark_keep_runs on %s" % (name, line["pruned"]))
        else:
            yield "%s: the whole run was removed, and not by bulwark_keep_runs" % name
    elif not line["manifest"]:
        if (folder / MANIFEST).exists():
            yield "%s/%s: the chain knows nothing of this seal" % (name, MANIFEST)
        else:
            told.append("%s: not sealed; it goes on or was cut off" % name)
    elif not (folder / MANIFEST).is_file():
        yield "%s/%s: is missing" % (name, MANIFEST)
    elif sha256(folder / MANIFEST) != line["manifest"]:
        yield "%s/%s: is not what was sealed" % (name, MANIFEST)
    else:
        faults = list(_files(store, line))
        yield from faults
        yield from _signature(Run(folder), allowed, told, "not as sealed" if faults else "as sealed")


def _files(store: Store, line: Mapping[str, Any]) -> Iterator[str]:
    name, manifest = line["run"], _manifest(store, line)
    run = Run(store.folder / name)
    if manifest is None:
        yield "%s/%s: is no manifest that this version reads" % (name, MANIFEST)
        return
    for path, expected in sorted(manifest["files"].items()):
        file = run.folder / path
        if ".." in Path(path).parts or not file.is_file():
            yield "%s/%s: is missing" % (name, path)
        elif _sha256(file) != expected:
            yield "%s/%s: was changed since it was sealed" % (name, path)
    for file in run.data_files():
        path = file.relative_to(run.folder).as_posix()
        if path not in manifest["files"]:
            yield "%s/%s: was added since the run was sealed" % (name, path)


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            digest.update(piece)
    return digest.hexdigest()


def _signature(run: Run, allowed: Path | None, told: list[str], state: str) -> Iterator[str]:
    signature = signing.signature_of(run)
    if not (run.folder / signing.FILE).exists():
        told.append("%s: %s, not signed" % (run.name, state))
    elif signature is None:
        yield "%s/%s: is no signature" % (run.name, signing.FILE)
    elif allowed is None:
        text = "%s: %s, signed with %s (not checked: bulwark_allowed_signers is not set)"
        told.append(text % (run.name, state, signature.signer))
    else:
        who, text = signing.check(run, allowed)
        if who:
            told.append("%s: %s, signed by %s with %s" % (run.name, state, who, signature.signer))
        else:
            yield "%s/%s: the signature does not hold: %s" % (run.name, signing.FILE, text)


def _strangers(store: Store, known: set[str]) -> Iterator[str]:
    for path in sorted(store.folder.iterdir()):
        if RUN_NAME.fullmatch(path.name) and path.name not in known:
            yield "%s: the chain knows no such run" % path.name
