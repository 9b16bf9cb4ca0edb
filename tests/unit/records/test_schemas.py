# SPDX-License-Identifier: GPL-3.0-or-later
"""Records that are nearly right: loader and JSON Schema agree, and nothing else than a record error comes up."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from ansible_collections.bulwark.msp.plugins.plugin_utils.judges.records.all import judge
from ansible_collections.bulwark.msp.plugins.plugin_utils.records import structure, yaml_file
from ansible_collections.bulwark.msp.plugins.plugin_utils.records.dumping import dumped
from ansible_collections.bulwark.msp.plugins.plugin_utils.records.example import example
from ansible_collections.bulwark.msp.plugins.plugin_utils.records.fields import Fields
from ansible_collections.bulwark.msp.plugins.plugin_utils.records.kinds.all import KINDS
from ansible_collections.bulwark.msp.plugins.plugin_utils.records.records import gather
from ansible_collections.bulwark.msp.plugins.plugin_utils.records.schema import schema
from ansible_collections.bulwark.msp.plugins.plugin_utils.text import clean
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.checkout import ROOT

from .room import TODAY, World

VALIDATORS = {
    kind: jsonschema.Draft202012Validator(schema(kind), format_checker=jsonschema.FormatChecker()) for kind in KINDS
}
#: What yaml_file.read gives: no other types come out of a file.
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-(10**6), 10**12)
    | st.text(max_size=12)
    | st.sampled_from(
        ["", " ", "2026-11-02", "2026-02-30", "2026-11-02\n", "2999-01-01", "customer", "msp:north", "msp:X", "24h",
         "24h\n", "ab" * 32, "{{ 7 * 7 }}", "<script>", "\u202e", "passed"]
    )
)  # fmt: skip
VALUES = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner,
                                                                                           max_size=3))  # fmt: skip


def places(value: Any, way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the way to each value in a record."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in inner:
        yield (*way, key)
        yield from places(one, (*way, key))


@st.composite
def perturbed(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    """Draw a kind and its example with a few changes: other values, fields that are gone, fields that are not there."""
    kind = draw(st.sampled_from(list(KINDS)))
    record = example(kind)
    for _ in range(draw(st.integers(1, 4))):
        way = draw(st.sampled_from([*places(record), ("unknown",)]))
        place: Any = record
        for key in way[:-1]:
            place = place[key]
        if draw(st.booleans()) and way != ("unknown",):
            del place[way[-1]]
        else:
            place[way[-1]] = draw(VALUES)
    return kind, record


def loader_accepts(kind: str, record: dict[str, Any]) -> bool:
    return not list(structure.problems_in(KINDS[kind].every_field(kind), record))


@given(perturbed())
@settings(max_examples=600, suppress_health_check=[HealthCheck.too_slow])
def test_the_loader_and_the_schema_accept_the_same(drawn: tuple[str, dict[str, Any]]) -> None:
    kind, record = drawn
    assert loader_accepts(kind, record) == VALIDATORS[kind].is_valid(record)


@given(perturbed())
@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
def test_a_record_that_loads_is_judged_whatever_it_says(drawn: tuple[str, dict[str, Any]]) -> None:
    kind, record = drawn
    if not loader_accepts(kind, record):
        return
    world = World()
    world.records[kind] = structure.plain(KINDS[kind].every_field(kind), record)
    verdict = judge(world.case(kind))
    assert verdict.status in ("pass", "fail", "unknown", "stale")
    assert "the rule failed" not in verdict.reason
    assert all("\u202e" not in clean(each.text) for each in verdict.wrong)


@given(perturbed())
@settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
def test_a_file_becomes_a_record_or_a_problem(tmp_path: Path, drawn: tuple[str, dict[str, Any]]) -> None:
    kind, record = drawn
    (tmp_path / f"{kind}.yml").write_text(dumped(record), "utf-8")
    found = gather(tmp_path, "acme", "", [kind], TODAY)
    assert (kind in found.found) != (kind in found.problems)


@given(st.binary(max_size=200), st.sampled_from(list(KINDS)))
@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_bytes_are_more_than_a_problem(tmp_path: Path, content: bytes, kind: str) -> None:
    (tmp_path / f"{kind}.yml").write_bytes(content)
    assert list(gather(tmp_path, "acme", "", [kind], TODAY).problems) == [kind]


@pytest.mark.parametrize("kind", KINDS)
def test_an_example_is_read_back_as_it_is_printed(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"{kind}.yml"
    path.write_text(dumped(example(kind)), "utf-8")
    assert yaml_file.read(path) == example(kind)
    assert VALIDATORS[kind].is_valid(example(kind))


@pytest.mark.parametrize("kind", KINDS)
def test_the_schemas_are_valid_and_as_the_fields_have_them(kind: str) -> None:
    jsonschema.Draft202012Validator.check_schema(schema(kind))
    written = json.loads((ROOT / "docs" / "schemas" / "records" / f"{kind}.json").read_text("utf-8"))
    assert written == schema(kind)


def fields_in(fields: Fields, place: str = "") -> Iterator[tuple[str, Any]]:
    for name, field in fields.items():
        yield place + name, field
        yield from fields_in(field.get("options", {}), f"{place}{name}.")


@pytest.mark.parametrize("kind", KINDS)
def test_each_field_says_what_it_is_for(kind: str) -> None:
    for name, field in fields_in(KINDS[kind].every_field(kind)):
        assert field["description"].endswith("."), name
        assert "example" in field, name


@pytest.mark.parametrize("kind", KINDS)
def test_each_field_that_is_needed_is_missed(kind: str) -> None:
    fields = KINDS[kind].every_field(kind)
    for name, field in fields.items():
        record = copy.deepcopy(example(kind))
        record.pop(name, None)
        assert loader_accepts(kind, record) != bool(field.get("required")), name
