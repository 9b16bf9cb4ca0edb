# SPDX-License-Identifier: GPL-3.0-or-later
"""The pages as files: whole, closed, the same at every rendering, and no customer's in another's."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import json
import re
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import pytest
from ansible_collections.bulwark.msp.plugins.plugin_utils.catalogue import catalogue
from ansible_collections.bulwark.msp.plugins.plugin_utils.drift.model import ReportModel
from ansible_collections.bulwark.msp.plugins.plugin_utils.formats import html, trend
from ansible_collections.bulwark.msp.plugins.plugin_utils.formats.embedding import safe_json
from ansible_collections.bulwark.msp.plugins.plugin_utils.formats.owner import THEMES
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.formats import hardened, hostile, sample
from tests.unit.formats.jargon import jargon


class Page(HTMLParser):
    """What a page is made of: tags, ids, data, text, and the addresses it would ask for."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.headings: list[int] = []
        self.ids: list[str] = []
        self.references: list[str] = []
        self.handlers: list[str] = []
        self.elements: dict[str, str] = {}
        self._open = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.tags.append(tag)
        if re.fullmatch(r"h[1-6]", tag):
            self.headings.append(int(tag[1]))
        self.ids += [values["id"] or ""] if "id" in values else []
        self.references += [values[name] or "" for name in ("href", "src") if name in values]
        self.handlers += [name for name in values if name.startswith("on") or name == "style"]
        self._open = "data" if values.get("type") == "application/json" else tag

    def handle_data(self, data: str) -> None:
        self.elements[self._open] = self.elements.get(self._open, "") + data

    def handle_endtag(self, tag: str) -> None:
        self._open = ""


def written(model: ReportModel, folder: Path) -> dict[str, str]:
    """Return the pages of a model by their paths."""
    html.write(model, catalogue.load(), folder)
    return {str(path.relative_to(folder)): path.read_text() for path in sorted(folder.rglob("*.html"))}


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return written(sample.model(), tmp_path_factory.mktemp("pages"))


@pytest.fixture(scope="module")
def spoiled(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return written(hostile.model(), tmp_path_factory.mktemp("spoiled"))


@pytest.fixture(scope="module")
def enforced(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return written(hardened.model(), tmp_path_factory.mktemp("enforced"))


@pytest.fixture(scope="module")
def previewed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return written(hardened.model(check=True), tmp_path_factory.mktemp("previewed"))


@pytest.fixture(scope="module")
def spoiled_work(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return written(hostile.model(made=hardened.model()), tmp_path_factory.mktemp("spoiled_work"))


def test_there_is_a_page_for_the_fleet_and_one_for_each_customer(pages: dict[str, str]) -> None:
    assert list(pages) == ["customers/acme.html", "customers/globex.html", "customers/msp.html", "report.html"]


def test_the_same_results_give_the_same_bytes(pages: dict[str, str], tmp_path: Path) -> None:
    assert written(sample.model(), tmp_path) == pages


def test_pages_are_for_their_owner_alone(tmp_path: Path) -> None:
    written(sample.model(), tmp_path)
    assert {path.stat().st_mode & 0o777 for path in tmp_path.rglob("*.html")} == {0o600}


def test_a_customers_page_holds_nothing_of_another(pages: dict[str, str]) -> None:
    for customer in ("acme", "globex", "msp"):
        page = pages["customers/%s.html" % customer]
        for other in sample.model().documents():
            if other.row.customer != customer:
                secrets = [other.row.host, *(finding["fingerprint"] for finding in other.document["findings"])]
                assert not [secret for secret in secrets if secret in page]
    assert "globex" not in pages["customers/acme.html"]
    assert "ledgerworks" not in pages["customers/globex.html"]


@pytest.mark.parametrize("name", ["report.html", "customers/acme.html"])
def test_the_policy_lets_nothing_run_but_our_own(pages: dict[str, str], name: str) -> None:
    page = Page(pages[name])
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', pages[name])
    assert policy and policy[1].startswith("default-src 'none';")
    for tag, kind in (("style", "style"), ("script", "script")):
        digest = base64.b64encode(hashlib.sha256(page.elements[tag].encode()).digest()).decode()
        assert "%s-src 'sha256-%s'" % (kind, digest) in policy[1]
    assert not page.handlers


def test_nothing_is_asked_of_a_network(pages: dict[str, str]) -> None:
    for text in pages.values():
        allowed = re.compile(r"#[\w-]+|data:image/svg\+xml,.*|customers/[\w.%-]+\.html")
        assert [one for one in Page(text).references if not allowed.fullmatch(one)] == []


def test_headings_descend_step_by_step_and_ids_are_unique(pages: dict[str, str]) -> None:
    for text in pages.values():
        page = Page(text)
        steps = zip(page.headings, page.headings[1:], strict=False)
        assert page.headings[0] == 1 and all(after <= before + 1 for before, after in steps)
        assert len(page.ids) == len(set(page.ids))


def test_every_finding_is_in_the_data(pages: dict[str, str]) -> None:
    data = json.loads(Page(pages["report.html"]).elements["data"])
    expected = sum(len(page.document["findings"]) for page in sample.model().documents())
    assert sum(len(host[4]) for host in data["hosts"]) == expected + len(sample.model().fleet.findings)


def test_hostile_text_adds_no_element(
    pages: dict[str, str], spoiled: dict[str, str], enforced: dict[str, str], spoiled_work: dict[str, str]
) -> None:
    both = [(pages[name], text) for name, text in spoiled.items()]
    both += [(enforced[name], text) for name, text in spoiled_work.items()]
    for tame, text in both:
        page = Page(text)
        assert set(page.tags) <= set(Page(tame).tags) | {"details", "summary"}
        assert not page.handlers
        assert page.tags.count("script") == 2
        assert not [one for one in page.references if "evil" in one or one.startswith("javascript")]


def test_hostile_text_is_bounded_and_visible(spoiled: dict[str, str], spoiled_work: dict[str, str]) -> None:
    for text in (*spoiled.values(), *spoiled_work.values()):
        assert "A" * 3000 not in text
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\ufeff]", text)
        assert "\\u202e" in text


def test_a_hostile_customer_stays_in_the_folder(tmp_path: Path) -> None:
    model = hostile.model(customers=True)
    short = [view for view in model.customers if len(str(view.customer)) < 60]
    for path in written(type(model)(**{**vars(model), "customers": tuple(short)}), tmp_path):
        assert re.fullmatch(r"report\.html|customers/[A-Za-z0-9._%-]+\.html", path)


def test_what_no_schema_would_let_through_is_shown_and_not_stumbled_over(tmp_path: Path) -> None:
    model = sample.model()
    pages = list(model.documents())
    for page in pages:
        for finding in page.document["findings"]:
            finding.update(observed_at="yesterday", assurance="sworn", responsible="<b>me</b>", evidence=[])
            finding.update({"waiver": "none"} if finding["status"] != "waived" else {})
            if finding["status"] == "waived":
                finding["waiver"] = {**finding["waiver"], "approved_by": "<b>nobody</b>", "kind": "<i>"}
    broken = dataclasses.replace(model, _pages=lambda customer: iter(pages))
    text = written(broken, tmp_path)["report.html"]
    assert "yesterday" in text
    assert "<b>" not in text and "<i>" not in text


@given(st.text() | st.lists(st.text()))
def test_embedded_json_can_not_leave_its_element(value: object) -> None:
    text = safe_json(value)
    assert not set(text) & set("<>&\u2028\u2029")
    assert json.loads(text) == value


def test_without_the_chart_package_the_page_names_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(trend, "pygal", None)
    page = written(sample.model(), tmp_path)["report.html"]
    assert "The Python package pygal draws this as a picture" in page
    assert 'class="chart"' not in page


def test_the_owners_five_things_hold_each_section_once() -> None:
    sections = [name for theme in THEMES for name in theme.sections]
    assert sorted(sections) == sorted(section.name for section in catalogue.load().sections)


def test_the_owner_is_asked_about_what_nobody_was_named_for(pages: dict[str, str]) -> None:
    page = pages["customers/acme.html"]
    assert "Nobody was named for it: is it yours to mend, or ours?" in page
    assert "Five things to ask your provider" in page
    assert "Five things to ask your provider" not in pages["report.html"]


def test_an_owner_meets_no_jargon(pages: dict[str, str]) -> None:
    for name, page in pages.items():
        for part in re.findall('<section id="owner".*?</section>', page, re.DOTALL):
            assert jargon(unescape(re.sub("<[^>]+>", " ", part))) == [], name


def test_an_audit_shows_nothing_of_enforcement(pages: dict[str, str], enforced: dict[str, str]) -> None:
    for name, text in pages.items():
        page = Page(text)
        assert "enforcement" not in page.ids and 'name="enforced"' not in text
        assert len(text) < len(enforced[name]) or name in ("customers/globex.html", "customers/msp.html")
        data = json.loads(page.elements["data"])
        assert data["works"] == [] and {len(row) for host in data["hosts"] for row in host[4]} == {17}


def test_what_harden_did_stands_beside_each_finding(enforced: dict[str, str]) -> None:
    for name in ("report.html", "customers/acme.html"):
        page = enforced[name]
        assert "What enforcement did" in page
        assert "3 failing controls changed on 2 of 3 hosts, 2 mended; 2 left as they are; 1 refused" in page
        assert '<strong>Changed</strong> <span class="quiet">fails \u2192 passes</span>' in page
        assert "<strong>Refused</strong>: backup from 10.10.20.0/24 would be out" in page
        assert "<summary>Let nobody log in as root</summary>" in page
        assert '<span class="add">+PermitRootLogin no</span>' in page
        assert "00112233445566778899" not in page
        assert "not shown, since it holds secrets" in page


def test_what_check_mode_would_change(previewed: dict[str, str]) -> None:
    page = previewed["customers/acme.html"]
    assert "What enforcement would do" in page and "What enforcement did" not in page
    assert "Nothing was changed: the run was in check mode." in page
    assert "4 failing controls would change on 3 of 3 hosts; 2 left as they are; 1 refused." in page
    assert "<strong>Would change</strong>" in page and "<strong>Changed</strong>" not in page


def test_enforcement_of_one_customer_is_on_no_other_ones_page(enforced: dict[str, str]) -> None:
    for customer in ("globex", "msp"):
        page = enforced["customers/%s.html" % customer]
        assert "enforcement" not in Page(page).ids
        assert "banner exchange" not in page and "Let nobody log in as root" not in page


def test_equal_work_stands_in_the_data_once(enforced: dict[str, str]) -> None:
    data = json.loads(Page(enforced["report.html"]).elements["data"])
    touched = [row[17] for host in data["hosts"] for row in host[4] if len(row) == 18]
    assert len(touched) == sum(len(controls) for _, _, _, controls in hardened.DONE.values())
    assert len(data["works"]) == len({cell[3] for cell in touched}) < len(touched)
