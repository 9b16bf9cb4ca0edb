# SPDX-License-Identifier: GPL-3.0-or-later
"""The results directory: names that can't escape it, whole files, a chain that shows what is missing."""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import jsonschema
import pytest
from ansible_collections.bulwark.msp.plugins.plugin_utils import results
from ansible_collections.bulwark.msp.plugins.plugin_utils.results import ResultsError, Run, Store, encoded
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.checkout import ROOT

NOW = datetime(2026, 11, 22, 2, 0, tzinfo=timezone.utc)
TODAY = NOW.date()

any_text = st.text(st.characters(), min_size=1, max_size=40)
names = any_text | st.sampled_from(
    [".", "..", "a/../../b", "../../etc/passwd", "a\nb", "{{ 7*7 }}", "~", "%2E", "\udcff", "CON"]
)


def begun(store: Store, now: datetime = NOW) -> Run:
    run, sequence = store.begin(now)
    run.write("run.json", {"run": run.name, "sequence": sequence, "state": "running", "policies": {}})
    return run


def finished(store: Store, now: datetime = NOW, keep: int = 0) -> Run:
    run = begun(store, now)
    store.complete(run, keep, now.date())
    return run


def manifest(run: Run) -> dict[str, Any]:
    document: dict[str, Any] = run.read(results.MANIFEST)
    return document


class TestNames:
    @given(names)
    def test_a_name_is_one_harmless_file_name_and_comes_back(self, name: str) -> None:
        try:
            safe = encoded(name)
        except ResultsError:
            assert len(name) > results.NAME_LIMIT // 12
            return
        assert re.fullmatch(r"[A-Za-z0-9%_-][A-Za-z0-9%._-]*", safe)
        assert unquote(safe, errors="surrogatepass") == name

    @given(names, names)
    def test_two_names_never_share_a_file(self, one: str, two: str) -> None:
        assume(one != two)
        try:
            assert encoded(one) != encoded(two)
        except ResultsError:
            assume(False)

    @given(names, names)
    def test_no_name_leads_out_of_the_run(self, customer: str, host: str) -> None:
        folder = Path("/srv/reports/run")
        try:
            path = Path(os.path.normpath(Run(folder).host_file(customer, host)))
        except ResultsError:
            return
        assert path.parent.parent == folder / "hosts"

    @pytest.mark.parametrize("name", ["", "x" * 201, "\u00e9" * 100])
    def test_unusable_names_are_refused(self, name: str) -> None:
        with pytest.raises(ResultsError, match="must hold 1 to 200 characters"):
            encoded(name)


class TestWriting:
    @pytest.fixture(params=[0o000, 0o022, 0o077, 0o777], ids=oct)
    def umask(self, request: pytest.FixtureRequest) -> Iterator[None]:
        before = os.umask(request.param)
        yield
        os.umask(before)

    def test_folders_are_0700_and_files_0600_whatever_the_umask(self, umask: None, tmp_path: Path) -> None:
        store = Store(tmp_path / "above" / "reports")
        run = begun(store)
        run.write_host({"customer": "acme", "host": "web"})
        run.write_customer({"customer": "acme"})
        run.write_state("acme", "web", {})
        store.complete(run, 0, TODAY)
        made = [path for path in (tmp_path / "above").rglob("*") if not path.is_symlink()]
        modes = {str(path.relative_to(tmp_path)): stat.S_IMODE(path.stat().st_mode) for path in made}
        assert {
            path: mode for path, mode in modes.items() if mode != (0o700 if (tmp_path / path).is_dir() else 0o600)
        } == {}
        assert "above/reports/chain.jsonl" in modes

    def test_a_failing_write_leaves_the_old_file_and_nothing_else(self, tmp_path: Path) -> None:
        def pieces() -> Iterator[str]:
            yield "half"
            raise RuntimeError("the renderer broke")

        results.write_text(tmp_path / "page", "old")
        with pytest.raises(RuntimeError):
            results.write_text_pieces(tmp_path / "page", pieces())
        assert [path.name for path in tmp_path.iterdir()] == ["page"]
        assert (tmp_path / "page").read_text("utf-8") == "old"

    def test_a_full_disk_names_the_file(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def full(*_: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(os, "replace", full)
        with pytest.raises(ResultsError, match=r"run\.json: can't be written: no space left on device"):
            results.write_json(tmp_path / "run.json", {})
        assert list(tmp_path.iterdir()) == []

    def test_a_folder_that_can_not_be_made_says_what_to_set(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        with pytest.raises(ResultsError, match=r"not a directory.*set bulwark_report_dir"):
            Store(tmp_path / "file" / "reports").begin(NOW)
        with pytest.raises(ResultsError, match=r"set bulwark_report_dir|can't be"):
            Store(tmp_path / "file").begin(NOW)

    @pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"[1,"])
    def test_damaged_documents_are_named(self, content: bytes, tmp_path: Path) -> None:
        (tmp_path / "run.json").write_bytes(content)
        with pytest.raises(ResultsError, match=r"run\.json is no JSON"):
            results.read_json(tmp_path / "run.json")


class TestChain:
    def test_the_manifest_seals_every_data_file_and_the_manifest_before(self, tmp_path: Path) -> None:
        store = Store(tmp_path)
        first = finished(store)
        second = begun(store)
        second.write_host({"customer": "acme", "host": "a/../../b"})
        second.write_customer({"customer": "acme"})
        second.write_state("acme", "web", {})
        results.write_text(second.folder / "report.md", "a page")
        store.complete(second, 0, TODAY)
        sealed = manifest(second)
        jsonschema.Draft202012Validator(json.loads((ROOT / "docs/schemas/manifest.json").read_text("utf-8"))).validate(
            sealed
        )
        assert set(sealed["files"]) == {"run.json", "hosts/acme/a%2F..%2F..%2Fb.json", "customers/acme.json"}
        for name, digest in sealed["files"].items():
            assert hashlib.sha256((second.folder / name).read_bytes()).hexdigest() == digest
        assert manifest(first)["previous"] is None
        assert sealed["previous"] == results.sha256(first.folder / results.MANIFEST)

    def test_runs_that_end_in_another_order_than_they_began_are_chained_all_the_same(self, tmp_path: Path) -> None:
        store = Store(tmp_path)
        slow, quick = begun(store), begun(store)
        store.complete(quick, 0, TODAY)
        store.complete(slow, 0, TODAY)
        last = finished(store)
        seals = {run.name: results.sha256(run.folder / results.MANIFEST) for run in (slow, quick, last)}
        assert [manifest(run)["previous"] for run in (quick, slow, last)] == [None, seals[quick.name], seals[slow.name]]
        assert {line["run"]: line["manifest"] for line in store.chain()} == seals

    def test_latest_is_the_newest_complete_run_and_never_goes_back(self, tmp_path: Path) -> None:
        store = Store(tmp_path)
        died = begun(store)
        with pytest.raises(ResultsError, match="there is no run 'latest'"):
            store.run()
        newer = finished(store)
        assert store.run().name == newer.name
        assert not died.sealed
        store.complete(died, 0, TODAY)
        assert store.run().name == newer.name
        assert (tmp_path / "latest").readlink() == Path(newer.name)

    def test_many_runs_at_once_get_a_number_and_a_line_each(self, tmp_path: Path) -> None:
        barrier = threading.Barrier(8)

        def one(_: int) -> int:
            barrier.wait()
            run, sequence = Store(tmp_path).begin(NOW)
            run.write("run.json", {"sequence": sequence, "policies": {}})
            Store(tmp_path).complete(run, 0, TODAY)
            return sequence

        with ThreadPoolExecutor(8) as pool:
            assert sorted(pool.map(one, range(8))) == list(range(1, 9))
        chain = Store(tmp_path).chain()
        assert sorted(line["sequence"] for line in chain) == list(range(1, 9))
        previous = [manifest(Run(tmp_path / line["run"]))["previous"] for line in chain]
        assert previous == [None, *(line["manifest"] for line in chain[:-1])]

    @pytest.mark.parametrize(
        "damage", ["{", "[]", '{"sequence": "1"}', '"text"', '{"run": "x", "manifest": null, "pruned": null}']
    )
    def test_a_damaged_chain_is_named_and_nothing_begins(self, damage: str, tmp_path: Path) -> None:
        (tmp_path / results.CHAIN).write_text(damage + "\n", "utf-8")
        with pytest.raises(ResultsError, match=r"chain\.jsonl is damaged: .*move it away to begin a new chain"):
            Store(tmp_path).begin(NOW)
        assert [path.name for path in tmp_path.iterdir()] == [results.CHAIN]

    def test_a_chain_moved_away_during_a_run_begins_anew_with_it(self, tmp_path: Path) -> None:
        store = Store(tmp_path)
        run = begun(store)
        (tmp_path / results.CHAIN).unlink()
        store.complete(run, 0, TODAY)
        assert [(line["sequence"], line["run"]) for line in store.chain()] == [(1, run.name)]

    @pytest.mark.parametrize("name", ["../elsewhere", "none", "latest/hosts", "20261122T020000Z-000000", "/etc"])
    def test_only_a_run_of_this_folder_is_a_run(self, name: str, tmp_path: Path) -> None:
        (tmp_path / "elsewhere").mkdir()
        (tmp_path / "elsewhere" / "run.json").write_text("{}", "utf-8")
        finished(Store(tmp_path / "reports"))
        with pytest.raises(ResultsError, match="there is no run"):
            Store(tmp_path / "reports").run(name)


class TestPruning:
    def days(self, store: Store, number: int) -> list[Run]:
        return [finished(store, NOW + timedelta(days=day)) for day in range(number)]

    def test_the_oldest_go_and_the_chain_says_so(self, tmp_path: Path) -> None:
        store = Store(tmp_path)
        runs = self.days(store, 3)
        last = begun(store, NOW + timedelta(days=3))
        pruned = store.complete(last, 2, date(2026, 11, 25))
        assert pruned == [run.name for run in runs[:2]]
        assert [run.folder.exists() for run in (*runs, last)] == [False, False, True, True]
        marks = {line["run"]: line["pruned"] for line in store.chain()}
        assert [marks[run.name] for run in (*runs, last)] == ["2026-11-25", "2026-11-25", None, None]
        assert all(line["manifest"] for line in store.chain())

    def test_zero_keeps_all(self, tmp_path: Path) -> None:
        self.days(Store(tmp_path), 4)
        assert len(list(tmp_path.glob("2*"))) == 4

    def test_a_run_that_may_still_be_going_on_stays(self, tmp_path: Path) -> None:
        store = Store(tmp_path)
        died, going_on = begun(store, NOW - timedelta(days=9)), begun(store, NOW)
        finished(store, NOW + timedelta(hours=1))
        assert store.complete(begun(store, NOW + timedelta(hours=2)), 1, TODAY)[0] == died.name
        assert going_on.folder.exists()

    def test_a_run_completed_late_does_not_prune_itself(self, tmp_path: Path) -> None:
        store = Store(tmp_path)
        late = begun(store, NOW)
        newest = finished(store, NOW + timedelta(days=9))
        store.complete(late, 1, TODAY)
        assert late.folder.exists()
        assert store.run().name == newest.name

    def test_what_is_no_run_is_never_touched(self, tmp_path: Path) -> None:
        (tmp_path / "20200101T000000Z-mine").mkdir()
        (tmp_path / "notes").mkdir()
        store = Store(tmp_path)
        self.days(store, 2)
        finished(store, NOW + timedelta(days=5), keep=1)
        assert (tmp_path / "notes").exists()
        assert (tmp_path / "20200101T000000Z-mine").exists()
