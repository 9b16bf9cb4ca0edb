# SPDX-License-Identifier: GPL-3.0-or-later
"""The results directory: one folder a run, written atomically, sealed by a manifest that is chained to the last one.

Layout below `bulwark_report_dir`: `<run>/run.json`, `<run>/hosts/<customer>/<host>.json`,
`<run>/enforcement/<customer>/<host>.json`, `<run>/customers/<customer>.json`, `<run>/fleet.json`, `<run>/index.jsonl`,
`<run>/manifest.json`, and beside the runs `chain.jsonl` and the link `latest`.
Folders are 0700, files 0600.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import secrets
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from operator import itemgetter
from pathlib import Path
from typing import Any
from urllib.parse import quote

RUN_NAME = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{6}")
RUN_TIME = "%Y%m%dT%H%M%SZ"
CHAIN = "chain.jsonl"
NEW_CHAIN = "move it away to begin a new chain"
LATEST = "latest"
MANIFEST = "manifest.json"
#: Of the fingerprints by which hosts are compared. It is no result, and gone when the run is sealed.
KEY = ".fingerprint-key"
#: What is known of exploited flaws, for the workers that judge. It is no result either, and goes with the key.
EXPLOITED = ".exploited-%s.json"
INDEX = "index.jsonl"
MANIFEST_SCHEMA = "bulwark/manifest/1"
NAME_LIMIT = 200


class ResultsError(Exception):
    """Results can't be kept or read; the text names the path and what would be right."""


def encoded(name: str) -> str:
    """Return `name` as one file name of [A-Za-z0-9._-] and %XX; "..", "a/b" and the like become harmless."""
    safe = quote(name, safe="", errors="surrogatepass").replace("~", "%7E")
    safe = "%2E" + safe[1:] if safe.startswith(".") else safe
    if not name or len(safe) > NAME_LIMIT:
        raise ResultsError("%r is no usable name: it must hold 1 to %d characters" % (name[:40], NAME_LIMIT))
    return safe


def write_json(path: Path, document: Any) -> None:
    """Write a document so that a reader sees the old or the new one, never a part; its folder must exist."""
    write_text(path, json.dumps(document, indent=1, sort_keys=True, ensure_ascii=True) + "\n")


def write_text(path: Path, text: str) -> None:
    """Write a file atomically, mode 0600."""
    write_text_pieces(path, (text,))


def write_text_pieces(path: Path, pieces: Iterable[str]) -> None:
    """Write a file atomically, mode 0600, from pieces that need not fit into memory together."""
    temporary = None
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix="." + path.name)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            os.fchmod(handle, 0o600)
            file.writelines(pieces)
        os.replace(temporary, path)
    except BaseException as error:
        if temporary:
            os.unlink(temporary)
        if isinstance(error, OSError):
            raise ResultsError("%s: can't be written: %s" % (path, _reason(error))) from None
        raise


def write_new(path: Path, text: str) -> None:
    """Write a file that is not there yet, mode 0600; raises ResultsError, also where it is there."""
    make_folder(path.parent)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise ResultsError("%s: is there already and is not written over; move it away" % path) from None
    except OSError as error:
        raise ResultsError("%s: can't be written: %s" % (path, _reason(error))) from None


def write_tree(folder: Path, files: Mapping[str, str]) -> None:
    """Write files below a folder that must not be there yet, so that nothing is written over; paths are relative."""
    if folder.exists():
        raise ResultsError("%s: is there already; move it away" % folder)
    for name, text in files.items():
        make_folder((folder / name).parent)
        write_text(folder / name, text)


def read_json(path: Path) -> Any:
    """Return a document; raises ResultsError where it is missing, unreadable or no JSON."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ResultsError("%s: %s" % (path, _reason(error))) from None
    except ValueError as error:
        raise ResultsError("%s is no JSON: %s" % (path, error)) from None


def make_folder(path: Path) -> Path:
    """Make a folder and what is missing above it, each 0700 whatever the umask."""
    try:
        for missing in [*reversed(path.parents), path]:
            if not missing.exists():
                missing.mkdir(mode=0o700, exist_ok=True)
                missing.chmod(0o700)
    except OSError as error:
        raise ResultsError(
            "%s: can't be made (%s); set bulwark_report_dir to a folder that can be written" % (path, _reason(error))
        ) from None
    return path


def _reason(error: OSError) -> str:
    return os.strerror(error.errno or 0).lower()


class Run:
    """One run's folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def name(self) -> str:
        """Return the run's id."""
        return self.folder.name

    @property
    def sealed(self) -> bool:
        """Say whether the run is complete: its manifest is written, once and last."""
        return (self.folder / MANIFEST).exists()

    def make_key(self) -> None:
        """Make the key of this run's fingerprints, for hosts that no key is declared for."""
        write_text(self.folder / KEY, secrets.token_hex(32))

    def key(self) -> str:
        """Return the key of this run's fingerprints; one that the run doesn't have any more is like no other."""
        try:
            return (self.folder / KEY).read_text(encoding="ascii")
        except OSError:
            return secrets.token_hex(32)

    def write_exploited(self, name: str, document: Mapping[str, Any]) -> None:
        """Keep what is known of exploited flaws for as long as the run goes on; `name` says by which sources."""
        write_json(self.folder / (EXPLOITED % name), document)

    def exploited(self, name: str) -> Any:
        """Return what write_exploited() kept; raises ResultsError where there is nothing."""
        return read_json(self.folder / (EXPLOITED % name))

    def host_file(self, customer: str, host: str) -> Path:
        """Return where the host's result lies."""
        return self.folder / "hosts" / encoded(customer) / (encoded(host) + ".json")

    def enforcement_file(self, customer: str, host: str) -> Path:
        """Return where lies what enforcement did to the host, or in check mode would have done."""
        return self.folder / "enforcement" / encoded(customer) / (encoded(host) + ".json")

    def customer_file(self, customer: str) -> Path:
        """Return where the customer's own document lies."""
        return self.folder / "customers" / (encoded(customer) + ".json")

    def write_host(self, document: Mapping[str, Any]) -> None:
        """Write a host's result."""
        path = self.host_file(document["customer"], document["host"])
        make_folder(path.parent)
        write_json(path, document)

    def write_enforcement(self, document: Mapping[str, Any]) -> None:
        """Write what enforcement did to a host."""
        path = self.enforcement_file(document["customer"], document["host"])
        make_folder(path.parent)
        write_json(path, document)

    def copy_host(self, other: Run, customer: str, host: str) -> None:
        """Take over what another run has of a host, byte for byte."""
        for place in (Run.host_file, Run.enforcement_file):
            source, path = place(other, customer, host), place(self, customer, host)
            if source.exists():
                make_folder(path.parent)
                shutil.copyfile(source, path)
                path.chmod(0o600)

    def write_customer(self, document: Mapping[str, Any]) -> None:
        """Write a customer's document."""
        path = self.customer_file(document["customer"])
        make_folder(path.parent)
        write_json(path, document)

    def write_state(self, customer: str, host: str, state: Mapping[str, Any]) -> None:
        """Keep a host's state beside its result, to be judged again."""
        path = self.folder / "states" / encoded(customer) / (encoded(host) + ".json")
        make_folder(path.parent)
        write_json(path, state)

    def write_versions(self, customer: str, host: str, document: Mapping[str, Any]) -> Path:
        """Keep which versions of packages a host had before it was patched, and the way back; return where it lies."""
        path = self.folder / "versions" / encoded(customer) / (encoded(host) + ".json")
        make_folder(path.parent)
        write_json(path, document)
        return path

    def write_page(self, name: str, pieces: Iterable[str], customer: str | None = None) -> Path:
        """Write a page or format, of the fleet or of one customer, which may be rendered anew; return where it lies."""
        folder = self.folder if customer is None else self.folder / "customers" / encoded(customer)
        make_folder(folder)
        write_text_pieces(folder / name, pieces)
        return folder / name

    def write(self, name: str, document: Any) -> None:
        """Write one of the run's own documents: run.json, fleet.json."""
        write_json(self.folder / name, document)

    def read(self, name: str = "run.json") -> Any:
        """Return one of the run's own documents."""
        return read_json(self.folder / name)

    def hosts(self) -> Iterator[dict[str, Any]]:
        """Yield the host results one by one, in the order of their paths."""
        for path in sorted(self.folder.glob("hosts/*/*.json")):
            yield read_json(path)

    def data_files(self) -> list[Path]:
        """Return every data file of the run, sorted; pages and formats are not among them."""
        names = ("run.json", "fleet.json", INDEX)
        own = [self.folder / name for name in names if (self.folder / name).exists()]
        below = ("hosts/*/*.json", "enforcement/*/*.json", "customers/*.json")
        return sorted([*own, *(path for pattern in below for path in self.folder.glob(pattern))])


class Store:
    """The folder that holds the runs (`bulwark_report_dir`)."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def begin(self, now: datetime) -> tuple[Run, int]:
        """Make the folder of a new run and return it with its sequence number; raises ResultsError."""
        make_folder(self.folder)
        with self._locked():
            chain = self.chain()
            sequence = max((line["sequence"] for line in chain), default=0) + 1
            run = Run(self.folder / ("%s-%s" % (now.strftime(RUN_TIME), secrets.token_hex(3))))
            make_folder(run.folder)
            line = {"sequence": sequence, "run": run.name, "manifest": None, "pruned": None}
            self._write_chain([*chain, line])
        return run, sequence

    def run(self, name: str = LATEST) -> Run:
        """Return a run by id, or the latest complete one; raises ResultsError."""
        folder = (self.folder / name).resolve()
        if not RUN_NAME.fullmatch(folder.name) or folder.parent != self.folder.resolve():
            raise ResultsError("%s: there is no run %r here" % (self.folder, name))
        if not (folder / "run.json").exists():
            raise ResultsError("%s: there is no run %r here" % (self.folder, name))
        return Run(folder)

    def complete(self, run: Run, keep: int, today: date) -> list[str]:
        """Seal the run by its manifest, move `latest`, prune to `keep` runs (0: all) and return the names of those."""
        with self._locked():
            chain = self.chain()
            others = [line for line in chain if line["run"] != run.name]
            about = run.read()
            manifest = {
                "schema": MANIFEST_SCHEMA,
                "run": run.name,
                "previous": next((line["manifest"] for line in reversed(others) if line["manifest"]), None),
                "files": {str(path.relative_to(run.folder)): sha256(path) for path in run.data_files()},
                "policy": policy_digest(about),
            }
            run.write(MANIFEST, manifest)
            # Runs may end in another order than they began: the chain follows the seals, so that each holds the last.
            seal = sha256(run.folder / MANIFEST)
            chain = [*others, {"sequence": about["sequence"], "run": run.name, "manifest": seal, "pruned": None}]
            self._write_chain(chain)
            for path in (run.folder / KEY, *run.folder.glob(EXPLOITED % "*")):
                path.unlink(missing_ok=True)
            kept = (line for line in chain if line["manifest"] and not line["pruned"])
            latest = max(kept, key=itemgetter("sequence"))["run"]
            self._point_latest(latest)
            return self._prune(chain, keep, today, {latest, run.name})

    def chain(self) -> list[dict[str, Any]]:
        """Return the lines of chain.jsonl: sequence, run, manifest (sha256 or None), pruned (date or None).

        Runs that are not sealed yet stand where they began, the others in the order of their seals.
        """
        path = self.folder / CHAIN
        if not path.exists():
            return []
        try:
            lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
        except (OSError, ValueError) as error:
            raise ResultsError("%s is damaged: %s; %s" % (path, error, NEW_CHAIN)) from None
        for number, line in enumerate(lines, 1):
            if not _is_link(line):
                raise ResultsError("%s is damaged: line %d tells of no run; %s" % (path, number, NEW_CHAIN))
        return lines

    def _write_chain(self, lines: list[dict[str, Any]]) -> None:
        write_text(self.folder / CHAIN, "".join(json.dumps(line, sort_keys=True) + "\n" for line in lines))

    def _point_latest(self, run: str) -> None:
        temporary = self.folder / (".%s-%s" % (LATEST, secrets.token_hex(3)))
        try:
            temporary.symlink_to(run)
            os.replace(temporary, self.folder / LATEST)
        except OSError as error:
            raise ResultsError("%s: can't be moved: %s" % (self.folder / LATEST, _reason(error))) from None

    def _prune(self, chain: list[dict[str, Any]], keep: int, today: date, wanted: set[str]) -> list[str]:
        """Remove the oldest runs but those wanted and those that may be going on still."""
        runs = sorted(path.name for path in self.folder.iterdir() if RUN_NAME.fullmatch(path.name) and path.is_dir())
        yesterday = (today - timedelta(days=1)).strftime("%Y%m%d")
        old = [
            name
            for name in (runs[:-keep] if keep > 0 else [])
            if name not in wanted and (Run(self.folder / name).sealed or name[:8] < yesterday)
        ]
        # Noted before it is done: what is gone without a note was removed by somebody else.
        self._write_chain([{**line, "pruned": today.isoformat()} if line["run"] in old else line for line in chain])
        for name in old:
            shutil.rmtree(self.folder / name, ignore_errors=True)
        return old

    @contextmanager
    def _locked(self) -> Iterator[None]:
        handle = os.open(self.folder, os.O_RDONLY)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)


def _is_link(line: Any) -> bool:
    return (
        isinstance(line, dict)
        and set(line) == {"sequence", "run", "manifest", "pruned"}
        and isinstance(line["sequence"], int)
        and isinstance(line["run"], str)
    )


def sha256(path: Path) -> str:
    """Return the sha256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def policy_digest(run: Mapping[str, Any]) -> str:
    """Return the sha256 of the policies in force, as run.json states them."""
    return hashlib.sha256(json.dumps(run.get("policies", {}), sort_keys=True).encode()).hexdigest()
