# SPDX-License-Identifier: GPL-3.0-or-later
"""The chain of evidence: what was changed, removed or added is named; signatures; what may be merged and what not."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from ansible_collections.bulwark.msp.plugins.plugin_utils.drift import finish, merge, signing
from ansible_collections.bulwark.msp.plugins.plugin_utils.drift.verify import Verdict, verify
from ansible_collections.bulwark.msp.plugins.plugin_utils.results import ResultsError, Run, Store, sha256

from tests.checkout import ROOT
from tests.unit.drift.fleet import KNOWN, METHODS, OPTIONS, Fleet

HOSTS = {"acme-web": {METHODS: "fail"}, "globex-db": {METHODS: "pass"}}
LATER = datetime(2026, 11, 1, 4, tzinfo=timezone.utc)


@pytest.fixture
def fleet(tmp_path: Path) -> Fleet:
    return Fleet(tmp_path / "reports")


def verified(fleet: Fleet, signers: Path | None = None) -> Verdict:
    return verify(Store(fleet.folder), signers)


def chain(fleet: Fleet, change: Callable[[list[str]], list[str]]) -> None:
    path = fleet.folder / "chain.jsonl"
    path.write_text("".join(change(path.read_text("utf-8").splitlines(keepends=True))), "utf-8")


def test_what_is_as_it_was_sealed_has_no_fault(fleet: Fleet) -> None:
    runs = [fleet.run(day, HOSTS) for day in range(3)]
    verdict = verified(fleet)
    assert verdict.faults == ()
    assert [line.partition(":")[0] for line in verdict.told] == [*(run.name for run in runs), "last seal"]


def test_each_fault_is_named_the_oldest_first(fleet: Fleet) -> None:
    first, second, third = (fleet.run(day, HOSTS) for day in range(3))
    changed = first.host_file("acme", "acme-web")
    changed.write_text(changed.read_text("utf-8").replace("fail", "pass"), "utf-8")
    assert verified(fleet).told[0] == f"{first.name}: not as sealed, not signed"
    second.host_file("globex", "globex-db").unlink()
    shutil.copy(third.host_file("acme", "acme-web"), third.folder / "hosts/acme/more.json")
    assert verified(fleet).faults == (
        f"{first.name}/hosts/acme/acme-web.json: was changed since it was sealed",
        f"{second.name}/hosts/globex/globex-db.json: is missing",
        f"{third.name}/hosts/acme/more.json: was added since the run was sealed",
    )


def test_a_run_removed_in_the_middle_is_named_and_a_pruned_one_is_not(fleet: Fleet) -> None:
    fleet.options = {"bulwark_keep_runs": 3}
    runs = [fleet.run(day, HOSTS) for day in range(4)]
    assert verified(fleet).faults == ()
    assert verified(fleet).told[0].startswith(f"{runs[0].name}: removed by bulwark_keep_runs on 2026-11-04")
    shutil.rmtree(runs[2].folder)
    assert verified(fleet).faults == (f"{runs[2].name}: the whole run was removed, and not by bulwark_keep_runs",)


def test_whoever_removes_the_line_of_the_chain_too_is_found_by_the_next_seal(fleet: Fleet) -> None:
    runs = [fleet.run(day, HOSTS) for day in range(3)]
    shutil.rmtree(runs[1].folder)
    chain(fleet, lambda lines: [lines[0], lines[2]])
    faults = verified(fleet).faults
    assert f"{fleet.folder}/chain.jsonl: the line of run number 2 was removed" in faults
    assert any(fault.startswith(f"{runs[2].name}/manifest.json: follows seal") for fault in faults)


def test_a_manifest_made_anew_is_found_by_the_chain(fleet: Fleet) -> None:
    first = fleet.run(0, HOSTS)
    fleet.run(1, HOSTS)
    manifest = first.read("manifest.json")
    manifest["files"].pop("fleet.json")
    first.write("manifest.json", manifest)
    assert verified(fleet).faults[0] == f"{first.name}/manifest.json: is not what was sealed"


@pytest.mark.parametrize(
    ("damage", "fault"),
    [
        (lambda lines: [], "no such file, or nothing in it"),
        (lambda lines: ["{"], "is damaged"),
        (lambda lines: [lines[0].replace("2026", "../26")], "is no run"),
        (lambda lines: [], "nothing in it"),
    ],
)
def test_a_damaged_chain_is_a_fault(fleet: Fleet, damage: Callable[[list[str]], list[str]], fault: str) -> None:
    fleet.run(0, HOSTS)
    chain(fleet, damage)
    assert any(fault in line for line in verified(fleet).faults)


def test_a_run_that_goes_on_is_told_and_a_foreign_one_is_a_fault(fleet: Fleet) -> None:
    fleet.run(0, HOSTS)
    going = fleet.run(1, HOSTS, complete=False)
    foreign = fleet.folder / "20261105T000000Z-aaaaaa"
    shutil.copytree(going.folder, foreign)
    verdict = verified(fleet)
    assert f"{going.name}: not sealed; it goes on or was cut off" in verdict.told
    assert verdict.faults == (f"{foreign.name}: the chain knows no such run",)


def test_the_page_for_doing_it_by_hand_finds_the_same(fleet: Fleet) -> None:
    """The commands of docs/verify.md, run as they stand."""
    text = (ROOT / "docs/verify.md").read_text("utf-8")
    (script,) = [block.partition("```")[0] for block in text.split("```sh\n")[1:] if "sha256sum" in block]
    runs = [fleet.run(day, HOSTS) for day in range(2)]

    def by_hand() -> subprocess.CompletedProcess[str]:
        return subprocess.run(["bash", "-c", script], cwd=fleet.folder, capture_output=True, text=True, check=False)

    assert (by_hand().returncode, by_hand().stdout) == (0, "")
    changed = runs[0].host_file("acme", "acme-web")
    changed.write_text("{}", "utf-8")
    assert by_hand().stdout == f"{runs[0].name}/hosts/acme/acme-web.json: FAILED\n"
    shutil.rmtree(runs[0].folder)
    assert by_hand().stdout == f"{runs[0].name}/manifest.json: FAILED open or read\n"


@pytest.fixture
def key(tmp_path: Path) -> Path:
    if not shutil.which("ssh-keygen"):
        pytest.skip("ssh-keygen is not installed")
    path = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(path)], check=True)
    return path


def signers(key: Path, who: str) -> Path:
    path = key.with_name("signers")
    path.write_text(f'{who} namespaces="bulwark" {key.with_suffix(".pub").read_text("utf-8")}', "utf-8")
    return path


def test_a_signature_is_made_told_and_checked(fleet: Fleet, key: Path) -> None:
    fleet.options = {"bulwark_sign_key": str(key)}
    run = fleet.run(0, HOSTS)
    listed = subprocess.run(["ssh-keygen", "-lf", str(key)], capture_output=True, text=True, check=True)
    shown = listed.stdout.split()[1]
    signature = fleet.model(run).evidence.signature
    assert signature is not None
    assert (signature.signer, signature.namespace) == (shown, "bulwark")
    verdict = verified(fleet, signers(key, "ops@north.example"))
    assert verdict.faults == ()
    assert verdict.told[0] == f"{run.name}: as sealed, signed by ops@north.example with {shown}"
    assert "not checked" in verified(fleet).told[0]


def test_a_signature_of_somebody_else_or_of_something_else_does_not_hold(
    fleet: Fleet, key: Path, tmp_path: Path
) -> None:
    fleet.options = {"bulwark_sign_key": str(key)}
    first, second = fleet.run(0, HOSTS), fleet.run(1, HOSTS)
    known = signers(key, "ops@north.example")
    shutil.copy(first.folder / signing.FILE, second.folder / signing.FILE)
    (fault,) = verified(fleet, known).faults
    assert fault.startswith(f"{second.name}/manifest.json.sig: the signature does not hold")
    other = tmp_path / "other"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(other)], check=True)
    assert len(verified(fleet, signers(other, "eve@example")).faults) == 2


@pytest.mark.parametrize("content", [b"", b"x", b"-----BEGIN SSH SIGNATURE-----\nU1NIU0lH\n", b"\xff" * 100_000])
def test_what_is_no_signature_is_a_fault(fleet: Fleet, content: bytes) -> None:
    run = fleet.run(0, HOSTS)
    (run.folder / signing.FILE).write_bytes(content)
    assert fleet.model(run).evidence.signature is None
    assert verified(fleet).faults == (f"{run.name}/manifest.json.sig: is no signature",)


def test_a_key_that_is_not_there_is_named_after_everything_is_sealed(fleet: Fleet, tmp_path: Path) -> None:
    fleet.options = {"bulwark_sign_key": str(tmp_path / "nowhere")}
    fleet.run(0, HOSTS)
    assert fleet.late == [f"bulwark_sign_key: {tmp_path}/nowhere: there is no such file"]
    assert verified(fleet).faults == ()


def slices(fleet: Fleet, *hosts: dict[str, Any], days: tuple[int, ...] = (0, 0)) -> list[Path]:
    return [fleet.run(day, each).folder for day, each in zip(days, hosts, strict=True)]


def test_slices_become_one_run(fleet: Fleet, tmp_path: Path) -> None:
    fleet.variables = {"acme": {"bulwark_accounts": [{"name": "eve", "kind": "person", "party": "customer"}]}}
    parts = slices(fleet, {"acme-web": {METHODS: "fail"}}, {"acme-db": {METHODS: "pass"}, "globex-db": None})
    store = Store(tmp_path / "merged")
    run = merge.merge(parts, store, LATER)
    assert run.host_file("acme", "acme-web").read_bytes() == (parts[0] / "hosts/acme/acme-web.json").read_bytes()
    finish.finish(run, OPTIONS, KNOWN, "2026-11-01T04:00:00Z")
    about = run.read()
    jsonschema.validate(about, json.loads((ROOT / "docs/schemas/run.json").read_text("utf-8")))
    assert about["coverage"]["targeted"] == 3
    assert about["coverage"]["unread"] == ["globex-db"]
    assert [part["run"] for part in about["merged"]] == sorted(part.name for part in parts)
    merged = Fleet(store.folder)
    assert [row.host for row in merged.model(run).fleet.hosts] == ["acme-db", "acme-web", "globex-db"]
    assert merged.model(run).problems == ()
    assert verify(store).faults == ()


def test_slices_beside_their_merged_run_are_told_once(fleet: Fleet) -> None:
    parts = slices(fleet, {"acme-web": {METHODS: "fail"}}, {"acme-db": {METHODS: "pass"}})
    run = merge.merge(parts, Store(fleet.folder), LATER)
    finish.finish(run, OPTIONS, KNOWN, "2026-11-01T04:00:00Z")
    assert fleet.model(run).fleet.delta.previous_run is None
    later = fleet.model(fleet.run(1, {"acme-web": {METHODS: "fail"}, "acme-db": {METHODS: "pass"}})).fleet
    assert (later.delta.previous_run, len(later.trend)) == (run.name, 2)


def changed(path: Path, **keys: Any) -> None:
    """Change run.json of a slice and seal it anew, as another controller might have made it."""
    run = Run(path)
    run.write("run.json", {**run.read(), **keys})
    manifest = run.read("manifest.json")
    manifest["files"]["run.json"] = sha256(path / "run.json")
    run.write("manifest.json", manifest)


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda fleet: slices(fleet, HOSTS, HOSTS), "host acme-web is in .* too"),
        (lambda fleet: slices(fleet, HOSTS, {"acme-db": None}, days=(0, 1)), "more than 6 hours apart"),
        (lambda fleet: slices(fleet, HOSTS, days=(0,)), "two runs are needed"),
        (lambda fleet: slices(fleet, HOSTS, days=(0,)) * 2, "is named 2 times"),
        (lambda fleet: [*slices(fleet, HOSTS, days=(0,)), fleet.run(0, {"acme-db": None}, complete=False).folder],
         "was not completed"),
        (lambda fleet: [*slices(fleet, HOSTS, days=(0,)), fleet.folder / "none"], "run.json can't be read"),
    ],
)  # fmt: skip
def test_what_can_not_belong_together_is_refused(
    fleet: Fleet, tmp_path: Path, spoil: Callable[[Fleet], list[Path]], reason: str
) -> None:
    with pytest.raises(ResultsError, match=reason):
        merge.merge(spoil(fleet), Store(tmp_path / "merged"), LATER)
    assert not (tmp_path / "merged").exists()


@pytest.mark.parametrize(
    ("keys", "reason"),
    [
        ({"versions": {"bulwark.msp": "9"}}, "was made by bulwark.msp (9|0.1.0), .* by (9|0.1.0)"),
        ({"schema": "bulwark/run/2"}, "newer than this version reads"),
    ],
)
def test_other_versions_are_refused(fleet: Fleet, tmp_path: Path, keys: dict[str, Any], reason: str) -> None:
    parts = slices(fleet, HOSTS, {"acme-db": None})
    changed(parts[1], **keys)
    with pytest.raises(ResultsError, match=reason):
        merge.merge(parts, Store(tmp_path / "merged"), LATER)


def test_other_policies_and_changed_files_are_refused(fleet: Fleet, tmp_path: Path) -> None:
    first = fleet.run(0, HOSTS).folder
    fleet.variables = {"acme": {"bulwark_ssh_max_auth_tries": 9}}
    second = fleet.run(0, {"acme-db": {METHODS: "pass"}}).folder
    with pytest.raises(ResultsError, match="judge customer acme by different policies"):
        merge.merge([first, second], Store(tmp_path / "merged"), LATER)
    (first / "hosts/acme/acme-web.json").write_text("{}", "utf-8")
    with pytest.raises(ResultsError, match=r"hosts/acme/acme-web.json was changed since it was sealed"):
        merge.merge([first, second], Store(tmp_path / "merged"), LATER)
