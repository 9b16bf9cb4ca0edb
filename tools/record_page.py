# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes out a kind of record as Markdown: what it serves, its rules, its fields and an example."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ansible_collections.bulwark.msp.plugins.plugin_utils.catalogue.catalogue import Catalogue, Record
from ansible_collections.bulwark.msp.plugins.plugin_utils.judges.records.all import RULES
from ansible_collections.bulwark.msp.plugins.plugin_utils.judges.records.promises import PROMISES
from ansible_collections.bulwark.msp.plugins.plugin_utils.records.dumping import dumped
from ansible_collections.bulwark.msp.plugins.plugin_utils.records.example import example
from ansible_collections.bulwark.msp.plugins.plugin_utils.records.fields import Field, Fields
from ansible_collections.bulwark.msp.plugins.plugin_utils.records.formats import FORMATS
from ansible_collections.bulwark.msp.plugins.plugin_utils.records.kinds.all import KINDS

from tools.control_page import marked, served, table, variables

SCHEMA = "../schemas/records/%s.json"
TYPES = {"str": "text", "int": "whole number", "bool": "true or false", "dict": "fields", "list": "list"}
OUTCOMES = """\
- `not_attested`: there is no such record, or `bulwark_evidence_dir` is not set. It is never a pass.
- `unknown`: the file can't be used, or there is nothing to compare it with; the reason names file, field and remedy.
- `fail`: a rule is broken; each is named.
- `stale`: only rules marked *in time* are broken.
- `pass`: every rule holds. It rests on a person's word (`attested`), but for what a run proved itself (`proven`)."""


def record_page(record: Record, catalogue: Catalogue) -> str:
    """Return the page of a kind of record."""
    kind = KINDS[record.id]
    heading = next(section.heading for section in catalogue.sections if section.name == record.section)
    severity = catalogue.severity_of(record.id)
    parts = [
        f"# {kind.title}",
        f"`{record.id}` · {heading} · severity **{severity}** · a record that a person keeps",
        f"It is the file `{record.id}.yml` in `bulwark_evidence_dir`, with the fields below. "
        f"[Its JSON Schema]({SCHEMA % record.id}) has the same.",
        "## When it passes",
        _rules(record.id),
        OUTCOMES,
        *_promises(record.id),
        "## Fields",
        table(["Field", "Type", "Needed", "Meaning"], _rows(kind.every_field(record.id))),
        "## An example",
        f"```yaml\n{dumped(example(record.id))}```",
        "## Variables",
        variables(tuple(dict.fromkeys(name for rule in RULES[record.id] for name in rule.variables)), catalogue),
        "## The record in the catalogue",
        f"{record.fields.strip()}\n\n{record.rule.strip()}",
        "## What it serves",
        served(catalogue.recommendations_of(record.id)),
    ]
    return "\n\n".join(parts) + "\n"


def _rules(id_: str) -> str:
    rows = [[f"`{rule.id}`", marked(rule.text), "in time" if rule.aged else ""] for rule in RULES[id_]]
    return table(["Rule", "What has to hold", ""], rows)


def _promises(id_: str) -> Iterator[str]:
    if id_ in PROMISES:
        yield "What it promises is held against the hosts: these controls fail on none of the customer's."
        rows = [[f"`{topic}`", ", ".join(f"`{control}`" for control in controls)]
                for topic, controls in PROMISES[id_].items()]  # fmt: skip
        yield table(["Topic", "Controls"], rows)


def _rows(fields: Fields, place: str = "") -> Iterator[Sequence[str]]:
    for name, field in fields.items():
        entry = "[]" if field["type"] == "list" else ""
        needed = "yes" if field.get("required") else ""
        yield [f"`{place}{name}{entry}`", _plain(_type(field)), needed, _plain(marked(str(field["description"])))]
        if "options" in field:
            yield from _rows(field["options"], f"{place}{name}{entry}.")


def _plain(text: str) -> str:
    """Return a text in which nothing is taken for a tag."""
    return text.replace("<", "&lt;").replace(">", "&gt;")


def _type(field: Field) -> str:
    kind = field["elements"] if field["type"] == "list" else field["type"]
    if "choices" in field:
        return " or ".join(f"`{each}`" for each in field["choices"])
    return FORMATS[field["format"]].wanted if "format" in field else TYPES[kind]
