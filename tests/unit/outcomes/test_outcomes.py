# SPDX-License-Identifier: GPL-3.0-or-later
"""What findings come to: levels as a hand-made table has them, no row without an answer, nothing better than it is."""

from __future__ import annotations

import pytest
from ansible_collections.bulwark.msp.plugins.plugin_utils.outcomes import words
from ansible_collections.bulwark.msp.plugins.plugin_utils.outcomes.tables import (
    Outcomes,
    Population,
    RowOutcome,
    outcomes,
)
from ansible_collections.bulwark.msp.plugins.plugin_utils.outcomes.tally import Tally
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.outcomes.estates import CATALOGUE, INDEX, ON_HOSTS, OWN, Said, finding, told

GOOD, OTHER, PART, DARK, NONE, OPEN = "effective", "alternate control", "ineffective", "no visibility", \
    "not implemented", "not assessed"  # fmt: skip
#: By estate: its hosts and its own findings, what stands for TREATED being treated as the table below says.
TREATED = "treated"
ESTATES: dict[str, tuple[list[Said], Said]] = {
    # Two hosts, of which one can delete its backups, and the other has administrators with keys that can be phished.
    "north": ([{"lin-bk-immutable": TREATED}, {"lin-mf-sk-keys": TREATED}], {}),
    # One host whose administrators work with their daily account, and a review that is too old.
    "south": ([{"lin-lp-dedicated-admin": TREATED}], {"ev-access-review": "stale"}),
    # Three hosts, of which one could not be read; on another nobody tried a restore.
    "west": ([{}, {"lin-bk-restore-test": TREATED}, dict.fromkeys(ON_HOSTS, "unknown")], {}),
}
#: By estate and treatment: of a strategy the level that is shown, and the outcomes of levels 1 to 3. Written by hand.
Table = dict[str, tuple[int, str, str, str]]
UNSURE = (0, OPEN, OPEN, OPEN)
NORTH_OPEN: Table = {"AP": UNSURE, "MFA": (0, OPEN, PART, PART), "RB": (0, PART, PART, PART)}
SOUTH_OPEN: Table = {"AP": (0, PART, PART, PART), "MFA": UNSURE, "RB": (2, GOOD, GOOD, OPEN)}
WEST_OPEN: Table = {"AP": (0, DARK, DARK, DARK), "MFA": (0, DARK, DARK, DARK), "RB": (0, PART, PART, PART)}
LEVELS: dict[tuple[str, str], Table] = {
    ("north", "fail"): NORTH_OPEN,
    ("north", "risk_accepted"): NORTH_OPEN,
    ("north", "alternate_control"): {"AP": UNSURE, "MFA": UNSURE, "RB": (2, OTHER, OTHER, OPEN)},
    ("north", "pass"): {"AP": UNSURE, "MFA": UNSURE, "RB": (2, GOOD, GOOD, OPEN)},
    ("south", "fail"): SOUTH_OPEN,
    ("south", "risk_accepted"): SOUTH_OPEN,
    ("south", "alternate_control"): {**SOUTH_OPEN, "AP": (0, DARK, DARK, DARK)},
    ("south", "false_positive"): {**SOUTH_OPEN, "AP": (0, DARK, DARK, DARK)},
    ("west", "fail"): WEST_OPEN,
    ("west", "risk_accepted"): WEST_OPEN,
    ("west", "alternate_control"): {**WEST_OPEN, "RB": (0, DARK, DARK, DARK)},
}
#: Without Windows, and with what nobody judges yet, these show no level however good an estate is.
NEVER_YET = ("AC", "PA", "OM", "UH", "PO")


def estate(name: str, treatment: str, population: Population | None = None) -> Outcomes:
    hosts, own = ESTATES[name]
    given_hosts = [{id_: treatment if said == TREATED else said for id_, said in host.items()} for host in hosts]
    return told(given_hosts, own, population)


def row_of(tables: Outcomes, id_: str) -> RowOutcome:
    rows = (*tables.recommendations, *tables.statements, *tables.requirements)
    return next(row for row in rows if row.id == id_)


@pytest.mark.parametrize(("name", "treatment"), LEVELS)
def test_levels_are_as_the_table_has_them(name: str, treatment: str) -> None:
    strategies = {each.id: each for each in estate(name, treatment).strategies}
    found = {
        id_: (strategies[id_].reached, *(level.row.outcome for level in strategies[id_].levels))
        for id_ in LEVELS[(name, treatment)]
    }
    assert found == LEVELS[(name, treatment)]
    assert {id_: strategies[id_].reached for id_ in NEVER_YET} == dict.fromkeys(NEVER_YET, 0)


@given(
    st.lists(st.dictionaries(st.sampled_from(ON_HOSTS), st.just("fail"), max_size=8), min_size=1, max_size=3),
    st.dictionaries(st.sampled_from(OWN), st.just("fail"), max_size=4),
)
def test_an_accepted_risk_changes_nothing(hosts: list[Said], own: Said) -> None:
    accepted = [dict.fromkeys(host, "risk_accepted") for host in hosts]
    assert told(accepted, dict.fromkeys(own, "risk_accepted")) == told(hosts, own)


def test_what_holds_a_level_back_is_named() -> None:
    backups = next(each for each in estate("north", "fail").strategies if each.id == "RB")
    assert backups.levels[0].held_back == (("rb-unprivileged-access", PART),)
    assert backups.levels[2].held_back == (
        ("rb-unprivileged-access", PART), ("rb-privileged-access", PART), ("rb-own-access", OPEN),
        ("rb-administrators", PART),
    )  # fmt: skip


@pytest.mark.parametrize(("said", "outcome"), [("pass", OPEN), ("alternate_control", OPEN), ("fail", NONE)])
def test_what_may_not_fit_meets_nothing_alone_but_can_break_it(said: str, outcome: str) -> None:
    row = row_of(told([{}], {"ev-contract": said}), "mfa-third-party")
    assert (row.outcome, row.unsure) == (outcome, ("ev-contract",))
    beside = row_of(told([{}]), "mfa-own-services")
    assert (beside.outcome, beside.unsure) == (GOOD, ("ev-web-credential-stuffing",))


def test_a_windows_host_keeps_a_level_from_being_shown_until_it_is_judged() -> None:
    tables = told([{}, {}], population=Population({"linux": 2, "windows": 1}))
    backups = next(each for each in tables.strategies if each.id == "RB")
    assert (backups.reached, backups.levels[0].row.outcome) == (0, OPEN)
    assert "win-bk-fresh" in backups.levels[0].row.not_yet
    row = row_of(tables, "rb-kept")
    assert row.technical and row.technical.counts == {GOOD: 2, OPEN: 1}
    assert (row.technical.answered, row.technical.population) == (2, 3)


@pytest.mark.parametrize(
    ("population", "outcome"),
    [
        (Population({"linux": 1}), GOOD),
        (Population({"linux": 2}), DARK),  # one left no usable result
        (Population({"linux": 1}, left_out=1), OPEN),
        (Population({"linux": 1}, unseen=1), DARK),
        (Population({"linux": 1}, left_out=1, unseen=1), DARK),
    ],
)
def test_every_known_host_counts(population: Population, outcome: str) -> None:
    assert row_of(told([{}], population=population), "rb-common-point").outcome == outcome
    assert row_of(told([{}], population=population), "rb-unprivileged-access").outcome == outcome


def test_what_compares_hosts_answers_for_each_that_was_read() -> None:
    row = row_of(told([{}, {}], population=Population({"linux": 2}, left_out=1)), "rb-common-point")
    assert row.technical and row.technical.counts == {GOOD: 2, OPEN: 1}


def test_what_compares_hosts_counts_for_each_host_of_its_customer_alone() -> None:
    row = row_of(told([{}, {}], {"lin-ns-key-reuse": "fail"}), "NS-05")
    assert row.technical and row.technical.counts == {PART: 2}
    tally = Tally()
    for customer, said in (("acme", "fail"), ("globex", "pass")):
        tally.add_own(customer, INDEX.answers([finding("lin-bk-common-point", said)], own=True))
    for customer in ("acme", "globex", "globex"):
        tally.add_host(customer, INDEX.answers([], own=False))
    tables = outcomes(INDEX, tally, Population({"linux": 3}), CATALOGUE)
    row = row_of(tables, "rb-common-point")
    assert row.technical and (row.outcome, row.technical.counts) == (PART, {NONE: 1, GOOD: 2})


def test_technical_and_attested_are_never_added_up() -> None:
    row = row_of(told([{}, {}], {"ev-backup-plan": "not_attested"}), "BK-04")
    assert row.technical and row.attested
    assert (row.technical.outcome, row.attested.outcome, row.outcome) == (GOOD, DARK, DARK)
    assert (row.technical.counts, row.attested.counts) == ({GOOD: 2}, {DARK: 1})
    assert (row.technical.evidence, row.attested.evidence) == ("configured", None)
    row = row_of(told([{"lin-bk-access": "fail"}]), "BK-04")
    assert row.technical and row.attested
    assert (row.technical.outcome, row.attested.outcome, row.outcome) == (PART, GOOD, PART)


def test_not_implemented_is_only_where_nothing_is_in_place() -> None:
    failing = row_of(told([{}], {"lin-bk-common-point": "fail"}), "rb-common-point")
    assert failing.outcome == NONE
    # That the encryption could not be read does not hide that the backups are kept apart.
    hosts = [{"lin-bk-encrypted": "unknown"}, {"lin-bk-encrypted": "unknown"}]
    row = row_of(told(hosts, {"ev-backup-plan": "fail"}), "rb-resilient")
    assert row.technical and row.attested
    assert (row.technical.outcome, row.attested.outcome, row.outcome) == (DARK, NONE, PART)


def test_what_rests_on_a_persons_word_is_attested_wherever_it_was_found() -> None:
    answers = INDEX.answers([finding("lin-bk-gold", assurance="attested")], own=False)
    row = next(row for row in answers if row.id == "BK-02")
    assert not answers[row].technical.outcomes
    assert answers[row].attested.outcomes == {GOOD}


def test_what_a_run_left_out_is_not_assessed_and_named() -> None:
    tables = told([{}], left_out=["lin-bk-immutable", "ev-backup-plan"])
    row = row_of(tables, "BK-04")
    assert (row.outcome, row.left_out) == (OPEN, ("ev-backup-plan", "lin-bk-immutable"))
    assert row_of(tables, "rb-common-point").outcome == GOOD


def test_where_nothing_is_judged_the_row_says_so_with_the_ids() -> None:
    tables = told([{}], population=Population({"linux": 1}, unseen=1))
    assert row_of(tables, "om-blocked").outcome == OPEN
    assert row_of(tables, "om-blocked").not_yet == ("win-ic-macros",)
    assert row_of(tables, "uh-guidance").not_yet[:2] == ("ISM-1412", "ISM-1542")


@given(st.sampled_from(["pass", "fail", "unknown", "not_applicable", "waived", "stale", "not_attested"]), st.text())
def test_no_row_is_without_an_answer(status: str, kind: str) -> None:
    said = {"control": "lin-bk-access", "status": status, "assurance": kind, "waiver": {"kind": kind}}
    assert words.of_finding(said) in words.OUTCOMES
    for hosts in ([], [dict.fromkeys(ON_HOSTS, status if status != "waived" else "risk_accepted")]):
        tables = told(hosts)
        assert (len(tables.recommendations), len(tables.statements), len(tables.strategies)) == (93, 48, 8)
        for row in (*tables.recommendations, *tables.statements, *tables.requirements):
            assert row.outcome in words.OUTCOMES
            assert row.technical or row.attested or row.not_yet, row.id


@given(st.lists(st.sampled_from(words.OUTCOMES), min_size=1))
def test_many_outcomes_are_never_better_than_the_weakest(outcomes: list[str]) -> None:
    found = words.together(outcomes)
    assert found == words.together(reversed(outcomes)) == words.together([*outcomes, found])
    if found in words.MET:
        assert set(outcomes) <= {*words.MET, "not applicable"}
    if not {PART, NONE} & set(outcomes):
        assert found in outcomes


@given(st.lists(st.sampled_from(words.EVIDENCE), min_size=1))
def test_evidence_is_as_good_as_its_weakest(found: list[str]) -> None:
    assert words.weakest_evidence(found) == max(found, key=words.EVIDENCE.index)
    assert words.weakest_evidence([]) is None


def test_every_waiver_kind_has_an_outcome() -> None:
    spec = CATALOGUE.argument_spec()["bulwark_waivers"]["options"]["kind"]["choices"]
    assert set(spec) == set(words.WAIVERS)
