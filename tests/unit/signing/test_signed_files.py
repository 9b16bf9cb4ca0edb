# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs of a customer who signs its records and the file with its registers: what documents and pages say of each."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import jsonschema
import pytest
import yaml
from ansible_collections.bulwark.msp.plugins.plugin_utils.declared.declared import declare
from ansible_collections.bulwark.msp.plugins.plugin_utils.drift import finish, merge
from ansible_collections.bulwark.msp.plugins.plugin_utils.evaluators import recorded
from ansible_collections.bulwark.msp.plugins.plugin_utils.evaluators.facts import Unread
from ansible_collections.bulwark.msp.plugins.plugin_utils.evaluators.verdict import Case
from ansible_collections.bulwark.msp.plugins.plugin_utils.formats import questions, writing
from ansible_collections.bulwark.msp.plugins.plugin_utils.records import writing as record_writing
from ansible_collections.bulwark.msp.plugins.plugin_utils.records.dumping import dumped
from ansible_collections.bulwark.msp.plugins.plugin_utils.records.example import example
from ansible_collections.bulwark.msp.plugins.plugin_utils.results import Run, Store
from ansible_collections.bulwark.msp.plugins.plugin_utils.runs.context import context
from ansible_collections.bulwark.msp.plugins.plugin_utils.runs.finding import Subject
from ansible_collections.bulwark.msp.plugins.plugin_utils.runs.signed_files import (
    Signing,
    looked_at,
    with_signatures,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.checkout import ROOT
from tests.unit.drift.fleet import KNOWN, OPTIONS, Fleet, Host
from tests.unit.records.test_findings import DAY, documents, records

from .keys import EVE, KIM, OPS, make, sign

CONTRACT = "ev-contract"
HOSTS: dict[str, Host] = {"acme-web": {"lin-mf-ssh-methods": "pass"}, "globex-db": {"lin-mf-ssh-methods": "pass"}}
WAIVER = {
    "control": "lin-ic-ssh-no-root", "kind": "risk_accepted", "owner": "Kim", "reason": "console is broken",
    "approved_by": {"name": "Ann", "party": "customer", "on": "2026-11-01"}, "expires": "2026-12-31",
}  # fmt: skip
ACCOUNTS = [{"name": "eve", "kind": "person", "party": "customer"}, {"name": "bo", "kind": "person", "party": "msp:n"}]
VARIABLES = {"bulwark_waivers": [WAIVER], "bulwark_accounts": ACCOUNTS, "bulwark_host_functions": ["web"]}


class Customer:
    """acme, with a contract and a file of variables that both can be signed and edited."""

    def __init__(self, folder: Path) -> None:
        self.keys = folder / "keys"
        make(self.keys, EVE)
        allowed = make(self.keys, KIM, OPS)
        (folder / "evidence").mkdir()
        self.contract = folder / "evidence" / (CONTRACT + ".yml")
        self.contract.write_text(dumped(example(CONTRACT)), "utf-8")
        self.file = folder / "acme.yml"
        self.file.write_text(yaml.safe_dump(VARIABLES), "utf-8")
        self.settings = {
            "bulwark_evidence_dir": str(folder / "evidence"),
            "bulwark_record_signers": str(allowed),
            "bulwark_signed_files": [str(self.file)],
        }
        self.fleet = Fleet(folder / "reports")

    def run(self, **changes: Any) -> Run:
        """Return a run with what the file declares now."""
        declared = yaml.safe_load(self.file.read_text("utf-8"))
        self.fleet.variables = {"acme": {**declared, **self.settings, **changes}}
        return self.fleet.run(DAY, HOSTS)

    def waivers(self, run: Run, **changes: Any) -> list[tuple[str, str]]:
        """Return of each waiver of a host whether it is refused, and who signed it."""
        declared = {**yaml.safe_load(self.file.read_text("utf-8")), **self.settings, **changes}
        declaration = declare({"bulwark_customer": "acme", **declared}, KNOWN, datetime(2026, 11, 23).date())
        found = with_signatures(declaration, run).waivers
        return [(each.refused, each.signature.state if each.signature else "") for each in found]

    def pages(self, run: Run) -> dict[str, str]:
        """Return the pages of a run by their names."""
        writing.write(run, self.fleet.model(run), KNOWN)
        found = [path for part in ("*.md", "customers/*.html", "customers/*/*.md") for path in run.folder.glob(part)]
        return {path.relative_to(run.folder).as_posix(): path.read_text("utf-8") for path in found}


@pytest.fixture
def acme(tmp_path: Path) -> Customer:
    return Customer(tmp_path)


def the_file(run: Run) -> dict[str, Any]:
    (file,) = documents(run)["acme"]["signed_files"]
    assert isinstance(file, dict)
    return file


def test_a_record_edited_after_signing_is_altered_and_fails(acme: Customer) -> None:
    sign(acme.keys / KIM, acme.contract)
    before = records(acme.run(), "acme")[CONTRACT]
    assert (before["signature"]["state"], before["signature"]["signer"]) == ("customer", KIM)
    assert not [line for line in before["actual"] if line.startswith("signature:")]
    assert f"signed by {KIM}, for the customer" in before["evidence"]
    acme.contract.write_text(acme.contract.read_text("utf-8") + "\n# a blank line and a remark\n", "utf-8")
    run = acme.run()
    after = records(run, "acme")[CONTRACT]
    assert (after["status"], after["signature"]["state"]) == ("fail", "altered")
    assert "signature: the file was changed after it was signed" in after["actual"]
    pages = acme.pages(run)
    assert "altered: the file was changed after it was signed" in pages["report.md"]
    assert 'altered</span><span class="detail">the file was changed' in pages["customers/acme.html"]
    assert "What is signed is not what it says now: " in pages["customers/acme/questions.md"]


@pytest.mark.parametrize(("who", "state"), [(OPS, "provider"), (EVE, "unknown_key"), ("", "unsigned")])
def test_what_the_customer_did_not_sign_is_shown_as_such_and_fails_where_it_has_to(
    acme: Customer, who: str, state: str
) -> None:
    if who:
        sign(acme.keys / who, acme.contract)
        sign(acme.keys / who, acme.file)
    run = acme.run()
    finding = records(run, "acme")[CONTRACT]
    assert finding["signature"]["state"] == the_file(run)["state"] == state
    assert not [line for line in finding["actual"] if line.startswith("signature:")]
    assert acme.waivers(run) == [("", state)]
    model = acme.fleet.model(run)
    asked = "".join(questions.render(model.customers[0], model.run))
    assert ("Only you signed this" in asked) == (state == "provider")
    run = acme.run(bulwark_require_signatures=True)
    finding = records(run, "acme")[CONTRACT]
    assert finding["status"] == "fail"
    assert [line for line in finding["actual"] if line.startswith("signature: the customer has to sign it")]
    assert acme.waivers(run)[0][0].startswith("the customer has to sign it (bulwark_require_signatures)")


def test_a_waiver_of_an_edited_file_is_refused_and_of_a_signed_one_is_not(acme: Customer) -> None:
    sign(acme.keys / KIM, acme.file)
    run = acme.run()
    assert acme.waivers(run) == [("", "customer")]
    page = acme.pages(run)["customers/acme.html"]
    assert f"signed by {KIM}, for the customer" in page
    acme.file.write_text(acme.file.read_text("utf-8").replace("console is broken", "because"), "utf-8")
    run = acme.run()
    assert acme.waivers(run) == [(f"{acme.file}: the file was changed after it was signed", "altered")]
    (told,) = acme.fleet.model(run).customers[0].policy.waivers
    assert told.signature is not None
    assert told.signature.state == "altered"


def test_a_signed_waiver_says_for_which_hosts_it_is(acme: Customer) -> None:
    required = {"bulwark_require_signatures": True}
    sign(acme.keys / KIM, acme.file)
    ((refused, state),) = acme.waivers(acme.run(**required))
    assert (state, refused.partition(":")[0]) == (
        "customer", "with bulwark_require_signatures it has to say for which hosts it is"
    )  # fmt: skip
    acme.file.write_text(yaml.safe_dump({"bulwark_waivers": [{**WAIVER, "hosts": "all"}]}), "utf-8")
    sign(acme.keys / KIM, acme.file)
    assert acme.waivers(acme.run(**required)) == [("", "customer")]


def test_the_entries_of_a_signed_file_and_others(acme: Customer) -> None:
    sign(acme.keys / KIM, acme.file)
    more = {"name": "al", "kind": "person", "party": "customer"}
    run = acme.run(bulwark_accounts_more=[more])
    held = the_file(run)["entries"]
    assert {name: len(digests) for name, digests in held.items()} == {
        "bulwark_waivers": 1, "bulwark_accounts": 2, "bulwark_host_functions": 1}  # fmt: skip
    view = acme.fleet.model(run).customers[0]
    counts = {register.name: dict(register.entries) for register in view.registers}
    assert counts["bulwark_accounts"] == {"customer": 2, "unsigned": 1}
    changed = acme.run(bulwark_waivers=[{**WAIVER, "reason": "set from elsewhere"}])
    assert "bulwark_waivers" not in the_file(changed)["entries"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a: &a [1]\nb: *a\n", "it has an alias (*a); write the value out"),
        ("- 1\n", "it holds no variables"),
        ("a: !vault |\n  1\n", "line 1 can't be compared"),
        ("a: [\n", "can't be compared"),
        ("$ANSIBLE_VAULT;1.1;AES256\n6162\n", "it holds no variables"),
    ],
)
def test_a_file_that_can_not_be_compared_says_why_and_vouches_for_nothing(
    acme: Customer, text: str, reason: str
) -> None:
    acme.settings["bulwark_signed_files"] = [str(acme.file.with_name("other.yml"))]
    acme.file.with_name("other.yml").write_text(text, "utf-8")
    sign(acme.keys / KIM, acme.file.with_name("other.yml"))
    file = the_file(acme.run())
    assert (file["state"], file["entries"]) == ("customer", {})
    assert reason in file["reason"]


def test_a_signed_file_that_is_not_there(acme: Customer) -> None:
    acme.settings["bulwark_signed_files"] = ["/nowhere/acme.yml"]
    file = the_file(acme.run())
    assert (file["state"], file["reason"]) == ("not_checked", "/nowhere/acme.yml: there is no such file")


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: ("bulwark_waivers: " + text).encode()))
def test_any_bytes_of_a_signed_file_leave_a_document(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "any.yml"
    path.write_bytes(content)
    (file,) = looked_at(Signing(set(), {str(path)}), {"bulwark_waivers": {"{}": {}}}, KNOWN)
    assert file["state"] == "unsigned"


def test_hostile_names_stay_text(acme: Customer) -> None:
    place = acme.file.with_name("<script>{{ 7*7 }}\x1b.yml")
    acme.file.rename(place)
    acme.file = place
    acme.settings["bulwark_signed_files"] = [str(place)]
    sign(acme.keys / KIM, place)
    pages = acme.pages(acme.run())
    for text in pages.values():
        assert "<script>{{" not in text and "\x1b" not in text and "49" + "\\x1b" not in text


def test_merged_slices_keep_what_each_says_of_signatures(acme: Customer, tmp_path: Path) -> None:
    sign(acme.keys / KIM, acme.file)
    sign(acme.keys / KIM, acme.contract)
    first = acme.run(bulwark_require_signatures=True)
    second = acme.fleet.run(DAY, {"acme-db": {"lin-mf-ssh-methods": "pass"}})
    later = datetime(2026, 11, 23, 12, tzinfo=timezone.utc)
    run = merge.merge([first.folder, second.folder], Store(tmp_path / "merged"), later)
    finish.finish(run, OPTIONS, KNOWN, "2026-11-23T12:30:00Z")
    document = documents(run)["acme"]
    assert [file["state"] for file in document["signed_files"]] == ["customer"]
    assert document["signatures_required"] is True
    assert records(run, "acme")[CONTRACT]["signature"]["signer"] == KIM


def test_a_restore_test_takes_the_signature_of_the_version_before_away(acme: Customer, tmp_path: Path) -> None:
    folder = tmp_path / "evidence"
    today = datetime(2026, 11, 23).date()
    path = record_writing.note(folder, "acme", (), today, "Kim", 30)
    signature = sign(acme.keys / KIM, path)
    record_writing.note(folder, "acme", (), today, "Kim", 30)
    assert not signature.exists()


def test_nothing_else_goes_by_an_altered_record(acme: Customer, tmp_path: Path) -> None:
    path = tmp_path / "evidence" / "ev-ir-plan.yml"
    path.write_text(dumped(example("ev-ir-plan")), "utf-8")
    path.with_name("ev-ir-hardcopy.yml").write_text(dumped(example("ev-ir-hardcopy")), "utf-8")
    altered = "ev-ir-plan (altered: the file was changed after it was signed)"
    sign(acme.keys / EVE, path)
    assert altered not in records(acme.run(), "acme")["ev-ir-hardcopy"]["reason"]
    path.write_text(path.read_text("utf-8") + "\n", "utf-8")
    assert altered in records(acme.run(), "acme")["ev-ir-hardcopy"]["reason"]


def test_a_host_goes_by_no_altered_record(acme: Customer, tmp_path: Path) -> None:
    kind = "ev-gold-image"
    path = tmp_path / "evidence" / (kind + ".yml")
    path.write_text(dumped(example(kind)), "utf-8")
    sign(acme.keys / KIM, path)
    run = acme.run()
    declaration = declare({"bulwark_customer": "acme", **acme.settings}, KNOWN, datetime(2026, 11, 23).date())
    control = next(id_ for id_ in KNOWN.controls if "records" in KNOWN.controls[id_].reads)
    subject = Subject("acme-web", declaration, lambda _: True)

    def gone_by() -> Any:
        case = SimpleNamespace(context=context(run, subject, [control], KNOWN))
        return recorded.record(cast(Case, case), kind)

    assert gone_by()["images"]
    path.write_text(path.read_text("utf-8") + "\n", "utf-8")
    with pytest.raises(Unread, match="ev-gold-image: altered"):
        gone_by()


def test_a_finding_with_a_waivers_signature_fits_the_schema(acme: Customer) -> None:
    sign(acme.keys / KIM, acme.file)
    run = acme.run()
    declaration = declare({"bulwark_customer": "acme", **VARIABLES}, KNOWN, datetime(2026, 11, 23).date())
    (waiver,) = with_signatures(declaration, run).waivers
    shown = waiver.shown(datetime(2026, 11, 23).date())
    schema = json.loads((ROOT / "docs/schemas/host-result.json").read_text("utf-8"))
    part = {"$defs": schema["$defs"], **schema["$defs"]["finding"]["properties"]["waiver"]}
    jsonschema.validate(shown, part)
    assert shown["signature"]["signer"] == KIM
