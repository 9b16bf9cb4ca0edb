# SPDX-License-Identifier: GPL-3.0-or-later
"""The pages as somebody uses them: by mouse, by keyboard, on paper, on a phone, without JavaScript, under attack."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.unit.formats import sample

Visit = Callable[..., Page]
PHONE = {"width": 390, "height": 844}
ROWS = "[data-rows] > tr:not(.detail-row)"


def shown(page: Page) -> int:
    """Return how many findings the page says that it shows."""
    text = page.locator("[data-result]").inner_text()
    return int(text.split(" of ")[0]) if " of " in text else 0


def said(page: Page, pattern: str) -> None:
    """Wait until the result line, which screen readers are told of, says so."""
    expect(page.locator("[data-result]")).to_have_text(re.compile(pattern))


def barriers(page: Page) -> list[tuple[str, str]]:
    """Return what axe-core finds serious or critical: the rule, and the first element that breaks it."""
    found = Axe().run(page).response["violations"]
    return [(one["id"], one["nodes"][0]["html"]) for one in found if one["impact"] in ("serious", "critical")]


@pytest.fixture
def acme(pages: Path) -> Path:
    return pages / "customers" / "acme.html"


def test_filter(visit: Visit, acme: Path) -> None:
    page = visit(acme)
    before = shown(page)
    page.select_option("[name=level]", label="critical")
    said(page, r"^\d+ of")
    page.wait_for_timeout(200)
    assert 0 < shown(page) < before
    page.select_option("[name=status]", "fail")
    page.wait_for_timeout(200)
    badges = page.locator("[data-rows] .badge").all_inner_texts()
    assert set(badges) == {"critical"}
    page.get_by_role("button", name="Clear filters").click()
    said(page, "^%d of" % before)


def test_search(visit: Visit, acme: Path) -> None:
    page = visit(acme)
    page.fill("[name=search]", "OpenSearch 9200")
    said(page, "^1 of")
    assert "9200/tcp of opensearch" in page.locator(ROWS).inner_text()
    page.fill("[name=search]", "nobody would ever write this")
    said(page, "^No finding fits these filters$")
    assert page.locator("[data-result]").get_attribute("aria-live") == "polite"


def test_expand(visit: Visit, acme: Path) -> None:
    page = visit(acme)
    button = page.locator(ROWS).first.get_by_role("button")
    expect(button).to_have_attribute("aria-expanded", "false")
    button.click()
    expect(button).to_have_attribute("aria-expanded", "true")
    terms = page.locator(".detail-row dt").all_inner_texts()
    assert {"Found", "Expected", "Why it matters", "Seen", "Source", "History", "Control", "Serves"} <= set(terms)
    assert "NIST 800-53" in page.locator(".detail-row").inner_text()
    button.click()
    expect(page.locator(".detail-row")).to_have_count(0)


def test_sort(visit: Visit, acme: Path) -> None:
    page = visit(acme)
    heading = page.locator(".hosts thead th", has_text="Passing")
    heading.get_by_role("button").click()
    numbers = [int(text) for text in page.locator(".hosts td[data-label=Passing]").all_inner_texts()]
    assert numbers == sorted(numbers, reverse=True)
    expect(heading).to_have_attribute("aria-sort", "descending")


def test_the_map_leads_to_its_findings(visit: Visit, acme: Path) -> None:
    page = visit(acme)
    page.get_by_role("link", name="Monitoring and logging").click()
    logging = [
        finding for host in sample.model().documents("acme") for finding in host.document["findings"]
        if finding["section"] == "logging"
    ]  # fmt: skip
    said(page, f"^{len(logging)} of")
    assert page.locator("[name=section]").input_value() == "logging"
    page.get_by_role("link", name=re.compile("^TA-02")).click()
    said(page, r"^[1-9]\d* of")
    page.locator("a[data-host=acme-db]").click()
    page.wait_for_timeout(100)
    assert {"acme-db"} == set(page.locator("[data-rows] .name").all_inner_texts())


def test_without_javascript(visit: Visit, acme: Path) -> None:
    page = visit(acme, java_script_enabled=False)
    expect(page.locator("#explorer")).to_be_hidden()
    expect(page.locator("[data-theme-toggle]")).to_be_hidden()
    for text in ("3 of 5 known hosts seen", "9200/tcp of opensearch listens on 0.0.0.0", "Nobody was named"):
        expect(page.get_by_text(text).first).to_be_visible()
    expect(page.locator(".as-text .finding").first).to_be_visible()
    closed = page.locator("#actions details").first
    closed.locator("summary").click()
    expect(closed.locator("dl")).to_be_visible()


def test_print(visit: Visit, acme: Path) -> None:
    page = visit(acme)
    document = page.pdf(prefer_css_page_size=True)
    assert 3 < len(re.findall(rb"/Type /Page\b", document)) < 40
    assert b"/MediaBox [0 0 594" in document or b"/MediaBox [0 0 595" in document
    page.emulate_media(media="print", color_scheme="dark")
    for selector in ("#explorer", ".contents", ".top"):
        expect(page.locator(selector)).to_be_hidden()
    for selector in ("#actions details dl", ".as-text .finding", "#changes details table"):
        assert all(page.locator(selector).nth(index).is_visible() for index in range(page.locator(selector).count()))
    assert page.evaluate("getComputedStyle(document.querySelector('.owner')).breakBefore") == "page"
    assert page.evaluate("getComputedStyle(document.querySelector('h1')).color") == "rgb(27, 35, 41)"


def test_keyboard_alone(visit: Visit, acme: Path) -> None:
    page = visit(acme)
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    expect(page.locator(".skip")).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()
    passed = []
    for _ in range(120):
        page.keyboard.press("Tab")
        passed.append(page.evaluate("document.activeElement.name || document.activeElement.textContent.trim()"))
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline != "none", "no focus to be seen on %r" % passed[-1]
        if passed[-1] == "search":
            break
    page.keyboard.type("opensearch")
    said(page, "^2 of")
    for _ in range(12):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent") == "Details":
            break
    page.keyboard.press("Enter")
    expect(page.locator(".detail-row")).to_have_count(1)
    expect(page.locator(ROWS).first.get_by_role("button")).to_be_focused()


def test_theme(visit: Visit, acme: Path) -> None:
    page = visit(acme, color_scheme="dark")
    background = "getComputedStyle(document.body).backgroundColor"
    dark = page.evaluate(background)
    button = page.locator("[data-theme-toggle]")
    expect(button).to_have_attribute("aria-pressed", "true")
    button.click()
    expect(button).to_have_attribute("aria-pressed", "false")
    assert page.evaluate(background) != dark
    page.reload()
    expect(button).to_have_attribute("aria-pressed", "false")


@pytest.mark.parametrize("name", ["report.html", "customers/acme.html"])
def test_a_phone_shows_all_of_its_width(visit: Visit, pages: Path, name: str) -> None:
    page = visit(pages / name, viewport=PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


@pytest.mark.parametrize("scripting", [True, False])
@pytest.mark.parametrize("name", ["report.html", "customers/acme.html", "customers/globex.html"])
def test_hostile_text_does_nothing(visit: Visit, spoiled: Path, name: str, scripting: bool) -> None:
    page = visit(spoiled / name, java_script_enabled=scripting)
    expect(page.locator("h1")).to_be_visible()
    if scripting:
        page.select_option("[name=status]", "")
        page.wait_for_timeout(200)
        for button in page.locator(ROWS).get_by_role("button").all()[:25]:
            button.click()
        page.fill("[name=search]", "<script>")
        said(page, r"^[1-9]\d* of")
        page.emulate_media(media="print")
        assert page.evaluate("window.hit") is None
    assert page.url.partition("#")[0] == (spoiled / name).as_uri()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["report.html", "customers/acme.html"])
@pytest.mark.parametrize("width", [1280, 390])
def test_accessibility(visit: Visit, pages: Path, name: str, scheme: str, width: int) -> None:
    # axe is a script of its own, which the page's policy would rightly refuse.
    page = visit(pages / name, bypass_csp=True, color_scheme=scheme, viewport={"width": width, "height": 900})
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
    page.locator(ROWS).first.get_by_role("button").click()
    assert not barriers(page)


def test_accessibility_without_javascript_on(visit: Visit, pages: Path) -> None:
    page = visit(pages / "customers" / "acme.html", bypass_csp=True)
    page.evaluate("document.documentElement.classList.remove('js'); document.querySelector('#explorer').hidden = true")
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
    assert not barriers(page)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_what_enforcement_did(visit: Visit, enforced: Path, scheme: str, width: int) -> None:
    page = visit(
        enforced / "customers" / "acme.html", bypass_csp=True, color_scheme=scheme,
        viewport={"width": width, "height": 900},
    )  # fmt: skip
    expect(page.get_by_role("heading", name="What enforcement did")).to_be_visible()
    page.select_option("[name=enforced]", "Changed")
    said(page, "^3 of")
    assert set(page.locator("[data-rows] .tag").all_inner_texts()) == {"Changed"}
    row = page.locator(ROWS).filter(has_text="Nobody logs in over SSH as root")
    row.get_by_role("button").click()
    told = page.locator(".detail-row")
    expect(told).to_contain_text("Changed fails \u2192 passes")
    expect(told.locator("pre")).to_be_hidden()
    told.locator("summary").click()
    expect(told.locator("pre .add").last).to_have_text("+PermitRootLogin no")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
    assert not barriers(page)


def test_what_enforcement_did_without_javascript(visit: Visit, enforced: Path) -> None:
    page = visit(enforced / "customers" / "acme.html", java_script_enabled=False)
    finding = page.locator(".as-text .finding").filter(has_text="lin-ic-ssh-no-root")
    expect(finding.get_by_text("fails \u2192 passes")).to_be_visible()
    finding.locator("summary").click()
    expect(finding.locator("pre")).to_contain_text("+PermitRootLogin no")


def test_an_audit_has_no_filter_for_enforcement(visit: Visit, acme: Path) -> None:
    page = visit(acme)
    expect(page.locator("[name=enforced], #enforcement, [data-rows] .tag")).to_have_count(0)


def test_the_owners_view_is_one_sheet_of_paper(visit: Visit, acme: Path) -> None:
    # What A4 leaves between the margins of page.css, in pixels of 1/96 inch.
    width, height = (round((side - margin) / 25.4 * 96) for side, margin in ((210, 28), (297, 32)))
    page = visit(acme, viewport={"width": width, "height": height})
    page.emulate_media(media="print")
    box = page.locator("#owner").bounding_box()
    assert box and box["height"] <= height
