# SPDX-License-Identifier: GPL-3.0-or-later
"""Results of a large fleet, written by the collection itself, and how soon a browser can work with the page of it."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from tests.browser.conftest import CHROMIUM, FLAGS
from tests.unit.drift.fleet import KNOWN, Fleet

HOSTS, CONTROLS, CUSTOMERS = 1000, 150, 20
#: Runs, as days after the first: the last is rendered and compared with the others.
DAYS = (0, 7)


def write_results(folder: Path) -> None:
    """Write the runs. One finding in six fails, one in eight is unknown; what is found differs on every host."""
    fleet = Fleet(folder)
    controls = [id_ for id_ in KNOWN.controls if id_.startswith("lin-")][:CONTROLS]
    for day in DAYS:
        hosts = {}
        for number in range(HOSTS):
            name = "c%02d-%04d" % (number * CUSTOMERS // HOSTS, number)
            hosts[name] = {id_: _finding(name, number, index, day) for index, id_ in enumerate(controls)}
        fleet.run(day, hosts)


def _finding(name: str, number: int, index: int, day: int) -> dict[str, Any]:
    turn = number * 7 + index * 5 + day
    if turn % 6 == 0:
        found = "%d/tcp of service-%d on %s listens on 10.%d.%d.4 and is declared nowhere"
        actual = [found % (1000 + index, part, name, number % 250, index) for part in range(2)]
        return {"status": "fail", "actual": actual, "evidence": ["ss -Htlpn", "nft -j list ruleset"]}
    if turn % 8 == 0:
        return {"status": "unknown", "assurance": None, "reason": "a command of %s ended after 10 seconds" % name}
    return {"status": "pass", "evidence": ["sshd -T -C user=root"]}


def seconds_until_usable(page: Path) -> tuple[float, float]:
    """Return the seconds until the page shows findings to filter, and those of one search through all of them."""
    search = """async () => {
        const form = document.querySelector("[data-filters]"), result = document.querySelector("[data-result]");
        const begun = performance.now();
        form.search.value = "service-1 0500";
        const changed = new Promise(done => new MutationObserver(done).observe(result, {childList: true}));
        form.dispatchEvent(new Event("input"));
        await changed;
        return performance.now() - begun;
    }"""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS])
        tab = browser.new_page()
        begun = time.perf_counter()
        tab.goto(page.as_uri(), wait_until="commit")
        tab.wait_for_selector("[data-rows] tr")
        usable = time.perf_counter() - begun
        searched = tab.evaluate(search) / 1000
        browser.close()
    return usable, searched
