# SPDX-License-Identifier: GPL-3.0-or-later
"""Make the pictures of docs/report.md anew: `python -m tests.browser.screenshots`."""

from __future__ import annotations

import io
import tempfile
from pathlib import Path

from ansible_collections.bulwark.msp.plugins.plugin_utils.catalogue import catalogue
from ansible_collections.bulwark.msp.plugins.plugin_utils.formats import html
from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from tests.browser.conftest import CHROMIUM, FLAGS
from tests.checkout import ROOT
from tests.unit.formats import sample

IMAGES = ROOT / "docs" / "images"
DESKTOP, PHONE = 1180, 390
#: Enough for text on plain grounds; a third of the bytes.
COLOURS = 96
#: Picture: page, section that it begins with, width, height (None: all of the section), colours.
PICTURES = {
    "report-fleet": ("report.html", "body", DESKTOP, 1500, "light"),
    "report-fleet-dark": ("report.html", "body", DESKTOP, 1080, "dark"),
    "report-fleet-phone": ("report.html", "body", PHONE, 2000, "light"),
    "report-customer": ("customers/acme.html", "body", DESKTOP, 1640, "light"),
    "report-customer-phone": ("customers/acme.html", "body", PHONE, 1760, "light"),
    "report-actions": ("customers/acme.html", "#actions", DESKTOP, 760, "light"),
    "report-findings": ("customers/acme.html", "#findings", DESKTOP, 1000, "light"),
    "report-owner": ("customers/acme.html", "#owner", DESKTOP, None, "light"),
    "report-owner-phone": ("customers/acme.html", "#owner", PHONE, 1500, "light"),
}


def main() -> None:
    """Render the sample and photograph it."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        html.write(sample.model(), catalogue.load(), Path(folder))
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS])
        for name, (page, selector, width, height, scheme) in PICTURES.items():
            take(browser, Path(folder, page), selector, width, height, scheme, IMAGES / (name + ".png"))
        browser.close()


def take(
    browser: Browser, path: Path, selector: str, width: int, height: int | None, scheme: str, image: Path
) -> None:  # fmt: skip
    """Photograph a page from the beginning of an element on."""
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(path.as_uri())
    box = page.locator(selector).bounding_box()
    assert box
    # The list of contents stays beside what is photographed only at the top of the page.
    left, wide = (0, width) if selector == "body" or width == PHONE else (box["x"] - 8, box["width"] + 16)
    clip = {"x": left, "y": box["y"], "width": wide, "height": height or box["height"]}
    taken = page.screenshot(full_page=True, clip=clip)  # type: ignore[arg-type]
    context.close()
    with Image.open(io.BytesIO(taken)) as picture:
        picture.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(image, optimize=True)


if __name__ == "__main__":
    main()
