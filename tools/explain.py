#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Explains a control, record or recommendation; keeps their pages, frameworks' and records' schemas, and coverage."""

from __future__ import annotations

import argparse
import difflib
import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# The checkout as it is, whatever else is installed under the same name.
sys.path[:0] = [str(ROOT), str(ROOT / ".ansible" / "collections")]

from ansible_collections.bulwark.msp.plugins.plugin_utils.catalogue.catalogue import Catalogue, load  # noqa: E402
from ansible_collections.bulwark.msp.plugins.plugin_utils.records.kinds.all import KINDS  # noqa: E402
from ansible_collections.bulwark.msp.plugins.plugin_utils.records.schema import schema  # noqa: E402

from tools import control_page, coverage, framework_pages, record_page  # noqa: E402

PAGES, SCHEMAS = Path("docs", "controls"), Path("docs", "schemas", "records")
FRAMEWORKS = Path("docs", "frameworks")
ORIGINS = {
    "ADV": "puts a requirement of AA22-131A into a check; numbers are ours but for the 180 days of logs",
    "AA22-074A": "a joint advisory on MFA that was bypassed, which AA22-131A refers to",
    "ISM-nnnn, E8": "the Australian Information Security Manual of December 2025, and its Essential Eight",
    "NSA-VPN, ACSC-WEL, CISA-RAS, KEV": "guidance that the advisory refers to",
    "CIS": "custom of the CIS benchmarks; the value is from memory",
    "DEF": "our own default",
}
STRATEGIES = {
    "AC": "application control",
    "PA": "patch applications",
    "OM": "Office macros",
    "UH": "user application hardening",
    "AP": "restrict administrative privileges",
    "PO": "patch operating systems",
    "MFA": "multi-factor authentication",
    "RB": "regular backups",
}


def main(arguments: list[str] | None = None, root: Path = ROOT) -> int:
    """Return the exit code: 0 done, 1 a page is stale, 2 there is no such id."""
    parser = argparse.ArgumentParser(description=__doc__)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("id", nargs="?", help="a control, record or recommendation to explain")
    what.add_argument("--write", action="store_true", help="write pages, schemas of records and coverage anew")
    what.add_argument("--check", action="store_true", help="say which of these are stale, and exit 1 if any is")
    what.add_argument("--coverage", action="store_true", help="print the coverage table")
    options = parser.parse_args(arguments)
    catalogue = load()
    if options.id is not None:
        return _explain(options.id, catalogue)
    if options.coverage:
        _print(coverage.block(catalogue) + "\n")
        return 0
    stale = _stale(_files(catalogue, root), root)
    if options.check:
        _print("".join(f"{path} is stale; run make docs\n" for path in sorted(stale)))
        return 1 if stale else 0
    for path, text in stale.items():
        _put(root / path, text)
    return 0


def _explain(id_: str, catalogue: Catalogue) -> int:
    if id_ in catalogue.controls:
        _print(control_page.page(catalogue.controls[id_], catalogue))
    elif id_ in catalogue.records:
        _print(record_page.record_page(catalogue.records[id_], catalogue))
    elif id_ in catalogue.recommendations:
        _print(control_page.recommendation_page(catalogue.recommendations[id_], catalogue))
    else:
        known = [*catalogue.controls, *catalogue.records, *catalogue.recommendations]
        near = difflib.get_close_matches(id_, known, n=3)
        hint = f" Did you mean {', '.join(near)}?" if near else " docs/controls/README.md lists them."
        sys.stderr.write(f"There is no control {id_!r}.{hint}\n")
        return 2
    return 0


def _files(catalogue: Catalogue, root: Path) -> dict[Path, str]:
    judged = [control for control in catalogue.controls.values() if control.judged]
    files = {PAGES / f"{control.id}.md": control_page.page(control, catalogue) for control in judged}
    files |= {
        PAGES / f"{id_}.md": record_page.record_page(record, catalogue) for id_, record in catalogue.records.items()
    }
    files |= {SCHEMAS / f"{id_}.json": json.dumps(schema(id_), indent=2, ensure_ascii=False) + "\n" for id_ in KINDS}
    files |= {FRAMEWORKS / name: text for name, text in framework_pages.pages(catalogue).items()}
    files[PAGES / "README.md"] = _index(catalogue)
    readme = root / "README.md"
    if readme.exists():
        files[Path("README.md")] = coverage.inserted(readme.read_text(encoding="utf-8"), catalogue)
    return files


def _stale(files: dict[Path, str], root: Path) -> dict[Path, str | None]:
    """Return the files that differ from what they should hold, and None for a page that should not be there."""
    wrong: dict[Path, str | None] = {
        path: text
        for path, text in files.items()
        if not (root / path).exists() or (root / path).read_text(encoding="utf-8") != text
    }
    there = {
        path.relative_to(root)
        for folder, pattern in ((PAGES, "*.md"), (FRAMEWORKS, "*.md"), (SCHEMAS, "*.json"))
        for path in (root / folder).glob(pattern)
    }
    return wrong | dict.fromkeys(there - set(files))


def _put(path: Path, text: str | None) -> None:
    if text is None:
        path.unlink()
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _index(catalogue: Catalogue) -> str:
    parts = ["# Controls and records"]
    parts.append("Made from the catalogue by `make docs`. `make explain CONTROL=<id>` explains planned ones too.")
    header = ["Control", "It passes when", "Severity", "Enforced", "Lane"]
    for section in catalogue.sections:
        rows = [
            [f"[`{control.id}`]({control.id}.md)", control.title, control.severity, control.enforce, control.lane]
            for control in section.controls
            if control.judged
        ]
        parts.append(f"## {section.heading}")
        if rows:
            parts.append(control_page.table(header, rows))
        records = [[f"[`{record.id}`]({record.id}.md)", KINDS[record.id].title, catalogue.severity_of(record.id)]
                   for record in section.records]  # fmt: skip
        parts.append(control_page.table(["Record", "It passes when", "Severity"], records))
    parts += ["## Origins of thresholds and checks", _list(ORIGINS)]
    parts += ["## Essential Eight", _list(STRATEGIES)]
    parts.append("Mappings to other frameworks are ours, not official; `(?)` marks those we are unsure of.")
    return "\n\n".join(parts) + "\n"


def _list(terms: dict[str, str]) -> str:
    return "\n".join(f"- **{term}**: {text}" for term, text in terms.items())


def _print(text: str) -> None:
    sys.stdout.write(text)


if __name__ == "__main__":
    sys.exit(main())
