# SPDX-License-Identifier: GPL-3.0-or-later
"""A run in rings goes on while each succeeds, and says of the others that it did not come to them."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.bulwark.msp.plugins.plugin_utils.drift import documents, finish, history, model
from ansible_collections.bulwark.msp.plugins.plugin_utils.formats import summary
from ansible_collections.bulwark.msp.plugins.plugin_utils.results import Run, Store
from ansible_collections.bulwark.msp.plugins.plugin_utils.runs import begin, closing, rings
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.core.test_begin import schema
from tests.unit.core.test_closing import ACME, AT, KNOWN, NOW
from tests.unit.drift.fleet import METHODS, OPTIONS, result

HOSTS = ["a", "b", "c", "d", "e"]


def stands(batch: str, gone: str = "", trouble: str = "") -> rings.Ring:
    active = [host for host in HOSTS if host not in gone]
    return rings.ring(
        HOSTS, active, {*(set(batch) - set(gone)), batch[0]}, lambda host: "broken" if host in trouble else ""
    )


@pytest.mark.parametrize(
    ("ring", "goes_on", "later"),
    [
        (stands("a"), True, "bcde"),
        (stands("bc"), True, "de"),
        (stands("de"), False, ""),
        (stands("abcde"), False, ""),
        (stands("a", trouble="a"), False, "bcde"),
        # One that Ansible gave up is in no batch any more.
        (stands("bc", gone="c", trouble="c"), False, "de"),
        (stands("bc", gone="c"), True, "de"),
        (stands("de", gone="e", trouble="e"), False, ""),
        (stands("a", gone="a", trouble="a"), False, "bcde"),
        (stands("bc", gone="bc", trouble="b"), False, "de"),
        (stands("a", trouble="e"), True, "bcde"),
    ],
)
def test_where_a_run_stands(ring: rings.Ring, goes_on: bool, later: str) -> None:
    assert (ring.goes_on, "".join(ring.later)) == (goes_on, later)


@given(st.lists(st.integers(1, 4), min_size=1, max_size=6), st.integers(0, 20))
def test_every_ring_but_the_last_goes_on_and_a_failure_ends_the_run(sizes: list[int], failing: int) -> None:
    hosts = [f"h{number}" for number in range(sum(sizes))]
    begun = 0
    for size in sizes:
        batch = hosts[begun : begun + size]
        begun += size
        made = rings.ring(hosts, hosts, batch, lambda host: "broken" if host == f"h{failing}" else "")
        assert made.later == tuple(hosts[begun:])
        assert made.goes_on == (begun < len(hosts) and failing >= begun)


@pytest.mark.parametrize(
    ("problem", "posture", "enforced", "told"),
    [
        (None, {}, {}, ""),
        (None, {"failing": {"mfa": ["x"]}}, {"outcome": "confirmed"}, ""),
        (None, {"failing": {}}, {}, ""),
        ("unreachable", {}, {}, "unreachable"),
        (None, {"failing": {"mfa": ["x"]}}, {}, "its change broke off"),
        (None, {"failing": {"mfa": ["x"]}}, {"failed": True, "msg": "reverted: \x1b"}, "reverted: \\x1b"),
        (None, {"failing": {"mfa": ["x"]}}, {"unreachable": True}, "its change failed"),
    ],
)
def test_what_ends_a_run(problem: str | None, posture: dict[str, Any], enforced: dict[str, Any], told: str) -> None:
    assert rings.trouble(problem, posture, enforced) == told


class TestStopped:
    @pytest.fixture
    def run(self, tmp_path: Path) -> Run:
        """Return a run over three hosts that stopped after the first; an earlier one read them all."""
        for days, reached in ((-1, ["acme-a", "acme-b", "acme-c"]), (0, ["acme-a"])):
            now = NOW + timedelta(days)
            hosts = ["acme-a", "acme-b", "acme-c", "acme-dc"]
            plan = begin.check(
                hosts, lambda _: {"bulwark_customer": "acme", "bulwark_change": "CHG-7"},
                lambda host: "Windows" if host == "acme-dc" else None, lambda _: (), KNOWN, now.date(), "harden",
            )  # fmt: skip
            run, sequence = begin.start(plan, Store(tmp_path), KNOWN, now, {}, [], "harden")
            for host in reached:
                run.write_host(result(run.name, sequence, host, {METHODS: "fail"}, AT))
            closing.fill_gaps(
                run, lambda _: ACME, KNOWN, now.date(), AT, [host for host in hosts if host not in reached]
            )
            finish.finish(run, OPTIONS, KNOWN, AT, {} if days else {"acme-a": "reverted: no fresh login"})
        return run

    def test_hosts_that_it_did_not_come_to_are_neither_read_nor_unread(self, run: Run) -> None:
        about = run.read()
        schema("run").validate(about)
        assert about["coverage"] == {
            "targeted": 4, "read": 1, "unread": [], "other_platform": ["acme-dc"], "not_reached": ["acme-b", "acme-c"],
        }  # fmt: skip
        assert about["reasons"] == [
            "acme-a: reverted: no fresh login", "2 not reached, since the run stopped before: acme-b, acme-c",
        ]  # fmt: skip
        assert sorted(path.name for path in run.folder.glob("hosts/acme/*")) == ["acme-a.json", "acme-dc.json"]

    def test_pages_say_so_and_take_nothing_for_fixed_or_lost(self, run: Run) -> None:
        about = documents.about_run(run)
        report = model.build(run, history.read(run.folder.parent, about), KNOWN)
        seen, delta = report.fleet.coverage, report.fleet.delta
        assert (seen.not_reached, seen.unread) == (("acme-b", "acme-c"), ())
        assert "2 not reached: acme-b, acme-c" in seen.line
        assert report.run.change == "CHG-7"
        assert (delta.newly_unread, delta.no_longer_seen) == ((), ())
        assert [gap.host for gap in delta.not_looked_at] == ["acme-b", "acme-c"]
        assert delta.counts["fixed"] == 0

    def test_the_terminal_says_so(self, run: Run) -> None:
        hosts = [closing.totals(document) for document in run.hosts()]
        text = summary.terminal(run.read(), hosts, run.hosts(), str(run.folder), False)
        assert "not reached: acme-b, acme-c" in text
        assert "change: CHG-7" in text

    def test_ages_go_on_counting(self, run: Run) -> None:
        tomorrow = {**documents.about_run(run), "run": "20261123T020000Z-ffffff", "date": "2026-11-23", "sequence": 3}
        known = history.read(run.folder.parent, tomorrow).hosts[("acme", "acme-b")]
        assert known.unread_since is None
        assert known.last is not None and known.last.date == date(2026, 11, 21)
