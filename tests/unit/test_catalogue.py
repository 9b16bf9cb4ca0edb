# SPDX-License-Identifier: GPL-3.0-or-later
"""The catalogue: complete, free of contradictions, and strict about its files."""

from __future__ import annotations

import re
import shutil
from collections import Counter
from pathlib import Path

import pytest
import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.bulwark.msp.plugins.module_utils.areas import AREAS
from ansible_collections.bulwark.msp.plugins.plugin_utils.catalogue import catalogue as module
from ansible_collections.bulwark.msp.plugins.plugin_utils.catalogue.catalogue import Catalogue, CatalogueError, load
from ansible_collections.bulwark.msp.plugins.plugin_utils.declared.declared import OWN_RESULTS
from ansible_collections.bulwark.msp.plugins.plugin_utils.evaluators.context import SOURCES
from ansible_collections.bulwark.msp.plugins.plugin_utils.fleet.all import FLEET_JUDGES
from ansible_collections.bulwark.msp.plugins.plugin_utils.judges.all import JUDGES

ADVISORY, DEFAULTS, SPECS = "meta/advisory.yml", "defaults/main.yml", "meta/argument_specs.yml"
ROLES = module.ROLES
#: Recommendations, Linux, Windows and network controls, records.
COUNTS = {
    "initial_access": (6, 20, 15, 3, 4),
    "logging": (13, 34, 24, 2, 4),
    "mfa": (7, 16, 8, 1, 2),
    "segregation": (10, 19, 9, 2, 4),
    "least_privilege": (8, 13, 12, 0, 2),
    "obsolete_accounts": (6, 13, 8, 2, 4),
    "patching": (4, 9, 7, 1, 1),
    "backups": (9, 12, 7, 1, 4),
    "incident_response": (6, 2, 1, 0, 3),
    "supply_chain": (7, 10, 2, 0, 3),
    "transparency": (9, 0, 0, 0, 5),
    "authentication": (8, 9, 7, 0, 1),
}


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load()


def test_every_section_is_complete(catalogue: Catalogue) -> None:
    families = {section.name: Counter(control.family for control in section.controls) for section in catalogue.sections}
    assert {
        section.name: (
            len(section.recommendations),
            *(families[section.name][family] for family in ("linux", "windows", "network")),
            len(section.records),
        )
        for section in catalogue.sections
    } == COUNTS


def test_the_whole_is_complete(catalogue: Catalogue) -> None:
    families = Counter(control.family for control in catalogue.controls.values())
    assert families == {"linux": 157, "windows": 100, "network": 12}
    assert (len(catalogue.recommendations), len(catalogue.records)) == (93, 37)
    kinds = Counter(recommendation.type for recommendation in catalogue.recommendations.values())
    assert kinds == {"technical": 26, "hybrid": 41, "procedural": 26}
    binds = Counter(recommendation.binds for recommendation in catalogue.recommendations.values())
    assert binds == {"both": 45, "msp": 17, "customer": 31}
    severities = Counter(recommendation.severity for recommendation in catalogue.recommendations.values())
    assert severities == {"critical": 31, "high": 48, "medium": 13, "low": 1}


def test_sections_stand_in_the_order_of_the_advisory(catalogue: Catalogue) -> None:
    assert [section.number for section in catalogue.sections] == list(range(1, 13))
    assert [section.name for section in catalogue.sections] == list(COUNTS)


def test_every_recommendation_is_served(catalogue: Catalogue) -> None:
    assert [name for name in catalogue.recommendations if not catalogue.serving(name)] == []


def test_every_judged_control_has_a_judge_and_every_judge_a_control(catalogue: Catalogue) -> None:
    assert not set(JUDGES) & set(FLEET_JUDGES)
    judged = {name for name, control in catalogue.controls.items() if control.judged}
    assert judged == {*JUDGES, *FLEET_JUDGES}


def test_a_record_is_read_from_no_host(catalogue: Catalogue) -> None:
    for name in FLEET_JUDGES:
        control = catalogue.control(name)
        assert control.lane in ("fleet", "record"), name
        assert bool(control.reads) == (control.lane == "fleet"), name


def test_what_a_control_reads_is_an_area(catalogue: Catalogue) -> None:
    assert {area for control in catalogue.controls.values() for area in control.reads} <= {*AREAS, *SOURCES}


def test_what_is_never_enforced_touches_nothing(catalogue: Catalogue) -> None:
    for control in catalogue.controls.values():
        if control.judged:
            assert bool(control.touches) == (control.enforce != "never"), control.id


def test_texts_name_only_variables_and_ids_that_exist(catalogue: Catalogue) -> None:
    known = {*catalogue.argument_spec(), *catalogue.controls, *catalogue.records}
    for control in catalogue.controls.values():
        text = " ".join((control.why, control.passes, control.enforcement))
        named = set(re.findall(r"\bbulwark_\w+|\b(?:lin|win|net|ev)-[a-z]+(?:-[a-z]+)+\b", text))
        assert named <= known, control.id
        assert {name for name in named if name.startswith("bulwark_")} <= {*control.variables}, control.id


def test_the_code_names_only_variables_that_exist(catalogue: Catalogue) -> None:
    code = [path.read_text(encoding="utf-8") for path in (ROLES.parent / "plugins").rglob("*.py")]
    named = {name for text in code for name in re.findall(r"[\"'](bulwark_[a-z_]+)[\"']", text)}
    assert named
    assert named - OWN_RESULTS <= set(catalogue.argument_spec())


def test_the_helpers_follow_the_relations(catalogue: Catalogue) -> None:
    assert [served.id for served in catalogue.recommendations_of("lin-ic-ssh-no-root")] == ["IC-05", "LP-06"]
    assert "ev-soc" in {item.id for item in catalogue.serving("LM-02")}
    assert catalogue.section_of("ev-contract") == "transparency"
    assert catalogue.section_of("net-mgmt-plane") == "segregation"
    assert catalogue.binds_provider("lin-mf-ssh-methods")
    assert not catalogue.binds_provider("ev-expectations")
    with pytest.raises(KeyError):
        catalogue.control("lin-no-such")


def test_unsure_mappings_are_marked(catalogue: Catalogue) -> None:
    mapped = catalogue.recommendations["IC-03"].mappings
    assert [(each.id, each.unsure) for each in mapped["cis_v8"]] == [("4.4", False), ("4.8", False), ("13.10", True)]
    assert mapped["essential_eight"][0].unsure


def test_profiles(catalogue: Catalogue) -> None:
    baseline, strict = catalogue.defaults("baseline"), catalogue.defaults("strict")
    assert set(baseline) == set(strict) >= set(catalogue.thresholds)
    assert (baseline["bulwark_log_retention_days"], strict["bulwark_log_retention_days"]) == (180, 184)
    assert baseline["bulwark_keep_runs"] == strict["bulwark_keep_runs"]
    with pytest.raises(ValueError, match="'lax' is no profile"):
        catalogue.defaults("lax")


def test_strict_is_never_looser(catalogue: Catalogue) -> None:
    for threshold in catalogue.thresholds.values():
        if threshold.strict != threshold.default:
            assert threshold.looser == ("lower" if threshold.strict > threshold.default else "higher"), (
                threshold.variable
            )


def test_values_are_handed_out_as_copies(catalogue: Catalogue) -> None:
    catalogue.defaults("baseline")["bulwark_mfa_modules"].clear()
    catalogue.argument_spec()["bulwark_accounts"].clear()
    assert catalogue.defaults("baseline")["bulwark_mfa_modules"]
    assert catalogue.argument_spec()["bulwark_accounts"]["options"]


@pytest.mark.parametrize("profile", module.PROFILES)
def test_the_argument_spec_accepts_the_defaults(catalogue: Catalogue, profile: str) -> None:
    result = ArgumentSpecValidator(catalogue.argument_spec()).validate(catalogue.defaults(profile))
    assert result.error_messages == []


def test_a_register_has_no_default(catalogue: Catalogue) -> None:
    registers = set(catalogue.argument_spec()) - set(catalogue.defaults("baseline"))
    assert registers == {
        "bulwark_accounts",
        "bulwark_admin_cidrs",
        "bulwark_backups",
        "bulwark_collectors",
        "bulwark_contracts",
        "bulwark_fingerprint_key",
        "bulwark_host_functions",
        "bulwark_host_lists",
        "bulwark_host_tier",
        "bulwark_leavers",
        "bulwark_listeners",
        "bulwark_msp_managed",
        "bulwark_log_agents",
        "bulwark_probe_accounts",
        "bulwark_remote_tools",
        "bulwark_responsibilities",
        "bulwark_sensors",
        "bulwark_services",
        "bulwark_totp_seeds",
        "bulwark_work_orders",
        "bulwark_zones",
    }


def test_default_values_are_literal() -> None:
    for path in ROLES.glob("*/defaults/main.yml"):
        assert "{{" not in path.read_text(encoding="utf-8"), path


@pytest.fixture
def roles(tmp_path: Path) -> Path:
    """Return a copy of the roles that a test may break."""
    return Path(shutil.copytree(ROLES, tmp_path / "roles"))


def _replace(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        (
            "meta/advisory.yml",
            "    binds: both\n",
            "    bind: both\n",
            "IC-01: binds: None is wrong; the key is missing",
        ),
        (
            "meta/advisory.yml",
            "    binds: both\n",
            "    binds: both\n    who: me\n",
            "IC-01: who: 'me' is wrong; there is",
        ),
        (ADVISORY, "binds: both", "binds: all", "IC-01: binds: 'all' is wrong; it must be one of msp, cust"),
        (
            "meta/advisory.yml",
            "severity: high",
            "severity: hgh",
            "severity: 'hgh' is wrong; it must be one of critical",
        ),
        (ADVISORY, "number: 1", "number: one", "number: 'one' is wrong; it must be a whole number"),
        (ADVISORY, "      cis_v8:", "      cis_v9:", "cis_v9: .* is wrong; there is no such key here, only"),
        (ADVISORY, "unsure: true", "unsure: maybe", "an item must be a text, or {id: ..., unsure: true}"),
        (
            "meta/advisory.yml",
            "id: lin-ic-",
            "id: lin_ic-",
            "'lin_ic-ssh-max-tries' is wrong; it must be lin-, win- or",
        ),
        (ADVISORY, "id: lin-ic-", "id: lin-mf-", "'MF' is wrong; it belongs in the section of that code"),
        (ADVISORY, "id: IC-02", "id: IC-01", "id: 'IC-01' is wrong; an id stands once"),
        (
            "meta/advisory.yml",
            "recommendations: [IC-05]",
            "recommendations: [IC-99]",
            "'IC-99' is wrong; there is no such",
        ),
        (
            "meta/advisory.yml",
            "variables: [",
            "variables: [bulwark_nothing, ",
            "variables: 'bulwark_nothing' is wrong; no",
        ),
        (
            "meta/advisory.yml",
            "    title: SSH",
            "    titel: SSH",
            "titel: 'SSH allows.* is wrong; there is no such key",
        ),
        (
            "meta/advisory.yml",
            "section: initial_access",
            "section: access",
            "'access' is wrong; it must be the name of",
        ),
        (
            "meta/advisory.yml",
            "    looser: higher",
            "    looser: up",
            "looser: 'up' is wrong; it must be one of higher",
        ),
        (
            "meta/advisory.yml",
            "  bulwark_ssh_weak_kex:",
            "  bulwark_weak_kex:",
            "'bulwark_weak_kex' is wrong; defaults/main",
        ),
        (ADVISORY, "section:", "\tsection:", "it must be a readable YAML file"),
        (
            "defaults/main.yml",
            "bulwark_ssh_max_auth_tries: 4",
            "bulwark_ssh_max_auth_tries: 6",
            "default: 4 is wrong; it",
        ),
        (
            "defaults/main.yml",
            "bulwark_scan_days: 14",
            "bulwark_scan_day: 14",
            "default: 14 is wrong; it must be as in",
        ),
        (
            "defaults/main.yml",
            "bulwark_scan_days: 14",
            "bulwark_scan_days: 14\nbulwark_x: 1",
            "'bulwark_x' is wrong; meta/",
        ),
        (
            "meta/argument_specs.yml",
            "      bulwark_scan_days:",
            "      scan_days:",
            "the name of a variable begins with",
        ),
        (
            "meta/argument_specs.yml",
            "      bulwark_scan_days:",
            "      bulwark_accounts:",
            "default: 14 is wrong; it must be",
        ),
    ],
)
def test_a_wrong_file_is_named_with_what_is_right(roles: Path, file: str, old: str, new: str, message: str) -> None:
    _replace(roles / "initial_access" / file, old, new)
    with pytest.raises(CatalogueError, match=message) as caught:
        load(roles)
    assert str(caught.value).startswith("initial_access/")


def test_a_threshold_without_origin_is_wrong(roles: Path) -> None:
    path = roles / "logging" / "meta" / "advisory.yml"
    advisory = yaml.safe_load(path.read_text(encoding="utf-8"))
    del advisory["thresholds"]
    path.write_text(yaml.safe_dump(advisory), encoding="utf-8")
    with pytest.raises(CatalogueError, match="its origin must stand here"):
        load(roles)


def test_a_variable_has_one_home(roles: Path) -> None:
    path = roles / "supply_chain" / "meta" / "argument_specs.yml"
    path.write_text(path.read_text(encoding="utf-8") + "    options: {bulwark_zones: {type: list}}\n", encoding="utf-8")
    with pytest.raises(CatalogueError, match="'bulwark_zones' is wrong; another role has this variable"):
        load(roles)


def test_a_strict_value_of_another_type_is_wrong(roles: Path) -> None:
    _replace(roles / "logging" / "meta" / "advisory.yml", "strict: 184", "strict: long")
    with pytest.raises(CatalogueError, match="strict: 'long' is wrong; it must be of the default's type, like 180"):
        load(roles)


STATEMENTS, EIGHT = "statements.yml", "essential_eight.yml"


def test_every_statement_and_each_control_of_the_essential_eight_is_there(catalogue: Catalogue) -> None:
    known = catalogue.frameworks
    assert len(known.statements) == 48
    assert [each.id for each in known.strategies] == ["AC", "PA", "OM", "UH", "AP", "PO", "MFA", "RB"]
    levels = Counter(level for each in known.requirements for _id in each.ism for level in each.levels)
    # As ASD's catalogue of December 2025 counts them, in which 126 controls carry a maturity level.
    assert sum(len(each.ism) for each in known.requirements) == 126
    assert levels == {1: 46, 2: 87, 3: 123}


def test_what_recommendations_name_of_the_essential_eight_is_known(catalogue: Catalogue) -> None:
    strategies = {each.id for each in catalogue.frameworks.strategies}
    for recommendation in catalogue.recommendations.values():
        named = {each.id for each in recommendation.mappings.get("essential_eight", ())}
        assert named <= {*strategies, "all"}, recommendation.id


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        (STATEMENTS, "id: A1\n", "id: A2\n", "statements: 'A2' is wrong; an id stands once"),
        (STATEMENTS, "[GEN-01, ", "[GEN-99, ", "recommendations: 'GEN-99' is wrong; the catalogue has no such id"),
        (STATEMENTS, "[SC-01, SC-02]", "[]", r"A15: recommendations: \[\] is wrong; it must name what answers"),
        (STATEMENTS, "unsure: true", "unsure: 1", "an item must be a text, or {id: ..., unsure: true}"),
        (STATEMENTS, "dated: 2026", "dated: x2026", "dated: 'x2026-11-23' is wrong; it must be a date"),
        (EIGHT, "[win-lm-appctl]", "[win-lm-nothing]", "ac-workstations: shown_by: 'win-lm-nothing' is wrong; the cat"),
        (
            EIGHT,
            "[win-lm-appctl]",
            "win-lm-appctl",
            "ac-workstations: shown_by: 'win-lm-appctl' is wrong; it must be a",
        ),
        (EIGHT, "strategies: [AC]", "strategies: [AX]", "ac-workstations: strategies: 'AX' is wrong; the file has no"),
        (
            EIGHT,
            "levels: [1, 2, 3]",
            "levels: [1, 4]",
            r"ac-workstations: levels: \[1, 4\] is wrong; it must be a list",
        ),
        (EIGHT, "ism: [ISM-0843]", "ism: [ISM-1870]", "ism: 'ISM-1870' is wrong; an id stands once"),
        (EIGHT, "    shown_by: []\n", "", "ac-rules-checked: shown_by: None is wrong; the key is missing"),
        (EIGHT, "    text: Only", "    txt: Only", "ac-workstations: text: None is wrong; the key is missing"),
    ],
)
def test_a_wrong_mapping_is_named_with_what_is_right(
    roles: Path, file: str, old: str, new: str, message: str
) -> None:  # fmt: skip
    _replace(roles / "guard" / "meta" / "frameworks" / file, old, new)
    with pytest.raises(CatalogueError, match=message) as caught:
        load(roles)
    assert str(caught.value).startswith("meta/frameworks/" + file)


def test_no_roles_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match="must be a directory of roles"):
        load(tmp_path)
