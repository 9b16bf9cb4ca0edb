# SPDX-License-Identifier: GPL-3.0-or-later
"""Earlier results however they are met: damaged, empty, foreign or newer files are named and left out."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.bulwark.msp.plugins.plugin_utils.drift import history
from ansible_collections.bulwark.msp.plugins.plugin_utils.formats import writing
from ansible_collections.bulwark.msp.plugins.plugin_utils.results import Run
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.drift.fleet import KNOWN, METHODS, TRIES, Fleet

AFTER = {"run": "20270101T000000Z-000000", "sequence": 9}
HOSTS = {"acme-web": {METHODS: "fail", TRIES: "pass"}, "globex-db": {METHODS: "fail"}}


@pytest.fixture
def fleet(tmp_path: Path) -> Fleet:
    return Fleet(tmp_path / "reports")


def rewritten(path: Path, change: Callable[[Any], Any]) -> None:
    document = json.loads(path.read_text("utf-8"))
    path.write_text(json.dumps(change(document)), "utf-8")


def test_without_its_index_a_run_is_read_from_its_results(fleet: Fleet) -> None:
    first = fleet.run(0, HOSTS)
    run = fleet.run(1, HOSTS)
    indexed = fleet.model(run)
    (first.folder / "index.jsonl").unlink()
    assert asdict(fleet.model(run).fleet) == asdict(indexed.fleet)
    (first.folder / "index.jsonl").write_text("{}\n", "utf-8")
    damaged = fleet.model(run)
    assert asdict(damaged.fleet.delta) == asdict(indexed.fleet.delta)
    assert [problem.path for problem in damaged.problems] == [f"{first.name}/index.jsonl"]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda document: {**document, "schema": "bulwark/host-result/2"}, "newer than this version reads"),
        (lambda document: {**document, "schema": "nessus/1"}, "has schema 'nessus/1'"),
        (lambda document: [document], "is no result of this collection"),
        (lambda document: {**document, "host": "globex-db"}, "tells of another host"),
        (lambda document: {**document, "run": "20200101T000000Z-aaaaaa"}, "belongs to another run"),
        (lambda document: {**document, "findings": [{}]}, "has a finding without"),
        (lambda document: {**document, "findings": document["findings"] * 2}, "has two findings of"),
        (lambda document: {**document, "errors": [1]}, "has no usable errors"),
    ],
)
def test_a_result_that_can_not_be_used_is_named_and_its_host_is_unread(
    fleet: Fleet, change: Callable[[Any], Any], reason: str
) -> None:
    fleet.run(0, HOSTS)
    run = fleet.run(1, HOSTS)
    rewritten(run.host_file("acme", "acme-web"), change)
    report = fleet.model(run)
    (problem,) = report.problems
    assert problem.path == f"{run.name}/hosts/acme/acme-web.json"
    assert reason in problem.reason
    acme, globex = report.customers
    assert [unread.host for unread in acme.coverage.unread] == ["acme-web"]
    assert acme.problems == (problem,)
    assert globex.problems == ()
    assert not [change for change in acme.delta.changes if change.kind == "fixed"]


@pytest.mark.parametrize("text", ["", "{", "null", "[" * 100_000, '{"schema": "bulwark/run/9"}', "\x00\xff"])
def test_an_earlier_run_that_can_not_be_used_is_named_and_left_out(fleet: Fleet, text: str) -> None:
    fleet.run(0, HOSTS)
    broken = fleet.run(1, {"acme-web": {METHODS: "pass"}, "globex-db": {METHODS: "fail"}})
    run = fleet.run(2, HOSTS)
    (broken.folder / "run.json").write_bytes(text.encode("latin-1"))
    report = fleet.model(run)
    assert [problem.path for problem in report.problems] == [f"{broken.name}/run.json"]
    assert report.fleet.delta.counts["still_open"] == 2


def test_runs_that_came_later_are_no_history(fleet: Fleet) -> None:
    first = fleet.run(0, HOSTS)
    before = asdict(fleet.model(first).fleet)
    fleet.run(1, {"acme-web": {METHODS: "pass"}, "globex-db": {METHODS: "pass"}})
    assert asdict(fleet.model(first).fleet) == before


def test_what_stays_of_the_runs_grows_with_the_fleet_alone(fleet: Fleet) -> None:
    for day in range(4):
        fleet.run(day, HOSTS)
    known = history.read(fleet.folder, AFTER)
    assert len(known.runs) == 4
    assert {place for place in known.hosts if place[1]} == {("acme", "acme-web"), ("globex", "globex-db")}
    assert [point.failing for point in known.trend["acme"]] == [{"critical": 1}] * 4


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> tuple[Fleet, Run, Run]:
    fleet = Fleet(tmp_path_factory.mktemp("sound") / "reports")
    return fleet, fleet.run(0, HOSTS), fleet.run(1, HOSTS)


@settings(max_examples=60)
@given(data=st.data())
def test_damage_of_any_kind_is_no_traceback(sound: tuple[Fleet, Run, Run], data: st.DataObject) -> None:
    """Bytes changed, cut off or put in, JSON values replaced, in any file of any run."""
    fleet, _, last = sound
    files = sorted(path.relative_to(fleet.folder) for path in fleet.folder.glob("2026*/**/*.json*"))
    chosen = data.draw(st.sampled_from(files))
    with tempfile.TemporaryDirectory() as folder:
        copy = Fleet(Path(folder) / "reports")
        shutil.copytree(fleet.folder, copy.folder, symlinks=True)
        path = copy.folder / chosen
        path.write_bytes(data.draw(damaged(path.read_bytes())))
        run = Run(copy.folder / last.name)
        if chosen != Path(last.name) / "run.json":
            writing.write(run, copy.model(run), KNOWN)
        else:
            history.read(copy.folder, AFTER)


def damaged(content: bytes) -> st.SearchStrategy[bytes]:
    """Return what a file may have become."""
    place = st.integers(0, len(content))
    cut = place.map(lambda end: content[:end])
    changed = st.tuples(place, st.binary(min_size=1, max_size=8)).map(
        lambda drawn: content[: drawn[0]] + drawn[1] + content[drawn[0] + len(drawn[1]) :]
    )
    try:
        document = json.loads(content)
    except ValueError:
        return cut | changed
    values: st.SearchStrategy[Any] = st.none() | st.booleans() | st.integers() | st.text(max_size=5)
    values |= st.sampled_from([[], {}, [1]])
    replaced = st.tuples(st.sampled_from(list(places(document))), values).map(
        lambda drawn: json.dumps(with_value(json.loads(content), *drawn)).encode()
    )
    return cut | changed | replaced


def places(document: Any, above: tuple[Any, ...] = ()) -> Any:
    """Yield the path of each value in a document."""
    yield above
    if isinstance(document, (dict, list)):
        for key, value in document.items() if isinstance(document, dict) else enumerate(document):
            yield from places(value, (*above, key))


def with_value(document: Any, path: tuple[Any, ...], value: Any) -> Any:
    """Return the document with another value at a path."""
    if not path:
        return value
    document[path[0]] = with_value(document[path[0]], path[1:], value)
    return document


@settings(max_examples=25)
@given(
    days=st.lists(
        st.dictionaries(
            st.sampled_from(["acme-web", "acme-db", "globex-db"]),
            st.none() | st.dictionaries(
                st.sampled_from([METHODS, TRIES]),
                st.sampled_from(["pass", "fail", "unknown", "waived", "not_applicable", "stale"]),
                min_size=1,
            ),
            min_size=1,
        ),
        min_size=1,
        max_size=4,
    )
)  # fmt: skip
def test_the_same_results_give_the_same_files(days: list[dict[str, Any]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        fleet = Fleet(Path(folder) / "reports")
        for day, hosts in enumerate(days):
            left = tuple({"acme-web", "acme-db", "globex-db"} - set(hosts))
            run = fleet.run(day, hosts, left)
        written = []
        for _ in range(2):
            writing.write(run, fleet.model(run), KNOWN)
            written.append({path: path.read_bytes() for path in run.folder.rglob("*") if path.is_file()})
        assert written[0] == written[1]
        # Each finding judged now is in one kind at most, and counts agree with what is listed.
        delta = json.loads((run.folder / "delta.json").read_text("utf-8"))
        listed = [entry["fingerprint"] for entries in delta["changes"].values() for entry in entries]
        assert len(listed) == len(set(listed))
        assert delta["counts"] == {kind: len(entries) for kind, entries in delta["changes"].items()}
