# SPDX-License-Identifier: GPL-3.0-or-later
"""One reader's trouble is its own: the others are read, in time, and what comes out is bounded."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.bulwark.msp.plugins.module_utils import reading as reading_module
from ansible_collections.bulwark.msp.plugins.module_utils.door import Door, Unreadable
from ansible_collections.bulwark.msp.plugins.module_utils.reading import (
    FACT_LIMIT,
    LIST_LIMIT,
    TEXT_LIMIT,
    Area,
    Reader,
    Reading,
)
from hypothesis import given
from hypothesis import strategies as st

State = tuple[dict[str, Any], list[dict[str, Any]]]


def learning(**facts: Any) -> Reader:
    def read(host: Reading, area: Area) -> None:
        area.facts.update(facts)

    return read


def state(seconds: float = 5, **readers: Reader) -> State:
    return Reading(Door(), readers).state(list(readers), seconds)


def test_facts_and_errors_of_every_area() -> None:
    def partly(host: Reading, area: Area) -> None:
        area.learn("known", lambda: 1)
        area.learn("shut", host.door.read, "/none/such")

    facts, errors = state(good=learning(a=1), partly=partly)
    assert facts == {"good": {"a": 1}, "partly": {"known": 1}}
    assert errors == [{"area": "partly", "fact": "shut", "reason": "/none/such does not exist"}]


def test_a_reader_that_crashes_costs_its_own_area_and_quotes_nothing() -> None:
    def crash(host: Reading, area: Area) -> None:
        area.facts["before"] = 1
        int("hunter2")

    facts, errors = state(good=learning(a=1), bad=crash)
    assert facts == {"good": {"a": 1}, "bad": {}}
    (error,) = errors
    assert (error["area"], error["fact"]) == ("bad", None)
    assert error["reason"].startswith("the reader failed: ValueError in ")
    assert "hunter2" not in json.dumps(errors)


def test_a_reader_that_hangs_costs_its_own_area_and_no_more_than_the_time_limit() -> None:
    release = threading.Event()

    def hang(host: Reading, area: Area) -> None:
        release.wait(30)

    begun = time.monotonic()
    facts, errors = state(0.3, good=learning(a=1), hung=hang, also=hang)
    assert time.monotonic() - begun < 2
    release.set()
    assert facts == {"good": {"a": 1}}
    reason = "reading took longer than 0.3 seconds"
    assert errors == [{"area": name, "fact": None, "reason": reason} for name in ("hung", "also")]


def test_a_command_that_hangs_does_not_outlive_the_reading(tmp_path: Path) -> None:
    def hang(host: Reading, area: Area) -> None:
        host.door.run(["sh", "-c", f"echo $$ >{tmp_path}/pid; exec sleep 60"], seconds=60)

    state(1, hung=hang)
    pid = int((tmp_path / "pid").read_text("utf-8"))
    deadline = time.monotonic() + 2
    while Path(f"/proc/{pid}").exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not Path(f"/proc/{pid}").exists()


def test_each_area_is_read_once_though_many_ask_for_it() -> None:
    asked: list[str] = []

    def base(host: Reading, area: Area) -> None:
        asked.append(area.name)
        time.sleep(0.05)
        area.facts["value"] = 7

    def above(host: Reading, area: Area) -> None:
        area.learn("doubled", lambda: 2 * host.fact("base", "value"))

    facts, errors = state(base=base, one=above, two=above)
    assert (facts["one"], facts["two"], errors) == ({"doubled": 14}, {"doubled": 14}, [])
    assert asked == ["base"]


def test_a_fact_built_on_one_that_is_missing_gives_the_first_reason() -> None:
    def base(host: Reading, area: Area) -> None:
        area.unread("value", "it is locked")

    def above(host: Reading, area: Area) -> None:
        area.learn("doubled", lambda: 2 * host.fact("base", "value"))

    _, errors = state(base=base, above=above)
    assert [error["reason"] for error in errors if error["area"] == "above"] == ["it is locked"]


def test_long_texts_are_cut_and_marked() -> None:
    facts, _ = state(area=learning(text="x" * (TEXT_LIMIT + 1), nested=[{"k" * 9999: ["y" * 9999]}]))
    assert facts["area"]["text"] == "x" * TEXT_LIMIT + "\u2026"
    ((key, (value,)),) = facts["area"]["nested"][0].items()
    assert len(key) == len(value) == TEXT_LIMIT + 1


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (["x"] * (LIST_LIMIT + 1), f"it holds more than {LIST_LIMIT} entries"),
        (dict.fromkeys(range(LIST_LIMIT + 1), 1), f"it holds more than {LIST_LIMIT} entries"),
        (["x" * TEXT_LIMIT] * (FACT_LIMIT // TEXT_LIMIT + 1), f"it is larger than {FACT_LIMIT} bytes"),
        (b"bytes", "the reader failed: TypeError"),
        (float("nan"), "the reader failed: ValueError"),
        ({1, "a"}, "the reader failed: TypeError"),
    ],
    ids=["list", "dict", "sum", "bytes", "nan", "set"],
)
def test_a_fact_that_can_not_be_sent_is_an_error_entry_and_costs_no_other(value: Any, reason: str) -> None:
    facts, errors = state(area=learning(bad=value, good=1), other=learning(a=1))
    assert facts == {"area": {"good": 1}, "other": {"a": 1}}
    (error,) = errors
    assert (error["area"], error["fact"]) == ("area", "bad")
    assert error["reason"].startswith(reason)


def test_errors_are_bounded_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading_module, "ERROR_LIMIT", 3)

    def noisy(host: Reading, area: Area) -> None:
        for number in range(10):
            area.unread(str(number), "x" * 99999)

    _, errors = state(area=noisy)
    assert len(errors) == 3
    assert all(len(error["reason"]) <= TEXT_LIMIT for error in errors)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner) | st.sets(st.integers()),
    max_leaves=20,
)


@given(json_values)
def test_whatever_a_reader_learns_the_state_is_json(value: Any) -> None:
    facts, errors = state(area=learning(fact=value))
    json.dumps([facts, errors], allow_nan=False)
    assert ("fact" in facts["area"]) != bool(errors)


def test_unreadable_area_says_why_for_every_fact() -> None:
    def shut(host: Reading, area: Area) -> None:
        raise Unreadable("nothing to see")

    host = Reading(Door(), {"shut": shut})
    with pytest.raises(Unreadable, match="nothing to see"):
        host.fact("shut", "any")


def test_a_reader_that_breaks_off_leaves_no_half_made_facts() -> None:
    def broken(_host: Reading, area: Area) -> None:
        area.facts["authorized"] = []
        raise Unreadable("sshd -T failed")

    facts, errors = Reading(Door("/"), {"keys": broken}).state(["keys"], 5)
    assert facts == {"keys": {}}
    assert errors == [{"area": "keys", "fact": None, "reason": "sshd -T failed"}]
