# SPDX-License-Identifier: GPL-3.0-or-later
"""What customers share, from the hosts' results to the pages: the provider's names both sides, a customer's its own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from ansible_collections.bulwark.msp.plugins.plugin_utils.drift import documents, finish, history, model
from ansible_collections.bulwark.msp.plugins.plugin_utils.formats import writing
from ansible_collections.bulwark.msp.plugins.plugin_utils.results import KEY, Run

from tests.checkout import ROOT
from tests.unit.drift.fleet import KNOWN, METHODS, OPTIONS, Fleet
from tests.unit.fleet.room import KEY as FLEET_KEY
from tests.unit.fleet.room import link

CONTROL = "lin-ns-key-reuse"
HOSTS: dict[str, Any] = {"acme-web": {METHODS: "pass"}, "globex-web": {METHODS: "pass"}}
AT = "2026-11-01T03:00:00Z"


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """A sealed run of two customers with one key, and its pages."""
    made = Fleet(tmp_path / "reports").run(0, HOSTS, complete=False)
    for host in HOSTS:
        path = made.host_file(host.partition("-")[0], host)
        shared = link("ssh_key", "kim", "line 1 of /etc/kim", f"{host}-admin")._asdict()
        links = {"key": FLEET_KEY.id, "entries": [{**shared, "mark": "0" * 16}], "unread": {}}
        path.write_text(json.dumps({**json.loads(path.read_text("utf-8")), "links": links}), "utf-8")
    assert (made.folder / KEY).stat().st_mode & 0o777 == 0o600
    finish.finish(made, OPTIONS, KNOWN, AT)
    earlier = history.read(made.folder.parent, documents.about_run(made))
    writing.write(made, model.build(made, earlier, KNOWN), KNOWN)
    return made


def test_each_side_reads_of_itself_and_the_provider_of_both(run: Run) -> None:
    told = "acme: acme-web-admin on acme-web; globex: globex-web-admin on globex-web"
    assert told in (run.folder / "report.html").read_text("utf-8")
    for customer, other in (("acme", "globex"), ("globex", "acme")):
        page = (run.folder / f"customers/{customer}.html").read_text("utf-8")
        assert f"the key of {customer}-web-admin on {customer}-web" in page
        assert "shared with another customer" in page
        own = [*run.folder.glob(f"customers/{customer}*"), *run.folder.glob(f"customers/{customer}/*"),
               *run.folder.glob(f"hosts/{customer}/*")]  # fmt: skip
        assert not [path for path in own if path.is_file() and other in path.read_text("utf-8")]


def test_the_documents_are_as_their_schemas_say(run: Run) -> None:
    for name, file in {
        "fleet": "fleet.json",
        "customer": "customers/acme.json",
        "host-result": "hosts/acme/acme-web.json",
    }.items():
        schema = json.loads((ROOT / f"docs/schemas/{name}.json").read_text("utf-8"))
        jsonschema.validate(run.read(file), schema)


def test_the_runs_key_is_gone_with_the_seal(run: Run) -> None:
    assert not (run.folder / KEY).exists()
    assert KEY not in run.read("manifest.json")["files"]
    assert run.key() != run.key()


def test_without_the_fleets_file_the_customers_own_words_stand(run: Run) -> None:
    (run.folder / "fleet.json").write_text("{", "utf-8")
    report = model.build(run, history.read(run.folder.parent, documents.about_run(run)), KNOWN)
    (found, _other) = (each for each in report.fleet.findings if each["control"] == CONTROL)
    assert found["customers"] == ["acme"]
    assert "shared with another customer" in found["actual"][0]
    assert [problem.path for problem in report.problems] == [f"{run.name}/fleet.json"]


def test_hashes_are_judged_where_that_is_asked_for(tmp_path: Path) -> None:
    judged = []
    for number, on in enumerate((False, True)):
        variables = {"acme": {"bulwark_compare_hashes": on}}
        about = Fleet(tmp_path / str(number), variables).run(0, HOSTS).read()
        judged.append("lin-ns-secret-reuse" in about["controls"]["judged"])
        assert "lin-ns-secret-reuse" in {*about["controls"]["judged"], *about["controls"]["left_out"]}
    assert judged == [False, True]
