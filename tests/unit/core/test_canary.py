# SPDX-License-Identifier: GPL-3.0-or-later
"""From lines to searches, from answers to a record of each customer: whatever a collector answers."""

from __future__ import annotations

import json
import stat
from datetime import date, datetime, timezone
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from ansible_collections.bulwark.msp.plugins.plugin_utils.declared.collectors import Collector
from ansible_collections.bulwark.msp.plugins.plugin_utils.declared.registers import Registers
from ansible_collections.bulwark.msp.plugins.plugin_utils.records.canary import CanaryError, keep, place, sightings
from ansible_collections.bulwark.msp.plugins.plugin_utils.runs import canary
from hypothesis import given
from hypothesis import strategies as st

from tests.checkout import ROOT

SENT = 1795392600.0
STORE = "/var/log/bulwark-collector"
SCHEMA = json.loads((ROOT / "docs/schemas/canary.json").read_text("utf-8"))
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
)


def line(host: str, customer: str = "acme", **parts: Any) -> dict[str, Any]:
    collector = {"name": customer, "host": customer + "-log", "store": STORE}
    return {
        "host": host, "customer": customer, "token": "0" * 32, "sent": SENT, "names": [host], "factors": None,
        "days": 7, "seconds": 60, "collectors": [collector], "why": "", "wrong": False, **parts,
    }  # fmt: skip


def answer(customer: str = "acme", problem: str = "", skew: float = 0.0, **senders: Any) -> dict[str, Any]:
    """Return what a collector answered. senders: by host, seconds after SENT by the collector's clock."""
    told = {
        host: {"seen": None, "oldest": None, "newest": None, "factors": None, "cut": False}
        | {"received": None if late is None else SENT + late}
        for host, late in senders.items()
    }
    return {
        "collector": customer + "-log", "store": STORE, "until": SENT + 60, "skew": skew, "senders": told,
        "problem": problem,
    }  # fmt: skip


def test_each_collector_is_asked_once_and_for_its_own_hosts() -> None:
    shared = {"name": "msp", "host": "msp-log", "store": STORE}
    lines = [line("a1"), line("a2", seconds=90), line("g1", "globex"), line("down", why="unreachable")]
    for one in lines:
        one["collectors"] = [*one["collectors"], shared, {"name": "cloud", "host": None, "store": STORE}]
    made = canary.searches(lines)
    assert {host: [one["collector"] for one in some] for host, some in made.items()} == {
        "a1": ["acme-log", "msp-log"], "g1": ["globex-log"],
    }  # fmt: skip
    assert [one["host"] for one in made["a1"][0]["lines"]] == ["a1", "a2"]
    assert made["a1"][0]["seconds"] == 90


@pytest.mark.parametrize(("functions", "named"), [(None, ["own", "cloud"]), ({"collector"}, ["cloud"])])
def test_a_declared_collector_does_not_send_to_itself(functions: set[str] | None, named: list[str]) -> None:
    own = Collector("own", "192.0.2.9", "relp", 2514, (), host="acme-log")
    declared = Registers(
        functions=frozenset(functions) if functions else None,
        collectors=(own, Collector("cloud", "192.0.2.10", "relp", 2514, ())),
    )
    assert [one["name"] for one in canary.destinations(declared, STORE, "acme-log")] == named


def test_the_time_is_bounded_from_when_the_last_line_was_written() -> None:
    (search,) = canary.searches([line("a1"), line("a2", sent=SENT + 20)])["a1"]
    asked = canary.asked(search, SENT + 30, 60, ["a1", "a2"])
    assert (asked["ago"], asked["seconds"]) == (30, 50)
    assert canary.asked(search, SENT + 30, 10, ["a2"])["ago"] == 10
    assert canary.asked(search, SENT + 99, 60, ["a2"])["seconds"] == 0


def test_what_came_and_what_did_not_is_told_and_kept() -> None:
    lines = [line("a1"), line("a2"), line("g1", "globex"), line("down", why="unreachable: x", wrong=True)]
    kept, rows = canary.outcome(lines, [answer(a1=7.0, a2=None, skew=5.0), answer("globex", "unreachable: y")])
    assert kept["acme"]["a1"][0]["found"] == "2026-11-23T00:10:02Z"
    assert "found" not in kept["acme"]["a2"][0]
    assert kept["globex"]["g1"][0]["problem"] == "unreachable: y"
    assert canary.table(rows).split("\n") == [
        "host  collector  line",
        "a1    acme       found after 2 s",
        "a2    acme       NOT FOUND within 60 s",
        "g1    globex     not looked for: unreachable: y",
        "down  -          nothing was written: unreachable: x",
    ]
    assert list(canary.wrong(rows)) == [
        "a2: acme: NOT FOUND within 60 s", "g1: globex: not looked for: unreachable: y",
        "down: nothing was written: unreachable: x",
    ]  # fmt: skip
    assert canary.counted(rows) == "1 lines found, 3 not, 0 can't be told"


def test_a_collector_outside_of_the_inventory_is_said_to_be_that() -> None:
    away = line("a1", collectors=[{"name": "cloud", "host": None, "store": STORE}])
    kept, (row,) = canary.outcome([away], [])
    assert "no host of this inventory" in kept["acme"]["a1"][0]["problem"]
    assert (row.good, row.bad) == (False, False)


@given(ANYTHING)
def test_whatever_a_collector_answers_becomes_a_record_or_nothing(said: Any) -> None:
    taken = canary.taken({"senders": {"a1": said}}, ["a1", "a2"])
    kept, _rows = canary.outcome([line("a1")], [{**answer(), "senders": taken}])
    jsonschema.validate({"schema": "bulwark/canary/1", "customer": "acme", "hosts": kept["acme"]}, SCHEMA)


def test_a_record_is_one_customers_and_nobody_elses_to_read(tmp_path: Path) -> None:
    history = tmp_path / "reports"
    kept, _rows = canary.outcome([line("a1"), line("g1", "globex")], [answer(a1=2.0), answer("globex", g1=3.0)])
    for customer, hosts in kept.items():
        keep(history, customer, hosts)
    path = place(history, "acme")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert "globex" not in path.read_text("utf-8")
    jsonschema.validate(json.loads(path.read_text("utf-8")), SCHEMA)
    (one,) = sightings(history, "acme", "a1")
    assert one.found == datetime(2026, 11, 23, 0, 10, 2, tzinfo=timezone.utc)
    assert sightings(history, "acme", "g1") == ()


def test_what_was_not_looked_at_again_keeps_its_age(tmp_path: Path) -> None:
    def noted(host: str, said: dict[str, Any], sent: float) -> None:
        kept, _rows = canary.outcome([line(host, sent=sent)], [said])
        keep(tmp_path, "acme", kept["acme"])

    noted("a1", answer(a1=2.0), SENT)
    noted("a2", answer(a2=None), SENT + 100)
    noted("a1", answer(problem="unreachable"), SENT + 200)
    (one,) = sightings(tmp_path, "acme", "a1")
    assert (one.found is not None, one.problem) == (True, "")
    (other,) = sightings(tmp_path, "acme", "a2")
    assert (other.found, other.sent > one.sent) == (None, True)
    noted("a1", answer(a1=None), SENT + 300)
    assert sightings(tmp_path, "acme", "a1")[0].found is None


def test_a_record_of_something_else_is_not_written_over(tmp_path: Path) -> None:
    place(tmp_path, "acme").parent.mkdir()
    place(tmp_path, "acme").write_text('{"schema": "x", "customer": "acme", "hosts": {}}')
    with pytest.raises(CanaryError, match="move it away"):
        keep(tmp_path, "acme", {})
    with pytest.raises(CanaryError, match="move it away"):
        sightings(tmp_path, "acme", "a1")


def test_all_that_is_known_is_kept(tmp_path: Path) -> None:
    said = answer(a1=2.0)
    said["senders"]["a1"].update(oldest=SENT - 200 * 86400, newest=SENT - 9, factors=SENT - 99, cut=True)
    kept, _rows = canary.outcome([line("a1", factors=SENT - 100)], [said])
    keep(tmp_path, "acme", kept["acme"])
    (one,) = sightings(tmp_path, "acme", "a1")
    assert one.oldest == date(2026, 5, 7)
    assert one.factors is not None
    assert one.used is not None
    assert (one.cut, (one.factors - one.used).total_seconds()) == (True, 1)
