# SPDX-License-Identifier: GPL-3.0-or-later
"""The results directory: one folder a run, written atomically, sealed by a manifest that is chained to the last one.

Layout below `bulwark_report_dir`: `<run>/run.json`, `<run>/hosts/<customer>/<host>.json`, `<run>/customers/<customer>.json`,
`<run>/fleet.json`, `<run>/manifest.json`, and beside the runs `chain.jsonl` and the link `latest`.
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
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

RUN_NAME = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{6}")
CHAIN = "chain.jsonl"
LATEST = "latest"
MANIFEST = "manifest.json"
MANIFEST_SCHEMA = "bulwark/manifest/1"
NAME_LIMIT = 200


class ResultsError(Exception):
    """Results can't be kept or read; the text names the path and what would be right."""


def encoded(name: str) -> str:
    """Return `name` as one file name of [A-Za-z0-9._-] and %XX; "..", "a/b" and the like become harmless."""
    safe = quote(name, safe="").replace("~", "%7E")
    safe = "%2E" + safe[1:] if safe.startswith(".") else safe
    if not name or len(safe) > NAME_LIMIT:
        raise ResultsError("%r is no usable name: it must hold 1 to %d characters" % (name[:40], NAME_LIMIT))
    return safe


def decoded(file_name: str) -> str:
    """Return the name that `encoded` made `file_name` of."""
    return unquote(file_name)


def write_json(path: Path, document: Any) -> None:
    """Write a document so that a reader sees the old or the new one, never a part; its folder must exist."""
    write_text(path, json.dumps(document, indent=1, sort_keys=True, ensure_ascii=True) + "\n")


def write_text(path: Path, text: str) -> None:
    """Write a file atomically, mode 0600."""
    write_text_pieces(path, (text,))


def write_text_pieces(path: Path, pieces: Iterable[str]) -> None:
    """Write a file atomically, mode 0600, from pieces that need not fit into memory together."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix="." + path.name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.writelines(pieces)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def read_json(path: Path) -> Any:
    """Return a document; raises ResultsError where it is missing, unreadable or no JSON."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ResultsError("%s: %s" % (path, os.strerror(error.errno or 0).lower())) from None
    except ValueError as error:
        raise ResultsError("%s is no JSON: %s" % (path, error)) from None


def _folder(path: Path) -> Path:
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ResultsError(
            "%s: can't be made (%s); set bulwark_report_dir to a folder that can be written"
            % (path, os.strerror(error.errno or 0).lower())
        ) from None
    return path


class Run:
    """One run's folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def name(self) -> str:
        """Return the run's id."""
        return self.folder.name

    def host_file(self, customer: str, host: str) -> Path:
        """Return where the host's result lies."""
        return self.folder / "hosts" / encoded(customer) / (encoded(host) + ".json")

    def customer_file(self, customer: str) -> Path:
        """Return where the customer's own document lies."""
        return self.folder / "customers" / (encoded(customer) + ".json")

    def write_host(self, document: Mapping[str, Any]) -> None:
        """Write a host's result."""
        path = self.host_file(document["customer"], document["host"])
        _folder(path.parent)
        write_json(path, document)

    def write_customer(self, document: Mapping[str, Any]) -> None:
        """Write a customer's document."""
        path = self.customer_file(document["customer"])
        _folder(path.parent)
        write_json(path, document)

    def write_state(self, customer: str, host: str, state: Mapping[str, Any]) -> None:
        """Keep a host's state beside its result, to be judged again."""
        path = self.folder / "states" / encoded(customer) / (encoded(host) + ".json")
        _folder(path.parent)
        write_json(path, state)

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
        names = ("run.json", "fleet.json")
        own = [self.folder / name for name in names if (self.folder / name).exists()]
        return sorted([*own, *self.folder.glob("hosts/*/*.json"), *self.folder.glob("customers/*.json")])


class Store:
    """The folder that holds the runs (`bulwark_report_dir`)."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def begin(self, now: datetime) -> tuple[Run, int]:
        """Make the folder of a new run and return it with its sequence number; raises ResultsError."""
        _folder(self.folder)
        with self._locked():
            sequence = max((line["sequence"] for line in self.chain()), default=0) + 1
            run = Run(self.folder / ("%s-%s" % (now.strftime("%Y%m%dT%H%M%SZ"), secrets.token_hex(3))))
            _folder(run.folder)
            self._append({"sequence": sequence, "run": run.name, "manifest": None, "pruned": None})
        return run, sequence

    def run(self, name: str = LATEST) -> Run:
        """Return a run by id, or the latest complete one."""
        folder = (self.folder / name).resolve()
        if not (folder / "run.json").exists():
            raise ResultsError("%s: there is no run %r here" % (self.folder, name))
        return Run(folder)

    def complete(self, run: Run, keep: int, today: str) -> list[str]:
        """Seal the run by its manifest, move `latest`, prune to `keep` runs; return the names of those pruned."""
        with self._locked():
            previous = next((line["manifest"] for line in reversed(self.chain()) if line["manifest"]
                             and line["run"] != run.name), None)  # fmt: skip
            manifest = {
                "schema": MANIFEST_SCHEMA,
                "run": run.name,
                "previous": previous,
                "files": {str(path.relative_to(run.folder)): sha256(path) for path in run.data_files()},
                "policy": policy_digest(run.read()),
            }
            run.write(MANIFEST, manifest)
            self._update(run.name, manifest=sha256(run.folder / MANIFEST))
            self._point_latest(run)
            return self._prune(keep, today, run)

    def chain(self) -> list[dict[str, Any]]:
        """Return the lines of chain.jsonl: sequence, run, manifest (sha256 or None), pruned (date or None)."""
        path = self.folder / CHAIN
        if not path.exists():
            return []
        try:
            return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
        except ValueError as error:
            raise ResultsError("%s is damaged: %s; move it away to begin a new chain" % (path, error)) from None

    def _append(self, line: Mapping[str, Any]) -> None:
        self._write_chain([*self.chain(), dict(line)])

    def _update(self, run: str, **changes: Any) -> None:
        self._write_chain([{**line, **changes} if line["run"] == run else line for line in self.chain()])

    def _write_chain(self, lines: list[dict[str, Any]]) -> None:
        write_text(self.folder / CHAIN, "".join(json.dumps(line, sort_keys=True) + "\n" for line in lines))

    def _point_latest(self, run: Run) -> None:
        temporary = self.folder / (".%s-%s" % (LATEST, secrets.token_hex(3)))
        temporary.symlink_to(run.name)
        os.replace(temporary, self.folder / LATEST)

    def _prune(self, keep: int, today: str, current: Run) -> list[str]:
        runs = sorted(path.name for path in self.folder.iterdir() if RUN_NAME.fullmatch(path.name) and path.is_dir())
        old = [name for name in runs[:-keep] if name != current.name] if keep > 0 else []
        for name in old:
            shutil.rmtree(self.folder / name)
            self._update(name, pruned=today)
        return old

    @contextmanager
    def _locked(self) -> Iterator[None]:
        handle = os.open(self.folder, os.O_RDONLY)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)


def sha256(path: Path) -> str:
    """Return the sha256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def policy_digest(run: Mapping[str, Any]) -> str:
    """Return the sha256 of the policies in force, as run.json states them."""
    return hashlib.sha256(json.dumps(run.get("policies", {}), sort_keys=True).encode()).hexdigest()
